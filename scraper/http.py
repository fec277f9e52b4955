"""The door to httpx: one polite client. Every request ends in one typed outcome, within its deadline and its size.

It works on httpx's transport alone: there are no cookies, no redirects that are followed (with their bodies read) and no
proxies or passwords from the environment. Bodies are streamed raw and decoded by `scraper.inflate`. Certificates are always
checked. A connection serves one request, as one that is kept may be closed by the server or hold bytes of the page before.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal
from urllib.parse import urlsplit

import httpcore
import httpx

from scraper.inflate import Refused, decoded
from scraper.readers import MAX_BYTES

Outcome = Literal[
    "ok", "redirect", "gone", "not_found", "blocked", "challenge", "rate_limited", "client_error", "server_error", "too_large",
    "truncated", "bad_encoding", "timeout", "protocol_error", "dns_error", "connection_error", "tls_error", "refused_address",
    "refused_redirect", "robots_denied", "robots_unreadable",
]  # fmt: skip
DEADLINE_S = 30.0
MAX_HEAD_BYTES = 1 << 20
"""The most that a server may send before the body, interim answers (1xx) included."""

ACCEPT = "text/html,application/xhtml+xml,text/plain;q=0.5"
_BY_STATUS: dict[int, Outcome] = {
    200: "ok", 401: "blocked", 403: "blocked", 404: "not_found", 410: "gone", 429: "rate_limited", 451: "blocked",
}  # fmt: skip
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


@dataclass(frozen=True, slots=True)
class Response:
    """How one request ended: `ok` for a whole body of status 200, `redirect` where a location is given; `client_error` is also
    every status below 500 that is neither.

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


class Client:
    """Requests one after the other, as `user_agent`. Use as a context manager; `transport` is for tests."""

    def __init__(self, user_agent: str, transport: httpx.BaseTransport | None = None) -> None:
        self._limits = _Limits()
        self._headers = {
            "User-Agent": user_agent, "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate", "Accept-Language": "en-US,en",
            "Connection": "close",
        }  # fmt: skip
        self._transport = transport or _transport(self._limits)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._transport.close()

    def get(self, url: str, deadline_s: float = DEADLINE_S, most: int = MAX_BYTES, cut: bool = False) -> Response:
        """One request, its body at most `most` bytes decoded; with `cut`, what is longer counts as if it ended there.

        Raises nothing: what goes wrong is the outcome.
        """
        try:
            request = httpx.Request("GET", url, headers=self._headers)
            parts = urlsplit(url)
            if request.url.raw_host.decode("ascii") != parts.hostname or request.url.port not in (parts.port, None):
                return Response(url, "refused_address", detail="its host can be understood in two ways")
        except (httpx.InvalidURL, ValueError) as error:
            return Response(url, "refused_address", detail=str(error))
        self._limits.start(deadline_s)
        try:
            response = self._transport.handle_request(request)
        except httpx.TransportError as error:
            return Response(url, _kind_of(error), detail=_words(error))
        try:
            return self._read(url, response, most, cut)
        finally:
            response.close()

    def _read(self, url: str, response: httpx.Response, most: int, cut: bool) -> Response:
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw)
        outcome, detail = _outcome(response), f"HTTP {response.status_code}"
        if outcome != "ok":
            return Response(url, outcome, response.status_code, headers, detail=detail)
        self._limits.head_ended()
        raw = _Counted(response, self._limits)
        body = bytearray()
        try:
            for chunk in decoded(raw, response.headers.get("content-encoding", ""), most):
                body += chunk
        except Refused as refused:
            if not (cut and refused.outcome == "too_large"):
                outcome, detail = refused.outcome, refused.detail
        except httpx.TransportError as error:
            outcome, detail = _kind_in_body(error), _words(error)
        content = bytes(body) if outcome == "ok" else b""
        return Response(url, outcome, response.status_code, headers, content, raw.count, detail)


def _outcome(response: httpx.Response) -> Outcome:
    status = response.status_code
    if response.headers.get("cf-mitigated", "").lower() == "challenge":
        return "challenge"
    if status in _REDIRECTS and "location" in response.headers:
        return "redirect"
    if status == 503 and "retry-after" in response.headers:
        return "rate_limited"
    return _BY_STATUS.get(status, "server_error" if status >= 500 else "client_error")


def _kind_of(error: httpx.TransportError) -> Outcome:
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    if isinstance(error, httpx.ProtocolError):
        return "protocol_error"
    known: dict[type[BaseException | None], Outcome] = {_NoSuchHost: "dns_error", _BadTls: "tls_error"}
    return known.get(type(error.__cause__), "connection_error")


