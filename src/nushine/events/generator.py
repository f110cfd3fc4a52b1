"""Events of an experiment, in blocks that depend on the seed alone."""

import json
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from hepunits import year
from jax import Array

from nushine.decay import RADIATIVE, Decay
from nushine.detectors import Channel
from nushine.events.block import block
from nushine.events.prepare import prepare
from nushine.events.process import Importance
from nushine.events.record import BLOCK, COLUMNS, Events, RunCard
from nushine.experiments import Experiment
from nushine.experiments.channels import channel_of
from nushine.interactions.base import Interaction
from nushine.interactions.dipole import Dipole
from nushine.numerics.calls import checked
from nushine.numerics.checks import whole_number
from nushine.numerics.compilation import needs_jax


class Generator:
    """A prepared generator: the tables are made once, for any number of events.

    Parameters
    ----------
    experiment : Experiment
        Source, target, window, path and, if it has one, arrangement of the detectors.
    process : Dipole or CEvNS
        What happens.
    channel : Channel
        By default what the experiment describes. `COINCIDENCE`: recoils in the window and decays to a photon within
        the path. `PHOTON`: the same with any recoil. `RECOIL`: all recoils in the window, wherever N decays.
    decay : Decay
        How N decays.
    forced : bool
        Make every N decay inside the instrumented volume, with the probability as weight.
    importance : callable, optional
        Positive function of E_nu and E_R [MeV], written with `jax.numpy`: the density of events is multiplied by it
        and the weight divided.

    Attributes
    ----------
    rate : float
        Rate [1/ns] of what is generated: each event stands for ``rate * weight / n``.
    rate_error : float
        Standard deviation of the rate [1/ns]: that of the share of forced decays inside a geometry, otherwise zero.
    acceptance : float
        Share of the candidates that became events.

    Raises
    ------
    ValueError
        If nothing of the kind can happen, or the rate is infinite.

    """

    @checked
    def __init__(
        self,
        experiment: Experiment,
        process: Interaction,
        channel: Channel | None = None,
        decay: Decay = RADIATIVE,
        forced: bool = False,
        importance: Importance | None = None,
    ) -> None:
        channel = channel_of(experiment, channel)
        self._experiment, self._process, self._channel, self._decay = experiment, process, channel, decay
        prepared = prepare(experiment, process, channel, decay, forced, importance)
        self.plan, self.rate, error, self._settings = prepared
        self.rate_error = self.rate * error
        self.acceptance = self.plan.proposal.acceptance

    @property
    def name(self) -> str:
        """Experiment, process and channel."""
        card = self.card(0, 0)
        return f"{card.experiment}, {card.process}, {card.channel}"

    @needs_jax
    def card(self, n: int, seed: int) -> RunCard:
        """What a sample of n events is."""
        experiment, process = self._experiment, self._process
        dipole = process if isinstance(process, Dipole) else None
        flux = float(experiment.source.total())
        nuclei = float(jnp.sum(experiment.target.number_per_mass) * experiment.mass)
        return RunCard(
            experiment=experiment.name,
            target=experiment.target.name,
            source=experiment.source.name,
            process="nu A -> N A" if dipole else "CEvNS",
            channel=self._channel.name,
            nature=dipole.nature.name if dipole else "",
            m_N=float(dipole.m_N) if dipole else 0.0,
            mu=float(dipole.mu) if dipole else 0.0,
            modes=tuple(type(mode).__name__ for mode in self._decay.modes) if dipole else (),
            n=n,
            seed=seed,
            rate=self.rate,
            rate_per_year=self.rate * year,
            cross_section=self.rate / (flux * nuclei),
            exposure=float(experiment.exposure),
            version=version("nushine"),
            settings=json.dumps(self._settings, sort_keys=True),
            cross_section_error=self.rate_error / (flux * nuclei),
        )

    @needs_jax
    def block(self, seed: int, number: int) -> dict[str, Array]:
        """Columns of block `number`, on the device that made them."""
        return block(self.plan, jnp.asarray(seed, dtype=jnp.int64), jnp.asarray(number, dtype=jnp.int64))

    def stream(self, n: int, seed: int, first: int = 0, workers: int | None = None) -> Iterator[Events]:
        """Blocks of events from number `first` on (a multiple of `BLOCK`, or n: nothing), in order, at constant memory.

        The events depend on the seed alone, not on first or workers (threads; one per core by default). The columns are
        read-only. While the caller works on one block, each thread makes one of the next.

        Raises
        ------
        ValueError
            If n, seed, first or workers are not possible.

        """
        n, seed = check_size(n, seed)
        first = whole_number("first", first, 0, n, f"give a multiple of {BLOCK} below n = {n}, or n")
        if first % BLOCK and first < n:
            raise ValueError(f"first = {first} is not possible: give a multiple of {BLOCK} below n = {n}, or n")
        return self._stream(self.card(n, seed), first, _threads(workers))

    def _stream(self, card: RunCard, first: int, threads: int) -> Iterator[Events]:
        numbers = range(first // BLOCK, -(-card.n // BLOCK)) if first < card.n else ()
        ahead: deque[Future[Events]] = deque()
        with ThreadPoolExecutor(threads) as pool:
            try:
                for number in numbers:
                    ahead.append(pool.submit(self._events, card, number))
                    if len(ahead) > threads:
                        yield ahead.popleft().result()
                while ahead:
                    yield ahead.popleft().result()
            finally:
                for future in ahead:
                    future.cancel()

    def sample(self, n: int, seed: int, workers: int | None = None) -> Events:
        """All events at once, in columns of their own that may be changed; raises as `generate` does."""
        n, seed = check_size(n, seed)
        columns = {c.name: np.empty(n, dtype=c.dtype) for c in COLUMNS}
        events = Events(columns, self.card(n, seed))
        with ThreadPoolExecutor(_threads(workers)) as pool:
            futures = [pool.submit(self._fill, events, number) for number in range(-(-n // BLOCK))]
            try:
                for future in futures:
                    future.result()
            finally:
                for future in futures:
                    future.cancel()
        return events

    def _events(self, card: RunCard, number: int) -> Events:
        """One block, in the memory in which it was made."""
        start = number * BLOCK
        size = min(card.n - start, BLOCK)
        made: dict[str, npt.NDArray[Any]] = {"event": np.arange(start, start + size)}
        made |= {name: np.asarray(values)[:size] for name, values in self.block(card.seed, number).items()}
        return Events({c.name: made[c.name] for c in COLUMNS}, card)

    def _fill(self, events: Events, number: int) -> None:
        """Copy one block to its place in the sample."""
        start = number * BLOCK
        for name, values in self._events(events.card, number).items():
            events[name][start : start + BLOCK] = values


@checked
def generate(
    experiment: Experiment,
    process: Interaction,
    n: int,
    seed: int,
    channel: Channel | None = None,
    decay: Decay = RADIATIVE,
    forced: bool = False,
    importance: Importance | None = None,
    workers: int | None = None,
) -> Events:
    """Unweighted events of an experiment.

    Parameters
    ----------
    experiment, process, channel, decay, forced, importance
        As for `Generator`.
    n : int
        Number of events, 1 or more; any whole number, such as ``np.int64(1000)`` or 1e6.
    seed : int
        Events depend on it alone: event i is the same in samples of any size.
    workers : int, optional
        Threads; one per core by default.

    Returns
    -------
    Events
        Columns (see `nushine.events.COLUMNS`) and run card with the rate.

    Raises
    ------
    ValueError
        If nothing can be generated, or n or seed are out of range.

    Examples
    --------
    >>> import nushine as ns
    >>> nucleus = ns.experiments.load("nucleus-1kg")
    >>> events = ns.generate(nucleus, ns.Dipole(m_N=3.0, mu=1e-8), n=1000, seed=1)
    >>> len(events), bool((events["E_gamma"] < events["E_N"]).all())
    (1000, True)

    """
    n, seed = check_size(n, seed)
    workers = _threads(workers)
    return Generator(experiment, process, channel, decay, forced, importance).sample(n, seed, workers)


def check_size(n: int, seed: int) -> tuple[int, int]:
    """Both as integers of Python; ValueError for numbers of events or seeds that are not possible."""
    return (
        whole_number("n", n, 1, 10**15, "give a whole number of 1 or more, up to 1e15", "events"),
        whole_number("seed", seed, 0, 2**63 - 1, "give an integer from 0 to 2^63 - 1"),
    )


def _threads(workers: int | None) -> int:
    if workers is None:
        return os.cpu_count() or 1
    return whole_number("workers", workers, 1, 1024, "give a number of threads from 1 to 1024")
