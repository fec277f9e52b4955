"""Words that would run, leave or break a page, in titles and cells and addresses: in a real browser nothing of it happens."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from db.connection import open_to_write
from scraper import importing, run, sources
from tests import histories
from tests.browser import PHONE, Visit, browsing, needs_chromium, served, visiting
from tests.hostile_words import LONG, WORDS, bodies, slug, titled
from tests.imports import NOW, ReadHere, rows, settings

pytestmark = [pytest.mark.slow, needs_chromium]

ACME, HUB = "Acme", "hub"
NUMBERS = range(len(WORDS))
PAIRS = [(number, number + 1) for number in range(0, len(WORDS), 2)]
_NOTICE = """Object.defineProperty(window, '__hit', {set() { console.error('words ran: ' + location); }, get() { return 0; }});
addEventListener('securitypolicyviolation', event => console.error('policy: ' + event.blockedURI));"""
_LACKS = """words => { const flat = text => text.replace(/[\\s\\u0080-\\u009f\\ufffd]+/g, ' ').trim();
const shown = flat(document.body.textContent); return words.filter(one => !shown.includes(flat(one))); }"""


@dataclass
class Site:
    visit: Visit
    db: Path

    def title(self, number: int) -> str:
        """The title as it was loaded: signs that turn the direction of writing are left out."""
        return rows(self.db, "SELECT title FROM occupation WHERE slug = ?", job(number))[0][0]

    def shows(self, path: str, *words: str, status: int = 200) -> None:
        """The page at this path has these words as text, and nothing happened."""
        self.visit.page.set_viewport_size(PHONE)
        page = self.visit.go(path, status)
        assert page.evaluate(_LACKS, list(words)) == [], path
        self.visit.fits((PHONE,))
        assert page.url == self.visit.home + path
        self.visit.sound()


def job(number: int) -> str:
    return slug(titled(number))


def earlier_readings() -> list[histories.Shown]:
    """What another version of the parser may have taken for values, without bytes: words that are values, and change. The hub
    is compared with all, and takes all for its company, one after the other."""
    pairs = [_reading(left, right, day) for left, right in PAIRS for day in (500, 530)]
    spokes = [_of_hub(number, ACME, 500) for number in NUMBERS]
    return pairs + spokes + [_of_hub(0, WORDS[number], 600 + 10 * number) for number in NUMBERS]


def _of_hub(number: int, company: str, day: int) -> histories.Shown:
    said: histories.Said = ("left", "salary.best_company", "", company, "ok")
    return histories.Shown(histories.day(day), HUB, job(number), (said,), host="b.example", titles=("Hub", titled(number)))


def _reading(left: int, right: int, day: int) -> histories.Shown:
    facts: list[histories.Said] = []
    for side, number in (("left", left), ("right", right)):
        facts += [
            (side, "salary.best_company", "", WORDS[number] if day > 500 else ACME, "ok"),
            (side, "education.major", "", WORDS[number], "ok"),
            (side, "skill.name", "1", WORDS[left], "ok"),
            (side, "skill.pct", "1", 12.5, "ok"),
            (side, "skill.name", "2", LONG if number == 0 else WORDS[number] + "!", "ok"),
        ]
    titles = (titled(left), titled(right))
    return histories.Shown(histories.day(day), job(left), job(right), tuple(facts), host="b.example", titles=titles)


def load(root: Path) -> Path:
    """The words, imported from pages as they stand there, and beside them as values."""
    folder = root / "pages"
    folder.mkdir()
    for number, (url, body) in enumerate(bodies()):
        (folder / f"{number}.html").write_bytes(body)
        (folder / f"{number}.json").write_text(json.dumps({"url": url, "captured_at": "2024-01-01T00:00:00Z"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "Sandbox", ReadHere)
        report = importing.import_pages(settings(root), sources.find([folder], ""), lambda: NOW, lambda report: None)
    assert report.counts.rejected == 0
    db = settings(root).db
    with closing(open_to_write(db)) as opened:
        histories.add(opened, earlier_readings())
    return db


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("hostile")
    db = load(root)
    with served(root) as home, browsing() as browser, visiting(browser, home) as visit:
        visit.page.add_init_script(_NOTICE)
        yield Site(visit, db)


def test_every_word_reached_the_database(site: Site):
    assert len(WORDS) >= 40
    slugs = {slug for (slug,) in rows(site.db, "SELECT slug FROM occupation")}
    assert slugs == {HUB, "rim", *map(job, NUMBERS)}
    companies = "SELECT DISTINCT value FROM observation_latest WHERE field = 'salary.best_company' AND status = 'ok'"
    assert {*WORDS} <= {value for (value,) in rows(site.db, companies)}
    assert rows(site.db, "SELECT count(*) FROM observation WHERE raw = ? AND section = 'education'", LONG)[0][0] == 1
    assert rows(site.db, "SELECT count(*) FROM finding WHERE message LIKE '%<script>%'")[0][0] > 0


def test_words_do_run_where_nobody_escapes_them(site: Site):
    """What the other tests would see."""
    page = site.visit.page.context.new_page()
    ran: list[str] = []
    page.on("console", lambda message: ran.append(message.text))
    page.add_init_script(_NOTICE)
    page.goto("about:blank")
    for word in WORDS[:20]:
        page.set_content(f"<title>x</title><textarea></textarea><p title='x'>{word}</p>")
    page.close()
    assert len([text for text in ran if text.startswith("words ran")]) >= 8


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_a_comparison_shows_them_as_words(site: Site, left: int, right: int):
    words = [site.title(left), site.title(right), WORDS[left], WORDS[right]]
    site.shows(f"/compare/{job(left)}/{job(right)}", *words)


def test_an_occupation_shows_them_as_words(site: Site):
    """Titles of others, history and changes."""
    titles = [site.title(number) for number in NUMBERS]
    site.shows(f"/occupation/{HUB}", *WORDS, *titles)


def test_the_archived_pages_show_them_as_words(site: Site):
    """Skills as they stand on a page: the chain behind each, and the page itself."""
    site.shows(f"/explain/{HUB}/skill.name", *WORDS)
    site.shows(f"/explain/{HUB}/skill.name/page", *WORDS, LONG)
    site.shows(f"/explain/{HUB}/education.college", LONG)


@pytest.mark.parametrize("number", [0, 2, 12, 25, 29, 33, 36, 39, 41, 45])
def test_pages_are_headed_by_them(site: Site, number: int):
    words = (site.title(number), WORDS[number])
    site.shows(f"/occupation/{job(number)}", *words)
    raw = rows(site.db, "SELECT raw FROM observation WHERE occupation = ? AND field = 'salary.best_city'", job(number))[0][0]
    site.shows(f"/explain/{job(number)}/salary.best_city", words[0], raw)


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_what_is_asked_for_is_shown_as_words(site: Site, left: int, right: int):
    asked = [quote(WORDS[number], safe="") for number in (left, right)]
    site.shows(f"/compare?left={asked[0]}&right={asked[1]}%21", WORDS[left])
    site.shows(f"/search?q={asked[1]}", WORDS[right])


PLACES = ("/{}", "/occupation/{}", "/compare/{}/rim", "/explain/rim/{}", "/careerscape/{}")


def test_an_address_is_no_way_in(site: Site):
    """Words in the place of slugs, fields and pages: refused, with the same policy, and no header of theirs."""
    ask = site.visit.page.request
    for word in ["\0", "\r\nSet-Cookie: hit=1", "\x85", "/etc/passwd", "../..", "/a.example/", LONG, *WORDS]:
        for place in PLACES:
            answer = ask.get(site.visit.home + place.format(quote(word, safe="")))
            assert answer.status in (400, 404, 414), (place, word)
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "set-cookie" not in answer.headers
            assert answer.url.startswith(site.visit.home)
    for number in (0, 12, 33, 36):
        site.shows(f"/occupation/{quote(WORDS[number], safe='')}", WORDS[number], status=404)


def test_suggestions_are_words(site: Site):
    page = site.visit.go("/")
    box = page.get_by_label("One occupation", exact=True)
    for typed, number in (("form action", 20), ("cycler", 36), ("srcdoc", 18)):
        box.fill("")
        box.press_sequentially(typed)
        expect(page.get_by_role("option")).to_have_text(re.compile(re.escape(site.title(number))))
        box.press("ArrowDown")
        box.press("Enter")
        expect(box).to_have_value(site.title(number))
    site.visit.sound()


def test_the_start_page_shows_changes_as_words(site: Site):
    site.shows("/", *WORDS[-10:])


@pytest.mark.parametrize("view", ["occupation", "change", "finding"])
def test_tables_of_datasette_show_them_as_words(site: Site, view: str):
    """Not at the width of a phone: their style is not ours."""
    page = site.visit.go(f"/careerscape/{view}?_size=max")
    words = {"occupation": [site.title(number) for number in NUMBERS], "change": WORDS, "finding": ["<script>"]}[view]
    assert page.evaluate(_LACKS, list(words)) == []
    site.visit.sound()
