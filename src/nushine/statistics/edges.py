"""Edges of an excluded region at one mass, and what came of the search for them."""

import math
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from nushine.statistics.crossings import LOG_MU

FloatArray = NDArray[np.float64]


class Status(StrEnum):
    """What came of the search for the least excluded moment at one mass."""

    FOUND = "found"
    NO_FLAVOUR = "no moment is excluded: the source has no neutrinos of this flavour"
    NO_SIGNAL = "no moment is excluded: no event is in the window, whatever the moment"
    VANISHES = (
        "no moment is excluded: the declared uncertainties let signals vanish, up to 1e9 times the background or 1 mu_B"
    )
    NONE = "no moment is excluded up to 1 mu_B"
    BAND_VANISHES = "found, but for bands at infinity: the declared uncertainties let signals vanish there"
    BAND_NONE = "found, but for bands at infinity: nothing is excluded up to 1 mu_B there"
    BELOW = "not found: excluded from 1e-24 mu_B on, where the search begins"
    FAILED = "not found: fits did not converge"
    TOYS = "not found: toys exclude all signals or none near the asymptotic limit, or their fits did not converge"
    NO_UPPER_EDGE = "upper edge not found: fits did not converge"
    NO_BAND = "a band not found: fits did not converge"


FAILURES = (Status.BELOW, Status.FAILED, Status.TOYS, Status.NO_UPPER_EDGE, Status.NO_BAND)
"""Statuses of searches that failed: not the same as that nothing is excluded."""


class Edges(NamedTuple):
    """What is found at one mass."""

    mu: float
    mu_max: float
    bands: FloatArray
    events: float
    effective: float
    status: Status = Status.FOUND
    clear: float = math.nan


def solve(
    number: Callable[[FloatArray], FloatArray], events: float, background: float, bands: tuple[float, ...]
) -> Edges:
    """Least and largest moment that give this number of events: infinity for both if none does, or for no upper end."""
    counts = number(LOG_MU)
    if np.isnan(counts).any():
        return without(math.nan, bands, Status.FAILED)
    (above,) = np.nonzero(counts > events)
    if not above.size:
        return without(math.inf, bands, Status.NONE)
    if above[0] == 0:
        return without(math.nan, bands, Status.BELOW)

    def excess(log_mu: float) -> float:
        return float(np.log(max(float(number(np.array([log_mu]))[0]), 1e-300) / events))

    def between(i: int, j: int) -> float:
        return float(np.exp(brentq(excess, LOG_MU[i], LOG_MU[j], xtol=1e-12, rtol=1e-13)))

    first, last = int(above[0]), int(above[-1])
    low = between(first - 1, first)
    high = between(last, last + 1) if last + 1 < LOG_MU.size else math.inf
    return Edges(low, high, np.full(len(bands), low), events, events + background)


def without(mu: float, bands: tuple[float, ...], status: Status) -> Edges:
    """No edge: infinity where there is none, not a number where it was not found."""
    events = 0.0 if np.isinf(mu) else math.nan
    return Edges(mu, mu, np.full(len(bands), mu), events, events, status)


def edges_of(low: FloatArray, high: FloatArray, clear: FloatArray, events: FloatArray, effective: FloatArray) -> Edges:
    """The median, which comes first, and its bands in rising order, from a `Crossing`."""
    mu, bands = float(np.exp(low[0])), _no_more_than_known(np.exp(low))
    status = Status.FOUND
    if np.isnan(mu):
        status = Status.BELOW if np.isneginf(clear[0]) else Status.FAILED
    elif np.isinf(mu):
        status = Status.VANISHES if np.isfinite(clear[0]) else Status.NONE
    elif np.isnan(high[0]):
        status = Status.NO_UPPER_EDGE
    elif np.isnan(bands).any():
        status = Status.NO_BAND
    elif np.isinf(bands).any():
        status = Status.BAND_VANISHES if np.isfinite(clear[np.isinf(low)]).all() else Status.BAND_NONE
    last = math.nan if np.isfinite(mu) else float(np.exp(clear[0]))
    return Edges(mu, float(np.exp(high[0])), bands, float(events[0]), float(effective[0]), status, last)


def _no_more_than_known(mu: FloatArray) -> FloatArray:
    """Bands, none of which is a number if one of smaller fluctuations, or the median, is none."""
    bands = mu[1:].copy()
    if not np.isfinite(mu[0]):
        bands[bands.size // 2 :] = mu[0]
    for i in range(1, bands.size):
        if not np.isfinite(bands[i - 1]) and np.isfinite(bands[i]):
            bands[i] = bands[i - 1]
    return bands


def no_lower_than(edges: Edges, least: Edges, empty: NDArray[np.bool_]) -> Edges:
    """Edges that were found, raised to those of an experiment that sees nothing; bands with `empty` data have these."""
    if not np.isfinite(least.mu):
        return least
    bands = np.where(empty, least.mu, np.maximum(edges.bands, least.mu))
    raised = edges._replace(mu_max=min(edges.mu_max, least.mu_max), bands=bands)
    if edges.mu >= least.mu:
        return raised
    return raised._replace(mu=least.mu, events=least.events, effective=least.effective)
