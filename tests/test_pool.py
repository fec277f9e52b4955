"""Pages are read by several processes side by side: in their order, a bounded number at a time, whatever becomes of a process."""

import os
import random
import signal
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from normalize.facts import Reading
from scraper import importing, parsing, pool, run, sources
from scraper.parsing import PageBytes
from scraper.pool import Pool
from scraper.sandbox import Sandbox
from tests import rebuilding
from tests.command import FIXTURES
from tests.figures import OVERVIEW, SEED, as_html
from tests.imports import NOW, dump, settings
from tests.rebuilding import again, digest

BODIES = (as_html(OVERVIEW), b"", as_html(SEED), b"<p>no comparison", as_html(OVERVIEW).replace(b"$48,850", b"\xff\xfe"))


def pages(count: int) -> list[PageBytes]:
    """Pages of which each is another one."""
    return [PageBytes(BODIES[n % len(BODIES)] + b"<!-- %d -->" % n, "text/html", "", OVERVIEW.url) for n in range(count)]


MANY = pages(16)


@pytest.fixture(scope="module")
def expected() -> list[Reading]:
    return [parsing.parse(*page) for page in MANY]


@pytest.fixture(autouse=True)
def _few_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "PAGES_TOGETHER", 3)


def alive(pid: int | None) -> bool:
    return Path(f"/proc/{pid}").exists()


def workers_of(opened: Pool) -> list[int]:
    return [box.pid for box in opened._boxes if box.pid]


# --- order, bounds, errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, pytest.param(4, marks=pytest.mark.slow)])
def test_readings_come_in_the_order_of_the_pages(expected: list[Reading], workers: int):
    with Pool(workers) as opened:
        assert [*opened.read(MANY)] == expected
        assert [*opened.read(MANY[:4])] == expected[:4]
        assert [*opened.read([])] == []


def test_pages_are_asked_for_some_way_ahead_and_no_further(expected: list[Reading]):
    asked = 0

    def coming() -> Iterator[PageBytes]:
        nonlocal asked
        for page in MANY:
            asked += 1
            yield page

    with Pool(2) as opened:
        for number, _ in enumerate(opened.read(coming())):
            assert number < asked <= number + 5 * pool.PAGES_TOGETHER
    assert asked == len(MANY)


def test_pages_larger_than_a_pipe_pass():
    large = [page._replace(body=page.body + b"<!--" + b"x" * 2_500_000 + b"-->") for page in MANY[:3]]
    with Pool(1) as opened:
        assert [*opened.read([*large, *large])] == [parsing.parse(*page) for page in large] * 2


def test_what_the_pages_come_from_may_fail(expected: list[Reading]):
    def failing() -> Iterator[PageBytes]:
        yield from MANY[:8]
        raise OSError("the disk is gone")

    with Pool(2) as opened:
        with pytest.raises(OSError, match="the disk is gone"):
            list(opened.read(failing()))
        assert [*opened.read(MANY)] == expected


def test_who_stops_early_leaves_no_process_and_no_answer_behind(expected: list[Reading]):
    threads = threading.active_count()
    with Pool(2) as opened:
        reading = opened.read(MANY)
        next(reading)
        before = workers_of(opened)
        with pytest.raises(RuntimeError, match="reads other pages"):
            next(opened.read(MANY))
        reading.close()
        assert not any(map(alive, before))
        assert [*opened.read(MANY)] == expected
        before = workers_of(opened)
    assert not any(map(alive, before))
    assert threading.active_count() == threads


def test_things_without_a_page_keep_their_place_and_a_page_that_comes_again_is_read_once(
    expected: list[Reading], monkeypatch: pytest.MonkeyPatch
):
    sent: list[int] = []
    send = Sandbox.send
    monkeypatch.setattr(Sandbox, "send", lambda self, given: (sent.append(len(given)), send(self, given))[1])
    some = [("a", MANY[0]), ("b", MANY[0]), ("c", None), ("d", MANY[2]), *((str(n), None) for n in range(250))]
    with Pool(2) as opened:
        found = [*opened.among(some)]
    assert found[:4] == [("a", expected[0]), ("b", expected[0]), ("c", None), ("d", expected[2])]
    assert found[4:] == some[4:]
    assert sum(sent) == 2


# --- workers that die, stall or are worn -----------------------------------------------------------------------------


def killing(opened: Pool, at: set[int]) -> Iterator[PageBytes]:
    """The pages; before some of them, all workers are killed that there are."""
    for number, page in enumerate(MANY):
        if number in at:
            for pid in workers_of(opened):
                os.kill(pid, signal.SIGKILL)
        yield page


@pytest.mark.parametrize("workers", [2, pytest.param(1, marks=pytest.mark.slow), pytest.param(4, marks=pytest.mark.slow)])
def test_workers_that_are_killed_are_noticed_and_their_pages_read_again(expected: list[Reading], workers: int):
    with Pool(workers) as opened:
        assert [*opened.read(killing(opened, {4, 13}))] == expected
        before = workers_of(opened)
        for pid in before:  # while they have nothing to do
            os.kill(pid, signal.SIGKILL)
        assert [*opened.read(MANY)] == expected
        assert not {*workers_of(opened)} & {*before}


