"""Areas and first moments of caps on the unit sphere, in the plane that holds their axes.

A cap is {n : n . axis > kappa}. Vectors are pairs of components in that plane.
"""

import jax.numpy as jnp
from jax import Array

from nushine.numerics.arrays import safe_sqrt

Vector = tuple[Array, Array]


def dot(a: Vector, b: Vector) -> Array:
    """Scalar product."""
    return a[0] * b[0] + a[1] * b[1]


def cap(kappa: Array, axis: Vector) -> tuple[Array, Vector]:
    r"""Solid angle :math:`2\pi(1-\kappa)` of a cap and its moment :math:`\pi (1-\kappa^2)` times the axis."""
    moment = jnp.pi * (1 - kappa**2)
    return 2 * jnp.pi * (1 - kappa), (moment * axis[0], moment * axis[1])


def two_caps(kappa_1: Array, axis_1: Vector, kappa_2: Array, axis_2: Vector) -> tuple[Array, Vector]:
    r"""Solid angle and moment of the intersection of two caps.

    The lens has arcs of half-length :math:`\phi_i` (seen from the axes) that meet under the angle :math:`\pi - \omega`:

    .. math:: \Omega = 2 (\pi - \omega - \phi_1 \kappa_1 - \phi_2 \kappa_2), \qquad
              \int n\, d\Omega = \tfrac12 \oint r \times dr
              = \sum_i \left(\phi_i \sigma_i^2\, a_i - \kappa_i \sigma_i \sin\phi_i\, e_i\right)

    with :math:`\sigma_i = \sqrt{1 - \kappa_i^2}` and :math:`e_i` the direction from axis i towards the other axis.
    """
    cos_delta = jnp.clip(dot(axis_1, axis_2), -1.0, 1.0)
    s1, s2 = safe_sqrt(1 - kappa_1**2), safe_sqrt(1 - kappa_2**2)
    sin_delta = jnp.abs(axis_1[0] * axis_2[1] - axis_1[1] * axis_2[0])
    parallel = sin_delta < 1e-150
    apart = (cos_delta <= kappa_1 * kappa_2 - s1 * s2) | (parallel & (cos_delta < 0))
    nested = ((cos_delta >= kappa_1 * kappa_2 + s1 * s2) | parallel) & ~apart
    all_covered = apart & (kappa_1 + kappa_2 < 0)
    lens = ~(apart | nested)

    area_1, moment_1 = cap(kappa_1, axis_1)
    area_2, moment_2 = cap(kappa_2, axis_2)
    first_is_smaller = kappa_1 >= kappa_2
    area_lens, moment_lens = _lens(kappa_1, axis_1, s1, kappa_2, axis_2, s2, cos_delta, sin_delta, lens)

    def choose(of_lens: Array, a: Array, b: Array, everything: float) -> Array:
        nested_value = jnp.where(first_is_smaller, a, b)
        return jnp.where(
            lens, of_lens, jnp.where(nested, nested_value, jnp.where(all_covered, a + b - everything, 0.0))
        )

    moment = (
        choose(moment_lens[0], moment_1[0], moment_2[0], 0.0),
        choose(moment_lens[1], moment_1[1], moment_2[1], 0.0),
    )
    return choose(area_lens, area_1, area_2, 4 * jnp.pi), moment


def _lens(
    kappa_1: Array, axis_1: Vector, s1: Array, kappa_2: Array, axis_2: Vector, s2: Array,
    cos_delta: Array, sin_delta: Array, valid: Array,
) -> tuple[Array, Vector]:  # fmt: skip
    """Area and moment of two caps whose rims cross; anything finite where they do not."""
    d1, d2 = jnp.where(valid, s1 * sin_delta, 1.0), jnp.where(valid, s2 * sin_delta, 1.0)
    phi_1 = _arccos((kappa_2 - kappa_1 * cos_delta) / d1)
    phi_2 = _arccos((kappa_1 - kappa_2 * cos_delta) / d2)
    omega = _arccos((cos_delta - kappa_1 * kappa_2) / jnp.where(valid, s1 * s2, 1.0))
    area = 2 * (jnp.pi - omega - phi_1 * kappa_1 - phi_2 * kappa_2)
    sine = jnp.where(valid, sin_delta, 1.0)
    along_1, along_2 = phi_1 * s1**2, phi_2 * s2**2
    across_1, across_2 = kappa_1 * s1 * jnp.sin(phi_1) / sine, kappa_2 * s2 * jnp.sin(phi_2) / sine
    moment = tuple(
        along_1 * a - across_1 * (b - cos_delta * a) + along_2 * b - across_2 * (a - cos_delta * b)
        for a, b in zip(axis_1, axis_2, strict=True)
    )
    return area, (moment[0], moment[1])


def _arccos(x: Array) -> Array:
    """Arccos with the argument kept just inside its range, so that gradients stay finite."""
    return jnp.arccos(jnp.clip(x, -1 + 1e-15, 1 - 1e-15))
