"""Codes of the texts that pages show: each text is coded once, and the views join codes by the text.

A degree is stored as a code of ours already; what is coded is its ISCED level. Titles are coded only where an official file is
loaded. The texts of all stored facts are coded, those that wait to be published too; the views show what is published.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from db.batches import batches, marks
from db.views import wide_columns
from normalize import codes, vocabulary
from normalize.codes import Coded, Kind
from normalize.facts import Value
from normalize.folding import fold

Coder = Callable[[Kind, str], Coded]
"""Gives the code of a text of a kind."""

KINDS: dict[Kind, tuple[str, str]] = {
    "city": ("salary", "best_city"),
    "state": ("salary", "best_state"),
    "company": ("salary", "best_company"),
    "industry": ("salary", "best_industry"),
    "major": ("education", "major"),
    "degree": ("education", "degree"),
    "occupation": ("job_title", "title"),
}
"""Where the texts of a kind stand: table and column."""

COLUMNS: dict[Kind, tuple[str, ...]] = {
    "city": ("best_city_state", "best_city_geonameid"),
    "state": ("best_state_usps",),
    "company": ("best_company_name",),
    "industry": ("best_industry_naics",),
    "major": ("major_cip",),
    "degree": ("degree_isced",),
    "occupation": ("soc_code",),
}
"""The columns of `occupation_latest` that depend on a kind."""

Latest = dict[str, tuple[Value | None, ...]]
"""Values of `occupation_latest` by slug, in the order of the columns that were asked for."""

_DIGESTS = "kinds_coded_by"


@dataclass(frozen=True, slots=True)
class Change:
    """A latest value or code of an occupation that is another now; None where it has none."""

    occupation: str
    field: str
    old_value: Value | None
    new_value: Value | None
    item: str = ""


class VocabularyFile(NamedTuple):
    """An official file that was loaded: what it is, and the sha256 of its bytes."""

    kind: str
    name: str
    release: str
    sha256: str
    rows: int
    loaded_at: str


def built_in(kind: Kind, text: str) -> Coded:
    """The code by the lists of the package and the user's rules that are in use; it knows no titles."""
    return codes.code(kind, text, vocabulary.in_use())


def refresh(
    db: Database, coder: Coder | None = None, jobs: Collection[int] | None = None, kinds: Collection[Kind] = tuple(KINDS)
) -> int:
    """Code the texts that have no code yet, of some occupations or of all; the caller holds the transaction. Returns how many.

    Without a coder the built-in lists and the user's rules decide, and titles wait for one that has the official files.
    """
    able = [kind for kind in KINDS if kind in kinds and (kind != "occupation" or (coder is not None and known(db)))]
    texts = [(kind, text) for kind in able for text in sorted(_uncoded(db, kind, jobs))]
    db.conn.executemany(
        "INSERT INTO coding (kind, text, code, title, within, method, score, reason, candidates) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(kind, text, *_columns(code_of(kind, text, coder))) for kind, text in texts],
    )
    return len(texts)


def code_of(kind: Kind, text: str, coder: Coder | None = None) -> Coded:
    """The code of a text of a stored fact; a degree, which is a code of ours, gets its ISCED level whatever the coder."""
    if kind != "degree":
        return (coder or built_in)(kind, text)
    level = codes.isced(text)
    if level is None:
        return Coded(None, reason="ambiguous")
    return Coded(level, f"ISCED level {level}", method="exact", score=1.0)


def recode(db: Database, coder: Coder | None, kinds: Collection[Kind], run_id: int, at: str) -> list[Change]:
    """Code all texts of these kinds anew and write down which occupations have another code by that, as changes of the run with
    the cause `vocabulary`; the caller holds the transaction. Without a coder titles keep their codes."""
    able = [kind for kind in KINDS if kind in kinds and (kind != "occupation" or coder is not None)]
    columns = [column for kind in able for column in COLUMNS[kind]]
    before = latest(db, columns)
    db.conn.executemany("DELETE FROM coding WHERE kind = ?", [(kind,) for kind in able])
    refresh(db, coder, kinds=able)
    return note_changes(db, columns, before, run_id, at)


def latest(db: Database, columns: Sequence[str]) -> Latest:
    """Some columns of `occupation_latest`, by slug."""
    chosen = ", ".join(("slug", *columns))
    return {slug: tuple(values) for slug, *values in db.execute(f"SELECT {chosen} FROM occupation_latest").fetchall()}


