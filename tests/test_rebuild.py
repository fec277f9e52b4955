"""A database of the archive alone says what the one said that runs made."""

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db.lock import writing_folder
from db.lying import Lying
from normalize.errors import Busy, StorageError, UsageError
from scraper import importing, pool, sources, version
from scraper.keeping import adoption, rebuild, reparse
from scraper.keeping.survey import Survey, records_of
from scraper.records import Written
from tests import rebuilding
from tests.command import Command
from tests.figures import OVERVIEW, SEED, as_html
from tests.imports import DAYS, NOW, ReadHere, command, import_pages, rows, saved, settings, sound
from tests.rebuilding import again, bytes_of, differences, digest, said, scattered
from tests.world import A, World, at

pytestmark = pytest.mark.usefixtures("read_here", "nothing_taught")

MADE: dict[str, Callable[[Path], None]] = {
    "holds": rebuilding.hold,
    "a forced publish": rebuilding.drift,
    "a forgotten page": rebuilding.forget,
    "rules and official files": rebuilding.rules,
    "crawls": rebuilding.crawls,
    "old files": rebuilding.old_files,
}


@pytest.fixture(params=MADE)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with a database and its archive."""
    MADE[request.param](tmp_path)
    return tmp_path


def check(root: Path) -> rebuild.Rebuilt:
    """The database of the archive says what that of the runs says, and the archive is as it was."""
    before = bytes_of(settings(root).archive)
    done = again(root)
    assert differences(root) == []
    assert digest(root / "again.db") == digest(settings(root).db)
    assert sound(root / "again.db")
    assert bytes_of(settings(root).archive) == before
    return done


def test_a_rebuilt_database_says_the_same(made: Path):
    assert check(made).exit_code == 0


@pytest.mark.slow
def test_all_fixture_pages_at_three_dates(tmp_path: Path):
    rebuilding.fixtures(tmp_path)
    done = check(tmp_path)
    assert done.captures > 80
    assert (done.captures, done.exit_code) == rows(settings(tmp_path).db, "SELECT count(*), 0 FROM capture")[0]


def test_what_a_scrape_made(world: World):
    rebuilding.scraped(world)
    assert {status for (status,) in world.says("SELECT DISTINCT status FROM capture")} == {200, 304}
    assert world.says("SELECT count(*) FROM capture WHERE noarchive")[0][0] > 1
    check(world.root)


def test_pages_that_were_fetched_are_due_as_before(world: World):
    body = rebuilding.tagged("1", {"content-type": "text/html"}, as_html(SEED))
    world.pages = {at(A): body}
    for _ in range(2):
        world.scrape(at(A), refresh=True)
        world.pass_days(3)
    out = world.root / "again.db"
    rebuild.rebuild(settings(world.root), out, lambda: NOW)
    visits = "SELECT url, state, outcome, gave_rows, substr(due_at, 1, 10) FROM visit"
    kept = world.says(visits)
    assert [(url, state, gave) for url, state, _, gave, _ in kept] == [(at(A), "done", 1)]
    assert [(row[0], row[4]) for row in rows(out, visits)] == [(row[0], row[4]) for row in kept]


def test_a_verdict_is_replayed_and_its_page_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rebuilding.hostile(tmp_path, monkeypatch)
    assert check(tmp_path).rejected == 1


def everything(world: World) -> Path:
    """An archive with conditional requests, revisits, holds and releases."""
    rebuilding.scraped(world)
    rebuilding.drift(world.root)
    return world.root


@pytest.mark.parametrize("orders", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_the_order_of_loading_does_not_matter(world: World, monkeypatch: pytest.MonkeyPatch, orders: int):
    root = everything(world)
    expected, chance = digest(settings(root).db), random.Random(orders)
    monkeypatch.setattr(rebuild, "in_order", lambda held: _shuffled(held, chance))
    assert {digest(again(root, f"{n}.db").path) for n in range(orders)} == {expected}


def _shuffled(held: Survey, chance: random.Random) -> list[Lying]:
    """In any order, but those that hold a body first."""
    found = [*held.captures()]
    return sorted(chance.sample(found, len(found)), key=lambda one: one.revisit)


@pytest.mark.parametrize("orders", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_the_order_of_the_records_does_not_matter(world: World, orders: int):
    root = everything(world)
    expected = said(settings(root).db)
    for seed in range(orders):
        there = scattered(root, root / str(seed), seed)
        assert again(there).exit_code == 0
        assert said(there / "again.db") == expected, seed


@pytest.mark.slow
def test_the_number_of_workers_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from scraper.sandbox import Sandbox

    rebuilding.fixtures(tmp_path)
    rebuilding.hold(tmp_path)
    monkeypatch.setattr("scraper.pool.Sandbox", Sandbox)
    found = {digest(again(tmp_path, f"{workers}.db", workers).path) for workers in (1, 2, 8)}
    assert found == {digest(settings(tmp_path).db)}


# --- what came before ------------------------------------------------------------------------------------------------


def test_after_a_reparse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Pages of three dates, of which the last was read by another parser from the start."""
    read = ReadHere.parse

    def otherwise(body: bytes, media_type: str, charset: str, url: str) -> Any:
        return read(body.replace(b"Average age | 42 | 42", b"Average age | 42 | 43"), media_type, charset, url)

    import_pages(tmp_path, saved(SEED, DAYS[0]), saved(OVERVIEW, DAYS[0]))
    import_pages(tmp_path, saved(SEED.with_cell("Average age", "50", "51"), DAYS[1]))
    monkeypatch.setattr(ReadHere, "parse", staticmethod(otherwise))
    monkeypatch.setattr(version, "parser", lambda: "0.2.0+another")
    import_pages(tmp_path, saved(SEED.with_cell("Average age", "52", "53"), DAYS[2]))
    reparse.reparse(settings(tmp_path), lambda: NOW)
    check(tmp_path)


