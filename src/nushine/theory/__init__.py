"""Coupling conventions and the radiative neutrino mass."""

from nushine.theory.conventions import d_from_mu, mu_from_d, mu_from_mu_tr, mu_tr_from_mu
from nushine.theory.neutrino_mass import moment_for_mass, radiative_mass

__all__ = ["d_from_mu", "moment_for_mass", "mu_from_d", "mu_from_mu_tr", "mu_tr_from_mu", "radiative_mass"]
