"""Independent reference calculator: the dipole process with explicit 4x4 Dirac matrices.

    L = (mu/2) nubar_L sigma^{ab} N_R F_ab + h.c.
    nu(k) A(P) -> N(p) A(P'),  q = k - p = P' - P,  then  N(p) -> nu(k') gamma(l)

Nothing here knows a cross-section formula: vertices are written down from the Lagrangian and traces are taken
numerically. Matrices are numpy object arrays whose entries are exact small numbers (0, +-1, +-i, 1/2), so that the
arithmetic is that of the momenta: mpmath numbers of 50 digits, which survive every cancellation near threshold.

Conventions: metric (+,-,-,-), Dirac basis, gamma5 = i g0 g1 g2 g3, energies in MeV. Laboratory frame, A at rest, beam
along +z, N in the x-z plane with p_x >= 0 (A recoils with P'_x <= 0). The spin vector S is the expectation value of
the spin: in the N rest frame S = (0, zeta), |zeta| <= 1, zeta the polarisation (twice the mean spin), so that
S.l = -E_gamma zeta.n for a photon along n. P_L = m_N S^0 / |p| is the component of zeta along p.
`spin` is that of the target: 0, or 0.5 for a pointlike Dirac particle.
"""

from __future__ import annotations

import functools
import itertools

import mpmath as mp
import numpy as np

DPS = 50
METRIC = (1, -1, -1, -1)


def _precise(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        with mp.workdps(DPS):
            return function(*args, **kwargs)

    return wrapper


def number(x):
    """Return x as an mpmath number (a float keeps its exact binary value)."""
    return x if isinstance(x, (mp.mpf, mp.mpc)) else mp.mpf(float(x))


def vector(components):
    """Contravariant four-vector of mpmath numbers."""
    return np.array([number(x) for x in components], dtype=object)


def dot(a, b):
    """Minkowski product a.b."""
    return a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3]


def lower(a):
    """Lower (or raise) the index of a four-vector."""
    return np.array([g * x for g, x in zip(METRIC, a, strict=True)], dtype=object)


# --- Dirac algebra----------------


def _gammas():
    one, zero = np.eye(2, dtype=complex), np.zeros((2, 2), dtype=complex)
    pauli = ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]])
    spatial = [np.block([[zero, np.array(s)], [-np.array(s), zero]]) for s in pauli]
    return [np.block([[one, zero], [zero, -one]]), *spatial]


_G = _gammas()
_G5 = 1j * _G[0] @ _G[1] @ _G[2] @ _G[3]
GAMMA = [g.astype(object) for g in _G]
GAMMA5 = _G5.astype(object)
SIGMA = [[(0.5j * (a @ b - b @ a)).astype(object) for b in _G] for a in _G]
ONE = np.eye(4, dtype=complex).astype(object)
P_L, P_R = (ONE - GAMMA5) / 2, (ONE + GAMMA5) / 2
_G0_BOTH_SIDES = np.outer([1, 1, -1, -1], [1, 1, -1, -1]).astype(object)
CHARGE = (1j * _G[2] @ _G[0]).astype(object)  # C: C g^T C^-1 = -g and C^-1 = -C


def slash(a):
    """gamma^m a_m."""
    return sum((g * x for g, x in zip(GAMMA, lower(a), strict=True)), 0 * ONE)


def bar(matrix):
    """Dirac adjoint g0 M^dagger g0 (g0 is diagonal)."""
    return np.conj(matrix).T * _G0_BOTH_SIDES


def trace(*matrices):
    """Trace of a product; the last product is not formed, only its diagonal."""
    product = functools.reduce(lambda a, b: a @ b, matrices[:-1])
    return (product * matrices[-1].T).sum()


def reverse(vertex):
    """Vertex read against the fermion flow: vbar_1 V v_2 = -+ ubar_2 (C V^T C^-1) u_1."""
    return -(CHARGE @ vertex.T @ CHARGE)


