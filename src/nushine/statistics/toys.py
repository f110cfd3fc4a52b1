"""Toy experiments: data drawn from a model and fitted, in blocks that depend on the seed alone."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray

from nushine.statistics.fit import Fit, require_converged
from nushine.statistics.model import Data, Model
from nushine.statistics.ratios import Ratio, Statistic, ratio_of

FloatArray = NDArray[np.float64]

BLOCK = 512
"""Toys that share one key of random numbers and are fitted together: their numbers fit into the cache."""

MOST_FAILED = 1e-3
"""Share of the toys that may fail to converge; they are left out. More is an error."""


def draw(model: Model, n: int, strength: float, theta: ArrayLike | None = None, seed: int = 0) -> Data:
    """Toy data, counts (n, B) and constraints (n, K), at this strength and these nuisance parameters.

    Counts are Poisson, and the constraint of each parameter is centred at a Gaussian number about its true value:
    the unconditional ensemble.

    Raises
    ------
    ValueError
        If n or seed is out of range, and for unbinned models, whose events have to be generated.

    """
    _check(model, n, seed)
    blocks = [_draw(model, strength, theta, seed, i) for i in range(-(-n // BLOCK))]
    counts, auxiliary = (np.concatenate(parts)[:n] for parts in zip(*blocks, strict=True))
    return Data(jnp.asarray(counts), jnp.asarray(auxiliary))


def _check(model: Model, n: int, seed: int) -> None:
    if n < 1 or seed < 0:
        raise ValueError(f"{n} toys with seed {seed} are not possible: give 1 or more, and a seed of 0 or more")
    if not np.all(np.asarray(model.weight) == 1):
        raise ValueError("toys of an unbinned model: draw events from its densities and make a model of each sample")


def _draw(
    model: Model, strength: float, theta: ArrayLike | None, seed: int, number: int
) -> tuple[FloatArray, FloatArray]:
    """One block of toys."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, number))))
    centre = np.zeros(len(model.nuisances)) if theta is None else np.asarray(theta)
    expected = np.asarray(model.expected(strength, centre))
    counts = rng.poisson(expected, (BLOCK, expected.size)).astype(float)
    shifts = rng.standard_normal((BLOCK, centre.size)) * (np.asarray(model.precision) > 0)
    return counts, centre + shifts


def statistics(
    model: Model,
    n: int,
    tested: float,
    true: float,
    theta: ArrayLike | None = None,
    statistic: Statistic = Statistic.Q_TILDE,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> FloatArray:
    """Distribution of a test statistic: its values in n toys.

    Parameters
    ----------
    model : Model
    n : int
        Number of toys.
    tested, true : float
        Strength that the statistic tests, and strength at which the toys are drawn.
    theta : array_like, optional
        Nuisance parameters at which they are drawn; 0 by default.
    statistic : Statistic
    seed : int
    progress : callable, optional
        Called with the number of toys of each finished block.

    Returns
    -------
    array
        Values, at most n: a few toys whose fits did not converge may be missing.

    Raises
    ------
    FitError
        If more than `MOST_FAILED` of the fits did not converge.

    """
    _check(model, n, seed)

    def block(number: int) -> tuple[FloatArray, NDArray[np.bool_]]:
        counts, auxiliary = _draw(model, true, theta, seed, number)
        data = Data(jnp.asarray(counts), jnp.asarray(auxiliary))
        ratio: Ratio = _ratios(model, data, jnp.asarray(float(tested)), statistic)
        return np.asarray(ratio.value), np.asarray(ratio.free.converged & ratio.fixed.converged)

    values, good = [], []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for value, converged in pool.map(block, range(-(-n // BLOCK))):
            values.append(value)
            good.append(converged)
            if progress is not None:
                progress(BLOCK)
    good_toys = np.concatenate(good)[:n]
    require_converged(Fit(*(jnp.zeros(()),) * 3, jnp.asarray(good_toys), jnp.zeros(good_toys.size)), MOST_FAILED)
    return np.asarray(np.concatenate(values)[:n][good_toys])


@eqx.filter_jit
def _ratios(model: Model, data: Data, strength: Array, statistic: Statistic) -> Ratio:
    return jax.vmap(lambda d: ratio_of(model, d, strength, statistic))(data)


def share_at_or_above(values: FloatArray, threshold: float) -> tuple[float, float]:
    """Share of the values that reach a threshold, and its standard error (by one more at either side)."""
    n, k = values.size, int(np.count_nonzero(values >= threshold - 1e-7))
    p = (k + 1) / (n + 2)
    return k / n, float(np.sqrt(p * (1 - p) / (n + 3)))
