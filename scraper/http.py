"""The door to httpx: one polite client. Every request ends in one typed outcome, within its deadline and its size.

Redirects are the caller's: a client that follows them itself reads their bodies without bound. Bodies are streamed raw and
decoded here, because only so a bomb, a cut stream and an unknown encoding are seen. No cookies, no proxies or passwords from
the environment, and certificates are always checked.
"""

import socket
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

import httpcore
import httpx

from scraper.readers import MAX_BYTES

Outcome = Literal[
    "ok", "redirect", "gone", "not_found", "blocked", "challenge", "rate_limited", "client_error", "server_error", "too_large",
    "truncated", "bad_encoding", "wrong_type", "empty", "timeout", "protocol_error", "dns_error", "connection_error",
    "tls_error", "refused_address", "refused_redirect", "robots_denied", "robots_unreadable",
]  # fmt: skip
DEADLINE_S = 30.0
ACCEPT = "text/html,application/xhtml+xml,text/plain;q=0.5"
_BY_STATUS: dict[int, Outcome] = {
    401: "blocked", 403: "blocked", 404: "not_found", 410: "gone", 429: "rate_limited", 451: "blocked",
}  # fmt: skip
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_MOST_LAYERS = 2
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Response:
    """How one request ended: `outcome` is `ok` for a whole body of status 200, `redirect` where `location` says where to.

    `headers` are as they were sent, names in lower case; `body` is decoded of any content encoding, empty unless `ok`;
    `received` counts the bytes of the body as they came.
    """

    url: str
    outcome: Outcome
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    received: int = 0
    detail: str = ""

    def header(self, name: str) -> str:
        """The first value of a header, empty where there is none."""
        return next((value for key, value in self.headers if key == name), "")


class _Refused(Exception):
    """A response that is given up: how it counts, and why."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome: Outcome = outcome
        self.detail = detail


class Client:
    """Requests one after the other, as `user_agent`. Use as a context manager; `transport` is for tests."""

    def __init__(self, user_agent: str, transport: httpx.BaseTransport | None = None) -> None:
        self._clock = _Deadline()
        headers = {"User-Agent": user_agent, "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate", "Accept-Language": "en-US,en"}
        self._client = httpx.Client(
            headers=headers, transport=transport or self._transport(), trust_env=False, follow_redirects=False, timeout=DEADLINE_S
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._client.close()

    def get(self, url: str, deadline_s: float = DEADLINE_S, most: int = MAX_BYTES, cut: bool = False) -> Response:
        """One request, its body at most `most` bytes decoded; with `cut`, what is longer counts as if it ended there.

        Raises nothing: what goes wrong is the outcome.
        """
        self._clock.start(deadline_s)
        self._client.cookies.clear()
        try:
            with self._client.stream("GET", url) as response:
                return self._read(url, response, most, cut)
        except httpx.TimeoutException as error:
            return Response(url, "timeout", detail=f"no whole answer in time ({type(error).__name__})")
        except httpx.ConnectError as error:
            return Response(url, _kind_of(error), detail=str(error))
        except (httpx.RemoteProtocolError, httpx.LocalProtocolError, httpx.DecodingError) as error:
            return Response(url, "protocol_error", detail=str(error))
        except httpx.TransportError as error:
            return Response(url, "connection_error", detail=f"{type(error).__name__} {error}".strip())
        except httpx.InvalidURL as error:
            return Response(url, "refused_address", detail=str(error))

    def _read(self, url: str, response: httpx.Response, most: int, cut: bool) -> Response:
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw)
        outcome, detail = _outcome(response), f"HTTP {response.status_code}"
        if outcome != "ok":
            return Response(url, outcome, response.status_code, headers, detail=detail)
        raw = _Counted(response, self._clock)
        parts: list[bytes] = []
        try:
            parts.extend(_decoded(raw, response.headers.get("content-encoding", ""), most))
        except _Refused as refused:
            if not (cut and refused.outcome == "too_large"):
                outcome, detail, parts = refused.outcome, refused.detail, []
        except httpx.RemoteProtocolError as error:
            outcome, detail, parts = "truncated", str(error), []
        body = b"".join(parts)
        if outcome == "ok" and not body.strip():
            outcome, detail = "empty", "no bytes"
        return Response(url, outcome, response.status_code, headers, body, raw.count, detail)

    def _transport(self) -> httpx.BaseTransport:
        transport = httpx.HTTPTransport(trust_env=False)
        context = httpx.create_ssl_context(trust_env=False)
        # httpx offers no way to hand on a backend, and only there can a deadline reach every single read
        transport._pool = httpcore.ConnectionPool(
            context, max_connections=1, http2=False, network_backend=_Backend(self._clock), keepalive_expiry=60
        )
        return transport


def _outcome(response: httpx.Response) -> Outcome:
    status = response.status_code
    if response.headers.get("cf-mitigated", "").lower() == "challenge":
        return "challenge"
    if status in _REDIRECTS and "location" in response.headers:
        return "redirect"
    if status == 503 and "retry-after" in response.headers:
        return "rate_limited"
    if status == 200:
        return "ok"
    return _BY_STATUS.get(status, "server_error" if status >= 500 else "client_error")


def _kind_of(error: httpx.ConnectError) -> Outcome:
    words = str(error).lower()
    if isinstance(error.__cause__.__cause__ if error.__cause__ else None, socket.gaierror) or "name or service" in words:
        return "dns_error"
    return "tls_error" if "ssl" in words or "certificate" in words else "connection_error"


class _Counted:
    """The raw bytes of a body as they come, counted, while the deadline lasts."""

    def __init__(self, response: httpx.Response, clock: "_Deadline") -> None:
        self.count = 0
        self._response = response
        self._clock = clock

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._response.iter_raw():
            self.count += len(chunk)
            self._clock.check()
            yield chunk


def _decoded(raw: "_Counted", encoding: str, most: int) -> Iterator[bytes]:
    """The body without its content encodings, chunk by chunk, at most `most` bytes of it and of what was sent."""
    layers = [name for name in (part.strip().lower() for part in encoding.split(",")) if name not in ("", "identity")]
    if len(layers) > _MOST_LAYERS or not all(name in ("gzip", "x-gzip", "deflate") for name in layers):
        raise _Refused("bad_encoding", f"content encoding {encoding!r}"[:200])
    chunks: Iterator[bytes] = _capped(iter(raw), most)
    for name in reversed(layers):
        chunks = _capped(_inflated(chunks, name), most)
    return chunks


def _capped(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    left = most
    for chunk in chunks:
        yield chunk[:left]
        left -= len(chunk)
        if left < 0:
            raise _Refused("too_large", f"more than {most:,} bytes")


def _inflated(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Inflate in steps of 64 KB: all members of a gzip stream, and none that ends too early."""
    inflater: Any = None
    for chunk in chunks:
        data = chunk
        while data:
            if inflater is None:
                inflater = zlib.decompressobj(_window(name, data))
            try:
                yield inflater.decompress(data, _CHUNK)
            except zlib.error as error:
                raise _Refused("bad_encoding", f"{name}: {error}") from error
            if inflater.eof:
                data = inflater.unused_data
                inflater = None
                if data and (name == "deflate" or not data.startswith(b"\x1f\x8b")):
                    data = b""  # what follows the last member is no part of the body
            else:
                data = inflater.unconsumed_tail
    if inflater is not None:
        raise _Refused("truncated", f"the {name} stream ends too early")


