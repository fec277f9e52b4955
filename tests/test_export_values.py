"""What becomes of each value in files: CSV that is no formula and can be had back, types that are checked and never bent."""

import csv
import json
import math
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from db import dictionary
from db.connection import open_to_read, open_to_write
from db.dictionary import VIEWS, Column
from db.export import delimited, lines, parquet
from db.export.rows import Table, batches, check, tables
from normalize.errors import StorageError

TEXT = Column("text", "t", None, "us")
MAYBE = Column("maybe", "m", None, "us", nullable=True)
MIXED = Column("mixed", "x", None, "us", "mixed", nullable=True)
NUMBER = Column("number", "n", "percent", "us", "number", nullable=True)
WHOLE = Column("whole", "w", None, "us", "integer")
FLAG = Column("flag", "f", None, "us", "flag")
MOMENT = Column("moment", "m", None, "us", "moment", nullable=True)
JSON = Column("json", "j", None, "us", "json")

FORMULAS = [
    "=1+1", "=cmd|' /C calc'!A0", "+1", "-1", "-", "--", "@SUM(A1)",
    "\t=1", "\r=1", "\n=1", "  =1", "\xa0=1", "\u200b=1", "\ufeff=1",
    "\u202e=1", "＝1", "＋1", "－1", "＠1", " ＝1", "\x00=1", "\x1b=1", "\tx", "\rx", "\nx", "'", "''", "'=1", "'x",
]  # fmt: skip
PLAIN = [
    "", " ", "x", "x=1", "a-b", "C++", "a@b.example", "12", "1.5", 'say "no"',
    "a,b", "a;b", "two\nlines", "two\r\nlines", "a\rb",
    "<script>alert(1)</script>", "\u2028", "é", "\U0001f600",
    "\x00", "x\x00y", "NULL", "null", "NaN", "true", "2024-01-01", "\\N", "\\",
    '"', ",", '""', "a" * 50_000, "{}", "[1]",
]  # fmt: skip
VALUES: list[int | float | str | None] = [
    None, 0, 1, -1, 2**63 - 1, -(2**63), 0.0, -0.0, 34.4, -5.2, 0.1 + 0.2, 1e300, 5e-324, 46.0, 100.0,
    "0", "-0", "1e5", "34.4", " 7", "+7",
    "inf", "nan", "-inf", ".5", "1_000", *FORMULAS, *PLAIN,
]  # fmt: skip


def table(*columns: Column) -> Table:
    return Table("made_up", columns, (columns[0].name,))


def had_back(column: Column, cell: str) -> object:
    """What a reader of the CSV makes of a cell, by what the package says alone."""
    if cell.startswith("'") and column.type in ("text", "json", "mixed"):
        return cell[1:]
    if not cell and column.nullable:
        return None
    if column.type in ("integer", "flag"):
        return int(cell)
    if column.type in ("number", "mixed") and re.fullmatch(r"-?\d+", cell):
        return int(cell)
    if column.type == "number" or (column.type == "mixed" and re.fullmatch(r"-?\d+(\.\d+)?(e[+-]\d+)?", cell)):
        return float(cell)
    return cell


def read_csv(path: Path, columns: tuple[Column, ...]) -> list[tuple[object, ...]]:
    usual = csv.field_size_limit(2**20)
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file, strict=True)
    csv.field_size_limit(usual)
    assert head == [column.name for column in columns]
    return [tuple(had_back(*one) for one in zip(columns, row, strict=True)) for row in rows]


def exactly(rows: list[tuple[object, ...]]) -> list[tuple[str, ...]]:
    """Values with their types: 1, 1.0 and "1" are not the same, nor are 0.0 and -0.0."""
    return [tuple(map(repr, row)) for row in rows]


# --- CSV -------------------------------------------------------------------------------------------------------------


def test_every_value_can_be_had_back_from_csv(tmp_path: Path):
    columns = (TEXT, MAYBE, MIXED)
    texts = [value for value in VALUES if isinstance(value, str)]
    cells = [(texts[n % len(texts)], value if isinstance(value, str) else None, value) for n, value in enumerate(VALUES)]
    path = tmp_path / "made_up.csv"
    assert delimited.write(path, table(*columns), [[*zip(*cells[:40], strict=True)], [*zip(*cells[40:], strict=True)]]) == len(
        cells
    )
    assert exactly(read_csv(path, columns)) == exactly(cells)
    assert b"\n" not in path.read_bytes().replace(b"\r\n", b"").replace(b"two\nlines", b"").replace(b"\n=1", b"").replace(
        b"\nx", b""
    )


@pytest.mark.parametrize("column", [TEXT, MAYBE, MIXED, JSON], ids=lambda column: column.name)
def test_no_text_begins_as_a_formula_does(column: Column):
    for text, written in zip(FORMULAS, delimited.guarded(column, tuple(FORMULAS)), strict=True):
        assert written == f"'{text}"


