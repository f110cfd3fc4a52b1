"""How particles, energies and lengths are written in figures."""

import re

from hepunits import MeV, eV, keV, km, m

from nushine.events import particles

GREEK = {"mu": r"\mu", "tau": r"\tau"}


def energy(x: float) -> str:
    """Energy [MeV] to three digits, in eV, keV or MeV."""
    for unit, name in ((MeV, "MeV"), (keV, "keV")):
        if x >= unit:
            return f"{x / unit:.3g} {name}"
    return f"{x / eV:.3g} eV"


def length(x: float) -> str:
    """Length [mm] to three digits, in mm, m or km."""
    if x < 1 * m:
        return f"{x:.3g} mm"
    return f"{x / m:.3g} m" if x < 1 * km else f"{x / km:.3g} km"


def symbol(code: int) -> str:
    """Symbol of a particle as mathematics."""
    name = particles.name(abs(code))
    nucleus = re.fullmatch(r"([A-Z][a-z]?)(\d+)", name)
    if nucleus:
        return rf"$^{{{nucleus[2]}}}${nucleus[1]}"
    letter, _, flavour = name.removesuffix("'").partition("_")
    body = letter.replace("nu", r"\nu")
    bar = rf"\bar{{{body}}}" if code < 0 else body
    index = f"_{{{GREEK.get(flavour, flavour)}}}" if flavour else ""
    prime = "'" if name.endswith("'") else ""
    return f"${bar}{index}{prime}$"
