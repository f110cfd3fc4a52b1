"""YAML files as plain data: text, numbers, lists and blocks. What could mean two things, or never end, is refused."""

import os
import re
import stat
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from nushine.lines import one_line, place, shown

Content: TypeAlias = "str | int | float | bool | list[Content] | dict[str, Content] | None"

LARGEST = 1_000_000
"""Bytes of the largest file that is read."""

DEEPEST = 40
"""Blocks within blocks."""

MOST = 100_000
"""Values of a file, those that aliases repeat counted each time."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][-+]?[0-9]{1,4})?")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


def read_yaml(path: Path) -> Content:
    """Content of a YAML file.

    Parameters
    ----------
    path : Path
        A regular file in UTF-8, up to 1 MB.

    Raises
    ------
    ValueError
        With one line that names the file.

    Notes
    -----
    Only `true` and `false` are truth values and only plain decimal numbers are numbers: `yes`, `1:30`, `0o17`, `1_000`
    and dates stay the texts that they are. Duplicate keys, tags, merge keys and several documents are refused.

    """
    try:
        return parse_yaml(_text(_bytes(path)))
    except ValueError as error:
        raise ValueError(one_line(f"{place(path)}: {error}")) from None


def _bytes(path: Path) -> bytes:
    """What is in a file; anything but a file is not even opened, as some would block."""
    try:
        about = os.stat(path)  # noqa: PTH116  # Path.stat hides nothing less
        if not stat.S_ISREG(about.st_mode):
            raise ValueError("is not a file; give the path of a YAML file")
        if about.st_size > LARGEST:
            raise ValueError(f"has {about.st_size} bytes; an experiment is a YAML file of {LARGEST} bytes at most")
        with path.open("rb") as stream:
            return stream.read(LARGEST + 1)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or error}; give the path of a YAML file") from None


def _text(content: bytes) -> str:
    """The text of a file in UTF-8."""
    if content[:4] in {b"\xff\xfe\0\0", b"\0\0\xfe\xff"}:
        raise ValueError("is in UTF-32; save it as UTF-8")
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise ValueError("is in UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise ValueError(
            f"not a text file in UTF-8 (byte 0x{content[error.start]:02x} in line {row}): save it as UTF-8"
        ) from None


def parse_yaml(text: str) -> Content:
    """Content of a YAML text; ValueError says what is wrong, and in which line."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        row = f" in line {mark.line + 1}" if mark else ""
        raise ValueError(f"not a YAML file: {error.problem or error.context}{row}; mend the file") from None
    except yaml.YAMLError as error:
        raise ValueError(f"not a YAML file: {' '.join(str(error).split())}; mend the file") from None
    return builder.content()


class _Open:
    """A list or a block that is not finished yet."""

    def __init__(self, event: Any, seen: int) -> None:
        self.is_block = isinstance(event, yaml.MappingStartEvent)
        self.items: list[Content] = []
        self.block: dict[str, Content] = {}
        self.lines: dict[str, int] = {}
        self.key: str | None = None
        self.anchor, self.seen_before = event.anchor, seen


class _Builder:
    """Puts the events of a parser together, without recursion."""

    def __init__(self) -> None:
        self.stack: list[_Open] = []
        self.documents: list[Content] = []
        self.anchors: dict[str, tuple[Content, int]] = {}
        self.seen = 0

    def content(self) -> Content:
        """What the file holds."""
        if not self.documents or self.documents[0] is None:
            raise ValueError("is empty; an experiment is a mapping of keys such as source, target, exposure")
        return self.documents[0]

    def take(self, event: Any) -> None:
        """Take the next event of the parser."""
        row = event.start_mark.line + 1
        if getattr(event, "tag", None) is not None:
            raise ValueError(
                f"the tag {shown(event.tag.replace('tag:yaml.org,2002:', '!!'))} in line {row} is not read: remove it"
            )
        if isinstance(event, yaml.DocumentStartEvent) and self.documents:
            raise ValueError(f"a second document begins in line {row}: give one experiment in a file")
        if isinstance(event, yaml.ScalarEvent):
            is_key = bool(self.stack) and self.stack[-1].is_block and self.stack[-1].key is None
            plain = event.implicit[0] and not is_key
            self._put(_resolved(event.value) if plain else event.value, event.anchor, 1, row)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise ValueError(f"the alias *{event.anchor} in line {row} stands for nothing finished before it")
            self._put(*self._repeated(event.anchor), row)
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(self.stack) == DEEPEST:
                raise ValueError(f"more than {DEEPEST} blocks lie in each other in line {row}; an experiment has few")
            self.stack.append(_Open(event, self.seen))
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self.stack.pop()
            self._put(done.block if done.is_block else done.items, done.anchor, self.seen - done.seen_before + 1, row)

    def _repeated(self, anchor: str) -> tuple[Content, None, int]:
        """What an alias stands for; its values count again."""
        value, size = self.anchors[anchor]
        self.seen += size - 1
        return value, None, size

    def _put(self, value: Content, anchor: str | None, size: int, row: int) -> None:
        """Put a finished value where it belongs."""
        self.seen += 1
        if self.seen > MOST:
            raise ValueError(f"has more than {MOST} values, aliases counted each time; an experiment has few")
        if anchor is not None:
            self.anchors[anchor] = value, size
        if not self.stack:
            self.documents.append(value)
        elif not self.stack[-1].is_block:
            self.stack[-1].items.append(value)
        else:
            _put_in_block(self.stack[-1], value, row)


def _put_in_block(block: _Open, value: Content, row: int) -> None:
    """Take a key, or the value of the last key."""
    if block.key is not None:
        block.block[block.key] = value
        block.key = None
    elif not isinstance(value, str):
        raise ValueError(f"a key in line {row} is no text: write keys such as source, target, exposure")
    elif value == "<<":
        raise ValueError(f"unknown key '<<' in line {row}: merge keys are not read, write the keys out")
    elif value in block.lines:
        raise ValueError(
            f"the key {shown(value)} stands there twice, in lines {block.lines[value]} and {row}: keep one"
        )
    else:
        block.key = value
        block.lines[value] = row


def _resolved(text: str) -> Content:
    """A plain scalar: nothing, a truth value, a number, or else the text that it is."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
