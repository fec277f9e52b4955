"""A site that asks to wait, fails or refuses: what is tried again and when, who is left alone, and what another host feels of
it."""

import httpx
import pytest

from tests.figures import OVERVIEW, as_html
from tests.world import SEED_BODY, A, B, World, analyst, at, many

OVERVIEW_BODY = as_html(OVERVIEW)


def times(world: World, url: str) -> list[float]:
    """When an address was asked for in the last run."""
    return [seconds for asked, seconds in world.net.asked if asked == url]


# --- a site that asks to wait -----------------------------------------------------------------------------------------


def test_a_short_wait_is_waited_out(world: World):
    world.pages = {at(A): [(429, {"retry-after": "50"}), (503, {"retry-after": "60"}), SEED_BODY]}
    assert world.scrape(at(A)).exit_code == 0
    assert (len(world.asked), world.time.seconds, world.runs) == (3, 111, [(0, 1, 1, 0, 0, 0)])
    assert ("a.example", 50, "Retry-After") in world.waits


def test_after_three_waits_a_host_is_left_alone_and_another_page_has_its_turn(world: World):
    more = at(A, OVERVIEW)
    world.pages = {at(A): (429, {"retry-after": "7"}), more: OVERVIEW_BODY}
    report = world.scrape(at(A), more)
    assert (report.exit_code, report.left, world.asked) == (75, 2, [at(A)] * 3)
    world.time.seconds += 60
    assert world.scrape().exit_code == 75
    assert world.asked == [more, at(A), at(A), at(A)]
    assert world.runs == [(75, 1, 0, 0, 0, 1), (75, 2, 1, 0, 0, 1)]


@pytest.mark.parametrize("by", ["page", "robots.txt"])
def test_a_host_that_asks_for_a_long_wait_is_left_alone_until_then(world: World, by: str):
    more, other, new = at(A, OVERVIEW), at(B), at(A, analyst(1))
    told = (429, {"retry-after": "3600"})
    world.pages = {at(A): SEED_BODY, more: OVERVIEW_BODY, other: SEED_BODY}
    world.pages |= {f"{A}/robots.txt": [told, b""]} if by == "robots.txt" else {at(A): [told, SEED_BODY]}
    report = world.scrape(at(A), more, other)
    assert (report.exit_code, report.left) == (75, 2)
    assert world.asked == ([other] if by == "robots.txt" else [at(A), other])
    assert world.runs == [(75, 2, 1, 0, 0, 1)]
    assert world.queue == {at(A): "queued", more: "queued", other: "done"}
    assert world.says("SELECT name, held_because FROM host WHERE held_until IS NOT NULL") == [("a.example", "Retry-After")]
    for urls in ((), (more,), (new,)):  # a page that is new changes nothing
        world.time.seconds += 1100
        report = world.scrape(*urls)
        assert (report.exit_code, report.counts.pages, world.net.urls) == (75, 0, [])
    world.pages[new] = (404, {})
    world.time.seconds = 3700
    assert world.scrape().exit_code == 3
    assert world.runs[-1] == (3, 3, 2, 0, 0, 1)


def test_the_end_of_a_wait_is_never_rounded_down(world: World):
    world.pages = {at(A): [(429, {"retry-after": "100"}), SEED_BODY]}
    world.time.seconds = 0.9
    assert world.scrape(at(A)).exit_code == 75
    assert world.time.seconds == 1.9
    world.time.seconds += 30.1
    assert (world.scrape().exit_code, world.net.urls) == (75, [])
    world.time.seconds = 101.8
    assert world.scrape().exit_code == 0
    assert 101.9 <= times(world, at(A))[0] <= 104


def test_a_crawl_delay_that_no_run_can_keep_lets_one_request_through_each_time_it_is_over(world: World):
    more = at(A, OVERVIEW)
    world.pages = {f"{A}/robots.txt": b"User-agent: *\nCrawl-delay: 7200", at(A): SEED_BODY, more: OVERVIEW_BODY}
    assert world.scrape(at(A), more).exit_code == 75
    assert (world.net.urls, world.time.seconds) == ([f"{A}/robots.txt"], 0)
    assert world.says("SELECT held_because FROM host") == [("Crawl-delay",)]
    for seconds in (7100, 7300, 7400, 14_700):
        world.time.seconds = seconds
        assert world.scrape().exit_code == (0 if seconds == 14_700 else 75)
        assert world.time.seconds < seconds + 100
        assert world.net.urls == {7300: [at(A)], 14_700: [more]}.get(seconds, []), seconds
    assert set(world.queue.values()) == {"done"}


