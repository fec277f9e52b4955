"""What `explain` tells beside the cell: code, other pages, run and request, when a value was seen."""

import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from db import chain, queries
from db.connection import open_to_read
from normalize.fields import BY_NAME, FIELDS
from scraper import run
from tests.command import Command
from tests.figures import SEED
from tests.imports import DAYS, ReadHere, import_pages, saved
from tests.world import A, World, at, many

SLUG = "account-resolution-analyst"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five pages of one occupation: one gives another age, one none that can be read, and one was captured twice."""
    monkeypatch.setattr(run, "Sandbox", ReadHere)
    ages = {"Baker": "47", "Cook": "46", "Diver": "-", "Editor": "46"}
    pages = [replace(SEED.with_cell("Average age", age), right=name) for name, age in ages.items()]
    import_pages(tmp_path, saved(SEED.with_cell("Average age", "46"), DAYS[3]), *(saved(page, DAYS[0]) for page in pages))
    import_pages(tmp_path, saved(replace(SEED.with_cell("Average age", "46"), right="Editor"), DAYS[1]))
    return tmp_path


def observed(db, field: str, item: str = ""):
    (row,) = chain.facts(db, SLUG, BY_NAME[field], item)
    return row


def test_facts_are_those_that_the_sheet_shows(root: Path):
    with closing(open_to_read(root / "careerscape.db")) as db:
        shown = queries.facts(db, SLUG)
        for field in FIELDS:
            assert chain.facts(db, SLUG, field, "") == [row for row in shown if row["field"] == field.name]
        assert chain.facts(db, "nobody", FIELDS[0], "") == []


def test_other_pages_speak_with_their_newest_value(root: Path):
    with closing(open_to_read(root / "careerscape.db")) as db:
        others = chain.other_pages(db, observed(db, "demographics.age_mean"))
    said = [(page["url"].rpartition("-vs-")[2].split("-")[0], page["value"], page["agrees"]) for page in others.pages]
    assert (others.count, others.agreeing, others.disagreeing) == (4, 2, 1)
    assert said[0] == ("baker", 47.0, False)
    assert sorted(said[1:]) == [("cook", 46.0, True), ("diver", None, None), ("editor", 46.0, True)]
    assert {page["captured_at"] for page in others.pages if "editor" in page["url"]} == {DAYS[1]}


def test_other_pages_are_bounded_and_counted(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(chain, "MOST_PAGES", 2)
    with closing(open_to_read(root / "careerscape.db")) as db:
        others = chain.other_pages(db, observed(db, "demographics.age_mean"))
    assert (others.count, len(others.pages)) == (4, 2)
    assert others.pages[0]["agrees"] is False


@pytest.mark.parametrize(
    ("field", "system", "code"),
    [("education.degree", "ISCED", "6"), ("salary.annual_mean_usd", "", None), ("salary.best_state", "USPS", None)],
)
def test_codes_are_told_with_their_method(root: Path, field: str, system: str, code: str | None):
    with closing(open_to_read(root / "careerscape.db")) as db:
        rows = chain.facts(db, SLUG, BY_NAME[field], "")
        found = [chain.code(db, row) for row in rows]
    for coded in found:
        assert (coded or {"system": ""})["system"] in ("", system)
        if code:
            assert coded
            assert (coded["code"], coded["method"]) == (code, "exact")


@pytest.mark.slow
def test_the_whole_chain_in_words_and_json(root: Path):
    asked = Command(root)
    (said,) = asked.json("explain", SLUG, "degree")
    assert said["code"]["system"] == "ISCED"
    assert said["other_pages"]["count"] == said["other_pages"]["agreeing"] == 4
    assert (said["run"]["command"], said["request"], said["request_is"]) == ("import", None, "imported")
    assert said["up_to_date"] is True
    words = asked("explain", SLUG, "degree").stdout
    for part in ("ISCED 6", "4 pages show it, 4 with this value, 0 with another", "no request of ours", "import, started"):
        assert part in words


def test_the_request_is_that_of_the_capture(world: World):
    world.pages = many(A, 1)
    world.scrape(at(A, replace(SEED, left="Analyst 0")))
    world.pass_days(30)
    world.scrape(at(A, replace(SEED, left="Analyst 0")))
    with closing(open_to_read(world.db)) as db:
        captures = queries.rows(db, "SELECT url, fetched_at, capture_id FROM capture ORDER BY fetched_at")
        found = [chain.request(db, row["url"], row["fetched_at"]) for row in captures]
        assert len(captures) == 2
        assert [request and request["run_id"] for request in found] == [1, 2]
        assert all(request and request["http_status"] == 200 and request["robots_rule"] for request in found)
        assert chain.request(db, captures[0]["url"], "2001-01-01T00:00:00Z") is None
        started = time.perf_counter()
        chain.facts(db, "analyst-0", BY_NAME["salary.annual_mean_usd"], "")
        assert time.perf_counter() - started < 1
