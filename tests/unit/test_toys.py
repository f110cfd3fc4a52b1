"""Toy experiments: drawn by seed alone, with the right means and the distribution that theory gives."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import chi2, kstest

from made_models import counting, random_model
from nushine.statistics import Statistic, toys
from nushine.statistics.toys import BLOCK
from nushine.statistics.unbinned import unbinned


def test_toys_do_not_depend_on_their_number() -> None:
    model = random_model(2)
    few, many = toys.draw(model, 3, 1.0, seed=5), toys.draw(model, BLOCK + 10, 1.0, seed=5)
    np.testing.assert_array_equal(few.counts, many.counts[:3])
    np.testing.assert_array_equal(few.auxiliary, many.auxiliary[:3])
    assert not np.array_equal(many.counts[:10], many.counts[BLOCK:])  # blocks differ


def test_the_same_seed_draws_the_same_toys() -> None:
    model = random_model(2)
    first, again, other = (toys.draw(model, 4, 1.0, seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.counts, again.counts)
    assert not np.array_equal(first.counts, other.counts)


def test_mean_and_spread() -> None:
    model = random_model(2)
    theta = jnp.linspace(-1, 1, 10)
    n = 20_000
    drawn = toys.draw(model, n, 0.8, theta, seed=1)
    expected = np.asarray(model.expected(0.8, theta))
    # 4.5 standard errors in each of 50 bins and 10 constraints: one failure in 2000 seeds
    np.testing.assert_allclose((drawn.counts.mean(axis=0) - expected) / np.sqrt(expected / n), 0, atol=4.5)
    np.testing.assert_allclose((drawn.auxiliary.mean(axis=0) - theta) * np.sqrt(n), 0, atol=4.5)
    np.testing.assert_allclose(drawn.auxiliary.std(axis=0), 1, atol=4.5 / np.sqrt(2 * n))
    np.testing.assert_allclose(drawn.counts.var(axis=0) / expected, 1, atol=4.5 * np.sqrt(2.2 / n))


def test_free_parameters_have_no_measurement() -> None:
    drawn = toys.draw(counting([1.0, 1.0], [2.0, 2.0], precision=0.0), 5, 1.0)
    np.testing.assert_array_equal(drawn.auxiliary, 0.0)


def test_statistic_follows_half_a_chi_squared() -> None:
    """q_tilde of the true strength, far from zero: zero in half the toys, chi^2 with one degree of freedom else.

    Cowan et al. 2011, eq. (65). Corrections are of order 1 / sqrt(events), with 1e4 events below the 1 % that
    2048 toys can see.
    """
    model = counting([2000.0, 100.0], [1e4, 2e4], log_kappa=0.02)
    n = 4 * BLOCK
    values = toys.statistics(model, n, 1.0, 1.0, seed=3)
    assert values.size == n
    positive = values[values > 0]
    assert positive.size / n == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(n))
    assert kstest(positive, chi2(1).cdf).pvalue > 1e-3
    np.testing.assert_array_equal(toys.statistics(model, 10, 1.0, 1.0, seed=3), values[:10])


def test_progress_is_told() -> None:
    told: list[int] = []
    model = counting([2000.0, 100.0], [1e4, 2e4], log_kappa=0.02)
    toys.statistics(model, BLOCK + 1, 1.0, 1.0, progress=told.append)
    assert told == [BLOCK, 1]


def test_share_at_or_above() -> None:
    share, error = toys.share_at_or_above(np.arange(100.0), 90.0)
    assert share == 0.10
    assert error == pytest.approx(np.sqrt(0.1 * 0.9 / 100), rel=0.06)  # by one more at either side


@pytest.mark.parametrize(("n", "seed"), [(0, 0), (5, -1)])
def test_impossible_numbers(n: int, seed: int) -> None:
    with pytest.raises(ValueError, match=f"{n} toys with seed {seed} are not possible"):
        toys.draw(counting([1.0, 1.0], [2.0, 2.0]), n, 1.0, seed=seed)


def test_unbinned_models_have_no_toys() -> None:
    model, _ = unbinned([1.0, 2.0], [[1.0, 0.5]], 2.0, [3.0])
    with pytest.raises(ValueError, match="toys of an unbinned model"):
        toys.statistics(model, 10, 1.0, 0.0, statistic=Statistic.Q)
