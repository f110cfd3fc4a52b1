"""Events written to files and read back by the libraries of each format."""

import json
import sys
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyhepmc
import pylhe
import pytest
import uproot

from made_events import M_N, card, chunks, made
from nushine.events.record import BLOCK, COLUMNS, Events
from nushine.io.events import FORMATS, iterate, open_writer, read, read_card, thrift, write_events

ALL = ("parquet", "hepmc3", "lhe", "root", "h5")
TABLES = ("parquet", "root", "h5")
SMALL = 500

# Sums of up to four energies, of which that of the nucleus is 7e4 MeV, round to a few 1e-11 MeV
SUM = {"rtol": 0, "atol": 1e-10}


def written(folder: Path, ending: str, events: Events) -> Path:
    path = folder / f"events.{ending}"
    write_events(path, events)
    return path


def same(a: Events, b: Events) -> bool:
    return a.card == b.card and all(
        np.array_equal(a[c.name], b[c.name]) and b[c.name].dtype == c.dtype for c in COLUMNS
    )


def test_the_made_events_are_physical() -> None:
    events = made(SMALL)
    for axis in "xyz":
        made_p = events[f"A_p{axis}"] + events[f"gamma_p{axis}"] + events[f"out_p{axis}"]
        np.testing.assert_allclose(made_p, events["E_nu"] * (axis == "z"), **SUM)
    np.testing.assert_allclose(events["E_R"] + events["E_gamma"] + events["E_out"], events["E_nu"], **SUM)
    p2 = sum(events[f"N_p{axis}"] ** 2 for axis in "xyz")
    np.testing.assert_allclose(events["E_N"] ** 2 - p2, M_N**2, rtol=1e-9)  # 1e-11 MeV of energy at 10 MeV, over 9


# All formats


@pytest.mark.parametrize("ending", ALL)
def test_the_run_card_comes_back_from_every_format(tmp_path: Path, ending: str) -> None:
    events = made(20)
    assert read_card(written(tmp_path, ending, events)) == events.card
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"events.{ending}"]


@pytest.mark.parametrize("ending", TABLES)
@pytest.mark.parametrize("decays", [True, False])
def test_tables_give_back_every_bit(tmp_path: Path, ending: str, decays: bool) -> None:
    events = made(BLOCK + SMALL, decays=decays)
    path = written(tmp_path, ending, events)
    assert same(events, read(path))
    parts = list(iterate(path))
    assert [len(part) for part in parts] == [BLOCK, SMALL]
    assert np.array_equal(np.concatenate([part["flight"] for part in parts]), events["flight"])


@pytest.mark.parametrize("ending", TABLES)
def test_a_subset_keeps_the_card_of_its_sample(tmp_path: Path, ending: str) -> None:
    events = made(SMALL)
    seen = events[events["seen"]]
    assert 0 < len(seen) < SMALL
    assert same(seen, read(written(tmp_path, ending, seen)))
    nothing = events[events["E_nu"] < 0]
    assert same(nothing, read(written(tmp_path, ending, nothing)))


@pytest.mark.parametrize("ending", ["hepmc3", "lhe"])
def test_text_without_events_is_a_file_too(tmp_path: Path, ending: str) -> None:
    events = made(SMALL)
    path = written(tmp_path, ending, events[events["E_nu"] < 0])
    if ending == "lhe":
        assert list(pylhe.LHEFile.fromfile(path).events) == []
        assert read_card(path) == events.card
    else:
        with pyhepmc.open(str(path)) as file:
            assert list(file) == []


def test_formats_that_are_not_known_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"events\.csv: the name does not tell the format; end it in one of \.parquet"):
        open_writer(tmp_path / "events.csv", card(1))
    with pytest.raises(ValueError, match="format 'csv' is not known: give one of parquet, hepmc3, lhe, root, hdf5"):
        open_writer(tmp_path / "events", card(1), format="csv")
    for name in ("parquet", "root", "hdf5"):
        with pytest.raises(ValueError, match=r"^-: is no regular file; only HepMC3 and LHE"):
            open_writer("-", card(1), format=name)
    with pytest.raises(ValueError, match="read hepmc3 files with pyhepmc"):
        read(tmp_path / "events.hepmc3")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FORMATS)
def test_a_missing_package_is_named_with_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    package = FORMATS[name].package
    for module in [m for m in sys.modules if m.startswith("nushine.io.events.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ValueError, match=rf"{name} files need {package}: pip install 'nushine\[formats\]'"):
        open_writer(tmp_path / "events", card(1), format=name)


@pytest.mark.parametrize("ending", [*TABLES, "lhe", "hepmc3"])
def test_other_files_are_refused_in_one_line(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"other.{ending}"
    with pytest.raises(FileNotFoundError, match="No such file") as missing:
        read_card(path)
    assert missing.value.filename == str(path)
    path.write_text("something else\n" * 10)
    with pytest.raises(ValueError, match=rf"other\.{ending}: (is no|holds no)") as refusal:
        read_card(path)
    assert "\n" not in str(refusal.value)


def test_tables_of_others_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1.0]}), tmp_path / "a.parquet")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a"] = [1.0]
    with uproot.recreate(tmp_path / "a.root") as file:
        file["a"] = "text"
    for ending in TABLES:
        with pytest.raises(ValueError, match="holds no events of nushine"):
            read(tmp_path / f"a.{ending}")


# Tables, read by others


