"""`backup`: a copy of the database that is whole and in order, made while a run writes, and that can be worked with."""

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from db import backup as copies
from db import captures, schema
from db.connection import open_to_read, open_to_write
from normalize.errors import Busy, CareerscapeError, ForeignDatabase, StorageError, UsageError
from scraper.archive import Archive, Location
from scraper.keeping import backup
from scraper.settings import Settings
from tests import migrating
from tests.command import Command
from tests.drifting import usual
from tests.figures import SEED
from tests.imports import DAYS, NOW, dump, import_pages, rows, save, saved, settings, sound


@pytest.fixture
def made(tmp_path: Path, read_here: None) -> Settings:
    """A database of two captures."""
    import_pages(tmp_path, saved(SEED, DAYS[0]), saved(SEED.with_cell("Average age", "61"), DAYS[1]))
    return settings(tmp_path)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def bodies_are_there(there: Settings) -> int:
    """How many captures there are; each has its body where the index says."""
    with closing(open_to_read(there.db)) as db:
        archive = Archive(there.archive, captures.known_files(db), NOW)
        found = [row_id for (row_id,) in db.execute("SELECT id FROM page_capture").fetchall()]
        for start in range(0, len(found), 200):
            for record in captures.records(db, found[start : start + 200]):
                archive.read(Location(record.warc_file, record.warc_offset, record.warc_length), record.sha256)
    return len(found)


def test_a_copy_says_what_the_database_says_and_can_be_worked_with(made: Settings, tmp_path: Path):
    restored = tmp_path / "restored"
    restored.mkdir()
    copy = backup.make(made, restored / "careerscape.db")
    shutil.copytree(made.archive, restored / "archive")
    assert (copy.captures, copy.pages, copy.newest_capture_at, copy.schema) == (2, 1, DAYS[1], schema.VERSION)
    assert copy.bytes == (restored / "careerscape.db").stat().st_size
    assert (copy.archive_files, copy.problems) == (1, ())
    assert copy.archive_bytes == sum(path.stat().st_size for path in made.archive.glob("*.warc.gz"))
    there = settings(restored)
    assert dump(there.db) == dump(made.db)
    assert sound(there.db)
    assert bodies_are_there(there) == 2
    assert import_pages(restored, saved(SEED, DAYS[0]), saved(SEED, DAYS[2])).exit_code == 0
    assert rows(there.db, "SELECT count(*) FROM capture") == [(3,)]
    assert rows(made.db, "SELECT count(*) FROM capture") == [(2,)]


def test_nothing_is_left_beside_a_copy_and_its_mode_is_that_of_the_database(made: Settings, tmp_path: Path):
    folder = tmp_path / "copies"
    folder.mkdir()
    made.db.chmod(0o640)
    before = made.db.read_bytes()
    backup.make(made, folder / "a.db")
    assert set(files(folder)) == {"a.db"}
    assert (folder / "a.db").stat().st_mode & 0o777 == 0o640
    assert made.db.read_bytes() == before


def test_an_older_database_is_copied_as_it_is(tmp_path: Path):
    path = migrating.old(3, tmp_path)
    before = path.read_bytes()
    copy = backup.make(settings(tmp_path), tmp_path / "copy.db")
    assert (copy.schema, copy.captures, copy.problems) == (3, 27, ())
    assert path.read_bytes() == before
    assert migrating.content(tmp_path / "copy.db") == migrating.content(path)


def test_force_replaces_a_copy_and_nothing_else_does(made: Settings, tmp_path: Path):
    path = tmp_path / "copy.db"
    open_to_write(path).close()
    old = path.read_bytes()
    with pytest.raises(UsageError, match="--force replaces it"):
        backup.make(made, path)
    assert path.read_bytes() == old
    assert backup.make(made, path, force=True).captures == 2
    assert dump(path) == dump(made.db)
    link = tmp_path / "link.db"
    link.symlink_to(path)
    backup.make(made, link, force=True)
    assert link.is_symlink(), "what it points at is replaced"


def test_a_database_that_a_run_writes_to_is_not_replaced(made: Settings, tmp_path: Path):
    from db.lock import writing

    path = tmp_path / "other.db"
    open_to_write(path).close()
    old = path.read_bytes()
    with writing(path), pytest.raises(Busy):
        backup.make(made, path, force=True)
    assert path.read_bytes() == old


