r"""The grammar of quantities: one plain number, then a unit.

::

    quantity = number [unit]
    number   = [+-] digits [. digits] [e [+-] digits]
    unit     = [/] factor { [* or nothing] factor } { / factor }
    factor   = (name or "(" unit ")") [power]
    power    = ^ integer, ** integer, digits right behind a name, or superscripts; from -9 to 9

A product after a slash needs brackets: `1 / (keV kg day)`; `1 / keV kg day` could mean two things. "per" is a slash,
and a middle dot is a product. Everything else is refused, with what to write instead.
"""

import re
from typing import NamedTuple

from nushine.config.units import UNITS
from nushine.lines import shown

LONGEST = 200
"""Characters of the longest text that is read."""

STEEPEST = 9
"""Largest power of a unit."""

DEEPEST = 8
"""Brackets within brackets."""

SPACES = " \t\n\r\u00a0\u202f\u205f" + "".join(map(chr, range(0x2000, 0x200B)))
"""What may stand between the parts, also as typesetters have it."""

RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")

_SPACE = f"[{SPACES}]*"
_NUMBER = re.compile(
    r"[+-]?(?:(?P<mantissa>[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![0-9.])|(?i:inf(?:inity)?|nan)(?![a-z]))"
)
_TOKEN = re.compile(
    rf"""{_SPACE}(?:
        (?P<name>[A-Za-zµμ]+|%)(?P<index>-?[0-9]+)?
        |(?P<power>\^|\*\*){_SPACE}(?P<bracket>\({_SPACE})?(?P<exponent>[+-]?[0-9]+)(?(bracket){_SPACE}\))
        |(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+)
        |(?P<sign>[*/()·⋅])
        |(?P<rest>[^{SPACES}])
    )""",
    re.VERBOSE,
)

_CHARACTER = re.compile(r"[A-Za-z0-9µμ%+\-*/^().·⋅⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]")
"""What the grammar knows."""

_PLAIN_POWER = "write one number, with its power of ten as in 1.5e3"
_WHOLE = "powers of units are whole numbers"
_ONE = "give one number with one unit, as 1.5 h for 1 h 30 min"

_UNREAD = (
    (r"[-+]?[0-9.]*,[0-9]", "write one number with a point and no comma, as 1500.5"),
    (rf"[-+]?[0-9.]+([{SPACES}]+|['’_`])[0-9]", "write one number, without gaps or marks between digits, as 1500.5"),
    (r"[-+]?[0-9]+\.[0-9]+\.[0-9]", "write one number, with one point"),
    (r"[-+]?0[0-9]", "write the number without zeros before it"),
    (r"[-+]?0[xbo][0-9a-f]", "write the number with the digits 0 to 9"),
    (r".*[0-9]\s*(\.\.+|-|–|—|−|~|…|to\b)\s*[-+]?[0-9]", "a range is not one value: give one number"),
    (r".*[−﹣－]", "write the minus sign as -"),
    (r".*(?![0-9])\d", "write the number with the digits 0 to 9"),
    (r".*[½⅓⅔¼¾⅛]", "write a decimal number, as 0.5"),
    (r".*(\^|\*\*)\s*\(?\s*[-+]?[0-9]*[./]", _WHOLE),
    (r".*(±|\+\s*/?\s*-|\([0-9.,]+\))", "give the value alone; uncertainties have keys of their own"),
    (r".*(?<!e)\s*\+\s*[0-9]", "sums are not read: give one number"),
    (r"[-+]?[0-9.]+(e[-+]?[0-9]+)?\s*([*x×·⋅^]|\*\*)\s*[0-9(]", _PLAIN_POWER),
    (r"[-+]?[0-9.]+[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]", _PLAIN_POWER),
    (r"[-+]?[0-9.]+\s*/\s*[0-9]", "write a decimal number instead of a fraction, as 0.5"),
    (r"[<>≤≥≈~=]", "give the number alone"),
    (rf"[-+][{SPACES}]+[0-9.]", "write the sign right before the number, as -5"),
    (rf"[A-Za-zµμ%][^0-9]*\([{SPACES}]*[0-9]", "write one number, before its unit: 0.1 / (keV kg day)"),
    (r"[-+]?[0-9.]+[dD][-+]?[0-9]+(?![0-9a-z])", "write the power of ten with an e, as 1.5e3"),
    (rf"[-+]?[0-9.]+(e[-+]?[0-9]+)?[{SPACES}]*[A-Za-zµμ%]+[{SPACES},]+(and[{SPACES}]+)?[0-9]", _ONE),
    (r"[A-Za-zµμ%]", "the number comes first, then its unit"),
)
"""What people write that is no single plain number, by its looks, and what to write instead."""


class Reading(NamedTuple):
    """What a text says: a number, and the powers of the units it names."""

    number: float
    units: dict[str, int]


def parse(text: str) -> Reading:
    """Read a text by the grammar; ValueError says what to write instead.

    Examples
    --------
    >>> parse("100 / (keV kg day)")
    Reading(number=100.0, units={'keV': -1, 'kg': -1, 'day': -1})
    >>> parse("5.3 g/cm3").units
    {'g': 1, 'cm': -3}

    """
    if len(text) > LONGEST:
        raise ValueError(f"it has {len(text)} characters: give one number with a unit")
    stripped = text.strip(SPACES)
    number = _NUMBER.match(stripped)
    if number is None:
        raise ValueError(_cure(stripped))
    rest = stripped[number.end() :].lstrip(SPACES)
    if (
        re.match("[-+]?0[0-9]", stripped)
        or rest[:1].isdigit()
        or rest[:1] in {",", "'", "’", "_", "`", "^", "x", "X", "×"}
    ):
        raise ValueError(_cure(stripped))
    value, mantissa = float(number.group()), number.group("mantissa")
    if value == 0 and mantissa.strip("0."):
        raise ValueError("it is too small to compute with: check its power of ten")
    try:
        return Reading(value, _Units(rest).read())
    except _UnreadError:
        raise ValueError(_cure(stripped)) from None


