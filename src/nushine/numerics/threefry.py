"""Uniform random numbers of `jax.random`, bit for bit, at half the time on a CPU.

JAX compiles its rounds as a loop over arrays, which passes them through memory; here they are written out, so that a
number stays in registers. Use it in a compiled function of its own: next to arithmetic the compiler would rather draw
a number again for each use than keep it.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
"""Threefry-2x32, twenty rounds: J. K. Salmon et al., SC '11, article 16, table 2."""

PARITY = np.uint32(0x1BD11BDA)


def threefry(key: tuple[Array, Array], counter: tuple[Array, Array]) -> tuple[Array, Array]:
    """Two words of 32 random bits for each counter, by Threefry-2x32 with 20 rounds."""
    keys = (*key, key[0] ^ key[1] ^ PARITY)
    a, b = counter[0] + keys[0], counter[1] + keys[1]
    for i in range(5):
        for by in ROTATIONS[i % 2]:
            a = a + b
            b = ((b << np.uint32(by)) | (b >> np.uint32(32 - by))) ^ a
        a, b = a + keys[(i + 1) % 3], b + keys[(i + 2) % 3] + np.uint32(i + 1)
    return a, b


def uniform(key: Array, n: int) -> Array:
    """As ``jax.random.uniform(key, (n,))`` in double precision: n < 2^32 numbers in [0, 1) with 52 random bits."""
    counter = lax.iota(jnp.uint32, n)
    high, low = threefry((key[0], key[1]), (jnp.zeros_like(counter), counter))
    bits = (high.astype(jnp.uint64) << np.uint64(32)) | low.astype(jnp.uint64)
    one_to_two = (bits >> np.uint64(12)) | np.uint64(0x3FF0000000000000)
    return lax.bitcast_convert_type(one_to_two, jnp.float64) - 1.0


def uniforms(key: Array, k: int, n: int) -> list[Array]:
    """Rows of n uniform numbers, each with a key split from this one."""
    return [uniform(row, n) for row in jax.random.split(key, k)]
