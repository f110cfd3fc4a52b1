"""What holds for every neutrino, nucleus, N and cut."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
import pytest
from hepunits import cm
from hypothesis import given, settings
from hypothesis import strategies as st

from nushine import kinematics
from nushine.constants import m_e
from nushine.decay import (
    RADIATIVE,
    flight,
    photon_acceptance,
    photon_angle_density,
    photon_energy_density,
)
from nushine.interactions.dipole import Dipole, polarisation
from nushine.numerics.piecewise import Piecewise, geometric
from nushine.rates import EVERYTHING, Selection, photon_spectrum, sterile_rate
from nushine.sources.base import Beam, Source
from nushine.targets.compounds import compound
from nushine.targets.form_factors import PointLike
from nushine.targets.isotopes import Isotope

unit = st.floats(0.0, 1.0)


class Point(NamedTuple):
    """Inside phase space: E_R is low^(1-x) high^x."""

    E_nu: float
    E_R: float
    m_N: float
    m_A: float
    x: float


@st.composite
def points(draw: st.DrawFn) -> Point:
    """Any kinematics from 0.1 % above the threshold, on nuclei and electrons."""
    m_A = draw(st.sampled_from([m_e, 3727.4, 67911.5, 171315.0]))
    E_nu = 10 ** draw(st.floats(-2, 1.7))
    heaviest = 2 * m_A * E_nu / (m_A + np.sqrt(m_A**2 + 2 * m_A * E_nu))
    m_N = heaviest * 10 ** draw(st.floats(-4, -1e-3))
    x = draw(st.floats(1e-3, 1 - 1e-3))
    low, high = (np.asarray(f(E_nu, m_N, m_A)) for f in (kinematics.E_R_min, kinematics.E_R_max))
    return Point(E_nu, float(low ** (1 - x) * high**x), m_N, m_A, x)


def target(m_A: float, spin: float) -> Isotope:
    return Isotope("any", 1.0, 0.0, m_A, m_A, spin, PointLike())


dsigma = jax.jit(lambda E_nu, E_R, m_N, isotope: Dipole(m_N, 1.0).dsigma_dE_R(E_nu, E_R, isotope))
spin_state = jax.jit(polarisation)
fly = jax.jit(flight)
energy_density = jax.jit(photon_energy_density)
angle_density = jax.jit(photon_angle_density)
acceptance = jax.jit(photon_acceptance)


@jax.jit
def decay_within(E_N: float, path: float, signal: Dipole) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Probability within the path and within twice the path, and the decay length."""
    probability = RADIATIVE.probability(E_N, path, signal)
    return probability, RADIATIVE.probability(E_N, 2 * path, signal), RADIATIVE.length(E_N, signal)


@given(points(), st.sampled_from([0.0, 0.5]))
def test_cross_section_is_positive_inside_and_zero_outside(point: Point, spin: float) -> None:
    E_nu, E_R, m_N, m_A, _ = point
    isotope = target(m_A, spin)
    # next to the lower limit the bracket is the small rest of its terms, with their rounding (see Dipole, Notes)
    largest = float(dsigma(E_nu, E_R, 0.0, isotope)) + float(dsigma(E_nu, 2 * E_R, 0.0, isotope))
    assert float(dsigma(E_nu, E_R, m_N, isotope)) > -1e-14 * max(largest, 0.0)
    low, high = (float(f(E_nu, m_N, m_A)) for f in (kinematics.E_R_min, kinematics.E_R_max))
    for outside in (0.0, -E_R, low * 0.999999, high * 1.000001, 10 * high):  # limits are good to some 1e-13
        assert float(dsigma(E_nu, outside, m_N, isotope)) == 0.0
    threshold = float(kinematics.threshold(m_N, m_A))
    for E in (0.0, -1.0, 0.999999 * threshold):
        assert float(dsigma(E, E_R, m_N, isotope)) == 0.0


@given(points())
def test_spin_of_N_is_complete_on_spin_0_and_not_more_than_that_on_spin_half(point: Point) -> None:
    P_L, P_T = spin_state(*point[:4], 0.0)
    # E_nu^2/m_N^2 (1e8 here at most) times the rounding, within the last digits above E_R_min: 1e-8
    np.testing.assert_allclose(P_L**2 + P_T**2, 1.0, rtol=1e-8)
    P_L, P_T = spin_state(*point[:4], 0.5)
    assert float(P_L**2 + P_T**2) <= 1 + 1e-8
    if point.m_A > 1e3:
        np.testing.assert_allclose(P_L**2 + P_T**2, 1.0, rtol=1e-4)  # heavy targets: up to (E_nu/m_A)^2 = 2e-4


