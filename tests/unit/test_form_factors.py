"""Form factors: values at the joints of their branches, gradients, small nuclei, input."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from hepunits import fermi

from nushine.numerics.entire import langevin, sin_cos, sinc, sphere, y_over_sinh
from nushine.targets import Helm, KleinNystrand, PointLike, SymmetrisedFermi, charge_radius

FAMILIES = [Helm, KleinNystrand, SymmetrisedFermi]


def exact(name, z):
    """The closed forms in 40 digits; z = x^2 > 0."""
    with mp.workdps(40):
        x = mp.sqrt(mp.mpf(z))
        value = {
            "sphere": lambda: 3 * (mp.sin(x) - x * mp.cos(x)) / x**3,
            "sinc": lambda: mp.sin(x) / x,
            "y_over_sinh": lambda: x / mp.sinh(x),
            "langevin": lambda: 3 * (x * mp.coth(x) - 1) / x**2,
        }[name]()
        return float(value)


@pytest.mark.parametrize("function", [sphere, sinc, y_over_sinh, langevin])
def test_entire_functions_against_mpmath(function):
    z = np.concatenate([np.geomspace(1e-12, 1e4, 200), [0.5, 1 - 1e-12, 1.0, 1 + 1e-12, 20.19]])
    expected = np.array([exact(function.__name__, float(v)) for v in z])
    # A few rounding errors of terms of order one; relative where the function only decays.
    np.testing.assert_allclose(function(jnp.asarray(z)), expected, rtol=4e-15, atol=4e-16)


@pytest.mark.parametrize("function", [sphere, sinc, y_over_sinh, langevin])
def test_series_and_closed_form_join_smoothly(function):
    below, above = jnp.asarray(np.nextafter(1.0, 0.0)), jnp.asarray(1.0)
    for derivative in (function, jax.grad(function), jax.grad(jax.grad(function))):
        # The closed form of the second derivative loses three digits to cancellation at z = 1.
        np.testing.assert_allclose(derivative(below), derivative(above), rtol=1e-12)


def test_sine_and_cosine_over_many_turns():
    x = np.concatenate([np.linspace(0.0, 50.0, 5001), np.linspace(0.0, 1e6, 10001)])
    sine, cosine = sin_cos(jnp.asarray(x))
    np.testing.assert_allclose(sine, np.sin(x), rtol=0, atol=3e-16)
    np.testing.assert_allclose(cosine, np.cos(x), rtol=0, atol=3e-16)


@pytest.mark.parametrize("family", FAMILIES)
def test_unity_and_finite_slope_at_zero(family):
    form_factor = family.from_rms_radius(4.0632 * fermi)
    assert float(form_factor(0.0)) == 1.0
    slope = jax.grad(form_factor)(0.0)
    expected = -((4.0632 / 197.3269804) ** 2) / 6  # -r^2 / 6, with hbar c in MeV fm
    np.testing.assert_allclose(slope, expected, rtol=1e-9)
    assert np.isfinite(jax.grad(jax.grad(form_factor))(0.0))


@pytest.mark.parametrize("family", FAMILIES)
def test_finite_everywhere(family):
    q2 = jnp.asarray([0.0, 1e-300, 1e-20, 1.0, 1e4, 1e8, 1e12])
    for r in (0.8783, 1.6755, 5.5):
        form_factor = family.from_rms_radius(r * fermi)
        values, slopes = jax.vmap(jax.value_and_grad(form_factor))(q2)
        assert np.all(np.isfinite(values))
        assert np.all(np.isfinite(slopes))
        assert np.all(np.abs(values) <= 1)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", ["H1", "He4", "O16", "Ge73", "W184"])
def test_every_nucleus_keeps_its_radius(family, name):
    r_rms = charge_radius(name).r_rms
    np.testing.assert_allclose(family.from_rms_radius(r_rms).rms_radius, r_rms, rtol=1e-14)


def test_small_nuclei_lose_their_core():
    proton = Helm.from_rms_radius(0.8783 * fermi)
    assert float(proton.radius) == 0.0
    np.testing.assert_allclose(proton.s, 0.8783 * fermi / np.sqrt(3), rtol=1e-15)
    assert float(KleinNystrand.from_rms_radius(1.6755 * fermi).radius) == 0.0
    assert float(SymmetrisedFermi.from_rms_radius(1.6755 * fermi).c) == 0.0


def test_gradient_in_the_radius():
    def value(r):
        return Helm.from_rms_radius(r)(50.0**2)

    step = 1e-4 * fermi
    slope = (value(4 * fermi + step) - value(4 * fermi - step)) / (2 * step)
    np.testing.assert_allclose(jax.grad(value)(4 * fermi), slope, rtol=1e-7)


def test_lewin_smith_and_mass_number():
    c2, surface = (1.23 * 73 ** (1 / 3) - 0.60) ** 2, 7 / 3 * np.pi**2 * 0.52**2 - 5 * 0.9**2
    np.testing.assert_allclose(Helm.lewin_smith(73).radius / fermi, np.sqrt(c2 + surface), rtol=1e-13)
    np.testing.assert_allclose(KleinNystrand.from_mass_number(64).radius / fermi, 1.23 * 4, rtol=1e-13)


def test_point_like_is_one():
    np.testing.assert_array_equal(PointLike.from_rms_radius(1.0)(jnp.arange(3.0)), np.ones(3))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("bad", [-1e-12, 0.0, float("nan"), float("inf")])
def test_bad_radius(family, bad):
    with pytest.raises(ValueError, match=r"r_rms = .* is not allowed: give an rms charge radius above zero"):
        family.from_rms_radius(bad)


@pytest.mark.parametrize(
    "make", [lambda: Helm(-1.0), lambda: KleinNystrand(1.0, -1.0), lambda: SymmetrisedFermi(1.0, 0.0)]
)
def test_bad_parameters(make):
    with pytest.raises(ValueError, match="is not allowed"):
        make()
