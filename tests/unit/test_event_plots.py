"""The pictures of events: what is drawn is what the events say, in the units of the axes."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hepunits import cm3, g, year
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

import nushine as ns
from made_events import card, made
from nushine.detectors import Arrangement, Body, Box, Crystal, Cylinder, Shell, Sphere, material
from nushine.events.record import Events
from nushine.observables import Spectrum, photon_energy_spectrum
from nushine.plotting.bodies import BEAM, SIDE, hides, outline
from nushine.plotting.display import event_display
from nushine.plotting.events import summary
from nushine.plotting.labels import energy, length, symbol
from nushine.plotting.run_card import share, with_error
from nushine.plotting.style import house_style
from nushine.plotting.tracks import scene_of, track_of

SUM = 1e-12  # sums of a few thousand numbers, in another order


def drawn(figure: Figure) -> Figure:
    """Draw it, which is where matplotlib warns and fails."""
    FigureCanvasAgg(figure).draw()
    return figure


def panel(figure: Figure, label: str) -> Axes:
    (found,) = [axis for axis in figure.axes if label in axis.get_xlabel() and axis.get_ylabel().startswith("rate")]
    return found


def histograms(axis: Axes) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Values and edges of seen and of all events."""
    seen, every = ((p.get_data().values, p.get_data().edges) for p in axis.patches if isinstance(p, StepPatch))
    return seen, every


@pytest.mark.parametrize(("label", "log"), [("E_R", True), ("E_\\nu", False), ("E_\\gamma", False), ("theta_", False)])
def test_area_of_a_histogram_is_the_rate(label: str, log: bool) -> None:
    events = made(5000)
    per = events.card.rate_per_year / events.card.n
    axis = panel(summary(events), label)
    for (values, edges), chosen in zip(histograms(axis), (events["seen"], slice(None)), strict=True):
        area = np.sum(values * np.diff(np.log10(edges) if log else edges))
        assert area == pytest.approx(per * np.sum(events["weight"][chosen]), rel=SUM)


def test_errors_are_those_of_weights() -> None:
    events = made(5000)
    axis = panel(summary(events), "E_\\nu")
    (_, edges), bars = histograms(axis)[1], axis.containers[1].lines[2][0].get_segments()
    inside = (events["E_nu"] >= edges[3]) & (events["E_nu"] < edges[4])
    error = np.sqrt(np.sum(events["weight"][inside] ** 2)) * events.card.rate_per_year / events.card.n
    assert (bars[3][1, 1] - bars[3][0, 1]) / 2 == pytest.approx(error / (edges[4] - edges[3]), rel=1e-10)  # differences


def test_a_subset_shows_its_share_of_the_rate() -> None:
    events = made(5000)
    part = events[events["seen"]]
    values, edges = histograms(panel(summary(part), "E_\\nu"))[1]
    expected = np.sum(part["weight"]) * events.card.rate_per_year / events.card.n
    assert np.sum(values * np.diff(edges)) == pytest.approx(expected, rel=SUM)


@pytest.mark.parametrize(("variable", "label"), [("E_R", "E_R"), ("E_gamma", "E_\\gamma")])
def test_deterministic_lines_have_the_unit_of_the_axis(variable: str, label: str) -> None:
    exposure = 2.5 * year
    events = replace(made(1000), card=card(1000, exposure=exposure))
    x = np.geomspace(1e-5, 1e-3, 400) if variable == "E_R" else np.linspace(0.1, 8.0, 400)
    flat = Spectrum(x, 100.0 / (x[-1] - x[0]) * np.ones(400), variable, "nucleus-1kg", "flat")  # 100 events
    axis = panel(summary(events, [flat]), label)
    line = next(line for line in axis.lines if len(line.get_xdata()) == 400)
    across = np.log10(line.get_xdata()) if variable == "E_R" else line.get_xdata()
    per_year = np.trapezoid(line.get_ydata(), across)
    assert per_year == pytest.approx(100.0 / 2.5, rel=1e-4)  # trapezoids of exp on steps of 0.0115: h^2/12 = 1.1e-5


def test_generated_events_follow_the_deterministic_line() -> None:
    experiment, signal = ns.experiments.load("nucleus-1kg"), ns.Dipole(m_N=3.0, mu=1e-8)
    events = ns.generate(experiment, signal, n=65_536, seed=5)
    line = photon_energy_spectrum(experiment, signal, np.linspace(0.0, 8.0, 201)[1:])
    axis = panel(summary(events, [line]), "E_\\gamma")
    (values, edges), _ = histograms(axis)
    drawn_line = max(axis.lines, key=lambda found: len(found.get_xdata()))
    x, y = (np.asarray(values) for values in drawn_line.get_data())
    below = np.concatenate([[0.0], np.cumsum((y[1:] + y[:-1]) / 2 * np.diff(x))])
    per_event = events.card.rate_per_year / events.card.n
    expected, found = np.diff(np.interp(edges, x, below)) / per_event, values * np.diff(edges) / per_event
    enough = expected > 50
    chi2 = np.sum((found - expected)[enough] ** 2 / expected[enough])
    # the sum of k normal numbers squared is k with a deviation of sqrt(2k): 4 of them
    assert enough.sum() >= 20
    assert chi2 < enough.sum() + 4 * np.sqrt(2 * enough.sum())


