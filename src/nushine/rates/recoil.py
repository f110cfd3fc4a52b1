"""Recoil spectra and numbers of scatterings."""

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine import kinematics
from nushine.interactions.base import Interaction
from nushine.interactions.dipole import Dipole
from nushine.numerics.calls import checked
from nushine.numerics.checks import require_non_negative
from nushine.numerics.compilation import jit
from nushine.numerics.piecewise import Piecewise
from nushine.rates.panels import LEAST_RECOIL, N_R, on_panels
from nushine.rates.plane import EVERYTHING, Selection, production, sum_over_isotopes, within_reach
from nushine.sources.base import Beam, Source
from nushine.targets.compounds import Target
from nushine.targets.electrons import Electrons, electron
from nushine.targets.isotopes import Isotope

NO_RECOIL = 1e-9
"""Energy over that of the upper edge of a bin, below which recoils do not matter for its mean."""


@checked
def recoil_rate(E_R: ArrayLike, source: Source, target: Target, interaction: Interaction) -> Array:
    r"""Recoil spectrum per target mass and time.

    .. math:: \frac{dR}{dE_R} = \sum_i n_i \int_{E^{min}_{\nu,i}}^\infty dE_\nu\, \Phi \frac{d\sigma_i}{dE_R}
              = \sum_i n_i \left[c_0 T_0 + c_1 T_1 + c_2 T_2\right], \quad
              T_k = \int_{E^{min}_\nu}^\infty dE_\nu \frac{\Phi(E_\nu)}{E_\nu^k}

    Parameters
    ----------
    E_R : array_like, any shape
        Recoil energies [MeV].
    source, target, interaction
        Flux, nuclei, and cross section. Vectorise over masses with `jax.vmap` over the interaction.

    Returns
    -------
    Array
        dR/dE_R [1/(mass ns MeV)], zero at E_R = 0 and beyond the end point.

    Raises
    ------
    ValueError
        For negative or non-finite energies.

    Notes
    -----
    Exact to rounding for fluxes that are piecewise polynomials (every source here): the moments T_k are known in
    closed form on each segment.

    """
    require_non_negative("E_R", E_R, "MeV")
    return _recoil_rate(jnp.asarray(E_R, dtype=float), source, target, interaction)


@jit
def _recoil_rate(E_R: Array, source: Source, target: Target, interaction: Interaction) -> Array:
    return sum_over_isotopes(target, _per_scatterer(source, within_reach(interaction, source), E_R))


@checked
def electron_recoil_rate(E_R: ArrayLike, source: Source, electrons: Electrons, interaction: Dipole) -> Array:
    r"""Recoil spectrum of the electrons of a target, :math:`dR/dE_R = n_e(E_R)\, dR_e/dE_R`.

    Parameters
    ----------
    E_R : array_like, any shape
        Electron recoil energies [MeV].
    source, interaction : Source, Dipole
        Flux, and up-scattering through the moment: the spin-1/2 cross section with m_A = m_e and Z = F = 1.
    electrons : Electrons
        From `nushine.targets.electrons`: free, or with shells that open at their binding energies.

    Returns
    -------
    Array
        dR/dE_R [1/(mass ns MeV)], zero at E_R = 0 and beyond the end point.

    Raises
    ------
    ValueError
        For negative or non-finite energies.

    """
    require_non_negative("E_R", E_R, "MeV")
    return _electron_recoil_rate(jnp.asarray(E_R, dtype=float), source, electrons, interaction)


@jit
def _electron_recoil_rate(E_R: Array, source: Source, electrons: Electrons, interaction: Dipole) -> Array:
    return electrons.open_per_mass(E_R) * _per_scatterer(source, within_reach(interaction, source), E_R)(electron())


@jit
def recoil_means(source: Source, target: Target, interaction: Interaction, E_R_edges: Array) -> Array:
    """Mean energy [MeV] of the recoils in each bin, shape (R,); of a density like 1/E_R where there are none.

    Good to 1e-3 of the width of a bin where kinematic limits do not cut it.
    """
    high = jnp.maximum(E_R_edges[1:], LEAST_RECOIL)
    low = jnp.maximum(E_R_edges[:-1], NO_RECOIL * high)
    even = not isinstance(interaction, Dipole)
    E_R, w = on_panels(jnp.stack([low, high], axis=-1), N_R, even)
    rate = w * sum_over_isotopes(target, _per_scatterer(source, within_reach(interaction, source), E_R))
    total, some = jnp.sum(rate, axis=-1), high > low
    inverse = (high - low) / jnp.log(jnp.where(some, high / jnp.where(some, low, 1.0), jnp.e))
    return jnp.where(total > 0, jnp.sum(rate * E_R, axis=-1) / jnp.where(total > 0, total, 1.0), inverse)


def _per_scatterer(source: Source, interaction: Interaction, E_R: Array) -> Callable[[Isotope], Array]:
    """Recoil spectrum of one nucleus (or electron) at E_R, as a function of the nucleus."""
    positive = E_R > 0
    safe = jnp.where(positive, E_R, 1.0)
    tails = [tuple(beam.continuum.tail(k) for k in range(3)) for beam in source.beams]

    def rate(isotope: Isotope) -> Array:
        c = interaction.series(safe, isotope)
        E_min = kinematics.E_nu_min(safe, interaction.m_out, isotope.m_A)
        rate = jnp.zeros_like(safe)
        for beam, moments in zip(source.beams, tails, strict=True):
            rate += interaction.strength(beam.flavour) * _folded(beam, moments, E_min, c)
        return jnp.where(positive, jnp.maximum(rate, 0.0), 0.0)

    return rate


def _folded(beam: Beam, moments: tuple[Piecewise, ...], E_min: Array, c: tuple[Array, Array, Array]) -> Array:
    """Integral of flux times c0 + c1/E + c2/E^2 over E > E_min, continuum and lines."""
    start = jnp.maximum(E_min, beam.continuum.knots[0])
    rate = sum((c_k * moment(start) for c_k, moment in zip(c, moments, strict=True)), jnp.zeros_like(E_min))
    for E, flux in zip(beam.lines_E, beam.lines_flux, strict=True):
        rate += jnp.where(E_min <= E, flux * (c[0] + (c[1] + c[2] / E) / E), 0.0)
    return rate


@checked
@jit
def scattering_rate(
    source: Source, target: Target, interaction: Interaction, selection: Selection = EVERYTHING
) -> Array:
    """Number of scatterings per target mass and time [1/(mass ns)] with the recoil inside the window.

    Relative accuracy 1e-8 or better (reactor fluxes, m_N from 1e-3 to 9 MeV).
    """
    process = within_reach(interaction, source)

    def of_isotope(isotope: Isotope) -> Array:
        return sum(
            (jnp.sum(production(b, isotope, process, selection, jnp.zeros(0)).rate) for b in source.beams),
            jnp.zeros(()),
        )

    return sum_over_isotopes(target, of_isotope)
