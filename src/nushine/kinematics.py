r"""Kinematics of nu(k) A(P) -> N(p) A(P') on a target at rest, written without subtracting large numbers.

Energies and masses in MeV; all functions are scalar physics that broadcast over arrays. Below threshold the square
roots are cut at zero, so that values stay finite: use `threshold` to know where the process is allowed.
Every formula holds for any target mass m_A (nucleus or electron) and for m_N = 0.
"""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine.numerics.arrays import as_array, safe_sqrt


def threshold(m_N: ArrayLike, m_A: ArrayLike) -> Array:
    r"""Neutrino energy above which N is made, :math:`m_N + m_N^2 / (2 m_A)` [MeV]."""
    m_N, m_A = as_array(m_N), as_array(m_A)
    return m_N + m_N**2 / (2 * m_A)


def mandelstam_s(E_nu: ArrayLike, m_A: ArrayLike) -> Array:
    r""":math:`s = m_A^2 + 2 m_A E_\nu` [MeV^2]."""
    E_nu, m_A = as_array(E_nu), as_array(m_A)
    return m_A * (m_A + 2 * E_nu)


def E_R_max(E_nu: ArrayLike, m_N: ArrayLike, m_A: ArrayLike) -> Array:
    r"""Largest recoil energy [MeV].

    .. math:: E_R^{max} = \frac{2 E^*_\nu (E^*_N + p^*_N) - m_N^2}{2 m_A}
              = \frac{E_\nu (2 e + r) - m_N^2}{2 (m_A + 2 E_\nu)},
              \quad e = E_\nu - \frac{m_N^2}{2 m_A}, \quad r = 2 \sqrt{(e - m_N)(e + m_N)}

    Notes
    -----
    At threshold it meets `E_R_min` at :math:`m_N^2 / (2 (m_A + m_N))`; below threshold r is cut at zero.
    Above, :math:`2 e E_\nu \ge 2 m_N^2`, so that nothing is lost in the difference.

    """
    E_nu, m_N, m_A = as_array(E_nu), as_array(m_N), as_array(m_A)
    shift = m_N**2 / (2 * m_A)
    r = 2 * safe_sqrt(((E_nu - m_N) - shift) * (E_nu + m_N - shift))
    return (E_nu * (2 * (E_nu - shift) + r) - m_N**2) / (2 * (m_A + 2 * E_nu))


def E_R_min(E_nu: ArrayLike, m_N: ArrayLike, m_A: ArrayLike) -> Array:
    r"""Smallest recoil energy [MeV], :math:`m_N^4 / (4 s\, E_R^{max})`: exact, and good to the last digits."""
    return as_array(m_N) ** 4 / (4 * mandelstam_s(E_nu, m_A) * E_R_max(E_nu, m_N, m_A))


def E_nu_min(E_R: ArrayLike, m_N: ArrayLike, m_A: ArrayLike) -> Array:
    r"""Least neutrino energy that can give the recoil E_R [MeV].

    .. math:: E_\nu^{min} = \tfrac12 \left(1 + \frac{m_N^2}{2 m_A E_R}\right)
              \left(E_R + \sqrt{E_R^2 + 2 m_A E_R}\right)
    """
    E_R, m_N, m_A = as_array(E_R), as_array(m_N), as_array(m_A)
    return (1 + m_N**2 / (2 * m_A * E_R)) * (E_R + jnp.sqrt(E_R * (E_R + 2 * m_A))) / 2


def momentum(E: ArrayLike, m: ArrayLike) -> Array:
    r""":math:`p = \sqrt{(E - m)(E + m)}` [MeV]; zero where E < m."""
    E, m = as_array(E), as_array(m)
    return safe_sqrt(jnp.maximum(E - m, 0.0) * (E + m))


def transverse_momentum(E_nu: ArrayLike, E_R: ArrayLike, m_N: ArrayLike, m_A: ArrayLike) -> Array:
    r"""Momentum of N across the beam [MeV], :math:`p_T = \sqrt{s (E_R - E_R^{min})(E_R^{max} - E_R)} / E_\nu`.

    It is p*_N sin(theta*) in the centre of mass, where the recoil energy is linear in cos(theta*).
    """
    E_nu, E_R = as_array(E_nu), as_array(E_R)
    low, high = E_R_min(E_nu, m_N, m_A), E_R_max(E_nu, m_N, m_A)
    return safe_sqrt(mandelstam_s(E_nu, m_A) * (E_R - low) * (high - E_R)) / E_nu


def longitudinal_momentum(E_nu: ArrayLike, E_R: ArrayLike, m_N: ArrayLike, m_A: ArrayLike) -> Array:
    r"""Momentum of N along the beam [MeV], :math:`E_N - (m_N^2 + 2 m_A E_R) / (2 E_\nu)`, :math:`E_N = E_\nu - E_R`."""
    E_nu, E_R, m_N, m_A = as_array(E_nu), as_array(E_R), as_array(m_N), as_array(m_A)
    return E_nu - E_R - (m_N**2 + 2 * m_A * E_R) / (2 * E_nu)


def E_R_limits_at_E_N(E_N: ArrayLike, m_N: ArrayLike, m_A: ArrayLike) -> tuple[Array, Array]:
    r"""Recoil energies [MeV] with which an N of energy E_N can come out, over all neutrino energies :math:`E_N + E_R`.

    .. math:: E_R = \frac{(E_N \mp p_N)^2}{2 (m_A - E_N \pm p_N)}, \qquad E_N - p_N = \frac{m_N^2}{E_N + p_N}

    On light targets the upper limit is infinite where :math:`E_N + p_N \ge m_A`, and the lower one as well where
    :math:`E_N - p_N \ge m_A`: such an N does not come out at all.
    """
    E_N, m_N, m_A = as_array(E_N), as_array(m_N), as_array(m_A)
    plus = E_N + momentum(E_N, m_N)
    minus = m_N**2 / plus

    def limit(sum_or_difference: Array) -> Array:
        finite = sum_or_difference < m_A
        return jnp.where(finite, sum_or_difference**2 / (2 * jnp.where(finite, m_A - sum_or_difference, 1.0)), jnp.inf)

    return limit(minus), limit(plus)
