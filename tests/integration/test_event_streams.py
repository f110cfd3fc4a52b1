"""Files of events when things go wrong: killed, full disk, closed pipe, no permission; and constant memory."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from made_events import card, chunks, made
from nushine.events.record import BLOCK, COLUMNS, Events
from nushine.io.events import iterate, open_writer, read, stream, write_stream

SCRIPT = Path(__file__).resolve().parents[1] / "made_events.py"
BYTES = ("parquet", "hepmc3", "lhe", "h5")  # the formats whose resumed files are identical byte by byte
TEXT = ("hepmc3", "lhe")
ALL = (*BYTES, "root")


@pytest.fixture
def size(ending: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Events in a block; text is slow, so that its blocks are smaller here."""
    if ending in TEXT:
        monkeypatch.setattr(stream, "BLOCK", 4096)
        return 4096
    return BLOCK


def command(path: Path | str, n: int, *extra: str, size: int = BLOCK) -> list[str]:
    return [sys.executable, str(SCRIPT), str(path), str(n), str(size), *(extra or ("new",))]


def whole(path: Path, n: int, size: int = BLOCK) -> Path:
    with open_writer(path, card(n)) as writer:
        write_stream(writer, chunks(n, size))
    return path


def begun(path: Path, n: int, first: int) -> Path:
    """A file that is stopped after some events."""
    writer = open_writer(path, card(n))
    writer.write(Events(made(first).columns, card(n)))
    writer.abort()
    return path


def equal(a: Path, b: Path) -> bool:
    if a.suffix != ".root":
        return a.read_bytes() == b.read_bytes()
    one, two = read(a), read(b)
    return one.card == two.card and all(np.array_equal(one[c.name], two[c.name]) for c in COLUMNS)


# Killed and resumed


@pytest.mark.parametrize("ending", ALL)
def test_after_kill_9_the_file_is_that_of_an_unbroken_run(tmp_path: Path, ending: str, size: int) -> None:
    n, path = 4 * size + 100, tmp_path / f"a.{ending}"
    process = subprocess.Popen(command(path, n, size=size), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert int(process.stderr.readline()) == size  # the first block is safe, the second is being written
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not path.exists()
    finished = subprocess.run(command(path, n, "resume", size=size), capture_output=True, text=True, check=True)
    assert int(finished.stderr.split()[0]) > size  # it went on where it was, not from the beginning
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name]
    assert equal(path, whole(tmp_path / f"b.{ending}", n, size))


@pytest.mark.parametrize("ending", BYTES)
@pytest.mark.parametrize("torn", ["data", "journal", "both"])
def test_torn_ends_are_dropped(tmp_path: Path, ending: str, size: int, torn: str) -> None:
    n = size + 100
    path = begun(tmp_path / f"a.{ending}", n, size)
    partial, journal = Path(f"{path}.partial"), Path(f"{path}.journal")
    if torn != "journal" and ending != "h5":  # HDF5 does not grow
        with partial.open("ab") as file:
            file.write(b"half a block")
    if torn != "data":
        with journal.open("ab") as file:
            file.write(b'{"done": 131072, "e')
    with open_writer(path, card(n), resume=True) as writer:
        assert writer.done == size
        write_stream(writer, chunks(n, size, size))
    assert equal(path, whole(tmp_path / f"b.{ending}", n))


def test_a_journal_ahead_of_its_file_goes_back_to_what_is_there(tmp_path: Path) -> None:
    path = begun(tmp_path / "a.parquet", 3 * BLOCK, 2 * BLOCK)
    first = json.loads(Path(f"{path}.journal").read_text().splitlines()[1])
    os.truncate(f"{path}.partial", first["end"] + 10)  # as after a loss of power
    with open_writer(path, card(3 * BLOCK), resume=True) as writer:
        assert writer.done == BLOCK
        write_stream(writer, chunks(3 * BLOCK, BLOCK, BLOCK))
    assert equal(path, whole(tmp_path / "b.parquet", 3 * BLOCK))


def test_without_resume_an_unfinished_file_is_begun_anew(tmp_path: Path) -> None:
    path = begun(tmp_path / "a.parquet", 2 * BLOCK, BLOCK)
    with open_writer(path, card(2 * BLOCK)) as writer:
        assert writer.done == 0
        write_stream(writer, chunks(2 * BLOCK, BLOCK))
    assert len(read(path)) == 2 * BLOCK


@pytest.mark.parametrize("ending", ALL)
def test_resuming_a_complete_file_leaves_nothing_to_do(tmp_path: Path, ending: str) -> None:
    path = whole(tmp_path / f"a.{ending}", 200)
    before, content = path.stat(), path.read_bytes()
    with open_writer(path, card(200), resume=True) as writer:
        assert (writer.done, writer.rows) == (200, 200)
        write_stream(writer, chunks(200, BLOCK, writer.done))
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns, path.read_bytes()) == (before.st_ino, before.st_mtime_ns, content)
    with pytest.raises(
        ValueError, match="holds another run: seed is 1, not 2; resume with the same settings or choose"
    ):
        open_writer(path, card(200, seed=2), resume=True)


