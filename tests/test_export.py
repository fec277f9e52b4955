"""`export`: files of all views that say what the database says, whole and of one moment, and the package that describes them."""

import csv
import ctypes
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from db.connection import open_to_write
from db.dictionary import VIEWS, columns
from db.export import files, package
from normalize.errors import Busy, ForeignDatabase, StorageError, UsageError
from scraper import exporting, folders, run
from scraper.settings import Settings
from tests import rebuilding
from tests.command import Command
from tests.figures import SEED
from tests.imports import DAYS, ReadHere, import_pages, rows, saved, settings
from tests.test_export_values import FORMULAS, PLAIN, exactly, read_csv
from tests.world import World, without_syncing

Validated = Callable[[Path], Any]
SUFFIXES = {"csv": "csv", "json": "jsonl", "parquet": "parquet"}
DISPUTED = replace(SEED, right="Baker").with_cell("Average age", left="47")
PLANTED = (
    ("skill", "skillset_id, rank", ("name", "name_raw")),
    ("job_title", "id", ("title",)),
    ("salary", "id", ("best_state", "best_state_raw", "annual_mean_usd_raw")),
    ("request_log", "id", ("detail", "robots_rule")),
    ("run_log", "id", ("command",)),
    ("page_finding", "id", ("message",)),
    ("shared_finding", "finding_set_id, number", ("message",)),
    ("span", "job_id, field_id, item, number", ("value",)),
)
"""Where texts of pages stand: table, key, columns."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A database with rows in every view, and hostile texts in many."""
    root = tmp_path_factory.mktemp("full")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "Sandbox", ReadHere)
        patch.setattr("scraper.keeping.arrears.Sandbox", ReadHere)
        patch.setattr(run, "open_to_write", without_syncing)
        rebuilding.rules(root)
        rebuilding.scraped(World(root, patch))
        import_pages(root, saved(DISPUTED, DAYS[1]), saved(SEED.with_cell("Average age", "48", "old"), DAYS[3]))
    with closing(sqlite3.connect(settings(root).db)) as conn:
        plant(conn)
        conn.commit()
    return settings(root)


def plant(conn: sqlite3.Connection) -> None:
    """Put texts into the tables that no page may bring, and some that pages do."""
    hostile = cycle([*FORMULAS, *PLAIN])
    for table, key, texts in PLANTED:
        for column in texts:
            found = conn.execute(f"SELECT {key} FROM {table} WHERE typeof({column}) = 'text' ORDER BY {key}").fetchall()
            for at in found:
                marks = ", ".join("?" * len(at))
                conn.execute(f"UPDATE {table} SET {column} = ? WHERE ({key}) = ({marks})", [next(hostile), *at])
    conn.execute("UPDATE job SET slug = '=' || slug WHERE id = (SELECT min(id) FROM job)")


@pytest.fixture(scope="module")
def exports(full: Settings) -> dict[str, Path]:
    """The database in each format."""
    made = {form: full.db.with_name(form) for form in SUFFIXES}
    for form, folder in made.items():
        exporting.export(full, folder, form)
    return made


def said(db: Path, view: str) -> list[tuple[Any, ...]]:
    return rows(db, f'SELECT * FROM "{view}"')


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def described(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "datapackage.json").read_text())


# --- what the files say ----------------------------------------------------------------------------------------------


def test_every_view_has_rows_and_hostile_ones(full: Settings):
    assert all(said(full.db, view) for view in VIEWS)
    texts = {cell for view in VIEWS for row in said(full.db, view) for cell in row if isinstance(cell, str)}
    assert not {*FORMULAS, *PLAIN} - texts


@pytest.mark.parametrize("view", VIEWS)
def test_csv_says_what_the_view_says(full: Settings, exports: dict[str, Path], view: str):
    found = read_csv(exports["csv"] / f"{view}.csv", columns(view))
    assert sorted(exactly(found)) == sorted(exactly(said(full.db, view)))


@pytest.mark.parametrize("view", VIEWS)
def test_json_lines_say_what_the_view_says(full: Settings, exports: dict[str, Path], view: str):
    found = [json.loads(line) for line in (exports["json"] / f"{view}.jsonl").read_bytes().decode().split("\n")[:-1]]
    assert {tuple(row) for row in found} == {tuple(column.name for column in columns(view))}
    assert sorted(exactly([tuple(row.values()) for row in found])) == sorted(exactly(said(full.db, view)))


