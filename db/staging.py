"""Captures that were read again and wait for all others: what they show now and then, and the one moment at which it counts.

The caller holds the transaction wherever something is written.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlite_utils import Database

from db import derived, publish, sections
from db.batches import batches, marks
from db.schema import LISTS
from normalize.claims import SIDES
from normalize.facts import STATUSES, Fact, Value
from normalize.fields import BY_NAME, FIELDS, SECTIONS
from normalize.findings import Finding

Key = tuple[str, str, str]
"""Side, field and item."""

State = tuple[str, Value | None]
"""Status and value."""

Facts = Mapping[Key, State]
"""What one capture shows."""

_FIELDS = {field.id: field.name for field in FIELDS}
_OK = STATUSES.index("ok")


class Standing(NamedTuple):
    """A capture as it was read last: its outcome, what it shows, by which run, and whether that counts."""

    row: int
    url: str
    captured_at: str
    reading_id: int
    run_id: int
    outcome: str
    content_id: int | None
    finding_set_id: int | None
    published: int
    parser: str


class Staged(NamedTuple):
    """A capture of which another reading waits: its outcome, and what it shows."""

    before: Standing
    outcome: str
    content_id: int | None


_STANDING = (
    "SELECT c.id, p.url, c.captured_at, r.id, r.run_id, r.outcome, r.content_id, r.finding_set_id, "
    "c.published_reading_id IS NOT NULL, "
    "v.parser FROM page_capture c JOIN page p ON p.id = c.page_id JOIN reading r ON r.id = c.newest_reading_id "
    "JOIN parser_version v ON v.id = r.version_id "
)


def stale(db: Database, parser: str, lists: str) -> "array[int]":
    """The captures that another parser or other lists read, in the order of pages and time."""
    query = (
        "SELECT c.id FROM page_capture c JOIN page p ON p.id = c.page_id JOIN reading r ON r.id = c.newest_reading_id "
        f"JOIN parser_version v ON v.id = r.version_id WHERE (v.parser, {LISTS}) != (?, ?) "
        "ORDER BY p.url, c.captured_at, c.capture_id"
    )
    return array("q", (row[0] for row in db.execute(query, [parser, lists])))


def standing(db: Database, rows: Sequence[int]) -> list[Standing]:
    """How captures stand, in their order."""
    found: dict[int, Standing] = {}
    for some in batches(rows):
        for row in db.execute(f"{_STANDING} WHERE c.id IN ({marks(some)})", some).fetchall():
            found[row[0]] = Standing(*row)
    return [found[row] for row in rows]


def stage(
    db: Database, standing: Standing, version_id: int, run_id: int, outcome: str, content_id: int | None, findings: int | None
) -> None:
    """Let a reading wait; one that is what it was stays with the run that read it first."""
    same = (outcome, content_id, findings) == (standing.outcome, standing.content_id, standing.finding_set_id)
    db.conn.execute(
        "INSERT OR REPLACE INTO staged (page_capture_id, version_id, run_id, outcome, content_id, finding_set_id) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [standing.row, version_id, standing.run_id if same else run_id, outcome, content_id, findings],
    )


def waiting(db: Database, version_id: int) -> set[int]:
    """The captures that were read again by a version and wait; what waits by another one is dropped."""
    db.conn.execute("DELETE FROM staged WHERE version_id != ?", [version_id])
    return set(rows(db))


def clear(db: Database) -> None:
    """Drop all that waits."""
    db.conn.execute("DELETE FROM staged")


def rows(db: Database) -> "array[int]":
    """All staged captures."""
    return array("q", (row[0] for row in db.execute("SELECT page_capture_id FROM staged ORDER BY page_capture_id")))


def everything(db: Database) -> "array[int]":
    """All captures."""
    return array("q", (row[0] for row in db.execute("SELECT id FROM page_capture ORDER BY id")))


def staged(db: Database) -> Iterator[Staged]:
    """All that waits, in the order of pages and time."""
    found = db.execute(
        "SELECT c.id, p.url, c.captured_at, r.id, r.run_id, r.outcome, r.content_id, r.finding_set_id, "
        "c.published_reading_id IS NOT NULL, v.parser, t.outcome, t.content_id FROM staged t "
        "JOIN page_capture c ON c.id = t.page_capture_id JOIN page p ON p.id = c.page_id "
        "JOIN reading r ON r.id = c.newest_reading_id JOIN parser_version v ON v.id = r.version_id "
        "ORDER BY p.url, c.captured_at, c.capture_id"
    )
    for row in found:
        yield Staged(Standing(*row[:10]), *row[10:])


_WAITING = "staged t JOIN page_capture c ON c.id = t.page_capture_id JOIN reading r ON r.id = c.newest_reading_id"

_OTHERS = f"{_WAITING} WHERE (t.outcome, t.content_id, t.finding_set_id) IS NOT (r.outcome, r.content_id, r.finding_set_id)"
"""What waits, and what of it shows something else, or has other findings."""


def apply(db: Database) -> None:
    """Let all that is staged count at once: what counted, and what could not be read before; what is held back stays so."""
    waits = _OTHERS if _is_even(db) else _WAITING
    jobs, counts = _jobs(db, waits), _counts(db)
    _withdraw_mirrored(db, waits)
    db.conn.execute(
        "UPDATE reading SET version_id = t.version_id, run_id = t.run_id, outcome = t.outcome, content_id = t.content_id, "
        "finding_set_id = t.finding_set_id FROM staged t JOIN page_capture c ON c.id = t.page_capture_id "
        "WHERE reading.id = c.newest_reading_id"
    )
    _withdraw_asked(db)
    db.conn.execute("DELETE FROM staged")
    publish.point(db, counts)
    derived.refresh(db, jobs)


def _is_even(db: Database) -> bool:
    """Whether all that counts was read by one parser, waits to be read by one other, and by the same lists: then nothing follows
    from it but what the captures follow that show something else."""
    read = (
        f"SELECT DISTINCT v.parser, {LISTS} FROM page_capture c JOIN reading r ON r.id = c.published_reading_id "
        "JOIN parser_version v ON v.id = r.version_id"
    )
    again = f"SELECT DISTINCT v.parser, {LISTS} FROM staged t JOIN parser_version v ON v.id = t.version_id"
    left = (
        "SELECT EXISTS (SELECT 1 FROM page_capture c WHERE c.published_reading_id IS NOT NULL "
        "AND (c.published_reading_id != c.newest_reading_id OR c.id NOT IN (SELECT page_capture_id FROM staged)))"
    )
    before, after = db.execute(read).fetchall(), db.execute(again).fetchall()
    even = len(before) == len(after) == 1 and before[0][1] == after[0][1]
    return even and not db.execute(left).fetchone()[0]


def _counts(db: Database) -> "array[int]":
    """The captures that are read otherwise, and count: they did, or could not be read before."""
    query = (
        f"SELECT c.id FROM {_OTHERS} "
        "AND (c.published_reading_id IS NOT NULL OR r.outcome = 'rejected') "
        "AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.page_capture_id = c.id AND h.released_at IS NULL) ORDER BY c.id"
    )
    return array("q", (row[0] for row in db.execute(query)))


def _jobs(db: Database, waits: str) -> list[int]:
    """The occupations that what waits shows, or showed before."""
    query = (
        f"SELECT DISTINCT job_id FROM sighting WHERE content_id IN (SELECT t.content_id FROM {waits} "
        f"UNION SELECT r.content_id FROM {waits}) ORDER BY job_id"
    )
    return [row[0] for row in db.execute(query).fetchall()]


def _withdraw_mirrored(db: Database, waits: str) -> None:
    """Take back what mirrored pages say of captures: it is found anew."""
    db.conn.execute(f"DELETE FROM page_finding WHERE code = 'mirror_differs' AND reading_id IN (SELECT r.id FROM {waits})")


def _withdraw_asked(db: Database) -> None:
    """Take back what other captures ask for those that waited, where their page asks for it itself now."""
    db.conn.execute(
        f"DELETE FROM page_finding WHERE reading_id IN (SELECT r.id FROM {_WAITING}) AND code IN "
        "(SELECT s.code FROM reading r JOIN shared_finding s ON s.finding_set_id = r.finding_set_id "
        "WHERE r.id = page_finding.reading_id)"
    )


def shared_findings(db: Database, finding_set_id: int | None) -> tuple[Finding, ...]:
    """The findings of a set."""
    query = (
        "SELECT s.code, s.severity, s.message, CASE s.side WHEN 0 THEN 'left' WHEN 1 THEN 'right' END, f.name "
        "FROM shared_finding s LEFT JOIN field f ON f.id = s.field_id WHERE s.finding_set_id = ? ORDER BY s.number"
    )
    return tuple(Finding(*row) for row in db.execute(query, [finding_set_id]).fetchall())


def facts(db: Database, content_id: int | None) -> Facts:
    """What a content shows."""
    found: dict[Key, State] = {}
    query = "SELECT side, salary_id, education_id, demographics_id, outlook_id, skillset_id FROM sighting WHERE content_id = ?"
    for side, *ids in db.execute(query, [content_id]).fetchall():
        for section, row_id in zip(SECTIONS, ids, strict=True):
            if row_id is None:
                continue
            for (field_id, item), (status, value) in sections.shown(db, section, [row_id])[row_id].items():
                found[SIDES[side], _FIELDS[field_id], item] = (STATUSES[status], value)
    return found


def facts_of(read: Iterable[Fact]) -> Facts:
    """The same of facts that are not stored."""
    return {
        (f.side, f.field, f.item): (f.status, float(f.value) if _is_real(f) else f.value)  # type: ignore[arg-type]
        for f in read
    }


def _is_real(fact: Fact) -> bool:
    return BY_NAME[fact.field].kind == "real" and fact.value is not None


def ok_values(db: Database, rows: Sequence[int], name: str) -> int:
    """How many ok values of a field captures show as they stand."""
    field = BY_NAME[name]
    if field.ranked:
        shown = f"JOIN skill x ON x.skillset_id = s.skillset_id AND x.{field.column}_status = {_OK}"
    elif field.scalar:
        shown = f"JOIN {field.section} x ON x.id = s.{field.section}_id AND x.{field.column}_status = {_OK}"
    else:
        shown = f"JOIN share x ON x.demographics_id = s.demographics_id AND x.field_id = {field.id} AND x.status = {_OK}"
    query = (
        "SELECT count(*) FROM page_capture c JOIN reading r ON r.id = c.newest_reading_id "
        f"JOIN sighting s ON s.content_id = r.content_id {shown} WHERE c.id IN ({{}})"
    )
    return sum(db.execute(query.format(marks(some)), some).fetchone()[0] for some in batches(rows))
