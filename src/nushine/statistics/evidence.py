"""Moments from which an experiment speaks against a hypothesis: that there is no signal, or that N is of one nature."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray
from scipy.optimize import brentq

from nushine.decay import RADIATIVE, Decay
from nushine.detectors import Channel
from nushine.experiments import Experiment
from nushine.experiments.channels import channels_of
from nushine.interactions.dipole import DIRAC, Dipole, Nature
from nushine.numerics.arrays import as_arrays
from nushine.numerics.calls import checked
from nushine.numerics.checks import as_numbers, require_between, require_positive
from nushine.numerics.compilation import filter_jit, keep_programs
from nushine.observables import background_events, require_reachable
from nushine.sources.base import ELECTRON, Flavour
from nushine.statistics.caveats import assumptions
from nushine.statistics.crossings import LOG_MU as COARSE
from nushine.statistics.crossings import totals
from nushine.statistics.fit import FitError, minimise
from nushine.statistics.forecasts import Forecast, bare, build
from nushine.statistics.layout import Binning, Layout, layout_of
from nushine.statistics.records import Evidence, Sought

FloatArray = NDArray[np.float64]

EVENTS = np.geomspace(np.log(2), 1e24, 97)
"""Numbers of signal events at which a first look is taken. With fewer than ln 2, typical data hold none of them."""

LOG_MU = np.linspace(COARSE[0], COARSE[-1], 2 * COARSE.size - 1)
"""Moments [mu_B] among which those numbers are looked for."""

# q of the rejected hypothesis in the data expected at exp(log_mu); not a number where no fit converged.
Ratio = Callable[[float], float]


@dataclass(frozen=True)
class Setup:
    """What is common to all masses."""

    experiment: Experiment
    bare: Experiment
    decay: Decay
    flavour: Flavour
    layout: Layout

    @classmethod
    def of(
        cls,
        experiment: Experiment,
        decay: Decay,
        flavour: Flavour,
        channel: Channel | tuple[Channel, ...] | None,
        binning: Binning,
    ) -> "Setup":
        """Samples and nuisance parameters of these channels."""
        channels = channels_of(experiment, channel)
        layout = layout_of(experiment, channels, binning, decay)
        return cls(experiment, bare(experiment), decay, flavour, layout)

    def at(self, m_N: float, nature: Nature) -> Forecast:
        """Models for one mass and nature; arrays, so that they are compiled once."""
        signal = as_arrays(Dipole(m_N, 1.0, nature, self.flavour))
        result: Forecast = build(self.bare, signal, self.decay, self.layout)
        return result


@checked
def discovery(
    experiment: Experiment,
    masses: "FloatArray | Sequence[float] | float",
    nature: Nature = DIRAC,
    sigmas: tuple[float, ...] = (3.0, 5.0),
    channel: Channel | tuple[Channel, ...] | None = None,
    decay: Decay = RADIATIVE,
    flavour: Flavour = ELECTRON,
    binning: Binning | None = None,
    progress: Callable[[], None] | None = None,
) -> Evidence:
    r"""Least moment with which a signal is discovered, for each mass, in the typical (Asimov) data.

    .. math:: Z = \sqrt{q_0}, \qquad
              q_0 = 2 \ln \frac{L(\mu, \theta = 0)}{\max_\theta L(0, \theta)}

    Parameters
    ----------
    experiment, masses, nature, channel, decay, flavour, binning, progress
        As for `exclusion`.
    sigmas : tuple of float
        Significances asked for.

    Raises
    ------
    ValueError
        For masses that cannot be made, and significances that are out of range.

    Notes
    -----
    A search that fails at one mass does not stop the others: the moment is not a number there, and `Evidence.status`
    says what failed.

    Asymptotic, but from ln 2 = 0.693 signal events on: with fewer, more than half of all experiments see none of them,
    whatever q_0. Without background one event is a discovery, so that these are enough for any significance; with
    hardly any, asymptotic formulas ask for down to half of the events that are needed (`Evidence.caveats`).

    References
    ----------
    Cowan et al. 2011, arXiv:1007.1727, section 4.3.

    """
    setup = Setup.of(experiment, decay, flavour, channel, binning or Binning())

    def at(m_N: float) -> tuple[Forecast, Ratio]:
        of = setup.at(m_N, nature)
        return of, lambda log_mu: float(_q0(of, jnp.asarray(log_mu)))

    return evidence(setup, masses, sigmas, at, (f"{nature.name} N", "no signal"), progress)


@filter_jit
def _q0(of: Forecast, log_mu: Array) -> Array:
    model = of(jnp.exp(log_mu))
    nothing = minimise(model, model.asimov(1.0), jnp.asarray(0.0), jnp.asarray(0.0), held=True)
    return jnp.where(nothing.converged, 2 * nothing.nll, jnp.nan)  # -ln L of the truth is 0 in its Asimov data


def evidence(
    setup: Setup,
    masses: "FloatArray | Sequence[float] | float",
    sigmas: tuple[float, ...],
    at: Callable[[float], tuple[Forecast, Ratio]],
    hypotheses: tuple[str, str],
    progress: Callable[[], None] | None = None,
) -> Evidence:
    """Search at each mass; `at` gives the true models and q of what is to be rejected."""
    experiment, channels = setup.experiment, setup.layout.channels
    grid = as_numbers("m_N", masses, "give masses of N in MeV, as in [1.0, 3.0]")
    require_positive("m_N", grid, "MeV")
    require_reachable(experiment, grid)
    for Z in sigmas:
        require_between("significance", Z, 0.1, 40.0, cure="give a number of sigmas, as in 3")
    keep_programs(setup.bare, setup.layout, setup.decay, hypotheses)
    found: list[list[tuple[float, float]]] = []
    status: list[str] = []
    absent = [(math.inf, math.inf)] * len(sigmas), Sought.NO_FLAVOUR
    nothing = _no_flavour(setup)  # then nothing is compiled
    for m_N in grid.tolist():
        moments, reason = absent if nothing else _found(m_N, at, sigmas)
        found.append(moments)
        status.append(reason)
        if progress is not None:
            progress()
    mu, events = np.moveaxis(np.array(found).reshape(grid.size, len(sigmas), 2), -1, 0)
    return Evidence(
        m_N=grid,
        sigmas=tuple(sigmas),
        mu=mu,
        events=events,
        status=np.array([str(x) for x in status]),
        truth=hypotheses[0],
        against=hypotheses[1],
        background=sum(background_events(experiment, channel) for channel in channels),
        method="asymptotic",
        nuisances=setup.layout.nuisances,
        experiment=experiment.name,
        channel="+".join(channel.name for channel in channels),
        prompt=setup.decay.prompt,
        rests_on=assumptions(experiment, channels, hypotheses[0].removesuffix(" N"), setup.decay.prompt),
    )


def _found(
    m_N: float, at: Callable[[float], tuple[Forecast, Ratio]], sigmas: Sequence[float]
) -> tuple[list[tuple[float, float]], Sought]:
    """Moments and events for each significance at one mass, and what came of the search."""
    try:
        true, ratio = at(m_N)
        moments = least(m_N, true, ratio, sigmas)
    except FitError:
        return [(math.nan, math.nan)] * len(sigmas), Sought.FAILED
    return moments, _reason(true, moments)


def _no_flavour(setup: Setup) -> bool:
    """Whether no beam has the flavour of the moment."""
    flavours = (beam.flavour for beam in setup.experiment.source.beams)
    return not any(np.asarray(Dipole(1.0, 1.0, DIRAC, setup.flavour).strength(flavour)) > 0 for flavour in flavours)


def _reason(true: Forecast, found: Sequence[tuple[float, float]]) -> Sought:
    """Why no moment is enough for some significance, if so."""
    if np.isfinite(found).all():
        return Sought.FOUND
    return Sought.NONE if np.any(np.asarray(totals(true, jnp.asarray(LOG_MU))) > 0) else Sought.NO_SIGNAL


def least(m_N: float, true: Forecast, ratio: Ratio, sigmas: Sequence[float]) -> list[tuple[float, float]]:
    """Least moment with each significance, and its events, ln 2 or more; infinity if none has it.

    Raises
    ------
    FitError
        If a fit does not converge.

    """

    def significance(log_mu: float) -> float:
        q = ratio(log_mu)
        if np.isnan(q):
            raise FitError(
                f"m_N = {m_N:g} MeV: the fit of what is to be excluded did not converge; use fewer bins, or check the "
                "uncertainties"
            )
        return float(np.sqrt(max(q, 0.0)))

    log_mu = np.asarray(_moments(true, jnp.asarray(EVENTS)))
    log_mu = log_mu[np.isfinite(log_mu)]
    values: list[float] = []
    for x in log_mu:
        values.append(significance(x))
        if values[-1] >= max(sigmas):  # far above, fits would be slow
            break

    def crossing(Z: float) -> tuple[float, float]:
        first = next((i for i, value in enumerate(values) if value >= Z), None)
        if first is None:
            return float("inf"), float("inf")
        root = log_mu[0]  # typical data hold a signal event from here on
        if first > 0:
            root = brentq(lambda x: significance(x) - Z, log_mu[first - 1], log_mu[first], xtol=1e-5)
        mu = float(np.exp(root))
        return mu, float(jnp.sum(true(mu).signal))

    return [crossing(Z) for Z in sigmas]


@filter_jit
def _moments(of: Forecast, events: Array) -> Array:
    """Logarithms of moments with these numbers of signal events; not a number where none has so many."""
    grid = jnp.asarray(LOG_MU)
    rising = jax.lax.cummax(jnp.log(jnp.maximum(totals(of, grid), 1e-300)))
    return jnp.interp(jnp.log(events), rising, grid, left=jnp.nan, right=jnp.nan)
