"""Tables of flux as people have them: read where the meaning is plain, otherwise one line with file and row."""

import codecs
import gzip
import operator
import os
from collections.abc import Callable
from functools import reduce
from pathlib import Path

import numpy as np
import pytest
from hepunits import MeV, cm, keV, s
from hypothesis import given, settings
from hypothesis import strategies as st

from nushine.experiments import from_mapping
from nushine.experiments.about import keys_of
from nushine.experiments.sources import LinesSource, SumSource, TableSource
from nushine.interactions.dipole import Dipole
from nushine.rates import Selection, recoil_rate, scattering_rate
from nushine.sources import ELECTRON, MUON, Source, chooz, histogram, monoenergetic, read_csv, tabulated
from nushine.sources.flux_files import plain_unit
from nushine.targets.compounds import compound

UNIT = 1 / (cm**2 * s * MeV)
PLAIN = "1.0,3e11\n2.0,2e11\n8.0,1e9\n"
EXPECTED = tabulated([1.0, 2.0, 8.0], np.array([3e11, 2e11, 1e9]) * UNIT)


def read(folder: Path, content: str | bytes, **keys: object) -> Source:
    """The source of a block of a configuration file, as `nushine` reads it."""
    (folder / "flux.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    return TableSource.model_validate({"kind": "table", "file": "flux.csv", **keys}).build(folder)


def assert_same(source: Source, expected: Source = EXPECTED) -> None:
    np.testing.assert_allclose(source.beams[0].continuum.knots, expected.beams[0].continuum.knots, rtol=1e-12)
    coefficients = (x.beams[0].continuum.coefficients for x in (source, expected))
    np.testing.assert_allclose(*coefficients, rtol=1e-12, atol=1e-12 * 3e11 * UNIT)


def message(folder: Path, content: str | bytes, **keys: object) -> str:
    with pytest.raises(ValueError, match=r"flux\.csv") as error:
        read(folder, content, **keys)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400
    return str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        "E_nu,flux\n" + PLAIN,
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", " "),
        "E;flux\n" + PLAIN.replace(",", ";"),
        "  1.0   3e11\n\n  2.0   2e11\n  8.0   1e9\n",
        "E_nu [MeV]\tflux [1/(cm2 s MeV)]\n" + PLAIN.replace(",", "\t"),
        "E_nu [MeV]   flux [1/(cm2 s MeV)]\n" + PLAIN.replace(",", "  "),
        codecs.BOM_UTF8 + b"# measured 2024\nE_nu,flux\n" + PLAIN.encode(),
        codecs.BOM_UTF8 + PLAIN.encode(),
        ("\ufeffE_nu,flux\n" + PLAIN).encode("utf-16-le"),
        ("\ufeffE_nu,flux\n" + PLAIN).encode("utf-16-be"),
        gzip.compress(("E_nu,flux\r\n" + PLAIN.replace("\n", "\r\n")).encode()),
        PLAIN.replace("\n", "\r"),
        '"E_nu","flux"\n"1.0","3e11"\n"2.0","2e11"\n"8.0","1e9"\n',
        "% from a paper\n// in two columns\n! made in 2024\n" + PLAIN,
        "1.0,3e11 # the peak\n2.0,2e11\n8.0,1e9,\n",
        "1.0D+00  3.0D+11\n2.0D0 2.d11\n8.0 1D9\n",
        "# Flux de r\u00e9acteur\n".encode("latin-1") + PLAIN.encode(),
        "8.0,1e9\n2.0,2e11\n1.0,3e11\n",
        "# E_nu [MeV], flux [1/(cm2 s MeV)]\n" + PLAIN,
        "# at 20 m from a core of 4.25 GW, on for 300 days\n" + PLAIN,
        "# https://arxiv.org/abs/1101.2755v2, 2024/05/03\n" + PLAIN,
        "# flux in 1/(cm2 s MeV)\n" + PLAIN,
        "# cm^{-2} s^{-1} MeV^{-1}\n" + PLAIN,
        "E_MeV,flux_per_cm2_per_s_per_MeV\n" + PLAIN,
        "neutrino energy (MeV),dPhi/dE_nu in 1/(cm^2 s MeV)\n" + PLAIN,
        "E_ν [MeV],Φ(E) [cm⁻² s⁻¹ MeV⁻¹]\n" + PLAIN,
        "# column 1: E_nu [MeV]\n# column 2: flux [1/(cm2 s MeV)]\n" + PLAIN,
        "# Energy (MeV)  Flux (1e10 / cm2 / s / MeV)\n1 30\n2 20\n8 .1\n",
        "# Smith et al. (2024), Table II (left)\n" + PLAIN,
        "E_nu [keV],flux [1/(cm2 s keV)]\n1000,3e8\n2000,2e8\n8000,1e6\n",
        "E_nu (keV),flux (cm^-2 s^-1 MeV^-1)\n1000,3e11\n2000,2e11\n8000,1e9\n",
        "Energy/keV;flux [nu/cm²/s/keV]\n1000;3e8\n2000;2e8\n8000;1e6\n",
        "E_nu [GeV],flux [1e11/(cm2 s MeV)]\n.001,3\n.002,2\n.008,.01\n",
        "E_nu [MeV],flux [1/(m2 s MeV)]\n1,3e15\n2,2e15\n8,1e13\n",
        "# E_nu [keV], flux [1/(cm2 s keV)]\n1000,3e8\n2000,2e8\n8000,1e6\n",
    ],
)
def test_the_meaning_is_plain(tmp_path: Path, content: str | bytes) -> None:
    assert_same(read(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        ("1000,3e8\n2000,2e8\n8000,1e6\n", {"energy_unit": "keV", "flux_unit": "1/(cm^2 s keV)"}),
        ("1,3\n2,2\n8,0.01\n", {"flux_unit": "1e11 / (cm^2 s MeV)"}),
        ("E [keV],flux\n1000,3e8\n2000,2e8\n8000,1e6\n", {"energy_unit": "keV", "flux_unit": "cm-2 s-1 keV-1"}),
        ("# in keV\n" + PLAIN, {"energy_unit": "MeV", "flux_unit": "1/(cm^2 s MeV)"}),
        ("1,3e11,7\n2,2e11,5\n8,1e9,9\n", {"columns": [1, 2]}),
        ("7,3e11,1\n5,2e11,2\n9,1e9,8\n", {"columns": {"energy": 3, "flux": 2}}),
        ("E [MeV],error,Flux\n1,7,3e11\n2,n/a,2e11\n8,9,1e9\n", {"columns": ["e", "flux"]}),
    ],
)
def test_keys_say_what_the_columns_are(tmp_path: Path, content: str, keys: dict[str, object]) -> None:
    assert_same(read(tmp_path, content, **keys))


