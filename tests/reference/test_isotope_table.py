"""Masses, abundances, spins and radii against published tables; form factors against Fourier integrals."""

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hepunits import fermi
from scipy.integrate import quad

from nushine.constants import hbar_c
from nushine.targets import Helm, KleinNystrand, SymmetrisedFermi, charge_radius, compound, isotope
from nushine.targets.compounds import natural

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT.parent / "shared" / "data" / "nuclei" / "isotopes.csv"
needs_published = pytest.mark.skipif(not PUBLISHED.exists(), reason="the shared reference tables are not here")


def published():
    with PUBLISHED.open() as file:
        return list(csv.DictReader(file))


@needs_published
def test_masses_of_ame2020():
    rows = published()
    isotopes = [isotope(f"{row['symbol']}{row['A']}") for row in rows]
    m_atom = np.array([float(i.m_atom) for i in isotopes])
    m_A = np.array([float(i.m_A) for i in isotopes])
    # periodictable rounds its masses (1.7e-7 u = 0.16 keV at most) and the reference took CODATA 2018 for u (1.4e-9).
    np.testing.assert_allclose(m_atom, [float(row["atomic_mass_MeV"]) for row in rows], rtol=2e-9, atol=2e-4)
    np.testing.assert_allclose(m_A, [float(row["nuclear_mass_MeV"]) for row in rows], rtol=2e-9, atol=2e-4)


@needs_published
def test_abundances_spins_and_radii():
    for row in published():
        symbol, label = row["symbol"], f"{row['symbol']}{row['A']}"
        fraction = {nuclide.label: x for nuclide, x in natural(symbol).items()}[label]
        # The table gives percent rounded to 1e-4 or so, and renormalises.
        assert fraction == pytest.approx(float(row["abundance_percent_periodictable"]) / 100, rel=1e-6)
        assert float(isotope(label).spin) == (0.0 if row["spin_parity_nubase2020"].startswith("0") else 0.5)
        if row["charge_radius_rms_fm"]:
            radius = charge_radius(label)
            assert radius.r_rms / fermi == pytest.approx(float(row["charge_radius_rms_fm"]), rel=1e-14)
            assert radius.status == "measured"


def test_proton_and_alpha_particle_masses():
    # CODATA 2022: m_p = 938.27208943 MeV, m_d = 1875.61294500, m_alpha = 3727.3794118. The fitted electron binding is
    # good to some eV here and periodictable's masses to 1e-9 u.
    for name, mass in (("H1", 938.27208943), ("H2", 1875.61294500), ("He4", 3727.3794118)):
        assert float(isotope(name).m_A) == pytest.approx(mass, abs=2e-5)


def test_rebuild_script_finds_the_table_in_order():
    path = ROOT / "tools" / "data" / "isotopes.py"
    spec = importlib.util.spec_from_file_location("rebuild_isotopes", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with script.TABLE.open() as file:
        assert script.problems(list(csv.DictReader(file))) == []
    if PUBLISHED.exists():
        assert script.rebuilt(published()) == script.TABLE.read_text()


def fourier(density, q, r_max):
    """4 pi int rho(r) sin(qr)/(qr) r^2 dr over the same at q = 0; q in 1/fm."""
    norm = quad(lambda r: density(r) * r**2, 0, r_max, epsabs=1e-13, epsrel=1e-12, limit=400)[0]
    wave = quad(lambda r: density(r) * r**2 * np.sinc(q * r / np.pi), 0, r_max, epsabs=1e-13, epsrel=1e-12, limit=400)[
        0
    ]
    return wave / norm


def symmetrised_fermi_density(c, a):
    def density(r):
        return 1 / (1 + np.exp((r - c) / a)) - 1 / (1 + np.exp((r + c) / a))

    return density


def folded_sphere_density(R, s):
    """A uniform sphere folded with a Gaussian of width s, in three dimensions, by its own convolution integral."""

    def density(r):
        def shell(x):  # sphere points at distance x from the centre, averaged over angle
            u, v = (r - x) / s, (r + x) / s
            return x / r * (np.exp(-(u**2) / 2) - np.exp(-(v**2) / 2))

        return quad(shell, 0, R, points=[min(r, R)], epsabs=1e-13, epsrel=1e-12)[0]

    return density


Q = [0.01, 0.2, 0.5, 1.0, 1.5, 2.2]  # 1/fm: up to 430 MeV, past the first zero of every family


@pytest.mark.parametrize("r_rms", [2.6991, 4.0632, 5.3658])
def test_symmetrised_fermi_is_the_transform_of_its_density(r_rms):
    form_factor = SymmetrisedFermi.from_rms_radius(r_rms * fermi)
    density = symmetrised_fermi_density(float(form_factor.c / fermi), float(form_factor.a / fermi))
    for q in Q:
        # The quadrature is good to 1e-11 absolute (norm of order 10, tail beyond 30 fm of 1e-20).
        assert float(form_factor((q * hbar_c / fermi) ** 2)) == pytest.approx(fourier(density, q, 30.0), abs=1e-10)


def test_helm_is_the_transform_of_its_density():
    form_factor = Helm.from_rms_radius(4.0632 * fermi)
    density = folded_sphere_density(float(form_factor.radius / fermi), float(form_factor.s / fermi))
    for q in (0.2, 1.0, 1.5):
        # Nested quadrature; the density is cut at 13 fm, where the Gaussian is below 1e-17.
        assert float(form_factor((q * hbar_c / fermi) ** 2)) == pytest.approx(fourier(density, q, 13.0), abs=1e-9)


def test_klein_nystrand_is_sphere_times_yukawa():
    form_factor = KleinNystrand.from_rms_radius(4.0632 * fermi)
    R, a = float(form_factor.radius / fermi), float(form_factor.a_k / fermi)
    for q in Q:
        sphere = fourier(lambda _: 1.0, q, R)
        yukawa = fourier(lambda r: np.exp(-r / a) / max(r, 1e-300), q, 60 * a)
        assert float(form_factor((q * hbar_c / fermi) ** 2)) == pytest.approx(sphere * yukawa, abs=1e-10)


def test_published_helm_radius_of_xenon():
    # Lewin and Smith (1996), Eq. 4.11 with c = 1.23 A^(1/3) - 0.60 fm: r_n = 5.63 fm at A = 131, by hand
    # c = 5.6466, (7/3) pi^2 0.2704 = 6.2271, 5 s^2 = 4.05, r_n^2 = 34.061.
    assert float(Helm.lewin_smith(131).radius / fermi) == pytest.approx(np.sqrt(34.061), rel=1e-4)
    # The measured charge radius gives the same within the 2 % to which the fit holds.
    measured = Helm.from_rms_radius(charge_radius("Xe131").r_rms).radius / fermi
    assert float(measured) == pytest.approx(np.sqrt(34.061), rel=0.02)


def test_mean_neutron_number_of_caesium_iodide():
    # COHERENT, Science 357, 1123 (2017): CsI with N = 78 and 74; both elements have one stable isotope.
    assert compound("CsI").isotopes.N.tolist() == [78.0, 74.0]
