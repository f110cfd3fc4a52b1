"""Event display: the way of N and of its photon through the target and the detectors."""

import json
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from nushine.detectors import Arrangement, Sphere
from nushine.events.record import Events
from nushine.plotting.bodies import BEAM, SIDE, View, hides, outline
from nushine.plotting.labels import energy, length, symbol
from nushine.plotting.style import BLACK, BLUE, ORANGE, PURPLE, SEQUENCE, SKY, VERMILION
from nushine.plotting.tracks import Scene, Track, scene_of, track_of

FloatArray = NDArray[np.float64]

HIT = {"facecolor": to_rgba(SKY, 0.75), "edgecolor": BLUE, "linewidth": 1.6, "zorder": 1.5}

NOT_HIT = {"facecolor": to_rgba(SKY, 0.35), "edgecolor": "0.45", "linewidth": 0.8, "zorder": 1}

BEHIND = {"facecolor": "none", "edgecolor": to_rgba(SKY, 0.6), "linewidth": 0.0, "hatch": "//", "zorder": 0.5}

HALO = withStroke(linewidth=2.0, foreground="white")

MOST = len(SEQUENCE)
"""Events that can be told apart in one picture."""

ARROW = 0.09
"""Length of the arrow of the recoil, relative to the picture."""

WAVE = 0.022
"""Wave length of photon lines, relative to the picture."""

DASHES = (0, (4, 2))


def event_display(events: Events, arrangement: Arrangement | None = None, index: int | Sequence[int] = 0) -> Figure:
    """Draw one event, or a few, from the side and against the beam.

    Target crystals (the struck one filled), photon detectors, and the outline of the instrumented volume. The neutrino
    along +z, the direction of the recoil, the flight of N (dashed) to its decay, and the photon (wavy) to the detector
    that sees it, or out of the picture. Detectors in front of or behind the target are hatched if they see the photon
    of a single event, and else left out.

    Parameters
    ----------
    events : Events
        From `nushine.generate` or read from a file.
    arrangement : Arrangement, optional
        That of the experiment. Without it, the target is a point in a ball with the mean path as radius.
    index : int or sequence of int
        Rows of the events to draw; a single one gets its energies beside the lines, several a colour each.

    Returns
    -------
    Figure
        In the house style if made within `nushine.plotting.style.house_style`; `nushine.plotting.style.save` writes it.

    Raises
    ------
    ValueError
        If there is no such event, there are too many, or the events were not made in this arrangement.

    Notes
    -----
    Events tell the detector in which the photon interacts and not the depth, which is drawn in the middle of its way
    there. Recoils move by nanometres: the arrow is a direction.

    """
    rows = [int(row) for row in np.atleast_1d(index)]
    _check(events, arrangement, rows)
    scene = scene_of(events, arrangement)
    tracks = [track_of(events, row, scene) for row in rows]
    span = scene.high - scene.low
    widths = [float(span[view.right]) for view in (SIDE, BEAM)]
    scale = 7.6 / sum(widths)
    figure = Figure(figsize=(8.4, scale * float(span[1]) + 2.0), layout="constrained")
    single = len(tracks) == 1
    number = f", event {events['event'][tracks[0].row]}" if single else ""
    figure.suptitle(f"{events.card.experiment}{number}", fontsize=11)
    panels = figure.subplots(1, 2, width_ratios=widths)
    for axis, view in zip(panels, (SIDE, BEAM), strict=True):
        _frame(axis, view, scene)
        _bodies(axis, view, scene, tracks)
        for track, colour in zip(tracks, SEQUENCE, strict=False):
            _draw(axis, view, scene, track, (PURPLE, VERMILION) if single else (colour, colour), single)
    if single:
        _energies(panels[0], events, tracks[0], scene)
    _scale_bar(panels[0], scene)
    lines = _legend_of_one(events, tracks[0], scene) if single else _legend_of_all(events, tracks)
    figure.legend(
        handles=[*lines, *_legend_of_bodies(scene, single)], loc="outside lower center", ncols=2, fontsize=8.5
    )
    return figure


def _check(events: Events, arrangement: Arrangement | None, rows: Sequence[int]) -> None:
    for row in rows:
        if not -len(events) <= row < len(events):
            raise ValueError(f"there is no event in row {row}: the sample has {len(events)}")
    if not 1 <= len(rows) <= MOST:
        raise ValueError(f"{len(rows)} events in one display: give 1 to {MOST} rows")
    made_in = json.loads(events.card.settings).get("arrangement")
    if made_in is True and arrangement is None:
        raise ValueError(f"the events were made in a geometry: give the arrangement of {events.card.experiment}")
    if arrangement is None:
        return
    fits = made_in is not False and all(
        events["crystal"][row] < len(arrangement.crystals) and events["detector"][row] < len(arrangement.detectors)
        for row in rows
    )
    if not fits:
        raise ValueError(
            f"the events were not made in this arrangement: give that of {events.card.experiment}, or none"
        )


