"""Small linear systems, many at a time."""

import jax
import jax.numpy as jnp
from jax import Array


def solve_positive(matrix: Array, vector: Array) -> Array:
    """Solution x of ``matrix @ x = vector`` for a symmetric positive definite matrix (n, n), n up to a few dozen.

    Gauss-Jordan elimination, written out: under `jax.vmap` each step is one operation on all systems, while a library
    call solves them one by one.
    """
    n = vector.shape[-1]
    rows = jnp.concatenate([matrix, vector[:, None]], axis=1)

    def eliminate(j: Array, rows: Array) -> Array:
        pivot = rows[j] / rows[j, j]
        others = rows[:, j].at[j].add(-1.0)
        return rows - others[:, None] * pivot

    # a number of steps that the compiler cannot see keeps it from writing them out, which takes long to compile
    steps = jax.lax.optimization_barrier(jnp.asarray(n))  # type: ignore[no-untyped-call]
    end: Array = jax.lax.fori_loop(0, steps, eliminate, rows)
    return end[:, n]
