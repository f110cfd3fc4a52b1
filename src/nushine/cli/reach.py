"""The command ``limit``: reach of an experiment in the moment."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nushine.cli import options, output
from nushine.cli.errors import INTERRUPTED
from nushine.cli.options import ChannelName, FlavourName, MethodName, NatureName

if TYPE_CHECKING:
    from nushine.statistics import Contour


FEW = 10.0
"""Effective events below which asymptotic limits come with a warning."""


def limit(
    experiment: options.ExperimentArgument,
    nature: options.NatureOption = NatureName.DIRAC,
    channel: Annotated[ChannelName, typer.Option("--channel", help="What is counted.")] = ChannelName.COINCIDENCE,
    cl: Annotated[float, typer.Option("--cl", help="Confidence level.")] = 0.9,
    flavour: options.FlavourOption = FlavourName.E,
    prompt: options.PromptOption = False,
    method: Annotated[
        MethodName, typer.Option("--method", help="Counting, or the full likelihood with one of the others.")
    ] = MethodName.COUNTING,
    m_N: Annotated[
        list[str] | None, typer.Option("--m-N", help='A mass with its unit, "3 MeV"; may be given again.')
    ] = None,
    masses: Annotated[
        tuple[str, str, int] | None,
        typer.Option("--masses", metavar="LOW HIGH N", help='N masses evenly in the logarithm: "0.01 MeV" "8 MeV" 30.'),
    ] = None,
    out: options.OutOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Median expected upper limit on the moment, for each mass.

    Without masses: 25 from 0.01 MeV to the largest that the source can make, less 5 %. Ctrl-C ends with the masses
    done so far, and exit status 130.
    """
    if m_N and masses:
        raise ValueError("--m-N and --masses exclude each other: give one of them")
    output.check_out(out)
    wanted = _masses(m_N or (), masses)
    parts: list[Contour] = []
    total, interrupted = 0, False
    try:
        with output.progress(f"{experiment}, {nature}, {channel}", None) as (bar, task):
            for part, total in _reach(experiment, wanted, nature, channel, cl, flavour, method, prompt=prompt):
                parts.append(part)
                bar.update(task, completed=len(parts), total=total)
    except KeyboardInterrupt:
        interrupted = True
    if parts:
        record = _joined(parts)
        extra = {"flavour": flavour.value, "complete": not interrupted}
        output.deliver(record, extra, _limit_title(record, flavour), _limit_notes(record), out, as_json)
    if interrupted:
        output.show_note(f"nushine: interrupted after {len(parts)} of {total or 'all'} masses")
        raise typer.Exit(INTERRUPTED)


def _reach(
    experiment: str,
    masses: Sequence[float],
    nature: NatureName,
    channel: ChannelName,
    cl: float,
    flavour: FlavourName,
    method: MethodName,
    *,
    prompt: bool,
) -> Iterator[tuple["Contour", int]]:
    """One mass after the other, with the number of all, so that none is lost when the user has seen enough."""
    import numpy as np

    from nushine import experiments
    from nushine.numerics.checks import require_positive
    from nushine.observables import highest_mass, require_reachable
    from nushine.statistics import Method, exclusion

    setup = experiments.load(experiment)
    grid = np.asarray(masses or _ladder(0.01, 0.95 * highest_mass(setup), 25))
    require_positive("m_N", grid, "MeV")
    require_reachable(setup, grid)
    hypothesis = options.nature(nature), cl, options.channel(channel)
    for mass in grid:
        decay, moment = options.decay(prompt=prompt), options.flavour(flavour)
        yield exclusion(setup, mass, *hypothesis, decay, moment, Method(method.value)), grid.size


def _masses(single: Sequence[str], ladder: tuple[str, str, int] | None) -> list[float]:
    """Masses asked for [MeV]; none if the user leaves them to us."""
    if ladder is None:
        return [options.energy(text, "--m-N") for text in single]
    low, high = (options.energy(text, "--masses") for text in ladder[:2])
    if not 0 < low < high:
        raise ValueError(f"--masses {ladder[0]} {ladder[1]}: give a mass above zero, then a larger one")
    if not 2 <= ladder[2] <= 100_000:
        raise ValueError(f"--masses: a ladder of {ladder[2]} masses is not possible; give a number from 2 to 100000")
    return _ladder(low, high, ladder[2])


def _ladder(low: float, high: float, n: int) -> list[float]:
    """Masses evenly in the logarithm [MeV]."""
    import numpy as np

    return [float(x) for x in np.geomspace(low, high, n)]


def _joined(parts: Sequence["Contour"]) -> "Contour":
    """One line through the masses done."""
    import numpy as np

    names = ("m_N", "mu", "mu_max", "bands", "events", "effective")
    arrays: dict[str, Any] = {name: np.concatenate([getattr(p, name) for p in parts]) for name in names}
    return replace(parts[0], **arrays)


def _limit_title(record: "Contour", flavour: FlavourName) -> str:
    kind = f"{record.nature} N, moment of flavour {flavour}, channel {record.channel}"
    return f"{record.experiment}: {100 * record.cl:g} % CL median upper limit, {kind}{', prompt' * record.prompt}"


def _limit_notes(record: "Contour") -> list[str]:
    import numpy as np

    reached = np.isfinite(record.mu)
    notes = [f"Method: {record.method} ({record.convention}); expected background: {record.background:.4g} events."]
    if record.nuisances:
        notes.append(f"{len(record.nuisances)} nuisance parameters: {', '.join(record.nuisances)}.")
    if record.method == "asymptotic" and (record.effective[reached] < FEW).any():
        notes.append("Few events: asymptotic formulas are off by more than a few per cent; use --method toys.")
    if np.isinf(record.mu).any():
        notes.append("inf: no moment is excluded at this mass.")
    return notes
