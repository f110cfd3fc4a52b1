"""The run card of a sample of events, as a block of text in a figure."""

import json

import numpy as np
from hepunits import cm
from matplotlib.axes import Axes
from numpy.typing import NDArray

from nushine.events.record import Events

FloatArray = NDArray[np.float64]

LEFT, RIGHT, LINE = -0.12, 0.16, 0.072
"""Left ends of names and values, and distance of lines, in parts of the axes."""

CL = 0.90
"""Confidence level of a limit on a share of which there is no event."""

STATUS = {"forced": "decays forced inside", "importance": "importance sampling", "prompt": "N decays at once"}
"""Settings of the run card that deserve a line, and their meaning."""


def write_card(axis: Axes, events: Events) -> None:
    """Write down what the sample is."""
    axis.set_axis_off()
    axis.text(LEFT, 0.98, events.card.experiment, transform=axis.transAxes, va="top", fontsize=13)
    for row, (name, value) in enumerate(_entries(events)):
        y = 0.86 - LINE * row
        axis.text(LEFT, y, name, transform=axis.transAxes, va="top", fontsize=8, color="0.35")
        axis.text(RIGHT, y, value, transform=axis.transAxes, va="top", fontsize=8)


def _entries(events: Events) -> list[tuple[str, str]]:
    """Names and values of the run card; without those that do not apply."""
    card, weight, per = events.card, events["weight"], per_weight(events)
    settings, seen = json.loads(card.settings), weight[events["seen"]]
    part = len(events) != card.n
    rate, rate_seen = (with_error(per * np.sum(w), per * np.sqrt(np.sum(w**2))) for w in (weight, seen))
    process = card.process.replace("nu A -> N A", r"$\nu A \to N A$")
    rows = [
        ("target", card.target),
        ("source", card.source),
        ("process", f"{process}, {card.nature} N" if card.nature else process),
        ("", rf"$m_N = {card.m_N:g}$ MeV, $\mu = {_number(card.mu)}\,\mu_B$" if card.nature else ""),
        ("decays", ", ".join(card.modes)),
        ("channel", card.channel),
        ("sampling", ", ".join(text for key, text in STATUS.items() if settings.get(key))),
        ("sample", f"{card.n:,} events, seed {card.seed}"),
        ("rate", rf"${_number(card.rate_per_year, 4)}$ per year"),
        ("cross section", rf"${_number(card.cross_section / cm**2, 4)}$ cm$^2$ per nucleus"),
        ("shown", f"{len(events):,} events, {rate} per year" if part else ""),
        ("decays inside", share(weight, events["inside"]) if card.nature else ""),
        ("seen", share(weight, events["seen"])),
        ("", f"{rate_seen} per year" if seen.size else ""),
        ("made by", f"nushine {card.version}"),
    ]
    kept: list[tuple[str, str]] = []
    for name, value in rows:
        if value:
            kept.append((name, value))
    return kept


def share(weight: FloatArray, chosen: NDArray[np.bool_]) -> str:
    r"""Weighted share with its statistical error; a limit if there is no event of the kind, or no other.

    .. math:: \sigma^2 = \sum w^2 (s - \epsilon)^2 / \left(\sum w\right)^2
    """
    total, number = float(np.sum(weight)), int(np.count_nonzero(chosen))
    limit = -np.log(1 - CL) * float(np.sum(weight**2)) / total**2
    if number == 0:
        return rf"$< {_number(limit)}$ ({CL:.0%} CL)"
    if number == chosen.size:
        return rf"all, $> 1 - {_number(limit)}$ ({CL:.0%} CL)"
    part = float(np.sum(weight[chosen])) / total
    return with_error(part, float(np.sqrt(np.sum((weight * (chosen - part)) ** 2))) / total)


def with_error(value: float, error: float) -> str:
    """Value and error as mathematics, the error to two digits."""
    if not error > 0:
        return f"${_number(value, 4)}$"
    exponent = int(np.floor(np.log10(abs(value)))) if value else 0
    exponent = 0 if -3 <= exponent < 5 else exponent
    digits = max(0, 1 - int(np.floor(np.log10(error / 10.0**exponent))))
    text = rf"{value / 10.0**exponent:.{digits}f} \pm {error / 10.0**exponent:.{digits}f}"
    return rf"$({text}) \times 10^{{{exponent}}}$" if exponent else f"${text}$"


def _number(x: float, digits: int = 2) -> str:
    """Number as mathematics, without trailing zeros."""
    mantissa, _, power = f"{x:.{digits - 1}e}".partition("e")
    exponent = int(power)
    if -3 <= exponent < 5:
        return f"{float(f'{x:.{digits - 1}e}'):g}"
    mantissa = mantissa.rstrip("0").rstrip(".")
    return rf"10^{{{exponent}}}" if mantissa == "1" else rf"{mantissa} \times 10^{{{exponent}}}"


def per_weight(events: Events) -> float:
    """Rate per year that a unit of weight stands for."""
    return events.card.rate_per_year / events.card.n
