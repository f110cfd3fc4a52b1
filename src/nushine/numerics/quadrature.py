"""Deterministic quadrature: Gauss-Legendre rules and the changes of variable that make integrands smooth."""

from functools import cache

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray

import nushine.numerics  # noqa: F401  (double precision)

FloatArray = NDArray[np.float64]


@cache
def gauss_legendre(n: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the n-point rule on [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(n)
    return (x + 1) / 2, w / 2


def interval(low: ArrayLike, high: ArrayLike, n: int) -> tuple[Array, Array]:
    """Nodes and weights on [low, high] (a new last axis of length n); all weights are zero where high <= low."""
    start = jnp.asarray(low)[..., None]
    width = jnp.maximum(jnp.asarray(high)[..., None] - start, 0.0)
    x, w = gauss_legendre(n)
    return start + width * jnp.asarray(x), width * jnp.asarray(w)


def from_onset(low: ArrayLike, breaks: Array, n: int, rest: ArrayLike = 0.0) -> tuple[Array, Array]:
    r"""Nodes and weights from `low` to the last break, n in each segment between breaks, flattened.

    The variable is :math:`p = \sqrt{x^2 - \text{rest}^2}`: integrands may start like a square root of x - rest, and may
    go as 1/p. Breaks below `low` give segments of zero width. `low` must be `rest` or above.
    """
    low, rest = jnp.asarray(low), jnp.asarray(rest)
    edges = jnp.concatenate([low[None], jnp.sort(jnp.where(breaks > low, breaks, low))])
    momenta = jnp.sqrt(_positive((edges - rest) * (edges + rest)))
    p, w = interval(momenta[:-1], momenta[1:], n)
    x = jnp.maximum(jnp.hypot(p, rest), low)
    return x.ravel(), (w * p / x).ravel()


def around(low: Array, high: Array, centre: Array, width: Array, n: int) -> tuple[Array, Array]:
    """Nodes and weights on [low, high] for integrands with a peak of the given width at `centre` (new last axis).

    The map is x = centre + width sinh(v): fine steps near the peak, long steps far from it.
    """
    centre = jnp.clip(centre, low, high)
    v, w = interval(jnp.arcsinh((low - centre) / width), jnp.arcsinh((high - centre) / width), n)
    centre, width = centre[..., None], width[..., None]
    return centre + width * jnp.sinh(v), width * jnp.cosh(v) * w


def _positive(x: Array) -> Array:
    """max(x, 0) moved off zero by the least number, so that square roots keep finite gradients."""
    return jnp.maximum(x, 1e-300)
