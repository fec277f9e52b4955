"""When a page is asked for again, and how: conditional requests, what a confirmation is, whole ones now and then, next visits."""

import gzip
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.freshness import FIRST_DAYS, Rhythm
from scraper.archive import Archive, Location
from tests import imports
from tests.figures import OVERVIEW, SEED, as_html
from tests.imports import rows
from tests.world import DAY_S, SEED_BODY, A, B, World, analyst, at, many

OTHER_BODY = as_html(SEED.with_cell("Average age", "47"))
V1 = {"etag": '"v1"', "content-type": "text/html; charset=utf-8"}
SECTIONS = ("salary", "education", "demographics", "outlook", "skillset", "share", "skill", "job", "job_title", "layout")


def tagged(etag: str, body: bytes, **headers: str) -> Callable[[httpx.Request], Any]:
    """A page that is confirmed to who has it."""

    def answer(request: httpx.Request) -> Any:
        if request.headers.get("if-none-match") == etag:
            return 304, {"etag": etag, **headers}
        return 200, {"etag": etag, "content-type": "text/html", **headers}, body

    return answer


def visit(world: World, *urls: str, days: float = 1, **wish: Any) -> int:
    """The exit code of a run that fetches these pages, some days later."""
    if world.db.exists():
        world.pass_days(days)
    return world.scrape(*urls, refresh=True, **wish).exit_code


def record(world: World, number: int) -> bytes:
    """The archive record of a capture, the newest last."""
    name, offset, length = world.says("SELECT warc_file, warc_offset, warc_length FROM capture ORDER BY captured_at")[number]
    data = (imports.settings(world.root).archive / name).read_bytes()[offset : offset + length]
    return gzip.decompress(data)


# --- conditional requests ---------------------------------------------------------------------------------------------


def test_a_page_that_is_confirmed_is_a_capture_of_its_own(world: World):
    world.pages = {at(A): tagged('"v1"', SEED_BODY)}
    assert visit(world, at(A)) == 0
    count = {name: rows(world.db, f"SELECT count(*) FROM {name}") for name in SECTIONS}
    assert visit(world, at(A)) == 0
    assert world.sent(at(A), "if-none-match") == ['"v1"']
    assert world.runs == [(0, 1, 1, 0, 0, 0), (0, 1, 0, 1, 0, 0)]
    query = "SELECT captured_at, fetched_at, status, sha256, outcome, published FROM capture ORDER BY captured_at"
    first, second = world.says(query)
    assert first[0] == first[1] < second[0] == second[1]
    assert (first[2], second[2], first[3:]) == (200, 304, second[3:])
    assert world.says("SELECT count(DISTINCT capture_id) FROM capture") == [(2,)]
    observed = [
        world.says(
            "SELECT side, field, item, value, status, raw, section FROM observation WHERE captured_at = ? ORDER BY 1, 2, 3", when
        )
        for when in (first[0], second[0])
    ]
    assert observed[0] == observed[1] != []
    assert {name: rows(world.db, f"SELECT count(*) FROM {name}") for name in SECTIONS} == count, "no new section row"
    assert world.says("SELECT outcome, http_status, bytes FROM request ORDER BY request_id DESC LIMIT 1") == [
        ("not_modified", 304, 0)
    ]
    assert (world.covered, world.told[-1].outcome) == ({"fresh": 1}, "unchanged")


def test_a_confirmation_is_archived_as_a_revisit_that_a_rebuild_knows(world: World):
    world.pages = {at(A): tagged('"v1"', SEED_BODY)}
    visit(world, at(A))
    visit(world, at(A))
    head, http, _ = record(world, 1).decode().split("\r\n\r\n", 2)
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    (at_first, sha256), (at_second, _) = world.says("SELECT captured_at, sha256 FROM capture ORDER BY captured_at")
    assert fields["WARC-Type"] == "revisit"
    assert fields["WARC-Profile"] == "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
    assert (fields["WARC-Target-URI"], fields["WARC-Date"]) == (at(A), at_second)
    assert (fields["WARC-Refers-To-Target-URI"], fields["WARC-Refers-To-Date"]) == (at(A), at_first)
    assert fields["WARC-Payload-Digest"] == f"sha256:{sha256}"
    assert http.startswith("HTTP/1.1 304")
    place = world.says(
        "SELECT w.name, b.warc_offset, b.warc_length FROM page_capture c JOIN page_capture b ON b.id = c.body_capture_id "
        "JOIN archive_file w ON w.id = b.warc_file_id JOIN capture_form k ON k.id = c.form_id WHERE k.http_status = 304"
    )
    archive = Archive(imports.settings(world.root).archive, {}, world.time.start)
    assert archive.read(Location(*place[0]), sha256) == SEED_BODY


