"""What the command line writes and prints: no format under the name of another, and no result lost on the way."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import nushine as ns
from nushine.cli import app
from nushine.events import Generator
from nushine.io.events import open_writer, read_card

NAMED = """
name: "R\u00e9acteur \u00b5 \u2500"
source: {kind: reactor, cores: [{power: 4.25 GW, baseline: 72 m}]}
target: [{formula: Ge, mass: 1 kg}]
exposure: 1 year
path: 5 cm
recoil_window: [20 eV, 1 keV]
photon: {threshold: 100 keV}
background: {recoil: 100 / (keV kg day), coincidence: 1 / (keV kg day), photon: 1 / (kg day)}
"""

SPECTRUM = ("spectrum", "nucleus-1kg", "--observable", "recoil", "--m-N", "3 MeV", "--points", "3")
SAMPLE = ("generate", "nucleus-1kg", "--m-N", "3 MeV", "--n", "1000")


def run(*args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(args))
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("encoding", ["ascii"])
def test_names_that_the_terminal_cannot_print_are_escaped(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "named.yaml").write_text(NAMED, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "nushine", "info", str(tmp_path / "named.yaml")],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    )
    first, *table = done.stdout.decode(encoding).splitlines()
    assert first == "R\u00e9acteur \u00b5 \u2500".encode(encoding, "backslashreplace").decode(encoding)
    assert any("CEvNS in the recoil window" in line for line in table)
    assert done.stderr == b""


COMMANDS = {
    "spectrum": SPECTRUM,
    "limit": ("limit", "nucleus-1kg", "--m-N", "3 MeV"),
    "discover": ("discover", "nucleus-1kg", "--m-N", "3 MeV"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("name", ["x.pdf", "x.PNG", "x.json", "x.parquet", "x.xlsx", "x.csv.gz", "x.tsv"])
def test_csv_is_not_written_under_the_name_of_another_format(
    command: tuple[str, ...], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run(*command, "--out", name)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert f"--out {name}: writes CSV; give a name that ends in .csv" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x.csv", "x.CSV", "x.txt", "x.dat", "x"])
def test_names_of_text_and_no_ending_are_taken(name: str, tmp_path: Path) -> None:
    assert run(*SPECTRUM, "--out", str(tmp_path / name))[0] == 0
    assert (tmp_path / name).read_text(encoding="utf-8").startswith("E_R [MeV],dN_dE_R [1/MeV]\n")


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "x.csv").symlink_to(tmp_path / "results" / "y.csv")
    assert run(*SPECTRUM, "--out", str(tmp_path / "x.csv"))[0] == 0
    assert (tmp_path / "x.csv").is_symlink()
    assert len((tmp_path / "results" / "y.csv").read_text().splitlines()) == 4
    (tmp_path / "x.csv").unlink()
    (tmp_path / "x.csv").symlink_to(tmp_path / "missing" / "y.csv")
    assert "does not exist; make it first" in run(*SPECTRUM, "--out", str(tmp_path / "x.csv"))[2]


def test_workspaces_are_json(tmp_path: Path) -> None:
    command = ("workspace", "nucleus-1kg", "--m-N", "3 MeV", "--mu", "1e-8")
    for name in ("x.pdf", "x.csv", "x.root"):
        assert f"{name}: writes JSON; give a name that ends in .json" in run(*command, "--out", str(tmp_path / name))[2]
    extra = ("--out", str(tmp_path / "x.json"), "--write-counts", str(tmp_path / "x.pdf"))
    assert "x.pdf: writes CSV; give a name that ends in .csv" in run(*command, *extra)[2]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("--out", "missing/x.lhe"), "--out missing/x.lhe: the folder missing does not exist; make it first"),
        (("--out", "."), "--out .: is a folder"),
        (("--out", "x.pdf"), "x.pdf: the name does not tell the format"),
        (("--out", "x.lhe", "--format", "parquet"), "the name says lhe, --format parquet; leave one of them out"),
        (("--out", "-", "--format", "parquet"), "-: is no regular file; only HepMC3 and LHE"),
    ],
)
def test_files_of_events_are_checked_before_anything_is_prepared(
    args: tuple[str, ...], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nushine.events.Generator", None)  # calling it would be a TypeError
    status, out, err = run(*SAMPLE, *args)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert complaint in err
    assert list(tmp_path.iterdir()) == []


def test_resume_finishes_what_is_all_there_and_then_has_nothing_to_do(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    sample = Generator(ns.experiments.load("nucleus-1kg"), ns.Dipole(3.0, 1e-8)).sample(1000, 1)
    writer = open_writer(file, sample.card)
    writer.write(sample)  # all blocks are there, and the process ends without a word
    status, _, err = run(*SAMPLE, "--out", str(file), "--resume")
    assert (status, err.startswith(f"wrote {file} (1000 events, 1000 of them from before)")) == (0, True)
    assert read_card(file) == sample.card
    status, _, err = run(*SAMPLE, "--out", str(file), "--resume")
    assert (status, err) == (0, f"{file} is complete with its 1000 events: nothing is left to do\n")
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]
    settings = json.loads(sample.card.settings)
    assert (settings["flight_min_mm"], settings["forced"]) == (0.0, False)


CLOSED = "nushine: cannot write the output: standard output is closed; open it, or give a file"

SHELL = """
exec {redirect}
exec "$0" -m nushine {command}
"""


@pytest.mark.parametrize(
    ("redirect", "command", "status", "out", "err"),
    [
        (
            ">&-",
            SPECTRUM,
            2,
            "",
            CLOSED,
        ),
        ("2>&-", (*SPECTRUM, "--out", "-"), 0, "E_R [MeV],dN_dE_R [1/MeV]", ""),
        (">>log.txt", (*SPECTRUM, "--out", "/dev/stdout"), 0, "", "wrote /dev/stdout (3 rows)"),
    ],
)
def test_closed_and_redirected_streams(
    tmp_path: Path, redirect: str, command: tuple[str, ...], status: int, out: str, err: str
) -> None:
    (tmp_path / "log.txt").write_text("mine\n")
    script = SHELL.format(redirect=redirect, command=shlex.join(command))
    done = subprocess.run(
        ["sh", "-c", script, sys.executable], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (status, err)
    assert (done.stdout.splitlines() or [""])[0] == out
    assert len(done.stdout.splitlines()) in (0, 4)
    assert (tmp_path / "log.txt").read_text().startswith("mine\n" + "E_R [MeV]" * (redirect == ">>log.txt"))


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (
            (*SPECTRUM, "--out", "-", "--json"),
            "--out -: is standard output, where --json goes; leave one",
        ),
        ((*SPECTRUM, "--out", "a\0b"), "Invalid value for '--out': embedded null byte"),
        ((*SPECTRUM, "--out", ""), "--out .: is a folder; give the name of a file in it"),
        (
            (*SPECTRUM, "--out", "pdf.csv"),
            "--out pdf.csv: leads to t.pdf, and writes CSV; give a name that ends in .csv",
        ),
        ((*SPECTRUM, "--out", "dangling.csv"), "missing, where it leads, does not exist; make it first"),
        ((*SPECTRUM, "--out", "/dev/full"), "/dev/full: No space left on device; check the path"),
        ((*SAMPLE, "--out", ""), "--out is empty: give the name of a file, or - for standard output"),
        ((*SAMPLE, "--out", "a\0b"), "--out: the name has a NUL character"),
        (
            ("workspace", "nucleus-1kg", "--m-N", "3 MeV", "--mu", "1e-8", "--out", "-"),
            "--out -: is standard output, where the results go; give the name of a file",
        ),
    ],
)
def test_outputs_that_cannot_be_are_told_with_their_option(
    command: tuple[str, ...], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pdf.csv").symlink_to("t.pdf")
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "missing" / "x.csv")
    status, _, err = run(*command)
    assert (status, err.count("\n")) == (2, 1)
    assert complaint in err


def test_an_unfinished_run_that_is_begun_anew_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    sample = Generator(ns.experiments.load("nucleus-1kg"), ns.Dipole(3.0, 1e-8)).sample(1000, 1)
    open_writer(file, sample.card).write(sample)
    status, _, err = run(*SAMPLE, "--seed", "2", "--out", str(file))
    assert status == 0
    assert "(seed 1, 1000 of 1000 events) is given up: begun anew without --resume" in err