def test_after_a_reparse_of_a_page_that_was_too_hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rebuilding.hostile(tmp_path, monkeypatch)
    monkeypatch.setattr(version, "parser", lambda: "0.2.0+another")
    reparse.reparse(settings(tmp_path), lambda: NOW)
    check(tmp_path)


def test_a_site_that_asked_for_no_copy_before_a_page_was_confirmed(world: World):
    """The capture in which it asked comes into the database last."""
    body = as_html(SEED)
    world.pages = {at(A): rebuilding.tagged("1", {"content-type": "text/html"}, body)}
    world.scrape(at(A), refresh=True)
    world.pass_days(2)
    world.scrape(at(A), refresh=True)
    crawl = world.root / "crawl.warc"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Robots-Tag: noarchive\r\n\r\n"
    crawl.write_bytes(
        b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:00000000-0000-5000-8000-000000000000>\r\n"
        b"WARC-Target-URI: %s\r\nWARC-Date: 2026-01-02T00:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n"
        b"Content-Length: %d\r\n\r\n%s\r\n\r\n" % (at(A).encode(), len(head + body), head + body)
    )
    importing.import_pages(settings(world.root), sources.find([crawl], ""), lambda: NOW, lambda report: None)
    told = world.says("SELECT captured_at, status, noarchive FROM capture ORDER BY captured_at")
    assert [row[1:] for row in told] == [(200, 0), (200, 1), (304, 1)]
    check(world.root)


# --- damage ----------------------------------------------------------------------------------------------------------

PAGES = [saved(SEED.with_cell("Average age", f"{20 + day}", "51"), DAYS[day]) for day in range(5)]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    import_pages(tmp_path, *PAGES)
    return tmp_path


def warc(root: Path) -> Path:
    (path,) = settings(root).archive.glob("*.warc.gz")
    return path


def days(db: Path) -> list[str]:
    return [at for (at,) in rows(db, "SELECT captured_at FROM capture ORDER BY 1")]


