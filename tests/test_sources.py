"""Saved files: which are pages, and which address and time each gets."""

import json
import os
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from normalize.errors import Rejected, UsageError
from scraper import importing, parsing, sources
from scraper.capture import Capture, stamp
from scraper.readers import MAX_BYTES
from scraper.sources import SavedPage
from tests.figures import SEED, as_html, as_text
from tests.imports import NOW, import_pages, rows, save, saved, settings
from tests.imports import Saved as SavedAs

MODIFIED = datetime(2023, 5, 6, 7, 8, 9, tzinfo=UTC)
A, B, C, D = (f"https://www.zippia.com/{x}-jobs/{x}-vs-z-differences" for x in "abcd")


def link(url: str) -> str:
    return f"<html><head><link rel=canonical href='{url}'></head><body>x</body></html>"


def saved_from(url: str) -> str:
    return f"<!-- saved from url=({len(url):04}){url} -->\n"


def put(folder: Path, files: dict[str, str | bytes | dict]) -> Path:
    """Write files into a folder; dicts are sidecars. All were modified at MODIFIED."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content) if isinstance(content, dict) else content
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        os.utime(path, (MODIFIED.timestamp() + 0.9, MODIFIED.timestamp() + 0.9))
    return folder


def capture(path: Path, url: str = "") -> Capture:
    return sources.capture(SavedPage(path, url), parsing.addresses, NOW)


def refused(path: Path, url: str = "") -> str:
    with pytest.raises(Rejected) as caught:
        capture(path, url)
    assert str(path.parent) in caught.value.detail
    return caught.value.code


# --- addresses -------------------------------------------------------------------------------------------------------

ALL = {"page.json": {"url": A}, "capture.json": {"url": B}, "page.html": saved_from(D) + link(C)}
ADDRESSES = {
    "its own sidecar": (ALL, D, A),
    "capture.json": ({name: ALL[name] for name in ("capture.json", "page.html")}, D, B),
    "--url": ({"page.html": ALL["page.html"]}, D, D),
    "--url beside a sidecar without": ({"page.html": link(C), "page.json": {"captured_at": "2024-01-01T00:00:00Z"}}, D, D),
    "canonical link": ({"page.html": ALL["page.html"]}, "", C),
    "canonical link beside a sidecar without": ({"page.html": link(C), "page.json": {}}, "", C),
    "saved-from comment": ({"page.html": saved_from(D) + "<p>x"}, "", D),
    "saved-from comment beside a relative link": ({"page.html": saved_from(D) + link("/x")}, "", D),
    "saved-from comment beside an empty link": ({"page.html": saved_from(D) + link("")}, "", D),
    "an address in a text": ({"page.txt": f"Source: {C}\n\nWords."}, "", C),
    "a folder named as a sidecar": ({"page.html": link(C), "page.json/x": ""}, "", C),
    "keys that nobody knows": ({"page.html": "x", "page.json": {"url": A, "title": 5, "captured_by": ["me"]}}, "", A),
    "other spellings": ({"page.html": "x", "page.json": {"url": "HTTP://ZIPPIA.com:80" + A[22:] + "/?utm=1#top"}}, "", A),
}  # fmt: skip


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_address_of_a_page(tmp_path, name):
    files, url, expected = ADDRESSES[name]
    page = next(put(tmp_path, files) / name for name in files if name.startswith("page.") and "json" not in name)
    assert capture(page, url).url == expected


@pytest.mark.parametrize(
    "content",
    ["<p>x", link("/jobs"), link("ftp://host/x"), link("https://"), saved_from("ftp://x/y"), "", "\0", "%PDF-1.7", b"\xff\xfe",
     "<!-- https://www.zippia.com/a -->"],
)  # fmt: skip
def test_a_page_without_an_address_is_refused(tmp_path, content):
    assert refused(put(tmp_path, {"page.html": content}) / "page.html") == "no_url"


BROKEN = [
    "", "{", "[]", "null", '"x"', "5", b"\xff\xfe{}", b'{"url": "\xff"}', "[" * 100_000, '{"url": NaN}', "{'url': 1}",
    *(json.dumps({"url": url}) for url in (5, True, [A], {}, " ", "x", "/jobs", "ftp://h/x", "https://", "https://h:99999/",
      "https://[::1", "https://h/a b", "https://h/\x00", "javascript:x", "https://h/" + "x" * 3000)),
    *(json.dumps({"url": A, "captured_at": at}) for at in (5, [], " ", "yesterday", "2024", "2024-01-01", "2024-01-01T00:00:00",
      "2024-02-30T00:00:00Z", "2024-01-01T25:00:00Z", "2024-01-01T00:00:00+25:00", "0001-01-01T00:00:00+14:00",
      "9999-12-31T23:59:59-12:00", "2126-01-01T00:00:00Z", "1704067200")),
    '{"url": "https://h/\\ud800"}',
]  # fmt: skip


@pytest.mark.parametrize("place", ["page.json", "capture.json"])
@pytest.mark.parametrize("text", BROKEN, ids=lambda text: repr(text[:60]))
def test_a_broken_sidecar_is_refused(tmp_path, place, text):
    put(tmp_path, {"page.html": link(C), place: text})
    assert refused(tmp_path / "page.html", D) == "bad_sidecar"


def test_one_capture_json_does_not_speak_for_several_pages(tmp_path):
    put(tmp_path, {"capture.json": {"url": A}, "one.html": "x", "two.html": "x", "three.html": "x", "three.json": {"url": B}})
    assert [refused(tmp_path / name) for name in ("one.html", "two.html")] == ["bad_sidecar"] * 2
    assert capture(tmp_path / "three.html").url == B


# --- times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "expected", "source"),
    [
        ("2024-02-11T07:42:19Z", "2024-02-11T07:42:19Z", "sidecar"),
        ("2024-02-11T09:42:19.987654+02:00", "2024-02-11T07:42:19Z", "sidecar"),
        ("2024-02-10T22:12:19-09:30", "2024-02-11T07:42:19Z", "sidecar"),
        (None, stamp(MODIFIED), "file"),
    ],
)
def test_the_time_of_a_page(tmp_path, at, expected, source):
    put(tmp_path, {"page.html": "x", "page.json": {"url": A, "captured_at": at}})
    found = capture(tmp_path / "page.html")
    assert (stamp(found.captured_at), found.time_source) == (expected, source)
    assert (found.fetched_at, found.origin, found.status) == (NOW, "file", None)


def test_a_time_is_written_in_twenty_characters():
    assert stamp(datetime(999, 1, 2, 3, 4, 5, tzinfo=UTC)) == "0999-01-02T03:04:05Z"


@pytest.mark.parametrize("seconds", [-1.5, 0, NOW.timestamp() + 1e9, 2.0**35])
def test_the_time_of_any_file(tmp_path, seconds):
    put(tmp_path, {"page.html": link(A)})
    os.utime(tmp_path / "page.html", (seconds, seconds))
    assert capture(tmp_path / "page.html").captured_at <= NOW


def test_the_file_s_own_time_is_a_finding_and_makes_no_second_capture(tmp_path):
    page = SavedAs(SEED.url, "", as_text(SEED), int(MODIFIED.timestamp()))
    touched = SavedAs(SEED.url, "", as_text(SEED), int(MODIFIED.timestamp()) + 9)
    assert import_pages(tmp_path, page).counts.loaded == 1
    assert import_pages(tmp_path, touched, page).counts.unchanged == 2
    db = settings(tmp_path).db
    assert rows(db, "SELECT captured_at FROM capture") == [(stamp(MODIFIED),)]
    assert rows(db, "SELECT severity FROM finding WHERE code = 'time_from_file'") == [("info",)]


# --- files -----------------------------------------------------------------------------------------------------------


def test_folders_are_walked_in_order_and_hidden_files_skipped(tmp_path):
    names = ["b/2.html", "b/10.HTM", "a.txt", "b/c/deep.md", "x.html/inside.xhtml", "z.Html", "x.warc.gz", "b/c.WARC", "b/c.wacz"]
    others = [
        ".hidden.html",
        ".git/page.html",
        "b/.x/page.txt",
        "page.json",
        "capture.json",
        "b/picture.png",
        "b/x.cdx",
        "noend",
    ]
    put(tmp_path, dict.fromkeys(names + others, "x"))
    found = [str(page.path.relative_to(tmp_path)) for page in sources.find([tmp_path], "")]
    assert found == [
        "a.txt", "b/10.HTM", "b/2.html", "b/c/deep.md", "b/c.WARC", "b/c.wacz", "x.html/inside.xhtml", "x.warc.gz", "z.Html",
    ]  # fmt: skip


def test_paths_are_taken_as_given(tmp_path):
    put(tmp_path, {".hidden/.page": "x", "b.html": "x", "a.html": "x"})
    given = [tmp_path / "b.html", tmp_path / ".hidden" / ".page", tmp_path / "a.html"]
    assert [page.path for page in sources.find(given, "")] == given
    assert [page.path for page in sources.find([tmp_path / ".hidden"], "")] == []


@pytest.mark.parametrize("name", ["none.html", "gone", "gone.warc", "dangling.html"])
def test_what_cannot_be_imported_is_wrong_usage(tmp_path, name):
    (tmp_path / "dangling.html").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match=name):
        sources.find([tmp_path / name], "")


PATH = "a-jobs/a-vs-z-differences"
MIRRORED = {
    f"www.zippia.com/{PATH}": A,
    f"zippia.com/{PATH}": A,
    f"mirror/of 2024/www.zippia.com/{PATH}": A,
    f"www.zippia.com/{PATH}.html": A,
    f"www.zippia.com/{PATH}/index.html": A,
    f"www.zippia.com/{PATH}?utm=1": A,
    f"www.zippia.com/{PATH}?utm=1.html": A,
    PATH: "",
    f"saved/{PATH}": "",
    f"www.zippia.com.example/{PATH}": "",
    f"www.zippia.com/more/{PATH}": "",
    "www.zippia.com/a-jobs/b-vs-z-differences": "",
    "www.zippia.com/a-jobs": "",
}


@pytest.mark.parametrize("name", MIRRORED)
def test_the_address_of_a_page_in_the_copy_of_a_site(tmp_path, name):
    path = put(tmp_path, {name: "<p>x"}) / name
    if MIRRORED[name]:
        assert [page.path for page in sources.find([tmp_path], "")] == [path]
        assert capture(path).url == A
    else:
        assert refused(path) == "no_url"


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "saved", "www.zippia.com.example"])
def test_a_copied_page_below_another_host_is_found_and_has_the_address_that_it_says(tmp_path, host):
    put(tmp_path, {f"{host}/{PATH}": link(A), f"{host}/logo": "x", f"{host}/a-jobs/a-vs-z-differences.css": "x"})
    (page,) = sources.find([tmp_path], "")
    assert capture(page.path).url == A


@pytest.mark.parametrize("content", [link(C), saved_from(C)])
def test_what_a_page_says_goes_before_its_folder(tmp_path, content):
    assert capture(put(tmp_path, {f"www.zippia.com/{PATH}": content}) / "www.zippia.com" / PATH).url == C


def test_an_address_goes_with_one_file(tmp_path):
    put(tmp_path, {"one/a.html": "x", "two/a.html": "x", "two/b.html": "x", "none/x.png": "x"})
    assert [*sources.find([tmp_path / "one"], A)] == [SavedPage(tmp_path / "one" / "a.html", A)]
    for paths in ([tmp_path / "two"], [tmp_path / "one", tmp_path / "one"], [tmp_path / "none"], [tmp_path]):
        with pytest.raises(UsageError, match="--url"):
            sources.find(paths, A)
    with pytest.raises(UsageError):
        sources.find([tmp_path / "one"], "no address")


def test_a_file_over_the_cap_is_refused_without_being_read(tmp_path):
    put(tmp_path, {"page.html": "", "page.json": {"url": A}})
    os.truncate(tmp_path / "page.html", 50_000_000)
    tracemalloc.start()
    try:
        assert refused(tmp_path / "page.html") == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 2.5 * MAX_BYTES
    finally:
        tracemalloc.stop()
    os.truncate(tmp_path / "page.html", MAX_BYTES)
    assert len(capture(tmp_path / "page.html").body) == MAX_BYTES


def test_what_is_no_readable_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.html")
    (tmp_path / "error.html").symlink_to("/proc/self/mem")  # reading it fails, for root too
    (tmp_path / "device.html").symlink_to("/dev/zero")
    put(tmp_path, {"gone.html": link(A)})
    pages = [page for name in ("pipe", "error", "device", "gone") for page in sources.find([tmp_path / f"{name}.html"], "")]
    (tmp_path / "gone.html").unlink()
    assert [refused(page.path) for page in pages] == ["unreadable_file"] * 4


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [("page.html", "x", "html"), ("page.HTM", "x", "html"), ("page.md", "<p>", "plain"), ("page.txt", "<p>", "plain"),
     ("page", "\ufeff \n<p>", "html"), ("page", "words", "plain"), ("page.aspx", "<!doctype html>", "html")],
)  # fmt: skip
def test_the_kind_of_a_file(tmp_path, name, content, expected):
    found = capture(put(tmp_path, {name: content}) / name, A)
    assert (found.media_type, found.charset, found.body) == (f"text/{expected}", "", content.encode())


def test_files_that_are_no_pages_are_findings_of_the_run_and_the_rest_is_loaded(tmp_path):
    pages = save(tmp_path / "good", [saved(SEED, "2024-01-01T00:00:00Z")])
    put(tmp_path / "bad", {"a.html": "x", "b.html": as_html(SEED), "b.json": "{", "c.html": ""})
    os.truncate(tmp_path / "bad" / "c.html", 50_000_000)
    os.mkfifo(tmp_path / "bad" / "d.html")
    bad = [*sources.find([tmp_path / "bad" / f"{name}.html" for name in "abcd"], "")]
    report = importing.import_pages(
        settings(tmp_path), [*bad[:2], *pages, *bad[2:]], lambda: NOW + timedelta(1), lambda page: None
    )
    assert (report.exit_code, report.counts.rejected, report.counts.loaded, report.counts.pages) == (3, 4, 1, 5)
    found = rows(settings(tmp_path).db, "SELECT code, run_id, capture_id, url, captured_at FROM finding WHERE severity = 'error'")
    assert found == [(code, 1, None, None, None) for code in ("no_url", "bad_sidecar", "too_large", "unreadable_file")]
