"""Published limits on the neutrino dipole portal, each with its convention, confidence level and paper."""

from nushine.constraints.limits import Boundary, Kind, LimitFlavour, PublishedLimit, get, load, names
from nushine.constraints.regions import envelope, excluded

__all__ = [
    "Boundary",
    "Kind",
    "LimitFlavour",
    "PublishedLimit",
    "envelope",
    "excluded",
    "get",
    "load",
    "names",
]
