"""Where events are written: the file, its unfinished part, and the journal of what is safely in it."""

import errno
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

from nushine.events.record import RunCard
from nushine.io.events.card import from_json

STDOUT = "-"
"""Name of standard output."""


@dataclass(frozen=True)
class Place:
    """A file by the name that the user gave it; `final` is None where bytes only flow, as in standard output."""

    name: str
    final: Path | None

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> Self:
        """The place of this name, whether or not it exists; OSError if it is a folder."""
        name = os.fspath(path)
        if name == STDOUT:
            return cls(name, None)
        final = Path(name).resolve()
        if final.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
        streams = final.exists() and not stat.S_ISREG(final.stat().st_mode)
        return cls(name, None if streams else final)

    @property
    def file(self) -> Path:
        """The finished file; ValueError where bytes only flow."""
        if self.final is None:
            raise ValueError(
                f"{self.name}: is no regular file; only HepMC3 and LHE can be written there, and not resumed"
            )
        return self.final

    @property
    def partial(self) -> Path:
        """The unfinished file."""
        return self.file.with_name(f"{self.file.name}.partial")

    @property
    def journal(self) -> Path:
        """What is safely in the unfinished file."""
        return self.file.with_name(f"{self.file.name}.journal")

    def pipe(self) -> IO[bytes]:
        """Where bytes flow to."""
        return sys.stdout.buffer if self.name == STDOUT else Path(self.name).open("wb")

    def finish(self, finished: Path) -> None:
        """Give a finished file its name and remove what is left of the work on it."""
        finished.replace(self.file)
        self.journal.unlink(missing_ok=True)
        if finished != self.partial:
            self.partial.unlink(missing_ok=True)


class State(NamedTuple):
    """What a journal tells: format, card, rows in all, rows done, where they end in the file, and a note per block."""

    format: str
    card: RunCard
    rows: int
    done: int
    end: int
    notes: tuple[str, ...]


class Journal:
    """One line for each block that is safely in the unfinished file."""

    def __init__(self, place: Place, head: dict[str, Any], state: State | None) -> None:
        self._file = place.journal.open("r+b" if state else "wb", buffering=0)
        if state is None:
            _write(self._file, _line(head))
        else:
            keep = 1 + len(state.notes)
            lines = self._file.read().split(b"\n")[:keep]
            self._file.truncate(self._file.seek(len(b"\n".join(lines)) + 1))

    def add(self, done: int, end: int, note: str) -> None:
        """Tell that rows up to `done` are in the file up to byte `end`."""
        _write(self._file, _line({"done": done, "end": end, "note": note}))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @staticmethod
    def read(place: Place) -> State | None:
        """What the journal of a place tells; None without a journal or without its unfinished file."""
        if not (place.journal.is_file() and place.partial.is_file()):
            return None
        lines = place.journal.read_bytes().split(b"\n")[:-1]
        if not lines:
            return None
        try:
            head, *blocks = [json.loads(line) for line in lines]
            size = place.partial.stat().st_size
            safe = [block for block in blocks if block["end"] <= size]
            last = safe[-1] if safe else {"done": 0, "end": 0}
            card = from_json(json.dumps(head["card"]))
            notes = tuple(block["note"] for block in safe)
            return State(head["format"], card, head["rows"], last["done"], last["end"], notes)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{place.journal}: is no journal of nushine; remove it or choose another file") from error


@contextmanager
def named(name: str) -> Iterator[None]:
    """Give errors of the system the name that the user knows, also where a library hides the cause in its text."""
    try:
        yield
    except OSError as error:
        number = error.errno if error.errno is not None else _hidden_errno(str(error))
        raise OSError(number, os.strerror(number), name) from error


def write_all(file: IO[bytes], data: Any) -> None:
    """Write all bytes: a full disk takes only some of them before it fails."""
    _write(file, data)


def _write(file: Any, data: Any) -> None:
    view = memoryview(data).cast("B")
    while len(view):
        view = view[file.write(view) :]


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode("ascii") + b"\n"


def _hidden_errno(text: str) -> int:
    """HDF5 and Arrow write "errno = 28" or "[errno 28]" into their messages."""
    words = text.lower().replace("=", " ").replace("]", " ").replace(",", " ").replace("[", " ").split()
    following = (b for a, b in pairwise(words) if a == "errno")
    return next((int(word) for word in following if word.isdigit() and int(word) in errno.errorcode), errno.EIO)