def _bodies(axis: Axes, view: View, scene: Scene, tracks: Sequence[Track]) -> None:
    """Draw crystals, detectors and the instrumented volume."""
    hit = {track.seen_in for track in tracks}
    struck = {track.crystal for track in tracks}
    if scene.arrangement is None:
        for patch in outline(Sphere(jnp.zeros(3), jnp.asarray(scene.radius)), view):
            axis.add_patch(_styled(patch, facecolor="0.97", edgecolor="0.45", linestyle="--", linewidth=0.9))
        return
    centre = np.mean([np.asarray(crystal.shape.box[0]) for crystal in scene.arrangement.crystals], axis=0)
    for number, body in enumerate(scene.arrangement.detectors):
        beside = not hides(body.shape, view, centre)
        for patch in outline(body.shape, view):
            if beside:
                axis.add_patch(_styled(patch, **(HIT if number in hit else NOT_HIT)))
            elif number in hit and len(tracks) == 1:
                axis.add_patch(_styled(patch, **BEHIND))
    for patch in outline(scene.arrangement.instrumented, view):
        axis.add_patch(_styled(patch, fill=False, edgecolor="0.45", linestyle="--", linewidth=0.9, zorder=1.6))
    for number, crystal in enumerate(scene.arrangement.crystals):
        face, depth = (ORANGE, 2.1) if number in struck else ("0.85", 2.0)
        for patch in outline(crystal.shape, view):
            axis.add_patch(_styled(patch, facecolor=face, edgecolor="0.3", linewidth=0.6, zorder=depth))


def _styled(patch: Patch, **style: object) -> Patch:
    patch.set(**style)
    return patch


def _draw(axis: Axes, view: View, scene: Scene, track: Track, colours: tuple[str, str], single: bool) -> None:
    """Draw the lines of one event: of N in the first colour, of the photon in the second; the recoil if it is alone."""
    beam = BLUE if single else "0.35"
    start, end = view.flat(track.start), view.flat(track.end)
    if view.sight == 2:
        axis.plot(*start, "o", markersize=7, markerfacecolor="none", markeredgecolor=beam, zorder=4)
        axis.plot(*start, ".", markersize=3, color=beam, zorder=4)
    else:
        _arrow(axis, np.array([scene.low[view.right], start[1]]), start, beam, 1.3 if single else 0.7)
    if single:
        _arrow(axis, start, start + ARROW * scene.size * view.flat(track.recoil), BLACK)
    axis.plot(*np.transpose([start, end]), color=colours[0], linestyle=DASHES, linewidth=1.8, zorder=3.5)
    if track.decay is None:
        return
    axis.plot(*end, "o", markersize=4.5, color=colours[0], markeredgecolor="white", markeredgewidth=0.6, zorder=5)
    if track.photon is not None:
        tip = view.flat(track.photon)
        axis.plot(*_wave(end, tip, scene.size), color=colours[1], linewidth=1.3, zorder=4)
        if track.seen_in is not None:
            axis.plot(
                *tip, "*", markersize=11, color=colours[1], markeredgecolor="white", markeredgewidth=0.6, zorder=5
            )


def _energies(axis: Axes, events: Events, track: Track, scene: Scene) -> None:
    """Write energies beside the lines of a single event, on the far side of each."""
    recoil = SIDE.flat(track.start + ARROW * scene.size * track.recoil)
    _beside(axis, recoil, SIDE.flat(track.recoil), energy(float(events["E_R"][track.row])), BLACK)
    if track.decay is not None and track.photon is not None and track.seen_in is not None:
        way = SIDE.flat(track.photon - track.decay)
        _beside(axis, SIDE.flat(track.photon), way, energy(float(events["E_gamma"][track.row])), VERMILION)


def _beside(axis: Axes, at: FloatArray, direction: FloatArray, text: str, colour: str) -> None:
    """Write above or below the tip of a line, on the side away from the line."""
    up = bool(direction[1] >= 0)
    shift, side = (0, 7 if up else -7), "bottom" if up else "top"
    style = {"color": colour, "fontsize": 8, "ha": "center", "va": side, "zorder": 6, "path_effects": [HALO]}
    axis.annotate(text, (at[0], at[1]), shift, textcoords="offset points", **style)  # type: ignore[arg-type]


def _arrow(axis: Axes, start: FloatArray, end: FloatArray, colour: str, width: float = 1.3) -> None:
    style = {"arrowstyle": "-|>", "color": colour, "linewidth": width, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 9}
    axis.annotate("", xy=(end[0], end[1]), xytext=(start[0], start[1]), arrowprops=style, zorder=4)


