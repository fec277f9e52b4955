"""Reading again in sequences that nobody planned: what was found there, and what must hold whatever happens."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from db import captures
from normalize.errors import Rejected
from normalize.facts import Reading
from normalize.reading import rejected
from scraper import arrears, reparse, version
from tests import rebuilding
from tests.figures import OVERVIEW, SEED
from tests.imports import DAYS, ReadHere, Saved, import_pages, rows, saved, settings
from tests.world import A, World, as_html, at

pytestmark = pytest.mark.usefixtures("read_here", "nothing_taught")

LATER = datetime(2026, 2, 1, tzinfo=UTC)
MIRROR = replace(SEED, left=SEED.right, right=SEED.left)
CHANGED = "SELECT occupation, field, old_value, old_status, new_value, new_status FROM change WHERE cause = 'parser' ORDER BY 1, 2"


def again(root: Path, **how: Any) -> reparse.Reparsed:
    return reparse.reparse(settings(root), lambda: LATER, **how)


def foretold(root: Path, **how: Any) -> reparse.Reparsed:
    return reparse.predict(settings(root), lambda: LATER, **how)


def as_rebuilt(root: Path) -> bool:
    rebuilding.again(root)
    return not rebuilding.differences(root)


@pytest.fixture
def read_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Reading], Reading]], None]:
    """Let another parser make something else of each reading."""

    def change(what: Callable[[Reading], Reading], name: str = "another") -> None:
        read = ReadHere.parse
        monkeypatch.setattr(ReadHere, "parse", staticmethod(lambda *page: what(read(*page))))
        monkeypatch.setattr(version, "parser", lambda: name)

    return change


def _swapped(reading: Reading) -> Reading:
    other = {"left": "right", "right": "left"}
    facts = [replace(fact, side=other[fact.side]) for fact in reading.facts]
    return replace(reading, left=reading.right, right=reading.left, facts=tuple(facts))  # type: ignore[arg-type]


def _refused(reading: Reading) -> Reading:
    return rejected(Rejected("not_comparison", "it is none"))


def test_jobs_that_change_places_keep_their_values(tmp_path: Path, read_as):
    import_pages(tmp_path, saved(SEED, DAYS[0]))
    before = rows(settings(tmp_path).db, "SELECT occupation, field, item, value FROM observation ORDER BY 1, 2, 3")
    read_as(_swapped)
    again(tmp_path, max_loss=1.0)
    assert rows(settings(tmp_path).db, "SELECT occupation, field, item, value FROM observation ORDER BY 1, 2, 3") == before
    assert rows(settings(tmp_path).db, CHANGED) == []
    assert as_rebuilt(tmp_path)


def test_a_page_that_is_rejected_now_contradicts_no_other_page(tmp_path: Path, read_as):
    import_pages(tmp_path, saved(SEED, DAYS[0]), saved(MIRROR.with_cell("Average age", "44", "47"), DAYS[1]))
    mirrored = "SELECT count(*) FROM finding WHERE code = 'mirror_differs'"
    assert rows(settings(tmp_path).db, mirrored) != [(0,)]
    read_as(lambda reading: _refused(reading) if reading.left and reading.left.title == MIRROR.left else reading)
    done = again(tmp_path, max_loss=1.0)
    assert done.differences.rejected == [MIRROR.url]
    assert rows(settings(tmp_path).db, mirrored) == [(0,)]
    assert as_rebuilt(tmp_path)


def test_each_capture_is_counted_once(tmp_path: Path, read_as):
    import_pages(tmp_path, *(saved(SEED, day) for day in DAYS[:3]), saved(OVERVIEW, DAYS[0]))
    read_as(lambda reading: _refused(reading) if reading.left and reading.left.title == SEED.left else reading)
    again(tmp_path, max_loss=1.0)
    counted = "SELECT pages, loaded, unchanged, rejected, failed FROM run ORDER BY run_id DESC LIMIT 1"
    assert rows(settings(tmp_path).db, counted) == [(4, 0, 1, 3, 0)]


def test_captures_of_which_the_record_is_lost_are_no_part_of_the_share_that_is_lost(tmp_path: Path, other_parser):
    first, rest = saved(SEED, DAYS[0]), [saved(SEED, day, ("#", "# ")) for day in DAYS[1:3]]
    import_pages(tmp_path, first, *rest)
    kept = settings(tmp_path).archive / "kept"
    (file,) = settings(tmp_path).archive.glob("*.warc.gz")
    import_pages(tmp_path, saved(SEED, DAYS[4], ("#", "#  ")))
    lost = file.rename(kept)
    other_parser(("Number of jobs", "Jobs out there"))
    said, done = foretold(tmp_path), again(tmp_path)
    assert done.differences.to_dict() == said.differences.to_dict()
    assert (done.losses, done.exit_code) == (said.losses, 4)
    assert done.losses == ("outlook.jobs would lose 2 of 2 values",)
    assert len(done.differences.unread) == 3
    done = again(tmp_path, max_loss=1.0)
    assert done.exit_code == 3
    lost.rename(file)
    done = again(tmp_path, max_loss=1.0)
    assert (done.exit_code, done.differences.captures) == (0, 3)
    assert as_rebuilt(tmp_path)


def test_what_a_later_answer_noted_of_a_capture_stands_once(world: World, other_parser):
    html = {"content-type": "text/html"}
    body = as_html(SEED)
    world.pages = {at(A): [rebuilding.tagged("1", html | {"x-robots-tag": "noarchive"}, body), rebuilding.tagged("1", html, body)]}
    for _ in range(2):
        world.scrape(at(A), refresh=True)
        world.pass_days(40)
    noted = "SELECT captured_at, count(*) FROM finding WHERE code = 'noarchive' GROUP BY 1 ORDER BY 1"
    before = world.says(noted)
    assert [count for _, count in before] == [1, 1]
    other_parser()
    again(world.root)
    assert world.says(noted) == before
    assert as_rebuilt(world.root)
