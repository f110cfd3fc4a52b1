"""The event generator of DarkNews in a process of its own: time per event, of each step and of the writers."""

import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import worker
from timing import Timing
from worker import WorkerError

WORKER = Path(__file__).with_name("darknews_events_worker.py")
TIMEOUT = 600.0
ENERGIES = 400
EXPERIMENT = """name = "reactor_argon"
fluxfile = "reactor_argon.dat"
flux_norm = 1.0
erange = [{low}, {high}]
nuclear_targets = ['Ar40']
fiducial_mass_per_target = [1.0]
POTs = 1.0
"""


class Generated(NamedTuple):
    """Seconds per event of one way of running it, and what the weights are like.

    `weighted` and `unweighted` count whole runs, as a user meets them; `trained` and `unweighted_trained` leave out the
    adaptation of the integrator, which DarkNews repeats in every run. Unweighted means: kept with probability
    w / max(w), a fraction `efficiency` of the events; `capped` is that fraction if the largest 0.1 % of the weights are
    cut. `effective` is (sum w)^2 / (n sum w^2), the upper limit for any such choice.
    """

    weighted: Timing
    trained: Timing
    unweighted: Timing
    unweighted_trained: Timing
    efficiency: float
    capped: float
    effective: float
    negative: float
    not_a_number: float

    @classmethod
    def of(cls, run: dict[str, Any]) -> "Generated":
        """Read one entry of `runs` of the worker."""
        whole, training, choice = (run["seconds"][name] for name in ("run", "training", "unweighting"))
        sampling = [a - b for a, b in zip(whole, training, strict=True)]
        chosen = run["unweighted"]
        return cls(
            _per_event(whole, run["events"]),
            _per_event(sampling, run["events"]),
            _per_event([a + b for a, b in zip(whole, choice, strict=True)], chosen),
            _per_event([a + b for a, b in zip(sampling, choice, strict=True)], chosen),
            run["efficiency"],
            run["efficiency_capped"],
            run["effective"],
            run["negative"],
            run["not_a_number"],
        )


class DarkNewsEvents(NamedTuple):
    """Versions, both ways of running, seconds per event of the writers (None where one fails), columns of an event."""

    versions: dict[str, str] = {}  # noqa: RUF012  (never changed)
    import_seconds: float = 0.0
    both: Generated | None = None
    flip: Generated | None = None
    parquet: Timing | None = None
    hepmc3: Timing | None = None
    hepmc3_unweighted: Timing | None = None
    columns: tuple[str, ...] = ()
    failure: str = ""


def measure(
    python: str | None, m_N: float, mu_tr: float, experiment: str = "sbnd", flavour: str = "nu_mu",
    neval: int = 10_000, repeats: int = 3, written: int = 2_000,
) -> DarkNewsEvents:  # fmt: skip
    """Time DarkNews on nu A -> N A, N -> nu gamma with Dirac N of mass m_N [MeV] and mu_tr [1/GeV].

    `experiment` is one of DarkNews, by name, or a file, such as `reactor_on_argon` writes; `python` is the interpreter
    that has DarkNews, by default this one; `neval` events per helicity (10 000 is the default of DarkNews).
    """
    if python is None and find_spec("DarkNews") is None:
        return DarkNewsEvents(failure="not installed; name an interpreter that has it by --darknews-python")
    arguments = experiment, flavour, m_N, mu_tr, neval, repeats, written
    try:
        return _read(worker.result(python or sys.executable, WORKER, arguments, TIMEOUT))
    except WorkerError as error:
        print(error, file=sys.stderr)
        return DarkNewsEvents(failure=str(error).splitlines()[0])


def measure_reactor(python: str | None, m_N: float, mu_tr: float, **options: int) -> DarkNewsEvents:
    """`measure` for the antineutrinos of Chooz on argon."""
    with tempfile.TemporaryDirectory() as folder:
        return measure(python, m_N, mu_tr, str(reactor_on_argon(Path(folder))), "nu_e_bar", **options)


def reactor_on_argon(folder: Path) -> Path:
    """Write the flux of Chooz above 1 MeV, and a DarkNews experiment of one tonne of 40Ar, to this folder."""
    import numpy as np
    from hepunits import GeV, MeV, cm, s

    from nushine.sources.reactor import chooz

    E_nu = np.linspace(1 * MeV, 9 * MeV, ENERGIES)
    flux = np.asarray(chooz().flux(E_nu)) * (cm**2 * s * GeV)
    table = np.zeros((ENERGIES, 7))
    table[:, 0], table[:, 4] = E_nu / GeV, flux
    np.savetxt(folder / "reactor_argon.dat", table)
    file = folder / "reactor_argon.txt"
    file.write_text(EXPERIMENT.format(low=E_nu[0] / GeV, high=E_nu[-1] / GeV), encoding="utf-8")
    return file


def _read(result: dict[str, Any]) -> DarkNewsEvents:
    writers = result["writers"]
    times = (_writer(writers[name]) for name in ("parquet", "hepmc3", "hepmc3_unweighted"))
    runs = (Generated.of(result["runs"][name]) for name in ("both helicities", "helicity flip only"))
    columns = tuple(writers["columns"])
    return DarkNewsEvents(result["versions"], result["import_seconds"], *runs, *times, columns)


def _writer(times: dict[str, Any]) -> Timing | None:
    seconds = times["seconds"]
    return _per_event(seconds, [times["events"]] * len(seconds)) if seconds else None


def _per_event(seconds: Sequence[float], events: Sequence[int]) -> Timing:
    return Timing.of([time / number for time, number in zip(seconds, events, strict=True)])
