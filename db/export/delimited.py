"""CSV as RFC 4180 has it, for spreadsheets too: no text is taken for a formula, and every value can be had back.

A text that begins as a formula does has `'` before it. So has one that begins with `'`: who finds `'` at the beginning of a text
strips one. In a column that may be NULL an empty cell is NULL, and `'` alone is the empty text; in any other an empty cell is the
empty text. In a column of numbers and texts a text that looks like a number has `'` before it. Numbers are never changed.
"""

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from db.dictionary import Column
from db.export.package import Form, described
from db.export.rows import Batch, Cell, Table

_RULE = (
    "In text a ' at the beginning was put there and one has to be stripped: no spreadsheet takes such a text for a formula, and "
    "where an empty cell means that there is no value, ' alone is the empty text."
)

_BLANK = r"[\s\x00-\x1f\x7f-\x9f\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]*"
_RISKY = re.compile(rf"['\t\r\n]|{_BLANK}[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"\s*[+\-]?(\d|\.\d|inf|nan)", re.IGNORECASE)


def write(path: Path, table: Table, batches: Iterable[Batch]) -> int:
    """Write a table with a header; the number of its rows. Raises OSError."""
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.names)
        for batch in batches:
            written = [guarded(column, cells) for column, cells in zip(table.columns, batch, strict=True)]
            writer.writerows(zip(*written, strict=True))
            rows += len(batch[0])
    return rows


def guarded(column: Column, cells: tuple[Cell, ...]) -> Iterable[Cell]:
    """The cells of a column as they are written."""
    risky = _RISKY.match
    if column.type == "mixed":
        looks = _NUMBER.match
        return [f"'{cell}" if type(cell) is str and (not cell or risky(cell) or looks(cell)) else cell for cell in cells]
    if column.type not in ("text", "json"):
        return cells
    if column.nullable:
        return [f"'{cell}" if cell is not None and (not cell or risky(str(cell))) else cell for cell in cells]
    return [f"'{cell}" if risky(str(cell)) else cell for cell in cells]


def field(column: Column) -> dict[str, Any]:
    """What is said of a column of such a file: its type, and what stands for NULL."""
    return described(column, [""] if column.nullable else [])


FORM = Form("csv", "csv", "text/csv", write, field, _RULE, checked=True)
