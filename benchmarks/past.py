"""Years of captures of made-up occupations, without bytes: what is measured when the past is large.

Each occupation stands on the left of a page of its own and on the right of its neighbour's, or of those that chance gives it where
a plan has hubs; it shows FACTS_A_SIDE facts, and fields that are printed together change together. The facts of an occupation are the same on both pages, except where a side
disagrees. What a page says at a date depends on the seed alone.
"""

import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from db import captures, load, publish, queue, requests, runs
from db.connection import Database, open_to_write
from normalize.claims import SIDES, Job, Place, Side
from normalize.facts import Fact, Reading, Value
from scraper.capture import capture_id, stamp

HOST = "www.zippia.com"
FIRST, DATES_APART, SECONDS_A_PAGE = datetime(2025, 1, 6, 4, 0, tzinfo=UTC), timedelta(days=90), 40
PARTS = ("demographics", "education", "outlook", "overview", "pay", "salary", "skills", "time", "top_skills")
FACTS_A_SIDE, CAPTURES_A_FILE, CAPTURES_A_TRANSACTION = 25, 4_000, 1_000
VERSION = ("0.5.0+0123456789ab", "abcdef012345")

_KINDS = ("Senior", "Junior", "Lead", "Night", "Field", "Certified", "Clinical", "Regional", "Assistant", "Chief")
_AREAS = ("Account", "Loan", "Warehouse", "Nursing", "Payroll", "Network", "Claims", "Kitchen", "Safety", "Research", "Records",
          "Quality", "Marine", "Forestry", "Theatre", "Laboratory", "Transport", "Harbor", "Tax", "Museum")  # fmt: skip
_ROLES = ("Analyst", "Specialist", "Manager", "Clerk", "Technician", "Coordinator", "Inspector", "Planner", "Trainer", "Aide")
_CITIES = ("Tulsa, OK", "Fargo, ND", "Boise, ID", "Macon, GA", "Salem, OR", "Dover, DE", "Provo, UT", "Akron, OH", "Mesa, AZ")
_STATES = ("Maryland", "Delaware", "Vermont", "Nevada", "Oregon", "Alaska", "New Jersey", "Connecticut", "Rhode Island")
_INDUSTRIES = ("Finance", "Technology", "Health Care", "Retail", "Manufacturing", "Hospitality", "Media", "Construction")
_DEGREES = (("bachelor", "Bachelor's Degree"), ("associate", "Associate Degree"), ("master", "Master's Degree"))
_MAJORS = ("Business", "Nursing", "Accounting", "Computer Science", "Psychology", "Biology", "Criminal Justice", "Education")
_SKILLS = ("Customer Service", "Patient Care", "Troubleshooting", "Scheduling", "Payroll", "Word Processing", "Safety Rules",
           "Data Entry", "Inventory", "Foreclosure Process", "C++", "Compliance", "Sales Floor", "Budget Planning")  # fmt: skip


class Cell(NamedTuple):
    """A fact without side and occupation: its block and row are its place on the page."""

    field: str
    item: str
    value: Value
    raw: str
    section: str
    block: int
    row: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How much past: pages and dates, and the share of values that are others at the next date and of sides that disagree.

    With 1 value of 5 changed at each of 4 dates, a million observations hold 200,000 distinct facts. With `hubs` few occupations
    stand on many pages: of 5,000 pages the first one on about 300.
    """

    pages: int = 5_000
    dates: int = 4
    changing: float = 0.205
    disagreeing: float = 0.01
    hubs: bool = False
    seed: int = 1

    @property
    def observations(self) -> int:
        """How many rows `observation` will have."""
        return self.pages * self.dates * 2 * FACTS_A_SIDE


class Past:
    """What the pages of a plan say at each of its dates."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.jobs = [_job(number) for number in range(plan.pages)]
        chance = random.Random(plan.seed)
        self._right = [self._neighbour(chance, page) for page in range(plan.pages)]
        self._editions = [_editions(chance, plan) for _ in self.jobs]
        sides = ((page, date, side) for page in range(plan.pages) for date in range(plan.dates) for side in (0, 1))
        self._odd = {which: chance.randrange(len(_GROUPS)) for which in sides if chance.random() < plan.disagreeing}

    def _neighbour(self, chance: random.Random, page: int) -> int:
        """The occupation on the right of a page, which is not the one on its left."""
        right = int(self.plan.pages * chance.random() ** 3) if self.plan.hubs else page + 1
        return (right + (right == page)) % self.plan.pages

    @property
    def busiest(self) -> Job:
        """The occupation that stands on most pages."""
        return self.jobs[Counter(self._right).most_common(1)[0][0]]

    def url(self, page: int) -> str:
        """The address of a page."""
        left, right = self.pair(page)
        return f"https://{HOST}/{left.slug}-jobs/{left.slug}-vs-{right.slug}-differences"

    def pair(self, page: int) -> tuple[Job, Job]:
        """The two occupations of a page."""
        return self.jobs[page], self.jobs[self._right[page]]

    def at(self, page: int, date: int) -> str:
        """When a page was captured."""
        return stamp(FIRST + date * DATES_APART + timedelta(seconds=page * SECONDS_A_PAGE))

    def reading(self, page: int, date: int) -> Reading:
        """What a page says; beyond the last date what it said at that."""
        date = min(date, self.plan.dates - 1)
        left, right = self.pair(page)
        facts = [fact for side in (0, 1) for fact in self._side(page, date, side)]
        return Reading("complete", left, right, tuple(facts), PARTS, ())

    def _side(self, page: int, date: int, side: int) -> Iterator[Fact]:
        number = self._right[page] if side else page
        odd = self._odd.get((page, date, side))
        for group, edition in enumerate(self._editions[number][date]):
            for cell in _cells(group, number, edition + 1_000 * (group == odd), self.plan.seed):
                yield _fact(SIDES[side], cell, side)


