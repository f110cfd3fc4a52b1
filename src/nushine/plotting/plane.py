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
from nushine.plotting.style import BLACK, BLUE, DASHED, PURPLE, VERMILION, corner_label
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
        made = dirac.events > 0
        ratio = np.where(made, majorana.events / np.where(made, dirac.events, 1.0), np.nan).T
        image = axes[2].pcolormesh(dirac.m_N, dirac.mu, ratio, cmap="cividis", vmin=0.7, vmax=2.1, rasterized=True)
        lines = axes[2].contour(dirac.m_N, dirac.mu, ratio, levels=[0.8, 1.0, 1.5, 2.0], colors="white", linewidths=0.7)
        axes[2].clabel(lines, fmt="%g", fontsize=7)
        figure.colorbar(image, ax=axes[2], pad=0.02, extend="both").set_label("Majorana / Dirac")
        corner_label(axes[2], f"{label}, ratio", y=0.1)
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
    labels: Mapping[str, tuple[float, float]],
) -> Figure:
    """Reach of an experiment among published limits.

    Parameters
    ----------
    bands : mapping
        Label to the contours with and without background.
    lines : mapping
        Label to a contour.
    limits : sequence of PublishedLimit
        Drawn in grey: what they exclude is above, or inside.
    masses : mapping
        Label of a radiative neutrino mass to the line (m_N, mu) on which it is reached.
    labels : mapping
        Where to write the name of each published limit, as (m_N, mu).

    """
    figure = Figure(figsize=(7.4, 6.4))
    axis = figure.subplots()
    first = next(iter(bands.values()))[0]
    axis.set(
        xscale="log", yscale="log", xlim=(first.m_N[0], 9.0), ylim=(1e-12, 1e-3), xlabel=M_N_LABEL, ylabel=MU_LABEL
    )
    for limit in limits:
        published(axis, limit)
        if limit.name in labels:
            axis.text(*labels[limit.name], limit.label, fontsize=6.5, color="0.25", zorder=0.7)
    styles = "-.", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 1.5))
    for (label, (m_N, mu)), style in zip(masses.items(), styles, strict=False):
        axis.plot(m_N, mu, color="0.3", linestyle=style, linewidth=0.9)
        axis.annotate(
            label,
            (m_N[2], mu[2]),
            xytext=(0, 3),
            textcoords="offset points",
            fontsize=6.5,
            color="0.2",
            rotation=-13,
            rotation_mode="anchor",
        )
    for colour, (label, (loud, quiet)) in zip((BLUE, VERMILION) * 2, bands.items(), strict=False):
        style = DASHED if loud.prompt else "-"
        axis.fill_between(loud.m_N, quiet.mu, loud.mu, color=colour, alpha=0.2, linewidth=0.0)
        axis.plot(quiet.m_N, quiet.mu, color=colour, linestyle=style, linewidth=0.6)
        axis.plot(loud.m_N, loud.mu, color=colour, linestyle=style, label=label)
    for colour, (label, contour) in zip((BLACK, PURPLE), lines.items(), strict=False):
        axis.plot(contour.m_N, contour.mu, color=colour, linestyle=(0, (1, 1)), label=label)
    title = f"expected at {first.cl:.0%} CL in one year; thick with background, thin without"
    figure.legend(loc="outside upper center", ncols=3, title=title, title_fontsize=8)
    return figure


def limits_by_flavour(
    panels: Mapping[str, tuple[Sequence[PublishedLimit], Mapping[str, Contour]]],
    masses: Mapping[str, tuple[FloatArray, FloatArray]],
    mass_range: tuple[float, float],
    labels: Mapping[str, tuple[float, float]],
) -> Figure:
    """Published limits on the moment of each flavour, and the reach of experiments where they have one."""
    figure = Figure(figsize=(9.0, 7.2))
    grid = figure.subplots(2, 2, sharex=True, sharey=True)
    for axis, (title, (limits, contours)) in zip(grid.flat, panels.items(), strict=True):
        named: set[str] = set()
        for limit in limits:
            published(axis, limit)
            if limit.name in labels and limit.label not in named:
                axis.text(*labels[limit.name], limit.label, fontsize=5.5, color="0.2", zorder=0.7)
                named.add(limit.label)
        for m_N, mu in masses.values():
            axis.plot(m_N, mu, color="0.3", linestyle=":", linewidth=0.9)
        for colour, (label, contour) in zip((BLUE, VERMILION), contours.items(), strict=False):
            axis.plot(contour.m_N, contour.mu, color=colour, linestyle=DASHED if contour.prompt else "-", label=label)
        axis.set_title(title)
        if contours:
            axis.legend(loc="upper left", fontsize=6.5)
    grid[0, 0].set(xscale="log", yscale="log", xlim=mass_range, ylim=(1e-13, 1e-3))
    for axis in grid[-1]:
        axis.set_xlabel(M_N_LABEL)
    for axis in grid[:, 0]:
        axis.set_ylabel(MU_LABEL)
    return figure


def published(axis: Axes, limit: PublishedLimit) -> None:
    """Shade what a published limit excludes; solar ones, which hold for a flavour mixture, have dashed edges.

    A curve that another one of the same data stands for is a dotted line alone.
    """
    if limit.variant_of:
        axis.plot(limit.m_N, limit.mu, color="0.3", linewidth=0.8, linestyle=(0, (1, 1.2)), zorder=0.65)
        return
    laboratory = limit.kind is Kind.LABORATORY
    face, depth, style = "0.80" if laboratory else "0.91", 0.5 if laboratory else 0.3, "--" if limit.solar else "-"
    if limit.boundary is Boundary.CLOSED:
        axis.fill(limit.m_N, limit.mu, facecolor=face, linewidth=0.0, zorder=depth)
        axis.fill(limit.m_N, limit.mu, fill=False, edgecolor="0.5", linewidth=0.6, linestyle=style, zorder=0.6)
    else:
        axis.fill_between(limit.m_N, limit.mu, 1.0, facecolor=face, linewidth=0.0, zorder=depth)
        axis.plot(limit.m_N, limit.mu, color="0.45", linewidth=0.6, linestyle=style, zorder=0.6)
