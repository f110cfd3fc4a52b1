"""Experiments as data: source, target, detector and exposure, one YAML file each."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import equinox as eqx
import yaml
from hepunits import MeV, cm, s
from jax import Array
from pydantic import Field, ValidationError

from nushine.config import (
    Energy,
    Length,
    Mass,
    Model,
    PerTime,
    Power,
    Rate,
    RateDensity,
    Time,
    one_line,
)
from nushine.detectors import Background
from nushine.numerics.checks import require_non_negative, require_positive
from nushine.rates import Selection
from nushine.sources.base import Source
from nushine.sources.pion_decay_at_rest import from_spallation
from nushine.sources.reactor import DAYA_BAY_2021 as PWR
from nushine.sources.reactor import Core, Reactor, chooz
from nushine.sources.tabulated import read_csv
from nushine.targets.compounds import Target, mixture


class Experiment(eqx.Module):
    """A target in a neutrino flux, watched for a time.

    Parameters
    ----------
    name, description, reference : str
        For labels; where the numbers come from.
    source, target : Source, Target
        The flux at the site, and the nuclei.
    mass : float
        Target mass [hepunits mass].
    exposure : float
        Live time [ns].
    path : float
        Length of flight of N inside the instrumented volume [mm].
    selection : Selection
        Recoil window, photon threshold, photon cone.
    background : Background
        Flat backgrounds of the channels.

    """

    name: str = eqx.field(static=True)
    source: Source
    target: Target
    mass: float | Array
    exposure: float | Array
    path: float | Array
    selection: Selection = Selection()
    background: Background = Background()
    description: str = eqx.field(static=True, default="")
    reference: str = eqx.field(static=True, default="")

    def __check_init__(self) -> None:
        """Reject experiments without mass, time or path."""
        require_positive("mass of the target", self.mass, "(hepunits)", "give a mass as in 1 * kg")
        require_positive("exposure", self.exposure, "ns", "give a time as in 1 * year")
        require_non_negative("path", self.path, "mm", "give a length as in 5 * cm")


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


class TargetPart(Model):
    """A material and its mass."""

    formula: str
    mass: Mass


class PhotonBlock(Model):
    """Which photons are seen."""

    threshold: Energy
    cos_theta_min: float = Field(default=-1.0, ge=-1.0, le=1.0)


class BackgroundBlock(Model):
    """Flat backgrounds."""

    recoil: RateDensity = 0.0
    coincidence: RateDensity = 0.0
    photon: Rate = 0.0


class ExperimentFile(Model):
    """The whole file."""

    name: str
    description: str = ""
    reference: str = ""
    source: Annotated[
        ChoozSource | ReactorSource | SpallationSource | TableSource,
        Field(discriminator="kind"),
    ]
    target: list[TargetPart] = Field(min_length=1)
    exposure: Time
    path: Length
    recoil_window: tuple[Energy, Energy]
    photon: PhotonBlock
    background: BackgroundBlock = BackgroundBlock()

    def build(self, folder: Path) -> Experiment:
        """Turn the file into the objects of the package."""
        low, high = self.recoil_window
        if high <= low:
            raise ValueError("recoil_window: the upper edge must be above the lower one")
        return Experiment(
            name=self.name,
            description=self.description,
            reference=self.reference,
            source=self.source.build(folder),
            target=mixture([(part.formula, part.mass) for part in self.target]),
            mass=sum(part.mass for part in self.target),
            exposure=self.exposure,
            path=self.path,
            selection=Selection(low, high, self.photon.threshold, self.photon.cos_theta_min),
            background=Background(self.background.recoil, self.background.coincidence, self.background.photon),
        )


def names() -> tuple[str, ...]:
    """Names of the experiments that come with the package."""
    folder = files("nushine.experiments") / "data"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def load(name: str | Path) -> Experiment:
    """Load an experiment by name, or from a YAML file of one's own.

    Parameters
    ----------
    name : str or Path
        One of `names`, or the path of a file that ends in .yaml or .yml.

    Raises
    ------
    ValueError
        With one line that says which key is wrong and what is allowed.

    Examples
    --------
    >>> from nushine import experiments
    >>> experiments.load("nucleus-1kg").target.name
    'Ge'

    """
    text, folder = _read(name)
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"{name}: not a YAML file: {' '.join(str(error).split())}") from None
    return from_mapping(content, where=str(name), folder=folder)


def from_mapping(content: Any, where: str, folder: Path = Path()) -> Experiment:
    """Make an experiment from the content of a configuration file; `where` names it in errors."""
    if not isinstance(content, dict):
        raise ValueError(f"{where}: an experiment is a mapping of keys such as source, target, exposure")
    try:
        return ExperimentFile.model_validate(content).build(folder)
    except ValidationError as error:
        raise ValueError(one_line(error, ExperimentFile, where)) from None
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _read(name: str | Path) -> tuple[str, Path]:
    """Text of a configuration and the folder for relative paths in it."""
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        if not path.is_file():
            raise ValueError(f"{path}: no such file; give the path of a YAML file or one of {', '.join(names())}")
        try:
            return path.read_text(encoding="utf-8"), path.parent
        except UnicodeDecodeError:
            raise ValueError(f"{path}: not a text file in UTF-8; give the path of a YAML file") from None
    if str(name) not in names():
        raise ValueError(
            f"unknown experiment '{name}'; known are {', '.join(names())}, or give the path of a YAML file"
        )
    return (files("nushine.experiments") / "data" / f"{name}.yaml").read_text(encoding="utf-8"), Path()