BINS = "# Bin low [MeV], bin high [MeV], flux [1/cm2/s/MeV], covariance\n1.8,   2.125, 3e11, 9\n2.125, 4, 1e11, 9\n"


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        (BINS, {"columns": {"low": 1, "high": 2, "flux": 3}}),
        (BINS, {"columns": {"low": "Bin low", "high": "bin high", "flux": "flux"}}),
        ("E_low,E_high,flux\n1.8,2.125,3e11\n2.125,4,1e11\n", {}),
        ("E_low,E_high,flux\n2.125,4,1e11\n1.8,2.125,3e11\n", {}),
        ("Emin [keV],Emax [keV],flux [1/cm2/s]\n1800,2125,9.75e10\n2125,4000,1.875e11\n", {}),
        ("1.8 2.125 0.975\n2.125 4 1.875\n", {"columns": {"low": 1, "high": 2, "flux": 3}, "flux_unit": "1e11/cm^2/s"}),
    ],
)
def test_bins_are_steps(tmp_path: Path, content: str, keys: dict[str, object]) -> None:
    source = read(tmp_path, content, **keys)
    np.testing.assert_allclose(source.flux([1.7, 1.8, 2.1, 2.13, 4.0, 4.1]) / UNIT, [0, 3e11, 3e11, 1e11, 1e11, 0])
    np.testing.assert_allclose(source.total() * (cm**2 * s), 0.325 * 3e11 + 1.875 * 1e11, rtol=1e-12)


