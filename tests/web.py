"""A web server in a thread that sends the bytes of a test, well-formed or not, and writes down when requests came and were
answered; and sites that are no more than a table of answers, in a time of their own."""

import gzip
import socket
import ssl
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from unittest import mock

import httpx

from scraper.politeness import Clock

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBaDCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAxptGN1EDW6dUmG
Fbtbzy4UmrvS9gOyLtWY5YWXzfdY83SQFleO7+9bz/h6zqQxuxBFi7LamDxII7ok
VljktjajTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBSnpu134U84hQo9qf/iAGuu1kWyLTAKBggqhkjOPQQD
AgNJADBGAiEAs/lRgID5FLzm0c73U9x01OGsJyvMcbkWRph3PHwq9VYCIQCE9O6h
knPFZeMnQuD1q1qyL2iPjmOFiBWJndd9wE5iFg==
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8raKs2NoYwHKk3HX
oC+eWj8SXoxYbO/EqEhfg7sqxNyhRANCAAQMabRjdRA1unVJhhW7W88uFJq70vYD
si7VmOWFl833WPN0kBZXju/vW8/4es6kMbsQRYuy2pg8SCO6JFZY5LY2
-----END PRIVATE KEY-----
"""
"""Of localhost and 127.0.0.1, signed by itself, with its key; valid from 2020 to 2120."""


@dataclass
class Exchange:
    """One request and its answer. `arrived` is when its head was whole, `answered` just before its last bytes went out."""

    path: str
    head: str
    sock: socket.socket
    arrived: float
    answered: float = 0.0

    def send(self, data: bytes) -> None:
        """Send bytes; a client that has gone away is no matter."""
        self.answered = time.monotonic()
        with suppress(OSError):
            self.sock.sendall(data)

    def gone(self, seconds: float) -> bool:
        """Wait for the client to close the connection."""
        with suppress(OSError):
            self.sock.settimeout(seconds)
            while self.sock.recv(1 << 16):
                pass
            return True
        return False

    def header(self, name: str) -> str:
        lines = (line.partition(": ") for line in self.head.split("\r\n"))
        return next((value for key, _, value in lines if key.lower() == name), "")


Answer = bytes | Callable[[Exchange], None]
"""The bytes that are sent before the connection is closed, or what does the sending."""


@dataclass
class Web:
    """The server: what it shows at each path (answers in turn, the last one for ever; `*` is any other path), and what it was
    asked."""

    port: int
    pages: dict[str, Answer | list[Answer]]
    asked: list[Exchange] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def root(self) -> str:
        return f"http://{self.host}"

    @property
    def paths(self) -> list[str]:
        return [exchange.path for exchange in self.asked]

    @property
    def gaps(self) -> list[float]:
        """The seconds between the end of each answer and the next request."""
        return [later.arrived - earlier.answered for earlier, later in pairwise(self.asked)]

    def answer(self, path: str) -> Answer:
        found = self.pages.get(path, self.pages.get("*", MISSING))
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found


def answer(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A well-formed response; an underscore in a header's name stands for a hyphen, and a header without a value is left out."""
    fields = {"content_type": "text/html; charset=utf-8", "content_length": str(len(body))} | headers
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items() if value), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


MISSING = answer(b"There is no such page.", "404 Not Found")


def text(body: bytes, **headers: str) -> bytes:
    return answer(body, content_type="text/plain; charset=utf-8", **headers)


def zipped(body: bytes, **headers: str) -> bytes:
    return answer(gzip.compress(body, mtime=0), content_encoding="gzip", **headers)


def redirect(to: str, status: str = "302 Found") -> bytes:
    return answer(b"<p>elsewhere", status, location=to)


