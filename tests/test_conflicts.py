"""Pages that disagree: `conflict` is what CONTRACT.md says, in whatever order pages come, and its values are not the latest."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from db import conflicts, current, queries
from db.connection import open_to_read, open_to_write
from normalize.facts import Status, Value
from tests.histories import Shown, add, day, history, random_pages, shuffled
from tests.imports import dump, rows, sound

AGE = "demographics.age_mean"
SCALARS = {AGE: "demographics_age_mean", "outlook.jobs": "outlook_jobs", "salary.best_city": "salary_best_city"}
COLUMNS = "occupation, field, item, captured_at, value_count, support, example_urls, stands"
Row = tuple[str, str, str, str, int, str, str, int]


def said(conflict: Path) -> list[Row]:
    return sorted(rows(conflict, f"SELECT {COLUMNS} FROM conflict"))


# --- the contract's words, slowly ------------------------------------------------------------------------------------


def times_of(pages: Sequence[Shown]) -> dict[tuple[str, str, str], list[tuple[str, str, str, Value | None]]]:
    """For each fact, the published rows that are ok or missing: time, address, digest and value."""
    found: dict[tuple[str, str, str], list[tuple[str, str, str, Value | None]]] = {}
    for page in pages:
        for side, field, item, value, status in page.facts if page.published else ():
            if status in ("ok", "missing"):
                found.setdefault((page.jobs[side], field, item), []).append((page.at, page.url, page.capture_id, value))
    return found


def oracle(pages: Sequence[Shown]) -> list[Row]:
    found: list[Row] = []
    for fact, heard in times_of(pages).items():
        before, of_fact = None, []
        for t in sorted({at for at, *_ in heard}):
            since = datetime.fromisoformat(t) - timedelta(days=7)
            week = [h for h in heard if h[0] <= t and datetime.fromisoformat(h[0]) >= since]
            speaks = {url: max(h for h in week if h[1] == url)[3] for _, url, _, _ in week}
            values = sorted({value for value in speaks.values() if value is not None})
            support = [(value, sorted(url for url in speaks if speaks[url] == value)) for value in values]
            now = [(value, len(urls)) for value, urls in support] if len(values) > 1 else None
            if now and now != before:
                counts = json.dumps({str(value): count for value, count in now})
                of_fact.append((*fact, t, len(now), counts, json.dumps(sorted({urls[0] for _, urls in support})), 0))
            before = now
        if before:
            of_fact[-1] = (*of_fact[-1][:-1], 1)
        found += of_fact
    return sorted(found)


def latest(pages: Sequence[Shown]) -> dict[tuple[str, str], Value | None]:
    """The newest row of each single field, ok before missing; nothing while its newest time is a conflict."""
    stands = {row[:3] for row in oracle(pages) if row[-1]}
    found: dict[tuple[str, str], Value | None] = {}
    for (job, field, item), heard in times_of(pages).items():
        if field in SCALARS:
            newest = max(h[0] for h in heard)
            values = {h[3] for h in heard if h[0] == newest} - {None}
            assert len(values) < 2 or (job, field, item) in stands or len({h[1] for h in heard if h[0] == newest}) == 1
            found[job, field] = None if (job, field, item) in stands or not values else values.pop()
    return found


@pytest.mark.parametrize("seed", range(30))
def test_conflicts_are_those_that_the_contract_describes(tmp_path, seed):
    pages = random_pages(seed)
    first, second = (history(tmp_path / f"{n}.db", *shuffled(pages, seed * 2 + n)) for n in range(2))
    assert said(first) == oracle(pages)
    views = ("conflict", "finding", "occupation", "occupation_latest", "observation", "comparison")
    assert dump(first, views) == dump(second, views)
    assert sound(first)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30, 400))
def test_conflicts_are_those_that_the_contract_describes_in_many_histories(tmp_path, seed):
    test_conflicts_are_those_that_the_contract_describes(tmp_path, seed)


@pytest.mark.parametrize("seed", range(100, 120))
def test_a_value_in_conflict_is_not_the_latest(tmp_path, seed):
    distinct = {(page.url, page.at): page for page in random_pages(seed)}
    pages = list(distinct.values())
    db = history(tmp_path / "a.db", pages)
    columns = ", ".join(SCALARS.values())
    found = {
        (slug, field): value
        for slug, *values in rows(db, f"SELECT slug, {columns} FROM occupation_latest")
        for field, value in zip(SCALARS, values, strict=True)
    }
    assert {key: value for key, value in found.items() if value is not None} == {
        key: value for key, value in latest(pages).items() if value is not None
    }


# --- case by case ----------------------------------------------------------------------------------------------------

Age = tuple[float, str, float | None, Status]
"""Day, the other job of the page, and what the page says of the baker's age."""


