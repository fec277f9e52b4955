"""The queue of pages to fetch: one row a page. It is queued, claimed while it is fetched, then done until it is due again, or
parked when it fails for good.

A claim that a dead run left is queued again by the next run, behind all others. The caller holds the transaction wherever
something is written.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from db import tombstones
from db.queries import Row, rows

PASSING = frozenset(
    ("timeout", "connection_error", "dns_error", "tls_error", "protocol_error", "truncated", "server_error", "robots_unreadable")
)
"""Outcomes that may be others another day: the page stays queued for the next run."""

DEFERRED = "rate_limited"
"""The outcome of a page whose host asks to wait: it stays queued, however often."""

OF_THE_PAGE = frozenset(
    ("timeout", "protocol_error", "truncated", "server_error", "client_error", "too_large", "bad_encoding", "refused_redirect")
)
"""Failures that say something of the page where its host answers others."""

PARKED_AFTER = 3
"""So many runs in a row a page may fail in such a way; then it is parked, until it is named or everything is refreshed."""

NEVER = "9999-12-31T23:59:59Z"


@dataclass(frozen=True, slots=True)
class Found:
    """A page to be fetched: its canonical address, its host (and port), how many links deep its own links are followed, and
    when its site says that it changed (ISO 8601, empty where it does not)."""

    url: str
    host: str
    depth: int = 0
    changed_at: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page that waits to be fetched."""

    id: int
    url: str
    host: str
    depth: int = 0


def add(
    db: Database, pages: Iterable[Found], now: str, named: bool, refresh: bool = False, rested: str = "", latest: str = NEVER
) -> None:  # fmt: skip
    """Queue pages. Those that are done are queued when they are due, have changed since the last attempt (where that is not
    later than `rested`), have links that were not followed yet, or with `refresh`; when they were `named` one by one, also
    those that are parked or did not come the last time. What is due later than `latest` was put off by a wrong clock."""
    wanted = (
        "state = 'done' AND (due_at <= excluded.due_at OR due_at > :latest "
        "OR :changed_at > attempted_at AND attempted_at <= :rested OR followed < excluded.depth AND gave_rows "
        "OR :named AND (outcome NOT IN ('ok', 'not_modified') OR gave_rows = 0)) "
        "OR state = 'parked' AND :named OR :refresh"
    )
    pages = tombstones.allowed(db, pages)
    db.conn.executemany(
        "INSERT INTO visit (url, host, state, queued_at, due_at, depth) VALUES (:url, :host, 'queued', :now, :now, :depth) "
        f"ON CONFLICT (url) DO UPDATE SET state = CASE WHEN {wanted} THEN 'queued' ELSE state END, "
        f"queued_at = CASE WHEN {wanted} THEN excluded.queued_at ELSE queued_at END, "
        f"attempts = CASE WHEN {wanted} THEN 0 ELSE attempts END, failures = CASE WHEN state = 'parked' AND (:named OR :refresh) "
        "THEN 0 ELSE failures END, "
        f"depth = CASE WHEN {wanted} OR state IN ('queued', 'claimed') THEN max(depth, excluded.depth) ELSE depth END",
        [
            {"url": page.url, "host": page.host, "depth": page.depth, "changed_at": page.changed_at, "now": now, "named": named,
             "refresh": refresh, "rested": rested or now, "latest": latest}
            for page in pages
        ],
    )  # fmt: skip


def _wanted(refresh: bool) -> str:
    """The pages that a run fetches which names none: those that are due, or put off by a wrong clock."""
    return "state IN ('done', 'parked')" if refresh else "state = 'done' AND (due_at <= :now OR due_at > :latest)"


def add_due(db: Database, now: str, refresh: bool, latest: str = NEVER) -> None:
    """Queue all that is done and due, with `refresh` all that is done or parked."""
    db.conn.execute(
        "UPDATE visit SET state = 'queued', queued_at = :now, attempts = 0, "
        f"failures = CASE state WHEN 'parked' THEN 0 ELSE failures END WHERE {_wanted(refresh)}",
        {"now": now, "latest": latest},
    )


class Fetched(NamedTuple):
    """A page that was fetched: its row, when last, and whether that gave rows."""

    url: str
    page_id: int
    captured_at: str
    gave_rows: int


def fetched(db: Database) -> Iterator[Fetched]:
    """The pages of which the newest capture was fetched by a run, one after the other."""
    query = (
        "SELECT p.url, p.id, c.captured_at, r.outcome != 'rejected' FROM page_capture c JOIN page p ON p.id = c.page_id "
        "JOIN capture_form k ON k.id = c.form_id JOIN reading r ON r.id = c.newest_reading_id WHERE k.origin = 'live' "
        "AND NOT EXISTS (SELECT 1 FROM page_capture n WHERE n.page_id = c.page_id "
        "AND (n.captured_at, n.capture_id) > (c.captured_at, c.capture_id)) ORDER BY p.url"
    )
    return (Fetched(*row) for row in db.execute(query))


