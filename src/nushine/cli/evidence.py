"""The commands ``discover`` and ``discriminate``: from which moment on an experiment sees N, and tells its nature."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nushine.cli import masses as ladder
from nushine.cli import options, output
from nushine.cli.options import FlavourName, NatureName

if TYPE_CHECKING:
    from nushine.experiments import Experiment
    from nushine.statistics import Evidence


SIGMAS = (3.0, 5.0)

SigmaOption = Annotated[
    list[float] | None,
    typer.Option(
        "--sigma", metavar="NUMBER", parser=options.real, help="Significance; may be given again. Default: 3 and 5."
    ),
]


def discover(
    experiment: options.ExperimentArgument,
    nature: options.NatureOption = NatureName.DIRAC,
    sigma: SigmaOption = None,
    channel: options.ChannelOption = None,
    flavour: options.FlavourOption = FlavourName.E,
    prompt: options.PromptOption = False,
    m_N: ladder.SingleOption = None,
    masses: ladder.LadderOption = None,
    out: options.OutOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Least moment, and number of signal events, with which N is discovered in the median, for each mass.

    On the full likelihood, with all uncertainties fitted. Masses, Ctrl-C and exit status as in 'nushine limit'.
    """

    def one(setup: "Experiment", mass: float) -> "Evidence":
        from nushine.statistics import discovery

        hypothesis = options.decay(prompt=prompt), options.flavour(flavour)
        counted = options.channel(channel, setup)
        return discovery(setup, mass, options.nature(nature), tuple(sigma or SIGMAS), counted, *hypothesis)

    _deliver(experiment, one, flavour, ladder.wanted(m_N, masses), out, as_json)


def discriminate(
    experiment: options.ExperimentArgument,
    truth: Annotated[NatureName, typer.Option("--truth", help="What N is; the other nature is excluded.")] = (
        NatureName.MAJORANA
    ),
    sigma: SigmaOption = None,
    unknown_mass: Annotated[bool, typer.Option("--unknown-mass", help="Fit the mass of the wrong nature too.")] = False,
    channel: options.ChannelOption = None,
    flavour: options.FlavourOption = FlavourName.E,
    prompt: options.PromptOption = False,
    m_N: ladder.SingleOption = None,
    masses: ladder.LadderOption = None,
    out: options.OutOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Least moment, and number of signal events, with which the wrong nature of N is excluded, for each mass.

    On the full likelihood, with the moment of the wrong nature and all uncertainties fitted. Masses, Ctrl-C and exit
    status as in 'nushine limit'.
    """

    def one(setup: "Experiment", mass: float) -> "Evidence":
        from nushine import statistics

        hypothesis = options.decay(prompt=prompt), options.flavour(flavour), not unknown_mass
        wanted, counted = tuple(sigma or SIGMAS), options.channel(channel, setup)
        return statistics.discriminate(setup, mass, options.nature(truth), wanted, counted, *hypothesis)

    _deliver(experiment, one, flavour, ladder.wanted(m_N, masses), out, as_json)


def _deliver(
    experiment: str,
    one: "Callable[[Experiment, float], Evidence]",
    flavour: FlavourName,
    wanted: list[float],
    out: Path | None,
    as_json: bool,
) -> None:
    """Compute one mass after the other, and hand over what there is."""
    output.check_out(out, as_json=as_json)
    record, interrupted = ladder.through(experiment, experiment, wanted, one)
    extra = {"flavour": flavour.value, "complete": not interrupted}
    output.deliver(record, extra, _title(record, flavour), _notes(record), out, as_json)
    ladder.leave(interrupted, record)


def _title(record: "Evidence", flavour: FlavourName) -> str:
    return (
        f"{record.experiment}: {record.against} excluded in the median, truth: {record.truth}, moment of flavour "
        f"{flavour}, channel {record.channel}{', prompt' * record.prompt}"
    )


def _notes(record: "Evidence") -> list[str]:
    notes = [f"Method: {record.method}; expected background: {record.background:.4g} events."]
    if record.nuisances:
        notes.append(f"{len(record.nuisances)} nuisance parameters: {', '.join(record.nuisances)}.")
    notes += record.caveats
    return [*notes, *ladder.explained(record.m_N, record.status)]
