"""What is remembered of hosts between runs: when each was asked last, until when it is to be left alone, its robots.txt."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlite_utils import Database

from db.queries import Row, rows


@dataclass(frozen=True, slots=True)
class Host:
    """A host (with its port, where it has another than the usual). Times are ISO 8601 in UTC; empty text stands for never."""

    name: str
    answered_at: str = ""
    held_until: str = ""
    held_because: str = ""


@dataclass(frozen=True, slots=True)
class RobotsTxt:
    """The last answer to a request for a robots.txt: its outcome, HTTP status, decoded body, and when it came."""

    fetched_at: str
    outcome: str
    detail: str
    http_status: int | None
    body: bytes


def known(db: Database) -> dict[str, Host]:
    """All hosts by name."""
    query = "SELECT name, coalesce(answered_at, ''), coalesce(held_until, ''), coalesce(held_because, '') FROM host"
    return {row[0]: Host(*row) for row in db.execute(query).fetchall()}


def answered(db: Database, name: str, at: str) -> None:
    """Remember when a host was asked last; the caller holds the transaction."""
    db.conn.execute(
        "INSERT INTO host (name, answered_at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET answered_at = excluded.answered_at",
        [name, at],
    )


def hold(db: Database, name: str, until: str, because: str) -> None:
    """Leave a host alone until a time; the caller holds the transaction."""
    db.conn.execute(
        "INSERT INTO host (name, held_until, held_because) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
        "held_until = excluded.held_until, held_because = excluded.held_because",
        [name, until, because],
    )


def held(db: Database, now: str) -> list[Row]:
    """The hosts that are to be left alone (`host`, `until`, `because`)."""
    query = "SELECT name AS host, held_until AS until, held_because AS because FROM host WHERE held_until > ? ORDER BY name"
    return rows(db, query, [now])


def robots_txt(db: Database, origin: str) -> RobotsTxt | None:
    """What is remembered of the robots.txt of an origin (scheme, host, port)."""
    query = "SELECT fetched_at, outcome, detail, http_status, body FROM robots_txt WHERE origin = ?"
    row = db.execute(query, [origin]).fetchone()
    return RobotsTxt(*row) if row else None


def remember_robots(db: Database, found: Mapping[str, RobotsTxt]) -> None:
    """Remember answers by origin; the caller holds the transaction."""
    db.conn.executemany(
        "INSERT OR REPLACE INTO robots_txt (origin, fetched_at, outcome, detail, http_status, body) VALUES (?, ?, ?, ?, ?, ?)",
        [(origin, r.fetched_at, r.outcome, r.detail, r.http_status, r.body) for origin, r in found.items()],
    )
