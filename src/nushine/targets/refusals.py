"""What a formula may mean that is not read, and what to write instead."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from nushine.targets.isotopes import element_of, periodic

CURE = "write it as in 'CaWO4', an isotope as in 'Ge[76]'"

BY_WEIGHT = "mixtures are by weight, with the rest at the end: write '30%wt A // B', or list parts with their masses"

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

LEAST = 30
"""Mass numbers from which on a count before a symbol is questioned: smaller ones are common as counts."""

ATOM = re.compile(r"(?P<symbol>[A-Z][a-z]?)(?:\[(?P<A>[1-9]\d*)\])?(?P<count>(?:0|[1-9]\d*)(?:\.\d+)?|\.\d+)?")
WATER = re.compile(r"\d*(?:\.\d+)?(?:H2O|D2O)")

_AMOUNT = re.compile(r"[\d.]+\s*(?:[kmun]?g|[mu]?L|[mcun]?m)\s+\S")
_OXYGEN = re.compile(r"[HD]2(?:O(?P<after>1[678])|(?P<before>1[678])O)")
_BRACKET = re.compile(r"\s*\(([^()]*)\)(?![\d.])")
_BEFORE = re.compile(r"(?<![\d.\[])(\d+)([A-Z][a-z]?)(?![a-z\[])")
_CHARGE = re.compile(r"[+\-−]\d*[+\-−]?$|[+\-−]\d*\+|\^")
_DOPANTS = re.compile(r"[A-Z][a-z]?[\d+]*(?:\s*,\s*[A-Z][a-z]?[\d+]*)*")
_LONE = re.compile(r"(?P<before>\d+)-?(?P<symbol>[A-Z][a-z]?)|(?P<symbol2>[A-Z][a-z]?)-?(?P<after>\d+)")
_CD = re.compile(r"CD(?=[A-Z])(?![OHNCD])")


def refuse_names(text: str) -> None:
    """Names of elements and materials, and symbols in the wrong case."""
    known = _meant_by(text)
    if known is not None:
        raise ValueError(f"formula {text!r} is a name, not a formula: write '{known}'")
    if re.fullmatch(r"[A-Z0-9().]+", text):
        for shouted in (*SHOUTED, *(["CD"] if _CD.search(text) else [])):
            if shouted in text:
                symbol = shouted.capitalize()
                raise ValueError(
                    f"formula {text!r}: is {shouted} the element {symbol}? Write {text.replace(shouted, symbol)!r}, or "
                    f"'{shouted[0]}1{shouted[1]}' for two elements"
                )


def _meant_by(text: str) -> str | None:
    """The formula of a material or an element that is known by this name."""
    plain = text.lower()
    by_name = {"aluminum": "Al", "cesium": "Cs", "sulphur": "S"} | {name: symbol for symbol, name in _elements()}
    known = SHORT.get(text) or SHORT.get(plain) or by_name.get(plain)
    if known is None and text[0].islower() and plain.capitalize() in by_name.values():
        known = plain.capitalize()
    return known


def refuse_dopants(text: str, read: Callable[[str], Any]) -> None:
    """What stands at a colon, and brackets that hold one element, or no oxyanion or the like, without a count.

    The cure names only what `read` takes.
    """
    pure = _host(text) if ":" in text else None
    for match in _BRACKET.finditer(text):
        _refuse_isotope_in_brackets(text, match)
        inside = [m["symbol"] for m in ATOM.finditer(match[1])]
        plain = "".join(m[0] for m in ATOM.finditer(match[1])) == match[1]
        ion = plain and len(set(inside)) > 1 and bool({"O", "N"} & set(inside))
        group = (ion or match[1] in {"CH", "CH2", "CH3"}) and match[0] == match[0].strip()
        if pure is None and re.search(r"[A-Za-z]", text[: match.start()]) and not group:
            pure = text[: match.start()].strip() + text[match.end() :].strip()
            break
    if pure is None:
        return
    pure = _formula_of(pure)
    try:
        read(pure)
    except ValueError:
        cure = "leave them out"
    else:
        cure = f"write {pure!r}"
    raise ValueError(f"formula {text!r}: dopants and remarks are not understood: {cure}")


def _host(text: str) -> str:
    """The compound at a colon: the first, or the last behind dopants, as in Tl:NaI and Ce:YAG."""
    first, *_, last = (part.strip() for part in text.split(":"))
    atoms = len(ATOM.findall(_formula_of(last)))
    return last if atoms > 1 and (not first or _DOPANTS.fullmatch(first)) else first


def _formula_of(name: str) -> str:
    return (_meant_by(name) or name) if name else ""


def _refuse_isotope_in_brackets(text: str, match: re.Match[str]) -> None:
    """A bracket with a mass number, (76), or with an isotope in the middle of a formula, (100Mo), is no dopant."""
    before, after, inside = text[: match.start()].rstrip(), text[match.end() :].lstrip(), match[1].strip().lstrip("-")
    own, following = re.search(r"[A-Z][a-z]?$", before), re.match(r"[A-Z][a-z]?", after)
    lone = _LONE.fullmatch(inside)
    cure = None
    if inside.isdigit() and own and _is_isotope(own[0], inside):
        cure = f"{before}[{inside}]{after}"
    elif inside.isdigit() and following and _is_isotope(following[0], inside):
        cure = f"{before}{following[0]}[{inside}]{after[following.end() :]}"
    elif lone and lone["before"] and _is_isotope(lone["symbol"], lone["before"]):
        cure = f"{before}{lone['symbol']}[{lone['before']}]{after}"
    elif lone and lone["after"] and after and _is_isotope(lone["symbol2"], lone["after"], LEAST):
        cure = f"{before}{lone['symbol2']}[{lone['after']}]{after}"
    elif inside.isdigit() and not after:
        whose = [m.end("symbol") for m in ATOM.finditer(before) if _is_isotope(m["symbol"], inside, natural=True)]
        cure = f"{before[: whose[0]]}[{inside}]{before[whose[0] :]}" if len(whose) == 1 else None
    if cure is not None:
        raise ValueError(f"formula {text!r}: is ({inside}) an isotope? Write {cure!r}")


def _is_isotope(symbol: str, number: str, least: int = 1, natural: bool = False) -> bool:
    """Whether these digits are a mass number of the element, and one found in nature where that is asked for."""
    if element_of(symbol)[0] != symbol or number.startswith("0") or len(number) > 3 or int(number) < least:
        return False
    element = periodic(symbol)
    return int(number) in element.isotopes and (not natural or bool(element[int(number)].abundance > 0))


def refuse_signs(text: str) -> None:
    """Charges, densities, amounts, blanks and dots."""
    if match := _OXYGEN.fullmatch(text):
        A = match["after"] or match["before"]
        raise ValueError(f"formula {text!r}: is O{A} the isotope? Write '{text[:2]}O[{A}]'")
    if "{" in text:
        raise ValueError(f"formula {text!r} is not a neutral substance made of atoms: leave charges out; {CURE}")
    if _CHARGE.search(text):
        raise ValueError(f"formula {text!r} cannot be read: charges are not understood, leave them out; {CURE}")
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


def refuse_isotope_in_front(text: str, factor: str) -> None:
    """By the letter 76GeO2 is 76 times natural GeO2; to a person it is enriched."""
    match = ATOM.match(text, len(factor))
    if match is None or match["A"] or not _is_isotope(match["symbol"], factor):
        return
    raise ValueError(
        f"formula {text!r}: is {factor}{match['symbol']} the isotope? Write {in_brackets(text, least=6)!r}; a factor "
        "in front changes nothing, leave it out"
    )


def refuse_count_of_next(text: str) -> None:
    """By the letter Zn100MoO4 and Ca[40]100MoO4 have 100 atoms of Zn and Ca; to a person, 100Mo."""
    meant = in_brackets(text, LEAST)
    if meant != text:
        raise ValueError(
            f"formula {text!r}: is a number in front of a symbol that of an isotope? Write {meant!r}; or the "
            "count behind a bracket, as in '(Zn)100MoO4'"
        )


def in_brackets(text: str, least: int) -> str:
    """The formula with mass numbers that stand in front of symbols put in brackets behind them.

    At the beginning any known isotope is meant; behind another symbol those of nature from `least` on, also as the end
    of a longer number: Li2100MoO4 is Li2Mo[100]O4.
    """

    def moved(match: re.Match[str]) -> str:
        number, symbol = match.groups()
        if match.start() == 0 and _is_isotope(symbol, number):
            return f"{symbol}[{number}]"
        if match.start() == 0 or not (text[match.start() - 1].isalpha() or text[match.start() - 1] == "]"):
            return match[0]
        own = re.search(r"[A-Z][a-z]?$", text[: match.start()])
        if least >= LEAST and own and _is_isotope(own[0], number, natural=True):
            return match[0]  # may be either; the reader asks
        for cut in range(len(number)):
            if _is_isotope(symbol, number[cut:], least, natural=True):
                return f"{number[:cut]}{symbol}[{number[cut:]}]"
        return match[0]

    return _BEFORE.sub(moved, text)


def unknown_symbol(match: re.Match[str]) -> str:
    """A question for what is no symbol: whether it is one with the letter before or behind it, in capitals."""
    symbol, start, text = match["symbol"], match.start(), match.string
    pairs = (text[max(start - 1, 0) : start + 1], text[start : start + 2]) if len(symbol) == 1 else ()
    for pair in pairs:
        if len(pair) == 2 and pair.isalpha() and pair.isupper() and element_of(pair.capitalize())[0]:
            return f"unknown element {symbol}: is it {pair.capitalize()}?"
    return f"unknown element {symbol}"


@cache
def _elements() -> list[tuple[str, str]]:
    import periodictable

    return [(element.symbol, element.name) for element in periodictable.elements if element.number > 0]
