"""Fits of a model to data: damped Newton steps with exact gradients, any number of data sets at once."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from nushine.numerics.compilation import filter_jit, jit
from nushine.numerics.linear import solve_positive, solve_updated
from nushine.statistics.derivatives import Terms, derivatives
from nushine.statistics.far_data import misfit
from nushine.statistics.model import Data, Model, negative_log_likelihood

TOLERANCE = 1e-9
"""Estimated distance of -ln L from its minimum at which a fit ends; more where -ln L has fewer digits than that."""

WORST = 1e-3
"""Rounding of -ln L beyond which a fit has failed: counts that cancel have too few digits left."""

MOST = 400
"""Steps after which a fit has failed, the first time and at the end of a second one."""

SOFT = (1e5, 1e4, 1e3, 1e2, 1e1)
"""Softened likelihoods that the second time begins with, each where the one before ended: see `minimise`."""

FINAL, PRELUDE = len(SOFT) + 1, len(SOFT) + 2
"""Stages of a fit: 0 is the first time, then come the softened ones; the last holds the strength, as a beginning."""

MOST_SOFT = 40
"""Steps with each of them."""

NEAR_SOFT = 1e-3
"""Estimated distance from the minimum at which one of them has led near enough."""

LADDER = (1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4)
"""Where a free fit begins besides, in units of the strength that the surplus of counts asks for."""

LONGEST = 2.0
"""Most that a nuisance parameter moves in one step, in units of its uncertainty."""

DAMPING = 1e-5
"""Damping of the first step."""

LEAST_DAMPING = 1e-15
"""Share of the second derivatives that is always added to them: what rounding leaves of their small eigenvalues."""

FREE_DAMPING = 1e-6
"""The same for a parameter without constraint where there are no more bins than parameters: see `solve_updated`."""


SAME = 1e-7
"""Minima whose -ln L differ by less than this, of one or of their value, are one."""


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
    damping: Array
    distance: Array
    steps: Array
    stage: Array
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

    Notes
    -----
    Far from the data -ln L can have several minima in the strength. A free fit begins at several strengths, from none
    to what the surplus of counts asks for and beyond, and the lowest minimum is the result.

    """
    result: Fit
    if strength is None:
        result = _fit_free(model, data, jnp.asarray(lower, dtype=float))
    else:
        result = _fit_held(model, data, jnp.asarray(strength, dtype=float))
    if not bool(result.converged):
        why = misfit(model, data, float(result.nll), np.asarray(result.theta))
        if why:
            raise FitError(
                f"no minimum was found, as {why}; check the counts, and the exposure and background declared"
            )
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


@filter_jit
def unit_strength(model: Model) -> Array:
    """Strength that stands out from the nominal background by about one sigma, from counts alone."""
    expected, signal = jnp.sum(model.backgrounds, axis=0), model.signal
    seen = signal > 0

    def closer(_: int, log_s: Array) -> Array:
        spread = jnp.where(seen, expected / jnp.where(seen, signal, 1.0) + jnp.exp(log_s), 1.0)
        return -0.5 * jnp.log(jnp.sum(jnp.where(seen, signal / spread, 0.0)))

    # at strength 1 the counts of a large signal would spread too much
    return jnp.exp(jax.lax.fori_loop(0, 60, closer, jnp.zeros(())))


@filter_jit
def _fit_held(model: Model, data: Data, strength: Array) -> Fit:
    return minimise(model, data, strength, strength, held=True)


@filter_jit
def _fit_free(model: Model, data: Data, lower: Array) -> Fit:
    return lowest_minimum(model, data, jnp.minimum(unit_strength(model), 1.0), lower)


def ladder(model: Model, data: Data) -> Array:
    """Strengths at which fits begin, about the one that the surplus of counts asks for."""
    surplus = jnp.maximum(jnp.sum(data.counts) - jnp.sum(model.weight * model.backgrounds), 0.0)
    asked = surplus / jnp.maximum(jnp.sum(model.weight * model.signal), 1e-300)
    return jnp.asarray(LADDER) * jnp.maximum(asked, unit_strength(model))


def lowest_minimum(model: Model, data: Data, start: Array, lower: Array) -> Fit:
    """Free fit of one data set from `start` and from a ladder of strengths: the lowest minimum, traceable.

    Where others are no lower than rounding, it is that from `start`.
    """
    starts = jnp.concatenate([start[None], start[None], ladder(model, data)])
    stages = jnp.full(starts.size, PRELUDE).at[:2].set(jnp.array([0, 1]))

    def one(start: Array, stage: Array) -> Fit:
        return minimise(model, data, start, lower, held=False, stage=stage)

    fits = jax.vmap(one)(starts, stages)
    # what did not converge is looked at as well: a minimum above it is none
    margin = jnp.where(fits.converged, SAME, 2 * SAME).at[0].set(0.0) * (1 + jnp.abs(fits.nll[0]))
    best = jnp.argmin(jnp.where(jnp.isfinite(fits.nll), fits.nll + margin, jnp.inf))
    result: Fit = jax.tree.map(lambda x: x[best], fits)
    return result


