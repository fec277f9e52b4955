"""The queue of pages to fetch: one row a page, queued, claimed while it is fetched, then done with an outcome.

A claim that a dead run left is queued again by the next run. What could not be fetched for a passing reason stays queued.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

PASSING = (
    "timeout", "connection_error", "dns_error", "tls_error", "protocol_error", "truncated", "server_error", "rate_limited",
    "robots_unreadable",
)  # fmt: skip
"""Outcomes that may be others another day: the page stays queued, for MAX_ATTEMPTS in all."""

MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page that waits to be fetched; `not_before` is a time, empty where there is none."""

    id: int
    url: str
    host: str
    not_before: str


def add(db: Database, pages: Iterable[tuple[str, str]], now: str) -> None:
    """Queue pages (url, host), those that are done once more; the caller holds the transaction."""
    db.conn.executemany(
        "INSERT INTO visit (url, host, state, queued_at) VALUES (?, ?, 'queued', ?) "
        "ON CONFLICT (url) DO UPDATE SET state = 'queued', queued_at = excluded.queued_at, attempts = 0",
        [(url, host, now) for url, host in pages],
    )


def recover(db: Database) -> None:
    """Queue again what a run that died had claimed; the caller holds the transaction and the lock."""
    db.conn.execute("UPDATE visit SET state = 'queued' WHERE state = 'claimed'")


def waiting(db: Database) -> list[Waiting]:
    """All that is queued, in the order in which it came."""
    query = "SELECT id, url, host, coalesce(not_before, '') FROM visit WHERE state = 'queued' ORDER BY id"
    return [Waiting(*row) for row in db.execute(query).fetchall()]


def claim(db: Database, visit_id: int) -> None:
    """Take a page; the caller holds the transaction."""
    db.conn.execute("UPDATE visit SET state = 'claimed' WHERE id = ?", [visit_id])


def attempted(db: Database, visit_id: int, run_id: int, outcome: str, detail: str, now: str, page: str = "") -> None:
    """Write how an attempt ended: the page is done, or queued for another run; the caller holds the transaction.

    `page` is the address under which the page was captured, where it was.
    """
    db.conn.execute(
        "UPDATE visit SET state = CASE WHEN ? AND attempts + 1 < ? THEN 'queued' ELSE 'done' END, attempts = attempts + 1, "
        "attempted_at = ?, outcome = ?, detail = ?, run_id = ?, "
        "page_id = coalesce((SELECT id FROM page WHERE url = ?), page_id) WHERE id = ?",
        [outcome in PASSING, MAX_ATTEMPTS, now, outcome, detail[:500], run_id, page, visit_id],
    )


def hold(db: Database, host: str, until: str) -> None:
    """No page of a host before a time; the caller holds the transaction."""
    db.conn.execute("UPDATE visit SET not_before = ? WHERE host = ? AND state != 'done'", [until, host])
