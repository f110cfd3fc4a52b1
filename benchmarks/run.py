"""Measure how fast nushine is, as ratios within one run, and print one table (see README.md beside this file)."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timing import Timing, pin_to_one_core

if TYPE_CHECKING:
    from cases import Goal, Row

E_NU, M_N, MU, NUCLEUS = 6.0, 3.0, 1e-8, "Ge74"
"""Where the cross section is compared with DarkNews: energies in MeV, the moment in Bohr magnetons."""


def main() -> None:
    arguments = _arguments()
    core = pin_to_one_core()
    rows, failures = measure(arguments.darknews_python, arguments.darknews_repeats)
    show(rows, core)
    if arguments.json:
        arguments.json.write_text(json.dumps(record(rows), indent=2) + "\n", encoding="utf-8")
    if failures:
        sys.exit("\n\n".join(failures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to this file too")
    parser.add_argument("--darknews-python", metavar="PYTHON", help="interpreter that has DarkNews (default: this one)")
    parser.add_argument("--darknews-repeats", type=int, default=7, metavar="N", help="calls of DarkNews (default: 7)")
    return parser.parse_args()


def measure(darknews_python: str | None, darknews_repeats: int) -> "tuple[list[Row], list[str]]":
    """Every case, one after the other, and what workers that failed had to say."""
    import cases
    import darknews_process
    import events
    import statistics_rows
    from nushine.constants import mu_B
    from worker import WorkerError

    other = darknews_process.measure(darknews_python, E_NU, M_N, MU * mu_B * 1e3, NUCLEUS, max(darknews_repeats, 2))
    parts: list[Callable[[], list[Row]]] = [
        cases.recoil_spectra,
        cases.kernels,
        lambda: cases.cross_section(E_NU, M_N, MU, NUCLEUS, other),
        cases.sterile_rates,
        lambda: events.measure(MU * mu_B * 1e3, darknews_python),
        statistics_rows.measure,
    ]
    rows: list[Row] = []
    failures = []
    for part in parts:
        try:
            rows += part()
        except WorkerError as error:
            failures.append(str(error))
    return rows, failures


def show(rows: "list[Row]", core: int | None) -> None:
    """Print the table and the remarks under it."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="nushine: speed, warm, on one core", caption=_caption(core), caption_justify="left")
    for heading in ("case", "fastest (median, 90 %)", "compared with", "its fastest (median, 90 %)"):
        table.add_column(heading)
    for heading in ("ratio", "goal", "met"):
        table.add_column(heading, justify="right")
    for row in rows:
        other = _span(row.reference) if row.reference else ""
        table.add_row(row.what, _span(row.time), row.against, other, _ratio(row), _goal(row.goal), _met(row.met))
    console = Console(width=None if Console().is_terminal else 170)
    console.print(table)
    for row in rows:
        if row.remark:
            console.print(f"{row.what}: {row.remark}", highlight=False, soft_wrap=True)


def record(rows: "list[Row]") -> dict[str, Any]:
    """The numbers, for machines; times in seconds."""
    from importlib.metadata import version

    return {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("jax", "numpy")},
        "rows": [
            {
                "case": row.what,
                "time": row.time._asdict(),
                "compared_with": row.against,
                "reference": row.reference._asdict() if row.reference else None,
                "ratio": row.ratio,
                "speed_up": row.speed_up,
                "goal": row.goal._asdict() if row.goal else None,
                "met": row.met,
                "remark": row.remark,
            }
            for row in rows
        ],
    }


def _caption(core: int | None) -> str:
    where = f"core {core}" if core is not None else "not pinned: this system cannot"
    load = f"; load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    how = "ratios and goals take the fastest calls, the least disturbed ones; 90 % of the calls took less than the last"
    return f"{where}{load}; {how} number"


def _span(t: Timing) -> str:
    scale, unit = _unit(t.fastest)
    return f"{t.fastest * scale:.3g} {unit} ({t.median * scale:.3g}, {t.slow * scale:.3g})"


def _unit(seconds: float) -> tuple[float, str]:
    """Factor and unit in which a time is a number above one."""
    units = ((1.0, "s"), (1e3, "ms"), (1e6, "us"), (1e9, "ns"))
    return next((scale, unit) for scale, unit in units if seconds * scale >= 1 or unit == "ns")


def _ratio(row: "Row") -> str:
    return "" if row.ratio is None else f"{row.ratio:.3g}x{' faster' if row.speed_up else ''}"


def _goal(goal: "Goal | None") -> str:
    if goal is None:
        return ""
    if goal.most_seconds is not None:
        scale, unit = _unit(goal.most_seconds)
        return f"< {goal.most_seconds * scale:g} {unit}"
    return f"<= {goal.most_ratio:g}x" if goal.most_ratio is not None else f">= {goal.least_ratio:g}x"


def _met(met: bool | None) -> str:
    return {True: "[green]yes[/green]", False: "[red]no[/red]", None: ""}[met]


if __name__ == "__main__":
    main()
