"""Events and reach of an experiment of one's own, described in own_experiment.yaml.

Run it with ``python examples/own_experiment.py``.
"""

from pathlib import Path

import jax

import nushine as ns
from nushine.observables import highest_mass


def main() -> None:
    """Print what the experiment sees, what it can exclude, and what a longer path would bring."""
    experiment = ns.experiments.load(Path(__file__).with_name("own_experiment.yaml"))
    print(f"{experiment.name}: N up to {highest_mass(experiment):.3g} MeV can be made")

    signal = ns.Dipole(m_N=2.0, mu=1e-7, nature=ns.MAJORANA)
    for channel in (ns.RECOIL, ns.PHOTON, ns.COINCIDENCE):
        print(f"{channel.name:12s} {float(ns.expected_events(experiment, signal, channel)):10.4g} events")

    contour = ns.exclusion(experiment, [0.5, 1.0, 2.0, 4.0], nature=ns.MAJORANA)
    for m_N, mu in zip(contour.m_N, contour.mu, strict=True):
        print(f"m_N = {m_N:g} MeV: mu < {mu:.2e} mu_B expected at {contour.cl:.0%} CL")

    def rate(path: float) -> jax.Array:
        return ns.sterile_rate(experiment.source, experiment.target, signal, path)

    gain = float(jax.grad(rate)(experiment.path) * experiment.path / rate(experiment.path))
    print(f"d log(rate) / d log(path) = {gain:.3f}")


if __name__ == "__main__":
    main()
