"""Draw the package's reactor spectra over those of BESTIOLE-2023, for docs/reactor.md.

Usage: python tools/compare_bestiole.py [--data ../shared/data/reactor/bestiole2023_spectra.csv] [--out docs/images]
"""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
from hepunits import MeV, cm, s
from matplotlib.figure import Figure

from nushine.plotting.style import BLACK, SEQUENCE, house_style
from nushine.sources.reactor import chooz_reactor

COMPONENTS = ("U235", "U238", "Pu239", "Pu241", "U239", "Np239")
RANGES = (0.01, 0.5, 2.0, 4.0, 6.0, 8.0, 9.0)
BIN = 0.025


def main() -> None:
    """Read, compare, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    root = Path(__file__).resolve().parents[1]
    data = root.parent / "shared" / "data" / "reactor" / "bestiole2023_spectra.csv"
    parser.add_argument("--data", type=Path, default=data)
    parser.add_argument("--out", type=Path, default=root / "docs" / "images")
    arguments = parser.parse_args()
    table = np.loadtxt(arguments.data, delimiter=",", skiprows=1)
    E_nu, theirs = table[:, 0], table[:, 1:].T

    reactor = chooz_reactor()
    parts = reactor.components()
    fissions = float(reactor.fission_flux)
    fractions = reactor.fractions
    weights = [fissions * float(getattr(fractions, name)) for name in COMPONENTS[:4]]
    weights += [fissions * float(reactor.captures_per_fission)] * 2
    edges = np.concatenate([E_nu - BIN / 2, E_nu[-1:] + BIN / 2])
    ours = {}
    for name in COMPONENTS:
        above = np.array([float(parts[name].integral(max(edge, 0.01), None)) for edge in edges])
        ours[name] = -np.diff(above) / BIN
    bestiole = dict(zip(COMPONENTS, (w * t for w, t in zip(weights, theirs, strict=True)), strict=True))
    draw(arguments.out / "reactor-bestiole.png", E_nu, ours, bestiole)
    for low, high in pairwise(RANGES):
        inside = (E_nu > low) & (E_nu < high)
        ratio = sum(ours.values())[inside].sum() / sum(bestiole.values())[inside].sum()
        print(f"{low:g} to {high:g} MeV: ours / BESTIOLE = {ratio:.3f}")


def draw(path: Path, E_nu: np.ndarray, ours: dict[str, np.ndarray], bestiole: dict[str, np.ndarray]) -> None:
    """Flux above, ratio below."""
    unit = cm**2 * s * MeV
    with house_style():
        figure = Figure(figsize=(6.0, 5.6))
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        totals = sum(ours.values()), sum(bestiole.values())
        curves = [("total", BLACK, *totals)]
        curves += [(name, c, ours[name], bestiole[name]) for name, c in zip(COMPONENTS, SEQUENCE, strict=True)]
        for name, colour, mine, theirs in curves:
            top.loglog(E_nu, np.where(mine > 0, mine, np.nan) * unit, color=colour, label=name)
            top.loglog(E_nu, np.where(theirs > 0, theirs, np.nan) * unit, color=colour, linestyle=":")
            both = (mine > 0) & (theirs > theirs.max() * 1e-9) & (E_nu < 9)
            bottom.semilogx(E_nu[both], (mine / np.where(both, theirs, 1.0))[both], color=colour, linewidth=1.0)
        bottom.axhline(1.0, color="0.5", linewidth=0.8)
        top.set(ylim=(1e5, 4e12), ylabel=r"$d\Phi/dE_\nu$ [1/(cm$^2$ s MeV)]")
        top.legend(ncols=2, loc="lower left", title="solid: nushine, dotted: BESTIOLE-2023", title_fontsize=8)
        bottom.set(xlim=(0.01, 10), ylim=(0.4, 1.4), xlabel=r"$E_\nu$ [MeV]", ylabel="nushine / BESTIOLE")
        figure.savefig(path, dpi=130)


if __name__ == "__main__":
    main()
