"""Checks of classes that users derive: what nothing would ever read is refused."""

import inspect
from typing import Any

import equinox as eqx

from nushine.lines import shown


def require_fields_are_used(cls: type[eqx.Module], base: type[eqx.Module]) -> None:
    """Raise ValueError if a class derived from `base` says something that nobody reads.

    Parameters
    ----------
    cls, base : type
        The derived class, as seen by ``__init_subclass__``, and the class of the package.

    Raises
    ------
    ValueError
        For a value without annotation (a default of a field needs one), and for a field that `base` does not have,
        unless the class has a method of its own that can use it.

    """
    own = {name: value for name, value in vars(cls).items() if not name.startswith("_")}
    annotations: dict[str, Any] = inspect.get_annotations(cls)
    fields = base.__dataclass_fields__
    for name, value in own.items():
        if name not in annotations and not _is_method(value):
            cure = f"annotate it, {name}: float = {shown(value)}" if name in fields else _allowed(base)
            raise ValueError(f"{cls.__name__}.{name} = {shown(value)} would not be used: {cure}")
    if not any(_is_method(value) for value in own.values()):
        for name in annotations:
            if name not in fields and not name.startswith("_"):
                raise ValueError(f"{cls.__name__}.{name} would not be used: {_allowed(base)}")


def _is_method(value: object) -> bool:
    return callable(value) or isinstance(value, property | classmethod | staticmethod)


def _allowed(base: type[eqx.Module]) -> str:
    return f"parameters are {', '.join(sorted(base.__dataclass_fields__))}, others need a method that uses them"
