"""The door to FastWARC: what a capture is as a WARC record, and back again. All that a capture is stands in its record."""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from math import isfinite
from typing import Any, Literal, get_args

from fastwarc.warc import WarcRecord, WarcRecordType

from normalize.fields import BY_NAME
from normalize.measures import Measure, Move
from scraper.capture import Capture, Origin, TimeSource, charset_of, media_type_of, parse_stamp, printable, stamp

_RESPONSE = "application/http; msgtype=response"
_FIELDS = "application/warc-fields"
_DECISION = "application/vnd.careerscape.decision+json"
_TOMBSTONE = "application/vnd.careerscape.tombstone+json"
_REPLACES = "careerscape-replaces"
_PROFILE = "http://netpreserve.org/warc/1.1/revisit/"
_CONFIRMED = "careerscape-content-type"
_MOVED = "x-archive-orig-"
_ON_ITS_WAY = frozenset(("content-encoding", "transfer-encoding", "content-length"))
_SECRET = frozenset(("set-cookie", "set-cookie2", "authorization", "proxy-authorization", "www-authenticate"))


@dataclass(frozen=True, slots=True)
class Written:
    """A capture as its record tells it, and the sha256 of its body; that of a `revisit` lies elsewhere."""

    capture: Capture
    sha256: str
    revisit: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of reading a capture, where reading it again would harm: the code of a finding, and its whole message; it says
    nothing of other code and lists than those that the page was `read_by`."""

    capture_id: str
    code: str
    detail: str
    read_by: str = ""


What = Literal["hold", "release"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Captures (their ids) that are held back or released: when (ISO 8601), why, and by whom.

    `moved` is what was out of its band: the reason of a hold; of a release, what was published all the same.
    """

    what: What
    captures: tuple[str, ...]
    at: str
    reason: str
    who: str
    moved: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A page that is forgotten: the sha256 of its canonical address, when (ISO 8601), and why."""

    url_sha256: str
    at: str
    reason: str


def whole(capture: Capture) -> bytes:
    """A capture with its body: a `response` where there was HTTP, else a `resource`."""
    head = _common(capture)
    if capture.status is None:
        return _record(WarcRecordType.resource, head | {"Content-Type": _media(capture)}, capture.body)
    return _record(WarcRecordType.response, head | {"Content-Type": _RESPONSE}, _http(capture) + capture.body)


def revisit(capture: Capture, same_url: str, same_at: str) -> bytes:
    """A capture whose body lies in the archive already, under `same_url` at `same_at`: it came again, or the server confirmed
    it (status 304)."""
    head = _common(capture) | {
        "WARC-Profile": _PROFILE + ("server-not-modified" if capture.status == 304 else "identical-payload-digest"),
        "WARC-Refers-To-Target-URI": same_url,
        "WARC-Refers-To-Date": same_at,
        "Content-Type": _media(capture) if capture.status is None else _RESPONSE,
    }
    return _record(WarcRecordType.revisit, head, _http(capture))


def verdict(made: Verdict, url: str, captured_at: str, now: datetime) -> bytes:
    """What became of reading a capture, of this address and time, as `metadata`."""
    head = {
        "WARC-Target-URI": url,
        "WARC-Date": stamp(now),
        "WARC-Refers-To-Date": captured_at,
        "WARC-Refers-To-Target-URI": url,
        "Content-Type": _FIELDS,
    }
    said = {"capture": made.capture_id, "verdict": made.code, "detail": made.detail, "read-by": made.read_by}
    fields = "".join(f"careerscape-{name}: {' '.join(value.split())}\r\n" for name, value in said.items())
    return _record(WarcRecordType.metadata, head, fields.encode())


def decision(decided: Decision) -> bytes:
    """What is held back or released, as `metadata`."""
    head = {"WARC-Date": decided.at, "Content-Type": _DECISION}
    return _record(WarcRecordType.metadata, head, json.dumps(asdict(decided)).encode())


def tombstone(forgotten: Tombstone) -> bytes:
    """That a page is forgotten, as `metadata`."""
    head = {"WARC-Date": forgotten.at, "Content-Type": _TOMBSTONE}
    return _record(WarcRecordType.metadata, head, json.dumps(asdict(forgotten)).encode())


def info(name: str, now: datetime, replaces: str = "") -> bytes:
    """The first record of a file; `replaces` tells which files gave way together to this one and others."""
    head = {"WARC-Date": stamp(now), "WARC-Filename": name, "Content-Type": _FIELDS}
    more = f"{_REPLACES}: {replaces}\r\n" if replaces else ""
    return _record(WarcRecordType.warcinfo, head, f"software: careerscape\r\nformat: WARC File Format 1.1\r\n{more}".encode())


def replaces(record: bytes) -> str:
    """What `info` was told of, from a first record; empty where it was told nothing. Raises ValueError for what is no record."""
    parsed = _parsed(record)
    if parsed.record_type != WarcRecordType.warcinfo:
        return ""
    lines = (parsed.reader.read() or b"").decode("utf-8", "replace").split("\r\n")
    return dict(line.partition(": ")[::2] for line in lines).get(_REPLACES, "")


def head(record: bytes) -> dict[str, str]:
    """The WARC headers of a record, their names in lower case. Raises ValueError for what is no record."""
    return {name.lower(): value for name, value in _parsed(record).headers.items()}


def with_headers(record: bytes, said: Mapping[str, str]) -> bytes:
    """A record of which some WARC headers (named in lower case) say something else; those that are to be empty go."""
    first, _, rest = record.partition(b"\r\n\r\n")
    lines = []
    for line in first.split(b"\r\n"):
        name, colon, _ = line.partition(b":")
        new = said.get(name.decode("latin-1").lower()) if colon else None
        if new != "":
            lines.append(line if new is None else name + b": " + new.encode())
    return b"\r\n".join(lines) + b"\r\n\r\n" + rest


def body(record: bytes) -> bytes:
    """The body that a record holds. Raises ValueError for what is no record."""
    parsed = _parsed(record)
    parsed.parse_http()
    return parsed.reader.read() if parsed.reader else b""


def understood(record: bytes) -> Written | Verdict | Decision | Tombstone | None:
    """What a record of ours says, None for one of another kind. Raises ValueError, KeyError or ConfigError for a damaged one."""
    parsed = _parsed(record)
    head = {name.lower(): value for name, value in parsed.headers.items()}
    if parsed.record_type == WarcRecordType.metadata:
        if head.get("content-type") == _DECISION:
            try:
                return _decided(json.loads(parsed.reader.read() or b""))
            except RecursionError as error:
                raise ValueError("it is nested too deeply") from error
        if head.get("content-type") == _TOMBSTONE:
            return _buried(json.loads(parsed.reader.read() or b""))
        text = (parsed.reader.read() or b"").decode()
        fields = dict(line.partition(": ")[::2] for line in text.split("\r\n"))
        if "careerscape-verdict" not in fields:
            return None
        said = fields["careerscape-capture"], fields["careerscape-verdict"], fields["careerscape-detail"]
        return Verdict(*said, fields.get("careerscape-read-by", ""))
    if "careerscape-origin" not in head:
        return None
    parsed.parse_http()
    http = parsed.http_headers
    headers = () if http is None else tuple((_moved_back(name.lower()), value) for name, value in http.items())
    kind = head["content-type"] if http is None else next((value for name, value in headers if name == "content-type"), "")
    kind = head.get(_CONFIRMED, kind)
    capture = Capture(
        head["warc-target-uri"], parse_stamp(head["warc-date"]), parse_stamp(head["careerscape-fetched-at"]),
        _one_of(head["careerscape-origin"], Origin), _one_of(head["careerscape-time-source"], TimeSource), media_type_of(kind),
        charset_of(kind), (parsed.reader.read() or b"") if parsed.reader else b"", None if http is None else http.status_code,
        headers, head.get("careerscape-requested-uri", ""),
    )  # fmt: skip
    sha256 = head["warc-payload-digest"].removeprefix("sha256:")
    if parsed.record_type == WarcRecordType.revisit:
        return Written(replace(capture, body=b""), sha256, True)
    if capture.sha256 != sha256:
        raise ValueError(f"the body is not the one with sha256 {sha256}")
    return Written(capture, sha256, False)


def _decided(said: dict[str, Any]) -> Decision:
    """A decision as it was written: what no text can hold is replaced, what no decision can say raises ValueError."""
    at = stamp(parse_stamp(said["at"]))
    captures = tuple(_text(name) for name in said["captures"])
    moved = tuple(_moved(move) for move in said["moved"])
    return Decision(_one_of(said["what"], What), captures, at, _text(said["reason"]), _text(said["who"]), moved)


def _buried(said: dict[str, Any]) -> Tombstone:
    if len(bytes.fromhex(_text(said["url_sha256"]))) != hashlib.sha256().digest_size:
        raise ValueError("it is no sha256")
    return Tombstone(said["url_sha256"].lower(), stamp(parse_stamp(said["at"])), _text(said["reason"]))


def _moved(said: dict[str, Any]) -> Move:
    move = Move(**said)
    words = _text(move.site), _text(move.field), _text(move.item), _text(move.first)
    figures = move.usual, move.found, move.band, move.evidence, move.history
    if move.field and move.field not in BY_NAME:
        raise ValueError(f"{move.field!r} is no field")
    if any(isinstance(figure, bool) or not isinstance(figure, int | float) or not isfinite(figure) for figure in figures):
        raise ValueError("a share is a number")
    site, field, item, first = words
    return replace(move, site=site, field=field, item=item, measure=_one_of(move.measure, Measure), first=first)


def _text(said: object) -> str:
    if not isinstance(said, str):
        raise ValueError(f"{str(said)[:80]!r} is no text")  # noqa: TRY004 - damage, like all else that cannot be
    return said.encode("utf-8", "replace").decode()


def _parsed(record: bytes) -> WarcRecord:
    try:
        return WarcRecord.from_bytes(record)
    except OSError as error:
        raise ValueError(str(error)) from error


def _one_of(text: str, kind: Any) -> Any:
    if text not in get_args(kind):
        raise ValueError(f"{text!r} is none of {', '.join(get_args(kind))}")
    return text


def _record(kind: WarcRecordType, head: Mapping[str, str], block: bytes) -> bytes:
    digest = hashlib.sha256(b"\n".join([*(f"{k}: {v}".encode() for k, v in head.items()), block])).hexdigest()
    record = WarcRecord()
    record.init_headers(kind, f"uuid:{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}".encode())
    for name, value in head.items():
        record.headers[name] = value
    record.set_bytes_content(block)
    buffer = io.BytesIO()
    record.write(buffer)
    return buffer.getvalue()


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
    return (f"{_MOVED}{name}" if name in _ON_ITS_WAY else name), printable(value)


def _moved_back(name: str) -> str:
    bare = name.removeprefix(_MOVED)
    return bare if bare in _ON_ITS_WAY else name


def _common(capture: Capture) -> dict[str, str]:
    """All that a capture is, in the headers of its record."""
    more = {"Careerscape-Requested-URI": capture.requested} if capture.requested not in ("", capture.url) else {}
    if capture.status == 304:  # what a server says that confirms a body is not what it said of that body
        more["Careerscape-Content-Type"] = _media(capture)
    return more | {
        "WARC-Target-URI": capture.url,
        "WARC-Date": stamp(capture.captured_at),
        "WARC-Payload-Digest": f"sha256:{capture.sha256}",
        "Careerscape-Fetched-At": stamp(capture.fetched_at),
        "Careerscape-Origin": capture.origin,
        "Careerscape-Time-Source": capture.time_source,
    }
