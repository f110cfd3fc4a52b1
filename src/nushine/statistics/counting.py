"""Upper limits of one counting experiment with a known background, in closed form."""

import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray
from scipy.special import gammaincinv
from scipy.stats import poisson

from nushine.numerics.checks import require_between, require_non_negative

FloatArray = NDArray[np.float64]


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

    References
    ----------
    Particle Data Group, Phys. Rev. D 110, 030001 (2024), eq. (40.76).

    Examples
    --------
    >>> round(float(upper_limit(0)), 3)
    2.303

    """
    require_non_negative("n", n, cure="give a number of events, zero or above")
    require_non_negative("background", background, cure="give an expected number of events, zero or above")
    require_between("cl", cl, 1e-12, 1 - 1e-12, cure="give a confidence level between 0 and 1, as in 0.90")
    limit = gammaincinv(np.asarray(n, dtype=float) + 1, cl) - np.asarray(background)
    return np.asarray(np.maximum(limit, 0.0))


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
    median = np.where(np.asarray(background) > 0, poisson.median(np.maximum(background, 1e-300)), 0.0)
    return upper_limit(median, background, cl)
