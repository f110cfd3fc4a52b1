"""Each event by itself: four-momenta, the spin of N and what its photon does with it, labels.

Seeds are fixed; means are asked to be within 4 standard deviations (6e-5 by chance), p-values to be above 1e-4.
"""

from typing import NamedTuple

import dirac
import numpy as np
import pytest
from hepunits import c_light, cm, kg, year
from scipy import stats

import nushine as ns
from nushine.events import Events, generate
from nushine.experiments import Experiment
from nushine.sources.base import Beam, Source
from nushine.targets.compounds import compound

N, PATH, M_NP = 200_000, 5 * cm, 0.8
TWO_MODES = ns.Decay((ns.Radiative(), ns.ToSterile(M_NP, 1e-8, 0.5e-8)))
ASYMMETRY = -2 * 0.5 / (1 + 0.5**2)  # of the second mode of a Dirac N: -2 mu eps / (mu^2 + eps^2); Majorana: 0


class Case(NamedTuple):
    """What was generated."""

    m_N: float
    nature: ns.Nature
    antineutrino: bool
    formula: str
    decay: ns.Decay


CASES = {
    "light Dirac": Case(0.01, ns.DIRAC, True, "73Ge", ns.RADIATIVE),
    "Dirac": Case(2.0, ns.DIRAC, False, "Al2O3", TWO_MODES),
    "anti-Dirac": Case(2.0, ns.DIRAC, True, "Al2O3", TWO_MODES),
    "Majorana": Case(5.0, ns.MAJORANA, False, "73Ge", TWO_MODES),
    "Majorana from antineutrinos": Case(5.0, ns.MAJORANA, True, "73Ge", TWO_MODES),
    "heavy Majorana": Case(8.5, ns.MAJORANA, True, "CaWO4", ns.RADIATIVE),
}


def made(case: Case) -> Events:
    """A sample with the moment so large that N decays after about a path, from the flux of a reactor."""
    flux = ns.sources.chooz().beams[0].continuum
    source = Source("a reactor, or its mirror", (Beam(flux, antineutrino=case.antineutrino),))
    of = Experiment("by hand", source, compound(case.formula), 1 * kg, 1 * year, PATH)
    signal = ns.Dipole(case.m_N, 1e-8, case.nature)
    return generate(of, signal, N, seed=11, decay=case.decay)


@pytest.fixture(scope="module", params=CASES)
def sample(request: pytest.FixtureRequest) -> tuple[Case, Events]:
    case = CASES[request.param]
    return case, made(case)


def p3(events: Events, particle: str) -> np.ndarray:
    return np.stack([events[f"{particle}_p{axis}"] for axis in "xyz"])


def spin_of(events: Events) -> np.ndarray:
    return np.stack([events[f"N_s{axis}"] for axis in "xyz"])


def size(v: np.ndarray) -> np.ndarray:
    return np.sqrt(np.sum(v**2, axis=0))


def photon_at_rest(events: Events, m_N: float) -> np.ndarray:
    """Photon momentum in the rest frame of N, boosted back along the momentum of N."""
    p, k, E, E_gamma = p3(events, "N"), p3(events, "gamma"), events["E_N"], events["E_gamma"]
    return k + p * (np.sum(p * k, axis=0) / (E + m_N) - E_gamma) / m_N


def m_out(events: Events) -> np.ndarray:
    return np.where(np.abs(events["pdg_out"]) == 9900014, M_NP, 0.0)


# --- four-momenta ---


def test_four_momentum_is_conserved_at_both_vertices(sample: tuple[Case, Events]) -> None:
    _, events = sample
    beam = np.stack([0 * events["E_nu"], 0 * events["E_nu"], events["E_nu"]])
    pairs = [
        (p3(events, "N") + p3(events, "A"), beam, events["E_nu"]),
        (events["E_N"] + events["E_R"], events["E_nu"], events["E_nu"]),
        (p3(events, "gamma") + p3(events, "out"), p3(events, "N"), events["E_N"]),
        (events["E_gamma"] + events["E_out"], events["E_N"], events["E_N"]),
    ]
    for after, before, scale in pairs:  # rounding of a few sums: 1e-15; 1e-10 is what is promised
        assert np.max(np.abs(after - before) / scale) < 1e-10


