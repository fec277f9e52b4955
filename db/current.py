"""What counts as an occupation's latest: for each group of fields that are printed together, one capture.

The rule is CONTRACT.md's: over all pages, the newest row that is ok or missing; a suspect or unreadable row is skipped;
a newer complete capture of the same page that has the table or sentence, but not the field, ends the older value. The
first field of a group that has such a row decides from which capture the whole group is taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from db.schema import LISTS, PAGE_SECTIONS
from db.sections import Key, Shown, State
from normalize.facts import STATUSES
from normalize.fields import FIELDS, GROUPS, SECTIONS, Field

_FIELDS_OF = {group: tuple(f for f in FIELDS if f.group == group) for group in GROUPS}
_SUSPECT = STATUSES.index("suspect")
_TERM_PART = {"outlook": "time", "salary": "pay", "skill": "top_skills"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One side of one published capture: which section rows it shows, which parts of a page it has, and by which parser and lists
    it was read."""

    reading_id: int
    page_id: int
    url: str
    captured_at: str
    capture_row: int
    side: int
    complete: bool
    parts: frozenset[str]
    rows: Mapping[str, int | None]
    layout_id: int
    title_id: int
    read_by: str


def shown(db: Database, sights: Sequence[Seen]) -> Shown:
    """What the sightings show."""
    rows = {section: {row for sight in sights if (row := sight.rows[section]) is not None} for section in SECTIONS}
    return Shown(db, rows)


def refresh(db: Database, job_id: int, found: Sequence[Seen], shows: Shown) -> None:
    """Recompute the pointers of one occupation from its sightings, newest first, and what they show: what its latest values come
    from, and its title; the caller holds the transaction."""
    facts = _Facts(db, shows)
    pages: dict[tuple[int, int], list[Seen]] = {}
    for sight in found:
        pages.setdefault((sight.page_id, sight.side), []).append(sight)
    chosen = [(group, choose(group, [*pages.values()], facts)) for group in GROUPS]
    db.conn.execute("UPDATE job SET title_id = ? WHERE id = ?", [found[0].title_id if found else None, job_id])
    db.conn.execute("DELETE FROM job_current WHERE job_id = ?", [job_id])
    db.conn.executemany(
        "INSERT INTO job_current (job_id, group_id, row_id, page_capture_id, side) VALUES (?, ?, ?, ?, ?)",
        [
            (job_id, GROUPS.index(group), sight.rows[_FIELDS_OF[group][0].section], sight.capture_row, sight.side)
            for group, sight in chosen
            if sight
        ],
    )


def seen(db: Database, job_id: int) -> list[Seen]:
    """All published sightings of an occupation, newest first; ties in the order of address and side."""
    rows = db.execute(
        "SELECT r.id, c.page_id, p.url, c.captured_at, c.id, s.side, r.outcome, t.parts, s.salary_id, s.education_id, "
        "s.demographics_id, s.outlook_id, s.skillset_id, s.layout_id, s.title_id, "
        f"v.parser || {LISTS} FROM sighting s "
        "JOIN content t ON t.id = s.content_id JOIN reading r ON r.content_id = s.content_id "
        "JOIN parser_version v ON v.id = r.version_id JOIN page_capture c ON c.id = r.page_capture_id "
        "AND c.published_reading_id = r.id "
        "JOIN page p ON p.id = c.page_id "
        "WHERE s.job_id = ? ORDER BY c.captured_at DESC, p.url, s.side, c.capture_id DESC",
        [job_id],
    ).fetchall()
    return [
        Seen(
            reading_id,
            page_id,
            url,
            captured_at,
            capture_row,
            side,
            outcome == "complete",
            frozenset(parts.split()),
            dict(zip(SECTIONS, ids, strict=True)),
            layout_id,
            title_id,
            read_by,
        )
        for reading_id, page_id, url, captured_at, capture_row, side, outcome, parts, *ids, layout_id, title_id, read_by in rows
    ]


class _Facts:
    """The status of every field in the section rows of one occupation."""

    def __init__(self, db: Database, shows: Shown) -> None:
        self.parts = Parts(db)
        self._shows = shows
        self._status: dict[tuple[int, int], str] = {}

    def status(self, field: Field, sight: Seen) -> str:
        """The status of a field in a sighting, empty when the page does not have it."""
        row_id = sight.rows[field.section]
        if row_id is None:
            return ""
        if (known := self._status.get((field.id, row_id))) is None:
            known = self._status[field.id, row_id] = _status(field, self._shows.of(field.section)[row_id])
        return known


def _status(field: Field, states: Mapping[Key, State]) -> str:
    """A list is suspect if one of its items is, else as good as its best item; of skills their names tell."""
    if field.scalar:
        status = states.get((field.id, ""))
        return STATUSES[status[0]] if status else ""
    items = [status for (of, _), (status, _) in states.items() if of == field.id] if field.column != "pct" else []
    return "" if not items else "suspect" if _SUSPECT in items else STATUSES[min(items)]


class Parts:
    """The table or kind of sentence in which a field stands in a sighting; what was asked is remembered."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[tuple[int, int], str] = {}

    def of(self, field: Field, sight: Seen) -> str:
        """The name of the part, as `Seen.parts` has it; empty where the sighting does not have the field."""
        key = sight.layout_id, field.id
        if (known := self._known.get(key)) is None:
            query = "SELECT section_id FROM layout_cell WHERE layout_id = ? AND field_id = ? LIMIT 1"
            row = self._db.execute(query, key).fetchone()
            section = PAGE_SECTIONS[row[0]] if row else ""
            known = self._known[key] = _TERM_PART.get(field.section, section) if section == "intro" else section
        return known


def choose(group: str, pages: Sequence[Sequence[Seen]], facts: _Facts) -> Seen | None:
    """The sighting from which a group of fields is taken, None when no page has it; `pages` are the captures of each, newest
    first, and so are the pages."""
    for field in _FIELDS_OF[group]:
        if pages and facts.status(field, pages[0][0]) == "ok":
            return pages[0][0]
        standing = [found for captures in pages if (found := _standing(field, captures, facts))]
        if standing:
            newest = max(sight.captured_at for sight in standing)
            tied = [sight for sight in standing if sight.captured_at == newest]
            return next((sight for sight in tied if facts.status(field, sight) == "ok"), tied[0])
    return None


def _standing(field: Field, captures: Sequence[Seen], facts: _Facts) -> Seen | None:
    """The newest capture of one page that has the field as ok or missing, unless a newer one ended it."""
    ended: set[str] = set()
    for sight in captures:
        status = facts.status(field, sight)
        if status in ("ok", "missing"):
            return None if ended and facts.parts.of(field, sight) in ended else sight
        if not status and sight.complete:
            ended |= sight.parts
    return None
