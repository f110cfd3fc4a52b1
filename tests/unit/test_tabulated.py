import re
from pathlib import Path

import numpy as np
import pytest
from hepunits import MeV, cm, keV, s
from numpy.typing import NDArray

from nushine.sources.base import MUON
from nushine.sources.tabulated import histogram, monoenergetic, package_table, read_csv, tabulated

FloatArray = NDArray[np.float64]


def test_straight_lines_between_the_points() -> None:
    source = tabulated([1.0, 2.0, 8.0], [0.0, 6.0, 3.0], flavour=MUON, name="mine", antineutrino=True)
    np.testing.assert_allclose(source.flux([0.5, 1.5, 2.0, 5.0, 8.0, 9.0]), [0.0, 3.0, 6.0, 4.5, 3.0, 0.0], rtol=1e-14)
    np.testing.assert_allclose(source.total(), 3.0 + 27.0, rtol=1e-14)
    assert (source.name, source.beams[0].antineutrino, source.beams[0].flavour) == ("mine", True, MUON)


def test_moments_are_exact_on_a_wide_segment() -> None:
    # int_1^100 (101 - x) / x^2 dx = 101 (1 - 1/100) - ln 100
    moment = tabulated([1.0, 100.0], [100.0, 1.0]).beams[0].continuum.tail(power=2)
    np.testing.assert_allclose(moment(1.0), 99.99 - np.log(100.0), rtol=1e-13)


def test_csv_with_units(tmp_path: Path) -> None:
    path = tmp_path / "spectrum.csv"
    path.write_text("# measured\nE_keV,flux\n1000,2\n\n3000,4\n")
    source = read_csv(path, E_unit=keV, flux_unit=1 / (cm**2 * s * MeV))
    np.testing.assert_allclose(source.total() * (cm**2 * s), 6.0, rtol=1e-14)
    assert source.name == "spectrum"


def test_line_is_in_the_total_and_not_in_the_flux() -> None:
    source = monoenergetic(0.862, 4.0)
    assert source.total() == 4.0
    assert source.total(0.9) == 0.0
    assert source.flux(0.5) == 0.0
    assert source.E_max == 0.862


@pytest.mark.parametrize(
    ("E_nu", "flux", "words"),
    [
        ([], [], "is empty"),
        ([1.0], [1.0], "has one point"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], "two columns of equal length"),
        ([1.0, 3.0, 2.0], [1.0, 1.0, 1.0], "point 3: energy 2 MeV comes after 3 MeV"),
        ([3.0, 1.0, 2.0], [1.0, 1.0, 1.0], "point 2: energy 1 MeV comes after 3 MeV"),
        ([1.0, 2.0, 2.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0, 5.0], "point 4: energy 2 MeV comes three times"),
        ([1.0, 2.0, 2.0], [1.0, 1.0, 3.0], "point 3: energy 2 MeV comes twice at an end"),
        ([1.0, 1.0, 2.0], [1.0, 2.0, 3.0], "point 2: energy 1 MeV comes twice at an end"),
        ([1.0, 1.0], [1.0, 2.0], "all energies are 1 MeV"),
        ([1.0, 2.0], [1.0, -1.0], "point 2: flux -1 is not allowed"),
        ([1.0, 2.0], [1.0, -1e-9], "point 2: flux -1e-09 is not allowed"),
        ([1.0, 2.0], [-1.0, -1.0], "point 1: flux -1 is not allowed"),
        ([1.0, 2.0], [1.0, float("nan")], "point 2: flux nan is not allowed"),
        ([1.0, 2.0], [1.0, float("inf")], "point 2: flux inf is not allowed"),
        ([1.0, 2.0], [0.0, 0.0], "every flux is zero"),
        ([1.0, 2.0], [1e200, 0.0], "point 1: the largest flux is 1e\\+200"),
        ([1.0, 2.0], [5e-324, 0.0], "point 1: the largest flux is .*e-324"),
        ([-1.0, 2.0], [1.0, 1.0], "point 1: energy -1 MeV is not between"),
        ([5e-324, 2.0], [1.0, 1.0], "point 1: energy .*e-324 MeV is not between"),
        ([1.0, 2e6], [1.0, 1.0], "point 2: energy 2e\\+06 MeV is not between .*: check the unit"),
        ([1.0, float("nan")], [1.0, 1.0], "point 2: energy nan MeV is not between"),
    ],
)
def test_wrong_tables_get_one_line(E_nu: list[float], flux: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words) as error:
        tabulated(E_nu, flux)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("E_nu", "flux"), [(-1.0, 1.0), (float("nan"), 1.0), (1.0, -1.0), (1.0, float("nan"))])
def test_wrong_line(E_nu: float, flux: float) -> None:
    with pytest.raises(ValueError, match="is not allowed"):
        monoenergetic(E_nu, flux)


def test_several_lines() -> None:
    source = monoenergetic([0.747, 0.427, 0.752], [81.6, 9.0, 8.5])
    assert (float(source.E_max), float(source.total()), float(source.total(0.5, 0.75))) == (0.752, 99.1, 81.6)
    assert source.beams[0].lines_E.shape == (3,)


@pytest.mark.parametrize(("E_nu", "flux"), [([1.0, 2.0], 1.0), ([1.0, 2.0], [1.0]), ([], []), ([[1.0]], [[1.0]])])
def test_lines_need_one_flux_each(E_nu: object, flux: object) -> None:
    with pytest.raises(ValueError, match="give one flux for each"):
        monoenergetic(E_nu, flux)  # type: ignore[arg-type]


