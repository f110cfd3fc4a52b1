"""Limits of counting experiments against the tables and formulas of the literature."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm, poisson

from nushine.statistics import bayesian_limit, poisson_interval, unbinned, upper_limit

# Feldman, Cousins, Phys. Rev. D 57, 3873 (1998), table IV: 90 % intervals for n = 0..10 over b = 0, 1, 2, 3
LOWS = {
    0.0: [0, 0.11, 0.53, 1.10, 1.47, 1.84, 2.21, 3.56, 3.96, 4.36, 5.50],
    1.0: [0, 0, 0, 0.10, 0.74, 1.25, 1.61, 2.56, 2.96, 3.36, 4.50],
    2.0: [0, 0, 0, 0, 0, 0.43, 1.08, 1.59, 2.14, 2.53, 3.50],
    3.0: [0, 0, 0, 0, 0, 0, 0.15, 0.89, 1.51, 1.88, 2.63],
}
HIGHS = {
    0.0: [2.44, 4.36, 5.91, 7.42, 8.60, 9.99, 11.47, 12.53, 13.99, 15.30, 16.50],
    1.0: [1.61, 3.36, 4.91, 6.42, 7.60, 8.99, 10.47, 11.53, 12.99, 14.30, 15.50],
    2.0: [1.26, 2.53, 3.91, 5.42, 6.60, 7.99, 9.47, 10.53, 11.99, 13.30, 14.50],
    3.0: [1.08, 1.88, 3.04, 4.42, 5.60, 6.99, 8.47, 9.53, 10.99, 12.30, 13.50],
}


@pytest.mark.parametrize("background", LOWS)
def test_feldman_cousins(background: float) -> None:
    """To 0.011: two digits are printed, made on a grid of 0.005 in the signal."""
    ours = [poisson_interval(n, background) for n in range(11)]
    np.testing.assert_allclose([x.low for x in ours], LOWS[background], atol=0.011)
    np.testing.assert_allclose([x.high for x in ours], HIGHS[background], atol=0.011)


def test_no_events() -> None:
    """-ln(1 - CL): 2.303 at 90 %, 2.996 at 95 %, whatever the background of zero events."""
    assert float(upper_limit(0)) == pytest.approx(np.log(10), rel=1e-12)
    assert float(upper_limit(0, cl=0.95)) == pytest.approx(np.log(20), rel=1e-12)


@pytest.mark.parametrize(("n", "b"), [(0, 0.5), (3, 1.0), (10, 4.0)])
def test_bayesian_limit_of_a_count(n: int, b: float) -> None:
    """Flat prior: the closed form of Helene 1983, 1 - CL = P(<= n | s + b) / P(<= n | b); 1e-3 from the grid of s."""
    model, data = unbinned(np.ones(n), np.ones((1, n)), 1.0, [b])
    limit = bayesian_limit(model, data).limit
    assert poisson.cdf(n, limit + b) / poisson.cdf(n, b) == pytest.approx(0.1, rel=3e-3)


def test_bayesian_limit_with_an_uncertain_background() -> None:
    """Against direct integration over the nuisance parameter; 1 % from 2000 points of importance sampling."""
    n, b, kappa = 5, 3.0, 0.3
    model, data = unbinned(np.ones(n), np.ones((1, n)), 1.0, [b], {"background": [0.0, kappa]})

    def likelihood(s: float) -> float:
        return quad(lambda t: poisson.pmf(n, s + b * (1 + kappa) ** t) * norm.pdf(t), -6, 6)[0]

    s = np.linspace(0, 40, 801)
    cumulative = np.cumsum([likelihood(x) for x in s])
    expected = np.interp(0.9 * cumulative[-1], cumulative, s)
    assert bayesian_limit(model, data).limit == pytest.approx(expected, rel=1e-2)
