"""Workspaces of pyhf: what is written means the same when it is read, and what has no words is refused."""

import copy
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from made_models import counting, random_model
from nushine.io import from_pyhf, write_pyhf
from nushine.io import to_pyhf as bounded
from nushine.statistics import FitError, strength_limit
from nushine.statistics.fit import unit_strength
from nushine.statistics.model import Data, Model
from nushine.statistics.unbinned import unbinned

pyhf = pytest.importorskip("pyhf")
FIELDS = tuple(field.name for field in dataclasses.fields(Model))
OLD_RESOLVER = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning")


def to_pyhf(model: Model, data: Data | None = None, poi: str = "strength") -> dict[str, Any]:
    """The workspace without the search for a limit, which takes seconds to compile for each shape of a model."""
    return bounded(model, data, poi, limit=1.0)


def changed(model: Model, **new: object) -> Model:
    return Model(**{name: new.get(name, getattr(model, name)) for name in FIELDS})


def modifiers(workspace: dict[str, Any], channel: int, sample: int) -> list[tuple[str, str]]:
    found = workspace["channels"][channel]["samples"][sample]["modifiers"]
    return [(modifier["name"], modifier["type"]) for modifier in found]


def same_expectation(one: Model, other: Model, theta_of_other: np.ndarray, theta: np.ndarray) -> None:
    for strength in (0.0, 1.7):
        # exp(ln kappa) and back, sums of differences: some units of the last digit
        np.testing.assert_allclose(other.expected(strength, theta_of_other), one.expected(strength, theta), rtol=1e-13)


@OLD_RESOLVER
def test_workspaces_obey_the_schema_and_pyhf_reads_them() -> None:
    for model in (random_model(1), counting([1.0, 0.0], [3.0, 4.0]), counting([1.0, 0.0], [3.0, 4.0], precision=0.0)):
        document = json.loads(json.dumps(to_pyhf(model)))
        pyhf.schema.validate(document, "workspace.json")
        assert document["version"] == "1.0.0"
        theirs = pyhf.Workspace(document).model()
        assert theirs.config.poi_name == "strength"
        assert set(theirs.config.par_names) == {"strength", *model.nuisances}


def test_modifiers_of_each_kind() -> None:
    document = to_pyhf(random_model(1), poi="mu")
    norms = [(f"parameter_{k}", "normsys") for k in range(6)]
    shapes = [(f"parameter_{k}", "histosys") for k in range(6, 10)]
    both = [*norms, ("parameter_5", "histosys"), *shapes]
    assert modifiers(document, 0, 0) == [("mu", "normfactor"), *both]
    assert modifiers(document, 1, 2) == both
    assert document["measurements"][0]["config"]["poi"] == "mu"


def test_observations_are_the_data() -> None:
    model = random_model(1)
    data = model.data(np.random.default_rng(1).poisson(model.expected(1.0)))
    found = to_pyhf(model, data)["observations"]
    assert [entry["name"] for entry in found] == ["channel_0", "channel_1"]
    np.testing.assert_array_equal(np.concatenate([entry["data"] for entry in found]), data.counts)
    asimov = np.concatenate([entry["data"] for entry in to_pyhf(model)["observations"]])
    np.testing.assert_array_equal(asimov, model.expected(0.0))


def test_there_and_back() -> None:
    model = random_model(1)
    counts = np.random.default_rng(1).poisson(model.expected(1.0))
    data = Data(model.data(counts).counts, jnp.linspace(-0.5, 0.5, 10))
    other, found = from_pyhf(json.loads(json.dumps(to_pyhf(model, data))))
    assert (other.channels, other.samples) == (model.channels, model.samples)
    assert set(other.nuisances) == set(model.nuisances)
    order = [model.nuisances.index(name) for name in other.nuisances]
    np.testing.assert_array_equal(found.counts, data.counts)
    np.testing.assert_array_equal(found.auxiliary, data.auxiliary[np.array(order)])
    np.testing.assert_array_equal(other.precision, 1.0)
    for theta in np.random.default_rng(2).normal(0, 1.5, (3, 10)):
        same_expectation(model, other, theta[order], theta)


def test_a_free_factor_there_and_back() -> None:
    model = counting([1.0, 0.0], [3.0, 4.0], log_kappa=0.2, precision=0.0)
    other, _ = from_pyhf(to_pyhf(model))
    assert float(other.precision[0]) == 0.0
    same_expectation(model, other, np.array([0.2 * 1.3]), np.array([1.3]))  # nu = e^(0.2 theta)


def test_parameters_that_change_nothing_are_left_out() -> None:
    document = to_pyhf(counting([1.0, 0.0], [3.0, 4.0], log_kappa=0.0))
    assert modifiers(document, 0, 1) == []
    assert from_pyhf(document)[0].nuisances == ()


