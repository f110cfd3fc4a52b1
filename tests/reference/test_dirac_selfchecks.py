"""The formulas of the physics specification, typed here, against the explicit Dirac traces of dirac.py.

Both sides carry 50 digits, so that agreement is asked to 1e-20 (TIGHT): it proves an identity; the 1e-9 of the
specification would be a weaker statement. Cancellations near threshold and at m_N << E_nu take up to 20 digits.
"""

import itertools

import dirac
import mpmath as mp
import numpy as np
import pytest
from dirac import GAMMA, GAMMA5, METRIC, ONE, P_L, P_R, SIGMA, dot, number
from mpmath_kinematics import (
    E_nu_min,
    E_R_limits,
    random_points,
)

TIGHT = mp.mpf(10) ** -20
M_E, M_GE = 0.51099895, 67906.0  # electron and, roughly, 73Ge [MeV]
POINTS = {
    "nuclei": random_points(200, seed=1),
    "electron": random_points(200, seed=2, masses=(M_E, M_E)),
}
FEW = POINTS["nuclei"][:40] + POINTS["electron"][:20]


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mp.workdps(50):
        yield


def close(a, b, tolerance=TIGHT):
    return abs(a - b) <= tolerance * max(abs(a), abs(b))


# --- the specification, typed ---


def spec_half(E, E_R, m, M):
    return (
        1 / E_R
        - 1 / E
        - m**2 / (2 * E * E_R * M) * (1 - E_R / (2 * E) + M / (2 * E))
        + m**4 * (E_R - M) / (8 * E**2 * E_R**2 * M**2)
    )


def spec_zero(E, E_R, m, M):
    return (
        1 / E_R
        - 1 / E
        + E_R / (4 * E**2)
        - m**2 / (2 * E * E_R * M) * (1 + M / (2 * E) - E_R / (4 * E))
        - m**4 / (8 * M * E**2 * E_R**2)
    )


SPEC = {0: spec_zero, 0.5: spec_half}


def spec_spin(E, E_R, m, M):
    k, big_p, p, big_p_out = dirac.momenta(E, E_R, m, M)
    J = big_p + big_p_out
    J2, pJ, pk, Jk = dot(J, J), dot(p, J), dot(p, k), dot(J, k)
    numerator = m**2 * J2 * k + (4 * pJ * pk - 2 * m**2 * Jk) * J
    V = m * numerator / (4 * pJ**2 * pk - 2 * m**2 * pJ * Jk - m**2 * J2 * pk)
    return -(V - p * (dot(V, p) / m**2))


def longitudinal(p, S, m):
    """P_L: component along p of the polarisation in the rest frame."""
    return m * S[0] / mp.sqrt(p[1] ** 2 + p[2] ** 2 + p[3] ** 2)


# --- the calculator itself ---


def test_dirac_algebra():
    C = dirac.CHARGE
    for m, n in itertools.product(range(4), repeat=2):
        g = METRIC[m] if m == n else 0
        assert np.all(GAMMA[m] @ GAMMA[n] + GAMMA[n] @ GAMMA[m] == 2 * g * ONE)
        assert np.all(SIGMA[m][n] == -SIGMA[n][m])
        assert np.all(dirac.bar(SIGMA[m][n]) == SIGMA[m][n])
    for g in GAMMA:
        assert np.all(GAMMA5 @ g == -g @ GAMMA5)
        assert np.all(g == -C @ g.T @ -C)  # C g^T C^-1 = -g
    assert np.all(C @ C == -ONE)
    assert np.all(GAMMA5 @ GAMMA5 == ONE)
    assert np.all(P_L @ P_L == P_L)
    assert np.all(P_L @ P_R == 0 * ONE)
    # tr(g5 a b c d) = -4i eps^{abcd} with eps^{0123} = -1 (that is, g5 = i g0 g1 g2 g3)
    assert dirac.trace(GAMMA5, *GAMMA) == -4j


