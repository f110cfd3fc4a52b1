"""One channel of one detector: what its bins expect, and how each uncertainty changes that."""

from collections.abc import Iterator
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from nushine.detectors import Channel
from nushine.experiments import Experiment
from nushine.rates import Edges
from nushine.statistics.layout import Layout, measured_edges
from nushine.statistics.names import identifier, name_of

ANY = np.array([[0.0, np.inf], [0.0, np.inf], [-1.0, 1.0]])
"""Edges of recoil energy, photon energy and cosine where a channel does not look at them."""

# Yields (1 + S, b) at +1 of a nuisance parameter less nominal, and nominal less those at -1.
Change = tuple[Array, Array]


class Rates(NamedTuple):
    """Signal, and CEvNS where it is counted, in bins of true energies.

    `signal` and `CEvNS`, nominal and flux variations, have the shape (1 + V, R, G, C); `E_R` are the edges of true
    recoil energy and `means` (of signal, and of CEvNS) the mean recoils in those bins [MeV].
    """

    signal: Array
    CEvNS: Array | None
    E_R: Array
    means: tuple[Array, ...]


class Block(NamedTuple):
    """Yields (1 + S, b), their changes by the nuisance parameters that touch this block, and its bins (b, 3, 2)."""

    yields: Array
    changes: dict[str, Change]
    bins: Array

    def change(self, nuisance: str) -> Change:
        """Change by a nuisance parameter, zero if it does not touch this block."""
        none = jnp.zeros_like(self.yields)
        return self.changes.get(nuisance, (none, none))


def block(part: Experiment, channel: Channel, label: str, layout: Layout, rates: Rates | None) -> Block:
    """Yields of all samples; without rates (source off) the backgrounds in the time without flux."""
    time = part.exposure if rates is not None else part.exposure * part.off_time_ratio
    edges = measured_edges(part, channel, layout.binning)

    def yields(part: Experiment, edges: Edges) -> Array:
        """Shape (1 + V, 1 + S, b): nominal, and what each flux variation adds."""
        nothing = jnp.zeros((1 + len(part.source.variations), _size(edges)))
        rows = [nothing] * len(layout.samples)
        if rates is not None:
            rows[0] = _measured(part, channel, edges, rates.signal, rates.E_R, rates.means[:1])
            if rates.CEvNS is not None:
                rows[1] = _measured(part, channel, edges, rates.CEvNS, rates.E_R, rates.means[1:])
        for name, content in _backgrounds(part, channel, edges).items():
            sample = name_of(name, label)
            if sample in layout.samples:
                rows[layout.samples.index(sample)] = nothing.at[0].set(content)
        return part.mass * time * jnp.stack(rows, axis=1)

    full = yields(part, edges)
    nominal = full[0]
    changes: dict[str, Change] = {}
    for kind, plus, minus in _shifted(part, channel, edges):
        if name_of(kind, label) in layout.nuisances:
            changes[name_of(kind, label)] = yields(*plus)[0] - nominal, nominal - yields(*minus)[0]
    for kind, change in _scaled(part, channel, edges, layout, label, nominal):
        if name_of(kind, label) in layout.nuisances:
            changes[name_of(kind, label)] = change, change
    if rates is not None:
        for variation, change in zip(part.source.variations, full[1:], strict=True):
            name = name_of("spectrum", identifier(variation.name))
            if name in layout.nuisances:
                changes[name] = change, change
    return Block(nominal, changes, _bins(channel, edges))


def _bins(channel: Channel, edges: Edges) -> Array:
    """Lower and upper edges of each bin in recoil energy, photon energy and cosine, see `Model`."""
    E_R = edges.E_R if channel.recoil else ANY[0]
    E_gamma = jnp.append(edges.E_gamma, jnp.inf) if channel.photon else ANY[1]
    cos_theta = jnp.append(edges.cos_theta, 1.0) if channel.photon else ANY[2]
    axes = [jnp.stack([jnp.asarray(x)[:-1], jnp.asarray(x)[1:]], axis=1) for x in (E_R, E_gamma, cos_theta)]
    places = jnp.indices([len(axis) for axis in axes]).reshape(3, -1)
    return jnp.stack([axis[place] for axis, place in zip(axes, places, strict=True)], axis=1)


