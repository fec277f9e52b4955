"""Sitemaps and indexes of them: XML or lists of addresses, packed or not. What they say is foreign, so all of it is bounded."""

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from xml.parsers import expat

from normalize.errors import Rejected, UsageError
from scraper.inflate import Refused, decoded
from scraper.readers.encoding import CODECS
from scraper.urls import LONGEST, canonical

MAX_BYTES = 50 * 1024 * 1024
"""The most that a sitemap may have, decoded (50 MiB)."""

MAX_ENTRIES = 50_000
_MOST_ELEMENTS = 2_000_000
_MOST_NAMES = 1_000
_DEEPEST = 16
_LARGEST_TAG = 1 << 18
_CHUNK = 1 << 14
_HEAD = 1024
_BLANKS = " \t\r\n"
_GZIP_MAGIC = b"\x1f\x8b"
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
         (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))  # fmt: skip
_DECLARED = re.compile(rb"<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_ROOTS = {"urlset": "url", "sitemapindex": "sitemap"}
_STAMP = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"(Z|([+-])([0-9]{2}):([0-9]{2})))?)?)?"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that a sitemap lists: its canonical address, and when it last changed, in UTC, None where that is not said well."""

    url: str
    lastmod: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What a sitemap lists, each address once: pages, and further sitemaps. `dropped` counts what is no http(s) address; `note`
    tells where something was left out."""

    pages: tuple[Entry, ...]
    sitemaps: tuple[str, ...]
    dropped: int = 0
    note: str = ""


def read(body: bytes, url: str) -> Sitemap:
    """The sitemap that was sent for `url`: a urlset, a sitemapindex, or a text with an address a line, each maybe in gzip.

    Raises Rejected `bad_sitemap` for what is none, is broken anywhere before its 50,000th entry, or is larger than it may be.
    """
    try:
        return _read(body)
    except (_Bad, Refused, expat.ExpatError, UnicodeError) as error:
        raise Rejected("bad_sitemap", f"{url}: {error}") from error


class _Bad(Exception):
    """Why something is no sitemap."""


class _Full(Exception):
    """The last entry that counts has been read."""


def _read(body: bytes) -> Sitemap:
    head = _head(_chunks(body))
    codec = _encoding(head)
    texts = _decode(_chunks(body), codec)
    found = _Found()
    try:
        if head.decode(codec, errors="ignore").lstrip(f"\ufeff{_BLANKS}").startswith("<"):
            _parse(texts, found)
        else:
            _take_lines(texts, found)
    except _Full:
        return found.sitemap(f"only the first {MAX_ENTRIES:,} entries count; the rest was not read")
    return found.sitemap()


def _chunks(body: bytes) -> Iterator[bytes]:
    """The body without its gzip, in small steps."""
    parts = (body[at : at + _CHUNK] for at in range(0, len(body), _CHUNK))
    return decoded(parts, "gzip" if body.startswith(_GZIP_MAGIC) else "", MAX_BYTES)


def _head(chunks: Iterable[bytes]) -> bytes:
    """The first bytes that are no blanks; what comes before them does not count."""
    head = b""
    for chunk in chunks:
        head = (head + chunk).lstrip(_BLANKS.encode())
        if len(head) >= _HEAD:
            break
    if not head:
        raise _Bad("it is empty")
    return head[:_HEAD]


def _encoding(head: bytes) -> str:
    """The codec that a mark or a declaration names, UTF-8 without."""
    for mark, codec in _BOMS:
        if head.startswith(mark):
            return codec
    match = _DECLARED.match(head)
    if not match:
        return "utf-8"
    label = match[1].decode("ascii")
    if label.lower() not in CODECS:
        raise _Bad(f"its encoding {label!r} is not known")
    codec = CODECS[label.lower()]
    return "utf-8" if codec.startswith("utf-16") else codec


def _decode(chunks: Iterable[bytes], codec: str) -> Iterator[str]:
    """The text without a mark and blanks before it."""
    decoder = codecs.getincrementaldecoder(codec)()
    begun = False
    for chunk in chunks:
        text = decoder.decode(chunk)
        if not begun:
            text = text.removeprefix("\ufeff").lstrip(_BLANKS)
            begun = bool(text)
        yield text
    yield decoder.decode(b"", final=True)


@dataclass(slots=True)
class _Found:
    """What was read so far."""

    pages: dict[str, Entry] = field(default_factory=dict)
    sitemaps: dict[str, None] = field(default_factory=dict)
    entries: int = 0
    dropped: int = 0

    def add(self, address: str, lastmod: str = "", index: bool = False) -> None:
        """Take an entry. Raises _Full where there may be no more."""
        if self.entries == MAX_ENTRIES:
            raise _Full
        self.entries += 1
        try:
            url = canonical(address)
        except UsageError:
            self.dropped += 1
            return
        if index:
            self.sitemaps[url] = None
        else:
            self.pages.setdefault(url, Entry(url, moment(lastmod)))

    def sitemap(self, note: str = "") -> Sitemap:
        return Sitemap(tuple(self.pages.values()), tuple(self.sitemaps), self.dropped, note)


def moment(text: str) -> datetime | None:
    """A date or time as W3C writes it, in UTC (a day counts to its last second, as nobody knows when in it; a
    month or year from its first); None for anything else."""
    match = _STAMP.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, zone, sign, hours, minutes = match.groups(default="")
    with suppress(ValueError, OverflowError):
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        if int(minutes or 0) > 59:
            return None
        there = timezone(-offset if sign == "-" else offset) if zone else UTC
        micro = int(fraction.ljust(6, "0")[:6])
        at = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), micro, there)
        rest = timedelta(days=1) - timedelta(seconds=1) if day and not hour else timedelta()
        return at.astimezone(UTC) + rest
    return None


