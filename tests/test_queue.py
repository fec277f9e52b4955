"""The queue: what is queued when and for whom, older databases, and that no sequence of runs loses a page or asks too often."""

import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db import hosts, queue, schema
from db.connection import APPLICATION_ID, open_to_write
from db.queue import Found
from normalize.errors import UsageError
from scraper import run
from scraper.fetcher import Fetcher
from tests import imports
from tests.imports import ReadHere, rows
from tests.world import A, B, World, analyst, as_html, at, without_syncing

DAYS = tuple(f"2026-01-0{day}T00:00:00Z" for day in range(1, 10))
URL = "http://a.example/x"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with closing(open_to_write(tmp_path / "careerscape.db")) as found:
        yield found


def add(db: Database, now: str, named: bool = False, **more: Any) -> None:
    changed_at, depth = more.pop("changed_at", ""), more.pop("depth", 0)
    queue.add(db, [Found(URL, "a.example", depth, changed_at)], now, named, **more)


def settle(db: Database, outcome: str, now: str, due_at: str = DAYS[8], **more: Any) -> None:
    run_id = db.execute("INSERT INTO run_log (command, started_at) VALUES ('scrape', ?) RETURNING id", [now]).fetchone()[0]
    queue.settle(db, 1, run_id, outcome, "why", now, due_at, **more)


def state(db: Database) -> str:
    return str(db.execute("SELECT state FROM visit").fetchone()[0])


# --- what is queued ---------------------------------------------------------------------------------------------------

WANTED = {
    # outcome of the last attempt (on day 1, due on day 9), how the page is asked for now, whether it is queued
    "named, came well": ("ok", {"named": True}, False),
    "named, was confirmed": ("not_modified", {"named": True}, False),
    "named, is gone": ("gone", {"named": True}, True),
    "named, was blocked": ("blocked", {"named": True}, True),
    "listed, came well": ("ok", {}, False),
    "listed, is gone": ("gone", {}, False),
    "due": ("ok", {"now": DAYS[8]}, True),
    "due, was gone": ("gone", {"now": DAYS[8]}, True),
    "refreshed": ("ok", {"refresh": True}, True),
    "changed since": ("ok", {"changed_at": DAYS[1]}, True),
    "changed since, not rested": ("ok", {"changed_at": DAYS[1], "rested": "2025-12-31T00:00:00Z"}, False),
    "changed before": ("ok", {"changed_at": "2025-12-31T00:00:00Z"}, False),
    "changed at that moment": ("ok", {"changed_at": DAYS[0]}, False),
    "deeper": ("ok", {"depth": 1}, True),
    "deeper, gave no rows": ("ok", {"depth": 1, "gave_rows": False}, False),
    "deeper, was blocked": ("blocked", {"depth": 1}, False),
    "named, gave no rows": ("ok", {"named": True, "gave_rows": False}, True),
    "put off by a wrong clock": ("ok", {"latest": DAYS[7]}, True),
}


@pytest.mark.parametrize("case", WANTED)
def test_a_page_that_is_done_is_queued_when_there_is_a_reason(db: Database, case: str):
    outcome, how, queued = WANTED[case][0], dict(WANTED[case][1]), WANTED[case][2]
    add(db, DAYS[0])
    settle(db, outcome, DAYS[0], gave_rows=how.pop("gave_rows", outcome in ("ok", "not_modified")))
    assert state(db) == "done"
    add(db, **({"now": DAYS[4]} | how))
    assert state(db) == ("queued" if queued else "done")
    assert queue.not_due(db, [URL, "http://a.example/unknown"]) == ({} if queued else {URL: DAYS[8]})


@pytest.mark.parametrize("outcome", sorted(queue.PASSING | {queue.DEFERRED}))
def test_what_may_be_otherwise_another_day_stays_queued_behind_all_others(db: Database, outcome: str):
    queue.add(db, [Found(f"{URL}{n}", "a.example") for n in range(3)], DAYS[0], named=False)
    assert [page.id for page in queue.waiting(db)] == [1, 2, 3]
    settle(db, outcome, DAYS[1], again=True)
    assert [page.id for page in queue.waiting(db)] == [1, 2, 3], "while it is tried again it keeps its place"
    assert db.execute("SELECT attempts FROM visit WHERE id = 1").fetchone() == (1,)
    settle(db, outcome, DAYS[1])
    assert [page.id for page in queue.waiting(db)] == [2, 3, 1]