def test_everything_is_on_shell(sample: tuple[Case, Events]) -> None:
    case, events = sample
    p_N, p_A, p_out = size(p3(events, "N")), size(p3(events, "A")), size(p3(events, "out"))
    np.testing.assert_allclose(size(p3(events, "gamma")), events["E_gamma"], rtol=1e-14)
    # E^2 - p^2 for N: rounding of the squares
    np.testing.assert_allclose(np.hypot(p_N, case.m_N), events["E_N"], rtol=1e-10)
    np.testing.assert_allclose(p_A**2, events["E_R"] * (events["E_R"] + 2 * events["m_A"]), rtol=1e-10)
    np.testing.assert_allclose(np.hypot(p_out, m_out(events)), events["E_out"], rtol=1e-14)
    E_rest = (case.m_N**2 - m_out(events) ** 2) / (2 * case.m_N)
    # boosted back from E_N/m_N up to 1e3, squared: nine digits are left
    np.testing.assert_allclose(size(photon_at_rest(events, case.m_N)), E_rest, rtol=1e-8)


def test_places_and_times(sample: tuple[Case, Events]) -> None:
    _, events = sample
    p, flight = p3(events, "N"), events["flight"]
    path = np.stack([events[f"decay_{axis}"] - events[axis] for axis in "xyz"])
    np.testing.assert_allclose(path, flight * p / size(p), atol=1e-10)
    np.testing.assert_allclose(events["decay_t"], flight * events["E_N"] / (size(p) * c_light), rtol=1e-10)
    assert np.all((flight >= 0) & (flight <= PATH))


# --- the spin ---


def test_spin_has_unit_length(sample: tuple[Case, Events]) -> None:
    _, events = sample
    # spin-1/2 nuclei leave N short of full polarisation by less than (E_nu/m_A)^2, 2e-7 on oxygen and heavier; light N
    # lose E_nu^2/m_N^2 = 1e6 times the rounding within the last digits above E_R_min (`polarisation`, Notes)
    np.testing.assert_allclose(size(spin_of(events)), 1.0, atol=1e-6)
    assert np.all(size(spin_of(events)) <= 1 + 1e-12)


def test_spin_of_antiparticles_is_opposite_and_their_photons_are_the_same() -> None:
    for one, other in (("Dirac", "anti-Dirac"), ("Majorana", "Majorana from antineutrinos")):
        matter, antimatter = made(CASES[one]), made(CASES[other])
        np.testing.assert_array_equal(spin_of(matter), -spin_of(antimatter))
        changed = {"N_sx", "N_sy", "N_sz", "pdg_nu", "pdg_N", "pdg_out"}
        for name in set(matter) - changed:
            np.testing.assert_array_equal(matter[name], antimatter[name], err_msg=name)


def test_photons_follow_the_spin(sample: tuple[Case, Events]) -> None:
    """1 + a cos about the spin: its mean cosine is a/3, and the azimuth about it is uniform."""
    case, events = sample
    sign = -1 if case.antineutrino else 1
    k = photon_at_rest(events, case.m_N)
    S = sign * spin_of(events)  # as of N from neutrinos
    cosine = np.clip(np.sum(S * k, axis=0) / (size(S) * size(k)), -1.0, 1.0)
    to_sterile = 0.0 if case.nature is ns.MAJORANA else ASYMMETRY
    for label, a in ((1, -1.0), (-1, 1.0), (0, to_sterile)):
        c = cosine[events["lepton_number"] == label]
        assert (c.size > 10_000) == (
            (label == 1) or (label == -1 and case.nature is ns.MAJORANA) or (label == 0 and case.decay is TWO_MODES)
        )
        if c.size:
            assert abs(c.mean() - a / 3) < 4 * c.std() / c.size**0.5
            assert stats.kstest(c, lambda x, a=a: (1 + x) / 2 + a * (x * x - 1) / 4).pvalue > 1e-4
    normal = np.cross(p3(events, "N"), [0.0, 0.0, 1.0], axisa=0, axisc=0)
    normal /= size(normal)
    third = np.cross(S, normal, axisa=0, axisb=0, axisc=0)
    turns = np.arctan2(np.sum(third * k, axis=0), np.sum(normal * k, axis=0)) / (2 * np.pi) + 0.5
    assert stats.kstest(turns, "uniform").pvalue > 1e-4


