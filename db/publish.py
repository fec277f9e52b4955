"""Publishing: one pointer a capture, flipped for a whole run in one transaction, and what follows from it."""

from sqlite_utils import Database

from db import current


def publish(db: Database, run_id: int) -> None:
    """Make the readings of a run count, and those that an interrupted run left behind for the same captures; the caller
    holds the transaction. Rejected readings are never published."""
    touched = [row[0] for row in db.execute(f"SELECT DISTINCT s.job_id {_PENDING}", [run_id]).fetchall()]
    db.conn.execute(
        "UPDATE page_capture SET published_reading_id = newest_reading_id WHERE newest_reading_id IN "
        "(SELECT id FROM reading WHERE run_id = ? AND outcome != 'rejected')",
        [run_id],
    )
    for job_id in touched:
        current.refresh(db, job_id)


_PENDING = "FROM reading r JOIN sighting s ON s.reading_id = r.id WHERE r.run_id = ? AND r.outcome != 'rejected'"


def adopt(db: Database, run_id: int, capture_row: int) -> tuple[str, bool]:
    """The outcome of a capture that is indexed already, and whether it waits to be published.

    What an interrupted run read but did not publish passes to this run, with its findings.
    """
    reading_id, outcome, published = db.execute(
        "SELECT r.id, r.outcome, c.published_reading_id FROM page_capture c JOIN reading r ON r.id = c.newest_reading_id "
        "WHERE c.id = ?",
        [capture_row],
    ).fetchone()
    waits = outcome != "rejected" and published is None
    if waits:
        db.conn.execute("UPDATE reading SET run_id = ? WHERE id = ?", [run_id, reading_id])
        db.conn.execute("UPDATE page_finding SET run_id = ? WHERE reading_id = ?", [run_id, reading_id])
    return str(outcome), waits


def adopt_interrupted(db: Database, run_id: int, command: str) -> None:
    """Let what interrupted or failed runs of a command read, but did not publish, pass to this run; the caller holds the
    transaction."""
    orphans = (
        "SELECT r.id FROM reading r JOIN run_log l ON l.id = r.run_id JOIN page_capture c ON c.newest_reading_id = r.id "
        "WHERE l.command = ? AND l.outcome IN ('interrupted', 'failed') AND c.published_reading_id IS NULL"
    )
    db.conn.execute(f"UPDATE page_finding SET run_id = ? WHERE reading_id IN ({orphans})", [run_id, command])
    db.conn.execute(f"UPDATE reading SET run_id = ? WHERE id IN ({orphans})", [run_id, command])
