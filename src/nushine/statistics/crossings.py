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

LARGEST_MISS = 1e-3
"""In the logarithm of sqrt(q_A) at a root: where fits begin to fail, slopes may be anything, and so may be what is near
zero by the slope."""


class Crossing(NamedTuple):
    """Where the expected q_A crosses given values, shape (R,).

    `low` and `high` are logarithms of moments: between them the signal is excluded; infinite where there is no end, and
    `low` where nothing is excluded. Not a number where the search failed: fits did not converge, or the end lies below
    the first moment that is looked at. `clear` is the logarithm of the largest moment that was found not to be
    excluded; not a number where counts alone, without any uncertainty, exclude nothing. `events` and `effective`:
    signal events at `low`, and the number of events of a counting experiment with the same sensitivity.
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
        """Go on to the first moment of the grid that is excluded, or beyond the last one; and the last that is not.

        Where a fit fails nothing is known: the walk goes past. It is for the moments on both sides to tell.
        """

        def turn(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
            i = state[0] + step
            outside = (i - stop) * step > 0
            value = jnp.where(outside, jnp.inf, excess(grid[jnp.clip(i, 0, grid.size - 1)])[0])
            return i, jnp.where(value <= 0, i, state[1]), value

        at_start = start - step, start - step, -jnp.ones(())
        place, clear, _ = jax.lax.while_loop(lambda state: ~(state[2] > 0), turn, at_start)
        return place, clear

    def root_between(start: Array, low: Array, high: Array) -> Root:
        root = rising_root(excess, start, low, high, TOLERANCE)
        return root._replace(found=root.found & (jnp.abs(root.value) <= LARGEST_MISS))

    stop = jnp.where(above.any(), jnp.minimum(last, end), -1)
    place, known = walk(first, 1, stop)
    ended = ~above.any() | (place > stop)
    nothing = ended & (~above.any() | (known >= stop))  # and no fit failed since
    inside, before = jnp.minimum(place, grid.size - 1), jnp.clip(known, 0, grid.size - 1)
    # a root of the bound, from a straight line through the logarithms at both sides
    y = jnp.log(jnp.maximum(counts, 1e-300))
    share = (2 * jnp.log(root) - y[before]) / jnp.where(y[inside] > y[before], y[inside] - y[before], 1.0)
    start = grid[before] + jnp.where(place == first, jnp.clip(share, 0.0, 1.0), 0.0) * (grid[inside] - grid[before])
    nowhere = Root(jnp.asarray(jnp.inf), jnp.asarray(True), jnp.zeros(()))
    low = jax.lax.cond(ended, lambda: nowhere, lambda: root_between(start, grid[before], grid[inside]))
    found = nothing | (~ended & low.found & (known >= 0))

    def upper() -> Root:
        at, beyond = walk(last, -1, first)
        return root_between((grid[at] + grid[beyond]) / 2, grid[beyond], grid[at])

    high = jax.lax.cond(found & ~nothing & (last < grid.size - 1), upper, lambda: nowhere)
    reached = found & ~nothing
    at = of(jnp.exp(jnp.where(reached, low.x, 0.0)))
    total = at.signal + jnp.sum(at.backgrounds, axis=0)
    S, spread = jnp.sum(at.signal), jnp.sum(at.signal**2 / jnp.maximum(total, 1e-300))
    clear = jnp.where(known >= 0, grid[before], jnp.where(ended, jnp.nan, -jnp.inf))
    return Crossing(
        jnp.where(found, low.x, jnp.nan),
        jnp.where(found & high.found, high.x, jnp.nan),
        jnp.where(above.any(), clear, jnp.nan),
        jnp.where(reached, S, jnp.where(nothing, 0.0, jnp.nan)),
        jnp.where(reached, S**2 / jnp.maximum(spread, 1e-300), jnp.where(nothing, 0.0, jnp.nan)),
    )
