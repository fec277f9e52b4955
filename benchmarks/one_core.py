"""On one core, in turns: the floor, careerscape, and what a user would write instead; from the same pages to rows in SQLite.

Each is a whole process, less what a run of one page costs. Floor and careerscape read the archive, the peers the same pages as files.
What the peers wrote is compared with what careerscape published, value by value.
"""

import importlib.util
import json
import sqlite3
import statistics
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.ground import STALE, Ground
from benchmarks.processes import ALLOCATOR, LAST, Cost, pss_mb, run

FLOOR, REBUILD, REPARSE = "floor", "careerscape rebuild", "careerscape reparse"
COMPILED, COMPILED_REPARSE = f"{REBUILD}, compiled", f"{REPARSE}, compiled"
SCRAPY, SCRAPY_FIGURES, SOUP = "Scrapy, an item a page", "Scrapy, an item a figure", "requests, BeautifulSoup, pandas"
NEEDS = {SCRAPY: ("scrapy",), SCRAPY_FIGURES: ("scrapy",), SOUP: ("requests", "requests_file", "bs4", "lxml", "pandas")}
_SOUP_SHARE = 5


@dataclass(frozen=True, slots=True)
class Rate:
    """What a page costs in one run."""

    cpu_ms: float
    pages_s: float


@dataclass(frozen=True, slots=True)
class OneCore:
    """The rates of each kind, round by round; peak memory of each; how many rows a page of each, and how many of its values are
    not those of careerscape; and the kinds whose packages are not installed."""

    pages: int
    rates: dict[str, list[Rate]]
    peak_mb: dict[str, float]
    rows: dict[str, float]
    differing: dict[str, int]
    missing: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """For the file of results."""
        return asdict(self)


def measure(ground: Ground, count: int, rounds: int, compiled: bool = False) -> OneCore:
    """Run all kinds in turns, with `compiled` careerscape twice: as modules, and as a wheel that was asked to compile them."""
    missing = tuple(kind for kind, names in NEEDS.items() if not all(map(importlib.util.find_spec, names)))
    ours = (REBUILD, REPARSE, *((COMPILED, COMPILED_REPARSE) if compiled else ()))
    kinds = [kind for kind in (FLOOR, *ours, *NEEDS) if kind not in missing]
    ground.counted(count), ground.counted(1), ground.files(count)
    runs: dict[str, list[tuple[Cost, Cost]]] = {kind: [] for kind in kinds}
    for number in range(rounds):
        for kind in kinds if number % 2 else reversed(kinds):
            runs[kind].append((_run(ground, kind, 1), _run(ground, kind, _count(kind, count))))
    rates = {kind: _rates(costs, _count(kind, count)) for kind, costs in runs.items()}
    peak = {kind: _peak(ground, kind, count) for kind in kinds}
    return OneCore(count, rates, peak, *_compare(ground, kinds, count), missing)


def _rates(costs: list[tuple[Cost, Cost]], count: int) -> list[Rate]:
    """The runs, without what a run of one page costs in the median."""
    cpu, wall = (statistics.median(getattr(one, name) for one, _ in costs) for name in ("cpu_s", "wall_s"))
    return [Rate((full.cpu_s - cpu) * 1000 / (count - 1), (count - 1) / (full.wall_s - wall)) for _, full in costs]


def _count(kind: str, count: int) -> int:
    return max(2, count // _SOUP_SHARE) if kind == SOUP else count


def _run(ground: Ground, kind: str, count: int, watch: Callable[[int], None] | None = None) -> Cost:
    """One run on one core; what it writes is named `KIND.db`."""
    out, python = ground.free(_database(kind)), [sys.executable, "-m"]
    packages = {"PYTHONPATH": str(ground.compiled())} if kind in (COMPILED, COMPILED_REPARSE) else {}
    if kind in (REBUILD, COMPILED):
        return run(ground.rebuilding(count, out), LAST, watch, **packages)
    if kind in (REPARSE, COMPILED_REPARSE):
        return run(ground.reparsing(count, ground.database(count, STALE, out)), LAST, watch, **packages)
    if kind == FLOOR:
        return run([*python, "benchmarks.work", "floor", ground.index(count), out, str(count)], LAST, watch, **ALLOCATOR)
    files = ground.files(0)
    if kind == SOUP:
        return run([*python, "benchmarks.peers.soup", files, out, str(count)], LAST, watch)
    form = "page" if kind == SCRAPY else "figure"
    return run([*python, "benchmarks.peers.scrapy_spider", files, out, str(count), form], LAST, watch)


def _database(kind: str) -> str:
    return f"{kind.replace(', ', '-').replace(' ', '-')}.db"


def _peak(ground: Ground, kind: str, count: int) -> float:
    """The most memory of a run; the sum of the proportional set sizes."""
    samples: list[float] = []
    _run(ground, kind, _count(kind, count), lambda pid: samples.append(pss_mb(pid)))
    return max(samples)


def _compare(ground: Ground, kinds: list[str], count: int) -> tuple[dict[str, float], dict[str, int]]:
    """Rows a page, and values that are not careerscape's, of the databases that the last runs left."""
    ours = _values(ground.folder / _database(REBUILD), "observation")
    rows, differing = {}, {}
    for kind in kinds:
        if kind == FLOOR:
            rows[kind] = sum(json.loads((ground.index(count).parent / "rows.json").read_text())) / count
            continue
        table = "observation" if kind in (REBUILD, REPARSE, COMPILED, COMPILED_REPARSE) else "fact"
        found = ours if kind == REBUILD else _values(ground.folder / _database(kind), table)
        urls = {place[0] for place in found}
        same = {place: value for place, value in ours.items() if place[0] in urls}
        rows[kind] = len(found) / len(urls)
        differing[kind] = sum(found.get(place, ()) != same.get(place, ()) for place in found.keys() | same.keys())
    return rows, differing


def _values(path: Path, table: str) -> dict[tuple[str, ...], object]:
    with closing(sqlite3.connect(path)) as db:
        return {tuple(row[:4]): row[4] for row in db.execute(f"SELECT url, side, field, item, value FROM {table}")}
