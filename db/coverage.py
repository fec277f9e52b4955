"""How much of what is known is fresh: every page once, under the worst that is true of it.

A page that was fetched is fresh until it is due again; one that was imported, for FRESH_DAYS after its newest capture.
"""

from datetime import datetime, timedelta

from sqlite_utils import Database

FRESH_DAYS = 30
STATES = ("fresh", "stale", "blocked", "failed", "removed", "rejected", "queued")
_STAMP = "%Y-%m-%dT%H:%M:%SZ"
_STATE = (
    "CASE state WHEN 'parked' THEN 'failed' WHEN 'moved' THEN 'removed' WHEN 'captured' THEN "
    "CASE WHEN coalesce(due_at > :now, captured_at >= :since) THEN 'fresh' ELSE 'stale' END ELSE state END"
)


def coverage(db: Database, now: datetime) -> dict[str, int]:
    """The number of pages in each of STATES: by how the last attempt at it ended, else by the age of its newest capture.

    The newest capture of `rejected` pages gave no rows, `queued` ones were never asked for.
    """
    times = {"now": now.strftime(_STAMP), "since": (now - timedelta(days=FRESH_DAYS)).strftime(_STAMP)}
    query = f"SELECT {_STATE} AS shown, count(*) FROM page_status GROUP BY shown"
    found = dict(db.execute(query, times).fetchall())
    return {state: found.get(state, 0) for state in STATES}
