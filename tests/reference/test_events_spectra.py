"""Samples of events against densities by quadrature that know nothing of how events are drawn.

Seeds are fixed, so that each test passes or fails for good. There are about 130 p-values here: the least of as many
uniform numbers is below P_MIN = 1e-4 for one seed in 80, while a mistake in a shape of more than 1 % gives far less
(see `test_small_mistakes_show`). Means and sums are asked to be within 4 standard deviations (6e-5 by chance).
"""

from collections.abc import Callable
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from event_comparison import Expected, angle
from event_densities import FLAT, Plane
from hepunits import cm, kg, year
from scipy import stats

import nushine as ns
from nushine.detectors import Channel
from nushine.events import Events, Generator, generate
from nushine.experiments import Experiment
from nushine.rates import EVERYTHING, Selection, recoil_rate, scattering_rate, sterile_rate
from nushine.sources.base import Beam, Source
from nushine.sources.pion_decay_at_rest import E_prompt, pion_decay_at_rest
from nushine.targets.compounds import compound

N, PATH, P_MIN = 1_000_000, 5 * cm, 1e-4
WINDOW = Selection(E_R_min=2e-5, E_R_max=1e-3)  # 20 eV to 1 keV


def experiment(formula: str, selection: Selection = EVERYTHING, source: Source | None = None) -> Experiment:
    flux = ns.sources.chooz() if source is None else source
    return Experiment("by hand", flux, compound(formula), 1 * kg, 1 * year, PATH, selection)


def strong(m_N: float, nature: ns.Nature) -> ns.Dipole:
    """A moment for which N of half an MeV decays after one path on average, so that the exponential shows."""
    weak = ns.Dipole(m_N, 1e-8, nature)
    return ns.Dipole(m_N, 1e-8 * float(ns.RADIATIVE.length(m_N + 0.5, weak) / PATH) ** 0.5, nature)


def weak(m_N: float, nature: ns.Nature) -> ns.Dipole:
    return ns.Dipole(m_N, 1e-8, nature)


def plane(of: Experiment, signal: ns.Dipole, decay: ns.Decay = ns.RADIATIVE) -> Plane:
    return Plane(of.source, of.target, signal, PATH, decay, of.selection)


def within(value: float, expected: float, error: float) -> bool:
    return abs(value - expected) < 4 * error


def require(expected: Expected, values: np.ndarray, bins: int = 15) -> None:
    result = expected.compare(values)
    assert min(result.chi2, result.ks) > P_MIN
    assert result.bins >= bins  # the comparison has something to compare


CASES = [  # all of the 24 combinations of mass, nature and target: tools/validate_events.py
    ("CaWO4", 1.0, ns.DIRAC, weak, EVERYTHING),
    ("Al2O3", 0.01, ns.MAJORANA, strong, EVERYTHING),
    ("Al2O3", 5.0, ns.DIRAC, strong, EVERYTHING),
    ("73Ge", 0.01, ns.DIRAC, weak, EVERYTHING),
    ("73Ge", 1.0, ns.MAJORANA, strong, WINDOW),
    ("73Ge", 8.5, ns.DIRAC, strong, EVERYTHING),
]


@pytest.mark.parametrize(("formula", "m_N", "nature", "coupling", "window"), CASES)
def test_spectra(
    formula: str, m_N: float, nature: ns.Nature, coupling: Callable[..., ns.Dipole], window: Selection
) -> None:
    of, signal = experiment(formula, window), coupling(m_N, nature)
    generator = Generator(of, signal)
    sample, expected = generator.sample(N, seed=1), plane(of, signal)
    energies = expected.neutrino_energy()
    # both rates are quadratures, of 5 x 5 points per cell here: 1e-8 is seen
    np.testing.assert_allclose(generator.rate, of.mass * energies.total, rtol=1e-6)
    assert sample.card.rate == generator.rate
    require(energies, sample["E_nu"], 100)
    require(expected.recoil(), sample["E_R"], 100)
    require(expected.angle_of_N(), angle(sample.columns, "N"))
    require(expected.flight(), sample["flight"], 40)
    require(expected.photon_energy(), sample["E_gamma"], 40)
    require(expected.photon_angle(), angle(sample.columns, "gamma"), 30)
    for x, y in (("N_px", "N_py"), ("gamma_px", "gamma_py"), ("A_px", "A_py")):
        turns = np.arctan2(sample[y], sample[x]) / (2 * np.pi) + 0.5
        assert stats.kstest(turns, "uniform").pvalue > P_MIN
    isotopes = of.target.isotopes
    codes = 1_000_000_000 + 10_000 * np.asarray(isotopes.Z) + 10 * np.asarray(isotopes.Z + isotopes.N)
    require_shares(sample["pdg_A"], codes, expected.parts().sum(axis=1))
    assert np.all(sample["weight"] == 1)


