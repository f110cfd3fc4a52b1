"""Quadrature rules on integrals that are known in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nushine.numerics import quadrature

# sums of some tens of positive terms: tens of ulp
ROUNDING = 1e-13


@pytest.mark.parametrize("n", [1, 6, 48])
def test_gauss_legendre_is_exact_to_degree_2n_minus_1(n: int) -> None:
    x, w = quadrature.gauss_legendre(n)
    degree = 2 * n - 1
    np.testing.assert_allclose(w @ x**degree, 1 / (degree + 1), rtol=1e-12)  # nodes of leggauss(48) carry 1e-15 each
    if n < 10:
        assert abs(w @ x ** (degree + 1) - 1 / (degree + 2)) > 1e-9  # and not beyond


def test_interval_broadcasts_and_is_empty_where_the_limits_are_reversed() -> None:
    low, high = jnp.array([[0.0, 1.0, 3.0]]), jnp.array([[2.0], [3.0]])
    x, w = quadrature.interval(low, high, 5)
    assert x.shape == w.shape == (2, 3, 5)
    expected = np.maximum(np.asarray(high) ** 4 - np.asarray(low) ** 4, 0) / 4
    np.testing.assert_allclose(jnp.sum(w * x**3, -1), expected, rtol=ROUNDING)
    np.testing.assert_array_equal(w[0, 2], 0.0)
    np.testing.assert_array_equal(w[1, 2], 0.0)


def test_from_onset_takes_momenta_exactly() -> None:
    """int_a^b p x dx and int_a^b x/p dx with p = sqrt(x^2 - a^2): polynomials in p, also where p begins at zero."""
    a, b = 1.2, 5.0
    x, w = quadrature.from_onset(jnp.asarray(a), jnp.array([2.0, b, 0.3]), 3, rest=a)
    p, p_b = jnp.sqrt((x - a) * (x + a)), np.sqrt(b**2 - a**2)
    np.testing.assert_allclose(jnp.sum(w * p * x), p_b**3 / 3, rtol=ROUNDING)
    np.testing.assert_allclose(jnp.sum(jnp.where(p > 0, w * x / p, 0.0)), p_b, rtol=ROUNDING)


def test_from_onset_respects_breaks_and_ignores_those_below() -> None:
    breaks = jnp.array([0.1, 2.5, 0.7, 4.0])
    x, w = quadrature.from_onset(jnp.asarray(1.0), breaks, 4)
    assert x.size == 16
    np.testing.assert_allclose(jnp.sum(w * jnp.abs(x - 2.5)), (1.5**2 + 1.5**2) / 2, rtol=ROUNDING)
    # nothing below the onset (weights there are 1e-150, from the number that keeps gradients finite)
    np.testing.assert_allclose(jnp.sum(jnp.where(x <= 1.0, w, 0.0)), 0.0, atol=1e-100)
    _, nothing = quadrature.from_onset(jnp.asarray(9.0), breaks, 4)
    np.testing.assert_allclose(nothing, 0.0, atol=1e-100)


def test_gradient_of_from_onset_is_finite_and_right() -> None:
    def area(low: jax.Array) -> jax.Array:
        x, w = quadrature.from_onset(low, jnp.array([0.5, 2.0, 3.0]), 4)
        return jnp.sum(w * x**2)

    low = jnp.array([0.2, 0.5, 1.7, 2.0])  # on the breaks as well
    # the derivative of a rule of degree 7 in v: exact for x^2 but for rounding
    np.testing.assert_allclose(jax.jit(jax.vmap(jax.grad(area)))(low), -(low**2), rtol=1e-11)


@pytest.mark.parametrize(("width", "tolerance"), [(1.0, 1e-12), (1e-2, 1e-10), (1e-5, 3e-5)])
def test_around_resolves_a_peak(width: float, tolerance: float) -> None:
    """A Lorentzian, arctan in closed form. In v it is 1/cosh v over a range of 2 asinh(1/width).

    Poles at +-i pi/2: with 48 points the error is about rho^-96, rho = y + sqrt(1 + y^2), y = (pi/2) / asinh(1/width):
    1e-12 at 1e-2 (asinh 5.3) and 4e-6 at 1e-5 (asinh 12.2), times a residue of order 2 pi.
    """
    low, high, centre = jnp.array([-1.0]), jnp.array([1.0]), jnp.array([0.3])
    x, w = quadrature.around(low, high, centre, jnp.array([width]), 48)
    value = jnp.sum(w / ((x - centre[:, None]) ** 2 + width**2), -1) * width
    expected = np.arctan(0.7 / width) + np.arctan(1.3 / width)
    np.testing.assert_allclose(value, expected, rtol=tolerance)
    plain = quadrature.interval(low, high, 48)
    if width < 0.1:  # what the map is for
        error = abs(jnp.sum(plain[1] / ((plain[0] - 0.3) ** 2 + width**2)) * width - expected)
        assert error > 1e3 * tolerance * expected or error > 0.1


def test_around_with_a_centre_outside_and_an_empty_range() -> None:
    low, high = jnp.array([0.0, 0.0, 1.0]), jnp.array([2.0, 2.0, 1.0])
    x, w = quadrature.around(low, high, jnp.array([-7.0, 9.0, 1.0]), jnp.array([0.5, 0.5, 0.1]), 24)
    # sinh of a range below 2.1 by 24 points: far below rounding
    np.testing.assert_allclose(jnp.sum(w * x**2, -1), [8 / 3, 8 / 3, 0.0], rtol=ROUNDING, atol=1e-15)


def test_a_wide_peak_is_the_plain_rule() -> None:
    args = jnp.array([-20.0]), jnp.array([-3.0])
    x, w = quadrature.around(*args, jnp.array([-8.0]), jnp.array([1e3]), 12)
    plain_x, plain_w = quadrature.interval(*args, 12)
    # sinh v = v (1 + v^2/6) with |v| <= 0.012: nodes move by 2e-5 of their distance at most
    np.testing.assert_allclose(x, plain_x, atol=17 * 2.4e-5)
    np.testing.assert_allclose(jnp.sum(w, -1), jnp.sum(plain_w, -1), rtol=1e-12)
