"""Files of events that were damaged, belong to somebody else or are written twice: found, and told in one line."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from made_events import card, chunks, made
from nushine.events.record import Events, RunCard
from nushine.io.atomic import write_text
from nushine.io.events import Writer, open_writer, read, read_card, stream, write_events

ALL = ("parquet", "hepmc3", "lhe", "h5", "root")
SIZE = 64
N = 3 * SIZE + 10


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 64 events: the bytes of files are the same for all sizes of chunks."""
    monkeypatch.setattr(stream, "BLOCK", SIZE)


def parts(start: int = 0, n: int = N) -> list[Events]:
    return list(chunks(n, SIZE, start))


def killed(path: Path, blocks: int, n: int = N) -> None:
    """What a process leaves that is killed after some blocks: files are closed, and locks released, by the kernel."""
    writer = open_writer(path, card(n))
    for events in parts(n=n)[:blocks]:
        writer.write(events)
    kill(writer)


def kill(writer: Writer) -> None:
    writer._open = False
    writer._let_go()


def resumed(path: Path, n: int = N) -> int:
    with open_writer(path, card(n), resume=True) as writer:
        begun = writer.done
        for events in chunks(n, SIZE, writer.done):
            writer.write(events)
    return begun


def whole(path: Path) -> bytes:
    write_events(path, made(N))
    return path.read_bytes()


def one_line(error: pytest.ExceptionInfo[ValueError]) -> bool:
    return "\n" not in str(error.value) and len(str(error.value)) < 600


def beside(path: Path) -> list[str]:
    return sorted(p.name for p in path.parent.iterdir())


# All events are there already


@pytest.mark.parametrize("ending", ALL)
@pytest.mark.parametrize("blocks", [1, 4])
def test_a_process_killed_after_any_block_can_be_finished(tmp_path: Path, ending: str, blocks: int) -> None:
    path = tmp_path / f"a.{ending}"
    killed(path, blocks)
    assert not path.exists()
    assert resumed(path) == min(blocks * SIZE, N)
    if ending == "root":
        assert read(path) == made(N)
    else:
        assert path.read_bytes() == whole(tmp_path / f"b.{ending}")
        (tmp_path / f"b.{ending}").unlink()
    assert beside(path) == [path.name]
    with open_writer(path, card(N), resume=True) as writer:
        assert (writer.complete, writer.done) == (True, N)


def test_a_writer_that_has_written_all_lets_others_finish(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    writer = open_writer(path, card(N))
    writer.write(made(N))
    assert resumed(path) == N
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"a\.parquet: another process has finished it or begun anew"):
        writer.close()
    assert path.read_bytes() == before
    assert read(path) == made(N)


def test_killed_between_the_name_and_the_end_of_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "a.lhe"
    killed(path, 4)
    journal = Path(f"{path}.journal").read_bytes()
    resumed(path)
    Path(f"{path}.journal").write_bytes(journal)
    assert resumed(path) == N
    assert beside(path) == ["a.lhe"]


# Damage


