"""Units in strings, and errors of configuration files in one line."""

import contextlib
import re
from math import isfinite
from pathlib import Path
from typing import Annotated, Literal

import hepunits as u
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from nushine.config import Energy, Length, Model, RateDensity, Share, Time, explained, quantity
from nushine.config.units import PLAIN, PREFIXED, UNITS


@pytest.mark.parametrize(
    ("text", "like", "value"),
    [
        ("3 MeV", "20 eV", 3.0),
        ("3MeV", "20 eV", 3.0),
        ("20 eV", "3 MeV", 2e-5),
        ("1.602176634e-13 J", "3 MeV", 1.0),  # CODATA 2018: exact
        ("5 cm", "1 m", 50.0),
        ("-1 m", "5 cm", -1000.0),
        ("1 year", "1 day", 365.25 * 86400e9),
        ("4.25 GW", "1 W", 4.25 * u.GW),
        ("1 kg", "1 g", u.kg),
        ("100 / (keV kg day)", "1 / (eV g s)", 100 / (u.keV * u.kg * u.day)),
        ("2e16 / s", "1 Hz", 2e7),
    ],
)
def test_quantity_reads_units(text: str, like: str, value: float) -> None:
    assert quantity(text, like) == pytest.approx(value, rel=1e-14)  # rounded to 15 digits


def test_round_numbers_stay_round() -> None:
    assert [quantity(text, "1 keV") for text in ("3 MeV", "0.1 MeV", "20 eV", "1 keV")] == [3.0, 0.1, 2e-5, 1e-3]


@given(st.floats(min_value=1e-12, max_value=1e12))
def test_quantity_keeps_fourteen_digits(x: float) -> None:
    assert quantity(f"{x!r} MeV", "1 eV") == pytest.approx(x, rel=1e-14)


@pytest.mark.parametrize(
    "text",
    ["5 kg", "5", "5 cm + 3", "cm of snow", "", "(5 cm", "5 cm 'x", "5 cm / 0", "__import__('os')", "5 °C"],
)
def test_what_is_no_length_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity like '1 m': ") as caught:
        quantity(text, "1 m")
    assert str(caught.value).startswith(repr(text))


@pytest.mark.parametrize("value", [5, 5.0, None, ["5 cm"], True])
def test_a_number_without_a_unit_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is not a quantity like"):
        quantity(value, "1 m")


@pytest.mark.parametrize("text", ["nan cm", "inf cm", "-inf cm", "1e999 cm"])
def test_numbers_must_be_finite(text: str) -> None:
    with pytest.raises(ValueError, match="is not a finite number"):
        quantity(text, "1 m")


@given(st.text(alphabet="5 cmeV*/()+-'\"[]{}.%\\#,=:\n^²±", max_size=12))
def test_no_text_does_anything_but_give_a_number_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert isfinite(quantity(text, "1 m"))


class Disc(Model):
    kind: Literal["disc"]
    radius: Length


class Box(Model):
    kind: Literal["box"]
    edges: list[Length] = Field(min_length=1)
    colour: str = "grey"


class Layer(Model):
    shape: Annotated[Disc | Box, Field(discriminator="kind")]
    threshold: Energy = 0.0


class Setup(Model):
    name: str
    layers: list[Layer]
    window: tuple[Energy, Energy] = (0.0, 1.0)
    first: Layer | None = None
    live: Time = 1.0
    noise: RateDensity = 0.0
    share: Share = 0.5


DISC = {"kind": "disc", "radius": "5 cm"}


