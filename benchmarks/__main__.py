"""`python -m benchmarks [--pages N] [--rounds N] [--json FILE]`: archived page to published rows on one core, beside its floor.

The floor is what the same pages cost when nothing is extracted: read and check the record, build the tree, and insert as
many rows as there are observations into one table with a key and an index. Both run on the same core, in turns: as whole
processes, for pages/s and memory, less what a run of one page costs (start and imports); and in steps of 20 pages for the
ratio, so that what else the machine does hits both alike. The stages are timed in one process, where a sum can be split.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import pages, work

OURS, FLOOR = "pipeline", "floor"
MALLOC = {"MALLOC_TRIM_THRESHOLD_": "268435456", "MALLOC_MMAP_THRESHOLD_": "268435456"}


def main() -> None:
    """Measure and print."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = list(pages.pages(options.pages))
        index = work.archive(made, folder)
        index_file = folder / "index.json"
        index_file.write_text(json.dumps(index))
        work.count_rows(folder, index)
        rounds: dict[str, list[dict[str, float]]] = {OURS: [], FLOOR: []}
        for number in range(options.rounds):
            for kind in (OURS, FLOOR) if number % 2 else (FLOOR, OURS):
                rounds[kind].append(_whole(kind, index_file, folder / f"{kind}-{number}.db", options.pages))
        ratios = _run("ratios", index_file, folder / "ratios.db", options.pages)["ratios"]
        stages = _run("stages", index_file, folder / "stages.db", options.pages)
    _print(made, rounds, ratios, stages)
    if options.json:
        figures = {"machine": _machine(), "pages": options.pages, "rounds": rounds, "ratios": ratios, "stages": stages["stages"]}
        options.json.write_text(json.dumps(figures))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages", type=int, default=300, help="pages of 180 KB a run [300]")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each kind as whole processes, in turns [3]")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    return parser.parse_args()


def _whole(kind: str, index: Path, db: Path, count: int) -> dict[str, float]:
    """One run, without what a run of one page costs."""
    one = _run(kind, index, db.with_suffix(".one"), 1)
    full = _run(kind, index, db, count)
    return {
        "cpu_ms": (full["cpu_s"] - one["cpu_s"]) * 1000 / (count - 1),
        "pages_s": (count - 1) / (full["wall_s"] - one["wall_s"]),
        "peak_mb": full["peak_mb"],
        "rows": full["rows"] / count,
    }


def _run(kind: str, index: Path, db: Path, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.work", kind, str(index), str(db), str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=os.environ | MALLOC)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _print(
    made: list[pages.Page], rounds: dict[str, list[dict[str, float]]], ratios: list[float], stages: dict[str, Any]
) -> None:
    size = statistics.mean(len(page.body) for page in made)
    print(f"{len(made)} pages of {size / 1000:.0f} KB, {len(rounds[OURS])} rounds, one core ({_machine()})\n")
    print(f"{'median (min to max)':<22}{'pages/s':>22}{'CPU ms a page':>24}{'peak MB':>10}{'rows a page':>13}")
    for kind, runs in rounds.items():
        peak = max(run["peak_mb"] for run in runs)
        print(f"{kind:<22}{_spread(runs, 'pages_s', 0):>22}{_spread(runs, 'cpu_ms', 2):>24}{peak:>10.0f}{runs[0]['rows']:>13.1f}")
    low, _, high = statistics.quantiles(ratios, n=4)
    print(f"\nof the floor, by CPU: {statistics.median(ratios):.2f} (half of the steps between {low:.2f} and {high:.2f})\n")
    print("CPU ms a page by stage, in one process:")
    for name, value in stages["stages"].items():
        print(f"  {name:<52}{value:>7.2f}")


def _spread(runs: list[dict[str, float]], key: str, digits: int) -> str:
    values = [run[key] for run in runs]
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


if __name__ == "__main__":
    main()
