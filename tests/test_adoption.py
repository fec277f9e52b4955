"""What a dead run left in the archive is taken over by the next: whole records, and nothing else."""

import errno
import fcntl
import gzip
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from db import captures, load
from db import queue as visits
from db.connection import open_to_read
from db.lock import writing_folder
from normalize.errors import Busy, Rejected, StorageError
from normalize.reading import rejected
from scraper import archive as archives
from scraper import bodies, importing, run, scrape
from scraper.archive import Archive
from scraper.http import Client
from scraper.keeping import adoption
from scraper.urls import canonical
from scraper.wishes import Wish
from tests import imports
from tests.figures import OVERVIEW, SEED, Figures, as_html
from tests.imports import DAYS, NOW, ReadHere, Saved, Stopped, dump, import_pages, rows, saved, settings, sound, whole_records
from tests.web import FakeTime, Net

PLUMBER = replace(OVERVIEW, right="Plumber")
PAGES = [
    saved(OVERVIEW, DAYS[0]),
    saved(SEED, DAYS[0]),
    saved(OVERVIEW, DAYS[1]),
    saved(OVERVIEW.with_cell("Average age", "50", "51"), DAYS[2]),
    saved(PLUMBER, DAYS[3]),
    Saved(PLUMBER.url, DAYS[4], b"Nothing of the kind.\n"),
    Saved(SEED.url, "", b"No page of such jobs, as old as its file.\n", modified=1_700_000_000),
]
INDEX = "SELECT c.*, p.url FROM page_capture c JOIN page p ON p.id = c.page_id ORDER BY c.captured_at, p.url"
HOST = "http://a.example"
DAY_S = 86_400


@pytest.fixture(autouse=True)
def _read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "Sandbox", Here)


class Here(ReadHere):
    """Reads in this process; `read` counts the pages."""

    read = 0

    def parse_many(self, pages: Any) -> Any:
        Here.read += len(pages)
        return super().parse_many(pages)

    @staticmethod
    def links(body: bytes, media_type: str, charset: str, url: str) -> tuple[str, ...]:
        return (at(PLUMBER),) if b"<a href" in body else ()


def lose_database(root: Path) -> None:
    for path in root.glob("careerscape.db*"):
        path.unlink()


def warc(root: Path) -> Path:
    """The only file of the archive."""
    (path,) = settings(root).archive.glob("*.warc.gz")
    return path


def said(root: Path) -> dict[str, list[tuple]]:
    return dump(settings(root).db)


def index(root: Path) -> list[dict[str, Any]]:
    """The index without the numbers of its rows."""
    columns = [row[1] for row in rows(settings(root).db, "PRAGMA table_info(page_capture)")] + ["url"]
    left_out = {"id", "page_id", "newest_reading_id", "published_reading_id", "body_capture_id"}
    return [{k: v for k, v in zip(columns, row, strict=True) if k not in left_out} for row in rows(settings(root).db, INDEX)]


def noted(root: Path) -> list[str]:
    """What was found of the archive, by the last run."""
    query = (
        "SELECT code FROM finding WHERE code IN ('foreign_bytes', 'torn_record', 'lost_body') "
        "AND run_id = (SELECT max(run_id) FROM run) ORDER BY code"
    )
    return [code for (code,) in rows(settings(root).db, query)]


def check(root: Path) -> None:
    """Database and archive are in order and agree."""
    assert sound(settings(root).db)
    with closing(captures_of(root)) as db:
        archive = Archive(settings(root).archive, captures.known_files(db), NOW)
        for (name,) in db.execute("SELECT capture_id FROM page_capture").fetchall():
            bodies.read(archive, captures.location(db, name))


def captures_of(root: Path) -> Any:
    return open_to_read(settings(root).db)


# --- whole archives --------------------------------------------------------------------------------------------------