@pytest.mark.parametrize("view", VIEWS)
def test_parquet_says_what_the_view_says(full: Settings, exports: dict[str, Path], view: str):
    path = exports["parquet"] / f"{view}.parquet"
    expected = [tuple(map(in_parquet, (c.type for c in columns(view)), row)) for row in said(full.db, view)]
    table = pq.read_table(path)
    assert table.column_names == [column.name for column in columns(view)]
    found = [tuple(map(as_shown, row.values())) for row in table.to_pylist()]
    assert sorted(exactly(found)) == sorted(exactly(expected))
    duckdb.sql("SET TimeZone = 'UTC'")
    read = duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall()
    assert sorted(exactly([tuple(map(as_shown, row)) for row in read])) == sorted(exactly(expected))


def in_parquet(kind: str, value: object) -> object:
    """A value of a view as Parquet has it."""
    if value is None:
        return None
    if kind == "number":
        return float(value)
    return value if kind != "mixed" or isinstance(value, str) else repr(value)


def as_shown(value: object) -> object:
    """A time as the view has it; all else as it is."""
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if hasattr(value, "tzinfo") else value


def test_duckdb_asks_the_files_what_sqlite_is_asked(full: Settings, exports: dict[str, Path]):
    query = (
        "SELECT field, count(*), round(sum(value_number), 6), max(captured_at) FROM {} "
        "WHERE unit = 'percent' AND coalesce(item, '') != 'male' GROUP BY 1"
    )
    in_csv = f"read_csv('{exports['csv']}/observation.csv', max_line_size = 1000000)"
    expected = sorted(rows(full.db, query.format("observation")))
    assert len(expected) > 3
    for source in (in_csv, f"read_parquet('{exports['parquet']}/observation.parquet')"):
        found = duckdb.sql(query.format(source)).fetchall()
        assert sorted(tuple(map(as_shown, row)) for row in found) == expected
    read = duckdb.sql(f"FROM {in_csv}")
    types = {name: str(kind) for name, kind in zip(read.columns, read.types, strict=True)}
    assert (types["captured_at"], types["value_number"]) == ("TIMESTAMP WITH TIME ZONE", "DOUBLE")


DOCUMENT = (Path(__file__).parents[1] / "docs" / "export.md").read_text()


def test_the_document_reads_codes_as_text(full: Settings, exports: dict[str, Path]):
    codes = [
        column.name
        for column in columns("occupation_latest")
        if column.type == "text" and re.search(r"(code|geonameid|usps|naics|cip|isced)$", column.name)
    ]
    assert len(codes) == 6
    (listed,) = re.findall(r"^codes = (\[.*\])$", DOCUMENT, re.MULTILINE)
    assert sorted(json.loads(listed)) == sorted(codes)
    (query,) = re.findall(r"```sql\n(SELECT \* FROM read_csv.*?)```", DOCUMENT, re.DOTALL)
    read = duckdb.sql(query.replace("tables/", f"{exports['csv']}/"))
    types = {name: str(kind) for name, kind in zip(read.columns, read.types, strict=True)}
    assert {types[name] for name in codes} == {"VARCHAR"}
    chosen = ", ".join(["slug", *codes])
    expected = rows(full.db, f"SELECT {chosen} FROM occupation_latest")
    found = read.project(chosen).fetchall()
    assert sorted((slug.removeprefix("'"), *others) for slug, *others in found) == sorted(expected)


def test_rows_are_sorted(exports: dict[str, Path]):
    found = pq.read_table(exports["parquet"] / "observation.parquet").select(["occupation", "field", "item", "captured_at"])
    listed = [tuple(row.values()) for row in found.to_pylist()]
    assert listed == sorted(listed, key=lambda row: (*(text.encode() for text in row[:3]), row[3]))
    assert len({row[0] for row in listed}) > 2


# --- the package -----------------------------------------------------------------------------------------------------


@pytest.fixture
def validated() -> Iterator[Validated]:
    """The report of frictionless on a package; its import changes a limit of `csv`, which others count on."""
    usual = csv.field_size_limit()
    import frictionless

    yield lambda path: frictionless.validate(str(path))
    csv.field_size_limit(usual)


