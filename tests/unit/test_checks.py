"""Checks of user input: one line, with the value and the cure; traced values pass."""

import re
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nushine.numerics.checks import (
    require_between,
    require_finite,
    require_non_negative,
    require_ordered,
    require_positive,
)


@pytest.mark.parametrize(
    "value", [1.0, 3, Fraction(3, 2), np.float32(2.0), np.array([1.0, 2.0]), jnp.array([[0.5]]), []]
)
def test_good_values_pass(value: object) -> None:
    require_positive("x", value)
    require_non_negative("x", value)
    require_finite("x", value)
    require_between("x", value, 0.5, 3.0)


def test_the_limits_themselves() -> None:
    require_non_negative("x", 0.0)
    require_between("x", [-1.0, 1.0], -1.0, 1.0)
    with pytest.raises(ValueError, match="x = 0 is not allowed: give a finite number above zero"):
        require_positive("x", 0.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "check", [require_positive, require_non_negative, require_finite, lambda n, v: require_between(n, v, 0.0, 9.0)]
)
def test_numbers_that_are_not_finite(check: object, bad: float) -> None:
    with pytest.raises(ValueError, match=re.escape(f"m_N = {bad:g} is not allowed")):
        check("m_N", bad)
    with pytest.raises(ValueError, match=re.escape(f"m_N = {bad:g} is not allowed")):
        check("m_N", [1.0, bad, 2.0])


def test_the_line_names_the_first_bad_value_its_unit_and_the_cure() -> None:
    with pytest.raises(ValueError, match="m_N") as caught:
        require_non_negative("m_N", np.array([[1.0, -2.5], [-3.0, 4.0]]), "MeV", "give masses in MeV")
    assert str(caught.value) == "m_N = -2.5 MeV is not allowed: give masses in MeV"
    with pytest.raises(ValueError, match="cos") as caught:
        require_between("cos", 1.5, -1.0, 1.0)
    assert str(caught.value) == "cos = 1.5 is not allowed: give a number from -1 to 1"
    assert "\n" not in str(caught.value)


def test_ordered() -> None:
    require_ordered("a", 1.0, "b", np.inf)
    require_ordered("a", np.array([1.0, 2.0]), "b", 3.0)
    for low, high in ((2.0, 1.0), (1.0, 1.0), (np.nan, 1.0), (1.0, np.nan), (np.array([0.0, 5.0]), 3.0)):
        with pytest.raises(ValueError, match="is not below b = ") as caught:
            require_ordered("a", low, "b", high, "MeV")
        assert "\n" not in str(caught.value)
    assert float(jax.jit(lambda x: require_ordered("a", x, "b", 0.0) or x)(1.0)) == 1.0  # traced values pass


def test_traced_values_pass_unseen() -> None:
    def f(x: jax.Array) -> jax.Array:
        require_positive("x", x)
        require_between("x", x, 5.0, 6.0)
        return x

    assert float(jax.jit(f)(-1.0)) == -1.0
    assert float(jax.grad(f)(-1.0)) == 1.0
    np.testing.assert_array_equal(jax.vmap(f)(jnp.array([-1.0, jnp.nan])), [-1.0, np.nan])


@pytest.mark.parametrize(
    "value", ["1", True, None, 1j, [None], ["1"], [[1.0], [1.0, 2.0]], np.datetime64(1, "s"), 10**400]
)
def test_what_is_no_number_is_shown_with_the_cure(value: object) -> None:
    with pytest.raises(ValueError, match=r"^x = .* is not allowed: give a finite number above zero$") as caught:
        require_positive("x", value)  # type: ignore[arg-type]
    assert len(str(caught.value)) < 150


def test_integers_beyond_64_bits_are_numbers() -> None:
    require_positive("x", 10**30)
    require_between("x", [10**30, 1.5], 1.0, 1e31)
