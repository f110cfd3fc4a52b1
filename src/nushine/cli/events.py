"""The command ``generate``: single events, into a file."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nushine.cli import options, output
from nushine.cli.errors import INTERRUPTED
from nushine.cli.options import ChannelName, FlavourName, NatureName, ProcessName

if TYPE_CHECKING:
    from nushine.detectors import Channel
    from nushine.events import Events, Generator
    from nushine.experiments import Experiment
    from nushine.interactions.cevns import CEvNS
    from nushine.interactions.dipole import Dipole
    from nushine.io.events import Writer


class FormatName(StrEnum):
    """Values of --format."""

    PARQUET = "parquet"
    HEPMC3 = "hepmc3"
    LHE = "lhe"
    ROOT = "root"
    HDF5 = "hdf5"


def generate(
    experiment: options.ExperimentArgument,
    n: Annotated[str, typer.Option("--n", metavar="NUMBER", help='Number of events, "1000000" or "1e6".')],
    out: Annotated[
        str,
        typer.Option(
            "--out", metavar="FILE", help="Ends in .parquet, .hepmc3, .lhe, .root or .h5; - is standard output."
        ),
    ],
    seed: Annotated[
        int,
        typer.Option("--seed", metavar="INTEGER", parser=options.whole(), help="Events depend on it alone."),
    ] = 1,
    m_N: options.MassOption = "",
    mu: options.MomentOption = 1e-8,
    nature: options.NatureOption = NatureName.DIRAC,
    flavour: options.FlavourOption = FlavourName.E,
    process: options.ProcessOption = ProcessName.DIPOLE,
    channel: Annotated[
        ChannelName | None,
        typer.Option(
            "--channel",
            help="What an event must show. Default: what the experiment describes; recoil for CEvNS.",
            show_default=False,
        ),
    ] = None,
    prompt: options.PromptOption = False,
    forced: Annotated[
        bool, typer.Option("--forced", help="Every N decays inside the instrumented volume, with a weight.")
    ] = False,
    format_name: Annotated[
        FormatName | None, typer.Option("--format", help="Format of the file, if its name does not tell.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an earlier run of the same sample ended.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", metavar="INTEGER", parser=options.whole(1, 1024), help="Threads; one per core by default."
        ),
    ] = None,
) -> None:
    """Unweighted events with all momenta, the spin of N and the places of its production and decay.

    The same seed gives the same events, whatever the number of threads, and a run that was killed goes on with
    --resume. Ctrl-C keeps what is written, and exit status 130 tells.
    """
    from nushine.events import Generator
    from nushine.events.generator import check_size
    from nushine.experiments.caveats import two_windows
    from nushine.io.events import open_writer

    if not m_N and process is ProcessName.DIPOLE:
        raise ValueError('--m-N is missing: give the mass of N, as in --m-N "3 MeV"')
    number = _number(n)
    check_size(number, seed)
    if process is ProcessName.CEVNS and channel not in (None, ChannelName.RECOIL):
        raise ValueError(f"--process cevns gives no photon: use --channel recoil, not {channel}")
    _check_out(out, format_name)
    m_N_MeV = options.energy(m_N, "--m-N") if m_N else None
    setup, interaction = options.hypothesis(experiment, process, m_N_MeV, mu, nature, flavour)
    counted = options.channel(ChannelName.RECOIL if process is ProcessName.CEVNS else channel, setup)
    generator = Generator(setup, interaction, counted, options.decay(prompt=prompt), forced)
    card = generator.card(number, seed)
    with open_writer(out, card, format_name.value if format_name else None, resume) as writer:
        begun = writer.done
        if writer.given_up:
            output.show_note(f"an unfinished run in {out} ({writer.given_up}) is given up: begun anew without --resume")
        try:
            seen = _stream(generator, writer, seed, workers)
        except KeyboardInterrupt:
            writer.abort()
            output.show_note(f"nushine: interrupted after {writer.done} of {number} events; --resume goes on")
            raise typer.Exit(INTERRUPTED) from None
    if resume and begun == number and writer.complete:
        output.show_note(f"{out} is complete with its {number} events: nothing is left to do")
        return
    kept = f", {begun} of them from before" if begun else ""
    error = _error(generator) if forced else ""
    output.show_note(f"wrote {out} ({number} events{kept}); {output.number(card.rate_per_year)}{error} events per year")
    for line in two_windows(setup, (counted,)):
        output.show_note(line)
    if setup.arrangement is not None and counted.photon and seen.events:
        _compare(setup, interaction, counted, prompt, seen.rate(card.rate * card.exposure))


def _check_out(out: str, format_name: FormatName | None) -> None:
    """Refuse a file that cannot be written, or whose name says another format, before anything is prepared for it."""
    from nushine.io.atomic import open_file
    from nushine.io.events import FORMATS
    from nushine.io.events.formats import check

    if not out:
        raise ValueError("--out is empty: give the name of a file, or - for standard output")
    if "\0" in out or open_file(out) is None:
        output.check_file(Path(out), "--out")
    for kind in FORMATS.values():
        if format_name is not None and kind.name != format_name.value and Path(out).suffix.lower() in kind.suffixes:
            raise ValueError(f"--out {out}: the name says {kind.name}, --format {format_name}; leave one of them out")
    check(out, format_name.value if format_name else None)


def _error(generator: "Generator") -> str:
    """The error of the share of N that decay inside, where it is estimated."""
    from hepunits import year

    error = generator.rate_error * year
    return f" +- {error:.2g}" if error > 0 else ""


class Seen:
    """Sums over events that go by: of the weights of those that are seen."""

    def __init__(self) -> None:
        self.events, self.weight, self.square = 0, 0.0, 0.0

    def watch(self, blocks: "Iterator[Events]") -> "Iterator[Events]":
        """Pass blocks on."""
        for block in blocks:
            weight = block["weight"][block["seen"]]
            self.events += len(block)
            self.weight += float(weight.sum())
            self.square += float((weight**2).sum())
            yield block

    def rate(self, total: float) -> tuple[float, float]:
        """Number that is seen and its statistical error, if all events stand for this total."""
        per = total / self.events
        return per * self.weight, per * max(self.square - self.weight**2 / self.events, 0.0) ** 0.5


def _compare(
    setup: "Experiment", signal: "Dipole | CEvNS", channel: "Channel", prompt: bool, seen: tuple[float, float]
) -> None:
    """Say by how much the geometry differs from the path and the cone of rates and likelihoods."""
    from nushine.interactions.dipole import Dipole
    from nushine.observables import expected_events

    if not isinstance(signal, Dipole):
        return
    expected = float(expected_events(setup, signal, channel, options.decay(prompt=prompt)))
    output.show_note(
        f"seen by the geometry: {output.number(seen[0])} in the exposure; by path and photon cone, which rates and "
        f"likelihoods use: {output.number(expected)}; ratio {seen[0] / expected:.3f} +- {seen[1] / expected:.3f}"
    )


def _stream(generator: "Generator", writer: "Writer", seed: int, workers: int | None) -> Seen:
    """Write what is missing, with a progress bar."""
    from nushine.io.events import write_stream

    seen = Seen()
    with output.progress(f"{generator.name}, {writer.rows} events", writer.rows) as (bar, task):
        bar.update(task, completed=writer.done)
        blocks = seen.watch(generator.stream(writer.rows, seed, first=writer.done, workers=workers))
        write_stream(writer, blocks, lambda done: bar.update(task, completed=done))
    return seen


def _number(text: str) -> int:
    """Read a number of events, also as 1e7."""
    from nushine.config import whole_number

    try:
        return whole_number(text, 1, 10**15)
    except ValueError:
        cure = "give a whole number of events, 1 or more, such as 1000000 or 1e6"
        raise ValueError(f"--n {text}: {cure}") from None
