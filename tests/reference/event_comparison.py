"""Binned expectations and what a sample of events says to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import stats

LEAST = 25.0
"""Events expected at least in a bin of the chi2: neighbours are joined until there are as many."""


class Comparison(NamedTuple):
    """p-values of chi2 and Kolmogorov-Smirnov, and the number of bins of the former."""

    chi2: float
    ks: float
    bins: int


@dataclass(frozen=True)
class Expected:
    """Rate [1/(mass ns)] in each bin of a variable; everything lies between the first and the last edge."""

    edges: np.ndarray
    rates: np.ndarray

    @property
    def total(self) -> float:
        return float(self.rates.sum())

    def compare(self, values: np.ndarray) -> Comparison:
        """Compare a sample of unweighted events with it; an event beyond the edges gives p-values of zero.

        Kolmogorov-Smirnov is taken at the edges, where the cumulated rate is exact: its p-values are a bit too large.
        """
        if values.min() < self.edges[0] or values.max() > self.edges[-1]:
            return Comparison(0.0, 0.0, 0)
        counts, rates = np.histogram(values, self.edges)[0], self.rates / self.total
        seen, expected = _joined(counts, values.size * rates)
        distance = np.max(np.abs(np.cumsum(counts) / values.size - np.cumsum(rates)))
        ks = stats.kstwo.sf(distance, values.size)
        return Comparison(float(stats.chisquare(seen, expected).pvalue), float(ks), seen.size)


def _joined(counts: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join neighbours until each bin has `LEAST` expected events; what is left over goes to the last bin."""
    starts = [0]
    for i in range(1, counts.size):
        if expected[starts[-1] : i].sum() >= LEAST:
            starts.append(i)
    if len(starts) > 1 and expected[starts[-1] :].sum() < LEAST:
        starts.pop()
    return np.add.reduceat(counts, starts), np.add.reduceat(expected, starts)


def angle(columns: Mapping[str, np.ndarray], particle: str) -> np.ndarray:
    """1 - cos(theta) to the beam, from momenta."""
    x, y, z = (columns[f"{particle}_p{axis}"] for axis in "xyz")
    return 2 * np.sin(np.arctan2(np.hypot(x, y), z) / 2) ** 2