def require_shares(values: np.ndarray, codes: np.ndarray, rates: np.ndarray) -> None:
    """Multinomial counts; codes that are expected less than 25 times are left to the chi2 of all others."""
    share = rates / rates.sum()
    counts = np.array([np.count_nonzero(values == code) for code in np.round(codes).astype(int)])
    assert counts.sum() == values.size
    often = share * values.size >= 25
    if np.count_nonzero(often) > 1:
        expected = share[often] / share[often].sum() * counts[often].sum()
        assert stats.chisquare(counts[often], expected).pvalue > P_MIN


def test_small_mistakes_show() -> None:
    """The same comparison with something slightly wrong: it must fail by far."""
    of, signal = experiment("73Ge"), weak(1.0, ns.DIRAC)
    sample = generate(of, signal, N, seed=1)
    require(plane(of, signal).photon_energy(), sample["E_gamma"])
    for wrong in (weak(1.0, ns.MAJORANA), weak(1.02, ns.DIRAC)):
        assert plane(of, wrong).photon_energy().compare(sample["E_gamma"]).chi2 < 1e-20
    heavier = plane(of, weak(1.02, ns.DIRAC))
    assert heavier.recoil().compare(sample["E_R"]).chi2 < 1e-20
    assert plane(of, strong(1.0, ns.DIRAC)).neutrino_energy().compare(sample["E_nu"]).chi2 < 1e-20


# --- rates ---


@pytest.mark.parametrize(("m_N", "window"), [(0.01, WINDOW), (1.0, EVERYTHING), (5.0, WINDOW), (8.5, EVERYTHING)])
def test_rate_is_the_deterministic_one(m_N: float, window: Selection) -> None:
    of, signal = experiment("73Ge", window), weak(m_N, ns.MAJORANA)
    rate = sterile_rate(of.source, of.target, signal, PATH, selection=window)
    # both are quadratures of 1e-7 or better where few N decay within the path
    np.testing.assert_allclose(Generator(of, signal).rate, of.mass * rate, rtol=1e-6)
    rate = scattering_rate(of.source, of.target, signal, window)
    np.testing.assert_allclose(Generator(of, signal, ns.RECOIL).rate, of.mass * rate, rtol=1e-6)


CUT = Selection(E_R_min=2e-5, E_R_max=1e-3, E_gamma_min=0.4, cos_theta_min=0.3)


@pytest.mark.parametrize("channel", [ns.COINCIDENCE, ns.PHOTON])
def test_share_of_seen_events(channel: Channel) -> None:
    of, signal = experiment("73Ge", CUT), strong(1.0, ns.DIRAC)
    seen = generate(of, signal, N, seed=2, channel=channel)["seen"].mean()
    asked = channel.selection(CUT)
    everywhere = Selection(asked.E_R_min, asked.E_R_max)
    part, whole = (float(sterile_rate(of.source, of.target, signal, PATH, selection=s)) for s in (asked, everywhere))
    assert 0.1 < part / whole < 0.9
    # rates with a cone are good to 2e-6 (docs/validation), a tenth of a standard deviation at most
    assert within(seen, part / whole, (part / whole * (1 - part / whole) / N) ** 0.5)


# --- channels, processes and sources ---


def recoils(of: Experiment, process: ns.Dipole | ns.CEvNS, bins: np.ndarray) -> Expected:
    """From the closed form of the recoil spectrum, with 8 Gauss points in each bin."""
    x, w = np.polynomial.legendre.leggauss(8)
    E_R = (bins[:-1, None] + bins[1:, None]) / 2 + np.diff(bins)[:, None] / 2 * x
    spectrum = np.asarray(recoil_rate(E_R, of.source, of.target, process))
    return Expected(bins, np.diff(bins) / 2 * (spectrum @ w))


