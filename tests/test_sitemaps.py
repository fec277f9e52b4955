"""What a sitemap lists is taken whole or not at all, and no sitemap costs more than it may."""

import gzip
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normalize.errors import Rejected
from scraper import sitemaps
from scraper.sitemaps import Entry, Sitemap

AT = "http://x.example/sitemap.xml"
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
A, B = "http://x.example/a", "http://x.example/b"
AB = Sitemap((Entry(A), Entry(B)), ())
MIB = 1 << 20


def urlset(*inner: str, declaration: str = '<?xml version="1.0" encoding="UTF-8"?>', attributes: str = NS) -> str:
    return f"{declaration}<urlset {attributes}>{''.join(inner)}</urlset>"


def entry(loc: str, more: str = "") -> str:
    return f"<url><loc>{loc}</loc>{more}</url>"


def read(body: str | bytes) -> Sitemap:
    return sitemaps.read(body.encode() if isinstance(body, str) else body, AT)


TWO = urlset(entry(A), entry(B))
PREFIXED = f'<s:urlset xmlns:s="http://x" xmlns:i="http://y"><s:url><i:loc>http://i.example/</i:loc><s:loc>{A}</s:loc></s:url>'


@pytest.mark.parametrize(
    "body",
    [
        TWO.encode(),
        gzip.compress(TWO.encode(), mtime=0),
        gzip.compress(TWO[:40].encode(), mtime=0) + gzip.compress(TWO[40:].encode(), mtime=0),
        gzip.compress(b"", mtime=0) + gzip.compress(b"\n\n", mtime=0) + gzip.compress(TWO.encode(), mtime=0),
        b"\xef\xbb\xbf" + TWO.encode(),
        b"\r\n " + TWO.encode(),
        urlset(entry(A), entry(B), declaration="").encode(),
        urlset(entry(A), entry(B), declaration="").encode("utf-16"),
        urlset(entry(A), entry(B), declaration='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"),
        urlset(entry(A), entry(B), declaration='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16-be"),
        urlset(entry(A), entry(B), declaration="<?xml version='1.0' encoding='shift_jis'?>").encode("shift_jis"),
        urlset(entry(f"\n  {A}\n"), "<!-- & so on -->", entry(f"<![CDATA[{B}]]>"), entry(A)).encode(),
        urlset(entry("http://x.example/&#97;"), entry("HTTP://X.example:80/b#top")).encode(),
        (PREFIXED + f"<s:url><s:loc>{B}</s:loc><i:url><s:loc>http://j.example/</s:loc></i:url></s:url></s:urlset>").encode(),
        urlset(entry(A, "<image><loc>http://i.example/</loc></image>"), entry(B), f"<other><loc>{A}2</loc></other>").encode(),
        f"{A}\r\n\r\n  {B}  \r{A}".encode(),
        b"\n" * 5000 + gzip.decompress(gzip.compress(f"{A}\n{B}\n".encode())),
        gzip.compress(f"{A}\n{B}".encode(), mtime=0),
        f"\ufeff{A}\n{B}".encode("utf-16-le"),
    ],
)  # fmt: skip
def test_two_pages_in_many_forms(body: bytes):
    assert read(body) == AB


def test_an_index_lists_sitemaps():
    listed = f"<sitemap><loc>{A}.xml.gz</loc><lastmod>2024</lastmod></sitemap><url><loc>{B}</loc></url>"
    assert read(f"<sitemapindex {NS}>{listed}</sitemapindex>") == Sitemap((), (f"{A}.xml.gz",))


def test_what_is_no_address_is_dropped_and_counted():
    odd = (
        "/relative",
        "//x.example/a",
        "ftp://x.example/a",
        "javascript:alert(1)",
        "",
        "http://",
        "http://x.example/a b",
        "x" * 9000,
    )
    assert read(urlset(*map(entry, odd), entry(A), "<url/>", "<url><loc/></url>", entry(B))) == Sitemap(
        AB.pages, (), len(odd) + 2
    )
    assert read("\n".join((*filter(None, odd), A, "y" * 70_000, B))) == Sitemap(AB.pages, (), len(odd))
    assert read(urlset()) == Sitemap((), ())


def test_a_page_listed_twice_counts_once_with_its_first_time():
    assert read(urlset(entry(A, "<lastmod>2024-01-02</lastmod>"), entry(A, "<lastmod>2025-01-02</lastmod>"))).pages == (
        Entry(A, datetime(2024, 1, 2, 23, 59, 59, tzinfo=UTC)),
    )


def test_the_charset_of_the_declaration_counts():
    body = urlset(entry("http://x.example/é"), declaration='<?xml version="1.0" encoding="ISO-8859-1"?>').encode("latin-1")
    assert read(body).pages == (Entry("http://x.example/%C3%A9"),)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024", (2024, 1, 1)),
        ("2024-03", (2024, 3, 1)),
        ("2024-03-05", (2024, 3, 5, 23, 59, 59)),
        ("2024-03-05T06:07Z", (2024, 3, 5, 6, 7)),
        ("2024-03-05T06:07:08+02:00", (2024, 3, 5, 4, 7, 8)),
        ("2024-03-05T23:07:08.25-01:30", (2024, 3, 6, 0, 37, 8, 250_000)),
        ("2024-03-05T06:07:08.123456789Z", (2024, 3, 5, 6, 7, 8, 123_456)),
        *((text, None) for text in (
            "", "today", "0000", "24", "2024-13", "2024-02-30", "2024-3-5", "2024-03-05T06:07", "2024-03-05T24:00Z",
            "2024-03-05 06:07Z", "2024-03-05T06:07:60Z", "2024-03-05T06:07+0200", "2024-03-05T06:07+24:00",
            "2024-03-05T06:07+02:60", "2024-03-05Z", "0001-01-01T00:00+01:00", "9999-12-31T23:59-01:00",
            "٢٠٢٤", "2024-03-05T06:07:08.Z", "2024\n", "-2024",
        )),
    ],
)  # fmt: skip
def test_the_time_of_a_change(text: str, at: tuple[int, ...] | None):
    assert sitemaps.moment(text) == (datetime(*at, tzinfo=UTC) if at else None)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize("form", [lambda urls: urlset(*map(entry, urls)), "\n".join])
