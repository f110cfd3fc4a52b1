"""HDF5: one data set per column, with its unit and meaning as attributes.

All space is reserved at the beginning, so that writing changes numbers and nothing else: the file stays intact whenever
the process ends.
"""

import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

import h5py
import numpy as np

from nushine.events.record import BLOCK, COLUMNS, Events, RunCard
from nushine.io.atomic import PLAIN
from nushine.io.events.card import from_json, to_json
from nushine.io.events.files import Place, named
from nushine.io.events.files import intact as intact_file
from nushine.io.events.journal import Journal, Record, State
from nushine.io.events.marks import Sums, counted_by_sums
from nushine.io.events.stream import Writer
from nushine.io.events.verify import checksum

GROUP, CARD, VERSION, CHECK = "events", "card", "version", "checksum"
"""The group of the data sets, and its attributes: run card as JSON, version, and a checksum of the events."""

UNCHECKED = b"#unsumm#"
"""The checksum of a file that is not complete."""

OPEN = (20, 24)
"""Bytes of an HDF5 file, in its earliest version, that are zero but while it is being written."""


class HDF5Writer(Writer):
    """An HDF5 file; one that is stopped early holds nothing meaningful after its last finished block.

    The first record of its journal is of all bytes of the file that are not data, and of the places of the data.
    """

    def __init__(self, place: Place, card: RunCard, rows: int, journal: Journal, state: State | None) -> None:
        super().__init__(place, card, rows, state.done if state else 0)
        self._journal: Journal = journal
        if state is None:
            journal.begin("hdf5", card, rows)
            layout = _create(place.partial, card, rows)
            with place.partial.open("rb") as file:
                journal.add(Record(0, layout.size, checksum(file, layout.gaps()) or 0, layout.to_json()))
        else:
            journal.resume(len(state.records))
            with os.fdopen(os.open(place.partial, os.O_RDWR | PLAIN), "r+b") as file:
                file.truncate(state.records[0].end)
                file.seek(OPEN[0])
                file.write(bytes(OPEN[1] - OPEN[0]))
        self._file = h5py.File(place.partial, "r+")
        self._sums = Sums()
        for columns in _columns(self._file, self.done):
            self._sums.add(columns)

    def _append(self, block: Events) -> None:
        group, stop, crc = self._file[GROUP], self.done + len(block), 0
        for column in COLUMNS:
            data = np.ascontiguousarray(block[column.name], dtype=column.dtype)
            group[column.name][self.done : stop] = data
            crc = zlib.crc32(data.data, crc)
        self._file.flush()
        self._journal.add(Record(stop, 0, crc, ""))
        self.done = stop
        self._sums.add(block)

    def _finish(self) -> None:
        self._file[GROUP].attrs.modify(CHECK, np.bytes_(self._sums.text))
        self._file.close()
        self._journal.finish(self._place.partial)

    def _stop(self) -> None:
        """What is in the file stays."""

    def _shut(self) -> None:
        self._file.close()


def writer(place: Place, card: RunCard, rows: int, journal: Journal | None, state: State | None) -> HDF5Writer:
    """Open an HDF5 file for writing."""
    place.file  # noqa: B018  # HDF5 goes back and forth in its file
    assert journal is not None
    if state is not None and place.partial.stat().st_size < state.records[0].end:
        raise ValueError(f"{place.partial}: is damaged: its end is missing; remove it and its journal, and begin anew")
    return HDF5Writer(place, card, rows, journal, state)


def ranges(state: State, number: int) -> list[tuple[int, int]]:
    """Where the bytes of a block are in the file; the first one is all that is not data."""
    layout = Layout.from_json(state.records[0].note)
    if number == 0:
        return layout.gaps()
    start, stop = state.records[number - 1].done, state.records[number].done
    return [(at + start * width, at + stop * width) for at, width in zip(layout.offsets, _WIDTHS, strict=True)]


