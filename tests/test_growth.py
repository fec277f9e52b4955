"""What years cost: a database grows with what changes, and answers about the past do not wait for what does not matter.

An unchanged capture costs no more than LIMIT bytes outside the archive; what is measured is the margin between two sizes of the
file, over so many captures that the size of its pages hides nothing.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks import history, past
from benchmarks.past import Past, Plan
from db.connection import open_to_read
from scraper.capture import stamp
from tests.figures import OVERVIEW, SEED, Figures
from tests.imports import Saved, import_pages, rows, saved, settings

LIMIT = 300
PAGES, ROUNDS = 100, 12
ROUNDS_OF_IMPORT, PAGES_OF_IMPORT = 8, 100
QUESTIONS = (
    "history of an occupation", "history of a field", "changes, the newest 100", "changes since a date, 100",
    "explain, database alone", "latest", "facts of an occupation",
)  # fmt: skip
ADDED = "The next paragraph {} says nothing about any job."

pytestmark = pytest.mark.slow


def test_the_plan_gives_what_it_promises(tmp_path: Path) -> None:
    known = Past(Plan(pages=60, dates=3))
    with closing(past.opened(tmp_path / "past.db")) as db:
        for date in range(3):
            past.add(db, known, date)
        total, distinct = history.distinct(db)
    assert total == known.plan.observations == 60 * 3 * 2 * past.FACTS_A_SIDE
    assert 1.2 < distinct / (60 * past.FACTS_A_SIDE) < 1.6
    assert rows(tmp_path / "past.db", "SELECT count(DISTINCT url), count(*) FROM capture WHERE published") == [(60, 180)]
    assert rows(tmp_path / "past.db", "SELECT status, count(*) FROM observation GROUP BY 1") == [("ok", total)]


@pytest.mark.parametrize("repeats", history.REPEATS)
def test_a_capture_without_news_costs_little(tmp_path: Path, repeats: str) -> None:
    known = Past(Plan(pages=PAGES, dates=2))
    with closing(past.opened(tmp_path / "past.db")) as db:
        for date in range(2):
            past.add(db, known, date)
        past.add(db, known, 2, repeats=repeats)
        before = history.size(db), history.vacuumed(db)
        for date in range(3, 3 + ROUNDS):
            past.add(db, known, date, repeats=repeats)
        after = history.size(db), history.vacuumed(db)
    costs = [(now - then) / (PAGES * ROUNDS) for then, now in zip(before, after, strict=True)]
    assert all(0 < cost <= LIMIT for cost in costs), costs


def test_what_a_question_costs_does_not_follow_the_size(tmp_path: Path) -> None:
    small, large = (_work_of_questions(tmp_path / f"{pages}.db", pages) for pages in (40, 400))
    assert small.keys() == large.keys()
    assert {question: large[question] / work for question, work in small.items() if large[question] > 1.5 * work} == {}


def _work_of_questions(path: Path, pages: int) -> dict[str, int]:
    """Steps of SQLite's machine, in hundreds, for each question that must not wait for what does not matter."""
    known = Past(Plan(pages=pages, dates=2))
    with closing(past.opened(path)) as db:
        for date in range(2):
            past.add(db, known, date)
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    with closing(open_to_read(path)) as db:
        db.conn.set_progress_handler(count, 100)
        done: dict[str, int] = {}
        for told in history.answers(db, known, 20):
            done[told.question], steps[0] = steps[0], 0
    assert min(done[question] for question in QUESTIONS) > 0
    return {question: done[question] for question in QUESTIONS}


# --- as the command imports pages ------------------------------------------------------------------------------------


def _same(page: Saved, round_: int) -> Saved:
    return replace(page, at=_day(round_))


def _noisy(page: Saved, round_: int) -> Saved:
    """Other bytes that say the same."""
    return replace(page, at=_day(round_), body=page.body + ADDED.format(f"of day {round_}").encode() + b"\n")


def _day(number: int) -> str:
    return stamp(datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number))


def _page(number: int, figures: Figures) -> Saved:
    letters = "oo".join("bcdfghklmn"[number // place % 10] for place in (10, 1))
    page = replace(figures, left=f"Welder {letters}", right=f"Clerk {letters}")
    return saved(page, _day(0))


@pytest.mark.parametrize("again", [_same, _noisy])
@pytest.mark.parametrize("figures", [SEED, OVERVIEW], ids=["without findings", "with a finding"])
def test_a_page_imported_again_costs_little(
    tmp_path: Path, read_here: None, figures: Figures, again: Callable[[Saved, int], Saved]
) -> None:
    pages = [_page(number, figures) for number in range(PAGES_OF_IMPORT)]
    import_pages(tmp_path, *pages)
    import_pages(tmp_path, *[again(page, 1) for page in pages])
    path = settings(tmp_path).db
    before = path.stat().st_size
    for round_ in range(2, 2 + ROUNDS_OF_IMPORT):
        report = import_pages(tmp_path, *[again(page, round_) for page in pages])
        assert report.counts.unchanged == PAGES_OF_IMPORT
    cost = (path.stat().st_size - before) / (PAGES_OF_IMPORT * ROUNDS_OF_IMPORT)
    found = rows(path, "SELECT count(*) FROM finding")[0][0] / rows(path, "SELECT count(*) FROM capture")[0][0]
    assert found == (figures is OVERVIEW)
    assert 0 < cost <= LIMIT
