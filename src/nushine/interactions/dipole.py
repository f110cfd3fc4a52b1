"""Up-scattering of a neutrino into a sterile N through a transition magnetic moment."""

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.core import Tracer
from jax.typing import ArrayLike

from nushine import kinematics
from nushine.constants import AREA, alpha, mu_B
from nushine.interactions.base import Interaction
from nushine.numerics.calls import require_instance
from nushine.numerics.checks import require_between, whole_number
from nushine.numerics.compilation import needs_jax
from nushine.sources.base import ELECTRON, Flavour
from nushine.targets.isotopes import Isotope


class Nature(eqx.Module):
    """Whether N is its own antiparticle.

    Parameters
    ----------
    final_states : int
        Number of radiative final states per flavour: N -> nu gamma, and N -> nubar gamma if Majorana.
    asymmetry : float
        Coefficient a of the photon distribution 1 + a (spin . direction) in the rest frame of N: -1 for
        N -> nu gamma (and, by CP, for the antiparticles), +1 for the lepton-number violating mode, 0 for their sum.

    """

    given_as: ClassVar[str] = "nushine.DIRAC or nushine.MAJORANA"

    final_states: int
    asymmetry: float

    def __check_init__(self) -> None:
        """Reject what is neither Dirac nor Majorana."""
        states: object = self.final_states
        if not isinstance(states, Tracer):
            whole_number("nature.final_states", states, 1, 2, f"give {self.given_as}")
        require_between("nature.asymmetry", self.asymmetry, -1.0, 1.0, cure=f"give {self.given_as}")

    @property
    def name(self) -> str:
        """Dirac or Majorana."""
        return "Majorana" if self.final_states == 2 else "Dirac"


DIRAC = Nature(final_states=1, asymmetry=-1.0)
MAJORANA = Nature(final_states=2, asymmetry=0.0)


HEAVIEST = 1e6
"""Largest mass of N [MeV] that makes sense: 1 TeV. Larger ones are mistaken units."""

STRONGEST = 1e10
"""Largest moment [mu_B]: its square, and all that follows from it, is still a number."""


class Dipole(Interaction):
    r"""nu A -> N A through one photon.

    .. math:: \mathcal L = \tfrac12 \mu_a\, \bar\nu_{aL} \sigma^{\alpha\beta} N_R F_{\alpha\beta} + h.c.,
              \qquad \mu_a = \mu\, c_a

    Cross section for a spin-0 nucleus (with :math:`E = E_\nu`, :math:`M = m_A`, :math:`m = m_N`):

    .. math:: \frac{d\sigma}{dE_R} = \alpha \mu^2 Z^2 F^2 \left[\frac{1}{E_R} - \frac1E + \frac{E_R}{4E^2}
              - \frac{m^2}{2 E E_R M}\left(1 + \frac{M}{2E} - \frac{E_R}{4E}\right) - \frac{m^4}{8 M E^2 E_R^2}\right]

    and for spin 1/2 the same with :math:`+ (m^2 - M E_R)(m^2 + 2 M E_R) / (8 E^2 M^2 E_R)` in the bracket.

    Parameters
    ----------
    m_N : float
        Mass of N [MeV], zero or above.
    mu : float
        Transition magnetic moment in Bohr magnetons, zero or above.
    nature : Nature
        `DIRAC` or `MAJORANA`; it changes the decay, not the up-scattering.
    flavour : Flavour
        Relative moments of the three flavours; `ELECTRON` by default.

    Raises
    ------
    ValueError
        If m_N is not between 0 and 1e6 MeV or mu not between 0 and 1e10, or if nature or flavour are no such objects.

    Notes
    -----
    Leading order in alpha and mu. The nucleus couples through its charge: magnetic and higher moments of nuclei with
    spin, suppressed by q^2/m_A^2, are neglected. Near the lower recoil limit the bracket is of order m^2/(4 E^2) of
    its terms, so that as many digits are lost there, in the last e-fold of a rate that vanishes.

    References
    ----------
    Bolton et al., Phys. Rev. D 106, 035036 (2022), arXiv:2110.02233, eq. (5) and below;
    Brdar, Greljo, Kopp, Opferkuch, JCAP 01, 039 (2021), arXiv:2007.15563.

    Examples
    --------
    >>> from nushine.interactions.dipole import Dipole, MAJORANA
    >>> Dipole(m_N=3.0, mu=1e-8, nature=MAJORANA).nature.name
    'Majorana'

    """

    given_as: ClassVar[str] = "a hypothesis, as nushine.Dipole(m_N=3.0, mu=1e-8)"

    m_N: float | Array
    mu: float | Array
    nature: Nature = DIRAC
    flavour: Flavour = ELECTRON

    def __check_init__(self) -> None:
        """Reject masses and couplings that are negative, not finite or beyond anything, and what is no object."""
        mass = f"give the mass in MeV, zero or above and at most {HEAVIEST:g}: no source makes more"
        require_between("m_N", self.m_N, 0.0, HEAVIEST, "MeV", mass)
        moment = f"give the moment in Bohr magnetons, zero or above and at most {STRONGEST:g}"
        require_between("mu", self.mu, 0.0, STRONGEST, "mu_B", moment)
        require_instance("nature", self.nature, Nature)
        require_instance("flavour", self.flavour, Flavour)

    @property
    def m_out(self) -> ArrayLike:
        """Mass of N [MeV]."""
        return self.m_N

    def strength(self, flavour: Flavour) -> ArrayLike:
        """Sum of fraction times squared relative moment over the flavours of the beam."""
        c = self.flavour
        return flavour.e * c.e**2 + flavour.mu * c.mu**2 + flavour.tau * c.tau**2

    @needs_jax
    def series(self, E_R: Array, isotope: Isotope) -> tuple[Array, Array, Array]:
        """Coefficients of the cross section in powers of 1/E_nu."""
        m2, m_A = jnp.asarray(self.m_N) ** 2, isotope.m_A
        y = m_A * E_R
        form_factor = isotope.form_factor(2 * y)
        scale = AREA * alpha * (self.mu * mu_B * isotope.Z * form_factor) ** 2
        spin_half = 2 * isotope.spin * (m2 - y) * (m2 + 2 * y) / (8 * m_A * y)
        c2 = E_R / 4 - m2 / (4 * E_R) + m2 / (8 * m_A) - m2**2 / (8 * y * E_R) + spin_half
        return scale / E_R, -scale * (1 + m2 / (2 * y)), scale * c2


