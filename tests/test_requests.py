"""The record of requests: one row for each hop, with how it ended, the pause before it and why, and what robots.txt said."""

from contextlib import closing
from typing import Any

import httpx
import pytest

from db import chain, requests
from db.connection import open_to_read, open_to_write
from tests import imports
from tests.figures import OVERVIEW, as_html
from tests.world import SEED_BODY, A, B, World, at

COLUMNS = "url, outcome, http_status, bytes, delay_s, delay_reason, robots_rule"
NONE = "no robots.txt (HTTP 404)"
WALL = b"<title>Just a moment...</title><h1>Checking your browser</h1>"


def made(world: World) -> list[tuple]:
    return world.says(f"SELECT {COLUMNS} FROM request ORDER BY request_id")


def test_each_hop_is_a_row_in_the_order_in_which_it_was_asked_for(world: World):
    rules = b"User-agent: *\nCrawl-delay: 3\nAllow: /x\n"
    world.pages = {
        f"{A}/robots.txt": (301, {"location": f"{B}/rules.txt"}),
        f"{B}/rules.txt": rules,
        f"{A}/x": (302, {"location": f"{B}/x"}),
        f"{B}/x": SEED_BODY,
    }
    world.takes_s = 0.25
    world.scrape(f"{A}/x")
    assert made(world) == [
        (f"{A}/robots.txt", "redirected", 301, 0, 1, "--delay", ""),
        (f"{B}/rules.txt", "ok", 200, len(rules), 1, "--delay", ""),
        (f"{A}/x", "redirected", 302, 0, 3, "Crawl-delay", "Allow: /x"),
        (f"{B}/robots.txt", "not_found", 404, 0, 1, "--delay", ""),
        (f"{B}/x", "ok", 200, len(SEED_BODY), 1, "--delay", NONE),
    ]
    query = "SELECT requested_at, elapsed_ms, run_id, page, address, detail FROM request ORDER BY request_id"
    assert world.says(query)[2] == ("2026-01-01T00:00:03Z", 250, 1, f"{A}/x", "", "HTTP 302")
    assert [hop.url for hop in world.hops] == [row[0] for row in made(world)], "who looks on hears the same"


ENDINGS: dict[str, tuple[Any, int | None]] = {
    "ok": (SEED_BODY, 200),
    "gone": ((410, {}), 410),
    "not_found": ((404, {}), 404),
    "blocked": ((401, {}), 401),
    "challenge": (WALL, 200),
    "challenge by a header": ((403, {"cf-mitigated": "challenge"}), 403),
    "soft_404": (b"<title>Page not found</title><h1>404</h1><p>The page you are looking for does not exist.", 200),
    "too_large": ((200, {"content-length": "99999999"}), 200),
    "truncated": ((200, {"content-encoding": "gzip"}, b"\x1f\x8b\x08\x00"), 200),
    "bad_encoding": ((200, {"content-encoding": "br"}, b"x"), 200),
    "wrong_type": (b"%PDF-1.7 ...", 200),
    "timeout": (httpx.ReadTimeout("slow"), None),
    "refused_redirect": ((302, {"location": "ftp://a.example/"}), 302),
    "rate_limited": ((429, {"retry-after": "9999"}), 429),
    "client_error": ((418, {}), 418),
    "server_error": ((502, {}), 502),
    "empty": (b" \n", 200),
    "protocol_error": (httpx.RemoteProtocolError("what"), None),
    "connection_error": (httpx.ConnectError("refused"), None),
}
REJECTED = {"challenge", "soft_404", "wrong_type", "empty"}


@pytest.mark.parametrize("case", ENDINGS)
def test_each_way_to_end_has_its_outcome(world: World, case: str):
    found, status = ENDINGS[case]
    outcome = case.partition(" ")[0]
    world.pages = {at(A): found, at(B, OVERVIEW): as_html(OVERVIEW)}
    world.scrape(at(A))
    rows = world.says("SELECT outcome, http_status, delay_s, delay_reason, robots_rule FROM request WHERE url = ?", at(A))
    assert {row[1] for row in rows} == {status}
    assert {row[0] for row in rows} == {outcome}
    assert rows[0][2:] == (1, "--delay", NONE)
    assert world.says("SELECT outcome FROM visit") == [(outcome,)]
    captured = world.says("SELECT outcome FROM capture")
    assert captured == ([("rejected",)] if case in REJECTED else [("complete",)] if case == "ok" else [])


