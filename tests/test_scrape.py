"""Scrape runs: what becomes of pages, what stays queued, how a run ends, and what an interrupted one leaves."""

import gzip
import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from normalize.errors import Busy, ConfigError, UsageError
from scraper import intake, run, scrape
from scraper.archive import Archive, Location
from scraper.fetcher import Fetcher
from scraper.politeness import Clock
from scraper.process import Terminated
from tests import imports
from tests.command import Command
from tests.figures import OVERVIEW, SEED, as_html, as_text
from tests.imports import ReadHere, rows
from tests.web import Exchange, answer, redirect, serving, text, zipped
from tests.world import COUNTS, DAY_S, SEED_BODY, A, B, World, at

OVERVIEW_BODY = as_html(OVERVIEW)


# --- what becomes of a page -------------------------------------------------------------------------------------------


def test_a_page_is_loaded_under_its_last_address_with_all_that_is_known_of_it(world: World):
    world.pages = {f"{A}/old": (301, {"location": at(B) + "/"}), at(B) + "/": SEED_BODY}
    report = world.scrape(f"{A}/old#top")
    assert (report.exit_code, report.left, world.runs) == (0, 0, [(0, 1, 1, 0, 0, 0)])
    query = "SELECT url, captured_at, fetched_at, origin, status, outcome, published FROM capture"
    assert world.says(query) == [(at(B), "2026-01-01T00:00:02Z", "2026-01-01T00:00:02Z", "live", 200, "complete", 1)]
    assert world.says("SELECT time_source FROM capture") == [("http",)]
    assert world.says("SELECT count(*) FROM observation WHERE field = 'salary.annual_mean_usd'") == [(2,)]
    assert world.queue == {f"{A}/old": "done"}
    assert world.covered == {"fresh": 1}


def test_the_same_bytes_are_confirmed_and_others_are_loaded(world: World):
    world.pages = {at(A): [SEED_BODY, SEED_BODY, as_html(SEED.with_cell("Average age", "47"))]}
    for _ in range(3):
        assert world.scrape(at(A), refresh=True).exit_code == 0
        world.time.seconds += DAY_S
    assert world.runs == [(0, 1, 1, 0, 0, 0), (0, 1, 0, 1, 0, 0), (0, 1, 1, 0, 0, 0)]
    places = world.says("SELECT warc_file, warc_offset, warc_length FROM capture ORDER BY captured_at")
    kinds = []
    for name, offset, length in places:
        data = (imports.settings(world.root).archive / name).read_bytes()[offset : offset + length]
        kinds.append(gzip.decompress(data).partition(b"WARC-Type: ")[2].partition(b"\r\n")[0])
    assert kinds == [b"response", b"revisit", b"response"]
    ages = "SELECT captured_at, value FROM observation WHERE field = 'demographics.age_mean' AND side = 'left' ORDER BY 1"
    assert world.says(ages) == [("2026-01-01T00:00:01Z", 46), ("2026-01-02T00:00:02Z", 46), ("2026-01-03T00:00:03Z", 47)]


def test_a_page_under_a_flood_of_headers_can_be_read_again(world: World):
    flood = {f"x-{n}": "\x1b\xe9" * 40 for n in range(900)}
    world.pages = {at(A): (200, flood | {"content-type": "text/plain; charset=\x1b[31m\xe9"}, as_text(SEED))}
    assert world.scrape(at(A)).exit_code == 0
    assert world.says("SELECT media_type, charset FROM capture_form") == [("text/plain", "")]
    (place,) = world.says("SELECT warc_file, warc_offset, warc_length, sha256 FROM capture")
    archive = Archive(imports.settings(world.root).archive, {}, world.time.start)
    assert archive.read(Location(*place[:3]), place[3]) == as_text(SEED)


NO_ROWS: dict[str, tuple[Any, str]] = {
    "other jobs": (OVERVIEW_BODY, "other_jobs"),
    "no comparison": (b"<!doctype html><title>x</title><p>Welcome!", "no_comparison"),
    "empty": (b"", "empty"),
    "blank": (b" \n", "empty"),
    "a pdf": (b"%PDF-1.7 ...", "wrong_type"),
    "json": ((200, {"content-type": "application/json"}, json.dumps(SEED_BODY.decode()).encode()), "wrong_type"),
}


