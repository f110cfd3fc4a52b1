"""HDF5: one data set per column, with its unit and meaning as attributes.

All space is reserved at the beginning, so that writing changes numbers and nothing else: the file stays intact whenever
the process ends.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np

from nushine.events.record import BLOCK, COLUMNS, Events, RunCard
from nushine.io.events.card import from_json, to_json
from nushine.io.events.files import Journal, Place, State, named
from nushine.io.events.stream import Writer

GROUP, CARD, VERSION = "events", "card", "version"
"""The group of the data sets, and its attributes: run card as JSON, and version."""


class HDF5Writer(Writer):
    """An HDF5 file; one that is stopped early holds nothing meaningful after its last finished block."""

    def __init__(self, place: Place, card: RunCard, rows: int, state: State | None) -> None:
        super().__init__(place, card, rows, state.done if state else 0)
        with named(place.name):
            if state is None:
                place.journal.unlink(missing_ok=True)
                _create(place.partial, card, rows)
            self._file = h5py.File(place.partial, "r+")
            self._journal = Journal(place, {"format": "hdf5", "rows": rows, "card": card.to_dict()}, state)

    def _append(self, block: Events) -> None:
        group, stop = self._file[GROUP], self.done + len(block)
        for column in COLUMNS:
            group[column.name][self.done : stop] = block[column.name]
        self._file.flush()
        self._journal.add(stop, 0, "")
        self.done = stop

    def _finish(self) -> None:
        self._file.close()
        self._journal.close()
        self._place.finish(self._place.partial)

    def _stop(self) -> None:
        with suppress(OSError, RuntimeError):
            self._file.close()
        self._journal.close()


def writer(place: Place, card: RunCard, rows: int, state: State | None) -> HDF5Writer:
    """Open an HDF5 file for writing."""
    place.file  # noqa: B018  # HDF5 goes back and forth in its file
    return HDF5Writer(place, card, rows, state)


def read_card(path: Path) -> RunCard:
    """The run card of a file."""
    with _opened(path) as file:
        return _card(file, path)


def blocks(path: Path) -> Iterator[Events]:
    """Events of a file, one block at a time."""
    with _opened(path) as file:
        card, group = _card(file, path), file[GROUP]
        for start in range(0, group["event"].size, BLOCK):
            with named(str(path)):
                columns = {c.name: group[c.name][start : start + BLOCK] for c in COLUMNS}
            yield Events(columns, card)


def size(path: Path) -> int:
    """Number of events in a file."""
    with _opened(path) as file:
        return int(file[GROUP]["event"].size)


def _opened(path: Path) -> h5py.File:
    with named(str(path)), path.open("rb"):
        pass
    if not h5py.is_hdf5(path):
        raise ValueError(f"{path}: is no HDF5 file")
    with named(str(path)):
        return h5py.File(path, "r")


def _card(file: h5py.File, path: Path) -> RunCard:
    if GROUP not in file or CARD not in file[GROUP].attrs:
        raise ValueError(f"{path}: holds no events of nushine")
    return from_json(str(file[GROUP].attrs[CARD]))


def _create(path: Path, card: RunCard, rows: int) -> None:
    """A file with all its data sets, contiguous and of full length."""
    with h5py.File(path, "w") as file:
        group = file.create_group(GROUP)
        group.attrs[CARD], group.attrs[VERSION] = to_json(card), card.version
        for column in COLUMNS:
            layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            layout.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            layout.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
            data = group.create_dataset(column.name, (rows,), np.dtype(column.dtype), dcpl=layout)
            data.attrs["unit"], data.attrs["description"] = column.unit, column.text
