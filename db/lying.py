"""Where the records of an archive lie, in a table on the disk that goes when it is closed: memory does not grow with them."""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from sqlite_utils import Database

_CREATE = """
CREATE TABLE file (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE record (
    name BLOB NOT NULL, url TEXT NOT NULL, captured_at TEXT NOT NULL, sha256 BLOB NOT NULL, revisit INTEGER NOT NULL,
    file_id INTEGER NOT NULL, warc_offset INTEGER NOT NULL, warc_length INTEGER NOT NULL
)
"""
_INDEX = "CREATE INDEX by_name ON record (name); CREATE INDEX by_body ON record (sha256) WHERE NOT revisit"
_COLUMNS = "f.name, r.warc_offset, r.warc_length, lower(hex(r.name)), r.url, r.captured_at, lower(hex(r.sha256)), r.revisit"
_FIRST = (
    "NOT EXISTS (SELECT 1 FROM record b WHERE b.name = r.name "
    "AND (b.revisit, b.file_id, b.warc_offset) < (r.revisit, r.file_id, r.warc_offset))"
)


class Lying(NamedTuple):
    """The record of a capture: where it lies, the public id, address and time (ISO 8601) of the capture, and the sha256 of its
    body, which lies elsewhere where it is a `revisit`."""

    warc_file: str
    warc_offset: int
    warc_length: int
    name: str
    url: str
    captured_at: str
    sha256: str
    revisit: bool


class Records:
    """Records, to be added in the order in which they lie: file by file, the files by their names."""

    def __init__(self) -> None:
        self._conn = sqlite3.connect("", isolation_level=None)
        self._conn.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_CREATE}")
        self._conn.execute("BEGIN")
        self._file, self._indexed, self._count = ("", 0), False, 0

    def __len__(self) -> int:
        return self._count

    def add(self, one: Lying) -> None:
        """Remember a record."""
        if self._file[0] != one.warc_file:
            cursor = self._conn.execute("INSERT INTO file (name) VALUES (?)", [one.warc_file])
            self._file = one.warc_file, int(cursor.lastrowid or 0)
        name, sha256 = bytes.fromhex(one.name), bytes.fromhex(one.sha256)
        row = name, one.url, one.captured_at, sha256, one.revisit, self._file[1], one.warc_offset, one.warc_length
        self._conn.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        self._count += 1

    def captures(self) -> Iterator[Lying]:
        """The first record of each capture, one with a body before others: those with bodies first, by address and time."""
        query = f"SELECT {_COLUMNS} FROM record r JOIN file f ON f.id = r.file_id WHERE {_FIRST} ORDER BY r.revisit, 5, 6, 7"
        for row in self._asked().execute(query):
            yield Lying._make((*row[:-1], bool(row[-1])))

    def body(self, sha256: str) -> tuple[str, int, int] | None:
        """File, offset and length of the first record that holds a body."""
        query = (
            "SELECT f.name, r.warc_offset, r.warc_length FROM record r JOIN file f ON f.id = r.file_id "
            "WHERE r.sha256 = ? AND NOT r.revisit ORDER BY r.file_id, r.warc_offset LIMIT 1"
        )
        found = self._asked().execute(query, [bytes.fromhex(sha256)]).fetchone()
        return found and (found[0], found[1], found[2])

    def holds(self, name: str, warc_file: str, offset: int, length: int) -> bool:
        """Whether the record of a capture lies there."""
        query = (
            "SELECT EXISTS (SELECT 1 FROM record r JOIN file f ON f.id = r.file_id "
            "WHERE r.name = ? AND f.name = ? AND r.warc_offset = ? AND r.warc_length = ?)"
        )
        return bool(self._asked().execute(query, [bytes.fromhex(name), warc_file, offset, length]).fetchone()[0])

    def close(self) -> None:
        """Forget all of it."""
        self._conn.close()

    def _asked(self) -> sqlite3.Connection:
        if not self._indexed:
            self._conn.execute("COMMIT")
            self._conn.executescript(_INDEX)
            self._indexed = True
        return self._conn


def places(db: Database) -> Iterator[tuple[str, str, int, int]]:
    """Of each capture of a database, by its public id, where its record lies: file, offset and length."""
    query = "SELECT capture_id, warc_file, warc_offset, warc_length FROM capture ORDER BY capture_id"
    yield from db.conn.execute(query)
