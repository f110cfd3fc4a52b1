"""Odd and hostile experiment files: one line that names the file, at once, and nothing read wrong."""

import os
import time
from pathlib import Path

import pytest
from hepunits import eV, kg

from nushine import experiments
from nushine.lines import MESSAGE

BASE = """\
name: mine
source:
  kind: reactor
  cores:
    - {power: 4.25 GW, baseline: 72 m}
target:
  - {formula: Ge, mass: 1 kg}
exposure: 1 year
path: 5 cm
recoil_window: [20 eV, 1 keV]
photon:
  threshold: 100 keV
background:
  recoil: 100 / (keV kg day)
  coincidence: 1 / (keV kg day)
"""


def changed(old: str, new: str) -> str:
    assert old in BASE
    return BASE.replace(old, new)


def refusal(path: Path) -> str:
    """What is said about a file, without its name."""
    start = time.process_time()
    with pytest.raises(ValueError, match=r".") as caught:
        experiments.load(path)
    assert time.process_time() - start < 2
    line = str(caught.value)
    assert line.isprintable()
    assert len(line) < MESSAGE + 1
    assert line.startswith(f"{path}: ")
    return line.removeprefix(f"{path}: ")


def answered(tmp_path: Path, content: str | bytes) -> str:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return refusal(path)


def load(tmp_path: Path, content: str | bytes) -> experiments.Experiment:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return experiments.load(path)


BOMB = "&a5 [" + "&a4 [" + "&a3 [" + "&a2 [" + "&a1 [" + "&a0 [" + ",".join("l" * 10) + "]"
for level in range(5):
    BOMB += f",*a{level}" * 9 + "]"