def note_changes(db: Database, columns: Sequence[str], before: Latest, run_id: int, at: str) -> list[Change]:
    """Write down what is another now in these columns of `occupation_latest` than it was `before`, as changes by the run with the
    cause `vocabulary`; the caller holds the transaction. An occupation that comes or goes is no change."""
    names = {column: (field.name, item) for column, field, item in wide_columns()}
    changes = [
        Change(slug, names.get(column, (column, ""))[0], old, new, names.get(column, ("", ""))[1])
        for slug, values in sorted(latest(db, columns).items())
        if slug in before
        for column, old, new in zip(columns, before[slug], values, strict=True)
        if old != new
    ]

    def status(value: Value | None) -> str:
        return "missing" if value is None else "ok"

    db.conn.executemany(
        "INSERT INTO applied_change (run_id, job_id, field, item, old_value, old_status, new_value, new_status, cause, "
        "changed_at) SELECT ?, id, ?, ?, ?, ?, ?, ?, 'vocabulary', ? FROM job WHERE slug = ?",
        [
            (run_id, c.field, c.item, c.old_value, status(c.old_value), c.new_value, status(c.new_value), at, c.occupation)
            for c in changes
        ],
    )
    return changes


def catch_up(db: Database, coder: Coder | None, digests: Mapping[Kind, str], run_id: int, at: str) -> list[Change]:
    """Code the texts of those kinds anew that another vocabulary coded, as their digests tell; the caller holds the transaction.

    What no vocabulary was noted for is coded for the first time, whatever codes publishing gave it: that is no change.
    """
    known_digests = _coded_by(db)
    stale = [kind for kind in KINDS if known_digests.get(kind) != digests[kind]]
    first = [kind for kind in stale if kind not in known_digests]
    db.conn.executemany("DELETE FROM coding WHERE kind = ?", [(kind,) for kind in first if kind != "occupation" or coder])
    refresh(db, coder, kinds=first)
    later = [kind for kind in stale if kind not in first]
    changes = recode(db, coder, later, run_id, at) if later else []
    noted = json.dumps({**known_digests, **digests}, sort_keys=True)
    db.conn.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", [_DIGESTS, noted])
    return changes


def _coded_by(db: Database) -> dict[str, str]:
    """What coded the texts of each kind; none where nothing was noted in this form."""
    row = db.execute("SELECT value FROM setting WHERE name = ?", [_DIGESTS]).fetchone()
    return dict(json.loads(row[0])) if row else {}


def codes_of(db: Database, text: str) -> list[tuple[Kind, str | None, str]]:
    """What a text is coded as, by kind: its code and the title of that; None where it has none."""
    rows = db.execute("SELECT kind, text, code, title FROM coding ORDER BY kind, text").fetchall()
    return [(kind, code, title) for kind, known_text, code, title in rows if fold(known_text) == fold(text)]


def titles(db: Database) -> tuple[int, int, int]:
    """How many occupations there are, how many of them have a SOC code, and of how many it is ambiguous."""
    query = "SELECT count(*), count(soc_code), count(*) FILTER (WHERE soc_reason = 'ambiguous') FROM occupation"
    of_all, coded, ambiguous = db.execute(query).fetchone()
    return of_all, coded, ambiguous


def known(db: Database) -> list[VocabularyFile]:
    """The official files that were loaded."""
    query = "SELECT kind, name, release, sha256, rows, loaded_at FROM vocabulary_file ORDER BY kind, name"
    return [VocabularyFile(*row) for row in db.execute(query).fetchall()]


def remember(db: Database, kind: str, name: str, release: str, sha256: str, rows: int, at: str) -> None:
    """Note an official file; one of the same kind and name gives way. The caller holds the transaction."""
    db.conn.execute(
        "INSERT INTO vocabulary_file (kind, name, release, sha256, rows, loaded_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (kind, name) DO UPDATE SET release = excluded.release, sha256 = excluded.sha256, rows = excluded.rows, "
        "loaded_at = excluded.loaded_at",
        [kind, name, release, sha256, rows, at],
    )


def withdraw(db: Database, kind: str) -> None:
    """Drop the notes of all official files of a kind, before another copy of it is noted; the caller holds the transaction."""
    db.conn.execute("DELETE FROM vocabulary_file WHERE kind = ?", [kind])


def _uncoded(db: Database, kind: Kind, jobs: Collection[int] | None) -> set[str]:
    table, column = KINDS[kind]
    shown = f"x.{column} IS NOT NULL" if kind == "occupation" else f"x.{column}_status IN (0, 2)"
    query = (
        f"SELECT DISTINCT x.{column} FROM {table} x WHERE {shown} "
        f"AND NOT EXISTS (SELECT 1 FROM coding t WHERE t.kind = '{kind}' AND t.text = x.{column})"
    )
    if jobs is None:
        return {text for (text,) in db.execute(query).fetchall()}
    found: set[str] = set()
    for some in batches(jobs):
        found |= {text for (text,) in db.execute(f"{query} AND x.job_id IN ({marks(some)})", some).fetchall()}
    return found


def _columns(coded: Coded) -> tuple[object, ...]:
    candidates = json.dumps([list(candidate) for candidate in coded.candidates], ensure_ascii=False)
    return coded.code, coded.title, coded.within, coded.method, coded.score, coded.reason, candidates
