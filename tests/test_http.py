"""What the client promises of itself: what it asks and tells, where it connects, how long and how much it takes. What servers
can do to it is in `tests/hostile.py`."""

import gzip
import os
import socket
import struct
import time
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from scraper import http
from scraper.addresses import Anywhere, Public
from scraper.http import Client, Outcome, Validators
from scraper.inflate import Refused, decoded
from scraper.readers import MAX_BYTES
from scraper.sockets import Limits, Stream
from tests.web import (
    MISSING,
    Web,
    answer,
    chunked,
    knowing_context,
    redirect,
    resetting,
    serving,
    short,
    stalling,
    tls_of_clients,
)

DEADLINE_S = 0.25
PAGE = b"<p>" + bytes(range(32, 127)) * 40


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


PACKED = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress, "Deflate": raw_deflate}
TWICE = gzip.compress(zlib.compress(PAGE))
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
PAGES = {
    "/page": answer(PAGE),
    "/empty": answer(b""),
    "/latin": answer(PAGE, server="caf\xe9"),
    "/surplus": answer(PAGE, content_length="3"),
    "/cookie": answer(PAGE, set_cookie="id=1; Path=/"),
    "/chunked": chunked(PAGE[:1], PAGE[1:]),
    "/old": b"HTTP/1.0 200 OK\r\n\r\n" + PAGE,
    "/many": HEAD + b"".join(b"X-%d: 1\r\n" % n for n in range(4000)) + b"Content-Length: 1\r\n\r\nx",
    **{f"/{name}": answer(pack(PAGE), content_encoding=name) for name, pack in PACKED.items()},
    "/twice": answer(TWICE, content_encoding="deflate, gzip"),
    "/twice-in-two-lines": answer(TWICE, content_encoding="deflate\r\nContent-Encoding: gzip"),
    "/identity": answer(PAGE, content_encoding="identity"),
    "/moved": redirect("/page"),
    "/broken-location": redirect("http://[::1/"),
    "/stalling-redirect": stalling(answer(b"x", "301 Moved", location="/page", content_length="5")),
    "/cut": short(PAGE, PAGE[:9]),
    "/reset": resetting(HEAD),
    "/stall": stalling(),
    "/unchanged": answer(b"", "304 Not Modified", content_length="", etag='"b"'),
}


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with serving(dict(PAGES)) as web, tls_of_clients():
        yield web


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with tls_of_clients(), Client("careerscape/test", Anywhere()) as client:
        yield client


# --- what is told -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["page", "old", "chunked", "twice", "twice-in-two-lines", "identity", *PACKED])
def test_a_whole_page_comes_as_it_is(web: Web, client: Client, path: str):
    response = client.get(f"{web.root}/{path}")
    assert (response.outcome, response.status, response.body) == ("ok", 200, PAGE)
    assert response.address == "127.0.0.1"
    assert response.unframed == (path == "old")


def test_what_came_is_told_as_it_came(web: Web, client: Client):
    response = client.get(f"{web.root}/gzip")
    assert (response.status, response.received) == (200, len(gzip.compress(PAGE)))
    assert response.header("content-type") == "text/html; charset=utf-8"
    assert client.get(f"{web.root}/latin").header("server") == "caf\xe9"
    assert client.get(f"{web.root}/many").header("x-3999") == "1"
    assert client.get(f"{web.root}/empty").outcome == "ok", "what an empty page is, the reader decides"


@pytest.mark.parametrize("path", ["moved", "broken-location", "stalling-redirect"])
def test_a_redirect_is_told_and_not_followed_and_its_body_is_not_read(web: Web, client: Client, path: str):
    asked = len(web.asked)
    response = client.get(f"{web.root}/{path}", 5)
    assert (response.outcome, response.body, response.received) == ("redirected", b"", 0)
    assert response.header("location") in ("/page", "http://[::1/")
    assert web.paths[asked:] == [f"/{path}"]


def test_bytes_beyond_the_announced_end_are_not_taken_for_the_next_page(web: Web, client: Client):
    assert client.get(f"{web.root}/surplus").body == PAGE[:3]
    assert client.get(f"{web.root}/page").body == PAGE


ERRORS: tuple[tuple[type[Exception], str, Outcome], ...] = (
    (httpx.ConnectTimeout, "", "timeout"),
    (httpx.ReadTimeout, "", "timeout"),
    (httpx.RemoteProtocolError, "nonsense", "protocol_error"),
    (httpx.LocalProtocolError, "nonsense", "protocol_error"),
    (httpx.ConnectError, "", "connection_error"),
    (httpx.ReadError, "broken", "connection_error"),
)