@pytest.mark.parametrize("case", NO_ROWS)
def test_a_page_that_is_no_comparison_is_kept_rejected_and_named(world: World, case: str):
    body, code = NO_ROWS[case]
    world.pages = {at(A): body}
    assert world.scrape(at(A)).exit_code == 3
    assert world.runs == [(3, 1, 0, 0, 1, 0)]
    assert world.says("SELECT url, outcome, published FROM capture") == [(at(A), "rejected", 0)]
    assert world.says("SELECT url, code FROM finding") == [(at(A), code)]
    assert (world.told[0].name, world.told[0].outcome) == (at(A), "rejected")
    assert world.covered == {"rejected": 1}


FAILED: dict[str, tuple[Any, int, str]] = {
    "not_found": ((404, {}), 3, "removed"),
    "gone": ((410, {}), 3, "removed"),
    "client_error": ((418, {}), 3, "failed"),
    "too_large": (b"a" * (10 * 1024 * 1024 + 1), 3, "failed"),
    "bad_encoding": ((200, {"content-encoding": "br"}), 3, "failed"),
    "blocked": ((403, {}), 69, "blocked"),
    "challenge": ((403, {"cf-mitigated": "challenge"}), 69, "blocked"),
    "refused_redirect": ((302, {"location": "http://c.example/"}), 69, "failed"),
    "server_error": ((500, {}), 69, "failed"),
    "timeout": (httpx.ReadTimeout("slow"), 69, "failed"),
    "connection_error": (httpx.ConnectError("refused"), 69, "failed"),
    "protocol_error": (httpx.RemoteProtocolError("what"), 69, "failed"),
}


@pytest.mark.parametrize("outcome", FAILED)
def test_a_page_that_cannot_be_had_has_failed_and_makes_no_capture(world: World, outcome: str):
    found, exit_code, state = FAILED[outcome]
    world.pages = {at(A): found, at(B, OVERVIEW): OVERVIEW_BODY}
    assert world.scrape(at(A)).exit_code == exit_code
    assert world.scrape(at(A), at(B, OVERVIEW)).exit_code == 3, "69 only where nothing could be had"
    assert world.runs == [(exit_code, 1, 0, 0, 0, 1), (3, 2, 1, 0, 0, 1)]
    findings = world.says("SELECT run_id, capture_id, url, code, severity, message FROM finding WHERE severity != 'info'")
    assert [finding[:5] for finding in findings] == [(n, None, None, "fetch_failed", "error") for n in (1, 2)]
    assert all(f": {outcome}: " in finding[5] and finding[5].endswith(f": {at(A)}") for finding in findings)
    assert world.says("SELECT url FROM capture") == [(at(B, OVERVIEW),)]
    assert world.covered == {"fresh": 1, state: 1}


def test_a_page_that_was_there_once_counts_as_removed(world: World):
    world.pages = {at(A): [SEED_BODY, (404, {})]}
    world.scrape(at(A))
    assert world.scrape(at(A), refresh=True).exit_code == 3
    assert world.covered == {"removed": 1}
    assert world.says("SELECT count(*) > 0 FROM observation_latest") == [(1,)], "what is known of it still stands"


def test_a_page_that_failed_and_was_imported_is_one_page(world: World):
    page = imports.Saved(SEED.url, imports.DAYS[0], as_text(SEED))
    world.pages = {SEED.url: httpx.ReadTimeout("slow")}
    assert world.scrape(SEED.url).exit_code == 69
    imports.import_pages(world.root, page)
    assert sum(world.covered.values()) == 1


def test_all_ways_in_one_run_add_up(world: World):
    pages = [replace(SEED, left=f"Analyst {n}") for n in range(4)]
    bodies = [as_html(pages[0]), as_html(pages[1]), b"<p>no comparison", (404, {})]
    urls = [at(A, page) for page in pages]
    world.pages = dict(zip(urls, bodies, strict=True))
    world.scrape(urls[0])
    world.time.seconds += DAY_S
    assert world.scrape(*urls, urls[1] + "/?utm=x", urls[2] + "#x", refresh=True).exit_code == 3
    assert world.runs[1] == (3, 4, 1, 1, 1, 1)
    assert [told.outcome for told in world.told[1:]] == ["unchanged", "loaded", "rejected", "failed"]


