"""Counts far from the model, and signals that uncertainties let vanish: the lowest minimum, and the reason.

All models here have the same shapes, so that everything is compiled once.
"""

import json
import math
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from nushine.cli import app
from nushine.io import to_pyhf
from nushine.statistics import Data, FitError, Limit, Model, fit, likelihood_ratio, strength_limit
from nushine.statistics.derivatives import derivatives
from nushine.statistics.fit import unit_strength
from nushine.statistics.limits import LIMITS, expected_roots
from nushine.statistics.minuit import minuit
from nushine.statistics.model import negative_log_likelihood


def made(
    signal: tuple[float, float], up: tuple[float, float], down: tuple[float, float], of_background: float = 0.0
) -> Model:
    """Two bins with 4000 and 3000 events of background, known to 10 %, and one parameter that bends the signal."""
    background = np.array([4000.0, 3000.0])
    shape = np.stack([np.stack([np.array(x), of_background * background])[None] for x in (up, down)])
    return Model(
        signal=jnp.asarray(signal, dtype=float),
        backgrounds=jnp.asarray(background[None]),
        log_kappa=jnp.array([[0.0, 0.1], [0.0, 0.0]]),
        up=jnp.asarray(shape[0]),
        down=jnp.asarray(shape[1]),
        precision=jnp.ones(2),
        weight=jnp.ones(2),
        shaped=(1,),
        nuisances=("background", "bent"),
        samples=("signal", "background"),
        channels=(("on", 1), ("off", 1)),
    )


BENDING = made((100.0, 0.0), up=(0.0, 500.0), down=(0.0, 0.0))
"""Without signal the bending changes nothing; with much of it, it fills the second bin at little cost."""


def test_a_minimum_without_signal_is_not_the_lowest() -> None:
    """At zero strength a signal would only worsen the first bin: a fit that begins there stays there."""
    data = BENDING.data([5500.0, 90000.0])
    best = fit(BENDING, data)
    nothing = fit(BENDING, data, 0.0)
    x = jnp.concatenate([jnp.zeros(1), nothing.theta])
    assert float(derivatives(BENDING, data, x).gradient[0]) > 0
    assert float(best.nll) < 0.5 * float(nothing.nll)
    for strength in (10.0, 20.0, 30.0, 60.0):
        assert float(fit(BENDING, data, float(strength)).nll) > float(best.nll) - 1e-6
    ratio = likelihood_ratio(BENDING, data, float(best.strength) + 1e-3)
    assert float(ratio.free.nll) == pytest.approx(float(best.nll), abs=1e-6)
    limit = strength_limit(BENDING, data)
    assert limit.observed > float(best.strength) > 1
    assert "The counts do not fit the model: 95500 events, 7000 expected without signal" in limit.notes[0]


def test_minuit_finds_the_same_minimum_far_from_the_data() -> None:
    pytest.importorskip("iminuit")
    data = BENDING.data([5500.0, 90000.0])
    assert minuit(BENDING, data).fval == pytest.approx(float(fit(BENDING, data).nll), rel=1e-6)


@pytest.mark.parametrize("counts", [(4000.0, 3000.0), (4100.0, 2900.0), (3700.0, 3300.0)])
def test_nothing_is_said_of_counts_that_fit(counts: tuple[float, float]) -> None:
    assert strength_limit(BENDING, BENDING.data(counts)).notes == ()


def test_a_signal_that_may_vanish_has_no_limit_and_the_reason_is_told() -> None:
    """An uncertainty of 90 % takes the signal away at -1.1, which costs 0.6 of -ln L."""
    model = made((100.0, 50.0), up=(90.0, 45.0), down=(90.0, 45.0))
    limit = strength_limit(model, model.asimov())
    assert limit.observed == math.inf
    # sqrt(q_A) goes up to the cost of that
    assert [math.isinf(x) for x in limit.expected] == (expected_roots(0.9) > 1 / 0.9).tolist()
    assert 0 < limit.expected[0] < math.inf
    (note,) = limit.notes
    assert "let the signal vanish" in note
    assert "observed" not in strength_limit(model).notes[0]
    assert all(
        (name in note) == math.isinf(x) for name, x in zip(LIMITS, (limit.observed, *limit.expected), strict=True)
    )
    (strength,) = (
        parameter
        for parameter in to_pyhf(model)["measurements"][0]["config"]["parameters"]
        if parameter["name"] == "strength"
    )
    assert strength["bounds"][0][1] >= 10
    assert np.isfinite(strength["bounds"]).all()


