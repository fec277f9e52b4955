"""The record of requests: one row for each hop that was asked for, and for each that was refused before it was asked."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from sqlite_utils import Database

from db.queries import Row, rows


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One hop: `bytes` are those of the body as they came, `delay_s` the pause in force before it and `delay_reason` who asks
    for it; `robots_rule` is what robots.txt says of the address, empty for a robots.txt itself."""

    url: str
    requested_at: str
    outcome: str
    http_status: int | None
    bytes: int
    elapsed_ms: int | None
    address: str
    delay_s: float | None
    delay_reason: str
    robots_rule: str
    detail: str


def add(db: Database, run_id: int, visit_id: int | None, made: Iterable[RequestRow]) -> None:
    """Write rows; the caller holds the transaction."""
    db.conn.executemany(
        "INSERT INTO request_log (run_id, visit_id, url, requested_at, outcome, http_status, bytes, elapsed_ms, address, "
        "delay_s, delay_reason, robots_rule, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(run_id, visit_id, *astuple(row)) for row in made],
    )


def outcomes(db: Database, run_id: int) -> dict[str, int]:
    """How many hops of a run ended in which way."""
    query = "SELECT outcome, count(*) FROM request_log WHERE run_id = ? GROUP BY outcome ORDER BY 2 DESC, 1"
    return dict(db.execute(query, [run_id]).fetchall())


def of_run(db: Database, run_id: int) -> list[Row]:
    """The rows of `request` that a run made."""
    return rows(db, "SELECT * FROM request WHERE run_id = ? ORDER BY request_id", [run_id])


def prune(db: Database, before: str) -> int:
    """Delete the rows of requests made before a time, apart from those of runs that have not ended; how many they were.

    The caller holds the transaction.
    """
    finished = "run_id IN (SELECT id FROM run_log WHERE finished_at IS NOT NULL)"
    return int(db.conn.execute(f"DELETE FROM request_log WHERE requested_at < ? AND {finished}", [before]).rowcount)
