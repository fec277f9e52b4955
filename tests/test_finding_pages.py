"""Which pages a run finds by itself: sitemaps, lists and links; what is passed over, and what makes a page due."""

import gzip
from datetime import timedelta
from typing import Any

import pytest

from normalize.errors import UsageError
from scraper.capture import stamp
from scraper.sitemaps import MAX_BYTES
from tests.figures import OVERVIEW, as_html
from tests.world import SEED_BODY, A, B, World, analyst, at, many

MAP, MORE, DEEP = f"{A}/sitemap.xml", f"{A}/more.xml.gz", f"{A}/deep.txt"


def urlset(*urls: str, lastmod: str = "") -> bytes:
    said = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    entries = "".join(f"<url><loc>{url}</loc>{said}</url>" for url in urls)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'.encode()


def index(*urls: str) -> bytes:
    return f"<sitemapindex>{''.join(f'<sitemap><loc>{url}</loc></sitemap>' for url in urls)}</sitemapindex>".encode()


def linking(number: int, *urls: str, head: str = "") -> bytes:
    """A page with links."""
    links = "".join(f'<a href="{url}">x</a>' for url in urls)
    body = as_html(analyst(number)).replace(b"<title>", head.encode() + b"<title>", 1)
    return body.replace(b"</p><h2>", f"</p>{links}<h2>".encode(), 1)


def page(number: int) -> str:
    return at(A, analyst(number))


# --- sitemaps ---------------------------------------------------------------------------------------------------------


def test_the_comparison_pages_of_a_sitemap_and_of_those_it_names_are_fetched(world: World):
    foreign, other = at("http://c.example"), f"{A}/about"
    world.pages = many(A, 4) | {
        MAP: index(MORE, DEEP, MORE, MAP, "http://c.example/sitemap.xml"),
        MORE: gzip.compress(urlset(page(0), page(1), foreign, other)),
        DEEP: f"{page(2)}\n{page(1)}?utm_source=x#top\n".encode(),
    }
    report = world.scrape(sitemaps=(MAP,))
    assert report.exit_code == 0
    assert world.asked == [MAP, MORE, DEEP, page(0), page(1), page(2)], "each once, in the order in which they stand there"
    assert sorted(report.passed_over) == sorted([foreign, other, "http://c.example/sitemap.xml"])
    assert world.runs == [(0, 3, 3, 0, 0, 0)]
    assert world.says("SELECT url, outcome, page FROM request WHERE url = ?", MAP) == [(MAP, "ok", None)]
    assert world.queue == dict.fromkeys([page(0), page(1), page(2)], "done")


