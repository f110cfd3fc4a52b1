"""Files that appear under their name when they are complete."""

import errno
import io
import os
import secrets
import sys
from pathlib import Path
from typing import IO, Any

STDOUT = "-"
"""Name of standard output."""

NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL
"""A file that is not there yet: nothing is overwritten, and no symbolic link followed."""

PLAIN = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""For any file of our own: not handed to other programs, not through a symbolic link, bytes as they are."""

LINKS = 40
"""Links after each other that are followed."""


def create(path: str | os.PathLike[str]) -> int:
    """Descriptor of a new file for reading and writing; FileExistsError if anything is there, even a dangling link."""
    return os.open(path, NEW | PLAIN, 0o666)


def require_name(path: str | os.PathLike[str]) -> str:
    """The path as text; ValueError if no file can have this name."""
    name = os.fspath(path)
    if not name or "\0" in name:
        raise ValueError(f"{name!r:.60} is no name of a file; give one, as in results/run1")
    return name


def open_file(path: str | os.PathLike[str]) -> int | None:
    """Number of the open file of this process that a path such as /dev/stdout or /dev/fd/3 stands for; None if none.

    Such a path is a link: to follow it would lead to the file that the user has redirected output to, and replace what
    is in there already.
    """
    name = os.fspath(path)
    if name == STDOUT:
        return 1
    numbers = {os.path.realpath("/proc/self/fd"), "/dev/fd"}
    link = Path(name)
    for _ in range(LINKS):
        folder = Path(os.path.realpath(link.parent))
        if str(folder) in numbers and link.name.isdecimal():
            return int(link.name)
        if not link.is_symlink():
            return None
        link = folder / link.readlink()
    return None


def open_stream(path: str | os.PathLike[str]) -> IO[bytes]:
    """Where bytes flow to: standard output, an open file after what is in it already, a pipe or a device."""
    number = open_file(path)
    if number is None:
        return Path(path).open("wb")
    if number != 1:
        return os.fdopen(os.dup(number), "wb")
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF), os.fspath(path))
    return io.BufferedWriter(_Stdout())


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file in UTF-8 with the line ends as they are.

    A regular file is replaced when the new one is complete, so that a full disk leaves no half of it; where the path is
    a symbolic link, the file that it leads to. Standard output ("-"), other open files (/dev/fd/3), pipes and devices
    are written to directly. The unfinished file has a name that nobody can foresee.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If no file can have this name.

    """
    name = require_name(path)
    part = None
    try:
        target = Path(os.path.realpath(path))  # of links in a circle: the name itself
        if open_file(path) is not None or (target.exists() and not target.is_file()):
            with open_stream(path) as stream:
                stream.write(_bytes(text))
            return
        part = target.with_name(f".nushine-{secrets.token_hex(8)}.part")
        with open(create(part), "wb") as file:
            file.write(_bytes(text))
        part.replace(target)
    except BaseException as error:
        if part is not None:
            part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror, name) from None
        raise


class _Stdout(io.RawIOBase):
    """Standard output after what is printed already; it stays open when this is closed."""

    def writable(self) -> bool:
        """Bytes can be written."""
        return True

    def write(self, data: Any) -> int:
        """Write bytes, and give their number."""
        sys.stdout.flush()
        number = sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return number


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
