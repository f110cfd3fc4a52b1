"""Rows of the table about limits, contours and toys: a process of its own on all cores, with pyhf in it."""

import math
import sys
from pathlib import Path
from typing import Any

import worker
from cases import Goal, Row
from timing import Timing

WORKER = Path(__file__).with_name("statistics_worker.py")
TIMEOUT = 3600.0

AGREEMENT = {"contour": 1e-3, "limits": 1e-3, "toys": 1e-2}
"""Largest differences from pyhf (relative, relative, in q) with which a goal that is a ratio counts as met."""


def measure(seconds: float = 4.0) -> list[Row]:
    """Speed of a contour, of limits on 50 bins, and of toys, against pyhf."""
    result = worker.result(sys.executable, WORKER, (seconds,), TIMEOUT)
    where, parameters = f"{result['cores']} cores", f"{result['nuisances']} nuisance parameters"
    contour = f"exclusion contour and bands of NUCLEUS-1kg, 50 masses, {parameters}, {where}"
    limits = "observed and 5 expected limits, 50 bins"
    toys, few = f"1e5 toys with profiling, 50 bins, {where}", f"{result['few']} toys, scaled to 1e5"
    return [
        _row(result, "contour", contour, "observed and 5 expected limits, times 50", Goal(most_seconds=2.0)),
        _row(result, "contour", f"the same, as a ratio, {where}", "times 50", Goal(least_ratio=100))._replace(
            remark=""
        ),
        _row(result, "limits", limits, "the same", Goal(least_ratio=100)),
        _row(result, "toys", toys, few, Goal(most_seconds=20.0)),
        _row(result, "toys", f"the same, as a ratio, {where}", few, Goal(least_ratio=100))._replace(remark=""),
    ]


def _row(result: dict[str, Any], name: str, what: str, of_pyhf: str, goal: Goal) -> Row:
    """One line, with the reference and the agreement where pyhf is installed."""
    ours = Timing(*result["seconds"][name])
    if not result["pyhf"]:
        return Row(what, ours, "pyhf: not measured (not installed)", None, goal, True)
    difference = result["agreement"][name]
    if goal.least_ratio is not None and not difference < AGREEMENT[name]:
        goal = Goal(least_ratio=math.inf)
    remark = f"differs from pyhf {result['pyhf']} by {difference:.0e}{' in q_tilde' if name == 'toys' else ''}"
    return Row(what, ours, f"pyhf, {of_pyhf}", Timing(*result["seconds"][f"pyhf {name}"]), goal, True, remark)