BLANKS: dict[str, Callable[[bytes], bytes]] = {
    "flipped byte": lambda b: b[: len(b) // 3] + bytes([b[len(b) // 3] ^ 4]) + b[len(b) // 3 + 1 :],
    "zeros": lambda b: b[: len(b) // 4] + bytes(99) + b[len(b) // 4 + 99 :],
    "garbage": lambda b: bytes(range(256)) * (len(b) // 256 + 1),
}


@pytest.mark.parametrize("ending", ALL)
@pytest.mark.parametrize("damage", BLANKS)
@pytest.mark.parametrize("which", ["partial", "journal"])
def test_damage_is_found(tmp_path: Path, ending: str, damage: str, which: str) -> None:
    path = tmp_path / f"a.{ending}"
    killed(path, 3)
    file = Path(f"{path}.{which}")
    file.write_bytes(BLANKS[damage](file.read_bytes()))
    with pytest.raises(ValueError, match=rf"a\.{ending}\.{which}: is (damaged|no journal)") as error:
        open_writer(path, card(N), resume=True)
    assert one_line(error)
    assert beside(path) == [f"{path.name}.journal", f"{path.name}.partial"]


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"[" * 100_000 + b"\n", b"\x00\xff\xfe\n", b'{"format": "lhe"}\n', b"dear diary", b"{}\n" * 1000],
)
def test_what_is_no_journal_is_refused_and_stays(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.lhe"
    killed(path, 2)
    Path(f"{path}.journal").write_bytes(content)
    for resume in (True, False):
        with pytest.raises(ValueError, match=r"no journal of nushine|without a journal of nushine") as error:
            open_writer(path, card(N), resume=resume)
        assert one_line(error)
        assert Path(f"{path}.journal").read_bytes() == content


def test_the_journal_of_another_sample_is_found(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 2)):
        writer = open_writer(tmp_path / f"{name}.lhe", card(N, seed=seed))
        events = made(SIZE, seed=seed)
        events["E_R"][0] = seed
        writer.write(Events(dict(events), card(N, seed=seed)))
        kill(writer)
    other = Path(f"{tmp_path}/b.lhe.journal").read_bytes().replace(b'"b.lhe.', b'"a.lhe.')
    (tmp_path / "a.lhe.journal").write_bytes(other)
    with pytest.raises(ValueError, match="is no journal of nushine"):
        open_writer(tmp_path / "a.lhe", card(N, seed=2), resume=True)


@pytest.mark.parametrize("ending", ["parquet", "h5", "lhe"])
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_is_found_or_does_no_harm(
    tmp_path_factory: pytest.TempPathFactory, ending: str, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damage")
    path = folder / f"a.{ending}"
    killed(path, data.draw(st.integers(1, 4)))
    file = Path(f"{path}.{data.draw(st.sampled_from(['partial', 'journal']))}")
    content = bytearray(file.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    file.write_bytes(content)
    try:
        resumed(path)
    except ValueError as error:
        told = str(error)
    else:
        told = path.name
        assert path.read_bytes() == whole(folder / f"b.{ending}")
    assert "\n" not in told
    assert path.name in told


# Complete files that are not


@pytest.mark.parametrize("ending", ALL)
def test_a_complete_file_is_read_before_it_is_called_so(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    good = whole(path)
    middle = len(good) // 2
    for bad in (good[: 2 * len(good) // 3], good[:middle] + bytes(2000) + good[middle + 2000 :]):
        path.write_bytes(bad)
        with pytest.raises(ValueError, match=rf"a\.{ending}: is .*complete|is damaged") as error:
            open_writer(path, card(N), resume=True)
        assert one_line(error)
        assert path.read_bytes() == bad
    path.unlink()
    write_events(path, Events(made(N), card(N))[: N - 7])
    with pytest.raises(ValueError, match=f"holds {N - 7} events of this run, not {N}; move it away, or write without"):
        open_writer(path, card(N), resume=True)
    assert beside(path) == [path.name]


@pytest.mark.parametrize("ending", ["parquet"])
def test_damaged_pages_are_found_when_they_are_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    good = whole(path)
    path.write_bytes(good[: len(good) // 2] + bytes(500) + good[len(good) // 2 + 500 :])
    with pytest.raises(ValueError, match=r"a\.parquet: is damaged or not complete"):
        read(path)


@pytest.mark.parametrize("ending", ALL)
def test_the_card_of_an_empty_sample_is_read(tmp_path: Path, ending: str) -> None:
    told = card(N, experiment='R\u00e9acteur "1"\\|\n', settings='{"a": "\\\\"}')
    write_events(tmp_path / f"a.{ending}", Events(made(N), told)[:0])
    assert read_card(tmp_path / f"a.{ending}") == told


# Files of others


@pytest.mark.parametrize("ending", ALL)
@pytest.mark.parametrize("resume", [True, False])
def test_a_file_in_the_place_of_the_unfinished_one_stays(tmp_path: Path, ending: str, resume: bool) -> None:
    path = tmp_path / f"a.{ending}"
    killed(path, 2)
    Path(f"{path}.partial").write_text("my own notes\n")
    with pytest.raises(ValueError, match=rf"a\.{ending}\.partial: is damaged or somebody else's file") as error:
        open_writer(path, card(N, seed=2), resume=resume)
    assert one_line(error)
    assert Path(f"{path}.partial").read_text() == "my own notes\n"


def test_a_run_that_is_given_up_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.lhe"
    killed(path, 2)
    with open_writer(path, card(N, seed=2)) as writer:
        assert writer.given_up == f"seed 1, {2 * SIZE} of {N} events"
        writer.write(made(N, seed=2))


def test_journals_of_other_files_and_versions_are_told(tmp_path: Path) -> None:
    killed(tmp_path / "b.lhe", 1)
    for name in ("partial", "journal"):
        (tmp_path / f"b.lhe.{name}").rename(tmp_path / f"a.lhe.{name}")
    with pytest.raises(ValueError, match=r"a\.lhe\.journal: is the journal of b\.lhe; give it"):
        open_writer(tmp_path / "a.lhe", card(N), resume=True)
    (tmp_path / "a.lhe.journal").write_text('{"nushine": 1, "format": "lhe"}\n')
    with pytest.raises(ValueError, match=r"of another version of nushine \(form 1, not \d\)"):
        open_writer(tmp_path / "a.lhe", card(N), resume=True)


def test_open_files_are_written_to_after_what_is_there(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("mine\n")
    with log.open("ab") as file:
        (tmp_path / "link").symlink_to(f"/dev/fd/{file.fileno()}")
        write_text(tmp_path / "link", "numbers\n")
        write_events(f"/dev/fd/{file.fileno()}", made(20), format="lhe")
    first, second, third, *_, last = log.read_text().splitlines()
    assert (first, second, third[:18], last) == ("mine", "numbers", "<LesHouchesEvents ", "</LesHouchesEvents>")


@pytest.mark.parametrize("name", ["", "a\0b.lhe"])
def test_what_is_no_name_is_refused(name: str) -> None:
    for write in (lambda: write_text(name, ""), lambda: open_writer(name, card(1), format="lhe")):
        with pytest.raises(ValueError, match="is no name of a file") as error:
            write()
        assert one_line(error)


def test_a_link_to_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.lhe").symlink_to(tmp_path / "a.pdf")
    with pytest.raises(ValueError, match=r"a\.lhe: leads to a\.pdf, which is no name of a lhe file"):
        open_writer(tmp_path / "a.lhe", card(1))


@pytest.mark.parametrize("ending", ALL)
@pytest.mark.parametrize("extra", ["partial", "journal"])
@pytest.mark.parametrize("resume", [True, False])
def test_files_of_others_are_not_overwritten(tmp_path: Path, ending: str, extra: str, resume: bool) -> None:
    path = tmp_path / f"a.{ending}"
    mine = Path(f"{path}.{extra}")
    mine.write_text("my own notes\n")
    with pytest.raises(ValueError, match=rf"a\.{ending}\.{extra}: is "):
        open_writer(path, card(N), resume=resume)
    assert mine.read_text() == "my own notes\n"
    assert beside(path) == [mine.name]


@pytest.mark.parametrize("ending", ALL)
@pytest.mark.parametrize("extra", ["partial", "journal"])
@pytest.mark.parametrize("unfinished", [True, False])
def test_symbolic_links_are_not_followed(tmp_path: Path, ending: str, extra: str, unfinished: bool) -> None:
    (tmp_path / "work").mkdir()
    path, victim = tmp_path / "work" / f"a.{ending}", tmp_path / "victim"
    if unfinished:
        killed(path, 1)
    victim.write_text("precious")
    link = Path(f"{path}.{extra}")
    link.unlink(missing_ok=True)
    link.symlink_to(victim)
    for resume in (True, False):
        with pytest.raises(ValueError, match=rf"a\.{ending}\.{extra}: is (a link|there without)"):
            open_writer(path, card(N), resume=resume)
    assert victim.read_text() == "precious"


def test_the_unfinished_text_has_a_name_of_its_own(tmp_path: Path) -> None:
    (tmp_path / ".a.csv.part").symlink_to(tmp_path / "victim")
    (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
    write_text(tmp_path / "link.csv", "é\udce9\n")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "é\\udce9\n"
    assert (tmp_path / "link.csv").is_symlink()
    assert beside(tmp_path / "a.csv") == [".a.csv.part", "a.csv", "link.csv"]


# Two writers


@pytest.mark.parametrize("ending", ALL)
def test_the_second_writer_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    with open_writer(path, card(N)) as writer:
        writer.write(made(SIZE))
        for resume in (True, False):
            with pytest.raises(ValueError, match=r"is being written by another process; wait for it") as error:
                open_writer(path, card(N, seed=2), resume=resume)
            assert one_line(error)
        for events in parts(SIZE):
            writer.write(events)
    if ending in ("parquet", "h5", "root"):
        assert read(path) == made(N)
    assert beside(path) == [path.name]


# Nothing is left behind


@pytest.mark.parametrize("ending", ALL)
def test_refused_events_leave_nothing_behind(tmp_path: Path, ending: str) -> None:
    events = made(20)
    broken = {**dict(events), "E_R": np.array(["no number"] * 20)}
    with pytest.raises((ValueError, TypeError)):
        write_events(tmp_path / f"a.{ending}", Events(broken, events.card))
    assert list(tmp_path.iterdir()) == []


def test_without_memory_of_the_past_a_begun_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.root"
    killed(path, 2)
    write_events(path, made(N))
    assert read(path) == made(N)
    assert beside(path) == ["a.root"]


# Numbers of NumPy, integers of ROOT, tables of pandas


def test_the_run_card_takes_numbers_of_numpy(tmp_path: Path) -> None:
    numpy = card(
        np.int64(20),
        seed=np.uint8(1),
        rate=np.float64(1.25e-18),
        mu=np.array(1e-8),
        modes=np.array(["Radiative"]),
        source=np.str_("reactor"),
    )
    assert numpy == card(20)
    assert type(numpy.seed) is int
    write_events(tmp_path / "a.lhe", Events(made(20), numpy))
    for wrong in ({"seed": True}, {"seed": 0.5}, {"n": -1}, {"seed": "1"}, {"rate": "fast"}, {"seed": [1, 2]}):
        with pytest.raises(ValueError, match=f"^{next(iter(wrong))} = .* is not possible: give"):
            RunCard(**{**card(20).to_dict(), **wrong})


def test_integers_in_root_are_integers(tmp_path: Path) -> None:
    write_events(tmp_path / "a.root", made(20))
    with uproot.open(tmp_path / "a.root") as file:
        types = {branch.name: branch.typename for branch in file["nushine/events"].branches}
    assert "int8_t" not in types.values()
    assert (types["mode"], types["lepton_number"]) == ("int32_t", "int32_t")


def test_events_are_a_dictionary_of_their_columns() -> None:
    """What ``pandas.DataFrame(events)`` and others that take dictionaries go by."""
    events = made(20)
    assert isinstance(events, dict)
    assert list(events.keys()) == list(events)
    assert {**events}.keys() == events.keys()
    assert all(column.shape == (20,) for column in events.values())
    assert pickle.loads(pickle.dumps(events)) == events
    assert events != events[events["seen"]]
    assert len(events[:7]) == 7
    assert len(repr(events)) < 200


def test_events_are_not_changed_in_place() -> None:
    events = made(20)
    changes: list[Callable[[], Any]] = [
        lambda: events.__setitem__("E_R", np.zeros(20)),
        lambda: events.__delitem__("event"),
        lambda: events.pop("E_R"),
        lambda: events.update(E_R=np.zeros(20)),
        lambda: events.__ior__({}),
        lambda: setattr(events, "card", card(3)),
    ]
    for change in changes:
        with pytest.raises(TypeError, match="events are not changed in place: make new ones"):
            change()
    assert events == made(20)
    assert events.columns is events
    assert events.copy() == events
    assert (events | {}) == events
    assert copy.deepcopy(events) == events
    assert replace(events, card=card(20, seed=3)).card.seed == 3
    other = Events({**events, "E_R": np.zeros(20)}, events.card)
    assert not other.columns["E_R"].any()
    with pytest.raises(KeyError, match="is neither a column nor a slice, mask or numbers of events"):
        events[["E_R", "E_nu"]]


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"E_R": np.zeros(3)},
        {"event": np.arange(3), "E_R": np.zeros(5)},
        {"event": 3},
        None,
        7,
        {"event": [[1], [1, 2]]},
    ],
)
def test_columns_that_are_no_events_are_refused(columns: Any) -> None:
    with pytest.raises(ValueError, match=r"column|events") as error:
        Events(columns, card(3))
    assert one_line(error)
    assert len(Events({"event": np.arange(3), "p": np.zeros((3, 4))}, card(3))) == 3


def test_cards_that_cannot_be_are_refused() -> None:
    wrong: list[dict[str, Any]] = [{"modes": None}, {"modes": "abc"}, {"m_N": np.nan}, {"rate": np.inf}, {"rate": True}]
    wrong += [{"experiment": None}, {"mu": -1.0}, {"settings": 3}, {"exposure": "1"}]
    for field in wrong:
        with pytest.raises(ValueError, match=f"^{next(iter(field))} = .* is not possible: give") as error:
            RunCard(**{**card(20).to_dict(), **field})
        assert one_line(error)
    with pytest.raises(ValueError, match="card = None is not possible"):
        Events(made(3), None)  # type: ignore[arg-type]


def test_four_momenta() -> None:
    events = made(20)
    before = events.p4("nu") + events.p4("target")
    np.testing.assert_allclose(events.p4("N") + events.p4("A"), before, rtol=0, atol=1e-10)  # as in test_event_files
    np.testing.assert_allclose(events.p4("gamma") + events.p4("out"), events.p4("N"), rtol=0, atol=1e-10)
    with pytest.raises(ValueError, match="particle = 'photon' is not known: give nu, target, N, A, gamma or out"):
        events.p4("photon")
