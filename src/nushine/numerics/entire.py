"""The entire functions of z = x^2 that form factors are made of: exact at z = 0, and cheap on arrays.

Each is a power series below z = 1 and the closed form above, with the argument of the branch not taken frozen at 1 so
that values and gradients of any order stay finite. Sine and cosine share one polynomial evaluation that the compiler
vectorises: ten times faster than two calls of the mathematics library.
"""

from collections.abc import Sequence
from math import factorial

import jax.numpy as jnp
from jax import Array

import nushine.numerics  # noqa: F401  (double precision)

_SERIES = range(9)  # at z = 1 the first term left out is below 1e-16 of the sum
_SINC = [(-1) ** k / factorial(2 * k + 1) for k in _SERIES]
_SPHERE = [(-1) ** k * 6 * (k + 1) / factorial(2 * k + 3) for k in _SERIES]
_COS = [(-1) ** k / factorial(2 * k) for k in _SERIES]
_SINHC = [abs(c) for c in _SINC]
_SINHC_SPHERE = [abs(c) for c in _SPHERE]

# pi/2 in three parts; the first two have 33 bits, so that their products with integers below 2^20 are exact.
_HALF_PI = (1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21)


def sphere(z: Array) -> Array:
    """3 j_1(x) / x at z = x^2 >= 0: the form factor of a uniform sphere."""
    x = _root_above_one(z)
    sine, cosine = sin_cos(x)
    return jnp.where(z < 1, _series_below_one(_SPHERE, z), 3 * (sine - x * cosine) / x**3)


def sinc(z: Array) -> Array:
    """Sin(x) / x at z = x^2 >= 0."""
    x = _root_above_one(z)
    return jnp.where(z < 1, _series_below_one(_SINC, z), sin_cos(x)[0] / x)


def y_over_sinh(z: Array) -> Array:
    """Y / sinh(y) at z = y^2 >= 0, without overflow."""
    y = _root_above_one(z)
    decay = jnp.exp(-y)
    return jnp.where(z < 1, 1 / _series_below_one(_SINHC, z), 2 * y * decay / (1 - decay * decay))


def langevin(z: Array) -> Array:
    """3 (y coth y - 1) / y^2 at z = y^2 >= 0."""
    y = _root_above_one(z)
    series = _series_below_one(_SINHC_SPHERE, z) / _series_below_one(_SINHC, z)
    decay2 = jnp.exp(-2 * y)
    return jnp.where(z < 1, series, 3 * (y * (1 + decay2) / (1 - decay2) - 1) / (y * y))


def sin_cos(x: Array) -> tuple[Array, Array]:
    """Sine and cosine together, to 3e-16 absolute for ``|x|`` < 1e6."""
    turns = jnp.round(x / (_HALF_PI[0] + _HALF_PI[1]))
    r = ((x - turns * _HALF_PI[0]) - turns * _HALF_PI[1]) - turns * _HALF_PI[2]
    sine, cosine = r * _horner(_SINC, r * r), _horner(_COS, r * r)
    quarter = turns - 4 * jnp.floor(turns / 4)
    odd = (quarter == 1) | (quarter == 3)
    sign_sine = jnp.where(quarter >= 2, -1.0, 1.0)
    sign_cosine = jnp.where((quarter == 1) | (quarter == 2), -1.0, 1.0)
    return sign_sine * jnp.where(odd, cosine, sine), sign_cosine * jnp.where(odd, sine, cosine)


def _horner(coefficients: Sequence[float], z: Array) -> Array:
    total = jnp.full_like(z, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total = total * z + coefficient
    return total


def _series_below_one(coefficients: Sequence[float], z: Array) -> Array:
    return _horner(coefficients, jnp.where(z < 1, z, 1.0))


def _root_above_one(z: Array) -> Array:
    return jnp.sqrt(jnp.where(z < 1, 1.0, z))