def in_plane(v: np.ndarray, phi: float) -> np.ndarray:
    """Rotate about the beam, so that N is in the x-z plane."""
    c, s = np.cos(phi), np.sin(phi)
    return np.array([c * v[0] + s * v[1], -s * v[0] + c * v[1], v[2]])


def spin_of_target(events: Events, i: int, formula: str) -> float:
    isotopes = compound(formula).isotopes
    A = (int(events["pdg_A"][i]) // 10) % 1000
    return float(np.asarray(isotopes.spin)[np.flatnonzero(np.asarray(isotopes.Z + isotopes.N) == A)[0]])


def test_momenta_and_spin_are_those_of_the_traces(sample: tuple[Case, Events]) -> None:
    case, events = sample
    for i in range(0, 8 * 997, 997):
        arguments = float(events["E_nu"][i]), float(events["E_R"][i]), case.m_N, float(events["m_A"][i])
        p = dirac.momenta(*arguments)[2].astype(float)
        phi = np.arctan2(events["N_py"][i], events["N_px"][i])
        np.testing.assert_allclose(in_plane(p3(events, "N")[:, i], phi), p[1:], atol=1e-12 * arguments[0])
        S = dirac.spin_vector(*arguments, spin_of_target(events, i, case.formula), case.antineutrino).astype(float)
        at_rest = S[1:] - p[1:] * S[0] / (p[0] + case.m_N)  # S grows with E_N/m_N, 1e3 for light N: 1e-12 is left
        np.testing.assert_allclose(in_plane(spin_of(events)[:, i], phi), at_rest, atol=1e-9)


@pytest.mark.parametrize("name", ["Dirac", "anti-Dirac", "Majorana", "Majorana from antineutrinos"])
def test_photons_of_each_label_follow_one_trace_through_the_chain(name: str) -> None:
    """No spin vector here: the weight w of one trace through production and decay has the mean of w^2, 4/3."""
    case = CASES[name]
    events = made(case)
    weights = []
    for i in np.flatnonzero(events["lepton_number"] != 0)[:150]:
        arguments = float(events["E_nu"][i]), float(events["E_R"][i]), case.m_N, float(events["m_A"][i])
        phi = np.arctan2(events["N_py"][i], events["N_px"][i])
        photon = np.array([events["E_gamma"][i], *in_plane(p3(events, "gamma")[:, i], phi)])
        lnv = bool(events["lepton_number"][i] < 0)
        weights.append(float(dirac.joint_weight(*arguments, photon, lnv, 0, case.antineutrino)))
    w = np.array(weights)
    assert np.all((w > -1e-6) & (w < 2 + 1e-6))
    # the opposite sign would give 2/3: 17 standard deviations away
    assert abs(w.mean() - 4 / 3) < 4 * w.std() / w.size**0.5


# --- labels ---


def test_labels_agree(sample: tuple[Case, Events]) -> None:
    case, events = sample
    sign, majorana = (-1 if case.antineutrino else 1), case.nature is ns.MAJORANA
    assert np.all(events["pdg_nu"] == 12 * sign)
    assert np.all(events["pdg_N"] == (9900012 if majorana else 9900012 * sign))
    label, out, mode = events["lepton_number"], events["pdg_out"], events["mode"]
    np.testing.assert_array_equal(label == 0, mode == 1)
    np.testing.assert_array_equal(out[label != 0], 12 * sign * label[label != 0])
    assert np.all(out[label == 0] == (9900014 if majorana else 9900014 * sign))
    isotopes = compound(case.formula).isotopes
    for Z, A, m_A in zip(isotopes.Z, isotopes.Z + isotopes.N, isotopes.m_A, strict=True):
        of = events["pdg_A"] == 1_000_000_000 + 10_000 * round(float(Z)) + 10 * round(float(A))
        assert np.all(events["m_A"][of] == float(m_A))
    assert np.all(events["detector"] == 0)
    assert np.all(events["crystal"] == 0)
    np.testing.assert_array_equal(events["event"], np.arange(N))
