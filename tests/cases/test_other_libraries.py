"""Other libraries in the process: one that switches double precision off, and processes that are forked."""

import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

import nushine as ns
from nushine.cli import app
from nushine.detectors import Channel
from nushine.numerics.compilation import JaxStateError
from nushine.numerics.piecewise import Piecewise
from nushine.observables import recoil_spectrum
from nushine.sources.pion_decay_at_rest import prompt_time
from nushine.statistics import Data, Model, fit, strength_limit

if hasattr(jax, "enable_x64"):
    from jax import enable_x64
else:
    from jax.experimental import enable_x64

PATH = 50.0
E = np.array([0.1, 0.2])


@pytest.fixture(scope="module")
def nucleus() -> ns.Experiment:
    return ns.experiments.load("nucleus-1kg")


@pytest.fixture(scope="module")
def signal() -> ns.Dipole:
    return ns.Dipole(m_N=3.0, mu=1e-8)


@pytest.fixture
def single() -> Iterator[None]:
    """Single precision, as another library leaves it behind."""
    jax.config.update("jax_enable_x64", False)
    yield
    jax.config.update("jax_enable_x64", True)


VERBS: dict[str, Callable[[ns.Experiment, ns.Dipole], Any]] = {
    "background_events": lambda e, _: ns.background_events(e),
    "discovery": lambda e, _: ns.discovery(e, [3.0]),
    "discriminate": lambda e, _: ns.discriminate(e, [3.0]),
    "electron_recoil_rate": lambda e, s: ns.electron_recoil_rate(E, e.source, ns.targets.electrons("Ge"), s),
    "event_yield": ns.event_yield,
    "exclusion": lambda e, _: ns.exclusion(e, [3.0]),
    "expected_events": ns.expected_events,
    "forecast": ns.forecast,
    "generate": lambda e, s: ns.generate(e, s, n=10, seed=1),
    "photon_angle_spectrum": lambda e, s: ns.photon_angle_spectrum(E, e.source, e.target, s, PATH),
    "photon_spectrum": lambda e, s: ns.photon_spectrum(E, e.source, e.target, s, PATH),
    "recoil_rate": lambda e, s: ns.recoil_rate(E, e.source, e.target, s),
    "scattering_rate": lambda e, s: ns.scattering_rate(e.source, e.target, s),
    "sterile_rate": lambda e, s: ns.sterile_rate(e.source, e.target, s, PATH),
    "sterile_yield": lambda e, s: ns.sterile_yield(e.source, e.target, s, PATH),
}
METHODS: dict[str, Callable[[ns.Experiment, ns.Dipole], Any]] = {
    "Dipole": lambda *_: ns.Dipole(m_N=2.0, mu=1e-8),
    "Generator": ns.Generator,
    "compound": lambda *_: ns.targets.compound("Ge"),
    "cross section": lambda e, s: s.dsigma_dE_R(3.0, 1e-4, e.target.isotopes),
    "flux": lambda e, _: e.source.flux(3.0),
    "kinematics": lambda *_: ns.kinematics.E_R_max(6.0, 3.0, 7e4),
    "load": lambda *_: ns.experiments.load("nucleus-1kg"),
    "moment": lambda *_: ns.theory.mu_from_d(1e-9),
    "source": lambda *_: ns.sources.chooz(),
    "spectrum": lambda e, s: recoil_spectrum(e, s, E),
    "upper_limit": lambda *_: ns.statistics.upper_limit(3, 1.0),
}
NOUNS: dict[str, Callable[[ns.Experiment, ns.Dipole], Any]] = {
    "Background.rate": lambda e, _: e.background.rate(ns.RECOIL, e.selection),
    "Background.recoil_bins": lambda e, _: e.background.recoil_bins(ns.RECOIL, E),
    "Beam.E_max": lambda e, _: e.source.beams[0].E_max,
    "Dipole.series": lambda e, s: s.series(1e-4, e.target.isotopes),
    "Decay.length": lambda _, s: ns.RADIATIVE.length(3.5, s),
    "Decay.photons": lambda _, s: ns.RADIATIVE.photons(s),
    "Decay.probability": lambda _, s: ns.RADIATIVE.probability(3.5, PATH, s),
    "Decay.width": lambda _, s: ns.RADIATIVE.width(s),
    "Piecewise": lambda e, _: e.source.beams[0].continuum(3.0),
    "Piecewise.integral": lambda e, _: e.source.beams[0].continuum.integral(),
    "Piecewise.linear": lambda *_: Piecewise.linear([1.0, 2.0], [1.0, 2.0]),
    "Response.matrix": lambda e, _: e.response.matrix(E, E),
    "Source.E_max": lambda e, _: e.source.E_max,
    "Source.flux": lambda e, _: e.source.flux(3.0),
    "Source.relative_variations": lambda e, _: e.source.relative_variations(E),
    "Source.sum": lambda e, _: e.source + e.source,
    "Source.total": lambda e, _: e.source.total(),
    "Target.electrons_per_mass": lambda e, _: e.target.electrons_per_mass,
    "form factor": lambda e, _: e.target.isotopes.form_factor(1.0),
    "rms_radius": lambda e, _: e.target.isotopes.form_factor.rms_radius,
    "split": lambda e, _: ns.experiments.split(e),
    "time": lambda *_: prompt_time(E),
}
"""Methods and properties that compute without being compiled."""