def complaint(**content: object) -> str:
    """The line about a setup that is right but for these keys."""
    right = {"name": "x", "layers": [{"shape": DISC}]}
    with pytest.raises(ValidationError) as caught:
        Setup.model_validate({key: value for key, value in {**right, **content}.items() if value is not ...})
    line = explained(caught.value, Setup, "setup.yaml")
    assert line.startswith("setup.yaml: ")
    assert "\n" not in line
    return line.removeprefix("setup.yaml: ")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            {"nmae": "x"},
            "unknown key 'nmae'; allowed here are first, layers, live, name, noise, share, window",
        ),
        (
            {"name": ..., "nmae": "x"},
            "unknown key 'nmae'; allowed here are first, layers, live, name, noise, share, window",
        ),
        ({"name": ...}, "'name' is missing; add it"),
        ({"name": 3}, "name: 3 is not allowed: it should be text"),
        ({"layers": "x"}, "layers: 'x' is not allowed: it should be a list"),
        ({"layers": [{"shape": DISC}, {}]}, "'layers[1].shape' is missing; add it"),
        (
            {"layers": [{"shape": DISC, "treshold": "1 eV"}]},
            "unknown key 'layers[0].treshold'; allowed here are shape, threshold",
        ),
        (
            {"layers": [{"shape": DISC, "threshold": "1 cm"}]},
            "layers[0].threshold: '1 cm' is not a quantity like '20 eV': give a number with such a unit",
        ),
        (
            {"layers": [{"shape": {"radius": "5 cm"}}]},
            "layers[0].shape.kind is missing; choose one of disc, box",
        ),
        (
            {"layers": [{"shape": {"kind": "cone"}}]},
            "layers[0].shape.kind: 'cone' is unknown; choose one of disc, box",
        ),
        (
            {"layers": [{"shape": "disc"}]},
            "layers[0].shape: give a block of keys; kind disc: kind, radius; kind box: colour, edges, kind",
        ),
        ({"layers": [{"shape": {"kind": "disc"}}]}, "'layers[0].shape.radius' is missing; add it"),
        (
            {"layers": [{"shape": {**DISC, "colour": "red"}}]},
            "unknown key 'layers[0].shape.colour'; allowed here are kind, radius",
        ),
        (
            {"layers": [{"shape": {"kind": "box", "edges": ["1 cm", "1 s"]}}]},
            "layers[0].shape.edges[1]: '1 s' is not a quantity like '5 cm': give a number with such a unit",
        ),
        (
            {"layers": [{"shape": {"kind": "box", "edges": []}}]},
            "layers[0].shape.edges: List should have at least 1 item, not 0",
        ),
        ({"layers": ["disc"]}, "layers[0]: give a block of keys; allowed here are shape, threshold"),
        ({"window": ["1 eV"]}, "'window[1]' is missing; add it"),
        ({"window": ["1 eV", "2 eV", "3 eV"]}, "window: List should have at most 2 items, not 3"),
        ({"share": 2}, "share: 2 is not allowed: give a share from 0 to 1, such as 0.8 or 80 %"),
        (
            {"live": 3},
            "live: 3 is not a quantity like '1 year': give a number with such a unit",
        ),
        (
            {"noise": "100 / (keV day)"},
            "noise: '100 / (keV day)' is not a quantity like '100 / (keV kg day)': give a number with such a unit",
        ),
        (
            {"first": {"shape": DISC, "x": 1}},
            "unknown key 'first.x'; allowed here are shape, threshold",
        ),
    ],
)
def test_an_error_says_what_where_and_what_is_allowed(content: dict[str, object], line: str) -> None:
    assert complaint(**content) == line


def test_blocks_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Disc(kind="disc", radius="5 cm").radius = 3.0  # type: ignore[arg-type, misc]


def test_the_docs_name_the_units_that_are_known() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "quantities.md").read_text(encoding="utf-8")
    rows = page.split("## Units")[1].split("\n- ")[0]
    named = set(re.findall(r"`([^`]+)`", rows))
    assert named <= set(UNITS)
    values = {UNITS[name] for name in named}
    plain = {name for name in UNITS if name in PREFIXED or name in {n for names in PLAIN for n in names}}
    assert {name for name in plain if UNITS[name] not in values} == set()
