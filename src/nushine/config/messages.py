"""Blocks of configuration files, and what pydantic finds wrong in them as one clear line."""

import re
from collections.abc import Sequence
from itertools import pairwise
from types import NoneType
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from nushine.lines import VALUE, one_line, place, shown


class Model(BaseModel):
    """A block of a configuration file: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, revalidate_instances="always")


Text = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(max_length=200)]


def _flat(formula: str) -> str:
    """Refuse brackets that would be followed too deep."""
    if sum(formula.count(bracket) for bracket in "([{") > BRACKETS:
        raise ValueError(f"{shown(formula)} has more than {BRACKETS} brackets: write a formula as in CaWO4")
    return formula


BRACKETS = 20
Formula = Annotated[Name, AfterValidator(_flat)]


def explained(error: ValidationError, model: type[BaseModel], where: str) -> str:
    """Say in one line what is wrong in a configuration, where, and what is allowed there.

    Of several errors an unknown key comes first: it is often the misspelt form of one that is missing.
    """
    first = min(error.errors(include_url=False), key=lambda found: found["type"] != "extra_forbidden")
    return one_line(f"{place(where)}: {_explained(first, model)}")


def _explained(first: Any, model: type[BaseModel]) -> str:
    """What is wrong, by the first error."""
    kind, context = first["type"], first.get("ctx", {})
    path, block = _follow(model, first["loc"])
    if kind == "extra_forbidden":
        _, block = _follow(model, first["loc"][:-1])
        return f"unknown key '{path}'; {_comma(first['loc'][-1])}{_allowed(block)}"
    if kind == "missing":
        return f"'{path}' is missing; add it"
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        tag = f": {shown(context['tag'])} is unknown" if "tag" in context else " is missing"
        return f"{path}.kind{tag}; choose one of {', '.join(_tags(block))}"
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return f"{path}: give a block of keys; {_allowed(block)}"
    complaint = _complaint(kind, first["msg"], first["input"])
    if kind == "too_long" and isinstance(first["input"], list | tuple):
        complaint += _split_number(first["input"])
    return f"{path}: {complaint}" if path else complaint


def _comma(key: object) -> str:
    """A question, where a key is the digits behind a comma: {efficiency: 0,8} has the key 8."""
    return "was a decimal comma meant? write a point, as 0.8; " if str(key)[:1].isdigit() else ""


def _split_number(items: Sequence[object]) -> str:
    """A question, where items are the digits before and behind a comma: [0,02 keV, 1 keV] has three."""
    for whole, part in pairwise(items):
        if isinstance(whole, int) and re.match("[0-9]", str(part)):
            return f"; was a decimal comma meant? write {shown(f'{whole}.{part}')}"
    return ""


PLAIN = {"a valid tuple": "a list", "a valid list": "a list", "Tuple": "List", "a valid string": "text"}
"""Words of pydantic, and those of people who write YAML."""


def _complaint(kind: str, message: str, value: object) -> str:
    """What is wrong with a value, which is shown if it is short and the message does not show it."""
    message = message.removeprefix("Value error, ").replace(" after validation", "")
    for word, plain in PLAIN.items():
        message = message.replace(word, plain)
    if kind == "value_error" or not isinstance(value, str | int | float | None):
        return message.replace("Input should be", "this should be")
    return message.replace("Input", shown(value)).replace("should be", "is not allowed: it should be", 1)


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
            name = one_line(part if len(part) <= VALUE else f"{part[: VALUE // 2]}...")
            path = f"{path}.{name}" if path else name
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
