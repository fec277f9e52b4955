"""A new database from the archive alone: the same logical dump, whatever the order of the records and the number of workers.

Captures, verdicts, decisions and the user's vocabulary lie in the archive. What was decided is replayed and not judged again. The
archive is only read.
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from db import captures, freshness, learned, load, publish, queue, runs, tombstones
from db.connection import Database, guarded, is_there, open_to_write
from db.lock import writing, writing_folder
from db.lying import Lying
from normalize import vocabulary
from normalize.errors import CorruptRecord, StorageError, UsageError
from normalize.facts import Reading
from normalize.findings import Finding, finding
from normalize.wording import counted
from scraper import discovery, durable, gate, run, taught, version
from scraper.archive import Archive, Location
from scraper.capture import Capture, parse_stamp, stamp
from scraper.intake import load_reading, row_of
from scraper.keeping.survey import Survey, survey
from scraper.parsing import PageBytes
from scraper.pool import Pool
from scraper.settings import Settings
from scraper.terminal import UNSHOWN, Bar

_CAPTURES_A_TRANSACTION = 100


@dataclass(slots=True)
class Rebuilt:
    """What was built: captures, of them rejected ones, and what of the archive could not be used."""

    path: Path
    captures: int = 0
    rejected: int = 0
    held: int = 0
    lost: list[Finding] = field(default_factory=list)
    told: list[Finding] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """The contract's: 3 where pages are lost."""
        return 3 if self.lost else 0

    def to_dict(self) -> dict[str, Any]:
        """One object."""
        named = {name: [f"{one.code}: {one.message}" for one in getattr(self, name)] for name in ("lost", "told")}
        return {"path": str(self.path), "captures": self.captures, "rejected": self.rejected, "held": self.held, **named}

    def in_words(self) -> str:
        """For a person."""
        rejected = f", {self.rejected:,} of them rejected" if self.rejected else ""
        held = f", {self.held:,} held back" if self.held else ""
        return f"{self.path}: {counted(self.captures, 'capture')}{rejected}{held}"


def rebuild(settings: Settings, out: Path, clock: Callable[[], datetime], workers: int = 1, bar: Bar = UNSHOWN) -> Rebuilt:
    """Build a database at `out`, where there is none. Raises UsageError, Busy, StorageError, ConfigError.

    It appears under its name once it is whole. A lost copy of an official file raises StorageError.
    """
    if is_there(out):
        raise UsageError(f"{out} is there already; name a database that is to be made")
    if not settings.archive.is_dir():
        raise UsageError(f"there is no archive at {settings.archive}")
    part = out.with_name(f"{out.name}.part")
    with writing(out), writing_folder(settings.archive):
        try:
            _remove(part)
            done = build(settings, part, clock(), workers, bar)
            if not done.captures and not done.lost:
                raise UsageError(f"{settings.archive} holds no captures (--archive names another)")
            durable.sync(part)
            part.replace(out)
            durable.sync(out.parent)
        except OSError as error:
            raise StorageError(f"{out}: {error.strerror}") from error
        finally:
            _remove(part)
    done.path = out
    return done


def build(settings: Settings, path: Path, now: datetime, workers: int, bar: Bar, held: Survey | None = None) -> Rebuilt:
    """Build a database from the archive at a path where there is none; `held` is what it holds, where that is known already. The
    caller holds the locks. Raises as `rebuild`."""
    with (
        taught.in_use(settings.archive), guarded(path), closing(open_to_write(path)) as db, Pool(workers) as pool,
        ExitStack() as opened,
    ):  # fmt: skip
        db.conn.execute("PRAGMA synchronous = OFF")  # what is not whole is thrown away
        db.conn.execute("PRAGMA cache_spill = ON")  # nobody reads it yet
        held = held or opened.enter_context(closing(survey(Archive(settings.archive, {}, now))))
        return _Rebuilding(db, settings, pool, now).all(bar, held)


def _remove(part: Path) -> None:
    for path in (part, part.with_name(f"{part.name}-journal")):
        path.unlink(missing_ok=True)


