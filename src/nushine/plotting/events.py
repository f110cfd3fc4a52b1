"""One page that characterises a sample of events: its spectra, the run card, and what the experiment sees of it."""

import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hepunits import eV, year
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from nushine.events.record import Events
from nushine.observables import Spectrum
from nushine.plotting.run_card import per_weight, write_card
from nushine.plotting.style import BLACK, DASHED, SKY, VERMILION

FloatArray = NDArray[np.float64]

A4 = (8.27, 11.69)

BINS = 50
"""Most bins of a histogram; small samples have fewer."""

DEPTH = 1e-4
"""Lowest rate on a logarithmic axis, relative to the peak."""

LOG_SPAN = 1e3
"""Flights that reach this many times their median are drawn over the logarithm."""

BEAM = (-1.0, 1.0)
"""Limits of the cosine of an angle to the beam."""


class Quantity(NamedTuple):
    """What a histogram shows.

    `values` in units of the axis, nan where an event has none; `variable` and `scale` are the name of the quantity in
    deterministic spectra and the axis units in one of theirs; `cut` is a threshold of the experiment.
    """

    values: FloatArray
    label: str
    unit: str
    limits: tuple[float | None, float | None] = (None, None)
    log_x: bool = False
    log_y: bool = False
    variable: str = ""
    scale: float = 1.0
    cut: float | None = None


def summary(events: Events, deterministic: Sequence[Spectrum] | None = None) -> Figure:
    r"""One A4 page on a sample of events.

    The run card and the share that the experiment sees; differential rates per year over recoil, neutrino and photon
    energy, over the angles of photon and N to the beam, and over the flight of N; photon energy against recoil energy.
    All events are in black, those with ``seen`` filled. For weights w the rate in a bin is

    .. math:: \frac{R}{n} \sum w \pm \frac{R}{n} \sqrt{\sum w^2}

    with the rate R and the number n of the run card, so that a subset of a sample shows its share of the rate.

    Parameters
    ----------
    events : Events
        From `nushine.generate` or read from a file; a subset or a chunk will do.
    deterministic : sequence of Spectrum, optional
        Expected spectra in the exposure of the experiment, as from `nushine.observables`, drawn in the panel of their
        variable. Those of photons hold the threshold and cone of the experiment, as ``seen`` does without geometry.

    Returns
    -------
    Figure
        In the house style if made within `nushine.plotting.style.house_style`; `nushine.plotting.style.save` writes it.

    Raises
    ------
    ValueError
        If there are no events, or a spectrum has no panel.

    """
    if len(events) == 0:
        raise ValueError("no events to draw: the sample, or the subset of it, is empty")
    lines, quantities = deterministic or (), _quantities(events)
    known = [quantity.variable for quantity in quantities if quantity.variable]
    for spectrum in lines:
        if spectrum.variable not in known:
            raise ValueError(f"no panel for a spectrum over {spectrum.variable!r}: give {', '.join(known)}")
    figure = Figure(figsize=A4, layout="constrained")
    cells = list(figure.subplots(4, 2).flat)
    write_card(cells[0], events)
    for axis, quantity in zip(cells[1:7], quantities, strict=True):
        _panel(axis, events, quantity, [line for line in lines if line.variable == quantity.variable])
    _plane(figure, cells[7], events, quantities[0], quantities[2])
    shown = [
        Line2D([], [], color=BLACK, label="all events"),
        Patch(facecolor=SKY, alpha=0.6, label="seen by the experiment"),
    ]
    if lines:
        shown.append(Line2D([], [], color=VERMILION, linestyle=DASHED, label="deterministic rate"))
    figure.legend(handles=shown, loc="outside lower center", ncols=len(shown))
    return figure


def _quantities(events: Events) -> tuple[Quantity, ...]:
    """The six histograms, in the order of the page."""
    recoil_only = events.card.channel == "recoil"
    settings = {} if recoil_only else json.loads(events.card.settings)
    E_gamma, flight = (
        _where(events["E_gamma"], events["E_gamma"] > 0),
        _where(events["flight"], events["flight"] < np.inf),
    )
    some = flight[np.isfinite(flight)]
    far = bool(some.size) and float(some.max()) > LOG_SPAN * float(np.median(some))
    far = far or recoil_only
    p_N = np.sqrt(events["N_px"] ** 2 + events["N_py"] ** 2 + events["N_pz"] ** 2)
    return (
        Quantity(
            events["E_R"] / eV,
            r"nuclear recoil energy $E_R$ [eV]",
            "1/(yr decade)",
            log_x=True,
            log_y=True,
            variable="E_R",
            scale=1 / eV,
        ),
        Quantity(events["E_nu"], r"neutrino energy $E_\nu$ [MeV]", "1/(yr MeV)", log_y=True),
        Quantity(
            E_gamma,
            r"photon energy $E_\gamma$ [MeV]",
            "1/(yr MeV)",
            (0.0, None),
            log_y=True,
            variable="E_gamma",
            cut=settings.get("E_gamma_min_MeV"),
        ),
        Quantity(
            events["gamma_pz"] / E_gamma,
            r"photon to the beam, $\cos\theta_\gamma$",
            "1/yr",
            BEAM,
            variable="cos_theta_gamma",
            cut=settings.get("cos_theta_min") if not settings.get("arrangement") else None,
        ),
        Quantity(events["N_pz"] / _where(p_N, p_N > 0), _out(events) + r" to the beam, $\cos\theta$", "1/yr", BEAM),
        Quantity(
            flight,
            "flight of N until it decays [mm]",
            "1/(yr decade)" if far else "1/(yr mm)",
            (None if far else 0.0, None),
            log_x=far,
        ),
    )


