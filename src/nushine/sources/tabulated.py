"""Sources from numbers: a table of flux against energy or in bins, a file of one, or lines."""

import csv
import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike
from numpy.typing import NDArray

from nushine.lines import shown as shown_value
from nushine.numerics.calls import require_instance
from nushine.numerics.checks import floats, require_non_negative, require_positive
from nushine.numerics.piecewise import Piecewise, geometric
from nushine.sources.base import ELECTRON, Beam, Flavour, Source
from nushine.sources.fewer_points import fewer_points
from nushine.sources.flux_columns import Columns
from nushine.sources.flux_files import Reader, read_flux_table, units_of
from nushine.sources.points import Points, checked_points, histogram_points, in_bins, in_order

FloatArray = NDArray[np.float64]

LEAST_ENERGY = 1e-9
"""A table that begins at zero is exact above this part of its end point; rates leave out what is below."""


def tabulated(
    E_nu: ArrayLike,
    flux: ArrayLike,
    flavour: Flavour = ELECTRON,
    name: str = "table",
    antineutrino: bool = False,
) -> Source:
    """Source from a table of flux against energy, with straight lines between the points.

    Parameters
    ----------
    E_nu : array_like, shape (n,)
        Neutrino energies [MeV], increasing or decreasing; n >= 2. The first may be zero. Two points of one energy are
        a step.
    flux : array_like, shape (n,)
        dPhi/dE_nu at the detector [1/(mm^2 ns MeV)], zero or above. Values below zero by less than 1e-12 of the
        largest are rounding, and zero.
    flavour : Flavour
        Fractions of electron, muon and tau neutrinos.
    name : str
        Label.
    antineutrino : bool
        A label; rates do not depend on it, the particle codes of events do.

    Returns
    -------
    Source
        Zero outside the table.

    Raises
    ------
    ValueError
        For an empty table, one point, energies in no order, negative or NaN values, and a flux that is zero throughout.

    Notes
    -----
    Up to 2000 energies are kept as they are. Of larger tables at most 2000 points are kept, such that the lines
    between them change the flux by at most 1e-5 of itself anywhere (or of 1e-12 of its largest value), or 1e-4 where
    1e-5 needs more; a common factor makes the total exact. Where that is not enough, as with noise, 2000 knots carry
    averages over their neighbourhoods: the total is exact, and energies are blurred by up to the distance of the
    knots. The name of the source says which.

    Examples
    --------
    >>> from hepunits import MeV, cm, s
    >>> source = tabulated([1.0, 2.0, 4.0], [0.0, 3e6 / (cm**2 * s * MeV), 0.0])
    >>> print(f"{source.total() * (cm**2 * s):.4g}")
    4.5e+06

    """
    _require_labels(flavour, name, antineutrino)
    x, y = checked_points(E_nu, flux, f"table {name}")
    return _source(x, y, flavour, name, antineutrino)


def histogram(
    edges: ArrayLike,
    flux: ArrayLike,
    flavour: Flavour = ELECTRON,
    name: str = "histogram",
    antineutrino: bool = False,
) -> Source:
    """Source from a flux in bins of energy: a step function.

    Parameters
    ----------
    edges : array_like, shape (n + 1,)
        Edges of the bins [MeV], strictly increasing; the first may be zero.
    flux : array_like, shape (n,)
        dPhi/dE_nu in each bin [1/(mm^2 ns MeV)], zero or above; divide contents of bins by their widths.
    flavour, name, antineutrino
        As for `tabulated`.

    Returns
    -------
    Source
        Zero outside the bins.

    Raises
    ------
    ValueError
        As `tabulated`, and for edges that are not one more than the fluxes.

    Examples
    --------
    >>> float(histogram([1.0, 2.0, 4.0], [3.0, 1.0]).total())
    5.0

    """
    _require_labels(flavour, name, antineutrino)
    x, y = histogram_points(edges, flux, f"table {name}")
    return _source(*checked_points(x, y, f"table {name}"), flavour, name, antineutrino)


