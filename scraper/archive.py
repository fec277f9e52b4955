"""The archive: raw pages in WARC files, one gzip member a record, found again by file, offset and length.

The index and the digest decide what a record holds, never the file alone: a torn tail is invisible to most readers.
An archive is only ever appended to, and only behind bytes that the index knows; otherwise a new file is begun. What a dead run
wrote behind them is found by `keeping.survey`.
"""

import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

from normalize.errors import ConfigError, CorruptRecord, StorageError
from scraper import durable, records
from scraper.capture import Capture
from scraper.records import Decision, Tombstone, Verdict, Written

MAX_FILE_BYTES = 1 << 30
_LEVEL = 6
OURS = re.compile(r"careerscape-[0-9]{8}T[0-9]{6}Z-[0-9]{5,}\.warc\.gz")
_Said = TypeVar("_Said")
_WARC = re.compile(r"\.(?:warc(?:\.gz)?|wacz)$")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a record lies: a file of the archive folder, and offset and length of its gzip member in bytes."""

    warc_file: str
    offset: int
    length: int


def pack(capture: Capture) -> bytes:
    """A capture with its body as it lies in a file: most of the work of writing it, and any thread can do it."""
    return _packed(records.whole(capture))


def _packed(record: bytes) -> bytes:
    return gzip.compress(record, _LEVEL, mtime=0)


class Archive:
    """The folder of WARC files. `known` is the size up to which the index knows each file."""

    def __init__(self, folder: Path, known: Mapping[str, int], now: datetime) -> None:
        self.folder = folder
        self.now = now
        self._known = dict(known)
        self._file: BinaryIO | None = None
        self._name = ""
        self._size = 0
        self._sizes: dict[str, int] = {}

    def append(self, capture: Capture, packed: bytes | None = None) -> Location:
        """Write a capture with its body, `packed` already where the caller did that."""
        return self._add(packed or pack(capture))

    def append_revisit(self, capture: Capture, same_url: str, same_at: str) -> Location:
        """Write a capture whose body lies in the archive already, under `same_url` at `same_at`."""
        return self._write(records.revisit(capture, same_url, same_at))

    def append_verdict(self, made: Verdict, url: str, captured_at: str) -> Location:
        """Write what became of reading a capture, of this address and time, where reading it again would harm."""
        return self._write(records.verdict(made, url, captured_at, self.now))

    def append_decision(self, decided: Decision) -> Location:
        """Write which captures are held back or released."""
        return self._write(records.decision(decided))

    def append_tombstone(self, forgotten: Tombstone) -> Location:
        """Write that a page is forgotten."""
        return self._write(records.tombstone(forgotten))

    def replaced(self, old: str, new: str, size: int) -> None:
        """Hear that a file gave way to another one, which is written to from now on."""
        self.close()
        self._name = ""
        for sizes in (self._known, self._sizes):
            sizes.pop(old, None)
            sizes[new] = size

    def read(self, place: Location, sha256: str) -> bytes:
        """The body of a capture. Raises CorruptRecord where the bytes are not those that the index promises."""
        body = self._understood(place, records.body)
        if hashlib.sha256(body).hexdigest() != sha256:
            raise CorruptRecord(place.warc_file, place.offset, f"the body is not the one with sha256 {sha256}")
        return body

    def written(self, place: Location) -> Written:
        """A capture as its record tells it, whole. Raises CorruptRecord where none lies there."""
        found = self._understood(place, records.understood)
        if not isinstance(found, Written):
            raise CorruptRecord(place.warc_file, place.offset, "no record of a capture")
        return found

    def _understood(self, place: Location, understand: Callable[[bytes], _Said]) -> _Said:
        """What a record says. Raises CorruptRecord."""
        try:
            with (self.folder / place.warc_file).open("rb") as file:
                file.seek(place.offset)
                return understand(gzip.decompress(file.read(place.length)))
        except FileNotFoundError:
            why = f"the file is missing from the folder {self.folder} (--archive names another)"
            raise CorruptRecord(place.warc_file, place.offset, why) from None
        except (OSError, EOFError, ValueError, KeyError, ConfigError, zlib.error) as error:
            raise CorruptRecord(place.warc_file, place.offset, f"no readable record ({error})") from error

    def files(self) -> list[str]:
        """The files of ours, in the order in which they were begun."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if OURS.fullmatch(path.name) and path.is_file())

    def foreign(self) -> list[str]:
        """The WARC files of the folder that are not ours."""
        if not self.folder.is_dir():
            return []
        names = (path.name for path in self.folder.iterdir() if path.is_file())
        return sorted(name for name in names if _WARC.search(name) and not OURS.fullmatch(name))

    def unknown(self) -> dict[str, tuple[int, int]]:
        """The files of ours that are longer than the index knows: the size that it knows, and the size that they have."""
        if not self.folder.is_dir():
            return {}
        files = (path for path in self.folder.iterdir() if OURS.fullmatch(path.name) and path.is_file())
        sizes = {path.name: path.stat().st_size for path in files}
        return {name: (self._known.get(name, 0), size) for name, size in sorted(sizes.items()) if size > self._known.get(name, 0)}

    def known(self, name: str) -> int:
        """The size up to which the index knows a file, 0 for none."""
        return self._known.get(name, 0)

    def cut(self, name: str, size: int) -> None:
        """Take a torn record from the end of a file. Raises StorageError."""
        try:
            with (self.folder / name).open("r+b") as file:
                file.truncate(size)
                os.fsync(file.fileno())
        except OSError as error:
            raise StorageError(f"{self.folder / name}: {error.strerror}") from error

    def learn(self, name: str, size: int) -> None:
        """Let the index know a file up to a size, as soon as it is durable. Raises StorageError."""
        try:
            for path in (self.folder / name, self.folder):
                durable.sync(path)
        except OSError as error:
            raise StorageError(f"{self.folder / name}: {error.strerror}") from error
        self._known[name] = self._sizes[name] = size

    def holds(self, place: Location, sha256: str) -> bool:
        """Whether a body lies where the index says, byte for byte."""
        if self._file is not None:
            self._file.flush()
        try:
            self.read(place, sha256)
        except CorruptRecord:
            return False
        return True

    def sync(self) -> dict[str, int]:
        """Make all that was written durable; the answer is the size of each file written to. Raises StorageError, also where
        the file is not the one of its name any more."""
        if self._file is not None:
            path = self.folder / self._name
            try:
                self._file.flush()
                os.fsync(self._file.fileno())
                there = path.stat()
                same = os.path.samestat(os.fstat(self._file.fileno()), there) and there.st_size == self._size
            except OSError as error:
                raise StorageError(f"{path}: {error.strerror}") from error
            if not same:
                raise StorageError(f"{path}: it was changed by somebody else while it was written to")
            self._sizes[self._name] = self._size
        return dict(self._sizes)

    def close(self) -> None:
        """Close the file that is written to."""
        if self._file is not None:
            file, self._file = self._file, None
            try:
                file.close()
            except OSError as error:
                raise StorageError(f"{self.folder / self._name}: {error.strerror}") from error

    def _write(self, record: bytes) -> Location:
        return self._add(_packed(record))

    def _add(self, member: bytes) -> Location:
        try:
            file = self._open()
            file.write(member)
        except OSError as error:
            raise StorageError(f"{self.folder / self._name}: {error.strerror}") from error
        place = Location(self._name, self._size, len(member))
        self._size += len(member)
        return place

    def _open(self) -> BinaryIO:
        if self._file is not None and self._size < MAX_FILE_BYTES:
            return self._file
        self.sync()
        self.close()
        self.folder.mkdir(parents=True, exist_ok=True)
        last = max((name for name, size in self._known.items() if self._whole(name, size)), default="")
        if last and self._known[last] < MAX_FILE_BYTES and last != self._name:
            self._name, self._size = last, self._known[last]
            self._file = (self.folder / last).open("ab")
            return self._file
        return self._begin()

    def _whole(self, name: str, size: int) -> bool:
        path = self.folder / name
        return path.is_file() and path.stat().st_size == size

    def _begin(self) -> BinaryIO:
        day = self.now.strftime("%Y%m%dT%H%M%SZ")
        number = 1
        while (path := self.folder / f"careerscape-{day}-{number:05}.warc.gz").exists():
            number += 1
        path.touch(exist_ok=False)
        self._file = path.open("ab")
        self._name, self._size = path.name, 0
        durable.sync(self.folder)
        self._write(records.info(path.name, self.now))
        return self._file
