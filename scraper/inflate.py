"""Bodies without their content encodings, in bounded steps: a bomb, a cut stream, an unknown encoding are seen, not suffered."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Literal

_MOST_LAYERS = 2
_MOST_MEMBERS = 1000  # of a gzip stream: one that holds nothing costs as much time as one that is full
_CHUNK = 1 << 16
_NAMES = ("gzip", "x-gzip", "deflate")
_GZIP, _ZLIB, _RAW = 31, 15, -15
_GZIP_MAGIC = b"\x1f\x8b"


class Refused(Exception):
    """A body that is given up: how its response counts, and why."""

    def __init__(self, outcome: Literal["too_large", "truncated", "bad_encoding"], detail: str) -> None:
        super().__init__(detail)
        self.outcome: Literal["too_large", "truncated", "bad_encoding"] = outcome
        self.detail = detail


def decoded(chunks: Iterable[bytes], encoding: str, most: int) -> Iterator[bytes]:
    """The chunks of a body without the layers of a Content-Encoding header, `most` bytes of it.

    Raises Refused behind the last byte that may be used: `too_large` for more bytes than that, `truncated` for a stream that
    ends too early, `bad_encoding` for one that is damaged, and for layers or members that are too many or were not asked for.
    """
    layers = [name for name in (part.strip().lower() for part in encoding.split(",")) if name not in ("", "identity")]
    if len(layers) > _MOST_LAYERS or not all(name in _NAMES for name in layers):
        raise Refused("bad_encoding", f"content encoding {encoding[:100]!r}")
    sent = 2 * most + _CHUNK  # packing can make a body longer
    found = iter(chunks)
    for name in reversed(layers):
        found = _inflated(_capped(found, sent), name)
    return _capped(found, most)


def _capped(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    left = most
    for chunk in chunks:
        yield chunk[:left]
        left -= len(chunk)
        if left < 0:
            raise Refused("too_large", f"more than {most:,} bytes")


def _inflated(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """All members of a gzip stream, or the one of a deflate stream; what follows them is no part of the body."""
    inflater: Any = None
    waiting = b""
    members = 0
    for chunk in chunks:
        waiting += chunk
        while inflater is not None or len(waiting) > 1:
            if inflater is None:
                if members and (name == "deflate" or not waiting.startswith(_GZIP_MAGIC)):
                    waiting = b"\0"  # stands for all that comes now
                    break
                if members == _MOST_MEMBERS:
                    raise Refused("bad_encoding", f"more than {_MOST_MEMBERS:,} gzip members")
                inflater = zlib.decompressobj(_window(name, waiting))
            yield from _steps(inflater, waiting, name)
            waiting = inflater.unused_data
            if not inflater.eof:
                break
            inflater, members = None, members + 1
    cut = name != "deflate" and waiting == _GZIP_MAGIC[:1] if members else bool(waiting)
    if inflater is not None or cut:
        raise Refused("truncated", f"the {name} stream ends too early")


def _steps(inflater: Any, data: bytes, name: str) -> Iterator[bytes]:
    """What a piece of a stream gives, 64 KB at a time."""
    while True:
        try:
            step = inflater.decompress(data, _CHUNK)
        except zlib.error as error:
            raise Refused("bad_encoding", f"{name}: {error}") from error
        yield step
        data = inflater.unconsumed_tail
        if inflater.eof or (not data and len(step) < _CHUNK):  # a full step may have left something inside of zlib
            return


def _window(name: str, data: bytes) -> int:
    """The window bits of zlib: `deflate` comes with and without its header."""
    if name != "deflate":
        return _GZIP
    return _ZLIB if data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0 else _RAW
