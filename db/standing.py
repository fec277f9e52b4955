"""What a person has to know of the newest captures: their findings, the conflicts that stand, what is held back."""

from collections.abc import Sequence

from sqlite_utils import Database

from db import alerts, holds, queries
from db.queries import Row, rows
from normalize.measures import in_words

_WORTH = "('warning', 'error')"
_OF_NO_PAGE = (
    "g.reading_id IS NULL AND g.run_id = (SELECT max(id) FROM run_log WHERE command IN ('import', 'scrape', 'backfill'))"
)
_STANDING = (
    "r.id = c.newest_reading_id AND (NOT EXISTS (SELECT 1 FROM page_capture n WHERE n.page_id = c.page_id "
    "AND (n.captured_at, n.capture_id) > (c.captured_at, c.capture_id)) "
    "OR r.run_id = (SELECT max(run_id) FROM reading) "
    "OR EXISTS (SELECT 1 FROM hold h WHERE h.page_capture_id = c.id AND h.released_at IS NULL))"
)
"""The newest capture of each page, all that the last run read, and all that is held back."""

_FROM = (
    "FROM every_finding g LEFT JOIN reading r ON r.id = g.reading_id LEFT JOIN page_capture c ON c.id = r.page_capture_id "
    f"LEFT JOIN page p ON p.id = c.page_id LEFT JOIN field f ON f.id = g.field_id WHERE ({_OF_NO_PAGE} OR {_STANDING})"
)
_SEVEREST = "CASE g.severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END"


def last_run(db: Database) -> int:
    """The last run that was to bring pages and ended, 0 for none."""
    query = (
        "SELECT max(id) FROM run_log WHERE command IN ('import', 'scrape', 'backfill') AND outcome IN ('done', 'partial', 'held')"
    )
    return int(db.execute(query).fetchone()[0] or 0)


def findings(db: Database) -> list[Row]:
    """The warnings and errors of the newest captures and of the last run, the worst first."""
    query = (
        "SELECT g.run_id, c.capture_id, p.url, c.captured_at, CASE g.side WHEN 0 THEN 'left' WHEN 1 THEN 'right' END AS side, "
        "f.name AS field, g.code, g.severity, g.message, coalesce(c.published_reading_id IS NOT NULL, 0) AS published "
        f"{_FROM} AND g.severity IN {_WORTH} ORDER BY {_SEVEREST}, g.code, p.url, c.captured_at, g.number"
    )
    return rows(db, query)


def counts(db: Database) -> list[Row]:
    """How many findings of each code there are, and on how many pages, the worst first."""
    query = (
        f"SELECT g.code, g.severity, count(*) AS findings, count(DISTINCT c.page_id) AS pages {_FROM} "
        f"GROUP BY g.code, g.severity ORDER BY {_SEVEREST}, findings DESC, g.code"
    )
    return rows(db, query)


def conflicts(db: Database) -> list[Row]:
    """The rows of `conflict` that stand, in the order of occupations."""
    found = rows(db, "SELECT * FROM conflict WHERE stands = 1 ORDER BY occupation, field, item")
    return [queries.unpacked(row) for row in found]


def open_alerts(db: Database) -> list[Row]:
    """What moved in each held run, with its first bad page and what was found there; a run whose pages only follow others that
    are held has one row without a measure."""
    found: list[Row] = []
    for run in holds.waiting(db):
        about = {"run_id": run.run_id, "held_captures": run.captures}
        moved = [move for _, move in alerts.opened(db, run.run_id)]
        found += [
            about
            | {"site": m.site, "field": m.field or None, "item": m.item, "measure": m.measure, "usual": m.usual, "found": m.found,
               "evidence": m.evidence, "history": m.history, "message": in_words(m), **_first(db, m.first, m.field)}
            for m in moved
        ]  # fmt: skip
        if not moved:
            found.append(about | _pages(holds.pages(db, run.run_id)))
    return found


def _first(db: Database, capture_id: str, field: str) -> Row:
    """The address of a capture, and the worst that was found of the field there; of the page where there is no field."""
    page = db.execute(
        "SELECT p.url FROM page_capture c JOIN page p ON p.id = c.page_id WHERE c.capture_id = ?", [capture_id]
    ).fetchone()
    said = rows(
        db,
        "SELECT g.code, g.message FROM page_capture c JOIN every_finding g ON g.reading_id = c.newest_reading_id "
        "LEFT JOIN field f ON f.id = g.field_id WHERE c.capture_id = ? AND (? = '' OR coalesce(f.name, '') IN (?, '')) "
        f"AND g.severity IN {_WORTH} ORDER BY ? != '' AND f.name IS NULL, {_SEVEREST}, g.number LIMIT 1",
        [capture_id, field, field, field],
    )
    finding = f"{said[0]['code']}: {said[0]['message']}" if said else None
    return {"url": page[0] if page else None, "capture_id": capture_id or None, "finding": finding}


def _pages(held: Sequence[Row]) -> Row:
    first = held[0] if held else {"url": None, "capture_id": None, "reason": ""}
    return {
        "site": "", "field": None, "item": "", "measure": None, "usual": None, "found": None, "evidence": len(held), "history": 0,
        "message": first["reason"], "url": first["url"], "capture_id": first["capture_id"], "finding": None,
    }  # fmt: skip
