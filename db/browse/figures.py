"""What pages show, gathered from the database: any two occupations, one, and the start page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlite_utils import Database

from db import coverage, holds, queries, sheet
from db.browse import summary
from db.browse.content import Cell, Comparison, Fact, Head, Occupation, Page, Paid, Section, Shared, Skill, Skills, Start, Stretch
from db.queries import Row, rows
from db.sheet import Line
from normalize.errors import UsageError
from normalize.facts import Value
from normalize.fields import BY_NAME, SECTIONS, Field
from normalize.folding import fold
from normalize.wording import NOT_SHOWN, SECTION_WORDS, difference, disputed_words, item_words, value_words

_PAY = BY_NAME["salary.annual_mean_usd"]
_SKILL, _SKILL_PCT = BY_NAME["skill.name"], BY_NAME["skill.pct"]
_MOST_CHANGES = 20
_MOST_RUNS = 5
_MOST_PAID = 8
_MOST_PAIRS = 12
_ABSENT = Cell("absent", None, "", "", "", "", "", "", "")


def comparison(db: Database, left: str, right: str) -> Comparison:
    """Two occupations, named by their slugs. Raises UsageError where they are one, UnknownOccupation."""
    if left == right:
        raise UsageError(f"{left} is one occupation: name two to compare")
    slugs = (left, right)
    histories = [stretches(db, slug) for slug in slugs]
    sections, skills = _gathered(db, slugs, histories)
    heads = (head(db, left), head(db, right))
    pay = tuple(tuple(one for one in found if one.field is _PAY) for found in histories)
    between = tuple(_page(row) for row in queries.pages_of(db, left) if row["other"] == right)
    wages = summary.Wages(pay, [queries.ends(db, slug, _PAY) for slug in slugs], [_said(db, page, slugs) for page in between])
    return Comparison(heads, summary.verdict(heads, sections, wages), sections, skills, pay, between)


def occupation(db: Database, slug: str) -> Occupation:
    """One occupation, named by its slug. Raises UnknownOccupation."""
    history = stretches(db, slug)
    sections, skills = _gathered(db, (slug,), [history])
    return Occupation(
        head(db, slug),
        sections,
        skills,
        tuple(one for one in history if one.field is _PAY),
        history,
        tuple(queries.changes_of(db, slug, _MOST_CHANGES)),
        tuple(_page(row) for row in queries.pages_of(db, slug)),
    )


def start(db: Database, now: datetime) -> Start:
    """What there is; `now` decides what is fresh."""
    return Start(
        queries.counts(db) | {"runs": int(db.execute("SELECT count(*) FROM run_log").fetchone()[0])},
        coverage.coverage(db, now),
        tuple(queries.newest_runs(db, _MOST_RUNS)),
        tuple(row | {"title": _title(db, row["occupation"])} for row in queries.changes(db, "", _MOST_CHANGES, codes=False)),
        tuple(_open_findings(db)),
        int(db.execute("SELECT count(*) FROM disagreement WHERE stands = 1").fetchone()[0]),
        sum(run.captures for run in holds.waiting(db)),
        tuple(Paid(**row, words=value_words(_PAY, row["value"])) for row in queries.best_paid(db, _MOST_PAID)),
        tuple(_pairs(db)),
    )


def _title(db: Database, slug: str) -> str:
    found = db.execute("SELECT title FROM occupation WHERE slug = ?", [slug]).fetchone()
    return str(found[0]) if found else slug


def head(db: Database, slug: str) -> Head:
    """Who an occupation is. Raises UnknownOccupation."""
    row = queries.latest(db, queries.occupation(db, slug))
    code, title = queries.soc(db, slug)
    return Head(slug, row["title"], code, title, row["as_of"] or "", row["captures"])


def stretches(db: Database, slug: str) -> tuple[Stretch, ...]:
    """All that an occupation's pages said, by field and the oldest first."""
    return tuple(
        Stretch(
            BY_NAME[row["field"]], row["item"], row["value"], value_words(BY_NAME[row["field"]], row["value"]),
            row["first_seen"], row["last_seen"], row["captures"],
        )
        for row in queries.history(db, slug)
    )  # fmt: skip


