"""Which of the two signals of an event is asked for."""

from typing import ClassVar

import equinox as eqx

from nushine.rates import EVERYTHING, Selection


class Channel(eqx.Module):
    """Which of the two signals of an event is asked for."""

    given_as: ClassVar[str] = "nushine.RECOIL, nushine.PHOTON or nushine.COINCIDENCE"

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
            flight_min=full.flight_min if self.photon else EVERYTHING.flight_min,
        )


RECOIL = Channel("recoil", recoil=True, photon=False)
PHOTON = Channel("photon", recoil=False, photon=True)
COINCIDENCE = Channel("coincidence", recoil=True, photon=True)
