"""A Reading to rows: each section of an occupation stored once by its content, each sighting pointing at it."""

import hashlib
import math
from collections.abc import Sequence
from typing import NamedTuple

from sqlite_utils import Database

from db.rows import Cell, Rows, rows
from db.schema import PAGE_SECTIONS, section_columns
from normalize.claims import SIDES, Job
from normalize.facts import STATUSES, Fact, Reading
from normalize.fields import BY_NAME, FIELDS
from normalize.findings import Finding
from normalize.packed import Packed, PackedSide

FINDINGS_OF_ONE = ("mirror_differs", "time_from_file")
"""Findings that belong to one capture; all others are shared by the readings that found the same."""

SCALAR_SECTIONS = ("salary", "education", "demographics", "outlook")
_STATUS_ID = {name: number for number, name in enumerate(STATUSES)}
_SECTION_ID = {name: number for number, name in enumerate(PAGE_SECTIONS)}
_BY_CONTENT = ("job_id", "digest")
_FIRST_COLUMN = {
    field.name: section_columns(field.section).index(field.column if field.scalar else f"{field.column}_raw")
    for field in FIELDS
    if not field.ranked
}


def version(db: Database, parser: str, vocabulary: str) -> int:
    """The row of a version of code and vocabulary."""
    db.conn.execute("INSERT INTO parser_version (parser, vocabulary) VALUES (?, ?) ON CONFLICT DO NOTHING", [parser, vocabulary])
    query = "SELECT id FROM parser_version WHERE parser = ? AND vocabulary = ?"
    return int(db.execute(query, [parser, vocabulary]).fetchone()[0])


def load(db: Database, run_id: int, version_id: int, capture_row: int, reading: Reading) -> bool:
    """Store a reading of a capture as its newest one, unpublished; the caller holds the transaction.

    Returns whether its facts are those of the page's previous capture.
    """
    reading_id = int(db.conn.execute("SELECT ifnull(max(id), 0) + 1 FROM reading").fetchone()[0])
    rows(db).at(reading_id)
    content_id, finding_set_id = content_of(db, reading), finding_set_of(db, reading.findings)
    db.conn.execute(
        "INSERT INTO reading (id, page_capture_id, run_id, version_id, outcome, content_id, finding_set_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [reading_id, capture_row, run_id, version_id, reading.outcome, content_id, finding_set_id],
    )
    if of_one := [f for f in reading.findings if f.code in FINDINGS_OF_ONE]:
        note_findings(db, run_id, reading_id, of_one)
    db.conn.execute("UPDATE page_capture SET newest_reading_id = ? WHERE id = ?", [reading_id, capture_row])
    return content_id is not None and _same_as_before(db, capture_row, content_id)


def content_of(db: Database, reading: Reading) -> int | None:
    """The row of what a reading shows, made where it is new; None where it shows nothing. The caller holds the transaction."""
    if not reading.left or not reading.right:
        return None
    known = rows(db)
    sides = [
        _sighting(db, known, job, side) for job, side in zip((reading.left, reading.right), _sides(reading.facts), strict=True)
    ]
    return _content(db, known, " ".join(reading.parts), sides)


def _sides(facts: Sequence[Fact]) -> Sequence[PackedSide]:
    """The two sides of a page; those of facts that no worker sent have no digests."""
    return facts.sides if isinstance(facts, Packed) else [_own([f for f in facts if f.side == side]) for side in SIDES]


def _own(facts: list[Fact]) -> PackedSide:
    return PackedSide(len(facts), b"", b"", lambda: facts)


def _sighting(db: Database, known: Rows, job: Job, side: PackedSide) -> tuple[Cell, ...]:
    """The rows of a side: job, title, sections, skills and layout. What the database is known to have is not unpacked."""
    name = (job.slug, job.title, side.content)
    ids, layout_id = known.sides.get(name), known.layouts.get(side.layout)
    if not ids:
        ids = _side(db, known, job, side.facts)
        if side.content:
            known.sides[name] = ids
    if not layout_id:
        layout_id = _layout(db, known, side.facts)
        if side.layout:
            known.layouts[side.layout] = layout_id
    return (*ids, layout_id)


def finding_set_of(db: Database, findings: Sequence[Finding]) -> int | None:
    """The row of findings that are not of one capture alone, made where it is new; None for no findings. The caller holds the
    transaction."""
    shared = [_finding_row(f) for f in findings if f.code not in FINDINGS_OF_ONE]
    return _finding_set(db, rows(db), shared) if shared else None


def _content(db: Database, known: Rows, parts: str, sides: Sequence[Sequence[Cell]]) -> int:
    """The row of what a page shows: which parts it has, and for each side the job, its title, the section rows and the layout."""
    content_id, new = known.find_or_make("content", ("digest",), (digest((parts, *map(tuple, sides))),), ("parts",), (parts,))
    if new:
        db.conn.executemany(
            "INSERT INTO sighting (content_id, side, job_id, title_id, salary_id, education_id, demographics_id, outlook_id, "
            "skillset_id, layout_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(content_id, side, *ids) for side, ids in enumerate(sides)],
        )
    return content_id


def note_findings(db: Database, run_id: int, reading_id: int, findings: Sequence[Finding]) -> None:
    """Write findings about a reading; the caller holds the transaction."""
    db.conn.executemany(
        "INSERT INTO page_finding (run_id, reading_id, side, field_id, code, severity, message) VALUES (?,?,?,?,?,?,?)",
        [(run_id, reading_id, *_finding_row(f)) for f in findings],
    )


