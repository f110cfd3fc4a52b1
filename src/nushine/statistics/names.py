"""Names of samples, channels and parameters: letters, digits and underscores, as every HistFactory program takes them.

A name is a kind and what it belongs to, with two underscores between: ``background__nucleus_10g__CaWO4``. Identifiers
never hold two underscores in a row, so that ``name.split("__")`` takes a name apart. Inside an experiment, as in
`nushine.statistics.layout.Layout`, names are without that of the experiment: programs that are compiled for one serve
all of its shape.
"""

import re
import unicodedata
import zlib
from collections.abc import Sequence

BETWEEN = "__"
"""Between the parts of a name."""

LONGEST = 60
"""Characters of an identifier; longer texts are cut, and end in a checksum."""

READABLE = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
"""Letters and digits with single hyphens between: the texts that an identifier shows as they are."""

CHECKED = re.compile(r".*-[0-9a-f]{8}")
"""Texts that end as if in a checksum."""


def identifier(text: str) -> str:
    """Return a text as letters, digits and single underscores between them.

    Of texts of letters, digits and single hyphens, hyphens become underscores. In all others accents are dropped,
    everything else becomes an underscore, long ones are cut, and a checksum of the text keeps the identifier its own:
    two texts never have the same (but for one chance in four thousand millions), so that two experiments of different
    names share no parameter.

    Examples
    --------
    >>> identifier("nucleus-1kg"), identifier("nucleus 1kg"), identifier("nucleus_1kg")
    ('nucleus_1kg', 'nucleus_1kg_77b849ba', 'nucleus_1kg_44e4f970')

    """
    if READABLE.fullmatch(text) and len(text) <= LONGEST and not CHECKED.fullmatch(text):
        return text.replace("-", "_")
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words = "_".join(re.findall(r"[A-Za-z0-9]+", plain))[:LONGEST].strip("_") or "unnamed"
    return f"{words}_{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"


def identifiers(texts: Sequence[str]) -> tuple[str, ...]:
    """`identifier` of each text, numbered from 2 where several are the same.

    Examples
    --------
    >>> identifiers(["a-b", "a-b", "c"])
    ('a_b', 'a_b_2', 'c')

    """
    found: list[str] = []
    for text in texts:
        base = name = identifier(text)
        number = 1
        while name in found:
            number += 1
            name = f"{base}_{number}"
        found.append(name)
    return tuple(found)


def name_of(kind: str, *owners: str) -> str:
    """Name of a sample, channel or parameter of this kind, of one detector or source; empty owners are left out.

    Examples
    --------
    >>> name_of("threshold", "nucleus_10g", "CaWO4"), name_of("threshold", "")
    ('threshold__nucleus_10g__CaWO4', 'threshold')

    """
    return BETWEEN.join((kind, *filter(None, owners)))
