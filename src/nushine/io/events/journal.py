"""The journal of an unfinished file: who writes it, what is safely in it, and whether it still is what was written.

The first line is the head, each further line one block of events. A line is JSON, with the CRC-32 of all lines up to
it; each block has the CRC-32 of its bytes in the file. Whoever writes has the lock of the journal, which the kernel
releases at the end of the process, however it comes; where a file system knows no locks, two writers are not told
apart.
"""

import json
import os
import secrets
import stat
import zlib
from pathlib import Path
from typing import Any, NamedTuple

from nushine.events.record import RunCard
from nushine.io.atomic import PLAIN, create
from nushine.io.events.card import from_json
from nushine.io.events.files import Place, write_all
from nushine.io.events.locks import lock, unlock
from nushine.io.events.marks import require_ours

VERSION = 3
"""Of the journal."""

MARK = b', "check": "%08x"}'
"""The end of each line."""

TRIES = 16
"""Attempts to get hold of a journal that others finish and remove at the same time."""

PIECE = 1 << 20
"""Bytes that are read at a time."""


class Record(NamedTuple):
    """Rows done, where they end in the file, the checksum of this block, and a note of the format."""

    done: int
    end: int
    crc: int
    note: str


class State(NamedTuple):
    """What a journal tells: format, card, rows in all, and a record of each block."""

    format: str
    card: RunCard
    rows: int
    records: tuple[Record, ...]

    @property
    def done(self) -> int:
        """Rows done."""
        return self.records[-1].done if self.records else 0

    @property
    def end(self) -> int:
        """Where they end in the file."""
        return self.records[-1].end if self.records else 0


class Journal:
    """The journal of a place, locked for this process.

    Parameters
    ----------
    place : Place
        Where events are to be written.

    Attributes
    ----------
    unfinished : bool
        Whether there is a file to go on with.

    Raises
    ------
    ValueError
        If another process writes there, or a file of the same name is none of nushine's.

    """

    def __init__(self, place: Place) -> None:
        self._place = place
        descriptor, new = _opened(place)
        try:
            lines = _lines(place.journal, _content(descriptor))
            self._head = _head(place, lines)
            if self._head is None:
                _require_absent(place)
            else:
                _require_regular(place.partial)
                if place.partial.exists():
                    require_ours(place.partial, str(self._head.get("format")), cure(place))
        except BaseException:
            if new:
                place.journal.unlink()
            os.close(descriptor)
            raise
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        self._lines, self._crc = lines, 0

    @property
    def unfinished(self) -> bool:
        """Whether there is a file to go on with."""
        return self._head is not None and self._place.partial.exists()

    def state(self) -> State:
        """What is in the unfinished file, by the journal; ValueError if that is damaged."""
        texts = _checked(self._place.journal, self._lines)
        try:
            head, *records = [json.loads(text) for text in texts]
            card = from_json(json.dumps(head["card"]))
            blocks = tuple(Record(int(r["done"]), int(r["end"]), int(r["crc"]), str(r["note"])) for r in records)
            return State(str(head["format"]), card, int(head["rows"]), blocks)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"{self._place.journal}: cannot be read; {cure(self._place)}") from error

    @property
    def given_up(self) -> str:
        """Which run ends if the file is begun anew; empty if none has a finished block."""
        if not self.unfinished:
            return ""
        try:
            state = self.state()
        except ValueError:
            return "a damaged run"
        return f"seed {state.card.seed}, {state.done} of {state.rows} events" if state.done else ""

    def begin(self, format: str, card: RunCard, rows: int) -> None:
        """Forget what is unfinished, and begin anew with a journal of its own."""
        self.discard()
        self._file.close()
        try:
            self._file = os.fdopen(create(self._place.journal), "r+b", buffering=0)
        except FileExistsError:
            raise _busy(self._place) from None
        if not lock(self._file.fileno()):
            raise _busy(self._place)
        scratch = f"{self._place.file.name}.{secrets.token_hex(8)}.tree"
        self._head = {"nushine": VERSION, "format": format, "rows": rows, "scratch": scratch, "card": card.to_dict()}
        self._crc = 0
        self._add(self._head)

    def resume(self, blocks: int) -> None:
        """Go on after some blocks: what follows them is dropped."""
        kept = self._lines[: 1 + blocks]
        self._file.truncate(self._file.seek(sum(len(line) + 1 for line in kept)))
        self._crc = int(json.loads(kept[-1])["check"], 16)

    def add(self, record: Record) -> None:
        """Tell that a block is in the file."""
        self._add(record._asdict())

    @property
    def scratch(self) -> Path:
        """A file for what is made of the unfinished one; its name is in the journal, and nobody can foresee it."""
        assert self._head is not None
        return self._place.file.with_name(str(self._head["scratch"]))

    def discard(self) -> None:
        """Remove the journal and what it tells of."""
        if self._head is not None:
            self.scratch.unlink(missing_ok=True)
            self._place.partial.unlink(missing_ok=True)
        self._place.journal.unlink(missing_ok=True)

    def finish(self, finished: Path) -> None:
        """Give a finished file its name, and remove what is left of the work on it; the journal goes last."""
        finished.replace(self._place.file)
        self.discard()
        self.close()

    def leave(self) -> None:
        """Close the journal, and remove it if it tells of nothing."""
        if self._head is None:
            self._place.journal.unlink(missing_ok=True)
        self.close()

    def release(self) -> None:
        """Let others go on: all blocks are in the file."""
        unlock(self._file.fileno())

    def retake(self) -> None:
        """Have the lock again; ValueError if another process is at work or was."""
        if not lock(self._file.fileno()):
            raise _busy(self._place)
        if not _is_at(self._file.fileno(), self._place.journal):
            raise ValueError(f"{self._place.name}: another process has finished it or begun anew")

    def close(self) -> None:
        """Close the file, which releases the lock."""
        self._file.close()

    def _add(self, content: dict[str, Any]) -> None:
        text = json.dumps(content).encode("ascii")
        self._crc = zlib.crc32(text, self._crc)
        write_all(self._file, text[:-1] + MARK % self._crc + b"\n")


