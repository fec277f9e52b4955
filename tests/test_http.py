"""The client against a server that misbehaves: each request ends in one outcome, in its time, its size and its memory."""

import gzip
import os
import resource
import socket
import ssl
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from scraper import http
from scraper.http import Client
from scraper.inflate import Refused, decoded
from scraper.readers import MAX_BYTES
from tests.web import CERTIFICATE, Exchange, Web, answer, redirect, serving

DEADLINE_S = 0.25
PAGE = b"<p>" + bytes(range(32, 127)) * 40


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


PACKED = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress, "Deflate": raw_deflate}
BOMB = gzip.compress(b"\0" * (80 << 20), 9)


def cut_short(sent: bytes) -> bytes:
    """The whole announced, a part of it sent."""
    return answer(PAGE, content_length=str(len(PAGE))).removesuffix(PAGE) + sent


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return answer(b"", content_length="", transfer_encoding="chunked") + body + end


def reset(exchange: Exchange, sent: bytes) -> None:
    exchange.send(sent)
    time.sleep(0.05)  # else the reset may overtake what was sent
    exchange.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    exchange.sock.close()


def drip(exchange: Exchange, head: bytes, piece: bytes) -> None:
    """Bytes that never end and always come in time for a time limit on each single wait."""
    exchange.send(head)
    for _ in range(200):
        if exchange.gone(0.03):
            return
        exchange.send(piece)


def flood(exchange: Exchange, piece: bytes) -> None:
    exchange.sock.settimeout(5)
    for _ in range(2000):
        try:
            exchange.sock.sendall(piece)
        except OSError:
            return


def endless(exchange: Exchange) -> None:
    exchange.send(answer(b"", content_length="", transfer_encoding="chunked"))
    flood(exchange, b"ea60\r\n%s\r\n" % (b"a" * 60_000))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
