"""The likelihood: Poisson counts in bins, samples that sum up, and nuisance parameters with constraints."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jax.typing import ArrayLike

from nushine.numerics.checks import require_finite, require_non_negative
from nushine.numerics.compilation import filter_jit, needs_jax

LEAST = 1e-12
"""Expected counts below which a bin counts as empty."""

TAIL = 1e-6
"""Share of the nominal background below which expected counts fall exponentially instead of linearly: see `kept`."""


class Data(eqx.Module):
    """Observed counts and the measurements that constrain the nuisance parameters.

    Parameters
    ----------
    counts : Array, shape (..., B)
        Events in each bin; need not be whole numbers (Asimov data).
    auxiliary : Array, shape (..., K)
        Where the constraint of each nuisance parameter is centred, in units of its uncertainty; 0 as a rule.

    """

    counts: Array
    auxiliary: Array


class Model(eqx.Module):
    r"""Expected counts in bins b as a function of the signal strength s and of nuisance parameters theta.

    .. math:: \lambda_b(s, \theta) = \sum_j c_j\, e^{\sum_k \theta_k \ln\kappa_{kj}}
              \Big[ T_{jb} + \sum_h a(\theta_h)\, \Delta^+_{hjb} - a(-\theta_h)\, \Delta^-_{hjb} \Big],
              \qquad c_0 = s,\ c_{j>0} = 1

    .. math:: -\ln L = \sum_b \left( w_b \lambda_b - n_b \ln\lambda_b \right)
              + \tfrac12 \sum_k p_k (\theta_k - a_k)^2

    Sample 0 is the signal. a(x) is x above 1, 0 below -1, and a polynomial between, so that yields and their first two
    derivatives are continuous: the interpolation "code 4p" of HistFactory.

    Parameters
    ----------
    signal : Array, shape (B,)
        Expected signal counts at strength 1.
    backgrounds : Array, shape (S, B)
        Expected counts of each background.
    log_kappa : Array, shape (K, 1 + S)
        Logarithm of the factor on each sample when a nuisance parameter is +1.
    up, down : Array, shape (H, 1 + S, B)
        Yields at +1 less nominal, and nominal less yields at -1, for the nuisance parameters that change shapes.
    precision : Array, shape (K,)
        1 for a parameter with a Gaussian constraint of unit width, 0 for a free one.
    weight : Array, shape (B,)
        1 for counted bins. Unbinned likelihoods use 0 for events and 1 for totals, see `nushine.statistics.unbinned`.
    shaped : tuple of int
        Which of the K parameters each of the H is.
    nuisances, samples : tuple of str
        Names of the K parameters and of the 1 + S samples.
    channels : tuple of (str, int)
        Name and number of bins of each channel, in the order of the bins.
    edges : Array, shape (B, 3, 2), optional
        Lower and upper edge of each bin in recoil energy [MeV], photon energy [MeV] and cosine of the photon angle;
        0 to infinity, and -1 to 1, where a channel does not look. Not part of the likelihood: what tells bins apart.

    Raises
    ------
    ValueError
        For shapes that do not fit, yields that are negative or not finite, channels without bins, and a model that
        expects nothing at all.

    References
    ----------
    K. Cranmer et al., HistFactory, CERN-OPEN-2012-016.

    """

    signal: Array
    backgrounds: Array
    log_kappa: Array
    up: Array
    down: Array
    precision: Array
    weight: Array
    shaped: tuple[int, ...] = eqx.field(static=True)
    nuisances: tuple[str, ...] = eqx.field(static=True)
    samples: tuple[str, ...] = eqx.field(static=True)
    channels: tuple[tuple[str, int], ...] = eqx.field(static=True)
    edges: Array | None = None

    def __check_init__(self) -> None:
        """Reject what is no model."""
        if any(isinstance(x, Tracer) or not isinstance(x, Array | np.ndarray) for x in (self.signal, self.backgrounds)):
            return
        B, S, K, H = self.signal.shape[0], len(self.samples), len(self.nuisances), len(self.shaped)
        empty = [name for name, bins in self.channels if bins < 1]
        if empty or not self.channels:
            raise ValueError(f"channel {', '.join(empty) or '(none)'}: has no bins; leave it out or give it bins")
        shapes = {
            "backgrounds": (self.backgrounds.shape, (S - 1, B)),
            "log_kappa": (self.log_kappa.shape, (K, S)),
            "up": (self.up.shape, (H, S, B)),
            "down": (self.down.shape, (H, S, B)),
            "precision": (self.precision.shape, (K,)),
            "weight": (self.weight.shape, (B,)),
            "channels": ((sum(bins for _, bins in self.channels),), (B,)),
            "edges": ((B, 3, 2) if self.edges is None else self.edges.shape, (B, 3, 2)),
        }
        for name, (found, wanted) in shapes.items():
            if found != wanted:
                raise ValueError(f"{name} of the model: shape {found} does not fit; give {wanted}")
        require_non_negative("expected signal", self.signal)
        require_non_negative("expected background", self.backgrounds)
        for name in ("log_kappa", "up", "down"):
            require_finite(f"{name} of the model", getattr(self, name))
        if not float(jnp.sum(self.signal)) > 0:
            raise ValueError("the model expects no signal at all: there is nothing to limit; change mass or selection")

    @property
    @needs_jax
    def nominal(self) -> Array:
        """Yields of all samples with all nuisance parameters at zero, shape (1 + S, B)."""
        return jnp.concatenate([self.signal[None], self.backgrounds])

    @needs_jax
    def expected(self, strength: ArrayLike = 0.0, theta: ArrayLike | None = None) -> Array:
        """Expected counts, shape (B,), at this strength and these nuisance parameters (0 by default)."""
        return self.asimov(strength, theta).counts

    @needs_jax
    def asimov(self, strength: ArrayLike = 0.0, theta: ArrayLike | None = None) -> Data:
        """Data that are what is expected: every estimate is then its true value."""
        theta = np.zeros(len(self.nuisances)) if theta is None else theta
        data: Data = _asimov(self, jnp.asarray(strength, dtype=float), jnp.asarray(theta, dtype=float))
        return data

    @needs_jax
    def data(self, counts: ArrayLike) -> Data:
        """Observed counts with all constraints centred at zero.

        Raises
        ------
        ValueError
            For a wrong number of counts, counts that are negative or not finite, and counts where nothing is expected.

        """
        observed = np.asarray(counts, dtype=float)
        if observed.shape != self.signal.shape:
            wanted = ", ".join(f"{bins} of {name}" for name, bins in self.channels)
            raise ValueError(f"{observed.size} counts for {self.signal.size} bins: give {wanted}")
        require_non_negative("observed counts", observed, cure="give a number of events, zero or above")
        impossible = (observed > 0) & (np.asarray(jnp.sum(self.nominal, axis=0)) <= 0)
        if impossible.any():
            raise ValueError(
                f"bin {int(np.argmax(impossible))}: {observed[impossible][0]:g} events where neither signal nor "
                "background is expected; add a background or leave the bin out"
            )
        return Data(jnp.asarray(observed), jnp.zeros(len(self.nuisances)))


@filter_jit
def _asimov(model: Model, strength: Array, theta: Array) -> Data:
    expected, _ = expected_and_jacobian(model, jnp.concatenate([strength[None], theta]))
    return Data(jnp.where(expected > LEAST, expected, 0.0), jnp.where(model.precision > 0, theta, 0.0))


def interpolation(theta: Array) -> tuple[Array, Array]:
    """The function a of `Model`, and its derivative."""
    x2 = theta**2
    inside = theta / 2 + x2 * (15 + x2 * (3 * x2 - 10)) / 16
    slope = 0.5 + theta * (30 + x2 * (18 * x2 - 40)) / 16
    outside, flat = jnp.maximum(theta, 0.0), jnp.where(theta > 0, 1.0, 0.0)
    within = jnp.abs(theta) < 1
    return jnp.where(within, inside, outside), jnp.where(within, slope, flat)


def bend(theta: Array) -> Array:
    """Second derivative of the function a of `Model`."""
    return jnp.where(jnp.abs(theta) < 1, (30 + theta**2 * (90 * theta**2 - 120)) / 16, 0.0)


def expected_and_jacobian(model: Model, x: Array) -> tuple[Array, Array]:
    """Expected counts (B,) at x = (strength, theta), and their derivatives (1 + K, B)."""
    total, jacobian = sums(model, x)
    expected, slope = kept(model, total)
    return expected, slope * jacobian


def sums(model: Model, x: Array) -> tuple[Array, Array]:
    """Sums of all samples (B,), which may be negative, and their derivatives (1 + K, B)."""
    theta = x[1:]
    strengths = jnp.concatenate([x[:1], jnp.ones(len(model.samples) - 1)]) * jnp.exp(theta @ model.log_kappa)
    of_signal = jnp.exp(theta @ model.log_kappa[:, 0])
    moved = theta[jnp.asarray(model.shaped, dtype=int)]
    (plus, plus_slope), (minus, minus_slope) = interpolation(moved), interpolation(-moved)
    yields = model.nominal + jnp.tensordot(plus, model.up, 1) - jnp.tensordot(minus, model.down, 1)
    contributions = strengths[:, None] * yields
    total = jnp.sum(contributions, axis=0)
    jacobian = model.log_kappa @ contributions
    if model.shaped:
        bent = plus_slope[:, None] * jnp.einsum("j,hjb->hb", strengths, model.up)
        bent += minus_slope[:, None] * jnp.einsum("j,hjb->hb", strengths, model.down)
        jacobian = jacobian.at[jnp.asarray(model.shaped)].add(bent)
    jacobian = jnp.concatenate([(of_signal * yields[0])[None], jacobian])
    return total, jacobian


def least(model: Model, soft: ArrayLike = 1.0) -> Array:
    """Sum of all samples of each bin below which the expected counts fall exponentially, shape (B,)."""
    return jnp.maximum(TAIL * soft * jnp.sum(model.backgrounds, axis=0), LEAST)


def kept(model: Model, total: Array, soft: ArrayLike = 1.0) -> tuple[Array, Array]:
    r"""Expected counts, kept above zero, from the sum x of all samples, and their derivative by x; shapes (B,).

    Yields that change linearly can lower a bin below zero. Where x is below :math:`\epsilon` of `least`,

    .. math:: \lambda = \epsilon\, e^{x / \epsilon - 1}

    takes its place, with the same value and slope at the seam. So ln(lambda) goes on as a straight line, and a fit that
    comes here feels which way is out; on a floor it would stay.
    """
    low = least(model, soft)
    slope = jnp.exp(jnp.minimum(total / low - 1, 0.0))
    return jnp.where(total > low, total, low * slope), slope


def negative_log_likelihood(model: Model, data: Data, x: Array, soft: ArrayLike = 1.0) -> Array:
    """-ln L at x = (strength, theta), without the terms that depend on the data alone.

    Where `soft` is above 1 it is a likelihood that is easier to minimise, with the constraints as they are: the counts
    weigh less by that factor, and the tail of `kept` begins higher by it.
    """
    return poisson(model, data, sums(model, x)[0], soft) / soft + constraint(model, data, x)


def poisson(model: Model, data: Data, total: Array, soft: ArrayLike = 1.0) -> Array:
    """Part of -ln L that is due to the counts, from the sums of all samples.

    Relative to lambda = n: with lambda = n (1 + r) it is n [r - ln(1 + r)], which keeps digits for large counts.
    """
    n, low = data.counts, least(model, soft)
    some = jnp.where(n > 0, n, 1.0)
    expected, _ = kept(model, total, soft)
    above = total > low
    excess = (jnp.where(above, total, some) - n) / some
    near = n * (excess - jnp.log1p(jnp.where(n > 0, excess, 0.0)))
    log_ratio = jnp.log(low / some) + jnp.minimum(total / low - 1, 0.0)
    counted = jnp.where(above, near, expected - n - n * log_ratio)
    return jnp.sum((model.weight - 1) * expected + jnp.where(n > 0, counted, expected))


def constraint(model: Model, data: Data, x: Array) -> Array:
    """Part of -ln L that is due to the constraints."""
    return 0.5 * jnp.sum(model.precision * (x[1:] - data.auxiliary) ** 2)
