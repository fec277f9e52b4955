"""A web archive that is a table of answers, and backfills of it in a time of their own."""

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from db.connection import Database, open_to_write
from scraper import run
from scraper.backfill import work
from scraper.backfill.pattern import pattern
from scraper.backfill.plan import Order, Plan
from scraper.http import Client
from scraper.intake import PageReport
from scraper.watch import Stopping, Watch
from tests import imports
from tests.figures import SEED, Figures, as_html
from tests.imports import rows
from tests.web import FakeTime, Net

ROOT = "https://web.archive.org"
HEAD = ["timestamp", "original", "mimetype", "statuscode", "digest"]
COUNTS = "pages, loaded, unchanged, rejected, failed"


def digest(body: bytes) -> str:
    return base64.b32encode(hashlib.sha1(body).digest()).decode()


def row(time: str, body: bytes, page: Figures = SEED, mime: str = "text/html", status: str = "200") -> list[str]:
    """A row of the index."""
    return [time, page.url, mime, status, digest(body)]


def replay(time: str, page: Figures = SEED) -> str:
    return f"{ROOT}/web/{time}id_/{page.url}"


def memento(body: bytes, time: str, status: int = 200, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """A capture as it is played again."""
    from datetime import UTC, datetime
    from email.utils import format_datetime

    at = format_datetime(datetime.strptime(time, "%Y%m%d%H%M%S").replace(tzinfo=UTC), usegmt=True)
    own = {"memento-datetime": at, "content-type": "text/html", "x-archive-orig-content-type": "text/html; charset=utf-8"}
    return status, own | {name.replace("_", "-"): value for name, value in headers.items()}, body


def with_age(age: int) -> bytes:
    """A page whose left job has this average age."""
    return as_html(SEED.with_cell("Average age", str(age)))


@dataclass
class Archive(Watch):
    """The Wayback Machine: what its index names (parts of rows; a part that is no list is an answer), and what else it shows."""

    root: Path
    patch: pytest.MonkeyPatch
    index: list[Any] = field(default_factory=list)
    pages: dict[str, Any] = field(default_factory=dict)
    time: FakeTime = field(default_factory=FakeTime)
    contact: str = "me@b.example"
    told: list[PageReport] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    stop: Stopping | None = None

    @property
    def db(self) -> Path:
        return imports.settings(self.root).db

    def backfill(self, archive: str = "wayback", text: str = "www.zippia.com/*", **more: Any) -> work.Done:
        self.net = Net(self.time, _Pages(self))
        self.patch.setattr(work, "Client", lambda agent, guard: Client(agent, guard, self.net))
        settings = replace(imports.settings(self.root), contact=self.contact)
        order = Order(archive, pattern(text), **more)  # type: ignore[arg-type]
        return work.backfilled(settings, order, self.time.clock, self.plans.append, self, self.stop)

    @property
    def asked(self) -> list[str]:
        """What the last run asked for, without robots.txt; a request to the index is its resume key."""
        urls = [url for url in self.net.urls if not url.endswith("/robots.txt")]
        return [key(url) if "/cdx/" in url else url for url in urls]

    def part(self, at: str) -> Any:
        number = int(at.removeprefix("key-") or 0) if at.startswith("key-") or not at else -1
        if number < 0:
            return (400, {}, b"bad key")
        found = self.index[number] if self.index else []
        if isinstance(found, list) and found and not isinstance(found[0], list):
            return found.pop(0) if len(found) > 1 else self.answer(found[0], number)
        return self.answer(found, number)

    def answer(self, found: Any, number: int) -> Any:
        if not isinstance(found, list):
            return found
        more = [[], [f"key-{number + 1}"]] if number + 1 < len(self.index) else []
        return 200, {"content-type": "application/json"}, json.dumps([HEAD, *found, *more] if found or more else []).encode()

    def page(self, report: PageReport) -> None:
        self.told.append(report)

    def waiting(self, host: str, seconds: float, reason: str) -> None:
        self.waits.append(seconds)

    def says(self, query: str, *values: object) -> list[tuple]:
        return rows(self.db, query, *values)

    @property
    def runs(self) -> list[tuple]:
        return self.says(f"SELECT command, outcome, exit_code, {COUNTS} FROM run ORDER BY run_id")

    @property
    def captures(self) -> list[tuple]:
        return self.says("SELECT captured_at, origin, status, outcome, published FROM capture ORDER BY captured_at")

    @property
    def states(self) -> list[str]:
        return [state for (state,) in self.says("SELECT state FROM backfill_capture ORDER BY captured_at, original")]

    @property
    def codes(self) -> list[str]:
        query = "SELECT code FROM finding WHERE capture_id IS NULL AND run_id = (SELECT max(run_id) FROM run)"
        return [code for (code,) in self.says(query)]

    @property
    def ages(self) -> list[tuple]:
        query = "SELECT captured_at, value FROM observation WHERE field = 'demographics.age_mean' AND side = 'left' ORDER BY 1"
        return self.says(query)


class _Pages(dict[str, Any]):
    """The pages of an archive; the index is asked by its resume key."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive.pages)
        self.archive = archive

    def get(self, url: str, default: Any = None) -> Any:
        if "/cdx/" in url and url not in self:
            return self.archive.part(key(url))
        return super().get(url, default)


def key(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("resumeKey", [""])[0]


def opened(path: Path) -> Database:
    """A database with the tables of a backfill, that a loss of power would harm."""
    from db import backfill

    db = open_to_write(path)
    db.conn.execute("PRAGMA synchronous = OFF")
    known = {name for (name,) in db.execute("SELECT name FROM sqlite_master").fetchall()}
    for statement in backfill.TABLES if "backfill_index" not in known else ():
        db.conn.execute(statement)
    return db


def asked_in(requests: Iterable[httpx.Request], name: str) -> list[str | None]:
    return [request.headers.get(name) for request in requests]


def prepared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(run, "open_to_write", opened)
