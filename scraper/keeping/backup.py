"""A copy of the database that is whole, durable and in order, or is not there."""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from db import backup as copies
from db.connection import is_there
from db.lock import writing
from normalize.errors import ForeignDatabase, StorageError, UsageError
from scraper import durable
from scraper.operation.disk import BYTES_A_MB
from scraper.settings import Settings

_BESIDE = ("-journal", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy that was made: its path, bytes and schema version, what it holds, the archive that belongs to it with its files and
    bytes, and what is wrong with that archive."""

    path: str
    bytes: int
    schema: int
    captures: int
    pages: int
    newest_capture_at: str | None
    archive: str
    archive_files: int
    archive_bytes: int
    problems: tuple[str, ...]


def make(settings: Settings, path: Path, force: bool = False) -> Backup:
    """Copy the database to `path`, as it is at one moment and with the schema version that it has; others may work meanwhile.

    Raises UsageError where there is no database, or `path` cannot be written to without loss, ForeignDatabase and StorageError.
    """
    target = _target(settings, path, force)
    try:
        source = settings.db.resolve()
        with _replacing(target), _beside(target) as temporary:
            copies.copy(source, temporary, lambda size: _refuse_when_full(settings, target, size))
            held = copies.held(temporary)
            temporary.chmod(stat.S_IMODE(source.stat().st_mode))
            durable.sync(temporary)
            size = temporary.stat().st_size
            _put(temporary, target, force)
            durable.sync(target.parent)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror or error}") from error
    needed = held.archive_sizes
    return Backup(
        str(path), size, held.schema, held.captures, held.pages, held.newest_capture_at, str(settings.archive), len(needed),
        sum(needed.values()), tuple(_problems(settings.archive, needed)),
    )  # fmt: skip


def _target(settings: Settings, path: Path, force: bool) -> Path:
    """Where the copy goes. Raises UsageError, StorageError."""
    if not is_there(settings.db):
        raise UsageError(f"there is no database at {settings.db}")
    try:
        source, target = settings.db.resolve(), path.resolve()
        if target.is_dir() or not target.name:
            raise UsageError(f"{path} is a folder; name the file that the copy goes to")
        names = [source.name + end for end in ("", ".lock", *_BESIDE)]
        if (target.parent == source.parent and target.name in names) or (target.exists() and target.samefile(source)):
            raise UsageError(f"{path} is the database itself, or belongs to it")
        if not target.parent.is_dir():
            raise StorageError(f"there is no folder {target.parent} for the copy")
        if target.exists():
            _refuse_loss(path, target, force)
        for end in _BESIDE:  # it would be taken for a part of the copy
            if target.with_name(target.name + end).exists():
                raise StorageError(f"{path}{end} is left of another database: open that with its program first, or remove it")
    except (OSError, RuntimeError) as error:
        raise StorageError(f"{path}: {error}") from error
    return target


def _refuse_loss(path: Path, target: Path, force: bool) -> None:
    """Raises UsageError for a file that may not be replaced, ForeignDatabase for one that is no copy of ours."""
    if not force:
        raise UsageError(f"{path} is there already; --force replaces it")
    if not target.is_file():
        raise UsageError(f"{path} is no ordinary file")
    if target.stat().st_size and not copies.is_ours(target):
        raise ForeignDatabase(str(path), "it is no database of careerscape, and is not replaced")


@contextmanager
def _replacing(target: Path) -> Iterator[None]:
    """Hold the lock of a database that is replaced, if it was ever written to."""
    with writing(target) if target.with_name(target.name + ".lock").exists() else nullcontext():
        yield


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """An empty file beside the target, gone at the end; those that dead processes left are removed."""
    begin, end = f".{target.name}.", ".new"
    for left in target.parent.iterdir():
        if left.name.startswith(begin) and left.name.endswith(end):
            _remove_unused(left)
    descriptor, name = tempfile.mkstemp(end, begin, target.parent)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
        os.close(descriptor)


def _remove_unused(path: Path) -> None:
    with suppress(OSError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


def _put(temporary: Path, target: Path, force: bool) -> None:
    """Give the copy its name; without force only where nothing else has it by now. Raises UsageError, OSError."""
    if not force:
        try:
            target.touch(exist_ok=False)
        except FileExistsError:
            raise UsageError(f"{target} was made by somebody else meanwhile") from None
    temporary.replace(target)


def _refuse_when_full(settings: Settings, target: Path, size: int) -> None:
    free = shutil.disk_usage(target.parent).free
    wanted = size + settings.min_free_mb * BYTES_A_MB
    if free < wanted:
        raise StorageError(
            f"{target.parent}: only {free / BYTES_A_MB:,.1f} MB are free, a copy of {size / BYTES_A_MB:,.1f} MB needs "
            f"{wanted / BYTES_A_MB:,.1f} MB (with min_free_mb)"
        )


def _problems(archive: Path, needed: dict[str, int]) -> Iterator[str]:
    """What the copy speaks of and the archive does not hold."""
    for name, size in needed.items():
        try:
            there = (archive / name).stat().st_size
        except OSError as error:
            yield f"{archive / name}: {error.strerror}"
            continue
        if there < size:
            yield f"{archive / name}: it ends at {there:,} bytes, the database speaks of {size:,}"
