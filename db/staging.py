"""Captures that were read again and wait for all others: what they show now and then, and the one moment at which it counts.

The caller holds the transaction wherever something is written.
"""

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


def stale(db: Database, parser: str, lists: str) -> list[int]:
    """The captures that another parser or other lists read, in the order of pages and time."""
    query = (
        "SELECT c.id FROM page_capture c JOIN page p ON p.id = c.page_id JOIN reading r ON r.id = c.newest_reading_id "
        f"JOIN parser_version v ON v.id = r.version_id WHERE (v.parser, {LISTS}) != (?, ?) "
        "ORDER BY p.url, c.captured_at, c.capture_id"
    )
    return [row[0] for row in db.execute(query, [parser, lists]).fetchall()]


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


def rows(db: Database) -> list[int]:
    """All staged captures."""
    return [row[0] for row in db.execute("SELECT page_capture_id FROM staged ORDER BY page_capture_id").fetchall()]


def everything(db: Database) -> list[int]:
    """All captures."""
    return [row[0] for row in db.execute("SELECT id FROM page_capture ORDER BY id").fetchall()]


def staged(db: Database) -> list[Staged]:
    """All that waits, in the order of pages and time."""
    found = db.execute(
        "SELECT c.id, p.url, c.captured_at, r.id, r.run_id, r.outcome, r.content_id, r.finding_set_id, "
        "c.published_reading_id IS NOT NULL, v.parser, t.outcome, t.content_id FROM staged t "
        "JOIN page_capture c ON c.id = t.page_capture_id JOIN page p ON p.id = c.page_id "
        "JOIN reading r ON r.id = c.newest_reading_id JOIN parser_version v ON v.id = r.version_id "
        "ORDER BY p.url, c.captured_at, c.capture_id"
    ).fetchall()
    return [Staged(Standing(*row[:10]), *row[10:]) for row in found]


def apply(db: Database) -> None:
    """Let all that is staged count at once: what counted, and what could not be read before; what is held back stays so."""
    waits = staged(db)
    db.conn.execute(
        "UPDATE reading SET version_id = t.version_id, run_id = t.run_id, outcome = t.outcome, content_id = t.content_id, "
        "finding_set_id = t.finding_set_id FROM staged t JOIN page_capture c ON c.id = t.page_capture_id "
        "WHERE reading.id = c.newest_reading_id"
    )
    db.conn.execute("DELETE FROM staged")
    _withdraw_findings(db, [one.before.reading_id for one in waits])
    held = {row[0] for row in db.execute("SELECT page_capture_id FROM hold WHERE released_at IS NULL").fetchall()}
    other = [one for one in waits if (one.outcome, one.content_id) != (one.before.outcome, one.before.content_id)]
    counts = [one.before.row for one in other if one.before.published or one.before.outcome == "rejected"]
    publish.point(db, [row for row in counts if row not in held])
    contents = {content for one in waits for content in (one.before.content_id, one.content_id)} - {None}
    derived.refresh(db, sorted(_jobs(db, contents)))


def _withdraw_findings(db: Database, readings: Iterable[int]) -> None:
    """Take back what other captures say of some: what mirrored pages say is found anew, and what a page asks for itself need not
    be asked for it."""
    for some in batches(readings):
        db.conn.execute(
            f"DELETE FROM page_finding WHERE reading_id IN ({marks(some)}) AND (code = 'mirror_differs' OR code IN "
            "(SELECT s.code FROM reading r JOIN shared_finding s ON s.finding_set_id = r.finding_set_id "
            "WHERE r.id = page_finding.reading_id))",
            some,
        )


def shared_findings(db: Database, finding_set_id: int | None) -> tuple[Finding, ...]:
    """The findings of a set."""
    query = (
        "SELECT s.code, s.severity, s.message, CASE s.side WHEN 0 THEN 'left' WHEN 1 THEN 'right' END, f.name "
        "FROM shared_finding s LEFT JOIN field f ON f.id = s.field_id WHERE s.finding_set_id = ? ORDER BY s.number"
    )
    return tuple(Finding(*row) for row in db.execute(query, [finding_set_id]).fetchall())


def _jobs(db: Database, contents: Iterable[int | None]) -> set[int]:
    found: set[int] = set()
    for some in batches(contents):
        query = f"SELECT DISTINCT job_id FROM sighting WHERE content_id IN ({marks(some)})"
        found |= {row[0] for row in db.execute(query, some).fetchall()}
    return found


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


def occupations(db: Database, content_id: int | None) -> dict[str, int]:
    """The occupation of each side of a content."""
    found = db.execute("SELECT side, job_id FROM sighting WHERE content_id = ?", [content_id]).fetchall()
    return {SIDES[side]: job_id for side, job_id in found}


def applied(db: Database, one: Staged, old: Facts, new: Facts) -> "Iterator[Applied]":
    """What is another of each occupation, on whatever side of the page it stands."""
    before, after = _by_occupation(db, one.before.content_id, old), _by_occupation(db, one.content_id, new)
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            yield Applied(*key, before.get(key), after.get(key), one.before.row)


def _by_occupation(db: Database, content_id: int | None, said: Facts) -> Mapping[tuple[int, str, str], State]:
    jobs = occupations(db, content_id)
    return {(jobs[side], name, item): state for (side, name, item), state in said.items()}


class Applied(NamedTuple):
    """A change of a value by the parser or the vocabulary: the occupation, field and item, before and after, and a capture."""

    job_id: int
    field: str
    item: str
    old: State | None
    new: State | None
    row: int


def note(db: Database, run_id: int, at: str, cause: str, found: Iterable[Applied]) -> None:
    """Write down changes by the parser or the vocabulary, each pair of old and new value of a fact once. What was not given, was
    unreadable or in doubt counts as removed."""
    seen: dict[tuple[object, ...], tuple[object, ...]] = {}
    for one in found:
        old, new = _given(one.old), _given(one.new)
        key = (one.job_id, one.field, one.item, *old, *new)
        if old != new and key not in seen:
            seen[key] = (run_id, one.job_id, one.field, one.item, old[1], old[0], new[1], new[0], cause, at, one.row)
    db.conn.executemany(
        "INSERT INTO applied_change (run_id, job_id, field, item, old_value, old_status, new_value, new_status, cause, "
        "changed_at, page_capture_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        list(seen.values()),
    )


def _given(state: State | None) -> State:
    return state if state and state[0] in ("ok", "missing") else ("removed", None)
