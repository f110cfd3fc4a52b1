"""One look for all figures: colour-blind safe colours, serif mathematics, ticks on all sides."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = [
    "BLACK",
    "BLUE",
    "DASHED",
    "GREEN",
    "ORANGE",
    "PURPLE",
    "SEQUENCE",
    "VERMILION",
    "Figure",
    "corner_label",
    "house_style",
    "save",
]

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
"""The palette of Okabe and Ito (2008), told apart with every common form of colour vision."""

SEQUENCE = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY)

DASHED = (0, (4, 1.5))

RC: Mapping[str, object] = {
    "font.size": 9.0,
    "axes.labelsize": 10.0,
    "axes.titlesize": 10.0,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "mathtext.fontset": "cm",
    "lines.linewidth": 1.4,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "axes.linewidth": 0.8,
    "figure.constrained_layout.use": True,
    "savefig.dpi": 200,
    "pdf.fonttype": 42,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with the settings above, and leave those of the user as they were."""
    with mpl.rc_context(dict(RC)):  # type: ignore[arg-type]
        yield


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write a figure as PDF (without its date, so that equal figures are equal files) and as PNG."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # else it remarks on the dates inside the fonts
    FigureCanvasAgg(figure)
    figure.savefig(folder / f"{name}.pdf", metadata={"CreationDate": None})
    figure.savefig(folder / f"{name}.png")


def corner_label(axes: Axes, text: str, x: float = 0.04, y: float = 0.95) -> None:
    """Write a label into a corner of the axes."""
    axes.text(x, y, text, transform=axes.transAxes, va="top", ha="left" if x < 0.5 else "right")
