"""Moments for discovery and for telling Dirac from Majorana, in small experiments."""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import cm, kg, s, year
from scipy.optimize import minimize_scalar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import nushine as ns
from nushine.detectors import Background, Uncertainties
from nushine.experiments import Experiment
from nushine.observables import event_yield
from nushine.rates import Selection
from nushine.sources import monoenergetic
from nushine.statistics import Binning, Model, discovery, discriminate, fit, toy_significance
from nushine.targets import compound

M_N, ONE, SMALL = 2.0, Binning(1, 1, 1), Binning(E_R=2, E_gamma=6, cos_theta=2)
WINDOW = Selection(2e-5, 1e-3, 0.1, -1.0)


def made(
    background: float, exposure: float = 1.0, known: Uncertainties | None = None, window: Selection = WINDOW
) -> Experiment:
    """With this number of background events in a year; arrays, so that nothing compiles twice."""
    of = Experiment(
        "by hand",
        monoenergetic(4.0, 1e12 / (cm**2 * s)),
        compound("Ge73"),
        1 * kg,
        exposure * year,
        5 * cm,
        window,
        Background(coincidence=background / ((window.E_R_max - window.E_R_min) * kg * year)),
        uncertainties=Uncertainties() if known is None else known,
    )
    arrays: Experiment = jax.tree.map(jnp.asarray, of)
    return arrays


def alone(s: float, b: float) -> float:
    """Z of s expected events over b known ones."""
    return float(np.sqrt(2 * ((s + b) * np.log1p(s / b) - s)))


def uncertain(s: float, b: float, relative: float) -> float:
    """The same with b (1 + relative)^theta, a Gaussian theta, by a search along theta."""
    n = s + b

    def q(theta: float) -> float:
        expected = b * (1 + relative) ** theta
        return float(2 * (expected - n - n * np.log(expected / n)) + theta**2)

    return float(np.sqrt(minimize_scalar(q, (0.0, 1.0), tol=1e-12).fun))


def test_discovery_of_a_counting_experiment() -> None:
    """Cowan et al. 2011, eq. (97); the root is good to 1e-5 in log mu, s ~ mu^4 and Z grows no faster than s."""
    told: list[int] = []
    one, three = (
        discovery(made(20.0, years), [1.0, M_N], sigmas=(5.0, 3.0), binning=ONE, progress=lambda: told.append(1))
        for years in (1.0, 3.0)
    )
    assert len(told) == 4
    for found, b in ((one, 20.0), (three, 60.0)):
        assert (found.truth, found.against, found.method) == ("Dirac N", "no signal", "asymptotic")
        assert (found.channel, found.prompt, found.nuisances) == ("coincidence", False, ())
        assert found.background == pytest.approx(b, rel=1e-12)
        assert found.mu.shape == found.events.shape == (2, 2)
        for events in found.events:  # in the order that was asked for, and the same at each mass
            np.testing.assert_allclose([alone(float(s), b) for s in events], found.sigmas, rtol=4e-5)
        assert np.all(found.mu[:, 1] < found.mu[:, 0])
    assert np.all(three.mu < one.mu)
    number = event_yield(made(20.0), ns.Dipole(jnp.asarray(M_N), jnp.asarray(1.0)))
    # bins are good to 1e-3, see `sterile_bins`
    np.testing.assert_allclose(number(one.mu[1]), one.events[1], rtol=1e-3)
    # no recoil reaches 100 keV: no moment is enough
    far = discovery(made(20.0, window=Selection(0.1, 1.0, 0.1, -1.0)), M_N, sigmas=(3.0,), binning=ONE)
    assert np.all(np.isinf(far.mu))
    assert np.all(np.isinf(far.events))


def test_uncertain_background_hides_a_signal_and_an_uncertain_flux_does_not() -> None:
    """No signal does not depend on the flux: Z is that of the background alone, by a search of one parameter."""
    b, relative = 20.0, 0.3
    found = discovery(made(b, known=Uncertainties(flux=0.1, background=relative)), M_N, binning=ONE)
    assert found.nuisances == ("flux", "background")
    for Z, events in zip(found.sigmas, found.events[0], strict=True):
        assert uncertain(float(events), b, relative) == pytest.approx(Z, rel=4e-5)  # as above
        assert alone(float(events), b) > 1.2 * Z  # known backgrounds need fewer events


# --- Dirac against Majorana ---

REAL = made(20.0, known=Uncertainties(flux=0.1, background=0.1, photon_efficiency=0.1))


