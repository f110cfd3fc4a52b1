r"""Chemical formulas as people write them: what is read means what a person reads in it, everything else is refused.

.. code-block:: text

    material  = share "%wt" substance "//" ... "//" substance          (the last one is the rest)
    substance = [factor] groups { "+" [factor] water }
    group     = symbol [ "[" mass number "]" ] [count] | "(" groups ")" [count]

"""

import re
from collections.abc import Mapping
from unicodedata import normalize

from nushine.targets.isotopes import Nuclide, atomic_mass, element_of, find, natural, parse, periodic
from nushine.targets.refusals import (
    ATOM,
    BY_WEIGHT,
    CURE,
    WATER,
    refuse_count_of_next,
    refuse_dopants,
    refuse_isotope_in_front,
    refuse_names,
    refuse_signs,
    unknown_symbol,
)

Atoms = dict[Nuclide, float]

LONGEST = 200
"""Characters of a formula."""

_PURE = re.compile(r"[A-Z][a-z]?-?\d+|\d+-?[A-Z][a-z]?")
_GAS = re.compile(r"[DT]2?|H2")
_SHARE = re.compile(r"(?P<share>\d+(?:\.\d*)?|\.\d+)\s*%\s*(?P<kind>wt|w/w|mass|vol|v/v|at|mol)?\s*(?P<rest>.*)")
_FACTOR = re.compile(r"((?:0|[1-9]\d*)(?:\.\d+)?)(?=[A-Z(])")
_COUNT = re.compile(r"(?:0|[1-9]\d*)(?:\.\d+)?|\.\d+")


def read(formula: str) -> Atoms:
    """Nuclei of each isotope per formula unit, in the order in which they occur.

    Raises
    ------
    ValueError
        With the cure, for everything that a person would not read in the same way: dopants, short names, capitals,
        isotopes without brackets in a compound, charges, densities, hydrates with a dot.

    """
    text = normalize("NFKC", formula).strip() if isinstance(formula, str) else ""
    if not isinstance(formula, str) or len(text) > LONGEST:
        shown = f"{text[:20]}..." if text else repr(formula)[:40]
        raise ValueError(f"formula {shown} cannot be read: give a text of at most {LONGEST} characters, as in 'CaWO4'")
    if not text:
        raise ValueError(f"formula {formula!r} is not a neutral substance made of atoms: {CURE}")
    atoms = _by_weight(text) if "//" in text or ("%" in text and _SHARE.match(text)) else _substance(text)
    if not atoms or min(atoms.values()) <= 0:
        raise ValueError(f"formula {formula!r} is not a neutral substance made of atoms: {CURE}")
    return atoms


def _by_weight(text: str) -> Atoms:
    """A mixture by weight; the last part is what is left."""
    *shares, last = (part.strip() for part in text.split("//"))
    found = [_SHARE.fullmatch(part) for part in shares]
    if not shares or _SHARE.match(last) or not all(m and m["kind"] in {"wt", "w/w", "mass"} for m in found):
        raise ValueError(f"formula {text!r}: {BY_WEIGHT}")
    if not last or not all(m["rest"].strip() for m in found if m):
        raise ValueError(f"formula {text!r}: a part of the mixture is empty: name a substance there; {BY_WEIGHT}")
    weights = [float(m["share"]) / 100 for m in found if m]
    if min(weights) <= 0 or sum(weights) >= 1:
        raise ValueError(
            f"formula {text!r}: shares must be above 0 %, and leave something for the last part: mend them"
        )
    total: Atoms = {}
    for part, weight in zip((*(m["rest"] for m in found if m), last), (*weights, 1 - sum(weights)), strict=True):
        atoms = _substance(part.strip())
        mass = sum(n * atomic_mass(nuclide) for nuclide, n in atoms.items())
        _add(total, atoms, weight / mass)
    return total


def _substance(text: str) -> Atoms:
    """A lone isotope, or a compound with the water of its crystals."""
    if _PURE.fullmatch(text) and not _GAS.fullmatch(text):
        symbol, A = parse(text)
        if symbol == "H" and A > 2 and text.startswith("H"):
            raise ValueError(
                f"formula {text!r} is not clear: write 'H2O' for water, 'H2' for hydrogen, 'H[3]' for tritium"
            )
        if periodic(symbol).number <= A:
            return {find(text): 1.0}
    if not text:
        raise ValueError(f"an empty formula is no substance: {CURE}")
    refuse_names(text)
    refuse_dopants(text, read)
    refuse_signs(text)
    first, *more = re.split(r"\s*\+\s*", text)
    for part in more:
        if not WATER.fullmatch(part):
            raise ValueError(
                f"formula {text!r} adds one formula unit to another: write mixtures as '30%wt A // B' or as parts with "
                "masses; '+' is for the water of crystals, as in 'CaSO4+2H2O'"
            )
    total: Atoms = {}
    for part in (first, *more):
        factor = _FACTOR.match(part)
        if factor and part is first:
            refuse_isotope_in_front(text, factor[1])
        if part is first:
            refuse_count_of_next(text)
        atoms, end = _groups(part, factor.end() if factor else 0, text)
        if end != len(part) or not atoms:
            raise _unreadable(text, part, end)
        _add(total, atoms, float(factor[1]) if factor else 1.0)
    return total


def _groups(part: str, at: int, text: str, depth: int = 0) -> tuple[Atoms, int]:
    """Atoms from a place on, and where they end."""
    total: Atoms = {}
    while at < len(part):
        if part[at] == "(" and depth < 8:
            atoms, at = _groups(part, at + 1, text, depth + 1)
            if at >= len(part) or part[at] != ")":
                raise _unreadable(text, part, at)
            count = _COUNT.match(part, at + 1)
            at = count.end() if count else at + 1
            _add(total, atoms, float(count[0]) if count else 1.0)
        elif match := ATOM.match(part, at):
            _add(total, _atom(match, text), float(match["count"] or 1.0))
            at = match.end()
        else:
            break
    return total, at


def _atom(match: re.Match[str], text: str) -> Atoms:
    """Isotopes of a symbol with their shares."""
    symbol, A = element_of(match["symbol"])
    if symbol is None:
        raise ValueError(f"formula {text!r} cannot be read ({unknown_symbol(match)}): {CURE}")
    if match["A"]:
        return {find(f"{match['symbol']}[{match['A']}]"): 1.0}
    if A is not None:
        return {find(f"{symbol}[{A}]"): 1.0}
    count = match["count"] or ""
    if count.isdigit() and _may_be_isotope(symbol, int(count)):
        raise ValueError(
            f"formula {text!r}: is {symbol}{count} the isotope? Write {symbol}[{count}], or {count} atoms as "
            f"({symbol}){count}"
        )
    return natural(symbol)


def _may_be_isotope(symbol: str, count: int) -> bool:
    """Whether a count could be a mass number; in H, C, N, O and F such numbers are common as counts."""
    element = periodic(symbol)
    if symbol in ("Li", "Be", "B"):
        return count in element.isotopes and bool(element[count].abundance > 0)
    return element.number > 10 and count in element.isotopes


def _add(total: Atoms, atoms: Mapping[Nuclide, float], factor: float) -> None:
    for nuclide, number in atoms.items():
        total[nuclide] = total.get(nuclide, 0.0) + factor * number


def _unreadable(text: str, part: str, at: int) -> ValueError:
    return ValueError(f"formula {text!r} cannot be read from {part[at : at + 10]!r} on: {CURE}")
