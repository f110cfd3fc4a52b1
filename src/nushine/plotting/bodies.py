"""Outlines of crystals, detectors and volumes in a projection."""

from typing import NamedTuple

import numpy as np
from matplotlib.patches import Annulus, Circle, Patch, Rectangle
from numpy.typing import NDArray

from nushine.detectors import Arrangement, Box, Cylinder, Shape, Shell, Sphere

FloatArray = NDArray[np.float64]


class View(NamedTuple):
    """A projection: the numbers (0, 1, 2 for x, y, z) of the axes to the right, up, and of sight."""

    right: int
    up: int
    sight: int
    title: str

    def flat(self, point: FloatArray) -> FloatArray:
        """Point or points, shape (..., 3), in the projection."""
        return point[..., [self.right, self.up]]


SIDE = View(2, 1, 0, "from the side")
BEAM = View(0, 1, 2, "against the beam")


def outline(shape: Shape, view: View) -> list[Patch]:
    """Outline of a body; of a shell that lies in the plane, the two walls where it is cut in the middle."""
    centre, half = (np.asarray(x, dtype=float) for x in shape.box)
    at, size = view.flat(centre), view.flat(half)
    low = at - size
    if isinstance(shape, Sphere):
        return [Circle((at[0], at[1]), size[0])]
    if isinstance(shape, Cylinder | Shell) and "xyz".index(shape.axis) == view.sight:
        if isinstance(shape, Shell):
            return [Annulus((at[0], at[1]), float(shape.outer), float(shape.outer - shape.inner))]
        return [Circle((at[0], at[1]), size[0])]
    if isinstance(shape, Shell):
        wall = size.copy()
        across = 1 if "xyz".index(shape.axis) == view.right else 0
        wall[across] = float(shape.outer - shape.inner) / 2
        far = low.copy()
        far[across] = at[across] + float(shape.inner)
        return [Rectangle((x, y), 2 * wall[0], 2 * wall[1]) for x, y in (low, far)]
    if isinstance(shape, Box | Cylinder):
        return [Rectangle((low[0], low[1]), 2 * size[0], 2 * size[1])]
    raise ValueError(f"{type(shape).__name__}: no outline is known; use a box, cylinder, shell or sphere")


def hides(shape: Shape, view: View, point: FloatArray) -> bool:
    """Whether a body is in front of a point, or behind it; through the hollow of a shell it is not."""
    at = view.flat(point)
    patches = outline(shape, view)
    if isinstance(patches[0], Annulus):
        away = float(np.hypot(*(at - patches[0].center)))
        outer = float(patches[0].radii[0])
        return outer - float(patches[0].width) < away < outer
    return any(bool(patch.contains_point((at[0], at[1]))) for patch in patches)


def extent(arrangement: Arrangement) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest coordinates [mm] of everything."""
    shapes = [body.shape for body in (*arrangement.crystals, *arrangement.detectors)]
    boxes = [[np.asarray(x, dtype=float) for x in shape.box] for shape in (*shapes, arrangement.instrumented)]
    return np.min([c - h for c, h in boxes], axis=0), np.max([c + h for c, h in boxes], axis=0)
