"""The Wayback Machine: rows of its index (CDX), and captures from its raw replays. `Memento-Datetime` decides what is one."""

import base64
import email.utils
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from db.backfill import Item, Named
from normalize.errors import Rejected
from scraper.backfill.pattern import Pattern, iso, page_of, within
from scraper.capture import Capture, charset_of, impossible, media_type_of
from scraper.http import Wanted
from scraper.urls import canonical
from scraper.visits import Visit, kept

ROWS_A_PART = 5_000
MOST_INDEX_BYTES = 32 << 20
SAID_BYTES = 4096
WANTED = Wanted(said=SAID_BYTES, sha1=True)
EXCLUSIONS = ("AdministrativeAccessControlException", "RobotAccessControlException")
"""By these an archive says that it may not show a page."""

_COLUMNS = ("timestamp", "original", "mimetype", "statuscode", "digest")
_PAGES = "text/html|application/xhtml\\+xml|warc/revisit"
_MEDIA = frozenset(("text/html", "application/xhtml+xml", "warc/revisit"))
_DIGEST = re.compile(r"[A-Z2-7]{32}", re.ASCII)
_LONGEST_POSITION = 8_000
_AS_THEY_ARE = "/%:@!$&'()*+,;=~[]?"
_ORIGINAL = "x-archive-orig-"
_REPLAY = re.compile(r"/web/([0-9]{14})id_/(.+)", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an index: the captures of comparison pages, rows of other pages (`outside`), rows that are none (`unusable`),
    and where the next part begins, empty at the end."""

    named: tuple[Named, ...]
    outside: int
    unusable: int
    position: str


def index_url(root: str, pattern: Pattern, first: str, last: str, position: str) -> str:
    """The request for a part of the index."""
    asked = [
        ("url", pattern.url), ("matchType", pattern.match), ("output", "json"), ("fl", ",".join(_COLUMNS)),
        ("filter", "statuscode:200|-"), ("filter", f"mimetype:{_PAGES}"), ("limit", str(ROWS_A_PART)), ("showResumeKey", "true"),
        ("from", first), ("to", last), ("resumeKey", position),
    ]  # fmt: skip
    return f"{root}/cdx/search/cdx?{urlencode([(name, value) for name, value in asked if value])}"


def part(body: bytes, first: str, last: str) -> Part:
    """What an answer of the index says. Raises Rejected `archive_blocked` or `index_failed` for one that is no index."""
    text = body.decode("utf-8", "replace")
    if excluded(text):
        raise Rejected("archive_blocked", text.strip()[:200])
    if not text.strip():
        return Part((), 0, 0, "")
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Rejected("index_failed", f"no JSON but {text[:60]!r}") from error
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Rejected("index_failed", f"no list of rows but {text[:60]!r}")
    if not rows:
        return Part((), 0, 0, "")
    if missing := [name for name in _COLUMNS if name not in rows[0]]:
        raise Rejected("index_failed", f"its rows have no {missing[0]}: {str(rows[0])[:100]}")
    position = ""
    if len(rows) > 2 and rows[-2] == [] and len(rows[-1]) == 1:
        position, rows = str(rows[-1][0]), rows[:-2]
        if not position.isprintable() or len(position) > _LONGEST_POSITION:
            raise Rejected("index_failed", f"no place where the next part begins but {position[:60]!r}")
    return _sorted(rows[0], rows[1:], first, last, position)


def _sorted(head: Sequence[object], rows: Iterable[list[object]], first: str, last: str, position: str) -> Part:
    named: list[Named] = []
    outside = unusable = 0
    before: list[object] | None = None
    for row in rows:
        if row == before:
            continue
        before = row
        if len(row) != len(head) or not all(isinstance(cell, str) for cell in row):
            unusable += 1
            continue
        found = _named(dict(zip(map(str, head), map(str, row), strict=True)), first, last)
        if isinstance(found, Named):
            named.append(found)
        else:
            outside += found == ""
            unusable += found is None
    return Part(tuple(named), outside, unusable, position)


def _named(row: dict[str, str], first: str, last: str) -> Named | str | None:
    """The capture of a row, empty text for one of another page, status or time, None for what is no row."""
    at, url = iso(row["timestamp"]), page_of(row["original"])
    digest, status = row["digest"], row["statuscode"]
    if at is None or url is None or not (status == "-" or (status.isascii() and status.isdecimal() and len(status) == 3)):
        return None
    if (
        not url
        or status not in ("200", "-")
        or row["mimetype"].lower() not in _MEDIA
        or not within(row["timestamp"], first, last)
    ):
        return ""
    original = row["original"].partition("#")[0]
    digest = digest if _DIGEST.fullmatch(digest) else "-"
    return Named(original, url, at, digest, 200 if status == "200" else None, "")


def replay_url(root: str, item: Item) -> str:
    """The address of the bytes as they were captured."""
    time = re.sub(r"[^0-9]", "", item.captured_at)
    return f"{root}/web/{time}id_/{quote(item.original, _AS_THEY_ARE)}"


def excluded(text: str) -> str:
    """The name by which an archive says that it may not show something, empty for none."""
    return next((name for name in EXCLUSIONS if name in text), "")


@dataclass(frozen=True, slots=True)
class Replayed:
    """A capture from a replay; `verified` says that its bytes have the digest of the index, `unchecked` that nobody can tell."""

    capture: Capture
    verified: bool
    unchecked: bool


def blocked(visit: Visit) -> str:
    """Why the archive may not show what was asked for, empty where that is not what it says."""
    if visit.response is None:
        return ""
    error = visit.response.header("x-archive-wayback-runtime-error")
    return excluded(error) or ("" if visit.outcome == "ok" else excluded(visit.response.said.decode("latin-1")))


def is_capture(visit: Visit) -> bool:
    """Whether an answer is something that was captured, whatever that is."""
    return visit.response is not None and bool(visit.response.header("memento-datetime"))


def replayed(item: Item, visit: Visit, root: str, now: datetime) -> Replayed:
    """The capture that a replay of status 200 gives. Raises Rejected: `no_memento`, `archived_otherwise` for one of another page,
    `digest_differs`."""
    assert visit.response is not None
    headers = visit.response.headers
    at = memento_time(visit.response.header("memento-datetime"), now)
    match = _REPLAY.fullmatch(visit.url.removeprefix(root))
    if at is None or match is None:
        raise Rejected("no_memento", f"{visit.url}: {visit.response.header('memento-datetime')[:60]!r}")
    if page_of(match[2]) != item.url:
        raise Rejected("archived_otherwise", f"{item.url}: it leads to {match[2][:200]}")
    originals = [(name.removeprefix(_ORIGINAL), value) for name, value in headers if name.startswith(_ORIGINAL)]
    if not any(name == "content-type" for name, _ in originals):
        originals += [(name, value) for name, value in headers if name == "content-type"]
    exact = at.strftime("%Y-%m-%dT%H:%M:%SZ") == item.captured_at and item.digest != "-"
    verified = exact and item.digest in (digest_of(bytes.fromhex(visit.response.raw_sha1)), sha1(visit.response.body))
    packed = any(name in ("content-encoding", "transfer-encoding") for name, _ in originals)
    if exact and not verified and not packed:
        raise Rejected("digest_differs", f"{visit.url}: {sha1(visit.response.body)}, the index says {item.digest}")
    fields = kept(originals)
    kind = next((value for name, value in fields if name == "content-type"), "")
    capture = Capture(
        canonical(match[2]), at, now, "wayback", "http", media_type_of(kind), charset_of(kind), visit.response.body,
        visit.response.status, fields, visit.url,
    )  # fmt: skip
    return Replayed(capture, verified, not verified)


def memento_time(header: str, now: datetime) -> datetime | None:
    """The time of a capture; None for what is none, or cannot be that of one."""
    try:
        said = email.utils.parsedate_to_datetime(header)
        at = (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    guessed = f"{said.year:04}" not in header  # of a year that is not there, or below 100
    return None if guessed or impossible(at, now) else at


def sha1(body: bytes) -> str:
    """The digest of a body as the indexes of archives write it."""
    return digest_of(hashlib.sha1(body).digest())  # noqa: S324 - as archives index pages


def digest_of(sha1: bytes) -> str:
    """A SHA-1 as the indexes of archives write it."""
    return base64.b32encode(sha1).decode()
