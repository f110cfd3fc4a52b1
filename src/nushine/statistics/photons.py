"""What photons alone tell about the nature of N: distributions in bins, and how far two of them are apart."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray
from scipy.stats import norm

from nushine.decay import RADIATIVE, Decay
from nushine.interactions.dipole import DIRAC, MAJORANA, Dipole, Nature
from nushine.numerics.arrays import as_arrays
from nushine.numerics.calls import Choice, checked
from nushine.numerics.compilation import filter_jit
from nushine.rates import ALL_RECOILS, EVERYTHING, Edges, Selection, sterile_bins
from nushine.sources.base import Source
from nushine.targets.compounds import Target

FloatArray = NDArray[np.float64]

NEGLIGIBLE, ROUNDING = 1e-9, 1e-12
"""Shares of the photons that do not count, and that cannot be told from nothing."""


class Observable(Choice):
    """What is measured of a photon: energy, angle to the beam, or both."""

    ENERGY = "energy"
    ANGLE = "angle"
    BOTH = "both"


BINS = {Observable.ENERGY: (60, 1), Observable.ANGLE: (1, 32), Observable.BOTH: (40, 8)}
"""Bins of energy and angle. At a reactor they lose 1 % of the divergence or less where one is measured, up to 5 % for
both; for a line source 4 % of the energy, because the density of a Dirac N falls to zero at one end."""


@checked
def photon_shares(
    source: Source,
    target: Target,
    signal: Dipole,
    path: ArrayLike,
    observable: Observable = Observable.BOTH,
    decay: Decay = RADIATIVE,
    selection: Selection = EVERYTHING,
    bins: tuple[int, int] | None = None,
) -> FloatArray:
    """Probability of each bin of energy and angle for one photon from a decay within the path.

    Parameters
    ----------
    source, target, signal, path, decay, selection
        As for `photon_spectrum`.
    observable : Observable
        What is measured.
    bins : tuple of 2 int, optional
        Bins of energy (even in its square root up to the end point) and of angle (even in the fourth root of 1 - cos).

    Returns
    -------
    array, shape (bins,)
        Probabilities that add up to one.

    Raises
    ------
    ValueError
        If no photon passes the selection.

    """
    natures = as_arrays((signal.nature,))
    shares = _shares(source, target, signal, path, decay, selection, bins or BINS[observable], natures)
    return np.asarray(shares[0])


@checked
def photon_shares_of_both(
    source: Source,
    target: Target,
    signal: Dipole,
    path: ArrayLike,
    observable: Observable = Observable.BOTH,
    decay: Decay = RADIATIVE,
    selection: Selection = EVERYTHING,
    bins: tuple[int, int] | None = None,
) -> FloatArray:
    """`photon_shares` for a Dirac and a Majorana N, shape (2, bins), in little more time than for one."""
    natures = as_arrays((DIRAC, MAJORANA))
    return _shares(source, target, signal, path, decay, selection, bins or BINS[observable], natures)


def _shares(
    source: Source,
    target: Target,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay,
    selection: Selection,
    bins: tuple[int, int],
    natures: tuple[Nature, ...],
) -> FloatArray:
    """Probabilities for each nature, shape (natures, bins)."""
    n_E, n_cos = bins
    E_R = jnp.clip(jnp.stack([jnp.asarray(selection.E_R_min), jnp.asarray(selection.E_R_max)]), *ALL_RECOILS)
    top = jnp.sqrt(source.E_max)
    low = jnp.sqrt(jnp.asarray(selection.E_gamma_min, dtype=float))
    E_gamma = (low + (top - low) * jnp.arange(n_E) / n_E) ** 2
    cos_theta = 1 - (1 - jnp.asarray(selection.cos_theta_min)) * (jnp.arange(n_cos, 0, -1) / n_cos) ** 4
    edges = Edges(E_R, E_gamma, cos_theta)
    stacked = jax.tree.map(lambda *x: jnp.stack(x), *natures)
    rates = np.asarray(_rates(source, target, as_arrays(signal), stacked, path, decay, edges, selection.flight_min))
    rates = np.maximum(rates, 0.0)
    total = rates.sum(axis=1, keepdims=True)
    if not (total > 0).all():
        raise ValueError(f"m_N = {float(signal.m_N):g} MeV: no photon passes; choose a lower mass or a wider selection")
    return np.asarray(rates / total)


@filter_jit
def _rates(
    source: Source,
    target: Target,
    signal: Dipole,
    natures: Nature,
    path: ArrayLike,
    decay: Decay,
    edges: Edges,
    flight_min: ArrayLike,
) -> Array:
    """Rates for each nature, shape (natures, bins): kinematics and geometry are the same for all."""

    def of(nature: Nature) -> Array:
        one = eqx.tree_at(lambda s: s.nature, signal, nature)
        of_mu = sterile_bins(source, target, one, path, decay, edges, flight_min)
        return of_mu(signal.mu)[0].ravel()

    rates: Array = jax.vmap(of)(natures)
    return rates


def divergence(p: ArrayLike, q: ArrayLike) -> float:
    r"""Kullback-Leibler divergence of q from p: the mean of ln(p/q) for one photon if p is true.

    .. math:: D(p\|q) = \sum_b p_b \ln\frac{p_b}{q_b}

    Parameters
    ----------
    p, q : array_like, shape (bins,)
        Probabilities; infinite if q is zero where p is not.

    Examples
    --------
    >>> round(divergence([0.5, 0.5], [0.25, 0.75]), 4)
    0.1438

    """
    ratio, p = _log_ratio(p, q)
    return float(np.sum(np.where(p > 0, p * ratio, 0.0)))


def _log_ratio(p: ArrayLike, q: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """ln(p/q), infinite where q has nothing, and p without its rounding."""
    p, q = (np.asarray(x, dtype=float) for x in (p, q))
    p = np.where(p > NEGLIGIBLE, p, 0.0)
    both = (p > 0) & (q > ROUNDING)
    ratio = np.log(np.where(both, p, 1.0) / np.where(both, q, 1.0))
    return np.where(both | (p == 0), ratio, np.inf), p


def photons_needed(p: ArrayLike, q: ArrayLike, sigmas: Sequence[float] = (3.0, 5.0)) -> FloatArray:
    r"""Photons with which q is excluded at Z sigma in the typical (Asimov) sample, if p is true.

    .. math:: N = \frac{Z^2}{2 D(p\|q)}

    since the expected :math:`2 \ln L(p)/L(q)` of N photons is :math:`2 N D(p\|q)`. Good where N is ten or more; see
    `photons_needed_by_toys`.
    """
    return np.asarray(np.array(sigmas) ** 2 / (2 * divergence(p, q)))


def median_significance(p: ArrayLike, q: ArrayLike, N: int, n: int = 20_000, seed: int = 0) -> float:
    r"""Significance with which q is excluded in the median sample of N photons, if p is true; exact but for n toys.

    The statistic is :math:`T = \sum_i \ln p(x_i)/q(x_i)`. Its tail under q, far too small to be counted, is a mean over
    toys drawn from p:

    .. math:: P_q(T \ge t) = \mathrm{E}_p\big[ e^{-T}\, \theta(T - t) \big]

    Parameters
    ----------
    p, q : array_like, shape (bins,)
        Probabilities of one photon.
    N : int
        Number of photons.
    n, seed : int
        Toys, and their seed; Z scatters by about 0.01 for 20 000.

    """
    ratio, p = _log_ratio(p, q)
    counts = np.random.default_rng(seed).multinomial(N, p / p.sum(), size=n)
    with np.errstate(invalid="ignore"):  # no photon times infinity
        T = np.sum(np.where(counts > 0, counts * ratio, 0.0), axis=1)
    tail = np.mean(np.where(np.median(T) <= T, np.exp(-T), 0.0))
    return float(norm.isf(tail))


def photons_needed_by_toys(
    p: ArrayLike, q: ArrayLike, sigmas: Sequence[float] = (3.0, 5.0), n: int = 20_000, seed: int = 0
) -> NDArray[np.int64]:
    """Least number of photons for which `median_significance` reaches each Z.

    Raises
    ------
    ValueError
        If the two distributions are the same, so that no number is enough.

    """
    if not divergence(p, q) > 0:
        raise ValueError("the two distributions are the same: no number of photons tells them apart")
    return np.array([_least(p, q, Z, n, seed) for Z in sigmas])


def _least(p: ArrayLike, q: ArrayLike, Z: float, n: int, seed: int) -> int:
    """Bisection between numbers of photons."""

    def enough(N: int) -> bool:
        return median_significance(p, q, N, n, seed) >= Z

    low, high = 0, max(int(photons_needed(p, q, [Z])[0]), 1)
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