def _fact(side: Side, cell: Cell, column: int) -> Fact:
    place = Place(cell.block, cell.row, column + 1 if cell.section not in ("skills", "intro") else 0)
    return Fact(side, cell.field, cell.item, cell.value, "ok", cell.raw, cell.section, place)


def _job(number: int) -> Job:
    rest, kind = divmod(number, len(_KINDS))
    rest, area = divmod(rest, len(_AREAS))
    rest, role = divmod(rest, len(_ROLES))
    title = f"{_KINDS[kind]} {_AREAS[area]} {_ROLES[role]}" + (f" {rest + 1}" if rest else "")
    return Job(title.lower().replace(" ", "-"), title)


def _editions(chance: random.Random, plan: Plan) -> list[list[int]]:
    """At each date the number of changes that each group has seen."""
    found = [[0] * len(_GROUPS)]
    for _ in range(1, plan.dates):
        found.append([edition + (chance.random() < plan.changing) for edition in found[-1]])
    return found


def _pay(chance: random.Random) -> list[Cell]:
    mean, low, high = chance.randrange(40_000, 80_000), chance.randrange(20, 40) * 1_000, chance.randrange(81, 140) * 1_000
    span = f"Between ${low:,} And ${high:,}"
    hourly = round(mean / 2080, 2)
    return [
        Cell("salary.annual_mean_usd", "", mean, f"${mean:,}", "overview", 9, 1),
        Cell("salary.hourly_mean_usd", "", hourly, f"${hourly:.2f}", "overview", 9, 2),
        Cell("salary.annual_low_usd", "", low, span, "salary", 14, 2),
        Cell("salary.annual_high_usd", "", high, span, "salary", 14, 2),
    ]


def _company(chance: random.Random) -> list[Cell]:
    name = f"{chance.choice(_AREAS)} {chance.choice(_ROLES)}s {chance.randrange(90)}"
    return [Cell("salary.best_company", "", name, name, "salary", 14, 5)]


def _degree(chance: random.Random) -> list[Cell]:
    (code, words), share = chance.choice(_DEGREES), chance.randrange(20, 80)
    raw = f"{words}, {share}%"
    return [
        Cell("education.degree", "", code, raw, "education", 18, 1),
        Cell("education.degree_pct", "", float(share), raw, "education", 18, 1),
    ]


def _gender(chance: random.Random) -> list[Cell]:
    male = chance.randrange(100, 900) / 10
    female = round(100 - male, 1)
    raw = f"Male, {male}% Female, {female}%"
    return [
        Cell("demographics.gender_pct", item, share, raw, "demographics", 22, 2)
        for item, share in (("male", male), ("female", female))
    ]


def _time(chance: random.Random) -> list[Cell]:
    least = chance.randrange(1, 9)
    raw = f"{least}-{least + 2} years"
    return [
        Cell("outlook.time_to_become_min_months", "", 12 * least, raw, "intro", 4, 0),
        Cell("outlook.time_to_become_max_months", "", 12 * least + 24, raw, "intro", 4, 0),
    ]


def _skills(chance: random.Random) -> list[Cell]:
    found = []
    for rank, name in enumerate(chance.sample(_SKILLS, 3), 1):
        share = chance.randrange(10, 300) / 10
        found.append(Cell("skill.name", str(rank), name, f"{name}, {share}%", "skills", 26, rank))
        found.append(Cell("skill.pct", str(rank), share, f"{name}, {share}%", "skills", 26, rank))
    return found


