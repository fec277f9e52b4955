"""All views as files of one format in a folder, with the package that describes them."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from db.connection import Database
from db.export import delimited, lines, package, parquet
from db.export.package import Form
from db.export.rows import batches, tables

Format = Literal["parquet", "csv", "json"]


@dataclass(frozen=True, slots=True)
class Written:
    """A file of an export: its name, how many rows it has (none for the package), its bytes and digest."""

    path: str
    rows: int | None
    bytes: int
    sha256: str


_FORMS: Mapping[Format, Form] = {
    "parquet": parquet.FORM,
    "csv": delimited.FORM,
    "json": lines.FORM,
}


def require(form: Format) -> None:
    """Raises UsageError where a format needs what is not installed."""
    if form == "parquet":
        parquet.available()


def write(db: Database, folder: Path, form: Format, note: Callable[[str], None], advance: Callable[[], None]) -> list[Written]:
    """Write every view and the package into a folder, the package last; `note` is told each view, `advance` called behind it.

    The caller sees to it that the database does not change meanwhile. Raises OSError, StorageError, sqlite3.Error.
    """
    way, files, resources = _FORMS[form], [], []
    for table in tables():
        note(table.name)
        path = folder / f"{table.name}.{way.suffix}"
        made = written(path, way.write(path, table, batches(db, table)))
        files.append(made)
        resources.append(package.resource(table, made.path, way, made.bytes, made.sha256))
        advance()
    path = folder / package.NAME
    told = json.dumps(package.descriptor(db, resources, way), ensure_ascii=False, allow_nan=False, indent=2)
    path.write_text(f"{told}\n", encoding="utf-8", newline="\n")
    return [*files, written(path)]


def written(path: Path, rows: int | None = None) -> Written:
    """A file that was written. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Written(path.name, rows, path.stat().st_size, digest)
