"""What readings say, as the measures of drift want it: the captures of a run, and the newest published one of each page."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice

from sqlite_utils import Database

from db import sections
from db.batches import batches, marks
from normalize.facts import STATUSES, Value
from normalize.fields import FIELDS, SECTIONS
from normalize.measures import Key, Said, Sight

HISTORY_PAGES = 500
"""So many pages of a site are looked at, those that were captured last; and so many times as many, to find them among others."""

_LOOKED_AT = 20
_LAST_RUN = 2**62
_FIELDS = {field.id: field for field in FIELDS}
_ROWS = ("salary_id", "education_id", "demographics_id", "outlook_id", "skillset_id")
_WORST = ("unreadable", "suspect", "ok", "missing")
_Status = tuple[str, Value | None]


@dataclass(frozen=True, slots=True)
class Shown:
    """A capture and its reading, on a page of a site; `before` is the reading of the page's published capture before it."""

    row: int
    capture_id: str
    page: int
    site: str
    reading: int
    partial: bool
    findings: bool
    before: int | None


SiteOf = Callable[[str], str]
"""The site that an address belongs to, empty for none."""

_COLUMNS = (
    "c.id, c.capture_id, c.page_id, p.url, r.id, r.outcome = 'partial', EXISTS (SELECT 1 FROM every_finding g "
    "WHERE g.reading_id = r.id AND g.severity IN ('warning', 'error') AND g.code != 'mirror_differs'), "
    "(SELECT b.published_reading_id FROM page_capture b "
    "WHERE b.page_id = c.page_id AND b.published_reading_id IS NOT NULL AND b.id != c.id "
    "AND (b.captured_at, b.capture_id) < (c.captured_at, c.capture_id) ORDER BY b.captured_at DESC, b.capture_id DESC LIMIT 1)"
)


def of_captures(db: Database, rows: Collection[int], site_of: SiteOf) -> list[Shown]:
    """What captures show that could be read, in the order in which they came."""
    query = (
        f"SELECT {_COLUMNS} FROM page_capture c JOIN page p ON p.id = c.page_id JOIN reading r ON r.id = c.newest_reading_id "
        "WHERE r.outcome != 'rejected' AND c.id IN ({})"
    )
    found = [row for some in batches(sorted(rows)) for row in db.execute(query.format(marks(some)), some).fetchall()]
    return [shown for row in found if (shown := _shown(row, site_of)).site]


def published(db: Database, site: str, site_of: SiteOf, through: int | None = None) -> list[Shown]:
    """The newest published capture of each page of a site, those that were captured last; of what runs read up to one, where
    `through` says so. What somebody let pass although it moved has no before: it is no habit of the site."""
    last = _LAST_RUN if through is None else through
    query = (
        f"SELECT {_COLUMNS} FROM page_capture c JOIN page p ON p.id = c.page_id JOIN reading r ON r.id = c.published_reading_id "
        "WHERE r.run_id <= ? AND NOT EXISTS (SELECT 1 FROM page_capture n JOIN reading m ON m.id = n.published_reading_id "
        "WHERE n.page_id = c.page_id AND m.run_id <= ? AND (n.captured_at, n.capture_id) > (c.captured_at, c.capture_id)) "
        "ORDER BY c.captured_at DESC, c.id DESC LIMIT ?"
    )
    let_pass = {row[0] for row in db.execute("SELECT page_capture_id FROM hold").fetchall()}
    rows = (_shown(row, site_of) for row in db.execute(query, [last, last, HISTORY_PAGES * _LOOKED_AT]))
    found = islice((shown for shown in rows if shown.site == site), HISTORY_PAGES)
    return [replace(shown, before=None) if shown.row in let_pass else shown for shown in found]


