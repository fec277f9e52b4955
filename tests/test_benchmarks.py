"""The benchmarks in small: each part gives its figures, and what is compared is the same. No time is judged."""

import json
import math
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import cluster, machine, one_core, pages, table
from benchmarks.cluster import Cluster
from benchmarks.cores import FREE, ONE, TWO, Cores
from benchmarks.ground import READ, STALE
from benchmarks.memory import Memory
from benchmarks.one_core import OneCore, Rate
from benchmarks.peers import figures
from benchmarks.processes import below, cpu_s, pss_mb, run
from benchmarks.unchanged import Unchanged
from scraper import parsing

ROOT = Path(__file__).parents[1]
KINDS = (one_core.FLOOR, one_core.REBUILD, one_core.REPARSE, *one_core.NEEDS)


def one_core_of(cpu_ms: dict[str, list[float]], missing: tuple[str, ...] = ()) -> OneCore:
    rates = {kind: [Rate(cost, 1000 / cost) for cost in costs] for kind, costs in cpu_ms.items()}
    return OneCore(100, rates, dict.fromkeys(rates, 99.0), dict.fromkeys(rates, 88.0), dict.fromkeys(rates, 0), missing)


def reached(lines: Any) -> list[bool | None]:
    return [line.reached for line in lines]


@pytest.mark.parametrize("size", [40_000, pages.SIZE, 300_000])
def test_a_made_up_page_has_its_size_and_gives_all_its_figures(size: int):
    for page in pages.pages(3, size=size):
        read = parsing.parse(page.body, "text/html", "utf-8", page.url)
        assert abs(len(page.body) - size) < size // 50
        assert (read.outcome, len(read.facts)) == ("complete", 88)


def test_the_pages_of_a_seed_are_the_same():
    assert [*pages.pages(3)] == [*pages.pages(3)] != [*pages.pages(3, seed=2)]


def test_the_peers_take_the_figures_that_careerscape_takes():
    page = next(pages.pages(4))
    read = parsing.parse(page.body, "text/html", "utf-8", page.url)
    assert read.left
    assert read.right
    taken = {
        (fact.side, fact.field, fact.item): fact.value
        for fact in read.facts
        if not fact.field.startswith(("skill", "outlook.time"))
    }
    labels = {
        label: next(
            field for field, _, _ in figures.of_cell(label, "Associate Degree, 1%" if "degree" in label else "Between 1 And 2")
        )
        for label in figures.LABELS
        if "ratio" not in label
    }
    cells = [(f.side, label, f.raw) for f in read.facts for label, field in labels.items() if f.field == field]
    ratios = {"demographics.gender_pct": "Gender ratio", "demographics.race_pct": "Race ratio"}
    cells += [(f.side, ratios[f.field], f.raw) for f in read.facts if f.field in ratios]
    found = figures.rows(page.url, (read.left.title, read.right.title), cells, (), "")
    assert {(side, field, item): value for _, side, _, field, item, value, _ in found} == taken


def test_a_sentence_says_four_times():
    found = [*figures.of_sentence("it takes 2-4 years to become a b, becoming a c takes usually requires 4-6 years. More.")]
    assert [(side, value) for side, (_, _, value), _ in found] == [("left", 24), ("left", 48), ("right", 48), ("right", 72)]
    assert [*figures.of_sentence("It takes long.")] == []


def test_processes_below_a_process_are_found_and_weighed():
    with subprocess.Popen(["sleep", "60"]) as child:
        try:
            assert {os.getpid(), child.pid} <= {*below(os.getpid())}
            assert pss_mb(child.pid) > 0
            assert pss_mb(os.getpid()) > pss_mb(child.pid)
        finally:
            child.kill()
    assert (below(child.pid), pss_mb(child.pid), cpu_s(child.pid)) == ([child.pid], 0, 0)


def test_a_command_that_fails_says_why():
    with pytest.raises(subprocess.CalledProcessError) as failed:
        run([sys.executable, "-c", "import sys; print('this'); sys.exit('that')"])
    assert (failed.value.stdout, failed.value.stderr, failed.value.returncode) == ("this\n", "that\n", 1)


def test_a_command_is_watched_until_it_ends():
    seen: list[int] = []
    cost = run([sys.executable, "-c", "import os; print(os.getpid(), sum(range(10**6)) > 0)"], watch=seen.append)
    assert {str(pid) for pid in seen} == {cost.said.split()[0]}
    assert 0 < cost.cpu_s < cost.wall_s * len(os.sched_getaffinity(0)) + 1


def test_the_goals_are_judged_by_the_median():
    costs = {kind: [1.0, 1.0, 1.0] for kind in KINDS} | {
        one_core.REBUILD: [2.0, 4.0, 2.2], one_core.REPARSE: [2.0, 3.0, 4.0],
        one_core.SCRAPY: [10.0, 20.0, 11.0], one_core.SCRAPY_FIGURES: [9.0, 20.0, 10.0], one_core.SOUP: [80.0, 80.0, 77.0],
    }  # fmt: skip
    lines = [*table.of_one_core(one_core_of(costs))]
    assert reached(lines) == [True, False, True, False, True]
    assert lines[0].measured == "0.45 (0.25 to 0.50), 455 pages/s"


