"""Tables, generated from the field list where they hold fields, and the migrations that make them.

Facts are stored once by content: a section row (salary, education, demographics, outlook, skill set) belongs to an
occupation and is found by its digest; a sighting says which section rows one reading of one capture shows on one side.
`page_capture.published_reading_id` is the one pointer that makes a reading count.
"""

import sqlite3
from functools import cache
from itertools import groupby

from sqlite_utils import Database, Migrations

from db import backfill, dictionary, tables, views
from normalize.facts import STATUSES
from normalize.fields import FIELDS, SECTIONS, in_section

PAGE_SECTIONS = ("overview", "salary", "education", "demographics", "skills", "intro")
_SQL_TYPES = {"integer": "INTEGER", "real": "REAL", "text": "TEXT"}
_LISTS = {"demographics": ("gender_pct", "race_pct")}

LISTS = "CASE WHEN instr(v.vocabulary, '+') THEN substr(v.vocabulary, 1, instr(v.vocabulary, '+') - 1) ELSE v.vocabulary END"
"""The lists of the package by which a row `v` of `parser_version` reads, without the user's rules."""

_DERIVED_SINCE = 5
"""The version from which on all that `db.derived` makes is stored."""

migrations = Migrations("careerscape")


def version(db: Database) -> int:
    """The schema version of a database, 0 for an empty one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def is_current(db: Database) -> bool:
    """Whether tables and views are those of this code."""
    return version(db) == VERSION and _setting(db, "views") == views.digest()


def migrate(db: Database, application_id: int) -> None:
    """Bring the tables to VERSION, and views and data dictionary to this code's, in one transaction."""
    if is_current(db):
        return
    older = version(db)
    db.conn.execute("PRAGMA foreign_keys = OFF")  # a table that others refer to is made anew
    try:
        with db.atomic():
            views.drop(db)
            migrations.apply(db)
            views.create(db)
            if 0 < older < _DERIVED_SINCE:
                _derive(db)
            dictionary.fill(db)
            db.conn.execute("INSERT OR REPLACE INTO setting (name, value) VALUES ('views', ?)", [views.digest()])
            db.conn.execute(f"PRAGMA application_id = {application_id}")
            db.conn.execute(f"PRAGMA user_version = {VERSION}")
            if broken := db.execute("PRAGMA foreign_key_check").fetchall():
                raise sqlite3.IntegrityError(f"{len(broken)} rows name rows that are not there, such as {broken[0][0]}")
    finally:
        db.conn.execute("PRAGMA foreign_keys = ON")


def _derive(db: Database) -> None:
    """Make what older versions did not store of all that is published: conflicts, findings about mirrored pages, codes."""
    from db import derived  # it stands on this module

    derived.refresh(db, [row[0] for row in db.execute("SELECT id FROM job ORDER BY id").fetchall()])


def _setting(db: Database, name: str) -> str:
    row = db.execute("SELECT value FROM setting WHERE name = ?", [name]).fetchone()
    return str(row[0]) if row else ""


@cache
def section_columns(section: str) -> tuple[str, ...]:
    """The columns of a section table after `job_id` and `digest`: value, status and raw of each field, raw of each list."""
    columns = [c for f in in_section(section) for c in (f.column, f"{f.column}_status", f"{f.column}_raw")]
    return (*columns, *(f"{name}_raw" for name in _LISTS.get(section, ())))


@migrations()
def first_tables(db: Database) -> None:
    """The tables of the first release."""
    for statement in (
        *tables.REFERENCE,
        *tables.OCCUPATIONS,
        *(_section_table(s) for s in SECTIONS if s != "skill"),
        *tables.FACTS,
        *tables.RECORD,
    ):
        db.conn.execute(statement)
    db.conn.executemany("INSERT INTO status (id, name) VALUES (?, ?)", list(enumerate(STATUSES)))
    db.conn.executemany("INSERT INTO page_section (id, name) VALUES (?, ?)", list(enumerate(PAGE_SECTIONS)))
    db.conn.executemany(
        "INSERT INTO field (id, name, section, unit) VALUES (?, ?, ?, ?)",
        [(f.id, f.name, f.section, f.unit) for f in FIELDS],
    )