def test_counts_far_below_the_model_are_named() -> None:
    """With 4 % of both samples the parameter takes away the background at -25, and turns the signal negative."""
    model = made((400.0, 3.0), up=(16.0, 0.12), down=(16.0, 0.12), of_background=0.04)
    with pytest.raises(FitError, match=r"the counts do not fit the model: .* 7000 expected without signal") as told:
        strength_limit(model, model.data([0.0, 0.0]))
    assert "check the counts" in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("scale", [1e-12, 1e6, 1e40])
def test_limits_scale_with_the_signal(scale: float) -> None:
    model, scaled = (
        made((100.0, 50.0), (5.0, 1.0), (5.0, 1.0)),
        made((100.0 * scale, 50.0 * scale), (5.0 * scale, scale), (5.0 * scale, scale)),
    )
    limits, others = strength_limit(model), strength_limit(scaled)
    np.testing.assert_allclose(np.array(others.expected) * scale, limits.expected, rtol=1e-6)
    assert float(unit_strength(scaled)) * scale == pytest.approx(float(unit_strength(model)), rel=1e-9)


@pytest.mark.parametrize("soft", [1.0, 10.0, 1e5])
def test_derivatives_of_softened_likelihoods(soft: float) -> None:
    data = Data(jnp.array([0.0, 2800.0]), jnp.zeros(2))
    for x in ([3.0, 0.4, -0.7], [1.5, 1.2, 1.8]):
        at = derivatives(BENDING, data, jnp.array(x), soft)

        def nll(y: jax.Array) -> jax.Array:
            return negative_log_likelihood(BENDING, data, y, soft)

        assert float(at.value) == pytest.approx(float(nll(jnp.array(x))), rel=1e-14)
        np.testing.assert_allclose(at.gradient, jax.grad(nll)(jnp.array(x)), rtol=1e-10)
        np.testing.assert_allclose(at.terms.curvature, jax.hessian(nll)(jnp.array(x)), rtol=1e-8, atol=1e-10)


SMALL = """
name: small
source: {kind: table, file: flux.csv}
target: [{formula: Al, mass: 1 kg}]
exposure: 30 day
path: 5 cm
recoil_window: [20 eV, 1 keV]
photon: {threshold: 100 keV}
background: {recoil: 20 / (keV kg day)}
uncertainties: {flux: 0.03, background: 0.1, efficiency: 0.05}
"""


def workspace(folder: Path, *args: object) -> Result:
    (folder / "flux.csv").write_text("E_nu,flux\n1,1e12\n4,3e11\n8,1e9\n")
    (folder / "small.yaml").write_text(SMALL)
    command = ["workspace", folder / "small.yaml", "--m-N", "2 MeV", "--mu", "1e-6", "--channel", "recoil", *args]
    return CliRunner().invoke(app, [str(x) for x in command])


@pytest.mark.parametrize("form", [["--json"], []])
def test_the_command_tells_that_no_strength_is_excluded(
    form: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = "asymptotic", "q_tilde", "CLs"
    found = Limit(math.inf, (1.0, 2.0, math.inf, math.inf, math.inf), 0.9, *names, {}, ("No strength is excluded.",))
    for place in ("nushine.statistics.strength_limit", "nushine.io.pyhf.strength_limit"):
        monkeypatch.setattr(place, lambda *_: found)
    result = workspace(tmp_path, "--out", tmp_path / "w.json", *form)
    assert result.exit_code == 0, result.stderr
    (measurement,) = json.loads((tmp_path / "w.json").read_text())["measurements"]
    assert 10 <= measurement["config"]["parameters"][0]["bounds"][0][1] < math.inf
    if not form:
        assert "No strength is excluded." in result.stdout
        assert "inf" in result.stdout
        return
    shown = json.loads(result.stdout)
    assert shown["expected_strength"] == [1.0, 2.0, None, None, None]
    assert shown["expected_strength_is_infinite"] == [False, False, True, True, True]
    assert shown["notes"] == ["No strength is excluded."]


def test_nothing_is_written_where_there_is_no_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise FitError("there is no limit: the counts do not fit the model")

    monkeypatch.setattr("nushine.statistics.strength_limit", fails)
    result = workspace(tmp_path, "--out", tmp_path / "w.json", "--write-counts", tmp_path / "c.csv")
    assert result.exit_code == 2
    assert result.stderr == "nushine: there is no limit: the counts do not fit the model\n"
    assert {entry.name for entry in tmp_path.iterdir()} == {"flux.csv", "small.yaml"}
