"""Attenuation of photons in matter."""

import csv
from functools import cache
from importlib import resources
from math import log

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from hepunits import MeV, cm2, g
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray

from nushine.numerics.arrays import as_array
from nushine.numerics.checks import require_positive
from nushine.numerics.compilation import needs_jax
from nushine.targets.compounds import compound

FloatArray = NDArray[np.float64]

E_MIN, E_MAX = 1e-3 * MeV, 100.0 * MeV
"""Range of the tables. Matter is opaque below, and hardly changes up to 1 GeV: there the ends are used."""

POINTS = 2048
"""Points of a material's table, evenly in the logarithm of the energy: 0.6 % apart, which blurs edges by as much."""

STEP = log(E_MAX / E_MIN) / (POINTS - 1)


class Material(eqx.Module):
    r"""What a body is made of.

    Parameters
    ----------
    name : str
        For labels; materials of one name in an arrangement must be the same.
    log_mu : Array, shape (POINTS,)
        Logarithm of the attenuation coefficient [1/mm] at photon energies evenly in the logarithm from `E_MIN` to
        `E_MAX`.
    density : ArrayLike
        Mass per volume [hepunits mass/mm^3].

    Notes
    -----
    :math:`\mu = \rho \sum_i w_i (\mu/\rho)_i` over the elements i of mass fraction w: photoelectric effect, Compton
    scattering, pair production in the fields of nuclei and electrons. Coherent scattering is left out, because it
    leaves no energy and turns the photon little: 9 % of all scattering and absorption in germanium at 0.1 MeV, 1 % at
    0.5 MeV. Between the energies of the tables, cubic splines in both logarithms from edge to edge are within 0.1 % of
    splines of each process above 30 keV. Near an edge, the energy is blurred by 0.6 %.

    References
    ----------
    M. J. Berger et al., XCOM: Photon Cross Sections Database, NIST Standard Reference Database 8 (2010).

    """

    name: str = eqx.field(static=True)
    log_mu: Array = eqx.field(converter=as_array)
    density: Array = eqx.field(converter=as_array)

    @needs_jax
    def attenuation(self, E_gamma: ArrayLike) -> Array:
        """Attenuation coefficient [1/mm] at photon energies [MeV], any shape."""
        at = jnp.clip((jnp.log(jnp.asarray(E_gamma)) - log(E_MIN)) * (1 / STEP), 0.0, POINTS - 1.0)
        i = jnp.minimum(at.astype(jnp.int32), POINTS - 2)
        low = self.log_mu[i]
        return jnp.exp(low + (at - i) * (self.log_mu[i + 1] - low))


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
    0.302

    """
    require_positive(f"density of {formula}", density, "(hepunits)", "give one as in 5.3 * g / cm3")
    target = compound(formula)
    Z = np.asarray(target.isotopes.Z).astype(int)
    mass = np.asarray(target.number_per_mass * target.isotopes.m_atom)
    energies = np.geomspace(E_MIN, E_MAX, POINTS)
    mu = sum(m / mass.sum() * mass_attenuation(int(z), energies) for z, m in zip(Z, mass, strict=True))
    return Material(formula, np.log(density * mu), as_array(density))


def mass_attenuation(Z: int, E_gamma: FloatArray) -> FloatArray:
    """Mass attenuation coefficient without coherent scattering [mm^2/mass] of an element, in the range of the tables.

    Raises
    ------
    ValueError
        If the element is not in the tables.

    """
    from scipy.interpolate import CubicSpline

    if Z not in _tables():
        raise ValueError(f"no photon attenuation of Z = {Z}: the tables end at uranium; leave the material out")
    x, y = _tables()[Z]
    log_E = np.clip(np.log(E_gamma), x[0], x[-1])
    edges = np.flatnonzero(np.diff(x) < EDGE) + 1
    values = np.interp(log_E, x, y)
    for start, stop in zip((0, *edges), (*edges, x.size), strict=True):
        here = (log_E >= x[start]) & (log_E <= x[stop - 1])
        if stop - start >= SMOOTH:
            values[here] = CubicSpline(x[start:stop], y[start:stop])(log_E[here])
    return np.asarray(np.exp(values))


EDGE = 2e-4
"""Rows closer than this in the logarithm of the energy are the two sides of an edge."""

SMOOTH = 4
"""Rows between two edges from which on a spline is better than a straight line."""


@cache
def _tables() -> dict[int, tuple[FloatArray, FloatArray]]:
    """Logarithms of the energies [MeV] and of the coefficients [mm^2/mass] of each element."""
    text = (resources.files("nushine.detectors") / "data" / "photon_attenuation.csv").read_text(encoding="ascii")
    rows = np.array(
        [[float(row[name]) for name in ("Z", "E_MeV", "interacting")] for row in csv.DictReader(text.splitlines())]
    )
    elements = {int(Z): rows[rows[:, 0] == Z] for Z in np.unique(rows[:, 0])}
    return {Z: (np.log(own[:, 1] * MeV), np.log(own[:, 2] * cm2 / g)) for Z, own in elements.items()}