# --- who may be asked, and by whom ------------------------------------------------------------------------------------


def test_a_host_that_nobody_permitted_is_asked_nothing(world: World):
    assert world.scrape(at(A), allow=("b.example",)).exit_code == 69
    assert (world.asked, world.runs) == ([], [(69, 1, 0, 0, 0, 1)])
    (message,) = world.says("SELECT message FROM finding")[0]
    assert ": refused_address: " in message
    assert message.endswith(f": {at(A)}")
    assert "--allow-host" in message
    assert world.covered == {"queued": 1}


def test_no_request_goes_far_without_a_contact(world: World):
    with pytest.raises(ConfigError, match=r"say who asks a\.example"):
        world.scrape(at(A), contact="")
    with pytest.raises(ConfigError, match=r"say who asks www\.zippia\.com"):
        world.scrape(SEED.url, allow=(), contact="")
    assert ConfigError.exit_code == 78
    assert not world.db.exists()


def test_what_waits_far_away_does_not_keep_this_machine_from_being_asked(world: World):
    world.pages[at(A)] = (503, {})
    world.scrape(at(A))
    here = "http://127.0.0.1" + at(A).removeprefix("http://a.example")
    world.pages[here] = SEED_BODY
    asked = len(world.asked)
    world.time.seconds += DAY_S
    assert world.scrape(here, allow=("127.0.0.1", "a.example"), contact="").exit_code == 0
    assert all(url.startswith("http://127.0.0.1/") for url in world.asked[asked:])
    with pytest.raises(ConfigError, match=r"say who asks a\.example"):
        world.scrape(contact="")


@pytest.mark.parametrize("far", [SEED.url, at(A)])
def test_no_redirect_leads_far_without_a_contact(world: World, far: str):
    here = "http://127.0.0.1:9/x"
    world.pages = {here: (302, {"location": far})}
    assert world.scrape(here, allow=("127.0.0.1", "a.example"), contact="").exit_code == 69
    assert world.asked == [here]


def test_what_an_earlier_run_left_waits_until_its_host_is_permitted(world: World):
    world.pages = {at(A): [*[httpx.ReadTimeout("slow")] * 3, SEED_BODY], at(B, OVERVIEW): OVERVIEW_BODY}
    world.scrape(at(A))
    assert world.scrape(at(B, OVERVIEW), allow=("b.example",)).exit_code == 0
    assert (world.asked, world.runs[-1], world.queue[at(A)]) == ([at(B, OVERVIEW)], (0, 1, 1, 0, 0, 0), "queued")
    with pytest.raises(UsageError, match="nothing to fetch"):
        world.scrape(allow=("b.example",))
    assert world.scrape().exit_code == 0
    assert world.asked == [at(A)]
    assert set(world.queue.values()) == {"done"}


