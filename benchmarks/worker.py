"""Processes that measure in an environment of their own and print one JSON object as their last line."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class WorkerError(RuntimeError):
    """A worker that ended without a result; the message is one line and then all it wrote to stderr."""


def result(python: str, script: Path, arguments: Sequence[object], timeout: float) -> Any:
    """What the worker printed; its traceback where it failed.

    Parameters
    ----------
    python, script : str, Path
        Interpreter and worker.
    arguments : sequence
        For its command line.
    timeout : float
        Time after which it is stopped [s].

    Raises
    ------
    WorkerError
        If it cannot start, fails, takes too long, or prints no JSON.

    """
    command = [python, str(script), *map(str, arguments)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except OSError as error:
        raise WorkerError(f"{script.name}: cannot start {python}: {error.strerror}") from None
    except subprocess.TimeoutExpired as error:
        raise WorkerError(_told(script, f"stopped after {timeout:g} s", _text(error.stderr))) from None
    if run.returncode != 0:
        raise WorkerError(_told(script, f"ended with status {run.returncode}", run.stderr))
    lines = run.stdout.strip().splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError):
        raise WorkerError(_told(script, "printed no result", run.stdout[-2000:] + run.stderr)) from None


def _told(script: Path, how: str, output: str) -> str:
    lines = output.strip().splitlines()
    return "\n".join([f"{script.name} {how}: {lines[-1] if lines else 'no message'}", *lines])


def _text(output: str | bytes | None) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""
