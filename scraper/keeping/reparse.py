"""Reading the whole archive again by today's code: the difference first, then all of it at once."""

from array import array
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from db import captures, learned, runs, staging, sweep
from db.connection import Database, guarded, is_there, open_to_read
from db.lock import still
from normalize import vocabulary
from normalize.errors import UsageError
from normalize.vocabulary import READING_KINDS
from normalize.wording import counted
from scraper import run, taught
from scraper.archive import Archive
from scraper.capture import stamp
from scraper.gate import EXIT_CODE
from scraper.keeping import arrears, rereading
from scraper.keeping.differences import MAX_LOSS, Differences
from scraper.pool import Pool
from scraper.settings import Settings
from scraper.terminal import UNSHOWN, Bar

if TYPE_CHECKING:
    from scraper.shards.reading import Many

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Reparsed:
    """What reading again changes, or changed: `losses` are the fields that lose too much, so that nothing was applied;
    `rules_wait` counts the rules that are applied after it, in a run of their own, and `told` says what became of them."""

    run_id: int | None
    differences: Differences
    losses: tuple[str, ...]
    exit_code: int
    rules_wait: int = 0
    told: tuple[str, ...] = ()

    def to_dict(self, only: str = "") -> dict[str, Any]:
        """One object; `applied` tells whether it counts now."""
        applied = self.run_id is not None and not self.losses
        return {
            "run_id": self.run_id, "applied": applied, "losses": list(self.losses), "rules_wait": self.rules_wait,
            "told": list(self.told), **self.differences.to_dict(only),
        }  # fmt: skip

    def in_lines(self, only: str = "") -> Iterator[str]:
        """For a person."""
        yield from self.differences.in_lines(only)
        if self.losses:
            held = "it would be held back" if self.run_id is None else "held back, and what was read waits"
            yield f"{held}: {'; '.join(self.losses)}; --max-loss SHARE lets more go"
        elif not self.differences.captures and not self.differences.unread:
            yield "all captures are read by today's code"
        elif self.run_id is None:
            yield f"nothing was changed: {self._without_dry_run()}"
        if self.rules_wait:
            yield f"{counted(self.rules_wait, 'rule')} of the vocabulary: applied after it"
        yield from self.told

    def _without_dry_run(self) -> str:
        if self.differences.with_other_values:
            return "without --dry-run it would be"
        if not self.differences.captures:
            return "what cannot be read stays as it is"
        return f"without --dry-run {counted(self.differences.captures, 'capture')} would count as read by today's code"


def predict(
    settings: Settings, clock: Clock, workers: int = 1, max_loss: float = MAX_LOSS, bar: Bar = UNSHOWN, many: "Many | None" = None
) -> Reparsed:
    """What `reparse` would do; nothing is written but the parts of many machines. Raises as it does."""
    with (
        guarded(settings.db), closing(open_to_read(settings.db)) as db, still(settings.db) if many else nullcontext(),
        taught.in_use(settings.archive),
    ):  # fmt: skip
        archive = Archive(settings.archive, captures.known_files(db), clock())
        wait = len(learned.waiting(db, vocabulary.in_use().said, READING_KINDS))
        found = Differences()
        with (
            rereading.by_applied_rules(db),
            closing(_read(db, archive, settings, workers, many, frozenset(), found, bar)) as read,
        ):
            rereading.foretell(db, read, found)
        if many:
            many.finish()
    losses = tuple(found.losses(max_loss))
    return Reparsed(None, found, losses, _exit_code(found, losses), wait)


def reparse(
    settings: Settings, clock: Clock, workers: int = 1, max_loss: float = MAX_LOSS, bar: Bar = UNSHOWN, many: "Many | None" = None
) -> Reparsed:
    """Read all captures again that another parser or other lists read, and let what they show count at once, unless a field would
    lose more than a share of its values. Raises Busy, UsageError, StorageError, ConfigError.

    Pages are read by so many workers here, or by `many` machines. What a run that died had read is not read again.
    """
    if not is_there(settings.db):
        raise UsageError(f"there is no database at {settings.db}; rebuild makes one of an archive (careerscape rebuild OUT.db)")
    found = Differences()
    with run.recorded(settings, "reparse", clock, catching_up=False) as (db, archive, report):
        wait = len(learned.waiting(db, vocabulary.in_use().said, READING_KINDS))
        with rereading.by_applied_rules(db):
            version_id, done = rereading.begin(db)
            with closing(_read(db, archive, settings, workers, many, done, found, bar)) as read:
                rereading.put(db, archive, report.run_id, version_id, read)
        rereading.waiting(db, found)
        rereading.settle(db, found, staging.rows(db))
        losses = tuple(found.losses(max_loss))
        report.exit_code, at = _exit_code(found, losses), stamp(clock())
        report.counts = _counts(found)
        with db.atomic():
            if not losses:
                rereading.apply(db, report.run_id, at)
                taught.code(db, settings.archive, report.run_id, at)
            runs.finish(db, report.run_id, report.counts, report.exit_code, stamp(clock()))
        report.finished = True
        sweep.unused_alone(db)
        told = () if losses else tuple(noted.message for noted in arrears.catch_up(db, settings.archive, clock))
        if many:
            many.finish()
    return Reparsed(report.run_id, found, losses, report.exit_code, wait, told)


def _read(
    db: Database, archive: Archive, settings: Settings, workers: int, many: "Many | None", done: Collection[int],
    found: Differences, bar: Bar,
) -> Generator[rereading.Read, None, None]:  # fmt: skip
    """The readings of all captures that are stale and not `done`."""
    if many:
        from scraper.shards import reading

        yield from reading.read(db, many, settings.db, done, found, bar)
        return
    rows = rereading.stale(db)
    bar.begin(len(rows))
    with (
        Pool(workers) as pool,
        closing(rereading.read(db, archive, pool, array("q", (row for row in rows if row not in done)), found, bar)) as read,
    ):
        yield from read


def _counts(found: Differences) -> runs.Counts:
    rejected, failed = len(found.rejected), len(found.unread)
    return runs.Counts(
        loaded=found.loaded, unchanged=found.captures - found.loaded - rejected, rejected=rejected, failed=failed,
        partial=len(found.partial),
    )  # fmt: skip


def _exit_code(found: Differences, losses: tuple[str, ...]) -> int:
    return EXIT_CODE if losses else 3 if found.unread or found.rejected or found.partial else 0