def test_a_claim_is_given_back_only_while_it_is_one(db: Database):
    add(db, DAYS[0])
    (page,) = queue.waiting(db)
    queue.claim(db, page, DAYS[1])
    assert (state(db), hosts.known(db)["a.example"].answered_at) == ("claimed", DAYS[1])
    queue.release(db, page.id)
    assert state(db) == "queued"
    queue.claim(db, page, DAYS[1])
    settle(db, "ok", DAYS[1])
    queue.release(db, page.id)
    assert state(db) == "done", "what is settled stays settled"


def test_a_claim_of_a_dead_run_is_queued_behind_all_others_and_its_host_counts_as_asked(db: Database):
    queue.add(db, [Found(f"{URL}{n}", host) for n, host in enumerate("abc")], DAYS[0], named=False)
    queue.claim(db, queue.waiting(db)[0], DAYS[1])
    queue.recover(db, DAYS[2])
    assert [page.id for page in queue.waiting(db)] == [2, 3, 1]
    assert [host.answered_at for host in hosts.known(db).values()] == [DAYS[2]]


def test_all_that_is_due_is_queued_and_with_refresh_all_there_is(db: Database):
    queue.add(db, [Found(f"{URL}{n}", f"host{n}") for n in range(3)], DAYS[0], named=False)
    for number, due in ((1, DAYS[2]), (2, DAYS[3]), (3, DAYS[4])):
        db.conn.execute("UPDATE visit SET state = 'done', due_at = ? WHERE id = ?", [due, number])
    db.conn.execute("UPDATE visit SET state = 'parked', failures = 3 WHERE id = 3")
    assert queue.due_hosts(db, DAYS[2], refresh=False) == {"host0"}
    assert queue.due_hosts(db, DAYS[2], refresh=True) == {"host0", "host1", "host2"}
    queue.add_due(db, DAYS[2], refresh=False)
    assert [page.id for page in queue.waiting(db)] == [1]
    queue.add_due(db, DAYS[5], refresh=True)
    assert sorted(page.id for page in queue.waiting(db)) == [1, 2, 3]
    assert db.execute("SELECT failures FROM visit WHERE id = 3").fetchone() == (0,), "it has three runs again"


@pytest.mark.parametrize("outcome", sorted(queue.OF_THE_PAGE | {"dns_error", "blocked", "rate_limited", "not_found"}))
def test_only_what_says_something_of_the_page_counts_towards_parking(db: Database, outcome: str):
    add(db, DAYS[0])
    parked = []
    for day in range(3):
        settle(db, outcome, DAYS[day])
        run_id = db.execute("SELECT max(id) FROM run_log").fetchone()[0]
        assert queue.count_failures(db, run_id, ()) == [], "where the host answers nobody, nothing is learnt of the page"
        parked += queue.count_failures(db, run_id, ("a.example",))
    expected = [{"url": URL, "outcome": outcome, "detail": "why"}] if outcome in queue.OF_THE_PAGE else []
    assert parked == expected
    assert state(db) == ("parked" if expected else "queued" if outcome in queue.PASSING | {queue.DEFERRED} else "done")
    assert queue.parked(db, 10) == [row | {"attempted_at": DAYS[2]} for row in expected]


def test_one_success_between_failures_begins_the_count_anew(db: Database):
    add(db, DAYS[0])
    for outcome in ("timeout", "timeout", "ok", "timeout", "timeout"):
        settle(db, outcome, DAYS[0], page=URL if outcome == "ok" else "")
        run_id = db.execute("SELECT max(id) FROM run_log").fetchone()[0]
        assert queue.count_failures(db, run_id, ("a.example",)) == []


# --- databases of the release before ----------------------------------------------------------------------------------