def test_changes_of_one_parameter_in_two_parts_add_up() -> None:
    model = random_model(1, bins=(3, 2))
    twice = changed(model, shaped=(5, 5, 7, 8, 9))
    other, _ = from_pyhf(to_pyhf(twice))
    theta = np.linspace(-1.4, 1.6, 10)
    order = [model.nuisances.index(name) for name in other.nuisances]
    same_expectation(twice, other, theta[order], theta)


def bounds(document: dict[str, Any]) -> list[list[float]]:
    return [parameter["bounds"][0] for parameter in document["measurements"][0]["config"]["parameters"]]


@pytest.mark.parametrize("signal", [1e-9, 1.0, 1e6])
@pytest.mark.parametrize("observed", [None, (3.0, 4.0), (40.0, 5.0), (0.0, 0.0)])
def test_the_strength_is_bounded_at_ten_times_its_limit(signal: float, observed: tuple[float, float] | None) -> None:
    model = counting([signal, 0.0], [3.0, 4.0])
    data = None if observed is None else model.data(np.array(observed))
    document = bounded(model, data)
    limit = strength_limit(model, data)
    largest = max(limit.observed, limit.expected[2])
    (low, high), *_ = bounds(document)
    assert (low, high) == (0.0, pytest.approx(10 * largest))
    (first,) = document["measurements"][0]["config"]["parameters"][0]["inits"]
    assert 0 < first <= high


def test_a_known_limit_is_taken() -> None:
    assert bounds(bounded(RANDOM, limit=2.5))[0] == [0.0, 25.0]


def test_bounds_where_no_limit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise FitError("does not converge")

    monkeypatch.setattr("nushine.io.pyhf.strength_limit", fails)
    assert bounds(bounded(RANDOM))[0][1] == pytest.approx(max(20 * float(unit_strength(RANDOM)), 10.0))


def test_bounds_leave_room_for_free_factors() -> None:
    document = to_pyhf(counting([1e-9, 0.0], [300.0, 400.0], precision=0.0))
    assert bounds(document)[1][1] >= 10


def test_files(tmp_path: Path) -> None:
    document = to_pyhf(random_model(1))
    write_pyhf(tmp_path / "w.json", document)
    assert json.loads((tmp_path / "w.json").read_text()) == document
    assert [entry.name for entry in tmp_path.iterdir()] == ["w.json"]
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_pyhf(tmp_path / "w.json", {"x": float("nan")})
    assert json.loads((tmp_path / "w.json").read_text()) == document


RANDOM = random_model(1, bins=(3, 2))


@pytest.mark.parametrize(
    ("model", "line"),
    [
        (unbinned([1.0, 2.0], [[1.0, 0.5]], 2.0, [3.0])[0], "HistFactory has no unbinned likelihoods"),
        (
            changed(RANDOM, precision=jnp.ones(10).at[7].set(0.0)),
            "parameter 'parameter_7': HistFactory has no free par",
        ),
        (changed(RANDOM, precision=jnp.ones(10).at[2].set(0.0)), "'parameter_2': .* that scale samples differently"),
        (changed(RANDOM, precision=2 * jnp.ones(10)), "parameter 'parameter_0': HistFactory has no precision 2"),
        (changed(RANDOM, samples=("a", "b", "b")), "sample 'b' is there twice"),
        (changed(RANDOM, channels=(("a", 3), ("a", 2))), "channel 'a' is there twice"),
        (changed(RANDOM, channels=(("a, b", 3), ("a", 2))), "channel 'a, b': begin with a letter, and use letters"),
        (changed(RANDOM, samples=("signal", "1st", "b")), "sample '1st': begin with a letter, and use letters, digits"),
        (changed(RANDOM, nuisances=("größe", *RANDOM.nuisances[1:])), "parameter 'größe': begin with a letter"),
        (changed(RANDOM, nuisances=("strength", *RANDOM.nuisances[1:])), "parameter 'strength' is there twice"),
    ],
)
def test_what_histfactory_cannot_express(model: Model, line: str) -> None:
    with pytest.raises(ValueError, match=line) as caught:
        to_pyhf(model)
    assert "\n" not in str(caught.value)


def test_data_of_another_model() -> None:
    with pytest.raises(ValueError, match=r"data of shape \(2,\) and \(1,\): give one data set of 5 counts and 10"):
        to_pyhf(RANDOM, counting([1.0, 0.0], [3.0, 4.0]).asimov())


def edited(path: str, value: object) -> dict[str, Any]:
    """A small workspace with one entry put in place."""
    document = copy.deepcopy(to_pyhf(counting([1.0, 0.0], [3.0, 4.0])))
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("/"))
    place: Any = document
    for step in steps:
        place = place[step]
    place[last] = value
    return document


