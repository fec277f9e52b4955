"""What the indexes of web archives say: how far each was read, and which captures it named, had or still to be fetched.

The caller holds the transaction wherever something is written.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from sqlite_utils import Database

from db import tombstones

TABLES = (
    "CREATE TABLE backfill_index (id INTEGER PRIMARY KEY, archive TEXT NOT NULL CHECK (archive IN ('wayback', 'commoncrawl')), "
    "crawl TEXT NOT NULL, pattern TEXT NOT NULL, from_at TEXT NOT NULL, to_at TEXT NOT NULL, position TEXT NOT NULL DEFAULT '', "
    "read_at TEXT, outside INTEGER NOT NULL DEFAULT 0, unusable INTEGER NOT NULL DEFAULT 0, "
    "UNIQUE (archive, crawl, pattern, from_at, to_at)) STRICT",
    "CREATE TABLE backfill_capture (id INTEGER PRIMARY KEY, archive TEXT NOT NULL, original TEXT NOT NULL, url TEXT NOT NULL, "
    "captured_at TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER, place TEXT NOT NULL, "
    "state TEXT NOT NULL CHECK (state IN ('queued', 'had', 'passed_over', 'blocked', 'failed')), "
    "failures INTEGER NOT NULL DEFAULT 0, detail TEXT NOT NULL DEFAULT '', capture_id TEXT, verified INTEGER NOT NULL DEFAULT 0, "
    "UNIQUE (archive, original, captured_at)) STRICT",
    "CREATE INDEX backfill_capture_url ON backfill_capture (url, digest)",
    "CREATE TABLE backfill_named (index_id INTEGER NOT NULL REFERENCES backfill_index, "
    "item_id INTEGER NOT NULL REFERENCES backfill_capture, PRIMARY KEY (index_id, item_id)) WITHOUT ROWID, STRICT",
    "CREATE INDEX backfill_named_item ON backfill_named (item_id)",
)
"""An index was read to its end at `read_at`, else up to `position`, which is the archive's own word for a place."""

PARKED_AFTER = 3
"""So many runs in a row a capture may fail; then it is left alone."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an index is asked for: `crawl` is empty for the Wayback Machine; times are the beginnings of 14 digits, or empty."""

    archive: str
    crawl: str
    pattern: str
    from_at: str
    to_at: str


@dataclass(frozen=True, slots=True)
class Index:
    """How far an index was read; `read_at` is empty until its end."""

    id: int
    position: str
    read_at: str


@dataclass(frozen=True, slots=True)
class Named:
    """A capture as an index names it: the address as the archive spells it and the canonical one, the time (ISO 8601), the
    digest (base32 of SHA-1, `-` for none), the HTTP status where it says one; `place` is where in the archive it lies."""

    original: str
    url: str
    captured_at: str
    digest: str
    status: int | None
    place: str