def dipole(q, a, right):
    """(1/2) sigma^{mn} (q_m a_n - q_n a_m) right: F_mn of a plane wave inserted into the Lagrangian.

    L = (mu/2) psibar sigma^{mn} right chi F_mn with A_n = a_n exp(-iq.x) gives -i mu times this matrix.
    """
    q_low, a_low = lower(q), lower(a)
    total = 0 * ONE
    for m, n in itertools.permutations(range(4), 2):
        if q_low[m] * a_low[n] != q_low[n] * a_low[m]:
            total = total + SIGMA[m][n] * ((q_low[m] * a_low[n] - q_low[n] * a_low[m]) / 2)
    return total @ right


def dipole_open(q, right):
    """The vertex with an open photon index, V_n (lower): V_n J^n = dipole(q, J)."""
    return [dipole(q, vector([i == n for i in range(4)]), right) for n in range(4)]


# --- momenta----------------------


@_precise
def momenta(E_nu, E_R, m_N, m_A):
    """Exact four-momenta k, P, p, P' in the laboratory (50 digits); ValueError outside phase space."""
    E_nu, E_R, m_N, m_A = (number(x) for x in (E_nu, E_R, m_N, m_A))
    E_N = E_nu - E_R
    p_N2 = E_N**2 - m_N**2
    p_z = E_N - (m_N**2 + 2 * m_A * E_R) / (2 * E_nu)  # from (k - p)^2 = -2 m_A E_R
    p_x2 = p_N2 - p_z**2
    rounding = mp.mpf(10) ** (10 - mp.mp.dps) * E_nu**2
    if p_N2 < 0 or p_x2 < -rounding:
        raise ValueError(f"E_R = {E_R} is outside the allowed range at E_nu = {E_nu}, m_N = {m_N}")
    p_x = mp.sqrt(max(p_x2, mp.mpf(0)))
    k, big_p, p = vector([E_nu, 0, 0, E_nu]), vector([m_A, 0, 0, 0]), vector([E_N, p_x, 0, p_z])
    return k, big_p, p, k + big_p - p


@_precise
def photon_momentum(p, m_N, cos_theta, phi, m_out=0):
    """Laboratory four-momentum of a photon emitted at (cos_theta, phi) in the N rest frame.

    The rest frame has the axes of the laboratory (canonical boost): z is the beam, not the N direction.
    """
    p, (m_N, c, phi, m_out) = vector(p), (number(x) for x in (m_N, cos_theta, phi, m_out))
    energy = (m_N**2 - m_out**2) / (2 * m_N)
    s = mp.sqrt(1 - c**2)
    n = [s * mp.cos(phi), s * mp.sin(phi), c]
    return _boost(p, m_N, vector([energy, *(energy * x for x in n)]))


def _boost(p, m, a):
    """Boost a from the rest frame of p (mass m)."""
    along = p[1] * a[1] + p[2] * a[2] + p[3] * a[3]
    factor = along / (m * (p[0] + m)) + a[0] / m
    return np.array([(p[0] * a[0] + along) / m, *(a[i] + p[i] * factor for i in (1, 2, 3))], dtype=object)


# --- production-------------------


def hadron_tensor(big_p, big_p_out, m_A, spin):
    """W^{mn}, averaged over the initial and summed over the final spin of the target, for charge one."""
    if spin == 0:
        j = big_p + big_p_out
        return np.outer(j, j)
    lefts, rights = ([(slash(a) + m_A * ONE) @ g for g in GAMMA] for a in (big_p_out, big_p))
    return np.array([[mp.re(trace(a, b)) / 2 for b in rights] for a in lefts], dtype=object)


