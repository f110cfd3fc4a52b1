"""The command that writes likelihoods for pyhf: what is in the file, limits with and without counts, mistakes."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from nushine import experiments
from nushine.cli import app
from nushine.detectors import RECOIL
from nushine.interactions import MAJORANA, Dipole
from nushine.statistics import Model, forecast

SMALL = """
name: small
source: {kind: table, file: flux.csv}
target: [{formula: Al, mass: 1 kg}]
exposure: 30 day
path: 5 cm
recoil_window: [20 eV, 1 keV]
photon: {threshold: 100 keV}
background: {recoil: 20 / (keV kg day)}
uncertainties: {flux: 0.03, background: 0.1, background_slope: 0.05}
"""
SIGNAL = ("--m-N", "2 MeV", "--mu", "1e-10", "--nature", "majorana", "--channel", "recoil")
BINS = 6


def run(*args: object) -> Result:
    return CliRunner().invoke(app, ["workspace", *map(str, args)])


def refusal(*args: object) -> str:
    """The one line on stderr after a mistake."""
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("nushine: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an experiment that computes fast, its workspace, its expected counts, and what was printed."""
    place = tmp_path_factory.mktemp("workspace")
    (place / "flux.csv").write_text("E_nu,flux\n1,1e12\n4,3e11\n8,1e9\n")
    (place / "small.yaml").write_text(SMALL)
    files = ["--out", place / "small.json", "--write-counts", place / "expected.csv"]
    result = run(place / "small.yaml", *SIGNAL, *files, "--json")
    assert result.exit_code == 0, result.output
    assert f"wrote {place / 'expected.csv'} ({BINS} rows)" in result.stderr
    assert f"wrote {place / 'small.json'} ({BINS} bins, 3 nuisance parameters)" in result.stderr
    (place / "shown.json").write_text(result.stdout)
    return place


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    setup = experiments.load(str(folder / "small.yaml"))
    return forecast(setup, Dipole(2.0, 1e-10, MAJORANA), (RECOIL,))(1e-10)


def read(file: Path) -> Any:
    return json.loads(file.read_text())


@pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning")
def test_pyhf_reads_the_workspace_and_expects_the_same(folder: Path, model: Model) -> None:
    pyhf = pytest.importorskip("pyhf")
    document = read(folder / "small.json")
    pyhf.schema.validate(document, "workspace.json")
    workspace = pyhf.Workspace(document)
    theirs = workspace.model()
    names = theirs.config.par_names
    assert set(names) == {"strength", "flux__small", "background__small", "background_slope__small"}
    for strength in (0.0, 2.5):
        parameters = [strength if name == "strength" else 0.0 for name in names]
        counts = theirs.expected_data(parameters, include_auxdata=False)
        np.testing.assert_allclose(counts, model.expected(strength), rtol=1e-12)
    np.testing.assert_allclose(workspace.data(theirs, include_auxdata=False), model.expected(0.0), rtol=1e-12)


@pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning")
def test_pyhf_finds_the_same_limits(folder: Path) -> None:
    pyhf = pytest.importorskip("pyhf")
    shown = read(folder / "shown.json")
    workspace = pyhf.Workspace(read(folder / "small.json"))
    theirs = workspace.model()
    limits = shown["expected_strength"]
    assert limits == sorted(limits)
    ((low, high),) = theirs.config.suggested_bounds()[slice(theirs.config.poi_index, theirs.config.poi_index + 1)]
    assert (low, high) == (0.0, pytest.approx(10 * limits[2]))  # other programs fit in here
    for i, strength in enumerate(limits):
        _, expected = pyhf.infer.hypotest(
            strength, workspace.data(theirs), theirs, test_stat="qtilde", return_expected_set=True
        )
        assert float(expected[i]) == pytest.approx(0.1, rel=1e-5)


def test_the_document_tells_what_was_computed(folder: Path, model: Model) -> None:
    shown = read(folder / "shown.json")
    assert (shown["experiment"], shown["channel"], shown["nature"], shown["flavour"]) == (
        "small",
        "recoil",
        "majorana",
        "e",
    )
    assert (shown["m_N_MeV"], shown["mu_mu_B"], shown["cl"], shown["convention"]) == (2.0, 1e-10, 0.9, "CLs")
    assert shown["bins"] == {"recoil__small": BINS}
    assert shown["identifier"] == "small"
    assert shown["signal_events"] == pytest.approx(float(model.signal.sum()))
    assert shown["background_events"] == pytest.approx(float(model.expected().sum()))
    assert shown["effective_events"] > 10
    assert (shown["observed_strength"], shown["observed_events"]) == (None, None)
    assert shown["expected_sigma"] == [-2, -1, 0, 1, 2]


