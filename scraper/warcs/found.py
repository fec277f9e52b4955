"""What a record of a WARC file is to us: a capture of a comparison page, the confirmation of one, or nothing of ours."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from normalize.errors import ConfigError, Rejected, UsageError
from scraper import records, sites
from scraper.capture import Capture, charset_of, impossible, media_type_of, parse_stamp, stamp
from scraper.urls import canonical
from scraper.visits import kept
from scraper.warcs.framing import Head, Record
from scraper.warcs.messages import MOST_BYTES, Digest, Headers, bodies, digest, message, require

_CLOCKS_DIFFER = timedelta(days=1)
_OWN = "careerscape-origin"
_SILENT = ("warcinfo", "request", "metadata")

Passed = Literal["", "another address", "another kind", "another status"]
"""Why a record is passed over: the words for the user, empty for what only goes with a record."""


@dataclass(frozen=True, slots=True)
class Found:
    """A capture with its body, and the sha1 and sha256 of the body as the tool stored it and as it was sent."""

    capture: Capture
    digests: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A capture whose body lies elsewhere (a `revisit`): under an address and time (`refers`), or under a digest.

    `sha256` is that of the page, where a record of ours says it. What the record does not say of the page (its status, its
    type) is the original's.
    """

    capture: Capture
    refers: tuple[str, str] | None
    stated: Digest | None
    sha256: str
    has_head: bool


def wanted(head: Head) -> int:
    """How many bytes the block of a record may have; 0 for one that is passed over."""
    return 0 if passed(head) is not None else MOST_BYTES


def passed(head: Head) -> Passed | None:
    """Why a record is none of ours, None for one that may be."""
    kind = head["warc-type"].lower()
    if kind in _SILENT:
        return ""
    if _OWN in head:
        return None
    if not address(head):
        return "another address" if _is_web(head) else ""
    return None if kind in ("response", "resource", "revisit", "continuation") else "another kind"


def address(head: Head) -> str:
    """The canonical address of a record of a comparison page, empty for any other."""
    try:
        url = canonical(head.get("warc-target-uri", "").removeprefix("<").removesuffix(">"))
    except UsageError:
        return ""
    return url if sites.of(urlsplit(url).path) else ""


def _is_web(head: Head) -> bool:
    return head.get("warc-target-uri", "").lower().lstrip("<").startswith(("http:", "https:"))


def found(record: Record, now: datetime) -> Found | Confirmed | Passed:
    """What a record holds. Raises Rejected."""
    why = passed(record.head)
    if why is not None:
        return why
    kind = record.head["warc-type"].lower()
    if record.block is None:
        raise Rejected("too_large", f"the record has {record.length:,} bytes, at most {MOST_BYTES:,}")
    if kind == "continuation" or "warc-segment-number" in record.head:
        raise Rejected("bad_record", "the page is split into several records")
    if (truncated := record.head.get("warc-truncated")) and kind != "revisit":
        raise Rejected("bad_record", f"the tool that wrote it cut the page off ({truncated[:40]})")
    stated = digest(record.head.get("warc-block-digest", ""))
    empty = (b"",) if kind == "revisit" else ()  # wget states the digest of nothing for all of them
    proven = require(stated, (record.block, *empty), "the record") and stated is not None and stated.fits(record.block)
    if _OWN in record.head:
        return _own(record, record.block, now)
    at = _time(record.head, now)
    if kind == "revisit":
        return _revisit(record, record.block, at, now, proven)
    return _page(record, record.block, at, now, proven)


def _page(record: Record, block: bytes, at: datetime, now: datetime, proven: bool) -> Found | Passed:
    status: int | None = None
    headers: Headers = ()
    forms: tuple[bytes, ...] = (block,)
    media = record.head.get("content-type", "")
    if record.head["warc-type"].lower() == "response":
        if not media.lower().startswith("application/http"):
            return "another kind"
        said = message(block)
        if said.status != 200:
            return "another status"
        status, headers, media = said.status, said.headers, said.header("content-type")
        forms = bodies(said)
    elif media.lower().startswith("application/http"):
        raise Rejected("bad_record", "it is no response, and says that it holds one")
    proven |= require(digest(record.head.get("warc-payload-digest", "")), forms, "the page")
    if not record.sure and not proven:
        raise Rejected("bad_record", "it stands where the file is damaged, and no digest proves it")
    capture = _capture(record.head, at, now, media, forms[-1], status, headers)
    return Found(capture, _digests(forms))


def _revisit(record: Record, block: bytes, at: datetime, now: datetime, proven: bool) -> Confirmed | Passed:
    unmodified = record.head.get("warc-profile", "").rstrip("/").endswith("server-not-modified")
    status: int | None = 304 if unmodified else None
    headers: Headers = ()
    if block.startswith(b"HTTP/"):
        said = message(block)
        status, headers = said.status, said.headers
    if status not in (None, 200, 304):
        return "another status"
    if not record.sure and not proven:
        raise Rejected("bad_record", "it stands where the file is damaged, and no digest proves it")
    media = next((value for name, value in headers if name == "content-type"), "")
    capture = _capture(record.head, at, now, media, b"", status, headers)
    stated = digest(record.head.get("warc-payload-digest", ""))
    return Confirmed(capture, _refers(record.head), stated, "", bool(media) and status == 200)


def _own(record: Record, block: bytes, now: datetime) -> Found | Confirmed:
    """What a record of ours says, all of it."""
    try:
        said = records.understood(record.raw + block + b"\r\n\r\n")
        if not isinstance(said, records.Written):
            raise Rejected("bad_record", "it is no record of a capture")
        url = canonical(said.capture.url)
        if said.capture.requested:
            canonical(said.capture.requested)
    except (ValueError, KeyError, TypeError, ConfigError, UsageError) as error:
        raise Rejected("bad_record", f"it cannot be understood ({error})") from error
    if said.capture.captured_at > now + _CLOCKS_DIFFER:
        raise Rejected("bad_record", f"its time {stamp(said.capture.captured_at)} is yet to come")
    capture = replace(said.capture, url=url)
    if said.revisit:
        if not record.sure:
            raise Rejected("bad_record", "it stands where the file is damaged, and no digest proves it")
        return Confirmed(capture, _refers(record.head), None, said.sha256, True)
    return Found(capture, _digests((capture.body,)))


def _capture(
    head: Head, at: datetime, now: datetime, media: str, body: bytes, status: int | None, headers: Headers
) -> Capture:  # fmt: skip
    media_type, charset = media_type_of(media), charset_of(media)
    return Capture(address(head), at, now, "warc", "warc", media_type, charset, body, status, kept(headers))


def _time(head: Head, now: datetime) -> datetime:
    try:
        at = parse_stamp(head.get("warc-date", ""))
    except ConfigError as error:
        raise Rejected("bad_record", f"its time cannot be understood: {error}") from error
    if why := impossible(at, now):
        raise Rejected("bad_record", f"its time {stamp(at)} {why}")
    return at


def _refers(head: Head) -> tuple[str, str] | None:
    """Address and time of the capture that a revisit confirms."""
    try:
        url = canonical(head.get("warc-refers-to-target-uri", "").removeprefix("<").removesuffix(">"))
        return url, stamp(parse_stamp(head.get("warc-refers-to-date", "")))
    except (UsageError, ConfigError):
        return None


def _digests(forms: tuple[bytes, ...]) -> frozenset[bytes]:
    distinct = dict.fromkeys(forms)
    return frozenset(
        digest
        for form in distinct
        for digest in (hashlib.sha1(form, usedforsecurity=False).digest(), hashlib.sha256(form).digest())
    )
