"""Which pages a run has to fetch to see every occupation anew, from what is known of pages, sites and their robots.txt."""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from db import hosts, planning
from db.connection import Database, guarded, open_to_read
from db.planning import Known
from normalize.cover import Cover, Pair, cover
from normalize.errors import UsageError
from scraper import robots, sites
from scraper.capture import parse_stamp, stamp
from scraper.hosts import Hosts
from scraper.settings import Settings

OLDEST = timedelta(days=365)
"""A capture that is older is preferred no more than one of this age."""

_POINTS = 1_000
"""The most that age counts for, and the most that fields do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The pages of a cover and what is known of each (`known`, by address); `uncovered` are the occupations that no page shows
    which may be fetched, `elsewhere` the planned pages on hosts that have to be permitted first."""

    cover: Cover
    known: dict[str, Known]
    uncovered: tuple[str, ...]
    elsewhere: tuple[str, ...]

    @property
    def refreshed(self) -> int:
        """How many occupations its pages show anew."""
        return sum(len(page.refreshes) for page in self.cover.chosen)

    @property
    def saved(self) -> int:
        """How many requests it takes less than to fetch all pages."""
        return len(self.known) - len(self.cover.chosen)


def plan(
    db: Database, now: datetime, most: int | None = None, permits: Callable[[str], bool] | None = None,
    rest: timedelta | None = None,
) -> Plan:  # fmt: skip
    """The fewest pages that show every occupation, or the `most` that show the most; pages that `permits` refuses are not used.

    With `rest` only occupations are planned for of which no page is fresh: captured, and not due yet, which no page is later
    than after so long. Of equal plans that is taken whose pages are fuller and whose newest captures are older.
    """
    allows = _robots(db)
    pairs: list[Pair] = []
    known: dict[str, Known] = {}
    fresh: set[str] = set()
    for page in planning.pages(db):
        found = sites.of(urlsplit(page.url).path)
        if found is None or not allows(page.url) or (permits and not permits(page.url)):
            continue
        known[page.url] = page
        pairs.append(Pair(page.url, *found[1], preference(page, now)))
        if rest is not None and page.captured_at and not page.failed and stamp(now) < page.due_at <= stamp(now + rest):
            fresh |= {*found[1]}
    shown = {name for pair in pairs for name in (pair.left, pair.right)}
    made = cover(_without(pairs, fresh), most)
    ours = Hosts()
    elsewhere = tuple(page.pair.key for page in made.chosen if not ours.permits(page.pair.key))
    return Plan(made, known, tuple(slug for slug in planning.occupations(db) if slug not in shown), elsewhere)


def _without(pairs: Iterable[Pair], fresh: set[str]) -> list[Pair]:
    """The pages for the occupations that are not fresh; one that shows a fresh one counts for the other alone."""
    if not fresh:
        return list(pairs)
    found = ((pair, [name for name in (pair.left, pair.right) if name not in fresh]) for pair in pairs)
    return [replace(pair, left=names[0], right=names[-1]) for pair, names in found if names]


def preference(page: Known, now: datetime) -> int:
    """How far a page is preferred, from 0 to 2,000: half for the age of its newest capture, half for the fields that are ok on
    it. A page never captured is as old as can be, and neither full nor empty; one that failed the last time is the last choice.
    """
    if page.failed:
        return 0
    full = _POINTS // 2 if page.fields is None else page.fields * _POINTS // planning.MOST_FIELDS
    if not page.captured_at:
        return _POINTS + full
    age = min(max(now - parse_stamp(page.captured_at), timedelta()), OLDEST)
    return int(age / OLDEST * _POINTS) + full


def _robots(db: Database) -> Callable[[str], bool]:
    """Whether a page may be fetched, as far as the robots.txt that was had last tells; others are asked for when it is."""
    rules: dict[str, robots.Rules | None] = {}

    def allows(url: str) -> bool:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in rules:
            told = hosts.robots_txt(db, origin)
            rules[origin] = robots.remembered(told.outcome, told.detail, told.http_status, told.body) if told else None
        found = rules[origin]
        return found is None or found.denial(url) != "robots_denied"

    return allows


def addresses(
    settings: Settings, now: datetime, most: int | None, allowed: Iterable[str], refresh: bool = False
) -> tuple[str, ...]:
    """The pages of a plan for a run that may ask the hosts of the site files and the allowed ones: for the occupations that are
    not fresh, with `refresh` for all; none where all are fresh.

    Raises UsageError where there is no database, or no page that could be planned.
    """
    rest = None if refresh else timedelta(days=settings.revisit_max_days + 1)  # later is what a wrong clock put off
    with guarded(settings.db), closing(open_to_read(settings.db)) as db:
        made = plan(db, now, most, Hosts(allowed).permits, rest)
    if not made.known:
        raise UsageError(
            "there is nothing to plan: no comparison page is known that may be fetched (--allow-host permits a host that no site "
            "file lists)"
        )
    return tuple(page.pair.key for page in made.cover.chosen)
