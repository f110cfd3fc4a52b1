"""Photon weights, widths and asymmetries of physics section 4 against explicit Dirac traces (50 digits).

TIGHT as in test_dirac_selfchecks.py: an identity, seen with 50 digits after cancellations of up to about 20.
"""

import random

import dirac
import mpmath as mp
import numpy as np
import pytest
from dirac import dot
from mpmath_kinematics import random_points

TIGHT = mp.mpf(10) ** -20
M_E, M_GE = 0.51099895, 67906.0  # electron and, roughly, 73Ge [MeV]
NUCLEI = random_points(200, seed=1)
FEW = NUCLEI[:15] + random_points(10, seed=2, masses=(M_E, M_E))


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mp.workdps(50):
        yield


def close(a, b):
    return abs(a - b) <= TIGHT * max(abs(a), abs(b))


def longitudinal(p, S, m):
    """P_L: component along p of the polarisation in the rest frame."""
    return m * S[0] / mp.sqrt(p[1] ** 2 + p[2] ** 2 + p[3] ** 2)


@pytest.mark.parametrize("lnv", [False, True])
def test_decay_weight_is_linear_in_spin(lnv):
    generator = random.Random(3)
    for point in NUCLEI[:50]:
        p, m = dirac.momenta(*point)[2], point[2]
        l_gamma = dirac.photon_momentum(p, m, generator.uniform(-1, 1), generator.uniform(0, 6.2))
        for S in (dirac.spin_vector(*point), dirac.spin_vector(*point) / 3):  # a pure and a mixed state
            expected = 1 + (-2 if lnv else 2) * dot(S, l_gamma) / m
            assert abs(dirac.decay_weight(p, S, l_gamma, m, lnv) - expected) < TIGHT, point


@pytest.mark.parametrize("lnv", [False, True])
@pytest.mark.parametrize(("spin", "points"), [(0, NUCLEI), (0.5, FEW)])
def test_joint_chain_factorises_through_the_spin_vector(spin, points, lnv):
    """One trace from nu to (anti)nu against spin vector and linear weight; so their sum, Majorana, is isotropic."""
    generator = random.Random(4)
    for point in points[::4] if lnv else points:
        p, m = dirac.momenta(*point)[2], point[2]
        l_gamma = dirac.photon_momentum(p, m, generator.uniform(-1, 1), generator.uniform(0, 6.2))
        expected = 1 + (-2 if lnv else 2) * dot(dirac.spin_vector(*point, spin=spin), l_gamma) / m
        assert abs(dirac.joint_weight(*point, l_gamma, lnv, spin) - expected) < TIGHT, point


def test_antineutrino_chain_has_the_same_weights():
    generator = random.Random(5)
    for point in FEW:
        p, m = dirac.momenta(*point)[2], point[2]
        l_gamma = dirac.photon_momentum(p, m, generator.uniform(-1, 1), generator.uniform(0, 6.2))
        for lnv, spin in ((False, 0), (True, 0.5)):
            ours = [dirac.joint_weight(*point, l_gamma, lnv, spin, antinu) for antinu in (False, True)]
            assert abs(ours[0] - ours[1]) < TIGHT, point


def test_dirac_photon_is_softer_than_majorana():
    """Mean laboratory energy: E_N/2 for Majorana, E_N/2 - P_L p_N/6 for Dirac, from the chain alone (6 directions)."""
    point = (3.0, 1e-5, 1.0, M_GE)
    p, S = dirac.momenta(*point)[2], dirac.spin_vector(*point)
    directions = [(1, 0), (-1, 0), *((0, i * mp.pi / 2) for i in range(4))]
    photons = [dirac.photon_momentum(p, 1.0, *d) for d in directions]
    mean = sum(l_gamma[0] * dirac.joint_weight(*point, l_gamma, False) for l_gamma in photons) / 6
    p_N = mp.sqrt(p[0] ** 2 - 1)
    assert close(sum(dirac.joint_weight(*point, l_gamma, True) for l_gamma in photons), 6)  # its mean is 1, indeed
    assert close(mean, p[0] / 2 - longitudinal(p, S, 1.0) * p_N / 6)
    assert close(sum(l_gamma[0] for l_gamma in photons) / 6, p[0] / 2)
    assert mean < 0.4 * p[0]


