"""How N decays: modes, widths, decay length."""

from abc import abstractmethod
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine import kinematics
from nushine.constants import hbar_c, mu_B
from nushine.interactions.dipole import DIRAC, Dipole, Nature
from nushine.lines import shown
from nushine.numerics.calls import require_bool, require_instance
from nushine.numerics.checks import require_finite, require_non_negative
from nushine.numerics.compilation import needs_jax

LARGEST_WIDTH = 1e250
"""Widths above this [MeV] are taken as this; N decays where it is made far below."""


class Mode(eqx.Module):
    """One decay mode of N."""

    @abstractmethod
    def width(self, signal: Dipole) -> ArrayLike:
        """Partial width [MeV]."""


class PhotonMode(Mode):
    """A two-body mode with a photon, distributed as 1 + a (spin . direction) in the rest frame of N."""

    @abstractmethod
    def E_rest(self, signal: Dipole) -> ArrayLike:
        """Photon energy in the rest frame of N [MeV]; zero where the mode is closed."""

    @needs_jax
    def open_E_rest(self, signal: Dipole) -> Array:
        """Photon energy in the rest frame, or 1 MeV where the mode is closed and its branching ratio is zero."""
        E_rest = jnp.asarray(self.E_rest(signal))
        return jnp.where(E_rest > 0, E_rest, 1.0)

    @abstractmethod
    def asymmetry(self, signal: Dipole) -> ArrayLike:
        """The coefficient a, between -1 and 1."""


class Radiative(PhotonMode):
    r"""N -> nu_a gamma (and nubar_a gamma if Majorana) through the moments that also up-scatter, all flavours.

    .. math:: \Gamma = n \sum_a \frac{\mu_a^2 m_N^3}{16\pi}, \qquad n = 1 \text{ (Dirac)},\ 2 \text{ (Majorana)}

    References
    ----------
    Pal, Wolfenstein, Phys. Rev. D 25, 766 (1982); Balantekin, Kayser, Ann. Rev. Nucl. Part. Sci. 68, 313 (2018).

    """

    @needs_jax
    def width(self, signal: Dipole) -> ArrayLike:
        """Partial width [MeV], summed over flavours and over nu and nubar."""
        c = signal.flavour
        moments = (jnp.asarray(signal.mu) * mu_B) ** 2 * (c.e**2 + c.mu**2 + c.tau**2)
        return signal.nature.final_states * moments * jnp.asarray(signal.m_N) ** 3 / (16 * jnp.pi)

    @needs_jax
    def E_rest(self, signal: Dipole) -> ArrayLike:
        """m_N / 2 [MeV]."""
        return signal.m_N / 2

    @needs_jax
    def asymmetry(self, signal: Dipole) -> ArrayLike:
        """-1 for Dirac, 0 for Majorana."""
        return signal.nature.asymmetry


