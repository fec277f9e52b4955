"""Captures that another one confirms, as the index knows them."""

from dataclasses import dataclass

from sqlite_utils import Database

from db import captures


@dataclass(frozen=True, slots=True)
class Original:
    """A capture: its HTTP status (None without HTTP), where its body lies and how it has to be read."""

    status: int | None
    record: captures.Record


def at(db: Database, url: str, captured_at: str) -> list[Original]:
    """The captures of an address and time; several only where one second saw several bodies."""
    rows = db.execute("SELECT capture_id, status FROM capture WHERE url = ? AND captured_at = ?", [url, captured_at]).fetchall()
    return [Original(status, captures.location(db, name)) for name, status in rows]


def of_body(db: Database, sha256: str) -> Original | None:
    """The capture that holds a body."""
    if (known := captures.body(db, sha256)) is None:
        return None
    found = at(db, known.url, known.captured_at)
    return next((original for original in found if original.record.sha256 == sha256), None)


def of_address(db: Database, url: str, most: int) -> list[Original]:
    """The newest captures of an address, one for each body."""
    rows = db.execute(
        "SELECT capture_id, status, max(captured_at) FROM capture WHERE url = ? GROUP BY sha256 ORDER BY 3 DESC, 1 LIMIT ?",
        [url, most],
    ).fetchall()
    return [Original(status, captures.location(db, name)) for name, status, _ in rows]
