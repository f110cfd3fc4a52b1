"""Geometry as a block of a configuration file."""

import math
from collections.abc import Sequence
from typing import Annotated, Literal

from hepunits import g
from pydantic import Field

from nushine.config import Count, Length, Model, Name, Position, VolumeDensity
from nushine.detectors import Arrangement, Body, Box, Crystal, Cylinder, Shape, Shell, Sphere, material
from nushine.detectors.nucleus import array, nucleus_10g
from nushine.experiments.target import Formula
from nushine.numerics.arrays import as_array

MOST = 1000
"""Crystals of the largest arrangement that can be described in a file."""

ALIKE = 0.05
"""Masses of the crystals and of the target agree within this share: rounded edges and densities."""

Place = tuple[Position, Position, Position]


class BoxBlock(Model):
    """A box, by its centre and edges."""

    kind: Literal["box"]
    centre: Place
    edges: tuple[Length, Length, Length]

    def build(self) -> Shape:
        """Make the shape."""
        return Box(as_array(self.centre), as_array(self.edges) / 2)


class CylinderBlock(Model):
    """A cylinder."""

    kind: Literal["cylinder"]
    centre: Place
    radius: Length
    height: Length
    axis: Literal["x", "y", "z"] = "z"

    def build(self) -> Shape:
        """Make the shape."""
        return Cylinder(as_array(self.centre), as_array(self.radius), as_array(self.height / 2), self.axis)


class ShellBlock(Model):
    """A hollow cylinder."""

    kind: Literal["shell"]
    centre: Place
    inner_radius: Length
    outer_radius: Length
    height: Length
    axis: Literal["x", "y", "z"] = "z"

    def build(self) -> Shape:
        """Make the shape."""
        radii = as_array(self.inner_radius), as_array(self.outer_radius)
        return Shell(as_array(self.centre), *radii, as_array(self.height / 2), self.axis)


class SphereBlock(Model):
    """A ball."""

    kind: Literal["sphere"]
    centre: Place
    radius: Length

    def build(self) -> Shape:
        """Make the shape."""
        return Sphere(as_array(self.centre), as_array(self.radius))


ShapeBlock = Annotated[BoxBlock | CylinderBlock | ShellBlock | SphereBlock, Field(discriminator="kind")]


class CubesBlock(Model):
    """An array of cubes of one material of the target."""

    formula: Formula
    density: VolumeDensity
    edge: Length
    counts: tuple[Count, Count, Count]
    pitch: Length
    centre: Place


class BodyBlock(Model):
    """A photon detector, or a crystal of the target."""

    name: Name
    formula: Formula
    density: VolumeDensity
    shape: ShapeBlock


class NucleusGeometry(Model):
    """The arrangement of NUCLEUS-10g."""

    kind: Literal["nucleus-10g"]

    def build(self, formulas: Sequence[str]) -> Arrangement:
        """Make the arrangement."""
        if list(formulas) != ["CaWO4", "Al2O3"]:
            raise ValueError("geometry: nucleus-10g needs a target of CaWO4 and Al2O3, in this order")
        return nucleus_10g()


class BodiesGeometry(Model):
    """Any arrangement: arrays of cubes, single crystals, photon detectors, and the volume in which decays count."""

    kind: Literal["bodies"]
    cubes: list[CubesBlock] = Field(default_factory=list)
    crystals: list[BodyBlock] = Field(default_factory=list)
    detectors: list[BodyBlock] = Field(default_factory=list)
    instrumented: ShapeBlock

    def build(self, formulas: Sequence[str]) -> Arrangement:
        """Make the arrangement; `formulas` are the parts of the target."""
        number = sum(math.prod(c.counts) for c in self.cubes) + len(self.crystals)
        if number > MOST:
            raise ValueError(f"geometry: {number} crystals are too many to follow rays through: give {MOST} at most")
        crystals = [
            crystal
            for c in self.cubes
            for crystal in array(
                c.formula,
                material(c.formula, c.density),
                _part(c.formula, formulas),
                c.edge,
                c.counts,
                c.pitch,
                c.centre,
            )
        ]
        crystals += [
            Crystal(c.name, c.shape.build(), material(c.formula, c.density), _part(c.formula, formulas))
            for c in self.crystals
        ]
        detectors = [Body(d.name, d.shape.build(), material(d.formula, d.density)) for d in self.detectors]
        return Arrangement(tuple(crystals), tuple(detectors), self.instrumented.build())


def require_masses(arrangement: Arrangement, formulas: Sequence[str], masses: Sequence[float]) -> None:
    """Raise ValueError where crystals do not weigh what the target says of their part, within `ALIKE`."""
    for part, (formula, mass) in enumerate(zip(formulas, masses, strict=True)):
        placed = float(arrangement.mass(part))
        if placed > 0 and abs(placed - mass) > ALIKE * mass:
            raise ValueError(
                f"geometry: the crystals of {formula} weigh {placed / g:.4g} g, volume times density, where "
                f"target[{part}] has {mass / g:.4g} g: mend its mass, the density or the crystals, to agree within "
                f"{ALIKE:.0%}"
            )


GeometryBlock = Annotated[NucleusGeometry | BodiesGeometry, Field(discriminator="kind")]


def _part(formula: str, formulas: Sequence[str]) -> int:
    """Which part of the target is of this material."""
    if formula not in formulas:
        raise ValueError(f"geometry: {formula} is no part of the target, which is of {', '.join(formulas)}")
    return list(formulas).index(formula)
