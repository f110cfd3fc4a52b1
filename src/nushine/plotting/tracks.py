"""Where the lines of an event display begin and end."""

import json
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from nushine.detectors import Arrangement
from nushine.events.record import Events
from nushine.numerics.circle import Vector
from nushine.plotting.bodies import extent

FloatArray = NDArray[np.float64]

MARGIN = 0.10
"""Free space around the arrangement, relative to its size."""

FAR = 10.0
"""What is this many times the size of the picture away is not drawn."""

PATH = 50.0
"""Mean path [mm] of samples whose run card has none."""


class Track(NamedTuple):
    """An event in the picture: where its lines begin and end [mm].

    `decay` is None if N decays far away or not at all, `photon` if there is none; the photon ends in the detector
    `seen_in`, or out of the picture if that is None. `recoil` is a unit vector.
    """

    row: int
    crystal: int
    start: FloatArray
    end: FloatArray
    decay: FloatArray | None
    photon: FloatArray | None
    seen_in: int | None
    recoil: FloatArray


class Scene(NamedTuple):
    """What is in the picture: its lowest and highest coordinates [mm], and the geometry or a ball in place of it."""

    low: FloatArray
    high: FloatArray
    arrangement: Arrangement | None
    radius: float

    @property
    def size(self) -> float:
        """Longest edge."""
        return float(np.max(self.high - self.low))


def scene_of(events: Events, arrangement: Arrangement | None) -> Scene:
    """What is to be seen, with some space around it."""
    radius = float(json.loads(events.card.settings).get("path_mm", PATH)) or PATH
    low, high = (-radius * np.ones(3), radius * np.ones(3)) if arrangement is None else extent(arrangement)
    space = MARGIN * float(np.max(high - low))
    return Scene(low - space, high + space, arrangement, radius)


def track_of(events: Events, row: int, scene: Scene) -> Track:
    """Where the lines of an event begin and end."""

    def vector(prefix: str) -> FloatArray:
        return np.array([float(events[prefix + axis][row]) for axis in "xyz"])

    start, far = vector(""), FAR * scene.size
    near = float(events["flight"][row]) < far
    decay = vector("decay_") if near else None
    end = start + far * _unit(vector("N_p")) if decay is None else decay
    photon, seen_in = None, None
    if decay is not None and events["E_gamma"][row] > 0:
        direction, detector = _unit(vector("gamma_p")), int(events["detector"][row])
        depth = _depth(scene.arrangement, detector, decay, direction)
        photon = decay + direction * (2 * far if depth is None else depth)
        seen_in = None if depth is None else detector
    return Track(row, int(events["crystal"][row]), start, end, decay, photon, seen_in, _unit(vector("A_p")))


def _depth(arrangement: Arrangement | None, detector: int, start: FloatArray, direction: FloatArray) -> float | None:
    """Distance to the middle of the first way of a ray through a detector; None if there is none."""
    if arrangement is None or detector < 0:
        return None
    chords = arrangement.detectors[detector].shape.chords(_triple(start), _triple(direction))
    return next((float(enter + leave) / 2 for enter, leave in chords if leave > enter), None)


def _unit(v: FloatArray) -> FloatArray:
    length = float(np.linalg.norm(v))
    return v / length if length > 0 else v


def _triple(v: FloatArray) -> Vector:
    return jnp.asarray(v[0]), jnp.asarray(v[1]), jnp.asarray(v[2])
