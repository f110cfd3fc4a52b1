"""Exact sampling of neutrino energy, isotope and recoil energy: cells with a majorant, then acceptance."""

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.polynomial import chebyshev, legendre
from numpy.typing import NDArray

from nushine.events.process import Density, onset, take
from nushine.numerics.alias import Alias
from nushine.numerics.compilation import jit
from nushine.sources.base import Beam, Source
from nushine.targets.compounds import Target
from nushine.targets.isotopes import Isotope

FloatArray = NDArray[np.float64]

CELLS = 64
"""Cells in the recoil coordinate of each strip of neutrino energy."""

DEGREE = 7
"""Degree of the flux on a strip; strips are narrow, so that it agrees with the source to 1e-12."""

STEP = 0.08
"""Largest width of a strip, relative to its energy above the onset or, if narrower, to the range of the source."""

ONSET = 1e-8
"""Width of the first strip, relative to the range of the source: N may come to rest just above the threshold."""

NODES = 5
"""Gauss-Lobatto points for the integral over a cell in each direction; the density is bounded from them too."""

FINE = 17
"""Points in each direction at which the polynomial through the nodes is bounded."""

MARGIN = 1.01
"""Headroom of the majorant above the largest value found; `Sample.ratio` tells that it suffices."""


class Strips(eqx.Module):
    """Narrow ranges of neutrino energy for each beam and isotope; lines of a source are strips of width zero.

    `flux` holds the coefficients of flux times width times nuclei times flavour factor in powers of the position in
    the strip, highest last.
    """

    E_low: Array
    width: Array
    flux: Array
    beam: Array
    isotope: Array

    def rate(self, strip: Array, u: Array) -> tuple[Array, Array]:
        """Neutrino energy at position u of the strip, and flux times width times nuclei there."""
        value = self.flux[strip, -1]
        for k in range(self.flux.shape[1] - 2, -1, -1):
            value = value * u + self.flux[strip, k]
        return self.E_low[strip] + self.width[strip] * u, value


class Sample(NamedTuple):
    """Sampled neutrino energy, recoil energy, indices of beam and isotope, and density over majorant."""

    E_nu: Array
    E_R: Array
    beam: Array
    isotope: Array
    ratio: Array


class Proposal(eqx.Module):
    """Cells of the plane of neutrino energy and recoil coordinate, with the largest density in each.

    Parameters
    ----------
    density, isotopes, strips
        What is sampled.
    alias : Alias
        Chooses a cell by majorant times size.
    majorant : Array, shape (S * CELLS,)
        Largest density of each cell.
    integral : Array
        Integral of the density over all cells.
    acceptance : float
        Share of the candidates that are accepted; rounded, for it fixes the size of arrays.

    """

    density: Density
    isotopes: Isotope
    strips: Strips
    alias: Alias
    majorant: Array
    integral: Array
    acceptance: float = eqx.field(static=True)

    def candidates_for(self, n: int) -> int:
        """Candidates that give n points or more, but for a chance of 1e-9; a multiple of 1024."""
        spread = 6 * (n * (1 - self.acceptance)) ** 0.5
        return 1024 * int(np.ceil((n + spread) / self.acceptance / 1024))

    def candidates(self, u: Sequence[Array]) -> Sample:
        """Candidates from three rows of uniform numbers: to be accepted with the probability `ratio`."""
        cell = self.alias.pick(u[0])
        strip = cell // CELLS
        E_nu, rate = self.strips.rate(strip, u[1])
        i = self.strips.isotope[strip]
        E_R, density = self.density(E_nu, ((cell % CELLS) + u[2]) / CELLS, take(self.isotopes, i))
        return Sample(E_nu, E_R, self.strips.beam[strip], i, rate * density / self.majorant[cell])


def proposal(source: Source, target: Target, density: Density) -> Proposal | None:
    """Prepare the sampling; None if nothing can happen."""
    parts = [
        part
        for b, beam in enumerate(source.beams)
        for i in range(len(target.labels))
        if (part := _strips(beam, b, i, take(target.isotopes, jnp.asarray(i)), target, density)) is not None
    ]
    if not parts:
        return None
    strips: Strips = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *parts)
    values = np.asarray(_on_nodes(density, target.isotopes, strips))
    nodes, weights = _lobatto(NODES)
    integral = np.einsum("scij,i,j->", values, weights, weights) / CELLS
    if not integral > 0:
        return None
    fine = _interpolation(nodes, np.linspace(0.0, 1.0, FINE))
    bound = np.einsum("ai,bj,scij->scab", fine, fine, values, optimize=True).max(axis=(2, 3))
    majorant = MARGIN * np.maximum(bound, values.max(axis=(2, 3))).ravel()
    alias = Alias.of(majorant)
    acceptance = float(np.floor(100 * integral * CELLS / majorant.sum()) / 100)
    safe = jnp.asarray(np.where(majorant > 0, majorant, 1.0))
    return Proposal(density, target.isotopes, strips, alias, safe, jnp.asarray(integral), max(acceptance, 0.01))


