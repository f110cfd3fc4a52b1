"""Significances and limits against the closed forms of Cowan, Cranmer, Gross and Vitells, and of Li and Ma.

References
----------
[1] G. Cowan, K. Cranmer, E. Gross, O. Vitells, Eur. Phys. J. C 71, 1554 (2011), arXiv:1007.1727.
[2] R. D. Cousins, J. T. Linnemann, J. Tucker, Nucl. Instrum. Meth. A 595, 480 (2008), arXiv:physics/0702156.
[3] T.-P. Li, Y.-Q. Ma, Astrophys. J. 272, 317 (1983).

"""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import xlogy
from scipy.stats import norm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from made_models import counting
from nushine.statistics import Convention, Statistic, likelihood_ratio, p_values, significance, strength_limit
from nushine.statistics.limits import Limit, expected_roots
from nushine.statistics.model import Model
from nushine.statistics.ratios import expected_cls

SIGMAS = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])


def known(signal: float, background: float) -> Model:
    """One counting experiment: the second bin is empty, and the parameter changes nothing."""
    return counting([signal, 0.0], [background, 0.0], log_kappa=0.0)


@pytest.mark.parametrize(("s", "b"), [(2.0, 1.0), (10.0, 0.5), (5.0, 20.0), (50.0, 400.0), (1000.0, 1e5)])
def test_median_significance_of_a_counting_experiment(s: float, b: float) -> None:
    """Eq. (97) of [1]; q0 is good to twice the 1e-9 of two fits, and Z to 1e-9 / Z."""
    model = known(s, b)
    closed = np.sqrt(2 * ((s + b) * np.log1p(s / b) - s))
    assert float(significance(model, model.asimov(1.0))) == pytest.approx(closed, abs=1e-6)


@pytest.mark.parametrize(
    ("on", "off", "tau"),
    [(4, 5.0, 5.0), (6, 18.78, 14.44), (17, 40.11, 4.69), (50, 55.0, 2.0), (200, 10.0, 0.1), (67, 15.0, 0.5)],
)
def test_significance_with_a_measured_background(on: float, off: float, tau: float) -> None:
    """Eq. (17) of [3], the profile likelihood of [2]; the rows are of the size of the examples of [2]."""
    model = counting([1.0, 0.0], [off / tau, off], log_kappa=1.0, precision=0.0)
    total = on + off
    closed = np.sqrt(2 * (xlogy(on, on * (1 + tau) / total) + xlogy(off, off * (1 + tau) / (total * tau))))
    assert float(significance(model, model.data(np.array([on, off])))) == pytest.approx(closed, abs=1e-6)


def q_closed(n: float, s: float, b: float) -> float:
    """q_tilde of a counting experiment with known background, by hand."""
    best = max(n - b, 0.0) + b
    return 2 * (s + b - best - float(xlogy(n, (s + b) / best))) if n < s + b else 0.0


def test_limit_of_a_counting_experiment_is_the_root_of_the_closed_form() -> None:
    """Eqs. (64) and (66) of [1] with q by hand, as for any number of events; bands as in its section 4.3."""
    for n, b in ((3.0, 5.0), (5.0, 5.0), (9.0, 5.0), (0.0, 5.0), (120.0, 100.0)):

        def cls(s: float, n: float = n, b: float = b) -> float:
            return float(p_values(q_closed(n, s, b), q_closed(b, s, b)).cls)

        model = known(1.0, b)
        found = strength_limit(model, model.data(np.array([n, 0.0])), 0.95)
        assert found.observed == pytest.approx(brentq(lambda s: cls(s) - 0.05, 0.1, 200.0), rel=1e-6)
        for sigma, limit in zip(SIGMAS, found.expected, strict=True):
            root = brentq(lambda s, N=sigma, b=b: float(expected_cls(q_closed(b, s, b), N)) - 0.05, 0.01, 300.0)
            assert limit == pytest.approx(root, rel=1e-6)


def many_events(n: float, cl: float, statistic: Statistic, convention: Convention) -> Limit:
    model = known(1.0, 1e10)
    return strength_limit(model, model.data(np.array([1e10 + n * 1e5, 0.0])), cl, statistic, convention)


