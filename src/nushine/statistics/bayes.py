"""Bayesian upper limits."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from nushine.numerics.calls import Choice, checked
from nushine.numerics.checks import require_between
from nushine.numerics.compilation import filter_jit
from nushine.statistics.fit import FitError, minimise, unit_strength
from nushine.statistics.model import Data, Model, negative_log_likelihood
from nushine.statistics.ratios import Statistic, likelihood_ratio

FloatArray = NDArray[np.float64]

POINTS = 201
"""Strengths at which the posterior is computed."""

MOST_STEPS = 40
"""Times that the range of strengths is widened by half, until the posterior has fallen."""


class Prior(Choice):
    """Prior density of the strength s >= 0: flat, or 1/sqrt(s), which is flat in its square root."""

    FLAT = "flat"
    ROOT = "1/sqrt(s)"


@dataclass(frozen=True)
class Posterior:
    """Posterior density of the strength and the limit from it.

    Parameters
    ----------
    strength, density : array, shape (n,)
        Strengths and posterior density.
    limit : float
        The strength below which a share `cl` of the posterior lies.
    cl : float
    prior : str
        Prior of the strength; the nuisance parameters have their constraints.

    """

    strength: FloatArray
    density: FloatArray
    limit: float
    cl: float
    prior: str


@checked
def bayesian_limit(
    model: Model, data: Data, cl: float = 0.90, prior: Prior = Prior.FLAT, n: int = 2000, seed: int = 0
) -> Posterior:
    r"""Upper limit from the posterior of the strength, nuisance parameters integrated out.

    .. math:: p(s) \propto \pi(s) \int d\theta\, L(s, \theta), \qquad \int_0^{s_{up}} p(s)\, ds = \mathrm{CL}

    Parameters
    ----------
    model : Model
        All nuisance parameters must have constraints: they are their priors.
    data : Data
    cl : float
        Probability below the limit.
    prior : Prior
        A flat prior of the strength; of the moment, where the signal goes as mu^p, it is not flat.
    n : int
        Points of the integral over nuisance parameters, drawn from the Gaussian about the best fit at each strength
        and weighted; the limit is good to a per cent or better with the default.
    seed : int

    Raises
    ------
    ValueError
        For free nuisance parameters, which have no prior.
    FitError
        If a fit does not converge, or the posterior does not fall.

    """
    require_between("cl", cl, 0.01, 1 - 1e-9, cure="give a confidence level between 0 and 1, as in 0.90")
    if model.nuisances and not np.all(np.asarray(model.precision) > 0):
        raise ValueError("a free nuisance parameter has no prior: constrain it for a Bayesian limit")
    best = likelihood_ratio(model, data, 0.0, Statistic.T_TILDE)
    unit = float(unit_strength(model))
    largest = float(best.free.strength) + 6 * unit
    normal = jnp.asarray(np.random.default_rng(seed).standard_normal((n, len(model.nuisances))))
    for _ in range(MOST_STEPS):
        s = largest * np.linspace(0, 1, POINTS) ** 2
        log_density = np.asarray(_marginal(model, data, jnp.asarray(s), normal))
        if not np.isfinite(log_density).all():
            raise FitError(f"fits did not converge up to strength {largest:.3g}: merge bins with few events")
        if log_density[-1] < log_density.max() - 16:
            break
        largest *= 1.5
    else:
        raise FitError(
            f"the posterior does not fall up to strength {largest:.3g}: the signal hardly changes the counts, or the "
            "declared uncertainties let it vanish; declare smaller ones, or use a frequentist limit"
        )
    root = np.exp(log_density - log_density.max())  # in u = sqrt(s): ds = 2 u du
    weight = 2 * np.sqrt(s) if prior is Prior.FLAT else np.ones_like(s)
    u = np.sqrt(s)
    fine = np.linspace(0, u[-1], 20 * POINTS)
    density_u = np.exp(np.interp(fine, u, np.log(np.maximum(root, 1e-300)))) * np.interp(fine, u, weight)
    cumulative = np.concatenate([[0.0], np.cumsum((density_u[1:] + density_u[:-1]) / 2 * np.diff(fine))])
    limit = float(np.interp(cl * cumulative[-1], cumulative, fine)) ** 2
    prior_density = np.ones_like(s) if prior is Prior.FLAT else 1 / np.sqrt(np.maximum(s, s[1]))
    return Posterior(s, root * prior_density / cumulative[-1], limit, cl, prior.value)


@filter_jit
def _marginal(model: Model, data: Data, strengths: Array, normal: Array) -> Array:
    """Logarithm of the likelihood integrated over the nuisance parameters, by importance sampling."""

    def one(s: Array) -> Array:
        at = minimise(model, data, s, jnp.asarray(0.0), held=True)
        failed = jnp.where(at.converged, 0.0, jnp.nan)
        if not model.nuisances:
            return failed - at.nll

        def nll(theta: Array) -> Array:
            return negative_log_likelihood(model, data, jnp.concatenate([s[None], theta]))

        root = jnp.linalg.cholesky(jax.hessian(nll)(at.theta))
        # theta = best + root^-T z has the curvature of -ln L as its inverse covariance
        shifts = jax.scipy.linalg.solve_triangular(root.T, normal.T, lower=False).T
        values = jax.vmap(nll)(at.theta + shifts)
        weights = -values + 0.5 * jnp.sum(normal**2, axis=1)
        return failed + jax.scipy.special.logsumexp(weights) - jnp.sum(jnp.log(jnp.diag(root)))

    densities: Array = jax.lax.map(one, strengths)
    return densities
