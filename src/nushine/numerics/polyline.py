"""Lines through many points, carried by fewer: knots within a tolerance, or means over hat functions."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def knots_within(
    x: FloatArray, y: FloatArray, tolerance: float, most: int, floor: float = 1e-12
) -> NDArray[np.intp] | None:
    """Points whose connecting lines keep all the others within a tolerance.

    Parameters
    ----------
    x, y : array, shape (n,)
        Points in order of x; two with the same x are a step, and both are kept.
    tolerance : float
        Largest difference between the lines through all points and those through the kept ones, over the former or
        over `floor` times their largest value.
    most : int
        Give up beyond that many points.
    floor : float
        Differences are not taken relative to less than this part of the largest value.

    Returns
    -------
    array of int, or None
        Indices of the kept points.

    Notes
    -----
    Each round keeps, between neighbours, the point that is farthest off. Both functions are straight between two
    points, so that the tolerance holds there as well.

    """
    allowed = tolerance * np.maximum(np.abs(y), floor * np.max(np.abs(y)))
    step = np.flatnonzero(np.diff(x) == 0)
    kept = np.unique(np.concatenate([[0, x.size - 1], step, step + 1]))
    while kept.size <= most:
        of = np.clip(np.searchsorted(kept, np.arange(x.size), side="right") - 1, 0, kept.size - 2)
        a, b = kept[of], kept[of + 1]
        width = x[b] - x[a]
        share = np.where(width > 0, (x - x[a]) / np.where(width > 0, width, 1.0), 0.0)
        excess = np.abs(y[a] * (1 - share) + y[b] * share - y) / allowed
        excess[kept] = 0.0
        if excess.max() <= 1.0:
            return kept
        worst = np.maximum.reduceat(excess, kept[:-1])
        far = np.flatnonzero((excess == worst[of]) & (excess > 1.0))
        first = far[np.unique(of[far], return_index=True)[1]]
        kept = np.union1d(kept, first)
    return None


def hat_means(x: FloatArray, y: FloatArray, nodes: FloatArray) -> FloatArray:
    r"""Values at nodes: means of the lines through the points, weighted with the hat function of each node.

    .. math:: y_k = \int f(x)\, h_k(x)\, dx \Big/ \int h_k(x)\, dx

    The lines through the values have the same integral, and are nowhere below zero if f is not.

    Parameters
    ----------
    x, y : array, shape (n,)
        Points in order of x; two with the same x are a step.
    nodes : array, shape (m,)
        Strictly increasing, from the first x to the last.

    """
    rises = np.diff(x) > 0
    x0, y0 = x[:-1][rises], y[:-1][rises]
    slope = np.diff(y)[rises] / np.diff(x)[rises]
    edges = np.union1d(x, nodes)
    left, right = edges[:-1], edges[1:]
    of = np.searchsorted(x0, left, side="right") - 1
    cell = np.searchsorted(nodes, left, side="right") - 1
    width = np.diff(nodes)
    at = [y0[of] + slope[of] * (u - x0[of]) for u in (left, (left + right) / 2, right)]
    t = [(u - nodes[cell]) / width[cell] for u in (left, (left + right) / 2, right)]
    simpson = (right - left) / 6 * np.array([[1.0], [4.0], [1.0]])
    whole = np.bincount(cell, np.sum(simpson * at, axis=0), minlength=width.size)
    upper = np.bincount(cell, np.sum(simpson * np.array(at) * t, axis=0), minlength=width.size)
    inside = np.append(whole - upper, 0.0) + np.insert(upper, 0, 0.0)
    return np.asarray(np.maximum(inside, 0.0) * 2 / (np.append(width, 0.0) + np.insert(width, 0, 0.0)))
