"""How much of what is known is fresh: every page once, under the worst that is true of it."""

from datetime import datetime, timedelta

from sqlite_utils import Database

FRESH_DAYS = 30
"""A page is fresh while its newest capture is younger."""

STATES = ("fresh", "stale", "blocked", "failed", "removed", "rejected", "queued")
_REMOVED = "('gone', 'not_found')"
_BLOCKED = "('blocked', 'challenge', 'rate_limited', 'robots_denied')"
_ASKED = "nullif(outcome, 'refused_address')"  # our own refusal says nothing of the page
_STATE = (
    f"CASE WHEN outcome IN {_REMOVED} THEN 'removed' WHEN outcome IN {_BLOCKED} THEN 'blocked' "
    "WHEN outcome IS NOT NULL AND outcome != 'ok' THEN 'failed' "
    "WHEN newest IS NOT NULL THEN CASE WHEN newest >= :since THEN 'fresh' ELSE 'stale' END "
    "WHEN captured THEN 'rejected' ELSE 'queued' END"
)
_NEWEST = (
    "(SELECT max(c.captured_at) FROM page_capture c JOIN reading r ON r.id = c.newest_reading_id "
    "WHERE c.page_id = p.id AND r.outcome != 'rejected')"
)


def coverage(db: Database, now: datetime) -> dict[str, int]:
    """The number of pages in each of STATES: by how the last attempt at it ended, else by the age of its newest capture.

    `rejected` pages gave no rows, `queued` ones were never asked for.
    """
    captured = (
        f"SELECT v.outcome, {_NEWEST} AS newest, 1 AS captured FROM page p LEFT JOIN visit v ON v.id = "
        "(SELECT id FROM visit WHERE page_id = p.id OR url = p.url ORDER BY attempted_at DESC LIMIT 1)"
    )
    others = "SELECT outcome, NULL, 0 FROM visit WHERE page_id IS NULL AND url NOT IN (SELECT url FROM page)"
    pages = f"SELECT {_ASKED} AS outcome, newest, captured FROM ({captured} UNION ALL {others})"
    since = (now - timedelta(days=FRESH_DAYS)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = dict(db.execute(f"SELECT {_STATE} AS state, count(*) FROM ({pages}) GROUP BY state", {"since": since}).fetchall())
    return {state: found.get(state, 0) for state in STATES}
