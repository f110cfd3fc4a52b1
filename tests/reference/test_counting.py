"""Counting limits against closed forms and published tables."""

import mpmath
import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import poisson

from nushine.statistics import median_upper_limit, upper_limit


def test_no_events_is_minus_log() -> None:
    # closed form: exp(-s) = 1 - CL; 1e-12 is the accuracy of the inverse gamma function
    assert float(upper_limit(0, cl=0.90)) == pytest.approx(-np.log(0.10), rel=1e-12)
    assert float(upper_limit(0, cl=0.95)) == pytest.approx(-np.log(0.05), rel=1e-12)


def test_table_of_the_particle_data_group() -> None:
    """Upper limits without background, Review of Particle Physics (2024), table 40.3, two decimals."""
    at_90 = [2.30, 3.89, 5.32, 6.68, 7.99, 9.27, 10.53, 11.77, 12.99, 14.21, 15.41]
    at_95 = [3.00, 4.74, 6.30, 7.75, 9.15, 10.51, 11.84, 13.15, 14.43, 15.71, 16.96]
    n = np.arange(11)
    np.testing.assert_allclose(upper_limit(n, cl=0.90), at_90, atol=0.006)  # half a unit of the last printed digit
    np.testing.assert_allclose(upper_limit(n, cl=0.95), at_95, atol=0.006)


@pytest.mark.parametrize("background", [0.0, 0.4, 3.2, 47.0, 4.4e4])
def test_definition_by_poisson_sums(background: float) -> None:
    n = int(poisson.median(background)) if background else 0
    limit = float(upper_limit(n, background))
    by_sum = brentq(lambda s: poisson.cdf(n, s + background) - 0.10, 0.0, 10 + 10 * np.sqrt(background + 10))
    assert limit == pytest.approx(by_sum, rel=1e-9)  # the default accuracy of brentq is 1e-12 of n, which is large
    assert float(median_upper_limit(background)) == pytest.approx(limit, rel=1e-12)


def test_median_is_the_median_of_toys() -> None:
    rng = np.random.default_rng(1)
    toys = upper_limit(rng.poisson(6.3, 100_001), 6.3)
    # the median count of a Poisson of mean 6.3 is 6 with probability near one for so many toys
    assert float(np.median(toys)) == pytest.approx(float(median_upper_limit(6.3)), rel=1e-12)


def test_large_background_is_gaussian() -> None:
    b = 1e6
    # 1.2816 sigma one-sided; corrections are of order 1/sqrt(b)
    assert float(median_upper_limit(b)) == pytest.approx(1.281552 * np.sqrt(b), rel=2e-3)


def quantile(n: int, cl: float) -> mpmath.mpf:
    """Mean x for which n or fewer events have the probability 1 - cl, with 40 digits.

    Secant steps on the tail of the gamma distribution of shape n + 1, whose density is written by its own integral from
    the peak: x = a + t sqrt(a), ln density = a ln(x/a) - (x - a) + const.
    """
    with mpmath.workdps(40):
        a = mpmath.mpf(n) + 1

        def tail(t: mpmath.mpf) -> mpmath.mpf:
            def density(u: mpmath.mpf) -> mpmath.mpf:
                r = u / mpmath.sqrt(a)
                return mpmath.exp((a - 1) * mpmath.log1p(r) - a * r)

            norm = mpmath.exp(a * mpmath.log(a) - a - mpmath.loggamma(a)) / mpmath.sqrt(a)
            return norm * mpmath.quad(density, [t, t + 1, t + 3, t + 6, t + 12, t + 20]) - (1 - mpmath.mpf(cl))

        z = mpmath.sqrt(2) * mpmath.erfinv(2 * mpmath.mpf(cl) - 1)
        return a + mpmath.sqrt(a) * mpmath.findroot(tail, (z, z + 1e-3), tol=1e-25)


@pytest.mark.parametrize("cl", [0.6, 0.9, 0.999999])
@pytest.mark.parametrize("n", [10**6 - 1, 10**6 + 1, 10**10, 10**16, 10**18])
def test_many_events(n: int, cl: float) -> None:
    """With 40 digits; doubles hold n and b exactly here, and the limit is a difference 1e9 times smaller."""
    background = int(float(n - int(n**0.5) // 3))
    with mpmath.workdps(40):
        wanted = float(quantile(n, cl) - background)
    # the next term of the series is 3e-9 events at most, the accuracy of the inverse gamma function below it 1e-13 of n
    assert float(upper_limit(n, background, cl)) == pytest.approx(wanted, abs=1e-8 if n > 10**6 else 1e-6, rel=1e-13)


@pytest.mark.parametrize("background", [1e6 + 0.2, 1e6 + 0.7, 3e6 + 0.5, 1e10, 1e13 + 0.75, 1e18, 1e300])
def test_median_of_many_events(background: float) -> None:
    limit = float(median_upper_limit(background))
    # the median count is within one of the background, and the series beyond sqrt(b) is of order one
    assert limit == pytest.approx(1.2815515655446004 * background**0.5, abs=2.0, rel=1e-15)
    if background < 1e8:
        median = poisson.median(background)
        assert limit == pytest.approx(float(upper_limit(median, background)), rel=1e-12)


@pytest.mark.parametrize(
    ("n", "background", "cl", "word"),
    [(-1, 0.0, 0.9, "n = -1"), (0, -2.0, 0.9, "background = -2"), (0, 0.0, 1.0, "cl = 1"), (0, np.nan, 0.9, "nan")],
)
def test_bad_input_names_the_value(n: float, background: float, cl: float, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        upper_limit(n, background, cl)
