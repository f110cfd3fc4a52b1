"""First and second derivatives of -ln L, and what takes the place of the second ones far from the minimum."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from nushine.statistics.model import Data, Model, bend, constraint, interpolation, kept, least, poisson, sums

EPSILON = float(np.finfo(float).eps)


class Terms(NamedTuple):
    """What -ln L changes by, bin by bin: its gradient is J f + b, its second derivatives are J diag(c) J^T + A.

    Parameters
    ----------
    jacobian : Array, shape (1 + K, B)
        J, derivatives of the sums of all samples.
    first : Array, shape (B,)
        f, derivatives by these sums.
    pull : Array, shape (1 + K,)
        b, of the constraints.
    second, secant : Array, shape (B,)
        c, as it is, and what takes its place far from the minimum.
    precision : Array, shape (1 + K,)
        Of the constraints, a part of A.
    bent : Array, shape (1 + K, 1 + K)
        The other part, from second derivatives of the sums.

    """

    jacobian: Array
    first: Array
    pull: Array
    second: Array
    secant: Array
    precision: Array
    bent: Array

    @property
    def curvature(self) -> Array:
        """All second derivatives, shape (1 + K, 1 + K)."""
        return (self.jacobian * self.second) @ self.jacobian.T + jnp.diag(self.precision) + self.bent

    @property
    def far(self) -> Array:
        """The same far from the minimum: never negative, and the step it gives takes a bin to what was seen."""
        return (self.jacobian * self.secant) @ self.jacobian.T + jnp.diag(self.precision)


class Derivatives(NamedTuple):
    """-ln L at a point, and how it changes there.

    Parameters
    ----------
    value : Array
    gradient : Array, shape (1 + K,)
    terms : Terms
    rounding : Array
        How well the value is known: what the last digits of the expected counts are worth.

    """

    value: Array
    gradient: Array
    terms: Terms
    rounding: Array


def derivatives(model: Model, data: Data, x: Array, soft: ArrayLike = 1.0) -> Derivatives:
    r"""-ln L at x = (strength, theta) with its first and second derivatives.

    With :math:`\phi_i(x_i)` the terms of -ln L as functions of the sums :math:`x_i` of all samples,

    .. math:: \partial_a \partial_b (-\ln L)
              = \sum_i \phi_i'' \partial_a x_i\, \partial_b x_i
              + \sum_i \phi_i' \partial_a \partial_b x_i + p_a \delta_{ab}

    where :math:`\phi_i' = w_i - n_i / x_i` and :math:`\phi_i'' = n_i / x_i^2` but for the tail of `kept`. The second
    sum cannot be left out: where up and down differ, it is as large as the first. Where :math:`x_i` is far
    above :math:`n_i`, :math:`\phi_i' / (x_i - n_i) = 1 / x_i` is better than :math:`\phi_i''`: the step of one bin then
    ends at :math:`x_i = n_i`, while Newton's is by a factor :math:`x_i / n_i` too long.

    `soft` is that of `negative_log_likelihood`.
    """
    total, jacobian = sums(model, x)
    value = poisson(model, data, total, soft) / soft + constraint(model, data, x)
    precision = jnp.concatenate([jnp.zeros(1), model.precision])
    pull = precision * jnp.concatenate([jnp.zeros(1), x[1:] - data.auxiliary])
    expected, slope = kept(model, total, soft)
    low, n = least(model, soft), data.counts
    at_least = jnp.maximum(total, low)
    first = jnp.where(total > low, (model.weight - 1) + (total - n) / at_least, model.weight * slope - n / low)
    second = jnp.where(total > low, n / at_least**2, model.weight * slope / low)
    in_tail = jnp.where(n > 0, n / (low * (n + low - total)), second)
    secant = jnp.where(total > low, jnp.maximum(model.weight / at_least, second), in_tail)
    summands = jnp.abs(total) + jnp.abs(x) @ jnp.abs(jacobian)  # those that cancel are lost digits
    last = EPSILON * summands
    rounding = jnp.sum(EPSILON * jnp.abs(expected - n) + jnp.abs(first) * last + second * last**2)
    first, second, secant, rounding = first / soft, second / soft, secant / soft, rounding / soft
    terms = Terms(jacobian, first, pull, second, secant, precision, _bending(model, x, first))
    return Derivatives(value, jacobian @ first + pull, terms, rounding)


def _bending(model: Model, x: Array, residual: Array) -> Array:
    """Second derivatives of the expected counts, summed over bins with these factors, (1 + K, 1 + K)."""
    theta = x[1:]
    shaped = jnp.asarray(model.shaped, dtype=int)
    factors = jnp.exp(theta @ model.log_kappa)
    strengths = factors * jnp.concatenate([x[:1], jnp.ones(len(model.samples) - 1)])
    moved = theta[shaped]
    plus, minus, up, down = *map(interpolation, (moved, -moved)), model.up @ residual, model.down @ residual
    yields = model.nominal @ residual + plus[0] @ up - minus[0] @ down
    slopes = plus[1][:, None] * up + minus[1][:, None] * down
    by_norm = (model.log_kappa * (strengths * yields)) @ model.log_kappa.T
    by_both = jnp.zeros_like(by_norm).at[:, shaped].add((model.log_kappa * strengths) @ slopes.T)
    by_shape = (bend(moved)[:, None] * up - bend(-moved)[:, None] * down) @ strengths
    of_theta = (by_norm + by_both + by_both.T).at[shaped, shaped].add(by_shape)
    of_signal = (model.log_kappa[:, 0] * yields[0]).at[shaped].add(slopes[:, 0]) * factors[0]
    return jnp.block([[jnp.zeros((1, 1)), of_signal[None]], [of_signal[:, None], of_theta]])