def production_matrix(k, big_p, p, big_p_out, m_A, spin, antinu=False):
    """K with sum over spins |M|^2 = (mu Z e F / q^2)^2 Tr[(pslash +- m_N) K], + for nu -> N, - for nubar -> Nbar.

    nu -> N:        ubar_N V P_L u_nu  (from the h.c. term),  K = V kslash Vbar
    nubar -> Nbar:  vbar_nu V P_R v_N,                         K = Vbar kslash V
    """
    q, k_slash = k - p, slash(k)
    right = P_R if antinu else P_L
    if spin == 0:
        v = dipole(q, big_p + big_p_out, right)
        return bar(v) @ k_slash @ v if antinu else v @ k_slash @ bar(v)
    w = hadron_tensor(big_p, big_p_out, m_A, spin)
    vertices = dipole_open(q, right)
    total = 0 * ONE
    for m in range(4):
        contracted = sum((vertices[n] * w[m][n] for n in range(4)), 0 * ONE)
        v = vertices[m]
        total = total + (bar(v) @ k_slash @ contracted if antinu else contracted @ k_slash @ bar(v))
    return total


def _on_shell(p, m_N, antinu):
    """Sum over spins of u ubar (of v vbar for antinu)."""
    return slash(p) + (-m_N if antinu else m_N) * ONE


@_precise
def dsigma_dE_R(E_nu, E_R, m_N, m_A, spin, antinu=False):
    """dsigma/dE_R in units of alpha mu^2 Z^2 F^2 [1/MeV], mu in natural units.

    dsigma/dt = |M|^2 / (16 pi (s - m_A^2)^2), |dt| = 2 m_A dE_R, s - m_A^2 = 2 m_A E_nu, e^2 = 4 pi alpha:
    dsigma/dE_R = |M|^2 / (32 pi m_A E_nu^2) = alpha mu^2 Z^2 F^2 Tr / (8 m_A E_nu^2 t^2).
    """
    k, big_p, p, big_p_out = momenta(E_nu, E_R, m_N, m_A)
    matrix = production_matrix(k, big_p, p, big_p_out, number(m_A), spin, antinu)
    t = dot(k - p, k - p)
    return mp.re(trace(_on_shell(p, number(m_N), antinu), matrix)) / (8 * number(m_A) * k[0] ** 2 * t**2)


@_precise
def spin_vector(E_nu, E_R, m_N, m_A, spin=0, antinu=False):
    """Polarisation four-vector S of N (of Nbar for antinu), from |M|^2(s) = a + b.s = a (1 - S.s)."""
    k, big_p, p, big_p_out = momenta(E_nu, E_R, m_N, m_A)
    m_N = number(m_N)
    matrix = production_matrix(k, big_p, p, big_p_out, number(m_A), spin, antinu)
    shell = _on_shell(p, m_N, antinu)
    total = mp.re(trace(shell, matrix))
    b = vector([mp.re(trace(shell @ GAMMA5, g, matrix)) for g in GAMMA])
    return -(b - p * (dot(b, p) / m_N**2)) / total


# --- decay------------------------


def spin_matrix(p, S, m, particle=True):
    """Density matrix: u ubar = (pslash + m)(1 + gamma5 Sslash)/2, or v vbar with -m."""
    return (slash(p) + (m if particle else -m) * ONE) @ (ONE + GAMMA5 @ slash(S)) / 2


def _sum_photon(vertices, inner, outer):
    """-g^{ab} Tr[outer V_a inner Vbar_b]: the sum over photon polarisations."""
    return sum(-g * mp.re(trace(outer, v, inner, bar(v))) for g, v in zip(METRIC, vertices, strict=True))


def _decay_square(p, S, l_gamma, m_N, lnv):
    k_out = slash(p - l_gamma)
    if not lnv:  # nubar_L sigma N_R: ubar_nu V u_N
        return _sum_photon(dipole_open(l_gamma, P_R), spin_matrix(p, S, m_N), k_out)
    # the h.c. term acting on a Majorana N: vbar_N V v_nu, without any use of charge conjugation
    return _sum_photon(dipole_open(l_gamma, P_L), k_out, spin_matrix(p, S, m_N, particle=False))


