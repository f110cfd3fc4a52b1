"""Targets: any chemical formula, pure isotopes, and mixtures of them, as stacks of isotopes per mass."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from nushine.constants import MASS_PER_ENERGY
from nushine.numerics.arrays import as_array, namespace
from nushine.numerics.checks import require_positive
from nushine.targets.form_factors import FormFactor, Helm
from nushine.targets.isotopes import Isotope, Nuclide, Spin, build, find, natural, parse, periodic

_PURE = re.compile(r"[A-Z][a-z]?-?\d+|\d+-?[A-Z][a-z]?")
_ENRICHED = re.compile(r"[A-Z][a-z]?\[\d+\]")
_HYDROGEN_GAS = re.compile(r"[HDT]\d+")


class Target(eqx.Module):
    """What the neutrinos meet: I isotopes in a stack, and how many nuclei of each there are per bulk mass.

    Parameters
    ----------
    name : str
        For labels.
    labels : tuple of str
        Names of the isotopes, in order.
    isotopes : Isotope
        A stack: every array leaf has a leading axis I, ready for `jax.vmap`.
    number_per_mass : ArrayLike, shape (I,)
        Nuclei per mass [1/(MeV ns^2/mm^2)]; multiply with kg of hepunits to read it.

    Examples
    --------
    >>> from hepunits import kg
    >>> germanium = compound("Ge")
    >>> germanium.labels
    ('Ge70', 'Ge72', 'Ge73', 'Ge74', 'Ge76')
    >>> print(f"{float(germanium.number_per_mass.sum() * kg):.4e}")
    8.2916e+24

    """

    name: str = eqx.field(static=True)
    labels: tuple[str, ...] = eqx.field(static=True)
    isotopes: Isotope
    number_per_mass: Array = eqx.field(converter=as_array)

    @property
    def electrons_per_mass(self) -> Array:
        """Electrons of the neutral material per mass [1/(MeV ns^2/mm^2)]."""
        return jnp.sum(self.isotopes.Z * self.number_per_mass, axis=-1)


def compound(formula: str, form_factor: type[FormFactor] = Helm, spin: Spin = None) -> Target:
    """A pure substance, by its chemical formula or the name of an isotope.

    Parameters
    ----------
    formula : str
        A formula as periodictable reads it, with natural abundances: "Ge", "CaWO4", "CaCO3+6H2O"; isotopes in
        brackets: "Ge[76]", "Ca[48]WO4". A lone symbol with a number of at least Z, "Ge73", "73Ge" or "Ge-73", names
        that isotope alone; "O2" is oxygen, "H2" hydrogen, and deuterium is "H[2]".
    form_factor : type of FormFactor
        The family; each isotope gets its own charge radius.
    spin : {None, 0, "0", 0.5, "1/2"}
        Which dipole cross section applies to every isotope; by default that of each ground state.

    Returns
    -------
    Target

    Raises
    ------
    ValueError
        If the formula cannot be read or names an unknown element or isotope.

    Examples
    --------
    >>> compound("CaWO4").labels[:3]
    ('Ca40', 'Ca42', 'Ca43')
    >>> compound("73Ge").labels
    ('Ge73',)

    """
    counts = _counts(formula)
    nuclides = list(counts)
    isotopes = build(nuclides, spin, form_factor)
    count = np.array([counts[nuclide] for nuclide in nuclides])
    mass = np.sum(count * np.asarray(isotopes.m_atom)) * MASS_PER_ENERGY
    return Target(formula, tuple(nuclide.label for nuclide in nuclides), isotopes, jnp.asarray(count / mass))


def mixture(
    parts: Mapping[str, ArrayLike] | Iterable[tuple[str | Target, ArrayLike]],
    form_factor: type[FormFactor] = Helm,
    spin: Spin = None,
) -> Target:
    """Several substances together, per unit of their total mass.

    Parameters
    ----------
    parts : mapping of formula to mass, or iterable of (formula or Target, mass)
        Masses, or mass fractions, in any common unit. An isotope that occurs in two parts stays listed twice.
    form_factor, spin
        As in `compound`, for the parts given by formula.

    Returns
    -------
    Target

    Raises
    ------
    ValueError
        If there is no part, a mass is not above zero or the parts have form factors of different families.

    Examples
    --------
    >>> from hepunits import g
    >>> mixture({"CaWO4": 6.84 * g, "Al2O3": 4.41 * g}).name
    'CaWO4 + Al2O3'

    """
    pairs = list(parts.items() if isinstance(parts, Mapping) else parts)
    if not pairs:
        raise ValueError("mixture of nothing: give at least one formula with its mass, e.g. {'CaWO4': 6.84 * g}")
    targets = [part if isinstance(part, Target) else compound(part, form_factor, spin) for part, _ in pairs]
    for target, (_, mass) in zip(targets, pairs, strict=True):
        require_positive(f"mass of {target.name}", mass, cure="give a finite mass above zero, or leave the part out")
    xp = namespace(*(mass for _, mass in pairs), *(target.number_per_mass for target in targets))
    masses = [xp.asarray(mass, dtype=float) for _, mass in pairs]
    numbers = [mass / sum(masses) * target.number_per_mass for mass, target in zip(masses, targets, strict=True)]
    return Target(
        name=" + ".join(target.name for target in targets),
        labels=tuple(label for target in targets for label in target.labels),
        isotopes=_joined([target.isotopes for target in targets], "concatenate"),
        number_per_mass=as_array(xp.concatenate(numbers)),
    )


def stack(isotopes: Sequence[Isotope]) -> Isotope:
    """The isotopes as one, every array leaf with a leading axis; their form factors must be of one family.

    Examples
    --------
    >>> from nushine.targets.isotopes import isotope
    >>> stack([isotope("Ge70"), isotope("Ge73")]).N
    Array([38., 41.], dtype=float64)

    """
    if not isotopes:
        raise ValueError("stack of nothing: give at least one isotope")
    return _joined(isotopes, "stack")


def _joined(isotopes: Sequence[Isotope], join: str) -> Isotope:
    """Join the isotopes leaf by leaf, by the array function of this name."""
    families = {type(isotope.form_factor).__name__ for isotope in isotopes}
    if len(families) > 1:
        raise ValueError(f"form factors of different families ({', '.join(sorted(families))}): give all the same one")

    def together(*leaves: Array) -> Array:
        return as_array(getattr(namespace(*leaves), join)(leaves))

    joined: Isotope = jax.tree.map(together, *(replace(isotope, name="") for isotope in isotopes))
    return joined


def _counts(formula: str) -> dict[Nuclide, float]:
    """Nuclei of each isotope per formula unit, by element and mass number."""
    pure = _pure(formula)
    if pure is not None:
        return {pure: 1.0}
    counts: dict[Nuclide, float] = {}
    for symbol, A, number in _atoms(formula):
        fractions = natural(symbol) if A is None else {find(f"{symbol}[{A}]"): 1.0}
        for nuclide, fraction in fractions.items():
            counts[nuclide] = counts.get(nuclide, 0.0) + number * fraction
    return counts


def _pure(formula: str) -> Nuclide | None:
    """The isotope that a formula such as "Ge73" or "73Ge" names, if any."""
    if not _PURE.fullmatch(formula) or _HYDROGEN_GAS.fullmatch(formula):
        return None
    symbol, A = parse(formula)
    return find(formula) if periodic(symbol).number <= A else None


def _atoms(formula: str) -> list[tuple[str, int | None, float]]:
    """Symbol, mass number where given, and count of each constituent of a chemical formula."""
    import periodictable
    from pyparsing import ParseException

    for enriched in _ENRICHED.findall(formula):
        find(enriched)
    cure = "write it as in 'CaWO4', an isotope as in 'Ge[76]'"
    try:
        atoms = periodictable.formula(formula).atoms
    except (ValueError, TypeError, KeyError, ParseException) as error:
        raise ValueError(f"formula {formula!r} cannot be read ({_one_line(error)}): {cure}") from None
    neutral = all(atom.number > 0 and not getattr(atom, "charge", 0) for atom in atoms)
    if not atoms or not neutral or min(atoms.values()) <= 0:
        raise ValueError(f"formula {formula!r} is not a neutral substance made of atoms: {cure}")
    symbols = {atom: periodictable.elements[atom.number].symbol for atom in atoms}
    return [(symbols[atom], getattr(atom, "isotope", None), float(count)) for atom, count in atoms.items()]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
