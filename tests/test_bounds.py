"""What bounds a run: its pages, its time, and a signal; what is left, what was asked, and how it ends."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from scraper.process import Terminated
from scraper.watch import Unstoppable
from tests import imports
from tests.figures import OVERVIEW, SEED, as_html
from tests.imports import rows
from tests.web import Answer, Exchange, Web, answer, serving, text
from tests.world import COUNTS, SEED_BODY, A, B, World, analyst, at, failing_after, many

OVERVIEW_BODY = as_html(OVERVIEW)


# --- pages ------------------------------------------------------------------------------------------------------------


def test_no_more_pages_are_fetched_than_a_run_may(world: World):
    world.pages = many(A, 5)
    urls = [*world.pages]
    report = world.scrape(*urls, most_pages=2)
    assert (report.exit_code, report.left, report.stopped, world.asked) == (0, 3, "pages", urls[:2])
    assert world.covered == {"fresh": 2, "queued": 3}
    report = world.scrape(most_pages=3)
    assert (report.exit_code, report.left, report.stopped, world.asked) == (0, 0, "", urls[2:])
    assert world.runs == [(0, 2, 2, 0, 0, 0), (0, 3, 3, 0, 0, 0)]


def test_pages_that_fail_count_once_however_often_they_are_tried(world: World):
    urls = [at(A, analyst(n)) for n in range(5)]
    world.pages = dict.fromkeys(urls, (500, {}))
    report = world.scrape(*urls, most_pages=2, delay_s=0)
    assert sorted(world.asked) == sorted([*urls[:2]] * 3), "no third page while those wait to be tried again"
    assert (report.exit_code, report.left, report.stopped) == (69, 5, "pages")
    assert world.says("SELECT count(*) FROM visit WHERE attempted_at IS NULL") == [(3,)]


def test_links_that_are_found_do_not_add_to_the_pages_of_a_run(world: World):
    first, *others = [at(A, analyst(n)) for n in range(4)]
    links = "".join(f'<a href="{url}">x</a>' for url in others).encode()
    world.pages = many(A, 4) | {first: as_html(analyst(0)).replace(b"</body>", links + b"</body>") + links}
    report = world.scrape(first, follow=1, most_pages=2)
    assert (len(world.asked), report.left, report.stopped) == (2, 2, "pages")


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [0.0, 2.5, 4.0])
def test_nothing_is_begun_after_the_time_of_a_run(world: World, limit: float):
    world.pages = many(A, 9)
    report = world.scrape(*world.pages, time_limit_s=limit)
    done = {0.0: 0, 2.5: 2, 4.0: 4}[limit]
    assert (report.exit_code, len(world.asked), report.left, report.stopped) == (0, done, 9 - done, "time")
    assert world.time.seconds <= limit
    assert world.scrape().exit_code == 0
    assert set(world.queue.values()) == {"done"}


def test_a_page_in_flight_has_five_seconds_more_and_is_then_given_up_and_counts_for_nothing(world: World):
    world.pages = {at(A): SEED_BODY, at(A, OVERVIEW): failing_after(world.time, 7)}
    report = world.scrape(at(A), at(A, OVERVIEW), time_limit_s=4)
    assert (report.exit_code, report.left, report.stopped) == (0, 1, "time")
    assert world.runs == [(0, 1, 1, 0, 0, 0)]
    assert world.queue == {at(A): "done", at(A, OVERVIEW): "queued"}
    assert world.says("SELECT attempts, failures, outcome FROM visit WHERE url = ?", at(A, OVERVIEW)) == [(0, 0, None)]
    assert world.says("SELECT outcome, elapsed_ms FROM request WHERE url = ?", at(A, OVERVIEW)) == [("timeout", 7000)]
    assert [hop.url for hop in world.hops] == [f"{A}/robots.txt", at(A), at(A, OVERVIEW)]
    world.pages[at(A, OVERVIEW)] = OVERVIEW_BODY
    assert world.scrape().exit_code == 0
    assert world.asked == [at(A, OVERVIEW)]


def test_a_page_that_comes_in_the_five_seconds_counts(world: World):
    world.takes_s = 3
    world.pages = many(A, 3)
    report = world.scrape(*world.pages, time_limit_s=10, delay_s=0)
    assert (report.exit_code, report.counts.loaded, report.stopped) == (0, 1, "time"), "robots.txt 3 s, pause 3 s, page 3 s"


def test_a_page_that_is_slow_for_its_own_part_has_failed(world: World):
    world.pages = {at(A): failing_after(world.time, 2)}
    report = world.scrape(at(A), time_limit_s=1000)
    assert (report.exit_code, report.left, report.stopped, len(world.asked)) == (69, 1, "", 3)


def test_a_wait_that_would_outlast_the_run_ends_it(world: World):
    world.pages = {at(A): (429, {"retry-after": "50"}), at(B): SEED_BODY}
    report = world.scrape(at(A), at(B), time_limit_s=20)
    assert (report.exit_code, report.left, report.stopped) == (0, 1, "time")
    assert (world.asked, world.time.seconds < 20) == ([at(A), at(B)], True)
    assert world.says("SELECT held_until FROM host WHERE name = 'a.example'") == [("2026-01-01T00:00:52Z",)]


def test_a_redirect_is_not_followed_after_the_time_of_a_run(world: World):
    world.pages = {at(A): (302, {"location": f"{at(A)}/x"}), f"{at(A)}/x": SEED_BODY}
    report = world.scrape(at(A), time_limit_s=1.5)
    assert (report.exit_code, report.left, world.asked) == (0, 1, [at(A)])
    assert world.says("SELECT url, outcome FROM request")[1:] == [(at(A), "redirected")]


def test_a_sitemap_for_which_there_is_no_time_is_no_fault_of_the_site(world: World):
    world.pages = {f"{A}/sitemap.xml": failing_after(world.time, 7)}
    report = world.scrape(sitemaps=(f"{A}/sitemap.xml",), time_limit_s=1.5)
    assert (report.exit_code, report.stopped, world.codes) == (0, "time", [])


# --- a wish to stop ---------------------------------------------------------------------------------------------------


class StopAfter(Unstoppable):
    """A signal that is due when something that must not be left half done has ended, for the n-th time."""

    def __init__(self, count: int) -> None:
        self.left = count

    @contextmanager
    def shielded(self) -> Iterator[None]:
        yield
        self.left -= 1
        if not self.left:
            raise Terminated


@pytest.mark.parametrize("found", [SEED_BODY, (404, {})])
def test_a_page_that_was_settled_when_the_run_was_stopped_stays_settled(world: World, found: object):
    world.pages = {at(A): found, at(A, OVERVIEW): OVERVIEW_BODY}
    world.stop = StopAfter(1)
    with pytest.raises(Terminated):
        world.scrape(at(A), at(A, OVERVIEW))
    assert world.queue == {at(A): "done", at(A, OVERVIEW): "queued"}
    world.stop = None
    assert world.scrape().exit_code == 0
    assert world.asked == [at(A, OVERVIEW)], "nothing twice"


def test_a_host_gets_its_pause_after_a_page_that_was_broken_off(world: World):
    def broken_off(request: httpx.Request) -> object:
        world.time.seconds += 7.5
        raise Terminated

    world.pages = {at(A): [broken_off, SEED_BODY]}
    with pytest.raises(Terminated):
        world.scrape(at(A), delay_s=5)
    stopped = world.time.seconds
    assert world.scrape(delay_s=5).exit_code == 0
    assert 5 <= world.net.asked[0][1] - stopped <= 6


# --- signals, to the real command -------------------------------------------------------------------------------------


@contextmanager
def scraping(root: Path, pages: dict[str, Answer | list[Answer]], *urls: str) -> Iterator[tuple[Web, subprocess.Popen[bytes]]]:
    with serving(pages) as web:
        arguments = imports.command(root, "scrape", *(web.root + url for url in urls), "--allow-host", "127.0.0.1")
        with subprocess.Popen([*arguments, "--delay", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
            try:
                yield web, running
            finally:
                running.kill()


def ended(running: subprocess.Popen[bytes], by: signal.Signals) -> tuple[int, float, str]:
    """Exit code, how long it took to end, and what was said."""
    begun = time.monotonic()
    running.send_signal(by)
    said = running.communicate(timeout=30)[1].decode()
    return running.returncode, time.monotonic() - begun, said


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.parametrize(("by", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_during_a_pause_ends_the_run_at_once(tmp_path: Path, by: signal.Signals, code: int):
    pages: dict[str, Answer | list[Answer]] = {"/robots.txt": text(b"User-agent: *\nCrawl-delay: 60")}
    with scraping(tmp_path, pages, urlsplit(SEED.url).path) as (web, running):
        while not (web.asked and web.asked[0].answered):
            time.sleep(0.01)
        time.sleep(0.3)
        found = ended(running, by)
    assert (found[0], "Traceback" in found[2]) == (code, False), found[2]
    assert found[1] < 1.5
    db = tmp_path / "careerscape.db"
    assert rows(db, f"SELECT outcome, exit_code, {COUNTS} FROM run") == [("interrupted", code, 0, 0, 0, 0, 0)]
    assert rows(db, "SELECT state, attempts, outcome FROM visit") == [("queued", 0, None)]
    assert imports.sound(db)


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.parametrize(("takes_s", "loaded"), [(2, 1), (60, 0)])
def test_a_page_in_flight_has_five_seconds_after_a_signal(tmp_path: Path, takes_s: float, loaded: int):
    asked, over = threading.Event(), threading.Event()

    def slow(exchange: Exchange) -> None:
        asked.set()
        over.wait(takes_s)
        exchange.send(answer(SEED_BODY))

    path, more = urlsplit(SEED.url).path, urlsplit(OVERVIEW.url).path
    with scraping(tmp_path, {path: slow, more: answer(OVERVIEW_BODY)}, path, more) as (web, running):
        assert asked.wait(30)
        code, took, said = ended(running, signal.SIGTERM)
        over.set()
        assert web.paths[1:] == [path]
    assert (code, "Traceback" in said) == (143, False), said
    assert (1.5 if loaded else 4.9) < took < (4 if loaded else 7)
    db = tmp_path / "careerscape.db"
    assert rows(db, f"SELECT outcome, exit_code, {COUNTS} FROM run") == [("interrupted", 143, loaded, loaded, 0, 0, 0)]
    assert rows(db, "SELECT state FROM visit ORDER BY id") == [("done" if loaded else "queued",), ("queued",)]
    assert imports.sound(db)
    assert not [name for name in os.listdir(tmp_path) if name.endswith("-journal")]