def _window(name: str, data: bytes) -> int:
    """The window bits of zlib: `deflate` comes with and without its header."""
    if name != "deflate":
        return 31
    return 15 if len(data) > 1 and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0 else -15


class _Deadline:
    """The wall clock time until which a request may last."""

    def __init__(self) -> None:
        self._until = 0.0

    def start(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        return self._until - time.monotonic()

    def check(self) -> None:
        if self.left() <= 0:
            raise httpx.ReadTimeout("the body is not complete")


class _Backend(httpcore.NetworkBackend):
    """Sockets whose every wait ends with the deadline of the request."""

    def __init__(self, clock: _Deadline) -> None:
        self._clock = clock
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        """Connect while the deadline lasts."""
        left = _within(self._clock, timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options), self._clock)


class _Stream(httpcore.NetworkStream):
    """A connection whose waits end with the deadline, and whose response heads are bounded by the parser above it."""

    def __init__(self, inner: httpcore.NetworkStream, clock: _Deadline) -> None:
        self._inner = inner
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Up to `max_bytes`."""
        return self._inner.read(max_bytes, _within(self._clock, timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of the buffer."""
        self._inner.write(buffer, _within(self._clock, timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """End the connection."""
        self._inner.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> "_Stream":
        """The same connection under TLS."""
        inner = self._inner.start_tls(ssl_context, server_hostname, _within(self._clock, timeout, httpcore.ConnectTimeout))
        return _Stream(inner, self._clock)

    def get_extra_info(self, info: str) -> Any:
        """What is known of the connection."""
        return self._inner.get_extra_info(info)


def _within(clock: _Deadline, timeout: float | None, error: type[Exception]) -> float:
    if (left := clock.left()) <= 0:
        raise error("the deadline has passed")
    return left if timeout is None else min(left, timeout)
