"""Opening a database: is it ours, how new is it, and with which settings."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from db import schema
from db.lock import writing
from normalize.errors import ForeignDatabase, StorageError, UsageError

__all__ = ["Database", "connect", "guarded", "is_there", "open_to_read", "open_to_write"]

APPLICATION_ID = 0x43525363  # "CRSc"
OLDEST_SQLITE = (3, 37, 0)
"""STRICT tables begin here."""
_MOST_UNWRITTEN = 4096
"""So many pages of the file, 16 MB, a transaction changes in memory alone. One that changes more, as the publication of some
20,000 web pages does, locks readers out until it ends; without a bound memory would grow with the run."""


def is_there(path: Path) -> bool:
    """Whether there is a database, or something else of its name; an empty file is none: a run that died at its start left it.

    Raises StorageError.
    """
    try:
        if path.is_symlink():
            path.resolve(strict=True)
        return path.exists() and (path.is_dir() or path.stat().st_size > 0)
    except FileNotFoundError:
        return False
    except (OSError, RuntimeError) as error:
        raise StorageError(f"{path}: {error}") from error


def open_to_read(path: Path) -> Database:
    """The database at `path` for queries; one of an older version is migrated first.

    Raises UsageError where there is none, ForeignDatabase, StorageError, and Busy where it has to be migrated while
    another process writes.
    """
    if not is_there(path):
        raise UsageError(f"there is no database at {path}; import pages first (careerscape import PATH)")
    db = connect(path, read_only=True)
    if schema.is_current(db):
        return db
    db.close()
    with writing(path):
        open_to_write(path).close()
    return connect(path, read_only=True)


def open_to_write(path: Path) -> Database:
    """The database at `path`, made or migrated as needed; the caller holds the lock. Raises as `open_to_read`."""
    db = connect(path, read_only=False)
    db.conn.execute(f"PRAGMA cache_spill = {_MOST_UNWRITTEN}")
    try:
        schema.migrate(db, APPLICATION_ID)
    except sqlite3.Error as error:
        db.close()
        raise StorageError(f"{path}: {error}") from error
    return db


def connect(path: Path, read_only: bool) -> Database:
    """A database as it is, of whatever version that is not newer. Raises ForeignDatabase, StorageError."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StorageError(f"SQLite {sqlite3.sqlite_version} is too old, at least 3.37 is needed")
    try:
        if path.is_dir():
            raise ForeignDatabase(str(path), "it is a folder, not a database")
        conn = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={_mode(path, read_only)}", uri=True, timeout=10 if read_only else 60
        )
        db = Database(conn)
        conn.execute("PRAGMA foreign_keys = ON")
        conn.execute("PRAGMA synchronous = FULL")
        _refuse_foreign(db, path)
        conn.execute(f"PRAGMA query_only = {read_only:d}")
    except (OSError, RuntimeError) as error:
        raise StorageError(f"{path}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise ForeignDatabase(str(path), f"it cannot be opened as a SQLite database ({error})") from error
    return db


def _mode(path: Path, read_only: bool) -> str:
    """A reader may write the file where it can: only so can it roll back what a killed writer left in the journal."""
    if not read_only:
        return "rwc"
    return "rw" if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK) else "ro"


def _refuse_foreign(db: Database, path: Path) -> None:
    application = db.execute("PRAGMA application_id").fetchone()[0]
    tables = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if application != APPLICATION_ID and (application or tables):
        raise ForeignDatabase(str(path), "it is a database of another program")
    if schema.version(db) > schema.VERSION:
        raise ForeignDatabase(str(path), "it was made by a newer careerscape")


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turn what SQLite itself reports (disk full, corrupt file) into a StorageError that names the database."""
    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(f"{path}: {error}") from error
