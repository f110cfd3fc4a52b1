"""Toy experiments: data drawn from a model and fitted, in blocks that depend on the seed alone."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray
from scipy.optimize import brentq

from nushine.statistics.fit import FitError, require_converged
from nushine.statistics.model import Data, Model
from nushine.statistics.ratios import Ratio, Statistic, unchecked_ratio

FloatArray = NDArray[np.float64]

BLOCK = 512
"""Toys that share one key of random numbers and are fitted together: their numbers fit into the cache."""

STEP, MOST_STEPS = 0.2, 40
"""First step of a search by toys, in the logarithm of what is looked for, and the number of steps where it ends."""

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

    def ratio_of(data: Data) -> Ratio:
        ratio: Ratio = unchecked_ratio(model, data, jnp.asarray(float(tested)), statistic)
        return ratio

    return values(model, n, true, theta, seed, ratio_of, progress)


def values(
    model: Model,
    n: int,
    strength: float,
    theta: ArrayLike | None,
    seed: int,
    ratio_of: Callable[[Data], Ratio],
    progress: Callable[[int], None] | None = None,
) -> FloatArray:
    """Values of any ratio of two fits in toys that are drawn as by `draw`; errors as for `statistics`."""
    _check(model, n, seed)

    def block(number: int) -> Ratio:
        counts, auxiliary = _draw(model, strength, theta, seed, number)
        ratio: Ratio = jax.tree.map(np.asarray, ratio_of(Data(jnp.asarray(counts), jnp.asarray(auxiliary))))
        return ratio

    blocks: list[Ratio] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for ratio in pool.map(block, range(-(-n // BLOCK))):
            blocks.append(ratio)
            if progress is not None:
                progress(min(BLOCK, n - BLOCK * (len(blocks) - 1)))
    joined: Ratio = jax.tree.map(lambda *parts: np.concatenate(parts)[:n], *blocks)
    good = joined.free.converged & joined.fixed.converged
    distance = jnp.maximum(joined.free.distance, joined.fixed.distance)
    require_converged(replace(joined.free, converged=good, distance=distance), MOST_FAILED)
    return np.asarray(joined.value[good])


def share_at_or_above(values: FloatArray, threshold: float) -> tuple[float, float]:
    """Share of the values that reach a threshold, and its standard error (by one more at either side)."""
    n, k = values.size, int(np.count_nonzero(values >= threshold - 1e-7))
    p = (k + 1) / (n + 2)
    return k / n, float(np.sqrt(p * (1 - p) / (n + 3)))


def accepted_below(values: FloatArray, cl: float) -> float:
    """Value that at least a share cl of the toys does not exceed; counts are discrete, so that it is often reached."""
    return float(np.quantile(values, cl, method="higher")) + 1e-7


def log_probability(with_signal: FloatArray, without: FloatArray | None, q: float) -> float:
    """Logarithm of CL_s of a value q, or of CL_{s+b} if toys without signal are not given; never below that of 1/n."""
    shares = [share_at_or_above(values, q)[0] for values in (with_signal, without) if values is not None]
    logs = np.log(np.maximum(shares, 1 / with_signal.size))
    return float(logs[0] - logs[1:].sum())


def log_root(excess: Callable[[float], float], start: float, tolerance: float) -> float:
    """Root, to this tolerance, of a rising function of a logarithm that is noisy and costly; near `start`.

    Raises
    ------
    FitError
        If it does not change its sign nearby.

    """
    low = high = start
    value = excess(start)
    falling = value > 0
    for i in range(MOST_STEPS):
        step = STEP * 1.3**i
        if falling:
            high, low = low, low - step
            value = excess(low)
        else:
            low, high = high, high + step
            value = excess(high)
        if falling != (value > 0):
            return float(brentq(excess, low, high, xtol=tolerance))
    raise FitError("toys exclude all signals or none near the asymptotic limit: use more toys or another method")
