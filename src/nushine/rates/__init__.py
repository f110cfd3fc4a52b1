"""The folding: flux x cross section x decay, by deterministic quadrature.

Rates are per bulk mass of the target and per time, in `hepunits`: multiply by ``kg * day`` (and ``keV``) to read them.
"""

from nushine.rates.bins import BinnedYield, recoil_bins, sterile_bins
from nushine.rates.edges import ALL_RECOILS, Edges
from nushine.rates.photon import photon_angle_spectrum, photon_spectrum
from nushine.rates.plane import EVERYTHING, Selection
from nushine.rates.recoil import electron_recoil_rate, recoil_means, recoil_rate, scattering_rate
from nushine.rates.sterile import Yield, sterile_rate, sterile_yield

__all__ = [
    "ALL_RECOILS",
    "EVERYTHING",
    "BinnedYield",
    "Edges",
    "Selection",
    "Yield",
    "electron_recoil_rate",
    "photon_angle_spectrum",
    "photon_spectrum",
    "recoil_bins",
    "recoil_means",
    "recoil_rate",
    "scattering_rate",
    "sterile_bins",
    "sterile_rate",
    "sterile_yield",
]
