"""Sources as blocks of a configuration file."""

import operator
from functools import reduce
from pathlib import Path
from typing import Annotated, Any, Literal

from hepunits import MeV, cm, s
from pydantic import BeforeValidator, Field, StrictBool

from nushine.config import (
    AboveZeroEnergy,
    Distance,
    Model,
    PerFission,
    PerProton,
    PerTime,
    Power,
    Share,
    quantity,
    unscaled,
)
from nushine.sources.base import ELECTRON, MUON, TAU, Source
from nushine.sources.flux_columns import flux_head, require_columns
from nushine.sources.flux_files import taken
from nushine.sources.pion_decay_at_rest import from_spallation
from nushine.sources.reactor import DAYA_BAY_2021 as PWR
from nushine.sources.reactor import Core, Reactor, chooz
from nushine.sources.tabulated import monoenergetic, read_flux


class ChoozSource(Model):
    """The two Chooz reactors seen from the NUCLEUS site."""

    kind: Literal["chooz"]
    load_factor: Share = 1.0

    def build(self, folder: Path) -> Source:  # noqa: ARG002
        """Make the flux."""
        return chooz(load_factor=self.load_factor)


class ReactorCore(Model):
    """One core of a reactor."""

    power: Power
    baseline: Distance
    load_factor: Share = 1.0


class ReactorSource(Model):
    """Any pressurised-water reactor, with the fission fractions of the Daya Bay cores unless given."""

    kind: Literal["reactor"]
    cores: list[ReactorCore] = Field(min_length=1)
    captures_per_fission: PerFission = 0.6

    def build(self, folder: Path) -> Source:  # noqa: ARG002
        """Make the flux."""
        cores = tuple(Core(c.power, c.baseline, c.load_factor) for c in self.cores)
        return Reactor(cores, PWR, captures_per_fission=self.captures_per_fission).source()


class SpallationSource(Model):
    """Pion decay at rest at a spallation target."""

    kind: Literal["pion-decay-at-rest"]
    protons: PerTime
    yield_per_proton: PerProton
    distance: Distance

    def build(self, folder: Path) -> Source:  # noqa: ARG002
        """Make the flux."""
        return from_spallation(self.protons, self.yield_per_proton, self.distance)


FLAVOURS = {"e": ELECTRON, "mu": MUON, "tau": TAU}
"""Flavours of a beam, as keys."""

LineFlux = Annotated[float, BeforeValidator(lambda text: unscaled(text, "1e12 / (cm^2 s)")), Field(gt=0.0)]
FlavourKey = Literal["e", "mu", "tau"]


def _columns(value: object) -> object:
    """Two columns, or a block that names them; each is a name or a number."""
    require_columns(value)
    return value


class TableSource(Model):
    """A flux from a text file with columns of energy and flux, in MeV and 1/(cm^2 s MeV) unless others are said."""

    kind: Literal["table"]
    file: str
    columns: Annotated[Any, BeforeValidator(_columns)] = None
    energy_unit: str | None = None
    flux_unit: str | None = None
    flavour: FlavourKey = "e"
    antineutrino: StrictBool = False

    def build(self, folder: Path) -> Source:
        """Read the flux; a relative path is taken from the folder of the configuration file."""
        return read_flux(
            self._path(folder),
            flavour=FLAVOURS[self.flavour],
            antineutrino=self.antineutrino,
            E_unit=self.energy_unit,
            flux_unit=self.flux_unit,
            columns=self.columns,
            reader=quantity,
            default_flux_unit=1 / (cm**2 * s * MeV),
            shown=self.file,
        )

    def taken(self, folder: Path) -> str:
        """Columns and units that are taken from the file, in words."""
        return taken(flux_head(self._path(folder), self.columns, self.file), self.energy_unit, self.flux_unit)

    def _path(self, folder: Path) -> str | Path:
        return self.file if self.file.startswith("~") else folder / self.file


class LineBlock(Model):
    """One line."""

    energy: AboveZeroEnergy
    flux: LineFlux


class LinesSource(Model):
    """Neutrinos of one or several energies, such as those of 51Cr or 7Be."""

    kind: Literal["lines"]
    lines: list[LineBlock] = Field(min_length=1)
    flavour: FlavourKey = "e"
    antineutrino: StrictBool = False

    def build(self, folder: Path) -> Source:  # noqa: ARG002
        """Make the flux."""
        energies, fluxes = [line.energy for line in self.lines], [line.flux for line in self.lines]
        name = f"line of {energies[0]:g} MeV" if len(energies) == 1 else f"{len(energies)} lines"
        return monoenergetic(energies, fluxes, FLAVOURS[self.flavour], name, self.antineutrino)


OneSource = Annotated[
    ChoozSource | ReactorSource | SpallationSource | TableSource | LinesSource,
    Field(discriminator="kind"),
]


class SumSource(Model):
    """Several sources together."""

    kind: Literal["sum"]
    of: list[OneSource] = Field(min_length=1)

    def build(self, folder: Path) -> Source:
        """Add the fluxes."""
        return reduce(operator.add, [source.build(folder) for source in self.of])


SourceBlock = Annotated[
    ChoozSource | ReactorSource | SpallationSource | TableSource | LinesSource | SumSource,
    Field(discriminator="kind"),
]