def test_what_was_refused_before_it_was_asked_for_has_a_row_that_says_so(world: World):
    denied = f"{A}/private"
    world.pages = {
        f"{A}/robots.txt": b"User-agent: *\nDisallow: /private\n",
        f"{A}/away": (302, {"location": "http://c.example/"}),
        f"{A}/in": (302, {"location": denied}),
    }
    world.scrape(denied, f"{A}/away", f"{A}/in", "http://c.example/x")
    columns = "url, outcome, http_status, bytes, elapsed_ms, delay_s, robots_rule"
    refused = world.says(f"SELECT {columns} FROM request WHERE elapsed_ms IS NULL ORDER BY 1, 2")
    assert refused == [
        (denied, "robots_denied", None, 0, None, None, "Disallow: /private"),
        (denied, "robots_denied", None, 0, None, None, "Disallow: /private"),
        ("http://c.example/", "refused_redirect", None, 0, None, None, ""),
        ("http://c.example/x", "refused_address", None, 0, None, None, ""),
    ]
    assert sorted(world.asked) == [f"{A}/away", f"{A}/in"]


ROBOTS: dict[str, tuple[Any, str, str]] = {
    "denied": (b"User-agent: *\nDisallow: /", "robots_denied", "Disallow: /"),
    "unreadable": ((503, {}), "robots_unreadable", "robots.txt: server_error, HTTP 503"),
    "unreachable": (httpx.ConnectError("refused"), "robots_unreadable", "robots.txt: connection_error, refused"),
    "asks to wait": ((429, {"retry-after": "9999"}), "rate_limited", "robots.txt: HTTP 429"),
}


@pytest.mark.parametrize("case", ROBOTS)
def test_a_page_that_robots_txt_keeps_from_us_has_a_row(world: World, case: str):
    found, outcome, rule = ROBOTS[case]
    world.pages = {f"{A}/robots.txt": found}
    assert world.scrape(at(A)).exit_code == (75 if outcome == "rate_limited" else 69)
    assert world.says("SELECT outcome, http_status, robots_rule FROM request WHERE url = ?", at(A)) == [(outcome, None, rule)]
    assert world.asked == []


def test_the_deadline_over_all_hops_ends_with_a_row(world: World):
    world.takes_s = 8
    world.pages = {f"{A}/{n}": (302, {"location": f"/{n + 1}"}) for n in range(9)}
    world.scrape(f"{A}/0", most_pages=1)
    assert [row[1] for row in made(world)][-2:] == ["redirected", "timeout"]
    assert world.says("SELECT http_status, elapsed_ms, detail FROM request ORDER BY request_id DESC LIMIT 1") == [
        (None, None, "redirects took all the time")
    ]


# --- pruned ----------------------------------------------------------------------------------------------------------


def times(world: World) -> list[str]:
    return [at for (at,) in world.says("SELECT requested_at FROM request ORDER BY request_id")]


def test_what_is_too_old_goes_at_the_end_of_a_run(world: World):
    world.pages = {at(A): SEED_BODY}
    world.settings = {"keep_requests_days": 10}
    world.scrape(at(A))
    world.pass_days(9)
    world.scrape(at(A), refresh=True)
    assert len(times(world)) == 4, "nothing is old enough"
    before = imports.dump(world.db)
    runs = world.runs
    world.pass_days(2)
    world.scrape()
    assert {time[:10] for time in times(world)} == {"2026-01-10"}, "the first run's are gone"
    assert imports.dump(world.db) == before, "what the pages say depends on no request"
    assert world.runs[:2] == runs
    assert world.queue == {at(A): "done"}
    with closing(open_to_read(world.db)) as db:
        assert chain.request(db, at(A), "2026-01-01T23:00:00Z") is None
    world.pass_days(20)
    world.scrape(at(A), refresh=True)
    assert world.runs[-1][0] == 0


@pytest.mark.parametrize(("days", "left"), [(0, 4), (90, 2), (400, 4)])
def test_zero_keeps_all(world: World, days: int, left: int):
    world.pages = {at(A): SEED_BODY}
    world.settings = {"keep_requests_days": days}
    world.scrape(at(A))
    world.pass_days(200)
    world.scrape(at(A), refresh=True)
    assert len(times(world)) == left


def test_the_requests_of_a_run_that_has_not_ended_are_its_signs_of_life(world: World):
    world.pages = {at(A): SEED_BODY}
    world.scrape(at(A))
    newest = times(world)[-1]
    with closing(open_to_write(world.db)) as db, db.atomic():
        db.conn.execute("UPDATE run_log SET finished_at = NULL, outcome = NULL")
        assert requests.prune(db, "2027-01-01T00:00:00Z") == 0
        db.conn.execute("INSERT INTO run_log (command, started_at, finished_at) VALUES ('scrape', '2025', '2025')")
        db.conn.execute("UPDATE request_log SET run_id = 2 WHERE id = 1")
        assert requests.prune(db, "2026-06-01T00:00:00Z") == 1
        assert requests.prune(db, "2026-05-01T00:00:00Z") == 0
    world.scrape()
    assert world.says("SELECT finished_at, outcome FROM run WHERE run_id = 1") == [(newest, "interrupted")]
