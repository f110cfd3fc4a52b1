"""Figure (c): the reach of NUCLEUS among the published limits, and the radiative neutrino mass."""

import equinox as eqx
import numpy as np
import numpy.typing as npt
from hepunits import GeV, TeV, eV

from nushine import constraints, experiments
from nushine.constraints import Kind, LimitFlavour
from nushine.decay import PROMPT, RADIATIVE, Decay
from nushine.detectors import COINCIDENCE, RECOIL, Background, Channel
from nushine.experiments import Experiment
from nushine.interactions import DIRAC, MAJORANA, Nature
from nushine.plotting.plane import reach
from nushine.statistics import Contour, Method, exclusion
from nushine.study.result import Advance, Result, power, table
from nushine.theory import moment_for_mass

FloatArray = npt.NDArray[np.float64]

MASSES = np.concatenate([np.geomspace(1e-3, 1.0, 13)[:-1], np.linspace(1.0, 8.8, 21)])
EXPERIMENTS = {"nucleus-10g": "NUCLEUS 10 g", "nucleus-1kg": "NUCLEUS 1 kg"}
QUOTED = (0.01, 0.1, 1.0, 3.0, 5.0)
NEUTRINO_MASS = 0.1 * eV
CUTOFFS = {100 * GeV: "100 GeV", 1 * TeV: "1 TeV", 10 * TeV: "10 TeV"}
LABELS = {
    "bbn": (0.0105, 5e-5),
    "stellar_cooling": (0.0105, 4e-10),
    "sn1987a": (0.03, 2.5e-12),
    "borexino": (0.0105, 8.2e-11),
    "xenon1t_electron": (0.68, 3.5e-9),
    "xenon1t_nuclear": (0.0105, 1.3e-8),
    "borexino_superk": (2.2, 2.6e-10),
    "lep": (2.6, 1.6e-7),
    "lep_photon": (2.6, 1.9e-6),
    "lsnd": (1.02, 2.3e-7),
    "lsnd_magill": (2.3, 1.5e-8),
    "superk_atmospheric_e": (2.6, 2.2e-9),
}
"""Where the names of the published limits are written."""

PHOTON, MAX, ALONE, OF_DIRAC = "photon and recoil (Majorana)", '"max" (prompt photon)', "recoil alone", "Dirac"
CASES: dict[str, tuple[Nature, Channel, Decay]] = {
    PHOTON: (MAJORANA, COINCIDENCE, RADIATIVE),
    MAX: (MAJORANA, COINCIDENCE, PROMPT),
    ALONE: (DIRAC, RECOIL, RADIATIVE),
    OF_DIRAC: (DIRAC, COINCIDENCE, RADIATIVE),
}
STEPS = (3 * len(CASES) - 1) * len(EXPERIMENTS) * len(MASSES)


def make(advance: Advance) -> Result:
    """Compute and draw for the electron flavour: the full likelihood, and counting for comparison."""
    full: dict[str, Contour] = {}
    quiet: dict[str, Contour] = {}
    counted: dict[str, Contour] = {}

    def contour(experiment: Experiment, case: str, method: Method = Method.ASYMPTOTIC) -> Contour:
        nature, channel, decay = CASES[case]
        return exclusion(experiment, MASSES, nature, 0.90, channel, decay, method=method, progress=lambda: advance(1))

    for case in CASES:
        for name, label in EXPERIMENTS.items():
            experiment, line = experiments.load(name), f"{label}, {case}"
            full[line] = contour(experiment, case)
            counted[line] = contour(experiment, case, Method.COUNTING)
            if case != ALONE:  # without background there is CEvNS still
                silent = eqx.tree_at(lambda e: e.background, experiment, Background(0.0, 0.0, 0.0))
                quiet[line] = contour(silent, case)
    bands = {line: (full[line], quiet[line]) for line in full if line.endswith((PHOTON, MAX))}
    lines = {line: full[line] for line in full if line.endswith(ALONE)}
    figure = reach(bands, lines, constraints.load(LimitFlavour.E), mass_lines((MASSES[0], 9.0)), LABELS)
    return Result(figure, {"": _columns(full, quiet, counted)}, _summary(full, quiet) + _compared(full, counted))