ROWS = {
    "decimal_comma_mass": (changed("1 kg", "'1,5 kg'"), ["target[0].mass", "write 1.5"]),
    "decimal_comma_threshold": (changed("[20 eV", "['0,02 keV'"), ["recoil_window[0]", "write 0.02"]),
    "uncertainty_notation": (changed("4.25 GW", "'3.0(1) GW'"), ["power", "uncertainties have keys of their own"]),
    "range": (changed("72 m", "10–12 m"), ["baseline", "a range"]),
    "duplicate_key": (BASE + "background: {recoil: 1 / (keV kg day)}\n", ["'background'", "twice", "13 and 16"]),
    "duplicate_inside": (changed("photon:\n", "photon:\n  threshold: 1 keV\n"), ["'threshold'", "twice", "12 and 13"]),
    "load_80": (changed("72 m", "72 m, load_factor: 80"), ["cores[0].load_factor: 80", "0.8 or 80 %"]),
    "uncertain_250": (BASE + "uncertainties: {flux: 2.5}\n", ["uncertainties.flux: 2.5", "0.025 or 2.5 %"]),
    "gr": (changed("1 kg", "10 gr"), ["write g"]),
    "ton": (changed("1 kg", "1 ton"), ["write t"]),
    "latin1_name": (changed("mine", "Réacteur").encode("latin-1"), ["0xe9 in line 1", "save it as UTF-8"]),
    "utf16": (BASE.encode("utf-16"), ["UTF-16", "save it as UTF-8"]),
    "utf32": (BASE.encode("utf-32"), ["UTF-32", "save it as UTF-8"]),
    "laugh_exposure6": (changed("1 year", BOMB), ["more than 100000 values"]),
    "power_bomb": (changed("1 year", "9**9**9 year"), ["exposure", "1.5e3"]),
    "deep": (BASE + "reference: " + "[" * 3000 + "]" * 3000, ["line 16", "blocks lie in each other"]),
    "deep_open": (BASE + "reference: " + "{a: " * 100_000, ["line 16", "blocks lie in each other"]),
    "tagbool": (BASE + 'reference: !!bool "abc"\n', ["'!!bool' in line 16", "remove it"]),
    "tagpython": (BASE + "reference: !!python/object/apply:os.getcwd []\n", ["python/object/apply", "remove it"]),
    "digits": (changed("5 cm", "9" * 10_000), ["path", "(10000 characters)"]),
    "digits_unit": (changed("5 cm", "9" * 10_000 + " cm"), ["path", "(10003 characters)"]),
    "share_digits": (changed("72 m", "72 m, load_factor: " + "9" * 10_000), ["load_factor", "(10000 characters)"]),
    "sexagesimal": (changed("72 m", "72 m, load_factor: 0:30"), ["load_factor: '0:30'", "not a number"]),
    "yes": (changed("72 m", "72 m, load_factor: yes"), ["load_factor: 'yes'", "not a number"]),
    "true": (changed("72 m", "72 m, load_factor: true"), ["load_factor: True", "number"]),
    "octal": (changed("72 m", "72 m, load_factor: 01"), ["load_factor: '01'", "without zeros"]),
    "infinite": (changed("72 m", "72 m, load_factor: .inf"), ["load_factor: '.inf'", "number"]),
    "denormal": (changed("20 eV", "5e-324 eV"), ["recoil_window[0]", "too small"]),
    "electron": (changed("1 kg", "1e-24 kg"), ["mass", "below 1 ug; check the unit"]),
    "planet": (changed("1 kg", "1e24 kg"), ["mass", "above 1e12 kg; check the unit"]),
    "resolution": (BASE + "response: {resolution: 4 MeV}\n", ["response.resolution", "check its unit"]),
    "milliwatt": (changed("4.25 GW", "4.25 mW"), ["power", "below 1 W; check the unit"]),
    "kilometres": (changed("72 m", "72e15 m"), ["baseline", "check the unit"]),
    "tagged_key": (BASE + "? [a, b]\n: 1\n", ["a key in line 16 is no text"]),
    "merge": ("<<: {name: other}\n" + BASE, ["unknown key '<<'"]),
    "itself": (changed("mine", "&a [*a]"), ["alias *a in line 1"]),
    "two": (BASE + "---\n" + BASE, ["second document", "line 16"]),
    "empty": ("", ["is empty"]),
    "null": (BASE + "\0", ["not a YAML file"]),
    "tab": (changed("  kind", "\tkind"), ["not a YAML file", "line 3"]),
    "long_key": (BASE + f"? {'k' * 500_000}\n: 1\n", ["unknown key 'kkkk", "..."]),
    "long_kind": (
        changed("kind: reactor", "kind: " + "r" * 100_000),
        ["source.kind", "(100000 characters) is unknown"],
    ),
    "long_name": (changed("mine", "x" * 100_000), ["name", "200 characters"]),
    "large": (BASE + "# " + "x" * 1_000_000, ["bytes"]),
    "escapes": (BASE + '"a\\nb\\e[31m": 1\n', ["unknown key 'a b\\x1b[31m'"]),
    "many_keys": ("".join(f"k{i}: 1\n" for i in range(20_000)), ["unknown key"]),
    "electron_equivalent": (changed("20 eV", "200 eVee"), ["recoil_window", "response.quenching"]),
    "nuclear": (changed("20 eV", "20 eVnr") + "response: {quenching: 0.2}\n", ["recoil_window", "eVee"]),
    "brackets": (
        changed("formula: Ge", "formula: " + "(" * 150 + "Ge" + ")" * 40),
        ["target[0].formula", "20 brackets"],
    ),
    "long_formula": (changed("formula: Ge", "formula: " + "Ge" * 1000), ["target[0].formula", "200 characters"]),
    "crystals": (
        BASE
        + "geometry: {kind: bodies, cubes: [{formula: Ge, density: 5 g/cm^3, edge: 1 mm, counts: [1000, 1000, 1000], "
        "pitch: 2 mm, centre: [0 mm, 0 mm, 0 mm]}], instrumented: {kind: sphere, centre: [0 mm, 0 mm, 0 mm], "
        "radius: 1 m}}\n",
        ["1000000000 crystals are too many"],
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_file_that_could_be_read_wrong_is_answered_in_one_line(tmp_path: Path, row: str) -> None:
    content, said = ROWS[row]
    line = answered(tmp_path, content)
    assert all(words in line for words in said), line


def test_counts_and_shares_are_understood(tmp_path: Path) -> None:
    plain = load(tmp_path, BASE)
    counts = load(tmp_path, changed("100 / (keV kg day)", "100 counts/keV/kg/day"))
    assert counts.background.recoil == plain.background.recoil
    becquerel = load(tmp_path, BASE + "  photon: 3 mBq/kg\n")
    assert float(becquerel.background.photon) == pytest.approx(3e-3 * 1e-9 / kg, rel=1e-14)  # per ns
    half = load(tmp_path, changed("72 m", "72 m, load_factor: 50 %"))
    assert float(half.source.total()) == pytest.approx(float(plain.source.total()) / 2, rel=1e-12)  # one product each
    assert load(tmp_path, BASE + "uncertainties: {flux: 2.5 %}\n").uncertainties.flux == 0.025


def test_texts_stay_texts(tmp_path: Path) -> None:
    for name in ("Réacteur", "2024-01-01", "no", "1:30", "010"):
        assert load(tmp_path, changed("mine", name)).name == name
    assert answered(tmp_path, changed("mine", "2024")) == "name: 2024 is not allowed: it should be text"


def test_a_few_aliases_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    text = changed("[20 eV", "[&low 20 eV").replace("threshold: 100 keV", "threshold: *low")
    assert float(load(tmp_path, text).selection.E_gamma_min) == pytest.approx(20 * eV, rel=1e-14)
    assert load(tmp_path, b"\xef\xbb\xbf" + BASE.encode()).name == "mine"


def test_measured_energies_need_the_quenching(tmp_path: Path) -> None:
    text = changed("20 eV", "200 eVee") + "response: {quenching: 20 %}\n"
    experiment = load(tmp_path, text)
    assert (experiment.response.quenching, float(experiment.selection.E_R_min)) == (0.2, pytest.approx(200 * eV))


def test_what_is_no_file_is_not_even_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.yaml")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "device.yaml").symlink_to("/dev/zero")
    (tmp_path / "folder.yaml").mkdir()
    for name, said in {
        "fifo.yaml": "is not a file",
        "device.yaml": "is not a file",
        "folder.yaml": "is not a file",
        "loop.yaml": "cannot be read",
        "gone.yaml": "no such file",
        "gone/mine.yaml": "no such file",
        "folder.yaml/mine.yaml": "no such file",
    }.items():
        assert said in refusal(tmp_path / name)


def test_names_that_no_file_can_have() -> None:
    for name in ("a\0b.yaml", "x" * 3000 + ".yaml", "q" * 100_000, "a\nb", "", "."):
        with pytest.raises(ValueError, match=r"no such file|unknown experiment") as caught:
            experiments.load(name)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < MESSAGE


def test_every_number_in_a_file_has_bounds() -> None:
    """No key is a bare number, which would take truth values and infinities: see `nushine.config.numbers`."""
    seen, bare = set(), []

    def look(annotation: object) -> None:
        if hasattr(annotation, "__metadata__"):
            look(annotation.__origin__)  # type: ignore[attr-defined]
            return
        for inner in getattr(annotation, "__args__", ()):
            look(inner)
            if inner in (float, int):
                bare.append(str(annotation))
        if not hasattr(annotation, "model_fields") or annotation in seen:
            return
        seen.add(annotation)
        for key, field in annotation.model_fields.items():
            if field.annotation in (float, int) and not field.metadata:
                bare.append(f"{annotation}.{key}")
            look(field.annotation)

    look(experiments.ExperimentFile)
    assert bare == []
    assert {model.__name__ for model in seen} >= {"ReactorCore", "CubesBlock", "UncertaintiesBlock", "PhotonBlock"}
