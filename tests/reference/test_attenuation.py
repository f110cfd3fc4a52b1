"""Photon attenuation against another compilation and against the formula of Klein and Nishina."""

import numpy as np
import pytest
import xraydb
from hepunits import cm, cm3, g

from nushine.constants import m_e
from nushine.detectors import material

CLASSICAL_RADIUS = 2.8179403e-13  # cm, CODATA 2018
AVOGADRO = 6.02214076e23


def klein_nishina(E: np.ndarray) -> np.ndarray:
    """Total cross section of Compton scattering on a free electron [cm^2]; Z. Phys. 52, 853 (1929)."""
    k = E / m_e
    log = np.log1p(2 * k)
    first = (1 + k) / k**2 * (2 * (1 + k) / (1 + 2 * k) - log / k)
    return 2 * np.pi * CLASSICAL_RADIUS**2 * (first + log / (2 * k) - (1 + 3 * k) / (1 + 2 * k) ** 2)


@pytest.mark.parametrize("element", ["O", "Al", "Si", "Ca", "Ge", "W"])
def test_against_the_tables_of_elam(element: str) -> None:
    """Elam, Ravel, Sieber (2002), totals with coherent scattering, 20 to 700 keV."""
    E = np.array([0.02, 0.05, 0.15, 0.3, 0.7])
    ours = np.asarray(material(element, 1.0 * g / cm3).attenuation(E)) * cm
    theirs = xraydb.mu_elam(element, E * 1e6, kind="total")
    # the two evaluations differ by up to 2 % in the photoelectric part (measured: 1.6 % at most)
    np.testing.assert_allclose(ours, theirs, rtol=0.02)


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
