"""Where events are written: the file, its unfinished part, and the name of its journal."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, Self

from nushine.io.atomic import open_file, open_stream, require_name


@dataclass(frozen=True)
class Place:
    """A file by the name that the user gave it; `final` is None where bytes only flow, as in standard output."""

    name: str
    final: Path | None

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> Self:
        """The place of this name, whether or not it exists; OSError if it is a folder, ValueError if it is no name."""
        name = require_name(path)
        if open_file(name) is not None:
            return cls(name, None)
        final = Path(os.path.realpath(name))  # of links in a circle: the name itself
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
        return open_stream(self.name)


@contextmanager
def named(name: str) -> Iterator[None]:
    """Give errors of the system the name that the user knows, also where a library hides the cause in its text."""
    try:
        yield
    except OSError as error:
        number = error.errno if error.errno is not None else _hidden_errno(str(error))
        raise OSError(number, os.strerror(number), name) from error


@contextmanager
def intact(path: Path) -> Iterator[None]:
    """As `named`; what a library says of a file that it cannot make sense of is a ValueError in one line."""
    try:
        yield
    except OSError as error:
        number = error.errno if error.errno is not None else _hidden_errno(str(error))
        if error.errno is None and number == errno.EIO:
            raise ValueError(f"{path}: is damaged or not complete") from error
        raise OSError(number, os.strerror(number), str(path)) from error
    except Exception as error:
        if type(error) is ValueError:  # our own
            raise
        raise ValueError(f"{path}: is damaged or not complete") from error


def write_all(file: IO[bytes], data: Any) -> None:
    """Write all bytes: a full disk takes only some of them before it fails."""
    view = memoryview(data).cast("B")
    while len(view):
        view = view[file.write(view) :]


def _hidden_errno(text: str) -> int:
    """HDF5 and Arrow write "errno = 28" or "[errno 28]" into their messages."""
    words = text.lower().replace("=", " ").replace("]", " ").replace(",", " ").replace("[", " ").split()
    following = (b for a, b in pairwise(words) if a == "errno")
    return next((int(word) for word in following if word.isdigit() and int(word) in errno.errorcode), errno.EIO)