BROKEN: dict[str, tuple[Any, int]] = {
    "not found": ((404, {}), 3),
    "a page": (b"<!doctype html><p>hello", 3),
    "torn": (urlset(page(0))[:-20], 3),
    "with entities": (b'<!DOCTYPE x [<!ENTITY a "b">]><urlset/>', 3),
    "too large": ((200, {"content-length": str(MAX_BYTES + 1)}), 3),
    "blocked": ((403, {}), 69),
    "server error": ((500, {}), 69),
    "asks for a long wait": ((429, {"retry-after": "3600"}), 75),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_sitemap_that_cannot_be_read_is_said_and_the_others_still_count(world: World, case: str):
    found, exit_code = BROKEN[case]
    world.pages = many(A, 1) | {MAP: found, f"{B}/sitemap.xml": urlset(page(0)), page(0): SEED_BODY}
    assert world.scrape(sitemaps=(MAP,)).exit_code == exit_code
    assert "bad_sitemap" in world.codes
    assert world.runs == [(exit_code, 0, 0, 0, 0, 0)]
    if exit_code == 3:
        world.pages[page(0)] = as_html(analyst(0))
        assert world.scrape(sitemaps=(MAP, f"{B}/sitemap.xml")).exit_code == 3
        assert world.queue == {page(0): "done"}


def test_a_sitemap_that_robots_txt_denies_is_not_read(world: World):
    world.pages = {f"{A}/robots.txt": b"User-agent: *\nDisallow: /sitemap", MAP: urlset(page(0))}
    assert (world.scrape(sitemaps=(MAP,)).exit_code, world.asked) == (69, [])
    assert world.says("SELECT outcome, robots_rule FROM request WHERE url = ?", MAP) == [("robots_denied", "Disallow: /sitemap")]


LASTMOD = {
    # days from the first visit to the change, and to the next run; whether the page is fetched
    "changed since": (2, 3, True),
    "changed before": (-1, 3, False),
    "changed since, but the floor is not reached": (0.2, 0.5, False),
    "not changed, but due": (-1, 8, True),
}


@pytest.mark.parametrize("case", LASTMOD)
def test_a_page_that_changed_since_is_due_but_never_below_the_floor(world: World, case: str):
    changed, days, fetched = LASTMOD[case]
    world.pages = many(A, 1) | {MAP: urlset(page(0))}
    world.scrape(sitemaps=(MAP,))
    lastmod = stamp(world.time.clock.now() + timedelta(days=changed))
    world.pass_days(days)
    world.pages[MAP] = urlset(page(0), lastmod=lastmod)
    report = world.scrape(sitemaps=(MAP,))
    assert (page(0) in world.asked, report.resting) == (fetched, int(not fetched))


def test_a_sitemap_that_says_always_that_all_changed_just_now_makes_nobody_restless(world: World):
    world.pages = many(A, 1)
    fetched = 0
    for _ in range(12):
        world.pages[MAP] = urlset(page(0), lastmod="2030-01-01T00:00:00Z")
        world.scrape(sitemaps=(MAP,))
        fetched += page(0) in world.asked
        world.pass_days(0.25)
    assert fetched == 3, "once a day"


# --- lists ------------------------------------------------------------------------------------------------------------


def test_a_list_is_judged_by_shape_and_single_pages_are_not(world: World):
    about = f"{A}/about"
    world.pages = many(A, 1) | {about: b"<!doctype html><p>About"}
    report = world.scrape(listed=(page(0), about, at("http://stranger.example")))
    stranger = at("http://stranger.example")
    assert (report.exit_code, world.asked) == (3, [page(0)])
    (message,) = world.says("SELECT message FROM finding WHERE code = 'passed_over'")[0]
    assert message.endswith(f": 2: {about}, {stranger}")
    assert world.scrape(about).exit_code == 3
    assert world.asked == [about]


def test_a_list_without_any_comparison_page_is_refused(world: World):
    with pytest.raises(UsageError, match="no address of the list is that of a comparison page"):
        world.scrape(listed=(f"{A}/about", at("http://stranger.example")))
    assert not world.db.exists()


# --- links ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("depth", "count"), [(0, 1), (1, 3), (2, 4), (9, 5)])
def test_links_to_other_comparison_pages_are_followed_so_deep(world: World, depth: int, count: int):
    elsewhere, other = at(B, OVERVIEW), f"{A}/about"
    world.pages = {
        page(0): linking(0, page(1), elsewhere, other, page(0), page(2)[len(A) :], "#top", "mailto:x@a.example"),
        page(1): linking(1, page(0), page(2), page(3)),
        page(2): linking(2, page(1), page(1) + "/"),
        page(3): linking(3, page(4), page(0)),
        page(4): linking(4, page(0), page(1), page(2), page(3)),
    }
    report = world.scrape(page(0), follow=depth)
    assert (report.exit_code, report.left) == (0, 0)
    assert world.asked == [page(n) for n in range(count)], "cycles end, each once"
    assert sum(world.totals) == count
    if depth:
        world.pass_days(8)
        assert world.scrape().exit_code == 0
        assert sorted(world.asked) == sorted(page(n) for n in range(count)), "each when it is due"


NOFOLLOW: dict[str, tuple[dict[str, str], str, bool]] = {
    "a header": ({"x-robots-tag": "nofollow"}, "", False),
    "a header that means all": ({"x-robots-tag": "none"}, "", False),
    "a header for us": ({"x-robots-tag": "careerscape: nofollow"}, "", False),
    "a header for others": ({"x-robots-tag": "otherbot: nofollow"}, "", True),
    "a meta element": ({}, '<meta name="robots" content="index, nofollow">', False),
    "a meta element for us": ({}, '<meta name="careerscape" content="nofollow">', False),
    "a meta element for others": ({}, '<meta name="otherbot" content="nofollow">', True),
}


@pytest.mark.parametrize("case", NOFOLLOW)
def test_links_are_not_followed_where_the_page_asks_for_that(world: World, case: str):
    headers, head, followed = NOFOLLOW[case]
    world.pages = many(A, 2) | {page(0): (200, {"content-type": "text/html", **headers}, linking(0, page(1), head=head))}
    assert world.scrape(page(0), follow=1).exit_code == 0
    assert world.asked == ([page(0), page(1)] if followed else [page(0)])


def test_the_links_of_a_page_that_gives_no_rows_are_not_followed(world: World):
    world.pages = {page(0): f'<!doctype html><p>no comparison <a href="{page(1)}">x</a>'.encode()}
    assert world.scrape(page(0), follow=3).exit_code == 3
    assert world.asked == [page(0)]


def test_a_page_that_is_not_due_is_fetched_for_links_that_were_not_followed_yet(world: World):
    world.pages = many(A, 2) | {page(0): linking(0, page(1))}
    world.scrape(page(0))
    assert world.scrape(page(0)).resting == 1
    world.scrape(page(0), follow=1)
    assert world.asked == [page(0), page(1)]
    assert world.scrape(page(0), follow=1).resting == 1


def test_relative_links_count_from_the_address_as_the_site_spells_it(world: World):
    spelled = page(0) + "/"
    world.pages = many(A, 2) | {
        page(0): (301, {"location": spelled}), spelled: linking(0, "../../" + page(1)[len(A) + 1 :]),
    }  # fmt: skip
    world.scrape(page(0), follow=1)
    assert world.asked == [page(0), spelled, page(1)]


def test_a_sitemap_that_asks_for_a_long_wait_is_left_alone_by_later_runs(world: World):
    world.pages = many(A, 1) | {MAP: (429, {"retry-after": "3600"})}
    assert world.scrape(sitemaps=(MAP,)).exit_code == 75
    for wish in ({"sitemaps": (MAP,)}, {"listed": (page(0),)}):
        world.time.seconds += 600
        report = world.scrape(**wish)
        assert (report.exit_code, world.asked) == (75, [])


@pytest.mark.parametrize("first", [(500, {}), (503, {"retry-after": "2"})])
def test_a_sitemap_is_tried_again_as_a_page_is(world: World, first: tuple):
    world.pages = many(A, 1) | {MAP: [first, first, urlset(page(0))]}
    assert world.scrape(sitemaps=(MAP,)).exit_code == 0
    assert world.asked == [MAP, MAP, MAP, page(0)]


def test_a_sitemap_is_never_taken_from_a_capture(world: World):
    world.pages = {MAP: (200, {"etag": '"1"'}, SEED_BODY), page(0): SEED_BODY}
    world.scrape(MAP)
    world.pages[MAP] = (200, {"etag": '"1"'}, urlset(page(0)))
    world.scrape(sitemaps=(MAP,))
    assert world.sent(MAP, "if-none-match") == [None]


def test_a_day_as_the_time_of_a_change_counts_to_its_end(world: World):
    world.pages = many(A, 1) | {MAP: urlset(page(0), lastmod="2026-01-01")}
    world.time.seconds = 6 * 3600
    world.scrape(sitemaps=(MAP,))
    world.pass_days(1.1)
    world.scrape(sitemaps=(MAP,))
    assert world.asked == [MAP, page(0)]
