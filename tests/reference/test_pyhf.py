"""Fits and limits against pyhf and Minuit, two independent programs, and against numbers that pyhf publishes."""

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq, toms748
from scipy.stats import chi2

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from made_models import counting, random_model
from nushine.io import from_pyhf, to_pyhf
from nushine.statistics import Fit, FitError, fit, likelihood_ratio, p_values, strength_limit
from nushine.statistics.limits import Limit
from nushine.statistics.minuit import minos, minuit
from nushine.statistics.model import Data, Model, negative_log_likelihood
from nushine.statistics.ratios import expected_cls

pyhf = pytest.importorskip("pyhf")
pytestmark = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning")

SIGMAS = [-2.0, -1.0, 0.0, 1.0, 2.0]
MU = {"name": "mu", "type": "normfactor", "data": None}
Channels = dict[str, dict[str, tuple[list[float], dict[str, Any]]]]


@pytest.fixture(autouse=True)
def exact_fits() -> Iterator[None]:
    """Let pyhf fit as well as it can: its default tolerance leaves 1e-4 in CL_s."""
    before = pyhf.get_backend()
    pyhf.set_backend("numpy", pyhf.optimize.scipy_optimizer(tolerance=1e-12))
    yield
    pyhf.set_backend(*before)


def norm(high: float, low: float) -> dict[str, Any]:
    return {"name": "b", "type": "normsys", "data": {"hi": high, "lo": low}}


def histo(high: list[float], low: list[float]) -> dict[str, Any]:
    return {"name": "b", "type": "histosys", "data": {"hi_data": high, "lo_data": low}}


PUBLISHED: dict[str, tuple[Channels, dict[str, list[float]], float, list[float]]] = {
    "2bin_2channel_couplednorm": (
        {
            "signal": {
                "signal": ([10.0, 35.0], MU),
                "bkg1": ([100.0, 100.0], norm(1.1, 0.9)),
                "bkg2": ([50.0, 100.0], norm(1.5, 0.5)),
            },
            "control": {"background": ([100.0, 100.0], norm(1.1, 0.9))},
        },
        {"signal": [105.0, 220.0], "control": [110.0, 105.0]},
        0.5906216823766879,
        [0.05522270453784095, 0.1361301880753241, 0.30686879632329855, 0.5839437910061168, 0.8554708284963864],
    ),
    "2bin_histosys": (
        {"c": {"signal": ([30.0, 95.0], MU), "background": ([100.0, 150.0], histo([102.0, 190.0], [98.0, 100.0]))}},
        {"c": [120.0, 180.0]},
        0.1001463460725534,
        [7.133904244038431e-06, 0.00012547100627138575, 0.001880010666437615, 0.02078964907605385,
         0.13692494523572218],
    ),
}  # fmt: skip
"""Channels, counts, and CL_s at strength 1, observed and expected: pyhf, tests/test_validation.py."""


def branch(modifier: dict[str, Any], nominal: list[float], up: bool) -> dict[str, Any]:
    """The modifier with its upper, or its lower, half continued smoothly to the other side."""
    if modifier["type"] == "normsys":
        factor = modifier["data"]["hi"] if up else 1 / modifier["data"]["lo"]
        return norm(factor, 1 / factor)
    if modifier["type"] == "histosys":
        change = np.subtract(modifier["data"]["hi_data"], nominal) * (1 if up else 0)
        change += np.subtract(nominal, modifier["data"]["lo_data"]) * (0 if up else 1)
        return histo(list(nominal + change), list(nominal - change))
    return modifier


def workspace(channels: Channels, counts: dict[str, list[float]], up: bool) -> dict[str, Any]:
    return {
        "channels": [
            {
                "name": channel,
                "samples": [
                    {"name": name, "data": nominal, "modifiers": [branch(modifier, nominal, up)]}
                    for name, (nominal, modifier) in samples.items()
                ],
            }
            for channel, samples in channels.items()
        ],
        "observations": [{"name": channel, "data": counts[channel]} for channel in channels],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    }


def kinked_fit(models: tuple[Model, Model], data: Data, strength: float | None) -> tuple[Fit, Model]:
    """Best fit of a likelihood that has a kink at theta = 0: the one on the branch that it belongs to."""
    up, down = (fit(model, data, strength) for model in models)
    choices = [(up, models[0])] * bool(up.theta[0] >= 0) + [(down, models[1])] * bool(down.theta[0] <= 0)
    return min(choices, key=lambda choice: float(choice[0].nll))


