"""Text files of numbers in columns, as they come: delimiters, headers and comments.

Every complaint is one line that names the file, as the user wrote it, and the row, as an editor counts lines.
"""

import csv
import math
import re
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from nushine.sources.column_names import begins_like_number
from nushine.sources.text_files import brief, lines, place, printable, read_text

FloatArray = NDArray[np.float64]

MOST_REMARKS = 1000
"""Comments above the numbers that are looked at."""

COMMENT = ("#", "%", "//", "!")
"""Lines that begin like this hold no numbers. After numbers, # begins a comment."""

_NUMBER = r"[+-]?(?:\d++(?:\.\d*+)?+|\.\d++)(?:[eEdD][+-]?\d++)?+"
NUMBER = re.compile(_NUMBER, re.ASCII)
"""A plain number; Fortran's D for E is understood."""


class Sheet(NamedTuple):
    """A text file of which the head has been read.

    Parameters
    ----------
    shown : str
        The file as the user wrote it, for errors.
    data, encoding : bytes, str
        Its decompressed content.
    delimiter : str or None
        Between cells; None is any white space.
    width : int
        Number of columns.
    header, header_row : tuple of str, int
        Cells of the line of names, and where it is; empty and 0 if there is none.
    comments : tuple of (int, str)
        Rows and texts of the comments above the numbers.
    first : int
        Row of the first numbers.
    of_comment : bool
        Whether the names come from a comment.

    """

    shown: str
    data: bytes
    encoding: str
    delimiter: str | None
    width: int
    header: tuple[str, ...]
    header_row: int
    comments: tuple[tuple[int, str], ...]
    first: int
    of_comment: bool = False

    def at(self, row: int) -> str:
        """Where in the file, for errors."""
        return place(self.shown, row)


def open_sheet(path: str | Path, shown: str | None = None) -> Sheet:
    """Read the bytes of a file and find out what its columns are.

    Parameters
    ----------
    path : str or Path
        A leading ~ is the home directory.
    shown : str, optional
        How to name it in errors; as `path` by default.

    Raises
    ------
    ValueError
        For what is not a file, holds no text, is too large, or has no row of numbers.

    """
    shown = printable(str(path) if shown is None else shown)
    data, encoding = read_text(Path(path), shown)
    comments: list[tuple[int, str]] = []
    header_row, header_line = 0, ""
    for row, line in lines(data, encoding, shown):
        if line.startswith(COMMENT):
            del comments[MOST_REMARKS:]
            comments.append((row, line.lstrip("#%/! \t")))
            continue
        delimiter = _delimiter(line)
        found = cells(line, delimiter, place(shown, row))
        if (
            header_row
            or any(NUMBER.fullmatch(cell) for cell in found)
            or _are_numbers(line, delimiter, place(shown, row))
        ):
            return _with_header(
                Sheet(shown, data, encoding, delimiter, len(found), (), header_row, tuple(comments), row), header_line
            )
        header_row, header_line = row, line
    if header_row:
        _refuse_names(shown, header_row, header_line)
    raise ValueError(f"table {shown} is empty: give rows of energy and flux")


def read_columns(sheet: Sheet, columns: Sequence[int]) -> tuple[NDArray[np.int64], FloatArray]:
    """Rows and numbers of some columns (counted from 0), shape (rows, columns)."""
    rows, numbers = array("q"), array("d")
    plain = _plain_row(sheet, columns)
    for row, line in lines(sheet.data, sheet.encoding, sheet.shown):
        if row < sheet.first or line.startswith(COMMENT):
            continue
        match = plain.fullmatch(line) if len(line) <= _SHORT else None
        if match:
            values = [float(cell) for cell in match.groups()]
            if all(map(math.isfinite, values)):
                rows.append(row)
                numbers.extend(values)
                continue
        found = cells(line, sheet.delimiter, sheet.at(row))
        if len(found) != sheet.width:
            raise ValueError(
                f"{sheet.at(row)}: {_count(len(found))} where the first row has {sheet.width}: "
                f"{brief(line)} does not fit; write one row for each energy"
            )
        rows.append(row)
        numbers.extend([number(found[i], sheet, row) for i in columns])
    return np.array(rows, dtype=np.int64), np.array(numbers).reshape(-1, len(columns))


_SHORT = 200
"""Characters of the lines that are read at once."""


def _plain_row(sheet: Sheet, columns: Sequence[int]) -> re.Pattern[str]:
    """Rows of nothing but plain numbers, in groups where the columns are in their order; others are read cell by cell.

    Most rows are such, and a table of half a million is read in a second.
    """
    number = _NUMBER.replace("eEdD", "eE")
    mark = r"[ \t]++" if sheet.delimiter is None else rf"[ \t]*+{re.escape(sheet.delimiter)}[ \t]*+"
    if sheet.width > _WIDEST or list(columns) != sorted(columns):
        return re.compile("(?!)")
    return re.compile(mark.join(f"({number})" if i in columns else number for i in range(sheet.width)), re.ASCII)


