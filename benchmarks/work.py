"""The work that is measured in a process of its own: `python -m benchmarks.work floor|ratios|stages INDEX DB COUNT`.

`floor` is the least that the same pages can cost; `stages` and `ratios` run the pipeline of an import, from archive to published
rows. What they find is printed as JSON.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.pages import Page
from db import captures, load, publish, runs
from db.connection import Database, open_to_write
from normalize import reading, vocabulary
from normalize.facts import Reading
from scraper import parsing, readers, version, wire
from scraper.archive import Archive, Location
from scraper.capture import Capture, stamp
from scraper.importing import PAGES_A_TRANSACTION
from scraper.interpreter import interpret
from scraper.parsing import PageBytes
from scraper.pool import PAGES_TOGETHER
from scraper.process import code_set_aside
from scraper.sandbox import Sandbox

START = datetime(2026, 1, 1, tzinfo=UTC)
SIDES, SLUGS = ("left", "right"), ("senior-account-analyst", "night-loan-specialist")
FIELDS = [f"section.field_{number}" for number in range(500)]
ROWS = "rows.json"
Index = list[dict[str, Any]]
Parse = Callable[[Sequence[PageBytes]], list[Reading]]
STEP = 20


def archive(pages: Iterable[Page], folder: Path) -> Index:
    """Write the pages to WARC files below a folder; the answer is the index of their records."""
    store = Archive(folder / "archive", {}, START)
    index: Index = []
    for number, page in enumerate(pages):
        at = START + timedelta(seconds=number)
        capture = Capture(page.url, at, at, "live", "http", "text/html", "utf-8", page.body, 200)
        place = store.append(capture)
        index.append(
            {"url": page.url, "at": stamp(at), "sha256": capture.sha256, "id": capture.capture_id, "file": place.warc_file,
             "offset": place.offset, "length": place.length}
        )  # fmt: skip
    store.sync()
    store.close()
    return index


def bodies(folder: Path, index: Index) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Each record with its body, read from the archive and checked."""
    store = Archive(folder / "archive", {}, START)
    for record in index:
        yield record, store.read(Location(record["file"], record["offset"], record["length"]), record["sha256"])


def count_rows(folder: Path, index: Index) -> None:
    """Note how many observations each page gives: as many rows the floor inserts."""
    rows = [len(parsing.parse(body, "text/html", "utf-8", record["url"]).facts) for record, body in bodies(folder, index)]
    (folder / ROWS).write_text(json.dumps(rows))


def _pipeline_steps(folder: Path, index: Index, path: Path, parse: Parse) -> Iterator[int]:
    """The pipeline, a step being the pages after which it can be looked at; the observations of each, the last publishes."""
    db = open_to_write(path)
    run_id = runs.begin(db, "benchmark", stamp(START))
    with db.atomic():
        version_id = load.version(db, version.parser(), vocabulary.version())
    for start in range(0, len(index), PAGES_A_TRANSACTION):
        with db.atomic():
            for step in range(start, min(start + PAGES_A_TRANSACTION, len(index)), STEP):
                facts = 0
                for at in range(step, min(step + STEP, len(index)), PAGES_TOGETHER):
                    records = list(bodies(folder, index[at : at + PAGES_TOGETHER]))
                    rows = [_add(db, record) for record, _ in records]
                    pages = [PageBytes(body, "text/html", "utf-8", record["url"]) for record, body in records]
                    for row, read in zip(rows, parse(pages), strict=True):
                        load.load(db, run_id, version_id, row, read)
                        facts += len(read.facts)
                yield facts
    with db.atomic():
        publish.publish(db, run_id)
        runs.finish(db, run_id, runs.Counts(loaded=len(index)), 0, stamp(START))
    db.close()
    yield 0


def _add(db: Database, record: dict[str, Any]) -> int:
    row = captures.CaptureRow(
        record["id"], record["url"], record["at"], record["at"], "live", "http", "text/html", "utf-8", 200, record["sha256"],
        record["file"], record["offset"], record["length"],
    )  # fmt: skip
    return captures.add(db, row)


def floor(folder: Path, index: Index, path: Path) -> int:
    """Read, build the tree, insert as many rows as these pages give observations; nothing is extracted."""
    return sum(_floor_steps(folder, index, path))