def read_csv(
    path: str | Path,
    flavour: Flavour = ELECTRON,
    name: str | None = None,
    antineutrino: bool = False,
    E_unit: float | None = None,
    flux_unit: float | None = None,
    columns: Columns | None = None,
) -> Source:
    """Source from a text file with columns of energy and flux (see `tabulated`).

    Parameters
    ----------
    path : str or Path
        The file: columns between commas, semicolons, tabs or spaces; UTF-8, UTF-16 or Latin-1; gzip or not. Above the
        numbers may be a line of names. Empty lines and lines that begin with #, %, // or ! are skipped.
    flavour, name, antineutrino
        As for `tabulated`; the name defaults to that of the file.
    E_unit, flux_unit : float
        Units of the columns: ``E_unit=keV``, ``flux_unit=1 / (cm**2 * s * MeV)``. MeV and 1/(mm^2 ns MeV) by default,
        unless the file may speak of others: then both must be given.
    columns : sequence or mapping, optional
        Which columns are energy and flux, by name or number from 1: ``[1, 3]`` or ``{"energy": 1, "flux": 3}``; for a
        flux in bins ``{"low": 1, "high": 2, "flux": 3}``. Needed for two columns whose names are not plainly those of
        an energy and a flux, and for more than two, unless three are named as bins plainly ("E_low,E_high,flux").

    Returns
    -------
    Source

    Raises
    ------
    ValueError
        With one line that names the file and the row.

    """
    if not isinstance(path, str | os.PathLike):
        raise ValueError(f"path = {shown_value(path)} is not allowed: give the path of a table, as 'flux.csv'")
    for label, unit, like in (("E_unit", E_unit, "keV"), ("flux_unit", flux_unit, "1 / (cm**2 * s * MeV)")):
        if unit is not None:
            require_positive(label, unit, cure=f"give a number above zero, as in {like} of hepunits")
            if np.ndim(unit):
                raise ValueError(f"{label} = {shown_value(unit)} is not allowed: give one number")
    return read_flux(path, flavour, name, antineutrino, E_unit, flux_unit, columns)


def read_flux(
    path: str | Path,
    flavour: Flavour = ELECTRON,
    name: str | None = None,
    antineutrino: bool = False,
    E_unit: float | str | None = None,
    flux_unit: float | str | None = None,
    columns: Columns | None = None,
    reader: Reader | None = None,
    default_flux_unit: float = 1.0,
    shown: str | None = None,
) -> Source:
    """As `read_csv`, with units in words.

    Parameters
    ----------
    path, flavour, name, antineutrino, columns
        As for `read_csv`.
    E_unit, flux_unit : float or str, optional
        Numbers, or texts for the reader.
    reader : callable, optional
        Turns a quantity such as "1 keV" into a number, if it has the dimension of its second argument, or raises
        ValueError. With it, units in the header are read and compared with those that are given.
    default_flux_unit : float
        Unit of the flux if nothing is said [1/(mm^2 ns MeV)].
    shown : str, optional
        How to name the file in errors.

    """
    _require_labels(flavour, name, antineutrino)
    table = read_flux_table(path, columns, shown)
    E, per, integrated = units_of(table.head, E_unit, flux_unit, reader, default_flux_unit)
    points = Points(table.edges[:, 0] * E, table.flux, table.rows, f"table {table.shown}")
    if table.edges.shape[1] == 2:
        points = in_bins(points, table.edges[:, 1] * E, integrated)
    x, y = in_order(points)  # the flux in the unit of the file, which errors show
    stem = Path(path).stem if Path(path).suffix != ".gz" else Path(Path(path).stem).stem
    return _source(x, y * per, flavour, name or stem, antineutrino)


