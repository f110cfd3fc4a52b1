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

Atoms = dict[Nuclide, float]

LONGEST = 200
"""Characters of a formula."""

CURE = "write it as in 'CaWO4', an isotope as in 'Ge[76]'"

SHORT = {
    "HPGe": "Ge", "GAr": "Ar", "LAr": "Ar", "LXe": "Xe", "GXe": "Xe", "LNe": "Ne", "LHe": "He", "LN2": "N2",
    "BGO": "Bi4Ge3O12", "BSO": "Bi4Si3O12", "CLYC": "Cs2LiYCl6", "CWO": "CdWO4", "CZT": "Cd0.9Zn0.1Te",
    "GSO": "Gd2SiO5", "LSO": "Lu2SiO5", "LYSO": "Lu1.8Y0.2SiO5", "PWO": "PbWO4", "YAG": "Y3Al5O12", "YAP": "YAlO3",
    "LAB": "C18H30", "PC": "C9H12", "PE": "C2H4", "PEN": "C14H10O4", "PET": "C10H8O4", "PMMA": "C5H8O2",
    "POPOP": "C24H16N2O2", "PP": "C3H6", "PPO": "C15H11NO", "PS": "C8H8", "PTFE": "C2F4", "PVC": "C2H3Cl",
    "PVT": "C9H10", "PXE": "C16H18", "TPB": "C28H22", "plastic": "C9H10", "polyethylene": "C2H4",
    "polystyrene": "C8H8", "sapphire": "Al2O3", "quartz": "SiO2", "water": "H2O", "scintillator": "C9H10",
}  # fmt: skip
"""Short names of materials, many of which are formulas of something else (PPO: P2O), and what their formulas are."""

SHOUTED = ("BI", "CS", "CU", "IN", "NB", "NI", "PB", "PD", "PT", "SB", "SC", "SI", "SN", "TB", "TH", "TI")
"""Symbols in capital letters that are two symbols: SI is sulphur and iodine."""

BY_WEIGHT = "mixtures are by weight, with the rest at the end: write '30%wt A // B', or list parts with their masses"

_PURE = re.compile(r"[A-Z][a-z]?-?\d+|\d+-?[A-Z][a-z]?")
_GAS = re.compile(r"[DT]2?|H2")
_SHARE = re.compile(r"(?P<share>\d+(?:\.\d*)?|\.\d+)\s*%\s*(?P<kind>wt|w/w|mass|vol|v/v|at|mol)?\s*(?P<rest>.*)")
_AMOUNT = re.compile(r"[\d.]+\s*(?:[kmun]?g|[mu]?L|[mcun]?m)\s+\S")
_FACTOR = re.compile(r"((?:0|[1-9]\d*)(?:\.\d+)?)(?=[A-Z(])")
_ATOM = re.compile(r"(?P<symbol>[A-Z][a-z]?)(?:\[(?P<A>[1-9]\d*)\])?(?P<count>(?:0|[1-9]\d*)(?:\.\d+)?|\.\d+)?")
_COUNT = re.compile(r"(?:0|[1-9]\d*)(?:\.\d+)?|\.\d+")
_WATER = re.compile(r"\d*(?:\.\d+)?(?:H2O|D2O)")
_OXYGEN = re.compile(r"[HD]2(?:O(?P<after>1[678])|(?P<before>1[678])O)")
_BRACKET = re.compile(r"\s*\(([^()]*)\)(?![\d.])")


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
    _refuse_names(text)
    _refuse_dopants(text)
    _refuse_signs(text)
    first, *more = re.split(r"\s*\+\s*", text)
    for part in more:
        if not _WATER.fullmatch(part):
            raise ValueError(
                f"formula {text!r} adds one formula unit to another: write mixtures as '30%wt A // B' or as parts with "
                "masses; '+' is for the water of crystals, as in 'CaSO4+2H2O'"
            )
    total: Atoms = {}
    for part in (first, *more):
        factor = _FACTOR.match(part)
        if factor and part is first:
            _refuse_isotope_in_front(text, factor[1])
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
        elif match := _ATOM.match(part, at):
            _add(total, _atom(match, text), float(match["count"] or 1.0))
            at = match.end()
        else:
            break
    return total, at


