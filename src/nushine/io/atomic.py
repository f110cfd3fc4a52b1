"""Files that appear under their name when they are complete."""

import os
import secrets
from pathlib import Path

NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL
"""A file that is not there yet: nothing is overwritten, and no symbolic link followed."""

PLAIN = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""For any file of our own: not handed to other programs, not through a symbolic link, bytes as they are."""


def create(path: str | os.PathLike[str]) -> int:
    """Descriptor of a new file for reading and writing; FileExistsError if anything is there, even a dangling link."""
    return os.open(path, NEW | PLAIN, 0o666)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file in UTF-8 with the line ends as they are.

    A regular file is replaced when the new one is complete, so that a full disk leaves no half of it; where the path is
    a symbolic link, the file that it leads to. Pipes and devices are written to directly. The unfinished file has a
    name that nobody can foresee.

    Raises
    ------
    OSError
        If the file cannot be written.

    """
    target = Path(os.path.realpath(path))  # of links in a circle: the name itself
    if target.exists() and not target.is_file():
        with target.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            stream.write(text)
        return
    part = target.with_name(f".nushine-{secrets.token_hex(8)}.part")
    try:
        with open(create(part), "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            stream.write(text)
        part.replace(target)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror, os.fspath(path)) from None
        raise
