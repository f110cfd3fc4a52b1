"""The kinematics of physics section 2, typed here, against the textbook forms of mpmath_kinematics.py, 50 digits."""

import mpmath as mp
import pytest
from dirac import momenta, number
from mpmath_kinematics import E_R_limits, cos_theta_N, random_points, recoil_polynomial, sigma, threshold

TIGHT = mp.mpf(10) ** -20  # identities, seen with 50 digits after cancellations of up to about 25
M_E, M_GE = 0.51099895, 67906.0  # electron and, roughly, 73Ge [MeV]
FEW = random_points(40, seed=1) + random_points(20, seed=2, masses=(M_E, M_E))


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mp.workdps(50):
        yield


def close(a, b, tolerance=TIGHT):
    return abs(a - b) <= tolerance * max(abs(a), abs(b))


def test_recoil_limits_of_the_specification():
    """Product form of E_R min, at m_N/E_nu from 1e-6 to 0.999999 (heavy enough a target for the last)."""
    for ratio in (1e-6, 1e-3, 0.1, 0.9, 0.999, 0.999999):
        E, m, M = number(0.1), number(0.1) * ratio, number(M_GE)
        s = M**2 + 2 * M * E
        E_star, k_star = (2 * M * E + m**2) / (2 * mp.sqrt(s)), M * E / mp.sqrt(s)
        high = (2 * k_star * (E_star + mp.sqrt(E_star**2 - m**2)) - m**2) / (2 * M)
        low = m**4 / (4 * s * high)
        limits = E_R_limits(E, m, M)
        assert close(limits[1], high)
        assert close(limits[0], low)


def test_threshold_and_angle():
    for E, E_R, m, M in FEW:
        assert close(threshold(m, M), m + m**2 / (2 * M))
        with pytest.raises(ValueError, match="below the threshold"):
            E_R_limits(threshold(m, M) * (1 - TIGHT), m, M)
        p = momenta(E, E_R, m, M)[2]
        assert close(cos_theta_N(E, E_R, m, M), p[3] / mp.sqrt(p[0] ** 2 - m**2))


@pytest.mark.parametrize(("spin", "degree"), [(0, 3), (0.5, 2)])
def test_integrated_cross_section(spin, degree):
    """Quadrature against the closed integral of the interpolated polynomial; unused powers vanish."""
    for E, m in ((3.0, 1.0), (3.0, 2.9999), (0.05, 1e-5)):
        low, high = E_R_limits(E, m, M_GE)
        c = recoil_polynomial(E, m, M_GE, spin)
        assert all(abs(c[i] * high**i) < TIGHT * abs(c[1] * high) for i in range(degree + 1, 5))
        closed = c[0] * (1 / low - 1 / high) + c[1] * mp.log(high / low) + c[2] * (high - low)
        closed += c[3] * (high**2 - low**2) / 2
        assert close(sigma(E, m, M_GE, spin), closed, mp.mpf(10) ** -15)