REFUSED: dict[str, type[CareerscapeError]] = {
    "careerscape.db": UsageError,
    "hard.db": UsageError,
    "soft.db": UsageError,
    "careerscape.db-journal": UsageError,
    "careerscape.db.lock": UsageError,
    "folder": UsageError,
    "notes.txt": ForeignDatabase,
    "pipe": UsageError,
    "none/copy.db": StorageError,
    "notes.txt/copy.db": StorageError,
    "loop": StorageError,
    "left.db": StorageError,
    "x" * 300: StorageError,
}
"""Files that are no place for a copy, even with --force."""


@pytest.mark.parametrize("name", REFUSED, ids=lambda name: name[:20])
def test_what_would_be_lost_is_not_replaced(made: Settings, tmp_path: Path, name: str):
    os.link(made.db, tmp_path / "hard.db")
    (tmp_path / "soft.db").symlink_to(made.db)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "notes.txt").write_text("SQLite format 3: notes\n")
    (tmp_path / "left.db-journal").write_text("of a database that died")
    before, names = files(tmp_path), sorted(os.listdir(tmp_path))
    with pytest.raises(REFUSED[name]) as refused:
        backup.make(made, tmp_path / name, force=True)
    assert name.split("/")[0][:20] in str(refused.value)
    assert type(refused.value) is REFUSED[name]
    assert files(tmp_path) == before
    assert sorted(os.listdir(tmp_path)) == names


def test_there_has_to_be_a_database_of_ours(tmp_path: Path):
    with pytest.raises(UsageError, match="there is no database"):
        backup.make(settings(tmp_path), tmp_path / "copy.db")
    with closing(sqlite3.connect(settings(tmp_path).db)) as conn:
        conn.execute("CREATE TABLE note (text)")
    with pytest.raises(ForeignDatabase):
        backup.make(settings(tmp_path), tmp_path / "copy.db")
    assert os.listdir(tmp_path) == ["careerscape.db"]


