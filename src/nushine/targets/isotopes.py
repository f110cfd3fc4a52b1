"""Isotopes: masses and abundances from periodictable, charge radii and spins from the package's table."""

import csv
import re
from dataclasses import replace
from functools import cache
from importlib import resources
from numbers import Real
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
from hepunits import eV, fermi
from jax import Array
from jax.core import Tracer
from jax.typing import ArrayLike
from numpy.typing import NDArray

from nushine.constants import m_e, m_u
from nushine.lines import shown
from nushine.numerics.arrays import as_array
from nushine.targets.form_factors import FormFactor, Helm

Spin = float | str | None
"""Which dipole cross section applies: 0 or "0", 0.5 or "1/2", or None to take it from the ground state."""

_SPINS: dict[object, float] = {0: 0.0, 0.5: 0.5, "0": 0.0, "1/2": 0.5}
_NAME = re.compile(r"(?P<symbol>[A-Z][a-z]?)(?:-?(?P<A>\d+)|\[(?P<A2>\d+)\])|(?P<A3>\d+)-?(?P<symbol2>[A-Z][a-z]?)")


class Isotope(eqx.Module):
    """A nucleus as a target; every field but the label is an array, so isotopes stack and vectorise.

    Parameters
    ----------
    name : str
        A label, such as "Ge73".
    Z, N : ArrayLike
        Protons and neutrons.
    m_A : ArrayLike
        Mass of the nucleus [MeV].
    m_atom : ArrayLike
        Mass of the atom [MeV].
    spin : ArrayLike
        0.0 or 0.5: which of the two dipole cross sections applies.
    form_factor : FormFactor
        F(q^2), with as many radii as there are isotopes.

    """

    name: str = eqx.field(static=True)
    Z: Array = eqx.field(converter=as_array)
    N: Array = eqx.field(converter=as_array)
    m_A: Array = eqx.field(converter=as_array)
    m_atom: Array = eqx.field(converter=as_array)
    spin: Array = eqx.field(converter=as_array)
    form_factor: FormFactor


class ChargeRadius(NamedTuple):
    """Rms charge radius [mm], its error [mm] and whether it was "measured", "interpolated" or from "systematics"."""

    r_rms: float
    error: float
    status: str


class Nuclide(NamedTuple):
    """Symbol, protons Z and mass number A of a nuclide that periodictable knows."""

    symbol: str
    Z: int
    A: int

    @property
    def label(self) -> str:
        """As in "Ge73"."""
        return f"{self.symbol}{self.A}"


def isotope(name: str, spin: Spin = None, form_factor: type[FormFactor] | FormFactor = Helm) -> Isotope:
    """One isotope by name.

    Parameters
    ----------
    name : str
        "Ge73", "73Ge", "Ge-73" or "Ge[73]".
    spin : {None, 0, "0", 0.5, "1/2"}
        Which dipole cross section applies; by default spin 0 for J = 0 ground states and 1/2 for all others.
    form_factor : type of FormFactor, or FormFactor
        A family, whose radius is set from the charge radius of this isotope, or a form factor as it is.

    Returns
    -------
    Isotope
        With scalar array fields.

    Raises
    ------
    ValueError
        If the isotope is not known to periodictable or the spin is neither 0 nor 1/2.

    Notes
    -----
    m_A = m_atom - Z m_e + B_el with the binding energy of all electrons B_el = 14.4381 Z^2.39 + 1.55468e-6 Z^5.35 eV
    [1]. Spins of ground states are those of NUBASE2020 [2] for the elements of the package's table, else 0 for
    even-even nuclei and 1/2 for all others.

    References
    ----------
    [1] D. Lunney, J. M. Pearson, C. Thibault, Rev. Mod. Phys. 75, 1021 (2003), Eq. A4.
    [2] F. G. Kondev et al., Chin. Phys. C 45, 030001 (2021).

    Examples
    --------
    >>> ge73 = isotope("Ge73")
    >>> int(ge73.Z), int(ge73.N), float(ge73.spin), round(float(ge73.m_A), 2)
    (32, 41, 0.5, 67911.48)

    """
    nuclide = find(name)
    if isinstance(form_factor, FormFactor):
        return replace(isotope(name, spin), form_factor=form_factor)
    return select(build([nuclide], spin, form_factor), 0, nuclide.label)


