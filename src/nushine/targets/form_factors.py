"""Nuclear form factors F(q^2): amplitudes with F(0) = 1, one final class per published charge density.

All are smooth functions of q^2, so that value and gradient are finite at q = 0, and all start as
F = 1 - q^2 r^2 / 6 with r the rms radius of the density.
"""

from abc import abstractmethod
from math import pi, sqrt
from typing import Self

import equinox as eqx
import jax.numpy as jnp
from hepunits import fermi
from jax import Array
from jax.typing import ArrayLike

from nushine.constants import hbar_c
from nushine.numerics.arrays import as_array, namespace
from nushine.numerics.checks import require_non_negative, require_positive
from nushine.numerics.compilation import needs_jax
from nushine.numerics.entire import langevin, sinc, sphere, y_over_sinh

_RADIUS_CURE = "give an rms charge radius above zero, e.g. 4.06 * fermi (hepunits)"


class FormFactor(eqx.Module):
    """Form factor of a spherical charge density; subclasses are final and hold lengths [mm] as array leaves."""

    @classmethod
    @abstractmethod
    def from_rms_radius(cls, r_rms: ArrayLike) -> Self:
        """The member of the family with this rms radius [mm], any shape, the other parameters as published."""

    @property
    @abstractmethod
    def rms_radius(self) -> Array:
        """Rms radius of the density [mm]."""

    @abstractmethod
    def __call__(self, q2: ArrayLike) -> Array:
        """F at q2 = 2 m_A E_R [MeV^2] >= 0, any shape that broadcasts with the radii."""


class Helm(FormFactor):
    r"""Uniform sphere folded with a Gaussian surface.

    .. math:: F = \frac{3 j_1(q R_0)}{q R_0}\, e^{-q^2 s^2 / 2}, \qquad R_0^2 = \tfrac53 r^2 - 5 s^2

    Parameters
    ----------
    radius : ArrayLike
        Radius of the sphere R_0 [mm], zero or above.
    s : ArrayLike
        Thickness of the surface [mm]; 0.9 fm.

    Notes
    -----
    Measured charge densities are followed to a few per cent of F^2 up to q r of about 3; beyond the first zero
    (q R_0 = 4.49) only the order of magnitude is meant. Nuclei too small for the surface (1H) become a Gaussian of
    their own rms radius: R_0 = 0, s = r / sqrt(3). Evaluation is good to about 1e-15 absolute.

    References
    ----------
    R. H. Helm, Phys. Rev. 104, 1466 (1956); J. D. Lewin and P. F. Smith, Astropart. Phys. 6, 87 (1996), Eqs. 4.7-4.11.

    Examples
    --------
    >>> from hepunits import fermi
    >>> germanium = Helm.from_rms_radius(4.0632 * fermi)
    >>> round(float(germanium.radius / fermi), 4)
    4.8442
    >>> round(float(germanium(50.0**2)), 4)      # q = 50 MeV
    0.8352

    """

    radius: Array = eqx.field(converter=as_array)
    s: Array = eqx.field(converter=as_array, default=0.9 * fermi)

    def __check_init__(self) -> None:
        require_non_negative("Helm radius", self.radius, "mm")
        require_non_negative("Helm surface thickness s", self.s, "mm")

    @classmethod
    def from_rms_radius(cls, r_rms: ArrayLike, s: ArrayLike = 0.9 * fermi) -> Self:
        """Helm density of rms radius r_rms [mm] and surface thickness s [mm]."""
        require_positive("r_rms", r_rms, "mm", _RADIUS_CURE)
        return cls(*map(as_array, _split(r_rms, s, surface=3.0)))

    @classmethod
    @needs_jax
    def lewin_smith(cls, A: ArrayLike) -> Self:
        """Parameters of Lewin and Smith (1996) for mass number A.

        R_0^2 = c^2 + (7/3) pi^2 a^2 - 5 s^2 with c = 1.23 A^(1/3) - 0.60, a = 0.52, s = 0.9 fm: a fit to muon
        spectroscopy for A above about 10.
        """
        require_positive("A", A)
        c = (1.23 * jnp.cbrt(jnp.asarray(A, dtype=float)) - 0.60) * fermi
        r_rms = jnp.sqrt(0.6 * c**2 + 1.4 * (pi * 0.52 * fermi) ** 2)
        return cls.from_rms_radius(r_rms)

    @property
    @needs_jax
    def rms_radius(self) -> Array:
        """Sqrt(3/5 R_0^2 + 3 s^2) [mm]."""
        return jnp.sqrt(0.6 * self.radius**2 + 3 * self.s**2)

    @needs_jax
    def __call__(self, q2: ArrayLike) -> Array:
        """F at q2 [MeV^2]."""
        k2 = jnp.asarray(q2) / hbar_c**2
        return sphere(k2 * self.radius**2) * jnp.exp(-k2 * self.s**2 / 2)


