"""Asking an archive: one request at a time, each written down; what passes is tried again, and who asks for peace gets it."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from db import hosts, queue, requests
from scraper.capture import parse_stamp, stamp
from scraper.fetcher import Fetcher, host_of
from scraper.http import Wanted
from scraper.intake import Intake
from scraper.lanes import MAX_TRIES, Lanes
from scraper.memory import Stored
from scraper.politeness import LONGEST_WAIT_S, Clock
from scraper.visits import Visit, row_of
from scraper.watch import Stopping, Watch

PAUSE_S = 60.0
"""The least pause when an archive says that it is asked too much."""

MOST_SLOW_DOWNS, MOST_FAILURES, MOST_REFUSALS = 3, 6, 3
"""So often in a run an archive may say so, in a row it may fail or refuse; then it is left alone."""

Left = Literal["", "rate_limited", "unreachable", "refused", "time"]


class Asker:
    """Asks archives for a run. `left` says why no more is asked for, and is empty while it is."""

    def __init__(self, intake: Intake, fetcher: Fetcher, memory: Stored, clock: Clock, watch: Watch, stop: Stopping) -> None:
        self._db, self._run_id = intake.db, intake.report.run_id
        self._fetcher, self._memory, self._clock, self._watch, self._stop = fetcher, memory, clock, watch, stop
        self._lanes = Lanes(fetcher.pace.left, random.Random())  # noqa: S311 - it spreads retries
        self._slow_downs = self._failures = self._refusals = 0
        self.left: Left = ""

    def recover(self) -> None:
        """Take over what earlier runs knew of hosts."""
        now = self._clock.now()
        for host in hosts.known(self._db).values():
            ago = (now - parse_stamp(host.answered_at)).total_seconds() if host.answered_at else None
            held = (parse_stamp(host.held_until) - now).total_seconds() if host.held_until else 0.0
            self._fetcher.pace.remember(host.name, ago, held, host.held_because)

    def ask(self, url: str, most: int, wanted: Wanted, is_answer: Callable[[Visit], bool] = lambda visit: False) -> Visit:  # noqa: ARG005
        """One answer, however it is; up to three requests where it fails in a way that may pass, unless it `is_answer`."""
        tries = 0
        while True:
            self._stop.check()
            visit = self._once(url, most, wanted)
            if is_answer(visit):
                self._failures = 0
                return visit
            if visit.given_up:
                self.left = "time"
            elif visit.outcome == queue.DEFERRED:
                self._slow_down(visit)
            elif visit.outcome in queue.PASSING:
                tries += 1
                self._failures += 1
                self.left = "unreachable" if self._failures >= MOST_FAILURES else self.left
                if tries < MAX_TRIES and not self.left:
                    self._clock.sleep(self._lanes.backoff_s(tries))
                    continue
            else:
                self._failures = 0
            if visit.outcome != queue.DEFERRED or self.left:
                return visit

    def refused(self, denied: bool = False) -> None:
        """The archive did not want us, or its robots.txt does not (`denied`)."""
        self._refusals += 1
        if denied or self._refusals >= MOST_REFUSALS:
            self.left = "refused"

    def answered(self) -> None:
        """The archive did want us."""
        self._refusals = 0

    def _slow_down(self, visit: Visit) -> None:
        """Leave the host alone for a while, or for the rest of the run."""
        pace, host = self._fetcher.pace, visit.waits_on
        self._slow_downs += 1
        pace.hold(host, PAUSE_S, "too many requests")
        seconds = pace.held_s(host)
        with self._stop.shielded(), self._db.atomic():
            hosts.hold(self._db, host, stamp(self._clock.now() + timedelta(seconds=seconds + 1)), pace.held_because(host))
        if self._slow_downs >= MOST_SLOW_DOWNS or seconds > LONGEST_WAIT_S + 1.0:
            self.left = "rate_limited"
            return
        self._watch.waiting(host, seconds, pace.held_because(host))
        pace.wait(host)

    def _once(self, url: str, most: int, wanted: Wanted) -> Visit:
        host = host_of(url)
        with self._db.atomic():  # a run that dies over it leaves the host its pause: a time to come counts as just now
            hosts.answered(self._db, host, stamp(self._clock.now() + timedelta(hours=1)))
        try:
            visit = self._fetcher.fetch(url, most, conditional=False, wanted=wanted)
        finally:
            with self._stop.shielded(), self._db.atomic():
                hosts.answered(self._db, host, stamp(self._clock.now() + timedelta(seconds=1)))
                requests.add(self._db, self._run_id, None, map(row_of, self._fetcher.hops))
                for hop in self._fetcher.hops:
                    self._watch.request(hop)
                self._memory.write()
        return visit