def test_traces_equal_explicit_spinors():
    """Plain spinor amplitudes in double precision, helicity of nu by hand: guards traces, projectors and spin sign."""
    E, E_R, m, M = 3.0, 1e-4, 1.0, M_GE
    k, big_p, p, big_p_out = (a.astype(float) for a in dirac.momenta(E, E_R, m, M))
    g = np.array(GAMMA).astype(complex)

    def slash(a):
        return np.einsum("m,mij->ij", np.array(METRIC) * a, g)

    def spinor(chi):
        return (slash(p) + m * np.eye(4)) @ np.array([*chi, 0, 0]) / np.sqrt(p[0] + m)

    u_nu = np.sqrt(E) * np.array([0, 1, 0, -1])  # spin down along +z: left-handed
    vertex = 0.5j * (slash(k - p) @ slash(big_p + big_p_out) - slash(big_p + big_p_out) @ slash(k - p))
    # sigma^{mn} a_m b_n = (i/2) [aslash, bslash]
    amplitudes = [spinor(chi).conj() @ g[0] @ vertex @ u_nu for chi in ([1, 0], [0, 1])]
    total = sum(abs(a) ** 2 for a in amplitudes) / (8 * M * E**2 * (2 * M * E_R) ** 2)
    # 1e-8: double precision after a cancellation of about 1e-5 in q.J (exactly zero, about 1e-11 of its terms)
    assert close(total, dirac.dsigma_dE_R(E, E_R, m, M, 0), 1e-8)
    up = abs(amplitudes[0]) ** 2 / sum(abs(a) ** 2 for a in amplitudes)
    S = dirac.spin_vector(E, E_R, m, M)
    zeta = S[1:] - p[1:] * S[0] / (p[0] + m)
    assert close(2 * up - 1, zeta[2], 1e-8)


@pytest.mark.parametrize("spin", [0, 0.5])
def test_flux_and_phase_space_reproduce_mott_scattering(spin):
    """With gamma^m for the dipole vertex: Mott's formula with recoil, and its spin-1/2 extension (Rosenbluth)."""
    E, E_R, M = number(3.0), number(0.3), number(20.0)
    k, big_p, p, big_p_out = dirac.momenta(E, E_R, 0, M)
    W = dirac.hadron_tensor(big_p, big_p_out, M, spin)
    low = [GAMMA[i] * METRIC[i] for i in range(4)]
    pairs = itertools.product(range(4), repeat=2)
    L = sum(W[i][j] * mp.re(dirac.trace(dirac.slash(p), low[i] @ P_L, dirac.slash(k), low[j] @ P_L)) for i, j in pairs)
    t = -2 * M * E_R
    ours = mp.pi / 2 * L / (M * E**2 * t**2)  # e^4 / (32 pi m_A E^2 t^2), in units of alpha^2 Z^2
    E_out = E - E_R
    sin2 = -t / (4 * E * E_out)
    mott = (1 - sin2) / (4 * E**2 * sin2**2) * E_out / E * 2 * mp.pi * M / E_out**2
    if spin:
        mott *= 1 - t / (2 * M**2) * sin2 / (1 - sin2)
    assert close(ours, mott)


# --- production ---


@pytest.mark.parametrize("spin", [0, 0.5])
@pytest.mark.parametrize("target", ["nuclei", "electron"])
def test_cross_sections_of_the_specification(target, spin):
    for point in POINTS[target]:
        assert close(SPEC[spin](*point), dirac.dsigma_dE_R(*point, spin)), point


@pytest.mark.parametrize("spin", [0, 0.5])
def test_antineutrino_cross_section_is_the_same(spin):
    for point in FEW:
        assert close(dirac.dsigma_dE_R(*point, spin, antinu=True), dirac.dsigma_dE_R(*point, spin)), point


def test_massless_limit_is_the_magnetic_moment_cross_section():
    """1/E_R - 1/E_nu for spin 1/2; 1e-9: the terms in m_N^2 left over at m_N = 1e-6 MeV are of order 1e-11."""
    E, E_R, m = 3.0, 1e-5, 1e-6
    assert close(dirac.dsigma_dE_R(E, E_R, m, M_GE, 0.5), 1 / mp.mpf(E_R) - 1 / mp.mpf(E), 1e-9)


def test_spin_vector_of_the_specification():
    for point in POINTS["nuclei"] + POINTS["electron"][:50]:
        S, p, m = dirac.spin_vector(*point), dirac.momenta(*point)[2], point[2]
        size = max(abs(x) for x in S)
        assert max(abs(S - spec_spin(*point))) < TIGHT * size, point
        assert abs(dot(S, S) + 1) < TIGHT * size**2, point
        assert abs(dot(S, p)) < TIGHT * size * max(p[0], m), point


@pytest.mark.parametrize("spin", [0, 0.5])
def test_compact_form_for_both_target_spins(spin):
    """The lepton matrix is K = Xslash P_R: dsigma/dE_R = p.X/(4 m_A E_nu^2 t^2), S = p/m_N - m_N X/(p.X).

    X = t J^2 k - 2 t (J.k) J - 2 J^2 (k.q) q  for spin 0,  plus t^2 k - 4 t (k.q) q  for spin 1/2; by hand, from
    W^{mn} = J^m J^n + t g^{mn} (spin 1/2). Valid for light targets (electrons), which depolarise N.
    """
    for point in POINTS["nuclei"][:50] + POINTS["electron"][:50]:
        (k, big_p, p, big_p_out), m = dirac.momenta(*point), point[2]
        J, q = big_p + big_p_out, k - p
        t, J2, Jk, kq = dot(q, q), dot(J, J), dot(J, k), dot(k, q)
        X = t * J2 * k - 2 * t * Jk * J - 2 * J2 * kq * q
        X = X + (t**2 * k - 4 * t * kq * q if spin else 0)
        S = dirac.spin_vector(*point, spin=spin)
        assert max(abs(p / m - X * (m / dot(p, X)) - S)) < TIGHT * max(abs(x) for x in p / m), point
        assert close(dot(p, X) / (4 * point[3] * point[0] ** 2 * t**2), dirac.dsigma_dE_R(*point, spin)), point