def test_a_database_that_is_gone_is_filled_from_the_archive_as_it_was(tmp_path: Path):
    import_pages(tmp_path, *PAGES)
    before, indexed, size = said(tmp_path), index(tmp_path), warc(tmp_path).stat().st_size
    lose_database(tmp_path)
    report = import_pages(tmp_path)
    assert (said(tmp_path), index(tmp_path)) == (before, indexed)
    assert (len(report.adopted), report.counts.pages, warc(tmp_path).stat().st_size) == (len(PAGES), len(PAGES), size)
    assert [r.outcome for r in report.adopted].count("unchanged") == 1
    assert import_pages(tmp_path).adopted == []
    check(tmp_path)


def test_what_was_adopted_is_not_taken_in_again(tmp_path: Path):
    import_pages(tmp_path, *PAGES)
    before, size = said(tmp_path), warc(tmp_path).stat().st_size
    lose_database(tmp_path)
    assert import_pages(tmp_path, *PAGES).counts.pages == 2 * len(PAGES)
    assert (said(tmp_path), warc(tmp_path).stat().st_size) == (before, size)


def test_several_files_are_adopted_and_the_last_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives, "MAX_FILE_BYTES", 2500)
    import_pages(tmp_path, *PAGES)
    before, files = said(tmp_path), sorted(settings(tmp_path).archive.glob("*.warc.gz"))
    assert len(files) > 1
    lose_database(tmp_path)
    monkeypatch.setattr(archives, "MAX_FILE_BYTES", 1 << 30)
    import_pages(tmp_path, saved(SEED.with_cell("Average age", "20", "21"), DAYS[5]))
    assert said(tmp_path) != before
    assert sorted(settings(tmp_path).archive.glob("*.warc.gz")) == files
    check(tmp_path)


def test_a_revisit_in_a_file_before_that_of_its_body_is_adopted(tmp_path: Path):
    import_pages(tmp_path, saved(OVERVIEW, DAYS[0]), saved(SEED, DAYS[0]))
    later = warc(tmp_path)
    import_pages(tmp_path, saved(OVERVIEW, DAYS[1]), saved(PLUMBER, DAYS[1]))
    before, (size,) = (
        said(tmp_path),
        rows(settings(tmp_path).db, "SELECT warc_offset FROM capture WHERE captured_at = ?", DAYS[1])[:1],
    )
    content = later.read_bytes()
    (later.parent / later.name.replace("2026", "2025")).write_bytes(content[size[0] :])  # a clock went back
    later.write_bytes(content[: size[0]])
    lose_database(tmp_path)
    adoption_of_one(import_pages, tmp_path)
    assert (said(tmp_path), noted(tmp_path)) == (before, [])
    check(tmp_path)


