"""Run the parts of the study one after the other and write what they give."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from nushine import __version__
from nushine.plotting.style import house_style
from nushine.study import design, flavours, maps, natures, photons, reach, reactor, recoils
from nushine.study.result import Part, write

PARTS: Mapping[str, Part] = {
    "reactor-spectrum": Part("Reactor antineutrino spectrum", 1, reactor.make),
    "recoils": Part("Recoil spectra", recoils.STEPS, recoils.make),
    "photons": Part("Photon energy and angle", photons.STEPS, photons.make),
    "natures": Part("Dirac against Majorana", natures.STEPS, natures.make),
    "event-maps": Part("Events over mass and moment", maps.STEPS, maps.make),
    "reach": Part("Reach of NUCLEUS", reach.STEPS, reach.make),
    "design": Part("What buys reach", design.STEPS, design.make),
    "flavours": Part("Published limits by flavour", flavours.STEPS, flavours.make),
}

FIGURES: Mapping[str, str] = {name: part.title for name, part in PARTS.items()}
"""Names of the figures, for ``nushine reproduce --only``, and what they show."""


def reproduce(out: Path, only: Sequence[str] | None = None, resume: bool = False) -> Path:
    """Compute the figures and tables of the study.

    Parameters
    ----------
    out : Path
        Folder to write to; made if needed.
    only : sequence of str, optional
        Names of figures (see `FIGURES`); all by default.
    resume : bool
        Leave out figures that this version has already written there, after an interruption.

    Returns
    -------
    Path
        The summary, which collects the sentences of all figures found in the folder.

    Raises
    ------
    ValueError
        For an unknown name.

    """
    unknown = [name for name in only or () if name not in PARTS]
    if unknown:
        raise ValueError(f"unknown figure '{unknown[0]}'; known are {', '.join(PARTS)}")
    out.mkdir(parents=True, exist_ok=True)
    done = _finished(out)
    wanted = [name for name in PARTS if (not only or name in only) and not (resume and name in done)]
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress, house_style():
        for name in wanted:
            part = PARTS[name]
            task = progress.add_task(part.title, total=part.steps)
            write(part.make(partial(progress.advance, task)), out, name)
            progress.update(task, completed=part.steps)
            done = [*(d for d in done if d != name), name]
            fresh = out / f"{STAMP}.part"
            fresh.write_text(json.dumps({"version": __version__, "finished": done}), encoding="utf-8")
            fresh.replace(out / STAMP)  # at once, so that an interruption leaves the old stamp or the new one
    return _summary(out)


STAMP = ".finished.json"


def _finished(out: Path) -> list[str]:
    """Figures that this version has finished in a folder."""
    stamp = out / STAMP
    if not stamp.is_file():
        return []
    content = json.loads(stamp.read_text(encoding="utf-8"))
    return list(content["finished"]) if content["version"] == __version__ else []


def _summary(out: Path) -> Path:
    """Put the sentences of the figures together."""
    sections = [
        f"## {part.title}\n\n![{part.title}]({name}.png)\n\n{(out / f'{name}.md').read_text(encoding='utf-8')}"
        for name, part in PARTS.items()
        if (out / f"{name}.md").is_file()
    ]
    path = out / "summary.md"
    path.write_text("\n".join([f"# The study, by nushine {__version__}\n", *sections]), encoding="utf-8")
    return path
