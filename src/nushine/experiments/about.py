"""What a file says about its source, as texts to show: the source itself knows only the flux."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hepunits import GW, MeV, cm, m, s
from pydantic import BaseModel

from nushine.experiments.sources import TableSource
from nushine.sources.reactor import chooz_reactor

UNITS = {
    "power": (GW, "GW"),
    "baseline": (m, "m"),
    "distance": (m, "m"),
    "protons": (1 / s, "1/s"),
    "energy": (MeV, "MeV"),
    "flux": (1 / (cm**2 * s), "1/(cm^2 s)"),
}
"""Units in which numbers of these keys are shown."""


def keys_of(source: BaseModel, folder: Path) -> tuple[tuple[str, str], ...]:
    """Keys of the block of a source with their values, defaults too, and what a kind stands for.

    These are the cores of a reactor, and the columns and units of a table, of which a relative path is taken from the
    folder.
    """
    return tuple(_flat(source, "", folder))


def _flat(block: BaseModel, prefix: str, folder: Path) -> Iterator[tuple[str, str]]:
    for key, value in block:
        name = f"{prefix}{key}".replace("_", " ")
        items = value if isinstance(value, list | tuple) else None
        if items and all(isinstance(item, BaseModel) for item in items):
            for number, item in enumerate(items, start=1):
                text = ", ".join(f"{part} {said}" for part, said in _flat(item, "", folder))
                yield f"{'part' if key == 'of' else name.removesuffix('s')} {number}", text
        elif isinstance(value, BaseModel):
            yield from _flat(value, f"{name} ", folder)
        elif value is not None:
            yield name, _text(key, value)
    if isinstance(block, TableSource):
        yield "table", block.taken(folder)
    if getattr(block, "kind", "") == "chooz":
        for number, core in enumerate(chooz_reactor().cores, start=1):
            yield f"core {number}", f"{_text('power', core.power)} at {_text('baseline', core.baseline)}"


def _text(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) or key not in UNITS:
        return f"{value:g}" if isinstance(value, float) else str(value)
    unit, name = UNITS[key]
    return f"{float(value) / unit:g} {name}"
