"""Compilation that keeps types, and does not keep programs for ever."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import jax

import nushine.numerics  # noqa: F401  (double precision)

F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """`jax.jit` for a function or method whose arguments are all arrays or pytrees, with its type kept."""
    return cast(F, jax.jit(function))


KEPT = 20
"""Kinds of problems whose compiled programs are kept at a time.

Each takes a thousand memory maps of the process and more, of which Linux allows 65 530.
"""

_kept: set[Hashable] = set()


def keep_programs(*arguments: Any) -> None:
    """Note that a problem of this kind is about to be compiled; forget all compiled programs when there are too many.

    A kind is what is compiled: the structure of the arguments, their shapes, and whatever in them is no array. Call it
    at the start of a computation, never inside of one.
    """
    leaves, structure = jax.tree.flatten(arguments)
    kind = structure, tuple((leaf.shape, str(leaf.dtype)) if hasattr(leaf, "shape") else leaf for leaf in leaves)
    if kind in _kept:
        return
    if len(_kept) >= KEPT:
        jax.clear_caches()  # type: ignore[no-untyped-call]
        _kept.clear()
    _kept.add(kind)
