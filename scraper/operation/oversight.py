"""A scrape run as those see it who left it alone: progress, log, metrics, and the address that hears of each run."""

import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from db import queries, queue, requests
from db.connection import open_to_read
from normalize.errors import Busy, CareerscapeError
from scraper.capture import stamp
from scraper.operation import metrics
from scraper.operation.events import Level, Silent
from scraper.process import Terminated
from scraper.report import Told
from scraper.run import PageReport, Report
from scraper.visits import Hop
from scraper.watch import Watch

if TYPE_CHECKING:
    from scraper.politeness import Clock
    from scraper.settings import Settings
    from scraper.terminal import Bar

_LEVELS: dict[str, Level] = {"failed": "error", "rejected": "warning", "partial": "warning"}
_LONG_WAIT_S = 2.0


class Onlooker(Watch):
    """Passes what a run does on to a progress bar, a log, and the report at its end."""

    def __init__(self, told: Told, bar: "Bar", log: Silent) -> None:
        self._told, self._bar, self._log = told, bar, log

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


@contextmanager
def overseen(settings: "Settings", clock: "Clock", log: Silent) -> "Iterator[list[Report]]":
    """Tell the health check of a run's start and end, write the metrics and the last line of the log, however it ends. The
    caller puts the report into the list that it gets."""
    from scraper.operation.healthcheck import ping

    started, run_id, ended = clock.now(), uuid.uuid4(), []  # type: datetime, uuid.UUID, list[Report]
    if settings.healthcheck:
        ping(settings.healthcheck, "start", run_id)
    code = 1
    try:
        yield ended
        code = ended[-1].exit_code
    except BaseException as error:
        code = _code_of(error)
        if isinstance(error, Busy):
            raise
        log.emit("run_ended", "error", exit_code=code, error=str(error) or type(error).__name__)
        if settings.metrics:
            metrics.write(settings.metrics, metrics.Ended(clock.now(), (clock.now() - started).total_seconds(), code))
        raise
    else:
        _write_down(settings, clock.now(), started, ended[-1], log)
    finally:
        if settings.healthcheck:
            ping(settings.healthcheck, code, run_id)


def _code_of(error: BaseException) -> int:
    if isinstance(error, CareerscapeError):
        return error.exit_code
    return {KeyboardInterrupt: 130, Terminated: 143}.get(type(error), 74 if isinstance(error, OSError) else 1)


def _write_down(settings: "Settings", now: datetime, started: datetime, report: Report, log: Silent) -> None:
    with closing(open_to_read(settings.db)) as db:
        row, made = queries.run(db, report.run_id), requests.outcomes(db, report.run_id)
        waiting = queue.counts(db, stamp(now))
    pages = {name: row[name] for name in ("loaded", "unchanged", "rejected", "failed")}
    log.emit("run_ended", exit_code=report.exit_code, run_id=report.run_id, **pages, queued=report.left, requests=made)
    if settings.metrics:
        states = {name: waiting[name] for name in ("queued", "due", "later", "parked")}
        seconds = (now - started).total_seconds()
        metrics.write(settings.metrics, metrics.Ended(now, seconds, report.exit_code, pages, made, states))
