"""Quadrature over the plane of neutrino energy and recoil energy, which every rate but the recoil spectrum needs."""

from collections.abc import Callable
from typing import ClassVar, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine import kinematics
from nushine.interactions.base import Interaction
from nushine.interactions.dipole import Dipole
from nushine.numerics import quadrature
from nushine.numerics.checks import require_between, require_non_negative, require_ordered
from nushine.sources.base import Beam, Source
from nushine.targets.compounds import Target
from nushine.targets.isotopes import Isotope

N_E = 6
"""Quadrature points per flux segment (a typical source has 50 segments)."""

N_R = 48
"""Quadrature points in the logarithm of the recoil energy."""


class Selection(eqx.Module):
    """What an event must show.

    Parameters
    ----------
    E_R_min, E_R_max : float
        Window of the nuclear recoil energy [MeV].
    E_gamma_min : float
        Photon threshold [MeV].
    cos_theta_min : float
        Photons within this cone about the beam direction: 0 is the forward hemisphere ("downstream"), -1 everything.
    flight_min : float
        N must fly at least this far before it decays [mm]: a displaced decay.

    """

    given_as: ClassVar[str] = "a nushine.Selection"

    E_R_min: float | Array = 0.0
    E_R_max: float | Array = jnp.inf
    E_gamma_min: float | Array = 0.0
    cos_theta_min: float | Array = -1.0
    flight_min: float | Array = 0.0

    def __check_init__(self) -> None:
        """Reject negative energies and cosines out of range."""
        require_non_negative("E_R_min", self.E_R_min, "MeV")
        require_non_negative("E_gamma_min", self.E_gamma_min, "MeV")
        require_non_negative("flight_min", self.flight_min, "mm")
        require_between("cos_theta_min", self.cos_theta_min, -1.0, 1.0)
        require_ordered("E_R_min", self.E_R_min, "E_R_max", self.E_R_max, "MeV")


EVERYTHING = Selection()
"""No selection at all."""

E_NU_FLOOR = 1e-9
"""Neutrinos below this fraction of the end point are left out: they matter for m_N = 0 alone."""

E_R_FLOOR = 1e-24
"""Recoils below this fraction of the largest are left out: they matter for m_N = 0 alone."""

LEAST_MASS = 1e-30
"""Masses of N above zero and below this [MeV] are taken as this."""

FLAT = 1e3
"""Width of a peak in log E_R that is no peak: the quadrature is then the plain one."""


Process = TypeVar("Process", bound=Interaction)


def within_reach(process: Process, source: Source) -> Process:
    """The same process, with a mass whose powers stay finite and whose rates are the same.

    N of more than ten times the end point are not made, as of ten times, and N of less than `LEAST_MASS` do not decay.
    """
    if not isinstance(process, Dipole):
        return process
    m_N = jnp.asarray(process.m_N, dtype=float)
    m_N = jnp.where(m_N > 0, jnp.clip(m_N, LEAST_MASS, 10 * source.E_max), m_N)
    kept: Process = eqx.tree_at(lambda s: s.m_N, process, m_N)
    return kept


def beam_nodes(beam: Beam, E_low: Array, breaks: Array, rest: ArrayLike) -> tuple[Array, Array]:
    """Neutrino energies above E_low and their weights (flux times quadrature weight); lines come last."""
    knots = beam.continuum.knots
    E, w = quadrature.from_onset(E_low, jnp.concatenate([knots, jnp.minimum(breaks, knots[-1])]), N_E, rest)
    above = beam.lines_E > E_low
    lines_E = jnp.where(above, beam.lines_E, E_low + 1.0)
    return jnp.concatenate([E, lines_E]), jnp.concatenate(
        [w * beam.continuum(E), jnp.where(above, beam.lines_flux, 0.0)]
    )


class Points(eqx.Module):
    """Points of the (E_nu, E_R) plane of one beam on one isotope, with the rate that each carries."""

    E_nu: Array
    E_R: Array
    rate: Array