def isotopes_of(element: str, spin: Spin = None, form_factor: type[FormFactor] = Helm) -> list[tuple[Isotope, float]]:
    """Natural isotopes of an element with their number fractions, which sum to one.

    Examples
    --------
    >>> [(isotope.name, round(fraction, 4)) for isotope, fraction in isotopes_of("Ar")]
    [('Ar36', 0.0033), ('Ar38', 0.0006), ('Ar40', 0.996)]

    """
    nuclides = natural(element)
    built = build(list(nuclides), spin, form_factor)
    return [(select(built, i, nuclide.label), fraction) for i, (nuclide, fraction) in enumerate(nuclides.items())]


def charge_radius(name: str) -> ChargeRadius:
    """Rms charge radius of an isotope.

    Measured values are those of Angeli and Marinova [1]; a value "interpolated" lies between the neighbouring isotopes
    of the element; "systematics" is 0.836 A^(1/3) + 0.570 fm [2], which follows the measured radii of the table
    within 1.1 % (standard deviation for A > 9, at worst 4 % for 48Ca; 20 % for Li), quoted as its error.

    References
    ----------
    [1] I. Angeli, K. P. Marinova, At. Data Nucl. Data Tables 99, 69 (2013).
    [2] W. R. Johnson, G. Soff, At. Data Nucl. Data Tables 33, 405 (1985).

    Examples
    --------
    >>> radius = charge_radius("Ge73")
    >>> round(radius.r_rms / fermi, 4), radius.status
    (4.0632, 'measured')
    >>> charge_radius("U238").status
    'systematics'

    """
    return _charge_radius(find(name))


def find(name: str) -> Nuclide:
    """The nuclide of this name; ValueError if there is none."""
    symbol, A = parse(name)
    element = periodic(symbol)
    if A not in element.isotopes:
        raise ValueError(f"isotope {name!r} is not known: {_known(symbol)}")
    return Nuclide(symbol, element.number, A)


def parse(name: str) -> tuple[str, int]:
    """Symbol and mass number that a name spells; ValueError if it is no name of an isotope."""
    match = _NAME.fullmatch(name.strip()) if isinstance(name, str) else None
    if match is None:
        raise ValueError(f"isotope {shown(name)} is not a name: write the symbol and the mass number, as in 'Ge73'")
    return match["symbol"] or match["symbol2"], int(match["A"] or match["A2"] or match["A3"])


def natural(symbol: str) -> dict[Nuclide, float]:
    """Natural isotopes of an element and their number fractions, which sum to one; ValueError if there are none."""
    element = periodic(symbol)
    abundances = {A: float(element[A].abundance) for A in element.isotopes if element[A].abundance > 0}
    if not abundances:
        raise ValueError(f"element {symbol!r} has no tabulated natural abundances: name one isotope, {_known(symbol)}")
    total = sum(abundances.values())
    return {Nuclide(symbol, element.number, A): abundance / total for A, abundance in abundances.items()}


def periodic(symbol: str) -> Any:
    """The element of periodictable; ValueError if there is none."""
    import periodictable

    try:
        element = periodictable.elements.symbol(symbol) if isinstance(symbol, str) else None
    except ValueError:
        element = None
    if element is None or symbol in ("n", "D", "T"):
        raise ValueError(f"element {shown(symbol)} is not known: give a symbol of the periodic table, such as 'Ge'")
    return element


def element_of(symbol: str) -> tuple[str | None, int | None]:
    """Symbol of the element, None if there is none, and mass number if the symbol is that of an isotope: D and T."""
    if symbol in ("D", "T"):
        return "H", 2 if symbol == "D" else 3
    try:
        periodic(symbol)
    except ValueError:
        return None, None
    return symbol, None


