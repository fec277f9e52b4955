"""Imports of crawls: each page once with its own time, revisits with the body that they confirm, and runs that are killed."""

import hashlib
import itertools
import shutil
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from normalize.errors import UsageError
from scraper import importing, sources
from scraper.archive import Archive
from scraper.intake import Report
from scraper.records import Written
from tests import imports
from tests.crawled import BODY, NOW, SAMPLES, URL, http, page, put, record, revisit, sha1, zipped
from tests.figures import SEED, as_html
from tests.imports import DAYS, dump, import_pages, rows, saved, settings, sound, whole_records

pytestmark = pytest.mark.usefixtures("read_here")

OTHER = as_html(SEED.with_cell("Average age", "47"))
THIRD = as_html(SEED.with_cell("Average age", "48"))
FINDINGS = "SELECT code FROM finding WHERE capture_id IS NULL ORDER BY code"
CAPTURES = "SELECT captured_at, status, origin FROM capture ORDER BY captured_at"
UNMODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"


def take(root: Path, *paths: Path, hours: int = 0) -> Report:
    now = NOW + timedelta(hours=hours)
    return importing.import_pages(settings(root), sources.find([*paths], ""), lambda: now, lambda report: None)


def counts(report: Report) -> tuple[int, ...]:
    done = report.counts
    return report.exit_code, done.loaded, done.unchanged, done.rejected


def written(root: Path) -> list[Written]:
    """The captures in the archive, as their records tell them."""
    folder = settings(root).archive
    there = Archive(folder, {}, NOW)
    return [found for name in there.unknown() for _, found in whole_records(folder, name) if isinstance(found, Written)]


def bodies(root: Path) -> int:
    """How many bodies the archive holds."""
    return sum(not record.revisit for record in written(root))


def says(root: Path, query: str) -> list[tuple]:
    return rows(settings(root).db, query)


def test_the_samples_of_all_tools(tmp_path):
    paths = sorted(path for path in SAMPLES.iterdir() if path.name != "README.md")
    report = take(tmp_path, *paths)
    assert report.exit_code == 3
    assert [code for (code,) in says(tmp_path, FINDINGS) if code != "other_records"] == ["no_original"]
    there = says(tmp_path, "SELECT url, captured_at, status FROM capture WHERE origin = 'warc' ORDER BY 2, 1")
    chef = "https://www.zippia.com/chef-jobs/chef-vs-line-cook-prep-cook-differences"
    assert (chef, "2024-05-01T10:00:00Z", 200) in there
    assert (chef, "2024-07-01T10:00:00Z", 304) in there
    assert len(there) == 3 + 3 + 2 + 2  # warcio in WARC/1.0 and 1.1, wget, wget again; what comes twice is there once
    assert bodies(tmp_path) == 3 + 3  # wget -k rewrote three pages
    before = dump(settings(tmp_path).db, imports.DUMPED)
    again = take(tmp_path, *paths)
    assert (again.counts.loaded, again.counts.rejected) == (0, 1)
    assert dump(settings(tmp_path).db, PUBLIC) == {name: before[name] for name in PUBLIC}


PUBLIC = ("observation", "occupation", "occupation_latest", "comparison", "capture")


def test_the_same_capture_in_two_files_is_there_once(tmp_path):
    paths = [put(tmp_path / "a.warc", page(0) + page(1)), put(tmp_path / "b.warc.gz", zipped(page(1), page(2)))]
    report = take(tmp_path, *paths)
    assert (report.exit_code, report.counts.pages, report.counts.rejected) == (0, 4, 0)
    assert [at[14:16] for at, *_ in says(tmp_path, CAPTURES)] == ["00", "01", "02"]
    assert bodies(tmp_path) == 1


ORIGINAL = record(http(), WARC_Date="2024-04-01T10:00:00Z", WARC_Payload_Digest=sha1(BODY))
REFERS = {"WARC_Refers_To_Target_URI": URL, "WARC_Refers_To_Date": "2024-04-01T10:00:00Z"}
RESOLVED = {
    "by digest": revisit(),
    "by digest in hexadecimal": revisit(WARC_Payload_Digest="sha1:" + hashlib.sha1(BODY).hexdigest()),
    "by sha256": revisit(WARC_Payload_Digest="sha256:" + hashlib.sha256(BODY).hexdigest()),
    "by address and time": revisit(WARC_Payload_Digest="", **REFERS),
    "by both": revisit(**REFERS),
    "with a head": revisit(block=http(b"")),
    "with a wrong place": revisit(WARC_Refers_To_Target_URI=URL, WARC_Refers_To_Date="2020-01-01T00:00:00Z"),
    "not modified": revisit(WARC_Profile=UNMODIFIED, WARC_Payload_Digest="", **REFERS),
    "not modified, with a head": revisit(block=http(b"", "ETag: x", status="304 Not Modified"), WARC_Profile=UNMODIFIED),
}


@pytest.mark.parametrize("name", RESOLVED)
@pytest.mark.parametrize("order", ["before", "after", "in another file", "in another import"])
def test_a_revisit_gets_the_body_that_it_confirms(tmp_path, name, order):
    first, second = (RESOLVED[name], ORIGINAL) if order == "before" else (ORIGINAL, RESOLVED[name])
    if order in ("before", "after"):
        take(tmp_path, put(tmp_path / "x.warc", first + second))
    else:
        paths = put(tmp_path / "x.warc", first), put(tmp_path / "y.warc", second)
        for some in [paths] if order == "in another file" else [paths[:1], paths[1:]]:
            report = take(tmp_path, *some)
        if order == "in another import" and name.startswith("by digest"):
            pytest.skip("the archive knows sha256 alone") if report.exit_code else None
    status = 304 if "not modified" in name else 200
    expected = [("2024-04-01T10:00:00Z", 200, "warc"), ("2024-05-01T10:00:00Z", status, "warc")]
    assert says(tmp_path, CAPTURES) == expected
    assert {(record.capture.media_type, record.capture.charset) for record in written(tmp_path)} == {("text/html", "utf-8")}
    assert says(tmp_path, "SELECT DISTINCT outcome FROM capture") == [("complete",)]
    assert bodies(tmp_path) == 1


