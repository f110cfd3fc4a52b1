"""Photon attenuation against another compilation and against the formula of Klein and Nishina."""

import csv
from importlib import resources

import numpy as np
import pytest
import xraydb
from hepunits import cm, cm2, cm3, g
from scipy.interpolate import CubicSpline

from nushine.constants import m_e
from nushine.detectors import material
from nushine.detectors.attenuation import _tables, mass_attenuation

CLASSICAL_RADIUS = 2.8179403e-13  # cm, CODATA 2018
AVOGADRO = 6.02214076e23


def klein_nishina(E: np.ndarray) -> np.ndarray:
    """Total cross section of Compton scattering on a free electron [cm^2]; Z. Phys. 52, 853 (1929)."""
    k = E / m_e
    log = np.log1p(2 * k)
    first = (1 + k) / k**2 * (2 * (1 + k) / (1 + 2 * k) - log / k)
    return 2 * np.pi * CLASSICAL_RADIUS**2 * (first + log / (2 * k) - (1 + 3 * k) / (1 + 2 * k) ** 2)


# mu/rho [cm2/g] with coherent scattering; J. H. Hubbell, S. M. Seltzer, NIST Standard Reference Database 126, Table 3
NIST = {
    (8, 0.1): 0.1551, (8, 0.5): 0.08729, (8, 1.0): 0.06372,
    (8, 3.0): 0.03597, (8, 10.0): 0.02089, (8, 20.0): 0.0177,
    (32, 0.1): 0.555, (32, 0.5): 0.08212, (32, 1.0): 0.05727,
    (32, 3.0): 0.03524, (32, 10.0): 0.03156, (32, 20.0): 0.03528,
    (74, 0.1): 4.438, (74, 0.5): 0.1378, (74, 1.0): 0.06618,
    (74, 3.0): 0.04075, (74, 10.0): 0.04747, (74, 20.0): 0.05893,
}  # fmt: skip


@pytest.mark.parametrize(("Z", "E"), NIST)
def test_tables_against_another_table_of_nist(Z: int, E: float) -> None:
    rows = (resources.files("nushine.detectors") / "data" / "photon_attenuation.csv").read_text(encoding="ascii")
    (row,) = [r for r in csv.DictReader(rows.splitlines()) if int(r["Z"]) == Z and float(r["E_MeV"]) == E]
    # two editions of one evaluation; all 4091 numbers away from edges agree to 0.2 %
    assert float(row["interacting"]) + float(row["coherent"]) == pytest.approx(NIST[Z, E], rel=2e-3)
    ours = float(mass_attenuation(Z, np.array([E]))[0]) / (cm2 / g)
    assert ours == pytest.approx(float(row["interacting"]), rel=1e-12)


@pytest.mark.parametrize("element", ["O", "Al", "Si", "Ca", "Ge", "W"])
def test_against_the_tables_of_elam(element: str) -> None:
    """Elam, Ravel, Sieber (2002), without coherent scattering, 30 to 700 keV, between the energies of our table."""
    E = np.array([0.03, 0.07, 0.123, 0.175, 0.35, 0.7])
    ours = np.asarray(material(element, 1.0 * g / cm3).attenuation(E)) * cm
    theirs = xraydb.mu_elam(element, E * 1e6, kind="photo") + xraydb.mu_elam(element, E * 1e6, kind="incoh")
    # the two evaluations differ by up to 2 % in the photoelectric part
    np.testing.assert_allclose(ours, theirs, rtol=0.02)


def test_pairs_between_the_energies_of_the_table() -> None:
    """Dropping every other energy from 1.25 to 100 MeV, a smooth curve through the rest finds them again."""
    for Z in (8, 32, 74):
        x, y = _tables()[Z]
        chosen = np.exp(x) >= 1.25
        x, y = x[chosen], y[chosen]
        found = CubicSpline(x[::2], y[::2])(x[1:-1:2])
        # twice the distance between points makes 16 times the error of a cubic spline: what is left is below 0.1 %
        np.testing.assert_allclose(np.exp(found), np.exp(y[1:-1:2]), rtol=1.6e-2)


def test_light_elements_are_free_electrons_at_1_MeV() -> None:
    """Carbon from 0.5 to 1 MeV: no photoelectric effect, no pairs; binding lowers Compton scattering by 0.1 %."""
    E = np.array([0.5, 0.8, 1.0])
    ours = np.asarray(material("C", 1.0 * g / cm3).attenuation(E)) * cm
    np.testing.assert_allclose(ours, klein_nishina(E) * 6 * AVOGADRO / 12.011, rtol=5e-3)


def test_compounds_add_by_mass() -> None:
    E = np.array([0.05, 0.5, 5.0])
    parts = {"Ca": 40.078, "W": 183.84, "O": 4 * 15.999}
    total = sum(parts.values())
    mixed = sum(np.asarray(material(x, m / total).attenuation(E)) for x, m in parts.items())
    # atomic masses of two tables, to their last digits
    np.testing.assert_allclose(np.asarray(material("CaWO4", 1.0).attenuation(E)), mixed, rtol=2e-4)


def test_unknown_elements_and_densities() -> None:
    with pytest.raises(ValueError, match="Z = 94"):
        material("Pu[239]", 1.0)
    with pytest.raises(ValueError, match="density of Ge = -1"):
        material("Ge", -1.0)