def test_steps_zero_energy_and_rounding(tmp_path: Path) -> None:
    step = read(tmp_path, "E_nu,flux\n1.0,3e11\n2.0,3e11\n2.0,1e11\n8.0,1e11\n")
    np.testing.assert_allclose(step.total() * (cm**2 * s), 9e11, rtol=1e-12)
    from_zero = read(tmp_path, "E_nu,flux\n0,1e10\n" + PLAIN)
    np.testing.assert_allclose(from_zero.total() * (cm**2 * s), 8.53e11 + 1.55e11, rtol=1e-12)
    assert np.all(np.isfinite(from_zero.beams[0].continuum.tail(2)(np.array([0.0, 1e-30, 1e-3, 1.0]))))
    negative = read(tmp_path, PLAIN + "9.0,-1e-20\n10.0,-3e-21\n")
    np.testing.assert_allclose(negative.total() * (cm**2 * s), 8.53e11 + 0.5e9, rtol=1e-12)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("E_nu,flux\n", "row 1"),
        ("1,2\n", "has one point"),
        ("1\n2\n", "row 1 has one column"),
        ("1,2\n2\n", "row 2: 1 cell where the first row has 2"),
        ("E,flux\n1,2\n2,many\n", "row 3: 'many' is not a finite number"),
        ("E,flux\n1,2\n2,\n3,1\n", "row 3: 1 cell where the first row has 2"),
        ("1;2\n2;nan\n", "row 2: 'nan' is not a finite number"),
        ("1;2\n2;1e999\n", "row 2: '1e999' is not a finite number"),
        ("1;2\n1_0;3\n", "row 2: '1_0' is not a finite number"),
        ("1,5;3e11\n2,5;2e11\n", "row 1: '1,5' has a comma: write 1.5"),
        ("E flux\n1,5 3,0e11\n2,5 2,0e11\n", "row 2: '1,5' has a comma: write 1.5"),
        ("1,000;3e11\n2,000;2e11\n", "row 1: '1,000' has a comma"),
        ("1,5,3,0e11\n2,5,2,0e11\n", "row 1 has 4 columns: say which hold what, as in columns:"),
        ("1.0 3.0 7\n2.0 2.0 5\n", "row 1 has 3 columns: say which hold what, as in columns: {energy: 1, flux: 2}"),
        (BINS, "row 2 has 4 columns (Bin low [MeV], bin high [MeV], flux [1/cm2/s/MeV], covariance): say which"),
        ("# in two columns\n\n1,2\n3,1\n2,1\n", "row 5: energy 2 MeV comes after 3 MeV"),
        ("1,2\n2,1\n2,3\n2,4\n3,4\n", "row 4: energy 2 MeV comes three times"),
        ("1,2\n2,-1\n", "row 2: flux"),
        ("1,0\n2,0\n", "every flux is zero"),
        ("5e-324,1\n1,1\n", "row 1: energy"),
        ("1e-13,1\n1,1\n", "row 1: energy 1e-13 MeV is not between"),
        ("1,1\n1e7,1\n", "row 2: energy 1e+07 MeV is not between"),
        ("-1,1\n1,1\n", "row 1: energy -1 MeV"),
        ('"E_nu,flux\n1,2\n2,3\n', 'row 1: a quote (") is opened and not closed'),
        ('E_nu,flux\n1,2\n"2,3\n', 'row 3: a quote (") is opened and not closed'),
        ("E_nu,flux,error\n1,2\n2,3\n", "row 1: 'E_nu,flux,error' does not name 2 cells"),
        ("E_nu\n1,2\n2,3\n", "row 1: 'E_nu' does not name 2 cells"),
        ("E,flux\nMeV,1/cm2\n1,2\n", "row 2: 'MeV' is not a finite number"),
        ("1," + "1" * 10_001 + "\n", "row 1 has more than 10000 characters"),
        ("1," + "1" * 5_000 + "\n", "row 1: '1111"),
        (b"PAR1\0\0\0\1\2", "is not a text file"),
        (PLAIN.encode("utf-16-le"), "is not a text file"),
        (codecs.BOM_UTF16_LE + b"1\0,\0002\0\n", "is not text in utf-16"),
        (gzip.compress(PLAIN.encode())[:-9], "its gzip compression is damaged"),
        (b"\x1f\x8b123", "its gzip compression is damaged"),
        (gzip.compress(b"\n" * (65 * 2**20)), "has more than 32 MiB"),
        (gzip.compress(b"\n" * (30 * 2**20)), "has more than 500000 rows"),
        (gzip.compress(b"# nothing\n" * 10**5), "is empty"),
        ("E" + "(" * 9_990 + "\n1\n2\n", "row 2 has one column"),
        ("E;" + "," * 9_990 + "x\n1;" + "," * 9_900 + "x\n", "row 1: 'E' and ',,,,"),
        ("E;flux\n1;" + "," * 9_900 + "x\n", "row 2: ',,,,"),
        ("E_nu [keV],flux\n1000,2\n2000,1\n", "its energies are not in MeV and its flux has no unit"),
        ("E_keV,flux\n1000,2\n2000,1\n", "its energies are not in MeV and its flux has no unit"),
        ("E_nu,flux [1/(cm2 s keV)]\n1000,2\n2000,1\n", "in '1/(cm2 s keV)' and its energies have no unit"),
        ("E_nu,flux_per_keV\n1000,2\n2000,1\n", "row 1: 'E_nu, flux_per_keV' speaks of keV"),
        ("# energies in keV\n1000,2\n2000,1\n", "row 1: 'energies in keV' speaks of keV: give energy_unit"),
        ("# flux per m^2\n1,2\n2,1\n", "row 1: 'flux per m^2' speaks of m^2: give energy_unit and flux_unit"),
        ("# flux per MeV and day\n# 1/(cm2 d MeV), 1/day\n1,2,3\n", "row 3 has 3 columns"),
        ("# flux in 10^10/(cm2 s MeV)\n1,2\n2,1\n", "row 1: 'flux in 10^10/(cm2 s MeV)' speaks of 10^10:"),
        ("E,flux_1e10/cm2/s/MeV\n1,2\n2,1\n", "speaks of 1e10:"),
        ("# 1/cm2/day\n1,2\n2,1\n", "row 1: '1/cm2/day' speaks of /day"),
        ("E [MeV],flux [parsec]\n1,2\n2,1\n", "row 1: [parsec] is not a unit of flux"),
        ("E [furlong],flux\n1,2\n2,1\n", "row 1: [furlong] is not a unit of energy"),
        ("E [MeV],flux [1/(cm2 s)]\n1,2\n2,1\n", "integrated over bins, needs their edges"),
        ("low [MeV],high [keV],flux\n1,2000,1\n2,3000,1\n", "row 1: the edges of the bins have different units"),
        ("low,high,flux\n1,2,1\n3,4,1\n", "row 3: its bin begins at 3 MeV, the one below ends at 2 MeV"),
        ("low,high,flux\n1,3,1\n2,4,1\n", "row 3: its bin begins at 2 MeV, the one below ends at 3 MeV"),
        ("low,high,flux\n1,2,1\n2,2,1\n", "row 3: the bin from 2 to 2 MeV has no width"),
    ],
)
def test_one_line_names_the_file_and_the_row(tmp_path: Path, content: str | bytes, words: str) -> None:
    assert words in message(tmp_path, content)