_WIDEST = 50
"""Columns of the widest table of which rows are read at once."""


def number(cell: str, sheet: Sheet, row: int) -> float:
    """Number in a cell; ValueError says why there is none."""
    if NUMBER.fullmatch(cell) and len(cell) <= 100:
        value = float(cell.replace("d", "e").replace("D", "e"))
        if np.isfinite(value):
            return value
    if not cell:
        cure = "a cell is empty: give a number"
    elif len(cell) <= 100 and re.fullmatch(r"[+-]?[\d,.]*,[\d,.]*(?:[eE][+-]?\d+)?", cell):
        cure = f"{brief(cell)} has a comma: write 1.5 with a point, and thousands without a mark"
    else:
        cure = f"{brief(cell)} is not a finite number: mend it, or take the row out"
    raise ValueError(f"{sheet.at(row)}: {cure}")


def cells(line: str, delimiter: str | None, where: str) -> list[str]:
    """Cells of a row, without white space and quotes around them."""
    line = line.split("#")[0].strip() or line
    if '"' in line:
        try:
            mark = delimiter or " "
            line = re.sub(r"\s+" if delimiter is None else " +", " ", line)
            found = next(csv.reader([re.sub(f" ?{mark} ?", mark, line)], delimiter=mark, strict=True))
        except (csv.Error, StopIteration):
            raise ValueError(f'{where}: a quote (") is opened and not closed: take it out') from None
    else:
        found = line.split(delimiter)
    found = [cell.strip() for cell in found]
    return found[:-1] if len(found) > 1 and not found[-1] else found


def header_cells(line: str, delimiter: str | None, where: str) -> list[str]:
    """Names of the columns, with their units: brackets hold together and belong to the name before them."""
    if '"' in line or (delimiter is not None and not re.search(r"[\[(]", line)):
        return cells(line, delimiter, where)
    found, depth = [""], 0
    for letter in line:
        depth = max(depth + (letter in "[(") - (letter in "])"), 0)
        if depth == 0 and (letter == delimiter or (delimiter is None and letter.isspace())):
            found.append("")
        else:
            found[-1] += letter
    names: list[str] = []
    for cell in map(str.strip, found):
        if delimiter is None and names and cell.startswith(("[", "(")):
            names[-1] = f"{names[-1]} {cell}"
        elif cell or delimiter is not None:
            names.append(cell)
    return names[:-1] if len(names) > 1 and not names[-1] else names


def _are_numbers(line: str, delimiter: str | None, where: str) -> bool:
    """Whether a line without a plain number is meant as numbers all the same, and so is none of names."""
    found = [cell for cell in header_cells(line, delimiter, where) if cell]
    numbers = [cell for cell in found if begins_like_number(cell)]
    if numbers and len(numbers) < len(found):
        raise ValueError(
            f"{where}: {brief(numbers[0])} is neither a plain number nor a name: numbers are as 1.5e3, and names of "
            "columns begin with a letter"
        )
    return bool(numbers)


def _with_header(sheet: Sheet, line: str) -> Sheet:
    """Add the names of the columns: the line above the numbers, or a last comment with as many cells."""
    if sheet.header_row:
        names = header_cells(line, sheet.delimiter, sheet.at(sheet.header_row))
        if len(names) != sheet.width and "\t" in line:
            names = header_cells(line, "\t", sheet.at(sheet.header_row))
        if len(names) != sheet.width:
            raise ValueError(
                f"{sheet.at(sheet.header_row)}: {brief(line)} does not name {_count(sheet.width)}: "
                "give one name for each column, or begin the line with #"
            )
        return sheet._replace(header=tuple(names))
    for row, text in sheet.comments[-1:]:
        if '"' not in text and len(names := header_cells(text, sheet.delimiter, sheet.at(row))) == sheet.width > 1:
            return sheet._replace(header=tuple(names), header_row=row, comments=sheet.comments[:-1], of_comment=True)
    return sheet


def _refuse_names(shown: str, row: int, line: str) -> NoReturn:
    cells(line, _delimiter(line), place(shown, row))  # an open quote has a line of its own
    raise ValueError(f"table {shown} is empty below its names in row {row}: give rows of energy and flux")


def _count(n: int) -> str:
    return "1 cell" if n == 1 else f"{n} cells"


def _delimiter(line: str) -> str | None:
    """What is between the cells of a row."""
    if ";" in line:
        return ";"
    if "\t" in line and all(cell.strip() for cell in line.split("\t")):
        return "\t"
    spaced = any(re.search(r"[\d.]\s+[\d.+-]", cell) for cell in line.split(","))
    return "," if "," in line and not spaced else None
