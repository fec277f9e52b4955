"""The archive: what is written can be read by anyone, and what is not what it was is refused."""

import errno
import gzip
import hashlib
import os
import resource
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from normalize.errors import CorruptRecord, StorageError
from scraper import archive
from scraper.archive import Archive, Location
from scraper.capture import Capture, stamp

NOW = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
THEN = datetime(2024, 2, 11, 7, 42, 19, tzinfo=UTC)
URL = "https://www.zippia.com/a-jobs/a-vs-b-differences"
FILE = Capture(URL, THEN, NOW, "file", "sidecar", "text/html", "", b"<html>\r\n\r\nWARC/1.1\r\n\0" + bytes(range(256)) * 4)
LIVE = Capture(URL + "2", THEN + timedelta(1), NOW, "live", "http", "text/html", "utf-8", "<html>é".encode() * 99, 200)
GONE = replace(LIVE, url=URL + "3", body=b"HTTP/1.1 200 OK\r\n\r\n", status=410, origin="wayback", charset="")
NOTHING = replace(FILE, url=URL + "4", body=b"", media_type="text/plain", time_source="file")
FOREIGN = replace(FILE, url="https://exämple.com/größe–α?q=日本", body=b"x")
CAPTURES = {"file": FILE, "live": LIVE, "gone": GONE, "empty": NOTHING, "foreign": FOREIGN}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def write(folder: Path, *captures: Capture, now: datetime = NOW) -> list[Location]:
    """The captures in an archive that knows nothing yet."""
    archive = Archive(folder, {}, now)
    places = [archive.append(capture) for capture in captures]
    archive.sync()
    archive.close()
    return places


def reader(folder: Path) -> Archive:
    return Archive(folder, {}, NOW)


def member(folder: Path, place: Location) -> tuple[dict[str, str], bytes]:
    """Headers and block of one record, taken apart by hand."""
    content = (folder / place.warc_file).read_bytes()[place.offset : place.offset + place.length]
    inflate = zlib.decompressobj(wbits=31)
    text = inflate.decompress(content)
    assert inflate.eof
    assert not inflate.unused_data
    head, _, rest = text.partition(b"\r\n\r\n")
    first, *lines = head.decode("utf-8").split("\r\n")
    assert first == "WARC/1.1"
    headers = dict(line.split(": ", 1) for line in lines)
    size = int(headers["Content-Length"])
    assert rest[size:] == b"\r\n\r\n"
    return headers, rest[:size]


# --- what is written -------------------------------------------------------------------------------------------------


def test_another_reader_finds_every_record(folder):
    places = write(folder, *CAPTURES.values())
    (path,) = folder.iterdir()
    with path.open("rb") as file:
        found = [
            (r.record_type, r.headers["WARC-Target-URI"], r.record_date, r.stream_pos, r.reader.read())
            for r in ArchiveIterator(file, parse_http=True)
        ]
    assert found[0][0] == WarcRecordType.warcinfo
    for capture, place, (kind, url, date, offset, body) in zip(CAPTURES.values(), places, found[1:], strict=True):
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
    archive = Archive(folder, {}, NOW)
    archive.append(FOREIGN)
    place = archive.append_revisit(capture, FOREIGN.url, stamp(FOREIGN.captured_at))
    archive.sync()
    archive.close()
    headers, _ = member(folder, place)
    assert headers["WARC-Type"] == "revisit"
    assert headers["WARC-Profile"] == "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert (headers["WARC-Refers-To-Target-URI"], headers["WARC-Refers-To-Date"]) == (FOREIGN.url, stamp(FOREIGN.captured_at))
    assert (headers["WARC-Target-URI"], headers["WARC-Date"]) == (capture.url, stamp(capture.captured_at))
    assert headers["WARC-Payload-Digest"] == f"sha256:{capture.sha256}"
    with (folder / place.warc_file).open("rb") as file:
        (revisit,) = ArchiveIterator(file, record_types=WarcRecordType.revisit, parse_http=True)
        said = revisit.http_headers.status_code if revisit.http_headers else None
    assert said == capture.status


def test_a_verdict_names_its_capture(folder):
    archive = Archive(folder, {}, NOW)
    headers, block = member(folder, _flushed(archive, archive.append_verdict(LIVE, "too_hostile", "a\r\nWARC-Type: x\n b")))
    assert (headers["WARC-Type"], headers["WARC-Refers-To-Target-URI"]) == ("metadata", LIVE.url)
    fields = dict(line.split(": ", 1) for line in block.decode().splitlines())
    assert fields == {
        "careerscape-capture": LIVE.capture_id,
        "careerscape-verdict": "too_hostile",
        "careerscape-detail": "a WARC-Type: x b",
    }