def build(nuclides: list[Nuclide], spin: Spin, form_factor: type[FormFactor]) -> Isotope:
    """The isotopes in one stack: every array leaf has a leading axis."""
    Z = np.array([nuclide.Z for nuclide in nuclides], dtype=float)
    A = np.array([nuclide.A for nuclide in nuclides], dtype=float)
    m_atom = np.array([atomic_mass(nuclide) for nuclide in nuclides])
    r_rms = np.array([_charge_radius(nuclide).r_rms for nuclide in nuclides])
    return Isotope(
        name="",
        Z=as_array(Z),
        N=as_array(A - Z),
        m_A=as_array(m_atom - Z * m_e + electron_binding(Z)),
        m_atom=as_array(m_atom),
        spin=as_array(np.array([_ground_state(nuclide) if spin is None else _spin(spin) for nuclide in nuclides])),
        form_factor=_family(form_factor).from_rms_radius(r_rms),
    )


def select(stacked: Isotope, index: int, name: str = "") -> Isotope:
    """One isotope out of a stack."""
    one: Isotope = jax.tree.map(
        lambda leaf: leaf[index] if isinstance(leaf, Tracer) else as_array(np.asarray(leaf)[index]), stacked
    )
    return replace(one, name=name)


def electron_binding(Z: ArrayLike) -> NDArray[np.float64]:
    """Binding energy of all electrons of a neutral atom [MeV], Lunney, Pearson and Thibault (2003), Eq. A4."""
    z = np.asarray(Z, dtype=float)
    return np.asarray((14.4381 * z**2.39 + 1.55468e-6 * z**5.35) * eV)


def _spin(spin: object) -> float:
    if isinstance(spin, bool) or not isinstance(spin, str | Real) or spin not in _SPINS:
        raise ValueError(f"spin = {shown(spin)} is not allowed: give 0 or '1/2', or None for that of the ground state")
    return _SPINS[spin]


def _family(form_factor: type[FormFactor]) -> type[FormFactor]:
    if isinstance(form_factor, FormFactor):
        raise ValueError(
            f"form_factor = {form_factor} has one fixed radius: give the class, e.g. {type(form_factor).__name__}, "
            "and each isotope gets its own charge radius"
        )
    if not (isinstance(form_factor, type) and issubclass(form_factor, FormFactor)) or form_factor is FormFactor:
        raise ValueError(
            f"form_factor = {shown(form_factor)} is not allowed: give a class of nushine.targets, as Helm, "
            "KleinNystrand, SymmetrisedFermi or PointLike"
        )
    return form_factor


def _known(symbol: str) -> str:
    known = list(periodic(symbol).isotopes)
    stable = ", ".join(f"{symbol}{A}" for A in known if periodic(symbol)[A].abundance > 0)
    among = f"; found in nature: {stable}" if stable else ""
    return f"give one of {symbol}{known[0]} to {symbol}{known[-1]}{among}"


def atomic_mass(nuclide: Nuclide) -> float:
    """Mass of the neutral atom [MeV]."""
    return float(periodic(nuclide.symbol)[nuclide.A].mass) * m_u


def _charge_radius(nuclide: Nuclide) -> ChargeRadius:
    row = _table().get(nuclide)
    if row is None:
        r_rms = (0.836 * nuclide.A ** (1 / 3) + 0.570) * fermi
        return ChargeRadius(r_rms, 0.011 * r_rms, "systematics")
    return ChargeRadius(float(row["r_rms_fm"]) * fermi, float(row["r_rms_error_fm"]) * fermi, row["r_rms_status"])


def _ground_state(nuclide: Nuclide) -> float:
    """0.0 for J = 0, else 0.5."""
    row = _table().get(nuclide)
    if row is None:
        even_even = nuclide.Z % 2 == 0 and nuclide.A % 2 == 0
        return 0.0 if even_even else 0.5
    return 0.0 if row["spin_parity"].startswith("0") else 0.5


@cache
def _table() -> dict[Nuclide, dict[str, str]]:
    with (resources.files("nushine.targets") / "data" / "isotopes.csv").open(encoding="ascii") as file:
        return {Nuclide(row["symbol"], int(row["Z"]), int(row["A"])): row for row in csv.DictReader(file)}
