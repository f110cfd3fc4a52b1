"""Backgrounds in bins: integrals of what is flat, of the excess, and of the spectrum of photons."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import MeV, day, eV, keV, kg
from jax import Array
from scipy.integrate import quad

from nushine.detectors import COINCIDENCE, PHOTON, RECOIL, Background
from nushine.rates import Selection

DENSITY = 1 / (keV * kg * day)
LOUD = Background(100 * DENSITY, 3 * DENSITY, 5 / (kg * day), 1e4 * DENSITY, 20 * eV, 1 * MeV)
WINDOW = Selection(E_R_min=20 * eV, E_R_max=1 * keV, E_gamma_min=100 * keV)
EDGES = np.geomspace(20, 1000, 7) * eV
PHOTONS = np.array([0.1, 0.5, 2.0, 7.0]) * MeV


def test_rates_of_the_channels() -> None:
    flat, excess = 0.98, 0.02 * np.exp(-1)  # keV of the window, and of the excess above 20 eV; above 1 keV: 4e-24
    numbers = [float(LOUD.rate(channel, WINDOW)) * kg * day for channel in (RECOIL, COINCIDENCE, PHOTON)]
    assert numbers == pytest.approx([100 * flat + 1e4 * excess, 3 * flat, 5], rel=1e-12)  # rounding of units


def test_bins_are_integrals_and_add_up_to_the_rate() -> None:
    # rounding in all of these
    np.testing.assert_allclose(LOUD.recoil_bins(RECOIL, EDGES), 100 * DENSITY * np.diff(EDGES), rtol=1e-13)
    np.testing.assert_allclose(LOUD.recoil_bins(COINCIDENCE, EDGES), 3 * DENSITY * np.diff(EDGES), rtol=1e-13)
    # quad in units of the scale, where its default precision of 1e-8 is that of numbers of order one
    excess = [quad(lambda x: np.exp(-x), low / 20, high / 20, epsabs=0)[0] for low, high in pairwise(EDGES / eV)]
    np.testing.assert_allclose(LOUD.excess_bins(EDGES), 1e4 * DENSITY * 20 * eV * np.array(excess), rtol=1e-8)
    total = float(jnp.sum(LOUD.recoil_bins(RECOIL, EDGES) + LOUD.excess_bins(EDGES)))
    assert float(LOUD.rate(RECOIL, WINDOW)) == pytest.approx(total, rel=1e-12)


def test_an_excess_that_hardly_falls_is_flat() -> None:
    slow = Background(excess=2 * DENSITY, excess_scale=1e12 * eV)
    # 1e-9: it falls by that much over the window of 1 keV; the difference of exponentials would lose seven digits
    np.testing.assert_allclose(slow.excess_bins(EDGES), 2 * DENSITY * np.diff(EDGES), rtol=1e-9)


def test_the_excess_up_to_infinity_is_its_density_times_its_scale() -> None:
    everything = float(LOUD.excess_bins(np.array([0.0, np.inf]))[0])
    assert everything == pytest.approx(1e4 * DENSITY * 20 * eV, rel=1e-14)  # rounding


def test_windows_may_be_arrays() -> None:
    lows = jnp.array([20.0, 50.0, 90.0]) * eV
    windows = Selection(E_R_min=lows, E_R_max=1 * keV)
    single = [float(LOUD.rate(RECOIL, Selection(E_R_min=low, E_R_max=1 * keV))) for low in lows]
    np.testing.assert_allclose(LOUD.rate(RECOIL, windows), single, rtol=1e-14)  # rounding


@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
def test_photons_fall_exponentially(scale: float) -> None:
    shares = Background(photon_scale=scale).photon_shares(PHOTONS)
    ends = [*PHOTONS, 10.0]
    integrals = [quad(lambda E: np.exp(-(E - 0.1) / scale), *pair, epsabs=0)[0] for pair in pairwise(ends)]
    # 1e-8: what quad promises; shares below 1e-17 do not matter
    np.testing.assert_allclose(shares, np.array(integrals) / sum(integrals), rtol=1e-8, atol=1e-17)


def test_photons_are_uniform_up_to_10_mev_by_default() -> None:
    expected = np.diff([*PHOTONS, 10.0]) / 9.9
    np.testing.assert_allclose(Background().photon_shares(PHOTONS), expected, rtol=1e-14)  # rounding
    # 1e-9: the density falls by that much over 10 MeV
    np.testing.assert_allclose(Background(photon_scale=1e10).photon_shares(PHOTONS), expected, rtol=1e-9)


@pytest.mark.parametrize("scale", [1.0, np.inf])
def test_no_photons_of_the_background_above_10_mev(scale: float) -> None:
    background = Background(photon_scale=scale)
    shares = background.photon_shares(np.array([1.0, 5.0, 10.0, 20.0]))
    np.testing.assert_array_equal(shares[2:], 0.0)
    assert float(jnp.sum(shares)) == pytest.approx(1.0, rel=1e-14)  # rounding
    np.testing.assert_array_equal(background.photon_shares(np.array([0.1])), [1.0])
    np.testing.assert_array_equal(background.photon_shares(np.array([12.0, 20.0])), [0.0, 1.0])


def test_derivatives_are_finite_and_those_of_differences() -> None:
    @jax.jit
    def contents(scales: Array) -> Array:
        background = Background(excess=1.0, excess_scale=scales[0] * eV, photon_scale=scales[1])
        excess = background.excess_bins(EDGES) / eV
        return jnp.concatenate([excess, background.photon_shares(np.append(PHOTONS, 12.0))])

    at, backward = jnp.array([20.0, 1.0]), jax.jit(jax.jacrev(contents))
    exact = backward(at)
    for k, step in enumerate(1e-4 * np.diag(at)):
        slope = (contents(at + step) - contents(at - step)) / (2 * step[k])
        # central differences: (1e-4)^2 times the third derivative over the first, up to (1 keV / 20 eV)^2
        np.testing.assert_allclose(exact[:, k], slope, rtol=1e-4, atol=1e-11)
    flat = backward(jnp.array([20.0, jnp.inf]))
    np.testing.assert_array_equal(flat[:, 1], 0.0)


def test_backgrounds_pass_through_jit() -> None:
    def everything(background: Background) -> tuple[Array | float, Array, Array]:
        return background.rate(RECOIL, WINDOW), background.excess_bins(EDGES), background.photon_shares(PHOTONS)

    for compiled, plain in zip(jax.jit(everything)(LOUD), everything(LOUD), strict=True):
        np.testing.assert_allclose(compiled, plain, rtol=1e-13)  # rounding: products and sums may be contracted


def test_photons_alone_have_no_recoil_energy() -> None:
    with pytest.raises(ValueError, match="channel 'photon' has no bins of recoil energy: take its rate"):
        LOUD.recoil_bins(PHOTON, EDGES)


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("recoil", -1.0),
        ("coincidence", np.inf),
        ("photon", np.nan),
        ("excess", -1e-3),
        ("excess_scale", 0.0),
        ("excess_scale", np.inf),
        ("photon_scale", 0.0),
        ("photon_scale", np.nan),
    ],
)
def test_a_background_out_of_range_is_answered_in_one_line(field: str, bad: float) -> None:
    with pytest.raises(ValueError, match=rf"^background\.{field} = .* is not allowed: give a") as caught:
        Background(**{field: bad})
    assert "\n" not in str(caught.value)
