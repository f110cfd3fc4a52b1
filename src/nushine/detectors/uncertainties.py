"""How well an experiment is known."""

from dataclasses import fields
from typing import Any

import equinox as eqx
import numpy as np
from jax import Array

from nushine.numerics.calls import require_bool
from nushine.numerics.checks import require_between, require_non_negative, require_scalar
from nushine.numerics.fields import require_fields_are_used

BELOW_ONE = ("background_slope", "excess_scale", "resolution", "quenching", "efficiency", "photon_efficiency")
"""Relative uncertainties of what must stay above zero one standard deviation down."""

LOOSEST = 10.0
"""Largest relative uncertainty of a normalisation: 1000 %; a larger one is meant in per cent."""


class Uncertainties(eqx.Module):
    """One standard deviation of what a likelihood takes as uncertain; 0 means known exactly: no nuisance parameter.

    Parameters
    ----------
    flux : float
        Relative, of the normalisation of the flux.
    flux_shape : bool
        Whether the uncertainties of the spectra that the source knows (one for each fissile isotope) are used.
    background : float
        Relative, of the normalisation of each flat background.
    background_slope : float
        Relative tilt x of the flat background across the recoil window: the density changes by -x at the lower edge and
        by +x at the upper one, linear in log E_R between them.
    excess, excess_scale : float
        Relative, of density and scale of the low-energy excess.
    threshold : float
        Of the lower edge of the recoil window [MeV].
    resolution, quenching, efficiency, photon_efficiency : float
        Relative, of the parameters of the `Response`.

    Raises
    ------
    ValueError
        For negative or non-finite numbers, relative ones above 10, a flux_shape that is neither True nor False, and for
        a relative one of 1 or more where the parameter must stay positive (background_slope, excess_scale and those of
        the response).

    """

    flux: float | Array = 0.0
    flux_shape: bool = eqx.field(static=True, default=False)
    background: float | Array = 0.0
    background_slope: float | Array = 0.0
    excess: float | Array = 0.0
    excess_scale: float | Array = 0.0
    threshold: float | Array = 0.0
    resolution: float | Array = 0.0
    quenching: float | Array = 0.0
    efficiency: float | Array = 0.0
    photon_efficiency: float | Array = 0.0

    def __init_subclass__(cls, **extra: Any) -> None:
        """Refuse derived classes with parameters that nothing would use, such as misspelt ones."""
        super().__init_subclass__(**extra)
        require_fields_are_used(cls, Uncertainties)

    def __check_init__(self) -> None:
        """Reject negative uncertainties, and those that are too large for what they belong to."""
        require_bool("uncertainties.flux_shape", self.flux_shape)
        for name in (field.name for field in fields(self) if field.name != "flux_shape"):
            require_scalar(f"uncertainties.{name}", getattr(self, name))
        for name in ("flux", "background", "excess"):
            require_non_negative(f"uncertainties.{name}", getattr(self, name))
            too_large = "give a relative uncertainty, as in 0.025 for 2.5 %"
            require_between(f"uncertainties.{name}", getattr(self, name), 0.0, LOOSEST, cure=too_large)
        require_non_negative("uncertainties.threshold", self.threshold, "MeV")
        for name in BELOW_ONE:
            most, cure = float(np.nextafter(1.0, 0.0)), "give a number that is zero or above, and below 1"
            require_between(f"uncertainties.{name}", getattr(self, name), 0.0, most, cure=cure)
