"""A Reading to rows: each section of an occupation stored once by its content, each sighting pointing at it."""

import hashlib
import math
from collections.abc import Sequence

from sqlite_utils import Database

from db.schema import PAGE_SECTIONS, section_columns
from normalize.claims import SIDES, Side
from normalize.facts import STATUSES, Fact, Reading
from normalize.fields import BY_NAME, in_section
from normalize.findings import Finding

SCALAR_SECTIONS = ("salary", "education", "demographics", "outlook")
_STATUS_ID = {name: number for number, name in enumerate(STATUSES)}
_SECTION_ID = {name: number for number, name in enumerate(PAGE_SECTIONS)}
Cell = int | float | str | None


def version(db: Database, parser: str, vocabulary: str) -> int:
    """The row of a version of code and vocabulary."""
    db.conn.execute("INSERT INTO parser_version (parser, vocabulary) VALUES (?, ?) ON CONFLICT DO NOTHING", [parser, vocabulary])
    query = "SELECT id FROM parser_version WHERE parser = ? AND vocabulary = ?"
    return int(db.execute(query, [parser, vocabulary]).fetchone()[0])


def load(db: Database, run_id: int, version_id: int, capture_row: int, reading: Reading) -> bool:
    """Store a reading of a capture, unpublished; the caller holds the transaction.

    Returns whether its facts are those of the page's previous capture.
    """
    cursor = db.conn.execute(
        "INSERT INTO reading (page_capture_id, run_id, version_id, outcome, parts) VALUES (?, ?, ?, ?, ?)",
        [capture_row, run_id, version_id, reading.outcome, " ".join(reading.parts)],
    )
    reading_id = int(cursor.lastrowid or 0)
    db.conn.execute("UPDATE page_capture SET newest_reading_id = ? WHERE id = ?", [reading_id, capture_row])
    _findings(db, run_id, reading_id, reading.findings)
    if not reading.left or not reading.right:
        return False
    for side, job in zip(SIDES, (reading.left, reading.right), strict=True):
        _sighting(db, reading_id, side, job.slug, job.title, [f for f in reading.facts if f.side == side])
    return _same_as_before(db, capture_row, reading_id)


def _findings(db: Database, run_id: int, reading_id: int, findings: Sequence[Finding]) -> None:
    db.conn.executemany(
        "INSERT INTO page_finding (run_id, reading_id, side, field_id, code, severity, message) VALUES (?,?,?,?,?,?,?)",
        [
            (run_id, reading_id, SIDES.index(f.side) if f.side else None, BY_NAME[f.field].id if f.field else None,
             f.code, f.severity, f.message)
            for f in findings
        ],
    )  # fmt: skip


def _sighting(db: Database, reading_id: int, side: Side, slug: str, title: str, facts: list[Fact]) -> None:
    job_id = _one(db, "job", {"slug": slug})
    title_id = _one(db, "job_title", {"job_id": job_id, "title": title})
    by_section: dict[str, list[Fact]] = {}
    for fact in facts:
        by_section.setdefault(BY_NAME[fact.field].section, []).append(fact)
    ids = [_section(db, job_id, name, by_section.get(name, [])) for name in SCALAR_SECTIONS]
    db.conn.execute(
        "INSERT INTO sighting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [reading_id, SIDES.index(side), job_id, title_id, *ids, _skillset(db, job_id, by_section.get("skill", [])),
         _layout(db, facts)],
    )  # fmt: skip


def _one(db: Database, table: str, values: dict[str, Cell]) -> int:
    """The row with these values, made if need be."""
    where = " AND ".join(f"{column} = ?" for column in values)
    row = db.execute(f"SELECT id FROM {table} WHERE {where}", list(values.values())).fetchone()
    if row:
        return int(row[0])
    marks = ", ".join("?" * len(values))
    cursor = db.conn.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))
    return int(cursor.lastrowid or 0)


def _digest(content: object) -> int:
    """64 bits of a content's digest, as SQLite stores integers; `repr` keeps 12 and 12.0 apart."""
    return int.from_bytes(hashlib.blake2b(repr(content).encode(), digest_size=8).digest(), "big", signed=True)


