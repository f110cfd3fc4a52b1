"""Roots of functions of one variable inside compiled code: Newton's steps, kept within a bracket."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

# A function that gives its value and its derivative.
Valued = Callable[[Array], tuple[Array, Array]]


NEAR = 1e-6
"""A function of order one is zero where it is smaller than this."""


class Root(NamedTuple):
    """A root, whether it was found, and the last value of the function.

    The function must vanish at a root that was found, as it does not at the end of a bracket without one.
    """

    x: Array
    found: Array
    value: Array


class _State(NamedTuple):
    x: Array
    low: Array
    high: Array
    step: Array
    vanishes: Array
    value: Array
    turns: Array


def rising_root(
    function: Valued, start: ArrayLike, low: ArrayLike, high: ArrayLike, tolerance: float = 1e-9, most: int = 60
) -> Root:
    """Where a function that is negative at `low` and positive at `high` crosses zero.

    A Newton step that leaves the bracket, or is not finite, is replaced by halving the bracket. Where the function is
    not a number it counts as positive. Works for falling brackets as well, low > high. Arrays of one shape are as many
    searches at once. Traceable.
    """

    def turn(state: _State) -> _State:
        value, slope = function(state.x)
        low = jnp.where(value < 0, state.x, state.low)
        high = jnp.where(value < 0, state.high, state.x)
        newton = state.x - value / jnp.where(slope == 0, 1.0, slope)
        inside = (newton - low) * (newton - high) <= 0
        x = jnp.where(inside & (slope != 0) & jnp.isfinite(newton), newton, (low + high) / 2)
        going_on = state.step > tolerance  # those that are found wait for the others
        zero = jnp.abs(value) <= NEAR + 10 * tolerance * jnp.abs(slope)
        return _State(
            jnp.where(going_on, x, state.x),
            low,
            high,
            jnp.where(going_on, jnp.abs(x - state.x), state.step),
            jnp.where(going_on, zero, state.vanishes),
            jnp.where(going_on, value, state.value),
            state.turns + 1,
        )

    def going(state: _State) -> Array:
        return jnp.any(state.step > tolerance) & (state.turns < most)

    x, low, high = (jnp.asarray(x, dtype=float) for x in (start, low, high))
    nothing = jnp.full_like(x, jnp.inf), jnp.zeros_like(x, dtype=bool), jnp.full_like(x, jnp.nan), jnp.asarray(0)
    end = jax.lax.while_loop(going, turn, _State(x, low, high, *nothing))
    return Root(end.x, (end.step <= tolerance) & end.vanishes & jnp.isfinite(end.x), end.value)
