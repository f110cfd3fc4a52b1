"""Fits: where they end, what they do not depend on, and that they say so when they fail."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_models import counting, random_model
from nushine.statistics import FitError, Statistic, covariance, fit, likelihood_ratio, significance, strength_limit
from nushine.statistics.derivatives import derivatives
from nushine.statistics.fit import Fit, require_converged
from nushine.statistics.model import Data, Model, negative_log_likelihood

EXAMPLES = settings(max_examples=25)
yields = st.floats(0.5, 200.0)
counts = st.integers(0, 300)


@given(st.tuples(yields, yields), st.tuples(yields, yields), st.tuples(counts, counts), st.floats(0.0, 20.0))
@EXAMPLES
def test_ratio_is_never_negative(
    signal: tuple[float, ...], background: tuple[float, ...], observed: tuple[int, ...], strength: float
) -> None:
    model = counting(signal, background)
    ratio = likelihood_ratio(model, model.data(np.array(observed)), strength)
    assert float(ratio.value) >= 0
    assert float(ratio.free.strength) >= 0
    if float(ratio.free.strength) >= strength:
        assert float(ratio.value) == 0


@given(st.tuples(yields, yields), st.tuples(yields, yields), st.tuples(counts, counts))
@EXAMPLES
def test_fit_is_where_the_gradient_vanishes(
    signal: tuple[float, ...], background: tuple[float, ...], observed: tuple[int, ...]
) -> None:
    model = counting(signal, background)
    data = model.data(np.array(observed))
    best = fit(model, data)
    found = derivatives(model, data, jnp.append(best.strength, best.theta))
    if float(best.strength) > 0:
        # the fit ends where -ln L is 1e-9 from its minimum: gradient^2 / curvature < 2e-9
        assert abs(float(found.gradient[0])) < 1e-4 * float(jnp.sqrt(found.terms.far[0, 0]))
    else:
        assert float(found.gradient[0]) >= 0
    assert abs(float(found.gradient[1])) < 1e-4 * float(jnp.sqrt(found.terms.far[1, 1]))


def scaled(model: Model, c: float) -> Model:
    return eqx.tree_at(lambda m: m.signal, model, c * model.signal)


@given(st.floats(1e-6, 1e6))
@settings(max_examples=10)
def test_scaling_the_signal_scales_the_limit(c: float) -> None:
    model = counting([9.0, 1.0], [30.0, 40.0])
    data = model.data(np.array([35.0, 42.0]))
    before, after = strength_limit(model, data), strength_limit(scaled(model, c), data)
    # the root is found to 1e-8 in ln s, of values of q that are good to 1e-8
    assert after.observed == pytest.approx(before.observed / c, rel=1e-6)
    np.testing.assert_allclose(after.expected, np.array(before.expected) / c, rtol=1e-6)


@given(st.floats(0.01, 0.99), st.integers(1, 60))
@EXAMPLES
def test_splitting_a_bin_in_proportion_changes_nothing(share: float, observed: int) -> None:
    parts = np.array([share, 1 - share])
    whole, split = counting([9.0, 0.0], [30.0, 0.0]), counting(9.0 * parts, 30.0 * parts)
    one = likelihood_ratio(whole, whole.data(np.array([observed, 0.0])), 1.3)
    two = likelihood_ratio(split, split.data(observed * parts), 1.3)
    assert float(two.value) == pytest.approx(float(one.value), abs=4e-9)  # two minima, good to 1e-9 each
    assert float(two.fixed.theta[0]) == pytest.approx(float(one.fixed.theta[0]), abs=1e-4)


def test_order_of_bins_is_irrelevant() -> None:
    model = random_model(7)
    data = model.data(np.random.default_rng(2).poisson(model.expected(0.5)))
    order = np.random.default_rng(3).permutation(50)
    mixed = eqx.tree_at(
        lambda m: (m.signal, m.backgrounds, m.up, m.down),
        model,
        (model.signal[order], model.backgrounds[:, order], model.up[..., order], model.down[..., order]),
    )
    one, two = fit(model, data), fit(mixed, Data(data.counts[order], data.auxiliary))
    assert float(two.nll) == pytest.approx(float(one.nll), abs=2e-9)
    np.testing.assert_allclose(two.theta, one.theta, atol=1e-4)  # 1e-9 in -ln L is 4e-5 of a sigma


def test_asimov_data_give_back_the_truth() -> None:
    model = random_model(7)
    truth = jnp.linspace(-0.8, 0.9, 10)
    best = fit(model, model.asimov(1.4, truth))
    np.testing.assert_allclose(best.theta, truth, atol=1e-4)
    assert float(best.strength) == pytest.approx(1.4, abs=1e-4)


@pytest.mark.parametrize("seed", range(8))
def test_fits_of_asymmetric_shapes_converge(seed: int) -> None:
    """Second derivatives of the yields matter here: Gauss-Newton steps overshoot in some of these."""
    model = random_model(seed)
    rng = np.random.default_rng(seed + 100)
    data = model.data(rng.poisson(model.expected(0.3, rng.normal(0, 0.7, 10))))
    for strength in (None, 0.0, 3.0, 6.0):
        best = fit(model, data, strength)
        gradient = derivatives(model, data, jnp.append(best.strength, best.theta)).gradient[1:]
        np.testing.assert_allclose(gradient, 0, atol=1e-3)


FAR = {
    "nothing is seen": lambda expected: 0 * expected,
    "five times": lambda expected: np.round(5 * expected),
    "thirty times": lambda expected: np.round(30 * expected),
    "a million in one bin": lambda expected: np.round(expected + 1e6 * (np.arange(expected.size) == 7)),
    "one bin empty": lambda expected: np.round(expected * (np.arange(expected.size) != 7)),
}


@pytest.mark.parametrize("kind", FAR)
@pytest.mark.parametrize("strength", [None, 0.0, 1.0])
def test_data_far_from_the_model(kind: str, strength: float | None) -> None:
    """Fits converge, and no step from where they end lowers -ln L."""
    model = random_model(5)
    data = model.data(FAR[kind](np.asarray(model.expected(0.5))))
    best = fit(model, data, strength)
    x = jnp.append(best.strength, best.theta)
    rng = np.random.default_rng(3)
    steps = jnp.asarray(rng.normal(size=(200, x.size)) * np.geomspace(1e-4, 0.3, 200)[:, None])
    steps = steps.at[:, 0].set(0.0 if strength is not None else jnp.maximum(steps[:, 0], -best.strength))
    around = jax.vmap(lambda step: negative_log_likelihood(model, data, x + step))(steps)
    assert float(jnp.min(around)) >= float(best.nll) - 1e-9 * (1 + abs(float(best.nll)) * 1e-6)


def test_signals_many_times_the_data() -> None:
    """A million times the background, but a parameter that is uncertain by 90 % can take it away: at theta = -1/0.9."""
    base = counting([1.0, 1.0], [100.0, 120.0])
    change = jnp.zeros((1, 2, 2)).at[0, 0].set(0.9)
    of = replace(
        base,
        log_kappa=jnp.array([[0.0, 0.1], [0.0, 0.0]]),
        precision=jnp.ones(2),
        up=change,
        down=change,
        shaped=(1,),
        nuisances=("background", "efficiency"),
    )
    data = of.asimov()
    for strength in (1e2, 1e5, 1e8):
        best = fit(of, data, strength)
        assert float(best.theta[1]) == pytest.approx(-1 / 0.9, rel=30 / strength)
        assert float(best.nll) == pytest.approx(0.5 / 0.81, rel=30 / strength + 1e-6)


def test_counts_of_a_petaevent() -> None:
    """Rounding of 1e13 counts is worth more than the tolerance of a fit: it must not go on for ever."""
    model = counting([1e10, 0.0], [1e13, 1e13])
    best = fit(model, model.asimov(1.5), 0.0)
    assert float(fit(model, model.asimov(1.5)).strength) == pytest.approx(1.5, abs=1e-3)
    # both bins share the background: half of 1.5e10 over it, and the other half below, at sqrt(1e13)
    assert float(best.nll) == pytest.approx(0.5 * (1.5e10) ** 2 / 2e13, rel=1e-2)


def test_covariance_of_a_counting_experiment() -> None:
    # off measures the background, on - off the signal: variance n_on + n_off, over s^2; for a free background
    model = counting([10.0, 0.0], [20.0, 20.0], precision=0.0)
    data = model.data(np.array([50.0, 30.0]))
    best = fit(model, data)
    assert float(best.strength) == pytest.approx(2.0, abs=1e-5)
    found = covariance(model, data, best)
    assert float(found[0, 0]) == pytest.approx(80 / 100, rel=1e-4)  # curvature at a point good to 1e-5


def test_strength_stops_at_its_bound() -> None:
    model = counting([10.0, 0.0], [20.0, 20.0])
    data = model.data(np.array([5.0, 20.0]))
    assert float(fit(model, data).strength) == 0.0
    assert float(fit(model, data, lower=-1.9).strength) < -1
    assert float(significance(model, data)) == 0.0
    assert float(likelihood_ratio(model, data, 0.0, Statistic.Q0).value) == 0.0


def test_a_fit_without_a_minimum_fails() -> None:
    """A free background falls for ever where only zero events are seen: e^theta -> 0 at theta -> -infinity."""
    model = counting([1e-3, 1e-3], [1e9, 1e9], log_kappa=1e-6, precision=0.0)
    data = Data(jnp.array([0.0, 0.0]), jnp.zeros(1))
    with pytest.raises(FitError, match="no minimum was found, as the counts do not fit the model: 0 events") as caught:
        fit(model, data, 1.0)
    assert "\n" not in str(caught.value)


def test_some_failures_among_many_can_be_allowed() -> None:
    flags = jnp.ones(1000, dtype=bool).at[3].set(False)
    many = Fit(jnp.zeros(1000), jnp.zeros((1000, 0)), jnp.zeros(1000), flags, jnp.full(1000, 0.5))
    require_converged(many, most=1e-3)
    with pytest.raises(FitError, match="1 of 1000 fits"):
        require_converged(many)


def test_a_strength_far_above_the_background() -> None:
    """A million signal events over a few of background at strength 1: the limit is at 1e-5 and less."""
    model = counting([1e6, 0.0], [4.0, 40.0])
    weak = counting([1.0, 0.0], [4.0, 40.0])
    assert strength_limit(model).observed == pytest.approx(1e-6 * strength_limit(weak).observed, rel=1e-6)


def test_asimov_data_have_nothing_where_nothing_is_expected() -> None:
    model = counting([1.0, 0.0], [4.0, 0.0])
    np.testing.assert_array_equal(model.asimov().counts, [4.0, 0.0])
