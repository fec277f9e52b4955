"""A run: pages from their source into the archive, through the sandbox, into the database, and published at once."""

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from db import captures, load, publish, runs
from db.connection import Database, guarded, open_to_write
from db.lock import writing
from normalize import vocabulary
from normalize.errors import CareerscapeError, Rejected
from normalize.findings import Finding, finding
from scraper import sources, version
from scraper.archive import Archive, Location
from scraper.capture import Capture, stamp
from scraper.process import Terminated
from scraper.sandbox import Sandbox
from scraper.settings import Settings

PAGES_A_TRANSACTION = 100


@dataclass(frozen=True, slots=True)
class PageReport:
    """What became of one page: `outcome` is loaded, partial, unchanged or rejected; `findings` are all of its newest reading."""

    name: str
    outcome: str
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Report:
    """What a run did; `exit_code` is the contract's."""

    run_id: int
    counts: runs.Counts = field(default_factory=runs.Counts)
    exit_code: int = 0
    finished: bool = False


def import_pages(
    settings: Settings, pages: list[sources.SavedPage], clock: Callable[[], datetime], tell: Callable[[PageReport], None]
) -> Report:
    """Load saved pages; `tell` hears of each page when it is decided. Raises Busy, StorageError.

    What is interrupted leaves the archive and all finished batches; nothing of it is published before the next run.
    """
    with writing(settings.db), guarded(settings.db), closing(open_to_write(settings.db)) as db:
        report = Report(runs.begin(db, "import", stamp(clock())))
        try:
            _import(db, settings, report, pages, clock, tell)
        except BaseException as error:
            if not report.finished:
                report.exit_code = _code_of(error)
                with db.atomic():
                    runs.finish(db, report.run_id, report.counts, report.exit_code, stamp(clock()))
            raise
        db.conn.execute("PRAGMA optimize")
    return report


def _import(
    db: Database, settings: Settings, report: Report, pages: list[sources.SavedPage], clock: Callable[[], datetime],
    tell: Callable[[PageReport], None],
) -> None:  # fmt: skip
    with guarded(settings.db), closing(Archive(settings.archive, captures.known_files(db), clock())) as archive, Sandbox() as box:
        _Importer(db, archive, box, report, clock, tell).run(pages)


def _code_of(error: BaseException) -> int:
    if isinstance(error, CareerscapeError):
        return error.exit_code
    return {KeyboardInterrupt: 130, Terminated: 143}.get(type(error), 1)


class _Importer:
    """One import run."""

    def __init__(
        self, db: Database, archive: Archive, sandbox: Sandbox, report: Report, clock: Callable[[], datetime],
        tell: Callable[[PageReport], None],
    ) -> None:  # fmt: skip
        self.db, self.archive, self.sandbox, self.report = db, archive, sandbox, report
        self.clock, self.tell = clock, tell
        with db.atomic():
            self.version_id = load.version(db, version.parser(), vocabulary.version())

    def run(self, pages: Iterable[sources.SavedPage]) -> None:
        for batch in _batches(pages, PAGES_A_TRANSACTION):
            before = copy.deepcopy(self.report.counts)
            try:
                with self.db.atomic():
                    told = [self.page(page) for page in batch]
                    captures.note_files(self.db, self.archive.sync())
            except BaseException:
                self.report.counts = before
                raise
            for report in told:
                self.tell(report)
        counts = self.report.counts
        self.report.exit_code = 1 if counts.faults else 3 if counts.rejected or counts.failed or counts.partial else 0
        with self.db.atomic():
            publish.publish(self.db, self.report.run_id)
            runs.finish(self.db, self.report.run_id, counts, self.report.exit_code, stamp(self.clock()))
        self.report.finished = True

    def page(self, page: sources.SavedPage) -> PageReport:
        counts = self.report.counts
        try:
            capture = sources.capture(page, self.sandbox.addresses, self.clock())
        except Rejected as error:
            lost = finding(error.code, error.detail)
            counts.rejected += 1
            counts.lost.append(lost)
            counts.faults += error.code == "reader_fault"
            return PageReport(str(page.path), "rejected", (lost,))
        row = captures.find(self.db, capture.capture_id)
        if row is None and capture.time_source == "file":
            row = captures.find_same(self.db, capture.url, capture.sha256)
        if row is not None:
            return self._again(page, row)
        return self._new(page, capture)

    def _again(self, page: sources.SavedPage, row: int) -> PageReport:
        outcome, waits = publish.adopt(self.db, self.report.run_id, row)
        return self._count(page, outcome, not waits, captures.findings(self.db, row))

    def _new(self, page: sources.SavedPage, capture: Capture) -> PageReport:
        row = self._archive(capture)
        reading = self.sandbox.parse(capture.body, capture.media_type, capture.charset, capture.url)
        for hostile in (f for f in reading.findings if f.code == "too_hostile"):
            self.archive.append_verdict(capture, hostile.code, hostile.message)
        if capture.time_source == "file":
            reading = replace(reading, findings=(*reading.findings, finding("time_from_file", stamp(capture.captured_at))))
        unchanged = load.load(self.db, self.report.run_id, self.version_id, row, reading)
        return self._count(page, reading.outcome, unchanged, reading.findings)

    def _archive(self, capture: Capture) -> int:
        """The bytes before anything looks at them; a body that lies in the archive already is confirmed by a revisit."""
        known = captures.body(self.db, capture.sha256)
        archive = self.archive
        place = archive.append_revisit(capture, known.url, known.captured_at) if known else archive.append(capture)
        return captures.add(self.db, _row(capture, place, known.row_id if known else None))

    def _count(self, page: sources.SavedPage, outcome: str, unchanged: bool, findings: tuple[Finding, ...]) -> PageReport:
        counts = self.report.counts
        counts.faults += any(f.code == "reader_fault" for f in findings)
        if outcome == "rejected":
            counts.rejected += 1
        elif unchanged:
            counts.unchanged += 1
        else:
            counts.loaded += 1
        counts.partial += outcome == "partial"
        shown = outcome if outcome in ("rejected", "partial") else "unchanged" if unchanged else "loaded"
        return PageReport(str(page.path), shown, findings)


def _row(capture: Capture, place: Location, body_of: int | None) -> captures.CaptureRow:
    return captures.CaptureRow(
        capture.capture_id, capture.url, stamp(capture.captured_at), stamp(capture.fetched_at), capture.origin,
        capture.time_source, capture.media_type, capture.charset, capture.status, capture.sha256, place.warc_file,
        place.offset, place.length, body_of,
    )  # fmt: skip


def _batches(pages: Iterable[sources.SavedPage], size: int) -> Iterator[list[sources.SavedPage]]:
    rest = iter(pages)
    while batch := list(islice(rest, size)):
        yield batch
