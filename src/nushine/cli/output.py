"""Tables and JSON on stdout; progress and notes on stderr."""

import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nushine.lines import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from nushine.observables import Spectrum
    from nushine.statistics import Contour, Evidence

CSV = (".csv", ".txt", ".dat")
"""What the names of files with numbers may end in."""

JSON = (".json",)
"""What the names of workspaces may end in."""

WIDE = 240
"""Width of tables: enough to keep each row in one line, which a narrow terminal breaks where it must."""


def deliver(
    record: "Spectrum | Contour | Evidence",
    extra: Mapping[str, Any],
    title: str,
    notes: Sequence[str],
    out: Path | None,
    as_json: bool,
) -> None:
    """Hand a result over: JSON and file where asked for, a table otherwise, or if the file fails after all."""
    from nushine.io import columns, to_dict, write_csv

    table = columns(record)
    rows = list(zip(*([_cell(x) for x in column.values] for column in table), strict=True))
    if as_json:
        show_json({**to_dict(record), **extra})
    if out is not None:
        try:
            write_csv(out, table)
        except OSError:
            if not as_json:
                show_table(title, [column.header for column in table], rows, notes)
            raise
        show_note(f"wrote {out} ({len(rows)} rows)")
        for text in getattr(record, "caveats", ()):
            show_note(text)
    elif not as_json:
        show_table(title, [column.header for column in table], rows, notes)


def show_table(title: str, headers: Sequence[str], rows: Iterable[Sequence[str]], notes: Sequence[str] = ()) -> None:
    """Print a table with a title above and notes below; numbers are strings already, empty headers are not shown.

    Names and remarks of files are shown with escapes for what would move the cursor or colour the terminal.
    """
    from rich import box
    from rich.table import Table

    rows = list(rows)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=any(headers))
    for i, header in enumerate(headers):
        numeric = all(_is_number(row[i]) or row[i] == "failed" for row in rows)
        table.add_column(header, justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*map(printable, row))
    console = _console(sys.stdout, WIDE)
    with console.capture() as capture:
        console.print("\n" * title.startswith("\n") + printable(title.lstrip("\n")), style="bold", soft_wrap=True)
        console.print(table)
        for note in notes:
            console.print(printable(note), soft_wrap=True)
    _print_lines(capture.get())


def show_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document with all digits."""
    print(json.dumps(document, allow_nan=False), flush=True)


def show_note(text: str) -> None:
    """Tell the user something that is no result."""
    print(printable(text), file=sys.stderr, flush=True)


@contextmanager
def progress(text: str, total: int | None) -> Iterator[tuple["Progress", Any]]:
    """Show a progress bar on stderr, of unknown length if total is None; nothing where stderr is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    count = [MofNCompleteColumn()] if total is not None else []
    parts = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), *count, TimeElapsedColumn())
    console = _console(sys.stderr)
    with Progress(*parts, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield bar, bar.add_task(printable(text), total=total)


def check_out(path: Path | None, *, as_json: bool = False) -> None:
    """Refuse a CSV file that cannot be written before anything is computed for it; "-" is standard output."""
    from nushine.io.atomic import open_file

    if path is not None and "\0" not in str(path) and open_file(path) == 1:
        if as_json:
            raise ValueError(f"--out {path}: is standard output, where --json goes; leave one of the two out")
        return
    check_file(path, "--out", CSV)


def check_file(path: Path | None, option: str, endings: Sequence[str] = ()) -> None:
    """Refuse the file of an option if its name promises something else, or if it cannot be written.

    Parameters
    ----------
    path, option : Path, str
        The file, and where the user gave it.
    endings : sequence of str
        What names may end in, the usual one first; names without an ending and what is no regular file may be anything.

    """
    from nushine.io.atomic import open_file

    if path is None:
        return
    if "\0" in str(path):
        raise ValueError(f"{option}: the name has a NUL character, which no name of a file may have; give another")
    if path.is_dir():
        raise ValueError(f"{option} {path}: is a folder; give the name of a file in it")
    number = open_file(path)
    if number is not None:
        if number == 1:
            raise ValueError(f"{option} {path}: is standard output, where the results go; give the name of a file")
        return
    target = Path(os.path.realpath(path))  # a link is written through
    streams = target.exists() and not target.is_file()
    if endings and not streams:
        _check_ending(path, target, option, endings)
    if not target.parent.is_dir():
        missing = f"{target.parent}, where it leads," if path.is_symlink() else f"{path.parent}"
        raise ValueError(f"{option} {path}: the folder {missing} does not exist; make it first")
    needed = [target] if streams else [target.parent, *([target] if target.exists() else [])]
    if not all(os.access(one, os.W_OK) for one in needed):
        raise ValueError(f"{option} {path}: may not be written; choose another place")


def _check_ending(path: Path, target: Path, option: str, endings: Sequence[str]) -> None:
    """Refuse a name, or that of the file that a link leads to, if it promises another format."""
    usual = endings[0]
    for name, ending in ((path, path.suffix.lower()), (target, target.suffix.lower())):
        if ending and ending not in endings:
            json_instead = ", or use --json and redirect stdout" if (usual, ending) == (".csv", ".json") else ""
            leads = "" if name is path else f" leads to {target.name}, and"
            raise ValueError(
                f"{option} {path}:{leads} writes {usual[1:].upper()}; give a name that ends in {usual}{json_instead}"
            )


def _cell(x: Any) -> str:
    """A number or a word for a table."""
    if isinstance(x, str):
        return x
    return "failed" if math.isnan(x) else number(float(x))


def print_everything() -> None:
    """Have stdout and stderr escape what the terminal cannot print, instead of losing the whole result over it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def number(x: float) -> str:
    """A number for a table, with six digits."""
    return f"{x:.6g}"


def _console(stream: Any, width: int | None = None) -> "Console":
    """A console that takes "[MeV]" for text; as wide as its terminal unless told."""
    from rich.console import Console

    return Console(file=stream, markup=False, highlight=False, emoji=False, width=width)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _print_lines(text: str) -> None:
    """Print without the blanks that fill table rows."""
    print("\n".join(line.rstrip() for line in text.rstrip().splitlines()), flush=True)