@pytest.mark.parametrize("form", SUFFIXES)
def test_frictionless_accepts_the_package(exports: dict[str, Path], form: str, validated: Validated):
    report = validated(exports[form] / "datapackage.json")
    assert (report.valid, report.stats["tasks"]) == (True, len(VIEWS)), report.flatten(["name", "type", "message"])
    assert {task.type for task in report.tasks} == {"table" if form == "csv" else "file"}


@pytest.mark.parametrize("form", SUFFIXES)
def test_frictionless_sees_what_is_changed(exports: dict[str, Path], tmp_path: Path, form: str, validated: Validated):
    folder = shutil.copytree(exports[form], tmp_path / form)
    path = folder / f"run.{SUFFIXES[form]}"
    path.write_bytes(path.read_bytes().replace(b"done", b"gone"))
    report = validated(folder / "datapackage.json")
    assert [task.name for task in report.tasks if not task.valid] == ["run"]


WRONG = (
    ("observation", "occupation", "nobody", "foreign-key"),
    ("run", "run_id", "one", "type-error"),
    ("page_status", "due_at", "yesterday", "type-error"),
    ("capture", "published", "2", "constraint-error"),
    ("comparison", "captured_at", "", "type-error"),
)
"""What can be wrong in a file: view, column, a cell, and what is said of it."""


def test_frictionless_checks_types_and_keys(exports: dict[str, Path], tmp_path: Path, validated: Validated):
    folder = shutil.copytree(exports["csv"], tmp_path / "csv")
    told = described(folder)
    for resource in told["resources"]:
        del resource["bytes"], resource["hash"]
    (folder / "datapackage.json").write_text(json.dumps(told))
    for view, column, text, _ in WRONG:
        path = folder / f"{view}.csv"
        head, row, *rest = path.read_bytes().decode().split("\r\n")
        cells = row.split(",")
        cells[head.split(",").index(column)] = text
        path.write_bytes("\r\n".join([head, ",".join(cells), *rest]).encode())
    report = validated(folder / "datapackage.json")
    found = {(task.name, error.type) for task in report.tasks for error in task.errors}
    assert found >= {(view, why) for view, *_, why in WRONG}


@pytest.mark.parametrize("form", SUFFIXES)
def test_the_package_describes_all_columns(full: Settings, exports: dict[str, Path], form: str):
    told = described(exports[form])
    assert told["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert {"name", "title", "description", "licenses", "sources", "resources"} <= {*told}
    assert all("name" in licence for licence in told["licenses"])
    assert {"title": "Comparison pages of a.example", "path": "http://a.example/"} in told["sources"]
    assert any(source["title"].startswith("O*NET") for source in told["sources"])
    assert [resource["name"] for resource in told["resources"]] == [*VIEWS]
    profiles = {(resource["$schema"], resource["schema"]["$schema"]) for resource in told["resources"]}
    at = "https://datapackage.org/profiles/2.0"
    assert profiles == {(f"{at}/dataresource.json", f"{at}/tableschema.json")}
    kept = rows(
        full.db, 'SELECT "view", "column", description, unit, source FROM data_dictionary WHERE "view" != ?', "every_finding"
    )
    found = [
        (resource["name"], field["name"], field["description"], field.get("unit"), field["source"])
        for resource in told["resources"]
        for field in resource["schema"]["fields"]
    ]
    assert sorted(found, key=repr) == sorted(kept, key=repr)
    for resource in told["resources"]:
        content = (exports[form] / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert resource["path"] == f"{resource['name']}.{SUFFIXES[form]}"


def test_the_package_names_keys_units_and_what_stands_for_null(exports: dict[str, Path]):
    schemas = {form: {one["name"]: one["schema"] for one in described(exports[form])["resources"]} for form in SUFFIXES}
    observation = schemas["csv"]["observation"]
    fields = {field["name"]: field for field in observation["fields"]}
    assert observation["primaryKey"] == ["side", "field", "item", "capture_id"]
    assert {"fields": ["occupation"], "reference": {"resource": "occupation", "fields": ["slug"]}} in observation["foreignKeys"]
    assert (fields["item"]["missingValues"], fields["raw"]["missingValues"]) == ([], [""])
    assert [fields[name]["type"] for name in ("captured_at", "value", "value_number", "raw")] == [
        "datetime",
        "any",
        "number",
        "string",
    ]
    mixed = {form: schemas[form]["history"]["fields"][3] for form in SUFFIXES}
    assert {form: field["type"] for form, field in mixed.items()} == {"csv": "any", "json": "any", "parquet": "string"}
    wide = {field["name"]: field for field in schemas["parquet"]["occupation_latest"]["fields"]}
    assert (wide["salary_annual_mean_usd"]["type"], wide["salary_annual_mean_usd"]["unit"]) == ("integer", "USD/year")
    assert "primaryKey" not in schemas["csv"]["change"]


# --- the same data gives the same bytes ------------------------------------------------------------------------------


@pytest.mark.parametrize("form", SUFFIXES)
def test_the_same_data_gives_the_same_bytes_in_whatever_order_it_lies(
    full: Settings, exports: dict[str, Path], tmp_path: Path, form: str
):
    turned = tmp_path / "careerscape.db"
    shutil.copy(full.db, turned)
    with closing(sqlite3.connect(turned)) as conn:
        for table, key in (("request_log", "id"), ("page_finding", "id")):
            kept = conn.execute(f"SELECT * FROM {table} ORDER BY {key} DESC").fetchall()
            conn.execute(f"DELETE FROM {table}")
            conn.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(kept[0]))})", kept)
        conn.commit()
        conn.execute("PRAGMA reverse_unordered_selects = ON")
        conn.execute("PRAGMA page_size = 8192")
        conn.execute("VACUUM")
        conn.execute("ANALYZE")
    exporting.export(replace(full, db=turned), tmp_path / "out", form)
    assert bytes_of(tmp_path / "out") == bytes_of(exports[form])