def test_last_modified_alone_will_do_and_is_sent_as_it_came(world: World):
    said = "Thu, 01 Jan 2026 00:00:00 GMT"
    world.pages = {at(A): [(200, {"last-modified": said}, SEED_BODY), (304, {})]}
    visit(world, at(A))
    assert visit(world, at(A)) == 0
    assert (world.sent(at(A), "if-modified-since"), world.sent(at(A), "if-none-match")) == ([said], [None])
    assert visit(world, at(A)) == 0
    assert world.sent(at(A), "if-modified-since") == [said], "a confirmation without validators is still one of that body"
    assert world.runs[1:] == [(0, 1, 0, 1, 0, 0)] * 2


def test_validators_go_to_nobody_but_who_gave_them(world: World):
    world.pages = {
        at(A): (301, {"location": at(B)}),
        at(B): tagged('"b"', SEED_BODY),
        at(A, OVERVIEW): tagged('"a"', as_html(OVERVIEW)),
        at(B, OVERVIEW): (200, {"content-type": "text/html"}, as_html(OVERVIEW)),
    }
    urls = (at(A), at(A, OVERVIEW), at(B, OVERVIEW))
    visit(world, *urls)
    assert visit(world, *urls) == 0
    sent = {str(request.url): request.headers.get("if-none-match") for request in world.net.requests}
    robots = {f"{root}/robots.txt": None for root in (A, B)}
    assert sent == robots | {at(A): None, at(B): '"b"', at(A, OVERVIEW): '"a"', at(B, OVERVIEW): None}
    confirmed = world.says("SELECT url, outcome FROM request WHERE http_status = 304 ORDER BY url")
    assert confirmed == [(at(A, OVERVIEW), "not_modified"), (at(B), "not_modified")]
    assert world.says("SELECT url FROM capture WHERE status = 304 ORDER BY url") == [(at(A, OVERVIEW),), (at(B),)]


def test_a_page_that_changed_comes_whole_and_is_the_next_basis(world: World):
    world.pages = {at(A): tagged('"v1"', SEED_BODY)}
    visit(world, at(A))
    world.pages = {at(A): tagged('"v2"', OTHER_BODY)}
    visit(world, at(A))
    assert world.runs[-1] == (0, 1, 1, 0, 0, 0)
    visit(world, at(A))
    assert world.sent(at(A), "if-none-match") == ['"v2"']
    assert world.says("SELECT status FROM capture ORDER BY captured_at") == [(200,), (200,), (304,)]
    query = "SELECT value FROM observation WHERE field = 'demographics.age_mean' AND side = 'left' ORDER BY captured_at"
    ages = world.says(query)
    assert ages == [(46,), (47,), (47,)]


def test_a_page_whose_newest_body_came_without_validators_is_asked_for_as_a_whole(world: World):
    world.pages = {at(A): [(200, V1, SEED_BODY), (200, {"content-type": "text/html"}, OTHER_BODY), (200, {}, OTHER_BODY)]}
    for _ in range(3):
        assert visit(world, at(A)) == 0
    assert world.sent(at(A), "if-none-match") == [None], "what is older is not what would be confirmed"


def test_a_rejected_capture_is_no_basis(world: World):
    wall = (200, {"etag": '"wall"'}, b"<title>Just a moment...</title><h1>Checking your browser</h1>")
    world.pages = {at(A): [wall, (200, V1, SEED_BODY), wall, (304, {})]}
    codes, sent = [], []
    for _ in range(4):
        codes.append(visit(world, at(A)))
        sent += world.sent(at(A), "if-none-match")
    assert sent == [None, None, '"v1"', '"v1"']
    assert (codes[1], codes[3]) == (0, 0)
    assert world.says("SELECT status, outcome FROM capture ORDER BY captured_at")[-1] == (304, "complete")
    assert world.covered == {"fresh": 1}


