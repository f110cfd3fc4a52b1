"""Writers that take events chunk by chunk and lose at most an open block when they are killed."""

import os
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import IO, Self

from nushine.events.record import BLOCK, Events, RunCard
from nushine.io.atomic import PLAIN, create
from nushine.io.events.files import Place, named, write_all
from nushine.io.events.journal import Journal, Record, State

Buffer = bytes | memoryview
"""Bytes that go to a file."""


class Writer(ABC):
    """Writes a sample of events chunk by chunk.

    The file grows under the name ``NAME.partial`` beside ``NAME.journal``, which tells what is safely in it, and gets
    its own name when it is complete. Use it as a context manager, or call `close` at the end: after an error
    everything up to the last finished block of 65536 events stays, and `open_writer` with ``resume=True`` goes on.
    While blocks are missing no other process can write there.

    Attributes
    ----------
    done : int
        Events that are safely in the file: they survive the end of this process, however it comes.
    rows : int
        Events that the complete file holds.
    complete : bool
        Whether the file was there already, so that nothing is left to do.
    given_up : str
        Which unfinished run was there and is begun anew, as in "seed 7, 65536 of 200000 events"; empty if none.

    """

    complete = False
    given_up = ""

    def __init__(self, place: Place, card: RunCard, rows: int, done: int = 0) -> None:
        self._place, self.card, self.rows, self.done = place, card, rows, done
        self._open = True
        self._journal: Journal | None = None

    def write(self, events: Events) -> None:
        """Append events; all of them are safely in the file when this returns.

        Chunks start and end at multiples of 65536 events, but for the last: the file is then the same for all chunks.

        Raises
        ------
        OSError
            If the file cannot be written; what is in it already stays.
        ValueError
            If there are more events than the file is meant for, or the chunk does not end at a whole block.

        """
        n = len(events)
        if not self._open:
            raise ValueError(f"{self._place.name}: is closed; open it again with resume")
        if self.done + n > self.rows or (n % BLOCK and self.done + n < self.rows):
            raise ValueError(
                f"{self._place.name}: {n} events after {self.done} of {self.rows} do not fit; give chunks of "
                f"whole blocks of {BLOCK} events up to the end"
            )
        for start in range(0, n, BLOCK):
            self._guarded(partial(self._append, events[start : start + BLOCK]))
        if self._journal is not None and self.done == self.rows:
            self._journal.release()

    def close(self) -> None:
        """Finish the file and give it its name; ValueError if events are missing."""
        if not self._open:
            return
        if self.done < self.rows:
            self.abort()
            raise ValueError(f"{self._place.name}: {self.done} of {self.rows} events are written; resume to go on")
        try:
            self._take()
        except ValueError:
            self._open = False
            self._let_go()
            raise
        self._guarded(self._finish)
        self._open = False

    def abort(self) -> None:
        """Stop here; everything up to `done` stays in the unfinished file, and nothing if that is zero."""
        if not self._open:
            return
        self._open = False
        with suppress(ValueError, OSError):
            self._take()
            self._stop()
            if self._journal is not None and self.done == 0:
                self._journal.discard()
        self._let_go()

    def _take(self) -> None:
        """Have the unfinished file for this process, which gave it back when all blocks were in it."""
        if self._journal is not None and self.done == self.rows:
            self._journal.retake()

    def _let_go(self) -> None:
        """Close all files as they are."""
        with suppress(OSError, RuntimeError):
            self._shut()
        if self._journal is not None:
            self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def __del__(self) -> None:
        """Close what a caller forgot; the unfinished file stays as after the end of the process."""
        with suppress(AttributeError):  # an error while it was opened
            self._let_go()

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            with named(self._place.name):
                step()
        except BaseException:
            self.abort()
            raise

    @abstractmethod
    def _append(self, block: Events) -> None:
        """Write one block and advance `done`."""

    @abstractmethod
    def _finish(self) -> None:
        """Complete the file."""

    @abstractmethod
    def _stop(self) -> None:
        """Leave the unfinished file as good as it can be."""

    @abstractmethod
    def _shut(self) -> None:
        """Close the unfinished file."""


