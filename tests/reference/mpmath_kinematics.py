"""Reference kinematics and integrated cross sections with 50 digits (textbook formulas, mpmath).

Numbers may be floats (taken at their exact binary value) or mpmath numbers; energies in MeV.
"""

from __future__ import annotations

import random

import mpmath as mp
from dirac import dsigma_dE_R, number

GUARD = 60  # extra digits: the textbook difference for E_R min loses up to about 30


def threshold(m_N, m_A, dps=50):
    """Smallest E_nu: s = (m_N + m_A)^2 with s = m_A^2 + 2 m_A E_nu."""
    with mp.workdps(dps + GUARD):
        m_N, m_A = number(m_N), number(m_A)
        value = ((m_N + m_A) ** 2 - m_A**2) / (2 * m_A)
    with mp.workdps(dps):
        return +value


def E_R_limits(E_nu, m_N, m_A, dps=50):
    """(min, max) of the recoil energy from t = m_N^2 - 2 (E*_nu E*_N -+ p*_nu p*_N) = -2 m_A E_R."""
    with mp.workdps(dps + GUARD):
        E_nu, m_N, m_A = number(E_nu), number(m_N), number(m_A)
        s = m_A**2 + 2 * m_A * E_nu
        if s < (m_N + m_A) ** 2:
            raise ValueError(f"E_nu = {E_nu} is below the threshold {threshold(m_N, m_A, 17)}")
        k_star = (s - m_A**2) / (2 * mp.sqrt(s))
        E_star = (s + m_N**2 - m_A**2) / (2 * mp.sqrt(s))
        p_star = mp.sqrt((s - (m_N + m_A) ** 2) * (s - (m_N - m_A) ** 2) / (4 * s))
        limits = [(2 * k_star * (E_star + sign * p_star) - m_N**2) / (2 * m_A) for sign in (-1, 1)]
    with mp.workdps(dps):
        return +limits[0], +limits[1]


def E_nu_min(E_R, m_N, m_A, dps=50):
    """Smallest E_nu that gives a recoil E_R: (1 + m_N^2/(2 m_A E_R)) (E_R + sqrt(E_R^2 + 2 m_A E_R)) / 2."""
    with mp.workdps(dps + GUARD):
        E_R, m_N, m_A = number(E_R), number(m_N), number(m_A)
        value = (1 + m_N**2 / (2 * m_A * E_R)) * (E_R + mp.sqrt(E_R**2 + 2 * m_A * E_R)) / 2
    with mp.workdps(dps):
        return +value


def cos_theta_N(E_nu, E_R, m_N, m_A, dps=50):
    """Cosine of the laboratory angle between N and the beam, from the momentum triangle k = p + P'."""
    with mp.workdps(dps + GUARD):
        E_nu, E_R, m_N, m_A = (number(x) for x in (E_nu, E_R, m_N, m_A))
        p_N2 = (E_nu - E_R) ** 2 - m_N**2
        P_A2 = (m_A + E_R) ** 2 - m_A**2
        value = (E_nu**2 + p_N2 - P_A2) / (2 * E_nu * mp.sqrt(p_N2))
    with mp.workdps(dps):
        return +value


def recoil_polynomial(E_nu, m_N, m_A, spin):
    """Coefficients c of E_R^2 dsigma/dE_R = sum_i c_i E_R^i, i = 0..4, interpolated through five Dirac traces.

    Degree 3 (spin 0) and 2 (spin 1/2) are expected, so that the last one or two must vanish.
    """
    with mp.workdps(50):
        low, high = E_R_limits(E_nu, m_N, m_A)
        nodes = [low + (high - low) * i / 4 for i in range(5)]
        nodes[0], nodes[-1] = low + (high - low) / 100, high - (high - low) / 100
        values = [x**2 * dsigma_dE_R(E_nu, x, m_N, m_A, spin) for x in nodes]
        scaled = [[(x / high) ** i for i in range(5)] for x in nodes]
        solution = mp.lu_solve(mp.matrix(scaled), mp.matrix(values))
        return [solution[i] / high**i for i in range(5)]


def sigma(E_nu, m_N, m_A, spin):
    """Integrated cross section in units of alpha mu^2 Z^2 (point-like): quadrature in log E_R of the traces."""
    with mp.workdps(40):
        low, high = E_R_limits(E_nu, m_N, m_A, 40)
        c = recoil_polynomial(E_nu, m_N, m_A, spin)

        def integrand(log_E_R):
            x = mp.exp(log_E_R)
            return sum(c[i] * x ** (i - 1) for i in range(5))

        pieces = mp.linspace(mp.log(low), mp.log(high), 9)
        return mp.quad(integrand, pieces)


def random_points(count, seed, masses=(3.7e3, 1.7e5)):
    """Reproducible (E_nu, E_R, m_N, m_A): all logarithmic in m_N and E_R; every third within 1e-1..1e-6 of threshold.

    E_nu from 0.02 to 60 MeV, m_A log-uniform between the two masses (equal ends: fixed), E_R inside its limits.
    The values are mpmath numbers; rounding E_R of a near-threshold point to a float can leave phase space.
    """
    generator = random.Random(seed)
    points = []
    with mp.workdps(50):
        for i in range(count):
            m_A = masses[0] * (masses[1] / masses[0]) ** generator.random()
            E_nu = mp.mpf(10 ** generator.uniform(-1.7, 1.8))
            m_max = mp.sqrt(number(m_A) ** 2 + 2 * number(m_A) * E_nu) - number(m_A)
            if i % 3 == 0:
                m_N = m_max * (1 - mp.mpf(10) ** -4)
                distance = 10 ** generator.uniform(-6, -1) if i else 1e-6
                E_nu = threshold(m_N, m_A) * (1 + mp.mpf(distance))
            else:
                m_N = m_max * mp.mpf(10) ** generator.uniform(-4, 0)
            low, high = E_R_limits(E_nu, m_N, m_A)
            E_R = low * (high / low) ** mp.mpf(generator.uniform(1e-6, 1 - 1e-6))
            points.append((E_nu, E_R, m_N, number(m_A)))
    return points
