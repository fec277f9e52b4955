"""When a page is due again: from how often it really changed, between a floor and a cap.

Changes are taken for a Poisson process whose rate is not known beforehand (a Gamma prior of one change in FIRST_DAYS): after
T days of captures with X changes the rate is (X + 1) / (T + FIRST_DAYS), and the page is due after one over that.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sqlite_utils import Database

from db.captures import Basis

FIRST_DAYS = 7.0
"""A page of which nothing is known yet is due after so many days."""

BLOCKED_DAYS = 7.0
"""So is one that was refused, or that showed something else than its page: not sooner."""

_REFUSED = frozenset(
    ("blocked", "challenge", "robots_denied", "soft_404", "empty", "wrong_type", "rejected", "client_error", "too_large",
     "bad_encoding")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The bounds of a visit: days between two of a page, and after how many days a whole body is asked for."""

    floor_days: float = 1.0
    cap_days: float = 60.0
    full_fetch_days: float = 30.0

    def interval_days(self, changes: int, observed_days: float) -> float:
        """The days until the next visit of a page that changed so often in so many days."""
        return min(max((observed_days + FIRST_DAYS) / (changes + 1), self.floor_days), self.cap_days)

    def wants_all(self, basis: Basis, now: datetime) -> bool:
        """Whether the whole body is asked for although it could be confirmed: a server may be wrong in what it confirms."""
        return now - _time(basis.whole_at) >= timedelta(days=self.full_fetch_days)


def due_at(db: Database, rhythm: Rhythm, page: str, outcome: str, now: datetime) -> datetime:
    """When the page captured under an address is due again; `outcome` is how the last attempt ended, or `maintenance`
    or `rejected`, where a page of status 200 showed that."""
    if outcome == "maintenance":
        return now + timedelta(days=rhythm.floor_days)
    if outcome in _REFUSED:
        return now + timedelta(days=min(max(BLOCKED_DAYS, rhythm.floor_days), rhythm.cap_days))
    if outcome in ("ok", "not_modified"):
        changes, days = history(db, page)
        if changes is not None:
            return now + timedelta(days=rhythm.interval_days(changes, days))
    return now + timedelta(days=rhythm.cap_days)


def history(db: Database, page: str) -> tuple[int | None, float]:
    """How often the facts of a page changed between two of its captures, and the days from the first to the last; no number
    where none of them gave rows."""
    seen = db.execute(
        "SELECT c.captured_at, l.job_id, l.salary_id, l.education_id, l.demographics_id, l.outlook_id, l.skillset_id, "
        "r.job_id, r.salary_id, r.education_id, r.demographics_id, r.outlook_id, r.skillset_id FROM page p "
        "JOIN page_capture c ON c.page_id = p.id JOIN reading g ON g.id = c.newest_reading_id "
        "JOIN sighting l ON l.content_id = g.content_id AND l.side = 0 "
        "JOIN sighting r ON r.content_id = g.content_id AND r.side = 1 "
        "WHERE p.url = ? AND g.outcome != 'rejected' ORDER BY c.captured_at, c.capture_id",
        [page],
    ).fetchall()
    if not seen:
        return None, 0.0
    changes = sum(earlier[1:] != later[1:] for earlier, later in pairwise(seen))
    return changes, (_time(seen[-1][0]) - _time(seen[0][0])) / timedelta(days=1)


def _time(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp).astimezone(UTC)
