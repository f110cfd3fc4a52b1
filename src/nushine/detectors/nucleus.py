"""The arrangement of NUCLEUS-10g: two arrays of cubes inside six germanium crystals."""

from collections.abc import Sequence
from itertools import product

import jax.numpy as jnp
from hepunits import cm3, g, mm

from nushine.detectors.arrangement import Arrangement, Body, Crystal
from nushine.detectors.attenuation import Material, material
from nushine.detectors.shapes import Box, Cylinder, Shape
from nushine.numerics.arrays import as_array

DENSITY = {"CaWO4": 6.06 * g / cm3, "Al2O3": 3.98 * g / cm3, "Ge": 5.323 * g / cm3}
"""Densities: CaWO4 and Al2O3 as in the CRC Handbook of Chemistry and Physics, Ge from NIST (1995 tables, Table 1)."""


def array(
    name: str,
    of: Material,
    part: int,
    edge: float,
    counts: tuple[int, int, int],
    pitch: float,
    centre: Sequence[float] = (0.0, 0.0, 0.0),
) -> tuple[Crystal, ...]:
    """Cubes in a regular array.

    Parameters
    ----------
    name, of, part
        Label, material, and which part of the target they are.
    edge, pitch : float
        Edge of a cube, and distance of the centres of neighbours [mm].
    counts : tuple of int
        Cubes along x, y and z.
    centre : sequence of float
        Centre of the array [mm].

    """
    offsets = [[(i - (n - 1) / 2) * pitch for i in range(n)] for n in counts]
    return tuple(
        Crystal(f"{name} {k}", Box(as_array(centre) + as_array(at), as_array([edge / 2] * 3)), of, part)
        for k, at in enumerate(product(*offsets))
    )


def nucleus_10g() -> Arrangement:
    """Two arrays of 3 x 3 cubes of 5 mm, CaWO4 (part 0) above Al2O3 (part 1), in the germanium outer veto.

    Notes
    -----
    Published: the cubes, their number and materials, the six crystals of germanium (two cylinders above and below, four
    boxes at the sides) and their thickness of 25 mm. Assumed here: gaps of 1 mm between cubes, 20 mm between the
    arrays, faces of 55 mm x 80 mm of the boxes and a diameter of 100 mm of the cylinders, so that the crystals almost
    close around a cavity of 55 mm x 80 mm x 55 mm, in which decays count. The vertical is y. The silicon inner veto
    and holders, millimetres thick, are left out.

    References
    ----------
    NUCLEUS, Eur. Phys. J. C 79, 1018 (2019), arXiv:1905.10258; commissioning: arXiv:2508.02488.

    """
    germanium = material("Ge", DENSITY["Ge"])
    half, height, thickness = 27.5 * mm, 40.0 * mm, 12.5 * mm
    at = half + thickness
    sides: dict[str, Shape] = {
        "downstream": Box(as_array([0.0, 0.0, at]), as_array([half, height, thickness])),
        "upstream": Box(as_array([0.0, 0.0, -at]), as_array([half, height, thickness])),
        "right": Box(as_array([at, 0.0, 0.0]), as_array([thickness, height, half])),
        "left": Box(as_array([-at, 0.0, 0.0]), as_array([thickness, height, half])),
    }
    for name, y in (("top", height + thickness), ("bottom", -height - thickness)):
        sides[name] = Cylinder(as_array([0.0, y, 0.0]), as_array(50.0 * mm), as_array(thickness), "y")
    crystals = [
        array(formula, material(formula, DENSITY[formula]), part, 5.0 * mm, (3, 1, 3), 6.0 * mm, (0.0, y, 0.0))
        for part, (formula, y) in enumerate((("CaWO4", 10.0 * mm), ("Al2O3", -10.0 * mm)))
    ]
    return Arrangement(
        crystals=crystals[0] + crystals[1],
        detectors=tuple(Body(name, shape, germanium) for name, shape in sides.items()),
        instrumented=Box(jnp.zeros(3), as_array([half, height, half])),
    )
