"""Text files of users: encodings, compression, and what is no file at all; one line for each thing that is wrong."""

import codecs
import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path

LARGEST = 32 * 2**20
"""Bytes of the largest table, decompressed."""

LONGEST = 10_000
"""Characters of the longest line."""

MOST_ROWS = 500_000
"""Lines of the longest table, empty ones too: a table that is refused is refused in a second or two."""

ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path, shown: str) -> tuple[bytes, str]:
    """Content of a file, decompressed, and its encoding.

    Parameters
    ----------
    path : Path
        A leading ~ is the home directory.
    shown : str
        How to name it in errors.

    Raises
    ------
    ValueError
        For what is not a file, holds no text, or is too large.

    """
    data = _decompressed(_content(path, shown), shown)
    encoding = _encoding(data, shown)
    if not encoding.startswith(("utf-16", "utf-32")) and max(data.count(b"\n"), data.count(b"\r")) > MOST_ROWS:
        raise _too_long(shown)
    return data, encoding


def lines(data: bytes, encoding: str, shown: str) -> Iterator[tuple[int, str]]:
    """Rows, counted from 1, that are not blank, and their texts without white space at the ends."""
    row = 0
    try:
        for row, line in enumerate(io.TextIOWrapper(io.BytesIO(data), encoding=encoding), start=1):
            if row > MOST_ROWS:
                raise _too_long(shown)
            if len(line) > LONGEST:
                raise ValueError(
                    f"{place(shown, row)} has more than {LONGEST} characters: write one row for each energy"
                )
            text = line.strip()
            if text.strip(",;"):
                yield row, text
    except UnicodeDecodeError:
        raise ValueError(f"{place(shown, row + 1)} is not text in {encoding}: save the table in UTF-8") from None


def place(shown: str, row: int) -> str:
    """Where in a file, for errors."""
    return f"table {shown}, row {row}"


def printable(text: str) -> str:
    """A path for errors: as it is, or escaped and cut where it would not stay in one short line."""
    return text if text.isprintable() and len(text) <= 200 else brief(text, 200)[1:-1]


def brief(text: str, length: int = 40) -> str:
    """A text between quotes, cut if it is long."""
    return repr(text if len(text) <= length else f"{text[:length]}...")


def _content(path: Path, shown: str) -> bytes:
    """Bytes of a regular file; others would block, or never end."""
    try:
        if "\0" in str(path):
            raise ValueError(f"table {shown}: a path has no null byte: mend it")
        path = path.expanduser()
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
            raise ValueError(f"table {shown} is {kind}: give the path of a file")
        if status.st_size > LARGEST:
            raise _too_large(shown)
        with open(path, "rb", opener=_without_waiting) as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        raise ValueError(f"table {shown}: no such file: give the path of a table of energy and flux") from None
    except OSError as error:
        raise ValueError(f"table {shown}: {error.strerror}: check the path and its permissions") from None
    except (RuntimeError, UnicodeError):
        raise ValueError(f"table {shown}: no such home directory: write the path in full") from None


def _without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _decompressed(data: bytes, shown: str) -> bytes:
    """Content of a gzip file, known by its first bytes; other data as they are."""
    if data.startswith(b"\x1f\x8b"):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
                data = file.read(LARGEST + 1)
        except (OSError, EOFError, zlib.error):
            raise ValueError(f"table {shown}: its gzip compression is damaged: compress it anew") from None
    if len(data) > LARGEST:
        raise _too_large(shown)
    return data


def _too_large(shown: str) -> ValueError:
    return ValueError(
        f"table {shown} has more than {LARGEST // 2**20} MiB of text: "
        "average its rows; a flux needs a few thousand at most"
    )


def _too_long(shown: str) -> ValueError:
    return ValueError(
        f"table {shown} has more than {MOST_ROWS} rows: average them; a flux needs a few thousand at most"
    )


def _encoding(data: bytes, shown: str) -> str:
    """Name of the encoding by its mark; without one UTF-8, or Latin-1 where the bytes are no UTF-8."""
    for mark, encoding in ENCODINGS:
        if data.startswith(mark):
            return encoding
    if b"\0" in data[:LONGEST]:
        raise ValueError(f"table {shown} is not a text file: give rows of energy and flux in UTF-8")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"