@pytest.mark.parametrize(
    ("column", "cells", "written"),
    [
        (TEXT, ("x", "a-b", "", "12"), ("x", "a-b", "", "12")),
        (MAYBE, ("x", None, "", "12"), ("x", None, "'", "12")),
        (MIXED, ("x", None, "", "12", 12, -5.2, "-5.2"), ("x", None, "'", "'12", 12, -5.2, "'-5.2")),
        (NUMBER, (-5.2, None, -3), (-5.2, None, -3)),
        (MOMENT, ("2024-01-01T00:00:00Z", None), ("2024-01-01T00:00:00Z", None)),
    ],
    ids=lambda value: value.name if isinstance(value, Column) else "",
)
def test_numbers_are_unchanged_and_nothing_is_guarded_without_need(column, cells, written):
    assert tuple(delimited.guarded(column, cells)) == written


def test_numbers_are_written_as_they_are_shown(tmp_path: Path):
    path = tmp_path / "made_up.csv"
    numbers = (34.4, -5.2, 46.0, 44937, 0.1, 12.35, None)
    delimited.write(path, table(WHOLE, NUMBER), [[tuple(range(len(numbers))), numbers]])
    assert [line.partition(",")[2] for line in path.read_text().splitlines()[1:]] == [
        "34.4",
        "-5.2",
        "46.0",
        "44937",
        "0.1",
        "12.35",
        "",
    ]


def test_duckdb_reads_the_csv(tmp_path: Path):
    path = tmp_path / "made_up.csv"
    texts = [text for text in (*FORMULAS, *PLAIN) if "\x00" not in text]
    delimited.write(path, table(WHOLE, MAYBE), [[tuple(range(len(texts))), tuple(texts)]])
    read = f"read_csv('{path}', header = true, all_varchar = true, max_line_size = 1000000)"
    found = duckdb.sql(f"SELECT whole, maybe FROM {read} ORDER BY whole::INT").fetchall()
    assert [had_back(MAYBE, cell) for _, cell in found] == texts


# --- JSON lines and Parquet ------------------------------------------------------------------------------------------


def test_json_lines_hold_every_value_as_it_is(tmp_path: Path):
    path = tmp_path / "made_up.jsonl"
    lines.write(path, table(MIXED), [[tuple(VALUES[:30])], [tuple(VALUES[30:])]])
    found = [json.loads(line) for line in path.read_bytes().decode().split("\n")[:-1]]
    assert exactly([tuple(row.values()) for row in found]) == exactly([(value,) for value in VALUES])
    assert [*found[0]] == ["mixed"]


def test_parquet_holds_every_value(tmp_path: Path):
    path = tmp_path / "made_up.parquet"
    texts = [value if isinstance(value, str) else None for value in VALUES]
    numbers = [value if isinstance(value, float) else None for value in VALUES]
    parquet.write(path, table(MIXED, MAYBE, NUMBER), [[tuple(VALUES), tuple(texts), tuple(numbers)]])
    found = pq.read_table(path).to_pydict()
    assert found["maybe"] == texts
    assert [*map(repr, found["number"])] == [*map(repr, numbers)]
    assert found["mixed"] == [value if value is None or isinstance(value, str) else repr(value) for value in VALUES]


