"""Thrift's compact protocol, as far as the footer of a Parquet file needs it to be moved and joined.

References
----------
[1] Apache Thrift, Thrift Compact protocol encoding, doc/specs/thrift-compact-protocol.md.

"""

from typing import Any, NamedTuple

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)


class Field(NamedTuple):
    """One field of a struct: number, type and value. Lists are pairs of type and items."""

    number: int
    kind: int
    value: Any


class Encoded(bytes):
    """A struct that is encoded already."""


def decode(data: bytes) -> list[Field]:
    """The fields of a struct."""
    return _struct(data, 0)[0]


def encode(fields: list[Field] | Encoded) -> bytes:
    """The bytes of a struct."""
    out = bytearray()
    _put_struct(out, fields)
    return bytes(out)


def get(fields: list[Field], number: int) -> Any:
    """Value of a field; None if it is not set."""
    return next((field.value for field in fields if field.number == number), None)


def put(fields: list[Field], number: int, kind: int, value: Any) -> list[Field]:
    """The fields with one of them set."""
    kept = [field for field in fields if field.number != number]
    return sorted([*kept, Field(number, kind, value)])


def shift(fields: list[Field], numbers: tuple[int, ...], by: int) -> list[Field]:
    """The fields with some of them, integers other than zero, moved."""
    return [f._replace(value=f.value + by) if f.number in numbers and f.value else f for f in fields]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = move = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << move
        if byte < 0x80:
            return value, at
        move += 7


def _struct(data: bytes, at: int) -> tuple[list[Field], int]:
    fields: list[Field] = []
    number = 0
    while head := data[at]:
        at += 1
        kind = head & 0x0F
        if head >> 4:
            number += head >> 4
        else:
            code, at = _varint(data, at)
            number = (code >> 1) ^ -(code & 1)
        if kind in (TRUE, FALSE):
            value: Any = kind == TRUE
        else:
            value, at = _value(data, at, kind)
        fields.append(Field(number, kind, value))
    return fields, at + 1


def _value(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in (I16, I32, I64):
        code, at = _varint(data, at)
        return (code >> 1) ^ -(code & 1), at
    if kind == BINARY:
        size, at = _varint(data, at)
        return data[at : at + size], at + size
    if kind == STRUCT:
        return _struct(data, at)
    if kind == LIST:
        return _list(data, at)
    width = {TRUE: 1, FALSE: 1, BYTE: 1, DOUBLE: 8}.get(kind)
    if width is None:
        raise ValueError(f"Thrift type {kind} does not occur in Parquet footers")
    return data[at : at + width], at + width


def _list(data: bytes, at: int) -> tuple[tuple[int, list[Any]], int]:
    kind, size = data[at] & 0x0F, data[at] >> 4
    at += 1
    if size == 15:
        size, at = _varint(data, at)
    items = []
    for _ in range(size):
        item, at = _value(data, at, kind)
        items.append(item)
    return (kind, items), at


def _put_varint(out: bytearray, value: int) -> None:
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _put_struct(out: bytearray, fields: list[Field] | Encoded) -> None:
    if isinstance(fields, Encoded):
        out += fields
        return
    last = 0
    for field in fields:
        kind = (TRUE if field.value else FALSE) if field.kind in (TRUE, FALSE) else field.kind
        if 0 < field.number - last < 16:
            out.append((field.number - last) << 4 | kind)
        else:
            out.append(kind)
            _put_varint(out, _zigzag(field.number))
        last = field.number
        if kind not in (TRUE, FALSE):
            _put_value(out, field.kind, field.value)
    out.append(0)


def _put_value(out: bytearray, kind: int, value: Any) -> None:
    if kind in (I16, I32, I64):
        _put_varint(out, _zigzag(value))
    elif kind == BINARY:
        _put_varint(out, len(value))
        out += value
    elif kind == STRUCT:
        _put_struct(out, value)
    elif kind == LIST:
        item_kind, items = value
        out.append(min(len(items), 15) << 4 | item_kind)
        if len(items) >= 15:
            _put_varint(out, len(items))
        for item in items:
            _put_value(out, item_kind, item)
    else:
        out += value


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1
