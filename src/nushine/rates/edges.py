"""Bins of true energies and angle."""

import equinox as eqx
from jax import Array

ALL_RECOILS = (0.0, 1e9)
"""Edges of one bin of all recoils [MeV]; bins are cut to what the source can give."""


class Edges(eqx.Module):
    """Bins of an event.

    Parameters
    ----------
    E_R : Array, shape (R + 1,)
        Edges of the recoil energy [MeV], increasing and finite, zero or above.
    E_gamma : Array, shape (G,)
        Lower edges of the photon energy [MeV], increasing; the last bin has no upper end.
    cos_theta : Array, shape (C,)
        Lower edges of the cosine of the photon's angle to the beam, increasing; the last bin ends at 1.

    """

    E_R: Array
    E_gamma: Array
    cos_theta: Array

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of bins (R, G, C)."""
        return self.E_R.shape[0] - 1, self.E_gamma.shape[0], self.cos_theta.shape[0]
