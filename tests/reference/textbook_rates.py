"""Rates by nested quadrature of textbook formulas, with NumPy and SciPy alone, and the sources to try them on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import jax.numpy as jnp
import numpy as np
from hepunits import cm, hbarc
from scipy import integrate, special

from nushine.constants import alpha, m_e
from nushine.numerics.piecewise import Piecewise, geometric
from nushine.sources.base import ELECTRON, Beam, Flavour, Source
from nushine.targets.compounds import Target

Function = Callable[[np.ndarray], np.ndarray]

PATH = 5 * cm
KNOTS, VALUES = np.array([0.4, 2.0, 5.0, 8.0]), np.array([3.0, 2.0, 0.7, 0.0])
LINE_E, LINE_FLUX = 3.0, 1.7
MASS, MOMENT = 0.8, 1e-8  # MeV, mu_B: all of them pass 5 cm


def source(continuum: float = 1.0, line: float = 0.0, flavour: Flavour = ELECTRON) -> Source:
    """Straight lines through KNOTS and VALUES, and one energy: all of one shape, so that all share one compilation."""
    knots = geometric(KNOTS)
    pieces = Piecewise.linear(knots, continuum * np.interp(knots, KNOTS, VALUES))
    return Source("test", (Beam(pieces, jnp.array([LINE_E]), jnp.array([line * LINE_FLUX]), flavour),))


BROAD, LINE, BOTH = source(), source(0.0, 1.0), source(1.0, 1.0)


def panels(points: list[float], n: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Gauss points between neighbours of `points`, in the sine of an angle, which takes square roots at the ends."""
    u, w = np.polynomial.legendre.leggauss(n)
    for a, b in pairwise(points):
        yield (a + b) / 2 + (b - a) / 2 * np.sin(np.pi * u / 2), w * (b - a) * np.pi / 4 * np.cos(np.pi * u / 2)


def recoil_range(E: float, m: float, M: float) -> tuple[float, float]:
    s = np.longdouble(M) ** 2 + 2 * np.longdouble(M) * E
    E_star, k_star = (s + m**2 - M**2) / (2 * np.sqrt(s)), (s - M**2) / (2 * np.sqrt(s))
    high = (2 * k_star * (E_star + np.sqrt(np.maximum(E_star**2 - m**2, 0))) - m**2) / (2 * M)
    return float(m**4 / (4 * s * high)), float(high)


class Nucleus:
    """One isotope and one N, in the formulas of the specification."""

    def __init__(self, target: Target, index: int, m: float = MASS, mu: float = MOMENT) -> None:
        isotopes, form_factor = target.isotopes, target.isotopes.form_factor
        self.M, self.Z, self.spin = (float(x[index]) for x in (isotopes.m_A, isotopes.Z, isotopes.spin))
        self.radius, self.thickness = float(form_factor.radius[index]), float(form_factor.s[index])
        self.number, self.m, self.mu = float(target.number_per_mass[index]), m, mu

    def form_factor(self, E_R: np.ndarray) -> np.ndarray:
        q = np.sqrt(2 * self.M * E_R) / float(hbarc)
        x = q * self.radius
        return 3 * special.spherical_jn(1, x) / x * np.exp(-((q * self.thickness) ** 2) / 2)

    def cross_section(self, E: float, E_R: np.ndarray) -> np.ndarray:
        """dsigma/dE_R [mm^2/MeV], physics specification section 3."""
        m, M = self.m, self.M
        if self.spin == 0:
            bracket = 1 / E_R - 1 / E + E_R / (4 * E**2) - m**4 / (8 * M * E**2 * E_R**2)
            bracket -= m**2 / (2 * E * E_R * M) * (1 + M / (2 * E) - E_R / (4 * E))
        else:
            bracket = 1 / E_R - 1 / E + m**4 * (E_R - M) / (8 * E**2 * E_R**2 * M**2)
            bracket -= m**2 / (2 * E * E_R * M) * (1 - E_R / (2 * E) + M / (2 * E))
        moment = np.pi * alpha**2 / m_e**2 * self.mu**2 * float(hbarc) ** 2
        return moment * self.Z**2 * self.form_factor(E_R) ** 2 * bracket

    def decays(self, E_N: np.ndarray, final_states: int = 1) -> np.ndarray:
        """Probability to decay within the path."""
        width = final_states * alpha * self.mu**2 * self.m**3 / (16 * m_e**2)
        return -np.expm1(-PATH * width * self.m / (np.sqrt(E_N**2 - self.m**2) * float(hbarc)))

    def spin_of_N(self, E: float, E_R: np.ndarray) -> tuple[np.ndarray, ...]:
        """Momentum components p_x, p_z and the four-spin S of N (section 4), long double for its cancellations."""
        E_R, M, m = E_R.astype(np.longdouble), np.longdouble(self.M), np.longdouble(self.m)
        zero = 0 * E_R
        E_N = E - E_R
        p_z = E_N - (m**2 + 2 * M * E_R) / (2 * E)
        p_x = np.sqrt(np.maximum(E_N**2 - m**2 - p_z**2, 0))
        k, p = np.stack([zero + E, zero, zero + E]), np.stack([E_N, p_x, p_z])
        J = np.stack([zero + 2 * M, zero, zero]) + k - p
        g = np.array([1, -1, -1])

        def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            return np.einsum("i,i...,i...", g, a, b)

        J2, pJ, pk, Jk = dot(J, J), dot(p, J), dot(p, k), dot(J, k)
        V = m * (m**2 * J2 * k + (4 * pJ * pk - 2 * m**2 * Jk) * J)
        V = V / (4 * pJ**2 * pk - 2 * m**2 * pJ * Jk - m**2 * J2 * pk)
        S = -(V - p * dot(V, p) / m**2)
        return p_x.astype(float), p_z.astype(float), S.astype(float)

    def over_recoil(
        self, E: float, function: Callable[..., object], low: float = 0.0, high: float = np.inf, n: int = 240
    ) -> float:
        """Integral of dsigma/dE_R times function(E_R), in log E_R, between the limits or closer."""
        least, most = recoil_range(E, self.m, self.M)
        least, most = max(least, low), min(most, high)
        if least >= most:
            return 0.0
        ((x, w),) = panels([np.log(least), np.log(most)], n)
        E_R = np.exp(x)
        return float(w @ (E_R * self.cross_section(E, E_R) * function(E_R)))

    def over_flux(
        self, function: Callable[[float], float], kinks: tuple[float, ...] = (), epsrel: float = 1e-9
    ) -> float:
        """Integral of flux times function(E_nu), adaptive between the kinks."""
        threshold = max(self.m + self.m**2 / (2 * self.M), KNOTS[0])
        points = sorted({threshold, *(x for x in (*KNOTS, *kinks) if threshold < x < 8.0), 8.0})
        # in v = sqrt(E - start): spectra and recoil ranges open like square roots
        return sum(
            integrate.quad(
                lambda v, a=a: 2 * v * np.interp(a + v * v, KNOTS, VALUES) * function(a + v * v),
                0.0,
                np.sqrt(b - a),
                epsrel=epsrel,
                limit=100,
            )[0]
            for a, b in pairwise(points)
        )


