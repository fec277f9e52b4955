"""A site for the tests in a browser: the bundled pages in several years, and pages with values in doubt."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page

from normalize.fields import BY_NAME
from normalize.wording import value_words
from scraper import importing, run, sources
from tests import bundled
from tests.browser import visiting
from tests.figures import SEED, Figures, as_html
from tests.imports import NOW, ReadHere, record, rows, settings

LEFT, RIGHT = "loss-mitigation-specialist", "tool-builder"
"""They stand on pages with all tables, and no page compares them."""

COMPARE = f"/compare/{LEFT}/{RIGHT}"
MEAN = "salary.annual_mean_usd"
NEWEST = """SELECT field, item, value FROM observation_latest WHERE occupation = ? AND status = 'ok' AND captured_at = (
SELECT max(captured_at) FROM observation_latest WHERE occupation = ? AND field = 'skill.name')"""
BAKER, COOK = "night-baker", "day-cook"


def doubtful() -> list[tuple[str, Figures]]:
    """Pages with a value in doubt, one that cannot be read, and one on which the other disagrees."""
    page = replace(SEED, left="Night Baker", right="Day Cook", times=None, pay=None, skills=None)
    first = page.with_cell("LGBT Percentage", left="plenty").with_cell("Average age", right="99")
    other = replace(first, right="Pie Maker").with_cell("Average salary", left="$51,000")
    return [("2024-06-01T00:00:00Z", first), ("2024-06-02T00:00:00Z", other)]


@dataclass
class Site:
    root: Path
    home: str
    browser: Browser

    @property
    def db(self) -> Path:
        return settings(self.root).db

    def visit(self, **options: Any) -> Any:
        return visiting(self.browser, self.home, **options)


def load(root: Path) -> None:
    folder = bundled.save(root / "pages", (2022, 2023, 2024))
    for number, (at, page) in enumerate(doubtful()):
        (folder / f"{number}.html").write_bytes(as_html(page))
        (folder / f"{number}.json").write_text(json.dumps({"url": page.url, "captured_at": at}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "Sandbox", ReadHere)
        importing.import_pages(settings(root), sources.find([folder], ""), lambda: NOW, lambda report: None)


def linked(page: Page) -> dict[tuple[str, str], str]:
    """What the links to explanations say: (slug, field with item) to words."""
    found = page.locator("a[href^='/explain/']").evaluate_all(
        "all => all.map(one => [one.getAttribute('href'), one.textContent.replace(/\\s+/g, ' ').trim()])"
    )
    said: dict[tuple[str, str], str] = {}
    for href, words in found:
        slug, field = (unquote(part) for part in href.removeprefix("/explain/").split("/"))
        said[slug, field] = words
    return said


def known(db: Path, slug: str) -> dict[tuple[str, str], str]:
    """What the views say of an occupation, in words."""
    wide = record(db, "SELECT * FROM occupation_latest WHERE slug = ?", slug)
    found: dict[tuple[str, str], Any] = {}
    for name, field in BY_NAME.items():
        section, _, rest = name.partition(".")
        if field.items:
            found |= {(name, item): wide[f"{section}_{rest.removesuffix('_pct')}_{item}_pct"] for item in field.items}
        elif not field.ranked:
            found[name, ""] = wide[f"{section}_{rest}"]
    skills = rows(db, f"SELECT field, item, value FROM ({NEWEST}) WHERE field LIKE 'skill.%'", slug, slug)
    found |= {(field, item): value for field, item, value in skills}
    return {
        (slug, f"{field}.{item}".rstrip(".")): value_words(BY_NAME[field], value)
        for (field, item), value in found.items()
        if value is not None
    }
