"""Importing saved pages and crawls: from files to captures, and into a run, many a transaction."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from normalize.errors import Rejected
from normalize.findings import Finding, finding
from scraper import crawls, run, sources
from scraper.crawls import Item
from scraper.intake import Intake, PageReport, Report
from scraper.settings import Settings
from scraper.warcs.found import Confirmed

PAGES_A_TRANSACTION = 100
_BYTES_A_TRANSACTION = 8_000_000
_MOST_WAITING = 1000
Entry = sources.SavedPage | Item
_Told = list[PageReport]


def import_pages(
    settings: Settings, pages: list[sources.SavedPage], clock: Callable[[], datetime], tell: Callable[[PageReport], None]
) -> Report:
    """Load saved pages, and those of WARC and WACZ files; `tell` hears of each page when it is decided. Raises Busy,
    StorageError."""
    with run.running(settings, "import", clock) as intake:
        for report in intake.report.adopted:
            tell(report)
        _Import(intake, tell).all(pages)
        counts = intake.report.counts
        intake.finish(1 if counts.faults else 3 if counts.rejected or counts.failed or counts.partial else 0)
    return intake.report


class _Import:
    """Pages on their way into a run. A record that only confirms a page waits until that may have come."""

    def __init__(self, intake: Intake, tell: Callable[[PageReport], None]) -> None:
        self._intake, self._tell = intake, tell
        self._originals = crawls.Originals(intake)
        self._waiting: list[Entry] = []
        self._most_waiting = _MOST_WAITING

    def all(self, pages: list[sources.SavedPage]) -> None:
        """Take all of them in."""
        for batch in _batches(self._items(pages)):
            self._batch(batch, self._one)
            if len(self._waiting) >= self._most_waiting:
                self._confirm()
                self._most_waiting = max(_MOST_WAITING, 2 * len(self._waiting))
        while self._waiting and self._confirm():
            pass
        for batch in _batches(self._waiting):
            self._batch(batch, self._miss)

    def _items(self, pages: list[sources.SavedPage]) -> Iterator[Entry]:
        for page in pages:
            if page.problem or not sources.is_crawl(page.path):
                yield page
            else:
                yield from crawls.items(page.path, self._intake.clock())

    def _confirm(self) -> bool:
        """Take in those of the waiting whose page is there by now; whether there were any."""
        waiting, self._waiting = self._waiting, []
        for batch in _batches(waiting):
            self._batch(batch, self._whole)
        return len(self._waiting) < len(waiting)

    def _batch(self, batch: list[Entry], take: Callable[[Entry], _Told]) -> None:
        with self._intake.together():
            told = [report for item in batch for report in take(item)]
            told += self._intake.settle()
            self._intake.sync()
        for report in told:
            self._tell(report)

    def _one(self, item: Entry) -> _Told:
        if isinstance(item, sources.SavedPage):
            return self._page(item)
        if isinstance(item.what, Finding):
            return self._finding(item.name, item.what)
        if isinstance(item.what, Confirmed):
            self._waiting.append(item)
            return []
        self._originals.learn(item.what.capture, item.what.digests)
        return self._intake.take(item.what.capture, item.name)

    def _page(self, page: sources.SavedPage) -> _Told:
        try:
            capture = sources.capture(page, self._intake.sandbox.addresses, self._intake.clock())
        except Rejected as error:
            return self._finding(str(page.path), finding(error.code, error.detail))
        return self._intake.take(capture, str(page.path))

    def _finding(self, name: str, what: Finding) -> _Told:
        if what.severity == "error":
            return [*self._intake.settle(), self._intake.lose(name, what, failed=False)]
        self._intake.note(what)
        return []

    def _whole(self, item: Entry) -> _Told:
        assert isinstance(item, Item)
        assert isinstance(item.what, Confirmed)
        if (whole := self._originals.whole(item.what)) is None:
            self._waiting.append(item)
            return []
        self._originals.learn(*whole)
        return self._intake.take(whole[0], item.name)

    def _miss(self, item: Entry) -> _Told:
        assert isinstance(item, Item)
        return self._finding(item.name, finding("no_original", item.name))


def _batches(items: Iterable[Entry]) -> Iterator[list[Entry]]:
    """So many pages at a time, or fewer where they are large."""
    batch: list[Entry] = []
    size = 0
    for item in items:
        batch.append(item)
        size += item.size if isinstance(item, Item) else 0
        if len(batch) >= PAGES_A_TRANSACTION or size >= _BYTES_A_TRANSACTION:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
