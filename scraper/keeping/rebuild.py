"""A new database from the archive alone: the same logical dump, whatever the order of the records and the number of workers.

Captures, verdicts, decisions and the user's vocabulary lie in the archive. What was decided is replayed and not judged again. The
archive is only read.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from db import captures, freshness, learned, load, publish, queue, runs, tombstones
from db.connection import Database, guarded, is_there, open_to_write
from db.lock import writing, writing_folder
from normalize import vocabulary
from normalize.errors import CorruptRecord, StorageError, UsageError
from normalize.facts import Reading
from normalize.findings import Finding, finding
from normalize.wording import counted
from scraper import discovery, durable, gate, run, taught, version
from scraper.archive import Archive
from scraper.capture import parse_stamp, stamp
from scraper.intake import load_reading, row_of
from scraper.keeping.survey import Lying, Survey, survey
from scraper.parsing import PageBytes
from scraper.pool import Pool
from scraper.settings import Settings
from scraper.terminal import UNSHOWN, Bar

_Part = TypeVar("_Part")
_Read = TypeVar("_Read")


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
    with taught.in_use(settings.archive), guarded(path), closing(open_to_write(path)) as db, Pool(workers) as pool:
        db.conn.execute("PRAGMA synchronous = OFF")  # what is not whole is thrown away
        return _Rebuilding(db, settings, pool, now).all(bar, held)


def _remove(part: Path) -> None:
    for path in (part, part.with_name(f"{part.name}-journal")):
        path.unlink(missing_ok=True)


class _Rebuilding:
    """One run over the whole archive."""

    def __init__(self, db: Database, settings: Settings, pool: Pool, now: datetime) -> None:
        self._db, self._pool, self._now = db, pool, now
        self._archive = Archive(settings.archive, {}, now)
        self._rows: dict[str, int] = {}
        self._rhythm = run.rhythm(settings)
        self.done = Rebuilt(settings.db)

    def all(self, bar: Bar, held: Survey | None) -> Rebuilt:
        """Read, load, decide, publish."""
        coder = taught.Coder(self._archive.folder)
        coder.check()
        held = held or survey(self._archive)
        self.done.lost += held.damages
        self.done.told += [*held.odd, *held.torn, *(finding("foreign_file", name) for name in held.foreign)]
        lying = in_order(held.distinct())
        bar.begin(len(lying))
        run_id = runs.begin(self._db, "rebuild", stamp(self._now))
        with self._db.atomic():
            for one in sorted(held.tombstones, key=lambda one: (one.at, one.url_sha256, one.reason)):
                tombstones.bury(self._db, one.url_sha256, one.at, one.reason)
            version_id = load.version(self._db, version.parser(), vocabulary.version())
        in_turn = [one for revisit in (False, True) for one in lying if one.revisit == revisit]
        parts = [in_turn[at : at + self._pool.pages_together] for at in range(0, len(in_turn), self._pool.pages_together)]
        with closing(ahead(lambda some: self._read(some, held), parts)) as coming:
            for read in coming:
                self._load(read, run_id, version_id, bar)
        self._finish(run_id, held)
        return self.done

    def _read(self, lying: Sequence[Lying], held: Survey) -> list[tuple[Lying, Reading | Finding]]:
        """The readings of captures, their bodies in place, or why there is none. The same bytes of a page are read once."""
        found: dict[str, PageBytes | Finding] = {one.name: self._page(one, held) for one in lying}
        wanted = dict.fromkeys(page for name, page in found.items() if name not in held.verdicts and isinstance(page, PageBytes))
        readings = dict(zip(wanted, self._pool.parse_many([*wanted]), strict=True))
        read: list[tuple[Lying, Reading | Finding]] = []
        for one in lying:
            page, verdict = found[one.name], held.verdicts.get(one.name)
            if isinstance(page, Finding):
                read.append((one, page))
                continue
            reading = Reading("rejected", None, None, (), (), (verdict,)) if verdict else readings[page]
            read.append((replace(one, capture=replace(one.capture, body=page.body)), reading))
        return read

    def _page(self, one: Lying, held: Survey) -> PageBytes | Finding:
        if one.sha256 not in held.bodies:
            return finding("lost_body", f"{one.capture.url}, {stamp(one.capture.captured_at)}")
        try:
            body = self._archive.read(held.bodies[one.sha256], one.sha256)
        except CorruptRecord as error:
            return finding("bad_record", str(error))
        return PageBytes(body, one.capture.media_type, one.capture.charset, one.capture.url)

    def _load(self, read: list[tuple[Lying, Reading | Finding]], run_id: int, version_id: int, bar: Bar) -> None:
        with self._db.atomic():
            for one, what in read:
                bar.advance()
                if isinstance(what, Finding):
                    self.done.lost.append(what)
                else:
                    self._one(one, what, run_id, version_id)

    def _one(self, one: Lying, reading: Reading, run_id: int, version_id: int) -> None:
        capture = one.capture
        row = captures.add(self._db, row_of(capture, one.place, self._rows.get(one.sha256)))
        if not one.revisit:
            self._rows.setdefault(one.sha256, row)
        load_reading(self._db, run_id, version_id, row, capture, reading)
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


def ahead(read: Callable[[_Part], _Read], parts: Iterable[_Part]) -> Generator[_Read, None, None]:
    """What is read of each part, in their order; the next one is read while the last one is used."""
    with ThreadPoolExecutor(1) as thread:
        coming: list[Future[_Read]] = []
        for part in parts:
            coming.append(thread.submit(read, part))
            if len(coming) > 1:
                yield coming.pop(0).result()
        for last in coming:
            yield last.result()


def in_order(lying: Iterable[Lying]) -> list[Lying]:
    """The captures in the order in which they are loaded; the database is the same in any."""
    return sorted(lying, key=lambda one: (one.capture.url, one.capture.captured_at, one.sha256))
