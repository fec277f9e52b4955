"""Records of a WARC file, one by one: what is damaged is named, and the rest is read."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from scraper.warcs.members import BEGIN, Piece, pieces

MOST_DAMAGES = 1000
_LONGEST_HEAD = 1 << 16
_KEPT = 1 << 20
_MOST_REWINDS = 16
_VERSION = re.compile(rb"WARC/1\.[01][ \t]*")
_FIRST = re.compile(rb"WARC/1\.[01][ \t]*\r?\n")
_START = re.compile(rb"(?<=\n)" + _FIRST.pattern)
_BLANK = re.compile(rb"\r?\n\r?\n")
_BREAK, _BREAKS = re.compile(rb"\r?\n"), re.compile(rb"[\r\n]+")
_AFTER = (b"\r\n\r\n", b"\n\n")
_ONCE = frozenset(("warc-type", "content-length", "warc-date", "warc-target-uri", "warc-block-digest", "warc-payload-digest"))
_LENGTH = re.compile(r"[0-9]{1,18}")

Head = Mapping[str, str]
"""The fields of a record, names in lower case."""

Want = Callable[[Head], int]
"""How many bytes the block of a record may have to be wanted; 0 where it is not."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record whose frame is whole. `block` is None where it is too long or not wanted; `sure` says that nothing contradicts
    its bytes, `offset` where it begins in the file (a gzip member: where that begins), `raw` is its head as it stands there."""

    offset: int
    head: Head
    raw: bytes
    length: int
    block: bytes | None
    sure: bool


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no record, or only a part of one; `url` is the address that its head gives, if that can be read."""

    offset: int
    why: str
    url: str = ""


class _Broken(Exception):
    """What is wrong with a record."""


def records(file: BinaryIO, gzipped: bool, want: Want) -> Iterator[Record | Damage]:
    """The records of a file that can be sought in, in the order in which they stand there."""
    damages = 0
    empty = True
    for piece in pieces(file, gzipped):
        for found in _Reader(piece, want).records():
            yield found
            empty = False
            damages += isinstance(found, Damage)
            if damages == MOST_DAMAGES:
                yield Damage(found.offset, f"{MOST_DAMAGES:,} places of the file are damaged; what follows was not read")
                return
    if empty:
        yield Damage(0, "no record stands in the file")


class _Reader:
    """A piece, read from its beginning to its end."""

    def __init__(self, piece: Piece, want: Want) -> None:
        self._piece, self._want = piece, want
        self._rewinds = 0
        self._open(0)

    def _open(self, at: int) -> None:
        self._chunks = self._piece.chunks(at)
        self._buffer, self._at, self._ended = bytearray(), at, False

    def records(self) -> Iterator[Record | Damage]:
        """All records; a piece that is damaged itself is one damage, however many records it breaks."""
        told = False
        while self._more():
            begin = self._at
            offset = self._piece.offset + (0 if self._piece.gzipped else begin)
            head: dict[str, str] = {}
            try:
                yield self._record(offset, head)
            except _Broken as error:
                if not (told and self._piece.problem):
                    yield Damage(offset, self._piece.problem or str(error), head.get("warc-target-uri", ""))
                    told = True
                self._find(begin)
        if self._piece.problem and not told:
            yield Damage(self._piece.offset, self._piece.problem)

    def _record(self, offset: int, head: dict[str, str]) -> Record:
        raw = self._head()
        head.update(_fields(raw))
        if "warc-type" not in head or not _LENGTH.fullmatch(head.get("content-length", "")):
            raise _Broken("a record without a type or a length")
        length, body_at = int(head["content-length"]), self._at
        most = self._want(head)
        kept, whole = self._block(length, max(most, _KEPT))
        after = self._after() if whole else None
        if after is not None:
            return Record(offset, head, raw, length, kept if length <= most else None, self._piece.sure and after)
        why = "the length of the record is wrong" if whole else "the record ends too early"
        if len(kept) == self._at - body_at:
            self._buffer[:0] = kept
            self._at = body_at
        elif self._rewinds < _MOST_REWINDS:
            self._rewinds += 1
            self._open(body_at)
        raise _Broken(why)

    def _head(self) -> bytes:
        while not (blank := _BLANK.search(self._buffer)) and len(self._buffer) < _LONGEST_HEAD:
            if not self._fill(len(self._buffer) + 1):
                break
        if not self._buffer.startswith(BEGIN):
            raise _Broken("bytes that are no WARC record")
        if not blank:
            raise _Broken("the head of the record does not end")
        return self._take(blank.end())

    def _block(self, length: int, most: int) -> tuple[bytes, bool]:
        """The block, or its first bytes where it has more than `most`; and whether all of it was there."""
        kept = bytearray()
        left = length
        while left and self._fill(1):
            data = self._take(min(left, len(self._buffer)))
            left -= len(data)
            if len(kept) <= most:
                kept += data
        return bytes(kept), not left

    def _after(self) -> bool | None:
        """Whether a record ends here as it should; None where it does not end. The piece may end before the record quite does."""
        self._fill(4)
        for after in _AFTER:
            if self._buffer.startswith(after):
                self._take(len(after))
                return True
        return False if any(after.startswith(self._buffer) for after in _AFTER) else None

    def _find(self, begin: int) -> None:
        """Go on to the next line that begins a record, behind the one at `begin`."""
        if self._at > begin and self._fill(len(BEGIN)) and _FIRST.match(self._buffer):
            return
        while True:
            if found := _START.search(self._buffer):
                self._take(found.start())
                return
            self._take(max(0, len(self._buffer) - 32))
            if not self._fill(len(self._buffer) + 1):
                self._take(len(self._buffer))
                return

    def _more(self) -> bool:
        """Whether anything but line breaks follows; those before it are passed over."""
        while self._fill(1) and (breaks := _BREAKS.match(self._buffer)):
            self._take(breaks.end())
        return self._fill(1)

    def _fill(self, least: int) -> bool:
        """Whether so many bytes are there."""
        while len(self._buffer) < least and not self._ended:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._ended = True
            else:
                self._buffer += chunk
        return len(self._buffer) >= least

    def _take(self, count: int) -> bytes:
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        self._at += count
        return data


def _fields(raw: bytes) -> dict[str, str]:
    """The fields of a head. Raises _Broken."""
    version, *lines = _BREAK.split(raw.rstrip(b"\r\n"))
    if not _VERSION.fullmatch(version):
        raise _Broken("a record of a version that is not known")
    found: dict[str, str] = {}
    last = ""
    for line in lines:
        text = line.decode("utf-8", "replace")
        if text[:1] in (" ", "\t") and last:
            found[last] += f" {text.strip()}"
            continue
        last, colon, value = text.partition(":")
        last = last.strip().lower()
        if not colon:
            raise _Broken("a field without a colon in the head of a record")
        if found.setdefault(last, value.strip()) != value.strip() and last in _ONCE:
            raise _Broken(f"the head of a record gives {last[:40]} twice")
    return found