def test_pages_without_photon_or_decay_are_drawn() -> None:
    stable = made(500, decays=False, nature="", process="CEvNS", channel="recoil", modes=(), m_N=0.0, mu=0.0)
    with house_style():
        figure = drawn(summary(stable))
    said = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert said.count("in no event of this sample") == 4  # photon energy, its angle, flight, and the plane


def test_one_event_is_a_page() -> None:
    with house_style():
        drawn(summary(made(1)))


def test_summary_refuses_what_it_cannot_draw() -> None:
    events = made(100)
    with pytest.raises(ValueError, match="no events to draw"):
        summary(events[events["E_nu"] < 0])
    unknown = Spectrum(np.ones(2), np.ones(2), "q2", "nucleus-1kg", "any")
    with pytest.raises(ValueError, match="no panel for a spectrum over 'q2'"):
        summary(events, [unknown])


def test_run_card_tells_the_sample() -> None:
    events = made(1000)
    figure = summary(events)
    text = " | ".join(t.get_text() for t in figure.axes[0].texts)
    share_seen = np.sum(events["weight"][events["seen"]]) / np.sum(events["weight"])
    for part in (
        "nucleus-1kg",
        "Dirac",
        "coincidence",
        "1,000 events, seed 1",
        f"{share_seen:.3f}",
        "0.3142$ per year",
    ):
        assert part in text


def test_share_has_the_binomial_error() -> None:
    chosen = np.arange(10_000) < 2500
    # sqrt(p (1 - p) / n) = 0.00433 for weights that are equal
    assert share(np.full(10_000, 3.0), chosen) == r"$0.2500 \pm 0.0043$"


def test_share_without_events_is_a_limit() -> None:
    none = np.zeros(1000, dtype=bool)
    # 90 % CL: exp(-s) = 0.1 for none seen, s = 2.303
    assert share(np.ones(1000), none) == "$< 0.0023$ (90% CL)"
    assert share(np.ones(1000), ~none) == "all, $> 1 - 0.0023$ (90% CL)"


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (3.5357, 0.0123, r"$3.536 \pm 0.012$"),
        (1234.6, 45.0, r"$1235 \pm 45$"),
        (2344740.7, 5242.9, r"$(2.3447 \pm 0.0052) \times 10^{6}$"),
        (1.0e-5, 0.71e-5, r"$(1.00 \pm 0.71) \times 10^{-5}$"),
        (0.5, 0.0, "$0.5$"),
    ],
)
def test_errors_have_two_digits(value: float, error: float, text: str) -> None:
    assert with_error(value, error) == text


def test_labels() -> None:
    assert [energy(x) for x in (8.5e-5, 1.25e-3, 3.0)] == ["85 eV", "1.25 keV", "3 MeV"]
    assert [length(x) for x in (0.5, 2500.0, 2.61e7)] == ["0.5 mm", "2.5 m", "26.1 km"]
    assert symbol(-12) == r"$\bar{\nu}_{e}$"
    assert symbol(14) == r"$\nu_{\mu}$"
    assert symbol(1000741840) == "$^{184}$W"
    assert [symbol(9900012), symbol(-9900014)] == ["$N$", r"$\bar{N}'$"]


def corners(shape: Box | Cylinder | Shell | Sphere, view: object) -> list[tuple[float, ...]]:
    return [tuple(np.round(p.get_extents().extents, 6)) for p in outline(shape, view)]  # type: ignore[arg-type]


def test_outlines() -> None:
    assert corners(Box([1.0, 2.0, 3.0], [0.5, 1.0, 2.0]), SIDE) == [(1.0, 1.0, 5.0, 3.0)]
    assert corners(Box([1.0, 2.0, 3.0], [0.5, 1.0, 2.0]), BEAM) == [(0.5, 1.0, 1.5, 3.0)]
    assert corners(Cylinder([0.0, 0.0, 0.0], 2.0, 5.0, "y"), SIDE) == [(-2.0, -5.0, 2.0, 5.0)]
    assert corners(Cylinder([0.0, 0.0, 0.0], 2.0, 5.0, "z"), BEAM) == [(-2.0, -2.0, 2.0, 2.0)]
    assert corners(Sphere([1.0, 0.0, 0.0], 2.0), BEAM) == [(-1.0, -2.0, 3.0, 2.0)]
    assert corners(Shell([0.0, 0.0, 0.0], 2.0, 3.0, 5.0, "z"), SIDE) == [(-5.0, -3.0, 5.0, -2.0), (-5.0, 2.0, 5.0, 3.0)]
    assert corners(Shell([0.0, 0.0, 0.0], 2.0, 3.0, 5.0, "y"), SIDE) == [(-3.0, -5.0, -2.0, 5.0), (2.0, -5.0, 3.0, 5.0)]
    ring = Shell([0.0, 0.0, 0.0], 2.0, 3.0, 5.0, "z")
    assert corners(ring, BEAM) == [(-3.0, -3.0, 3.0, 3.0)]
    assert [hides(ring, BEAM, np.array([x, 0.0, 9.0])) for x in (0.0, 2.5, 4.0)] == [False, True, False]


