"""``nushine generate`` as users meet it: files, a kill in mid-run, closed pipes, mistakes in one line."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import nushine as ns
from nushine.cli import app
from nushine.events import BLOCK
from nushine.io.events import read, read_card

SAMPLE = ("generate", "nucleus-1kg", "--m-N", "3 MeV", "--nature", "majorana", "--seed", "5")
N = 20 * BLOCK + 100


def run(*args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(args))
    return result.exit_code, result.stdout, result.stderr


def process(*args: str, stdout: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "nushine", *args], stdout=stdout, stderr=subprocess.PIPE)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("whole") / "events.parquet"
    status, out, err = run(*SAMPLE, "--n", str(N), "--out", str(file))
    assert (status, out) == (0, "")
    assert err.startswith(f"wrote {file} ({N} events)")
    return file


def test_the_file_holds_the_events_of_python(whole: Path) -> None:
    signal_ = ns.Dipole(3.0, 1e-8, nature=ns.MAJORANA)
    events, there = ns.generate(ns.experiments.load("nucleus-1kg"), signal_, n=N, seed=5), read(whole)
    assert there.card == events.card
    for name in events:
        np.testing.assert_array_equal(there[name], events[name])


def test_killed_and_resumed_it_is_the_same_file(whole: Path, tmp_path: Path) -> None:
    file, partial = tmp_path / "events.parquet", tmp_path / "events.parquet.partial"
    command = (*SAMPLE, "--n", str(N), "--out", str(file))
    with process(*command) as child:
        while child.poll() is None and not (partial.exists() and partial.stat().st_size > 4):
            time.sleep(0.001)
        child.send_signal(signal.SIGKILL)
    assert partial.exists(), "the process was not killed in mid-run"
    assert not file.exists()
    status, _, err = run(*SAMPLE, "--n", "1000", "--out", str(file), "--resume")
    assert status == 2
    assert f"n is {N}, not 1000" in err
    assert run(*command, "--resume")[0] == 0
    assert file.read_bytes() == whole.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_cevns_in_the_recoil_channel(tmp_path: Path) -> None:
    file = tmp_path / "cevns.h5"
    assert run("generate", "nucleus-1kg", "--process", "cevns", "--n", "1e3", "--out", str(file))[0] == 0
    card = read_card(file)
    assert (card.process, card.channel, card.n) == ("CEvNS", "recoil", 1000)


def test_a_closed_pipe_ends_quietly() -> None:
    """As in ``nushine generate ... --out - --format hepmc3 | head -3``."""
    with process(*SAMPLE, "--n", "1e6", "--out", "-", "--format", "hepmc3", stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline().startswith(b"HepMC::Version")
        child.stdout.close()
        assert child.wait(120) != 0
        assert b"Traceback" not in child.stderr.read()


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("--n", "0", "--out", "x.parquet"), "--n 0: give a whole number of events"),
        (("--n", "1.5", "--out", "x.parquet"), "--n 1.5: give a whole number of events"),
        (("--n", "10", "--seed", "-1", "--out", "x.parquet"), "seed = -1 is not possible"),
        (("--n", "10", "--out", "x.dat"), "x.dat"),
        (("--n", "10", "--out", "missing/x.parquet"), "missing/x.parquet"),
        (("--n", "10", "--mu", "0", "--out", "x.parquet"), "nothing to generate"),
        (("--n", "10", "--mu", "-1", "--out", "x.parquet"), "mu = -1 mu_B is not allowed"),
        (("--n", "10", "--m-N", "12 MeV", "--out", "x.parquet"), "m_N = 12 MeV is above what Chooz can make"),
        (("--n", "10", "--process", "cevns", "--channel", "photon", "--out", "x.h5"), "cevns gives no photon"),
    ],
)
def test_mistakes_are_told_in_one_line(
    args: tuple[str, ...], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run(*SAMPLE, *args)
    assert (status, out) == (2, "")
    assert err.startswith("nushine: ")
    assert err.count("\n") == 1
    assert complaint in err
    assert list(tmp_path.iterdir()) == []
