"""Profile likelihood ratios, and the probabilities that asymptotic formulas give them."""

from collections.abc import Callable
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.special import ndtr
from jax.typing import ArrayLike

from nushine.numerics.calls import Choice
from nushine.numerics.compilation import filter_jit, needs_jax
from nushine.statistics.fit import Fit, lowest_minimum, lowest_strength, minimise, require_converged
from nushine.statistics.model import Data, Model


class Statistic(Choice):
    r"""Which profile likelihood ratio; all are :math:`-2 \ln L(s, \hat{\hat\theta}) / L(\hat s, \hat\theta)`.

    - ``q0``: of s = 0, zero if the best fit is below; for discovery.
    - ``q``: of s, zero if the best fit is above s; the best fit may be negative. For upper limits.
    - ``q_tilde``: the same with the best fit kept at or above zero.
    - ``t_tilde``: of s, for deviations to both sides, the best fit at or above zero; for Feldman-Cousins intervals.

    References
    ----------
    G. Cowan, K. Cranmer, E. Gross, O. Vitells, Eur. Phys. J. C 71, 1554 (2011), arXiv:1007.1727, sections 2.1 to 2.5.

    """

    Q0 = "q0"
    Q = "q"
    Q_TILDE = "q_tilde"
    T_TILDE = "t_tilde"


class Ratio(eqx.Module):
    """A test statistic and the two fits in it, for one data set or many (leading axis)."""

    value: Array
    free: Fit
    fixed: Fit


def likelihood_ratio(model: Model, data: Data, strength: ArrayLike, statistic: Statistic = Statistic.Q_TILDE) -> Ratio:
    """Profile likelihood ratio of a signal strength, for one data set or for many.

    Parameters
    ----------
    model : Model
    data : Data
        Counts (B,) or (T, B), and constraints likewise.
    strength : float
        The strength that is tested; 0 for q0.
    statistic : Statistic

    Raises
    ------
    FitError
        If a fit does not converge.

    """
    ratio: Ratio = unchecked_ratio(model, data, jnp.asarray(strength, dtype=float), statistic)
    require_converged(ratio.free)
    require_converged(ratio.fixed)
    return ratio


@filter_jit
def unchecked_ratio(model: Model, data: Data, strength: Array, statistic: Statistic) -> Ratio:
    """`likelihood_ratio` that leaves the look at convergence to the caller."""

    def one(data: Data) -> Ratio:
        return ratio_of(model, data, strength, statistic)

    if data.counts.ndim > 1:
        return jax.vmap(one)(data)
    return ratio_of(model, data, strength, statistic, lowest_minimum)


def ratio_of(
    model: Model, data: Data, strength: Array, statistic: Statistic, free_fit: Callable[..., Fit] | None = None
) -> Ratio:
    """One profile likelihood ratio, traceable; from one start unless another way to the free fit is given."""
    lower = lowest_strength(model) if statistic is Statistic.Q else jnp.asarray(0.0)
    free = (free_fit or partial(minimise, held=False))(model, data, jnp.maximum(strength, 0.1), lower)
    fixed = minimise(model, data, strength, lower, held=True)
    value = jnp.maximum(2 * (fixed.nll - free.nll), 0.0)
    if statistic is Statistic.Q0:
        value = jnp.where(free.strength > strength, value, 0.0)
    elif statistic is not Statistic.T_TILDE:
        value = jnp.where(free.strength < strength, value, 0.0)
    return Ratio(value, free, fixed)


class PValues(eqx.Module):
    """Probabilities of data that are as little like the signal as these, or less.

    Parameters
    ----------
    signal : Array
        If the signal is there: CL_{s+b}.
    background : Array
        If it is not: CL_b.

    """

    signal: Array
    background: Array

    @property
    @needs_jax
    def cls(self) -> Array:
        """CL_s, the first over the second."""
        return self.signal / jnp.where(self.background > 0, self.background, 1.0)


@needs_jax
def p_values(q: ArrayLike, q_asimov: ArrayLike, statistic: Statistic = Statistic.Q_TILDE) -> PValues:
    r"""Asymptotic probabilities for upper limits, from q and its value q_A for background-only Asimov data.

    .. math:: \mathrm{CL}_{s+b} = 1 - \Phi(\sqrt q), \qquad \mathrm{CL}_b = 1 - \Phi(\sqrt q - \sqrt{q_A})

    and for ``q_tilde`` above q_A: :math:`1 - \Phi\big(\tfrac{q + q_A}{2\sqrt{q_A}}\big)` and
    :math:`1 - \Phi\big(\tfrac{q - q_A}{2\sqrt{q_A}}\big)`.

    References
    ----------
    Cowan et al. 2011, eqs. (57), (59), (64), (66).

    """
    signal, background = deviations(jnp.asarray(q), jnp.asarray(q_asimov), statistic)
    return PValues(ndtr(-signal), ndtr(-background))


@needs_jax
def deviations(q: Array, q_asimov: Array, statistic: Statistic) -> tuple[Array, Array]:
    """Normal deviates whose upper tails are CL_{s+b} and CL_b; formulas of `p_values`."""
    root, root_A = jnp.sqrt(q), jnp.sqrt(q_asimov)
    if statistic is Statistic.Q:
        return root, root - root_A
    if statistic is not Statistic.Q_TILDE:
        raise ValueError(f"statistic {statistic}: has no upper-limit probabilities; use q or q_tilde")
    beyond, safe = (root > root_A) & (root_A > 0), jnp.where(root_A > 0, root_A, 1.0)
    signal = jnp.where(beyond, (q + q_asimov) / (2 * safe), root)
    return signal, jnp.where(beyond, (q - q_asimov) / (2 * safe), root - root_A)


@needs_jax
def expected_cls(q_asimov: ArrayLike, sigmas: ArrayLike = 0.0) -> Array:
    r"""CL_s of data that fluctuate by N sigma from the background: :math:`[1 - \Phi(\sqrt{q_A} - N)] / \Phi(N)`."""
    N = jnp.asarray(sigmas)
    return ndtr(N - jnp.sqrt(jnp.asarray(q_asimov))) / ndtr(N)


@needs_jax
def significance(model: Model, data: Data) -> Array:
    """Asymptotic significance Z = sqrt(q0) of a signal in the data."""
    return jnp.sqrt(likelihood_ratio(model, data, 0.0, Statistic.Q0).value)
