"""Importing saved pages and crawls: from files to captures, and into a run, many a transaction.

Pages are compressed and read by others while this process loads those before them; what becomes of them, and in which order,
does not depend on that.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from normalize.errors import Rejected
from normalize.findings import Finding, finding
from scraper import crawls, packing, run, sources
from scraper.capture import Capture
from scraper.intake import Intake, PageReport, Report, Step
from scraper.packing import Packed
from scraper.settings import Settings
from scraper.warcs.found import Confirmed, Found

PAGES_A_TRANSACTION = 100
_BYTES_A_TRANSACTION = 8_000_000
_MOST_WAITING = 1000


@dataclass(frozen=True, slots=True)
class _Entry:
    """A capture with the digests under which others speak of it, the confirmation of one, or why there is none; `name` is for
    the user."""

    name: str
    what: Capture | Confirmed | Finding
    digests: frozenset[bytes] = frozenset()


_Batch = list[tuple[_Entry, Packed]]


def import_pages(
    settings: Settings, pages: Iterable[sources.SavedPage], clock: Callable[[], datetime], tell: Callable[[PageReport], None],
    workers: int = 1,
) -> Report:  # fmt: skip
    """Load saved pages, and those of WARC and WACZ files; `tell` hears of each page when it is decided. Raises Busy,
    StorageError."""
    with run.running(settings, "import", clock, workers) as intake:
        for report in intake.report.adopted:
            tell(report)
        with closing(crawls.Originals(intake)) as originals:
            _Import(intake, tell, workers, originals).all(pages)
        counts = intake.report.counts
        intake.finish(1 if counts.faults else 3 if counts.rejected or counts.failed or counts.partial else 0)
    return intake.report


class _Import:
    """Pages on their way into a run. A record that only confirms a page waits until that may have come."""

    def __init__(
        self, intake: Intake, tell: Callable[[PageReport], None], workers: int, originals: crawls.Originals
    ) -> None:  # fmt: skip
        self._intake, self._tell, self._workers, self._originals = intake, tell, workers, originals
        self._waiting: list[_Entry] = []
        self._most_waiting = _MOST_WAITING

    def all(self, pages: Iterable[sources.SavedPage]) -> None:
        """Take all of them in."""
        with closing(packing.ahead(self._entries(pages), self._to_pack, self._workers)) as packed:
            for batch in _batches(packed):
                self._batch(batch)
                if len(self._waiting) >= self._most_waiting:
                    self._confirm()
                    self._most_waiting = max(_MOST_WAITING, 2 * len(self._waiting))
        while self._waiting and self._confirm():
            pass
        missing = (_Entry(entry.name, finding("no_original", entry.name)) for entry in self._waiting)
        for batch in _batches((entry, None) for entry in missing):
            self._batch(batch)

    def _entries(self, pages: Iterable[sources.SavedPage]) -> Iterator[_Entry]:
        for page in pages:
            if page.problem or not sources.is_crawl(page.path):
                yield self._entry(page)
                continue
            for item in crawls.items(page.path, self._intake.clock()):
                if isinstance(item.what, Found):
                    yield _Entry(item.name, item.what.capture, item.what.digests)
                else:
                    yield _Entry(item.name, item.what)

    def _entry(self, page: sources.SavedPage) -> _Entry:
        try:
            return _Entry(str(page.path), sources.capture(page, self._intake.sandbox.addresses, self._intake.clock()))
        except Rejected as error:
            return _Entry(str(page.path), finding(error.code, error.detail))

    def _to_pack(self, entry: _Entry) -> Capture | None:
        return entry.what if isinstance(entry.what, Capture) and self._intake.is_new(entry.what) else None

    def _confirm(self) -> bool:
        """Take in those of the waiting whose page is there by now; whether there were any."""
        waiting, self._waiting = self._waiting, []
        for batch in _batches((entry, None) for entry in self._whole(waiting)):
            self._batch(batch)
        return len(self._waiting) < len(waiting)

    def _whole(self, waiting: Iterable[_Entry]) -> Iterator[_Entry]:
        """Captures of confirmations; those whose page is not there go on waiting."""
        for entry in waiting:
            assert isinstance(entry.what, Confirmed)
            if whole := self._originals.whole(entry.what):
                self._originals.learn(*whole)
                yield _Entry(entry.name, *whole)
            else:
                self._waiting.append(entry)

    def _batch(self, batch: _Batch) -> None:
        with self._intake.together():
            told = [*self._intake.load(self._steps(batch))]
            self._intake.sync()
        for report in told:
            self._tell(report)

    def _steps(self, batch: _Batch) -> Iterator[Step]:
        for entry, packed in batch:
            if isinstance(entry.what, Capture):
                if entry.digests:  # it is of a crawl
                    self._originals.learn(entry.what, entry.digests)
                yield self._intake.step(entry.what, entry.name, packed.result() if packed else None)
            elif isinstance(entry.what, Confirmed):
                self._waiting.append(entry)
            elif entry.what.severity == "error":
                yield self._intake.lost(entry.name, entry.what)
            else:
                yield self._intake.noted(entry.what)


def _batches(entries: Iterable[tuple[_Entry, Packed]]) -> Generator[_Batch, None, None]:
    """So many pages at a time, or fewer where they are large."""
    batch: _Batch = []
    size = 0
    for entry, packed in entries:
        batch.append((entry, packed))
        size += len(entry.what.body) if isinstance(entry.what, Capture) else 0
        if len(batch) >= PAGES_A_TRANSACTION or size >= _BYTES_A_TRANSACTION:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
