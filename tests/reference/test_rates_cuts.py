"""Cuts, couplings and lines: what has to add up and how rates scale."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import keV
from textbook_rates import (
    BOTH,
    BROAD,
    LINE,
    LINE_E,
    LINE_FLUX,
    MASS,
    MOMENT,
    PATH,
    nuclei,
    panels,
    per_cosine,
    source,
    spectrum_kinks,
)

from nushine.decay import PROMPT, RADIATIVE, Decay, Invisible, Radiative
from nushine.interactions.dipole import DIRAC, MAJORANA, Dipole
from nushine.numerics.piecewise import Piecewise
from nushine.rates import (
    EVERYTHING,
    Selection,
    photon_angle_spectrum,
    photon_spectrum,
    recoil_rate,
    scattering_rate,
    sterile_rate,
    sterile_yield,
)
from nushine.sources.base import UNIVERSAL, Beam, Flavour, Source
from nushine.targets.compounds import Target

# --- cuts ---


def test_recoil_windows_add_up(germanium: Target) -> None:
    signal, edge = Dipole(MASS, MOMENT), 2 * keV / 1e2
    for flux in (BROAD, LINE):
        whole = scattering_rate(flux, germanium, signal)
        below, above = (
            scattering_rate(flux, germanium, signal, window)
            for window in (Selection(E_R_max=edge), Selection(E_R_min=edge))
        )
        np.testing.assert_allclose(below + above, whole, rtol=1e-8)
        assert min(float(below), float(above)) > 0.01 * float(whole)
        whole = sterile_rate(flux, germanium, signal, PATH)
        parts = [
            sterile_rate(flux, germanium, signal, PATH, RADIATIVE, window)
            for window in (Selection(E_R_max=edge), Selection(E_R_min=edge, E_R_max=10 * edge), Selection(10 * edge))
        ]
        np.testing.assert_allclose(sum(parts), whole, rtol=1e-6)


@pytest.mark.parametrize("E_min", [0.3, 1.0])
@pytest.mark.parametrize("flux", [BROAD, LINE])
def test_photon_threshold_cuts_the_spectrum(germanium: Target, flux: Source, E_min: float) -> None:
    signal = Dipole(MASS, MOMENT)
    whole = float(sterile_rate(flux, germanium, signal, PATH))
    above = float(sterile_rate(flux, germanium, signal, PATH, RADIATIVE, Selection(E_gamma_min=E_min)))
    below = sum(
        float(w @ np.asarray(photon_spectrum(x, flux, germanium, signal, PATH)))
        for x, w in panels(spectrum_kinks(germanium, high=E_min), 60)
    )
    np.testing.assert_allclose(above + below, whole, rtol=1e-6)  # as above, in `below`
    assert 0.05 < above / whole < 0.95
    cut = Selection(E_gamma_min=E_min)
    x = np.array([0.9, 1.1]) * E_min
    spectrum, plain = (photon_spectrum(x, flux, germanium, signal, PATH, RADIATIVE, s) for s in (cut, EVERYTHING))
    np.testing.assert_allclose(spectrum, [0.0, plain[1]], rtol=1e-12)


@pytest.mark.parametrize("c_0", [0.0, 0.8])
@pytest.mark.parametrize("flux", [BROAD, LINE])
def test_a_cone_cuts_the_angle_spectrum(germanium: Target, flux: Source, c_0: float) -> None:
    signal = Dipole(MASS, MOMENT)
    whole = float(sterile_rate(flux, germanium, signal, PATH))
    inside = float(sterile_rate(flux, germanium, signal, PATH, RADIATIVE, Selection(cos_theta_min=c_0)))
    outside = sum(
        float(w @ np.asarray(photon_angle_spectrum(x, flux, germanium, signal, PATH)))
        for x, w in panels([-1.0, c_0 - 0.5, c_0], 60)
    )
    np.testing.assert_allclose(inside + outside, whole, rtol=1e-6)  # no kinks here: the acceptance is smooth in E_R
    assert 0.1 < inside / whole < 0.95
    cut, plain = (
        photon_angle_spectrum(np.array([c_0 - 0.01, c_0 + 0.01]), flux, germanium, signal, PATH, RADIATIVE, s)
        for s in (Selection(cos_theta_min=c_0), EVERYTHING)
    )
    np.testing.assert_allclose(cut, [0.0, plain[1]], rtol=1e-12)


def test_threshold_and_cone_together(germanium: Target) -> None:
    """Both cuts at once: the integral of either spectrum, cut by the other, and of the textbook distribution."""
    signal, c_0, E_min = Dipole(MASS, MOMENT), 0.3, 0.6
    both = Selection(E_gamma_min=E_min, cos_theta_min=c_0)
    rate = float(sterile_rate(LINE, germanium, signal, PATH, RADIATIVE, both))
    in_energy = sum(
        float(w @ np.asarray(photon_spectrum(x, LINE, germanium, signal, PATH, RADIATIVE, both)))
        for x, w in panels(spectrum_kinks(germanium, low=E_min), 60)
    )
    in_angle = sum(
        float(w @ np.asarray(photon_angle_spectrum(x, LINE, germanium, signal, PATH, RADIATIVE, both)))
        for x, w in panels([c_0, 0.8, 1.0], 60)
    )
    textbook = LINE_FLUX * sum(
        A.number * w @ [per_cosine(A, LINE_E, c, -1.0, E_min) for c in x]
        for x, w in panels([c_0, 0.8, 1.0], 8)
        for A in nuclei(germanium)
    )
    # the edges of threshold and cone cross inside the plane: square-root kinks under 48 points, a few 1e-4 (no
    # accuracy is promised with a cone); the textbook sum counts 200 azimuths as a whole: 2e-3
    np.testing.assert_allclose([in_energy, in_angle], rate, rtol=1e-3)
    np.testing.assert_allclose(textbook, rate, rtol=2e-3)


# --- scaling ---


def test_rates_scale_with_the_moment(germanium: Target) -> None:
    ratio = sterile_rate(BROAD, germanium, Dipole(MASS, 3e-8), PATH) / sterile_rate(
        BROAD, germanium, Dipole(MASS, 1e-8), PATH
    )
    np.testing.assert_allclose(ratio, 81.0, rtol=1e-7)  # ell / lambda is about 1e-8
    prompt = [float(sterile_rate(BROAD, germanium, Dipole(MASS, mu), PATH, PROMPT)) for mu in (1e-8, 3e-8)]
    np.testing.assert_allclose(prompt[1] / prompt[0], 9.0, rtol=1e-13)
    np.testing.assert_allclose(prompt[0], scattering_rate(BROAD, germanium, Dipole(MASS, 1e-8)), rtol=1e-12)
    # so strong that every N decays within the path: the prompt rate
    strong = sterile_rate(BROAD, germanium, Dipole(MASS, 1e-1), PATH)
    np.testing.assert_allclose(strong, 1e14 * prompt[0], rtol=1e-9)


def test_yield_is_the_rate_at_each_moment(germanium: Target) -> None:
    for nature in (DIRAC, MAJORANA):
        made = sterile_yield(BROAD, germanium, Dipole(MASS, 1e-5, nature), PATH)
        for mu in (0.0, 1e-9, 1e-5, 1e-3):
            rate = sterile_rate(BROAD, germanium, Dipole(MASS, mu, nature), PATH)
            np.testing.assert_allclose(made(mu), rate, rtol=1e-13)


def test_majorana_doubles_the_small_rate_and_universal_moments_triple_the_width(germanium: Target) -> None:
    one = sterile_rate(BROAD, germanium, Dipole(MASS, MOMENT), PATH)
    np.testing.assert_allclose(sterile_rate(BROAD, germanium, Dipole(MASS, MOMENT, MAJORANA), PATH), 2 * one, rtol=1e-7)
    universal = Dipole(MASS, MOMENT, flavour=UNIVERSAL)  # electron neutrinos alone scatter, N decays to three
    np.testing.assert_allclose(sterile_rate(BROAD, germanium, universal, PATH), 3 * one, rtol=1e-7)
    np.testing.assert_allclose(
        scattering_rate(BROAD, germanium, universal),
        scattering_rate(BROAD, germanium, Dipole(MASS, MOMENT)),
        rtol=1e-14,
    )
    mixed = source(flavour=Flavour(0.25, 0.5, 0.25))
    quarter = sterile_rate(mixed, germanium, Dipole(MASS, MOMENT), PATH)
    np.testing.assert_allclose(quarter, one / 4, rtol=1e-13)


def test_an_invisible_width_leaves_the_small_rate_and_takes_the_large_one(germanium: Target) -> None:
    """B_gamma (1 - exp(-ell/lambda)): at small coupling the number of photons does not depend on the total width."""
    signal = Dipole(MASS, MOMENT)
    visible = float(RADIATIVE.width(signal))
    rate = sterile_rate(BROAD, germanium, signal, PATH)
    with_it = sterile_rate(BROAD, germanium, signal, PATH, Decay((Radiative(), Invisible(9 * visible))))
    np.testing.assert_allclose(with_it, rate, rtol=1e-6)  # ell / lambda is about 1e-8, ten times that now
    huge = sterile_rate(BROAD, germanium, signal, PATH, Decay((Radiative(), Invisible(1e12 * visible))))
    prompt = sterile_rate(BROAD, germanium, signal, PATH, PROMPT)
    np.testing.assert_allclose(huge, prompt * 1e-12, rtol=1e-9)


def test_line_and_continuum_add_up(germanium: Target) -> None:
    signal = Dipole(MASS, MOMENT)
    x = np.geomspace(1e-8, 1e-3, 7)
    for of in (
        lambda s: scattering_rate(s, germanium, signal),
        lambda s: sterile_rate(s, germanium, signal, PATH),
        lambda s: recoil_rate(x, s, germanium, signal),
        lambda s: photon_spectrum(x * 1e3, s, germanium, signal, PATH),
        lambda s: photon_angle_spectrum(x * 1e3, s, germanium, signal, PATH),
    ):
        np.testing.assert_allclose(of(BROAD) + of(LINE), of(BOTH), rtol=1e-12)


def test_a_line_with_an_empty_continuum_somewhere_else(germanium: Target) -> None:
    """A tiny empty segment, below or above the line and the threshold, changes nothing."""
    signal = Dipole(MASS, MOMENT)
    expected = [scattering_rate(LINE, germanium, signal), sterile_rate(LINE, germanium, signal, PATH)]
    for E in (0.1, 1.0, 9.0):
        empty = Piecewise(jnp.array([E, E * (1 + 1e-6)]), jnp.zeros((1, 1)))
        alone = Source("line", (Beam(empty, jnp.array([LINE_E]), jnp.array([LINE_FLUX])),))
        got = [scattering_rate(alone, germanium, signal), sterile_rate(alone, germanium, signal, PATH)]
        np.testing.assert_allclose(got, expected, rtol=1e-13)


def test_a_line_below_the_threshold_makes_nothing(germanium: Target) -> None:
    heavy = Dipole(3.0001, MOMENT)
    assert float(scattering_rate(LINE, germanium, heavy)) == 0.0
    assert float(sterile_rate(LINE, germanium, heavy, PATH)) == 0.0
    too_heavy = Dipole(9.0, MOMENT)
    assert float(sterile_rate(BOTH, germanium, too_heavy, PATH)) == 0.0
    assert np.all(np.asarray(photon_spectrum(np.array([1.0, 4.5]), BOTH, germanium, too_heavy, PATH)) == 0.0)


def test_rates_vectorise_over_masses(germanium: Target) -> None:
    masses = jnp.array([0.01, 0.8, 5.0])
    x = np.geomspace(1e-8, 1e-3, 7)
    template = Dipole(1.0, MOMENT)
    many = jax.vmap(lambda m: recoil_rate(x, BROAD, germanium, eqx.tree_at(lambda s: s.m_N, template, m)))(masses)
    for row, m in zip(many, masses.tolist(), strict=True):
        np.testing.assert_allclose(row, recoil_rate(x, BROAD, germanium, Dipole(m, MOMENT)), rtol=1e-12)
