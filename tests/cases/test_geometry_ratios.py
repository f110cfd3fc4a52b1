"""The ratios of events and rates that are known for nucleus-10g are not printed for another experiment of its name."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from nushine import experiments
from nushine.detectors import COINCIDENCE
from nushine.experiments import Experiment
from nushine.experiments.caveats import two_geometries
from nushine.sources import monoenergetic
from nushine.targets import compound


def with_fewer_crystals(experiment: Experiment) -> Experiment:
    whole = experiment.arrangement
    assert whole is not None
    return replace(experiment, arrangement=replace(whole, crystals=whole.crystals[:-1]))


def with_more_flux(experiment: Experiment) -> Experiment:
    beams = (replace(beam, continuum=beam.continuum * 2.0) for beam in experiment.source.beams)
    return replace(experiment, source=replace(experiment.source, beams=tuple(beams)))


OTHERS: dict[str, Callable[[Experiment], Experiment]] = {
    "a line": lambda e: replace(e, source=monoenergetic(0.746, 1e-6)),
    "a line named after the reactor": lambda e: replace(e, source=monoenergetic(0.746, 1e-6, name="Chooz")),
    "another spectrum": with_more_flux,
    "another target": lambda e: replace(e, target=compound("Ge")),
    "other shares": lambda e: replace(
        e, target=replace(e.target, number_per_mass=np.flip(np.asarray(e.target.number_per_mass)))
    ),
    "fewer crystals": with_fewer_crystals,
    "another path": lambda e: replace(e, path=60.0),
    "another name": lambda e: replace(e, name="mine"),
}
SAME: dict[str, Callable[[Experiment], Experiment]] = {
    "as it is": lambda e: e,
    "more exposure": lambda e: replace(e, exposure=2 * e.exposure),
    "other labels": lambda e: replace(e, source=replace(e.source, name="a"), target=replace(e.target, name="b")),
}


@pytest.fixture(scope="module")
def shipped() -> Experiment:
    return experiments.load("nucleus-10g")


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_ratios_are_not_those_of_another(change: Callable[[Experiment], Experiment], shipped: Experiment) -> None:
    (line,) = two_geometries(change(shipped), (COINCIDENCE,), "Dirac")
    assert "which sees" not in line


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_ratios_do_not_depend_on_more(change: Callable[[Experiment], Experiment], shipped: Experiment) -> None:
    (line,) = two_geometries(change(shipped), (COINCIDENCE,), "Dirac")
    assert "which sees 0.84, 0.76" in line
