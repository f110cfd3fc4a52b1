"""Counting limits against closed forms and published tables."""

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


@pytest.mark.parametrize(
    ("n", "background", "cl", "word"),
    [(-1, 0.0, 0.9, "n = -1"), (0, -2.0, 0.9, "background = -2"), (0, 0.0, 1.0, "cl = 1"), (0, np.nan, 0.9, "nan")],
)
def test_bad_input_names_the_value(n: float, background: float, cl: float, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        upper_limit(n, background, cl)
