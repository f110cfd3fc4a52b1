"""HepMC3 in its text form, with the conventions of NuHepMC 1.0.

An event is: neutrino (status 4) and nucleus (status 20) to N and nucleus at the primary vertex (status 1), and N
(status 2) to photon and other particle at the decay vertex (status 22). N that does not decay to a photon has status 1.
Momenta are in MeV, positions and c t in mm, cross sections in pb per nucleus. Weights have a mean of one, so that the
cross section of a selection is FATX (G.C.5) times the sum of its weights over the sum of all.

References
----------
[1] A. Buckley et al., Comput. Phys. Commun. 260, 107310 (2021).
[2] S. Gardiner, J. Isaacson, L. Pickering, arXiv:2310.13211.

"""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyhepmc
from hepunits import c_light, picobarn
from pyhepmc.io import WriterAscii, pyiostream

from nushine.events.record import Events, RunCard
from nushine.io.events.card import from_json
from nushine.io.events.files import Place, named
from nushine.io.events.graph import BEAM, DECAY_VERTEX, DECAYED, FINAL, PRIMARY_VERTEX, TARGET, Graph, graph, process
from nushine.io.events.journal import Journal, State
from nushine.io.events.marks import counted, lines
from nushine.io.events.nuhepmc import CARD, run_information
from nushine.io.events.stream import Appending, Buffer, Encoder

PIECE = 4096
"""Events that are turned into text at a time."""

END = b"HepMC::Asciiv3-END_EVENT_LISTING"
"""The line that ends the list of events."""

SPIN = "N_spin"
"""Attribute of each event: the spin of N in its rest frame (boosted along its momentum)."""


class HepMC3Encoder(Encoder):
    """Events as text."""

    def __init__(self, card: RunCard) -> None:
        self._card, self._run = card, run_information(card)
        self._buffer = io.BytesIO()
        self._stream = pyiostream(self._buffer)
        self._writer = WriterAscii(self._stream, self._run)
        self._event = pyhepmc.GenEvent(pyhepmc.Units.MEV, pyhepmc.Units.MM)
        self._event.run_info = self._run
        self._shapes = [_shape(card, self._run, vertices) for vertices in (1, 2)]
        self._header = self._first_lines()

    def header(self, first: Events | None) -> bytes:  # noqa: ARG002
        """Version and run information."""
        return self._header

    def body(self, block: Events, offset: int) -> Iterator[Buffer]:  # noqa: ARG002
        """Events, some thousands at a time."""
        for start in range(0, len(block), PIECE):
            self._encode(block[start : start + PIECE])
            yield self._drain()

    def footer(self) -> bytes:
        """The line that ends the list of events."""
        return END + b"\n\n"

    def _first_lines(self) -> bytes:
        """What pyhepmc writes before the first event."""
        self._event.read_data(self._shapes[0].data)
        self._writer.write_event(self._event)
        text = self._drain()
        return text[: text.index(b"\nE ") + 1]

    def _drain(self) -> bytes:
        self._stream.flush()
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text

    def _encode(self, events: Events) -> None:
        """Write events to the buffer."""
        found = graph(events, self._card)
        attributes = self._event.attributes
        spins = zip(*(events[f"N_s{axis}"].tolist() for axis in "xyz"), strict=True)
        rows = zip(
            found.vertices.tolist(),
            events["event"].tolist(),
            events["weight"].tolist(),
            _words(_particles(found, self._shapes[1].particles.dtype)),
            _words(_vertices(found, self._shapes[1].vertices.dtype)),
            found.primary.tolist(),
            spins,
            strict=True,
        )
        for vertices, number, weight, particles, places, (x, y, z, _), (s_x, s_y, s_z) in rows:
            shape = self._shapes[vertices - 1]
            shape.particle_words[:] = particles[: shape.particle_words.size]
            shape.vertex_words[:] = places[: shape.vertex_words.size]
            shape.weights[0] = weight
            shape.data.event_number = number
            self._event.read_data(shape.data)
            attributes["lab_pos"] = f"{x} {y} {z}"
            attributes[SPIN] = f"{s_x} {s_y} {s_z}"
            self._writer.write_event(self._event)


