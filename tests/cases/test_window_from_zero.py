"""A recoil window from 0 eV: the same limits as from 0.01 eV on, and finite numbers in every verb."""

from dataclasses import replace

import numpy as np
import pytest
from hepunits import eV, keV

import nushine as ns
from nushine.detectors import RECOIL
from nushine.experiments import Experiment
from nushine.statistics import Binning, Method, exclusion

FEW = Binning(3, 2, 1)


def starting_at(E_R_min: float, resolution: float | None = None) -> Experiment:
    base = ns.experiments.load("nucleus-1kg")
    response = base.response if resolution is None else replace(base.response, resolution=resolution)
    return replace(base, selection=replace(base.selection, E_R_min=E_R_min, E_R_max=1 * keV), response=response)


@pytest.fixture(scope="module")
def limits() -> dict[float, float]:
    return {E: float(exclusion(starting_at(E), [1.0], channel=RECOIL).mu[0]) for E in (0.0, 0.01 * eV, 20 * eV)}


def test_recoil_limit(limits: dict[float, float]) -> None:
    """Half of the recoils below the noise are measured above zero; a cut at 0.01 eV takes 1e-3 of those."""
    assert limits[0.0] == pytest.approx(limits[0.01 * eV], rel=1e-2)
    assert 0.1 * limits[20 * eV] < limits[0.0] < limits[20 * eV]


@pytest.mark.parametrize("channel", [ns.RECOIL, ns.COINCIDENCE])
@pytest.mark.parametrize("resolution", [0.0, 4 * eV])
def test_likelihood_is_finite(channel: ns.detectors.Channel, resolution: float) -> None:
    """All yields and their changes by thresholds, resolution, energy scale and slopes of the background."""
    of = starting_at(0.0, resolution)
    model = ns.forecast(of, ns.Dipole(1.0, 1.0), (channel,), binning=FEW)(1e-9)
    for values in (model.signal, model.backgrounds, model.up, model.down):
        assert np.all(np.isfinite(values))
    assert np.all(np.asarray(model.signal).reshape(3, -1).sum(axis=1) > 0)
    if resolution == 0:  # then nothing is lost below zero
        expected = float(ns.expected_events(of, ns.Dipole(1.0, 1e-9), channel))
        efficiency = float(of.response.efficiency) * (float(of.response.photon_efficiency) if channel.photon else 1.0)
        assert float(model.signal.sum()) == pytest.approx(efficiency * expected, rel=1e-3)


def test_counting_and_events() -> None:
    of = starting_at(0.0)
    counted = exclusion(of, [1.0], channel=RECOIL, method=Method.COUNTING)
    assert 0 < float(counted.mu[0]) < 1e-10
    events = ns.generate(of, ns.Dipole(1.0, 1e-9), n=1000, seed=1, channel=RECOIL)
    assert events["seen"].all()
