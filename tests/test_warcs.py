"""WARC files of other tools: what is taken, what is damaged, and that nothing else is lost with it."""

import gzip
import hashlib
import os
import tracemalloc
import zlib

import pytest

from scraper.capture import stamp
from scraper.readers import MAX_BYTES
from scraper.warcs.found import Confirmed, Found
from scraper.warcs.framing import MOST_DAMAGES
from tests.crawled import AT, BODY, HTML, SAMPLES, URL, http, page, put, read, record, revisit, sha1, told, zipped

DECEMBER = "2026-12-03T00:00:00Z"


# --- real files ------------------------------------------------------------------------------------------------------

CHEF, ELECTRICIAN, TOOLS = "chef-vs-line-cook-prep-cook", "electrician-vs-journeyman", "tool-builder-vs-die-mechanic"
SAMPLED = {
    "wget.warc.gz": [(CHEF, 200), (ELECTRICIAN, 200), (CHEF, 200)],
    "wget-plain.warc": [(CHEF, 200), (ELECTRICIAN, 200)],
    "wget-again.warc.gz": [(CHEF, 200), (ELECTRICIAN, 200)],
    "warcio-1.0.warc.gz": [(CHEF, 200), (ELECTRICIAN, 200), (TOOLS, None)],
    "warcio-1.1.warc.gz": [(CHEF, 200), (CHEF, 200), (CHEF, 304), (ELECTRICIAN, 200)],
    "py-wacz.wacz": [(CHEF, 200), (ELECTRICIAN, 200), (TOOLS, None)],
    "foreign.warc": [],
}


@pytest.mark.parametrize("name", SAMPLED)
def test_files_of_real_tools(name):
    captures = [item.what.capture for item in read(SAMPLES / name) if isinstance(item.what, Found | Confirmed)]
    assert [(c.url.rpartition("/")[2].removesuffix("-differences"), c.status) for c in captures] == SAMPLED[name]
    for capture in captures:
        assert (capture.origin, capture.time_source, capture.requested) == ("warc", "warc", "")
        assert capture.url.startswith("https://www.zippia.com/")
        if capture.body:
            case = capture.url.rpartition("/")[2].removesuffix("-differences")
            assert capture.body == (SAMPLES.parent / "pages" / "zippia" / case / "page.html").read_bytes()


def test_what_is_passed_over_is_counted_in_one_line():
    (wget,) = [item.what for item in read(SAMPLES / "wget.warc.gz") if not isinstance(item.what, Found)]
    assert (wget.code, wget.severity) == ("other_records", "info")
    assert wget.message.endswith("3 records passed over: 3 of another address")
    (foreign,) = read(SAMPLES / "foreign.warc")
    assert foreign.what.message.endswith("2 records passed over: 2 of another address")


# --- forms -----------------------------------------------------------------------------------------------------------

FORMS = {
    "plain.warc": b"".join,
    "members.warc.gz": lambda pages: zipped(*pages),
    "whole.warc.gz": lambda pages: gzip.compress(b"".join(pages)),
    "two in a member.warc.gz": lambda pages: zipped(b"".join(pages[:2]), b"".join(pages[2:])),
    "plain by its bytes.warc.gz": b"".join,
    "gzip by its bytes.warc": lambda pages: zipped(*pages),
    "line feeds.warc": lambda pages: b"".join(one.replace(b"\r\n", b"\n", 6)[:-4] + b"\n\n" for one in pages),
    "blank lines between.warc": b"\r\n\r\n".join,
}


@pytest.mark.parametrize("name", FORMS)
def test_each_form_of_a_file(tmp_path, name):
    pages = [page(number, version=version) for number, version in enumerate(("1.0", "1.1", "1.0", "1.1"))]
    assert told(put(tmp_path / name, FORMS[name](pages))) == ["0", "1", "2", "3"]


