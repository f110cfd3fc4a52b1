"""Shapes of crystals and detectors: their volume, uniform points in them, and the chords of rays.

Lengths in mm. Rays and points are triples of arrays that broadcast; a shape is scalar, or a stack with leading axes.
"""

from abc import abstractmethod
from math import pi
from typing import Literal

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from nushine.detectors.rays import Chord, common, least, mantle, most, slab
from nushine.numerics.arrays import as_array
from nushine.numerics.checks import require_finite, require_positive
from nushine.numerics.circle import Vector, cos_sin_turns
from nushine.numerics.compilation import needs_jax

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
    def contains(self, point: Vector) -> Array:
        """Whether points are in it, or on its surface."""

    @abstractmethod
    def point(self, u: Vector) -> Vector:
        """Uniform point in it, from three uniform numbers."""

    @abstractmethod
    def chords(self, start: Vector, direction: Vector) -> tuple[Chord, ...]:
        """Parts of a ray inside, in order and from zero on; from zero to zero where it misses."""

    @needs_jax
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
    @needs_jax
    def volume(self) -> Array:
        """8 abc [mm^3]."""
        return 8 * jnp.prod(self.half, axis=-1)

    @property
    @needs_jax
    def box(self) -> tuple[Array, Array]:
        """Itself."""
        return self.centre, self.half

    @needs_jax
    def point(self, u: Vector) -> Vector:
        """Uniform point."""
        x, y, z = (self.centre[..., i] + (2 * u[i] - 1) * self.half[..., i] for i in range(3))
        return x, y, z

    @needs_jax
    def contains(self, point: Vector) -> Array:
        """Between its three pairs of planes."""
        x, y, z = (abs(point[i] - self.centre[..., i]) <= self.half[..., i] for i in range(3))
        return x & y & z

    @needs_jax
    def chords(self, start: Vector, direction: Vector) -> tuple[Chord, ...]:
        """The part between the last plane that the ray enters by and the first that it leaves by."""
        spans = [slab(self.centre[..., i] - start[i], direction[i], self.half[..., i]) for i in range(3)]
        return (common(*spans),)


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
    @needs_jax
    def volume(self) -> Array:
        """2 pi r^2 h [mm^3]."""
        return 2 * pi * self.radius**2 * self.half_height

    @property
    @needs_jax
    def box(self) -> tuple[Array, Array]:
        """The box that it fits into."""
        return self.centre, _upright(self.radius, self.half_height, self.axis)

    @needs_jax
    def point(self, u: Vector) -> Vector:
        """Uniform point."""
        return _in_ring(self.centre, self.axis, jnp.zeros_like(self.radius), self.radius, self.half_height, u)

    @needs_jax
    def contains(self, point: Vector) -> Array:
        """Inside the mantle and between the ends."""
        x, y, z = _turned(self.centre, self.axis, point)
        return (x * x + y * y <= self.radius**2) & (abs(z) <= self.half_height)

    @needs_jax
    def chords(self, start: Vector, direction: Vector) -> tuple[Chord, ...]:
        """The part inside the mantle and between the two ends."""
        (x, y, z), (a, b, c) = _turned(self.centre, self.axis, start), _order(self.axis, direction)
        return (common(mantle((x, y), (a, b), self.radius), slab(-z, c, self.half_height)),)


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
    @needs_jax
    def volume(self) -> Array:
        """2 pi (R^2 - r^2) h [mm^3]."""
        return 2 * pi * (self.outer - self.inner) * (self.outer + self.inner) * self.half_height

    @property
    @needs_jax
    def box(self) -> tuple[Array, Array]:
        """The box that it fits into."""
        return self.centre, _upright(self.outer, self.half_height, self.axis)

    @needs_jax
    def point(self, u: Vector) -> Vector:
        """Uniform point."""
        return _in_ring(self.centre, self.axis, self.inner, self.outer, self.half_height, u)

    @needs_jax
    def contains(self, point: Vector) -> Array:
        """Between the mantles and the ends."""
        x, y, z = _turned(self.centre, self.axis, point)
        rho2 = x * x + y * y
        return (rho2 >= self.inner**2) & (rho2 <= self.outer**2) & (abs(z) <= self.half_height)

    @needs_jax
    def chords(self, start: Vector, direction: Vector) -> tuple[Chord, ...]:
        """The parts before and after the hollow, which touch where the ray does not meet it."""
        (x, y, z), (a, b, c) = _turned(self.centre, self.axis, start), _order(self.axis, direction)
        enter, leave = common(mantle((x, y), (a, b), self.outer), slab(-z, c, self.half_height))
        low, high = mantle((x, y), (a, b), self.inner)
        middle_in = least(most(low, enter), leave)
        middle_out = least(most(high, enter), leave)
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
    @needs_jax
    def volume(self) -> Array:
        """4/3 pi r^3 [mm^3]."""
        return 4 / 3 * pi * self.radius**3

    @property
    @needs_jax
    def box(self) -> tuple[Array, Array]:
        """The cube that it fits into."""
        return self.centre, jnp.stack([self.radius] * 3, axis=-1)

    @needs_jax
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

    @needs_jax
    def contains(self, point: Vector) -> Array:
        """Within the radius."""
        x, y, z = (point[i] - self.centre[..., i] for i in range(3))
        return x * x + y * y + z * z <= self.radius**2

    @needs_jax
    def chords(self, start: Vector, direction: Vector) -> tuple[Chord, ...]:
        """From surface to surface."""
        relative = [self.centre[..., i] - start[i] for i in range(3)]
        middle = sum(r * d for r, d in zip(relative, direction, strict=True))
        miss2 = sum((r - middle * d) ** 2 for r, d in zip(relative, direction, strict=True))
        half = jnp.sqrt(most(self.radius**2 - miss2, 0.0))
        return (common((middle - half, middle + half)),)


def _order(axis: Axis, v: Vector) -> Vector:
    """Components with the axis last."""
    i, j, k = _TURNS[axis]
    return v[i], v[j], v[k]


def _turned(centre: Array, axis: Axis, point: Vector) -> Vector:
    """Position from the centre, with the axis last."""
    x, y, z = (point[n] - centre[..., n] for n in range(3))
    return _order(axis, (x, y, z))


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
