"""What a server can do to a client, one behaviour a row, and how a request or the fetching of a page must end with it."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from scraper.http import Outcome
from tests.web import (
    MISSING,
    Answer,
    Exchange,
    answer,
    chunked,
    dripping,
    flooding,
    redirect,
    resetting,
    short,
    stalling,
    text,
    zipped,
)

FIXTURES = Path(__file__).parents[1] / "fixtures" / "pages" / "zippia"
PAGE = (FIXTURES / "seed-modern" / "page.html").read_bytes()
PATH = "/account-resolution-analyst-jobs/account-resolution-analyst-vs-loss-mitigation-specialist-differences"
"""A good comparison page, and where it stands."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`answer` is what the page's address sends, `robots` what /robots.txt does (not found where None), `others` what stands at
    other paths (`*` is any). `outcome` is that of the request; where `whole`, that of fetching the page with manners, as one
    request alone does not show it. `slow` runs into the deadline. `tls` wants a server that speaks TLS, with a certificate
    that the client does not know or does."""

    name: str
    says: str
    outcome: Outcome
    answer: Answer
    robots: Answer | None = None
    whole: bool = False
    slow: bool = False
    tls: Literal["", "unknown", "trusted"] = ""
    others: dict[str, Answer | list[Answer]] = field(default_factory=dict)

    @property
    def of_page(self) -> Outcome:
        """How the fetching of the page ends: robots.txt, which comes first, has the same certificate."""
        return "robots_unreadable" if self.tls == "unknown" else self.outcome

    def pages(self, path: str = PATH) -> dict[str, Answer | list[Answer]]:
        """What `tests.web.serving` shows, the page at this path."""
        return {"/robots.txt": MISSING if self.robots is None else self.robots, path: self.answer} | self.others


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
GIB = 1 << 30
ZEROS = b"\0" * (1 << 20)


@cache
def bomb(wbits: int) -> bytes:
    """A GiB of zeros as one stream: the same packed MiB again and again, its end never reached."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(ZEROS) + packer.flush(zlib.Z_FULL_FLUSH)
    start = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return start.compress(b"") + start.flush(zlib.Z_FULL_FLUSH) + piece * (GIB // len(ZEROS))


GZIP, ZLIB = 31, 15


def gzip_said(body: bytes, encoding: str = "gzip", status: str = "200 OK", **headers: str) -> bytes:
    return answer(body, status, content_encoding=encoding, **headers)


def bombs() -> Iterator[Behaviour]:
    whole, members = bomb(GZIP), gzip.compress(ZEROS * 16) * 64
    yield Behaviour("gzip bomb", "1 MB of gzip that unpacks to 1 GiB", "too_large", gzip_said(whole))
    yield Behaviour("gzip bomb in members", "1 GiB in 64 gzip members", "too_large", gzip_said(members))
    yield Behaviour("deflate bomb", "1 MB of deflate that unpacks to 1 GiB", "too_large", gzip_said(bomb(ZLIB), "deflate"))
    yield Behaviour("nested bomb", "a gzip bomb in gzip", "too_large", gzip_said(gzip.compress(whole), "gzip, gzip"))
    yield Behaviour("bomb in chunks", "a gzip bomb without a length", "too_large", chunked(whole, content_encoding="gzip"))
    yield Behaviour("three layers", "gzip in gzip in gzip", "bad_encoding", gzip_said(b"", "gzip, gzip, gzip"))
    yield Behaviour("a thousand layers", "a list of 1,000 encodings", "bad_encoding", gzip_said(b"", ", ".join(["gzip"] * 1000)))
    yield Behaviour("empty members", "100,000 gzip members of nothing", "bad_encoding", gzip_said(gzip.compress(b"") * 100_000))
    empty = b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\0\0\0\xff\xff" * 5_000_000
    yield Behaviour("empty blocks", "25 MB of gzip that unpacks to nothing", "too_large", gzip_said(empty))
    yield Behaviour("bomb in a 404", "404, its body a gzip bomb", "not_found", gzip_said(whole, status="404 Not Found"))
    yield Behaviour("bomb in a 500", "500, its body a gzip bomb", "server_error", gzip_said(whole, status="500 Broken"))
    yield Behaviour(
        "bomb in a redirect", "a redirect to a good page, its body a gzip bomb", "ok",
        gzip_said(whole, status="302 Found", location="/good" + PATH), whole=True, others={"/good" + PATH: answer(PAGE)},
    )  # fmt: skip


def encodings() -> Iterator[Behaviour]:
    packed = gzip.compress(PAGE, mtime=0)
    brotli, zstd = bytes.fromhex("0b028068656c6c6f03"), bytes.fromhex("28b52ffd0405290000") + b"hello" + b"\0\0\0\0"
    yield Behaviour("brotli", "brotli, which nobody asked for", "bad_encoding", gzip_said(brotli, "br"))
    yield Behaviour("zstd", "zstd, which nobody asked for", "bad_encoding", gzip_said(zstd, "zstd"))
    yield Behaviour("compress", "an encoding of old", "bad_encoding", gzip_said(b"\x1f\x9d\x90", "compress"))
    yield Behaviour("unknown encoding", "an encoding that does not exist", "bad_encoding", gzip_said(PAGE, "x-secret"))
    yield Behaviour("no gzip", "a plain page said to be gzip", "bad_encoding", gzip_said(PAGE))
    yield Behaviour("wrong checksum", "gzip with a wrong checksum", "bad_encoding", gzip_said(packed[:-8] + b"12345678"))
    yield Behaviour("damaged gzip", "gzip with bytes that were changed", "bad_encoding", gzip_said(packed[:900] + packed[999:]))
    yield Behaviour(
        "cut gzip", "gzip whose end is missing, with the length of what is there", "truncated", gzip_said(packed[:-99])
    )
    yield Behaviour("cut checksum", "gzip without its last byte", "truncated", gzip_said(packed[:-1]))
    yield Behaviour("cut member", "a second gzip member that is cut", "truncated", gzip_said(packed + packed[:9]))
    yield Behaviour("gzip and junk", "a page in gzip, and junk behind it", "ok", gzip_said(packed + b"junk"))
    yield Behaviour(
        "members", "a page in two gzip members", "ok", gzip_said(gzip.compress(PAGE[:999]) + gzip.compress(PAGE[999:]))
    )
    yield Behaviour("bare deflate", "deflate without its header", "ok", gzip_said(zlib.compress(PAGE)[2:-4], "deflate"))


def time_eaters() -> Iterator[Behaviour]:
    moved = answer(b"x" * 99, "302 Found", location="/good" + PATH)
    yield Behaviour("silence", "no answer at all", "timeout", stalling(), slow=True)
    yield Behaviour("stall in the head", "half a head, then nothing", "timeout", stalling(HEAD), slow=True)
    yield Behaviour("stall in the body", "half a page, then nothing", "timeout", stalling(short(PAGE, PAGE[:9000])), slow=True)
    yield Behaviour("stall in a chunk", "half a chunk, then nothing", "timeout", stalling(CHUNKED + b"ff\r\nabc"), slow=True)
    yield Behaviour(
        "stall in gzip", "half a packed page, then nothing", "timeout", stalling(zipped(PAGE)[:-500]), slow=True
    )  # fmt: skip
    yield Behaviour("no end", "a whole page whose connection stays open", "timeout", stalling(HEAD + b"\r\n" + PAGE), slow=True)
    yield Behaviour("stall in a 404", "a 404 whose body never comes", "not_found", stalling(MISSING[:-9]))
    yield Behaviour(
        "stall in a redirect", "a redirect to a good page whose body never comes", "ok", stalling(moved[:-50]), whole=True,
        others={"/good" + PATH: answer(PAGE)},
    )  # fmt: skip
    yield Behaviour("dripping head", "a header every 30 ms", "timeout", dripping(HEAD, b"X: y\r\n"), slow=True)
    yield Behaviour("dripping line", "a byte of a header every 30 ms", "timeout", dripping(HEAD + b"X: ", b"y"), slow=True)
    yield Behaviour("dripping body", "a byte every 30 ms", "timeout", dripping(short(PAGE, b""), b"a"), slow=True)
    yield Behaviour("dripping chunks", "a chunk every 30 ms", "timeout", dripping(CHUNKED, b"1\r\na\r\n"), slow=True)
    yield Behaviour("dripping 1xx", "100 Continue every 30 ms", "timeout", dripping(b"", b"HTTP/1.1 100 Go\r\n\r\n"), slow=True)
    yield Behaviour("tiny chunks", "chunks of one byte for ever", "timeout", flooding(CHUNKED, b"1\r\na\r\n" * 9000), slow=True)


def floods() -> Iterator[Behaviour]:
    interim, piece = b"HTTP/1.1 100 Continue\r\n\r\n" * 2000, b"a" * 60_000
    yield Behaviour("endless 1xx", "100 Continue for ever", "protocol_error", flooding(b"", interim))
    yield Behaviour("endless head", "headers for ever", "protocol_error", flooding(HEAD, b"X: aaaaaaaaaaaaaaaaaa\r\n" * 2000))
    yield Behaviour("endless line", "a header without end", "protocol_error", flooding(HEAD + b"X: ", piece))
    yield Behaviour("endless status", "a status line without end", "protocol_error", flooding(b"HTTP/1.1 200 ", piece))
    yield Behaviour("endless body", "a body without length or end", "too_large", flooding(HEAD + b"\r\n", piece))
    yield Behaviour("endless chunks", "chunks for ever", "too_large", flooding(CHUNKED, b"ea60\r\n%s\r\n" % piece))
    yield Behaviour("endless chunk size", "digits for ever", "protocol_error", flooding(CHUNKED, b"0" * 9000))
    yield Behaviour("endless extension", "a chunk extension for ever", "protocol_error", flooding(CHUNKED + b"1;x=", piece))
    yield Behaviour(
        "endless trailers", "headers for ever behind the last chunk", "protocol_error",
        flooding(chunked(PAGE, end=b"0\r\n"), b"X: aaaaaaaaaaaaaaaaaa\r\n" * 2000),
    )  # fmt: skip
    huge = HEAD + b"Content-Length: 1000000000000\r\n\r\n"
    yield Behaviour("huge length", "a length of 1 TB", "too_large", flooding(huge, piece))


def lengths() -> Iterator[Behaviour]:
    def sized(*lines: bytes) -> bytes:
        return HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + PAGE

    length = b"Content-Length: %d" % len(PAGE)
    wrong = {
        "negative length": ("a length of -1", (b"Content-Length: -1",)),
        "signed length": ("a length with a plus", (b"Content-Length: +%d" % len(PAGE),)),
        "length in hex": ("a length in hex", (b"Content-Length: %#x" % len(PAGE),)),
        "length in words": ("a length that is no number", (b"Content-Length: many",)),
        "length without a value": ("an empty length", (b"Content-Length:",)),
        "astronomic length": ("a length of 5,000 digits", (b"Content-Length: " + b"9" * 5000,)),
        "two lengths": ("two lengths that differ", (length, b"Content-Length: 5")),
        "a list of lengths": ("two lengths that differ, in one line", (length + b", 5",)),
        "unknown coding": ("a transfer coding that is not chunked", (b"Transfer-Encoding: gzip",)),
        "chunked twice": ("chunks in chunks", (b"Transfer-Encoding: chunked, chunked",)),
    }
    for name, (says, lines) in wrong.items():
        yield Behaviour(name, says, "protocol_error", sized(*lines))
    old = chunked(PAGE).replace(b"HTTP/1.1", b"HTTP/1.0")
    both = chunked(PAGE).replace(b"\r\n\r\n", b"\r\n%s\r\n\r\n" % length, 1)
    yield Behaviour("length and chunks", "a page in chunks, and a length", "protocol_error", both)
    yield Behaviour("chunks of old", "chunks under HTTP/1.0", "protocol_error", old)
    yield Behaviour("equal lengths", "the same length twice", "ok", sized(length, length))
    yield Behaviour(
        "no length", "HTTP/1.0: the end of the connection ends the page", "ok", HEAD.replace(b"1.1", b"1.0") + b"\r\n" + PAGE
    )
    yield Behaviour("surplus", "bytes beyond the length", "ok", answer(PAGE) + b"HTTP/1.1 200 OK\r\n\r\nanother page")
    yield Behaviour("short", "less than the length", "truncated", short(PAGE, PAGE[:-1]))
    yield Behaviour("nothing of it", "a length, and no body", "truncated", short(PAGE, b""))
    yield Behaviour("cut chunk", "the connection closed in a chunk", "truncated", chunked(PAGE, end=b"7f\r\nabc"))
    yield Behaviour("no last chunk", "the connection closed before the last chunk", "truncated", chunked(PAGE, end=b""))
    yield Behaviour("chunk size in words", "a chunk size that is none", "protocol_error", chunked(PAGE, end=b"zz\r\nabc\r\n"))
    yield Behaviour("negative chunk", "a chunk size of -1", "protocol_error", chunked(PAGE, end=b"-1\r\nabc\r\n"))
    yield Behaviour(
        "huge chunk size", "a chunk size of 30 digits", "protocol_error", chunked(PAGE, end=b"f" * 30 + b"\r\nabc\r\n")
    )
    yield Behaviour(
        "chunk too long", "more in a chunk than its size", "protocol_error", chunked(PAGE, end=b"1\r\nabc\r\n0\r\n\r\n")
    )


def nonsense() -> Iterator[Behaviour]:
    answers = {
        "no answer": ("the connection closed at once", b""),
        "another protocol": ("a greeting of a mail server", b"220 mail.example.org ESMTP\r\n\r\n"),
        "no head": ("a page without a head", PAGE),
        "HTTP/3.0": ("a version that is none of this protocol", answer(PAGE).replace(b"HTTP/1.1", b"HTTP/3.0")),
        "status in words": ("a status that is no number", answer(PAGE, "OK OK")),
        "status 000": ("a status of 000", answer(PAGE, "000 Nothing")),
        "two digits": ("a status of two digits", answer(PAGE, "20 OK")),
        "NUL in the head": ("a NUL in a header", HEAD + b"X: a\0b\r\nContent-Length: 1\r\n\r\nx"),
        "no colon": ("a header without a colon", HEAD + b"Content-Length 1\r\n\r\nx"),
        "space before the colon": ("a header's name with a space", HEAD + b"Content-Length : 1\r\n\r\nx"),
        "no name": ("a header without a name", HEAD + b": 1\r\n\r\nx"),
        "cut head": ("the connection closed in the head", HEAD),
        "another language": (
            "101, to go on in another protocol",
            b"HTTP/1.1 101 Go\r\nUpgrade: chat\r\nConnection: upgrade\r\n\r\n",
        ),
        "part of a page": ("206, which nobody asked for", answer(PAGE[:99], "206 Part", content_range=f"bytes 0-98/{len(PAGE)}")),
        "not modified": ("304, which nobody asked for", answer(b"", "304 Not Modified", content_length="", etag='"a"')),
    }
    for name, (says, sent) in answers.items():
        yield Behaviour(name, says, "protocol_error", sent)
    yield Behaviour("early hints", "103 before a good page", "ok", b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n" + answer(PAGE))
    yield Behaviour("no content", "204", "empty", b"HTTP/1.1 204 No Content\r\n\r\n")
    yield Behaviour("reset", "a reset before the answer", "connection_error", resetting())
    yield Behaviour("reset in the head", "a reset in the head", "connection_error", resetting(HEAD))
    yield Behaviour("reset in the body", "a reset in the body", "truncated", resetting(short(PAGE, PAGE[:9000])))
    yield Behaviour("reset in a chunk", "a reset in a chunk", "truncated", resetting(CHUNKED + b"ff\r\nabc"))
    yield Behaviour("reset in gzip", "a reset in a packed page", "truncated", resetting(zipped(PAGE)[:-500]))
    yield Behaviour(
        "reset at the end", "a reset where the connection should close", "truncated", resetting(HEAD + b"\r\n" + PAGE)
    )
    yield Behaviour("unknown certificate", "a certificate that nobody vouches for", "tls_error", answer(PAGE), tls="unknown")
    yield Behaviour("changing ETag", "another ETag each time, malformed", "ok", answer(PAGE, etag='W/"\xff'))


STATUS: dict[Outcome, tuple[int, ...]] = {
    "blocked": (401, 403, 451), "not_found": (404,), "gone": (410,), "client_error": (300, 400, 418),
    "server_error": (500, 502, 503, 520, 999),
}  # fmt: skip
RETRY = {
    "": ("", ""),
    " in seconds": ("Retry-After in seconds", "1"),
    " with a past date": ("a date that is over", "Sat, 01 Jan 2000 00:00:00 GMT"),
    " with a future date": ("a date in 2099", "Thu, 01 Jan 2099 00:00:00 GMT"),
    " with junk": ("a Retry-After that cannot be read", "soon, perhaps"),
    " negative": ("a Retry-After of -5", "-5"),
    " huge": ("a Retry-After of 400 digits", "9" * 400),
}


def statuses() -> Iterator[Behaviour]:
    for outcome, codes in STATUS.items():
        for code in codes:
            yield Behaviour(f"status {code}", f"{code}", outcome, answer(b"<p>no", f"{code} Told"))
    yield Behaviour("redirect without an address", "302 without Location", "client_error", answer(b"<p>no", "302 Found"))
    for code in (429, 503):
        for name, (says, value) in RETRY.items():
            if code == 429 or value:
                sent = answer(b"<p>no", f"{code} Told", retry_after=value)
                yield Behaviour(f"status {code}{name}", f"{code}, {says}" if says else f"{code}", "rate_limited", sent)
    told = {
        "challenge with 403": ("403", {"cf_mitigated": "challenge"}),
        "challenge with 200": ("200", {"cf_mitigated": "challenge"}),
        "challenge with 202": ("202", {"x_amzn_waf_action": "challenge"}),
        "captcha with 405": ("405", {"x_amzn_waf_action": "captcha"}),
    }
    for name, (code, headers) in told.items():
        says = f"{code} with {', '.join(f'{key}: {value}' for key, value in headers.items()).replace('_', '-')}"
        yield Behaviour(name, says, "challenge", answer(PAGE, f"{code} Told", **headers))


def charsets() -> Iterator[Behaviour]:
    def said(charset: str) -> str:
        return f"text/html; charset={charset}"

    pages = {
        "UTF-7": ("a page said to be UTF-7, with a script in it", PAGE + b"+ADw-script+AD4-", said("utf-7")),
        "UTF-16 that is none": ("a page said to be UTF-16", PAGE, said("utf-16")),
        "unknown charset": ("a charset that does not exist", PAGE, said("x-secret")),
        "charset too long": ("a charset of 9,000 characters", PAGE, said("x" * 9000)),
        "charset with a quote": ("a charset that is cut", PAGE, said('"utf-8')),
        "byte order mark": ("UTF-8 by its mark, said to be Latin-1", b"\xef\xbb\xbf" + PAGE, said("iso-8859-1")),
        "shifted": ("escape sequences of ISO-2022", PAGE + b"\x1b$B\x1b(J", said("iso-2022-jp")),
        "broken UTF-8": ("bytes that are no UTF-8", PAGE + b"\xc0\xaf\xed\xa0\x80\xff", said("utf-8")),
        "NULs": ("a page with NULs", PAGE + b"\0" * 999, said("utf-8")),
    }
    for name, (says, body, kind) in pages.items():
        yield Behaviour(name, says, "ok", answer(body, content_type=kind))


def here(exchange: Exchange) -> None:
    exchange.send(redirect(exchange.path))


def further(exchange: Exchange) -> None:
    exchange.send(redirect(exchange.path + "x"))


def downgrade(exchange: Exchange) -> None:
    exchange.send(redirect(f"http://{exchange.header('host')}/{exchange.path}"))


LOCATIONS = {
    "file": ("to a file", "file:///etc/passwd"),
    "script": ("to a script", "javascript:alert(1)"),
    "data": ("to a page within the address", "data:text/html,<p>hello"),
    "FTP": ("to an FTP server", "ftp://127.0.0.1/"),
    "cloud": ("to an address for the machine's own secrets", "http://169.254.169.254/latest/meta-data/"),
    "private": ("to a private address", "http://10.0.0.1/"),
    "decimal": ("to 127.0.0.1 as a number", "http://2130706433/"),
    "octal": ("to 127.0.0.1 in octal", "http://0177.0.0.1/"),
    "loopback": ("to the loopback of IPv6", "http://[::1]/"),
    "mapped": ("to IPv4 in IPv6 clothes", "http://[::ffff:10.0.0.1]/"),
    "stranger": ("to a host that is on no list", "http://other.example/"),
    "user": ("to a host behind a user's name", "http://127.0.0.1@other.example/"),
    "bracket": ("to an address that is none", "http://[::1/"),
    "spaces": ("to an address with spaces in its host", "http://a b.example/"),
    "long": ("to an address of 9,000 characters", "/" + "x" * 9000),
}


def redirects() -> Iterator[Behaviour]:
    yield Behaviour("loop", "a redirect to itself", "refused_redirect", here, whole=True)
    yield Behaviour(
        "loop of two", "two redirects to each other", "refused_redirect", redirect("/two"), whole=True,
        others={"/two": redirect(PATH)},
    )  # fmt: skip
    yield Behaviour("endless redirects", "each to a new address", "refused_redirect", further, whole=True, others={"*": further})
    yield Behaviour("downgrade", "a redirect from https to http", "refused_redirect", downgrade, whole=True, tls="trusted")
    for name, (says, to) in LOCATIONS.items():
        yield Behaviour(f"redirect: {name}", f"a redirect {says}", "refused_redirect", redirect(to), whole=True)
    yield Behaviour(
        "redirect, then a reset", "a redirect to an address that is reset", "connection_error", redirect("/two"), whole=True,
        others={"/two": resetting()},
    )  # fmt: skip


LOGIN = b"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in</title></head><body><main>
<h1>Sign in to go on</h1><p>You have to be signed in to see this page.</p><form action="/login" method="post">
<label>Email <input type="email" name="email"></label> <label>Password <input type="password" name="password"></label>
<button>Sign in</button></form><p><a href="/register">Create an account</a> <a href="/forgot">Forgot your password?</a></p>
</main></body></html>"""
LOST = b"""<!doctype html><html><head><title>404 - Page not found</title></head><body><h1>Page not found</h1>
<p>The page that you asked for does not exist any more.</p><p><a href="/">Home</a></p></body></html>"""


def wrong_pages() -> Iterator[Behaviour]:
    def kept(name: str) -> bytes:
        return answer((FIXTURES / name / "page.html").read_bytes())

    pdf = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0"
    pages: tuple[tuple[str, str, Outcome, bytes], ...] = (
        ("challenge page", "200, a page that checks the browser", "challenge", kept("error-challenge")),
        ("consent page", "200, a page that asks for consent", "challenge", kept("error-consent")),
        ("login page", "200, a page to sign in", "challenge", answer(LOGIN)),
        ("not found with 200", "200, a page that says not found", "soft_404", kept("error-soft-404")),
        ("404 in the title", "200, 404 in its title", "soft_404", answer(LOST)),
        ("maintenance page", "200, a page that says back soon", "soft_404", kept("error-maintenance")),
        ("PDF", "a PDF", "wrong_type", answer(pdf, content_type="application/pdf")),
        ("PDF as HTML", "a PDF said to be HTML", "wrong_type", answer(pdf)),
        ("JSON", "JSON", "wrong_type", answer(b'{"error": "moved"}', content_type="application/json")),
        ("image", "an image", "wrong_type", answer(png, content_type="image/png")),
        ("nothing", "a page of no bytes", "empty", answer(b"")),
        ("spaces", "a page of spaces", "empty", answer(b" \r\n" * 500)),
    )
    for name, says, outcome, sent in pages:
        yield Behaviour(name, says, outcome, sent, whole=True)


def robots() -> Iterator[Behaviour]:
    deny = b"User-agent: *\nDisallow: /\n"
    files: tuple[tuple[str, str, Outcome, Answer], ...] = (
        ("allows", "allows all", "ok", text(b"User-agent: *\nDisallow:\n")),
        ("denies", "denies all", "robots_denied", text(deny)),
        ("denies us", "denies us by name", "robots_denied", text(b"User-agent: careerscape\nDisallow: /\n")),
        ("denies behind a mark", "denies all, behind a byte order mark", "robots_denied", text(b"\xef\xbb\xbf" + deny)),
        ("denies in gzip", "denies all, in gzip", "robots_denied", zipped(deny)),
        ("is a page", "is an HTML page", "ok", answer(LOST)),
        ("is binary", "is bytes that are no text", "ok", text(bytes(range(256)) * 99)),
        ("bomb", "is a gzip bomb: 500 KiB of it are read", "ok", gzip_said(bomb(GZIP))),
        ("endless", "never ends: 500 KiB of it are read", "ok", flooding(HEAD + b"\r\n", b"# nothing\n" * 6000)),
        ("401", "401", "ok", answer(b"", "401 No")),
        ("403", "403", "ok", answer(b"", "403 No")),
        ("410", "410", "ok", answer(b"", "410 Gone")),
        ("429", "429", "rate_limited", answer(b"", "429 Slow", retry_after="3600")),
        ("500", "500", "robots_unreadable", answer(b"", "500 Broken")),
        ("503", "503", "robots_unreadable", answer(b"", "503 Broken")),
        ("304", "304, which nobody asked for", "robots_unreadable", b"HTTP/1.1 304 Not Modified\r\n\r\n"),
        ("reset", "is a reset", "robots_unreadable", resetting()),
        ("no answer", "is closed at once", "robots_unreadable", b""),
        ("short", "ends before its length", "robots_unreadable", short(deny, deny[:5])),
        ("cut gzip", "is gzip without its end", "robots_unreadable", gzip_said(gzip.compress(deny)[:-9])),
        ("brotli", "is brotli", "robots_unreadable", gzip_said(deny, "br")),
        ("no HTTP", "is no HTTP", "robots_unreadable", deny),
        ("loop", "redirects to itself", "robots_unreadable", redirect("/robots.txt")),
        ("endless redirects", "redirects each time to a new address", "robots_unreadable", redirect("/robots.txtx")),
        ("stranger", "redirects to a host on no list", "robots_unreadable", redirect("http://other.example/robots.txt")),
        (
            "Crawl-delay of years",
            "wants years between two pages",
            "rate_limited",
            text(b"User-agent: *\nCrawl-delay: 99999999\n"),
        ),
    )
    for name, says, outcome, sent in files:
        others: dict[str, Answer | list[Answer]] = {"*": further} if name == "endless redirects" else {}
        yield Behaviour(f"robots.txt: {name}", f"robots.txt {says}", outcome, answer(PAGE), sent, whole=True, others=others)
    yield Behaviour(
        "robots.txt: stall", "robots.txt never comes", "robots_unreadable", answer(PAGE), stalling(), whole=True, slow=True
    )  # fmt: skip


GROUPS: tuple[Callable[[], Iterator[Behaviour]], ...] = (
    bombs, encodings, time_eaters, floods, lengths, nonsense, statuses, charsets, redirects, wrong_pages, robots,
)  # fmt: skip
BEHAVIOURS: tuple[Behaviour, ...] = tuple(behaviour for group in GROUPS for behaviour in group())


def documented() -> str:
    """The table of `docs/fetching.md`."""
    rows = [f"| {behaviour.name} | {behaviour.says} | `{behaviour.outcome}` |" for behaviour in BEHAVIOURS]
    return "\n".join(["| behaviour | what the server does | outcome |", "|---|---|---|", *rows, ""])