@needs_jax
def polarisation(
    E_nu: ArrayLike, E_R: ArrayLike, m_N: ArrayLike, m_A: ArrayLike, spin: ArrayLike = 0.0
) -> tuple[Array, Array]:
    r"""Spin of N after up-scattering of a left-handed neutrino, in the rest frame of N.

    .. math:: S = \frac{p}{m_N} - m_N \frac{X}{p \cdot X}, \qquad
              X = t J^2 k - 2 t (J \cdot k) J - 2 J^2 (k \cdot q) q \;\left[\,+\, t^2 k - 4 t (k \cdot q) q\,\right]

    with :math:`J = P + P'`, :math:`q = k - p`, :math:`t = -2 m_A E_R`, and the bracket for spin-1/2 targets only.

    Parameters
    ----------
    E_nu, E_R, m_N, m_A : array_like
        Neutrino energy, recoil energy, masses of N and of the target [MeV], broadcast together.
    spin : array_like
        Spin of the target, 0 or 1/2.

    Returns
    -------
    P_L, P_T : Array
        Components along the direction of flight of N in the laboratory, and across it in the scattering plane,
        positive away from the beam axis (towards growing angles). On spin 0 :math:`P_L^2 + P_T^2 = 1`.

    Notes
    -----
    Exact in both cases. For nuclei, where the spin hardly matters, N is fully polarised to 1e-10; on electrons it is
    not. For an antineutrino beam the spin of the Nbar is the opposite and so is the asymmetry of its decay: photon
    distributions are the same. Accuracy 1e-14, less by E_nu^2/m_N^2 within the last digits above `E_R_min`.

    """
    E_nu, E_R, m_N, m_A = jnp.asarray(E_nu), jnp.asarray(E_R), jnp.asarray(m_N), jnp.asarray(m_A)
    m2, y, half = m_N**2, m_A * E_R, 2 * jnp.asarray(spin)
    J2 = 2 * m_A * (2 * m_A + E_R)
    J_k = 2 * m_A * E_nu - y - m2 / 2
    bracket = m2 * J2 + 4 * y * J_k - 4 * half * y * (m2 + y)
    # k.L and k.T, times m_N p_N, for the unit vectors L = (p, E p_hat)/m_N and T = (0, t_hat) orthogonal to p
    k_L = (2 * y * (E_nu - E_R) - m2 * (E_nu + E_R)) / 2
    k_T = m_N * E_nu * kinematics.transverse_momentum(E_nu, E_R, m_N, m_A)
    p_N = kinematics.momentum(E_nu - E_R, m_N)
    along = bracket * k_L + 8 * m_A * y * J_k * p_N**2
    across = bracket * k_T
    p_X = 4 * y * J_k**2 - m2 * J2 * (m2 + 2 * y) / 2 + 2 * half * y * (m2 + 2 * y) * (m2 - y)
    norm = jnp.maximum(p_X * p_N, jnp.hypot(along, across))
    safe = jnp.where(norm > 0, norm, 1.0)
    return jnp.where(norm > 0, along / safe, 1.0), jnp.where(norm > 0, across / safe, 0.0)