def _floor_steps(folder: Path, index: Index, path: Path) -> Iterator[int]:
    """The floor in the same steps.

    The table is what a quick script would make: one row a figure, unique, so that loading again changes nothing, and an index
    to ask by occupation; one transaction.
    """
    from selectolax.lexbor import LexborHTMLParser

    db = sqlite3.connect(path)
    db.execute(
        "CREATE TABLE fact (url TEXT, captured_at TEXT, side TEXT, occupation TEXT, field TEXT, value, unit TEXT, raw TEXT, "
        "UNIQUE (url, captured_at, side, field))"
    )
    db.execute("CREATE INDEX fact_occupation ON fact (occupation)")
    rows = json.loads((folder / ROWS).read_text())
    for step in range(0, len(index), STEP):
        for number, (record, body) in enumerate(bodies(folder, index[step : step + STEP]), start=step):
            LexborHTMLParser(body)
            url, at = record["url"], record["at"]
            made = [(url, at, SIDES[n & 1], SLUGS[n & 1], FIELDS[n], 12345, "USD/year", "$12,345") for n in range(rows[number])]
            db.executemany("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?, ?)", made)
        yield sum(rows[step : step + STEP])
    db.commit()
    db.close()
    yield 0


def ratios(folder: Path, index: Index, path: Path) -> list[float]:
    """Floor / pipeline by CPU, step by step in turns, so that what else the machine does hits both alike; the pipeline's last
    step is shared out among the others. The first step warms up and does not count."""
    with code_set_aside(), Sandbox() as sandbox:
        ours = _timed(_pipeline_steps(folder, index, path, sandbox.parse_many), sandbox)
        theirs = _timed(_floor_steps(folder, index, path.with_name(f"{path.name}.floor")), sandbox)
        pairs = list(zip(ours, theirs, strict=True))
    share, least = (last / (len(pairs) - 1) for last in pairs[-1])
    return [(floor + least) / (pipeline + share) for pipeline, floor in pairs[1:-1]]


def _timed(steps: Iterator[int], sandbox: Sandbox) -> Iterator[float]:
    """The CPU seconds of each step, those of the worker included."""
    while True:
        before = _cpu(sandbox)
        if next(steps, None) is None:
            return
        yield _cpu(sandbox) - before


def _cpu(sandbox: Sandbox) -> float:
    worker = (
        time.clock_gettime((~sandbox.pid << 3) | 2) if sandbox.pid else 0.0
    )  # the CPU clock of a process, see clock_getcpuclockid
    return time.process_time() + worker


def stages(folder: Path, index: Index, path: Path) -> dict[str, float]:
    """CPU milliseconds a page by stage, all in this process."""
    spent: dict[str, float] = {}

    def timed(name: str, function: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = function()
        spent[name] = spent.get(name, 0.0) + time.process_time() - start
        return result

    def parse(pages: Sequence[PageBytes]) -> list[Reading]:
        documents = timed(
            "bytes to document (tree, walk)", lambda: [readers.read(p.body, p.media_type, p.charset) for p in pages]
        )
        claims = timed("document to claims", lambda: [interpret(d, p.url) for d, p in zip(documents, pages, strict=True)])
        facts = timed("claims to facts (grammars, checks)", lambda: [reading.read(said) for said in claims])
        text = timed("facts from worker to parent", lambda: wire.pack(facts))
        return timed("facts from worker to parent", lambda: wire.unpack(text))  # type: ignore[no-any-return]

    sum(_pipeline_steps(folder, index[:1], path.with_name(f"{path.name}.one"), parse))
    spent.clear()
    start = time.process_time()
    for _ in bodies(folder, index):
        pass
    spent["archive to bytes (gzip, digest)"] = time.process_time() - start
    start = time.process_time()
    sum(_pipeline_steps(folder, index, path, parse))
    spent["facts to published rows"] = time.process_time() - start - sum(spent.values())
    return {name: seconds * 1000 / max(1, len(index)) for name, seconds in spent.items()}


def main() -> None:
    """Do the work of the command line."""
    kind, index_file, db, count = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    index = json.loads(index_file.read_text())[:count]
    done = {"floor": floor, "stages": stages, "ratios": ratios}[kind](index_file.parent, index, db)
    print(json.dumps({kind: done}))


if __name__ == "__main__":
    main()
