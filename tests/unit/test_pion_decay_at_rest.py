"""Pion decay at rest: normalisation, kinematics, moments, flux and time structure."""

import csv
from itertools import pairwise
from pathlib import Path

import jax
import numpy as np
import pytest
from hepunits import cm, m, ns, s
from scipy.integrate import quad

from nushine.constants import m_mu, m_pi
from nushine.sources.pion_decay_at_rest import (
    E_end,
    E_prompt,
    delayed_time,
    from_spallation,
    nu_e_spectrum,
    nubar_mu_spectrum,
    pion_decay_at_rest,
    prompt_time,
    tau_mu,
    tau_pi,
)

PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "sources" / "piDAR_constants.csv"
SPECTRA = [nu_e_spectrum, nubar_mu_spectrum]
UNIT_FLUX = pion_decay_at_rest(1.0)


def test_prompt_energy_balances_the_muon():
    # Two-body decay: the muon has the momentum of the neutrino, and the energies add up to the mass of the pion.
    assert E_prompt + np.hypot(E_prompt, m_mu) == pytest.approx(m_pi, rel=1e-15)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the shared reference tables are not here")
def test_constants_agree_with_the_shared_table():
    with PUBLISHED.open() as file:
        table = {row["quantity"]: row["value"] for row in csv.DictReader(file)}
    assert E_prompt == pytest.approx(float(table["E_numu_prompt"]), abs=5e-4)  # three printed decimals
    assert tau_pi / ns == pytest.approx(float(table["tau_pi"]), abs=1e-3)
    assert tau_mu / ns == pytest.approx(float(table["tau_mu"]), abs=1e-2)


def test_beams():
    nu_mu, nu_e, nubar_mu = UNIT_FLUX.beams
    assert [(b.flavour.e, b.flavour.mu, b.antineutrino) for b in UNIT_FLUX.beams] == [
        (0.0, 1.0, False),
        (1.0, 0.0, False),
        (0.0, 1.0, True),
    ]
    np.testing.assert_allclose(nu_mu.lines_E, [E_prompt])
    np.testing.assert_allclose(nu_mu.lines_flux, [1.0])
    assert float(nu_mu.continuum.integral()) == 0.0
    assert nu_e.lines_E.size == nubar_mu.lines_E.size == 0


@pytest.mark.parametrize("beam", [1, 2])
def test_continua_are_normalised(beam):
    # The pieces are the polynomials themselves, so that only rounding is left.
    assert float(UNIT_FLUX.beams[beam].continuum.integral()) == pytest.approx(1.0, abs=2e-15)


@pytest.mark.parametrize(("spectrum", "mean"), [(nu_e_spectrum, 3 / 10), (nubar_mu_spectrum, 7 / 20)])
def test_mean_energies(spectrum, mean):
    # 3/10 and 7/20 of the muon mass: with the positron, also 7/20, the whole of it.
    assert quad(lambda E: E * float(spectrum(E)), 0, E_end)[0] == pytest.approx(mean * m_mu, rel=1e-12)


@pytest.mark.parametrize(("beam", "spectrum"), [(1, nu_e_spectrum), (2, nubar_mu_spectrum)])
def test_pieces_follow_the_spectrum(beam, spectrum):
    E = np.concatenate([np.geomspace(1e-6, E_end, 50), np.linspace(0, E_end, 101)])
    # Rounding of the Chebyshev sum, of 1e-16 times the maximum, 0.04/MeV, where the spectrum vanishes.
    np.testing.assert_allclose(UNIT_FLUX.beams[beam].continuum(E), spectrum(E), rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("beam", [1, 2])
@pytest.mark.parametrize("power", [0, 1, 2])
@pytest.mark.parametrize("start", [1e-5, 1e-2, 1.0, 20.0, 50.0])
def test_moments_above_an_energy(beam, power, start):
    spectrum = SPECTRA[beam - 1]
    expected = quad(lambda E: float(spectrum(E)) / E**power, start, E_end, epsabs=0, epsrel=1e-12)[0]
    assert float(UNIT_FLUX.beams[beam].continuum.tail(power)(start)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("spectrum", SPECTRA)
def test_spectra_vanish_outside(spectrum):
    np.testing.assert_array_equal(spectrum(np.array([-1.0, 0.0, E_end * 1.0001, 1e3])), 0.0)


def test_spallation_source_spreads_over_a_sphere():
    source = from_spallation(1e16 / s, 0.09, 20 * m)
    expected = 1e16 * 0.09 / (4 * np.pi * 2000.0**2)  # per cm^2 and s, by hand
    for beam in source.beams:
        flux = float(beam.continuum.integral() + beam.lines_flux.sum()) * (cm**2 * s)
        assert flux == pytest.approx(expected, rel=1e-13)
    assert float(source.E_max) == pytest.approx(m_mu / 2)


def test_flux_is_differentiable():
    assert float(jax.grad(lambda flux: pion_decay_at_rest(flux).total())(2.0)) == pytest.approx(3.0, rel=1e-14)


@pytest.mark.parametrize("density", [prompt_time, delayed_time])
def test_times_are_normalised_and_causal(density):
    edges = [0.0, 100.0, 1000.0, 1e4, 8e4]  # exp(-8e4/tau_mu) is 1e-16
    total = sum(quad(lambda t: float(density(t)), a, b, epsabs=1e-14)[0] for a, b in pairwise(edges))
    assert total == pytest.approx(1.0, rel=1e-10)
    np.testing.assert_array_equal(density(np.array([-1.0, -1e6])), 0.0)


def test_delayed_time_is_the_convolution_of_both_decays():
    def muon_after(x, t):
        return float(prompt_time(x)) * np.exp(-(t - x) / tau_mu) / tau_mu

    for t in (1.0, 30.0, 500.0, 5000.0):
        after = quad(muon_after, 0, t, args=(t,), points=[min(t / 2, 99.0)], epsrel=1e-11)[0]
        assert float(delayed_time(t)) == pytest.approx(after, rel=1e-10)


@pytest.mark.parametrize("flux", [-1.0, np.nan, np.inf])
def test_bad_flux(flux):
    with pytest.raises(ValueError, match="flux_per_flavour"):
        pion_decay_at_rest(flux)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [((-1.0, 0.1, 1.0), "protons_per_time"), ((1.0, np.nan, 1.0), "yield_per_proton"), ((1.0, 0.1, 0.0), "distance")],
)
def test_bad_spallation_source(arguments, name):
    with pytest.raises(ValueError, match=name):
        from_spallation(*arguments)


def test_bad_time():
    with pytest.raises(ValueError, match="t = nan"):
        prompt_time(np.nan)
