"""The archive as a worker sees it: a folder, or whatever fsspec opens, of which the bytes of one record are fetched at a time."""

import gzip
import hashlib
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from db.places import Placed
from normalize.errors import CorruptRecord, StorageError
from scraper import records
from scraper.archive import Archive, Location

_BYTES_A_REQUEST = 4 << 20
_NEVER = datetime.fromtimestamp(0, UTC)
"""Nothing is written."""


class Store(Protocol):
    """Where the records lie."""

    def body(self, place: Placed) -> bytes:
        """The body of a capture. Raises CorruptRecord where the bytes are not those that the index promises, StorageError where
        nothing can be said of them."""


def opened(where: str) -> Store:
    """The archive at a folder or an address. Raises StorageError where it cannot be reached."""
    return _Remote(where) if "://" in where else _Folder(Path(where))


class _Folder:
    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise StorageError(f"there is no archive at {folder} on this machine")
        self._archive = Archive(folder, {}, _NEVER)

    def body(self, place: Placed) -> bytes:
        return self._archive.read(Location(place.warc_file, place.warc_offset, place.warc_length), place.sha256)


class _Remote:
    """What lies at an address such as `s3://bucket/archive`. Records are asked for one behind the other, so that a request is for
    the bytes of some of them."""

    def __init__(self, address: str) -> None:
        import fsspec  # type: ignore[import-untyped]

        self._address = address
        try:
            self._files: Any
            self._files, self._root = fsspec.core.url_to_fs(address)
        except (ImportError, ValueError, OSError) as error:
            raise StorageError(f"{address}: it cannot be opened ({error})") from error
        self._name, self._start, self._bytes = "", 0, b""

    def body(self, place: Placed) -> bytes:
        try:
            body = records.body(gzip.decompress(self._member(place)))
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise CorruptRecord(place.warc_file, place.warc_offset, f"no readable record ({error})") from error
        if hashlib.sha256(body).hexdigest() != place.sha256:
            raise CorruptRecord(place.warc_file, place.warc_offset, f"the body is not the one with sha256 {place.sha256}")
        return body

    def _member(self, place: Placed) -> bytes:
        name, start, end = place.warc_file, place.warc_offset, place.warc_offset + place.warc_length
        if name != self._name or not self._start <= start <= end <= self._start + len(self._bytes):
            self._name, self._start, self._bytes = name, start, self._fetched(name, start, max(end, start + _BYTES_A_REQUEST))
        return self._bytes[start - self._start : end - self._start]

    def _fetched(self, name: str, start: int, end: int) -> bytes:
        try:
            found: bytes = self._files.cat_file(f"{self._root.rstrip('/')}/{name}", start=start, end=end)
        except FileNotFoundError:
            raise CorruptRecord(name, start, f"the file is missing at {self._address}") from None
        except OSError as error:  # the network: it may go well the next time
            raise StorageError(f"{self._address}/{name}: {error}") from error
        return found
