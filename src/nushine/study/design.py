"""Figure (e): what buys reach."""

import numpy as np
from numpy.typing import NDArray

from nushine import experiments
from nushine.interactions import MAJORANA
from nushine.plotting.design import design
from nushine.statistics import KNOBS, Sensitivities, scan, sensitivities
from nushine.study.result import Advance, Result, power, table

FloatArray = NDArray[np.float64]

EXPERIMENT, LABEL = "nucleus-1kg", "NUCLEUS 1 kg"
MASSES = (0.1, 1.0, 3.0, 6.0)
SCANNED = (1.0, 6.0)
RANGES = {
    "mass or live time": (0.1, 100.0),
    "flight path": (0.2, 10.0),
    "photon coverage": (0.1, 2.0),
    "recoil threshold": (0.5, 10.0),
    "photon threshold": (0.2, 20.0),
    "background": (0.01, 10.0),
    "background uncertainty": (0.1, 10.0),
}
"""Factors on each number: photons can be seen in at most all directions, thresholds below 10 eV are in the noise."""

POINTS = 13
STEPS = len(MASSES) + len(SCANNED) * len(RANGES)

# For each number that is turned, factors and limits over that of the experiment as it is.
Scans = dict[str, tuple[FloatArray, FloatArray]]


def make(advance: Advance) -> Result:
    """Compute and draw."""
    experiment = experiments.load(EXPERIMENT)
    slopes = sensitivities(experiment, MASSES, MAJORANA, progress=lambda: advance(1))
    scans: dict[float, Scans] = {m_N: {} for m_N in SCANNED}
    for m_N in SCANNED:
        for knob in KNOBS:
            if knob.name in RANGES:
                factors = np.append(np.geomspace(*RANGES[knob.name], POINTS - 1), 1.0)
                factors.sort()
                limits = scan(experiment, m_N, knob, factors, MAJORANA)
                scans[m_N][knob.name] = factors, limits / limits[factors == 1.0]
                advance(1)
    figure = design(slopes, scans, LABEL)
    return Result(figure, {"-slopes": _slope_columns(slopes), "": _scan_columns(scans)}, _summary(slopes, scans))


def _slope_columns(slopes: Sensitivities) -> dict[str, FloatArray]:
    columns: dict[str, FloatArray] = {"m_N [MeV]": slopes.m_N, "mu [mu_B]": slopes.mu}
    return columns | {f"dln(mu)/dln({name})": slopes.slopes[:, k] for k, name in enumerate(slopes.knobs)}


def _scan_columns(scans: dict[float, Scans]) -> dict[str, FloatArray]:
    columns: dict[str, FloatArray] = {}
    for m_N, curves in scans.items():
        for name, (factors, limits) in curves.items():
            columns |= {
                f"factor on {name}, m_N = {m_N:g} MeV": factors,
                f"mu over nominal, {name}, {m_N:g} MeV": limits,
            }
    return columns


def _summary(slopes: Sensitivities, scans: dict[float, Scans]) -> str:
    rows = [[name, *(f"{x:+.3f}" for x in slopes.slopes[:, k])] for k, name in enumerate(slopes.knobs)]
    gains = []
    for m_N, curves in scans.items():
        best = {name: float(limits.min()) for name, (_, limits) in curves.items()}
        order = sorted(best, key=lambda name: best[name])[:3]
        gains.append(
            f"- At {m_N:g} MeV, within the ranges of the scan: "
            + ", ".join(f"{name} lowers the limit to {best[name]:.2f} of its value" for name in order)
            + "."
        )
    limits = ", ".join(f"{power(mu)} at {m:g} MeV" for m, mu in zip(slopes.m_N, slopes.mu, strict=True))
    return (
        f"{LABEL} as it is, Majorana N, photon and recoil: {limits} [mu_B]. The table gives d ln mu / d ln x, exact\n"
        "derivatives of the median limit on the full likelihood: -0.25 is what a signal that goes as mu^4 gains\n"
        "without background, -0.125 with much of it. Photon coverage takes its background along.\n\n"
        + table(["x", *(f"{m:g} MeV" for m in slopes.m_N)], rows)
        + "\n"
        + "\n".join(gains)
        + "\n"
    )
