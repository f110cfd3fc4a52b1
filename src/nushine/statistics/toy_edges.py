"""Edges of an excluded region from toys."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from nushine.statistics import toys
from nushine.statistics.fit import FitError
from nushine.statistics.forecast import Forecast
from nushine.statistics.ratios import Statistic

FloatArray = NDArray[np.float64]

STEP, MOST_STEPS = 0.2, 40
"""First step in log mu away from the asymptotic edge, and the number of steps after which the search ends."""


@dataclass(frozen=True)
class ToySearch:
    """A search for edges with toys of the same seeds at all moments, so that their scatter does not hide the edge.

    Parameters
    ----------
    of : Forecast
    cl : float
    unified : bool
        Feldman-Cousins with t_tilde; otherwise CL_s with q_tilde.
    n, seed : int
        Toys with, and without, signal at each moment.

    """

    of: Forecast
    cl: float
    unified: bool
    n: int
    seed: int

    def edge(self, mu: float, sigma: float, *, rising: bool) -> float:
        """Moment at the lower (rising) or upper edge, for data that fluctuate by sigma from the background."""
        sign = 1.0 if rising else -1.0
        return float(np.exp(_bracketed(lambda x: sign * self.excess(x, sigma), float(np.log(mu)))))

    def excess(self, log_mu: float, sigma: float) -> float:
        """Positive where the moment is excluded."""
        model = self.of(np.exp(log_mu))
        statistic = Statistic.T_TILDE if self.unified else Statistic.Q_TILDE
        with_signal = toys.statistics(model, self.n, 1.0, 1.0, None, statistic, self.seed)
        without = toys.statistics(model, self.n, 1.0, 0.0, None, statistic, self.seed + 1)
        typical = float(np.quantile(without, norm.cdf(-sigma), method="lower"))
        if self.unified:
            # counts are discrete: a value that is reached exactly is accepted
            return typical - float(np.quantile(with_signal, self.cl, method="higher")) - 1e-7
        least = 1 / self.n
        reach = max(toys.share_at_or_above(with_signal, typical)[0], least)
        return float(np.log(1 - self.cl) - np.log(reach / max(toys.share_at_or_above(without, typical)[0], least)))


def _bracketed(excess: Callable[[float], float], start: float) -> float:
    """Root of a rising function near `start`."""
    low = high = start
    value = excess(start)
    for i in range(MOST_STEPS):
        step = STEP * 1.3**i
        if value > 0:
            high, low = low, low - step
            value = excess(low)
            if value <= 0:
                break
        else:
            low, high = high, high + step
            value = excess(high)
            if value > 0:
                break
    else:
        raise FitError("toys exclude all moments or none near the asymptotic limit: use more toys or another method")
    return float(brentq(excess, low, high, xtol=5e-3))
