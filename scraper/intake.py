"""Taking pages in: what is captured goes into the archive, through the sandbox and into the database, unpublished."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from db import captures, holds, load, publish, runs, tombstones
from db.connection import Database
from normalize import vocabulary
from normalize.bands import Band
from normalize.errors import Rejected
from normalize.facts import Reading
from normalize.findings import Finding, finding
from scraper import gate, taught, version
from scraper.archive import Archive, Location
from scraper.capture import Capture, stamp
from scraper.keeping import burying
from scraper.parsing import PageBytes
from scraper.pool import Pool
from scraper.records import Verdict

_PRIVATE = finding("noarchive", "X-Robots-Tag")


@dataclass(frozen=True, slots=True)
class PageReport:
    """What became of one page: `outcome` is loaded, partial, unchanged, rejected or failed, or skipped where it is forgotten;
    `findings` are all of its newest reading, or say why there is none."""

    name: str
    outcome: str
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Report:
    """What a run did; `exit_code` is the contract's, `adopted` are the pages that a dead run had archived.

    `left` counts the pages that stay queued, `resting` those that were named and are not due yet (the first at `next_due_at`);
    `passed_over` are addresses of no comparison page, `stopped` tells what ended the run early: its time, or its pages; `held` is
    what it holds back.
    """

    run_id: int
    counts: runs.Counts = field(default_factory=runs.Counts)
    exit_code: int = 0
    left: int = 0
    finished: bool = False
    adopted: list[PageReport] = field(default_factory=list)
    resting: int = 0
    next_due_at: str = ""
    passed_over: tuple[str, ...] = ()
    stopped: str = ""
    held: gate.Held = field(default_factory=gate.Held)


class Intake:
    """Takes captures into archive and database. The caller holds a transaction (`together`) around all that takes, loads, loses
    or syncs, and loads in it all steps that it made in it."""

    def __init__(
        self, db: Database, archive: Archive, pool: Pool, report: Report, clock: Callable[[], datetime],
        band: Band = Band(),  # noqa: B008 - it is frozen
    ) -> None:  # fmt: skip
        self.db, self.archive, self.report, self.clock = db, archive, report, clock
        self._pool, self.sandbox = pool, pool.one
        self._band, self._held_before = band, set[int]()
        self._verdicts: list[tuple[Verdict, Capture]] = []
        with db.atomic():
            self.version_id = load.version(db, version.parser(), vocabulary.version())

    @contextmanager
    def together(self) -> Iterator[None]:
        """A transaction; where it is rolled back, what was counted in it does not count."""
        before, lost = replace(self.report.counts), len(self.report.counts.lost)
        try:
            with self.db.atomic():
                yield
                runs.note(self.db, self.report.run_id, self.report.counts)
        except BaseException:
            del before.lost[lost:]
            self.report.counts, self._verdicts = before, []
            raise

    def take(self, capture: Capture, name: str) -> PageReport:
        """Archive, read and load a capture; one that is known already adds nothing."""
        step = self.step(capture, name)
        (reading,) = self.sandbox.parse_many([step.page]) if step.page else (None,)
        report = step.done(reading)
        assert report
        return report

    def step(self, capture: Capture, name: str, packed: bytes | None = None) -> "Step":
        """Archive and index a capture, `packed` already or not, to be loaded in its turn; one that is known already adds
        nothing."""
        if tombstones.is_forgotten(self.db, capture.url):
            return Step(None, lambda _: self._skipped(capture.url, name))
        row = captures.find(self.db, capture.capture_id)
        if row is None and capture.time_source == "file":
            row = captures.find_same(self.db, capture.url, capture.sha256)
        if row is None:
            return self._to_read(capture, name, self._archive(capture, packed))
        self._heal(capture, row)
        known = row
        return Step(None, lambda _: self._again(name, known))

    def take_over(self, capture: Capture, place: Location, body_of: int | None, verdict: Finding | None) -> "Step":
        """Index a capture whose record is there already; with a `verdict` it is not read again."""
        row = captures.add(self.db, row_of(capture, place, body_of))
        name = capture.requested or capture.url
        if verdict is None:
            return self._to_read(capture, name, row)
        reading = Reading("rejected", None, None, (), (), (verdict,))
        return Step(None, lambda _: self._load(capture, name, row, reading))

    def lost(self, name: str, why: Finding) -> "Step":
        """A page that never became a capture is rejected."""
        return Step(None, lambda _: self.lose(name, why, failed=False))

    def noted(self, what: Finding) -> "Step":
        """Write down in its turn what concerns no page."""
        return Step(None, lambda _: self.note(what))

    def load(self, steps: "Iterable[Step]") -> Iterator[PageReport]:
        """Read and load in the order of the steps, of which some more are asked for while pages are read."""
        with closing(self._pool.among((step, step.page) for step in steps)) as coming:
            for step, reading in coming:
                if report := step.done(reading):
                    yield report

    def is_new(self, capture: Capture) -> bool:
        """Whether a capture has a body that is not in the archive by now, as far as the index knows."""
        return captures.find(self.db, capture.capture_id) is None and captures.body(self.db, capture.sha256) is None

    def _to_read(self, capture: Capture, name: str, row: int) -> "Step":
        page = PageBytes(capture.body, capture.media_type, capture.charset, capture.url)
        return Step(page, lambda reading: self._read(capture, name, row, reading))

    def _read(self, capture: Capture, name: str, row: int, reading: Reading | None) -> PageReport:
        assert reading
        for hostile in (found for found in reading.findings if found.code == "too_hostile"):
            self._verdicts.append((Verdict(capture.capture_id, hostile.code, hostile.message, version.reader()), capture))
        return self._load(capture, name, row, reading)

    def _skipped(self, url: str, name: str) -> PageReport:
        self.skip(url)
        return PageReport(name, "skipped")

    def _again(self, name: str, row: int) -> PageReport:
        if holds.is_held(self.db, row):
            self._held_before.add(row)
        outcome, waits = publish.adopt(self.db, self.report.run_id, row)
        return self._count(name, outcome, not waits, captures.findings(self.db, row))

    def lose(self, name: str, lost: Finding, failed: bool) -> PageReport:
        """Count a page that never became a capture, as failed or as rejected."""
        counts = self.report.counts
        counts.failed += failed
        counts.rejected += not failed
        counts.lost.append(lost)
        counts.faults += lost.code == "reader_fault"
        return PageReport(name, "failed" if failed else "rejected", (lost,))

    def note(self, noted: Finding) -> None:
        """Write down something about the run that concerns no page."""
        self.report.counts.lost.append(noted)

    def skip(self, url: str) -> None:
        """Write down, once in a run, that a page is forgotten and was not taken in."""
        if (told := burying.told(url)) not in self.report.counts.lost:
            self.note(told)

    def links(self, capture: Capture, url: str) -> tuple[str, ...]:
        """The comparison pages that a capture links to, unless it asks that none be followed; relative links count from `url`,
        the address as the site spells it."""
        if capture.nofollow:
            return ()
        try:
            return self.sandbox.links(capture.body, capture.media_type, capture.charset, url)
        except Rejected as error:
            self.note(finding(error.code, f"links of {capture.url}: {error.detail}"))
            return ()

    def sync(self) -> None:
        """Make what was archived durable, and remember how far the index knows it."""
        verdicts, self._verdicts = self._verdicts, []
        for made, capture in verdicts:
            self.archive.append_verdict(made, capture.url, stamp(capture.captured_at))
        captures.note_files(self.db, self.archive.sync())

    def finish(self, exit_code: int) -> None:
        """Publish what is not held back, and write down how the run ended; only a fault of ours is worse than a run held back."""
        run_id, at = self.report.run_id, self.clock()
        held = gate.judge(self.db, run_id, self._band, len(self._held_before))
        gate.record(self.db, self.archive, held, at)
        exit_code = gate.EXIT_CODE if held and exit_code != 1 else exit_code
        self.report.exit_code, self.report.held = exit_code, held
        with self.db.atomic():
            gate.write(self.db, self.archive, run_id, held, at)
            publish.publish(self.db, run_id)
            taught.code(self.db, self.archive.folder, run_id, stamp(at))
            runs.finish(self.db, run_id, self.report.counts, exit_code, stamp(self.clock()))
        self.report.finished = True

    def _load(self, capture: Capture, name: str, row: int, reading: Reading) -> PageReport:
        reading, unchanged = load_reading(self.db, self.report.run_id, self.version_id, row, capture, reading)
        return self._count(name, reading.outcome, unchanged, reading.findings)

    def _archive(self, capture: Capture, packed: bytes | None) -> int:
        """The bytes before anything looks at them; a body that lies in the archive already is confirmed by a revisit."""
        known = captures.body(self.db, capture.sha256)
        if known and self._holds(known, capture.sha256):
            place = self.archive.append_revisit(capture, known.url, known.captured_at)
            return captures.add(self.db, row_of(capture, place, known.row_id))
        row = captures.add(self.db, row_of(capture, self.archive.append(capture, packed), None))
        if known:
            captures.replace_body(self.db, capture.sha256, row)
        return row

    def _heal(self, capture: Capture, row: int) -> None:
        """Write a body again whose record the archive has lost."""
        known = captures.body(self.db, capture.sha256)
        if known and not self._holds(known, capture.sha256):
            place = self.archive.append(capture)
            captures.relocate(self.db, row, place.warc_file, place.offset, place.length)
            captures.replace_body(self.db, capture.sha256, row)

    def _holds(self, known: captures.Body, sha256: str) -> bool:
        return self.archive.holds(Location(known.warc_file, known.warc_offset, known.warc_length), sha256)

    def _count(self, name: str, outcome: str, unchanged: bool, findings: tuple[Finding, ...]) -> PageReport:
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
        return PageReport(name, shown, findings)


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done in its turn, with the reading of its page where it has one; it tells what became of the page, and
    nothing where it is of none."""

    page: PageBytes | None
    done: Callable[[Reading | None], PageReport | None]