def _section(db: Database, job_id: int, section: str, facts: list[Fact]) -> int | None:
    if not facts:
        return None
    scalars = {fact.field: fact for fact in facts if BY_NAME[fact.field].scalar}
    lists = [fact for fact in facts if not BY_NAME[fact.field].scalar]
    if any(isinstance(fact.value, float) and not math.isfinite(fact.value) for fact in facts):
        raise ValueError(f"{section} has a value that is not finite")
    values: list[Cell] = []
    for field in in_section(section):
        fact = scalars.get(field.name)
        values += [fact.value, _STATUS_ID[fact.status], fact.raw] if fact else [None, None, None]
    raws = {BY_NAME[fact.field].column + "_raw": fact.raw for fact in lists}
    columns = section_columns(section)
    values += [raws.get(column) for column in columns[len(values) :]]
    shares = [(BY_NAME[f.field].id, f.item, f.value, _STATUS_ID[f.status]) for f in lists]
    digest = _digest((values, shares))
    row = db.execute(f"SELECT id FROM {section} WHERE job_id = ? AND digest = ?", [job_id, digest]).fetchone()
    if row:
        return int(row[0])
    marks = ", ".join("?" * (len(columns) + 2))
    cursor = db.conn.execute(
        f"INSERT INTO {section} (job_id, digest, {', '.join(columns)}) VALUES ({marks})", [job_id, digest, *values]
    )
    db.conn.executemany(
        "INSERT INTO share (demographics_id, field_id, item, pct, status) VALUES (?, ?, ?, ?, ?)",
        [(cursor.lastrowid, *share) for share in shares],
    )
    return int(cursor.lastrowid or 0)


def _skillset(db: Database, job_id: int, facts: list[Fact]) -> int | None:
    if not facts:
        return None
    ranks: dict[int, dict[str, Cell]] = {}
    for fact in facts:
        column = BY_NAME[fact.field].column
        row = ranks.setdefault(int(fact.item), {})
        row |= {column: fact.value, f"{column}_status": _STATUS_ID[fact.status], f"{column}_raw": fact.raw}
    columns = ("name", "name_status", "name_raw", "pct", "pct_status", "pct_raw")
    rows = [(rank, *(row.get(column) for column in columns)) for rank, row in sorted(ranks.items())]
    digest = _digest(rows)
    found = db.execute("SELECT id FROM skillset WHERE job_id = ? AND digest = ?", [job_id, digest]).fetchone()
    if found:
        return int(found[0])
    cursor = db.conn.execute("INSERT INTO skillset (job_id, digest) VALUES (?, ?)", [job_id, digest])
    db.conn.executemany("INSERT INTO skill VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [(cursor.lastrowid, *row) for row in rows])
    return int(cursor.lastrowid or 0)


def _layout(db: Database, facts: list[Fact]) -> int:
    """Where each field stands on the page; pages of one template share a layout."""
    cells = sorted(
        {
            (field.id, int(fact.item) if field.ranked else 0, _SECTION_ID[fact.section],
             fact.place.block, fact.place.row, fact.place.column)
            for fact in facts
            for field in (BY_NAME[fact.field],)
        }
    )  # fmt: skip
    digest = _digest(cells)
    row = db.execute("SELECT id FROM layout WHERE digest = ?", [digest]).fetchone()
    if row:
        return int(row[0])
    cursor = db.conn.execute("INSERT INTO layout (digest) VALUES (?)", [digest])
    db.conn.executemany("INSERT INTO layout_cell VALUES (?, ?, ?, ?, ?, ?, ?)", [(cursor.lastrowid, *cell) for cell in cells])
    return int(cursor.lastrowid or 0)


def _same_as_before(db: Database, capture_row: int, reading_id: int) -> bool:
    """Whether the page's capture before this one, by its own time, shows the same sections on both sides."""
    before = db.execute(
        "SELECT b.newest_reading_id FROM page_capture c JOIN page_capture b ON b.page_id = c.page_id "
        "AND (b.captured_at, b.capture_id) < (c.captured_at, c.capture_id) JOIN reading r ON r.id = b.newest_reading_id "
        "WHERE c.id = ? AND r.outcome != 'rejected' ORDER BY b.captured_at DESC, b.capture_id DESC LIMIT 1",
        [capture_row],
    ).fetchone()
    return bool(before) and _content(db, before[0]) == _content(db, reading_id)


def _content(db: Database, reading_id: int) -> list[tuple[Cell, ...]]:
    """What a reading says: its section rows, side by side."""
    query = (
        "SELECT side, job_id, salary_id, education_id, demographics_id, outlook_id, skillset_id FROM sighting "
        "WHERE reading_id = ? ORDER BY side"
    )
    return list(db.execute(query, [reading_id]).fetchall())