def _gathered(db: Database, slugs: Sequence[str], histories: Sequence[Sequence[Stretch]]) -> tuple[tuple[Section, ...], Skills]:
    notes = _Notes(db)
    pasts = [_past(found) for found in histories]
    facts = [_fact(line, notes, pasts) for line in sheet.lines(db, slugs)]
    sections = tuple(
        Section(name, SECTION_WORDS[name], tuple(fact for fact in facts if fact.field.section == name))
        for name in SECTIONS
        if name != "skill"
    )
    listed = [fact for fact in facts if fact.field.ranked]
    return tuple(section for section in sections if section.facts), _skills(listed, len(slugs))


class _Notes:
    """Why values are in doubt, and what was made of them: the findings of their captures, each asked for once."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[str, tuple[list[Row], bool]] = {}

    def of(self, row: Row) -> str:
        """The messages about the field and side of an observation, each once: those that tell of a doubt, or of an undoubted
        value that it was converted."""
        about = (row["side"], row["field"])
        told = [f for f in self._of(row)[0] if (f["side"], f["field"]) == about and _is_told(f, row["status"])]
        return "; ".join(dict.fromkeys(f["message"] for f in told))

    def file_time(self, row: Row) -> bool:
        """Whether the time of the capture is only the file's own."""
        return self._of(row)[1]

    def _of(self, row: Row) -> tuple[list[Row], bool]:
        capture = row["capture_id"]
        if capture not in self._known:
            found = queries.findings_of(self._db, capture)
            self._known[capture] = found, any(f["code"] == "time_from_file" for f in found)
        return self._known[capture]


def _is_told(finding: Row, status: str) -> bool:
    return bool(finding["code"] == "converted" if status == "ok" else finding["severity"] != "info")


_Past = Mapping[tuple[str, str], Sequence[Stretch]]


def _past(found: Sequence[Stretch]) -> _Past:
    """The stretches of each field and item."""
    key = attrgetter("field.name", "item")
    return {of: tuple(several) for of, several in groupby(found, key)}


def _fact(line: Line, notes: _Notes, pasts: Sequence[_Past]) -> Fact:
    cells = tuple(
        replace(
            _cell(line.field, row, disputed, notes, past.get((line.field.name, line.item), ())), newer=_newer(line, doubt, notes)
        )
        for row, disputed, past, doubt in zip(line.cells, line.disputed, pasts, line.newer, strict=True)
    )
    label = item_words(line.field, line.item) if line.item else line.field.label
    if line.field.items and not line.item:
        label = f"{line.field.label}, the list as a whole"
    known = [cell.value if cell.status == "ok" else None for cell in cells]
    return Fact(line.field, line.item, label, cells, difference(line.field, *known) if len(known) == 2 else "")


def _cell(field: Field, row: Row | None, disputed: Mapping[str, int], notes: _Notes, past: Sequence[Stretch]) -> Cell:
    if row is None:
        if not disputed:
            return _ABSENT
        return Cell("disputed", None, "", disputed_words(field, disputed), "", "", "", "", "")
    where = (row["raw"], row["url"], row["captured_at"], row["capture_id"])
    own = notes.file_time(row)
    if disputed:
        return Cell("disputed", None, "", disputed_words(field, disputed), *where, "", file_time=own)
    status = row["status"]
    if status == "missing":
        return Cell("missing", None, NOT_SHOWN, "", *where, "", file_time=own)
    if status == "unreadable":
        return Cell("unreadable", None, "", notes.of(row), *where, "", file_time=own)
    value: Value = row["value"]
    since = _begun(past, value, row["captured_at"]) if status == "ok" else ""
    return Cell(status, value, value_words(field, value), notes.of(row), *where, since, file_time=own)


