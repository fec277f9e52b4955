"""Histories of pages made of facts, without archive and bytes: loaded in any order, published in any batches."""

import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from db import captures, load, publish, runs
from db.connection import Database, open_to_write
from normalize.claims import Job, Place, Side
from normalize.facts import Fact, Outcome, Reading, Status, Value
from scraper.capture import stamp

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
NOW = "2026-01-01T00:00:00Z"
Said = tuple[Side, str, str, Value | None, Status]
"""Side, field, item, value and status of one fact."""


def day(number: float) -> str:
    """The time so many days after the first."""
    return stamp(FIRST + timedelta(days=number))


@dataclass(frozen=True)
class Shown:
    """One capture of the page at `left`-vs-`right`, on `host`; `published` is False for one that stays held."""

    at: str
    left: str
    right: str
    facts: tuple[Said, ...]
    outcome: Outcome = "complete"
    published: bool = True
    parts: tuple[str, ...] = ()
    host: str = "a.example"
    titles: tuple[str, str] = ("", "")

    @property
    def url(self) -> str:
        return f"https://{self.host}/{self.left}-vs-{self.right}"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()

    @property
    def capture_id(self) -> str:
        return hashlib.sha256(f"{self.url} {self.at} {self.sha256}".encode()).hexdigest()[:32]

    @property
    def jobs(self) -> dict[Side, str]:
        return {"left": self.left, "right": self.right}


def history(path: Path, *batches: Sequence[Shown]) -> Path:
    """A database in which each batch was loaded and published by a run of its own."""
    db = open_to_write(path)
    db.conn.execute("PRAGMA synchronous = OFF")
    for batch in batches:
        add(db, batch)
    db.close()
    return path


def add(db: Database, batch: Iterable[Shown]) -> int:
    """One run more; the number of the run that published."""
    pages = list(batch)
    held, open_run = (runs.begin(db, "test", NOW) for _ in range(2))
    with db.atomic():
        version = load.version(db, "test", "test")
        for page in pages:
            row = captures.CaptureRow(
                page.capture_id, page.url, page.at, page.at, "live", "http", "text/html", "", 200, page.sha256, "a.warc.gz", 0, 1
            )
            load.load(db, open_run if page.published else held, version, captures.add(db, row), reading(page))
    with db.atomic():
        publish.publish(db, open_run)
        for run_id in (open_run, held):
            runs.finish(db, run_id, runs.Counts(loaded=len(pages)), 0, NOW)
    return open_run


def reading(page: Shown) -> Reading:
    """What a reader would have made of it."""
    facts = tuple(
        Fact(side=side, field=field, item=item, value=value, status=status, raw=f"{value}", section="overview", place=Place(1))
        for side, field, item, value, status in page.facts
    )
    left, right = (Job(slug, title or slug.title()) for slug, title in zip((page.left, page.right), page.titles, strict=True))
    return Reading(page.outcome, left, right, facts, page.parts, ())


# --- at random -------------------------------------------------------------------------------------------------------

VALUES: dict[tuple[str, str], tuple[Value, ...]] = {
    ("demographics.age_mean", ""): (40.0, 41.5),
    ("outlook.jobs", ""): (5, 6, 7),
    ("salary.annual_mean_usd", ""): (50_000, 60_000),
    ("salary.annual_low_usd", ""): (30_000, 31_000),
    ("salary.best_city", ""): ("Tulsa, OK", "tulsa, OK", "Fargo, ND"),
    ("education.degree", ""): ("bachelor", "master"),
    ("demographics.gender_pct", "male"): (40.0, 60.0),
    ("demographics.gender_pct", "female"): (60.0, 40.0),
    ("skill.name", "1"): ("Welding", "C++"),
    ("skill.pct", "1"): (10.0, 11.0),
}
STATUSES: tuple[Status, ...] = ("ok", "ok", "ok", "ok", "missing", "suspect", "unreadable")
PAIRS = (("baker", "cook"), ("cook", "baker"), ("baker", "driver"), ("cook", "driver"), ("driver", "baker"))


def random_pages(seed: int, most: int = 14) -> list[Shown]:
    """Captures of a few pages about three jobs, often together in a week, at times in one second."""
    chance = random.Random(seed)
    pages = [_random_page(chance) for _ in range(chance.randint(2, most))]
    return list({(page.url, page.at, page.sha256): page for page in pages}.values())


def _random_page(chance: random.Random) -> Shown:
    left, right = chance.choice(PAIRS)
    facts: list[Said] = []
    for side in ("left", "right"):
        for (field, item), values in VALUES.items():
            if chance.random() < 0.15:
                continue
            status = chance.choice(STATUSES)
            facts.append((side, field, item, chance.choice(values) if status in ("ok", "suspect") else None, status))
    if chance.random() < 0.3:
        facts = [fact for fact in facts if not fact[1].startswith("skill")]
    at = day(chance.choice((0, 0, 1, 2, 6.5, 7, 7 + 1 / 86_400, 8, 9, 14, 15, 16, 22, 30)))
    outcome = chance.choices(("complete", "partial"), (5, 1))[0]
    return Shown(at, left, right, tuple(facts), outcome, chance.random() < 0.9, host=chance.choice(("a.example", "b.example")))


def shuffled(pages: Sequence[Shown], seed: int) -> list[list[Shown]]:
    """The same pages in another order and other batches."""
    chance = random.Random(seed)
    order = chance.sample(pages, len(pages))
    cuts = sorted(chance.choices(range(len(order) + 1), k=chance.randint(0, 3)))
    return [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True) if order[a:b]]
