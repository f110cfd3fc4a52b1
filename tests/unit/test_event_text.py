"""Events as HepMC3 and LHE, read back by pyhepmc and pylhe."""

from pathlib import Path
from typing import Any

import numpy as np
import pyhepmc
import pylhe
import pytest

from made_events import M_A, M_N, made
from nushine.events import particles
from nushine.events.record import Events
from nushine.io.events import write_events

SMALL = 500

# Text with 17 digits gives back each number exactly; sums of up to four energies, of which that of the nucleus is
# 7e4 MeV, round to a few 1e-11 MeV
EXACT = {"rtol": 0, "atol": 0}
SUM = {"rtol": 0, "atol": 1e-10}


def written(folder: Path, ending: str, events: Events) -> Path:
    path = folder / f"events.{ending}"
    write_events(path, events)
    return path


# HepMC3


def hepmc3(folder: Path, events: Events) -> list[Any]:
    with pyhepmc.open(str(written(folder, "hepmc3", events))) as file:
        return list(file)


def column(found: list[Any], number: int, what: str) -> list[float]:
    return [getattr(event.particles[number].momentum, what) for event in found]


def test_hepmc3_events_are_graphs_with_decay_vertex(tmp_path: Path) -> None:
    events = made(SMALL)
    found = hepmc3(tmp_path, events)
    assert [event.event_number for event in found] == list(range(SMALL))
    for event in found:
        assert [p.status for p in event.particles] == [4, 20, 2, 1, 1, 1]
        assert [p.pid for p in event.particles] == [-12, 1000320730, -9900012, 1000320730, 22, -12]
        assert [v.status for v in event.vertices] == [1, 22]
        assert [p.id for p in event.vertices[1].particles_in] == [3]
        assert [p.id for p in event.vertices[1].particles_out] == [5, 6]
        assert [p.generated_mass for p in event.particles] == [0, M_A, M_N, M_A, 0, 0]
        assert (event.momentum_unit, event.length_unit) == (pyhepmc.Units.MEV, pyhepmc.Units.MM)
        for vertex in event.vertices:
            for what in ("px", "py", "pz", "e"):
                flow = sum(getattr(p.momentum, what) for p in vertex.particles_out) - sum(
                    getattr(p.momentum, what) for p in vertex.particles_in
                )
                assert abs(flow) <= SUM["atol"]
    np.testing.assert_allclose(column(found, 4, "e"), events["E_gamma"], **EXACT)
    np.testing.assert_allclose(column(found, 5, "px"), events["out_px"], **EXACT)
    np.testing.assert_allclose(column(found, 0, "pz"), events["E_nu"], **EXACT)
    np.testing.assert_allclose([event.vertices[1].position.x for event in found], events["decay_x"], **EXACT)
    # c t in mm: the speed of light in mm/ns, twice rounded
    np.testing.assert_allclose([e.vertices[1].position.t for e in found], events["decay_t"] * 299.792458, rtol=1e-15)
    np.testing.assert_allclose([event.weight("CV") for event in found], events["weight"], **EXACT)


