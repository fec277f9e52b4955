"""Search over occupations, in the index and through every address that has it."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from db.browse.served.finding import Finder
from tests.browsing import (
    ANALYST,
    BAKER,
    ELECTRICIAN,
    JOURNEYMAN,
    SPECIALIST,
    Browser,
    asked,
    at_once,
    browsing,
    read_here,
)
from tests.figures import OVERVIEW
from tests.imports import DAYS, import_pages, saved, settings


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("analyst", [ANALYST]),
        ("ANALYST resol", [ANALYST]),
        ("résolution", [ANALYST]),
        ("13-2071", [ANALYST]),
        ("spec loss", []),
        ("loss spec", [SPECIALIST]),
        ("title of the code", [ELECTRICIAN, ANALYST, SPECIALIST]),
        ("b", [BAKER]),
        ("", []),
        ("+-*\"'()", []),
        ("nobody at all", []),
    ],
)
def test_search_finds_words_and_the_beginning_of_the_last(browser: Browser, text: str, found: list[str]):
    assert sorted(hit["slug"] for hit in browser.json(f"/search.json?q={quote(text)}")) == sorted(found)


def test_the_title_itself_comes_first_then_what_begins_so(tmp_path: Path):
    titles = ("Senior Cook", "Cook Helper", "Cook", "Cooking Teacher", "Pastry Cook")
    pages = [saved(replace(OVERVIEW, left=title, right="Zookeeper"), DAYS[0]) for title in titles]
    with read_here():
        import_pages(tmp_path, *pages)
    finder = Finder(settings(tmp_path).db)
    assert [hit.title for hit in finder.find("cook")][:3] == ["Cook", "Cook Helper", "Cooking Teacher"]
    assert {hit.title for hit in finder.find("cook")} == set(titles)
    assert [hit.title for hit in finder.find("cook", most=2)] == ["Cook", "Cook Helper"]
    finder.close()


@pytest.mark.parametrize(
    "text",
    [
        '"',
        '""',
        "a OR",
        "NEAR(",
        "col:x",
        "*",
        "^a",
        "a*b",
        "AND",
        "NOT x",
        "{a b}",
        "x" * 5_000,
        "a " * 500,
        "\x00",
        "\ud800",
        "日本",
        "ß",
        "𝔠",
    ],
)
def test_no_text_is_a_syntax_error(browsed: Path, text: str):
    finder = Finder(browsed)
    assert isinstance(finder.find(text), list)
    assert finder.matches(ANALYST, text) in (True, False)
    finder.close()


def test_search_sees_what_was_loaded_since(browsed_copy: Path):
    with browsing(browsed_copy) as browser:
        assert browser.json("/search.json?q=weaver") == []
        with closing(sqlite3.connect(browsed_copy)) as conn, conn:
            conn.execute("UPDATE job_title SET title = 'Weaver' WHERE title = 'Cook'")
        assert [hit["title"] for hit in browser.json("/search.json?q=weav")] == ["Weaver"]
        assert "cook" in browser("/careerscape/occupation?_search=weaver").text


def test_many_search_at_once(browsed: Path):
    with browsing(browsed) as browser:
        answers = at_once(browser.app, [f"/search.json?q={text}" for text in ("analyst", "baker", "journey")] * 10)
        assert [hit["slug"] for answer in answers[:3] for hit in answer.json()] == [ANALYST, BAKER, JOURNEYMAN]
        assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("view", ["occupation", "occupation_latest", "observation_latest"])
def test_views_that_name_occupations_can_be_searched(browser: Browser, view: str):
    page = browser(f"/careerscape/{view}?_search=journey").text
    assert 'type="search"' in page
    assert f">{JOURNEYMAN}</a>" in page
    assert f">{ANALYST}</a>" not in page
    assert 'type="search"' in browser(f"/careerscape/{view}").text
    assert f">{ANALYST}</a>" in browser(f"/careerscape/{view}?_search=%22").text


def test_the_search_is_a_function_for_queries_too(browser: Browser):
    rows = browser.json(asked("select slug from occupation where occupation_matches(slug, 'journey')"))
    assert rows == [{"slug": JOURNEYMAN}]