def test_the_rest_of_a_long_sitemap_is_ignored_and_said(form: Callable[[list[str]], str], monkeypatch: pytest.MonkeyPatch):
    assert sitemaps.MAX_ENTRIES == 50_000
    monkeypatch.setattr(sitemaps, "MAX_ENTRIES", 1_000)
    urls = [f"http://x.example/{n}" for n in range(1_001)]
    found = read(form(urls) + "<")
    assert [page.url for page in found.pages] == urls[:-1]
    assert found.note == "only the first 1,000 entries count; the rest was not read"
    assert read(form(urls[:-1])).note == ""


def bomb(inner: bytes, before: bytes = b"<urlset>", after: bytes = b"</urlset>", size: int = 49 * MIB) -> bytes:
    return before + inner * (size // len(inner)) + after


def laughs(kind: str = "") -> str:
    entities = "".join(f'<!ENTITY {kind} l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    return f"<?xml version='1.0'?><!DOCTYPE urlset [{entities}]>{urlset(entry('&l9;'), declaration='')}"


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "100 MB in gzip": (lambda: gzip.compress(bytes(100 * MIB), 1), "more than 52,428,800 bytes"),
    "100 MB of blanks in gzip": (lambda: gzip.compress(b" " * (100 * MIB), 1), "more than 52,428,800 bytes"),
    "100 MB as they are": (lambda: b"<urlset>" + b" " * (100 * MIB), "more than 52,428,800 bytes"),
    "gzip in gzip": (lambda: gzip.compress(gzip.compress(bytes(100 * MIB), 1)), "invalid start byte"),
    "elements": (lambda: bomb(b"<a/>"), "more than 2,000,000 elements"),
    "depth": (lambda: bomb(b"<a>"), "more than 16 in one another"),
    "names": (lambda: b"<urlset>" + b"".join(b"<a%x/>" % n for n in range(MIB)), "more than 1,000 names"),
    "attributes": (lambda: b"<urlset>" + b"".join(b"<a b%x=''/>" % n for n in range(MIB)), "more than 1,000 names"),
    "namespaces": (lambda: b"<urlset>" + b"".join(b"<a xmlns:b%x='c'/>" % n for n in range(MIB)), "more than 1,000 names"),
    "a tag": (lambda: bomb(b" ", b"<urlset a='"), "larger than 262,144 bytes"),
    "a comment": (lambda: bomb(b"x", b"<urlset><!--"), "larger than 262,144 bytes"),
    "an instruction": (lambda: bomb(b"x", b"<urlset><?x "), "larger than 262,144 bytes"),
    "a name": (lambda: bomb(b"x", b"<urlset><"), "larger than 262,144 bytes"),
    "one line": (lambda: bomb(b"x", b"", b""), "neither XML nor a list"),
    "blanks": (lambda: bomb(b" ", b"", b""), "it is empty"),
    "members": (lambda: gzip.compress(b"", mtime=0) * 500_000, "members"),
}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "it is empty"),
        (gzip.compress(b"", mtime=0), "it is empty"),
        (gzip.compress(TWO.encode(), mtime=0)[:-4], "ends too early"),
        (gzip.compress(TWO.encode(), mtime=0)[:60], "ends too early"),
        (gzip.compress(TWO.encode(), mtime=0)[:-8] + b"\0" * 8, "incorrect data check"),
        (b"\x1f\x8b", "ends too early"),
        (b"\x1f\x8bx", ""),
        (TWO[:-1], "unclosed token"),
        (TWO[:-9], "no element found"),
        (TWO.replace("</loc>", "", 1), "mismatched tag"),
        (TWO + "<", "unclosed token"),
        (TWO + TWO, "junk after document element"),
        (urlset(entry(A), entry("&unknown;")), "undefined entity"),
        (urlset(entry(A), entry("a & b")), "not well-formed"),
        (urlset(entry(A), entry("&#0;")), "invalid character number"),
        (urlset(entry(A)).encode() + b"\0", "not well-formed"),
        (urlset(entry(A)).encode().replace(b"/a", b"/\xe9"), "invalid continuation byte"),
        (laughs(), "DOCTYPE"),
        (laughs("%"), "DOCTYPE"),
        (f'<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/passwd">]>{urlset(entry("&x;"), declaration="")}', "DOCTYPE"),
        (f'<!DOCTYPE urlset SYSTEM "http://x.example/x.dtd">{urlset(entry(A), declaration="")}', "DOCTYPE"),
        (f'<!doctype html>{urlset(entry(A), declaration="")}', "syntax error"),
        ("<!DOCTYPE html><html><body>Not found</body></html>", "DOCTYPE"),
        ("<html><body><urlset/></body></html>", "its root element is 'html'"),
        ("<rss><channel/></rss>", "its root element is 'rss'"),
        ("<s:url><s:loc>http://x.example/</s:loc></s:url>", "its root element is 's:url'"),
        ("Not found", "neither XML nor a list"),
        ('{"urls": ["http://x.example/"]}', "neither XML nor a list"),
        (b"%PDF-1.4\n%\xe2\xe3", "'utf-8' codec"),
        (bytes(range(256)), "'utf-8' codec"),
        (urlset(declaration='<?xml version="1.0" encoding="utf-7"?>'), "its encoding 'utf-7' is not known"),
        (urlset(declaration='<?xml version="1.0" encoding="zip"?>'), "its encoding 'zip' is not known"),
        (urlset(declaration='<?xml version="1.0" encoding="shift_jis"?>').encode() + b"\x81", "incomplete multibyte"),
        (TWO.encode("utf-16")[:-1], "truncated data"),
        (TWO.encode("utf-32"), ""),
    ],
)  # fmt: skip
def test_what_is_no_sitemap_or_broken_is_refused(body: str | bytes, why: str):
    with pytest.raises(Rejected) as refused:
        read(body)
    assert refused.value.code == "bad_sitemap"
    assert refused.value.detail.startswith(AT + ": ")
    assert why in refused.value.detail


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little(name: str):
    made, why = BOMBS[name]
    body = made()
    Path("/proc/self/clear_refs").write_text("5")
    before, began = peak_kib(), time.monotonic()
    with pytest.raises(Rejected, match=why):
        read(body)
    assert time.monotonic() - began < 5
    assert peak_kib() - before < 32 * 1024


@pytest.mark.parametrize("inner", [b"x", b"&#120;", b"\n", b"<![CDATA[x]]>", b"<!---->"])
def test_a_long_text_costs_little(inner: bytes):
    body = bomb(inner, b"<urlset><url><loc>", b"</loc></url></urlset>")
    Path("/proc/self/clear_refs").write_text("5")
    before, began = peak_kib(), time.monotonic()
    assert read(body) == Sitemap((), (), 1)
    assert time.monotonic() - began < 10
    assert peak_kib() - before < 32 * 1024


def peak_kib() -> int:
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1])


PIECES = [
    "<urlset>",
    "</urlset>",
    "<url>",
    "</url>",
    "<loc>",
    "</loc>",
    A,
    "&amp;",
    "&x;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "<",
    ">",
    "\n",
    "é",
]


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.binary(max_size=80), st.lists(st.sampled_from(PIECES), max_size=20).map(lambda p: "".join(p).encode())))
def test_any_bytes_are_a_sitemap_or_refused(body: bytes):
    for sent in (body, gzip.compress(body)):
        try:
            found = read(sent)
        except Rejected as error:
            assert error.code == "bad_sitemap"  # noqa: PT017
        else:
            assert all(page.url.startswith("http") for page in found.pages)
