"""The study writes what it promises, and goes on after an interruption."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from nushine.study import FIGURES, reproduce


def test_one_figure_with_its_table_and_summary(tmp_path: Path) -> None:
    summary = reproduce(tmp_path / "figures", only=["reactor-spectrum"])
    assert summary.read_text(encoding="utf-8").startswith("# The study")
    for suffix in ("pdf", "png", "csv"):
        assert (tmp_path / "figures" / f"reactor-spectrum.{suffix}").stat().st_size > 1000
    with (tmp_path / "figures" / "reactor-spectrum.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    total = np.array([float(row["total [1/(cm^2 s MeV)]"]) for row in rows])
    parts = sum(np.array([float(row[key]) for row in rows]) for key in rows[0] if key[0] in "UPN")
    np.testing.assert_allclose(total, parts, rtol=1e-6)  # eight digits are written


def test_resume_leaves_finished_figures_alone(tmp_path: Path) -> None:
    reproduce(tmp_path, only=["reactor-spectrum"])
    before = (tmp_path / "reactor-spectrum.png").stat().st_mtime_ns
    reproduce(tmp_path, only=["reactor-spectrum"], resume=True)
    assert (tmp_path / "reactor-spectrum.png").stat().st_mtime_ns == before
    stamp = tmp_path / ".finished.json"
    stamp.write_text(json.dumps({"version": "0.0.0", "finished": ["reactor-spectrum"]}), encoding="utf-8")
    reproduce(tmp_path, only=["reactor-spectrum"], resume=True)
    assert (tmp_path / "reactor-spectrum.png").stat().st_mtime_ns > before


def test_unknown_figure(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown figure 'poster'; known are reactor-spectrum"):
        reproduce(tmp_path, only=["poster"])
    study = {"reactor-spectrum", "recoils", "photons", "natures", "event-maps", "reach", "design", "flavours"}
    assert set(FIGURES) == study
