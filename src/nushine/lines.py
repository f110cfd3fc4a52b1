"""One line for a person: values are shown short, and a message has an upper length."""

import reprlib

VALUE = 60
"""Longest form of a value in a message [characters]."""

PLACE = 200
"""Longest form of a path in a message [characters]."""

MESSAGE = 500
"""Longest message [characters]."""

TAIL = 180
"""What is kept of the end of a message that is too long: the cure stands there."""


class _Short(reprlib.Repr):
    """Representations that stop early, in depth and in length."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 2, VALUE, VALUE

    def repr_int(self, x: int, level: int) -> str:
        """An integer; one of thousands of digits cannot be written at all."""
        try:
            return super().repr_int(x, level)
        except ValueError:
            return f"an integer of {x.bit_length()} bits"


def shown(value: object) -> str:
    r"""A value as it stands in a message: its repr, 60 characters at most.

    Examples
    --------
    >>> shown("1,5 kg"), shown("two\nlines"), shown("9" * 1000)
    ("'1,5 kg'", "'two\\nlines'", "'999999999999999999999999999999...' (1000 characters)")

    """
    if isinstance(value, str):
        if len(value) <= VALUE and len(repr(value)) <= 2 * VALUE:
            return repr(value)
        head = value[: VALUE // 2]
        while len(repr(head)) > VALUE:  # escapes are long
            head = head[: len(head) // 2]
        return f"{head + '...'!r} ({len(value)} characters)"
    text = printable(_Short().repr(value))
    return text if len(text) <= VALUE else f"{text[: VALUE - 3]}..."


def place(path: object) -> str:
    """A path as it stands in a message: its end if it is long."""
    text = printable(str(path))
    return text if len(text) <= PLACE else f"...{text[3 - PLACE :]}"


def one_line(text: str) -> str:
    """A message without line breaks or control characters, and no longer than 500 characters: both ends are kept."""
    if len(text) > 100 * MESSAGE:
        text = text[: 50 * MESSAGE] + text[-50 * MESSAGE :]
    line = printable(" ".join(text.split()))
    if len(line) <= MESSAGE:
        return line
    return f"{line[: MESSAGE - TAIL - 7]} [...] {line[-TAIL:]}"


def printable(text: str) -> str:
    """The text with escapes for what moves the cursor, is invisible or cannot be encoded."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
