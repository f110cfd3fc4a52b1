"""Alias tables, the unit circle and tilted cosines: each against what it must be by definition."""

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nushine.numerics.alias import Alias
from nushine.numerics.circle import cos_sin_turns, tilted

WEIGHTS = st.lists(st.one_of(st.just(0.0), st.floats(1e-12, 1e12)), min_size=1, max_size=60).filter(
    lambda w: sum(w) > 0
)


def probabilities(table: Alias) -> np.ndarray:
    """What the table gives: each column holds 1/n, shared by its outcome and the other one."""
    keep, other = np.asarray(table.keep), np.asarray(table.other)
    p = keep.copy()
    np.add.at(p, other, 1 - keep)
    return p / keep.size


@given(WEIGHTS)
@example([472079030370.7704] * 3)  # shares of one and a rounding more
def test_alias_table_has_the_weights(weights: list[float]) -> None:
    table = Alias.of(weights)
    assert np.asarray(table.keep).min() >= 0
    assert np.asarray(table.keep).max() <= 1
    # sums of 60 shares of order one lose 1e-14
    np.testing.assert_allclose(probabilities(table), np.array(weights) / sum(weights), rtol=0, atol=1e-13)


def test_alias_table_of_many_very_different_weights() -> None:
    weights = np.random.default_rng(1).pareto(0.3, 200_000)
    # cumulative sums of 2e5 terms: 1e-16 times the square root of their number, times the spread
    np.testing.assert_allclose(probabilities(Alias.of(weights)), weights / weights.sum(), rtol=0, atol=1e-11)


def test_pick_follows_the_weights() -> None:
    weights = np.array([0.0, 1.0, 5.0, 0.5])
    u = (jnp.arange(1_300_000) + 0.5) / 1_300_000  # an even comb: no statistical error
    counts = np.bincount(np.asarray(Alias.of(weights).pick(u)), minlength=4)
    # a comb misses each of the few edges by one tooth at most
    np.testing.assert_allclose(counts / u.size, weights / weights.sum(), rtol=0, atol=8 / u.size)
    assert counts[0] == 0


@pytest.mark.parametrize("u", [0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0, 0.1, 0.3333, 0.77, 1 - 2**-53])
def test_circle_is_sine_and_cosine(u: float) -> None:
    c, s = cos_sin_turns(jnp.asarray(u))
    with mpmath.workdps(40):
        angle = 2 * mpmath.pi * mpmath.mpf(u)
        cos, sin = float(mpmath.cos(angle)), float(mpmath.sin(angle))
    # one rounding of a value of order one
    assert abs(float(c) - cos) < 3e-16
    assert abs(float(s) - sin) < 3e-16


def test_circle_everywhere() -> None:
    u = jnp.linspace(0, 1, 100_001)
    c, s = cos_sin_turns(u)
    # the library's argument 2 pi u is itself rounded to 4e-16
    np.testing.assert_allclose(c, np.cos(2 * np.pi * u), rtol=0, atol=1e-15)
    np.testing.assert_allclose(s, np.sin(2 * np.pi * u), rtol=0, atol=1e-15)
    np.testing.assert_allclose(c**2 + s**2, 1.0, rtol=0, atol=1e-15)


@given(st.floats(0, 1), st.floats(-1, 1))
def test_tilted_inverts_its_distribution(u: float, a: float) -> None:
    c = float(tilted(jnp.asarray(u), jnp.asarray(a)))
    assert -1 <= c <= 1
    # F(c) = (1 + c)/2 + a (c^2 - 1)/4 = u; all terms are of order one
    assert (1 + c) / 2 + a * (c * c - 1) / 4 == pytest.approx(u, abs=1e-15)
