"""The table of published limits: checksums, rebuild, an independent conversion, numbers of the papers."""

import csv
import hashlib
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pytest

from nushine import constraints

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "src" / "nushine" / "constraints" / "data"
SHARED = ROOT.parent / "shared" / "data" / "limits" / "dipole_limits.csv"
TABLES = ("dipole_limits", "dipole_limits_index")
SAME = {  # name in the independent conversion: name here
    "borexino_ee": "borexino",
    "borexino_superk_day_upscatter": "borexino_superk",
    "xenon1t_nr": "xenon1t_nuclear",
    "lep_gammaZ": "lep",
    "lhc_gammaW_a0.2": "lhc",
    "bbn_closed": "bbn",
    "bbn_bottom": "bbn",
    "bbn_left": "bbn",
    "sn1987a_bottom": "sn1987a",
    "sn1987a_top": "sn1987a",
    "lsnd": "lsnd",
    "superk_atm_e": "superk_atmospheric_e",
    "superk_atm_mu": "superk_atmospheric_mu",
    "superk_atm_tau": "superk_atmospheric_tau",
    "superk_atm_tau_top": "superk_atmospheric_tau",
    "charmii": "charm_ii",
    "nomad_bottom": "nomad",
    "nomad_top": "nomad",
    "miniboone": "miniboone",
    "minerva": "minerva",
    "donut": "donut",
    "donut_recomputed": "donut_recomputed",
}


@pytest.mark.parametrize("stem", TABLES)
def test_checksum(stem):
    sidecar = tomllib.loads((DATA / f"{stem}.toml").read_text())
    table = (DATA / f"{stem}.csv").read_bytes()
    assert sidecar["sha256"] == hashlib.sha256(table).hexdigest()
    assert list(sidecar["columns"]) == table.decode("ascii").splitlines()[0].split(",")
    assert "MIT" in sidecar["licence"]


def test_rebuild_gives_the_same_bytes(tmp_path):
    try:
        found = version("HNLimits")
    except PackageNotFoundError:
        pytest.skip("HNLimits is not installed")
    if f"HNLimits {found} " not in (DATA / "dipole_limits.toml").read_text():
        pytest.skip(f"the table was made from another version than HNLimits {found}")
    subprocess.run([sys.executable, ROOT / "tools" / "data" / "dipole_limits.py", tmp_path], check=True)
    for stem in TABLES:
        for suffix in (".csv", ".toml"):
            assert (tmp_path / (stem + suffix)).read_bytes() == (DATA / (stem + suffix)).read_bytes()


@pytest.fixture(scope="module")
def independent():
    if not SHARED.exists():
        pytest.skip("the independent conversion (../shared/data/limits) is not there")
    curves = {}
    with SHARED.open() as stream:
        for row in csv.DictReader(stream):
            curves.setdefault(row["curve"], []).append([float(row["mN_MeV"]), float(row["mu_over_muB"])])
    return {name: np.array(points) for name, points in curves.items()}


def drawn_by_hand(name, points):
    """Rows of the BBN files beyond the published figure (mu < 2e-13, m_N < 0.01 MeV)."""
    return (points[:, 1] < 1.9e-13) | (points[:, 0] < 0.0099) if name.startswith("bbn") else np.zeros(len(points), bool)


@pytest.mark.parametrize("name", SAME)
def test_every_point_of_the_independent_conversion_is_here(name, independent):
    limit = constraints.get(SAME[name])
    points = independent[name]
    points = points[~drawn_by_hand(name, points)]
    ours = np.log(np.column_stack([limit.m_N, limit.mu]))
    distance = np.max(np.abs(np.log(points)[:, None] - ours), axis=2).min(axis=1)
    # 6 digits there, and mu_B = 296.31 GeV^-1 for 296.30: 3.4e-5
    missing = points[distance > 5e-5]
    if name == "bbn_left":  # a corner of its own, on the edge of the figure that the whole curve follows
        missing = missing[np.abs(missing[:, 0] - 0.01) > 1e-9]
    assert len(missing) == 0, missing


def test_no_point_is_here_that_is_not_there(independent):
    theirs = {}
    for name, points in independent.items():
        theirs.setdefault(SAME[name], []).append(points)
    added = {}
    for name, pieces in theirs.items():
        limit = constraints.get(name)
        ours = np.log(np.column_stack([limit.m_N, limit.mu]))
        distance = np.max(np.abs(ours[:, None] - np.log(np.vstack(pieces))), axis=2).min(axis=1)
        if np.any(distance > 5e-5):
            added[name] = int(np.sum(distance > 5e-5))
    # below 1 MeV from the published figure (40 and 2 points); corners along the edges of the figures, one of BBN's
    # two being in bbn_left too
    assert added == {
        "borexino": 40,
        "xenon1t_nuclear": 2,
        "bbn": 1,
        "superk_atmospheric_e": 1,
        "superk_atmospheric_mu": 1,
    }


