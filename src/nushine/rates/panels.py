"""Few points in the plane of neutrino and recoil energy, whose weights hold the flux in closed form."""

from collections.abc import Sequence
from math import ceil

import jax.numpy as jnp
from jax import Array

from nushine import kinematics
from nushine.numerics import quadrature
from nushine.numerics.arrays import safe_sqrt
from nushine.numerics.piecewise import Piecewise

N_R = 4
"""Points in recoil energy in each panel: a bin, or a part of a wide one."""

N_LINE = 8
"""The same for a line of the source, where nothing else is integrated over."""

N_SUM = 16
"""The same for the rate of a panel without photons, which the few points share."""

PARTS = 24
"""Fewer bins of recoil energy than this are divided into parts, this many or more together."""

LEAST_RECOIL = 1e-30
"""Recoils below this [MeV] are left out: they matter for m_N = 0 alone."""

PANELS = 12
"""Panels in neutrino energy, of two points each, besides those that begin at kinks of the acceptance."""

SPREAD = (-3.0, -1.0, -0.3, 0.3, 1.0, 3.0)
"""Panels begin at these distances, in units of m_N, from where N flies along the edge of a cone."""


def recoil_panels(E_nu: Array, m: Array, m_A: Array, E_R_edges: Array, even: bool) -> Array:
    """Ends of panels of recoil energy in each bin, as far as neutrinos up to E_nu reach: shape (R, parts, 2).

    They are even in the logarithm of the energy, as is fit for a fall like 1/E_R, or in the energy.
    """
    E = jnp.maximum(E_nu, kinematics.threshold(m, m_A) * (1 + 1e-9))
    limits = jnp.maximum(kinematics.E_R_min(E, m, m_A), LEAST_RECOIL), kinematics.E_R_max(E, m, m_A)
    inside = jnp.clip(E_R_edges, *limits)
    x = inside if even else jnp.log(inside)
    parts = ceil(PARTS / (x.shape[0] - 1))
    ends = x[:-1, None] + jnp.diff(x)[:, None] / parts * jnp.arange(parts + 1)
    panels = jnp.stack([ends[:, :-1], ends[:, 1:]], axis=-1)
    return panels if even else jnp.exp(panels)


def on_panels(panels: Array, n: int, even: bool) -> tuple[Array, Array]:
    """N recoil energies on each panel and their weights, shape (..., n)."""
    if even:
        return quadrature.interval(panels[..., 0], panels[..., 1], n)
    x, w = quadrature.interval(jnp.log(panels[..., 0]), jnp.log(panels[..., 1]), n)
    return jnp.exp(x), w * jnp.exp(x)


def end_of(flux: Piecewise) -> Array:
    """Energy above which a flux is zero [MeV]."""
    some = jnp.any(flux.coefficients != 0, axis=1)
    return jnp.max(jnp.where(some, flux.knots[1:], flux.knots[0]))


def above(flux: Piecewise, E_low: Array, c: Sequence[Array]) -> Array:
    r"""Flux times :math:`c_0 + c_1/E + c_2/E^2`, integrated over all energies above E_low."""
    start = jnp.clip(E_low, flux.knots[0], flux.knots[-1])
    return sum((c_k * flux.tail(k)(start) for k, c_k in enumerate(c)), jnp.zeros(()))


def along_cone(cos_theta: Array, E_R: Array, m: Array, m_A: Array) -> Array:
    """Neutrino energies about that with which N flies at these angles (up to E_R/E_nu); below threshold if none."""
    y, c2 = m**2 / 2 + m_A * E_R, cos_theta**2
    square = 4 * y * (y - m**2) + c2 * m**4
    larger = 2 * y - c2 * m**2 + jnp.abs(cos_theta) * safe_sqrt(square)
    forward = larger / (2 * jnp.maximum((1 - cos_theta) * (1 + cos_theta), 1e-12))
    E = jnp.sqrt(jnp.where(cos_theta >= 0, forward, 2 * y**2 / larger))
    return jnp.concatenate([jnp.where(square >= 0, E + s * m, 0.0) for s in SPREAD], axis=-1)


def continuum(
    flux: Piecewise, E_low: Array, kinks: Array, m: Array, c: Sequence[Array], panels: int = PANELS
) -> tuple[Array, Array]:
    r"""Neutrino energies above E_low and weights: flux times :math:`c_0 + c_1/E + c_2/E^2` integrated on panels.

    Two Gauss points in the momentum of N on each panel. They share the integral over the panel, in closed form, such
    that the mean of 1/E, likewise, is right too: exact for acceptances a + b/E, whatever the flux does.
    """
    first, last = flux.knots[0], jnp.maximum(end_of(flux), flux.knots[0])
    low = jnp.clip(E_low, first, last)
    p_low, p_high = kinematics.momentum(low, m), kinematics.momentum(last, m)
    grid = p_low + (p_high - p_low) * jnp.linspace(0.0, 1.0, panels + 1) ** 1.5
    kinks = jnp.clip(kinematics.momentum(kinks, m), p_low, p_high)
    p_edges = jnp.sort(jnp.concatenate([grid, kinks], axis=-1), axis=-1)
    E_edges = jnp.clip(jnp.hypot(p_edges, m), low, last)
    inside = [-jnp.diff(flux.tail(k)(E_edges)) for k in range(4)]
    total, inverse = (sum((a * b for a, b in zip(c, x, strict=True)), jnp.zeros(())) for x in (inside[:3], inside[1:]))
    some = total > 0
    mean = jnp.where(some, inverse / jnp.where(some, total, 1.0), 1 / E_edges[..., 1:])
    mean = jnp.clip(mean, 1 / E_edges[..., 1:], 1 / E_edges[..., :-1])
    p, _ = quadrature.interval(p_edges[..., :-1], p_edges[..., 1:], 2)
    E = jnp.hypot(p, m)
    share = p / E / jnp.maximum(jnp.sum(p / E, axis=-1, keepdims=True), 1e-300)
    distance = 1 / E[..., 0] - 1 / E[..., 1]
    wide = distance * E[..., 1] > 1e-9
    shift = jnp.where(wide, (jnp.sum(share / E, axis=-1) - mean) / jnp.where(wide, distance, 1.0), 0.0)
    w = jnp.where(some, total, 0.0)[..., None] * (share + shift[..., None] * jnp.array([-1.0, 1.0]))
    return E.reshape(*E_edges.shape[:-1], -1), w.reshape(*E_edges.shape[:-1], -1)
