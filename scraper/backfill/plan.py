"""What a backfill is asked for, and what it will cost: told before the first capture is fetched."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from db import backfill
from db.connection import Database
from normalize.wording import counted
from scraper.backfill.pattern import Pattern

Archive = Literal["wayback", "commoncrawl"]


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted of an archive: addresses, a span (beginnings of 14 digits, or empty), at most so many captures in this run;
    with `only_plan` nothing is fetched but the index."""

    archive: Archive
    pattern: Pattern
    first: str = ""
    last: str = ""
    most: int | None = None
    only_plan: bool = False
    allowed_hosts: tuple[str, ...] = ()
    delay_s: float | None = None

    def wish(self, crawl: str = "") -> backfill.Wish:
        """What the index of a crawl is asked for."""
        return backfill.Wish(self.archive, crawl, self.pattern.text, self.first, self.last)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an index names, and what it takes to have it: `found` captures of comparison pages, of which some are `known`, were
    `passed_over`, are `blocked` by the archive or `parked`; `to_fetch` in this run with `requests`, in no less than `seconds`;
    `later` are left for another run. `outside` are rows of other pages, `unusable` rows are none. Where the index was not read
    to its end it is not `complete`."""

    archive: str
    pattern: str
    complete: bool
    found: int
    known: int
    passed_over: int
    blocked: int
    parked: int
    to_fetch: int
    requests: int
    seconds: int
    later: int
    outside: int
    unusable: int


def plan(db: Database, order: Order, indexes: Sequence[int], complete: bool, delay_s: float) -> Plan:
    """The plan of an order whose indexes (their rows) were read."""
    stands = backfill.standing(db, json.dumps([*indexes]))
    to_fetch = stands.queued if order.most is None else min(stands.queued, order.most)
    requests = min(stands.bodies, to_fetch)
    return Plan(
        order.archive, order.pattern.text, complete, stands.found, stands.had, stands.passed_over, stands.blocked, stands.failed,
        to_fetch, requests, round(requests * delay_s), stands.queued - to_fetch, stands.outside, stands.unusable,
    )  # fmt: skip


def lines(made: Plan) -> Iterator[str]:
    """A plan in words."""
    cut = "" if made.complete else " (the index was not read to its end: the same command goes on there)"
    yield f"{made.archive}, {made.pattern}: {counted(made.found, 'capture')} of comparison pages{cut}"
    apart = {
        "in the database": made.known, "passed over": made.passed_over, "excluded by the archive": made.blocked,
        "left alone after failing": made.parked,
    }  # fmt: skip
    if said := ", ".join(f"{count:,} {words}" for words, count in apart.items() if count):
        yield f"of these {said}"
    if made.outside:
        yield f"{counted(made.outside, 'row')} of the index outside: other pages, types or times"
    later = f", {made.later:,} later" if made.later else ""
    time = f", no less than {_duration(made.seconds)}" if made.requests else ""
    yield f"to fetch: {counted(made.to_fetch, 'capture')} with {counted(made.requests, 'request')}{time}{later}"


def ending(left: int, stopped: str) -> str:
    """What there is to say when a run is over: why it ended early, and what is left; empty for nothing."""
    why = {"rate_limited": "the archive asks to wait", "unreachable": "the archive cannot be reached",
           "refused": "the archive refuses", "time": "there was no more time"}.get(stopped, "")  # fmt: skip
    rest = f"{counted(left, 'capture')} left; the same command goes on with them" if left else ""
    return "; ".join(filter(None, (f"the run ended early: {why}" if why else "", rest)))


def _duration(seconds: int) -> str:
    minutes, hours = seconds // 60, seconds // 3600
    if hours >= 48:
        return f"{hours // 24} days {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