def adoption_of_one(function: Callable[..., Any], *arguments: Any) -> Any:
    """Adopt one record a transaction."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adoption, "RECORDS_A_TRANSACTION", 1)
        return function(*arguments)


def test_a_revisit_whose_body_is_lost_is_named(tmp_path: Path):
    import_pages(tmp_path, saved(OVERVIEW, DAYS[0]))
    start = warc(tmp_path).stat().st_size
    import_pages(tmp_path, saved(OVERVIEW, DAYS[1]), saved(SEED, DAYS[1]))
    warc(tmp_path).write_bytes(warc(tmp_path).read_bytes()[start:])
    lose_database(tmp_path)
    report = import_pages(tmp_path)
    assert ([r.outcome for r in report.adopted], noted(tmp_path)) == (["loaded"], ["lost_body"])
    assert [row["url"] for row in index(tmp_path)] == [SEED.url]
    assert import_pages(tmp_path).adopted == []
    assert noted(tmp_path) == []


def test_a_body_that_was_written_again_is_found_again(tmp_path: Path):
    import_pages(tmp_path, saved(OVERVIEW, DAYS[0]), saved(OVERVIEW, DAYS[1]))
    before, path = said(tmp_path), warc(tmp_path)
    shutil.copy(settings(tmp_path).db, tmp_path / "kept")
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="holds none of the pages"):
        import_pages(tmp_path, saved(OVERVIEW, DAYS[0]))
    path.touch()
    import_pages(tmp_path, saved(OVERVIEW, DAYS[0]))  # heals, in a new file
    shutil.copy(tmp_path / "kept", settings(tmp_path).db)  # what the database would be had that run died
    import_pages(tmp_path)
    assert said(tmp_path) == before
    check(tmp_path)


def test_files_of_others_are_left_alone(tmp_path: Path):
    import_pages(tmp_path, PAGES[0])
    folder = settings(tmp_path).archive
    others = {"crawl.warc.gz": warc(tmp_path).read_bytes(), "careerscape-1.warc.gz": b"\0" * 99, "notes.txt": b"x"}
    for name, content in others.items():
        (folder / name).write_bytes(content)
    lose_database(tmp_path)
    assert (len(import_pages(tmp_path).adopted), noted(tmp_path)) == (1, [])
    assert {name: (folder / name).read_bytes() for name in others} == others


def test_a_page_that_was_too_hostile_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(self: Here, pages: Any) -> Any:
        return [rejected(Rejected("too_hostile", "more than 5 s of CPU")) for _ in pages]

    with monkeypatch.context() as patch:
        patch.setattr(Here, "parse_many", refuse)
        import_pages(tmp_path, PAGES[0])
    before = said(tmp_path)
    assert rows(settings(tmp_path).db, "SELECT code FROM finding") == [("too_hostile",)]
    content = warc(tmp_path).read_bytes()
    for apart in (False, True):
        if apart:  # the file was full
            end = rows(settings(tmp_path).db, "SELECT warc_offset + warc_length FROM capture")[0][0]
            warc(tmp_path).write_bytes(content[:end])
            path = warc(tmp_path)
            path.with_name(path.name.replace("00001", "00002")).write_bytes(content[end:])
        lose_database(tmp_path)
        Here.read = 0
        import_pages(tmp_path)
        assert (said(tmp_path), Here.read) == (before, 0)
    check(tmp_path)


def test_adoption_that_dies_in_the_middle_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import_pages(tmp_path, *PAGES)
    before = said(tmp_path)
    lose_database(tmp_path)
    adopted = []
    for loaded in (2, 3):
        calls = iter(range(loaded))

        def dying(*given: Any, left: Any = calls, load: Any = load.load) -> Any:
            if next(left, None) is None:
                raise MemoryError
            return load(*given)

        with monkeypatch.context() as patch:
            patch.setattr(load, "load", dying)
            with pytest.raises(MemoryError):
                adoption_of_one(import_pages, tmp_path)
        adopted += [len(index(tmp_path))]
        check(tmp_path)
    assert adopted == [2, 5]
    assert rows(settings(tmp_path).db, "SELECT count(*) FROM observation") == [(0,)]
    report = import_pages(tmp_path)
    assert (len(report.adopted), said(tmp_path)) == (2, before)


@pytest.mark.parametrize("adopting", [False, True], ids=["taken in", "adopted"])
def test_nothing_is_indexed_before_it_is_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, adopting: bool):
    durable: dict[str, int] = {}
    fsync = os.fsync

    def check_index() -> None:
        if settings(tmp_path).db.exists():
            for name, size in rows(settings(tmp_path).db, "SELECT name, size FROM archive_file"):
                assert size <= durable.get(name, 0)

    def made_durable(descriptor: int) -> None:
        check_index()
        fsync(descriptor)
        durable[Path(f"/proc/self/fd/{descriptor}").readlink().name] = os.fstat(descriptor).st_size

    if adopting:
        import_pages(tmp_path, *PAGES)
        lose_database(tmp_path)
    monkeypatch.setattr(os, "fsync", made_durable)
    monkeypatch.setattr(importing, "PAGES_A_TRANSACTION", 2)
    adoption_of_one(import_pages, tmp_path, *(() if adopting else PAGES))
    check_index()
    assert durable.keys() >= {warc(tmp_path).name, warc(tmp_path).parent.name}


# --- torn and foreign tails ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def torn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of which the database knows the first record, with two more behind it."""
    root = tmp_path_factory.mktemp("torn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "Sandbox", Here)
        import_pages(root, PAGES[0])
        shutil.copy(settings(root).db, root / "one.db")
        import_pages(root, PAGES[1])
        shutil.copy(settings(root).db, root / "two.db")
        import_pages(root, Saved(PLUMBER.url, DAYS[3], b"x"))
    return root


def copy_of(torn: Path, root: Path, database: str) -> Path:
    """A copy whose database knows less; the answer is its archive file."""
    settings(root).archive.mkdir()
    shutil.copy(warc(torn), settings(root).archive)
    shutil.copy(torn / database, settings(root).db)
    return warc(root)


def test_a_record_that_is_cut_at_any_byte_is_cut_off_and_the_file_goes_on(torn: Path, tmp_path: Path):
    path = copy_of(torn, tmp_path, "two.db")
    content = path.read_bytes()
    ((name, start),) = rows(settings(tmp_path).db, "SELECT name, size FROM archive_file")
    assert name == path.name
    for size in range(start, len(content) + 1):
        path.write_bytes(content[:size])
        found = [place.offset for place, _ in whole_records(path.parent, name, start)]
        assert found == ([start] if size == len(content) else []), size


@pytest.mark.slow
def test_a_run_over_a_record_that_is_cut_short(torn: Path, tmp_path: Path):
    ends = [row[0] for database in ("one.db", "two.db") for row in rows(torn / database, "SELECT size FROM archive_file")]
    content = warc(torn).read_bytes()
    pages = imports.save(tmp_path / "new", [PAGES[3]])
    inside = range(ends[1] + 30, len(content) - 30, 4)
    for size in (*range(ends[1], ends[1] + 30), *inside, *range(len(content) - 30, len(content) + 1)):
        root = tmp_path / str(size)
        root.mkdir()
        path = copy_of(torn, root, "one.db")
        os.truncate(path, size)
        report = imports.importing.import_pages(settings(root), pages, lambda: NOW, lambda told: None)
        whole = 2 if size == len(content) else 1
        assert len(report.adopted) == whole, size
        assert noted(root) == (["torn_record"] if ends[1] < size < len(content) else []), size
        places = rows(settings(root).db, "SELECT warc_offset FROM page_capture ORDER BY id")
        assert places[-1] == ((ends[1] if whole == 1 else len(content)),), size
        assert len(places) == 2 + whole
        assert warc(root) == path
        check(root)
        shutil.rmtree(root)


FOREIGN = {
    "zeros": b"\0" * 4096,
    "a zero": b"\0",
    "text": b"somebody's notes",
    "gzip of something": gzip.compress(b"somebody's notes"),
    "the beginning of it": gzip.compress(os.urandom(999))[:500],
    "gzip of nothing": gzip.compress(b""),
    "a damaged record": None,
}


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("database", ["one.db", "two.db", "none"])
def test_bytes_that_are_no_record_stay_and_a_new_file_is_begun(torn: Path, tmp_path: Path, name: str, database: str):
    path = copy_of(torn, tmp_path, "two.db")
    ((start,),) = rows(settings(tmp_path).db, "SELECT size FROM archive_file")
    if database == "none":
        lose_database(tmp_path)
    else:
        shutil.copy(torn / database, settings(tmp_path).db)
    content = path.read_bytes()
    last = gzip.decompress(content[start:]).replace(b"Origin: file", b"Origin: moon")
    behind = FOREIGN[name]
    path.write_bytes(content[:start] + (gzip.compress(last) if behind is None else behind))
    before = path.read_bytes()
    for new in (PAGES[3], PAGES[4]):
        import_pages(tmp_path, new)
        assert noted(tmp_path) == ["foreign_bytes"]
        assert path.read_bytes() == before
        check(tmp_path)
    assert len(index(tmp_path)) == 4
    names = rows(settings(tmp_path).db, "SELECT warc_file, count(*) FROM capture GROUP BY 1")
    assert sorted(names, key=lambda row: row[0] != path.name) == [(path.name, 2), (path.name.replace("00001", "00002"), 2)]


# --- locks -----------------------------------------------------------------------------------------------------------


def test_two_databases_share_an_archive_in_turns(tmp_path: Path):
    roots = [tmp_path / "one", tmp_path / "two"]
    for root in roots:
        root.mkdir()
    (roots[1] / "archive").symlink_to(roots[0] / "archive")
    import_pages(roots[0], *PAGES[:3])
    import_pages(roots[1], *PAGES[2:])
    import_pages(roots[0])
    one, two = map(said, roots)
    assert one == two
    assert [index(root) for root in roots] == [index(roots[0])] * 2
    for root in roots:
        check(root)


def test_a_folder_that_cannot_be_locked_is_a_storage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StorageError, match="no locks"):
        import_pages(tmp_path, PAGES[0])