def _atom(match: re.Match[str], text: str) -> Atoms:
    """Isotopes of a symbol with their shares."""
    symbol, A = element_of(match["symbol"])
    if symbol is None:
        raise ValueError(f"formula {text!r} cannot be read (unknown element {match['symbol']}): {CURE}")
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


def _refuse_names(text: str) -> None:
    """Names of elements and materials, and symbols in the wrong case."""
    plain = text.lower()
    by_name = {"aluminum": "Al", "cesium": "Cs", "sulphur": "S"} | {name: symbol for symbol, name in _elements()}
    known = SHORT.get(text) or SHORT.get(plain) or by_name.get(plain)
    if known is None and text[0].islower() and plain.capitalize() in by_name.values():
        known = plain.capitalize()
    if known is not None:
        raise ValueError(f"formula {text!r} is a name, not a formula: write '{known}'")
    if re.fullmatch(r"[A-Z0-9().]+", text):
        for shouted in SHOUTED:
            if shouted in text:
                symbol = shouted.capitalize()
                raise ValueError(
                    f"formula {text!r}: is {shouted} the element {symbol}? Write {text.replace(shouted, symbol)!r}, or "
                    f"'{shouted[0]}1{shouted[1]}' for two elements"
                )


def _refuse_dopants(text: str) -> None:
    """What follows a colon, and brackets that hold one element, or no oxyanion or the like, without a count."""
    pure = None
    if ":" in text:
        pure = text.split(":")[0].strip()
    for match in _BRACKET.finditer(text):
        inside = [m["symbol"] for m in _ATOM.finditer(match[1])]
        plain = "".join(m[0] for m in _ATOM.finditer(match[1])) == match[1]
        ion = plain and len(set(inside)) > 1 and bool({"O", "N"} & set(inside))
        group = (ion or match[1] in {"CH", "CH2", "CH3"}) and match[0] == match[0].strip()
        if re.search(r"[A-Za-z]", text[: match.start()]) and not group:
            pure = text[: match.start()].strip() + text[match.end() :].strip()
            break
    if pure is not None:
        raise ValueError(
            f"formula {text!r}: dopants and remarks are not understood: write {pure or 'NaI'!r}"
            + ("" if pure else " instead of 'NaI(Tl)'")
        )


def _refuse_signs(text: str) -> None:
    """Charges, densities, amounts, blanks and dots."""
    if match := _OXYGEN.fullmatch(text):
        A = match["after"] or match["before"]
        raise ValueError(f"formula {text!r}: is O{A} the isotope? Write '{text[:2]}O[{A}]'")
    if "{" in text:
        raise ValueError(f"formula {text!r} is not a neutral substance made of atoms: leave charges out; {CURE}")
    if "%" in text:
        raise ValueError(f"formula {text!r}: {BY_WEIGHT}; isotopes also by the key enrichment")
    if "@" in text:
        raise ValueError(f"formula {text!r}: a density changes nothing in a target; leave '@...' out")
    if _AMOUNT.match(text):
        raise ValueError(
            f"formula {text!r}: amounts are not part of a formula: list parts with masses, or write '30%wt A // B'"
        )
    if re.search(r"\.\d*(?:H2O|D2O)|[·∙•⋅*]", text):
        raise ValueError(f"formula {text!r}: is the dot that of a hydrate? Write it as in 'CaSO4+2H2O'")
    if re.search(r"\s", re.sub(r"\s*\+\s*", "+", text)):
        raise ValueError(f"formula {text!r} cannot be read: write it without blanks; {CURE}")


def _refuse_isotope_in_front(text: str, factor: str) -> None:
    """By the letter 76GeO2 is 76 times natural GeO2; to a person it is enriched."""
    match = _ATOM.match(text, len(factor))
    symbol = element_of(match["symbol"])[0] if match else None
    if match is None or symbol is None or not factor.isdigit() or match["A"]:
        return
    if int(factor) in periodic(symbol).isotopes:
        start, end = match.end("symbol"), text[match.end("symbol") :]
        raise ValueError(
            f"formula {text!r}: is {factor}{symbol} the isotope? Write '{text[len(factor) : start]}[{factor}]{end}'; a "
            "factor in front changes nothing, leave it out"
        )


def _elements() -> list[tuple[str, str]]:
    import periodictable

    return [(element.symbol, element.name) for element in periodictable.elements if element.number > 0]
