"""Observed counts in CSV files: one row for each bin of each channel."""

import csv
import io
import math
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nushine.io.atomic import write_text
from nushine.statistics.model import Data, Model

COLUMNS = ("channel", "bin", "count")
"""Header of the file. Bins of each channel are numbered from 0."""

# Place among all bins of a model, by channel and number of the bin in it.
Bins = dict[tuple[str, int], int]


def read_counts(path: str | os.PathLike[str], model: Model) -> Data:
    """Observed counts for a model, from a CSV file with the columns channel, bin and count.

    Parameters
    ----------
    path : path
        File in UTF-8 with a header. Columns and rows may have any order; empty rows are skipped. Bins are numbered
        from 0 in each channel. Counts need not be whole numbers, as for Asimov data.
    model : Model
        Its channels must be those of the file, each bin once.

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
        there twice, a count that is negative, not finite or no number, events where nothing is expected, a file that
        is no UTF-8 text, and for unbinned models.

    """
    places = _places(model)
    counts: dict[int, float] = {}
    try:
        for line, row in _rows(Path(path)):
            place = _place(line, row, places)
            if place in counts:
                raise ValueError(f"line {line}: bin {row['bin']} of {row['channel']!r} is there twice; leave one out")
            counts[place] = _count(line, row["count"])
        for (channel, number), place in places.items():
            if place not in counts:
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
    writer.writerow(COLUMNS)
    for (channel, number), place in places.items():
        writer.writerow((channel, number, _short(float(counts[place]))))
    write_text(path, text.getvalue())


def _places(model: Model) -> Bins:
    if not np.all(np.asarray(model.weight) == 1):
        raise ValueError("an unbinned model has no counts in bins: give a model whose bins all have weight 1")
    names = [(channel, number) for channel, bins in model.channels for number in range(bins)]
    return {name: place for place, name in enumerate(names)}


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Number of the line, and its fields by column."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        header = [name.strip() for name in next(reader, [])]
        if sorted(header) != sorted(COLUMNS):
            raise ValueError(f"header {','.join(header)!r}: write {','.join(COLUMNS)} in the first line")
        for fields in reader:
            if not any(field.strip() for field in fields):
                continue
            if len(fields) != len(header):
                raise ValueError(f"line {reader.line_num}: {len(fields)} fields; give {', '.join(header)}")
            yield reader.line_num, dict(zip(header, (field.strip() for field in fields), strict=True))


def _place(line: int, row: dict[str, str], places: Bins) -> int:
    channel, number = row["channel"], row["bin"]
    known = dict.fromkeys(name for name, _ in places)
    if channel not in known:
        raise ValueError(f"line {line}: channel {channel!r} is not in the model; its channels are {', '.join(known)}")
    if not (number.isascii() and number.isdigit()) or (channel, int(number)) not in places:
        last = max(bin for name, bin in places if name == channel)
        raise ValueError(f"line {line}: bin {number!r} is not in channel {channel!r}; its bins are 0 to {last}")
    return places[channel, int(number)]


def _count(line: int, text: str) -> float:
    try:
        count = float(text)
    except ValueError:
        count = math.nan
    if not (math.isfinite(count) and count >= 0):
        raise ValueError(f"line {line}: count {text!r} is not allowed; give a number of events, zero or above")
    return count


def _short(count: float) -> str:
    return str(int(count)) if count.is_integer() and abs(count) < 2**53 else repr(count)
