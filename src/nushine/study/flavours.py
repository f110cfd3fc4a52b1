"""Published limits for the moment of each flavour, with the reach of NUCLEUS where it has one."""

import numpy as np

from nushine import constraints, experiments
from nushine.constraints import LimitFlavour
from nushine.decay import PROMPT, RADIATIVE
from nushine.detectors import COINCIDENCE
from nushine.interactions import MAJORANA
from nushine.plotting.plane import limits_by_flavour
from nushine.sources import ELECTRON, UNIVERSAL
from nushine.statistics import Contour, Method, exclusion
from nushine.study.reach import mass_lines
from nushine.study.result import Advance, Result, table

MASSES = np.geomspace(1e-3, 8.8, 31)
RANGE = (1e-3, 1e4)
TITLES = {
    LimitFlavour.E: "electron flavour",
    LimitFlavour.MU: "muon flavour",
    LimitFlavour.TAU: "tau flavour",
    LimitFlavour.UNIVERSAL: "the same moment for all flavours",
}
REACHED_BY_REACTORS = {LimitFlavour.E: ELECTRON, LimitFlavour.UNIVERSAL: UNIVERSAL}
SAME_DATA_AS_DONUT = "donut_recomputed"

LABELS = {
    "bbn": (0.0115, 2.5e-13),
    "sn1987a": (0.03, 7e-13),
    "stellar_cooling": (0.0115, 1.3e-10),
    "borexino": (0.55, 9e-11),
    "xenon1t_electron": (0.03, 3e-11),
    "xenon1t_nuclear": (0.012, 1.4e-8),
    "borexino_superk": (5.0, 1.4e-10),
    "lep": (200.0, 1.7e-7),
    "lep_photon": (1.2, 2.1e-6),
    "lhc": (700.0, 4.5e-7),
    "lsnd": (110.0, 4.5e-8),
    "lsnd_magill": (110.0, 1.2e-8),
    "superk_atmospheric_e": (2.0, 1.6e-9),
    "superk_atmospheric_mu": (1.05, 1.1e-8),
    "superk_atmospheric_tau": (20.0, 2.3e-9),
    "charm_ii": (2.0, 1.7e-9),
    "nomad": (900.0, 2.2e-9),
    "miniboone": (22.0, 8e-10),
    "minerva": (230.0, 6e-10),
    "donut": (0.2, 2.3e-7),
}
"""Where the names of the published limits are written."""

STEPS = 2 * len(REACHED_BY_REACTORS) * len(MASSES)


def make(advance: Advance) -> Result:
    """Compute and draw."""
    nucleus = experiments.load("nucleus-1kg")
    panels, columns, rows = {}, {"m_N [MeV]": MASSES}, []
    for flavour, title in TITLES.items():
        contours: dict[str, Contour] = {}
        if flavour in REACHED_BY_REACTORS:
            for label, decay in (("NUCLEUS 1 kg", RADIATIVE), ('NUCLEUS 1 kg, "max"', PROMPT)):
                contours[label] = exclusion(
                    nucleus,
                    MASSES,
                    MAJORANA,
                    channel=COINCIDENCE,
                    decay=decay,
                    flavour=REACHED_BY_REACTORS[flavour],
                    method=Method.ASYMPTOTIC,
                    progress=lambda: advance(1),
                )
                columns[f"{label}, {title} [mu_B]"] = contours[label].mu
        limits = [limit for limit in constraints.load(flavour) if limit.name != SAME_DATA_AS_DONUT]
        columns[f"strongest laboratory limit, {title} [mu_B]"] = constraints.envelope(flavour, MASSES)
        panels[title] = (limits, contours)
        rows += [[title, limit.label, f"{limit.cl:.0%}", limit.paper, limit.arxiv] for limit in limits]
    summary = (
        "Published limits as drawn, at their own confidence levels, nothing rescaled; all moments are in the\n"
        "convention L = (mu/2) nubar sigma N F. Reactors make electron antineutrinos, so NUCLEUS has no reach for\n"
        "the muon and tau moments. Dotted: m_nu = 0.1 eV for cut-offs of 100 GeV, 1 TeV and 10 TeV from above.\n\n"
        + table(["flavour", "limit", "CL", "paper", "arXiv"], rows)
    )
    return Result(limits_by_flavour(panels, mass_lines(RANGE), RANGE, LABELS), {"": columns}, summary)
