"""Fewer points for large tables: rates take memory for each."""

import numpy as np
from numpy.typing import NDArray

from nushine.numerics.polyline import hat_means, knots_within

FloatArray = NDArray[np.float64]

MOST = 2000
"""Tables of up to this many energies are kept as they are; larger ones get at most this many points."""

TOLERANCES = (1e-5, 1e-4)
"""Largest relative change of the flux by fewer knots: the first for which `MOST` are enough."""


def fewer_points(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, str]:
    """Points that stand for a large table, and words for what was done; small tables come back as they are.

    See the notes of `tabulated`.
    """
    energies = 1 + np.count_nonzero(np.diff(x))  # a step counts once
    if energies <= MOST:
        return x, y, ""
    for tolerance in TOLERANCES:
        kept = knots_within(x, y, tolerance / 2, MOST)  # half is left for the common factor
        if kept is not None:
            factor = _area(x, y) / _area(x[kept], y[kept])
            return x[kept], y[kept] * factor, f"{energies} energies as {kept.size} points, within {tolerance:g}"
    start = max(x[x > 0][0], 1e-4 * x[-1])
    nodes = np.concatenate(
        [np.geomspace(start, x[-1], MOST // 2), x[np.linspace(0, x.size - 1, MOST // 2).astype(int)]]
    )
    nodes = np.unique(np.clip(nodes, x[0], x[-1]))
    values = hat_means(x, y, nodes)
    blur = np.max(np.diff(nodes)[nodes[:-1] >= start] / nodes[:-1][nodes[:-1] >= start])
    return nodes, values, f"{energies} energies as averages at {nodes.size}, blurred by {100 * blur:.2g} %"


def _area(x: FloatArray, y: FloatArray) -> float:
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))