def test_spin_one_half_target_depolarises_little_when_heavy():
    """-S.S < 1 for a target with spin, approaching 1 as (E_nu / m_A)^2."""
    point = (3.0, 1e-5, 1.0, M_GE)
    S = dirac.spin_vector(*point, spin=0.5)
    assert 0 < 1 + dot(S, S) < (3.0 / M_GE) ** 2
    light = dirac.spin_vector(3.0, 1.5, 0.3, M_E, spin=0.5)
    assert 0.03 < 1 + dot(light, light) < 0.04


def test_light_N_is_right_handed_and_heavy_N_is_turned():
    """P_L -> +1 as m_N -> 0; the antineutrino's Nbar has the opposite spin; near threshold P_x is of order one."""
    for m, E_R in ((1e-3, 1e-5), (1e-2, 1e-5)):
        p, S = dirac.momenta(3.0, E_R, m, M_GE)[2], dirac.spin_vector(3.0, E_R, m, M_GE)
        assert 0 < 1 - longitudinal(p, S, m) < 10 * m**2
        opposite = dirac.spin_vector(3.0, E_R, m, M_GE, antinu=True)
        assert max(abs(S + opposite)) < TIGHT * max(abs(S))


def test_spin_follows_angular_momentum_along_the_beam():
    """J_z = -1/2 without orbital part: P_L -> -1 for N forward (E_R min), +1 for N backward; transverse in between."""
    E_nu, m = number(3.0), number(2.9)
    low, high = E_R_limits(E_nu, m, M_GE)
    values = []
    for E_R in (low * (1 + TIGHT), high ** mp.mpf(0.3) * low ** mp.mpf(0.7), high * (1 - TIGHT)):
        p, S = dirac.momenta(E_nu, E_R, m, M_GE)[2], dirac.spin_vector(E_nu, E_R, m, M_GE)
        values.append(longitudinal(p, S, m))
    assert close(values[0], -1, 1e-15)
    assert abs(values[1]) < 0.1
    assert close(values[2], 1, 1e-15)


@pytest.mark.parametrize("spin", [0, 0.5])
def test_cross_section_jumps_to_zero_at_the_kinematic_limit(spin):
    """E_nu,min(E_R) is where phase space ends, and the formula is still positive there, at either end of the recoil
    range: its own zero lies below. For a heavy target E_R dsigma/dE_R -> r / (1 + r), r = E_R / E_R(threshold)."""
    for m, ratio in itertools.product((1e-3, 0.1, 1.0, 6.0), (1e-3, 0.1, 1.0, 10.0, 1e3)):
        m, M = number(m), number(M_GE)
        E_R = ratio * m**2 / (2 * (M + m))
        edge = E_nu_min(E_R, m, M)
        limits = E_R_limits(edge * (1 + TIGHT), m, M)
        assert min(abs(x / E_R - 1) for x in limits) < 1e-8  # sqrt(TIGHT), where both limits meet
        inside = dirac.dsigma_dE_R(edge * (1 + TIGHT), E_R, m, M, spin) * E_R
        assert close(inside, ratio / (1 + mp.mpf(ratio)), 3 * edge / M)  # the target is not infinitely heavy
        assert SPEC[spin](edge * mp.mpf("0.9999999"), E_R, m, M) > 0  # below the limit: positive, but unphysical


def test_curvature_in_one_over_E_nu():
    """At fixed E_R the formulas are quadratics in x = 1/E_nu; concave for spin 0 only where E_R < m_N, for spin 1/2
    only where E_R < m_A."""
    for _, E_R, m, M in FEW:
        spin_0 = (E_R**2 - m**2) * (1 / (4 * E_R) + m**2 / (8 * M * E_R**2))
        spin_half = (E_R - M) * m**2 * (1 / (4 * M * E_R) + m**2 / (8 * E_R**2 * M**2))
        for formula, expected in ((spec_zero, spin_0), (spec_half, spin_half)):
            f1, f2, f3 = (formula(1 / mp.mpf(x), E_R, m, M) for x in (1, 2, 3))
            assert abs((f1 - 2 * f2 + f3) / 2 - expected) < TIGHT * (abs(f1) + abs(f2) + abs(f3))
