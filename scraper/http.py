"""The door to httpx: one polite client. Every request ends in one typed outcome, within its deadline and its size.

It works with the requests and responses of httpx, and with none of its clients: there are no cookies, no redirects that are
followed (with their bodies read) and no proxies or passwords from the environment. Bodies are streamed raw and decoded by
`scraper.inflate`. Connections are made by `scraper.sockets`, to addresses that a guard permits. Certificates are always
checked. A connection serves one request, as one that is kept may be closed by the server or hold bytes of the page before.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal
from urllib.parse import urlsplit

import httpcore
import httpx

from scraper.addresses import Guard
from scraper.inflate import Refused, decoded
from scraper.readers import MAX_BYTES
from scraper.sockets import Connections, Failed, Limits

Outcome = Literal[
    "ok", "not_modified", "redirected", "gone", "not_found", "blocked", "challenge", "soft_404", "too_large", "truncated",
    "bad_encoding", "wrong_type", "timeout", "refused_address", "refused_redirect", "robots_denied", "robots_unreadable",
    "rate_limited", "client_error", "server_error", "empty", "protocol_error", "dns_error", "connection_error", "tls_error",
]  # fmt: skip
DEADLINE_S = 30.0

ACCEPT = "text/html,application/xhtml+xml,text/plain;q=0.5"
_BY_STATUS: dict[int, Outcome] = {
    101: "protocol_error", 200: "ok", 204: "empty", 205: "empty", 206: "protocol_error", 401: "blocked", 403: "blocked",
    404: "not_found", 410: "gone", 429: "rate_limited", 451: "blocked",
}  # fmt: skip
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_CHALLENGES = {"cf-mitigated": ("challenge",), "x-amzn-waf-action": ("challenge", "captcha")}
"""Headers by which a page is said to be a challenge, and their values, as Cloudflare and AWS document them."""

_LONGEST_VALIDATOR = 1000


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said of an earlier answer: its ETag and its Last-Modified, as they were sent; either may be empty."""

    etag: str
    last_modified: str

    @property
    def headers(self) -> dict[str, str]:
        """The conditions of a request. A value that is too long or has characters that a header cannot have is not sent."""
        found = {"If-None-Match": self.etag.strip(" \t"), "If-Modified-Since": self.last_modified.strip(" \t")}
        return {name: value for name, value in found.items() if value and _is_sendable(value)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request wants beside a page: the bytes of a file from the first to the last of `span`, as they are stored; so many
    bytes of what an answer says that is not `ok`; the SHA-1 of the body as it came."""

    span: tuple[int, int] | None = None
    said: int = 0
    sha1: bool = False


_NOTHING_MORE = Wanted()


def _is_sendable(value: str) -> bool:
    return len(value) <= _LONGEST_VALIDATOR and value.isascii() and value.isprintable()


@dataclass(frozen=True, slots=True)
class Response:
    """How one request ended: `ok` for a whole body of status 200, `redirected` where a location is given; `client_error` is
    also every status below 500 that has no outcome of its own.

    `headers` are as they were sent, names in lower case; `body` is decoded of any content encoding, empty unless `ok`;
    `received` counts the bytes of the body as they came; `address` is the IP address that was asked, empty where none was.
    `unframed` says that the end of the body is the end of the connection, so that a cut could not be seen. `said` is the
    beginning of the body of an answer that is not `ok`, `raw_sha1` the SHA-1 (hexadecimal) of a body before it was decoded; both
    only where they were `Wanted`.
    """

    url: str
    outcome: Outcome
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    received: int = 0
    detail: str = ""
    address: str = ""
    unframed: bool = False
    said: bytes = b""
    raw_sha1: str = ""

    def header(self, name: str) -> str:
        """The first value of a header, empty where there is none."""
        return next((value for key, value in self.headers if key == name), "")


class Client:
    """Requests one after the other, as `user_agent`, to what `guard` permits. Use as a context manager; `transport` is for
    tests, and meets no guard."""

    def __init__(self, user_agent: str, guard: Guard, transport: httpx.BaseTransport | None = None) -> None:
        self._limits = Limits()
        self._headers = httpx.Headers({
            "User-Agent": user_agent, "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate", "Accept-Language": "en-US,en",
            "Connection": "close",
        })  # fmt: skip
        self._transport = transport or _Transport(self._limits, guard)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._transport.close()

    def get(
        self, url: str, deadline_s: float = DEADLINE_S, most: int = MAX_BYTES, cut: bool = False,
        validators: Validators | None = None, wanted: Wanted = _NOTHING_MORE,
    ) -> Response:  # fmt: skip
        """One request, its body at most `most` bytes decoded; with `cut`, what is longer counts as if it ended there.

        `validators` are those of a stored answer; a server that says `not_modified` without them breaks the protocol, and so does
        one that answers a request for a part of a file otherwise than with that part: such a body is not read.
        Raises nothing: what goes wrong is the outcome.
        """
        conditions = validators.headers if validators else {}
        if wanted.span:
            conditions |= {"Range": "bytes={}-{}".format(*wanted.span), "Accept-Encoding": "identity"}
        try:
            request = _request(url, self._headers, conditions)
        except (httpx.InvalidURL, ValueError) as error:
            return Response(url, "refused_address", detail=str(error))
        self._limits.start(deadline_s)
        try:
            response = self._transport.handle_request(request)
        except (Failed, httpx.TransportError) as error:
            return Response(url, _kind_of(error), detail=_words(error), address=self._limits.address)
        try:
            return self._read(url, response, most, cut, validators is not None and bool(validators.headers), wanted)
        finally:
            response.close()

    def _read(
        self, url: str, response: httpx.Response, most: int, cut: bool, conditional: bool, wanted: Wanted
    ) -> Response:  # fmt: skip
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw)
        fields = _joined(headers)
        outcome, detail = _outcome(response.status_code, response.http_version, fields, conditional)
        if wanted.span:
            outcome, detail = _of_part(wanted.span, response.status_code, fields, outcome, detail)
            fields.pop("content-encoding", "")  # of the file as it is stored, and so is its part
            most = wanted.span[1] - wanted.span[0] + 1
        if outcome == "ok" and not cut and (announced := _announced(fields)) > most:
            outcome, detail = "too_large", f"it announces {announced:,} bytes, more than {most:,}"
        if outcome != "ok":
            said = self._said(response, fields, wanted.said) if wanted.said else b""
            return Response(url, outcome, response.status_code, headers, detail=detail, address=self._limits.address, said=said)
        self._limits.head_ended()
        raw = _Counted(response, self._limits, hashlib.sha1() if wanted.sha1 else None)  # noqa: S324 - as archives index pages
        pieces: list[bytes] = []
        try:
            pieces.extend(decoded(raw, fields.get("content-encoding", ""), most))
        except Refused as refused:
            if not (cut and refused.outcome == "too_large"):
                outcome, detail = refused.outcome, refused.detail
        except (Failed, httpx.TransportError) as error:
            outcome, detail = _kind_of(error), _words(error)
            outcome = "truncated" if outcome == "connection_error" else outcome
        content = b"".join(pieces) if outcome == "ok" else b""
        if wanted.span and outcome == "ok" and len(content) != most:
            outcome, detail, content = "truncated", f"{len(content):,} bytes of a part of {most:,}", b""
        unframed = not fields.keys() & {"content-length", "transfer-encoding"}
        return Response(
            url, outcome, response.status_code, headers, content, raw.count, detail, self._limits.address, unframed,
            raw_sha1=raw.sha1,
        )  # fmt: skip

    def _said(self, response: httpx.Response, fields: Mapping[str, str], most: int) -> bytes:
        """The beginning of a body that is no page, as far as it comes."""
        self._limits.head_ended()
        pieces: list[bytes] = []
        try:
            pieces.extend(decoded(_Counted(response, self._limits), fields.get("content-encoding", ""), most))
        except (Refused, Failed, httpx.TransportError):
            return b"".join(pieces)
        return b"".join(pieces)


def _request(url: str, headers: httpx.Headers, conditions: Mapping[str, str]) -> httpx.Request:
    """Raises ValueError or httpx.InvalidURL for an address that is none, or that programs understand in different ways."""
    request = httpx.Request("GET", url, headers=headers)
    request.headers.update(conditions)
    parts = urlsplit(url)
    if request.url.raw_host.decode("ascii") != parts.hostname or request.url.port not in (parts.port, None):
        raise ValueError("its host can be understood in two ways")
    if "\\" in url or "@" in parts.netloc or parts.scheme not in ("http", "https"):
        raise ValueError("an address has neither a user nor a backslash, and begins with http: or https:")
    return request


def _joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Name to all values of a header."""
    found: dict[str, str] = {}
    for name, value in headers:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _outcome(status: int, version: str, fields: Mapping[str, str], conditional: bool) -> tuple[Outcome, str]:
    """How an answer counts by its head, and why."""
    said = f"HTTP {status}"
    for name, values in _CHALLENGES.items():
        if fields.get(name, "").strip().lower() in values:
            return "challenge", f"{said}, {name}: {fields[name]}"
    if not version.startswith("HTTP/1."):
        return "protocol_error", f"{version[:20]}, which was not asked for"
    if "transfer-encoding" in fields and ("content-length" in fields or version == "HTTP/1.0"):
        return "protocol_error", f"{said} with a body whose length is told in two ways"
    if status == 304:
        return ("not_modified", said) if conditional else ("protocol_error", f"{said}, which nobody asked for")
    if status in _REDIRECTS and "location" in fields:
        return "redirected", said
    if status == 503 and "retry-after" in fields:
        return "rate_limited", said
    return _BY_STATUS.get(status, "server_error" if status >= 500 else "client_error"), said


def _of_part(span: tuple[int, int], status: int, fields: Mapping[str, str], outcome: Outcome, detail: str) -> tuple[Outcome, str]:
    """How an answer counts to a request for a part of a file."""
    if status == 200:
        return "protocol_error", "HTTP 200: the whole file is sent, where a part of it was asked for"
    if status != 206:
        return outcome, detail
    sent = fields.get("content-range", "")
    asked = "bytes {}-{}/".format(*span)
    return ("ok", "") if sent.startswith(asked) else ("protocol_error", f"HTTP 206 with Content-Range {sent[:60]!r}")


def _announced(fields: Mapping[str, str]) -> int:
    """The length of a body that is not packed, as its head tells it; 0 where it does not."""
    length = fields.get("content-length", "")
    return int(length) if "content-encoding" not in fields and len(length) <= 20 and length.isdecimal() else 0


def _kind_of(error: Failed | httpx.TransportError) -> Outcome:
    if isinstance(error, Failed):
        return error.outcome
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    return "protocol_error" if isinstance(error, httpx.ProtocolError) else "connection_error"


def _words(error: Failed | httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"no whole answer in time ({type(error).__name__})"
    return str(error) or type(error).__name__


class _Counted:
    """The raw bytes of a body as they come, counted, while the deadline lasts."""

    def __init__(self, response: httpx.Response, limits: Limits, digest: "hashlib._Hash | None" = None) -> None:
        self.count = 0
        self._response = response
        self._limits = limits
        self._digest = digest

    @property
    def sha1(self) -> str:
        """Of the bytes so far, where it was wanted."""
        return self._digest.hexdigest() if self._digest else ""

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._response.iter_raw():
            self.count += len(chunk)
            self._limits.left("the body")
            if self._digest:
                self._digest.update(chunk)
            yield chunk


class _Transport(httpx.BaseTransport):
    """A connection for each request, as httpx offers no way to hand a deadline and a guard to the connections that it makes."""

    def __init__(self, limits: Limits, guard: Guard) -> None:
        self._connections = Connections(limits, guard)
        self._context = httpx.create_ssl_context(trust_env=False)
        self._context.set_alpn_protocols(["http/1.1"])

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises Failed."""
        asked = request.url
        url = httpcore.URL(scheme=asked.raw_scheme, host=asked.raw_host, port=asked.port, target=asked.raw_path)
        context = self._context if asked.scheme == "https" else None
        stream: Any = self._connections.made(asked.raw_host.decode("ascii"), url.origin.port, context)
        connection = httpcore.HTTP11Connection(url.origin, stream)
        try:
            answer = connection.handle_request(httpcore.Request("GET", url, headers=request.headers.raw))
        except httpcore.ProtocolError as error:
            raise Failed("protocol_error", str(error)) from error
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(connection, answer), extensions=answer.extensions
        )  # fmt: skip


class _Body(httpx.SyncByteStream):
    """A body that ends its connection."""

    def __init__(self, connection: httpcore.HTTP11Connection, answer: httpcore.Response) -> None:
        self._connection = connection
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._answer.iter_stream()
        except httpcore.ProtocolError as error:
            cut = "peer closed connection" in str(error)
            raise Failed("truncated" if cut else "protocol_error", str(error)) from error

    def close(self) -> None:
        self._connection.close()