LOST = {
    "nowhere": (b"", revisit()),
    "another digest at its place": (ORIGINAL, revisit(body=OTHER, **REFERS)),
    "another digest at its place, not modified": (ORIGINAL, revisit(body=OTHER, WARC_Profile=UNMODIFIED, **REFERS)),
    "an original that is refused": (ORIGINAL.replace(b"Average", b"Overage"), revisit(**REFERS)),
    "no digest and no place": (ORIGINAL, revisit(WARC_Payload_Digest="")),
}


@pytest.mark.parametrize("name", LOST)
def test_a_revisit_without_its_body_is_named_and_makes_no_capture(tmp_path, name):
    original, lost = LOST[name]
    report = take(tmp_path, put(tmp_path / "x.warc", lost + original + page(9, body=THIRD)))
    assert report.exit_code == 3
    assert ("no_original",) in says(tmp_path, FINDINGS)
    assert ("2024-05-01T10:00:00Z",) not in says(tmp_path, "SELECT captured_at FROM capture")
    assert ("2024-03-01T10:09:00Z",) in says(tmp_path, "SELECT captured_at FROM capture")


def test_a_revisit_is_as_private_as_its_original(tmp_path):
    private = record(http(BODY, "Content-Type: text/html", "X-Robots-Tag: noarchive"), WARC_Date="2024-04-01T10:00:00Z")
    take(tmp_path, put(tmp_path / "x.warc", private + revisit()))
    take(tmp_path, put(tmp_path / "y.warc", revisit("2024-06-01T10:00:00Z", WARC_Payload_Digest="", **REFERS)))
    assert says(tmp_path, "SELECT noarchive, count(*) FROM capture GROUP BY 1") == [(1, 3)]


def test_headers_and_digest_are_kept(tmp_path):
    take(tmp_path, put(tmp_path / "x.warc", record(http(BODY, "Content-Type: text/html", 'ETag: "7"', "Set-Cookie: secret=1"))))
    ((capture,),) = ((record.capture for record in written(tmp_path)),)
    assert (capture.header("etag"), capture.header("set-cookie"), capture.time_source, capture.fetched_at) == (
        '"7"',
        "",
        "warc",
        NOW,
    )


def test_an_archive_of_ours_keeps_what_it_says(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir(), second.mkdir()
    import_pages(first, *(saved(SEED, day) for day in DAYS[:3]), saved(SEED, DAYS[3], ("46", "47")))
    take(first, put(tmp_path / "x.warc", ORIGINAL + revisit(WARC_Profile=UNMODIFIED, **REFERS)))
    assert counts(take(second, settings(first).archive, hours=9))[0] == 0
    query = (
        "SELECT capture_id, url, captured_at, fetched_at, origin, status, sha256, outcome, time_source FROM capture ORDER BY 1"
    )
    assert says(second, query) == says(first, query)
    views = ("observation", "occupation", "occupation_latest")
    assert dump(settings(second).db, views) == dump(settings(first).db, views)


def test_what_is_damaged_is_a_finding_and_the_exit_code_says_so(tmp_path):
    path = put(tmp_path / "x.warc.gz", zipped(page(0), page(1))[:-50])
    assert counts(take(tmp_path, path)) == (3, 1, 0, 1)
    found = says(tmp_path, "SELECT code, severity, url, captured_at FROM finding WHERE capture_id IS NULL")
    assert found == [("bad_record", "error", None, None)]


def test_a_crawl_without_pages_of_ours_is_no_error(tmp_path):
    assert counts(take(tmp_path, SAMPLES / "foreign.warc")) == (0, 0, 0, 0)
    assert says(tmp_path, FINDINGS) == [("other_records",)]


def test_an_address_does_not_go_with_a_crawl():
    with pytest.raises(UsageError, match="--url"):
        sources.find([SAMPLES / "foreign.warc"], URL)


@pytest.mark.slow
@pytest.mark.parametrize("point", ["archived:2", "noted:1", "loaded:4", "noted:3", "refreshed:1", "published:1"])
def test_an_import_that_is_killed_ends_as_one_that_was_not(tmp_path, point):
    pages = [page(n, body=as_html(SEED.with_cell("Average age", str(40 + n % 5)))) for n in range(8)]
    revisits = [
        revisit(f"2024-06-0{n + 1}T10:00:00Z", body=as_html(SEED.with_cell("Average age", str(40 + n)))) for n in range(5)
    ]
    mixed = [*itertools.chain.from_iterable(zip(revisits, pages, strict=False)), *pages[5:]]
    folder = tmp_path / "crawls"
    put(folder / "a.warc.gz", zipped(*mixed[:7]))
    put(folder / "b.warc", b"".join(mixed[7:]))
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    killed.mkdir(), whole.mkdir()
    with imports.Stopped(killed, folder, point) as stopped:
        assert stopped.at_point()
        stopped.end(signal.SIGKILL)
    assert take(killed, folder).exit_code == take(whole, folder).exit_code == 0
    assert sound(settings(killed).db)
    left_out = ("warc_file", "warc_offset", "warc_length", "run_id", "fetched_at")
    assert dump(settings(killed).db, imports.DUMPED, without=left_out) == dump(
        settings(whole).db, imports.DUMPED, without=left_out
    )
    assert bodies(killed) == bodies(whole) == 5
    shutil.rmtree(killed)
