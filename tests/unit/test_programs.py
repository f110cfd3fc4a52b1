"""Compiled programs that are forgotten before they crowd the process."""

import math
import sys
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import pytest

from nushine.numerics import compilation
from nushine.numerics.compilation import OFTEN, jit


@pytest.fixture
def cleared(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """One entry for each time that all programs are forgotten, in a process with room for 1000 maps."""
    found: list[bool] = []
    monkeypatch.setattr(compilation.jax, "clear_caches", lambda: found.append(True))
    monkeypatch.setattr(compilation, "_kept", {"a kind"})
    monkeypatch.setattr(compilation, "allowed_maps", lambda: 1000.0)
    monkeypatch.setattr(compilation, "memory_maps", lambda: 900)
    compilation._programs.steps = 0
    yield found
    compilation._programs.steps = 0


@jit
def twice(x: jax.Array) -> jax.Array:
    return 2 * x


def test_every_new_shape_is_counted(cleared: list[bool]) -> None:
    twice(jnp.ones(3))
    before = compilation._programs.steps
    twice(jnp.zeros(3))
    assert compilation._programs.steps - before <= 3  # of zeros, at the most
    for n in range(4, 4 + OFTEN):
        twice(jnp.ones(n))
    assert cleared
    assert not compilation._kept


def test_programs_are_kept_where_there_is_room(cleared: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation, "memory_maps", lambda: 500)
    compilation._programs.steps = OFTEN
    twice(jnp.ones(3))
    assert not cleared
    assert compilation._kept
    assert compilation._programs.steps < OFTEN  # not looked at again at the next call


def test_nothing_is_forgotten_while_a_function_is_traced(cleared: list[bool]) -> None:
    def outer(x: jax.Array) -> jax.Array:
        compilation._programs.steps = OFTEN
        return twice(x) + twice(jnp.ones(3))

    jax.make_jaxpr(outer)(1.0)
    assert not cleared
    twice(jnp.ones(3))
    assert len(cleared) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells its memory maps")
def test_maps_of_this_process() -> None:
    assert 10 < compilation.memory_maps() < compilation.allowed_maps() < math.inf
