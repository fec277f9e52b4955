"""Common Crawl: its crawls, rows of their indexes (JSON lines), and captures from one gzip member of a WARC file each."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from db.backfill import Item, Named
from normalize.errors import ConfigError, Rejected, UsageError
from scraper.backfill.pattern import Pattern, iso, page_of, within
from scraper.backfill.wayback import Part, sha1
from scraper.capture import Capture, charset_of, impossible, media_type_of, parse_stamp, stamp
from scraper.http import Wanted
from scraper.inflate import Refused, decoded
from scraper.readers import MAX_BYTES
from scraper.urls import canonical
from scraper.visits import Visit, kept

MOST_INDEX_BYTES = 64 << 20
MOST_PAGES = 10_000
WANTED = Wanted(said=4096)
_NONE = b"No Captures found"
_MEDIA = frozenset(("text/html", "application/xhtml+xml"))
_CRAWL = re.compile(r"CC-MAIN-[0-9]{4}(?:-[0-9]{2,4})?", re.ASCII)
_WEEK = re.compile(r"CC-MAIN-([0-9]{4})-([0-9]{2})", re.ASCII)
_FILE = re.compile(r"crawl-data/(?:[A-Za-z0-9_=-][A-Za-z0-9._=-]*/)*[A-Za-z0-9_-][A-Za-z0-9._=-]*\.warc\.gz", re.ASCII)
_DIGEST = re.compile(r"[A-Z2-7]{32}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,18}")
_MOST_HEAD = 64 << 10
_CRAWLED = "x-crawl-"
"""Before the names of headers whose bodies the crawler has decoded already."""


@dataclass(frozen=True, slots=True)
class Crawl:
    """One crawl: where its index is, and its days (YYYYMMDD), empty where it does not say."""

    id: str
    index: str
    first: str
    last: str


def crawls(body: bytes) -> tuple[Crawl, ...]:
    """The crawls of `collinfo.json`. Raises Rejected `index_failed` for anything else."""
    try:
        found = [_crawl(said) for said in json.loads(body)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, UsageError) as error:
        raise Rejected("index_failed", f"no list of crawls but {body[:60]!r}") from error
    return tuple(found)


def _crawl(said: dict[str, str]) -> Crawl:
    name, first, last = said["id"], said.get("from") or "", said.get("to") or ""
    if not _CRAWL.fullmatch(name) or not said["cdx-api"].isprintable() or "#" in said["cdx-api"]:
        raise ValueError(name)
    canonical(said["cdx-api"])
    days = [re.sub(r"[^0-9]", "", day[:10]) for day in (first, last)]
    if not all(len(day) == 8 for day in days) and (week := _WEEK.fullmatch(name)):
        monday = date.fromisocalendar(int(week[1]), int(week[2]), 1)  # some begin earlier, and last for weeks
        days = [f"{monday - timedelta(days=28):%Y%m%d}", f"{monday + timedelta(days=28):%Y%m%d}"]
    return Crawl(name, said["cdx-api"], *(day if len(day) == 8 else "" for day in days))


def of_time(found: Sequence[Crawl], first: str, last: str) -> tuple[Crawl, ...]:
    """The crawls that may have captures of a span, the oldest first."""

    def fits(crawl: Crawl) -> bool:
        early = bool(crawl.last) and bool(first) and crawl.last < first[:8].ljust(8, "0")
        late = bool(crawl.first) and bool(last) and crawl.first[: len(last)] > last[:8]
        return not early and not late

    return tuple(sorted(filter(fits, found), key=lambda crawl: crawl.id))


def index_url(crawl: Crawl, pattern: Pattern, page: int | None) -> str:
    """The request for a page of an index; for the number of its pages where `page` is None."""
    asked = [("url", pattern.text), ("output", "json"), ("filter", "=status:200")]
    return f"{crawl.index}?{urlencode([*asked, ('showNumPages', 'true') if page is None else ('page', str(page))])}"


def is_empty(visit: Visit) -> bool:
    """Whether an index says that it has nothing: "No Captures found", with status 404."""
    return visit.outcome == "not_found" and visit.response is not None and _NONE in visit.response.said


def pages(body: bytes) -> int:
    """How many pages an index has. Raises Rejected `index_failed`."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Rejected("index_failed", f"no number of pages but {body[:60]!r}") from error
    count = said.get("pages") if isinstance(said, dict) else said
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_PAGES:
        raise Rejected("index_failed", f"no number of pages but {body[:60]!r}")
    return count


def part(body: bytes, first: str, last: str) -> Part:
    """What a page of an index names. Raises Rejected `index_failed` where no line of it is a row."""
    lines = [line for line in body.decode("utf-8", "replace").splitlines() if line.strip()]
    found = [_named(line, first, last) for line in lines]
    unusable = sum(one is None for one in found)
    if lines and unusable == len(lines):
        raise Rejected("index_failed", f"no rows but {lines[0][:60]!r}")
    named = tuple(dict.fromkeys(one for one in found if isinstance(one, Named)))
    return Part(named, sum(one == "" for one in found), unusable, "")


def _named(line: str, first: str, last: str) -> Named | str | None:
    """The capture of a line, empty text for one of another page, status or time, None for what is no row."""
    try:
        row = json.loads(line)
        said = {name: row.get(name, "-") for name in ("timestamp", "url", "mime", "mime-detected", "status", "digest")}
        place = f"{row['filename']} {row['offset']} {row['length']}"
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return None
    if not all(isinstance(value, str) for value in said.values()):
        return None
    at, url = iso(said["timestamp"]), page_of(said["url"])
    if at is None or url is None or _place(place) is None:
        return None
    if not url or said["status"] != "200" or not within(said["timestamp"], first, last):
        return ""
    if not _MEDIA & {said["mime"].lower(), said["mime-detected"].lower()}:
        return ""
    digest = said["digest"].removeprefix("sha1:")
    return Named(said["url"].partition("#")[0], url, at, digest if _DIGEST.fullmatch(digest) else "-", 200, place)


