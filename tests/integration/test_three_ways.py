"""Rate, events and likelihood of the experiments that come with the package: the same number three ways."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import nushine as ns
from nushine.detectors import Channel, Response
from nushine.experiments import Experiment
from nushine.statistics import Binning

NAMES = ("nucleus-10g", "nucleus-1kg", "nucleus-upgrade")
CHANNELS = (ns.RECOIL, ns.PHOTON, ns.COINCIDENCE)
MASSES, MU, N = (1.0, 6.0), 1e-8, 20_000


def in_a_beam(name: str) -> Experiment:
    """A perfect detector that sees photons in a cone about the beam, as rates and likelihoods take it.

    Its materials are counted together, and experiments that differ in numbers alone compile as one.
    """
    whole: dict[str, Any] = {"arrangement": None, "part_of_isotope": (), "response": Response()}
    return replace(ns.experiments.load(name), name="in a beam", description="", reference="", **whole)


def in_likelihood(experiment: Experiment, signal: ns.Dipole) -> list[float]:
    """Expected signal of each channel; that they count the same events does not matter here."""
    unit = ns.Dipole(signal.m_N, 1.0, signal.nature)
    model = ns.forecast(experiment, unit, CHANNELS, binning=Binning(1, 1, 1))(signal.mu)
    return np.asarray(model.signal).tolist()  # one bin for each channel


def of_events(experiment: Experiment, signal: ns.Dipole, channel: Channel) -> tuple[float, float]:
    """Events that pass the cuts in the exposure, and their standard deviation."""
    events = ns.generate(experiment, signal, N, seed=3, channel=channel)
    whole, p = events.card.rate * float(experiment.exposure), float(np.mean(events["seen"]))
    return whole * p, whole * np.sqrt(max(p * (1 - p), 1 / N) / N)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("nature", [ns.DIRAC, ns.MAJORANA], ids=lambda nature: nature.name)
def test_rate_is_likelihood(name: str, nature: ns.Nature) -> None:
    """To 1e-3, the accuracy of bins (`sterile_bins`)."""
    experiment = in_a_beam(name)
    for m_N in MASSES:
        signal = ns.Dipole(m_N, MU, nature)
        rates = [float(ns.expected_events(experiment, signal, channel)) for channel in CHANNELS]
        np.testing.assert_allclose(in_likelihood(experiment, signal), rates, rtol=1e-3, err_msg=f"{m_N} MeV")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_rate_is_events(name: str, channel: Channel) -> None:
    """Within four standard deviations (6e-5 by chance) of 20 000 events."""
    experiment = in_a_beam(name)
    for signal in (ns.Dipole(1.0, MU), ns.Dipole(6.0, MU, ns.MAJORANA)):
        events, sigma = of_events(experiment, signal, channel)
        assert abs(events - float(ns.expected_events(experiment, signal, channel))) < 4 * sigma


@pytest.mark.parametrize(("m_N", "nature", "ratio"), [(1.0, ns.DIRAC, 0.76), (6.0, ns.DIRAC, 0.44)])
def test_the_crystals_of_nucleus_10g_are_not_its_cone(m_N: float, nature: ns.Nature, ratio: float) -> None:
    """Seen in the outer veto on all sides, over expected in the forward hemisphere within 5 cm of one beam.

    Two beams from either side, and ways of their own for each crystal: what is seen is less, by as much as this.
    """
    experiment = ns.experiments.load("nucleus-10g")
    signal = ns.Dipole(m_N, MU, nature)
    events, sigma = of_events(experiment, signal, ns.COINCIDENCE)
    expected = float(ns.expected_events(experiment, signal))
    assert events / expected == pytest.approx(ratio, abs=0.005 + 4 * sigma / expected)
