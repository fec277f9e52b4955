"""JSON lines: an object for each row, its keys the columns of the view; numbers are numbers, NULL is null."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from db.dictionary import Column
from db.export.package import Form, described
from db.export.rows import Batch, Table


def write(path: Path, table: Table, batches: Iterable[Batch]) -> int:
    """Write a table; the number of its rows. Raises OSError."""
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
    names, rows = table.names, 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for batch in batches:
            file.writelines(f"{encode(dict(zip(names, row, strict=True)))}\n" for row in zip(*batch, strict=True))
            rows += len(batch[0])
    return rows


def field(column: Column) -> dict[str, Any]:
    """What is said of a column of such a file: its type; only null stands for NULL."""
    return described(column)


FORM = Form("JSONL", "jsonl", "application/jsonl", write, field)
