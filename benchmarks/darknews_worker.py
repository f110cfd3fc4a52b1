"""Time the total up-scattering cross section of DarkNews; prints one line of JSON. Runs without nushine.

Usage: ``python darknews_worker.py E_nu m_N mu_tr nucleus repeats`` with E_nu and m_N in MeV and mu_tr in 1/GeV.
"""

import json
import statistics
import sys
import time
from importlib.metadata import version

import DarkNews
from DarkNews import pdg

DIPOLE = ["TMM_SQR"]


def main(E_nu: float, m_N: float, mu_tr: float, nucleus: str, repeats: int) -> dict[str, object]:
    model = DarkNews.model.GenericHNLModel(m4=m_N / 1e3, mu_tr_e4=mu_tr, HNLtype="dirac")
    target = DarkNews.NuclearTarget(nucleus)
    seconds: dict[str, list[float]] = {}
    sigma: dict[str, list[float]] = {}
    for helicity in ("flipping", "conserving"):
        process = DarkNews.UpscatteringProcess(pdg.nue, pdg.neutrino4, target, "coherent", model, helicity)
        process.total_xsec(E_nu / 1e3, diagrams=DIPOLE)
        seconds[helicity], sigma[helicity] = [], []
        for _ in range(repeats):
            start = time.perf_counter()
            value = process.total_xsec(E_nu / 1e3, diagrams=DIPOLE)
            seconds[helicity].append(time.perf_counter() - start)
            sigma[helicity].append(float(value))
    sums = [sum(pair) for pair in zip(*sigma.values(), strict=True)]
    mean = statistics.mean(sums)
    return {
        "version": version("DarkNews"),
        "seconds": seconds,
        "sigma_cm2": mean,
        "scatter": statistics.stdev(sums) / mean,
    }


if __name__ == "__main__":
    E_nu, m_N, mu_tr = (float(x) for x in sys.argv[1:4])
    print(json.dumps(main(E_nu, m_N, mu_tr, sys.argv[4], int(sys.argv[5]))))
