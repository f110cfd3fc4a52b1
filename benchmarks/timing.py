"""One core, warm calls, the fastest one with the spread."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

ONE_THREAD = "--xla_cpu_multi_thread_eigen=false"


class Timing(NamedTuple):
    """Fastest, median and 90 % quantile of repeated calls [s], and how many there were."""

    fastest: float
    median: float
    slow: float
    repeats: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Timing":
        """Summarise the times of single calls [s]."""
        ordered = sorted(seconds)
        slow = ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]
        return cls(ordered[0], statistics.median(ordered), slow, len(ordered))


def pin_to_one_core() -> int | None:
    """Keep this process, and what it starts, on one core; call it before JAX is imported. None where not possible."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {ONE_THREAD}".strip()
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def alternate(*functions: Callable[[], Any], seconds: float = 3.0, least: int = 5, most: int = 200) -> list[Timing]:
    """Time the functions in turns, so that caches and other work on the machine touch all of them alike.

    Two untimed rounds come first (compilation, caches), then rounds until `seconds` are over.
    """
    for function in functions * 2:
        _finish(function())
    samples: list[list[float]] = [[] for _ in functions]
    end = time.perf_counter() + seconds
    while len(samples[0]) < least or (time.perf_counter() < end and len(samples[0]) < most):
        for function, sample in zip(functions, samples, strict=True):
            start = time.perf_counter()
            _finish(function())
            sample.append(time.perf_counter() - start)
    return [Timing.of(sample) for sample in samples]


def _finish(result: Any) -> None:
    """Wait for the result of an asynchronous call."""
    import jax

    jax.block_until_ready(result)
