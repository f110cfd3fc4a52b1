"""The total up-scattering cross section, by the package and by an independent integral in extended precision."""

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from nushine.constants import AREA, alpha, hbar_c, mu_B
from nushine.numerics.piecewise import Piecewise
from nushine.sources.base import Beam, Source
from nushine.targets import Isotope, Target
from nushine.targets.compounds import stack

Extended = NDArray[np.longdouble]


def line_source(E_nu: float) -> Source:
    """One neutrino per area and time, all of energy E_nu [MeV]: rates on one nucleus are then cross sections."""
    nothing = Piecewise(jnp.array([E_nu, 2 * E_nu]), jnp.zeros((1, 1)))
    return Source("line", (Beam(nothing, jnp.array([E_nu]), jnp.ones(1)),))


def single_nucleus(isotope: Isotope) -> Target:
    """One nucleus per unit of mass."""
    return Target(isotope.name, (isotope.name,), stack([isotope]), jnp.ones(1))


def precise_cross_section(E_nu: float, m_N: float, mu: float, isotope: Isotope, panels: int = 200) -> float:
    """Integrate the textbook spin-1/2 formula with a Helm form factor over log E_R, 20 points in each panel [mm^2].

    Only the constants and the parameters of the nucleus are shared with the package.
    """
    E, m, M = (np.longdouble(x) for x in (E_nu, m_N, float(isotope.m_A)))
    low, high = _recoil_limits(E, m, M)
    edges = np.linspace(np.log(low), np.log(high), panels + 1)
    x, w = (np.asarray(v, dtype=np.longdouble) for v in np.polynomial.legendre.leggauss(20))
    half = np.diff(edges)[:, None] / 2
    E_R = np.exp((edges[:-1, None] + edges[1:, None]) / 2 + half * x)
    bracket = (
        1 / E_R - 1 / E - m**2 / (2 * E * E_R * M) * (1 - E_R / (2 * E) + M / (2 * E))
        + m**4 * (E_R - M) / (8 * E**2 * E_R**2 * M**2)
    )  # fmt: skip
    scale = AREA * alpha * (mu * mu_B * float(isotope.Z)) ** 2
    return float(scale * np.sum(half * w * E_R * bracket * _helm(2 * M * E_R, isotope) ** 2))


def _recoil_limits(E: np.longdouble, m: np.longdouble, M: np.longdouble) -> tuple[np.longdouble, np.longdouble]:
    """From the energies in the centre of mass."""
    root_s = np.sqrt(M**2 + 2 * M * E)
    E_in, E_out = M * E / root_s, (2 * M * E + m**2) / (2 * root_s)
    p_out = np.sqrt(E_out**2 - m**2)
    return (2 * E_in * (E_out - p_out) - m**2) / (2 * M), (2 * E_in * (E_out + p_out) - m**2) / (2 * M)


def _helm(q2: Extended, isotope: Isotope) -> Extended:
    q = np.sqrt(q2) / hbar_c
    x, s = q * float(isotope.form_factor.radius), float(isotope.form_factor.s)
    return np.asarray(3 * (np.sin(x) - x * np.cos(x)) / x**3 * np.exp(-((q * s) ** 2) / 2))
