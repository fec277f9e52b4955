"""`python -m benchmarks [--quick | --full] [--only PART ...] [--json FILE] [--write]`: speed and memory, beside the peers.

Parts: `one_core` (the floor, careerscape, and what a user would write instead), `stages`, `cores`, `memory`, `unchanged`, `cluster`.
Each is a module that says how it measures; `ground` makes their archives. Without options it takes some minutes.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import cluster, cores, machine, memory, one_core, pages, stages, table, unchanged
from benchmarks.ground import Ground
from db.lock import writing_folder
from normalize.errors import Busy

PARTS = ("one_core", "stages", "cores", "memory", "unchanged", "cluster")
DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
WIDTH = 126
_SIZES = ("pages", "rounds", "many", "memory_pages", "size", "memory_size")
_QUICK = {"pages": 50, "rounds": 1, "many": 60, "memory_pages": [30, 60]}
_FULL = {"pages": 2_000, "rounds": 5, "many": 20_000, "memory_pages": [1_000, 100_000]}
_LINES: dict[str, Callable[[Any], Iterator[table.Line]]] = {
    "one_core": table.of_one_core, "cores": table.of_cores, "memory": table.of_memory, "unchanged": table.of_unchanged,
    "cluster": table.of_cluster,
}  # fmt: skip


def main() -> None:
    """Measure, print, and write what is asked for."""
    options = _options()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with writing_folder(folder / "all"):
                for part in (part for part in PARTS if part in options.only):
                    found[part] = _measure(part, folder, options)
                    _save(found, options)
        except subprocess.CalledProcessError as error:
            sys.exit(f"{error}\n{error.stderr}")
        except Busy as error:
            sys.exit(f"{folder}: {error}")
    text = "\n".join(_text(found, options))
    print(text)
    if options.write:
        _write(text)


def _lines(found: dict[str, Any]) -> list[table.Line]:
    return [line for part, of in _LINES.items() if part in found for line in of(found[part])]


def _save(found: dict[str, Any], options: argparse.Namespace) -> None:
    """Write what was found so far, if that is asked for."""
    if options.json:
        results = {part: one.to_dict() for part, one in found.items()}
        asked = {name: getattr(options, name) for name in _SIZES}
        said = {
            "about": machine.about(), "asked": asked, "table": [line.to_dict() for line in _lines(found)], "results": results,
        }  # fmt: skip
        options.json.write_text(json.dumps(said, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="few pages: whether it works; its figures say little")
    size.add_argument("--full", action="store_true", help="as many pages as the goals name; takes hours and 10 GB")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts alone")
    parser.add_argument("--pages", type=int, default=1_000, help="pages a run on one core [1000]")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each kind, in turns [3]")
    parser.add_argument("--many", type=int, default=2_000, help="pages of the other parts [2000]")
    parser.add_argument(
        "--memory-pages", type=int, nargs=2, default=[500, 2_000], metavar="N", help="the two archives [500 2000]"
    )
    parser.add_argument("--compiled", action="store_true", help="one_core: compiled as well, which takes the compiler minutes")
    parser.add_argument("--size", type=int, default=pages.SIZE, help="bytes a page [180000]")
    parser.add_argument("--memory-size", type=int, default=pages.SIZE, help="bytes a page where memory is measured [180000]")
    parser.add_argument("--folder", type=Path, help="make the archives here, and use those that are here [a temporary one]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to a file")
    parser.add_argument("--write", action="store_true", help=f"write the tables into docs/{DOCUMENT.name}")
    options = parser.parse_args()
    for name, value in ((_QUICK if options.quick else {}) | (_FULL if options.full else {})).items():
        setattr(options, name, value)
    return options


def _measure(part: str, folder: Path, options: argparse.Namespace) -> Any:
    print(f"{part} ...", file=sys.stderr, flush=True)
    ground = Ground(folder, options.memory_size if part == "memory" else options.size)
    if part == "one_core":
        return one_core.measure(ground, options.pages, options.rounds, options.compiled)
    if part == "stages":
        return stages.measure(ground, options.pages)
    if part == "memory":
        return memory.measure(ground, options.memory_pages)
    measure = {"cores": cores.measure, "unchanged": unchanged.measure, "cluster": cluster.measure}[part]
    return measure(ground, options.many, options.rounds)


def _text(found: dict[str, Any], options: argparse.Namespace) -> Iterator[str]:
    """All that is printed, as Markdown."""
    lines = _lines(found)
    yield from textwrap.wrap(f"{machine.in_words(machine.about())}.", WIDTH, break_on_hyphens=False)
    other = f" ({options.memory_size:,} for memory)" if options.memory_size != options.size else ""
    yield f"Pages of {options.size:,} bytes{other}; rounds: {options.rounds}."
    if lines:
        yield ""
        yield from table.in_words([replace(line, reached=None) for line in lines] if options.quick else lines)
    if "one_core" in found:
        yield ""
        yield from table.rates(found["one_core"])
    if "stages" in found:
        yield ""
        yield from table.of_stages(found["stages"])


def _write(text: str) -> None:
    old = DOCUMENT.read_text()
    new = re.sub(
        r"(<!-- figures: [^\n]* -->\n).*?(<!-- end -->)", lambda found: f"{found[1]}{text}\n{found[2]}", old, flags=re.DOTALL
    )
    DOCUMENT.write_text(new)


if __name__ == "__main__":
    main()
