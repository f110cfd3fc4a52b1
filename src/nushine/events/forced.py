"""The share of N that decay inside the instrumented volume: what the weights of forced decays are relative to."""

import jax.numpy as jnp
import numpy as np
from jax import Array

from nushine.events import chain
from nushine.events.block import Plan, flight, places
from nushine.events.process import take
from nushine.events.record import BLOCK
from nushine.numerics.compilation import jit

SETS = 8
"""Sets of BLOCK points each, shifted at random: their spread gives the error."""

DIMENSIONS = 7
"""Cell, place in the cell (2), azimuth of N, and place in the crystals (3)."""


def share_inside(plan: Plan) -> tuple[float, float]:
    r"""Mean weight of the forced decays of a plan without importance, and its standard deviation.

    .. math:: s = \frac{\sum_k r_k\, P_{in}(k) / P(k)}{\sum_k r_k}

    over points that fill the plane of production, the azimuth and the crystals evenly, where r is density over majorant
    of the proposal, P the probability of the decay within its path, and P_in that of the decay inside.

    Returns
    -------
    tuple of float
        Share and error, from the spread of the sets: some 1e-4 to 1e-3 of the share where decays near the production
        count, and up to some 3e-2 where `flight_min` leaves the few that fly nearly the longest path.

    """
    start = np.random.default_rng(0).random((SETS, DIMENSIONS))
    steps, numbers = _steps(DIMENSIONS), np.arange(BLOCK)[:, None]
    sums = np.array([_sums(plan, list(jnp.asarray(((numbers * steps + shift) % 1.0).T))) for shift in start])
    shares = sums[:, 0] / sums[:, 1]
    return float(sums[:, 0].sum() / sums[:, 1].sum()), float(shares.std(ddof=1) / SETS**0.5)


def _steps(d: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Powers of the root of x^(d+1) = x + 1: their multiples modulo one fill the cube evenly."""
    root = 2.0
    for _ in range(64):
        root = (1 + root) ** (1 / (d + 1))
    return root ** -np.arange(1.0, d + 1)


@jit
def _sums(plan: Plan, u: list[Array]) -> Array:
    """Sums of ratio times weight, and of the ratio."""
    assert plan.signal is not None
    point = plan.proposal.candidates(u[:3])
    m = jnp.asarray(plan.proposal.density.process.m_out, dtype=float)
    N = chain.scatter(point.E_nu, point.E_R, m, take(plan.proposal.isotopes, point.isotope), u[3])
    reach = places(plan, point, N, [*u[4:], u[4]]).reach
    _, weight = flight(plan, plan.signal, N, reach, jnp.full(BLOCK, 0.5))
    ratio = jnp.maximum(point.ratio, 0.0)
    return jnp.stack([jnp.sum(ratio * weight), jnp.sum(ratio)])