# --- text -------------------------------------------------------------------------------------------------------------


def _take_lines(texts: Iterable[str], found: _Found) -> None:
    for line in _lines(texts):
        if words := line.strip():
            found.add(words)
    if not found.pages:
        raise _Bad("it is neither XML nor a list of addresses")


def _lines(texts: Iterable[str]) -> Iterator[str]:
    """The lines of a text; of one that is too long for an address only the beginning."""
    rest = ""
    for text in texts:
        *lines, rest = (rest + text).replace("\r", "\n").split("\n")
        yield from lines
        rest = rest[: LONGEST + 1]
    yield rest


# --- XML --------------------------------------------------------------------------------------------------------------


def _parse(texts: Iterable[str], found: _Found) -> None:
    """Feed a parser that knows no entities. What it keeps is bounded: the names, the depth, and the tag or comment at hand."""
    names: dict[str, str] = {}
    walker = _Walker(found)
    parser = expat.ParserCreate(intern=names)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = walker.start, walker.end
    parser.CharacterDataHandler = walker.characters
    parser.StartDoctypeDeclHandler = walker.doctype
    fed = 0
    for text in texts:
        parser.Parse(text, False)
        fed += len(text.encode())
        if len(names) > _MOST_NAMES:
            raise _Bad(f"it has more than {_MOST_NAMES:,} names of elements and attributes")
        if fed - parser.CurrentByteIndex > _LARGEST_TAG:
            raise _Bad(f"a tag or comment is larger than {_LARGEST_TAG:,} bytes")
    parser.Parse("", True)


class _Walker:
    """The handlers: `url` and `sitemap` below their root, `loc` and `lastmod` below these, with the prefix of the root."""

    def __init__(self, found: _Found) -> None:
        self.found = found
        self.prefix = self.entry = ""
        self.depth = self.elements = 0
        self.open = ""
        self.texts: dict[str, str] = {}

    def doctype(self, *_said: object) -> None:
        raise _Bad("it has a DOCTYPE")

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > _DEEPEST or self.elements > _MOST_ELEMENTS:
            raise _Bad(f"it has more than {_MOST_ELEMENTS:,} elements, or more than {_DEEPEST} in one another")
        if self.depth == 1:
            prefix, colon, local = name.rpartition(":")
            if local not in _ROOTS:
                raise _Bad(f"its root element is {name[:100]!r}")
            self.prefix, self.entry = prefix + colon, prefix + colon + _ROOTS[local]
        elif self.depth == 2:
            self.texts = {}
        elif self.depth == 3:
            local = name.removeprefix(self.prefix)
            known = local in ("loc", "lastmod") and name == self.prefix + local
            self.open = local if known and local not in self.texts else ""
            if self.open:
                self.texts[self.open] = ""

    def characters(self, text: str) -> None:
        if self.open and self.depth == 3 and len(self.texts[self.open]) <= LONGEST:
            self.texts[self.open] += text

    def end(self, name: str) -> None:
        if self.depth == 3:
            self.open = ""
        elif self.depth == 2 and name == self.entry:
            words = self.texts
            self.found.add(words.get("loc", "").strip(), words.get("lastmod", "").strip(), self.entry.endswith("sitemap"))
        self.depth -= 1