BACKGROUND = "channels/0/samples/1/modifiers"
PARAMETERS = "measurements/0/config/parameters"


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (BACKGROUND, [{"name": "lumi", "type": "lumi", "data": None}], "'lumi' of sample 'background' in channel 'on'"),
        (BACKGROUND, [{"name": "x", "type": "shapesys", "data": [1.0]}], "'x' .* 'on': type shapesys has no"),
        (BACKGROUND, [{"name": "x", "type": "staterror", "data": [1.0]}], "'x' .* 'on': type staterror has no"),
        (BACKGROUND, [{"name": "x", "type": "shapefactor", "data": None}], "type shapefactor has no counterpart"),
        (BACKGROUND, [{"name": "x", "type": "normsys", "data": {"hi": 1.1, "lo": 0.0}}], "lo and hi must be positive"),
        (BACKGROUND, [{"name": "background", "type": "normfactor", "data": None}], "'background' .* is free elsewhere"),
        (BACKGROUND, [{"name": "strength", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}}], "'strength' .* free"),
        (BACKGROUND, [{"name": "x", "type": "histosys", "data": {"hi_data": [1.0, 2.0], "lo_data": [1.0]}}],
         "sample 'background' in channel 'on': 2 numbers for 1 counts; give one for each"),
        ("channels/0/samples/1/data", [1.0, 2.0], "sample 'background' in channel 'on': 2 numbers for 1 counts"),
        ("channels/0/samples/0/modifiers", [], "signal 'signal' in channel"),
        ("channels/1/name", "on", "channel 'on': is there twice"),
        ("observations/1/name", "x", "channel 'off': has no observation; give its counts"),
        ("measurements/0/config/poi", "mu", "parameter of interest 'mu': no sample has it"),
        (PARAMETERS, [{"name": "background", "fixed": True}], "parameter 'background': is fixed"),
        (PARAMETERS, [{"name": "background", "sigmas": [2.0]}], "'background': has a constraint of width 2"),
        ("version", "2.0.0", "is no workspace of pyhf: "),
        ("channels/0/samples/1/data", "three", "is no workspace of pyhf: "),
    ],
)  # fmt: skip
def test_workspaces_that_have_no_counterpart(path: str, value: object, line: str) -> None:
    if line == "signal 'signal' in channel":  # scaled in one channel only
        value = [{"name": "x", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}},
                 {"name": "strength", "type": "normfactor", "data": None}]  # fmt: skip
    with pytest.raises(ValueError, match=line) as caught:
        from_pyhf(edited(path, value))
    assert "\n" not in str(caught.value)


def test_asymmetric_norms_are_exact_at_one_sigma() -> None:
    norm = {"name": "background", "type": "normsys", "data": {"hi": 1.3, "lo": 0.9}}
    shape = {"name": "background", "type": "histosys", "data": {"hi_data": [3.5], "lo_data": [2.0]}}
    model, _ = from_pyhf(edited(BACKGROUND, [norm, shape]))
    at = model.nuisances.index("background")
    for sign, expected in ((1, 3.5 * 1.3), (0, 3.0), (-1, 2.0 * 0.9)):
        theta = np.zeros(len(model.nuisances))
        theta[at] = sign
        assert float(model.expected(0.0, theta)[0]) == pytest.approx(expected, rel=1e-14)


def test_backgrounds_that_are_scaled_differently_are_split() -> None:
    norm = {"name": "other", "type": "normsys", "data": {"hi": 1.25, "lo": 0.8}}
    model, _ = from_pyhf(edited(BACKGROUND, [norm]))
    assert model.samples == ("signal", "background__on", "background__off")
    theta = np.array([1.0 if name == "other" else 0.0 for name in model.nuisances])
    np.testing.assert_allclose(model.expected(0.0, theta), [3.75, 4.0], rtol=1e-14)


def test_without_pyhf(monkeypatch: pytest.MonkeyPatch) -> None:
    document = to_pyhf(RANDOM)
    monkeypatch.setitem(sys.modules, "pyhf", None)
    to_pyhf(RANDOM)  # needs no pyhf
    with pytest.raises(ValueError, match=r"workspaces need pyhf: pip install 'nushine\[statistics\]'"):
        from_pyhf(document)


def test_without_iminuit(monkeypatch: pytest.MonkeyPatch) -> None:
    from nushine.statistics.minuit import minuit

    monkeypatch.setitem(sys.modules, "iminuit", None)
    with pytest.raises(ValueError, match=r"Minuit needs iminuit: pip install 'nushine\[statistics\]'"):
        minuit(RANDOM, RANDOM.asimov())
