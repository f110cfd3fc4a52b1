"""What comes of the questions to an experiment: records of numbers, each with a status and with what it rests on."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from nushine.numerics.calls import Choice
from nushine.statistics.caveats import NOTHING, Assumed, weak_signal
from nushine.statistics.edges import FAILURES

FloatArray = NDArray[np.float64]

FEW = 10.0
"""Events below which asymptotic formulas are off by more than a few per cent."""

LEAST_BACKGROUND = 1e-3
"""Expected background below which one event may be a claim."""


class Method(Choice):
    """How a limit is set: on the full likelihood by asymptotic formulas, toys, or Feldman-Cousins; or by counting."""

    ASYMPTOTIC = "asymptotic"
    TOYS = "toys"
    FC = "fc"
    COUNTING = "counting"


@dataclass(frozen=True)
class Contour:
    """A region in the (m_N, mu) plane that would be excluded if there were no signal (median).

    Parameters
    ----------
    m_N, mu : array, shape (n,)
        Masses [MeV] and least excluded moments [mu_B, L = (mu/2) nubar sigma N F]; infinite where nothing is excluded,
        not a number where the search failed. `status` says why.
    mu_max : array, shape (n,)
        Largest excluded moments; infinite where there is no upper edge, not a number where the search failed.
    bands : array, shape (n, 5) or (n, 0)
        The least moments for data that fluctuate by -2, -1, 0, 1, 2 sigma, if they were asked for.
    events, effective : array, shape (n,)
        Signal events on the line, and the number of events, signal and background, of a counting experiment that is
        as sensitive. Below ten of the latter asymptotic formulas are off by more than a few per cent. Zero where
        nothing is excluded, not a number where the search failed.
    clear : array, shape (n,)
        Moments up to which nothing is excluded for sure, where the search for `mu` ended there; not a number elsewhere.
    status : array of str, shape (n,)
        A `Status` for each mass: found, why nothing is excluded, or what failed.
    background : float
        Expected background in all channels.
    cl : float
        Confidence level.
    method, convention : str
        How the limit was set and what is compared with 1 - cl.
    nuisances : tuple of str
        Names of the nuisance parameters that were profiled.
    experiment, channel, nature : str
        What it was computed for.
    prompt : bool
        True for the "max" case.
    rests_on : Assumed
        What was assumed where the experiment says nothing, and the declared uncertainty of the background.

    """

    m_N: FloatArray
    mu: FloatArray
    mu_max: FloatArray
    bands: FloatArray
    events: FloatArray
    effective: FloatArray
    clear: FloatArray
    status: NDArray[np.str_]
    background: float
    cl: float
    method: str
    convention: str
    nuisances: tuple[str, ...]
    experiment: str
    channel: str
    nature: str
    prompt: bool
    rests_on: Assumed = NOTHING

    @property
    def caveats(self) -> tuple[str, ...]:
        """What to say beside these limits, in lines: what they assume, and whether the signal is a small one."""
        counting = self.method == Method.COUNTING
        weak = weak_signal(self.m_N, self.events, self.background, self.rests_on.error, counting)
        return self.rests_on.lines + weak + self._few()

    def _few(self) -> tuple[str, ...]:
        """A line if asymptotic formulas rest on few events."""
        if self.method != Method.ASYMPTOTIC or not (np.isfinite(self.mu) & (self.effective < FEW)).any():
            return ()
        least = -float(np.log1p(-self.cl))
        return (
            "Few events: asymptotic formulas are off by more than a few per cent; use --method toys. No limit is below "
            f"that of no event seen, {least:.4g} events and what declared uncertainties of the signal add.",
        )

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Whether the search failed at each mass, shape (n,): not the same as that nothing is excluded."""
        return np.isin(self.status, list(FAILURES))


class Sought(StrEnum):
    """What came of the search for the least moments at one mass."""

    FOUND = "found"
    NO_FLAVOUR = "no moment is large enough: the source has no neutrinos of this flavour"
    NO_SIGNAL = "no moment is large enough: no event is in the window, whatever the moment"
    NONE = "no moment up to 1 mu_B is large enough"
    FAILED = "not found: a fit of what is to be excluded did not converge"


@dataclass(frozen=True)
class Evidence:
    """Least moments for which typical data exclude a hypothesis, the other one being true.

    Parameters
    ----------
    m_N : array, shape (n,)
        Masses [MeV].
    sigmas : tuple of float, Z of them
        Significances of the exclusion.
    mu, events : array, shape (n, Z)
        Least moments [mu_B] and the signal events there, ln 2 = 0.693 or more; infinite where none is enough, not a
        number where the search failed. `status` says why.
    status : array of str, shape (n,)
        A `Sought` for each mass: found, why no moment is enough, or what failed.
    truth, against : str
        What holds, and what is excluded.
    background : float
        Expected background in all channels.
    method : str
        "asymptotic".
    nuisances : tuple of str
        Names of the nuisance parameters that were profiled.
    experiment, channel : str
        What it was computed for.
    prompt : bool
        True for the "max" case.
    rests_on : Assumed
        What was assumed where the experiment says nothing, and the declared uncertainty of the background.

    """

    m_N: FloatArray
    sigmas: tuple[float, ...]
    mu: FloatArray
    events: FloatArray
    status: NDArray[np.str_]
    truth: str
    against: str
    background: float
    method: str
    nuisances: tuple[str, ...]
    experiment: str
    channel: str
    prompt: bool
    rests_on: Assumed = NOTHING

    @property
    def caveats(self) -> tuple[str, ...]:
        """What to say beside these moments, in lines: what they assume, and whether the signal is a small one."""
        least = self.events.min(axis=1, initial=np.inf)
        weak = weak_signal(self.m_N, least, self.background, self.rests_on.error)
        return self.rests_on.lines + weak + self._few()

    def _few(self) -> tuple[str, ...]:
        """A line if asymptotic formulas rest on few events."""
        if not (self.events < FEW).any():
            return ()
        if self.background < LEAST_BACKGROUND and self.against == "no signal":
            return (
                f"Hardly any background ({self.background:.2g} events), where asymptotic formulas do not hold: moments "
                "are those of 0.693 signal events or more, with which half of all experiments see one; a claim that "
                "needs more than one event takes up to twice the events shown.",
            )
        return (
            f"Few events: where fewer than {FEW:g} signal events are shown, asymptotic formulas may ask for down to "
            "half of what is needed.",
        )

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Whether the search failed at each mass, shape (n,): not the same as that no moment is enough."""
        return np.isin(self.status, [Sought.FAILED])
