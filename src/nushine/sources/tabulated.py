"""Sources from numbers: a table of flux against energy, a CSV file, or a single line."""

import csv
from importlib import resources
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from hepunits import MeV
from jax.typing import ArrayLike
from numpy.typing import NDArray

from nushine.numerics.checks import require_non_negative, require_positive
from nushine.numerics.piecewise import Piecewise, geometric
from nushine.sources.base import ELECTRON, Beam, Flavour, Source

FloatArray = NDArray[np.float64]


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
        Neutrino energies [MeV], above zero and strictly increasing; n >= 2.
    flux : array_like, shape (n,)
        dPhi/dE_nu at the detector [1/(mm^2 ns MeV)], zero or above.
    flavour : Flavour
        Fractions of electron, muon and tau neutrinos.
    name : str
        Label.
    antineutrino : bool
        A label; rates do not depend on it.

    Returns
    -------
    Source
        Zero outside the table.

    Raises
    ------
    ValueError
        For an empty table, fewer than two points, energies that do not increase, negative or NaN values.

    Examples
    --------
    >>> from hepunits import MeV, cm, s
    >>> source = tabulated([1.0, 2.0, 4.0], [0.0, 3e6 / (cm**2 * s * MeV), 0.0])
    >>> print(f"{source.total() * (cm**2 * s):.4g}")
    4.5e+06

    """
    x, y = checked_table(E_nu, flux, name)
    return Source(name, (Beam(straight_lines(x, y), flavour=flavour, antineutrino=antineutrino),))


def read_csv(
    path: str | Path,
    flavour: Flavour = ELECTRON,
    name: str | None = None,
    antineutrino: bool = False,
    E_unit: float = MeV,
    flux_unit: float = 1.0,
) -> Source:
    """Source from a CSV file of two columns, energy and flux (see `tabulated`).

    Parameters
    ----------
    path : str or Path
        The file. Its first line may be a header; empty lines and lines that begin with # are skipped.
    flavour, name, antineutrino
        As for `tabulated`; the name defaults to that of the file.
    E_unit, flux_unit : float
        Units of the two columns: ``E_unit=keV``, ``flux_unit=1 / (cm**2 * s * MeV)``.

    Returns
    -------
    Source

    Raises
    ------
    ValueError
        As `tabulated`, and for a line that does not hold two numbers.

    """
    file = Path(path)
    E_nu, flux = read_table(file)
    return tabulated(E_nu * E_unit, flux * flux_unit, flavour, name or file.stem, antineutrino)


def monoenergetic(
    E_nu: ArrayLike,
    flux: ArrayLike,
    flavour: Flavour = ELECTRON,
    name: str = "line",
    antineutrino: bool = False,
) -> Source:
    """Source of a single energy.

    Parameters
    ----------
    E_nu : float
        Energy of the line [MeV], above zero.
    flux : float
        Flux of the line [1/(mm^2 ns)], zero or above.
    flavour, name, antineutrino
        As for `tabulated`.

    Returns
    -------
    Source
        One line and no continuum.

    Raises
    ------
    ValueError
        For an energy or a flux that is negative or NaN.

    Examples
    --------
    >>> float(monoenergetic(0.862, 5.0).total())
    5.0

    """
    require_positive("E_nu", E_nu, "MeV")
    require_non_negative("flux", flux, "1/(mm^2 ns)")
    E = jnp.asarray(E_nu, dtype=float)
    nothing = Piecewise(jnp.stack([E / 2, E]), jnp.zeros((1, 1)))
    line = jnp.reshape(E, (1,)), jnp.reshape(jnp.asarray(flux, dtype=float), (1,))
    return Source(name, (Beam(nothing, *line, flavour=flavour, antineutrino=antineutrino),))


def straight_lines(x: FloatArray, y: FloatArray) -> Piecewise:
    """Straight lines through the points, cut into segments short enough for exact moments (see `geometric`)."""
    knots = geometric(x)
    return Piecewise.linear(knots, np.interp(knots, x, y))


def checked_table(E_nu: ArrayLike, values: ArrayLike, name: str) -> tuple[FloatArray, FloatArray]:
    """Return both columns as arrays, or raise ValueError with one line that says what is wrong with them."""
    x, y = np.asarray(E_nu, dtype=float), np.asarray(values, dtype=float)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(
            f"table {name}: energies of shape {x.shape} and values of shape {y.shape}: give two columns of equal length"
        )
    if x.size < 2:
        held = "is empty" if x.size == 0 else "has one point"
        raise ValueError(f"table {name} {held}: give at least two points")
    require_positive(f"table {name}: energy", x, "MeV")
    require_non_negative(f"table {name}: value", y)
    wrong = np.flatnonzero(np.diff(x) <= 0)
    if wrong.size:
        i = int(wrong[0])
        word = "twice" if x[i + 1] == x[i] else f"after {x[i]:g} MeV"
        raise ValueError(
            f"table {name}: energy {x[i + 1]:g} MeV comes {word} (point {i + 2}): "
            "sort the points by energy, each energy once"
        )
    return x, y


def read_table(path: Path) -> tuple[FloatArray, FloatArray]:
    """Two columns of numbers from a CSV file; ValueError names the line that does not hold them."""
    with path.open(newline="") as file:
        lines = [(n, row) for n, row in enumerate(csv.reader(file), start=1) if _has_content(row)]
    if lines and not any(_is_number(cell) for cell in lines[0][1]):
        lines = lines[1:]
    rows = [_two_numbers(path, n, row) for n, row in lines]
    table = np.asarray(rows, dtype=float).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def package_table(stem: str) -> list[dict[str, str]]:
    """Rows of one of the package's own tables in `nushine/sources/data`."""
    file = resources.files("nushine.sources") / "data" / f"{stem}.csv"
    return list(csv.DictReader(file.read_text(encoding="ascii").splitlines()))


def _has_content(row: list[str]) -> bool:
    return any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _two_numbers(path: Path, n: int, row: list[str]) -> tuple[float, float]:
    if len(row) != 2 or not all(_is_number(cell) for cell in row):
        raise ValueError(f"{path.name}, line {n}: {','.join(row)!r} is not a pair of numbers: write energy,value")
    return float(row[0]), float(row[1])