def test_rows_far_below_are_read_alike(tmp_path: Path) -> None:
    rows = [f"{i}.5, 1e3 ,x" for i in range(1, 3001)]
    assert read(tmp_path, "\n".join(rows), columns=[1, 2]).name.startswith("flux (3000 energies as ")
    assert "row 3001: 'many' is not" in message(tmp_path, "\n".join([*rows, "4000,many,x"]), columns=[1, 2])
    swapped = "\n".join(f"{flux},{E}" for E, flux in ((1.0, 3e11), (2.0, 2e11), (8.0, 1e9)))
    assert_same(read(tmp_path, swapped, columns=[2, 1]))
    assert "row 2: '1e999' is not" in message(tmp_path, "1,2\n1e999,3\n")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda path: read_csv(path, E_unit=-1.0), "E_unit = -1 is not allowed"),
        (lambda path: read_csv(path, E_unit=0.0), "E_unit = 0 is not allowed"),
        (lambda path: read_csv(path, flux_unit=float("nan")), "flux_unit = nan is not allowed"),
        (lambda path: read_csv(path, E_unit="keV"), "E_unit = 'keV' is not allowed: give a number"),
        (lambda path: read_csv(path, columns=5), "5 is not allowed: give names or numbers of columns"),
        (lambda path: read_csv(path, columns=[1.5, 2]), "give names or numbers of columns"),
        (lambda path: read_csv(path, columns=[None, 2]), "give names or numbers of columns"),
        (lambda path: read_csv(path, flavour="e"), "flavour = 'e' is not allowed: give nushine.ELECTRON"),
        (lambda _: read_csv(5), "path = 5 is not allowed"),
        (lambda _: tabulated([1, 2j], [1, 2]), "energies of table table = .* give numbers"),
        (lambda _: tabulated(["1", "2"], [1, 2]), "energies of table table = .* give numbers"),
        (lambda _: tabulated([1, 2], [1, 2], antineutrino="yes"), "antineutrino = 'yes' .* True or False"),
        (lambda _: tabulated([1, 2], [1, 2], flavour="e"), "flavour = 'e' is not allowed"),
        (lambda _: histogram(["1", "2"], [1]), "edges of table histogram = .* give numbers"),
        (lambda _: monoenergetic("1 MeV", 1.0), "E_nu = '1 MeV' is not allowed: give numbers"),
        (lambda _: monoenergetic(1.0, 1.0, flavour="e"), "flavour = 'e' is not allowed"),
    ],
)
def test_calls_that_cannot_be_meant(tmp_path: Path, call: Callable[[Path], Source], words: str) -> None:
    (tmp_path / "flux.csv").write_text(PLAIN)
    with pytest.raises(ValueError, match=words) as error:
        call(tmp_path / "flux.csv")
    assert "\n" not in str(error.value)


