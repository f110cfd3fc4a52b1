"""Experiments as data: what the files of the package say, and what a wrong file is answered."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import MeV, cm, day, eV, g, keV, kg, m, s

from nushine import experiments
from nushine.experiments import Experiment
from nushine.sources.reactor import chooz

NUCLEUS: dict[str, Any] = {
    "name": "test",
    "source": {"kind": "chooz"},
    "target": [{"formula": "Ge", "mass": "1 kg"}],
    "exposure": "10 day",
    "path": "5 cm",
    "recoil_window": ["20 eV", "1 keV"],
    "photon": {"threshold": "100 keV"},
}


def make(**changes: Any) -> Experiment:
    """The experiment above with other keys; None leaves one out."""
    content = {key: value for key, value in {**deepcopy(NUCLEUS), **changes}.items() if value is not None}
    return experiments.from_mapping(content, where="mine.yaml")


@pytest.mark.parametrize("name", experiments.names())
def test_every_experiment_of_the_package_loads_and_says_where_it_comes_from(name: str) -> None:
    experiment = experiments.load(name)
    assert experiment.name == name
    assert experiment.description
    assert "arXiv" in experiment.reference
    assert float(experiment.source.total()) > 0


def test_nucleus_10g_is_two_arrays_of_nine_cubes() -> None:
    experiment = experiments.load("nucleus-10g")
    assert experiment.target.name == "CaWO4 + Al2O3"
    # 9 cubes of 5 mm: CaWO4 of 6.06 g/cm3 and Al2O3 of 3.98 g/cm3; masses given to 0.01 g, densities known to 1 %
    expected = 9 * 0.125 * (6.06 + 3.98) * g
    assert float(experiment.mass) == pytest.approx(expected, rel=0.01)
    selection, flat = experiment.selection, experiment.background
    assert (float(selection.E_R_min) / eV, float(selection.E_gamma_min) / keV) == pytest.approx((20, 100))
    assert float(flat.recoil) * keV * kg * day == pytest.approx(100)


def test_values_arrive_with_their_units() -> None:
    experiment = make(background={"recoil": "7 / (keV kg day)", "photon": "3 / (kg day)"})
    assert float(experiment.mass) / kg == pytest.approx(1)
    assert float(experiment.exposure) / day == pytest.approx(10)
    assert float(experiment.path) / cm == pytest.approx(5)
    assert float(experiment.selection.E_R_max) / keV == pytest.approx(1)
    assert float(experiment.selection.cos_theta_min) == -1
    assert float(experiment.background.recoil) * keV * kg * day == pytest.approx(7)
    assert float(experiment.background.photon) * kg * day == pytest.approx(3)
    assert float(experiment.background.coincidence) == 0


def test_two_cores_at_the_distances_of_chooz_are_chooz() -> None:
    cores = [{"power": "4.25 GW", "baseline": f"{distance} m"} for distance in (72, 102)]
    E_nu = jnp.array([0.5, 3.0, 6.0])
    flux = make(source={"kind": "reactor", "cores": cores}).source.flux(E_nu)
    np.testing.assert_allclose(flux, chooz().flux(E_nu), rtol=1e-9)


def test_half_a_load_is_half_the_flux() -> None:
    half = make(source={"kind": "chooz", "load_factor": 0.5}).source.total()
    assert float(half) == pytest.approx(float(chooz().total()) / 2)


def test_pion_decay_at_rest_has_three_flavours_of_equal_flux() -> None:
    source = {"kind": "pion-decay-at-rest", "protons": "5e15 / s", "yield_per_proton": 0.08, "distance": "19.3 m"}
    total = float(make(source=source).source.total()) * (cm**2 * s)
    # 3 neutrinos for each of 5e15 x 0.08 pions per second, over the sphere of 19.3 m
    assert total == pytest.approx(3 * 5e15 * 0.08 / (4 * jnp.pi * 1930**2), rel=1e-9)


def test_a_flux_table_lies_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "flux.csv").write_text(
        "E_nu [MeV],flux [1/(cm^2 s MeV)]\n" + "".join(f"{E},1e10\n" for E in range(1, 9))
    )
    (tmp_path / "mine.yaml").write_text(
        "name: mine\nsource: {kind: table, file: flux.csv}\ntarget: [{formula: Ge, mass: 1 kg}]\nexposure: 10 day\n"
        "path: 5 cm\nrecoil_window: [20 eV, 1 keV]\nphoton: {threshold: 100 keV}\n"
    )
    source = experiments.load(tmp_path / "mine.yaml").source
    assert float(source.flux(3.5)) * (cm**2 * s * MeV) == pytest.approx(1e10)


def test_masses_add_up_to_the_mass_of_the_experiment() -> None:
    target = [{"formula": "CaWO4", "mass": "6 g"}, {"formula": "Al2O3", "mass": "4 g"}]
    experiment = make(target=target)
    assert float(experiment.mass) / g == pytest.approx(10)
    assert experiment.target.name == "CaWO4 + Al2O3"


def test_an_experiment_passes_through_jit() -> None:
    experiment = make()
    assert float(jax.jit(lambda e: e.mass * e.exposure)(experiment)) == pytest.approx(float(kg * 10 * day))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"exposre": "1 year"}, "unknown key 'exposre'; allowed here are background, description, exposure, geometry,"),
        ({"exposure": None}, "'exposure' is missing; add it"),
        ({"exposure": "1 kg"}, "exposure: '1 kg' is not a quantity like '1 year'"),
        ({"exposure": 1}, "exposure: 1 is not a quantity like '1 year'"),
        ({"exposure": "0 day"}, "exposure: '0 day' is not allowed: give a quantity above zero"),
        ({"path": "-1 cm"}, "path: '-1 cm' is not allowed: give a quantity above zero"),
        (
            {"source": {"kind": "chuz"}},
            "source.kind: 'chuz' is unknown; choose one of chooz, reactor, pion-decay-at-rest",
        ),
        ({"source": {}}, "source.kind is missing; choose one of chooz, reactor"),
        ({"source": {"kind": "chooz", "power": 1}}, "unknown key 'source.power'; allowed here are kind, load_factor"),
        (
            {"source": {"kind": "reactor", "cores": [{"power": "4 GW", "distance": "1 m"}]}},
            "unknown key 'source.cores[0].distance'; allowed here are baseline, load_factor, power",
        ),
        ({"source": {"kind": "chooz", "load_factor": -1}}, "source.load_factor: -1 is not allowed"),
        ({"target": []}, "target: List should have at least 1 item"),
        ({"target": [{"formula": "Qq", "mass": "1 kg"}]}, "unknown element Q"),
        ({"target": [{"formula": "Ge", "mass": "1 keV"}]}, "target[0].mass: '1 keV' is not a quantity like '1 kg'"),
        ({"target": [{"formula": "Ge", "mass": "-1 kg"}]}, "target[0].mass: '-1 kg' is not allowed"),
        ({"recoil_window": ["1 keV", "20 eV"]}, "recoil_window: the upper edge must be above the lower one"),
        (
            {"photon": {"threshold": "1 keV", "cone": 0}},
            "unknown key 'photon.cone'; allowed here are cos_theta_min, thr",
        ),
        ({"photon": {"threshold": "1 keV", "cos_theta_min": 2}}, "photon.cos_theta_min: 2 is not allowed"),
        ({"background": {"recoil": "-1 / (keV kg day)"}}, "background.recoil: '-1 / (keV kg day)' is not allowed"),
    ],
)
def test_a_wrong_file_is_answered_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ValueError, match=r"^mine\.yaml: ") as caught:
        make(**changes)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_mapping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="an experiment is a mapping of keys"):
        experiments.from_mapping(["chooz"], where="mine.yaml")
    (tmp_path / "broken.yaml").write_text("name: [\n")
    with pytest.raises(ValueError, match="not a YAML file"):
        experiments.load(tmp_path / "broken.yaml")


def test_unknown_names_are_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"unknown experiment 'nucleus'; known are .*nucleus-10g, nucleus-1kg"):
        experiments.load("nucleus")
    with pytest.raises(ValueError, match="no such file"):
        experiments.load(tmp_path / "gone.yaml")


@pytest.mark.parametrize("field", ["mass", "exposure"])
def test_an_experiment_made_by_hand_needs_mass_and_time(field: str) -> None:
    ready = make()
    values = {"mass": ready.mass, "exposure": ready.exposure, field: 0.0}
    with pytest.raises(ValueError, match="is not allowed"):
        Experiment("by hand", ready.source, ready.target, path=1 * m, **values)
