"""The door to pyarrow: Parquet files, compressed by zstd, the same bytes for the same rows by the same release of pyarrow.

What is a number or a text in the view is text in Parquet, in the form in which JSON has it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from db.dictionary import Column
from db.export.package import Form, described
from db.export.rows import Batch, Cell, Table
from normalize.errors import StorageError, UsageError

_RULE = "Columns whose values are numbers and texts (value, old_value, new_value) are text; field tells which it is."

_BATCHES_A_GROUP = 10
_LEVEL = 9
_EXACT = 2**53
"""All integers up to here are numbers of 64 bits."""


def available() -> None:
    """Raises UsageError where pyarrow is not installed."""
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow: install careerscape[parquet], or choose another --format") from error


def write(path: Path, table: Table, batches: Iterable[Batch]) -> int:
    """Write a table; the number of its rows. Raises OSError, StorageError."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    schema = pa.schema([_arrow_field(column) for column in table.columns])
    rows, group = 0, []
    with pq.ParquetWriter(
        path, schema, compression="zstd", compression_level=_LEVEL, version="2.6", write_page_checksum=True,
        sorting_columns=pq.SortingColumn.from_ordering(schema, [(name, "ascending") for name in table.leading], "at_start"),
    ) as writer:  # fmt: skip
        for batch in batches:
            arrays = [_array(table, column, cells) for column, cells in zip(table.columns, batch, strict=True)]
            group.append(pa.record_batch(arrays, schema=schema))
            rows += len(batch[0])
            if len(group) == _BATCHES_A_GROUP:
                writer.write_table(pa.Table.from_batches(group))
                group.clear()
        if group:
            writer.write_table(pa.Table.from_batches(group))
    return rows


def _arrow_field(column: Column) -> Any:
    import pyarrow as pa

    types = {
        "integer": pa.int64(), "flag": pa.int64(), "number": pa.float64(), "moment": pa.timestamp("us", tz="UTC"),
    }  # fmt: skip
    words = {"description": column.description, "source": column.source} | ({"unit": column.unit} if column.unit else {})
    return pa.field(column.name, types.get(column.type, pa.string()), column.nullable, words)


def _array(table: Table, column: Column, cells: tuple[Cell, ...]) -> Any:
    import pyarrow as pa

    if column.type == "moment":
        return pa.array(cells, pa.string()).cast(pa.timestamp("us", tz="UTC"))
    if column.type == "mixed":
        return pa.array([cell if cell is None or type(cell) is str else repr(cell) for cell in cells], pa.string())
    if column.type == "number" and any(type(cell) is int and abs(cell) > _EXACT for cell in cells):
        raise StorageError(f"{table.name}: {column.name} has an integer that Parquet's numbers of 64 bits do not hold")
    return pa.array(cells, _arrow_field(column).type)


def field(column: Column) -> dict[str, Any]:
    """What is said of a column of such a file: its type; only null stands for NULL."""
    return described(column, mixed="string")


FORM = Form("Parquet", "parquet", "application/vnd.apache.parquet", write, field, _RULE, text=False)