class Finished(Writer):
    """A file that is complete already."""

    complete = True

    def _append(self, block: Events) -> None:  # noqa: ARG002
        raise ValueError(f"{self._place.name}: is complete with {self.rows} events")

    def _finish(self) -> None:
        """Nothing is left to do."""

    def _stop(self) -> None:
        """Nothing is left to do."""

    def _shut(self) -> None:
        """Nothing is left to do."""


class Encoder(ABC):
    """Turns events into the bytes of a file that grows at its end."""

    @abstractmethod
    def header(self, first: Events | None) -> bytes:
        """What the file begins with; `first` is its first block, None if there are no events."""

    @abstractmethod
    def body(self, block: Events, offset: int) -> Iterator[Buffer]:
        """A block, in pieces, for this place in the file."""

    @abstractmethod
    def footer(self) -> bytes:
        """What the file ends with."""

    def commit(self) -> str:
        """Count the latest block as written; what the footer must know of it, for the journal."""
        return ""

    def restore(self, notes: Sequence[str]) -> None:  # noqa: B027
        """Take up the notes of the blocks that are in the file."""


class Appending(Writer):
    """A file that grows at its end, or standard output."""

    readable_when_stopped = False
    """Whether the footer is put at the end of a file that is stopped early, so that others can read it."""

    def __init__(
        self,
        place: Place,
        card: RunCard,
        rows: int,
        journal: Journal | None,
        state: State | None,
        encoder: Encoder,
        name: str,
    ) -> None:
        super().__init__(place, card, rows, state.done if state else 0)
        self._encoder, self._end, self._crc = encoder, state.end if state else 0, 0
        self._file: IO[bytes]
        self._journal = journal
        if journal is None:
            self._file = place.pipe()
        elif state is None:
            journal.begin(name, card, rows)
            self._file = os.fdopen(create(place.partial), "r+b", buffering=0)
        else:
            encoder.restore([record.note for record in state.records])
            journal.resume(len(state.records))
            self._file = os.fdopen(os.open(place.partial, os.O_RDWR | PLAIN), "r+b", buffering=0)
            self._rewind()

    def _append(self, block: Events) -> None:
        self._crc = 0
        end = self._end if self._end else self._put(self._encoder.header(block), 0)
        for piece in self._encoder.body(block, end):
            end = self._put(piece, end)
        self._file.flush()
        done, note = self.done + len(block), self._encoder.commit()
        if self._journal is not None:
            self._journal.add(Record(done, end, self._crc, note))
        self.done, self._end = done, end

    def _finish(self) -> None:
        end = self._end if self._end else self._put(self._encoder.header(None), 0)
        self._put(self._encoder.footer(), end)
        self._file.flush()
        self._shut()
        if self._journal is not None:
            self._complete(self._journal)

    def _complete(self, journal: Journal) -> None:
        """Give the written file its name."""
        journal.finish(self._place.partial)

    def _stop(self) -> None:
        if self._journal is not None and not self._file.closed:
            self._rewind()
            if self.readable_when_stopped and self._end:
                self._put(self._encoder.footer(), self._end)

    def _shut(self) -> None:
        self._file.close()

    def _put(self, data: Buffer, end: int) -> int:
        write_all(self._file, data)
        self._crc = zlib.crc32(data, self._crc)
        return end + memoryview(data).nbytes

    def _rewind(self) -> None:
        """Drop what follows the last finished block."""
        self._file.truncate(self._file.seek(self._end))


def write_stream(writer: Writer, chunks: Iterable[Events], tell: Callable[[int], None] | None = None) -> None:
    """Write chunks while the next one is being made.

    Parameters
    ----------
    writer : Writer
        Open; closing it is left to the caller.
    chunks : iterable of Events
        From event number `writer.done` on; two of them are in memory at a time besides the one that is being made.
    tell : callable, optional
        Called with the number of events that are safely in the file, after each chunk.

    Raises
    ------
    OSError, ValueError
        As `Writer.write`, and whatever the chunks raise.

    """
    with ThreadPoolExecutor(1) as pool:
        pending: Future[None] | None = None
        for events in chunks:
            _await(pending, writer, tell)
            pending = pool.submit(writer.write, events)
        _await(pending, writer, tell)


def _await(pending: Future[None] | None, writer: Writer, tell: Callable[[int], None] | None) -> None:
    if pending is not None:
        pending.result()
        if tell is not None:
            tell(writer.done)
