"""Choosing the format of a file, and what all formats share: opening, resuming, reading."""

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from nushine.events.record import COLUMNS, Events, RunCard
from nushine.io.events.card import require_same, to_json
from nushine.io.events.files import Place, named
from nushine.io.events.journal import Journal, State
from nushine.io.events.stream import Finished, Writer
from nushine.io.events.verify import ranges, verified
from nushine.numerics.checks import whole_number


class Format(NamedTuple):
    """Name and suffixes of a format, the package that knows it, and whether its files can be read back here."""

    name: str
    suffixes: tuple[str, ...]
    package: str
    readable: bool

    def load(self) -> Any:
        """The module that writes it; ValueError if its package is not installed."""
        try:
            return import_module(f"nushine.io.events.{self.name}")
        except ModuleNotFoundError as error:
            if error.name is None or error.name.split(".")[0] in ("nushine",):
                raise
            raise ValueError(f"{self.name} files need {error.name}: pip install 'nushine[formats]'") from error


FORMATS: Final = {
    name: Format(name, suffixes, package, readable)
    for name, suffixes, package, readable in (
        ("parquet", (".parquet",), "pyarrow", True),
        ("hepmc3", (".hepmc3", ".hepmc"), "pyhepmc", False),
        ("lhe", (".lhe",), "pylhe", False),
        ("root", (".root",), "uproot", True),
        ("hdf5", (".h5", ".hdf5"), "h5py", True),
    )
}
"""What events can be written to, by name."""

TEXT: Final = ("hepmc3", "lhe")
"""Formats that flow, also to standard output."""


def check(path: str | os.PathLike[str], format: str | None = None) -> None:
    """Refuse what `open_writer` would refuse by the name alone: format, package and place; raises as it does."""
    place, kind = Place.of(path), _chosen(os.fspath(path), format)
    if place.final is None and kind.name not in TEXT:
        place.file  # noqa: B018  # raises
    _require_same_ending(place, kind)
    kind.load()


def open_writer(
    path: str | os.PathLike[str],
    card: RunCard,
    format: str | None = None,
    resume: bool = False,
    rows: int | None = None,
) -> Writer:
    """Open a file for events, or go on with an unfinished one.

    Parameters
    ----------
    path : path
        File to write; "-" is standard output, for HepMC3 and LHE. An existing file is replaced when the new one is
        complete, not before.
    card : RunCard
        What the events are.
    format : str, optional
        One of `FORMATS`; by default the suffix tells.
    resume : bool
        Go on after the last finished block of an unfinished file, if there is one; `Writer.done` tells where. Where the
        complete file is there already, nothing is left to do.
    rows : int, optional
        Number of events in the file, `card.n` by default; less for a subset of the sample.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If the format is not known or its package not installed, or the file belongs to another run.

    Notes
    -----
    A resumed Parquet, HepMC3, LHE or HDF5 file is identical byte by byte with that of an unbroken run, in ROOT the
    content is (the file holds times and a random identifier). Files survive the end of the process in any way, not the
    loss of power.

    """
    rows = card.n if rows is None else whole_number("rows", rows, 0, 10**15, "give a number of events")
    place, kind = Place.of(path), _chosen(os.fspath(path), format)
    _require_same_ending(place, kind)
    to_json(card)  # what cannot be written is refused before there are files
    module = kind.load()
    if place.final is None:
        if resume or kind.name not in TEXT:
            place.file  # noqa: B018  # raises
        with named(place.name):
            streaming: Writer = module.writer(place, card, rows, None, None)
        return streaming
    with named(place.name):
        journal = Journal(place)
        try:
            return _opened(place, kind, module, card, rows, journal, resume=resume)
        except BaseException:
            journal.leave()
            raise


