"""Tables of flux in files: which columns hold what, and in which units.

Nothing is guessed: two columns are energy and flux, three with plain names are bins, everything else is named by the
user. Units stand in brackets after the names of the columns, or are given.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from hepunits import MeV
from numpy.typing import NDArray

from nushine.sources.text_files import brief
from nushine.sources.text_tables import Sheet, open_sheet, read_columns

FloatArray = NDArray[np.float64]
Columns = Sequence[int | str] | Mapping[str, int | str]
Reader = Callable[[str, str], float]

POINTS, BINS = ("energy", "flux"), ("low", "high", "flux")
"""What the columns of a table hold: the flux at energies, or in bins of energy."""

PER_ENERGY, PER_BIN, ENERGY = "1 / (cm^2 s MeV)", "1 / (cm^2 s)", "1 MeV"
"""Examples of units, for their dimensions."""

LOW = re.compile(r"(e(nergy|_?nu)?|bin)?[ _]*(low|lower|lo|min|left|from)[ _]*(edge|energy|bound)?", re.IGNORECASE)
HIGH = re.compile(r"(e(nergy|_?nu)?|bin)?[ _]*(high|upper|up|hi|max|right|to)[ _]*(edge|energy|bound)?", re.IGNORECASE)

OTHER_ENERGY = re.compile(r"(?<![A-Za-z])(?!MeV|mev|MEV|Mev)[kKmMgGtT]?[eE][vV](?![A-Za-z])")
"""A unit of energy that is not the MeV."""

OTHER_UNIT = re.compile(
    r"(?<![A-Za-z])(?:m|mm|km)(?:\^|\*\*)?-?(?:2(?!\d)|²)"
    r"|(?:/ ?|\bper )(?:d|days?|h|hours?|min|yr|years?)(?![A-Za-z])"
    r"|(?<![A-Za-z])(?:days?|d|yr?|h)(?:\^|\*\*)?-1(?!\d)"
    r"|(?<![\d.])(?:1(?:\.0*)?[eE]\+?\d+|10\^\{?\d+\}?)\s*[*(]?\s*(?:1?/|cm|MeV|nu)"
)
"""A unit of area or time that is not cm^2 or s, or a power of ten before a unit."""

RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
DOTS = str.maketrans("·⋅×−", "   -")
PARTICLES = re.compile(r"\b(?:anti[- ]?)?(?:neutrinos?|nu)\b|ν|#", re.IGNORECASE)
LONGEST_NAME = 200
"""Characters of the name of a column with its unit."""

UNIT_WORD = re.compile(r"[eE][vV]\b|\bJ\b|[ck]?m\W*-?2|/|\^|-1")


class FluxTable(NamedTuple):
    """Columns of a file as numbers, in the units of the file.

    Parameters
    ----------
    shown : str
        The file as the user wrote it.
    rows : array of int, shape (n,)
        Where each entry is in the file.
    edges, flux : array, shape (n, 1 or 2) and (n,)
        Energies, or lower and upper edges of bins, and fluxes.
    units : tuple of (str or None)
        Units in the header: of energy and of flux.
    header_row : int
        Where the header is; 0 if there is none.
    remarks : tuple of (int, str)
        Rows and texts above the numbers that may speak of units: comments, and names without units.

    """

    shown: str
    rows: NDArray[np.int64]
    edges: FloatArray
    flux: FloatArray
    units: tuple[str | None, str | None]
    header_row: int
    remarks: tuple[tuple[int, str], ...]


def read_flux_table(path: str | Path, columns: Columns | None = None, shown: str | None = None) -> FluxTable:
    """Read the columns of energy and flux (see `nushine.sources.tabulated.read_csv`)."""
    sheet = open_sheet(path, shown)
    chosen = _chosen(sheet, columns)
    rows, numbers = read_columns(sheet, list(chosen.values()))
    named = [_name_and_unit(sheet.header[i], what) for what, i in chosen.items()] if sheet.header else []
    if sheet.of_comment and not all(unit is None or UNIT_WORD.search(unit) for _, unit in named):
        named = [(sheet.header[i], None) for i in chosen.values()]
    found = [unit for _, unit in named] or [None] * len(chosen)
    energies = {unit for unit in found[:-1] if unit is not None}
    if len(energies) > 1 or (energies and None in found[:-1]):
        raise ValueError(f"{sheet.at(sheet.header_row)}: the edges of the bins have different units: write them alike")
    remarks = list(sheet.comments)
    unnamed = [name for name, unit in named if unit is None]
    remarks += [(sheet.header_row, ", ".join(unnamed))] if unnamed else []
    units = next(iter(energies), None), found[-1]
    return FluxTable(sheet.shown, rows, numbers[:, :-1], numbers[:, -1], units, sheet.header_row, tuple(remarks))


def units_of(
    table: FluxTable, E_unit: float | str | None, flux_unit: float | str | None, reader: Reader | None, default: float
) -> tuple[float, float, bool]:
    """Units of energy [MeV] and flux [1/(mm^2 ns MeV)], and whether the flux is integrated over its bin.

    Given units and those of the header must agree. Without any they are MeV and `default`, and a text above the
    numbers that speaks of others is an error.
    """
    energy, _ = _unit(table, "energy", E_unit, table.units[0], (ENERGY,), reader)
    flux, integrated = _unit(table, "flux", flux_unit, table.units[1], (PER_ENERGY, PER_BIN), reader)
    said = flux_unit if isinstance(flux_unit, str) else table.units[1] or ""
    if energy is None or flux is None:
        _require_no_other_units(table, table.remarks)
    if energy is None and OTHER_ENERGY.search(said):
        raise ValueError(f"table {table.shown}: its flux is in {brief(said)} and its energies have no unit: {CURE}")
    if flux is None and energy not in (None, MeV):
        raise ValueError(f"table {table.shown}: its energies are not in MeV and its flux has no unit: {CURE}")
    if integrated and table.edges.shape[1] == 1:
        raise ValueError(
            f"table {table.shown}: a flux in {PER_BIN}, integrated over bins, needs their edges: "
            "give columns: {low: ..., high: ..., flux: ...}"
        )
    return MeV if energy is None else energy, default if flux is None else flux, integrated


CURE = "give energy_unit and flux_unit (E_unit and flux_unit in Python)"
"""What to do about units."""


def plain_unit(text: str) -> str:
    """Write a unit as people put it into headers as a quantity: "1/(cm2 s keV)" is "1 / (cm^2 s keV)".

    Examples
    --------
    >>> plain_unit("1/(cm2 s keV)"), plain_unit("nu cm-2 s-1 MeV-1"), plain_unit("1e10/cm²/s/MeV")
    ('1 / (cm^2 s keV)', '1 cm^-2 s^-1 MeV^-1', '1e10 / cm^2 / s / MeV')

    """
    text = re.sub("[⁻⁰¹²³⁴-⁹]+", lambda raised: f"^{raised.group().translate(RAISED)}", text)
    text = PARTICLES.sub(" ", text.translate(DOTS)).replace("**", "^")
    lead = re.match(r"\s*(\d[\d.]*(?:[eE][+-]?\d+)?)(?![\d^])", text)
    number, rest = (lead.group(1), text[lead.end() :]) if lead else ("1", text)
    rest = re.sub(r"([A-Za-z])(-?\d)", r"\1^\2", rest)
    rest = re.sub(r"(?<=[A-Za-z\d])\.(?=[A-Za-z])", " ", rest)
    rest = re.sub(r"\bsec\b", "s", rest)
    return " ".join(f"{number} {rest}".replace("/", " / ").split()).replace("( ", "(").replace(" )", ")")


def require_MeV(table: FluxTable) -> None:
    """Refuse a table of anything over energy that does not give its energies in MeV."""
    if table.units[0] not in (None, "MeV"):
        where = f"table {table.shown}, row {table.header_row}"
        raise ValueError(f"{where}: energies in {brief(table.units[0] or '')[1:-1]}: give them in MeV")
    _require_no_other_units(table, (*table.remarks, (table.header_row, table.units[1] or "")), "give everything in MeV")


def _unit(
    table: FluxTable,
    what: str,
    given: float | str | None,
    stated: str | None,
    likes: tuple[str, ...],
    reader: Reader | None,
) -> tuple[float | None, bool]:
    """A unit as a number, and whether it is that of the last example; None where nobody says anything."""
    where = f"table {table.shown}, row {table.header_row}"
    keys = f"{what}_unit" if what == "flux" else "energy_unit (E_unit in Python)"
    of_header: tuple[float, bool] | None = None
    if stated is not None and reader is not None:
        of_header = _read(f"{where}: [{brief(stated)[1:-1]}] is not a unit of {what}", stated, likes, reader)
    elif stated is not None and given is None:
        if what == "energy" and stated == "MeV":
            return MeV, False
        raise ValueError(f"{where}: the unit [{brief(stated)[1:-1]}] of the {what} is not read here: give {keys}")
    if isinstance(given, str):
        if reader is None:
            raise ValueError(f"table {table.shown}: {keys} = {brief(given)}: give a number as in 1 * keV")
        value = _read(f"{what}_unit of table {table.shown}: {brief(given)} is not a unit", given, likes, reader)
    elif given is not None:
        value = float(given), of_header[1] if of_header else False
    else:
        return of_header or (None, False)
    if of_header and (value[1] != of_header[1] or not np.isclose(value[0], of_header[0], rtol=1e-6, atol=0.0)):
        raise ValueError(
            f"{where}: the header says [{brief(stated or '')[1:-1]}], {keys} something else: mend one of them"
        )
    return value


def _read(complaint: str, text: str, likes: tuple[str, ...], reader: Reader) -> tuple[float, bool]:
    for i, like in enumerate(likes):
        try:
            value = reader(plain_unit(text), like)
        except ValueError:
            continue
        if np.isfinite(value) and value > 0:
            return value, i > 0
    raise ValueError(f"{complaint} like {likes[0]}: {CURE}")


def _require_no_other_units(table: FluxTable, remarks: Sequence[tuple[int, str]], cure: str = "") -> None:
    """Texts may not speak of other units than those that are taken."""
    for row, text in remarks:
        other = OTHER_ENERGY.search(text) or OTHER_UNIT.search(text)
        if other:
            where = f"table {table.shown}, row {row}"
            raise ValueError(f"{where}: {brief(text)} speaks of {other.group().strip()}: {cure or CURE}")


def _name_and_unit(cell: str, what: str = "") -> tuple[str, str | None]:
    """Name of a column, and the unit in brackets behind it; that of an energy may end the name, as in E_keV."""
    if len(cell) > LONGEST_NAME:
        return cell, None
    for pattern in (r"([^\[]*)\[(.*)\][^\[\]]*", r"(.*?)\((.*)\)[^()]*"):
        found = re.fullmatch(pattern, cell)
        if found:
            return found.group(1).strip(" /_"), found.group(2).strip()
    found = re.fullmatch(r"(.*?)[\s_/]+(?:in\s+)?([kMGTm]?eV)", cell) if what != "flux" else None
    return (found.group(1), found.group(2)) if found else (cell.strip(), None)


def _chosen(sheet: Sheet, columns: Columns | None) -> dict[str, int]:
    """Which columns hold energy (or low and high) and flux, counted from 0."""
    if columns is not None:
        return _by_name(sheet, columns)
    if sheet.width == 2:
        return {"energy": 0, "flux": 1}
    names = [_name_and_unit(cell, what)[0] for cell, what in zip(sheet.header, (*BINS, *sheet.header), strict=False)]
    bins = len(names) > 2 and bool(LOW.fullmatch(names[0]) and HIGH.fullmatch(names[1]))
    if bins and sheet.width == 3 and re.match(r"flux|phi", names[2], re.IGNORECASE):
        return {"low": 0, "high": 1, "flux": 2}
    cure = "columns: {low: 1, high: 2, flux: 3}" if bins else "columns: {energy: 1, flux: 2}"
    if sheet.width == 1:
        raise ValueError(f"{sheet.at(sheet.first)} has one column: give energy and flux")
    held = f" ({', '.join(brief(cell)[1:-1] for cell in sheet.header[:6])})" if names else ""
    raise ValueError(f"{sheet.at(sheet.first)} has {sheet.width} columns{held}: say which hold what, as in {cure}")


def _by_name(sheet: Sheet, columns: Columns) -> dict[str, int]:
    if isinstance(columns, Mapping):
        named = dict(columns)
    elif isinstance(columns, str) or len(columns) != 2:
        raise ValueError(f"columns of table {sheet.shown}: give two, energy and flux, or {{low: 1, high: 2, flux: 3}}")
    else:
        named = dict(zip(POINTS, columns, strict=True))
    kind = next((kind for kind in (POINTS, BINS) if set(kind) == set(named)), None)
    if kind is None:
        raise ValueError(
            f"columns of table {sheet.shown}: name energy and flux, or low, high and flux, "
            f"not {', '.join(brief(str(key))[1:-1] for key in list(named)[:6]) or 'nothing'}"
        )
    chosen = {what: _position(sheet, named[what]) for what in kind}
    if len(set(chosen.values())) < len(chosen):
        raise ValueError(
            f"columns of table {sheet.shown}: one column is named twice: give {len(chosen)} different ones"
        )
    return chosen


def _position(sheet: Sheet, column: int | str) -> int:
    """Where a column is, counted from 0, by its name with or without unit, or by its number from 1."""
    if isinstance(column, str):
        wanted = " ".join(column.lower().split())
        names = [{" ".join(text.lower().split()) for text in (cell, _name_and_unit(cell)[0])} for cell in sheet.header]
        found = [i for i, name in enumerate(names) if wanted in name]
        if len(found) == 1:
            return found[0]
        held = ", ".join(brief(cell)[1:-1] for cell in sheet.header[:12]) or "no names"
        problem = "is there twice" if found else "is not there"
        raise ValueError(f"columns of table {sheet.shown}: {brief(column)} {problem}: it has {held}; numbers work too")
    if not 1 <= column <= sheet.width:
        raise ValueError(f"columns of table {sheet.shown}: there is no column {column}: it has 1 to {sheet.width}")
    return column - 1
