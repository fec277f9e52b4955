"""A scrape run as those see it who left it alone: progress, log, metrics, and the address that hears of each run."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from db import queries, queue, requests
from db.connection import open_to_read
from normalize.errors import Busy
from scraper import terminal
from scraper.capture import stamp
from scraper.operation import metrics
from scraper.operation.events import Level, Log, Silent
from scraper.report import Told
from scraper.run import PageReport, Report, code_of
from scraper.visits import Hop
from scraper.watch import Watch

if TYPE_CHECKING:
    from scraper.politeness import Clock
    from scraper.settings import Settings
    from scraper.terminal import Bar

_LEVELS: dict[str, Level] = {"failed": "error", "rejected": "warning", "partial": "warning"}
_LONG_WAIT_S = 2.0


class Onlooker(Watch):
    """Passes what a run does on to a progress bar, a log, and the report at its end; `begun` hears that it has begun."""

    def __init__(self, told: Told, bar: "Bar", log: Silent, begun: Callable[[], None] = lambda: None) -> None:
        self._told, self._bar, self._log, self._begun = told, bar, log, begun

    def open(self) -> None:
        """The run has its locks."""
        self._begun()

    def begin(self, total: int) -> None:
        """So many pages are to be fetched."""
        self._bar.begin(total)
        self._log.emit("run_started", pages=total)

    def grow(self, more: int) -> None:
        """So many more were found."""
        self._bar.grow(more)
        self._log.emit("pages_found", pages=more)

    def page(self, report: PageReport) -> None:
        """A page is decided."""
        self._told.add(report)
        findings = [f"{f.code}: {f.message}" for f in report.findings if f.severity != "info"]
        self._log.emit("page", _LEVELS.get(report.outcome, "info"), url=report.name, outcome=report.outcome, findings=findings)

    def request(self, hop: Hop) -> None:
        """A request has ended, or was refused."""
        self._bar.note("")
        self._log.emit(
            "request", at=hop.at.isoformat(timespec="milliseconds"), url=hop.url, outcome=hop.outcome, status=hop.status,
            bytes=hop.bytes, elapsed_ms=hop.elapsed_ms,
            delay_s=hop.delay_s, delay_reason=hop.delay_reason, robots_rule=hop.robots_rule, detail=hop.detail,
        )  # fmt: skip

    def waiting(self, host: str, seconds: float, reason: str) -> None:
        """The run waits for a host."""
        if seconds >= _LONG_WAIT_S:
            self._bar.note(f"waiting {seconds:,.0f} s for {host} ({reason})")
            self._log.emit("waiting", host=host, seconds=round(seconds, 3), reason=reason)


class Oversight:
    """What is told of a run to those outside: `begin` when it has its locks, and at its end the report of the caller."""

    def __init__(self, settings: "Settings", clock: "Clock", log: Silent) -> None:
        self.settings, self.clock, self.log = settings, clock, log
        self.started, self.run_id = clock.now(), uuid.uuid4()
        self.report: Report | None = None

    def begin(self) -> None:
        """The run has begun."""
        self.ping("start")

    def ping(self, event: int | str) -> None:
        """Tell the health check, where there is one."""
        if self.settings.healthcheck:
            from scraper.operation.healthcheck import ping

            ping(self.settings.healthcheck, event, self.run_id, say=self.say)

    def say(self, text: str) -> None:
        """Something that people should know, as an event where there is a log."""
        if isinstance(self.log, Log):
            self.log.emit("warning", "warning", message=text)
        else:
            terminal.say(text)

    def write(self, code: int, **counts: dict[str, int]) -> None:
        """Write the metrics, where they are wanted."""
        if self.settings.metrics:
            now = self.clock.now()
            ended = metrics.Ended(now, (now - self.started).total_seconds(), code, **counts)
            metrics.write(self.settings.metrics, ended, self.say)


@contextmanager
def overseen(settings: "Settings", clock: "Clock", log: Silent) -> "Iterator[Oversight]":
    """Tell the health check of a run's start and end, write the metrics and the last line of the log, however it ends. The
    caller puts the report of the run where it is looked for. A run that another one keeps out is no run, and is not told of."""
    oversight = Oversight(settings, clock, log)
    try:
        yield oversight
    except BaseException as error:
        code = code_of(error)
        log.emit("run_ended", "error", exit_code=code, error=str(error) or type(error).__name__)
        if not isinstance(error, Busy):
            oversight.write(code)
            oversight.ping(code)
        raise
    if (report := oversight.report) is not None:
        _write_down(oversight, report)
        oversight.ping(report.exit_code)


def _write_down(oversight: Oversight, report: Report) -> None:
    settings, now = oversight.settings, oversight.clock.now()
    with closing(open_to_read(settings.db)) as db:
        row, made = queries.run(db, report.run_id), requests.outcomes(db, report.run_id)
        waiting = queue.counts(db, stamp(now))
    pages = {name: row[name] for name in ("loaded", "unchanged", "rejected", "failed")}
    oversight.log.emit("run_ended", exit_code=report.exit_code, run_id=report.run_id, **pages, queued=report.left, requests=made)
    oversight.write(
        report.exit_code, pages=pages, requests=made, queue={n: waiting[n] for n in ("queued", "due", "later", "parked")}
    )
