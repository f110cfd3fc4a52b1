"""Result records as columns with names and units: CSV files, and dictionaries for JSON."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import singledispatch
from io import StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nushine.constraints import PublishedLimit
from nushine.io.atomic import write_text
from nushine.observables import Spectrum
from nushine.statistics import Contour, Evidence

FloatArray = NDArray[np.float64]
Value = str | float | bool | None


@dataclass(frozen=True)
class Column:
    """Numbers with a name and a unit.

    Parameters
    ----------
    name : str
        As in the formulas, such as "m_N".
    unit : str
        Such as "MeV" or "1/MeV"; empty for pure numbers.
    values : array, shape (n,)
        The numbers, in this unit; or words.
    may_be_infinite : bool
        Whether infinity is one of the answers; `to_dict` then adds a flag per number.

    Examples
    --------
    >>> column = Column("dN_dE_R", "1/MeV", np.array([2.0]))
    >>> column.header, column.key
    ('dN_dE_R [1/MeV]', 'dN_dE_R_per_MeV')

    """

    name: str
    unit: str
    values: FloatArray | NDArray[np.str_]
    may_be_infinite: bool = False

    @property
    def header(self) -> str:
        """Name and unit, for the first row of a CSV file."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    @property
    def key(self) -> str:
        """Name and unit as one word, for JSON."""
        return f"{self.name}_{self.unit.replace('1/', 'per_')}" if self.unit else self.name


@singledispatch
def columns(record: object) -> tuple[Column, ...]:
    """The numbers of a result record.

    Parameters
    ----------
    record : Spectrum, Contour, Evidence or PublishedLimit
        What `nushine.observables`, `nushine.statistics` and `nushine.constraints` give.

    Raises
    ------
    TypeError
        For any other object.

    """
    raise TypeError(f"{type(record).__name__} is no table: give a Spectrum, Contour, Evidence or PublishedLimit")


@columns.register
def _(record: Spectrum) -> tuple[Column, ...]:
    unit = "MeV" if record.variable.startswith("E_") else ""
    density = Column(f"dN_d{record.variable}", f"1/{unit}" if unit else "", record.density)
    return Column(record.variable, unit, record.x), density


@columns.register
def _(record: Contour) -> tuple[Column, ...]:
    bands = [
        Column(f"mu_{sigma:+d}_sigma", "mu_B", values, may_be_infinite=True)
        for sigma, values in zip(range(-2, 3), record.bands.T, strict=False)
    ]
    return (
        Column("m_N", "MeV", record.m_N),
        Column("mu", "mu_B", record.mu, may_be_infinite=True),
        Column("mu_max", "mu_B", record.mu_max, may_be_infinite=True),
        Column("events", "", record.events),
        Column("effective_events", "", record.effective),
        *bands,
        *_status(record),
    )


def _status(record: Contour | Evidence) -> tuple[Column, ...]:
    """A column of words, if any mass has more to tell than a number."""
    return (Column("status", "", record.status),) if np.any(record.status != "found") else ()


@columns.register
def _(record: Evidence) -> tuple[Column, ...]:
    table = [Column("m_N", "MeV", record.m_N)]
    for Z, mu, events in zip(record.sigmas, record.mu.T, record.events.T, strict=True):
        table.append(Column(f"mu_{Z:g}_sigma", "mu_B", mu, may_be_infinite=True))
        table.append(Column(f"events_{Z:g}_sigma", "", events, may_be_infinite=True))
    return *table, *_status(record)


@columns.register
def _(record: PublishedLimit) -> tuple[Column, ...]:
    return Column("m_N", "MeV", record.m_N), Column("mu", "mu_B", record.mu)


@singledispatch
def description(record: object) -> dict[str, Value | list[Value]]:
    """What a result record was computed for, or where it comes from; `columns` has its numbers."""
    raise TypeError(f"{type(record).__name__} is no table: give a Spectrum, Contour, Evidence or PublishedLimit")


@description.register
def _(record: Spectrum) -> dict[str, Value | list[Value]]:
    return {"experiment": record.experiment, "process": record.process, "variable": record.variable}


@description.register
def _(record: Contour) -> dict[str, Value | list[Value]]:
    return {
        "experiment": record.experiment,
        "channel": record.channel,
        "nature": record.nature,
        "prompt": record.prompt,
        "cl": record.cl,
        "method": record.method,
        "convention": record.convention,
        "nuisances": ", ".join(record.nuisances),
        "background": record.background,
        "background_error": record.rests_on.error,
        "caveats": list(record.caveats),
    }


@description.register
def _(record: Evidence) -> dict[str, Value | list[Value]]:
    return {
        "experiment": record.experiment,
        "channel": record.channel,
        "truth": record.truth,
        "against": record.against,
        "prompt": record.prompt,
        "method": record.method,
        "nuisances": ", ".join(record.nuisances),
        "background": record.background,
        "background_error": record.rests_on.error,
        "caveats": list(record.caveats),
    }


@description.register
def _(record: PublishedLimit) -> dict[str, Value | list[Value]]:
    return {
        "name": record.name,
        "label": record.label,
        "flavour": record.flavour.value,
        "solar": record.solar,
        "kind": record.kind.value,
        "boundary": record.boundary.value,
        "cl": record.cl,
        "convention": record.convention,
        "paper": record.paper,
        "arxiv": record.arxiv,
        "variant_of": record.variant_of,
        "note": record.note,
    }


def to_dict(record: object) -> dict[str, Value | list[Value]]:
    """A result record as a dictionary that `json.dumps` takes, with the units in the keys.

    Infinite numbers, and those that were not found, become None; a column that may be infinite is followed by a list of
    flags, `<key>_is_infinite`.

    Examples
    --------
    >>> from nushine.observables import Spectrum
    >>> x = np.array([0.5, 1.0])
    >>> to_dict(Spectrum(x, 4 * x, "E_gamma", "nucleus-1kg", "Dirac N"))["dN_dE_gamma_per_MeV"]
    [2.0, 4.0]

    """
    document: dict[str, Value | list[Value]] = {**description(record)}
    for column in columns(record):
        if column.values.dtype.kind == "U":
            document[column.key] = [str(x) for x in column.values]
            continue
        values = np.asarray(column.values, dtype=float)
        infinite = np.isinf(values) & column.may_be_infinite
        document[column.key] = [
            None if flag or np.isnan(x) else float(x) for x, flag in zip(values, infinite, strict=True)
        ]
        if column.may_be_infinite:
            document[f"{column.key}_is_infinite"] = [bool(flag) for flag in infinite]
    return document


def write_csv(path: Path, table: Iterable[Column]) -> None:
    """Write columns of equal length with a header row such as ``m_N [MeV],mu [mu_B]``, with ``inf`` and ``nan``.

    A regular file appears under its name when it is complete, so that a full disk leaves no half of it.

    Parameters
    ----------
    path : Path
        File to write; its folder must exist.
    table : iterable of Column
        From `columns`, or made by hand.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If the columns differ in length.

    """
    table = list(table)
    rows = list(zip(*([x if isinstance(x, str) else repr(float(x)) for x in c.values] for c in table), strict=True))
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([[column.header for column in table], *rows])
    write_text(path, text.getvalue())