KINDS = {
    "response": (page(), ["0"]),
    "a type in capitals": (page().replace(b"Type: response", b"Type: RESPONSE"), ["0"]),
    "resource": (record(BODY, "resource", Content_Type="text/html"), ["0"]),
    "address in brackets": (page(WARC_Target_URI=f"<{URL}>"), ["0"]),
    "another spelling": (page(WARC_Target_URI=URL.replace("https://www.", "http://") + "/?utm=1#top"), ["0"]),
    "offset": (page(WARC_Date="2024-03-01T12:00:00.5+02:00"), ["0"]),
    "revisit": (revisit(), ["?"]),
    "request": (record(b"GET / HTTP/1.1\r\n\r\n", "request"), []),
    "metadata": (record(b"x: y", "metadata"), []),
    "warcinfo": (record(b"x: y", "warcinfo", WARC_Target_URI=""), []),
    "conversion": (record(b"words", "conversion"), ["other_records"]),
    "another address": (page(WARC_Target_URI="https://www.zippia.com/jobs"), ["other_records"]),
    "no web address": (page(WARC_Target_URI="urn:x"), []),
    "404": (record(http(status="404 Not Found")), ["other_records"]),
    "206": (record(http(status="206 Partial")), ["other_records"]),
    "a 304 that is no revisit": (record(http(b"", status="304 Not Modified")), ["other_records"]),
    "dns": (record(b"1.2.3.4", "response", Content_Type="text/dns"), ["other_records"]),
}


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_record(tmp_path, name):
    block, expected = KINDS[name]
    assert told(put(tmp_path / "x.warc", block)) == expected


PACKED, CHUNKS = gzip.compress(BODY), b"%x;x=y\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (9, BODY[:9], len(BODY) - 9, BODY[9:])
GZIP, CHUNKED = "Content-Encoding: gzip", "Transfer-Encoding: chunked"
BODIES = {
    "gzip": http(PACKED, HTML, GZIP),
    "deflate": http(zlib.compress(BODY), HTML, "Content-Encoding: deflate"),
    "chunks": http(CHUNKS, HTML, CHUNKED),
    "gzip in chunks": http(b"%x\r\n%s\r\n0\r\n\r\n" % (len(PACKED), PACKED), HTML, GZIP, CHUNKED),
    "gzip taken away by the tool": http(BODY, HTML, GZIP, f"Content-Length: {len(PACKED)}"),
    "chunks taken away by the tool": http(BODY, HTML, CHUNKED),
    "a folded header": http(BODY, "X-A: 1,", "\t2", HTML),
    "a header without a colon": http(BODY, "oops", HTML),
    "no words": http(BODY, HTML, status="200"),
}


@pytest.mark.parametrize("name", BODIES)
def test_the_body_of_a_response(tmp_path, name):
    (item,) = read(put(tmp_path / "x.warc", record(BODIES[name])))
    capture = item.what.capture
    assert (capture.body, capture.media_type, capture.charset) == (BODY, "text/html", "utf-8")
    assert (stamp(capture.captured_at), capture.status) == (AT, 200)


@pytest.mark.parametrize(
    "form", [BODIES["gzip in chunks"].partition(b"\r\n\r\n")[2], PACKED, BODY], ids=["sent", "packed", "page"]
)
@pytest.mark.parametrize(
    "write", [sha1, lambda b: f"SHA-256:{hashlib.sha256(b).hexdigest()}", lambda b: "blake9:x", lambda b: ""]
)
def test_a_payload_digest_may_be_of_each_form_of_the_body(tmp_path, form, write):
    block = record(BODIES["gzip in chunks"], WARC_Payload_Digest=write(form))
    assert told(put(tmp_path / "x.warc", block)) == ["0"]


# --- what is refused -------------------------------------------------------------------------------------------------

