"""Reading again in sequences that nobody planned: what was found there, and what must hold whatever happens."""

import contextlib
import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from db import captures, derived, learned, load, noted, publish, runs, staging
from normalize.errors import Rejected, UsageError
from normalize.facts import Reading
from normalize.reading import rejected
from scraper import importing, sources, taught, teaching, version
from scraper.keeping import arrears, reparse
from tests import rebuilding
from tests.drifting import figures, usual, without_age
from tests.drifting import publish as publish_held
from tests.figures import OVERVIEW, SEED, as_html
from tests.imports import DAYS, ReadHere, Saved, import_pages, rows, saved, settings, sound
from tests.world import A, World, at

pytestmark = pytest.mark.usefixtures("read_here", "nothing_taught")

LATER = datetime(2026, 2, 1, tzinfo=UTC)
MIRROR = replace(SEED, left=SEED.right, right=SEED.left)
CHANGED = "SELECT occupation, field, old_value, new_value FROM change WHERE cause = 'parser' ORDER BY 1, 2"


def again(root: Path, **how: Any) -> reparse.Reparsed:
    return reparse.reparse(settings(root), lambda: LATER, **how)


def foretold(root: Path, **how: Any) -> reparse.Reparsed:
    return reparse.predict(settings(root), lambda: LATER, **how)


def as_rebuilt(root: Path) -> bool:
    (root / "again.db").unlink(missing_ok=True)
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