def test_parquet_has_units_meaning_version_and_card(tmp_path: Path) -> None:
    file = pq.ParquetFile(written(tmp_path, "parquet", made(2 * BLOCK + SMALL)))
    assert file.metadata.num_rows == 2 * BLOCK + SMALL
    assert [file.metadata.row_group(i).num_rows for i in range(3)] == [BLOCK, BLOCK, SMALL]
    schema = file.schema_arrow
    assert schema.names == [c.name for c in COLUMNS]
    assert schema.field("E_gamma").metadata == {
        b"unit": b"MeV",
        b"description": b"energy of the photon; 0 if there is none",
    }
    assert not schema.field("E_gamma").nullable
    assert json.loads(schema.metadata[b"nushine.card"])["m_N"] == M_N
    assert schema.metadata[b"nushine.version"] == b"0.1.dev0"
    assert json.loads(schema.metadata[b"nushine.columns"])[3]["unit"] == "MeV"


def test_parquet_row_groups_are_where_the_footer_says(tmp_path: Path) -> None:
    path = written(tmp_path, "parquet", made(2 * BLOCK))
    metadata, data, edge = pq.read_metadata(path), path.read_bytes(), 4
    for i in range(2):
        group = metadata.row_group(i)
        for j in range(group.num_columns):
            column = group.column(j)
            first = column.dictionary_page_offset if column.has_dictionary_page else column.data_page_offset
            assert first == edge
            edge += column.total_compressed_size
    assert data[edge : edge + 1] == b"\x15"  # the footer begins with its first field, an integer
    table = pq.read_table(path, columns=["E_R", "event"], filters=[("event", ">=", 2 * BLOCK - 2)])
    assert table["event"].to_pylist() == [2 * BLOCK - 2, 2 * BLOCK - 1]


def test_a_footer_survives_decoding_and_encoding(tmp_path: Path) -> None:
    for name, table in {
        "short": pa.table({"a": [1.0, 2.0]}),
        "wide": pa.table({f"column {i}": pa.array([i, None, -i], pa.int16()) for i in range(40)}),
        "text": pa.table({"a": ["x", "y"], "b": [True, False]}),
    }.items():
        pq.write_table(table, tmp_path / name, write_page_index=True, sorting_columns=[pq.SortingColumn(0)])
        data = (tmp_path / name).read_bytes()
        footer = data[-8 - int.from_bytes(data[-8:-4], "little") : -8]
        assert thrift.encode(thrift.decode(footer)) == footer


def test_thrift_follows_the_examples_of_its_specification() -> None:
    # zigzag and varint of the specification: 50399 is C7 9F 03 when zigzagged as 100798 = 0x189BE
    assert thrift.encode([thrift.Field(1, thrift.I32, -1)]) == b"\x15\x01\x00"
    assert thrift.encode([thrift.Field(3, thrift.I64, 150)]) == b"\x36\xac\x02\x00"
    assert thrift.encode([thrift.Field(20, thrift.TRUE, True)]) == b"\x01\x28\x00"  # a long gap: number 20 as zigzag 40
    assert thrift.decode(b"\x19\x25\x02\x04\x00") == [thrift.Field(1, thrift.LIST, (thrift.I32, [1, 2]))]
    with pytest.raises(ValueError, match="Thrift type 11 does not occur"):
        thrift.decode(b"\x1b\x00\x00")


def test_root_tree_is_read_by_uproot(tmp_path: Path) -> None:
    events = made(SMALL)
    with uproot.open(written(tmp_path, "root", events)) as file:
        tree = file["nushine/events"]
        assert tree.keys() == [c.name for c in COLUMNS]
        assert tree["E_R"].typename == "double"
        assert np.array_equal(tree["E_R"].array(library="np"), events["E_R"])
        assert json.loads(file["nushine/card"])["seed"] == 1
        assert json.loads(file["nushine/columns"])[6]["unit"] == "MeV"


def test_hdf5_data_sets_have_units(tmp_path: Path) -> None:
    with h5py.File(written(tmp_path, "h5", made(SMALL))) as file:
        assert list(file["events"]) == sorted(c.name for c in COLUMNS)
        for column in COLUMNS:
            assert file["events"][column.name].attrs["unit"] == column.unit
            assert file["events"][column.name].attrs["description"] == column.text
        assert file["events"].attrs["version"] == "0.1.dev0"


# Writers


def test_chunks_must_be_whole_blocks_and_fit(tmp_path: Path) -> None:
    with open_writer(tmp_path / "a.parquet", card(2 * BLOCK)) as writer:
        with pytest.raises(
            ValueError, match=f"{BLOCK // 2} events after 0 of {2 * BLOCK} do not fit; give chunks of whole"
        ):
            writer.write(made(BLOCK // 2))
        writer.write(made(2 * BLOCK))
        with pytest.raises(ValueError, match="do not fit"):
            writer.write(made(BLOCK))
    with pytest.raises(ValueError, match="is closed"):
        writer.write(made(BLOCK))


def test_closing_early_is_refused_and_keeps_what_is_there(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "a.parquet", card(2 * BLOCK))
    writer.write(made(BLOCK))
    with pytest.raises(ValueError, match=f"{BLOCK} of {2 * BLOCK} events are written; resume to go on"):
        writer.close()
    assert not (tmp_path / "a.parquet").exists()
    again = open_writer(tmp_path / "a.parquet", card(2 * BLOCK), resume=True)
    assert again.done == BLOCK
    again.abort()


@pytest.mark.parametrize("ending", ["parquet", "h5"])
def test_files_do_not_depend_on_the_chunks(tmp_path: Path, ending: str) -> None:
    n = 3 * BLOCK + SMALL
    for name, size in (("a", n), ("b", BLOCK), ("c", 2 * BLOCK)):
        with open_writer(tmp_path / f"{name}.{ending}", card(n)) as writer:
            for events in chunks(n, size):
                writer.write(events)
    a, b, c = (tmp_path / f"{name}.{ending}" for name in "abc")
    assert a.read_bytes() == b.read_bytes() == c.read_bytes()
