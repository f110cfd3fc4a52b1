"""Limits by toys and in closed form where few events are counted, and both edges of an excluded region."""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import cm, kg, s, year
from scipy.optimize import brentq
from scipy.stats import norm, poisson

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import nushine as ns
from made_models import counting
from nushine.experiments import Experiment
from nushine.observables import event_yield
from nushine.rates import Selection
from nushine.sources import monoenergetic
from nushine.statistics import (
    Contour,
    Convention,
    Method,
    Statistic,
    exclusion,
    poisson_interval,
    strength_limit,
    toy_limit,
    upper_limit,
)
from nushine.statistics.model import Model
from nushine.targets import compound

TAIL, TOYS = 0.1, 4000


def known(background: float) -> Model:
    """One counting experiment: the second bin is empty, and the parameter changes nothing."""
    return counting([1.0, 0.0], [background, 0.0], log_kappa=0.0)


# --- toys ---


def counted(n: int, b: float) -> tuple[float, float]:
    """CL_s limit from Poisson sums, and its standard error with toys: that of ln CL_s over its slope."""

    def log_cls(s: float) -> float:
        return float(poisson.logcdf(n, s + b) - poisson.logcdf(n, b))

    limit = brentq(lambda s: log_cls(s) - np.log(TAIL), 1e-3, 10 * np.sqrt(n + b) + 10)
    slope = (log_cls(limit + 1e-3) - log_cls(limit - 1e-3)) / 2e-3
    shares = np.array([poisson.cdf(n, limit + b), poisson.cdf(n, b)])
    return limit, float(np.sqrt(np.sum((1 - shares) / (shares * TOYS))) / abs(slope))


@pytest.mark.parametrize("b", [0.0, 0.5])
def test_limit_without_events(b: float) -> None:
    """CL_s is exp(-s) with no event, whatever the background; 4 standard errors of the toys, and 2e-3 of the search."""
    model = known(b)
    exact, error = counted(0, b)
    assert exact == pytest.approx(-np.log(TAIL), rel=1e-9)
    found = toy_limit(model, model.data([0, 0]), n=TOYS)
    assert found.observed == pytest.approx(exact, abs=4 * error + 2e-3 * exact)
    # background alone gives no event in more than half of all cases: the median limit is the same
    assert found.expected[2] == found.observed
    assert found.expected[0] == found.observed
    # one event or two at +2 sigma, or none where there is no background at all
    assert (found.expected[4] > 2 * found.observed) if b > 0 else (found.expected[4] == found.observed)
    assert found.method == f"toys ({TOYS})"
    # asymptotic formulas are too good by far
    assert strength_limit(model, model.data([0, 0])).observed < 0.8 * exact


def test_limit_of_many_events() -> None:
    b, n = 400.0, 400
    model = known(b)
    data = model.data([n, 0])
    exact, error = counted(n, b)
    found, asymptotic = toy_limit(model, data, n=TOYS), strength_limit(model, data)
    assert found.observed == pytest.approx(exact, abs=4 * error + 2e-3 * exact)  # as above
    # asymptotic formulas have no steps of one event in 20: half of one moves the limit by 1.5 % or less
    assert asymptotic.observed == pytest.approx(exact, rel=0.03)
    assert found.observed == pytest.approx(asymptotic.observed, rel=0.03)
    # bands are limits of counts at quantiles of the background; toys may miss the quantile by one count
    for sigma, limit in zip((-1.0, 0.0, 1.0), found.expected[1:4], strict=True):
        closed, error = counted(int(poisson.ppf(norm.cdf(sigma), b)), b)
        assert limit == pytest.approx(closed, abs=4 * error + 1.0)
    assert np.all(np.diff(found.expected) > 0)


