"""Piecewise polynomials against closed forms, NumPy and adaptive quadrature."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, special

from nushine.numerics.piecewise import DEGREE, Piecewise, geometric, total

# values of order 1 from sums of 16 Chebyshev terms: a few hundred ulp at most
ROUNDING = 1e-13
KNOTS = np.array([0.5, 1.0, 1.5, 4.0])

# compiled as a whole: op by op, each new shape costs a second
value = jax.jit(lambda pieces, x: pieces(x))
tail = jax.jit(lambda pieces, x: jnp.stack([pieces.tail(power)(x) for power in range(3)]))
integral = jax.jit(lambda pieces, low, high: pieces.integral(low, high))


def test_polynomials_up_to_the_degree_are_exact() -> None:
    polynomial = np.polynomial.Polynomial(np.cos(np.arange(DEGREE + 1)) / 4.0 ** np.arange(DEGREE + 1))
    x = np.linspace(0.5, 4.0, 301)
    pieces = Piecewise.interpolate(polynomial, KNOTS)
    np.testing.assert_allclose(value(pieces, x), polynomial(x), rtol=ROUNDING, atol=ROUNDING)
    higher = Piecewise.interpolate(lambda x: x ** (DEGREE + 3), KNOTS)
    error = np.abs(np.asarray(value(higher, x)) / x ** (DEGREE + 3) - 1)
    assert np.max(error) > 1e-10  # so that the line above says something


def test_it_is_zero_outside_and_the_ends_belong_to_it() -> None:
    pieces = Piecewise.interpolate(lambda x: np.full_like(x, 2.0), KNOTS)
    x = np.array([0.0, np.nextafter(0.5, 0), np.nextafter(4.0, 9), 1e9, 0.5, 1.0, 4.0])
    np.testing.assert_array_equal(value(pieces, x)[:4], 0.0)
    np.testing.assert_allclose(value(pieces, x)[4:], 2.0, rtol=ROUNDING)
    assert value(pieces, np.ones((2, 3))).shape == (2, 3)


def test_a_jump_at_a_knot_belongs_to_the_right_segment() -> None:
    step = Piecewise.interpolate(lambda x: np.where(x < 1.5, 1.0, 5.0), KNOTS)
    x = np.array([np.nextafter(1.5, 0), 1.5, 1.6])
    np.testing.assert_allclose(value(step, x), [1.0, 5.0, 5.0], rtol=ROUNDING)
    np.testing.assert_allclose(tail(step, np.array([0.5, 1.5]))[0], [1.0 + 5 * 2.5, 5 * 2.5], rtol=ROUNDING)


def test_linear_is_numpy_interp() -> None:
    x, y = [0.0, 1.0, 1.5, 6.0], [2.0, -1.0, 7.0, 0.5]
    at = np.linspace(0, 6, 301)
    lines = Piecewise.linear(x, y)
    np.testing.assert_allclose(value(lines, at), np.interp(at, x, y), rtol=ROUNDING, atol=ROUNDING)


def test_tails_of_an_exponential() -> None:
    """int_x^b exp(-x') x'^-k dx' = x^(1-k) E_k(x) - b^(1-k) E_k(b): the exponential integrals of scipy."""
    pieces = Piecewise.interpolate(lambda x: np.exp(-x), geometric([0.01, 9.0]))
    x = np.geomspace(0.01, 8.0, 97)
    for power, ours in enumerate(tail(pieces, x)):
        primitive = [v ** (1.0 - power) * special.expn(power, v) for v in (x, 9.0)]
        expected = primitive[0] - primitive[1]
        # 1e-13: the docstring promises 1e-14 of the tail at its largest; E_k of scipy is good to a few 1e-15
        np.testing.assert_allclose(ours, expected, rtol=1e-13, atol=1e-14 * expected[0])


def test_tail_on_a_segment_from_zero() -> None:
    pieces = Piecewise.linear([0.0, 1.0, 2.0], [0.0, 1.0, 0.0])
    plain, over_x, _ = tail(pieces, np.zeros(1))
    np.testing.assert_allclose(plain, 1.0, rtol=ROUNDING)
    # f/x = 1, then 2/x - 1; degree 15 on [1, 2] keeps 2/x to (3 - sqrt 8)^16 = 6e-13
    np.testing.assert_allclose(over_x, 1.0 + 2 * np.log(2) - 1, rtol=1e-12)


def test_derivative_of_the_tail_is_minus_the_function() -> None:
    pieces = Piecewise.interpolate(np.sin, geometric([0.3, 3.0]))
    x = jnp.linspace(0.35, 2.9, 11)
    slope = jax.jit(jax.vmap(jax.grad(lambda v: pieces.tail(1)(v))))(x)
    # 1e-11: differentiating 17 Chebyshev terms costs up to 16^2 ulp
    np.testing.assert_allclose(slope, -np.sin(x) / x, rtol=1e-11)


def test_integral_between_limits() -> None:
    pieces = Piecewise.interpolate(lambda x: x**2, KNOTS)
    np.testing.assert_allclose(pieces.integral(), (4.0**3 - 0.5**3) / 3, rtol=ROUNDING)
    low, high = np.array([0.7, -5.0, 2.0, 5.0, 3.0]), np.array([3.0, 99.0, 2.5, 6.0, 1.0])
    a, b = np.clip(low, 0.5, 4.0), np.clip(high, 0.5, 4.0)
    np.testing.assert_allclose(integral(pieces, low, high), (b**3 - a**3) / 3, rtol=ROUNDING, atol=ROUNDING)
    assert float(integral(pieces, 5.0, 6.0)) == 0.0


def test_integral_of_a_kinked_function_against_adaptive_quadrature() -> None:
    y = [0.0, 3.0, 1.0, 2.0]
    expected, _ = integrate.quad(lambda x: np.interp(x, KNOTS, y), 0.6, 3.3, points=[1.0, 1.5], epsabs=1e-13)
    lines = Piecewise.linear(KNOTS, y)
    np.testing.assert_allclose(integral(lines, 0.6, 3.3), expected, rtol=1e-12)  # quad's own error


def test_multiplication_refinement_and_sum() -> None:
    f, g = Piecewise.linear([0.0, 1.0, 3.0], [1.0, 2.0, 0.0]), Piecewise.linear([0.5, 2.0], [4.0, 1.0])
    x = np.linspace(-0.1, 3.1, 301)
    np.testing.assert_allclose(value(f * 2.5, x), 2.5 * value(f, x), rtol=ROUNDING)
    refined = f.refine([0.25, 2.0, 5.0])
    assert set(np.asarray(refined.knots)) == {0.0, 0.25, 1.0, 2.0, 3.0, 5.0}
    np.testing.assert_allclose(value(refined, x), value(f, x), rtol=ROUNDING, atol=ROUNDING)
    both = total([f, g])
    # g jumps at 0.5 and 2, which are no points of x
    np.testing.assert_allclose(value(both, x), value(f, x) + value(g, x), rtol=ROUNDING, atol=ROUNDING)
    np.testing.assert_allclose(integral(both, 0.0, 9.0), 1.5 + 2.0 + 2.5 * 1.5, rtol=ROUNDING)


def test_it_is_a_pytree_that_compiles_and_vectorises() -> None:
    pieces = Piecewise.linear([0.0, 1.0], [0.0, 1.0])
    scaled = jax.jit(jax.vmap(lambda a: (pieces * a).integral()))(jnp.array([1.0, 4.0]))
    np.testing.assert_allclose(scaled, [0.5, 2.0], rtol=ROUNDING)


@pytest.mark.parametrize("ratio", [1.1, 1.5, 4.0])
def test_geometric_knots(ratio: float) -> None:
    given = np.array([0.01, 0.3, 0.31, 8.0])
    knots = geometric(given, ratio)
    assert np.all(np.diff(knots) > 0)
    assert np.all(np.isin(given, knots))
    assert np.max(knots[1:] / knots[:-1]) <= ratio * (1 + 1e-8)  # `geometric` itself forgives 1e-9
    # and no more than needed: one knot less in any of the gaps would be too few
    assert knots.size == 1 + sum(int(np.ceil(np.log(b / a) / np.log(ratio))) for a, b in pairwise(given))


def test_geometric_knots_from_zero() -> None:
    knots = geometric([0.0, 9.0])
    assert knots[0] == 0.0
    np.testing.assert_allclose(knots[1], 9e-3, rtol=1e-12)  # floor times the last knot
    assert np.max(knots[2:] / knots[1:-1]) <= 1.5 * (1 + 1e-8)
    np.testing.assert_array_equal(geometric([0.0, 1e-4, 1.2e-4], floor=1.0), [0.0, 1e-4, 1.2e-4])


def test_geometric_step_is_respected() -> None:
    """Neighbours are at most `step` apart, as the docstring says."""
    assert np.max(np.diff(geometric([0.01, 8.0], step=0.25))) <= 0.25 * (1 + 1e-8)