def _panel(axis: Axes, events: Events, quantity: Quantity, lines: Sequence[Spectrum]) -> None:
    """Histograms of all and of seen events, with errors, and expected curves."""
    edges = _edges(quantity)
    if edges is None:
        _nothing(axis, quantity)
        return
    unit = np.diff(np.log10(edges) if quantity.log_x else edges)
    centres = np.sqrt(edges[1:] * edges[:-1]) if quantity.log_x else (edges[1:] + edges[:-1]) / 2
    seen = events["seen"]
    for chosen, colour in ((seen, SKY), (np.ones_like(seen), BLACK)):
        rate, error = _rates(events, quantity.values, edges, chosen)
        axis.stairs(rate / unit, edges, color=colour, fill=colour == SKY, alpha=0.6 if colour == SKY else None)
        axis.errorbar(centres, rate / unit, error / unit, fmt="none", ecolor=BLACK, elinewidth=0.7, zorder=3)
    peak = float(np.max(rate / unit))
    axis.set(xlim=(edges[0], edges[-1]), xlabel=quantity.label, ylabel=f"rate [{quantity.unit}]")
    if quantity.limits == BEAM:
        axis.set_xticks([-1.0, -0.5, 0.0, 0.5, 1.0])
    if quantity.log_x:
        axis.set_xscale("log")
        _plain(axis.xaxis, edges)
    if quantity.log_y:
        axis.set(yscale="log", ylim=(DEPTH * peak, 3 * peak))
    else:
        axis.set_ylim(0, 1.25 * peak)
        axis.ticklabel_format(axis="y", scilimits=(-2, 4), useMathText=True)
    for line in lines:
        x = line.x * quantity.scale
        density = (
            line.density / quantity.scale * (year / events.card.exposure) * (x * np.log(10) if quantity.log_x else 1)
        )
        axis.plot(x, density, color=VERMILION, linestyle=DASHED, zorder=4)
    if quantity.cut is not None and edges[0] < quantity.cut < edges[-1]:
        axis.axvline(quantity.cut, color="0.4", linewidth=0.8, linestyle=":")


def _plane(figure: Figure, axis: Axes, events: Events, recoil: Quantity, photon: Quantity) -> None:
    """Rate over recoil and photon energy, both logarithmic."""
    x, y = _edges(recoil), _edges(photon._replace(log_x=True, limits=(None, None)))
    if x is None or y is None:
        _nothing(axis, photon)
        return
    have = np.isfinite(photon.values) & (recoil.values > 0)
    cells = np.histogram2d(recoil.values[have], photon.values[have], bins=(x, y), weights=events["weight"][have])[0]
    per_cell = per_weight(events) * cells / (np.diff(np.log10(x))[:, None] * np.diff(np.log10(y)))
    norm = LogNorm(max(per_cell[per_cell > 0].min(), per_cell.max() * DEPTH), per_cell.max(), clip=True)
    image = axis.pcolormesh(
        x, y, np.where(per_cell > 0, per_cell, np.nan).T, norm=norm, cmap="cividis", rasterized=True
    )
    figure.colorbar(image, ax=axis, pad=0.02).set_label(r"rate [1/(yr decade$^2$)]")
    axis.set(xscale="log", yscale="log", xlabel=recoil.label, ylabel=photon.label)
    _plain(axis.xaxis, x)
    _plain(axis.yaxis, y)
    if photon.cut is not None and y[0] < photon.cut < y[-1]:
        axis.axhline(photon.cut, color="0.4", linewidth=0.8, linestyle=":")


def _rates(
    events: Events, values: FloatArray, edges: FloatArray, chosen: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    """Rate per year in each bin, and its statistical error."""
    have = chosen & np.isfinite(values)
    weight, x = events["weight"][have], values[have]
    sums = np.histogram(x, edges, weights=weight)[0]
    squares = np.histogram(x, edges, weights=weight**2)[0]
    return per_weight(events) * sums, per_weight(events) * np.sqrt(squares)


def _edges(quantity: Quantity) -> FloatArray | None:
    """Edges of the bins, from the smallest to the largest value unless limits are set; None if there is nothing."""
    values = quantity.values[np.isfinite(quantity.values)]
    if quantity.log_x:
        values = values[values > 0]
    if values.size == 0:
        return None
    low, high = (float(x) for x in (values.min(), values.max()))
    low, high = (
        (low if quantity.limits[0] is None else quantity.limits[0]),
        (high if quantity.limits[1] is None else quantity.limits[1]),
    )
    if not high > low:
        return None
    bins = int(np.clip(2 * np.cbrt(values.size), 5, BINS))  # as the rule of Rice
    edges = np.geomspace(low, high, bins + 1) if quantity.log_x else np.linspace(low, high, bins + 1)
    edges[0], edges[-1] = low, high  # exactly, so that the extremes are inside
    return edges


def _plain(axis: Axis, edges: FloatArray) -> None:
    """Label a logarithmic axis of few decades with 1, 2, 5, 10, 20, 50, ..."""
    if edges[-1] < 1e3 * edges[0]:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def _nothing(axis: Axes, quantity: Quantity) -> None:
    """Say that no event has this quantity, or that it is the same for all."""
    values = quantity.values[np.isfinite(quantity.values)]
    text = f"{values[0]:g} in all events" if values.size else "in no event of this sample"
    axis.set(xticks=[], yticks=[], xlabel=quantity.label)
    axis.text(0.5, 0.5, text, transform=axis.transAxes, ha="center", va="center", color="0.35")


def _where(values: FloatArray, have: NDArray[np.bool_]) -> FloatArray:
    """Values, and nan for events that have none."""
    return np.where(have, values, np.nan)


def _out(events: Events) -> str:
    """What the neutrino became."""
    return "N" if events.card.nature else "neutrino"
