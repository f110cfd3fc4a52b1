"""What is wrong where counts lie far from a model: fits then end at nuisance parameters that mean nothing."""

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray
from scipy.stats import chi2

from nushine.numerics.compilation import filter_jit
from nushine.statistics.model import Data, Model, sums

FAR = 1e-7
"""Probability of data as far from the model, or farther, below which they are said not to fit."""


def misfit(model: Model, data: Data, nll: float, theta: NDArray[np.float64]) -> str:
    r"""One clause if the best fit does not describe the data; empty where it does.

    Without signs of it, :math:`-2 \ln L`, relative to a model that expects just what was counted, follows
    :math:`\chi^2` with as many degrees of freedom as there are bins, or fewer. Unbinned likelihoods have no such scale.
    """
    bins = model.signal.size
    if not np.all(np.asarray(model.weight) == 1) or not chi2.sf(2 * nll, bins) < FAR:
        return ""
    seen, expected = float(np.sum(np.asarray(data.counts))), float(np.sum(np.asarray(model.backgrounds)))
    return (
        f"the counts do not fit the model: {seen:g} events, {expected:g} expected without signal, chi-square "
        f"{2 * nll:.3g} for {bins} bins in the best fit{_pulled(model, theta - np.asarray(data.auxiliary))}"
    )


def negative_signal(model: Model, strength: Array, theta: Array) -> str:
    """One clause if nuisance parameters make the sum of the signal negative; empty where they do not."""
    events = float(_signal(model, strength, theta))
    if events >= 0:
        return ""
    return f"the fit makes the signal negative, {events:.3g} events at strength 1{_pulled(model, np.asarray(theta))}"


def _pulled(model: Model, pulls: NDArray[np.float64]) -> str:
    """The parameter that is farthest from its constraint."""
    size = np.abs(pulls) * np.asarray(model.precision)
    if not size.size or not size.max() > 0:
        return ""
    k = int(np.argmax(size))
    return f", {model.nuisances[k]} at {pulls[k]:+.1f} times its uncertainty"


@filter_jit
def _signal(model: Model, strength: Array, theta: Array) -> Array:
    events: Array = jnp.sum(model.weight * sums(model, jnp.concatenate([strength[None], theta]))[1][0])
    return events
