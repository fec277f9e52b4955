"""What was measured as lines of the table: a figure, what it must reach, and what it is."""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import cluster, cores, one_core
from benchmarks.cluster import Cluster
from benchmarks.cores import Cores
from benchmarks.ground import READ, STALE
from benchmarks.memory import Memory
from benchmarks.one_core import OneCore
from benchmarks.stages import Stages
from benchmarks.unchanged import Unchanged

MOST_MB, MOST_GROWTH = 300, 1.1


@dataclass(frozen=True, slots=True)
class Line:
    """A figure; `goal` is empty where nothing is asked of it, `reached` is None there and where it could not be measured."""

    figure: str
    goal: str
    measured: str
    reached: bool | None = None
    values: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For the file of results."""
        return asdict(self)


def of_one_core(found: OneCore) -> Iterator[Line]:
    """Against the floor and against the peers, by CPU."""
    figures = {
        one_core.REBUILD: "archived page to published rows", one_core.REPARSE: "the same, read again",
        one_core.COMPILED: "archived page to published rows", one_core.COMPILED_REPARSE: "the same, read again",
    }  # fmt: skip
    for kind, figure in figures.items():
        if kind not in found.rates:
            continue
        shares = _shares((rate.cpu_ms for rate in found.rates[one_core.FLOOR]), (rate.cpu_ms for rate in found.rates[kind]))
        speed = statistics.median(rate.pages_s for rate in found.rates[kind])
        yield _line(f"{figure}: `{kind}`", "0.45 of the floor", shares, 0.45, more=f", {speed:,.0f} pages/s")
    for kind, least in ((one_core.SCRAPY, 5), (one_core.SCRAPY_FIGURES, 5), (one_core.SOUP, 30)):
        if kind in found.missing:
            yield Line(f"against {kind}", f"{least} times", "not measured: not installed")
            continue
        for ours in (one_core.REBUILD, one_core.COMPILED):
            if ours in found.rates:
                shares = _shares((rate.cpu_ms for rate in found.rates[kind]), (rate.cpu_ms for rate in found.rates[ours]))
                yield _line(f"`{ours}` against {kind}", f"{least} times", shares, least)


def of_cores(found: Cores) -> Iterator[Line]:
    """Two processes against one."""
    for command, wall in found.wall_s.items():
        yield _line(
            f"two processes, `{command}`, {found.pages:,} pages", "1.6 times one", _shares(wall[cores.ONE], wall[cores.TWO]), 1.6
        )
        yield _line(f"one worker free to use both cores, `{command}`", "", _shares(wall[cores.ONE], wall[cores.FREE]))


def of_memory(found: Memory) -> Iterator[Line]:
    """Whether memory is flat, from the smallest archive to the largest."""
    for command, peaks in found.peak_mb.items():
        few, many = min(peaks), max(peaks)
        growth = peaks[many] / peaks[few]
        yield Line(
            f"memory (PSS), {few:,} or {many:,} pages, `{command}`", f"flat within 10 %, under {MOST_MB} MB",
            f"{growth - 1:+.0%}: {peaks[few]:.0f} and {peaks[many]:.0f} MB", growth <= MOST_GROWTH and peaks[many] < MOST_MB,
            (growth, *peaks.values()),
        )  # fmt: skip


def of_unchanged(found: Unchanged) -> Iterator[Line]:
    """What it costs to find that nothing is stale, start-up included."""
    shares = _shares(found.wall_s[READ], found.wall_s[STALE])
    yield Line(
        f"re-parse when nothing changed, {found.pages:,} pages", "under 5 % of a full one",
        _spread([share * 100 for share in shares], " %"), statistics.median(shares) < 0.05, tuple(shares),
    )  # fmt: skip


def of_cluster(found: Cluster) -> Iterator[Line]:
    """Dask against the pool, and killed workers."""
    figure, goal = f"Dask, two local workers, without boot, {found.pages:,} pages", "0.75 of the pool, same dump"
    if cluster.DASK not in found.wall_s:
        yield Line(figure, goal, "not measured: Dask is not installed")
    else:
        shares = _shares(net(found, cluster.POOL), net(found, cluster.DASK))
        same = all(found.one_dump.values())
        line = _line(figure, goal, shares, 0.75, more=", same dump" if same else ", ANOTHER DUMP")
        yield Line(line.figure, line.goal, line.measured, bool(line.reached and same), line.values)
    for kind, survived in found.survived.items():
        said = ("finishes, same dump" if survived else "ANOTHER DUMP") if found.kills[kind] else "no worker was killed"
        yield Line(f"kill -9 of a worker, {kind}", "finishes, same dump", said, survived and found.kills[kind] > 0)


def net(found: Cluster, kind: str) -> list[float]:
    """Wall seconds without start and boot: without what a run of one page takes in the median."""
    start = statistics.median(found.start_s[kind])
    return [wall - start for wall in found.wall_s[kind]]


def in_words(lines: Iterable[Line]) -> Iterator[str]:
    """The table as Markdown."""
    yield "| figure | asked for | measured: median (min to max) | reached |"
    yield "|---|---|---|---|"
    for line in lines:
        yield f"| {line.figure} | {line.goal} | {line.measured} | {({True: 'yes', False: 'no', None: ''})[line.reached]} |"


def rates(found: OneCore) -> Iterator[str]:
    """Each kind beside the others, as Markdown; the last column counts the values that are not those of `rebuild`."""
    yield f"| one core, {found.pages:,} pages | pages/s | CPU ms a page | peak MB | rows a page | other values |"
    yield "|---|---|---|---|---|---|"
    for kind, runs in found.rates.items():
        speed, cost = _spread([run.pages_s for run in runs], digits=0), _spread([run.cpu_ms for run in runs])
        yield f"| {kind} | {speed} | {cost} | {found.peak_mb[kind]:.0f} | {found.rows[kind]:.1f} | {found.differing.get(kind, '')} |"


def of_stages(found: Stages) -> Iterator[str]:
    """What each stage costs, as Markdown."""
    yield "| stage, in one process | CPU ms a page |"
    yield "|---|---|"
    for name, value in found.cpu_ms.items():
        yield f"| {name} | {value:.2f} |"
    yield f"| all of them | {sum(found.cpu_ms.values()):.2f} |"
    if len(found.ratios) > 1:
        low, middle, high = statistics.quantiles(found.ratios, n=4)
        yield ""
        yield f"Of the floor, step by step in turns: {middle:.2f}, half of the steps between {low:.2f} and {high:.2f}."


def _line(figure: str, goal: str, values: Sequence[float], least: float | None = None, more: str = "") -> Line:
    reached = None if least is None else statistics.median(values) >= least
    return Line(figure, goal, f"{_spread(values)}{more}", reached, tuple(values))


def _shares(one: Iterable[float], other: Iterable[float]) -> list[float]:
    """How many times the second the first is, round by round."""
    return [first / second for first, second in zip(one, other, strict=True)]


def _spread(values: Sequence[float], unit: str = "", digits: int = 2) -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f}){unit}"
