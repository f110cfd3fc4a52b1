"""Caps on the sphere against numerical integration over the sphere."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from nushine.numerics.sphere import cap, dot, two_caps


class Caps(NamedTuple):
    """kappa_1, kappa_2, and the angles of both axes in the plane."""

    kappa_1: float
    kappa_2: float
    alpha_1: float
    alpha_2: float

    def closed_form(self) -> np.ndarray:
        axis_1, axis_2 = ((jnp.cos(a), jnp.sin(a)) for a in (self.alpha_1, self.alpha_2))
        area, moment = two_caps(jnp.asarray(self.kappa_1), axis_1, jnp.asarray(self.kappa_2), axis_2)
        return np.array([area, *moment])


def by_quadrature(c: Caps) -> np.ndarray:
    """Area and moment: rings about the first axis, the arc of each ring inside the second cap, then over the rings."""
    delta = c.alpha_2 - c.alpha_1
    axis, side = (np.array([np.cos(c.alpha_1), np.sin(c.alpha_1)]), np.array([-np.sin(c.alpha_1), np.cos(c.alpha_1)]))

    def arc(z: float) -> float:
        """Half the azimuth inside: n = z axis + sqrt(1-z^2) (cos phi side + ...), n . axis_2 > kappa_2."""
        wanted, reach = c.kappa_2 - z * np.cos(delta), np.sqrt(max(1 - z * z, 0.0)) * abs(np.sin(delta))
        return np.pi * (wanted < 0) if reach <= abs(wanted) else float(np.arccos(wanted / reach))

    def ring(component: int) -> Callable[[float], float]:
        sign = np.sign(np.sin(delta))
        return lambda z: (
            2 * arc(z),
            2 * arc(z) * z,
            2 * np.sin(arc(z)) * np.sqrt(1 - z * z) * sign,
        )[component]

    s2 = np.sqrt(1 - c.kappa_2**2)
    kinks = [c.kappa_2 * np.cos(delta) + sign * s2 * np.sin(delta) for sign in (-1, 1)]  # rings that touch the rim
    points = sorted({c.kappa_1, 1.0, *(k for k in kinks if c.kappa_1 < k < 1)})
    area, along, across = (
        sum(
            integrate.quad(ring(i), a, b, epsabs=1e-12, epsrel=1e-12, limit=200)[0]
            for a, b in zip(points[:-1], points[1:], strict=True)
        )
        for i in range(3)
    )
    return np.array([area, *(along * axis + across * side)])


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


@pytest.mark.parametrize("caps", RANDOM + SPECIAL)
def test_two_caps_against_quadrature(caps: Caps) -> None:
    # 1e-10 of the sphere: arccos near its ends keeps half of the digits of its argument (clipped at 1 - 1e-15: 4e-8
    # in the angle, but only to second order in the area); the quadrature itself is good to 1e-11
    np.testing.assert_allclose(caps.closed_form(), by_quadrature(caps), atol=1e-10 * 4 * np.pi)


@pytest.mark.parametrize("caps", RANDOM[:12] + SPECIAL)
def test_two_caps_against_points_all_over_the_sphere(caps: Caps) -> None:
    """No formula at all: count the points of a spiral with equal areas."""
    n = 200_000
    i = np.arange(n) + 0.5
    z, phi = 1 - 2 * i / n, np.pi * (1 + np.sqrt(5)) * i
    s = np.sqrt(1 - z * z)
    x, y = s * np.cos(phi), s * np.sin(phi)
    inside = (x * np.cos(caps.alpha_1) + y * np.sin(caps.alpha_1) > caps.kappa_1) & (
        x * np.cos(caps.alpha_2) + y * np.sin(caps.alpha_2) > caps.kappa_2
    )
    counted = 4 * np.pi / n * np.array([inside.sum(), x[inside].sum(), y[inside].sum()])
    # a rim of length up to 4 pi cuts about sqrt(4 pi n) cells of area 4 pi / n, half of them wrongly and at random
    np.testing.assert_allclose(caps.closed_form(), counted, atol=5e-4)


def test_hemispheres_make_a_lune() -> None:
    for delta in (0.1, 1.0, 3.0):
        area = Caps(0.0, 0.0, 0.0, delta).closed_form()[0]
        np.testing.assert_allclose(area, 2 * (np.pi - delta), rtol=1e-12)


def test_one_cap() -> None:
    area, moment = cap(jnp.asarray(0.2), (jnp.asarray(0.6), jnp.asarray(0.8)))
    np.testing.assert_allclose(area, 2 * np.pi * 0.8, rtol=1e-15)
    np.testing.assert_allclose(moment, np.pi * 0.96 * np.array([0.6, 0.8]), rtol=1e-15)
    assert float(dot((jnp.asarray(1.0), jnp.asarray(2.0)), (jnp.asarray(3.0), jnp.asarray(-1.0)))) == 1.0


def test_complements_add_up() -> None:
    """Inside + outside of the second cap = the first cap, area and moment."""
    for c in RANDOM:
        outside = Caps(c.kappa_1, -c.kappa_2, c.alpha_1, c.alpha_2 + np.pi)
        area, moment = cap(jnp.asarray(c.kappa_1), (jnp.cos(c.alpha_1), jnp.sin(c.alpha_1)))
        # 1e-12: rounding of sums of terms of order 2 pi, and arccos as above
        np.testing.assert_allclose(c.closed_form() + outside.closed_form(), [area, *moment], atol=1e-12 * 4 * np.pi)


def test_gradients_are_finite_and_equal_finite_differences() -> None:
    def area(kappa_1: jax.Array, delta: jax.Array) -> jax.Array:
        return two_caps(kappa_1, (jnp.ones(()), jnp.zeros(())), jnp.asarray(0.1), (jnp.cos(delta), jnp.sin(delta)))[0]

    for point in ((0.3, 0.8), (-0.2, 2.0), (0.9, 0.1), (0.1, 0.0), (0.5, 3.1)):
        slopes = jax.grad(area, argnums=(0, 1))(*point)
        h = 1e-6
        numeric = [
            (area(point[0] + h, point[1]) - area(point[0] - h, point[1])) / (2 * h),
            (area(point[0], point[1] + h) - area(point[0], point[1] - h)) / (2 * h),
        ]
        np.testing.assert_allclose(slopes, numeric, atol=1e-7)  # h^2 times third derivatives plus 1e-15/h
