"""Dirac against Majorana: photons needed, and where experiments tell."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from nushine.constraints import PublishedLimit
from nushine.plotting.plane import M_N_LABEL, MU_LABEL, published
from nushine.plotting.style import BLACK, BLUE, DASHED, GREEN, ORANGE, PURPLE, VERMILION
from nushine.statistics import Evidence, Observable

FloatArray = NDArray[np.float64]
Style = Literal["-", ":", "none"]

COLOURS = {Observable.ENERGY: BLUE, Observable.ANGLE: VERMILION, Observable.BOTH: BLACK}
STYLES: tuple[tuple[Style, str], ...] = (("-", ""), ("none", "s"), ("none", "^"), (":", "D"), (":", "o"))
"""Lines and markers of sources and targets."""

LOWEST = 1e-10
"""Least moment of the plane [mu_B]."""

Curves = Mapping[str, tuple[FloatArray, Mapping[Observable, FloatArray]]]
"""For each source and target: masses, and photons needed by what is measured."""


def natures(
    curves: Curves,
    plane: Mapping[str, tuple[Evidence, Evidence]],
    limits: Sequence[PublishedLimit],
    labels: Mapping[str, tuple[float, float]],
) -> Figure:
    """Photons for 3 sigma over the mass (left), and the moments where experiments tell the natures apart (right).

    Parameters
    ----------
    curves : mapping
        The first is drawn as lines, the others as markers.
    plane : mapping
        For each experiment what excludes a Dirac N, and what discovers N.
    limits : sequence of PublishedLimit
        Drawn in grey.
    labels : mapping
        Where to write the name of each published limit, as (m_N, mu).

    """
    figure = Figure(figsize=(9.6, 4.4))
    left, right = figure.subplots(1, 2)
    _photons(left, curves)
    first = next(iter(plane.values()))[0]
    right.set(
        xscale="log", yscale="log", xlim=(first.m_N[0], 9.0), ylim=(LOWEST, 1e-4), xlabel=M_N_LABEL, ylabel=MU_LABEL
    )
    for limit in limits:
        published(right, limit)
        if limit.name in labels and labels[limit.name][1] > LOWEST:
            right.text(*labels[limit.name], limit.label, fontsize=6, color="0.25", zorder=0.7)
    for colour, (label, (nature, seen)) in zip((BLUE, ORANGE, GREEN, PURPLE), plane.items(), strict=False):
        right.plot(nature.m_N, nature.mu[:, 0], color=colour, label=f"{label}: not Dirac, 3$\\sigma$")
        right.plot(nature.m_N, nature.mu[:, 1], color=colour, linestyle=DASHED, label=f"{label}: not Dirac, 5$\\sigma$")
        right.plot(seen.m_N, seen.mu[:, 1], color=colour, linestyle=":", label=f"{label}: discovery, 5$\\sigma$")
    right.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=6.5)
    return figure


def _photons(axis: Axes, curves: Curves) -> None:
    handles = [Line2D([], [], color=colour, label=str(o)) for o, colour in COLOURS.items()]
    for (line, marker), (label, (masses, needed)) in zip(STYLES, curves.items(), strict=False):
        for observable, photons in needed.items():
            axis.plot(
                masses,
                photons,
                color=COLOURS[observable],
                linestyle=line,
                marker=marker,
                markersize=4,
                markerfacecolor="none",
            )
        handles.append(Line2D([], [], color="0.4", linestyle=line, marker=marker, markerfacecolor="none", label=label))
    axis.set(xscale="log", yscale="log", ylim=(10, 1e4), xlabel=M_N_LABEL)
    axis.set_ylabel(r"photons to exclude a Dirac $N$ at 3$\sigma$")
    axis.legend(handles=handles, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=6.5)
