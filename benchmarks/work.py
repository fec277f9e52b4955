"""The work that is measured: `python -m benchmarks.work pipeline|floor|stages INDEX DB COUNT` does it and prints its cost.

Each runs in a process of its own on one core; cost is CPU of this process and its children, wall time, and peak memory of
the larger plus, for the pipeline, that of its worker.
"""

import json
import os
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.pages import Page
from db import captures, load, publish, runs
from db.connection import Database, open_to_write
from normalize import forms, reading, vocabulary
from normalize.facts import Reading
from scraper import readers, version
from scraper.archive import Archive, Location
from scraper.capture import Capture, stamp
from scraper.interpreter import interpret
from scraper.run import PAGES_A_TRANSACTION

START = datetime(2026, 1, 1, tzinfo=UTC)
ROW = ("url", "2026-01-01T00:00:00Z", "left", "occupation", "field", "item", 12345, "USD/year", "ok", "$12,345", "salary")
ROWS_A_PAGE = 62
Index = list[dict[str, Any]]


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


def pipeline(folder: Path, index: Index, path: Path) -> int:
    """Read, parse in the worker, load and publish, as a run does; the number of observations."""
    from scraper.sandbox import Sandbox

    with Sandbox() as sandbox:
        return _load(folder, index, path, lambda body, url: sandbox.parse(body, "text/html", "utf-8", url))


def _load(folder: Path, index: Index, path: Path, parse: Callable[[bytes, str], Reading]) -> int:
    db = open_to_write(path)
    run_id = runs.begin(db, "benchmark", stamp(START))
    with db.atomic():
        version_id = load.version(db, version.parser(), vocabulary.version())
    facts = 0
    for start in range(0, len(index), PAGES_A_TRANSACTION):
        with db.atomic():
            for record, body in bodies(folder, index[start : start + PAGES_A_TRANSACTION]):
                read = parse(body, record["url"])
                load.load(db, run_id, version_id, _add(db, record), read)
                facts += len(read.facts)
    with db.atomic():
        publish.publish(db, run_id)
        runs.finish(db, run_id, runs.Counts(loaded=len(index)), 0, stamp(START))
    db.close()
    return facts


def _add(db: Database, record: dict[str, Any]) -> int:
    row = captures.CaptureRow(
        record["id"], record["url"], record["at"], record["at"], "live", "http", "text/html", "utf-8", 200, record["sha256"],
        record["file"], record["offset"], record["length"],
    )  # fmt: skip
    return captures.add(db, row)


def floor(folder: Path, index: Index, path: Path) -> int:
    """Read, build the tree, insert as many rows; nothing is extracted."""
    from selectolax.lexbor import LexborHTMLParser

    db = sqlite3.connect(path)
    db.execute("CREATE TABLE fact (a, b, c, d, e, f, g, h, i, j, k)")
    insert = f"INSERT INTO fact VALUES ({', '.join('?' * len(ROW))})"
    for _, body in bodies(folder, index):
        LexborHTMLParser(body)
        db.executemany(insert, [ROW] * ROWS_A_PAGE)
    db.commit()
    db.close()
    return ROWS_A_PAGE * len(index)


def stages(folder: Path, index: Index, path: Path) -> dict[str, float]:
    """CPU milliseconds a page by stage, all in this process."""
    spent: dict[str, float] = {}

    def timed(name: str, function: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = function()
        spent[name] = spent.get(name, 0.0) + time.process_time() - start
        return result

    def parse(body: bytes, url: str) -> Reading:
        document = timed("bytes to document (tree, walk)", lambda: readers.read(body, "text/html", "utf-8"))
        claims = timed("document to claims", lambda: interpret(document, url))
        facts = timed("claims to facts (grammars, checks)", lambda: reading.read(claims))
        text = timed("facts from worker to parent", lambda: forms.to_json(facts))
        return timed("facts from worker to parent", lambda: forms.from_json(Reading, text))  # type: ignore[no-any-return]

    _load(folder, index[:1], path.with_suffix(".one"), parse)
    spent.clear()
    start = time.process_time()
    for _ in bodies(folder, index):
        pass
    spent["archive to bytes (gzip, digest)"] = time.process_time() - start
    start = time.process_time()
    _load(folder, index, path, parse)
    spent["facts to published rows"] = time.process_time() - start - sum(spent.values())
    return {name: seconds * 1000 / max(1, len(index)) for name, seconds in spent.items()}


def main() -> None:
    """Do the work of the command line and print its cost as JSON."""
    kind, index_file, db, count = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    index = json.loads(index_file.read_text())[:count]
    start = time.monotonic()
    done = {"pipeline": pipeline, "floor": floor, "stages": stages}[kind](index_file.parent, index, db)
    wall = time.monotonic() - start
    own, child = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = {
        "cpu_s": sum(use.ru_utime + use.ru_stime for use in (own, child)), "wall_s": wall,
        "peak_mb": (own.ru_maxrss + child.ru_maxrss) / 1024,
    }  # fmt: skip
    print(json.dumps(cost | ({"stages": done} if kind == "stages" else {"rows": done})))


if __name__ == "__main__":
    main()
