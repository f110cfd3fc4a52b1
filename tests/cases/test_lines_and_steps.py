"""Beams of several lines and of steps: rates and likelihoods are the same number."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import ArrayLike

import nushine as ns
from nushine.detectors import Channel, Response
from nushine.experiments import Experiment
from nushine.numerics.piecewise import Piecewise
from nushine.sources import pion_decay_at_rest
from nushine.sources.base import UNIVERSAL, Beam, Source
from nushine.statistics import Binning

MU = 1e-8


def lines(energies: ArrayLike, fluxes: ArrayLike) -> Source:
    E = jnp.asarray(energies)
    nothing = Piecewise(jnp.stack([E.min() / 2, E.max()]), jnp.zeros((1, 1)))
    return Source("lines", (Beam(nothing, E, jnp.asarray(fluxes)),))


def histogram(edges: ArrayLike, fluxes: ArrayLike) -> Source:
    return Source("histogram", (Beam(Piecewise(jnp.asarray(edges), jnp.asarray(fluxes)[:, None])),))


def many_steps() -> Source:
    edges = np.geomspace(0.1, 9.0, 101)
    return histogram(edges, 10 ** np.random.default_rng(1).uniform(-1.0, 0.0, 100) / edges[1:])


CHROMIUM = lines([0.427, 0.432, 0.747, 0.752], [9.0, 0.9, 81.6, 8.5])
SUN = lines([0.862, 0.384, 1.442], [4.0, 0.5, 0.01])  # 7Be and pep
RISING = histogram([0.5, 1.0, 2.0, 4.0, 8.0], [1.0, 100.0, 3.0, 0.0])
FALLING = histogram([0.5, 1.0, 2.0, 4.0, 8.0], [1000.0, 100.0, 10.0, 1.0])
CASES = {
    "51Cr": (CHROMIUM, (0.3, 0.43, 0.6, 0.74), (ns.PHOTON,)),
    "7Be and pep": (SUN, (0.1, 0.6, 1.2), (ns.PHOTON, ns.RECOIL)),
    "falling steps": (FALLING, (0.1, 0.9, 3.5), (ns.PHOTON, ns.COINCIDENCE)),
    "rising steps": (RISING, (0.1, 1.8, 3.0), (ns.PHOTON, ns.COINCIDENCE)),
    "a hundred steps": (many_steps(), (1.0, 6.0), (ns.PHOTON, ns.COINCIDENCE)),
}


def perfect(source: Source) -> Experiment:
    return replace(ns.experiments.load("nucleus-1kg"), source=source, response=Response())


@pytest.mark.parametrize("name", CASES)
def test_rate_is_likelihood(name: str) -> None:
    """To 1e-3, as is claimed for bins (`sterile_bins`)."""
    source, masses, channels = CASES[name]
    experiment = perfect(source)
    for m_N in masses:
        model = ns.forecast(experiment, ns.Dipole(m_N, 1.0), channels, binning=Binning(3, 3, 1))(MU)
        ends = np.cumsum([bins for _, bins in model.channels])[:-1]
        found = [float(part.sum()) for part in np.split(np.asarray(model.signal), ends)]
        expected = [float(ns.expected_events(experiment, ns.Dipole(m_N, MU), channel)) for channel in channels]
        np.testing.assert_allclose(found, expected, rtol=1e-3, err_msg=f"{m_N} MeV")


@pytest.mark.parametrize("channel", [ns.PHOTON])
def test_two_lines_in_one_beam_are_two_beams(channel: Channel) -> None:
    """Rounding alone: the same points in another order."""
    E, flux = [0.747, 0.752], [1e-2, 1e-3]
    beams = tuple(lines([e], [f]).beams[0] for e, f in zip(E, flux, strict=True))
    one, two = (
        np.asarray(ns.forecast(perfect(source), ns.Dipole(0.74, 1.0), (channel,), binning=Binning(1, 4, 2))(MU).signal)
        for source in (lines(E, flux), Source("two", beams))
    )
    np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-12 * two.max())


def test_photons_with_any_recoil_at_a_pion_source() -> None:
    """Recoils of oxygen reach 0.37 MeV: they count where no recoil is asked for."""
    oxygen = replace(
        perfect(pion_decay_at_rest(1e-3)), target=ns.targets.compound("O16"), selection=ns.Selection(E_gamma_min=1.0)
    )
    signal = ns.Dipole(30.0, 1e-7, flavour=UNIVERSAL)
    unit = replace(signal, mu=1.0)
    found = ns.forecast(oxygen, unit, (ns.PHOTON,), binning=Binning(1, 3, 1))(1e-7).signal.sum()
    assert float(found) == pytest.approx(float(ns.expected_events(oxygen, signal, ns.PHOTON)), rel=1e-3)
