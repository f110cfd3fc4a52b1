"""Events as columns, and the card that says what they are."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nushine.lines import shown
from nushine.numerics.checks import whole_number

FloatArray = npt.NDArray[np.float64]

BLOCK = 65_536
"""Events that share one key of random numbers. Event i is in block i // BLOCK, however many events or workers."""


class Column(NamedTuple):
    """Name, type, unit and meaning of one number of each event."""

    name: str
    dtype: str
    unit: str
    text: str


COLUMNS: tuple[Column, ...] = (
    Column("event", "int64", "", "number of the event, from 0"),
    Column("weight", "float64", "", "weight; 1 unless importance or forced decays were asked for"),
    Column("pdg_nu", "int32", "", "PDG code of the incoming neutrino"),
    Column("E_nu", "float64", "MeV", "energy of the incoming neutrino, which flies along +z"),
    Column("pdg_A", "int32", "", "PDG code of the nucleus"),
    Column("m_A", "float64", "MeV", "mass of the nucleus"),
    Column("E_R", "float64", "MeV", "kinetic energy of the recoiling nucleus"),
    Column("A_px", "float64", "MeV", "momentum of the recoiling nucleus"),
    Column("A_py", "float64", "MeV", "momentum of the recoiling nucleus"),
    Column("A_pz", "float64", "MeV", "momentum of the recoiling nucleus"),
    Column("pdg_N", "int32", "", "PDG code of the outgoing lepton: 9900012 for N, or a neutrino (CEvNS)"),
    Column("E_N", "float64", "MeV", "energy of N"),
    Column("N_px", "float64", "MeV", "momentum of N"),
    Column("N_py", "float64", "MeV", "momentum of N"),
    Column("N_pz", "float64", "MeV", "momentum of N"),
    Column("N_sx", "float64", "", "spin of N in its rest frame; length 1 if fully polarised"),
    Column("N_sy", "float64", "", "spin of N in its rest frame"),
    Column("N_sz", "float64", "", "spin of N in its rest frame"),
    Column("mode", "int8", "", "which decay mode of the run card; -1 if N does not decay in this process"),
    Column("lepton_number", "int8", "", "+1 if the decay conserves lepton number, -1 if not, 0 if there is none"),
    Column("flight", "float64", "mm", "distance from production to decay; infinite if N is stable"),
    Column("E_gamma", "float64", "MeV", "energy of the photon; 0 if there is none"),
    Column("gamma_px", "float64", "MeV", "momentum of the photon"),
    Column("gamma_py", "float64", "MeV", "momentum of the photon"),
    Column("gamma_pz", "float64", "MeV", "momentum of the photon"),
    Column(
        "pdg_out",
        "int32",
        "",
        "PDG code of what N leaves besides the photon; 0 if nothing visible",
    ),
    Column("E_out", "float64", "MeV", "its energy"),
    Column("out_px", "float64", "MeV", "its momentum"),
    Column("out_py", "float64", "MeV", "its momentum"),
    Column("out_pz", "float64", "MeV", "its momentum"),
    Column("x", "float64", "mm", "place of production"),
    Column("y", "float64", "mm", "place of production"),
    Column("z", "float64", "mm", "place of production"),
    Column("decay_x", "float64", "mm", "place of decay"),
    Column("decay_y", "float64", "mm", "place of decay"),
    Column("decay_z", "float64", "mm", "place of decay"),
    Column("decay_t", "float64", "ns", "time of decay after production"),
    Column("crystal", "int16", "", "which target crystal; 0 without geometry"),
    Column(
        "detector",
        "int16",
        "",
        "which detector the photon interacts in; -1 if none, 0 without geometry",
    ),
    Column("inside", "bool", "", "N decays inside the instrumented volume"),
    Column(
        "seen",
        "bool",
        "",
        "the experiment sees what the channel asks for",
    ),
)
"""What every event carries, in the order of files."""