@migrations()
def visits(db: Database) -> None:
    """The queue of pages to fetch, and how the last attempt at each ended."""
    for statement in tables.QUEUE:
        db.conn.execute(statement)


@migrations()
def unattended(db: Database) -> None:
    """What a fetcher needs that is left alone: when a page is due, what a host asked for, each request, validators."""
    for statement in tables.UNATTENDED:
        db.conn.execute(statement)


@migrations()
def truth(db: Database) -> None:
    """What lets a value be trusted or not: codes of texts, disagreements between pages, what is held back, and why."""
    for statement in tables.TRUTH:
        db.conn.execute(statement)


@migrations()
def time(db: Database) -> None:
    """What the past needs: stretches and changes of values, and captures that cost little where nothing changed."""
    for statement in tables.CONTENT:
        db.conn.execute(statement)
    _share_contents(db)
    for statement in (*tables.TIME, *backfill.TABLES):
        db.conn.execute(statement)
    _share_findings(db)


def _share_contents(db: Database) -> None:
    """Let readings that show the same point at one content."""
    from db import load  # it stands on this module

    known: dict[int, int] = {}
    query = "SELECT r.id, r.parts, s.* FROM reading r JOIN sighting_of_reading s ON s.reading_id = r.id ORDER BY r.id, s.side"
    for (reading_id, parts), rows in groupby(db.execute(query).fetchall(), lambda row: row[:2]):
        sides = [row[4:] for row in rows]
        digest = load.digest((parts, *sides))
        if digest not in known:
            known[digest] = len(known) + 1
            db.conn.execute("INSERT INTO content VALUES (?, ?, ?)", [known[digest], digest, parts])
            values = [(known[digest], side, *ids) for side, ids in enumerate(sides)]
            db.conn.executemany("INSERT INTO sighting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        db.conn.execute("UPDATE reading SET content_id = ? WHERE id = ?", [known[digest], reading_id])


def _share_findings(db: Database) -> None:
    """Let readings that found the same point at one set of findings."""
    from db import load  # it stands on this module

    known: dict[int, int] = {}
    codes = ", ".join(f"'{code}'" for code in load.FINDINGS_OF_ONE)
    query = (
        "SELECT reading_id, side, field_id, code, severity, message FROM page_finding WHERE reading_id IS NOT NULL "
        f"AND code NOT IN ({codes}) ORDER BY reading_id, id"
    )
    for reading_id, rows in groupby(db.execute(query).fetchall(), lambda row: row[0]):
        found = [row[1:] for row in rows]
        digest = load.digest(found)
        if digest not in known:
            known[digest] = len(known) + 1
            db.conn.execute("INSERT INTO finding_set VALUES (?, ?)", [known[digest], digest])
            values = [(known[digest], number, *row) for number, row in enumerate(found)]
            db.conn.executemany("INSERT INTO shared_finding VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        db.conn.execute("UPDATE reading SET finding_set_id = ? WHERE id = ?", [known[digest], reading_id])
    db.conn.execute(f"DELETE FROM page_finding WHERE reading_id IS NOT NULL AND code NOT IN ({codes})")


VERSION = len(migrations._migrations)


def _section_table(section: str) -> str:
    lines = []
    for field in in_section(section):
        name = field.column
        lines.append(
            f"{name} {_SQL_TYPES[field.kind]}, {name}_status INTEGER CHECK ({name}_status BETWEEN 0 AND 3), {name}_raw TEXT, "
            f"CHECK (({name} IS NOT NULL) = coalesce({name}_status IN (0, 2), 0))"
        )
    fields = [line.split(", CHECK ((")[0] for line in lines] + [f"{name}_raw TEXT" for name in _LISTS.get(section, ())]
    checks = ["CHECK ((" + line.split(", CHECK ((")[1] for line in lines]
    return (
        f"CREATE TABLE {section} (id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES job, digest INTEGER NOT NULL, "
        + ", ".join([*fields, *checks, "UNIQUE (job_id, digest)"])
        + ") STRICT"
    )
