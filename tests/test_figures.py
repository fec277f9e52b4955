"""What the pages of the browser show: the facts of the database, and what they say in words."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from db import queries
from db.browse import figures, since
from db.browse.content import Cell, Fact, Stretch
from db.connection import Database, open_to_read
from normalize.errors import UnknownOccupation, UsageError
from normalize.fields import BY_NAME
from normalize.wording import difference
from scraper import run
from tests.figures import SEED, Figures
from tests.imports import DAYS, NOW, ReadHere, import_pages, saved, settings

LEFT, RIGHT = "account-resolution-analyst", "loss-mitigation-specialist"
MEAN = "salary.annual_mean_usd"


def paid(page: Figures, left: str, right: str) -> Figures:
    """The page with other salaries, and nothing that they could contradict."""
    return replace(page, tables={"salary": (("Average salary", left, right),)}, pay=None, times=None)


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One page at four dates: the right job earned more, then the left one, three times."""
    root = tmp_path_factory.mktemp("years")
    wages = (("$40,000", "$41,000"), ("$42,000", "$41,000"), ("$42,000", "$41,500"), ("$43,000", "$41,500"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "Sandbox", ReadHere)
        import_pages(root, *(saved(paid(SEED, *of), at) for of, at in zip(wages, DAYS, strict=False)))
        import_pages(root, saved(replace(SEED, left="Baker", right="Cook").with_cell("Average age", "46", "-"), DAYS[0]))
    with closing(open_to_read(settings(root).db)) as db:
        yield db


def cells(db: Database, left: str, right: str) -> dict[tuple[str, str], tuple[Cell, ...]]:
    found = figures.comparison(db, left, right).sections
    return {(fact.field.name, fact.item): fact.cells for section in found for fact in section.facts}


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "one", "other", "words"),
    [
        (MEAN, 44937, 43251, "$1,686 more, 3.9%"),
        (MEAN, 43251, 44937, "$1,686 less"),
        (MEAN, 44937, 44937, "the same"),
        (MEAN, 44937, None, ""),
        (MEAN, None, None, ""),
        (MEAN, 5, 0, "$5 more"),
        (MEAN, 1_000_001, 1_000_000, "$1 more, under 0.1%"),
        ("salary.hourly_mean_usd", 21.6, 20.79, "$0.81 more, 3.9%"),
        ("salary.best_city", "Boston", "Chicago", ""),
        ("salary.best_city", "Boston", "Boston", "the same"),
        ("education.degree_pct", 34.4, 26.1, "8.3 points more"),
        ("outlook.growth_pct", -3.0, -2.0, "1 point less"),
        ("demographics.age_mean", 47.0, 46.0, "1 year older"),
        ("demographics.age_mean", 40, 46.5, "6.5 years younger"),
        ("outlook.jobs", 90, 100, "10 less"),
        ("outlook.jobs", 456110, 10843, "445,267 more, 42.1 times as many"),
        ("outlook.jobs", 10843, 456110, "445,267 less"),
        ("salary.annual_mean_usd", 1_000_000, 100_000, "$900,000 more, 10 times as much"),
        ("outlook.satisfaction", 3.4, 3.0, "0.4 higher"),
        ("outlook.experience_years", 2.0, 1.0, "1 year more"),
        ("outlook.time_to_become_min_months", 6, 12, "6 months shorter"),
    ],
)
def test_the_difference_of_two_values_in_words(field: str, one: object, other: object, words: str):
    assert difference(BY_NAME[field], one, other) == words


# --- one and two occupations -----------------------------------------------------------------------------------------


def test_who_earns_more_by_how_much_and_since_when(years: Database):
    first = figures.comparison(years, LEFT, RIGHT).verdict[0]
    assert first.words == "Account Resolution Analyst earns $1,500 a year more than Loss Mitigation Specialist (3.6%)"
    assert first.since == DAYS[1]  # on the first day the other one did
    swapped = figures.comparison(years, RIGHT, LEFT).verdict[0]
    assert swapped == first


def test_the_wages_of_years_stand_in_their_order(years: Database):
    pay = figures.comparison(years, LEFT, RIGHT).pay
    assert [(one.value, one.first_seen, one.last_seen) for one in pay[0]] == [
        (40000, DAYS[0], DAYS[0]), (42000, DAYS[1], DAYS[2]), (43000, DAYS[3], DAYS[3]),
    ]  # fmt: skip
    assert [one.words for one in pay[1]] == ["$41,000", "$41,500"]
    (mean,) = figures.comparison(years, LEFT, RIGHT).sections[0].of(MEAN)
    assert [cell.since for cell in mean.cells] == [DAYS[3], DAYS[2]]