def damage(root: Path, which: int) -> int:
    """Change a byte in the middle of a record; where the record begins."""
    path, content = warc(root), bytearray(warc(root).read_bytes())
    offset, length = rows(settings(root).db, "SELECT warc_offset, warc_length FROM capture ORDER BY 1")[which]
    content[offset + length // 2] ^= 1
    path.write_bytes(content)
    return int(offset)


@pytest.mark.parametrize("which", range(5))
def test_a_damaged_record_is_named_and_the_others_are_there(small: Path, which: int):
    offset, expected = damage(small, which), [*DAYS[:which], *DAYS[which + 1 : 5]]
    done = again(small)
    assert (done.exit_code, days(done.path)) == (3, expected)
    assert [found.code for found in done.lost] == ["bad_record"]
    assert f"{warc(small).name}, offset {offset}:" in done.lost[0].message


@pytest.mark.parametrize("which", range(4))
def test_a_run_takes_over_what_lies_behind_a_damaged_record(small: Path, which: int):
    offset, expected = damage(small, which), [*DAYS[:which], *DAYS[which + 1 : 5]]
    before = warc(small).read_bytes()
    settings(small).db.unlink()
    import_pages(small)
    assert days(settings(small).db) == expected
    assert warc(small).read_bytes() == before
    ((code, message),) = rows(settings(small).db, "SELECT code, message FROM finding WHERE capture_id IS NULL")
    assert code == "bad_record"
    assert f"offset {offset}:" in message
    import_pages(small, PAGES[which])
    assert days(settings(small).db) == [*DAYS[:5]]
    assert again(small).exit_code == 3
    assert differences(small) == []


def test_a_body_that_was_written_again_is_taken(small: Path):
    import_pages(small, saved(SEED.with_cell("Average age", "20", "51"), DAYS[5]))
    damage(small, 0)
    import_pages(small, PAGES[0])
    done = again(small)
    assert ([found.code for found in done.lost], differences(small)) == (["bad_record"], [])


def test_a_revisit_without_its_body_is_named(small: Path):
    import_pages(small, saved(SEED.with_cell("Average age", "20", "51"), DAYS[5]))
    damage(small, 0)
    done = again(small)
    assert [found.code for found in done.lost] == ["bad_record", "lost_body"]
    assert days(done.path) == [*DAYS[1:5]]


@pytest.mark.parametrize("tail", ["torn", "cut", "zeros"])
def test_what_a_dead_run_left_at_the_end_is_named(small: Path, tail: str):
    path, content = warc(small), warc(small).read_bytes()
    (offset,) = rows(settings(small).db, "SELECT max(warc_offset) FROM capture")[0]
    path.write_bytes({"torn": content + content[offset:-5], "cut": content[:-5], "zeros": content + bytes(99)}[tail])
    done = again(small)
    assert days(done.path) == [*DAYS[: 4 if tail == "cut" else 5]]
    assert ([found.code for found in done.lost], [found.code for found in done.told]) == (
        (["bad_record"], []) if tail == "zeros" else ([], ["torn_record"])
    )


def test_files_of_others_are_named_and_not_read(small: Path):
    shutil.copy(warc(small), settings(small).archive / "crawl.warc.gz")
    done = again(small)
    assert (done.exit_code, [found.code for found in done.told]) == (0, ["foreign_file"])
    assert differences(small) == []


def test_another_header_of_gzip_loses_nothing(small: Path):
    content = warc(small).read_bytes()
    warc(small).write_bytes(content[:4] + b"\x01\x02" + content[6:])
    done = again(small)
    assert (done.exit_code, [found.code for found in done.told]) == (0, ["bad_record"])
    assert differences(small) == []


# --- bounds ----------------------------------------------------------------------------------------------------------


def test_captures_are_loaded_as_they_come_and_wait_without_their_bodies(small: Path, monkeypatch: pytest.MonkeyPatch):
    found, loaded, read = [], [], rebuild._Rebuilding._found

    def counting(self: Any, *given: Any) -> Any:
        found.append(read(self, *given))
        assert len(found) - len(loaded) <= 3
        return found[-1]

    one = rebuild._Rebuilding._one
    monkeypatch.setattr(pool, "PAGES_TOGETHER", 1)
    monkeypatch.setattr(rebuild._Rebuilding, "_found", counting)
    monkeypatch.setattr(rebuild._Rebuilding, "_one", lambda self, *given: (loaded.append(given), one(self, *given)))
    check(small)
    assert len(loaded) == len(PAGES)
    assert {capture.body for _, _, capture, *_ in loaded} == {b""}


@pytest.mark.parametrize(("most", "expected"), [(1, [1] * 5), (10**9, [5])])
def test_records_are_taken_over_together_up_to_so_many_bytes(
    small: Path, monkeypatch: pytest.MonkeyPatch, most: int, expected: list[int]
):
    monkeypatch.setattr(adoption, "BYTES_A_TRANSACTION", most)
    records = [*records_of(warc(small), 0)]
    batches = [*adoption._batches(record for record in records if isinstance(record[1], Written))]
    assert [len(batch) for batch in batches] == expected
    settings(small).db.unlink()
    import_pages(small)
    assert days(settings(small).db) == [*DAYS[:5]]


# --- refusals --------------------------------------------------------------------------------------------------------


def test_no_database_is_overwritten(small: Path):
    with pytest.raises(UsageError, match="is there already"):
        rebuild.rebuild(settings(small), settings(small).db, lambda: NOW)
    with pytest.raises(UsageError, match="is there already"):
        rebuild.rebuild(settings(small), small, lambda: NOW)


def test_without_an_archive_there_is_nothing_to_build(tmp_path: Path):
    with pytest.raises(UsageError, match="no archive"):
        again(tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_an_archive_without_captures_makes_no_database(small: Path):
    for path in settings(small).archive.glob("*.warc.gz"):
        path.unlink()
    with pytest.raises(UsageError, match="holds no captures"):
        rebuild.rebuild(settings(small), small / "again.db", lambda: NOW)
    assert not (small / "again.db").exists()


def test_an_archive_that_is_written_to_is_left_alone(small: Path):
    with writing_folder(settings(small).archive), pytest.raises(Busy):
        again(small)
    assert not (small / "again.db").exists()


def test_a_folder_that_is_not_there_is_a_storage_error(small: Path):
    with pytest.raises(StorageError, match="no folder"):
        again(small, "nowhere/again.db")


def test_a_lost_official_file_stops_it(tmp_path: Path):
    rebuilding.rules(tmp_path)
    folder = settings(tmp_path).archive / "vocab" / "official" / "onet"
    next(path for path in sorted(folder.rglob("*")) if "Titles" in path.name).unlink()
    with pytest.raises(StorageError):
        again(tmp_path)
    assert not [*tmp_path.glob("again.db*[!k]")]


def test_a_full_disk_leaves_nothing(small: Path, monkeypatch: pytest.MonkeyPatch):
    opened = rebuild.open_to_write

    def tiny(path: Path) -> Any:
        db = opened(path)
        db.conn.execute("PRAGMA max_page_count = 1")
        return db

    monkeypatch.setattr(rebuild, "open_to_write", tiny)
    with pytest.raises(StorageError, match="full"):
        again(small)
    assert [path.name for path in small.glob("again.db*")] == ["again.db.lock"]


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_commands(tmp_path: Path):
    rebuilding.hold(tmp_path)
    run = Command(tmp_path)
    there = ("--db", "careerscape.db", "--archive", "archive")
    (built,) = run.json(*there, "rebuild", "new.db")
    captures, held = rows(settings(tmp_path).db, "SELECT count(*), sum(NOT published) FROM capture")[0]
    assert built == {"path": "new.db", "captures": captures, "rejected": 0, "held": held, "lost": [], "told": []}
    (agreed,) = run.json("--db", "new.db", "--archive", "archive", "verify", "--workers", "2")
    assert (agreed["agree"], agreed["captures"]) == (True, captures)
    run(*there, "rebuild", "new.db", exit_code=2)
    run("--db", "careerscape.db", "--archive", "nowhere", "rebuild", "newer.db", exit_code=2)
    content = bytearray(warc(tmp_path).read_bytes())
    content[len(content) // 2] ^= 1
    warc(tmp_path).write_bytes(content)
    (disagreed,) = run.json(*there, "verify", exit_code=74)
    assert warc(tmp_path).name in disagreed["problems"][0]
    assert "bad_record" in run(*there, "rebuild", "newer.db", "--json", exit_code=3).stdout
    with writing_folder(settings(tmp_path).archive):
        run(*there, "rebuild", "newest.db", exit_code=75)
        run(*there, "verify", exit_code=75)


@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "terminated"])
@pytest.mark.parametrize("what", ["rebuild", "verify"])
def test_a_command_that_ends_early_leaves_no_database(tmp_path: Path, by: signal.Signals, what: str):
    rebuilding.hold(tmp_path)
    before = bytes_of(settings(tmp_path).archive)
    arguments = command(tmp_path, what, *([str(tmp_path / "new.db")] if what == "rebuild" else []))
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not [*tmp_path.glob("new.db.part"), *tmp_path.glob(".*verify*/again.db")]:
            assert process.poll() is None
            time.sleep(0.001)
        process.send_signal(by)
    assert process.returncode == (-9 if by == signal.SIGKILL else 143)
    assert not (tmp_path / "new.db").exists()
    if by == signal.SIGTERM:
        assert not [*tmp_path.glob("*.part*"), *tmp_path.glob(".*verify*")]
    assert subprocess.run(arguments, capture_output=True, check=False).returncode == 0
    assert not [*tmp_path.glob("*.part*"), *tmp_path.glob(".*verify*")]
    assert bytes_of(settings(tmp_path).archive) == before