def test_columns_and_units_that_were_taken_are_said(tmp_path: Path) -> None:
    (tmp_path / "flux.csv").write_text("E_nu [keV],flux [1/(cm2 s keV)]\n1000,3e8\n2000,2e8\n")
    (tmp_path / "bins.csv").write_text("1 2 9 3e8\n2 3 9 2e8\n")
    columns = {"low": 1, "high": 2, "flux": 4}
    blocks = [{"kind": "table", "file": "flux.csv"}, {"kind": "table", "file": "bins.csv", "columns": columns}]
    said = [dict(keys_of(TableSource.model_validate(block), tmp_path))["table"] for block in blocks]
    assert said[0] == "column 1 as E_nu [keV], column 2 as flux [1/(cm2 s keV)]"
    assert said[1] == "columns 1 and 2 as bins of E_nu [MeV], column 4 as flux [1/(cm^2 s MeV)]"
    both = dict(keys_of(SumSource.model_validate({"kind": "sum", "of": blocks}), tmp_path))
    assert both["part 1"].endswith(f"table {said[0]}")


@pytest.mark.parametrize(
    ("content", "keys", "words"),
    [
        (
            "E [s],flux\n1,2\n2,1\n",
            {"energy_unit": "MeV", "flux_unit": "1/(cm^2 s MeV)"},
            "[s] is not a unit of energy",
        ),
        ("E [keV],flux\n1,2\n2,1\n", {"energy_unit": "MeV"}, "row 1: the header says [keV], energy_unit"),
        (
            "E,flux [1/(cm2 s MeV)]\n1,2\n2,1\n",
            {"flux_unit": "1/(m^2 s MeV)"},
            "row 1: the header says [1/(cm2 s MeV)]",
        ),
        (PLAIN, {"energy_unit": "kg"}, "energy_unit of table flux.csv: 'kg' is not a unit"),
        (PLAIN, {"energy_unit": "keV"}, "its energies are not in MeV and its flux has no unit"),
        (PLAIN, {"flux_unit": "1/(cm^2 s keV)"}, "and its energies have no unit: give energy_unit"),
        (PLAIN, {"flux_unit": "-1/(cm^2 s MeV)"}, "is not a unit"),
        (PLAIN, {"columns": [1, 3]}, "there is no column 3: it has 1 to 2"),
        (PLAIN, {"columns": [1, 1]}, "one column is named twice"),
        (PLAIN, {"columns": {"low": 1, "flux": 2}}, "name energy and flux, or low, high and flux, not low, flux"),
        ("E,flux,x\n1,2,3\n2,3,4\n", {"columns": ["E", "error"]}, "'error' is not there: it has E, flux, x"),
        ("E,flux,flux\n1,2,3\n2,3,4\n", {"columns": ["E", "flux"]}, "'flux' is there twice"),
        ("1,2,3\n2,3,4\n", {"columns": ["E", "flux"]}, "'E' is not there: it has no names"),
    ],
)
def test_keys_that_do_not_fit(tmp_path: Path, content: str, keys: dict[str, object], words: str) -> None:
    assert words in message(tmp_path, content, **keys)


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(10**12)  # takes no place on the disk
    for name, words in {
        "pipe.csv": "is a pipe or a device",
        "/dev/zero": "is a pipe or a device",
        ".": "is a folder",
        "huge.csv": "has more than 32 MiB",
        "nothing.csv": "no such file",
        "~nobody-of-that-name/flux.csv": "no such",
        "x" * 5000: "File name too long",
        "a\0b.csv": r"table a\\x00b\.csv: a path has no null byte",
        "two\nlines": r"table two\\nlines: no such file",
    }.items():
        with pytest.raises(ValueError, match=words) as error:
            TableSource(kind="table", file=name).build(tmp_path)
        assert len(str(error.value)) < 400


