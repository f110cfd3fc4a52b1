"""Shapes of crystals and detectors: their volume, uniform points in them, and the chords of rays.

Lengths in mm. Rays and points are triples of arrays that broadcast; a shape is scalar, or a stack with leading axes.
"""

from abc import abstractmethod
from math import pi
from typing import Literal

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from nushine.numerics.arrays import as_array
from nushine.numerics.checks import require_finite, require_positive
from nushine.numerics.circle import Vector, cos_sin_turns

Chord = tuple[Array, Array]
"""Distances along a ray [mm], zero or above, at which it enters and leaves; the same where it misses the body."""

Axis = Literal["x", "y", "z"]

_TURNS: dict[str, tuple[int, int, int]] = {"x": (1, 2, 0), "y": (2, 0, 1), "z": (0, 1, 2)}


class Shape(eqx.Module):
    """A body in space; subclasses are final."""

    @property
    @abstractmethod
    def volume(self) -> Array:
        """Volume [mm^3]."""

    @property
    @abstractmethod
    def box(self) -> tuple[Array, Array]:
        """Centre and half edges [mm] of the smallest upright box around it, shape (..., 3) each."""

    @abstractmethod
    def point(self, u: Vector) -> Vector:
        """Uniform point in it, from three uniform numbers."""

    @abstractmethod
    def chords(self, start: Vector, direction: Vector) -> tuple[Chord, ...]:
        """Parts of a ray inside, in order; the direction is a unit vector."""

    def exit(self, start: Vector, direction: Vector) -> Array:
        """Distance [mm] from a point in the body to where the ray leaves it for good."""
        return self.chords(start, direction)[-1][1]


class Box(Shape):
    """A box with edges along the axes.

    Parameters
    ----------
    centre, half : array, shape (..., 3)
        Centre and half edges [mm].

    """

    centre: Array = eqx.field(converter=as_array)
    half: Array = eqx.field(converter=as_array)

    def __check_init__(self) -> None:
        """Reject boxes that are none."""
        require_finite("centre of a box", self.centre, "mm")
        require_positive("half edge of a box", self.half, "mm")

    @property
    def volume(self) -> Array:
        """8 abc [mm^3]."""
        return 8 * jnp.prod(self.half, axis=-1)

    @property
    def box(self) -> tuple[Array, Array]:
        """Itself."""
        return self.centre, self.half

    def point(self, u: Vector) -> Vector:
        """Uniform point."""
        x, y, z = (self.centre[..., i] + (2 * u[i] - 1) * self.half[..., i] for i in range(3))
        return x, y, z

    def chords(self, start: Vector, direction: Vector) -> tuple[Chord, ...]:
        """The part between the last plane that the ray enters by and the first that it leaves by."""
        spans = [_slab(start[i] - self.centre[..., i], direction[i], self.half[..., i]) for i in range(3)]
        return (_common(*spans),)


class Cylinder(Shape):
    """A cylinder.

    Parameters
    ----------
    centre : array, shape (..., 3)
        Centre [mm].
    radius, half_height : float or array
        Radius and half of the height [mm].
    axis : {"z", "x", "y"}
        Along which it stands.

    """

    centre: Array = eqx.field(converter=as_array)
    radius: Array = eqx.field(converter=as_array)
    half_height: Array = eqx.field(converter=as_array)
    axis: Axis = eqx.field(static=True, default="z")

    def __check_init__(self) -> None:
        """Reject cylinders that are none."""
        require_finite("centre of a cylinder", self.centre, "mm")
        require_positive("radius of a cylinder", self.radius, "mm")
        require_positive("half height of a cylinder", self.half_height, "mm")

    @property
    def volume(self) -> Array:
        """2 pi r^2 h [mm^3]."""
        return 2 * pi * self.radius**2 * self.half_height

    @property
    def box(self) -> tuple[Array, Array]:
        """The box that it fits into."""
        return self.centre, _upright(self.radius, self.half_height, self.axis)

    def point(self, u: Vector) -> Vector:
        """Uniform point."""
        return _in_ring(self.centre, self.axis, jnp.zeros_like(self.radius), self.radius, self.half_height, u)

    def chords(self, start: Vector, direction: Vector) -> tuple[Chord, ...]:
        """The part inside the mantle and between the two ends."""
        (x, y, z), (a, b, c) = _turned(self.centre, self.axis, start, direction)
        return (_common(_mantle((x, y), (a, b), self.radius), _slab(z, c, self.half_height)),)


class Shell(Shape):
    """A hollow cylinder, open at both ends.

    Parameters
    ----------
    centre : array, shape (..., 3)
        Centre [mm].
    inner, outer, half_height : float or array
        Radii and half of the height [mm].
    axis : {"z", "x", "y"}
        Along which it stands.

    """

    centre: Array = eqx.field(converter=as_array)
    inner: Array = eqx.field(converter=as_array)
    outer: Array = eqx.field(converter=as_array)
    half_height: Array = eqx.field(converter=as_array)
    axis: Axis = eqx.field(static=True, default="z")

    def __check_init__(self) -> None:
        """Reject shells that are none."""
        require_finite("centre of a shell", self.centre, "mm")
        require_positive("inner radius of a shell", self.inner, "mm")
        require_positive("thickness of a shell", self.outer - self.inner, "mm", "enlarge the outer radius")
        require_positive("half height of a shell", self.half_height, "mm")

    @property
    def volume(self) -> Array:
        """2 pi (R^2 - r^2) h [mm^3]."""
        return 2 * pi * (self.outer - self.inner) * (self.outer + self.inner) * self.half_height

    @property
    def box(self) -> tuple[Array, Array]:
        """The box that it fits into."""
        return self.centre, _upright(self.outer, self.half_height, self.axis)

    def point(self, u: Vector) -> Vector:
        """Uniform point."""
        return _in_ring(self.centre, self.axis, self.inner, self.outer, self.half_height, u)

    def chords(self, start: Vector, direction: Vector) -> tuple[Chord, ...]:
        """The parts before and after the hollow."""
        (x, y, z), (a, b, c) = _turned(self.centre, self.axis, start, direction)
        ends = _slab(z, c, self.half_height)
        enter, leave = _common(_mantle((x, y), (a, b), self.outer), ends)
        hollow_in, hollow_out = _common(_mantle((x, y), (a, b), self.inner), ends)
        meets = hollow_out > hollow_in
        middle_in, middle_out = jnp.where(meets, hollow_in, leave), jnp.where(meets, hollow_out, leave)
        return (enter, middle_in), (middle_out, leave)