@dataclass(frozen=True, slots=True)
class Item:
    """A named capture that is to be fetched."""

    id: int
    original: str
    url: str
    captured_at: str
    digest: str
    status: int | None
    place: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The captures of some indexes: all that are comparison pages, those in the database, passed over, excluded by the archive
    and parked; `queued` are to be fetched, with `bodies` requests; `outside` are rows of other pages, `unusable` are none."""

    found: int
    had: int
    passed_over: int
    blocked: int
    failed: int
    queued: int
    bodies: int
    outside: int
    unusable: int


def index(db: Database, wish: Wish) -> Index:
    """The index of a wish, a new one where it was never asked."""
    db.conn.execute(
        "INSERT INTO backfill_index (archive, crawl, pattern, from_at, to_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        astuple(wish),
    )
    row = db.execute(
        "SELECT id, position, coalesce(read_at, '') FROM backfill_index "
        "WHERE archive = ? AND crawl = ? AND pattern = ? AND from_at = ? AND to_at = ?",
        astuple(wish),
    ).fetchone()
    return Index(*row)


def begin_again(db: Database, index_id: int) -> None:
    """Let an index be read from its beginning."""
    db.conn.execute(
        "UPDATE backfill_index SET position = '', read_at = NULL, outside = 0, unusable = 0 WHERE id = ?", [index_id]
    )  # fmt: skip


def note(
    db: Database, index_id: int, archive: str, named: Iterable[Named], outside: int, unusable: int, position: str, read_at: str
) -> None:
    """Remember what a part of an index named, and where the next part begins; `read_at` is empty where there is one."""
    for one in tombstones.allowed(db, named):
        db.conn.execute(
            "INSERT INTO backfill_capture (archive, original, url, captured_at, digest, status, place, state) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 'queued') ON CONFLICT DO NOTHING",
            [archive, *astuple(one)],
        )
        db.conn.execute(
            "INSERT INTO backfill_named (index_id, item_id) SELECT ?, id FROM backfill_capture "
            "WHERE archive = ? AND original = ? AND captured_at = ? ON CONFLICT DO NOTHING",
            [index_id, archive, one.original, one.captured_at],
        )
    db.conn.execute(
        "UPDATE backfill_index SET position = ?, read_at = nullif(?, ''), outside = outside + ?, unusable = unusable + ? "
        "WHERE id = ?",
        [position, read_at, outside, unusable, index_id],
    )


def recognise(db: Database) -> None:
    """Captures that came into the database in another way are had."""
    db.conn.execute(
        "UPDATE backfill_capture SET state = 'had' WHERE state = 'queued' AND EXISTS "
        "(SELECT 1 FROM capture c WHERE c.url = backfill_capture.url AND c.captured_at = backfill_capture.captured_at)"
    )


def is_had(db: Database, item: Item) -> bool:
    """Whether a capture of this page and time is in the database."""
    query = "SELECT EXISTS (SELECT 1 FROM capture WHERE url = ? AND captured_at = ?)"
    return bool(db.execute(query, [item.url, item.captured_at]).fetchone()[0])


_OF = (
    "FROM backfill_capture i WHERE i.id IN "
    "(SELECT item_id FROM backfill_named WHERE index_id IN (SELECT value FROM json_each(?)))"
)


def standing(db: Database, index_ids: str) -> Standing:
    """How it stands with the captures of indexes (a JSON list of their rows)."""
    counts = dict(db.execute(f"SELECT i.state, count(*) {_OF} GROUP BY 1", [index_ids]).fetchall())
    bodies = db.execute(
        f"SELECT count(DISTINCT CASE i.digest WHEN '-' THEN i.id ELSE i.url || ' ' || i.digest END) {_OF} AND i.state = 'queued' "
        "AND (i.archive != 'wayback' OR NOT EXISTS (SELECT 1 FROM backfill_capture o WHERE o.verified AND o.url = i.url "
        "AND o.digest = i.digest))",
        [index_ids],
    ).fetchone()[0]
    outside, unusable = db.execute(
        "SELECT coalesce(sum(outside), 0), coalesce(sum(unusable), 0) FROM backfill_index "
        "WHERE id IN (SELECT value FROM json_each(?))",
        [index_ids],
    ).fetchone()
    had, passed_over, blocked, failed, queued = (
        counts.get(state, 0) for state in ("had", "passed_over", "blocked", "failed", "queued")
    )
    return Standing(sum(counts.values()), had, passed_over, blocked, failed, queued, bodies, outside, unusable)


def waiting(db: Database, index_ids: str, most: int) -> list[Item]:
    """The captures of indexes that are to be fetched, the oldest first."""
    rows = db.execute(
        f"SELECT i.id, i.original, i.url, i.captured_at, i.digest, i.status, i.place {_OF} AND i.state = 'queued' "
        "ORDER BY i.captured_at, i.id LIMIT ?",
        [index_ids, most],
    ).fetchall()
    return [Item(*row) for row in rows]


def same_body(db: Database, item: Item) -> str | None:
    """A capture (its id) of the same page whose body has the digest of this one, as was checked, and lies in the database."""
    row = db.execute(
        "SELECT i.capture_id FROM backfill_capture i JOIN capture c ON c.capture_id = i.capture_id WHERE i.verified "
        "AND i.archive = 'wayback' AND i.url = ? AND i.digest = ? AND NOT c.noarchive ORDER BY i.id LIMIT 1",
        [item.url, item.digest],
    ).fetchone()
    return row[0] if row else None


def settle(db: Database, item: Item, state: str, detail: str = "", capture_id: str = "", verified: bool = False) -> None:
    """Write down what became of a capture."""
    db.conn.execute(
        "UPDATE backfill_capture SET state = ?, detail = ?, capture_id = nullif(?, ''), verified = ?, failures = 0 WHERE id = ?",
        [state, detail[:500], capture_id, verified, item.id],
    )


def fail(db: Database, item: Item, detail: str) -> None:
    """A capture did not come: another run tries again, but not for ever."""
    db.conn.execute(
        "UPDATE backfill_capture SET detail = ?, failures = failures + 1, "
        f"state = CASE WHEN failures + 1 >= {PARKED_AFTER} THEN 'failed' ELSE 'queued' END WHERE id = ?",
        [detail[:500], item.id],
    )


def forget(db: Database, url: str) -> None:
    """Let nothing be known of the past captures of a page (its canonical address)."""
    named = "SELECT id FROM backfill_capture WHERE url = ?"
    db.conn.execute(f"DELETE FROM backfill_named WHERE item_id IN ({named})", [url])
    db.conn.execute("DELETE FROM backfill_capture WHERE url = ?", [url])
