"""Coherent elastic neutrino-nucleus scattering in the Standard Model."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine.constants import AREA, G_F, sin2_theta_W
from nushine.interactions.base import Interaction
from nushine.numerics.checks import require_between
from nushine.numerics.compilation import needs_jax
from nushine.sources.base import Flavour
from nushine.targets.isotopes import Isotope


class CEvNS(Interaction):
    r"""nu A -> nu A through the Z boson, the same for every flavour.

    .. math:: \frac{d\sigma}{dE_R} = \frac{G_F^2}{4\pi} Q_W^2\, m_A F^2(q^2)
              \left(1 - \frac{E_R}{E_\nu} - \frac{m_A E_R}{2 E_\nu^2}\right),
              \qquad Q_W = N - (1 - 4 s_W^2) Z

    Parameters
    ----------
    sin2_theta_W : float
        Weak mixing angle at low momentum transfer.

    Notes
    -----
    Tree level, one form factor for protons and neutrons, target spin neglected (a correction of order E_R/E_nu).

    References
    ----------
    Freedman, Phys. Rev. D 9, 1389 (1974); Lindner, Rodejohann, Xu, JHEP 03, 097 (2017), arXiv:1612.04150.

    """

    sin2_theta_W: float | Array = sin2_theta_W

    def __check_init__(self) -> None:
        """Reject mixing angles that are no mixing angles."""
        require_between("sin2_theta_W", self.sin2_theta_W, 0.0, 1.0)

    @property
    def m_out(self) -> ArrayLike:
        """Mass of the outgoing neutrino: zero."""
        return 0.0

    def strength(self, flavour: Flavour) -> ArrayLike:
        """Sum of the flavour fractions: every active flavour scatters alike."""
        return flavour.e + flavour.mu + flavour.tau

    @needs_jax
    def series(self, E_R: Array, isotope: Isotope) -> tuple[Array, Array, Array]:
        """Coefficients of the cross section in powers of 1/E_nu."""
        weak_charge = isotope.N - (1 - 4 * self.sin2_theta_W) * isotope.Z
        form_factor = isotope.form_factor(2 * isotope.m_A * E_R)
        scale = AREA * G_F**2 / (4 * jnp.pi) * weak_charge**2 * isotope.m_A * form_factor**2
        return scale, -scale * E_R, -scale * isotope.m_A * E_R / 2
