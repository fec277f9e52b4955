"""The ledger: beside each finished part a row that says what it is: no shard is done twice, and no part is taken on trust."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from normalize.errors import StorageError
from scraper import durable

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """A shard that is done: its key, size and sha256 of its part, how many pages it has and how many could not be read, and by
    what code and lists; one of other code or lists has no part."""

    key: str
    parser: str
    vocabulary: str
    size: int = 0
    sha256: str = ""
    pages: int = 0
    unread: int = 0
    worker: str = ""


def part_of(folder: Path, name: str) -> Path:
    """Where the part of a shard lies."""
    return folder / f"{name}.parquet"


def beside(path: Path) -> Path:
    """A temporary name in the same folder, of one attempt alone."""
    return path.with_name(f".{path.name}.{uuid4().hex}.new")


def enter(folder: Path, name: str, row: Row) -> None:
    """Write the row of a shard, whose part is there. Raises OSError."""
    final = _row_of(folder, name)
    new = beside(final)
    try:
        new.write_bytes(json.dumps(asdict(row)).encode())
        durable.sync(new)
        new.replace(final)
    finally:
        new.unlink(missing_ok=True)
    durable.sync(folder)


def found(folder: Path, name: str, key: str) -> Row | None:
    """The row of a shard that is done: its part is there and is the one that the row tells. None for anything else."""
    try:
        said = json.loads(_row_of(folder, name).read_bytes())
        row = Row(**said)
        return row if row.key == key and not row.unread and agrees(folder, name, row) else None
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def strike(folder: Path, name: str) -> None:
    """Remove the row of a shard, so that it is done again. Raises StorageError."""
    path = _row_of(folder, name)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error


def agrees(folder: Path, name: str, row: Row) -> bool:
    """Whether the part of a shard is the one that its row tells. Raises OSError."""
    path = part_of(folder, name)
    return path.stat().st_size == row.size and digest(path) == row.sha256


def digest(path: Path) -> str:
    """The sha256 of a file. Raises OSError."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def _row_of(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"