def test_home_and_folder_of_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "flux.csv").write_text(PLAIN)
    assert_same(TableSource(kind="table", file="~/flux.csv").build(tmp_path / "elsewhere"))
    assert_same(read_csv("~/flux.csv", flux_unit=UNIT))
    (tmp_path / "a").mkdir()
    assert_same(TableSource(kind="table", file="../flux.csv").build(tmp_path / "a"))


def test_an_experiment_names_its_file_and_the_table(tmp_path: Path) -> None:
    (tmp_path / "flux.csv").write_text("1,2\n2,-3\n")
    content = {
        "name": "mine",
        "source": {"kind": "table", "file": "flux.csv"},
        "target": [{"formula": "Ge", "mass": "1 kg"}],
        "exposure": "1 year",
        "path": "5 cm",
        "recoil_window": ["20 eV", "1 keV"],
        "photon": {"threshold": "100 keV"},
    }
    with pytest.raises(ValueError, match=r"mine\.yaml: table flux\.csv, row 2: flux -3 is not allowed"):
        from_mapping(content, "mine.yaml", tmp_path)
    content["source"] = {"kind": "sum", "of": [{"kind": "lines", "lines": [{"energy": "1 MeV", "flux": "1 / cm^2"}]}]}
    with pytest.raises(ValueError, match=r"mine\.yaml: source\.of\[0\]\.lines\[0\]\.flux: "):
        from_mapping(content, "mine.yaml", tmp_path)