def test_hepmc3_follows_nuhepmc(tmp_path: Path) -> None:
    events = made(3)
    event = hepmc3(tmp_path, events)[0]
    run = event.run_info
    about = {name: str(value) for name, value in run.attributes.items()}
    assert [about[f"NuHepMC.Version.{part}"] for part in ("Major", "Minor", "Patch")] == ["1", "0", "0"]  # G.R.2
    assert (run.tools[0].name, run.tools[0].version) == ("nushine", "0.1.dev0")  # G.R.3
    assert set(about["NuHepMC.Conventions"].split()) >= {"G.C.2"}  # G.R.4, G.R.5
    # 1 pb = 1e-36 cm^2 = 1e-34 mm^2; 15 digits in the head, 9 in HepMC3's own line
    assert float(about["NuHepMC.FluxAveragedTotalCrossSection"]) == pytest.approx(1.2345678901234567e-9, rel=1e-14)
    assert event.cross_section.xsec() == pytest.approx(1.2345678901234567e-9, rel=1e-8)
    assert about["NuHepMC.Units.CrossSection.Unit"] == "pb"  # G.R.6
    assert about["NuHepMC.Units.CrossSection.TargetScale"] == "PerAtom"
    assert run.weight_names == ["CV"]  # G.R.7
    for ids, info, used in (
        ("ProcessIDs", "ProcessInfo", {int(str(event.attributes["signal_process_id"]))}),  # G.R.8, E.R.3
        ("VertexStatusIDs", "VertexStatusInfo", {v.status for v in event.vertices}),  # G.R.9
        ("ParticleStatusIDs", "ParticleStatusInfo", {p.status for p in event.particles}),  # G.R.10
    ):
        declared = {int(code) for code in about[f"NuHepMC.{ids}"].split()}
        assert used <= declared
        for code in declared:
            assert about[f"NuHepMC.{info}[{code}].Name"]
            assert about[f"NuHepMC.{info}[{code}].Description"]
    beyond = {int(code) for code in about["NuHepMC.AdditionalParticleNumbers"].split()}  # G.R.11
    assert beyond == {s * code for code in (particles.N, particles.N_PRIME) for s in (1, -1)}
    assert all(about[f"NuHepMC.AdditionalParticleNumber[{code}].Name"] for code in beyond)
    where = [float(x) for x in str(event.attributes["lab_pos"]).split()]  # E.R.5
    assert where == [events[axis][0] for axis in "xyz"]
    assert [float(x) for x in str(event.attributes["N_spin"]).split()] == [events[f"N_s{axis}"][0] for axis in "xyz"]
    assert [v.status for v in event.vertices].count(1) == 1  # E.R.6
    assert [p.status for p in event.particles].count(4) == [p.status for p in event.particles].count(20) == 1  # E.R.7


def test_hepmc3_without_decay_has_one_vertex(tmp_path: Path) -> None:
    cevns = hepmc3(tmp_path, made(5, decays=False, m_N=0.0, modes=()))
    for event in cevns:
        assert len(event.vertices) == 1
        assert [p.pid for p in event.particles] == [-12, 1000320730, -12, 1000320730]
        assert [p.status for p in event.particles] == [4, 20, 1, 1]
        assert [p.generated_mass for p in event.particles] == [0, M_A, 0, M_A]
        assert str(event.attributes["signal_process_id"]) == "150"


def mixed(n: int) -> Events:
    """Every other N decays to nothing that is seen."""
    events = made(n)
    hidden = events["event"] % 2 == 1
    columns = dict(events.columns)
    for name in ("E_gamma", "pdg_out", "E_out", *(f"{who}_p{axis}" for who in ("gamma", "out") for axis in "xyz")):
        columns[name] = np.where(hidden, 0, columns[name]).astype(columns[name].dtype)
    return Events(columns, events.card)


def test_hepmc3_of_a_mixture_has_each_event_in_its_own_form(tmp_path: Path) -> None:
    found = hepmc3(tmp_path, mixed(6))
    assert [len(event.vertices) for event in found] == [2, 1, 2, 1, 2, 1]
    assert [len(event.particles) for event in found] == [6, 4, 6, 4, 6, 4]
    assert [event.particles[2].status for event in found] == [2, 1, 2, 1, 2, 1]
    assert all(event.particles[2].generated_mass == M_N for event in found)


def test_n_prime_has_the_mass_of_its_momentum(tmp_path: Path) -> None:
    events = made(SMALL)
    columns = {**events.columns, "pdg_out": np.full(SMALL, particles.N_PRIME, "int32")}
    columns["E_out"] = np.sqrt(events["E_out"] ** 2 + 1.5**2)
    masses = [e.particles[5].generated_mass for e in hepmc3(tmp_path, Events(columns, events.card))]
    np.testing.assert_allclose(masses, 1.5, rtol=1e-13)  # E^2 - p^2 at 10 MeV, rounded at 1e-14 MeV^2