@pytest.mark.parametrize("fluctuation", [-0.9, 0.0, 0.8])
def test_gaussian_limits(fluctuation: float) -> None:
    """Of 1e10 background events, sigma = 1e5: Gaussian to a part in sqrt(1e10)."""
    cl, sigma = 0.90, 1e5
    plain = many_events(fluctuation, cl, Statistic.Q, Convention.CLSB)
    # CL_{s+b}: 1.28 sigma above the best fit
    assert plain.observed / sigma == pytest.approx(fluctuation + norm.ppf(cl), abs=1e-4)
    # no strength is left where the background fluctuates down by more than that
    np.testing.assert_allclose(np.array(plain.expected) / sigma, np.maximum(SIGMAS + norm.ppf(cl), 0), atol=1e-4)
    protected = many_events(fluctuation, cl, Statistic.Q_TILDE, Convention.CLS)
    # CL_s: [1 - Phi(s - x)] / Phi(x) = 1 - CL, as A. L. Read, J. Phys. G 28, 2693 (2002); eqs. (64) and (66) of [1]
    # have these Gaussian tails for q_tilde as well, also for x below zero
    closed = fluctuation + norm.isf((1 - cl) * norm.cdf(fluctuation))
    assert protected.observed / sigma == pytest.approx(closed, abs=1e-4)
    bands = SIGMAS + norm.isf((1 - cl) * norm.cdf(SIGMAS))
    np.testing.assert_allclose(np.array(protected.expected) / sigma, bands, atol=1e-4)


@pytest.mark.parametrize("statistic", [Statistic.Q, Statistic.Q_TILDE])
def test_p_values_of_the_median(statistic: Statistic) -> None:
    """At q = q_A the background-only probability is one half, and CL_{s+b} is 1 - Phi(sqrt q_A)."""
    q = np.array([0.1, 1.0, 2.7, 9.0])
    found = p_values(q, q, statistic)
    np.testing.assert_allclose(found.background, 0.5, rtol=1e-15)
    np.testing.assert_allclose(found.signal, norm.sf(np.sqrt(q)), rtol=1e-13)
    np.testing.assert_allclose(found.cls, 2 * norm.sf(np.sqrt(q)), rtol=1e-13)
    np.testing.assert_allclose(found.cls, expected_cls(q, 0.0), rtol=1e-13)


def test_p_values_of_q_tilde_are_continuous_where_the_formula_changes() -> None:
    below, above = (p_values(4.0 + x, 4.0) for x in (-1e-9, 1e-9))
    assert float(below.signal) == pytest.approx(float(above.signal), abs=1e-9)
    assert float(below.background) == pytest.approx(float(above.background), abs=1e-9)


def test_p_values_of_q_tilde_far_below_the_background() -> None:
    """Best fit below zero: eqs. (64) and (66) of [1] are exact for a Gaussian estimate x of s, with sigma = 1."""
    s, x = 1.7, -0.9
    q = (s - x) ** 2 - x**2
    found = p_values(q, s**2)
    assert float(found.signal) == pytest.approx(norm.cdf(x - s), rel=1e-12)
    assert float(found.background) == pytest.approx(norm.cdf(x), rel=1e-12)


def test_bands_are_where_fluctuated_backgrounds_are_excluded() -> None:
    for convention in Convention:
        roots = expected_roots(0.95, convention)
        for sigma, root in zip(SIGMAS, roots, strict=True):
            signal, background = norm.cdf(sigma - root), norm.cdf(sigma)
            found = signal / background if convention is Convention.CLS else signal
            assert found == pytest.approx(0.05, rel=1e-12)


def test_q_of_asimov_data_is_the_squared_distance_for_many_events() -> None:
    model = known(1e5, 1e10)
    q = likelihood_ratio(model, model.asimov(), 1.5, Statistic.Q).value
    # Wald, eq. (17) of [1]: (s - s')^2 / sigma^2 with sigma = 1; third derivatives are of order 1e-5
    assert float(q) == pytest.approx(2.25, rel=1e-4)
