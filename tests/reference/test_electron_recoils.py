"""Up-scattering on electrons: the folded rate against an independent integral, and its published size."""

from itertools import pairwise

import numpy as np
import pytest
from hepunits import MeV, cm, g, keV, s
from scipy.integrate import quad

import nushine as ns
from nushine.constants import alpha, m_e
from nushine.targets import electron, electrons

KEV_STEPS = np.array([1.0, 30.0, 100.0]) * keV


@pytest.fixture(scope="module")
def source() -> ns.Source:
    return ns.sources.chooz()


def test_rate_is_the_folded_cross_section_times_electrons(source: ns.Source) -> None:
    signal = ns.Dipole(m_N=0.2, mu=1e-10)
    target = electrons("Ge")
    rate = np.asarray(ns.electron_recoil_rate(KEV_STEPS, source, target, signal))
    knots = np.asarray(source.beams[0].continuum.knots)
    for E_R, value in zip(KEV_STEPS, rate, strict=True):
        cut = float(ns.kinematics.E_nu_min(E_R, 0.2, m_e))
        edges = [cut, *knots[knots > cut]]
        integral = sum(
            quad(lambda E, E_R=E_R: float(source.flux(E)) * float(signal.dsigma_dE_R(E, E_R, electron())), a, b)[0]
            for a, b in pairwise(edges)
        )
        # 1e-8: the default accuracy of quad; the fold itself is exact to rounding
        assert value == pytest.approx(integral * float(target.open_per_mass(E_R)), rel=1e-8)


def test_massless_limit_is_the_magnetic_moment_cross_section() -> None:
    """pi alpha^2 / m_e^2 (mu/mu_B)^2 (1/E_R - 1/E_nu), Vogel and Engel, Phys. Rev. D 39, 3378 (1989), eq. (7)."""
    E_nu, E_R = 3.0 * MeV, np.array([0.01, 0.3, 1.5]) * MeV
    value = ns.Dipole(m_N=0.0, mu=1e-10).dsigma_dE_R(E_nu, E_R, electron()) / (cm**2 / MeV)
    # (hbar c)^2 = 3.893793721e-22 MeV^2 cm^2, CODATA
    expected = np.pi * alpha**2 / m_e**2 * 1e-20 * (1 / E_R - 1 / E_nu) * 3.893793721e-22
    np.testing.assert_allclose(value, expected, rtol=1e-9)  # digits of the typed constant


def test_bound_shells_only_take_away(source: ns.Source) -> None:
    signal = ns.Dipole(m_N=0.01, mu=1e-10)
    free = np.asarray(ns.electron_recoil_rate(KEV_STEPS, source, electrons("Ge"), signal))
    bound = np.asarray(ns.electron_recoil_rate(KEV_STEPS, source, electrons("Ge", bound=True), signal))
    # K edge of Ge at 11.1 keV: 2 of 32 electrons closed below, all open above
    np.testing.assert_allclose(bound[1:], free[1:], rtol=1e-12)
    assert 20 / 32 < bound[0] / free[0] < 1.0


def test_unit_of_the_rate(source: ns.Source) -> None:
    rate = ns.electron_recoil_rate(10 * keV, source, electrons("Ge"), ns.Dipole(m_N=0.01, mu=1e-10))
    by_hand = 2.6533e23 * 2.0e12 * np.pi * (alpha / m_e) ** 2 * 3.893793721e-22 * 1e-20 / 0.010
    # 25 %: nearly all neutrinos are far above 10 keV, where the bracket is 1/E_R up to E_R/E_nu and the minimum energy
    assert float(rate) * (g * s * MeV) == pytest.approx(by_hand, rel=0.25)
