"""A copy of a database as it is at one moment, made while a run may write to it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from db.connection import APPLICATION_ID, connect, guarded
from normalize.errors import StorageError

_PAGES_A_STEP = 4096
_HEADER = b"SQLite format 3\0"
_APPLICATION_ID_AT = 68


@dataclass(frozen=True, slots=True)
class Held:
    """What a database holds: its schema version, how many captures and pages, the time of the newest capture, and up to which
    size each file of the archive has to be there."""

    schema: int
    captures: int
    pages: int
    newest_capture_at: str | None
    archive_sizes: dict[str, int]


def copy(path: Path, to: Path, room: Callable[[int], None]) -> None:
    """Copy the database at `path` into the empty file `to`, with the schema version that it has; `room` is told the bytes
    beforehand.

    One read transaction spans the copy: runs go on, but each waits with its commit until the copy is made. Raises
    ForeignDatabase and StorageError.
    """
    with guarded(path), closing(connect(path, read_only=True)) as db:
        db.conn.execute("BEGIN")
        size = db.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()[0]
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # from here on nobody commits
        room(size)
        with closing(sqlite3.connect(to, isolation_level=None)) as copied:
            copied.execute("PRAGMA journal_mode = OFF")
            copied.execute("PRAGMA synchronous = OFF")
            try:
                db.conn.backup(copied, pages=_PAGES_A_STEP)
            except sqlite3.Error as error:
                raise StorageError(f"{path}: it cannot be copied to {to.parent} ({error})") from error


def held(path: Path) -> Held:
    """What a copy holds, once all of it is found in order. Raises StorageError."""
    with guarded(path), closing(connect(path, read_only=True)) as db:
        if (found := db.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
            raise StorageError(f"{path}: the copy is damaged ({found}); so may the database be (careerscape doctor tells)")
        if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise StorageError(f"{path}: the copy holds nothing")
        captures, pages, newest = db.execute("SELECT count(*), count(DISTINCT url), max(captured_at) FROM capture").fetchone()
        sizes = dict(db.execute("SELECT name, size FROM archive_file ORDER BY name").fetchall())
        return Held(int(db.execute("PRAGMA user_version").fetchone()[0]), captures, pages, newest, sizes)


def is_ours(path: Path) -> bool:
    """Whether a file is a database of careerscape, by its first bytes."""
    with path.open("rb") as file:
        head = file.read(_APPLICATION_ID_AT + 4)
    return head.startswith(_HEADER) and head[_APPLICATION_ID_AT:] == APPLICATION_ID.to_bytes(4, "big")
