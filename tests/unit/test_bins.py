"""Binned rates against the quadratures that are exact, and likelihoods made of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import cm

import nushine as ns
from nushine.detectors import COINCIDENCE, RECOIL
from nushine.rates import Edges, Selection, recoil_bins, scattering_rate, sterile_bins, sterile_rate
from nushine.statistics import Binning, Method, exclusion, forecast

LOW, HIGH = 20e-6, 1e-3
NUCLEUS = ns.experiments.load("nucleus-1kg")
E_R = jnp.geomspace(LOW, HIGH, 13)


@pytest.mark.parametrize(("m_N", "nature"), [(0.1, ns.DIRAC), (3.0, ns.MAJORANA), (8.5, ns.DIRAC)])
@pytest.mark.parametrize("mu", [1e-10, 1e-3])
def test_bins_add_up(m_N: float, nature: ns.Nature, mu: float) -> None:
    """To 1e-2: two points for each bin and panel, one flight for all isotopes of an element."""
    edges = Edges(E_R, jnp.array([0.1, 0.5, 2.0]), jnp.array([0.0, 0.5]))
    signal = ns.Dipole(jnp.asarray(m_N), jnp.asarray(1.0), nature)
    bins = sterile_bins(NUCLEUS.source, NUCLEUS.target, signal, 5 * cm, ns.RADIATIVE, edges)(mu)
    assert bins.shape == (1 + len(NUCLEUS.source.variations), 12, 3, 2)
    exact = sterile_rate(
        NUCLEUS.source, NUCLEUS.target, ns.Dipole(m_N, mu, nature), 5 * cm, selection=Selection(LOW, HIGH, 0.1, 0.0)
    )
    np.testing.assert_allclose(float(bins[0].sum()), float(exact), rtol=1e-2)


def test_photon_bins() -> None:
    """Each bin of photon energy and cosine against the difference of exact rates; 1 % as above."""
    edges = Edges(E_R, jnp.array([0.1, 1.0, 2.5]), jnp.array([-1.0, 0.3]))
    bins = sterile_bins(
        NUCLEUS.source, NUCLEUS.target, ns.Dipole(jnp.asarray(3.0), jnp.asarray(1.0)), 5 * cm, ns.RADIATIVE, edges
    )(1e-9)[0].sum(axis=0)

    def above(E_gamma: float, cos_theta: float) -> float:
        window = Selection(LOW, HIGH, E_gamma, cos_theta)
        return float(sterile_rate(NUCLEUS.source, NUCLEUS.target, ns.Dipole(3.0, 1e-9), 5 * cm, ns.RADIATIVE, window))

    exact = np.array([[above(E, c) for c in (-1.0, 0.3)] for E in (0.1, 1.0, 2.5)])
    exact = -np.diff(np.pad(exact, ((0, 1), (0, 1))), axis=0)[:, :2]
    exact = np.stack([exact[:, 0] - exact[:, 1], exact[:, 1]], axis=1)
    np.testing.assert_allclose(bins, exact, rtol=1e-2)


@pytest.mark.parametrize("process", [ns.CEvNS(), ns.Dipole(1.0, 1e-8)])
def test_recoil_bins(process: ns.CEvNS | ns.Dipole) -> None:
    """2e-3 from two points for each bin and panel."""
    bins = recoil_bins(NUCLEUS.source, NUCLEUS.target, process, E_R)
    exact = scattering_rate(NUCLEUS.source, NUCLEUS.target, process, Selection(LOW, HIGH))
    np.testing.assert_allclose(float(bins[0].sum()), float(exact), rtol=2e-3)


def test_gradients_are_finite() -> None:
    def total(x: jax.Array) -> jax.Array:
        edges = Edges(jnp.geomspace(x[0], HIGH, 4), jnp.array([0.1]) * x[2], jnp.zeros(1))
        return sterile_bins(
            NUCLEUS.source, NUCLEUS.target, ns.Dipole(3.0, jnp.asarray(1.0)), x[1], ns.RADIATIVE, edges
        )(1e-8)[0].sum()

    x = jnp.array([LOW, 50.0, 1.0])
    gradient = jax.grad(total)(x)
    path = (total(x.at[1].mul(1.01)) - total(x.at[1].mul(0.99))) / (0.02 * x[1])
    assert bool(jnp.all(jnp.isfinite(gradient)))
    assert float(gradient[1]) == pytest.approx(float(path), rel=1e-3)  # the second difference of a smooth function


def test_a_displaced_decay_has_an_upper_edge() -> None:
    rates = [
        float(
            sterile_rate(
                NUCLEUS.source, NUCLEUS.target, ns.Dipole(3.0, mu), 5 * cm, selection=Selection(flight_min=1.0)
            )
        )
        / mu**2
        for mu in (1e-8, 1e-5, 1e-2)
    ]
    assert rates[0] < rates[1]
    assert rates[2] < 1e-6 * rates[1]


def test_forecast_is_what_is_expected() -> None:
    """The noise lifts a few recoils over the threshold: 1 %."""
    of = forecast(NUCLEUS, ns.Dipole(3.0, 1.0, ns.MAJORANA), (COINCIDENCE,), binning=Binning(4, 3, 1))
    model = of(1e-8)
    expected = float(ns.expected_events(NUCLEUS, ns.Dipole(3.0, 1e-8, ns.MAJORANA)))
    assert float(model.signal.sum()) == pytest.approx(expected, rel=1e-2)
    assert float(model.backgrounds.sum()) == pytest.approx(ns.background_events(NUCLEUS), rel=1e-9)
    assert {"flux__Chooz", "background__nucleus_1kg", "threshold__nucleus_1kg", "spectrum__U235"} <= set(
        model.nuisances
    )


def test_the_likelihood_excludes_no_less_than_counting() -> None:
    """Bins tell signal from background; the uncertainties of a few per cent cost less than that here."""
    fitted = exclusion(NUCLEUS, [3.0], ns.MAJORANA, method=Method.ASYMPTOTIC, binning=Binning(4, 3, 1))
    counted = exclusion(NUCLEUS, [3.0], ns.MAJORANA, method=Method.COUNTING)
    assert 0.5 * counted.mu[0] < fitted.mu[0] < counted.mu[0]
    assert np.isinf(fitted.mu_max[0])
    assert fitted.nuisances


def test_recoils_with_cevns() -> None:
    of = forecast(NUCLEUS, ns.Dipole(1.0, 1.0), (RECOIL,), binning=Binning(E_R=5))
    model = of(1e-9)
    assert model.samples == ("signal", "CEvNS", "background__nucleus_1kg")
    assert float(model.backgrounds.sum()) == pytest.approx(ns.background_events(NUCLEUS, RECOIL), rel=1e-2)
