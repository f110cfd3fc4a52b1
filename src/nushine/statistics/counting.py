"""Upper limits of one counting experiment with a known background, in closed form."""

import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray
from scipy.special import gammaincinv
from scipy.stats import norm, poisson

from nushine.numerics.checks import require_between, require_non_negative

FloatArray = NDArray[np.float64]

MANY = 1e6
"""Events above which quantiles are series in their number: inverse functions lose the digits of the difference."""


def upper_limit(n: ArrayLike, background: ArrayLike = 0.0, cl: float = 0.90) -> FloatArray:
    r"""Classical upper limit on the signal of a Poisson counting experiment.

    The largest s for which n or fewer events have a probability of at least 1 - cl:

    .. math:: \sum_{k=0}^{n} \frac{(s+b)^k}{k!} e^{-(s+b)} = 1 - \mathrm{CL} \quad\Rightarrow\quad
              s = \gamma^{-1}(n + 1, \mathrm{CL}) - b

    with the inverse of the regularised lower incomplete gamma function.

    Parameters
    ----------
    n : array_like
        Observed number of events.
    background : array_like
        Expected background, taken as known.
    cl : float
        Confidence level, between 0 and 1.

    Returns
    -------
    array
        The limit; zero where so few events are seen that even s = 0 is excluded.

    Notes
    -----
    For more than `MANY` events, with the quantile z of the normal distribution and a = n + 1,

    .. math:: s = (a - b) + z \sqrt a + \frac{z^2 - 1}{3} + \frac{z^3 - 7 z}{36 \sqrt a}
              - \frac{6 z^4 + 14 z^2 - 32}{1620\, a}

    where what is left out is below 1e-8 of an event up to five sigma.

    References
    ----------
    Particle Data Group, Phys. Rev. D 110, 030001 (2024), eq. (40.76). R. A. Fisher, E. A. Cornish, Technometrics 2,
    209 (1960), for the series.

    Examples
    --------
    >>> round(float(upper_limit(0)), 3)
    2.303

    """
    require_non_negative("n", n, cure="give a number of events, zero or above")
    require_non_negative("background", background, cure="give an expected number of events, zero or above")
    require_between("cl", cl, 1e-12, 1 - 1e-12, cure="give a confidence level between 0 and 1, as in 0.90")
    n, background = np.asarray(n, dtype=float), np.asarray(background, dtype=float)
    exact = gammaincinv(np.minimum(n, MANY) + 1, cl) - background
    return np.asarray(np.maximum(np.where(n > MANY, _of_many(n, background, float(norm.ppf(cl))), exact), 0.0))


def _of_many(n: FloatArray, background: FloatArray, z: float) -> FloatArray:
    """Series of `upper_limit` for many events."""
    a = np.maximum(n, MANY) + 1
    series = (z**2 - 1) / 3 + (z**3 - 7 * z) / (36 * np.sqrt(a)) - (6 * z**4 + 14 * z**2 - 32) / (1620 * a)
    return np.asarray((n - background) + 1 + z * np.sqrt(a) + series)


def median_upper_limit(background: ArrayLike, cl: float = 0.90) -> FloatArray:
    """Median of `upper_limit` over background-only experiments.

    The limit grows with n, so the median limit is the limit of the median n, the least n with a cumulative
    probability of one half or more. It has steps where that n changes.

    Examples
    --------
    >>> round(float(median_upper_limit(0.0)), 3)
    2.303

    """
    require_non_negative("background", background, cure="give an expected number of events, zero or above")
    b = np.asarray(background, dtype=float)
    few = np.where(b > 0, poisson.median(np.clip(b, 1e-300, MANY)), 0.0)
    many = np.floor(b) + (b - np.floor(b) >= 2 / 3)  # the median is the whole part of b + 1/3 - 0.02/b
    return upper_limit(np.where(b > MANY, many, few), b, cl)