@dataclass(frozen=True)
class RunCard:
    """What was generated: written into every file.

    Parameters
    ----------
    experiment, target, source, process, channel, nature : str
        Labels.
    m_N, mu : float
        Mass [MeV] and moment [mu_B]; zero for CEvNS.
    modes : tuple of str
        Decay modes, in the order of the column `mode`.
    n, seed : int
        Number of events and seed; any whole number, such as those of NumPy.
    rate : float
        Rate of the events [1/ns]: all that the sample stands for. Weights have a mean of one (as an expectation), so
        that each event stands for ``rate * weight / n``. For forced decays it is the rate of decays inside.
    rate_per_year : float
        The same per year.
    cross_section : float
        Flux-averaged cross section per target nucleus [mm^2] of what the sample stands for.
    exposure : float
        Of the experiment [ns].
    version : str
        Of nushine.
    settings : str
        Everything else that changes the events, as one line of JSON.
    cross_section_error : float
        Standard deviation of `cross_section` [mm^2]; zero where it is a quadrature.

    Raises
    ------
    ValueError
        If n or seed are no whole numbers, or a number is none.

    """

    experiment: str
    target: str
    source: str
    process: str
    channel: str
    nature: str
    m_N: float
    mu: float
    modes: tuple[str, ...]
    n: int
    seed: int
    rate: float
    rate_per_year: float
    cross_section: float
    exposure: float
    version: str
    settings: str = "{}"
    cross_section_error: float = 0.0

    def __post_init__(self) -> None:
        """Make plain Python numbers and texts of all fields, so that the card can be written into any file."""
        for field in fields(self):
            object.__setattr__(self, field.name, _plain(field.name, getattr(self, field.name), field.type))

    def to_dict(self) -> dict[str, Any]:
        """The fields, ready for JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _plain(name: str, value: Any, kind: Any) -> Any:
    """A field of the card as what it is declared to be; ValueError if it cannot be that."""
    if kind is int:
        return whole_number(name, value, 0, 2**63 - 1, "give a whole number from 0 to 2^63 - 1")
    if kind is float:
        return _number(name, value)
    if kind is str:
        if not isinstance(value, str):
            raise ValueError(f"{name} = {shown(value)} is not possible: give a text")
        return str(value)
    if isinstance(value, str) or np.ndim(value) != 1 or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name} = {shown(value)} is not possible: give a tuple of texts")
    return tuple(str(item) for item in value)


def _number(name: str, value: Any) -> float:
    """A finite number, zero or above, of Python, NumPy or JAX; no bool and no text."""
    kind = np.asarray(value).dtype.kind if np.ndim(value) == 0 else "O"
    number = float(value) if kind in "iuf" else -1.0
    if not 0 <= number < np.inf:
        raise ValueError(f"{name} = {shown(value)} is not possible: give a finite number that is zero or above")
    return number


CHANGED = "events are not changed in place: make new ones, as in Events({**events, 'E_R': x}, events.card)"
"""What is told to those who try; the columns are what the card says they are."""


@dataclass(init=False, eq=False, repr=False)
class Events(dict[str, npt.NDArray[Any]]):
    """Events, column by column: a dictionary of columns, and their run card.

    Whatever takes dictionaries of columns takes it, such as ``pandas.DataFrame(events)``; but its length is the number
    of events, not that of columns. It is not changed in place: ``dict(events)`` is a dictionary that can be.

    Parameters
    ----------
    columns : mapping of str to array, shape (n,) or (n, k)
        The columns of `COLUMNS`, or some of them and others, all of the same length; "event" is among them.
    card : RunCard
        What they are, and their rate.

    Raises
    ------
    ValueError
        If columns are no arrays of the same length, or "event" is missing; TypeError for changes in place.

    Examples
    --------
    ``events["E_gamma"]`` is a column, ``events[events["seen"]]`` a subset, ``len(events)`` their number, ``for name in
    events`` goes over the names of the columns, and ``events.p4("gamma")`` is a four-momentum.

    """

    columns: Mapping[str, npt.NDArray[Any]] = property(lambda events: events)  # type: ignore[assignment]  # no copy
    card: RunCard  # type: ignore[misc]

    def __init__(self, columns: Mapping[str, npt.NDArray[Any]], card: RunCard) -> None:
        super().__init__(_columns(columns))
        if not isinstance(card, RunCard):
            raise ValueError(f"card = {shown(card)} is not possible: give the RunCard of the events")
        object.__setattr__(self, "card", card)

    def __len__(self) -> int:
        """Number of events."""
        return int(super().__getitem__("event").size)

    def __getitem__(self, key: str | slice | npt.NDArray[Any]) -> Any:
        """A column by its name, or the events of a slice or mask."""
        if isinstance(key, str):
            if key not in self:
                raise KeyError(f"no column {key!r:.60}; columns are {', '.join(self)}")
            return super().__getitem__(key)
        if not isinstance(key, slice) and np.asarray(key).dtype.kind not in "biu":
            raise KeyError(f"{shown(key)} is neither a column nor a slice, mask or numbers of events")
        rows = key if isinstance(key, slice) else np.atleast_1d(np.asarray(key))
        return Events({name: values[rows] for name, values in self.items()}, self.card)

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same events of the same run."""
        if not isinstance(other, Events):
            return NotImplemented
        same_columns = list(self) == list(other) and all(np.array_equal(x, other[name]) for name, x in self.items())
        return self.card == other.card and same_columns

    def __ne__(self, other: object) -> bool:
        """As `__eq__`: that of dictionaries would compare arrays."""
        return not self == other

    __hash__ = None

    def copy(self) -> "Events":
        """Events with columns of their own and the same card."""
        return Events({name: values.copy() for name, values in self.items()}, self.card)

    def __or__(self, other: Any) -> Any:
        """The events with other columns added or in place of theirs, and the same card."""
        return Events({**self, **other}, self.card) if isinstance(other, Mapping) else NotImplemented

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError(CHANGED)

    __setitem__ = __delitem__ = __ior__ = __setattr__ = __delattr__ = _refuse
    update = pop = popitem = clear = setdefault = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle and copy, which would take the length for that of a dictionary."""
        return Events, (dict(self), self.card)

    def __repr__(self) -> str:
        """Number and origin: the columns would be pages."""
        return f"<{len(self)} events of {self.card.experiment}: {self.card.process}, {self.card.channel}>"

    def p4(self, particle: str) -> FloatArray:
        """Four-momenta (p_x, p_y, p_z, E) [MeV], shape (n, 4).

        Parameters
        ----------
        particle : {"nu", "target", "N", "A", "gamma", "out"}
            Neutrino, nucleus before, N, recoiling nucleus, photon, and what else N decays to.

        Raises
        ------
        ValueError
            For any other particle.

        """
        p = np.zeros((len(self), 4))
        if particle == "nu":
            p[:, 2] = p[:, 3] = self["E_nu"]
        elif particle == "target":
            p[:, 3] = self["m_A"]
        elif particle in ("N", "A", "gamma", "out"):
            for i, axis in enumerate("xyz"):
                p[:, i] = self[f"{particle}_p{axis}"]
            p[:, 3] = self["E_R"] + self["m_A"] if particle == "A" else self[f"E_{particle}"]
        else:
            raise ValueError(f"particle = {particle!r:.60} is not known: give nu, target, N, A, gamma or out")
        return p


def _columns(columns: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    """Columns as arrays of one length; ValueError if they are none."""
    try:
        found = {str(name): np.asanyarray(values) for name, values in dict(columns).items()}
    except (TypeError, ValueError):
        raise ValueError(f"columns = {shown(columns)} are no events: give a dictionary of arrays") from None
    if "event" not in found:
        raise ValueError(f"events need the column 'event', their numbers; there are {shown(', '.join(found) or None)}")
    size = found["event"].size
    for name, values in found.items():
        if not values.ndim or len(values) != size:
            raise ValueError(f"column {shown(name)} has the shape {values.shape}, not {size} numbers as 'event'")
    return found
