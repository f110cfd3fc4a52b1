"""What a detector asks of an event, what it counts without any signal, and where its parts are."""

import equinox as eqx
from jax import Array

from nushine.detectors.arrangement import Arrangement, Body, Crystal
from nushine.detectors.attenuation import Material, material
from nushine.detectors.shapes import Box, Cylinder, Shape, Shell, Sphere
from nushine.numerics.checks import require_non_negative
from nushine.rates import EVERYTHING, Selection


class Channel(eqx.Module):
    """Which of the two signals of an event is asked for."""

    name: str = eqx.field(static=True)
    recoil: bool = eqx.field(static=True)
    photon: bool = eqx.field(static=True)

    def selection(self, full: Selection) -> Selection:
        """Return the part of a detector's selection that this channel asks for."""
        return Selection(
            E_R_min=full.E_R_min if self.recoil else EVERYTHING.E_R_min,
            E_R_max=full.E_R_max if self.recoil else EVERYTHING.E_R_max,
            E_gamma_min=full.E_gamma_min if self.photon else EVERYTHING.E_gamma_min,
            cos_theta_min=full.cos_theta_min if self.photon else EVERYTHING.cos_theta_min,
        )


RECOIL = Channel("recoil", recoil=True, photon=False)
PHOTON = Channel("photon", recoil=False, photon=True)
COINCIDENCE = Channel("coincidence", recoil=True, photon=True)


class Background(eqx.Module):
    """Flat backgrounds of the channels.

    Parameters
    ----------
    recoil : float
        Nuclear-recoil like events per recoil energy, mass and time [1/(MeV mass ns)].
    coincidence : float
        The same for events that also show a photon which passes the selection.
    photon : float
        Photons that pass the selection, per mass of the target and time [1/(mass ns)].

    """

    recoil: float | Array = 0.0
    coincidence: float | Array = 0.0
    photon: float | Array = 0.0

    def __check_init__(self) -> None:
        """Reject negative backgrounds."""
        require_non_negative("background.recoil", self.recoil)
        require_non_negative("background.coincidence", self.coincidence)
        require_non_negative("background.photon", self.photon)

    def rate(self, channel: Channel, selection: Selection) -> Array | float:
        """Background events per mass and time [1/(mass ns)] inside the selection."""
        if not channel.recoil:
            return self.photon
        density = self.coincidence if channel.photon else self.recoil
        return density * (selection.E_R_max - selection.E_R_min)


__all__ = [
    "COINCIDENCE",
    "PHOTON",
    "RECOIL",
    "Arrangement",
    "Background",
    "Body",
    "Box",
    "Channel",
    "Crystal",
    "Cylinder",
    "Material",
    "Shape",
    "Shell",
    "Sphere",
    "material",
]
