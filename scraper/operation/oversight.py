"""A scrape run as those see it who left it alone: progress, log, metrics, and the address that hears of each run."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from db import queue, requests
from db.connection import open_to_read
from normalize.errors import Busy
from scraper import terminal
from scraper.capture import stamp
from scraper.intake import PageReport, Report
from scraper.operation import metrics
from scraper.operation.events import Level, Log, Silent
from scraper.process import code_of
from scraper.report import ABOUT_RUNS, Told
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

    def __init__(
        self, told: Told, bar: "Bar", log: Silent, begun: Callable[[Report], None] | None = None
    ) -> None:  # fmt: skip
        self._told, self._bar, self._log, self._begun = told, bar, log, begun
        self._run_id = 0

    def open(self, report: Report) -> None:
        """The run has its locks."""
        self._run_id = report.run_id
        if self._begun:
            self._begun(report)

    def begin(self, total: int) -> None:
        """So many pages are to be fetched."""
        self._bar.begin(total)
        self._log.emit("run_started", run_id=self._run_id, pages=total)

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
            "request", at=hop.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), url=hop.url,
            outcome=hop.outcome, status=hop.status, bytes=hop.bytes, elapsed_ms=hop.elapsed_ms,
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

    def begin(self, report: Report) -> None:
        """The run has begun."""
        self.report = report
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
        counts = _counts(oversight.report) if oversight.report else {}
        run_id = oversight.report.run_id if oversight.report else None
        log.emit("run_ended", "error", exit_code=code, run_id=run_id, error=str(error) or type(error).__name__, **counts)
        if not isinstance(error, Busy):
            oversight.write(code, pages=counts)
            oversight.ping(code)
        raise
    if (report := oversight.report) is not None:
        _write_down(oversight, report)
        oversight.ping(report.exit_code)


def _counts(report: Report) -> dict[str, int]:
    counts = report.counts
    return {name: getattr(counts, name) for name in ("loaded", "unchanged", "rejected", "failed")}


def _write_down(oversight: Oversight, report: Report) -> None:
    settings, now = oversight.settings, oversight.clock.now()
    with closing(open_to_read(settings.db)) as db:
        made = requests.outcomes(db, report.run_id)
        waiting = queue.counts(db, stamp(now))
    pages = _counts(report)
    for found in report.counts.lost:
        if found.code in ABOUT_RUNS:
            level: Level = "error" if found.severity == "error" else "warning"
            oversight.log.emit("finding", level, code=found.code, message=found.message)
    oversight.log.emit(
        "run_ended", "info", exit_code=report.exit_code, run_id=report.run_id, **pages, queued=report.left,
        not_due=report.resting, next_due_at=report.next_due_at, adopted=len(report.adopted), passed_over=len(report.passed_over),
        stopped=report.stopped, requests=made,
    )  # fmt: skip
    oversight.write(
        report.exit_code, pages=pages, requests=made, queue={n: waiting[n] for n in ("queued", "due", "later", "parked")}
    )
