"""Compare samples of events with the deterministic spectra, for the table of docs/validation.md.

Usage: python tools/validate_events.py [--n 1000000] [--targets CaWO4 Al2O3 73Ge] [--masses 0.01 1 5 8.5]

For each target, mass and nature of N: p-values of chi2 and Kolmogorov-Smirnov for six observables, as a Markdown table.
Every combination has a seed of its own, so that the p-values are independent, but for the observables of one sample.
"""

import argparse
import itertools
import sys
from pathlib import Path

import numpy as np
from hepunits import cm, kg, year
from scipy import stats

import nushine as ns
from nushine.events import generate
from nushine.experiments import Experiment
from nushine.targets import compound

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "reference"))
from event_comparison import Comparison, angle
from event_densities import Plane

PATH = 5 * cm
OBSERVABLES = ("E_nu", "E_R", "θ_N", "flight", "E_γ", "θ_γ")


def main() -> None:
    """Generate, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1_000_000, help="events per sample")
    parser.add_argument("--targets", nargs="+", default=["CaWO4", "Al2O3", "73Ge"], help="chemical formulas")
    parser.add_argument("--masses", nargs="+", type=float, default=[0.01, 1.0, 5.0, 8.5], help="m_N [MeV]")
    arguments = parser.parse_args()
    print(f"| target | m_N [MeV] | nature | {' | '.join(OBSERVABLES)} | smallest | median |")
    print("| --- " * (5 + len(OBSERVABLES)) + "|")
    table = []
    cases = itertools.product(arguments.targets, arguments.masses, (ns.DIRAC, ns.MAJORANA))
    for seed, (formula, m_N, nature) in enumerate(cases, start=1):
        results = compared(formula, m_N, nature, arguments.n, seed)
        values = np.array([[r.chi2, r.ks] for r in results])
        table.append(values)
        cells = " | ".join(f"{chi2:.2g} / {ks:.2g}" for chi2, ks in values)
        summary = f"{values.min():.2g} | {np.median(values):.2g}"
        print(f"| {formula} | {m_N:g} | {nature.name} | {cells} | {summary} |", flush=True)
    p = np.array(table)
    for name, function in (("smallest", np.min), ("median", np.median)):
        cells = " | ".join(f"{chi2:.2g} / {ks:.2g}" for chi2, ks in function(p, axis=0))
        print(f"| {name} | | | {cells} | {function(p):.2g} | |")
    chi2 = p[..., 0].ravel()
    print(f"\n{chi2.size} p-values of chi2: uniform with p = {stats.kstest(chi2, 'uniform').pvalue:.2g}")


def compared(formula: str, m_N: float, nature: ns.Nature, n: int, seed: int) -> list[Comparison]:
    """Compare a sample at the moment for which N of m_N + 0.5 MeV has a decay length of one path."""
    weak = ns.Dipole(m_N, 1e-8, nature)
    signal = ns.Dipole(m_N, 1e-8 * float(ns.RADIATIVE.length(m_N + 0.5, weak) / PATH) ** 0.5, nature)
    source, target = ns.sources.chooz(), compound(formula)
    sample = generate(Experiment("validation", source, target, 1 * kg, 1 * year, PATH), signal, n, seed)
    expected = Plane(source, target, signal, PATH, ns.RADIATIVE)
    return [
        expected.neutrino_energy().compare(sample["E_nu"]),
        expected.recoil().compare(sample["E_R"]),
        expected.angle_of_N().compare(angle(sample.columns, "N")),
        expected.flight().compare(sample["flight"]),
        expected.photon_energy().compare(sample["E_gamma"]),
        expected.photon_angle().compare(angle(sample.columns, "gamma")),
    ]


if __name__ == "__main__":
    main()
