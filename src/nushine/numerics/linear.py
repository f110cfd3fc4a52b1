"""Small linear systems, many at a time."""

import jax.numpy as jnp
from jax import Array


def solve_positive(matrix: Array, vector: Array) -> Array:
    """Solution x of ``matrix @ x = vector`` for a symmetric positive definite matrix (n, n), n up to a few dozen.

    Gauss-Jordan elimination, written out: under `jax.vmap` each step is one operation on all systems, while a library
    call solves them one by one.
    """
    n = vector.shape[-1]
    rows = jnp.concatenate([matrix, vector[:, None]], axis=1)
    for j in range(n):
        pivot = rows[j] / rows[j, j]
        others = rows[:, j].at[j].add(-1.0)
        rows = rows - others[:, None] * pivot
    return rows[:, n]