def _wave(start: FloatArray, end: FloatArray, size: float) -> FloatArray:
    """Wavy line between two points, shape (2, n); straight if it is shorter than one wave."""
    way = end - start
    reach = float(np.hypot(*way))
    waves = int(reach / (WAVE * size))
    if waves == 0:
        return np.transpose([start, end])
    t = np.linspace(0.0, 1.0, 24 * waves + 1)
    across = np.array([-way[1], way[0]]) / reach * 0.27 * WAVE * size
    wave: FloatArray = start[:, None] + way[:, None] * t + across[:, None] * np.sin(2 * np.pi * waves * t)
    return wave


def _frame(axis: Axes, view: View, scene: Scene) -> None:
    """Same scale in both directions, no box, and the names of the axes."""
    axis.set(xlim=(scene.low[view.right], scene.high[view.right]), ylim=(scene.low[view.up], scene.high[view.up]))
    axis.set_aspect("equal")
    axis.set_axis_off()
    axis.set_title(view.title)
    corner = np.array([scene.low[view.right], scene.low[view.up]]) + 0.02 * scene.size
    for along, name in (((1, 0), view.right), ((0, 1), view.up)):
        tip = corner + 0.08 * scene.size * np.array(along)
        _arrow(axis, corner, tip, "0.3")
        x, y = (corner + 0.1 * scene.size * np.array(along)).tolist()
        axis.text(x, y, f"${'xyz'[name]}$", ha="center", va="center", color="0.3")


def _scale_bar(axis: Axes, scene: Scene) -> None:
    """A bar of a round number of mm in the upper left corner."""
    raw = 0.25 * float(scene.high[2] - scene.low[2])
    power = 10.0 ** np.floor(np.log10(raw))
    bar = power * max(k for k in (1, 2, 5) if k * power <= raw)
    left, y = scene.low[2] + 0.02 * scene.size, scene.high[1] - 0.03 * scene.size
    axis.plot([left, left + bar], [y, y], color=BLACK, linewidth=2.2, solid_capstyle="butt")
    axis.text(left + bar / 2, y - 0.012 * scene.size, f"{bar:g} mm", ha="center", va="top", fontsize=8)


def _legend_of_one(events: Events, track: Track, scene: Scene) -> list[Line2D | Patch]:
    """Everything about a single event."""
    row, arrangement = track.row, scene.arrangement
    nucleus, neutrino = symbol(int(events["pdg_A"][row])), symbol(int(events["pdg_nu"][row]))
    where = f" in crystal {arrangement.crystals[track.crystal].name}" if arrangement else ""
    recoil = energy(float(events["E_R"][row]))
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=BLUE, label=f"{neutrino}, {energy(float(events['E_nu'][row]))}"),
        Line2D([], [], color=BLACK, label=f"recoil of {nucleus}, {recoil}{where} (its direction)"),
        Line2D([], [], color=PURPLE, linestyle=DASHES, label=f"{_outgoing(events, row)}"),
    ]
    if track.decay is not None and events["E_gamma"][row] > 0:
        photon = rf"$\gamma$, {energy(float(events['E_gamma'][row]))}, {_fate(track, arrangement)}"
        handles.append(Line2D([], [], color=VERMILION, label=photon))
    return handles


def _legend_of_bodies(scene: Scene, hatched: bool) -> list[Line2D | Patch]:
    """What stands still."""
    text = "instrumented volume" if scene.arrangement else f"mean path, {scene.radius:g} mm"
    volume = Line2D([], [], color="0.45", linestyle="--", linewidth=0.9, label=text)
    if scene.arrangement is None:
        return [volume]
    return [
        Patch(facecolor="0.85", edgecolor="0.3", label="target crystals, orange if struck"),
        Patch(
            facecolor=SKY,
            alpha=0.5,
            edgecolor="0.45",
            label="photon detectors" + ", hatched before or behind" * hatched,
        ),
        volume,
    ]


def _legend_of_all(events: Events, tracks: Sequence[Track]) -> list[Line2D | Patch]:
    """One line for each event."""
    handles: list[Line2D | Patch] = []
    for track, colour in zip(tracks, SEQUENCE, strict=False):
        energies = rf"$E_R$ = {energy(float(events['E_R'][track.row]))}"
        if events["E_gamma"][track.row] > 0:
            energies += rf", $E_\gamma$ = {energy(float(events['E_gamma'][track.row]))}"
        handles.append(Line2D([], [], color=colour, label=f"event {events['event'][track.row]}: {energies}"))
    return handles


def _outgoing(events: Events, row: int) -> str:
    """What became of the neutrino."""
    particle, flight = symbol(int(events["pdg_N"][row])), float(events["flight"][row])
    text = f"{particle}, {energy(float(events['E_N'][row]))}"
    return f"{text}, decays after {length(flight)}" if np.isfinite(flight) else f"{text}, leaves"


def _fate(track: Track, arrangement: Arrangement | None) -> str:
    """What became of the photon."""
    if arrangement is None or track.seen_in is None:
        return "not detected" if arrangement else "leaves"
    return f"interacts in detector {arrangement.detectors[track.seen_in].name}"