def _flushed(archive: Archive, place: Location) -> Location:
    archive.sync()
    archive.close()
    return place


def test_the_bytes_of_an_archive_depend_on_nothing_but_captures_and_clock(tmp_path):
    for name in ("one", "two"):
        write(tmp_path / name, *CAPTURES.values())
    (one,), (two,) = (tmp_path / "one").iterdir(), (tmp_path / "two").iterdir()
    assert (one.name, one.read_bytes()) == (two.name, two.read_bytes())


def test_record_ids_are_valid_and_differ(folder):
    changed = [replace(FILE, **{key: value}) for key, value in (("url", URL), ("body", b"y"), ("captured_at", NOW),
               ("fetched_at", THEN), ("origin", "live"), ("time_source", "file"), ("media_type", "text/plain"))]  # fmt: skip
    ids = [member(folder, place)[0]["WARC-Record-ID"] for place in write(folder, *changed)]
    assert len(set(ids)) == len(ids)
    assert {UUID(i.removeprefix("<urn:uuid:").removesuffix(">")).version for i in ids} == {5}


def test_a_canonical_address_with_other_letters_is_read_back_as_it_is(folder):
    url = "https://www.zippia.com/caf%C3%A9?" + quote("é", safe="")
    assert member(folder, *write(folder, replace(FILE, url=url)))[0]["WARC-Target-URI"] == url


# --- what is read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CAPTURES)
def test_a_body_is_found_by_file_offset_and_length(folder, name):
    place = dict(zip(CAPTURES, write(folder, *CAPTURES.values()), strict=True))[name]
    assert reader(folder).read(place, CAPTURES[name].sha256) == CAPTURES[name].body


def outcome(folder: Path, place: Location, capture: Capture) -> str:
    """What reading gives: the right body, or a refusal; never something else."""
    try:
        return "body" if reader(folder).read(place, capture.sha256) == capture.body else "another body"
    except CorruptRecord as error:
        return "refused" if error.warc_file == place.warc_file and error.offset == place.offset else "refused with wrong place"


@pytest.mark.parametrize("capture", [FILE, LIVE], ids=["file", "live"])
@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_a_flipped_byte_never_gives_another_body(folder, capture, mask):
    place = write(folder, capture)[0]
    path = folder / place.warc_file
    whole = path.read_bytes()
    found = []
    for at in range(place.offset, place.offset + place.length):
        path.write_bytes(whole[:at] + bytes((whole[at] ^ mask,)) + whole[at + 1 :])
        found.append(outcome(folder, place, capture))
    assert set(found[10:]) == {"refused"}  # before them, gzip's header has bytes that mean nothing
    assert set(found) == {"refused", "body"}


@pytest.mark.parametrize("capture", [FILE, LIVE], ids=["file", "live"])
def test_a_damaged_record_in_a_sound_gzip_member_never_gives_another_body(folder, capture):
    place = write(folder, capture)[0]
    text = gzip.decompress((folder / place.warc_file).read_bytes()[place.offset :])
    body_at = text.index(capture.body)
    damaged = {at: text[:at] + bytes((text[at] ^ 0x0D,)) + text[at + 1 :] for at in range(0, len(text) - 4, 3)}
    for at, wrong in (damaged | {len(text) + n: text[:n] for n in range(body_at + len(capture.body))}).items():
        content = gzip.compress(wrong, 1)
        (folder / place.warc_file).write_bytes(content)
        found = outcome(folder, Location(place.warc_file, 0, len(content)), capture)
        assert found == "refused" or (found == "body" and at < body_at), at


def test_a_truncated_file_gives_what_lies_before_the_cut(folder):
    places = write(folder, FILE, LIVE)
    path = folder / places[0].warc_file
    whole = path.read_bytes()
    for size in range(len(whole)):
        os.truncate(path, 0)
        path.write_bytes(whole[:size])
        for place, capture in zip(places, (FILE, LIVE), strict=True):
            assert outcome(folder, place, capture) == ("body" if place.offset + place.length <= size else "refused"), size


