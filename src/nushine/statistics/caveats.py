"""What a reader of a limit should know: what was assumed, and what is not known of the background."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nushine.detectors import Channel
from nushine.experiments import Experiment, split
from nushine.experiments.caveats import assumed, out_of_reach, two_geometries, two_windows
from nushine.observables import background_events

FloatArray = NDArray[np.float64]


class Assumed(NamedTuple):
    """What a result rests on: lines that hold at all masses, and the error of the background that is declared.

    Parameters
    ----------
    lines : tuple of str
        From `nushine.experiments.caveats`.
    error : float
        One standard deviation of the expected background [events], from the declared uncertainties of its
        normalisation and, if there are data with the source off, from these.

    """

    lines: tuple[str, ...] = ()
    error: float = 0.0


NOTHING = Assumed()


def assumptions(
    experiment: Experiment,
    channels: Sequence[Channel],
    nature: str = "",
    prompt: bool = False,
    likelihood: bool = True,
) -> Assumed:
    """What a result for these channels rests on; `likelihood` is false for counting."""
    lines = assumed(experiment, channels, likelihood) + two_geometries(experiment, channels, nature, prompt)
    lines += two_windows(experiment, channels) + out_of_reach(experiment, channels)
    return Assumed(lines, declared_error(experiment, channels, off=likelihood))


def declared_error(experiment: Experiment, channels: Sequence[Channel], off: bool = True) -> float:
    r"""Declared uncertainty of the expected background [events].

    .. math:: \sigma^2 = (\delta_\Phi n_\nu)^2 + \left(\frac{1}{f\,(\delta_b n_b)^2 + f\,(\delta_x n_x)^2}
              + \frac{\tau}{n_b + n_x}\right)^{-1}

    for CEvNS, flat background and excess (:math:`n_\nu, n_b, n_x`), with f the sum of the squared shares of the
    detectors in the mass, whose backgrounds are independent, and the ratio of live times :math:`\tau` with the source
    off, if `off`.
    """
    known, exposure = experiment.uncertainties, float(experiment.mass * experiment.exposure)
    shares = np.array([float(part.mass / experiment.mass) for part in split(experiment)])
    window, own, variance, others = experiment.selection, 0.0, 0.0, 0.0
    for channel in channels:
        width = float(window.E_R_max - window.E_R_min) if channel.recoil else 1.0
        flat = float(experiment.background.flat(channel)) * (width if width < np.inf else 0.0) * exposure
        excess = float(experiment.background.rate(channel, window)) * exposure - flat
        own += flat + excess
        others += max(background_events(experiment, channel) - flat - excess, 0.0)
        variance += np.sum(shares**2) * ((float(known.background) * flat) ** 2 + (float(known.excess) * excess) ** 2)
    ratio = float(experiment.off_time_ratio)
    if off and ratio > 0 and own > 0 and variance > 0:
        variance = 1 / (1 / variance + ratio / own)
    return float(np.sqrt(variance + (float(known.flux) * others) ** 2))


def weak_signal(
    m_N: FloatArray, events: ArrayLike, background: float, error: float, counting: bool = False
) -> tuple[str, ...]:
    """A line if signals that are claimed lie below the uncertainty of the background, statistical and declared.

    Parameters
    ----------
    m_N, events : array, shape (n,)
        Masses [MeV], and signal events at the limit; infinite or not a number where there is none.
    background, error : float
        Expected events, and the declared uncertainty.
    counting : bool
        Whether the background was taken as known.

    """
    signal = np.asarray(events, dtype=float)
    sigma = float(np.sqrt(background + error**2))
    weak = np.isfinite(signal) & (signal > 0) & (signal < sigma)
    if not weak.any():
        return ()
    least = int(np.argmin(np.where(weak, signal, np.inf)))
    where = "At all masses" if weak.sum() == np.isfinite(signal).sum() else f"At {weak.sum()} of {signal.size} masses"
    if signal.size == 1:
        where = f"At {m_N[0]:g} MeV"
    ends = f" (down to {_percent(signal[least], background)} of the background, at {m_N[least]:g} MeV)"
    if signal.size == 1:
        ends = f" ({_percent(signal[0], background)} of the background)"
    below = f"{_percent(np.sqrt(background), background)} statistical, {_percent(error, background)} declared"
    so = (
        "counting takes the background as known, so that this result ignores what is declared"
        if counting
        else "the result rests on the shapes of signal and background"
    )
    return (f"{where} the signal is below the uncertainty of the background{ends}: {below}; {so}.",)


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.2g} %"