def test_no_confirmation_is_asked_for_what_the_archive_has_lost(world: World):
    world.pages = {at(A): tagged('"v1"', SEED_BODY)}
    visit(world, at(A))
    for file in imports.settings(world.root).archive.glob("*.warc.gz"):
        file.write_bytes(b"")
    assert visit(world, at(A)) == 0
    assert world.sent(at(A), "if-none-match") == [None]
    assert world.says("SELECT status FROM capture ORDER BY captured_at") == [(200,), (200,)]


def test_a_confirmation_that_nobody_asked_for_is_no_capture(world: World):
    world.pages = {at(A): (304, {"etag": '"v1"'})}
    assert visit(world, at(A)) == 69
    assert world.says("SELECT DISTINCT outcome FROM request WHERE url = ?", at(A)) == [("protocol_error",)]
    assert world.says("SELECT count(*) FROM capture") == [(0,)]


def test_a_whole_page_is_asked_for_every_n_days(world: World):
    world.settings = {"full_fetch_days": 10}
    world.pages = {at(A): tagged('"v1"', SEED_BODY)}
    visit(world, at(A))
    whole = []
    for _ in range(7):
        visit(world, at(A), days=3.34)
        whole.append(world.sent(at(A), "if-none-match") == [None])
    assert whole == [False, False, True, False, False, True, False]
    assert [row[3] for row in world.runs] == [0, 1, 1, 1, 1, 1, 1, 1], "a whole page with the same facts is unchanged too"
    assert b"identical-payload-digest" in record(world, 3)


# --- private pages ----------------------------------------------------------------------------------------------------

TAGS = {
    "noarchive": True,
    "noindex, NoArchive": True,
    "careerscape: noarchive": True,
    "CareerScape: nofollow, noarchive": True,
    "otherbot: noarchive": False,
    "unavailable_after: 25 Jun 2027 15:00:00 PST": False,
    "noindex": False,
    "none": False,
}


@pytest.mark.parametrize("tag", TAGS)
def test_a_header_that_asks_for_no_copy_is_recorded_and_kept_through_a_confirmation(world: World, tag: str):
    tagged_once = (200, V1 | {"x-robots-tag": tag}, SEED_BODY)
    world.pages = {at(A): [tagged_once, (304, {})]}
    visit(world, at(A))
    visit(world, at(A))
    assert world.says("SELECT noarchive, status FROM capture ORDER BY captured_at") == [(TAGS[tag], 200), (TAGS[tag], 304)]
    assert world.says("SELECT count(*) FROM observation")[0][0] > 0, "its facts are used"


def test_a_meta_element_that_asks_for_no_copy_is_recorded_and_kept_through_a_confirmation(world: World):
    body = SEED_BODY.replace(b"<title>", b'<meta name="robots" content="noindex,noarchive"><title>', 1)
    assert body != SEED_BODY
    world.pages = {at(A): tagged('"v1"', body)}
    visit(world, at(A))
    visit(world, at(A))
    assert world.says("SELECT noarchive, status FROM capture ORDER BY captured_at") == [(1, 200), (1, 304)]
    assert world.says("SELECT count(*) FROM finding WHERE code = 'noarchive' AND severity = 'info'") == [(2,)]


# --- the next visit ---------------------------------------------------------------------------------------------------


def test_what_came_is_not_asked_for_again_until_it_is_due(world: World):
    world.pages = {at(A): tagged('"v1"', SEED_BODY)}
    world.scrape(at(A))
    for urls, listed in (((at(A),), ()), ((), (at(A),))):
        report = world.scrape(*urls, listed=listed)
        assert (report.exit_code, report.resting, world.net.urls) == (0, 1, [])
        assert report.next_due_at == "2026-01-08T00:00:01Z"
    assert world.covered == {"fresh": 1}
    world.pass_days(FIRST_DAYS)
    world.time.seconds += 2
    assert world.covered == {"stale": 1}
    assert world.scrape().exit_code == 0
    assert (world.asked, world.covered) == ([at(A)], {"fresh": 1})


def intervals(world: World, bodies: Callable[[int], bytes], visits: int) -> list[float]:
    """The days from visit to visit of a page that is always fetched when it is due."""
    found = []
    for number in range(visits):
        world.pages = {at(A): bodies(number)}
        world.scrape(at(A))
        (due,) = world.says("SELECT (julianday(due_at) - julianday(attempted_at)) FROM visit")[0]
        found.append(round(due, 3))
        world.pass_days(due)
        world.time.seconds += 2
    return found


