r"""Antineutrino spectra of beta decays from their branches: allowed shape and relativistic Fermi function.

.. math:: \frac{dN}{dE_\nu} = \sum_i I_i\, \frac{S_i(E_\nu)}{\int S_i}, \qquad
          S_i(E_\nu) = E_\nu^2\, p_e\, W_e\, F(Z, W_e), \qquad W_e = m_e + Q_i - E_\nu
"""

from functools import cache

import equinox as eqx
import numpy as np
from hepunits import MeV, femtometer
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, loggamma

from nushine.constants import alpha, hbar_c, m_e
from nushine.sources.tabulated import package_table

FloatArray = NDArray[np.float64]


class BetaDecay(eqx.Module):
    """The beta branches of one nuclide.

    Parameters
    ----------
    Z : int
        Charge of the daughter nucleus.
    A : int
        Mass number.
    endpoints : tuple of float
        Highest antineutrino energy of each branch [MeV].
    intensities : tuple of float
        Decays through each branch, in any common unit: they are normalised to 1 decay in all.

    """

    Z: int
    A: int
    endpoints: tuple[float, ...]
    intensities: tuple[float, ...]


def antineutrino_spectrum(decay: BetaDecay, E_nu: ArrayLike) -> FloatArray:
    """Antineutrinos per decay and energy [1/MeV] at E_nu [MeV], any shape; the integral is 1.

    Notes
    -----
    Every branch has the allowed shape. Left out: shape factors of forbidden branches, screening, weak magnetism and
    radiative corrections, each 1-3 % of the shape at these energies and charges. The spectrum steps down at each
    end point, because the attraction of the nucleus keeps p_e F finite as the electron comes to rest.

    Examples
    --------
    >>> decay = BetaDecay(Z=45, A=106, endpoints=(0.0394,), intensities=(100.0,))
    >>> print(f"{antineutrino_spectrum(decay, 0.0312):.1f}")
    47.5

    """
    E_nu = np.asarray(E_nu, dtype=float)
    shares = np.asarray(decay.intensities) / np.sum(decay.intensities)
    branches = zip(shares, decay.endpoints, strict=True)
    return np.asarray(sum(share * _branch(E_nu, Q, decay.Z, decay.A) for share, Q in branches))


def fermi_function(Z: int, A: int, T_e: ArrayLike) -> FloatArray:
    r"""Relativistic Fermi function of an electron leaving a nucleus of charge Z and mass number A.

    .. math:: F = 2(\gamma + 1)\, (2 p_e R)^{2\gamma - 2}\, e^{\pi\eta}\,
              \frac{|\Gamma(\gamma + i\eta)|^2}{\Gamma(2\gamma + 1)^2}, \qquad
              \gamma = \sqrt{1 - (\alpha Z)^2}, \quad \eta = \alpha Z W_e / p_e

    Parameters
    ----------
    Z, A : int
        Charge of the daughter nucleus and mass number. The radius is R = 1.2 fm A^(1/3); it is a constant factor
        and cancels in spectra that are normalised.
    T_e : array_like
        Kinetic energy of the electron [MeV], above zero.

    Returns
    -------
    ndarray
        F, the shape of T_e.

    References
    ----------
    E. Fermi, Z. Phys. 88, 161 (1934); H. Behrens and W. Buehring, Electron Radial Wave Functions and Nuclear
    Beta-decay (Clarendon, 1982).

    """
    T_e = np.asarray(T_e, dtype=float)
    p = np.sqrt(T_e * (T_e + 2 * m_e))
    gamma, eta = np.sqrt(1 - (alpha * Z) ** 2), alpha * Z * (T_e + m_e) / p
    R = 1.2 * float(femtometer) * A ** (1 / 3) / hbar_c
    log_gamma = 2 * loggamma(gamma + 1j * eta).real - 2 * gammaln(2 * gamma + 1)
    return np.asarray(2 * (gamma + 1) * np.exp((2 * gamma - 2) * np.log(2 * p * R) + np.pi * eta + log_gamma))


@cache
def beta_decay(parent: str) -> BetaDecay:
    """Branches of 239U, 239Np or 106Ru ("U239", "Np239", "Ru106") from the package's table (ENSDF)."""
    rows = [row for row in package_table("beta_branches") if row["parent"] == parent]
    if not rows:
        raise ValueError(f"no beta branches of {parent}: the table has U239, Np239 and Ru106")
    return BetaDecay(
        Z=int(rows[0]["Z_daughter"]),
        A=int(rows[0]["A"]),
        endpoints=tuple(float(row["endpoint"]) * float(MeV) for row in rows),
        intensities=tuple(float(row["intensity"]) for row in rows),
    )


def _branch(E_nu: FloatArray, Q: float, Z: int, A: int) -> FloatArray:
    """Spectrum of one branch, normalised to 1."""
    u, weights = np.polynomial.legendre.leggauss(40)
    norm = np.sum(weights * _shape(Q * (u + 1) / 2, Q, Z, A)) * Q / 2
    return _shape(E_nu, Q, Z, A) / norm


def _shape(E_nu: FloatArray, Q: float, Z: int, A: int) -> FloatArray:
    inside = (E_nu > 0) & (E_nu < Q)
    T_e = np.where(inside, Q - E_nu, Q)
    p_e = np.sqrt(T_e * (T_e + 2 * m_e))
    return np.where(inside, E_nu**2 * p_e * (T_e + m_e) * fermi_function(Z, A, T_e), 0.0)
