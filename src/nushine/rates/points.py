"""Points in bins of recoil energy: those under the continuum of a beam, and those of its lines."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from nushine import kinematics
from nushine.decay import PhotonMode
from nushine.interactions.base import Interaction
from nushine.interactions.dipole import Dipole
from nushine.numerics.piecewise import Piecewise
from nushine.rates.edges import Edges
from nushine.rates.panels import (
    N_LINE,
    N_R,
    N_SUM,
    PANELS,
    PARTS,
    above,
    along_cone,
    continuum,
    end_of,
    on_panels,
    recoil_panels,
)
from nushine.rates.plane import least_E_N
from nushine.sources.base import Beam
from nushine.targets.isotopes import Isotope


class Points(eqx.Module):
    """Points of the plane and the rate per mass that each carries: shape (R, points), then (R, nuclei, points)."""

    E_nu: Array
    E_R: Array
    rate: Array


def points_in_bins(
    beam: Beam,
    nucleus: Isotope,
    number: Array,
    interaction: Interaction,
    E_R_edges: Array,
    modes: Sequence[PhotonMode] = (),
    edges: Edges | None = None,
) -> Points:
    """Points in bins of recoil energy for one nucleus and beam: of the continuum, and of each line on its own."""
    scale = jnp.asarray(interaction.strength(beam.flavour)) * number
    found = _under_continuum(beam.continuum, nucleus, scale, interaction, E_R_edges, modes, edges)
    if not beam.lines_E.shape[0]:
        return found

    def at_line(E_nu: Array, flux: Array) -> Points:
        return _at_line(E_nu, flux, nucleus, scale, interaction, E_R_edges)

    lines = jax.vmap(at_line, out_axes=1)(beam.lines_E, beam.lines_flux)
    joined: Points = jax.tree.map(lambda x, y: jnp.concatenate([x, y.reshape(y.shape[0], -1)], axis=-1), found, lines)
    return joined


def _at_line(
    E_nu: Array, flux: Array, nucleus: Isotope, scale: Array, interaction: Interaction, E_R_edges: Array
) -> Points:
    """Points at one neutrino energy, on panels that begin and end at its kinematic limits."""
    m, m_A = jnp.asarray(interaction.m_out, dtype=float), nucleus.m_A
    even = not isinstance(interaction, Dipole)
    E_R, w = on_panels(recoil_panels(E_nu, m, m_A, E_R_edges, even), N_LINE, even)
    c0, c1, c2 = interaction.series(E_R, nucleus)
    rate = scale * jnp.where(E_nu > kinematics.threshold(m, m_A), flux, 0.0) * w
    rate = rate * jnp.maximum(c0 + (c1 + c2 / E_nu) / E_nu, 0.0)
    E_R, rate = (x.reshape(x.shape[0], -1) for x in (E_R, rate))
    return Points(jnp.broadcast_to(E_nu, E_R.shape), E_R, rate)


def _under_continuum(
    flux: Piecewise,
    nucleus: Isotope,
    scale: Array,
    interaction: Interaction,
    E_R_edges: Array,
    modes: Sequence[PhotonMode],
    edges: Edges | None,
) -> Points:
    """Points under the continuum; panels begin at the kinks of the photon edges.

    The rate of each panel of recoil energy is a sum over many points, so that steps of the flux, which are kinks in
    recoil energy, cost little; the few points that also carry photons share it.
    """
    m, m_A, R = jnp.asarray(interaction.m_out, dtype=float), nucleus.m_A, E_R_edges.shape[0] - 1
    even, few = not isinstance(interaction, Dipole), N_R if R < 2 * PARTS else N_R // 2
    panels = recoil_panels(end_of(flux), m, m_A, E_R_edges, even)

    def series(E_R: Array, w: Array) -> list[Array]:
        return [scale * w * c for c in interaction.series(E_R, nucleus)]

    many, w = on_panels(panels, N_SUM, even)
    whole = jnp.sum(jnp.maximum(above(flux, kinematics.E_nu_min(many, m, m_A), series(many, w)), 0.0), axis=-1)
    E_R, w = (x.reshape(R, -1, 1) for x in on_panels(panels, few, even))
    kinks = [jnp.zeros((*E_R.shape[:-1], 0))]
    if edges is not None and isinstance(interaction, Dipole):
        ratios = [jnp.clip(edges.E_gamma / mode.open_E_rest(interaction), 1e-9, 1e9) for mode in modes]
        kinks += [least_E_N(ratio, m) + E_R for ratio in ratios] + [along_cone(edges.cos_theta, E_R, m, m_A)]
    low = kinematics.E_nu_min(E_R, m, m_A)
    E, w = continuum(flux, low, jnp.concatenate(kinks, axis=-1), m, series(E_R, w), PANELS if modes else 4 * PANELS)
    sums = jnp.sum(w.reshape(*panels.shape[:2], -1), axis=-1)
    share = jnp.where(sums > 0, whole / jnp.where(sums > 0, sums, 1.0), 1.0)
    w = w * jnp.repeat(share, few, axis=1)[..., None]
    return Points(*(x.reshape(R, -1) for x in (E, jnp.broadcast_to(E_R, E.shape), w)))
