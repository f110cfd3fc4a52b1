"""Experiments as data: what the files of the package say, and what a wrong file is answered."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import MeV, cm, day, eV, g, keV, kg, m, s

from nushine import experiments
from nushine.detectors import Background, Response, Uncertainties
from nushine.experiments import Experiment
from nushine.sources.reactor import chooz
from nushine.targets import compound

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
    assert experiment.background.coincidence is None  # not given


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


def test_response_and_uncertainties_arrive_with_their_units() -> None:
    experiment = make(
        background={"excess": "1e4 / (keV kg day)", "excess_scale": "30 eV", "photon_scale": "2 MeV"},
        response={"resolution": "4 eV", "quenching": 0.9, "efficiency": 0.8, "photon_efficiency": 0.7},
        uncertainties={"flux": 0.02, "flux_shape": True, "threshold": "1 eV", "background_slope": 0.05},
        off_time_ratio=0.3,
        flight_min="1 cm",
    )
    background, response, known = experiment.background, experiment.response, experiment.uncertainties
    assert float(background.excess) * keV * kg * day == pytest.approx(1e4)
    assert (float(background.excess_scale) / eV, float(background.photon_scale) / MeV) == pytest.approx((30, 2))
    assert float(response.resolution) / eV == pytest.approx(4)
    assert (response.quenching, response.efficiency, response.photon_efficiency) == (0.9, 0.8, 0.7)
    assert (known.flux, known.flux_shape, known.background_slope, known.background) == (0.02, True, 0.05, 0.0)
    assert float(known.threshold) / eV == pytest.approx(1)
    assert experiment.off_time_ratio == 0.3
    assert float(experiment.selection.flight_min) / cm == pytest.approx(1)


def test_what_is_left_out_is_perfect_and_known() -> None:
    experiment = make()
    assert experiment.response == Response()
    assert experiment.uncertainties == Uncertainties()
    assert experiment.background == Background()
    assert (experiment.off_time_ratio, experiment.selection.flight_min) == (0.0, 0.0)


def test_a_window_may_begin_at_zero_where_the_threshold_is_known() -> None:
    assert make(recoil_window=["0 eV", "1 keV"]).selection.E_R_min == 0


@pytest.mark.parametrize("name", experiments.names())
def test_response_of_the_package_is_perfect_but_for_a_noise_of_a_fifth_of_the_threshold(name: str) -> None:
    experiment = experiments.load(name)
    response, threshold = experiment.response, float(experiment.selection.E_R_min)
    assert (response.quenching, response.efficiency, response.photon_efficiency) == (1, 1, 1)
    assert float(response.resolution) == pytest.approx(threshold / 5)
    assert experiment.background.excess == 0
    assert experiment.off_time_ratio == 0


def test_split_gives_each_part_its_mass_and_shares_the_rest() -> None:
    whole = experiments.load("nucleus-10g")
    parts = experiments.split(whole)
    assert [part.name for part in parts] == ["nucleus-10g, CaWO4", "nucleus-10g, Al2O3"]
    # rounding of sums over 20 isotopes
    np.testing.assert_allclose([float(part.mass) / g for part in parts], [6.84, 4.41], rtol=1e-13)
    for part, formula in zip(parts, ("CaWO4", "Al2O3"), strict=True):
        alone = compound(formula)
        assert (part.target.name, part.target.labels) == (formula, alone.labels)
        np.testing.assert_allclose(part.target.number_per_mass, alone.number_per_mass, rtol=1e-13)  # as above
        for own, expected in zip(jax.tree.leaves(part.target.isotopes), jax.tree.leaves(alone.isotopes), strict=True):
            np.testing.assert_array_equal(own, expected)
        assert part.source is whole.source
        assert part.uncertainties is whole.uncertainties
        assert part.exposure == whole.exposure
        assert part.arrangement is None
        assert experiments.split(part) == (part,)


def test_the_parts_have_all_nuclei_of_the_whole() -> None:
    """Rates are sums over nuclei, and backgrounds go by mass: events of the parts add up to those of the whole."""
    whole = experiments.load("nucleus-10g")
    parts = experiments.split(whole)
    nuclei = np.concatenate([part.mass * part.target.number_per_mass for part in parts])
    np.testing.assert_allclose(nuclei, whole.mass * whole.target.number_per_mass, rtol=1e-13)  # rounding
    assert sum(float(part.mass) for part in parts) == pytest.approx(float(whole.mass), rel=1e-13)  # likewise


def test_split_follows_a_changed_mass_and_passes_through_jit() -> None:
    whole = experiments.load("nucleus-10g")
    masses = jax.jit(lambda m: [part.mass for part in experiments.split(eqx.tree_at(lambda e: e.mass, whole, m))])
    # rounding of sums over 20 isotopes
    np.testing.assert_allclose(np.asarray(masses(2 * whole.mass)) / g, [13.68, 8.82], rtol=1e-13)


def test_parts_have_names_of_their_own_and_one_part_stays_as_it_is() -> None:
    single = make()
    assert experiments.split(single)[0] is single
    alike = make(target=[{"formula": "Ge", "mass": "1 kg"}] * 2)
    assert [part.name for part in experiments.split(alike)] == ["test, Ge 1", "test, Ge 2"]
    hydrate = make(target=[{"formula": "CaCO3 + 6H2O", "mass": "1 g"}, {"formula": "Ge", "mass": "1 g"}])
    assert [part.name for part in experiments.split(hydrate)] == ["test, part 1", "test, part 2"]


def test_an_experiment_passes_through_jit() -> None:
    experiment = make()
    assert float(jax.jit(lambda e: e.mass * e.exposure)(experiment)) == pytest.approx(float(kg * 10 * day))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"exposre": "1 year"},
            "unknown key 'exposre'; allowed here are background, description, exposure, flight_min,",
        ),
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
        (
            {"background": {"excess": "3 / (kg day)"}},
            "background.excess: '3 / (kg day)' is not a quantity like '100 / (keV",
        ),
        (
            {"background": {"excess_scale": "0 eV"}},
            "background.excess_scale: '0 eV' is not allowed: give a quantity above",
        ),
        ({"background": {"photon_scale": "-1 MeV"}}, "background.photon_scale: '-1 MeV' is not allowed"),
        ({"background": {"photon_scale": "inf MeV"}}, "background.photon_scale: 'inf MeV' is not a finite number"),
        ({"response": {"resolution": 4}}, "response.resolution: 4 is not a quantity like '20 eV'"),
        ({"response": {"resolution": "-4 eV"}}, "response.resolution: '-4 eV' is not allowed: give a quantity zero or"),
        (
            {"response": {"quenching": 0}},
            "response.quenching: 0 is not allowed: give measured over true energy, above 0",
        ),
        (
            {"response": {"efficiency": 0}},
            "response.efficiency: 0 is not allowed: give a share above 0 and at most 1, such as 0.8 or 80 %",
        ),
        ({"response": {"photon_efficiency": 1.1}}, "response.photon_efficiency: 1.1 is not allowed: give a share"),
        (
            {"response": {"noise": "4 eV"}},
            "unknown key 'response.noise'; allowed here are efficiency, photon_efficiency, quenching, resolution",
        ),
        ({"response": 1}, "response: give a block of keys; allowed here are efficiency, photon_efficiency, quenching"),
        (
            {"uncertainties": {"flux": -0.1}},
            "uncertainties.flux: -0.1 is not allowed: give a relative uncertainty from 0 to 1, such as 0.025",
        ),
        (
            {"uncertainties": {"flux": 2.5}},
            "uncertainties.flux: 2.5 is not allowed: give a relative uncertainty from 0 to",
        ),
        ({"uncertainties": {"flux_shape": "some"}}, "uncertainties.flux_shape: 'some' is not allowed: it should be a"),
        (
            {"uncertainties": {"quenching": 1}},
            "uncertainties.quenching: 1 is not allowed: give a relative uncertainty from 0 to below 1",
        ),
        ({"uncertainties": {"threshold": 0.05}}, "uncertainties.threshold: 0.05 is not a quantity like '20 eV'"),
        (
            {"uncertainties": {"threshold": "20 eV"}},
            "uncertainties.threshold: must be below the lower edge of recoil_window",
        ),
        (
            {"uncertainties": {"flx": 0.1}},
            "unknown key 'uncertainties.flx'; allowed here are background, background_slo",
        ),
        ({"off_time_ratio": -1}, "off_time_ratio: -1 is not allowed: give live time with the source off over"),
        ({"flight_min": "0 cm"}, "flight_min: '0 cm' is not allowed: give a quantity above zero, like '5 cm'"),
        ({"flight_min": 1}, "flight_min: 1 is not a quantity like '5 cm'"),
        ({"flight_min": "5 cm"}, "flight_min: must be below path"),
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
    values: dict[str, Any] = {"mass": ready.mass, "exposure": ready.exposure, field: 0.0}
    with pytest.raises(ValueError, match="is not allowed"):
        Experiment("by hand", ready.source, ready.target, path=1 * m, **values)
