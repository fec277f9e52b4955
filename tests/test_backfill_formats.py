"""What web archives say, line by line: patterns, index rows, resume keys, crawls, gzip members, and what is none of these."""

import gzip
import hashlib
import json
from datetime import UTC, datetime

import pytest

from db.backfill import Item
from normalize.errors import Rejected, UsageError
from scraper.backfill import commoncrawl, wayback
from scraper.backfill.archives import Archives
from scraper.backfill.commoncrawl import Crawl
from scraper.backfill.pattern import Pattern, iso, pattern, span
from scraper.http import Response
from scraper.settings import Endpoints
from scraper.visits import Visit
from tests.figures import SEED, as_html

URL = SEED.url
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BODY = as_html(SEED)
DIGEST = wayback.sha1(BODY)
HEAD = ["timestamp", "original", "mimetype", "statuscode", "digest"]
ROW = ["20210304050607", URL, "text/html", "200", DIGEST]


# --- what is asked for ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("www.zippia.com/*", Pattern("www.zippia.com/", "prefix")),
        ("https://WWW.zippia.com/a-jobs/*", Pattern("www.zippia.com/a-jobs/", "prefix")),
        ("www.zippia.com/A-jobs/x", Pattern("www.zippia.com/A-jobs/x", "exact")),
        ("*.zippia.com", Pattern("zippia.com", "domain")),
        ("localhost:8000/a*", Pattern("localhost:8000/a", "prefix")),
    ],
)
def test_a_pattern(text: str, expected: Pattern):
    assert pattern(text) == expected
    assert pattern(pattern(text).text) == expected


@pytest.mark.parametrize(
    "text", ["", "*", "zippia", "a.example*", "*.a.example/x", "a.example/*/b", "ftp://a.example/*", "a.example/x#y"]
)
def test_what_is_no_pattern(text: str):
    with pytest.raises(UsageError):
        pattern(text)


@pytest.mark.parametrize(
    ("dates", "expected"),
    [(("", ""), ("", "")), (("2021", "2021"), ("2021", "2021")), (("2021-02", "2021-02-28"), ("202102", "20210228"))],
)
def test_a_span(dates: tuple[str, str], expected: tuple[str, str]):
    assert span(*dates) == expected


@pytest.mark.parametrize(
    "dates", [("2021-13", ""), ("2021-02-30", ""), ("", "21"), ("2022", "2021"), ("0000", ""), ("2021-3-4", "")]
)
def test_what_is_no_span(dates: tuple[str, str]):
    with pytest.raises(UsageError):
        span(*dates)


def test_times_of_indexes():
    assert iso("20240229235959") == "2024-02-29T23:59:59Z"
    for text in ("", "2021", "20210229000000", "20211301000000", "20210101240000", "2021010100000x", "00000101000000"):
        assert iso(text) is None


def test_pauses_and_hosts():
    official, own = Endpoints(), "http://127.0.0.1:8000"
    mirror = Endpoints(own, f"{own}/i", f"{own}/d")
    asked = ["/cdx/search/cdx?url=x", f"/web/20210101000000id_/{URL}", "/robots.txt"]
    floors = [2.5, 1.0, 2.5]

    def pauses(hosts: Archives, root: str) -> list[float]:
        return [seconds for path in asked for seconds, _ in hosts.delays(root + path)]

    assert pauses(Archives(official), official.wayback_url) == floors
    assert pauses(Archives(official, ["web.archive.org"], 0), official.wayback_url) == floors, "no option goes below"
    assert pauses(Archives(official, delay_s=2), official.wayback_url) == [2.5, 2, 2.5]
    assert pauses(Archives(mirror, ["127.0.0.1"], 0.25), own) == [0.25] * 3
    assert pauses(Archives(mirror, ["127.0.0.1"]), own) == floors
    crawl = [f"{official.commoncrawl_index}/CC-MAIN-2026-21-index?x=1", f"{official.commoncrawl_data}/crawl-data/x.warc.gz"]
    assert [seconds for url in crawl for seconds, _ in Archives(official).delays(url)] == [1.0, 0.55]
    permitted = {
        url: Archives(official).permits(url) for url in ("https://web.archive.org/x", "https://web.archive.org:81/", URL, own)
    }
    assert [*permitted.values()] == [True, False, False, False]
    assert Archives(mirror, ["127.0.0.1:8000"]).permits(own)
    assert not Archives(official, only_near=True).permits("https://web.archive.org/x")


