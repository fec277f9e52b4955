"""Rows that nothing points at any more: contents, findings, sections, layouts, titles, occupations, codes, archive files."""

from sqlite_utils import Database

from db.coding import KINDS
from db.rows import rows

_SECTIONS = {
    "salary": "salary_id",
    "education": "education_id",
    "demographics": "demographics_id",
    "outlook": "outlook_id",
    "skillset": "skillset_id",
    "layout": "layout_id",
}
_ITEMS = {
    "demographics": ("share", "demographics_id"),
    "skillset": ("skill", "skillset_id"),
    "layout": ("layout_cell", "layout_id"),
}
_OF_A_JOB = ("job_current", "disagreement", "span", "source_change", "applied_change", "job_title")


def sweep(db: Database) -> list[str]:
    """Delete what no reading, capture or fact needs; the caller holds the transaction. Returns the slugs of the occupations that
    are gone."""
    unused(db)
    gone = db.execute("SELECT id, slug FROM job WHERE id NOT IN (SELECT job_id FROM sighting) ORDER BY slug").fetchall()
    for job_id, _ in gone:
        db.conn.execute("UPDATE job SET title_id = NULL WHERE id = ?", [job_id])
        for table in _OF_A_JOB:
            db.conn.execute(f"DELETE FROM {table} WHERE job_id = ?", [job_id])
        db.conn.execute("DELETE FROM job WHERE id = ?", [job_id])
    for kind, (table, column) in KINDS.items():
        db.conn.execute(
            f"DELETE FROM coding WHERE kind = ? AND text NOT IN (SELECT {column} FROM {table} WHERE {column} IS NOT NULL)", [kind]
        )
    return [slug for _, slug in gone]


def unused_alone(db: Database) -> None:
    """As `unused`, in a transaction of its own, where the caller holds none: no row is looked at to see whether another one needs
    it, as none does."""
    db.conn.execute("PRAGMA foreign_keys = OFF")
    try:
        with db.atomic():
            unused(db)
    finally:
        db.conn.execute("PRAGMA foreign_keys = ON")


def unused(db: Database) -> None:
    """Delete what no reading or capture needs, but no occupation; the caller holds the transaction."""
    for statement in _statements():
        db.conn.execute(statement)
    rows(db).forget()


def _statements() -> list[str]:
    """Each table before those that it points at."""
    unread = _unread("content_id")
    found = [f"DELETE FROM sighting WHERE content_id {unread}", f"DELETE FROM content WHERE id {unread}"]
    for table, column in _SECTIONS.items():
        unused = f"NOT IN (SELECT {column} FROM sighting WHERE {column} IS NOT NULL)"
        if table in _ITEMS:
            items, owner = _ITEMS[table]
            found.append(f"DELETE FROM {items} WHERE {owner} {unused}")
        found.append(f"DELETE FROM {table} WHERE id {unused}")
    return [
        *found,
        f"DELETE FROM shared_finding WHERE finding_set_id {_unread('finding_set_id')}",
        f"DELETE FROM finding_set WHERE id {_unread('finding_set_id')}",
        "DELETE FROM job_title WHERE id NOT IN (SELECT title_id FROM sighting) "
        "AND id NOT IN (SELECT title_id FROM job WHERE title_id IS NOT NULL)",
        "DELETE FROM capture_form WHERE id NOT IN (SELECT form_id FROM page_capture)",
    ]


def _unread(column: str) -> str:
    """That neither a reading nor one that waits has a row."""
    some = " UNION ".join(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL" for table in ("reading", "staged"))
    return f"NOT IN ({some})"


def drop_files(db: Database, gone: list[str]) -> None:
    """Let files of the archive that are not there any more be unknown, unless a capture lies in one; the caller holds the
    transaction."""
    db.conn.executemany(
        "DELETE FROM archive_file WHERE name = ? AND id NOT IN (SELECT warc_file_id FROM page_capture)",
        [(name,) for name in gone],
    )
