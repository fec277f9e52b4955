"""Archives and indexes that say what cannot be: it is refused by name, the rest is taken, and our own archive stays readable."""

import gzip
import io
import json
import time
from pathlib import Path

import pytest

from db.backfill import Item
from normalize.errors import Rejected, UsageError
from scraper import importing, sources
from scraper.backfill import commoncrawl, indexes, wayback
from scraper.backfill.pattern import pattern
from scraper.keeping import verify
from scraper.warcs import framing, messages
from scraper.warcs.found import Found
from tests.archive_web import Archive, row, with_age
from tests.crawled import AT, BODY, HTML, NOW, URL, http, put, read, record, told, zipped
from tests.imports import rows, settings

LONG = "9" * 5_000


def taken(path: Path) -> list[Found]:
    return [item.what for item in read(path) if isinstance(item.what, Found)]


REFUSED = {
    "a time of a tool without a clock": record(http(), WARC_Date="1970-01-01T00:00:00Z"),
    "the year 1": record(http(), WARC_Date="0001-01-01T00:00:00Z"),
    "a year that is yet to come": record(http(), WARC_Date="9999-12-31T23:59:59Z"),
    "a resource that holds a response": record(http(), "resource"),
    "shorter than it says, of no coding": record(
        http(BODY, HTML, "Content-Encoding: identity", f"Content-Length: {len(BODY) + 1}")
    ),
    "nothing but line breaks": b"\r\n" * 100,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_record_that_cannot_be(tmp_path: Path, name: str):
    assert told(put(tmp_path / "x.warc", REFUSED[name])) == ["bad_record"]


def test_a_length_of_thousands_of_digits_is_none(tmp_path: Path):
    (found,) = taken(put(tmp_path / "x.warc", record(http(BODY, HTML, f"Content-Length: {LONG}"))))
    assert found.capture.body == BODY


def test_a_head_of_a_million_continued_lines_takes_no_minutes():
    began = time.monotonic()
    said = messages.message(b"HTTP/1.1 200 OK\r\nA: b\r\n" + b" c\r\n" * 1_000_000 + b"\r\n")
    assert said.header("a").startswith("b c c ")
    assert time.monotonic() - began < 10


def test_many_records_in_one_member_take_no_minutes():
    data = gzip.compress(record(b"", "metadata") * 40_000)
    began = time.monotonic()
    assert sum(isinstance(one, framing.Record) for one in framing.records(io.BytesIO(data), True, lambda head: 0)) == 40_000
    assert time.monotonic() - began < 10


HEADERS = {
    "one of a megabyte": [f"X: {'a' * 1_000_000}"],
    "a hundred thousand": [f"X-{number}: a" for number in range(100_000)],
    "a name of control characters": ["A\x0bB: a", "A B: c", ": d"],
    "a name of a megabyte": [f"{'a' * 1_000_000}: x"],
    "bytes that are no text": ["X: a\0b\x0b\x85"],
}


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("name", HEADERS)
def test_what_is_taken_in_can_be_read_again(tmp_path: Path, name: str):
    first = record(http(BODY, *HEADERS[name], HTML, "X-Robots-Tag: noarchive"))
    later = record(http(), WARC_Date="2024-04-01T10:00:00Z")
    paths = sources.find([put(tmp_path / "in" / "x.warc.gz", zipped(first, later))], "")
    report = importing.import_pages(settings(tmp_path), paths, lambda: NOW, lambda page: None)
    assert report.exit_code == 0
    assert rows(settings(tmp_path).db, "SELECT captured_at, noarchive FROM capture ORDER BY 1")[0] == (AT, 1)
    found = verify.verify(settings(tmp_path), lambda: NOW)
    assert (found.problems, found.differences) == ([], [])


# --- indexes ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_here: None) -> Archive:
    return Archive(tmp_path, monkeypatch)


def part_with(key: str, time: str = "20240101000000") -> tuple[int, dict[str, str], bytes]:
    said = [list(wayback._COLUMNS), row(time, with_age(30)), [], [key]]
    return 200, {"content-type": "application/json"}, json.dumps(said).encode()


def test_keys_that_go_round_end(archive: Archive):
    archive.index = [part_with("key-1"), part_with("key-2"), part_with("key-1")]
    done = archive.backfill(only_plan=True)
    assert (archive.asked, done.plan.complete, done.plan.found) == (["", "key-1", "key-2"], False, 1)
    assert archive.codes == ["index_failed"]


def test_an_index_without_an_end_is_left(archive: Archive, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(indexes, "MOST_PARTS", 5)
    archive.index = [part_with(f"key-{number + 1}") for number in range(20)]
    done = archive.backfill(only_plan=True)
    assert (len(archive.asked), done.plan.complete, archive.codes) == (5, False, ["index_failed"])


@pytest.mark.parametrize("key", ["\ud800", "a\nb", "k" * 10_000])
def test_a_key_that_no_address_holds(archive: Archive, key: str):
    archive.index = [part_with(key)]
    assert not archive.backfill(only_plan=True).plan.complete
    assert archive.codes == ["index_failed"]


TIMES = [
    ("Mon, 01 Jan 2024 10:00:00 GMT", True),
    ("Mon, 01 Jan 0024 10:00:00 GMT", False),  # read as 2024 by the rules for mail
    ("Mon, 01 Jan 24 10:00:00 GMT", False),
    ("Thu, 01 Jan 1970 00:00:00 GMT", False),
    ("Fri, 31 Dec 9999 23:59:59 -0100", False),
]


@pytest.mark.parametrize(("header", "is_time"), TIMES)
def test_the_time_of_a_replay(header: str, is_time: bool):
    assert (wayback.memento_time(header, NOW) is not None) == is_time


@pytest.mark.parametrize("text", ["user:word@www.zippia.com/*", "www.zippia.com\\@other.example/*", "www.zippia.com/\n*"])
def test_a_pattern_tells_nobody_a_secret(text: str):
    with pytest.raises(UsageError, match="no pattern of addresses"):
        pattern(text)


def test_a_pattern_names_its_host_as_indexes_do():
    assert pattern("https://B\u00fccher.example:80/A*").text == "xn--bcher-kva.example/A*"


def test_a_crawl_whose_index_has_no_address():
    for address in ("https://i.example/\ud800", "ftp://i.example", "https://", "https://i.example/#x"):
        with pytest.raises(Rejected, match="no list of crawls"):
            commoncrawl.crawls(json.dumps([{"id": "CC-MAIN-2024-10", "cdx-api": address}]).encode())


MEMBERS = {
    "a length of thousands of digits": (AT, record(http()).replace(b"Content-Length: ", f"Content-Length: {LONG}".encode())),
    "a time that is yet to come": ("2099-01-01T00:00:00Z", record(http(), WARC_Date="2099-01-01T00:00:00Z")),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_that_cannot_be(name: str):
    at, member = MEMBERS[name]
    with pytest.raises(Rejected) as refused:
        commoncrawl.captured(Item(1, URL, URL, at, "-", 200, "x 1 2"), gzip.compress(member), "s", NOW)
    assert refused.value.code == "bad_record"
