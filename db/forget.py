"""Taking out all rows that name a page which is forgotten, or that only it gave.

The caller holds the transaction wherever something is written.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from db import backfill, captures, derived, sweep
from db.batches import batches, marks
from db.tombstones import buried, digest

Names = Callable[[str], bool]
"""Whether a text names an address."""

_UNCLEAN = "forgotten_bytes"
_TEXTS = {
    "page": ("url",),
    "visit": ("url", "detail"),
    "page_finding": ("message",),
    "request_log": ("url", "detail"),
    "backfill_capture": ("original", "detail"),
    "backfill_index": ("position",),
    "disagreement": ("example_urls",),
}
"""Where a text of ours may name a page: table and columns."""


class Moved(NamedTuple):
    """Where a capture (its public id) lies now; a `revisit` has its body elsewhere."""

    capture_id: str
    warc_file: str
    offset: int
    length: int
    revisit: bool
    sha256: str


@dataclass(frozen=True, slots=True)
class Gone:
    """What was taken out: captures, requests, findings, addresses of the queue, and occupations (slugs) that nothing else has."""

    captures: int = 0
    requests: int = 0
    findings: int = 0
    visits: int = 0
    occupations: tuple[str, ...] = ()


def addresses(db: Database) -> dict[str, str]:
    """The forgotten pages that rows still name: their address, by its digest."""
    wanted = buried(db)
    if not wanted:
        return {}
    query = "SELECT url FROM page UNION SELECT url FROM visit UNION SELECT url FROM backfill_capture"
    known = {digest(row[0]): row[0] for row in db.execute(query).fetchall()}
    return {name: known[name] for name in sorted(wanted & known.keys())}


def places(db: Database, url: str) -> set[tuple[str, int]]:
    """Where the records of a page lie: file and offset."""
    query = "SELECT warc_file, warc_offset FROM capture WHERE url = ?"
    return {(name, offset) for name, offset in db.execute(query, [url]).fetchall()}


def leads_to(db: Database, url: str) -> str:
    """The page that an address led to which is no page itself, empty where it led to none."""
    query = (
        "SELECT p.url FROM visit v JOIN page p ON p.id = v.page_id WHERE v.url = ? AND p.url != v.url "
        "AND v.url NOT IN (SELECT url FROM page)"
    )
    row = db.execute(query, [url]).fetchone()
    return str(row[0]) if row else ""


def relocate(db: Database, moved: Iterable[Moved]) -> None:
    """Let captures lie where they lie now; those that are not known are passed over. Bodies come before what confirms them."""
    for one in sorted(moved, key=lambda m: m.revisit):
        row = captures.find(db, one.capture_id)
        if row is None:
            continue
        captures.move(db, row, one.warc_file, one.offset, one.length)
        if not one.revisit:
            _hold_body(db, row, one.sha256)


def _hold_body(db: Database, row: int, sha256: str) -> None:
    """Let a capture hold its body, where it did not: all captures of that body point at it then."""
    held = db.execute("SELECT body_capture_id IS NULL FROM page_capture WHERE id = ?", [row]).fetchone()[0]
    if not held:
        captures.replace_body(db, sha256, row)
        db.conn.execute("UPDATE page_capture SET body_capture_id = NULL WHERE id = ?", [row])


def knows_all(db: Database, moved: Iterable[Moved]) -> bool:
    """Whether all captures are known."""
    return all(captures.find(db, one.capture_id) is not None for one in moved)


def remove(db: Database, url: str, names: Names) -> Gone:
    """Take out all that a page gave and all rows that name it, and make anew what followed from it.

    No capture of another page may need a body of it any more.
    """
    db.conn.execute("PRAGMA secure_delete = ON")
    db.conn.create_function("names_it", 1, lambda text: isinstance(text, str) and names(text), deterministic=True)
    page = db.execute("SELECT id FROM page WHERE url = ?", [url]).fetchone()
    count, jobs = _captures(db, page[0]) if page else (0, [])
    visits, requests = _visits(db, url, page[0] if page else 0)
    backfill.forget(db, url)
    _indexes(db)
    if page:
        db.conn.execute("DELETE FROM page WHERE id = ?", [page[0]])
    derived.refresh(db, jobs)
    findings, more = _texts(db)
    return Gone(count, requests + more, findings, visits, tuple(sweep.sweep(db)))


def _captures(db: Database, page: int) -> tuple[int, list[int]]:
    """Take out the captures of a page and what hangs on them; how many they were, and the occupations that they show."""
    rows = [row[0] for row in db.execute("SELECT id FROM page_capture WHERE page_id = ?", [page]).fetchall()]
    readings = _ids(db, "SELECT id FROM reading WHERE page_capture_id IN ({})", rows)
    shown = "SELECT DISTINCT s.job_id FROM reading r JOIN sighting s ON s.content_id = r.content_id WHERE r.id IN ({})"
    jobs = sorted(set(_ids(db, shown, readings)))
    for table in ("job_current", "disagreement", "span", "source_change"):
        _each(db, f"DELETE FROM {table} WHERE job_id IN ({{}})", jobs)
    _leave_bodies(db, page)
    _each(db, "UPDATE page_capture SET newest_reading_id = NULL, published_reading_id = NULL WHERE id IN ({})", rows)
    _each(db, "UPDATE alert SET first_capture_id = NULL WHERE first_capture_id IN ({})", rows)
    _each(db, "DELETE FROM page_finding WHERE reading_id IN ({})", readings)
    for table in ("staged", "validator", "hold", "applied_change"):
        _each(db, f"DELETE FROM {table} WHERE page_capture_id IN ({{}})", rows)
    _each(db, "DELETE FROM reading WHERE id IN ({})", readings)
    _each(db, "UPDATE page_capture SET body_capture_id = NULL WHERE id IN ({})", rows)
    _each(db, "DELETE FROM page_capture WHERE id IN ({})", rows)
    return len(rows), jobs


def _leave_bodies(db: Database, page: int) -> None:
    """Let captures of other pages point at none of a page: the archive had lost these bodies before."""
    query = (
        "SELECT min(c.id), lower(hex(c.sha256)) FROM page_capture c JOIN page_capture b ON b.id = c.body_capture_id "
        "WHERE b.page_id = ? AND c.page_id != b.page_id GROUP BY c.sha256"
    )
    for row, sha256 in db.execute(query, [page]).fetchall():
        _hold_body(db, row, sha256)


def _visits(db: Database, url: str, page: int) -> tuple[int, int]:
    """Take out the address of a page from the queue, those that only lead to it, and their requests; a page of its own that led
    to it stays, as if it had not."""
    own = "SELECT p.id FROM page p WHERE p.url = visit.url AND p.id != ?"
    db.conn.execute(f"UPDATE visit SET page_id = ({own}) WHERE page_id = ? AND EXISTS ({own})", [page, page, page])
    query = "SELECT id FROM visit WHERE url = ? OR page_id = ? OR names_it(url)"
    gone = [row[0] for row in db.execute(query, [url, page]).fetchall()]
    requests = _each(db, "DELETE FROM request_log WHERE visit_id IN ({})", gone)
    _each(db, "DELETE FROM visit WHERE id IN ({})", gone)
    db.conn.execute("UPDATE visit SET detail = '' WHERE names_it(detail)")
    return len(gone), requests


def _indexes(db: Database) -> None:
    """Take out what indexes of web archives were asked for by name, and what they said of it."""
    items = [row[0] for row in db.execute("SELECT id FROM backfill_capture WHERE names_it(original)").fetchall()]
    indexes = "SELECT id FROM backfill_index WHERE names_it(pattern) AND pattern NOT LIKE '%*%'"
    found = [row[0] for row in db.execute(indexes).fetchall()]
    _each(db, "DELETE FROM backfill_named WHERE item_id IN ({})", items)
    _each(db, "DELETE FROM backfill_named WHERE index_id IN ({})", found)
    _each(db, "DELETE FROM backfill_capture WHERE id IN ({})", items)
    _each(db, "DELETE FROM backfill_index WHERE id IN ({})", found)
    db.conn.execute("UPDATE backfill_index SET position = '', read_at = NULL WHERE names_it(position)")
    db.conn.execute("UPDATE backfill_capture SET detail = '' WHERE names_it(detail)")


def _texts(db: Database) -> tuple[int, int]:
    """Take out the findings about runs and about mirrors, and the requests, that name a page; how many of both."""
    about = "reading_id IS NULL OR code = 'mirror_differs'"
    findings = db.conn.execute(f"DELETE FROM page_finding WHERE ({about}) AND names_it(message)").rowcount
    requests = db.conn.execute("DELETE FROM request_log WHERE names_it(url) OR names_it(detail)").rowcount
    return findings, requests


def note_unclean(db: Database) -> None:
    """Remember that the file of the database may still hold bytes of rows that are gone."""
    db.conn.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, '1')", [_UNCLEAN])


def is_unclean(db: Database) -> bool:
    """Whether the file of the database may still hold bytes of rows that are gone."""
    return bool(db.execute("SELECT EXISTS (SELECT 1 FROM setting WHERE name = ?)", [_UNCLEAN]).fetchone()[0])


def clean(db: Database) -> None:
    """Write the file of the database anew, without bytes of rows that are gone. No transaction may be open."""
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_schema").fetchall()}
    with db.atomic():
        for table in sorted(tables & {"sqlite_stat4", "sqlite_stat3"}):
            db.conn.execute(f"DELETE FROM {table}")  # samples of values
    db.conn.execute("PRAGMA cache_spill = ON")
    db.conn.execute("VACUUM")
    db.conn.execute("PRAGMA cache_spill = OFF")
    with db.atomic():
        db.conn.execute("DELETE FROM setting WHERE name = ?", [_UNCLEAN])


def remains(db: Database, names: Names) -> list[str]:
    """Where rows of ours still name an address: table and column."""
    db.conn.create_function("names_it", 1, lambda text: isinstance(text, str) and names(text), deterministic=True)
    about = {"page_finding": " AND (reading_id IS NULL OR code = 'mirror_differs')"}
    return [
        f"{table}.{column}"
        for table, columns in _TEXTS.items()
        for column in columns
        if db.execute(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE names_it({column}){about.get(table, '')})").fetchone()[0]
    ]


def _ids(db: Database, query: str, values: Collection[int]) -> list[int]:
    return [row[0] for some in batches(values) for row in db.execute(query.format(marks(some)), some).fetchall()]


def _each(db: Database, statement: str, values: Sequence[int]) -> int:
    return sum(db.conn.execute(statement.format(marks(some)), some).rowcount for some in batches(values))


def pages(db: Database) -> list[str]:
    """The addresses of all pages."""
    return [row[0] for row in db.execute("SELECT url FROM page ORDER BY url").fetchall()]
