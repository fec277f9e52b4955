"""What is too little to be judged alone is judged with what came before it; what moves slowly, with what was long before."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from db import drift
from db.connection import open_to_read
from normalize.bands import Band
from scraper.gate import site_of
from tests.drifting import figures, held, publish, published, usual, without_age
from tests.imports import Saved, import_pages, saved, settings

pytestmark = pytest.mark.usefixtures("read_here")

DAY = "2024-{:02}-{:02}T00:00:00Z"


def on(number: int, pages: list[Saved]) -> list[Saved]:
    """Pages on one of many days."""
    return [replace(page, at=DAY.format(2 + number // 28, 1 + number % 28)) for page in pages]


def codes(root: Path, runs: list[list[Saved]]) -> list[int]:
    return [import_pages(root, *on(number, pages)).exit_code for number, pages in enumerate(runs)]


def test_a_small_run_that_completes_the_evidence_is_held(tmp_path: Path):
    import_pages(tmp_path, *usual(count=60))
    ended = codes(tmp_path, [without_age(count=9, first=9 * n) for n in range(5)])
    assert ended == [0, 4, 4, 4, 4]
    assert held(tmp_path) == 36


def test_runs_of_one_page_are_judged_together_once_they_are_enough(tmp_path: Path):
    import_pages(tmp_path, *usual(count=60))
    halved = [[saved(figures(n, Yearly_salary="$22,100", Salary_range="$15,000 - $32,000", Hourly_rate="$10.63"), DAY)]
              for n in range(15)]  # fmt: skip
    ended = codes(tmp_path, halved)
    assert ended == [0] * 9 + [4] * 6
    report = import_pages(tmp_path, *on(20, halved[14]))
    assert report.held


def test_a_good_page_behind_bad_small_runs_is_published(tmp_path: Path):
    import_pages(tmp_path, *usual(count=60))
    codes(tmp_path, [without_age(count=1, first=n) for n in range(9)])
    good = import_pages(tmp_path, *on(20, usual(count=1, first=30)))
    assert (good.exit_code, good.held.moved) == (0, ())


def test_ordinary_small_runs_are_published(tmp_path: Path):
    import_pages(tmp_path, *usual(count=60))
    assert codes(tmp_path, [usual(count=3, first=3 * n) for n in range(15)]) == [0] * 15


def test_what_could_not_be_judged_is_said(tmp_path: Path):
    assert import_pages(tmp_path, *usual()).held.unjudged == 24
    assert import_pages(tmp_path, *on(0, usual(count=20, first=50))).held.unjudged == 0
    assert import_pages(tmp_path, *on(1, usual(count=4, first=80))).held.unjudged == 4
    with closing(open_to_read(settings(tmp_path).db)) as db:
        assert [drift.unjudged(db, run_id, site_of, Band()) for run_id in (1, 2, 3)] == [24, 0, 4]


def older(years: int) -> list[Saved]:
    return [
        saved(figures(n).with_cell("Average age", f"{30 + n % 13 + years}", f"{33 + n % 11 + years}"), DAY) for n in range(24)
    ]


def test_what_grows_a_little_in_each_run_is_held_at_last(tmp_path: Path):
    ended = codes(tmp_path, [older(years) for years in range(12)])
    assert ended[:3] == [0, 0, 0]
    assert 4 in ended
    assert ended[-1] == 4


def test_a_field_that_fades_is_held_at_last(tmp_path: Path):
    runs = [without_age(count=2 * n) + usual(count=60 - 2 * n, first=2 * n) for n in range(12)]
    ended = codes(tmp_path, runs)
    assert ended[:3] == [0, 0, 0]
    assert ended[-1] == 4


def test_what_somebody_let_pass_is_not_held_against_what_was_long_before(tmp_path: Path):
    codes(tmp_path, [usual(count=60) for _ in range(4)])
    assert import_pages(tmp_path, *on(5, without_age(count=60))).exit_code == 4
    publish(tmp_path, "no ages any more")
    assert [import_pages(tmp_path, *on(6 + n, without_age(count=60))).exit_code for n in range(4)] == [0] * 4
    assert sum(published(tmp_path).values()) == 60 * 9
