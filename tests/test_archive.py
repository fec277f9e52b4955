"""The archive: what is written can be read by anyone, and what is not what it was is refused."""

import errno
import gzip
import hashlib
import os
import re
import resource
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from normalize.errors import CorruptRecord, StorageError
from scraper import archive as archive_module
from scraper.archive import Archive, Location
from scraper.capture import Capture, stamp
from scraper.keeping import survey
from scraper.records import Verdict
from tests.imports import whole_records

NOW = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
THEN = datetime(2024, 2, 11, 7, 42, 19, tzinfo=UTC)
URL = "https://www.zippia.com/a-jobs/a-vs-b-differences"
FILE = Capture(URL, THEN, NOW, "file", "sidecar", "text/html", "", b"<html>\r\n\r\nWARC/1.1\r\n\0" + bytes(range(256)) * 4)
LIVE = Capture(URL + "2", THEN + timedelta(1), NOW, "live", "http", "text/html", "utf-8", "<html>é".encode() * 99, 200)
GONE = replace(LIVE, url=URL + "3", body=b"HTTP/1.1 200 OK\r\n\r\n", status=410, origin="wayback", charset="")
NOTHING = replace(FILE, url=URL + "4", body=b"", media_type="text/plain", time_source="file")
FOREIGN = replace(FILE, url="https://exämple.com/größe–α?q=日本&caf%C3%A9", body=b"x")
CAPTURES = {"file": FILE, "live": LIVE, "gone": GONE, "empty": NOTHING, "foreign": FOREIGN}
BOTH_KINDS = pytest.mark.parametrize("capture", [FILE, LIVE], ids=["file", "live"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def write(folder: Path, *captures: Capture, known: dict[str, int] | None = None) -> list[Location]:
    """The captures in an archive of which the index knows nothing, or what is `known`."""
    with closing(Archive(folder, known or {}, NOW)) as archive:
        places = [archive.append(capture) for capture in captures]
        archive.sync()
    return places


def distinct(count: int, size: int) -> list[Capture]:
    """Captures whose bodies do not compress."""
    bodies = [b"".join(hashlib.sha512(b"%d %d" % (n, m)).digest() for m in range(size // 64)) for n in range(count)]
    return [replace(FILE, url=f"{URL}{n}", body=body) for n, body in enumerate(bodies)]


def member(folder: Path, place: Location) -> tuple[dict[str, str], bytes]:
    """Headers and block of one record, taken apart by hand."""
    content = (folder / place.warc_file).read_bytes()[place.offset : place.offset + place.length]
    inflate = zlib.decompressobj(wbits=31)
    text = inflate.decompress(content)
    assert (inflate.eof, inflate.unused_data) == (True, b"")
    head, _, rest = text.partition(b"\r\n\r\n")
    first, *lines = head.decode("utf-8").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    size = int(headers["Content-Length"])
    assert (first, rest[size:]) == ("WARC/1.1", b"\r\n\r\n")
    return headers, rest[:size]


def outcome(folder: Path, place: Location, capture: Capture) -> str:
    """What reading gives: the right body, or a refusal that names the place; any other exception is a failure."""
    try:
        return "body" if Archive(folder, {}, NOW).read(place, capture.sha256) == capture.body else "another body"
    except CorruptRecord as error:
        return "refused" if (error.warc_file, error.offset) == (place.warc_file, place.offset) else "refused elsewhere"


# --- what is written -------------------------------------------------------------------------------------------------


def test_another_reader_finds_every_record(folder):
    places = write(folder, *CAPTURES.values())
    with next(folder.iterdir()).open("rb") as file:
        first, *found = [
            (r.record_type, r.headers.get("WARC-Target-URI"), r.record_date, r.stream_pos, r.reader.read())
            for r in ArchiveIterator(file, parse_http=True)
        ]
    assert first[0] == WarcRecordType.warcinfo
    for capture, place, (kind, url, date, offset, body) in zip(CAPTURES.values(), places, found, strict=True):
        assert kind == (WarcRecordType.response if capture.status else WarcRecordType.resource)
        assert (url, date, offset, body) == (capture.url, capture.captured_at, place.offset, capture.body)


@pytest.mark.parametrize("name", CAPTURES)
def test_the_headers_carry_all_that_a_capture_is(folder, name):
    capture = CAPTURES[name]
    headers, block = member(folder, *write(folder, capture))
    assert headers["WARC-Target-URI"] == capture.url
    assert headers["WARC-Date"] == stamp(capture.captured_at)
    assert headers["Careerscape-Fetched-At"] == stamp(capture.fetched_at)
    assert headers["Careerscape-Origin"] == capture.origin
    assert headers["Careerscape-Time-Source"] == capture.time_source
    assert headers["WARC-Payload-Digest"] == f"sha256:{hashlib.sha256(capture.body).hexdigest()}"
    media = capture.media_type + (f"; charset={capture.charset}" if capture.charset else "")
    if capture.status is None:
        assert (headers["Content-Type"], block) == (media, capture.body)
    else:
        assert headers["Content-Type"] == "application/http; msgtype=response"
        assert block == f"HTTP/1.1 {capture.status} \r\nContent-Type: {media}\r\n\r\n".encode() + capture.body


@pytest.mark.parametrize("capture", [FILE, LIVE, replace(LIVE, status=304)], ids=["file", "live", "not modified"])
def test_a_revisit_carries_the_same_and_refers_to_the_record_that_has_the_body(folder, capture):
    with closing(Archive(folder, {}, NOW)) as archive:
        archive.append(FOREIGN)
        place = archive.append_revisit(capture, FOREIGN.url, stamp(FOREIGN.captured_at))
        archive.sync()
    headers, _ = member(folder, place)
    assert headers["WARC-Type"] == "revisit"
    profile = "server-not-modified" if capture.status == 304 else "identical-payload-digest"
    assert headers["WARC-Profile"] == f"http://netpreserve.org/warc/1.1/revisit/{profile}"
    assert (headers["WARC-Refers-To-Target-URI"], headers["WARC-Refers-To-Date"]) == (FOREIGN.url, stamp(FOREIGN.captured_at))
    assert (headers["WARC-Target-URI"], headers["WARC-Date"]) == (capture.url, stamp(capture.captured_at))
    assert headers["WARC-Payload-Digest"] == f"sha256:{capture.sha256}"
    assert headers["Careerscape-Origin"] == capture.origin
    with (folder / place.warc_file).open("rb") as file:
        (revisit,) = ArchiveIterator(file, record_types=WarcRecordType.revisit, parse_http=True)
        assert (revisit.http_headers.status_code if revisit.http_headers else None) == capture.status


def test_a_verdict_names_its_capture_and_stays_in_its_line(folder):
    with closing(Archive(folder, {}, NOW)) as archive:
        made = Verdict(LIVE.capture_id, "too_hostile", "a\r\nWARC-Type: x\n b", "0.1.0 1")
        place = archive.append_verdict(made, LIVE.url, stamp(LIVE.captured_at))
        archive.sync()
    headers, block = member(folder, place)
    assert (headers["WARC-Type"], headers["WARC-Refers-To-Target-URI"]) == ("metadata", LIVE.url)
    assert block.decode().splitlines() == [
        f"careerscape-capture: {LIVE.capture_id}", "careerscape-verdict: too_hostile", "careerscape-detail: a WARC-Type: x b",
        "careerscape-read-by: 0.1.0 1",
    ]  # fmt: skip


def test_the_bytes_of_an_archive_depend_on_captures_and_clock_alone(tmp_path):
    one, two = (folder / write(folder, *CAPTURES.values())[0].warc_file for folder in (tmp_path / "one", tmp_path / "two"))
    assert (one.name, one.read_bytes()) == (two.name, two.read_bytes())


def test_record_ids_are_valid_and_differ(folder):
    changes = {"body": b"y", "captured_at": NOW, "fetched_at": THEN, "origin": "live", "time_source": "file", "status": 200}
    changed = [FILE, *(replace(FILE, **{name: value}) for name, value in changes.items())]
    ids = [member(folder, place)[0]["WARC-Record-ID"] for place in write(folder, *changed)]
    assert len(set(ids)) == len(changed)
    assert {UUID(i.removeprefix("<urn:uuid:").removesuffix(">")).version for i in ids} == {5}


# --- what is read ----------------------------------------------------------------------------------------------------


def test_a_body_is_found_by_file_offset_and_length(folder):
    places = write(folder, *CAPTURES.values())
    assert {outcome(folder, *found) for found in zip(places, CAPTURES.values(), strict=True)} == {"body"}


@BOTH_KINDS
@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_a_flipped_byte_never_gives_another_body(folder, capture, mask):
    place = write(folder, capture)[0]
    path = folder / place.warc_file
    whole = path.read_bytes()
    found = []
    for at in range(place.offset, place.offset + place.length):
        path.write_bytes(whole[:at] + bytes((whole[at] ^ mask,)) + whole[at + 1 :])
        found.append(outcome(folder, place, capture))
    assert set(found) == {"refused", "body"}
    assert set(found[-8:]) == {"refused"}
    assert found.count("body") <= 8  # bits of gzip's header, and the last before its trailer, that mean nothing


@BOTH_KINDS
def test_a_damaged_record_in_a_sound_gzip_member_never_gives_another_body(folder, capture):
    place = write(folder, capture)[0]
    text = gzip.decompress((folder / place.warc_file).read_bytes()[place.offset :])
    start, end = text.index(capture.body), text.index(capture.body) + len(capture.body)
    flipped = [(at, text[:at] + bytes((text[at] ^ 0x0D,)) + text[at + 1 :]) for at in range(0, end, 3)]
    for at, wrong in [*flipped, *((size, text[:size]) for size in range(0, end, 3))]:
        content = gzip.compress(wrong, 1)
        (folder / place.warc_file).write_bytes(content)
        found = outcome(folder, Location(place.warc_file, 0, len(content)), capture)
        assert found == "refused" or (found == "body" and at < start), at


def test_a_truncated_file_gives_what_lies_before_the_cut(folder):
    places = write(folder, FILE, LIVE)
    path = folder / places[0].warc_file
    for size in range(path.stat().st_size - 1, -1, -1):
        os.truncate(path, size)
        for place, capture in zip(places, (FILE, LIVE), strict=True):
            assert outcome(folder, place, capture) == ("body" if place.offset + place.length <= size else "refused"), size


@pytest.mark.parametrize(
    "wrong",
    [{"warc_file": "none"}, {"warc_file": "."}, {"offset": 1 << 40}, {"offset": -1}, {"offset": 9}, {"offset": 0}, {"length": 9},
     {"length": 0}],
    ids=str,
)  # fmt: skip
def test_a_wrong_place_is_refused(folder, wrong):
    place = replace(write(folder, FILE)[0], **wrong)
    assert outcome(folder, place, FILE) == "refused"


def test_another_digest_is_refused(folder):
    place = write(folder, FILE)[0]
    with pytest.raises(CorruptRecord, match=LIVE.sha256) as caught:
        Archive(folder, {}, NOW).read(place, LIVE.sha256)
    assert caught.value.exit_code == 74


# --- appending -------------------------------------------------------------------------------------------------------


def test_a_file_that_the_index_knows_whole_is_continued(folder):
    first = write(folder, FILE)[0]
    size = (folder / first.warc_file).stat().st_size
    second = write(folder, LIVE, known={first.warc_file: size})[0]
    assert (second.warc_file, second.offset) == (first.warc_file, size)
    assert outcome(folder, first, FILE) == outcome(folder, second, LIVE) == "body"


UNKNOWN = {
    "a torn tail": lambda path, size: path.write_bytes(path.read_bytes() + b"\x1f\x8b\x08torn"),
    "a whole record": lambda path, size: path.write_bytes(path.read_bytes() * 2),
    "less": lambda path, size: os.truncate(path, size - 1),
    "no file": lambda path, size: path.rename(path.with_suffix(".gone")),
}


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("indexed", [True, False])
def test_nothing_is_appended_behind_bytes_that_the_index_does_not_know(folder, name, indexed):
    first = write(folder, FILE)[0]
    path = folder / first.warc_file
    known = {first.warc_file: path.stat().st_size} if indexed else {}
    UNKNOWN[name](path, path.stat().st_size)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    second = write(folder, LIVE, known=known)[0]  # in the same second
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name != second.warc_file} == before
    assert outcome(folder, second, LIVE) == "body"


def test_a_full_file_is_followed_by_another(folder, monkeypatch):
    monkeypatch.setattr(archive_module, "MAX_FILE_BYTES", 1500)
    durable: set[str] = set()
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (durable.add(Path(f"/proc/self/fd/{fd}").readlink().name), fsync(fd)))
    captures = distinct(20, 128)
    with closing(Archive(folder, {}, NOW)) as archive:
        places = [archive.append(capture) for capture in captures]
        told = archive.sync()
    assert {outcome(folder, *found) for found in zip(places, captures, strict=True)} == {"body"}
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert len(sizes) > 3
    assert max(sizes.values()) < 1500 + max(place.length for place in places)
    assert {gzip.decompress((folder / name).read_bytes())[:31] for name in sizes} == {b"WARC/1.1\r\nWARC-Type: warcinfo\r\n"}
    assert sizes.keys() <= durable, "a file that was left was not made durable"
    assert told == sizes, "the index does not hear of a file that was left"


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Writing past this size fails, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [0, 300, 2000, 30_000])
def test_a_full_disk_is_a_storage_error(folder, size):
    captures = distinct(30, 1280)
    with no_file_above(size), pytest.raises(StorageError):
        write(folder, *captures)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_what_cannot_be_made_durable_is_a_storage_error(folder, monkeypatch, code):
    def fail(fd: int) -> None:
        raise OSError(code, os.strerror(code))

    with closing(Archive(folder, {}, NOW)) as archive:
        archive.append(FILE)
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(StorageError):
            archive.sync()


# --- what the index does not know ------------------------------------------------------------------------------------


def test_what_others_have_appended_is_known_from_then_on(folder):
    first, second = write(folder, FILE, LIVE)
    path = folder / first.warc_file
    size = path.stat().st_size
    (folder / "crawl.warc.gz").write_bytes(b"of somebody else")
    with closing(Archive(folder, {path.name: second.offset}, NOW)) as archive:
        assert archive.unknown() == {path.name: (second.offset, size)}
        ((place, record),) = whole_records(folder, path.name, second.offset)
        assert (place, record.capture.url, record.capture.body) == (second, LIVE.url, LIVE.body)
        archive.learn(path.name, size)
        assert (archive.unknown(), archive.sync()) == ({}, {path.name: size})
        third = archive.append(GONE)
        assert (third.warc_file, third.offset) == (path.name, size)
        assert archive.sync() == {path.name: size + third.length}
    assert Archive(folder / "none", {}, NOW).unknown() == {}


def test_what_is_learned_is_made_durable_first(folder, monkeypatch):
    (place,) = write(folder, FILE)
    durable: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda fd: durable.append(Path(f"/proc/self/fd/{fd}").readlink().name))
    with closing(Archive(folder, {}, NOW)) as archive:
        archive.learn(place.warc_file, place.offset + place.length)
        assert set(durable) == {place.warc_file, folder.name}
        archive.cut(place.warc_file, place.offset)
        assert durable[-1] == place.warc_file
    assert (folder / place.warc_file).stat().st_size == place.offset


@pytest.mark.parametrize("gone", ["learn", "cut"])
def test_a_file_that_is_gone_is_a_storage_error(folder, gone):
    (place,) = write(folder, FILE)
    (folder / place.warc_file).unlink()
    with closing(Archive(folder, {}, NOW)) as archive, pytest.raises(StorageError):
        getattr(archive, gone)(place.warc_file, 0)


def test_a_record_larger_than_any_of_ours_is_not_read(folder, monkeypatch):
    (place,) = write(folder, replace(FILE, body=bytes(1 << 20)))
    monkeypatch.setattr(survey, "LARGEST_RECORD", 1 << 19)
    with pytest.raises(CorruptRecord, match="more than"):
        list(whole_records(folder, place.warc_file))


@pytest.mark.parametrize("how", ["renamed", "deleted", "cut", "replaced"])
def test_a_file_that_somebody_takes_away_while_it_is_written_is_a_storage_error(folder, how):
    with closing(Archive(folder, {}, NOW)) as archive:
        place = archive.append(FILE)
        archive.sync()
        path = folder / place.warc_file
        {
            "renamed": lambda: path.rename(folder / "x"), "deleted": path.unlink, "cut": lambda: os.truncate(path, 10),
            "replaced": lambda: (path.rename(folder / "x"), path.write_bytes((folder / "x").read_bytes())),
        }[how]()  # fmt: skip
        archive.append(LIVE)
        with pytest.raises(StorageError, match=re.escape(place.warc_file)):
            archive.sync()
