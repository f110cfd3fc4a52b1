"""Commands that compute something for one mass after the other: `limit` and `discriminate`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from nushine.cli import options, output
from nushine.cli.errors import INTERRUPTED, NOT_FOUND

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nushine.experiments import Experiment
    from nushine.statistics import Contour, Evidence

    FloatArray = NDArray[np.float64]

T = TypeVar("T")

SHOWN = 6
"""Masses that a note lists one by one."""

SingleOption = Annotated[
    list[str] | None, typer.Option("--m-N", help='A mass with its unit, "3 MeV"; may be given again.')
]
LadderOption = Annotated[
    tuple[str, str, str] | None,
    typer.Option("--masses", metavar="LOW HIGH N", help='N masses evenly in the logarithm: "0.01 MeV" "8 MeV" 30.'),
]


def wanted(single: Sequence[str] | None, ladder: tuple[str, str, str] | None) -> list[float]:
    """Masses asked for [MeV]; none if the user leaves them to us."""
    from nushine.config import whole_number

    if single and ladder:
        raise ValueError("--m-N and --masses exclude each other: give one of them")
    if ladder is None:
        return [options.energy(text, "--m-N") for text in single or ()]
    low, high = (options.energy(text, "--masses") for text in ladder[:2])
    if not 0 < low < high:
        raise ValueError(f"--masses {ladder[0]} {ladder[1]}: give a mass above zero, then a larger one")
    try:
        return _ladder(low, high, whole_number(ladder[2], 2, 100_000))
    except ValueError as error:
        raise ValueError(f"--masses: a ladder of {ladder[2]} masses is not possible: {error}") from None


def default(experiment: "Experiment", masses: Sequence[float]) -> list[float]:
    """The masses asked for, which must be possible, or 25 from 0.01 MeV up to what the source can make."""
    import numpy as np

    from nushine.numerics.checks import require_positive
    from nushine.observables import highest_mass, require_reachable

    grid = list(masses) or _ladder(0.01, 0.95 * highest_mass(experiment), 25)
    require_positive("m_N", np.array(grid), "MeV")
    require_reachable(experiment, grid)
    return grid


def through(
    experiment: str, text: str, masses: Sequence[float], one: "Callable[[Experiment, float], T]"
) -> tuple[T, bool]:
    """One record through all masses that were computed, and whether the user ended it before the last."""

    def steps() -> Iterator[tuple[T, int]]:
        from nushine import experiments

        setup = experiments.load(experiment)
        grid = default(setup, masses)
        for mass in grid:
            yield one(setup, mass), len(grid)

    parts, interrupted = one_by_one(text, steps)
    return joined(parts), interrupted


def one_by_one(text: str, steps: Callable[[], Iterator[tuple[T, int]]]) -> tuple[list[T], bool]:
    """Results of all masses behind a progress bar, and whether the user had seen enough; each comes with the total."""
    parts: list[T] = []
    total = 0
    try:
        with output.progress(text, None) as (bar, task):
            for part, total in steps():
                parts.append(part)
                bar.update(task, completed=len(parts), total=total)
    except KeyboardInterrupt:
        output.show_note(f"nushine: interrupted after {len(parts)} of {total or 'all'} masses")
        if not parts:
            raise typer.Exit(INTERRUPTED) from None
        return parts, True
    return parts, False


def explained(masses: "FloatArray", statuses: "NDArray[np.str_]") -> list[str]:
    """One line for each status but "found", with its masses."""
    lines = []
    for status in dict.fromkeys(statuses.tolist()):
        if status != "found":
            at = [output.number(m_N) for m_N, its in zip(masses.tolist(), statuses, strict=True) if its == status]
            shown = ", ".join(at) if len(at) <= SHOWN else f"{at[0]} to {at[-1]}, {len(at)} masses"
            lines.append(f"{status} (m_N = {shown} MeV).")
    return lines


def leave(interrupted: bool, record: "Contour | Evidence") -> None:
    """End with the exit status that tells of an interruption, or of masses where the search failed."""
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    if record.failed.any():
        output.show_note(f"nushine: no result at {int(record.failed.sum())} of {record.failed.size} masses: see status")
        raise typer.Exit(NOT_FOUND)


def joined(parts: Sequence[T]) -> T:
    """One record through the masses done: arrays are put one after the other, the rest is the same in all."""
    import numpy as np

    first: Any = parts[0]
    arrays = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(first)
        if isinstance(getattr(first, field.name), np.ndarray)
    }
    record: T = replace(first, **arrays)
    return record


def _ladder(low: float, high: float, n: int) -> list[float]:
    """Masses evenly in the logarithm [MeV]."""
    import numpy as np

    return [float(x) for x in np.geomspace(low, high, n)]