def short(body: bytes, sent: bytes, **headers: str) -> bytes:
    """The length of the whole body, and a part of it."""
    return answer(body, **headers).removesuffix(body) + sent


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n", **headers: str) -> bytes:
    """A body in chunks."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return answer(b"", content_length="", transfer_encoding="chunked", **headers) + body + end


def stalling(sent: bytes = b"") -> Callable[[Exchange], None]:
    """Send something, and then nothing more until the client gives up."""

    def stall(exchange: Exchange) -> None:
        exchange.send(sent)
        exchange.gone(40)

    return stall


def resetting(sent: bytes = b"") -> Callable[[Exchange], None]:
    """Send something, and break the connection."""

    def reset(exchange: Exchange) -> None:
        exchange.send(sent)
        time.sleep(0.05 if sent else 0)  # else the reset may overtake what was sent
        exchange.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        exchange.sock.close()

    return reset


def dripping(sent: bytes, piece: bytes) -> Callable[[Exchange], None]:
    """Send something, and then small pieces for ever, each in time for a limit on single waits."""

    def drip(exchange: Exchange) -> None:
        exchange.send(sent)
        while not exchange.gone(0.03):
            exchange.send(piece)

    return drip


def flooding(sent: bytes, piece: bytes) -> Callable[[Exchange], None]:
    """Send something, and then pieces for ever, as fast as they are taken."""

    def flood(exchange: Exchange) -> None:
        exchange.send(sent)
        with suppress(OSError):
            while True:
                exchange.sock.sendall(piece)

    return flood


@contextmanager
def serving(pages: dict[str, Answer | list[Answer]], tls: bool = False) -> Iterator[Web]:
    """Serve for as long as the context lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        web = Web(listener.getsockname()[1], pages)
        ended = threading.Event()
        context = server_context() if tls else None
        thread = threading.Thread(target=_accept, args=(listener, web, ended, context))
        thread.start()
        try:
            yield web
        finally:
            ended.set()
            with suppress(OSError):
                socket.create_connection(listener.getsockname(), 1).close()
            thread.join()


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(CERTIFICATE)
        file.flush()
        context.load_cert_chain(file.name)
    return context


def knowing_context() -> ssl.SSLContext:
    """What a client needs to trust a server of `serving(tls=True)`."""
    return ssl.create_default_context(cadata=CERTIFICATE.partition("-----BEGIN PRIVATE")[0])


@contextmanager
def tls_of_clients(context: ssl.SSLContext | None = None) -> Iterator[None]:
    """Every client made meanwhile has this TLS context; without one, the usual one, read only once as that takes long."""
    found = context or httpx.create_ssl_context(trust_env=False)
    with mock.patch.object(httpx, "create_ssl_context", return_value=found):
        yield


def _accept(listener: socket.socket, web: Web, ended: threading.Event, context: ssl.SSLContext | None) -> None:
    threads = []
    while True:
        sock, _ = listener.accept()
        if ended.is_set():
            sock.close()
            break
        threads.append(threading.Thread(target=_serve, args=(sock, web, context)))
        threads[-1].start()
    for thread in threads:
        thread.join()


def _serve(sock: socket.socket, web: Web, context: ssl.SSLContext | None) -> None:
    with sock, suppress(OSError):
        sock.settimeout(10)
        if context:
            sock = context.wrap_socket(sock, server_side=True)
        with sock:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (data := sock.recv(1 << 16)):
                    return
                head += data
                if head.startswith(b"\x16"):  # TLS where none is spoken
                    sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    return
            said = head.decode("latin-1")
            exchange = Exchange(said.split(" ")[1], said, sock, time.monotonic())
            web.asked.append(exchange)
            found = web.answer(exchange.path)
            if callable(found):
                found(exchange)
            else:
                exchange.send(found)


# --- without a network ------------------------------------------------------------------------------------------------


class FakeTime:
    """Time that passes only while somebody waits for it."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self.start = now
        self.seconds = 0.0

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.seconds, lambda: self.start + timedelta(seconds=self.seconds), self.sleep)

    def sleep(self, seconds: float) -> None:
        assert 0 <= seconds <= 3600, "nobody sleeps longer at once"
        self.seconds += seconds


class Net(httpx.MockTransport):
    """Sites that answer at once, or after `takes_s`. An address has one answer, or several in turn, the last one for ever: a
    body, a status with headers (and a body), an error to raise, or what makes one of these of the request. Without one,
    robots.txt does not exist, and anything else is an error."""

    def __init__(self, time: FakeTime, pages: dict[str, Any], takes_s: float = 0.0) -> None:
        super().__init__(self._answer)
        self.time, self.pages, self.takes_s = time, pages, takes_s
        self.asked: list[tuple[str, float]] = []
        self.requests: list[httpx.Request] = []

    @property
    def urls(self) -> list[str]:
        return [url for url, _ in self.asked]

    @property
    def gaps(self) -> list[float]:
        """The seconds between the end of each answer and the next request."""
        times = [at for _, at in self.asked]
        return [round(later - earlier - self.takes_s, 6) for earlier, later in pairwise(times)]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        self.asked.append((url, self.time.seconds))
        self.requests.append(request)
        self.time.seconds += self.takes_s
        found = self.pages.get(url, (404, {}) if url.endswith("/robots.txt") else AssertionError(url))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if callable(found):
            found = found(request)
        if isinstance(found, Exception):
            raise found
        status, headers, body = (*found, b"")[:3] if isinstance(found, tuple) else (200, {"content-type": "text/html"}, found)
        headers = {name: value.encode("latin-1") for name, value in headers.items()}
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))
