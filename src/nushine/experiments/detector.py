"""Blocks of a configuration file about the detector: backgrounds, response and uncertainties."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, StrictBool

from nushine.config import (
    AboveZeroEnergy,
    AboveZeroRecoilEnergy,
    Efficiency,
    Model,
    Quenching,
    Rate,
    RateDensity,
    RecoilEnergy,
    Relative,
    RelativeBelowOne,
)
from nushine.lines import shown


class BackgroundBlock(Model):
    """Backgrounds of the channels; what is left out is not known, and counts as none with a word."""

    recoil: RateDensity | None = None
    coincidence: RateDensity | None = None
    photon: Rate | None = None
    excess: RateDensity = 0.0
    excess_scale: AboveZeroRecoilEnergy = 20e-6
    photon_scale: AboveZeroEnergy = math.inf


class ResponseBlock(Model):
    """What the detector makes of recoils and photons."""

    resolution: RecoilEnergy = 0.0
    quenching: Quenching = 1.0
    efficiency: Efficiency = 1.0
    photon_efficiency: Efficiency = 1.0


class UncertaintiesBlock(Model):
    """One standard deviation of what is uncertain."""

    flux: Relative = 0.0
    flux_shape: StrictBool = False
    background: Relative = 0.0
    background_slope: RelativeBelowOne = 0.0
    excess: Relative = 0.0
    excess_scale: RelativeBelowOne = 0.0
    threshold: RecoilEnergy = 0.0
    resolution: RelativeBelowOne = 0.0
    quenching: RelativeBelowOne = 0.0
    efficiency: RelativeBelowOne = 0.0
    photon_efficiency: RelativeBelowOne = 0.0


def require_one_scale(content: Mapping[str, Any], response: ResponseBlock) -> None:
    """Raise ValueError where energies of recoils are given on another scale than the response measures them.

    Windows, backgrounds and resolutions are of measured energies, which are quenching times recoil energy: eVee needs
    to know the quenching, and eVnr is the same as eV only without any.
    """
    for key, text in _energies_of_recoils(content):
        if "eVee" in text and "quenching" not in response.model_fields_set:
            raise ValueError(f"{key}: {shown(text)} is a measured energy: give response.quenching, measured over true")
        if "eVnr" in text and response.quenching != 1:
            raise ValueError(
                f"{key}: {shown(text)} is a true energy, where response.quenching makes measured ones of them: "
                "give measured energies, in eVee"
            )


def _energies_of_recoils(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Keys and texts of energies on the scale of recoils."""
    places = {
        "recoil_window": ("",),
        "background": ("recoil", "coincidence", "excess", "excess_scale"),
        "response": ("resolution",),
        "uncertainties": ("threshold",),
    }
    for block, keys in places.items():
        found = content.get(block)
        for key in keys:
            values = found.get(key) if isinstance(found, Mapping) else found if not key else None
            for text in values if isinstance(values, list | tuple) else [values]:
                if isinstance(text, str):
                    yield f"{block}.{key}" if key else block, text


RECOIL, PHOTON, EXCESS, NOISE = "recoil_window", "photon", "background.excess", "response.resolution"

NEEDED = {
    "flight_min": (PHOTON,),
    "background.recoil": (RECOIL,),
    "background.coincidence": (PHOTON, RECOIL),
    "background.photon": (PHOTON,),
    "background.excess": (RECOIL,),
    "background.excess_scale": (RECOIL, EXCESS),
    "background.photon_scale": (PHOTON,),
    "response.resolution": (RECOIL,),
    "response.quenching": (RECOIL,),
    "response.efficiency": (RECOIL,),
    "response.photon_efficiency": (PHOTON,),
    "uncertainties.background_slope": (RECOIL,),
    "uncertainties.excess": (RECOIL, EXCESS),
    "uncertainties.excess_scale": (RECOIL, EXCESS),
    "uncertainties.threshold": (RECOIL,),
    "uncertainties.resolution": (RECOIL, NOISE),
    "uncertainties.quenching": (RECOIL,),
    "uncertainties.efficiency": (RECOIL,),
    "uncertainties.photon_efficiency": (PHOTON,),
}
"""What the file must say besides, for a key to have any effect."""


def require_described(file: BaseModel) -> None:
    """Refuse keys of what the file does not describe: they would not be used. Those that say nothing new may stand."""
    for key, needs in NEEDED.items():
        missing = next((need for need in needs if not _says(file, need)), None)
        if missing and _says(file, key):
            raise ValueError(f"{key}: there is no '{missing}'; add it, or leave out what has no effect without it")


def _says(file: BaseModel, key: str) -> bool:
    """Whether a key stands in the file with something else than nothing and its default."""
    block: Any = file
    *blocks, last = key.split(".")
    for name in blocks:
        block = getattr(block, name)
    value = getattr(block, last)
    return bool(value) and value != type(block).model_fields[last].default
