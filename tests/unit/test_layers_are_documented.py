"""The layers that import-linter enforces are the ones that CONTRIBUTING.md explains."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def enforced_layers() -> list[list[str]]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [re.findall(r"\w+", layer) for layer in layers]


def documented_layers() -> list[list[str]]:
    """Rows ``| `a`, `b` | what it is |`` of the table under "Layers"."""
    section = (ROOT / "CONTRIBUTING.md").read_text().split("## Layers")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]+) \|", section, flags=re.MULTILINE)
    return [re.findall(r"`(\w+)`", cell) for cell in cells]


def test_contributing_names_every_layer_in_order() -> None:
    assert documented_layers() == enforced_layers()
