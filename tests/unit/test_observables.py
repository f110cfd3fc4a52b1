"""Event numbers of experiments, and the reach made of them."""

import equinox as eqx
import numpy as np
import pytest
from hepunits import keV, kg, year

import nushine as ns
from nushine.observables import event_map, event_yield, highest_mass, recoil_spectrum, require_reachable


@pytest.fixture(scope="module")
def nucleus() -> ns.Experiment:
    return ns.experiments.load("nucleus-1kg")


@pytest.fixture(scope="module")
def signal() -> ns.Dipole:
    return ns.Dipole(m_N=3.0, mu=1e-8, nature=ns.MAJORANA)


def test_event_numbers_are_rates_times_exposure(nucleus: ns.Experiment, signal: ns.Dipole) -> None:
    rate = ns.sterile_rate(nucleus.source, nucleus.target, signal, nucleus.path, selection=nucleus.selection)
    number = ns.expected_events(nucleus, signal)
    assert float(number) == pytest.approx(float(rate) * 1 * kg * year, rel=1e-12)  # rounding


def test_channels_are_nested(nucleus: ns.Experiment, signal: ns.Dipole) -> None:
    recoil, photon, both = (
        float(ns.expected_events(nucleus, signal, channel)) for channel in (ns.RECOIL, ns.PHOTON, ns.COINCIDENCE)
    )
    assert 0 < both < photon < recoil


def test_recoil_background_is_flat_part_plus_cevns(nucleus: ns.Experiment) -> None:
    quiet = eqx.tree_at(lambda e: e.background, nucleus, ns.Background())
    flat = 100 * 0.98 * 365.25  # /(keV kg day) x window x year
    cevns = ns.background_events(quiet, ns.RECOIL)
    assert ns.background_events(nucleus, ns.RECOIL) == pytest.approx(flat + cevns, rel=1e-9)  # rounding of units
    assert ns.background_events(nucleus, ns.COINCIDENCE) == pytest.approx(flat, rel=1e-9)
    E_R = np.linspace(0.02, 1.0, 4001) * keV
    spectrum = recoil_spectrum(quiet, ns.CEvNS(), E_R)
    # 1e-5: trapezoid with steps of 0.25 eV
    assert float(np.trapezoid(spectrum.density, E_R)) == pytest.approx(cevns, rel=1e-5)


def test_map_and_yield_agree_with_single_numbers(nucleus: ns.Experiment, signal: ns.Dipole) -> None:
    content = event_map(nucleus, [3.0], [1e-9, 1e-8], ns.MAJORANA)
    single = float(ns.expected_events(nucleus, signal))
    assert content.events[0, 1] == pytest.approx(single, rel=1e-12)
    assert float(event_yield(nucleus, signal)(1e-8)) == pytest.approx(single, rel=1e-12)
    # mu^4 at small coupling, up to half the decay probability, which is 4e-6 at the larger moment
    assert content.events[0, 1] / content.events[0, 0] == pytest.approx(1e4, rel=3e-6)


def test_reach_gives_back_its_number_of_events(nucleus: ns.Experiment) -> None:
    for channel in (ns.RECOIL, ns.COINCIDENCE):
        contour = ns.exclusion(nucleus, [1.0, 3.0], nature=ns.MAJORANA, cl=0.90, channel=channel, method="counting")
        for m_N, mu in zip(contour.m_N, contour.mu, strict=True):
            number = float(ns.expected_events(nucleus, ns.Dipole(m_N, mu, ns.MAJORANA), channel))
            assert number == pytest.approx(contour.events, rel=1e-9)  # accuracy asked of the root finder


def test_no_sensitivity_is_infinite_and_not_an_error(nucleus: ns.Experiment) -> None:
    deaf = eqx.tree_at(lambda e: e.selection, nucleus, ns.Selection(E_R_min=0.5, E_R_max=1.0))
    contour = ns.exclusion(deaf, [1.0], channel=ns.RECOIL, method="counting")
    assert np.isinf(contour.mu[0])


def test_masses_above_the_end_point(nucleus: ns.Experiment) -> None:
    limit = highest_mass(nucleus)
    assert float(ns.expected_events(nucleus, ns.Dipole(limit * 1.001, 1e-6))) == 0.0
    assert float(ns.expected_events(nucleus, ns.Dipole(limit * 0.999, 1e-6), ns.RECOIL)) > 0.0
    with pytest.raises(ValueError, match=r"m_N = 12 MeV is above what Chooz can make .* give a mass below"):
        require_reachable(nucleus, [1.0, 12.0])
    with pytest.raises(ValueError, match="m_N = -1 MeV"):
        ns.exclusion(nucleus, [-1.0])


def test_universal_moment_decays_three_times_as_fast(nucleus: ns.Experiment) -> None:
    electron = float(ns.expected_events(nucleus, ns.Dipole(3.0, 1e-9)))
    universal = float(ns.expected_events(nucleus, ns.Dipole(3.0, 1e-9, flavour=ns.UNIVERSAL)))
    muon = float(ns.expected_events(nucleus, ns.Dipole(3.0, 1e-9, flavour=ns.MUON)))
    assert universal / electron == pytest.approx(3.0, rel=1e-6)  # linear in the width at small coupling
    assert muon == 0.0  # reactors make no muon neutrinos
