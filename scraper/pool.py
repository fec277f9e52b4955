"""Several sandboxes that read pages side by side; what they read comes back in the order in which it was asked for."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from types import TracebackType

from normalize.facts import Reading
from scraper.parsing import PageBytes
from scraper.sandbox import Sandbox

_PAGES_TOGETHER = 10


class Pool:
    """Worker processes, of which each reads some pages at a time. Use as a context manager."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._idle: SimpleQueue[Sandbox] = SimpleQueue()
        self._open = ExitStack()

    def __enter__(self) -> "Pool":
        for _ in range(self.workers):
            self._idle.put(self._open.enter_context(Sandbox()))
        self._threads = self._open.enter_context(ThreadPoolExecutor(self.workers))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._open.__exit__(kind, error, tb)

    @property
    def pages_together(self) -> int:
        """So many pages keep all workers busy."""
        return _PAGES_TOGETHER * self.workers

    def parse_many(self, pages: Sequence[PageBytes]) -> list[Reading]:
        """The readings of pages, in their order."""
        parts = [pages[start : start + _PAGES_TOGETHER] for start in range(0, len(pages), _PAGES_TOGETHER)]
        if len(parts) < 2:
            return self._read(pages) if pages else []
        return [reading for part in self._threads.map(self._read, parts) for reading in part]

    def _read(self, pages: Sequence[PageBytes]) -> list[Reading]:
        sandbox = self._idle.get()
        try:
            return sandbox.parse_many(pages)
        finally:
            self._idle.put(sandbox)