def test_a_database_of_schema_2_keeps_its_queue_and_its_holds(tmp_path: Path):
    path = tmp_path / "careerscape.db"
    old = Database(sqlite3.connect(path))
    with old.atomic():
        schema.migrations.apply(old, stop_before="unattended")
        old.conn.execute("PRAGMA user_version = 2")
        old.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        old.conn.execute("INSERT INTO run_log (id, command, started_at) VALUES (7, 'scrape', ?)", [DAYS[0]])
        old.conn.execute("INSERT INTO page (id, url) VALUES (3, ?)", [f"{URL}done"])
        rows_before = [
            (1, f"{URL}queued", "a.example", "queued", DAYS[0], None, 0, None, None, None, None, None),
            (2, f"{URL}claimed", "a.example", "claimed", DAYS[1], None, 1, DAYS[0], "timeout", "slow", 7, None),
            (3, f"{URL}done", "a.example", "done", DAYS[0], None, 1, DAYS[1], "ok", "", 7, 3),
            (4, f"{URL}moved", "a.example", "done", DAYS[0], None, 1, DAYS[1], "redirect", "", 7, None),
            (5, "http://b.example/y", "b.example", "queued", DAYS[0], DAYS[6], 2, DAYS[1], "rate_limited", "HTTP 429", 7, None),
            (6, "http://b.example/z", "b.example", "queued", DAYS[0], DAYS[7], 0, None, None, None, None, None),
        ]
        old.conn.executemany(f"INSERT INTO visit VALUES ({', '.join('?' * 12)})", rows_before)
    old.close()
    with closing(open_to_write(path)) as db:
        assert schema.is_current(db)
        assert [(page.id, page.url) for page in queue.waiting(db)] == [
            (1, f"{URL}queued"), (5, "http://b.example/y"), (6, "http://b.example/z"), (2, f"{URL}claimed"),
        ]  # fmt: skip
        query = "SELECT id, state, due_at, outcome, page_id FROM visit WHERE state = 'done' ORDER BY id"
        assert db.execute(query).fetchall() == [(3, "done", DAYS[8], "ok", 3), (4, "done", DAYS[8], "redirected", None)]
        assert hosts.held(db, DAYS[5]) == [{"host": "b.example", "until": DAYS[7], "because": "Retry-After"}]
        assert hosts.held(db, DAYS[8]) == []
        assert db.execute("SELECT attempts, outcome, detail, run_id FROM visit WHERE id = 5").fetchone() == (
            2, "rate_limited", "HTTP 429", 7,
        )  # fmt: skip
    assert imports.sound(path)


def test_what_an_older_release_left_queued_is_fetched(world: World):
    old = Database(sqlite3.connect(world.db))
    with old.atomic():
        schema.migrations.apply(old, stop_before="unattended")
        old.conn.execute("PRAGMA user_version = 2")
        old.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        for number, name in enumerate(("queued", "claimed")):
            values = [at(A, analyst(number)), name, DAYS[0]]
            old.conn.execute("INSERT INTO visit (url, host, state, queued_at) VALUES (?, 'a.example', ?, ?)", values)
    old.close()
    world.pages = {at(A, analyst(n)): as_html(analyst(n)) for n in range(2)}
    assert world.scrape().exit_code == 0
    assert world.runs == [(0, 2, 2, 0, 0, 0)]


# --- any sequence of runs ---------------------------------------------------------------------------------------------

PAGES = [at(root, analyst(n)) for root in (A, B) for n in range(3)]
ANSWERS: list[Any] = [
    (404, {}), (500, {}), (403, {}), (418, {}), (429, {"retry-after": "7"}), (429, {"retry-after": "90000"}), (503, {}),
    httpx.ReadTimeout("slow"), httpx.ConnectError("refused"), b"<p>no comparison", b"", (200, {"content-encoding": "br"}),
]  # fmt: skip


class Killed(BaseException):
    """The process is gone: nothing is put in order."""


@dataclass(frozen=True)
class Step:
    """A run some days later: which pages answer what, how it is called, how often it may be asked before it is killed."""

    days: float
    answers: dict[int, Any]
    named: tuple[int, ...] = ()
    listed: tuple[int, ...] = ()
    refresh: bool = False
    most_pages: int | None = None
    time_limit_s: float | None = None
    killed_after: int | None = None


FEW = st.lists(st.integers(0, len(PAGES) - 1), unique=True, max_size=4).map(tuple)
GOOD = st.just(None)
STEPS = st.builds(
    Step, days=st.sampled_from([0.0, 0.00001, 0.01, 1.5, 8.0, 61.0]),
    answers=st.dictionaries(st.integers(0, len(PAGES) - 1), st.sampled_from(ANSWERS) | GOOD, max_size=6), named=FEW, listed=FEW,
    refresh=st.booleans(), most_pages=st.none() | st.integers(1, 3), time_limit_s=st.none() | st.sampled_from([2.0, 30.0]),
    killed_after=st.none() | st.none() | st.integers(0, 5),
)  # fmt: skip


