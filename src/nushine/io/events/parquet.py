"""Parquet: one row group per block of events, appended to a single file.

Each block is encoded in memory as a Parquet file of its own; its row group goes to the end of the file on disk, and the
footer at the end of the whole lists all of them, moved to their places.
"""

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nushine.events.record import BLOCK, COLUMNS, Events, RunCard
from nushine.io.events import thrift
from nushine.io.events.card import columns_json, from_json, to_json
from nushine.io.events.files import Place, named
from nushine.io.events.files import intact as intact_file
from nushine.io.events.journal import Journal, State
from nushine.io.events.stream import Appending, Buffer, Encoder

MAGIC = b"PAR1"

CARD, VERSION, UNITS = b"nushine.card", b"nushine.version", b"nushine.columns"
"""Keys of the metadata: run card, version and columns with their units, the first and last as JSON."""

FEW_VALUES = ("pdg_nu", "pdg_A", "m_A", "pdg_N", "mode", "lepton_number", "pdg_out", "crystal", "detector")
"""Columns with few different values, kept as a dictionary and references to it."""

OPTIONS: dict[str, Any] = {
    "compression": "lz4",
    "use_dictionary": list(FEW_VALUES),
    "write_statistics": False,
    "data_page_size": 1 << 23,
    "write_batch_size": BLOCK,
    "write_page_checksum": True,
}
"""Chosen for speed: the numbers of a Monte Carlo sample hardly compress, and LZ4 gives up on them quickly."""

ROOM = 2 * BLOCK * sum(np.dtype(c.dtype).itemsize for c in COLUMNS)
"""Bytes that hold one block in any case."""


def schema(card: RunCard) -> pa.Schema:
    """Columns with units and meaning, and the run card."""
    fields = [
        pa.field(
            c.name,
            pa.from_numpy_dtype(np.dtype(c.dtype)),
            nullable=False,
            metadata={"unit": c.unit, "description": c.text},
        )
        for c in COLUMNS
    ]
    return pa.schema(fields, metadata={CARD: to_json(card), VERSION: card.version, UNITS: columns_json()})


class ParquetEncoder(Encoder):
    """Row groups, and the footer that lists them."""

    def __init__(self, card: RunCard) -> None:
        self._schema = schema(card)
        self._room = pa.allocate_buffer(ROOM)
        self._groups: list[thrift.Encoded] = []
        self._rows = 0
        self._latest = thrift.Encoded(), 0
        self._base = thrift.decode(_footer(self._encode(None))[0])

    def header(self, first: Events | None) -> bytes:  # noqa: ARG002
        """The magic number."""
        return MAGIC

    def body(self, block: Events, offset: int) -> Iterator[Buffer]:
        """One row group."""
        data = self._encode(block)
        footer, end = _footer(data)
        [group] = thrift.get(thrift.decode(footer), 4)[1]
        moved = _moved(group, offset - len(MAGIC), len(self._groups))
        self._latest = thrift.Encoded(thrift.encode(moved)), len(block)
        yield data[len(MAGIC) : end]

    def footer(self) -> bytes:
        """All row groups with their places."""
        fields = thrift.put(self._base, 3, thrift.I64, self._rows)
        data = thrift.encode(thrift.put(fields, 4, thrift.LIST, (thrift.STRUCT, self._groups)))
        return data + len(data).to_bytes(4, "little") + MAGIC

    def commit(self) -> str:
        """List the latest row group."""
        self._add(*self._latest)
        return base64.b64encode(self._groups[-1]).decode("ascii")

    def restore(self, notes: Sequence[str]) -> None:
        """Take up row groups that are in the file."""
        for note in notes:
            group = thrift.Encoded(base64.b64decode(note))
            self._add(group, thrift.get(thrift.decode(group), 3))

    def _add(self, group: thrift.Encoded, rows: int) -> None:
        self._groups.append(group)
        self._rows += rows

    def _encode(self, block: Events | None) -> memoryview:
        """A Parquet file in memory with one row group, or none; the next one takes its place."""
        sink = pa.FixedSizeBufferWriter(self._room)
        with pq.ParquetWriter(sink, self._schema, **OPTIONS) as writer:
            if block is not None:
                arrays = [pa.array(np.ascontiguousarray(block[c.name], dtype=c.dtype)) for c in COLUMNS]
                writer.write_table(pa.table(arrays, schema=self._schema), row_group_size=BLOCK)
            writer.close()
            return memoryview(self._room)[: sink.tell()]


class ParquetWriter(Appending):
    """A Parquet file; one that is stopped early can be read up to its last finished block."""

    readable_when_stopped = True


def writer(place: Place, card: RunCard, rows: int, journal: Journal | None, state: State | None) -> ParquetWriter:
    """Open a Parquet file for writing."""
    place.file  # noqa: B018  # standard output cannot be read back by those who need the footer
    return ParquetWriter(place, card, rows, journal, state, ParquetEncoder(card), "parquet")


def read_card(path: Path) -> RunCard:
    """The run card of a file."""
    with _opened(path) as file:
        return _card(file, path)


def blocks(path: Path) -> Iterator[Events]:
    """Events of a file, one row group at a time."""
    with _opened(path) as file:
        card = _card(file, path)
        for i in range(file.num_row_groups):
            with intact_file(path):
                table = file.read_row_group(i, columns=[c.name for c in COLUMNS], use_threads=False)
            yield Events({c.name: table.column(c.name).to_numpy().astype(c.dtype, copy=False) for c in COLUMNS}, card)


def size(path: Path) -> int:
    """Number of events in a file."""
    with _opened(path) as file:
        return int(file.metadata.num_rows)


def _opened(path: Path) -> pq.ParquetFile:
    with named(str(path)), path.open("rb"):
        pass
    try:
        return pq.ParquetFile(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path}: is no complete Parquet file") from error


def intact(path: Path) -> int:
    """Number of events in a file, all of which are read; ValueError if a checksum differs."""
    return sum(len(events) for events in blocks(path))


def _card(file: pq.ParquetFile, path: Path) -> RunCard:
    metadata = file.schema_arrow.metadata or {}
    if CARD not in metadata:
        raise ValueError(f"{path}: holds no events of nushine")
    return from_json(metadata[CARD].decode())


def _footer(data: memoryview) -> tuple[bytes, int]:
    """Footer of a file in memory, and where it begins."""
    length = int.from_bytes(data[-8:-4], "little")
    start = len(data) - 8 - length
    return bytes(data[start:-8]), start


def _moved(group: list[thrift.Field], by: int, number: int) -> list[thrift.Field]:
    """A row group elsewhere in a file: its own offset (5), and those of its columns (2, 4, 6) and their pages."""
    kind, columns = thrift.get(group, 1)
    moved = []
    for column in columns:
        chunk = thrift.shift(column, (2, 4, 6), by)
        pages = thrift.shift(thrift.get(chunk, 3), (9, 10, 11, 14), by)
        moved.append(thrift.put(chunk, 3, thrift.STRUCT, pages))
    group = thrift.put(thrift.shift(group, (5,), by), 1, thrift.LIST, (kind, moved))
    return thrift.put(group, 7, thrift.I16, number)
