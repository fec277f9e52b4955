"""A run that takes pages in: locked, recorded, and written down however it ends."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime

from db import captures, runs
from db.connection import Database, guarded, open_to_write
from db.freshness import Rhythm
from db.lock import writing, writing_folder
from scraper import taught
from scraper.archive import Archive
from scraper.capture import stamp
from scraper.intake import Intake, Report
from scraper.keeping import arrears, rewriting
from scraper.operation.disk import refuse_when_full
from scraper.pool import Pool
from scraper.process import code_of, code_set_aside
from scraper.sandbox import Sandbox
from scraper.settings import Settings


@contextmanager
def recorded(
    settings: Settings,
    command: str,
    clock: Callable[[], datetime],
    ready: Callable[[Database], object] | None = None,
    catching_up: bool = True,
) -> "Iterator[tuple[Database, Archive, Report]]":
    """A run with its locks, its row and the archive, written down as failed or interrupted where it does not finish.

    Pages are read with the user's rules; those that changed are applied first to what was read before, unless the run does its
    `catching_up` itself. What `ready` raises keeps
    the run from beginning. Raises Busy, StorageError, also where the archive is another than that of the database, and
    ConfigError for rules that cannot be understood.
    """
    refuse_when_full(settings)
    with (
        code_set_aside(), writing(settings.db), guarded(settings.db), closing(open_to_write(settings.db)) as db,
        writing_folder(settings.archive), taught.in_use(settings.archive),
    ):  # fmt: skip
        rewriting.settle(db, settings.archive, clock())
        arrears.refuse_lost(db, settings.db, settings.archive, loads_official=command == "vocab")
        if ready:
            ready(db)
        told = arrears.catch_up(db, settings.archive, clock) if catching_up else []
        report = Report(runs.begin(db, command, stamp(clock())))
        report.counts.lost += told
        try:
            with guarded(settings.db), closing(Archive(settings.archive, captures.known_files(db), clock())) as archive:
                yield db, archive, report
        except BaseException as error:
            if not report.finished:
                report.exit_code = code_of(error)
                with db.atomic():
                    runs.finish(db, report.run_id, report.counts, report.exit_code, stamp(clock()))
            raise
        db.conn.execute("PRAGMA optimize")


@contextmanager
def running(settings: Settings, command: str, clock: Callable[[], datetime], workers: int = 1) -> "Iterator[Intake]":
    """A run that takes captures in.

    What a dead run left in the archive is taken over first. Raises Busy, StorageError. What is interrupted leaves the archive
    and all that was committed; nothing of it is published before the next run.
    """
    from scraper.keeping import adoption

    with recorded(settings, command, clock) as (db, archive, report), Pool(workers, Sandbox) as pool:
        intake = Intake(db, archive, pool, report, clock, settings.drift)
        report.adopted = adoption.adopt(intake, rhythm(settings))
        yield intake


def rhythm(settings: Settings) -> Rhythm:
    """How often pages are visited."""
    return Rhythm(settings.revisit_min_days, settings.revisit_max_days, settings.full_fetch_days)