def restore(db: Database, page: Fetched, host: str, outcome: str, due_at: str) -> None:
    """Let a page be in the queue as the run that fetched it left it."""
    db.conn.execute(
        "INSERT INTO visit (url, host, state, queued_at, due_at, attempts, attempted_at, outcome, gave_rows, page_id) "
        "VALUES (?, ?, 'done', ?, ?, 1, ?, ?, ?, ?) ON CONFLICT (url) DO NOTHING",
        [page.url, host, page.captured_at, due_at, page.captured_at, outcome, page.gave_rows, page.page_id],
    )


def recover(db: Database, now: str) -> None:
    """Queue again what a run had claimed and did not finish; its host counts as asked just now."""
    db.conn.execute(
        "INSERT INTO host (name, answered_at) SELECT DISTINCT host, :now FROM visit WHERE state = 'claimed' "
        "ON CONFLICT (name) DO UPDATE SET answered_at = excluded.answered_at",
        {"now": now},
    )
    db.conn.execute("UPDATE visit SET state = 'queued', queued_at = ? WHERE state = 'claimed'", [now])


def release(db: Database, visit_id: int) -> None:
    """Give a claim back, as if the page had never been claimed; a page that is settled already stays as it is."""
    db.conn.execute("UPDATE visit SET state = 'queued' WHERE id = ? AND state = 'claimed'", [visit_id])


def waiting(db: Database) -> list[Waiting]:
    """All that is queued or claimed, in the order in which it was queued."""
    query = "SELECT id, url, host, depth FROM visit WHERE state IN ('queued', 'claimed') ORDER BY queued_at, id"
    return [Waiting(*row) for row in db.execute(query).fetchall()]


def waiting_among(db: Database, urls: Sequence[str]) -> list[Waiting]:
    """Those of the pages that are queued, in the order that is given."""
    query = "SELECT id, url, host, depth FROM visit WHERE url = ? AND state = 'queued'"
    return [Waiting(*row) for url in urls for row in db.execute(query, [url]).fetchall()]


def due_hosts(db: Database, now: str, refresh: bool, latest: str = NEVER) -> set[str]:
    """The hosts of the pages that `add_due` would queue."""
    found = db.execute(f"SELECT DISTINCT host FROM visit WHERE {_wanted(refresh)}", {"now": now, "latest": latest}).fetchall()
    return {row[0] for row in found}


def any_known(db: Database) -> bool:
    """Whether there is a queue at all."""
    return bool(db.execute("SELECT EXISTS (SELECT 1 FROM visit)").fetchone()[0])


def not_due(db: Database, urls: Sequence[str]) -> dict[str, str]:
    """When those of the pages are due that are done, or empty text where they are parked."""
    found = {}
    for url in urls:
        row = db.execute("SELECT state, due_at FROM visit WHERE url = ?", [url]).fetchone()
        if row and row[0] in ("done", "parked"):
            found[url] = row[1] if row[0] == "done" else ""
    return found


