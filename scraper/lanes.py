"""The order of a run's pages: one lane a host, each page when its host may be asked, what failed again after a while."""

import heapq
import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from db.queue import Waiting

MAX_TRIES = 3
"""So often a page is asked for in one run."""

MOST_FAILURES, MOST_REFUSALS = 20, 5
"""So many tries in a row a host may fail, or refuse (blocked, challenge); then it is left alone for the rest of the run."""

_FIRST_RETRY_S, _GROWTH = 1.0, 4.0


@dataclass(slots=True)
class _Lane:
    fresh: deque[Waiting] = field(default_factory=deque)
    again: list[tuple[float, int, Waiting]] = field(default_factory=list)
    tries: dict[int, int] = field(default_factory=dict)
    failures: int = 0
    refusals: int = 0
    closed: bool = False

    def free_at(self, now: float, new: bool) -> float | None:
        """When this lane has a page to fetch, as far as its pages are concerned; None where it has none."""
        if self.closed or not ((self.fresh and new) or self.again):
            return None
        return now if self.fresh and new else max(now, self.again[0][0])

    def shut(self, enough: bool) -> bool:
        """Close the lane if that is enough; False where nothing changes."""
        changes = enough and not self.closed
        self.closed = self.closed or enough
        return changes

    def take(self, now: float, new: bool) -> Waiting:
        if self.again and (self.again[0][0] <= now or not (self.fresh and new)):
            return heapq.heappop(self.again)[2]
        return self.fresh.popleft()


class Lanes:
    """Pages by host. `left` tells the seconds until a host may be asked; times are those of a clock that only grows."""

    def __init__(self, left: Callable[[str], float], chance: random.Random) -> None:
        self._left, self._chance = left, chance
        self._lanes: dict[str, _Lane] = {}
        self._count = 0

    def add(self, pages: Iterable[Waiting]) -> None:
        """Put pages behind those of their hosts."""
        for page in pages:
            self._lane(page.host).fresh.append(page)

    def next(self, now: float, new: bool = True) -> tuple[Waiting, float] | None:
        """Take the page that can be fetched first, and the seconds until then; None where there is none. Without `new`, only
        pages that were tried before."""
        ready = {
            host: max(free, now + self._left(host))
            for host, lane in self._lanes.items()
            if (free := lane.free_at(now, new)) is not None
        }
        if not ready:
            return None
        host = min(ready, key=ready.__getitem__)
        return self._lanes[host].take(ready[host], new), ready[host] - now

    def close(self, host: str) -> None:
        """Leave a host alone from now on."""
        self._lane(host).closed = True

    def went_well(self, host: str) -> None:
        """The host has answered as it should."""
        lane = self._lane(host)
        lane.failures = lane.refusals = 0

    def refused(self, host: str) -> bool:
        """The host did not want us; the answer is whether it is left alone from now on, for this reason."""
        lane = self._lane(host)
        lane.refusals += 1
        return lane.shut(lane.refusals >= MOST_REFUSALS)

    def failed(self, host: str) -> bool:
        """A try has failed; the answer is whether the host is left alone from now on, for this reason."""
        lane = self._lane(host)
        lane.failures += 1
        return lane.shut(lane.failures >= MOST_FAILURES)

    def try_again(self, page: Waiting, now: float) -> bool:
        """Put a page back that failed, behind a pause that grows; False where it was tried often enough, or its host is left
        alone."""
        lane = self._lanes[page.host]
        tries = lane.tries[page.id] = lane.tries.get(page.id, 0) + 1
        if tries >= MAX_TRIES or lane.closed:
            return False
        self._count += 1
        heapq.heappush(lane.again, (now + self.backoff_s(tries), self._count, page))
        return True

    def backoff_s(self, tries: int) -> float:
        """The seconds until something is tried again that failed so often."""
        return _FIRST_RETRY_S * _GROWTH ** (tries - 1) * self._chance.uniform(0.5, 1.5)

    def _lane(self, host: str) -> _Lane:
        return self._lanes.setdefault(host, _Lane())