@_precise
def decay_weight(p, S, l_gamma, m_N, lnv):
    """|M|^2 of N(p, S) -> nu gamma(l) (lnv: nubar gamma) over its mean over spins (mean 1 over directions)."""
    p, S, l_gamma, m_N = vector(p), vector(S), vector(l_gamma), number(m_N)
    return _decay_square(p, S, l_gamma, m_N, lnv) / _decay_square(p, 0 * S, l_gamma, m_N, lnv)


@_precise
def joint_weight(E_nu, E_R, m_N, m_A, l_gamma, lnv, spin=0, antinu=False):
    """Photon weight of the whole chain nu A -> A (N -> (anti)nu gamma), one trace through the propagator of N.

    No spin vector is used. Normalised to mean 1 over photon directions in the N rest frame: the distribution in the
    decay of a spin 1/2 is of first order in the direction, so its mean is that over l and the opposite photon, p - l.
    """
    k, big_p, p, big_p_out = momenta(E_nu, E_R, m_N, m_A)
    shell = _on_shell(p, number(m_N), antinu)
    inner = shell @ production_matrix(k, big_p, p, big_p_out, number(m_A), spin, antinu) @ shell
    here, opposite = (_chain(p, x, inner, lnv, antinu) for x in (vector(l_gamma), p - vector(l_gamma)))
    return 2 * here / (here + opposite)


def _chain(p, l_gamma, inner, lnv, antinu):
    """Close the chain with the decay. LNC: the other term of L; LNV: the same term as in production, read backwards."""
    k_out = slash(p - l_gamma)
    production, other = (P_R, P_L) if antinu else (P_L, P_R)
    vertices = [reverse(v) for v in dipole_open(l_gamma, production)] if lnv else dipole_open(l_gamma, other)
    return _sum_photon(vertices, k_out, inner) if antinu else _sum_photon(vertices, inner, k_out)


def chiral_vertex(mu, eps):
    """mu + eps gamma5 (complex numbers)."""
    return ONE * mp.mpc(mu) + GAMMA5 * mp.mpc(eps)


def _decay_at_rest(m_N, m_out, right, S, cos_theta):
    """Sum over final spins of |M|^2 for N at rest, with L = (1/2) N'bar sigma^{ab} right N F_ab; photon energy."""
    p = vector([m_N, 0, 0, 0])
    l_gamma = photon_momentum(p, m_N, cos_theta, 0, m_out)
    outer = slash(p - l_gamma) + m_out * ONE
    return _sum_photon(dipole_open(l_gamma, right), spin_matrix(p, vector(S), m_N), outer), l_gamma[0]


@_precise
def width(m_N, m_out=0, mu=1, eps=None):
    """Width [MeV] = E_gamma <|M|^2> / (8 pi m_N^2).

    Without eps: N -> nu gamma, Dirac, for L = (mu/2) nubar_L sigma N_R F; with eps: N -> N' gamma for
    L = (1/2) N'bar sigma (mu + eps gamma5) N F.
    """
    right = P_R * mp.mpc(mu) if eps is None else chiral_vertex(mu, eps)
    square, E_gamma = _decay_at_rest(number(m_N), number(m_out), right, [0, 0, 0, 0], mp.mpf("0.3"))
    return E_gamma * square / (8 * mp.pi * number(m_N) ** 2)


@_precise
def asymmetry(m_N, m_out, mu, eps):
    """Coefficient A of 1 + A cos(zeta, n) for N -> N' gamma with L = (1/2) N'bar sigma (mu + eps gamma5) N F."""
    arguments = number(m_N), number(m_out), chiral_vertex(mu, eps), [0, 0, 0, 1]
    forward, backward = (_decay_at_rest(*arguments, c)[0] for c in (1, -1))
    return (forward - backward) / (forward + backward)
