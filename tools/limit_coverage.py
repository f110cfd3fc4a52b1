"""Actual coverage of 90 % limits on a few counts, for the figure and the table of docs/validation.md.

Usage: python tools/limit_coverage.py [--out docs/images/coverage.png] [--toys 10000]

One counting experiment: n events of Poisson mean s + b. Where b is known, coverage is the sum of the probabilities of
those n whose limit or interval holds s. Where b is measured to 20 %, n and the measurement are drawn. Intervals by
profiled toys are left out there: each of the 10 000 toys of each point would need thousands of its own.
"""

import argparse
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.stats import poisson

from nushine.plotting import style
from nushine.statistics import bayesian_limit, likelihood_ratio, p_values, poisson_interval, toys, upper_limit
from nushine.statistics.model import Data, Model
from nushine.statistics.ratios import PValues

FloatArray = NDArray[np.float64]
Coverage = dict[str, FloatArray]

CL = 0.90
BACKGROUNDS = (0.1, 1.0, 3.0, 10.0)
LOG_KAPPA = float(np.log(1.2))
FINE, COARSE = np.linspace(0.5, 20.0, 391), np.linspace(0.5, 20.0, 196)
CLS, CLSB = "CLs, asymptotic", "CLs+b, asymptotic"
CLASSICAL, UNIFIED, BAYES = "classical", "Feldman-Cousins", "Bayes, flat"
LINES = {
    CLSB: (style.ORANGE, 2.6),
    CLS: (style.VERMILION, 1.0),
    CLASSICAL: (style.SKY, 2.6),
    BAYES: (style.BLACK, 1.0),
    UNIFIED: (style.GREEN, 1.0),
}
"""Colour and width, in the order of drawing: thin lines over the thick ones that they merge with at large s."""
SHOWN = ((2.0, 0.1), (5.0, 0.1), (2.0, 1.0), (5.0, 1.0), (2.0, 3.0), (5.0, 3.0), (2.0, 10.0), (5.0, 10.0), (15.0, 10.0))
"""Signals and backgrounds of the table."""


