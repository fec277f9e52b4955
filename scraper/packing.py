"""Captures packed ahead: compressing is most of what it costs to archive a page, and other threads do it meanwhile."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from scraper import archive
from scraper.capture import Capture

_MOST_AHEAD, _BYTES_AHEAD = 64, 12_000_000

T = TypeVar("T")
Packed = Future[bytes] | None


def ahead(
    things: Iterable[T], to_pack: Callable[[T], Capture | None], threads: int
) -> Generator[tuple[T, Packed], None, None]:  # fmt: skip
    """Things in their order, each with its capture as it will lie in a file, or with None where there is none to pack. Some more
    of them are asked for than are given out."""
    coming: deque[tuple[T, Packed, int]] = deque()
    size = 0
    pool = ThreadPoolExecutor(threads)
    try:
        for thing in things:
            capture = to_pack(thing)
            packed = pool.submit(archive.pack, capture) if capture else None
            coming.append((thing, packed, len(capture.body) if capture else 0))
            size += coming[-1][2]
            while len(coming) > _MOST_AHEAD or size > _BYTES_AHEAD:
                first, packed, less = coming.popleft()
                size -= less
                yield first, packed
        while coming:
            yield coming.popleft()[:2]
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown(wait=False)  # the last ones may still be at it
