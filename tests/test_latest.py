"""An occupation's latest values: over all its pages, what is printed together from one capture, the newest that says it."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from normalize.fields import FIELDS
from tests.figures import OVERVIEW, SEED, Figures
from tests.imports import Saved, dump, import_pages, load_pages, record, rows, saved, settings

pytestmark = pytest.mark.usefixtures("read_here")

FULL = replace(OVERVIEW, tables=OVERVIEW.tables | SEED.tables, pay=None)
FULL = FULL.with_cell("Average salary", "$48,850", "$57,682").with_cell("Average age", "42", "42")
FULL = FULL.with_cell("Most common degree", "Associate Degree, 31%", "-")
DAYS = tuple(f"2024-01-{day:02}T00:00:00Z" for day in (1, 9, 17, 25))
"""So far apart that no page speaks with an older value beside the newer one of another."""
D0, D1, D2, D3 = DAYS
OTHER_JOBS = ("Electrician | Journeyman", "Baker | Cook")
ONE_JOB = (
    "While it typically takes 6-12 months to become an electrician, becoming a journeyman takes usually requires 2-4 years",
    "It typically takes 2-4 years to become a journeyman",
)


def only(*sections: str, times: tuple[str, str] | None = None) -> Figures:
    """The page with these tables, and without sentences but the one about times."""
    return replace(FULL, tables={name: FULL.tables[name] for name in sections}, times=times, skills=None)


def without(page: Figures, label: str) -> Figures:
    """The page without a row."""
    return replace(page, tables={name: tuple(r for r in rows if r[0] != label) for name, rows in page.tables.items()})


def plumber(page: Figures) -> Figures:
    """The same figures on another page of the electrician."""
    return replace(page, right="Plumber")


def welder(page: Figures) -> Figures:
    """The same figures on a page that has the electrician on its right."""
    return replace(page, left="Welder", right="Electrician")


def latest(db: Path) -> dict[str, object]:
    return record(db, "SELECT * FROM occupation_latest WHERE slug = 'electrician'")


AGE, MALE, FEMALE, WHITE, BLACK = (
    f"demographics_{name}" for name in ("age_mean", "gender_male_pct", "gender_female_pct", "race_white_pct", "race_black_pct")
)
MEAN, LOW, HIGH, HOURLY = (f"salary_{name}_usd" for name in ("annual_mean", "annual_low", "annual_high", "hourly_mean"))
MIN, MAX = "outlook_time_to_become_min_months", "outlook_time_to_become_max_months"
DEGREE, PCT, YEARS = "education_degree", "education_degree_pct", "outlook_experience_years"

GLANCE, PAY, SCHOOL, PEOPLE = (only(name) for name in ("overview", "salary", "education", "demographics"))
TIME, LONG = only("salary", times=("6-12 months", "2-4 years")), only("salary", times=("More than 10 years", "2-4 years"))
NO_AGE, NO_MEAN = without(PEOPLE, "Average age"), without(PAY, "Average salary")
PARTIAL_NO_AGE = NO_AGE.with_cell("LGBT Percentage", left="plenty")


def aged(age: str) -> Figures:
    return PEOPLE.with_cell("Average age", age, age)


def degree(text: str) -> Figures:
    return SCHOOL.with_cell("Most common degree", left=text)


def gender(text: str) -> Figures:
    return PEOPLE.with_cell("Gender ratio", left=text)


Case = tuple[list[Figures | Saved], dict[str, object]]
"""Pages, one a day unless saved on another, and what `occupation_latest` has to say of the electrician."""

NEWEST: dict[str, Case] = {
    "of one page": ([aged("42"), aged("43")], {AGE: 43}),
    "of two pages": ([aged("42"), plumber(aged("43"))], {AGE: 43}),
    "on the other side": ([aged("42"), welder(aged("44"))], {AGE: 44}),
    "missing": ([aged("42"), aged("-")], {AGE: None, WHITE: 64.4, "as_of": D1}),
    "missing on another page": ([aged("42"), plumber(aged("-"))], {AGE: None}),
    "ok after missing": ([aged("-"), aged("42")], {AGE: 42}),
    "suspect is skipped": ([aged("42"), aged("99")], {AGE: 42, "as_of": D0}),
    "suspect is skipped for missing": ([aged("-"), aged("99")], {AGE: None}),
    "suspect alone": ([aged("99")], {AGE: None, WHITE: 64.4}),
    "unreadable is skipped": ([aged("42"), aged("old")], {AGE: 42}),
    "rejected is skipped": ([aged("42"), saved(aged("43"), D1, OTHER_JOBS)], {AGE: 42, "captures": 1}),
    "partial counts": ([aged("42"), aged("43").with_cell("LGBT Percentage", left="plenty")], {AGE: 43}),
    "title": ([FULL, replace(FULL, left="ELECTRICIAN")], {"title": "ELECTRICIAN"}),
}
TOGETHER: dict[str, Case] = {
    "no hourly beside a newer mean": ([GLANCE, PAY], {MEAN: 48850, LOW: 31000, HIGH: 64000, HOURLY: None}),
    "no range beside a newer mean": ([PAY, GLANCE], {MEAN: 48850, LOW: None, HIGH: None, HOURLY: 23.49}),
    "no older mean beside a dash": ([PAY, PAY.with_cell("Average salary", left="-")], {MEAN: None, LOW: 31000, HIGH: 64000}),
    "degree and per cent": ([degree("-"), degree("Bachelor's Degree, 58%")], {DEGREE: "bachelor", PCT: 58}),
    "no older per cent": ([SCHOOL, degree("Bachelor's Degree, 158%")], {DEGREE: "bachelor", PCT: None}),
    "no degree": ([SCHOOL, degree("-")], {DEGREE: None, PCT: None}),
    "both ends": ([LONG, TIME], {MIN: 6, MAX: 12}),
    "no older maximum": ([TIME, LONG], {MIN: 120, MAX: None}),
    "whole gender list": ([PEOPLE, gender("Female, 98% Unknown, 2%")], {MALE: None, FEMALE: 98}),
    "whole race list": ([PEOPLE, PEOPLE.with_cell("Race ratio", left="White, 60% Asian, 40%")], {WHITE: 60, BLACK: None}),
    "suspect list": ([PEOPLE, gender("Male, 50% Female, 30%")], {MALE: 34.4, FEMALE: 65.6}),
    "unreadable list": ([PEOPLE, gender("mostly men")], {MALE: 34.4, FEMALE: 65.6}),
    "list that is a dash": ([PEOPLE, gender("-")], {MALE: None, FEMALE: None, WHITE: 64.4}),
    "list after a dash": ([gender("-"), PEOPLE], {MALE: 34.4}),
}
ENDED: dict[str, Case] = {
    "row gone": ([PEOPLE, NO_AGE], {AGE: None, WHITE: 64.4}),
    "row of the overview gone": ([GLANCE, without(GLANCE, "Average age")], {AGE: None, "outlook_jobs": 17245}),
    "list gone": ([PEOPLE, without(PEOPLE, "Gender ratio")], {MALE: None, FEMALE: None, AGE: 42}),
    "dash gone": ([aged("-"), NO_AGE], {AGE: None}),
    "row back": ([PEOPLE, NO_AGE, aged("45")], {AGE: 45}),
    "row gone, then its table": ([PEOPLE, NO_AGE, PAY], {AGE: None}),
    "row gone, then suspect": ([PEOPLE, NO_AGE, aged("99")], {AGE: None}),
    "suspect, then row gone": ([PEOPLE, aged("99"), NO_AGE], {AGE: None}),
    "row gone, older value of another page": ([plumber(aged("41")), PEOPLE, NO_AGE], {AGE: 41}),
    "row gone from another page": ([PEOPLE, plumber(NO_AGE)], {AGE: 42}),
    "row gone from a partial page": ([PEOPLE, PARTIAL_NO_AGE], {AGE: 42, WHITE: 64.4}),
    "row gone from a rejected page": ([PEOPLE, saved(NO_AGE, D1, OTHER_JOBS)], {AGE: 42}),
    "table gone": ([PEOPLE, PAY], {AGE: 42, WHITE: 64.4, MEAN: 48850}),
    "mean gone beside a new range": ([PAY, NO_MEAN.with_cell("Salary range", "$30,000 - $50,000")], {MEAN: None, LOW: 30000}),
    "sentence about the other job": ([TIME, saved(TIME, D1, ONE_JOB)], {MIN: None, MAX: None}),
    "sentence gone": ([TIME, PAY], {MIN: 6, MAX: 12}),
    "experience without its sentence": ([replace(GLANCE, times=FULL.times), GLANCE], {YEARS: 1}),
}
COUNTED: dict[str, Case] = {
    "oldest that is used": ([PEOPLE, aged("43"), PAY, PAY], {"as_of": D1, "captures": 4}),
    "oldest of a group": ([TIME, FULL, PAY], {"as_of": D1}),
    "one capture has all": ([PEOPLE, PAY, FULL], {"as_of": D2}),
    "partial pages count": ([PEOPLE, PARTIAL_NO_AGE, plumber(PAY)], {"captures": 3, "as_of": D0}),
}
AT_ONCE: dict[str, Case] = {
    "ok beats missing": ([aged("-"), saved(plumber(aged("43")), D0)], {AGE: 43}),
    "ok beats missing, the other way round": ([aged("43"), saved(plumber(aged("-")), D0)], {AGE: 43}),
    "ok beats suspect": ([aged("99"), saved(plumber(aged("43")), D0)], {AGE: 43}),
}
CASES = {
    f"{kind}: {name}": case
    for kind, cases in (("newest", NEWEST), ("together", TOGETHER), ("ended", ENDED), ("counted", COUNTED), ("at once", AT_ONCE))
    for name, case in cases.items()
}


@pytest.mark.parametrize("name", CASES)
def test_the_latest_value(tmp_path, name):
    figures, expected = CASES[name]
    pages = [page if isinstance(page, Saved) else saved(page, day) for page, day in zip(figures, DAYS, strict=False)]
    found = latest(load_pages(tmp_path, *pages))
    assert {column: found[column] for column in expected} == expected
    (tmp_path / "backwards").mkdir()
    for page in reversed(pages):
        import_pages(tmp_path / "backwards", page)
    assert latest(settings(tmp_path / "backwards").db) == found


def test_values_that_contradict_each_other_do_not_mix_captures(tmp_path):
    page = only("overview", "salary")
    doubtful = page.with_cell("Hourly rate", left="$99.99").with_cell("Average salary", left="$48,851")
    found = latest(load_pages(tmp_path, saved(page, D0), saved(doubtful, D1)))
    assert [found[name] for name in (MEAN, LOW, HIGH, HOURLY)] in ([48850, 31000, 64000, 23.49], [None, 31000, 64000, None])


TITLES = {"42": "ELECTRICIAN", "43": "Electrician", "-": "electrician"}
TIES = {
    "three pages": [aged("42"), plumber(aged("43")), welder(aged("44"))],
    "one page": [replace(aged(age), left=title) for age, title in TITLES.items()],
}


@pytest.mark.parametrize("name", TIES)
def test_a_tie_is_broken_the_same_way_whatever_comes_first(tmp_path, name):
    dumps = []
    for number, pages in enumerate(permutations(saved(page, D0) for page in TIES[name])):
        (tmp_path / str(number)).mkdir()
        db = load_pages(tmp_path / str(number), *pages)
        dumps.append(dump(db, ["occupation", "occupation_latest", "observation_latest"]))
    assert {view for other in dumps for view in other if other[view] != dumps[0][view]} == set()


@pytest.mark.parametrize("ages", [("42", "43"), ("43", "44"), ("44", "45"), ("45", "46")])
def test_of_two_captures_in_one_second_all_views_take_the_same(tmp_path, ages):
    db = load_pages(tmp_path, *(saved(aged(age), D0) for age in ages))
    query = "SELECT value FROM observation_latest WHERE field = 'demographics.age_mean' AND occupation = 'electrician'"
    assert rows(db, query) == [(latest(db)[AGE],)]


def test_observation_latest_is_the_newest_published_capture_of_each_page(tmp_path):
    rejected = saved(aged("50"), D3, OTHER_JOBS)
    other = plumber(PAY)
    db = load_pages(tmp_path, saved(FULL, D0), saved(aged("43"), D2), rejected, saved(aged("42"), D1), saved(other, D0))
    columns = [row[1] for row in rows(db, "PRAGMA table_info(observation)")]
    assert [row[1] for row in rows(db, "PRAGMA table_info(observation_latest)")] == columns
    newest = rows(
        db, "SELECT * FROM observation WHERE (url, captured_at) IN (VALUES (?, ?), (?, ?))", FULL.url, D2, other.url, D0
    )
    assert sorted(rows(db, "SELECT * FROM observation_latest"), key=repr) == sorted(newest, key=repr)
    assert len(newest) > 20


def test_the_latest_row_has_every_field_in_its_column(tmp_path):
    found = latest(load_pages(tmp_path, saved(FULL, D0)))
    observed = dict(rows(settings(tmp_path).db, "SELECT field || item, value FROM observation WHERE occupation = 'electrician'"))
    for field in FIELDS:
        stem = field.name.replace(".", "_")
        for item in field.items:
            assert found[f"{stem.removesuffix('_pct')}_{item}_pct"] == observed.get(field.name + item)
        if field.scalar:
            assert found[stem] == observed.get(field.name)
    assert sum(value is not None for value in found.values()) > 20
