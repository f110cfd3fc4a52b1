"""Beams of several lines and of steps: rates and likelihoods are the same number.

Sources have the same shape, with lines and steps of no flux to fill up, so that they compile as one.
"""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import ArrayLike

import nushine as ns
from nushine import kinematics
from nushine.detectors import Response
from nushine.experiments import Experiment
from nushine.numerics.piecewise import Piecewise
from nushine.rates import recoil_bins, scattering_rate
from nushine.sources import pion_decay_at_rest
from nushine.sources.base import Beam, Source
from nushine.statistics import Binning
from nushine.statistics.layout import true_edges

MU = 1e-8
SEGMENTS = 100


def lines(energies: ArrayLike, fluxes: ArrayLike) -> Source:
    E, flux = np.asarray(energies), np.asarray(fluxes)
    missing = 4 - E.size
    nothing = Piecewise(jnp.linspace(E.min() / 2, E.max(), SEGMENTS + 1), jnp.zeros((SEGMENTS, 1)))
    beam = Beam(nothing, jnp.asarray(np.append(E, E[:1].repeat(missing))), jnp.asarray(np.pad(flux, (0, missing))))
    return Source("source", (beam,))


def histogram(edges: ArrayLike, fluxes: ArrayLike) -> Source:
    heights = np.asarray(fluxes)
    parts = SEGMENTS // heights.size
    knots = np.interp(np.arange(SEGMENTS + 1) / parts, np.arange(heights.size + 1), edges)
    flux = Piecewise(jnp.asarray(knots), jnp.asarray(heights.repeat(parts))[:, None])
    return Source("source", (Beam(flux, jnp.linspace(0.1, 0.4, 4), jnp.zeros(4)),))


def many_steps() -> Source:
    edges = np.geomspace(0.1, 9.0, SEGMENTS + 1)
    return histogram(edges, 10 ** np.random.default_rng(1).uniform(-1.0, 0.0, SEGMENTS) / edges[1:])


CHROMIUM = lines([0.427, 0.432, 0.747, 0.752], [9.0, 0.9, 81.6, 8.5])
CASES = {
    "51Cr": (CHROMIUM, (0.3, 0.43, 0.6, 0.74)),
    "two lines": (lines([0.747, 0.752], [1e-2, 1e-3]), (0.4, 0.74)),
    "7Be and pep": (lines([0.862, 0.384, 1.442], [4.0, 0.5, 0.01]), (0.1, 0.6, 1.2)),
    "falling steps": (histogram([0.5, 1.0, 2.0, 4.0, 8.0], [1000.0, 100.0, 10.0, 1.0]), (0.1, 0.9, 3.5)),
    "rising steps": (histogram([0.5, 1.0, 2.0, 4.0, 8.0], [1.0, 100.0, 3.0, 0.0]), (0.1, 1.8, 3.0)),
    "a hundred steps": (many_steps(), (1.0, 6.0)),
}
CHANNELS = (ns.PHOTON, ns.COINCIDENCE)


def perfect(source: Source) -> Experiment:
    return replace(ns.experiments.load("nucleus-1kg"), source=source, response=Response())


@pytest.mark.parametrize("name", CASES)
def test_rate_is_likelihood(name: str) -> None:
    """To 1e-3, as is claimed for bins (`sterile_bins`)."""
    source, masses = CASES[name]
    experiment = perfect(source)
    for m_N in masses:
        model = ns.forecast(experiment, ns.Dipole(m_N, 1.0), CHANNELS, binning=Binning(3, 3, 1))(MU)
        found = [float(part.sum()) for part in np.split(np.asarray(model.signal), [model.channels[0][1]])]
        expected = [float(ns.expected_events(experiment, ns.Dipole(m_N, MU), channel)) for channel in CHANNELS]
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-12, err_msg=f"{m_N} MeV")


@pytest.mark.parametrize("name", ["51Cr", "7Be and pep", "falling steps", "rising steps"])
def test_recoils(name: str) -> None:
    """Sums of bins are the number of scatterings: 1e-3, as above."""
    source, masses = CASES[name]
    edges = jnp.geomspace(1e-7, 1e-3, 7)
    target = ns.experiments.load("nucleus-1kg").target
    for m_N in masses:
        signal = ns.Dipole(m_N, MU)
        found = recoil_bins(source, target, signal, edges)[0].sum()
        expected = scattering_rate(source, target, signal, ns.Selection(1e-7, 1e-3))
        assert float(found) == pytest.approx(float(expected), rel=1e-3)


def test_any_recoil_counts_with_photons_at_a_pion_source() -> None:
    """Recoils of oxygen reach 0.37 MeV."""
    source, oxygen = pion_decay_at_rest(1e-3), ns.targets.compound("O16")
    experiment = replace(perfect(source), target=oxygen)
    largest = kinematics.E_R_max(source.E_max, 0.0, oxygen.isotopes.m_A[0])
    edges = true_edges(experiment, ns.PHOTON, Binning()).E_R
    assert float(edges[0]) == 0.0
    assert 0.3 < float(largest) < float(edges[-1])