def _finding_row(f: Finding) -> tuple[Cell, ...]:
    side = SIDES.index(f.side) if f.side else None
    return side, BY_NAME[f.field].id if f.field else None, f.code, f.severity, f.message


def _finding_set(db: Database, known: Rows, found: Sequence[tuple[Cell, ...]]) -> int:
    """The row of findings that many readings share."""
    set_id, new = known.find_or_make("finding_set", ("digest",), (digest(list(found)),))
    if new:
        db.conn.executemany(
            "INSERT INTO shared_finding (finding_set_id, number, side, field_id, code, severity, message) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(set_id, number, *row) for number, row in enumerate(found)],
        )
    return set_id


def _side(db: Database, known: Rows, job: Job, facts: list[Fact]) -> tuple[Cell, ...]:
    job_id, _ = known.find_or_make("job", ("slug",), (job.slug,))
    title_id, _ = known.find_or_make("job_title", ("job_id", "title"), (job_id, job.title))
    contents = _contents(facts)
    ids = [_section(db, known, job_id, name, contents[name]) if name in contents else None for name in SCALAR_SECTIONS]
    ranked = [fact for fact in facts if BY_NAME[fact.field].ranked]
    skillset_id = _skillset(db, known, job_id, ranked) if ranked else None
    return (job_id, title_id, *ids, skillset_id)


def digest(content: object) -> int:
    """64 bits of a content's digest, as SQLite stores integers; `repr` keeps 12 and 12.0 apart."""
    return int.from_bytes(hashlib.blake2b(repr(content).encode(), digest_size=8).digest(), "big", signed=True)


class _Content(NamedTuple):
    """What a section says: its columns after job and digest, and the rows of its lists."""

    values: list[Cell]
    shares: list[tuple[Cell, ...]]


def _contents(facts: list[Fact]) -> dict[str, _Content]:
    """The contents of the sections that are there, without skills."""
    contents: dict[str, _Content] = {}
    for fact in facts:
        field = BY_NAME[fact.field]
        if field.ranked:
            continue
        if isinstance(fact.value, float) and not math.isfinite(fact.value):
            raise ValueError(f"{field.section} has a value that is not finite")
        if (content := contents.get(field.section)) is None:
            content = contents[field.section] = _Content([None] * len(section_columns(field.section)), [])
        values, at = content.values, _FIRST_COLUMN[field.name]
        if field.scalar:
            values[at : at + 3] = fact.value, _STATUS_ID[fact.status], fact.raw
        else:
            values[at] = fact.raw
            content.shares.append((field.id, fact.item, fact.value, _STATUS_ID[fact.status]))
    return contents


def _section(db: Database, known: Rows, job_id: int, section: str, content: _Content) -> int:
    row_id, new = known.find_or_make(
        section, _BY_CONTENT, (job_id, digest((content.values, content.shares))), section_columns(section), content.values
    )
    if new and content.shares:
        db.conn.executemany(
            "INSERT INTO share (demographics_id, field_id, item, pct, status) VALUES (?, ?, ?, ?, ?)",
            [(row_id, *share) for share in content.shares],
        )
    return row_id


def _skillset(db: Database, known: Rows, job_id: int, facts: list[Fact]) -> int:
    ranks: dict[int, dict[str, Cell]] = {}
    for fact in facts:
        column = BY_NAME[fact.field].column
        row = ranks.setdefault(int(fact.item), {})
        row |= {column: fact.value, f"{column}_status": _STATUS_ID[fact.status], f"{column}_raw": fact.raw}
    columns = ("name", "name_status", "name_raw", "pct", "pct_status", "pct_raw")
    skills = [(rank, *map(row.get, columns)) for rank, row in sorted(ranks.items())]
    row_id, new = known.find_or_make("skillset", _BY_CONTENT, (job_id, digest(skills)))
    if new:
        db.conn.executemany("INSERT INTO skill VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [(row_id, *skill) for skill in skills])
    return row_id


def _layout(db: Database, known: Rows, facts: list[Fact]) -> int:
    """Where each field stands on the page; pages of one template share a layout."""
    cells = {
        (field.id, int(fact.item) if field.ranked else 0, _SECTION_ID[fact.section], place.block, place.row, place.column)
        for fact in facts
        for field, place in ((BY_NAME[fact.field], fact.place),)
    }
    ordered = sorted(cells)
    row_id, new = known.find_or_make("layout", ("digest",), (digest(ordered),))
    if new:
        db.conn.executemany("INSERT INTO layout_cell VALUES (?, ?, ?, ?, ?, ?, ?)", [(row_id, *cell) for cell in ordered])
    return row_id


def _same_as_before(db: Database, capture_row: int, content_id: int) -> bool:
    """Whether the page's capture before this one, by its own time, shows the same sections on both sides."""
    before = db.conn.execute(
        "SELECT r.content_id FROM page_capture c JOIN page_capture b ON b.page_id = c.page_id "
        "AND (b.captured_at, b.capture_id) < (c.captured_at, c.capture_id) JOIN reading r ON r.id = b.newest_reading_id "
        "WHERE c.id = ? AND r.outcome != 'rejected' ORDER BY b.captured_at DESC, b.capture_id DESC LIMIT 1",
        [capture_row],
    ).fetchone()
    return bool(before) and (before[0] == content_id or _sections(db, before[0]) == _sections(db, content_id))


def _sections(db: Database, content_id: int) -> list[tuple[Cell, ...]]:
    """What a content says: its section rows, side by side."""
    query = (
        "SELECT side, job_id, salary_id, education_id, demographics_id, outlook_id, skillset_id FROM sighting "
        "WHERE content_id = ? ORDER BY side"
    )
    return list(db.execute(query, [content_id]).fetchall())
