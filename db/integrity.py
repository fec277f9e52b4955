"""Whether a database is sound, as SQLite itself judges it, and what the index promises of the archive."""

import sqlite3

from sqlite_utils import Database

from db import schema

_WAL_RESET_FIXED = (3, 51, 3)
_WAL_RESET_BACKPORTS = ((3, 44, 6), (3, 50, 7))


def problems(db: Database) -> list[str]:
    """What `integrity_check` and `foreign_key_check` say, nothing where all is well."""
    checked = [row[0] for row in db.execute("PRAGMA integrity_check(20)").fetchall()]
    broken = db.execute("PRAGMA foreign_key_check").fetchall()
    found = [] if checked == ["ok"] else checked
    return found + [f"row {row[1]} of {row[0]} names a row of {row[2]} that is not there" for row in broken[:20]]


def facts(db: Database) -> dict[str, str | int]:
    """Schema version, journal mode and size in bytes."""
    size = db.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()").fetchone()[0]
    journal = db.execute("PRAGMA journal_mode").fetchone()[0]
    return {"schema": schema.version(db), "journal": journal, "bytes": size}


def library() -> dict[str, str]:
    """The SQLite library, and whether it may lose what two connections write in WAL mode (sqlite.org/wal.html#walresetbug)."""
    info = sqlite3.sqlite_version_info
    fixed = info >= _WAL_RESET_FIXED or any(low <= info < (low[0], low[1] + 1) for low in _WAL_RESET_BACKPORTS)
    return {"sqlite": sqlite3.sqlite_version, "wal_reset_bug": "fixed" if fixed else "present; WAL mode is not used"}
