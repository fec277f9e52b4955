"""The queue of pages to fetch: one row a page, queued, claimed while it is fetched, then done with an outcome.

A claim that a dead run left is queued again by the next run. What could not be fetched for a passing reason stays queued.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

PASSING = (
    "timeout", "connection_error", "dns_error", "tls_error", "protocol_error", "truncated", "server_error", "robots_unreadable",
)  # fmt: skip
"""Outcomes that may be others another day: the page stays queued, for MAX_ATTEMPTS in all."""

DEFERRED = "rate_limited"
"""The outcome of a page whose host asks to wait: it stays queued, however often."""

MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page that waits to be fetched."""

    id: int
    url: str
    host: str


def add(db: Database, pages: Iterable[tuple[str, str]], now: str) -> None:
    """Queue pages (url, host), those that are done once more; the caller holds the transaction."""
    db.conn.executemany(
        "INSERT INTO visit (url, host, state, queued_at) VALUES (?, ?, 'queued', ?) "
        "ON CONFLICT (url) DO UPDATE SET state = 'queued', queued_at = excluded.queued_at, attempts = 0",
        [(url, host, now) for url, host in pages],
    )


def recover(db: Database) -> None:
    """Queue again what a run had claimed and did not finish; the caller holds the transaction and the lock."""
    db.conn.execute("UPDATE visit SET state = 'queued' WHERE state = 'claimed'")


def waiting(db: Database) -> list[Waiting]:
    """All that is not done, in the order in which it came, what has failed least often first."""
    query = "SELECT id, url, host FROM visit WHERE state != 'done' ORDER BY attempts, id"
    return [Waiting(*row) for row in db.execute(query).fetchall()]


def unpublished(db: Database) -> bool:
    """Whether a scrape run read pages and ended before it could publish them."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM run_log l JOIN reading r ON r.run_id = l.id JOIN page_capture c "
        "ON c.newest_reading_id = r.id WHERE l.command = 'scrape' AND coalesce(l.outcome, 'interrupted') IN ('interrupted', "
        "'failed') AND c.published_reading_id IS NULL AND r.outcome != 'rejected')"
    )
    return bool(db.execute(query).fetchone()[0])


def claim(db: Database, visit_id: int) -> None:
    """Take a page; the caller holds the transaction."""
    db.conn.execute("UPDATE visit SET state = 'claimed' WHERE id = ?", [visit_id])


def attempted(db: Database, visit_id: int, run_id: int, outcome: str, detail: str, now: str, page: str = "") -> None:
    """Write how an attempt ended: the page is done, or queued for another run; the caller holds the transaction.

    `page` is the address under which the page was captured, where it was.
    """
    db.conn.execute(
        "UPDATE visit SET state = CASE WHEN ? OR (? AND attempts + 1 < ?) THEN 'queued' ELSE 'done' END, "
        "attempts = attempts + 1, attempted_at = ?, outcome = ?, detail = ?, run_id = ?, "
        "page_id = coalesce((SELECT id FROM page WHERE url = ?), page_id) WHERE id = ?",
        [outcome == DEFERRED, outcome in PASSING, MAX_ATTEMPTS, now, outcome, detail[:500], run_id, page, visit_id],
    )


def hold(db: Database, host: str, until: str) -> None:
    """No page of a host before a time; the caller holds the transaction and has queued a page of it."""
    db.conn.execute("UPDATE visit SET not_before = ? WHERE host = ?", [until, host])


def held(db: Database, now: str) -> set[str]:
    """The hosts that are to be left alone, whatever became of the page at which they asked for it."""
    return {row[0] for row in db.execute("SELECT DISTINCT host FROM visit WHERE not_before > ?", [now]).fetchall()}
