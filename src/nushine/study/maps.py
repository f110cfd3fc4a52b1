"""Figure (b): events over the plane of mass and moment, for both natures."""

import numpy as np

from nushine import experiments
from nushine.detectors import COINCIDENCE
from nushine.interactions import DIRAC, MAJORANA
from nushine.observables import EventMap, event_map
from nushine.plotting.plane import event_maps
from nushine.study.result import Advance, Result, power, table

EXPERIMENTS = {"nucleus-10g": "NUCLEUS 10 g", "nucleus-1kg": "NUCLEUS 1 kg"}
MASSES = np.geomspace(1e-3, 9.0, 61)
MOMENTS = np.geomspace(1e-11, 1e-2, 55)
STEPS = 2 * len(EXPERIMENTS) * len(MASSES)


def make(advance: Advance) -> Result:
    """Compute and draw."""
    rows = []
    for name, label in EXPERIMENTS.items():
        experiment = experiments.load(name)
        pair = [
            event_map(experiment, MASSES, MOMENTS, nature, COINCIDENCE, lambda: advance(1))
            for nature in (DIRAC, MAJORANA)
        ]
        rows.append((label, pair[0], pair[1]))
    mass, moment = np.meshgrid(MASSES, MOMENTS, indexing="ij")
    columns = {"m_N [MeV]": mass.ravel(), "mu [mu_B]": moment.ravel()}
    for label, *pair in rows:
        columns |= {f"{label}, {content.nature} [events]": content.events.ravel() for content in pair}
    return Result(event_maps(rows), {"": columns}, _summary(rows))


def _summary(rows: list[tuple[str, EventMap, EventMap]]) -> str:
    cells = []
    for label, dirac, majorana in rows:
        for mu in (1e-9, 1e-8, 1e-6):
            k = int(np.argmin(np.abs(np.log(MOMENTS / mu))))
            cells.append([label, power(MOMENTS[k]), *(_most(content, k) for content in (dirac, majorana))])
    _, dirac, majorana = rows[-1]
    made = dirac.events[:, 0] > 0
    weak = majorana.events[made, 0] / dirac.events[made, 0]
    strong = majorana.events[made, -1] / dirac.events[made, -1]
    i = int(np.argmax(dirac.events[:, 0]))
    j = int(np.argmax(majorana.events[:, 0]))
    low, high = (np.diff(np.log(dirac.events[i, pair]))[0] / np.diff(np.log(MOMENTS))[0] for pair in ([0, 1], [-2, -1]))
    rise = np.diff(np.log(dirac.events[[0, 20], 0]))[0] / np.log(MASSES[20] / MASSES[0])
    return (
        "Most events in one year (recoil above 20 eV, photon above 0.1 MeV and downstream, decay within 5 cm):\n\n"
        + table(["experiment", "mu [mu_B]", "Dirac", "Majorana"], cells)
        + f"\n- *Shape of the Dirac map* (1 kg): at small coupling it grows as m_N^{rise:.2f} for light N and\n"
        f"  peaks at {MASSES[i]:.2g} MeV (Majorana: {MASSES[j]:.2g} MeV); there it goes as mu^{low:.2f} at the\n"
        f"  smallest and as mu^{high:.2f} at the largest moment, where N decays within the path.\n"
        f"- *Majorana over Dirac* (1 kg): {weak.min():.2f} to {weak.max():.2f} at the smallest moment (largest at\n"
        f"  {MASSES[made][int(np.argmax(weak))]:.2g} MeV), where the Majorana N has twice the width, and"
        f" {strong.min():.2f} to {strong.max():.2f} at the largest,\n"
        "  where mostly the direction and the energy of the photon are left.\n"
    )


def _most(content: EventMap, k: int) -> str:
    """Largest number of events at one moment, and its mass."""
    i = int(np.argmax(content.events[:, k]))
    return f"{power(float(content.events[i, k]), 3)} at {MASSES[i]:.2g} MeV"
