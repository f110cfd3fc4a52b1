"""Caps on the sphere against numerical integration over the sphere."""

from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from nushine.numerics.sphere import cap, dot, two_caps


class Caps(NamedTuple):
    """kappa_1, kappa_2, and the angles of both axes in the plane."""

    kappa_1: float
    kappa_2: float
    alpha_1: float
    alpha_2: float


@jax.jit
def closed_form(caps: jax.Array) -> jax.Array:
    """Area and moment for rows of `Caps`."""
    kappa_1, kappa_2, alpha_1, alpha_2 = caps.T
    axis_1, axis_2 = ((jnp.cos(a), jnp.sin(a)) for a in (alpha_1, alpha_2))
    area, moment = two_caps(kappa_1, axis_1, kappa_2, axis_2)
    return jnp.stack([area, *moment], axis=1)


def by_quadrature(c: Caps) -> np.ndarray:
    """Area and moment: rings about the first axis, the arc of each ring inside the second cap, then over the rings."""
    delta = c.alpha_2 - c.alpha_1
    axis, side = np.array([np.cos(c.alpha_1), np.sin(c.alpha_1)]), np.array([-np.sin(c.alpha_1), np.cos(c.alpha_1)])
    s2 = np.sqrt(1 - c.kappa_2**2)
    kinks = [c.kappa_2 * np.cos(delta) + sign * s2 * np.sin(delta) for sign in (-1, 1)]  # rings that touch the rim
    points = sorted({c.kappa_1, 1.0, *(k for k in kinks if c.kappa_1 < k < 1)})
    u, w = np.polynomial.legendre.leggauss(120)
    result = np.zeros(3)
    for a, b in pairwise(points):
        z = (a + b) / 2 + (b - a) / 2 * np.sin(np.pi / 2 * u)  # takes away the square roots at both ends
        weight = w * (b - a) / 2 * np.pi / 2 * np.cos(np.pi / 2 * u)
        wanted, s = c.kappa_2 - z * np.cos(delta), np.sqrt(np.maximum(1 - z * z, 0.0))
        # n = z axis + s (cos phi side + sin phi normal) lies inside for |phi| < arc
        arc = np.arccos(np.clip(wanted / np.maximum(s * abs(np.sin(delta)), 1e-12), -1, 1))
        across = 2 * np.sin(arc) * s * np.sign(np.sin(delta))
        result += [weight @ (2 * arc), *((weight @ (2 * arc * z)) * axis + (weight @ across) * side)]
    return result


RANDOM = [
    Caps(*row)
    for row in np.random.default_rng(1).uniform([-1, -1, -np.pi, -np.pi], [1, 1, np.pi, np.pi], size=(60, 4)).tolist()
]
SPECIAL = [
    Caps(0.3, 0.1, 0.7, 0.7),  # same axis
    Caps(0.1, 0.3, 0.7, 0.7 - np.pi),  # opposite, apart
    Caps(-0.4, -0.3, 0.2, 0.2 + np.pi),  # opposite, everything covered
    Caps(-1.0, 0.2, 0.0, 1.0),  # the first one is the whole sphere
    Caps(0.2, -1.0, 0.0, 1.0),
    Caps(1.0, 0.2, 0.0, 0.1),  # the first one is a point
    Caps(0.0, 0.0, 0.4, 0.4 + np.pi / 2),  # hemispheres: a lune
    Caps(0.999, -0.999, 0.3, 0.9),
    Caps(0.9999, 0.9999, 0.0, 0.01),  # narrow cones
]


ALL = np.array(RANDOM + SPECIAL)


def test_two_caps_against_quadrature() -> None:
    expected = np.array([by_quadrature(Caps(*row)) for row in ALL.tolist()])
    # 1e-10 of the sphere: arccos near its ends keeps half of the digits of its argument (clipped at 1 - 1e-15: 4e-8
    # in the angle, but only to second order in the area)
    np.testing.assert_allclose(closed_form(ALL), expected, atol=1e-10 * 4 * np.pi)


