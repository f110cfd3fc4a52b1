"""Electrons as targets: free, or shell by shell with their binding energies."""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from hepunits import eV
from jax import Array
from jax.typing import ArrayLike

from nushine.constants import m_e
from nushine.numerics.arrays import as_array
from nushine.numerics.checks import require_non_negative
from nushine.numerics.compilation import needs_jax
from nushine.targets.compounds import Target, compound
from nushine.targets.form_factors import PointLike
from nushine.targets.isotopes import Isotope

Shells = Mapping[int, Sequence[tuple[float, float]]]
"""For each Z, pairs of binding energy [MeV] and number of electrons of a shell."""


class Electrons(eqx.Module):
    r"""The electrons of a target, in S shells.

    A recoil E_R opens the shells with :math:`B_i \le E_R`; electrons of open shells count as free and at rest.

    Parameters
    ----------
    binding : ArrayLike, shape (S,)
        Binding energies B_i [MeV].
    occupation_per_mass : ArrayLike, shape (S,)
        Electrons of the shell per bulk mass [1/(MeV ns^2/mm^2)].

    """

    binding: Array = eqx.field(converter=as_array)
    occupation_per_mass: Array = eqx.field(converter=as_array)

    @needs_jax
    def open_per_mass(self, E_R: ArrayLike) -> Array:
        """Electrons that a recoil E_R [MeV], any shape, can set free, per mass [1/(MeV ns^2/mm^2)]."""
        is_open = jnp.asarray(E_R)[..., None] >= self.binding
        return jnp.sum(jnp.where(is_open, self.occupation_per_mass, 0.0), axis=-1)


def electrons(target: Target | str, bound: bool = False, shells: Shells | None = None) -> Electrons:
    r"""The electrons of a target.

    Parameters
    ----------
    target : Target or str
        A target, or a formula for `compound`.
    bound : bool
        False: all free. True: in shells of the neutral atoms, from `binding_energies` or from `shells`.
    shells : mapping of Z to (binding energy [MeV], electrons), optional
        Shells to take instead of the package's table (implies bound); electrons not listed count as free.

    Returns
    -------
    Electrons

    Raises
    ------
    ValueError
        If an element has no shells in the table, or more electrons than protons.

    Notes
    -----
    The step theta(E_R - B_i) is the usual stand-in for the response of bound electrons. It follows an ab initio
    calculation for germanium well above the edges and loses its meaning below about 1 keV, where atomic and
    solid-state effects take over [1].

    References
    ----------
    [1] J.-W. Chen et al., Phys. Rev. D 91, 013005 (2015).

    Examples
    --------
    >>> from hepunits import g, keV
    >>> free, bound = electrons("Ge"), electrons("Ge", bound=True)
    >>> print(f"{float(free.open_per_mass(5 * keV) * g):.4e}, {float(bound.open_per_mass(5 * keV) * g):.4e}")
    2.6533e+23, 2.4875e+23

    """
    material = compound(target) if isinstance(target, str) else target
    if not (bound or shells is not None):
        return Electrons(jnp.zeros(1), material.electrons_per_mass[None])
    table = binding_energies() if shells is None else shells
    Z = np.asarray(material.isotopes.Z).astype(int)
    elements = np.unique(Z)
    atoms_per_mass = (elements[:, None] == Z) @ material.number_per_mass
    rows = [(B, n, i) for i, element in enumerate(elements.tolist()) for B, n in _shells_of(element, table)]
    binding, occupation, index = (np.array(column) for column in zip(*rows, strict=True))
    return Electrons(as_array(binding), as_array(occupation) * atoms_per_mass[index])


def electron() -> Isotope:
    """One electron, as interactions take a nucleus: Z = 1, spin 1/2, m_A = m_e, no form factor."""
    Z, N, m, half = (as_array(value) for value in (1.0, 0.0, m_e, 0.5))
    return Isotope(name="e", Z=Z, N=N, m_A=m, m_atom=m, spin=half, form_factor=PointLike())


@cache
def binding_energies() -> Mapping[int, tuple[tuple[float, float], ...]]:
    """Shells of neutral atoms by Z: pairs of binding energy [MeV] and number of electrons.

    Elam, Ravel and Sieber, Radiat. Phys. Chem. 63, 121 (2002), for Li, O, F, Na, Al, Si, Ar, Ca, Zn, Ge, I, Xe, Cs, W.
    """
    shells: dict[int, list[tuple[float, float]]] = {}
    with (resources.files("nushine.targets") / "data" / "binding_energies.csv").open(encoding="ascii") as file:
        for row in csv.DictReader(file):
            shell = (float(row["binding_eV"]) * eV, float(row["electrons"]))
            shells.setdefault(int(row["Z"]), []).append(shell)
    return {Z: tuple(rows) for Z, rows in shells.items()}


def _shells_of(Z: int, table: Shells) -> list[tuple[float, float]]:
    """Shells of one atom, with the electrons that are not listed as a free one."""
    if Z not in table:
        raise ValueError(
            f"Z = {Z} has no shells in the table of binding energies: give them as shells={{{Z}: [(B, n)]}}"
        )
    rows = [(float(B), float(n)) for B, n in table[Z]]
    require_non_negative(f"binding energies of Z = {Z}", np.array([B for B, _ in rows]), "MeV")
    require_non_negative(f"electrons per shell of Z = {Z}", np.array([n for _, n in rows]))
    rest = Z - sum(n for _, n in rows)
    if rest < 0:
        raise ValueError(f"shells of Z = {Z} hold {Z - rest:g} electrons: give at most {Z}")
    return [*rows, (0.0, rest)] if rest > 0 else rows