@pytest.mark.usefixtures("read_here")
def test_a_rebuilt_database_gives_the_same_bytes(tmp_path: Path):
    import_pages(tmp_path, saved(SEED, DAYS[2]), saved(SEED.with_cell("Average age", "50"), DAYS[1]))
    import_pages(tmp_path, saved(DISPUTED, DAYS[0]))
    rebuilding.again(tmp_path)
    first, again = settings(tmp_path), replace(settings(tmp_path), db=tmp_path / "again.db")
    for form in SUFFIXES:
        exporting.export(first, tmp_path / form, form)
        exporting.export(again, tmp_path / f"{form}-again", form)
        one, other = (bytes_of(tmp_path / name) for name in (form, f"{form}-again"))
        same = {name.partition(".")[0] for name in one if one[name] == other[name]}
        assert {*VIEWS} - same <= {"run", "finding"}, "what was done is not rebuilt"


# --- where it goes ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("small")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "Sandbox", ReadHere)
        import_pages(root, saved(SEED, DAYS[0]))
    return root


@pytest.fixture
def made(tmp_path: Path, small: Path) -> Settings:
    """A small database, in a folder of its own."""
    return settings(Path(shutil.copytree(small, tmp_path / "db")))


def test_an_earlier_export_is_replaced_and_nothing_is_left_of_it(made: Settings, tmp_path: Path):
    out = tmp_path / "out"
    names = {"site": exporting.SITE_NAME, "csv": "run.csv", "json": "run.jsonl", "parquet": "run.parquet"}
    for form in ("site", "csv", "json", "csv", "csv", "parquet", "site", "site"):
        done = exporting.export(made, out, form)
        assert names[form] in os.listdir(out)
        assert (done.count, done.bytes) == (len(bytes_of(out)), sum(map(len, bytes_of(out).values())))
        assert form == "site" or {*os.listdir(out)} == {file.path for file in done.files}
        assert os.listdir(tmp_path) == ["db", "out"] or sorted(os.listdir(tmp_path)) == ["db", "out"]


