"""Experiments as data: source, target, detector and exposure, one YAML file each."""

import math
import operator
import os
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from hepunits import kg
from jax import Array
from jax.core import Tracer
from pydantic import Field, ValidationError

from nushine.config import Length, Model, Name, RecoilEnergy, Text, Time, TimeRatio, explained, read_yaml
from nushine.detectors import Arrangement, Background, Response, Uncertainties
from nushine.experiments.about import keys_of
from nushine.experiments.detector import (
    BackgroundBlock,
    ResponseBlock,
    UncertaintiesBlock,
    require_described,
    require_one_scale,
)
from nushine.experiments.geometry import GeometryBlock, require_masses
from nushine.experiments.sources import SourceBlock
from nushine.experiments.target import PhotonBlock, TargetPart
from nushine.lines import one_line, place, shown
from nushine.numerics.calls import require_bool, require_instance
from nushine.numerics.checks import LARGEST, require_between, require_non_negative, require_positive, require_scalar
from nushine.numerics.compilation import needs_jax, require_jax
from nushine.rates import Selection
from nushine.sources.base import Source
from nushine.targets.compounds import Target, mixture

LIGHTEST = 1e-12 * kg
"""Smallest mass of a target: a nanogram; below it a unit is missing."""


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
    path : float or None
        Length of flight of N inside the instrumented volume [mm]; needed where decays of N are asked for.
    selection : Selection
        Recoil window, photon threshold, photon cone.
    background : Background
        Backgrounds of the channels.
    arrangement : Arrangement, optional
        Where crystals and photon detectors are. Events use it; rates use the path and the photon cone.
    part_of_isotope : tuple of int
        For each isotope of the target, which part of it (in the order of its list) it belongs to; by default all are
        in one.
    response : Response
        Resolution, quenching and efficiencies; only likelihoods use it, rates are those of a perfect detector.
    uncertainties : Uncertainties
        What a likelihood takes as uncertain.
    off_time_ratio : float
        Live time with the source off over live time with it on; 0: no data with the source off.
    source_keys : tuple of (str, str)
        What the file says about the source, for labels.
    recoils, photons : bool
        Whether it describes what is asked of recoils, and of photons; channels of what it does not are refused.

    """

    given_as: ClassVar[str] = "an experiment, as nushine.experiments.load('nucleus-1kg')"

    name: str = eqx.field(static=True)
    source: Source
    target: Target
    mass: float | Array
    exposure: float | Array
    path: float | Array | None = None
    selection: Selection = Selection()
    background: Background = Background()
    description: str = eqx.field(static=True, default="")
    reference: str = eqx.field(static=True, default="")
    arrangement: Arrangement | None = None
    part_of_isotope: tuple[int, ...] = eqx.field(static=True, default=())
    response: Response = Response()
    uncertainties: Uncertainties = Uncertainties()
    off_time_ratio: float | Array = 0.0
    source_keys: tuple[tuple[str, str], ...] = eqx.field(static=True, default=())
    recoils: bool = eqx.field(static=True, default=True)
    photons: bool = eqx.field(static=True, default=True)

    def __check_init__(self) -> None:
        """Reject experiments without mass, time or path, and what is no source, target and so on."""
        nouns: dict[str, type[eqx.Module]] = {
            "source": Source,
            "target": Target,
            "selection": Selection,
            "background": Background,
            "response": Response,
            "uncertainties": Uncertainties,
        }
        for name, kind in nouns.items():
            require_instance(name, getattr(self, name), kind)
        for name in ("mass", "exposure", "path", "off_time_ratio"):
            require_scalar(name, getattr(self, name))
        require_positive("mass of the target", self.mass, "(hepunits)", "give a mass as in 1 * kg")
        require_between("mass of the target", self.mass, LIGHTEST, LARGEST, "(hepunits)", "give a mass as in 1 * kg")
        require_positive("exposure", self.exposure, "ns", "give a time as in 1 * year")
        if self.path is not None:
            require_non_negative("path", self.path, "mm", "give a length as in 5 * cm")
        if not (self.recoils or self.photons):
            raise ValueError(f"{self.name}: describes neither recoils nor photons: give recoil_window or photon")
        require_non_negative("off_time_ratio", self.off_time_ratio)
        for name in ("recoils", "photons"):
            require_bool(name, getattr(self, name))
        highest, noise = self.selection.E_R_max, self.response.resolution
        if self.recoils and not isinstance(highest, Tracer) and not isinstance(noise, Tracer) and noise >= highest:
            raise ValueError("response.resolution: must be below the upper edge of recoil_window; check its unit")
        if self.arrangement is not None:
            require_instance("arrangement", self.arrangement, Arrangement)
            made_of, present = {c.part for c in self.arrangement.crystals}, set(self.parts)
            if made_of != present:
                raise ValueError(
                    f"arrangement: its crystals are of the parts {sorted(made_of)} of the target, "
                    f"which has the parts {sorted(present)}: give crystals for each"
                )

    @property
    def parts(self) -> tuple[int, ...]:
        """For each isotope of the target, which part of it it belongs to."""
        return self.part_of_isotope or (0,) * len(self.target.labels)


class ExperimentFile(Model):
    """The whole file."""

    name: Name
    description: Text = ""
    reference: Text = ""
    source: SourceBlock
    target: list[TargetPart] = Field(min_length=1)
    exposure: Time
    path: Length | None = None
    recoil_window: tuple[RecoilEnergy, RecoilEnergy] | None = None
    photon: PhotonBlock | None = None
    background: BackgroundBlock = BackgroundBlock()
    response: ResponseBlock = ResponseBlock()
    uncertainties: UncertaintiesBlock = UncertaintiesBlock()
    off_time_ratio: TimeRatio = 0.0
    flight_min: Length | None = None
    geometry: GeometryBlock | None = None

    def build(self, folder: Path) -> Experiment:
        """Turn the file into the objects of the package."""
        low, high = self.recoil_window or (0.0, math.inf)
        if high <= low:
            raise ValueError("recoil_window: the upper edge must be above the lower one")
        if 0 < low <= self.uncertainties.threshold:
            raise ValueError("uncertainties.threshold: must be below the lower edge of recoil_window")
        if self.flight_min is not None and self.path is not None and self.flight_min >= self.path:
            raise ValueError("flight_min: must be below path")
        require_described(self)
        targets = [part.build(f"target[{i}]") for i, part in enumerate(self.target)]
        photon = (0.0, -1.0) if self.photon is None else (self.photon.threshold, self.photon.cos_theta_min)
        return Experiment(
            name=self.name,
            description=self.description,
            reference=self.reference,
            source=self.source.build(folder),
            target=mixture([(target, part.mass) for target, part in zip(targets, self.target, strict=True)]),
            mass=sum(part.mass for part in self.target),
            exposure=self.exposure,
            path=self.path,
            selection=Selection(low, high, *photon, self.flight_min or 0.0),
            background=Background(**dict(self.background)),
            response=Response(**dict(self.response)),
            uncertainties=Uncertainties(**dict(self.uncertainties)),
            off_time_ratio=self.off_time_ratio,
            source_keys=keys_of(self.source, folder),
            recoils=self.recoil_window is not None,
            photons=self.photon is not None,
            arrangement=self._arrangement(),
            part_of_isotope=tuple(i for i, target in enumerate(targets) for _ in target.labels),
        )

    def _arrangement(self) -> Arrangement | None:
        """Crystals of the masses of the target."""
        if self.geometry is None:
            return None
        formulas, masses = [part.formula for part in self.target], [part.mass for part in self.target]
        arrangement = self.geometry.build(formulas)
        require_masses(arrangement, formulas, masses)
        return arrangement


@needs_jax
def split(experiment: Experiment) -> tuple[Experiment, ...]:
    r"""One experiment for each part of the target, with the mass of that part.

    .. math:: m_i = m \frac{\sum_{j \in i} n_j m_j}{\sum_j n_j m_j}

    with the nuclei per mass :math:`n_j` and the atomic masses :math:`m_j` of the isotopes.

    Parameters
    ----------
    experiment : Experiment
        Of one or several parts.

    Returns
    -------
    tuple of Experiment
        With the names of their parts, numbered where two are alike. Everything else is shared; the arrangement is left
        out, because it needs all parts. An experiment of one part comes back as it is.

    Examples
    --------
    >>> from nushine import experiments
    >>> [part.name for part in experiments.split(experiments.load("nucleus-10g"))]
    ['nucleus-10g, CaWO4', 'nucleus-10g, Al2O3']

    """
    numbers = sorted(set(experiment.parts))
    if len(numbers) == 1:
        return (experiment,)
    target, of_part = experiment.target, np.asarray(experiment.parts)
    mass_of_isotope = target.number_per_mass * target.isotopes.m_atom
    parts = []
    for number, name in zip(numbers, _part_names(target.name, len(numbers)), strict=True):
        index = np.flatnonzero(of_part == number)
        share = jnp.sum(mass_of_isotope[index]) / jnp.sum(mass_of_isotope)
        alone = Target(
            name=name,
            labels=tuple(target.labels[i] for i in index),
            isotopes=jax.tree.map(operator.itemgetter(index), target.isotopes),
            number_per_mass=target.number_per_mass[index] / share,
        )
        own: dict[str, Any] = {"target": alone, "mass": experiment.mass * share}
        bare: dict[str, Any] = {"arrangement": None, "part_of_isotope": ()}
        parts.append(replace(experiment, name=f"{experiment.name}, {name}", **own, **bare))
    return tuple(parts)


def _part_names(name: str, count: int) -> list[str]:
    """Names of the parts of a mixture, each of its own."""
    found = name.split(" + ")
    if len(found) != count:
        return [f"part {i + 1}" for i in range(count)]
    return [f"{part} {i + 1}" if found.count(part) > 1 else part for i, part in enumerate(found)]


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

    Notes
    -----
    It computes fluxes and nuclei, which starts the threads of JAX; these do not survive a fork of the process. Load in
    the workers, or start them by the method "spawn".

    Examples
    --------
    >>> from nushine import experiments
    >>> experiments.load("nucleus-1kg").target.name
    'Ge'

    """
    if not isinstance(name, str | os.PathLike):
        raise ValueError(
            f"experiment {shown(name)} is no name: give the path of a YAML file or one of {', '.join(names())}"
        )
    path = Path(name)
    if path.suffix.lower() in {".yaml", ".yml"}:
        if not os.path.lexists(path):
            raise ValueError(
                f"{place(path)}: no such file; give the path of a YAML file or one of {', '.join(names())}"
            )
        return from_mapping(read_yaml(path), where=str(name), folder=path.parent)
    if str(name) not in names():
        known = f"known are {', '.join(names())}, or give the path of a YAML file (its name ends in .yaml)"
        raise ValueError(f"unknown experiment {shown(str(name))}; {known}")
    with as_file(files("nushine.experiments") / "data" / f"{name}.yaml") as own:
        return from_mapping(read_yaml(own), where=str(name))


def from_mapping(content: Any, where: str, folder: Path = Path()) -> Experiment:
    """Make an experiment from the content of a configuration file; `where` names it in errors."""
    require_jax()
    if not isinstance(content, dict):
        raise ValueError(f"{place(where)}: an experiment is a mapping of keys such as source, target, exposure")
    try:
        file = ExperimentFile.model_validate(content)
        require_one_scale(content, file.response)
        return file.build(folder)
    except ValidationError as error:
        raise ValueError(explained(error, ExperimentFile, where)) from None
    except ValueError as error:
        raise ValueError(one_line(f"{place(where)}: {error}")) from None
