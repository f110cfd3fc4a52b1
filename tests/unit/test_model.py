"""The likelihood: expected counts, interpolation, derivatives, and what is no model."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from made_models import counting, random_model
from nushine.statistics.derivatives import derivatives
from nushine.statistics.model import (
    TAIL,
    Data,
    Model,
    bend,
    expected_and_jacobian,
    interpolation,
    kept,
    least,
    negative_log_likelihood,
)

FIELDS = tuple(field.name for field in dataclasses.fields(Model))


def changed(model: Model, **new: object) -> Model:
    return Model(**{name: new.get(name, getattr(model, name)) for name in FIELDS})


def points(model: Model, n: int, width: float = 1.5) -> list[jax.Array]:
    rng = np.random.default_rng(4)
    return [jnp.append(rng.uniform(0, 2), rng.normal(0, width, len(model.nuisances))) for _ in range(n)]


def test_interpolation_has_the_values_of_histfactory() -> None:
    # code 4p: linear outside; inside x/2 + (15 x^2 - 10 x^4 + 3 x^6)/16, which is 1, 0 and 0 at 1, 0 and -1
    x = jnp.array([-3.0, -1.0, 0.0, 0.5, 1.0, 2.5])
    np.testing.assert_allclose(interpolation(x)[0], [0.0, 0.0, 0.0, 0.25 + 3.171875 / 16, 1.0, 2.5], atol=1e-15)


@pytest.mark.parametrize("edge", [-1.0, 0.0, 1.0])
def test_interpolation_is_continuous_with_two_derivatives(edge: float) -> None:
    below, above = jnp.asarray(edge - 1e-9), jnp.asarray(edge + 1e-9)
    for f, third in ((lambda x: interpolation(x)[0], 1), (lambda x: interpolation(x)[1], 2), (bend, 30)):
        assert float(f(above) - f(below)) == pytest.approx(0, abs=2.1e-9 * third)  # times a bound of the next slope


def test_yields_at_one_sigma_are_up_and_down() -> None:
    model = random_model(3)
    h, k = 2, model.shaped[2]
    theta = jnp.zeros(10).at[k].set(1.0)
    for sign, moved in ((1, model.nominal + model.up[h]), (-1, model.nominal - model.down[h])):
        total = moved[0] * 0.7 + moved[1] + moved[2]
        np.testing.assert_allclose(model.expected(0.7, sign * theta), total, rtol=1e-14)  # sums of three numbers


def test_yields_scale_exponentially() -> None:
    model = counting([3.0, 1.0], [10.0, 20.0], log_kappa=np.log(1.3))
    np.testing.assert_allclose(model.expected(2.0, [2.0]), [6 + 16.9, 2 + 33.8], rtol=1e-14)


def test_first_derivatives_against_automatic_ones() -> None:
    model = random_model(3)
    data = model.data(np.random.default_rng(1).poisson(model.expected(1.0)))
    exact = jax.jit(jax.jacfwd(lambda x: expected_and_jacobian(model, x)[0]))
    for x in points(model, 4):
        # rounding of sums of 50 terms
        np.testing.assert_allclose(expected_and_jacobian(model, x)[1].T, exact(x), rtol=1e-12, atol=1e-12)
        gradient = jax.grad(lambda y: negative_log_likelihood(model, data, y))(x)
        np.testing.assert_allclose(derivatives(model, data, x).gradient, gradient, rtol=1e-10, atol=1e-10)


def test_second_derivatives_against_automatic_ones() -> None:
    model = random_model(3)
    data = model.data(np.random.default_rng(1).poisson(model.expected(1.0)))
    exact = jax.jit(jax.hessian(lambda x: negative_log_likelihood(model, data, x)))
    for x in points(model, 4):
        found = derivatives(model, data, x)
        scale = float(jnp.max(jnp.abs(exact(x))))
        np.testing.assert_allclose(found.terms.curvature, exact(x), rtol=1e-10, atol=1e-13 * scale)
        assert float(found.value) == float(negative_log_likelihood(model, data, x))
        assert float(jnp.min(jnp.diag(found.terms.far))) >= 0


def test_bins_that_would_be_negative_fall_exponentially() -> None:
    """Below a millionth of the background ln(lambda) goes on as a straight line; derivatives are those of that."""
    model = random_model(3, bins=(2, 1))
    model = changed(model, down=10 * model.nominal[None] + jnp.zeros_like(model.down))
    data = model.data([3.0, 0.0, 5.0])
    low = TAIL * jnp.sum(model.backgrounds, axis=0)
    for theta, place in ((-1e-3, 1), (-0.3, 0), (-3.0, 0)):
        x = jnp.zeros(11).at[6].set(theta)
        expected = expected_and_jacobian(model, x)[0]
        assert (expected > low).all() if place else (expected < low).all()
        found = derivatives(model, data, x)
        gradient = jax.grad(lambda y: negative_log_likelihood(model, data, y))(x)
        curvature = jax.hessian(lambda y: negative_log_likelihood(model, data, y))(x)
        scale = float(jnp.max(jnp.abs(curvature)))
        np.testing.assert_allclose(found.gradient, gradient, rtol=1e-10, atol=1e-13 * float(jnp.max(jnp.abs(gradient))))
        np.testing.assert_allclose(found.terms.curvature, curvature, rtol=1e-10, atol=1e-13 * scale)
        assert np.isfinite(float(found.value))


def test_the_tail_has_no_step() -> None:
    model = random_model(3, bins=(2, 1))
    low = least(model)
    (below, slope_below), (above, slope_above) = (kept(model, low * (1 + d)) for d in (-1e-9, 1e-9))
    np.testing.assert_allclose(below, above, rtol=3e-9)  # 2e-9 apart at a slope of one
    np.testing.assert_allclose(slope_below, slope_above, rtol=3e-9)


def test_likelihood_is_that_of_poisson_and_gauss() -> None:
    from scipy.stats import norm, poisson

    model = random_model(3)
    data = Data(jnp.asarray(np.random.default_rng(1).poisson(model.expected(1.0)), dtype=float), jnp.full(10, 0.3))

    def by_scipy(x: jax.Array) -> float:
        counts = poisson.logpmf(np.asarray(data.counts), np.asarray(model.expected(x[0], x[1:]))).sum()
        return float(-counts - norm.logpdf(np.asarray(x[1:]), 0.3).sum())

    first, second = points(model, 2, 0.5)
    difference = negative_log_likelihood(model, data, first) - negative_log_likelihood(model, data, second)
    # scipy sums n ln n terms of some 1e3, so digits from 1e-13 on are lost
    assert float(difference) == pytest.approx(by_scipy(first) - by_scipy(second), rel=1e-9)


def test_asimov_data_are_the_truth() -> None:
    model = changed(random_model(3), precision=jnp.ones(10).at[0].set(0.0))
    theta = jnp.linspace(-1, 1, 10)
    data = model.asimov(0.5, theta)
    np.testing.assert_array_equal(data.counts, model.expected(0.5, theta))
    np.testing.assert_array_equal(data.auxiliary, theta.at[0].set(0.0))  # a free parameter has no measurement
    gradient = derivatives(model, data, jnp.append(0.5, theta)).gradient
    np.testing.assert_allclose(gradient, 0, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"channels": (("on", 2), ("off", 0))}, "channel off: has no bins"),
        ({"channels": ()}, r"channel \(none\): has no bins"),
        ({"channels": (("on", 1),)}, r"channels of the model: shape \(1,\) does not fit; give \(2,\)"),
        ({"backgrounds": jnp.ones((2, 2))}, r"backgrounds of the model: shape \(2, 2\) does not fit; give \(1, 2\)"),
        ({"log_kappa": jnp.zeros((1, 3))}, r"log_kappa of the model: shape \(1, 3\)"),
        ({"up": jnp.zeros((1, 2, 2))}, r"up of the model: shape \(1, 2, 2\)"),
        ({"precision": jnp.ones(2)}, r"precision of the model: shape \(2,\)"),
        ({"weight": jnp.ones(3)}, r"weight of the model: shape \(3,\)"),
        ({"signal": jnp.array([1.0, -2.0])}, "expected signal = -2 is not allowed"),
        ({"signal": jnp.array([1.0, jnp.nan])}, "expected signal = nan is not allowed"),
        ({"backgrounds": jnp.array([[1.0, -3.0]])}, "expected background = -3 is not allowed"),
        ({"log_kappa": jnp.array([[0.0, jnp.inf]])}, "log_kappa of the model = inf is not allowed"),
        ({"signal": jnp.zeros(2)}, "expects no signal at all"),
        ({"signal": jnp.zeros(2), "backgrounds": jnp.zeros((1, 2))}, "expects no signal at all"),
    ],
)
def test_what_is_no_model(change: dict[str, object], line: str) -> None:
    with pytest.raises(ValueError, match=line) as caught:
        changed(counting([1.0, 2.0], [3.0, 4.0]), **change)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ([1.0, -2.0], "observed counts = -2 is not allowed: give a number of events"),
        ([1.0, np.nan], "observed counts = nan is not allowed"),
        ([1.0], "1 counts for 2 bins: give 1 of on, 1 of off"),
        ([1.0, 3.0], "bin 1: 3 events where neither signal nor background is expected"),
    ],
)
def test_what_are_no_data(counts: list[float], line: str) -> None:
    with pytest.raises(ValueError, match=line) as caught:
        counting([1.0, 0.0], [3.0, 0.0]).data(counts)
    assert "\n" not in str(caught.value)
