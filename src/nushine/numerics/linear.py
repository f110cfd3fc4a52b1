"""Small linear systems, many at a time."""

import jax
import jax.numpy as jnp
from jax import Array


def solve_positive(matrix: Array, right: Array) -> Array:
    """Solution x of ``matrix @ x = right`` for a symmetric positive definite matrix (n, n), n up to a few dozen.

    Or for one that differs from such a matrix by factors of its rows and columns. The right side is (n,), or several as
    columns (n, m). Gauss-Jordan elimination, written out: under `jax.vmap` each step is one operation on all systems,
    while a library call solves them one by one.
    """
    n = matrix.shape[-1]
    rows = jnp.concatenate([matrix, right.reshape(n, -1)], axis=1)

    def eliminate(j: Array, rows: Array) -> Array:
        pivot = rows[j] / rows[j, j]
        # not as one more difference: it would lose all digits of this row for a large pivot
        return jnp.where((jnp.arange(n) == j)[:, None], pivot, rows - rows[:, j, None] * pivot)

    # a number of steps that the compiler cannot see keeps it from writing them out, which takes long to compile
    steps = jax.lax.optimization_barrier(jnp.asarray(n))  # type: ignore[no-untyped-call]
    end: Array = jax.lax.fori_loop(0, steps, eliminate, rows)
    return end[:, n:].reshape(right.shape)


def solve_updated(base: Array, columns: Array, weights: Array, right: Array, residual: Array) -> Array:
    r"""Solution x of :math:`(A + J C J^T)\,x = b + J f`, with A (n, n), J (n, m), C = diag(c), m below or about n.

    .. math:: x = A^{-1} (b + J v), \qquad (1 + C J^T A^{-1} J)\,v = f - C J^T A^{-1} b

    A must be positive definite and c not negative. Where J C J^T is larger than A by more than the digits of a number,
    as for many events, their sum no longer knows A; this does, and nothing large cancels.
    """
    solved = solve_positive(base, jnp.concatenate([columns, right[:, None]], axis=1))
    inner = jnp.eye(weights.size) + weights[:, None] * (columns.T @ solved[:, :-1])
    left = solve_positive(inner, residual - weights * (columns.T @ solved[:, -1]))
    return solved[:, -1] + solved[:, :-1] @ left
