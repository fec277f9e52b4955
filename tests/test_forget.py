"""A page that is forgotten leaves no row, no record and no byte, all else stays as if it had never been there, and it does not
come back."""

import gzip
import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from db import captures, tombstones
from db.connection import open_to_read
from normalize.errors import UsageError
from scraper import burying, forgetting, rebuild
from scraper.archive import Archive, Location
from scraper.urls import canonical
from scraper.warcs.members import pieces
from tests.figures import SEED, Figures, as_html
from tests.imports import DAYS, DUMPED, NOW, Saved, dump, import_pages, rows, saved, settings, sound
from tests.world import A, B, World, at

pytestmark = pytest.mark.usefixtures("read_here", "nothing_taught")

SHY = replace(SEED, left="Zebra Groomer", right="Yak Herder").with_cell("Best paying company", "Zanzibar Zoo", "Yonder Yaks")
BESIDE = replace(SEED, left="Yak Herder")
URL = canonical(SHY.url)
TWIN = URL.replace("www.zippia.com", "mirror.example")
"""The same page on another host: another page, with the same bytes."""

OTHERS = (saved(SEED, DAYS[0]), saved(BESIDE, DAYS[1]), saved(SEED.with_cell("Average age", "47"), DAYS[3]))
SHY_ONES = (saved(SHY, DAYS[0]), saved(SHY.with_cell("Average age", "51"), DAYS[2]), saved(SHY, DAYS[4]))
TWINS = tuple(replace(page, url=TWIN, at=at) for page, at in zip(SHY_ONES, DAYS[1:4], strict=True))
TIMED = ("history", "change", "conflict")


def forget(root: Path, url: str = SHY.url, reason: str = "") -> forgetting.Forgotten:
    return forgetting.forgotten(settings(root), url, reason, lambda: NOW)


def unpacked(root: Path) -> list[bytes]:
    """All records of the archive."""
    found = []
    for path in sorted(settings(root).archive.glob("*")):
        if path.is_file():
            with path.open("rb") as file:
                found += [b"".join(piece.chunks()) for piece in pieces(file, gzipped=True)]
    return found


def holds(root: Path, *words: str) -> list[str]:
    """Where a word stands: in the files of the database as they are, or in records of the archive."""
    raw = [(path.name, path.read_bytes()) for path in root.glob("careerscape.db*")]
    raw += [(f"record {number}", record) for number, record in enumerate(unpacked(root))]
    return [f"{word} in {name}" for name, content in raw for word in words if word.encode() in content]


def all_readable(root: Path) -> bool:
    """Whether each capture's body lies where the index says."""
    with closing(open_to_read(settings(root).db)) as db:
        archive = Archive(settings(root).archive, {}, NOW)
        for (name,) in db.execute("SELECT capture_id FROM capture").fetchall():
            record = captures.location(db, name)
            archive.read(Location(record.warc_file, record.warc_offset, record.warc_length), record.sha256)
            own = db.execute("SELECT warc_file, warc_offset, warc_length FROM capture WHERE capture_id = ?", [name]).fetchone()
            with (settings(root).archive / own[0]).open("rb") as file:
                file.seek(own[1])
                assert gzip.decompress(file.read(own[2])).startswith(b"WARC/1.1")
    return True


def as_if_never_there(root: Path, others: tuple[Saved, ...] = OTHERS) -> None:
    """The database says what one says that never saw the page, and so does one that is built from the archive."""
    never = root / "never"
    never.mkdir(exist_ok=True)
    if not settings(never).db.exists():
        import_pages(never, *others)
    wanted = dump(settings(never).db, (*DUMPED, *TIMED))
    assert dump(settings(root).db, (*DUMPED, *TIMED)) == wanted
    assert sound(settings(root).db)
    assert all_readable(root)
    (root / "again.db").unlink(missing_ok=True)
    assert rebuild.rebuild(settings(root), root / "again.db", lambda: NOW).exit_code == 0
    assert dump(root / "again.db", (*DUMPED, *TIMED)) == wanted
    with closing(open_to_read(settings(root).db)) as db:
        assert burying.remains(db, Archive(settings(root).archive, {}, NOW), URL) == []


