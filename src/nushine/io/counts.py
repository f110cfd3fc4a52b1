"""Observed counts in CSV files: one row for each bin of each channel, with the edges of the bin."""

import csv
import io
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nushine.io.atomic import write_text
from nushine.statistics.model import Data, Model

COLUMNS = ("channel", "bin", "count")
"""Columns of every file. Bins of each channel are numbered from 0."""

EDGES = ("E_R_min_eV", "E_R_max_eV", "E_gamma_min_MeV", "E_gamma_max_MeV", "cos_theta_min", "cos_theta_max")
"""Columns with the edges of bins, for models that know them; empty where a channel does not look."""

ORDER = "# bins of a channel: recoil energy slowest - then photon energy - cosine of the photon angle fastest"
"""First line of a file with edges."""

UNITS = np.repeat([1e-6, 1.0, 1.0], 2)  # MeV, MeV, 1
ANYTHING = np.array([0.0, np.inf, 0.0, np.inf, -1.0, 1.0])

SAME = 1e-5
"""Edges agree if they differ by less, relatively; cosines, absolutely."""

LARGEST = 16_000_000
"""Bytes of a file, far more than any likelihood has bins."""

PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
"""Numbers as every program writes them; `float` takes others too, as 1_000."""

SHOWN = 40
"""Characters of a field that a message shows."""


class Place(NamedTuple):
    """Place of a bin among all bins of a model, and its edges in the units of the file."""

    place: int
    edges: NDArray[np.float64] | None


# By channel and number of the bin in it.
Bins = dict[tuple[str, int], Place]


def read_counts(path: str | os.PathLike[str], model: Model) -> Data:
    """Observed counts for a model, from a CSV file with one row for each bin.

    Parameters
    ----------
    path : path
        File in UTF-8 with a header; `write_counts` writes a template. Columns are `COLUMNS` and, for models of
        experiments, `EDGES`. Columns and rows may have any order; empty rows and rows that begin with # are skipped.
        Bins are numbered from 0 in each channel: recoil energy changes slowest, then photon energy, the cosine
        fastest. Counts need not be whole numbers, as for Asimov data.
    model : Model
        Its channels must be those of the file, each bin once, with the edges of the file.

    Returns
    -------
    Data
        Counts, shape (B,), in the order of the model, with all constraints centred at zero.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        One line with file and row: another header, a channel or bin that the model has not, a bin that is missing or
        there twice or has other edges than the model, a count that is negative, not finite or no number, events where
        nothing is expected, a file that is no UTF-8 text, and for unbinned models.

    """
    places = _places(model)
    counts: dict[int, float] = {}
    try:
        for line, row in _rows(Path(path), model.edges is not None):
            place = _place(line, row, places)
            if place.place in counts:
                raise ValueError(f"line {line}: bin {row['bin']} of {row['channel']!r} is there twice; leave one out")
            _check_edges(line, row, place)
            counts[place.place] = _count(line, row["count"])
        for (channel, number), place in places.items():
            if place.place not in counts:
                raise ValueError(f"bin {number} of channel {channel!r} is missing; give its count, 0 if it is empty")
        return model.data(np.array([counts[place] for place in sorted(counts)]))
    except UnicodeDecodeError as error:
        raise ValueError(f"{os.fspath(path)}: byte {error.start} is no UTF-8 text; save the file as UTF-8") from error
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{os.fspath(path)}: {error}") from error


def write_counts(path: str | os.PathLike[str], model: Model, data: Data) -> None:
    """Write observed counts as `read_counts` reads them, with all digits.

    The centres of the constraints, `Data.auxiliary`, are not written.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        For counts that are not one for each bin, and for unbinned models.

    """
    places, counts = _places(model), np.asarray(data.counts, dtype=float)
    if counts.shape != (len(places),):
        raise ValueError(f"counts of shape {counts.shape} for {len(places)} bins: give one count for each bin")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if model.edges is not None:
        text.write(ORDER + "\n")
    writer.writerow(_header(model.edges is not None))
    for (channel, number), (place, edges) in places.items():
        writer.writerow((channel, number, *([] if edges is None else _shown(edges)), _short(float(counts[place]))))
    write_text(path, text.getvalue())


def _header(edges: bool) -> tuple[str, ...]:
    return (*COLUMNS[:2], *(EDGES if edges else ()), COLUMNS[2])