def test_resuming_where_nothing_is_begins(tmp_path: Path) -> None:
    with open_writer(tmp_path / "a.parquet", card(100), resume=True) as writer:
        assert writer.done == 0
        writer.write(made(100))
    assert len(read(tmp_path / "a.parquet")) == 100


def test_resuming_another_run_tells_what_differs(tmp_path: Path) -> None:
    path = begun(tmp_path / "a.parquet", 2 * BLOCK, BLOCK)
    with pytest.raises(
        ValueError, match=r"a\.parquet\.partial holds another run: m_N is 3\.0, not 3\.5; version is "
    ) as refusal:
        open_writer(path, card(2 * BLOCK, m_N=3.5, version="9.9"), resume=True)
    assert "\n" not in str(refusal.value)
    with pytest.raises(ValueError, match="n is 131072, not 65536"):
        open_writer(path, card(BLOCK), resume=True)
    with pytest.raises(ValueError, match="holds 131072 events as parquet, not 131072 as lhe"):
        open_writer(path, card(2 * BLOCK), format="lhe", resume=True)


def test_a_journal_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.lhe.journal").write_text("a diary\n")
    (tmp_path / "a.lhe.partial").write_text("")
    with pytest.raises(ValueError, match=r"a\.lhe\.journal: is no journal of nushine; remove it"):
        open_writer(tmp_path / "a.lhe", card(1), resume=True)


def test_an_old_file_stays_until_the_new_one_is_complete(tmp_path: Path) -> None:
    path = whole(tmp_path / "a.parquet", 100)
    begun(path, 2 * BLOCK, BLOCK)
    assert len(read(path)) == 100
    with open_writer(path, card(2 * BLOCK), resume=True) as writer:
        assert writer.done == BLOCK
        write_stream(writer, chunks(2 * BLOCK, BLOCK, BLOCK))
    assert len(read(path)) == 2 * BLOCK


def test_an_error_while_events_are_made_keeps_the_finished_blocks(tmp_path: Path) -> None:
    def broken() -> Iterator[Events]:
        yield next(chunks(3 * BLOCK, BLOCK))
        raise KeyboardInterrupt

    path = tmp_path / "a.parquet"
    with pytest.raises(KeyboardInterrupt), open_writer(path, card(3 * BLOCK)) as writer:
        write_stream(writer, broken())
    assert writer.done == BLOCK
    stopped = pq.read_table(f"{path}.partial")  # readable as it is, up to there
    assert np.array_equal(stopped["E_R"].to_numpy(), made(BLOCK)["E_R"])


# Full disk, folders, permissions


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("ending", ["parquet", "h5", "root", "lhe"])
def test_a_full_disk_is_told_in_one_line_and_keeps_finished_blocks(
    small_disk: Path, tmp_path: Path, ending: str, size: int
) -> None:
    n, path = 8 * size, small_disk / f"a.{ending}"
    writer = open_writer(path, card(n))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as failure, writer:
        write_stream(writer, chunks(n, size))
    assert (failure.value.errno, failure.value.strerror) == (errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert failure.value.filename == str(path)
    done = writer.done
    assert 0 < done < n  # blocks of 15 to 18 MB in tables, 4 MB in LHE
    assert done % size == 0
    assert not path.exists()
    if ending == "parquet":
        assert pq.read_table(f"{path}.partial").num_rows == done
    subprocess.run(["mount", "-o", "remount,size=400m", str(small_disk)], check=True)
    with open_writer(path, card(n), resume=True) as writer:
        assert writer.done == done
        write_stream(writer, chunks(n, size, done))
    assert equal(path, whole(tmp_path / f"b.{ending}", n, size))


def test_a_disk_with_room_for_the_events_but_not_for_their_tree(small_disk: Path, tmp_path: Path) -> None:
    path = small_disk / "a.root"  # 15 MB of Parquet, then 18 MB of ROOT
    writer = open_writer(path, card(BLOCK))
    writer.write(made(BLOCK))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as failure:
        writer.close()
    assert failure.value.filename == str(path)
    assert sorted(p.name for p in small_disk.iterdir()) == ["a.root.journal", "a.root.partial"]
    subprocess.run(["mount", "-o", "remount,size=100m", str(small_disk)], check=True)
    with open_writer(path, card(BLOCK), resume=True) as writer:
        assert writer.done == writer.rows == BLOCK
    assert equal(path, whole(tmp_path / "b.root", BLOCK))
    assert [p.name for p in small_disk.iterdir()] == ["a.root"]


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000_000, 10_000_000))
sys.path.insert(0, sys.argv[1])
from made_events import card, chunks
from nushine.io.events import open_writer, write_stream
try:
    with open_writer(sys.argv[2], card(1 << 18)) as writer:
        write_stream(writer, chunks(1 << 18, 1 << 16))
except OSError as error:
    print(error.errno, error.filename, error.strerror)
