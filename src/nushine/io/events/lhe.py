"""Les Houches event files, version 3, in GeV as the standard has it.

Each event holds neutrino and nucleus (status -1), N (status 2 if it decays to a photon, else 1) and the recoiling
nucleus (1), photon and other particle (1, with N as mother). Colours are zero. The lifetime of N is c tau [mm] in its
rest frame, the spin of N and of neutrinos is their helicity, 9 for all others. Places of production and decay are in a
comment of each event, as the format has none. Weights are in pb, and their mean is the cross section (IDWTUP 4), also
that of samples with importance or forced decays.

References
----------
[1] J. Alwall et al., Comput. Phys. Commun. 176, 300 (2007).
[2] J. Butterworth et al., Les Houches event files version 3, arXiv:1405.1067, section II.2.

"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pylhe
from hepunits import GeV, c_light, picobarn

from nushine.constants import alpha
from nushine.events import particles
from nushine.events.record import Events, RunCard
from nushine.io.events.card import from_json, to_json
from nushine.io.events.files import Place, named
from nushine.io.events.graph import FloatArray, Graph, graph, process
from nushine.io.events.journal import Journal, State
from nushine.io.events.marks import counted
from nushine.io.events.stream import Appending, Buffer, Encoder

PIECE = 4096
"""Events that are turned into text at a time."""

TAG = "nushineRunCard"
"""Element of the header that holds the run card as JSON."""

UNKNOWN_SPIN = 9.0

LAYOUT = replace(
    pylhe.DEFAULT_FORMAT,
    eventinfo="{nparticles:d} {pid:d} {weight:.17g} {scale:.17g} {aqed:.17g} {aqcd:.17g}",
    particle="{id:d} {status:d} {mother1:d} {mother2:d} {color1:d} {color2:d} {px:.17g} {py:.17g} {pz:.17g} {e:.17g} "
    "{m:.17g} {lifetime:.17g} {spin:.17g}",
    initinfo="{beamA:d} {beamB:d} {energyA:.17g} {energyB:.17g} {PDFgroupA:d} {PDFgroupB:d} {PDFsetA:d} {PDFsetB:d} "
    "{weightingStrategy:d} {numProcesses:d}",
    procinfo="{xSection:.17g} {error:.17g} {unitWeight:.17g} {procId:d}",
)
"""All digits, so that momentum is conserved in the file as it is in memory."""

UNDECAYED = ((-1, 0, 0), (-1, 0, 0), (1, 1, 2), (1, 1, 2))
DECAYED = ((-1, 0, 0), (-1, 0, 0), (2, 1, 2), (1, 1, 2), (1, 3, 0), (1, 3, 0))
"""Status of each particle, and its mothers."""


class LHEEncoder(Encoder):
    """Events as text."""

    def __init__(self, card: RunCard) -> None:
        self._card, self._process = card, process(card)
        self._cross_section = card.cross_section / picobarn

    def header(self, first: Events | None) -> bytes:
        """Run card, and the beams of the first event: each event has its own."""
        beam, nucleus, energy, mass = 0, 0, 0.0, 0.0
        if first is not None:
            beam, nucleus = int(first["pdg_nu"][0]), int(first["pdg_A"][0])
            energy, mass = float(first["E_nu"][0]) / GeV, float(first["m_A"][0]) / GeV
        sigma = self._cross_section
        start = pylhe.LHEInit(
            pylhe.LHEInitInfo(beam, nucleus, energy, mass, 0, 0, 0, 0, 4, 1),
            [pylhe.LHEProcInfo(sigma, self._card.cross_section_error / picobarn, sigma, self._process)],
            [pylhe.LHEGenerator("nushine", self._card.version, "sterile neutrinos through a magnetic moment")],
        )
        card = f"<header>\n<{TAG}>{escape(to_json(self._card))}</{TAG}>\n</header>"
        return f'<LesHouchesEvents version="3.0">\n{card}\n{start.tolhe(LAYOUT)}\n'.encode()

    def body(self, block: Events, offset: int) -> Iterator[Buffer]:  # noqa: ARG002
        """Events, some thousands at a time."""
        for start in range(0, len(block), PIECE):
            yield "".join(f"{event.tolhe(LAYOUT)}\n" for event in self._events(block[start : start + PIECE])).encode()

    def footer(self) -> bytes:
        """The tag that ends the file."""
        return b"</LesHouchesEvents>\n"

    def _events(self, events: Events) -> Iterator["pylhe.LHEEvent"]:
        found = graph(events, self._card)
        weights = (events["weight"] * self._cross_section).tolist()
        scales = (np.sqrt(2 * events["m_A"] * events["E_R"]) / GeV).tolist()
        columns = (found.pdg, found.momentum / GeV, found.mass / GeV, _lifetimes(found), _spins(events, found))
        rows = zip(
            found.vertices.tolist(), weights, scales, _places(found), *(c.tolist() for c in columns), strict=True
        )
        for vertices, weight, scale, comment, *of_particles in rows:
            roles = DECAYED if vertices == 2 else UNDECAYED
            listed = [
                pylhe.LHEParticle(code, status, first, last, 0, 0, p_x, p_y, p_z, E, mass, lifetime, spin)
                for (status, first, last), code, (p_x, p_y, p_z, E), mass, lifetime, spin in zip(
                    roles, *of_particles, strict=False
                )
            ]
            info = pylhe.LHEEventInfo(len(listed), self._process, weight, scale, alpha, 0.0)
            yield pylhe.LHEEvent(info, listed, optional=[comment])


def writer(place: Place, card: RunCard, rows: int, journal: Journal | None, state: State | None) -> Appending:
    """Open an LHE file for writing."""
    return Appending(place, card, rows, journal, state, LHEEncoder(card), "lhe")


def intact(path: Path) -> int:
    """Number of events in a file; ValueError if it is damaged or has no end."""
    return counted(path, b"<event", b"</LesHouchesEvents>")


def read_card(path: Path) -> RunCard:
    """The run card of a file."""
    with named(str(path)), path.open(encoding="utf-8", errors="replace") as file:
        lines = (line.strip() for _, line in zip(range(20), file, strict=False))
        text = next((line for line in lines if line.startswith(f"<{TAG}>")), None)
    if text is None:
        raise ValueError(f"{path}: holds no events of nushine")
    return from_json(ET.fromstring(text).text or "")


def _lifetimes(found: Graph) -> FloatArray:
    """Proper lifetime c tau = c t m / E of N [mm], zero for all others."""
    out = np.zeros(found.mass.shape)
    out[:, 2] = found.decay[:, 3] * c_light * found.mass[:, 2] / found.momentum[:, 2, 3]
    return out


def _spins(events: Events, found: Graph) -> FloatArray:
    """Helicity of N, the component of its spin along its flight, and of neutrinos; a resting N has none."""
    out = np.full(found.mass.shape, UNKNOWN_SPIN)
    for i in (0, 2, 5):
        neutrino = np.isin(np.abs(found.pdg[:, i]), (particles.NU_E, particles.NU_MU, particles.NU_TAU))
        out[:, i] = np.where(neutrino, -np.sign(found.pdg[:, i]), UNKNOWN_SPIN)
    momentum = found.momentum[:, 2, :3]
    p = np.sqrt(np.sum(momentum**2, axis=1))
    along = sum(events[f"N_s{axis}"] * momentum[:, i] for i, axis in enumerate("xyz"))
    helicity = np.where(p > 0, along / np.where(p > 0, p, 1.0), UNKNOWN_SPIN)
    out[:, 2] = np.where(np.abs(found.pdg[:, 2]) == particles.N, helicity, out[:, 2])
    return out


def _places(found: Graph) -> Iterator[str]:
    for vertices, primary, decay in zip(
        found.vertices.tolist(), found.primary.tolist(), found.decay.tolist(), strict=True
    ):
        text = "# production_mm {:.17g} {:.17g} {:.17g}".format(*primary[:3])
        yield text + " decay_mm {:.17g} {:.17g} {:.17g}".format(*decay[:3]) if vertices == 2 else text
