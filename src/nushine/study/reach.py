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
from nushine.statistics import Contour, exclusion
from nushine.study.result import Advance, Result, power, table
from nushine.theory import moment_for_mass

FloatArray = npt.NDArray[np.float64]

MASSES = np.concatenate([np.geomspace(1e-3, 2.0, 24)[:-1], np.linspace(2.0, 8.8, 22)])
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
    "lsnd": (1.02, 2.3e-7),
    "superk_atmospheric_e": (2.6, 2.2e-9),
}
"""Where the names of the published limits are written."""

STEPS = 7 * len(EXPERIMENTS) * len(MASSES)


def make(advance: Advance) -> Result:
    """Compute and draw for the electron flavour."""
    bands: dict[str, tuple[Contour, Contour]] = {}
    prompt: dict[str, tuple[Contour, Contour]] = {}
    lines: dict[str, Contour] = {}
    others: dict[str, Contour] = {}

    def contour(experiment: Experiment, nature: Nature, channel: Channel, decay: Decay = RADIATIVE) -> Contour:
        return exclusion(experiment, MASSES, nature, 0.90, channel, decay, progress=lambda: advance(1))

    for name, label in EXPERIMENTS.items():
        loud = experiments.load(name)
        both = loud, eqx.tree_at(lambda e: e.background, loud, Background())
        majorana, dirac = ([contour(e, nature, COINCIDENCE) for e in both] for nature in (MAJORANA, DIRAC))
        at_once = [contour(e, MAJORANA, COINCIDENCE, PROMPT) for e in both]
        bands[f"{label}, photon and recoil (Majorana)"] = majorana[0], majorana[1]
        prompt[f'{label}, "max" (prompt photon)'] = at_once[0], at_once[1]
        lines[f"{label}, recoil alone"] = contour(loud, DIRAC, RECOIL)
        others |= {f"{label}, Dirac": dirac[0], f"{label}, Dirac, no background": dirac[1]}
    bands |= prompt
    figure = reach(bands, lines, constraints.load(LimitFlavour.E), mass_lines((MASSES[0], 9.0)), LABELS)
    return Result(figure, {"": _columns(bands, lines, others)}, _summary(bands, lines, others))


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


def _columns(
    bands: dict[str, tuple[Contour, Contour]], lines: dict[str, Contour], others: dict[str, Contour]
) -> dict[str, FloatArray]:
    columns = {"m_N [MeV]": MASSES}
    for label, pair in bands.items():
        columns |= {f"{label} [mu_B]": pair[0].mu, f"{label}, no background [mu_B]": pair[1].mu}
    columns |= {f"{label} [mu_B]": contour.mu for label, contour in (lines | others).items()}
    columns["strongest laboratory limit, electron flavour [mu_B]"] = constraints.envelope(LimitFlavour.E, MASSES)
    for cutoff, text in CUTOFFS.items():
        columns[f"m_nu = 0.1 eV for {text} [mu_B]"] = np.asarray(moment_for_mass(NEUTRINO_MASS, MASSES, cutoff))
    return columns


def _summary(bands: dict[str, tuple[Contour, Contour]], lines: dict[str, Contour], others: dict[str, Contour]) -> str:
    at = [int(np.argmin(np.abs(np.log(MASSES / m)))) for m in QUOTED]
    contours = {label: pair[0] for label, pair in bands.items()}
    contours |= {f"{label}, no background": pair[1] for label, pair in bands.items()} | lines | others
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
        "Median expected upper limits of counting experiments. The background is 100 /(keV kg day) from 20 eV to\n"
        "1 keV, plus CEvNS for the recoil alone. How much of it the photon rejects is not known: bands run from no\n"
        "rejection to no background.\n\n"
        + table(header, rows)
        + "\nMasses at which each would go beyond the strongest published laboratory limit on the electron-flavour\n"
        "moment (none reaches below 0.01 MeV; solar limits, which hold for a flavour mixture, are included):\n\n"
        + "\n".join(beyond)
        + "\n"
    )


def _span(masses: FloatArray) -> str:
    known = masses[masses >= 0.01]
    return f"{known.min():.2g} to {known.max():.2g} MeV" if known.size else "nowhere"