def test_a_damaged_database_makes_no_copy(made: Settings, tmp_path: Path):
    copy = tmp_path / "copy.db"
    backup.make(made, copy)
    good = copy.read_bytes()
    content = bytearray(made.db.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    made.db.write_bytes(content)
    with pytest.raises(StorageError):
        backup.make(made, copy, force=True)
    assert copy.read_bytes() == good, "the last good copy still stands"
    assert not list(tmp_path.glob(".copy*"))


def test_too_little_room_is_said_before_a_byte_is_written(made: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    size = made.db.stat().st_size
    usage = shutil.disk_usage(tmp_path)._replace(free=size + 1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StorageError, match="MB are free"):
        backup.make(replace(made, min_free_mb=2), tmp_path / "copy.db")
    assert not list(tmp_path.glob("*copy*"))
    assert backup.make(replace(made, min_free_mb=1), tmp_path / "copy.db").captures == 2


def test_a_disk_that_is_full_leaves_the_last_copy(made: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    copy = tmp_path / "copy.db"
    backup.make(made, copy)
    before = copy.read_bytes()

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(backup.durable, "sync", full)
    with pytest.raises(StorageError, match="No space left"):
        backup.make(made, copy, force=True)
    assert copy.read_bytes() == before
    assert not list(tmp_path.glob(".copy*"))


def test_what_killed_backups_left_is_removed_and_what_one_at_work_has_is_not(made: Settings, tmp_path: Path):
    import fcntl

    left, in_use, other = (tmp_path / name for name in (".copy.db.a.new", ".copy.db.b.new", ".copy.txt.a.new"))
    for path in (left, in_use, other):
        path.write_bytes(b"half")
    with in_use.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        backup.make(made, tmp_path / "copy.db")
    assert [path.exists() for path in (left, in_use, other)] == [False, True, True]


def test_an_archive_that_lacks_something_is_told(made: Settings, tmp_path: Path):
    (warc,) = made.archive.glob("*.warc.gz")
    os.truncate(warc, 100)
    (problem,) = backup.make(made, tmp_path / "a.db").problems
    assert "it ends at 100 bytes" in problem
    warc.unlink()
    (problem,) = backup.make(made, tmp_path / "b.db").problems
    assert warc.name in problem
    assert "No such file" in problem


def test_the_first_bytes_tell_whose_a_file_is(made: Settings, tmp_path: Path):
    assert copies.is_ours(made.db)
    for content in (b"", b"SQLite format 3\0", b"SQLite format 3\0" + bytes(4096), b"CRSc" * 100):
        (tmp_path / "other").write_bytes(content)
        assert not copies.is_ours(tmp_path / "other")


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_tells_what_the_copy_holds(made: Settings, tmp_path: Path):
    run = Command(tmp_path)
    said = run("backup", "copy.db").stdout
    assert f"2 captures of 1 page, the newest of {DAYS[1]}" in said
    assert "in archive: 1 file" in said
    assert "--force" in run("backup", "copy.db", exit_code=2).stderr
    (told,) = run.json("backup", "copy.db", "--force")
    assert told == {
        "path": "copy.db", "bytes": (tmp_path / "copy.db").stat().st_size, "schema": schema.VERSION, "captures": 2, "pages": 1,
        "newest_capture_at": DAYS[1], "archive": "archive", "archive_files": 1, "archive_bytes": told["archive_bytes"],
        "problems": [],
    }  # fmt: skip
    assert run("backup", "none/copy.db", exit_code=74).stdout == ""
    shutil.rmtree(made.archive)
    (told,) = run.json("backup", "copy.db", "--force", exit_code=74)
    assert len(told["problems"]) == 1


# --- while a run writes ----------------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from scraper import importing, run, sources
from tests.imports import NOW, ReadHere, settings
run.Sandbox = ReadHere
importing.PAGES_A_TRANSACTION = 1
root = Path(sys.argv[1])
print("ready", flush=True)
while True:
    for folder in sorted(root.glob("batch*")):
        for saved in sources.find([folder], ""):
            importing.import_pages(settings(root), [saved], lambda: NOW, lambda report: None)
            print("page", flush=True)
    break
"""


@contextmanager
def writing_all_the_time(root: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that imports one page after the other, each in a run with several commits."""
    save(root / "batch0", [page for day in range(5) for page in usual(day, extra=f"day {day}\n")])
    with (root / "writer.log").open("wb") as log:
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root)], stdout=log, stderr=log, cwd=Path(__file__).parents[1]
        )
    try:
        yield writer
    finally:
        writer.kill()
        writer.wait()


def count(path: Path) -> int:
    return rows(path, "SELECT count(*) FROM capture")[0][0] if path.exists() and rows(path, "SELECT 1 FROM sqlite_schema") else 0


@pytest.mark.slow
def test_copies_made_while_a_run_writes_are_each_whole(tmp_path: Path):
    there = settings(tmp_path)
    seen: list[int] = []
    with writing_all_the_time(tmp_path) as writer:
        limit = time.monotonic() + 60
        while b"page" not in (tmp_path / "writer.log").read_bytes():
            assert writer.poll() is None, (tmp_path / "writer.log").read_text()
            assert time.monotonic() < limit
            time.sleep(0.05)
        for number in range(12):
            restored = tmp_path / f"restored{number}"
            restored.mkdir()
            copy = backup.make(there, restored / "careerscape.db")
            shutil.copytree(there.archive, restored / "archive")
            assert copy.problems == ()
            seen.append(copy.captures)
        ended = writer.poll()
    assert ended is None, "it wrote until the last copy was made: " + (tmp_path / "writer.log").read_text()[-500:]
    assert "Error" not in (tmp_path / "writer.log").read_text(), "no copy keeps a run from committing"
    assert seen == sorted(seen)
    assert len(set(seen)) > 3, "the run went on between the copies"
    for number, captured in enumerate(seen):
        copied = settings(tmp_path / f"restored{number}")
        assert sound(copied.db)
        assert bodies_are_there(copied) == captured
        assert rows(copied.db, "SELECT count(*) FROM page WHERE id NOT IN (SELECT page_id FROM page_capture)") == [(0,)]
        ((loaded,),) = rows(copied.db, "SELECT sum(loaded + unchanged + rejected) FROM run")
        assert loaded == captured, "the record of runs is of the same moment"
    assert import_pages(tmp_path / "restored3", *usual(6)).exit_code == 0
