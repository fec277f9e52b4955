"""The bytes of a WARC file in pieces: a plain file is one, of a gzipped file each member is. A damaged member is a piece too, and
the next one behind it is found again."""

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

BEGIN = b"WARC/1."
_MAGIC = b"\x1f\x8b\x08"
_CHUNK, _SMALL_CHUNK = 1 << 16, 1 << 8
_IN_MEMORY = 16 << 20
_LIKELY_BYTES, _LIKELY_RATIO = 64 << 20, 200
_GZIP = 31

TOO_SHORT = "the gzip member ends too early"


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that begin at `offset` of the file: those of a gzip member, unpacked, or all of a plain file.

    `length` is that of the member in the file, 0 where it is not known. `problem` says what is wrong with a member; the bytes
    before the damage can be read, but are not `sure`. `held` are all bytes of a small one.
    """

    file: BinaryIO
    offset: int
    gzipped: bool
    problem: str = ""
    held: bytes | None = None
    length: int = 0

    @property
    def sure(self) -> bool:
        """Whether nothing contradicts the bytes."""
        return not self.problem

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """The bytes from a position on. Another call ends what an earlier one gives."""
        if self.held is not None:
            yield self.held[start:]
        elif not self.gzipped:
            self.file.seek(self.offset + start)
            while chunk := self.file.read(_CHUNK):
                yield chunk
        else:
            for chunk in _unpacked(self.file, self.offset, _SMALL_CHUNK if self.problem else _CHUNK):
                if start < len(chunk):
                    yield chunk[start:]
                start = max(0, start - len(chunk))


def pieces(file: BinaryIO, gzipped: bool, start: int = 0) -> Iterator[Piece]:
    """The pieces of a file that can be sought in, from `start` on, where a member begins. `gzipped` is what its name says, for a
    file whose first bytes say nothing."""
    file.seek(start)
    head = file.read(len(BEGIN))
    if not head:
        return
    if not head.startswith(_MAGIC) and (head == BEGIN or not gzipped):
        yield Piece(file, start, False)
        return
    offset: int | None = start
    while offset is not None:
        file.seek(offset)
        if not (head := file.read(len(_MAGIC))):
            return
        if head != _MAGIC[: len(head)]:
            yield Piece(file, offset, True, "bytes that are no gzip", b"")
            offset = _next(file, offset + 1)
            continue
        end, problem, held = _checked(file, offset)
        yield Piece(file, offset, True, problem, held, 0 if problem else end - offset)
        offset = _next(file, offset + 1) if problem else end


def _checked(file: BinaryIO, offset: int) -> tuple[int, str, bytes | None]:
    """Where a member ends, what is wrong with it, and its bytes where they are few."""
    inflater = zlib.decompressobj(_GZIP)
    kept: list[bytes] | None = []
    read = size = 0
    file.seek(offset)
    while not inflater.eof and (data := file.read(_CHUNK)):
        read += len(data)
        while data and not inflater.eof:
            try:
                out = inflater.decompress(data, 1 << 20)
            except zlib.error as error:
                return 0, f"the gzip member is damaged ({error})", None
            data = inflater.unconsumed_tail
            size += len(out)
            if size > _LIKELY_BYTES + _LIKELY_RATIO * read:
                return 0, f"the gzip member unpacks to more than {_LIKELY_RATIO} times its size", b""
            if kept is not None:
                kept.append(out)
                kept = kept if size <= _IN_MEMORY else None
    if not inflater.eof:
        return 0, TOO_SHORT, None
    return offset + read - len(inflater.unused_data), "", None if kept is None else b"".join(kept)


def _unpacked(file: BinaryIO, offset: int, step: int) -> Iterator[bytes]:
    """The bytes of a member up to its end or its damage; small steps lose less before a damage."""
    inflater = zlib.decompressobj(_GZIP)
    at = offset
    while not inflater.eof:
        file.seek(at)
        data = file.read(step)
        at += len(data)
        if not data:
            return
        while data and not inflater.eof:
            try:
                out = inflater.decompress(data, 1 << 20)
            except zlib.error:
                return
            data = inflater.unconsumed_tail
            yield out


def _next(file: BinaryIO, start: int) -> int | None:
    """Where the next member begins that holds a record."""
    file.seek(start)
    at, window = start, b""
    while data := file.read(_CHUNK):
        window += data
        found = window.find(_MAGIC)
        while found >= 0:
            if _begins_record(file, at + found):
                return at + found
            found = window.find(_MAGIC, found + 1)
        keep = min(len(window), len(_MAGIC) - 1)
        at += len(window) - keep
        window = window[len(window) - keep :]
        file.seek(at + keep, os.SEEK_SET)
    return None


def _begins_record(file: BinaryIO, offset: int) -> bool:
    file.seek(offset)
    try:
        return zlib.decompressobj(_GZIP).decompress(file.read(1 << 12), len(BEGIN)) == BEGIN
    except zlib.error:
        return False
