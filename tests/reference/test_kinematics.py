"""Kinematics in double precision against textbook formulas with 50 digits and more (mpmath_kinematics.py, dirac.py)."""

import dirac
import mpmath as mp
import mpmath_kinematics as reference
import numpy as np
import pytest

from nushine import kinematics
from nushine.constants import m_e

MASSES = [m_e, 938.272, 3727.4, 67911.5, 171315.0]  # electron, proton, 4He, 73Ge and about 184W [MeV]
RATIOS = np.concatenate([np.geomspace(1e-6, 0.5, 20), 1 - np.geomspace(0.4, 1e-6, 20)])  # m_N / E_nu, or to its limit


def relative(ours: float, exact: mp.mpf) -> float:
    with mp.workdps(50):
        return float(abs(dirac.number(ours) / exact - 1))


def heaviest(E_nu: float, m_A: float) -> float:
    """Largest m_N that a neutrino can make."""
    with mp.workdps(50):
        return float(mp.sqrt(dirac.number(m_A) ** 2 + 2 * dirac.number(m_A) * E_nu) - m_A)


def grid() -> np.ndarray:
    """Rows (E_nu, m_N, m_A) with m_N / E_nu from 1e-6 to 0.999999 where that is allowed, and else m_N / m_N,max."""
    rows = []
    for m_A in MASSES:
        for E_nu in (0.01, 0.05, 3.0, 50.0):
            allowed = RATIOS[RATIOS * E_nu < heaviest(E_nu, m_A) * (1 - 1e-7)]
            rows += [(E_nu, r * E_nu, m_A) for r in allowed]
            rows += [(E_nu, r * heaviest(E_nu, m_A), m_A) for r in RATIOS]
    return np.array(rows)


GRID = grid()


def test_the_grid_holds_the_extreme_ratio() -> None:
    ratio = GRID[:, 1] / GRID[:, 0]
    assert ratio.min() <= 1e-6
    assert np.isclose(ratio.max(), 0.999999, rtol=1e-9)


def test_E_R_limits() -> None:
    E_nu, m_N, m_A = GRID.T
    low, high = kinematics.E_R_min(E_nu, m_N, m_A), kinematics.E_R_max(E_nu, m_N, m_A)
    exact = [reference.E_R_limits(*row) for row in GRID]
    # 1e-12 asked for; the distance to threshold, above 1e-7 of E_nu, is known to 1e-16 of E_nu: 1e-9, and enters the
    # limits with its root, 3e-4: a few 1e-13
    for ours, i in ((low, 0), (high, 1)):
        worst = max(relative(a, b[i]) for a, b in zip(np.asarray(ours), exact, strict=True))
        assert worst < 1e-12, worst


def test_threshold() -> None:
    E_nu, m_N, m_A = GRID.T
    ours = np.asarray(kinematics.threshold(m_N, m_A))
    # a sum of two positive terms: 4 ulp
    assert max(relative(a, reference.threshold(m, M)) for a, m, M in zip(ours, m_N, m_A, strict=True)) < 1e-15
    assert np.all(ours < E_nu)
    np.testing.assert_array_equal(kinematics.threshold(0.0, m_A), 0.0)


@pytest.mark.parametrize("m_A", MASSES)
def test_limits_meet_at_threshold_and_stay_finite_below(m_A: float) -> None:
    m_N = np.array([0.01, 0.3])
    E_nu = np.asarray(kinematics.threshold(m_N, m_A)) * 0.9
    low, high = kinematics.E_R_min(E_nu, m_N, m_A), kinematics.E_R_max(E_nu, m_N, m_A)
    assert np.all(np.isfinite(low))
    assert np.all(np.isfinite(high))
    at = np.asarray(kinematics.threshold(m_N, m_A)) * (1 + 1e-14)
    # sqrt(2 * 1e-14) = 1.4e-7 apart, times m_N over the velocity scale: the square root opens at once
    np.testing.assert_allclose(kinematics.E_R_max(at, m_N, m_A), m_N**2 / (2 * (m_A + m_N)), rtol=2e-6)
    np.testing.assert_allclose(kinematics.E_R_min(at, m_N, m_A), m_N**2 / (2 * (m_A + m_N)), rtol=2e-6)


def test_massless_limit_is_elastic_scattering() -> None:
    E_nu, m_A = GRID[:, 0], GRID[:, 2]
    np.testing.assert_array_equal(kinematics.E_R_min(E_nu, 0.0, m_A), 0.0)
    elastic = 2 * E_nu**2 / (m_A + 2 * E_nu)
    np.testing.assert_allclose(kinematics.E_R_max(E_nu, 0.0, m_A), elastic, rtol=1e-15)


def test_E_nu_min() -> None:
    rng = np.random.default_rng(4)
    n = 200
    m_A, m_N = rng.choice(MASSES, n), 10 ** rng.uniform(-6, 1, n)
    E_R = 10 ** rng.uniform(-15, 0, n)
    ours = np.asarray(kinematics.E_nu_min(E_R, m_N, m_A))
    exact = [reference.E_nu_min(*row) for row in zip(E_R, m_N, m_A, strict=True)]
    # sums, products and a square root of positive numbers: 10 ulp
    assert max(relative(a, b) for a, b in zip(ours, exact, strict=True)) < 2e-15


