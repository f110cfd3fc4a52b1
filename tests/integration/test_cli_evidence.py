"""The commands ``discover`` and ``discriminate``."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nushine import experiments
from nushine.cli import app
from nushine.interactions import DIRAC
from nushine.statistics import discovery, discriminate

FILE = """
name: small
source: {kind: chooz}
target:
  - {formula: Al, mass: 1 kg}
exposure: 1 year
path: 5 cm
recoil_window: [20 eV, 1 keV]
photon: {threshold: 100 keV}
background: {coincidence: 10 / (keV kg day), photon_scale: 1 MeV}
uncertainties: {background: 0.1}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("experiment") / "small.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_discriminate_is_that_of_the_library(small: Path, tmp_path: Path) -> None:
    command = ["discriminate", str(small), "--truth", "dirac", "--m-N", "3 MeV", "--sigma", "3"]
    code, stdout, _ = run(*command, "--json")
    assert code == 0
    shown = json.loads(stdout)
    found = discriminate(experiments.load(small), 3.0, DIRAC, (3.0,))
    assert shown["mu_3_sigma_mu_B"] == pytest.approx(found.mu[:, 0].tolist(), rel=1e-9)  # the same computation
    assert (shown["truth"], shown["against"]) == ("Dirac N", "Majorana N of this mass")
    assert (shown["complete"], shown["nuisances"]) == (True, "background")
    code, stdout, stderr = run(*command, "--out", str(tmp_path / "natures.csv"))
    assert (code, stdout) == (0, "")
    assert "wrote" in stderr
    with (tmp_path / "natures.csv").open(encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["m_N [MeV]", "mu_3_sigma [mu_B]", "events_3_sigma"]
    assert float(rows[1][1]) == pytest.approx(found.mu[0, 0], rel=1e-9)


def test_discover_is_that_of_the_library(small: Path) -> None:
    code, stdout, _ = run("discover", str(small), "--m-N", "3 MeV", "--json")
    assert code == 0
    shown = json.loads(stdout)
    found = discovery(experiments.load(small), 3.0)
    assert shown["events_3_sigma"] == pytest.approx(found.events[:, 0].tolist(), rel=1e-9)
    assert shown["events_5_sigma"] == pytest.approx(found.events[:, 1].tolist(), rel=1e-9)
    assert shown["against"] == "no signal"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--channel", "recoil"], "channel recoil: does not depend on the nature of N; use coincidence or photon"),
        (["--sigma", "100"], "significance = 100"),
        (["--masses", "2 MeV", "1 MeV", "3"], "give a mass above zero, then a larger one"),
    ],
)
def test_a_mistake_is_one_line(small: Path, arguments: list[str], said: str) -> None:
    mass = [] if "--masses" in arguments else ["--m-N", "3 MeV"]
    code, stdout, stderr = run("discriminate", str(small), *mass, *arguments)
    assert (code, stdout) == (2, "")
    assert said in stderr
    assert len(stderr.splitlines()) == 1
