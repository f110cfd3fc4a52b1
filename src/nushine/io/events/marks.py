"""Whether files are what they are taken for, before they are removed or called complete."""

import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from nushine.events.record import COLUMNS
from nushine.io.atomic import PLAIN

BEGINNINGS: Final = {
    "parquet": b"PAR1",
    "root": b"PAR1",  # the events are kept as Parquet
    "hepmc3": b"HepMC::Version ",
    "lhe": b"<LesHouchesEvents ",
    "hdf5": b"\x89HDF\r\n\x1a\n",
}
"""What unfinished files begin with, by format."""

PIECE = 1 << 22
"""Bytes that are read at a time."""


def require_ours(partial: Path, format: str, cure: str) -> None:
    """Raise ValueError if an unfinished file is not what its journal tells of; one that is torn may be."""
    expected = BEGINNINGS.get(format)
    with os.fdopen(os.open(partial, os.O_RDONLY | PLAIN), "rb") as file:
        found = file.read(64)
    if expected is not None and found[: len(expected)] != expected[: len(found)]:
        raise ValueError(
            f"{partial}: is damaged or somebody else's file, because it does not begin as {format}; move it away, or "
            f"{cure}"
        )


class Sums:
    """Checksum of columns that go by in pieces: the same for all sizes of the pieces."""

    def __init__(self) -> None:
        self._sums = dict.fromkeys((c.name for c in COLUMNS), 0)

    def add(self, events: Mapping[str, Any]) -> None:
        """Take up the next events."""
        for column in COLUMNS:
            data = np.ascontiguousarray(events[column.name], dtype=column.dtype)
            self._sums[column.name] = zlib.crc32(data.data, self._sums[column.name])

    @property
    def text(self) -> str:
        """Eight hexadecimal digits."""
        return f"{zlib.crc32(' '.join(map(str, self._sums.values())).encode()):08x}"


def counted_by_sums(path: Path, blocks: Iterable[Mapping[str, Any]], expected: str) -> int:
    """Number of events in blocks; ValueError if their checksum is another one."""
    sums, number = Sums(), 0
    for events in blocks:
        sums.add(events)
        number += len(events["event"])
    if sums.text != expected:
        raise ValueError(f"{path}: is damaged: the events are not those that were written")
    return number


def lines(path: Path) -> Iterator[bytes]:
    """Lines of a text file; ValueError if it has bytes that no text has, such as those of a hole."""
    with path.open("rb") as file:
        for line in file:
            if b"\0" in line:
                raise ValueError(f"{path}: is damaged: it has bytes that are no text")
            yield line


def counted(path: Path, begin: bytes, end: bytes) -> int:
    """Number of events in a text file: lines that begin so; ValueError if the last one with text is not the end."""
    number, last = 0, b""
    for line in lines(path):
        number += line.startswith(begin)
        last = line if line.strip() else last
    if last.rstrip(b"\r\n") != end:
        raise ValueError(f"{path}: is not complete: its end is missing")
    return number
