"""A forgotten page does not come back from a web archive, and nothing that its index said of the page stays."""

from pathlib import Path

import pytest

from scraper.keeping import forgetting
from tests import imports
from tests.archive_web import Archive, memento, prepared, replay, row, with_age
from tests.figures import SEED

T1, T2 = "20210304050607", "20220304050607"
BARE = SEED.url.removeprefix("https://")


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_here: None) -> Archive:
    prepared(monkeypatch)
    made = Archive(tmp_path, monkeypatch)
    made.index = [[row(T1, with_age(46)), row(T2, with_age(47))]]
    made.pages |= {replay(time): memento(with_age(age), time) for time, age in ((T1, 46), (T2, 47))}
    return made


def forget(archive: Archive) -> None:
    forgetting.forgotten(imports.settings(archive.root), SEED.url, "", archive.time.clock.now)


@pytest.mark.parametrize("pattern", ["www.zippia.com/*", BARE])
def test_what_an_index_said_of_it_goes(archive: Archive, pattern: str):
    archive.backfill(text=pattern)
    assert BARE.encode() in archive.db.read_bytes()
    forget(archive)
    assert BARE.encode() not in archive.db.read_bytes()
    assert archive.says("SELECT count(*) FROM backfill_capture WHERE url = ?", SEED.url) == [(0,)]
    assert imports.sound(archive.db)


@pytest.mark.parametrize(("pattern", "asks"), [("www.zippia.com/*", 1), (BARE, 0)])
def test_it_is_not_fetched_and_said_once(archive: Archive, pattern: str, asks: int):
    archive.backfill(text=pattern)
    forget(archive)
    archive.time.seconds += 2 * 86_400
    done = archive.backfill(text=pattern)
    assert (len(archive.asked), done.report.exit_code, archive.codes) == (asks, 0, ["forgotten"])
    assert archive.says("SELECT count(*) FROM capture") == [(0,)]
    assert BARE.encode() not in archive.db.read_bytes()
