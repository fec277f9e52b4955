"""The pages in a real browser, as a newcomer and as somebody without a script, a large screen or good eyes meets them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from normalize.fields import BY_NAME
from normalize.wording import value_words
from tests.browsed import BAKER, COMPARE, COOK, LEFT, MEAN, RIGHT, Site, known, linked, load
from tests.browser import browsing, needs_chromium, served, visiting
from tests.command import Command
from tests.imports import record

pytestmark = [pytest.mark.slow, needs_chromium]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("site")
    load(root)
    with served(root) as home, browsing() as browser:
        yield Site(root, home, browser)


def explained(site: Site, slug: str, field: str) -> dict[str, Any]:
    return Command(site.root).json("explain", slug, field)[0]


def holds_the_chain(page: Page, said: dict[str, Any]) -> None:
    """The page shows the value, its words, its page and the record that holds it."""
    text = page.locator("main").inner_text()
    for name in ("raw", "url", "captured_at", "sha256", "warc_file"):
        assert str(said[name]) in text, name
    assert value_words(BY_NAME[said["field"]], said["value"]) in text


# --- the way of a newcomer -------------------------------------------------------------------------------------------


def test_a_newcomer_finds_who_earns_more_and_where_the_number_comes_from(site: Site):
    with site.visit() as visit:
        page = visit.go("/")
        for label, typed in (("One occupation", "loss mit"), ("Another", "builder")):
            box = page.get_by_label(label, exact=True)
            box.press_sequentially(typed)
            expect(box).to_have_attribute("aria-expanded", "true")
            box.press("ArrowDown")
            expect(page.get_by_role("option", selected=True)).to_have_count(1)
            box.press("Enter")
            expect(box).to_have_attribute("aria-expanded", "false")
        page.get_by_role("button", name="Compare").click()
        page.wait_for_url(site.home + COMPARE)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Loss Mitigation Specialist or Tool Builder")
        expect(page.locator(".verdict")).to_contain_text("Tool Builder earns $1,034 a year more than Loss Mitigation Specialist")
        assert page.locator("figure.chart svg[role=img]").count() >= 4

        page.locator(".side.tone0 a.value").click()
        page.wait_for_url(f"{site.home}/explain/{LEFT}/{MEAN}")
        holds_the_chain(page, explained(site, LEFT, MEAN))
        page.get_by_role("link", name="The archived page").click()
        expect(page.locator("#careerscape-mark")).to_have_text("$43,251")
        page.go_back()
        page.go_back()
        assert page.url == site.home + COMPARE


def test_the_same_way_without_a_script_and_without_a_mouse(site: Site):
    with site.visit(java_script_enabled=False) as visit:
        page = visit.go("/")
        page.get_by_label("One occupation").fill("loss mitigation")
        page.get_by_label("Another").fill("Tool Builder")
        page.keyboard.press("Enter")
        page.wait_for_url("**/compare?left=*")
        page.get_by_role("link", name="Loss Mitigation Specialist").press("Enter")
        page.wait_for_url(site.home + COMPARE)
        assert "$44,285" in page.locator(".side.tone1").inner_text()
        page.locator(".side.tone1 a.value").press("Enter")
        page.wait_for_url(f"{site.home}/explain/{RIGHT}/{MEAN}")
        holds_the_chain(page, explained(site, RIGHT, MEAN))


def test_suggestions_can_be_left_and_clicked(site: Site):
    with site.visit() as visit:
        page = visit.go(f"/occupation/{LEFT}")
        box = page.get_by_role("combobox", name="Compare with")
        box.press_sequentially("tool b")
        expect(page.get_by_role("option")).to_have_count(1)
        box.press("Escape")
        expect(page.get_by_role("option")).to_have_count(0)
        expect(box).to_have_value("tool b")
        box.press_sequentially("uilder")
        page.get_by_role("option", name="Tool Builder").click()
        page.get_by_role("button", name="Compare").click()
        page.wait_for_url(site.home + COMPARE)
        find = page.get_by_role("combobox", name="Find an occupation")
        find.press_sequentially("cashi")
        expect(page.get_by_role("option")).to_have_count(1)
        find.press("ArrowDown")
        find.press("Enter")
        page.wait_for_url(f"{site.home}/occupation/cashier")


def test_the_first_key_leads_past_the_head_of_the_page(site: Site):
    with site.visit() as visit:
        page = visit.go(COMPARE)
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        expect(page.locator(".skip")).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()


# --- every number ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", [(LEFT, RIGHT), (BAKER, COOK), ("cashier", "maid")], ids="-".join)
def test_every_number_of_a_comparison_is_that_of_the_database(site: Site, pair: tuple[str, str]):
    with site.visit() as visit:
        page = visit.go("/compare/{}/{}".format(*pair))
        shown, values = linked(page), known(site.db, pair[0]) | known(site.db, pair[1])
        answer = page.request.get(page.url + ".json").json()
    assert values
    assert {fact: shown.get(fact) for fact in values} == values
    for side, slug in zip(("left", "right"), pair, strict=True):
        cells = {(slug, f"{f['field']}.{f['item']}".rstrip(".")): f[side] for f in answer["facts"]}
        assert {fact: cell["words"] for fact, cell in cells.items() if cell["status"] == "ok"} == {
            fact: words for fact, words in values.items() if fact[0] == slug and not fact[1].startswith("skill.")
        }


def test_what_is_in_doubt_is_shown_with_its_reason(site: Site):
    """Missing is never a number, and nothing of which pages disagree stands as if it were known."""
    with site.visit() as visit:
        page = visit.go(f"/compare/{BAKER}/{COOK}")
        text = page.locator("main").inner_text()
        facts = linked(page)
    assert "Who earns more is not known" in text
    assert facts[BAKER, MEAN] == "pages disagree"
    assert "$51,000" in text
    assert facts[BAKER, "demographics.lgbt_pct"] == "unreadable"
    assert "plenty" in text
    assert facts[COOK, "demographics.age_mean"] == "in doubt"
    assert facts[BAKER, "salary.best_city"] == "–the page shows that it has no value"


def test_a_link_to_the_page_works_elsewhere(site: Site):
    with site.visit() as visit:
        page = visit.go(f"/compare?left=cashier&right={RIGHT}")
        link = page.get_by_role("link", name="Link to this page").get_attribute("href")
        title = page.title()
    with site.visit(locale="de-DE") as visit:
        assert visit.go(str(link)).title() == title


# --- every kind of page ----------------------------------------------------------------------------------------------

KINDS = {
    "start": "/",
    "chooser": "/compare",
    "which one": "/compare?left=loss&right=builder",
    "results": "/search?q=manager",
    "nothing found": "/search?q=zzz",
    "occupation": f"/occupation/{LEFT}",
    "doubtful occupation": f"/occupation/{BAKER}",
    "comparison": COMPARE,
    "doubtful comparison": f"/compare/{BAKER}/{COOK}",
    "explanation": f"/explain/{LEFT}/{MEAN}",
    "shares": f"/explain/{LEFT}/demographics.race_pct",
    "not found": "/occupation/loss-mitigation-specialists",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_fits_a_phone_and_can_be_read_by_all(site: Site, kind: str):
    with site.visit() as visit:
        page = visit.go(KINDS[kind], 404 if kind == "not found" else 200)
        assert page.locator("h1").count() == 1
        visit.accessible()
        page.emulate_media(color_scheme="dark")
        visit.fits()
        visit.whole_numbers()
        visit.accessible()


def test_the_archived_copy_fits_a_phone(site: Site):
    with site.visit() as visit:
        visit.go(f"/explain/{LEFT}/{MEAN}/page")
        visit.fits()


def test_tables_of_datasette_work_under_their_policy(site: Site):
    with site.visit() as visit:
        page = visit.go("/careerscape/occupation_latest")
        for order in ("_sort=", "_sort_desc="):
            page.locator("th").get_by_role("link", name="salary_annual_mean_usd").click()
            page.wait_for_url(f"**{order}salary_annual_mean_usd**")
        query = "SELECT title FROM occupation_latest ORDER BY salary_annual_mean_usd DESC LIMIT 1"
        assert record(site.db, query)["title"] in page.locator("table.rows-and-columns tbody tr").first.inner_text()
        page.locator("#facet-education_degree a", has_text="associate").click()
        page.wait_for_url("**education_degree=associate**")
        query = "SELECT count(*) AS n FROM occupation_latest WHERE education_degree = 'associate'"
        assert page.locator("table.rows-and-columns tbody tr").count() == record(site.db, query)["n"]
        visit.go("/careerscape")
        page.get_by_role("link", name="Best paid for a degree").click()
        page.get_by_label("degree").fill("associate")
        page.get_by_role("button", name="Run SQL").click()
        page.wait_for_url("**degree=associate**")
        page.get_by_role("link", name="home").click()
        page.wait_for_url(f"{site.home}/")


# --- as files --------------------------------------------------------------------------------------------------------


def test_the_static_site_opens_from_disk(site: Site, tmp_path: Path):
    Command(site.root)("export", tmp_path / "files", "--format", "site")
    home = (tmp_path / "files").as_uri()
    with visiting(site.browser, home) as visit:
        page = visit.go(f"{home}/index.html")
        visit.fits()
        assert page.locator("h1").evaluate("one => getComputedStyle(one).fontSize") != "32px"  # the style is there
        box = page.get_by_role("combobox", name="Find an occupation")
        box.press_sequentially("tool b")
        box.press("ArrowDown")
        box.press("Enter")
        page.wait_for_url("**/occupation/tool-builder.html")
        page.get_by_role("link", name="Die Mechanic").first.click()
        page.wait_for_url("**/compare/**")
        visit.fits()
        page.locator("main a.value").first.click()
        page.wait_for_url("**/occupation/*.html#*")
        for href in page.locator("a").evaluate_all("all => all.map(one => one.href).filter(one => one.startsWith('file:'))"):
            assert Path(unquote(href.removeprefix("file://")).partition("#")[0]).is_file(), href


# --- the watch itself ------------------------------------------------------------------------------------------------

BREACHES = {
    "fetch('http://a.example/x').catch(() => 0)": ["http://a.example/x", "policy"],
    "console.error('wrong')": ["wrong"],
    "setTimeout(() => { throw new Error('broken'); })": ["broken"],
    "alert('hello')": ["a dialog: hello"],
    "document.body.append(Object.assign(document.createElement('script'), {textContent: '1'}))": ["Policy"],
    "document.body.setAttribute('style', 'color: red')": ["Policy"],
}


@pytest.mark.parametrize("breach", BREACHES)
def test_what_must_not_happen_is_seen(site: Site, breach: str):
    with site.visit() as visit:
        page = visit.go("/compare")
        page.evaluate(f"() => {{ {breach} }}")
        page.evaluate("() => new Promise(done => setTimeout(done, 0))")
        seen = " ".join(visit.faults)
        with pytest.raises(AssertionError):
            visit.sound()
    assert all(words.lower() in seen.lower() for words in BREACHES[breach])


def test_what_is_too_wide_or_cannot_be_read_is_seen(site: Site):
    with site.visit() as visit:
        page = visit.go("/compare")
        page.evaluate("""() => { const main = document.querySelector('main'); main.innerHTML = '<img src="data:,">';
            main.style.width = '999px'; }""")
        with pytest.raises(AssertionError, match="image-alt"):
            visit.accessible()
        with pytest.raises(AssertionError, match="main"):
            visit.fits()