@dataclass
class Story:
    """What was known before a run, and what must be true of it."""

    world: World
    asked_at: dict[str, float] = field(default_factory=dict)
    held: dict[str, float] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def before(self) -> dict[str, tuple]:
        if not self.world.db.exists():
            return {}
        return {row[0]: row[1:] for row in rows(self.world.db, "SELECT url, state, due_at, outcome FROM visit")}

    def run(self, step: Step) -> None:
        world = self.world
        world.pass_days(step.days)
        before, now = self.before(), world.time.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        world.pages = {url: step.answers.get(n) or as_html(analyst(n % 3)) for n, url in enumerate(PAGES)}
        named, listed = ({PAGES[n] for n in numbers} for numbers in (step.named, step.listed))
        bounds = {"refresh": step.refresh, "most_pages": step.most_pages, "time_limit_s": step.time_limit_s}
        try:
            done = self.scrape(step, named, listed, bounds)
        except UsageError:
            assert not named | listed | {url for url, (state, *_) in before.items() if state in ("queued", "claimed")}
            return
        asked = {url: world.asked.count(url) for url in world.asked}
        self.known |= named | listed if done else set()
        after = self.before()
        assert self.known <= after.keys(), "no page is lost"
        assert all(count <= 3 for count in asked.values())
        for url in asked:
            assert self.reason(url, before, now, named, listed, step), f"{url} was not due"
        if done and step.most_pages is None and step.time_limit_s is None:
            assert "claimed" not in {state for state, *_ in after.values()}, "what a dead run claimed is taken up"
            self.everything_was_tried(before, after, asked)
        self.pauses_were_kept(done)

    def scrape(self, step: Step, named: set[str], listed: set[str], bounds: dict[str, Any]) -> bool:
        """Whether the run came to its end."""
        with self.world.patch.context() as patch:
            if step.killed_after is not None:
                kill_after(patch, step.killed_after)
            try:
                self.world.scrape(*sorted(named), listed=tuple(sorted(listed)), **bounds)
            except Killed:
                return False
        return True

    def reason(self, url: str, before: dict, now: str, named: set[str], listed: set[str], step: Step) -> bool:
        """Why a page may be asked for in a run."""
        if url not in before:
            return url in named | listed
        state, due_at, outcome = before[url]
        if step.refresh and (url in named | listed or not named | listed):
            return True
        if state in ("queued", "claimed"):
            return True
        asked_for = url in named | listed or not named | listed
        if state == "parked":
            return url in named
        return (due_at <= now and asked_for) or (url in named and outcome not in ("ok", "not_modified"))

    def everything_was_tried(self, before: dict, after: dict, asked: dict) -> None:
        """What was queued has been asked for, unless its host is to be left alone."""
        now = self.world.time.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        held = {name for (name,) in self.world.says("SELECT name FROM host WHERE held_until > ?", now)}
        refusing = "circuit_open" in self.world.codes
        for url, (state, *_) in before.items():
            if state in ("queued", "claimed") and not refusing and httpx.URL(url).host not in held:
                assert url in asked or after[url][2] == "ok", f"{url} was passed over"

    def pauses_were_kept(self, done: bool) -> None:
        """Nobody knows what a host asked for in its answer to a run that died over it."""
        for url, seconds in self.world.net.asked:
            host = httpx.URL(url).host
            assert seconds >= self.asked_at.get(host, -math.inf) + 1 - 1e-6, "the pause between two requests"
            assert seconds >= self.held.get(host, 0.0) - 1e-6, "the pause that a host asked for"
            self.asked_at[host] = seconds
            answer = self.world.pages.get(url)
            if isinstance(answer, tuple) and answer[0] == 429 and (done or url != self.world.net.urls[-1]):
                self.held[host] = seconds + float(answer[1]["retry-after"])


def kill_after(patch: pytest.MonkeyPatch, count: int) -> None:
    """The process dies over a page, after so many others."""
    real, left = Fetcher.fetch, [count]

    def fetch(self: Fetcher, url: str, *given: Any) -> Any:
        found = real(self, url, *given)
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return found

    patch.setattr(Fetcher, "fetch", fetch)
    patch.setattr(queue, "release", lambda *given: None)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=6))
def test_no_sequence_of_runs_loses_a_page_or_asks_too_often_or_too_early(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "Sandbox", ReadHere)
        patch.setattr(run, "open_to_write", without_syncing)
        story = Story(World(tmp_path_factory.mktemp("story"), patch))
        for step in steps:
            story.run(step)
