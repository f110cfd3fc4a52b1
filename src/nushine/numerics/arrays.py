"""Arrays: float64 leaves, NumPy where nothing is traced (which needs no compilation), and a safe square root."""

from collections.abc import Sequence
from types import ModuleType
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jax.typing import ArrayLike

from nushine.numerics.compilation import require_jax

T = TypeVar("T")


def as_array(value: ArrayLike | Sequence[float]) -> Array:
    """The value as a float64 array."""
    require_jax()
    return jnp.asarray(value, dtype=float)


def namespace(*values: ArrayLike) -> ModuleType:
    """`jax.numpy` if any value is traced, else `numpy`."""
    return jnp if any(isinstance(value, Tracer) for value in values) else np


def safe_sqrt(x: Array) -> Array:
    """Square root cut at zero, with a gradient that stays finite there."""
    safe = jnp.where(x > 0, x, 1.0)
    return jnp.where(x > 0, jnp.sqrt(safe), 0.0)


def first_true(flags: Array, size: int) -> Array:
    """Places of the first `size` true flags, in order; the last place where there are fewer. For n a multiple of 256.

    As ``jnp.nonzero(flags, size=size, fill_value=n - 1)[0]``, in half the time: sums run over short rows, then rows.
    """
    n = flags.size
    within = jnp.cumsum(flags.astype(jnp.int32).reshape(-1, 256), axis=1)
    before = jnp.cumsum(within[:, -1]) - within[:, -1]
    rank = (within + before[:, None]).ravel() - 1
    places = jnp.full(size, n - 1, dtype=jnp.int32)
    return places.at[jnp.where(flags, rank, size)].set(jnp.arange(n, dtype=jnp.int32), mode="drop")


def as_arrays(tree: T) -> T:
    """A module with arrays in place of its Python numbers, which compiled functions would take for constants."""
    converted: T = jax.tree.map(jnp.asarray, tree)
    return converted
