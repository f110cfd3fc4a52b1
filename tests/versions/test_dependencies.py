"""Each dependency in the way in which the package needs it: `make test-lowest` and `make test-newest` run only this.

Small cases, so that versions can be changed and tried in two minutes; the numbers are tested elsewhere.
"""

import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import nushine as ns
from nushine.cli import app
from nushine.io.events import read, write_events
from nushine.statistics import Data, Model, fit, strength_limit
from nushine.statistics.minuit import minuit

SMALL = """
name: small
source: {kind: table, file: flux.csv}
target: [{formula: Al, mass: 1 kg}]
exposure: 30 day
path: 5 cm
recoil_window: [20 eV, 1 keV]
photon: {threshold: 100 keV}
background: {recoil: 20 / (keV kg day)}
uncertainties: {flux: 0.03, background: 0.1}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment whose programs are small."""
    place = tmp_path_factory.mktemp("small")
    (place / "flux.csv").write_text("E_nu,flux\n1,1e12\n4,3e11\n8,1e9\n")
    (place / "small.yaml").write_text(SMALL)
    return place / "small.yaml"


@pytest.fixture(scope="module")
def events() -> ns.Events:
    return ns.generate(ns.experiments.load("nucleus-1kg"), ns.Dipole(m_N=3.0, mu=1e-8), n=300, seed=1)


def counting() -> Model:
    """Signal and background in two bins; the background is known to 10 %."""
    return Model(
        signal=jnp.array([3.0, 1.0]),
        backgrounds=jnp.array([[20.0, 30.0]]),
        log_kappa=jnp.array([[0.0, 0.1]]),
        up=jnp.zeros((0, 2, 2)),
        down=jnp.zeros((0, 2, 2)),
        precision=jnp.ones(1),
        weight=jnp.ones(2),
        shaped=(),
        nuisances=("background",),
        samples=("signal", "background"),
        channels=(("on", 1), ("off", 1)),
    )


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("name", ns.experiments.names())
def test_experiments_load(name: str) -> None:
    assert float(ns.experiments.load(name).source.total()) > 0


def test_expected_events_do_not_depend_on_versions() -> None:
    number = ns.expected_events(ns.experiments.load("nucleus-1kg"), ns.Dipole(m_N=3.0, mu=1e-8))
    assert float(number) == pytest.approx(2.2901248219, rel=1e-9)  # the digits written; JAX sums in another order


@pytest.mark.parametrize("command", ["", *typer.main.get_group(app).commands])
def test_help_of_each_command(command: str) -> None:
    assert "Usage" in run(*command.split(), "--help")


def test_info_and_constraints() -> None:
    assert "nucleus-1kg" in run("info")
    assert json.loads(run("constraints", "--json"))


def test_spectrum(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "spectrum.csv"
    run("spectrum", small, "--observable", "recoil", "--m-N", "2 MeV", "--out", out)
    assert len(out.read_text().splitlines()) > 200


def test_a_figure(tmp_path: Path) -> None:
    run("reproduce", "--only", "reactor-spectrum", "--out", tmp_path)
    [figure] = tmp_path.glob("*.pdf")
    assert figure.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("command", ["limit", "discover"])
def test_reach(command: str, small: Path) -> None:
    assert json.loads(run(command, small, "--m-N", "2 MeV", "--channel", "recoil", "--json"))


def test_workspace(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "workspace.json"
    run("workspace", small, "--m-N", "2 MeV", "--mu", "1e-10", "--channel", "recoil", "--out", out)
    import pyhf

    workspace = pyhf.Workspace(json.loads(out.read_text()))
    assert workspace.data(workspace.model())


def test_fits_of_pyhf_and_minuit() -> None:
    import pyhf

    model = counting()
    data: Data = model.data(np.array([25.0, 30.0]))
    ours, minuits = fit(model, data), minuit(model, data)
    workspace = pyhf.Workspace(ns.io.to_pyhf(model, data))
    theirs = workspace.model()
    best = pyhf.infer.mle.fit(workspace.data(theirs), theirs)
    near = pytest.approx(float(ours.strength), abs=1e-2)  # SLSQP stops at a change of 1e-6 of 2 NLL, MIGRAD at 1e-4
    assert float(best[theirs.config.poi_index]) == near
    assert minuits.values["strength"] == near
    assert 0 < float(strength_limit(model).expected[2]) < 10


@pytest.mark.parametrize("name", [".parquet", ".root", ".h5"])
def test_tables_of_events(name: str, events: ns.Events, tmp_path: Path) -> None:
    out = tmp_path / f"events{name}"
    write_events(out, events)
    again = read(out)
    assert all(np.array_equal(again[c], events[c]) for c in events.columns)


def test_hepmc3(events: ns.Events, tmp_path: Path) -> None:
    import pyhepmc

    out = tmp_path / "events.hepmc3"
    write_events(out, events)
    with pyhepmc.open(str(out)) as file:
        assert sum(len(event.particles) >= 5 for event in file) == len(events)


def test_lhe(events: ns.Events, tmp_path: Path) -> None:
    import pylhe

    out = tmp_path / "events.lhe"
    write_events(out, events)
    assert sum(len(event.particles) >= 5 for event in pylhe.LHEFile.fromfile(out).events) == len(events)


def test_generate(tmp_path: Path) -> None:
    out = tmp_path / "events.parquet"
    run("generate", "nucleus-1kg", "--m-N", "3 MeV", "--n", 300, "--seed", 1, "--out", out)
    assert len(read(out)) == 300
