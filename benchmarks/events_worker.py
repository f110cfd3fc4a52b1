"""Speed of the event generator on all cores, in a process of its own: prints one JSON object.

Usage: ``python events_worker.py M_N SECONDS``, for germanium and argon at Chooz and for the crystals of NUCLEUS-10g.
Each case is repeated in turns with what it is compared with; times are seconds per event.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, range(os.cpu_count() or 1))  # the parent may be pinned to one core

import jax
import jax.numpy as jnp
import numpy as np
from hepunits import cm, kg, year

import nushine as ns
from nushine.events import BLOCK, COLUMNS, Generator, RunCard
from nushine.io.events import open_writer, write_stream
from nushine.numerics.threefry import uniforms
from timing import Timing, alternate

BLOCKS = 32
"""Blocks of 65 536 events in one repetition."""


def main() -> None:
    signal, seconds = ns.Dipole(float(sys.argv[1]), 1e-8), float(sys.argv[2])
    germanium = Generator(ns.experiments.load("nucleus-1kg"), signal)
    crystals = Generator(ns.experiments.load("nucleus-10g"), signal)
    argon = Generator(argon_at_chooz(), signal)
    numbers, n = numbers_per_event(germanium), BLOCKS * BLOCK
    draw = raw_numbers(numbers)
    memory, sample, *raws = alternate(
        lambda: stream(germanium, n),
        lambda: germanium.sample(n, seed=1),
        lambda: in_turns(draw, BLOCKS),
        lambda: [jax.block_until_ready(draw(i)) for i in range(BLOCKS)],
        seconds=2 * seconds,
        least=3,
    )
    raw = min(raws, key=lambda timing: timing.fastest)
    other, placed = alternate(lambda: stream(argon, n), lambda: stream(crystals, n // 4), seconds=seconds, least=3)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        parquet, disk = alternate(
            lambda: write(germanium, n, Path(folder) / "events.parquet"),
            raw_bytes(Path(folder) / "bytes", n),
            seconds=seconds,
            least=2,
        )
        (hepmc3,) = alternate(lambda: write(germanium, BLOCK, Path(folder) / "x.hepmc3"), seconds=seconds, least=1)
    times = {
        "memory": (memory, n),
        "sample": (sample, n),
        "raw": (raw, n),
        "argon": (other, n),
        "placed": (placed, n // 4),
        "parquet": (parquet, n),
        "disk": (disk, n),
        "hepmc3": (hepmc3, BLOCK),
    }
    print(
        json.dumps(
            {
                "cores": os.cpu_count(),
                "numbers_per_event": numbers,
                "bytes_per_event": bytes_per_event(),
                "seconds": {name: per_event(*timed) for name, timed in times.items()},
            }
        )
    )


def argon_at_chooz() -> ns.Experiment:
    """A kilogram of 40Ar, everything seen."""
    return ns.Experiment(
        name="argon",
        source=ns.sources.chooz(),
        target=ns.targets.compound("Ar[40]"),
        mass=1 * kg,
        exposure=1 * year,
        path=5 * cm,
    )


def per_event(timing: Timing, n: int) -> list[float]:
    """Fastest, median and slow time of an event [s], and repetitions."""
    return [timing.fastest / n, timing.median / n, timing.slow / n, timing.repeats]


def numbers_per_event(generator: Generator) -> float:
    """Uniform numbers that an event takes: four for each candidate, and those of the chain and of the places."""
    plan = generator.plan
    candidates = plan.proposal.candidates_for(BLOCK) / BLOCK
    return 4 * candidates + (7 if plan.mixed else 5) + (0 if plan.arrangement is None else 4)


def bytes_per_event() -> int:
    """Of the columns in memory."""
    return sum(np.dtype(c.dtype).itemsize for c in COLUMNS)


def in_turns(make: Callable[[int], Any], blocks: int) -> None:
    """Make blocks on all cores, without keeping them."""

    def drop(i: int) -> None:
        jax.block_until_ready(make(i))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(drop, range(blocks)))


def raw_numbers(numbers: float) -> Callable[[int], list[jax.Array]]:
    """Draw as many uniform numbers as a block takes, with the same generator, row by row as the events do."""
    rows = round(numbers)
    scale = numbers / rows

    @jax.jit
    def draw(i: jax.Array) -> list[jax.Array]:
        return uniforms(jax.random.fold_in(jax.random.PRNGKey(1), i), rows, round(BLOCK * scale))

    return lambda i: draw(jnp.asarray(i))


def stream(generator: Generator, n: int) -> None:
    """Make blocks of events in memory, one after the other."""
    for _ in generator.stream(n, seed=1):
        pass


def write(generator: Generator, n: int, path: Path) -> None:
    """Generate and write a file."""
    card: RunCard = generator.card(n, 1)
    with open_writer(path, card) as writer:
        write_stream(writer, generator.stream(n, 1))


def raw_bytes(path: Path, n: int) -> Callable[[], None]:
    """Write as many bytes as the events have."""
    block = os.urandom(BLOCK * bytes_per_event())

    def to_disk() -> None:
        with path.open("wb", buffering=0) as file:
            for _ in range(n // BLOCK):
                file.write(block)

    return to_disk


if __name__ == "__main__":
    main()
