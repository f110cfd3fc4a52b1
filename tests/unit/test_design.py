"""Slopes of the limit by the numbers of an experiment, against limits computed anew."""

import sys
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import cm, eV, kg, year

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import nushine as ns
from nushine.detectors import Background, Response, Uncertainties
from nushine.experiments import Experiment
from nushine.rates import Selection
from nushine.sources.reactor import chooz
from nushine.statistics import KNOBS, Binning, scan, sensitivities
from nushine.targets import compound

BINS = Binning(E_R=3, E_gamma=4, cos_theta=1)
DENSITY = 100 / (1e-3 * kg * year / 365)


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return Experiment(
        "by hand",
        chooz(),
        compound("Ge73"),
        1 * kg,
        1 * year,
        5 * cm,
        Selection(2e-5, 1e-3, 0.1, 0.0),
        Background(recoil=DENSITY, coincidence=DENSITY, photon=1e-12, photon_scale=1.0),
        response=Response(resolution=4 * eV),
        uncertainties=Uncertainties(flux=0.03, background=0.1, background_slope=0.05),
    )


def test_slopes_are_those_of_limits_computed_anew(experiment: Experiment) -> None:
    """Central differences over 4 % are off by the third derivative, and bins move over kinks of the flux: 3e-3."""
    slopes = sensitivities(experiment, 3.0, binning=BINS)
    assert slopes.slopes.shape == (1, len(KNOBS))
    for knob, slope in zip(KNOBS, slopes.slopes[0], strict=True):
        low, high = scan(experiment, 3.0, knob, [np.exp(-0.02), np.exp(0.02)], binning=BINS)
        assert slope == pytest.approx(np.log(high / low) / 0.04, abs=3e-3), knob.name


def test_slopes_have_the_sign_and_size_that_they_must(experiment: Experiment) -> None:
    slopes = dict(
        zip((knob.name for knob in KNOBS), sensitivities(experiment, 3.0, binning=BINS).slopes[0], strict=True)
    )
    # few decay: the signal goes as path mu^4, whatever the background; 1e-4 of N decay here
    assert slopes["flight path"] == pytest.approx(-0.25, abs=1e-3)
    assert slopes["photon efficiency"] == pytest.approx(-0.25, abs=1e-3)
    # s ~ mu^4 over a background of many events: between 1/8, for the root of it, and 1/4 for none at all
    assert -0.25 < slopes["mass or live time"] < -0.05
    assert slopes["background"] > 0.05
    assert abs(slopes["flux uncertainty"]) < 0.01


def test_light_n_gain_by_a_lower_threshold(experiment: Experiment) -> None:
    """Their recoils go as 1/E_R down to E_R ~ m_N^4 / (8 m_A E_nu^2), far below any threshold."""
    slopes = sensitivities(experiment, 0.1, binning=BINS)
    assert slopes.slopes[0, slopes.knobs.index("recoil threshold")] > 0.1


def test_coverage_takes_its_background_along(experiment: Experiment) -> None:
    (knob,) = (knob for knob in KNOBS if knob.name == "photon coverage")
    assert float(knob.get(experiment)) == 0.5
    wider = knob.scaled(experiment, 2.0)
    assert float(wider.selection.cos_theta_min) == -1.0
    assert float(wider.background.coincidence) == pytest.approx(2 * DENSITY, rel=1e-12)
    assert float(wider.background.recoil) == DENSITY


def test_no_slope_without_background(experiment: Experiment) -> None:
    silent = eqx.tree_at(lambda e: e.background, experiment, Background())
    with pytest.raises(ValueError, match=r"m_N = 3 MeV: no moment is excluded by asymptotic formulas"):
        sensitivities(silent, 3.0, binning=BINS)


def test_factors_are_positive(experiment: Experiment) -> None:
    with pytest.raises(ValueError, match="factor = -1"):
        scan(experiment, 3.0, KNOBS[0], [1.0, -1.0], binning=BINS)


def test_without_background_the_limit_is_exact(experiment: Experiment) -> None:
    """No event is seen: CL_s = e^-s, so that 2.303 events are excluded at 90 %."""
    silent = eqx.tree_at(lambda e: (e.background, e.uncertainties), experiment, (Background(), Uncertainties()))
    contour = ns.exclusion(silent, 3.0, method="asymptotic", binning=BINS, bands=True)
    assert contour.method == "exact, no background"
    signal = ns.forecast(silent, ns.Dipole(3.0, 1.0), binning=BINS)(contour.mu[0]).signal
    assert float(jnp.sum(signal)) == pytest.approx(np.log(10), rel=1e-8)
    np.testing.assert_array_equal(contour.bands, np.full((1, 5), contour.mu[0]))


@pytest.mark.parametrize(("method", "events"), [("toys", np.log(10)), ("fc", 2.44)])
def test_toys_without_background_find_the_limits_for_no_event(
    experiment: Experiment, method: str, events: float
) -> None:
    """CL_s = e^-s, and the table of Feldman and Cousins for n = 0, b = 0, without uncertainties.

    4000 toys know the probability of no event, 0.09 to 0.1, to 5 %: s to 0.05 for one sigma. Four of them, and the
    end of the search, 5e-3 in log mu, 2 % in s.
    """
    silent = eqx.tree_at(lambda e: (e.background, e.uncertainties), experiment, (Background(), Uncertainties()))
    contour = ns.exclusion(silent, 3.0, method=method, binning=Binning(1, 1, 1), n=4000)
    assert contour.method == f"{method} (4000 toys)"
    assert contour.events[0] == pytest.approx(events, abs=0.2 + 0.02 * events)
