"""Recoils against the event generator DarkNews where it is right, E_R at m_N <= 1 MeV, and where and how it is not."""

import csv
import hashlib
import tomllib
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import GeV, cm

from nushine import kinematics
from nushine.constants import mu_B
from nushine.interactions.dipole import Dipole, polarisation
from nushine.targets import isotope
from nushine.targets.form_factors import Helm

DATA = Path(__file__).with_name("data")
TABLES = ("darknews_argon", "darknews_photon")
ABOUT = {name: tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8")) for name in TABLES}
TARGETS = {"sigma": Helm, "sigma_pointlike": Helm(radius=0.0, s=0.0)}


def read(table, sample):
    with (DATA / f"{table}.csv").open(encoding="ascii", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["sample"] == sample]
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name != "sample"}


def panel(low, high, points):
    """Gauss-Legendre points and weights between low and high, along a new last axis."""
    x, w = np.polynomial.legendre.leggauss(points)
    half = (np.asarray(high) - np.asarray(low))[..., None] / 2
    return np.asarray(low)[..., None] + half * (1 + x), half * w


def dipole(table, m_N):
    return Dipole(m_N=m_N, mu=ABOUT[table]["settings"]["mu_tr"] / (mu_B * GeV))


def cross_sections(sample, low, high, target):
    """Integrals over the bins of E_R, averaged over the flux [cm2]."""
    about = ABOUT["darknews_argon"]["samples"][sample]
    signal, first, last = dipole("darknews_argon", about["m_N"]), about["E_nu_low"], about["E_nu_high"]
    u, w = panel(np.log(low), np.log(high), 16)
    E_R = np.exp(u)
    least = np.clip(np.asarray(kinematics.E_nu_min(E_R, about["m_N"], target.m_A)), first, last)
    E_nu, w_nu = panel(least, last, 30)
    density = np.asarray(signal.dsigma_dE_R(E_nu, jnp.asarray(E_R)[..., None], target)) / cm**2
    return np.sum(w * E_R * np.sum(w_nu * density, axis=-1), axis=-1) / (last - first)


def photon(m_N, E_nu):
    """Cross section [cm2] and mean cosine of the photon in the rest frame of a Dirac N along its flight: -P_L / 3."""
    target = isotope("Ar40", spin="1/2")  # as DarkNews treats every nucleus
    limits = (np.log(float(f(E_nu, m_N, target.m_A))) for f in (kinematics.E_R_min, kinematics.E_R_max))
    u, w = panel(*limits, 200)
    E_R = np.exp(u)
    weight = w * E_R * np.asarray(dipole("darknews_photon", m_N).dsigma_dE_R(E_nu, E_R, target)) / cm**2
    along, _ = polarisation(E_nu, E_R, m_N, target.m_A, 0.5)
    return weight.sum(), -np.sum(weight * np.asarray(along)) / weight.sum() / 3


@pytest.mark.parametrize("table", TABLES)
def test_the_sidecars_describe_the_tables(table):
    assert ABOUT[table]["sha256"] == hashlib.sha256((DATA / f"{table}.csv").read_bytes()).hexdigest()


@pytest.mark.parametrize("column", TARGETS)
@pytest.mark.parametrize("sample", ABOUT["darknews_argon"]["samples"])
def test_recoil_spectrum(sample, column):
    table = read("darknews_argon", sample)
    target = isotope("Ar40", spin="1/2", form_factor=TARGETS[column])
    ours = cross_sections(sample, table["E_R_low"], table["E_R_high"], target)
    # Errors of the table are upper limits (stratified sampling): the pulls scatter by half a sigma, here 0.3 to 0.5 %.
    pulls = (table[column] - ours) / table[f"{column}_error"]
    assert np.abs(pulls).max() < 3
    assert np.sqrt(np.mean(pulls**2)) < 1
    # The sum of 1.6e6 stratified weights is good to 1e-4; the form factors differ by less than that (q < 18 MeV).
    assert table[column].sum() == pytest.approx(ours.sum(), rel=2e-4)


@pytest.mark.parametrize(("m_N", "E_nu"), [(0.1, 6.0), (1.0, 6.0)])
def test_photon_asymmetry_of_darknews_has_the_wrong_sign(m_N, E_nu):
    theirs = read("darknews_photon", f"dirac-{m_N:g}-{E_nu:g}")
    sigma, cosine = photon(m_N, E_nu)
    assert theirs["sigma"] == pytest.approx(sigma, rel=2e-4)  # statistics, as above
    assert cosine < -0.33
    assert theirs["cos_photon"] == pytest.approx(-cosine, abs=5e-4)  # 2e5 stratified events; 1.5e-3 if they were not
    assert read("darknews_photon", f"majorana-{m_N:g}-{E_nu:g}")["cos_photon"] == pytest.approx(0, abs=5e-4)


@pytest.mark.parametrize("m_N", [5.4, 0.9])
def test_darknews_near_threshold(m_N):
    E_nu = m_N / 0.9
    theirs = read("darknews_photon", f"dirac-{m_N:g}-{E_nu:g}")
    sigma, cosine = photon(m_N, E_nu)
    assert theirs["sigma"] / sigma == pytest.approx(1.042, abs=0.002)  # its lower limit of Q^2 is too low
    assert theirs["not_a_number"] > 0.3
    assert theirs["cos_photon"] == pytest.approx(0.05, abs=0.005)
    assert cosine == pytest.approx(-0.2156, abs=3e-4)


@pytest.mark.parametrize(("nature", "ratio"), [("dirac", 0.5), ("majorana", 0.25)])
def test_decay_length_of_darknews(nature, ratio):
    """Relative to mu^2 m_N^3 / (16 pi), twice that for Majorana: 1/2, but 1/4 in the decay lengths of a Majorana N."""
    for sample in ABOUT["darknews_photon"]["samples"]:
        if sample.startswith(nature):
            row = read("darknews_photon", sample)
            assert row["width_sampled"] == pytest.approx(ratio, rel=2e-4)
            assert row["width_total"] == pytest.approx(0.5, rel=1e-7)