def _kind_in_body(error: httpx.TransportError) -> Outcome:
    """A body that ends too early is cut, whether the connection was closed or broken; wrong framing is not."""
    if isinstance(error, httpx.NetworkError) or "peer closed connection" in str(error):
        return "truncated"
    return _kind_of(error)


def _words(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"no whole answer in time ({type(error).__name__})"
    return str(error) or type(error).__name__


class _Counted:
    """The raw bytes of a body as they come, counted, while the deadline lasts."""

    def __init__(self, response: httpx.Response, limits: "_Limits") -> None:
        self.count = 0
        self._response = response
        self._limits = limits

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._response.iter_raw():
            self.count += len(chunk)
            if self._limits.left() <= 0:
                raise httpx.ReadTimeout("the body is not complete")
            yield chunk


class _Limits:
    """How long a request may still last, and how much may come before its body."""

    def __init__(self) -> None:
        self._until = 0.0
        self._head_left: int | None = None

    def start(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._head_left = MAX_HEAD_BYTES

    def left(self) -> float:
        return self._until - time.monotonic()

    def within(self, timeout: float | None, error: type[Exception]) -> float:
        """The longest that a wait may take."""
        if (left := self.left()) <= 0:
            raise error("the deadline has passed")
        return left if timeout is None else min(left, timeout)

    def received(self, count: int) -> None:
        if self._head_left is not None:
            self._head_left -= count
            if self._head_left < 0:
                raise httpcore.RemoteProtocolError(f"more than {MAX_HEAD_BYTES:,} bytes before a body")

    def head_ended(self) -> None:
        self._head_left = None


def _transport(limits: _Limits) -> httpx.BaseTransport:
    context = httpx.create_ssl_context(trust_env=False)
    transport = httpx.HTTPTransport(verify=context, trust_env=False)
    # httpx offers no way to hand on a backend, and only there can a deadline reach every single wait
    transport._pool = httpcore.ConnectionPool(context, max_keepalive_connections=0, network_backend=_Backend(limits))
    return transport


class _NoSuchHost(httpcore.ConnectError):
    """The name of a host has no address."""


class _BadTls(httpcore.ConnectError):
    """The server is not who it should be, or speaks no TLS that we take."""


class _Backend(httpcore.NetworkBackend):
    """Sockets whose every wait ends with the deadline of the request."""

    def __init__(self, limits: _Limits) -> None:
        self._limits = limits
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        """Connect to the first address of a host that answers; each gets its share of the time that is left."""
        addresses = _addresses(host, port, self._limits.within(timeout, httpcore.ConnectTimeout))
        for later in range(len(addresses) - 1, -1, -1):
            left = self._limits.within(timeout, httpcore.ConnectTimeout) / (later + 1)
            try:
                stream = self._inner.connect_tcp(addresses[-1 - later], port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not later:
                    raise
            else:
                return _Stream(stream, self._limits)
        raise _NoSuchHost(f"{host} has no address")


def _addresses(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a host. A look-up cannot be ended, so it has a thread of its own, which is left to itself in the end."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    found: list[list[str] | Exception] = []

    def look_up() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.append(list(dict.fromkeys(str(info[4][0]) for info in infos)))
        except (OSError, UnicodeError) as error:
            found.append(error)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        raise httpcore.ConnectTimeout(f"the name {host} was not found in time")
    if isinstance(answer := found[0], Exception):
        raise _NoSuchHost(str(answer)) from answer
    return answer


class _Stream(httpcore.NetworkStream):
    """A connection whose waits end with the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, limits: _Limits) -> None:
        self._inner = inner
        self._limits = limits

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Up to `max_bytes`."""
        data = self._inner.read(max_bytes, self._limits.within(timeout, httpcore.ReadTimeout))
        self._limits.received(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of the buffer."""
        self._inner.write(buffer, self._limits.within(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """End the connection."""
        self._inner.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> "_Stream":
        """The same connection under TLS."""
        left = self._limits.within(timeout, httpcore.ConnectTimeout)
        try:
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._limits)
        except httpcore.ConnectError as error:
            if isinstance(error.__cause__, ssl.SSLError):
                raise _BadTls(str(error)) from error
            raise

    def get_extra_info(self, info: str) -> Any:
        """What is known of the connection."""
        return self._inner.get_extra_info(info)
