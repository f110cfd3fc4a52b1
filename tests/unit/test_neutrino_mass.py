"""Radiative neutrino mass and the conventions of the coupling."""

import jax
import numpy as np
import pytest
from hepunits import GeV, MeV, TeV, eV

from nushine.theory import d_from_mu, moment_for_mass, mu_from_d, mu_from_mu_tr, mu_tr_from_mu, radiative_mass


@pytest.mark.parametrize(("cutoff", "mu"), [(1 * TeV, 1.3411e-8), (100 * GeV, 1.3411e-7)])
def test_moment_for_a_tenth_of_an_eV(cutoff, mu):
    # by hand: mu^2 = 16 pi x 137.036 x 0.26112 MeV^2 x 1e-7 MeV / (1 MeV x Lambda^2) = 1.7986e-16 at 1 TeV
    np.testing.assert_allclose(moment_for_mass(0.1 * eV, 1 * MeV, cutoff), mu, rtol=5e-5)  # digits of the hand value


def test_mass_and_moment_are_inverse():
    m_N = np.geomspace(1e-3, 1e3, 13)[:, None]
    mu = np.geomspace(1e-12, 1e-5, 8)
    np.testing.assert_allclose(
        moment_for_mass(radiative_mass(mu, m_N, 1 * TeV), m_N, 1 * TeV), mu + 0 * m_N, rtol=1e-14
    )


def test_scaling():
    reference = radiative_mass(1e-8, 1.0, 1 * TeV)
    np.testing.assert_allclose(radiative_mass(3e-8, 5.0, 7 * TeV), 9 * 5 * 49 * reference, rtol=1e-14)


def test_numbers_of_the_conventions():
    # d = 148.15 GeV^-1 mu/mu_B and mu_B = 296.30 GeV^-1 as in the literature, to the digits given there
    np.testing.assert_allclose(d_from_mu(1.0) * GeV, 148.15, atol=0.005)
    np.testing.assert_allclose(mu_tr_from_mu(1.0) * GeV, 296.30, atol=0.005)


def test_conventions_invert_and_mu_tr_is_twice_d():
    mu = np.geomspace(1e-12, 1e-4, 9)
    np.testing.assert_allclose(mu_from_d(d_from_mu(mu)), mu, rtol=1e-15)
    np.testing.assert_allclose(mu_from_mu_tr(mu_tr_from_mu(mu)), mu, rtol=1e-15)
    np.testing.assert_allclose(mu_tr_from_mu(mu), 2 * d_from_mu(mu), rtol=1e-15)


def test_compiles_and_differentiates():
    slope = jax.jit(jax.grad(radiative_mass))(1e-8, 1.0, 1 * TeV)
    np.testing.assert_allclose(slope, 2 * radiative_mass(1e-8, 1.0, 1 * TeV) / 1e-8, rtol=1e-14)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_bad_input(bad):
    with pytest.raises(ValueError, match=r"mu = .* mu_B is not allowed"):
        radiative_mass(bad, 1.0, 1 * TeV)
    with pytest.raises(ValueError, match=r"m_N = .* MeV is not allowed"):
        moment_for_mass(1e-7, bad, 1 * TeV)
    with pytest.raises(ValueError, match=r"cutoff = .* MeV is not allowed"):
        radiative_mass(1e-8, 1.0, bad)
    with pytest.raises(ValueError, match=r"m_nu = .* MeV is not allowed"):
        moment_for_mass(bad, 1.0, 1 * TeV)
    for convert, name in ((d_from_mu, "mu"), (mu_from_d, "d"), (mu_tr_from_mu, "mu"), (mu_from_mu_tr, "mu_tr")):
        with pytest.raises(ValueError, match=f"^{name} = .* is not allowed"):
            convert(bad)
