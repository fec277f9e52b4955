"""The pipeline split into its stages, in one process; and its share of the floor step by step in turns, which is less noisy than
whole processes are."""

import json
import sys
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.ground import Ground
from benchmarks.processes import ALLOCATOR, LAST, run


@dataclass(frozen=True, slots=True)
class Stages:
    """CPU milliseconds a page of each stage, and floor / pipeline of each step of 20 pages."""

    cpu_ms: dict[str, float]
    ratios: list[float]

    def to_dict(self) -> dict[str, Any]:
        """For the file of results."""
        return asdict(self)


def measure(ground: Ground, count: int) -> Stages:
    """Each once, over the same pages."""
    found = {}
    for kind in ("stages", "ratios"):
        words = [sys.executable, "-m", "benchmarks.work", kind, ground.counted(count), ground.free("stages.db"), str(count)]
        found[kind] = json.loads(run(words, LAST, **ALLOCATOR).said)[kind]
    return Stages(found["stages"], found["ratios"])
