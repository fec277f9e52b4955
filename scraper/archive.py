"""The archive: raw pages in WARC files, one gzip member a record, found again by file, offset and length.

The index and the digest decide what a record holds, never the file alone: a torn tail is invisible to most readers.
An archive is only ever appended to, and only behind bytes that the index knows; otherwise a new file is begun.
"""

import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from fastwarc.warc import WarcRecord, WarcRecordType

from normalize.errors import CorruptRecord, StorageError
from scraper.capture import Capture, stamp

MAX_FILE_BYTES = 1 << 30
_LEVEL = 6
_RESPONSE = "application/http; msgtype=response"
_IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"

_ON_ITS_WAY = frozenset(("content-encoding", "transfer-encoding", "content-length"))
_SECRET = frozenset(("set-cookie", "set-cookie2", "authorization", "proxy-authorization", "www-authenticate"))


@dataclass(frozen=True, slots=True)
class Location:
    """Where a record lies: a file of the archive folder, and offset and length of its gzip member in bytes."""

    warc_file: str
    offset: int
    length: int


class Archive:
    """The folder of WARC files. `known` is the size up to which the index knows each file."""

    def __init__(self, folder: Path, known: Mapping[str, int], now: datetime) -> None:
        self.folder = folder
        self.now = now
        self._known = known
        self._file: BinaryIO | None = None
        self._name = ""
        self._size = 0
        self._sizes: dict[str, int] = {}

    def append(self, capture: Capture) -> Location:
        """Write a capture: a `response` where there was HTTP, else a `resource`."""
        head = _common(capture)
        if capture.status is None:
            return self._write(WarcRecordType.resource, head | {"Content-Type": _media(capture)}, capture.body)
        return self._write(WarcRecordType.response, head | {"Content-Type": _RESPONSE}, _http(capture) + capture.body)

    def append_revisit(self, capture: Capture, same_url: str, same_at: str) -> Location:
        """Write a capture whose body lies in the archive already, under `same_url` at `same_at`."""
        head = _common(capture) | {
            "WARC-Profile": _IDENTICAL,
            "WARC-Refers-To-Target-URI": same_url,
            "WARC-Refers-To-Date": same_at,
            "Content-Type": _media(capture) if capture.status is None else _RESPONSE,
        }
        return self._write(WarcRecordType.revisit, head, _http(capture))

    def append_verdict(self, capture: Capture, code: str, detail: str) -> Location:
        """Write what became of reading a capture where reading it again would harm: a `metadata` record."""
        head = {
            "WARC-Target-URI": capture.url,
            "WARC-Date": stamp(self.now),
            "WARC-Refers-To-Date": stamp(capture.captured_at),
            "WARC-Refers-To-Target-URI": capture.url,
            "Content-Type": "application/warc-fields",
        }
        detail = " ".join(detail.split())
        fields = f"careerscape-capture: {capture.capture_id}\r\ncareerscape-verdict: {code}\r\ncareerscape-detail: {detail}\r\n"
        return self._write(WarcRecordType.metadata, head, fields.encode())

    def read(self, place: Location, sha256: str) -> bytes:
        """The body of a capture. Raises CorruptRecord where the bytes are not those that the index promises."""
        path = self.folder / place.warc_file
        try:
            with path.open("rb") as file:
                file.seek(place.offset)
                record = WarcRecord.from_bytes(gzip.decompress(file.read(place.length)))
            record.parse_http()
            body = record.reader.read() if record.reader else b""
        except FileNotFoundError:
            why = f"the file is missing from the folder {self.folder} (--archive names another)"
            raise CorruptRecord(place.warc_file, place.offset, why) from None
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise CorruptRecord(place.warc_file, place.offset, f"no readable record ({error})") from error
        if hashlib.sha256(body).hexdigest() != sha256:
            raise CorruptRecord(place.warc_file, place.offset, f"the body is not the one with sha256 {sha256}")
        return body

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
        """Make all that was written durable; the answer is the size of each file written to."""
        if self._file is not None:
            try:
                self._file.flush()
                os.fsync(self._file.fileno())
            except OSError as error:
                raise StorageError(f"{self.folder / self._name}: {error.strerror}") from error
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

    def _write(self, kind: WarcRecordType, head: Mapping[str, str], block: bytes) -> Location:
        digest = hashlib.sha256(b"\n".join([*(f"{k}: {v}".encode() for k, v in head.items()), block])).hexdigest()
        record = WarcRecord()
        record.init_headers(kind, f"uuid:{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}".encode())
        for name, value in head.items():
            record.headers[name] = value
        record.set_bytes_content(block)
        buffer = io.BytesIO()
        record.write(buffer)
        member = gzip.compress(buffer.getvalue(), _LEVEL, mtime=0)
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
        self._file = path.open("xb")
        self._name, self._size = path.name, 0
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        info = b"software: careerscape\r\nformat: WARC File Format 1.1\r\n"
        head = {"WARC-Date": stamp(self.now), "WARC-Filename": path.name, "Content-Type": "application/warc-fields"}
        self._write(WarcRecordType.warcinfo, head, info)
        return self._file


def _media(capture: Capture) -> str:
    return f"{capture.media_type}; charset={capture.charset}" if capture.charset else capture.media_type


def _http(capture: Capture) -> bytes:
    """Status line and headers, nothing where there was no HTTP."""
    if capture.status is None:
        return b""
    kept = [("Content-Type", _media(capture))] if not capture.headers else [_kept(*header) for header in capture.headers]
    lines = [f"HTTP/1.1 {capture.status} ", *(f"{name}: {value}" for name, value in kept if value), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


def _kept(name: str, value: str) -> tuple[str, str]:
    """A header as it is archived: nothing secret, and those about the body on its way under another name, as it is decoded."""
    if name in _SECRET:
        return name, ""
    return (f"x-archive-orig-{name}" if name in _ON_ITS_WAY else name), "".join(c for c in value if c.isprintable())


def _common(capture: Capture) -> dict[str, str]:
    """All that a capture is, in the headers of its record."""
    moved = {"Careerscape-Requested-URI": capture.requested} if capture.requested not in ("", capture.url) else {}
    return moved | {
        "WARC-Target-URI": capture.url,
        "WARC-Date": stamp(capture.captured_at),
        "WARC-Payload-Digest": f"sha256:{capture.sha256}",
        "Careerscape-Fetched-At": stamp(capture.fetched_at),
        "Careerscape-Origin": capture.origin,
        "Careerscape-Time-Source": capture.time_source,
    }
