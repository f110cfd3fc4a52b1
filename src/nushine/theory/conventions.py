r"""The conventions of the dipole coupling in the literature, converted explicitly.

- mu (this package, papers on magnetic moments): :math:`(\mu\,\mu_B/2)\,\bar\nu\sigma^{\mu\nu}N_R F_{\mu\nu}`
- d (Magill et al. 2018): :math:`d\,\bar\nu\sigma^{\mu\nu}N_R F_{\mu\nu}`
- mu_tr (DarkNews, for its vertex): :math:`(\mu_{tr}/2)\,\bar\nu\sigma^{\mu\nu}N_R F_{\mu\nu}`

Thus mu_tr = 2 d = mu mu_B. The numbers: d = 148.15 GeV^-1 mu/mu_B, mu_B = 296.30 GeV^-1.
Dimensionful couplings are in `hepunits` (1/MeV): write ``0.1 / GeV`` to give one, multiply by ``GeV`` to read one.
"""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine.constants import mu_B
from nushine.numerics.checks import require_non_negative


def d_from_mu(mu: ArrayLike) -> Array:
    r"""Coupling d of :math:`L = d\,\bar\nu\sigma N F` from the moment, d = mu mu_B / 2.

    Parameters
    ----------
    mu : array_like
        Moment [mu_B].

    Returns
    -------
    Array
        d [1/MeV], shape of mu.

    Raises
    ------
    ValueError
        For a negative or non-finite moment.

    References
    ----------
    G. Magill, R. Plestid, M. Pospelov, Y.-D. Tsai, Phys. Rev. D 98, 115015 (2018).

    Examples
    --------
    >>> from hepunits import GeV
    >>> print(f"{d_from_mu(1.0) * GeV:.2f}")
    148.15

    """
    require_non_negative("mu", mu, "mu_B")
    return jnp.asarray(mu) * (mu_B / 2)


def mu_from_d(d: ArrayLike) -> Array:
    """Moment [mu_B] from d [1/MeV], the inverse of `d_from_mu`.

    Examples
    --------
    >>> from hepunits import GeV
    >>> print(f"{mu_from_d(1e-6 / GeV):.4g}")
    6.75e-09

    """
    require_non_negative("d", d, "/MeV")
    return jnp.asarray(d) * (2 / mu_B)


def mu_tr_from_mu(mu: ArrayLike) -> Array:
    """Vertex coupling mu_tr = 2 d = mu mu_B [1/MeV] of DarkNews from the moment [mu_B].

    DarkNews states it in GeV^-1: multiply by ``GeV``.

    Examples
    --------
    >>> from hepunits import GeV
    >>> print(f"{mu_tr_from_mu(1.0) * GeV:.1f}")
    296.3

    """
    require_non_negative("mu", mu, "mu_B")
    return jnp.asarray(mu) * mu_B


def mu_from_mu_tr(mu_tr: ArrayLike) -> Array:
    """Moment [mu_B] from the vertex coupling mu_tr [1/MeV], the inverse of `mu_tr_from_mu`."""
    require_non_negative("mu_tr", mu_tr, "/MeV")
    return jnp.asarray(mu_tr) / mu_B
