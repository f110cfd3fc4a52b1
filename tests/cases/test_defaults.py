"""What a file leaves out is not filled in with something favourable without a word."""

import json
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np
import pytest
from hepunits import day, keV, kg
from typer.testing import CliRunner

import nushine as ns
from nushine import experiments
from nushine.cli import app
from nushine.decay import PROMPT, RADIATIVE
from nushine.detectors import COINCIDENCE, PHOTON, RECOIL, Background
from nushine.experiments import Experiment
from nushine.experiments.caveats import SEEN, assumed, two_geometries
from nushine.experiments.channels import channel_of, channels_of, described, path_of
from nushine.numerics.arrays import as_arrays
from nushine.observables import background_events, expected_events
from nushine.statistics import exclusion, forecast
from nushine.statistics.caveats import declared_error, weak_signal

BASE: dict[str, Any] = {
    "name": "mine",
    "source": {"kind": "chooz"},
    "target": [{"formula": "Ge", "mass": "1 kg"}],
    "exposure": "1 year",
    "path": "5 cm",
    "recoil_window": ["20 eV", "1 keV"],
    "photon": {"threshold": "100 keV"},
}
RECOILS_ALONE = {"path": None, "photon": None}
PHOTONS_ALONE = {"recoil_window": None}
FLAT = {"recoil": "100 / (keV kg day)", "coincidence": "1 / (keV kg day)"}


def make(**changes: Any) -> Experiment:
    """The experiment above with other keys; None leaves one out."""
    content = {key: value for key, value in {**BASE, **changes}.items() if value is not None}
    return experiments.from_mapping(content, where="mine.yaml")


def write(folder: Path, **changes: Any) -> str:
    """The same as a file."""
    content = {key: value for key, value in {**BASE, **changes}.items() if value is not None}
    (folder / "mine.yaml").write_text(json.dumps(content))  # JSON is YAML
    return str(folder / "mine.yaml")


def run(*args: str) -> Any:
    return CliRunner().invoke(app, list(args))


def refusal(*args: str) -> str:
    result = run(*args)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.output
    return str(result.stderr)


# Backgrounds: not given is not the same as none


def test_a_background_that_is_not_given_is_known_as_such() -> None:
    of = make(background={"recoil": "0 / (keV kg day)"}).background
    assert [of.given(channel) for channel in (RECOIL, COINCIDENCE, PHOTON)] == [True, False, False]
    assert (of.recoil, of.coincidence, of.photon) == (0.0, None, None)
    assert of.flat(COINCIDENCE) == 0.0


@pytest.mark.parametrize(
    ("background", "channel", "line"),
    [
        ({}, COINCIDENCE, "Assumed: no background given for coincidences: background-free."),
        ({}, PHOTON, "Assumed: no background given for photons: background-free."),
        ({}, RECOIL, "Assumed: no background given for recoils: background-free but for CEvNS."),
        ({"excess": "1 / (keV kg day)"}, RECOIL, "background-free but for CEvNS and the excess."),
    ],
)
def test_it_is_said(background: dict[str, str], channel: ns.detectors.Channel, line: str) -> None:
    (said,) = assumed(make(background=background), (channel,), likelihood=False)
    assert line in said


@pytest.mark.parametrize("channel", [RECOIL, COINCIDENCE])
def test_nothing_is_said_of_what_is_given_be_it_zero(channel: ns.detectors.Channel) -> None:
    none = dict.fromkeys(FLAT, "0 / (keV kg day)")
    assert assumed(make(background=none), (channel,), likelihood=False) == ()


def test_rates_without_a_background_are_those_with_none() -> None:
    open_, none = Background(), Background(0.0, 0.0, 0.0)
    window = make().selection
    for channel in (RECOIL, COINCIDENCE, PHOTON):
        assert float(open_.rate(channel, window)) == float(none.rate(channel, window)) == 0.0


def test_a_background_that_is_not_given_passes_through_transformations() -> None:
    experiment = as_arrays(make(background={"recoil": "1 / (keV kg day)"}))
    rate = eqx.filter_jit(
        lambda e: e.background.rate(COINCIDENCE, e.selection) + e.background.rate(RECOIL, e.selection)
    )
    assert float(rate(experiment)) * kg * day == pytest.approx(0.98)
    slope = jax.grad(lambda x: Background(recoil=x).rate(RECOIL, experiment.selection))(1.0)
    assert float(slope) * keV == pytest.approx(0.98 * keV * 1e-3)


def test_the_shipped_experiments_say_that_their_photon_background_is_unknown() -> None:
    for name in experiments.names():
        found = experiments.load(name)
        assert any("for photons" in line for line in assumed(found, (PHOTON,)))
        assert not any("no background" in line for line in assumed(found, (RECOIL, COINCIDENCE)))


