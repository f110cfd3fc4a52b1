"""Decays of N: widths, decay length, and the photon in the laboratory."""

from nushine.decay.modes import (
    PROMPT,
    RADIATIVE,
    Decay,
    Invisible,
    Mode,
    PhotonMode,
    Radiative,
    ToSterile,
)
from nushine.decay.photon import (
    Flight,
    flight,
    photon_acceptance,
    photon_angle_density,
    photon_energy_density,
)

__all__ = [
    "PROMPT",
    "RADIATIVE",
    "Decay",
    "Flight",
    "Invisible",
    "Mode",
    "PhotonMode",
    "Radiative",
    "ToSterile",
    "flight",
    "photon_acceptance",
    "photon_angle_density",
    "photon_energy_density",
]