@jit
def _on_nodes(density: Density, isotopes: Isotope, strips: Strips) -> Array:
    """Density at the nodes of each cell, shape (strips, CELLS, NODES, NODES)."""
    nodes = jnp.asarray(_lobatto(NODES)[0])
    v = (jnp.arange(CELLS)[:, None, None] + nodes) / CELLS

    def of_strip(strip: Array) -> Array:
        E_nu, rate = strips.rate(strip, nodes[:, None])
        _, value = density(E_nu, v, take(isotopes, strips.isotope[strip]))
        return rate * value

    values: Array = jax.lax.map(of_strip, jnp.arange(strips.width.size), batch_size=64)
    return values


def _strips(beam: Beam, b: int, i: int, isotope: Isotope, target: Target, density: Density) -> Strips | None:
    """Strips of one beam on one isotope."""
    factor = float(target.number_per_mass[i]) * float(density.process.strength(beam.flavour))  # type: ignore[arg-type]
    low, kinks = onset(density, float(isotope.m_A))
    knots = np.asarray(beam.continuum.knots)
    lines_E, lines_flux = np.asarray(beam.lines_E), np.asarray(beam.lines_flux)
    lines = lines_E > low
    edges = _edges(knots, low, kinks)
    E_low, width = np.concatenate([edges[:-1], lines_E[lines]]), np.concatenate([np.diff(edges), 0 * lines_E[lines]])
    u = (chebyshev.chebpts1(DEGREE + 1) + 1) / 2
    flux = np.asarray(beam.continuum(edges[:-1, None] + np.diff(edges)[:, None] * u)) * np.diff(edges)[:, None]
    powers = np.linalg.solve(np.vander(u, increasing=True), flux.T).T if flux.size else np.zeros((0, DEGREE + 1))
    line_powers = np.zeros((int(lines.sum()), DEGREE + 1))
    line_powers[:, 0] = lines_flux[lines]
    if E_low.size == 0 or factor == 0:
        return None
    n = E_low.size
    return Strips(
        jnp.asarray(E_low),
        jnp.asarray(width),
        jnp.asarray(factor * np.concatenate([powers, line_powers])),
        jnp.full(n, b, dtype=jnp.int32),
        jnp.full(n, i, dtype=jnp.int32),
    )


def _edges(knots: FloatArray, low: float, kinks: list[float]) -> FloatArray:
    """Ends of the strips: knots of the flux, kinks of the phase space, and enough between them."""
    low, high = max(low, knots[0]), knots[-1]
    if not low < high:
        return np.zeros(0)
    graded = low + (high - low) * np.concatenate([np.geomspace(ONSET, 1e-3, 24), np.linspace(0.1, 1.0, 19) ** 3])
    raw = np.unique(np.concatenate([[low, high], graded, knots, kinks]))
    raw = raw[(raw >= low) & (raw <= high)]
    raw = raw[np.concatenate([[True], np.diff(raw) > 1e-12 * high])]
    longest = np.maximum(STEP * raw[1:], 1e-3 * high)
    pieces = [
        np.linspace(a, b, int(np.ceil((b - a) / c)) + 1)[1:] for a, b, c in zip(raw, raw[1:], longest, strict=False)
    ]
    return np.concatenate([raw[:1], *pieces])


def _lobatto(n: int) -> tuple[FloatArray, FloatArray]:
    """Gauss-Lobatto nodes and weights on [0, 1]."""
    basis = np.zeros(n)
    basis[-1] = 1.0
    inner = np.sort(np.real(legendre.legroots(legendre.legder(basis))))  # NumPy 2.5 and newer: complex
    x = np.concatenate([[-1.0], inner, [1.0]])
    w = 2 / (n * (n - 1) * legendre.legval(x, basis) ** 2)
    return (x + 1) / 2, w / 2


def _interpolation(nodes: FloatArray, x: FloatArray) -> FloatArray:
    """Matrix from values at the nodes to the polynomial through them at x."""
    return np.asarray(np.linalg.solve(np.vander(nodes).T, np.vander(x, nodes.size).T).T)
