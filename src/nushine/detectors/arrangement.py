"""Where things are: target crystals, photon detectors, and the volume in which decays count."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from nushine.detectors.attenuation import Material
from nushine.detectors.shapes import Box, Shape, Shell
from nushine.numerics.circle import Vector
from nushine.numerics.compilation import needs_jax

FloatArray = NDArray[np.float64]

TOUCH = 1e-9
"""Relative overlap of bodies that is rounding: crystals may touch."""

TRIES = 4096
"""Points that are tried to see whether two round bodies overlap: finds overlaps of a thousandth of the common box."""

Known: TypeAlias = "tuple[str, Shape, FloatArray, FloatArray]"
"""Name and shape of a body, with the centre and half the size of the box around it."""


class Met(NamedTuple):
    """A chord of photons: number of the detector (below zero: a crystal), where it begins [mm], optical depth."""

    detector: int
    enter: Array
    depth: Array


class Fate(NamedTuple):
    """Probabilities of a photon: to interact first in each detector (..., D), first in a crystal, and not at all."""

    detectors: Array
    crystals: Array
    escape: Array


class Body(eqx.Module):
    """A piece of material.

    Parameters
    ----------
    name : str
        For labels.
    shape : Shape
        Where it is.
    material : Material
        What attenuates photons in it.

    """

    name: str = eqx.field(static=True)
    shape: Shape
    material: Material


class Crystal(Body):
    """A piece of the target.

    Parameters
    ----------
    part : int
        Which part of the target of the experiment it is made of, in the order of its list.

    """

    part: int = eqx.field(static=True, default=0)


class Arrangement(eqx.Module):
    """Crystals and photon detectors, with neutrinos along +z.

    Parameters
    ----------
    crystals : tuple of Crystal
        The target; events are uniform by volume within each part.
    detectors : tuple of Body
        What sees photons.
    instrumented : Shape
        A convex volume: a decay in it counts.

    Raises
    ------
    ValueError
        If there is no crystal, bodies overlap, or a crystal sticks out of the instrumented volume.

    Notes
    -----
    Photons fly straight until their first interaction, of any kind but coherent scattering; one that interacts in a
    crystal first is not seen by a detector. Whether round bodies overlap is tried with `TRIES` points.

    """

    crystals: tuple[Crystal, ...]
    detectors: tuple[Body, ...]
    instrumented: Shape

    def __check_init__(self) -> None:
        """Reject arrangements that cannot be."""
        if not self.crystals:
            raise ValueError("an arrangement without crystals: give at least one")
        if isinstance(self.instrumented, Shell):
            raise ValueError("instrumented volume: a shell is not convex; give a box, cylinder or sphere")
        if not any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(self)):
            _require_apart((*self.crystals, *self.detectors))
            _require_inside(self.crystals, self.instrumented)
            _require_one_of_a_name([body.material for body in (*self.crystals, *self.detectors)])

    @property
    @needs_jax
    def longest(self) -> Array:
        """Longest path [mm] from a crystal to the edge of the box around the instrumented volume: bounds `exit`."""
        centre, half = self.instrumented.box
        reach = [
            jnp.linalg.norm(jnp.abs(at - centre) + size + half) for at, size in (c.shape.box for c in self.crystals)
        ]
        return jnp.minimum(jnp.max(jnp.stack(reach)), 2 * jnp.linalg.norm(half))

    @needs_jax
    def mass(self, part: int) -> Array:
        """Mass of the crystals of a part of the target, volumes times densities [hepunits mass]."""
        return jnp.asarray(sum(c.shape.volume * c.material.density for c in self.crystals if c.part == part))

    @needs_jax
    def vertex(self, part: Array, u: Vector) -> tuple[Array, Vector]:
        """Crystal and point in it, uniform by volume among the crystals of this part of the target."""
        edges = self._edges()
        crystal, low, width = jnp.zeros_like(part), jnp.zeros_like(u[0]), jnp.ones_like(u[0])
        for k, one in enumerate(self.crystals):
            here = (part == one.part) & (u[0] >= edges[one.part, k])
            crystal = jnp.where(here, k, crystal)
            low = jnp.where(here, edges[one.part, k], low)
            width = jnp.where(here, edges[one.part, k + 1] - edges[one.part, k], width)
        rest = jnp.clip((u[0] - low) / width, 0.0, 1.0)
        places = [jnp.zeros_like(u[0])] * 3
        for members, stack in _stacks([c.shape for c in self.crystals]):
            number, mine = np.zeros(len(self.crystals), dtype=np.int32), np.zeros(len(self.crystals), dtype=bool)
            number[members], mine[members] = np.arange(len(members)), True
            which = jnp.asarray(number)[crystal]
            shape: Shape = jax.tree.map(lambda leaf, i=which: leaf[i], stack)
            found = shape.point((rest, u[1], u[2]))
            places = [jnp.where(jnp.asarray(mine)[crystal], new, old) for new, old in zip(found, places, strict=True)]
        return crystal, (places[0], places[1], places[2])

    @needs_jax
    def exit(self, start: Vector, direction: Vector) -> Array:
        """Distance [mm] that N can fly inside the instrumented volume."""
        return self.instrumented.exit(start, direction)

    @needs_jax
    def photon(self, start: Vector, direction: Vector, E_gamma: Array) -> Fate:
        """Probabilities of what happens first to photons."""
        met = self._met(start, direction, E_gamma)
        detectors, crystals = [jnp.zeros_like(E_gamma) for _ in self.detectors], jnp.zeros_like(E_gamma)
        for one in met:
            share = -jnp.exp(-_before(one, met)) * jnp.expm1(-one.depth)
            if one.detector < 0:
                crystals = crystals + share
            else:
                detectors[one.detector] = detectors[one.detector] + share
        escape = jnp.exp(-sum((one.depth for one in met), start=jnp.zeros_like(E_gamma)))
        stacked = jnp.stack(detectors, axis=-1) if detectors else jnp.zeros((*E_gamma.shape, 0))
        return Fate(stacked, crystals, escape)

    @needs_jax
    def detection(self, start: Vector, direction: Vector, E_gamma: Array) -> Array:
        """Probability that a photon interacts first in each of the detectors, shape (n, D) for n photons."""
        return self.photon(start, direction, E_gamma).detectors

    @needs_jax
    def detect(self, start: Vector, direction: Vector, E_gamma: Array, u: Array) -> Array:
        """Detector in which each photon interacts first, from uniform numbers; -1 if in none. All of shape (n,)."""
        met = self._met(start, direction, E_gamma)
        depth = -jnp.log1p(-u)  # that the photon crosses before it interacts
        found = jnp.full(depth.shape, -1, dtype=jnp.int32)
        for one in met:
            if one.detector >= 0:
                before = _before(one, met)
                found = jnp.where((before <= depth) & (depth < before + one.depth), one.detector, found)
        return found

    def _met(self, start: Vector, direction: Vector, E_gamma: Array) -> list[Met]:
        """What photons cross, one chord after the other: a loop over bodies that compiles into one pass over events."""
        bodies = (*self.crystals, *self.detectors)
        mu = {body.material.name: body.material.attenuation(E_gamma) for body in bodies}
        return [
            Met(k - len(self.crystals), enter, (leave - enter) * mu[body.material.name])
            for k, body in enumerate(bodies)
            for enter, leave in body.shape.chords(start, direction)
        ]

    def _edges(self) -> Array:
        """Cumulative shares of the crystals in the volume of each part, shape (parts, crystals + 1)."""
        parts = np.arange(1 + max(c.part for c in self.crystals))
        mine = jnp.asarray(parts[:, None] == np.array([c.part for c in self.crystals]))
        share = jnp.where(mine, jnp.stack([c.shape.volume for c in self.crystals]), 0.0)
        total = share.sum(axis=1, keepdims=True)
        share = share / jnp.where(total > 0, total, 1.0)
        return jnp.concatenate([jnp.zeros((parts.size, 1)), jnp.cumsum(share, axis=1)], axis=1)


def _before(one: Met, met: Sequence[Met]) -> Array:
    """Optical depth of all that a photon crosses before: bodies do not overlap, so each is before or after."""
    others = (jnp.where(other.enter < one.enter, other.depth, 0.0) for other in met if other is not one)
    return sum(others, start=jnp.zeros_like(one.depth))


def _stacks(shapes: Sequence[Shape]) -> list[tuple[list[int], Shape]]:
    """Shapes of one kind as one stack, with their numbers."""
    kinds: dict[object, list[int]] = {}
    for i, shape in enumerate(shapes):
        kinds.setdefault(jax.tree.structure(shape), []).append(i)
    return [(who, jax.tree.map(lambda *x: jnp.stack(x), *(shapes[i] for i in who))) for who in kinds.values()]


def _require_apart(bodies: Sequence[Body]) -> None:
    """Boxes overlap or not; of round bodies whose boxes overlap, points that are in both boxes are tried."""
    known = [(body.name, jax.tree.map(np.asarray, body.shape), *map(np.asarray, body.shape.box)) for body in bodies]
    where, size = (np.stack([body[i] for body in known]) for i in (2, 3))
    lowest, highest = where - size, where + size
    for i, one in enumerate(known):
        shared = np.minimum(highest[i], highest[i + 1 :]) - np.maximum(lowest[i], lowest[i + 1 :])
        near = np.all(shared > TOUCH * (size[i] + size[i + 1 :]), axis=1)
        for k in i + 1 + np.flatnonzero(near):
            _require_disjoint(one, known[k])


def _require_disjoint(one: Known, another: Known) -> None:
    """Try points that are in the boxes of both bodies."""
    (name, shape, at, half), (other, its_shape, its_at, its_half) = one, another
    low, high = np.maximum(at - half, its_at - its_half), np.minimum(at + half, its_at + its_half)
    x, y, z = low[:, None] + (high - low)[:, None] * np.random.default_rng(0).random((3, TRIES))
    if np.any(shape.contains((x, y, z)) & its_shape.contains((x, y, z))):
        raise ValueError(f"{name} and {other} overlap: move one of them")


def _require_inside(crystals: Sequence[Crystal], instrumented: Shape) -> None:
    """Points on the surface of each crystal, the corners among them, are in the convex volume."""
    u = [jnp.asarray(x.ravel()) for x in np.meshgrid([1.0], np.linspace(0, 1, 17), np.linspace(0, 1, 17))]
    corners = np.stack(np.meshgrid([-1.0, 1.0], [-1.0, 1.0], [-1.0, 1.0])).reshape(3, -1)
    volume = jax.tree.map(np.asarray, instrumented)
    for crystal in crystals:
        centre, half = map(np.asarray, crystal.shape.box)
        if isinstance(crystal.shape, Box):
            x, y, z = centre[:, None] + corners * half[:, None] * (1 - TOUCH)
        else:
            points = crystal.shape.point((u[0], u[1], u[2]))
            x, y, z = (at + (np.asarray(p) - at) * (1 - TOUCH) for p, at in zip(points, centre, strict=True))
        if not np.all(volume.contains((x, y, z))):
            raise ValueError(f"{crystal.name} sticks out of the instrumented volume: enlarge it or move the crystal")


def _require_one_of_a_name(materials: Sequence[Material]) -> None:
    seen: dict[str, Material] = {}
    for one in materials:
        if not np.array_equal(seen.setdefault(one.name, one).log_mu, one.log_mu):
            raise ValueError(f"two materials are called {one.name}: give them different names")
