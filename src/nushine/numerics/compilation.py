"""Compilation that keeps types."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import jax

import nushine.numerics  # noqa: F401  (double precision)

F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """`jax.jit` for a function or method whose arguments are all arrays or pytrees, with its type kept."""
    return cast(F, jax.jit(function))