def _newer(line: Line, doubt: Row | None, notes: _Notes) -> str:
    """`460 years on 2026-01-01, suspect: ...`; empty for no newer page in doubt."""
    if doubt is None:
        return ""
    said = value_words(line.field, doubt["value"]) if doubt["status"] == "suspect" else doubt["raw"] or NOT_SHOWN
    why = notes.of(doubt)
    return f"{said} on {doubt['captured_at'][:10]}, {doubt['status']}{f': {why}' if why else ''}"


def _begun(past: Sequence[Stretch], value: Value, captured_at: str) -> str:
    """When the stretch of a value began in which it was captured; empty for none."""
    return next((s.first_seen for s in past if s.value == value and s.first_seen <= captured_at <= s.last_seen), "")


def _skills(facts: Sequence[Fact], sides: int) -> Skills:
    """Skills by the folded name; what has no name that can be read, or one that stands there already, is nobody's in common."""
    shares = {fact.item: fact.cells for fact in facts if fact.field is _SKILL_PCT}
    named = [fact for fact in facts if fact.field is _SKILL]
    own: list[dict[str, Skill]] = [{} for _ in range(sides)]
    for fact in named:
        for side, cell in enumerate(fact.cells):
            if cell.status != "absent":
                key = fold(str(cell.value)) if cell.status == "ok" else ""
                share = shares[fact.item][side] if fact.item in shares else None
                own[side].setdefault(key if key and key not in own[side] else f"\0{fact.item}", Skill(fact.item, cell, share))
    both = [key for key in own[0] if sides == 2 and not key.startswith("\0") and key in own[1]]
    common = tuple(Shared(own[0][key].name.words, tuple(side[key] for side in own)) for key in both)
    return Skills(common, tuple(tuple(skill for key, skill in side.items() if key not in both) for side in own))


def _said(db: Database, page: Page, slugs: tuple[str, str]) -> tuple[str, tuple[Value | None, Value | None]]:
    """The undoubted wages that the newest capture of a page shows of two occupations, and its time."""
    query = "SELECT occupation, value FROM observation_latest WHERE url = ? AND field = ? AND status = 'ok'"
    found = dict(db.execute(query, [page.url, _PAY.name]).fetchall())
    return page.captured_at, (found.get(slugs[0]), found.get(slugs[1]))


def _page(row: Row) -> Page:
    return Page(row["url"], row["captured_at"], row["captures"], row["other"], row["other_title"] or row["other"])


def _open_findings(db: Database) -> Iterator[Row]:
    """Warnings and errors about the newest capture of each page: `severity`, `code`, and on how many `pages`; errors first."""
    query = (
        "SELECT g.severity, g.code, count(DISTINCT c.page_id) AS pages FROM page_capture c "
        "JOIN reading r ON r.id = c.newest_reading_id JOIN every_finding g ON g.reading_id = r.id "
        "WHERE g.severity != 'info' AND NOT EXISTS (SELECT 1 FROM page_capture n WHERE n.page_id = c.page_id "
        "AND (n.captured_at, n.capture_id) > (c.captured_at, c.capture_id)) GROUP BY g.severity, g.code"
    )
    yield from sorted(rows(db, query), key=lambda row: (row["severity"] != "error", -row["pages"], row["code"]))


def _pairs(db: Database) -> Iterator[Row]:
    """The pairs of the pages that were captured last: slugs and titles of `left` and `right`."""
    query = (
        'SELECT "left", "right" FROM comparison WHERE published = 1 AND url IN '
        "(SELECT p.url FROM page_capture c JOIN page p ON p.id = c.page_id WHERE c.published_reading_id IS NOT NULL "
        "ORDER BY c.captured_at DESC, p.url LIMIT ?) GROUP BY 1, 2 ORDER BY max(captured_at) DESC, 1, 2 LIMIT ?"
    )
    for row in rows(db, query, [4 * _MOST_PAIRS, _MOST_PAIRS]):
        yield {name: row[name] for name in ("left", "right")} | {
            f"{side}_title": _title(db, row[side]) for side in ("left", "right")
        }
