"""Upper limits on the strength of a signal of known shape."""

from collections.abc import Iterable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import log_ndtr
from numpy.typing import NDArray
from scipy.stats import norm

from nushine.numerics.calls import Choice, checked
from nushine.numerics.checks import require_between
from nushine.numerics.compilation import filter_jit
from nushine.numerics.roots import Root, rising_root
from nushine.statistics import toys
from nushine.statistics.derivatives import derivatives
from nushine.statistics.far_data import misfit, negative_signal
from nushine.statistics.fit import Fit, FitError, fit, lowest_strength, minimise, unit_strength
from nushine.statistics.model import Data, Model, negative_log_likelihood
from nushine.statistics.ratios import Statistic, deviations, likelihood_ratio

FloatArray = NDArray[np.float64]

SIGMAS = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Fluctuations of the background for which expected limits are given."""

LIMITS = ("observed", *(f"expected, {f'{x:+g} sigma' if x else 'median'}" for x in SIGMAS))
"""Names of the observed limit and of the expected ones."""

SPAN = 25.0
"""Limits are looked for within e^+-SPAN of the strength that stands out by one sigma."""

NO_END = 1e6
"""A search that ends beyond this, in units of the strength that stands out by one sigma, without exclusion has found
that there is none; farther up the digits of the counts may not suffice for a fit."""

NO_STRENGTH = 1e-4
"""A limit that is smaller, in units of the strength that stands out by one sigma, is none: zero is excluded as well."""


class Convention(Choice):
    """What is excluded at confidence level CL: strengths with CL_s, or with CL_{s+b}, below 1 - CL."""

    CLS = "CLs"
    CLSB = "CLs+b"


@dataclass(frozen=True)
class Limit:
    """Upper limit on the strength of a signal.

    Parameters
    ----------
    observed : float
        Limit from the data; zero where CL_{s+b} excludes even no signal, infinite where no strength is excluded.
    expected : tuple of 5 floats
        Limits from data that fluctuate by -2, -1, 0, 1, 2 sigma from the background; the third is the median. Zero
        where CL_{s+b} excludes even no signal, infinite where no strength is excluded.
    cl : float
        Confidence level.
    method : str
        "asymptotic" or "toys".
    statistic, convention : str
        Test statistic, and whether CL_s or CL_{s+b} is compared with 1 - cl.
    nuisances : dict
        Fitted nuisance parameters at the limit, in units of their uncertainty; at the best fit where it is infinite.
    notes : tuple of str
        What takes the meaning from these numbers, a sentence each: data that do not fit the model, limits that are
        infinite.

    """

    observed: float
    expected: tuple[float, ...]
    cl: float
    method: str
    statistic: str
    convention: str
    nuisances: dict[str, float]
    notes: tuple[str, ...] = ()


@checked
def strength_limit(
    model: Model,
    data: Data | None = None,
    cl: float = 0.90,
    statistic: Statistic = Statistic.Q_TILDE,
    convention: Convention = Convention.CLS,
) -> Limit:
    """Asymptotic upper limit on the strength, observed and expected.

    Parameters
    ----------
    model : Model
    data : Data, optional
        Observed data; background-only Asimov data by default.
    cl : float
        Confidence level.
    statistic : Statistic
        ``q_tilde`` or ``q``.
    convention : Convention
        CL_s protects against excluding signals to which there is no sensitivity.

    Raises
    ------
    FitError
        If a fit does not converge, and if the data lie so far from the model that it makes the signal negative.

    Notes
    -----
    The formulas hold for many events: with 10 expected background events under the signal they are good to a few per
    cent, with none the limit of 2.3 events comes out as 1.35. Use `toy_limit` there.

    References
    ----------
    Cowan et al. 2011, sections 3 and 4; A. L. Read, J. Phys. G 28, 2693 (2002).

    """
    require_between("cl", cl, 0.5, 1 - 1e-12, cure="give a confidence level from 0.5 to 1, as in 0.90")
    if statistic not in (Statistic.Q, Statistic.Q_TILDE):
        raise ValueError(f"statistic {statistic}: gives no upper limit; use q or q_tilde")
    given, data = data is not None, model.asimov() if data is None else data
    lower = lowest_strength(model) if statistic is Statistic.Q else jnp.asarray(0.0)
    background = fit(model, data, 0.0)
    _require_signal(model, data, background)
    free = fit(model, data, lower=lower)
    asimov = model.asimov(0.0, background.theta)
    best = free if float(free.nll) < float(background.nll) else background
    notes = _require_signal(model, data, best)
    roots = expected_roots(cl, convention)
    some = roots > 0
    found = _limits(model, data, asimov, best, jnp.asarray(1 - cl), jnp.where(some, roots, 1.0), statistic, convention)
    limits, unit = np.exp(np.asarray(found.x)), float(unit_strength(model))
    # CL_s goes to one for s = 0, CL_{s+b} need not: it may be too small for any strength
    weak = bool(np.isfinite(found.value[0])) and limits[0] < NO_STRENGTH * unit
    none = convention is Convention.CLSB and weak
    # at the end of the search, and still not excluded
    endless = ~np.asarray(found.found) & ~(np.asarray(found.value) > 0) & (limits > NO_END * unit)
    if not np.all(np.asarray(found.found) | endless | np.array([none, *[False] * roots.size])):
        raise FitError(_failure(notes))
    limits = np.where(endless, np.inf, limits)
    observed = 0.0 if none else float(limits[0])
    at = fit(model, data, observed) if np.isfinite(observed) else best
    notes = (*(notes or _require_signal(model, data, at)), *_endless(endless & np.array([given, *[True] * roots.size])))
    return _record(model, at, observed, np.where(some, limits[1:], 0.0), cl, "asymptotic", statistic, convention, notes)


def _require_signal(model: Model, data: Data, at: Fit) -> tuple[str, ...]:
    """Notes on a fit; FitError where the data are so far from the model that the signal is none any more."""
    far, negative = (
        misfit(model, data, float(at.nll), np.asarray(at.theta)),
        negative_signal(model, at.strength, at.theta),
    )
    if far and negative:
        raise FitError(f"there is no limit: {far}, and it makes the signal negative; check the counts")
    if negative:
        return (f"The declared uncertainties reach so far that {negative}: the limits mean little.",)
    return (f"{far[0].upper()}{far[1:]}: the limits mean little; check the counts.",) if far else ()


def _endless(endless: NDArray[np.bool_]) -> tuple[str, ...]:
    """A note that names the limits that are infinite."""
    names = [name for name, none in zip(LIMITS, endless, strict=True) if none]
    if not names:
        return ()
    return (
        f"No strength is excluded ({'; '.join(names)}): the declared uncertainties let the signal vanish, or take its "
        "place.",
    )


def _failure(notes: tuple[str, ...]) -> str:
    """Why no limit was found."""
    if notes:
        return f"no upper limit was found, as fits did not converge. {notes[0]}"
    return (
        "no upper limit was found: fits did not converge; simplify the model, e.g. merge bins with few events or "
        "remove free parameters"
    )


def _record(
    model: Model,
    at: Fit,
    observed: float,
    expected: Iterable[float],
    cl: float,
    method: str,
    statistic: Statistic,
    convention: Convention,
    notes: tuple[str, ...] = (),
) -> Limit:
    theta = np.asarray(at.theta).tolist()
    return Limit(
        observed=float(observed),
        expected=tuple(float(x) for x in expected),
        cl=cl,
        method=method,
        statistic=statistic.value,
        convention=convention.value,
        nuisances=dict(zip(model.nuisances, theta, strict=True)),
        notes=notes,
    )


@checked
def expected_roots(
    cl: float, convention: Convention = Convention.CLS, sigmas: tuple[float, ...] = SIGMAS
) -> FloatArray:
    r"""Value of :math:`\sqrt{q_A}` at the limit expected for each fluctuation N of the background.

    .. math:: \sqrt{q_A} = N + \Phi^{-1}[1 - (1 - \mathrm{CL})\, \Phi(N)]

    and without :math:`\Phi(N)` for CL_{s+b}.
    """
    N = np.asarray(sigmas)
    tail = (1 - cl) * (norm.cdf(N) if convention is Convention.CLS else np.ones_like(N))
    return np.asarray(N + norm.isf(tail))


@filter_jit
def _limits(
    model: Model,
    data: Data,
    asimov: Data,
    best: Fit,
    tail: Array,
    roots: Array,
    statistic: Statistic,
    convention: Convention,
) -> Root:
    """Logarithms of the observed limit and of the expected ones for each sqrt(q_A), all in one search."""
    unit = unit_strength(model)
    # the observed limit needs q of the data and q_A at the same strength, the expected ones q_A alone
    of_data = jax.tree.map(lambda d, a: jnp.stack([d] + [a] * (1 + roots.size)), data, asimov)
    least = negative_log_likelihood(model, asimov, jnp.concatenate([jnp.zeros(1), asimov.auxiliary]))
    leasts = jnp.full(2 + roots.size, least).at[0].set(best.nll)

    def profiled(data: Data, least: Array, log_s: Array) -> tuple[Array, Array]:
        """Return q and dq/dlog s."""
        s = jnp.exp(log_s)
        fixed = minimise(model, data, s, jnp.asarray(0.0), held=True)
        gradient = derivatives(model, data, jnp.concatenate([s[None], fixed.theta])).gradient
        q = jnp.where(fixed.converged, jnp.maximum(2 * (fixed.nll - least), 0.0), jnp.nan)
        return q, 2 * gradient[0] * s

    def excess(log_s: Array) -> tuple[Array, Array]:
        q, slope = jax.vmap(profiled)(of_data, leasts, jnp.concatenate([log_s[:1], log_s]))
        above = jnp.exp(log_s[0]) > best.strength
        seen, rising = jnp.where(above, q[0], 0.0), jnp.where(above, slope[0], 0.0)
        probability, by = jax.value_and_grad(log_probability, (0, 1))(seen, q[1], statistic, convention)
        expected = 0.5 * jnp.log(jnp.maximum(q[2:], 1e-300)) - jnp.log(roots)
        slopes = slope[2:] / (2 * jnp.maximum(q[2:], 1e-300))
        return (
            jnp.concatenate([(jnp.log(tail) - probability)[None], expected]),
            jnp.concatenate([-(by[0] * rising + by[1] * slope[1])[None], slopes]),
        )

    typical = roots[roots.size // 2] * unit
    start = jnp.log(jnp.concatenate([(jnp.maximum(best.strength, 0.0) + typical)[None], unit * roots]))
    middle = jnp.full_like(start, jnp.log(unit))
    return rising_root(excess, start, middle - SPAN, middle + SPAN, 1e-8)


def log_probability(q: Array, q_A: Array, statistic: Statistic, convention: Convention) -> Array:
    """Logarithm of CL_s or CL_{s+b}, with derivatives also where q is zero."""
    signal, background = deviations(jnp.maximum(q, 1e-12), jnp.maximum(q_A, 1e-12), statistic)
    return log_ndtr(-signal) - (log_ndtr(-background) if convention is Convention.CLS else 0.0)


@checked
def toy_limit(
    model: Model,
    data: Data | None = None,
    cl: float = 0.90,
    convention: Convention = Convention.CLS,
    n: int = 10_000,
    seed: int = 0,
) -> Limit:
    """Upper limit on the strength from toys, for few events: the same as `strength_limit` without asymptotics.

    Parameters
    ----------
    model, data, cl, convention
        As for `strength_limit`; the statistic is ``q_tilde``.
    n : int
        Toys with, and without, signal at each strength that is tried; for 10 000 the limit scatters by 1 to 2 %,
        the one for -2 sigma, which rests on few of them, by 10 %.
    seed : int
        The same toys are drawn for the same seed.

    """
    require_between("cl", cl, 0.5, 1 - 1e-12, cure="give a confidence level from 0.5 to 1, as in 0.90")
    data = model.asimov() if data is None else data
    background = fit(model, data, 0.0).theta
    first = float(np.log(unit_strength(model)))

    def limit(sigma: float | None) -> float:
        def excess(log_s: float) -> float:
            s = float(np.exp(log_s))
            of_data = likelihood_ratio(model, data, s)
            with_signal = toys.statistics(model, n, s, s, of_data.fixed.theta, seed=seed)
            without = toys.statistics(model, n, s, 0.0, background, seed=seed + 1)
            q = float(of_data.value) if sigma is None else float(np.quantile(without, norm.cdf(-sigma)))
            compared = without if convention is Convention.CLS else None
            return float(np.log(1 - cl)) - toys.log_probability(with_signal, compared, q)

        return float(np.exp(toys.log_root(excess, first, 2e-3)))

    expected = [limit(sigma) for sigma in SIGMAS]
    observed = limit(None)
    at = fit(model, data, observed)
    return _record(model, at, observed, expected, cl, f"toys ({n})", Statistic.Q_TILDE, convention)