def test_two_that_no_page_compares_have_the_facts_of_their_own_pages(years: Database):
    compared = figures.comparison(years, LEFT, "baker")
    assert compared.pages == ()
    assert [page.url for page in figures.comparison(years, LEFT, RIGHT).pages] == [SEED.url]
    (mean,) = compared.sections[0].of(MEAN)
    assert [cell.value for cell in mean.cells] == [row["salary_annual_mean_usd"] for row in latest(years, LEFT, "baker")]


def latest(db: Database, *slugs: str) -> list[dict]:
    return [queries.latest(db, slug) for slug in slugs]


def test_every_value_that_is_shown_without_doubt_is_the_latest_one(years: Database):
    for left, right in ((LEFT, RIGHT), ("baker", "cook"), ("cook", LEFT)):
        both, known = cells(years, left, right), latest(years, left, right)
        for (field, item), pair in both.items():
            column = f"{field.replace('.', '_')}" if not item else field.replace(".", "_").replace("_pct", f"_{item}_pct")
            for cell, row in zip(pair, known, strict=True):
                assert row[column] == (cell.value if cell.status == "ok" else None), (field, item)


def test_missing_is_missing_and_absent_is_absent(years: Database):
    ages = cells(years, "cook", LEFT)["demographics.age_mean", ""]
    assert [cell.status for cell in ages] == ["missing", "absent"]
    assert [cell.words for cell in ages] == ["–", ""]
    assert [cell.value for cell in ages] == [None, None]


def test_the_json_form_is_plain_and_flat(years: Database):
    compared = figures.comparison(years, LEFT, RIGHT)
    plain = json.loads(json.dumps(compared.to_dict()))
    assert plain["left"]["slug"] == LEFT
    (mean,) = (fact for fact in plain["facts"] if fact["field"] == MEAN)
    assert (mean["left"]["value"], mean["right"]["value"], mean["unit"]) == (43000, 41500, "USD/year")
    assert mean["difference"] == "$1,500 more, 3.6%"
    one = json.loads(json.dumps(figures.occupation(years, LEFT).to_dict()))
    assert {fact["field"]: fact["value"] for fact in one["facts"]}[MEAN] == 43000
    assert [page["other"] for page in one["pages"]] == [RIGHT]


def test_one_occupation_has_its_past_and_its_pages(years: Database):
    shown = figures.occupation(years, LEFT)
    assert [change["new_value"] for change in shown.changes if change["field"] == MEAN] == [43000, 42000]
    (page,) = shown.pages
    assert (page.url, page.other, page.other_title, page.captures) == (SEED.url, RIGHT, SEED.right, 4)
    assert shown.head.captures == 4


def test_skills_in_common_and_apart(years: Database):
    both = figures.comparison(years, LEFT, "baker").skills  # the same lists, on another page
    assert both.common
    assert not any(both.apart)
    names = [[skill.name.words for skill in side] for side in figures.comparison(years, LEFT, RIGHT).skills.apart]
    assert names[0] != names[1]
    own = figures.occupation(years, LEFT).skills
    assert own.common == ()
    assert len(own.apart[0]) == sum(row["field"] == "skill.name" for row in queries.facts(years, LEFT))


def test_one_occupation_is_no_pair_and_an_unknown_one_is_named(years: Database):
    with pytest.raises(UsageError, match="name two"):
        figures.comparison(years, LEFT, LEFT)
    with pytest.raises(UnknownOccupation):
        figures.comparison(years, LEFT, "nobody")
    with pytest.raises(UnknownOccupation):
        figures.occupation(years, "nobody")


def seen(*stretches: tuple[int, str, str]) -> tuple[Stretch, ...]:
    """Stretches of a wage: value, first and last day."""
    return tuple(Stretch(BY_NAME[MEAN], "", value, "", f"{a}T00:00:00Z", f"{b}T00:00:00Z", 1) for value, a, b in stretches)


