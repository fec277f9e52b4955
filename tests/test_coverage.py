"""Coverage: each page once, under the worst that is true of it; and what `status` tells of a run that met everything."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests import imports
from tests.command import Command
from tests.figures import OVERVIEW, SEED, as_html, as_text
from tests.world import SEED_BODY, A, B, World, at

WALL = b"<title>Just a moment...</title><h1>Checking your browser</h1>"
NO_PAGE = b"<title>Page not found</title><h1>404</h1><p>The page you are looking for does not exist."
CASES: dict[str, tuple[Any, str]] = {
    "well": (SEED_BODY, "fresh"),
    "not found": ((404, {}), "removed"),
    "gone": ((410, {}), "removed"),
    "blocked": ((403, {}), "blocked"),
    "login": ((401, {}), "blocked"),
    "challenge": ((403, {"cf-mitigated": "challenge"}), "blocked"),
    "challenge with status 200": (WALL, "blocked"),
    "asks to wait": ((429, {"retry-after": "9999"}), "blocked"),
    "failing": ((500, {}), "failed"),
    "slow": (httpx.ReadTimeout("slow"), "failed"),
    "too large": ((200, {"content-length": "99999999"}), "failed"),
    "leads away": ((302, {"location": "http://c.example/"}), "failed"),
    "not found with status 200": (NO_PAGE, "rejected"),
    "empty": (b"", "rejected"),
    "a pdf": (b"%PDF-1.7 ...", "rejected"),
    "no comparison": (b"<!doctype html><title>x</title><p>Welcome!", "rejected"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_page_counts_by_how_the_last_attempt_ended(world: World, case: str):
    found, state = CASES[case]
    world.pages = {at(A): found}
    world.scrape(at(A))
    assert world.covered == {state: 1}


@pytest.mark.parametrize("case", CASES)
def test_a_page_that_was_there_once_counts_by_how_it_is_now(world: World, case: str):
    found, state = CASES[case]
    world.pages = {at(A): [SEED_BODY, found]}
    world.scrape(at(A))
    world.scrape(at(A), refresh=True)
    assert world.covered == {state: 1}, "though what is known of it still stands"
    assert world.says("SELECT count(*) > 0 FROM observation_latest") == [(1,)]


@pytest.mark.parametrize("case", CASES)
def test_a_page_that_comes_again_counts_as_fresh(world: World, case: str):
    found, _ = CASES[case]
    world.pages = {at(A): [*[found] * (3 if case in ("failing", "slow") else 1), SEED_BODY]}
    world.scrape(at(A))
    world.pass_days(1)
    world.scrape(at(A), refresh=True)
    assert world.covered == {"fresh": 1}


def test_what_robots_txt_denies_is_blocked_and_what_nobody_permitted_is_queued(world: World):
    world.pages = {f"{A}/robots.txt": b"User-agent: *\nDisallow: /"}
    world.scrape(at(A), at("http://c.example"))
    assert world.covered == {"blocked": 1, "queued": 1}


def test_a_robots_txt_that_cannot_be_had_is_a_failure_not_a_refusal(world: World):
    world.pages = {f"{A}/robots.txt": (500, {})}
    world.scrape(at(A))
    assert world.covered == {"failed": 1}


def test_a_page_under_two_addresses_is_one_page(world: World):
    world.pages = {f"{A}/old": (301, {"location": at(A)}), at(A): SEED_BODY}
    world.scrape(f"{A}/old", at(A))
    assert world.covered == {"fresh": 1}
    world.pages[at(A)] = (404, {})
    world.pass_days(1)
    world.scrape(at(A), refresh=True)
    assert world.covered == {"removed": 1}


def test_a_page_is_fresh_until_it_is_due_and_an_imported_one_for_a_month(world: World):
    imports.import_pages(world.root, imports.Saved(SEED.url, "2026-01-01T00:00:00Z", as_text(SEED)))
    other = replace(OVERVIEW, left="Fitter")
    world.pages = {at(A, other): as_html(other)}
    world.scrape(at(A, other))
    told = {}
    for day in (1, 8, 29, 31):
        world.time.seconds = day * 86_400
        told[day] = world.covered
    assert told == {1: {"fresh": 2}, 8: {"fresh": 1, "stale": 1}, 29: {"fresh": 1, "stale": 1}, 31: {"stale": 2}}


def test_status_tells_the_story_of_two_runs(world: World):
    pages = [replace(SEED, left=f"Analyst {n}") for n in range(6)]
    urls = [at(A, page) for page in pages]
    bodies = [as_html(page) for page in pages]
    second = [(304, {}), bodies[1] + b"<!-- -->", (404, {}), (403, {}), (500, {}), NO_PAGE]
    world.pages = {
        url: [(200, {"etag": f'"{n}"', "content-type": "text/html"}, body), then]
        for n, (url, body, then) in enumerate(zip(urls, bodies, second, strict=True))
    }
    world.pages[at(B)] = (429, {"retry-after": "99999999"})
    assert world.scrape(*urls).exit_code == 0
    world.pass_days(1)
    assert world.scrape(*urls, at(B), refresh=True).exit_code == 75
    (told,) = Command(world.root).json("status")
    first, last = told["runs"][1], told["runs"][0]
    counts = ("pages", "loaded", "unchanged", "rejected", "failed")
    assert [first[name] for name in counts] == [6, 6, 0, 0, 0]
    assert [last[name] for name in counts] == [7, 0, 2, 1, 4], "confirmed and unchanged are both unchanged"
    covered = {name: count for name, count in told["coverage"].items() if count}
    assert covered in (
        {"fresh": 2, "removed": 1, "blocked": 2, "failed": 1, "rejected": 1},
        {"stale": 2, "removed": 1, "blocked": 2, "failed": 1, "rejected": 1},  # by the time of this machine
    )
    assert told["requests"] == {
        "server_error": 3, "not_found": 3, "rate_limited": 1, "not_modified": 1, "ok": 1, "blocked": 1, "soft_404": 1,
    }  # fmt: skip
    assert told["queue"]["queued"] == 2
    assert [row["host"] for row in told["held"]] in (["b.example"], [])
    said = Command(world.root)("status").stdout
    assert "2 blocked, 1 failed, 1 removed, 1 rejected" in said
    assert "run 2" in said
