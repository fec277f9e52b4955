"""Changes by the parser or the vocabulary: noted while captures wait to be read otherwise, written down when that counts.

The caller holds the transaction wherever something is written.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from sqlite_utils import Database

from db.staging import Facts, Staged, State
from normalize.claims import SIDES


class Applied(NamedTuple):
    """A change of a value by the parser or the vocabulary: the occupation, field and item, before and after, and a capture."""

    job_id: int
    field: str
    item: str
    old: State | None
    new: State | None
    row: int


def applied(db: Database, one: Staged, old: Facts, new: Facts) -> Iterator[Applied]:
    """What is another of each occupation, on whatever side of the page it stands."""
    before, after = _by_occupation(db, one.before.content_id, old), _by_occupation(db, one.content_id, new)
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            yield Applied(*key, before.get(key), after.get(key), one.before.row)


def _by_occupation(db: Database, content_id: int | None, said: Facts) -> Mapping[tuple[int, str, str], State]:
    jobs = _occupations(db, content_id)
    return {(jobs[side], name, item): state for (side, name, item), state in said.items()}


def _occupations(db: Database, content_id: int | None) -> dict[str, int]:
    """The occupation of each side of a content."""
    found = db.execute("SELECT side, job_id FROM sighting WHERE content_id = ?", [content_id]).fetchall()
    return {SIDES[side]: job_id for side, job_id in found}


_NOTES = (
    "CREATE TEMP TABLE IF NOT EXISTS noted (number INTEGER PRIMARY KEY, cause, job_id, field, item, old_value, old_status, "
    "new_value, new_status, page_capture_id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS temp.noted_once ON noted (cause, job_id, field, item, old_status, "
    "ifnull(old_value, ''), new_status, ifnull(new_value, ''))",
    "DELETE FROM noted",
)


def begin(db: Database) -> None:
    """Let nothing be noted."""
    for statement in _NOTES:
        db.conn.execute(statement)


def note(db: Database, cause: str, found: Iterable[Applied]) -> None:
    """Remember changes by the parser or the vocabulary, each pair of old and new value of a fact once. What was not given, was
    unreadable or in doubt counts as removed."""
    pairs = ((one, _given(one.old), _given(one.new)) for one in found)
    db.conn.executemany(
        "INSERT OR IGNORE INTO noted (cause, job_id, field, item, old_value, old_status, new_value, new_status, "
        "page_capture_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (cause, one.job_id, one.field, one.item, old[1], old[0], new[1], new[0], one.row)
            for one, old, new in pairs
            if old != new
        ],
    )


def write(db: Database, run_id: int, at: str) -> None:
    """Write down what is noted."""
    db.conn.execute(
        "INSERT INTO applied_change (run_id, job_id, field, item, old_value, old_status, new_value, new_status, cause, "
        "changed_at, page_capture_id) SELECT ?, job_id, field, item, old_value, old_status, new_value, new_status, cause, ?, "
        "page_capture_id FROM noted ORDER BY cause, number",
        [run_id, at],
    )


def _given(state: State | None) -> State:
    return state if state and state[0] in ("ok", "missing") else ("removed", None)
