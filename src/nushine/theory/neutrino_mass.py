r"""The neutrino mass that a transition moment and a Majorana sterile neutrino induce by themselves.

Two moment vertices, joined by the photon, and one insertion of the Majorana mass of N give at one loop

.. math:: m_\nu \sim \Big(\frac{\mu}{\mu_B}\Big)^2 \frac{\alpha}{16\pi} \frac{m_N \Lambda^2}{m_e^2}

with a cut-off :math:`\Lambda` at the scale where the moment arises. An estimate by power counting: factors of order
one are left open. Above a line of constant mass the observed mass needs a cancellation. It does not hold for a Dirac N.
"""

from math import pi

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine.constants import alpha, m_e
from nushine.numerics.checks import require_non_negative, require_positive


def radiative_mass(mu: ArrayLike, m_N: ArrayLike, cutoff: ArrayLike) -> Array:
    r"""Radiative neutrino mass :math:`(\mu/\mu_B)^2\,\alpha/(16\pi)\,m_N\Lambda^2/m_e^2` for a Majorana N.

    Parameters
    ----------
    mu : array_like
        Transition moment [mu_B].
    m_N : array_like
        Majorana mass of N [MeV].
    cutoff : array_like
        Cut-off Lambda [MeV]. Arguments broadcast.

    Returns
    -------
    Array
        m_nu [MeV].

    Raises
    ------
    ValueError
        For a negative or non-finite moment or mass, or a cut-off that is not above zero.

    Notes
    -----
    An order of magnitude: quadratically divergent, so that it depends on what cuts the loop off.

    Examples
    --------
    >>> from hepunits import TeV, eV
    >>> print(f"{radiative_mass(1e-8, 1.0, 1 * TeV) / eV:.3f}")
    0.056

    """
    require_non_negative("mu", mu, "mu_B")
    require_non_negative("m_N", m_N, "MeV")
    require_positive("cutoff", cutoff, "MeV")
    return jnp.asarray(mu) ** 2 * (alpha / (16 * pi)) * m_N * (jnp.asarray(cutoff) / m_e) ** 2


def moment_for_mass(m_nu: ArrayLike, m_N: ArrayLike, cutoff: ArrayLike) -> Array:
    r"""Moment [mu_B] whose radiative neutrino mass is m_nu: the inverse of `radiative_mass` at fixed m_N.

    Parameters
    ----------
    m_nu : array_like
        Neutrino mass [MeV].
    m_N : array_like
        Majorana mass of N [MeV].
    cutoff : array_like
        Cut-off Lambda [MeV]. Arguments broadcast.

    Returns
    -------
    Array
        mu [mu_B]; falls as m_N^(-1/2) and as 1/Lambda.

    Raises
    ------
    ValueError
        For a negative or non-finite m_nu, or a mass or cut-off that is not above zero.

    Examples
    --------
    >>> from hepunits import GeV, MeV, TeV, eV
    >>> print(f"{moment_for_mass(0.1 * eV, 1 * MeV, 1 * TeV):.3g}")
    1.34e-08
    >>> print(f"{moment_for_mass(0.1 * eV, 1 * MeV, 100 * GeV):.3g}")
    1.34e-07

    """
    require_non_negative("m_nu", m_nu, "MeV")
    require_positive("m_N", m_N, "MeV")
    require_positive("cutoff", cutoff, "MeV")
    return jnp.sqrt(jnp.asarray(m_nu) * (16 * pi / alpha) / m_N) * m_e / cutoff
