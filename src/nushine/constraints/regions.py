"""What the published limits exclude: point in region, and the lowest excluded moment."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nushine.constraints.limits import Boundary, Kind, LimitFlavour, PublishedLimit, load
from nushine.numerics.checks import require_positive

FloatArray = NDArray[np.float64]


def excluded(limit: PublishedLimit, m_N: ArrayLike, mu: ArrayLike) -> NDArray[np.bool_]:
    """Whether a published limit excludes points of the (m_N, mu) plane.

    Straight lines in log-log between the published points. A point is excluded where an odd number of them passes
    below it; nothing is excluded at masses outside the curve.

    Parameters
    ----------
    limit : PublishedLimit
        See `load` and `get`.
    m_N : array_like
        Sterile masses [MeV].
    mu : array_like
        Moments [mu_B], L = (mu/2) nubar sigma N F. Broadcasts with m_N.

    Returns
    -------
    ndarray of bool
        Broadcast shape of m_N and mu.

    Raises
    ------
    ValueError
        For masses or moments that are not above zero.

    Examples
    --------
    >>> from nushine.constraints import get
    >>> excluded(get("borexino"), 1.0, [1e-9, 1e-8])
    array([False,  True])

    """
    x, y = np.broadcast_arrays(_log("m_N", m_N, "MeV"), _log("mu", mu, "mu_B"))
    below = np.sum(_crossings(limit, x) <= y, axis=0)
    return np.asarray(below % 2 == 1)


def envelope(
    flavour: LimitFlavour | str, m_N: ArrayLike, kind: Kind | None = Kind.LABORATORY, *, variants: bool = False
) -> FloatArray:
    """Lowest moment [mu_B] excluded by the limits that are lower edges, at each mass.

    Closed regions (BBN, SN1987A, Super-K atmospheric, NOMAD) have an upper edge and are left out; see `excluded`.
    Confidence levels are mixed (90 and 95 %), as published.

    Parameters
    ----------
    flavour : LimitFlavour or str
        As for `load`.
    m_N : array_like
        Sterile masses [MeV].
    kind : Kind or None
        Laboratory limits by default; None takes stellar cooling in.
    variants : bool
        Take in the stronger curves where the same data have been analysed twice or for a moment to the Z too, see
        `PublishedLimit.variant_of`: LSND of Magill et al., LEP with photon and Z, DONUT recomputed.

    Returns
    -------
    ndarray
        Shape of m_N; inf where there is no limit.

    Raises
    ------
    ValueError
        For an unknown flavour, or masses not above zero.

    Examples
    --------
    >>> envelope("e", [1e-3, 1.0]).round(12)
    array([      inf, 1.636e-09])

    """
    x = _log("m_N", m_N, "MeV")
    edges = [
        np.min(_crossings(limit, x), axis=0)
        for limit in load(flavour)
        if limit.boundary is Boundary.LOWER and kind in (None, limit.kind) and (variants or not limit.variant_of)
    ]
    return np.asarray(np.exp(np.min(edges, axis=0)))


def _log(name: str, value: ArrayLike, unit: str) -> FloatArray:
    x = np.asarray(value, dtype=np.float64)
    require_positive(name, x, unit)
    return np.asarray(np.log(x))


def _crossings(limit: PublishedLimit, x: FloatArray) -> FloatArray:
    """Log mu at which each segment of the curve passes log m_N = x, inf where it does not; (segments, *x.shape)."""
    corners = np.log(np.stack([limit.m_N, limit.mu]))
    if limit.boundary is Boundary.CLOSED:
        corners = np.concatenate([corners, corners[:, :1]], axis=1)
    x_0, y_0 = corners[:, :-1].reshape(2, -1, *np.ones(x.ndim, int))
    x_1, y_1 = corners[:, 1:].reshape(2, -1, *np.ones(x.ndim, int))
    passes = (x_0 <= x) != (x_1 <= x)
    run = np.where(x_1 == x_0, 1.0, x_1 - x_0)
    return np.where(passes, y_0 + (y_1 - y_0) * (x - x_0) / run, np.inf)
