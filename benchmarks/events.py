"""Rows of the table about events: a process of its own on all cores, and DarkNews beside it."""

import sys
from pathlib import Path
from typing import Any

import darknews_events
import worker
from cases import Goal, Row
from darknews_events import DarkNewsEvents
from timing import Timing

WORKER = Path(__file__).with_name("events_worker.py")
TIMEOUT = 1800.0
M_N = 1.0
"""Mass of N [MeV]."""


def measure(mu_tr: float, darknews_python: str | None, seconds: float = 4.0) -> list[Row]:
    """Speed of generating and writing, against raw numbers, raw bytes and DarkNews (mu_tr in 1/GeV)."""
    result = worker.result(sys.executable, WORKER, (M_N, seconds), TIMEOUT)
    t = {name: Timing(*values) for name, values in result["seconds"].items()}
    other = darknews_events.measure_reactor(darknews_python, M_N, mu_tr)
    return [*_generation(t, result), *_against_darknews(t, other), *_files(t, result, other)]


def _generation(t: dict[str, Timing], result: dict[str, Any]) -> list[Row]:
    where = f"{result['cores']} cores"
    numbers = f"{result['numbers_per_event']:.3g} raw uniform numbers"
    rate = f"{1e-6 / t['memory'].fastest:.2f}e6 events/s"
    return [
        Row(f"event in memory, Ge, {where}", t["memory"], numbers, t["raw"], Goal(most_seconds=2e-7), remark=rate),
        Row(f"the same, as a ratio, {where}", t["memory"], numbers, t["raw"], Goal(most_ratio=6)),
        Row(f"event of one large sample, {where}", t["sample"], "event in memory", t["memory"]),
        Row(f"event in the geometry of NUCLEUS-10g, {where}", t["placed"], "event of Ge", t["memory"]),
    ]


def _against_darknews(t: dict[str, Timing], other: DarkNewsEvents) -> list[Row]:
    what, goal = "unweighted event, Ar at Chooz", Goal(least_ratio=500)
    if other.both is None or other.flip is None:
        return [Row(what, t["argon"], f"DarkNews: not measured ({other.failure})", None, goal, True)]
    rows = [
        ("DarkNews, unweighted", other.both.unweighted, goal),
        ("the same without adaptation", other.both.unweighted_trained, None),
        ("DarkNews, one helicity of N", other.flip.unweighted, None),
        ("the same without adaptation", other.flip.unweighted_trained, None),
        ("DarkNews, weighted", other.both.weighted, None),
    ]
    return [Row(what, t["argon"], against, time, aim, True) for against, time, aim in rows]


def _files(t: dict[str, Timing], result: dict[str, Any], other: DarkNewsEvents) -> list[Row]:
    raw = f"{result['bytes_per_event']} raw bytes to disk"
    rows = [Row("event generated and written, Parquet", t["parquet"], raw, t["disk"], Goal(most_seconds=5e-7))]
    if other.hepmc3 is not None:
        rows.append(
            Row(
                "event generated and written, HepMC3",
                t["hepmc3"],
                "HepMC3 of DarkNews",
                other.hepmc3,
                Goal(least_ratio=50),
                True,
            )
        )
    return rows
