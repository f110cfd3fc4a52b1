r"""From a point of the (E_nu, E_R) plane to four-momenta, spin and places: each step in closed form.

Neutrinos fly along +z. All functions take arrays of one length and return arrays of the same.
"""

from typing import NamedTuple

import jax.numpy as jnp
from hepunits import c_light
from jax import Array

from nushine import kinematics
from nushine.decay import Decay
from nushine.events.process import Line
from nushine.interactions.dipole import Dipole, polarisation
from nushine.numerics.circle import Vector, cos_sin_turns, tilted
from nushine.targets.isotopes import Isotope


class Scattered(NamedTuple):
    """N after up-scattering, or the neutrino after CEvNS.

    Energy and momentum p [MeV]; the axes `along` its flight, `across` it in the scattering plane (away from the beam)
    and `normal` to that plane; components P_L, P_T of the spin in the rest frame, as for a beam of neutrinos.
    """

    E: Array
    p: Array
    momentum: Vector
    recoil: Vector
    along: Vector
    across: Vector
    normal: Vector
    P_L: Array
    P_T: Array

    def frame(self, along: Array, across: Array, normal: Array) -> Vector:
        """Components in the laboratory of a vector given in the axes of N."""
        axes = zip(self.along, self.across, self.normal, strict=True)
        x, y, z = (along * a + across * b + normal * c for a, b, c in axes)
        return x, y, z


class Products(NamedTuple):
    """Photon and other particle [MeV], and which final state it was."""

    line: Array
    E_gamma: Array
    gamma: Vector
    E_out: Array
    out: Vector


def scatter(E_nu: Array, E_R: Array, m: Array, isotope: Isotope, u_phi: Array) -> Scattered:
    """Momenta after scattering, at a uniform azimuth; the spin of a massless particle is along its flight, reversed."""
    m_A = isotope.m_A
    p_x = kinematics.transverse_momentum(E_nu, E_R, m, m_A)
    q_z = E_R + (m**2 + 2 * m_A * E_R) / (2 * E_nu)
    p_z = E_nu - q_z
    p = jnp.sqrt(p_x**2 + p_z**2)
    safe = jnp.where(p > 0, p, 1.0)
    sin, cos = jnp.where(p > 0, p_x / safe, 0.0), jnp.where(p > 0, p_z / safe, 1.0)
    c, s = cos_sin_turns(u_phi)
    zero = jnp.zeros_like(c)
    P_L, P_T = polarisation(E_nu, E_R, m, m_A, isotope.spin)
    massless = m == 0
    return Scattered(
        E=E_nu - E_R,
        p=p,
        momentum=(p_x * c, p_x * s, p_z),
        recoil=(-p_x * c, -p_x * s, q_z),
        along=(sin * c, sin * s, cos),
        across=(cos * c, cos * s, -sin),
        normal=(-s, c, zero),
        P_L=jnp.where(massless, -1.0, P_L),
        P_T=jnp.where(massless, 0.0, P_T),
    )


def flight(N: Scattered, signal: Dipole, decay: Decay, path: Array, u: Array) -> tuple[Array, Array]:
    r"""Distance [mm] to the decay, exponential and cut at the path, and the probability to decay within the path.

    .. math:: \ell = -\lambda \ln\left(1 - u\, (1 - e^{-L/\lambda})\right)
    """
    if decay.prompt:
        return jnp.zeros_like(u), jnp.ones_like(u)
    length = decay.length(N.E, signal)
    finite = jnp.isfinite(length) & (length > 0)
    safe = jnp.where(finite, length, 1.0)
    probability = -jnp.expm1(-path / safe)
    at = jnp.where(finite, -safe * jnp.log1p(-u * probability), jnp.where(length > 0, jnp.inf, 0.0))
    return at, jnp.where(finite, probability, jnp.where(length > 0, 0.0, 1.0))


def decay_products(N: Scattered, m_N: Array, lines: tuple[Line, ...], u: tuple[Array, Array, Array]) -> Products:
    """Final state, photon and other particle, exactly distributed in the rest frame of N and boosted."""
    shares = jnp.cumsum(jnp.stack([line.share for line in lines]))
    line = sum((u[0] * shares[-1] >= edge).astype(jnp.int32) for edge in shares[:-1]) + jnp.zeros_like(u[0], jnp.int32)
    of = [jnp.stack([getattr(x, name) for x in lines]) for name in ("E_rest", "m_out", "a")]
    E_rest, m_out, a = (values[line] for values in of)
    length = jnp.sqrt(N.P_L**2 + N.P_T**2)
    safe = jnp.where(length > 0, length, 1.0)
    S_L, S_T = jnp.where(length > 0, N.P_L / safe, 1.0), jnp.where(length > 0, N.P_T / safe, 0.0)
    c = tilted(u[1], a * jnp.minimum(length, 1.0))
    s = jnp.sqrt((1 - c) * (1 + c))
    cos, sin = cos_sin_turns(u[2])
    n_L, n_T, n_Y = c * S_L - s * cos * S_T, c * S_T + s * cos * S_L, s * sin
    gamma = N.frame(E_rest * (N.p + N.E * n_L) / m_N, E_rest * n_T, E_rest * n_Y)
    E_gamma = _norm(gamma)
    out = tuple(p - k for p, k in zip(N.momentum, gamma, strict=True))
    visible = E_rest > 0
    E_out = jnp.where(visible, jnp.sqrt(_norm(out) ** 2 + m_out**2), 0.0)  # type: ignore[arg-type]
    x, y, z = (jnp.where(visible, component, 0.0) for component in out)
    return Products(line, E_gamma, gamma, E_out, (x, y, z))


def time_of_flight(N: Scattered, distance: Array) -> Array:
    """Distance over velocity [ns]; zero where nothing moves."""
    moving = (N.p > 0) & (distance > 0)
    return jnp.where(moving, distance * N.E / (jnp.where(moving, N.p, 1.0) * c_light), 0.0)


def along_ray(start: Vector, direction: Vector, distance: Array) -> Vector:
    """Where a ray is after a distance; not a number only if that is infinite."""
    finite = jnp.isfinite(distance)
    far = jnp.where(finite, distance, 0.0)
    x, y, z = (jnp.where(finite, a + far * b, jnp.inf) for a, b in zip(start, direction, strict=True))
    return x, y, z


def _norm(v: Vector) -> Array:
    return jnp.sqrt(v[0] ** 2 + v[1] ** 2 + v[2] ** 2)
