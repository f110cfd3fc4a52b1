"""Checks of calls: what is no object of the wanted kind fails at once, in one line that says what to give."""

import functools
import inspect
from collections.abc import Callable
from enum import StrEnum
from types import UnionType
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin

import equinox as eqx
import numpy as np
import numpy.typing as npt
from jax.typing import ArrayLike

from nushine.lines import shown
from nushine.numerics.compilation import require_jax

P = ParamSpec("P")
R = TypeVar("R")


class Choice(StrEnum):
    """One of several names; a wrong one is answered with the right ones."""

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise ValueError(f"{cls.__name__.lower()} = {shown(value)} is not allowed: give one of {', '.join(cls)}")


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Check arguments of a function against its annotations: nouns of the package, stray texts and truth values.

    Parameters
    ----------
    function : callable
        Arguments that are annotated with subclasses of `equinox.Module` (or unions or tuples of them) must be such. A
        text or a truth value is refused where none is meant; the name of a `Choice` is taken for the choice.

    Raises
    ------
    ValueError
        When the function is called, with the line that the attribute `given_as` of the class offers.

    """
    signature = inspect.signature(function)
    wanted = {name: p.annotation for name, p in signature.parameters.items() if name not in {"self", "cls"}}

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        require_jax()
        bound = signature.bind(*args, **kwargs)
        for name, value in bound.arguments.items():
            kind = wanted.get(name)
            if isinstance(kind, type) and issubclass(kind, Choice):
                bound.arguments[name] = kind(value)
            elif name in wanted:
                _require_kind(name, value, kind)
        return function(*bound.args, **bound.kwargs)

    return call


def require_instance(name: str, value: object, kind: type[eqx.Module]) -> None:
    """Raise ValueError unless value is an object of this kind."""
    if not isinstance(value, kind):
        raise ValueError(f"{name} = {shown(value)} is not allowed: give {_cure(kind)}")


def require_bool(name: str, value: object) -> None:
    """Raise ValueError unless value is True or False: a text such as "no" would count as true."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} = {shown(value)} is not allowed: give True or False")


def _require_kind(name: str, value: object, annotation: Any) -> None:
    """Raise ValueError unless value is of the annotated kind, as far as it can be told."""
    kinds = _kinds(annotation)
    if kinds and not _is_one(value, kinds):
        kind = next(kind for kind in kinds if kind is not type(None))
        cure = f"a tuple of {_cure(get_args(kind)[0])}" if get_origin(kind) else _cure(kind)
        raise ValueError(f"{name} = {shown(value)} is not allowed: give {cure}")
    if annotation is bool and not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} = {shown(value)} is not allowed: give True or False")
    if isinstance(value, str | bool) and not _may_be(type(value), annotation):
        raise ValueError(f"{name} = {shown(value)} is not allowed: give numbers, as 3.0 or 3 * MeV with hepunits")


def _kinds(annotation: Any) -> tuple[Any, ...]:
    """Classes, and tuples of a class, that are allowed; none if the annotation allows anything else too."""
    options = get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)
    known = [
        kind
        for kind in options
        if kind is type(None)
        or _is_module(kind)
        or (get_origin(kind) is tuple and get_args(kind)[1:] == (...,) and _is_module(get_args(kind)[0]))
    ]
    return tuple(known) if len(known) == len(options) and any(kind is not type(None) for kind in known) else ()


def _is_module(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, eqx.Module)


def _is_one(value: object, kinds: tuple[Any, ...]) -> bool:
    """Whether value is of one of the kinds; lists are as good as tuples."""
    for kind in kinds:
        if get_origin(kind) is not tuple:
            if isinstance(value, kind):
                return True
        elif isinstance(value, tuple | list) and all(isinstance(item, get_args(kind)[0]) for item in value):
            return True
    return False


def _may_be(kind: type, annotation: Any) -> bool:
    """Whether a text or a truth value can be meant; annotations that are texts themselves are searched for the word."""
    if annotation in (ArrayLike, npt.ArrayLike):
        return False
    if isinstance(annotation, str):
        return kind.__name__ in annotation
    if get_origin(annotation) in {Union, UnionType}:
        return any(_may_be(kind, option) for option in get_args(annotation))
    if annotation in (Any, object, inspect.Parameter.empty):
        return True
    return isinstance(annotation, type) and (annotation is kind or (kind is str and issubclass(annotation, str)))


def _cure(kind: type[eqx.Module]) -> str:
    """What to give; a class says it in `given_as`."""
    return str(getattr(kind, "given_as", f"an object of the class {kind.__name__}"))