WRONG: dict[str, Callable[[World], object]] = {
    "nothing": lambda world: world.scrape(),
    "no address": lambda world: world.scrape("a.example/x"),
    "no web address": lambda world: world.scrape(at(A), "ftp://a.example/"),
    "no pause": lambda world: world.scrape(at(A), delay_s=float("inf")),
    "no host": lambda world: world.scrape(at(A), allow=("http://a.example",)),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_usage_is_refused_before_anything_is_made(world: World, case: str):
    with pytest.raises(UsageError) as caught:
        WRONG[case](world)
    assert (caught.value.exit_code, world.asked, world.db.exists()) == (2, [], False)


# --- a run that does not finish ---------------------------------------------------------------------------------------


def stop(*given: object) -> None:
    raise Terminated


def test_a_run_that_ends_before_it_publishes_is_published_by_the_next(world: World):
    world.pages = {at(A): SEED_BODY}
    with world.patch.context() as patch:
        patch.setattr(intake.publish, "publish", stop)
        with pytest.raises(Terminated):
            world.scrape(at(A))
    assert world.says("SELECT outcome, exit_code, loaded FROM run") == [("interrupted", 143, 1)]
    assert world.says("SELECT published FROM capture") == [(0,)]
    assert world.scrape().exit_code == 0
    assert (world.asked, world.runs[-1]) == ([], (0, 0, 0, 0, 0, 0))
    assert world.says("SELECT published FROM capture") == [(1,)]
    report = world.scrape()
    assert (report.exit_code, report.resting, report.next_due_at, world.asked) == (0, 1, "2026-01-08T00:00:01Z", [])


@pytest.mark.parametrize("where", ["fetch", "take"])
def test_a_page_at_which_a_run_ends_is_neither_counted_nor_half_loaded(world: World, where: str):
    other = at(A, OVERVIEW)
    world.pages = {at(A): SEED_BODY, other: OVERVIEW_BODY}
    with world.patch.context() as patch:
        owner = intake.Intake if where == "take" else Fetcher
        real, calls = getattr(owner, where), []

        def ending(self: Any, *given: Any) -> Any:
            done = real(self, *given)
            calls.append(given)
            return stop() if len(calls) == 2 else done

        patch.setattr(owner, where, ending)
        with pytest.raises(Terminated):
            world.scrape(at(A), other)
    assert world.runs == [(143, 1, 1, 0, 0, 0)]
    assert world.queue == {at(A): "done", other: "queued"}
    assert world.says("SELECT url FROM capture") == [(at(A),)]
    assert world.scrape().exit_code == 0
    assert world.asked == ([] if where == "take" else [other]), "what was archived is not fetched again"
    assert world.runs[-1] == (0, 1, 1, 0, 0, 0)
    assert set(world.queue.values()) == {"done"}
    assert world.says("SELECT count(*) FROM capture WHERE published") == [(2,)]
    assert imports.sound(world.db)


# --- the real command -------------------------------------------------------------------------------------------------


def test_the_command_over_real_http(tmp_path: Path):
    command = Command(tmp_path)
    head = {"content_type": "text/html; charset=ISO-8859-1", "set_cookie": "id=secret", "server": "caf\xe9"}
    paths = [urlsplit(page.url).path for page in (SEED, OVERVIEW)]
    pages = {
        "/robots.txt": text(b"User-agent: *\nDisallow: /private\n"),
        paths[0]: zipped(SEED_BODY, **head),
        "/moved": redirect(paths[1]),
        paths[1]: answer(OVERVIEW_BODY),
        "/about": answer(b"<!doctype html><p>About us"),
    }
    with serving(pages) as web:
        urls = [web.root + path for path in (paths[0], "/moved", "/about", "/gone", "/private/x")]
        (told,) = command.json("scrape", *urls, "--allow-host", web.host, "--delay", "0", exit_code=3)
        assert web.paths == ["/robots.txt", paths[0], "/moved", paths[1], "/about", "/gone"]
        agents = {exchange.header("user-agent").partition("/")[0] for exchange in web.asked}
        assert agents == {"careerscape"}
    assert [told[name] for name in COUNTS.split(", ")] == [5, 2, 0, 1, 2]
    assert [page["file"] for page in told["files"]] == urls
    lost = [found["message"] for found in told["findings"] if found["url"] is None]
    assert [message.split(": ", 1)[1].partition(":")[0] for message in lost] == ["not_found", "robots_denied"]
    db = tmp_path / "careerscape.db"
    assert rows(db, "SELECT url FROM capture ORDER BY url") == [(urls[2],), (urls[0],), (web.root + paths[1],)]
    (chain,) = [found for found in command.json("explain", SEED.left, "salary.annual_mean_usd") if found["value"] == 44_937]
    assert urls[0] in json.dumps(chain)
    (place,) = rows(db, "SELECT warc_file, warc_offset, warc_length FROM capture WHERE url = ?", urls[0])
    data = (tmp_path / "archive" / place[0]).read_bytes()[place[1] : place[1] + place[2]]
    record = gzip.decompress(data)
    assert record.count(b"WARC-Type: response") == 1
    _, http, body = record.split(b"\r\n\r\n", 2)
    assert body.startswith(SEED_BODY)
    status, *lines = http.lower().split(b"\r\n")
    assert status.startswith(b"http/1.1 200")
    kept = {b"content-type: text/html; charset=iso-8859-1", b"x-archive-orig-content-encoding: gzip", b"server: caf\xe9"}
    assert kept < set(lines)
    assert b"secret" not in record


@pytest.mark.slow
def test_a_site_by_its_sitemap_and_what_is_due_of_it_a_second_time(tmp_path: Path):
    def page(body: bytes) -> Callable[[Exchange], None]:
        tag = f'"{len(body)}"'

        def send(exchange: Exchange) -> None:
            known = exchange.header("if-none-match") == tag
            exchange.send(answer(b"", "304 Not Modified", etag=tag, content_length="") if known else answer(body, etag=tag))

        return send

    command = Command(tmp_path)
    paths = [urlsplit(page.url).path for page in (SEED, OVERVIEW)]
    with serving({paths[0]: page(SEED_BODY), paths[1]: page(OVERVIEW_BODY)}) as web:
        locations = "".join(f"<url><loc>{web.root}{path}</loc></url>" for path in paths)
        web.pages["/sitemap.xml"] = answer(f"<urlset>{locations}</urlset>".encode(), content_type="application/xml")
        arguments = ("scrape", "--sitemap", f"{web.root}/sitemap.xml", "--allow-host", "127.0.0.1", "--delay", "0")
        soon = {"CAREERSCAPE_REVISIT_MIN_DAYS": "0.000001", "CAREERSCAPE_REVISIT_MAX_DAYS": "0.000001"}
        assert "2 loaded" in command(*arguments, **soon).stdout
        facts = rows(tmp_path / "careerscape.db", "SELECT * FROM occupation_latest")
        time.sleep(1.1)  # until the pages are due
        assert "2 unchanged" in command(*arguments).stdout
        assert web.paths == ["/robots.txt", "/sitemap.xml", *paths, "/sitemap.xml", *paths]
        conditions = [bool(exchange.header("if-none-match")) for exchange in web.asked]
        assert conditions == [False] * 5 + [True, True]
        (told,) = command.json(*arguments)
        assert (told["pages"], told["not_due"], web.paths[-1]) == (0, 2, "/sitemap.xml")
    known = rows(tmp_path / "careerscape.db", "SELECT slug, salary_annual_mean_usd FROM occupation_latest ORDER BY slug")
    assert len(known) == len(facts) == 4
    said = command("status").stdout
    assert "4 occupations on 2 pages: 2 fresh" in said
    assert rows(tmp_path / "careerscape.db", "SELECT status, count(*) FROM capture GROUP BY 1 ORDER BY 1") == [(200, 2), (304, 2)]


@pytest.mark.slow
@pytest.mark.parametrize(("by", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_command_that_is_stopped_leaves_a_clean_state_and_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: signal.Signals, code: int
):
    asked, over = threading.Event(), threading.Event()

    def hold(exchange: Exchange) -> None:
        asked.set()
        over.wait(30)

    def again() -> intake.Report:
        wish = scrape.Wish((), ("127.0.0.1",), 0)
        return scrape.pages(imports.settings(tmp_path), wish, Clock())

    monkeypatch.setattr(run, "Sandbox", ReadHere)
    first, second = (urlsplit(page.url).path for page in (SEED, OVERVIEW))
    db = tmp_path / "careerscape.db"
    with serving({first: answer(SEED_BODY), second: [hold, answer(OVERVIEW_BODY)]}) as web:
        urls = (web.root + first, web.root + second)
        arguments = imports.command(tmp_path, "scrape", *urls, "--allow-host", "127.0.0.1", "--delay", "0")
        with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
            assert asked.wait(30)
            with pytest.raises(Busy):
                again()
            running.send_signal(by)
            said = running.communicate(timeout=30)[1].decode()
        over.set()
        assert (running.returncode, "Traceback" in said) == (code, False), said
        assert rows(db, "SELECT count(*), sum(published) FROM capture") == [(1, 0)]
        assert rows(db, "SELECT count(*) FROM observation") == [(0,)]
        if by != signal.SIGKILL:
            assert rows(db, f"SELECT outcome, exit_code, {COUNTS} FROM run") == [("interrupted", code, 1, 1, 0, 0, 0)]
            assert rows(db, "SELECT state FROM visit ORDER BY id") == [("done",), ("queued",)]
        assert (again().exit_code, web.paths[-1]) == (0, second)
    assert rows(db, "SELECT url, published FROM capture ORDER BY url") == [(web.root + first, 1), (web.root + second, 1)]
    assert rows(db, "SELECT outcome FROM run") == [("interrupted",), ("done",)]
    assert imports.sound(db)