WRONG = {
    "payload digest": (page(WARC_Payload_Digest=sha1(b"x")), "digest_differs"),
    "block digest": (page(WARC_Block_Digest=sha1(b"x")), "digest_differs"),
    "no digest": (page(WARC_Payload_Digest="sha1:short"), "digest_differs"),
    "a digest with bad letters": (page(WARC_Payload_Digest="sha256:" + "g" * 64), "digest_differs"),
    "a revisit's block digest": (revisit(block=http(b""), WARC_Block_Digest=sha1(b"x")), "digest_differs"),
    "no HTTP": (record(b"<p>words"), "bad_record"),
    "an HTTP head that does not end": (record(b"HTTP/1.1 200 OK\r\nContent-Type: text"), "bad_record"),
    "an empty block": (record(b""), "bad_record"),
    "cut by the tool": (page(WARC_Truncated="length"), "bad_record"),
    "fewer bytes than promised": (record(http(BODY, HTML, f"Content-Length: {len(BODY) + 1}")), "bad_record"),
    "gzip that is cut": (record(http(PACKED[:-9], HTML, GZIP)), "bad_record"),
    "chunks that are cut": (record(http(CHUNKS[:-9], HTML, CHUNKED)), "bad_record"),
    "chunks without an end": (record(http(CHUNKS[:-5], HTML, CHUNKED)), "bad_record"),
    "brotli": (record(http(b"\x0b\x02", HTML, "Content-Encoding: br")), "bad_record"),
    "a bomb": (record(http(gzip.compress(bytes(MAX_BYTES + 1)), HTML, GZIP)), "too_large"),
    "segments": (page(WARC_Segment_Number="1"), "bad_record"),
    "a later segment": (record(BODY, "continuation", WARC_Segment_Number="2"), "bad_record"),
    "no time": (page(WARC_Date=""), "bad_record"),
    "a year alone": (page(WARC_Date="2024"), "bad_record"),
    "a time to come": (page(WARC_Date=DECEMBER), "bad_record"),
    "a record of ours that is none": (page(Careerscape_Origin="live"), "bad_record"),
    "no length": (page().replace(b"Content-Length", b"Length"), "bad_record"),
    "a length that is no number": (page().replace(b"Content-Length: ", b"Content-Length: -"), "bad_record"),
    "two lengths": (page().replace(b"Content-Length", b"Content-Length: 1\r\nContent-Length"), "bad_record"),
    "no type": (page().replace(b"WARC-Type", b"Type"), "bad_record"),
    "an unknown version": (page().replace(b"WARC/1.0", b"WARC/1.7"), "bad_record"),
    "no WARC": (b"words\r\n" * 9, "bad_record"),
    "nothing": (b"", "bad_record"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_trusted_is_named(tmp_path, name):
    data, code = WRONG[name]
    path = put(tmp_path / "x.warc", data)
    (item,) = read(path)
    assert item.what.code == code
    assert str(path) in item.what.message


@pytest.mark.parametrize("name", [name for name in WRONG if name != "nothing"])
@pytest.mark.parametrize("pack", [lambda *records: b"".join(records), zipped, lambda *r: gzip.compress(b"".join(r))])
def test_a_bad_record_costs_no_other(tmp_path, name, pack):
    data, code = WRONG[name]
    assert told(put(tmp_path / "x.warc.gz", pack(page(1), data, page(2), page(3)))) == ["1", code, "2", "3"]


# --- damage ----------------------------------------------------------------------------------------------------------

LENGTHS = [1, len(http()) - 5, *(len(http()) + more for more in (1, 2, 3, 4, 5, 700)), 10**6, 3 * 10**6, 10**15]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("pack", [lambda *records: b"".join(records), zipped, lambda *r: gzip.compress(b"".join(r))])
@pytest.mark.parametrize("url", [URL, "http://other.example/"])
def test_a_wrong_length_costs_no_other_record(tmp_path, length, pack, url):
    wrong = record(http(), length=length, WARC_Target_URI=url)
    rest = [page(number) for number in range(2, 6)]
    found = told(put(tmp_path / "x.warc.gz", pack(page(1), wrong, *rest)))
    assert [word for word in found if word.isdigit()] == ["1", "2", "3", "4", "5"]
    assert found[1] == "bad_record" or (url != URL and found[-1] == "other_records")


def test_a_flipped_byte_anywhere_loses_one_record_at_most_and_is_seen(tmp_path):
    whole = zipped(*(page(number, digest=True) for number in range(3)))
    start, end = len(zipped(page(0, digest=True))), len(whole) - len(zipped(page(2, digest=True)))
    for at in range(start, end, 11):
        data = bytearray(whole)
        data[at] ^= 0x10
        items = read(put(tmp_path / "x.warc.gz", bytes(data)))
        minutes = [item.what.capture.captured_at.minute for item in items if isinstance(item.what, Found)]
        assert {0, 2} <= set(minutes), at
        assert all(item.what.capture.body == BODY for item in items if isinstance(item.what, Found)), at
        harmless = range(start + 4, start + 10)  # time, level and system in the head of a member
        assert at in harmless or any(not isinstance(item.what, Found) for item in items), at


@pytest.mark.parametrize("digest", [True, False])
def test_a_torn_tail_anywhere(tmp_path, digest):
    whole = zipped(*(page(number, digest=digest) for number in range(3)))
    start = len(zipped(page(0, digest=digest), page(1, digest=digest)))
    for end in [*range(start + 1, len(whole) - 9, 23), *range(len(whole) - 9, len(whole))]:
        found = told(put(tmp_path / "x.warc.gz", whole[:end]))
        assert found[:2] == ["0", "1"]
        assert "bad_record" in found[2:], end
        assert digest or "2" not in found


def test_a_whole_file_in_one_member_that_is_torn_keeps_what_digests_prove(tmp_path):
    for digest, expected in ((True, ["0", "1", "bad_record"]), (False, ["bad_record"] * 3)):
        whole = b"".join(page(number, digest=digest, body=BODY + os.urandom(3000).hex().encode()) for number in range(3))
        assert told(put(tmp_path / "x.warc.gz", gzip.compress(whole)[:-900])) == expected


def test_plain_files_torn_or_with_bytes_between(tmp_path):
    assert told(put(tmp_path / "torn.warc", (page(0) + page(1))[:-50])) == ["0", "bad_record"]
    assert told(put(tmp_path / "between.warc", page(0) + b"\0\1rubbish\r\n" + page(1))) == ["0", "bad_record", "1"]
    assert told(put(tmp_path / "zip.warc.gz", zipped(page(0)) + bytes(99) + zipped(page(1)))) == ["0", "bad_record", "1"]
    assert told(put(tmp_path / "head.warc.gz", b"\0" + zipped(page(0), page(1))[1:])) == ["bad_record", "1"]


def test_a_file_full_of_damage_is_given_up(tmp_path):
    found = told(put(tmp_path / "x.warc", (b"WARC/1.0\r\nx\r\n\r\n" * (MOST_DAMAGES + 50)) + page(1)))
    assert found == ["bad_record"] * (MOST_DAMAGES + 1)


# --- size ------------------------------------------------------------------------------------------------------------


def test_a_member_that_unpacks_to_too_much_is_refused_in_little_memory(tmp_path):
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join([packer.compress(b"WARC/1.0\r\n"), *(packer.compress(bytes(1 << 20)) for _ in range(100)), packer.flush()])
    path = put(tmp_path / "x.warc.gz", zipped(page(0)) + bomb + zipped(page(1)))
    tracemalloc.start()
    try:
        assert told(path) == ["0", "bad_record", "1"]
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_a_large_record_is_passed_over_in_little_memory(tmp_path):
    other = record(http(os.urandom(1 << 20) * 60), WARC_Target_URI="http://other.example/video")
    ours = record(http(os.urandom(1 << 20) * 60))
    for name, data in (("x.warc", page(0) + other + ours + page(1)), ("x.warc.gz", zipped(page(0), other, ours, page(1)))):
        path = put(tmp_path / name, data)
        tracemalloc.start()
        try:
            assert told(path) == ["0", "too_large", "1", "other_records"]
            assert tracemalloc.get_traced_memory()[1] < 80 << 20
        finally:
            tracemalloc.stop()


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.warc")
    (tmp_path / "error.warc").symlink_to("/proc/self/mem")
    assert [told(tmp_path / name) for name in ("pipe.warc", "gone.warc", "error.warc")] == [["unreadable_file"]] * 3
