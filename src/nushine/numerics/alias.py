"""Discrete distributions, sampled in constant time."""

from typing import Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike


class Alias(eqx.Module):
    """A table of n columns of equal weight, each shared by two outcomes.

    Parameters
    ----------
    keep : Array, shape (n,)
        Part of column i that belongs to outcome i.
    other : Array of int, shape (n,)
        The outcome that has the rest.

    References
    ----------
    A. J. Walker, ACM Trans. Math. Software 3, 253 (1977); L. Huebschle-Schneider and P. Sanders, Parallel weighted
    random sampling, ACM Trans. Math. Software 48, 29 (2022), for the construction by prefix sums.

    Examples
    --------
    >>> table = Alias.of([1.0, 3.0])
    >>> table.pick(jnp.array([0.1, 0.3, 0.9]))
    Array([0, 1, 1], dtype=int32)

    """

    keep: Array
    other: Array

    @classmethod
    def of(cls, weights: ArrayLike) -> Self:
        """Table for weights that are zero or above, not all zero; accurate to rounding of their sum."""
        weights = np.asarray(weights, dtype=float)
        n = weights.size
        share = weights * (n / weights.sum())
        keep, other = np.ones(n), np.arange(n)
        light, heavy = np.flatnonzero(share <= 1.0), np.flatnonzero(share > 1.0)
        if heavy.size == 0 or light.size == 0:  # all alike, to rounding
            return cls(jnp.asarray(keep), jnp.asarray(other, dtype=jnp.int32))
        missing, excess = np.cumsum(1.0 - share[light]), np.cumsum(share[heavy] - 1.0)
        # light i is filled by the heavy one in whose stretch of the excess its own missing part begins
        begins = missing - (1.0 - share[light])
        giver = np.minimum(np.searchsorted(excess, begins, side="right"), heavy.size - 1)
        keep[light], other[light] = share[light], heavy[giver]
        # a heavy one gives until it is overdrawn, and takes that from the next
        last = np.searchsorted(begins, excess[:-1], side="left") - 1
        drawn = np.where(last >= 0, missing[last], 0.0)
        keep[heavy[:-1]] = np.clip(1.0 + excess[:-1] - np.maximum(drawn, excess[:-1]), 0.0, 1.0)
        other[heavy[:-1]] = heavy[1:]
        return cls(jnp.asarray(keep), jnp.asarray(other, dtype=jnp.int32))

    def pick(self, u: Array) -> Array:
        """Outcome for uniform numbers u in [0, 1), any shape."""
        n = self.keep.size
        scaled = u * n
        i = jnp.minimum(scaled.astype(jnp.int32), n - 1)
        return jnp.where(scaled - i < self.keep[i], i, self.other[i])
