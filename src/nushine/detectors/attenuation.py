"""Attenuation of photons in matter."""

import csv
from functools import cache
from importlib import resources

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from hepunits import MeV, cm2, g
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray

from nushine.numerics.arrays import as_array
from nushine.numerics.checks import require_positive
from nushine.targets.compounds import compound

FloatArray = NDArray[np.float64]

E_MIN, E_MAX = 1e-3 * MeV, 20.0 * MeV
"""Range of the tables. Below it, where matter is opaque, the lower end is used."""

POINTS = 1024
"""Points of a material's table, evenly in the logarithm of the energy: 1 % apart, which blurs edges by as much."""


class Material(eqx.Module):
    r"""What a body is made of.

    Parameters
    ----------
    name : str
        For labels; materials of one name in an arrangement must be the same.
    log_mu : Array, shape (POINTS,)
        Logarithm of the attenuation coefficient [1/mm] at photon energies evenly in the logarithm from `E_MIN` to
        `E_MAX`.

    Notes
    -----
    :math:`\mu = \rho \sum_i w_i (\mu/\rho)_i` over the elements i of mass fraction w. Coherent scattering, which turns
    photons by small angles, is included: 9 % of the coefficient of germanium at 0.1 MeV, below 1 % above 0.5 MeV.
    Straight lines between the points of the tables, in both logarithms, are good to 1 %.

    References
    ----------
    J. H. Hubbell, S. M. Seltzer, NISTIR 5632 (1995), NIST Standard Reference Database 126.

    """

    name: str = eqx.field(static=True)
    log_mu: Array = eqx.field(converter=as_array)

    def attenuation(self, E_gamma: ArrayLike) -> Array:
        """Attenuation coefficient [1/mm] at photon energies [MeV] up to 20 MeV, any shape."""
        step = (np.log(E_MAX) - np.log(E_MIN)) / (POINTS - 1)
        at = jnp.clip((jnp.log(jnp.asarray(E_gamma)) - np.log(E_MIN)) / step, 0.0, POINTS - 1.0)
        i = jnp.minimum(at.astype(jnp.int32), POINTS - 2)
        return jnp.exp(self.log_mu[i] + (at - i) * (self.log_mu[i + 1] - self.log_mu[i]))


def material(formula: str, density: float) -> Material:
    """A material by its chemical formula and density [mass/mm^3 of hepunits].

    Raises
    ------
    ValueError
        If the formula cannot be read, holds an element above uranium, or the density is not above zero.

    Examples
    --------
    >>> from hepunits import cm, cm3, g
    >>> germanium = material("Ge", 5.323 * g / cm3)
    >>> print(f"{germanium.attenuation(1.0) * cm:.3f}")         # per cm, at 1 MeV
    0.305

    """
    require_positive(f"density of {formula}", density, "(hepunits)", "give one as in 5.3 * g / cm3")
    isotopes = compound(formula)
    Z = np.asarray(isotopes.isotopes.Z).astype(int)
    mass = np.asarray(isotopes.number_per_mass * isotopes.isotopes.m_atom)
    energies = np.geomspace(E_MIN, E_MAX, POINTS)
    mu = sum(m / mass.sum() * _mu_over_rho(int(z), energies) for z, m in zip(Z, mass, strict=True))
    return Material(formula, as_array(np.log(density * mu)))


def _mu_over_rho(Z: int, E: FloatArray) -> FloatArray:
    """Mass attenuation coefficient [mm^2/mass] of an element."""
    if Z not in _tables():
        raise ValueError(f"no photon attenuation of Z = {Z}: the tables end at uranium; leave the material out")
    energies, values = _tables()[Z]
    return np.asarray(np.exp(np.interp(np.log(E), np.log(energies), np.log(values))))


@cache
def _tables() -> dict[int, tuple[FloatArray, FloatArray]]:
    """Energies [MeV] and coefficients [mm^2/mass] of each element; the upper row of an edge is 1e-9 above the lower."""
    text = (resources.files("nushine.detectors") / "data" / "photon_attenuation.csv").read_text(encoding="ascii")
    rows = np.array([[float(x) for x in row] for row in list(csv.reader(text.splitlines()))[1:]])
    tables = {}
    for Z in np.unique(rows[:, 0]):
        _, E, value = rows[rows[:, 0] == Z].T
        E = E * MeV * np.where(np.diff(E, prepend=0.0) == 0, 1 + 1e-9, 1.0)
        tables[int(Z)] = E, value * cm2 / g
    return tables
