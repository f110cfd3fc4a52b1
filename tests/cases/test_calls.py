"""Texts and other things where objects are wanted: one line at the call that says what to give."""

from collections.abc import Callable
from typing import Any

import jax
import pytest

import nushine as ns
from nushine.detectors import Response, Uncertainties
from nushine.experiments import Experiment
from nushine.numerics.calls import Choice, checked
from nushine.statistics import Method


@pytest.fixture(scope="module")
def nucleus() -> Experiment:
    return ns.experiments.load("nucleus-1kg")


SIGNAL = ns.Dipole(3.0, 1e-8)

CALLS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda _: ns.Dipole(3.0, 1e-8, "majorana"), "nature = 'majorana' is not allowed: give nushine.DIRAC or"),
    (lambda _: ns.Dipole(3.0, 1e-8, True), "nature = True is not allowed"),
    (lambda _: ns.Dipole(3.0, 1e-8, flavour="e"), "flavour = 'e' is not allowed: give nushine.ELECTRON"),
    (lambda _: ns.Dipole(3.0, 1e-8, flavour=ns.Flavour("e")), "flavour.e = 'e' is not allowed"),
    (lambda _: ns.Dipole("3 MeV", 1e-8), "m_N = '3 MeV' is not allowed: give the mass in MeV"),
    (lambda _: ns.Dipole(3.0, None), "mu = None is not allowed: give the moment in Bohr magnetons"),
    (lambda _: ns.Dipole(True, 1e-8), "m_N = True is not allowed"),
    (lambda _: ns.Dipole(1j, 1e-8), "m_N = 1j is not allowed"),
    (lambda _: ns.Dipole(-1.0, 1e-8), "m_N = -1 MeV is not allowed"),
    (lambda _: ns.Dipole(float("nan"), 1e-8), "m_N = nan MeV is not allowed"),
    (lambda _: ns.Dipole(3e6, 1e-8), "m_N = 3e+06 MeV is not allowed"),
    (lambda _: ns.Dipole(1e300, 1e-8), "m_N = 1e+300 MeV is not allowed"),
    (lambda _: ns.Dipole(10**400, 1e-8), "m_N = 1000"),
    (lambda _: ns.Dipole(3.0, 1e150), "mu = 1e+150 mu_B is not allowed"),
    (lambda e: ns.expected_events(e, SIGNAL, "recoil"), "channel = 'recoil' is not allowed: give nushine.RECOIL"),
    (lambda _: ns.expected_events("nucleus-1kg", SIGNAL), "give an experiment, as nushine.experiments.load("),
    (
        lambda e: ns.expected_events(e, SIGNAL, decay="prompt"),
        "decay = 'prompt' is not allowed: give nushine.RADIATIVE",
    ),
    (lambda e: ns.event_yield(e, 3.0), "signal = 3.0 is not allowed: give a hypothesis"),
    (lambda e: ns.background_events(e, 3), "channel = 3 is not allowed"),
    (lambda e: ns.exclusion(e, "3 MeV"), "masses = '3 MeV' is not allowed: give numbers"),
    (lambda e: ns.exclusion(e, True), "masses = True is not allowed"),
    (lambda e: ns.exclusion(e, 3.0, "dirac"), "nature = 'dirac' is not allowed"),
    (lambda e: ns.exclusion(e, 3.0, channel="recoil"), "channel = 'recoil' is not allowed"),
    (lambda e: ns.exclusion(e, 3.0, channel=(ns.RECOIL, "photon")), "channel = "),
    (lambda e: ns.exclusion(e, 3.0, flavour="e"), "flavour = 'e' is not allowed"),
    (lambda e: ns.exclusion(e, 3.0, cl="0.9"), "cl = '0.9' is not allowed"),
    (lambda e: ns.exclusion(e, 3.0, method="best"), "asymptotic, toys, fc, counting"),
    (lambda e: ns.discovery(e, "3 MeV"), "masses = '3 MeV' is not allowed"),
    (lambda e: ns.discovery(e, 3.0, None), "nature = None is not allowed"),
    (lambda e: ns.discriminate(e, 3.0, "majorana"), "truth = 'majorana' is not allowed"),
    (lambda e: ns.forecast(e, SIGNAL, "recoil"), "give a tuple of nushine.RECOIL"),
    (lambda e: ns.generate(e, SIGNAL, n="10", seed=1), "n = '10' is not allowed"),
    (lambda e: ns.generate(e, SIGNAL, 10, 1, channel="recoil"), "channel = 'recoil' is not allowed"),
    (lambda e: ns.generate(e, "dipole", 10, 1), "process = 'dipole' is not allowed: give a process"),
    (lambda _: ns.Generator("nucleus-1kg", SIGNAL), "experiment = 'nucleus-1kg' is not allowed"),
    (lambda e: ns.recoil_rate("1 keV", e.source, e.target, SIGNAL), "E_R = '1 keV' is not allowed"),
    (lambda e: ns.recoil_rate(1e-3, e, e.target, SIGNAL), "give a source"),
    (lambda e: ns.recoil_rate(1e-3, e.source, "Ge", SIGNAL), "target = 'Ge' is not allowed"),
    (lambda e: ns.sterile_rate(e.source, e.target, SIGNAL, "5 cm"), "path = '5 cm' is not allowed"),
    (lambda e: ns.scattering_rate(e.source, e.target, "cevns", e.selection), "interaction = 'cevns' is not allowed"),
    (lambda _: Method("best"), "method = 'best' is not allowed: give one of asymptotic, toys, fc, counting"),
]


