"""Whether an unfinished file still holds what its journal tells."""

import os
import zlib
from collections.abc import Callable, Sequence
from typing import IO

from nushine.io.atomic import PLAIN
from nushine.io.events.files import Place
from nushine.io.events.journal import State, cure

PIECE = 1 << 20
"""Bytes that are read at a time."""


def verified(place: Place, state: State, ranges: Callable[[State, int], Sequence[tuple[int, int]]]) -> State:
    """A state whose blocks are in the file as they were written, without those that the file is too short for.

    Parameters
    ----------
    place : Place
        Where the unfinished file is.
    state : State
        What the journal tells.
    ranges : callable
        From the state and the number of a record: where the bytes of its block are in the file.

    Raises
    ------
    ValueError
        If a block is not what was written.

    """
    with os.fdopen(os.open(place.partial, os.O_RDONLY | PLAIN), "rb") as file:
        for number, record in enumerate(state.records):
            found = checksum(file, ranges(state, number))
            if found is None:
                return state._replace(records=state.records[:number])
            if found != record.crc:
                raise ValueError(
                    f"{place.partial}: is damaged: its block {number + 1} of {len(state.records)} is not what was "
                    f"written; {cure(place)}"
                )
    return state


def checksum(file: IO[bytes], ranges: Sequence[tuple[int, int]]) -> int | None:
    """CRC-32 of bytes from start to stop, one range after the other; None if the file ends before."""
    crc = 0
    for start, stop in ranges:
        file.seek(start)
        while start < stop:
            data = file.read(min(PIECE, stop - start))
            if not data:
                return None
            crc, start = zlib.crc32(data, crc), start + len(data)
    return crc


def ranges(state: State, number: int) -> list[tuple[int, int]]:
    """Where the bytes of a block are in a file that grows at its end; the header belongs to the first."""
    return [(state.records[number - 1].end if number else 0, state.records[number].end)]
