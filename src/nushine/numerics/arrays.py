"""Arrays: float64 leaves, NumPy where nothing is traced (which needs no compilation), and a safe square root."""

from collections.abc import Sequence
from types import ModuleType

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jax.typing import ArrayLike

import nushine.numerics  # noqa: F401  (double precision)


def as_array(value: ArrayLike | Sequence[float]) -> Array:
    """The value as a float64 array."""
    return jnp.asarray(value, dtype=float)


def namespace(*values: ArrayLike) -> ModuleType:
    """`jax.numpy` if any value is traced, else `numpy`."""
    return jnp if any(isinstance(value, Tracer) for value in values) else np


def safe_sqrt(x: Array) -> Array:
    """Square root cut at zero, with a gradient that stays finite there."""
    safe = jnp.where(x > 0, x, 1.0)
    return jnp.where(x > 0, jnp.sqrt(safe), 0.0)
