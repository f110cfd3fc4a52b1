"""Bins of measured recoil energy against a direct convolution of the recoil spectrum with the noise."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hepunits import eV
from numpy.typing import NDArray
from scipy.stats import norm

import nushine as ns
from nushine.detectors import RECOIL, Response
from nushine.experiments import Experiment
from nushine.rates import recoil_rate
from nushine.statistics import Binning
from nushine.statistics.layout import measured_edges

SIGMA, MU = 4 * eV, 1e-9
MASSES = (0.1, 1.0, 3.0)
TOP = 1.3e-3 / 0.4  # [MeV]: five sigma above the window for the lowest quenching here


def experiment(E_R_min: float, quenching: float) -> Experiment:
    base = ns.experiments.load("nucleus-1kg")
    selection = replace(base.selection, E_R_min=E_R_min)
    return replace(base, selection=selection, response=Response(SIGMA, quenching, 0.9))


def nodes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """True energies and weights: a quarter of sigma wide, and ever narrower towards zero, 4 points each."""
    ends = np.concatenate([np.geomspace(1e-15, 1e-6, 60), np.arange(2e-6, TOP, 1e-6)])
    x, w = np.polynomial.legendre.leggauss(4)
    half = np.diff(ends)[:, None] / 2
    return (ends[:-1, None] + half * (1 + x)).ravel(), (half * w).ravel()


def convolved(of: Experiment, process: ns.Dipole | ns.CEvNS, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    E, w = nodes()
    rate = np.asarray(recoil_rate(E, of.source, of.target, process)) * w
    q = float(of.response.quenching)
    shares = np.array([norm.cdf(b, q * E, SIGMA) - norm.cdf(a, q * E, SIGMA) for a, b in pairwise(edges)])
    return np.asarray(0.9 * float(of.mass * of.exposure) * shares @ rate)


@pytest.mark.parametrize("bins", [6, 20])
@pytest.mark.parametrize(("E_R_min", "quenching"), [(20 * eV, 1.0), (20 * eV, 0.4), (0.0, 1.0), (0.01 * eV, 1.0)])
def test_measured_bins_are_a_convolution(bins: int, E_R_min: float, quenching: float) -> None:
    of, binning = experiment(E_R_min, quenching), Binning(E_R=bins)
    edges = np.asarray(measured_edges(of, RECOIL, binning).E_R)
    assert (edges[0], edges[-1], edges.size) == (E_R_min, 1e-3, bins + 1)
    assert np.all(np.diff(edges) > 0)
    for m_N in MASSES:
        model = ns.forecast(of, ns.Dipole(m_N, 1.0), (RECOIL,), binning=binning)(MU)
        expected = convolved(of, ns.Dipole(m_N, MU), edges)
        large = expected > 0.01 * expected.sum()
        np.testing.assert_allclose(model.signal[large], expected[large], rtol=1e-3)  # the accuracy that is claimed
        np.testing.assert_allclose(float(model.signal.sum()), expected.sum(), rtol=5e-4)
    expected = convolved(of, ns.CEvNS(), edges)
    large = expected > 0.01 * expected.sum()
    np.testing.assert_allclose(np.asarray(model.backgrounds[0])[large], expected[large], rtol=1e-3)
