"""Events as particles and vertices: what HepMC3 and LHE have in common."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nushine.events import particles
from nushine.events.record import Events, RunCard

FloatArray = npt.NDArray[np.float64]

FINAL, DECAYED, BEAM, TARGET = 1, 2, 4, 20
"""Status of particles in NuHepMC."""

PRIMARY_VERTEX, DECAY_VERTEX = 1, 22
"""Status of vertices in NuHepMC; the second is this generator's own."""


CEVNS, UP_SCATTERING = 150, 750
"""Codes of processes in the ranges of E.C.1: low-energy nuclear scattering, and others; both neutral current."""


class Graph(NamedTuple):
    """Six particles of each event: neutrino, nucleus, N, recoiling nucleus, photon and what else N decays to.

    PDG codes and masses [MeV], shape (n, 6); four-momenta (px, py, pz, E) [MeV], shape (n, 6, 4); number of vertices, 2
    where N decays to a photon, else 1 and the last two particles are absent; places of production and decay (x, y, z)
    [mm] and times [ns], shape (n, 4).
    """

    pdg: npt.NDArray[np.int32]
    mass: FloatArray
    momentum: FloatArray
    vertices: npt.NDArray[np.int64]
    primary: FloatArray
    decay: FloatArray


def process(card: RunCard) -> int:
    """Code of the process of a run."""
    return CEVNS if card.m_N == 0 and not card.modes else UP_SCATTERING


def graph(events: Events, card: RunCard) -> Graph:
    """The particles and vertices of events."""
    n = len(events)
    decays = events["pdg_out"] != 0
    pdg = np.zeros((n, 6), dtype=np.int32)
    for i, name in enumerate(("pdg_nu", "pdg_A", "pdg_N", "pdg_A")):
        pdg[:, i] = events[name]
    pdg[:, 4], pdg[:, 5] = np.where(decays, particles.PHOTON, 0), events["pdg_out"]
    momentum = np.stack([events.p4(name) for name in ("nu", "target", "N", "A", "gamma", "out")], axis=1)
    mass = np.zeros((n, 6))
    mass[:, 1] = mass[:, 3] = events["m_A"]
    mass[:, 2] = np.where(np.abs(pdg[:, 2]) == particles.N, card.m_N, 0.0)
    mass[:, 5] = np.where(np.abs(pdg[:, 5]) == particles.N_PRIME, _mass(momentum[:, 5]), 0.0)
    zero = np.zeros(n)
    primary = np.stack([events["x"], events["y"], events["z"], zero], axis=1)
    decay = np.stack([np.where(decays, events[f"decay_{axis}"], 0.0) for axis in "xyzt"], axis=1)
    return Graph(pdg, mass, momentum, 1 + decays.astype(np.int64), primary, decay)


def _mass(momentum: FloatArray) -> FloatArray:
    square = momentum[:, 3] ** 2 - np.sum(momentum[:, :3] ** 2, axis=1)
    mass: FloatArray = np.sqrt(np.maximum(square, 0.0))
    return mass