@pytest.mark.parametrize("columns", [3, "E_nu", [], [1, True], [1, 2.0], {1: 2}, {"energy": 1.5, "flux": 2}, {}])
def test_columns_that_are_none(columns: object) -> None:
    with pytest.raises(ValueError, match="give names or numbers of columns, as in"):
        TableSource(kind="table", file="flux.csv", columns=columns)


def test_units_in_python(tmp_path: Path) -> None:
    path = tmp_path / "flux.csv"
    path.write_text("E_nu [keV],flux [1/(cm2 s keV)]\n1000,3e8\n2000,2e8\n8000,1e6\n")
    assert_same(read_csv(path, E_unit=keV, flux_unit=1 / (cm**2 * s * keV)))
    with pytest.raises(ValueError, match=r"flux\.csv, row 1: the unit \[keV\] of the energy is not read here"):
        read_csv(path)
    with pytest.raises(ValueError, match=r"flux\.csv, row 1: the unit .* of the flux is not read here: give flux_unit"):
        read_csv(path, E_unit=keV)
    path.write_text(PLAIN)
    with pytest.raises(ValueError, match="its energies are not in MeV and its flux has no unit"):
        read_csv(path, E_unit=keV)


def test_flavour_and_antineutrino(tmp_path: Path) -> None:
    plain = read(tmp_path, PLAIN).beams[0]
    assert (plain.flavour, plain.antineutrino) == (ELECTRON, False)
    beam = read(tmp_path, PLAIN, flavour="mu", antineutrino=True).beams[0]
    assert (beam.flavour, beam.antineutrino) == (MUON, True)


LINES = [(0.747, 81.6), (0.427, 9.0), (0.752, 8.5), (0.432, 0.9)]
"""Energies [MeV] and shares [%] of the lines of 51Cr."""


def test_lines_of_51Cr() -> None:
    lines = [{"energy": f"{E} MeV", "flux": f"{share}e10 / (cm^2 s)"} for E, share in LINES]
    source = LinesSource.model_validate({"kind": "lines", "lines": lines}).build(Path())
    np.testing.assert_allclose(source.total() * (cm**2 * s), 1e12, rtol=1e-12)
    assert (float(source.E_max), len(source.beams), source.name) == (0.752, 1, "4 lines")


def test_lines_in_one_beam_count_as_in_several() -> None:
    one = monoenergetic([E for E, _ in LINES], [share for _, share in LINES])
    several = reduce(operator.add, [monoenergetic(E, share) for E, share in LINES])
    assert (len(one.beams), len(several.beams)) == (1, 4)
    target, window = compound("Ge73"), Selection(1e-6, 1.0)
    rates = [scattering_rate(source, target, Dipole(0.43, 1e-9), window) for source in (one, several)]
    np.testing.assert_allclose(*rates, rtol=1e-12)
    spectra = [
        recoil_rate(np.geomspace(1e-6, 1e-4, 7), source, target, Dipole(0.43, 1e-9)) for source in (one, several)
    ]
    np.testing.assert_allclose(*spectra, rtol=1e-12)


def test_sources_add_up(tmp_path: Path) -> None:
    read(tmp_path, PLAIN)
    blocks = [
        {"kind": "chooz"},
        {"kind": "table", "file": "flux.csv", "flavour": "mu"},
        {"kind": "lines", "lines": [{"energy": "29.79 MeV", "flux": "1e7 / (cm^2 s)"}]},
    ]
    source = SumSource.model_validate({"kind": "sum", "of": blocks}).build(tmp_path)
    assert source.name == "Chooz + flux + line of 29.79 MeV"
    np.testing.assert_allclose(source.total(), chooz().total() + EXPECTED.total() + 1e7 / (cm**2 * s), rtol=1e-12)
    np.testing.assert_allclose(source.E_max, 29.79)
    # what is uncertain about the reactor is a smaller part of the whole
    share = chooz().flux(3.0) / source.flux(3.0)
    np.testing.assert_allclose(source.relative_variations(3.0), chooz().relative_variations(3.0) * share, rtol=1e-12)