def test_two_caps_against_points_all_over_the_sphere() -> None:
    """No formula at all: count the points of a spiral with equal areas."""
    n = 200_000
    i = np.arange(n) + 0.5
    z, phi = 1 - 2 * i / n, np.pi * (1 + np.sqrt(5)) * i
    s = np.sqrt(1 - z * z)
    x, y = s * np.cos(phi), s * np.sin(phi)
    counted = []
    for c in (Caps(*row) for row in ALL.tolist()):
        first = x * np.cos(c.alpha_1) + y * np.sin(c.alpha_1) > c.kappa_1
        inside = first & (x * np.cos(c.alpha_2) + y * np.sin(c.alpha_2) > c.kappa_2)
        counted.append(4 * np.pi / n * np.array([inside.sum(), x[inside].sum(), y[inside].sum()]))
    # rims of length up to 4 pi cut about 1600 cells of area 6e-5, which are in or out as a whole: sqrt(1600) 6e-5 / 2
    # if they were independent, 1.3e-3; the points of a spiral are more even than that in most cases, never worse
    np.testing.assert_allclose(closed_form(ALL), np.array(counted), atol=1.3e-3)


def test_hemispheres_make_a_lune() -> None:
    delta = np.array([0.1, 1.0, 3.0])
    area = closed_form(np.stack([0 * delta, 0 * delta, 0 * delta, delta], axis=1))[:, 0]
    np.testing.assert_allclose(area, 2 * (np.pi - delta), rtol=1e-12)  # arccos of a rounded cosine


def test_one_cap() -> None:
    area, moment = cap(jnp.asarray(0.2), (jnp.asarray(0.6), jnp.asarray(0.8)))
    np.testing.assert_allclose(area, 2 * np.pi * 0.8, rtol=1e-15)
    np.testing.assert_allclose(moment, np.pi * 0.96 * np.array([0.6, 0.8]), rtol=1e-15)
    assert float(dot((jnp.asarray(1.0), jnp.asarray(2.0)), (jnp.asarray(3.0), jnp.asarray(-1.0)))) == 1.0


def test_complements_add_up() -> None:
    """Inside + outside of the second cap = the first cap, area and moment."""
    random = np.array(RANDOM)
    outside = random * [1, -1, 1, 1] + [0, 0, 0, np.pi]
    area, moment = cap(random[:, 0], (np.cos(random[:, 2]), np.sin(random[:, 2])))
    # 1e-12: rounding of sums of terms of order 2 pi, and arccos as above
    whole = np.stack([area, *moment], axis=1)
    np.testing.assert_allclose(closed_form(random) + closed_form(outside), whole, atol=1e-12 * 4 * np.pi)


def test_gradients_are_finite_and_equal_finite_differences() -> None:
    def area(kappa_1: jax.Array, delta: jax.Array) -> jax.Array:
        return two_caps(kappa_1, (jnp.ones(()), jnp.zeros(())), jnp.asarray(0.1), (jnp.cos(delta), jnp.sin(delta)))[0]

    # a lens, an empty one, a nested one, the same axis, nearly opposite axes
    k, d = jnp.array([0.3, 0.9, 0.9, 0.3, -0.5]), jnp.array([0.8, 2.0, 0.1, 0.0, 3.1])
    slopes = jax.jit(jax.vmap(jax.grad(area, argnums=(0, 1))))(k, d)
    f, h = jax.jit(jax.vmap(area)), 1e-6
    numeric = (f(k + h, d) - f(k - h, d)) / (2 * h), (f(k, d + h) - f(k, d - h)) / (2 * h)
    assert np.count_nonzero(np.asarray(slopes[0])) == 4
    np.testing.assert_allclose(slopes, numeric, atol=1e-7)  # h^2 times third derivatives plus 1e-15/h, arccos as above