def test_a_worker_that_stalls_is_ended(expected: list[Reading]):
    with Pool(1, partial(Sandbox, max_wall_s=1.0)) as opened:
        assert [*opened.read(MANY[:2])] == expected[:2]
        (stopped,) = workers_of(opened)
        os.kill(stopped, signal.SIGSTOP)
        assert [*opened.read(MANY)] == expected
        assert not alive(stopped)


def test_a_page_that_kills_its_workers_is_refused_and_no_other(expected: list[Reading], monkeypatch: pytest.MonkeyPatch):
    put, bad = Sandbox._put, MANY[7]

    def dying(self: Sandbox, task: str, given: list[PageBytes]) -> None:
        put(self, task, given)
        if bad in given:
            os.kill(self.pid or 0, signal.SIGKILL)

    monkeypatch.setattr(Sandbox, "_put", dying)
    with Pool(2) as opened:
        found = [*opened.read(MANY)]
    assert [f.code for f in found[7].findings] == ["too_hostile"]
    assert "SIGKILL" in found[7].findings[0].message
    assert [*found[:7], *found[8:]] == [*expected[:7], *expected[8:]]


def test_a_worker_is_replaced_after_so_many_pages(expected: list[Reading]):
    seen: set[int] = set()
    with Pool(1, partial(Sandbox, max_pages=6)) as opened:
        for number, reading in enumerate(opened.read(MANY)):
            assert reading == expected[number]
            seen |= {*workers_of(opened)}
    assert len(seen) == 3


# --- one dump --------------------------------------------------------------------------------------------------------


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def given(tmp_path: Path) -> list[sources.SavedPage]:
    """Pages of all kinds: some twice, some without address, some crawls with confirmations."""
    folder = tmp_path / "given"
    folder.mkdir()
    for number in range(2):
        (folder / f"{number}.txt").write_text(f"No address {number}.\n")
    some = sorted(FIXTURES.iterdir())[::5]
    return [*sources.find([*some, folder, *sorted(rebuilding.ARCHIVES.iterdir())[::2], *some], "")]


def imported(root: Path, pages: list[sources.SavedPage], workers: int) -> tuple[list[str], object, dict[str, bytes]]:
    """What an import tells, what its database says, and what lies in its archive."""
    root.mkdir()
    told: list[str] = []
    importing.import_pages(settings(root), pages, lambda: NOW, lambda page: told.append(f"{page.name} {page.outcome}"), workers)
    return told, dump(settings(root).db), bytes_below(settings(root).archive)


def test_an_import_does_not_depend_on_the_number_of_workers(
    tmp_path: Path, given: list[sources.SavedPage], monkeypatch: pytest.MonkeyPatch, read_here: None
):
    monkeypatch.setattr(importing, "PAGES_A_TRANSACTION", 7)
    here = imported(tmp_path / "here", given, 1)
    monkeypatch.setattr(run, "Sandbox", Sandbox)
    assert imported(tmp_path / "2", given, 2) == here


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 4])
def test_an_import_does_not_depend_on_workers_that_are_killed(
    tmp_path: Path, given: list[sources.SavedPage], monkeypatch: pytest.MonkeyPatch, workers: int
):
    whole, kills = imported(tmp_path / "whole", given, 2), 0
    for seed in range(8):
        with killer(seed, kills=1) as killed:  # the address of a page is asked for no more than twice
            assert imported(tmp_path / str(seed), given, workers) == whole
        kills += len(killed)
    assert kills


@pytest.mark.slow
def test_a_rebuild_does_not_depend_on_workers_that_are_killed(tmp_path: Path):
    rebuilding.fixtures(tmp_path)
    whole = digest(settings(tmp_path).db)
    for seed in range(6):
        with killer(seed) as killed:
            assert digest(again(tmp_path, f"{seed}.db", 1 + seed % 3).path) == whole
        assert killed


class killer:  # noqa: N801 - a context
    """For its length, some workers of this process are killed, at random moments. Two are not enough to make a page hostile."""

    def __init__(self, seed: int, kills: int = 2) -> None:
        self._chance, self._killed, self._end, self._kills = random.Random(seed), list[int](), threading.Event(), kills
        self._thread = threading.Thread(target=self._kill)

    def __enter__(self) -> list[int]:
        self._thread.start()
        return self._killed

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._thread.join()

    def _kill(self) -> None:
        while len(self._killed) < self._kills and not self._end.wait(self._chance.uniform(0.02, 0.4)):
            if busy := _workers():
                self._killed.append(self._chance.choice(busy))
                os.kill(self._killed[-1], signal.SIGKILL)


def _workers() -> list[int]:
    """The processes of this one that read pages."""
    children = [pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
    return [int(pid) for pid in children if b"scraper.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]
