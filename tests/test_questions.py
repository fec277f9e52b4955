"""The questions of the browser: what they answer on a small database, worked out by hand, and that nothing typed breaks them."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from db.browse.served import describing
from db.browse.served.questions import QUESTIONS
from db.columns import VIEWS
from db.dictionary import columns
from tests.browsing import ANALYST, BAKER, ELECTRICIAN, JOURNEYMAN, SPECIALIST, Browser, browsing, made

COOK = "cook"
TYPED = ("'", '"; DROP TABLE job; --', "%", "%%%_", "\u202e\x00", "1e999", "-1", "$", "," * 500, "x" * 5_000, "NaN", "\u0130")

CASES: list[tuple[str, dict[str, str], str, list[tuple[Any, ...]]]] = [
    ("best_paid_for_degree", {}, "slug, salary_annual_mean_usd", [(ANALYST, 44937), (SPECIALIST, 43251)]),
    ("best_paid_for_degree", {"degree": " Associate "}, "slug, salary_annual_mean_usd", [(JOURNEYMAN, 60000), (COOK, 57682)]),
    ("best_paid_for_degree", {"degree": "high school"}, "slug", [(ELECTRICIAN,)]),
    ("best_paid_for_degree", {"degree": "astronaut"}, "slug", []),
    ("largest_gap_within_soc_group", {}, "soc_group, occupations, left, right, gap_usd", [("13", 2, ANALYST, SPECIALIST, 1686)]),
    ("largest_gap_within_soc_group", {"soc_group": "13-20"}, "soc_group, gap_usd", [("13-20", 1686)]),
    ("largest_gap_within_soc_group", {"soc_group": "13-2071"}, "soc_group", []),
    ("largest_gap_within_soc_group", {"soc_group": "47"}, "soc_group", []),
    ("fastest_growing", {}, "slug, outlook_growth_pct", [(ELECTRICIAN, 7.0), (COOK, -2.0), (JOURNEYMAN, -2.0)]),
    ("fastest_growing", {"least_jobs": "1,236,195"}, "slug, outlook_jobs", [(JOURNEYMAN, 1300000)]),
    ("fastest_growing", {"least_jobs": "many"}, "slug", []),
    ("most_balanced_gender_shares", {}, "slug, difference_points", [(BAKER, 19.2), (SPECIALIST, 19.2), (ANALYST, 31.2)]),
    ("most_balanced_gender_shares", {"least_wage": "$44,000"}, "slug", [(ANALYST,)]),
    ("biggest_changes_since", {}, "occupation, old_value, new_value, change_pct", [(JOURNEYMAN, 57682, 60000, 4.02)]),
    ("biggest_changes_since", {"since": "2024-01-07"}, "occupation", []),
    ("biggest_changes_since", {"field": "outlook.jobs"}, "occupation, difference", [(JOURNEYMAN, 63806)]),
    ("pages_that_disagree", {"field": "demographics.age_mean"}, "occupation, value_count", [(BAKER, 2), (ANALYST, 2)]),
    ("pages_that_disagree", {"field": "outlook.jobs"}, "occupation", []),
    (
        "freshest_and_stalest",
        {"title": "EL"},
        "which, slug, as_of",
        [("freshest", ELECTRICIAN, "2024-01-06T00:00:00Z"), ("stalest", ELECTRICIAN, "2024-01-06T00:00:00Z")],
    ),
    ("what_a_state_pays_best", {}, "state, usps, slug", [("Maryland", "MD", SPECIALIST)]),
    ("what_a_state_pays_best", {"state": "md"}, "slug", [(SPECIALIST,)]),
    ("what_a_state_pays_best", {"state": "maryland"}, "slug", [(SPECIALIST,)]),
    ("what_a_state_pays_best", {"state": "Ohio"}, "slug", []),
    ("what_an_industry_pays_best", {}, "industry, naics, slug", [("Professional", "54", SPECIALIST)]),
    ("what_an_industry_pays_best", {"industry": "54"}, "slug", [(SPECIALIST,)]),
    ("what_an_industry_pays_best", {"industry": "Retail"}, "slug", []),
    ("quickest_to_learn_for_a_wage", {}, "slug", [(ELECTRICIAN,), (ANALYST,), (SPECIALIST,), (JOURNEYMAN,), (COOK,)]),
    ("quickest_to_learn_for_a_wage", {"least_wage": "50000"}, "slug", [(JOURNEYMAN,), (COOK,)]),
    (
        "skills_in_common",
        {},
        "skill, who, left_rank, right_rank",
        [
            ("hand tools", "both", 1, 1),
            ("electrical equipment", "left only", 2, None),
            ("C++", "left only", 3, None),
            ("work ethic", "right only", None, 2),
            ("HVAC", "right only", None, 3),
        ],
    ),
    (
        "skills_in_common",
        {"left": "Journeyman", "right": COOK},
        "skill, who",
        [("hand tools", "both"), ("work ethic", "both"), ("HVAC", "both")],
    ),
    ("skills_in_common", {"left": "nobody", "right": COOK}, "who", [("right only",)] * 3),
    ("history_of_a_fact", {}, "occupation, value, captures", [(JOURNEYMAN, 57682, 1), (JOURNEYMAN, 60000, 1)]),
    ("history_of_a_fact", {"occupation": "Cook", "field": "outlook.jobs"}, "value", [(1236194,)]),
    ("values_in_doubt", {}, "occupation, field, status, raw", [(BAKER, "outlook.growth_pct", "unreadable", "soon")]),
    ("values_in_doubt", {"status": "suspect"}, "occupation", []),
]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("asked"))


@pytest.fixture(scope="module")
def browser(db: Path) -> Iterator[Browser]:
    with browsing(db) as found:
        yield found


@pytest.mark.parametrize(("name", "given", "shown", "expected"), CASES)
def test_a_question_answers_what_the_pages_say(
    db: Path, name: str, given: dict[str, str], shown: str, expected: list[tuple[Any, ...]]
):
    question = QUESTIONS[name]
    assert set(given) <= set(question.hints)
    with closing(sqlite3.connect(db)) as conn:
        query = f"SELECT {shown} FROM ({question.sql})"
        assert conn.execute(query, dict.fromkeys(question.hints, "") | given).fetchall() == expected


def test_every_question_is_asked_with_values_and_without():
    assert {name for name, *_ in CASES} == set(QUESTIONS)
    assert {name for name, given, *_ in CASES if given} == set(QUESTIONS)
    assert len(QUESTIONS) >= 10


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_takes_whatever_is_typed(db: Path, name: str):
    question = QUESTIONS[name]
    with closing(sqlite3.connect(f"{db.as_uri()}?mode=ro", uri=True)) as conn:
        for typed in TYPED:
            rows = conn.execute(question.sql, dict.fromkeys(question.hints, typed)).fetchall()
            assert len(rows) <= 100


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_asks_public_views_only(db: Path, name: str):
    question = QUESTIONS[name]
    asked = set(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", question.sql))
    made_here = set(re.findall(r"(\w+) AS (?:MATERIALIZED )?\(", question.sql))
    assert asked - made_here
    assert asked - made_here <= set(VIEWS)
    assert set(re.findall(r":(\w+)", question.sql)) == set(question.hints)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_has_a_page_with_its_hints_and_leads_to_occupations(browser: Browser, name: str):
    question = QUESTIONS[name]
    words = browser.words(f"/careerscape/{name}")
    assert question.title in words
    assert all(hint in words for hint in question.hints)
    rows = browser.json(f"/careerscape/{name}.json?_shape=array")
    assert rows
    page = browser(f"/careerscape/{name}").text
    slugs = {row[key] for row in rows for key in ("slug", "occupation", "left", "right") if row.get(key)}
    assert all(f'<a href="/occupation/{slug}">{slug}</a>' in page for slug in slugs)


def test_every_question_is_offered_with_its_title(browser: Browser):
    words = browser.words("/careerscape")
    assert all(question.title in words for question in QUESTIONS.values())


def test_every_view_is_described_and_every_column_with_its_unit(browser: Browser):
    assert set(describing.ORDER) == set(describing.TITLES) == set(VIEWS)
    for view in VIEWS:
        words = browser.words(f"/careerscape/{view}")
        assert describing.TITLES[view] in words
        for column in columns(view):
            assert column.description in words
            assert column.unit is None or f"({column.unit})" in words


def test_facets_and_orders_name_columns_that_are_there():
    described = describing.metadata(2_000, {})["databases"]["careerscape"]["tables"]
    for view in VIEWS:
        names = {column.name for column in columns(view)}
        assert {*described[view].get("facets", ())} <= names
        assert {described[view][key] for key in ("sort", "sort_desc") if key in described[view]} <= names
        assert list(described[view]["columns"]) == [column.name for column in columns(view)]