def test_times_and_numbers_in_parquet(tmp_path: Path):
    path = tmp_path / "made_up.parquet"
    times = ("2024-02-29T23:59:59Z", None, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
    parquet.write(
        path, table(WHOLE, MOMENT, NUMBER, FLAG), [[(1, -(2**63), 2**63 - 1, 0), times, (1, 2**53, 0.1, None), (0, 1, 1, 0)]]
    )
    found = pq.read_table(path)
    assert [str(field.type) for field in found.schema] == ["int64", "timestamp[us, tz=UTC]", "double", "int64"]
    assert [field.nullable for field in found.schema] == [False, True, True, False]
    assert found.schema.field("number").metadata[b"unit"] == b"percent"
    assert found["moment"].to_pylist() == [time and datetime.fromisoformat(time).astimezone(UTC) for time in times]
    assert found["number"].to_pylist() == [1.0, 2.0**53, 0.1, None]
    kept = pq.ParquetFile(path).metadata.row_group(0)
    assert kept.column(1).compression == "ZSTD"
    assert [kept.sorting_columns[0].column_index, kept.sorting_columns[0].descending] == [0, False]


def test_an_integer_that_parquet_would_round_is_refused(tmp_path: Path):
    with pytest.raises(StorageError, match="made_up: number has an integer"):
        parquet.write(tmp_path / "made_up.parquet", table(NUMBER), [[(2**53 + 1,)]])


def test_rows_come_in_groups(tmp_path: Path):
    path = tmp_path / "made_up.parquet"
    assert parquet.write(path, table(WHOLE), [[tuple(range(n, n + 10))] for n in range(0, 250, 10)]) == 250
    read = pq.ParquetFile(path)
    assert [read.metadata.row_group(n).num_rows for n in range(read.num_row_groups)] == [100, 100, 50]
    assert read.read()["whole"].to_pylist() == [*range(250)]


@pytest.mark.parametrize(
    ("module", "name"), [(delimited, "csv"), (lines, "jsonl"), (parquet, "parquet")], ids=["csv", "jsonl", "parquet"]
)
def test_a_view_without_rows_has_a_file(tmp_path: Path, module, name: str):
    path = tmp_path / f"made_up.{name}"
    assert module.write(path, table(WHOLE, MAYBE), []) == 0
    if name == "jsonl":
        assert path.read_bytes() == b""
        return
    read = "read_parquet" if name == "parquet" else "read_csv"
    assert duckdb.sql(f"SELECT * FROM {read}('{path}')").columns == ["whole", "maybe"]


# --- types are checked -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "cell", "shown"),
    [
        (TEXT, None, "NULL, which is not text"),
        (TEXT, 1, "1, which is not text"),
        (TEXT, b"x", "b'x', which is not text"),
        (MAYBE, 1.5, "1.5, which is not text"),
        (WHOLE, None, "NULL, which is not an integer"),
        (WHOLE, 1.0, "1.0, which is not an integer"),
        (WHOLE, "1", "'1', which is not an integer"),
        (NUMBER, "34.4", "'34.4', which is not a finite number"),
        (NUMBER, math.inf, "inf, which is not a finite number"),
        (NUMBER, -math.inf, "-inf, which is not a finite number"),
        (MIXED, math.inf, "inf, which is not a finite number or text"),
        (MIXED, b"x", "b'x', which is not a finite number or text"),
        (FLAG, 2, "2, which is not 0 or 1"),
        (MOMENT, "2024-01-01", "'2024-01-01', which is not a time"),
        (MOMENT, "2024-02-30T00:00:00Z", "'2024-02-30T00:00:00Z', which is not a time"),
        (MOMENT, "2024-01-01T00:00:00+00:00", "which is not a time"),
        (MOMENT, "2024-01-01T24:00:00Z", "which is not a time"),
        (MOMENT, 5, "5, which is not a time"),
        (JSON, "{", "'{', which is not JSON"),
        (JSON, "[" * 200_000, "which is not JSON"),
        (JSON, '{"a": NaN}', "which is not JSON"),
        (TEXT, int("9" * 200), f"{'9' * 80}…, which"),
    ],
    ids=lambda value: value.name if isinstance(value, Column) else str(value)[:20],
)
def test_a_value_of_another_type_is_named_and_not_bent(column: Column, cell: object, shown: str):
    good = {"text": "x", "integer": 7, "number": 7.5, "flag": 1, "moment": "2024-01-01T00:00:00Z", "json": "{}", "mixed": "x"}
    with pytest.raises(StorageError) as refused:
        check("made_up", column, [good[column.type], good[column.type], cell, cell], 10_000)
    assert f"made_up, row 10,003: {column.name} is " in str(refused.value)
    assert shown in str(refused.value)
    check("made_up", column, [good[column.type]] * 3, 0)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    path = tmp_path / "new.db"
    open_to_write(path).close()
    return path


RUN = "INSERT INTO run_log (id, command, started_at) VALUES (?, ?, '2024-01-01T00:00:00Z')"
RUNS = next(table for table in tables() if table.name == "run")


def test_a_text_that_is_not_utf_8_is_named(empty: Path):
    with closing(sqlite3.connect(empty)) as conn:
        conn.executemany(RUN, [(1, "import"), (2, "scrape")])
        conn.execute("UPDATE run_log SET command = CAST(x'61ff62' AS TEXT) WHERE id = 2")
        conn.commit()
    with closing(open_to_read(empty)) as db:
        with pytest.raises(StorageError, match=r"run, row 2: command is b'a\\xffb', which is not text in UTF-8"):
            [*batches(db, RUNS)]
        assert db.execute("SELECT command FROM run WHERE run_id = 1").fetchone() == ("import",), "text is text again"


def test_rows_come_in_batches_and_in_order(empty: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("db.export.rows.ROWS_A_BATCH", 10)
    with closing(sqlite3.connect(empty)) as conn:
        conn.executemany(RUN, [(n, "import") for n in range(25, 0, -1)])
        conn.commit()
    with closing(open_to_read(empty)) as db:
        found = [*batches(db, RUNS)]
    assert [len(batch[0]) for batch in found] == [10, 10, 5]
    assert [number for batch in found for number in batch[0]] == [*range(1, 26)]


def test_the_dictionary_has_the_columns_of_each_view_in_its_order(empty: Path):
    with closing(open_to_read(empty)) as db:
        found = {
            view: [row[1] for row in db.execute(f"PRAGMA table_info({view})")]
            for (view,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY rowid").fetchall()
        }
    assert {view: [column.name for column in dictionary.columns(view)] for view in found} == found
    assert {*found} - {*VIEWS} == {"every_finding"}
    for one in tables():
        assert {*one.leading} <= {*one.names}
        assert all(column.type in ("text", "integer", "moment") for column in one.columns if column.name in one.leading)


def test_what_columns_refer_to_is_a_key():
    keys = {view: [column.name for column in dictionary.columns(view) if column.key] for view in VIEWS}
    referred = {column.refers for view in VIEWS for column in dictionary.columns(view) if column.refers}
    assert referred == {"occupation.slug", "capture.capture_id", "run.run_id"}
    assert all(keys[view] == [column] for view, _, column in (name.partition(".") for name in referred))
