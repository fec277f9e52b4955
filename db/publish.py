"""Publishing: one pointer a capture, flipped for a whole run in one transaction, and what follows from it.

What is held back (db/holds.py) is passed over everywhere, except where it is released by name.
"""

from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from db import derived
from db.batches import batches, marks

_NEWEST = "CASE WHEN (SELECT outcome FROM reading WHERE id = newest_reading_id) != 'rejected' THEN newest_reading_id END"
_HELD = "EXISTS (SELECT 1 FROM hold h WHERE h.page_capture_id = {} AND h.released_at IS NULL)"


def publish(db: Database, run_id: int) -> None:
    """Make the readings of a run count, and those that an interrupted run left behind for the same captures; the caller
    holds the transaction. Rejected readings are never published, nor is what is held back."""
    pending = (
        "FROM reading r JOIN page_capture c ON c.id = r.page_capture_id AND c.newest_reading_id = r.id WHERE r.run_id = ? "
        "AND r.outcome != 'rejected' "
        f"AND NOT {_HELD.format('c.id')}"
    )
    touched = db.execute(
        f"SELECT DISTINCT s.job_id FROM sighting s WHERE s.content_id IN (SELECT r.content_id {pending})", [run_id]
    ).fetchall()
    db.conn.execute(
        f"UPDATE page_capture SET published_reading_id = newest_reading_id WHERE id IN (SELECT c.id {pending})", [run_id]
    )
    derived.refresh(db, [row[0] for row in touched])


def publish_again(db: Database, run_id: int) -> None:
    """Make the readings of a run count for captures that are published; all others wait for a run that judges them. The caller
    holds the transaction."""
    query = (
        "SELECT c.id FROM reading r JOIN page_capture c ON c.id = r.page_capture_id AND c.newest_reading_id = r.id "
        "WHERE r.run_id = ? AND r.outcome != 'rejected' AND c.published_reading_id IS NOT NULL"
    )
    publish_captures(db, [row[0] for row in db.execute(query, [run_id]).fetchall()])


def publish_captures(db: Database, captures: Iterable[int]) -> None:
    """Make the newest readings of single captures count; the caller holds the transaction and has released them."""
    _point(db, captures, _NEWEST)


def point(db: Database, captures: Iterable[int]) -> None:
    """As `publish_captures`, where the caller knows which occupations are concerned, and refreshes what is derived of them."""
    for some in batches(captures):
        db.conn.execute(f"UPDATE page_capture SET published_reading_id = {_NEWEST} WHERE id IN ({marks(some)})", some)


def withdraw(db: Database, captures: Iterable[int]) -> None:
    """Let captures not count any more; the caller holds the transaction and has held them."""
    _point(db, captures, "NULL")


def _point(db: Database, captures: Iterable[int], where: str) -> None:
    jobs: set[int] = set()
    for some in batches(captures):
        jobs |= _jobs(db, some)
        db.conn.execute(f"UPDATE page_capture SET published_reading_id = {where} WHERE id IN ({marks(some)})", some)
    derived.refresh(db, sorted(jobs))


def _jobs(db: Database, captures: Sequence[int]) -> set[int]:
    query = (
        "SELECT DISTINCT s.job_id FROM page_capture c JOIN reading r ON r.id IN (c.newest_reading_id, c.published_reading_id) "
        f"JOIN sighting s ON s.content_id = r.content_id WHERE c.id IN ({marks(captures)})"
    )
    return {row[0] for row in db.execute(query, captures).fetchall()}


def adopt(db: Database, run_id: int, capture_row: int) -> tuple[str, bool]:
    """The outcome of a capture that is indexed already, and whether it waits to be published since an earlier run.

    What an interrupted run read but did not publish passes to this run, with its findings; what is held back stays where it is.
    """
    reading_id, read_in, outcome, published, held = db.execute(
        f"SELECT r.id, r.run_id, r.outcome, c.published_reading_id, {_HELD.format('c.id')} FROM page_capture c "
        "JOIN reading r ON r.id = c.newest_reading_id WHERE c.id = ?",
        [capture_row],
    ).fetchone()
    waits = outcome != "rejected" and published is None and not held and read_in != run_id
    if waits:
        db.conn.execute("UPDATE reading SET run_id = ? WHERE id = ?", [run_id, reading_id])
        db.conn.execute("UPDATE page_finding SET run_id = ? WHERE reading_id = ?", [run_id, reading_id])
    return str(outcome), waits


def adopt_interrupted(db: Database, run_id: int) -> None:
    """Let what earlier runs read, but did not publish, pass to this run, also where it was read again since; the caller holds
    the transaction. What is held back is not interrupted."""
    orphans = (
        "SELECT r.id FROM reading r JOIN run_log l ON l.id = r.run_id JOIN page_capture c ON c.id = r.page_capture_id "
        "AND c.newest_reading_id = r.id "
        "WHERE (r.outcome != 'rejected' OR (l.command IN ('import', 'scrape') AND l.outcome IN ('interrupted', 'failed'))) "
        f"AND c.published_reading_id IS NULL AND r.run_id != ? AND NOT {_HELD.format('c.id')}"
    )
    db.conn.execute(f"UPDATE page_finding SET run_id = ? WHERE reading_id IN ({orphans})", [run_id, run_id])
    db.conn.execute(f"UPDATE reading SET run_id = ? WHERE id IN ({orphans})", [run_id, run_id])