@given(points())
def test_momentum_triangle(point: Point) -> None:
    N = fly(*point[:4], 0.0)
    # three formulas; close to the threshold p_N^2 is known to 1e-16 E_nu^2 only
    np.testing.assert_allclose(N.p_x**2 + N.p_z**2, N.p**2, atol=1e-12 * point.E_nu**2)
    assert kinematics.E_nu_min(point.E_R, point.m_N, point.m_A) <= point.E_nu * (1 + 1e-12)


@given(points(), st.floats(-1.0, 1.0), st.sampled_from([0.0, 0.5]), unit, st.floats(-1.0, 1.0))
def test_photon_densities_are_not_negative(point: Point, a: float, spin: float, x: float, c_0: float) -> None:
    N, E_rest = fly(*point[:4], spin), point.m_N / 2
    low, high = float((N.E - N.p) / 2), float((N.E + N.p) / 2)
    E_gamma = low + x * (high - low)
    box = float(N.m / (2 * E_rest * N.p))
    density = float(energy_density(E_gamma, N, E_rest, a, c_0))
    assert -1e-9 * box <= density <= 2 * box * (1 + 1e-9)  # (1 + a P c)(1 - phi/pi) - ... touches zero
    assert float(energy_density(high * 1.0001, N, E_rest, a, c_0)) == 0.0
    peak = float((N.E + N.p) / N.m) ** 2
    per_cosine = float(angle_density(np.pi * x, N, E_rest, a, 0.0))
    # half of D^2 (1 + a P): at most the square of the largest Doppler factor; zero from rounding of D, 1e-16 (E/m)^2
    assert -1e-7 * peak <= per_cosine <= peak * (1 + 1e-9)


@given(points(), st.floats(-1.0, 1.0), st.sampled_from([0.0, 0.5]), unit, unit, st.floats(-1.0, 1.0), unit)
def test_acceptance_is_a_fraction_that_falls_with_harder_cuts(
    point: Point, a: float, spin: float, x: float, dx: float, c_0: float, dc: float
) -> None:
    N, E_rest = fly(*point[:4], spin), point.m_N / 2
    low, high = float((N.E - N.p) / 2), float((N.E + N.p) / 2)
    loose, tight = low + x * (high - low), low + (x + dx * (1 - x)) * (high - low)
    narrow = c_0 + dc * (1 - c_0)
    accepted = [
        float(acceptance(N, E_rest, a, E, c)) for E, c in ((loose, c_0), (tight, c_0), (loose, narrow), (tight, narrow))
    ]
    slack = 1e-7  # arccos next to its ends keeps 8 digits
    assert min(accepted) >= -slack
    assert max(accepted) <= 1 + slack
    assert max(accepted[1:]) <= accepted[0] + slack
    assert accepted[3] <= min(accepted[1:3]) + slack
    np.testing.assert_allclose(acceptance(N, E_rest, a, 0.0, -1.0), 1.0, rtol=1e-12)
    np.testing.assert_allclose(acceptance(N, E_rest, a, 1.001 * high, -1.0), 0.0, atol=1e-12)


@given(st.floats(1e-3, 10.0), st.floats(-12, 2), st.floats(0.0, 5.0), st.floats(-3, 6))
def test_decay_probability_is_a_probability(m_N: float, log_mu: float, boost: float, log_path: float) -> None:
    signal, E_N, path = Dipole(m_N, 10**log_mu), m_N * np.cosh(boost), 10**log_path
    probability, longer, length = (float(x) for x in decay_within(E_N, path, signal))
    assert 0.0 <= probability <= longer <= 1.0
    assert probability * length <= path * (1 + 1e-12)
    if path < 1e-8 * length:
        np.testing.assert_allclose(probability * length, path, rtol=1e-8)


# --- rates ---

KNOTS = geometric([0.5, 2.0, 8.0])
SOURCE = Source("test", (Beam(Piecewise.linear(KNOTS, np.interp(KNOTS, [0.5, 2.0, 8.0], [3.0, 1.0, 0.0]))),))
SAPPHIRE = compound("Al[27]2O[16]3")
PATH = 5 * cm


def rate(signal: Dipole, selection: Selection = EVERYTHING, path: float = PATH) -> float:
    return float(sterile_rate(SOURCE, SAPPHIRE, signal, path, RADIATIVE, selection))