@pytest.mark.parametrize(("error", "said", "outcome"), ERRORS)
def test_an_error_of_any_transport_is_an_outcome(error: type[Exception], said: str, outcome: Outcome):
    def fail(request: httpx.Request) -> httpx.Response:
        raise error(said)

    with Client("x", Anywhere(), httpx.MockTransport(fail)) as client:
        response = client.get("http://a.example/")
        assert response.outcome == outcome
        assert said in response.detail
        assert response.detail


# --- what is asked ----------------------------------------------------------------------------------------------------


def test_a_request_says_who_asks_and_nothing_else(web: Web, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NETRC", "/dev/null")
    with Client("careerscape/1 (+me@example.org)", Public(["127.0.0.1"])) as client:
        assert client.get(f"{web.root}/cookie").outcome == "ok"
        assert client.get(f"{web.root}/page").outcome == "ok"
    head = web.asked[-1].head.split("\r\n")
    assert head[0] == "GET /page HTTP/1.1"
    assert sorted(line for line in head[1:] if line) == sorted([
        f"Host: {web.host}", "User-Agent: careerscape/1 (+me@example.org)", f"Accept: {http.ACCEPT}",
        "Accept-Encoding: gzip, deflate", "Accept-Language: en-US,en", "Connection: close",
    ])  # fmt: skip


VALIDATORS: tuple[tuple[str, str, str, str], ...] = (
    ('"a"', "Thu, 01 Jan 2026 00:00:00 GMT", '"a"', "Thu, 01 Jan 2026 00:00:00 GMT"),
    ('W/"a b"', "", 'W/"a b"', ""),
    ("", "Thu, 01 Jan 2026 00:00:00 GMT", "", "Thu, 01 Jan 2026 00:00:00 GMT"),
    ("unquoted ", "yesterday", "unquoted", "yesterday"),
    ("x" * 1000, "", "x" * 1000, ""),
    ("x" * 1001, "yesterday", "", "yesterday"),
    ('"a\r\nX-Evil: 1"', "", "", ""),
    ('"a\0"', "a\nb", "", ""),
    ('"caf\xe9"', "\t", "", ""),
    ('"a\x7f"', "\x1b[1m", "", ""),
    ("", "", "", ""),
)


@pytest.mark.parametrize(("etag", "modified", "sent_etag", "sent_modified"), VALIDATORS)
def test_validators_are_sent_where_they_can_be(
    web: Web, client: Client, etag: str, modified: str, sent_etag: str, sent_modified: str
):
    response = client.get(f"{web.root}/unchanged", validators=Validators(etag, modified))
    asked = web.asked[-1]
    assert (asked.header("if-none-match"), asked.header("if-modified-since")) == (sent_etag, sent_modified)
    assert ("if-none-match" in asked.head.lower(), "if-modified-since" in asked.head.lower()) == (
        bool(sent_etag), bool(sent_modified),
    )  # fmt: skip
    assert "evil" not in asked.head.lower()
    assert response.outcome == ("not_modified" if sent_etag or sent_modified else "protocol_error")
    assert (response.status, response.body, response.header("etag")) == (304, b"", '"b"')


def test_an_answer_may_be_whole_though_validators_were_sent(web: Web, client: Client):
    assert client.get(f"{web.root}/page", validators=Validators('"a"', "")).body == PAGE
    assert client.get(f"{web.root}/unchanged").outcome == "protocol_error"


ADDRESSES = (
    "http://999.1.1.1/", "http://xn--a/", "http://[::1/", "http://exa\u2100mple.org/", "http://127.0.0.1:99999/", "ftp://a.example/",
    "file:///etc/passwd", "http:///page", "/page", "", "http://a.example\\@b.example/", "http://me@a.example/", "http://a.example/\n",
)  # fmt: skip


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_that_is_none_is_refused(url: str):
    def unexpected(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    with Client("x", Anywhere(), httpx.MockTransport(unexpected)) as client:
        assert client.get(url).outcome == "refused_address"


# --- connecting -------------------------------------------------------------------------------------------------------


def resolve(monkeypatch: pytest.MonkeyPatch, name: str, *addresses: str) -> None:
    """Let a name have these addresses, and no other name any."""

    real = socket.getaddrinfo

    def look_up(host: str, *given: Any, **named: Any) -> list:
        if host.startswith("127."):
            return real(host, *given, **named)
        if host != name:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [entry for address in addresses for entry in real(address, *given, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_a_name_that_nobody_has(client: Client, monkeypatch: pytest.MonkeyPatch):
    for host in ("a..b", "a" * 64 + ".org"):  # which the socket module itself cannot even ask for
        assert client.get(f"http://{host}/", 5).outcome == "dns_error"
    resolve(monkeypatch, "none.example")
    assert client.get("http://unknown.example/").outcome == client.get("http://none.example/").outcome == "dns_error"


def test_a_closed_port(client: Client):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert client.get(f"http://127.0.0.1:{port}/").outcome == "connection_error"


@pytest.mark.alone
def test_the_deadline_holds_while_a_name_is_looked_up(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: time.sleep(2) or [])
    start = time.monotonic()
    assert client.get("http://slow.example/", DEADLINE_S).outcome == "timeout"
    assert time.monotonic() - start < DEADLINE_S + 0.4


@pytest.mark.alone
def test_the_deadline_holds_while_a_connection_is_made(client: Client):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = []
        for _ in range(4):  # a full backlog drops what comes
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(full.getsockname())
        start = time.monotonic()
        assert client.get(f"http://127.0.0.1:{full.getsockname()[1]}/", DEADLINE_S).outcome == "timeout"
        assert DEADLINE_S - 0.05 < time.monotonic() - start < DEADLINE_S + 0.4
        for sock in waiting:
            sock.close()


@pytest.mark.alone
def test_the_deadline_holds_for_any_transport():
    class Drip(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for _ in range(200):
                time.sleep(0.01)
                yield b"a"

    with Client("x", Anywhere(), httpx.MockTransport(lambda _: httpx.Response(200, stream=Drip()))) as client:
        start = time.monotonic()
        assert client.get("http://a.example/", DEADLINE_S).outcome == "timeout"
        assert time.monotonic() - start < DEADLINE_S + 0.4


def test_an_answer_is_read_though_the_request_could_not_be_sent():
    ours, theirs = socket.socketpair()
    limits = Limits()
    limits.start(5)
    with ours, theirs:
        theirs.sendall(MISSING)
        theirs.close()
        stream = Stream(ours, limits)
        with pytest.raises(BrokenPipeError):
            ours.send(b"GET")
        stream.write(b"GET / HTTP/1.1\r\n\r\n")
        assert stream.read(9999) == MISSING
        assert stream.read(9999) == b""


def test_all_addresses_of_a_host_are_tried_within_one_deadline(web: Web, client: Client, monkeypatch: pytest.MonkeyPatch):
    resolve(monkeypatch, "two.example", "127.9.9.9", "127.0.0.1")
    assert client.get(f"http://two.example:{web.port}/page").outcome == "ok"


def test_an_address_that_does_not_answer_leaves_time_for_the_next(web: Web, client: Client, monkeypatch: pytest.MonkeyPatch):
    resolve(monkeypatch, "two.example", "127.9.9.9", "127.0.0.1")
    with socket.create_server(("127.9.9.9", web.port), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        response = client.get(f"http://two.example:{web.port}/page", 2 * DEADLINE_S)
        assert (response.outcome, response.address) == ("ok", "127.0.0.1"), response.detail
        for sock in waiting:
            sock.close()


def test_certificates_are_checked(client: Client, monkeypatch: pytest.MonkeyPatch):
    with serving({"/": answer(PAGE)}, tls=True) as secure:
        assert client.get(f"https://127.0.0.1:{secure.port}/").outcome == "tls_error"
        with tls_of_clients(knowing_context()), Client("x", Anywhere()) as knowing:
            assert knowing.get(f"https://127.0.0.1:{secure.port}/").body == PAGE
            resolve(monkeypatch, "other.example", "127.0.0.1")
            assert knowing.get(f"https://other.example:{secure.port}/").outcome == "tls_error"
        assert secure.paths == ["/"]


@pytest.mark.alone
def test_no_tls_there_or_none_that_ends(web: Web, client: Client):
    assert client.get(f"https://{web.host}/page").outcome == "tls_error"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        assert client.get(f"https://127.0.0.1:{silent.getsockname()[1]}/", DEADLINE_S).outcome == "timeout"
        assert time.monotonic() - start < DEADLINE_S + 0.4


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_no_connection_is_left_open(web: Web, client: Client):
    before = open_files()
    for path in ("/page", "/moved", "/stalling-redirect", "/cut", "/reset", "/stall", "/unchanged", "/missing"):
        client.get(web.root + path, 0.2)
    until = time.monotonic() + 2  # the server is in this process, and closes its ends when it comes to it
    while open_files() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert open_files() <= before


# --- size -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", *PACKED])
@pytest.mark.parametrize("step", [7, 1 << 16])
def test_the_most_that_is_taken_is_exact_to_the_byte(name: str, step: int):
    most = 66_000
    noise = b"".join(struct.pack(">I", zlib.crc32(b"%d" % n)) for n in range(17_000))  # packing makes it longer
    for plain, size in ((plain, most + more) for plain in (noise, b"a" * most * 2) for more in (-1, 0, 1)):
        body = PACKED[name](plain[:size]) if name else plain[:size]
        pieces = [body[n : n + step] for n in range(0, len(body), step)]
        if size <= most:
            assert b"".join(decoded(pieces, name, most)) == plain[:size]
        else:
            with pytest.raises(Refused) as caught:
                list(decoded(pieces, name, most))
            assert caught.value.outcome == "too_large"


@pytest.mark.parametrize("name", ["gzip", "deflate"])
def test_the_most_of_a_page_is_ten_mebibytes(name: str):
    def page(request: httpx.Request) -> httpx.Response:
        body = b"a" * int(request.url.params["size"])
        return httpx.Response(200, headers={"content-encoding": name}, stream=httpx.ByteStream(PACKED[name](body)))

    with Client("x", Anywhere(), httpx.MockTransport(page)) as client:
        assert len(client.get(f"http://a.example/?size={MAX_BYTES}").body) == MAX_BYTES == 10_485_760
        assert client.get(f"http://a.example/?size={MAX_BYTES + 1}").outcome == "too_large"
        part = client.get("http://a.example/?size=2000", most=1000, cut=True)
        assert (part.outcome, part.body) == ("ok", b"a" * 1000)


@pytest.mark.parametrize("name", PACKED)
def test_a_stream_may_be_cut_into_pieces_anywhere(name: str):
    for size in (0, 1, 65_535, 65_536, 65_537, 131_072 + 258):  # with a step of 64 KB that ends where the stream does
        body = PACKED[name](b"a" * size)
        assert b"".join(decoded([body[n : n + 1] for n in range(len(body))], name, 1 << 20)) == b"a" * size
        assert b"".join(decoded([body], name, 1 << 20)) == b"a" * size
        for cut in range(max(1, len(body) - 12), len(body)):
            with pytest.raises(Refused, match="ends too early"):
                list(decoded([body[:cut]], name, 1 << 20))


@pytest.mark.parametrize("junk", [b"\0", b"\0" * 700, b"junk", b"\x1f", b"\x1f!", b"\x1f\x8b"])
@pytest.mark.parametrize("step", [1, 50, 1000])
def test_what_follows_a_packed_body_is_no_part_of_it(junk: bytes, step: int):
    body = gzip.compress(b"one ") + gzip.compress(b"two") + junk
    pieces = [body[n : n + step] for n in range(0, len(body), step)]
    if junk in (b"\x1f", b"\x1f\x8b"):  # the next member, cut
        with pytest.raises(Refused, match="ends too early"):
            list(decoded(pieces, "gzip", 100))
    else:
        assert b"".join(decoded(pieces, "gzip", 100)) == b"one two"


def test_a_length_that_is_too_much_is_refused_before_the_body(client: Client):
    with serving({"/": stalling(answer(b"", content_length="10485761"))}) as web:
        response = client.get(web.root, 5)
        assert (response.outcome, response.received, response.body) == ("too_large", 0, b"")
        assert client.get(web.root, DEADLINE_S, most=10_485_761).outcome == "timeout"
        assert client.get(web.root, DEADLINE_S, cut=True).outcome == "timeout"


def test_a_stream_has_a_thousand_members_at_most():
    assert b"".join(decoded([gzip.compress(b"a") * 1000], "gzip", 2000)) == b"a" * 1000
    with pytest.raises(Refused, match="members") as caught:
        list(decoded([gzip.compress(b"a") * 1001], "gzip", 2000))
    assert caught.value.outcome == "bad_encoding"
