"""The command line as users and scripts meet it: results, one-line errors, interruption, full disks."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import nushine
from nushine import experiments
from nushine.cli import app
from nushine.detectors import RECOIL
from nushine.interactions import CEvNS, Dipole
from nushine.observables import expected_events, highest_mass, recoil_spectrum
from nushine.statistics import exclusion


def run(*args: str) -> Result:
    return CliRunner().invoke(app, list(args))


def document(*args: str) -> dict[str, Any]:
    """The JSON that a command prints; anything else on stdout would break the parser."""
    result = run(*args, "--json")
    assert result.exit_code == 0, result.output
    parsed = json.loads(result.stdout, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert isinstance(parsed, dict)
    return parsed


def refusal(*args: str) -> str:
    """The one line on stderr after a mistake."""
    result = run(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("nushine: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def read(file: Path) -> list[list[str]]:
    return list(csv.reader(file.read_text(encoding="ascii").splitlines()))


def process(*args: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "nushine", *args]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


@pytest.fixture(scope="module")
def nucleus() -> experiments.Experiment:
    return experiments.load("nucleus-1kg")


# Help and start-up


HEAVY = {"jax", "numpy", "scipy", "matplotlib", "pydantic", "yaml", "equinox", "rich"}


@pytest.mark.parametrize(("arguments", "tolerated"), [([], set()), (["limit"], {"pydantic"})])
def test_help_imports_nothing_that_takes_time(arguments: list[str], tolerated: set[str]) -> None:
    # typer itself may look at types with pydantic when it describes the options of a command
    code = (
        "import sys\n"
        "from nushine.cli import app\n"
        f"app({[*arguments, '--help']!r}, standalone_mode=False)\n"
        "print(*{name.split('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: ")
    assert not (HEAVY - tolerated) & set(done.stdout.splitlines()[-1].split())


def test_without_arguments_the_help_is_shown() -> None:
    result = run()
    assert result.exit_code == 0
    for command in (
        "reproduce",
        "spectrum",
        "limit",
        "discover",
        "discriminate",
        "workspace",
        "generate",
        "constraints",
        "info",
    ):
        assert f"\n  {command} " in result.stdout


def test_version() -> None:
    assert run("--version").stdout == f"{nushine.__version__}\n"


# Results


def test_info_lists_the_experiments() -> None:
    assert {item["name"] for item in document("info")["experiments"]} == set(experiments.names())
    assert "nucleus-1kg" in run("info").stdout


def test_info_of_an_experiment_repeats_its_file_and_the_flux(nucleus: experiments.Experiment) -> None:
    facts = document("info", "nucleus-1kg")
    assert facts["mass_kg"] == pytest.approx(1.0)
    assert facts["exposure_day"] == pytest.approx(365.25)
    assert (facts["E_R_min_eV"], facts["E_R_max_eV"]) == pytest.approx((20.0, 1000.0))
    assert facts["E_gamma_min_keV"] == pytest.approx(100.0)
    # the study asks for 2.1e12 within 10 % in all, and 0.53e12 within 5 % above 1.8 MeV
    assert facts["flux_total_per_cm2_s"] == pytest.approx(2.1e12, rel=0.10)
    assert facts["flux_above_1p8_MeV_per_cm2_s"] == pytest.approx(0.53e12, rel=0.05)
    # 100 /(keV kg day) x 0.98 keV x 1 kg x 365.25 day
    assert facts["background_recoil_events"] == pytest.approx(100 * 0.98 * 365.25)
    assert facts["cevns_events"] == pytest.approx(facts["cevns_per_kg_day"] * 365.25)
    assert facts["m_N_max_MeV"] == highest_mass(nucleus)


def test_info_as_a_table() -> None:
    shown = run("info", "nucleus-1kg").stdout
    assert "Chooz" in shown
    assert "1/(cm^2 s)" in shown


def test_a_file_of_ones_own_is_an_experiment(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "name: mine\nsource: {kind: chooz}\ntarget: [{formula: Ge, mass: 2 kg}]\nexposure: 10 day\npath: 5 cm\n"
        "recoil_window: [20 eV, 1 keV]\nphoton: {threshold: 100 keV}\n"
    )
    assert document("info", str(tmp_path / "mine.yaml"))["mass_kg"] == pytest.approx(2.0)


@pytest.mark.parametrize("process_name", ["cevns", "dipole"])
def test_recoil_spectrum(process_name: str, nucleus: experiments.Experiment, tmp_path: Path) -> None:
    file = tmp_path / "recoil.csv"
    options = ["--m-N", "3 MeV", "--mu", "1e-9"] if process_name == "dipole" else []
    command = ["spectrum", "nucleus-1kg", "--observable", "recoil", "--process", process_name, *options]
    shown = document(*command, "--points", "5", "--out", str(file))
    interaction = CEvNS() if process_name == "cevns" else Dipole(3.0, 1e-9)
    expected = recoil_spectrum(nucleus, interaction, shown["E_R_MeV"]).density
    assert shown["dN_dE_R_per_MeV"] == pytest.approx(expected, rel=1e-12)
    assert shown["E_R_MeV"][0] == pytest.approx(20e-6)
    rows = read(file)
    assert rows[0] == ["E_R [MeV]", "dN_dE_R [1/MeV]"]
    table = np.array(rows[1:], dtype=float)
    assert table.tolist() == [[x, y] for x, y in zip(shown["E_R_MeV"], shown["dN_dE_R_per_MeV"], strict=True)]
    if process_name == "dipole":
        assert shown["events"] == pytest.approx(float(expected_events(nucleus, Dipole(3.0, 1e-9), RECOIL)))


@pytest.mark.parametrize("observable", ["photon-energy", "photon-angle"])
def test_photon_spectrum_integrates_to_the_events(observable: str) -> None:
    command = ["spectrum", "nucleus-1kg", "--observable", observable, "--m-N", "3 MeV", "--mu", "1e-8"]
    shown = document(*command, "--nature", "majorana", "--points", "100")
    x, density = (value for key, value in shown.items() if isinstance(value, list))
    # 100 points and straight lines between them
    assert np.trapezoid(density, x) == pytest.approx(shown["events"], rel=5e-3)
    assert shown["nature"] == "majorana"


def test_limit_is_that_of_the_library(nucleus: experiments.Experiment, tmp_path: Path) -> None:
    shown = document("limit", "nucleus-1kg", "--m-N", "1 MeV", "--m-N", "3 MeV", "--cl", "0.95")
    contour = exclusion(nucleus, [1.0, 3.0], cl=0.95)
    assert shown["m_N_MeV"] == [1.0, 3.0]
    assert shown["mu_mu_B"] == pytest.approx(contour.mu.tolist(), rel=1e-10)
    assert shown["mu_mu_B_is_infinite"] == [False, False]
    assert (shown["cl"], shown["complete"]) == (0.95, True)
    result = run("limit", "nucleus-1kg", "--masses", "1 MeV", "4 MeV", "3", "--out", str(tmp_path / "limit.csv"))
    assert (result.exit_code, result.stdout) == (0, "")
    rows = read(tmp_path / "limit.csv")
    assert rows[0] == ["m_N [MeV]", "mu [mu_B]", "mu_max [mu_B]", "events", "effective_events"]
    assert [float(row[0]) for row in rows[1:]] == pytest.approx([1.0, 2.0, 4.0])
    assert [path.name for path in tmp_path.iterdir()] == ["limit.csv"]


def test_no_limit_is_null_with_a_flag_and_inf_in_the_table() -> None:
    command = ["limit", "nucleus-1kg", "--m-N", "3 MeV", "--flavour", "tau"]  # reactors make no nu_tau
    shown = document(*command)
    assert shown["mu_mu_B"] == [None]
    assert shown["mu_mu_B_is_infinite"] == [True]
    assert "no moment is excluded" in run(*command).stdout


def test_constraints_list_and_points() -> None:
    curves = {limit["name"]: limit for limit in document("constraints", "--flavour", "tau")["limits"]}
    assert curves["donut"]["cl"] == 0.90
    assert curves["donut"]["convention"] == "d"
    assert "minerva" not in curves
    points = document("constraints", "--name", "donut")
    assert len(points["m_N_MeV"]) == len(points["mu_mu_B"]) > 10
    assert "DONUT" in run("constraints", "--name", "donut").stdout
    assert "Schwetz, 2105.09699" in run("constraints", "--flavour", "tau").stdout


# The study


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[Any, ...]]]:
    """A stand-in that notes what it is asked for; the study itself takes minutes."""
    calls: list[tuple[Any, ...]] = []

    def reproduce(out: Path, only: list[str] | None, resume: bool) -> None:
        calls.append((out, only, resume))

    module = types.SimpleNamespace(FIGURES={"photons": "photon spectra", "reach": "reach"}, reproduce=reproduce)
    monkeypatch.setitem(sys.modules, "nushine.study", module)  # type: ignore[arg-type]
    monkeypatch.setattr(nushine, "study", module, raising=False)
    return calls


def test_reproduce_hands_its_options_on(study: list[tuple[Any, ...]], tmp_path: Path) -> None:
    assert run("reproduce", "--out", str(tmp_path)).exit_code == 0
    assert run("reproduce", "--out", str(tmp_path), "--only", "reach", "--resume").exit_code == 0
    assert study == [(tmp_path, None, False), (tmp_path, ["reach"], True)]


def test_reproduce_names_the_figures(study: list[tuple[Any, ...]]) -> None:
    assert "photons, reach" in refusal("reproduce", "--only", "reech")
    assert not study


# Mistakes


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["limits"], ["'limits'", "limit, discover, discriminate, workspace, generate, constraints, info"]),
        (["spectrum"], ["Missing argument", "nushine spectrum --help"]),
        (["info", "nucleus"], ["'nucleus'", "nucleus-10g, nucleus-1kg"]),
        (["info", "gone.yaml"], ["gone.yaml", "no such file"]),
        (["limit", "nucleus-1kg", "--nature", "weyl"], ["--nature", "'weyl'", "'dirac', 'majorana'"]),
        (["limit", "nucleus-1kg", "--channel", "x"], ["--channel", "'recoil', 'photon', 'coincidence'"]),
        (["limit", "nucleus-1kg", "--m-N", "11 MeV"], ["11 MeV", "below 9.99"]),
        (["limit", "nucleus-1kg", "--m-N", "3 kg"], ["--m-N", "'3 kg'", "'3 MeV'"]),
        (["limit", "nucleus-1kg", "--m-N", "3 MeV", "--m-N", "-1 MeV"], ["m_N = -1 MeV", "above zero"]),
        (["limit", "nucleus-1kg", "--m-N", "3 MeV", "--cl", "90"], ["cl = 90", "between 0 and 1"]),
        (["limit", "nucleus-1kg", "--m-N", "3 MeV", "--masses", "1 MeV", "2 MeV", "3"], ["--masses", "one of them"]),
        (["limit", "nucleus-1kg", "--masses", "2 MeV", "1 MeV", "3"], ["2 MeV 1 MeV", "then a larger one"]),
        (["limit", "nucleus-1kg", "--masses", "1 MeV", "2 MeV", "1"], ["1 masses", "from 2"]),
        (["constraints", "--name", "donuts"], ["'donuts'", "donut,"]),
        (["constraints", "--jsn"], ["--jsn", "--json"]),
    ],
)
def test_a_mistake_is_told_in_one_line(command: list[str], said: list[str]) -> None:
    line = refusal(*command)
    assert all(words in line for words in said), line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--observable", "recoils"], ["'recoils'", "'recoil', 'photon-energy', 'photon-angle'"]),
        (["--observable", "recoil"], ["--m-N is missing"]),
        (["--observable", "photon-angle", "--process", "cevns"], ["--process cevns", "--observable recoil"]),
        (["--observable", "photon-energy", "--m-N", "0 MeV"], ["--m-N", "above zero"]),
        (["--observable", "recoil", "--m-N", "12 MeV"], ["12 MeV", "end point 10 MeV"]),
        (["--observable", "recoil", "--m-N", "3 MeV", "--mu", "nan"], ["mu = nan", "zero or above"]),
        (["--observable", "recoil", "--m-N", "3 MeV", "--mu", "much"], ["--mu", "valid"]),
        (["--observable", "recoil", "--m-N", "3 MeV", "--points", "1"], ["--points", "2"]),
        (["--observable", "recoil", "--m-N", "3 MeV", "--range", "1 keV", "1 eV"], ["--range", "above the lower"]),
        (["--observable", "photon-angle", "--m-N", "3 MeV", "--range", "0", "2"], ["--range", "from -1 to 1"]),
        (["--observable", "recoil", "--m-N", "3 MeV", "--out", "x.json"], ["x.json", "--json"]),
        (["--observable", "recoil", "--m-N", "3 MeV", "--out", "gone/x.csv"], ["gone", "does not exist"]),
        (["--observable", "recoil", "--m-N", "3 MeV", "--out", "."], ["is a folder"]),
    ],
)
def test_a_mistake_in_a_spectrum_is_told_in_one_line(arguments: list[str], said: list[str]) -> None:
    line = refusal("spectrum", "nucleus-1kg", *arguments)
    assert all(words in line for words in said), line


def test_a_mistake_in_a_file_names_file_and_key(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nsource: {kind: chooz, power: 4 GW}\n")
    line = refusal("info", str(file))
    assert str(file) in line
    assert "unknown key 'source.power'; allowed here are kind, load_factor" in line


# What the system does to a program


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_told_in_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        child = process("constraints", stdout=full)
        _, stderr = child.communicate(timeout=120)
    assert child.returncode == 2
    assert stderr == "nushine: cannot write the output: No space left on device; make room or choose another place\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_result_whose_file_fails_is_printed_after_all() -> None:
    result = run("spectrum", "nucleus-1kg", "--observable", "recoil", "--process", "cevns", "--out", "/dev/full")
    assert result.exit_code == 2
    assert "dN_dE_R [1/MeV]" in result.stdout
    assert result.stderr.startswith("nushine: ")
    assert "No space left" in result.stderr


def test_a_reader_that_has_enough_ends_the_program_quietly() -> None:
    read, write = os.pipe()
    os.close(read)
    child = process("constraints", stdout=write)
    os.close(write)
    _, stderr = child.communicate(timeout=120)
    assert (child.returncode, stderr) == (1, "")


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to send to another process")
def test_ctrl_c_prints_what_is_done(tmp_path: Path) -> None:
    noted = tmp_path / "done"
    code = (  # notes when two masses are done, so that the test need not guess
        "import pathlib, signal, nushine.cli.masses as masses\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell in the background has it ignored
        "one_by_one = masses.one_by_one\n"
        "def noting(text, steps):\n"
        "    def noted():\n"
        "        for i, item in enumerate(steps()):\n"
        f"            if i == 2: pathlib.Path({str(noted)!r}).touch()\n"
        "            yield item\n"
        "    return one_by_one(text, noted)\n"
        "masses.one_by_one = noting\n"
        "from nushine.cli import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", code, "limit", "nucleus-1kg", "--masses", "1 MeV", "9 MeV", "90000", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        deadline = time.monotonic() + 300
        while not noted.exists() and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        try:
            stdout, stderr = child.communicate(timeout=300)
        finally:
            child.kill()
    assert child.returncode == 130
    shown = json.loads(stdout)
    assert shown["complete"] is False
    assert 2 <= len(shown["mu_mu_B"]) < 90000
    assert stderr == f"nushine: interrupted after {len(shown['mu_mu_B'])} of 90000 masses\n"