def test_a_crawl_delay_for_ever_ends_with_75_at_once(world: World):
    world.pages = {f"{A}/robots.txt": b"User-agent: *\nCrawl-delay: 1e9"}
    assert world.scrape(at(A)).exit_code == 75
    assert (world.asked, world.time.seconds, world.queue) == ([], 0, {at(A): "queued"})


# --- pauses between runs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ago", [0.0, 0.6, 5.0, 60.0])
def test_the_pause_of_a_host_outlives_the_run(world: World, ago: float):
    more = at(A, OVERVIEW)
    world.pages = {at(A): SEED_BODY, more: OVERVIEW_BODY}
    world.scrape(at(A), delay_s=20)
    ended = world.time.seconds
    world.time.seconds += ago
    world.scrape(more, delay_s=20)
    (asked,) = times(world, more)
    assert max(20, ago) <= asked - ended <= max(22, ago)


class Killed(BaseException):
    """Nothing is put in order after this."""


def test_the_pause_outlives_a_run_that_died_over_a_page(world: World):
    world.pages = {at(A): SEED_BODY}
    world.time.seconds = 0.7
    with world.patch.context() as patch:
        from db import queue
        from scraper.fetcher import Fetcher

        real = Fetcher.fetch

        def fetch(self: Fetcher, url: str) -> object:
            real(self, url)
            raise Killed

        patch.setattr(Fetcher, "fetch", fetch)
        patch.setattr(queue, "release", lambda *given: None)
        with pytest.raises(Killed):
            world.scrape(at(A), delay_s=20)
    assert world.queue == {at(A): "claimed"}
    started = world.time.seconds
    assert world.scrape(delay_s=20).exit_code == 0
    assert world.net.asked[0][1] >= started + 20
    assert (world.asked, world.queue) == ([at(A)], {at(A): "done"})


# --- what is tried again ----------------------------------------------------------------------------------------------

PASSING = {
    "server_error": (500, {}),
    "timeout": httpx.ReadTimeout("slow"),
    "connection_error": httpx.ConnectError("refused"),
    "protocol_error": httpx.RemoteProtocolError("what"),
    "truncated": (200, {"content-encoding": "gzip"}, b"\x1f\x8b\x08"),
}


@pytest.mark.parametrize("outcome", PASSING)
def test_a_page_that_fails_for_a_passing_reason_is_tried_three_times_a_run(world: World, outcome: str):
    world.pages = {at(A): PASSING[outcome]}
    report = world.scrape(at(A), delay_s=0)
    assert (report.left, len(world.asked), world.queue) == (1, 3, {at(A): "queued"})
    first, second, third = times(world, at(A))
    assert 0.5 <= second - first <= 1.5
    assert 2 <= third - second <= 6
    assert world.runs[0][1:] == (1, 0, 0, 0, 1)
    assert world.says("SELECT outcome FROM request WHERE url = ?", at(A)) == [(outcome,)] * 3


LASTING = {
    "not_found": (404, {}),
    "gone": (410, {}),
    "client_error": (418, {}),
    "blocked": (403, {}),
    "too_large": (200, {"content-length": "99999999"}),
    "bad_encoding": (200, {"content-encoding": "br"}),
    "refused_redirect": (302, {"location": "ftp://a.example/"}),
}


@pytest.mark.parametrize("outcome", LASTING)
def test_a_page_that_fails_for_a_lasting_reason_is_asked_for_once(world: World, outcome: str):
    world.pages = {at(A): LASTING[outcome]}
    report = world.scrape(at(A))
    assert (report.left, len(world.asked), world.queue) == (0, 1, {at(A): "done"})
    assert world.says("SELECT outcome FROM request WHERE url = ?", at(A)) == [(outcome,)]


def test_a_page_that_comes_at_the_last_try_has_not_failed(world: World):
    world.pages = {at(A): [(500, {}), httpx.ReadTimeout("slow"), SEED_BODY]}
    assert world.scrape(at(A)).exit_code == 0
    assert world.runs == [(0, 1, 1, 0, 0, 0)]
    assert world.says("SELECT attempts, failures FROM visit") == [(0, 0)]
    assert [told.outcome for told in world.told] == ["loaded"]


# --- a host in trouble ------------------------------------------------------------------------------------------------


def test_after_twenty_failed_tries_a_host_is_left_alone_and_another_is_not_held_up(world: World):
    bad, good = {url: (500, {}) for url in many(A, 30)}, many(B, 10)
    world.pages = bad | good
    report = world.scrape(*bad, *good)
    assert sum(url in bad for url in world.asked) == 20
    assert (report.exit_code, report.left, world.codes.count("circuit_open")) == (3, 30, 1)
    done = [seconds for url, seconds in world.net.asked if url in good]
    assert done == [2.0 + n for n in range(10)], "its pages go out at its own pace"
    assert world.runs[0][2] == 10
    again = world.scrape()
    assert (len(world.asked), again.exit_code) == (20, 69), "the next run tries anew"


