"""Rates and spectra against nested quadrature of textbook formulas (textbook_rates.py)."""

from itertools import pairwise

import numpy as np
import pytest
from hepunits import hbarc
from scipy import integrate
from textbook_rates import (
    BOTH,
    BROAD,
    KNOTS,
    LINE,
    LINE_E,
    LINE_FLUX,
    MASS,
    MOMENT,
    PATH,
    VALUES,
    Nucleus,
    flux_kinks,
    least_E_N,
    nuclei,
    panels,
    per_cosine,
    photon_kinks,
    recoil_range,
    spectrum_kinks,
)

from nushine.interactions.cevns import CEvNS
from nushine.interactions.dipole import DIRAC, MAJORANA, Dipole
from nushine.rates import (
    Selection,
    photon_angle_spectrum,
    photon_spectrum,
    recoil_rate,
    scattering_rate,
    sterile_rate,
)
from nushine.sources.base import Source
from nushine.targets.compounds import Target

# --- scatterings ---


@pytest.mark.parametrize("window", [(1e-9, 1.0), (2e-5, 3e-4)])
@pytest.mark.parametrize("m_N", [0.0, 1e-3, 0.8, 6.0])
def test_scattering_rate(germanium: Target, m_N: float, window: tuple[float, float]) -> None:
    ours = scattering_rate(BROAD, germanium, Dipole(m_N, MOMENT), Selection(*window))
    expected = 0.0
    for A in nuclei(germanium, m=m_N):
        kinks = tuple(E for E_R in window for E in flux_kinks(A, E_R))
        expected += A.number * A.over_flux(lambda E, A=A: A.over_recoil(E, np.ones_like, *window), kinks)
    np.testing.assert_allclose(ours, expected, rtol=1e-8)  # as the docstring says; the quadrature here has 1e-9


def test_recoil_rate(germanium: Target) -> None:
    """Each energy against a direct integral over the flux; also at the largest recoil and beyond."""
    E_R = np.array([1e-12, 3e-8, 3e-7, 1e-5, 2e-4, 1.5e-3, 1.0])
    ours = np.asarray(recoil_rate(E_R, BROAD, germanium, Dipole(MASS, MOMENT)))
    expected = np.zeros(E_R.size)
    for A in nuclei(germanium):
        for i, x in enumerate(E_R):
            (start,) = flux_kinks(A, x)
            if start < 8.0:
                points = [start, *(k for k in KNOTS if k > start)]
                expected[i] += A.number * sum(
                    integrate.quad(
                        lambda E, A=A, x=x: np.interp(E, KNOTS, VALUES) * A.cross_section(E, np.asarray(x)), a, b,
                        epsrel=1e-12,
                    )[0]
                    for a, b in pairwise(points)
                )  # fmt: skip
    # moments of the flux above E_min are differences of numbers 1e2 larger where E_min is close to the end point
    np.testing.assert_allclose(ours, expected, rtol=1e-10)
    assert np.count_nonzero(expected) == 5
    assert float(recoil_rate(0.0, BROAD, germanium, Dipole(MASS, MOMENT))) == 0.0
    with pytest.raises(ValueError, match="E_R = -1 MeV is not allowed"):
        recoil_rate(np.array([0.0, -1.0]), BROAD, germanium, Dipole(MASS, MOMENT))


@pytest.mark.parametrize("which", ["broad", "line"])
def test_recoil_rate_integrates_to_the_scattering_rate(germanium: Target, which: str) -> None:
    flux, signal = {"broad": BROAD, "line": LINE}[which], Dipole(MASS, MOMENT)
    E_max = 8.0 if which == "broad" else LINE_E
    limits = [recoil_range(E_max, MASS, A.M) for A in nuclei(germanium)]
    # kinks: where each isotope begins, ends, and where E_nu_min passes a knot of the flux
    edges = [x for pair in limits for x in pair]
    if which == "broad":
        edges += [x for A in nuclei(germanium) for E in KNOTS[1:-1] for x in recoil_range(E, MASS, A.M)]
        edges += [MASS**2 / (2 * (A.M + MASS)) for A in nuclei(germanium)]
    total = 0.0
    for x, w in panels(sorted(np.log(edges)), 60):
        total += float(w @ (np.exp(x) * np.asarray(recoil_rate(np.exp(x), flux, germanium, signal))))
    np.testing.assert_allclose(scattering_rate(flux, germanium, signal), total, rtol=1e-6)  # as the specification asks


def test_cevns_scattering_rate(germanium: Target) -> None:
    """The same machinery with the Standard Model cross section, from 1 eV."""
    ours = recoil_rate(np.array([1e-4]), BROAD, germanium, CEvNS())
    total = 0.0
    for A in nuclei(germanium, m=0.0):
        N = {73: 41, 76: 44}[round(A.M / 931.5)]
        weak = (N - (1 - 4 * 0.2386) * A.Z) ** 2 * (1.1663788e-11) ** 2 / (4 * np.pi) * float(hbarc) ** 2
        F = float(A.form_factor(np.asarray(1e-4)))
        total += A.number * A.over_flux(
            lambda E, A=A, weak=weak, F=F: (
                weak * A.M * F**2 * max(1 - 1e-4 / E - A.M * 1e-4 / (2 * E**2), 0.0)
            ),
            flux_kinks(A, 1e-4),
        )  # fmt: skip
    np.testing.assert_allclose(ours, total, rtol=1e-8)  # quadrature here