def kinked_ratio(models: tuple[Model, Model], data: Data, strength: float) -> float:
    """q_tilde of a strength."""
    free, _ = kinked_fit(models, data, None)
    fixed, _ = kinked_fit(models, data, strength)
    return 2 * float(fixed.nll - free.nll) if float(free.strength) < strength else 0.0


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_validation_of_pyhf(name: str) -> None:
    """Two of the numbers that pyhf compares itself with.

    They are for piecewise exponential norms and piecewise linear shapes, "code 1" and "code 0" of HistFactory, which
    have a kink at zero. Each side is a model of ours, and each fit takes the side on which its minimum is. The numbers
    come from fits that end early: pyhf with a tolerance of 1e-12 is up to 1.2e-4 from them.
    """
    channels, counts, observed, expected = PUBLISHED[name]
    (up, data), (down, _) = (from_pyhf(workspace(channels, counts, side)) for side in (True, False))
    models = (up, down)
    background, model = kinked_fit(models, data, 0.0)
    asimov = model.asimov(0.0, background.theta)
    q, q_asimov = (kinked_ratio(models, d, 1.0) for d in (data, asimov))
    assert float(p_values(q, q_asimov).cls) == pytest.approx(observed, rel=2e-4)
    np.testing.assert_allclose(expected_cls(q_asimov, SIGMAS), expected, rtol=2e-4)


def made(seed: int) -> tuple[Model, Data]:
    """Ten parameters, two channels, three samples, fifty bins; the truth is off by 0.7 sigma in each parameter."""
    model = random_model(seed)
    rng = np.random.default_rng(seed + 100)
    return model, model.data(rng.poisson(model.expected(0.3, rng.normal(0, 0.7, 10))))


@pytest.fixture(scope="module")
def limits() -> dict[tuple[int, float], Limit]:
    return {(seed, cl): strength_limit(*made(seed), cl) for seed in (1, 2, 4) for cl in (0.90, 0.95)}


def in_pyhf(model: Model, data: Data, **settings: Any) -> tuple[Any, Any]:
    space = pyhf.Workspace(to_pyhf(model, data, limit=10.0))
    theirs = space.model(**settings)
    return theirs, space.data(theirs)


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_expected_counts_and_likelihood_are_those_of_pyhf(seed: int) -> None:
    """The same everywhere with "code1"; the default of pyhf, "code4", is within 5e-5 |ln kappa|^7, here 1e-8."""
    model, data = made(seed)
    for code, rtol in (("code1", 1e-12), ("code4", 2e-8)):
        codes = {"normsys": {"interpcode": code}, "histosys": {"interpcode": "code4p"}}
        theirs, observed = in_pyhf(model, data, modifier_settings=codes)
        at = {name: i for i, name in enumerate(theirs.config.par_names)}
        rng, values = np.random.default_rng(seed), []
        for _ in range(3):
            strength, theta = rng.uniform(0, 3), rng.normal(0, 1.2, 10)
            pars = np.zeros(11)
            pars[[at[name] for name in ("strength", *model.nuisances)]] = [strength, *theta]
            found = np.asarray(model.expected(strength, theta))
            np.testing.assert_allclose(found, theirs.expected_actualdata(pars), rtol=rtol)
            ours = negative_log_likelihood(model, data, np.array([strength, *theta]))
            values.append((float(ours), -float(theirs.logpdf(pars, observed)[0])))
        for (a, b), (c, d) in pairwise(values):
            assert c - a == pytest.approx(d - b, rel=1e-7)  # the constant part of -ln L drops out


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_cls_against_pyhf(seed: int, limits: dict[tuple[int, float], Limit]) -> None:
    """CL_s at our limit, observed and expected, from the fits of pyhf.

    The norms differ by 1e-8 in the yields, and the fits of pyhf end at 1e-6 or better in -ln L.
    """
    model, data = made(seed)
    theirs, observed = in_pyhf(model, data)
    limit = limits[seed, 0.90]
    asimov = model.asimov(0.0, fit(model, data, 0.0).theta)
    q, q_asimov = (float(likelihood_ratio(model, d, limit.observed).value) for d in (data, asimov))
    cls, band = pyhf.infer.hypotest(limit.observed, observed, theirs, return_expected_set=True)
    assert float(p_values(q, q_asimov).cls) == pytest.approx(float(cls), rel=1e-4)
    np.testing.assert_allclose(expected_cls(q_asimov, SIGMAS), band, rtol=1e-4)


