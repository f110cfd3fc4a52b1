"""The photon of N -> nu gamma in the laboratory, in closed form for each N."""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine import kinematics
from nushine.interactions.dipole import polarisation
from nushine.numerics.compilation import needs_jax
from nushine.numerics.sphere import dot, two_caps


class Flight(NamedTuple):
    """Energy, momentum and spin of an up-scattered N in the laboratory.

    `p_x` is across the beam, `p_z` along it; `P_L`, `P_T` as returned by `nushine.interactions.dipole.polarisation`.
    """

    E: Array
    p: Array
    p_x: Array
    p_z: Array
    P_L: Array
    P_T: Array
    m: Array

    @property
    @needs_jax
    def direction(self) -> tuple[Array, Array]:
        """Sine and cosine of the angle to the beam; along the beam if N is at rest."""
        p = jnp.where(self.p > 0, self.p, 1.0)
        return jnp.where(self.p > 0, self.p_x / p, 0.0), jnp.where(self.p > 0, self.p_z / p, 1.0)


@needs_jax
def flight(E_nu: ArrayLike, E_R: ArrayLike, m_N: ArrayLike, m_A: ArrayLike, spin: ArrayLike = 0.0) -> Flight:
    """Energy, momentum and spin of N after up-scattering at (E_nu, E_R) [MeV] on a target of mass m_A and spin.

    A massless N, which does not decay, gets m = 1 MeV here, so that its photon distributions are finite.
    """
    E_N, m_N = jnp.asarray(E_nu) - E_R, jnp.asarray(m_N)
    P_L, P_T = polarisation(E_nu, E_R, m_N, m_A, spin)
    p_x = kinematics.transverse_momentum(E_nu, E_R, m_N, m_A)
    p_z = kinematics.longitudinal_momentum(E_nu, E_R, m_N, m_A)
    return Flight(E_N, kinematics.momentum(E_N, m_N), p_x, p_z, P_L, P_T, jnp.where(m_N > 0, m_N, 1.0))


@needs_jax
def photon_energy_density(
    E_gamma: ArrayLike, N: Flight, E_rest: ArrayLike, asymmetry: ArrayLike, cos_theta_min: ArrayLike = -1.0
) -> Array:
    r"""Photon energy distribution of one N in flight [1/MeV], normalised to one over all angles.

    .. math:: \frac{dn}{dE_\gamma} = \frac{m_N}{2 E^* p_N} \left[(1 + a P_L c) \left(1 - \frac{\phi_0}{\pi}\right)
              - a P_T \sqrt{1 - c^2}\, \frac{\sin\phi_0}{\pi}\right], \quad
              c = \frac{m_N E_\gamma / E^* - E_N}{p_N}, \quad |c| \le 1

    where :math:`|\phi| > \phi_0` are the azimuths about N that are within the cone :math:`\cos\theta_\gamma > c_0`.
    """
    E_gamma = jnp.asarray(E_gamma)
    p = jnp.where(N.p > 0, N.p, 1.0)
    c = (N.m * E_gamma / E_rest - N.E) / p
    inside = (jnp.abs(c) <= 1) & (N.p > 0)
    # photon angle to N in the laboratory: E_gamma (E_N - p cos psi) = E_rest m_N
    cos_psi = jnp.clip((N.E - N.m * jnp.asarray(E_rest) / E_gamma) / p, -1.0, 1.0)
    sin_psi = jnp.sqrt((1 - cos_psi) * (1 + cos_psi))
    side = sin_psi * N.p_x / p
    cos_phi = (cos_psi * N.p_z / p - cos_theta_min) / jnp.where(side > 0, side, 1e-300)
    phi = jnp.arccos(jnp.clip(cos_phi, -1.0, 1.0))
    across = N.P_T * jnp.sqrt(jnp.maximum((1 - c) * (1 + c), 0.0)) * jnp.sin(phi) / jnp.pi
    angular = (1 + asymmetry * N.P_L * c) * (1 - phi / jnp.pi) - asymmetry * across
    return jnp.where(inside, N.m / (2 * E_rest * p) * angular, 0.0)


