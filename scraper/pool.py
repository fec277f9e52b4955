"""Several sandboxes that read pages side by side; what they read comes back in the order in which it was asked for."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, TypeVar

from normalize.facts import Reading
from scraper.parsing import PageBytes
from scraper.sandbox import Sandbox

PAGES_TOGETHER, BYTES_TOGETHER = 10, 2_000_000
"""So many pages go to a worker together; a page that goes beyond is the last of them."""
_THINGS_TOGETHER = 10 * PAGES_TOGETHER
_MOST_SENT = 2

T = TypeVar("T")


class Pool:
    """Worker processes, each of which reads some pages while others wait in its pipe. Use as a context manager.

    No threads: the workers go on while the caller does something else, and get more whenever it asks for a reading.
    """

    def __init__(self, workers: int, make: Callable[[], Sandbox] | None = None) -> None:
        self.workers, self._make = workers, make or Sandbox
        self._open = ExitStack()
        self._boxes: list[Sandbox] = []

    def __enter__(self) -> "Pool":
        self._boxes = [self._open.enter_context(self._make()) for _ in range(self.workers)]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._open.__exit__(kind, error, tb)

    @property
    def one(self) -> Sandbox:
        """A sandbox for other questions, while no pages are read."""
        return self._boxes[0]

    def read(self, pages: Iterable[PageBytes]) -> Generator[Reading, None, None]:
        """The readings of pages, in their order. Pages are asked for some way ahead of the reading that is given out, a bounded
        number of them. One call has to end, or be closed, before the next one begins."""
        with closing(self.among((page, page) for page in pages)) as found:
            for _, reading in found:
                assert reading
                yield reading

    def among(self, items: Iterable[tuple[T, PageBytes | None]]) -> Generator[tuple[T, Reading | None], None, None]:
        """Things, each with the reading of its page where it has one, in their order. A page that comes twice in a row is read
        once. As `read` otherwise."""
        if any(box.waiting for box in self._boxes):
            raise RuntimeError("the pool reads other pages already")
        batches, sent = _batches(items), deque[tuple[Sandbox, _Batch[T]]]()
        try:
            self._send(batches, sent)
            while sent:
                box, batch = sent.popleft()
                readings = box.receive() if batch.pages else []
                self._send(batches, sent)
                for thing, number in batch.things:
                    yield thing, None if number is None else readings[number]
                    for each in self._boxes:
                        each.push()
        finally:
            for box in self._boxes:
                if box.waiting:
                    box.close()

    def _send(self, batches: "Iterator[_Batch[T]]", sent: "deque[tuple[Sandbox, _Batch[T]]]") -> None:
        """Give each worker what it takes now."""
        while len(sent) < _MOST_SENT * self.workers and (box := min(self._boxes, key=lambda one: one.waiting)).takes_more:
            if (batch := next(batches, None)) is None:
                return
            if batch.pages:
                box.send(batch.pages)
            sent.append((box, batch))


@dataclass(slots=True)
class _Batch(Generic[T]):
    """Pages that go to a worker together, and things, each with the number of its page."""

    pages: list[PageBytes] = field(default_factory=list)
    things: list[tuple[T, int | None]] = field(default_factory=list)
    size: int = 0

    def add(self, thing: T, page: PageBytes | None) -> None:
        if page is not None and (not self.pages or self.pages[-1] != page):
            self.pages.append(page)
            self.size += len(page.body)
        self.things.append((thing, None if page is None else len(self.pages) - 1))

    @property
    def is_full(self) -> bool:
        return len(self.pages) >= PAGES_TOGETHER or self.size >= BYTES_TOGETHER or len(self.things) >= _THINGS_TOGETHER


def _batches(items: Iterable[tuple[T, PageBytes | None]]) -> Iterator[_Batch[T]]:
    batch = _Batch[T]()
    for item in items:
        batch.add(*item)
        if batch.is_full:
            yield batch
            batch = _Batch[T]()
    if batch.things:
        yield batch
