from pathlib import Path

import numpy as np
import pytest
from hepunits import MeV, cm, keV, s

from nushine.sources.base import MUON
from nushine.sources.tabulated import monoenergetic, package_table, read_csv, tabulated


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
        ([1.0, 3.0, 2.0], [1.0, 1.0, 1.0], r"2 MeV comes after 3 MeV \(point 3\)"),
        ([1.0, 2.0, 2.0], [1.0, 1.0, 1.0], "2 MeV comes twice"),
        ([1.0, 2.0], [1.0, -1.0], "value = -1 is not allowed"),
        ([1.0, 2.0], [1.0, float("nan")], "value = nan is not allowed"),
        ([-1.0, 2.0], [1.0, 1.0], "energy = -1 MeV is not allowed"),
        ([1.0, float("nan")], [1.0, 1.0], "energy = nan MeV is not allowed"),
    ],
)
def test_wrong_tables_get_one_line(E_nu: list[float], flux: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words) as error:
        tabulated(E_nu, flux)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("E,flux\n1,2\n2,many\n", "line 3: '2,many' is not a pair of numbers"),
        ("1,2\n2\n", "line 2: '2' is not a pair of numbers"),
        ("1,2,3\n2,3,4\n", "line 1: '1,2,3' is not a pair of numbers"),
        ("E,flux\n", "is empty"),
        ("", "is empty"),
    ],
)
def test_wrong_files_name_the_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=words):
        read_csv(path)


@pytest.mark.parametrize(("E_nu", "flux"), [(-1.0, 1.0), (float("nan"), 1.0), (1.0, -1.0), (1.0, float("nan"))])
def test_wrong_lines(E_nu: float, flux: float) -> None:
    with pytest.raises(ValueError, match="is not allowed"):
        monoenergetic(E_nu, flux)


def test_package_table_rows_by_column() -> None:
    assert package_table("vogel_engel1989")[-1] == {
        "E_nu": "2.0", "U235": "1.26", "U238": "1.5", "Pu239": "1.08", "Pu241": "1.32"
    }  # fmt: skip
