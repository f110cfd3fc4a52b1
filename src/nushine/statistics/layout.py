"""What a likelihood is made of: bins, samples and nuisance parameters of the channels of an experiment."""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from nushine.decay import Decay
from nushine.detectors import Channel
from nushine.experiments import Experiment, split
from nushine.experiments.channels import channels_of, path_of
from nushine.rates import ALL_RECOILS, Edges
from nushine.statistics.names import BETWEEN, identifier, identifiers, name_of

FINE = 36
"""Bins of true recoil energy in the window: a whole number in each bin of measured energy, this many or more in all."""

LEAST_FINE = 3
"""Bins of true recoil energy in each bin of measured energy, at least."""

BELOW, ABOVE = 12, 6
"""Bins of true recoil energy below and above the window, which the resolution can carry into it."""

REACH = 6.0
"""They reach so many standard deviations far."""

NEAR_ZERO = 1e-4
"""A window that begins below this share of its end, or below the resolution, has its first bin from there to the
larger of the two: recoils cannot be told apart on a logarithmic scale that begins at zero."""

LEAST_TRUE = 1e-7
"""Where a window begins near zero, the lowest bin of true energy ends at this share of the first measured bin."""

SHARED = ("signal", "CEvNS", "spectrum")
"""Kinds of names that are the same in all experiments."""

SITES = ("Chooz",)
"""Sources that several experiments see: the normalisation of their flux is one parameter for all of them."""


@dataclass(frozen=True)
class Binning:
    """Numbers of bins: recoil energy (even in the logarithm), photon energy (likewise), cosine of the photon angle."""

    E_R: int = 6
    E_gamma: int = 8
    cos_theta: int = 2

    def __post_init__(self) -> None:
        """Reject numbers below one."""
        if min(self.E_R, self.E_gamma, self.cos_theta) < 1:
            raise ValueError(f"{self}: give one bin or more of each kind")


class Layout(NamedTuple):
    """What does not depend on numbers: detectors, channels, samples and nuisance parameters.

    Names are those inside the experiment; `qualified` makes them unique among experiments.
    """

    channels: tuple[Channel, ...]
    binning: Binning
    parts: tuple[str, ...]
    samples: tuple[str, ...]
    nuisances: tuple[str, ...]
    shaped: tuple[int, ...]
    off: bool


def layout_of(experiment: Experiment, channels: tuple[Channel, ...], binning: Binning, decay: Decay) -> Layout:
    """Samples and nuisance parameters that these channels of an experiment have; ValueError if no decay can be seen."""
    if not channels:
        raise ValueError("a likelihood needs a channel: give RECOIL, PHOTON or COINCIDENCE")
    channels_of(experiment, channels)
    for channel in channels:
        if channel.photon:
            path_of(experiment, channel, decay)  # refuses what cannot be told any more where it is traced
    names = tuple(detectors(experiment))
    known = experiment.uncertainties
    samples, norms, shapes = ["signal"], [], []
    if any(not channel.photon for channel in channels):
        samples.append("CEvNS")
    excess = bool(np.any(np.asarray(experiment.background.excess) > 0)) and not all(c.photon for c in channels)
    recoils = any(channel.recoil for channel in channels)
    if known.flux > 0:
        norms.append("flux")
    if known.flux_shape:
        shapes += [name_of("spectrum", identifier(variation.name)) for variation in experiment.source.variations]
    for name in names:
        samples += [name_of("background", name)] + [name_of("excess", name)] * excess
        norms += [name_of("background", name)] * bool(known.background > 0)
        norms += [name_of("excess", name)] * (excess and bool(known.excess > 0))
        for kind in ("threshold", "resolution", "quenching", "efficiency", "background_slope"):
            shapes += [name_of(kind, name)] * (recoils and bool(getattr(known, kind) > 0))
        shapes += [name_of("excess_scale", name)] * (excess and bool(known.excess_scale > 0))
        shapes += [name_of("photon_efficiency", name)] * (
            bool(known.photon_efficiency > 0) and any(channel.photon for channel in channels)
        )
    off = bool(experiment.off_time_ratio > 0)
    shaped = tuple(range(len(norms), len(norms) + len(shapes)))
    return Layout(channels, binning, names, tuple(samples), (*norms, *shapes), shaped, off)


def detectors(experiment: Experiment) -> dict[str, str]:
    """Identifier of each detector in names of samples, channels and parameters, and its target; empty for a single one.

    Examples
    --------
    >>> from nushine import experiments
    >>> detectors(experiments.load("nucleus-10g")), detectors(experiments.load("nucleus-1kg"))
    ({'CaWO4': 'CaWO4', 'Al2O3': 'Al2O3'}, {'': 'Ge'})

    """
    names = [part.target.name for part in split(experiment)]
    return dict(zip(identifiers(names) if len(names) > 1 else ("",), names, strict=True))