# Channels and keys that are needed only where they are used


@pytest.mark.parametrize(
    ("changes", "default", "others"),
    [
        ({}, COINCIDENCE, {RECOIL, PHOTON}),
        (RECOILS_ALONE, RECOIL, set()),
        ({"photon": None}, RECOIL, set()),
        (PHOTONS_ALONE, PHOTON, set()),
    ],
)
def test_the_default_channel_follows_the_file(
    changes: dict[str, Any], default: ns.detectors.Channel, others: set[ns.detectors.Channel]
) -> None:
    experiment = make(**changes)
    assert channel_of(experiment) == default
    assert {channel.name for channel in described(experiment)} == {default.name} | {c.name for c in others}
    for channel in {RECOIL, PHOTON, COINCIDENCE} - others - {default}:
        with pytest.raises(ValueError, match=f"mine has no channel '{channel.name}'"):
            channels_of(experiment, channel)


def test_a_file_that_describes_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mine\.yaml: mine: describes neither recoils nor photons"):
        make(photon=None, recoil_window=None)


@pytest.mark.parametrize("wrong", ["recoil", 3, ("recoil",)])
def test_a_channel_is_an_object(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"channel .* is not .*: give .*RECOIL, .*PHOTON or .*COINCIDENCE"):
        expected_events(make(), ns.Dipole(1.0, 1e-8), wrong)


def test_recoils_alone_need_neither_path_nor_photon() -> None:
    whole, alone = make(background=FLAT), make(background={"recoil": FLAT["recoil"]}, **RECOILS_ALONE)
    signal = ns.Dipole(1.0, 1e-10)
    assert float(expected_events(alone, signal)) == float(expected_events(whole, signal, RECOIL))
    assert background_events(alone) == background_events(whole, RECOIL)


@pytest.mark.parametrize("verb", [expected_events, lambda *asked: forecast(asked[0], asked[1], (asked[2],))])
def test_a_path_is_asked_for_where_decays_are(verb: Any) -> None:
    with pytest.raises(ValueError, match=r"mine: 'path' is missing, .* as in 'path: 5 cm'"):
        verb(make(path=None), ns.Dipole(1.0, 1e-8), COINCIDENCE)


def test_prompt_decays_need_no_path() -> None:
    assert path_of(make(path=None), PHOTON, PROMPT) == 0.0
    assert path_of(make(), PHOTON, RADIATIVE) == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("without", "key", "value"),
    [
        ("photon", "photon", "1 / (kg day)"),
        ("photon", "coincidence", "1 / (keV kg day)"),
        ("recoil_window", "coincidence", "1 / (keV kg day)"),
        ("recoil_window", "recoil", "1 / (keV kg day)"),
        ("recoil_window", "excess", "1 / (keV kg day)"),
    ],
)
def test_a_background_of_what_is_not_described_is_refused(without: str, key: str, value: str) -> None:
    with pytest.raises(ValueError, match=rf"mine\.yaml: background\.{key}: there is no '{without}'; add it, or leave"):
        make(background={key: value}, **{without: None})


def test_commands_say_what_a_file_lacks(tmp_path: Path) -> None:
    file = write(tmp_path, **RECOILS_ALONE)
    assert "no channel 'coincidence', because it describes no photon" in refusal(
        "limit", file, "--channel", "coincidence"
    )
    spectrum = refusal("spectrum", file, "--observable", "photon-energy", "--m-N", "1 MeV")
    assert "'path' is missing" in spectrum


# Limits say what they rest on


def test_a_counting_limit_on_a_small_share_of_an_uncertain_background_says_so(tmp_path: Path) -> None:
    file = write(tmp_path, background={"recoil": FLAT["recoil"]}, uncertainties={"background": 0.1}, **RECOILS_ALONE)
    result = json.loads(run("limit", file, "--m-N", "1 MeV", "--method", "counting", "--json").stdout)
    assert result["channel"] == "recoil"
    (said,) = result["caveats"]
    # 1.28 sqrt(b) of b = 4.4e4 events, of which 3.6e4 are flat and known to 10 %
    assert result["events"][0] < 0.007 * result["background"]
    assert result["background_error"] == pytest.approx(0.1 * 100 * 0.98 * 365.25)
    assert "At 1 MeV the signal is below the uncertainty of the background (0.6" in said
    assert "8.1 % declared; counting takes the background as known" in said
    shown = run("limit", file, "--m-N", "1 MeV", "--method", "counting").stdout
    assert said in shown
    out = run("limit", file, "--m-N", "1 MeV", "--method", "counting", "--out", str(tmp_path / "x.csv"))
    assert said in out.stderr


