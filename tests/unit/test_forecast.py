"""Likelihoods of experiments: detectors, channels and times, and which uncertainty touches what."""

import sys
from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import nushine as ns
from nushine import experiments
from nushine.detectors import Response
from nushine.statistics import Binning, Forecast, Model, strength_limit

SMALL = Binning(E_R=2, E_gamma=3, cos_theta=1)
SIGNAL, MU = ns.Dipole(3.0, 1.0), 2e-8
CAWO4, AL2O3 = "nucleus_10g__CaWO4", "nucleus_10g__Al2O3"


@pytest.fixture(scope="module")
def two() -> Forecast:
    """The 10 g detector: CaWO4 and Al2O3, with time without flux."""
    experiment = replace(experiments.load("nucleus-10g"), off_time_ratio=0.5, response=Response())
    return ns.forecast(experiment, SIGNAL, binning=SMALL)


@pytest.fixture(scope="module")
def recoils() -> Model:
    return ns.forecast(experiments.load("nucleus-1kg"), SIGNAL, (ns.RECOIL,), binning=SMALL)(1e-11)


def part(model: Model, name: str) -> slice:
    """Bins of a channel."""
    start = 0
    for channel, bins in model.channels:
        if channel == name:
            return slice(start, start + bins)
        start += bins
    raise KeyError(name)


def test_signal_is_that_of_the_event_numbers(two: Forecast) -> None:
    """A perfect detector: bins add up to 1e-3 (see `sterile_bins`); the efficiency of photons is one here."""
    expected = float(ns.expected_events(experiments.load("nucleus-10g"), ns.Dipole(3.0, MU)))
    assert float(jnp.sum(two(MU).signal)) == pytest.approx(expected, rel=2e-3)


def test_detectors_share_the_flux_alone(two: Forecast) -> None:
    model = two(MU)
    on = [f"coincidence__{name}" for name in (CAWO4, AL2O3)]
    assert [name for name, _ in model.channels] == [on[0], f"{on[0]}__source_off", on[1], f"{on[1]}__source_off"]
    samples = dict(zip(model.samples, model.nominal, strict=True))
    assert not np.asarray(samples[f"background__{CAWO4}"])[part(model, on[1])].any()
    assert np.asarray(samples[f"background__{CAWO4}"])[part(model, on[0])].all()
    flux = model.log_kappa[model.nuisances.index("flux__Chooz")]
    np.testing.assert_allclose(flux, np.where(np.array(model.samples) == "signal", np.log(1.025), 0.0), rtol=1e-12)
    k = model.shaped.index(model.nuisances.index(f"threshold__{CAWO4}"))
    assert np.asarray(model.up[k, 0])[part(model, on[0])].any()
    assert not np.asarray(model.up[k, 0])[part(model, on[1])].any()
    k = model.shaped.index(model.nuisances.index("spectrum__U235"))
    for name in on:
        assert np.asarray(model.up[k, 0])[part(model, name)].any()


def test_without_flux_there_is_background_alone(two: Forecast) -> None:
    model = two(MU)
    on, off = part(model, f"coincidence__{CAWO4}"), part(model, f"coincidence__{CAWO4}__source_off")
    background = np.asarray(jnp.sum(model.backgrounds, axis=0))
    assert not np.asarray(model.signal)[off].any()
    np.testing.assert_allclose(background[off], 0.5 * background[on], rtol=1e-12)  # rounding
    k = model.nuisances.index(f"background__{CAWO4}")
    moved = model.expected(0.0, np.eye(len(model.nuisances))[k])
    np.testing.assert_allclose(moved[off], 1.1 * background[off], rtol=1e-12)  # both at once: what off data are for
    np.testing.assert_allclose(moved[on], 1.1 * background[on], rtol=1e-12)


def test_time_without_flux_helps(recoils: Model) -> None:
    experiment = replace(experiments.load("nucleus-1kg"), off_time_ratio=1.0)
    both = ns.forecast(experiment, SIGNAL, (ns.RECOIL,), binning=SMALL)(1e-11)
    assert strength_limit(both).expected[2] < 0.95 * strength_limit(recoils).expected[2]


def test_recoils_have_coherent_scattering(recoils: Model) -> None:
    """As many as `background_events` counts with a perfect detector; resolution moves 1 % over the threshold."""
    expected = ns.background_events(experiments.load("nucleus-1kg"), ns.RECOIL)
    assert float(jnp.sum(recoils.backgrounds)) == pytest.approx(expected, rel=2e-2)
    flux = recoils.log_kappa[recoils.nuisances.index("flux__Chooz")]
    touched = {name for name, kappa in zip(recoils.samples, flux, strict=True) if kappa > 0}
    assert touched == {"signal", "CEvNS"}


def test_signal_of_recoils_goes_as_mu_squared() -> None:
    of = ns.forecast(experiments.load("nucleus-1kg"), SIGNAL, (ns.RECOIL,), binning=SMALL)
    np.testing.assert_allclose(of(3e-11).signal, 9 * of(1e-11).signal, rtol=1e-12)  # rounding


def test_uncertainties_are_those_of_the_experiment_changed_by_hand() -> None:
    """One sigma up in photon efficiency: yields as of an experiment that has it."""
    experiment = experiments.load("nucleus-1kg")
    of = ns.forecast(experiment, SIGNAL, binning=SMALL)
    model = of(MU)
    theta = np.zeros(len(model.nuisances))
    theta[model.nuisances.index("photon_efficiency__nucleus_1kg")] = 1.0
    brighter = replace(experiment, response=replace(experiment.response, photon_efficiency=0.95))
    dimmer = replace(experiment, response=replace(experiment.response, photon_efficiency=0.95 * 1.05))
    up, nominal = (ns.forecast(e, SIGNAL, binning=SMALL)(MU).signal for e in (dimmer, brighter))
    ratio = up / nominal
    found = (model.expected(1.0, theta) - model.expected(0.0, theta)) / model.signal
    np.testing.assert_allclose(found, ratio, rtol=1e-9)  # rounding of a difference with the background


def test_no_channel() -> None:
    with pytest.raises(ValueError, match="a likelihood needs a channel: give RECOIL, PHOTON or COINCIDENCE"):
        ns.forecast(experiments.load("nucleus-1kg"), SIGNAL, ())
