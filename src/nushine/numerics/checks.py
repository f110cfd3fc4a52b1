"""Checks of user input: one clear line that says what is wrong and what to do. Traced values pass unseen."""

import math
from numbers import Real
from typing import Any

import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike
from numpy.typing import NDArray

from nushine.lines import shown
from nushine.numerics.compilation import require_jax

LEAST = math.ulp(0.0)
LARGEST = float(np.finfo(float).max)


def is_known(value: object) -> bool:
    """Whether a value has its numbers already, as those that are being traced have not."""
    return not isinstance(value, Tracer)


def require_positive(name: str, value: ArrayLike, unit: str = "", cure: str = "") -> None:
    """Raise ValueError unless every element is finite and > 0."""
    _require(name, value, unit, cure or "give a finite number above zero", LEAST, LARGEST)


def require_non_negative(name: str, value: ArrayLike, unit: str = "", cure: str = "") -> None:
    """Raise ValueError unless every element is finite and >= 0."""
    _require(name, value, unit, cure or "give a finite number that is zero or above", 0.0, LARGEST)


def require_between(name: str, value: ArrayLike, low: float, high: float, unit: str = "", cure: str = "") -> None:
    """Raise ValueError unless every element is in [low, high]."""
    _require(name, value, unit, cure or f"give a number from {low:g} to {high:g}", low, high)


def require_finite(name: str, value: ArrayLike, unit: str = "") -> None:
    """Raise ValueError unless every element is finite."""
    _require(name, value, unit, "give a finite number", -LARGEST, LARGEST)


def require_ordered(low_name: str, low: ArrayLike, high_name: str, high: ArrayLike, unit: str = "") -> None:
    """Raise ValueError unless low < high everywhere."""
    if isinstance(low, Tracer) or isinstance(high, Tracer):
        return
    a, b = np.broadcast_arrays(np.asarray(low, dtype=float), np.asarray(high, dtype=float))
    wrong = ~(a < b)
    if wrong.any():
        raise ValueError(
            f"{low_name} = {a[wrong].flat[0]:g} {unit} is not below {high_name} = {b[wrong].flat[0]:g} {unit}: "
            "exchange or mend them"
        )


def require_scalar(name: str, value: ArrayLike) -> None:
    """Raise ValueError for lists and arrays, where one number is wanted; what is no number at all is left to others."""
    if not isinstance(value, Tracer) and np.ndim(value):
        raise ValueError(f"{name} = {shown(value)} is not allowed: give one number")


def as_numbers(name: str, value: object, cure: str) -> NDArray[np.float64]:
    """One number or a list of numbers, as an array of shape (n,) with n >= 1; ValueError for everything else."""
    items = value if isinstance(value, list | tuple) else ()
    x = np.atleast_1d(floats(name, value, cure))  # type: ignore[arg-type]
    if x.ndim != 1 or x.size == 0 or any(isinstance(item, bool) for item in items):
        raise ValueError(f"{name} = {shown(value)} is not allowed: {cure}")
    return x


def _is_real(item: object) -> bool:
    """Whether an object is a number, such as an integer of more than 64 bits."""
    return isinstance(item, Real) and not isinstance(item, bool)


def floats(name: str, value: ArrayLike, cure: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Take a value as numbers; texts, truth values, complex numbers and what else is no number are refused."""
    try:
        x = np.asarray(value)
        if x.size == 0 or x.dtype.kind not in "bcmMOSU" or (x.dtype.kind == "O" and all(map(_is_real, x.flat))):
            return x.astype(float)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f"{name} = {shown(value)} is not allowed: {cure}")


def whole_number(name: str, value: object, low: int, high: int, cure: str, unit: str = "") -> int:
    """A Python integer from whatever is a whole number in [low, high]: of Python, NumPy or JAX, also 1e6; no bool."""
    of = f" {unit}" if unit else ""
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        x = np.asarray(value) if np.ndim(value) == 0 else np.empty(1)  # type: ignore[arg-type]
        if x.ndim or not (x.dtype.kind in "iu" or (x.dtype.kind == "f" and float(x).is_integer())):
            raise ValueError(f"{name} = {value!r:.60}{of} is not possible: {cure}")
        number = int(x)
    if not low <= number <= high:
        raise ValueError(f"{name} = {number!r:.60}{of} is not possible: {cure}")
    return number


def _require(name: str, value: ArrayLike, unit: str, cure: str, low: float, high: float) -> None:
    """Raise ValueError, with the first offender, unless all elements are in [low, high]; NaN never is."""
    if isinstance(value, Tracer):
        return
    require_jax()
    x = floats(name, value, cure)
    if x.size == 0 or (x.min() >= low and x.max() <= high):  # a NaN makes both NaN
        return
    first = x[~((x >= low) & (x <= high))].flat[0]
    raise ValueError(f"{name} = {first:g}{' ' + unit if unit else ''} is not allowed: {cure}")
