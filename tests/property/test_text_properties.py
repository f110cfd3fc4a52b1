"""Any text is the number that a person reads in it, or one line; any file an experiment, or one line with its name."""

import contextlib
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import hepunits as u
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nushine import experiments
from nushine.config import quantity
from nushine.config.documents import parse_yaml
from nushine.lines import MESSAGE, one_line, place, shown

LIKES = ("20 eV", "1 kg", "5 cm", "1 year", "4.25 GW", "100 / (keV kg day)", "1 / (kg day)", "5.3 g/cm^3", "0.5")

UNITS = {
    "1 kg": {"kg": u.kg, "g": u.g, "mg": u.mg, "t": 1000 * u.kg, "µg": 1e-6 * u.g},
    "5 cm": {"m": u.m, "cm": u.cm, "mm": u.mm, "um": 1e-3 * u.mm, "km": u.km},
    "20 eV": {"eV": u.eV, "keV": u.keV, "MeV": u.MeV, "GeV": u.GeV, "J": u.joule},
    "1 year": {"s": u.s, "ms": 1e-3 * u.s, "min": 60 * u.s, "h": 3600 * u.s, "day": u.day, "year": 365.25 * u.day},
}
PLAIN = st.one_of(
    st.integers(1, 10**9).map(str),
    st.floats(1e-30, 1e30).map(repr),
    st.tuples(st.integers(0, 999), st.integers(1, 9), st.integers(-20, 20)).map(lambda n: f"{n[0]}.{n[1]}e{n[2]}"),
)
FRAGMENT = st.sampled_from(
    [
        *"0123456789.,+-*/^()±–'_ \u00a0\n\t\x00½²⁻µ%:~<>eExXа",
        "**",
        "+-",
        "kg",
        "keV",
        "cm",
        "day",
        "MeV",
        "meV",
        "counts",
        "per",
    ]
)


@given(PLAIN, st.sampled_from(sorted(UNITS)), st.data(), st.sampled_from(["", " ", "\u00a0", " * "]))
@settings(max_examples=150, deadline=None)
def test_a_number_and_a_unit(number: str, like: str, data: st.DataObject, gap: str) -> None:
    name = data.draw(st.sampled_from(sorted(UNITS[like])))
    assert quantity(number + gap + name, like) == pytest.approx(
        float(number) * UNITS[like][name], rel=1e-14
    )  # 15 digits


@given(PLAIN, st.permutations(["keV", "kg", "day"]), st.sampled_from(["brackets", "slashes", "powers", "raised"]))
@settings(max_examples=60, deadline=None)
def test_all_ways_to_write_a_background(number: str, names: list[str], way: str) -> None:
    text = {
        "brackets": f"{number} / ({' '.join(names)})",
        "slashes": f"{number} counts/{'/'.join(names)}",
        "powers": f"{number} {' '.join(name + '^-1' for name in names)}",
        "raised": f"{number} events·{'·'.join(name + '⁻¹' for name in names)}",
    }[way]
    expected = float(number) / (u.keV * u.kg * u.day)
    assert quantity(text, "100 / (keV kg day)") == pytest.approx(expected, rel=1e-14)  # 15 digits


@given(st.one_of(st.lists(FRAGMENT, max_size=12).map("".join), st.text(max_size=40)), st.sampled_from(LIKES))
@settings(max_examples=600, deadline=None)
def test_any_text_is_a_number_or_one_line(text: str, like: str) -> None:
    try:
        value = quantity(text, like)
    except ValueError as error:
        line = str(error)
        assert line.isprintable()
        assert len(line) < MESSAGE
    else:
        assert math.isfinite(value)


@given(
    PLAIN,
    st.sampled_from([",5", " 5", "'5", "_5", "(3)", "±3", "+-3", "–7", "-7", "²", "½", "٣", "^2", "**2", " x 2", "*2"]),
)
@settings(max_examples=60, deadline=None)
def test_what_stands_behind_a_number_never_changes_it_silently(number: str, tail: str) -> None:
    with pytest.raises(ValueError, match=r"is not a quantity like '1 kg'"):
        quantity(f"{number}{tail} kg", "1 kg")


BASE = b"""\
name: mine
source: {kind: chooz, load_factor: 0.8}
target: [{formula: Ge, mass: 1 kg}]
exposure: &time 1 year
path: 5 cm
recoil_window: [20 eV, 1 keV]
photon: {threshold: 100 keV, cos_theta_min: 0}
background: {recoil: 100 / (keV kg day)}
response: {resolution: 4 eV}
"""
CHARACTERS = [bytes([c]) for c in b"\0\t\n[]{}'\"|>#%~@\xff\xe9"]
WORDS = [
    b": ",
    b"- ",
    b"&a ",
    b"*time",
    b"!!int ",
    b"---\n",
    b"<<: ",
    b"? ",
    b"1:30",
    b"yes",
    b".nan",
    b"1e999",
    b"9" * 60,
]
BITS = st.sampled_from([*CHARACTERS, *WORDS, b"\xef\xbb\xbf"])


@given(st.lists(st.tuples(st.integers(0, len(BASE)), st.integers(0, 12), BITS), min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_any_file_is_an_experiment_or_one_line_that_names_it(cuts: list[tuple[int, int, bytes]]) -> None:
    content = BASE
    for start, length, put in cuts:
        content = content[:start] + put + content[start + length :]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mine.yaml"
        path.write_bytes(content)
        try:
            experiment = experiments.load(path)
        except ValueError as error:
            line = str(error)
            assert line.startswith(f"{path}: ")
            assert line.isprintable()
            assert len(line) < MESSAGE + 1
        else:
            assert 0 < float(experiment.mass) < math.inf
            assert 0 < float(experiment.exposure) < math.inf


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_yaml_is_plain_data_or_one_line(text: str) -> None:
    with contextlib.suppress(ValueError):
        plain = parse_yaml(text)
        assert isinstance(plain, str | int | float | bool | list | dict)


@given(st.one_of(st.text(), st.binary(), st.lists(st.text(), max_size=20), st.integers()), st.integers(1, 400))
@settings(max_examples=100, deadline=None)
def test_messages_have_an_upper_length(value: object, times: int) -> None:
    many = value * times if isinstance(value, str | bytes | list) else value
    assert len(shown(many)) < 200
    assert shown(many).isprintable()
    assert len(place(many)) <= 200
    assert len(one_line(f"{many} is wrong")) <= MESSAGE
    assert one_line(f"{many} is wrong").endswith("is wrong")