@pytest.mark.parametrize(
    ("one", "other", "ends", "day"),
    [
        ([(50, "2020-01-01", "2024-01-01")], [(40, "2021-01-01", "2024-01-01")], [], "2021-01-01"),
        ([(50, "2024-01-01", "2024-01-01")], [(40, "2024-01-09", "2024-01-09")], [], "2024-01-09"),
        ([(50, "2019-01-01", "2019-01-01")], [(40, "2024-01-01", "2024-01-01")], [], ""),
        ([(60, "2019-01-01", "2020-01-01")], [(40, "2019-01-01", "2024-01-01")], [], ""),
        (
            [(50, "2019-01-01", "2019-01-01"), (50, "2024-01-01", "2024-01-01")],
            [(40, "2019-01-01", "2024-01-01")],
            [],
            "2024-01-01",
        ),
        (
            [(50, "2019-01-01", "2019-01-01"), (51, "2024-01-01", "2024-01-01")],
            [(40, "2019-01-01", "2024-01-01")],
            [],
            "2019-01-01",
        ),
        (
            [(50, "2019-01-01", "2019-01-01"), (51, "2024-01-01", "2024-01-01")],
            [(40, "2019-01-01", "2024-01-01")],
            ["2022-01-01T00:00:00Z"],
            "2024-01-01",
        ),
        (
            [(30, "2020-01-01", "2020-01-01"), (50, "2021-01-01", "2024-01-01")],
            [(40, "2020-01-01", "2024-01-01")],
            [],
            "2021-01-01",
        ),
        ([(40, "2020-01-01", "2024-01-01")], [(40, "2022-01-01", "2024-01-01")], [], "2022-01-01"),
        ([], [(40, "2022-01-01", "2024-01-01")], [], ""),
    ],
)
def test_since_when_the_same_earned_more(one: list, other: list, ends: list[str], day: str):
    for pay, gone in (((one, other), (ends, [])), ((other, one), ([], ends))):
        assert since.since([seen(*pay[0]), seen(*pay[1])], gone) == (f"{day}T00:00:00Z" if day else "")


@pytest.mark.usefixtures("read_here")
def test_the_headline_says_what_makes_it_less_sure(tmp_path: Path):
    """The page that compares the two is older than the one that counts; a third page is in doubt; others are of long ago."""
    mason = replace(SEED, left="Mason", right="Roofer")
    old = replace(SEED, left="Miller", right="Cooper")
    import_pages(
        tmp_path,
        saved(paid(mason, "$50,000", "$40,000"), "2025-11-01T00:00:00Z"),
        saved(paid(replace(mason, left="Roofer", right="Tiler"), "$70,000", "$45,000"), "2025-11-15T00:00:00Z"),
        saved(paid(old, "$60,000", "$30,000"), "2019-03-01T00:00:00Z"),
    )
    with closing(open_to_read(settings(tmp_path).db)) as db:
        first = figures.comparison(db, "mason", "roofer").verdict[0]
        assert first.words.startswith("Roofer earns $20,000 a year more than Mason")
        assert first.note == "The page that compares them said $50,000 and $40,000 on 1 Nov 2025"
        aged = figures.comparison(db, "miller", "mason").verdict[0]
        assert (aged.since, aged.note) == ("", "By figures of 1 Mar 2019 and 1 Nov 2025")
        assert figures.comparison(db, "miller", "cooper").verdict[0].note == ""


@pytest.mark.usefixtures("read_here")
def test_pages_that_are_captured_seconds_apart_are_held_against_each_other(tmp_path: Path):
    """Each year both wages grow beyond what the other was the year before."""
    pages = []
    for year in (2022, 2023, 2024):
        for minute, (other, wage) in enumerate((("Baker", 41500), ("Cook", 43000))):
            grown = f"${wage + 5000 * (year - 2022):,}"
            page = replace(paid(SEED, grown, "$20,000"), left=other, right=f"{other} Helper")
            pages.append(saved(page, f"{year}-01-01T00:0{minute}:00Z"))
    import_pages(tmp_path, *pages)
    with closing(open_to_read(settings(tmp_path).db)) as db:
        for pair in (("baker", "cook"), ("cook", "baker")):
            first = figures.comparison(db, *pair).verdict[0]
            assert first.words == "Cook earns $1,500 a year more than Baker (2.9%)"
            assert first.since == "2022-01-01T00:01:00Z"