def nuclei(target: Target, **kwargs: float) -> list[Nucleus]:
    return [Nucleus(target, i, **kwargs) for i in range(len(target.labels))]


def flux_kinks(A: Nucleus, E_R: float) -> tuple[float, ...]:
    """The neutrino energy where a recoil energy comes into reach."""
    return ((1 + A.m**2 / (2 * A.M * E_R)) * (E_R + np.sqrt(E_R**2 + 2 * A.M * E_R)) / 2,)


def least_E_N(E_gamma: float) -> float:
    """Energy of N above which it can give this photon."""
    return E_gamma + MASS**2 / (4 * E_gamma)


def photon_kinks(M: float, m: float, E_gamma: float) -> list[float]:
    """Neutrino energies where E_gamma comes into reach, and where every N reaches it."""
    E_N = E_gamma + m**2 / (4 * E_gamma)
    p = np.sqrt(E_N**2 - m**2)
    return [E_N + (E_N + sign * p) ** 2 / (2 * (M - E_N - sign * p)) for sign in (-1, 1)]


def per_cosine(A: Nucleus, E: float, cosine: float, asymmetry: float, E_min: float = 0.0) -> float:
    """dN/dcos(theta) of one neutrino energy: the covariant distribution over the azimuth about the beam."""
    phi = np.pi * (np.arange(200) + 0.5) / 200  # periodic and smooth: midpoints converge exponentially
    sine = np.sqrt(1 - cosine**2)

    def density(E_R: np.ndarray) -> np.ndarray:
        p_x, p_z, S = A.spin_of_N(E, E_R)
        along, across = np.cos(phi) * sine, cosine
        D = (E - E_R)[:, None] - p_x[:, None] * along - p_z[:, None] * across
        weight = 1 - asymmetry * A.m / D * (S[0][:, None] - S[1][:, None] * along - S[2][:, None] * across)
        visible = A.m**2 / (2 * D) > E_min
        per_solid_angle = A.m**2 / (4 * np.pi * D**2) * weight * visible
        return A.decays(E - E_R) * 2 * np.pi * per_solid_angle.mean(axis=1)

    return A.over_recoil(E, density, n=160)


def spectrum_kinks(target: Target, low: float = 0.0, high: float = 9.0) -> list[float]:
    """Ends of the photon range of every neutrino energy where the flux has a kink, for the least and largest recoil."""
    kinks = {low, high, MASS / 2}
    for E in (*KNOTS[KNOTS > MASS], LINE_E, *geometric(KNOTS)[geometric(KNOTS) > MASS]):
        for A in nuclei(target):
            for E_R in recoil_range(E, MASS, A.M):
                p = np.sqrt((E - E_R) ** 2 - MASS**2)
                kinks |= {(E - E_R - p) / 2, (E - E_R + p) / 2}
    ordered = sorted(x for x in kinks if low <= x <= high)
    return [ordered[0], *(b for a, b in pairwise(ordered) if b - a > 1e-9)]
