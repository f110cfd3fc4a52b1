"""What a likelihood is made of: bins, samples and nuisance parameters of the channels of an experiment."""

from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from nushine.detectors import Channel
from nushine.experiments import Experiment, split
from nushine.experiments.channels import channels_of
from nushine.rates import Edges
from nushine.statistics.names import BETWEEN, identifier, identifiers, name_of

FINE = 3
"""Bins of true recoil energy in each bin of measured energy."""

PADDING = 6
"""Bins of true recoil energy below and above the window, which the resolution can lift into it."""

ALL_RECOILS = (1e-17, 0.2, 40)
"""Least and largest recoil [MeV], and number of bins, where any recoil counts."""

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


def layout_of(experiment: Experiment, channels: tuple[Channel, ...], binning: Binning) -> Layout:
    """Samples and nuisance parameters that these channels of an experiment have."""
    if not channels:
        raise ValueError("a likelihood needs a channel: give RECOIL, PHOTON or COINCIDENCE")
    channels_of(experiment, channels)
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
    E_R = jnp.asarray(ALL_RECOILS[:2])
    if channel.recoil:
        E_R = jnp.exp(jnp.linspace(jnp.log(asked.E_R_min), jnp.log(asked.E_R_max), binning.E_R + 1))
    if not channel.photon:
        return Edges(E_R, jnp.zeros(1), -jnp.ones(1))
    low = jnp.maximum(asked.E_gamma_min, 1e-3 * experiment.source.E_max)
    E_gamma = jnp.exp(jnp.linspace(jnp.log(low), jnp.log(experiment.source.E_max), binning.E_gamma + 1))
    E_gamma = jnp.append(jnp.asarray(asked.E_gamma_min), E_gamma[1:-1])
    cos_theta = jnp.linspace(asked.cos_theta_min, 1.0, binning.cos_theta + 1)[:-1]
    return Edges(E_R, E_gamma, cos_theta)


def true_edges(experiment: Experiment, channel: Channel, binning: Binning) -> Edges:
    """As measured, but with finer bins of true recoil energy that reach beyond the window."""
    edges = measured_edges(experiment, channel, binning)
    if not channel.recoil:
        low, high, bins = ALL_RECOILS
        return Edges(jnp.geomspace(low, high, bins + 1), edges.E_gamma, edges.cos_theta)
    step = jnp.log(edges.E_R[1] / edges.E_R[0]) / FINE
    inside = jnp.log(edges.E_R[0]) + step * jnp.arange(FINE * binning.E_R + 1)
    sigma, q = experiment.response.resolution, experiment.response.quenching
    reach = 6 * jnp.maximum(jnp.asarray(sigma), 1e-3 * edges.E_R[0]) + 0.1 * edges.E_R[0]
    lowest = jnp.maximum(edges.E_R[0] - reach, 0.05 * edges.E_R[0]) / jnp.maximum(q, 1.0)
    highest = (edges.E_R[-1] * 1.1 + reach) / jnp.minimum(q, 1.0)
    below = jnp.linspace(jnp.log(lowest), inside[0], PADDING + 1)[:-1]
    above = jnp.linspace(inside[-1], jnp.log(highest), PADDING + 1)[1:]
    return Edges(jnp.exp(jnp.concatenate([below, inside, above])), edges.E_gamma, edges.cos_theta)
