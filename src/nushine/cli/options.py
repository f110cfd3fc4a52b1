"""Arguments and options that several commands share, and how their texts become numbers and objects."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from nushine.decay import Decay
    from nushine.detectors import Channel
    from nushine.experiments import Experiment
    from nushine.interactions.cevns import CEvNS
    from nushine.interactions.dipole import Dipole, Nature
    from nushine.sources.base import Flavour


class NatureName(StrEnum):
    """Values of --nature."""

    DIRAC = "dirac"
    MAJORANA = "majorana"


class ChannelName(StrEnum):
    """Values of --channel."""

    RECOIL = "recoil"
    PHOTON = "photon"
    COINCIDENCE = "coincidence"


class MethodName(StrEnum):
    """Values of --method."""

    COUNTING = "counting"
    ASYMPTOTIC = "asymptotic"
    TOYS = "toys"
    FC = "fc"


class FlavourName(StrEnum):
    """Values of --flavour."""

    E = "e"
    MU = "mu"
    TAU = "tau"
    UNIVERSAL = "universal"


class ProcessName(StrEnum):
    """Values of --process."""

    DIPOLE = "dipole"
    CEVNS = "cevns"


def real(text: str | float) -> float:
    """Read a number of an option by the rules of experiment files; what Python takes besides is refused, as 1_0e-8."""
    from nushine.config import number

    if str(text).strip("+-").lower() in {"nan", "inf", "infinity"}:
        return float(text)  # refused where it is used, by the name of the quantity
    try:
        return number(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def whole(low: int = -(2**63), high: int = 2**63 - 1) -> Callable[[str | int], int]:
    """Make a reader of whole numbers of an option from low to high, such as 1000000 or 1e6."""

    def integer(text: str | int) -> int:
        from nushine.config import whole_number

        try:
            return whole_number(text, low, high)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return integer


ExperimentArgument = Annotated[
    str, typer.Argument(help="Name of an experiment of the package ('nushine info' lists them), or a YAML file.")
]
ProcessOption = Annotated[ProcessName, typer.Option("--process", help="Up-scattering to N, or CEvNS: recoils only.")]
MassOption = Annotated[str, typer.Option("--m-N", help='Mass of N with its unit, "3 MeV".')]
MomentOption = Annotated[float, typer.Option("--mu", metavar="NUMBER", parser=real, help="Moment in Bohr magnetons.")]
LevelOption = Annotated[float, typer.Option("--cl", metavar="NUMBER", parser=real, help="Confidence level.")]
NatureOption = Annotated[NatureName, typer.Option("--nature", help="Whether N is its own antiparticle.")]
PromptOption = Annotated[
    bool, typer.Option("--prompt", help='The "max" case: every N gives its photon where it is made.')
]
FlavourOption = Annotated[FlavourName, typer.Option("--flavour", help="Flavour of the moment.")]
ChannelOption = Annotated[
    ChannelName | None,
    typer.Option(
        "--channel",
        help="What is counted. Default: coincidence, or what the experiment describes alone.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document to stdout instead of a table.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE.csv", help="Write the numbers to a CSV file instead.")
]


def energy(text: str, option: str, recoil: bool = False) -> float:
    """Read an energy such as "3 MeV" [MeV]; ValueError names the option. Those of recoils may be in eVnr or eVee."""
    from nushine.config import quantity, unscaled

    try:
        return (quantity if recoil else unscaled)(text, like="3 MeV")
    except ValueError as error:
        raise ValueError(f"{option}: {error}") from None


def nature(name: NatureName) -> "Nature":
    """The object behind --nature."""
    from nushine.interactions.dipole import DIRAC, MAJORANA

    return {NatureName.DIRAC: DIRAC, NatureName.MAJORANA: MAJORANA}[name]


def channel(name: ChannelName | None, setup: "Experiment") -> "Channel":
    """The object behind --channel; by default what the experiment describes. ValueError if it has no such channel."""
    from nushine.detectors import COINCIDENCE, PHOTON, RECOIL
    from nushine.experiments.channels import channel_of

    if name is None:
        return channel_of(setup)
    known = {ChannelName.RECOIL: RECOIL, ChannelName.PHOTON: PHOTON, ChannelName.COINCIDENCE: COINCIDENCE}
    return channel_of(setup, known[name])


def flavour(name: FlavourName) -> "Flavour":
    """The moments behind --flavour."""
    from nushine.sources.base import ELECTRON, MUON, TAU, UNIVERSAL

    return {
        FlavourName.E: ELECTRON,
        FlavourName.MU: MUON,
        FlavourName.TAU: TAU,
        FlavourName.UNIVERSAL: UNIVERSAL,
    }[name]


def decay(*, prompt: bool) -> "Decay":
    """The decay behind --prompt."""
    from nushine.decay import PROMPT, RADIATIVE

    return PROMPT if prompt else RADIATIVE


def hypothesis(
    experiment: str,
    process: ProcessName,
    m_N: float | None,
    mu: float,
    nature_name: NatureName,
    flavour_name: FlavourName,
) -> tuple["Experiment", "Dipole | CEvNS"]:
    """Load an experiment, and make the process that these options describe; ValueError if it cannot happen there."""
    from nushine import experiments
    from nushine.interactions.cevns import CEvNS
    from nushine.interactions.dipole import Dipole
    from nushine.observables import require_reachable

    setup = experiments.load(experiment)
    if process is ProcessName.CEVNS or m_N is None:
        return setup, CEvNS()
    signal = Dipole(m_N, mu, nature(nature_name), flavour(flavour_name))
    require_reachable(setup, m_N)
    return setup, signal
