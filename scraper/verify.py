"""Whether archive and database agree: each record is read, each value derived again from its bytes, and the two are compared."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from db import captures, comparing, integrity
from db.comparing import Difference
from db.connection import Database, guarded, open_to_read
from normalize.errors import StorageError
from normalize.wording import counted
from scraper import arrears, rebuild, rereading, taught
from scraper.archive import Archive, Location
from scraper.settings import Settings
from scraper.survey import Survey, survey

_MOST_NAMED = 20


@dataclass(slots=True)
class Verified:
    """What was compared, and what is wrong: `problems` in words, `differences` by view."""

    captures: int = 0
    bytes: int = 0
    problems: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """The contract's."""
        return StorageError.exit_code if self.problems or self.differences else 0

    def to_dict(self) -> dict[str, Any]:
        """One object."""
        return asdict(self)

    def in_lines(self) -> Iterator[str]:
        """For a person."""
        yield f"{counted(self.captures, 'capture')} and {self.bytes:,} bytes of the archive compared"
        yield from self.notes
        yield from self.problems
        for one in self.differences:
            yield f"{one.view}: {one.here:,} rows only in the database, {one.there:,} only from the archive"
            yield from (f"  only in the database: {row}" for row in one.only_here)
            yield from (f"  only from the archive: {row}" for row in one.only_there)
        yield "they disagree" if self.exit_code else "all of it agrees"


def verify(
    settings: Settings, clock: Callable[[], datetime], workers: int = 1,
    begin: Callable[[int], object] = abs, advance: Callable[[], object] = list,
) -> Verified:  # fmt: skip
    """Compare a database with its archive; nothing of either is changed. Raises UsageError, Busy, StorageError, ConfigError."""
    found = Verified()
    with guarded(settings.db), closing(open_to_read(settings.db)) as db:
        archive = Archive(settings.archive, captures.known_files(db), clock())
        held = survey(archive)
        found.captures, found.bytes = len(held.captures), sum(held.sizes.values())
        found.problems += integrity.problems(db)
        found.problems += _of_archive(db, archive, held)
        found.notes += [f"{one.code}: {one.message}" for one in held.torn]
        found.notes += [f"not ours, and not read: {name}" for name in held.foreign]
        found.notes += _behind(db, settings)
        with TemporaryDirectory(prefix=".careerscape-", dir=settings.db.resolve().parent) as folder:
            again = Path(folder) / "again.db"
            rebuild.rebuild(settings, again, clock, workers, begin, advance)
            found.differences += comparing.differences(db, again)
    return found


def _of_archive(db: Database, archive: Archive, held: Survey) -> Iterator[str]:
    for name, size in sorted(captures.known_files(db).items()):
        path = archive.folder / name
        if not path.is_file():
            yield f"{path}: the file is missing"
        elif (there := path.stat().st_size) < size:
            yield f"{path}: {size - there:,} bytes are missing at its end"
    yield from (f"{one.code}: {one.message}" for one in held.damages)
    lying = {(one.place, one.name) for one in held.captures}
    lost = [(name, place) for name, at in captures.places(db).items() if ((place := Location(*at)), name) not in lying]
    for name, place in lost[:_MOST_NAMED]:
        yield f"capture {name} does not lie in {place.warc_file} at {place.offset:,}"
    if len(lost) > _MOST_NAMED:
        yield f"and {len(lost) - _MOST_NAMED:,} more captures do not lie where the index says"


def _behind(db: Database, settings: Settings) -> Iterator[str]:
    """What explains a difference: another parser, rules that wait."""
    with taught.in_use(settings.archive), rereading.by_applied_rules(db):
        if stale := rereading.stale(db):
            yield f"{counted(len(stale), 'capture')} were read by another version: careerscape reparse"
    yield from arrears.of_archive(db, settings.archive)
