"""Piecewise polynomials against closed forms, NumPy and adaptive quadrature."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, special

from nushine.numerics.piecewise import DEGREE, Piecewise, geometric, total

# values of order 1 from sums of 16 Chebyshev terms: a few hundred ulp at most
ROUNDING = 1e-13
KNOTS = np.array([0.5, 1.0, 1.5, 4.0])


def test_polynomials_up_to_the_degree_are_exact() -> None:
    polynomial = np.polynomial.Polynomial(np.cos(np.arange(DEGREE + 1)) / 4.0 ** np.arange(DEGREE + 1))
    x = np.linspace(0.5, 4.0, 301)
    pieces = Piecewise.interpolate(polynomial, KNOTS)
    np.testing.assert_allclose(pieces(x), polynomial(x), rtol=ROUNDING, atol=ROUNDING)
    higher = Piecewise.interpolate(lambda x: x ** (DEGREE + 3), np.array([0.5, 4.0]))
    assert np.max(np.abs(np.asarray(higher(x)) / x ** (DEGREE + 3) - 1)) > 1e-6  # so that the line above says something


def test_it_is_zero_outside_and_the_ends_belong_to_it() -> None:
    pieces = Piecewise.interpolate(lambda x: np.full_like(x, 2.0), KNOTS)
    np.testing.assert_array_equal(pieces([0.0, np.nextafter(0.5, 0), np.nextafter(4.0, 9), 1e9]), 0.0)
    np.testing.assert_allclose(pieces([0.5, 1.0, 4.0]), 2.0, rtol=ROUNDING)
    assert pieces(np.ones((2, 3))).shape == (2, 3)


def test_a_jump_at_a_knot_belongs_to_the_right_segment() -> None:
    step = Piecewise.interpolate(lambda x: np.where(x < 1.5, 1.0, 5.0), KNOTS)
    np.testing.assert_allclose(step([np.nextafter(1.5, 0), 1.5, 1.6]), [1.0, 5.0, 5.0], rtol=ROUNDING)
    np.testing.assert_allclose(step.tail()(0.5), 1.0 + 5 * 2.5, rtol=ROUNDING)


def test_linear_is_numpy_interp() -> None:
    x, y = [0.0, 1.0, 1.5, 6.0], [2.0, -1.0, 7.0, 0.5]
    at = np.linspace(0, 6, 123)
    np.testing.assert_allclose(Piecewise.linear(x, y)(at), np.interp(at, x, y), rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize("power", [0, 1, 2])
def test_tail_of_an_exponential(power: int) -> None:
    """int_x^b exp(-x') x'^-k dx' = x^(1-k) E_k(x) - b^(1-k) E_k(b): the exponential integrals of scipy."""
    pieces = Piecewise.interpolate(lambda x: np.exp(-x), geometric([0.01, 9.0]))
    x = np.geomspace(0.01, 8.0, 97)
    primitive = [v ** (1.0 - power) * special.expn(power, v) for v in (x, 9.0)]
    # 1e-13: the docstring promises 1e-14 of the tail at its largest; E_k of scipy is good to a few 1e-15
    expected = primitive[0] - primitive[1]
    np.testing.assert_allclose(pieces.tail(power)(x), expected, rtol=1e-13, atol=1e-14 * expected[0])


def test_tail_on_a_segment_from_zero() -> None:
    pieces = Piecewise.linear([0.0, 1.0, 2.0], [0.0, 1.0, 0.0])
    np.testing.assert_allclose(pieces.tail(0)(0.0), 1.0, rtol=ROUNDING)
    np.testing.assert_allclose(pieces.tail(1)(0.0), 1.0 + 2 * np.log(2) - 1, rtol=ROUNDING)  # f/x = 1, then 2/x - 1


def test_derivative_of_the_tail_is_minus_the_function() -> None:
    pieces = Piecewise.interpolate(np.sin, geometric([0.3, 3.0]))
    x = jnp.linspace(0.35, 2.9, 11)
    slope = jax.vmap(jax.grad(lambda v: pieces.tail(1)(v)))(x)
    # 1e-11: differentiating 17 Chebyshev terms costs up to 16^2 ulp
    np.testing.assert_allclose(slope, -np.sin(x) / x, rtol=1e-11)


def test_integral_between_limits() -> None:
    pieces = Piecewise.interpolate(lambda x: x**2, KNOTS)
    for low, high in ((None, None), (0.7, 3.0), (-5.0, 99.0), (None, 1.2), (2.0, None)):
        a, b = np.clip(0.5 if low is None else low, 0.5, 4.0), np.clip(4.0 if high is None else high, 0.5, 4.0)
        np.testing.assert_allclose(pieces.integral(low, high), (b**3 - a**3) / 3, rtol=ROUNDING)
    assert float(pieces.integral(5.0, 6.0)) == 0.0
    np.testing.assert_allclose(pieces.integral(3.0, 1.0), -pieces.integral(1.0, 3.0), rtol=ROUNDING)


def test_integral_of_a_kinked_function_against_adaptive_quadrature() -> None:
    y = [0.0, 3.0, 1.0, 2.0]
    expected, _ = integrate.quad(lambda x: np.interp(x, KNOTS, y), 0.6, 3.3, points=[1.0, 1.5], epsabs=1e-13)
    np.testing.assert_allclose(Piecewise.linear(KNOTS, y).integral(0.6, 3.3), expected, rtol=1e-12)  # quad's own error


def test_multiplication_refinement_and_sum() -> None:
    f, g = Piecewise.linear([0.0, 1.0, 3.0], [1.0, 2.0, 0.0]), Piecewise.linear([0.5, 2.0], [4.0, 1.0])
    x = np.linspace(-0.1, 3.1, 321)
    np.testing.assert_allclose((f * 2.5)(x), 2.5 * f(x), rtol=ROUNDING)
    refined = f.refine([0.25, 2.0, 5.0])
    assert set(np.asarray(refined.knots)) == {0.0, 0.25, 1.0, 2.0, 3.0, 5.0}
    np.testing.assert_allclose(refined(x), f(x), rtol=ROUNDING, atol=ROUNDING)
    at = np.setdiff1d(x, [0.5, 2.0])  # g jumps there
    np.testing.assert_allclose(total([f, g])(at), f(at) + g(at), rtol=ROUNDING, atol=ROUNDING)
    np.testing.assert_allclose(total([f, g]).integral(), f.integral() + g.integral(), rtol=ROUNDING)


def test_it_is_a_pytree_that_compiles_and_vectorises() -> None:
    pieces = Piecewise.linear([0.0, 1.0], [0.0, 1.0])
    scaled = jax.jit(jax.vmap(lambda a: (pieces * a).integral()))(jnp.array([1.0, 4.0]))
    np.testing.assert_allclose(scaled, [0.5, 2.0], rtol=ROUNDING)


@pytest.mark.parametrize("kwargs", [{}, {"ratio": 1.1}, {"step": 0.25}])
def test_geometric_knots(kwargs: dict[str, float]) -> None:
    given = np.array([0.01, 0.3, 0.31, 8.0])
    knots = geometric(given, **kwargs)
    assert np.all(np.diff(knots) > 0)
    assert np.all(np.isin(given, knots))
    slack = 1 + 1e-8  # `geometric` itself forgives 1e-9
    assert np.max(knots[1:] / knots[:-1]) <= kwargs.get("ratio", 1.5) * slack
    # a geometric row of n intervals has its longest step at the end: (b - a)/step intervals do not bound that one
    assert len(knots) > len(geometric(given)) or not kwargs


def test_geometric_knots_from_zero() -> None:
    knots = geometric([0.0, 9.0])
    assert knots[0] == 0.0
    np.testing.assert_allclose(knots[1], 9e-3, rtol=1e-12)  # floor times the last knot
    assert np.max(knots[2:] / knots[1:-1]) <= 1.5 * (1 + 1e-8)
    np.testing.assert_array_equal(geometric([0.0, 1e-4, 1.2e-4]), [0.0, 1.2e-7, *geometric([1.2e-7, 1e-4, 1.2e-4])[1:]])


def test_geometric_step_is_respected() -> None:
    """Neighbours are at most `step` apart, as the docstring says."""
    assert np.max(np.diff(geometric([0.01, 8.0], step=0.25))) <= 0.25 * (1 + 1e-8)
