"""What the event blocks compute in their own way gives the same as JAX, to the last bit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nushine.numerics.arrays import first_true
from nushine.numerics.threefry import threefry, uniform, uniforms


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
@pytest.mark.parametrize("n", [1, 2, 777, 65536])
def test_uniform_numbers_are_those_of_jax(seed: int, n: int) -> None:
    key = jax.random.fold_in(jax.random.PRNGKey(seed), 12)
    assert np.array_equal(uniform(key, n), jax.random.uniform(key, (n,), dtype=float))


def test_rows_have_the_keys_that_jax_splits() -> None:
    key = jax.random.PRNGKey(5)
    expected = [jax.random.uniform(row, (300,), dtype=float) for row in jax.random.split(key, 3)]
    assert np.array_equal(np.stack(uniforms(key, 3, 300)), np.stack(expected))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (0x00000000, (0x6B200159, 0x99BA4EFE)),
        (0xFFFFFFFF, (0x1CB996FC, 0xBB002BE7)),
    ],
)
def test_threefry_gives_the_known_answers_of_its_authors(word: int, expected: tuple[int, int]) -> None:
    """Known-answer vectors of Threefry-2x32-20: all zeros and all ones (J. K. Salmon et al., Random123)."""
    both = (jnp.uint32(word), jnp.uint32(word))
    assert tuple(int(x) for x in threefry(both, both)) == expected


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_first_true_gives_the_places_of_nonzero(share: float) -> None:
    flags = jax.random.uniform(jax.random.PRNGKey(1), (256 * 9,)) < share
    expected = jnp.nonzero(flags, size=1000, fill_value=flags.size - 1)[0]
    assert np.array_equal(first_true(flags, 1000), expected)