class Layout(NamedTuple):
    """Size of a file, its rows, and where the data of each column and the checksum begin in it."""

    size: int
    rows: int
    offsets: tuple[int, ...]
    check: int

    def gaps(self) -> list[tuple[int, int]]:
        """All bytes that are not data or their checksum, nor tell whether somebody is writing."""
        data = [(at, at + self.rows * width) for at, width in zip(self.offsets, _WIDTHS, strict=True)]
        data = sorted([*data, (self.check, self.check + len(UNCHECKED))])
        edges = [0, *OPEN, *(edge for pair in data for edge in pair), self.size]
        return list(zip(edges[::2], edges[1::2], strict=True))

    def to_json(self) -> str:
        """As text."""
        return json.dumps(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote."""
        size, rows, offsets, check = json.loads(text)
        return cls(size, rows, tuple(offsets), check)


_WIDTHS = [np.dtype(column.dtype).itemsize for column in COLUMNS]


def read_card(path: Path) -> RunCard:
    """The run card of a file."""
    with _opened(path) as file:
        return _card(file, path)


def blocks(path: Path) -> Iterator[Events]:
    """Events of a file, one block at a time."""
    with _opened(path) as file:
        card = _card(file, path)
        with intact_file(path):
            for columns in _columns(file, int(file[GROUP]["event"].size)):
                yield Events(columns, card)


def intact(path: Path) -> int:
    """Number of events in a file, all of which are read; ValueError if they are not those that were written."""
    with _opened(path) as file:
        _card(file, path)
        group = file[GROUP]
        expected = bytes(group.attrs.get(CHECK, b"")).decode("ascii", "replace")
        with intact_file(path):
            return counted_by_sums(path, _columns(file, int(group["event"].size)), expected)


def _columns(file: h5py.File, rows: int) -> Iterator[dict[str, Any]]:
    """The first rows of all columns, some thousands at a time."""
    for start in range(0, rows, BLOCK):
        yield {c.name: file[GROUP][c.name][start : min(start + BLOCK, rows)] for c in COLUMNS}


def size(path: Path) -> int:
    """Number of events in a file."""
    with _opened(path) as file:
        return int(file[GROUP]["event"].size)


def _opened(path: Path) -> h5py.File:
    with named(str(path)), path.open("rb"):
        pass
    if not h5py.is_hdf5(path):
        raise ValueError(f"{path}: is no HDF5 file")
    with intact_file(path):
        return h5py.File(path, "r")


def _card(file: h5py.File, path: Path) -> RunCard:
    if GROUP not in file or CARD not in file[GROUP].attrs:
        raise ValueError(f"{path}: holds no events of nushine")
    return from_json(str(file[GROUP].attrs[CARD]))


def _create(path: Path, card: RunCard, rows: int) -> Layout:
    """A new file with all its data sets, contiguous and of full length."""
    offsets = []
    with h5py.File(path, "x", libver="earliest") as file:
        group = file.create_group(GROUP)
        group.attrs[CARD], group.attrs[VERSION] = to_json(card), card.version
        group.attrs[CHECK] = np.bytes_(UNCHECKED)
        for column in COLUMNS:
            storage = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            storage.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            storage.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
            data = group.create_dataset(column.name, (rows,), np.dtype(column.dtype), dcpl=storage)
            data.attrs["unit"], data.attrs["description"] = column.unit, column.text
            offsets.append(int(data.id.get_offset() or 0))
    layout = Layout(path.stat().st_size, rows, tuple(offsets), 0)
    with path.open("rb") as opened:
        return layout._replace(check=_find(opened, layout))


def _find(file: IO[bytes], layout: Layout) -> int:
    """Where the checksum is."""
    data = sorted((at, at + layout.rows * width) for at, width in zip(layout.offsets, _WIDTHS, strict=True))
    edges = [0, *(edge for pair in data for edge in pair), layout.size]
    places = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        file.seek(start)
        at = file.read(stop - start).find(UNCHECKED)
        places += [start + at] * (at >= 0)
    [place] = places
    return place
