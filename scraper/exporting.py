"""An export: files of all views, or a static site, that are whole and of one moment, or are not there."""

import errno
import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from db import backup
from db.connection import connect, guarded, open_to_read
from db.dictionary import VIEWS
from db.export import files, package
from db.export.files import Written
from normalize.errors import Busy, StorageError, UsageError
from scraper import durable, folders
from scraper.operation.disk import BYTES_A_MB
from scraper.settings import Settings
from scraper.terminal import UNSHOWN, Bar

Format = Literal["parquet", "csv", "json", "site"]

SITE_NAME = "careerscape.json"
"""The file by which a static site is known as an earlier export: its generator, and path and bytes of each other file."""

_FILES_SYNCED = 100
_CHANGED = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.ENOENT}


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported: the folder, its format, how many files and bytes it has, and the files of views with the package."""

    folder: str
    format: Format
    count: int
    bytes: int
    files: tuple[Written, ...]

    def to_dict(self) -> dict[str, Any]:
        """One object."""
        return {**asdict(self), "files": [asdict(file) for file in self.files]}


def export(settings: Settings, folder: Path, form: Format, bar: Bar = UNSHOWN) -> Exported:
    """Export the database as it is at one moment; others may write to it meanwhile.

    An earlier export in `folder` stands until the new one is whole, and is replaced then. Raises UsageError, ForeignDatabase,
    StorageError, Busy.
    """
    if form != "site":
        files.require(form)
    try:
        target = _target(settings, folder)
        with guarded(settings.db):
            open_to_read(settings.db).close()  # one of an older version is migrated
        with folders.beside(target) as work:
            new = work / "export"
            new.mkdir()
            _make_alike(new, target)
            made = _write(settings, work / "snapshot.db", new, form, bar)
            count, size = _sync(new)
            _put(folder, new, target)
            durable.sync(target.parent)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise UsageError(f"{folder}: the name is too long for the file system") from error
        raise StorageError(f"{folder}: {error.strerror or error}") from error
    return Exported(str(folder), form, count, size, tuple(made))


def _target(settings: Settings, folder: Path) -> Path:
    """The folder that is made or replaced. Raises UsageError, OSError."""
    try:
        target = folder.resolve()
    except RuntimeError as error:
        raise UsageError(f"{folder}: {error}") from error
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent} for the export")
    if target in (here := Path.cwd(), *here.parents) or target.is_mount():
        raise UsageError(f"{folder} cannot be replaced as a whole; name a folder in it")
    if target.is_relative_to(settings.archive.resolve()):
        raise UsageError(f"{folder} is in the archive, which holds pages alone")
    _refuse_foreign(folder, target)
    return target


def _refuse_foreign(folder: Path, target: Path) -> None:
    """Raises UsageError where something would be lost that is no earlier export."""
    if not os.path.lexists(target):
        return
    if not target.is_dir():
        raise UsageError(f"{folder} is no folder")
    foreign = next(_foreign(target, _known(target)), None)
    if foreign:
        raise UsageError(f"{folder} holds {foreign}, which is no part of an earlier export; nothing was replaced")
    if not os.access(target, os.W_OK | os.X_OK):
        raise StorageError(f"{folder}: the folder may not be written to, so it is not replaced")


def _known(target: Path) -> set[str]:
    """The paths of the files that an earlier export made in a folder; none where it is no earlier export."""
    for name, key in ((package.NAME, "resources"), (SITE_NAME, "files")):
        try:
            told = json.loads((target / name).read_bytes())
            if told["generator"] == package.GENERATOR:
                return {name, *(os.path.normpath(file["path"]) for file in told[key])}
        except (FileNotFoundError, IsADirectoryError, ValueError, RecursionError, LookupError, TypeError):
            continue
    return set()


def _foreign(target: Path, known: set[str]) -> Iterator[str]:
    """The paths of what is in a folder and is neither a file with a known path nor a folder above one."""
    above = {str(parent) for path in known for parent in Path(path).parents}
    waiting = [target]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                path = os.path.relpath(entry.path, target)
                if entry.is_dir(follow_symlinks=False) and path in above:
                    waiting.append(Path(entry.path))
                elif not (entry.is_file(follow_symlinks=False) and path in known):
                    yield path


def _make_alike(new: Path, target: Path) -> None:
    """Give a folder the mode of the one that it replaces, and its owner where that is allowed. Raises OSError."""
    if target.exists():
        there, made = target.stat(), new.stat()
        if made.st_mode != there.st_mode:
            new.chmod(stat.S_IMODE(there.st_mode))
        for owner in ((-1, there.st_gid), (there.st_uid, -1)):
            with suppress(PermissionError):
                os.chown(new, *owner)


def _put(folder: Path, new: Path, target: Path) -> None:
    """Put an export in its place, unless another made or filled that place meanwhile. Raises UsageError, Busy, OSError."""
    _refuse_foreign(folder, target)
    _make_alike(new, target)
    try:
        folders.put(new, target)
    except OSError as error:
        if error.errno in _CHANGED:
            raise Busy(f"{folder} was changed while its export was written; nothing was replaced") from error
        raise
    try:
        _refuse_foreign(folder, new)
    except BaseException:
        folders.put(new, target)
        raise


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names)


def _write(settings: Settings, snapshot: Path, new: Path, form: Format, bar: Bar) -> list[Written]:
    """Copy the database, write all files from the copy, and remove it."""
    bar.note("copying the database")
    backup.copy(settings.db.resolve(), snapshot, lambda size: _refuse_when_full(settings, new, size))
    with guarded(settings.db), closing(connect(snapshot, read_only=True)) as db:
        if form != "site":
            bar.begin(len(VIEWS))
            made = files.write(db, new, form, bar.note, bar.advance)
        else:
            from db.browse.pages import site

            bar.begin(site.pages(db))
            site.write(db, new, bar.advance)
            listed = sorted((path.relative_to(new).as_posix(), path.stat().st_size) for path in _files(new))
            told = {"generator": package.GENERATOR, "files": [{"path": path, "bytes": size} for path, size in listed]}
            (new / SITE_NAME).write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            made = []
    snapshot.unlink()
    return made


def _sync(new: Path) -> tuple[int, int]:
    """Make all files durable; their number and bytes."""
    found = [*_files(new)]
    if len(found) <= _FILES_SYNCED:
        for path in found:
            durable.sync(path)
        durable.sync(new)
    else:
        os.sync()
    return len(found), sum(path.stat().st_size for path in found)


def _refuse_when_full(settings: Settings, new: Path, size: int) -> None:
    free = shutil.disk_usage(new).free
    wanted = size + settings.min_free_mb * BYTES_A_MB
    if free < wanted:
        raise StorageError(
            f"{new.parent.parent}: only {free / BYTES_A_MB:,.1f} MB are free, an export copies the database and needs "
            f"{wanted / BYTES_A_MB:,.1f} MB (with min_free_mb)"
        )