# --- the index of the Wayback Machine ---------------------------------------------------------------------------------


def rows(*found: list[object]) -> bytes:
    return json.dumps([HEAD, *found]).encode()


def test_the_request_for_a_part_of_the_index():
    url = wayback.index_url("https://w.example", pattern("www.zippia.com/*"), "2020", "202106", "com%2Czippia)/+2021!")
    assert url == (
        "https://w.example/cdx/search/cdx?url=www.zippia.com%2F&matchType=prefix&output=json"
        "&fl=timestamp%2Coriginal%2Cmimetype%2Cstatuscode%2Cdigest&filter=statuscode%3A200%7C-"
        "&filter=mimetype%3Atext%2Fhtml%7Capplication%2Fxhtml%5C%2Bxml%7Cwarc%2Frevisit&limit=5000&showResumeKey=true"
        "&from=2020&to=202106&resumeKey=com%252Czippia%29%2F%2B2021%21"
    )


def test_rows_and_a_resume_key():
    odd = [
        "20220101000000",
        URL.replace("https://www.zippia.com", "http://zippia.com:80") + "/?utm=1#top",
        "warc/revisit",
        "-",
        DIGEST,
    ]
    found = wayback.part(json.dumps([HEAD, ROW, ROW, odd, [], ["key+1!"]]).encode(), "", "")
    assert found.position == "key+1!"
    assert [(one.url, one.captured_at, one.status, one.digest) for one in found.named] == [
        (URL, "2021-03-04T05:06:07Z", 200, DIGEST), (URL, "2022-01-01T00:00:00Z", None, DIGEST),
    ]  # fmt: skip
    assert found.named[1].original == odd[1].removesuffix("#top")


@pytest.mark.parametrize(
    ("row", "counted"),
    [
        (["20210304050607", "https://www.zippia.com/", "text/html", "200", DIGEST], (0, 1, 0)),
        (["20210304050607", URL, "image/png", "200", DIGEST], (0, 1, 0)),
        (["20210304050607", URL, "text/html", "301", DIGEST], (0, 1, 0)),
        (["20190304050607", URL, "text/html", "200", DIGEST], (0, 1, 0)),
        (["20210304050607", "mailto:x@zippia.com", "text/html", "200", DIGEST], (0, 0, 1)),
        (["20210304", URL, "text/html", "200", DIGEST], (0, 0, 1)),
        (["20210304050607", URL, "text/html", "2xx", DIGEST], (0, 0, 1)),
        (["20210304050607", URL, "text/html", 200, DIGEST], (0, 0, 1)),
        (["20210304050607", URL, "text/html"], (0, 0, 1)),
        (["20210304050607", URL, "text/html", "200", "-"], (1, 0, 0)),
        (["20210304050607", URL, "text/html", "200", "sha1:junk"], (1, 0, 0)),
    ],
)
def test_rows_that_are_odd(row: list[object], counted: tuple[int, int, int]):
    found = wayback.part(rows(row), "2020", "2021")
    assert (len(found.named), found.outside, found.unusable) == counted
    assert all(one.digest == "-" for one in found.named)


def test_an_index_without_captures():
    for body in (b"[]", b"", b" \n", rows()):
        assert wayback.part(body, "", "") == wayback.Part((), 0, 0, "")


@pytest.mark.parametrize("body", [b"<html>oops", b"{}", b"[1]", b'[["urlkey"]]', b"[[" * 100_000, b"\xff\xfe"])
def test_what_is_no_index(body: bytes):
    with pytest.raises(Rejected, match="index_failed"):
        wayback.part(body, "", "")