# LHE


def test_lhe_is_read_by_pylhe(tmp_path: Path) -> None:
    events = made(SMALL)
    file = pylhe.LHEFile.fromfile(written(tmp_path, "lhe", events))
    start = file.init
    assert (start.initInfo.beamA, start.initInfo.beamB, start.initInfo.weightingStrategy) == (-12, 1000320730, 4)
    assert start.procInfo[0].xSection == pytest.approx(1.2345678901234567e-9, rel=1e-15)
    assert start.generators[0].name == "nushine"
    found = list(file.events)
    assert len(found) == SMALL
    for event in found:
        assert [p.id for p in event.particles] == [-12, 1000320730, -9900012, 1000320730, 22, -12]
        assert [p.status for p in event.particles] == [-1, -1, 2, 1, 1, 1]
        assert [event.mother_indices(p) for p in event.particles] == [[], [], [0, 1], [0, 1], [2], [2]]
        assert {(p.color1, p.color2) for p in event.particles} == {(0, 0)}
        for what in ("px", "py", "pz", "e"):
            flow = sum(
                getattr(p, what) * (1 if p.status == 1 else -1 if p.status == -1 else 0) for p in event.particles
            )
            assert abs(flow) <= 1e-3 * SUM["atol"]  # now in GeV
    np.testing.assert_allclose([e.particles[4].e * 1e3 for e in found], events["E_gamma"], rtol=1e-15)
    sigma = start.procInfo[0].xSection
    np.testing.assert_allclose([e.eventinfo.weight for e in found], events["weight"] * sigma, rtol=1e-15)
    scale = np.sqrt(2 * events["m_A"] * events["E_R"]) * 1e-3
    np.testing.assert_allclose([e.eventinfo.scale for e in found], scale, rtol=1e-15)


def test_lhe_has_proper_lifetime_and_helicity(tmp_path: Path) -> None:
    events = made(SMALL)
    found = list(pylhe.LHEFile.fromfile(written(tmp_path, "lhe", events)).events)
    p = np.sqrt(sum(events[f"N_p{axis}"] ** 2 for axis in "xyz"))
    # c tau = flight / (beta gamma), and beta gamma = p / m; both from the same numbers, rounded a few times
    np.testing.assert_allclose([e.particles[2].lifetime for e in found], events["flight"] * M_N / p, rtol=1e-13)
    along = sum(events[f"N_s{axis}"] * events[f"N_p{axis}"] for axis in "xyz") / p
    np.testing.assert_allclose([e.particles[2].spin for e in found], along, atol=1e-15)
    assert {tuple(e.particles[i].spin for i in (0, 1, 3, 4, 5)) for e in found} == {(1, 9, 9, 9, 1)}  # antineutrinos
    words = found[0].optional[0].split()
    assert [float(x) for x in words[2:5]] == [events[axis][0] for axis in "xyz"]
    assert [float(x) for x in words[6:9]] == [events[f"decay_{axis}"][0] for axis in "xyz"]


def test_lhe_without_decay(tmp_path: Path) -> None:
    [event] = pylhe.LHEFile.fromfile(written(tmp_path, "lhe", made(1, decays=False, m_N=0.0, modes=()))).events
    assert [(p.id, p.status) for p in event.particles] == [(-12, -1), (1000320730, -1), (-12, 1), (1000320730, 1)]
    assert [p.spin for p in event.particles] == [1, 9, 1, 9]
    assert event.eventinfo.pid == 150


def test_lhe_of_a_mixture_has_each_event_in_its_own_form(tmp_path: Path) -> None:
    found = list(pylhe.LHEFile.fromfile(written(tmp_path, "lhe", mixed(4))).events)
    assert [len(event.particles) for event in found] == [6, 4, 6, 4]
    assert [event.particles[2].status for event in found] == [2, 1, 2, 1]