def main() -> None:
    """Compute, print the tables, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/images/coverage.png"), help="file of the figure")
    parser.add_argument("--toys", type=int, default=10_000, help="toys at each signal")
    arguments = parser.parse_args()
    print(f"| method | b | {' | '.join(f'{s:g}, {b:g}' for s, b in SHOWN)} | least (at) |")
    print("| --- " * (3 + len(SHOWN)) + "|")
    known = {b: with_known_background(b, FINE) for b in BACKGROUNDS}
    print_table(FINE, known, "known")
    measured = {b: with_measured_background(b, COARSE, arguments.toys) for b in BACKGROUNDS}
    print_table(COARSE, measured, "20 %")
    draw(known, measured, arguments.out)


def counting_model(background: float, log_kappa: float = 0.0) -> Model:
    """One bin with one expected signal event; the background is known unless log_kappa is given."""
    nuisances = ("background",) if log_kappa else ()
    return Model(
        signal=jnp.ones(1),
        backgrounds=jnp.array([[background]]),
        log_kappa=jnp.array([[0.0, log_kappa]] * len(nuisances)).reshape(-1, 2),
        up=jnp.zeros((0, 2, 1)),
        down=jnp.zeros((0, 2, 1)),
        precision=jnp.ones(len(nuisances)),
        weight=jnp.ones(1),
        shaped=(),
        nuisances=nuisances,
        samples=("signal", "background"),
        channels=(("counts", 1),),
    )


def asymptotic(model: Model, data: Data, signal: float) -> PValues:
    """Probabilities of q_tilde, each data set with Asimov data at its own fit of the background, as `strength_limit`.

    The signal is below the limit where CLs, or CLs+b, is above 1 - CL.
    """
    theta = likelihood_ratio(model, data, 0.0).fixed.theta
    of_data, of_asimov = (likelihood_ratio(model, each, signal).value for each in (data, asimov(model, theta)))
    return p_values(of_data, of_asimov)


@eqx.filter_jit
def asimov(model: Model, theta: Array) -> Data:
    """Background-only Asimov data, one set for each row of nuisance parameters."""
    return jax.vmap(lambda row: model.asimov(0.0, row))(theta)


def counts(background: float, signals: FloatArray) -> NDArray[np.int64]:
    """All counts that matter: those beyond have a probability of less than 1e-9."""
    return np.arange(int(poisson.isf(1e-9, signals.max() + background)) + 1)


def with_known_background(background: float, signals: FloatArray) -> Coverage:
    """Coverage of each method as a sum over counts, exact."""
    n, model = counts(background, signals), counting_model(background)
    data = Data(jnp.asarray(n[:, None], dtype=float), jnp.zeros((n.size, 0)))
    found = [asymptotic(model, data, s) for s in signals]
    low, high = unified_intervals(background, n, float(signals.max()))
    bayes = np.array([bayesian_limit(model, model.data([float(k)]), CL).limit for k in n])
    s = signals[:, None]
    covered = {
        CLS: np.array([p.cls for p in found]) > 1 - CL,
        CLSB: np.array([p.signal for p in found]) > 1 - CL,
        CLASSICAL: s <= upper_limit(n, background, CL),
        UNIFIED: (low <= s) & (s <= high),
        BAYES: s <= bayes,
    }
    probability = poisson.pmf(n, s + background)
    return {name: np.sum(probability * holds, axis=1) for name, holds in covered.items()}


def unified_intervals(background: float, n: NDArray[np.int64], largest: float) -> tuple[FloatArray, FloatArray]:
    """Lower and upper ends of Feldman-Cousins intervals; those wholly above the largest signal are left empty."""
    low, high = np.full(n.size, np.inf), np.zeros(n.size)
    for k in n:
        interval = poisson_interval(int(k), background, CL)
        low[k], high[k] = interval.low, interval.high
        if interval.low > largest:
            break
    return low, high


def with_measured_background(background: float, signals: FloatArray, n: int) -> Coverage:
    """Coverage of each method in n toys at each signal; the classical limit takes the measured background as known."""
    model = counting_model(background, LOG_KAPPA)
    bayes = bayesian_limits(model, counts(background, signals))
    rows = [covered_toys(model, s, toys.draw(model, n, s, seed=i), bayes) for i, s in enumerate(signals)]
    return {name: np.array([row[name].mean() for row in rows]) for name in rows[0]}


def covered_toys(model: Model, signal: float, data: Data, bayes: CubicSpline | None = None) -> dict[str, NDArray]:
    """Which toys have a limit above the signal."""
    n, auxiliary = np.asarray(data.counts[:, 0]), np.asarray(data.auxiliary[:, 0])
    p = asymptotic(model, data, signal)
    measured = float(model.backgrounds[0, 0]) * np.exp(LOG_KAPPA * auxiliary)
    covered = {
        CLS: np.asarray(p.cls) > 1 - CL,
        CLSB: np.asarray(p.signal) > 1 - CL,
        CLASSICAL: signal <= upper_limit(n, measured, CL),
    }
    if bayes is not None:
        rows = np.minimum(n, bayes.c.shape[2] - 1).astype(int)
        covered[BAYES] = signal <= np.exp(bayes(auxiliary)[np.arange(n.size), rows])
    return covered


def bayesian_limits(model: Model, n: NDArray[np.int64]) -> CubicSpline:
    """Logarithm of the limit for each count, as a function of the measurement of the background, smooth in it."""
    auxiliary = np.linspace(-4.5, 4.5, 5)
    data = [[Data(jnp.array([k]), jnp.array([a])) for k in 1.0 * n] for a in auxiliary]
    limits = [[bayesian_limit(model, each, CL, n=500).limit for each in row] for row in data]
    return CubicSpline(auxiliary, np.log(limits))


def print_table(signals: FloatArray, of: dict[float, Coverage], kind: str) -> None:
    """Print coverage in per cent as rows of a Markdown table, with the least of all signals and backgrounds."""
    for name in of[BACKGROUNDS[0]]:
        cells = [f"{100 * of[b][name][np.argmin(np.abs(signals - s))]:.1f}" for s, b in SHOWN]
        value, b, s = min((c[name].min(), b, signals[c[name].argmin()]) for b, c in of.items())
        print(f"| {name} | {kind} | {' | '.join(cells)} | {100 * value:.1f} ({s:.4g}, {b:g}) |", flush=True)


def draw(known: dict[float, Coverage], measured: dict[float, Coverage], out: Path) -> None:
    """Draw coverage against signal, a row for each kind of background and a column for each b."""
    with style.house_style():
        figure = style.Figure(figsize=(9.0, 6.0))
        panels = figure.subplots(2, len(BACKGROUNDS), sharex=True, sharey=True)
        rows = ((FINE, known, "$b$ known"), (COARSE, measured, "$b$ measured to 20 %"))
        for row, (signals, of, kind) in zip(panels, rows, strict=True):
            for axes, b in zip(row, BACKGROUNDS, strict=True):
                for name in [name for name in LINES if name in of[b]]:
                    colour, width = LINES[name]
                    axes.plot(signals, of[b][name], color=colour, lw=width, label=name)
                axes.axhline(CL, color="0.2", ls=style.DASHED, lw=0.9)
                axes.text(0.92, 0.07, f"$b = {b:g}$\n{kind}", transform=axes.transAxes, ha="right")
            row[0].set_ylabel("actual coverage")
        panels[0, 0].set(xlim=(0, 20), ylim=(0.6, 1.01))
        for axes in panels[-1]:
            axes.set_xlabel("true signal $s$ [events]")
        handles, labels = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), fontsize=9.0)
        style.FigureCanvasAgg(figure)
        figure.savefig(out, dpi=150)


if __name__ == "__main__":
    main()
