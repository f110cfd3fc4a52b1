"""Where rays are between planes, in cylinders, and in several of these at once: arithmetic without branches.

Every event of a sample passes through this for every body, so each step is one instruction where it can be. Directions
are unit vectors.
"""

import jax.numpy as jnp
from jax import Array

# Distances along a ray [mm] at which it enters and leaves.
Chord = tuple[Array, Array]

LEAST = 1e-200
"""Components of directions below this are replaced by it: planes and mantles along the ray are crossed far away."""


def slab(centre: Array, direction: Array, half: Array) -> Chord:
    """Where the ray is between two planes around a centre relative to its start."""
    inverse = 1 / jnp.where(abs(direction) < LEAST, LEAST, direction)
    middle, width = centre * inverse, half * abs(inverse)
    return middle - width, middle + width


def mantle(x: tuple[Array, Array], direction: tuple[Array, Array], radius: Array) -> Chord:
    """Where the ray is inside an endless cylinder, by what is across the axis; a single point if nowhere."""
    a = most(direction[0] * direction[0] + direction[1] * direction[1], LEAST)
    b = x[0] * direction[0] + x[1] * direction[1]
    root = jnp.sqrt(most(b * b - a * (x[0] * x[0] + x[1] * x[1] - radius**2), 0.0))
    inverse = 1 / a
    return (-b - root) * inverse, (-b + root) * inverse


def common(*spans: Chord) -> Chord:
    """The part of a ray ahead that is in all of the spans; from zero to zero if there is none."""
    low, high = spans[0]
    for a, b in spans[1:]:
        low, high = most(low, a), least(high, b)
    low = most(low, 0.0)
    meets = high > low
    return jnp.where(meets, low, 0.0), jnp.where(meets, high, 0.0)


def most(a: Array, b: Array | float) -> Array:
    """The larger of two numbers that are not NaN; with this form the compiler needs one instruction."""
    return jnp.where(a > b, a, b)


def least(a: Array, b: Array) -> Array:
    """The smaller of two numbers that are not NaN."""
    return jnp.where(a < b, a, b)
