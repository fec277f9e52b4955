"""Rows that stand for a content: found by it or made, and remembered while a run goes on."""

import sqlite3
from collections.abc import Sequence
from functools import cache
from weakref import WeakKeyDictionary

from sqlite_utils import Database

Cell = int | float | str | None
_MOST_REMEMBERED, _MOST_SIDES = 16_384, 4_096
_OF: "WeakKeyDictionary[Database, Rows]" = WeakKeyDictionary()


class Rows:
    """The rows of one database that were used lately: by table and key, those of a side by the job's slug and title and the
    digest of its facts (see `normalize.packed`), and layouts by theirs."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.sides: dict[tuple[str, str, bytes], tuple[Cell, ...]] = {}
        self.layouts: dict[bytes, int] = {}
        self._connection = connection
        self._ids: dict[tuple[Cell, ...], int] = {}
        self._last_reading = 0

    def at(self, reading_id: int) -> "Rows":
        """Itself, at a reading that is about to be stored. A transaction that is rolled back takes its readings with it, so that
        an id of a reading is given a second time: then no remembered row is sure to be there."""
        if reading_id <= self._last_reading:
            self.forget()
        for remembered, most in ((self._ids, _MOST_REMEMBERED), (self.sides, _MOST_SIDES), (self.layouts, _MOST_SIDES)):
            if len(remembered) > most:
                remembered.clear()
        self._last_reading = reading_id
        return self

    def forget(self) -> None:
        """Hear that rows were dropped, or that a transaction without a reading was rolled back."""
        for remembered in (self._ids, self.sides, self.layouts):
            remembered.clear()

    def find_or_make(
        self, table: str, keys: tuple[str, ...], key: Sequence[Cell], others: tuple[str, ...] = (), rest: Sequence[Cell] = ()
    ) -> tuple[int, bool]:
        """The row with this key, made with the rest of its values if need be; the flag tells that it was made."""
        name = (table, *key)
        if row_id := self._ids.get(name):
            return row_id, False
        insert, find = _statements(table, keys, others)
        made = self._connection.execute(insert, (*key, *rest)).fetchone()
        row_id = int((made or self._connection.execute(find, key).fetchone())[0])
        self._ids[name] = row_id
        return row_id, made is not None


@cache
def _statements(table: str, keys: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, str]:
    columns = (*keys, *others)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "
        f"ON CONFLICT ({', '.join(keys)}) DO NOTHING RETURNING id",
        f"SELECT id FROM {table} WHERE {' AND '.join(f'{key} = ?' for key in keys)}",
    )


def rows(db: Database) -> Rows:
    """The rows that are remembered for an open database."""
    if db not in _OF:
        _OF[db] = Rows(db.conn)
    return _OF[db]
