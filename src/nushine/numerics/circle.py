"""Points of the unit circle and sphere, from uniform numbers."""

from math import factorial, pi

import jax.numpy as jnp
from jax import Array

Vector = tuple[Array, Array, Array]  # Cartesian components, of shapes that broadcast.


def cos_sin_turns(u: Array) -> tuple[Array, Array]:
    r"""Cosine and sine of :math:`2\pi u` for u in [0, 1], to 2e-16.

    The nearest quarter turn is taken off exactly; Taylor series on :math:`|x| \le \pi/4` do the rest. Plain
    arithmetic, several times faster than library functions, which must cope with any argument.
    """
    quarter = jnp.round(4 * u)
    x = (4 * u - quarter) * (pi / 2)
    x2 = x * x
    cos = _horner([(-1) ** k / factorial(2 * k) for k in range(9)], x2)
    sin = x * _horner([(-1) ** k / factorial(2 * k + 1) for k in range(8)], x2)
    odd = (quarter == 1) | (quarter == 3)
    c, s = jnp.where(odd, sin, cos), jnp.where(odd, cos, sin)
    return jnp.where((quarter == 1) | (quarter == 2), -c, c), jnp.where((quarter == 2) | (quarter == 3), -s, s)


def tilted(u: Array, a: Array) -> Array:
    r"""Cosine distributed as :math:`\tfrac12 (1 + a c)` on [-1, 1], :math:`|a| \le 1`: the inverse of its integral.

    .. math:: c = \frac{4u - 2 + a}{1 + \sqrt{(1 - a)^2 + 4 a u}}
    """
    root = jnp.sqrt(jnp.maximum((1 - a) ** 2 + 4 * a * u, 0.0))
    return jnp.clip((4 * u - 2 + a) / (1 + root), -1.0, 1.0)


def _horner(coefficients: list[float], x: Array) -> Array:
    value = jnp.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        value = value * x + c
    return value
