"""A site of many pages that changes its mind: ordinary figures, and some that were never seen before."""

from dataclasses import replace
from pathlib import Path

from scraper import publishing
from scraper.intake import Report
from tests.figures import SEED, Figures
from tests.imports import DAYS, NOW, Saved, import_pages, rows, saved, settings

COUNT = 24
AGE = "demographics.age_mean"


def figures(number: int, **cells: str) -> Figures:
    """One page of two occupations that no other page shows."""
    page = replace(SEED, left=f"Analyst {number}", right=f"Specialist {number}")
    page = page.with_cell("Average age", f"{30 + number % 13}", f"{33 + number % 11}")
    for label, text in cells.items():
        page = page.with_cell(label.replace("_", " "), text, text)
    return page


def usual(day: int = 0, count: int = COUNT, first: int = 0, extra: str = "") -> list[Saved]:
    """Pages as they always were; with `extra` their bytes are others."""
    pages = [saved(figures(number), DAYS[day]) for number in range(first, first + count)]
    return [replace(page, body=page.body + extra.encode()) for page in pages]


def without_age(day: int = 1, count: int = COUNT, first: int = 0) -> list[Saved]:
    """The same pages, that show no age any more."""
    return [saved(figures(number, Average_age="-"), DAYS[day]) for number in range(first, first + count)]


def drifted(root: Path) -> Report:
    """A run of ordinary pages, and one that is held back."""
    assert import_pages(root, *usual()).exit_code == 0
    return import_pages(root, *without_age())


def published(root: Path) -> dict[str, int]:
    """The days of captures that count, and how many there are."""
    query = "SELECT substr(captured_at, 9, 2), count(*) FROM capture WHERE published GROUP BY 1"
    return dict(rows(settings(root).db, query))


def held(root: Path) -> int:
    (count,) = rows(settings(root).db, "SELECT count(*) FROM hold WHERE released_at IS NULL")[0]
    return int(count)


def ended(root: Path) -> list[tuple]:
    """Command, outcome and exit code of each run."""
    return rows(settings(root).db, "SELECT command, outcome, exit_code FROM run ORDER BY run_id")


def publish(root: Path, reason: str | None = None, named: int | None = None) -> publishing.Publication:
    return publishing.publish_held(settings(root), named, reason, lambda: NOW, "me@here")
