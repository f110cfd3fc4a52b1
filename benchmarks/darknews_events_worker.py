"""Time the event generator of DarkNews and its writers; prints one line of JSON. Runs without nushine.

Usage: ``python darknews_events_worker.py experiment flavour m_N mu_tr neval repeats written`` with an experiment by
name ("sbnd") or by its file, flavour such as "nu_mu", m_N in MeV, mu_tr in 1/GeV, `neval` events per helicity and the
number of events `written` to HepMC3.
"""

import contextlib
import io
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

START = time.perf_counter()

import DarkNews  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

IMPORT = time.perf_counter() - START

HELICITIES = {"both helicities": {}, "helicity flip only": {"noHC": True}}
CAP = 0.999


def launcher(settings: dict[str, Any], seed: int, path: str) -> DarkNews.GenLauncher:
    """The generator as a user calls it, with its other options as they come, and no file written."""
    return DarkNews.GenLauncher(
        decay_product="photon", HNLtype="dirac", nopelastic=True, pandas=False, loglevel="ERROR",
        seed=seed, path=path, **settings,
    )  # fmt: skip


class Training:
    """Seconds spent in the adaptation of the integrator (`DarkNews.MC.run_vegas`)."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.run = DarkNews.MC.run_vegas

    def __enter__(self) -> "Training":
        def timed(*arguments: Any, **options: Any) -> Any:
            start = time.perf_counter()
            result = self.run(*arguments, **options)
            self.seconds += time.perf_counter() - start
            return result

        DarkNews.MC.run_vegas = timed
        return self

    def __exit__(self, *_: object) -> None:
        DarkNews.MC.run_vegas = self.run


def accepted(events: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Unweighted events: each is kept with the probability w / max(w); those of negative weight cannot be."""
    weight = events["w_event_rate"].to_numpy().ravel()
    return events[random.random(weight.size) * weight.max() < weight]


def quality(events: pd.DataFrame) -> dict[str, float]:
    """How far the weights are from equal ones, and how many events are not usable."""
    weight = events["w_event_rate"].to_numpy().ravel()
    positive = np.maximum(weight, 0)
    cap = np.quantile(positive, CAP)
    momenta = events[[c for c in events.columns if c[0].startswith("P_")]].to_numpy()
    return {
        "efficiency": float(positive.mean() / weight.max()),
        "efficiency_capped": float(np.minimum(positive, cap).mean() / cap),
        "weight_above_cap": float(np.maximum(positive - cap, 0).sum() / positive.sum()),
        "effective": float(weight.sum() ** 2 / (weight**2).sum() / weight.size),
        "negative": float((weight < 0).mean()),
        "not_a_number": float(np.isnan(momenta).any(axis=1).mean()),
    }


def generation(settings: dict[str, Any], repeats: int, path: str) -> dict[str, Any]:
    """Complete runs, and of these the part of the training; times in seconds."""
    seconds: dict[str, list[float]] = {"setup": [], "run": [], "training": [], "unweighting": []}
    counts: dict[str, list[int]] = {"events": [], "unweighted": []}
    qualities = []
    for seed in range(1, repeats + 1):
        begin = time.perf_counter()
        generator = launcher(settings, seed, path)
        ready = time.perf_counter()
        with Training() as training:
            events = generator.run()
        done = time.perf_counter()
        unweighted = accepted(events, np.random.default_rng(seed))
        end = time.perf_counter()
        for name, value in zip(seconds, (ready - begin, done - ready, training.seconds, end - done), strict=True):
            seconds[name].append(value)
        counts["events"].append(len(events))
        counts["unweighted"].append(len(unweighted))
        qualities.append(quality(events))
    means = {name: float(np.mean([q[name] for q in qualities])) for name in qualities[0]}
    return {"seconds": seconds, **counts, **means}


def writing(settings: dict[str, Any], repeats: int, written: int, path: str) -> dict[str, Any]:
    """Seconds of the writers: Parquet of a whole run; HepMC3 of a part of it, weighted and by its `hep_unweight`."""
    generator = launcher(settings, 1, path)
    generator.run()
    printer, events = generator.dn_printer, generator.df
    part = events.iloc[:written].copy()
    few = DarkNews.printer.Printer(part, data_path=path, decay_product="photon")
    return {
        "columns": ["_".join(column).rstrip("_") for column in events.columns],
        "parquet": _times(printer.print_events_to_parquet, len(events), repeats),
        "hepmc3": _times(few.print_events_to_hepmc3, len(part), repeats),
        "hepmc3_unweighted": _times(
            lambda: few.print_events_to_hepmc3(hep_unweight=True, unweighted_hep_events=len(part)), len(part), repeats
        ),
    }


def _times(write: Callable[[], object], events: int, repeats: int) -> dict[str, Any]:
    """Seconds of each call; what went wrong where it fails (resampling stops at a negative weight)."""
    seconds: list[float] = []
    try:
        for _ in range(repeats):
            start = time.perf_counter()
            write()
            seconds.append(time.perf_counter() - start)
    except (ValueError, AttributeError) as error:
        return {"events": events, "seconds": [], "failure": f"{type(error).__name__}: {error}"}
    return {"events": events, "seconds": seconds, "failure": ""}


def main(
    experiment: str, flavour: str, m_N: float, mu_tr: float, neval: int, repeats: int, written: int
) -> dict[str, object]:
    letter = flavour.removeprefix("nu_").removesuffix("_bar")
    settings = {"experiment": experiment, "nu_flavors": [flavour], "m4": m_N / 1e3, "neval": neval}
    settings[f"mu_tr_{letter}4"] = mu_tr
    with tempfile.TemporaryDirectory() as path, contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runs = {name: generation(settings | only, repeats, path) for name, only in HELICITIES.items()}
        writers = writing(settings | {"neval": min(neval, 10_000)}, repeats, written, path)
    versions = {name: version(name) for name in ("DarkNews", "vegas", "numpy", "pandas", "pyarrow", "pyhepmc")}
    return {"versions": versions, "import_seconds": IMPORT, "runs": runs, "writers": writers}


if __name__ == "__main__":
    experiment, flavour = sys.argv[1:3]
    neval, repeats, written = (int(x) for x in sys.argv[5:8])
    print(json.dumps(main(experiment, flavour, float(sys.argv[3]), float(sys.argv[4]), neval, repeats, written)))
