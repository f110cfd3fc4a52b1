"""Blocks of a configuration file about the detector: backgrounds, response and uncertainties."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from nushine.config import (
    AboveZeroEnergy,
    Efficiency,
    Energy,
    Model,
    Quenching,
    Rate,
    RateDensity,
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
    excess_scale: AboveZeroEnergy = 20e-6
    photon_scale: AboveZeroEnergy = math.inf


class ResponseBlock(Model):
    """What the detector makes of recoils and photons."""

    resolution: Energy = 0.0
    quenching: Quenching = 1.0
    efficiency: Efficiency = 1.0
    photon_efficiency: Efficiency = 1.0


class UncertaintiesBlock(Model):
    """One standard deviation of what is uncertain."""

    flux: Relative = 0.0
    flux_shape: bool = False
    background: Relative = 0.0
    background_slope: RelativeBelowOne = 0.0
    excess: Relative = 0.0
    excess_scale: RelativeBelowOne = 0.0
    threshold: Energy = 0.0
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


def require_described(background: BackgroundBlock, *, recoils: bool, photons: bool) -> None:
    """Refuse backgrounds of signals that the file does not describe: they would not be used."""
    needed = {"photon": ("photon",), "coincidence": ("photon", "recoil_window")}
    needed |= dict.fromkeys(("recoil", "excess"), ("recoil_window",))
    there = {"recoil_window": recoils, "photon": photons}
    for key, blocks in needed.items():
        missing = next((block for block in blocks if not there[block]), None)
        if missing and getattr(background, key):
            raise ValueError(f"background.{key}: there is no '{missing}'; add it, or leave this background out")