@pytest.mark.parametrize("process", [ns.Dipole(0.0, 1e-8), ns.CEvNS()], ids=["massless N", "CEvNS"])
def test_recoils_of_what_does_not_decay(process: ns.Dipole | ns.CEvNS) -> None:
    of = experiment("73Ge", Selection(2e-5, 2e-3))
    sample = generate(of, process, N, seed=3, channel=ns.RECOIL)
    expected = recoils(of, process, np.geomspace(2e-5, 2e-3, 121))
    np.testing.assert_allclose(sample.card.rate, of.mass * expected.total, rtol=1e-6)  # kinks of the flux in bins: 1e-7
    require(expected, sample["E_R"], 100)
    require(Plane(of.source, of.target, process, window=of.selection).neutrino_energy(), sample["E_nu"], 80)
    assert np.all(sample["seen"])
    assert np.all(np.isinf(sample["flight"]))
    assert np.all(sample["mode"] == -1)
    assert not any(np.any(np.isnan(sample[name])) for name in sample)


def test_recoil_channel_follows_N_wherever_it_decays() -> None:
    of, signal = experiment("73Ge", Selection(2e-5, 2e-3)), strong(1.0, ns.DIRAC)
    sample = generate(of, signal, N, seed=4, channel=ns.RECOIL)
    expected = recoils(of, signal, np.geomspace(2e-5, 2e-3, 121))
    np.testing.assert_allclose(sample.card.rate, of.mass * expected.total, rtol=1e-6)  # as above
    require(expected, sample["E_R"], 100)
    share = plane(of, signal).recoil().total / expected.total
    assert within(sample["inside"].mean(), share, (share * (1 - share) / N) ** 0.5)
    np.testing.assert_array_equal(sample["inside"], sample["flight"] <= PATH)
    length = np.asarray(ns.RADIATIVE.length(sample["E_N"], signal))
    assert stats.kstest(sample["flight"] / length, "expon").pvalue > P_MIN
    assert np.all(sample["seen"])


def test_prompt_decays_are_where_N_is_made() -> None:
    of, signal = experiment("73Ge"), weak(1.0, ns.DIRAC)
    sample = generate(of, signal, N, seed=5, decay=ns.PROMPT)
    expected = Plane(of.source, of.target, signal, PATH, ns.PROMPT)
    np.testing.assert_allclose(sample.card.rate, of.mass * scattering_rate(of.source, of.target, signal), rtol=1e-6)
    require(expected.recoil(), sample["E_R"], 100)
    require(expected.photon_energy(), sample["E_gamma"], 30)
    assert np.all(sample["flight"] == 0)
    assert np.all(sample["decay_t"] == 0)
    assert np.all(sample["inside"])


@pytest.mark.parametrize("channel", [ns.COINCIDENCE, ns.RECOIL])
def test_several_modes(channel: Channel) -> None:
    of, signal = experiment("73Ge"), weak(2.0, ns.MAJORANA)
    width = float(ns.RADIATIVE.width(signal))
    decay = ns.Decay((ns.Radiative(), ns.ToSterile(0.7, 1e-8, 0.6e-8), ns.Invisible(width)))
    modes = [float(np.asarray(mode.width(signal))) for mode in decay.modes]
    sample = generate(of, signal, N, seed=6, channel=channel, decay=decay)
    asked = np.array(modes[:2] if channel.photon else modes)
    counts = np.bincount(sample["mode"], minlength=asked.size)
    assert stats.chisquare(counts, N * asked / asked.sum()).pvalue > P_MIN
    labels = np.array([np.count_nonzero(sample["lepton_number"][sample["mode"] == 0] == k) for k in (1, -1)])
    assert stats.chisquare(labels).pvalue > P_MIN
    assert np.all(sample["lepton_number"][sample["mode"] > 0] == 0)
    if channel.photon:
        rate = sterile_rate(of.source, of.target, signal, PATH, decay)
        np.testing.assert_allclose(sample.card.rate, of.mass * rate, rtol=1e-6)
        expected = plane(of, signal, decay)
        require(expected.photon_energy(120), sample["E_gamma"], 60)  # both lines: two cusps
    else:
        dark = sample["mode"] == 2
        np.testing.assert_array_equal(sample["E_gamma"] == 0, dark)
        np.testing.assert_array_equal(sample["pdg_out"] == 0, dark)


