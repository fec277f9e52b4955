"""A page stays held while it is as bad as its held capture, and no longer."""

from contextlib import closing
from pathlib import Path

import pytest

from db import holds
from db.connection import open_to_read
from tests.drifting import COUNT, drifted, figures, held, publish, published, usual, without_age
from tests.imports import DAYS, Saved, import_pages, saved, settings

pytestmark = pytest.mark.usefixtures("read_here")


def changed(day: int, count: int, age: str = "-") -> list[Saved]:
    """Pages whose satisfaction is another now."""
    return [saved(figures(n, Average_age=age, Job_satisfaction="4.1"), DAYS[day]) for n in range(count)]


def waiting(root: Path) -> list[tuple[int, int]]:
    with closing(open_to_read(settings(root).db)) as db:
        return [(one.run_id, one.captures) for one in holds.waiting(db)]


def test_what_was_held_stays_so_although_another_figure_changed(tmp_path: Path):
    drifted(tmp_path)
    again = import_pages(tmp_path, *changed(2, 9), *without_age(2, COUNT - 9, 9))
    assert (again.exit_code, len(again.held.following)) == (4, COUNT)
    assert published(tmp_path) == {"01": COUNT}


def test_pages_that_are_new_are_judged_with_those_that_follow(tmp_path: Path):
    drifted(tmp_path)
    again = import_pages(tmp_path, *without_age(2), *without_age(2, 9, 50))
    assert (again.exit_code, len(again.held.drifted), published(tmp_path)) == (4, 9, {"01": COUNT})


def test_good_pages_beside_held_ones_are_published(tmp_path: Path):
    drifted(tmp_path)
    again = import_pages(tmp_path, *without_age(2), *usual(2, 9, 50))
    assert (again.exit_code, published(tmp_path)) == (4, {"01": COUNT, "03": 9})


@pytest.mark.parametrize("cell", ["Average_age", "Yearly_salary"])
def test_values_that_moved_are_followed_until_they_are_back(tmp_path: Path, cell: str):
    bad, worse = {"Average_age": ("70", "71"), "Yearly_salary": ("$950,000", "$960,000")}[cell]
    other = {"Hourly_rate": "-", "Salary_range": "-"} if cell == "Yearly_salary" else {}
    import_pages(tmp_path, *usual())
    for day, text in ((1, bad), (2, worse)):
        count = COUNT if day == 1 else 5
        pages = [saved(figures(n, **{cell: text}, **other), DAYS[day]) for n in range(count)]
        assert import_pages(tmp_path, *pages).exit_code == 4
    assert import_pages(tmp_path, *usual(3, 5)).exit_code == 0
    assert published(tmp_path) == {"01": COUNT, "04": 5}


def test_a_run_that_newer_pages_made_needless_waits_for_nobody(tmp_path: Path):
    drifted(tmp_path)
    assert waiting(tmp_path) == [(2, COUNT)]
    import_pages(tmp_path, *usual(2, 20))
    assert waiting(tmp_path) == [(2, 4)]
    import_pages(tmp_path, *usual(2, 4, 20))
    assert (waiting(tmp_path), held(tmp_path)) == ([], COUNT)
    assert publish(tmp_path, "they were right", 2).published == COUNT


def test_clean_pages_after_a_sick_run_are_no_drift(tmp_path: Path):
    import_pages(tmp_path, *usual())
    sick = [saved(figures(n, Average_age="old"), DAYS[1]) for n in range(COUNT)]
    assert import_pages(tmp_path, *sick).exit_code == 4
    publish(tmp_path, "it is so")
    assert import_pages(tmp_path, *usual(2)).exit_code == 0


def test_values_that_were_let_pass_do_not_let_other_values_pass(tmp_path: Path):
    import_pages(tmp_path, *usual())
    for day, age in ((1, "60"), (2, "20")):
        pages = [saved(figures(n, Average_age=f"{int(age) + n % 9}"), DAYS[day]) for n in range(COUNT)]
        assert import_pages(tmp_path, *pages).exit_code == 4
        publish(tmp_path, "it is so")
