"""Intervals by Feldman and Cousins: exact for one counting experiment, by toys for any model."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import poisson

from nushine.numerics.checks import require_between
from nushine.statistics import toys
from nushine.statistics.fit import FitError, unit_strength
from nushine.statistics.intervals import Interval
from nushine.statistics.model import Data, Model
from nushine.statistics.ratios import Statistic, likelihood_ratio

FloatArray = NDArray[np.float64]

MOST = 1000
"""Events, and background, up to which the exact construction is done: it adds up all counts for all signals."""


def poisson_interval(n: int, background: float = 0.0, cl: float = 0.90, step: float = 0.02) -> Interval:
    r"""Unified interval for a Poisson signal over a known background.

    A signal s accepts the counts with the largest :math:`R = P(n|s+b) / P(n|\max(0, n-b)+b)`, added up until their
    probability reaches the confidence level. The interval holds every s that accepts n; the upper end is the largest
    one for this background or any larger one, which mends the small steps that discrete counts cause. Larger
    backgrounds are tried in steps of 0.01: an upper end that rests on one of them can be 0.003 too low.

    Parameters
    ----------
    n : int
        Observed events.
    background : float
        Expected background, known.
    cl : float
        Confidence level.
    step : float
        Grid of s on which acceptance is looked at first; the ends are then found to 1e-4.

    References
    ----------
    G. J. Feldman, R. D. Cousins, Phys. Rev. D 57, 3873 (1998), section IV and tables II to IX.

    Examples
    --------
    >>> interval = poisson_interval(0, background=3.0)
    >>> round(interval.low, 2), round(interval.high, 2)
    (0.0, 1.08)

    """
    require_between("n", n, 0, MOST, cure="give a number of events, zero or above; for more, use feldman_cousins")
    cure = "give an expected number of events, zero or above; for more, use feldman_cousins"
    require_between("background", background, 0, MOST, cure=cure)
    require_between("cl", cl, 0.01, 1 - 1e-9, cure="give a confidence level between 0 and 1, as in 0.90")
    largest = n + 10 + 8 * np.sqrt(n + 1)
    s = np.arange(0.0, largest + step / 2, step)
    inside = s[_accepted(n, background, s, cl)]
    low, high = float(inside.min(initial=np.inf)), float(inside.max(initial=0.0))
    if 0 < low < np.inf:
        low = _edge(n, background, cl, low, low - step)
    high = _edge(n, background, cl, high, high + step)
    for larger in background + np.arange(0.01, 6.0, 0.01):
        above = np.arange(high, high + 0.5, step)
        inside = above[_accepted(n, larger, above, cl)]
        if inside.size:
            high = max(high, _edge(n, larger, cl, float(inside.max()), float(inside.max()) + step))
    return Interval(max(n - background, 0.0), 0.0 if np.isinf(low) else low, high, cl, "Feldman-Cousins, exact")


def _edge(n: int, background: float, cl: float, inside: float, outside: float) -> float:
    """Where acceptance of n ends between a signal that accepts it and one that does not, to 1e-4."""
    s = np.linspace(inside, outside, 201)
    accepted = _accepted(n, background, s, cl)
    return float(s[accepted][-1]) if accepted.any() else inside


def _accepted(n: int, background: float, signals: FloatArray, cl: float) -> NDArray[np.bool_]:
    """Whether each signal accepts n counts."""
    top = float(signals.max())
    most = int(top + background + 12 * np.sqrt(top + background + 1) + 20)
    counts = np.arange(max(most, n + 1))
    expected = signals[:, None] + background
    probability = poisson.pmf(counts, expected)
    best = poisson.logpmf(counts, np.maximum(counts, background))
    order = np.argsort(-(poisson.logpmf(counts, np.maximum(expected, 1e-300)) - best), axis=1, kind="stable")
    ranked = np.take_along_axis(probability, order, axis=1)
    before = np.cumsum(ranked, axis=1) - ranked
    return np.asarray(np.take_along_axis(before, np.argmax(order == n, axis=1)[:, None], axis=1)[:, 0] < cl)


def feldman_cousins(
    model: Model,
    data: Data | None = None,
    cl: float = 0.90,
    n: int = 5_000,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Interval:
    """Unified interval of the strength by toys, with the nuisance parameters profiled.

    A strength is inside if its ``t_tilde`` in the data is not above that of a share `cl` of toys drawn at this strength
    and the nuisance parameters that fit best there.

    Parameters
    ----------
    model : Model
    data : Data, optional
        Observed data; background-only Asimov data by default.
    cl : float
    n, seed : int
        Toys at each strength that is tried, and their seed.
    progress : callable, optional
        Called with the number of toys of each finished block.

    Notes
    -----
    Profiled toys cover well, not exactly (the "profile construction"). The ends scatter by 1 to 2 % for 5000 toys.

    """
    require_between("cl", cl, 0.01, 1 - 1e-6, cure="give a confidence level between 0 and 1, as in 0.90")
    data = model.asimov() if data is None else data
    start = likelihood_ratio(model, data, 0.0, Statistic.T_TILDE)
    best, unit = float(start.free.strength), float(unit_strength(model))

    def excess(strength: float) -> float:
        """By how much t of the data exceeds what a share cl of the toys stays below; negative inside."""
        ratio = likelihood_ratio(model, data, strength, Statistic.T_TILDE)
        t = toys.statistics(model, n, strength, strength, ratio.fixed.theta, Statistic.T_TILDE, seed, progress)
        return float(ratio.value) - toys.accepted_below(t, cl)

    high, steps = best + unit, 0
    while excess(high) < 0:
        high, steps = high + 2 * unit, steps + 1
        if steps > toys.MOST_STEPS:
            raise FitError(f"toys exclude no strength up to {high:.3g}: the signal hardly changes the expected counts")
    upper = float(brentq(excess, best, high, xtol=2e-3 * unit)) if excess(best) < 0 else best
    lower = 0.0
    if best > 0 and excess(0.0) > 0:
        lower = float(brentq(excess, 0.0, best, xtol=2e-3 * unit))
    return Interval(best, lower, upper, cl, f"Feldman-Cousins, {n} toys")
