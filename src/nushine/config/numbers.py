"""Keys that hold pure numbers: shares, ratios and counts, each with its bounds."""

import math
import re
from collections.abc import Callable
from typing import Annotated

from pydantic import BeforeValidator

from nushine.config.quantities import quantity
from nushine.lines import shown

LIKE = "0.5"
"""A pure number, as an example for its dimension."""


def number(value: object) -> float:
    """Read a pure number: 0.8, or a text such as "0.8" or "80 %"; truth values and texts like 1:30 are refused.

    Examples
    --------
    >>> number(0.8), number("2.5 %")
    (0.8, 0.025)

    """
    if isinstance(value, str):
        return quantity(value, LIKE)
    try:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise TypeError
        return float(value)
    except (TypeError, OverflowError):
        raise ValueError(f"{shown(value)} is not a finite number: give one like {LIKE}") from None


def bounded(
    low: float, high: float, what: str, *, above: bool = False, below: bool = False, least: float = 0.0
) -> Callable[[object], float]:
    """Make a reader of numbers from low to high, or above low, or below high; `what` says what to give.

    Positive numbers below `least` are taken for mistakes.
    """

    def read(value: object) -> float:
        x = number(value)
        if x < low or x > high or (above and x == low) or (below and x == high):
            raise ValueError(f"{shown(value)} is not allowed: give {what}")
        if 0 < x < least:
            raise ValueError(f"{shown(value)} is not allowed: it is below {least:g}; check its power of ten")
        return x

    return read


def whole(low: int, high: int) -> Callable[[object], int]:
    """Make a reader of whole numbers from low to high."""

    def read(value: object) -> int:
        return whole_number(value, low, high)

    return read


def whole_number(value: object, low: int, high: int) -> int:
    """Read a whole number from low to high, exactly: 1000000, or a text such as "1000000" or "1e6"."""
    x: int | float = number(value)
    if isinstance(value, int):
        x = value
    elif isinstance(value, str) and re.fullmatch("[+-]?[0-9]{1,30}", value.strip()):
        x = int(value)
    if x != int(x) or not low <= x <= high:
        raise ValueError(f"{shown(value)} is not allowed: give a whole number from {low} to {high}")
    return int(x)


_SHARE = "such as 0.8 or 80 %"
_RELATIVE = "such as 0.025 or 2.5 %"

Share = Annotated[float, BeforeValidator(bounded(0, 1, f"a share from 0 to 1, {_SHARE}"))]
Efficiency = Annotated[
    float,
    BeforeValidator(bounded(0, 1, f"a share above 0 and at most 1, {_SHARE}", above=True, least=1e-4)),
]
Quenching = Annotated[
    float,
    BeforeValidator(
        bounded(0, 2, "measured over true energy, above 0 and at most 2, such as 0.2", above=True, least=1e-4)
    ),
]
Relative = Annotated[float, BeforeValidator(bounded(0, 1, f"a relative uncertainty from 0 to 1, {_RELATIVE}"))]
RelativeBelowOne = Annotated[
    float, BeforeValidator(bounded(0, 1, f"a relative uncertainty from 0 to below 1, {_RELATIVE}", below=True))
]
Cosine = Annotated[float, BeforeValidator(bounded(-1, 1, "a cosine from -1 to 1"))]
TimeRatio = Annotated[
    float, BeforeValidator(bounded(0, 1000, "live time with the source off over live time with it on, from 0 to 1000"))
]
PerFission = Annotated[float, BeforeValidator(bounded(0, 3, "captures for each fission, from 0 to 3, such as 0.6"))]
PerProton = Annotated[float, BeforeValidator(bounded(0, 2, "pions for each proton, above 0 and at most 2", above=True))]
Count = Annotated[int, BeforeValidator(whole(1, 1000))]
