"""Sources as blocks of a configuration file."""

from pathlib import Path
from typing import Annotated, Literal

from hepunits import MeV, cm, s
from pydantic import Field

from nushine.config import Length, Model, PerTime, Power
from nushine.sources.base import Source
from nushine.sources.pion_decay_at_rest import from_spallation
from nushine.sources.reactor import DAYA_BAY_2021 as PWR
from nushine.sources.reactor import Core, Reactor, chooz
from nushine.sources.tabulated import read_csv


class ChoozSource(Model):
    """The two Chooz reactors seen from the NUCLEUS site."""

    kind: Literal["chooz"]
    load_factor: float = Field(default=1.0, ge=0.0)

    def build(self, folder: Path) -> Source:  # noqa: ARG002
        """Make the flux."""
        return chooz(load_factor=self.load_factor)


class ReactorCore(Model):
    """One core of a reactor."""

    power: Power
    baseline: Length
    load_factor: float = Field(default=1.0, ge=0.0)


class ReactorSource(Model):
    """Any pressurised-water reactor, with the fission fractions of the Daya Bay cores unless given."""

    kind: Literal["reactor"]
    cores: list[ReactorCore] = Field(min_length=1)
    captures_per_fission: float = Field(default=0.6, ge=0.0)

    def build(self, folder: Path) -> Source:  # noqa: ARG002
        """Make the flux."""
        cores = tuple(Core(c.power, c.baseline, c.load_factor) for c in self.cores)
        return Reactor(cores, PWR, captures_per_fission=self.captures_per_fission).source()


class SpallationSource(Model):
    """Pion decay at rest at a spallation target."""

    kind: Literal["pion-decay-at-rest"]
    protons: PerTime
    yield_per_proton: float = Field(gt=0.0)
    distance: Length

    def build(self, folder: Path) -> Source:  # noqa: ARG002
        """Make the flux."""
        return from_spallation(self.protons, self.yield_per_proton, self.distance)


class TableSource(Model):
    """A flux from a CSV file with the columns E_nu [MeV] and flux [1/(cm^2 s MeV)]."""

    kind: Literal["table"]
    file: str

    def build(self, folder: Path) -> Source:
        """Read the flux; a relative path is taken from the folder of the configuration file."""
        return read_csv(folder / self.file, flux_unit=1 / (cm**2 * s * MeV))


SourceBlock = Annotated[
    ChoozSource | ReactorSource | SpallationSource | TableSource,
    Field(discriminator="kind"),
]
