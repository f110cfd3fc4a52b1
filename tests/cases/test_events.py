"""Samples of events by whoever calls: numbers of NumPy, and cross sections as the formats define them."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyhepmc
import pylhe
import pytest

import nushine as ns
from nushine.events import BLOCK, Generator
from nushine.io.events import write_events
from nushine.observables import photon_energy_spectrum

SIGNAL = ns.Dipole(3.0, 1e-6, ns.MAJORANA)


@pytest.fixture(scope="module")
def generator() -> Generator:
    return Generator(ns.experiments.load("nucleus-1kg"), SIGNAL)


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8, np.array, float, np.float64])
def test_whole_numbers_of_any_kind(generator: Generator, kind: Any, tmp_path: Path) -> None:
    events = generator.sample(kind(100), seed=kind(2), workers=kind(1))
    assert events == generator.sample(100, 2)
    assert [len(part) for part in generator.stream(kind(100), kind(2))] == [100]
    write_events(tmp_path / "a.lhe", events)


@pytest.mark.parametrize("wrong", [True, np.True_, 1.5, -1, np.int64(-1), "100", None, np.nan, np.inf, [100], 2**63])
def test_what_is_no_number_of_events_is_refused(generator: Generator, wrong: Any) -> None:
    for call in (lambda: generator.sample(wrong, 1), lambda: generator.sample(10, wrong)):
        with pytest.raises(ValueError, match=r"^(n|seed) = .* is not possible: give ") as error:
            call()
        assert "\n" not in str(error.value)
    for workers in (0, True, 1.5, "2"):
        with pytest.raises(ValueError, match=r"^workers = .* is not possible: give a number of threads"):
            generator.sample(10, 1, workers=workers)


def test_a_stream_begins_at_a_block_or_has_nothing_to_do(generator: Generator) -> None:
    assert list(generator.stream(100, 1, first=100)) == []
    with pytest.raises(ValueError, match=f"first = 50 is not possible: give a multiple of {BLOCK} below n = 100, or n"):
        generator.stream(100, 1, first=50)


def test_plain_and_forced_samples_have_one_cross_section(tmp_path: Path) -> None:
    """Of decays inside, as readers of LHE and NuHepMC compute it."""
    nucleus, n = ns.experiments.load("nucleus-10g"), 20_000
    found, card = {}, {}
    for name, forced in (("plain", False), ("forced", True)):
        events = ns.generate(nucleus, SIGNAL, n=n, seed=1, forced=forced)
        sample, card[name] = events[:2000], events.card
        write_events(tmp_path / "a.lhe", sample)
        write_events(tmp_path / "a.hepmc3", sample)
        lhe = pylhe.LHEFile.fromfile(str(tmp_path / "a.lhe"))
        xsecup, error = lhe.init.procInfo[0].xSection, lhe.init.procInfo[0].error
        weights = [e.eventinfo.weight for e in lhe.events]
        # IDWTUP 4: the mean weight is the cross section
        np.testing.assert_allclose(weights, xsecup * sample["weight"], rtol=1e-14)
        with pyhepmc.open(str(tmp_path / "a.hepmc3")) as file:
            listed = list(file)
        attributes = listed[0].run_info.attributes
        fatx = float(str(attributes["NuHepMC.FluxAveragedTotalCrossSection"]))
        np.testing.assert_allclose([e.weights[0] for e in listed], sample["weight"], rtol=1e-15)
        assert fatx == pytest.approx(xsecup, rel=1e-15)
        uncertainty = float(str(attributes["NuHepMC.FluxAveragedTotalCrossSectionUncertainty"]))
        assert uncertainty == pytest.approx(error, rel=1e-15)
        w, inside = events["weight"], events["inside"]
        spread = w.std() / n**0.5 if forced else 0.0
        assert abs(w.mean() - 1) < 4 * spread + 1e-15
        found[name] = fatx * w[inside].sum() / w.sum()
    probability = np.mean(ns.generate(nucleus, SIGNAL, n=n, seed=1)["inside"])
    error = (1 / probability - 1) ** 0.5 / n**0.5
    assert found["forced"] / found["plain"] == pytest.approx(1, abs=4 * error)
    assert card["forced"].rate / card["plain"].rate == pytest.approx(probability, rel=4 * error)


IMPOSSIBLE = [
    (ns.RADIATIVE, 50.0, "flight_min = 50 mm: N may fly 50 mm at most; give less"),
    (ns.PROMPT, 1.0, "flight_min = 1 mm: prompt decays have no flight; leave one of the two out"),
]


@pytest.mark.parametrize(("decay", "near", "complaint"), IMPOSSIBLE, ids=["path", "prompt"])
def test_all_verbs_refuse_a_flight_that_no_decay_has(decay: Any, near: float, complaint: str) -> None:
    nucleus = ns.experiments.load("nucleus-1kg")
    asked = replace(nucleus, selection=replace(nucleus.selection, flight_min=near))
    verbs = [
        lambda: ns.expected_events(asked, SIGNAL, decay=decay),
        lambda: photon_energy_spectrum(asked, SIGNAL, [1.0], decay=decay),
        lambda: ns.exclusion(asked, [3.0], ns.DIRAC, decay=decay),
        lambda: ns.exclusion(asked, [3.0], ns.DIRAC, decay=decay, method="counting"),
        lambda: ns.forecast(asked, SIGNAL, decay=decay),
        lambda: ns.discovery(asked, [3.0], ns.DIRAC, decay=decay),
        lambda: Generator(asked, SIGNAL, decay=decay),
    ]
    for verb in verbs:
        with pytest.raises(ValueError, match=f"^{re.escape(complaint)}$"):
            verb()
