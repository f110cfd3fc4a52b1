"""Spectra: reactor flux, recoils, photon energies and angles."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from nushine.observables import Spectrum
from nushine.plotting.style import BLACK, DASHED, SEQUENCE, corner_label

FloatArray = NDArray[np.float64]

LABELS = {
    "E_R": r"nuclear recoil energy $E_R$ [eV]",
    "E_gamma": r"photon energy $E_\gamma$ [MeV]",
    "cos_theta_gamma": r"photon angle to the beam $\cos\theta_\gamma$",
}


Shapes = Mapping[str, Sequence[tuple[float, Spectrum, Spectrum]]]
"""For each target, (m_N, Dirac, Majorana) for each mass."""


def photon_shapes(energies: Shapes, angles: Shapes) -> Figure:
    """Normalised photon spectra in energy (above) and angle (below), Dirac solid and Majorana dashed."""
    figure = Figure(figsize=(9.0, 6.0))
    grid = figure.subplots(2, len(energies), sharey="row", sharex="row")
    for axes, panels in zip(grid, (energies, angles), strict=True):
        for axis, (target, curves) in zip(axes, panels.items(), strict=True):
            for colour, (m_N, dirac, majorana) in zip(SEQUENCE, curves, strict=False):
                axis.plot(dirac.x, dirac.density, color=colour, label=rf"$m_N = {m_N:g}$ MeV")
                axis.plot(majorana.x, majorana.density, color=colour, linestyle=DASHED)
            axis.set_xlabel(LABELS[curves[0][1].variable])
            corner_label(axis, target, 0.96 if panels is energies else 0.04)
    grid[0, 0].set(yscale="log", xlim=(0, 8), ylim=(1e-4, 10), ylabel=r"$(1/N)\, dN/dE_\gamma$ [1/MeV]")
    grid[1, 0].set(yscale="log", xlim=(-1, 1), ylim=(0.06, 20), ylabel=r"$(1/N)\, dN/d\cos\theta_\gamma$")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    kinds = [Line2D([], [], color=BLACK), Line2D([], [], color=BLACK, linestyle=DASHED)]
    figure.legend([*handles, *kinds], [*labels, "Dirac", "Majorana"], loc="outside upper center", ncols=6)
    return figure


def recoil_spectra(panels: Mapping[str, tuple[Spectrum, Sequence[Spectrum]]], threshold: float, mu: float) -> Figure:
    """Recoil spectra per kg, day and keV: SM CEvNS in black and up-scattering in colours, one panel per target.

    Parameters
    ----------
    panels : mapping
        For each target, the CEvNS spectrum and those of up-scattering; x in MeV, density per kg day keV.
    threshold : float
        Recoil threshold to mark [MeV].
    mu : float
        The moment of the up-scattering, for the legend.

    """
    figure = Figure(figsize=(9.0, 3.4))
    axes = figure.subplots(1, len(panels), sharey=True)
    for axis, (target, (cevns, signals)) in zip(axes, panels.items(), strict=True):
        axis.loglog(cevns.x * 1e6, cevns.density, color=BLACK, label="CEvNS (Standard Model)")
        for colour, spectrum in zip(SEQUENCE, signals, strict=False):
            axis.loglog(spectrum.x * 1e6, spectrum.density, color=colour, label=spectrum.process)
        axis.axvline(threshold * 1e6, color="0.5", linewidth=0.8, linestyle=":")
        corner_label(axis, target, 0.96)
        axis.set(xlim=(0.1, 5e3), ylim=(1e-2, 1e5), xlabel=LABELS["E_R"])
    axes[0].set_ylabel(r"$dR/dE_R$ [1/(kg day keV)]")
    axes[0].text(threshold * 1.15e6, 2e-2, f"{threshold * 1e6:g} eV", color="0.4", fontsize=7)
    handles, labels = axes[0].get_legend_handles_labels()
    title = rf"$\mu_{{\nu N}} = {_power(mu)}\,\mu_B$"
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), title=title)
    return figure


def reactor_spectrum(E_nu: FloatArray, components: Mapping[str, FloatArray], total: FloatArray) -> Figure:
    """Antineutrino flux at the site by component [1/(cm^2 s MeV)] over E_nu [MeV]."""
    figure = Figure(figsize=(5.0, 3.8))
    axis = figure.subplots()
    axis.loglog(E_nu, total, color=BLACK, linewidth=1.8, label="total")
    styles = ("-", "-", "-", "-", "--", "--")
    for colour, style, (name, flux) in zip(SEQUENCE, styles, components.items(), strict=True):
        axis.loglog(E_nu, np.where(flux > 0, flux, np.nan), color=colour, linestyle=style, label=name)
    axis.axvline(1.806, color="0.5", linewidth=0.8, linestyle=":")
    axis.text(1.87, 2e7, "inverse beta decay", rotation=90, color="0.4", fontsize=7, va="bottom")
    axis.set(
        xlim=(0.01, 10),
        ylim=(1e7, 4e12),
        xlabel=r"antineutrino energy $E_\nu$ [MeV]",
        ylabel=r"$d\Phi/dE_\nu$ [1/(cm$^2$ s MeV)]",
    )
    axis.legend(loc="lower left", ncols=2)
    return figure


def _power(x: float) -> str:
    exponent = int(np.floor(np.log10(x)))
    mantissa = x / 10**exponent
    return rf"10^{{{exponent}}}" if abs(mantissa - 1) < 1e-9 else rf"{mantissa:g} \times 10^{{{exponent}}}"
