"""Blocks of a configuration file about the detector: backgrounds, response and uncertainties."""

import math

from pydantic import Field

from nushine.config import AboveZeroEnergy, Energy, Model, Rate, RateDensity


class BackgroundBlock(Model):
    """Backgrounds of the channels."""

    recoil: RateDensity = 0.0
    coincidence: RateDensity = 0.0
    photon: Rate = 0.0
    excess: RateDensity = 0.0
    excess_scale: AboveZeroEnergy = 20e-6
    photon_scale: AboveZeroEnergy = math.inf


class ResponseBlock(Model):
    """What the detector makes of recoils and photons."""

    resolution: Energy = 0.0
    quenching: float = Field(default=1.0, gt=0.0)
    efficiency: float = Field(default=1.0, gt=0.0, le=1.0)
    photon_efficiency: float = Field(default=1.0, gt=0.0, le=1.0)


class UncertaintiesBlock(Model):
    """One standard deviation of what is uncertain."""

    flux: float = Field(default=0.0, ge=0.0)
    flux_shape: bool = False
    background: float = Field(default=0.0, ge=0.0)
    background_slope: float = Field(default=0.0, ge=0.0, lt=1.0)
    excess: float = Field(default=0.0, ge=0.0)
    excess_scale: float = Field(default=0.0, ge=0.0, lt=1.0)
    threshold: Energy = 0.0
    resolution: float = Field(default=0.0, ge=0.0, lt=1.0)
    quenching: float = Field(default=0.0, ge=0.0, lt=1.0)
    efficiency: float = Field(default=0.0, ge=0.0, lt=1.0)
    photon_efficiency: float = Field(default=0.0, ge=0.0, lt=1.0)
