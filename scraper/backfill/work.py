"""A backfill from its order to its exit code: the index, the plan, then capture by capture into archive and database."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from db import backfill, captures
from db.backfill import Item
from normalize.errors import Busy, CorruptRecord, Rejected, UsageError
from normalize.findings import finding
from scraper import bodies, run
from scraper.addresses import Public
from scraper.backfill import commoncrawl, wayback
from scraper.backfill.archives import Archives
from scraper.backfill.asking import Asker
from scraper.backfill.indexes import OUT_OF_REACH, Indexes
from scraper.backfill.plan import Order, Plan, plan
from scraper.capture import Capture, impossible, parse_stamp, stamp
from scraper.fetcher import Fetcher
from scraper.http import Client
from scraper.intake import Intake, Report
from scraper.memory import Stored
from scraper.politeness import Clock
from scraper.readers import MAX_BYTES
from scraper.scrape import user_agent
from scraper.settings import Endpoints, Settings
from scraper.visits import Visit
from scraper.watch import Stopping, Unstoppable, Watch

DEADLINE_S = 120.0
"""The index of an archive takes its time."""

_FOR_GOOD = frozenset(("cut_by_archive", "digest_differs", "bad_record", "too_large"))
"""What an archive holds so, it will hold so the next time."""


@dataclass(slots=True)
class Done:
    """What a backfill did: its report, its plan, how many captures are left for another run, and why it ended early."""

    report: Report
    plan: Plan
    left: int
    stopped: str


def backfilled(
    settings: Settings, order: Order, clock: Clock, tell: Callable[[Plan], None], watch: Watch | None = None,
    stop: Stopping | None = None,
) -> Done:  # fmt: skip
    """Take past captures in; `tell` hears of the plan before the first of them is fetched.

    Raises UsageError for an archive that may not be asked, ConfigError where it is not known who asks, Busy and StorageError;
    what `stop` raises ends the run as interrupted, and the same order goes on where it was.
    """
    watch, stop, ends = watch or Watch(), stop or Unstoppable(), settings.backfill
    asked = [ends.wayback_url] if order.archive == "wayback" else [ends.commoncrawl_index, ends.commoncrawl_data]
    permitted = Archives(ends, order.allowed_hosts, order.delay_s)
    for root in (root for root in asked if not permitted.permits(f"{root}/")):
        raise UsageError(f"{root} is no published archive, and may not be asked (--allow-host permits it)")
    agent = user_agent(settings, asked)
    hosts = Archives(ends, order.allowed_hosts, order.delay_s, only_near=not settings.contact)
    with run.running(settings, "backfill", clock.now) as intake, Client(agent, Public(order.allowed_hosts)) as client:
        watch.open(intake.report)
        memory = Stored(intake, run.rhythm(settings), clock)
        asker = Asker(intake, Fetcher(client, hosts, clock, memory, DEADLINE_S), memory, clock, watch, stop)
        for report in intake.report.adopted:
            watch.page(report)
        asker.recover()
        indexes = Indexes(intake, asker, ends, order, clock, stop)
        indexes.read()
        with intake.db.atomic():
            backfill.recognise(intake.db)
        sample = f"{ends.wayback_url}/web/" if order.archive == "wayback" else f"{ends.commoncrawl_data}/crawl-data/"
        made = plan(intake.db, order, indexes.rows, indexes.complete, max(seconds for seconds, _ in hosts.delays(sample)))
        tell(made)
        work = _Work(intake, asker, ends, order, clock, watch, stop)
        if not order.only_plan:
            work.fetch(indexes.rows, made.to_fetch)
        work.conclude(made)
        intake.finish(_exit_code(intake.report, asker, indexes, work))
        left = backfill.standing(intake.db, json.dumps(indexes.rows)).queued
    return Done(intake.report, made, left, asker.left)


def _exit_code(report: Report, asker: Asker, indexes: Indexes, work: "_Work") -> int:
    counts = report.counts
    if counts.faults:
        return 1
    if asker.left == "rate_limited":
        return Busy.exit_code
    decided = counts.loaded + counts.unchanged + counts.rejected
    if (indexes.out_of_reach or work.out_of_reach) and not decided:
        return 69
    failed = counts.rejected or counts.failed or counts.partial or any(f.severity == "error" for f in counts.lost)
    return 3 if failed else 0


@dataclass(slots=True)
class _Work:
    """The captures of an order, one after the other."""

    intake: Intake
    asker: Asker
    endpoints: Endpoints
    order: Order
    clock: Clock
    watch: Watch
    stop: Stopping
    out_of_reach: bool = False
    passed_over: list[str] = field(default_factory=list)
    unchecked: int = 0

    def fetch(self, indexes: list[int], most: int) -> None:
        """Fetch captures, at most so many."""
        items = [] if self.asker.left else backfill.waiting(self.intake.db, json.dumps(indexes), most)
        self.watch.begin(len(items))
        for item in items:
            self.stop.check()
            if self.asker.left:
                return
            if backfill.is_had(self.intake.db, item):
                self._settle(item, "had")
            elif not self._confirm(item):
                self._fetch(item)

    def conclude(self, made: Plan) -> None:
        """Write down what concerns no single capture."""
        note = self.intake.note
        if made.unusable:
            note(finding("index_rows", f"{made.unusable:,} of {made.pattern}"))
        if self.passed_over:
            said = ", ".join(self.passed_over[:3]) + (", ..." if len(self.passed_over) > 3 else "")
            note(finding("archived_otherwise", f"{len(self.passed_over):,}: {said}"))
        if self.unchecked:
            note(finding("digest_unchecked", f"{self.unchecked:,} of {self.order.pattern.text}"))
        if self.asker.left in ("refused", "unreachable"):
            self.out_of_reach = True
            note(finding("circuit_open", f"{self.order.archive}: {self.asker.left}"))

    def _confirm(self, item: Item) -> bool:
        """Take in a capture whose body is here already, as the digest of the index says; False where it is not."""
        at, now = parse_stamp(item.captured_at), parse_stamp(stamp(self.clock.now()))
        same = backfill.same_body(self.intake.db, item) if self.order.archive == "wayback" and item.digest != "-" else None
        if same is None or impossible(at, now):
            return False
        known = captures.location(self.intake.db, same)
        try:
            body = bodies.read(self.intake.archive, known)
        except CorruptRecord:
            return False
        if wayback.sha1(body) != item.digest:  # it came packed: the digest is of another form of it
            return False
        source = wayback.replay_url(self.endpoints.wayback_url, item)
        capture = Capture(
            item.url, at, now, "wayback", "http", known.media_type, known.charset, body, item.status, (), source
        )  # fmt: skip
        self._take(item, capture, True)
        return True

    def _fetch(self, item: Item) -> None:
        try:
            if self.order.archive == "wayback":
                url, wanted = wayback.replay_url(self.endpoints.wayback_url, item), wayback.WANTED
                visit = self.asker.ask(url, MAX_BYTES, wanted, wayback.is_capture)
            else:
                url, wanted = commoncrawl.data_url(self.endpoints.commoncrawl_data, item)
                visit = self.asker.ask(url, MAX_BYTES, wanted, commoncrawl.is_whole)
            self._decide(item, visit)
        except Rejected as error:
            if error.code == "archived_otherwise":
                self._pass_over(item, error.detail)
            else:
                state = "failed" if error.code in _FOR_GOOD else ""
                self._lose(item, error.code, error.detail, failed=error.code == "no_memento", state=state)

    def _decide(self, item: Item, visit: Visit) -> None:
        """What became of a request. Raises Rejected."""
        archived = self.order.archive == "wayback" and wayback.is_capture(visit)
        if self.order.archive == "wayback" and (why := wayback.blocked(visit)):
            self.out_of_reach = True
            self._lose(item, "archive_blocked", f"{visit.url}: {why}", failed=True, state="blocked")
        elif archived and visit.outcome != "ok":
            self._pass_over(item, f"{item.original}: {visit.outcome}")
        elif visit.outcome == "ok" and visit.response is not None:
            self.asker.answered()
            self._capture(item, visit, visit.response.body)
        elif visit.outcome == "not_found" and self.order.archive == "wayback":
            raise Rejected("no_memento", visit.url)
        elif visit.outcome != "rate_limited" and not visit.given_up:
            self.out_of_reach |= visit.outcome in OUT_OF_REACH
            if visit.outcome in ("blocked", "challenge", "robots_denied") or commoncrawl.is_whole(visit):
                self.asker.refused(denied=visit.outcome == "robots_denied")
            said = ": ".join(filter(None, (visit.outcome, visit.detail, visit.url)))
            self._lose(item, "fetch_failed", said, failed=True)

    def _capture(self, item: Item, visit: Visit, body: bytes) -> None:
        now = parse_stamp(stamp(self.clock.now()))
        if self.order.archive == "commoncrawl":
            self._take(item, commoncrawl.captured(item, body, visit.url, now), True)
            return
        if not wayback.is_capture(visit):
            raise Rejected("no_memento", visit.url)
        replayed = wayback.replayed(item, visit, self.endpoints.wayback_url, now)
        self.unchecked += replayed.unchecked
        self._take(item, replayed.capture, replayed.verified)

    def _take(self, item: Item, capture: Capture, verified: bool) -> None:
        with self.stop.shielded():
            with self.intake.together():
                report = self.intake.take(capture, item.original)
                self.intake.sync()
                backfill.settle(self.intake.db, item, "had", "", capture.capture_id, verified)
            self.watch.page(report)

    def _lose(self, item: Item, code: str, detail: str, failed: bool, state: str = "") -> None:
        with self.stop.shielded():
            with self.intake.together():
                report = self.intake.lose(f"{item.original} at {item.captured_at}", finding(code, detail), failed)
                if state:
                    backfill.settle(self.intake.db, item, state, detail)
                else:
                    backfill.fail(self.intake.db, item, f"{code}: {detail}")
            self.watch.page(report)

    def _pass_over(self, item: Item, detail: str) -> None:
        self.passed_over.append(detail)
        self._settle(item, "passed_over", detail)

    def _settle(self, item: Item, state: str, detail: str = "") -> None:
        with self.stop.shielded(), self.intake.db.atomic():
            backfill.settle(self.intake.db, item, state, detail)
