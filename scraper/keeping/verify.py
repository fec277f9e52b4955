"""Whether archive and database agree: each record is read, each value derived again from its bytes, and the two are compared."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from db import captures, comparing, integrity, lying
from db.comparing import Difference
from db.connection import Database, guarded, open_to_read
from db.lock import still
from normalize.errors import StorageError
from normalize.wording import counted
from scraper import report, taught
from scraper.archive import Archive
from scraper.keeping import arrears, burying, rebuild, rereading
from scraper.keeping.survey import Survey, survey
from scraper.settings import Settings
from scraper.terminal import UNSHOWN, Bar

_MOST_NAMED = 20
_MOST_LETTERS = 160


@dataclass(slots=True)
class Verified:
    """What was compared, and what is wrong: `problems` in words, `differences` by view. `notes` are no fault or explain one,
    `advice` says what to do. Values are compared where today's parser and rules read all of them."""

    captures: int = 0
    bytes: int = 0
    values_compared: bool = False
    problems: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """The contract's."""
        return StorageError.exit_code if self.problems or self.differences else 0

    def to_dict(self) -> dict[str, Any]:
        """One object; `agree` sums it up."""
        return {"agree": not self.exit_code, **asdict(self)}

    def in_lines(self) -> Iterator[str]:
        """For a person."""
        yield f"{counted(self.captures, 'capture')} and {self.bytes:,} bytes of the archive compared"
        yield from self.notes
        yield from self.problems
        for one in self.differences:
            yield f"{one.view}: {counted(one.here, 'row')} only in the database, {one.there:,} only from the archive"
            if not self.problems:  # else they follow from what is damaged
                yield from (f"  only in the database: {_short(row)}" for row in one.only_here[:1])
                yield from (f"  only from the archive: {_short(row)}" for row in one.only_there[:1])
        what = "all of it" if self.values_compared else "the archive"
        yield "they disagree" if self.exit_code else f"{what} agrees"
        yield from self.advice


def verify(settings: Settings, clock: Callable[[], datetime], workers: int = 1, bar: Bar = UNSHOWN) -> Verified:
    """Compare a database with its archive; nothing of either is changed. Raises UsageError, Busy, StorageError, ConfigError."""
    found = Verified()
    with (
        ExitStack() as opened, guarded(settings.db), closing(open_to_read(settings.db)) as db,
        still(settings.db, settings.archive),
    ):  # fmt: skip
        found.problems += integrity.problems(db)
        found.problems += arrears.lost_vocabulary(db, settings.archive)
        held = opened.enter_context(closing(_archive(db, settings, clock(), found)))
        behind = [*_behind(db, settings)]
        found.values_compared = settings.archive.is_dir() and not behind
        if behind:
            behind.append("so that values are not compared: they are those of another parser or other rules")
        if found.values_compared:
            behind += _left(db)
            with _scratch(settings.db) as folder:
                again = folder / "again.db"
                rebuild.build(settings, again, clock(), workers, bar, held)
                found.differences += comparing.differences(db, again)
    found.notes += behind
    if found.problems:
        found.advice.append("put back from a backup what is damaged or missing; or: careerscape rebuild OUT.db, of what is left")
    elif found.differences and not behind:
        found.advice.append("careerscape rebuild OUT.db makes a database that agrees with the archive")
    return found


def _archive(db: Database, settings: Settings, now: datetime, found: Verified) -> Survey:
    """Read the archive, and look for all that the index says of it."""
    known = captures.known_files(db)
    archive = Archive(settings.archive, known, now)
    held = survey(archive)
    found.captures, found.bytes = len(held.records), sum(held.sizes.values())
    found.problems += _missing(archive.folder, known)
    found.problems += [f"{one.code}: {one.message}" for one in (*held.damages, *held.odd)]
    found.problems += _lost(db, held)
    found.problems += [f"of a page that is forgotten there is left: {what}" for what in burying.remains(db, archive)]
    found.notes += [f"{one.code}: {one.message}" for one in held.torn]
    found.notes += [f"not ours, and not read: {name}" for name in held.foreign]
    new = sum(size - known.get(name, 0) for name, size in held.sizes.items() if size > known.get(name, 0))
    if new:
        found.notes.append(f"{new:,} bytes are not in the index yet: the next run takes them over")
    return held


def _missing(folder: Path, known: dict[str, int]) -> Iterator[str]:
    if known and not folder.is_dir():
        yield f"{folder}: the archive is missing (--archive names another)"
        return
    for name, size in sorted(known.items()):
        path = folder / name
        if not path.is_file():
            yield f"{path}: the file is missing"
        elif (there := path.stat().st_size) < size:
            yield f"{path}: {size - there:,} bytes are missing at its end"


def _lost(db: Database, held: Survey) -> Iterator[str]:
    more = 0
    for number, (name, *place) in enumerate(one for one in lying.places(db) if not held.records.holds(*one)):
        if number < _MOST_NAMED:
            yield f"capture {name} does not lie in {place[0]} at {place[1]:,}"
        else:
            more += 1
    if more:
        yield f"and {more:,} more captures do not lie where the index says"


def _behind(db: Database, settings: Settings) -> Iterator[str]:
    """Why values would differ: another parser, rules that wait."""
    with taught.in_use(settings.archive), rereading.by_applied_rules(db):
        if line := report.outdated_line(len(rereading.stale(db))):
            yield line
    yield from arrears.of_archive(db, settings.archive)


def _left(db: Database) -> Iterator[str]:
    """What explains a difference: a run that died."""
    if left := comparing.unpublished(db):
        yield f"{counted(left, 'capture')} of a run that was interrupted wait: the next run publishes them"


def _short(row: str) -> str:
    words = " ".join(row.split())
    return words if len(words) <= _MOST_LETTERS else f"{words[:_MOST_LETTERS]}..."


@contextmanager
def _scratch(db: Path) -> Iterator[Path]:
    """A folder beside a database, or where nothing can be written there, of the system; what a killed process left is removed."""
    prefix = f".{db.name}-verify-"
    beside = db.resolve().parent
    for left in beside.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    try:
        made = TemporaryDirectory(prefix=prefix, dir=beside)
    except OSError:
        made = TemporaryDirectory(prefix=prefix)
    with made as folder:
        yield Path(folder)