"""


@pytest.mark.parametrize("ending", ALL)
def test_too_large_a_file_is_told_with_its_name(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(SCRIPT.parent), str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{errno.EFBIG} {path} {os.strerror(errno.EFBIG)}\n"
    assert not path.exists()


@pytest.mark.parametrize("ending", ALL)
def test_places_that_cannot_be_written_are_told(tmp_path: Path, ending: str) -> None:
    for path, number in (
        (tmp_path / "missing" / f"a.{ending}", errno.ENOENT),
        (Path("/proc") / f"a.{ending}", errno.ENOENT),
    ):
        with pytest.raises(OSError, match=os.strerror(number)) as failure:
            open_writer(path, card(10))
        assert failure.value.filename == str(path)
    folder = tmp_path / f"folder.{ending}"
    folder.mkdir()
    with pytest.raises(IsADirectoryError) as refusal:
        open_writer(folder, card(10))
    assert refusal.value.filename == str(folder)


# Standard output


def test_text_flows_to_standard_output(tmp_path: Path) -> None:
    for ending in ("hepmc3", "lhe"):
        done = subprocess.run(command("-", 300, "new", ending), capture_output=True, check=True)
        assert done.stdout == whole(tmp_path / f"a.{ending}", 300).read_bytes()
    with pytest.raises(ValueError, match=r"^-: is no regular file"):
        open_writer("-", card(1), format="lhe", resume=True)


def test_text_flows_to_what_is_no_regular_file(tmp_path: Path) -> None:
    fifo = tmp_path / "a.lhe"
    os.mkfifo(fifo)
    with subprocess.Popen(command(fifo, 300), stderr=subprocess.DEVNULL) as process:
        data = fifo.read_bytes()
    assert process.returncode == 0
    assert data == whole(tmp_path / "b.lhe", 300).read_bytes()


def test_a_closed_pipe_ends_with_that_error() -> None:
    process = subprocess.Popen(
        command("-", 20 * BLOCK, "new", "hepmc3"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("HepMC::Version 3")
    process.stdout.close()
    assert process.stderr is not None
    told = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) != 0
    assert "BrokenPipeError: [Errno 32] Broken pipe: '-'" in told


# Memory and what loads


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from made_events import card, made\n"
        "from nushine.events.record import BLOCK, Events\n"
        "from nushine.io.events import open_writer\n"
        "import numpy as np, resource\n"
        "n = int(sys.argv[3]) * BLOCK\n"
        "block = dict(made(BLOCK).columns)\n"
        "with open_writer(sys.argv[2], card(n)) as writer:\n"
        "    for _ in range(n // BLOCK): writer.write(Events(block, card(n)))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)\n"
    )

    def peak(blocks: int) -> float:
        done = subprocess.run(
            [sys.executable, "-c", code, str(SCRIPT.parent), str(path), str(blocks)],
            capture_output=True,
            text=True,
            check=True,
        )
        return float(done.stdout)

    assert peak(40) < peak(4) + 60  # MB; 36 more blocks are 600 MB of file


def test_reading_in_pieces_takes_the_memory_of_a_piece(tmp_path: Path) -> None:
    path = whole(tmp_path / "a.parquet", 4 * BLOCK)
    assert [len(events) for events in iterate(path)] == [BLOCK] * 4
    assert [int(events["event"][0]) for events in iterate(path)] == [i * BLOCK for i in range(4)]


def test_a_format_imports_its_own_package_only() -> None:
    heavy = {"pyarrow", "pyhepmc", "pylhe", "uproot", "h5py", "awkward"}
    code = (
        "import sys; import nushine, nushine.io.events as files\n"
        "first = set(sys.modules)\n"
        "files.FORMATS[sys.argv[1]].load()\n"
        f"print(*sorted({heavy} & first), '|', *sorted({heavy} & set(sys.modules)))\n"
    )
    # pylhe imports awkward and h5py, and awkward pyarrow; the tree of ROOT goes by Parquet
    for name, allowed in {
        "parquet": {"pyarrow"},
        "hepmc3": {"pyhepmc"},
        "hdf5": {"h5py"},
        "lhe": {"pylhe", "awkward", "h5py", "pyarrow"},
        "root": {"uproot", "pyarrow", "awkward"},
    }.items():
        done = subprocess.run([sys.executable, "-c", code, name], capture_output=True, text=True, check=True)
        before, after = done.stdout.strip("\n").split("|")
        assert before.split() == []
        assert set(after.split()) <= allowed


def test_events_are_written_while_the_next_are_made() -> None:
    told: list[int] = []
    pause = 0.2

    class Slow:
        done = 0

        def write(self, events: Any) -> None:
            time.sleep(pause)
            self.done += events

    def source() -> Iterator[Any]:
        for _ in range(4):
            time.sleep(pause)
            yield 1

    start = time.perf_counter()
    write_stream(Slow(), source(), told.append)  # type: ignore[arg-type]
    assert told == [1, 2, 3, 4]
    assert time.perf_counter() - start < 7 * pause  # 5 if both go on at once, 8 one after the other
