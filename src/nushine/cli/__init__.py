"""The command line ``nushine``.

Importing it imports typer alone, so that ``nushine --help`` answers at once; a command imports what it computes with.
"""

from pathlib import Path
from typing import Annotated

import typer

from nushine import __version__
from nushine.cli import catalogue, info, output
from nushine.cli.errors import OneLineErrors
from nushine.cli.events import generate
from nushine.cli.evidence import discover, discriminate
from nushine.cli.reach import limit
from nushine.cli.spectra import spectrum
from nushine.cli.workspace import workspace

app = typer.Typer(
    name="nushine",
    cls=OneLineErrors,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def nushine(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Neutrinos up-scattered on nuclei through a transition magnetic moment, and the photons that shine after."""
    if version:
        print(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def reproduce(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where figures and tables go.")] = Path(
        "figures"
    ),
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="Make this figure only; may be given again.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Keep what an earlier run has finished.")] = False,
) -> None:
    """Compute the whole study: figures, tables and summary.md."""
    from nushine import study

    for name in only or ():
        if name not in study.FIGURES:
            raise ValueError(f"--only {name}: no such figure; figures are {', '.join(study.FIGURES)}")
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out {out}: is a file; give the name of a folder")
    study.reproduce(out, only=only or None, resume=resume)
    output.show_note(f"the study is in {out}")


app.command(short_help="Recoil or photon spectrum of an experiment.")(spectrum)
app.command(short_help="Expected upper limit on the moment, by mass.")(limit)
app.command(short_help="Least moment that would be discovered, by mass.")(discover)
app.command(short_help="Least moment that tells Dirac from Majorana, by mass.")(discriminate)
app.command(short_help="The likelihood as a pyhf workspace.")(workspace)
app.command(short_help="Single events, into a file.")(generate)
app.command(short_help="Published limits on the moment.")(catalogue.constraints)
app.command(short_help="Experiments of the package, and what they count.")(info.info)


def main() -> None:
    """Run the command line."""
    output.print_everything()
    app()
