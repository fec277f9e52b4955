"""`reparse --dask local` beside the local pool: two workers each, the same stale database, in turns; and with a worker killed.

What a run of one page costs is taken off, the boot of the cluster with it. Each run's logical dump has to be that of the first.
"""

import importlib.util
import os
import signal
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.ground import STALE, Ground
from benchmarks.processes import Cost, Watch, below, command_of, cpu_s, run
from db import comparing
from db.connection import open_to_read

POOL, DASK = "local pool", "Dask"
OPTIONS = {POOL: ("--workers", "2"), DASK: ("--dask", "local", "--workers", "2")}
_READER = "-m scraper.worker"
_VICTIM = {POOL: _READER, DASK: "multiprocessing.spawn"}
"""What is killed stands in its command: of Dask it is a worker of the cluster, with the reader that it has."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Wall seconds of each, round by round, and of runs of one page; whether all dumps are one; and, where a worker was killed,
    how often, and whether the run finished with that dump. Empty for Dask where that is not installed."""

    pages: int
    wall_s: dict[str, list[float]]
    start_s: dict[str, list[float]]
    one_dump: dict[str, bool]
    kills: dict[str, int]
    survived: dict[str, bool]

    def to_dict(self) -> dict[str, Any]:
        """For the file of results."""
        return asdict(self)


def measure(ground: Ground, count: int, rounds: int) -> Cluster:
    """Run both in turns, then each once more with a worker killed."""
    kinds = [kind for kind in OPTIONS if kind == POOL or importlib.util.find_spec("distributed")]
    wall: dict[str, list[float]] = {kind: [] for kind in kinds}
    start: dict[str, list[float]] = {kind: [] for kind in kinds}
    dumps: dict[str, set[str]] = {kind: set() for kind in kinds}
    for number in range(rounds):
        for kind in kinds if number % 2 else reversed(kinds):
            start[kind].append(_reparse(ground, kind, 1)[0].wall_s)
            cost, dump = _reparse(ground, kind, count)
            wall[kind].append(cost.wall_s)
            dumps[kind].add(dump)
    right = next(iter(dumps[POOL]))
    killers = {kind: _Killer(_VICTIM[kind], _read_s(ground, kind, count) / 2) for kind in kinds}
    survived = {kind: _reparse(ground, kind, count, killers[kind])[1] == right for kind in kinds}
    one_dump = {kind: dumps[kind] == {right} for kind in kinds}
    return Cluster(count, wall, start, one_dump, {kind: killers[kind].kills for kind in kinds}, survived)


def _reparse(ground: Ground, kind: str, count: int, watch: Watch | None = None) -> tuple[Cost, str]:
    """One run, and the digest of the logical dump that it leaves."""
    db = ground.database(count, STALE, ground.free("cluster.db"))
    cost = run(ground.reparsing(count, db, *OPTIONS[kind]), watch=watch)
    with closing(open_to_read(db)) as opened:
        return cost, comparing.digest(opened)


def _read_s(ground: Ground, kind: str, count: int) -> float:
    """The CPU seconds that the readers take in a run that is left alone."""
    seen: dict[int, float] = {}

    def note(pid: int) -> None:
        seen.update((one, cpu_s(one)) for one in below(pid) if _READER in command_of(one))

    _reparse(ground, kind, count, note)
    return sum(seen.values())


@dataclass(slots=True)
class _Killer:
    """Kills one process of a run, with SIGKILL, as soon as the readers have used so many seconds of CPU."""

    victim: str
    after_s: float
    kills: int = 0

    def __call__(self, pid: int) -> None:
        if self.kills:
            return
        commands = {one: command_of(one) for one in below(pid)}
        if sum(cpu_s(one) for one, words in commands.items() if _READER in words) >= self.after_s:
            os.kill(next(one for one, words in commands.items() if self.victim in words), signal.SIGKILL)
            self.kills += 1
