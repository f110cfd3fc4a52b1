"""Which columns of a table hold energy and flux, and what its head says of their units."""

import re
from collections.abc import Mapping, Sequence
from numbers import Integral
from pathlib import Path
from typing import NamedTuple

from nushine.lines import shown as value_shown
from nushine.sources.column_names import FLUX, HIGH, LOW, column, is_energy, is_flux, is_title
from nushine.sources.text_files import brief
from nushine.sources.text_tables import Sheet, open_sheet

Columns = Sequence[int | str] | Mapping[str, int | str]

POINTS, BINS = ("energy", "flux"), ("low", "high", "flux")
"""What the columns of a table hold: the flux at energies, or in bins of energy."""


class FluxHead(NamedTuple):
    """A table of which the head has been read.

    Parameters
    ----------
    sheet : Sheet
        The file.
    chosen : dict of str to int
        Columns of energy (or low and high) and flux, counted from 0.
    units : tuple of (str or None)
        Units in the header: of energy and of flux.
    unclear : tuple of str
        Names of energy and of flux that say more about a unit than is understood; empty ones otherwise.
    remarks : tuple of (int, str)
        Rows and texts above the numbers that may speak of units: comments, and names without units.

    """

    sheet: Sheet
    chosen: dict[str, int]
    units: tuple[str | None, str | None] = (None, None)
    unclear: tuple[str, str] = ("", "")
    remarks: tuple[tuple[int, str], ...] = ()

    @property
    def shown(self) -> str:
        """The file as the user wrote it."""
        return self.sheet.shown

    @property
    def header_row(self) -> int:
        """Where the header is; 0 if there is none."""
        return self.sheet.header_row

    @property
    def in_bins(self) -> bool:
        """Whether the flux is in bins of energy."""
        return len(self.chosen) == len(BINS)


def flux_head(
    path: str | Path, columns: Columns | None = None, shown: str | None = None, words: re.Pattern[str] = FLUX
) -> FluxHead:
    """Find out what the columns of a file are; `words` are names of what stands beside the energy."""
    if columns is not None:
        require_columns(columns, f"columns of table {value_shown(shown or str(path))[1:-1]}: ")
    sheet = _titled(open_sheet(path, shown), columns)
    chosen = _by_name(sheet, columns) if columns is not None else _chosen(sheet, words)
    if not sheet.header:
        return FluxHead(sheet, chosen, remarks=sheet.comments)
    named = [column(sheet.header[i], what) for what, i in chosen.items()]
    energies = {found.unit for found in named[:-1]}
    if len(energies) > 1:
        raise ValueError(f"{sheet.at(sheet.header_row)}: the edges of the bins have different units: write them alike")
    unclear = ["" if found.clear else sheet.header[i] for found, i in zip(named, chosen.values(), strict=True)]
    unnamed = [found.name for found in named if found.unit is None]
    remarks = [*sheet.comments, *([(sheet.header_row, ", ".join(unnamed))] if unnamed else [])]
    return FluxHead(
        sheet, chosen, (named[0].unit, named[-1].unit), (max(unclear[:-1], key=len), unclear[-1]), tuple(remarks)
    )


def require_columns(columns: object, where: str = "") -> None:
    """Raise ValueError unless columns are names or numbers, in a list or in a mapping of texts."""
    mapping = isinstance(columns, Mapping)
    items = list(columns.values()) if isinstance(columns, Mapping) else columns
    if (
        not isinstance(items, list | tuple)
        or not items
        or (isinstance(columns, Mapping) and not all(isinstance(key, str) for key in columns))
        or not all(isinstance(item, str | Integral) and not isinstance(item, bool) for item in items)
    ):
        given = "" if not where else f"{value_shown(dict(columns) if mapping else columns)} is not allowed: "  # type: ignore[call-overload]
        raise ValueError(
            f"{where}{given}give names or numbers of columns, as in [1, 2] or {{energy: 1, flux: 2}} or "
            "{low: 1, high: 2, flux: 3}"
        )


