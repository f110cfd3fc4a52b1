"""Displaced decays: N must fly some way before it decays."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import nushine as ns
from nushine.decay import PROMPT, RADIATIVE
from nushine.detectors import COINCIDENCE, PHOTON, RECOIL
from nushine.rates import Selection, photon_angle_spectrum, photon_spectrum, sterile_rate, sterile_yield
from nushine.sources import chooz
from nushine.targets import compound

SIGNAL = ns.Dipole(3.0, 1e-6)


@pytest.mark.parametrize("mu", [1e-12, 1e-8, 1e-6, 1e-5])
@pytest.mark.parametrize(("near", "far"), [(0.0, 50.0), (10.0, 50.0), (49.999999, 50.0)])
def test_probability_between_two_paths(mu: float, near: float, far: float) -> None:
    signal = ns.Dipole(3.0, mu)
    found = float(RADIATIVE.probability_between(4.0, near, far, signal))
    with mpmath.workdps(60):
        length = mpmath.mpf(float(RADIATIVE.length(4.0, signal)))
        expected = float(mpmath.exp(-near / length) - mpmath.exp(-far / length))
    # rounding of the exponent, which is 300 at most here, and of far - near
    assert found == pytest.approx(expected, rel=3e-13 if far - near > 1 else 1e-8, abs=1e-300)


def test_digits_are_kept_where_few_survive() -> None:
    """40 decay lengths or more to the near end; one minus a probability would have no digit left."""
    signal = ns.Dipole(1.0, 2.2e-3)
    found = float(RADIATIVE.probability_between(4.0, 5.0, 50.0, signal))
    with mpmath.workdps(60):
        length = mpmath.mpf(float(RADIATIVE.length(4.0, signal)))
        expected = float(mpmath.exp(-5 / length) - mpmath.exp(-50 / length))
        assert 5 / length > 30
    assert found == pytest.approx(expected, rel=1e-13)  # rounding of the exponent


@pytest.mark.parametrize(("near", "far"), [(50.0, 50.0), (60.0, 50.0)])
def test_nothing_decays_between_paths_in_the_wrong_order(near: float, far: float) -> None:
    assert float(RADIATIVE.probability_between(4.0, near, far, SIGNAL)) == 0.0


def test_prompt_decays_are_not_displaced() -> None:
    between = jax.jit(lambda near: PROMPT.probability_between(4.0, near, 50.0, SIGNAL))
    assert float(between(0.0)) == 1.0
    assert float(between(1e-9)) == 0.0


def test_slow_n_decays_at_once() -> None:
    at_rest = jnp.array(3.0)
    assert float(RADIATIVE.probability_between(at_rest, 0.0, 50.0, SIGNAL)) == 1.0
    assert float(RADIATIVE.probability_between(at_rest, 1.0, 50.0, SIGNAL)) == 0.0


def test_rates_between_add_up() -> None:
    source, target = chooz(), compound("Ge74")
    near, all_ = Selection(flight_min=20.0), Selection()
    beyond = sterile_rate(source, target, SIGNAL, 50.0, selection=near)
    within = sterile_rate(source, target, SIGNAL, 20.0)
    total = sterile_rate(source, target, SIGNAL, 50.0, selection=all_)
    assert float(beyond + within) == pytest.approx(float(total), rel=1e-12)  # rounding
    for spectrum, at in ((photon_spectrum, 1.5), (photon_angle_spectrum, 0.5)):
        parts = spectrum(at, source, target, SIGNAL, 50.0, selection=near) + spectrum(at, source, target, SIGNAL, 20.0)
        whole = spectrum(at, source, target, SIGNAL, 50.0)
        assert float(parts) == pytest.approx(float(whole), rel=1e-12)  # rounding


def test_displaced_rate_falls_again_with_the_moment() -> None:
    found = sterile_yield(chooz(), compound("Ge74"), SIGNAL, 50.0, selection=Selection(flight_min=5.0))(
        jnp.geomspace(1e-8, 1e-4, 9)
    )
    highest = int(np.argmax(found))
    assert 0 < highest < 8
    assert float(found[-1]) < float(found[highest])


def test_only_channels_with_photons_ask_for_the_flight() -> None:
    asked = Selection(flight_min=5.0)
    assert [c.selection(asked).flight_min for c in (RECOIL, PHOTON, COINCIDENCE)] == [0.0, 5.0, 5.0]


def test_negative_flight_is_refused() -> None:
    with pytest.raises(ValueError, match="flight_min = -1 mm"):
        Selection(flight_min=-1.0)
