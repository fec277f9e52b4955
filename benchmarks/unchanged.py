"""`reparse` where nothing is stale beside `reparse` of everything: whole processes on one core, in turns."""

from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.ground import READ, STALE, Ground
from benchmarks.processes import LAST, run


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Wall and CPU seconds of both, round by round, start-up included."""

    pages: int
    wall_s: dict[str, list[float]]
    cpu_s: dict[str, list[float]]

    def to_dict(self) -> dict[str, Any]:
        """For the file of results."""
        return asdict(self)


def measure(ground: Ground, count: int, rounds: int) -> Unchanged:
    """Run both in turns."""
    wall: dict[str, list[float]] = {STALE: [], READ: []}
    cpu: dict[str, list[float]] = {STALE: [], READ: []}
    for _ in range(rounds):
        for state in wall:
            cost = run(ground.reparsing(count, ground.database(count, state, ground.free("again.db"))), LAST)
            wall[state].append(cost.wall_s)
            cpu[state].append(cost.cpu_s)
    return Unchanged(count, wall, cpu)
