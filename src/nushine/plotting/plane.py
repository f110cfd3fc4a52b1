"""The plane of mass and moment: event maps, and the reach among published limits."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nushine.constraints import Boundary, Kind, PublishedLimit
from nushine.observables import EventMap
from nushine.plotting.style import BLACK, BLUE, ORANGE, VERMILION, corner_label
from nushine.statistics import Contour

FloatArray = NDArray[np.float64]

M_N_LABEL = r"sterile mass $m_N$ [MeV]"
MU_LABEL = r"transition moment $\mu_{\nu N}\ [\mu_B]$"


def event_maps(rows: Sequence[tuple[str, EventMap, EventMap]]) -> Figure:
    """Events over the plane for a Dirac and a Majorana N, and their ratio, one row per experiment."""
    figure = Figure(figsize=(9.6, 3.1 * len(rows)))
    grid = np.atleast_2d(figure.subplots(len(rows), 3, sharex=True, sharey=True))
    norm = LogNorm(1e-12, 1e6)
    for axes, (label, dirac, majorana) in zip(grid, rows, strict=True):
        for axis, content in zip(axes, (dirac, majorana), strict=False):
            image = _map(axis, content, norm)
            corner_label(axis, f"{label}, {content.nature}")
        bar = figure.colorbar(image, ax=axes[1], extend="both", pad=0.02)
        bar.set_label(f"events in one year ({dirac.channel})")
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = majorana.events / dirac.events
        image = axes[2].pcolormesh(dirac.m_N, dirac.mu, ratio.T, cmap="cividis", vmin=1.0, rasterized=True)
        levels = [1.25, 1.5, 2.0, 2.25, 2.5]
        lines = axes[2].contour(dirac.m_N, dirac.mu, ratio.T, levels=levels, colors="white", linewidths=0.7)
        axes[2].clabel(lines, fmt="%g", fontsize=7)
        figure.colorbar(image, ax=axes[2], pad=0.02).set_label("Majorana / Dirac")
        corner_label(axes[2], f"{label}, ratio")
        axes[0].set(xscale="log", yscale="log", ylabel=MU_LABEL)
    for axis in grid[-1]:
        axis.set_xlabel(M_N_LABEL)
    return figure


def _map(axis: Axes, content: EventMap, norm: LogNorm) -> QuadMesh:
    events = np.where(content.events > 0, content.events, np.nan).T
    image = axis.pcolormesh(content.m_N, content.mu, events, norm=norm, cmap="viridis", rasterized=True)
    levels = 10.0 ** np.arange(-12, 7, 3)
    lines = axis.contour(content.m_N, content.mu, events, levels=levels, colors="white", linewidths=0.6)
    axis.contour(content.m_N, content.mu, events, levels=[1.0], colors=VERMILION, linewidths=1.6)
    axis.clabel(lines, fmt=lambda x: rf"$10^{{{round(np.log10(x))}}}$", fontsize=7)
    return image


def reach(
    bands: Mapping[str, tuple[Contour, Contour]],
    lines: Mapping[str, Contour],
    limits: Sequence[PublishedLimit],
    masses: Mapping[str, tuple[FloatArray, FloatArray]],
    mass_range: tuple[float, float],
) -> Figure:
    """Reach of an experiment among published limits.

    Parameters
    ----------
    bands : mapping
        Label to the contours with and without background.
    lines : mapping
        Label to a contour.
    limits : sequence of PublishedLimit
        Drawn in grey; excluded above, or inside.
    masses : mapping
        Label of a radiative neutrino mass to the line (m_N, mu) on which it is reached.
    mass_range : (float, float)
        Range of m_N [MeV].

    """
    figure = Figure(figsize=(7.2, 5.6))
    axis = figure.subplots()
    axis.set(xscale="log", yscale="log", xlim=mass_range, ylim=(1e-12, 1e-3), xlabel=M_N_LABEL, ylabel=MU_LABEL)
    for limit in limits:
        _published(axis, limit, mass_range)
    for (label, (m_N, mu)), style in zip(masses.items(), ("-.", (0, (6, 1, 1, 1, 1, 1)), ":"), strict=False):
        axis.plot(m_N, mu, color="0.25", linestyle=style, linewidth=0.9)
        _label_line(axis, m_N, mu, label, position=0.05)
    colours = (BLUE, VERMILION)
    for colour, (label, (with_background, without)) in zip(colours * 2, bands.items(), strict=False):
        style = "--" if with_background.prompt else "-"
        axis.fill_between(with_background.m_N, without.mu, with_background.mu, color=colour, alpha=0.22, linewidth=0.0)
        axis.plot(with_background.m_N, with_background.mu, color=colour, linestyle=style, label=label)
    for colour, (label, contour) in zip((BLACK, ORANGE), lines.items(), strict=False):
        axis.plot(contour.m_N, contour.mu, color=colour, linestyle=(0, (1, 1)), label=label)
    cl = next(iter(bands.values()))[0].cl
    axis.legend(loc="upper right", title=f"expected, {cl:.0%} CL, one year", title_fontsize=8)
    return figure


def _published(axis: Axes, limit: PublishedLimit, mass_range: tuple[float, float]) -> None:
    """Shade what a published limit excludes, and write its name where there is room."""
    colour = "0.80" if limit.kind is Kind.LABORATORY else "0.90"
    style = "--" if limit.solar else "-"
    if limit.boundary is Boundary.CLOSED:
        axis.fill(limit.m_N, limit.mu, facecolor=colour, edgecolor="0.5", linewidth=0.7, linestyle=style, zorder=0.4)
    else:
        axis.fill_between(limit.m_N, limit.mu, 1.0, facecolor=colour, linewidth=0.0, zorder=0.5)
        axis.plot(limit.m_N, limit.mu, color="0.45", linewidth=0.7, linestyle=style, zorder=0.6)
    inside = (limit.m_N >= mass_range[0]) & (limit.m_N <= mass_range[1]) & (limit.mu < 1e-3) & (limit.mu > 1e-12)
    if inside.any():
        x = float(np.exp(np.log(limit.m_N[inside]).mean()))
        y = float(np.exp(np.interp(np.log(x), np.log(limit.m_N[inside]), np.log(limit.mu[inside]))))
        axis.text(x, y * 1.15, limit.label, fontsize=6, color="0.3", zorder=0.7, ha="center", va="bottom")


def _label_line(axis: Axes, x: FloatArray, y: FloatArray, text: str, position: float) -> None:
    """Write a label along a straight line of the plane, at a fraction of its length."""
    i = int(position * (len(x) - 1))
    axis.annotate(
        text,
        (x[i], y[i]),
        xytext=(0, 2),
        textcoords="offset points",
        fontsize=6.5,
        color="0.2",
        rotation=-13,
        rotation_mode="anchor",
        transform_rotates_text=True,
    )
