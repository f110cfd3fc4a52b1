"""Names in workspaces that every HistFactory program takes, and workspaces of several experiments put together."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hepunits import cm, eV, keV, kg, s, year
from hypothesis import given, settings
from hypothesis import strategies as st

from nushine import experiments
from nushine.decay import RADIATIVE
from nushine.detectors import RECOIL, Background, Uncertainties
from nushine.experiments import Experiment
from nushine.interactions import Dipole
from nushine.io import to_pyhf, write_pyhf
from nushine.rates import Selection
from nushine.sources import monoenergetic
from nushine.statistics import Binning, Model, forecast
from nushine.statistics.layout import layout_of, qualified
from nushine.statistics.names import identifier, identifiers, name_of
from nushine.targets import compound

WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
USERS = ("Réacteur 1, 10 g", "Réacteur 1, 10 kg", "10 g", "Ядро", "Ядра", "原子炉", "", "a" * 300, "β, detector")
KNOWN = Uncertainties(flux=0.03, background=0.1, threshold=1 * eV, background_slope=0.05)


def test_accents_commas_and_hyphens() -> None:
    assert re.fullmatch("Reacteur_1_10_g_[0-9a-f]{8}", identifier("Réacteur 1, 10 g"))
    assert re.fullmatch("a_b_c_[0-9a-f]{8}", identifier("a__b--c."))


@pytest.mark.parametrize("name", ["nucleus-1kg", "nucleus-upgrade", "U235", "CaWO4", "a", "7"])
def test_readable_names_stay_as_they_are(name: str) -> None:
    assert identifier(name) == name.replace("-", "_")


LOOK_ALIKE = ("a-b", "a b", "a, b", "a_b", "a__b", "a--b", "-a-b", "a-b-", "a.b", "á-b", "a\u0301-b", "ａ-b", "a-b\n")


def test_names_that_look_alike_stay_apart() -> None:
    found = [identifier(name) for name in LOOK_ALIKE]
    assert len(set(found)) == len(found)
    assert len({identifier("Réacteur 1"), identifier("Reacteur 1"), identifier("Reacteur-1")}) == 3
    assert identifier(identifier("a b").replace("_", "-")) != identifier("a b")  # nor does one that is made for it


@settings(deadline=None, max_examples=300)
@given(st.lists(st.text("ab8-_ ,é", max_size=12), max_size=8, unique=True))
def test_no_two_texts_have_one_name(texts: list[str]) -> None:
    assert len({identifier(text) for text in texts}) == len(texts)


def test_different_names_of_users_stay_different() -> None:
    assert len({identifier(name) for name in USERS}) == len(USERS)
    assert all(len(identifier(name)) < 80 for name in USERS)


def test_detectors_that_would_have_one_name_are_numbered() -> None:
    assert identifiers(["x-y", "x-y", "x-y-2", "x-y"]) == ("x_y", "x_y_2", "x_y_2_2", "x_y_3")


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(max_size=20), max_size=6))
def test_any_text_becomes_letters_digits_and_single_underscores(texts: list[str]) -> None:
    found = identifiers(texts)
    assert len(set(found)) == len(texts)
    for name in found:
        assert WORD.fullmatch(name_of("background", name))
        assert name_of("background", name).split("__") == ["background", name]  # a name can be taken apart


@pytest.mark.parametrize("name", ["nucleus-1kg", "nucleus-10g", "nucleus-upgrade"])
def test_names_of_shipped_experiments(name: str) -> None:
    setup = replace(experiments.load(name), off_time_ratio=0.5)
    layout = layout_of(setup, (RECOIL,), Binning(), RADIATIVE)
    samples, parameters = ([qualified(x, setup) for x in names] for names in (layout.samples, layout.nuisances))
    for found in (samples, parameters):
        assert all(WORD.fullmatch(word) for word in found)
        assert len(set(found)) == len(found)
    shared = {word for word in (*samples, *parameters) if identifier(name) not in word.split("__")}
    # of the reactor, whatever looks at it
    assert {word.split("__")[0] for word in shared} == {"signal", "CEvNS", "flux", "spectrum"}
    assert "flux__Chooz" in shared


def test_programs_are_compiled_for_the_shape_and_not_for_the_name() -> None:
    setup = experiments.load("nucleus-1kg")
    layouts = [layout_of(replace(setup, name=name), (RECOIL,), Binning(), RADIATIVE) for name in ("one", "two")]
    assert layouts[0] == layouts[1]


def made(name: str, mass: float = 1.0) -> Experiment:
    """A small experiment, by hand."""
    return Experiment(
        name,
        monoenergetic(4.0, 1e12 / (cm**2 * s)),
        compound("Ge73"),
        mass * kg,
        1 * year,
        5 * cm,
        Selection(2e-5, 1e-3, 0.1, -1.0),
        Background(recoil=10 / (keV * kg * year)),
        uncertainties=KNOWN,
        off_time_ratio=0.5,
    )


def model_of(setup: Experiment) -> Model:
    return forecast(setup, Dipole(2.0, 1.0), (RECOIL,), binning=Binning(2, 1, 1))(1e-10)


@pytest.fixture(scope="module")
def two() -> tuple[Model, Model]:
    return model_of(made("Réacteur 1, 10 g")), model_of(made("Réacteur 1, 10 kg", mass=3.0))


def test_experiments_whose_names_look_alike_share_no_parameter() -> None:
    layouts = [(made("a, b"), RECOIL), (made("a b"), RECOIL)]
    names = [{qualified(x, e) for x in layout_of(e, (c,), Binning(), RADIATIVE).nuisances} for e, c in layouts]
    assert all(names)
    assert not names[0] & names[1]


def test_every_name_in_a_workspace_is_a_word(two: tuple[Model, Model]) -> None:
    (measurement,), channels = (lambda w: (w["measurements"], w["channels"]))(to_pyhf(two[0], limit=1.0))
    names = [measurement["name"], measurement["config"]["poi"]]
    for channel in channels:
        names.append(channel["name"])
        for sample in channel["samples"]:
            names += [sample["name"], *(modifier["name"] for modifier in sample["modifiers"])]
    assert all(WORD.fullmatch(name) for name in names), names
    assert [channel["name"] for channel in channels] == [
        f"recoil__{identifier('Réacteur 1, 10 g')}",
        f"recoil__{identifier('Réacteur 1, 10 g')}__source_off",
    ]


@pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning")
def test_pyhf_combines_two_experiments(two: tuple[Model, Model], tmp_path: Path) -> None:
    """Without any option; nothing is shared here, so that the likelihoods add up."""
    pyhf = pytest.importorskip("pyhf")
    spaces = [to_pyhf(model, limit=1.0) for model in two]
    left, right = (pyhf.Workspace(space) for space in spaces)
    combined = pyhf.Workspace.combine(left, right)
    theirs = combined.model()
    assert set(theirs.config.channels) == {name for model in two for name, _ in model.channels}
    assert set(theirs.config.par_names) == {"strength", *two[0].nuisances, *two[1].nuisances}
    assert len(theirs.config.par_names) == 1 + len(two[0].nuisances) + len(two[1].nuisances)
    parameters = [2.0 if name == "strength" else 0.0 for name in theirs.config.par_names]
    expected = theirs.expected_data(parameters, include_auxdata=False)
    np.testing.assert_allclose(expected, np.concatenate([model.expected(2.0) for model in two]), rtol=1e-12)
    for name, space in zip("ab", spaces, strict=True):
        write_pyhf(tmp_path / f"{name}.json", space)
    arguments = ["combine", str(tmp_path / "a.json"), str(tmp_path / "b.json")]
    result = CliRunner().invoke(pytest.importorskip("pyhf.cli").cli, arguments)
    assert result.exit_code == 0, result.output
    assert len(json.loads(result.stdout)["channels"]) == 4
