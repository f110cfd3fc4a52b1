"""Building array leaves: float64, and with NumPy where nothing is traced, which needs no compilation."""

from types import ModuleType

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jax.typing import ArrayLike

import nushine.numerics  # noqa: F401  (double precision)


def as_array(value: ArrayLike) -> Array:
    """The value as a float64 array."""
    return jnp.asarray(value, dtype=float)


def namespace(*values: ArrayLike) -> ModuleType:
    """`jax.numpy` if any value is traced, else `numpy`."""
    return jnp if any(isinstance(value, Tracer) for value in values) else np