def _size(edges: Edges) -> int:
    R, G, C = edges.shape
    return R * G * C


def _measured(
    part: Experiment, channel: Channel, edges: Edges, true: Array, E_R: Array, means: tuple[Array, ...]
) -> Array:
    """Rates in bins of measured energies, shape (1 + V, b)."""
    if channel.photon:
        true = true * part.response.photon_efficiency
    if channel.recoil:
        true = jnp.einsum("vrgc,rm->vmgc", true, part.response.matrix(E_R, edges.E_R, *means))
    else:
        true = jnp.sum(true, axis=1)
    return true.reshape(true.shape[0], _size(edges))


def _backgrounds(part: Experiment, channel: Channel, edges: Edges) -> dict[str, Array]:
    """Backgrounds per mass and time in the bins: flat in recoil energy and cosine, falling in photon energy."""
    background = part.background
    photons = jnp.ones((1, 1))
    if channel.photon:
        E_gamma = background.photon_shares(edges.E_gamma)
        cos_theta = jnp.diff(jnp.append(edges.cos_theta, 1.0)) / (1.0 - edges.cos_theta[0])
        photons = E_gamma[:, None] * cos_theta
    flat = background.recoil_bins(channel, edges.E_R) if channel.recoil else jnp.asarray(background.flat(channel))[None]
    contents = {"background": flat}
    if not channel.photon:
        contents["excess"] = background.excess_bins(edges.E_R)
    return {name: (content[:, None, None] * photons).ravel() for name, content in contents.items()}


Setting = tuple[Experiment, Edges]


def _shifted(part: Experiment, channel: Channel, edges: Edges) -> Iterator[tuple[str, Setting, Setting]]:
    """Settings of the detector one sigma up and down, for the uncertainties of energies."""
    known, response = part.uncertainties, part.response
    if not channel.recoil:
        return

    def threshold(x: float) -> Setting:
        lowest = edges.E_R[0] + x * known.threshold  # cuts into higher bins if it comes to that
        return part, Edges(jnp.maximum(edges.E_R.at[0].set(lowest), lowest), edges.E_gamma, edges.cos_theta)

    def resolution(x: float) -> Setting:
        return eqx.tree_at(
            lambda e: e.response.resolution, part, response.resolution * (1 + x * known.resolution)
        ), edges

    def quenching(x: float) -> Setting:
        return eqx.tree_at(lambda e: e.response.quenching, part, response.quenching * (1 + x * known.quenching)), edges

    def excess_scale(x: float) -> Setting:
        scale = part.background.excess_scale * (1 + x * known.excess_scale)
        return eqx.tree_at(lambda e: e.background.excess_scale, part, scale), edges

    for setting in (threshold, resolution, quenching, excess_scale):
        yield setting.__name__, setting(1.0), setting(-1.0)


def _scaled(
    part: Experiment, channel: Channel, edges: Edges, layout: Layout, label: str, nominal: Array
) -> Iterator[tuple[str, Array]]:
    """Changes that are proportional to the yields: efficiencies of what has been seen, slope of the background."""
    known = part.uncertainties
    seen = jnp.array([name in ("signal", "CEvNS") for name in layout.samples])[:, None] * nominal
    if channel.recoil:
        yield "efficiency", known.efficiency * seen
        tilt = _tilt(edges.E_R)
        per_bin = jnp.repeat(tilt, _size(edges) // tilt.shape[0])
        flat = jnp.array([name == name_of("background", label) for name in layout.samples])[:, None]
        yield "background_slope", known.background_slope * flat * nominal * per_bin
    if channel.photon:
        yield "photon_efficiency", known.photon_efficiency * seen


def _tilt(E_R: Array) -> Array:
    """Position of each bin in the logarithm of recoil energy, from -1 at the lower end of the window to 1 at the upper.

    A first bin that begins at zero is taken to begin a tenth below its end.
    """
    x = jnp.log(E_R.at[0].set(jnp.where(E_R[0] > 0, E_R[0], 0.1 * E_R[1])))
    return (x[:-1] + x[1:] - x[0] - x[-1]) / (x[-1] - x[0])
