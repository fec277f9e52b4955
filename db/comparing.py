"""The logical dump of CONTRACT.md, and what is another in two of them."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from sqlite_utils import Database

from db import load, views
from db.connection import open_to_read

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


def unpublished(db: Database) -> int:
    """How many captures could be read, are held back by nobody, and do not count."""
    query = (
        "SELECT count(*) FROM page_capture c JOIN reading r ON r.id = c.newest_reading_id WHERE r.outcome != 'rejected' "
        "AND c.published_reading_id IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.page_capture_id = c.id AND h.released_at IS NULL)"
    )
    return int(db.execute(query).fetchone()[0])


def differences(db: Database, other: Path) -> list[Difference]:
    """What is another in a database and in a second one: the logical dump and the changes at the source, view by view, what
    captures show that do not count, and where on its page each value stands."""
    db.conn.execute("ATTACH DATABASE ? AS other", [f"{other.resolve().as_uri()}?mode=ro"])
    try:
        found = [_difference(db, view) for view in COMPARED]
    finally:
        db.conn.execute("DETACH DATABASE other")
    with closing(open_to_read(other)) as second:
        found += [_unseen(name, Counter(query(db)), Counter(query(second))) for name, query in _UNSEEN.items()]
    return [one for one in found if one]


def _difference(db: Database, view: str) -> Difference | None:
    if _sum(db, "main", view) == _sum(db, "other", view):
        return None
    names = ", ".join(f'"{name}"' for name in columns(db, view))
    counted = f'SELECT {names}, count(*) AS times FROM {{}}."{view}" WHERE {_ROWS.get(view, "1")} GROUP BY {names}'
    here, there = counted.format("main"), counted.format("other")
    (only_here, here_rows), (only_there, there_rows) = _only(db, here, there), _only(db, there, here)
    if not only_here and not only_there:
        return None
    return Difference(view, only_here, only_there, here_rows, there_rows)


def _sum(db: Database, which: str, view: str) -> tuple[int, int]:
    """How many rows a view has, and a digest of them in any order: without sorting them."""
    count = total = 0
    names = ", ".join(f'"{name}"' for name in columns(db, view))
    for row in db.execute(f'SELECT {names} FROM "{which}"."{view}" WHERE {_ROWS.get(view, "1")}'):
        count += 1
        total += int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=16).digest())
    return count, total


def _only(db: Database, one: str, other: str) -> tuple[int, tuple[str, ...]]:
    found = db.execute(f"{one} EXCEPT {other}")
    rows = found.fetchmany(_MOST_SHOWN)
    more = sum(1 for _ in found)
    return len(rows) + more, tuple(", ".join(map(str, row[:-1])) for row in rows)


def _waiting(db: Database) -> Iterable[tuple[object, ...]]:
    """The rows of `observation` of captures that do not count."""
    counts = "r.id = c.published_reading_id"
    of_all = views.definitions()["observation"]
    return db.execute(of_all.replace(counts, "r.id = c.newest_reading_id AND c.published_reading_id IS NULL")).fetchall()


def _places(db: Database) -> Iterator[tuple[object, ...]]:
    """The layout of each side of a capture: its digest, which is made of its cells."""
    cells = db.execute(
        "SELECT layout_id, field_id, rank, section_id, block, row, cell FROM layout_cell ORDER BY 1, 2, 3, 4, 5, 6, 7"
    ).fetchall()
    layouts = {key: load.digest([row[1:] for row in rows]) for key, rows in groupby(cells, itemgetter(0))}
    query = (
        "SELECT c.capture_id, s.side, s.layout_id FROM page_capture c JOIN reading r ON r.id = c.newest_reading_id "
        "JOIN sighting s ON s.content_id = r.content_id"
    )
    for capture_id, side, layout_id in db.execute(query):
        yield capture_id, side, layouts.get(layout_id)


_UNSEEN = {"observation of captures that do not count": _waiting, "places on pages": _places}
"""What no view shows."""


def _unseen(name: str, here: "Counter[tuple[object, ...]]", there: "Counter[tuple[object, ...]]") -> Difference | None:
    only = [sorted((found - other).elements(), key=repr) for found, other in ((here, there), (there, here))]
    if not any(only):
        return None
    shown = [tuple(", ".join(map(str, row)) for row in rows[:_MOST_SHOWN]) for rows in only]
    return Difference(name, len(only[0]), len(only[1]), shown[0], shown[1])
