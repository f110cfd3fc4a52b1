"""Roots of functions of one variable inside compiled code: Newton's steps, kept within a bracket."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

# A function that gives its value and its derivative.
Valued = Callable[[Array], tuple[Array, Array]]


class Root(NamedTuple):
    """A root, and whether it was found."""

    x: Array
    found: Array


class _State(NamedTuple):
    x: Array
    low: Array
    high: Array
    step: Array
    turns: Array


def rising_root(
    function: Valued, start: ArrayLike, low: ArrayLike, high: ArrayLike, tolerance: float = 1e-9, most: int = 60
) -> Root:
    """Where a function that is negative at `low` and positive at `high` crosses zero.

    A Newton step that leaves the bracket, or is not finite, is replaced by halving the bracket. Works for falling
    brackets as well, low > high. Arrays of one shape are as many searches at once. Traceable.
    """

    def turn(state: _State) -> _State:
        value, slope = function(state.x)
        low = jnp.where(value < 0, state.x, state.low)
        high = jnp.where(value < 0, state.high, state.x)
        newton = state.x - value / jnp.where(slope == 0, 1.0, slope)
        inside = (newton - low) * (newton - high) <= 0
        x = jnp.where(inside & (slope != 0) & jnp.isfinite(newton), newton, (low + high) / 2)
        x = jnp.where(state.step > tolerance, x, state.x)  # those that are found wait for the others
        step = jnp.where(state.step > tolerance, jnp.abs(x - state.x), state.step)
        return _State(x, low, high, step, state.turns + 1)

    def going(state: _State) -> Array:
        return jnp.any(state.step > tolerance) & (state.turns < most)

    x, low, high = (jnp.asarray(x, dtype=float) for x in (start, low, high))
    first = _State(x, low, high, jnp.full_like(x, jnp.inf), jnp.asarray(0))
    end = jax.lax.while_loop(going, turn, first)
    return Root(end.x, (end.step <= tolerance) & jnp.isfinite(end.x))
