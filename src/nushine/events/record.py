"""Events as columns, and the card that says what they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy.typing as npt

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
        Number of events and seed.
    rate : float
        Rate of the events [1/ns]: all that the sample stands for, with its weights of mean one.
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

    def to_dict(self) -> dict[str, Any]:
        """The fields, ready for JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class Events:
    """Events, column by column.

    Parameters
    ----------
    columns : mapping of str to array, shape (n,)
        The columns of `COLUMNS`.
    card : RunCard
        What they are, and their rate.

    Examples
    --------
    ``events["E_gamma"]`` is a column, ``events[events["seen"]]`` a subset, ``len(events)`` their number, and
    ``events.p4("gamma")`` a four-momentum.

    """

    columns: Mapping[str, npt.NDArray[Any]]
    card: RunCard

    def __len__(self) -> int:
        return int(self.columns["event"].size)

    def __getitem__(self, key: str | slice | npt.NDArray[Any]) -> Any:
        """A column by its name, or the events of a slice or mask."""
        if isinstance(key, str):
            if key not in self.columns:
                raise KeyError(f"no column {key!r}; columns are {', '.join(self.columns)}")
            return self.columns[key]
        return replace(self, columns={name: values[key] for name, values in self.columns.items()})

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)