@pytest.mark.parametrize(("call", "line"), CALLS, ids=[line[:40] for _, line in CALLS])
def test_what_is_no_such_object_fails_at_the_call(nucleus: Experiment, call: Callable[[Any], Any], line: str) -> None:
    with pytest.raises(ValueError, match=r"give") as caught:
        call(nucleus)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_masses_above_every_source_still_give_no_events(nucleus: Experiment) -> None:
    assert float(ns.expected_events(nucleus, ns.Dipole(1e5, 1e-8), ns.RECOIL)) == 0


class Colour(Choice):
    RED = "red"


@checked
def painted(colour: Colour = Colour.RED, many: tuple[ns.Flavour, ...] | None = None, name: str | None = None) -> Any:
    return colour, many, name


def test_names_of_choices_lists_and_texts_where_texts_are_meant() -> None:
    assert painted("red") == (Colour.RED, None, None)  # type: ignore[arg-type]
    assert painted(many=[ns.MUON], name="x") == (Colour.RED, [ns.MUON], "x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="colour = 'blue' is not allowed: give one of red"):
        painted("blue")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"many = 3 is not allowed: give a tuple of nushine.ELECTRON"):
        painted(many=3)  # type: ignore[arg-type]
    assert jax.jit(lambda flavour: painted(many=(flavour,))[1][0].mu)(ns.MUON) == 1.0


@pytest.mark.parametrize("base", [Response, Uncertainties])
def test_a_derived_response_that_nobody_would_read_is_refused(base: type) -> None:
    with pytest.raises(ValueError, match=r"quenching = 0\.3 would not be used: annotate it, quenching: float = 0.3"):
        type("Mine", (base,), {"quenching": 0.3})
    with pytest.raises(ValueError, match=r"Mine.quenchng = 0.3 would not be used: parameters are .*efficiency"):
        type("Mine", (base,), {"quenchng": 0.3})
    with pytest.raises(ValueError, match=r"Mine.quenchng would not be used: parameters are .*efficiency"):
        type("Mine", (base,), {"quenchng": 0.3, "__annotations__": {"quenchng": float}})


def test_a_derived_response_may_have_parameters_that_it_uses() -> None:
    class Sloped(Response):
        quenching: float = 0.3
        slope: float = 0.5

        def matrix(self, true_edges: Any, edges: Any) -> Any:
            return super().matrix(true_edges, edges) * self.slope

    made, plain = Sloped(slope=0.25), Response(quenching=0.3)
    edges = [0.0, 1e-3]
    assert float(made.matrix(edges, edges)[0, 0]) == 0.25 * float(plain.matrix(edges, edges)[0, 0])
