"""Shapes: chords against membership along the ray, points against membership, and a theorem of Cauchy."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nushine.detectors import Box, Cylinder, Shape, Shell, Sphere
from nushine.numerics.circle import Vector

Inside = Callable[[np.ndarray], np.ndarray]
CENTRE = np.array([1.0, -2.0, 3.0])


def box(p: np.ndarray) -> np.ndarray:
    return np.all(np.abs(p - CENTRE) <= [1.0, 2.0, 0.5], axis=-1)


def ball(p: np.ndarray) -> np.ndarray:
    return np.linalg.norm(p - CENTRE, axis=-1) <= 2.0


def ring(axis: int, inner: float, outer: float, half: float) -> Inside:
    def inside(p: np.ndarray) -> np.ndarray:
        d = p - CENTRE
        r = np.linalg.norm(np.delete(d, axis, axis=-1), axis=-1)
        return (r >= inner) & (r <= outer) & (np.abs(d[..., axis]) <= half)

    return inside


SHAPES: dict[str, tuple[Shape, Inside, float]] = {
    "box": (Box(CENTRE, [1.0, 2.0, 0.5]), box, 8.0),
    "sphere": (Sphere(CENTRE, 2.0), ball, 32 * np.pi / 3),
    **{
        f"cylinder {a}": (Cylinder(CENTRE, 1.5, 0.7, a), ring(i, 0.0, 1.5, 0.7), 2.25 * np.pi * 1.4)
        for i, a in enumerate("xyz")
    },
    **{
        f"shell {a}": (Shell(CENTRE, 0.8, 1.5, 2.0, a), ring(i, 0.8, 1.5, 2.0), (2.25 - 0.64) * np.pi * 4)
        for i, a in enumerate("xyz")
    },
}


def rays(n: int, seed: int, spread: float = 3.0) -> tuple[Vector, Vector, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    start = CENTRE + spread * random.uniform(-1, 1, (n, 3))
    direction = random.normal(size=(n, 3))
    direction[: n // 10, 0] = 0.0  # parallel to some faces
    direction[n // 10 : n // 5, :2] = 0.0
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    as_vector = tuple(jnp.asarray(x) for x in start.T), tuple(jnp.asarray(x) for x in direction.T)
    return *as_vector, start, direction


@pytest.mark.parametrize("name", SHAPES)
def test_volume(name: str) -> None:
    shape, _, volume = SHAPES[name]
    assert float(shape.volume) == pytest.approx(volume, rel=1e-14)


@pytest.mark.parametrize("name", SHAPES)
def test_chords_are_where_the_ray_is_inside(name: str) -> None:
    shape, inside, _ = SHAPES[name]
    start, direction, p, d = rays(3000, 1)
    chords = [(np.asarray(a), np.asarray(b)) for a, b in shape.chords(start, direction)]
    t = np.random.default_rng(2).uniform(0, 12, (400, 1))
    covered = sum(((t > a) & (t < b)).astype(int) for a, b in chords)
    near_an_end = np.any([np.abs(t - x) < 1e-9 for chord in chords for x in chord], axis=0)
    expected = inside(p + t[:, :, None] * d)
    assert np.all((covered == expected) | near_an_end)
    assert expected.any()
    assert all(np.all(a >= 0) and np.all(b >= a) for a, b in chords)


@pytest.mark.parametrize("name", SHAPES)
def test_points_are_inside_and_uniform(name: str) -> None:
    shape, inside, _ = SHAPES[name]
    u = jax.random.uniform(jax.random.PRNGKey(3), (3, 200_000))
    p = np.stack([np.asarray(x) for x in shape.point((u[0], u[1], u[2]))], axis=-1)
    assert inside(CENTRE + (p - CENTRE) * (1 - 1e-12)).mean() > 0.999_99  # points on an inner radius round outwards
    np.testing.assert_allclose(p.mean(axis=0), CENTRE, rtol=0, atol=6 * p.std(axis=0).max() / np.sqrt(len(p)))
    # second moments against a rejection sample from the box around the body
    centre, half = (np.asarray(x) for x in shape.box)
    trial = centre + half * np.random.default_rng(4).uniform(-1, 1, (400_000, 3))
    trial = trial[inside(trial)]
    moments, other = ((q - CENTRE) ** 2 for q in (p, trial))
    error = np.sqrt(moments.var(axis=0) / len(p) + other.var(axis=0) / len(trial))
    assert np.all(np.abs(moments.mean(axis=0) - other.mean(axis=0)) < 5 * error)  # 5 sigma, 24 comparisons


@pytest.mark.parametrize(
    ("name", "surface"),
    [("box", 28.0), ("sphere", 16 * np.pi), ("cylinder y", 2 * np.pi * 1.5**2 + 2 * np.pi * 1.5 * 1.4)],
)
def test_mean_chord_is_four_volumes_over_surface(name: str, surface: float) -> None:
    """Cauchy: for isotropic, uniform rays through a convex body the mean chord is 4 V / S."""
    shape, _, volume = SHAPES[name]
    random = np.random.default_rng(5)
    n, R = 400_000, 4.0  # rays from a sphere around the body: isotropic with the cosine law
    z = random.uniform(-1, 1, n)
    phi = random.uniform(0, 2 * np.pi, n)
    normal = np.stack([np.sqrt(1 - z**2) * np.cos(phi), np.sqrt(1 - z**2) * np.sin(phi), z])
    tangent = np.cross(normal.T, random.normal(size=(n, 3))).T
    tangent /= np.linalg.norm(tangent, axis=0)
    cos = np.sqrt(random.uniform(0, 1, n))
    direction = -cos * normal + np.sqrt(1 - cos**2) * tangent
    start = CENTRE[:, None] + R * normal
    ((enter, leave),) = shape.chords(tuple(jnp.asarray(start)), tuple(jnp.asarray(direction)))
    length = np.asarray(leave - enter)
    length = length[length > 0]
    # 4 sigma of the mean
    assert length.mean() == pytest.approx(4 * volume / surface, abs=4 * length.std() / np.sqrt(length.size))


@pytest.mark.parametrize("name", SHAPES)
def test_contains_is_membership(name: str) -> None:
    shape, inside, _ = SHAPES[name]
    p = CENTRE + 3 * np.random.default_rng(8).uniform(-1, 1, (50_000, 3))
    np.testing.assert_array_equal(shape.contains(tuple(jnp.asarray(p.T))), inside(p))
    assert 0 < inside(p).mean() < 1


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("sign", [-0.0, 1e-300, -1e-250, 1e-160])
def test_rays_along_an_axis_and_nearly_so(name: str, axis: int, sign: float) -> None:
    """Directions with components that vanish, or whose squares do: chords as along the axis, without infinities."""
    shape, inside, _ = SHAPES[name]
    random = np.random.default_rng(9)
    p = CENTRE + 3 * random.uniform(-1, 1, (500, 3))
    d = np.full((500, 3), sign)
    d[:, axis] = random.choice([-1.0, 1.0], 500)
    t = random.uniform(0, 6, (200, 1))
    chords = [(np.asarray(a), np.asarray(b)) for a, b in shape.chords(tuple(jnp.asarray(p.T)), tuple(jnp.asarray(d.T)))]
    covered = sum(((t > a) & (t < b)).astype(int) for a, b in chords)
    near_an_end = np.any([np.abs(t - x) < 1e-9 for chord in chords for x in chord], axis=0)
    assert np.all((covered == inside(p + t[:, :, None] * d)) | near_an_end)
    assert all(np.all(np.isfinite(x)) for chord in chords for x in chord)


@pytest.mark.parametrize("name", ["box", "sphere", "cylinder x", "cylinder y", "cylinder z"])
def test_from_inside_the_chord_begins_at_once(name: str) -> None:
    shape, _, _ = SHAPES[name]
    u = jax.random.uniform(jax.random.PRNGKey(7), (3, 3000))
    _, direction, _, _ = rays(3000, 7)
    start = shape.point((u[0], u[1], u[2]))
    ((enter, leave),) = shape.chords(start, direction)
    assert float(jnp.max(enter)) == 0
    np.testing.assert_array_equal(leave, shape.exit(start, direction))
    # and ends on the surface: a step further is outside, a step less inside; 1e-6 is above the rounding of grazing rays
    for step, expected in ((1e-6, False), (-1e-6, True)):
        end = tuple(s + (leave + step) * d for s, d in zip(start, direction, strict=True))
        assert np.all((np.asarray(shape.contains(end)) == expected) | (np.asarray(leave) < 1e-5))


@settings(max_examples=50)
@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(-5, 5), st.sampled_from(sorted(SHAPES)))
def test_shapes_move(x: float, y: float, z: float, name: str) -> None:
    shape, _, _ = SHAPES[name]
    moved = eqx.tree_at(lambda s: s.centre, shape, shape.centre + jnp.array([x, y, z]))
    start, direction, _, _ = rays(50, 6)
    there = tuple(a + b for a, b in zip(start, (x, y, z), strict=True))
    for (a, b), (c, d) in zip(shape.chords(start, direction), moved.chords(there, direction), strict=True):
        # quadratic equations of numbers of order 10 lose half of the digits where the ray grazes
        np.testing.assert_allclose(a, c, rtol=0, atol=1e-6)
        np.testing.assert_allclose(b, d, rtol=0, atol=1e-6)


def test_exit_from_inside() -> None:
    origin = (jnp.array(1.0), jnp.array(-2.0), jnp.array(3.0))
    assert float(SHAPES["box"][0].exit(origin, (jnp.array(0.0), jnp.array(0.0), jnp.array(1.0)))) == 0.5
    assert float(SHAPES["sphere"][0].exit(origin, (jnp.array(0.6), jnp.array(0.8), jnp.array(0.0)))) == pytest.approx(
        2.0
    )


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Box(CENTRE, [1.0, -1.0, 1.0]), "half edge of a box = -1 mm"),
        (lambda: Cylinder(CENTRE, 0.0, 1.0), "radius of a cylinder = 0 mm"),
        (lambda: Shell(CENTRE, 2.0, 1.0, 1.0), "thickness of a shell = -1 mm"),
        (lambda: Sphere([np.nan, 0.0, 0.0], 1.0), "centre of a sphere = nan mm"),
    ],
)
def test_impossible_shapes(make: Callable[[], Shape], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make()