@needs_jax
def photon_angle_density(
    theta: ArrayLike, N: Flight, E_rest: ArrayLike, asymmetry: ArrayLike, E_gamma_min: ArrayLike = 0.0
) -> Array:
    r"""Distribution in cos(theta) of the photon from one N in flight, normalised to one over all energies.

    With :math:`E_\gamma = E^* m_N / D` and :math:`D = E_N - \vec p \cdot \hat n = A - B \cos\phi`,

    .. math:: \frac{dn}{d\cos\theta} = \frac{m_N^2}{2\pi} \int_0^{\phi_m} d\phi
              \left[\frac{1}{D^2} - \frac{a\, m_N}{D^3} (S^0 - \vec S \cdot \hat n)\right],

    in closed form through the eccentric anomaly u, :math:`1/D = (A + B \cos u)/Q^2`, where
    :math:`Q^2 = A^2 - B^2 = [E_N - p \cos(\theta - \theta_N)][E_N - p \cos(\theta + \theta_N)]` and the limit
    :math:`\phi_m` comes from :math:`E_\gamma > E_{min}`.

    Parameters
    ----------
    theta : array_like
        Angle of the photon to the beam [rad].
    N : Flight
        The N that decays.
    E_rest, asymmetry, E_gamma_min : array_like
        Photon energy in the rest frame [MeV], coefficient a, and least photon energy in the laboratory [MeV].

    """
    theta = jnp.asarray(theta)
    cos, sin = jnp.cos(theta), jnp.sin(theta)
    sin_N, cos_N = N.direction
    slack = N.m**2 / (N.E + N.p)
    near = slack + N.p * _one_minus_cos(cos * cos_N + sin * sin_N, sin * cos_N - cos * sin_N)
    far = slack + N.p * _one_minus_cos(cos * cos_N - sin * sin_N, sin * cos_N + cos * sin_N)
    A, B, Q2 = (near + far) / 2, (far - near) / 2, near * far
    Q3, Q5 = Q2 * jnp.sqrt(Q2), Q2**2 * jnp.sqrt(Q2)
    cos_u = (Q2 * jnp.asarray(E_gamma_min) - A * N.m * E_rest) / (jnp.maximum(B, 1e-300) * N.m * E_rest)
    cos_u = jnp.clip(cos_u, -1.0, 1.0)
    u, sin_u = jnp.arccos(cos_u), jnp.sqrt((1 - cos_u) * (1 + cos_u))
    quarter = sin_u * cos_u / 2
    inv_D2 = (A * u + B * sin_u) / Q3
    inv_D3 = ((A**2 + B**2 / 2) * u + 2 * A * B * sin_u + B**2 * quarter) / Q5
    cos_D3 = (1.5 * A * B * u + (A**2 + B**2) * sin_u + A * B * quarter) / Q5
    # four-spin S of N: (P_L p, P_L E p_hat)/m + P_T t_hat, with t_hat across p_hat in the scattering plane
    S_0 = N.P_L * N.p / N.m
    S_z = N.P_L * N.E / N.m * cos_N - N.P_T * sin_N
    S_x = N.P_L * N.E / N.m * sin_N + N.P_T * cos_N
    polarised = N.m * (S_x * sin * cos_D3 - (S_0 - S_z * cos) * inv_D3)
    return N.m**2 / (2 * jnp.pi) * (inv_D2 + asymmetry * polarised)


def _one_minus_cos(cos: Array, sin: Array) -> Array:
    """1 - cos(x) without loss of digits at small x."""
    return jnp.where(cos > 0, sin**2 / (1 + jnp.maximum(cos, 0.0)), 1 - cos)


@needs_jax
def photon_acceptance(
    N: Flight, E_rest: ArrayLike, asymmetry: ArrayLike, E_gamma_min: ArrayLike, cos_theta_min: ArrayLike
) -> Array:
    r"""Fraction of the photons with energy above E_gamma_min [MeV] and within a cone about the beam.

    Both conditions are caps on the sphere of rest-frame directions: :math:`E_\gamma > E_{min}` about the direction of
    flight, and :math:`\cos\theta_\gamma > c_0` about the space part of :math:`W = (c_0, \hat z)` in the rest frame,
    with :math:`\kappa = W_0 / |\vec W|`. Their intersection is known in closed form.
    """
    p = jnp.where(N.p > 0, N.p, 1.0)
    sin_N, cos_N = N.direction
    energy_kappa = jnp.clip((N.m * jnp.asarray(E_gamma_min) / E_rest - N.E) / p, -1.0, 1.0)
    cos_theta_min = jnp.asarray(cos_theta_min)
    W_0 = (cos_theta_min * N.E - N.p_z) / N.m
    W = (N.E * cos_N - cos_theta_min * N.p) / N.m, -sin_N
    square = W_0**2 + (1 - cos_theta_min) * (1 + cos_theta_min)
    some = square > 0  # else a massless N flies exactly along the edge of a cone of nothing, or of everything
    safe = jnp.sqrt(jnp.where(some, square, 1.0))
    axis = jnp.where(some, W[0] / safe, 1.0), W[1] / safe
    forward = jnp.ones_like(N.p), jnp.zeros_like(N.p)
    area, moment = two_caps(energy_kappa, forward, jnp.where(some, W_0 / safe, cos_theta_min), axis)
    return (area + asymmetry * dot((N.P_L, N.P_T), moment)) / (4 * jnp.pi)
