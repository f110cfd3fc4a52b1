"""Moments at which the expected data of an experiment begin, or cease, to exclude a signal."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from nushine.numerics.compilation import filter_jit
from nushine.numerics.roots import Root, rising_root
from nushine.statistics.fit import minimise
from nushine.statistics.forecasts import Forecast
from nushine.statistics.model import Data, Model, negative_log_likelihood

LOG_MU = np.linspace(np.log(1e-24), 0.0, 97)
"""Moments [mu_B] at which a first look is taken, four in a decade; outside of these nothing is looked for."""

LARGEST = 1e9
"""Signal events over expected background where the search ends: what is not excluded there, uncertainties take away."""

TOLERANCE = 1e-7
"""In log mu."""


class Crossing(NamedTuple):
    """Where the expected q_A crosses given values, shape (R,).

    `low` and `high` are logarithms of moments: between them the signal is excluded; infinite where there is no end, and
    `low` where nothing is excluded. Not a number where the search failed: a fit did not converge, or the end lies below
    the first moment that is looked at. `clear` is the logarithm of the largest moment up to which nothing is excluded
    for sure; not a number where nothing is excluded anywhere. `events` and `effective`: signal events at `low`, and the
    number of events of a counting experiment with the same sensitivity.
    """

    low: Array
    high: Array
    clear: Array
    events: Array
    effective: Array


@filter_jit
def crossings(of: Forecast, roots: Array) -> Crossing:
    """Moments at which sqrt(q_A) is `roots`, on the true dependence of all bins on the moment."""
    grid = jnp.asarray(LOG_MU)
    asimov = of(1.0).asimov()
    counts = jax.vmap(lambda log_mu: _counts_alone(of(jnp.exp(log_mu))))(grid)
    largest = LARGEST * jnp.maximum(jnp.sum(asimov.counts), 1.0)
    end = jnp.sum(jnp.cumprod(~(totals(of, grid) >= largest))) - 1

    def one(root: Array) -> Crossing:
        return _crossing(of, asimov, grid, counts, end, root)

    found: Crossing = jax.lax.map(one, roots)  # one by one: `cond` then leaves out what is not needed
    return found


@filter_jit
def totals(of: Forecast, log_mu: Array) -> Array:
    """Signal events in all bins at each moment, the same shape."""
    flat: Array = jax.vmap(lambda x: jnp.sum(of(jnp.exp(x)).signal))(log_mu.ravel())
    return flat.reshape(log_mu.shape)


def _counts_alone(model: Model) -> Array:
    """q_A without nuisance parameters, an upper bound of the true one: 2 sum s - b ln(1 + s/b)."""
    s, b = model.signal, jnp.sum(model.backgrounds, axis=0)
    safe = jnp.where(b > 0, b, 1.0)
    return 2 * jnp.sum(s - jnp.where(b > 0, b * jnp.log1p(s / safe), 0.0))


def profiled(of: Forecast, asimov: Data, log_mu: Array) -> tuple[Array, Array]:
    """q_A of a moment, and its derivative by log mu."""
    model = of(jnp.exp(log_mu))
    fixed = minimise(model, asimov, jnp.asarray(1.0), jnp.asarray(0.0), held=True)
    x = jax.lax.stop_gradient(jnp.concatenate([fixed.strength[None], fixed.theta]))

    def nll(log_mu: Array) -> Array:  # at the minimum the nuisance parameters do not contribute to the derivative
        return negative_log_likelihood(of(jnp.exp(log_mu)), asimov, x)

    value, slope = jax.jvp(nll, (log_mu,), (jnp.ones(()),))
    without = negative_log_likelihood(model, asimov, jnp.zeros_like(x))
    return jnp.where(fixed.converged, jnp.maximum(2 * (value - without), 0.0), jnp.nan), 2 * slope


def _crossing(of: Forecast, asimov: Data, grid: Array, counts: Array, end: Array, root: Array) -> Crossing:
    above = ~(counts <= root**2)  # what can be excluded at all, or is not a number
    first, last = jnp.argmax(above), grid.size - 1 - jnp.argmax(above[::-1])

    def excess(log_mu: Array) -> tuple[Array, Array]:
        q, slope = profiled(of, asimov, log_mu)
        safe = jnp.maximum(q, 1e-300)
        return 0.5 * jnp.log(safe) - jnp.log(root), slope / (2 * safe)

    def walk(start: Array, step: int, stop: Array) -> tuple[Array, Array]:
        """Go on to the first moment of the grid that is not clear of exclusion, or beyond the last one; its excess."""

        def turn(state: tuple[Array, Array]) -> tuple[Array, Array]:
            i = state[0] + step
            outside = (i - stop) * step > 0
            return i, jnp.where(outside, jnp.inf, excess(grid[jnp.clip(i, 0, grid.size - 1)])[0])

        return jax.lax.while_loop(lambda state: state[1] <= 0, turn, (start - step, -jnp.ones(())))

    stop = jnp.where(above.any(), jnp.minimum(last, end), -1)
    place, value = walk(first, 1, stop)
    nothing = ~above.any() | (place > stop)
    inside, before = jnp.minimum(place, grid.size - 1), jnp.maximum(jnp.minimum(place, grid.size - 1) - 1, 0)
    # a root of the bound, from a straight line through the logarithms at both sides
    y = jnp.log(jnp.maximum(counts, 1e-300))
    share = (2 * jnp.log(root) - y[before]) / jnp.where(y[inside] > y[before], y[inside] - y[before], 1.0)
    start = grid[before] + jnp.where(place == first, jnp.clip(share, 0.0, 1.0), 0.0) * (grid[inside] - grid[before])
    nowhere = Root(jnp.asarray(jnp.inf), jnp.asarray(True), jnp.zeros(()))
    low = jax.lax.cond(
        nothing, lambda: nowhere, lambda: rising_root(excess, start, grid[before], grid[inside], TOLERANCE)
    )
    found = nothing | (low.found & (place > 0))

    def upper() -> Root:
        at = walk(last, -1, first)[0]
        return rising_root(excess, (grid[at] + grid[at + 1]) / 2, grid[at + 1], grid[at], TOLERANCE)

    high = jax.lax.cond(found & ~nothing & (last < grid.size - 1), upper, lambda: nowhere)
    reached = found & ~nothing
    at = of(jnp.exp(jnp.where(reached, low.x, 0.0)))
    total = at.signal + jnp.sum(at.backgrounds, axis=0)
    S, spread = jnp.sum(at.signal), jnp.sum(at.signal**2 / jnp.maximum(total, 1e-300))
    clear = jnp.where(place > 0, grid[before], jnp.where(jnp.isnan(value), jnp.nan, -jnp.inf))
    return Crossing(
        jnp.where(found, low.x, jnp.nan),
        jnp.where(found & high.found, high.x, jnp.nan),
        jnp.where(nothing & (~above.any() | (end >= last)), jnp.nan, clear),
        jnp.where(reached, S, jnp.where(nothing, 0.0, jnp.nan)),
        jnp.where(reached, S**2 / jnp.maximum(spread, 1e-300), jnp.where(nothing, 0.0, jnp.nan)),
    )