def test_variations_of_one_name_are_one() -> None:
    near, far = chooz(), chooz(load_factor=0.25)
    both = near + far
    assert [v.name for v in both.variations] == [v.name for v in near.variations]
    E = np.array([0.1, 0.5, 2.5, 6.0])
    np.testing.assert_allclose(both.relative_variations(E), near.relative_variations(E), rtol=1e-9)
    # twice the shape in one source, none in the other: the mean of the two
    bare = Source("bare", near.beams)
    np.testing.assert_allclose((near + bare).relative_variations(E), near.relative_variations(E) / 2, rtol=1e-9)
    with pytest.raises(TypeError):
        near + 1  # type: ignore[operator]


def test_units_as_people_write_them() -> None:
    for text in ("1/(cm2 s MeV)", "1 / (cm**2 s MeV)", "nu/(cm^2 sec MeV)", "neutrinos / (cm2·s·MeV)", "1/(cm2.s.MeV)"):
        assert plain_unit(text) == "1 / (cm^2 s MeV)", text
    assert plain_unit("cm⁻² s⁻¹ MeV⁻¹") == "1 cm^-2 s^-1 MeV^-1"


numbers = st.floats(1e-3, 1e3, allow_subnormal=False)
tables = st.lists(st.tuples(numbers, st.floats(1e-30, 1e3)), min_size=2, max_size=8, unique_by=lambda row: row[0])


@settings(deadline=None, max_examples=60)
@given(
    rows=tables,
    delimiter=st.sampled_from([",", ";", "\t", " ", ", ", "   ", " ; "]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    newline=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    head=st.sampled_from(
        ["", "E_nu{}flux\n", "# measured\n", "# measured\nE{}flux\n", "E [MeV]{}flux [1/(cm^2 s MeV)]\n"]
    ),
    compressed=st.booleans(),
    quoted=st.booleans(),
)
def test_any_table_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[float, float]],
    delimiter: str,
    encoding: str,
    newline: str,
    head: str,
    compressed: bool,
    quoted: bool,
) -> None:
    E, flux = np.array(sorted(rows)).T
    mark = '"' if quoted else ""
    text = head.format(delimiter) + "".join(
        f"{mark}{x!r}{mark}{delimiter}{mark}{y!r}{mark}\n" for x, y in zip(E.tolist(), flux.tolist(), strict=True)
    )
    data = text.replace("\n", newline).encode(encoding)
    source = read(tmp_path_factory.mktemp("table"), gzip.compress(data) if compressed else data)
    expected = tabulated(E, flux * UNIT)
    np.testing.assert_array_equal(source.beams[0].continuum.knots, expected.beams[0].continuum.knots)
    coefficients = (np.asarray(x.beams[0].continuum.coefficients) for x in (source, expected))
    np.testing.assert_allclose(*coefficients, rtol=1e-14)


@settings(deadline=None, max_examples=100)
@given(data=st.binary(max_size=60) | st.text('0123456789.,;eE-+"#\n\t []nanMkV/', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_end_in_one_line(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    error = ""
    try:
        source = read(tmp_path_factory.mktemp("bytes"), data)
    except ValueError as caught:
        error = str(caught)
    if error:
        assert "flux.csv" in error
        assert "\n" not in error
        assert len(error) < 400
        return
    coefficients = np.asarray(source.beams[0].continuum.coefficients)
    assert np.all(np.isfinite(coefficients))
    assert np.all(coefficients[:, 0] >= 0)
    assert np.any(coefficients > 0)