def load_reading(
    db: Database, run_id: int, version_id: int, row: int, capture: Capture, reading: Reading
) -> tuple[Reading, bool]:
    """Load a reading, with what is to be noted of its capture and does not stand in its page; the answer is the whole of it, and
    whether its facts are those of the page's previous capture. The caller holds the transaction.

    A body that a server confirms stays as private as it was by then, in whatever order its captures come.
    """
    added = []
    if capture.time_source == "file":
        added.append(finding("time_from_file", stamp(capture.captured_at)))
    if not _is_private(reading) and (capture.noarchive or (capture.status == 304 and captures.was_private(db, row))):
        added.append(_PRIVATE)
    reading = replace(reading, findings=(*reading.findings, *added))
    unchanged = load.load(db, run_id, version_id, row, reading)
    if _is_private(reading):
        for run_of_it, reading_id in captures.confirmed_after(db, row):
            load.note_findings(db, run_of_it, reading_id, [_PRIVATE])
    return reading, unchanged


def _is_private(reading: Reading) -> bool:
    return any(found.code == _PRIVATE.code for found in reading.findings)


def row_of(capture: Capture, place: Location, body_of: int | None) -> captures.CaptureRow:
    """A capture as it is indexed; `body_of` is the row of the capture that holds its body, where that is another one."""
    return captures.CaptureRow(
        capture.capture_id, capture.url, stamp(capture.captured_at), stamp(capture.fetched_at), capture.origin,
        capture.time_source, capture.media_type, capture.charset, capture.status, capture.sha256, place.warc_file,
        place.offset, place.length, body_of, capture.header("etag"), capture.header("last-modified"),
    )  # fmt: skip
