"""Reach of an experiment in the plane of mass and moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax.typing import ArrayLike
from scipy.optimize import brentq

from nushine.decay import RADIATIVE, Decay
from nushine.detectors import Channel
from nushine.experiments import Experiment
from nushine.experiments.channels import channels_of
from nushine.interactions.dipole import DIRAC, Dipole, Nature
from nushine.numerics.arrays import as_arrays
from nushine.numerics.calls import Choice, checked
from nushine.numerics.checks import require_between, require_positive
from nushine.observables import background_events, event_yield, require_reachable
from nushine.sources.base import ELECTRON, Flavour
from nushine.statistics.caveats import NOTHING, Assumed, assumptions, weak_signal
from nushine.statistics.counting import median_upper_limit
from nushine.statistics.crossings import LOG_MU, crossings, totals
from nushine.statistics.fit import FitError
from nushine.statistics.forecasts import Forecast, build
from nushine.statistics.layout import Binning, Layout, layout_of
from nushine.statistics.limits import SIGMAS, expected_roots
from nushine.statistics.toy_edges import ToySearch

FloatArray = npt.NDArray[np.float64]


class Method(Choice):
    """How a limit is set: on the full likelihood by asymptotic formulas, toys, or Feldman-Cousins; or by counting."""

    ASYMPTOTIC = "asymptotic"
    TOYS = "toys"
    FC = "fc"
    COUNTING = "counting"


CONVENTIONS = {
    Method.ASYMPTOTIC: "CLs, q_tilde",
    Method.TOYS: "CLs, q_tilde",
    Method.FC: "Feldman-Cousins, t_tilde",
    Method.COUNTING: "classical upper limit of the median count",
}


@dataclass(frozen=True)
class Contour:
    """A region in the (m_N, mu) plane that would be excluded if there were no signal (median).

    Parameters
    ----------
    m_N, mu : array, shape (n,)
        Masses [MeV] and least excluded moments [mu_B, L = (mu/2) nubar sigma N F]; infinite where nothing is excluded.
    mu_max : array, shape (n,)
        Largest excluded moments; infinite where there is no upper edge.
    bands : array, shape (n, 5) or (n, 0)
        The least moments for data that fluctuate by -2, -1, 0, 1, 2 sigma, if they were asked for.
    events, effective : array, shape (n,)
        Signal events on the line, and the number of events, signal and background, of a counting experiment that is
        as sensitive. Below ten of the latter asymptotic formulas are off by more than a few per cent.
    background : float
        Expected background in all channels.
    cl : float
        Confidence level.
    method, convention : str
        How the limit was set and what is compared with 1 - cl.
    nuisances : tuple of str
        Names of the nuisance parameters that were profiled.
    experiment, channel, nature : str
        What it was computed for.
    prompt : bool
        True for the "max" case.
    rests_on : Assumed
        What was assumed where the experiment says nothing, and the declared uncertainty of the background.

    """

    m_N: FloatArray
    mu: FloatArray
    mu_max: FloatArray
    bands: FloatArray
    events: FloatArray
    effective: FloatArray
    background: float
    cl: float
    method: str
    convention: str
    nuisances: tuple[str, ...]
    experiment: str
    channel: str
    nature: str
    prompt: bool
    rests_on: Assumed = NOTHING

    @property
    def caveats(self) -> tuple[str, ...]:
        """What to say beside these limits, in lines: what they assume, and whether the signal is a small one."""
        counting = self.method == Method.COUNTING
        weak = weak_signal(self.m_N, self.events, self.background, self.rests_on.error, counting)
        return self.rests_on.lines + weak


class _Edges(NamedTuple):
    """What is found at one mass."""

    mu: float
    mu_max: float
    bands: FloatArray
    events: float
    effective: float


@checked
def exclusion(
    experiment: Experiment,
    masses: npt.ArrayLike,
    nature: Nature = DIRAC,
    cl: float = 0.90,
    channel: Channel | tuple[Channel, ...] | None = None,
    decay: Decay = RADIATIVE,
    flavour: Flavour = ELECTRON,
    method: Method | str = Method.ASYMPTOTIC,
    bands: bool = False,
    binning: Binning | None = None,
    n: int = 2000,
    seed: int = 0,
    progress: Callable[[], None] | None = None,
) -> Contour:
    """Median expected exclusion in the moment for each mass.

    Parameters
    ----------
    experiment : Experiment
        Source, target, exposure, selection, background, response and uncertainties.
    masses : array_like, shape (n,)
        Masses of N [MeV].
    nature, channel, decay, flavour
        Hypothesis and what is counted; several channels are combined if they count different events. By default the
        channel that the experiment describes: coincidences where it describes recoils and photons.
    cl : float
        Confidence level.
    method : Method or its name
        On the full likelihood: ``asymptotic`` (default), CL_s of Asimov data (exact where no background is expected at
        all); ``toys``, CL_s from toys, right for few events as well; ``fc``, upper edge of Feldman-Cousins intervals,
        from toys. ``counting``: one bin, a perfect detector and a known background, as a cross-check.
    bands : bool
        Whether to give the -2 to 2 sigma fluctuations too (asymptotic and toys).
    binning : Binning, optional
    n, seed : int
        Toys with, and without, signal for each moment that is tried, and their seed.
    progress : callable, optional
        Called after each mass.

    Returns
    -------
    Contour
        Found on the true dependence of each bin on mu (mu^2 for recoils, mu^4 to mu^2 for decays). With a displaced
        selection (`flight_min`) the region has an upper edge, where decays become too prompt. That edge is exact for
        counting; on the full likelihood it is within 20 % where fewer than 1e-3 of N reach `flight_min`, because the
        decay probability is expanded there (`sterile_bins`).

    Raises
    ------
    ValueError
        If a mass is not positive or above what the source can make, or an option is out of range.
    FitError
        If a fit does not converge.

    """
    masses = np.atleast_1d(np.asarray(masses, dtype=float))
    require_positive("m_N", masses, "MeV")
    require_between("cl", cl, 1e-12, 1 - 1e-12, cure="give a confidence level between 0 and 1, as in 0.90")
    require_reachable(experiment, masses)
    channels = channels_of(experiment, channel)
    if method not in tuple(Method):
        raise ValueError(f"method {method!r}: is not known; give one of {', '.join(Method)}")
    method = Method(method)
    if method is Method.COUNTING and len(channels) > 1:
        raise ValueError("counting takes one channel: give one, or another method")
    if bands and method in (Method.FC, Method.COUNTING):
        raise ValueError(f"method {method}: gives no bands; use asymptotic or toys")
    layout = layout_of(experiment, channels, binning or Binning())
    sigmas = SIGMAS if bands else ()
    question = _Question(as_arrays(experiment), nature, flavour, decay, layout, cl, method, sigmas, n, seed)
    found: list[_Edges] = []
    for m_N in masses.tolist():
        found.append(question.at(m_N))
        if progress is not None:
            progress()
    return question.record(masses, found)


@dataclass(frozen=True)
class _Question:
    """What is asked at each mass; as in `exclusion`, with bands by their number of sigmas."""

    experiment: Experiment
    nature: Nature
    flavour: Flavour
    decay: Decay
    layout: Layout
    cl: float
    method: Method
    bands: tuple[float, ...]
    n: int
    seed: int

    def at(self, m_N: float) -> _Edges:
        """Edges of the excluded region at one mass."""
        # arrays: compiled once for all masses and both natures
        signal = as_arrays(Dipole(m_N, 1.0, self.nature, self.flavour))
        if self.method is Method.COUNTING:
            return self._by_counting(signal)
        # without background asymptotic formulas do not hold, but there is a closed form
        edges = self._asymptotic(signal) if self.background > 0 else self._without_background(signal)
        if self.method is Method.ASYMPTOTIC or not np.isfinite(edges.mu):
            return edges
        return self._by_toys(signal, edges)

    def models(self, signal: Dipole) -> Forecast:
        """The likelihood as a function of the moment."""
        of: Forecast = build(self.experiment, signal, self.decay, self.layout)
        return of

    def _by_counting(self, signal: Dipole) -> _Edges:
        """Moments at which the signal equals the median upper limit of the background."""
        events = float(median_upper_limit(self.background, self.cl))
        mu, mu_max = _solve(event_yield(self.experiment, signal, self.layout.channels[0], self.decay), events)
        return _Edges(mu, mu_max, np.zeros(0), events, events + self.background)

    def record(self, masses: FloatArray, found: Sequence[_Edges]) -> Contour:
        """What was found at all masses, with how it was found."""
        method, exact = self.method.value, self.method is Method.ASYMPTOTIC and self.background == 0
        if self.method in (Method.TOYS, Method.FC):
            method = f"{method} ({self.n} toys)"
        return Contour(
            m_N=masses,
            mu=np.array([e.mu for e in found]),
            mu_max=np.array([e.mu_max for e in found]),
            bands=np.array([e.bands for e in found]).reshape(masses.size, -1),
            events=np.array([e.events for e in found]),
            effective=np.array([e.effective for e in found]),
            background=self.background,
            cl=self.cl,
            method="exact, no background" if exact else method,
            convention=CONVENTIONS[self.method],
            nuisances=() if self.method is Method.COUNTING or exact else self.layout.nuisances,
            experiment=self.experiment.name,
            channel="+".join(channel.name for channel in self.layout.channels),
            nature=self.nature.name,
            prompt=self.decay.prompt,
            rests_on=self.assumed,
        )

    @property
    def assumed(self) -> Assumed:
        """What the limits rest on besides."""
        asked = self.layout.channels, self.nature.name, self.decay.prompt
        return assumptions(self.experiment, *asked, likelihood=self.method is not Method.COUNTING)

    @cached_property
    def background(self) -> float:
        """Expected background in all channels."""
        return sum(background_events(self.experiment, channel) for channel in self.layout.channels)

    def _without_background(self, signal: Dipole) -> _Edges:
        """No event is seen: CL_s is their probability e^-s, whatever the bins; asymptotic formulas do not hold."""
        of = self.models(signal)
        events = -float(np.log1p(-self.cl))
        mu, mu_max = _solve(lambda mu: totals(of, jnp.log(jnp.asarray(mu))), events)
        return _Edges(mu, mu_max, np.full(len(self.bands), mu), events, events)

    def _asymptotic(self, signal: Dipole) -> _Edges:
        roots = jnp.asarray(expected_roots(self.cl, sigmas=(0.0, *self.bands)))
        found = crossings(self.models(signal), roots)
        if not bool(jnp.all(found.good)):
            raise FitError(
                f"m_N = {float(signal.m_N):g} MeV: the limit did not converge; check response and uncertainties of "
                f"{self.experiment.name}, or use fewer bins"
            )
        mu, mu_max = (np.exp(np.asarray(edge)) for edge in (found.low, found.high))
        return _Edges(float(mu[0]), float(mu_max[0]), mu[1:], float(found.events[0]), float(found.effective[0]))

    def _by_toys(self, signal: Dipole, start: _Edges) -> _Edges:
        """Start at the asymptotic edges and look for the true ones with toys."""
        of = self.models(signal)
        search = ToySearch(of, self.cl, unified=self.method is Method.FC, n=self.n, seed=self.seed)
        mu = search.edge(start.mu, 0.0, rising=True)
        mu_max = search.edge(start.mu_max, 0.0, rising=False) if np.isfinite(start.mu_max) else np.inf
        bands = [search.edge(x, sigma, rising=True) for x, sigma in zip(start.bands, self.bands, strict=True)]
        return _Edges(mu, mu_max, np.array(bands), float(jnp.sum(of(mu).signal)), start.effective)


def _solve(number: Callable[[ArrayLike], ArrayLike], events: float) -> tuple[float, float]:
    """Least and largest moment that give this number of events: infinity for both if none does, or for no upper end."""
    counts = np.asarray(number(np.exp(LOG_MU)))
    (above,) = np.nonzero(counts > events)
    if not above.size:
        return float("inf"), float("inf")

    def excess(log_mu: float) -> float:
        return float(np.log(max(float(np.asarray(number(np.exp(log_mu)))), 1e-300) / events))

    def between(i: int, j: int) -> float:
        return float(np.exp(brentq(excess, LOG_MU[i], LOG_MU[j], xtol=1e-12, rtol=1e-13)))

    first, last = int(above[0]), int(above[-1])
    low = between(first - 1, first) if first > 0 else float(np.exp(LOG_MU[0]))
    return low, between(last, last + 1) if last + 1 < LOG_MU.size else float("inf")
