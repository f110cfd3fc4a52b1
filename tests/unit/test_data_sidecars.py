"""Every table of the package says where its numbers come from, and is the table that its sidecar describes."""

import csv
import hashlib
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "nushine"
TABLES = sorted(PACKAGE.rglob("*.csv"))
REQUIRED = {"title", "paper", "where", "licence", "sha256", "script", "columns"}


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_the_package_has_tables() -> None:
    assert TABLES, f"no CSV under {PACKAGE}: the tests below would check nothing"


def test_tables_lie_in_data_folders() -> None:
    assert [name(table) for table in TABLES if "data" not in table.relative_to(PACKAGE).parts[:-1]] == []


def test_every_sidecar_has_its_table() -> None:
    sidecars = {path.with_suffix("") for path in PACKAGE.rglob("data/**/*.toml")}
    assert sorted(map(name, sidecars - {table.with_suffix("") for table in TABLES})) == []


@pytest.mark.parametrize("table", TABLES, ids=name)
def test_table_matches_its_sidecar(table: Path) -> None:
    sidecar = table.with_suffix(".toml")
    assert sidecar.exists(), f"{name(table)} needs {sidecar.name} beside it"
    about = tomllib.loads(sidecar.read_text())
    assert REQUIRED - about.keys() == set()
    assert about.keys() & {"doi", "arxiv"}, "give the paper's doi or arxiv number"
    assert all(about[key] for key in REQUIRED), "no key may be empty"
    assert about["sha256"] == hashlib.sha256(table.read_bytes()).hexdigest()
    assert about["script"] == "typed" or (ROOT / about["script"]).is_file()


@pytest.mark.parametrize("table", TABLES, ids=name)
def test_columns_are_those_of_the_header(table: Path) -> None:
    with table.open(encoding="ascii", newline="") as lines:
        header, *rows = csv.reader(lines)
    columns = tomllib.loads(table.with_suffix(".toml").read_text())["columns"]
    assert list(columns) == header
    assert all(isinstance(unit, str) and unit for unit in columns.values()), "give each unit, 1 for a pure number"
    assert rows
    assert {len(row) for row in rows} == {len(header)}
