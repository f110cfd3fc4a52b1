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
    peaks = [MASSES[int(np.argmax(content.events[:, 0]))] for content in (dirac, majorana)]
    return (
        "Most events in one year (recoil above 20 eV, photon above 0.1 MeV and downstream, decay within 5 cm):\n\n"
        + table(["experiment", "mu [mu_B]", "Dirac", "Majorana"], cells)
        + "\n- *Shape of the Dirac map* (1 kg): at small coupling the number goes as mu^4 and grows with m_N, because N\n"
        f"  decays faster, until the flux ends it: it peaks at {peaks[0]:.2g} MeV (Majorana: {peaks[1]:.2g} MeV). Towards\n"
        "  large coupling, where every N decays within the path, it goes as mu^2 and is flat in m_N up to the flux.\n"
        "  The Dirac map has the shape of the Majorana map: their ratio varies slowly.\n"
        f"- *Majorana over Dirac* (1 kg): {weak.min():.2f} to {weak.max():.2f} at the smallest moment (largest at\n"
        f"  {MASSES[made][int(np.argmax(weak))]:.2g} MeV), where the Majorana N has twice the width, and"
        f" {strong.min():.2f} to {strong.max():.2f} at the largest,\n"
        "  where only the direction and the energy of the photon are left.\n"
    )


def _most(content: EventMap, k: int) -> str:
    """Largest number of events at one moment, and its mass."""
    i = int(np.argmax(content.events[:, k]))
    return f"{content.events[i, k]:.3g} at {MASSES[i]:.2g} MeV"
