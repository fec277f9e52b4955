"""Memory of `rebuild` and `reparse` with two workers, for a small and for a large archive: whether it grows with the archive.

What is measured is the sum of the proportional set sizes of the command and its workers, twenty times a second. The median leaves out
start and end; the peak has them.
"""

import statistics
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.ground import STALE, Ground
from benchmarks.processes import pss_mb, run


@dataclass(frozen=True, slots=True)
class Memory:
    """By command and number of pages: the peak and the median of the samples, in MiB."""

    size: int
    peak_mb: dict[str, dict[int, float]]
    median_mb: dict[str, dict[int, float]]

    def to_dict(self) -> dict[str, Any]:
        """For the file of results."""
        return asdict(self)


def measure(ground: Ground, counts: list[int]) -> Memory:
    """One run of each command and each number of pages."""
    peak: dict[str, dict[int, float]] = {"rebuild": {}, "reparse": {}}
    median: dict[str, dict[int, float]] = {"rebuild": {}, "reparse": {}}
    for count in counts:
        for command in peak:
            samples = _samples(ground, command, count)
            peak[command][count], median[command][count] = max(samples), statistics.median(samples)
    return Memory(ground.size, peak, median)


def _samples(ground: Ground, command: str, count: int) -> list[float]:
    samples: list[float] = []
    out, options = ground.free("memory.db"), ("--workers", "2")
    if command == "rebuild":
        words = ground.rebuilding(count, out, *options)
    else:
        words = ground.reparsing(count, ground.database(count, STALE, out), *options)
    run(words, watch=lambda pid: samples.append(pss_mb(pid)))
    return samples
