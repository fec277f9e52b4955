"""Backfills: what a plan says, what becomes of captures, what is asked of an archive, and how a run goes on."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from db import backfill as table
from normalize.errors import ConfigError, UsageError
from scraper.backfill.plan import lines
from scraper.intake import Intake
from scraper.process import Terminated
from scraper.settings import Endpoints
from scraper.watch import Unstoppable
from tests import imports
from tests.archive_web import ROOT, Archive, asked_in, memento, opened, prepared, replay, row, with_age
from tests.figures import OVERVIEW, SEED
from tests.test_backfill_formats import LINE, member

T1, T2, T3, T4 = "20210304050607", "20220304050607", "20230304050607", "20240304050607"
A46, A47 = with_age(46), with_age(47)


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_here: None) -> Archive:
    prepared(monkeypatch)
    return Archive(tmp_path, monkeypatch)


def stamped(time: str) -> str:
    return f"{time[:4]}-{time[4:6]}-{time[6:8]}T{time[8:10]}:{time[10:12]}:{time[12:]}Z"


def holding(archive: Archive, **bodies: bytes) -> None:
    """An archive with captures by time (`t20210304050607`), in one part of its index."""
    found = {time.removeprefix("t"): body for time, body in bodies.items()}
    archive.index = [[row(time, body) for time, body in found.items()]]
    archive.pages |= {replay(time): memento(body, time) for time, body in found.items()}


# --- plan and captures ------------------------------------------------------------------------------------------------


def test_the_past_comes_in_with_its_own_times(archive: Archive):
    holding(archive, **{f"t{T1}": A46, f"t{T2}": A47})
    archive.index[0].append([T1, "https://www.zippia.com/about", "text/html", "200", "-"])
    done = archive.backfill()
    (made,) = archive.plans
    assert (made.found, made.known, made.to_fetch, made.requests, made.seconds, made.outside, made.complete) == (
        2,
        0,
        2,
        2,
        2,
        1,
        True,
    )
    assert "to fetch: 2 captures with 2 requests, no less than 2 s" in "\n".join(lines(made))
    assert archive.asked == ["", replay(T1), replay(T2)]
    assert (done.report.exit_code, done.left, done.stopped) == (0, 0, "")
    assert archive.runs == [("backfill", "done", 0, 2, 2, 0, 0, 0)]
    assert archive.captures == [(stamped(time), "wayback", 200, "complete", 1) for time in (T1, T2)]
    assert archive.ages == [(stamped(T1), 46), (stamped(T2), 47)]
    assert archive.says("SELECT DISTINCT fetched_at > '2026' FROM capture") == [(1,)]
    assert archive.codes == []
    assert imports.sound(archive.db)


def test_a_second_run_fetches_nothing_that_is_there(archive: Archive):
    holding(archive, **{f"t{T1}": A46})
    archive.backfill()
    assert archive.backfill().report.exit_code == 0
    assert archive.asked == [], "nor the index, that was read today"
    assert (archive.plans[1].known, archive.plans[1].to_fetch) == (1, 0)
    archive.time.seconds += 2 * 86_400
    holding(archive, **{f"t{T1}": A46, f"t{T2}": A47})
    archive.backfill()
    assert archive.asked == ["", replay(T2)]
    assert [run[3:5] for run in archive.runs] == [(1, 1), (0, 0), (1, 1)]


def test_what_came_in_another_way_is_there(archive: Archive):
    page = imports.saved(SEED, stamped(T1))
    imports.import_pages(archive.root, page)
    holding(archive, **{f"t{T1}": A46})
    archive.backfill()
    assert (archive.asked, archive.states) == ([""], ["had"])


def test_what_is_forgotten_is_not_known(archive: Archive):
    holding(archive, **{f"t{T1}": A46})
    archive.index[0].append(row(T1, A47, OVERVIEW))
    archive.backfill(only_plan=True)
    with closing(opened(archive.db)) as db, db.atomic():
        table.forget(db, SEED.url)
    assert archive.says("SELECT url FROM backfill_capture") == [(OVERVIEW.url,)]
    assert archive.says("SELECT count(*) FROM backfill_named") == [(1,)]


def test_a_dry_run_ends_with_the_plan(archive: Archive):
    holding(archive, **{f"t{T1}": A46, f"t{T2}": A47})
    done = archive.backfill(only_plan=True)
    assert (archive.asked, done.left, done.report.exit_code) == ([""], 2, 0)
    assert archive.runs == [("backfill", "done", 0, 0, 0, 0, 0, 0)]
    assert archive.backfill().report.exit_code == 0
    assert archive.asked == [replay(T1), replay(T2)]


def test_no_more_captures_than_wanted(archive: Archive):
    holding(archive, **{f"t{T1}": A46, f"t{T2}": A47})
    assert archive.backfill(most=1).left == 1
    assert (archive.plans[0].to_fetch, archive.plans[0].later, archive.asked) == (1, 1, ["", replay(T1)])
    assert archive.backfill(most=1).left == 0
    assert archive.asked == [replay(T2)]


def test_a_body_is_fetched_once(archive: Archive):
    holding(archive, **{f"t{T1}": A46})
    archive.index[0] += [row(T2, A46, mime="warc/revisit", status="-"), row(T3, A46), row(T4, A47)]
    archive.pages |= {replay(T4): memento(A47, T4)}
    assert archive.backfill().report.exit_code == 0
    assert (archive.plans[0].to_fetch, archive.plans[0].requests) == (4, 2)
    assert archive.asked == ["", replay(T1), replay(T4)]
    assert archive.captures == [
        (stamped(time), "wayback", status, "complete", 1) for time, status in ((T1, 200), (T2, None), (T3, 200), (T4, 200))
    ]
    assert archive.runs == [("backfill", "done", 0, 4, 2, 2, 0, 0)]
    assert [age for _, age in archive.ages] == [46, 46, 46, 47]


def test_a_private_body_is_not_taken_for_another_capture(archive: Archive):
    archive.index = [[row(T1, A46), row(T2, A46)]]
    archive.pages = {replay(time): memento(A46, time, x_archive_orig_x_robots_tag="noarchive") for time in (T1, T2)}
    archive.backfill()
    assert archive.asked == ["", replay(T1), replay(T2)]
    assert archive.says("SELECT noarchive FROM capture") == [(1,), (1,)]


def test_a_redirect_to_the_nearest_capture(archive: Archive):
    archive.index = [[row(T1, A46)]]
    archive.pages = {
        replay(T1): (302, {"location": replay(T2).removeprefix(ROOT)}), replay(T2): memento(A47, T2),
    }  # fmt: skip
    assert archive.backfill().report.exit_code == 0
    assert archive.ages == [(stamped(T2), 47)]
    assert archive.says("SELECT url FROM capture") == [(SEED.url,)]
    assert archive.codes == ["digest_unchecked"]


OTHER = replay(T1, OVERVIEW)
ODD: dict[str, tuple[Any, str, str, int]] = {
    "not archived": ((404, {}, b"Not in archive"), "no_memento", "queued", 3),
    "a page of the archive itself": ((200, {"content-type": "text/html"}, A46), "no_memento", "queued", 3),
    "an archived 404": (memento(b"gone", T1, 404), "archived_otherwise", "passed_over", 0),
    "an archived 500": (memento(b"oops", T1, 500), "archived_otherwise", "passed_over", 0),
    "an archived redirect": (memento(b"", T1, 302, location=OTHER), "archived_otherwise", "passed_over", 0),
    "excluded": (
        (403, {"x-archive-wayback-runtime-error": "AdministrativeAccessControlException: x"}),
        "archive_blocked",
        "blocked",
        69,
    ),
    "excluded by robots": ((404, {}, b"... RobotAccessControlException ..."), "archive_blocked", "blocked", 69),
    "other bytes": (memento(A47, T1), "digest_differs", "failed", 3),
    "too large": (memento(A46, T1, content_length=str(99 << 20)), "archived_otherwise", "passed_over", 0),
    "trouble": ((502, {}), "fetch_failed", "queued", 69),
    "elsewhere": ((302, {"location": "https://www.zippia.com/"}), "fetch_failed", "queued", 3),
}


@pytest.mark.parametrize(("answer", "code", "state", "exit_code"), ODD.values(), ids=ODD)
def test_what_becomes_no_capture(archive: Archive, answer: Any, code: str, state: str, exit_code: int):
    archive.index = [[row(T1, A46)]]
    archive.pages = {replay(T1): answer, OTHER: memento(A46, T1)}
    done = archive.backfill()
    assert (archive.codes, archive.states) == ([code], [state])
    assert (archive.captures, done.report.exit_code) == ([], exit_code)


def test_what_fails_again_and_again_is_left_alone(archive: Archive):
    archive.index = [[row(T1, A46)]]
    archive.pages = {replay(T1): (404, {})}
    for _ in range(4):
        archive.backfill()
    assert archive.states == ["failed"]
    assert (archive.asked, archive.plans[-1].parked, archive.runs[-1][2]) == ([], 1, 0)


# --- manners ----------------------------------------------------------------------------------------------------------


def test_the_pauses_that_archives_ask_for(archive: Archive):
    archive.index = [[row(T1, A46)], [row(T2, A47)], []]
    archive.pages = {replay(T1): memento(A46, T1), replay(T2): memento(A47, T2)}
    archive.backfill()
    assert archive.asked == ["", "key-1", "key-2", replay(T1), replay(T2)]
    assert archive.net.urls[0] == f"{ROOT}/robots.txt"
    assert archive.net.gaps == [2.5, 2.5, 2.5, 1.0, 1.0]
    assert set(asked_in(archive.net.requests, "user-agent")) == {archive.net.requests[0].headers["user-agent"]}
    assert "me@b.example" in archive.net.requests[0].headers["user-agent"]
    assert archive.says("SELECT count(*), min(delay_reason) FROM request WHERE delay_s > 0") == [(6, "backfill")]


def slow(seconds: str = "") -> tuple[int, dict[str, str], bytes]:
    return 429, {"retry-after": seconds} if seconds else {}, b"<html>slow down"


@pytest.mark.parametrize(("retry_after", "pause"), [("", 60), ("5", 60), ("60", 60)])
def test_a_first_request_to_slow_down_is_obeyed(archive: Archive, retry_after: str, pause: float):
    holding(archive, **{f"t{T1}": A46})
    archive.pages[replay(T1)] = [slow(retry_after), memento(A46, T1)]
    assert archive.backfill().report.exit_code == 0
    assert archive.asked == ["", replay(T1), replay(T1)]
    assert archive.net.gaps[-1] >= pause
    assert archive.runs == [("backfill", "done", 0, 1, 1, 0, 0, 0)]


def test_the_third_ends_the_run(archive: Archive):
    holding(archive, **{f"t{T1}": A46, f"t{T2}": A47, f"t{T3}": A46})
    archive.pages[replay(T1)] = [slow(), memento(A46, T1)]
    archive.pages[replay(T2)] = slow()
    done = archive.backfill()
    assert archive.asked == ["", *[replay(T1)] * 2, *[replay(T2)] * 2]
    assert (done.report.exit_code, done.stopped, done.left) == (75, "rate_limited", 2)
    assert archive.states == ["had", "queued", "queued"]
    assert archive.captures[0][-1] == 1, "what came is published"
    archive.pages[replay(T2)] = memento(A47, T2)
    done = archive.backfill()
    assert archive.asked == [replay(T2)], "the third has a body that is here"
    assert (done.report.exit_code, archive.net.asked[0][1] - archive.time.start.timestamp() < 0) == (0, True)
    assert archive.states == ["had"] * 3


def test_who_asks_for_a_long_peace_gets_it(archive: Archive):
    holding(archive, **{f"t{T1}": A46})
    archive.pages[replay(T1)] = slow("3600")
    assert archive.backfill().report.exit_code == 75
    assert archive.asked == ["", replay(T1)]
    assert archive.backfill().report.exit_code == 75
    assert archive.net.urls == [], "another run does not ask before the time"
    archive.time.seconds += 3700
    archive.pages[replay(T1)] = memento(A46, T1)
    assert archive.backfill().report.exit_code == 0


def test_an_index_that_asks_for_peace(archive: Archive):
    archive.index = [[row(T1, A46)], slow()]
    done = archive.backfill()
    assert (done.report.exit_code, done.plan.complete, archive.captures, archive.codes) == (75, False, [], [])
    assert archive.asked == ["", "key-1", "key-1", "key-1"]


@pytest.mark.parametrize(
    ("answer", "count"),
    [((403, {}), 3), ((500, {}), 6), (lambda request: httpx.ConnectError("refused", request=request), 6)],
)
def test_an_archive_that_does_not_want_us_is_left_alone(archive: Archive, answer: Any, count: int):
    holding(archive, **{f"t{T1}": A46, f"t{T2}": A47, f"t{T3}": with_age(48), f"t{T4}": with_age(49)})
    archive.pages = dict.fromkeys(archive.pages, answer)
    assert archive.backfill().report.exit_code == 69
    assert len(archive.asked) == 1 + count
    assert "circuit_open" in archive.codes


def test_robots_txt_is_obeyed(archive: Archive):
    archive.pages = {f"{ROOT}/robots.txt": (200, {"content-type": "text/plain"}, b"User-agent: *\nDisallow: /cdx/\n")}
    done = archive.backfill()
    assert (archive.asked, done.report.exit_code, archive.codes) == ([], 69, ["index_failed", "circuit_open"])
    assert archive.runs == [("backfill", "failed", 69, 0, 0, 0, 0, 0)]


def test_who_asks_has_to_be_known(archive: Archive):
    archive.contact = ""
    with pytest.raises(ConfigError, match=r"web\.archive\.org"):
        archive.backfill()
    assert not archive.db.exists()


def test_a_mirror_has_to_be_permitted(archive: Archive):
    from scraper.backfill import work
    from scraper.backfill.pattern import pattern
    from scraper.backfill.plan import Order

    settings = replace(imports.settings(archive.root), backfill=Endpoints("http://127.0.0.1:9"), contact="me@b.example")
    with pytest.raises(UsageError, match="allow-host"):
        work.backfilled(settings, Order("wayback", pattern("a.example/*")), archive.time.clock, archive.plans.append)


# --- the index --------------------------------------------------------------------------------------------------------


def test_rows_that_come_twice_across_parts_count_once(archive: Archive):
    archive.index = [[row(T1, A46)], [row(T1, A46), row(T2, A47)]]
    archive.pages = {replay(T1): memento(A46, T1), replay(T2): memento(A47, T2)}
    archive.backfill()
    assert (archive.plans[0].found, archive.asked) == (2, ["", "key-1", replay(T1), replay(T2)])


def test_an_index_goes_on_where_a_run_died(archive: Archive):
    archive.index = [[row(T1, A46)], (500, {}), []]
    assert archive.backfill(only_plan=True).report.exit_code == 69
    assert (archive.asked, archive.plans[-1].complete) == (["", *["key-1"] * 3], False)
    assert archive.codes == ["index_failed"]
    archive.index[1] = [row(T2, A47)]
    archive.pages = {replay(T1): memento(A46, T1), replay(T2): memento(A47, T2)}
    assert archive.backfill().report.exit_code == 0
    assert archive.asked == ["key-1", "key-2", replay(T1), replay(T2)]


def test_a_key_that_is_known_no_more(archive: Archive):
    archive.index = [[row(T1, A46)], (500, {})]
    archive.backfill(only_plan=True)
    with imports_open(archive) as change:
        change("UPDATE backfill_index SET position = 'old'")
    archive.index = [[row(T1, A46)]]
    archive.pages = {replay(T1): memento(A46, T1)}
    assert archive.backfill().report.exit_code == 0
    assert archive.asked == ["old", "", replay(T1)]


class imports_open:  # noqa: N801 - reads as a function
    """Statements on a database of its own connection."""

    def __init__(self, archive: Archive) -> None:
        self.path = archive.db

    def __enter__(self) -> Callable[[str], None]:
        import sqlite3

        self.conn = sqlite3.connect(self.path)
        return lambda statement: self.conn.execute(statement) and None

    def __exit__(self, *error: object) -> None:
        self.conn.commit()
        self.conn.close()


@pytest.mark.parametrize(
    "answer",
    [(200, {}, b"<html>we are sorry"), (403, {}, b"AdministrativeAccessControlException: Blocked"),
     (200, {}, b"org.archive.RobotAccessControlException: x"), (404, {}), (400, {}, b"bad")],
)  # fmt: skip
def test_an_index_that_says_nothing_of_use(archive: Archive, answer: Any):
    archive.index = [answer]
    done = archive.backfill()
    assert archive.codes == ["index_failed"]
    assert done.report.exit_code == (69 if b"AccessControl" in answer[-1] else 3)
    assert not done.plan.complete


def test_a_key_that_leads_nowhere_ends_the_index(archive: Archive):
    body = json.dumps([["timestamp", "original", "mimetype", "statuscode", "digest"], row(T1, A46), [], ["key-1"]]).encode()
    archive.index = [[row(T1, A46)], (200, {}, body)]
    archive.pages = {replay(T1): memento(A46, T1)}
    done = archive.backfill()
    assert archive.asked == ["", "key-1", replay(T1)]
    assert (done.report.exit_code, archive.codes) == (3, ["index_failed"])


def test_no_captures(archive: Archive):
    assert archive.backfill().report.exit_code == 0
    assert archive.plans[0].found == 0


def test_rows_that_are_none_are_told(archive: Archive):
    archive.index = [[["x"], [T1, "mailto:x", "text/html", "200", "-"]]]
    assert archive.backfill().report.exit_code == 0
    assert archive.codes == ["index_rows"]


# --- interrupted ------------------------------------------------------------------------------------------------------


class Ending(Unstoppable):
    """Asks the run to end at its n-th safe place."""

    def __init__(self, count: int) -> None:
        self.count = count

    def check(self) -> None:
        self.count -= 1
        if not self.count:
            raise Terminated


@pytest.mark.parametrize("count", range(1, 7))
def test_an_interrupted_run_is_resumed(archive: Archive, count: int):
    archive.index = [[row(T1, A46)], [row(T2, A47)]]
    archive.pages = {replay(T1): memento(A46, T1), replay(T2): memento(A47, T2)}
    archive.stop = Ending(count)
    with pytest.raises(Terminated):
        archive.backfill()
    before, archive.stop = archive.asked, None
    assert archive.runs[0][1:3] == ("interrupted", 143)
    assert archive.backfill().report.exit_code == 0
    assert before + archive.asked == ["", "key-1", replay(T1), replay(T2)], "nothing is asked for twice"
    assert [capture[-1] for capture in archive.captures] == [1, 1]


def test_what_was_archived_and_not_written_down_is_not_fetched_again(archive: Archive, monkeypatch: pytest.MonkeyPatch):
    holding(archive, **{f"t{T1}": A46})
    settle = table.settle

    def dying(*given: Any) -> None:
        archive_of_run.sync()
        raise KeyboardInterrupt

    take = Intake.take

    def noted(self: Intake, *given: Any) -> Any:
        nonlocal archive_of_run
        archive_of_run = self.archive
        return take(self, *given)

    archive_of_run: Any = None
    monkeypatch.setattr(Intake, "take", noted)
    monkeypatch.setattr(table, "settle", dying)
    with pytest.raises(KeyboardInterrupt):
        archive.backfill()
    assert archive.says("SELECT count(*) FROM capture") == [(0,)]
    monkeypatch.setattr(table, "settle", settle)
    assert archive.backfill().report.exit_code == 0
    assert archive.asked == []
    assert (archive.states, len(archive.captures)) == (["had"], 1)


# --- Common Crawl -----------------------------------------------------------------------------------------------------

INDEX, DATA = "https://index.commoncrawl.org", "https://data.commoncrawl.org"
CRAWL = f"{INDEX}/CC-MAIN-2026-21-index"
ASKED = "?url=www.zippia.com%2F%2A&output=json&filter=%3Dstatus%3A200"
PAGES, PAGE0, PAGE1 = (f"{CRAWL}{ASKED}&{more}" for more in ("showNumPages=true", "page=0", "page=1"))
NONE = (404, {"content-type": "application/json"}, b'{"message": "No Captures found for: www.zippia.com/*"}')
FILE = f"{DATA}/{LINE['filename']}"


def crawls(archive: Archive, *names: str) -> None:
    listed = [{"id": name, "cdx-api": f"{INDEX}/{name}-index"} for name in names or ("CC-MAIN-2026-21",)]
    archive.pages[f"{INDEX}/collinfo.json"] = (200, {}, json.dumps(listed).encode())


def span(offset: int, data: bytes, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return 206, {"content-range": f"bytes {offset}-{offset + len(data) - 1}/99999999999"} | headers, data


def crawled(offset: int, data: bytes, **more: str) -> bytes:
    return json.dumps(LINE | {"offset": str(offset), "length": str(len(data))} | more).encode() + b"\n"


def test_records_of_a_crawl(archive: Archive):
    crawls(archive)
    first = member()
    archive.pages |= {
        PAGES: (200, {}, b'{"pages": 2, "pageSize": 5, "blocks": 7}'), PAGE0: (200, {}, crawled(100, first)), PAGE1: NONE,
        FILE: span(100, first, content_encoding="gzip"),
    }  # fmt: skip
    done = archive.backfill("commoncrawl")
    assert archive.asked == [f"{INDEX}/collinfo.json", PAGES, PAGE0, PAGE1, FILE]
    assert archive.net.gaps[1:4] == [1.0] * 3
    assert asked_in(archive.net.requests, "range")[-1] == f"bytes=100-{99 + len(first)}"
    assert asked_in(archive.net.requests, "accept-encoding")[-1] == "identity"
    assert done.report.exit_code == 0
    assert archive.captures == [(stamped(T1), "commoncrawl", 200, "complete", 1)]
    assert archive.says("SELECT time_source FROM capture") == [("warc",)]
    archive.backfill("commoncrawl")
    assert archive.asked == [f"{INDEX}/collinfo.json"], "a crawl does not change"


def test_a_crawl_without_captures(archive: Archive):
    crawls(archive, "CC-MAIN-2026-21", "CC-MAIN-2025-21")
    archive.pages |= {PAGES: NONE, PAGES.replace("2026", "2025"): (200, {}, b'{"pages": 0}')}
    assert archive.backfill("commoncrawl").report.exit_code == 0
    assert (archive.plans[0].found, archive.plans[0].complete, archive.codes) == (0, True, [])


def test_a_crawl_that_cannot_be_read_does_not_keep_the_others_out(archive: Archive):
    crawls(archive, "CC-MAIN-2025-21", "CC-MAIN-2026-21")
    data = member()
    archive.pages |= {
        PAGES.replace("2026", "2025"): (404, {}, b"<html>not found"), PAGES: (200, {}, b'{"pages": 1}'),
        PAGE0: (200, {}, crawled(0, data)), FILE: span(0, data),
    }  # fmt: skip
    done = archive.backfill("commoncrawl", first="2021", last="")
    assert (done.report.exit_code, done.plan.complete, archive.codes) == (3, False, ["index_failed"])
    assert len(archive.captures) == 1


def test_an_index_of_pages_goes_on_where_a_run_died(archive: Archive):
    crawls(archive)
    archive.pages |= {
        PAGES: (200, {}, b'{"pages": 2}'),
        PAGE0: (200, {}, b""),
        PAGE1: (503, {"retry-after": "3600"}, b"Slow Down"),
    }
    assert archive.backfill("commoncrawl").report.exit_code == 75
    archive.time.seconds += 4000
    archive.pages[PAGE1] = (200, {}, b"")
    assert archive.backfill("commoncrawl").report.exit_code == 0
    assert archive.asked == [f"{INDEX}/collinfo.json", PAGE1]


NO_PART: dict[str, tuple[Any, str]] = {
    "the whole file": ((200, {}, b"x" * 1000), "fetch_failed"),
    "another part": ((206, {"content-range": "bytes 0-9/100"}, b"x" * 10), "fetch_failed"),
    "no range": ((206, {}, b"x" * 10), "fetch_failed"),
    "a part that is cut": ((206, {"content-range": f"bytes 100-{99 + len(member())}/9"}, b"x" * 10), "fetch_failed"),
    "truncated": (None, "cut_by_archive"),
}


@pytest.mark.parametrize(("answer", "code"), NO_PART.values(), ids=NO_PART)
def test_a_part_of_a_file_that_is_refused(archive: Archive, answer: Any, code: str):
    crawls(archive)
    data = member() if answer else member(WARC_Truncated="length")
    archive.pages |= {PAGES: (200, {}, b"1"), PAGE0: (200, {}, crawled(100, data)), FILE: answer or span(100, data)}
    assert archive.backfill("commoncrawl").report.exit_code in (3, 69)
    assert (archive.captures, archive.codes[0]) == ([], code)
    assert archive.says("SELECT sum(bytes) FROM request WHERE url = ? AND http_status = 200", FILE) in ([(None,)], [(0,)])
