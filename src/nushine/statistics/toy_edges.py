"""Edges of an excluded region from toys."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from nushine.statistics import toys
from nushine.statistics.forecasts import Forecast
from nushine.statistics.ratios import Statistic

FloatArray = NDArray[np.float64]

TOLERANCE = 5e-3
"""In log mu."""


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
        return float(np.exp(toys.log_root(lambda x: sign * self.excess(x, sigma), float(np.log(mu)), TOLERANCE)))

    def excess(self, log_mu: float, sigma: float) -> float:
        """Positive where the moment is excluded."""
        model = self.of(np.exp(log_mu))
        statistic = Statistic.T_TILDE if self.unified else Statistic.Q_TILDE
        with_signal = toys.statistics(model, self.n, 1.0, 1.0, None, statistic, self.seed)
        without = toys.statistics(model, self.n, 1.0, 0.0, None, statistic, self.seed + 1)
        typical = float(np.quantile(without, norm.cdf(-sigma), method="lower"))
        if self.unified:
            return typical - toys.accepted_below(with_signal, self.cl)
        return float(np.log(1 - self.cl)) - toys.log_probability(with_signal, without, typical)