class ToSterile(PhotonMode):
    r"""N -> N' gamma through :math:`\tfrac12 \bar N' \sigma^{\alpha\beta} (\mu + \epsilon \gamma_5) N F_{\alpha\beta}`.

    .. math:: \Gamma = (|\mu|^2 + |\epsilon|^2) \frac{(m_N^2 - m_{N'}^2)^3}{8\pi m_N^3}, \qquad
              E^*_\gamma = \frac{m_N^2 - m_{N'}^2}{2 m_N}, \qquad
              a = -\frac{2\, \mathrm{Re}(\mu \epsilon^*)}{|\mu|^2 + |\epsilon|^2}

    for a Dirac N. A Majorana N decays through the hermitian conjugate as well, and its photons are isotropic, a = 0:

    - N' Dirac: N -> N' gamma and N -> N'bar gamma have this width each and opposite a; both together are given.
    - N' Majorana: both terms add up to the moments :math:`2i\,\mathrm{Im}\,\mu` and :math:`2\,\mathrm{Re}\,\epsilon`,
      which take the place of mu and epsilon in the width. It is zero for a real mu alone.

    A chiral coupling, :math:`|\mu| = |\epsilon|` with equal phases, has twice the width of a Dirac N in both cases.

    Parameters
    ----------
    m_Np : float
        Mass of N' [MeV]; the mode is closed where it is m_N or more.
    mu, eps : float or complex
        Magnetic and electric moments in Bohr magnetons. A chiral coupling has mu = eps and, for a Dirac N, a = -1.
    nature : Nature
        `DIRAC` or `MAJORANA`: that of N', which matters for a Majorana N alone.

    Raises
    ------
    ValueError
        If the mass is negative or a moment is not finite.

    References
    ----------
    Shrock, Nucl. Phys. B 206, 359 (1982); Balantekin, Kayser, Ann. Rev. Nucl. Part. Sci. 68, 313 (2018).

    """

    m_Np: float | Array
    mu: complex | Array
    eps: complex | Array = 0.0
    nature: Nature = DIRAC

    def __check_init__(self) -> None:
        """Reject negative masses and non-finite moments."""
        require_non_negative("m_Np", self.m_Np, "MeV")
        require_finite("|mu|", jnp.abs(self.mu), "mu_B")
        require_finite("|eps|", jnp.abs(self.eps), "mu_B")
        require_instance("nature", self.nature, Nature)

    def _strength(self, signal: Dipole) -> Array:
        """Sum of squared moments [mu_B^2], over both final states if there are two."""
        mu, eps = jnp.asarray(self.mu), jnp.asarray(self.eps)
        one = jnp.abs(mu) ** 2 + jnp.abs(eps) ** 2
        joined = 4 * (jnp.imag(mu) ** 2 + jnp.real(eps) ** 2)
        of_majorana = jnp.where(_is_majorana(self.nature), joined, 2 * one)
        return jnp.where(_is_majorana(signal.nature), of_majorana, one)

    @needs_jax
    def width(self, signal: Dipole) -> ArrayLike:
        """Partial width [MeV], summed over N' and its antiparticle if N is Majorana and N' Dirac."""
        return mu_B**2 * self._strength(signal) * self.E_rest(signal) ** 3 / jnp.pi

    @needs_jax
    def E_rest(self, signal: Dipole) -> ArrayLike:
        """Photon energy in the rest frame of N [MeV]; zero where the mode is closed."""
        m_N = jnp.asarray(signal.m_N)
        open_ = m_N > self.m_Np
        return jnp.where(open_, (m_N - self.m_Np) * (1 + self.m_Np / jnp.where(open_, m_N, 1.0)) / 2, 0.0)

    @needs_jax
    def asymmetry(self, signal: Dipole) -> ArrayLike:
        """Coefficient a: zero for a Majorana N, and if both moments vanish."""
        mu, eps = jnp.asarray(self.mu), jnp.asarray(self.eps)
        strength = jnp.abs(mu) ** 2 + jnp.abs(eps) ** 2
        some = (strength > 0) & ~_is_majorana(signal.nature)
        return jnp.where(some, -2 * jnp.real(mu * jnp.conj(eps)) / jnp.where(some, strength, 1.0), 0.0)


def _is_majorana(nature: Nature) -> Array:
    return jnp.asarray(nature.final_states) == 2


class Invisible(Mode):
    """Any mode without a photon.

    Parameters
    ----------
    partial_width : float
        Its width [MeV].

    """

    partial_width: float | Array

    def __check_init__(self) -> None:
        """Reject negative widths."""
        require_non_negative("partial_width", self.partial_width, "MeV")

    @needs_jax
    def width(self, signal: Dipole) -> ArrayLike:  # noqa: ARG002
        """Partial width [MeV]."""
        return self.partial_width


