"""Configuration: unit strings to `hepunits` floats, and pydantic models whose errors are one clear line."""

import math
from collections.abc import Callable
from functools import cache
from tokenize import TokenError
from types import NoneType
from typing import Annotated, Any, get_args

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

    Returns
    -------
    float
        Rounded to 15 digits: the last one is lost between the units, and 3 MeV should be 3.

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
    except (error, *UNREADABLE):
        value = None
    if value is None or value.dimensionality != wanted.dimensionality:
        raise ValueError(f"{text!r} is not a quantity like {like!r}: give a number with such a unit")
    number = _in_hepunits(value)
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is not a finite number: give one like {like!r}")
    return float(f"{number:.15g}")


UNREADABLE = (ValueError, SyntaxError, TypeError, AssertionError, AttributeError, ArithmeticError, TokenError)
"""What pint raises, besides its own errors, for texts that are no quantity."""


def _in_hepunits(value: Any) -> float:
    """Number of a pint quantity in `hepunits`; infinite if it is too large for a float."""
    try:
        base = value.to_base_units()
        number = float(base.magnitude)
    except OverflowError:
        return math.inf
    for unit, power in base.unit_items():
        number *= getattr(hepunits, unit) ** power
    return number


@cache
def _registry() -> tuple[Any, type[Exception]]:
    """Make the pint registry on first use; importing pint takes longer than reading a file."""
    import pint

    return pint.UnitRegistry(), pint.errors.PintError


def _reader(like: str, zero: bool = False, negative: bool = False) -> Callable[[object], float]:
    """Read quantities that are above zero, or may be zero, or may be anything."""

    def read(text: object) -> float:
        value = quantity(text, like)
        if negative:
            return value
        if value < 0 or (value == 0 and not zero):
            wanted = "zero or above" if zero else "above zero"
            raise ValueError(f"{text!r} is not allowed: give a quantity {wanted}, like {like!r}")
        return value

    return read


Energy = Annotated[float, BeforeValidator(_reader("20 eV", zero=True))]
AboveZeroEnergy = Annotated[float, BeforeValidator(_reader("20 eV"))]
Mass = Annotated[float, BeforeValidator(_reader("1 kg"))]
Length = Annotated[float, BeforeValidator(_reader("5 cm"))]
Position = Annotated[float, BeforeValidator(_reader("5 mm", negative=True))]
VolumeDensity = Annotated[float, BeforeValidator(_reader("5.3 g/cm^3"))]
Time = Annotated[float, BeforeValidator(_reader("1 year"))]
Power = Annotated[float, BeforeValidator(_reader("4.25 GW", zero=True))]
Rate = Annotated[float, BeforeValidator(_reader("1 / (kg day)", zero=True))]
RateDensity = Annotated[float, BeforeValidator(_reader("100 / (keV kg day)", zero=True))]
PerTime = Annotated[float, BeforeValidator(_reader("1e16 / s"))]


def one_line(error: ValidationError, model: type[BaseModel], where: str) -> str:
    """Say in one line what is wrong in a configuration, where, and what is allowed there.

    Of several errors an unknown key comes first: it is often the misspelt form of one that is missing.
    """
    first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    kind, context = first["type"], first.get("ctx", {})
    path, block = _follow(model, first["loc"])
    if kind == "extra_forbidden":
        _, block = _follow(model, first["loc"][:-1])
        return f"{where}: unknown key '{path}'; {_allowed(block)}"
    if kind == "missing":
        return f"{where}: '{path}' is missing; add it"
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        tag = f": {context['tag']!r} is unknown" if "tag" in context else " is missing"
        return f"{where}: {path}.kind{tag}; choose one of {', '.join(_tags(block))}"
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return f"{where}: {path}: give a block of keys; {_allowed(block)}"
    return f"{where}: {path}: {_complaint(kind, first['msg'], first['input'])}"


PLAIN = {"a valid tuple": "a list", "a valid list": "a list", "Tuple": "List", "a valid string": "text"}
"""Words of pydantic, and those of people who write YAML."""


def _complaint(kind: str, message: str, value: object) -> str:
    """What is wrong with a value, which is shown if it is short and the message does not show it."""
    message = message.removeprefix("Value error, ").replace(" after validation", "")
    for word, plain in PLAIN.items():
        message = message.replace(word, plain)
    if kind == "value_error" or not isinstance(value, str | int | float | None):
        return message.replace("Input should be", "this should be")
    return message.replace("Input", repr(value)).replace("should be", "is not allowed: it should be", 1)


def _follow(annotation: Any, location: tuple[int | str, ...]) -> tuple[str, Any]:
    """Path to a key as people write it, `source.cores[0].power`, and the type that is expected there.

    Pydantic puts the kind of a block into its location where there is a choice; people do not.
    """
    path = ""
    for part in location:
        if isinstance(part, int):
            inner = get_args(annotation)
            path, annotation = f"{path}[{part}]", _needed(inner[min(part, len(inner) - 1)]) if inner else None
        elif part in (tags := _tags(annotation)):
            annotation = tags[part]
        else:
            fields = getattr(annotation, "model_fields", {})
            path = f"{path}.{part}" if path else part
            annotation = _needed(fields[part].annotation) if part in fields else None
    return path, annotation


def _needed(annotation: Any) -> Any:
    """The type of a key that may be left empty, without the None and what is annotated."""
    choices = get_args(annotation)
    if len(choices) == 2 and NoneType in choices:
        annotation = choices[1 - choices.index(NoneType)]
    return annotation.__origin__ if hasattr(annotation, "__metadata__") else annotation


def _tags(annotation: Any) -> dict[str, type[BaseModel]]:
    """Blocks of a union by the values of their key `kind`."""
    blocks = [block for block in get_args(annotation) if hasattr(block, "model_fields")]
    return {tag: b for b in blocks if "kind" in b.model_fields for tag in get_args(b.model_fields["kind"].annotation)}


def _allowed(block: Any) -> str:
    """The keys of a block; those of each kind where there is a choice."""
    kinds = _tags(block)
    if kinds:
        return "; ".join(f"kind {tag}: {', '.join(sorted(model.model_fields))}" for tag, model in kinds.items())
    return f"allowed here are {', '.join(sorted(getattr(block, 'model_fields', {})))}"
