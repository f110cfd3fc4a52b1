"""What buys reach: slopes of the limit as bars, and scans."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nushine.plotting.style import BLACK, SEQUENCE, corner_label
from nushine.statistics import Sensitivities

FloatArray = NDArray[np.float64]

Scans = Mapping[str, tuple[FloatArray, FloatArray]]
"""For each number that is turned: factors, and limits over that of the experiment as it is."""


def design(slopes: Sensitivities, scans: Mapping[float, Scans], label: str) -> Figure:
    """Logarithmic slopes of the limit by each number of an experiment, and how far they carry, for each mass [MeV]."""
    figure = Figure(figsize=(11.0, 4.2))
    bars, *panels = figure.subplots(1, 1 + len(scans), width_ratios=[1.35] + [1.0] * len(scans))
    _bars(bars, slopes, label)
    for axis, (m_N, curves) in zip(panels, scans.items(), strict=True):
        for colour, (name, (factors, limits)) in zip((*SEQUENCE, BLACK), curves.items(), strict=False):
            axis.plot(factors, limits, color=colour, label=name)
        axis.plot(1.0, 1.0, "o", color="0.3", markersize=4)
        axis.set(
            xscale="log", yscale="log", xlim=(0.01, 100), ylim=(0.4, 3), xlabel="number over that of the experiment"
        )
        axis.set_yticks([0.5, 1.0, 2.0, 3.0], labels=["0.5", "1", "2", "3"])
        axis.set_yticks([], minor=True)
        axis.axhline(1.0, color="0.7", linewidth=0.6, zorder=0)
        corner_label(axis, rf"$m_N = {m_N:g}$ MeV")
    panels[0].set_ylabel(r"limit $\mu_{90}$ over that of the experiment")
    panels[-1].legend(loc="upper right", fontsize=6.5)
    return figure


def _bars(axis: Axes, slopes: Sensitivities, label: str) -> None:
    order = np.argsort(np.abs(slopes.slopes).max(axis=0))
    height = 0.8 / slopes.m_N.size
    for i, (colour, m_N) in enumerate(zip(SEQUENCE, slopes.m_N, strict=False)):
        places = np.arange(order.size) + 0.4 - height * (i + 0.5)
        axis.barh(places, slopes.slopes[i, order], height, color=colour, label=rf"$m_N = {m_N:g}$ MeV")
    axis.set_yticks(np.arange(order.size), labels=[slopes.knobs[k] for k in order])
    axis.tick_params(axis="y", which="both", length=0)
    axis.minorticks_off()
    axis.axvline(0.0, color=BLACK, linewidth=0.8)
    axis.set(xlabel=r"$d\ln\mu_{90}\,/\,d\ln x$  (negative: more is better)", title=label)
    axis.legend(loc="lower right")