def test_photon_energy_distribution_at_fixed_E_N():
    """dN/dE_gamma = (1/p_N) [1 - P_L (2 E_gamma - E_N) / p_N]: azimuthal mean of the trace weight about p."""
    point = (3.0, 1e-5, 1.0, M_GE)
    p, S = dirac.momenta(*point)[2], dirac.spin_vector(*point)
    p_N = mp.sqrt(p[0] ** 2 - 1)
    axis = p[1:] / p_N
    side, up = np.array([axis[2], 0, -axis[0]]), np.array([0, 1, 0])
    for c in (-0.9, 0.1, 0.7):
        E_gamma, weight = (p[0] + p_N * c) / 2, 0
        for i in range(4):  # exact: the weight is linear in the direction
            s, phi = mp.sqrt(1 - mp.mpf(c) ** 2), mp.pi * i / 2
            n = c * axis + s * mp.cos(phi) * side + s * mp.sin(phi) * up
            l_gamma = dirac.photon_momentum(p, 1.0, n[2], mp.atan2(n[1], n[0]))
            weight += dirac.decay_weight(p, S, l_gamma, 1.0, False) / 4
            assert close(l_gamma[0], E_gamma)
        assert close(weight, 1 - longitudinal(p, S, 1.0) * (2 * E_gamma - p[0]) / p_N)


@pytest.mark.parametrize(("mu", "eps"), [(1, 0), (0.5, 0.5), (0.3 + 0.2j, -0.1 + 0.5j), (0.7, -0.4j)])
@pytest.mark.parametrize("m_out", [0.0, 0.5, 1.9])
def test_general_radiative_decay(mu, eps, m_out):
    strength = abs(mp.mpc(mu)) ** 2 + abs(mp.mpc(eps)) ** 2
    Delta = mp.mpf(4) - mp.mpf(m_out) ** 2
    assert close(dirac.width(2.0, m_out, mu, eps), strength * Delta**3 / (8 * mp.pi * 8))
    expected = -2 * mp.re(mp.mpc(mu) * mp.conj(mp.mpc(eps))) / strength
    assert abs(dirac.asymmetry(2.0, m_out, mu, eps) - expected) < TIGHT


def test_dirac_width():
    assert close(dirac.width(2.0, mu=3.0), 9 * mp.mpf(8) / (16 * mp.pi))
    # the chiral vertex mu/2 (1 + gamma5) is the case mu = eps of the general one
    assert close(dirac.width(2.0, mu=3.0), dirac.width(2.0, 0, 1.5, 1.5))


@pytest.mark.parametrize(
    ("mu", "eps"), [(1, 0), (1j, 0), (0.5, 0.5), (0.3 + 0.2j, 0.3 + 0.2j), (0.3 + 0.2j, -0.1 + 0.5j)]
)
def test_conjugate_term_of_majorana_fields(mu, eps):
    """L + h.c. between Majorana N and N': Nbar G N' read backwards is N'bar C G^T C^-1 N, by explicit matrices."""
    vertex = dirac.chiral_vertex(mu, eps)
    for a in range(4):
        for b in range(4):
            if a == b:
                continue
            whole = dirac.SIGMA[a][b] @ vertex
            both = whole + dirac.reverse(dirac.bar(whole))
            joined = dirac.SIGMA[a][b] @ dirac.chiral_vertex(2j * mp.im(mp.mpc(mu)), 2 * mp.re(mp.mpc(eps)))
            assert max(abs(x) for x in (both - joined).ravel()) < TIGHT


@pytest.mark.parametrize(("mu", "eps"), [(0.5, 0.5), (0.3 + 0.2j, 0.3 + 0.2j), (0.3 + 0.2j, -0.1 + 0.5j)])
@pytest.mark.parametrize("m_out", [0.0, 0.7])
def test_conjugate_term_feeds_the_antiparticle_with_the_opposite_asymmetry(mu, eps, m_out):
    """N Majorana, N' Dirac: N'bar comes from the conjugate term, with the couplings -mu* and eps*."""
    vertex = dirac.chiral_vertex(mu, eps)
    mu_bar, eps_bar = -mp.conj(mp.mpc(mu)), mp.conj(mp.mpc(eps))
    conjugate = dirac.reverse(dirac.bar(dirac.SIGMA[0][1] @ vertex))
    expected = dirac.SIGMA[0][1] @ dirac.chiral_vertex(mu_bar, eps_bar)
    assert max(abs(x) for x in (conjugate - expected).ravel()) < TIGHT
    assert close(dirac.width(2.0, m_out, mu_bar, eps_bar), dirac.width(2.0, m_out, mu, eps))
    sum_of_both = dirac.asymmetry(2.0, m_out, mu, eps) + dirac.asymmetry(2.0, m_out, mu_bar, eps_bar)
    assert abs(sum_of_both) < TIGHT
