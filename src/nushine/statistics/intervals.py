"""Confidence intervals of one parameter."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """Confidence interval of the signal or of another parameter.

    Parameters
    ----------
    value : float
        Best fit.
    low, high : float
        Ends; `low` is zero where no signal is needed.
    cl : float
        Confidence level.
    method : str
        How it was made.

    """

    value: float
    low: float
    high: float
    cl: float
    method: str
