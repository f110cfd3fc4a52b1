"""Bad masses, couplings, moments and cuts: one line that names the value and the cure."""

import re
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nushine.decay import Invisible, ToSterile
from nushine.interactions.cevns import CEvNS
from nushine.interactions.dipole import Dipole
from nushine.rates import Selection

BUILD: dict[str, tuple[Callable[[object], object], str, str]] = {
    "m_N": (lambda x: Dipole(x, 1e-8), "MeV", "zero or above"),
    "mu": (lambda x: Dipole(1.0, x), "mu_B", "give the moment in Bohr magnetons, zero or above"),
    "m_Np": (lambda x: ToSterile(x, 1e-8), "MeV", "zero or above"),
    "partial_width": (lambda x: Invisible(x), "MeV", "zero or above"),
    "E_R_min": (lambda x: Selection(E_R_min=x), "MeV", "zero or above"),
    "E_gamma_min": (lambda x: Selection(E_gamma_min=x), "MeV", "zero or above"),
}


def rejected(build: Callable[[], object]) -> str:
    with pytest.raises(ValueError, match="is not allowed") as caught:
        build()
    line = str(caught.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize("bad", [-1.0, -1e-30, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", BUILD)
def test_negative_and_non_finite_values(name: str, bad: float) -> None:
    build, unit, cure = BUILD[name]
    line = rejected(lambda: build(bad))
    assert line.startswith(f"{name} = {bad:g} {unit} is not allowed: ")
    assert cure in line


@pytest.mark.parametrize("name", BUILD)
def test_one_bad_element_of_an_array(name: str) -> None:
    build, unit, _ = BUILD[name]
    line = rejected(lambda: build(jnp.array([[0.5, 1.0], [-0.25, jnp.nan]])))
    assert line.startswith(f"{name} = -0.25 {unit}")


@pytest.mark.parametrize("name", BUILD)
def test_zero_and_good_values_pass(name: str) -> None:
    build = BUILD[name][0]
    for good in (0.0, 3, np.float32(1.5), jnp.array([0.0, 2.0])):
        build(good)


@pytest.mark.parametrize("bad", [np.nan, np.inf, complex(np.nan, 1.0), complex(0.0, np.inf)])
def test_moments_to_a_sterile_must_be_finite(bad: complex) -> None:
    for build, name in ((lambda: ToSterile(0.1, bad), "|mu|"), (lambda: ToSterile(0.1, 1e-8, bad), "|eps|")):
        assert re.match(re.escape(name) + r" = (nan|inf) mu_B is not allowed: give a finite number", rejected(build))
    ToSterile(0.1, -1e-8, 1e-8j)  # signs and phases are physical


@pytest.mark.parametrize("bad", [-1.001, 1.5, np.nan, np.inf])
def test_cosines_out_of_range(bad: float) -> None:
    line = rejected(lambda: Selection(cos_theta_min=bad))
    assert line == f"cos_theta_min = {bad:g} is not allowed: give a number from -1 to 1"


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan])
def test_mixing_angles_out_of_range(bad: float) -> None:
    assert rejected(lambda: CEvNS(bad)) == f"sin2_theta_W = {bad:g} is not allowed: give a number from 0 to 1"


@pytest.mark.parametrize("bad", [np.nan, -1.0, -np.inf, 1e-5, 0.0])
def test_upper_end_of_the_recoil_window(bad: float) -> None:
    with pytest.raises(ValueError, match="E_R_max") as caught:
        Selection(E_R_min=1e-5, E_R_max=bad)
    assert str(caught.value) == f"E_R_min = 1e-05 MeV is not below E_R_max = {bad:g} MeV: exchange or mend them"
    Selection(E_R_min=1e-5, E_R_max=np.inf)


def test_traced_values_are_not_checked() -> None:
    """Gradients and maps over masses must work, also where a sampler tries a bad one."""
    assert float(jax.grad(lambda m: Dipole(m, 1e-8).m_N ** 2)(-1.0)) == -2.0
    np.testing.assert_array_equal(jax.vmap(lambda m: Dipole(1.0, m).mu)(jnp.array([1.0, -1.0])), [1.0, -1.0])
