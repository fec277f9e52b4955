"""A run becomes visible at once or not at all, whatever ends it, and one runs at a time."""

import os
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from db import captures, runs
from db.connection import open_to_read
from db.lock import writing
from normalize.errors import Busy, StorageError
from scraper import bodies, importing, run, sources
from scraper.archive import Archive
from tests import imports
from tests.figures import OVERVIEW, SEED
from tests.imports import DAYS, PUBLISHED, ReadHere, Saved, Stopped, dump, import_pages, rows, save, saved, settings, view

pytestmark = pytest.mark.usefixtures("read_here")

PLUMBER = replace(OVERVIEW, right="Plumber")
OLD = [saved(OVERVIEW, DAYS[0]), saved(PLUMBER, DAYS[1]), saved(SEED, DAYS[0])]
NEW = [
    saved(OVERVIEW.with_cell("Average age", "50", "51"), DAYS[3]),
    saved(PLUMBER, DAYS[3]),
    saved(SEED.with_cell("Average age", "99"), DAYS[3]),
    saved(SEED.with_cell("Average age", "old"), DAYS[2]),
    saved(replace(OVERVIEW, left="Welder", right="Electrician").with_cell("Average age", "30", "52"), DAYS[4]),
    saved(OVERVIEW, DAYS[2]),
    saved(SEED, DAYS[4], ("Account Resolution Analyst | Loss", "Baker | Loss")),
    saved(PLUMBER.with_cell("Number of jobs", "5", "6"), DAYS[5]),
]
EXIT_CODE = 3
"""Of a run over NEW: one page is rejected, one is partial."""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the database and archive of OLD, and NEW to be imported."""
    root = tmp_path_factory.mktemp("before")
    import_pages(root, *OLD)
    save(root / "new", NEW)
    return root


@pytest.fixture(scope="module")
def after(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same once a run over NEW has ended undisturbed."""
    root = tmp_path_factory.mktemp("after") / "root"
    shutil.copytree(before, root)
    assert command(root).returncode == EXIT_CODE
    return root


@pytest.fixture
def root(before: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(before, tmp_path / "root"))


def command(root: Path) -> subprocess.CompletedProcess[str]:
    """The real command importing NEW."""
    return subprocess.run(imports.command(root, "import", str(root / "new")), capture_output=True, text=True, check=False)


def again(root: Path) -> int:
    """The exit code of another run over NEW, in this process."""
    pages = sources.find([root / "new"], "")
    return importing.import_pages(settings(root), pages, lambda: imports.NOW, lambda report: None).exit_code


def shown(root: Path) -> dict[str, list]:
    """All that is published, through a connection as every command opens it."""
    return dump(settings(root).db, PUBLISHED)


def said(root: Path) -> dict[str, list]:
    """The logical dump, without the time of the import."""
    return dump(settings(root).db, without=["fetched_at"])


def ended(root: Path) -> list[tuple]:
    """Outcome and exit code of each run."""
    return rows(settings(root).db, "SELECT outcome, exit_code FROM run ORDER BY run_id")


def sound(root: Path) -> bool:
    """Whether the database is in order, and the archive has the body of each capture."""
    reader = open_to_read(settings(root).db)
    archive = Archive(settings(root).archive, {}, imports.NOW)
    for (capture_id,) in reader.execute("SELECT capture_id FROM capture").fetchall():
        bodies.read(archive, captures.location(reader, capture_id))
    reader.close()
    return imports.sound(settings(root).db)


# --- what a reader sees ----------------------------------------------------------------------------------------------

EVERYWHERE = "begun:3 archived:1 read:1 loaded:2 noted:1 read:4 loaded:8 noted:3 refreshed:1 refreshed:3 published:1 finished:1"


def test_a_reader_sees_the_old_state_until_the_new_one_is_whole(root, after):
    reader = sqlite3.connect(settings(root).db)
    old = {name: view(reader, name) for name in PUBLISHED}
    assert old == shown(root) != shown(after)
    with Stopped(root, root / "new", EVERYWHERE) as running:
        stops = 0
        while running.at_point():
            stops += 1
            assert {name: view(reader, name) for name in PUBLISHED} == old
            running.go()
        assert running.end()[0] == EXIT_CODE
    assert stops == len(EVERYWHERE.split())
    assert {name: view(reader, name) for name in PUBLISHED} == shown(after)
    reader.close()


def test_a_reader_that_never_rests_sees_old_or_new(root, after):
    old, new = shown(root), shown(after)
    seen = []
    arguments = imports.command(root, "import", str(root / "new"))
    with (
        closing(sqlite3.connect(settings(root).db, timeout=60)) as reader,
        subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running,
    ):
        while running.poll() is None:
            reader.execute("BEGIN")
            seen.append({name: view(reader, name) for name in PUBLISHED})
            reader.execute("COMMIT")
    assert running.returncode == EXIT_CODE
    seen.append(shown(root))
    assert (seen[0], seen[-1]) == (old, new)
    assert all(state in (old, new) for state in seen)
    assert [state == new for state in seen] == sorted(state == new for state in seen)


def test_a_transaction_of_large_pages_locks_no_reader_out(tmp_path, monkeypatch):
    class Watched(ReadHere):
        def parse(self, *page: object) -> object:
            with closing(sqlite3.connect(settings(tmp_path).db, timeout=0)) as reader:
                assert view(reader, "observation") == []
            return ReadHere.parse(*page)

    monkeypatch.setattr(run, "Sandbox", Watched)
    titled = [replace(SEED, left=f"Analyst {n}") for n in range(1, 10)]
    pages = [saved(page.with_cell("Best paying company", left=page.left * 40_000), DAYS[0]) for page in titled]
    assert import_pages(tmp_path, *pages).counts.pages == 9


