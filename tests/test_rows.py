"""Rows that are remembered between pages: never one that a rolled back transaction took with it."""

import contextlib
import hashlib
from dataclasses import replace

import pytest

from db import captures, load, runs
from db.connection import Database, open_to_write
from db.rows import rows
from normalize.claims import Job, Place
from normalize.errors import Rejected
from normalize.facts import Reading
from normalize.reading import rejected
from scraper import parsing, wire
from tests.figures import OVERVIEW, SEED, as_text

AT = "2026-01-01T00:00:00Z"
SEED_READ, OVERVIEW_READ = (parsing.parse(as_text(page), "text/plain", "", page.url) for page in (SEED, OVERVIEW))
REJECTED = rejected(Rejected("empty"))


def sent(reading: Reading) -> Reading:
    """A reading as it comes from a worker."""
    return wire.unpack(wire.pack([reading]))[0]


class Lost(Exception):
    """Ends a transaction."""


class Loader:
    """A database with a run, into which readings are loaded."""

    def __init__(self, path):
        self.db: Database = open_to_write(path)
        self.run_id = runs.begin(self.db, "test", AT)
        with self.db.atomic():
            self.version_id = load.version(self.db, "parser", "vocabulary")

    def load(self, number: int, reading: Reading) -> None:
        body = hashlib.sha256(str(number).encode()).hexdigest()
        row = captures.CaptureRow(
            f"{number}", f"https://site/{number}", AT, AT, "live", "http", "text/html", "", 200, body, "f.warc.gz", 0, 9
        )
        load.load(self.db, self.run_id, self.version_id, captures.add(self.db, row), reading)

    def lose(self, *readings: Reading) -> None:
        """Load readings in a transaction that is rolled back."""
        with contextlib.suppress(Lost), self.db.atomic():
            for number, reading in enumerate(readings):
                self.load(number, reading)
            raise Lost

    def facts(self) -> list[tuple]:
        tables = ("job", "job_title", "salary", "education", "demographics", "share", "outlook", "skillset", "skill", "layout",
                  "layout_cell", "sighting")  # fmt: skip
        return [(table, *row) for table in tables for row in self.db.execute(f"SELECT * FROM {table}").fetchall()]


@pytest.mark.parametrize(
    "lost", [[SEED_READ], [SEED_READ, OVERVIEW_READ], [REJECTED, SEED_READ], [SEED_READ, REJECTED, REJECTED]]
)
@pytest.mark.parametrize("first", [[], [REJECTED], [REJECTED] * 2, [OVERVIEW_READ]])
def test_a_row_that_was_rolled_back_is_made_again(tmp_path, lost, first):
    loader, fresh = Loader(tmp_path / "a.db"), Loader(tmp_path / "b.db")
    loader.lose(*lost)
    for each in (loader, fresh):
        for number, reading in enumerate([*first, SEED_READ]):
            with each.db.atomic():
                each.load(number, reading)
    assert loader.facts() == fresh.facts()
    assert loader.db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_side_that_was_rolled_back_is_made_again(tmp_path):
    loader, fresh = Loader(tmp_path / "a.db"), Loader(tmp_path / "b.db")
    loader.lose(sent(SEED_READ), sent(OVERVIEW_READ))
    for number, reading in enumerate((OVERVIEW_READ, SEED_READ)):
        with loader.db.atomic():
            loader.load(number, sent(reading))
        with fresh.db.atomic():
            fresh.load(number, reading)
    assert loader.facts() == fresh.facts()
    assert loader.db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_row_of_an_inner_transaction_that_was_rolled_back_is_made_again(tmp_path):
    loader, fresh = Loader(tmp_path / "a.db"), Loader(tmp_path / "b.db")
    with loader.db.atomic():
        loader.lose(SEED_READ)
        loader.load(1, SEED_READ)
    with fresh.db.atomic():
        fresh.load(1, SEED_READ)
    assert loader.facts() == fresh.facts()


def test_a_side_that_the_database_has_is_not_unpacked(tmp_path, monkeypatch):
    loader, fresh = Loader(tmp_path / "a.db"), Loader(tmp_path / "b.db")
    with loader.db.atomic():
        loader.load(0, sent(SEED_READ))
        again = sent(SEED_READ)
        monkeypatch.delattr(wire, "_facts")
        loader.load(1, again)
    for number in range(2):
        with fresh.db.atomic():
            fresh.load(number, SEED_READ)
    assert loader.facts() == fresh.facts()


@pytest.mark.parametrize(
    "change", [{"value": 1}, {"status": "suspect"}, {"raw": "other"}, {"place": Place(9, 9, 9)}, {"section": "overview"}]
)
def test_a_side_that_differs_in_one_fact_is_another(tmp_path, change):
    loader, fresh = Loader(tmp_path / "a.db"), Loader(tmp_path / "b.db")
    wrong = next(fact for fact in SEED_READ.facts if fact.field == "salary.annual_low_usd")
    other = replace(SEED_READ, facts=tuple(replace(f, **change) if f is wrong else f for f in SEED_READ.facts))
    for number, reading in enumerate((SEED_READ, other, SEED_READ, replace(other, right=Job("cook", "Cook")))):
        with loader.db.atomic():
            loader.load(number, sent(reading))
        with fresh.db.atomic():
            fresh.load(number, reading)
    assert loader.facts() == fresh.facts()
    assert fresh.db.execute("SELECT count(*) FROM content").fetchone() == (3,)


def test_what_is_remembered_is_found_without_a_query(tmp_path):
    loader = Loader(tmp_path / "a.db")
    with loader.db.atomic():
        loader.load(0, SEED_READ)
        asked: list[str] = []
        loader.db.conn.set_trace_callback(asked.append)
        loader.load(1, SEED_READ)
    assert not [sql for sql in asked if " job " in sql or " salary " in sql or " layout" in sql]


def test_what_is_remembered_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr("db.rows._MOST_REMEMBERED", 3)
    monkeypatch.setattr("db.rows._MOST_SIDES", 1)
    loader, fresh = Loader(tmp_path / "a.db"), Loader(tmp_path / "b.db")
    readings = (SEED_READ, OVERVIEW_READ, SEED_READ)
    for number, reading in enumerate(readings):
        with loader.db.atomic():
            loader.load(number, sent(reading))
        assert len(rows(loader.db).sides) == 2
    monkeypatch.undo()
    for number, reading in enumerate(readings):
        with fresh.db.atomic():
            fresh.load(number, reading)
    assert loader.facts() == fresh.facts()
    assert rows(loader.db) is not rows(fresh.db)