def test_histogram_is_a_sum_over_bins() -> None:
    edges, flux = np.array([0.5, 1.0, 4.0, 4.5]), np.array([3.0, 0.0, 2.0])
    source = histogram(edges, flux)
    np.testing.assert_allclose(source.flux([0.4, 0.5, 0.99, 1.0, 3.9, 4.0, 4.5]), [0, 3, 3, 0, 0, 2, 2], rtol=1e-14)
    low, high = edges[:-1], edges[1:]
    moments = [flux @ (high - low), flux @ np.log(high / low), flux @ (1 / low - 1 / high)]
    for power, moment in enumerate(moments):
        np.testing.assert_allclose(source.beams[0].continuum.tail(power)(0.5), moment, rtol=1e-13)
    np.testing.assert_allclose(source.total(0.75, 4.25), 0.25 * 3.0 + 0.25 * 2.0, rtol=1e-13)
    with pytest.raises(ValueError, match="give one edge more"):
        histogram([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="edge 2 MeV comes after 2 MeV"):
        histogram([1.0, 2.0, 2.0], [1.0, 2.0])


def test_a_step_and_a_table_upside_down() -> None:
    E, flux = np.array([1.0, 2.0, 2.0, 8.0]), np.array([3.0, 3.0, 1.0, 1.0])
    for source in (tabulated(E, flux), tabulated(E[::-1], flux[::-1])):
        np.testing.assert_array_equal(source.flux([1.0, 1.999, 2.0, 8.0]), [3.0, 3.0, 1.0, 1.0])
        np.testing.assert_allclose(source.total(), 9.0, rtol=1e-14)


def test_a_jump_at_the_ends_and_a_row_twice_mean_nothing() -> None:
    plain = tabulated([1.0, 2.0, 4.0], [3.0, 2.0, 1.0]).beams[0].continuum
    odd = tabulated([1.0, 1.0, 2.0, 2.0, 4.0, 4.0], [0.0, 3.0, 2.0, 2.0, 1.0, 0.0]).beams[0].continuum
    np.testing.assert_array_equal(odd.coefficients, plain.coefficients)


def test_moments_from_zero_energy() -> None:
    # the flux 1 + E from 0 to 8: the moment with 1/E^2 above E is 1/E - 1/8 + log(8/E)
    source = tabulated([0.0, 8.0], [1.0, 9.0])
    E = np.array([1e-8, 1e-6, 1e-3, 0.1, 4.0])
    moment = source.beams[0].continuum.tail(power=2)
    np.testing.assert_allclose(moment(E), 1 / E - 1 / 8 + np.log(8 / E), rtol=1e-12)
    assert np.all(np.isfinite(moment(0.0)))
    np.testing.assert_allclose(source.total(), 40.0, rtol=1e-14)


def test_rounding_below_zero_is_zero() -> None:
    source = tabulated([1.0, 2.0, 3.0], [3.0, 1.0, -1e-13])
    assert source.flux(3.0) == 0.0


E_MANY = np.linspace(0.01, 10.0, 30_000)


def smooth(E: FloatArray) -> FloatArray:
    return E**2 * np.exp(-1.2 * E) + 0.03 * np.exp(-(((E - 4) / 0.3) ** 2)) + 0.1 * (E < 7)


def test_a_large_table_keeps_the_knots_that_matter() -> None:
    flux = smooth(E_MANY)
    E, flux = np.insert(E_MANY, 20_000, E_MANY[20_000]), np.insert(flux, 20_000, 0.3)  # a step, up to here
    source = tabulated(E, flux, name="many")
    assert source.beams[0].continuum.knots.size < 2100
    inside = np.delete(np.arange(E.size), [20_000, 20_001])
    np.testing.assert_allclose(source.flux(E[inside]), flux[inside], rtol=1e-4)
    np.testing.assert_allclose(source.total(), np.sum(np.diff(E) * (flux[1:] + flux[:-1])) / 2, rtol=1e-12)
    assert re.fullmatch(r"many \(30000 energies as \d+ points, within (1e-05|0\.0001)\)", source.name)


def test_as_many_bins_as_energies_are_kept() -> None:
    flux = np.random.default_rng(5).uniform(1.0, 2.0, 1999)
    source = histogram(np.linspace(1.0, 9.0, 2000), flux)
    np.testing.assert_array_equal(source.beams[0].continuum.coefficients[:, 0], flux)
    assert source.name == "histogram"


def test_a_large_noisy_table_keeps_its_integrals() -> None:
    flux = smooth(E_MANY) * np.random.default_rng(3).uniform(0.5, 1.5, E_MANY.size)
    source = tabulated(E_MANY, flux)
    assert source.beams[0].continuum.knots.size < 2100
    assert "averages" in source.name
    assert np.all(np.asarray(source.flux(E_MANY)) >= 0)
    area = np.diff(E_MANY) * (flux[1:] + flux[:-1]) / 2
    np.testing.assert_allclose(source.total(), area.sum(), rtol=1e-12)
    # 1/E^2 between the knots, which are within 1 % in energy, is straight to 1e-4; the noise has no preferred side
    middle = (E_MANY[1:] + E_MANY[:-1]) / 2
    np.testing.assert_allclose(source.beams[0].continuum.tail(2)(0.01), np.sum(area / middle**2), rtol=1e-4)


def test_package_table_rows_by_column() -> None:
    assert package_table("vogel_engel1989")[-1] == {
        "E_nu": "2.0", "U235": "1.26", "U238": "1.5", "Pu239": "1.08", "Pu241": "1.32"
    }  # fmt: skip
