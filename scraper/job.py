"""One scrape run at work: each page claimed, fetched, archived, read and loaded before the next."""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from db import freshness, hosts, queue, requests
from db.freshness import Rhythm
from db.queue import Waiting
from normalize.findings import finding
from scraper import discovery
from scraper.capture import Capture, parse_stamp, stamp
from scraper.fetcher import Fetcher, host_of
from scraper.http import Outcome
from scraper.intake import Intake, PageReport
from scraper.lanes import MAX_TRIES, Lanes
from scraper.memory import Stored
from scraper.politeness import LONGEST_DELAY_S, LONGEST_WAIT_S, Clock
from scraper.urls import canonical
from scraper.visits import Hop, Visit, capture_of, rhythmic, row_of, shown
from scraper.watch import Stopping, Watch

_NOTHING_THERE = frozenset(
    ("not_found", "gone", "client_error", "too_large", "bad_encoding", "truncated", "soft_404", "empty", "wrong_type")
)
"""How a page fails although its site answers; every other failure means that the site cannot be had."""

_REFUSALS = frozenset(("blocked", "challenge"))
_ANSWERS = frozenset(("ok", "not_modified", "gone", "not_found"))
_ASKED = frozenset(("Retry-After", "Crawl-delay"))
_TRIED_AGAIN = frozenset(("timeout", "connection_error", "dns_error", "protocol_error", "truncated", "server_error"))


@dataclass(slots=True)
class Tally:
    """What a run met: sites that ask to be left alone for longer, answers about pages, and whether a site could not be had."""

    held: set[str] = field(default_factory=set)
    spoke: int = 0
    out_of_reach: bool = False
    answered: set[str] = field(default_factory=set)
    begun: set[int] = field(default_factory=set)
    stopped: str = ""


