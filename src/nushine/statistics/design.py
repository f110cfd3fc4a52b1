"""What buys reach: how the limit of an experiment changes with threshold, mass, path, coverage and backgrounds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from nushine.decay import RADIATIVE, Decay
from nushine.detectors import Channel
from nushine.experiments import Experiment
from nushine.experiments.channels import channel_of
from nushine.interactions.dipole import DIRAC, Dipole, Nature
from nushine.numerics.arrays import as_arrays
from nushine.numerics.calls import checked
from nushine.numerics.checks import as_numbers, require_positive
from nushine.numerics.compilation import filter_jit
from nushine.sources.base import ELECTRON, Flavour
from nushine.statistics.contours import exclusion
from nushine.statistics.fit import FitError, minimise
from nushine.statistics.forecasts import Forecast, bare, build
from nushine.statistics.layout import Binning, Layout, layout_of
from nushine.statistics.model import negative_log_likelihood
from nushine.statistics.records import Contour, Method

FloatArray = NDArray[np.float64]
Number = float | Array


@dataclass(frozen=True)
class Knob:
    """A number of an experiment that a designer can turn.

    Parameters
    ----------
    name : str
        Such as "recoil threshold".
    get : callable
        Its value in an experiment.
    put : callable
        The experiment with this value instead.

    """

    name: str
    get: Callable[[Experiment], Number | None]
    put: Callable[[Experiment, Array], Experiment]

    def scaled(self, experiment: Experiment, factor: Array | float) -> Experiment:
        """The experiment with the number times a factor; one that is not given stays so."""
        value = self.get(experiment)
        return experiment if value is None else self.put(experiment, jnp.asarray(value) * factor)


def _knob(name: str, *where: Callable[[Experiment], Number | None]) -> Knob:
    """A knob that is one number of the experiment, or several that change by the same factor if they are given."""

    def get(experiment: Experiment) -> Number | None:
        return next((value for value in (one(experiment) for one in where) if value is not None), None)

    def put(experiment: Experiment, value: Array) -> Experiment:
        return _scaled(experiment, value / jnp.asarray(get(experiment)), *where)

    return Knob(name, get, put)


def _scaled(experiment: Experiment, factor: Array, *where: Callable[[Experiment], Number | None]) -> Experiment:
    """The experiment with those of these numbers that are given times a factor."""
    for one in where:
        value = one(experiment)
        if value is not None:
            experiment = eqx.tree_at(one, experiment, jnp.asarray(value) * factor)
    return experiment


def _share(experiment: Experiment) -> Array:
    """Share of all directions in which photons are seen: those within the cone about the beam."""
    return (1 - jnp.asarray(experiment.selection.cos_theta_min)) / 2


def _with_share(experiment: Experiment, share: Array) -> Experiment:
    """Background photons come from everywhere: those that are seen go with the share of directions."""
    seen = share / _share(experiment)
    wider = eqx.tree_at(lambda e: e.selection.cos_theta_min, experiment, 1 - 2 * share)
    return _scaled(wider, seen, lambda e: e.background.coincidence, lambda e: e.background.photon)


BACKGROUNDS = ("recoil", "coincidence", "photon")

KNOBS = (
    _knob("mass or live time", lambda e: e.mass),
    _knob("flight path", lambda e: e.path),
    Knob("photon coverage", _share, _with_share),
    _knob("recoil threshold", lambda e: e.selection.E_R_min),
    _knob("photon threshold", lambda e: e.selection.E_gamma_min),
    _knob(
        "background", lambda e: e.background.recoil, lambda e: e.background.coincidence, lambda e: e.background.photon
    ),
    _knob("background uncertainty", lambda e: e.uncertainties.background, lambda e: e.uncertainties.background_slope),
    _knob("flux uncertainty", lambda e: e.uncertainties.flux),
    _knob("photon efficiency", lambda e: e.response.photon_efficiency),
)
"""What `sensitivities` looks at by default. Where a factor is too large for the number, it is an error."""


@dataclass(frozen=True)
class Sensitivities:
    r"""Logarithmic derivatives of the limit on the moment.

    Parameters
    ----------
    m_N, mu : array, shape (n,)
        Masses [MeV] and median limits [mu_B].
    knobs : tuple of str, K of them
        What is turned.
    slopes : array, shape (n, K)
        :math:`d \ln\mu_{90} / d \ln x`: -0.25 says that twice x lowers the limit by a factor 2^0.25.
    cl : float
    experiment, channel, nature : str

    """

    m_N: FloatArray
    mu: FloatArray
    knobs: tuple[str, ...]
    slopes: FloatArray
    cl: float
    experiment: str
    channel: str
    nature: str


@checked
def sensitivities(
    experiment: Experiment,
    masses: FloatArray | Sequence[float] | float,
    nature: Nature = DIRAC,
    cl: float = 0.90,
    channel: Channel | None = None,
    decay: Decay = RADIATIVE,
    flavour: Flavour = ELECTRON,
    knobs: Sequence[Knob] = KNOBS,
    binning: Binning | None = None,
    progress: Callable[[], None] | None = None,
) -> Sensitivities:
    r"""How much the asymptotic median limit changes with each number of an experiment, by exact derivatives.

    .. math:: \frac{d \ln\mu}{d \ln x} = - \frac{\partial q_A / \partial \ln x}{\partial q_A / \partial \ln\mu}

    at the limit, where q_A keeps its value; nuisance parameters are at their best values and do not contribute to the
    derivatives.

    Parameters
    ----------
    experiment, masses, nature, cl, channel, decay, flavour, binning, progress
        As for `exclusion`.
    knobs : sequence of Knob
        What is turned; numbers that are zero have no logarithmic derivative and give 0.

    Raises
    ------
    ValueError
        As for `exclusion`; and for masses where nothing is excluded, or without any background, where asymptotic
        formulas do not hold.

    """
    grid, experiment = as_numbers("m_N", masses, "give masses of N in MeV, as in [1.0, 3.0]"), as_arrays(experiment)
    channel = channel_of(experiment, channel)
    layout = layout_of(experiment, (channel,), binning or Binning(), decay)
    slopes, limits = [], []
    for m_N in grid.tolist():
        contour = exclusion(experiment, m_N, nature, cl, channel, decay, flavour, Method.ASYMPTOTIC, binning=binning)
        _require_found(contour)
        if not np.isfinite(contour.mu[0]) or contour.background == 0:
            raise ValueError(
                f"m_N = {m_N:g} MeV: no moment is excluded by asymptotic formulas, so that there is no slope; choose "
                "another mass, or an experiment with background"
            )
        signal = as_arrays(Dipole(m_N, 1.0, nature, flavour))
        unnamed = bare(experiment)
        nominal = build(unnamed, signal, decay, layout)
        gradient = _gradient(nominal, unnamed, signal, decay, layout, jnp.log(contour.mu[0]), tuple(knobs))
        slopes.append(-np.asarray(gradient[1:]) / float(gradient[0]))
        limits.append(contour.mu[0])
        if progress is not None:
            progress()
    return Sensitivities(
        m_N=grid,
        mu=np.array(limits),
        knobs=tuple(knob.name for knob in knobs),
        slopes=np.array(slopes),
        cl=cl,
        experiment=experiment.name,
        channel=channel.name,
        nature=nature.name,
    )


@filter_jit
def _gradient(
    nominal: Forecast,
    experiment: Experiment,
    signal: Dipole,
    decay: Decay,
    layout: Layout,
    log_mu: Array,
    knobs: tuple[Knob, ...],
) -> Array:
    """Derivatives of q_A by log mu and by the logarithm of each knob, shape (1 + K,)."""
    at = minimise(nominal(jnp.exp(log_mu)), nominal(1.0).asimov(), jnp.asarray(1.0), jnp.asarray(0.0), held=True)
    best = jax.lax.stop_gradient(jnp.concatenate([jnp.ones(1), at.theta]))

    def q(log_factors: Array) -> Array:
        turned = experiment
        for knob, x in zip(knobs, log_factors[1:], strict=True):
            turned = knob.scaled(turned, jnp.exp(x))
        model = build(turned, signal, decay, layout)(jnp.exp(log_mu + log_factors[0]))
        data = model.asimov()
        without = negative_log_likelihood(model, data, jnp.zeros_like(best))
        return 2 * (negative_log_likelihood(model, data, best) - without)

    directions = jnp.eye(1 + len(knobs))
    slopes: Array = jax.lax.map(lambda v: jax.jvp(q, (jnp.zeros(1 + len(knobs)),), (v,))[1], directions)
    return slopes


@checked
def scan(
    experiment: Experiment,
    m_N: float,
    knob: Knob,
    factors: FloatArray | Sequence[float],
    nature: Nature = DIRAC,
    cl: float = 0.90,
    channel: Channel | None = None,
    decay: Decay = RADIATIVE,
    flavour: Flavour = ELECTRON,
    binning: Binning | None = None,
) -> FloatArray:
    """Median limit [mu_B] with a number of the experiment times each factor, shape (n,).

    Parameters
    ----------
    experiment, nature, cl, channel, decay, flavour, binning
        As for `exclusion`.
    m_N : float
        Mass [MeV].
    knob : Knob
        What is turned.
    factors : array_like, shape (n,)
        Above zero.

    Raises
    ------
    ValueError
        As for `exclusion`, for factors that are not positive, and (FitError) where a limit is not found.

    """
    factors = np.asarray(factors, dtype=float)
    require_positive("factor", factors)
    turned = (knob.scaled(as_arrays(experiment), factor) for factor in factors.tolist())
    hypothesis = nature, cl, channel, decay, flavour, Method.ASYMPTOTIC
    contours = [exclusion(e, m_N, *hypothesis, binning=binning) for e in turned]
    for contour in contours:
        _require_found(contour)
    return np.array([contour.mu[0] for contour in contours])


def _require_found(contour: Contour) -> None:
    """Raise FitError where a limit was looked for in vain."""
    if contour.failed.any():
        at = int(np.argmax(contour.failed))
        raise FitError(
            f"m_N = {contour.m_N[at]:g} MeV: {contour.status[at]}; choose another mass, or fewer bins or uncertainties"
        )