PAGES = {
    "/page": answer(PAGE),
    "/http10": b"HTTP/1.0 200 OK\r\n\r\n" + PAGE,
    "/empty": answer(b""),
    "/interim": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(PAGE),
    "/latin": answer(PAGE, server="caf\xe9"),
    "/surplus": answer(PAGE, content_length="3"),
    "/cookie": answer(PAGE, set_cookie="id=1; Path=/"),
    "/chunked": chunked(PAGE[:1], PAGE[1:]),
    "/many": HEAD + b"".join(b"X-%d: 1\r\n" % n for n in range(4000)) + b"Content-Length: 1\r\n\r\nx",
    # status
    **{
        f"/{code}": answer(b"no", f"{code} Told")
        for code in (204, 206, 302, 304, 400, 401, 403, 404, 410, 418, 429, 451, 500, 503)
    },
    "/wait": answer(b"", "503 Later", retry_after="7"),
    "/challenge": answer(b"", "403 No", cf_mitigated="challenge"),
    "/moved": redirect("/page"),
    "/bomb-moved": answer(BOMB, "302 Found", location="/x", content_encoding="gzip"),
    "/bomb-404": answer(BOMB, "404 No", content_encoding="gzip"),
    "/broken-location": redirect("http://[::1/"),
    # encodings
    **{f"/{name}": answer(pack(PAGE), content_encoding=name) for name, pack in PACKED.items()},
    "/twice": answer(gzip.compress(zlib.compress(PAGE)), content_encoding="deflate, gzip"),
    "/thrice": answer(gzip.compress(gzip.compress(gzip.compress(PAGE))), content_encoding="gzip, gzip, gzip"),
    "/br": answer(PAGE, content_encoding="br"),
    "/foo": answer(PAGE, content_encoding="foo"),
    "/identity": answer(PAGE, content_encoding="identity"),
    "/members": answer(b"".join(gzip.compress(PAGE[n : n + 500]) for n in range(0, len(PAGE), 500)), content_encoding="gzip"),
    "/no-gzip": answer(PAGE, content_encoding="gzip"),
    "/wrong-sum": answer(gzip.compress(PAGE)[:-8] + b"12345678", content_encoding="gzip"),
    "/bomb": answer(BOMB, content_encoding="gzip"),
    **{f"/cut-gzip-{n}": answer(gzip.compress(PAGE)[:-n], content_encoding="gzip") for n in (1, 8, 100)},
    "/cut-member": answer(gzip.compress(PAGE) + gzip.compress(PAGE)[:9], content_encoding="gzip"),
    # broken off
    **{f"/cut-{n}": cut_short(PAGE[:n]) for n in (0, 1, len(PAGE) - 1)},
    "/cut-chunk": chunked(PAGE, end=b"7f\r\nabc"),
    "/no-last-chunk": chunked(PAGE, end=b""),
    "/bad-chunk": chunked(PAGE, end=b"zz\r\nabc\r\n"),
    "/reset": lambda exchange: reset(exchange, b""),
    "/reset-head": lambda exchange: reset(exchange, HEAD),
    "/reset-body": lambda exchange: reset(exchange, cut_short(PAGE[:9])),
    "/no-answer": b"",
    "/no-http": b"220 mail.example.org ESMTP\r\n\r\n",
    "/two-lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "/negative": HEAD + b"Content-Length: -1\r\n\r\nab",
    "/nul": HEAD + b"X: a\0b\r\nContent-Length: 1\r\n\r\nx",
    "/long-line": HEAD + b"X: " + b"a" * 300_000 + b"\r\n\r\n",
    # too much, too slow
    "/interims": lambda exchange: flood(exchange, b"HTTP/1.1 100 Continue\r\n\r\n" * 4000),
    "/heads": lambda exchange: flood(exchange, b"X: aaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 2000),
    "/endless": lambda exchange: endless(exchange),
    "/stall": lambda exchange: exchange.gone(3),
    "/drip-head": lambda exchange: drip(exchange, HEAD, b"X: y\r\n"),
    "/drip-body": lambda exchange: drip(exchange, cut_short(b""), b"a"),
    "/drip-interim": lambda exchange: drip(exchange, b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with serving(dict(PAGES)) as web:
        yield web


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Client("careerscape/test") as client:
        yield client


OUTCOMES = {
    "ok": "page http10 interim latin cookie chunked gzip x-gzip deflate Deflate twice identity members",
    "redirect": "moved bomb-moved broken-location",
    "client_error": "204 206 302 304 400 418",
    "blocked": "401 403 451",
    "not_found": "404 bomb-404",
    "gone": "410",
    "rate_limited": "429 wait",
    "server_error": "500 503",
    "challenge": "challenge",
    "bad_encoding": "thrice br foo no-gzip wrong-sum",
    "too_large": "bomb endless",
    "truncated": "cut-gzip-1 cut-gzip-8 cut-gzip-100 cut-member cut-0 cut-1 cut-3802 cut-chunk no-last-chunk reset-body",
    "protocol_error": "bad-chunk no-answer no-http two-lengths negative nul long-line interims heads",
    "connection_error": "reset reset-head",
    "timeout": "stall drip-head drip-body drip-interim",
}
CASES = [(path, outcome) for outcome, paths in OUTCOMES.items() for path in paths.split()]


@pytest.mark.parametrize(("path", "outcome"), CASES)
def test_every_answer_has_its_outcome_and_only_a_whole_page_has_a_body(web: Web, client: Client, path: str, outcome: str):
    slow = outcome == "timeout"
    start = time.monotonic()
    response = client.get(f"{web.root}/{path}", DEADLINE_S if slow else 10)
    assert response.outcome == outcome, response.detail
    assert response.body == (PAGE if outcome == "ok" else b"")
    assert response.detail
    took = time.monotonic() - start
    assert (DEADLINE_S - 0.05 < took < DEADLINE_S + 0.4) if slow else took < 5
    broken_head = outcome in ("protocol_error", "connection_error", "timeout") and path not in ("bad-chunk", "drip-body")
    assert (response.status is None) == broken_head


def test_what_came_is_told_as_it_came(web: Web, client: Client):
    response = client.get(f"{web.root}/gzip")
    assert (response.status, response.received) == (200, len(gzip.compress(PAGE)))
    assert response.header("content-type") == "text/html; charset=utf-8"
    assert client.get(f"{web.root}/latin").header("server") == "caf\xe9"
    assert client.get(f"{web.root}/moved").header("location") == "/page"
    assert client.get(f"{web.root}/many").header("x-3999") == "1"
    assert client.get(f"{web.root}/empty").outcome == "ok", "what an empty page is, the reader decides"


def test_bytes_beyond_the_announced_end_are_not_taken_for_the_next_page(web: Web, client: Client):
    assert client.get(f"{web.root}/surplus").body == PAGE[:3]
    assert client.get(f"{web.root}/page").body == PAGE


# --- what is asked ----------------------------------------------------------------------------------------------------


def test_a_request_says_who_asks_and_nothing_else(web: Web, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NETRC", "/dev/null")
    with Client("careerscape/1 (+me@example.org)") as client:
        assert client.get(f"{web.root}/cookie").outcome == "ok"
        assert client.get(f"{web.root}/page").outcome == "ok"
    head = web.asked[-1].head.split("\r\n")
    assert head[0] == "GET /page HTTP/1.1"
    assert sorted(line for line in head[1:] if line) == sorted([
        f"Host: {web.host}", "User-Agent: careerscape/1 (+me@example.org)", f"Accept: {http.ACCEPT}",
        "Accept-Encoding: gzip, deflate", "Accept-Language: en-US,en", "Connection: close",
    ])  # fmt: skip


ADDRESSES = ["http://999.1.1.1/", "http://xn--a/", "http://[::1/", "http://exa\u2100mple.org/", "http://127.0.0.1:99999/"]


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_that_is_none_is_refused(url: str):
    def unexpected(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    with Client("x", httpx.MockTransport(unexpected)) as client:
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


def test_the_deadline_holds_while_a_name_is_looked_up(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: time.sleep(2) or [])
    start = time.monotonic()
    assert client.get("http://slow.example/", DEADLINE_S).outcome == "timeout"
    assert time.monotonic() - start < DEADLINE_S + 0.4


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


def test_all_addresses_of_a_host_are_tried_within_one_deadline(web: Web, client: Client, monkeypatch: pytest.MonkeyPatch):
    resolve(monkeypatch, "two.example", "127.9.9.9", "127.0.0.1")
    assert client.get(f"http://two.example:{web.port}/page").outcome == "ok"


def test_certificates_are_checked(client: Client, monkeypatch: pytest.MonkeyPatch):
    with serving({"/": answer(PAGE)}, tls=True) as secure:
        assert client.get(f"https://127.0.0.1:{secure.port}/").outcome == "tls_error"
        trusted = ssl.create_default_context(cadata=CERTIFICATE.partition("-----BEGIN PRIVATE")[0])
        monkeypatch.setattr(httpx, "create_ssl_context", lambda **k: trusted)
        with Client("x") as knowing:
            assert knowing.get(f"https://127.0.0.1:{secure.port}/").body == PAGE
            resolve(monkeypatch, "other.example", "127.0.0.1")
            assert knowing.get(f"https://other.example:{secure.port}/").outcome == "tls_error"
        assert secure.paths == ["/"]


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
    for path in ("/page", "/moved", "/bomb", "/cut-1", "/long-line", "/reset-body", "/drip-body"):
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

    with Client("x", httpx.MockTransport(page)) as client:
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


GREEDY = ("/bomb", "/bomb-moved", "/bomb-404", "/heads", "/endless", "/long-line")
ASK = """
import resource, sys
from scraper.http import Client
with Client("x") as client:
    client.get(sys.argv[1] + "/gzip")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes = [client.get(sys.argv[1] + path).outcome for path in sys.argv[2:]]
    print(*outcomes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_no_answer_takes_much_memory_or_time(web: Web):
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", ASK, web.root, *GREEDY], capture_output=True, text=True, check=True, timeout=60)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    *outcomes, grown_kib = done.stdout.split()
    assert outcomes == ["too_large", "redirect", "not_found", "protocol_error", "too_large", "protocol_error"]
    assert int(grown_kib) < 64 << 10
    assert end.ru_utime - start.ru_utime < 10
