"""The static site: the same bytes for the same data, no link that leads nowhere, and pages that open from disk."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from db.browse import figures
from db.browse.pages import site
from db.browse.pages.links import occupation_file, pair_file
from db.connection import Database, open_to_read
from scraper import run
from tests.browser import browsing, needs_chromium
from tests.figures import OVERVIEW, SEED
from tests.imports import DAYS, ReadHere, load_pages, saved
from tests.page_checks import addresses, check, elements

PAID = replace(SEED.with_cell("Average salary", "$45,000"), pay=None)
PRIVATE = replace(SEED, left="Prn", right="Con")
TURNED = replace(SEED, left=SEED.right, right=SEED.left)
LONG = replace(SEED, left="Senior " * 18 + "Clerk", right="Clerk")
PAGES = (
    saved(SEED, DAYS[0]), saved(PAID, DAYS[2]), saved(replace(PAID, right="Baker"), DAYS[2]), saved(OVERVIEW, DAYS[1]),
    saved(PRIVATE, DAYS[1]), saved(LONG, DAYS[1]),
)  # fmt: skip


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "Sandbox", ReadHere)
        path = load_pages(tmp_path_factory.mktemp("pages"), *PAGES)
    with closing(open_to_read(path)) as reader:
        yield reader


@pytest.fixture(scope="module")
def folder(db: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    there = tmp_path_factory.mktemp("site")
    site.write(db, there, lambda: None)
    return there


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_each_occupation_and_each_pair_has_a_page(db: Database, folder: Path):
    slugs = [row[0] for row in db.execute("SELECT slug FROM occupation").fetchall()]
    pairs = db.execute('SELECT DISTINCT "left", "right" FROM comparison WHERE published = 1').fetchall()
    assets = {f"assets/{name}" for name in ("style.css", "charts.css", "search.js", "occupations.js")}
    assert len(slugs) == 9
    assert len(pairs) == 5
    expected = {"index.html", *assets, *map(occupation_file, slugs), *(pair_file(*pair) for pair in pairs)}
    assert set(files(folder)) == expected
    assert all(len(part) <= 150 for name in expected for part in name.split("/"))


def test_it_counts_what_it_writes(db: Database, tmp_path: Path):
    told: list[None] = []
    assert site.write(db, tmp_path, lambda: told.append(None)) == len(files(tmp_path))
    assert len(told) == site.pages(db) == len(list(tmp_path.rglob("*.html")))


def test_the_same_data_gives_the_same_bytes(folder: Path, tmp_path: Path, read_here: None):
    """Also where the pages came in another order."""
    with closing(open_to_read(load_pages(tmp_path / "data", *reversed(PAGES)))) as reader:
        site.write(reader, tmp_path / "site", lambda: None)
    assert files(tmp_path / "site") == files(folder)


def test_no_link_leads_nowhere(folder: Path):
    """Every page promises what pages promise, and every link of it leads to a file of the site, at a place that is there."""
    found = {name: check(body.decode()) for name, body in files(folder).items() if name.endswith(".html")}
    ids = {name: {e.attributes["id"] for e in page if "id" in e.attributes} for name, page in found.items()}
    for name in found:
        for address in addresses((folder / name).read_text()):
            parts = urlsplit(address)
            if parts.scheme or address == "data:,":
                continue
            target = (folder / name).parent / unquote(parts.path) if parts.path else folder / name
            there = target.resolve().relative_to(folder).as_posix()
            assert target.is_file(), (name, address)
            assert not parts.query
            if parts.fragment:
                assert unquote(parts.fragment) in ids[there], (name, address)


def test_a_page_of_both_orders_is_one(tmp_path: Path, read_here: None):
    with closing(open_to_read(load_pages(tmp_path / "data", saved(SEED, DAYS[0]), saved(TURNED, DAYS[1])))) as reader:
        site.write(reader, tmp_path / "site", lambda: None)
    (page,) = (tmp_path / "site" / "compare").rglob("*.html")
    assert {SEED.url, TURNED.url} <= set(addresses(page.read_text()))


def test_the_search_knows_every_occupation(db: Database, folder: Path):
    text = (folder / "assets" / "occupations.js").read_text()
    known = json.loads(text.removeprefix("window.careerscapeOccupations = ").strip().removesuffix(";").replace(",\n]", "\n]"))
    assert {(one["title"], one["soc_code"]) for one in known} == {
        (row[0], row[1] or "") for row in db.execute("SELECT title, soc_code FROM occupation").fetchall()
    }
    assert all((folder / one["href"]).is_file() for one in known)


def test_numbers_are_those_of_the_database(db: Database, folder: Path):
    for slug, title in db.execute("SELECT slug, title FROM occupation").fetchall():
        text = (folder / occupation_file(slug)).read_text()
        said = elements(text)[0].text
        assert title in said
        for section in figures.occupation(db, slug).sections:
            for fact in section.facts:
                assert fact.cells[0].words in said


@pytest.mark.slow
@needs_chromium
def test_it_opens_from_disk(folder: Path):
    with browsing() as browser:
        page = browser.new_page()
        faults: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((folder / "index.html").as_uri())
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontWeight") == "600"
        page.get_by_label("Find an occupation").fill("account res")
        page.get_by_role("option").first.wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.get_by_role("heading", level=1, name="Account Resolution Analyst").wait_for()
        page.get_by_role("link", name="Loss Mitigation Specialist").first.click()
        page.locator(".side .wage a").first.click()
        assert page.url.endswith("#salary.annual_mean_usd")
        assert page.locator(":target").is_visible()
        assert faults == []
        assert {urlsplit(url).scheme for url in asked} <= {"file", "data"}
