"""Reach of an experiment in the plane of mass and moment."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from nushine.decay import RADIATIVE, Decay
from nushine.detectors import Channel
from nushine.experiments import Experiment
from nushine.experiments.channels import channels_of
from nushine.interactions.dipole import DIRAC, Dipole, Nature
from nushine.numerics.arrays import as_arrays
from nushine.numerics.calls import checked
from nushine.numerics.checks import as_numbers, require_between, require_positive
from nushine.numerics.compilation import keep_programs
from nushine.observables import background_events, event_yield, require_reachable
from nushine.sources.base import ELECTRON, Flavour
from nushine.statistics.caveats import Assumed, assumptions
from nushine.statistics.counting import median_upper_limit
from nushine.statistics.crossings import LOG_MU, crossings, totals
from nushine.statistics.edges import Edges, Status, edges_of, no_lower_than, solve, without
from nushine.statistics.fit import FitError
from nushine.statistics.forecasts import Forecast, bare, build, silent
from nushine.statistics.layout import Binning, Layout, layout_of
from nushine.statistics.limits import SIGMAS, expected_roots
from nushine.statistics.records import FEW, Contour, Method
from nushine.statistics.toy_edges import ToySearch

FloatArray = npt.NDArray[np.float64]


_WITHOUT_BACKGROUND = {False: "exact, no background", True: "no event seen, profiled"}

CONVENTIONS = {
    Method.ASYMPTOTIC: "CLs, q_tilde",
    Method.TOYS: "CLs, q_tilde",
    Method.FC: "Feldman-Cousins, t_tilde",
    Method.COUNTING: "classical upper limit of the median count",
}


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
    r"""Median expected exclusion in the moment for each mass.

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
        On the full likelihood: ``asymptotic`` (default), CL_s of Asimov data, but no lower than the limit of no event
        seen; ``toys``, CL_s from toys, right for few events as well; ``fc``, upper edge of Feldman-Cousins intervals,
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

    Notes
    -----
    A search that fails at one mass does not stop the others: the moment is not a number there, and `Contour.status`
    says what failed.

    No median is lower than the limit of an experiment that sees nothing, the most that can be hoped for. Then CL_s is
    the probability e^-s of no event, whatever the bins and the background; with declared uncertainties of the signal

    .. math:: \max_\theta e^{-s(\theta) - \theta^2 / 2} = 1 - \mathrm{CL}

    (for s linear in theta the same as the mean over theta: Cousins and Highland, NIM A 320, 331). Where fewer than
    about half an event of background is expected this is the limit; asymptotic formulas would exclude 1.35 events.

    """
    masses = as_numbers("m_N", masses, "give masses of N in MeV, as in [1.0, 3.0]")
    require_positive("m_N", masses, "MeV")
    require_between("cl", cl, 1e-12, 1 - 1e-12, cure="give a confidence level between 0 and 1, as in 0.90")
    require_reachable(experiment, masses)
    channels = channels_of(experiment, channel)
    method = Method(method)
    if method is Method.COUNTING and len(channels) > 1:
        raise ValueError("counting takes one channel: give one, or another method")
    if bands and method in (Method.FC, Method.COUNTING):
        raise ValueError(f"method {method}: gives no bands; use asymptotic or toys")
    layout = layout_of(experiment, channels, binning or Binning(), decay)
    sigmas = SIGMAS if bands else ()
    question = _Question(experiment, nature, flavour, decay, layout, cl, method, sigmas, n, seed)
    keep_programs(question.bare, layout, decay, method)
    found: list[Edges] = []
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

    def at(self, m_N: float) -> Edges:
        """Edges of the excluded region at one mass."""
        # arrays: compiled once for all masses and both natures
        signal = as_arrays(Dipole(m_N, 1.0, self.nature, self.flavour))
        if not any(np.asarray(signal.strength(beam.flavour)) > 0 for beam in self.experiment.source.beams):
            return without(math.inf, self.bands, Status.NO_FLAVOUR)  # before anything is compiled
        edges = self._edges(signal)
        if edges.status is Status.NONE and not np.any(self._counts(signal)(LOG_MU) > 0):
            return edges._replace(status=Status.NO_SIGNAL)
        return edges

    def _edges(self, signal: Dipole) -> Edges:
        if self.method is Method.COUNTING:
            return self._by_counting(signal)
        # without background asymptotic formulas do not hold
        edges = self._likelihood(signal) if self.background > 0 else self._no_event_seen(signal)
        if self.method is Method.ASYMPTOTIC or not np.isfinite(edges.mu):
            return edges
        try:
            return self._by_toys(signal, edges)
        except FitError:
            return without(math.nan, self.bands, Status.TOYS)

    def _counts(self, signal: Dipole) -> Callable[[FloatArray], FloatArray]:
        """Signal events by the logarithm of the moment, as they are counted by the method."""
        if self.method is Method.COUNTING:
            yields = event_yield(self.experiment, signal, self.layout.channels[0], self.decay)
            return lambda log_mu: np.asarray(yields(np.exp(log_mu)))
        of = self.models(signal)
        return lambda log_mu: np.asarray(totals(of, jnp.asarray(log_mu)))

    def models(self, signal: Dipole) -> Forecast:
        """The likelihood as a function of the moment."""
        of: Forecast = build(self.bare, signal, self.decay, self.layout)
        return of

    @cached_property
    def bare(self) -> Experiment:
        """The experiment without labels: those of the same kind are compiled once."""
        return bare(self.experiment)

    def _by_counting(self, signal: Dipole) -> Edges:
        """Moments at which the signal equals the median upper limit of the background."""
        events = float(median_upper_limit(self.background, self.cl))
        return solve(self._counts(signal), events, self.background, ())

    def record(self, masses: FloatArray, found: Sequence[Edges]) -> Contour:
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
            clear=np.array([e.clear for e in found]),
            status=np.array([e.status.value for e in found]),
            background=self.background,
            cl=self.cl,
            method=_WITHOUT_BACKGROUND[bool(self.layout.nuisances)] if exact else method,
            convention=CONVENTIONS[self.method],
            nuisances=() if self.method is Method.COUNTING else self.layout.nuisances,
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

    def _likelihood(self, signal: Dipole) -> Edges:
        """By asymptotic formulas, and where these rest on few events not below the limit of no event seen."""
        edges = self._asymptotic(self.models(signal))
        if not (np.isfinite(edges.mu) and edges.effective < FEW):
            return edges
        # data that fluctuate by sigma are empty as long as the probability of no event is that large
        empty = np.exp(-self.background) >= norm.cdf(np.asarray(self.bands))
        return no_lower_than(edges, self._no_event_seen(signal), empty)

    def _no_event_seen(self, signal: Dipole) -> Edges:
        """CL_s is the probability e^-s of no event, whatever the bins; nuisance parameters of the signal are fitted."""
        events = -float(np.log1p(-self.cl))
        if not self.layout.nuisances:
            return solve(self._counts(signal), events, 0.0, self.bands)
        # -2 ln of the greatest likelihood of no event takes the place of q_A
        return self._asymptotic(silent(self.models(signal)), math.sqrt(2 * events))

    def _asymptotic(self, of: Forecast, same: float | None = None) -> Edges:
        """Where sqrt(q_A) crosses the value of each fluctuation, or the same one for all."""
        roots = expected_roots(self.cl, sigmas=(0.0, *self.bands))
        found = crossings(of, jnp.asarray(roots if same is None else np.full_like(roots, same)))
        return edges_of(*(np.asarray(values) for values in found))

    def _by_toys(self, signal: Dipole, start: Edges) -> Edges:
        """Start at the asymptotic edges and look for the true ones with toys."""
        of = self.models(signal)
        search = ToySearch(of, self.cl, unified=self.method is Method.FC, n=self.n, seed=self.seed)
        mu = search.edge(start.mu, 0.0, rising=True)
        mu_max = search.edge(start.mu_max, 0.0, rising=False) if np.isfinite(start.mu_max) else start.mu_max
        bands = [
            search.edge(x, sigma, rising=True) if np.isfinite(x) else x
            for x, sigma in zip(start.bands.tolist(), self.bands, strict=True)
        ]
        events = float(jnp.sum(of(mu).signal))
        return start._replace(mu=mu, mu_max=mu_max, bands=np.array(bands), events=events)
