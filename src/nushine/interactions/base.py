"""What every interaction of a neutrino with a target at rest offers to the rates."""

from abc import abstractmethod
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine import kinematics
from nushine.numerics.checks import require_non_negative
from nushine.numerics.compilation import jit
from nushine.sources.base import Flavour
from nushine.targets.isotopes import Isotope


class Interaction(eqx.Module):
    r"""A cross section that is a quadratic in the inverse neutrino energy at fixed recoil energy.

    .. math:: \frac{d\sigma}{dE_R} = c_0(E_R) + \frac{c_1(E_R)}{E_\nu} + \frac{c_2(E_R)}{E_\nu^2}
              \quad\text{for}\quad E_\nu \ge E_\nu^{min}(E_R)

    Both CEvNS and up-scattering through a magnetic moment have this form, which lets `nushine.rates.recoil_rate` fold
    them with any flux by three moments of the flux.
    """

    given_as: ClassVar[str] = "a process, as nushine.Dipole(m_N=3.0, mu=1e-8) or nushine.CEvNS()"

    @property
    @abstractmethod
    def m_out(self) -> ArrayLike:
        """Mass of the outgoing lepton [MeV]."""

    @abstractmethod
    def series(self, E_R: Array, isotope: Isotope) -> tuple[Array, Array, Array]:
        """Coefficients c0 [mm^2/MeV], c1 [mm^2], c2 [mm^2 MeV] at the recoil energies E_R [MeV]."""

    @abstractmethod
    def strength(self, flavour: Flavour) -> ArrayLike:
        """Factor of the cross section for a beam of this flavour composition."""

    def dsigma_dE_R(self, E_nu: ArrayLike, E_R: ArrayLike, isotope: Isotope) -> Array:
        """Differential cross section on one nucleus.

        Parameters
        ----------
        E_nu, E_R : array_like
            Neutrino and recoil energies [MeV], broadcast together.
        isotope : Isotope
            The target nucleus.

        Returns
        -------
        Array
            dsigma/dE_R [mm^2/MeV]; zero outside the kinematic limits. Read it with ``/ (cm**2 / keV)``.

        Raises
        ------
        ValueError
            For negative or non-finite energies.

        """
        require_non_negative("E_nu", E_nu, "MeV")
        require_non_negative("E_R", E_R, "MeV")
        return self._dsigma_dE_R(E_nu, E_R, isotope)

    @jit
    def _dsigma_dE_R(self, E_nu: ArrayLike, E_R: ArrayLike, isotope: Isotope) -> Array:
        E_nu, E_R = jnp.asarray(E_nu), jnp.asarray(E_R)
        safe_E_nu, safe_E_R = jnp.where(E_nu > 0, E_nu, 1.0), jnp.where(E_R > 0, E_R, 1.0)
        c0, c1, c2 = self.series(safe_E_R, isotope)
        inside = (E_R > 0) & (E_nu >= kinematics.E_nu_min(safe_E_R, self.m_out, isotope.m_A))
        return jnp.where(inside, c0 + (c1 + c2 / safe_E_nu) / safe_E_nu, 0.0)
