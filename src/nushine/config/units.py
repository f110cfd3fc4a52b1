"""The units that are understood in texts. The list is short, so that no name has a meaning that surprises."""

from typing import NamedTuple

import hepunits

from nushine.lines import shown


class Dimension(NamedTuple):
    """Powers of mass, length, time and counts."""

    mass: int = 0
    length: int = 0
    time: int = 0
    counts: int = 0

    def times(self, other: "Dimension", power: int) -> "Dimension":
        """The dimension of this times a power of the other."""
        return Dimension(*(a + power * b for a, b in zip(self, other, strict=True)))


class Unit(NamedTuple):
    """A unit: its value in `hepunits`, and its dimension."""

    value: float
    dimension: Dimension


ENERGY = Dimension(mass=1, length=2, time=-2)
COUNT = Dimension(counts=1)
ACTIVITY = Dimension(time=-1, counts=1)
BACKGROUND = COUNT.times(ENERGY, -1).times(Dimension(mass=1, time=1), -1)
"""Counts per energy, mass and time."""

YEAR = 365.25 * hepunits.day
DRU = 1 / (hepunits.keV * hepunits.kilogram * hepunits.day)

PREFIXES = {
    "n": 1e-9,
    "u": 1e-6,
    "µ": 1e-6,  # micro sign
    "μ": 1e-6,  # Greek letter
    "m": 1e-3,
    "c": 1e-2,
    "d": 1e-1,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
}

PREFIXED = {
    "eV": ("kMGT", hepunits.eV, ENERGY),
    "eVnr": ("kM", hepunits.eV, ENERGY),
    "eVee": ("kM", hepunits.eV, ENERGY),
    "J": ("kMG", hepunits.joule, ENERGY),
    "g": ("nuµμmk", hepunits.gram, Dimension(mass=1)),
    "m": ("nuµμmcdk", hepunits.meter, Dimension(length=1)),
    "s": ("nuµμm", hepunits.second, Dimension(time=1)),
    "W": ("mkMGT", hepunits.watt, Dimension(mass=1, length=2, time=-3)),
    "Wth": ("kMGT", hepunits.watt, Dimension(mass=1, length=2, time=-3)),
    "Hz": ("mkM", 1 / hepunits.second, Dimension(time=-1)),
    "Bq": ("nuµμmkMGTP", 1 / hepunits.second, ACTIVITY),
    "Ci": ("nuµμmkM", 3.7e10 / hepunits.second, ACTIVITY),
    "dru": ("mk", DRU, BACKGROUND),
}
"""Units that take prefixes: which, the value without, the dimension."""

PLAIN = {
    ("t", "tonne", "tonnes"): (1000 * hepunits.kilogram, Dimension(mass=1)),
    ("gram", "grams"): (hepunits.gram, Dimension(mass=1)),
    ("kilogram", "kilograms"): (hepunits.kilogram, Dimension(mass=1)),
    ("metre", "metres", "meter", "meters"): (hepunits.meter, Dimension(length=1)),
    ("sec", "second", "seconds"): (hepunits.second, Dimension(time=1)),
    ("min", "minute", "minutes"): (60 * hepunits.second, Dimension(time=1)),
    ("h", "hr", "hour", "hours"): (3600 * hepunits.second, Dimension(time=1)),
    ("d", "day", "days"): (hepunits.day, Dimension(time=1)),
    ("week", "weeks"): (7 * hepunits.day, Dimension(time=1)),
    ("month", "months"): (YEAR / 12, Dimension(time=1)),
    ("yr", "year", "years"): (YEAR, Dimension(time=1)),
    ("count", "counts", "cts", "event", "events", "evts", "decay", "decays", "proton", "protons"): (1.0, COUNT),
    ("cpd",): (1 / hepunits.day, ACTIVITY),
    ("%", "percent"): (0.01, Dimension()),
}
"""Names of units that take no prefix."""

UNITS = {
    **{name: Unit(value, dimension) for name, (_, value, dimension) in PREFIXED.items()},
    **{
        prefix + name: Unit(PREFIXES[prefix] * value, dimension)
        for name, (prefixes, value, dimension) in PREFIXED.items()
        for prefix in prefixes
    },
    **{name: Unit(*unit) for names, unit in PLAIN.items() for name in names},
}

QUESTIONED = {
    "meV": "meV is a thousandth of an eV: write MeV, or eV as in 1e-3 eV",
    "gr": "gr is a grain to some: write g",
    "ton": "ton has several meanings: write t for 1000 kg",
    "tons": "ton has several meanings: write t for 1000 kg",
    "kt": "kt has several meanings: write t for 1000 kg",
    "a": "a has several meanings: write year",
    "y": "y has several meanings: write year",
    "c": "masses of particles are given as energies: write 3 MeV",
    "MWe": "the thermal power is needed, not the electric one: write MW",
    "GWe": "the thermal power is needed, not the electric one: write GW",
    "degC": "temperatures are not read",
}
"""Names that mean different things to different people, or nothing here, and what to write."""

KNOWN = "eV, J, kg, g, t, m, cm, s, h, day, year, W, Hz, Bq, Ci, counts, dru, cpd, %"
"""What a person is told; prefixes are a matter of course."""


def unit(name: str) -> Unit:
    """Look a unit up; ValueError says what to write instead."""
    found = UNITS.get(name)
    if found is not None and name not in QUESTIONED:
        return found
    if name in QUESTIONED:
        raise ValueError(QUESTIONED[name])
    alike = sorted(known for known in UNITS if known.casefold() == name.casefold() and not _scaled(known, name))
    if alike:
        raise ValueError(f"the unit {shown(name)} is unknown: write {' or '.join(alike)}, if that is meant")
    if any(known.casefold() == name.casefold() for known in UNITS) and name[1:] not in PREFIXED:
        raise ValueError(f"the unit {shown(name)} is unknown: m is 1e-3 and M is 1e6; write the one that is meant")
    takes = ", ".join(PREFIXED[name[1:]][0]) if name[:1] in PREFIXES and name[1:] in PREFIXED else ""
    cure = f"before {name[1:]} stand {takes}" if takes else f"known are {KNOWN}"
    raise ValueError(f"the unit {shown(name)} is unknown: {cure}")


def _scaled(known: str, name: str) -> bool:
    """Whether two units that differ in case differ by their prefix, and so by powers of ten: mg is no form of Mg."""
    return known[0] != name[0] and known[0] in PREFIXES and name[0] in PREFIXES and known[1:] in PREFIXED
