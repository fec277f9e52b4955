"""A run that takes pages in: locked, recorded, and written down however it ends."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime

from db import captures, runs
from db.connection import Database, guarded, open_to_write
from db.freshness import Rhythm
from db.lock import writing, writing_folder
from normalize.errors import CareerscapeError, StorageError
from scraper import adoption, taught
from scraper.archive import Archive
from scraper.capture import stamp
from scraper.intake import Intake, Report
from scraper.operation.disk import refuse_when_full
from scraper.process import Terminated, code_set_aside
from scraper.sandbox import Sandbox
from scraper.settings import Settings


@contextmanager
def recorded(
    settings: Settings, command: str, clock: Callable[[], datetime], ready: Callable[[Database], object] | None = None
) -> "Iterator[tuple[Database, Archive, Report]]":
    """A run with its locks, its row and the archive, written down as failed or interrupted where it does not finish.

    Pages are read with the user's rules. What `ready` raises keeps the run from beginning. Raises Busy, StorageError, and
    ConfigError for rules that cannot be understood.
    """
    refuse_when_full(settings)
    with (
        code_set_aside(), writing(settings.db), guarded(settings.db), closing(open_to_write(settings.db)) as db,
        writing_folder(settings.archive), taught.in_use(settings.archive),
    ):  # fmt: skip
        if ready:
            ready(db)
        report = Report(runs.begin(db, command, stamp(clock())))
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
def running(settings: Settings, command: str, clock: Callable[[], datetime]) -> "Iterator[Intake]":
    """A run that takes captures in.

    What a dead run left in the archive is taken over first. Raises Busy, StorageError. What is interrupted leaves the archive
    and all that was committed; nothing of it is published before the next run.
    """
    with recorded(settings, command, clock) as (db, archive, report), Sandbox() as sandbox:
        intake = Intake(db, archive, sandbox, report, clock, settings.drift)
        report.adopted = adoption.adopt(intake, rhythm(settings))
        yield intake


def rhythm(settings: Settings) -> Rhythm:
    """How often pages are visited."""
    return Rhythm(settings.revisit_min_days, settings.revisit_max_days, settings.full_fetch_days)


def code_of(error: BaseException) -> int:
    """What a run that ends so exits with."""
    if isinstance(error, CareerscapeError):
        return error.exit_code
    return {KeyboardInterrupt: 130, Terminated: 143}.get(type(error), StorageError.exit_code if isinstance(error, OSError) else 1)