def test_a_second_database_waits_for_nobody(tmp_path: Path):
    with writing_folder(settings(tmp_path).archive), pytest.raises(Busy) as caught:
        import_pages(tmp_path, PAGES[0])
    assert caught.value.exit_code == 75
    import_pages(tmp_path, PAGES[0])


@pytest.mark.slow
def test_an_archive_is_written_by_one_run_at_a_time_whatever_its_database(tmp_path: Path):
    roots = [tmp_path / "one", tmp_path / "two"]
    for root in roots:
        root.mkdir()
    (roots[0] / "archive").mkdir()
    (roots[1] / "archive").symlink_to(roots[0] / "archive")
    imports.save(tmp_path / "pages", PAGES)
    with Stopped(roots[0], tmp_path / "pages", "read:4") as running:
        assert running.at_point()
        second = subprocess.run(imports.command(roots[1], "import", str(tmp_path / "pages")), capture_output=True, check=False)
        assert (second.returncode, len(second.stderr.splitlines())) == (75, 1)
        running.end(signal.SIGKILL)
    assert len(import_pages(roots[1]).adopted) == 3
    import_pages(roots[0])
    assert said(roots[0]) == said(roots[1])


# --- visits ----------------------------------------------------------------------------------------------------------


def at(page: Figures) -> str:
    return HOST + urlsplit(page.url).path