def test_a_peer_that_is_not_installed_is_named():
    costs = {kind: [1.0] for kind in KINDS if kind not in one_core.NEEDS}
    lines = [*table.of_one_core(one_core_of(costs, tuple(one_core.NEEDS)))]
    assert [line.measured for line in lines[2:]] == ["not measured: not installed"] * 3
    assert reached(lines[2:]) == [None] * 3


@pytest.mark.parametrize(
    ("peak", "flat"),
    [({1000: 200.0, 100_000: 219.0}, True), ({1000: 200.0, 100_000: 221.0}, False), ({9: 290.0, 99: 301.0}, False)],
)
def test_memory_is_flat_and_small(peak: dict[int, float], flat: bool):
    assert reached(table.of_memory(Memory(180_000, {"rebuild": peak}, {"rebuild": peak}))) == [flat]


def test_start_and_boot_are_taken_off():
    kinds = (cluster.POOL, cluster.DASK)
    found = Cluster(
        20_000, {cluster.POOL: [10.0, 10.0], cluster.DASK: [16.0, 17.0]}, {cluster.POOL: [1.0, 1.0], cluster.DASK: [5.0, 5.0]},
        dict.fromkeys(kinds, True), dict.fromkeys(kinds, 1), {cluster.POOL: True, cluster.DASK: False},
    )  # fmt: skip
    assert table.net(found, cluster.DASK) == [11, 12]
    assert reached(table.of_cluster(found)) == [True, True, False]


def test_every_line_is_short_enough_for_a_document():
    widest = [1000.25, 1000.5, 1000.75]
    peak = {100_000: 1000.0, 1_000: 1000.0}
    same = dict.fromkeys((cluster.POOL, cluster.DASK), True)
    seconds = dict.fromkeys(same, widest)
    lines = chain(
        table.of_one_core(one_core_of({kind: [0.001, 0.01] for kind in KINDS})),
        table.of_cores(Cores(20_000, {name: dict.fromkeys((ONE, FREE, TWO), widest) for name in ("rebuild", "reparse")})),
        table.of_memory(Memory(180_000, {"rebuild": peak}, {"rebuild": peak})),
        table.of_unchanged(Unchanged(20_000, {STALE: widest, READ: widest}, {})),
        table.of_cluster(Cluster(20_000, seconds, {key: [0.0] for key in same}, same, dict.fromkeys(same, 1), same)),
    )
    text = [*table.in_words(lines), *table.rates(one_core_of({kind: [0.5] for kind in KINDS}))]
    assert [line for line in text if len(line) > benchmarks.WIDTH] == []


def test_the_document_has_a_place_for_the_figures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    old = benchmarks.DOCUMENT.read_text()
    monkeypatch.setattr(benchmarks, "DOCUMENT", tmp_path / "performance.md")
    benchmarks.DOCUMENT.write_text(old)
    benchmarks._write("| new |")
    new = benchmarks.DOCUMENT.read_text()
    assert "-->\n| new |\n<!-- end -->" in new
    benchmarks._write("| newer |")
    assert benchmarks.DOCUMENT.read_text() == new.replace("| new |", "| newer |")


def test_the_versions_of_what_takes_part_are_said():
    about = machine.about()
    assert {"date", "machine", "system", "careerscape", "Python", "SQLite", "selectolax"} <= {*about}
    assert all(about.values())


def test_the_packages_of_the_peers_are_pinned_with_hashes_and_not_pinned_twice():
    run_and_develop, bench = (
        [entry for name in names for entry in re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())]
        for names in (("requirements.lock", "requirements-dev.lock"), ("requirements-bench.lock",))
    )
    pinned = [re.match(r"([a-z0-9-]+)==\S+ \\\n +--hash=sha256:[0-9a-f]{64}", entry) for entry in bench]
    assert all(pinned)
    names = [match[1] for match in pinned if match]
    assert names == sorted(set(names))
    assert {"scrapy", "parsel", "beautifulsoup4", "pandas", "lxml", "requests-file"} <= set(names)
    assert not set(names) & {entry.split("==")[0] for entry in run_and_develop}
    assert "://" not in "".join(bench)


@pytest.mark.long
@pytest.mark.parametrize("part", benchmarks.PARTS)
def test_a_quick_run_measures_each_part(part: str, tmp_path: Path):
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", part, "--json", tmp_path / "out.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out.json").read_text())
    numbers = [value for line in found["table"] for value in line["values"]]
    assert all(map(math.isfinite, numbers))
    results = found["results"][part]
    if part == "one_core":
        assert set(results["rows"].values()) == {88.0}
        assert set(results["differing"].values()) == {0}
    if part == "cluster":
        kinds = {cluster.POOL, cluster.DASK} if find_spec("distributed") else {cluster.POOL}
        assert results["one_dump"] == results["survived"] == dict.fromkeys(kinds, True)
        assert results["kills"] == dict.fromkeys(kinds, 1)
    assert part == "stages" or all(line["figure"] in done.stdout for line in found["table"])
