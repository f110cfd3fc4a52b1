"""Where things are: target crystals, photon detectors, and the volume in which decays count."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from nushine.detectors.attenuation import Material
from nushine.detectors.shapes import Shape, Shell
from nushine.numerics.circle import Vector

BATCH = 2048
"""Photons that are followed together, so that all they meet stays in the cache."""

TOUCH = 1e-9
"""Relative overlap of bodies that is rounding: crystals may touch."""


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
    crystal first is not seen by a detector. Bodies are compared by the boxes around them; hollow shells, which may be
    around others, are not.

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
            _require_apart([body for body in (*self.crystals, *self.detectors) if not isinstance(body.shape, Shell)])
            _require_inside(self.crystals, self.instrumented)
            _require_one_of_a_name([body.material for body in (*self.crystals, *self.detectors)])

    @property
    def longest(self) -> Array:
        """Bound of the paths inside the instrumented volume [mm]: the diagonal of the box around it."""
        return 2 * jnp.sqrt(jnp.sum(self.instrumented.box[1] ** 2))

    def vertex(self, part: Array, u: Vector) -> tuple[Array, Vector]:
        """Crystal and point in it, uniform by volume among the crystals of this part of the target."""
        edges = self._edges()[part]
        crystal = sum(
            ((u[0] >= edges[..., k]).astype(jnp.int32) for k in range(1, len(self.crystals))),
            start=jnp.zeros(u[0].shape, jnp.int32),
        )
        low, high = (jnp.take_along_axis(edges, (crystal + k)[..., None], axis=-1)[..., 0] for k in (0, 1))
        rest = jnp.clip((u[0] - low) / jnp.where(high > low, high - low, 1.0), 0.0, 1.0)
        places = jnp.zeros((3, *u[0].shape))
        for members, stack in _stacks([c.shape for c in self.crystals]):
            number, here = np.zeros(len(self.crystals), dtype=np.int32), np.zeros(len(self.crystals), dtype=bool)
            number[members], here[members] = np.arange(len(members)), True
            which = jnp.asarray(number)[crystal]
            shape: Shape = jax.tree.map(lambda leaf, i=which: leaf[i], stack)
            places = jnp.where(jnp.asarray(here)[crystal], jnp.stack(shape.point((rest, u[1], u[2]))), places)
        return crystal, (places[0], places[1], places[2])

    def exit(self, start: Vector, direction: Vector) -> Array:
        """Distance [mm] that N can fly inside the instrumented volume."""
        return self.instrumented.exit(start, direction)

    def detection(self, start: Vector, direction: Vector, E_gamma: Array) -> Array:
        """Probability that a photon interacts first in each of the detectors, shape (n, D) for n photons."""
        rays = start, direction, E_gamma
        shares: Array = jax.lax.map(lambda ray: self._of_photon(*ray), rays, batch_size=BATCH)
        return shares

    def detect(self, start: Vector, direction: Vector, E_gamma: Array, u: Array) -> Array:
        """Detector in which each photon interacts first, from uniform numbers; -1 if in none. All of shape (n,)."""

        def of_photon(ray: tuple[Vector, Vector, Array, Array]) -> Array:
            reached = jnp.cumsum(self._of_photon(*ray[:3]))
            found = jnp.sum(ray[3] >= reached)
            return jnp.where(found < len(self.detectors), found, -1)

        found: Array = jax.lax.map(of_photon, (start, direction, E_gamma, u), batch_size=BATCH)
        return found

    def _of_photon(self, start: Vector, direction: Vector, E_gamma: Array) -> Array:
        """Probabilities of one photon, shape (D,)."""
        bodies = (*self.crystals, *self.detectors)
        kinds = _stacks([body.shape for body in bodies], [body.material.name for body in bodies])
        number, enters, depths = [], [], []
        for members, shapes in kinds:
            coefficient = bodies[members[0]].material.attenuation(E_gamma)
            for enter, leave in shapes.chords(start, direction):
                number.append(np.array(members) - len(self.crystals))
                enters.append(enter)
                depths.append((leave - enter) * coefficient)
        which, enter, depth = np.concatenate(number), jnp.concatenate(enters), jnp.concatenate(depths)
        seen = np.flatnonzero(which >= 0)
        before = jnp.sum(jnp.where(enter < enter[seen, None], depth, 0.0), axis=1)
        share = jnp.exp(-before) * -jnp.expm1(-depth[seen])
        return jnp.zeros(len(self.detectors)).at[which[seen]].add(share)

    def _edges(self) -> Array:
        """Cumulative shares of the crystals in the volume of each part, shape (parts, crystals + 1)."""
        parts = np.arange(1 + max(c.part for c in self.crystals))
        mine = jnp.asarray(parts[:, None] == np.array([c.part for c in self.crystals]))
        share = jnp.where(mine, jnp.stack([c.shape.volume for c in self.crystals]), 0.0)
        total = share.sum(axis=1, keepdims=True)
        share = share / jnp.where(total > 0, total, 1.0)
        return jnp.concatenate([jnp.zeros((parts.size, 1)), jnp.cumsum(share, axis=1)], axis=1)


def _stacks(shapes: Sequence[Shape], labels: Sequence[str] = ()) -> list[tuple[list[int], Shape]]:
    """Shapes of one kind, and of one label, as one stack, with their numbers."""
    kinds: dict[object, list[int]] = {}
    for i, shape in enumerate(shapes):
        kinds.setdefault((jax.tree.structure(shape), labels[i] if labels else ""), []).append(i)
    return [(who, jax.tree.map(lambda *x: jnp.stack(x), *(shapes[i] for i in who))) for who in kinds.values()]


def _require_apart(bodies: Sequence[Body]) -> None:
    boxes = [[np.asarray(x) for x in body.shape.box] for body in bodies]
    for i, (centre, half) in enumerate(boxes):
        for k in range(i):
            gap = np.abs(centre - boxes[k][0]) - (half + boxes[k][1])
            if np.all(gap < -TOUCH * (half + boxes[k][1])):
                raise ValueError(f"{bodies[k].name} and {bodies[i].name} overlap: move one of them")


def _require_inside(crystals: Sequence[Crystal], instrumented: Shape) -> None:
    centre, half = (np.asarray(x) for x in instrumented.box)
    for crystal in crystals:
        at, size = (np.asarray(x) for x in crystal.shape.box)
        if np.any(np.abs(at - centre) + size > half * (1 + TOUCH)):
            raise ValueError(f"{crystal.name} sticks out of the instrumented volume: enlarge it or move the crystal")


def _require_one_of_a_name(materials: Sequence[Material]) -> None:
    seen: dict[str, Material] = {}
    for one in materials:
        if not np.array_equal(seen.setdefault(one.name, one).log_mu, one.log_mu):
            raise ValueError(f"two materials are called {one.name}: give them different names")