def _titled(sheet: Sheet, columns: Columns | None) -> Sheet:
    """A comment of which the cells are no names of columns is a remark, unless columns are sought in it by name."""
    items = columns.values() if isinstance(columns, Mapping) else columns or ()
    if not sheet.of_comment or is_title(sheet.header) or any(isinstance(item, str) for item in items):
        return sheet
    remark = (sheet.header_row, " ".join(sheet.header))
    return sheet._replace(header=(), header_row=0, of_comment=False, comments=(*sheet.comments, remark))


def _chosen(sheet: Sheet, words: re.Pattern[str]) -> dict[str, int]:
    """Which columns hold energy (or low and high) and flux, counted from 0."""
    if sheet.width == 1:
        raise ValueError(f"{sheet.at(sheet.first)} has one column: give energy and flux")
    if sheet.width == 2:
        _require_plain_names(sheet, words)
        return {"energy": 0, "flux": 1}
    names = [column(cell, what).name for cell, what in zip(sheet.header, (*BINS, *sheet.header), strict=False)]
    bins = len(names) > 2 and bool(LOW.fullmatch(names[0]) and HIGH.fullmatch(names[1]))
    if bins and sheet.width == 3 and is_flux(names[2], words):
        return {"low": 0, "high": 1, "flux": 2}
    cure = "columns: {low: 1, high: 2, flux: 3}" if bins else "columns: {energy: 1, flux: 2}"
    held = f" ({', '.join(brief(cell)[1:-1] for cell in sheet.header[:6])})" if names else ""
    raise ValueError(f"{sheet.at(sheet.first)} has {sheet.width} columns{held}: say which hold what, as in {cure}")


def _require_plain_names(sheet: Sheet, words: re.Pattern[str]) -> None:
    """Two columns without names are energy and flux; those with names must be called so."""
    if not sheet.header:
        return
    first, second = sheet.header
    if is_energy(column(first, "energy").name) and is_flux(column(second, "flux").name, words):
        return
    reverse = is_energy(column(second, "energy").name) and is_flux(column(first, "flux").name, words)
    are = "a flux and an energy" if reverse else "not plainly an energy and a flux"
    cure = f"say which column holds which, as in columns: {'[2, 1]' if reverse else '[1, 2]'} for energy and flux"
    if words is not FLUX:
        cure = "put the energy first, and name the columns as in E_nu,S"
    raise ValueError(f"{sheet.at(sheet.header_row)}: {brief(first)} and {brief(second)} are {are}: {cure}")


def _by_name(sheet: Sheet, columns: Columns) -> dict[str, int]:
    if isinstance(columns, Mapping):
        named = dict(columns)
    elif len(columns) != 2:
        raise ValueError(f"columns of table {sheet.shown}: give two, energy and flux, or {{low: 1, high: 2, flux: 3}}")
    else:
        named = dict(zip(POINTS, columns, strict=True))
    kind = next((kind for kind in (POINTS, BINS) if set(kind) == set(named)), None)
    if kind is None:
        raise ValueError(
            f"columns of table {sheet.shown}: name energy and flux, or low, high and flux, "
            f"not {', '.join(brief(str(key))[1:-1] for key in list(named)[:6])}"
        )
    chosen = {what: _position(sheet, named[what]) for what in kind}
    if len(set(chosen.values())) < len(chosen):
        raise ValueError(
            f"columns of table {sheet.shown}: one column is named twice: give {len(chosen)} different ones"
        )
    return chosen


def _position(sheet: Sheet, wanted: int | str) -> int:
    """Where a column is, counted from 0, by its name with or without unit, or by its number from 1."""
    if isinstance(wanted, str):
        words = " ".join(wanted.lower().split())
        names = [{" ".join(text.lower().split()) for text in (cell, column(cell).name)} for cell in sheet.header]
        found = [i for i, name in enumerate(names) if words in name]
        if len(found) == 1:
            return found[0]
        held = ", ".join(brief(cell)[1:-1] for cell in sheet.header[:12]) or "no names"
        problem = "is there twice" if found else "is not there"
        raise ValueError(f"columns of table {sheet.shown}: {brief(wanted)} {problem}: it has {held}; numbers work too")
    if not 1 <= wanted <= sheet.width:
        raise ValueError(f"columns of table {sheet.shown}: there is no column {wanted}: it has 1 to {sheet.width}")
    return int(wanted) - 1
