"""Redirects over several runs: who is asked to wait, who refuses, and how the pages of both ends count."""

from contextlib import closing

import pytest

from db.connection import open_to_read
from tests.figures import OVERVIEW, as_html
from tests.world import SEED_BODY, A, B, World, analyst, at, many

WAIT = (429, {"retry-after": "864000"})
HOME = b"<!doctype html><title>Home</title><p>Welcome to all our pages about work."


def held(world: World) -> list[str]:
    return [host for (host,) in world.says("SELECT name FROM host WHERE held_until IS NOT NULL ORDER BY name")]


def states(world: World) -> dict[str, str]:
    with closing(open_to_read(world.db)) as db:
        return dict(db.execute("SELECT url, state FROM page_status ORDER BY url").fetchall())


# --- who is left alone ------------------------------------------------------------------------------------------------


def test_a_target_that_asks_to_wait_is_held_and_not_the_host_that_led_there(world: World):
    world.pages = {at(A): (302, {"location": at(B)}), at(B): WAIT} | many(A, 3)
    report = world.scrape(at(A), *many(A, 3))
    assert (report.exit_code, report.left, world.runs) == (75, 1, [(75, 4, 3, 0, 0, 1)])
    assert held(world) == ["b.example"]
    world.pass_days(1)
    assert world.scrape(at(A)).exit_code == 75
    assert world.asked == [at(A)], "B is asked nothing"


def test_a_robots_txt_elsewhere_that_asks_to_wait_is_asked_once(world: World):
    world.pages = {f"{A}/robots.txt": (302, {"location": f"{B}/r.txt"}), f"{B}/r.txt": WAIT} | many(A, 3)
    report = world.scrape(*many(A, 3))
    assert (report.exit_code, report.left, world.asked) == (75, 3, [f"{B}/r.txt"])
    assert held(world) == ["b.example"]


def test_refusals_of_a_target_do_not_close_the_host_that_led_there(world: World):
    pages = list(many(A, 8))
    targets = [url.replace(A, B) for url in pages[:6]]
    world.pages = many(A, 8) | {url: (302, {"location": to}) for url, to in zip(pages, targets, strict=False)}
    world.pages |= dict.fromkeys(targets, (403, {}))
    assert world.scrape(*pages).exit_code == 3
    assert world.runs == [(3, 8, 2, 0, 0, 6)]
    (message,) = world.says("SELECT message FROM finding WHERE code = 'circuit_open'")[0]
    assert message.endswith(": b.example: blocked")


def test_a_redirect_may_ask_for_a_pause_of_its_own(world: World):
    world.pages = {at(A): (302, {"location": f"{at(A)}?x", "retry-after": "30"}), f"{at(A)}?x": SEED_BODY}
    world.scrape(at(A))
    (first, second) = [seconds for url, seconds in world.net.asked if not url.endswith("/robots.txt")]
    assert second - first == 30


# --- how the pages count ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
def test_pages_that_lead_to_the_home_page_are_rejected_each(world: World, known: bool):
    pages = many(A, 3)
    if known:
        world.pages = dict(pages)
        world.scrape(*pages)
        assert world.covered == {"fresh": 3}
    world.pages = dict.fromkeys(pages, (302, {"location": f"{A}/"})) | {f"{A}/": HOME}
    assert world.scrape(*pages, refresh=True).exit_code == 3
    assert world.covered == {"rejected": 3}
    days = world.says("SELECT DISTINCT round(julianday(due_at) - julianday(attempted_at)) FROM visit")
    assert days == [(7,)]


def test_a_page_whose_address_leads_to_another_comparison_has_moved(world: World):
    old, new = at(A), at(A, OVERVIEW)
    world.pages = {old: [SEED_BODY, (302, {"location": new})], new: as_html(OVERVIEW)}
    world.scrape(old)
    world.pass_days(8)
    assert world.scrape().exit_code == 0
    assert states(world) == {old: "moved", new: "captured"}
    assert world.covered == {"fresh": 1, "removed": 1}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_alias_that_is_gone_does_not_take_its_page_along(world: World, order: tuple[int, int]):
    old, new = f"{A}/old", at(A)
    world.pages = {old: [(302, {"location": new}), (404, {})], new: SEED_BODY}
    world.scrape(old)
    world.pass_days(8)
    assert world.scrape(*((old, new)[n] for n in order), refresh=True).exit_code == 3
    assert states(world) == {new: "captured"}
    assert world.covered == {"fresh": 1}


def test_a_page_that_nobody_permits_any_more_stays_as_it_was(world: World):
    world.pages = {at(A): SEED_BODY}
    world.scrape(at(A))
    before = world.says("SELECT state, outcome, due_at, detail FROM visit")
    assert world.scrape(at(A), allow=("b.example",), refresh=True).exit_code == 69
    assert world.says("SELECT state, outcome, due_at, detail FROM visit") == before
    assert world.says("SELECT outcome FROM request ORDER BY request_id DESC LIMIT 1") == [("refused_address",)]
    assert world.covered == {"fresh": 1}


def test_the_named_page_comes_before_what_was_left(world: World):
    left, named = at(A, analyst(1)), at(B)
    world.pages = {left: (500, {}), named: SEED_BODY}
    world.scrape(left)
    assert world.scrape(named, most_pages=1).exit_code == 0
    assert world.asked == [named]
