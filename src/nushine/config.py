"""Configuration: unit strings to `hepunits` floats, and pydantic models whose errors are one clear line."""

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

import hepunits
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError


class Model(BaseModel):
    """A block of a configuration file: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def quantity(text: object, like: str) -> float:
    """Turn "20 eV" into a `hepunits` float, if it has the dimension of `like`.

    Parameters
    ----------
    text : str
        A number with a unit, such as "100 / (keV kg day)". A bare number is refused.
    like : str
        An example of what is wanted; it sets the dimension and is shown in the error.

    Raises
    ------
    ValueError
        If the text cannot be read or has another dimension.

    Examples
    --------
    >>> from hepunits import cm
    >>> quantity("5 cm", like="1 m") / cm
    5.0

    """
    registry, error = _registry()
    wanted = registry.Quantity(like)
    try:
        value = registry.Quantity(text) if isinstance(text, str) else None
    except (error, ValueError, SyntaxError, TypeError, AssertionError, AttributeError):
        value = None
    if value is None or value.dimensionality != wanted.dimensionality:
        raise ValueError(f"{text!r} is not a quantity like {like!r}: give a number with such a unit")
    base = value.to_base_units()
    number = float(base.magnitude)
    for unit, power in base.unit_items():
        number *= getattr(hepunits, unit) ** power
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(f"{text!r} is not a finite number: give one like {like!r}")
    return number


@cache
def _registry() -> tuple[Any, type[Exception]]:
    """Make the pint registry on first use; importing pint takes longer than reading a file."""
    import pint

    return pint.UnitRegistry(), pint.errors.PintError


def _reader(like: str) -> Callable[[object], float]:
    return lambda text: quantity(text, like)


Energy = Annotated[float, BeforeValidator(_reader("20 eV"))]
Mass = Annotated[float, BeforeValidator(_reader("1 kg"))]
Length = Annotated[float, BeforeValidator(_reader("5 cm"))]
Time = Annotated[float, BeforeValidator(_reader("1 year"))]
Power = Annotated[float, BeforeValidator(_reader("4.25 GW"))]
Rate = Annotated[float, BeforeValidator(_reader("1 / (kg day)"))]
RateDensity = Annotated[float, BeforeValidator(_reader("100 / (keV kg day)"))]
PerTime = Annotated[float, BeforeValidator(_reader("1e16 / s"))]


def one_line(error: ValidationError, model: type[BaseModel], where: str) -> str:
    """Say in one line what is wrong first in a configuration, where, and what is allowed there."""
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{where}: unknown key '{path}'; allowed here are {', '.join(_allowed(model, first['loc'][:-1]))}"
    if first["type"] == "missing":
        return f"{where}: the key '{path}' is missing; add it"
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {path}: {message}"


def _allowed(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Keys that the block at a path may have; those of the whole file if the path leads through a choice of blocks."""
    for part in path:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        blocks = [c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)]
        tagged = [b for b in blocks if str(path[-1]) in str(b.model_fields.get("kind"))]
        model = (tagged or blocks or [model])[0]
    return sorted(model.model_fields)