def test_pion_decay_at_rest() -> None:
    of = experiment("73Ge", source=pion_decay_at_rest(1e-3))
    signal = ns.Dipole(10.0, 1e-8, flavour=ns.Flavour(e=1.0, mu=0.5, tau=0.7))
    sample, expected = generate(of, signal, N, seed=7), plane(of, signal)
    energies = expected.neutrino_energy()
    np.testing.assert_allclose(sample.card.rate, of.mass * energies.total, rtol=1e-6)
    require(energies, sample["E_nu"], 80)
    require(expected.recoil(), sample["E_R"], 100)
    require(expected.angle_of_N(), angle(sample.columns, "N"), 15)
    require_shares(sample["pdg_nu"], np.array([14, 12, -14]), expected.parts().sum(axis=0))
    np.testing.assert_array_equal(sample["pdg_nu"] == 14, sample["E_nu"] == E_prompt)
    moments = np.array([1.0, 0.25, 0.49])
    counts = [np.count_nonzero(np.abs(sample["pdg_out"]) == code) for code in (12, 14, 16)]
    assert stats.chisquare(counts, N * moments / moments.sum()).pvalue > P_MIN


def test_a_beam_of_several_flavours() -> None:
    beam = ns.sources.chooz().beams[0]
    mixed = Source("mixed", (Beam(beam.continuum, flavour=ns.Flavour(0.5, 0.2, 0.3)),))
    signal = ns.Dipole(1.0, 1e-8, flavour=ns.Flavour(1.0, 2.0, 0.0))
    sample = generate(experiment("73Ge", source=mixed), signal, N, seed=8)
    require_shares(sample["pdg_nu"], np.array([12, 14]), np.array([0.5, 0.8]))  # fraction times squared moment
    require_shares(sample["pdg_out"], np.array([12, 14]), np.array([1.0, 4.0]))


# --- weights ---


def rare(E_nu: jnp.ndarray, E_R: jnp.ndarray) -> jnp.ndarray:
    """More events at large recoils."""
    return 0.02 + E_nu * E_R / 1e-3


def require_weighted(expected: Expected, sample: Events, name: str, mass: float) -> None:
    """Sums of weights, times the rate over n, are rates: normal where the effective number of events is 200 or more."""
    x, w = sample[name], sample["weight"]
    sums, squares = (np.histogram(x, expected.edges, weights=v)[0] for v in (w, w**2))
    enough = sums**2 >= 200 * np.maximum(squares, 1e-300)
    mean = mass * expected.rates / sample.card.rate * len(sample)
    pulls = (sums - mean)[enough] / np.sqrt(squares[enough])
    assert pulls.size > 30
    assert stats.chi2.sf(np.sum(pulls**2), pulls.size) > P_MIN


def test_importance_moves_the_events_and_not_the_spectra() -> None:
    of, signal = experiment("73Ge"), weak(1.0, ns.DIRAC)
    sample = generate(of, signal, N, seed=9, importance=rare)
    expected, w = plane(of, signal), sample["weight"]
    energies, recoil = expected.neutrino_energy(), expected.recoil()
    np.testing.assert_allclose(sample.card.rate, of.mass * energies.total, rtol=1e-6)
    assert within(w.mean(), 1.0, w.std() / N**0.5)
    far = recoil.edges[:-1] > 3e-4
    plain = recoil.rates[far].sum() / recoil.total
    assert np.mean(sample["E_R"] > 3e-4) > 10 * plain
    require_weighted(energies, sample, "E_nu", of.mass)
    require_weighted(recoil, sample, "E_R", of.mass)


def test_forced_decays_carry_their_probability() -> None:
    of, signal = experiment("73Ge"), strong(1.0, ns.DIRAC)
    sample = generate(of, signal, N, seed=10, channel=ns.RECOIL, forced=True)
    assert np.all(sample["inside"])
    inside, everywhere = plane(of, signal).flight(), float(scattering_rate(of.source, of.target, signal))
    w, rate = sample["weight"], sample.card.rate
    np.testing.assert_allclose(rate, of.mass * inside.total, rtol=1e-6)  # both are quadratures
    probability = np.asarray(ns.RADIATIVE.probability(sample["E_N"], PATH, signal))
    np.testing.assert_allclose(w, probability * everywhere / inside.total, rtol=1e-6)
    assert within(w.mean(), 1.0, w.std() / N**0.5)
    require_weighted(inside, sample, "flight", of.mass)


