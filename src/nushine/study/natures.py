"""Figure (d): how many photons tell Dirac from Majorana, and from which moment on an experiment sees enough of them."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from hepunits import cm
from numpy.typing import NDArray

from nushine import constraints, experiments
from nushine.constraints import LimitFlavour
from nushine.interactions import DIRAC, MAJORANA, Dipole
from nushine.plotting.natures import natures
from nushine.sources import Source, monoenergetic
from nushine.sources.reactor import chooz
from nushine.statistics import (
    Evidence,
    Observable,
    discovery,
    discriminate,
    divergence,
    photon_shares_of_both,
    photons_needed,
    photons_needed_by_toys,
)
from nushine.study.reach import LABELS
from nushine.study.result import Advance, Result, power, table
from nushine.targets import compound

FloatArray = NDArray[np.float64]

PATH, MU = 5 * cm, 1e-10
"""A moment so small that decays go as mu^4: the shapes do not depend on it."""

SIGMAS = (3.0, 5.0)
LINES = np.array([0.03, 0.1, 0.3, 1.0, 1.6, 2.2, 3.0, 4.5, 6.0, 8.0])
"""Masses of the curves [MeV]."""


class Beamline(NamedTuple):
    """What makes the source, the target, and masses [MeV]."""

    label: str
    source: Callable[[], Source]
    target: str
    masses: FloatArray


FEW = np.array([1.0, 6.0])
SHARES = np.array([0.02, 0.1, 0.3, 0.6, 0.9])
BEAMLINES = (
    Beamline("Chooz, Ge73", chooz, "Ge73", LINES),
    Beamline("Chooz, Al2O3", chooz, "Al2O3", FEW),
    Beamline("Chooz, CaWO4", chooz, "CaWO4", FEW),
    Beamline("0.747 MeV (51Cr), Ge73", partial(monoenergetic, 0.747, 1.0), "Ge73", 0.747 * SHARES),
    Beamline("29.8 MeV (pions), Ge73", partial(monoenergetic, 29.79, 1.0), "Ge73", 29.79 * SHARES),
)
"""The reactor on three targets, and two lines: electron capture of 51Cr and pions at rest."""


class Pair(NamedTuple):
    """Bins of one photon: Dirac and Majorana."""

    dirac: FloatArray
    majorana: FloatArray


# For each beamline and observable, the pair at each mass.
Needed = dict[str, dict[Observable, list[Pair]]]

EXPERIMENTS = {"nucleus-1kg": "NUCLEUS 1 kg", "nucleus-upgrade": "upgrade, 10 kg"}
PLANE = np.concatenate([np.geomspace(0.01, 1.0, 7), np.linspace(1.5, 8.5, 8)])
"""Masses of the plane [MeV]."""

FITTED = (0.1, 1.0, 3.0, 6.0)
"""Masses at which the mass is fitted as well [MeV]."""

STEPS = sum(len(line.masses) * len(Observable) for line in BEAMLINES) + 3 * len(EXPERIMENTS) * len(PLANE)


def make(advance: Advance) -> Result:
    """Compute and draw."""
    needed: Needed = {}
    for line in BEAMLINES:
        needed[line.label] = {observable: _pairs(line, observable, advance) for observable in Observable}
    plane: dict[str, tuple[Evidence, Evidence, Evidence]] = {}
    for name, label in EXPERIMENTS.items():
        experiment = experiments.load(name)
        both = [discriminate(experiment, PLANE, truth, SIGMAS, progress=lambda: advance(1)) for truth in NATURES]
        plane[label] = both[0], both[1], discovery(experiment, PLANE, MAJORANA, SIGMAS, progress=lambda: advance(1))
    curves = {
        line.label: (line.masses, {o: _photons(pairs)[:, 0] for o, pairs in needed[line.label].items()})
        for line in BEAMLINES
    }
    labels = LABELS | {"superk_atmospheric_e": (1.6, 2.2e-9)}  # the plane ends to the right of it
    figure = natures(curves, {k: (e[1], e[2]) for k, e in plane.items()}, constraints.load(LimitFlavour.E), labels)
    tables = {"-photons": _photon_columns(needed), "": _plane_columns(plane)}
    return Result(figure, tables, _of_photons(needed) + _of_experiments(plane))


NATURES = (DIRAC, MAJORANA)


def _pairs(line: Beamline, observable: Observable, advance: Advance) -> list[Pair]:
    source, target = line.source(), compound(line.target)

    pairs = []
    for m_N in line.masses.tolist():
        pairs.append(Pair(*photon_shares_of_both(source, target, Dipole(m_N, MU), PATH, observable)))
        advance(1)
    return pairs


def _photons(pairs: list[Pair]) -> FloatArray:
    """Photons for each significance if N is Majorana, shape (masses, sigmas): Asimov."""
    return np.array([photons_needed(pair.majorana, pair.dirac, SIGMAS) for pair in pairs])


def _photon_columns(needed: Needed) -> dict[str, FloatArray]:
    """One row for each beamline and mass."""
    columns: dict[str, FloatArray] = {
        "E_nu end point [MeV]": np.concatenate([np.full(x.masses.size, float(x.source().E_max)) for x in BEAMLINES]),
        "m_N [MeV]": np.concatenate([line.masses for line in BEAMLINES]),
    }
    for observable in Observable:
        pairs = [pair for line in BEAMLINES for pair in needed[line.label][observable]]
        columns |= {
            f"D(Majorana||Dirac), {observable}": np.array([divergence(p.majorana, p.dirac) for p in pairs]),
            f"D(Dirac||Majorana), {observable}": np.array([divergence(p.dirac, p.majorana) for p in pairs]),
        }
        for k, Z in enumerate(SIGMAS):
            columns[f"photons for {Z:g} sigma if Majorana, {observable}"] = _photons(pairs)[:, k]
    return columns


def _plane_columns(plane: dict[str, tuple[Evidence, Evidence, Evidence]]) -> dict[str, FloatArray]:
    columns: dict[str, FloatArray] = {"m_N [MeV]": PLANE}
    for label, parts in plane.items():
        for part in parts:
            for k, Z in enumerate(part.sigmas):
                name = f"{label}, {part.truth}, {Z:g} sigma against {part.against}"
                columns |= {f"{name} [mu_B]": part.mu[:, k], f"{name} [events]": part.events[:, k]}
    return columns


def _of_photons(needed: Needed) -> str:
    """Photons needed, and whether the poster's claim about the energy is borne out."""
    rows, worse, cases = [], [], 0
    for line in BEAMLINES:
        for i, m_N in enumerate(line.masses.tolist()):
            pairs = {o: needed[line.label][o][i] for o in Observable}
            by_energy, by_angle = (divergence(*pairs[o][::-1]) for o in (Observable.ENERGY, Observable.ANGLE))
            worse += [f"{line.label} at {m_N:.3g} MeV"] * (by_energy <= by_angle)
            cases += 1
            if line.masses.size > len(SHARES) and m_N not in FITTED:
                continue
            asimov = [photons_needed(p.majorana, p.dirac, SIGMAS) for p in pairs.values()]
            toys = photons_needed_by_toys(pairs[Observable.BOTH].majorana, pairs[Observable.BOTH].dirac, SIGMAS)
            numbers = [f"{x:.0f}" for x in (*(a[0] for a in asimov), asimov[2][1])]
            rows.append([line.label, f"{m_N:.3g}", *numbers, *(str(n) for n in toys)])
    exceptions = f"; not for {', '.join(worse)}" if worse else ""
    header = ["source, target", "m_N [MeV]", "energy", "angle", "both", "both, 5 sigma", "toys", "toys, 5 sigma"]
    return (
        "Photons with which a Dirac N is excluded if N is Majorana, by the energy of the photons, by their angle and\n"
        "by both, mass known, no background; 3 sigma unless told. Toys: exact, median of samples of this size.\n\n"
        + table(header, rows)
        + "\n- *The energy tells the natures apart better than the angle*:\n"
        + f"  in {cases - len(worse)} of {cases} cases of the figure{exceptions}.\n\n"
    )


