"""Databases of each released schema become those of today in one step, whole or not at all; what is not ours is left alone."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from db import schema
from db.connection import open_to_read, open_to_write
from normalize.errors import ForeignDatabase, StorageError, UsageError
from tests import imports, migrating
from tests.figures import SEED
from tests.imports import DAYS, import_pages, rows, saved, settings, sound

RATHER_EMPTY = {("loss-mitigation-specialist", "demographics_age_mean"): 1}
"""What later versions show less of, and up to which version: a value on which pages disagree."""

View = tuple[tuple[str, ...], list[dict[str, Any]]]


def views(path: Path) -> dict[str, View]:
    """Columns and rows of each view as the file itself defines it, whichever program made it."""
    found: dict[str, View] = {}
    with closing(sqlite3.connect(path)) as conn:
        for (name,) in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'view'").fetchall():
            columns = tuple(row[1] for row in conn.execute(f'PRAGMA table_info("{name}")'))
            found[name] = columns, [dict(zip(columns, row, strict=True)) for row in conn.execute(f'SELECT * FROM "{name}"')]
    return found


def shown(view: View, columns: tuple[str, ...]) -> list[str]:
    """The rows of some columns, in sorted order."""
    return sorted(repr([row[column] for column in columns]) for row in view[1])


def without_disputes(version: int, found: dict[str, View]) -> dict[str, View]:
    """Views without the values that later versions leave empty."""
    for (slug, column), newest in RATHER_EMPTY.items():
        for row in found["occupation_latest"][1]:
            if version <= newest and row["slug"] == slug:
                assert column in row
                row[column] = None
    return found


@pytest.mark.parametrize("version", migrating.VERSIONS)
def test_a_migrated_database_shows_what_it_showed(tmp_path: Path, version: int):
    path = migrating.old(version, tmp_path)
    assert rows(path, "PRAGMA user_version") == [(version,)]
    before = without_disputes(version, views(path))
    open_to_write(path).close()
    after = without_disputes(version, views(path))
    assert before["observation"][1]
    assert before["finding"][1]
    for name, (columns, _) in before.items():
        assert shown(after[name], columns) == shown(before[name], columns), name
    assert sound(path)
    assert rows(path, "PRAGMA user_version") == [(schema.VERSION,)]


@pytest.mark.parametrize("version", migrating.VERSIONS)
def test_a_migrated_database_is_built_as_a_new_one(tmp_path: Path, version: int):
    path = migrating.old(version, tmp_path)
    open_to_write(path).close()
    new = tmp_path / "new.db"
    open_to_write(new).close()
    assert migrating.schema_of(path) == migrating.schema_of(new)


@pytest.mark.parametrize("version", migrating.VERSIONS)
def test_the_program_goes_on_with_a_migrated_database(tmp_path: Path, version: int, read_here: None):
    path = migrating.old(version, tmp_path)
    ((captures,),) = rows(path, "SELECT count(*) FROM page_capture")
    page = saved(SEED.with_cell("Average age", "61"), "2025-12-01T00:00:00Z")
    report = import_pages(tmp_path, page)
    assert (report.exit_code, report.counts.loaded) == (0, 1)
    assert rows(path, "SELECT count(*) FROM capture") == [(captures + 1,)]
    assert (61,) in rows(path, "SELECT DISTINCT value FROM observation WHERE field = 'demographics.age_mean'")
    assert import_pages(tmp_path, page).counts.unchanged == 1
    assert sound(path)


def test_each_older_version_has_its_database():
    assert {path.name for path in migrating.FIXTURES.glob("*.gz")} == {f"schema-{n}.db.gz" for n in migrating.VERSIONS}


def test_a_reader_migrates_too(tmp_path: Path):
    path = migrating.old(1, tmp_path)
    with closing(open_to_read(path)) as db:
        assert schema.is_current(db)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            db.conn.execute("DELETE FROM setting")


# --- killed ----------------------------------------------------------------------------------------------------------


def killed_at(source: Path, folder: Path, numbers: list[int]) -> list[list[str]]:
    folder.mkdir()
    line = [sys.executable, "-m", "tests.migrating", str(source), str(folder), *map(str, numbers)]
    there = Path(__file__).parents[1]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=there, timeout=600)
    assert done.returncode == 0, done.stderr
    return [answer.split() for answer in done.stdout.splitlines()]


def require_old_then_new(answers: list[list[str]], numbers: list[int]) -> None:
    """Before the commit all is as it was, behind it all is new."""
    assert [int(number) for number, _, _ in answers] == numbers
    states = [state for _, state, _ in answers]
    assert states == ["old"] * states.count("old") + ["new"] * states.count("new")
    assert states[-2:] == ["old", "new"], "the last but one statement commits"
    assert "journal" in {left for _, _, left in answers}, "a transaction was under way"


@pytest.mark.parametrize("version", migrating.VERSIONS)
def test_a_migration_that_is_killed_happened_whole_or_not_at_all(tmp_path: Path, version: int):
    source = migrating.old(version, tmp_path)
    shutil.copy(source, tmp_path / "copy.db")
    count = migrating.statements(tmp_path / "copy.db")
    numbers = sorted({1, 2, 3, *range(4, count, count // 6), count - 1, count})
    require_old_then_new(killed_at(source, tmp_path / "there", numbers), numbers)


@pytest.mark.slow
@pytest.mark.parametrize("version", migrating.VERSIONS)
def test_a_migration_survives_a_kill_at_its_statements(tmp_path: Path, version: int):
    """At each of those that build tables and of the last ones, and at every twentieth of those that only add rows."""
    source = migrating.old(version, tmp_path)
    shutil.copy(source, tmp_path / "copy.db")
    count = migrating.statements(tmp_path / "copy.db")
    numbers = sorted({*range(1, 201), *range(200, count - 50, 20), *range(count - 50, count + 1)})
    require_old_then_new(killed_at(source, tmp_path / "there", numbers), numbers)


# --- refused ---------------------------------------------------------------------------------------------------------


def changed(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as conn:
        for statement in statements:
            conn.execute(statement)
        conn.commit()


def ours(path: Path) -> None:
    open_to_write(path).close()


def newer(path: Path) -> None:
    ours(path)
    changed(path, f"PRAGMA user_version = {schema.VERSION + 1}")


def of_another_number(path: Path) -> None:
    ours(path)
    changed(path, "PRAGMA application_id = 12345")


def empty_of_another_number(path: Path) -> None:
    changed(path, "PRAGMA application_id = 12345")


def of_another_program(path: Path) -> None:
    changed(path, "CREATE TABLE note (text)", "INSERT INTO note VALUES ('mine')")


def truncated(path: Path) -> None:
    ours(path)
    os.truncate(path, 50)


def half(path: Path) -> None:
    ours(path)
    os.truncate(path, path.stat().st_size // 2)


def encrypted(path: Path) -> None:
    path.write_bytes(bytes((i * 197 + 31) % 256 for i in range(8192)))


def text(path: Path) -> None:
    path.write_bytes(b"slug,title\nclerk,Clerk\n")


FOREIGN: tuple[Callable[[Path], None], ...] = (
    newer, of_another_number, empty_of_another_number, of_another_program, truncated, half, encrypted, text,
)  # fmt: skip


@pytest.mark.parametrize("make", FOREIGN, ids=lambda make: make.__name__)
@pytest.mark.parametrize("opened", [open_to_read, open_to_write], ids=["read", "write"])
def test_what_is_not_ours_is_refused_and_left_byte_for_byte(
    tmp_path: Path, make: Callable[[Path], None], opened: Callable[[Path], Any]
):
    path = tmp_path / "careerscape.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(StorageError) as error:
        opened(path)
    assert error.value.exit_code == 74
    assert str(path) in str(error.value)
    assert path.read_bytes() == before
    assert not path.with_name("careerscape.db-journal").exists()


@pytest.mark.parametrize("opened", [open_to_read, open_to_write], ids=["read", "write"])
def test_a_folder_and_a_loop_of_links_are_refused(tmp_path: Path, opened: Callable[[Path], Any]):
    folder, link = tmp_path / "folder.db", tmp_path / "link.db"
    folder.mkdir()
    link.symlink_to(link)
    with pytest.raises(ForeignDatabase, match="a folder"):
        opened(folder)
    with pytest.raises((StorageError, UsageError), match=r"link\.db"):  # a reader may say that there is none
        opened(link)
    assert list(folder.iterdir()) == []
    assert link.is_symlink()


def test_a_run_refuses_a_newer_database_too(tmp_path: Path):
    path = settings(tmp_path).db
    newer(path)
    before = path.read_bytes()
    with pytest.raises(ForeignDatabase, match="newer"):
        imports.import_pages(tmp_path, saved(SEED, DAYS[0]))
    assert path.read_bytes() == before
