"""ROOT: a TTree with one branch per column.

The events are kept as Parquet while they are being made, because a tree can be continued only by the process that began
it; when all are there, they are copied to the tree block by block.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import uproot

from nushine.events.record import BLOCK, COLUMNS, Events, RunCard
from nushine.io.atomic import create
from nushine.io.events import parquet
from nushine.io.events.card import columns_json, from_json, to_json
from nushine.io.events.files import Place, named
from nushine.io.events.files import intact as intact_file
from nushine.io.events.journal import Journal, State
from nushine.io.events.marks import Sums, counted_by_sums
from nushine.io.events.parquet import ParquetEncoder, ParquetWriter

TREE, CARD, UNITS, CHECK = "nushine/events", "nushine/card", "nushine/columns", "nushine/checksum"
"""Names in the file: the tree, the run card and the columns with their units as JSON, and a checksum of the events."""


class RootWriter(ParquetWriter):
    """A ROOT file, made at the end from a Parquet file."""

    def _complete(self, journal: Journal) -> None:
        tree = journal.scratch
        tree.unlink(missing_ok=True)
        try:
            with os.fdopen(create(tree), "r+b") as raw, uproot.recreate(raw, compression=None) as file:
                file[CARD], file[UNITS] = to_json(self.card), columns_json()
                branches = file.mktree(TREE, {c.name: _branch(c.dtype) for c in COLUMNS})
                sums = Sums()
                for events in parquet.blocks(self._place.partial):
                    sums.add(events)
                    branches.extend({c.name: events[c.name].astype(_branch(c.dtype), copy=False) for c in COLUMNS})
                file[CHECK] = sums.text
        except BaseException:
            tree.unlink(missing_ok=True)
            raise
        journal.finish(tree)


def _branch(dtype: str) -> np.dtype[Any]:
    """Type of a branch: ROOT takes integers of one byte for characters."""
    return np.dtype("int32" if dtype == "int8" else dtype)


def writer(place: Place, card: RunCard, rows: int, journal: Journal | None, state: State | None) -> RootWriter:
    """Open a ROOT file for writing."""
    place.file  # noqa: B018  # the events cannot be kept where bytes only flow
    return RootWriter(place, card, rows, journal, state, ParquetEncoder(card), "root")


def read_card(path: Path) -> RunCard:
    """The run card of a file."""
    with named(str(path)), path.open("rb") as file:
        if file.read(4) != b"root":
            raise ValueError(f"{path}: is no ROOT file")
    with intact_file(path), uproot.open(path) as file:
        if CARD not in file:
            raise ValueError(f"{path}: holds no events of nushine")
        return from_json(str(file[CARD]))


def intact(path: Path) -> int:
    """Number of events in a file, all of which are read; ValueError if they are not those that were written."""
    with intact_file(path):
        with uproot.open(path) as file:
            expected = str(file[CHECK])
        return counted_by_sums(path, blocks(path), expected)


def blocks(path: Path) -> Iterator[Events]:
    """Events of a file, one block at a time."""
    card = read_card(path)
    with intact_file(path), uproot.open(path) as file:
        for arrays in file[TREE].iterate([c.name for c in COLUMNS], step_size=BLOCK, library="np"):
            yield Events({c.name: arrays[c.name].astype(c.dtype, copy=False) for c in COLUMNS}, card)


def size(path: Path) -> int:
    """Number of events in a file."""
    with intact_file(path), uproot.open(path) as file:
        return int(file[TREE].num_entries)
