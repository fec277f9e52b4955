"""What is held back stays unpublished until somebody lets it go, whatever happens in between."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db import captures
from db.connection import open_to_read
from normalize.errors import CorruptRecord, UsageError
from normalize.measures import Move
from scraper import publishing, records
from scraper.archive import Archive
from scraper.records import Decision
from tests import imports
from tests.command import Command
from tests.drifting import AGE, COUNT, drifted, ended, figures, held, publish, published, usual, without_age
from tests.figures import as_html
from tests.imports import DAYS, dump, import_pages, rows, save, saved, settings, sound
from tests.world import A, World, at

pytestmark = pytest.mark.usefixtures("read_here")


def decisions(root: Path) -> list[Decision]:
    """The decisions of the archive, in their order."""
    folder = settings(root).archive
    return [
        record for name in sorted(path.name for path in folder.glob("*.warc.gz"))
        for _, record in imports.whole_records(folder, name) if isinstance(record, Decision)
    ]  # fmt: skip


def alerts(root: Path) -> list[tuple]:
    return rows(settings(root).db, "SELECT DISTINCT run_id, state FROM alert ORDER BY run_id, state")


def lose_database(root: Path) -> None:
    for path in root.glob("careerscape.db*"):
        path.unlink()


# --- holding ---------------------------------------------------------------------------------------------------------


def test_a_held_run_is_on_record_in_archive_and_database(tmp_path: Path):
    report = drifted(tmp_path)
    assert ended(tmp_path) == [("import", "done", 0), ("import", "held", 4)]
    assert (published(tmp_path), held(tmp_path)) == ({"01": COUNT}, COUNT)
    (decided,) = decisions(tmp_path)
    assert (decided.what, len(decided.captures), decided.at) == ("hold", COUNT, "2026-01-01T00:00:00Z")
    assert decided.moved == report.held.moved
    assert alerts(tmp_path) == [(2, "open")]
    assert sound(settings(tmp_path).db)


def test_the_last_good_data_stands(tmp_path: Path):
    import_pages(tmp_path, *usual())
    old = dump(settings(tmp_path).db, imports.PUBLISHED)
    import_pages(tmp_path, *without_age())
    assert dump(settings(tmp_path).db, imports.PUBLISHED) == old


def test_held_pages_that_come_again_are_held_with_them(tmp_path: Path):
    drifted(tmp_path)
    again = import_pages(tmp_path, *without_age())
    assert (again.exit_code, again.held.again, published(tmp_path)) == (4, COUNT, {"01": COUNT})
    later = import_pages(tmp_path, *without_age(day=2, count=5))
    assert (later.exit_code, len(later.held.following), held(tmp_path)) == (4, 5, COUNT + 5)
    assert [len(decided.captures) for decided in decisions(tmp_path)] == [COUNT, 5]
    last = import_pages(tmp_path, *without_age(day=3, count=1))
    assert (len(last.held.following), published(tmp_path)) == (1, {"01": COUNT})


def test_other_pages_of_a_later_run_are_published(tmp_path: Path):
    drifted(tmp_path)
    mixed = import_pages(tmp_path, *without_age(day=2, count=2), *usual(2, 5, 50))
    assert (mixed.exit_code, mixed.held.count) == (4, 2)
    assert published(tmp_path) == {"01": COUNT, "03": 5}


def test_what_is_held_is_no_history(tmp_path: Path):
    drifted(tmp_path)
    assert import_pages(tmp_path, *without_age(day=2, first=50)).exit_code == 4
    assert import_pages(tmp_path, *usual(3)).exit_code == 0


def test_a_held_page_that_changes_back_is_published(tmp_path: Path):
    drifted(tmp_path)
    assert import_pages(tmp_path, *usual(2)).exit_code == 0
    assert published(tmp_path) == {"01": COUNT, "03": COUNT}


def test_a_scrape_is_held_and_so_are_the_304s_of_what_it_held(world: World):
    pages = {at(A, figures(n)): figures(n) for n in range(12)}
    world.pages = {url: as_html(page) for url, page in pages.items()}
    world.scrape(*pages)
    headers = {"etag": '"2"', "content-type": "text/html"}
    world.pages = {url: (200, headers, as_html(page.with_cell("Average age", "-", "-"))) for url, page in pages.items()}
    world.pass_days(3)
    assert world.scrape(refresh=True).exit_code == 4
    world.pages = dict.fromkeys(pages, (304, headers))
    world.pass_days(3)
    report = world.scrape(refresh=True)
    assert (report.exit_code, report.counts.unchanged, len(report.held.following)) == (4, 12, 12)
    assert world.says("SELECT count(*) FROM capture WHERE published") == [(12,)]
    assert world.says("SELECT count(*) FROM capture WHERE status = 304") == [(12,)]


MOVE = Move("zippia", AGE, "", "filled", 1.0, 0.25, 0.15, 20, 100, "0123456789abcdef0123")


def test_a_decision_is_written_and_understood():
    decided = Decision("release", ("a" * 20, "b" * 20), "2026-01-01T00:00:00Z", "“so” \r\n– it is", "me@here", (MOVE,))
    assert records.understood(records.decision(decided)) == decided


@pytest.mark.parametrize(
    "said", [b"{", b"[]", b'{"what": "burn"}', b'{"what": "hold", "captures": []}', b'{"moved": [{"x": 1}]}']
)
def test_a_decision_that_cannot_be_understood_is_damage(tmp_path: Path, said: bytes):
    record = records.decision(Decision("hold", (), "2026-01-01T00:00:00Z", "", "me"))
    head, _, block = record.partition(b"\r\n\r\n")
    damaged = head.replace(f"Content-Length: {len(block) - 4}".encode(), f"Content-Length: {len(said)}".encode())
    (tmp_path / "careerscape-20260101T000000Z-00001.warc.gz").write_bytes(
        gzip.compress(damaged + b"\r\n\r\n" + said + b"\r\n\r\n")
    )
    with pytest.raises(CorruptRecord):
        list(imports.whole_records(tmp_path, "careerscape-20260101T000000Z-00001.warc.gz"))


# --- letting go ------------------------------------------------------------------------------------------------------


def test_publishing_checks_again_and_refuses_what_still_moves(tmp_path: Path):
    drifted(tmp_path)
    done = publish(tmp_path)
    assert (done.exit_code, done.held_run, done.published, done.waiting) == (4, 2, 0, COUNT)
    assert {move.field for move in done.moved} == {AGE}
    assert ended(tmp_path)[2:] == [("publish", "held", 4)]
    assert (held(tmp_path), published(tmp_path), len(decisions(tmp_path))) == (COUNT, {"01": COUNT}, 1)


def test_what_is_within_its_band_by_now_is_published(tmp_path: Path):
    drifted(tmp_path)
    importing = replace(settings(tmp_path), drift=replace(settings(tmp_path).drift, off=(AGE,)))
    done = publishing.publish_held(importing, 2, None, lambda: imports.NOW)
    assert (done.exit_code, done.published) == (0, COUNT)
    assert ended(tmp_path)[2:] == [("publish", "done", 0)]
    assert (held(tmp_path), published(tmp_path)) == (0, {"01": COUNT, "02": COUNT})
    assert alerts(tmp_path) == [(2, "withdrawn")]
    release = decisions(tmp_path)[-1]
    assert (release.what, release.moved, len(release.captures)) == ("release", (), COUNT)


def test_force_keeps_who_and_why(tmp_path: Path):
    drifted(tmp_path)
    done = publish(tmp_path, "the site\nshows no ages any more")
    assert (done.exit_code, done.published, published(tmp_path)) == (0, COUNT, {"01": COUNT, "02": COUNT})
    release = decisions(tmp_path)[-1]
    assert (release.who, release.reason) == ("me@here", "the site shows no ages any more")
    assert {move.field for move in release.moved} == {AGE}
    query = "SELECT DISTINCT state, decided_by, why FROM alert"
    assert rows(settings(tmp_path).db, query) == [("acknowledged", "me@here", "the site shows no ages any more")]
    query = "SELECT DISTINCT released_by, release_reason FROM hold"
    assert rows(settings(tmp_path).db, query) == [("me@here", "the site shows no ages any more")]
    latest = "SELECT count(*) FROM occupation_latest WHERE demographics_age_mean IS NULL"
    assert rows(settings(tmp_path).db, latest) == [(2 * COUNT,)]


def test_what_follows_is_released_with_what_it_follows(tmp_path: Path):
    drifted(tmp_path)
    import_pages(tmp_path, *without_age(day=2, count=5))
    import_pages(tmp_path, *without_age(day=3, count=5))
    assert publish(tmp_path, named=4).exit_code == 4
    done = publish(tmp_path, "it is so", 2)
    assert (done.published, done.others) == (COUNT, 10)
    assert held(tmp_path) == 0
    with pytest.raises(UsageError, match="no run is held back"):
        publish(tmp_path)


@pytest.mark.parametrize(
    ("named", "reason", "words"), [(1, None, "run 1 is not held back; held: 2"), (99, "so", "run 99"), (None, " \n", "a reason")]
)
def test_wrong_usage_begins_no_run(tmp_path: Path, named: int | None, reason: str | None, words: str):
    drifted(tmp_path)
    with pytest.raises(UsageError, match=words):
        publish(tmp_path, reason, named)
    assert len(ended(tmp_path)) == 2


def test_an_acknowledged_alert_is_quiet_until_it_changes(tmp_path: Path):
    drifted(tmp_path)
    publish(tmp_path, "no ages any more")
    same = import_pages(tmp_path, *without_age(day=2, first=50))
    assert (same.exit_code, same.held.moved) == (0, ())
    further = [saved(figures(n, Average_age="-", LGBT_Percentage="-"), DAYS[3]) for n in range(100, 100 + COUNT)]
    assert import_pages(tmp_path, *further).exit_code == 4


def test_what_went_back_to_normal_is_news_when_it_moves_again(tmp_path: Path):
    drifted(tmp_path)
    publish(tmp_path, "no ages any more")
    assert import_pages(tmp_path, *usual(2, 200, 50)).exit_code == 0, "an improvement"
    assert "withdrawn" in {state for _, state in alerts(tmp_path)}
    assert import_pages(tmp_path, *without_age(day=3, first=300)).exit_code == 4


# --- the archive remembers -------------------------------------------------------------------------------------------


def test_a_database_from_the_archive_holds_what_was_held_and_judges_nothing_again(tmp_path: Path):
    drifted(tmp_path)
    import_pages(tmp_path, *without_age(day=2, count=5))
    before = dump(settings(tmp_path).db)
    lose_database(tmp_path)
    assert import_pages(tmp_path).exit_code == 0
    assert dump(settings(tmp_path).db) == before
    assert held(tmp_path) == COUNT + 5
    done = publish(tmp_path, "it is so")
    assert done.published + done.others == COUNT + 5


def test_a_database_from_the_archive_has_what_was_released(tmp_path: Path):
    drifted(tmp_path)
    publish(tmp_path, "it is so")
    before = dump(settings(tmp_path).db)
    lose_database(tmp_path)
    import_pages(tmp_path)
    assert dump(settings(tmp_path).db) == before
    assert alerts(tmp_path) == [(1, "withdrawn")]


@pytest.mark.slow
@pytest.mark.parametrize("point", ["decided", "decision written", "held", "finished"])
@pytest.mark.parametrize("command", ["import", "publish"])
def test_a_decision_survives_a_kill(tmp_path: Path, point: str, command: str):
    here, undisturbed = tmp_path / "here", tmp_path / "undisturbed"
    here.mkdir()
    import_pages(here, *usual())
    save(here / "new", without_age())
    words = ["import", "new"]
    if command == "publish":
        assert import_pages(here, *without_age()).exit_code == 4
        words = ["publish", "--force", "it is so"]
    shutil.copytree(here, undisturbed)
    line = [sys.executable, "-m", "tests.dying", f"{point}:1", "", *imports.command(here, *words)[1:]]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    died = subprocess.run(line, cwd=here, env=env, capture_output=True, text=True, timeout=100, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert sound(settings(here).db)
    subprocess.run(imports.command(undisturbed, *words), cwd=undisturbed, capture_output=True, timeout=100, check=False)
    for root in (here, undisturbed):
        import_pages(root, *without_age(day=1, count=1))
    assert (held(here), held(undisturbed)) == (
        (COUNT, COUNT) if command == "import" else (0 if point == "decision written" else COUNT, 0)
    )
    if held(here) == held(undisturbed):
        assert dump(settings(here).db, without=["fetched_at"]) == dump(settings(undisturbed).db, without=["fetched_at"])


def test_a_decision_of_another_database_counts_here_too(tmp_path: Path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    drifted(here)
    there.mkdir()
    shutil.copytree(here / "archive", there / "archive")
    assert import_pages(there).exit_code == 0
    assert held(there) == COUNT
    publish(here, "it is so")
    shutil.copytree(here / "archive", there / "archive", dirs_exist_ok=True)
    import_pages(there)
    assert (held(there), published(there)) == (0, {"01": COUNT, "02": COUNT})


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_commands_tell_a_person_what_to_do(tmp_path: Path):
    run = Command(tmp_path)
    for name, pages, code in (("old", usual(), 0), ("new", without_age(), 4)):
        save(tmp_path / name, pages)
        done = run("import", name, exit_code=code)
    assert "24 pages of this run are not published" in done.stderr
    assert f"{AGE}: filled on 0% of 24, usually 100% of 24" in done.stderr
    assert "careerscape publish --force REASON" in done.stderr
    assert "held back: 24 pages of run 2" in run("status").stdout
    assert run.json("status")[0]["held_runs"][0]["captures"] == COUNT
    assert "run 1 is not held back; held: 2" in run("publish", "1", exit_code=2).stderr
    assert "a reason" in run("publish", "--force", "", exit_code=2).stderr
    assert "still out of its band" in run("publish", exit_code=4).stdout
    (object_,) = run.json("publish", "2", "--force", "they stopped showing it")
    assert (object_["published"], object_["exit_code"]) == (COUNT, 0)
    assert run("publish", exit_code=2).stderr == "careerscape: no run is held back, there is nothing to publish\n"


def test_known_files_reach_the_end_of_the_archive(tmp_path: Path):
    drifted(tmp_path)
    publish(tmp_path, "it is so")
    with closing(open_to_read(settings(tmp_path).db)) as db:
        assert Archive(settings(tmp_path).archive, captures.known_files(db), datetime.now(UTC)).unknown() == {}