def qualified(name: str, experiment: Experiment) -> str:
    """Name of a sample, channel or parameter among all experiments, with that of its experiment after the kind.

    What all experiments share keeps its name: signal, CEvNS and the spectra of fission, and the flux at one of `SITES`.

    Examples
    --------
    >>> from nushine import experiments
    >>> nucleus = experiments.load("nucleus-10g")
    >>> [qualified(name, nucleus) for name in ("threshold__CaWO4", "flux", "spectrum__U235", "signal")]
    ['threshold__nucleus_10g__CaWO4', 'flux__Chooz', 'spectrum__U235', 'signal']

    """
    kind, *rest = name.split(BETWEEN)
    if kind in SHARED:
        return name
    site = kind == "flux" and experiment.source.name in SITES
    return name_of(kind, identifier(experiment.source.name if site else experiment.name), *rest)


def measured_edges(experiment: Experiment, channel: Channel, binning: Binning) -> Edges:
    """Bins of measured recoil energy, photon energy [MeV] and cosine of the photon angle of a channel."""
    asked = experiment.selection
    E_R = _recoil_edges(experiment, binning.E_R) if channel.recoil else jnp.asarray(ALL_RECOILS)
    if not channel.photon:
        return Edges(E_R, jnp.zeros(1), -jnp.ones(1))
    low = jnp.maximum(asked.E_gamma_min, 1e-3 * experiment.source.E_max)
    E_gamma = jnp.exp(jnp.linspace(jnp.log(low), jnp.log(experiment.source.E_max), binning.E_gamma + 1))
    E_gamma = jnp.append(jnp.asarray(asked.E_gamma_min), E_gamma[1:-1])
    cos_theta = jnp.linspace(asked.cos_theta_min, 1.0, binning.cos_theta + 1)[:-1]
    return Edges(E_R, E_gamma, cos_theta)


def _recoil_edges(experiment: Experiment, bins: int) -> Array:
    """Edges even in the logarithm of the energy, but for the first bin of a window that begins near zero."""
    low, high = jnp.asarray(experiment.selection.E_R_min, dtype=float), jnp.asarray(experiment.selection.E_R_max)
    floor = _floor(experiment)
    even = jnp.geomspace(jnp.where(low < floor, floor, low), high, bins + 1)
    above = jnp.geomspace(jnp.minimum(floor, high / 2), high, max(bins, 2))[-bins:]
    return jnp.where(low < floor, jnp.append(low, above), even.at[0].set(low).at[-1].set(high))


def _floor(experiment: Experiment) -> Array:
    """Measured energy below which there is one bin."""
    return jnp.maximum(NEAR_ZERO * jnp.asarray(experiment.selection.E_R_max), experiment.response.resolution)


def true_edges(experiment: Experiment, channel: Channel, binning: Binning) -> Edges:
    """As measured, but with finer bins of true recoil energy that reach beyond the window: one of all, if any counts.

    Bins are narrow where the resolution mixes them: even in the logarithm inside the window, and in the energy beyond.
    Below a window that begins near zero they get ever narrower towards zero, as the recoils of light N do.
    """
    edges = measured_edges(experiment, channel, binning)
    if not channel.recoil:
        return edges
    measured, known, q = edges.E_R, experiment.uncertainties, jnp.asarray(experiment.response.quenching)
    fine = max(LEAST_FINE, ceil(FINE / binning.E_R))
    steps = jnp.arange(fine) / fine
    lows, highs = measured[:-1, None], measured[1:, None]
    near_zero = measured[0] < _floor(experiment)
    safe = jnp.where(lows > 0, lows, highs)
    even_in_log, even = safe * (highs / safe) ** steps, lows + (highs - lows) * steps
    inside = jnp.where(near_zero & (jnp.arange(binning.E_R) == 0)[:, None], even, even_in_log).ravel()
    spread = REACH * experiment.response.resolution * (1 + jnp.asarray(known.resolution)) + known.threshold
    lowest = jnp.maximum(measured[0] * (1 - known.quenching) - spread, 0.0)
    below = lowest + (measured[0] - lowest) * jnp.arange(BELOW) / BELOW
    narrowing = jnp.geomspace(LEAST_TRUE, 1.0, BELOW)[:-1] * inside[1]
    towards_zero = jnp.sort(jnp.concatenate([jnp.zeros(1), measured[:1], narrowing]))
    first = jnp.where(near_zero, towards_zero, jnp.append(below, measured[0]))
    highest = measured[-1] * (1 + known.quenching) + spread
    beyond = measured[-1] + (highest - measured[-1]) * jnp.arange(ABOVE + 1) / ABOVE
    return Edges(jnp.concatenate([first, inside[1:], beyond]) / q, edges.E_gamma, edges.cos_theta)
