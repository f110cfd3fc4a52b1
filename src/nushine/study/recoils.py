"""Figure (e): recoil spectra of CEvNS and of up-scattering."""

import numpy as np
from hepunits import day, keV, kg

from nushine.interactions import CEvNS, Dipole
from nushine.interactions.base import Interaction
from nushine.observables import Spectrum
from nushine.plotting.spectra import recoil_spectra
from nushine.rates import Selection, recoil_rate, scattering_rate
from nushine.sources.reactor import chooz
from nushine.study.result import Advance, Result, table
from nushine.targets import compound

TARGETS = {"Ge": "Ge", "Al2O3": r"Al$_2$O$_3$", "CaWO4": r"CaWO$_4$"}
MASSES = (0.01, 1.0, 3.0, 6.0)
MU = 1e-10
THRESHOLD = 20e-6
E_R = np.geomspace(1e-7, 5e-3, 400)


def make(advance: Advance) -> Result:
    """Compute and draw."""
    source, panels, columns, rows = chooz(), {}, {"E_R [eV]": E_R * 1e6}, []
    window = Selection(E_R_min=THRESHOLD)
    for formula, label in TARGETS.items():
        target = compound(formula)
        interactions: list[tuple[str, Interaction]] = [("CEvNS", CEvNS())]
        interactions += [(f"m_N = {m:g} MeV", Dipole(m, MU)) for m in MASSES]
        spectra = []
        for name, interaction in interactions:
            density = np.asarray(recoil_rate(E_R, source, target, interaction)) * (kg * day * keV)
            spectra.append(Spectrum(E_R, density, "E_R", formula, rf"${name}$".replace("MeV", r"\,\mathrm{MeV}")))
            columns[f"{formula}, {name} [1/(kg day keV)]"] = density
            above = float(scattering_rate(source, target, interaction, window)) * kg * day
            rows.append([formula, name, f"{above:.4g}"])
            advance(1)
        panels[label] = (spectra[0], spectra[1:])
    summary = (
        f"Recoils above {THRESHOLD * 1e6:g} eV; up-scattering for mu = {MU:g} mu_B:\n\n"
        + table(["target", "process", "rate [1/(kg day)]"], rows)
        + "\nThe photon's 1/E_R makes up-scattering rise towards small recoils where CEvNS levels off. Heavy N need\n"
        "a least recoil, m_N^4 / (8 m_A E_nu^2) for m_N well below E_nu, which cuts the rise off.\n"
    )
    return Result(recoil_spectra(panels, THRESHOLD, MU), {"": columns}, summary)


STEPS = len(TARGETS) * (1 + len(MASSES))
