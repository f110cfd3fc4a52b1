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
    VANISHES = "no moment is excluded: the declared uncertainties let signals of 1e9 times the background vanish"
    NONE = "no moment is excluded up to 1 mu_B"
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
