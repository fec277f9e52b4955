"""The logical dump of CONTRACT.md, and what is another in two of them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

DUMPED = ("observation", "occupation", "occupation_latest", "comparison", "capture", "finding", "conflict", "history")
"""The views that the archive alone decides."""

COMPARED = (*DUMPED, "change")
"""What `differences` looks at: also the changes at the source."""

_RECORDS = {"finding": ("run_id",)}
"""Columns that tell what was done, and are not rebuilt."""

_ROWS = {"finding": "capture_id IS NOT NULL", "change": "cause = 'source'"}
"""The rows that tell what pages say; others tell what was done."""

_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of a view that stand in one database and not in the other: how many, and the first of them."""

    view: str
    here: int
    there: int
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]


def columns(db: Database, view: str) -> list[str]:
    """The columns of a view that belong to the dump."""
    names = [row[1] for row in db.execute(f'PRAGMA table_info("{view}")').fetchall()]
    return [name for name in names if name not in _RECORDS.get(view, ())]


def dump(db: Database) -> Iterator[tuple[str, tuple[object, ...]]]:
    """All rows of the logical dump, with the name of their view, in sorted order."""
    for view in DUMPED:
        names = ", ".join(f'"{name}"' for name in columns(db, view))
        for row in db.execute(f'SELECT {names} FROM "{view}" WHERE {_ROWS.get(view, "1")} ORDER BY {names}'):
            yield view, row


def digest(db: Database) -> str:
    """The sha256 of the logical dump."""
    found = hashlib.sha256()
    for view, row in dump(db):
        found.update(f"{view} {row!r}\n".encode())
    return found.hexdigest()


def differences(db: Database, other: Path) -> list[Difference]:
    """What is another in the logical dump of a database and of a second one, view by view."""
    db.conn.execute("ATTACH DATABASE ? AS other", [f"{other.resolve().as_uri()}?mode=ro"])
    try:
        return [found for view in COMPARED if (found := _difference(db, view))]
    finally:
        db.conn.execute("DETACH DATABASE other")


def _difference(db: Database, view: str) -> Difference | None:
    names = ", ".join(f'"{name}"' for name in columns(db, view))
    counted = f'SELECT {names}, count(*) AS times FROM {{}}."{view}" WHERE {_ROWS.get(view, "1")} GROUP BY {names}'
    here, there = counted.format("main"), counted.format("other")
    (only_here, here_rows), (only_there, there_rows) = _only(db, here, there), _only(db, there, here)
    if not only_here and not only_there:
        return None
    return Difference(view, only_here, only_there, here_rows, there_rows)


def _only(db: Database, one: str, other: str) -> tuple[int, tuple[str, ...]]:
    found = db.execute(f"{one} EXCEPT {other}")
    rows = found.fetchmany(_MOST_SHOWN)
    more = sum(1 for _ in found)
    return len(rows) + more, tuple(", ".join(map(str, row[:-1])) for row in rows)
