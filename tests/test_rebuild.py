"""A database of the archive alone says what the one said that runs made."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from scraper import rebuild
from tests import rebuilding
from tests.imports import rows, settings, sound
from tests.rebuilding import again, bytes_of, differences, digest, said, scattered
from tests.world import World

pytestmark = pytest.mark.usefixtures("read_here", "nothing_taught")

MADE: dict[str, Callable[[Path], None]] = {
    "holds": rebuilding.hold,
    "a forced publish": rebuilding.drift,
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
    monkeypatch.setattr(rebuild, "in_order", lambda lying: chance.sample(found := list(lying), len(found)))
    assert {digest(again(root, f"{n}.db").path) for n in range(orders)} == {expected}


@pytest.mark.parametrize("orders", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_the_order_of_the_records_does_not_matter(world: World, orders: int):
    root = everything(world)
    expected = said(settings(root).db)
    for seed in range(orders):
        there = scattered(root, root / str(seed), seed)
        assert again(there).exit_code == 0
        assert said(there / "again.db") == expected, seed
