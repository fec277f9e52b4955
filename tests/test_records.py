"""A capture comes back from its record as it was: all that it is, but what is secret."""

import string
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalize.errors import ConfigError
from scraper import records
from scraper.capture import Capture, Origin, TimeSource, charset_of, media_type_of, stamp
from scraper.http import Response
from scraper.records import Verdict, Written
from scraper.visits import Visit, capture_of

AT = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
URL = "https://www.zippia.com/a-jobs/a-vs-b-differences"
SECRET = {"set-cookie", "set-cookie2", "authorization", "proxy-authorization", "www-authenticate"}
LIVE = Capture(URL, AT, AT, "live", "http", "text/html", "utf-8", b"<p>x", 200, (("content-type", "text/html; charset=utf-8"),))

times = st.integers(0, 1 << 32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
urls = st.sampled_from([URL, "http://127.0.0.1:8080/a-vs-b?q=1&b=%C3%A9", "https://exämple.com/größe–α?q=日本&c=''\"<>"])
names = st.sampled_from(
    ["content-type", "etag", "last-modified", "x-robots-tag", "content-encoding", "content-length", "transfer-encoding", "vary",
     "x-archive-orig-etag", "set-cookie", "www-authenticate", "warc-type", "careerscape-origin"]
) | st.text(string.ascii_lowercase + string.digits + "-_!#$&'*+.^`|~", min_size=1, max_size=12)  # fmt: skip
values = st.sampled_from(
    ["text/plain;charset=koi8-r", 'text/html; charset="x-user-defined"', "application/xhtml+xml", "charset=utf-8",
     "text/html; a=b",
     '"caf\xe9"', "\xc3\xa9", "a:b: c", ": x", "HTTP/1.1 200 OK", "noarchive, nofollow"]
) | st.text(st.characters(max_codepoint=255), max_size=40)  # fmt: skip
bodies = st.sampled_from([b"", b"\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nx", b"WARC/1.1\r\n\r\n"]) | st.binary(max_size=300)


@st.composite
def captures(draw: st.DrawFn) -> Capture:
    """What is fetched, with any headers and any status; and what comes from files."""
    body, at = draw(bodies), draw(times)
    if draw(st.booleans()):
        response = Response(
            URL, "ok", draw(st.integers(100, 599)), tuple(draw(st.lists(st.tuples(names, values), max_size=8))), body
        )
        return capture_of(draw(urls), Visit(draw(urls), URL, "ok", at, "", response=response))
    kind = draw(st.sampled_from(["text/html", "text/plain", "application/pdf"]))
    return Capture(
        draw(urls), at, draw(times), draw(st.sampled_from(get_args(Origin))), draw(st.sampled_from(get_args(TimeSource))), kind,
        draw(st.sampled_from(["", "utf-8", "ISO_8859-1:1987", "x-sjis"])), body, draw(st.sampled_from([None, 200, 404])),
    )  # fmt: skip


def without_secrets(capture: Capture) -> Capture:
    """A capture without what is not archived; where no header is known, its type is told by one all the same."""
    headers = tuple((name, value) for name, value in capture.headers if value and name not in SECRET)
    if capture.status is not None and not capture.headers:
        headers = (("content-type", f"{capture.media_type}; charset={capture.charset}".removesuffix("; charset=")),)
    return replace(capture, headers=headers, requested="" if capture.requested == capture.url else capture.requested)


@given(captures())
def test_a_capture_comes_back_from_its_record(capture: Capture):
    assert records.understood(records.whole(capture)) == Written(without_secrets(capture), capture.sha256, False)
    assert records.body(records.whole(capture)) == capture.body


@given(captures())
def test_a_revisit_comes_back_without_its_body(capture: Capture):
    found = records.understood(records.revisit(capture, URL, stamp(AT)))
    assert found == Written(replace(without_secrets(capture), body=b""), capture.sha256, True)


@given(captures(), st.sampled_from(["text/plain", "text/html"]), st.sampled_from(["", "koi8-r"]))
def test_what_confirms_a_page_keeps_the_type_of_what_it_confirms(capture: Capture, media_type: str, charset: str):
    confirming = replace(capture, status=304, media_type=media_type, charset=charset)
    found = records.understood(records.revisit(confirming, URL, stamp(AT)))
    assert isinstance(found, Written)
    assert (found.capture.media_type, found.capture.charset, found.capture.status) == (media_type, charset, 304)


@given(captures(), st.text(max_size=60))
def test_a_verdict_comes_back_in_one_line(capture: Capture, detail: str):
    made = Verdict(capture.capture_id, "too_hostile", detail, "1 2")
    written = records.verdict(made, capture.url, stamp(capture.captured_at), AT)
    assert records.understood(written) == replace(made, detail=" ".join(detail.split()))


@given(captures())
def test_the_type_of_a_page_is_that_of_its_header(capture: Capture):
    found = records.understood(records.whole(capture))
    assert isinstance(found, Written)
    if capture.headers:
        kind = capture.header("content-type")
        assert (found.capture.media_type, found.capture.charset) == (media_type_of(kind), charset_of(kind))


def test_other_records_say_nothing():
    foreign = records.whole(LIVE).replace(b"Careerscape-Origin: ", b"Elsewhere-Origin: ")
    made = Verdict(LIVE.capture_id, "too_hostile", "")
    metadata = records.verdict(made, LIVE.url, stamp(AT), AT).replace(b"careerscape-verdict", b"somebodys-verdict1")
    assert [records.understood(record) for record in (records.info("x.warc.gz", AT), foreign, metadata)] == [None] * 3


DAMAGED = {
    "nothing": lambda record: b"",
    "no record": lambda record: b"<!doctype html><p>hello" * 9,
    "no origin of ours": lambda record: record.replace(b"Origin: live", b"Origin: dead"),
    "no time source of ours": lambda record: record.replace(b"Time-Source: http", b"Time-Source: moon"),
    "no time": lambda record: record.replace(b"WARC-Date: 2026", b"WARC-Date: soon"),
    "no digest": lambda record: record.replace(b"WARC-Payload-Digest", b"WARC-Payload-Divers"),
    "another body": lambda record: record.replace(b"<p>x", b"<p>y"),
    "less": lambda record: record[:-7],
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_record_is_refused(name: str):
    with pytest.raises((ValueError, KeyError, ConfigError)):
        records.understood(DAMAGED[name](records.whole(LIVE)))
