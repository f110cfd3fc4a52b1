"""Widths and decay lengths of N."""

import dirac
import mpmath as mp
import numpy as np
import pytest
from hepunits import cm, hbarc, km, s

from nushine.constants import mu_B
from nushine.decay import (
    PROMPT,
    RADIATIVE,
    Decay,
    Invisible,
    Radiative,
    ToSterile,
)
from nushine.interactions.dipole import DIRAC, MAJORANA, Dipole
from nushine.sources.base import ELECTRON, TAU, UNIVERSAL, Flavour

hbar = float(hbarc) / 299.792458  # MeV ns, with c in mm/ns


@pytest.mark.parametrize("m_N", [1e-3, 1.0, 20.0])
def test_radiative_width_against_traces(m_N: float) -> None:
    ours = RADIATIVE.width(Dipole(m_N, 1e-8))
    np.testing.assert_allclose(ours, float(dirac.width(m_N, mu=1e-8 * mu_B)), rtol=1e-14)  # a product of 8 numbers


def test_majorana_has_two_final_states() -> None:
    """N -> nu gamma and N -> nubar gamma, each with the Dirac width: equal traces of both terms of the Lagrangian."""
    with mp.workdps(50):
        p = dirac.vector([2, 0, 0, 0])
        photon = dirac.photon_momentum(p, 2, 0.3, 0.4)
        squares = [dirac._decay_square(p, 0 * p, photon, dirac.number(2), lnv) for lnv in (False, True)]
        assert abs(squares[0] / squares[1] - 1) < 1e-30
    ratio = RADIATIVE.width(Dipole(2.0, 1e-8, MAJORANA)) / RADIATIVE.width(Dipole(2.0, 1e-8, DIRAC))
    np.testing.assert_allclose(ratio, 2.0, rtol=1e-15)


def test_flavours_add_up() -> None:
    one, three = (RADIATIVE.width(Dipole(1.0, 1e-8, flavour=f)) for f in (ELECTRON, UNIVERSAL))
    np.testing.assert_allclose(three, 3 * one, rtol=1e-15)
    np.testing.assert_allclose(RADIATIVE.width(Dipole(1.0, 1e-8, flavour=TAU)), one, rtol=1e-15)
    mixed = RADIATIVE.width(Dipole(1.0, 1e-8, flavour=Flavour(0.5, 2.0, 1.0)))
    np.testing.assert_allclose(mixed, 5.25 * one, rtol=1e-15)


def test_lifetime_and_decay_length_by_hand() -> None:
    """m_N = 1 MeV, mu = 1e-8 mu_B, Dirac.

    Gamma = alpha mu^2 m_N^3 / (16 m_e^2) = 7.2973526e-3 * 1e-16 / (16 * 0.26111993) MeV = 1.746648e-19 MeV,
    tau = 6.582119569e-22 MeV s / Gamma = 3.768429e-3 s, c tau = 1129.747 km; times p/m = sqrt(8) at E_N = 3 MeV.
    """
    N = Dipole(1.0, 1e-8)
    np.testing.assert_allclose(hbar / RADIATIVE.width(N) / s, 3.768429e-3, rtol=3e-7)  # the digits above
    np.testing.assert_allclose(RADIATIVE.length(3.0, N) / km, np.sqrt(8) * 1129.747, rtol=1e-6)
    np.testing.assert_allclose(RADIATIVE.length(3.0, N) / cm, np.sqrt(8) * 1129.747e5, rtol=1e-6)
    # 5 cm: ell / lambda = 1.56477e-8, far below what 1 - exp would keep
    np.testing.assert_allclose(RADIATIVE.probability(3.0, 5 * cm, N), 5 / (np.sqrt(8) * 1129.747e5), rtol=1e-6)


def test_probability_is_one_minus_exp() -> None:
    N, E_N = Dipole(3.0, 1e-4), np.array([3.1, 5.0, 50.0])
    length = np.asarray(RADIATIVE.length(E_N, N))
    path = np.array([1e-3, 1.0, 300.0])[:, None] * length
    np.testing.assert_allclose(RADIATIVE.probability(E_N, path, N), 1 - np.exp(-path / length), rtol=1e-12)
    assert float(RADIATIVE.probability(3.0, 1.0, N)) == 1.0  # at rest it decays where it is
    np.testing.assert_array_equal(PROMPT.probability(E_N, 1e-9, N), 1.0)


def test_no_width_means_stable() -> None:
    stable = Dipole(1.0, 0.0)
    assert np.isinf(RADIATIVE.length(3.0, stable))
    assert float(RADIATIVE.probability(3.0, 50.0, stable)) == 0.0