# --- in doubt --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize(
    ("page", "status", "said", "note"),
    [
        (SEED.with_cell("Average age", "460"), "suspect", "460 years", "460"),
        (SEED.with_cell("Average age", "about forty"), "unreadable", "", "about forty"),
    ],
)
def test_a_value_in_doubt_is_shown_with_the_reason(tmp_path: Path, page: Figures, status: str, said: str, note: str):
    import_pages(tmp_path, saved(page, DAYS[0]))
    with closing(open_to_read(settings(tmp_path).db)) as db:
        cell = cells(db, LEFT, RIGHT)["demographics.age_mean", ""][0]
        assert (cell.status, cell.words) == (status, said)
        assert note in cell.note + cell.raw
        assert not figures.comparison(db, LEFT, RIGHT).sections[2].of("demographics.age_mean")[0].difference


@pytest.mark.usefixtures("read_here")
def test_what_pages_disagree_on_has_no_value(tmp_path: Path):
    other = replace(paid(SEED, "$50,000", "$43,000"), right="Baker")
    import_pages(tmp_path, saved(paid(SEED, "$40,000", "$41,000"), DAYS[0]), saved(other, DAYS[0]))
    with closing(open_to_read(settings(tmp_path).db)) as db:
        compared = figures.comparison(db, LEFT, RIGHT)
        (mean,) = compared.sections[0].of(MEAN)
        assert (mean.cells[0].status, mean.cells[0].value, mean.cells[0].words) == ("disputed", None, "")
        assert mean.cells[0].note == "$40,000 on 1 page, $50,000 on 1"
        assert mean.difference == ""
        assert compared.verdict[0].words == (
            "Who earns more is not known: of Account Resolution Analyst, pages disagree on its annual mean wage"
        )
        assert figures.start(db, NOW).conflicts == 1


# --- the start page --------------------------------------------------------------------------------------------------


def test_the_start_page_counts_what_there_is(years: Database):
    start = figures.start(years, NOW)
    assert (start.counts["occupations"], start.counts["pages"], start.counts["captures"]) == (4, 2, 5)
    assert [run["command"] for run in start.runs] == ["import", "import"]
    assert start.coverage["stale"] == 2
    assert figures.start(years, NOW - timedelta(days=725)).coverage["fresh"] == 2
    assert (
        start.best_paid[0].slug
        == max(
            years.execute("SELECT slug, salary_annual_mean_usd FROM occupation_latest").fetchall(), key=lambda row: row[1] or 0
        )[0]
    )
    assert {(pair["left"], pair["right"]) for pair in start.pairs} == {(LEFT, RIGHT), ("baker", "cook")}
    assert json.dumps(start.to_dict())


def test_a_difference_is_told_only_where_both_values_are_sure(years: Database):
    facts: list[Fact] = [f for section in figures.comparison(years, "cook", LEFT).sections for f in section.facts]
    assert any(fact.difference for fact in facts)
    assert all(not fact.difference or all(cell.status == "ok" for cell in fact.cells) for fact in facts)


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize(
    ("age", "newer"),
    [("460", "460 years on 2024-01-02, suspect: "), ("about forty", "about forty on 2024-01-02, unreadable: "), ("47", "")],
)
def test_an_older_value_that_stands_says_what_a_newer_page_shows_in_doubt(tmp_path: Path, age: str, newer: str):
    import_pages(tmp_path, saved(SEED, DAYS[0]), saved(SEED.with_cell("Average age", age), DAYS[1]))
    with closing(open_to_read(settings(tmp_path).db)) as db:
        cell = cells(db, LEFT, RIGHT)["demographics.age_mean", ""][0]
        assert (cell.status, cell.value) == ("ok", 46 if newer else 47)
        assert cell.newer.startswith(newer)
        assert bool(cell.newer) == bool(newer)
        older = cells(db, LEFT, RIGHT)["salary.annual_mean_usd", ""][0]
        assert older.newer == ""


@pytest.mark.usefixtures("read_here")
def test_a_page_in_doubt_that_is_older_than_the_value_is_not_told(tmp_path: Path):
    import_pages(tmp_path, saved(SEED.with_cell("Average age", "460"), DAYS[0]), saved(SEED, DAYS[1]))
    import_pages(tmp_path, saved(replace(SEED.with_cell("Average age", "461"), right="Baker"), DAYS[0]))
    with closing(open_to_read(settings(tmp_path).db)) as db:
        assert cells(db, LEFT, RIGHT)["demographics.age_mean", ""][0].newer == ""
