"""`python -m benchmarks.history [--observations N] [--hubs] [--keep PATH]`: a database of years, how fast it answers, and how it grows.

The default is 1,000,000 observations of 20,000 captures, of which 200,000 facts are distinct (occupation, field, item, value,
status and raw text). Questions are asked in a warm process, about occupations drawn by chance. `explain` is asked with one page at hand, as
made-up captures have none: once parsed beforehand, once in the process itself.
"""

import argparse
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from benchmarks import past
from benchmarks.past import Past, Plan
from db import queries
from db.connection import Database, open_to_read
from normalize.fields import BY_NAME
from scraper import parsing
from scraper.archive import Archive
from scraper.explain import explain
from tests.figures import SEED, as_html

LIMIT_MS, LIMIT_MB, LIMIT_BYTES = 50, 150, 300
FIELDS = ("salary.annual_mean_usd", "salary.best_city", "demographics.gender_pct", "outlook.jobs", "skill.name")
MEGABYTE = 1_000_000
REPEATS = ("same bytes", "other bytes")


@dataclass(frozen=True, slots=True)
class Answered:
    """How long a question took, in ms, and how many rows the answers had in all."""

    question: str
    times: list[float]
    rows: int


class PageAtHand(Archive):
    """An archive that has one page, whatever is asked for."""

    def __init__(self) -> None:
        self.body = as_html(SEED)

    def read(self, *_: object) -> bytes:
        """The page."""
        return self.body


def answers(db: Database, known: Past, calls: int) -> Iterator[Answered]:
    """What each question takes, asked so many times."""
    chance = random.Random(2)
    page, found = PageAtHand(), _parsed(as_html(SEED))
    slugs = [job.slug for job in known.jobs]
    late = known.at(0, known.plan.dates - 1)

    def slug() -> str:
        return chance.choice(slugs)

    def explained(trace: Callable[..., parsing.Trace], about: str = "") -> int:
        return len(explain(db, page, trace, about or slug(), BY_NAME[chance.choice(FIELDS)], ""))

    yield _asked("occupation, by slug", calls, lambda: len(queries.occupation(db, slug())))
    yield _asked("occupation, by title", calls, lambda: len(queries.occupation(db, chance.choice(known.jobs).title)))
    yield _asked("history of an occupation", calls, lambda: len(queries.history(db, slug())))
    yield _asked("history of a field", calls, lambda: len(queries.history(db, slug(), BY_NAME[chance.choice(FIELDS)])))
    yield _asked("changes, the newest 100", calls, lambda: len(queries.changes(db, "", 100)))
    yield _asked("changes since a date, 100", calls, lambda: len(queries.changes(db, late, 100)))
    yield _asked("changes since a date, all", 5, lambda: len(queries.changes(db, late, 1_000_000)))
    yield _asked("explain, database alone", calls, lambda: explained(lambda *_: found))
    yield _asked("explain, with parsing", calls, lambda: explained(_parsed))
    yield _asked("latest", calls, lambda: len(queries.latest(db, slug())))
    yield _asked("facts of an occupation", calls, lambda: len(queries.facts(db, slug())))
    hub = known.busiest.slug
    yield _asked("history of the busiest", 20, lambda: len(queries.history(db, hub)))
    yield _asked("explain, of the busiest", 20, lambda: explained(lambda *_: found, hub))
    yield _asked("facts of the busiest", 5, lambda: len(queries.facts(db, hub)))


def _parsed(body: bytes, *_: str) -> parsing.Trace:
    return parsing.trace(body, "text/html", "utf-8", SEED.url)


def _asked(question: str, calls: int, ask: Callable[[], int]) -> Answered:
    ask()
    times, rows = [], 0
    for _ in range(calls):
        begun = time.perf_counter()
        rows += ask()
        times.append((time.perf_counter() - begun) * 1_000)
    return Answered(question, times, rows)


def size(db: Database) -> int:
    """Bytes of the database, free pages included."""
    return int(db.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()[0])


