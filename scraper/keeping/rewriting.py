"""Files of the archive written anew without the records of pages that are forgotten.

All files that have to change are written beside the old ones, made durable and named; only then do the old ones go. A new file
tells in its first record which files give way together to which: as soon as all new ones are there the old ones count for
nothing, for any database, whoever was killed in between (`settle`).
"""

import gzip
import os
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from db import captures, forget, sweep
from db.connection import Database
from db.forget import Moved
from normalize.errors import ConfigError, StorageError
from scraper import durable, records
from scraper.archive import OURS, Archive
from scraper.capture import capture_id, stamp
from scraper.keeping.clearing import Plan
from scraper.records import Written
from scraper.warcs.members import pieces

_LEVEL = 6
_CHUNK = 1 << 16
_UNNAMED = ".rewritten"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file that gave way, up to its size, to a new one, and where the captures lie in that."""

    old: str
    old_size: int
    new: str
    new_size: int
    moved: tuple[Moved, ...]


def write(archive: Archive, plan: Plan, now: datetime) -> list[Rewritten]:
    """Write the files that have to change anew, durable and under their names; the old ones stay. Raises StorageError."""
    folder = archive.folder
    sweep_up(folder)
    if not plan.changes:
        return []
    names = dict(zip(sorted(plan.changes), _names(folder, now), strict=False))
    sizes = {name: (folder / name).stat().st_size for name in names}
    together = " ".join(f"{old}:{sizes[old]}>{new}" for old, new in names.items())
    try:
        for old, new in names.items():
            _write(folder / old, _unnamed(folder, new), plan.changes[old], records.info(new, now, together))
        for new in names.values():
            _unnamed(folder, new).rename(folder / new)
        durable.sync(folder)
    except OSError as error:
        sweep_up(folder)
        raise StorageError(f"{folder}: it cannot be written anew ({error.strerror})") from error
    return [
        Rewritten(old, sizes[old], new, (folder / new).stat().st_size, tuple(captures_in(archive, new)))
        for old, new in names.items()
    ]


def _names(folder: Path, now: datetime) -> Iterator[str]:
    """Names that no file has."""
    number = 0
    while True:
        number += 1
        name = f"careerscape-{now.strftime('%Y%m%dT%H%M%SZ')}-{number:05}.warc.gz"
        if not (folder / name).exists():
            yield name


def _unnamed(folder: Path, name: str) -> Path:
    return folder / f".{name}{_UNNAMED}"


def sweep_up(folder: Path) -> None:
    """Delete files that were never named."""
    for path in folder.glob(f".careerscape-*{_UNNAMED}"):
        path.unlink(missing_ok=True)


def _write(old: Path, new: Path, changes: Mapping[int, bytes], info: bytes) -> None:
    """A file with other members at some offsets; all else keeps its bytes, apart from its first record."""
    with old.open("rb") as file, new.open("wb") as out:
        out.write(gzip.compress(info, _LEVEL, mtime=0))
        starts = [piece.offset for piece in pieces(file, gzipped=True)]
        ends = [*starts[1:], old.stat().st_size]
        for start, end in zip(starts, ends, strict=True):
            if start in changes:
                out.write(changes[start])
            elif start or not _is_info(file, end):
                _copy(file, out, start, end)
        out.flush()
        os.fsync(out.fileno())


def _is_info(file: BinaryIO, end: int) -> bool:
    """Whether the first record of a file, which ends there, is one that `info` made."""
    file.seek(0)
    try:
        return "warc-filename" in records.head(gzip.decompress(file.read(end)))
    except (OSError, EOFError, ValueError, zlib.error):
        return False


def _copy(file: BinaryIO, out: BinaryIO, start: int, end: int) -> None:
    file.seek(start)
    while start < end and (chunk := file.read(min(_CHUNK, end - start))):
        out.write(chunk)
        start += len(chunk)


def captures_in(archive: Archive, name: str) -> Iterator[Moved]:
    """The captures of a file and where they lie in it."""
    with (archive.folder / name).open("rb") as file:
        for piece in pieces(file, gzipped=True):
            if piece.problem:
                continue
            try:
                said = records.understood(b"".join(piece.chunks()))
            except (ValueError, KeyError, TypeError, ConfigError):
                continue
            if isinstance(said, Written):
                known = capture_id(said.capture.url, stamp(said.capture.captured_at), said.sha256)
                yield Moved(known, name, piece.offset, piece.length, said.revisit, said.sha256)


def drop(folder: Path, names: Collection[str]) -> None:
    """Delete files that gave way. Raises StorageError."""
    try:
        for name in names:
            (folder / name).unlink(missing_ok=True)
        if names:
            durable.sync(folder)
    except OSError as error:
        raise StorageError(f"{folder}: a file that gave way cannot be deleted ({error.strerror})") from error


# --- after somebody was killed, or by another database ----------------------------------------------------------------

Together = Mapping[str, tuple[int, str]]
"""Files that give way together: the size of each, and the file that comes in its place."""


def settle(db: Database, folder: Path, now: datetime) -> None:
    """Let a database follow its archive, where files were written anew and it did not hear of that; delete those that gave way.

    What was not finished before it was named stays as it is: nothing was taken out by it, and its records are there twice.
    """
    archive = Archive(folder, {}, now)
    files, known = set(archive.files()), captures.known_files(db)
    sets = [made for name in sorted(files) if (made := _together(folder / name))]
    if not sets:
        return
    lost = known.keys() - files
    done = [made for made in sets if files.issuperset(new for _, new in made.values())]
    live = [made for made in done if any(old in files or old in known for old in made)]
    begun = [made for made in sets if made not in done and files.issuperset(made)]
    if not (lost or live or begun):
        return
    news = {new for made in (done if lost else live) for _, new in made.values()}
    gone = lost.union(*live)
    with db.atomic():
        forget.relocate(db, [moved for name in sorted(news) for moved in captures_in(archive, name)])
        for old, (size, new) in (pair for made in (*live, *begun) for pair in made.items()):
            is_new = known.get(old) == size and new in files and new not in known
            if is_new and forget.knows_all(db, captures_in(archive, new)):
                captures.note_files(db, {new: (folder / new).stat().st_size})
        sweep.drop_files(db, sorted(gone))
    drop(folder, sorted(files.intersection(set().union(*live))))


def _together(path: Path) -> Together:
    """Which files gave way together to this one and others, as its first record tells; none for others."""
    try:
        with path.open("rb") as file:
            said = records.replaces(zlib.decompressobj(31).decompress(file.read(_CHUNK)))
    except (ValueError, zlib.error):
        return {}
    found = {}
    for one in said.split():
        old, _, rest = one.partition(":")
        size, _, new = rest.partition(">")
        if all(map(OURS.fullmatch, (old, new))) and size.isdecimal():
            found[old] = (int(size), new)
    return found
