"""Checks of the points of a table of flux: one line says which point, or which row of which file, is wrong."""

from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from nushine.numerics.checks import floats

FloatArray = NDArray[np.float64]

LOWEST, HIGHEST = 1e-12, 1e6
"""Energies of neutrinos that a table may hold [MeV], besides zero."""

ROUNDING = 1e-12
"""A flux below zero by less than this part of the largest one is rounding."""

FAINTEST, BRIGHTEST = 1e-100, 1e100
"""The largest flux of a table is between these in any unit: products of fluxes stay finite numbers."""


class Points(NamedTuple):
    """Points of a table, and where each comes from.

    Parameters
    ----------
    x, y : array, shape (n,)
        Energies [MeV] and fluxes in any unit.
    numbers : array of int, shape (n,)
        Points or rows, counted from 1, for errors.
    table, word : str
        How to name the table, and what the numbers are: "point" or "row".

    """

    x: FloatArray
    y: FloatArray
    numbers: NDArray[np.int64]
    table: str
    word: str = "row"

    def at(self, i: int) -> str:
        """Where point i is, for errors."""
        return f"{self.table}, {self.word} {self.numbers[i]}"

    def take(self, which: slice | NDArray[np.bool_]) -> "Points":
        """Some of the points."""
        return self._replace(x=self.x[which], y=self.y[which], numbers=self.numbers[which])


def checked_points(E_nu: ArrayLike, flux: ArrayLike, table: str) -> tuple[FloatArray, FloatArray]:
    """Energies and fluxes in order, with steps, or one line that says what is wrong with them (see `in_order`)."""
    x, y = _numbers(E_nu, f"energies of {table}"), _numbers(flux, f"fluxes of {table}")
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(
            f"{table}: energies of shape {x.shape} and values of shape {y.shape}: give two columns of equal length"
        )
    return in_order(Points(x, y, np.arange(1, x.size + 1), table, "point"))


def _numbers(values: ArrayLike, name: str) -> FloatArray:
    return floats(name, values, "give numbers, as in 3.0 or 3 * MeV with hepunits")


def in_order(points: Points) -> tuple[FloatArray, FloatArray]:
    """Energies from low to high, two equal ones at a step, and fluxes that are zero or above.

    Raises
    ------
    ValueError
        For fewer than two points, energies out of range or in no order, fluxes that are negative beyond rounding, not
        finite or zero throughout.

    """
    if points.x.size < 2:
        held = "is empty" if points.x.size == 0 else "has one point"
        raise ValueError(f"{points.table} {held}: give at least two points, or a line (monoenergetic, kind: lines)")
    _require_energies(points.x, points)
    points = _non_negative(points)
    if points.x[0] > points.x[-1] and np.all(np.diff(points.x) <= 0):
        points = points.take(slice(None, None, -1))
    x = points.x
    wrong = np.flatnonzero(np.diff(x) < 0)
    if wrong.size:
        i = int(wrong[0])
        raise ValueError(f"{points.at(i + 1)}: energy {x[i + 1]:g} MeV comes after {x[i]:g} MeV: sort by energy")
    return _with_steps(points)


def histogram_points(edges: ArrayLike, flux: ArrayLike, table: str) -> tuple[FloatArray, FloatArray]:
    """Points of a step function from the edges of its bins."""
    x, y = _numbers(edges, f"edges of {table}"), _numbers(flux, f"fluxes of {table}")
    if x.ndim != 1 or y.ndim != 1 or x.size != y.size + 1:
        raise ValueError(f"{table}: edges of shape {x.shape} and values of shape {y.shape}: give one edge more")
    wrong = np.flatnonzero(~(np.diff(x) > 0))
    if wrong.size:
        i = int(wrong[0])
        raise ValueError(f"{table}: edge {x[i + 1]:g} MeV comes after {x[i]:g} MeV: sort the edges, each once")
    return np.repeat(x, 2)[1:-1], np.repeat(y, 2)


