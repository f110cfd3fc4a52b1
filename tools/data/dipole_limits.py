"""Rebuild the published-limits tables of `nushine.constraints` from the PyPI package HNLimits (MIT licence).

Usage: ``python tools/data/dipole_limits.py [FOLDER]`` (default: the package's own data folder). Needs ``HNLimits``.

HNLimits ships text files of digitised curves and, beside some of them, the published figures as PDF. The text files
give a mass in MeV or GeV and either d [GeV^-1] (L = d nubar sigma N F) or mu [mu_B] (L = (mu/2) nubar sigma N F,
d = mu/2). Two low-mass curves and two extensions are read from the vector paths of the figure of arXiv:2007.15563.
"""

import csv
import hashlib
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
from dipole_limits_curves import CURVES, Curve, Piece, Stroke
from hepunits import GeV
from numpy.typing import NDArray

from nushine.constants import mu_B

FOLDER = Path(__file__).resolve().parents[2] / "src" / "nushine" / "constraints" / "data"
MU_PER_D = 2 / (mu_B * GeV)
"""mu/mu_B per d [GeV^-1]."""
LICENCE = (
    "digitised by HNLimits, https://github.com/mhostert/Heavy-Neutrino-Limits, "
    "MIT licence, copyright (c) 2021 Matheus Hostert; the numbers are those of the papers named per curve"
)
INDEX_COLUMNS = (
    ("curve", "identifier"),
    ("label", "text for legends"),
    ("flavour", "flavour of the moment: e, mu, tau, or universal (flavour-blind)"),
    ("solar", "yes where the limit holds for the flavour mixture of solar neutrinos"),
    ("kind", "laboratory, astrophysical or cosmological"),
    ("boundary", "lower: excluded above the line; closed: excluded inside the polygon"),
    ("convention", "coupling of the file: d [GeV^-1] or mu [mu_B]"),
    ("cl", "published confidence level, never rescaled"),
    ("paper", "where the limit was derived"),
    ("arxiv", "arXiv number"),
    ("files", "files of HNLimits/include/data/dipole the points come from"),
    ("variant_of", "curve of the same data in another analysis or model, which stands for both in envelopes"),
    ("note", "open questions, and how the points were joined"),
)

Points = NDArray[np.float64]


def source_folder() -> Path:
    """Folder of the dipole curves in the installed HNLimits (the package itself is not imported)."""
    return Path(str(distribution("HNLimits").locate_file("HNLimits/include/data/dipole")))


def read_piece(folder: Path, piece: Piece) -> Points:
    """Points (m_N [MeV], mu [mu_B]) of one file, in file order; comments and rows with d > 100 (markers) left out."""
    lines = (line.split("#")[0].replace('*""', "") for line in (folder / piece.file).read_text().splitlines())
    table = np.array([[float(x) for x in line.split()] for line in lines if line.strip()])
    if piece.convention == "d":
        table = table[table[:, 1] < 100] * [1, MU_PER_D]
    table = table * [piece.mass_unit, 1]
    return table[::-1] if piece.backwards else table


def figure_strokes(path: Path) -> list[Points]:
    """Stroked polylines of more than ten points in the largest drawing of a PDF, page coordinates, drawing order.

    A line that goes on where the last one ended is the same line, as programs cut long ones.
    """
    raw = path.read_bytes()
    text = max((_inflate(raw[m.end() :]) for m in re.finditer(rb"(?<!end)stream\r?\n", raw)), key=len)
    strokes: list[Points] = []
    for line in _polylines(text.split()):
        if strokes and np.array_equal(strokes[-1][-1], line[0]):
            strokes[-1] = np.vstack([strokes[-1], line[1:]])
        else:
            strokes.append(line)
    return [stroke for stroke in strokes if len(stroke) > 10]


def _inflate(data: bytes) -> str:
    try:
        text = zlib.decompressobj().decompress(data).decode("latin1")
    except zlib.error:
        return ""
    return text if " cm" in text else ""


def _polylines(tokens: list[str]) -> Iterator[Points]:
    scale, shift, stack, line = np.ones(2), np.zeros(2), [], []
    for k, token in enumerate(tokens):
        if token == "q":
            stack.append((scale, shift))
        elif token == "Q":
            scale, shift = stack.pop()
        elif token in ("cm", "m", "l"):
            point = np.array([float(tokens[k - 2]), float(tokens[k - 1])]) * scale + shift
            if token == "cm":
                scale, shift = scale * np.array([float(tokens[k - 6]), float(tokens[k - 3])]), point
            else:
                line = [*line, point] if token == "l" else [point]
        elif token == "S":
            yield np.array(line)