def import_private(root: Path, url: str, body: bytes) -> None:
    """Import a crawl of 2 January 2026 in which the site asked that no copy is shown."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Robots-Tag: noarchive\r\n\r\n"
    (root / "crawl.warc").write_bytes(
        b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:00000000-0000-5000-8000-000000000000>\r\n"
        b"WARC-Target-URI: %s\r\nWARC-Date: 2026-01-02T00:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n"
        b"Content-Length: %d\r\n\r\n%s\r\n\r\n" % (url.encode(), len(head + body), head + body)
    )
    importing.import_pages(settings(root), sources.find([root / "crawl.warc"], ""), lambda: LATER, lambda report: None)


def _swapped(reading: Reading) -> Reading:
    other = {"left": "right", "right": "left"}
    facts = [replace(fact, side=other[fact.side]) for fact in reading.facts]
    return replace(reading, left=reading.right, right=reading.left, facts=tuple(facts))  # type: ignore[arg-type]


def _refused(reading: Reading) -> Reading:
    return rejected(Rejected("no_comparison", "it is none"))


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
    import_pages(tmp_path, *(saved(OVERVIEW.with_cell("Average age", str(40 + n)), DAYS[n]) for n in range(3)))
    (file,) = settings(tmp_path).archive.glob("*.warc.gz")
    known = file.stat().st_size
    import_pages(tmp_path, saved(OVERVIEW.with_cell("Average age", "50"), DAYS[4]))
    whole = file.read_bytes()
    file.write_bytes(bytes(known) + whole[known:])
    other_parser(("Number of jobs", "Jobs out there"))
    said, done = foretold(tmp_path), again(tmp_path)
    assert done.differences.to_dict() == said.differences.to_dict()
    assert (done.losses, done.exit_code) == (said.losses, 4)
    assert done.losses == ("outlook.jobs would lose 2 of 2 values",)
    assert len(done.differences.unread) == 3
    assert again(tmp_path, max_loss=1.0).exit_code == 3
    file.write_bytes(whole)
    done = again(tmp_path, max_loss=1.0)
    assert (done.exit_code, done.differences.captures) == (0, 3)
    assert as_rebuilt(tmp_path)


def test_what_is_noted_of_a_capture_for_another_one_stands_once(world: World, other_parser):
    body = as_html(SEED)
    world.pages = {at(A): rebuilding.tagged("1", {"content-type": "text/html"}, body)}
    for _ in range(2):
        world.scrape(at(A), refresh=True)
        world.pass_days(2)
    import_private(world.root, at(A), body)
    noted = "SELECT captured_at, count(*) FROM finding WHERE code = 'noarchive' GROUP BY 1 ORDER BY 1"
    before = world.says(noted)
    assert [count for _, count in before] == [1, 1]
    for name in ("one", "two"):
        other_parser(name=name)
        again(world.root)
        assert world.says(noted) == before
        assert as_rebuilt(world.root)


def test_what_only_replaced_readings_showed_goes(tmp_path: Path, other_parser):
    import_pages(tmp_path, *(saved(figures(number), DAYS[0]) for number in range(5)))
    counted = "SELECT (SELECT count(*) FROM content), (SELECT count(*) FROM education), (SELECT count(*) FROM finding_set)"
    before = rows(settings(tmp_path).db, counted)
    for share in range(30, 40):
        other_parser(("Bachelor's Degree, 51%", f"Bachelor's Degree, {share}%"), name=f"parser {share}")
        assert again(tmp_path, max_loss=1.0).differences.with_other_values == 5
    assert rows(settings(tmp_path).db, counted) == before
    assert as_rebuilt(tmp_path)


# --- whatever happens ------------------------------------------------------------------------------------------------

EDITS = (
    ("Bachelor's Degree, 51%", "Master's Degree, 51%"), ("Average age", "Mean age"), ("Number of jobs", "Jobs out there"),
    ("$44,937", "$44,973"), ("Bachelor of Things", "Master's Degree"), ("Virginia Beach, VA", "Nowhere Falls, VA"),
    ("| 42 | 42 |", "| 42 | x |"),
)  # fmt: skip
TIMES = tuple(f"2024-0{month}-{day:02}T00:00:00Z" for month in range(1, 4) for day in (1, 2, 3, 5, 20))
DEATHS = (
    (staging, "stage"), (staging, "apply"), (noted, "note"), (derived, "refresh"), (load, "content_of"), (runs, "finish"),
    (captures, "note_files"), (taught, "code"), (arrears, "catch_up"), (learned, "learn"), (publish, "publish"),
)  # fmt: skip


class Killed(BaseException):
    """The end of a process, as far as one process can have it."""


class Life:
    """A database to which anything happens, in an order that chance decides."""

    def __init__(self, root: Path, seed: int, patch: pytest.MonkeyPatch) -> None:
        self.root, self.chance, self.patch, self.parsers = root, random.Random(seed), patch, 0
        self.read = ReadHere.parse

    def go(self) -> None:
        """Some steps, and what must hold after them."""
        self.pages()
        steps = (self.pages, self.parser, self.again, self.killed, self.teach, self.rules, self.drift, self.release)
        for step in self.chance.choices(steps, (5, 4, 4, 4, 1, 1, 1, 1), k=self.chance.randint(6, 16)):
            step()
            assert sound(settings(self.root).db)
        again(self.root, max_loss=1.0)
        import_pages(self.root, saved(figures(99), "2024-03-25T00:00:00Z"))
        assert rows(settings(self.root).db, "SELECT count(*) FROM staged") == [(0,)]
        assert as_rebuilt(self.root)
        assert again(self.root).differences.captures == 0

    def pages(self) -> None:
        import_pages(self.root, *(self._page() for _ in range(self.chance.randint(1, 3))))

    def _page(self) -> Saved:
        at, age = self.chance.choice(TIMES), self.chance.choice(("46", "47", "-", "x"))
        odd = [("Bachelor's Degree, 58%", "Bachelor of Things, 58%")] * self.chance.randint(0, 1)
        pages = (
            Saved(SEED.url, at, b"No page of such jobs.\n"), saved(MIRROR.with_cell("Average age", age, "42"), at),
            saved(SEED, at, *odd),
            replace(saved(OVERVIEW, at), at="", modified=1_700_000_000 + self.chance.randint(0, 2)), saved(OVERVIEW, at),
            saved(SEED.with_cell("Average age", age), at, *odd), saved(figures(self.chance.randint(0, 2)), at),
        )  # fmt: skip
        return self.chance.choice(pages)

    def parser(self) -> None:
        edits, kind = self.chance.sample(EDITS, self.chance.randint(0, 3)), self.chance.random()
        self.parsers += 1

        def parse(body: bytes, media_type: str, charset: str, url: str) -> Reading:
            text = body.decode()
            for old, new in edits:
                text = text.replace(old, new)
            reading = self.read(text.encode(), media_type, charset, url)
            if kind < 0.2 and "Bachelor of Things" in text:
                return _refused(reading)
            return _swapped(reading) if kind > 0.8 and reading.left else reading

        self.patch.setattr(ReadHere, "parse", staticmethod(parse))
        self.patch.setattr(version, "parser", lambda name=f"parser {self.parsers}": name)

    def again(self) -> None:
        how = {"max_loss": self.chance.choice((0.0, 0.05, 1.0)), "workers": self.chance.choice((1, 3))}
        said, done = foretold(self.root, **how), again(self.root, **how)
        assert said.differences.to_dict() == done.differences.to_dict()
        assert (said.losses, said.exit_code) == (done.losses, done.exit_code)

    def killed(self) -> None:
        owner, name = self.chance.choice(DEATHS)
        real, calls, after = getattr(owner, name), itertools.count(1), self.chance.random() < 0.5
        last = self.chance.randint(1, 4)

        def dying(*arguments: Any, **named: Any) -> Any:
            here = next(calls) == last
            if here and not after:
                raise Killed
            found = real(*arguments, **named)
            if here:
                raise Killed
            return found

        with self.patch.context() as within, contextlib.suppress(Killed):
            within.setattr(owner, name, dying)
            self.chance.choice((self.pages, lambda: again(self.root, max_loss=1.0)))()

    def teach(self) -> None:
        value, code, kind = self.chance.choice(
            (("Bachelor of Things", "bachelor", "degree"), ("Nowhere Falls, VA", "4791259", "city"))
        )
        with contextlib.suppress(UsageError):  # no page shows it
            teaching.teach(settings(self.root), value, code, kind, lambda: LATER)  # type: ignore[arg-type]

    def rules(self) -> None:
        file = taught.rules_file(settings(self.root).archive)
        file.parent.mkdir(parents=True, exist_ok=True)
        said = self.chance.choice(("", "degree,Bachelor of Things,associate\n", "degree,Bachelor of Things,doctorate\n"))
        file.write_text(f"kind,value,code\n{said}")

    def drift(self) -> None:
        import_pages(self.root, *self.chance.choice((usual(), without_age(day=self.chance.randint(1, 5)))))

    def release(self) -> None:
        with contextlib.suppress(UsageError):  # nothing is held
            publish_held(self.root, self.chance.choice((None, "it is so")))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_any_sequence_ends_in_what_a_rebuild_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int):
    Life(tmp_path, seed, monkeypatch).go()