def misread(text: str) -> str:
    """What to write instead of a text that is a quantity, but not one of the wanted dimension."""
    return _cure(text.strip(SPACES))


class _UnreadError(Exception):
    """The text behind the number is no unit."""


class _Units:
    """Reads a unit from the tokens of a text, one after the other."""

    def __init__(self, text: str) -> None:
        self.tokens = [match for match in _TOKEN.finditer(text) if match.group().strip(SPACES)]
        self.at = 0

    def read(self) -> dict[str, int]:
        """Powers of the units of the whole text; of none, if it is empty."""
        if not self.tokens:
            return {}
        units = self._product(0)
        if self.at < len(self.tokens):
            raise ValueError("a bracket closes that was not opened: add the other one, or leave it out")
        return units

    def _product(self, depth: int) -> dict[str, int]:
        """Factors up to a closing bracket or the end."""
        units: dict[str, int] = {}
        divided = False
        first = True
        while self.at < len(self.tokens) and not self._is(")"):
            if self._is("/") or self._is("per"):
                self.at += 1
                divided = True
            elif divided:
                self._refuse_remark()
                raise ValueError("what stands after the slash could mean two things: use brackets, 1 / (keV kg day)")
            elif self._is("*", "·", "⋅") and not (first and depth):
                self.at += 1
            _raise(units, self._factor(depth), -1 if divided else 1)
            first = False
        if first:
            raise _UnreadError
        return units

    def _factor(self, depth: int) -> dict[str, int]:
        """A unit, or a bracket, with its power."""
        if self.at == len(self.tokens):
            raise _UnreadError
        token = self.tokens[self.at]
        self.at += 1
        name, index = token.group("name", "index")
        if name is not None and name != "per":
            factor = {name: 1}
            power = self._power() if index is None else int(index[:4])
        elif token.group("sign") == "(":
            if depth == DEEPEST:
                raise ValueError(f"more than {DEEPEST} brackets lie in each other: write fewer")
            factor = self._product(depth + 1)
            if not self._is(")"):
                raise ValueError("a bracket is not closed: add the other one")
            self.at += 1
            power = self._power()
        else:
            raise _UnreadError
        if name is not None and index is not None and abs(int(index[:4])) > STEEPEST and self.at < len(self.tokens):
            raise ValueError(f"{name}{index} is a power of a unit, {_WHOLE} from -{STEEPEST} to {STEEPEST}: {_ONE}")
        if power is None or not 0 < abs(power) <= STEEPEST:
            raise ValueError(f"{_WHOLE} from -{STEEPEST} to {STEEPEST}, and not 0")
        result: dict[str, int] = {}
        _raise(result, factor, power)
        return result

    def _power(self) -> int | None:
        """The power that follows, 1 without one, None if it is no small integer."""
        if self.at == len(self.tokens):
            return 1
        raised, exponent = self.tokens[self.at].group("raised", "exponent")
        digits = exponent or (raised.translate(RAISED) if raised else None)
        if digits is None:
            return 1
        self.at += 1
        following = self.tokens[self.at] if self.at < len(self.tokens) else None
        towered = following is not None and (following.group("power") or following.group("rest"))
        return int(digits) if re.fullmatch("[+-]?[0-9]{1,2}", digits) and not towered else None

    def _is(self, *signs: str) -> bool:
        """Whether one of these comes next."""
        if self.at == len(self.tokens):
            return False
        token = self.tokens[self.at]
        return token.group("sign") in signs or token.group("name") in signs

    def _refuse_remark(self) -> None:
        """Say so where what follows is no unit but an uncertainty, a remark in brackets or the like."""
        token = self.tokens[self.at]
        if token.group("rest"):
            raise _UnreadError
        following = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None
        if self._is("(") and following is not None and following.group("name") not in UNITS:
            raise ValueError("remarks are not read: give a number with a unit alone")


def _raise(units: dict[str, int], factor: dict[str, int], power: int) -> None:
    """Multiply units by a power of a factor."""
    for name, own in factor.items():
        if name in units:
            raise ValueError(f"the unit {name} stands there twice: write one power of it")
        units[name] = power * own
        if abs(units[name]) > STEEPEST:
            raise ValueError(f"{_WHOLE} from -{STEEPEST} to {STEEPEST}")


def _cure(text: str) -> str:
    """What to write instead of a text that is not one plain number and a unit."""
    comma = re.match(r"([-+]?[0-9]+),([0-9]+)(?![0-9,.])", text)
    if comma:
        whole, part = comma.groups()
        return f"write {whole}.{part}{f', or {whole}{part}' if len(part) == 3 else ''}, with no comma"
    for pattern, cure in _UNREAD:
        if re.match(pattern, text, re.IGNORECASE | re.DOTALL):
            return cure
    odd = next((c for c in text if c not in SPACES and not _CHARACTER.fullmatch(c)), None)
    return "give a number with such a unit" if odd is None else f"{shown(odd)} is not understood: give one plain number"
