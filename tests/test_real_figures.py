"""Every figure of real pages, exactly, in every markup, with no row that the page does not have."""

import hashlib
import json
from pathlib import Path

import pytest

from scraper import parsing
from tests.figures import MARKUPS, OVERVIEW, SEED, Figures, expected, found, real_pages

FIXTURES = Path(__file__).parents[1] / "fixtures" / "pages" / "zippia"
SEED_FILES = sorted((Path(__file__).parents[2] / "shared" / "seeds").glob("*.txt"))
MISSING_LEFT = {f"salary.best_{what}" for what in ("city", "state", "company", "industry")} | {"education.college"}


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("page", [SEED, OVERVIEW, *real_pages()], ids=lambda page: page.url.rsplit("/", 1)[1])
def test_every_figure(page: Figures, markup: str):
    media_type, render = MARKUPS[markup]
    read = parsing.parse(render(page), media_type, "", page.url)
    assert found(read) == expected(page)
    assert read.outcome == "complete"
    assert (read.left.title, read.right.title) == (page.left, page.right)


def pages_of_the_seed() -> list[Path]:
    return [*(next((FIXTURES / name).glob("page.*")) for name in ("seed-text", "seed-plain", "seed-modern")), *SEED_FILES]


@pytest.mark.parametrize("path", pages_of_the_seed(), ids=lambda path: path.parent.name)
def test_the_seed_has_26_fields_a_side(path: Path):
    media_type = "text/html" if path.suffix == ".html" else "text/plain"
    read = parsing.parse(path.read_bytes(), media_type, "", SEED.url)
    assert found(read) == expected(SEED)
    by_side = {side: [f for f in read.facts if f.side == side] for side in ("left", "right")}
    assert {side: len(facts) for side, facts in by_side.items()} == {"left": 26, "right": 26}
    assert {f.field for f in by_side["left"] if f.status == "missing"} == MISSING_LEFT
    assert {f.field for f in by_side["right"] if f.status == "missing"} == {"education.college"}
    assert {f.status for f in read.facts} == {"ok", "missing"}


@pytest.mark.parametrize("path", SEED_FILES, ids=lambda path: path.name)
def test_the_seed_is_the_one_that_is_known(path: Path):
    assert hashlib.sha256(path.read_bytes()).hexdigest() == "9673c326a3ac0989a898b70e414512b3a8a76f2a8845d48c319de2b7cb452e91"


def cases_of(url: str) -> list[Path]:
    """The fixture cases with that address whose page is whole and the right one."""
    cases = (path.parent for path in FIXTURES.glob("*/capture.json") if json.loads(path.read_text())["url"] == url)
    return [case for case in cases if not case.name.startswith(("error-", "partial-"))]


@pytest.mark.parametrize("page", real_pages(), ids=lambda page: page.url.rsplit("/", 1)[1])
def test_every_figure_of_the_fixture_of_a_real_page(page: Figures):
    (case,) = cases_of(page.url)
    read = parsing.parse((case / "page.html").read_bytes(), "text/html", "", page.url)
    assert found(read) == expected(page)
    assert read.outcome == "complete"
    assert (read.left.title, read.right.title) == (page.left, page.right)


def test_the_oracle_can_fail():
    wrong = SEED.with_cell("Average age", left="47")
    read = parsing.parse(MARKUPS["text"][1](SEED), "text/plain", "", SEED.url)
    assert found(read) != expected(wrong)