def test_an_answer_between_failures_keeps_the_circuit_closed(world: World):
    pages = many(A, 24)
    bad = {url: (500, {}) for n, url in enumerate(pages) if n % 2}
    world.pages = pages | bad
    world.scrape(*pages)
    assert "circuit_open" not in world.codes
    assert len(world.asked) == 12 + 3 * 12


REFUSALS = {
    "blocked": (403, {}),
    "a challenge by a header": (403, {"cf-mitigated": "challenge"}),
    "a challenge with status 200": b"<title>Just a moment...</title><h1>Checking your browser</h1>"
    b'<script src="/cdn-cgi/challenge-platform/x.js"></script>',
}


@pytest.mark.parametrize("how", REFUSALS)
def test_after_five_refusals_in_a_row_a_host_is_left_alone(world: World, how: str):
    bad, good = dict.fromkeys(many(A, 9), REFUSALS[how]), many(B, 2)
    world.pages = bad | good
    report = world.scrape(*bad, *good)
    assert (len(world.asked), report.exit_code, report.left, world.codes.count("circuit_open")) == (7, 3, 4, 1)
    assert world.covered == {"blocked": 5, "fresh": 2, "queued": 4}
    assert world.says("SELECT DISTINCT outcome FROM request WHERE url IN (SELECT url FROM visit WHERE host = 'a.example')") == [
        ("blocked" if how == "blocked" else "challenge",)
    ]


def test_where_all_is_refused_nothing_could_be_fetched(world: World):
    world.pages = dict.fromkeys(many(A, 2), REFUSALS["a challenge with status 200"])
    assert world.scrape(*world.pages).exit_code == 69
    assert world.runs == [(69, 2, 0, 0, 2, 0)], "they are rejected, and kept"


# --- pages that fail for good -----------------------------------------------------------------------------------------


def fail_in_runs(world: World, runs: int) -> str:
    """A page that fails in so many runs, on a host that answers others."""
    bad = at(A, OVERVIEW)
    world.pages = {bad: (500, {}), at(A): SEED_BODY}
    for _ in range(runs):
        world.scrape(at(A), bad, refresh=True)
        world.time.seconds += 100
    return bad


def test_a_page_that_fails_in_three_runs_in_a_row_is_parked_with_the_reason(world: World):
    bad = fail_in_runs(world, 2)
    assert world.queue[bad] == "queued"
    assert "parked" not in world.codes
    world.scrape(at(A), refresh=True)
    assert (world.queue[bad], world.codes.count("parked")) == ("parked", 1)
    assert "HTTP 500" in world.says("SELECT message FROM finding WHERE code = 'parked'")[0][0]
    assert world.covered == {"fresh": 1, "failed": 1}
    world.pass_days(100)
    world.scrape()
    assert world.asked == [at(A)], "it is not tried again by itself"
    world.scrape(listed=(bad,))
    assert bad not in world.asked, "nor for standing in a list"


@pytest.mark.parametrize("how", ["named", "refresh", "named refresh", "listed refresh"])
def test_a_parked_page_is_tried_again_when_it_is_named_or_all_is_refreshed(world: World, how: str):
    bad = fail_in_runs(world, 3)
    assert world.queue[bad] == "parked"
    urls, listed = ((bad,) if "named" in how else ()), ((bad,) if "listed" in how else ())
    world.scrape(*urls, refresh="refresh" in how, listed=listed)
    assert world.asked.count(bad) == 3
    assert world.says("SELECT state, failures FROM visit WHERE url = ?", bad)[0][0] == "queued", "it has three runs again"
    world.pages[bad] = OVERVIEW_BODY
    world.time.seconds += 100
    world.scrape()
    assert world.says("SELECT state, failures FROM visit WHERE url = ?", bad) == [("done", 0)]


def test_where_the_whole_host_fails_no_page_is_parked(world: World):
    world.pages = {at(A): (500, {}), at(A, OVERVIEW): (500, {})}
    for _ in range(4):
        assert world.scrape(at(A), at(A, OVERVIEW)).exit_code == 69
        world.time.seconds += 100
    assert set(world.queue.values()) == {"queued"}


def test_a_short_wait_of_one_host_leaves_the_other_its_pace(world: World):
    good = many(B, 5)
    world.pages = {at(A): [(429, {"retry-after": "50"}), SEED_BODY], **good}
    assert world.scrape(at(A), *good).exit_code == 0
    assert [seconds for url, seconds in world.net.asked if url in good] == [2.0 + n for n in range(5)]
    assert times(world, at(A)) == [1, 51]