def _place(place: str) -> tuple[str, int, int] | None:
    name, *numbers = place.split(" ")
    if not _FILE.fullmatch(name) or len(numbers) != 2 or not all(re.fullmatch(r"[0-9]{1,15}", n, re.ASCII) for n in numbers):
        return None
    offset, length = map(int, numbers)
    return (name, offset, length) if length else None


def data_url(root: str, item: Item) -> tuple[str, Wanted]:
    """The file that holds a capture, and the part of it. Raises Rejected `too_large`."""
    place = _place(item.place)
    assert place is not None
    name, offset, length = place
    if length > MAX_BYTES:
        raise Rejected("too_large", f"{item.original}: a record of {length:,} bytes")
    return f"{root}/{name}", Wanted(span=(offset, offset + length - 1))


def is_whole(visit: Visit) -> bool:
    """Whether a server sends the whole file where it was asked for a part; it would again."""
    return visit.outcome != "ok" and visit.response is not None and visit.response.status == 200


def captured(item: Item, member: bytes, source: str, now: datetime) -> Capture:
    """The capture of one gzip member. Raises Rejected: `bad_record`, `cut_by_archive`, `digest_differs`, `archived_otherwise`."""
    head, block = _record(item, member)
    if head.get("warc-truncated"):
        raise Rejected("cut_by_archive", f"{item.original}: {head['warc-truncated']}")
    if head.get("warc-type") != "response":
        raise Rejected("archived_otherwise", f"{item.original}: a record of type {head.get('warc-type')}")
    if page_of(head.get("warc-target-uri", "").strip("<>")) != item.url:
        raise Rejected("archived_otherwise", f"{item.original}: the record is of {head.get('warc-target-uri', '')[:200]}")
    try:
        at = parse_stamp(head.get("warc-date", ""))
    except ConfigError as error:
        raise Rejected("bad_record", f"{item.original}: {error}") from error
    if stamp(at) != item.captured_at:
        raise Rejected("archived_otherwise", f"{item.original}: the record is of {stamp(at)}, the index says {item.captured_at}")
    if why := impossible(at, now):
        raise Rejected("bad_record", f"{item.original}: its time {stamp(at)} {why}")
    status, headers, payload = _response(item, block)
    stated = {head.get("warc-payload-digest", "").removeprefix("sha1:"), item.digest} - {"", "-"}
    if stated != {sha1(payload)} and stated:
        raise Rejected("digest_differs", f"{item.original}: {sha1(payload)}, the archive says {', '.join(sorted(stated))}")
    if status != 200:
        raise Rejected("archived_otherwise", f"{item.original}: the record has status {status}")
    body = _body(item, headers, payload)
    fields = kept([(name.removeprefix(_CRAWLED), value) for name, value in headers])
    kind = next((value for name, value in fields if name == "content-type"), "")
    return Capture(
        item.url, at, now, "commoncrawl", "warc", media_type_of(kind), charset_of(kind), body, status, fields, source,
    )  # fmt: skip


def _record(item: Item, member: bytes) -> tuple[dict[str, str], bytes]:
    """The headers of a record and its block."""
    try:
        record = b"".join(decoded([member], "gzip", MAX_BYTES + _MOST_HEAD))
    except Refused as error:
        raise Rejected("bad_record", f"{item.original}: {error.detail}") from error
    version, head, rest = _head(item, record)
    if not version.startswith("WARC/1."):
        raise Rejected("bad_record", f"{item.original}: it begins with {version[:30]!r}")
    fields = dict(reversed(list(head)))
    length = fields.get("content-length", "")
    if not _NUMBER.fullmatch(length) or rest[int(length) :].strip() or len(rest) < int(length):
        raise Rejected("bad_record", f"{item.original}: it is not as long as it says")
    return fields, rest[: int(length)]


def _response(item: Item, block: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of an archived response."""
    first, headers, payload = _head(item, block)
    status = re.fullmatch(r"HTTP/[0-9.]{1,4} ([0-9]{3})(?: .*)?", first, re.ASCII)
    if not status:
        raise Rejected("bad_record", f"{item.original}: it is no HTTP response but {first[:30]!r}")
    return int(status[1]), headers, payload


def _head(item: Item, text: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
    """The first line, the headers (names in lower case), and what follows them."""
    found = re.search(rb"\r?\n\r?\n", text[:_MOST_HEAD])
    if not found:
        raise Rejected("bad_record", f"{item.original}: its head does not end")
    first, *lines = re.split(r"\r?\n", text[: found.start()].decode("latin-1"))
    return first, list(_fields(lines)), text[found.end() :]


def _fields(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name.strip() == name:
            yield name.lower(), value.strip()


def _body(item: Item, headers: Sequence[tuple[str, str]], payload: bytes) -> bytes:
    """The payload without encodings that the crawler left in place."""
    fields = dict(headers)
    if "chunked" in fields.get("transfer-encoding", "").lower():
        raise Rejected("bad_record", f"{item.original}: its body lies there in chunks")
    try:
        return b"".join(decoded([payload], fields.get("content-encoding", ""), MAX_BYTES))
    except Refused as error:
        raise Rejected(
            "too_large" if error.outcome == "too_large" else "bad_record", f"{item.original}: {error.detail}"
        ) from error
