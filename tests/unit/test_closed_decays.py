"""Decays that cannot happen give zero, not NaN."""

import jax
import numpy as np
import pytest
from hepunits import cm

import nushine as ns

E_GAMMA = np.array([0.2, 1.0, 3.0])
CUTS = ns.Selection(E_R_min=2e-5, E_gamma_min=0.1, cos_theta_min=0.0)


@pytest.fixture(scope="module")
def source() -> ns.Source:
    return ns.sources.chooz()


@pytest.fixture(scope="module")
def target() -> ns.Target:
    return ns.targets.compound("Ge73")


def test_massless_state_scatters_but_never_shines(source: ns.Source, target: ns.Target) -> None:
    signal = ns.Dipole(m_N=0.0, mu=1e-8)
    assert float(ns.scattering_rate(source, target, signal, CUTS)) > 0.0
    assert float(ns.sterile_rate(source, target, signal, 5 * cm, selection=CUTS)) == 0.0
    assert np.all(np.asarray(ns.photon_spectrum(E_GAMMA, source, target, signal, 5 * cm, selection=CUTS)) == 0.0)
    assert np.all(np.asarray(ns.photon_angle_spectrum([0.1, 0.9], source, target, signal, 5 * cm)) == 0.0)


def test_closed_mode_adds_nothing(source: ns.Source, target: ns.Target) -> None:
    signal = ns.Dipole(m_N=2.0, mu=1e-8)
    closed = ns.Decay((ns.Radiative(), ns.ToSterile(m_Np=2.5, mu=1e-3, eps=1e-3)))
    alone = ns.sterile_rate(source, target, signal, 5 * cm, selection=CUTS)
    both = ns.sterile_rate(source, target, signal, 5 * cm, closed, CUTS)
    assert float(both) == pytest.approx(float(alone), rel=1e-12)  # rounding


def test_decays_without_photons_give_no_rate(source: ns.Source, target: ns.Target) -> None:
    signal, dark = ns.Dipole(m_N=2.0, mu=1e-8), ns.Decay((ns.Invisible(1e-12),))
    assert float(ns.sterile_rate(source, target, signal, 5 * cm, dark, CUTS)) == 0.0
    assert np.all(np.asarray(ns.photon_spectrum(E_GAMMA, source, target, signal, 5 * cm, dark, CUTS)) == 0.0)


def test_no_coupling_gives_no_events_and_a_finite_gradient(source: ns.Source, target: ns.Target) -> None:
    def rate(mu: float) -> jax.Array:
        return ns.sterile_rate(source, target, ns.Dipole(2.0, mu), 5 * cm, selection=CUTS)

    assert float(rate(0.0)) == 0.0
    assert float(jax.grad(rate)(0.0)) == 0.0
