"""From an experiment to a likelihood: what each channel of each detector expects, and how uncertainties change it."""

from collections.abc import Iterable
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine.decay import RADIATIVE, Decay
from nushine.detectors import Channel
from nushine.experiments import Experiment, split
from nushine.experiments.channels import channels_of, path_of
from nushine.interactions.cevns import CEvNS
from nushine.interactions.dipole import Dipole
from nushine.numerics.arrays import as_arrays
from nushine.numerics.calls import checked
from nushine.numerics.compilation import filter_jit, keep_programs, needs_jax
from nushine.rates import BinnedYield, recoil_bins, recoil_means, sterile_bins
from nushine.statistics.blocks import Block, Rates, block
from nushine.statistics.layout import Binning, Layout, layout_of, qualified, true_edges
from nushine.statistics.model import Model
from nushine.statistics.names import name_of

SILENT = 1e-4
"""Background events, even over all bins, that change a limit of s signal events by 1e-4 ln(1e4 s) or less: 1e-3."""

# Of nuisance parameters, of samples, of channels with their bins.
Names = tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, int], ...]]


class Forecast(eqx.Module):
    r"""Likelihood of an experiment as a function of the moment, everything else fixed; made by `forecast`.

    Signal yields and their changes are linear in few functions w_q of the moment, the Chebyshev terms of the decay
    probability times mu^2 and, for recoils whatever N does, mu^2 itself:

    .. math:: T_b(\mu) = \sum_q A_{bq}\, w_q(\mu)

    Parameters
    ----------
    background : Model
        The model for mu = 0.
    signal : Array, shape (B, Q)
        Coefficients A of the signal.
    up, down : Array, shape (H, B, Q)
        The same of its changes by the nuisance parameters.
    decays : BinnedYield or None
        Gives w_q for channels with a photon.
    names : tuple, optional
        Nuisance parameters, samples and channels of the models that come out; by default those of `background`.

    """

    background: Model
    signal: Array
    up: Array
    down: Array
    decays: BinnedYield | None
    names: Names | None = eqx.field(static=True, default=None)

    @needs_jax
    def __call__(self, mu: ArrayLike) -> Model:
        """The model for a moment mu [mu_B]; strength 1 is this moment."""
        mu = jnp.asarray(mu, dtype=float)
        weights = (mu**2)[None]
        if self.decays is not None:
            weights = jnp.concatenate([self.decays.weights(mu).ravel(), weights])
        base = self.background
        nuisances, samples, channels = self.names or (base.nuisances, base.samples, base.channels)
        return replace(
            base,
            nuisances=nuisances,
            samples=samples,
            channels=channels,
            signal=jnp.maximum(self.signal @ weights, 0.0),
            up=base.up.at[:, 0].set(self.up @ weights),
            down=base.down.at[:, 0].set(self.down @ weights),
        )


@checked
def forecast(
    experiment: Experiment,
    signal: Dipole,
    channels: tuple[Channel, ...] | None = None,
    decay: Decay = RADIATIVE,
    binning: Binning | None = None,
) -> Forecast:
    """Likelihood of an experiment for a hypothesis, with the uncertainties that the experiment declares.

    Parameters
    ----------
    experiment : Experiment
        Each part of its target counts as a detector of its own; they share the flux and its uncertainties.
    signal : Dipole
        Mass, nature and flavour; the moment is left open.
    channels : tuple of Channel, optional
        Counted together; by default the one that the experiment describes. Coincidences are also recoils: do not
        combine channels that count the same events.
    decay : Decay
    binning : Binning, optional

    Returns
    -------
    Forecast
        Call it with a moment to get the `Model`.

    Examples
    --------
    >>> import nushine as ns
    >>> nucleus = ns.experiments.load("nucleus-1kg")
    >>> model = forecast(nucleus, ns.Dipole(m_N=3.0, mu=1.0))(1e-8)
    >>> bool(abs(model.signal.sum() / ns.expected_events(nucleus, ns.Dipole(3.0, 1e-8)) - 1) < 0.1)
    True

    """
    layout = layout_of(experiment, channels_of(experiment, channels), binning or Binning(), decay)
    unnamed = bare(experiment)
    keep_programs(unnamed, as_arrays(signal), decay, layout)
    return _named(build(unnamed, as_arrays(signal), decay, layout), experiment)


def bare(experiment: Experiment) -> Experiment:
    """An experiment as `build` takes it: arrays for numbers, and no labels, geometry or papers.

    Whatever is no array is part of what is compiled: experiments that differ in their names would be compiled anew, and
    each compilation takes seconds, and memory that is not given back.
    """
    target = replace(experiment.target, name="", isotopes=replace(experiment.target.isotopes, name=""))
    unnamed = replace(
        experiment,
        name="",
        description="",
        reference="",
        source=replace(experiment.source, name=""),
        target=target,
        arrangement=None,
    )
    return as_arrays(unnamed)