PLACES = {
    "no such file": lambda place: replace(place, warc_file="none.warc.gz"),
    "a folder": lambda place: replace(place, warc_file="."),
    "past the end": lambda place: replace(place, offset=1 << 40),
    "before the start": lambda place: replace(place, offset=-1),
    "between records": lambda place: replace(place, offset=place.offset + 1),
    "another record": lambda place: replace(place, offset=0, length=place.offset),
    "too short": lambda place: replace(place, length=place.length - 1),
    "nothing": lambda place: replace(place, length=0),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_wrong_place_is_refused(folder, name):
    place = write(folder, FILE)[0]
    assert outcome(folder, PLACES[name](place), FILE) == "refused"


def test_another_digest_is_refused(folder):
    place = write(folder, FILE)[0]
    with pytest.raises(CorruptRecord) as caught:
        reader(folder).read(place, LIVE.sha256)
    assert caught.value.exit_code == 74
    assert LIVE.sha256 in str(caught.value)


# --- appending -------------------------------------------------------------------------------------------------------


def test_a_file_that_the_index_knows_whole_is_continued(folder):
    first = write(folder, FILE)[0]
    size = (folder / first.warc_file).stat().st_size
    archive = Archive(folder, {first.warc_file: size}, NOW + timedelta(1))
    second = _flushed(archive, archive.append(LIVE))
    assert (second.warc_file, second.offset) == (first.warc_file, size)
    assert outcome(folder, first, FILE) == outcome(folder, second, LIVE) == "body"


TAILS = {
    "torn": lambda path, size: path.write_bytes(path.read_bytes() + b"\x1f\x8b\x08torn"),
    "shorter": lambda path, size: os.truncate(path, size - 1),
    "another whole record": lambda path, size: path.write_bytes(path.read_bytes() * 2),
    "missing": lambda path, size: path.unlink(),
}


@pytest.mark.parametrize("name", TAILS)
def test_nothing_is_appended_behind_bytes_that_the_index_does_not_know(folder, name):
    first = write(folder, FILE)[0]
    path = folder / first.warc_file
    known = {first.warc_file: path.stat().st_size}
    TAILS[name](path, known[first.warc_file])
    left = path.read_bytes() if path.exists() else None
    archive = Archive(folder, known, NOW + timedelta(1))
    second = _flushed(archive, archive.append(LIVE))
    assert second.warc_file != first.warc_file
    assert (path.read_bytes() if path.exists() else None) == left
    assert outcome(folder, second, LIVE) == "body"


def test_an_archive_without_an_index_is_left_alone(folder):
    first = write(folder, FILE)[0]
    before = (folder / first.warc_file).read_bytes()
    second = write(folder, LIVE)[0]  # in the same second
    assert second.warc_file != first.warc_file
    assert (folder / first.warc_file).read_bytes() == before


def test_a_full_file_is_followed_by_another(folder, monkeypatch):
    monkeypatch.setattr(archive, "MAX_FILE_BYTES", 1500)
    synced: list[str] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.readlink(f"/proc/self/fd/{fd}")), fsync(fd))[1])
    captures = [replace(FILE, url=f"{URL}{n}", body=hashlib.sha512(b"%d" % n).digest() * 2) for n in range(20)]
    written = Archive(folder, {}, NOW)
    places = [written.append(capture) for capture in captures]
    sizes = written.sync()
    written.close()
    assert {outcome(folder, place, capture) for place, capture in zip(places, captures, strict=True)} == {"body"}
    files = sorted(folder.iterdir())
    assert len(files) > 3
    for path in files:
        kinds = [record.record_type for record in ArchiveIterator(path.open("rb"))]
        assert kinds[0] == WarcRecordType.warcinfo
        assert len(kinds) > 1
        assert path.stat().st_size < 1500 + max(place.length for place in places)
    assert {str(path) for path in files} <= set(synced), "a file that was left was not made durable"
    assert sizes == {path.name: path.stat().st_size for path in files}, "the index is not told of a file that was left"


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Writing past this size fails, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [0, 300, 2000])
def test_a_full_disk_is_a_storage_error_and_stays_one(folder, size):
    bodies = [hashlib.sha512(b"%d" % n).digest() * 20 for n in range(30)]
    written = Archive(folder, {}, NOW)
    with no_file_above(size), pytest.raises(StorageError):
        for n, body in enumerate(bodies):
            written.append(replace(FILE, url=f"{URL}{n}", body=body))
        written.sync()
    with no_file_above(size):
        written.close()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_what_cannot_be_made_durable_is_a_storage_error(folder, monkeypatch, code):
    written = Archive(folder, {}, NOW)
    written.append(FILE)

    def fail(fd: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError):
        written.sync()
    written.close()
