"""Targets: any chemical formula, pure isotopes, and mixtures of them, as stacks of isotopes per mass."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from nushine.constants import MASS_PER_ENERGY
from nushine.lines import shown
from nushine.numerics.arrays import as_array, namespace
from nushine.numerics.calls import require_instance
from nushine.numerics.checks import require_positive
from nushine.numerics.compilation import needs_jax
from nushine.targets.form_factors import FormFactor, Helm
from nushine.targets.formulas import Atoms, read
from nushine.targets.isotopes import Isotope, Nuclide, Spin, atomic_mass, build, find, natural


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
    @needs_jax
    def electrons_per_mass(self) -> Array:
        """Electrons of the neutral material per mass [1/(MeV ns^2/mm^2)]."""
        return jnp.sum(self.isotopes.Z * self.number_per_mass, axis=-1)


def compound(formula: str, form_factor: type[FormFactor] = Helm, spin: Spin = None) -> Target:
    """A pure substance, by its chemical formula or the name of an isotope.

    Parameters
    ----------
    formula : str
        A chemical formula, with natural abundances: "Ge", "CaWO4", "Gd2(SO4)3", "CaSO4+2H2O"; isotopes in brackets:
        "Ge[76]", "Ca[48]WO4". A lone symbol with a number of at least Z, "Ge73", "73Ge" or "Ge-73", names that isotope
        alone; "O2" is oxygen, "H2" hydrogen, and deuterium is "H[2]" or "D". Mixtures are by weight, with the rest at
        the end: "95%wt Ge[70] // Ge".
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
    return _target(formula, read(formula), form_factor, spin)


def enriched(
    formula: str,
    shares: Mapping[str, float],
    by: Literal["atoms", "weight"],
    form_factor: type[FormFactor] = Helm,
    spin: Spin = None,
) -> Target:
    r"""A substance with an element of other than natural isotopes.

    .. math:: a_i = s_i, \qquad a_j = \Big(1 - \sum_i s_i\Big) \frac{n_j}{\sum_k n_k}

    for the isotopes i that are named and all natural others j and k, with natural abundances n by number; for shares by
    weight, :math:`a_i \propto s_i / m_i` and the others weigh :math:`1 - \sum s_i` together.

    Parameters
    ----------
    formula : str
        As for `compound`, with the element in it, and no isotope of it.
    shares : mapping of isotope to share
        Such as ``{"Ge76": 0.86}``: shares of the isotopes among all of their element, which add up to 1 at most.
    by : {"atoms", "weight"}
        What the shares are of.
    form_factor, spin
        As for `compound`.

    Raises
    ------
    ValueError
        For shares that are not possible, isotopes of several elements or of one that the formula lacks.

    Examples
    --------
    >>> enriched("Ge", {"Ge76": 0.86}, by="atoms").labels
    ('Ge70', 'Ge72', 'Ge73', 'Ge74', 'Ge76')

    """
    atoms, named = read(formula), _shares(formula, shares)
    symbols = sorted({nuclide.symbol for nuclide in named})
    if len(symbols) != 1 or len(named) != len(shares):
        raise ValueError(f"enrichment of {formula}: name isotopes of one element, each once, as in Ge76: 0.86")
    if by not in ("atoms", "weight"):
        raise ValueError(f"enrichment of {formula}: shares by {by!r} are not known: give 'atoms' or 'weight'")
    total, rest = sum(named.values()), {n: a for n, a in natural(symbols[0]).items() if n not in named}
    if not min(named.values()) > 0 or not total <= 1 + 1e-9 or (not rest and total < 1 - 1e-9):
        raise ValueError(f"enrichment of {formula}: shares are above 0 and add up to 1 at most (all isotopes: to 1)")
    present = {nuclide: number for nuclide, number in atoms.items() if nuclide.symbol == symbols[0]}
    usual = natural(symbols[0])
    scale = sum(present.values())
    if present.keys() != usual.keys() or any(abs(present[n] / scale - usual[n]) > 1e-9 for n in usual):
        raise ValueError(f"enrichment of {formula}: the formula must hold natural {symbols[0]}, without brackets")
    left, weigh = max(1 - total, 0.0), by == "weight"
    mean = sum(a * (atomic_mass(n) if weigh else 1.0) for n, a in rest.items()) or 1.0
    mixed = {n: share / (atomic_mass(n) if weigh else 1.0) for n, share in named.items()}
    mixed |= {n: left * a / mean for n, a in rest.items() if left > 1e-12}
    norm = scale / sum(mixed.values())
    of_element = {n: norm * mixed[n] for n in sorted(mixed, key=lambda n: n.A)}
    others = {n: number for n, number in atoms.items() if n.symbol != symbols[0]}
    text = ", ".join(f"{n.label} {100 * share:g} %" for n, share in named.items())
    return _target(f"{formula} ({text} by {by})", of_element | others, form_factor, spin)


def _shares(formula: str, shares: Mapping[str, float]) -> dict[Nuclide, float]:
    """Shares by nuclide; ValueError for what is no mapping of isotopes to numbers."""
    if not isinstance(shares, Mapping):
        raise ValueError(f"enrichment of {formula}: shares = {shown(shares)}: give a mapping, as {{'Ge76': 0.86}}")
    named = {}
    for name, share in shares.items():
        nuclide = find(name)
        if isinstance(share, str | bool) or np.ndim(share) != 0 or np.asarray(share).dtype.kind not in "iuf":
            raise ValueError(f"enrichment of {formula}: share of {name} = {shown(share)} is no number: give 0.86")
        named[nuclide] = float(share)
    return named


def _target(name: str, atoms: Atoms, form_factor: type[FormFactor], spin: Spin) -> Target:
    """A target of these atoms."""
    isotopes = build(list(atoms), spin, form_factor)
    count = np.array(list(atoms.values()))
    mass = np.sum(count * np.asarray(isotopes.m_atom)) * MASS_PER_ENERGY
    return Target(name, tuple(nuclide.label for nuclide in atoms), isotopes, jnp.asarray(count / mass))


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
    pairs = _pairs(parts)
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


def _pairs(parts: Any) -> list[tuple[str | Target, ArrayLike]]:
    """Substances and their masses; ValueError for what is no such list."""
    items = parts.items() if isinstance(parts, Mapping) else parts
    pairs = list(items) if isinstance(items, Iterable) and not isinstance(items, str) else [items]
    for pair in pairs:
        if not (isinstance(pair, tuple | list) and len(pair) == 2 and isinstance(pair[0], str | Target)):
            raise ValueError(
                f"mixture of {shown(pair)}: give formulas or targets with their masses, e.g. {{'CaWO4': 6.84 * g}}"
            )
    return pairs


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
    for one in isotopes:
        require_instance("isotope of a stack", one, Isotope)
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
