"""A-vs-B against B-vs-A: the later of two pages about the same jobs that disagree gets a finding, in any order of loading."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from db.connection import open_to_write
from normalize.facts import Status, Value
from tests.figures import OVERVIEW, Figures
from tests.histories import Shown, add, day, history, random_pages, shuffled
from tests.imports import load_pages, rows, saved

AGE = "demographics.age_mean"
QUERY = "SELECT url, captured_at, side, field, message FROM finding WHERE code = 'mirror_differs'"


def found(db: Path) -> list[tuple[str, ...]]:
    return sorted(rows(db, QUERY))


def oracle(pages: list[Shown]) -> list[tuple[str, ...]]:
    """The rule of the contract's conflicts, for each capture against each page of the same two jobs."""
    told: dict[tuple[frozenset[str], str, str, str], list[tuple[str, str, str, str, Value | None]]] = {}
    for page in pages:
        for side, field, item, value, status in page.facts if page.published else ():
            if status in ("ok", "missing"):
                fact = (frozenset((page.left, page.right)), page.jobs[side], field, item)
                told.setdefault(fact, []).append((page.at, page.url, page.capture_id, side, value))
    findings = []
    for (_, _, field, item), heard in told.items():
        for at, url, _, side, value in heard:
            since = datetime.fromisoformat(at) - timedelta(days=7)
            week = [h for h in heard if h[0] <= at and datetime.fromisoformat(h[0]) >= since]
            for other in {h[1] for h in week} - {url}:
                then, _, _, _, theirs = max(h for h in week if h[1] == other)
                if (then, other) < (at, url) and None not in (value, theirs) and value != theirs:
                    words = f"{item}: {value!r}" if item else f"{value!r}"
                    findings.append((url, at, side, field, f"{words}, but {theirs!r} on {other} of {then}"))
    return sorted(findings)


def without_sentence(findings: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return sorted((*row, message.partition("something else: ")[2]) for *row, message in findings)


@pytest.mark.parametrize("seed", range(500, 525))
def test_findings_are_those_of_the_rule(tmp_path, seed):
    pages = random_pages(seed)
    first, second = (history(tmp_path / f"{n}.db", *shuffled(pages, seed * 2 + n)) for n in range(2))
    assert without_sentence(found(first)) == oracle(pages)
    assert found(first) == found(second)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(525, 800))
def test_findings_are_those_of_the_rule_in_many_histories(tmp_path, seed):
    test_findings_are_those_of_the_rule(tmp_path, seed)


# --- case by case ----------------------------------------------------------------------------------------------------


def page(at: float, age: float | None, swapped: bool = False, status: Status = "ok", host: str = "a.example") -> Shown:
    left, right = ("cook", "baker") if swapped else ("baker", "cook")
    return Shown(day(at), left, right, (("right" if swapped else "left", AGE, "", age, status),), host=host)


AB, BA = "https://a.example/baker-vs-cook", "https://a.example/cook-vs-baker"
CASES: dict[str, tuple[list[Shown], list[tuple[str, str, str]]]] = {
    "the later one": ([page(0, 42), page(1, 43, True)], [(BA, day(1), "right")]),
    "the later one, the other way round": ([page(1, 42), page(0, 43, True)], [(AB, day(1), "left")]),
    "in one second the larger address": ([page(0, 42), page(0, 43, True)], [(BA, day(0), "right")]),
    "the same way round on another host": (
        [page(0, 42), page(0, 43, host="b.example")],
        [("https://b.example/baker-vs-cook", day(0), "left")],
    ),
    "agreeing": ([page(0, 42), page(1, 42, True)], []),
    "missing": ([page(0, 42), page(1, None, True, "missing")], []),
    "in doubt": ([page(0, 42), page(1, 43, True, "suspect")], []),
    "more than a week apart": ([page(0, 42), page(7.1, 43, True)], []),
    "against the newest alone": ([page(0, 42), page(1, 43), page(2, 43, True)], []),
    "both changed in one second": ([page(0, 42), page(0, 42, True), page(1, 43), page(1, 43, True)], []),
    "each capture that disagrees": (
        [page(0, 42), page(1, 43, True), page(2, 42)],
        [(AB, day(2), "left"), (BA, day(1), "right")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_pair_of_pages(tmp_path, name):
    pages, expected = CASES[name]
    findings = found(history(tmp_path / "a.db", pages))
    assert [row[:3] for row in findings] == sorted(expected)
    assert {row[3] for row in findings} <= {AGE}


def test_the_finding_names_both_values_and_changes_no_status(tmp_path):
    db = history(tmp_path / "a.db", [page(0, 42), page(1, 43, True)])
    ((*_, message),) = found(db)
    assert "43" in message
    assert f"42 on {AB} of {day(0)}" in message.replace("42.0", "42")
    query = "SELECT count(*), min(severity), max(severity) FROM finding"
    assert rows(db, query) == [(1, "warning", "warning")]
    assert rows(db, "SELECT DISTINCT status FROM observation") == [("ok",)]
    assert rows(db, "SELECT DISTINCT outcome FROM comparison") == [("complete",)]


def test_what_is_held_is_compared_with_nothing(tmp_path):
    held = Shown(day(1), "cook", "baker", page(1, 43, True).facts, published=False)
    assert found(history(tmp_path / "a.db", [page(0, 42), held])) == []


def test_a_finding_goes_when_an_earlier_page_comes_to_light(tmp_path):
    path = history(tmp_path / "a.db", [page(0, 42), page(2, 43, True)])
    assert [row[:2] for row in found(path)] == [(BA, day(2))]
    db = open_to_write(path)
    add(db, [page(1, 43)])
    db.close()
    assert found(path) == []


def test_a_run_about_one_of_the_jobs_leaves_the_finding_alone(tmp_path):
    path = history(tmp_path / "a.db", [page(0, 42), page(1, 43, True)])
    before = found(path)
    db = open_to_write(path)
    add(db, [Shown(day(1), "baker", "driver", (("left", AGE, "", 42.0, "ok"),))])
    db.close()
    assert found(path) == before != []


def test_pages_as_they_are_read(tmp_path):
    tables = {name: tuple((label, right, left) for label, left, right in table) for name, table in OVERVIEW.tables.items()}
    pay = OVERVIEW.pay[::-1] if OVERVIEW.pay else None
    times = OVERVIEW.times[::-1] if OVERVIEW.times else None
    skills = OVERVIEW.skills[::-1] if OVERVIEW.skills else None
    mirror = Figures(OVERVIEW.right, OVERVIEW.left, tables, times, pay, skills)
    db = load_pages(tmp_path, saved(OVERVIEW, day(0)), saved(mirror.with_cell("Average age", left="50"), day(1)))
    assert [(row[0], row[2], row[3]) for row in found(db)] == [(mirror.url, "left", AGE)]