@pytest.mark.parametrize(("mu", "eps"), [(1e-8, 0.0), (5e-9, 5e-9), (3e-9 + 2e-9j, -1e-9 + 5e-9j), (7e-9, -4e-9j)])
@pytest.mark.parametrize("m_Np", [0.0, 0.5, 1.9])
def test_decay_to_a_lighter_sterile_against_traces(m_Np: float, mu: complex, eps: complex) -> None:
    N, mode = Dipole(2.0, 1e-8), ToSterile(m_Np, mu, eps)
    exact = float(dirac.width(2.0, m_Np, mu, eps)) * mu_B**2
    np.testing.assert_allclose(mode.width(N), exact, rtol=1e-13)  # products of ten numbers, and m_N - m_N'
    np.testing.assert_allclose(mode.asymmetry(N), float(dirac.asymmetry(2.0, m_Np, mu, eps)), atol=1e-14)
    np.testing.assert_allclose(mode.E_rest(N), (4 - m_Np**2) / 4, rtol=1e-14)


@pytest.mark.parametrize(
    ("mu", "eps"), [(1e-8j, 0.0), (5e-9, 5e-9), (3e-9 + 2e-9j, 3e-9 + 2e-9j), (7e-9, -4e-9 + 1e-9j)]
)
@pytest.mark.parametrize("m_Np", [0.0, 0.5, 1.9])
def test_decay_of_a_majorana_to_a_sterile_against_traces(m_Np: float, mu: complex, eps: complex) -> None:
    """Coupling plus conjugate, see test_dirac_decays.py: N' and its antiparticle, or both terms in one amplitude."""
    N, one = Dipole(2.0, 1e-8, MAJORANA), Dipole(2.0, 1e-8)
    dirac_Np, majorana_Np = ToSterile(m_Np, mu, eps), ToSterile(m_Np, mu, eps, MAJORANA)
    particle = dirac.width(2.0, m_Np, mu, eps)
    antiparticle = dirac.width(2.0, m_Np, -np.conj(mu), np.conj(eps))
    both = dirac.width(2.0, m_Np, 2j * complex(mu).imag, 2 * complex(eps).real)
    # products of ten numbers, and m_N - m_N'
    np.testing.assert_allclose(dirac_Np.width(N), float(particle + antiparticle) * mu_B**2, rtol=1e-13)
    np.testing.assert_allclose(majorana_Np.width(N), float(both) * mu_B**2, rtol=1e-13)
    np.testing.assert_allclose(majorana_Np.width(one), float(particle) * mu_B**2, rtol=1e-13)
    a = dirac.asymmetry(2.0, m_Np, 2j * complex(mu).imag, 2 * complex(eps).real)
    assert float(dirac_Np.asymmetry(N)) == float(majorana_Np.asymmetry(N)) == 0.0
    assert abs(a) < 1e-40
    if mu == eps:  # chiral
        for mode in (dirac_Np, majorana_Np):
            np.testing.assert_allclose(mode.width(N), 2 * np.asarray(mode.width(one)), rtol=1e-14)
    assert float(majorana_Np.asymmetry(one)) == float(dirac_Np.asymmetry(one))


def test_decay_to_a_sterile_is_closed_at_and_above_the_mass() -> None:
    N = Dipole(2.0, 1e-8)
    for m_Np in (2.0, 5.0):
        assert float(ToSterile(m_Np, 1e-8).width(N)) == 0.0
        assert float(ToSterile(m_Np, 1e-8).E_rest(N)) == 0.0
    assert float(ToSterile(0.0, 0.0, 0.0).asymmetry(N)) == 0.0
    # the chiral coupling of the active neutrinos, (mu/2)(1 + gamma5), is the case mu/2 = eps
    np.testing.assert_allclose(ToSterile(0.0, 5e-9, 5e-9).width(N), RADIATIVE.width(N), rtol=1e-14)
    assert float(ToSterile(0.0, 5e-9, 5e-9).asymmetry(N)) == float(Radiative().asymmetry(N)) == -1.0


def test_branching_ratios_and_total_width() -> None:
    N = Dipole(2.0, 1e-8)
    visible = float(RADIATIVE.width(N))
    decay = Decay((Radiative(), Invisible(3 * visible), ToSterile(0.5, 1e-8)))
    total = 4 * visible + float(ToSterile(0.5, 1e-8).width(N))
    np.testing.assert_allclose(decay.width(N), total, rtol=1e-14)
    lines = decay.photons(N)
    assert [type(mode) for _, mode in lines] == [Radiative, ToSterile]
    np.testing.assert_allclose([b for b, _ in lines], [visible / total, 1 - 4 * visible / total], rtol=1e-13)
    np.testing.assert_allclose(decay.length(3.0, N), RADIATIVE.length(3.0, N) * visible / total, rtol=1e-14)