@pytest.mark.parametrize("name", wayback.EXCLUSIONS)
def test_a_site_that_is_excluded(name: str):
    with pytest.raises(Rejected, match="archive_blocked"):
        wayback.part(f"org.archive.{name}: Blocked Site Error\n".encode(), "", "")


# --- a replay ---------------------------------------------------------------------------------------------------------

ITEM = Item(1, URL, URL, "2021-03-04T05:06:07Z", DIGEST, 200, "")
MEMENTO = ("memento-datetime", "Thu, 04 Mar 2021 05:06:07 GMT")
AT = f"https://web.archive.org/web/20210304050607id_/{URL}"
ROOT = "https://web.archive.org"


def visit(*headers: tuple[str, str], body: bytes = BODY, url: str = AT, raw: bytes | None = None) -> Visit:
    digest = hashlib.sha1(body if raw is None else raw).hexdigest()
    return Visit(AT, url, "ok", NOW, "", (), Response(url, "ok", 200, headers, body, raw_sha1=digest))


def test_a_replay_becomes_a_capture_with_its_own_headers():
    assert wayback.replay_url(ROOT, ITEM) == AT
    own = ("x-archive-orig-content-type", "text/html; charset=ISO-8859-1"), ("x-archive-orig-x-robots-tag", "noarchive")
    found = wayback.replayed(
        ITEM, visit(MEMENTO, ("content-type", "text/html; charset=utf-8"), ("server", "nginx"), *own), ROOT, NOW
    )
    capture = found.capture
    assert (capture.url, capture.origin, capture.time_source, capture.status) == (URL, "wayback", "http", 200)
    assert (capture.captured_at, capture.fetched_at) == (datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC), NOW)
    assert (capture.charset, capture.noarchive, capture.requested, capture.body) == ("ISO-8859-1", True, AT, BODY)
    assert capture.headers == tuple((name.removeprefix("x-archive-orig-"), value) for name, value in own)
    assert (found.verified, found.unchecked) == (True, False)


def test_the_time_of_a_capture_is_the_one_it_says():
    url = AT.replace("20210304050607", "20210305000000")
    found = wayback.replayed(
        ITEM, visit(("memento-datetime", "Fri, 05 Mar 2021 00:00:00 GMT"), url=url, body=b"another"), ROOT, NOW
    )
    assert found.capture.captured_at == datetime(2021, 3, 5, tzinfo=UTC)
    assert (found.verified, found.unchecked) == (False, True)


def test_the_digest_is_that_of_the_bytes_as_they_lie_there():
    packed = gzip.compress(BODY)
    item = Item(1, URL, URL, ITEM.captured_at, wayback.sha1(packed), 200, "")
    assert wayback.replayed(item, visit(MEMENTO, raw=packed), ROOT, NOW).verified
    lost = wayback.replayed(item, visit(MEMENTO, ("x-archive-orig-content-encoding", "gzip")), ROOT, NOW)
    assert (lost.verified, lost.unchecked) == (False, True)
    with pytest.raises(Rejected, match="digest_differs"):
        wayback.replayed(item, visit(MEMENTO), ROOT, NOW)


@pytest.mark.parametrize(
    ("headers", "url", "code"),
    [
        ((("memento-datetime", "soon"),), AT, "no_memento"),
        ((("memento-datetime", "Thu, 04 Mar 2027 05:06:07 GMT"),), AT, "no_memento"),
        ((MEMENTO,), f"{ROOT}/about", "no_memento"),
        ((MEMENTO,), f"{ROOT}/web/20210304050607id_/https://www.zippia.com/", "archived_otherwise"),
        ((MEMENTO,), AT.replace(".com", ".example"), "archived_otherwise"),
    ],
)
def test_a_replay_that_is_not_what_was_asked_for(headers: tuple[tuple[str, str], ...], url: str, code: str):
    with pytest.raises(Rejected, match=code):
        wayback.replayed(ITEM, visit(*headers, url=url), ROOT, NOW)


