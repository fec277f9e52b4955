"""How a page was fetched: its requests, their rows, and the capture that came of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.requests import RequestRow
from normalize.findings import Finding
from scraper.capture import Capture, charset_of, media_type_of, parse_stamp, printable, stamp
from scraper.http import Outcome, Response

SHOWN: dict[str, Outcome] = {
    "challenge": "challenge", "consent_wall": "challenge", "login_wall": "challenge", "soft_404": "soft_404",
    "maintenance": "soft_404", "empty": "empty", "wrong_type": "wrong_type",
}  # fmt: skip
"""How a request counts whose page, of status 200, was rejected with one of these findings."""

_MOST_HEADERS = 24_000
"""Bytes of headers that are archived: a record with more than 32 KiB of them could not be read again."""

_FIRST = ("content-type", "x-robots-tag")
_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,200}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hop:
    """One request on the way to a page, or one that was refused before it was made: then there is no status, no address and no
    pause. `bytes` are those of the body as they came, `delay_s` is the pause in force before it and `delay_reason` who asks for
    it, `robots_rule` what robots.txt says of the address."""

    url: str
    at: datetime
    outcome: Outcome
    status: int | None = None
    bytes: int = 0
    elapsed_ms: int | None = None
    address: str = ""
    delay_s: float | None = None
    delay_reason: str = ""
    robots_rule: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """How a page was fetched: `url` is the last address as it was asked for, `at` when its response had come, `hops` are all
    requests that were made for it; `wait_s` is the pause that the host `waits_on` asks for, None where none does. `given_up` says
    that the run had no more time for it: it counts for nothing. `forgotten` is the forgotten page that it leads to, which was not
    asked for."""

    requested: str
    url: str
    outcome: Outcome
    at: datetime
    detail: str
    hops: tuple[Hop, ...] = ()
    response: Response | None = None
    wait_s: float | None = None
    given_up: bool = False
    waits_on: str = ""
    forgotten: str = ""


def row_of(hop: Hop) -> RequestRow:
    """A request as it is written down."""
    return RequestRow(
        hop.url, stamp(hop.at), hop.outcome, hop.status, hop.bytes, hop.elapsed_ms, hop.address,
        None if hop.delay_s is None else round(hop.delay_s, 3), hop.delay_reason, hop.robots_rule, hop.detail[:500],
    )  # fmt: skip


def shown(outcome: str, findings: Sequence[Finding]) -> Outcome | None:
    """How a request counts by what its page showed, where that is something else than a page."""
    return next((SHOWN[f.code] for f in findings if outcome == "rejected" and f.code in SHOWN), None)


def rhythmic(outcome: str, findings: Sequence[Finding], shown: str) -> str:
    """How a captured page counts for its next visit: `maintenance` and `rejected` where it gave no rows for now."""
    if any(f.code == "maintenance" for f in findings):
        return "maintenance"
    return "rejected" if outcome == "rejected" and shown in ("ok", "not_modified") else shown


def capture_of(url: str, visit: Visit) -> Capture:
    """The capture of a page that came whole, under its canonical address."""
    assert visit.response is not None
    headers = kept(visit.response.headers)
    kind = next((value for name, value in headers if name == "content-type"), "")
    at = parse_stamp(stamp(visit.at))
    return Capture(
        url, at, at, "live", "http", media_type_of(kind), charset_of(kind), visit.response.body, visit.response.status, headers,
        visit.requested,
    )  # fmt: skip


def kept(headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The headers as they are archived, without empty ones and without names and characters that cannot be; of too many, those
    that fit, first the type of the page and what robots are told."""
    clean = [(name, value) for name, sent in headers if _NAME.fullmatch(name) and (value := printable(sent).strip())]
    sizes = [len(name) + len(value) + 20 for name, value in clean]
    if sum(sizes) <= _MOST_HEADERS:
        return tuple(clean)
    kept, left = [], _MOST_HEADERS
    for (name, value), size in sorted(zip(clean, sizes, strict=True), key=lambda header: header[0][0] not in _FIRST):
        if size <= left:
            left -= size
            kept.append((name, value))
    return tuple(kept)