def _places(model: Model) -> Bins:
    if not np.all(np.asarray(model.weight) == 1):
        raise ValueError("an unbinned model has no counts in bins: give a model whose bins all have weight 1")
    names = [(channel, number) for channel, bins in model.channels for number in range(bins)]
    edges = [None] * len(names) if model.edges is None else np.asarray(model.edges).reshape(-1, 6) / UNITS
    return {name: Place(place, edges[place]) for place, name in enumerate(names)}


def _rows(path: Path, edges: bool) -> Iterator[tuple[int, dict[str, str]]]:
    """Number of the line, and its fields by column."""
    if path.exists() and not path.is_file():
        raise ValueError("is no regular file; give a CSV file")
    if path.exists() and path.stat().st_size > LARGEST:
        raise ValueError(f"has {path.stat().st_size:,} bytes, more than counts can need; give one row for each bin")
    wanted = _header(edges)
    header: list[str] = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        try:
            for fields in map(_stripped, reader):
                if not any(fields) or fields[0].startswith("#"):
                    continue
                if not header:
                    header = _checked_header(reader.line_num, fields, wanted)
                    continue
                if len(fields) != len(header):
                    raise ValueError(f"line {reader.line_num}: {len(fields)} fields; give {', '.join(header)}")
                yield reader.line_num, dict(zip(header, fields, strict=True))
        except csv.Error as error:
            raise ValueError(f"line {reader.line_num}: {error}; save the file as plain CSV") from error
    if not header:
        raise ValueError(f"is empty: write {','.join(wanted)} in the first line")


def _stripped(fields: list[str]) -> list[str]:
    return [field.strip() for field in fields]


def _checked_header(line: int, header: list[str], wanted: tuple[str, ...]) -> list[str]:
    if sorted(header) == sorted(wanted):
        return header
    if set(wanted) - set(header) == set(EDGES):
        raise ValueError(
            f"line {line}: no edges of bins ({', '.join(EDGES)}): to be sure that the counts are those of the model's "
            "bins, fill in the file that 'nushine workspace --write-counts' or write_counts makes"
        )
    raise ValueError(f"line {line}: header {_quoted(','.join(header))}: write {','.join(wanted)}")


def _place(line: int, row: dict[str, str], places: Bins) -> Place:
    channel, number = row["channel"], row["bin"]
    known = dict.fromkeys(name for name, _ in places)
    if channel not in known:
        raise ValueError(
            f"line {line}: channel {_quoted(channel)} is not in the model; its channels are {', '.join(known)}"
        )
    digits = number.isascii() and number.isdigit() and len(number.lstrip("0")) < 10  # more would be no int
    if not digits or (channel, int(number)) not in places:
        last = max(bin for name, bin in places if name == channel)
        raise ValueError(f"line {line}: bin {_quoted(number)} is not in channel {channel!r}; its bins are 0 to {last}")
    return places[channel, int(number)]


def _check_edges(line: int, row: dict[str, str], place: Place) -> None:
    """Raise ValueError for a bin that is another one than that of the model."""
    if place.edges is None:
        return
    columns = zip(EDGES, place.edges, ANYTHING, _shown(place.edges), strict=True)
    for name, edge, anything, shown in columns:
        text = row[name]
        found = _number(text) if text else anything
        if not (found == edge or abs(found - edge) <= SAME * (1.0 if "cos" in name else abs(edge))):
            raise ValueError(
                f"line {line}: {name} of bin {row['bin']} of {row['channel']!r} is {_quoted(text)}, in the model it is "
                f"{shown or 'empty'}: the counts are of other bins; count again in those of the model"
            )


def _count(line: int, text: str) -> float:
    count = _number(text)
    if not (math.isfinite(count) and count >= 0):
        raise ValueError(
            f"line {line}: count {_quoted(text)} is not allowed; give a number of events, zero or above, as 1000 or 2.5"
        )
    return count


def _number(text: str) -> float:
    """A plain number, or infinity as edges may be; NaN for all else."""
    return float(text) if PLAIN.fullmatch(text) or text.lower().lstrip("+-") in {"inf", "infinity"} else math.nan


def _shown(edges: NDArray[np.float64]) -> list[str]:
    """Edges with ten digits; nothing for a pair that leaves nothing out."""
    pairs = zip(edges.reshape(-1, 2), ANYTHING.reshape(-1, 2), strict=True)
    return [("" if np.array_equal(pair, anything) else f"{x:.10g}") for pair, anything in pairs for x in pair]


def _quoted(text: str) -> str:
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}...")


def _short(count: float) -> str:
    return str(int(count)) if count.is_integer() and abs(count) < 2**53 else repr(count)