# --- Common Crawl -----------------------------------------------------------------------------------------------------

NAME = "crawl-data/CC-MAIN-2026-21/segments/1747.1/warc/CC-MAIN-2026-00001.warc.gz"
LINE = {
    "timestamp": "20210304050607", "url": URL, "mime": "text/html", "mime-detected": "text/html", "status": "200",
    "digest": DIGEST, "length": "8548", "offset": "272838009", "filename": NAME, "languages": "eng",
}  # fmt: skip


def test_crawls_and_the_time_they_are_of():
    said = [
        {"id": "CC-MAIN-2026-21", "cdx-api": "https://i.example/a", "from": "2026-05-10T00:00:00", "to": "2026-05-25T00:00:00"},
        {"id": "CC-MAIN-2020-05", "cdx-api": "https://i.example/b"},
        {"id": "CC-MAIN-2009-2010", "cdx-api": "https://i.example/c"},
    ]
    found = commoncrawl.crawls(json.dumps(said).encode())
    assert found[0] == Crawl("CC-MAIN-2026-21", "https://i.example/a", "20260510", "20260525")
    assert found[1:] == (
        Crawl("CC-MAIN-2020-05", "https://i.example/b", "20191230", "20200224"),
        Crawl("CC-MAIN-2009-2010", "https://i.example/c", "", ""),
    )  # fmt: skip

    def of(first: str, last: str) -> list[str]:
        return [crawl.id.removeprefix("CC-MAIN-") for crawl in commoncrawl.of_time(found, first, last)]

    assert of("", "") == ["2009-2010", "2020-05", "2026-21"]
    assert of("2026", "") == ["2009-2010", "2026-21"]
    assert of("", "202001") == ["2009-2010", "2020-05"]
    assert of("20260525", "20260525") == ["2009-2010", "2026-21"]
    assert of("20260526", "") == ["2009-2010"]


@pytest.mark.parametrize(
    "body", [b"", b"{}x", b"[1]", b'[{"id": "../x", "cdx-api": "https://i.example"}]', b'[{"id": "CC-MAIN-2026-21"}]']
)
def test_what_is_no_list_of_crawls(body: bytes):
    with pytest.raises(Rejected, match="index_failed"):
        commoncrawl.crawls(body)


def test_the_number_of_pages():
    assert commoncrawl.pages(b'{"pages": 4, "pageSize": 5, "blocks": 17}') == 4
    assert commoncrawl.pages(b"3\n") == 3
    for body in (b"", b"true", b'{"pages": -1}', b'{"pages": "4"}', b'{"pages": 1e9}', b"[]"):
        with pytest.raises(Rejected, match="index_failed"):
            commoncrawl.pages(body)


def test_lines_of_an_index():
    lines = [
        LINE, LINE, LINE | {"status": "404"}, LINE | {"url": "https://www.zippia.com/"},
        LINE | {"mime": "x", "mime-detected": "y"}, LINE | {"filename": "../etc/x.warc.gz"},
        LINE | {"filename": "crawl-data/../x.warc.gz"}, LINE | {"length": "-"},
        LINE | {"timestamp": "x"}, LINE | {"mime": None}, ["x"], LINE | {"digest": "-", "timestamp": "20210305000000"},
    ]  # fmt: skip
    body = "\n".join(map(json.dumps, lines)).encode() + b"\nnot json\n"
    found = commoncrawl.part(body, "", "")
    assert [(one.captured_at, one.digest, one.place) for one in found.named] == [
        ("2021-03-04T05:06:07Z", DIGEST, f"{NAME} 272838009 8548"), ("2021-03-05T00:00:00Z", "-", f"{NAME} 272838009 8548"),
    ]  # fmt: skip
    assert (found.outside, found.unusable) == (3, 7)
    assert commoncrawl.part(b"", "", "") == wayback.Part((), 0, 0, "")
    with pytest.raises(Rejected, match="index_failed"):
        commoncrawl.part(b"<html>Slow Down", "", "")