def test_a_limit_without_background_says_so() -> None:
    contour = exclusion(make(), 1.0, channel=RECOIL, method="counting")
    assert contour.caveats == ("Assumed: no background given for recoils: background-free but for CEvNS.",)


def test_what_likelihoods_take_as_known_is_said() -> None:
    assert assumed(make(background=FLAT), (RECOIL,)) == (
        "Assumed: resolution 0, recoil energies are measured exactly.",
        "Assumed: no uncertainty declared of the flux and the background: known exactly.",
    )
    known = {"flux": 0.02, "background": 0.1}
    careful = make(background=FLAT, uncertainties=known, response={"resolution": "4 eV"})
    assert assumed(careful, (RECOIL, COINCIDENCE)) == ()


def test_declared_error_of_the_background() -> None:
    flat, cevns = 100 * 0.98 * 365.25, background_events(make(), RECOIL)
    known = {"flux": 0.05, "background": 0.1}
    one = make(background=FLAT, uncertainties=known)
    expected = np.hypot(0.1 * flat, 0.05 * cevns)
    assert declared_error(one, (RECOIL,)) == pytest.approx(expected)
    # two detectors of 1/4 and 3/4 of the mass, whose backgrounds are independent: sqrt(1/16 + 9/16)
    two = make(
        background=FLAT,
        uncertainties={"background": 0.1},
        target=[{"formula": "Ge", "mass": "0.25 kg"}, {"formula": "Ge", "mass": "0.75 kg"}],
    )
    assert declared_error(two, (RECOIL,)) == pytest.approx(0.1 * flat * np.sqrt(10 / 16))
    # as much time without the source: the background is measured to sqrt(n)
    off = make(background=FLAT, uncertainties={"background": 0.1}, off_time_ratio=1.0)
    assert declared_error(off, (RECOIL,)) == pytest.approx((1 / (0.1 * flat) ** 2 + 1 / flat) ** -0.5)


@pytest.mark.parametrize(
    ("events", "error", "line"),
    [
        ([200.0, 150.0], 0.0, ""),  # sqrt(1e4) = 100
        ([90.0, 150.0], 0.0, "At 1 of 2 masses the signal is below the uncertainty of the background (down to 0.9 %"),
        ([200.0, 150.0], 1e3, "At all masses the signal is below the uncertainty of the background (down to 1.5 %"),
        ([np.inf, np.nan], 1e3, ""),
    ],
)
def test_small_signals_are_pointed_at(events: list[float], error: float, line: str) -> None:
    said = "".join(weak_signal(np.array([1.0, 2.0]), events, 1e4, error))
    assert said.startswith(line)
    assert bool(said) == bool(line)
    assert "rests on the shapes" in said or not said


# The two descriptions of nucleus-10g


def test_results_of_nucleus_10g_say_by_how_much_its_geometry_differs() -> None:
    found = experiments.load("nucleus-10g")
    (line,) = two_geometries(found, (COINCIDENCE,), "Dirac")
    assert "sees 0.84, 0.76, 0.58, 0.44 (Dirac) of the expected coincidences at 0.1, 1, 3, 6 MeV" in line
    assert two_geometries(found, (RECOIL,)) == ()
    assert two_geometries(experiments.load("nucleus-1kg"), (COINCIDENCE,)) == ()
    contour = exclusion(found, 1.0, method="counting")
    assert line in contour.caveats


def test_other_arrangements_point_to_where_the_difference_is_computed() -> None:
    changed = eqx.tree_at(lambda e: e.path, experiments.load("nucleus-10g"), 60.0)
    (line,) = two_geometries(changed, (COINCIDENCE,), "Dirac")
    assert "'nushine generate' says by how much they differ" in line


@pytest.mark.parametrize(("nature", "prompt"), [("Dirac", False), ("Majorana", False), ("Dirac", True)])
def test_the_difference_is_that_of_events_and_rates(nature: str, prompt: bool) -> None:
    found, decay = experiments.load("nucleus-10g"), PROMPT if prompt else RADIATIVE
    for m_N in (1.0, 6.0):
        signal = ns.Dipole(m_N, 1e-9, ns.DIRAC if nature == "Dirac" else ns.MAJORANA)
        sample = ns.generate(found, signal, n=65_536, seed=3, decay=decay)
        share = float(np.mean(sample["seen"]))
        ratio = share * sample.card.rate * sample.card.exposure / float(expected_events(found, signal, decay=decay))
        # statistics of the sample (at most 1 %), rounding and statistics of the table
        assert ratio == pytest.approx(SEEN[nature, prompt][m_N], rel=4 * np.sqrt((1 - share) / share / 65_536) + 0.004)


