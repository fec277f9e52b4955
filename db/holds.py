"""Captures that are held back: indexed and read, but published only once somebody releases them, or a check passes.

A capture that only says what a held one of the same page says is held with it. The caller holds the transaction wherever
something is written.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from db.queries import Row, rows

DRIFT = "the run is out of the band that the database knows"
FOLLOWS = "the page shows what its held capture shows"


@dataclass(frozen=True, slots=True)
class HeldRun:
    """A run of which something waits: so many captures, or alerts alone."""

    run_id: int
    command: str
    started_at: str
    captures: int
    alerts: int


def undecided(db: Database, run_id: int) -> list[int]:
    """The captures of a run that could be read, were never published, and of which nobody decided yet, in order of time."""
    query = (
        "SELECT c.id FROM reading r JOIN page_capture c ON c.id = r.page_capture_id AND c.newest_reading_id = r.id "
        "WHERE r.run_id = ? "
        "AND r.outcome != 'rejected' AND c.published_reading_id IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.page_capture_id = c.id) ORDER BY c.captured_at, c.capture_id"
    )
    return [row[0] for row in db.execute(query, [run_id]).fetchall()]


def any_held(db: Database) -> bool:
    """Whether anything is held back."""
    return bool(db.execute("SELECT EXISTS (SELECT 1 FROM hold WHERE released_at IS NULL)").fetchone()[0])


def is_held(db: Database, capture_row: int) -> bool:
    """Whether a capture is held back."""
    query = "SELECT EXISTS (SELECT 1 FROM hold WHERE page_capture_id = ? AND released_at IS NULL)"
    return bool(db.execute(query, [capture_row]).fetchone()[0])


def before(db: Database, row: int) -> int | None:
    """The capture of the same page before one, of those that could be read."""
    query = (
        "SELECT b.id FROM page_capture c JOIN page_capture b ON b.page_id = c.page_id "
        "AND (b.captured_at, b.capture_id) < (c.captured_at, c.capture_id) JOIN reading r ON r.id = b.newest_reading_id "
        "WHERE c.id = ? AND r.outcome != 'rejected' ORDER BY b.captured_at DESC, b.capture_id DESC LIMIT 1"
    )
    found = db.execute(query, [row]).fetchone()
    return found[0] if found else None


def say_the_same(db: Database, one: int, other: int) -> bool:
    """Whether two captures show the same."""
    same_bytes = "SELECT a.sha256 = b.sha256 FROM page_capture a, page_capture b WHERE a.id = ? AND b.id = ?"
    if db.execute(same_bytes, [one, other]).fetchone()[0]:
        return True
    said = (
        "SELECT s.side, s.job_id, s.salary_id, s.education_id, s.demographics_id, s.outlook_id, s.skillset_id "
        "FROM page_capture c JOIN reading r ON r.id = c.newest_reading_id "
        "JOIN sighting s ON s.content_id = r.content_id WHERE c.id = ? ORDER BY s.side"
    )
    return bool(db.execute(said, [one]).fetchall() == db.execute(said, [other]).fetchall())


def held_reparse(db: Database) -> int:
    """The last run that read the archive again, where it lost too much to be applied; 0 for none."""
    query = "SELECT id, outcome FROM run_log WHERE command = 'reparse' ORDER BY id DESC LIMIT 1"
    row = db.execute(query).fetchone()
    return int(row[0]) if row and row[1] == "held" else 0


def hold(db: Database, captures: Iterable[int], at: str, reason: str) -> None:
    """Hold captures back, each for the run that read it."""
    db.conn.executemany(
        "INSERT INTO hold (page_capture_id, run_id, held_at, reason) SELECT c.id, r.run_id, ?, ? FROM page_capture c "
        "JOIN reading r ON r.id = c.newest_reading_id WHERE c.id = ? ON CONFLICT (page_capture_id) DO UPDATE SET "
        "held_at = excluded.held_at, reason = excluded.reason, released_at = NULL, released_by = NULL, release_reason = NULL",
        [(at, reason, row) for row in captures],
    )


def release(db: Database, captures: Iterable[int], at: str, who: str, reason: str) -> None:
    """Let captures go; of those that were never held here it is written down too, so that nobody judges them again."""
    released = list(captures)
    hold(db, [row for row in released if not is_held(db, row)], at, reason)
    db.conn.executemany(
        "UPDATE hold SET released_at = ?, released_by = ?, release_reason = ? WHERE page_capture_id = ? AND released_at IS NULL",
        [(at, who, reason, row) for row in released],
    )


def of_run(db: Database, run_id: int, reason: str = "") -> list[int]:
    """The held captures of a run, all or those that are held for a reason, in order of time."""
    query = (
        "SELECT c.id FROM hold h JOIN page_capture c ON c.id = h.page_capture_id WHERE h.run_id = ? AND h.released_at IS NULL "
        "AND ? IN ('', h.reason) ORDER BY c.captured_at, c.capture_id"
    )
    return [row[0] for row in db.execute(query, [run_id, reason]).fetchall()]


def freed(db: Database, released: Collection[int]) -> list[int]:
    """The captures of any run that are held only because they follow captures which are `released`."""
    query = (
        "SELECT c.id FROM hold h JOIN page_capture c ON c.id = h.page_capture_id WHERE h.released_at IS NULL AND h.reason = ? "
        "ORDER BY c.captured_at, c.capture_id"
    )
    gone, found = set(released), []
    for (row,) in db.execute(query, [FOLLOWS]).fetchall():
        if row not in gone and (old := before(db, row)) in gone and old is not None and say_the_same(db, old, row):
            gone.add(row)
            found.append(row)
    return found


_NEWER = (
    "EXISTS (SELECT 1 FROM page_capture c JOIN page_capture n ON n.page_id = c.page_id AND n.published_reading_id IS NOT NULL "
    "AND (n.captured_at, n.capture_id) > (c.captured_at, c.capture_id) WHERE c.id = {})"
)
_HELD_OF = f"SELECT 1 FROM hold h WHERE h.run_id = l.id AND h.released_at IS NULL AND NOT {_NEWER.format('h.page_capture_id')}"
_REJECTED_OF = (
    "SELECT 1 FROM reading r JOIN page_capture b ON b.newest_reading_id = r.id WHERE r.run_id = l.id AND r.outcome = 'rejected' "
    f"AND NOT {_NEWER.format('b.id')}"
)


def waiting(db: Database) -> list[HeldRun]:
    """The runs of which something waits, the newest first: held captures that no newer published one of the page has made
    needless, and alerts about pages for which there is none."""
    query = (
        f"SELECT l.id, l.command, l.started_at, (SELECT count(*) FROM ({_HELD_OF})) AS captures, "
        "(SELECT count(*) FROM alert a WHERE a.run_id = l.id AND a.state = 'open' "
        f"AND (EXISTS ({_HELD_OF}) OR EXISTS ({_REJECTED_OF}))) AS alerts FROM run_log l "
        "WHERE l.id IN (SELECT run_id FROM hold WHERE released_at IS NULL UNION SELECT run_id FROM alert WHERE state = 'open') "
        "AND captures + alerts > 0 ORDER BY l.id DESC"
    )
    return [HeldRun(*row) for row in db.execute(query).fetchall()]


def outdated(db: Database) -> list[HeldRun]:
    """The runs of which something is held that newer published captures of the pages have made needless; it can be published
    all the same."""
    query = (
        "SELECT l.id, l.command, l.started_at, count(*), 0 FROM hold h JOIN run_log l ON l.id = h.run_id "
        "WHERE h.released_at IS NULL GROUP BY l.id ORDER BY l.id DESC"
    )
    known = {run.run_id for run in waiting(db)}
    return [run for row in db.execute(query).fetchall() if (run := HeldRun(*row)).run_id not in known]


def released(db: Database, most: int) -> list[Row]:
    """What was held and then published, the newest first: run, number of captures, when, by whom and why."""
    query = (
        "SELECT run_id, count(*) AS captures, released_at, released_by, release_reason FROM hold WHERE released_at IS NOT NULL "
        "GROUP BY run_id, released_at, released_by, release_reason ORDER BY released_at DESC, run_id DESC LIMIT ?"
    )
    return rows(db, query, [most])


def decided_at(db: Database, capture_row: int) -> str:
    """When a capture was last held or released, empty for never."""
    found = db.execute("SELECT coalesce(released_at, held_at) FROM hold WHERE page_capture_id = ?", [capture_row]).fetchone()
    return str(found[0]) if found else ""


def is_published(db: Database, capture_row: int) -> bool:
    """Whether a capture counts."""
    query = "SELECT published_reading_id IS NOT NULL FROM page_capture WHERE id = ?"
    return bool(db.execute(query, [capture_row]).fetchone()[0])


def leaders(db: Database, captures: Iterable[int]) -> list[int]:
    """The runs of the held captures that others follow."""
    query = "SELECT run_id FROM hold WHERE page_capture_id = ?"
    found = {db.execute(query, [old]).fetchone() for row in captures if (old := before(db, row)) is not None}
    return sorted(int(row[0]) for row in found if row)


def names(db: Database, captures: Iterable[int]) -> tuple[str, ...]:
    """The public ids of captures."""
    query = "SELECT capture_id FROM page_capture WHERE id = ?"
    return tuple(str(db.execute(query, [row]).fetchone()[0]) for row in captures)


def runs_of(db: Database, captures: Iterable[int]) -> list[int]:
    """The runs that read captures."""
    query = "SELECT r.run_id FROM page_capture c JOIN reading r ON r.id = c.newest_reading_id WHERE c.id = ?"
    return sorted({int(db.execute(query, [row]).fetchone()[0]) for row in captures})


def pages(db: Database, run_id: int) -> list[Row]:
    """The held captures of a run: address, time, reason."""
    query = (
        "SELECT p.url, c.captured_at, c.capture_id, h.reason FROM hold h JOIN page_capture c ON c.id = h.page_capture_id "
        "JOIN page p ON p.id = c.page_id WHERE h.run_id = ? AND h.released_at IS NULL ORDER BY c.captured_at, c.capture_id"
    )
    return rows(db, query, [run_id])