def _named(of: Forecast, experiment: Experiment) -> Forecast:
    """The same with names that no other experiment has; not part of what is compiled."""

    def full(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(qualified(name, experiment) for name in names)

    base = of.background
    channels = tuple(zip(full(name for name, _ in base.channels), (bins for _, bins in base.channels), strict=True))
    return replace(of, names=(full(base.nuisances), full(base.samples), channels))


def silent(of: Forecast) -> Forecast:
    """The same signal with next to no background (`SILENT`), in the same bins: compiled programs do for both.

    With none at all fits of signals that vanish would end in a corner, at expected counts of zero.
    """
    base = of.background
    alone = (change.at[:, 1:].set(0.0) for change in (base.up, base.down))
    quiet: Forecast = eqx.tree_at(
        lambda f: (f.background.backgrounds, f.background.up, f.background.down),
        of,
        (jnp.zeros_like(base.backgrounds).at[0].set(SILENT / base.signal.size), *alone),
    )
    return quiet


@filter_jit
def build(experiment: Experiment, signal: Dipole, decay: Decay, layout: Layout) -> Forecast:
    """`forecast` for a given layout, traceable in the numbers of the experiment and of the signal."""
    parts = split(experiment)
    unit = eqx.tree_at(lambda s: s.mu, signal, 1.0)
    yields: list[BinnedYield | Array] = []
    others: list[tuple[Array | None, Array, tuple[Array, ...]]] = []
    for part in parts:
        for channel in layout.channels:
            edges = true_edges(part, channel, layout.binning)
            means = tuple(
                recoil_means(part.source, part.target, process, edges.E_R)
                for process in (unit, CEvNS())[: 1 if channel.photon else 2]
                if channel.recoil
            )
            if channel.photon:
                near = channel.selection(part.selection).flight_min
                path = path_of(part, channel, decay)
                yields.append(sterile_bins(part.source, part.target, unit, path, decay, edges, near))
                others.append((None, edges.E_R, means))
            else:
                recoils = (recoil_bins(part.source, part.target, process, edges.E_R) for process in (unit, CEvNS()))
                signal_bins, cevns_bins = (bins[:, :, None, None] for bins in recoils)
                yields.append(signal_bins)
                others.append((cevns_bins, edges.E_R, means))
    decays = next((y for y in yields if isinstance(y, BinnedYield)), None)
    terms = 0 if decays is None else decays.moments.shape[0] * decays.moments.shape[-1]
    coefficients = [_coefficients(y, terms) for y in yields]

    def assembled(rates: list[Array]) -> Model:
        return _assemble(parts, layout, [Rates(signal, *rest) for signal, rest in zip(rates, others, strict=True)])

    def of_signal(rates: list[Array]) -> tuple[Array, Array, Array]:
        model = assembled(rates)
        return model.signal, model.up[:, 0], model.down[:, 0]

    background = assembled([jnp.zeros_like(c[..., 0]) for c in coefficients])
    return Forecast(background, *jax.vmap(of_signal, in_axes=-1, out_axes=-1)(coefficients), decays)


def _coefficients(rates: BinnedYield | Array, terms: int) -> Array:
    """Rates in bins as coefficients of the functions w_q, shape (1 + V, R, G, C, Q): decays first, then mu^2."""
    if isinstance(rates, BinnedYield):
        moments = jnp.moveaxis(rates.moments, 0, -2)
        return jnp.pad(moments.reshape(*moments.shape[:-2], terms), [(0, 0)] * 4 + [(0, 1)])
    return jnp.pad(rates[..., None], [(0, 0)] * 4 + [(terms, 0)])


def _assemble(parts: tuple[Experiment, ...], layout: Layout, rates: list[Rates]) -> Model:
    """Put the blocks of all channels together: with the source on, each followed by the same with the source off."""
    named: list[tuple[str, Block]] = []
    of_block = iter(rates)
    for part, label in zip(parts, layout.parts, strict=True):
        for channel in layout.channels:
            name = name_of(channel.name, label)
            named.append((name, block(part, channel, label, layout, next(of_block))))
            if layout.off:
                named.append((name_of(name, "source_off"), block(part, channel, label, layout, None)))
    blocks = [block for _, block in named]
    nominal = jnp.concatenate([block.yields for block in blocks], axis=1)
    changes = [[block.change(layout.nuisances[k]) for block in blocks] for k in layout.shaped]
    ups = [jnp.concatenate([up for up, _ in change], axis=1) for change in changes]
    downs = [jnp.concatenate([down for _, down in change], axis=1) for change in changes]
    none = jnp.zeros((0, *nominal.shape))
    return Model(
        signal=nominal[0],
        backgrounds=nominal[1:],
        log_kappa=_log_kappa(parts, layout),
        up=jnp.stack(ups) if ups else none,
        down=jnp.stack(downs) if downs else none,
        precision=jnp.ones(len(layout.nuisances)),
        weight=jnp.ones(nominal.shape[1]),
        shaped=layout.shaped,
        nuisances=layout.nuisances,
        samples=layout.samples,
        channels=tuple((name, block.yields.shape[1]) for name, block in named),
        edges=jnp.concatenate([block.bins for block in blocks]),
    )


def _log_kappa(parts: tuple[Experiment, ...], layout: Layout) -> Array:
    """The flux scales signal and CEvNS; each background has its own normalisation."""
    known = parts[0].uncertainties
    factors = {("flux", sample): known.flux for sample in ("signal", "CEvNS")}
    for label in layout.parts:
        for kind, size in (("background", known.background), ("excess", known.excess)):
            name = name_of(kind, label)
            factors[name, name] = size
    matrix = jnp.zeros((len(layout.nuisances), len(layout.samples)))
    for (nuisance, sample), size in factors.items():
        if nuisance in layout.nuisances and sample in layout.samples:
            at = layout.nuisances.index(nuisance), layout.samples.index(sample)
            matrix = matrix.at[at].set(jnp.log1p(size))
    return matrix