def test_what_telling_the_nature_takes() -> None:
    sigmas = (2.0, 3.0, 5.0)
    clean = made(0.0, known=Uncertainties(flux=1e-6, background=1e-6, photon_efficiency=1e-6))  # the same code
    real, best = (discriminate(of, M_N, sigmas=sigmas, binning=SMALL) for of in (REAL, clean))
    assert (real.truth, real.against) == ("Majorana N", "Dirac N of this mass")
    assert np.all(np.isfinite(real.events))
    assert np.all(np.diff(real.mu[0]) > 0)
    assert np.all(np.diff(real.events[0]) > 0)
    # background and uncertainties cost events
    assert np.all(best.events < 0.9 * real.events)
    assert np.all(best.mu < real.mu)
    # without background q is 2 N D: N as Z^2, each root good to 1e-5 in log mu with N ~ mu^4
    np.testing.assert_allclose(best.events[0] / best.events[0, 0], [1, 9 / 4, 25 / 4], rtol=8e-5)
    # a mass that is not known never helps: the same mass is among those that are tried
    found = discriminate(REAL, M_N, sigmas=sigmas, binning=SMALL, mass_known=False)
    assert found.against == "Dirac N of any mass"
    assert np.all(found.events >= real.events * (1 - 8e-5))
    assert np.all(found.events < 2 * real.events)  # and the photon tells the mass well


def by_hand(shape: np.ndarray) -> Model:
    """This signal over a background that is known to 10 %."""
    bins = shape.size
    return Model(
        signal=jnp.asarray(shape),
        backgrounds=jnp.full((1, bins), 4.0),
        log_kappa=jnp.log(jnp.array([[1.0, 1.1]])),
        up=jnp.zeros((0, 2, bins)),
        down=jnp.zeros((0, 2, bins)),
        precision=jnp.ones(1),
        weight=jnp.ones(bins),
        shaped=(),
        nuisances=("background",),
        samples=("signal", "background"),
        channels=(("photons", bins),),
    )


def test_toys_agree_at_two_sigma() -> None:
    """Flat signal against a falling one of 65 events; Z is asymptotic: sqrt of 2 ln L/L' in Asimov data.

    Asymptotic formulas are good to 0.05 here (see `discriminate`); the rest is scatter of the toys.
    """
    x = (np.arange(5) + 0.5) / 5
    true, wrong = by_hand(np.full(5, 13.0)), by_hand(13.0 * (1.5 - x))
    Z = float(np.sqrt(2 * fit(wrong, true.asimov(1.0)).nll))  # -ln L of the truth is 0
    assert abs(Z - 2) < 0.1
    found, error = toy_significance(true, wrong, n=3000, seed=4)
    assert 0 < error < 0.1
    assert abs(found - Z) < 4 * error + 0.05
    assert toy_significance(true, wrong, n=1000, seed=4) == toy_significance(true, wrong, n=1000, seed=4)


# --- what is refused ---


def refused(error: pytest.ExceptionInfo[ValueError]) -> bool:
    """One line."""
    return "\n" not in str(error.value)


@pytest.mark.parametrize("search", [discovery, discriminate])
@pytest.mark.parametrize("Z", [0.0, -3.0, 50.0, float("nan")])
def test_impossible_significances(search: object, Z: float) -> None:
    with pytest.raises(ValueError, match=r"significance = .* is not allowed: give a number of sigmas") as error:
        search(REAL, M_N, sigmas=(3.0, Z))  # type: ignore[operator]
    assert refused(error)


@pytest.mark.parametrize("search", [discovery, discriminate])
@pytest.mark.parametrize(("m_N", "message"), [(4.5, "m_N = 4.5 MeV is above what line can make"), (0.0, "m_N = 0 MeV")])
def test_impossible_masses(search: object, m_N: float, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        search(REAL, [1.0, m_N])  # type: ignore[operator]
    assert refused(error)


def test_recoils_do_not_depend_on_the_nature() -> None:
    with pytest.raises(ValueError, match="channel recoil: does not depend on the nature of N") as error:
        discriminate(REAL, M_N, channel=ns.RECOIL)
    assert refused(error)


def test_unknown_mass_of_a_line_source() -> None:
    """The mass is sharp there: q rises by hundreds within a few per cent of the mass that is most alike."""
    known, fitted = (
        discriminate(made(20.0), [3.0], sigmas=(3.0,), mass_known=k, binning=SMALL).events[0, 0] for k in (True, False)
    )
    assert np.isfinite(fitted)
    assert known * (1 - 1e-4) < fitted < 10 * known  # the search for mu is good to 1e-5, events go as mu^4