class _Rebuilding:
    """One run over the whole archive."""

    def __init__(self, db: Database, settings: Settings, pool: Pool, now: datetime) -> None:
        self._db, self._pool, self._now = db, pool, now
        self._archive = Archive(settings.archive, {}, now)
        self._rhythm = run.rhythm(settings)
        self.done = Rebuilt(settings.db)

    def all(self, bar: Bar, held: Survey) -> Rebuilt:
        """Read, load, decide, publish."""
        taught.Coder(self._archive.folder).check()
        self.done.lost += held.damages
        self.done.told += [*held.odd, *held.torn, *(finding("foreign_file", name) for name in held.foreign)]
        bar.begin(sum(1 for _ in held.captures()))
        run_id = runs.begin(self._db, "rebuild", stamp(self._now))
        with self._db.atomic():
            for one in sorted(held.tombstones, key=lambda one: (one.at, one.url_sha256, one.reason)):
                tombstones.bury(self._db, one.url_sha256, one.at, one.reason)
            version_id = load.version(self._db, version.parser(), vocabulary.version())
        with closing(self._pool.among(self._found(one, held) for one in in_order(held))) as coming:
            while self._load(islice(coming, _CAPTURES_A_TRANSACTION), run_id, version_id, bar):
                pass
        self._finish(run_id, held)
        return self.done

    def _found(self, one: Lying, held: Survey) -> "tuple[_Found, PageBytes | None]":
        """A capture as it lies in the archive, and its page where that is to be read."""
        try:
            capture = self._capture(one, held)
        except CorruptRecord as error:
            return _Found(one, finding("bad_record", str(error))), None
        if capture is None:
            return _Found(one, finding("lost_body", f"{one.url}, {one.captured_at}")), None
        if verdict := held.verdicts.get(one.name):
            return _found_as(one, capture, Reading("rejected", None, None, (), (), (verdict,))), None
        return _found_as(one, capture), PageBytes(capture.body, capture.media_type, capture.charset, capture.url)

    def _capture(self, one: Lying, held: Survey) -> Capture | None:
        """A capture with its body, None where that does not lie in the archive. Raises CorruptRecord."""
        if (body := held.records.body(one.sha256)) is None:
            return None
        written = self._archive.written(Location(one.warc_file, one.warc_offset, one.warc_length))
        if written.sha256 != one.sha256:
            raise CorruptRecord(one.warc_file, one.warc_offset, "it was changed meanwhile")
        if not written.revisit:
            return written.capture
        return replace(written.capture, body=self._archive.read(Location(*body), one.sha256))

    def _load(self, some: "Iterable[tuple[_Found, Reading | None]]", run_id: int, version_id: int, bar: Bar) -> int:
        """Load captures as they come; how many came."""
        count = 0
        with self._db.atomic():
            for found, read in some:
                count += 1
                bar.advance()
                reading = read or found.verdict
                if isinstance(found.what, Finding) or not reading:
                    self.done.lost += [found.what] if isinstance(found.what, Finding) else []
                else:
                    self._one(found.lying, *found.what, reading, run_id, version_id)
        return count

    def _one(
        self, lying: Lying, row: captures.CaptureRow, capture: Capture, reading: Reading, run_id: int, version_id: int
    ) -> None:  # fmt: skip
        known = captures.body(self._db, lying.sha256)
        row_id = captures.add(self._db, replace(row, body_of=known.row_id if known else None))
        load_reading(self._db, run_id, version_id, row_id, capture, reading)
        self.done.captures += 1
        self.done.rejected += reading.outcome == "rejected"

    def _queue(self) -> None:
        """Let the pages that were fetched be due as if the queue had been kept."""
        for page in queue.fetched(self._db):
            outcome = "ok" if page.gave_rows else "rejected"
            due = freshness.due_at(self._db, self._rhythm, page.url, outcome, parse_stamp(page.captured_at))
            queue.restore(self._db, page, discovery.found(page.url, 0).host, outcome="ok", due_at=stamp(due))

    def _finish(self, run_id: int, held: Survey) -> None:
        at = stamp(self._now)
        with self._db.atomic():
            for decided in held.decided():
                gate.replay(self._db, run_id, decided)
            publish.publish(self._db, run_id)
            self._queue()
            learned.learn(self._db, vocabulary.in_use().said, vocabulary.READING_KINDS)
            taught.code(self._db, self._archive.folder, run_id, at)
            captures.note_files(self._db, held.sizes)
            rejected = self.done.rejected
            counts = runs.Counts(loaded=self.done.captures - rejected, rejected=rejected, lost=[*self.done.lost, *self.done.told])
            runs.finish(self._db, run_id, counts, self.done.exit_code, at)
        self.done.held = self._db.execute("SELECT count(*) FROM hold WHERE released_at IS NULL").fetchone()[0]
        self._db.conn.execute("PRAGMA optimize")


@dataclass(frozen=True, slots=True)
class _Found:
    """What there is of a record: its capture, without the body, as many may wait, or why there is none; with a `verdict` it is
    not read again."""

    lying: Lying
    what: tuple[captures.CaptureRow, Capture] | Finding
    verdict: Reading | None = None


def _found_as(one: Lying, capture: Capture, verdict: Reading | None = None) -> _Found:
    row = row_of(capture, Location(one.warc_file, one.warc_offset, one.warc_length), None)
    return _Found(one, (row, replace(capture, body=b"")), verdict)


def in_order(held: Survey) -> Iterable[Lying]:
    """The captures in the order in which they are loaded; the database is the same in any."""
    return held.captures()