def test_expected_counts_come_back_as_observed_ones(folder: Path, model: Model, tmp_path: Path) -> None:
    rows = list(csv.DictReader((folder / "expected.csv").read_text().splitlines()[1:]))
    assert [(row["channel"], int(row["bin"])) for row in rows] == [("recoil__small", i) for i in range(BINS)]
    edges = [float(row["E_R_min_eV"]) for row in rows] + [float(rows[-1]["E_R_max_eV"])]
    np.testing.assert_allclose(edges, np.geomspace(20, 1000, BINS + 1), rtol=1e-9)  # ten digits
    np.testing.assert_allclose([float(row["count"]) for row in rows], model.expected(0.0), rtol=1e-12)
    files = ["--out", tmp_path / "back.json", "--counts", folder / "expected.csv"]
    result = run(folder / "small.yaml", *SIGNAL, *files, "--json")
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert shown["observed_strength"] == pytest.approx(shown["expected_strength"][2], rel=1e-6)
    assert shown["expected_strength"] == pytest.approx(read(folder / "shown.json")["expected_strength"], rel=1e-6)
    assert read(tmp_path / "back.json") == read(folder / "small.json")


def test_observed_counts_are_the_observations_and_an_excess_weakens_the_limit(
    folder: Path, model: Model, tmp_path: Path
) -> None:
    counts = np.ceil(np.asarray(model.expected(5.0)))
    comment, header, *rows_of = (folder / "expected.csv").read_text().splitlines()
    seen = [f"{row.rpartition(',')[0]},{count:g}" for row, count in zip(rows_of, counts, strict=True)]
    (tmp_path / "seen.csv").write_text("\n".join([comment, header, *seen]))
    result = run(
        folder / "small.yaml", *SIGNAL, "--out", tmp_path / "seen.json", "--counts", tmp_path / "seen.csv", "--cl", 0.95
    )
    assert result.exit_code == 0, result.output
    assert read(tmp_path / "seen.json")["observations"] == [{"name": "recoil__small", "data": counts.tolist()}]
    title = result.stdout.splitlines()[0]
    assert title.startswith("small: 95 % CL upper limits on the strength, relative to the signal at m_N = 2 MeV, mu = ")
    rows = [re.split(r" {2,}", line.strip()) for line in result.stdout.splitlines()]
    limits = {row[0]: float(row[1]) for row in rows if row[0].startswith(("observed", "expected"))}
    assert [name.removeprefix("expected, ") for name in limits] == [
        *("observed", "-2 sigma", "-1 sigma", "median", "+1 sigma", "+2 sigma")
    ]
    assert limits["observed"] > limits["expected, median"]
    assert f"observed: {counts.sum():g}." in result.stdout


def test_counts_that_are_no_whole_numbers_are_told(folder: Path, tmp_path: Path) -> None:
    files = ["--out", tmp_path / "x.json", "--counts", folder / "expected.csv"]
    result = run(folder / "small.yaml", *SIGNAL, *files)
    assert f"expected.csv: {BINS} of {BINS} counts are no whole numbers, such as " in result.stderr


# Mistakes


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("--out", "gone/x.json"), ["--out gone/x.json", "does not exist"]),
        (("--out", "x.csv"), ["--out x.csv", "writes JSON", ".json"]),
        (("--out", "."), ["--out .", "is a folder"]),
        (("--write-counts", "gone/x.csv"), ["--write-counts gone/x.csv", "does not exist"]),
        (("--write-counts", "x.json"), ["--write-counts x.json", "writes CSV", ".csv"]),
        (("--counts", "gone.csv"), ["--counts", "gone.csv", "does not exist"]),
        (("--m-N", "12 MeV"), ["m_N = 12 MeV", "give a mass below"]),
        (("--m-N", "0 MeV"), ["m_N = 0 MeV", "above zero"]),
        (("--mu", "0"), ["mu = 0", "no signal"]),
        (("--mu", "nan"), ["mu = nan", "no signal"]),
        (("--cl", "90"), ["cl = 90", "0.5 to 1"]),
        (("--flavour", "tau"), ["no signal at all"]),
    ],
)
def test_a_mistake_is_told_in_one_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: tuple[str, str], said: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    line = refusal(folder / "small.yaml", *SIGNAL, "--out", "x.json", *changed)  # the last of an option counts
    assert all(words in line for words in said), line
    assert not list(tmp_path.iterdir())


def test_a_bin_without_count_is_told_and_nothing_written(folder: Path, tmp_path: Path) -> None:
    lines = (folder / "expected.csv").read_text().splitlines()
    (tmp_path / "short.csv").write_text("\n".join(lines[:-1]))
    files = ["--out", tmp_path / "x.json", "--counts", tmp_path / "short.csv", "--write-counts", tmp_path / "x.csv"]
    line = refusal(folder / "small.yaml", *SIGNAL, *files)
    assert f"short.csv: bin {BINS - 1} of channel 'recoil__small' is missing" in line
    assert [path.name for path in tmp_path.iterdir()] == ["short.csv"]


@pytest.mark.parametrize(("option", "of"), [("--write-counts", "--counts"), ("--out", "EXPERIMENT")])
def test_no_file_is_overwritten_by_another(folder: Path, option: str, of: str) -> None:
    file = folder / ("expected.csv" if of == "--counts" else "small.yaml")
    before = file.read_text()
    more = ["--out", folder / "y.json", "--counts", folder / "expected.csv", option, file]
    assert f"is the file of {of} too" in refusal(folder / "small.yaml", *SIGNAL, *more)
    assert file.read_text() == before