class Sphere(Shape):
    """A ball.

    Parameters
    ----------
    centre : array, shape (..., 3)
        Centre [mm].
    radius : float or array
        Radius [mm].

    """

    centre: Array = eqx.field(converter=as_array)
    radius: Array = eqx.field(converter=as_array)

    def __check_init__(self) -> None:
        """Reject balls that are none."""
        require_finite("centre of a sphere", self.centre, "mm")
        require_positive("radius of a sphere", self.radius, "mm")

    @property
    def volume(self) -> Array:
        """4/3 pi r^3 [mm^3]."""
        return 4 / 3 * pi * self.radius**3

    @property
    def box(self) -> tuple[Array, Array]:
        """The cube that it fits into."""
        return self.centre, jnp.stack([self.radius] * 3, axis=-1)

    def point(self, u: Vector) -> Vector:
        """Uniform point."""
        r, z = self.radius * jnp.cbrt(u[0]), 2 * u[1] - 1
        across = r * jnp.sqrt((1 - z) * (1 + z))
        c, s = cos_sin_turns(u[2])
        return (
            self.centre[..., 0] + across * c,
            self.centre[..., 1] + across * s,
            self.centre[..., 2] + r * z,
        )

    def chords(self, start: Vector, direction: Vector) -> tuple[Chord, ...]:
        """From surface to surface."""
        x, y, z = (start[i] - self.centre[..., i] for i in range(3))
        middle = -(x * direction[0] + y * direction[1] + z * direction[2])
        half2 = self.radius**2 - (x**2 + y**2 + z**2 - middle**2)
        half = jnp.sqrt(jnp.maximum(half2, 0.0))
        return (_forward(middle - half, middle + half),)


def _slab(x: Array, direction: Array, half: Array) -> Chord:
    """Where the ray is between two planes; everywhere or nowhere if it is parallel to them."""
    parallel = direction == 0
    inverse = 1 / jnp.where(parallel, 1.0, direction)
    a, b = (-half - x) * inverse, (half - x) * inverse
    inside = jnp.abs(x) <= half
    low = jnp.where(parallel, jnp.where(inside, -jnp.inf, jnp.inf), jnp.minimum(a, b))
    high = jnp.where(parallel, jnp.where(inside, jnp.inf, -jnp.inf), jnp.maximum(a, b))
    return low, high


def _mantle(x: tuple[Array, Array], direction: tuple[Array, Array], radius: Array) -> Chord:
    """Where the ray is inside an endless cylinder; everywhere or nowhere if it is parallel to the axis."""
    a = direction[0] ** 2 + direction[1] ** 2
    b = x[0] * direction[0] + x[1] * direction[1]
    c = x[0] ** 2 + x[1] ** 2 - radius**2
    parallel, outside = a == 0, b**2 < a * c
    safe = jnp.where(parallel, 1.0, a)
    root = jnp.sqrt(jnp.maximum(b**2 - a * c, 0.0))
    never = jnp.where(parallel, c > 0, outside)
    low = jnp.where(parallel, -jnp.inf, (-b - root) / safe)
    high = jnp.where(parallel, jnp.inf, (-b + root) / safe)
    return jnp.where(never, jnp.inf, low), jnp.where(never, -jnp.inf, high)


def _common(*spans: Chord) -> Chord:
    """The part of a ray that is in all of the spans."""
    low, high = spans[0]
    for a, b in spans[1:]:
        low, high = jnp.maximum(low, a), jnp.minimum(high, b)
    return _forward(low, high)


def _forward(low: Array, high: Array) -> Chord:
    """The part ahead; nothing becomes the empty chord at zero."""
    low = jnp.maximum(low, 0.0)
    meets = high > low
    return jnp.where(meets, low, 0.0), jnp.where(meets, high, 0.0)


def _turned(centre: Array, axis: Axis, start: Vector, direction: Vector) -> tuple[Vector, Vector]:
    """Position from the centre, and direction, with the axis last."""
    i, j, k = _TURNS[axis]
    relative = tuple(start[n] - centre[..., n] for n in range(3))
    return (relative[i], relative[j], relative[k]), (direction[i], direction[j], direction[k])


def _in_ring(centre: Array, axis: Axis, inner: Array, outer: Array, half_height: Array, u: Vector) -> Vector:
    """Uniform point between two radii."""
    r = jnp.sqrt(inner**2 + u[0] * (outer - inner) * (outer + inner))
    c, s = cos_sin_turns(u[1])
    values = dict(zip(_TURNS[axis], (r * c, r * s, (2 * u[2] - 1) * half_height), strict=True))
    return centre[..., 0] + values[0], centre[..., 1] + values[1], centre[..., 2] + values[2]


def _upright(radius: Array, half_height: Array, axis: Axis) -> Array:
    i, j, k = _TURNS[axis]
    edges = {i: radius, j: radius, k: half_height}
    return jnp.stack([edges[0], edges[1], edges[2]], axis=-1)