def vacuumed(db: Database) -> int:
    """Bytes of a copy without free pages and half-full ones."""
    file = db.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()[0]
    with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(file)) as connection:
        copy = Path(folder) / "copy.db"
        connection.execute("VACUUM INTO ?", [str(copy)])
        return copy.stat().st_size


def parts(db: Database) -> dict[str, int]:
    """Bytes of the pages of each table and index."""
    return dict(db.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall())


def distinct(db: Database) -> tuple[int, int]:
    """How many observations there are, and how many distinct facts."""
    query = (
        "SELECT sum(n), count(*) FROM (SELECT count(*) AS n FROM observation "
        "GROUP BY occupation, field, item, value, typeof(value), status, raw)"
    )
    return cast(tuple[int, int], db.execute(query).fetchone())


def grow(db: Database, known: Past) -> None:
    """Capture all pages once more, without news, and print what that adds."""
    print(f"\n{'a capture without news':44}{'bytes':>8}{'after VACUUM':>14}     (limit {LIMIT_BYTES})")
    for number, repeats in enumerate(REPEATS):
        before, held = (size(db), vacuumed(db)), parts(db)
        past.add(db, known, known.plan.dates + number, repeats=repeats)
        added = [(now - then) / known.plan.pages for then, now in zip(before, (size(db), vacuumed(db)), strict=True)]
        print(f"{repeats:44}{added[0]:8.1f}{added[1]:14.1f}")
        for name, now in parts(db).items():
            if more := (now - held.get(name, 0)) / known.plan.pages:
                print(f"    {name:40}{more:8.1f}")


def main() -> None:
    """Build, measure and print."""
    default = Plan()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--observations", type=int, default=default.observations, metavar="N", help="how many [1,000,000]")
    parser.add_argument("--changing", type=float, default=default.changing, help="share of values changed from date to date")
    parser.add_argument("--hubs", action="store_true", help="few occupations stand on many pages")
    parser.add_argument("--calls", type=int, default=300, help="so many times each question is asked [300]")
    parser.add_argument("--keep", type=Path, metavar="PATH", help="keep the database there; one that is there is not made anew")
    options = parser.parse_args()
    pages = options.observations // replace(default, pages=1).observations
    known = Past(replace(default, pages=max(2, pages), changing=options.changing, hubs=options.hubs))
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "past.db"
        if not path.exists():
            _build(path, known)
        with closing(open_to_read(path)) as db:
            _print_size(db)
            _print_answers(answers(db, known, options.calls))
        copy = Path(shutil.copy(path, Path(folder) / "grown.db"))
        with closing(past.opened(copy)) as db:
            grow(db, known)


def _build(path: Path, known: Past) -> None:
    print(f"{known.plan.pages:,} pages at {known.plan.dates} dates, {known.plan.observations:,} observations")
    with closing(past.opened(path)) as db:
        for date in range(known.plan.dates):
            begun = time.perf_counter()
            run_id = past.add(db, known, date, queued=date == 0)
            print(f"date {date + 1} loaded and published in {time.perf_counter() - begun:.1f} s", flush=True)
        past.note_requests(db, known, known.plan.dates - 1, run_id)


def _print_size(db: Database) -> None:
    total, different = distinct(db)
    print(f"\n{total:,} observations, {different:,} distinct facts")
    print(f"{size(db) / MEGABYTE:.1f} MB, {vacuumed(db) / MEGABYTE:.1f} MB after VACUUM (limit {LIMIT_MB} MB)")
    for name, content in sorted(parts(db).items(), key=lambda part: -part[1])[:20]:
        print(f"    {name:40}{content / MEGABYTE:8.2f} MB")


def _print_answers(found: Iterator[Answered]) -> None:
    print(f"\n{'question':28}{'median':>9}{'95 %':>9}{'worst':>9} ms{'rows':>9}     (limit: median {LIMIT_MS} ms)")
    for told in found:
        times = sorted(told.times)
        middle, high = statistics.median(times), times[int(len(times) * 0.95)]
        print(f"{told.question:28}{middle:9.2f}{high:9.2f}{times[-1]:9.2f}{told.rows / len(times):12,.1f}", flush=True)


if __name__ == "__main__":
    main()
