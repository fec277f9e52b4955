"""A new database from the archive alone: the same logical dump, whatever the order of the records and the number of workers.

Captures, verdicts, decisions and the user's vocabulary lie in the archive. What was decided is replayed and not judged again. The
archive is only read.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from db import captures, learned, load, publish, runs, tombstones
from db.connection import Database, guarded, is_there, open_to_write
from db.lock import writing, writing_folder
from normalize import vocabulary
from normalize.errors import CorruptRecord, StorageError, UsageError
from normalize.facts import Reading
from normalize.findings import Finding, finding
from normalize.wording import counted
from scraper import durable, gate, taught, version
from scraper.archive import Archive
from scraper.capture import stamp
from scraper.intake import load_reading, row_of
from scraper.parsing import PageBytes
from scraper.pool import Pool
from scraper.settings import Settings
from scraper.survey import Lying, Survey, survey


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


def rebuild(
    settings: Settings, out: Path, clock: Callable[[], datetime], workers: int = 1,
    begin: Callable[[int], object] = abs, advance: Callable[[], object] = list,
) -> Rebuilt:  # fmt: skip
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
            done = build(settings, part, clock(), workers, begin, advance)
            durable.sync(part)
            part.replace(out)
            durable.sync(out.parent)
        except OSError as error:
            raise StorageError(f"{out}: {error.strerror}") from error
        finally:
            _remove(part)
    done.path = out
    return done


def build(
    settings: Settings, path: Path, now: datetime, workers: int, begin: Callable[[int], object], advance: Callable[[], object]
) -> Rebuilt:
    """Build a database from the archive at a path where there is none; the caller holds the locks. Raises as `rebuild`."""
    with taught.in_use(settings.archive), guarded(path), closing(open_to_write(path)) as db, Pool(workers) as pool:
        db.conn.execute("PRAGMA synchronous = OFF")  # what is not whole is thrown away
        return _Rebuilding(db, settings, pool, now).all(begin, advance)


def _remove(part: Path) -> None:
    for path in (part, part.with_name(f"{part.name}-journal")):
        path.unlink(missing_ok=True)


class _Rebuilding:
    """One run over the whole archive."""

    def __init__(self, db: Database, settings: Settings, pool: Pool, now: datetime) -> None:
        self._db, self._pool, self._now = db, pool, now
        self._archive = Archive(settings.archive, {}, now)
        self._rows: dict[str, int] = {}
        self.done = Rebuilt(settings.db)

    def all(self, begin: Callable[[int], object], advance: Callable[[], object]) -> Rebuilt:
        """Read, load, decide, publish."""
        coder = taught.Coder(self._archive.folder)
        coder.check()
        held = survey(self._archive)
        self.done.lost += held.damages
        self.done.told += [*held.odd, *held.torn, *(finding("foreign_file", name) for name in held.foreign)]
        lying = in_order(held.distinct())
        begin(len(lying))
        run_id = runs.begin(self._db, "rebuild", stamp(self._now))
        with self._db.atomic():
            for one in sorted(held.tombstones, key=lambda one: (one.at, one.url_sha256, one.reason)):
                tombstones.bury(self._db, one.url_sha256, one.at, one.reason)
            version_id = load.version(self._db, version.parser(), vocabulary.version())
        for some in ([one for one in lying if one.revisit == revisit] for revisit in (False, True)):
            for start in range(0, len(some), self._pool.pages_together):
                self._load(some[start : start + self._pool.pages_together], held, run_id, version_id, advance)
        self._finish(run_id, held)
        return self.done

    def _load(self, lying: Sequence[Lying], held: Survey, run_id: int, version_id: int, advance: Callable[[], object]) -> None:
        pages, given = [], []
        for one in lying:
            advance()
            try:
                body = self._archive.read(held.bodies[one.sha256], one.sha256) if one.sha256 in held.bodies else None
            except CorruptRecord as error:
                self.done.lost.append(finding("bad_record", str(error)))
                continue
            if body is None:
                self.done.lost.append(finding("lost_body", f"{one.capture.url}, {stamp(one.capture.captured_at)}"))
                continue
            given.append(replace(one, capture=replace(one.capture, body=body)))
            pages.append(PageBytes(body, one.capture.media_type, one.capture.charset, one.capture.url))
        wanted = [*dict.fromkeys(page for one, page in zip(given, pages, strict=True) if one.name not in held.verdicts)]
        readings = dict(zip(wanted, self._pool.parse_many(wanted), strict=True))
        with self._db.atomic():
            for one, page in zip(given, pages, strict=True):
                verdict = held.verdicts.get(one.name)
                reading = Reading("rejected", None, None, (), (), (verdict,)) if verdict else readings[page]
                self._one(one, reading, run_id, version_id)

    def _one(self, one: Lying, reading: Reading, run_id: int, version_id: int) -> None:
        capture = one.capture
        row = captures.add(self._db, row_of(capture, one.place, self._rows.get(one.sha256)))
        if not one.revisit:
            self._rows.setdefault(one.sha256, row)
        load_reading(self._db, run_id, version_id, row, capture, reading)
        self.done.captures += 1
        self.done.rejected += reading.outcome == "rejected"

    def _finish(self, run_id: int, held: Survey) -> None:
        at = stamp(self._now)
        with self._db.atomic():
            for decided in held.decided():
                gate.replay(self._db, run_id, decided)
            publish.publish(self._db, run_id)
            learned.learn(self._db, vocabulary.in_use().said, vocabulary.READING_KINDS)
            taught.code(self._db, self._archive.folder, run_id, at)
            captures.note_files(self._db, held.sizes)
            rejected = self.done.rejected
            counts = runs.Counts(loaded=self.done.captures - rejected, rejected=rejected, lost=[*self.done.lost, *self.done.told])
            runs.finish(self._db, run_id, counts, self.done.exit_code, at)
        self.done.held = self._db.execute("SELECT count(*) FROM hold WHERE released_at IS NULL").fetchone()[0]
        self._db.conn.execute("PRAGMA optimize")


def in_order(lying: Iterable[Lying]) -> list[Lying]:
    """The captures in the order in which they are loaded; the database is the same in any."""
    return sorted(lying, key=lambda one: (one.capture.url, one.capture.captured_at, one.sha256))