class Job:
    """The queue at work. `most` pages are attempted; the fetcher knows when the time of the run is over."""

    def __init__(
        self, intake: Intake, fetcher: Fetcher, memory: Stored, rhythm: Rhythm, clock: Clock, watch: Watch,
        stop: Stopping, lanes: Lanes, most: float = math.inf,
    ) -> None:  # fmt: skip
        self._intake, self._db = intake, intake.db
        self._fetcher, self._memory, self._rhythm, self._clock = fetcher, memory, rhythm, clock
        self._watch, self._stop, self._lanes, self._most = watch, stop, lanes, most
        self.tally = Tally()
        self.waiting: dict[int, Waiting] = {}
        self._ahead: set[int] = set()

    @property
    def _now(self) -> str:
        return stamp(self._clock.now())

    @property
    def _soon(self) -> str:
        """Now, rounded up: a stamp has no fractions."""
        return stamp(self._clock.now() + timedelta(seconds=1))

    def recover(self) -> None:
        """Take over the claims that runs before this one left behind, and what they knew of hosts."""
        now = self._clock.now()
        with self._db.atomic():
            queue.recover(self._db, self._soon)
        for host in hosts.known(self._db).values():
            ago = (now - parse_stamp(host.answered_at)).total_seconds() if host.answered_at else None
            held = (parse_stamp(host.held_until) - now).total_seconds() if host.held_until else 0.0
            self._fetcher.pace.remember(host.name, ago, held, host.held_because)

    def enqueue(self, pages: Iterable[Waiting]) -> int:
        """Take queued pages into the run; the answer is how many are new to it, or have to be fetched once more."""
        new = {page.id: page for page in pages if page.id not in self._ahead}
        self.waiting |= new
        self._ahead |= new.keys()
        self._lanes.add(new.values())
        for host in {page.host for page in new.values()}:
            if self._fetcher.pace.held_s(host) > LONGEST_WAIT_S:
                self._leave(host)
        return len(new)

    def work(self) -> None:
        """Fetch all that waits, as far as pages and time may go."""
        while True:
            self._stop.check()
            if (found := self._lanes.next(self._clock.monotonic(), len(self.tally.begun) < self._most)) is None:
                break
            page, seconds = found
            if seconds > LONGEST_DELAY_S and self._fetcher.pace.in_force(page.host)[1] in _ASKED:
                self._leave(page.host)
                continue
            if not self._fetcher.has_time(seconds):
                self.tally.stopped = "time"
                return
            self.tally.begun.add(page.id)
            self._wait(page, seconds)
            with self._claimed(page):
                with self._noting(page.host, page):
                    visit = self._fetcher.fetch(page.url)
                if visit.given_up:
                    self.tally.stopped = "time"
                    self._release(page, visit)
                    return
                with self._stop.shielded():
                    report = self._settle(page, visit)
            if report:
                self._ahead.discard(page.id)
                self._watch.page(report)
        if self._lanes.next(self._clock.monotonic()) is not None:
            self.tally.stopped = "pages"

    def read(self, url: str, most: int) -> Visit:
        """Fetch something that is no page of the run, such as a sitemap, up to three times, and write its requests down."""
        for tries in range(1, MAX_TRIES + 1):
            self._stop.check()
            with self._db.atomic():  # a run that dies over it leaves the host its pause: a time to come counts as just now
                hosts.answered(self._db, host_of(url), stamp(self._clock.now() + timedelta(hours=1)))
            with self._noting(host_of(url), None):
                visit = self._fetcher.fetch(url, most, conditional=False)
            with self._stop.shielded(), self._db.atomic():
                hosts.answered(self._db, host_of(url), self._soon)
                self._remember(None, visit)
            pause = self._lanes.backoff_s(tries)
            if visit.given_up or not _is_worth_another(visit) or tries == MAX_TRIES or not self._fetcher.has_time(pause):
                break
            if visit.outcome != queue.DEFERRED:
                self._clock.sleep(pause)
        if visit.outcome != "ok" and not visit.given_up:
            if visit.wait_s is not None:
                self._leave(visit.waits_on)
            self.tally.out_of_reach |= visit.outcome not in _NOTHING_THERE
        return visit

    @contextmanager
    def _noting(self, host: str, page: Waiting | None) -> Iterator[None]:
        """Where a fetch is broken off, its host counts as asked just now, and what was asked is written down."""
        try:
            yield
        except BaseException:
            with self._db.atomic():
                hosts.answered(self._db, host, self._soon)
                self._write_hops(page, self._fetcher.hops)
            raise

    def _wait(self, page: Waiting, seconds: float) -> None:
        if seconds > 0:
            self._watch.waiting(page.host, seconds, self._fetcher.pace.in_force(page.host)[1])
            self._clock.wait(seconds)

    @contextmanager
    def _claimed(self, page: Waiting) -> Iterator[None]:
        """A page is claimed while it is fetched; where it is not settled it is queued as before, and counts for nothing."""
        with self._db.atomic():
            queue.claim(self._db, page, self._now)
        try:
            yield
        except BaseException:
            with self._db.atomic():
                queue.release(self._db, page.id)
            raise

    def _release(self, page: Waiting, visit: Visit) -> None:
        with self._stop.shielded(), self._db.atomic():
            queue.release(self._db, page.id)
            self._remember(page, visit)

    def _settle(self, page: Waiting, visit: Visit) -> PageReport | None:
        """Archive, read and load what came, or write down why nothing did; no report where the page is tried again."""
        if visit.forgotten:
            self._skipped(page, visit)
            return None
        if visit.outcome == "ok":
            capture = capture_of(canonical(visit.url), visit)
        elif visit.outcome == "not_modified":
            capture = self._memory.confirmed(canonical(visit.url), visit)
        else:
            return self._failed(page, visit)
        with self._intake.together():
            report = self._intake.take(capture, page.url)
            self._intake.sync()
            outcome: Outcome = shown(report.outcome, report.findings) or visit.outcome
            self._remember(page, visit, outcome)
            due = self._due(capture.url, rhythmic(report.outcome, report.findings, outcome))
            self._done(page, visit, outcome, due, capture.url, gave_rows=report.outcome != "rejected")
            found = self._links(page, visit, capture, report)
        if more := self.enqueue(found):
            self._watch.grow(more)
        self._judge(page, visit, outcome)
        self.tally.spoke += outcome not in _REFUSALS
        return report

    def _skipped(self, page: Waiting, visit: Visit) -> None:
        """An address that leads to a forgotten page is done with, and said once."""
        with self._intake.together():
            self._remember(page, visit)
            self._done(page, visit, visit.outcome, self._due("", visit.outcome))
            self._intake.skip(canonical(visit.forgotten))
        self.tally.spoke += 1

    def _failed(self, page: Waiting, visit: Visit) -> PageReport | None:
        outcome = visit.outcome
        self._judge(page, visit, outcome)
        again = _is_worth_another(visit) and self._lanes.try_again(page, self._clock.monotonic())
        with self._intake.together():
            self._remember(page, visit)
            if outcome != "refused_address" or _was_asked(visit) or not queue.put_back(self._db, page.id):
                self._done(page, visit, outcome, self._due("", outcome), again=again)
            report = None
            if not again:
                said = ": ".join(filter(None, (outcome, visit.detail, page.url)))
                report = self._intake.lose(page.url, finding("fetch_failed", said), failed=True)
        if visit.wait_s is not None and not again:
            self._leave(visit.waits_on)
            self._lanes.close(host_of(visit.url))
        self.tally.out_of_reach |= not again and outcome not in _NOTHING_THERE
        return report

    def _leave(self, host: str) -> None:
        self.tally.held.add(host)
        self._lanes.close(host)

    def _judge(self, page: Waiting, visit: Visit, outcome: str) -> None:
        """What an outcome says of the host that it came from."""
        host = host_of(visit.url)
        if outcome in _ANSWERS:
            self.tally.answered |= {page.host, host}
            self._lanes.went_well(host)
        elif (outcome in _REFUSALS and self._lanes.refused(host)) or (outcome in queue.PASSING and self._lanes.failed(host)):
            self._intake.note(finding("circuit_open", f"{host}: {outcome}"))
        self.tally.out_of_reach |= outcome in _REFUSALS

    def _remember(self, page: Waiting | None, visit: Visit, outcome: Outcome | None = None) -> None:
        """Write down what a visit made known of hosts: its requests, when each was asked last, and who wants to be left alone."""
        hops = list(visit.hops)
        if outcome and hops:
            hops[-1] = replace(hops[-1], outcome=outcome)
        self._write_hops(page, hops)
        for host in {host_of(hop.url) for hop in hops if hop.elapsed_ms is not None}:
            hosts.answered(self._db, host, self._soon)
        if visit.wait_s is not None:
            until = stamp(self._clock.now() + timedelta(seconds=math.ceil(visit.wait_s) + 1))  # a stamp has no fractions
            hosts.hold(self._db, visit.waits_on, until, self._fetcher.pace.held_because(visit.waits_on))

    def _write_hops(self, page: Waiting | None, hops: Sequence[Hop]) -> None:
        requests.add(self._db, self._intake.report.run_id, page.id if page else None, map(row_of, hops))
        for hop in hops:
            self._watch.request(hop)
        self._memory.write()

    def _due(self, url: str, outcome: str) -> str:
        return stamp(freshness.due_at(self._db, self._rhythm, url, outcome, self._clock.now()))

    def _done(
        self, page: Waiting, visit: Visit, outcome: str, due: str, url: str = "", again: bool = False,
        gave_rows: bool | None = None,
    ) -> None:  # fmt: skip
        run_id = self._intake.report.run_id
        queue.settle(self._db, page.id, run_id, outcome, visit.detail, self._now, due, url, again, gave_rows)

    def _links(self, page: Waiting, visit: Visit, capture: Capture, report: PageReport) -> list[Waiting]:
        """Queue the comparison pages that a page links to, unless it asks that none be followed."""
        if page.depth < 1 or report.outcome not in ("loaded", "partial", "unchanged"):
            return []
        urls = self._intake.links(capture, visit.url)
        queue.add(self._db, [discovery.found(url, page.depth - 1) for url in urls], self._now, named=False)
        return queue.waiting_among(self._db, urls)

    def left(self) -> int:
        """How many of its pages the run leaves queued."""
        queued = {page.id for page in queue.waiting(self._db)}
        return len(self.waiting.keys() & queued)


def _was_asked(visit: Visit) -> bool:
    return any(hop.elapsed_ms is not None for hop in visit.hops)


def _is_worth_another(visit: Visit) -> bool:
    """Whether the same may end otherwise in this run: it failed for a passing reason, or its host asks to wait no longer than
    a run can."""
    short = visit.wait_s is None or visit.wait_s <= LONGEST_WAIT_S
    return visit.outcome in _TRIED_AGAIN or (visit.outcome == queue.DEFERRED and short)
