"""Names of the columns of tables: which are plainly an energy, an edge of a bin or a flux, and their units."""

import re
from typing import NamedTuple

LONGEST_NAME = 200
"""Characters of the name of a column with its unit."""

_E = r"(?:anti)?(?:neutrino|nu)?energ(?:y|ies)(?:nu|nubar)?|e|e(?:anti)?(?:nu|neutrino)(?:bar)?"
_BEFORE = r"(?:(?:anti)?neutrino|(?:anti)?nu|nubar|reactor|differential|spectral)*"
_AFTER = r"(?:density|nu|nubar|(?:anti)?neutrinos?)?(?:\(e(?:nu)?\))?"

ENERGY = re.compile(_E)
"""Names of an energy, as `_folded` writes them."""

FLUX = re.compile(rf"{_BEFORE}(?:flux(?:es)?|phi|spectrum){_AFTER}|d(?:phi|flux|n|f)(?:nu)?/?de(?:nu)?")
"""Names of a flux."""

SPECTRUM = re.compile(rf"{FLUX.pattern}|s|s(?:u|pu)?\d{{3}}|(?:u|pu)?\d{{3}}(?:u|pu)?|yield")
"""Names of the spectrum of an isotope."""

LOW = re.compile(r"(e(nergy|_?nu)?|bin)?[ _]*(low|lower|lo|min|left|from)[ _]*(edge|energy|bound)?", re.IGNORECASE)
HIGH = re.compile(r"(e(nergy|_?nu)?|bin)?[ _]*(high|upper|up|hi|max|right|to)[ _]*(edge|energy|bound)?", re.IGNORECASE)

_UNIT = r"(?:[kmcd]?m|mm|s|sec|ns|[kMGTm]?eV|bins?|d|days?|h|hrs?|hours?|min|y|yrs?|years?|fissions?|nu|proton|pot)"
_REST = re.compile(
    rf"[\s_]*(?:(?:^|[\s_]+)(?:per|times)[\s_].*|[\s_]+in[\s_]+(?:[\d(/]|cm|m\b|[kMGTm]?eV|nu|neutrinos).*"
    rf"|(?:[/*×]|[\s_]x)[\s_]*\d.*|[\s_]+\d[\d.]*(?:e|\^|\*\*|[\s_]*/).*|/[\s_]*{_UNIT}(?![A-Za-z]).*"
    rf"|[\s_]+{_UNIT}(?:\^|\*\*)?[-⁻²\d].*)",
    re.IGNORECASE,
)
"""What speaks of a unit or a factor behind a name."""

_LETTERS = str.maketrans({"ν": "nu", "φ": "phi", "ϕ": "phi", "Φ": "phi"})


class Column(NamedTuple):
    """A cell of a header.

    Parameters
    ----------
    name : str
        What is before the unit.
    unit : str or None
        Text in brackets behind the name, or the unit of energy that ends it, as in E_keV.
    clear : bool
        Whether nothing else speaks of a unit or a factor, if there is a unit.

    """

    name: str
    unit: str | None
    clear: bool = True


def column(cell: str, what: str = "") -> Column:
    """Name and unit in the cell of a header that holds `what`: energy, low, high or flux."""
    if len(cell) > LONGEST_NAME:
        return Column(cell, None)
    for pattern in (r"([^\[]*)\[(.*)\]([^\[\]]*)", r"(.*?)\((?!E(?:_?nu)?\))(.*)\)([^()]*)"):
        found = re.fullmatch(pattern, cell)
        if found:
            head, unit = found.group(1), found.group(2).strip()
            over = re.search(r"(?:\bin|/)?\s*\b1\s*/\s*$", head) if "[" not in cell else None
            if over:
                head, unit = head[: over.start()], f"1/({unit})"
            name = re.sub(r"[\s_/]+$|\s+in$", "", head.strip()).strip()
            return Column(name, unit, not found.group(3).strip() and not _split(name)[1])
    found = re.fullmatch(r"(.*?)[\s_/]+(?:in\s+)?([kMGTm]?eV)", cell) if what != "flux" else None
    found = found or (re.fullmatch(r"(E|E_?nu|[Ee]nergy)([kMGTm]?eV)", cell) if what != "flux" else None)
    return Column(found.group(1), found.group(2)) if found else Column(cell.strip(), None)


def is_energy(name: str) -> bool:
    """Whether a name is plainly that of an energy; units behind it are another matter."""
    return _is(ENERGY, name)


def is_flux(name: str, words: re.Pattern[str] = FLUX) -> bool:
    """Whether a name is plainly that of a flux; units behind it are another matter."""
    return _is(words, name)


def is_title(cells: tuple[str, ...]) -> bool:
    """Whether the cells of a comment are names of columns: one is an energy, or something of an energy."""
    names = [column(cell).name for cell in cells]
    return any(is_energy(n) or LOW.fullmatch(n) or re.search(r"energ|log|\bln\b", n, re.IGNORECASE) for n in names)


def begins_like_number(cell: str) -> bool:
    """Whether a cell is no name of a column: it begins with a digit, a sign or <, or is a word for no number."""
    bare = cell.strip(" \t'\"`´‘’“”")
    if re.fullmatch(r"(?i:nan|inf|infinity|null|none|missing)|NA|N/A", bare):
        return True
    first = re.search(r"[^\W_]", bare)
    return bool(bare) and (bare[0] in "+-−–—﹣－±<>≤≥≈~=" or (first is not None and first.group().isnumeric()))


def _is(words: re.Pattern[str], name: str) -> bool:
    return any(words.fullmatch(_folded(text)) for text in (name, _split(name)[0]))


def _split(name: str) -> tuple[str, str]:
    """A name, and what speaks of a unit or a factor behind it."""
    if re.fullmatch(r"d.{1,8}/\s?d.{1,6}", name):
        return name, ""
    found = _REST.search(name)
    return (name[: found.start()], found.group()) if found else (name, "")


def _folded(name: str) -> str:
    return re.sub(r"[\s_$\\{}-]+", "", name.translate(_LETTERS).casefold())
