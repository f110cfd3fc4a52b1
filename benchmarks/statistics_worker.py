"""Speed of limits, contours and toys on all cores, in a process of its own: prints one JSON object.

Usage: ``python statistics_worker.py SECONDS``. pyhf, with its numpy backend and its default fits, gets the same
workspaces, brackets around its limits, and toys that are already drawn; without it only our own times are measured.
Times are lists as in `Timing`; `agreement` says how far the results of both are apart.
"""

import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, NamedTuple

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, range(os.cpu_count() or 1))  # the parent may be pinned to one core

import jax.numpy as jnp
import numpy as np

import nushine as ns
from nushine.io import to_pyhf
from nushine.statistics import Binning, Contour, Limit, Method, Model, exclusion, forecast, strength_limit, toys
from timing import Timing, alternate

MASSES = np.geomspace(0.01, 8.0, 50)
"""Masses of the contour [MeV]."""

CHECKED = 25
"""The mass of the contour whose limit pyhf computes."""

CL, TESTED, TOYS, FEW = 0.90, 40.0, 100_000, 16
"""Confidence level, strength that toys test, how many there are, and how many of them pyhf fits."""


class Theirs(NamedTuple):
    """A workspace in pyhf."""

    model: Any
    data: Any


def main() -> None:
    seconds, with_pyhf = float(sys.argv[1]), find_spec("pyhf") is not None
    warnings.simplefilter("ignore")  # of jsonschema in pyhf
    nucleus = ns.experiments.load("nucleus-1kg")
    fifty = forecast(nucleus, dipole(3.0), binning=Binning(5, 5, 2))(1e-8)
    parts = (of_contour(nucleus, seconds, with_pyhf), of_limits(fifty, seconds, with_pyhf), of_toys(fifty, with_pyhf))
    print(
        json.dumps(
            {
                "cores": os.cpu_count(),
                "pyhf": version("pyhf") if with_pyhf else "",
                "nuisances": len(fifty.nuisances),
                "few": FEW,
                "seconds": {name: timing for part in parts for name, timing in part[0].items()},
                "agreement": {name: x for part in parts for name, x in part[1].items()},
            }
        )
    )


Part = tuple[dict[str, Timing], dict[str, float]]
"""Times, and differences from pyhf."""


def dipole(m_N: float) -> ns.Dipole:
    """Unit moment; arrays, so that all masses share what is compiled."""
    return ns.Dipole(jnp.asarray(m_N), jnp.asarray(1.0))


def of_contour(nucleus: ns.Experiment, seconds: float, with_pyhf: bool) -> Part:
    """The contour with its bands against six limits of pyhf; the median is 1 for a model on the contour."""

    def contour() -> Contour:
        return exclusion(nucleus, MASSES, cl=CL, method=Method.ASYMPTOTIC, bands=True)

    (ours,) = alternate(contour, seconds=seconds)
    if not with_pyhf:
        return {"contour": ours}, {}
    on_it = forecast(nucleus, dipole(MASSES[CHECKED]))(contour().mu[CHECKED])
    theirs = in_pyhf(on_it)
    found, timing = repeat(lambda: six_limits(theirs, 4.0), 2)
    return {"contour": ours, "pyhf contour": times(timing, MASSES.size)}, {"contour": abs(1 / float(found[0]) - 1)}


def of_limits(model: Model, seconds: float, with_pyhf: bool) -> Part:
    """One observed limit and five expected ones."""

    def limit() -> Limit:
        return strength_limit(model, cl=CL)

    (ours,) = alternate(limit, seconds=seconds)
    if not with_pyhf:
        return {"limits": ours}, {}
    theirs, known = in_pyhf(model), limit()
    found, timing = repeat(lambda: six_limits(theirs, 4 * known.expected[2]), 2)
    difference = np.max(np.abs(np.array([known.observed, *known.expected]) / found - 1))
    return {"limits": ours, "pyhf limits": timing}, {"limits": float(difference)}


def of_toys(model: Model, with_pyhf: bool) -> Part:
    """Toys without signal, fitted for q_tilde of a strength."""
    few = toys.statistics(model, FEW, TESTED, 0.0)  # compiles: blocks are all alike
    _, ours = repeat(lambda: toys.statistics(model, TOYS, TESTED, 0.0), 2)
    if not with_pyhf:
        return {"toys": ours}, {}
    theirs = in_pyhf(model)
    sets = drawn(model, theirs)
    found, timing = repeat(lambda: np.array([q_tilde(theirs, data) for data in sets]), 3)
    return {"toys": ours, "pyhf toys": times(timing, TOYS / FEW)}, {"toys": float(np.max(np.abs(few - found)))}


def repeat(function: Callable[[], np.ndarray], repeats: int) -> tuple[np.ndarray, Timing]:
    """Result and time of a slow function that needs no further call to be warm."""
    samples = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        samples.append(time.perf_counter() - start)
    return result, Timing.of(samples)


def times(timing: Timing, factor: float) -> Timing:
    """Time of so many of them."""
    return Timing(timing.fastest * factor, timing.median * factor, timing.slow * factor, timing.repeats)


def in_pyhf(model: Model) -> Theirs:
    """The workspace of a model and its background-only Asimov data."""
    import pyhf

    workspace = pyhf.Workspace(to_pyhf(model))
    theirs = workspace.model()
    return Theirs(theirs, workspace.data(theirs))


def six_limits(theirs: Theirs, most: float) -> np.ndarray:
    """What `upper_limit` of pyhf does, whose 0.7.6 forgets the level; observed, and expected for -2 to 2 sigma."""
    from pyhf.infer.intervals.upper_limits import toms748_scan

    observed, expected = toms748_scan(theirs.data, theirs.model, 0.0, most, level=1 - CL)
    return np.array([float(observed), *(float(x) for x in expected)])


def drawn(model: Model, theirs: Theirs) -> list[np.ndarray]:
    """Our toys as pyhf wants them: counts, then the constraints of the parameters that it has."""
    data = toys.draw(model, FEW, 0.0)
    order = [model.nuisances.index(name) for name in theirs.model.config.auxdata_order]
    return list(np.concatenate([data.counts, np.asarray(data.auxiliary)[:, order]], axis=1))


def q_tilde(theirs: Theirs, data: np.ndarray) -> float:
    """The statistic of one toy."""
    from pyhf.infer.test_statistics import qmu_tilde

    config = theirs.model.config
    start, bounds, fixed = config.suggested_init(), config.suggested_bounds(), config.suggested_fixed()
    return float(qmu_tilde(TESTED, data, theirs.model, start, bounds, fixed))


if __name__ == "__main__":
    main()