def test_a_page_that_never_changes_is_visited_ever_more_rarely_up_to_the_cap(world: World):
    found = intervals(world, lambda number: SEED_BODY, 6)
    assert found == [7, 14, 28, 56, 60, 60]


def test_a_page_that_always_changes_is_visited_ever_more_often_down_to_the_floor(world: World):
    world.settings = {"revisit_min_days": 2.75}
    found = []
    for day in range(5):
        world.pages = {at(A): as_html(SEED.with_cell("Average age", str(40 + day)))}
        world.time.seconds = day * DAY_S
        world.scrape(at(A), delay_s=0, refresh=True)
        found += world.says("SELECT round(julianday(due_at) - julianday(attempted_at), 2) FROM visit")[0]
    assert found == [7, 4, 3, 2.75, 2.75]


def test_a_page_of_which_nothing_changes_but_the_bytes_counts_as_unchanged(world: World):
    found = intervals(world, lambda number: SEED_BODY + b"<!-- %d -->" % number, 3)
    assert found == [7, 14, 28]


WHEN_DUE = {
    "not_found": ((404, {}), 60),
    "gone": ((410, {}), 60),
    "blocked": ((403, {}), 7),
    "challenge": (b"<title>Just a moment...</title><h1>Checking your browser</h1>", 7),
    "client_error": ((418, {}), 7),
    "no comparison": (b"<!doctype html><title>x</title><p>Welcome!", 7),
    "maintenance": (
        b"<!doctype html><title>Down for maintenance</title><h1>Down for maintenance</h1><p>We will be back soon.",
        1,
    ),
    "empty": (b"", 7),
    "wrong type": (b"%PDF-1.7", 7),
}


@pytest.mark.parametrize("case", WHEN_DUE)
def test_what_did_not_come_is_due_again_as_well(world: World, case: str):
    found, days = WHEN_DUE[case]
    world.pages = {at(A): found}
    world.scrape(at(A))
    world.pass_days(days - 0.5)
    world.scrape(listed=(at(A),))
    assert world.asked == []
    world.pass_days(0.6)
    world.scrape()
    assert world.asked == [at(A)]


def test_a_named_page_that_did_not_come_is_asked_for_at_once(world: World):
    world.pages = {at(A): [(404, {}), SEED_BODY]}
    world.scrape(at(A))
    assert world.scrape(at(A)).exit_code == 0
    assert (world.asked, world.covered) == ([at(A)], {"fresh": 1})


RHYTHMS = st.tuples(st.floats(0.01, 30), st.floats(0.01, 400)).map(lambda pair: Rhythm(min(pair), max(pair)))
COUNTS = st.integers(0, 1000)
DAYS = st.floats(0, 10_000)


@given(rhythm=RHYTHMS, changes=COUNTS, more=COUNTS, days=DAYS, longer=DAYS)
def test_the_days_between_visits(rhythm: Rhythm, changes: int, more: int, days: float, longer: float):
    found = rhythm.interval_days(changes, days)
    assert rhythm.floor_days <= found <= rhythm.cap_days
    assert rhythm.interval_days(changes + more, days) <= found, "what changes more often is visited no less often"
    assert rhythm.interval_days(changes, days + longer) >= found, "what changed as often in a longer time no more often"
    wide = Rhythm(0, 1e9)
    assert wide.interval_days(changes, days) * (changes + 1) == pytest.approx(days + FIRST_DAYS)


def test_a_second_run_asks_only_for_what_is_due_and_adds_no_fact(world: World):
    pages = {url: tagged(f'"{n}"', body) for n, (url, body) in enumerate(many(A, 4).items())}
    world.pages = dict(pages)
    world.scrape(*pages)
    world.pass_days(3)
    world.pages |= {at(A, analyst(9)): as_html(analyst(9))}
    world.scrape(at(A, analyst(9)))
    facts = world.says("SELECT occupation, field, item, value FROM observation ORDER BY 1, 2, 3, 4")
    world.pass_days(5)
    assert world.scrape().exit_code == 0
    assert sorted(world.asked) == sorted(pages)
    assert all(world.sent(url, "if-none-match") != [None] for url in pages)
    assert world.runs[-1] == (0, 4, 0, 4, 0, 0)
    assert set(world.says("SELECT occupation, field, item, value FROM observation ORDER BY 1, 2, 3, 4")) == set(facts)
