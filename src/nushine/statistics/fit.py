"""Fits of a model to data: damped Newton steps with exact gradients, any number of data sets at once."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from nushine.numerics.compilation import jit
from nushine.numerics.linear import solve_positive
from nushine.statistics.model import Data, Model, derivatives, negative_log_likelihood

TOLERANCE = 1e-9
"""Estimated distance of -ln L from its minimum at which a fit ends."""

MOST = 200
"""Steps after which a fit has failed."""


class FitError(ValueError):
    """A fit that did not converge."""


class Fit(eqx.Module):
    """Result of one fit, or of many with a leading axis.

    Parameters
    ----------
    strength : Array
        Signal strength.
    theta : Array, shape (..., K)
        Nuisance parameters.
    nll : Array
        -ln L, without the terms that depend on the data alone.
    converged : Array of bool
        Whether the minimum was found; do not use the numbers where it was not.
    distance : Array
        Estimated distance of nll from its minimum.

    """

    strength: Array
    theta: Array
    nll: Array
    converged: Array
    distance: Array


class _State(NamedTuple):
    x: Array
    value: Array
    gradient: Array
    curvature: Array
    scale: Array
    damping: Array
    distance: Array
    steps: Array
    done: Array


def fit(model: Model, data: Data, strength: ArrayLike | None = None, lower: ArrayLike = 0.0) -> Fit:
    """Maximise the likelihood.

    Parameters
    ----------
    model : Model
    data : Data
        One data set.
    strength : float, optional
        Keep the signal strength at this value; free by default.
    lower : float
        Least strength of a free fit.

    Raises
    ------
    FitError
        If no minimum is found.

    """
    held = strength is not None
    start = strength if held else jnp.minimum(unit_strength(model), 1.0)
    result: Fit = _fit_one(model, data, jnp.asarray(start, dtype=float), jnp.asarray(lower), held)
    require_converged(result)
    return result


def require_converged(result: Fit, most: float = 0.0) -> None:
    """Raise FitError if more than this share of the fits did not converge."""
    failed = ~np.asarray(result.converged)
    if failed.mean() > most:
        worst = float(np.asarray(result.distance)[failed].max())
        raise FitError(
            f"{failed.sum()} of {failed.size} fits did not converge in {MOST} steps (-ln L off by {worst:.2g} or "
            "more): simplify the model, e.g. merge bins with few events or remove free parameters"
        )


def lowest_strength(model: Model) -> Array:
    """Least, negative, strength at which all expected counts are still positive."""
    background = jnp.sum(model.backgrounds, axis=0)
    return -0.99 * jnp.min(jnp.where(model.signal > 0, background / jnp.where(model.signal > 0, model.signal, 1), 1e9))


@eqx.filter_jit
def unit_strength(model: Model) -> Array:
    """Strength that stands out from the nominal background by about one sigma, from counts alone."""
    expected, signal = jnp.sum(model.backgrounds, axis=0), model.signal
    seen = signal > 0
    information = jnp.sum(jnp.where(seen, signal**2 / jnp.where(seen, expected + signal, 1.0), 0.0))
    return 1 / jnp.sqrt(jnp.maximum(information, 1e-300))


@eqx.filter_jit
def _fit_one(model: Model, data: Data, start: Array, lower: Array, held: bool) -> Fit:
    return minimise(model, data, start, lower, held=held)


def minimise(model: Model, data: Data, start: Array, lower: Array, *, held: bool) -> Fit:
    """Fit one data set, traceable; vectorise with `jax.vmap`.

    Newton steps with all second derivatives, damped as by Levenberg and Marquardt: steps that do not lower -ln L are
    tried again with more damping. A strength at its lower bound is held there while it pushes. The first turn of the
    loop stays where it is, from a value of infinity: so the derivatives are compiled only once.
    """
    free = jnp.concatenate([jnp.array([0.0 if held else 1.0]), jnp.ones(len(model.nuisances))])
    x = jnp.concatenate([start[None], data.auxiliary])

    def moving(x: Array, gradient: Array) -> Array:
        stuck = (x[0] <= lower) & (gradient[0] > 0)
        return free.at[0].multiply(jnp.where(stuck & (not held), 0.0, 1.0))

    def step(state: _State) -> _State:
        move = moving(state.x, state.gradient)
        scale = state.scale + 1e-9 * (1 + jnp.max(state.scale))
        masked = state.curvature * jnp.outer(move, move) + jnp.diag(
            jnp.where(move > 0, state.damping * scale + 1e-12 * scale, 1.0)
        )
        full = -solve_positive(masked, state.gradient * move) * move
        reach = jnp.where(full[1:] == 0, jnp.inf, 2.0 / jnp.abs(full[1:]))
        full *= jnp.minimum(1.0, jnp.min(reach, initial=jnp.inf))
        trial = state.x + full
        trial = trial if held else trial.at[0].max(lower)
        new = derivatives(model, data, trial)
        better = new.value <= state.value + 1e-13 * jnp.abs(state.value)
        pairs = zip((trial, *new), state[:5], strict=True)
        x, value, gradient, curvature, scale = (jnp.where(better, a, b) for a, b in pairs)
        damping = jnp.where(better, state.damping * 0.1, jnp.maximum(state.damping * 10, 1e-3))
        distance = 0.5 * jnp.abs(jnp.dot(state.gradient * move, full))
        small = (distance < TOLERANCE) & better & (state.steps > 0)
        return _State(x, value, gradient, curvature, scale, damping, distance, state.steps + 1, small)

    nowhere = _State(
        x,
        jnp.asarray(jnp.inf),
        jnp.zeros_like(x),
        jnp.eye(x.size),
        jnp.ones_like(x),
        jnp.asarray(1e-5),
        jnp.asarray(jnp.inf),
        jnp.asarray(0),
        jnp.asarray(False),
    )
    end = jax.lax.while_loop(lambda s: ~s.done & (s.steps < MOST), step, nowhere)
    return Fit(end.x[0], end.x[1:], end.value, end.done & jnp.isfinite(end.value), end.distance)


@jit
def covariance(model: Model, data: Data, at: Fit) -> Array:
    """Inverse of the second derivatives of -ln L at a fit, of (strength, theta), shape (1 + K, 1 + K)."""
    x = jnp.concatenate([at.strength[None], at.theta])
    inverse: Array = jnp.linalg.inv(jax.hessian(lambda y: negative_log_likelihood(model, data, y))(x))
    return inverse
