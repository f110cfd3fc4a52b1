"""Neutrino sources: each gives a `Source`, the flux at the detector."""

from nushine.sources.base import ELECTRON, MUON, TAU, UNIVERSAL, Beam, Flavour, Source
from nushine.sources.pion_decay_at_rest import from_spallation, pion_decay_at_rest
from nushine.sources.reactor import Core, FissionFractions, Reactor, chooz, chooz_reactor
from nushine.sources.tabulated import histogram, monoenergetic, read_csv, tabulated

__all__ = [
    "ELECTRON",
    "MUON",
    "TAU",
    "UNIVERSAL",
    "Beam",
    "Core",
    "FissionFractions",
    "Flavour",
    "Reactor",
    "Source",
    "chooz",
    "chooz_reactor",
    "from_spallation",
    "histogram",
    "monoenergetic",
    "pion_decay_at_rest",
    "read_csv",
    "tabulated",
]
