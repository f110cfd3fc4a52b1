"""Searches that fail say so: a number that was not found is never taken for "nothing is excluded"."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import year
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import nushine as ns
from nushine.cli import app
from nushine.detectors import RECOIL
from nushine.experiments import Experiment
from nushine.io import to_pyhf
from nushine.sources import TAU
from nushine.statistics import Method, Status, contours, crossings, discovery, exclusion, fit, strength_limit
from nushine.statistics.crossings import Crossing
from nushine.statistics.edges import Edges, edges_of, solve
from nushine.statistics.records import Sought

pytestmark = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning")


SMALL = ("flux", "background", "background_slope", "threshold", "resolution", "quenching", "photon_efficiency")
"""Uncertainties that coincidences of nucleus-1kg have, but for the efficiency and the spectrum."""


@pytest.fixture(scope="module")
def nucleus() -> Experiment:
    return ns.experiments.load("nucleus-1kg")


def with_numbers(experiment: Experiment, **numbers: float) -> Experiment:
    """The experiment with other numbers, as arrays: nothing is compiled anew."""
    places = {
        "efficiency": lambda e: e.uncertainties.efficiency,
        "exposure": lambda e: e.exposure,
        "threshold": lambda e: e.uncertainties.threshold,
        "E_R_min": lambda e: e.selection.E_R_min,
    }
    for name, number in numbers.items():
        experiment = eqx.tree_at(places[name], experiment, number)
    return experiment


def test_limits_near_the_end_of_the_spectrum(nucleus: Experiment) -> None:
    """One component of the flux is uncertain by up to 90 % there, and the tested signal is many times the data.

    The same component takes all of the signal away at 9.5 MeV: -2 ln lambda stays at 1.43, below 2.71, from 4e-6 mu_B
    on (with the likelihood of pyhf too, see below). Near the threshold 1 mu_B is reached first.
    """
    contour = exclusion(nucleus, [9.3, 9.5, 9.998], channel=RECOIL, bands=True)
    assert contour.status.tolist() == [contour.status[0], Status.VANISHES, Status.VANISHES]
    assert contour.status[0] in (Status.FOUND, Status.BAND_VANISHES)
    model = ns.forecast(nucleus, ns.Dipole(9.3, 1.0), channels=(RECOIL,))(contour.mu[0])
    # another search, by the strength at this moment; the recoils of all bins go as mu^2
    assert strength_limit(model).expected[2] == pytest.approx(1.0, rel=1e-5)
    assert np.all(np.isinf(contour.mu[1:]))
    assert np.all(contour.clear[1:] > 0.03)
    # what fluctuates upwards excludes no more than the median
    assert np.all(np.isinf(contour.bands[1:, 2:]))
    assert not contour.failed.any()


def test_a_moment_that_uncertainties_take_away_is_not_excluded(nucleus: Experiment) -> None:
    """-ln L by pyhf at our best fit: whatever minimiser, q of 1e-5 mu_B at 9.5 MeV is no more than this."""
    pyhf = pytest.importorskip("pyhf")
    model = ns.forecast(nucleus, ns.Dipole(9.5, 1.0), channels=(RECOIL,))(1e-5)
    best = fit(model, model.asimov(), 1.0)
    workspace = pyhf.Workspace(to_pyhf(model))
    theirs = workspace.model(
        modifier_settings={"normsys": {"interpcode": "code1"}, "histosys": {"interpcode": "code4p"}}
    )
    data = workspace.data(theirs)
    start = np.array(theirs.config.suggested_init())
    there = start.copy()
    for name, theta in zip(model.nuisances, np.asarray(best.theta), strict=True):
        there[theirs.config.par_slice(name)] = theta
    at = {}
    for strength, x in ((0.0, start), (1.0, there)):
        x[theirs.config.poi_index] = strength
        at[strength] = float(theirs.logpdf(x, data)[0])
    # pyhf counts ln n! of some 1e4 events, which costs digits from 1e-9 on
    assert 2 * (at[0.0] - at[1.0]) == pytest.approx(2 * float(best.nll), abs=1e-6)
    assert 2 * float(best.nll) < 1.645**2


def test_exposures_of_a_hundred_million_years_converge(nucleus: Experiment) -> None:
    longest = with_numbers(nucleus, exposure=1e8 * year)
    contour = exclusion(longest, 3.0, channel=RECOIL)
    assert contour.status[0] == Status.FOUND
    model = ns.forecast(longest, ns.Dipole(3.0, 1.0), channels=(RECOIL,))(contour.mu[0])
    assert strength_limit(model).expected[2] == pytest.approx(1.0, rel=1e-5)


def test_an_efficiency_that_may_be_zero(nucleus: Experiment) -> None:
    """Uncertain by 90 %, it is zero at 1.11 sigma, below the 1.645 of a limit at 90 %; at 80 %, 1.28 sigma, too."""
    odd = with_numbers(nucleus, efficiency=0.9)
    contour = exclusion(odd, 3.0, channel=RECOIL)
    assert contour.status[0] == Status.VANISHES
    assert np.isinf(contour.mu[0])
    assert not contour.failed[0]
    # at 1e9 times the background counts that cancel leave few digits
    model = ns.forecast(odd, ns.Dipole(3.0, 1.0), channels=(RECOIL,))(0.1 * contour.clear[0])
    assert float(fit(model, model.asimov(), 1.0).nll) == pytest.approx(0.5 / 0.9**2, abs=1e-3)


def test_limits_hardly_change_below_some_threshold(nucleus: Experiment) -> None:
    sharp = with_numbers(nucleus, threshold=1e-14)  # zero would be another kind of problem, compiled anew
    at = [exclusion(with_numbers(sharp, E_R_min=E * 1e-6), 1.0, channel=RECOIL).mu[0] for E in (1.0, 0.1, 0.01)]
    assert np.isfinite(at).all()
    assert at[2] == pytest.approx(at[1], rel=0.1)


def test_reasons_why_nothing_is_excluded(nucleus: Experiment, caplog: pytest.LogCaptureFixture) -> None:
    with jax.log_compiles(), caplog.at_level("WARNING"):
        absent = exclusion(nucleus, 3.0, flavour=TAU, channel=RECOIL)
        sought = discovery(nucleus, 3.0, flavour=TAU, channel=RECOIL)
    # flavours are looked at before likelihoods are made
    assert not [r for r in caplog.records if r.getMessage().startswith("Compiling") and "build" in r.getMessage()]
    assert (sought.status[0], float(sought.mu[0, 0])) == (Sought.NO_FLAVOUR, np.inf)
    assert (absent.status[0], float(absent.mu[0]), float(absent.events[0])) == (Status.NO_FLAVOUR, np.inf, 0.0)
    counted = exclusion(nucleus, 3.0, flavour=TAU, method=Method.COUNTING)
    assert counted.status[0] == Status.NO_FLAVOUR
    # recoils of N of 9.9 MeV are all below 900 eV
    high = eqx.tree_at(lambda e: e.selection, nucleus, replace(nucleus.selection, E_R_min=9.9e-4))
    assert exclusion(high, 9.99, channel=RECOIL, method=Method.COUNTING).status[0] == Status.NO_SIGNAL


def test_without_background_declared_uncertainties_count(nucleus: Experiment) -> None:
    """No event is seen. With s (1 + r theta) events the limit is at s - (s r)^2 / 2 = ln 10, for s r < 1.

    With r = 0.9 no signal at all is 1.11 sigma away, less than the 2.15 at which e^(-theta^2 / 2) = 0.1.
    """
    quiet = eqx.tree_at(lambda e: e.background.coincidence, nucleus, 0.0)
    known = eqx.tree_at(
        lambda e: e.uncertainties,
        quiet,
        replace(nucleus.uncertainties, **dict.fromkeys(SMALL, 1e-9), efficiency=0.2, flux_shape=False),
    )
    contour = exclusion(known, 3.0, bands=True)
    s = (1 - np.sqrt(1 - 2 * 0.2**2 * np.log(10))) / 0.2**2
    assert contour.status[0] == Status.FOUND
    assert (contour.method, "efficiency" in contour.nuisances) == ("no event seen, profiled", True)
    assert contour.events[0] == pytest.approx(s, rel=1e-3)  # 1e-4 background events take part, see `forecasts.SILENT`
    np.testing.assert_allclose(contour.bands[0], contour.mu[0])
    odd = exclusion(with_numbers(known, efficiency=0.9), 3.0, bands=True)
    assert odd.status[0] == Status.VANISHES
    assert np.isinf(odd.mu[0])
    # hardly any background changes nothing
    for share in (1e-30, 1e-8):
        b = share * nucleus.background.coincidence
        near = exclusion(eqx.tree_at(lambda e: e.background.coincidence, known, b), 3.0, bands=True)
        assert near.events[0] == pytest.approx(s, rel=1e-3)
        np.testing.assert_allclose(near.bands[0], near.mu[0])
        (said,) = near.caveats
        assert "No limit is below that of no event seen, 2.303 events" in said
    found = discovery(quiet, 3.0)
    np.testing.assert_allclose(found.events, np.log(2), rtol=1e-4)
    assert any("Hardly any background (0 events)" in line for line in found.caveats)


def test_a_fit_that_fails_does_not_end_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """q_A = f^2 of a moment, not a number at some moments of the grid."""
    grid = crossings.LOG_MU
    counts = jnp.full(grid.size, jnp.inf).at[:20].set(0.0)

    def search(f: Callable[[jax.Array], jax.Array], root: float) -> Crossing:
        def profiled(_of: object, _asimov: object, x: jax.Array) -> tuple[jax.Array, jax.Array]:
            return jax.jvp(lambda y: f(y) ** 2, (x,), (jnp.ones(()),))

        monkeypatch.setattr(crossings, "profiled", profiled)
        one = jnp.ones(1)
        of = lambda _: SimpleNamespace(signal=one, backgrounds=one[None])  # noqa: E731
        return crossings._crossing(of, None, jnp.asarray(grid), counts, jnp.asarray(80), jnp.asarray(root))

    step = grid[1] - grid[0]

    def failing(*at: int) -> Callable[[jax.Array], jax.Array]:
        def f(x: jax.Array) -> jax.Array:
            near = jnp.any(jnp.abs(x - grid[np.array(at)]) < step / 4)
            return jnp.where(near, jnp.nan, jnp.exp(0.1 * (x - grid[50])))

        return f

    # between moments that are clear, between the last clear one and the first excluded one
    for at in (40, 50, 51):
        assert float(search(failing(at), 1.02).low) == pytest.approx(grid[50] + 10 * np.log(1.02), abs=1e-6)
    flat = search(lambda x: jnp.where(jnp.abs(x - grid[40]) < step / 4, jnp.nan, 0.9 + 0 * x), 1.0)
    assert np.isinf(flat.low)
    assert float(flat.clear) == grid[80]
    # no fit converges from some moment on: nothing is known there, and its beginning is no root
    ends = search(lambda x: jnp.where(x > grid[60] + step / 3, jnp.nan, 0.9 + 0 * x), 1.0)
    assert np.isnan(ends.low)
    assert float(ends.clear) == grid[60]
    # a jump is no root either, however steep
    jump = search(lambda x: jnp.where(x > grid[60] + step / 3, 2.0, 0.9) + 0 * x, 1.0)
    assert np.isnan(jump.low)


def test_bands_are_no_numbers_beyond_what_is_none() -> None:
    others = [np.full(6, x) for x in (np.inf, -3.0, 1.0, 2.0)]
    full = edges_of(np.log([2.0, 1.0, 1.5, 2.0, np.inf, 5.0]), *others)
    assert full.status is Status.BAND_VANISHES
    np.testing.assert_allclose(full.bands, [1.0, 1.5, 2.0, np.inf, np.inf])
    failed = edges_of(np.log([np.nan, 1.0, 1.5, np.nan, np.nan, 5.0]), *others)
    assert failed.status is Status.FAILED
    np.testing.assert_allclose(failed.bands, [1.0, 1.5, np.nan, np.nan, np.nan])


def test_ends_of_the_search_are_no_roots() -> None:
    strong = solve(lambda log_mu: np.full_like(log_mu, 5.0), 2.3, 0.0, ())
    assert strong.status is Status.BELOW
    assert np.isnan(strong.mu)
    weak = solve(lambda log_mu: np.full_like(log_mu, 1.0), 2.3, 0.0, ())
    assert weak.status is Status.NONE
    assert np.isinf(weak.mu)
    broken = solve(lambda log_mu: np.where(log_mu > -20, np.nan, 1.0), 2.3, 0.0, ())
    assert broken.status is Status.FAILED
    assert np.isnan(broken.mu)


@pytest.mark.parametrize(
    ("low", "high", "clear", "status", "failed"),
    [
        (np.nan, np.nan, -15.0, Status.FAILED, True),
        (np.nan, np.nan, -np.inf, Status.BELOW, True),
        (np.nan, np.nan, np.nan, Status.FAILED, True),
        (np.inf, np.inf, -5.0, Status.VANISHES, False),
        (np.inf, np.inf, np.nan, Status.NONE, False),
        (-18.0, np.nan, -18.5, Status.NO_UPPER_EDGE, True),
        (-18.0, np.inf, -18.5, Status.FOUND, False),
    ],
)
def test_what_a_search_tells_is_a_status(
    nucleus: Experiment,
    monkeypatch: pytest.MonkeyPatch,
    low: float,
    high: float,
    clear: float,
    status: Status,
    failed: bool,
) -> None:
    def found(_: object, roots: jax.Array) -> Crossing:
        return Crossing(*(jnp.full_like(roots, x) for x in (low, high, clear, 1.0, 2.0)))

    monkeypatch.setattr(contours, "crossings", found)
    contour = exclusion(nucleus, 3.0, channel=RECOIL)
    assert contour.status[0] == status
    assert contour.failed[0] == failed
    np.testing.assert_allclose([contour.mu[0], contour.mu_max[0]], np.exp([low, high]))
    assert np.isnan(contour.clear[0]) == (np.isfinite(low) or np.isnan(clear))


def test_numbers_that_are_none_are_refused(nucleus: Experiment) -> None:
    with pytest.raises(ValueError, match="exposure = nan ns is not allowed"):
        exclusion(with_numbers(nucleus, exposure=np.nan), 3.0, channel=RECOIL)


def test_the_command_shows_the_reason() -> None:
    command = ["limit", "nucleus-1kg", "--channel", "recoil", "--m-N", "3 MeV", "--flavour", "tau"]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0
    assert "no moment is excluded: the source has no neutrinos of this flavour (m_N = 3 MeV)" in shown.stdout
    document = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert document["mu_mu_B"] == [None]
    assert document["mu_mu_B_is_infinite"] == [True]
    assert document["status"] == [Status.NO_FLAVOUR.value]


def test_one_failed_mass_does_not_lose_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def edges(_: object, m_N: float) -> Edges:
        if m_N > 2:
            return Edges(np.nan, np.nan, np.zeros(0), np.nan, np.nan, Status.FAILED, 2e-7)
        return Edges(1e-8, np.inf, np.zeros(0), 10.0, 20.0)

    monkeypatch.setattr(contours._Question, "at", edges)
    command = ["limit", "nucleus-1kg", "--channel", "recoil", "--m-N", "1 MeV", "--m-N", "3 MeV"]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 3
    assert "failed" in shown.stdout
    assert "nothing is excluded up to 2e-07 mu_B" in shown.stdout
    assert "no result at 1 of 2 masses" in shown.stderr
    document = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert document["mu_mu_B"] == [1e-8, None]
    assert document["mu_mu_B_is_infinite"] == [False, False]
    assert document["status"] == [Status.FOUND.value, Status.FAILED.value]


def test_names_are_not_compiled(nucleus: Experiment, caplog: pytest.LogCaptureFixture) -> None:
    """Experiments that differ in labels, or in numbers, share one compiled program."""
    exclusion(nucleus, 3.0, channel=RECOIL)
    other = replace(
        with_numbers(nucleus, exposure=2.0 * float(nucleus.exposure)),
        name="another",
        description="of another place",
        reference="another paper",
        source=replace(nucleus.source, name="another source"),
        target=replace(nucleus.target, name="another material"),
    )
    with jax.log_compiles():
        found = exclusion(other, 3.1, channel=RECOIL)
    assert found.experiment == "another"
    compiled = [r.getMessage() for r in caplog.records if r.getMessage().startswith("Compiling")]
    large = [message for message in compiled if any(name in message for name in ("build", "crossings", "asimov"))]
    assert not large


def test_programs_are_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    from nushine.numerics import compilation

    cleared = []
    monkeypatch.setattr(compilation, "_kept", set())
    monkeypatch.setattr(compilation.jax, "clear_caches", lambda: cleared.append(True))
    for n in range(compilation.KEPT):
        compilation.keep_programs(jnp.zeros(n), "static")
        compilation.keep_programs(jnp.ones(n), "static")  # other numbers, the same program
    assert not cleared
    compilation.keep_programs(jnp.zeros(0), "other")
    assert len(cleared) == 1


def test_search_does_not_take_the_end_of_a_bracket_for_a_root() -> None:
    from nushine.numerics.roots import rising_root

    def excess(x: jax.Array) -> tuple[jax.Array, jax.Array]:
        return jnp.where(x < 0.3, -1.0, jnp.nan), jnp.zeros_like(x)

    assert not bool(rising_root(excess, 0.5, 0.0, 1.0).found)
    assert not bool(rising_root(lambda x: (x + 2.0, jnp.ones_like(x)), 0.5, 0.0, 1.0).found)
    assert bool(rising_root(lambda x: (x - 0.7, jnp.ones_like(x)), 0.5, 0.0, 1.0).found)
