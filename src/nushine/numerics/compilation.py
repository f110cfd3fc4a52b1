"""Compilation that keeps types but not programs for ever, and the state of JAX that every compiled function needs."""

import functools
import math
import os
import sys
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar, cast

import equinox as eqx
import jax
import jax.monitoring

import nushine.numerics  # noqa: F401  (double precision)

F = TypeVar("F", bound=Callable[..., Any])


class JaxStateError(ValueError):
    """JAX cannot compute as nushine needs it: another library has changed its precision, or the process was forked."""


def require_jax() -> None:
    """Raise `JaxStateError` unless JAX is in double precision and its threads live in this process.

    Every compiled function of the package asks this at each call (a microsecond), and so does whatever makes arrays.
    """
    if not jax.config.jax_enable_x64:  # type: ignore[attr-defined]
        raise JaxStateError(
            "double precision is off: another library set jax_enable_x64 to False; "
            "call jax.config.update('jax_enable_x64', True) after importing it"
        )
    if _fork.orphaned:
        raise JaxStateError(
            "this process was forked after JAX had started, whose threads a fork does not copy (it would hang): "
            "use multiprocessing.get_context('spawn'), or import and load in the workers only"
        )


def needs_jax(function: F) -> F:
    """A function or method that is not compiled and computes with `jax.numpy`: it looks at the state of JAX first."""

    @functools.wraps(function)
    def call(*args: Any, **keywords: Any) -> Any:
        require_jax()
        return function(*args, **keywords)

    return cast(F, call)


def jit(function: F) -> F:
    """`jax.jit` for a function or method whose arguments are all arrays or pytrees, with its type kept."""
    return _guarded(function, jax.jit(function))


def filter_jit(function: F) -> F:
    """`equinox.filter_jit`, for arguments that are not all arrays, with the type of the function kept."""
    return _guarded(function, eqx.filter_jit(function))


def _guarded(function: F, compiled: Callable[..., Any]) -> F:
    """The compiled function, which looks at the state of JAX and of the process first; it stays as `compiled`."""

    @functools.wraps(function)
    def call(*args: Any, **keywords: Any) -> Any:
        require_jax()
        _programs.bound()
        return compiled(*args, **keywords)

    call.compiled = compiled  # type: ignore[attr-defined]
    return cast(F, call)


class _Fork:
    """Whether this process is the child of a fork, and JAX had started before it."""

    orphaned = False

    def look(self) -> None:
        """Note it, in the child: JAX has no public name for having started; without the private one, it has."""
        started = getattr(sys.modules.get("jax._src.xla_bridge"), "backends_are_initialized", lambda: True)
        self.orphaned = self.orphaned or bool(started())


_fork = _Fork()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_fork.look)


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
        _forget_programs()
    _kept.add(kind)


def _forget_programs() -> None:
    jax.clear_caches()  # type: ignore[no-untyped-call]
    _kept.clear()


CROWDED = 0.6
"""Programs are forgotten when the process has this share of the memory maps that Linux allows."""

OFTEN = 60
"""Steps of compilation, three or so for each program, between two looks at the memory maps (milliseconds each)."""


class _Programs:
    """Keeps the memory maps of the process bounded, whatever is compiled: any new shape or number of lines is."""

    steps = 0

    def note(self, event: str, *_: Any, **__: Any) -> None:
        """Count the steps of compilations, which JAX reports."""
        self.steps += event.startswith("/jax/core/compile/")

    def bound(self) -> None:
        """Forget all programs if they crowd the process; never while something is traced."""
        if self.steps < OFTEN or not _nothing_is_traced():
            return
        self.steps = 0
        if memory_maps() > CROWDED * allowed_maps():
            _forget_programs()


_programs = _Programs()
jax.monitoring.register_event_duration_secs_listener(_programs.note)


def _nothing_is_traced() -> bool:
    """Whether no function is being traced; JAX has no public name for it; without the private one, none is."""
    return bool(getattr(sys.modules.get("jax._src.core"), "trace_state_clean", lambda: True)())


def memory_maps() -> int:
    """Number of memory maps of this process; zero where the system does not tell."""
    try:
        with Path("/proc/self/maps").open("rb") as stream:
            return sum(1 for _ in stream)
    except OSError:
        return 0


def allowed_maps() -> float:
    """Number of memory maps that Linux allows a process; infinite elsewhere."""
    try:
        return float(Path("/proc/sys/vm/max_map_count").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return math.inf
