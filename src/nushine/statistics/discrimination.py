"""Dirac against Majorana in an experiment, with its background and uncertainties."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from nushine.decay import RADIATIVE, Decay
from nushine.detectors import COINCIDENCE, Channel
from nushine.experiments import Experiment
from nushine.interactions.dipole import DIRAC, MAJORANA, Dipole, Nature
from nushine.numerics.checks import require_between, require_positive
from nushine.numerics.roots import rising_root
from nushine.observables import background_events, highest_mass, require_reachable
from nushine.sources.base import ELECTRON, Flavour
from nushine.statistics import toys
from nushine.statistics.fit import FitError, fit, minimise
from nushine.statistics.forecast import Forecast, build, forecast
from nushine.statistics.layout import Binning, layout_of
from nushine.statistics.model import Data, Model, negative_log_likelihood
from nushine.statistics.ratios import Ratio

FloatArray = NDArray[np.float64]

EVENTS = np.geomspace(0.5, 1e6, 26)
"""Numbers of signal events at which a first look is taken."""

MASSES = np.exp(np.linspace(-0.5, 0.5, 11))
"""Masses of the wrong nature over that of the true one, where the mass is not known."""

RANGE = np.log(4.0)
"""The wrong nature gives the same number of events within this of the true moment, in the logarithm."""


@dataclass(frozen=True)
class Discrimination:
    """Moments from which an experiment tells the nature of N (median).

    Parameters
    ----------
    m_N : array, shape (n,)
        Masses [MeV].
    sigmas : tuple of float, Z of them
        Significances with which the wrong nature is excluded.
    mu, events : array, shape (n, Z)
        Least moments [mu_B] and the signal events there; infinite where none is enough.
    truth : str
        What N is; the other nature is what is excluded.
    mass_known : bool
        Whether the mass of N was taken as known; otherwise it is fitted with the wrong nature.
    background : float
        Expected background in the channel.
    method : str
        "asymptotic".
    nuisances : tuple of str
        Names of the nuisance parameters that were profiled.
    experiment, channel : str
    prompt : bool

    """

    m_N: FloatArray
    sigmas: tuple[float, ...]
    mu: FloatArray
    events: FloatArray
    truth: str
    mass_known: bool
    background: float
    method: str
    nuisances: tuple[str, ...]
    experiment: str
    channel: str
    prompt: bool


def other(nature: Nature) -> Nature:
    """Majorana for Dirac and the reverse."""
    return DIRAC if nature.name == MAJORANA.name else MAJORANA


def discriminate(
    experiment: Experiment,
    masses: ArrayLike,
    truth: Nature = MAJORANA,
    sigmas: tuple[float, ...] = (3.0, 5.0),
    channel: Channel = COINCIDENCE,
    decay: Decay = RADIATIVE,
    flavour: Flavour = ELECTRON,
    mass_known: bool = True,
    binning: Binning | None = None,
    progress: Callable[[], None] | None = None,
) -> Discrimination:
    r"""Least moment with which the wrong nature of N is excluded, for each mass, in the typical (Asimov) data.

    .. math:: Z = \sqrt{2 \ln \frac{L(\text{truth})}{\max_{\mu', \theta} L(\text{wrong})}}

    The moment of the wrong nature, all nuisance parameters and, if it is not known, the mass are fitted: so it is the
    energies and directions that tell, not the number of events.

    Parameters
    ----------
    experiment : Experiment
    masses : array_like, shape (n,)
        Masses of N [MeV].
    truth : Nature
        What N is.
    sigmas : tuple of float
        Significances asked for.
    channel : Channel
        With a photon; recoils alone do not depend on the nature.
    decay, flavour
        Hypothesis.
    mass_known : bool
        False: the wrong nature may have any mass within a factor 1.6.
    binning : Binning, optional
        12 bins of photon energy and 4 of its angle by default.
    progress : callable, optional
        Called after each mass.

    Raises
    ------
    ValueError
        For masses that cannot be made, a channel without photon, and significances that are not positive.

    Notes
    -----
    Z is asymptotic, right where there are ten signal events or more; `toy_significance` has no such limit.

    """
    masses = np.atleast_1d(np.asarray(masses, dtype=float))
    require_positive("m_N", masses, "MeV")
    require_reachable(experiment, masses)
    for Z in sigmas:
        require_between("significance", Z, 0.1, 40.0, cure="give a number of sigmas, as in 3")
    if not channel.photon:
        raise ValueError(f"channel {channel.name}: does not depend on the nature of N; use coincidence or photon")
    layout = layout_of(experiment, (channel,), binning or Binning(E_gamma=12, cos_theta=4))
    most = 0.999 * highest_mass(experiment)

    def at(m_N: float) -> tuple[list[float], list[float]]:
        def made(mass: float, nature: Nature) -> Forecast:
            signal = jax.tree.map(jnp.asarray, Dipole(mass, 1.0, nature, flavour))
            result: Forecast = build(experiment, signal, decay, layout)
            return result

        wrong_masses = [m_N] if mass_known else np.minimum(m_N * MASSES, most).tolist()
        wrong = [made(mass, other(truth)) for mass in wrong_masses]
        search = _Search(m_N, made(m_N, truth), jax.tree.map(lambda *x: jnp.stack(x), *wrong), np.log(wrong_masses))
        found = search.least(sigmas)
        return [mu for mu, _ in found], [events for _, events in found]

    results = []
    for m_N in masses.tolist():
        results.append(at(m_N))
        if progress is not None:
            progress()
    return Discrimination(
        m_N=masses,
        sigmas=tuple(sigmas),
        mu=np.array([mu for mu, _ in results]),
        events=np.array([events for _, events in results]),
        truth=truth.name,
        mass_known=mass_known,
        background=background_events(experiment, channel),
        method="asymptotic",
        nuisances=layout.nuisances,
        experiment=experiment.name,
        channel=channel.name,
        prompt=decay.prompt,
    )


@dataclass(frozen=True)
class _Search:
    """Significance as a function of the moment, at one mass; `wrong` has a leading axis of masses."""

    m_N: float
    true: Forecast
    wrong: Forecast
    log_masses: FloatArray

    def significance(self, log_mu: float) -> float:
        """Z at a moment, with the best mass of the wrong nature."""
        q, good = _ratios(self.true, self.wrong, jnp.asarray(log_mu))
        if not bool(jnp.all(good)):
            raise FitError(
                f"m_N = {self.m_N:g} MeV: the fit of the wrong nature did not converge; use fewer bins, or check the "
                "uncertainties"
            )
        return float(np.sqrt(max(_least_along(self.log_masses, np.asarray(q)), 0.0)))

    def least(self, sigmas: Sequence[float]) -> list[tuple[float, float]]:
        """Least moment with each significance, and its events; infinity if none has."""
        log_mu = np.asarray(_moments(self.true, jnp.asarray(EVENTS)))
        log_mu = log_mu[np.isfinite(log_mu)]
        values: list[float] = []
        for x in log_mu:
            values.append(self.significance(x))
            if values[-1] >= max(sigmas):  # far above, fits would be slow
                break
        return [self._crossing(Z, log_mu, values) for Z in sigmas]

    def _crossing(self, Z: float, log_mu: FloatArray, values: list[float]) -> tuple[float, float]:
        first = next((i for i, value in enumerate(values) if value >= Z), None)
        if first is None:
            return float("inf"), float("inf")
        root = log_mu[0]
        if first > 0:
            root = brentq(lambda x: self.significance(x) - Z, log_mu[first - 1], log_mu[first], xtol=1e-5)
        mu = float(np.exp(root))
        return mu, float(jnp.sum(self.true(mu).signal))


@eqx.filter_jit
def _moments(of: Forecast, events: Array) -> Array:
    """Logarithms of moments with these numbers of signal events; not a number where none has so many."""
    grid = jnp.linspace(jnp.log(1e-14), jnp.log(1e0), 113)
    log_counts = jnp.log(jnp.maximum(jax.vmap(lambda x: jnp.sum(of(jnp.exp(x)).signal))(grid), 1e-300))
    rising = jax.lax.cummax(log_counts)
    return jnp.interp(jnp.log(events), rising, grid, left=jnp.nan, right=jnp.nan)


@eqx.filter_jit
def _ratios(true: Forecast, wrong: Forecast, log_mu: Array) -> tuple[Array, Array]:
    """2 ln L(truth)/L(wrong) in Asimov data, and whether the fit converged, for each mass of the wrong nature."""
    model = true(jnp.exp(log_mu))
    expected = model.asimov(1.0)
    best = negative_log_likelihood(model, expected, jnp.concatenate([jnp.ones(1), expected.auxiliary]))

    def one(of: Forecast) -> tuple[Array, Array]:
        alike = matched(of, jnp.sum(model.signal), log_mu)
        found = minimise(alike, expected, jnp.asarray(1.0), jnp.asarray(0.0), held=False)
        return 2 * (found.nll - best), found.converged

    result: tuple[Array, Array] = jax.vmap(one)(wrong)
    return result


def matched(of: Forecast, events: Array, log_mu: Array) -> Model:
    """The model with this number of signal events, at a moment near `log_mu`."""

    def excess(x: Array) -> tuple[Array, Array]:
        log_events, slope = jax.jvp(lambda y: jnp.log(jnp.sum(of(jnp.exp(y)).signal)), (x,), (jnp.ones(()),))
        return log_events - jnp.log(events), slope

    root = rising_root(excess, log_mu, log_mu - RANGE, log_mu + RANGE, 1e-6)
    return of(jnp.exp(root.x))


def _least_along(x: FloatArray, q: FloatArray) -> float:
    """Least value, from a parabola through the least point and its two neighbours if it lies between them."""
    least = float(q.min())
    if x.size < 3:
        return least
    i = int(np.clip(np.argmin(q), 1, x.size - 2))
    near = slice(i - 1, i + 2)
    a, b, _ = np.polyfit(x[near] - x[i], q[near], 2)
    between = a > 0 and x[i - 1] - x[i] < -b / (2 * a) < x[i + 1] - x[i]
    return min(least, float(q[i] - b**2 / (4 * a))) if between else least


def toy_significance(true: Model, wrong: Model, n: int = 10_000, seed: int = 0) -> tuple[float, float]:
    """Median significance with which the wrong nature is excluded, from toys, and its standard error.

    Parameters
    ----------
    true, wrong : Model
        Models of the two natures with the same bins and nuisance parameters, such as two forecasts at moments with
        equal numbers of events. Strengths and nuisance parameters of both are fitted to each toy.
    n, seed : int
        Toys of each nature. Significances up to 3.5 can be seen with 10 000; beyond, infinity is returned.

    Returns
    -------
    tuple of 2 floats

    """
    best = fit(wrong, true.asimov(1.0))

    def ratio_of(data: Data) -> Ratio:
        ratio: Ratio = _of_natures(true, wrong, data)
        return ratio

    typical = float(np.median(toys.values(true, n, 1.0, None, seed, ratio_of)))
    of_wrong = toys.values(wrong, n, float(best.strength), best.theta, seed + 1, ratio_of)
    p, error = toys.share_at_or_above(of_wrong, typical)
    if p == 0:
        return float("inf"), float("inf")
    Z = float(norm.isf(p))
    return Z, error / float(norm.pdf(Z))


@eqx.filter_jit
def _of_natures(true: Model, wrong: Model, data: Data) -> Ratio:
    def one(data: Data) -> Ratio:
        free, fixed = (minimise(m, data, jnp.asarray(1.0), jnp.asarray(0.0), held=False) for m in (true, wrong))
        return Ratio(2 * (fixed.nll - free.nll), free, fixed)

    return jax.vmap(one)(data)


def models(
    experiment: Experiment,
    m_N: float,
    mu: float,
    truth: Nature = MAJORANA,
    channel: Channel = COINCIDENCE,
    decay: Decay = RADIATIVE,
    flavour: Flavour = ELECTRON,
    binning: Binning | None = None,
) -> tuple[Model, Model]:
    """The true model at one point of the plane, and the wrong one with the same number of events."""
    true, wrong = (
        forecast(experiment, Dipole(m_N, 1.0, nature, flavour), (channel,), decay, binning)
        for nature in (truth, other(truth))
    )
    model = true(mu)
    return model, eqx.filter_jit(matched)(wrong, jnp.sum(model.signal), jnp.log(jnp.asarray(mu)))
