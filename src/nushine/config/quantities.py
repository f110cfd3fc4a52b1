"""Texts such as "20 eV" as numbers in `hepunits`, and the types of keys that hold quantities."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated

from pydantic import BeforeValidator

from nushine.config.grammar import misread, parse
from nushine.config.units import Dimension, unit
from nushine.lines import shown

SMALLEST = 1e-250
"""Below it a number is lost in what follows."""


def quantity(text: object, like: str) -> float:
    """Turn "20 eV" into a `hepunits` float, if it has the dimension of `like`.

    Parameters
    ----------
    text : str
        One plain number with a unit, such as "100 / (keV kg day)": see `nushine.config.grammar`.
    like : str
        An example of what is wanted; it sets the dimension and is shown in the error.

    Returns
    -------
    float
        Rounded to 15 digits: the last one is lost between the units, and 3 MeV should be 3.

    Raises
    ------
    ValueError
        If the text cannot be read or has another dimension.

    Notes
    -----
    Counts are pure numbers, which a rate may have or leave out: 3 mBq/kg, 3e-3 / (s kg) and 259.2 counts/day/kg are
    one rate. A year has 365.25 days, a month is a twelfth of it.

    Examples
    --------
    >>> from hepunits import cm
    >>> quantity("5 cm", like="1 m") / cm
    5.0

    """
    wanted = _evaluate(like)[1]
    what = "quantity" if any(wanted) else "number"
    try:
        number, dimension = _evaluate(text) if isinstance(text, str) else (0.0, None)
        if dimension is None or not _agree(dimension, wanted):
            raise ValueError(misread(text) if isinstance(text, str) else "give a number with such a unit")
    except ValueError as error:
        cure = str(error) if any(wanted) else _of_numbers(str(error))
        raise ValueError(f"{shown(text)} is not a {what} like {like!r}: {cure}") from None
    if not math.isfinite(number):
        raise ValueError(f"{shown(text)} is not a finite number: give one like {like!r}")
    return number


@lru_cache(maxsize=256)
def _evaluate(text: str) -> tuple[float, Dimension]:
    """Number in `hepunits`, infinite if it is too large for a float, and its dimension."""
    reading = parse(text)
    value, dimension = 1.0, Dimension()
    try:
        for name, power in reading.units.items():
            of = unit(name)
            value *= of.value**power
            dimension = dimension.times(of.dimension, power)
        number = reading.number * value
    except ArithmeticError:
        number = math.inf
    if reading.number != 0 and abs(number) < SMALLEST:
        raise ValueError("it is too small to compute with: check its power of ten")
    return float(f"{number:.15g}"), dimension


def _of_numbers(cure: str) -> str:
    """What to write, where no unit is wanted."""
    return "give one plain number" if cure.endswith("unit") else cure


def _agree(found: Dimension, wanted: Dimension) -> bool:
    """Whether two dimensions are the same; a rate or a flux may count or not."""
    is_rate = wanted.mass <= 0 and min(wanted) < 0
    return found[:3] == wanted[:3] and (found.counts == wanted.counts or (is_rate and found.counts in {0, 1}))


def unscaled(text: object, like: str) -> float:
    """As `quantity`, for what is no energy of nuclear recoils: eVnr and eVee are refused."""
    value = quantity(text, like)
    scale = next((name for name in parse(str(text)).units if name.endswith(("eVnr", "eVee"))), None)
    if scale is not None:
        raise ValueError(f"{shown(text)} is not allowed: {scale} is for nuclear recoils, write {scale[:-2]}")
    return value


def reader(
    like: str, least: str = "", most: str = "", *, zero: bool = False, negative: bool = False, recoil: bool = False
) -> Callable[[object], float]:
    """Make a reader of quantities that are above zero, or may be zero, or may be negative, within generous bounds.

    Parameters
    ----------
    like : str
        An example, for the dimension and for messages.
    least, most : str
        Bounds of the absolute value that nothing real violates: beyond them the unit is taken to be wrong.
    zero, negative : bool
        Whether zero, or anything below, is allowed.
    recoil : bool
        Whether it is of nuclear recoils, whose energies have two scales: eVnr and eVee.

    """
    low = quantity(least, like) if least else 0.0
    high = quantity(most, like) if most else math.inf

    def read(text: object) -> float:
        value = quantity(text, like) if recoil else unscaled(text, like)
        if not negative and (value < 0 or (value == 0 and not zero)):
            wanted = "zero or above" if zero else "above zero"
            raise ValueError(f"{shown(text)} is not allowed: give a quantity {wanted}, like {like!r}")
        if value != 0 and abs(value) < low:
            raise ValueError(f"{shown(text)} is not allowed: it is below {least}; check the unit")
        if abs(value) > high:
            raise ValueError(f"{shown(text)} is not allowed: it is above {most}; check the unit")
        return value

    return read


RecoilEnergy = Annotated[float, BeforeValidator(reader("20 eV", "1e-9 eV", "100 GeV", zero=True, recoil=True))]
AboveZeroRecoilEnergy = Annotated[float, BeforeValidator(reader("20 eV", "1e-9 eV", "1000 TeV", recoil=True))]
Energy = Annotated[float, BeforeValidator(reader("20 eV", "1e-9 eV", "100 GeV", zero=True))]
AboveZeroEnergy = Annotated[float, BeforeValidator(reader("20 eV", "1e-9 eV", "1000 TeV"))]
Mass = Annotated[float, BeforeValidator(reader("1 kg", "1 ug", "1e12 kg"))]
Length = Annotated[float, BeforeValidator(reader("5 cm", "1 nm", "1e5 km"))]
Distance = Annotated[float, BeforeValidator(reader("72 m", "1 cm", "1e9 km"))]
Position = Annotated[float, BeforeValidator(reader("5 mm", most="1e5 km", negative=True, zero=True))]
VolumeDensity = Annotated[float, BeforeValidator(reader("5.3 g/cm^3", "1e-9 g/cm^3", "100 g/cm^3"))]
Time = Annotated[float, BeforeValidator(reader("1 year", "1 s", "1e9 year"))]
Power = Annotated[float, BeforeValidator(reader("4.25 GW", "1 W", "1 TW", zero=True))]
Rate = Annotated[float, BeforeValidator(reader("1 / (kg day)", most="1e20 / (kg day)", zero=True))]
RateDensity = Annotated[
    float, BeforeValidator(reader("100 / (keV kg day)", most="1e20 / (keV kg day)", zero=True, recoil=True))
]
PerTime = Annotated[float, BeforeValidator(reader("1e16 / s", most="1e30 / s"))]
