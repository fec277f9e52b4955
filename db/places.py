"""Captures in the order in which their records lie in the archive, for work that is cut by file."""

from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlite_utils import Database

from db.batches import batches, marks
from db.captures import OF_RECORD, RECORD
from db.schema import LISTS


class Placed(NamedTuple):
    """A capture, by its public id, and the record that holds its body; what a reader has to know of it comes last."""

    capture_id: str
    captured_at: str
    warc_file: str
    warc_offset: int
    warc_length: int
    sha256: str
    media_type: str
    charset: str
    url: str


def stale(db: Database, parser: str, lists: str) -> "array[int]":
    """The captures that another parser or other lists read, in the order of their records."""
    query = (
        "SELECT c.id FROM page_capture c JOIN page_capture b ON b.id = coalesce(c.body_capture_id, c.id) "
        "JOIN archive_file w ON w.id = b.warc_file_id JOIN reading r ON r.id = c.newest_reading_id "
        "JOIN parser_version v ON v.id = r.version_id "
        f"WHERE (v.parser, {LISTS}) != (?, ?) ORDER BY w.name, b.warc_offset, c.capture_id"
    )
    return array("q", (row[0] for row in db.execute(query, [parser, lists])))


def placed(db: Database, rows: Iterable[int]) -> Iterator[Placed]:
    """Where captures lie, in the order of their rows."""
    for some in batches(rows):
        query = (
            f"SELECT c.id, c.capture_id, c.captured_at, {RECORD} FROM page_capture c JOIN page_capture b "
            f"ON b.id = coalesce(c.body_capture_id, c.id) {OF_RECORD} WHERE c.id IN ({marks(some)})"
        )
        found = {row[0]: Placed(*row[1:]) for row in db.execute(query, some).fetchall()}
        for row in some:
            yield found[row]


def rows_of(db: Database, names: Iterable[str]) -> dict[str, int]:
    """The rows of captures, by their public ids; those that are not there any more are left out."""
    found: dict[str, int] = {}
    for some in batches(names):
        query = f"SELECT capture_id, id FROM page_capture WHERE capture_id IN ({marks(some)})"
        found |= dict(db.execute(query, some).fetchall())
    return found