# --- what ends a run -------------------------------------------------------------------------------------------------

KILLED_AT = ["begun:3", "archived:2", "noted:1", "loaded:5", "refreshed:2", "finished:1", "closed:1"]


@pytest.mark.slow
@pytest.mark.parametrize("point", KILLED_AT)
def test_a_killed_run_leaves_what_was_there_and_can_be_repeated(root, after, point):
    old, new = shown(root), shown(after)
    with Stopped(root, root / "new", point, spill=True) as running:
        assert running.at_point()
        assert running.end(signal.SIGKILL)[0] == -signal.SIGKILL
    journal = settings(root).db.with_name("careerscape.db-journal")
    assert journal.exists() == (point not in ("begun:3", "closed:1")), "the transaction was not open"
    assert shown(root) == (new if point == "closed:1" else old)
    assert sound(root)
    assert again(root) == EXIT_CODE
    assert said(root) == said(after)
    assert sound(root)
    first = ("partial", EXIT_CODE) if point == "closed:1" else ("interrupted", None)
    assert ended(root)[1:] == [first, ("partial", EXIT_CODE)]


CODES = {signal.SIGTERM: 143, signal.SIGINT: 130}
INTERRUPTED = [("begun:3", signal.SIGTERM), ("read:5", signal.SIGTERM), ("read:5", signal.SIGINT), ("noted:2", signal.SIGTERM),
               ("refreshed:2", signal.SIGINT), ("finished:1", signal.SIGTERM)]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("point", "by"), INTERRUPTED)
def test_an_interrupted_run_says_so_and_can_be_repeated(root, after, point, by):
    old = shown(root)
    with Stopped(root, root / "new", point) as running:
        assert running.at_point()
        code, words = running.end(by)
    assert (code, "Traceback" in words) == (CODES[by], False), words
    assert shown(root) == old
    assert ended(root)[1:] == [("interrupted", code)]
    assert sound(root)
    assert again(root) == EXIT_CODE
    assert said(root) == said(after)


def test_a_signal_after_the_last_commit_writes_nothing_twice(root):
    save(root / "lost", [Saved("", "", b"no page\n")])
    with Stopped(root, root / "lost", "closed:1") as running:
        assert running.at_point()
        assert running.end(signal.SIGTERM)[0] in (143, EXIT_CODE)
    assert rows(settings(root).db, "SELECT count(*) FROM finding WHERE code = 'no_url'") == [(1,)]


FAULTS = {
    RuntimeError("a fault of ours"): 1,
    StorageError("the disk is full"): 74,
    sqlite3.OperationalError("disk I/O error"): 74,
}


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_a_failed_run_publishes_nothing_and_is_on_record(root, monkeypatch, fault):
    class Failing(ReadHere):
        calls = 0

        def parse(self, *page: object) -> object:
            Failing.calls += 1
            if Failing.calls == 5:
                raise fault
            return ReadHere.parse(*page)

    old, code = shown(root), FAULTS[fault]
    monkeypatch.setattr(run, "Sandbox", Failing)
    monkeypatch.setattr(importing, "PAGES_A_TRANSACTION", 3)
    with pytest.raises((StorageError, RuntimeError)) as caught:
        import_pages(root, *NEW)
    assert getattr(caught.value, "exit_code", 1) == code
    assert shown(root) == old
    query = "SELECT outcome, exit_code, pages, loaded FROM run WHERE run_id = 2"
    assert rows(settings(root).db, query) == [("failed", code, 3, 2)]


def test_a_failed_run_lets_go_of_the_database(root, monkeypatch):
    def fail(*page: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(ReadHere, "parse", fail)
    with pytest.raises(RuntimeError) as caught:
        import_pages(root, *NEW)
    assert caught.tb  # which would keep alive what is not closed
    open_files = {os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")}
    assert os.path.realpath(settings(root).db) not in open_files


def test_the_counts_of_every_run_add_up(after):
    columns = "pages, loaded, unchanged, rejected, failed"
    found = rows(settings(after).db, f"SELECT {columns} FROM run ORDER BY run_id")
    assert found == [(3, 3, 0, 0, 0), (8, 5, 2, 1, 0)]
    assert all(pages == sum(parts) for pages, *parts in found)


# --- one at a time ---------------------------------------------------------------------------------------------------


def test_a_second_run_is_refused_while_one_runs_and_its_end_lets_go(root):
    old = shown(root)
    with Stopped(root, root / "new", "read:4") as running:
        assert running.at_point()
        archived = sorted(settings(root).archive.iterdir())
        second = command(root)
        assert (second.returncode, len(second.stderr.splitlines())) == (75, 1), second.stderr
        assert sorted(settings(root).archive.iterdir()) == archived
        assert shown(root) == old
        assert len(ended(root)) == 2, "a command that is refused has no row"
        running.end(signal.SIGKILL)
    assert again(root) == EXIT_CODE


def test_the_lock_holds_under_every_name_of_a_database(root, tmp_path):
    db = settings(root).db
    (tmp_path / "link.db").symlink_to(db)
    (tmp_path / "elsewhere").symlink_to(root)
    for name in (db, tmp_path / "link.db", tmp_path / "elsewhere" / db.name, root / ".." / root.name / db.name):
        with writing(db), pytest.raises(Busy), writing(name):
            pass


def test_a_run_that_a_dead_process_left_open_is_marked_by_the_next(root, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(runs, "finish", lambda *given: None)
        import_pages(root, OLD[0])
    import_pages(root, OLD[0])
    assert ended(root) == [("done", 0), ("interrupted", None), ("done", 0)]
