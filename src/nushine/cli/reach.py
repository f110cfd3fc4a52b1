"""The command ``limit``: reach of an experiment in the moment."""

from typing import TYPE_CHECKING, Annotated

import typer

from nushine.cli import masses as ladder
from nushine.cli import options, output
from nushine.cli.options import FlavourName, MethodName, NatureName

if TYPE_CHECKING:
    from nushine.experiments import Experiment
    from nushine.statistics import Contour


def limit(
    experiment: options.ExperimentArgument,
    nature: options.NatureOption = NatureName.DIRAC,
    channel: options.ChannelOption = None,
    cl: options.LevelOption = 0.9,
    flavour: options.FlavourOption = FlavourName.E,
    prompt: options.PromptOption = False,
    method: Annotated[
        MethodName, typer.Option("--method", help="On the full likelihood, or counting in one bin.")
    ] = MethodName.ASYMPTOTIC,
    bands: Annotated[
        bool, typer.Option("--bands", help="Fluctuations by 1 and 2 sigma too (asymptotic and toys).")
    ] = False,
    toys: Annotated[
        int,
        typer.Option(
            "--toys",
            metavar="INTEGER",
            parser=options.whole(),
            help="Toys with, and without, signal at each moment tried.",
        ),
    ] = 2000,
    seed: Annotated[
        int,
        typer.Option("--seed", metavar="INTEGER", parser=options.whole(), help="Seed of the toys."),
    ] = 0,
    m_N: ladder.SingleOption = None,
    masses: ladder.LadderOption = None,
    out: options.OutOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Median expected upper limit on the moment, for each mass.

    Without masses: 25 from 0.01 MeV to the largest that the source can make, less 5 %. Ctrl-C ends with the masses
    done so far, and exit status 130. Where no limit is found at some of the masses, the table says "failed" and why,
    and the exit status is 3.
    """
    wanted = ladder.wanted(m_N, masses)
    output.check_out(out, as_json=as_json)

    def one(setup: "Experiment", mass: float) -> "Contour":
        from nushine.statistics import exclusion

        hypothesis = options.decay(prompt=prompt), options.flavour(flavour)
        question = options.nature(nature), cl, options.channel(channel, setup), *hypothesis, method.value
        return exclusion(setup, mass, *question, bands=bands, n=toys, seed=seed)

    record, interrupted = ladder.through(experiment, f"{experiment}, {nature}", wanted, one)
    extra = {"flavour": flavour.value, "complete": not interrupted}
    output.deliver(record, extra, _title(record, flavour), _notes(record), out, as_json)
    ladder.leave(interrupted, record)


def _title(record: "Contour", flavour: FlavourName) -> str:
    kind = f"{record.nature} N, moment of flavour {flavour}, channel {record.channel}"
    return f"{record.experiment}: {100 * record.cl:g} % CL median upper limit, {kind}{', prompt' * record.prompt}"


def _notes(record: "Contour") -> list[str]:
    notes = [f"Method: {record.method} ({record.convention}); expected background: {record.background:.4g} events."]
    if record.nuisances:
        notes.append(f"{len(record.nuisances)} nuisance parameters: {', '.join(record.nuisances)}.")
    notes += record.caveats
    return [*notes, *ladder.explained(record.m_N, record.status), *_clear(record)]


def _clear(record: "Contour") -> list[str]:
    """How far nothing is excluded where the limit itself was not found."""
    import numpy as np

    return [
        f"m_N = {output.number(float(m_N))} MeV: nothing is excluded up to {mu:.2g} mu_B, where the search ended."
        for m_N, mu in zip(record.m_N, record.clear, strict=True)
        if np.isfinite(mu) and mu > 0
    ]