def writer(place: Place, card: RunCard, rows: int, journal: Journal | None, state: State | None) -> Appending:
    """Open a HepMC3 file for writing."""
    return Appending(place, card, rows, journal, state, HepMC3Encoder(card), "hepmc3")


def intact(path: Path) -> int:
    """Number of events in a file; ValueError if it is damaged or has no end."""
    return counted(path, b"E ", END)


def read_card(path: Path) -> RunCard:
    """The run card of a file, from the line of its head; pyhepmc gives it with an event only."""
    start = f"A {CARD} ".encode()
    with named(str(path)):
        for line in lines(path):
            if line.startswith(start):
                text = line[len(start) :].rstrip(b"\r\n").decode("utf-8", "replace")
                return from_json(re.sub(r"\\(.)", lambda found: "\n" if found[1] == "|" else found[1], text))
            if line.startswith((b"E ", END)):
                break
    raise ValueError(f"{path}: holds no events of nushine")


Words = npt.NDArray[np.uint64]

_STATUS = np.array([BEAM, TARGET, DECAYED, FINAL, FINAL, FINAL])


class Shape(NamedTuple):
    """The data of an event with one or two vertices, and the parts of it that each event fills.

    Particles and vertices are also there as words of 8 bytes, which are copied faster than records.
    """

    data: Any
    particles: npt.NDArray[np.void]
    vertices: npt.NDArray[np.void]
    weights: npt.NDArray[np.float64]
    particle_words: Words
    vertex_words: Words


def _words(records: npt.NDArray[np.void]) -> Words:
    """Records as words, shape (n, ...)."""
    words: Words = np.ascontiguousarray(records).view(np.uint64)
    return words.reshape(len(records), -1)


def _shape(card: RunCard, run: Any, vertices: int) -> Shape:
    """An event with one or two vertices, to be filled."""
    event = pyhepmc.GenEvent(pyhepmc.Units.MEV, pyhepmc.Units.MM)
    event.run_info = run
    particles = [pyhepmc.GenParticle((0.0, 0.0, 0.0, 0.0), 0, int(status)) for status in _STATUS]
    for particle in particles:
        particle.generated_mass = 0.0
    ends = (((0, 1), (2, 3)), ((2,), (4, 5)))
    for before, after in ends[:vertices]:
        vertex = pyhepmc.GenVertex((0.0, 0.0, 0.0, 1.0))
        for i in before:
            vertex.add_particle_in(particles[i])
        for i in after:
            vertex.add_particle_out(particles[i])
        event.add_vertex(vertex)
    event.weights = [1.0]
    event.attributes = {"signal_process_id": process(card)}
    cross_section = pyhepmc.GenCrossSection()
    cross_section.set_cross_section(card.cross_section / picobarn, card.cross_section_error / picobarn, card.n, card.n)
    event.cross_section = cross_section
    data = pyhepmc.GenEventData()
    event.write_data(data)
    parts = (data.particles, data.vertices)
    return Shape(data, *parts, data.weights, *(part.view(np.uint64) for part in parts))


def _particles(found: Graph, kind: np.dtype[Any]) -> npt.NDArray[np.void]:
    """Particles as pyhepmc stores them, shape (n, 6)."""
    out = np.zeros(found.pdg.shape, dtype=kind)
    out["pid"], out["mass"], out["is_mass_set"] = found.pdg, found.mass, True
    out["status"] = _STATUS
    out["status"][:, 2] = np.where(found.vertices == 2, DECAYED, FINAL)
    for i, name in enumerate(("px", "py", "pz", "e")):
        out[name] = found.momentum[:, :, i]
    return out


def _vertices(found: Graph, kind: np.dtype[Any]) -> npt.NDArray[np.void]:
    """Vertices as pyhepmc stores them, shape (n, 2)."""
    out = np.zeros((len(found.vertices), 2), dtype=kind)
    out["status"] = (PRIMARY_VERTEX, DECAY_VERTEX)
    for i, name in enumerate("xyz"):
        out[name] = np.stack([found.primary[:, i], found.decay[:, i]], axis=1)
    out["t"] = np.stack([found.primary[:, 3], found.decay[:, 3]], axis=1) * c_light
    return out