def _of_experiments(plane: dict[str, tuple[Evidence, Evidence, Evidence]]) -> str:
    """Least moments for discovery and for either nature."""
    cells = []
    for label, (dirac, majorana, seen) in plane.items():
        for m_N in FITTED:
            i = int(np.argmin(np.abs(np.log(PLANE / m_N))))
            numbers = [power(float(x)) for x in (seen.mu[i, 1], dirac.mu[i, 0], majorana.mu[i, 0], majorana.mu[i, 1])]
            cells.append([label, f"{PLANE[i]:.2g}", *numbers, f"{majorana.events[i, 0]:.0f}"])
    header = ["experiment", "m_N [MeV]", "discovery, 5 sigma", "not Majorana, 3 sigma", "not Dirac, 3 sigma"]
    header += ["not Dirac, 5 sigma", "events for not Dirac, 3 sigma"]
    return (
        "Least moments [mu_B] at which an experiment sees N, and tells its nature, with background and all\n"
        "uncertainties; the moment of the wrong nature is fitted. The upgrade is a design of this project: 10 kg for\n"
        "three years, photon detectors on all sides, 20 cm of path, coincidence background of 0.01 /(keV kg day).\n\n"
        + table(header, cells)
        + "\n"
        + _mass_sentence()
    )


def _mass_sentence() -> str:
    """What it costs not to know the mass."""
    experiment = experiments.load("nucleus-1kg")
    known, fitted = (discriminate(experiment, FITTED, MAJORANA, (3.0,), mass_known=k) for k in (True, False))
    more = [f"{x:.0%} at {m:g} MeV" for x, m in zip((fitted.events / known.events - 1)[:, 0], FITTED, strict=True)]
    return f"If the mass is fitted as well, NUCLEUS 1 kg needs more events for 3 sigma: {', '.join(more)}.\n"
