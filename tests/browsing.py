"""A small database to look at, and the application asked in this process."""

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from db.browse.served import sources as asked_of
from db.browse.served.app import Application, application
from scraper import importing, inert, parsing, pool, run, served, sources
from scraper.keeping import arrears
from scraper.settings import Settings
from tests.figures import OVERVIEW, SEED
from tests.imports import DAYS, NOW, ReadHere, Saved, import_pages, saved, settings

ANALYST, SPECIALIST = "account-resolution-analyst", "loss-mitigation-specialist"
ELECTRICIAN, JOURNEYMAN, BAKER = "electrician", "journeyman", "baker"
CODES = {"Account Resolution Analyst": "13-2071", "Loss Mitigation Specialist": "13-2072", "Electrician": "47-2111"}
PAIR = f"/compare/{ANALYST}/{SPECIALIST}"
MEAN = f"/explain/{ANALYST}/salary.annual_mean_usd"
OURS = ("/", f"/occupation/{ANALYST}", PAIR, "/compare", "/search?q=analyst", MEAN)
DATASETTES = ("/careerscape", "/careerscape/occupation_latest", "/careerscape/best_paid_for_degree", "/careerscape?sql=select+1")
HOUR = "with recursive c(x) as (select 1 union all select x+1 from c) select count(*) from c"
OTHER = replace(SEED.with_cell("Average age", "47"), right="Baker")
"""Another page of the analyst: the ages differ."""


def pages() -> list[Saved]:
    """Five occupations: the journeyman's wage and jobs change, pages disagree on the analyst's age, a growth is unreadable."""
    raised = (("$57,682", "$60,000"), ("$27.73", "$28.85"), ("1,236,194", "1,300,000"))
    return [
        saved(SEED, DAYS[0]),
        saved(OTHER, DAYS[1]),
        saved(OVERVIEW, DAYS[2]),
        saved(OVERVIEW, DAYS[5], *raised),
        saved(replace(OVERVIEW.with_cell("Growth rate", "soon"), left="Baker", right="Cook"), DAYS[3]),
    ]


def made(root: Path) -> Path:
    """The database of `pages`, read by this process, with SOC codes as if an official file was loaded."""
    with read_here():
        import_pages(root, *pages())
    path = settings(root).db
    with closing(sqlite3.connect(path)) as conn, conn:
        query = "INSERT OR REPLACE INTO coding VALUES ('occupation', ?, ?, 'Title of the code', '', 'exact', 1.0, '', '[]')"
        conn.executemany(query, CODES.items())
    return path


class Sources(served.Served):
    """The archive, read by this process."""

    def __init__(self, there: Settings) -> None:
        super().__init__(there)
        self._sandbox = _ReadPages()  # type: ignore[assignment]


class _ReadPages(ReadHere):
    trace = staticmethod(parsing.trace)
    copy = staticmethod(inert.copy)

    def close(self) -> None: ...


def asked(query: str) -> str:
    """The address of the rows of a query."""
    return f"/careerscape.json?_shape=array&sql={quote(query)}"


def import_html(root: Path, *pages: Saved) -> Path:
    """The database after the import of HTML pages, read by this process."""
    folder = root / "html"
    folder.mkdir()
    for number, page in enumerate(pages):
        path = folder / f"{number:03}.html"
        path.write_bytes(page.body)
        path.with_suffix(".json").write_text(json.dumps({"url": page.url, "captured_at": page.at}))
    with read_here():
        done = importing.import_pages(settings(root), sources.find([folder], ""), lambda: NOW, lambda report: None)
    assert done.counts.loaded == len(pages), done
    return settings(root).db


@contextmanager
def read_here() -> Iterator[None]:
    """Pages are read by this process."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (run, arrears, pool):
            patch.setattr(module, "Sandbox", ReadHere)
        yield


class Browser:
    """Asks an application, one address after the other, each time in a loop of its own."""

    def __init__(self, app: Application) -> None:
        self.app = app

    def __call__(self, path: str, status: int = 200, method: str = "GET", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = asyncio.run(self.app.client.request(method, path, headers=named, avoid_path_rewrites=True))
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer

    def json(self, path: str, status: int = 200) -> Any:
        """The JSON of an address."""
        return json.loads(self(path, status).text)

    def words(self, path: str, status: int = 200) -> str:
        """The text of a page without its tags, in one line."""
        text = re.sub(r"<(style|script)\b.*?</\1>", " ", self(path, status).text, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


@contextmanager
def browsing(db: Path, archive: asked_of.Sources | None = None, *hosts: str) -> Iterator[Browser]:
    """A browser of a database."""
    app = application(db, archive, hosts)
    try:
        yield Browser(app)
    finally:
        app.close()


def at_once(app: Application, paths: list[str], ask: Callable[[httpx.Response], Any] = lambda answer: answer) -> list[Any]:
    """What many who ask at the same moment hear."""

    async def all_of_them() -> list[httpx.Response]:
        return await asyncio.gather(*(app.client.get(path) for path in paths))

    return [ask(answer) for answer in asyncio.run(all_of_them())]
