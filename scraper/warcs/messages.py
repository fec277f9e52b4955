"""What a record holds: an HTTP message without the codings of its way, and the digests that a record states."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from normalize.errors import Rejected
from scraper.inflate import Refused, decoded
from scraper.readers import MAX_BYTES

MOST_BYTES = 2 * MAX_BYTES + (1 << 17)
"""The most that a block may have: a page in the worst of packings, with its head."""

_STATUS = re.compile(rb"HTTP/[0-9](?:\.[0-9])?[ \t]+([0-9]{3})(?:[ \t].*)?", re.DOTALL)
_BLANK, _BREAK = re.compile(rb"\r?\n\r?\n"), re.compile(rb"\r?\n")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_ALGORITHMS = {"sha1": 20, "sha256": 32, "sha512": 64, "md5": 16}
_GZIP_MAGIC = b"\x1f\x8b"
_NUMBER = re.compile(r"[0-9]{1,18}")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """An HTTP response: headers with names in lower case, the body as it was stored."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """All values of a header, joined; empty where there is none."""
        return ", ".join(value for key, value in self.headers if key == name)


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest as a record states it."""

    algorithm: str
    value: bytes

    def fits(self, data: bytes) -> bool:
        """Whether it is the digest of these bytes."""
        return hashlib.new(self.algorithm, data, usedforsecurity=False).digest() == self.value


def message(block: bytes) -> Message:
    """The response that a block holds. Raises Rejected `bad_record`."""
    end = _BLANK.search(block)
    head = block[: end.start()] if end else block.rstrip(b"\r\n")
    first, *lines = _BREAK.split(head)
    status = _STATUS.fullmatch(first)
    if not status:
        raise Rejected("bad_record", "its HTTP head cannot be read")
    fields: list[tuple[str, list[str]]] = []
    for line in lines:
        text = line.decode("latin-1")
        name, colon, value = text.partition(":")
        if text[:1] in (" ", "\t") and fields:
            fields[-1][1].append(text.strip())
        elif colon:
            fields.append((name.strip().lower(), [value.strip()]))
    if not end and block[-1:] != b"\n":
        raise Rejected("bad_record", "its HTTP head does not end")
    headers = tuple((name, " ".join(values)) for name, values in fields)
    return Message(int(status[1]), headers, block[end.end() :] if end else b"")


def bodies(found: Message) -> tuple[bytes, ...]:
    """The body as it was stored, without chunks, and without content codings: the last is the page.

    A tool may have taken a coding away and left its header: a body that cannot be of it, as it does not begin so, is as it was
    sent. Raises Rejected.
    """
    raw = found.body
    codings = found.header("transfer-encoding").lower()
    whole = _unchunked(raw) if "chunked" in codings else raw
    packed = found.header("content-encoding").lower()
    length = found.header("content-length")
    plain = {packed, codings} <= {"", "identity"}
    if plain and _NUMBER.fullmatch(length) and len(raw) < int(length):
        raise Rejected("bad_record", f"its body has {len(raw):,} bytes, not the {length[:20]} that its head promises")
    if packed.rpartition(",")[2].strip() in ("gzip", "x-gzip") and whole and not whole.startswith(_GZIP_MAGIC):
        packed = ""
    try:
        page = b"".join(decoded([whole], packed, MAX_BYTES)) if packed else whole
    except Refused as error:
        code = "too_large" if error.outcome == "too_large" else "bad_record"
        raise Rejected(code, f"its body cannot be unpacked: {error.detail}") from error
    if len(page) > MAX_BYTES:
        raise Rejected("too_large", f"{len(page):,} bytes, at most {MAX_BYTES:,}")
    return raw, whole, page


def _unchunked(raw: bytes) -> bytes:
    if raw and not _CHUNK_SIZE.match(raw):
        return raw
    parts: list[bytes] = []
    at = 0
    while size := _CHUNK_SIZE.match(raw, at):
        length = int(size[1], 16)
        if not length:
            return b"".join(parts)
        parts.append(raw[size.end() : size.end() + length])
        at = size.end() + length
        end = _BREAK.match(raw, at)
        if len(parts[-1]) != length or not end:
            break
        at = end.end()
    raise Rejected("bad_record", "its body is cut off, or its chunks are damaged")


def digest(stated: str) -> Digest | None:
    """A digest of the form `sha1:BASE32` or `sha256:hex`; None for none, and for one of a kind that is not known. Raises Rejected
    `digest_differs` for one that can be no digest."""
    label, colon, text = stated.strip().partition(":")
    algorithm = label.lower().replace("-", "")
    size = _ALGORITHMS.get(algorithm)
    if not colon or size is None:
        return None
    try:
        value = bytes.fromhex(text) if len(text) == 2 * size else base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except (ValueError, binascii.Error):
        value = b""
    if len(value) != size:
        raise Rejected("digest_differs", f"{stated[:100]!r} is no digest")
    return Digest(algorithm, value)


def require(stated: Digest | None, candidates: Iterable[bytes], what: str) -> bool:
    """Whether a digest is stated and is that of one of the candidates. Raises Rejected `digest_differs` where it is of none."""
    if stated is None:
        return False
    if not any(map(stated.fits, candidates)):
        raise Rejected("digest_differs", f"{what} is not what its {stated.algorithm} says")
    return True