def in_bins(points: Points, high: FloatArray, integrated: bool) -> Points:
    """Points of a step function from bins.

    Parameters
    ----------
    points : Points
        Lower edges and fluxes of bins that touch, from low to high or from high to low.
    high : array, shape (n,)
        Upper edges [MeV].
    integrated : bool
        Whether the fluxes are contents of the bins, to be divided by their widths.

    """
    if high.size and points.x[0] > points.x[-1]:
        points, high = points.take(slice(None, None, -1)), high[::-1]
    low = points.x.copy()
    _require_energies(low, points)
    _require_energies(high, points)
    empty = np.flatnonzero(~(low < high))
    if empty.size:
        i = int(empty[0])
        raise ValueError(f"{points.at(i)}: the bin from {low[i]:g} to {high[i]:g} MeV has no width: mend its edges")
    apart = np.flatnonzero(np.abs(low[1:] - high[:-1]) > 1e-9 * low[1:])
    if apart.size:
        i = int(apart[0])
        raise ValueError(
            f"{points.at(i + 1)}: its bin begins at {low[i + 1]:g} MeV, the one below ends at {high[i]:g} MeV: "
            "bins must touch; add one with flux 0 in a gap"
        )
    low[1:] = high[:-1]
    y = points.y / (high - low) if integrated else points.y
    x = np.stack([low, high], axis=1).ravel()
    return points._replace(x=x, y=np.repeat(y, 2), numbers=np.repeat(points.numbers, 2))


def _require_energies(x: FloatArray, points: Points) -> None:
    wrong = np.flatnonzero(~((x == 0) | ((x >= LOWEST) & (x <= HIGHEST))))
    if wrong.size:
        i = int(wrong[0])
        cure = "check the unit of energy" if x[i] > HIGHEST else "give 0 or an energy above it"
        raise ValueError(f"{points.at(i)}: energy {x[i]:g} MeV is not between {LOWEST:g} and {HIGHEST:g} MeV: {cure}")


def _non_negative(points: Points) -> Points:
    """Fluxes without rounding below zero."""
    y = points.y
    wrong = np.flatnonzero(~np.isfinite(y))
    if not wrong.size:
        peak = float(np.max(y))
        wrong = np.flatnonzero(y < -ROUNDING * max(peak, 0.0))
        if not wrong.size and peak == 0:
            raise ValueError(f"{points.table}: every flux is zero: give one above zero")
        if not wrong.size and not FAINTEST <= peak <= BRIGHTEST:
            raise ValueError(f"{points.at(int(np.argmax(y)))}: the largest flux is {peak:g}: check its unit")
    if wrong.size:
        i = int(wrong[0])
        raise ValueError(f"{points.at(i)}: flux {y[i]:g} is not allowed: give a finite number that is zero or above")
    return points._replace(y=np.maximum(y, 0.0))


def _with_steps(points: Points) -> tuple[FloatArray, FloatArray]:
    """Points of which at most two have the same energy, and then different fluxes."""
    again = (np.diff(points.x) == 0) & (np.diff(points.y) == 0)
    points = points.take(~np.append(False, again))
    same = np.diff(points.x) == 0
    thrice = np.flatnonzero(same[1:] & same[:-1])
    if thrice.size:
        i = int(thrice[0]) + 2
        raise ValueError(
            f"{points.at(i)}: energy {points.x[i]:g} MeV comes three times: two rows make a step, take the others out"
        )
    for outer, inner, rest in ((0, 1, slice(1, None)), (-1, -2, slice(None, -1))):
        if points.x.size > 2 and points.x[outer] == points.x[inner]:
            if points.y[outer] != 0:
                raise ValueError(
                    f"{points.at(max(inner, outer))}: energy {points.x[outer]:g} MeV comes twice at an end of the "
                    "table: take one row out"
                )
            points = points.take(rest)
    if points.x[0] == points.x[-1]:
        raise ValueError(f"{points.at(-1)}: all energies are {points.x[0]:g} MeV: give two, or a line (kind: lines)")
    return points.x, points.y
