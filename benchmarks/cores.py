"""Two processes beside one: `rebuild` and `reparse` of the same archive, as whole processes, in turns.

One worker has one core for itself and its parent, or both cores; two workers have both.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.ground import STALE, Ground
from benchmarks.processes import CORES, LAST, run

ONE, FREE, TWO = "one worker, one core", "one worker, two cores", "two workers, two cores"
REBUILD, REPARSE = "rebuild", "reparse"
_KINDS: dict[str, tuple[str, Sequence[int]]] = {ONE: ("1", LAST), FREE: ("1", CORES[-2:]), TWO: ("2", CORES[-2:])}


@dataclass(frozen=True, slots=True)
class Cores:
    """Wall seconds of each command and kind, round by round, start-up included."""

    pages: int
    wall_s: dict[str, dict[str, list[float]]]

    def to_dict(self) -> dict[str, Any]:
        """For the file of results."""
        return asdict(self)


def measure(ground: Ground, count: int, rounds: int) -> Cores:
    """Run all kinds in turns."""
    wall: dict[str, dict[str, list[float]]] = {c: {kind: [] for kind in _KINDS} for c in (REBUILD, REPARSE)}
    for number in range(rounds):
        for kind in _KINDS if number % 2 else reversed(_KINDS):
            for command in wall:
                wall[command][kind].append(_seconds(ground, command, kind, count))
    return Cores(count, wall)


def _seconds(ground: Ground, command: str, kind: str, count: int) -> float:
    workers, cores = _KINDS[kind]
    out = ground.free("cores.db")
    if command == REBUILD:
        return run(ground.rebuilding(count, out, "--workers", workers), cores).wall_s
    return run(ground.reparsing(count, ground.database(count, STALE, out), "--workers", workers), cores).wall_s