def read_figure(folder: Path, stroke: Stroke) -> Points:
    """Points (m_N [MeV], mu [mu_B]) of one stroke of a figure, inside its frame."""
    frame = stroke.figure
    line = figure_strokes(folder / frame.file)[stroke.order]
    if len(line) != stroke.vertices:
        raise ValueError(
            f"stroke {stroke.order} of {frame.file} has {len(line)} vertices, not {stroke.vertices}: another figure?"
        )
    u = _thinned(_enter_frame((line - [frame.left, frame.bottom]) / [frame.width, frame.height]), stroke.step)
    low, high = np.log10([frame.m_N, frame.coupling]).T
    points = np.asarray(10 ** (low + u * (high - low)))
    return points * [1, MU_PER_D] if frame.convention == "d" else points


def _thinned(u: Points, step: float) -> Points:
    """Leave out vertices that are closer than a step to the last one that is kept; both ends stay."""
    kept = [u[0]]
    for vertex in u[1:-1]:
        if np.max(np.abs(vertex - kept[-1])) >= step:
            kept.append(vertex)
    return np.array([*kept, u[-1]])


def _enter_frame(u: Points) -> Points:
    """Cut a polyline that starts left of the frame at its left edge, and drop what lies above the frame."""
    outside = np.flatnonzero(u[:, 0] < -1e-6)
    if outside.size:
        k = outside[-1]
        u = np.vstack([[0.0, np.interp(0.0, u[k : k + 2, 0], u[k : k + 2, 1])], u[k + 1 :]])
    return u[u[:, 1] <= 1 + 1e-6]


def _close(points: Points, corners: str) -> Points:
    """Add the corners along which a region continues to the edge of its figure."""
    closings: dict[str, Callable[[Points], Points]] = {
        "": lambda p: p,
        "upper left": lambda p: np.vstack([p, [p[-1, 0], p[0, 1]]]),
        "bbn frame": lambda p: np.vstack([p[:-6], [0.01, p[-7, 1]], [0.01, p[0, 1]]]),
    }
    return closings[corners](points)


def curve_points(folder: Path, curve: Curve) -> Points:
    """All points of one curve; a closed polygon does not repeat its first point."""
    digitised = [read_piece(folder, piece) for piece in curve.pieces]
    points = np.vstack(digitised) if digitised else np.zeros((0, 2))
    if curve.stroke:
        extension = read_figure(folder, curve.stroke)
        m_max = points[0, 0] if len(points) else np.inf
        points = np.vstack([extension[extension[:, 0] < m_max], points])
    if curve.boundary == "closed":
        points = _close(points, curve.corners)
        repeated = np.all(points == np.roll(points, 1, axis=0), axis=1)
        points = points[~repeated]
    return points


def write_table(path: Path, header: list[str], rows: list[list[str]]) -> None:
    """Write a CSV file (ASCII, LF)."""
    with path.open("w", newline="", encoding="ascii") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_sidecar(path: Path, title: str, where: str, columns: tuple[tuple[str, str], ...]) -> None:
    """Write the TOML file that goes with a CSV file."""
    keys = {
        "title": title,
        "paper": "per curve: see the columns paper and arxiv of dipole_limits_index.csv",
        "arxiv": "2304.06772",
        "where": where,
        "licence": LICENCE,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "script": "tools/data/dipole_limits.py",
    }
    lines = [f'{key} = "{value}"' for key, value in keys.items()]
    lines += ["", "[columns]", *(f'{name} = "{meaning}"' for name, meaning in columns)]
    path.with_suffix(".toml").write_text("\n".join(lines) + "\n", encoding="ascii")


def build(folder: Path = FOLDER) -> None:
    """Write dipole_limits.csv, dipole_limits_index.csv and their sidecars into folder."""
    source = source_folder()
    version = distribution("HNLimits").version
    rows = [[curve.name, f"{m_N:.7g}", f"{mu:.7g}"] for curve in CURVES for m_N, mu in curve_points(source, curve)]
    points = folder / "dipole_limits.csv"
    write_table(points, ["curve", "m_N", "mu"], rows)
    units = (("curve", "identifier, see the index"), ("m_N", "MeV"), ("mu", "mu_B, L = (mu/2) nubar sigma N F"))
    where = f"HNLimits {version} on PyPI, include/data/dipole (compilation of arXiv:2304.06772)"
    write_sidecar(points, "Published limits on the neutrino dipole portal, points of the curves", where, units)
    index = folder / "dipole_limits_index.csv"
    write_table(index, [name for name, _ in INDEX_COLUMNS], [curve.row() for curve in CURVES])
    write_sidecar(index, "Published limits on the neutrino dipole portal, one row per curve", where, INDEX_COLUMNS)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
