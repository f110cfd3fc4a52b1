"""Tables of flux in files: their numbers, and the units of these.

Nothing is guessed: two columns are energy and flux, three with plain names are bins, everything else is named by the
user. Units stand in brackets after the names of the columns, or are given.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from hepunits import MeV
from numpy.typing import NDArray

from nushine.sources.column_names import FLUX
from nushine.sources.flux_columns import Columns, FluxHead, flux_head
from nushine.sources.text_files import brief
from nushine.sources.text_tables import MOST_REMARKS, read_columns
from nushine.sources.unit_words import FLUX_UNIT, OTHER_ENERGY, SPECTRUM_UNIT, other_unit

FloatArray = NDArray[np.float64]
Reader = Callable[[str, str], float]

PER_ENERGY, PER_BIN, ENERGY = "1 / (cm^2 s MeV)", "1 / (cm^2 s)", "1 MeV"
"""Examples of units, for their dimensions."""

RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
DOTS = str.maketrans("·⋅×−", "   -")
PARTICLES = re.compile(r"\b(?:anti[- ]?)?(?:neutrinos?|nu)\b|ν|#", re.IGNORECASE)


MOST_LETTERS = 50_000
"""Characters of the comments in which units are looked for."""


class FluxTable(NamedTuple):
    """Columns of a file as numbers, in the units of the file.

    Parameters
    ----------
    head : FluxHead
        What the columns are.
    rows : array of int, shape (n,)
        Where each entry is in the file.
    edges, flux : array, shape (n, 1 or 2) and (n,)
        Energies, or lower and upper edges of bins, and fluxes.

    """

    head: FluxHead
    rows: NDArray[np.int64]
    edges: FloatArray
    flux: FloatArray

    @property
    def shown(self) -> str:
        """The file as the user wrote it."""
        return self.head.shown


def read_flux_table(
    path: str | Path, columns: Columns | None = None, shown: str | None = None, words: re.Pattern[str] = FLUX
) -> FluxTable:
    """Read the columns of energy and flux (see `nushine.sources.tabulated.read_csv`)."""
    head = flux_head(path, columns, shown, words)
    rows, numbers = read_columns(head.sheet, list(head.chosen.values()))
    return FluxTable(head, rows, numbers[:, :-1], numbers[:, -1])


def units_of(
    head: FluxHead, E_unit: float | str | None, flux_unit: float | str | None, reader: Reader | None, default: float
) -> tuple[float, float, bool]:
    """Units of energy [MeV] and flux [1/(mm^2 ns MeV)], and whether the flux is integrated over its bin.

    Given units and those of the header must agree, if the header can be read. Without any they are MeV and `default`,
    and a text above the numbers that may speak of others is an error.
    """
    energy, _ = _unit(head, "energy", E_unit, (ENERGY,), reader)
    flux, integrated = _unit(head, "flux", flux_unit, (PER_ENERGY, PER_BIN), reader)
    said = flux_unit if isinstance(flux_unit, str) else head.units[1] or ""
    if energy is None or flux is None:
        understood = (FLUX_UNIT,) if reader is not None or flux is not None else ()
        _require_no_other_units(head, head.remarks, understood)
    if energy is None and OTHER_ENERGY.search(said):
        raise ValueError(f"table {head.shown}: its flux is in {brief(said)} and its energies have no unit: {CURE}")
    if flux is None and energy not in (None, MeV):
        raise ValueError(f"table {head.shown}: its energies are not in MeV and its flux has no unit: {CURE}")
    if integrated and not head.in_bins:
        raise ValueError(
            f"table {head.shown}: a flux in {PER_BIN}, integrated over bins, needs their edges: "
            "give columns: {low: ..., high: ..., flux: ...}"
        )
    return MeV if energy is None else energy, default if flux is None else flux, integrated


CURE = "give energy_unit and flux_unit (E_unit and flux_unit in Python)"
"""What to do about units."""


def taken(head: FluxHead, E_unit: str | None, flux_unit: str | None) -> str:
    """Columns and units in words, as a configuration takes them."""
    energy = E_unit or head.units[0] or "MeV"
    flux = flux_unit or head.units[1] or "1/(cm^2 s MeV)"
    *edges, last = (i + 1 for i in head.chosen.values())
    first = f"columns {edges[0]} and {edges[1]} as bins of E_nu" if head.in_bins else f"column {edges[0]} as E_nu"
    return f"{first} [{brief(energy)[1:-1]}], column {last} as flux [{brief(flux, 80)[1:-1]}]"


def plain_unit(text: str) -> str:
    """Write a unit as people put it into headers as a quantity: "1/(cm2 s keV)" is "1 / (cm^2 s keV)".

    Examples
    --------
    >>> plain_unit("1/(cm2 s keV)"), plain_unit("nu cm-2 s-1 MeV-1"), plain_unit("1e10/cm²/s/MeV")
    ('1 / (cm^2 s keV)', '1 cm^-2 s^-1 MeV^-1', '1e10 / cm^2 / s / MeV')

    """
    text = re.sub("[⁻⁰¹²³⁴-⁹]+", lambda raised: f"^{raised.group().translate(RAISED)}", text)
    text = PARTICLES.sub(" ", text.translate(DOTS)).replace("**", "^")
    lead = re.match(r"\s*(\d[\d.]*(?:[eE][+-]?\d+)?)(?![\d^])", text)
    number, rest = (lead.group(1), text[lead.end() :]) if lead else ("1", text)
    rest = re.sub(r"([A-Za-z])(-?\d)", r"\1^\2", rest)
    rest = re.sub(r"(?<=[A-Za-z\d])\.(?=[A-Za-z])", " ", rest)
    rest = re.sub(r"\bsec\b", "s", rest)
    return " ".join(f"{number} {rest}".replace("/", " / ").split()).replace("( ", "(").replace(" )", ")")


def require_MeV(head: FluxHead) -> None:
    """Refuse a table of spectra per fission and MeV whose energies are not in MeV, or that speaks of other units."""
    where = f"table {head.shown}, row {head.header_row}"
    if head.units[0] not in (None, "MeV"):
        raise ValueError(f"{where}: energies in {brief(head.units[0] or '')[1:-1]}: give them in MeV")
    if any(head.unclear):
        raise ValueError(f"{where}: {brief(max(head.unclear, key=len))} says more than a unit: give everything in MeV")
    texts = (*head.remarks, (head.header_row, head.units[1] or ""))
    _require_no_other_units(head, texts, (SPECTRUM_UNIT,), "give everything in MeV and per fission")


def _unit(
    head: FluxHead, what: str, given: float | str | None, likes: tuple[str, ...], reader: Reader | None
) -> tuple[float | None, bool]:
    """A unit as a number, and whether it is that of the last example; None where nobody says anything."""
    keys = f"{what}_unit" if what == "flux" else "energy_unit (E_unit in Python)"
    of_header = _unit_of_header(head, what, given, likes, reader)
    if isinstance(given, str):
        if reader is None:
            raise ValueError(f"table {head.shown}: {keys} = {brief(given)}: give a number as in 1 * keV")
        value = _read(f"{what}_unit of table {head.shown}: {brief(given)} is not a unit", given, likes, reader)
    elif given is not None:
        value = float(given), of_header[1] if of_header else False
    else:
        return of_header or (None, False)
    if of_header and (value[1] != of_header[1] or not np.isclose(value[0], of_header[0], rtol=1e-6, atol=0.0)):
        stated = brief(head.units[what == "flux"] or "")[1:-1]
        raise ValueError(
            f"table {head.shown}, row {head.header_row}: the header says [{stated}], {keys} something else: "
            "mend one of them"
        )
    return value


def _unit_of_header(
    head: FluxHead, what: str, given: float | str | None, likes: tuple[str, ...], reader: Reader | None
) -> tuple[float, bool] | None:
    """The unit in the header; None if there is none, or one that cannot be read beside one that is given."""
    where = f"table {head.shown}, row {head.header_row}"
    stated, unclear = head.units[what == "flux"], head.unclear[what == "flux"]
    if unclear and given is None:
        raise ValueError(f"{where}: {brief(unclear)} says more about its unit than the brackets: {CURE}")
    if stated is None or unclear:
        return None
    if reader is None:
        if given is not None:
            return None
        if what == "energy" and stated == "MeV":
            return MeV, False
        cure = "give flux_unit" if what == "flux" else "give energy_unit (E_unit in Python)"
        raise ValueError(f"{where}: the unit [{brief(stated)[1:-1]}] of the {what} is not read here: {cure}")
    if given is not None and not _readable(stated, reader):
        return None
    return _read(f"{where}: [{brief(stated)[1:-1]}] is not a unit of {what}", stated, likes, reader)


def _readable(text: str, reader: Reader) -> bool:
    """Whether a text is a unit of anything."""
    try:
        return bool(text) and np.isfinite(reader(plain_unit(text), plain_unit(text)))
    except ValueError:
        return False


def _read(complaint: str, text: str, likes: tuple[str, ...], reader: Reader) -> tuple[float, bool]:
    for i, like in enumerate(likes):
        try:
            value = reader(plain_unit(text), like)
        except ValueError:
            continue
        if np.isfinite(value) and value > 0:
            return value, i > 0
    cure = f"mend it, or {CURE}" if not _readable(text, reader) else "mend it"
    raise ValueError(f"{complaint} like {likes[0]}: {cure}")


def _require_no_other_units(
    head: FluxHead, texts: Sequence[tuple[int, str]], understood: tuple[re.Pattern[str], ...], cure: str = ""
) -> None:
    """Texts may not speak of other units than those that are taken."""
    if len(texts) > MOST_REMARKS or sum(len(text) for _, text in texts) > MOST_LETTERS:
        raise ValueError(f"table {head.shown}: its comments are too long to look for units: {cure or CURE}")
    for row, text in texts:
        other = other_unit(text, understood)
        if other:
            where = f"table {head.shown}, row {row}"
            raise ValueError(f"{where}: {brief(text)} speaks of {brief(other)[1:-1]}: {cure or CURE}")
