"""The Mermaid diagrams of docs/schema.md, drawn from the database and its dictionary, so that they are what is there."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from db.connection import Database
from db.dictionary import VIEWS, columns

GROUPS = {
    "Pages, and how they came": (
        "page", "page_capture", "capture_form", "archive_file", "validator", "visit", "host", "robots_txt", "request_log",
        "run_log", "tombstone", "backfill_index", "backfill_capture", "backfill_named",
    ),
    "How a page was read": (
        "reading", "parser_version", "content", "layout", "layout_cell", "page_section", "finding_set", "shared_finding",
        "page_finding",
    ),
    "What it says": (
        "sighting", "job", "job_title", "salary", "education", "demographics", "share", "outlook", "skillset", "skill", "field",
        "status",
    ),
    "What follows from it": (
        "job_current", "span", "source_change", "applied_change", "disagreement", "coding", "vocabulary_file", "hold", "alert",
        "staged", "setting", "data_dictionary",
    ),
}  # fmt: skip
"""Every table of the database, in the picture in which its columns and its references are drawn."""


class Link(NamedTuple):
    """Columns of a view, and those of another one that have the same values; `optional` where they may lead nowhere."""

    view: str
    by: tuple[str, ...]
    parent: str
    key: tuple[str, ...]
    optional: bool = False


_LOOSE = (
    Link("comparison", ("url", "captured_at"), "capture", ("url", "captured_at")),
    Link("comparison", ("left",), "occupation", ("slug",), True),
    Link("comparison", ("right",), "occupation", ("slug",), True),
    Link("change", ("occupation",), "occupation", ("slug",), True),
    Link("capture", ("url",), "page_status", ("url",), True),
)
"""Joins that the dictionary does not promise: a page may be rejected, an occupation gone."""
_ONE_TO_ONE = {("occupation_latest", "slug"), ("comparison", "url")}


def links() -> Iterator[Link]:
    """How the public views are joined."""
    for view in VIEWS:
        for column in columns(view):
            if column.refers:
                parent, _, key = column.refers.partition(".")
                yield Link(view, (column.name,), parent, (key,), column.nullable)
    yield from _LOOSE


def views_drawn() -> str:
    """The public views with their keys, and what each is joined by."""
    known = tuple(links())
    lines = ["erDiagram"]
    for link in known:
        ends = ("|o" if link.optional else "||") + "--" + ("||" if (link.view, link.by[0]) in _ONE_TO_ONE else "o{")
        lines.append(f'    {link.parent} {ends} {link.view} : "{", ".join(link.by)}"')
    for view in VIEWS:
        foreign = {name for link in known if link.view == view for name in link.by}
        lines.append(f"    {view} {{")
        for column in columns(view):
            marks = ["PK"] * column.key + ["FK"] * (column.name in foreign)
            if marks:
                lines.append(f"        {column.type} {column.name} {', '.join(marks)}")
        lines.append("    }")
    return "\n".join(lines)


def tables_drawn(db: Database, names: Iterable[str]) -> str:
    """Some tables with their keys, and what they refer to."""
    names = tuple(names)
    references = [edge for name in names for edge in _references(db, name)]
    return "\n".join(["erDiagram", *references, *(line for name in names for line in _entity(db, name))])


def _references(db: Database, table: str) -> Iterator[str]:
    """A line for each table that a table refers to, with all columns that do so."""
    required, alone = _required(db, table), _unique(db, table)
    found: dict[str, list[str]] = {}
    for _, _, parent, column, *_ in sorted(db.execute(f'PRAGMA foreign_key_list("{table}")'), key=lambda row: -row[0]):
        found.setdefault(parent, []).append(column)
    for parent, names in found.items():
        left = "||" if all(name in required for name in names) else "|o"
        right = "o|" if all(name in alone for name in names) else "o{"
        yield f'    {parent} {left}--{right} {table} : "{", ".join(names)}"'


def _required(db: Database, table: str) -> set[str]:
    return {name for _, name, _, not_null, _, key in db.execute(f'PRAGMA table_info("{table}")') if not_null or key}


def _unique(db: Database, table: str) -> set[str]:
    """The columns no value of which stands twice."""
    keys = [name for _, name, *_, key in db.execute(f'PRAGMA table_info("{table}")') if key]
    indexes = db.execute('SELECT name FROM pragma_index_list(?) WHERE "unique" AND NOT partial', [table]).fetchall()
    found = [keys, *([row[2] for row in db.execute(f'PRAGMA index_info("{name}")')] for (name,) in indexes)]
    return {names[0] for names in found if len(names) == 1}


def _entity(db: Database, table: str) -> Iterator[str]:
    foreign = {row[3] for row in db.execute(f'PRAGMA foreign_key_list("{table}")')}
    unique = _unique(db, table)
    yield f"    {table} {{"
    for _, name, kind, _, _, key in db.execute(f'PRAGMA table_info("{table}")'):
        marks = ["PK"] * bool(key) + ["FK"] * (name in foreign) + ["UK"] * (name in unique and not key)
        if marks:
            yield f"        {kind} {name} {', '.join(marks)}"
    yield "    }"
