"""First rows, names and units above the numbers of a table of flux: what is not plainly understood is a question."""

from pathlib import Path

import numpy as np
import pytest
from hepunits import MeV, cm, s

from nushine.experiments.sources import TableSource
from nushine.sources import Source, tabulated

UNIT = 1 / (cm**2 * s * MeV)
PLAIN = "1.0,3e11\n2.0,2e11\n8.0,1e9\n"
EXPECTED = tabulated([1.0, 2.0, 8.0], np.array([3e11, 2e11, 1e9]) * UNIT)


def read(folder: Path, content: str, **keys: object) -> Source:
    (folder / "flux.csv").write_text(content, encoding="utf-8")
    return TableSource.model_validate({"kind": "table", "file": "flux.csv", **keys}).build(folder)


def assert_same(source: Source) -> None:
    for part in ("knots", "coefficients"):
        found, expected = (getattr(x.beams[0].continuum, part) for x in (source, EXPECTED))
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * 3e11 * UNIT * (part == "coefficients"))


def message(folder: Path, content: str) -> str:
    with pytest.raises(ValueError, match=r"flux\.csv") as error:
        read(folder, content)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    "first",
    [
        "0,5;2,5",
        "NaN;NaN",
        "inf;inf",
        "1'000;3'000",
        "1 MeV;3 /cm2/s",
        "−1;−3",
        "'1';'3'",
        '"1,5";"2,5"',
        "1_0;3_0",
        "0x1;0x3",
        "1±0.1;3±1",
        "<1;<3",
        "１;３",
        "NA;NA",
        "- ; -",
        "E;1e10 flux",
        "(1);(3)",
        "$1;$3",
    ],
)
@pytest.mark.parametrize("above", ["", "# E; flux\n"])
def test_a_first_row_of_numbers_that_are_none_is_no_line_of_names(tmp_path: Path, first: str, above: str) -> None:
    assert f"row {1 + above.count('#')}: " in message(tmp_path, f"{above}{first}\n2;3\n4;1\n")


@pytest.mark.parametrize(
    "header",
    [
        "log10E,flux",
        "log10 E [MeV],flux [1/(cm2 s MeV)]",
        "E,E*flux",
        "E,flux_err",
        "Energy,error",
        "E,cross section",
        "E,events",
        "E,relative flux",
        "E^2,flux",
        "# E,flux_err",
        "# log10E,flux",
        "E,flux/E",
        "E,nu/MeV/fission",
    ],
)
def test_names_that_are_not_plainly_energy_and_flux(tmp_path: Path, header: str) -> None:
    said = message(tmp_path, f"{header}\n{PLAIN}")
    assert "not plainly an energy and a flux: say which column holds which, as in columns: [1, 2]" in said


def test_names_of_bins_and_names_in_reverse(tmp_path: Path) -> None:
    assert "are a flux and an energy: " in message(tmp_path, "flux,E_nu\n3e11,1.0\n2e11,2.0\n1e9,8.0\n")
    assert_same(read(tmp_path, "flux,E_nu\n3e11,1.0\n2e11,2.0\n1e9,8.0\n", columns=[2, 1]))
    assert "columns: {low: 1, high: 2, flux: 3}" in message(tmp_path, "E_low,E_high,flux_err\n1,2,3\n2,3,4\n")


@pytest.mark.parametrize(
    "header",
    [
        "E [MeV],flux [cm-2 s-1 MeV-1] x 1e10",
        "E [MeV],flux [cm-2 s-1 MeV-1] / 1e10",
        "E [MeV] * 1e3,flux",
        "E [MeV],flux/1e10 [cm-2 s-1 MeV-1]",
        "E [MeV],flux [cm-2 s-1] per MeV",
        "E,flux per bin [1/cm2/s/MeV]",
        "E,flux [cm-2 s-1 MeV-1] [x 1e10]",
        "E,flux [1/cm2 s MeV]",
        "E [KeV],flux",
        "E,flux [nu_e/cm2/s/MeV]",
    ],
)
def test_units_that_are_not_understood_give_way_to_keys(tmp_path: Path, header: str) -> None:
    assert "give energy_unit and flux_unit" in message(tmp_path, f"{header}\n{PLAIN}")
    assert_same(read(tmp_path, f"{header}\n{PLAIN}", energy_unit="MeV", flux_unit="1/(cm^2 s MeV)"))


@pytest.mark.parametrize(
    "header",
    [
        "E,flux/hr",
        "E,flux hr^-1",
        "# flux in 1/(cm2 hr MeV)",
        "E,flux year-1",
        "# year^-1",
        "E,flux_per_day",
        "E,flux_per_cm2_per_day_per_MeV",
        "# flux in 1/(dm2 s MeV)",
        "# per square metre",
        "E,flux_per_bin",
        "E,flux per bin",
        "# per fission",
        "# nu/MeV/fission",
        "E,flux*1e10",
        "E,flux x 1e10",
        "E,flux_1e10",
        "# times 1e10",
        "# x 10^10",
        "# flux in 10**10 cm-2 s-1 MeV-1",
        "# flux in 1e10 per cm2",
        "EnuGeV,flux",
        "# ×10¹⁰ cm⁻² s⁻¹ MeV⁻¹",
        "# 2.5e10 cm-2 s-1",
        "# 10E10 cm-2",
        "EkeV,flux",
        "# 1000 /cm2/s/MeV",
        "# in mb",
        "# flux in cm-2 s-1",
        "# 1/(cm2 s MeV) x 100",
        "# multiplied by 1000",
        "# in arbitrary units",
        "# energies in units of m_e",
        "# m⁻² s⁻¹ MeV⁻¹",
    ],
)
def test_any_word_of_another_unit_is_a_question(tmp_path: Path, header: str) -> None:
    assert "give energy_unit and flux_unit" in message(tmp_path, f"{header}\n{PLAIN}")
    keys = {"energy_unit": "keV", "flux_unit": "1/(cm^2 s MeV)"} if "keV" in header else {}
    keys = {"energy_unit": "GeV", "flux_unit": "1/(cm^2 s MeV)"} if "GeV" in header else keys
    read(tmp_path, f"{header}\n{PLAIN}", **(keys or {"energy_unit": "MeV", "flux_unit": "1/(cm^2 s MeV)"}))