@pytest.mark.parametrize("cl", [0.90, 0.95])
def test_upper_limits_against_pyhf(cl: float, limits: dict[tuple[int, float], Limit]) -> None:
    """Observed limits by the root finder that pyhf uses, to the 1e-4 that it asks for by default."""
    theirs, observed = in_pyhf(*made(1))
    limit = limits[1, cl].observed
    root = toms748(
        lambda s: float(pyhf.infer.hypotest(s, observed, theirs)) - (1 - cl), 0.99 * limit, 1.01 * limit, rtol=1e-4
    )
    assert limit == pytest.approx(root, rel=1e-4)


@pytest.mark.parametrize("seed", [4])
def test_root_of_cls_in_pyhf(seed: int, limits: dict[tuple[int, float], Limit]) -> None:
    """At each of our limits the CL_s of pyhf is 1 - CL; the slope d ln CL_s / d ln s is 2 or more there."""
    theirs, observed = in_pyhf(*made(seed))
    limit = limits[seed, 0.95]
    assert float(pyhf.infer.hypotest(limit.observed, observed, theirs)) == pytest.approx(0.05, rel=1e-4)
    for i in (0, 2, 4):
        band = pyhf.infer.hypotest(limit.expected[i], observed, theirs, return_expected_set=True)[1]
        assert float(band[i]) == pytest.approx(0.05, rel=1e-4)


@pytest.mark.parametrize("strength", [None, 1.0])
def test_fits_against_minuit(strength: float | None) -> None:
    pytest.importorskip("iminuit")
    for seed in (1, 2, 4):
        model, data = made(seed)
        ours, theirs = fit(model, data, strength), minuit(model, data, strength)
        assert float(ours.nll) == pytest.approx(theirs.fval, abs=1e-6)
        found, errors = np.append(ours.strength, ours.theta), np.asarray(theirs.errors)
        np.testing.assert_allclose((found - np.asarray(theirs.values)) / errors, 0, atol=1e-3)


@pytest.mark.parametrize("factor", [0.2, 5.0, 30.0])
def test_fits_far_from_the_model_against_minuit(factor: float) -> None:
    pytest.importorskip("iminuit")
    model, data = made(2)
    data = model.data(np.round(factor * np.asarray(data.counts)))
    ours, theirs = fit(model, data, 1.0), minuit(model, data, 1.0)
    # Minuit ends where it expects 1e-8 more; of -ln L of up to 1e5, from sums of fifty terms, 1e-9 remain
    assert float(ours.nll) == pytest.approx(theirs.fval, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("cl", [chi2(1).cdf(1), 0.95])
def test_minos_against_the_profile(cl: float) -> None:
    """Ends of the MINOS interval are roots of the profile likelihood ratio; MINOS finds them to 1e-3 of an error."""
    pytest.importorskip("iminuit")
    model, data = made(4)
    data = model.asimov(4.0, 0.3 * np.ones(10))
    best = fit(model, data)

    def excess(strength: float) -> float:
        return 2 * float(fit(model, data, strength).nll - best.nll) - chi2(1).ppf(cl)

    interval = minos(model, data, cl=cl)
    half = (interval.high - interval.low) / 2
    assert interval.value == pytest.approx(float(best.strength), abs=1e-3 * half)
    assert interval.low == pytest.approx(brentq(excess, 0.0, 4.0, xtol=1e-6), abs=1e-3 * half)
    assert interval.high == pytest.approx(brentq(excess, 4.0, 20.0, xtol=1e-6), abs=1e-3 * half)
    assert (interval.cl, interval.method) == (cl, "MINOS")


def test_minos_at_the_bound() -> None:
    pytest.importorskip("iminuit")
    model = counting([10.0, 0.0], [20.0, 20.0])
    interval = minos(model, model.data(np.array([21.0, 20.0])))
    assert interval.low == 0.0
    assert interval.high > interval.value > 0
    with pytest.raises(ValueError, match="parameter 'x' is not in the model; give one of strength, background"):
        minos(model, model.asimov(), "x")


def test_minuit_says_when_it_fails() -> None:
    pytest.importorskip("iminuit")
    model = counting([10.0, 0.0], [20.0, 20.0])
    with pytest.raises(FitError, match="Minuit did not converge") as caught:
        minuit(model, Data(np.array([np.inf, 20.0]), np.zeros(1)), 1.0)
    assert "\n" not in str(caught.value)
