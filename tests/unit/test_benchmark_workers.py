"""The benchmarks show what went wrong in their worker processes."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def worker() -> ModuleType:
    file = Path(__file__).resolve().parents[2] / "benchmarks" / "worker.py"
    spec = importlib.util.spec_from_file_location("worker", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def script(folder: Path, text: str) -> Path:
    file = folder / "script.py"
    file.write_text(text)
    return file


def test_the_last_line_is_the_result(worker: ModuleType, tmp_path: Path) -> None:
    file = script(tmp_path, "import sys\nprint('warming up')\nprint('{\"x\": %s}' % sys.argv[1])")
    assert worker.result(sys.executable, file, (1.5,), 60) == {"x": 1.5}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (
            "import no_such_package",
            "script.py ended with status 1: ModuleNotFoundError: No module named 'no_such_package'",
        ),
        ("print('nothing')", "script.py printed no result: nothing"),
        ("", "script.py printed no result: no message"),
        ("import os; os._exit(3)", "script.py ended with status 3: no message"),
    ],
)
def test_failures_are_shown(worker: ModuleType, tmp_path: Path, text: str, first: str) -> None:
    with pytest.raises(worker.WorkerError) as error:
        worker.result(sys.executable, script(tmp_path, text), (), 60)
    assert str(error.value).splitlines()[0] == first
    assert ("Traceback" in str(error.value)) == ("ModuleNotFoundError" in first)


def test_a_worker_that_hangs_or_cannot_start(worker: ModuleType, tmp_path: Path) -> None:
    file = script(tmp_path, "import time; time.sleep(60)")
    with pytest.raises(worker.WorkerError, match=r"script.py stopped after 0.5 s"):
        worker.result(sys.executable, file, (), 0.5)
    with pytest.raises(worker.WorkerError, match=r"script.py: cannot start"):
        worker.result(str(tmp_path / "python"), file, (), 60)
