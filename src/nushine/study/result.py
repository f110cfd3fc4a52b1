"""What each part of the study hands back: a picture, its numbers, and sentences for the summary."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from nushine.io import Column, write_csv
from nushine.plotting.style import Figure, save

Advance = Callable[[int], None]
"""Called with a number of steps done."""


@dataclass(frozen=True)
class Result:
    """One figure of the study.

    Parameters
    ----------
    figure : Figure
        The picture.
    tables : mapping
        The numbers of the picture: for each table (named by a suffix, or "") its columns, keyed by name with unit.
    summary : str
        Markdown for summary.md.

    """

    figure: Figure
    tables: Mapping[str, Mapping[str, ArrayLike]]
    summary: str


@dataclass(frozen=True)
class Part:
    """A figure that can be computed: its title, its number of steps, and the function that makes it."""

    title: str
    steps: int
    make: Callable[[Advance], Result] = field(repr=False)


def write(result: Result, folder: Path, name: str) -> None:
    """Write PDF, PNG, CSV and the sentences of one result; the sentences last, as a sign that all is there."""
    save(result.figure, folder, name)
    for suffix, columns in result.tables.items():
        numbers = [Column(header, "", np.asarray(values, dtype=float)) for header, values in columns.items()]
        write_csv(folder / f"{name}{suffix}.csv", numbers)
    (folder / f"{name}.md").write_text(result.summary, encoding="utf-8")


def table(header: list[str], rows: list[list[str]]) -> str:
    """Lay out a Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def power(x: float, digits: int = 2) -> str:
    """Write a number as 1.2e-10, or as a word if there is none or it was not found."""
    if np.isnan(x):
        return "not found"
    return f"{x:.{digits - 1}e}".replace("e-0", "e-").replace("e+0", "e+") if np.isfinite(x) else "none"