@cache
def arrangement() -> Arrangement:
    germanium = material("Ge", 5.323 * g / cm3)
    return Arrangement(
        crystals=(Crystal("a cube", Box([0.0, 0.0, 0.0], [2.5, 2.5, 2.5]), germanium, 0),),
        detectors=(Body("slab", Box([0.0, 0.0, 60.0], [40.0, 40.0, 10.0]), germanium),),
        instrumented=Box([0.0, 0.0, 0.0], [50.0, 50.0, 50.0]),
    )


def one(**columns: float) -> Events:
    """An event whose photon, from (0, 0, 20) mm, flies upwards at 45 degrees into the slab."""
    settings = json.dumps({"arrangement": True, "path_mm": 170.0})
    event = made(1, settings=settings)
    r = np.sqrt(0.5)
    values = {
        **{"x": 1.0, "y": -1.0, "z": 0.0, "decay_x": 1.0, "decay_y": -1.0, "decay_z": 20.0, "flight": 20.0},
        **{"N_px": 0.0, "N_py": 0.0, "N_pz": 3.0, "E_gamma": 2.0},
        **{"gamma_px": 0.0, "gamma_py": 2.0 * r, "gamma_pz": 2.0 * r, "crystal": 0, "detector": 0},
        **columns,
    }
    return Events({k: np.array([values.get(k, v[0])]).astype(v.dtype) for k, v in event.columns.items()}, event.card)


def test_photon_ends_in_the_middle_of_its_way_through_the_detector() -> None:
    track = track_of(one(), 0, scene_of(one(), arrangement()))
    # into the slab at z = 50, out of its top at y = 40, z = 61: the middle is z = 55.5, y = 34.5
    assert track.seen_in == 0
    assert track.photon == pytest.approx([1.0, 34.5, 55.5], rel=1e-12)
    assert track.end == pytest.approx([1.0, -1.0, 20.0])


def test_lost_photon_leaves_the_picture_along_its_direction() -> None:
    events = one(detector=-1)
    scene = scene_of(events, arrangement())
    track = track_of(events, 0, scene)
    assert track.seen_in is None
    assert track.photon is not None
    way = track.photon - np.array([1.0, -1.0, 20.0])
    assert way / np.linalg.norm(way) == pytest.approx([0.0, np.sqrt(0.5), np.sqrt(0.5)], abs=1e-12)
    assert np.any(track.photon > scene.high)


@pytest.mark.parametrize("flight", [np.inf, 1e9])
def test_far_decays_are_not_drawn(flight: float) -> None:
    events = one(flight=flight, decay_z=flight)
    track = track_of(events, 0, scene_of(events, arrangement()))
    assert track.decay is None
    assert track.photon is None
    assert np.all(np.isfinite(track.end))


def test_display_says_the_energies() -> None:
    with house_style():
        figure = drawn(event_display(one(E_R=1.91e-4), arrangement()))
    texts = [text.get_text() for text in figure.axes[0].texts] + [t.get_text() for t in figure.legends[0].get_texts()]
    assert "191 eV" in texts
    assert "2 MeV" in texts
    assert r"$\gamma$, 2 MeV, interacts in detector slab" in texts
    star = next(line for line in figure.axes[0].lines if line.get_marker() == "*")
    assert [float(star.get_xdata()[0]), float(star.get_ydata()[0])] == pytest.approx([55.5, 34.5])


def test_panels_have_one_scale() -> None:
    figure = drawn(event_display(one(), arrangement()))
    scales = [axis.transData.transform([[0, 0], [1, 1]]) for axis in figure.axes[:2]]
    across = [float(x) for (low, high) in scales for x in high - low]
    assert across == pytest.approx([across[0]] * 4, rel=1e-2)  # the layout rounds to pixels, of some 100


def test_displays_without_geometry_or_with_several_events() -> None:
    plain = made(20, settings=json.dumps({"path_mm": 50.0}))
    with house_style():
        drawn(event_display(plain))
        figure = drawn(event_display(plain, index=range(6)))
        drawn(event_display(made(5, decays=False, settings="{}")))
    assert sum("event" in text.get_text() for text in figure.legends[0].get_texts()) == 6


def test_display_refuses_what_does_not_fit() -> None:
    events = one()
    with pytest.raises(ValueError, match="no event in row 1: the sample has 1"):
        event_display(events, arrangement(), 1)
    with pytest.raises(ValueError, match="made in a geometry"):
        event_display(events)
    with pytest.raises(ValueError, match="not made in this arrangement"):
        event_display(one(detector=3), arrangement())
    with pytest.raises(ValueError, match="7 events in one display"):
        event_display(made(20), index=range(7))
