"""The photon in the laboratory against explicit Lorentz boosts of its distribution in the rest frame of N."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
import pytest
from scipy import optimize

from nushine.constants import m_e
from nushine.decay import (
    Flight,
    flight,
    photon_acceptance,
    photon_angle_density,
    photon_energy_density,
)
from nushine.interactions.dipole import MAJORANA

Function = Callable[[np.ndarray], np.ndarray]


class Case(NamedTuple):
    """Where N is made, and how it decays."""

    E_nu: float
    E_R: float
    m_N: float
    m_A: float
    spin: float
    E_rest: float
    asymmetry: float


CASES = [
    Case(3.0, 1e-5, 1.0, 67911.5, 0.5, 0.5, -1.0),
    Case(3.0, 2e-4, 1.0, 67911.5, 0.0, 0.5, 1.0),  # N at a large angle
    Case(3.0, 2.5e-4, 0.3, 67911.5, 0.0, 0.15, -1.0),  # N flies backwards
    Case(1.0, 7.2e-6, 0.999, 67911.5, 0.0, 0.3, -0.7),  # near the threshold, to a sterile
    Case(5.0, 1.4, 1.0, m_e, 0.5, 0.5, -1.0),  # on an electron, where N is not fully polarised
    Case(8.0, 1e-6, 0.5, 3727.4, 0.0, 0.25, 0.0),
]
E_NU, E_R, M_N, M_A, SPIN, E_REST, ASYMMETRY = np.array(CASES).T


@pytest.fixture(scope="module")
def flights() -> Flight:
    return jax.tree.map(np.asarray, jax.jit(flight)(E_NU, E_R, M_N, M_A, SPIN))


def one(flights: Flight, i: int) -> Flight:
    return Flight(*(np.asarray(x)[i] for x in flights))


class Frame:
    """One N: directions in its rest frame, and the boost to the laboratory as a 4x4 matrix."""

    def __init__(self, N: Flight, case: Case) -> None:
        self.case, self.N = case, N
        self.p_hat = np.array([N.p_x, 0.0, N.p_z]) / N.p
        self.t_hat = np.array([N.p_z, 0.0, -N.p_x]) / N.p  # away from the beam axis
        self.spin = N.P_L * self.p_hat + N.P_T * self.t_hat
        gamma, beta = N.E / N.m, N.p / N.E * self.p_hat
        self.boost = np.eye(4)
        self.boost[0, 0] = gamma
        self.boost[0, 1:] = self.boost[1:, 0] = gamma * beta
        self.boost[1:, 1:] += (gamma - 1) * np.outer(self.p_hat, self.p_hat)

    def direction(self, c: np.ndarray, phi: np.ndarray) -> np.ndarray:
        """Unit vectors of the rest frame at polar angle arccos(c) and azimuth phi about the flight of N."""
        sine = np.sqrt(1 - c**2)
        axes = np.stack([self.p_hat, self.t_hat, [0.0, 1.0, 0.0]])
        return np.stack([c + 0 * phi, sine * np.cos(phi), sine * np.sin(phi)], axis=-1) @ axes

    def to_laboratory(self, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Energy and cosine to the beam, in the laboratory, of photons along n in the rest frame."""
        photon = self.case.E_rest * np.concatenate([np.ones((*n.shape[:-1], 1)), n], axis=-1) @ self.boost
        return photon[..., 0], photon[..., 3] / photon[..., 0]

    def from_laboratory(self, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Energy per rest-frame energy (the Doppler factor D) and rest-frame direction of photons along n."""
        rest = np.concatenate([np.ones((*n.shape[:-1], 1)), n], axis=-1) @ np.linalg.inv(self.boost)
        return 1 / rest[..., 0], rest[..., 1:] / rest[..., :1]

    def density(self, n: np.ndarray) -> np.ndarray:
        """Photons per solid angle in the rest frame."""
        return (1 + self.case.asymmetry * n @ self.spin) / (4 * np.pi)


def over_half_circle(function: Function, condition: Function) -> float:
    """Twice the integral of `function` over 0 < phi < pi where `condition` (with at most one zero) is positive."""
    ends = condition(np.array([0.0, np.pi]))
    low, high = (0.0 if ends[0] > 0 else np.pi), (np.pi if ends[1] > 0 else 0.0)
    if np.prod(ends) < 0:
        zero = optimize.brentq(lambda phi: condition(np.array([phi]))[0], 0.0, np.pi, xtol=1e-15, rtol=1e-15)
        low, high = (0.0, zero) if ends[0] > 0 else (zero, np.pi)
    u, w = np.polynomial.legendre.leggauss(200)
    return 2 * max(high - low, 0.0) / 2 * float(w @ function(low + max(high - low, 0.0) * (u + 1) / 2))


def photons_per_energy(frame: Frame, c: float, c_0: float) -> float:
    """Photons per laboratory energy within the cone, of those that leave N at arccos(c) to its flight."""

    def ring(phi: np.ndarray) -> np.ndarray:
        return frame.direction(np.full_like(phi, c), phi)

    photons = over_half_circle(
        lambda phi: frame.density(ring(phi)), lambda phi: frame.to_laboratory(ring(phi))[1] - c_0
    )
    return photons * frame.N.m / (frame.case.E_rest * frame.N.p)  # dc = m_N dE_gamma / (E* p_N)


def photons_per_cosine(frame: Frame, theta: float, E_min: float) -> float:
    """Photons above E_min per cosine to the beam: rest-frame density times the Jacobian dOmega*/dOmega = D^2."""

    def doppler(phi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        s, c = np.sin(theta), np.cos(theta)
        return frame.from_laboratory(np.stack([s * np.cos(phi), s * np.sin(phi), c + 0 * phi], axis=-1))

    def density(phi: np.ndarray) -> np.ndarray:
        D, n = doppler(phi)
        return D**2 * frame.density(n)

    return over_half_circle(density, lambda phi: doppler(phi)[0] * frame.case.E_rest - E_min)


energy_density = jax.jit(photon_energy_density)
angle_density = jax.jit(photon_angle_density)
acceptance = jax.jit(photon_acceptance)


@pytest.mark.parametrize("c_0", [-1.0, -0.5, 0.0, 0.8])
def test_energy_density_is_the_boosted_distribution(flights: Flight, c_0: float) -> None:
    for i, case in enumerate(CASES):
        N = one(flights, i)
        frame = Frame(N, case)
        c = np.array([-0.95, -0.4, 0.1, 0.6, 0.9])
        E_gamma = case.E_rest * (N.E + N.p * c) / N.m
        n = frame.direction(c, np.linspace(0.0, 3.0, c.size))
        np.testing.assert_allclose(frame.to_laboratory(n)[0], E_gamma, rtol=1e-12)
        expected = [photons_per_energy(frame, x, c_0) for x in c]
        ours = energy_density(E_gamma, N, case.E_rest, case.asymmetry, c_0)
        # 1e-8 of the box m_N / (2 E* p_N): the closed form is exact; arccos near the rim of the cone keeps 8 digits
        np.testing.assert_allclose(ours, expected, atol=1e-8 * N.m / (2 * case.E_rest * N.p), err_msg=str(case))


def test_energy_density_is_the_textbook_one_and_vanishes_outside(flights: Flight) -> None:
    """(1/p_N) [1 - P_L (2 E_gamma - E_N)/p_N] between (E_N - p_N)/2 and (E_N + p_N)/2."""
    N, case = one(flights, 0), CASES[0]
    low, high = (N.E - N.p) / 2, (N.E + N.p) / 2
    E_gamma = np.linspace(low, high, 7)[1:-1]
    expected = (1 - N.P_L * (2 * E_gamma - N.E) / N.p) / N.p
    np.testing.assert_allclose(energy_density(E_gamma, N, case.E_rest, -1.0, -1.0), expected, rtol=1e-12)
    outside = np.array([0.5 * low, low * (1 - 1e-6), high * (1 + 1e-6), 2 * high, 1e3])
    np.testing.assert_array_equal(energy_density(outside, N, case.E_rest, -1.0, -1.0), 0.0)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_angle_density_is_the_boosted_distribution(flights: Flight, share: float) -> None:
    for i, case in enumerate(CASES):
        N = one(flights, i)
        frame = Frame(N, case)
        lowest, highest = case.E_rest * (N.E - N.p) / N.m, case.E_rest * (N.E + N.p) / N.m
        E_min = 0.0 if share == 0 else lowest + share * (highest - lowest)
        theta = np.array([0.01, 0.4, 1.2, np.pi / 2, 2.5, 3.1])
        expected = [photons_per_cosine(frame, x, E_min) for x in theta]
        ours = angle_density(theta, N, case.E_rest, case.asymmetry, E_min)
        # 1e-8 of the largest value: arccos at the edge of the threshold keeps 8 digits (1e-12 without)
        np.testing.assert_allclose(ours, expected, atol=(1e-8 if share else 1e-11) * max(expected), err_msg=str(case))


def test_acceptance_is_the_integral_over_the_sphere(flights: Flight) -> None:
    """Count rest-frame directions on a fine grid (1000 cosines by 1000 azimuths) that pass both cuts."""
    c, phi = -1 + (2 * np.arange(1000) + 1) / 1000, np.pi * (np.arange(1000) + 0.5) / 1000
    for i, case in enumerate(CASES):
        N = one(flights, i)
        frame = Frame(N, case)
        n = frame.direction(*np.meshgrid(c, phi, indexing="ij"))
        E_gamma, cosine = frame.to_laboratory(n)
        weight = frame.density(n) * 4 * np.pi / 1e6
        for E_min, c_0 in ((0.0, -1.0), (0.9 * case.E_rest, -1.0), (0.0, 0.5), (0.8 * case.E_rest, 0.0)):
            counted = weight[(E_gamma > E_min) & (cosine > c_0)].sum()
            # 1e-3 of weights up to 2: the row of cells along a cut counts as a whole, and cones cut cells everywhere
            np.testing.assert_allclose(acceptance(N, case.E_rest, case.asymmetry, E_min, c_0), counted, atol=2e-3)


@pytest.mark.parametrize("c_0", [-1.0, -0.3, 0.5, 0.95])
def test_acceptance_is_the_integral_of_the_energy_density(flights: Flight, c_0: float) -> None:
    u, w = np.polynomial.legendre.leggauss(400)
    for i, case in enumerate(CASES):
        N = one(flights, i)
        lowest, highest = case.E_rest * (N.E - N.p) / N.m, case.E_rest * (N.E + N.p) / N.m
        for E_min in (0.0, lowest + 0.4 * (highest - lowest)):
            start = max(lowest, E_min)
            E_gamma = (start + highest) / 2 + (highest - start) / 2 * u
            density = np.asarray(energy_density(E_gamma, N, case.E_rest, case.asymmetry, c_0))
            summed = (highest - start) / 2 * w @ density
            # with a cone the density has square-root kinks: 400^-1.5 of the range, 1e-4; without one it is a line
            tolerance = 2e-4 if c_0 > -1 else 1e-13
            got = acceptance(N, case.E_rest, case.asymmetry, E_min, c_0)
            np.testing.assert_allclose(got, summed, atol=tolerance, err_msg=str(case))


def test_acceptance_is_the_integral_of_the_angle_density(flights: Flight) -> None:
    u, w = np.polynomial.legendre.leggauss(400)
    for i, case in enumerate(CASES):
        N = one(flights, i)
        for c_0 in (-1.0, 0.0, 0.9):
            theta = np.arccos(c_0) * (u + 1) / 2
            density = np.asarray(angle_density(theta, N, case.E_rest, case.asymmetry, 0.0))
            summed = np.arccos(c_0) / 2 * (w * np.sin(theta)) @ density
            # smooth integrand with a peak no narrower than m_N/E_N = 0.06: 400 points are far more than enough
            got = acceptance(N, case.E_rest, case.asymmetry, 0.0, c_0)
            np.testing.assert_allclose(got, summed, atol=1e-10, err_msg=str(case))


def test_dirac_and_mirrored_dirac_make_majorana(flights: Flight) -> None:
    """The two final states of a Majorana N have opposite asymmetries: their sum has none, and twice the rate."""
    E_gamma, theta = 1.1 * E_REST, np.full(len(CASES), 0.7)
    for function, x, cut in ((energy_density, E_gamma, 0.2), (angle_density, theta, 0.5 * E_REST)):
        lnc, lnv, both = (np.asarray(function(x, flights, E_REST, a, cut)) for a in (-1.0, 1.0, MAJORANA.asymmetry))
        np.testing.assert_allclose(lnc + lnv, 2 * both, rtol=1e-13)
    lnc, lnv, both = (np.asarray(acceptance(flights, E_REST, a, 0.8 * E_REST, 0.1)) for a in (-1.0, 1.0, 0.0))
    np.testing.assert_allclose(lnc + lnv, 2 * both, rtol=1e-13)
    assert np.max(np.abs(lnc - lnv)) > 0.1


def test_majorana_is_isotropic_in_the_rest_frame(flights: Flight) -> None:
    """A flat box in energy, D^2/(4 pi) per solid angle, and acceptances that are solid angles over 4 pi."""
    for i, case in enumerate(CASES):
        N = one(flights, i)
        c = np.array([-0.9, 0.0, 0.9])
        E_gamma = case.E_rest * (N.E + N.p * c) / N.m
        box = N.m / (2 * case.E_rest * N.p)
        np.testing.assert_allclose(energy_density(E_gamma, N, case.E_rest, 0.0, -1.0), box, rtol=1e-12)
        # photons above the energy of those that leave at 90 degrees to N: one half
        np.testing.assert_allclose(acceptance(N, case.E_rest, 0.0, E_gamma[1], -1.0), 0.5, rtol=1e-12)
    at_rest = Flight(*map(np.asarray, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0)))
    np.testing.assert_allclose(acceptance(at_rest, 0.5, 0.0, 0.0, 0.6), 0.2, rtol=1e-12)


def test_flight_gathers_kinematics_and_spin(flights: Flight) -> None:
    np.testing.assert_allclose(np.asarray(flights.E), E_NU - E_R, rtol=1e-15)
    # p_x and p_z come from two formulas, p from a third; near the threshold p^2 is a small difference: 1e-12
    np.testing.assert_allclose(np.hypot(flights.p_x, flights.p_z), flights.p, rtol=1e-12)
    np.testing.assert_array_equal(flights.m, M_N)
    assert float(flights.p_z[2]) < 0  # the case that flies backwards
