"""Reach of an experiment in the plane of mass and moment."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from jax.typing import ArrayLike
from scipy.optimize import brentq

from nushine.decay import RADIATIVE, Decay
from nushine.detectors import COINCIDENCE, Channel
from nushine.experiments import Experiment
from nushine.interactions.dipole import DIRAC, Dipole, Nature
from nushine.numerics.checks import require_positive
from nushine.observables import background_events, event_yield, require_reachable
from nushine.sources.base import ELECTRON, Flavour
from nushine.statistics.counting import median_upper_limit

FloatArray = npt.NDArray[np.float64]

MU_RANGE = (1e-18, 1e3)
"""Moments [mu_B] among which the reach is looked for."""


@dataclass(frozen=True)
class Contour:
    """A line in the (m_N, mu) plane: moments above it would be excluded.

    Parameters
    ----------
    m_N, mu : array, shape (n,)
        Masses [MeV] and moments [mu_B, L = (mu/2) nubar sigma N F]; infinite where nothing is excluded.
    cl : float
        Confidence level.
    events : float
        Signal events on the line.
    background : float
        Expected background.
    method, experiment, channel, nature : str
        What was done, and for what.
    prompt : bool
        True for the "max" case.

    """

    m_N: FloatArray
    mu: FloatArray
    cl: float
    events: float
    background: float
    method: str
    experiment: str
    channel: str
    nature: str
    prompt: bool


def exclusion(
    experiment: Experiment,
    masses: npt.ArrayLike,
    nature: Nature = DIRAC,
    cl: float = 0.90,
    channel: Channel = COINCIDENCE,
    decay: Decay = RADIATIVE,
    flavour: Flavour = ELECTRON,
    progress: Callable[[], None] | None = None,
) -> Contour:
    """Median expected upper limit on the moment for each mass, from a counting experiment.

    Parameters
    ----------
    experiment : Experiment
        Source, target, exposure, selection and background.
    masses : array_like, shape (n,)
        Masses of N [MeV].
    nature, channel, decay, flavour
        Hypothesis and what is counted.
    cl : float
        Confidence level.
    progress : callable, optional
        Called after each mass.

    Returns
    -------
    Contour
        The moment at which the expected signal equals `median_upper_limit` of the background, found on the true
        dependence of the rate on mu (mu^2 for recoils, mu^4 to mu^2 for decays).

    Raises
    ------
    ValueError
        If a mass is not positive or above what the source can make.

    """
    masses = np.atleast_1d(np.asarray(masses, dtype=float))
    require_positive("m_N", masses, "MeV")
    require_reachable(experiment, masses)
    background = background_events(experiment, channel)
    events = float(median_upper_limit(background, cl))
    mu = np.empty_like(masses)
    for i, m_N in enumerate(masses):
        mu[i] = _solve(event_yield(experiment, Dipole(m_N, 1.0, nature, flavour), channel, decay), events)
        if progress is not None:
            progress()
    return Contour(
        m_N=masses,
        mu=mu,
        cl=cl,
        events=events,
        background=background,
        method="counting, median upper limit",
        experiment=experiment.name,
        channel=channel.name,
        nature=nature.name,
        prompt=decay.prompt,
    )


def _solve(number: Callable[[ArrayLike], ArrayLike], events: float) -> float:
    """Moment that gives this number of events, or infinity if none in `MU_RANGE` does; the number grows with mu."""

    def excess(log_mu: float) -> float:
        n = float(np.asarray(number(np.exp(log_mu))))
        return np.log(n / events) if n > 0 else -np.inf

    low, high = np.log(MU_RANGE[0]), np.log(MU_RANGE[1])
    if not excess(high) > 0:
        return float("inf")
    while not np.isfinite(excess(low)):
        low += 1.0
    return float(np.exp(brentq(excess, low, high, xtol=1e-12, rtol=1e-13)))
