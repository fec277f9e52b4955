"""Importing saved pages: from files to captures, and into a run, many a transaction."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice

from normalize.errors import Rejected
from normalize.findings import finding
from scraper import run, sources
from scraper.intake import Intake, PageReport, Report
from scraper.settings import Settings

PAGES_A_TRANSACTION = 100


def import_pages(
    settings: Settings, pages: list[sources.SavedPage], clock: Callable[[], datetime], tell: Callable[[PageReport], None]
) -> Report:
    """Load saved pages; `tell` hears of each page when it is decided. Raises Busy, StorageError."""
    with run.running(settings, "import", clock) as intake:
        for report in intake.report.adopted:
            tell(report)
        for batch in _batches(pages, PAGES_A_TRANSACTION):
            _batch(intake, batch, tell)
        counts = intake.report.counts
        intake.finish(1 if counts.faults else 3 if counts.rejected or counts.failed or counts.partial else 0)
    return intake.report


def _batch(intake: Intake, batch: list[sources.SavedPage], tell: Callable[[PageReport], None]) -> None:
    with intake.together():
        told = [report for page in batch for report in _page(intake, page)]
        told += intake.settle()
        intake.sync()
    for report in told:
        tell(report)


def _page(intake: Intake, page: sources.SavedPage) -> list[PageReport]:
    try:
        capture = sources.capture(page, intake.sandbox.addresses, intake.clock())
    except Rejected as error:
        return [*intake.settle(), intake.lose(str(page.path), finding(error.code, error.detail), failed=False)]
    return intake.take(capture, str(page.path))


def _batches(pages: Iterable[sources.SavedPage], size: int) -> Iterator[list[sources.SavedPage]]:
    rest = iter(pages)
    while batch := list(islice(rest, size)):
        yield batch