class Dead(BaseException):
    """A run is killed."""


class World:
    """A database, and a site whose time passes only while somebody waits."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch, pages: dict[str, Any]) -> None:
        self.root, self.patch, self.pages, self.time = root, patch, pages, FakeTime()

    def scrape(self, *urls: str, dies: bool = False, **wish: Any) -> list[str]:
        """The paths that a run asked for; one that dies has archived its first page, and no more."""
        net = Net(self.time, self.pages)
        with self.patch.context() as patch:
            patch.setattr(scrape, "Client", lambda agent, guard: Client(agent, guard, net))
            if dies:
                patch.setattr(captures, "add", self._die)
                patch.setattr(visits, "release", lambda *_: None)
            asked = Wish(urls, ("a.example",), 1.0, **wish)
            there = replace(settings(self.root), contact="me@b.example")
            if dies:
                with pytest.raises(Dead):
                    scrape.pages(there, asked, self.time.clock)
            else:
                self.report = scrape.pages(there, asked, self.time.clock)
        return [url.removeprefix(HOST) for url in net.urls if not url.endswith("/robots.txt")]

    def _die(self, *_: object) -> int:
        raise Dead

    def visits(self) -> list[tuple]:
        query = "SELECT v.url, v.state, v.outcome, p.url FROM visit v LEFT JOIN page p ON p.id = v.page_id ORDER BY v.id"
        return rows(settings(self.root).db, query)


SEED_PATH, PLUMBER_PATH = urlsplit(SEED.url).path, urlsplit(PLUMBER.url).path
WHOLE = as_html(SEED)
HEADERS = {"content-type": "text/html; charset=UTF-8", "etag": '"caf\xe9"', "last-modified": "today", "x-robots-tag": "noarchive",
           "set-cookie": "a=b", "content-encoding": "gzip", "x-odd": "\xa0 \xe9", "content-length": "99"}  # fmt: skip
MOVED = {SEED_PATH: (301, {"location": "/x"}), "/x": (302, {"location": SEED_PATH + "?y=1"}), SEED_PATH + "?y=1": WHOLE}
ANSWERED = {
    "a page": ({SEED_PATH: WHOLE}, "ok", SEED_PATH),
    "headers": ({SEED_PATH: (200, HEADERS, gzip.compress(WHOLE))}, "ok", SEED_PATH),
    "a redirect": (MOVED, "ok", SEED_PATH + "?y=1"),
    "nothing": ({SEED_PATH: b""}, "empty", SEED_PATH),
    "another kind": ({SEED_PATH: (200, {"content-type": "application/pdf"}, b"%PDF-1.7")}, "wrong_type", SEED_PATH),
    "another page": ({SEED_PATH: as_html(PLUMBER)}, "ok", SEED_PATH),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_a_page_that_a_dead_run_archived_is_as_if_it_had_lived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    answers, outcome, end = ANSWERED[name]
    worlds = []
    for dies in (False, True):
        root = tmp_path / str(dies)
        root.mkdir()
        world = World(root, monkeypatch, {HOST + path: answer for path, answer in answers.items()})
        worlds.append(world)
        assert world.scrape(at(SEED), dies=dies)[-1] == end
    dead = worlds[1]
    assert dead.visits() == [(at(SEED), "claimed", None, None)]
    assert dead.scrape() == []
    for world in worlds:
        assert world.visits() == [(at(SEED), "done", outcome, canonical(HOST + end))]
    assert said(dead.root) == said(worlds[0].root)
    assert index(dead.root) == index(worlds[0].root)
    due = [rows(settings(world.root).db, "SELECT due_at FROM visit") for world in worlds]
    assert due[0] == due[1]


@pytest.mark.parametrize("confirmed", [True, False], ids=["304", "the same bytes"])
def test_a_page_that_came_again_is_adopted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, confirmed: bool):
    first = (200, {"content-type": "text/html; charset=utf-8", "etag": '"1"'}, WHOLE)
    again = (304, {"etag": '"1"', "content-type": "text/plain"}) if confirmed else first
    worlds = []
    for dies in (False, True):
        root = tmp_path / str(dies)
        root.mkdir()
        world = World(root, monkeypatch, {at(SEED): [first, again]})
        worlds.append(world)
        world.scrape(at(SEED))
        world.time.seconds += 8 * DAY_S
        assert world.scrape(dies=dies) == [SEED_PATH]
    assert worlds[1].scrape() == []
    assert worlds[0].visits() == worlds[1].visits()
    assert worlds[1].visits()[0][2] == ("not_modified" if confirmed else "ok")
    assert said(worlds[1].root) == said(worlds[0].root)
    assert index(worlds[1].root) == index(worlds[0].root)
    assert (worlds[1].report.counts.unchanged, len(index(worlds[1].root))) == (1, 2)


def test_the_links_of_an_adopted_page_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    linking = WHOLE.replace(b"</body>", f'<a href="{PLUMBER_PATH}">next</a></body>'.encode())
    world = World(tmp_path, monkeypatch, {at(SEED): linking, at(PLUMBER): as_html(PLUMBER)})
    world.scrape(at(SEED), follow=1, dies=True)
    assert world.scrape() == [PLUMBER_PATH]
    assert [state for _, state, *_ in world.visits()] == ["done", "done"]


def test_an_import_adopts_what_a_scrape_left_and_publishes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    world = World(tmp_path, monkeypatch, {at(SEED): WHOLE, at(PLUMBER): as_html(PLUMBER)})
    world.scrape(at(SEED), at(PLUMBER), dies=True)
    report = import_pages(tmp_path, PAGES[3])
    assert [r.name for r in report.adopted] == [at(SEED)]
    assert rows(settings(tmp_path).db, "SELECT DISTINCT url FROM observation ORDER BY url") == [(at(SEED),), (OVERVIEW.url,)]
    assert world.scrape() == [PLUMBER_PATH]


def test_a_page_fetched_anew_since_is_not_settled_by_an_old_capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    world = World(tmp_path, monkeypatch, {at(SEED): [WHOLE, (500, {})]})
    world.scrape(at(SEED))
    content, known = warc(tmp_path), settings(tmp_path).db
    with closing(captures_of(tmp_path)) as db:
        assert captures.known_files(db) == {content.name: content.stat().st_size}
    world.time.seconds += 30 * DAY_S
    world.scrape()
    assert world.visits()[0][1:3] == ("queued", "server_error")
    with closing(imports.sqlite3.connect(known)) as db, db:
        db.execute("DELETE FROM archive_file")
    world.pages[at(SEED)] = WHOLE
    assert world.scrape() == [SEED_PATH]
