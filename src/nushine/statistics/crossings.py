"""Moments at which the expected data of an experiment begin, or cease, to exclude a signal."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from nushine.numerics.roots import Root, rising_root
from nushine.statistics.fit import minimise
from nushine.statistics.forecasts import Forecast
from nushine.statistics.model import Data, Model, negative_log_likelihood

LOG_MU = np.linspace(np.log(1e-16), np.log(1e2), 73)
"""Moments [mu_B] at which a first look is taken, four in a decade."""


class Crossing(NamedTuple):
    """Where the expected q_A crosses given values, shape (R,).

    `low` and `high` are logarithms of moments: between them the signal is excluded; infinite where there is no end, and
    `low` where nothing is excluded. `good` tells whether all roots were found. `events` and `effective`: signal events
    at `low`, and the number of events of a counting experiment with the same sensitivity.
    """

    low: Array
    high: Array
    good: Array
    events: Array
    effective: Array


@eqx.filter_jit
def crossings(of: Forecast, roots: Array) -> Crossing:
    """Moments at which sqrt(q_A) is `roots`, on the true dependence of all bins on the moment."""
    grid = jnp.asarray(LOG_MU)
    asimov = of(1.0).asimov()
    counts = jax.vmap(lambda log_mu: _counts_alone(of(jnp.exp(log_mu))))(grid)

    def one(root: Array) -> Crossing:
        return _crossing(of, asimov, grid, counts, root)

    found: Crossing = jax.lax.map(one, roots)  # one by one: `cond` then leaves out what is not needed
    return found


@eqx.filter_jit
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


def _crossing(of: Forecast, asimov: Data, grid: Array, counts: Array, root: Array) -> Crossing:
    above = counts > root**2
    first, last = jnp.argmax(above), grid.size - 1 - jnp.argmax(above[::-1])

    def excess(log_mu: Array) -> tuple[Array, Array]:
        q, slope = profiled(of, asimov, log_mu)
        safe = jnp.maximum(q, 1e-300)
        return 0.5 * jnp.log(safe) - jnp.log(root), slope / (2 * safe)

    def excluded(start: Array, step: int) -> tuple[Array, Array]:
        """Look for the next excluded moment of the grid, and whether there is one between first and last."""

        def going(state: tuple[Array, Array]) -> Array:
            i, found = state
            return ~found & (i >= first) & (i <= last)

        def turn(state: tuple[Array, Array]) -> tuple[Array, Array]:
            i, _ = state
            found = excess(grid[i])[0] > 0
            return jnp.where(found, i, i + step), found

        return jax.lax.while_loop(going, turn, (start, jnp.asarray(False)))

    inside, reached = excluded(first, 1)
    # a root of the bound, from a straight line through the logarithms at both sides
    before = jnp.maximum(first - 1, 0)
    y = jnp.log(jnp.maximum(counts, 1e-300))
    share = (2 * jnp.log(root) - y[before]) / jnp.where(y[first] > y[before], y[first] - y[before], 1.0)
    start = grid[before] + jnp.clip(share, 0.0, 1.0) * (grid[first] - grid[before])
    low = rising_root(excess, start, grid[before], grid[jnp.minimum(inside, grid.size - 1)], 1e-7)
    ends = reached & above.any() & (last < grid.size - 1)

    def upper() -> Root:
        beyond = grid[jnp.minimum(last + 1, grid.size - 1)]
        return rising_root(excess, (grid[last] + beyond) / 2, beyond, grid[excluded(last, -1)[0]], 1e-7)

    high = jax.lax.cond(ends, upper, lambda: low)
    reached &= above.any()
    at = of(jnp.exp(jnp.where(reached, low.x, 0.0)))
    total = at.signal + jnp.sum(at.backgrounds, axis=0)
    S, spread = jnp.sum(at.signal), jnp.sum(at.signal**2 / jnp.maximum(total, 1e-300))
    return Crossing(
        jnp.where(reached, low.x, jnp.inf),
        jnp.where(ends, high.x, jnp.inf),
        ~reached | (low.found & high.found),
        jnp.where(reached, S, 0.0),
        jnp.where(reached, S**2 / jnp.maximum(spread, 1e-300), 0.0),
    )