def _opened(place: Place) -> tuple[int, bool]:
    """Locked descriptor of the journal, and whether it is new."""
    for _ in range(TRIES):
        descriptor, new = _descriptor(place.journal)
        if descriptor is None:
            continue
        if not lock(descriptor):
            os.close(descriptor)
            raise _busy(place)
        if _is_at(descriptor, place.journal):
            return descriptor, new
        os.close(descriptor)  # its owner removed it meanwhile
    raise _busy(place)


def _descriptor(path: Path) -> tuple[int | None, bool]:
    """The journal, new or as it is; None if it went away meanwhile."""
    try:
        return create(path), True
    except FileExistsError:
        pass
    try:
        _require_regular(path)
        return os.open(path, os.O_RDWR | PLAIN), False
    except FileNotFoundError:
        return None, False


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is still the one of this name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _require_regular(path: Path) -> None:
    """Refuse links, folders and devices in the place of a file of our own; nothing there is fine."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        raise ValueError(f"{path}: is a link or no regular file; remove it or choose another file")


def _require_absent(place: Place) -> None:
    """Refuse to overwrite what no journal tells of."""
    if os.path.lexists(place.partial):
        raise ValueError(f"{place.partial}: is there without a journal of nushine; move it or choose another file")


def _content(descriptor: int) -> bytes:
    pieces = []
    while data := os.read(descriptor, PIECE):
        pieces.append(data)
    return b"".join(pieces)


def _lines(path: Path, content: bytes) -> list[bytes]:
    """Whole lines; the last one may have been torn, but not the head."""
    *lines, torn = content.split(b"\n")
    if torn and not lines:
        raise ValueError(f"{path}: is no journal of nushine; remove it or choose another file")
    return lines


def _head(place: Place, lines: list[bytes]) -> dict[str, Any] | None:
    """The first line; None if there is none, ValueError if it is of something else."""
    if not lines:
        return None
    version: int | None
    try:
        [text] = _checked(place.journal, lines[:1])
        head = json.loads(text)
        version, scratch = int(head["nushine"]), str(head["scratch"])
    except (ValueError, TypeError, KeyError, RecursionError):
        version, scratch = _other_version(lines[0]), ""
    if version == VERSION and _is_scratch(scratch, place.file.name):
        return dict(head)
    if version not in (None, VERSION):
        raise ValueError(
            f"{place.journal}: is of another version of nushine (form {version}, not {VERSION}); finish the file with "
            f"that version, or {cure(place)}"
        )
    if scratch.endswith(".tree"):
        raise ValueError(
            f"{place.journal}: is the journal of {scratch[: -len('.0123456789abcdef.tree')]:.100}; give it and the "
            "unfinished file beside it their names again, or choose another file"
        )
    raise ValueError(f"{place.journal}: is no journal of nushine; remove it or choose another file")


def _other_version(line: bytes) -> int | None:
    """The version that a first line of another form tells."""
    try:
        version = json.loads(line)["nushine"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return version if isinstance(version, int) and version != VERSION else None


def _is_scratch(name: str, file: str) -> bool:
    return name.startswith(f"{file}.") and name.endswith(".tree") and Path(name).name == name


def _checked(path: Path, lines: list[bytes]) -> list[bytes]:
    """JSON of lines; ValueError if they are not those that were written."""
    crc, texts = 0, []
    for number, line in enumerate(lines):
        text = line[: -len(MARK % 0)] + b"}"
        crc = zlib.crc32(text, crc)
        if line != text[:-1] + MARK % crc:
            raise ValueError(
                f"{path}: is damaged in line {number + 1}; remove it and the unfinished file beside it, and begin anew"
            )
        texts.append(text)
    return texts


def _busy(place: Place) -> ValueError:
    return ValueError(f"{place.name}: is being written by another process; wait for it or choose another file")


def cure(place: Place) -> str:
    """What to do about an unfinished file that is damaged."""
    return f"remove {place.partial.name} and {place.journal.name}, and begin anew"
