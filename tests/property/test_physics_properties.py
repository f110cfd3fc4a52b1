"""What holds for every neutrino, nucleus, N and cut."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import cm
from hypothesis import given, settings
from hypothesis import strategies as st

from nushine import kinematics
from nushine.constants import m_e
from nushine.decay import (
    PROMPT,
    RADIATIVE,
    Flight,
    flight,
    photon_acceptance,
    photon_angle_density,
    photon_energy_density,
)
from nushine.interactions.dipole import DIRAC, Dipole, polarisation
from nushine.numerics.piecewise import Piecewise, geometric
from nushine.rates import EVERYTHING, Selection, photon_spectrum, scattering_rate, sterile_rate
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
        np.testing.assert_allclose(P_L**2 + P_T**2, 1.0, rtol=1e-4)  # heavy targets: up to (E_nu/m_A)^2 = 2e-4 ...


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
    probability = float(RADIATIVE.probability(E_N, path, signal))
    assert 0.0 <= probability <= 1.0
    assert probability <= float(RADIATIVE.probability(E_N, 2 * path, signal))
    assert float(PROMPT.probability(E_N, path, signal)) == 1.0
    ratio = path / float(RADIATIVE.length(E_N, signal))
    assert probability <= ratio * (1 + 1e-12)
    if ratio < 1e-8:
        np.testing.assert_allclose(probability, ratio, rtol=1e-8)


# --- rates ---

KNOTS = geometric([0.5, 2.0, 8.0])
SOURCE = Source("test", (Beam(Piecewise.linear(KNOTS, np.interp(KNOTS, [0.5, 2.0, 8.0], [3.0, 1.0, 0.0]))),))
SAPPHIRE = compound("Al[27]2O[16]3")
PATH = 5 * cm


def rate(signal: Dipole, selection: Selection = EVERYTHING) -> float:
    return float(sterile_rate(SOURCE, SAPPHIRE, signal, PATH, RADIATIVE, selection))


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
    assert 0.0 <= together
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


def _logarithm(x: jax.Array, selection: Selection) -> jax.Array:
    """Log of the rate as a function of log m_N, log mu, log path."""
    m_N, mu, path = jnp.exp(x)
    return jnp.log(sterile_rate(SOURCE, SAPPHIRE, Dipole(m_N, mu, DIRAC), path, RADIATIVE, selection))


@pytest.fixture(scope="module")
def value() -> object:
    return jax.jit(_logarithm)


@pytest.fixture(scope="module")
def gradient() -> object:
    return jax.jit(jax.jacfwd(_logarithm))


@pytest.mark.parametrize("selection", [EVERYTHING, CUT])
@pytest.mark.parametrize("m_N", [0.05, 1.0, 4.0])
def test_gradients_of_the_rate_equal_finite_differences(
    m_N: float, selection: Selection, value: object, gradient: object
) -> None:
    x = jnp.log(jnp.array([m_N, 2e-5, 50.0]))
    slopes = np.asarray(gradient(x, selection))
    h = 1e-5
    numeric = [(float(value(x + h * d, selection)) - float(value(x - h * d, selection))) / (2 * h) for d in np.eye(3)]
    # h^2 times third derivatives, about 1e-9, and rounding of the rate over h, 1e-9; with cuts the points move with the
    # mass across kinks, where both differ by what the quadrature does: 1e-3
    np.testing.assert_allclose(slopes, numeric, rtol=1e-6 if selection is EVERYTHING else 1e-3)
    assert 3.9 < slopes[1] <= 4.0 + 1e-9 or m_N > 1  # mu^4 at small coupling
    assert 0 < slopes[2] <= 1 + 1e-9


def test_gradients_are_finite_at_and_beyond_the_end_point(gradient: object) -> None:
    def linear(m_N: jax.Array) -> jax.Array:
        return scattering_rate(SOURCE, SAPPHIRE, Dipole(m_N, 1e-8))

    slopes = jax.jit(jax.vmap(jax.grad(linear)))(jnp.array([0.0, 1e-3, 7.999, 8.0, 9.0]))
    assert np.all(np.isfinite(np.asarray(slopes)))
    assert float(slopes[-1]) == 0.0
    slopes = gradient(jnp.log(jnp.array([1e-3, 1e-8, 50.0])), EVERYTHING)
    assert np.all(np.isfinite(np.asarray(slopes)))


def test_reverse_mode_equals_forward_mode(gradient: object) -> None:
    """The samplers differentiate backwards."""
    x = jnp.log(jnp.array([1.0, 2e-5, 50.0]))
    backwards = jax.jit(jax.grad(_logarithm))(x, CUT)
    np.testing.assert_allclose(backwards, gradient(x, CUT), rtol=1e-9)  # the same terms summed in another order


def test_gradients_of_the_pieces_are_finite_at_the_edges_of_phase_space() -> None:
    E_nu, m_N, m_A = 3.0, 1.0, 67911.5
    low, high = (float(f(E_nu, m_N, m_A)) for f in (kinematics.E_R_min, kinematics.E_R_max))

    def everything(E_R: jax.Array, m_N: jax.Array) -> jax.Array:
        N = flight(E_nu, E_R, m_N, m_A)
        parts = [photon_acceptance(N, m_N / 2, -1.0, E_min, c) for E_min in (0.0, 0.5) for c in (-1.0, 0.0, 0.5)]
        return sum(parts) + N.P_L + N.P_T

    for E_R in (low * (1 + 1e-9), low * 1.5, high * (1 - 1e-9)):
        slopes = np.asarray(jax.jit(jax.grad(everything, argnums=(0, 1)))(E_R, m_N))
        assert np.all(np.isfinite(slopes)), E_R


def test_flight_is_a_pytree() -> None:
    N = jax.vmap(lambda E_R: flight(3.0, E_R, 1.0, 67911.5))(jnp.array([1e-6, 1e-5]))
    assert isinstance(N, Flight)
    assert N.E.shape == (2,)