def mass_lines(mass_range: tuple[float, float]) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Lines of the radiative neutrino mass, by label."""
    grid = np.geomspace(*mass_range, 60)
    return {
        rf"$m_\nu = 0.1$ eV, $\Lambda = {text.replace(' ', '$ ')}": (
            grid,
            np.asarray(moment_for_mass(NEUTRINO_MASS, grid, cutoff)),
        )
        for cutoff, text in CUTOFFS.items()
    }


def _columns(full: dict[str, Contour], quiet: dict[str, Contour], counted: dict[str, Contour]) -> dict[str, FloatArray]:
    columns = {"m_N [MeV]": MASSES}
    for label, contour in full.items():
        columns[f"{label} [mu_B]"] = contour.mu
        if label in quiet:
            columns[f"{label}, no background [mu_B]"] = quiet[label].mu
        columns[f"{label}, counting [mu_B]"] = counted[label].mu
    columns["strongest laboratory limit, electron flavour [mu_B]"] = constraints.envelope(LimitFlavour.E, MASSES)
    for cutoff, text in CUTOFFS.items():
        columns[f"m_nu = 0.1 eV for {text} [mu_B]"] = np.asarray(moment_for_mass(NEUTRINO_MASS, MASSES, cutoff))
    return columns


def _summary(full: dict[str, Contour], quiet: dict[str, Contour]) -> str:
    at = [int(np.argmin(np.abs(np.log(MASSES / m)))) for m in QUOTED]
    contours = full | {f"{label}, no background": contour for label, contour in quiet.items()}
    rows = [[label, *(power(float(c.mu[i])) for i in at), f"{c.background:.4g}"] for label, c in contours.items()]
    strongest = constraints.envelope(LimitFlavour.E, MASSES, Kind.LABORATORY)
    rows.append(["strongest published laboratory limit", *(power(float(strongest[i])) for i in at), ""])
    rows += [
        [
            f"m_nu = 0.1 eV for {text}",
            *(power(float(moment_for_mass(NEUTRINO_MASS, MASSES[i], cutoff))) for i in at),
            "",
        ]
        for cutoff, text in CUTOFFS.items()
    ]
    header = ["moment [mu_B], 90 % CL, one year", *(f"{MASSES[i]:.2g} MeV" for i in at), "background"]
    better = {label: MASSES[c.mu < strongest] for label, c in contours.items()}
    beyond = [f"- {label}: {_span(m)}" for label, m in better.items()]
    return (
        "Median expected upper limits, CLs of the full likelihood: bins of recoil and photon energy and of direction,\n"
        "resolution, uncertainties of flux, background and detector. Background: 100 /(keV kg day) from 20 eV to\n"
        "1 keV, plus CEvNS for the recoil alone. How much of it the photon rejects is not known: bands run from no\n"
        "rejection to no background (there 2.3 events, and what uncertainties of the signal add).\n\n"
        + table(header, rows)
        + "\nMasses at which each would go beyond the strongest published laboratory limit on the electron-flavour\n"
        "moment (none reaches below 0.01 MeV; solar limits, which hold for a flavour mixture, are included):\n\n"
        + "\n".join(beyond)
        + "\n"
    )


def _span(masses: FloatArray) -> str:
    known = masses[masses >= 0.01]
    return f"{known.min():.2g} to {known.max():.2g} MeV" if known.size else "nowhere"


def _compared(full: dict[str, Contour], counted: dict[str, Contour]) -> str:
    """The full likelihood over counting in one bin with a known background and a perfect detector."""
    at = [int(np.argmin(np.abs(np.log(MASSES / m)))) for m in QUOTED]
    rows = []
    for label, contour in counted.items():
        ratio = full[label].mu / contour.mu
        rows.append([label, *(f"{ratio[i]:.2f}" for i in at), f"{full[label].effective[np.isfinite(ratio)].min():.0f}"])
    header = ["limit by likelihood / by counting", *(f"{MASSES[i]:.2g} MeV" for i in at), "least effective events"]
    return (
        "\nThe cross-check by counting takes all events of the window as one bin, the background as known and the\n"
        "detector as perfect. Below 1: the energies of photon and recoil set signal and background apart; above 1:\n"
        "background and flux are not known well enough. Asymptotic formulas hold where the effective events, on which\n"
        "the limit rests, are ten or more.\n\n" + table(header, rows)
    )
