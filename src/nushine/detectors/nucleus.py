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
    Published: the cubes, their number and materials; six crystals of germanium, 25 mm thick, two of them cylinders of
    100 mm diameter and four boxes; that they close around the target, with an outer diameter of about 100 mm. Assumed
    here: gaps of 1 mm between cubes, 20 mm between the arrays, boxes of 75 mm x 80 mm, each of which covers the edge of
    the next, around a cavity of 50 mm x 80 mm x 50 mm, in which decays count. The vertical is y. The silicon inner
    veto, the copper around the germanium and other holders, millimetres thick, are left out.

    References
    ----------
    NUCLEUS, Eur. Phys. J. C 79, 1018 (2019), arXiv:1905.10258, figure 8 and section 3.2; commissioning,
    arXiv:2508.02488, section 2; backgrounds, arXiv:2509.03559, section 2.

    """
    germanium = material("Ge", DENSITY["Ge"])
    half, height, thickness = 25.0 * mm, 40.0 * mm, 12.5 * mm
    at = width = half + thickness
    sides: dict[str, Shape] = {
        "downstream": Box(as_array([thickness, 0.0, at]), as_array([width, height, thickness])),
        "upstream": Box(as_array([-thickness, 0.0, -at]), as_array([width, height, thickness])),
        "right": Box(as_array([at, 0.0, -thickness]), as_array([thickness, height, width])),
        "left": Box(as_array([-at, 0.0, thickness]), as_array([thickness, height, width])),
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