def outer(
    beam: Beam, isotope: Isotope, interaction: Interaction, selection: Selection, E_low: ArrayLike, breaks: Array
) -> tuple[Array, Array, Array, Array]:
    """Neutrino energies, their weights, and the recoil range of each inside the window, all of shape (J,)."""
    m, m_A = interaction.m_out, isotope.m_A
    edges = jnp.stack([jnp.asarray(selection.E_R_min), jnp.asarray(selection.E_R_max)])
    finite = (edges > 0) & jnp.isfinite(edges)
    kinks = jnp.where(finite, kinematics.E_nu_min(jnp.where(finite, edges, 1.0), m, m_A), jnp.inf)
    threshold = kinematics.threshold(m, m_A)
    onset = jnp.maximum(jnp.maximum(threshold, E_NU_FLOOR * beam.E_max), jnp.where(jnp.isfinite(E_low), E_low, 0.0))
    E, w = beam_nodes(beam, onset, jnp.concatenate([breaks, kinks]), threshold)
    high = kinematics.E_R_max(E, m, m_A)
    low = jnp.maximum(kinematics.E_R_min(E, m, m_A), E_R_FLOOR * high)
    return E, w, jnp.maximum(low, selection.E_R_min), jnp.minimum(high, selection.E_R_max)


def weighted_points(
    beam: Beam, isotope: Isotope, interaction: Interaction, E: Array, w: Array, log_E_R: Array, w_R: Array
) -> Points:
    """Attach dsigma/dE_R and the weights of both quadratures."""
    E_nu, E_R = E[:, None], jnp.exp(log_E_R)
    c0, c1, c2 = interaction.series(E_R, isotope)
    density = E_R * (c0 + (c1 + c2 / E_nu) / E_nu)
    return Points(E_nu, E_R, jnp.asarray(interaction.strength(beam.flavour)) * w[:, None] * w_R * density)


def production(beam: Beam, isotope: Isotope, interaction: Interaction, selection: Selection, breaks: Array) -> Points:
    """Cover the whole allowed plane inside the recoil window, densely where N flies along the edge of the cone."""
    E, w, low, high = outer(beam, isotope, interaction, selection, 0.0, breaks)
    low, high = jnp.log(low), jnp.log(jnp.maximum(high, low))
    centre, width = recoil_at_angle(jnp.arccos(selection.cos_theta_min), E, interaction.m_out, isotope.m_A)
    x, w_R = quadrature.around(low, high, centre, jnp.where(selection.cos_theta_min > -1, width, FLAT), N_R)
    return weighted_points(beam, isotope, interaction, E, w, x, w_R)


def recoil_at_angle(theta: Array, E_nu: Array, m_N: ArrayLike, m_A: ArrayLike) -> tuple[Array, Array]:
    """Log of the recoil energy for which N flies at theta (up to E_R/E_nu), and its change over the angle m_N/E_N."""
    p = kinematics.momentum(E_nu, m_N)
    slack = jnp.asarray(m_N) ** 2 / (E_nu + p)
    E_R = (2 * E_nu * (slack + 2 * p * jnp.sin(theta / 2) ** 2) - jnp.asarray(m_N) ** 2) / (2 * m_A)
    E_R = jnp.maximum(E_R, kinematics.E_R_min(E_nu, m_N, m_A))
    slope = E_nu * p * jnp.sin(theta) / (m_A * E_R)
    return jnp.log(E_R), jnp.where(slope > 0, jnp.clip(slope * m_N / E_nu, 1e-9, FLAT), FLAT)


def least_E_N(u: Array, m_N: ArrayLike) -> Array:
    r"""Energy :math:`\tfrac12 m_N (u + 1/u)` that N needs for a photon of u times its energy in the rest frame."""
    return jnp.asarray(m_N) * (1 + (u - 1) ** 2 / (2 * u))


def photon_breaks(E_gamma: ArrayLike, E_rest: ArrayLike, m_N: ArrayLike, m_A: ArrayLike) -> Array:
    r"""Neutrino energies between which a photon energy begins to be reached (or passed by all photons).

    An N of the energy `least_E_N` has E_gamma at the end of its range; it comes from neutrinos of that energy plus
    the recoil. A third break lies close to the first, where the rate begins
    like a logarithm.
    """
    u = jnp.asarray(E_gamma) / E_rest
    m_N = jnp.where(jnp.asarray(m_N) > 0, m_N, 1.0)  # a massless N does not decay
    positive = u > 0
    u = jnp.where(positive, u, 1.0)
    E_N = least_E_N(u, m_N)
    low, high = kinematics.E_R_limits_at_E_N(E_N, m_N, m_A)
    width = jnp.where(jnp.isfinite(high), high - low, 0.0)
    return jnp.where(positive, jnp.stack([E_N + low, E_N + low + width / 30, E_N + low + width]), 0.0)


def sum_over_isotopes(target: Target, of_isotope: Callable[[Isotope], Array]) -> Array:
    """Sum a rate per nucleus over the isotopes of a target, weighted with their numbers per mass; one at a time."""
    return jnp.tensordot(target.number_per_mass, jax.lax.map(of_isotope, target.isotopes), 1)
