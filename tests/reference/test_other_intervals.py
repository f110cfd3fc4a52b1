"""Bayesian limits, MINOS intervals and unbinned likelihoods against closed forms and direct integrals."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammaincc
from scipy.stats import norm, poisson

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from made_models import counting
from nushine.statistics import Prior, bayesian_limit, fit, likelihood_ratio, minos, strength_limit, unbinned
from nushine.statistics.model import negative_log_likelihood

NO_UNCERTAINTY = {"log_kappa": 0.0}


@pytest.mark.parametrize(("n", "b"), [(0, 0.5), (0, 3.0), (3, 1.0), (12, 5.0)])
def test_bayesian_limit_of_a_count(n: int, b: float) -> None:
    """Flat prior: 1 - CL = Q(n+1, s+b)/Q(n+1, b), for n = 0 at any b s = 2.303. The grid in s is good to 2e-3."""
    model = counting([1.0, 0.0], [b, 0.0], **NO_UNCERTAINTY)
    posterior = bayesian_limit(model, model.data([n, 0]), n=200)
    closed = brentq(lambda s: gammaincc(n + 1, s + b) / gammaincc(n + 1, b) - 0.1, 1e-3, 100.0)
    assert posterior.limit == pytest.approx(closed, rel=2e-3)


def test_bayesian_limit_with_the_other_prior() -> None:
    """pi = 1/sqrt(s), no background: s follows a gamma distribution of shape n + 1/2."""
    model = counting([1.0, 0.0], [1e-9, 0.0], **NO_UNCERTAINTY)
    posterior = bayesian_limit(model, model.data([2, 0]), prior=Prior.ROOT, n=200)
    assert 1 - gammaincc(2.5, posterior.limit) == pytest.approx(0.9, abs=1e-3)  # the grid in s


def test_bayesian_limit_integrates_the_background() -> None:
    """n = 6 over 4 x 1.3^theta: the integral over theta by quadrature; 1 % for 4000 points of the other integral."""
    kappa = 1.3
    model = counting([1.0, 0.0], [4.0, 0.0], log_kappa=np.log(kappa))
    posterior = bayesian_limit(model, model.data([6, 0]), n=4000)

    def density(s: float) -> float:
        return quad(lambda t: poisson.pmf(6, s + 4.0 * kappa**t) * norm.pdf(t), -6, 6, epsabs=1e-12)[0]

    total = quad(density, 0.0, 40.0, limit=200)[0]
    assert quad(density, 0.0, posterior.limit, limit=200)[0] / total == pytest.approx(0.9, abs=3e-3)


def test_minos_of_a_count() -> None:
    """-ln L = s - n ln s rises by cl-quantile/2 at both ends; Minuit's tolerance on the ends is 1e-3 or better."""
    n = 9.0
    model = counting([1.0, 0.0], [1e-9, 0.0], **NO_UNCERTAINTY)
    interval = minos(model, model.data([n, 0]), cl=0.6826894921370859)

    def rise(s: float) -> float:
        return s - n - n * np.log(s / n) - 0.5

    assert interval.value == pytest.approx(n, rel=1e-4)
    assert interval.low == pytest.approx(brentq(rise, 1.0, n), rel=1e-3)
    assert interval.high == pytest.approx(brentq(rise, n, 40.0), rel=1e-3)


def test_minos_of_a_nuisance_parameter() -> None:
    """A background that the second bin measures better than its constraint: the profile over s is flat in theta."""
    model = counting([1.0, 0.0], [10.0, 1000.0], log_kappa=0.1)
    interval = minos(model, model.data([12, 1050]), "background", cl=0.6826894921370859)

    def profile(theta: float) -> float:
        b = 1000.0 * np.exp(0.1 * theta)
        return b - 1050 * np.log(b) + theta**2 / 2

    best = minimize_scalar(profile, (0.0, 1.0), tol=1e-12)
    low, high = (brentq(lambda t: profile(t) - best.fun - 0.5, *ends) for ends in ((-3.0, best.x), (best.x, 3.0)))
    assert (interval.value, interval.low, interval.high) == pytest.approx((best.x, low, high), abs=1e-3)


def test_unbinned_likelihood_is_the_textbook_one() -> None:
    rng = np.random.default_rng(3)
    f_0, f_1 = rng.uniform(0.2, 2.0, 7), rng.uniform(0.2, 2.0, 7)
    model, data = unbinned(f_0, [f_1], 5.0, [3.0], {"rate": [0.0, 0.2]})

    def textbook(s: float, theta: float) -> float:
        b = 3.0 * 1.2**theta
        return 5 * s + b - np.sum(np.log(5 * s * f_0 + b * f_1)) + theta**2 / 2

    ours = [float(negative_log_likelihood(model, data, np.array(x))) for x in ((0.3, 0.5), (1.7, -1.0))]
    theirs = [textbook(0.3, 0.5), textbook(1.7, -1.0)]
    assert ours[0] - ours[1] == pytest.approx(theirs[0] - theirs[1], rel=1e-12)  # up to a constant; rounding
    best = fit(model, data)
    near = [textbook(float(best.strength) + d, float(best.theta[0]) + e) for d, e in ((1e-3, 0), (-1e-3, 0), (0, 1e-2))]
    assert min(near) > textbook(float(best.strength), float(best.theta[0]))


def test_unbinned_without_shape_is_counting() -> None:
    """Equal densities tell nothing beyond the number: limits as for a count."""
    n, b = 4, 2.5
    alone, data = unbinned(np.ones(n), [np.ones(n)], 1.0, [b])
    model = counting([1.0, 0.0], [b, 0.0], **NO_UNCERTAINTY)
    for strength in (0.5, 3.0, 8.0):
        one, two = (likelihood_ratio(m, d, strength).value for m, d in ((alone, data), (model, model.data([n, 0]))))
        assert float(one) == pytest.approx(float(two), rel=1e-7, abs=1e-9)  # the tolerance of the fits, 1e-9


def test_unbinned_shape_helps() -> None:
    """Events where the background is, and the signal is not: the limit is better than that of their number."""
    f_0, f_1 = np.full(4, 0.1), np.full(4, 1.9)
    shaped, flat = (unbinned(a, [c], 1.0, [4.0]) for a, c in ((f_0, f_1), (np.ones(4), np.ones(4))))
    ratios = [float(likelihood_ratio(model, data, 4.0).value) for model, data in (shaped, flat)]
    assert ratios[0] > 1.5 * ratios[1]


def test_gaussian_limits() -> None:
    """Many events: with b = 1e6 known, CLs at 95 % excludes 1.960 sqrt(b) in the median, CLs+b 1.645 sqrt(b)."""
    from nushine.statistics import Convention

    model = counting([1.0, 0.0], [1e6, 0.0], **NO_UNCERTAINTY)
    for convention, Z in ((Convention.CLS, norm.isf(0.025)), (Convention.CLSB, norm.isf(0.05))):
        limit = strength_limit(model, cl=0.95, convention=convention)
        assert limit.expected[2] == pytest.approx(Z * 1e3, rel=2e-3)  # sqrt(b + s) for sqrt(b): s/b is 2e-3
