"""Files of the archive written anew without the records of pages that are forgotten.

All files that have to change are written beside the old ones, made durable and named; only then do the old ones go. A new file
tells in its first record which files give way together to which: as soon as all new ones are there the old ones count for
nothing, for any database, whoever was killed in between (`settle`).
"""

import gzip
import os
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from db import captures, forget, sweep, tombstones
from db.connection import Database
from db.forget import Moved
from normalize.errors import ConfigError, StorageError, UsageError
from scraper import durable, records
from scraper.archive import OURS, Archive, Location
from scraper.capture import Capture, capture_id, stamp
from scraper.records import Decision, Verdict, Written
from scraper.urls import canonical
from scraper.warcs.members import pieces

_LEVEL = 6
_CHUNK = 1 << 16
_REQUESTED = "careerscape-requested-uri"
_UNNAMED = ".rewritten"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file that gave way, up to its size, to a new one, and where the captures lie in that."""

    old: str
    old_size: int
    new: str
    new_size: int
    moved: tuple[Moved, ...]


@dataclass(slots=True)
class Plan:
    """What of the archive has to change: by file and offset the member that comes in the place of one, empty where it goes.
    `damaged` are places of which nobody can tell what they hold."""

    changes: dict[str, dict[int, bytes]] = field(default_factory=dict)
    dropped: int = 0
    damaged: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Lying:
    """A capture and its record."""

    place: Location
    written: Written
    refers_to: str

    @property
    def name(self) -> str:
        return capture_id(self.written.capture.url, stamp(self.written.capture.captured_at), self.written.sha256)


def plan(archive: Archive, forgotten: Mapping[str, str], known: Collection[tuple[str, int]] = ()) -> Plan:
    """What has to change so that no record is of a page that is forgotten, or names one: `forgotten` are the digests of their
    addresses, with the address where it is known; `known` are places where the index says that records of them lie.

    Raises StorageError where a body cannot be read that another page needs.
    """
    made = _Planning(archive, forgotten, set(known))
    for name in archive.files():
        made.survey(name)
    made.move_bodies()
    return made.plan


class _Planning:
    """A look at all records, and what becomes of those that name a forgotten page."""

    def __init__(self, archive: Archive, forgotten: Mapping[str, str], known: set[tuple[str, int]]) -> None:
        self._archive, self._forgotten, self._known = archive, forgotten, known
        self._gone: dict[str, list[_Lying]] = {}
        self._stay: dict[str, list[_Lying]] = {}
        self._names: set[str] = set()
        self._decisions: list[tuple[Location, Decision]] = []
        self.plan = Plan()

    def survey(self, name: str) -> None:
        with (self._archive.folder / name).open("rb") as file:
            for piece in pieces(file, gzipped=True):
                if (name, piece.offset) in self._known and not piece.length:
                    self._change(Location(name, piece.offset, 0), b"")
                    self.plan.dropped += 1
                elif piece.problem or not piece.gzipped:
                    self.plan.damaged.append(f"{name}, offset {piece.offset}: {piece.problem or 'no gzip'}")
                else:
                    self._record(Location(name, piece.offset, piece.length), b"".join(piece.chunks()))

    def _record(self, place: Location, record: bytes) -> None:
        try:
            head, said = records.head(record), records.understood(record)
        except (ValueError, KeyError, TypeError, ConfigError):
            if (place.warc_file, place.offset) in self._known:
                self._drop(place)
            else:
                self.plan.damaged.append(f"{place.warc_file}, offset {place.offset}: no record that can be understood")
            return
        if isinstance(said, Written):
            bare = replace(said, capture=replace(said.capture, body=b""))
            lying = _Lying(place, bare, head.get("warc-refers-to-target-uri", ""))
            gone = self._is_gone(said.capture.url)
            (self._gone if gone else self._stay).setdefault(said.sha256, []).append(lying)
            if gone:
                self._names.add(lying.name)
                self._drop(place)
        elif isinstance(said, Decision):
            self._decisions.append((place, said))
        elif isinstance(said, Verdict) and self._is_gone(head.get("warc-target-uri", "")):
            self._drop(place)

    def move_bodies(self) -> None:
        """Let what stays hold the bodies that go, and not name what goes."""
        for sha256, lying in self._stay.items():
            gone = sha256 in self._gone
            whole = [one for one in lying if not one.written.revisit]
            heir = None if whole else min(lying, key=lambda one: (one.written.capture.status == 304, *_order(one.place)))
            holder = min(whole, key=lambda one: _order(one.place)) if whole else heir
            for one in lying:
                said = {_REQUESTED: ""} if self._is_gone(one.written.capture.requested) else {}
                if gone and one is heir:
                    self._change(one.place, records.whole(replace(self._unnamed(one), body=self._body(sha256))))
                    continue
                if one.written.revisit and self._is_gone(one.refers_to) and holder:
                    at = stamp(holder.written.capture.captured_at)
                    said |= {"warc-refers-to-target-uri": holder.written.capture.url, "warc-refers-to-date": at}
                if said:
                    self._change(one.place, records.with_headers(self._record_at(one.place), said))
        for place, decided in self._decisions:
            self._decide(place, decided)

    def _record_at(self, place: Location) -> bytes:
        with (self._archive.folder / place.warc_file).open("rb") as file:
            file.seek(place.offset)
            return gzip.decompress(file.read(place.length))

    def _decide(self, place: Location, decided: Decision) -> None:
        kept = tuple(name for name in decided.captures if name not in self._names)
        moved = tuple(replace(m, first="") if m.first in self._names else m for m in decided.moved)
        if (kept, moved) == (decided.captures, decided.moved):
            return
        self._change(place, records.decision(replace(decided, captures=kept, moved=moved)) if kept or moved else b"")

    def _body(self, sha256: str) -> bytes:
        """A body that goes. Raises CorruptRecord where none of its records holds it."""
        whole = [one.place for one in self._gone[sha256] if not one.written.revisit]
        if not whole:
            raise StorageError(f"the body with sha256 {sha256} is in no record of the archive, and another page needs it")
        return self._archive.read(min(whole, key=_order), sha256)

    def _unnamed(self, one: _Lying) -> Capture:
        capture = one.written.capture
        return replace(capture, requested="") if self._is_gone(capture.requested) else capture

    def _is_gone(self, url: str) -> bool:
        if not url:
            return False
        try:
            return tombstones.digest(url) in self._forgotten or tombstones.digest(canonical(url)) in self._forgotten
        except UsageError:
            return False

    def _drop(self, place: Location) -> None:
        self._change(place, b"")
        self.plan.dropped += 1

    def _change(self, place: Location, record: bytes) -> None:
        member = gzip.compress(record, _LEVEL, mtime=0) if record else b""
        self.plan.changes.setdefault(place.warc_file, {})[place.offset] = member


def _order(place: Location) -> tuple[str, int]:
    return place.warc_file, place.offset


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