class Decay(eqx.Module):
    """How N decays: its modes, and whether it does so at once.

    Parameters
    ----------
    modes : tuple of Mode
        The total width is their sum.
    prompt : bool
        If true, N decays where it is made, whatever its width ("max": N -> photon + invisible at once).

    """

    given_as: ClassVar[str] = "nushine.RADIATIVE, nushine.PROMPT or a nushine.Decay"

    modes: tuple[Mode, ...]
    prompt: bool = eqx.field(static=True, default=False)

    def __check_init__(self) -> None:
        """Reject what is no tuple of modes."""
        if not (isinstance(self.modes, tuple) and all(isinstance(mode, Mode) for mode in self.modes)):
            raise ValueError(f"modes = {shown(self.modes)} is not allowed: give a tuple of modes, as (Radiative(),)")
        require_bool("prompt", self.prompt)

    @needs_jax
    def width(self, signal: Dipole) -> Array:
        """Total width [MeV]."""
        return sum((self._partial(mode, signal) for mode in self.modes), jnp.zeros(()))

    def _partial(self, mode: Mode, signal: Dipole) -> Array:
        """Width of a mode [MeV]; all that are larger than any time resolves count alike, so that ratios are finite."""
        return jnp.minimum(jnp.asarray(mode.width(signal)), LARGEST_WIDTH)

    @needs_jax
    def length(self, E_N: ArrayLike, signal: Dipole) -> Array:
        r"""Decay length :math:`\lambda = p_N \hbar c / (m_N \Gamma)` in the laboratory [mm]; infinite if stable."""
        width = self.width(signal)
        inverse = width * signal.m_N / hbar_c
        return jnp.where(width > 0, kinematics.momentum(E_N, signal.m_N) / jnp.where(width > 0, inverse, 1.0), jnp.inf)

    @needs_jax
    def probability(self, E_N: ArrayLike, path: ArrayLike, signal: Dipole) -> Array:
        r"""Probability :math:`1 - e^{-\ell/\lambda}` to decay within the path [mm]; one if prompt."""
        if self.prompt:
            return jnp.ones_like(jnp.asarray(E_N))
        p_N = kinematics.momentum(E_N, signal.m_N)
        return jnp.where(p_N > 0, -jnp.expm1(-self._decay_lengths(p_N, path, signal)), 1.0)

    def _decay_lengths(self, p_N: Array, path: ArrayLike, signal: Dipole) -> Array:
        """The path over the decay length; meaningless for N at rest."""
        return jnp.asarray(path) * signal.m_N * self.width(signal) / (hbar_c * jnp.where(p_N > 0, p_N, 1.0))

    @needs_jax
    def probability_between(self, E_N: ArrayLike, near: ArrayLike, far: ArrayLike, signal: Dipole) -> Array:
        r"""Probability :math:`e^{-a/\lambda} - e^{-b/\lambda}` to decay between two paths a < b [mm].

        Zero where b is not above a. If prompt: one for a = 0, zero otherwise.
        """
        near, far = jnp.asarray(near), jnp.asarray(far)
        if self.prompt:
            return jnp.where(near > 0, 0.0, jnp.ones_like(jnp.asarray(E_N)))
        p_N = kinematics.momentum(E_N, signal.m_N)
        survives = jnp.where(p_N > 0, jnp.exp(-self._decay_lengths(p_N, near, signal)), 0.0)
        reaches = jnp.where(near > 0, survives, 1.0)
        return reaches * self.probability(E_N, jnp.maximum(far - near, 0.0), signal)

    @needs_jax
    def share(self, mode: Mode, signal: Dipole) -> Array:
        """Branching ratio of one of the modes; zero if N is stable."""
        width = self.width(signal)
        return self._partial(mode, signal) / jnp.where(width > 0, width, 1.0)

    @needs_jax
    def photons(self, signal: Dipole) -> tuple[tuple[Array, PhotonMode], ...]:
        """Branching ratio and mode of each photon line."""
        return tuple((self.share(mode, signal), mode) for mode in self.modes if isinstance(mode, PhotonMode))


RADIATIVE = Decay((Radiative(),))
"""N -> nu gamma through the moment that made it."""

PROMPT = Decay((Radiative(),), prompt=True)
"""The "max" case: every N gives its photon where it is made."""
