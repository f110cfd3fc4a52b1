"""The examples run and say what they promise."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_own_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "own_experiment.py"), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("own-experiment: N up to ")
    events = [float(line.split()[1]) for line in lines[1:4]]
    assert events[0] > events[1] > events[2] > 0.0
    assert lines[-1] == "d log(rate) / d log(path) = 1.000"  # decays go as the path where they are rare