def minimise(model: Model, data: Data, start: Array, lower: Array, *, held: bool, stage: ArrayLike = 0) -> Fit:
    """Fit one data set, traceable; vectorise with `jax.vmap`.

    Newton steps with all second derivatives, damped as by Levenberg and Marquardt: steps that do not lower -ln L, or
    are longer than `LONGEST`, are followed by steps with more damping. From a damping of one on the second derivatives
    give way to `Terms.far`: far from the minimum, where expected counts exceed the data many times, they have negative
    eigenvalues and lead astray. A strength at its lower bound is held there while it pushes.

    Where that does not end, or with `stage` 1 at once, a second time begins with softened likelihoods, see
    `negative_log_likelihood`: the minimum of each is near that of the one before. So steps need not follow narrow bent
    valleys, as those where a large signal is kept from sight by its uncertainties. With `stage` PRELUDE the strength is
    held at `start` until the nuisance parameters are near their minimum.
    """
    softness = jnp.asarray([1.0, *SOFT, 1.0, 1.0])
    free = jnp.concatenate([jnp.array([0.0 if held else 1.0]), jnp.ones(len(model.nuisances))])
    x = jnp.concatenate([start[None], data.auxiliary])

    def moving(x: Array, gradient: Array, stage: Array) -> Array:
        stuck = ((x[0] <= lower) & (gradient[0] > 0)) | (stage == PRELUDE)
        return free.at[0].multiply(jnp.where(stuck & (not held), 0.0, 1.0))

    def step(state: _State) -> _State:
        soft = softness[state.stage]
        at = derivatives(model, data, state.x, soft)
        move = moving(state.x, at.gradient, state.stage)
        full = -_newton(at.terms, at.gradient, move, state.damping, held=held)
        distance = 0.5 * jnp.abs(jnp.dot(at.gradient * move, full))
        share = jnp.minimum(1.0, jnp.min(LONGEST / jnp.maximum(jnp.abs(full[1:]), LONGEST), initial=1.0))
        trial = state.x + share * full
        trial = trial if held else trial.at[0].max(lower)
        noise = 8 * at.rounding
        change = negative_log_likelihood(model, data, trial, soft) - at.value
        better, whole = change <= noise, share == 1
        more = jnp.maximum(state.damping * jnp.where(better, 1.0, 10.0), jnp.where(whole, 1e-3, 1.0))
        damping = jnp.where(better & whole, state.damping * 0.1, more)
        # a small step tells nothing where it is damping that makes it small
        first, final, rough = state.stage == 0, state.stage == FINAL, (soft > 1) | (state.stage == PRELUDE)
        enough = jnp.where(rough, NEAR_SOFT, TOLERANCE) + noise
        near = whole & (distance < enough) & (state.damping <= 1e-2)
        done = near & (jnp.abs(change) < enough) & (noise < WORST)
        last = jnp.where(soft > 1, MOST_SOFT, MOST) <= state.steps + 1
        onward = (rough & (done | last)) | (first & last & ~done)
        return _State(
            jnp.where(onward & first, x, jnp.where(better, trial, state.x)),
            jnp.where(onward, DAMPING, damping),
            distance,
            jnp.where(onward, 0, state.steps + 1),
            jnp.where(onward, jnp.where(state.stage == PRELUDE, FINAL, state.stage + 1), state.stage),
            done & (first | final),
        )

    def going(state: _State) -> Array:
        return ~state.done & (state.steps < MOST)

    start_of = jnp.asarray(DAMPING), jnp.asarray(jnp.inf), jnp.asarray(0), jnp.asarray(stage), jnp.asarray(False)
    end = jax.lax.while_loop(going, step, _State(x, *start_of))
    value = negative_log_likelihood(model, data, end.x)
    return Fit(end.x[0], end.x[1:], value, end.done & jnp.isfinite(value), end.distance)


def _newton(terms: Terms, gradient: Array, move: Array, damping: Array, *, held: bool) -> Array:
    """Damped step downhill of the parameters that move, with the opposite sign."""
    near = jnp.where(damping < 1, 1.0, 0.0)
    weights = near * terms.second + damping * terms.secant
    jacobian, bent = terms.jacobian * move[:, None], near * terms.bent * jnp.outer(move, move)
    scale = jnp.einsum("ab,b,ab->a", jacobian, weights, jacobian)
    # not moving: 1, so that nothing is divided by zero; of each parameter alone, as they can differ by powers of ten
    constrained = (near + damping) * terms.precision * move
    if held and terms.second.size <= gradient.size:
        floor = jnp.where(terms.precision > 0, 0.0, FREE_DAMPING * scale)
        base = jnp.where(constrained + floor > 0, constrained + floor, 1.0)
        excess = jnp.max(jnp.sum(jnp.abs(bent), axis=1) / base)
        bent /= jnp.maximum(1.0, 2 * excess)  # keeps the first part positive
        return solve_updated(jnp.diag(base) + bent, jacobian, weights, terms.pull * move, terms.first) * move
    floor = LEAST_DAMPING * scale
    base = jnp.where(constrained + floor > 0, constrained + floor, 1.0)
    return solve_positive(jnp.diag(base) + bent + (jacobian * weights) @ jacobian.T, gradient * move) * move


@jit
def covariance(model: Model, data: Data, at: Fit) -> Array:
    """Inverse of the second derivatives of -ln L at a fit, of (strength, theta), shape (1 + K, 1 + K)."""
    x = jnp.concatenate([at.strength[None], at.theta])
    inverse: Array = jnp.linalg.inv(jax.hessian(lambda y: negative_log_likelihood(model, data, y))(x))
    return inverse