def _opened(
    place: Place, kind: Format, module: Any, card: RunCard, rows: int, journal: Journal, *, resume: bool
) -> Writer:
    """The writer of a place whose journal is ours."""
    state = _state(place, kind, module, card, rows, journal) if resume and journal.unfinished else None
    if resume and not journal.unfinished and place.file.exists():
        _require_complete(place, module, card, rows)
        journal.discard()
        journal.close()
        return Finished(place, card, rows, rows)
    given_up = "" if resume else journal.given_up
    try:
        writer: Writer = module.writer(place, card, rows, journal, state)
    except OSError:
        if state is None:
            journal.discard()
        raise
    writer.given_up = given_up
    return writer


def _require_complete(place: Place, module: Any, card: RunCard, rows: int) -> None:
    """Raise ValueError unless the file that is there is whole and of this run."""
    cure = "move it away, or write without resume to replace it"
    try:
        require_same(module.read_card(place.file), card, place.name)
        found = module.intact(place.file)
    except ValueError as error:
        raise ValueError(f"{error}" if "another run" in str(error) else f"{error}; {cure}") from error
    if found != rows:
        raise ValueError(f"{place.name}: is complete, but holds {found} events of this run, not {rows}; {cure}")


def write_events(path: str | os.PathLike[str], events: Events, format: str | None = None) -> None:
    """Write events that are in memory; raises as `open_writer` does."""
    with open_writer(path, events.card, format, rows=len(events)) as writer:
        writer.write(events)


def iterate(path: str | os.PathLike[str]) -> Iterator[Events]:
    """Events of a Parquet, ROOT or HDF5 file, 65536 at a time: the memory does not grow with the file.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it holds no events of nushine, or its format cannot be read here.

    """
    found: Iterator[Events] = _reader(path).blocks(Path(path))
    return found


def read(path: str | os.PathLike[str]) -> Events:
    """All events of a Parquet, ROOT or HDF5 file, with their run card; 272 bytes of memory per event.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it holds no events of nushine, or its format cannot be read here.

    """
    module = _reader(path)
    card = module.read_card(Path(path))
    size = module.size(Path(path))
    columns = {c.name: np.empty(size, dtype=c.dtype) for c in COLUMNS}
    start = 0
    for events in module.blocks(Path(path)):
        for name, values in columns.items():
            values[start : start + len(events)] = events[name]
        start += len(events)
    return Events(columns, card)


def read_card(path: str | os.PathLike[str]) -> RunCard:
    """The run card of a complete file of any format; raises as `read` does."""
    card: RunCard = _chosen(os.fspath(path), None).load().read_card(Path(path))
    return card


def _chosen(name: str, format: str | None) -> Format:
    if format is not None:
        if format not in FORMATS:
            raise ValueError(f"format {format!r} is not known: give one of {', '.join(FORMATS)}")
        return FORMATS[format]
    suffix = Path(name).suffix.lower()
    for kind in FORMATS.values():
        if suffix in kind.suffixes:
            return kind
    known = ", ".join(suffix for kind in FORMATS.values() for suffix in kind.suffixes)
    raise ValueError(f"{name}: the name does not tell the format; end it in one of {known}, or give the format")


def _require_same_ending(place: Place, kind: Format) -> None:
    """Refuse a link to a file whose name promises another format."""
    if place.final is None or place.final.suffix.lower() in ("", Path(place.name).suffix.lower(), *kind.suffixes):
        return
    raise ValueError(
        f"{place.name}: leads to {place.final.name}, which is no name of a {kind.name} file; mend the link"
    )


def _reader(path: str | os.PathLike[str]) -> Any:
    kind = _chosen(os.fspath(path), None)
    if not kind.readable:
        raise ValueError(f"{os.fspath(path)}: read {kind.name} files with {kind.package}")
    return kind.load()


def _state(place: Place, kind: Format, module: Any, card: RunCard, rows: int, journal: Journal) -> State | None:
    """What is safely in the unfinished file; None if that is nothing."""
    state = journal.state()
    require_same(state.card, card, str(place.partial))
    if (state.format, state.rows) != (kind.name, rows):
        raise ValueError(
            f"{place.partial} holds {state.rows} events as {state.format}, not {rows} as {kind.name}; "
            "resume with the same settings or choose another file"
        )
    state = verified(place, state, getattr(module, "ranges", ranges))
    return state if state.records else None