def unpublished(db: Database) -> bool:
    """Whether a scrape run read pages and ended before it could publish them."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM run_log l JOIN reading r ON r.run_id = l.id JOIN page_capture c "
        "ON c.id = r.page_capture_id AND c.newest_reading_id = r.id "
        "WHERE l.command = 'scrape' AND coalesce(l.outcome, 'interrupted') IN ('interrupted', "
        "'failed') AND c.published_reading_id IS NULL AND r.outcome != 'rejected' "
        "AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.page_capture_id = c.id AND h.released_at IS NULL))"
    )
    return bool(db.execute(query).fetchone()[0])


def claim(db: Database, page: Waiting, now: str) -> None:
    """Take a page. Its host counts as asked from now on, so that a run which dies over it leaves the host its pause."""
    db.conn.execute("UPDATE visit SET state = 'claimed' WHERE id = ?", [page.id])
    db.conn.execute(
        "INSERT INTO host (name, answered_at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET answered_at = excluded.answered_at",
        [page.host, now],
    )


def put_back(db: Database, visit_id: int) -> bool:
    """Leave a page as it was that we did not want to ask for; False where it was never asked for before."""
    query = "UPDATE visit SET state = 'done' WHERE id = ? AND attempted_at IS NOT NULL AND outcome != 'refused_address'"
    return db.conn.execute(query, [visit_id]).rowcount > 0


def settle(
    db: Database,
    visit_id: int,
    run_id: int,
    outcome: str,
    detail: str,
    now: str,
    due_at: str,
    page: str = "",
    again: bool = False,
    gave_rows: bool | None = None,
) -> None:
    """Write how an attempt ended: the page is done until `due_at`, or queued, where the outcome is a passing one.

    `page` is the address under which the page was captured, where it was, and `gave_rows` whether it could be read; `again`
    says that this run goes on trying.
    """
    stays = again or outcome in PASSING or outcome == DEFERRED
    well = bool(page)
    db.conn.execute(
        "UPDATE visit SET state = CASE WHEN :stays THEN 'queued' ELSE 'done' END, due_at = :due_at, "
        "attempts = CASE WHEN :again THEN attempts + 1 ELSE 0 END, failures = CASE WHEN :well THEN 0 ELSE failures END, "
        "queued_at = CASE WHEN :stays AND NOT :again THEN :now ELSE queued_at END, attempted_at = :now, outcome = :outcome, "
        "detail = :detail, run_id = :run, page_id = coalesce((SELECT id FROM page WHERE url = :page), page_id), "
        "gave_rows = coalesce(:gave_rows, gave_rows), followed = CASE WHEN :stays THEN followed ELSE max(followed, depth) END, "
        "depth = CASE WHEN :stays THEN depth ELSE 0 END WHERE id = :id",
        {"gave_rows": gave_rows, "stays": stays, "due_at": due_at, "again": again, "well": well, "now": now, "outcome": outcome,
         "detail": detail[:500], "run": run_id, "page": page, "id": visit_id},
    )  # fmt: skip


def adopted(
    db: Database, addresses: Collection[str], page: str, run_id: int, outcome: str, at: str, due_at: str, gave_rows: bool
) -> int:  # fmt: skip
    """Mark the visits of these addresses as done whose page a dead run had archived under the address `page`; the answer is how
    many links deep those of the page are to be followed."""
    depth = 0
    for url in addresses:
        db.conn.execute(
            "INSERT INTO host (name, answered_at) SELECT host, ? FROM visit WHERE url = ? AND state = 'claimed' "
            "ON CONFLICT (name) DO UPDATE SET answered_at = max(coalesce(answered_at, ''), excluded.answered_at)",
            [at, url],
        )
        which = "url = :url AND state IN ('queued', 'claimed') AND coalesce(attempted_at, '') <= :at"
        known = {"at": at, "url": url}
        row = db.execute(f"SELECT depth FROM visit WHERE {which}", known).fetchone()
        depth = max(depth, row[0] if row else 0)
        db.conn.execute(
            "UPDATE visit SET state = 'done', attempted_at = :at, due_at = :due_at, outcome = :outcome, run_id = :run, "
            "attempts = 0, failures = 0, detail = 'taken over from the archive', gave_rows = :gave_rows, "
            f"followed = max(followed, depth), depth = 0, page_id = (SELECT id FROM page WHERE url = :page) WHERE {which}",
            known | {"due_at": due_at, "outcome": outcome, "run": run_id, "page": page, "gave_rows": gave_rows},
        )
    return depth


def count_failures(db: Database, run_id: int, hosts: Collection[str]) -> list[Row]:
    """Count the run's failures of pages whose host answered others, and park those that failed too often; the answer is what
    was parked now (`url`, `outcome`, `detail`)."""
    outcomes = ", ".join(f"'{name}'" for name in sorted(OF_THE_PAGE))
    for host in hosts:
        db.conn.execute(
            "UPDATE visit SET failures = failures + 1 WHERE run_id = ? AND host = ? AND attempts = 0 "
            f"AND outcome IN ({outcomes})",
            [run_id, host],
        )
    which = "run_id = ? AND failures >= ? AND state != 'parked'"
    parked = rows(db, f"SELECT url, outcome, detail FROM visit WHERE {which} ORDER BY id", [run_id, PARKED_AFTER])
    db.conn.execute(f"UPDATE visit SET state = 'parked' WHERE {which}", [run_id, PARKED_AFTER])
    return parked


def counts(db: Database, now: str) -> Row:
    """How many pages wait, are due, will be due later (and when the first is), and are parked."""
    return rows(
        db,
        "SELECT count(*) FILTER (WHERE state IN ('queued', 'claimed')) AS queued, "
        "count(*) FILTER (WHERE state = 'done' AND due_at <= :now) AS due, "
        "count(*) FILTER (WHERE state = 'done' AND due_at > :now) AS later, "
        "min(due_at) FILTER (WHERE state = 'done' AND due_at > :now) AS next_due_at, "
        "count(*) FILTER (WHERE state = 'parked') AS parked FROM visit",
        {"now": now},
    )[0]


def parked(db: Database, most: int) -> list[Row]:
    """The parked pages, with the reason."""
    return rows(db, "SELECT url, attempted_at, outcome, detail FROM visit WHERE state = 'parked' ORDER BY id LIMIT ?", [most])