def test_toys_depend_on_the_seed_alone() -> None:
    model = known(400.0)
    one, again, two = (toy_limit(model, n=512, seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one.observed != two.observed
    assert one.observed == pytest.approx(two.observed, rel=0.25)  # 4 times sqrt 2 of the 4 % that 512 toys scatter


# --- CL_{s+b} ---


@pytest.mark.parametrize("statistic", [Statistic.Q, Statistic.Q_TILDE])
def test_even_no_signal_is_excluded_far_below_the_background(statistic: Statistic) -> None:
    """Counts 4 and 1.5 sigma below 100: probability of as few or fewer below 0.1 without signal."""
    model = known(100.0)
    for n in (60, 85):
        assert poisson.cdf(n, 100.0) < TAIL
        assert strength_limit(model, model.data([n, 0]), 0.9, statistic, Convention.CLSB).observed == 0.0
    # one sigma below: 0.16 is left, and the Gaussian limit is (1.28 - 1) sigma = 2.8
    found = strength_limit(model, model.data([90, 0]), 0.9, statistic, Convention.CLSB)
    # the skewness of counts, 1/sqrt(100), moves a deviate by 1/6 of it at most: 0.02 sigma
    assert found.observed == pytest.approx(2.82, abs=0.2)


# --- Feldman and Cousins ---


def accepts(n: int, signals: np.ndarray, b: float, cl: float) -> np.ndarray:
    """Whether counts that are better than n, by the ratio to their best signal, have less than cl."""
    k = np.arange(80)
    probability = poisson.pmf(k, signals[:, None] + b)
    ratio = probability / poisson.pmf(k, np.maximum(k - b, 0) + b)
    return np.sum(np.where(ratio > ratio[:, [n]], probability, 0.0), axis=1) < cl


@pytest.mark.parametrize(("n", "b"), [(3, 1.0), (5, 0.5), (2, 2.0)])
def test_ends_of_unified_intervals(n: int, b: float) -> None:
    """A search in steps of 1e-3 for islands, then of 1e-5, and of 2e-3 for larger backgrounds."""

    def last(start: float, stop: float, background: float) -> float:
        coarse = np.arange(start, stop, 1e-3)
        inside = coarse[accepts(n, coarse, background, 0.9)]
        if not inside.size:
            return start
        fine = np.linspace(inside[-1], inside[-1] + 1e-3, 101)
        return float(fine[accepts(n, fine, background, 0.9)][-1])

    found = poisson_interval(n, b)
    s = np.arange(0.0, 20.0, 1e-3)
    low = float(s[accepts(n, s, b, 0.9)][0])
    if low > 0:
        fine = np.linspace(low - 1e-3, low, 101)
        low = float(fine[accepts(n, fine, b, 0.9)][0])
    high = last(0.0, 20.0, b)
    for larger in b + np.arange(0.002, 3.0, 0.002):
        high = max(high, last(high, high + 0.2, larger))
    # 1e-4, and 1e-5 of the search here
    assert found.low == pytest.approx(low, abs=1.1e-4)
    assert found.high == pytest.approx(high, abs=1.1e-4)


# --- both edges of a region ---


def displaced(near: float) -> Experiment:
    """N must fly this far; arrays, so that nothing compiles twice.

    The flux is so low that the chance to fly as far is 1e-3 or more at the upper edge: no digits are lost there.
    """
    flux, window = monoenergetic(4.0, 1.0 / (cm**2 * s)), Selection(2e-5, 1e-3, 0.1, -1.0, near)
    of: Experiment = jax.tree.map(
        jnp.asarray, Experiment("by hand", flux, compound("Ge73"), 1 * kg, 1 * year, 5 * cm, window)
    )
    return of


def region(near: float, masses: list[float]) -> Contour:
    return exclusion(displaced(near), masses, ns.MAJORANA, method=Method.COUNTING)


def test_both_edges_of_displaced_decays_give_the_counted_limit() -> None:
    masses = [1.0, 2.0]
    found = region(5.0, masses)
    events = float(upper_limit(0))
    assert np.all(found.mu < found.mu_max)
    assert np.all(np.isfinite(found.mu_max))
    for m_N, mu, mu_max in zip(masses, found.mu, found.mu_max, strict=True):
        number = event_yield(displaced(5.0), ns.Dipole(jnp.asarray(m_N), jnp.asarray(1.0), ns.MAJORANA))
        # the root is good to 1e-12 in log mu, N changes by a power of 20 at most; rounding of 1e-13 over 1e-3
        np.testing.assert_allclose(number(np.array([mu, mu_max])), events, rtol=1e-9)
        assert np.all(np.asarray(number(np.geomspace(mu, mu_max, 50)[1:-1])) > events)
        assert np.all(np.asarray(number(np.array([mu * 0.99, mu_max * 1.01]))) < events)
    np.testing.assert_allclose(found.events, events, rtol=1e-12)


def test_no_upper_edge_without_displacement() -> None:
    assert np.all(np.isinf(region(0.0, [2.0]).mu_max))


def test_nothing_is_excluded_where_decays_are_hardly_ever_displaced_enough() -> None:
    """Of the decays, 2e-8 or less are between 49.999999 and 50 mm."""
    found = region(49.999999, [2.0])
    assert np.all(np.isinf(found.mu))
    assert np.all(np.isinf(found.mu_max))
