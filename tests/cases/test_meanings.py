"""One meaning for what is typed: units, truth values, keys without effect, names, and what is out of reach."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hepunits import MeV, eV, kg

import nushine as ns
from nushine.cli import app, output
from nushine.config import quantity
from nushine.detectors import Background, Response, Uncertainties
from nushine.experiments import Experiment, from_mapping
from nushine.experiments.caveats import assumed, out_of_reach, two_windows
from nushine.interactions.dipole import Nature

LINE = {"kind": "lines", "lines": [{"energy": "3 MeV", "flux": "1e12 / (cm^2 s)"}]}
RECOIL: dict[str, Any] = {"recoil_window": ["20 eV", "1 keV"]}
PHOTON: dict[str, Any] = {"photon": {"threshold": "100 keV"}, "path": "5 cm"}


def made(**blocks: Any) -> Experiment:
    """An experiment at a line of 3 MeV."""
    base = {"name": "mine", "source": LINE, "target": [{"formula": "Ge", "mass": "1 kg"}], "exposure": "1 year"}
    return from_mapping({**base, **blocks}, "mine.yaml")


WITHOUT_EFFECT = [
    ({**RECOIL, "response": {"photon_efficiency": 0.5}}, "response.photon_efficiency", "photon"),
    ({**RECOIL, "uncertainties": {"photon_efficiency": 0.1}}, "uncertainties.photon_efficiency", "photon"),
    ({**RECOIL, "flight_min": "1 cm"}, "flight_min", "photon"),
    ({**PHOTON, "response": {"resolution": "4 eV"}}, "response.resolution", "recoil_window"),
    ({**RECOIL, "uncertainties": {"excess": 0.1}}, "uncertainties.excess", "background.excess"),
    ({**RECOIL, "uncertainties": {"excess_scale": 0.1}}, "uncertainties.excess_scale", "background.excess"),
    ({**RECOIL, "uncertainties": {"resolution": 0.1}}, "uncertainties.resolution", "response.resolution"),
]


@pytest.mark.parametrize(("blocks", "key", "missing"), WITHOUT_EFFECT, ids=[key for _, key, _ in WITHOUT_EFFECT])
def test_keys_without_effect_are_refused(blocks: dict[str, Any], key: str, missing: str) -> None:
    with pytest.raises(ValueError, match=rf"^mine.yaml: {key}: there is no '{missing}'; add it, or leave out"):
        made(**blocks)


def test_keys_without_effect_may_say_what_is_anyway() -> None:
    made(**RECOIL, response={"photon_efficiency": 1.0}, uncertainties={"excess": 0, "resolution": 0})


@pytest.mark.parametrize("text", ["yes", "on", "true", 1, 0])
def test_only_true_and_false_are_truth_values(text: object) -> None:
    with pytest.raises(ValueError, match=r"uncertainties.flux_shape: .*boolean"):
        made(**RECOIL, uncertainties={"flux_shape": text})


REFUSED = [
    ({**RECOIL, "response": {"quenching": 1e-9}}, "response.quenching: 1e-09 is not allowed: it is below 0.0001"),
    ({**RECOIL, "response": {"quenching": 1e-300}}, "it is below 0.0001; check its power of ten"),
    ({**RECOIL, "response": {"efficiency": 1e-9}}, "response.efficiency: 1e-09 is not allowed: it is below"),
    ({"photon": {"threshold": "100 keVnr"}, "path": "5 cm"}, "keVnr is for nuclear recoils, write keV"),
    ({**RECOIL, "source": {"kind": "lines", "lines": [{"energy": "3 MeVee", "flux": "1 / (cm^2 s)"}]}}, "write MeV"),
    ({**RECOIL, "response": {"efficiency": 0, "8": None}}, "'response.8'; was a decimal comma meant? write a point"),
    ({"recoil_window": [0, "02 keV", "1 keV"]}, "was a decimal comma meant? write '0.02 keV'"),
]


@pytest.mark.parametrize(("blocks", "line"), REFUSED)
def test_bounds_scales_and_commas(blocks: dict[str, Any], line: str) -> None:
    with pytest.raises(ValueError, match=r"^mine.yaml: ") as caught:
        made(**blocks)
    assert line in str(caught.value)


TEXTS = [
    ("1 kg", "1 (kg", "a bracket is not closed"),
    ("3 MeV", "3 (MeV", "a bracket is not closed"),
    ("100 / (keV kg day)", "100 counts/(keV kg day", "a bracket is not closed"),
    ("1 kg", "1 kg)", "a bracket closes that was not opened"),
    ("1 kg", "5 Mg", "before g stand n, u"),
    ("1 year", "1 Ms", "before s stand n, u"),
    ("4.25 GW", "4000 mWth", "before Wth stand k, M, G, T"),
    ("4.25 GW", "4 mwth", "m is 1e-3 and M is 1e6"),
    ("100 / (keV kg day)", "100 Mdru", "before dru stand m, k"),
    ("1 kg", "5 KG", "write kg"),
    ("1 kg", "1.5d3 g", "with an e, as 1.5e3"),
    ("1 kg", "- 5 kg", "the sign right before the number"),
    ("100 / (keV kg day)", "counts/(10 keV kg day)", "write one number, before its unit"),
    ("1 year", "1 year 2 months", "one number with one unit"),
    ("1 year", "1h30m", "one number with one unit"),
    ("100 / (keV kg day)", "100 counts/keV/kg/day ± 3", "uncertainties have keys of their own"),
    ("100 / (keV kg day)", "100 counts/keV/kg/day (nr)", "remarks are not read"),
]


@pytest.mark.parametrize(("like", "text", "cure"), TEXTS, ids=[text for _, text, _ in TEXTS])
def test_a_text_that_is_no_quantity_says_what_to_write(like: str, text: str, cure: str) -> None:
    with pytest.raises(ValueError, match=r"is not a quantity like") as caught:
        quantity(text, like)
    assert cure in str(caught.value)


def test_terawatts_of_heat_are_read() -> None:
    assert quantity("4 TWth", "1 W") == pytest.approx(quantity("4000 GW", "1 W"), rel=1e-14)  # rounded to 15 digits


def test_a_shape_that_no_source_varies_is_no_uncertainty() -> None:
    (line,) = (x for x in assumed(made(**RECOIL, uncertainties={"flux_shape": True}), (ns.RECOIL,)) if "flux" in x)
    assert line == "Assumed: no uncertainty declared of the flux: known exactly."


def test_a_measured_window_says_that_rates_take_it_as_true() -> None:
    of = made(recoil_window=["20 eVee", "1 keVee"], response={"quenching": 0.2})
    (line,) = two_windows(of, (ns.RECOIL,))
    assert line.startswith("Rates and events take the window as true recoil energy, likelihoods as measured energy")
    wide = ns.scattering_rate(of.source, of.target, ns.CEvNS(), ns.Selection(100 * eV, 5e3 * eV))
    ratio = float(wide / ns.scattering_rate(of.source, of.target, ns.CEvNS(), of.selection))
    (line,) = two_windows(of, (ns.RECOIL,), compute=True)
    assert line.endswith(f"with quenching 0.2 they differ, for CEvNS by a factor of {ratio:.3g}.")
    assert two_windows(of, (ns.PHOTON,)) == two_windows(made(**RECOIL), (ns.RECOIL,)) == ()


def test_a_window_above_all_recoils_says_so() -> None:
    (line,) = out_of_reach(made(recoil_window=["20 MeV", "100 MeV"]), (ns.RECOIL,))
    assert line.startswith("The recoil window begins at 20 MeV, above all recoils of this source, 0.000")
    assert out_of_reach(made(**RECOIL), (ns.RECOIL,)) == ()


OBJECTS = [
    (lambda _: ns.Flavour("e"), "flavour.e = 'e' is not allowed"),
    (lambda _: Nature("a", None), "nature.final_states = 'a' is not possible: give nushine.DIRAC"),
    (lambda _: Nature(3, 5.0), "nature.final_states = 3 is not possible"),
    (lambda _: Nature(1, 5.0), "nature.asymmetry = 5 is not allowed"),
    (lambda _: ns.Decay("x"), "modes = 'x' is not allowed"),
    (lambda e: ns.exclusion(e, ["3"]), "m_N = ['3'] is not allowed"),
    (lambda e: ns.exclusion(e, [True]), "m_N = [True] is not allowed"),
    (lambda e: ns.exclusion(e, [[1.0, 3.0]]), "m_N = [[1.0, 3.0]] is not allowed"),
    (lambda e: ns.exclusion(e, []), "m_N = [] is not allowed"),
    (lambda e: ns.exclusion(e, None), "m_N = None is not allowed"),
    (lambda e: ns.discovery(e, []), "m_N = [] is not allowed"),
    (lambda e: ns.exclusion(e, 3.0, bands=1), "bands = 1 is not allowed: give True or False"),
    (lambda _: Background(excess=None), "background.excess = None is not allowed"),
    (lambda _: Background(recoil=[1.0, 2.0]), "background.recoil = [1.0, 2.0] is not allowed: give one number"),
    (lambda _: Response(resolution=5 * MeV), "response.resolution = 5 MeV is not allowed"),
    (lambda _: Response(quenching=20), "response.quenching = 20 is not allowed"),
    (lambda _: Response(efficiency=1e-9), "response.efficiency = 1e-09 is not allowed"),
    (lambda _: Uncertainties(flux=25), "uncertainties.flux = 25 is not allowed"),
    (lambda _: Uncertainties(flux_shape="no"), "uncertainties.flux_shape = 'no' is not allowed: give True or False"),
    (lambda e: replace(e, mass=1e-24 * kg), "mass of the target = 6.24151 (hepunits) is not allowed"),
    (lambda e: replace(e, response=Response(0.5)), "response.resolution: must be below the upper edge"),
    (lambda e: replace(e, arrangement="x"), "arrangement = 'x' is not allowed"),
    (lambda e: e.source.total("1"), "E_low = '1' is not allowed"),
    (lambda _: ns.experiments.load(5), "experiment 5 is no name"),
    (lambda _: ns.experiments.load(None), "experiment None is no name"),
]


@pytest.mark.parametrize(("call", "line"), OBJECTS, ids=[line[:40] for _, line in OBJECTS])
def test_what_is_no_such_object_fails_where_it_is_made(call: Any, line: str) -> None:
    with pytest.raises(ValueError, match=r"give|check") as caught:
        call(made(**RECOIL))
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


TYPED = [
    (["spectrum", "nucleus-1kg", "--observable", "recoil", "--m-N", "3 MeV", "--mu", "1_0e-8"], "'--mu': '1_0e-8'"),
    (["spectrum", "nucleus-1kg", "--observable", "recoil", "--m-N", "3 MeV", "--mu", "1e-400"], "too small"),
    (["spectrum", "nucleus-1kg", "--observable", "recoil", "--m-N", "3 MeV", "--points", "1"], "from 2 to 1000000"),
    (["limit", "nucleus-1kg", "--cl", "0_9"], "without gaps or marks"),
    (["limit", "nucleus-1kg", "--masses", "1 MeV", "2 MeV", "1_0"], "--masses: a ladder of 1_0 masses"),
    (["limit", "nucleus-1kg", "--m-N", "3 MeVnr"], "MeVnr is for nuclear recoils, write MeV"),
    (["generate", "nucleus-1kg", "--m-N", "3 MeV", "--out", "x.lhe", "--n", "1_000"], "--n 1_000: give a whole number"),
    (["generate", "nucleus-1kg", "--m-N", "3 MeV", "--out", "x.lhe", "--n", "٣"], "--n ٣: give a whole number"),
]


@pytest.mark.parametrize(("words", "line"), TYPED, ids=[words[-1] for words, _ in TYPED])
def test_numbers_of_options_are_plain(words: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        app(words)
    said = capsys.readouterr().err
    assert left.value.code == 2
    assert said.count("\n") == 1
    assert line in said


def test_names_do_not_reach_the_terminal_raw(capsys: pytest.CaptureFixture[str]) -> None:
    odd = "mi\x1b[31mne\n\u202e"
    output.show_table(f"\n{odd}", ["a"], [[odd]], [odd])
    output.show_note(odd)
    shown = "".join(capsys.readouterr())
    assert shown.count(r"mi\x1b[31mne\n\u202e") == 4
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert shown.startswith("\n")


def test_merge_keys_are_refused_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("name: a\n<<: {name: b}\n")
    with pytest.raises(ValueError, match=r"unknown key '<<' in line 2: merge keys are not read"):
        ns.experiments.load(tmp_path / "x.yaml")


def test_a_large_array_that_sticks_out_says_so() -> None:
    cubes = {"formula": "Ge", "density": "5.3 g/cm^3", "edge": "5 mm", "counts": [1000, 1, 1], "pitch": "6 mm"}
    box = {"kind": "box", "centre": ["0 mm"] * 3, "edges": ["10 cm"] * 3}
    with pytest.raises(ValueError, match=r"Ge 0 sticks out"):
        made(**RECOIL, geometry={"kind": "bodies", "cubes": [{**cubes, "centre": ["0 mm"] * 3}], "instrumented": box})