def test_forced_decays_in_a_geometry_have_the_rate_of_those_that_happen_inside() -> None:
    nucleus, signal = ns.experiments.load("nucleus-10g"), ns.Dipole(3.0, 1e-6, ns.MAJORANA)
    plain, forced = (generate(nucleus, signal, N, seed=11, forced=f) for f in (False, True))
    happens = plain.card.cross_section * np.mean(plain["inside"])
    error = plain.card.cross_section * np.std(plain["inside"]) / N**0.5
    assert within(forced.card.cross_section, happens, error)
    assert 0 < forced.card.cross_section_error < error
    w = forced["weight"]
    assert within(w.mean(), 1.0, w.std() / N**0.5)
    assert np.all(forced["inside"])
    seen = [s.card.rate * s["weight"] * s["seen"] for s in (plain, forced)]
    assert within(seen[0].mean(), seen[1].mean(), np.hypot(seen[0].std(), seen[1].std()) / N**0.5)


# --- displaced decays ---


NEAR = 0.4 * PATH


@pytest.mark.parametrize("coupling", [weak, strong])
def test_displaced_decays(coupling: Callable[..., ns.Dipole]) -> None:
    """Rate, recoils and photons are those of all decays within the path without those within the least flight."""
    displaced = Selection(2e-5, 1e-3, flight_min=NEAR)
    of, signal = experiment("73Ge", displaced), coupling(1.0, ns.DIRAC)
    sample = generate(of, signal, N, seed=12)
    rate = sterile_rate(of.source, of.target, signal, PATH, selection=displaced)
    # strong couplings: 4e-5 is what the quadrature of the rate is good to
    np.testing.assert_allclose(sample.card.rate, of.mass * rate, rtol=1e-6 if coupling is weak else 1e-4)
    whole, begin = (Plane(of.source, of.target, signal, path, ns.RADIATIVE, WINDOW) for path in (PATH, NEAR))
    for spectrum, values in (
        (lambda p: p.recoil(), sample["E_R"]),
        (lambda p: p.neutrino_energy(), sample["E_nu"]),
        (lambda p: p.photon_energy(), sample["E_gamma"]),
    ):
        all_, near = spectrum(whole), spectrum(begin)
        np.testing.assert_array_equal(all_.edges, near.edges)
        require(Expected(all_.edges, all_.rates - near.rates), values, 30)
    assert sample["flight"].min() >= NEAR
    assert sample["flight"].max() <= PATH
    assert np.all(sample["inside"])
    assert np.all(sample["seen"])
    length = np.asarray(ns.RADIATIVE.length(sample["E_N"], signal))
    share = np.expm1(-(sample["flight"] - NEAR) / length) / np.expm1(-(PATH - NEAR) / length)
    assert stats.kstest(share, "uniform").pvalue > P_MIN


def test_displaced_decays_in_a_geometry() -> None:
    nucleus, signal = ns.experiments.load("nucleus-10g"), ns.Dipole(3.0, 1e-6, ns.MAJORANA)
    displaced = replace(nucleus, selection=replace(nucleus.selection, flight_min=10.0))
    samples = [
        generate(e, signal, 200_000, seed=13, forced=f)
        for e, f in ((nucleus, False), (displaced, False), (displaced, True))
    ]
    every, far, forced = samples
    far_rates = [s.card.rate * s["weight"] * (s["inside"] & (s["flight"] >= 10)) for s in samples]
    for rates in far_rates[1:]:
        error = np.hypot(far_rates[0].std(), rates.std()) / 200_000**0.5
        assert within(rates.mean(), far_rates[0].mean(), error)
    for sample in (far, forced):
        assert sample["flight"].min() >= 10
    assert np.any(every["seen"] & (every["flight"] < 10))
    assert np.all(forced["inside"] == (forced["weight"] > 0))


def test_displaced_decays_that_cannot_be_are_refused() -> None:
    of = experiment("73Ge", Selection(flight_min=PATH))
    with pytest.raises(ValueError, match="flight_min = 50 mm: N may fly 50 mm at most; give less"):
        Generator(of, weak(1.0, ns.DIRAC))
    with pytest.raises(ValueError, match="flight_min = 1 mm: prompt decays have no flight"):
        Generator(experiment("73Ge", Selection(flight_min=1.0)), weak(1.0, ns.DIRAC), decay=ns.PROMPT)
    assert Generator(of, weak(1.0, ns.DIRAC), ns.RECOIL).rate > 0


def test_no_decay_asked_for_is_probability_one() -> None:
    of, signal = experiment("73Ge"), weak(1.0, ns.DIRAC)
    total = Plane(of.source, of.target, signal, decay=FLAT).recoil().total
    np.testing.assert_allclose(total, scattering_rate(of.source, of.target, signal), rtol=1e-8)