class KleinNystrand(FormFactor):
    r"""Uniform sphere folded with a Yukawa surface.

    .. math:: F = \frac{3 j_1(q R_A)}{q R_A}\, \frac{1}{1 + q^2 a_k^2}, \qquad R_A^2 = \tfrac53 r^2 - 10 a_k^2

    Parameters
    ----------
    radius : ArrayLike
        Radius of the sphere R_A [mm], zero or above.
    a_k : ArrayLike
        Range of the Yukawa surface [mm]; 0.7 fm.

    Notes
    -----
    Meant for A above about 10 and up to the first zero. Nuclei too small for the surface (1H, 4He) become a pure
    Yukawa of their own rms radius: R_A = 0, a_k = r / sqrt(6).

    References
    ----------
    S. R. Klein and J. Nystrand, Phys. Rev. C 60, 014903 (1999).

    Examples
    --------
    >>> from hepunits import fermi
    >>> round(float(KleinNystrand.from_mass_number(133).radius / fermi), 3)
    6.278

    """

    radius: Array = eqx.field(converter=as_array)
    a_k: Array = eqx.field(converter=as_array, default=0.7 * fermi)

    def __check_init__(self) -> None:
        require_non_negative("Klein-Nystrand radius", self.radius, "mm")
        require_non_negative("Klein-Nystrand range a_k", self.a_k, "mm")

    @classmethod
    def from_rms_radius(cls, r_rms: ArrayLike, a_k: ArrayLike = 0.7 * fermi) -> Self:
        """Klein-Nystrand density of rms radius r_rms [mm] and Yukawa range a_k [mm]."""
        require_positive("r_rms", r_rms, "mm", _RADIUS_CURE)
        return cls(*map(as_array, _split(r_rms, a_k, surface=6.0)))

    @classmethod
    @needs_jax
    def from_mass_number(cls, A: ArrayLike) -> Self:
        """R_A = 1.23 A^(1/3) fm, as COHERENT uses it (Akimov et al., Science 357, 1123 (2017))."""
        require_positive("A", A)
        return cls(1.23 * fermi * jnp.cbrt(jnp.asarray(A, dtype=float)))

    @property
    @needs_jax
    def rms_radius(self) -> Array:
        """Sqrt(3/5 R_A^2 + 6 a_k^2) [mm]."""
        return jnp.sqrt(0.6 * self.radius**2 + 6 * self.a_k**2)

    @needs_jax
    def __call__(self, q2: ArrayLike) -> Array:
        """F at q2 [MeV^2]."""
        k2 = jnp.asarray(q2) / hbar_c**2
        return sphere(k2 * self.radius**2) / (1 + k2 * self.a_k**2)


