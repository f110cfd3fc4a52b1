"""DarkNews in a process of its own, possibly of another Python: its time and its cross section."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import worker
from timing import Timing
from worker import WorkerError

WORKER = Path(__file__).with_name("darknews_worker.py")
TIMEOUT = 300.0


class DarkNewsResult(NamedTuple):
    """Version, time of one call, cross section [cm^2] summed over helicities, relative scatter of single calls."""

    version: str = ""
    one_helicity: Timing | None = None
    sigma_cm2: float = 0.0
    scatter: float = 0.0
    failure: str = ""


def measure(python: str | None, E_nu: float, m_N: float, mu_tr: float, nucleus: str, repeats: int) -> DarkNewsResult:
    """Energies in MeV, mu_tr in 1/GeV; `python` is the interpreter that has DarkNews, by default this one."""
    if python is None and find_spec("DarkNews") is None:
        return DarkNewsResult(failure="not installed; name an interpreter that has it by --darknews-python")
    try:
        result = worker.result(python or sys.executable, WORKER, (E_nu, m_N, mu_tr, nucleus, repeats), TIMEOUT)
    except WorkerError as error:
        print(error, file=sys.stderr)
        return DarkNewsResult(failure=str(error).splitlines()[0])
    seconds = min(result["seconds"].values(), key=lambda s: Timing.of(s).median)
    return DarkNewsResult(result["version"], Timing.of(seconds), result["sigma_cm2"], result["scatter"])