def _text(chance: random.Random, field: str, texts: Sequence[str], block: int, row: int) -> list[Cell]:
    text = chance.choice(texts)
    return [Cell(field, "", text, text, "education" if block == 18 else "salary", block, row)]


def _number(chance: random.Random, field: str, numbers: range, form: str, row: int, divisor: int = 0) -> list[Cell]:
    drawn = chance.choice(numbers)
    value = drawn / divisor if divisor else drawn
    return [Cell(field, "", value, form.format(value), "overview", 9, row)]


_GROUPS = (
    _pay,
    lambda chance: _text(chance, "salary.best_city", _CITIES, 14, 3),
    lambda chance: _text(chance, "salary.best_state", _STATES, 14, 4),
    _company,
    lambda chance: _text(chance, "salary.best_industry", _INDUSTRIES, 14, 6),
    _degree,
    lambda chance: _text(chance, "education.major", _MAJORS, 18, 2),
    lambda chance: _number(chance, "demographics.age_mean", range(30, 55), "{:.0f}", 7, 1),
    _gender,
    lambda chance: _number(chance, "outlook.growth_pct", range(-9, 30), "{:.0f}%", 3, 1),
    lambda chance: _number(chance, "outlook.jobs", range(1_000, 900_000), "{:,}", 4),
    lambda chance: _number(chance, "outlook.experience_years", range(1, 13), "{:.0f}", 8, 1),
    _time,
    _skills,
)


def _cells(group: int, job: int, edition: int, seed: int) -> list[Cell]:
    """The facts of a group at one of its editions, which are other ones than at the edition before."""
    made = [
        _GROUPS[group](random.Random((((seed * 100 + group) * 10_000 + e) * 1_000_003) + job)) for e in (edition, edition - 1)
    ]
    if made[0] != made[1] or not edition:
        return made[0]
    return _GROUPS[group](random.Random(f"{seed} {group} {edition} {job}"))


# --- into a database -------------------------------------------------------------------------------------------------


def opened(path: Path) -> Database:
    """A database to write to, that does not wait for the disk."""
    db = open_to_write(path)
    db.conn.execute("PRAGMA synchronous = OFF")
    return db


def add(db: Database, past: Past, date: int, queued: bool = False, repeats: str = "") -> int:
    """One run that captures all pages at a date; `repeats` says how a date is that brings no news: the `same bytes` as the last
    one or `other bytes`. Returns the number of the run."""
    run_id = runs.begin(db, "scrape", past.at(0, date))
    pages = range(past.plan.pages)
    if queued:
        with db.atomic():
            queue.add(db, [queue.Found(past.url(page), HOST) for page in pages], past.at(0, date), named=True)
    for start in range(0, len(pages), CAPTURES_A_TRANSACTION):
        with db.atomic():
            version_id = load.version(db, *VERSION)
            for page in pages[start : start + CAPTURES_A_TRANSACTION]:
                row = _capture(past, page, date)
                if repeats == "same bytes":
                    row = _revisit(db, row)
                load.load(db, run_id, version_id, captures.add(db, row), past.reading(page, date))
    with db.atomic():
        publish.publish(db, run_id)
        runs.finish(db, run_id, runs.Counts(loaded=len(pages)), 0, past.at(len(pages), date))
    return run_id


def note_requests(db: Database, past: Past, date: int, run_id: int) -> None:
    """The requests of the run that captured all pages at a date."""
    visits = {waiting.url: waiting.id for waiting in queue.waiting(db)}
    with db.atomic():
        for page in range(past.plan.pages):
            url = past.url(page)
            row = requests.RequestRow(
                url, past.at(page, date), "ok", 200, 45_000, 210, "192.0.2.17", 3.0, "site file", "allow", ""
            )
            requests.add(db, run_id, visits[url], [row])


def _capture(past: Past, page: int, date: int) -> captures.CaptureRow:
    url, at = past.url(page), past.at(page, date)
    sha256 = hashlib.sha256(f"{url} {at}".encode()).hexdigest()
    number = date * past.plan.pages + page
    file = f"careerscape-20260101-{number // CAPTURES_A_FILE:05}.warc.gz"
    return captures.CaptureRow(
        capture_id(url, at, sha256), url, at, at, "live", "http", "text/html", "utf-8", 200, sha256, file, 12_000 * (number % CAPTURES_A_FILE), 11_873, etag=f'W/"{sha256[:27]}"',
    )  # fmt: skip


def _revisit(db: Database, row: captures.CaptureRow) -> captures.CaptureRow:
    """The capture as one that confirms the body which the page showed last."""
    basis = captures.basis(db, row.url)
    known = captures.body(db, basis.sha256) if basis else None
    if not known:
        raise AssertionError(f"{row.url} has no body")
    return replace(row, http_status=304, sha256=known.sha256, warc_length=540, body_of=known.row_id)