def test_independent_conversion_knows_no_other_curve(independent):
    assert set(independent) == set(SAME)


def at(name, m_N):
    limit = constraints.get(name)
    return np.exp(np.interp(np.log(m_N), np.log(limit.m_N), np.log(limit.mu)))


def test_lsnd_of_magill_et_al_is_what_their_figure_draws():
    # d [GeV^-1] read from fig. 1 of arXiv:1803.03262 by another program, axes by the tick marks: four digits
    for m_N, d in ((0.99998, 1.411e-5), (6.309, 2.27e-6), (57.545, 4.107e-7), (81.276, 5.494e-7)):
        np.testing.assert_allclose(at("lsnd_magill", m_N), d / 148.15, rtol=1e-3)


def test_lep_in_figure_and_file_are_one_curve():
    # LEP with photon and Z comes as a file; its ratio to the photon alone, from the figure, is that of the cross
    # sections at the Z pole, where the two do not interfere. With d_Z = -d_gamma tan(theta_W) it is
    # 1 + tan^2 (g_V^2 + g_A^2) / (4 sin^2 cos^2) (m_Z / Gamma_Z)^2 = 143. Digitised twice: 2 %.
    sin2, m_Z, width = 0.2312, 91.1876, 2.4952
    g_V, g_A = -0.5 + 2 * sin2, -0.5
    ratio = sin2 / (1 - sin2) * (g_V**2 + g_A**2) / (4 * sin2 * (1 - sin2)) * (m_Z / width) ** 2
    for m_N in (2.0, 10.0, 100.0, 1e3, 1e4):
        np.testing.assert_allclose(at("lep_photon", m_N) / at("lep", m_N), np.sqrt(1 + ratio), rtol=0.02)
    # arXiv:2105.09699 draws LEP at d_gamma = 2.45e-4 GeV^-1
    np.testing.assert_allclose(at("lep_photon", 10.0) * 148.15, 2.45e-4, rtol=0.02)


def test_miniboone_in_figure_and_file_agree():
    # the axes of fig. 1 of arXiv:1803.03262, checked with a curve of which there is a file too; two digitisations: 5 %
    from_figure = {1.0: 1.2839e-5, 50.119: 3.3146e-7}
    for m_N, d in from_figure.items():
        np.testing.assert_allclose(at("miniboone", max(m_N, 1.01)), d / 148.15, rtol=0.05)


def test_donut_plateau_is_the_published_moment():
    # DONUT, Phys. Lett. B 513, 23 (2001): mu_tau < 3.9e-7 mu_B at 90 % CL for a massless partner; digitised, so 1 %.
    # With mu = d, the other convention, it would come out a factor 2 away.
    for name in ("donut", "donut_recomputed"):
        limit = constraints.get(name)
        np.testing.assert_allclose(limit.mu[0], 3.9e-7, rtol=0.01)


def test_sn1987a_as_redrawn_in_mu_B():
    # fig. 2 of arXiv:2007.15563 redraws the SN1987A region of arXiv:1803.03262: lower edge 5.52e-13 mu_B below 4 MeV,
    # upper edge 4.18e-10 mu_B at the left. Two digitisations of one curve: 5 %.
    limit = constraints.get("sn1987a")
    at_4 = np.exp(np.interp(np.log(4.0), np.log(limit.m_N[:36]), np.log(limit.mu[:36])))
    np.testing.assert_allclose(at_4, 5.52e-13, rtol=0.05)
    np.testing.assert_allclose(limit.mu[-1], 4.18e-10, rtol=0.05)


@pytest.mark.parametrize("name", ["borexino", "xenon1t_nuclear"])
def test_figure_in_mu_B_and_file_in_d_join(name):
    # the file is a redrawing by others in d, the part below 1 MeV the original figure in mu_B: equal up to digitisation
    limit = constraints.get(name)
    first = np.flatnonzero(limit.m_N > 1.0)[0]
    np.testing.assert_allclose(limit.mu[first] / limit.mu[first - 1], 1.0, atol=0.05)


def test_borexino_plateau_against_the_effective_moment():
    # Borexino, Phys. Rev. D 96, 091103 (2017): mu_eff < 2.8e-11 mu_B at 90 % CL for massless partners. For a moment of
    # nu_mu alone, mu_eff^2 = P_mu mu^2 with P_mu = 0.2 to 0.25 of the pp and 7Be neutrinos: 5.6 to 6.3e-11 mu_B.
    # Another analysis of the same data, hence 25 %; with mu = d it would be a factor 2 away.
    plateau = constraints.get("borexino").mu[0]
    np.testing.assert_allclose(plateau, 5.9e-11, rtol=0.25)