def ages(*told: Age) -> list[Shown]:
    return [Shown(day(at), "baker", other, (("left", AGE, "", value, status),)) for at, other, value, status in told]


CASES: dict[str, tuple[list[Age], list[tuple[float, dict[str, int], int]], float | None]] = {
    "two pages": ([(0, "cook", 42, "ok"), (0, "driver", 43, "ok")], [(0, {"42.0": 1, "43.0": 1}, 1)], None),
    "within the week": ([(0, "cook", 42, "ok"), (7, "driver", 43, "ok")], [(7, {"42.0": 1, "43.0": 1}, 1)], None),
    "after the week": ([(0, "cook", 42, "ok"), (7.001, "driver", 43, "ok")], [], 43),
    "missing against ok": ([(0, "cook", 42, "ok"), (0, "driver", None, "missing")], [], 42),
    "missing after ok": ([(0, "cook", 42, "ok"), (1, "driver", None, "missing")], [], None),
    "suspect against ok": ([(0, "cook", 42, "ok"), (1, "driver", 43, "suspect")], [], 42),
    "one page alone": ([(0, "cook", 42, "ok"), (1, "cook", 43, "ok")], [], 43),
    "over when they agree again": (
        [(0, "cook", 42, "ok"), (0, "driver", 43, "ok"), (1, "cook", 43, "ok")],
        [(0, {"42.0": 1, "43.0": 1}, 0)],
        43,
    ),
    "over when one goes silent": (
        [(0, "cook", 42, "ok"), (0, "driver", 43, "ok"), (8, "cook", 42, "ok")],
        [(0, {"42.0": 1, "43.0": 1}, 0)],
        42,
    ),
    "not over while the newest rows are in doubt": (
        [(0, "cook", 42, "ok"), (0, "driver", 43, "ok"), (9, "cook", 42, "suspect")],
        [(0, {"42.0": 1, "43.0": 1}, 1)],
        None,
    ),
    "doubt does not silence a page": (
        [(0, "cook", 42, "ok"), (1, "cook", 44, "suspect"), (2, "driver", 43, "ok")],
        [(2, {"42.0": 1, "43.0": 1}, 1)],
        None,
    ),
    "missing takes a page's word back": (
        [(0, "cook", 42, "ok"), (1, "cook", None, "missing"), (2, "driver", 43, "ok")],
        [],
        43,
    ),
    "one row while it goes on": (
        [(0, "cook", 42, "ok"), (0, "driver", 43, "ok"), (3, "cook", 42, "ok"), (6, "driver", 43, "ok")],
        [(0, {"42.0": 1, "43.0": 1}, 1)],
        None,
    ),
    "a row when its support changes": (
        [(0, "cook", 42, "ok"), (0, "driver", 43, "ok"), (1, "welder", 43, "ok")],
        [(0, {"42.0": 1, "43.0": 1}, 0), (1, {"42.0": 1, "43.0": 2}, 1)],
        None,
    ),
    "a row when it comes again": (
        [(0, "cook", 42, "ok"), (0, "driver", 43, "ok"), (1, "cook", 43, "ok"), (2, "cook", 42, "ok")],
        [(0, {"42.0": 1, "43.0": 1}, 0), (2, {"42.0": 1, "43.0": 1}, 1)],
        None,
    ),
    "three values": (
        [(0, "cook", 42, "ok"), (0, "driver", 43, "ok"), (0, "welder", 9.5, "ok")],
        [(0, {"9.5": 1, "42.0": 1, "43.0": 1}, 1)],
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_conflict(tmp_path, name):
    told, expected, value = CASES[name]
    db = history(tmp_path / "a.db", ages(*told))
    found = rows(db, "SELECT captured_at, support, stands FROM conflict WHERE occupation = 'baker' ORDER BY captured_at")
    assert [(at, json.loads(support), stands) for at, support, stands in found] == [(day(at), *rest) for at, *rest in expected]
    assert rows(db, "SELECT demographics_age_mean FROM occupation_latest WHERE slug = 'baker'") == [(value,)]
    assert rows(db, "SELECT DISTINCT status FROM observation WHERE status NOT IN ('ok', 'missing', 'suspect')") == []


def test_a_value_that_is_held_does_not_speak(tmp_path):
    first, second = ages((0, "cook", 42, "ok"), (0, "driver", 43, "ok"))
    held = Shown(second.at, second.left, second.right, second.facts, published=False)
    db = history(tmp_path / "a.db", [first, held])
    assert said(db) == []
    assert rows(db, "SELECT demographics_age_mean FROM occupation_latest WHERE slug = 'baker'") == [(42.0,)]


def test_a_conflict_goes_when_its_page_is_no_longer_published(tmp_path):
    path = history(tmp_path / "a.db", ages((0, "cook", 42, "ok"), (0, "driver", 43, "ok")))
    assert len(said(path)) == 1
    db = open_to_write(path)
    with db.atomic():
        db.conn.execute("UPDATE page_capture SET published_reading_id = NULL WHERE page_id = 1")
        conflicts.refresh(db, 1, current.seen(db, 1))
    db.close()
    assert said(path) == []


def test_a_conflict_about_one_field_leaves_those_that_are_printed_with_it(tmp_path):
    pages = [
        Shown(day(0), "baker", other, (("left", "salary.annual_mean_usd", "", 50_000 + n, "ok"),
                                       ("left", "salary.annual_low_usd", "", 30_000, "ok")))
        for n, other in enumerate(("cook", "driver"))
    ]  # fmt: skip
    db = history(tmp_path / "a.db", pages)
    assert rows(db, "SELECT salary_annual_mean_usd, salary_annual_low_usd FROM occupation_latest WHERE slug = 'baker'") == [
        (None, 30_000)
    ]


def test_shares_and_skills_are_compared_item_by_item(tmp_path):
    def page(other: str, female: float, skill: str) -> Shown:
        gender = "demographics.gender_pct"
        told = ((gender, "male", 40.0), (gender, "female", female), ("skill.name", "1", "Math"), ("skill.name", "2", skill))
        return Shown(day(0), "baker", other, tuple(("left", field, item, value, "ok") for field, item, value in told))

    db = history(tmp_path / "a.db", [page("cook", 60, "Law"), page("driver", 59.5, "law")])
    found = [(row[1], row[2], json.loads(row[5])) for row in said(db)]
    assert found == [
        ("demographics.gender_pct", "female", {"59.5": 1, "60.0": 1}),
        ("skill.name", "2", {"Law": 1, "law": 1}),
    ]
    query = "SELECT demographics_gender_male_pct, demographics_gender_female_pct FROM occupation_latest WHERE slug = 'baker'"
    assert rows(db, query) == [(40.0, None)]


def test_addresses_and_words_of_any_script_stay_readable(tmp_path):
    pages = [
        Shown(day(0), "baker", other, (("left", "salary.best_city", "", city, "ok"),))
        for other, city in (("cook", "Cañon City, CO"), ("zoë", 'Say "hi", OK'))
    ]
    ((support, urls),) = rows(history(tmp_path / "a.db", pages), "SELECT support, example_urls FROM conflict")
    assert json.loads(support) == {"Cañon City, CO": 1, 'Say "hi", OK': 1}
    assert "Cañon" in support
    assert json.loads(urls) == ["https://a.example/baker-vs-cook", "https://a.example/baker-vs-zoë"]


def test_the_conflicts_of_an_occupation_stand_in_the_order_of_its_fields(tmp_path):
    facts = [("skill.name", "10", "Law"), ("skill.name", "2", "Law"), (AGE, "", 42.0), ("outlook.jobs", "", 7)]
    pages = [
        Shown(day(0), "baker", other, tuple(("left", field, item, value * (n + 1), "ok") for field, item, value in facts))
        for n, other in enumerate(("cook", "driver"))
    ]
    reader = open_to_read(history(tmp_path / "a.db", [*pages, *ages((20, "cook", 42, "ok"))]))
    found = [(row["field"], row["item"], json.loads(row["support"])) for row in queries.conflicts(reader, "baker")]
    assert found == [
        ("outlook.jobs", "", {"7": 1, "14": 1}),
        ("skill.name", "2", {"Law": 1, "LawLaw": 1}),
        ("skill.name", "10", {"Law": 1, "LawLaw": 1}),
    ]
    assert queries.conflicts(reader, "cook") == []
    reader.close()


def test_pages_that_agree_cost_no_look_into_their_facts(tmp_path, monkeypatch):
    def refuse(*given: object) -> None:
        raise AssertionError("the facts of pages that agree were read")

    monkeypatch.setattr(conflicts.sections, "said", refuse)
    pages = [*ages((0, "cook", 42, "ok"), (0, "driver", 42, "ok")), *ages((30, "cook", 43, "ok"), (30, "driver", 43, "ok"))]
    assert said(history(tmp_path / "a.db", pages)) == []


def test_an_old_conflict_does_not_come_back_with_later_runs(tmp_path):
    path = history(tmp_path / "a.db", ages((0, "cook", 42, "ok"), (0, "driver", 43, "ok")))
    before = said(path)
    db = open_to_write(path)
    add(db, ages((20, "cook", 43, "ok")))
    db.close()
    assert said(path) == [(*before[0][:-1], 0)]
    reader = open_to_read(path)
    assert reader.execute("SELECT demographics_age_mean FROM occupation_latest WHERE slug = 'baker'").fetchall() == [(43.0,)]
    reader.close()