def monoenergetic(
    E_nu: ArrayLike | Sequence[float],
    flux: ArrayLike | Sequence[float],
    flavour: Flavour = ELECTRON,
    name: str = "line",
    antineutrino: bool = False,
) -> Source:
    """Source of one or several lines.

    Parameters
    ----------
    E_nu : float or array_like, shape (L,)
        Energies of the lines [MeV], above zero.
    flux : float or array_like, shape (L,)
        Fluxes of the lines [1/(mm^2 ns)], zero or above; as many as energies.
    flavour, name, antineutrino
        As for `tabulated`.

    Returns
    -------
    Source
        Lines in one beam, and no continuum.

    Raises
    ------
    ValueError
        For an energy or a flux that is negative or NaN, and for different numbers of them.

    Examples
    --------
    >>> float(monoenergetic(0.862, 5.0).total())
    5.0
    >>> float(monoenergetic([0.747, 0.427], [9.0, 1.0]).E_max)
    0.747

    """
    _require_labels(flavour, name, antineutrino)
    for label, values, like in (("E_nu", E_nu, "0.862 * MeV"), ("flux", flux, "5e9 / (cm**2 * s)")):
        if not any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(values)):
            floats(label, values, f"give numbers, as in {like} with hepunits")  # type: ignore[arg-type]
    E, phi = (jnp.atleast_1d(jnp.asarray(values, dtype=float)) for values in (E_nu, flux))
    require_positive("E_nu", E, "MeV")
    require_non_negative("flux", phi, "1/(mm^2 ns)")
    if E.ndim != 1 or E.shape != phi.shape or E.size == 0:
        raise ValueError(f"lines: energies of shape {E.shape} and fluxes of shape {phi.shape}: give one flux for each")
    nothing = Piecewise(jnp.stack([jnp.min(E) / 2, jnp.max(E)]), jnp.zeros((1, 1)))
    return Source(name, (Beam(nothing, E, phi, flavour=flavour, antineutrino=antineutrino),))


def straight_lines(x: FloatArray, y: FloatArray) -> Piecewise:
    """Straight lines through the points, cut into segments short enough for exact moments (see `geometric`).

    Two points of one x are a step.
    """
    knots, coefficients = [], []
    for run in np.split(np.arange(x.size), np.flatnonzero(np.diff(x) == 0) + 1):
        inside = x[run]
        if inside[0] == 0.0 and LEAST_ENERGY * x[-1] < inside[1]:
            inside = np.insert(inside, 1, LEAST_ENERGY * x[-1])
        ends = geometric(inside)
        values = np.interp(ends, x[run], y[run])
        knots.append(ends[:-1])
        coefficients.append(np.stack([(values[1:] + values[:-1]) / 2, (values[1:] - values[:-1]) / 2], axis=1))
    return Piecewise(jnp.asarray(np.append(np.concatenate(knots), x[-1])), jnp.asarray(np.concatenate(coefficients)))


def _require_labels(flavour: object, name: object, antineutrino: object) -> None:
    """Raise ValueError for what is no flavour, no text and no truth value."""
    require_instance("flavour", flavour, Flavour)
    if not isinstance(name, str | None):
        raise ValueError(f"name = {shown_value(name)} is not allowed: give a text")
    if not isinstance(antineutrino, bool | np.bool_):
        raise ValueError(f"antineutrino = {shown_value(antineutrino)} is not allowed: give True or False")


def _source(x: FloatArray, y: FloatArray, flavour: Flavour, name: str, antineutrino: bool) -> Source:
    x, y, remark = fewer_points(x, y)
    label = f"{name} ({remark})" if remark else name
    return Source(label, (Beam(straight_lines(x, y), flavour=flavour, antineutrino=antineutrino),))


def package_table(stem: str) -> list[dict[str, str]]:
    """Rows of one of the package's own tables in `nushine/sources/data`."""
    file = resources.files("nushine.sources") / "data" / f"{stem}.csv"
    return list(csv.DictReader(file.read_text(encoding="ascii").splitlines()))
