"""Units in plain words: what comments and names of columns say of units, besides the one that is taken anyway."""

import re
from collections.abc import Iterable
from itertools import permutations

OTHER_ENERGY = re.compile(
    r"(?<![A-Za-z])(?:E|E_?nu|[Ee]nergy)?(?!MeV|mev|MEV|Mev)[kKmMGgTt]?[eE][vV](?![A-Za-z])"
    r"|electron[- ]?volts?|\b(?:joules?|erg)\b"
)
"""A unit of energy that is not the MeV."""

OTHER_UNIT = re.compile(
    r"(?<![A-Za-z])(?:m|mm|km|dm)\^?-?2(?!\d)"
    r"|(?:/ ?|\bper )(?:d|days?|h|hours?|min|yr|years?)(?![A-Za-z])"
    r"|(?<![A-Za-z])(?:days?|d|yr?|h)\^?-1(?!\d)"
    r"|(?<![\d.])(?:1(?:\.0*)?[eE]\+?\d+|10\^\d+)\s*[*(]?\s*(?:1?/|cm|MeV|nu)"
)
"""A unit of area or time that is not cm^2 or s, or a power of ten before a unit."""

FACTOR = re.compile(
    r"(?:(?<![A-Za-z])x|[*×]"
    r"|\btimes|\bunits? of|\bfactor(?: of)?|\bmultiplied (?:by|with)|\bdivided by|\bscaled by)\s*\d[\d.^]*"
    r"|\b(?:thousand|million|billion|trillion)s?\b",
    re.IGNORECASE,
)
"""A number by which a flux is to be multiplied."""

ANY_UNIT = re.compile(
    r"(?<![\d.])\d++(?:\.\d*+)?+[eE][+-]?\d+|\b10 ?\^\d*|(?<!\d)\d++[\s*(\[]*§|§[\s)\]]*[x*×/]"
    r"|\bper\b(?! ?cent)(?:\s+\w+)?|/\s*\w*|(?<!\w)\w*\^ ?\(?[+-]?\d|(?<!\w)[A-Za-z]+-[1-3](?!\d)"
    r"|(?<![A-Za-z])[a-zµ]?m-?[23](?!\d)|\b(?:square|sq\.?|cubic)\s\w+"
    r"|\b(?:hourly|daily|weekly|monthly|yearly|annual)\b"
    r"|\b(?:integrated|cumulative|arbitrary|relative)\b|\barb\.|\ba\.u\.|\blog10|\bln\b"
    r"|\bunits? of\b|\bnormali[sz]ed to (?:1|one|unity)\b"
    r"|\b(?:milli|micro)?barns?\b|\bin mb\b",
    re.IGNORECASE,
)
"""What may be a unit; § is one that is understood."""

_HARMLESS = re.compile(
    r"https?://\S+|\bdoi\W*\S+|\b10\.\d{4,}/\S+|\barxiv\W*\S+|\b\d{1,4}[/-]\d{1,2}[/-]\d{1,4}\b"
    r"|\bd ?(?:phi|flux|n|f|[φϕΦN])(?:[ _]?nu)? ?/ ?d ?e(?:[ _]?(?:nu|ν))?\b|\b(?:E|E ?nu|energy) ?/ ?MeV\b",
    re.IGNORECASE,
)
"""Addresses, dates and names with a slash."""

_RAISED = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")
_NAMES = {"cm": "cm", "s": r"s(?:ec(?:ond)?)?", "MeV": "MeV", "fission": r"fissions?"}
_AND = r"(?:\s*[*.,]\s*|\s+and\s+|\s+)"


def _understood(*units: tuple[str, int]) -> re.Pattern[str]:
    """One over a product of units, as people write it: 1/(cm2 s MeV), /cm2/s/MeV, cm^-2 s^-1 MeV^-1, per cm2 per s."""
    forms = []
    for order in permutations(units):
        plain = [_NAMES[name] + (rf"\^?{n}" if n > 1 else "") for name, n in order]
        below = [rf"{_NAMES[name]}\^?\(?-{n}\)?" for name, n in order]
        forms += [
            rf"/\s*\(\s*{_AND.join(plain)}\s*\)",
            r"/\s*" + r"\s*/\s*".join(plain),
            r"\bper\s+" + rf"(?:(?:{_AND})?\s*(?:per|/)\s*|{_AND})".join(plain),
            _AND.join(below),
        ]
    one = r"(?:(?<![\w.])1\s*|\b(?:anti-?)?(?:neutrinos?|nu)\s*|ν\s*)?"
    return re.compile(rf"{one}(?<![A-Za-z])(?:{'|'.join(forms)})(?![\w^-])", re.IGNORECASE)


FLUX_UNIT = _understood(("cm", 2), ("s", 1), ("MeV", 1))
"""1/(cm^2 s MeV)."""

SPECTRUM_UNIT = re.compile(
    "|".join(_understood(*units).pattern for units in ((("MeV", 1), ("fission", 1)), (("MeV", 1),), (("fission", 1),))),
    re.IGNORECASE,
)
"""1/(MeV fission), or one of the two."""


def other_unit(text: str, understood: Iterable[re.Pattern[str]] = ()) -> str:
    """What in a text may be another unit than those understood; empty if there is nothing."""
    text = plain(text)
    for pattern in understood:
        text = pattern.sub("§", text)
    found = (pattern.search(text) for pattern in (OTHER_ENERGY, OTHER_UNIT, FACTOR, ANY_UNIT))
    return next((match.group().replace("§", "").strip() for match in found if match), "")


def plain(text: str) -> str:
    """A text with powers as ^ and digits, without addresses and dates, and underscores and gaps as single spaces."""
    text = " ".join(text.replace("_", " ").split())
    text = re.sub("[⁻⁺⁰¹²³⁴-⁹]+", lambda raised: f"^{raised.group().translate(_RAISED)}", text)
    text = re.sub(r"[{}$]|(?<=\^)\s+", "", text.replace("**", "^").replace("−", "-"))
    return _HARMLESS.sub(" ", re.sub("[·⋅]", " ", text))