def member(
    payload: bytes = BODY,
    status: str = "200 OK",
    http: tuple[str, ...] = ("Content-Type: text/html; charset=utf-8",),
    **head: str,
) -> bytes:
    block = "\r\n".join((f"HTTP/1.1 {status}", *http, "", "")).encode() + payload
    fields = {
        "WARC-Type": "response", "WARC-Date": "2021-03-04T05:06:07Z", "WARC-Target-URI": URL, "Content-Length": str(len(block)),
        "WARC-Payload-Digest": f"sha1:{wayback.sha1(payload)}",
    } | {name.replace("_", "-"): value for name, value in head.items()}  # fmt: skip
    lines = "\r\n".join(("WARC/1.0", *(f"{name}: {value}" for name, value in fields.items() if value), "", ""))
    return gzip.compress(lines.encode() + block + b"\r\n\r\n")


CRAWLED = Item(1, URL, URL, "2021-03-04T05:06:07Z", DIGEST, 200, f"{NAME} 100 50")


def test_a_record_becomes_a_capture():
    url, wanted = commoncrawl.data_url("https://d.example", CRAWLED)
    assert (url, wanted.span) == (f"https://d.example/{NAME}", (100, 149))
    http = ("Content-Type: text/html; charset=utf-8", "X-Crawl-Content-Encoding: gzip", "X-Robots-Tag: noarchive")
    capture = commoncrawl.captured(CRAWLED, member(http=http), url, NOW)
    assert (capture.url, capture.origin, capture.time_source, capture.status) == (URL, "commoncrawl", "warc", 200)
    assert (capture.captured_at, capture.body, capture.noarchive) == (datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC), BODY, True)
    packed = gzip.compress(BODY)
    capture = commoncrawl.captured(
        Item(1, URL, URL, CRAWLED.captured_at, "-", 200, ""), member(packed, http=("Content-Encoding: gzip",)), url, NOW
    )  # fmt: skip
    assert capture.body == BODY


BAD = member()
DAMAGED = {
    "truncated": (member(WARC_Truncated="length"), "cut_by_archive"),
    "another page": (member(WARC_Target_URI="https://www.zippia.com/"), "archived_otherwise"),
    "another time": (member(WARC_Date="2021-03-04T05:06:08Z"), "archived_otherwise"),
    "a revisit": (member(WARC_Type="revisit"), "archived_otherwise"),
    "no time": (member(WARC_Date=""), "bad_record"),
    "another status": (member(status="404 Not Found"), "archived_otherwise"),
    "another digest": (member(WARC_Payload_Digest="sha1:" + "A" * 32), "digest_differs"),
    "another body": (member(b"<p>x"), "digest_differs"),
    "too short": (member(Content_Length="99999999"), "bad_record"),
    "two records": (BAD + BAD, "bad_record"),
    "a cut member": (BAD[:-20], "bad_record"),
    "a flipped byte": (BAD[:200] + bytes([BAD[200] ^ 1]) + BAD[201:], "bad_record"),
    "no gzip": (b"<html>", "bad_record"),
    "no record": (gzip.compress(b"hello\r\n\r\n"), "bad_record"),
    "a bomb": (gzip.compress(bytes(40 << 20)), "bad_record"),
    "no http": (member(status=""), "bad_record"),
    "chunks": (member(http=("Transfer-Encoding: chunked",)), "bad_record"),
}


@pytest.mark.parametrize(("data", "code"), DAMAGED.values(), ids=DAMAGED)
def test_a_record_that_is_not_what_was_asked_for(data: bytes, code: str):
    with pytest.raises(Rejected, match=code):
        commoncrawl.captured(CRAWLED, data, "https://d.example/x", NOW)


def test_a_record_that_is_too_large_is_not_asked_for():
    with pytest.raises(Rejected, match="too_large"):
        commoncrawl.data_url("https://d.example", Item(1, URL, URL, CRAWLED.captured_at, "-", 200, f"{NAME} 1 99999999"))
