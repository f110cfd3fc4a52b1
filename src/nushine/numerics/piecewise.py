"""Piecewise polynomials: Chebyshev series on contiguous segments."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

from nushine.numerics.compilation import jit, needs_jax

FloatArray = NDArray[np.float64]

DEGREE = 15
"""Default degree: on segments whose ends are in a ratio up to 1.5, f(x) x^-2 is then kept to 1e-14 for smooth f."""


class Piecewise(eqx.Module):
    r"""A function that is a polynomial on each of S contiguous segments and zero outside.

    .. math:: f(x) = \sum_j c_{ij} T_j(u), \qquad u = \frac{2x - x_i - x_{i+1}}{x_{i+1} - x_i}

    It may jump at the knots. The last knot belongs to the last segment.

    Parameters
    ----------
    knots : Array, shape (S + 1,)
        Segment ends, strictly increasing.
    coefficients : Array, shape (S, n)
        Chebyshev coefficients of each segment.

    """

    knots: Array
    coefficients: Array

    @classmethod
    @needs_jax
    def interpolate(cls, function: Callable[[FloatArray], FloatArray], knots: ArrayLike, degree: int = DEGREE) -> Self:
        """Interpolate a vectorised function at the Chebyshev points of each segment (never at a knot)."""
        edges = np.asarray(knots, dtype=float)
        values = function(_chebyshev_points(edges, degree))
        return cls(jnp.asarray(edges), jnp.asarray(values @ _to_coefficients(degree)))

    @classmethod
    @needs_jax
    def linear(cls, x: ArrayLike, y: ArrayLike) -> Self:
        """Straight lines through the points (x, y)."""
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        return cls(jnp.asarray(x), jnp.asarray(np.stack([(y[1:] + y[:-1]) / 2, (y[1:] - y[:-1]) / 2], axis=1)))

    @jit
    def __call__(self, x: ArrayLike) -> Array:
        """Value at x (any shape); zero outside the knots."""
        x = jnp.asarray(x)
        i = jnp.clip(jnp.searchsorted(self.knots, x, side="right") - 1, 0, self.knots.size - 2)
        left, right = self.knots[i], self.knots[i + 1]
        u = (2 * x - left - right) / (right - left)
        inside = (x >= self.knots[0]) & (x <= self.knots[-1])
        return jnp.where(inside, _clenshaw(self.coefficients[i], u), 0.0)

    @needs_jax
    def __mul__(self, factor: float | Array) -> "Piecewise":
        """Multiply by a number."""
        return Piecewise(self.knots, self.coefficients * factor)

    @needs_jax
    def refine(self, knots: ArrayLike, degree: int = DEGREE) -> "Piecewise":
        """The same function on the union of its knots with `knots` (zero where it was not defined)."""
        union = np.union1d(np.asarray(self.knots), np.asarray(knots, dtype=float))
        return Piecewise.interpolate(lambda x: np.asarray(self(x)), union, degree)

    @needs_jax
    def tail(self, power: int = 0) -> "Piecewise":
        r"""The function :math:`T(x) = \int_x^\infty f(x')\, x'^{-\text{power}}\, dx'` between the first and last knot.

        Evaluate it at ``max(x, knots[0])``. Accuracy 1e-14 relative where the segments obey `geometric`.
        """
        edges, n = self.knots, self.coefficients.shape[1]
        degree = max(n - 1, DEGREE)
        points = chebyshev.chebpts1(degree + 1)
        half = (edges[1:, None] - edges[:-1, None]) / 2
        nodes = edges[:-1, None] + half * (1 + points)
        values = self.coefficients @ chebyshev.chebvander(points, n - 1).T * nodes**-power
        coefficients = half * values @ _to_coefficients(degree)
        antiderivative = coefficients @ _integral_matrix(degree)
        at_right = antiderivative.sum(axis=1)
        whole = at_right - antiderivative @ (-1.0) ** jnp.arange(degree + 2)
        above = jnp.cumsum(whole[::-1])[::-1] - whole
        return Piecewise(edges, (-antiderivative).at[:, 0].add(at_right + above))

    @needs_jax
    def integral(self, low: ArrayLike | None = None, high: ArrayLike | None = None) -> Array:
        """Integral from low to high (default: everything)."""
        first, last = self.knots[0], self.knots[-1]
        tail = self.tail()
        below = first if low is None else jnp.clip(jnp.asarray(low), first, last)
        above = last if high is None else jnp.clip(jnp.asarray(high), first, last)
        return tail(below) - tail(above)


@needs_jax
def total(pieces: Sequence[Piecewise]) -> Piecewise:
    """Sum of piecewise functions, on the union of their knots; exact for polynomials up to the common degree."""
    degree = max(DEGREE, *(piece.coefficients.shape[1] - 1 for piece in pieces))
    union = np.unique(np.concatenate([np.asarray(piece.knots) for piece in pieces]))
    refined = [piece.refine(union, degree) for piece in pieces]
    return Piecewise(refined[0].knots, jnp.sum(jnp.stack([piece.coefficients for piece in refined]), axis=0))


def geometric(knots: ArrayLike, ratio: float = 1.5, step: float = np.inf, floor: float = 1e-3) -> FloatArray:
    """Knots with extra ones, so that neighbours are at most a factor `ratio` and a distance `step` apart.

    A segment that begins at zero is cut down to `floor` times the last knot and left whole below it.
    """
    edges = np.unique(np.asarray(knots, dtype=float))
    if edges[0] == 0.0 and floor * edges[-1] < edges[1]:
        edges = np.insert(edges, 1, floor * edges[-1])
    pieces = [_subdivided(a, b, ratio, step) for a, b in pairwise(edges)]
    return np.concatenate([edges[:1], *pieces])


def _subdivided(a: float, b: float, ratio: float, step: float) -> FloatArray:
    """Knots above a up to b, evenly spaced or in a geometric row, whichever needs fewer."""
    if a == 0.0:
        return np.array([b])
    even = int(np.ceil(max((b - a) / step, (b - a) / (a * (ratio - 1))) - 1e-9))
    shrink = min(1 / ratio, 1.0) if step >= b else max(1 / ratio, 1 - step / b)
    row = int(np.ceil(np.log(a / b) / np.log(shrink) - 1e-9))
    if even <= row:
        return np.append(np.linspace(a, b, max(even, 1) + 1)[1:-1], b)
    return np.append(np.geomspace(a, b, max(row, 1) + 1)[1:-1], b)


def _clenshaw(coefficients: Array, u: Array) -> Array:
    """Chebyshev sum over the last axis of the coefficients, at u in [-1, 1]."""
    b1 = b2 = jnp.zeros_like(u)
    for j in range(coefficients.shape[-1] - 1, 0, -1):
        b1, b2 = coefficients[..., j] + 2 * u * b1 - b2, b1
    return coefficients[..., 0] + u * b1 - b2


def _chebyshev_points(edges: FloatArray, degree: int) -> FloatArray:
    """Chebyshev points of the first kind on each segment, shape (S, degree + 1)."""
    u = chebyshev.chebpts1(degree + 1)
    return np.asarray((edges[:-1, None] + edges[1:, None]) / 2 + (edges[1:, None] - edges[:-1, None]) / 2 * u)


def _to_coefficients(degree: int) -> FloatArray:
    """Matrix that takes values at `chebpts1` to Chebyshev coefficients, shape (degree + 1, degree + 1)."""
    basis = chebyshev.chebvander(chebyshev.chebpts1(degree + 1), degree)
    return np.asarray(basis * 2 / (degree + 1) * np.where(np.arange(degree + 1) == 0, 0.5, 1.0))


def _integral_matrix(degree: int) -> FloatArray:
    """Matrix that takes Chebyshev coefficients to those of an antiderivative, shape (degree + 1, degree + 2)."""
    return np.stack(
        [
            _padded(np.asarray(chebyshev.chebint(row), dtype=float), degree + 2)
            for row in np.eye(degree + 1, dtype=np.float64)
        ]
    )


def _padded(row: FloatArray, size: int) -> FloatArray:
    return np.pad(row, (0, size - row.size))
