"""Checks of user input: one clear line that says what is wrong and what to do. Traced values pass unseen."""

from collections.abc import Callable

import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def require_positive(name: str, value: ArrayLike, unit: str = "", cure: str = "") -> None:
    """Raise ValueError unless every element is finite and > 0."""
    _require(name, value, unit, cure or "give a finite number above zero", lambda x: x > 0)


def require_non_negative(name: str, value: ArrayLike, unit: str = "", cure: str = "") -> None:
    """Raise ValueError unless every element is finite and >= 0."""
    _require(name, value, unit, cure or "give a finite number that is zero or above", lambda x: x >= 0)


def require_between(name: str, value: ArrayLike, low: float, high: float, unit: str = "", cure: str = "") -> None:
    """Raise ValueError unless every element is in [low, high]."""
    cure = cure or f"give a number from {low:g} to {high:g}"
    _require(name, value, unit, cure, lambda x: (x >= low) & (x <= high))


def require_finite(name: str, value: ArrayLike, unit: str = "") -> None:
    """Raise ValueError unless every element is finite."""
    _require(name, value, unit, "give a finite number", np.isfinite)


def require_ordered(low_name: str, low: ArrayLike, high_name: str, high: ArrayLike, unit: str = "") -> None:
    """Raise ValueError unless low < high."""
    if isinstance(low, Tracer) or isinstance(high, Tracer):
        return
    if not np.all(np.asarray(low) < np.asarray(high)):
        raise ValueError(f"{low_name} = {low} {unit} is not below {high_name} = {high} {unit}: exchange or mend them")


def _require(
    name: str, value: ArrayLike, unit: str, cure: str, test: Callable[[FloatArray], NDArray[np.bool_]]
) -> None:
    if isinstance(value, Tracer):
        return
    x = np.asarray(value, dtype=float)
    good = np.isfinite(x) & test(x)
    if not np.all(good):
        first = x[~good].flat[0] if x.ndim else float(x)
        raise ValueError(f"{name} = {first:g}{' ' + unit if unit else ''} is not allowed: {cure}")
