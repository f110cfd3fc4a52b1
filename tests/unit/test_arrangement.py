"""Arrangements: where events are made, where photons are seen, and what cannot be."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import cm3, g, mm

from nushine import experiments
from nushine.detectors import Arrangement, Body, Box, Crystal, Cylinder, Shell, Sphere, material
from nushine.detectors.nucleus import array, nucleus_10g

GE = material("Ge", 5.323 * g / cm3)
N = 100_000


def uniform(k: int, seed: int = 1) -> list[jax.Array]:
    return list(jax.random.uniform(jax.random.PRNGKey(seed), (k, N)))


def cube(name: str, at: list[float], edge: float = 1.0, part: int = 0) -> Crystal:
    return Crystal(name, Box(at, [edge / 2] * 3), GE, part)


def isotropic(seed: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    u = uniform(2, seed)
    z = 2 * u[0] - 1
    s = jnp.sqrt(1 - z**2)
    return s * jnp.cos(2 * jnp.pi * u[1]), s * jnp.sin(2 * jnp.pi * u[1]), z


def test_vertices_are_uniform_by_volume_within_a_part() -> None:
    crystals = (
        cube("small", [0, 0, 0], 1.0),
        cube("other", [5, 0, 0], 1.0, part=1),
        Crystal("large", Cylinder([0.0, 5.0, 0.0], 1.0, 1.5), GE, 0),
        cube("larger", [0, 0, 5], 2.0),
    )
    arrangement = Arrangement(crystals, (), Sphere([0.0, 0.0, 0.0], 20.0))
    part = jnp.arange(N) % 2
    crystal, point = arrangement.vertex(part, tuple(uniform(3)))
    assert set(np.unique(crystal[part == 1])) == {1}
    counts = np.bincount(np.asarray(crystal[part == 0]), minlength=4)
    volume = np.array([1.0, 0.0, 3 * np.pi, 8.0])
    expected = N / 2 * volume / volume.sum()
    assert np.all(np.abs(counts - expected) <= 4 * np.sqrt(expected))  # 4 sigma
    for k, body in enumerate(crystals):
        centre, half = (np.asarray(x) for x in body.shape.box)
        mine = np.stack([np.asarray(x) for x in point], axis=-1)[np.asarray(crystal) == k]
        assert np.all(np.abs(mine - centre) <= half)
        # uniform in each direction of the box: the mean of |x| / half is 1/2 (boxes) or 4/(3 pi) across a cylinder
        across = 4 / (3 * np.pi) if isinstance(body.shape, Cylinder) else 0.5
        np.testing.assert_allclose(
            np.abs((mine - centre) / half).mean(axis=0), [across, across, 0.5], atol=4 * 0.3 / np.sqrt(len(mine))
        )


def test_detection_is_attenuation_along_the_ray() -> None:
    """A photon from a crystal through a slab, behind which stands another one: three exponentials."""
    detectors = (
        Body("first", Box([0, 0, 10.0], [50, 50, 5]), GE),
        Body("second", Box([0, 0, 30.0], [50, 50, 5]), GE),
    )
    arrangement = Arrangement((cube("target", [0, 0, 0], 4.0),), detectors, Sphere([0.0, 0.0, 0.0], 5.0))
    E = jnp.array([0.2, 1.0, 8.0])
    zero, one = jnp.zeros(3), jnp.ones(3)
    share = arrangement.detection((zero, zero, zero), (zero, zero, one), E)
    mu = np.asarray(GE.attenuation(E))
    first = np.exp(-2 * mu) * (1 - np.exp(-10 * mu))
    np.testing.assert_allclose(share[:, 0], first, rtol=1e-13)
    np.testing.assert_allclose(share[:, 1], np.exp(-12 * mu) * (1 - np.exp(-10 * mu)), rtol=1e-13)
    np.testing.assert_array_equal(arrangement.detection((zero, zero, zero), (zero, zero, -one), E), 0.0)


def test_a_shell_is_met_twice_from_outside_and_once_from_within() -> None:
    arrangement = Arrangement(
        (cube("target", [0, 0, 0]),), (Body("shell", Shell([0.0] * 3, 10.0, 12.0, 50.0), GE),), Sphere([0.0] * 3, 5.0)
    )
    mu = float(GE.attenuation(1.0))
    one, zero = jnp.ones(1), jnp.zeros(1)
    within = arrangement.detection((zero, zero, zero), (one, zero, zero), one)
    assert float(within[0, 0]) == pytest.approx(np.exp(-0.5 * mu) * (1 - np.exp(-2 * mu)), rel=1e-13)
    outside = arrangement.detection((-20 * one, zero, zero), (one, zero, zero), one)
    through = (1 - np.exp(-2 * mu)) * (1 + np.exp(-3 * mu))  # two walls, and the crystal of 1 mm between them
    assert float(outside[0, 0]) == pytest.approx(through, rel=1e-13)


def test_detect_follows_the_probabilities() -> None:
    arrangement = nucleus_10g()
    crystal, start = arrangement.vertex(jnp.arange(N) % 2, tuple(uniform(3)))
    direction, E = isotropic(2), 0.1 + 8 * uniform(1, 3)[0]
    share = np.asarray(arrangement.detection(start, direction, E))
    assert share.min() >= 0
    assert share.sum(axis=1).max() <= 1
    found = np.asarray(arrangement.detect(start, direction, E, uniform(1, 4)[0]))
    counts = np.array([(found == k).sum() for k in range(6)])
    assert np.all(np.abs(counts - share.sum(axis=0)) < 4 * np.sqrt(share.sum(axis=0)))  # 4 sigma
    assert crystal.max() == 17


def test_a_photon_is_seen_stopped_or_gone() -> None:
    """Three probabilities, each summed over its own bodies, make one; also for photons from outside."""
    shell = Body("shell", Shell([0.0] * 3, 60.0, 70.0, 50.0, "x"), GE)
    nucleus = nucleus_10g()
    arrangement = Arrangement(nucleus.crystals, (shell,), nucleus.instrumented)
    start = tuple(200 * (u - 0.5) for u in uniform(3, 6))
    for made in (nucleus, arrangement):
        fate = made.photon(start, isotropic(7), 0.05 + 9 * uniform(1, 8)[0])
        assert float(fate.crystals.max()) > 0.01
        assert float(fate.detectors.min()) >= 0
        # sums of 25 numbers below one
        np.testing.assert_allclose(fate.detectors.sum(axis=-1) + fate.crystals + fate.escape, 1.0, rtol=0, atol=1e-13)


def test_nucleus_is_closed() -> None:
    """From anywhere in the cavity, in any direction, there is germanium [arXiv:2509.03559, section 2]."""
    arrangement = nucleus_10g()
    start = arrangement.instrumented.point(tuple(uniform(3, 9)))
    direction = isotropic(10)
    thickness = sum(leave - enter for d in arrangement.detectors for enter, leave in d.shape.chords(start, direction))
    assert float(thickness.min()) > 0
    # the crystals of the lids: 1 kg each [arXiv:2508.02488, section 2]
    assert float(arrangement.detectors[-1].shape.volume) * 5.323 * g / cm3 / g == pytest.approx(1000, rel=0.05)


def test_the_longest_path_is_reached_and_not_passed() -> None:
    arrangement = nucleus_10g()
    _, start = arrangement.vertex(jnp.arange(N) % 2, tuple(uniform(3, 11)))
    longest = float(arrangement.longest)
    assert float(arrangement.exit(start, isotropic(12)).max()) < longest
    corner = (jnp.array(-8.5), jnp.array(-12.5), jnp.array(-8.5))
    way = np.array([33.5, 52.5, 33.5])
    to = tuple(jnp.asarray(x) for x in way / np.linalg.norm(way))
    assert float(arrangement.exit(corner, to)) == pytest.approx(longest, rel=1e-14)


def test_round_bodies_may_be_close_and_inside_others() -> None:
    lids = (Body("a", Cylinder([0.0] * 3, 1.0, 9.0), GE), Body("b", Cylinder([1.5, 1.5, 0.0], 1.0, 9.0), GE))
    tube = Body("tube", Shell([0.0] * 3, 4.0, 5.0, 9.0), GE)
    assert Arrangement((cube("c", [0, 0, 20]),), (*lids, tube), Sphere([0.0, 0.0, 20.0], 2.0)).longest > 0
    close = (lids[0], Body("b", Cylinder([1.3, 1.3, 0.0], 1.0, 9.0), GE))
    with pytest.raises(ValueError, match="a and b overlap"):
        Arrangement((cube("c", [0, 0, 20]),), close, Sphere([0.0, 0.0, 20.0], 2.0))
    with pytest.raises(ValueError, match="tube and b overlap"):
        Arrangement(
            (cube("c", [0, 0, 20]),),
            (tube, Body("b", Shell([0.0] * 3, 4.5, 6.0, 1.0), GE)),
            Sphere([0.0, 0.0, 20.0], 2.0),
        )


def test_nucleus_fits_together() -> None:
    arrangement = nucleus_10g()
    assert len(arrangement.crystals) == 18
    mass = {
        part: sum(float(c.shape.volume) for c in arrangement.crystals if c.part == part) * density
        for part, density in ((0, 6.06 * g / cm3), (1, 3.98 * g / cm3))
    }
    # the masses of the experiment, 6.84 g and 4.41 g, are those of the cubes to the precision of density and size
    assert mass[0] / g == pytest.approx(6.84, rel=0.02)
    assert mass[1] / g == pytest.approx(4.41, rel=0.02)
    zero = jnp.zeros(N)
    assert float(arrangement.exit((zero, zero, zero), isotropic(5)).max()) <= float(arrangement.longest)
    experiment = experiments.load("nucleus-10g")
    assert experiment.arrangement is not None
    assert len(experiment.parts) == len(experiment.target.labels)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Arrangement((), (), Sphere([0.0] * 3, 1.0)), "without crystals"),
        (
            lambda: Arrangement((cube("a", [0, 0, 0]), cube("b", [0.5, 0, 0])), (), Sphere([0.0] * 3, 9.0)),
            "a and b overlap",
        ),
        (lambda: Arrangement((cube("a", [9, 0, 0]),), (), Sphere([0.0] * 3, 9.0)), "a sticks out"),
        (lambda: Arrangement((cube("a", [5, 5, 5]),), (), Sphere([0.0] * 3, 9.0)), "a sticks out"),
        (lambda: Arrangement((cube("a", [0, 0, 0]),), (), Shell([0.0] * 3, 1.0, 2.0, 3.0)), "not convex"),
        (
            lambda: Arrangement(
                (cube("a", [0, 0, 0]),),
                (Body("d", Box([5, 0, 0], [1, 1, 1]), material("Ge", 5.0 * g / cm3)),),
                Sphere([0.0] * 3, 2.0),
            ),
            "two materials are called Ge",
        ),
    ],
)
def test_impossible_arrangements(make: Callable[[], Arrangement], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make()


def test_cubes_in_an_array_touch_but_do_not_overlap() -> None:
    cubes = array("Ge", GE, 0, 5 * mm, (3, 3, 3), 5 * mm)
    assert len(cubes) == 27
    assert Arrangement(cubes, (), Box([0.0] * 3, [7.5] * 3)).longest == pytest.approx(15 * np.sqrt(3))


GEOMETRY = {
    "kind": "bodies",
    "cubes": [
        {"formula": "Ge", "density": "5.323 g/cm^3", "edge": "5 mm", "counts": [2, 2, 1], "pitch": "6 mm",
         "centre": ["0 mm", "0 mm", "-1 cm"]}
    ],
    "detectors": [
        {"name": "slab", "formula": "Ge", "density": "5.323 g/cm^3",
         "shape": {"kind": "box", "centre": ["0 mm", "0 mm", "8 cm"], "edges": ["10 cm", "10 cm", "2 cm"]}}
    ],
    "instrumented": {"kind": "cylinder", "centre": ["0 mm", "0 mm", "0 mm"], "radius": "5 cm", "height": "10 cm"},
}  # fmt: skip


def setup(geometry: object) -> dict[str, object]:
    return {
        "name": "mine",
        "source": {"kind": "chooz"},
        "target": [{"formula": "Ge", "mass": "2.66 g"}],
        "exposure": "1 year",
        "path": "5 cm",
        "recoil_window": ["20 eV", "1 keV"],
        "photon": {"threshold": "100 keV"},
        "geometry": geometry,
    }


def test_geometry_from_a_file() -> None:
    arrangement = experiments.from_mapping(setup(GEOMETRY), "mine.yaml").arrangement
    assert arrangement is not None
    assert len(arrangement.crystals) == 4
    np.testing.assert_allclose(arrangement.crystals[0].shape.box[0], [-3.0, -3.0, -10.0])
    np.testing.assert_allclose(arrangement.detectors[0].shape.box[1], [50.0, 50.0, 10.0])


@pytest.mark.parametrize(
    ("geometry", "complaint"),
    [
        ({"kind": "nucleus-10g"}, "nucleus-10g needs a target of CaWO4 and Al2O3"),
        ({"kind": "round"}, "geometry.kind: 'round' is unknown; choose one of nucleus-10g, bodies"),
        (GEOMETRY | {"cubes": [GEOMETRY["cubes"][0] | {"formula": "Si"}]}, "Si is no part of the target"),  # type: ignore[index,operator]
        (GEOMETRY | {"cubes": [GEOMETRY["cubes"][0] | {"edge": "-5 mm"}]}, "edge"),  # type: ignore[index,operator]
    ],
)
def test_impossible_geometry_in_a_file(geometry: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        experiments.from_mapping(setup(geometry), "mine.yaml")
    assert str(caught.value).startswith("mine.yaml: ")
    assert "\n" not in str(caught.value)