# --- photons ---


def test_sterile_rate(germanium: Target) -> None:
    for nature in (DIRAC, MAJORANA):
        ours = sterile_rate(BROAD, germanium, Dipole(MASS, MOMENT, nature), PATH)
        expected = sum(
            A.number * A.over_flux(lambda E, A=A, n=nature: A.over_recoil(E, lambda x: A.decays(E - x, n.final_states)))
            for A in nuclei(germanium)
        )
        np.testing.assert_allclose(ours, expected, rtol=1e-6)  # as the docstring says


def test_photon_spectrum(germanium: Target) -> None:
    """(1/p_N) [1 - P_L (2 E_gamma - E_N)/p_N] for each N that reaches E_gamma."""
    E_gamma = np.array([0.03, 0.2, 0.6, 1.3, 4.0, 7.5])

    def photons(A: Nucleus, E: float, E_gamma: float, majorana: bool) -> float:
        def density(E_R: np.ndarray) -> np.ndarray:
            E_N = E - E_R
            p = np.sqrt(np.maximum(E_N**2 - MASS**2, 1e-30))  # N at rest: one end of one range
            P_L = 0.0 if majorana else MASS * A.spin_of_N(E, E_R)[2][0] / p
            return A.decays(E_N, 1 + majorana) * (1 - P_L * (2 * E_gamma - E_N) / p) / p

        return A.over_recoil(E, density, high=E - least_E_N(E_gamma))

    for nature in (DIRAC, MAJORANA):
        majorana = nature is MAJORANA
        ours = photon_spectrum(E_gamma, BROAD, germanium, Dipole(MASS, MOMENT, nature), PATH)
        expected = [
            sum(
                A.number
                * A.over_flux(
                    lambda E, A=A, x=x, m=majorana: photons(A, E, x, m), tuple(photon_kinks(A.M, MASS, x)), 1e-8
                )
                for A in nuclei(germanium)
            )
            for x in E_gamma
        ]
        np.testing.assert_allclose(ours, expected, rtol=1e-6)  # the accuracy stated for totals, here at each energy


@pytest.mark.parametrize("E_gamma", [0.39, 0.399, 0.4001, 0.41])
def test_photon_spectrum_near_half_the_mass(germanium: Target, E_gamma: float) -> None:
    ours = photon_spectrum(np.full(6, E_gamma), BROAD, germanium, Dipole(MASS, MOMENT, MAJORANA), PATH)
    parts = nuclei(germanium)
    slow = [MASS * (1 + 10.0**-k) for k in range(1, 8)]  # 1/p_N is steep where N is almost at rest
    expected = sum(
        A.number
        * A.over_flux(
            lambda E, A=A: A.over_recoil(
                E, lambda x: A.decays(E - x, 2) / np.sqrt((E - x) ** 2 - MASS**2), high=E - least_E_N(E_gamma)
            ),
            (*photon_kinks(A.M, MASS, E_gamma), *slow),
        )
        for A in parts
    )
    np.testing.assert_allclose(ours, expected, rtol=1e-6)


def test_photon_angle_spectrum_of_a_line(germanium: Target) -> None:
    cosine = np.array([-1.0, -0.8, 0.0, 0.5, 0.9, 0.99, 1.0])
    ours = photon_angle_spectrum(cosine, LINE, germanium, Dipole(MASS, MOMENT), PATH)
    expected = [LINE_FLUX * sum(A.number * per_cosine(A, LINE_E, c, -1.0) for A in nuclei(germanium)) for c in cosine]
    np.testing.assert_allclose(ours, expected, rtol=1e-6)  # 48 points in log E_R, concentrated at the angle of N


def test_photon_angle_spectrum_of_a_continuum(germanium: Target) -> None:
    cosine = np.array([-0.8, 0.0, 0.5, 0.9, 0.99, 0.999, 1.0])
    ours = photon_angle_spectrum(cosine, BROAD, germanium, Dipole(MASS, MOMENT), PATH)
    expected = sum(A.number * A.over_flux(lambda E, A=A: per_cosine(A, E, 0.9, -1.0)) for A in nuclei(germanium))
    np.testing.assert_allclose(ours[3], expected, rtol=1e-6)


@pytest.mark.parametrize(("nature", "flux"), [(DIRAC, BROAD), (MAJORANA, BROAD), (DIRAC, LINE), (DIRAC, BOTH)])
def test_spectra_integrate_to_the_rate(germanium: Target, nature: object, flux: Source) -> None:
    signal = Dipole(MASS, MOMENT, nature)
    rate = float(sterile_rate(flux, germanium, signal, PATH))
    in_energy = sum(
        float(w @ np.asarray(photon_spectrum(x, flux, germanium, signal, PATH)))
        for x, w in panels(spectrum_kinks(germanium), 60)
    )
    # 1e-6 are promised for rates; the spectrum within 10 % of m_N/2 is good to 8e-4, which is 9e-6 of the integral
    np.testing.assert_allclose(in_energy, rate, rtol=1e-6)
    in_angle = sum(
        float(w @ np.asarray(photon_angle_spectrum(x, flux, germanium, signal, PATH)))
        for x, w in panels([-1.0, 0.0, 0.9, 0.99, 1.0], 60)
    )
    np.testing.assert_allclose(in_angle, rate, rtol=1e-6)