def test_E_nu_min_inverts_the_limits() -> None:
    """Every (E_nu, E_R limit) pair lies on the curve E_nu_min(E_R), which touches the threshold at its lowest point."""
    for row in GRID[::7]:
        E_nu, m_N, m_A = (dirac.number(x) for x in row)
        for E_R in reference.E_R_limits(E_nu, m_N, m_A):
            assert relative(float(kinematics.E_nu_min(float(E_R), float(m_N), float(m_A))), E_nu) < 1e-14  # rounded E_R


@pytest.mark.parametrize("m_A", MASSES)
def test_E_R_limits_at_E_N(m_A: float) -> None:
    """N along the beam or against it: P'^2 = (E_N + E_R -+ p_N)^2 = E_R^2 + 2 m_A E_R, solved with 100 digits."""
    m_N = np.repeat([1e-4, 0.1, 3.0], 40)
    E_N = m_N * np.tile(1 + np.geomspace(1e-9, 1e4, 40), 3)
    possible = m_N**2 / (E_N + np.sqrt(E_N**2 - m_N**2)) < 0.99 * m_A  # a light target cannot leave a heavy N at rest
    E_N, m_N = E_N[possible], m_N[possible]
    assert E_N.size > 80
    ours = np.stack(kinematics.E_R_limits_at_E_N(E_N, m_N, m_A), axis=1)
    for E, m, (low, high) in zip(E_N, m_N, ours, strict=True):
        with mp.workdps(100):
            E, m, M = dirac.number(E), dirac.number(m), dirac.number(m_A)
            minus, plus = E - mp.sqrt(E**2 - m**2), E + mp.sqrt(E**2 - m**2)
            exact = [x**2 / (2 * (M - x)) if x < M else mp.inf for x in (minus, plus)]
            # 1e-13: m_A - plus and E - m lose 2 digits where they are small in this list
            assert relative(low, exact[0]) < 1e-13
            assert high == np.inf if exact[1] == mp.inf else relative(high, exact[1]) < 1e-11
            for E_R, sign in zip(exact, (1, -1), strict=True):
                if mp.isfinite(E_R):
                    assert abs(reference.cos_theta_N(E + E_R, E_R, m, M) - sign) < mp.mpf(10) ** -30


def float_points(seed: int, masses: tuple[float, float]) -> np.ndarray:
    """Points of `random_points` that are still inside phase space once they are rounded to doubles."""
    points = []
    for row in reference.random_points(200, seed, masses):
        E_nu, E_R, m_N, m_A = (float(x) for x in row)
        low, high = reference.E_R_limits(E_nu, m_N, m_A)
        if low < E_R < high:
            points.append((E_nu, E_R, m_N, m_A))
    assert len(points) >= 195
    return np.array(points)


@pytest.mark.parametrize("masses", [(3.7e3, 1.7e5), (m_e, m_e)])
def test_momentum_of_N(masses: tuple[float, float]) -> None:
    points = float_points(11, masses)
    E_nu, E_R, m_N, m_A = points.T
    across = np.asarray(kinematics.transverse_momentum(E_nu, E_R, m_N, m_A))
    along = np.asarray(kinematics.longitudinal_momentum(E_nu, E_R, m_N, m_A))
    p_N = np.asarray(kinematics.momentum(E_nu - E_R, m_N))
    for i, row in enumerate(points):
        p = dirac.momenta(*row)[2]
        with mp.workdps(50):
            low, high = reference.E_R_limits(row[0], row[2], row[3])
            # a few 1e-16 in E_R, and in E_nu over its distance to the threshold; both blur the ends of the range
            above = float(row[0] / reference.threshold(row[2], row[3]) - 1)
            below, ahead = row[1] - low, high - row[1]
            blur = float(row[1] / below + high / ahead + (high - low) * (1 / below + 1 / ahead) / above)
            assert relative(across[i], p[1]) < 1e-12 + 5e-16 * blur, row
            # a difference of terms of size E_nu (and of m_A E_R / E_nu, which is no larger than 2 E_nu)
            assert abs(along[i] - p[3]) < 2e-15 * row[0], row
            # E_N - m_N, of E_N = E_nu - E_R rounded to a double
            gap = (p[0] - dirac.number(row[2])) / p[0]
            assert relative(p_N[i], mp.sqrt(p[1] ** 2 + p[3] ** 2)) < 1e-15 + 1e-15 / float(gap), row


def test_momentum_is_zero_below_the_mass() -> None:
    np.testing.assert_array_equal(kinematics.momentum([0.0, 0.5, 1.0], 1.0), 0.0)
    np.testing.assert_allclose(kinematics.momentum(5.0, 3.0), 4.0, rtol=1e-15)