def test_an_empty_folder_is_taken_and_a_link_is_followed(made: Settings, tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    exporting.export(made, tmp_path / "link", "csv")
    assert (tmp_path / "link").is_symlink()
    assert len(os.listdir(tmp_path / "real")) == len(VIEWS) + 1


def note_in(out: Path) -> None:
    (out / "notes.txt").write_text("mine")


def note_below(out: Path) -> None:
    (out / "assets").mkdir(exist_ok=True)
    (out / "assets" / "notes.txt").write_text("mine")


def other_package(out: Path) -> None:
    (out / "datapackage.json").write_text('{"name": "birds", "resources": []}')


def odd_package(out: Path) -> None:
    (out / "datapackage.json").write_text(json.dumps({"generator": package.GENERATOR, "resources": [{"path": ["run.csv"]}]}))


def torn_package(out: Path) -> None:
    (out / "datapackage.json").write_text('{"name": "careersc')


@pytest.mark.parametrize("form", ["csv", "site"])
@pytest.mark.parametrize("spoil", [note_in, note_below, other_package, odd_package, torn_package], ids=lambda one: one.__name__)
def test_a_folder_with_anything_else_is_left_alone(made: Settings, tmp_path: Path, form: str, spoil: Callable[[Path], None]):
    out = tmp_path / "out"
    exporting.export(made, out, form)
    spoil(out)
    before = bytes_of(out), sorted(out.rglob("*"))
    with pytest.raises(UsageError, match="no part of an earlier export; nothing was replaced"):
        exporting.export(made, out, "csv")
    assert (bytes_of(out), sorted(out.rglob("*"))) == before
    assert sorted(os.listdir(tmp_path)) == ["db", "out"]


def own_page(out: Path) -> None:
    next((out / "occupation").iterdir()).rename(out / "occupation" / "mine.html")


def own_folder(out: Path) -> None:
    (out / "occupation" / "mine").mkdir()


def own_link(out: Path) -> None:
    page = next((out / "occupation").iterdir())
    page.rename(out.parent / "db" / "page.html")
    page.symlink_to("../../db/page.html")


def folder_as_page(out: Path) -> None:
    page = next((out / "occupation").iterdir())
    page.unlink()
    page.mkdir()


def linked_folder(out: Path) -> None:
    (out / "occupation").rename(out.parent / "db" / "occupation")
    (out / "occupation").symlink_to("../db/occupation")


@pytest.fixture(scope="module")
def site(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small static site."""
    out = tmp_path_factory.mktemp("site") / "out"
    exporting.export(settings(small), out, "site")
    return out


SPOILERS = (own_page, own_folder, own_link, folder_as_page, linked_folder)


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda one: one.__name__)
def test_what_is_below_the_top_of_a_site_is_known_by_its_path(
    made: Settings, site: Path, tmp_path: Path, spoil: Callable[[Path], None]
):
    out = Path(shutil.copytree(site, tmp_path / "out"))
    spoil(out)
    before = sorted(out.rglob("*"))
    with pytest.raises(UsageError, match=r"holds occupation\S*, which is no part of an earlier export"):
        exporting.export(made, out, "csv")
    assert sorted(out.rglob("*")) == before


def test_a_site_names_its_files_and_their_bytes(site: Path):
    told = json.loads((site / exporting.SITE_NAME).read_text())
    found = {path: len(content) for path, content in bytes_of(site).items() if path != exporting.SITE_NAME}
    assert {file["path"]: file["bytes"] for file in told["files"]} == found
    assert len(found) > 5


@pytest.mark.parametrize(("form", "names"), [("csv", ("run.csv", "capture.csv")), ("site", ("index.html", "occupation"))])
def test_an_export_that_lost_files_is_made_again(made: Settings, tmp_path: Path, site: Path, form: str, names: tuple[str, ...]):
    out = tmp_path / "out"
    if form == "site":
        shutil.copytree(site, out)
    else:
        exporting.export(made, out, form)
    before = bytes_of(out)
    for name in names:
        shutil.rmtree(out / name) if (out / name).is_dir() else (out / name).unlink()
    exporting.export(made, out, form)
    assert bytes_of(out) == before


REFUSED: dict[str, type[Exception]] = {
    "file.txt": UsageError, "file.txt/out": UsageError, "none/out": UsageError, ".": UsageError, "db": UsageError,
    "db/archive": UsageError, "db/archive/out": UsageError, "/": UsageError, "/proc": UsageError, "loop": UsageError,
    "x" * 300: UsageError, "x" * 250: UsageError,
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED, ids=lambda name: name[:20])
def test_a_place_that_cannot_be_is_refused(made: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.txt").write_text("mine")
    (tmp_path / "loop").symlink_to("loop")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(REFUSED[name]):
        exporting.export(made, Path(name), "csv")
    assert sorted(tmp_path.rglob("*")) == before


def test_there_has_to_be_a_database_of_ours(made: Settings, tmp_path: Path):
    with pytest.raises(UsageError, match="there is no database"):
        exporting.export(replace(made, db=tmp_path / "none.db"), tmp_path / "out", "csv")
    with closing(sqlite3.connect(tmp_path / "other.db")) as conn:
        conn.execute("CREATE TABLE note (text)")
    with pytest.raises(ForeignDatabase):
        exporting.export(replace(made, db=tmp_path / "other.db"), tmp_path / "out", "csv")
    assert not (tmp_path / "out").exists()


def test_parquet_without_pyarrow_says_what_to_install(made: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"careerscape\[parquet\]"):
        exporting.export(made, tmp_path / "out", "parquet")
    assert os.listdir(tmp_path) == ["db"]


# --- whole, or not there ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), StorageError),
        (sqlite3.OperationalError("database or disk is full"), StorageError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=["disk full", "SQLite's disk full", "interrupted"],
)
@pytest.mark.parametrize("module", ["files.written", "folders.put"])
def test_what_ends_early_leaves_the_earlier_export(
    made: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    raised: type[BaseException],
    module: str,
):
    exporting.export(made, tmp_path / "out", "json")
    before = bytes_of(tmp_path / "out")

    def fail(*arguments: object) -> None:
        raise error

    if module == "folders.put" and isinstance(error, sqlite3.Error):
        error = OSError(errno.EIO, "bad disk")
    monkeypatch.setattr(*((files, "written") if module == "files.written" else (folders, "put")), fail)
    with pytest.raises(raised):
        exporting.export(made, tmp_path / "out", "csv")
    assert bytes_of(tmp_path / "out") == before
    assert sorted(os.listdir(tmp_path)) == ["db", "out"]
    with pytest.raises(raised):
        exporting.export(made, tmp_path / "other", "csv")
    assert sorted(os.listdir(tmp_path)) == ["db", "out"]


def test_a_wrong_value_stops_the_export_and_the_earlier_one_stands(made: Settings, tmp_path: Path):
    exporting.export(made, tmp_path / "out", "csv")
    before = bytes_of(tmp_path / "out")
    with closing(sqlite3.connect(made.db)) as conn:
        conn.execute("UPDATE page_capture SET captured_at = 'in spring'")
        conn.commit()
    with pytest.raises(StorageError, match="observation, row 1: captured_at is 'in spring', which is not a time"):
        exporting.export(made, tmp_path / "out", "csv")
    assert bytes_of(tmp_path / "out") == before


def test_too_little_room_is_said_first(made: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=made.db.stat().st_size + 1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StorageError, match="MB are free"):
        exporting.export(replace(made, min_free_mb=2), tmp_path / "out", "csv")
    assert os.listdir(tmp_path) == ["db"]
    exporting.export(replace(made, min_free_mb=1), tmp_path / "out", "csv")


HEX = "0123456789abcdef"


def lock_in(folder: Path) -> Path:
    (folder / "export").mkdir(parents=True)
    (folder / "export" / "run.csv").touch()
    (folder / "careerscape.lock").touch()
    return folder


def test_what_killed_exports_left_is_removed_and_what_one_at_work_has_is_not(tmp_path: Path):
    left, used, empty = (tmp_path / f".out.{digit}{HEX[1:]}.new" for digit in "123")
    lock_in(left)
    (left / "export").chmod(0o500)
    empty.mkdir()
    descriptor = os.open(lock_in(used) / "careerscape.lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with folders.beside(tmp_path / "out") as work:
        assert {*os.listdir(tmp_path)} == {used.name, work.name}
    os.close(descriptor)
    assert os.listdir(tmp_path) == [used.name]


OTHERS = (
    f".out.b.{HEX}.new", f".outer.{HEX}.new", ".out.a.new", f".out.{HEX}0.new", f".out.{HEX.upper()}.new", f".out.{HEX}.new.new",
    f".out.{HEX}.old", f"out.{HEX}.new",
)  # fmt: skip
"""Names of folders that no export of `out` gives."""


@pytest.mark.parametrize("name", OTHERS)
def test_only_own_names_are_removed(tmp_path: Path, name: str):
    lock_in(tmp_path / name)
    before = sorted(tmp_path.rglob("*"))
    with folders.beside(tmp_path / "out"):
        pass
    assert sorted(tmp_path.rglob("*")) == before


def test_only_what_has_the_lock_is_removed(tmp_path: Path):
    lock_in(tmp_path / "real")
    (tmp_path / f".out.1{HEX[1:]}.new").symlink_to("real")
    (tmp_path / f".out.2{HEX[1:]}.new").mkdir()
    (tmp_path / f".out.2{HEX[1:]}.new" / "notes.txt").touch()
    (tmp_path / f".out.3{HEX[1:]}.new").touch()
    before = sorted(tmp_path.rglob("*"))
    with folders.beside(tmp_path / "out"):
        pass
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["mkdir", "flock"])
def test_exports_that_begin_together_take_nothing_from_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    owner: Any = Path if name == "mkdir" else fcntl
    real, others = getattr(owner, name), []

    def meeting(*arguments: Any, **named: Any) -> None:
        """Another begins and ends behind the making of the folder, or before its lock."""
        if name == "mkdir":
            real(*arguments, **named)
        if not others:
            others.append(folders.beside(tmp_path / "out"))
            with others[0] as work:
                assert (work / "careerscape.lock").exists()
        if name == "flock":
            real(*arguments, **named)

    monkeypatch.setattr(owner, name, meeting)
    with folders.beside(tmp_path / "out") as work:
        assert os.listdir(work) == ["careerscape.lock"]
        assert os.listdir(tmp_path) == [work.name]
    assert os.listdir(tmp_path) == []


def test_a_place_that_is_taken_meanwhile_stays(made: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "out"
    real = folders.put

    def late(new: Path, target: Path) -> None:
        monkeypatch.setattr(folders, "put", real)
        monkeypatch.setattr(os.path, "lexists", lambda path: False)
        out.mkdir()
        note_in(out)
        real(new, target)

    monkeypatch.setattr(folders, "put", late)
    with pytest.raises(Busy, match="was changed while its export was written; nothing was replaced"):
        exporting.export(made, out, "csv")
    assert (os.listdir(out), sorted(os.listdir(tmp_path))) == (["notes.txt"], ["db", "out"])


def test_what_comes_into_the_folder_meanwhile_stays(made: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "out"
    exporting.export(made, out, "json")
    real = folders.put

    def late(new: Path, target: Path) -> None:
        monkeypatch.setattr(folders, "put", real)
        note_in(out)
        real(new, target)

    monkeypatch.setattr(folders, "put", late)
    with pytest.raises(UsageError, match=r"holds notes\.txt"):
        exporting.export(made, out, "csv")
    assert {"notes.txt", "run.jsonl"} < {*os.listdir(out)}
    assert sorted(os.listdir(tmp_path)) == ["db", "out"]


@pytest.mark.parametrize("mode", [0o700, 0o2775])
def test_the_folder_keeps_its_mode_and_owner(made: Settings, tmp_path: Path, mode: int):
    out = tmp_path / "out"
    out.mkdir()
    group = next((one for one in os.getgroups() if one != out.stat().st_gid), out.stat().st_gid)
    out.chmod(mode)
    os.chown(out, 4321 if os.geteuid() == 0 else -1, group)
    before = out.stat()
    for form in ("csv", "json"):
        exporting.export(made, out, form)
        after = out.stat()
        assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


def failing(code: int) -> Callable[..., Any]:
    """A system in which folders do not change names."""

    class Library:
        def renameat2(self, *arguments: object) -> int:
            ctypes.set_errno(code)
            return -1

    return lambda *arguments, **named: Library()


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EBUSY, errno.EIO])
def test_folders_that_must_not_change_names_are_not_renamed(
    made: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
):
    out = tmp_path / "out"
    exporting.export(made, out, "json")
    before = bytes_of(out)
    monkeypatch.setattr(ctypes, "CDLL", failing(code))
    with pytest.raises(StorageError, match=os.strerror(code)):
        exporting.export(made, out, "csv")
    assert (bytes_of(out), sorted(os.listdir(tmp_path))) == (before, ["db", "out"])


def test_a_folder_that_may_not_be_written_to_is_refused_first(made: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(os, "access", lambda *arguments: False)
    monkeypatch.setattr(folders, "beside", None)
    with pytest.raises(StorageError, match="out: the folder may not be written to"):
        exporting.export(made, tmp_path / "out", "csv")


def test_the_folder_above_is_named_where_nothing_can_be_made(made: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "above").mkdir()

    def refuse(*arguments: object, **named: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StorageError, match=r"out: in the folder \S+above: Permission denied"):
        exporting.export(made, tmp_path / "above" / "out", "csv")


def test_a_process_killed_between_two_renames_loses_nothing(tmp_path: Path):
    left = lock_in(tmp_path / f".out.{HEX}.new")
    (left / "export.old").mkdir()
    (left / "export.old" / "old").touch()
    with folders.beside(tmp_path / "out"):
        assert os.listdir(tmp_path / "out") == ["old"]
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("there", [False, True])
def test_a_system_that_cannot_exchange_folders_renames_them(
    made: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
):
    monkeypatch.setattr(ctypes, "CDLL", failing(errno.ENOSYS if there else errno.EINVAL))
    if there:
        exporting.export(made, tmp_path / "out", "json")
    exporting.export(made, tmp_path / "out", "csv")
    assert "run.csv" in os.listdir(tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == ["db", "out"]


def test_a_rename_that_fails_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(folders, "_exchange", lambda one, other: False)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").touch()
    with pytest.raises(FileNotFoundError):
        folders.put(tmp_path / "none", tmp_path / "out")
    assert os.listdir(tmp_path) == ["out"]
    assert os.listdir(tmp_path / "out") == ["old"]


def test_an_export_is_of_one_moment_and_nobody_waits_for_it(made: Settings, tmp_path: Path):
    begun = "INSERT INTO run_log (command, started_at) VALUES ('scrape', '2024-01-01T00:00:00Z')"

    class Writing(exporting.Bar):
        def note(self, text: str) -> None:
            if text in VIEWS:
                with closing(open_to_write(made.db)) as db, db.conn:
                    db.conn.execute("PRAGMA busy_timeout = 0")
                    db.conn.execute(begun)

    exporting.export(made, tmp_path / "out", "json", Writing())
    assert rows(made.db, "SELECT count(*) FROM run") == [(1 + len(VIEWS),)]
    assert len((tmp_path / "out" / "run.jsonl").read_text().splitlines()) == 1


def test_an_older_database_is_migrated_first(made: Settings, tmp_path: Path):
    with closing(sqlite3.connect(made.db)) as conn:
        conn.execute("DROP VIEW history")
        conn.execute("UPDATE setting SET value = 'older' WHERE name = 'views'")
        conn.commit()
    exporting.export(made, tmp_path / "out", "json")
    assert (tmp_path / "out" / "history.jsonl").stat().st_size


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command(made: Settings, tmp_path: Path):
    run = Command(made.db.parent)
    (told,) = run.json("export", "../out", "--format", "csv")
    assert (told["folder"], told["format"], told["count"]) == ("../out", "csv", len(VIEWS) + 1)
    assert [file["path"] for file in told["files"]] == [*(f"{view}.csv" for view in VIEWS), "datapackage.json"]
    assert {file["path"]: file["rows"] for file in told["files"]}["capture.csv"] == 1
    for file in told["files"]:
        content = (tmp_path / "out" / file["path"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    said = run("export", "../out", "--format", "csv")
    assert f"out: {len(VIEWS) + 1} files" in said.stdout
    assert said.stderr == ""
    assert "is no folder" in run("export", "careerscape.db", "--format", "csv", exit_code=2).stderr


@pytest.mark.slow
def test_a_killed_export_leaves_the_earlier_one_and_the_next_one_cleans_up(made: Settings, tmp_path: Path):
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import os, signal\nfrom db.export import files\nkept = files.written\n\n\ndef killed(path, rows=None):\n"
        "    if path.name == 'conflict.csv':\n        os.kill(os.getpid(), signal.SIGKILL)\n    return kept(path, rows)\n\n\n"
        "files.written = killed\n"
    )
    out = tmp_path / "out"
    exporting.export(made, out, "json")
    before = bytes_of(out)
    path = os.pathsep.join((str(hook), str(Path(__file__).parents[1])))
    command = [Path(sys.executable).with_name("careerscape"), "--db", made.db, "export", out, "--format", "csv"]
    done = subprocess.run([*map(str, command)], env=os.environ | {"PYTHONPATH": path}, capture_output=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert bytes_of(out) == before
    assert len(os.listdir(tmp_path)) == 4
    exporting.export(made, out, "csv")
    assert sorted(os.listdir(tmp_path)) == ["db", "hook", "out"]