@given(st.floats(1e-2, 9.0), unit, st.floats(0.0, 6.0), st.floats(-1.0, 1.0))
@settings(max_examples=50)
def test_rates_fall_with_harder_cuts(m_N: float, x: float, E_min: float, c_0: float) -> None:
    signal = Dipole(m_N, 1e-8)
    E_R_min = x * 5e-3
    whole, recoil, threshold, cone = (
        rate(signal, cut)
        for cut in (EVERYTHING, Selection(E_R_min), Selection(E_gamma_min=E_min), Selection(cos_theta_min=c_0))
    )
    together = rate(signal, Selection(E_R_min, np.inf, E_min, c_0))
    assert together >= 0.0
    # different breaks: the quadratures differ by their errors, 1e-6 of the whole (1e-4 with a cone, where kinks appear)
    assert max(recoil, threshold, cone) <= whole * (1 + 1e-6)
    assert together <= min(recoil, threshold, cone) + 1e-4 * whole
    if m_N > 8.0:
        assert whole == 0.0


@given(st.floats(0.05, 7.0), st.floats(0.01, 8.0))
@settings(max_examples=25)
def test_photon_spectrum_is_not_negative(m_N: float, E_gamma: float) -> None:
    x = np.array([E_gamma, m_N**2 / (4 * E_gamma), 8.1])
    spectrum = np.asarray(photon_spectrum(x, SOURCE, SAPPHIRE, Dipole(m_N, 1e-8), PATH))
    assert np.all(np.isfinite(spectrum))
    assert np.all(spectrum >= -1e-9 * spectrum.max())  # rounding of the cross section at the lower recoil limit
    assert spectrum[2] == 0.0


# --- gradients ---

CUT = Selection(E_gamma_min=0.7, cos_theta_min=0.2)


@pytest.fixture(scope="module")
def gradient() -> Callable[..., tuple[jax.Array, ...]]:
    """Derivatives of the rate by m_N, mu and path, backwards as the samplers need them."""

    def value(m_N: jax.Array, mu: jax.Array, path: jax.Array, selection: Selection) -> jax.Array:
        return sterile_rate(SOURCE, SAPPHIRE, Dipole(m_N, mu), path, RADIATIVE, selection)

    return jax.jit(jax.grad(value, argnums=(0, 1, 2)))


@pytest.mark.parametrize("selection", [EVERYTHING, CUT])
@pytest.mark.parametrize("m_N", [0.05, 1.0, 4.0])
def test_gradients_of_the_rate_equal_finite_differences(
    m_N: float, selection: Selection, gradient: Callable[..., tuple[jax.Array, ...]]
) -> None:
    x, h = np.array([m_N, 2e-5, 50.0]), 1e-5
    whole = rate(Dipole(x[0], x[1]), selection, x[2])
    slopes = x * np.array(gradient(*x.tolist(), selection)) / whole

    def shifted(i: int, factor: float) -> float:
        y = np.where(np.arange(3) == i, x * factor, x).tolist()
        return rate(Dipole(y[0], y[1]), selection, y[2])

    numeric = [(shifted(i, 1 + h) - shifted(i, 1 - h)) / (2 * h * whole) for i in range(3)]
    # h^2 times third derivatives and rounding over h, 1e-9 each; with cuts the points of the quadrature move with the
    # mass across the edges of the cuts, where both sides differ by what it does there: 1e-3
    np.testing.assert_allclose(slopes, numeric, rtol=1e-6 if selection is EVERYTHING else 1e-3)
    assert 2 < slopes[1] <= 4 + 1e-9  # mu^4 at small coupling, mu^2 at large
    assert 0 < slopes[2] <= 1 + 1e-9


@pytest.mark.parametrize("m_N", [1e-3, 7.9, 8.0, 9.0])
def test_gradients_are_finite_at_and_beyond_the_end_point(
    m_N: float, gradient: Callable[..., tuple[jax.Array, ...]]
) -> None:
    slopes = np.array(gradient(m_N, 1e-8, 50.0, EVERYTHING))
    assert np.all(np.isfinite(slopes))
    assert np.all(slopes == 0.0) == (m_N >= 8.0)


def test_gradients_of_the_pieces_are_finite_at_the_edges_of_phase_space() -> None:
    E_nu, m_N, m_A = 3.0, 1.0, 67911.5
    low, high = (float(f(E_nu, m_N, m_A)) for f in (kinematics.E_R_min, kinematics.E_R_max))

    def everything(E_R: jax.Array, m_N: jax.Array, E_min: jax.Array, c: jax.Array) -> jax.Array:
        N = flight(E_nu, E_R, m_N, m_A)
        return photon_acceptance(N, m_N / 2, -1.0, E_min, c) + N.P_L + N.P_T

    E_R, E_min, c = np.meshgrid([low * (1 + 1e-9), low * 1.5, high * (1 - 1e-9)], [0.0, 0.5], [-1.0, 0.0, 0.5])
    masses = np.full(E_R.size, m_N)
    slopes = jax.jit(jax.vmap(jax.grad(everything, argnums=(0, 1))))(E_R.ravel(), masses, E_min.ravel(), c.ravel())
    assert np.all(np.isfinite(np.asarray(slopes)))
