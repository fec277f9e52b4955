"""The pages of the browser: what they show is what the database says, and nothing of it runs or leads astray."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from db.browse import figures, words
from db.browse.content import Cell, Comparison, Fact, Head, Occupation, Page, Section, Sentence, Shared, Skill, Skills, Stretch
from db.browse.pages import render
from db.browse.pages.links import Filed, Links, Served, file_name
from db.connection import Database, open_to_read
from normalize.fields import BY_NAME
from normalize.wording import value_words
from scraper import run
from tests.figures import OVERVIEW, SEED
from tests.imports import DAYS, ReadHere, Saved, load_pages, saved
from tests.page_checks import addresses, check, named

LEFT, RIGHT = "account-resolution-analyst", "loss-mitigation-specialist"
PAID = replace(SEED.with_cell("Average salary", "$45,000"), pay=None)
BAKER = replace(PAID.with_cell("Average age", "47"), right="Baker")
ODD = replace(
    SEED.with_cell("Gender ratio", right="Male, 80% Female, 59.6%").with_cell("Average age", "46", "old"),
    left="Cook",
    right="Odd Job",
)  # fmt: skip
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SERVED, FILED = Served(), Filed(1)
HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}{% raw %}", "javascript:alert(1)",
    "\u202egnp.exe\u202c", "' onfocus='alert(1)", "</title></main><h1>", "a\x00b\x1bc\ud800d", "&lt;b&gt;&amp;", "<!--", "]]>",
    "data:text/html,<script>1</script>", "//evil.example/", "\\\\evil", "x" * 300,
)  # fmt: skip


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Two captures of a page with another wage, a page that disagrees on an age, one with values in doubt, one of other kinds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "Sandbox", ReadHere)
        path = load_pages(
            tmp_path_factory.mktemp("pages"), saved(SEED, DAYS[0]), saved(PAID, DAYS[2]),
            saved(BAKER, DAYS[2]), saved(ODD, DAYS[1]), saved(OVERVIEW, DAYS[1]),
        )  # fmt: skip
    with closing(open_to_read(path)) as reader:
        yield reader


def compared(db: Database, left: str = LEFT, right: str = RIGHT, links: Links = SERVED) -> str:
    return render.comparison(figures.comparison(db, left, right), links)


def shown(db: Database, slug: str = LEFT, links: Links = SERVED) -> str:
    return render.occupation(figures.occupation(db, slug), links)


# --- what the pages show ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("links", [SERVED, Filed(2)], ids=["served", "filed"])
@pytest.mark.parametrize("right", [RIGHT, "baker", "odd-job", "electrician"])
def test_two_occupations_side_by_side(db: Database, right: str, links: Links):
    """Every value of the database stands in the page, and leads to its source."""
    page = compared(db, LEFT, right, links)
    check(page)
    for section in figures.comparison(db, LEFT, right).sections:
        for fact in section.facts:
            for slug, cell in zip((LEFT, right), fact.cells, strict=True):
                leads = [a.text.strip() for a in named(page, "a", href=links.source(slug, fact.field.name, fact.item))]
                if cell.status == "ok":
                    assert value_words(fact.field, cell.value) in leads
                assert bool(leads) == (cell.status != "absent")


def test_who_earns_more_stands_first(db: Database):
    page = compared(db)
    verdict = figures.comparison(db, LEFT, RIGHT).verdict[0]
    (told,) = named(page, "p", **{"class": "verdict"})
    assert told.text.startswith(verdict.words)
    assert f"since {words.day(verdict.since)}" in told.text
    assert verdict.words.startswith("Account Resolution Analyst earns $1,749 a year more than Loss Mitigation Specialist (4%)")


@pytest.mark.parametrize(
    ("slug", "field", "item", "said"),
    [
        (LEFT, "salary.best_city", "", "–the page shows that it has no value"),
        (LEFT, "demographics.age_mean", "", "pages disagree"),
        ("odd-job", "demographics.age_mean", "", "unreadable"),
        ("odd-job", "demographics.gender_pct", "male", "in doubt"),
    ],
)
def test_what_is_no_plain_value_says_so(db: Database, slug: str, field: str, item: str, said: str):
    cell = next(
        fact.cells[0] for section in figures.occupation(db, slug).sections for fact in section.facts
        if (fact.field.name, fact.item) == (field, item)
    )  # fmt: skip
    assert cell.status != "ok"
    for page in (shown(db, slug), compared(db, slug, "electrician"), shown(db, slug, FILED)):
        links = FILED if "../assets" in page else SERVED
        assert said in [a.text for a in named(page, "a", href=links.source(slug, field, item))]
        assert (cell.raw if cell.status == "unreadable" else cell.note) in unescape(page)


def test_what_no_page_says_is_blank(db: Database):
    page = compared(db, LEFT, "electrician")
    fact = next(f for s in figures.comparison(db, LEFT, "electrician").sections for f in s.facts if f.cells[0].status == "absent")
    assert not named(page, "a", href=SERVED.source(LEFT, fact.field.name, fact.item))
    assert '<td role="cell" class="tone0" data-of="Account Resolution Analyst"></td>' in page


@pytest.mark.parametrize("links", [SERVED, FILED], ids=["served", "filed"])
@pytest.mark.parametrize("slug", [LEFT, RIGHT, "baker", "cook", "odd-job", "electrician", "journeyman"])
def test_one_occupation(db: Database, slug: str, links: Links):
    page = shown(db, slug, links)
    check(page)
    one = figures.occupation(db, slug)
    ids = {e.attributes["id"] for e in check(page) if "id" in e.attributes}
    for section in one.sections:
        for fact in section.facts:
            assert fact.cells[0].raw in unescape(page)
            assert (fact.field.name if not fact.item else f"{fact.field.name}.{fact.item}") in ids
    for skill in one.skills.apart[0]:
        assert f"skill.name.{skill.rank}" in ids
    for other in one.pages:
        assert links.compare(slug, other.other) in addresses(page)
        assert other.url in addresses(page)


def test_history_is_told_once_there_is_some(db: Database):
    assert "$44,937" in "".join(e.text for e in named(shown(db), "table", **{"class": "sheet stories"}))
    assert "Annual mean wage over time" in compared(db)
    assert "Seen on one day so far" in compared(db, "cook", "electrician")


def test_a_long_history_is_not_all_listed(db: Database):
    """The newest values are, and how many are not is said."""
    one = figures.occupation(db, LEFT)
    pay = [replace(one.pay[0], value=n, words=f"${n:,}", first_seen=f"20{n:02}-01-01T00:00:00Z") for n in range(10, 60)]
    pages = tuple(replace(one.pages[0], url=f"https://a.example/{n}") for n in range(60))
    long = replace(one, history=tuple(pay), pages=pages)
    page = render.occupation(long, SERVED)
    check(page)
    listed = [e.text for e in named(page, "td", **{"class": "is"})]
    assert listed == [f"${n}" for n in range(59, 35, -1)]
    (more,) = [e for e in named(page, "a") if e.text == "26 older values"]
    assert (
        more.attributes["href"]
        == f"/careerscape/history?occupation__exact={LEFT}&field__exact=salary.annual_mean_usd&item__exact="
    )
    assert {one.url for one in pages} <= set(addresses(page))
    assert "and 26 older values" in render.occupation(long, FILED)


def test_the_start_page(db: Database):
    there = figures.start(db, NOW)
    page = render.start(there, SERVED)
    check(page)
    for name in ("occupations", "pages", "captures"):
        assert any(e.text.strip() == f"{there.counts[name]:,}" for e in named(page, "dd"))
    for pair in there.pairs:
        assert SERVED.compare(pair["left"], pair["right"]) in addresses(page)
    for paid in there.best_paid:
        assert paid.words in page
    assert f"{there.conflicts:,} facts" in page or f"{there.conflicts} fact" in page
    assert {e.attributes["name"] for e in named(page, "input")} == {"left", "right"}
    (form,) = named(page, "form")
    assert (form.attributes["action"], form.attributes["method"]) == ("/compare", "get")


def test_an_empty_database_has_a_start_page(tmp_path: Path, read_here: None):
    path = load_pages(tmp_path)
    with closing(open_to_read(path)) as reader:
        page = render.start(figures.start(reader, NOW), SERVED)
    check(page)
    assert "Nothing is published yet" in page


# --- the pages around them -------------------------------------------------------------------------------------------

CLERKS = ({"slug": "clerk", "title": "Clerk", "soc_code": "43-9061"}, {"slug": "a/b c", "title": "A & B", "soc_code": None})


def test_candidates_keep_the_other_side():
    page = render.chooser(render.Choice("clerk", "", CLERKS), render.Choice("Chef", "chef"), SERVED)
    check(page)
    assert "/compare?left=clerk&right=chef" in addresses(page)
    assert "/compare?left=a/b+c&right=chef" in addresses(page) or "/compare?left=a%2Fb+c&right=chef" in addresses(page)
    assert {e.attributes.get("value") for e in named(page, "input")} == {"clerk", "Chef"}
    nobody = render.chooser(render.Choice("zzz"), render.Choice(), SERVED)
    check(nobody)
    assert "No occupation is called" in nobody


@pytest.mark.parametrize("found", [(), CLERKS[:1], CLERKS])
@pytest.mark.parametrize("query", ["", "clerk"])
def test_what_a_search_finds(query: str, found: tuple[render.Found, ...]):
    page = render.results(query, found, SERVED)
    check(page)
    assert all(SERVED.occupation(one["slug"]) in addresses(page) for one in found)


def test_the_chain_behind_a_value():
    lines = [
        ("value", "$5"),
        ("page", "https://a.example/x"),
        ("witnesses", "one"),
        ("", "two"),
        ("record", "https://a.example/y, 5"),
    ]
    page = render.explanation(
        "Pay of A",
        [("Pay", lines), ("Again", [("", "odd")]), ("None", [])],
        [{"value": 5, "raw": "<b>"}],
        SERVED,
        "a",
        "/copy",
        "/a.json",
    )
    check(page)
    assert {"/occupation/a", "/copy", "/a.json", "https://a.example/x"} <= set(addresses(page))
    assert "https://a.example/y, 5" not in addresses(page)
    assert [e.text for e in named(page, "dd")] == ["$5", "https://a.example/x", "one", "two", "https://a.example/y, 5", "odd"]
    assert [e.text for e in named(page, "dt")] == ["value", "page", "witnesses", "record", "also"]


def test_messages_suggest():
    page = render.message("No such occupation", "", CLERKS, SERVED)
    check(page)
    assert "/occupation/a%2Fb%20c" in addresses(page)
    check(render.message("Gone", "The database is not there.", (), SERVED))


# --- hostile words ---------------------------------------------------------------------------------------------------


def hostile(text: str) -> tuple[Comparison, Occupation]:
    """Everything that a page of the web could have said is these words."""
    pay, city, race = (BY_NAME[name] for name in ("salary.annual_mean_usd", "salary.best_city", "demographics.race_pct"))

    def cell(status: str) -> Cell:
        value = text if status in ("ok", "suspect") else None
        return Cell(status, value, text if value else "", text, text, text, text, text, text)  # type: ignore[arg-type]

    sure, doubts = cell("ok"), [cell(status) for status in ("suspect", "unreadable", "disputed", "missing")]
    money = Cell("ok", 5, "$5", "", text, text, DAYS[0], "", DAYS[0])
    facts = [Fact(pay, "", pay.label, (money, money), text)]
    facts += [
        Fact(field, item, text, (sure, doubt), text)
        for field, item, doubt in zip((city, race, race, race), ("", "white", "black", ""), doubts, strict=True)
    ]
    sections = (Section("salary", "Salary", tuple(facts)),)
    skills = Skills((Shared(text, (Skill("1", sure, sure), Skill("2", sure, None))),), ((Skill("3", sure, doubts[0]),), ()))
    page = Page(text, text, 1, text, text)
    stretch = Stretch(pay, "", 5, "$5", DAYS[0], DAYS[2], 2)
    change = {
        "occupation": text, "field": text, "item": text, "old_value": text, "old_status": "ok", "new_value": None,
        "new_status": "removed", "changed_at": text, "cause": text, "url": text,
    }  # fmt: skip
    heads = (Head(text, text, text, text, text, 1), Head(text + "2", text, text, text, text, 2))
    both = Comparison(heads, (Sentence(pay, text, text, text),) * 2, sections, skills, ((stretch,), (stretch,)), (page,))
    alone = tuple(replace(one, facts=tuple(replace(fact, cells=fact.cells[:1]) for fact in one.facts)) for one in sections)
    own = Skills((), (skills.apart[0],))
    return both, Occupation(heads[0], alone, own, (stretch,), (stretch, replace(stretch, words=text)), (change,), (page,))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_are_words(db: Database, text: str):
    both, one = hostile(text)
    found = {"slug": text, "title": text, "soc_code": text}
    pages = [
        *(render.comparison(both, links) for links in (SERVED, FILED)),
        *(render.occupation(one, links) for links in (SERVED, FILED)),
        render.chooser(render.Choice(text, "", (found,)), render.Choice(text), SERVED),
        render.results(text, (found,), SERVED),
        render.explanation(text, [(text, [(text, text), ("", text)])], [{text: text}], SERVED, text),
        render.message(text, text, (found,), SERVED),
        render.start(replace(figures.start(db, NOW), changes=one.changes), SERVED),
        render.index(replace(figures.start(db, NOW), changes=one.changes), (found,), Filed()),
    ]
    for page in pages:
        for e in check(page):
            assert e.name != "script" or e.attributes["src"] in {
                *map(SERVED.asset, ("search.js",)),
                *map(Filed().asset, ("search.js", "occupations.js")),
            }
        page.encode()
        assert "49" not in page or "7*7" not in text or "{{7*7}}" in page
        assert "\x00" not in page
        assert "\x1b" not in page
    assert not any("evil" in address and address.startswith(("//", "http")) for page in pages for address in addresses(page))


def test_none_is_never_shown():
    with pytest.raises(ValueError, match="None"):
        render.message("A", "b", ({"slug": "a", "title": None},), SERVED)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["style.css", "search.js"])
def test_assets_bring_nothing_in(name: str):
    """No address of another host, and no markup made of words."""
    text = (Path(render.__file__).with_name("static") / name).read_text()
    for word in (
        "http:",
        "https:",
        "url(",
        "@import",
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "eval(",
        "document.write",
        "Function(",
    ):
        assert word not in text


# --- addresses and words ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", ["a b", "a/b", "é", "%2e", "a?b#c", "\ud800", "C++", "..", "javascript:x"])
def test_a_slug_is_one_part_of_an_address(slug: str):
    for address in (SERVED.occupation(slug), SERVED.compare(slug, "x"), SERVED.source(slug, "skill.name", "1")):
        assert address.startswith("/")
        assert address.isascii()
        assert not set(address) & set(" ?#\"'<>")
    assert SERVED.occupation(slug).count("/") == 2


def test_file_names_are_safe_and_never_the_same():
    slugs = [
        "cashier", "Cashier", "CASHIER", "prn", "con", "nul.", "..", ".", "", "a/b", "a\\b", "a:b", "a b", "a-b", "a--b",
        "é", "e\u0301",
        "x" * 120, "x" * 121, "x" * 5000, "-a", "a-", "a_0123456789ab", "com1", "lpt9", "\ud800", "a\n",
    ]  # fmt: skip
    names = [file_name(slug) for slug in slugs]
    assert len({name.casefold() for name in names}) == len(slugs)
    assert file_name("2nd-grade-teacher") == "2nd-grade-teacher"
    for name in names:
        assert name.isascii()
        assert 0 < len(name) <= 145
        assert name not in ("prn", "con", "com1", "lpt9", ".", "..")
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_pair_has_one_file_in_both_orders_and_no_other_pair_has_it():
    assert FILED.compare("b", "a") == FILED.compare("a", "b") == "../compare/a/b.html"
    pairs = [("a-vs-b", "c"), ("a", "b-vs-c"), ("a-vs", "b"), ("a", "vs-b"), ("A", "b")]
    assert len({Filed().compare(*pair).lower() for pair in pairs}) == len(pairs)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2024-01-03T00:00:00Z", "3 Jan 2024"),
        ("2024-12-31", "31 Dec 2024"),
        ("", ""),
        ("2024-13-01T00:00:00Z", "2024-13-01T00:00:00Z"),
        ("soon", "soon"),
    ],
)
def test_days(at: str, said: str):
    assert words.day(at) == said


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://a.example/x?y=1", True),
        ("http://[::1]:80/", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("//a.example/", False),
        ("/x", False),
        ("http:x", False),
        ("https://[broken", False),
        ("\x01javascript:alert(1)", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_only_the_web_is_led_to(url: str, leads: bool):
    assert bool(words.external(url)) is leads


@pytest.mark.parametrize(
    ("field", "old", "new", "said"),
    [
        ("salary.annual_mean_usd", (44937, "ok"), (45000, "ok"), ("Annual mean wage", "$44,937", "$45,000")),
        ("salary.best_city", ("Reno", "ok"), (None, "removed"), ("Best paying city", "Reno", "removed")),
        ("salary.best_city", (None, "missing"), ("Reno", "ok"), ("Best paying city", "not shown", "Reno")),
        ("best_industry_naics", (None, None), ("52", "ok"), ("best_industry_naics", "nothing", "52")),
        ("salary.annual_mean_usd", ("44937", "ok"), (1, "ok"), ("Annual mean wage", "44937", "$1")),
    ],
)
def test_changes_in_words(field: str, old: tuple[object, str], new: tuple[object, str], said: tuple[str, ...]):
    row = dict(zip(("old_value", "old_status", "new_value", "new_status"), (*old, *new), strict=True))
    (change,) = words.changes(
        [row | {"occupation": "a", "field": field, "item": "", "changed_at": DAYS[0], "cause": "source", "url": None}]
    )
    assert (change.label, change.before, change.after) == said


@pytest.mark.usefixtures("read_here")
def test_a_line_does_not_pick_one_of_the_values_on_which_pages_disagree(tmp_path: Path):
    def page(other: str, wage: str, at: str) -> Saved:
        return saved(replace(SEED, right=other, tables={"salary": (("Average salary", wage, "-"),)}, pay=None, times=None), at)

    known = page("Baker", "$39,000", DAYS[0]), page("Baker", "$40,000", DAYS[1])
    pages = *known, page("Baker", "$41,000", DAYS[3]), page("Cook", "$50,000", DAYS[3])
    with closing(open_to_read(load_pages(tmp_path, *pages))) as db:
        for shown_page in (shown(db, LEFT), compared(db, "baker", LEFT)):
            assert "$41,000 on 1 page, $50,000 on 1" in unescape(shown_page).split("A line cannot show that")[0][-200:]
