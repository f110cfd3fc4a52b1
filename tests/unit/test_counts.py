"""Observed counts in CSV files: what is read, what is written, and one line for each mistake."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from made_models import counting, random_model
from nushine.io import read_counts, write_counts
from nushine.statistics.model import Data
from nushine.statistics.unbinned import unbinned

MODEL = counting([1.0, 0.0], [3.0, 4.0])


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "counts.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    model = random_model(1)
    for counts in (np.random.default_rng(1).poisson(model.expected(1.0)), model.asimov(0.3).counts):
        path = tmp_path / "counts.csv"
        write_counts(path, model, model.data(counts))
        np.testing.assert_array_equal(read_counts(path, model).counts, counts)
    assert [entry.name for entry in tmp_path.iterdir()] == ["counts.csv"]


def test_whole_numbers_look_like_it(tmp_path: Path) -> None:
    write_counts(tmp_path / "c.csv", MODEL, MODEL.data(np.array([3.0, 2.5])))
    assert (tmp_path / "c.csv").read_text() == "channel,bin,count\non,0,3\noff,0,2.5\n"


@pytest.mark.parametrize(
    "text",
    [
        "channel,bin,count\non,0,3\noff,0,5\n",
        "channel,bin,count\noff,0,5\non,0,3",
        "count, channel ,bin\r\n 5,off,0\r\n\r\n3, on,0\r\n",
        '\ufeff"channel","bin","count"\n"on","0","3.0"\n"off","00","5e0"\n',
    ],
)
def test_any_order_of_rows_and_columns(tmp_path: Path, text: str) -> None:
    data = read_counts(written(tmp_path, text), MODEL)
    np.testing.assert_array_equal(data.counts, [3.0, 5.0])
    np.testing.assert_array_equal(data.auxiliary, [0.0])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("channel,bin,count\non,0,3\n", "bin 0 of channel 'off' is missing; give its count, 0 if it is empty"),
        ("channel,bin,count\non,0,3\noff,0,5\non,0,3\n", "line 4: bin 0 of 'on' is there twice; leave one out"),
        ("channel,bin,count\nan,0,3\n", "line 2: channel 'an' is not in the model; its channels are on, off"),
        ("channel,bin,count\non,1,3\n", "line 2: bin '1' is not in channel 'on'; its bins are 0 to 0"),
        ("channel,bin,count\non,-1,3\n", "line 2: bin '-1' is not in channel 'on'; its bins are 0 to 0"),
        ("channel,bin,count\non,x,3\n", "line 2: bin 'x' is not in channel 'on'"),
        ("channel,bin,count\n\non,0,-3\n", "line 3: count '-3' is not allowed; give a number of events"),
        ("channel,bin,count\non,0,many\n", "line 2: count 'many' is not allowed; give a number of events"),
        ("channel,bin,count\non,0,nan\n", "line 2: count 'nan' is not allowed; give a number of events"),
        ("channel,bin,count\non,0,inf\n", "line 2: count 'inf' is not allowed; give a number of events"),
        ("channel,bin,count\non,0,\n", "line 2: count '' is not allowed; give a number of events"),
        ("channel,bin,count\non,0,1_000\n", "line 2: count '1_000' is not allowed; give a number of events"),
        ("channel,bin,count\non,0,٣\n", "line 2: count '٣' is not allowed; give a number of events"),
        ("channel,bin,count\non,0,３\n", "line 2: count '３' is not allowed; give a number of events"),
        ("channel,bin,count\non,0,0x3\n", "line 2: count '0x3' is not allowed; give a number of events"),
        ("channel,bin,count\non,0,3 e1\n", "line 2: count '3 e1' is not allowed; give a number of events"),
        ("channel,bin,count\non,0,.\n", "line 2: count '.' is not allowed; give a number of events"),
        ("channel,bin,count\non,0,1e999\n", "line 2: count '1e999' is not allowed; give a number of events"),
        ("channel,bin,count\non,1_0,3\n", "line 2: bin '1_0' is not in channel 'on'; its bins are 0 to 0"),
        ("channel,bin,count\non,0\n", "line 2: 2 fields; give channel, bin, count"),
        ("on,0,3\noff,0,5\n", "line 1: header 'on,0,3': write channel,bin,count"),
        ("channel,bin,count,day\non,0,3,1\n", "line 1: header 'channel,bin,count,day': write channel,bin,count"),
        ("channel,bin,bin,count\non,0,0,3\n", "line 1: header 'channel,bin,bin,count': write channel,bin,count"),
        ("", "is empty: write channel,bin,count in the first line"),
        ("# only a remark\n", "is empty: write channel,bin,count in the first line"),
        (f"channel,bin,count\non,{'9' * 5000},3\n", f"line 2: bin '{'9' * 40}...' is not in channel 'on'"),
        (f"channel,bin,count\non,0,{'9' * 5000}\n", f"line 2: count '{'9' * 40}...' is not allowed"),
        (f'channel,bin,count\non,0,"{"9" * 200000}\n', "line 2: field larger than field limit"),
        (f"channel,bin,count\n{'a,b' * 5000}\n", "line 2: 5001 fields; give channel, bin, count"),
        ("channel,bin,count\non,0,3\n".encode("utf-16"), "byte 0 is no UTF-8 text; save the file as UTF-8"),
        (b"channel,bin,count\non,0,3\n\xe9,0,5\n", "is no UTF-8 text; save the file as UTF-8"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str | bytes, line: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ValueError, match=r"counts\.csv") as caught:
        read_counts(path, MODEL)
    assert str(caught.value).startswith(f"{path}: ")
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


BINNED = replace(
    MODEL,
    channels=(("seen", 2),),
    edges=np.array([[[2e-5, 1e-3], [0.1, 1.5], [-1.0, 1.0]], [[2e-5, 1e-3], [1.5, np.inf], [-1.0, 1.0]]]),
)
HEADER = "channel,bin,E_R_min_eV,E_R_max_eV,E_gamma_min_MeV,E_gamma_max_MeV,cos_theta_min,cos_theta_max,count\n"


def test_bins_carry_their_edges(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    write_counts(path, BINNED, BINNED.data(np.array([3.0, 5.0])))
    remark, *table = path.read_text().splitlines(keepends=True)
    assert remark.startswith("# bins of a channel: recoil energy slowest - then photon energy - cosine")
    assert table == [HEADER, "seen,0,20,1000,0.1,1.5,,,3\n", "seen,1,20,1000,1.5,inf,,,5\n"]
    np.testing.assert_array_equal(read_counts(path, BINNED).counts, [3.0, 5.0])
    # as a spreadsheet writes them: fewer digits, and the remark filled up with commas
    text = "# bins,,,,,,,,\n" + HEADER + "seen,1,20.0,1E3,1.50001,inf,-1,1,5\nseen,0,20,1000,0.1,1.5,,,3\n"
    np.testing.assert_array_equal(read_counts(written(tmp_path, text), BINNED).counts, [3.0, 5.0])


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ("seen,0,30,1000,0.1,1.5,,,3\n", "line 2: E_R_min_eV of bin 0 of 'seen' is '30', in the model it is 20"),
        ("seen,0,20,1000,1.5,inf,,,3\n", "line 2: E_gamma_min_MeV of bin 0 of 'seen' is '1.5', in the model it is 0.1"),
        ("seen,0,20,1000,0.1,,,,3\n", "line 2: E_gamma_max_MeV of bin 0 of 'seen' is '', in the model it is 1.5"),
        ("seen,0,20,1000,0.1,1.5,0,1,3\n", "line 2: cos_theta_min of bin 0 of 'seen' is '0', in the model it is empty"),
        ("seen,0,20,1000,0.1,nan,,,3\n", "line 2: E_gamma_max_MeV of bin 0 of 'seen' is 'nan', in the model"),
        ("seen,0,2_0,1000,0.1,1.5,,,3\n", "line 2: E_R_min_eV of bin 0 of 'seen' is '2_0', in the model it is 20:"),
        ("seen,0,20 eV,1000,0.1,1.5,,,3\n", "line 2: E_R_min_eV of bin 0 of 'seen' is '20 eV', in the model it is 20:"),
    ],
)
def test_counts_of_other_bins_are_refused(tmp_path: Path, rows: str, line: str) -> None:
    path = written(tmp_path, HEADER + rows)
    with pytest.raises(ValueError, match="the counts are of other bins") as caught:
        read_counts(path, BINNED)
    assert str(caught.value).startswith(f"{path}: {line}")
    assert "\n" not in str(caught.value)


def test_counts_without_edges_are_refused_where_the_model_has_them(tmp_path: Path) -> None:
    path = written(tmp_path, "channel,bin,count\nseen,0,3\nseen,1,5\n")
    with pytest.raises(ValueError, match=r"counts\.csv: line 1: no edges of bins .* fill in the file that"):
        read_counts(path, BINNED)


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="pipe: is no regular file; give a CSV file"):
        read_counts(tmp_path / "pipe", MODEL)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.csv").open("wb") as stream:
        stream.truncate(10**12)  # a hole, which takes no room on the disk
    with pytest.raises(ValueError, match=r"huge\.csv: has 1,000,000,000,000 bytes, more than counts can need"):
        read_counts(tmp_path / "huge.csv", MODEL)


def test_events_where_none_can_be(tmp_path: Path) -> None:
    path = written(tmp_path, "channel,bin,count\non,0,3\noff,0,5\n")
    with pytest.raises(ValueError, match="bin 1: 5 events where neither signal nor background is expected"):
        read_counts(path, counting([1.0, 0.0], [3.0, 0.0]))


def test_files_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_counts(tmp_path / "none.csv", MODEL)
    with pytest.raises(OSError, match="none"):
        write_counts(tmp_path / "none" / "counts.csv", MODEL, MODEL.asimov())


def test_no_half_of_a_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "old")

    def full(part: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(part), None, str(target))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_counts(path, MODEL, MODEL.asimov())
    assert {entry.name: entry.read_text() for entry in tmp_path.iterdir()} == {"counts.csv": "old"}


def test_models_without_bins(tmp_path: Path) -> None:
    model, data = unbinned([1.0, 2.0], [[1.0, 0.5]], 2.0, [3.0])
    with pytest.raises(ValueError, match="an unbinned model has no counts in bins"):
        write_counts(tmp_path / "c.csv", model, data)
    with pytest.raises(ValueError, match="an unbinned model has no counts in bins"):
        read_counts(written(tmp_path, "channel,bin,count\n"), model)
    with pytest.raises(ValueError, match=r"counts of shape \(2, 2\) for 2 bins"):
        write_counts(tmp_path / "c.csv", MODEL, Data(np.ones((2, 2)), np.zeros((2, 1))))
