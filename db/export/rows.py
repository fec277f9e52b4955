"""The rows of the public views in an order that depends on them alone, each cell held against the data dictionary."""

import json
import math
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from db.connection import Database
from db.dictionary import VIEWS, Column, columns
from normalize.errors import StorageError

Cell = int | float | str | None
Batch = list[tuple[Cell, ...]]
"""Some rows, column by column."""

ROWS_A_BATCH = 10_000

_FACT = ("occupation", "field", "item")
_LEADING = {
    "observation": (*_FACT, "captured_at", "url", "side"),
    "observation_latest": (*_FACT, "captured_at", "url", "side"),
    "occupation": ("slug",),
    "occupation_latest": ("slug",),
    "comparison": ("url", "captured_at"),
    "finding": ("url", "captured_at", "capture_id", "run_id"),
    "capture": ("url", "captured_at", "capture_id"),
    "run": ("run_id",),
    "request": ("request_id",),
    "page_status": ("url",),
    "conflict": (*_FACT, "captured_at"),
    "history": (*_FACT, "first_seen"),
    "change": (*_FACT, "changed_at"),
}
"""The columns by which the rows of a view are sorted first; the others follow in their order."""

_PYTHON: dict[str, set[type]] = {
    "text": {str}, "integer": {int}, "number": {int, float}, "flag": {int}, "moment": {str}, "json": {str},
    "mixed": {int, float, str},
}  # fmt: skip
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_ENDLESS = {math.inf, -math.inf}


@dataclass(frozen=True, slots=True)
class Table:
    """A view with its columns, and those by which its rows are sorted first."""

    name: str
    columns: tuple[Column, ...]
    leading: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    @property
    def query(self) -> str:
        """All rows; equal ones aside, there is one order of them."""
        order = [*self.leading, *(name for name in self.names if name not in self.leading)]
        chosen, sorted_by = (", ".join(f'"{name}"' for name in some) for some in (self.names, order))
        return f'SELECT {chosen} FROM "{self.name}" ORDER BY {sorted_by}'


def tables() -> tuple[Table, ...]:
    """All views for everybody, in the order of the database."""
    return tuple(Table(view, columns(view), _LEADING[view]) for view in VIEWS)


def batches(db: Database, table: Table) -> Iterator[Batch]:
    """The rows of a view; none is empty. Raises StorageError, and names view, row (from 1, in the order of the export) and column
    of a cell that is no value of its column's type."""
    done = 0
    for rows in _fetched(db, table):
        batch: Batch = [*zip(*rows, strict=True)]
        for column, cells in zip(table.columns, batch, strict=True):
            check(table.name, column, cells, done)
        done += len(rows)
        yield batch


def _fetched(db: Database, table: Table) -> Iterator[list[tuple[Cell, ...]]]:
    try:
        cursor = db.conn.execute(table.query)
        while rows := cursor.fetchmany(ROWS_A_BATCH):
            yield rows
    except sqlite3.Error as error:
        if "Could not decode" in str(error):
            raise _undecoded(db, table) from error
        where = "SQLite sorts in files where SQLITE_TMPDIR says, else in /var/tmp"
        raise StorageError(f"{table.name}: the rows cannot be had: {error} ({where})") from error


def _undecoded(db: Database, table: Table) -> StorageError:
    """The first text of a view that is not UTF-8, found by reading it again as bytes."""
    usual, db.conn.text_factory = db.conn.text_factory, bytes
    try:
        for number, row in enumerate(db.conn.execute(table.query), 1):
            for column, cell in zip(table.columns, row, strict=True):
                try:
                    str(cell, "utf-8") if isinstance(cell, bytes) else None
                except UnicodeDecodeError:
                    return _fault(table.name, number, column, cell, "text in UTF-8")
    finally:
        db.conn.text_factory = usual
    return StorageError(f"{table.name} holds text that is not UTF-8")


def check(view: str, column: Column, cells: Sequence[object], before: int) -> None:
    """Raises StorageError for a cell that is no value of a column; so many rows are `before` these."""
    kinds = set(map(type, cells))
    allowed = _PYTHON[column.type] | ({type(None)} if column.nullable else set())
    if not kinds <= allowed:
        raise _first(view, column, cells, before, (cell for cell in cells if type(cell) not in allowed))
    if float in kinds or column.type in ("flag", "moment", "json"):
        wrong = {cell for cell in set(cells) if not _holds(column, cell)}
        if wrong:
            raise _first(view, column, cells, before, (cell for cell in cells if cell in wrong))


def _holds(column: Column, cell: object) -> bool:
    """Whether a cell of the right Python type is a value of its column."""
    if cell is None:
        return True
    if column.type == "flag":
        return cell in (0, 1)
    if column.type == "moment":
        return _is_moment(str(cell))
    if column.type == "json":
        return _is_json(str(cell))
    return cell not in _ENDLESS


def _is_moment(text: str) -> bool:
    try:
        return bool(_MOMENT.fullmatch(text) and datetime.fromisoformat(text))
    except ValueError:
        return False


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _first(view: str, column: Column, cells: Sequence[object], before: int, wrong: Iterable[object]) -> StorageError:
    cell = next(iter(wrong))
    at = next(number for number, other in enumerate(cells) if other is cell)
    return _fault(view, before + at + 1, column, cell, _WORDS[column.type])


_WORDS = {
    "text": "text", "integer": "an integer", "number": "a finite number", "flag": "0 or 1",
    "moment": "a time as YYYY-MM-DDTHH:MM:SSZ", "json": "JSON", "mixed": "a finite number or text",
}  # fmt: skip


def _fault(view: str, row: int, column: Column, cell: object, wanted: str) -> StorageError:
    shown = "NULL" if cell is None else repr(cell)
    if len(shown) > 80:
        shown = f"{shown[:80]}…"
    return StorageError(f"{view}, row {row:,}: {column.name} is {shown}, which is not {wanted}; nothing was exported")