def test_generate_says_by_how_much_the_geometry_differs(tmp_path: Path) -> None:
    out = str(tmp_path / "e.parquet")
    result = run("generate", "nucleus-10g", "--m-N", "1 MeV", "--mu", "1e-9", "--n", "5000", "--out", out)
    assert result.exit_code == 0, result.output
    ratio, error = (float(x) for x in result.stderr.split("ratio ")[1].split(" +- "))
    assert abs(ratio - SEEN["Dirac", False][1.0]) < 5 * error < 0.2


# info


def test_info_shows_everything_that_was_read(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        source={"kind": "reactor", "cores": [{"power": "4 GW", "baseline": "72 m", "load_factor": 0.8}]},
        background={"recoil": "7 / (keV kg day)", "excess": "3 / (keV kg day)", "excess_scale": "30 eV"},
        response={"resolution": "4 eV", "quenching": 0.9, "efficiency": 0.8, "photon_efficiency": 0.7},
        uncertainties={"flux": 0.02, "threshold": "1 eV", "flux_shape": True},
        off_time_ratio=0.2,
        flight_min="1 cm",
    )
    shown = run("info", file).stdout
    for line in (
        "core 1 power 4 GW, baseline 72 m, load factor 0.8",
        "captures per fission 0.6",
        "resolution of recoils 4 eV",
        "quenching 0.9",
        "efficiency of recoils 0.8",
        "efficiency of photons 0.7",
        "uncertainty of flux 2 %",
        "uncertainty of flux shape yes",
        "uncertainty of threshold 1 eV",
        "time off over time on 0.2",
        "least flight of N 1 cm",
        "excess at zero energy 3 1/(keV kg day)",
        "excess falls by e over 30 eV",
        "flat background, recoil 7 1/(keV kg day)",
        "flat background, coincidence not given",
        "default channel coincidence",
        "Ge Ge76 7.75 8.101",
        "Assumed: no background given for coincidences: background-free.",
    ):
        assert line in " ".join(shown.split()), line
    assert max(len(line) for line in shown.splitlines() if not line.endswith(".")) <= 80
    facts = json.loads(run("info", file, "--json").stdout)
    assert facts["source_keys"]["core 1"] == "power 4 GW, baseline 72 m, load factor 0.8"
    assert facts["background_coincidence_per_keV_kg_day"] is None
    assert facts["background_coincidence_events"] is None
    assert (facts["uncertainty_flux_percent"], facts["uncertainty_threshold_eV"]) == pytest.approx((2, 1))
    assert (facts["channel"], facts["channels"]) == ("coincidence", ["coincidence", "recoil", "photon"])
    assert facts["caveats"]


def test_info_shows_the_geometry_and_that_it_differs() -> None:
    shown = " ".join(run("info", "nucleus-10g").stdout.split())
    for line in (
        "core 1 4.25 GW at 72 m",
        "core 2 4.25 GW at 102 m",
        "crystals 9 of CaWO4 (1.125 cm^3, 6.81",  # 6.8175 g, and 4.4775 g of Al2O3: the last digit is rounding
        "g), 9 of Al2O3 (1.125 cm^3, 4.47",
        "photon detectors 6 of Ge",
        "instrumented volume box of 200 cm^3",
        "0.84, 0.76, 0.58, 0.44 (Dirac); 0.78, 0.72, 0.61, 0.54 (Majorana)",
    ):
        assert line in shown, line


def test_info_of_recoils_alone(tmp_path: Path) -> None:
    facts = json.loads(run("info", write(tmp_path, **RECOILS_ALONE), "--json").stdout)
    assert (facts["channel"], facts["channels"], facts["path_cm"], facts["E_gamma_min_keV"]) == (
        "recoil",
        ["recoil"],
        None,
        None,
    )


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        (
            {"kind": "lines", "lines": [{"energy": "747 keV", "flux": "8e12 / (cm^2 s)"}], "antineutrino": True},
            {"line 1": "energy 0.747 MeV, flux 8e+12 1/(cm^2 s)", "flavour": "e", "antineutrino": "yes"},
        ),
        (
            {"kind": "sum", "of": [{"kind": "chooz", "load_factor": 0.8}]},
            {"part 1": "kind chooz, load factor 0.8, core 1 4.25 GW at 72 m, core 2 4.25 GW at 102 m"},
        ),
        (
            {"kind": "pion-decay-at-rest", "protons": "1e16 / s", "yield_per_proton": 0.09, "distance": "20 m"},
            {"protons": "1e+16 1/s", "yield per proton": "0.09", "distance": "20 m"},
        ),
    ],
)
def test_keys_of_every_kind_of_source_have_their_units(source: dict[str, Any], keys: dict[str, str]) -> None:
    assert keys.items() <= dict(make(source=source).source_keys).items()
