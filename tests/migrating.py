"""Databases as older programs made them, and migrations that die: `python -m tests.migrating OLD.db FOLDER K...`.

For each K a migration is killed at the start of its k-th statement, and what is in the file then is printed: `old`, `new`,
`torn`, or `lost` where the next to open it does not make the new one of it. SQLite writes changes to the file long before they
are committed, as it does where they are larger than its cache.
"""

import gzip
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from db import schema
from db.connection import open_to_write

FIXTURES = Path(__file__).parents[1] / "fixtures" / "databases"
EACH = 20
VERSIONS = tuple(range(1, schema.VERSION))


def old(version: int, folder: Path) -> Path:
    """A database of a schema version, with its archive beside it, as `tests.imports.settings` names them."""
    shutil.copytree(FIXTURES / f"schema-{version}", folder / "archive")
    path = folder / "careerscape.db"
    path.write_bytes(gzip.decompress((FIXTURES / f"schema-{version}.db.gz").read_bytes()))
    return path


def schema_of(path: Path) -> dict[str, str]:
    """The SQL of all that a database has, by kind and name, in one spelling: renamed tables are quoted."""
    query = "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_stat%'"
    with closing(sqlite3.connect(path)) as conn:
        return {name: " ".join(sql.replace('"', "").split()) for name, sql in conn.execute(query)}


def content(path: Path) -> dict[str, Any]:
    """All that a database holds, apart from the times at which it was migrated and from statistics."""
    with closing(sqlite3.connect(path)) as conn:
        found: dict[str, Any] = {"version": conn.execute("PRAGMA user_version").fetchall()}
        for name, kind, sql in conn.execute("SELECT name, type, sql FROM sqlite_schema ORDER BY type, name").fetchall():
            if not name.startswith("sqlite_"):
                found[f"{kind} {name}"] = sql
                if kind == "table":
                    columns = "name" if name == "_sqlite_migrations" else "*"
                    found[name] = sorted(conn.execute(f'SELECT {columns} FROM "{name}"').fetchall(), key=repr)
    return found


def statements(path: Path) -> int:
    """How many statements the migration of a database takes; it is migrated."""
    ran = 0

    def count(_: int) -> None:
        nonlocal ran
        ran += 1

    _migrate(path, count)
    return ran


def _migrate(path: Path, before: Callable[[int], None]) -> None:
    """Migrate with a call before each statement, which is told its number."""
    whole = schema.migrate

    def watched(db: Any, application_id: int) -> None:
        number = 0

        def trace(_: str) -> None:
            nonlocal number
            number += 1
            before(number)

        db.conn.execute("PRAGMA cache_spill = 1")
        db.conn.execute("PRAGMA cache_size = 1")
        db.conn.set_trace_callback(trace)
        whole(db, application_id)
        db.conn.set_trace_callback(None)

    schema.migrate = watched
    try:
        open_to_write(path).close()
    finally:
        schema.migrate = whole


def _die_at(fatal: int) -> Callable[[int], None]:
    def before(number: int) -> None:
        if number == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    return before


def _killed(path: Path, fatal: int) -> None:
    """Migrate in a process that dies."""
    if not (child := os.fork()):
        try:
            _migrate(path, _die_at(fatal))
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise AssertionError(f"the migration has no statement {fatal}")


def main(source: Path, folder: Path, fatal: Iterable[int]) -> None:
    """Kill, look, and migrate what was killed, for each statement."""
    there = folder / "careerscape.db"
    shutil.copy(source, there)
    before = content(there)
    _migrate(there, lambda number: None)
    after = content(there)
    for number in fatal:
        shutil.copy(source, there)
        _killed(there, number)
        journal = there.with_name("careerscape.db-journal").exists()
        found = content(there)  # the first to open it rolls back
        state = "old" if found == before else "new" if found == after else "torn"
        if number % EACH == 0 or state != "old":  # what is the old one to the last row is migrated as that is
            open_to_write(there).close()
            state = state if content(there) == after else "lost"
        print(number, state, "journal" if journal else "clean", flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), map(int, sys.argv[3:]))