def test_a_page_goes_with_all_that_only_it_said(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES, *OTHERS)
    before = holds(tmp_path, URL, "zebra-groomer", "Zanzibar Zoo")
    done = forget(tmp_path, reason="asked by its owner")
    assert len(before) > 6
    assert (done.gone.captures, done.gone.occupations, done.exit_code) == (3, ("zebra-groomer",), 0)
    assert holds(tmp_path, URL, "zebra-groomer", "Zebra Groomer", "Zanzibar Zoo") == []
    as_if_never_there(tmp_path)
    assert rows(settings(tmp_path).db, "SELECT hex(url_sha256), reason FROM tombstone") == [
        (tombstones.digest(URL).upper(), "asked by its owner")
    ]
    assert rows(settings(tmp_path).db, "SELECT command, exit_code FROM run ORDER BY run_id DESC LIMIT 1") == [("forget", 0)]


@pytest.mark.parametrize("order", [(SHY_ONES, TWINS), (TWINS, SHY_ONES)])
def test_a_body_that_another_page_needs_moves_there(tmp_path: Path, order: tuple[tuple[Saved, ...], ...]):
    import_pages(tmp_path, *order[0], *order[1], *OTHERS)
    forget(tmp_path)
    assert holds(tmp_path, URL) == []
    as_if_never_there(tmp_path, (*TWINS, *OTHERS))


def test_bodies_cross_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("scraper.archive.MAX_FILE_BYTES", 1500)
    import_pages(tmp_path, *SHY_ONES, *OTHERS, *TWINS)
    assert len(Archive(settings(tmp_path).archive, {}, NOW).files()) > 3
    done = forget(tmp_path)
    assert len(done.rewritten) > 1
    assert holds(tmp_path, URL) == []
    as_if_never_there(tmp_path, (*OTHERS, *TWINS))


def test_it_does_not_come_back_by_import_and_is_said_once(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES, *OTHERS)
    forget(tmp_path)
    report = import_pages(tmp_path, *SHY_ONES)
    assert [f.code for f in report.counts.lost] == ["forgotten"]
    assert (report.counts.pages, report.exit_code) == (0, 0)
    assert holds(tmp_path, URL, "Zanzibar Zoo") == []
    as_if_never_there(tmp_path)


def test_an_unknown_page_is_kept_out(tmp_path: Path):
    import_pages(tmp_path, *OTHERS)
    done = forget(tmp_path)
    assert (done.known, done.exit_code, done.rewritten) == (False, 0, ())
    import_pages(tmp_path, *SHY_ONES)
    as_if_never_there(tmp_path)


def test_twice_is_once(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES, *OTHERS)
    forget(tmp_path)
    assert forget(tmp_path).known is False
    as_if_never_there(tmp_path)


def test_two_pages_one_after_the_other(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES, *OTHERS, *TWINS)
    forget(tmp_path)
    forget(tmp_path, TWIN)
    assert holds(tmp_path, URL, TWIN, "zebra-groomer", "Zanzibar Zoo") == []
    as_if_never_there(tmp_path)


@pytest.mark.parametrize(("url", "reason"), [("ftp://x.example/", ""), ("no address", ""), (SHY.url, f"see {SHY.url}")])
def test_what_cannot_be_is_refused(tmp_path: Path, url: str, reason: str):
    import_pages(tmp_path, *SHY_ONES)
    with pytest.raises(UsageError):
        forget(tmp_path, url, reason)
    assert rows(settings(tmp_path).db, "SELECT count(*) FROM tombstone") == [(0,)]
    assert rows(settings(tmp_path).db, "SELECT count(*) FROM run") == [(1,)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (URL, True),
        (f"fetch_failed: timeout: {URL}", True),
        (URL.replace("https://www.zippia.com", "http://zippia.com"), True),
        (f"https://web.archive.org/web/20200101000000id_/{URL}", True),
        ("https://index.example/q?url=www.zippia.com%2Fzebra-groomer-jobs%2Fzebra-groomer-vs-yak-herder-differences&x=1", True),
        ("com,zippia)/zebra-groomer-jobs/zebra-groomer-vs-yak-herder-differences 20200101", True),
        (f"{URL}/", True),
        (f"{URL}?page=2", True),
        (f"{URL}-of-old", False),
        (f"{URL}/more", False),
        (TWIN, False),
        ("https://www.zippia.com/zebra-groomer-jobs/", False),
    ],
)
def test_what_names_a_page(text: str, named: bool):
    assert burying.naming(URL)(text) is named