def earlier(db: Database, run_id: int, site: str, site_of: SiteOf) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """The runs before one whose readings of a site are published, the newest first: captures and their pages, the newest
    first."""
    query = (
        "SELECT r.run_id, c.id, c.page_id, p.url FROM reading r JOIN page_capture c ON c.id = r.page_capture_id "
        "AND c.published_reading_id = r.id "
        "JOIN page p ON p.id = c.page_id WHERE r.run_id < ? ORDER BY r.run_id DESC, c.captured_at DESC, c.id DESC LIMIT ?"
    )
    rows = db.execute(query, [run_id, HISTORY_PAGES * _LOOKED_AT])
    for run, together in groupby(rows, lambda row: int(row[0])):
        if found := [(row, page) for _, row, page, url in together if site_of(url) == site]:
            yield run, found


def _shown(row: Sequence[int | str | None], site_of: SiteOf) -> Shown:
    capture_row, capture_id, page, url, reading, partial, findings, before = row
    return Shown(
        int(capture_row or 0), str(capture_id), int(page or 0), site_of(str(url)), int(reading or 0), bool(partial),
        bool(findings), None if before is None else int(before),
    )  # fmt: skip


def sights(db: Database, shown: Sequence[Shown]) -> list[Sight]:
    """Both sides of each capture, with what the page said there before; whose occupation became another has no before."""
    reader = _Reader(db, {i for one in shown for i in (one.reading, one.before) if i is not None})
    found = []
    for one in shown:
        before = reader.sides(one.before) if one.before is not None else {}
        for side, (job, said) in reader.sides(one.reading).items():
            old_job, old = before.get(side, (None, None))
            found.append(Sight(one.page, one.capture_id, job, said, old if old_job == job else None, one.partial, one.findings))
    return found


class _Reader:
    """What the sides of readings say; section rows that several show are read once."""

    def __init__(self, db: Database, readings: Collection[int]) -> None:
        query = (
            f"SELECT r.id, s.side, s.job_id, {', '.join(f's.{row}' for row in _ROWS)} FROM reading r "
            "JOIN sighting s ON s.content_id = r.content_id WHERE r.id IN ({})"
        )
        self._rows: dict[int, dict[int, tuple[int, tuple[int | None, ...]]]] = {}
        for some in batches(sorted(readings)):
            for reading, side, job, *ids in db.execute(query.format(marks(some)), some):
                self._rows.setdefault(reading, {})[side] = (job, tuple(ids))
        self._said: dict[tuple[str, int], dict[Key, _Status]] = {}
        shown = [ids for sides in self._rows.values() for _, ids in sides.values()]
        for number, section in enumerate(SECTIONS):
            wanted = {row_id for ids in shown if (row_id := ids[number]) is not None}
            for row_id, states in sections.shown(db, section, wanted).items():
                self._said[section, row_id] = _of_fields(states)
        self._merged: dict[tuple[int | None, ...], Said] = {}

    def sides(self, reading: int) -> dict[int, tuple[int, Said]]:
        """The occupation of each side, and what is said of it."""
        return {side: (job, self._merge(ids)) for side, (job, ids) in self._rows.get(reading, {}).items()}

    def _merge(self, ids: tuple[int | None, ...]) -> Said:
        if (known := self._merged.get(ids)) is None:
            parts = [self._said[section, i] for section, i in zip(SECTIONS, ids, strict=True) if i is not None]
            known = self._merged[ids] = {key: said for part in parts for key, said in part.items()}
        return known


def _of_fields(states: Mapping[sections.Key, sections.State]) -> dict[Key, _Status]:
    """What a section row says by field and item; a list as a whole is as bad as its worst item, and missing where all are."""
    said: dict[Key, _Status] = {}
    for (field_id, item), (status, value) in states.items():
        field, word = _FIELDS[field_id], STATUSES[status]
        if field.scalar or item:
            said[field.name, item] = (word, value)
        if not field.scalar:
            whole = said.get((field.name, ""))
            said[field.name, ""] = (min(word, whole[0], key=_WORST.index) if whole else word, None)
    return said
