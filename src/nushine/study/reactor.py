"""Figure (d): the antineutrino flux at the site by component."""

import numpy as np
from hepunits import MeV, cm, s

from nushine.plotting.spectra import reactor_spectrum
from nushine.sources.reactor import chooz, chooz_reactor
from nushine.study.result import Advance, Result, power, table

NAMES = {
    "U235": r"$^{235}$U",
    "U238": r"$^{238}$U",
    "Pu239": r"$^{239}$Pu",
    "Pu241": r"$^{241}$Pu",
    "U239": r"$^{239}$U (capture)",
    "Np239": r"$^{239}$Np (capture)",
}


def make(advance: Advance) -> Result:
    """Compute and draw."""
    unit = cm**2 * s * MeV
    reactor, source = chooz_reactor(), chooz()
    E_nu = np.geomspace(0.0101, 9.99, 900)
    parts = {key: np.asarray(piece(E_nu)) * unit for key, piece in reactor.components().items()}
    total = np.asarray(source.flux(E_nu)) * unit
    advance(1)
    ranges = ((None, None), (0.01, 1.8), (1.806, None), (2.0, 4.0), (4.0, 6.0), (6.0, 8.0), (8.0, None))
    rows = []
    for low, high in ranges:
        label = f"{low or 0.01:g} to {high or 10:g} MeV" if (low or high) else "all"
        rows.append([label, power(float(source.total(low, high)) * cm**2 * s, 3)])
    captures = float(source.total()) - float(chooz(captures_per_fission=0.0).total())
    share = captures / float(source.total())
    summary = (
        "Antineutrino flux at the NUCLEUS site, both cores at full power (4.25 GW at 72 and 102 m):\n\n"
        + table(["energy", "flux [1/(cm^2 s)]"], rows)
        + f"\nNeutron capture on 238U gives {share:.0%} of all antineutrinos, all of them below 1.3 MeV.\n"
        "Above 8 MeV the spectra are extrapolated.\n"
    )
    columns = {"E_nu [MeV]": E_nu, "total [1/(cm^2 s MeV)]": total}
    columns |= {f"{key} [1/(cm^2 s MeV)]": flux for key, flux in parts.items()}
    return Result(reactor_spectrum(E_nu, {NAMES[k]: v for k, v in parts.items()}, total), {"": columns}, summary)