def test_every_public_verb_is_tried() -> None:
    assert {name for name in ns.__all__ if inspect.isfunction(getattr(ns, name))} == set(VERBS)


@pytest.mark.parametrize("verb", [*VERBS, *METHODS, *NOUNS])
@pytest.mark.usefixtures("single")
def test_single_precision_is_one_line(verb: str, nucleus: ns.Experiment, signal: ns.Dipole) -> None:
    with pytest.raises(JaxStateError, match=r"^double precision is off: .*jax.config.update\('jax_enable_x64', True\)"):
        (VERBS | METHODS | NOUNS)[verb](nucleus, signal)


def methods_that_do_not_ask() -> Iterator[str]:
    """Public methods and properties of the nouns that use `jax.numpy` and are not wrapped by anything that asks."""
    for package in ("sources", "targets", "detectors", "decay", "interactions"):
        for module in pkgutil.iter_modules(getattr(ns, package).__path__, f"nushine.{package}."):
            for kind in vars(importlib.import_module(module.name)).values():
                if not inspect.isclass(kind) or kind.__module__ != module.name:
                    continue
                for name, entry in vars(kind).items():
                    method = entry.fget if isinstance(entry, property) else entry
                    method = getattr(method, "__func__", getattr(method, "method", method))
                    public = inspect.isfunction(method) and (name == "__call__" or not name.startswith("_"))
                    if not public or getattr(method, "__isabstractmethod__", False) or hasattr(method, "__wrapped__"):
                        continue
                    if "jnp." in inspect.getsource(method):
                        yield f"{module.name}: {kind.__name__}.{name}"


def test_every_noun_asks() -> None:
    assert list(methods_that_do_not_ask()) == []


@pytest.mark.parametrize("channel", [ns.COINCIDENCE, ns.RECOIL], ids=lambda channel: channel.name)
def test_what_was_made_before_asks_too(channel: Channel, nucleus: ns.Experiment, signal: ns.Dipole) -> None:
    number = ns.event_yield(nucleus, signal, channel)
    before = float(number(1e-8))
    with enable_x64(False), pytest.raises(JaxStateError, match="double precision is off"):
        number(1e-8)
    assert float(number(1e-8)) == before


def test_likelihoods_ask_too() -> None:
    model = Model(
        signal=jnp.array([3.0]),
        backgrounds=jnp.array([[20.0]]),
        log_kappa=jnp.zeros((0, 2)),
        up=jnp.zeros((0, 2, 1)),
        down=jnp.zeros((0, 2, 1)),
        precision=jnp.zeros(0),
        weight=jnp.ones(1),
        shaped=(),
        nuisances=(),
        samples=("signal", "background"),
        channels=(("on", 1),),
    )
    data = Data(jnp.array([20.0]), jnp.zeros(0))
    for verb in (lambda: fit(model, data), lambda: strength_limit(model), lambda: model.asimov(0.0)):
        with enable_x64(False), pytest.raises(JaxStateError, match="double precision is off"):
            verb()


@pytest.mark.usefixtures("single")
def test_a_command_says_it_in_one_line() -> None:
    result = CliRunner().invoke(app, ["info", "nucleus-1kg"])
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith("nushine: double precision is off")


SCRIPT = """
import multiprocessing, os, pkgutil, importlib, signal, sys, warnings
import nushine as ns
from nushine.numerics.compilation import JaxStateError

warnings.simplefilter("ignore", RuntimeWarning)  # of JAX, about forks
SIGNAL = dict(m_N=3.0, mu=1e-8)


def total(name):
    return float(ns.experiments.load(name).source.total())


def in_a_fork(compute):
    child = os.fork()
    if child == 0:
        signal.alarm(60)  # ends a child that hangs
        try:
            compute()
            os._exit(0)
        except JaxStateError as error:
            os._exit(3 if "forked after JAX had started" in str(error) else 4)
        finally:
            os._exit(5)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    for module in pkgutil.walk_packages(ns.__path__, "nushine."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    print("after the import:", in_a_fork(lambda: total("nucleus-1kg")))
    here = total("nucleus-1kg")
    print("after load:", in_a_fork(lambda: total("nucleus-1kg")))
    e, s = ns.experiments.load("nucleus-1kg"), ns.Dipole(**SIGNAL)
    nouns = {
        "E_max": lambda: e.source.E_max,
        "total": lambda: e.source.total(),
        "end of a beam": lambda: e.source.beams[0].E_max,
        "width": lambda: ns.RADIATIVE.width(s),
        "integral": lambda: e.source.beams[0].continuum.integral(),
        "highest": lambda: ns.observables.highest_mass(e),
        "rate": lambda: e.background.rate(ns.RECOIL, e.selection),
    }
    print("nouns:", sorted({in_a_fork(compute) for compute in nouns.values()}))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print("spawned:", pool.map(total, ["nucleus-1kg"]) == [here])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_forks_work_before_load_and_say_why_not_after(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # importing starts no thread of JAX; loading does, and then a forked child would wait for them for ever
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    monkeypatch.setenv("JAX_ENABLE_X64", "0")  # the package switches it on all the same
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.splitlines() == ["after the import: 0", "after load: 3", "nouns: [3]", "spawned: True"], (
        done.stderr
    )