class SymmetrisedFermi(FormFactor):
    r"""Symmetrised two-parameter Fermi density, :math:`\rho \propto \sinh(c/a) / [\cosh(r/a) + \cosh(c/a)]`.

    .. math:: F = \frac{3}{qc\,[(qc)^2 + (\pi q a)^2]}\, \frac{\pi q a}{\sinh \pi q a}
              \left[ \frac{\pi q a}{\tanh \pi q a} \sin qc - qc \cos qc \right],
              \qquad r^2 = \tfrac35 c^2 + \tfrac75 (\pi a)^2

    Parameters
    ----------
    c : ArrayLike
        Half-density radius [mm], zero or above.
    a : ArrayLike
        Diffuseness [mm], above zero; 0.52 fm.

    Notes
    -----
    The bracket is evaluated as a sum of smooth terms (no cancellation at small q):
    F = (y / sinh y) [w L(y) sin(x)/x + (1 - w) 3 j_1(x)/x] with x = qc, y = pi q a, L = 3 (y coth y - 1) / y^2 and
    w = (pi a)^2 / (c^2 + (pi a)^2). Nuclei too small for the surface (1H, 4He) get c = 0, a = r sqrt(5/7) / pi.

    References
    ----------
    J. Piekarewicz, A. R. Linero, P. Giuliani, E. Chicken, Phys. Rev. C 94, 034316 (2016).

    Examples
    --------
    >>> from hepunits import fermi
    >>> round(float(SymmetrisedFermi.from_rms_radius(4.0632 * fermi).c / fermi), 4)
    4.614

    """

    c: Array = eqx.field(converter=as_array)
    a: Array = eqx.field(converter=as_array, default=0.52 * fermi)

    def __check_init__(self) -> None:
        require_non_negative("half-density radius c", self.c, "mm")
        require_positive("diffuseness a", self.a, "mm")

    @classmethod
    def from_rms_radius(cls, r_rms: ArrayLike, a: ArrayLike = 0.52 * fermi) -> Self:
        """Symmetrised Fermi density of rms radius r_rms [mm] and diffuseness a [mm]."""
        require_positive("r_rms", r_rms, "mm", _RADIUS_CURE)
        return cls(*map(as_array, _split(r_rms, a, surface=1.4 * pi**2)))

    @property
    @needs_jax
    def rms_radius(self) -> Array:
        """Sqrt(3/5 c^2 + 7/5 (pi a)^2) [mm]."""
        return jnp.sqrt(0.6 * self.c**2 + 1.4 * (pi * self.a) ** 2)

    @needs_jax
    def __call__(self, q2: ArrayLike) -> Array:
        """F at q2 [MeV^2]."""
        k2 = jnp.asarray(q2) / hbar_c**2
        x2, y2 = k2 * self.c**2, k2 * (pi * self.a) ** 2
        w = (pi * self.a) ** 2 / (self.c**2 + (pi * self.a) ** 2)
        return y_over_sinh(y2) * (w * langevin(y2) * sinc(x2) + (1 - w) * sphere(x2))


class PointLike(FormFactor):
    """F = 1: a point charge, for checks and for recoils far below 1 / (m_A r^2)."""

    @classmethod
    def from_rms_radius(cls, r_rms: ArrayLike) -> Self:
        """A point, whatever the radius."""
        del r_rms
        return cls()

    @property
    @needs_jax
    def rms_radius(self) -> Array:
        """Zero."""
        return jnp.zeros(())

    @needs_jax
    def __call__(self, q2: ArrayLike) -> Array:
        """One, in the shape of q2."""
        return jnp.ones_like(jnp.asarray(q2, dtype=float))


def _split(r_rms: ArrayLike, thickness: ArrayLike, surface: float) -> tuple[ArrayLike, ArrayLike]:
    """Core radius R and thickness t with r^2 = 3/5 R^2 + surface t^2; R = 0 and a thinner t where r is too small."""
    xp = namespace(r_rms, thickness)
    r, t = xp.broadcast_arrays(xp.asarray(r_rms, dtype=float), xp.asarray(thickness, dtype=float))
    core2 = (r**2 - surface * t**2) / 0.6
    fits = core2 > 0
    radius = xp.where(fits, xp.sqrt(xp.where(fits, core2, 1.0)), 0.0)
    return radius, xp.where(fits, t, r / sqrt(surface))
