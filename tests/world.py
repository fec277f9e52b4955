"""Whole scrape runs without a network: a database, sites that are a table of answers, and time that passes only while somebody
waits."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from db import coverage
from db.connection import Database, open_to_read, open_to_write
from scraper import scrape
from scraper.http import Client
from scraper.intake import PageReport, Report
from scraper.visits import Hop
from scraper.watch import Stopping, Watch
from tests import imports
from tests.figures import SEED, Figures, as_html
from tests.imports import rows
from tests.web import FakeTime, Net

A, B = "http://a.example", "http://b.example"
DAY_S = 86_400
COUNTS = "pages, loaded, unchanged, rejected, failed"
SEED_BODY = as_html(SEED)


def at(root: str, page: Figures = SEED) -> str:
    return root + urlsplit(page.url).path


def analyst(number: int, age: str = "46") -> Figures:
    """One page of many."""
    return replace(SEED, left=f"Analyst {number}").with_cell("Average age", age)


def many(root: str, count: int) -> dict[str, Any]:
    """So many pages of a site, by address."""
    return {at(root, analyst(n)): as_html(analyst(n)) for n in range(count)}


@dataclass
class World(Watch):
    """What was asked for in the last run (`asked`, without robots.txt; `net` knows all), and what all runs told."""

    root: Path
    patch: pytest.MonkeyPatch
    pages: dict[str, Any] = field(default_factory=dict)
    time: FakeTime = field(default_factory=FakeTime)
    takes_s: float = 0.0
    asked: list[str] = field(default_factory=list)
    told: list[PageReport] = field(default_factory=list)
    hops: list[Hop] = field(default_factory=list)
    waits: list[tuple[str, float, str]] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    stop: Stopping | None = None

    @property
    def db(self) -> Path:
        return imports.settings(self.root).db

    def scrape(
        self, *urls: str, allow: tuple[str, ...] = ("a.example", "b.example"), contact: str = "me@b.example",
        delay_s: float = 1, **wish: Any,
    ) -> Report:  # fmt: skip
        self.net = Net(self.time, self.pages, self.takes_s)
        self.patch.setattr(scrape, "Client", lambda agent, guard: Client(agent, guard, self.net))
        settings = replace(imports.settings(self.root), contact=contact, **self.settings)
        try:
            return scrape.pages(settings, scrape.Wish(urls, allow, delay_s, **wish), self.time.clock, self, self.stop)
        finally:
            self.asked = [url for url in self.net.urls if not url.endswith("/robots.txt")]

    def begin(self, total: int) -> None:
        self.totals.append(total)

    def grow(self, more: int) -> None:
        self.totals.append(more)

    def page(self, report: PageReport) -> None:
        self.told.append(report)

    def request(self, hop: Hop) -> None:
        self.hops.append(hop)

    def waiting(self, host: str, seconds: float, reason: str) -> None:
        self.waits.append((host, seconds, reason))

    def pass_days(self, days: float) -> None:
        self.time.seconds += days * DAY_S

    def sent(self, url: str, name: str) -> list[str | None]:
        """The values of a header in the requests of the last run for an address."""
        return [request.headers.get(name) for request in self.net.requests if str(request.url) == url]

    def says(self, query: str, *values: object) -> list[tuple]:
        return rows(self.db, query, *values)

    @property
    def runs(self) -> list[tuple]:
        return self.says(f"SELECT exit_code, {COUNTS} FROM run ORDER BY run_id")

    @property
    def queue(self) -> dict[str, str]:
        return dict(self.says("SELECT url, state FROM visit ORDER BY id"))

    @property
    def codes(self) -> list[str]:
        """Codes of the findings about the last run that concern no page."""
        query = "SELECT code FROM finding WHERE capture_id IS NULL AND run_id = (SELECT max(run_id) FROM run)"
        return [code for (code,) in self.says(query)]

    @property
    def covered(self) -> dict[str, int]:
        with closing(open_to_read(self.db)) as db:
            return {state: count for state, count in coverage.coverage(db, self.time.clock.now()).items() if count}


def without_syncing(path: Path) -> Database:
    """A database that a loss of power would harm, and nothing else."""
    db = open_to_write(path)
    db.conn.execute("PRAGMA synchronous = OFF")
    return db


def failing_after(time: FakeTime, seconds: float) -> Callable[[httpx.Request], Exception]:
    """An answer that does not come: the client gives up after so many seconds."""

    def fail(request: httpx.Request) -> Exception:
        time.seconds += seconds
        return httpx.ReadTimeout("slow", request=request)

    return fail
