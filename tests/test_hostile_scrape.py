"""The hostile server against a whole run: one outcome, no fault, bounded memory, and nothing that was known is lost."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from db.connection import open_to_read, open_to_write
from scraper import run, scrape
from scraper.fetcher import Fetcher
from scraper.intake import Report
from scraper.politeness import Clock
from scraper.wishes import Wish
from tests import imports
from tests.hostile import BEHAVIOURS, PAGE, PATH, Behaviour
from tests.imports import ReadHere, rows
from tests.web import MISSING, Web, answer, knowing_context, serving, tls_of_clients

pytestmark = pytest.mark.slow
DEADLINE_S = 0.6
MOST_MEMORY = 64 << 20


class Skipping:
    """Real time, but nobody sleeps: what was waited for counts as passed."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def sleep(self, seconds: float) -> None:
        self.skipped += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: time.monotonic() + self.skipped, sleep=self.sleep)


@dataclass(frozen=True)
class Site:
    """A server, and a folder with a database that knows its page well."""

    web: Web
    root: str
    folder: Path


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, Site]]:
    """One site that speaks TLS, and one that does not."""
    with serving({}) as plain, serving({}, tls=True) as secret, pytest.MonkeyPatch.context() as patch:
        found = {}
        for tls, web in ((False, plain), (True, secret)):
            root = web.root.replace("http:", "https:") if tls else web.root
            found[tls] = Site(web, root, tmp_path_factory.mktemp("known"))
            web.pages.update({"/robots.txt": MISSING, PATH: answer(PAGE)})
            with tls_of_clients(knowing_context()) if tls else nullcontext():
                assert fetch(found[tls], found[tls].folder, patch).exit_code == 0
        yield found


def fetch(site: Site, folder: Path, patch: pytest.MonkeyPatch) -> Report:
    with patch.context() as patched:
        patched.setattr(scrape, "Fetcher", partial(Fetcher, deadline_s=DEADLINE_S))
        patched.setattr(run, "Sandbox", ReadHere)
        wish = Wish((site.root + PATH,), (site.web.host,), 0, refresh=True)
        return scrape.pages(imports.settings(folder), wish, Skipping().clock)


def facts(db: Path) -> list[tuple[Any, ...]]:
    """What the database says of occupations, without the times."""
    with closing(open_to_read(db)) as opened:
        columns = [row[1] for row in opened.execute("PRAGMA table_info(occupation_latest)")]
    chosen = ", ".join(name for name in columns if name not in ("as_of", "captures"))
    return rows(db, f"SELECT {chosen} FROM occupation_latest ORDER BY slug")


def peak() -> int:
    """The most memory that the process has had since it was asked last, in bytes."""
    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    match = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert match
    return int(match[1]) * 1024


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.name)
def test_a_server_that_misbehaves_changes_nothing_that_is_known(
    behaviour: Behaviour, sites: dict[bool, Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    site, folder = sites[bool(behaviour.tls)], tmp_path / "copy"
    shutil.copytree(site.folder, folder)
    db = imports.settings(folder).db
    forget_robots(db)
    before, captures = facts(db), rows(db, "SELECT count(*) FROM capture WHERE outcome != 'rejected'")
    site.web.pages.clear()
    site.web.pages.update(behaviour.pages())
    files = len(os.listdir("/proc/self/fd"))
    peak()
    base = peak()
    with tls_of_clients(knowing_context()) if behaviour.tls == "trusted" else nullcontext():
        report = fetch(site, folder, monkeypatch)
    assert peak() - base <= MOST_MEMORY
    assert len(os.listdir("/proc/self/fd")) == files
    query = "SELECT outcome FROM request WHERE run_id = ? AND url NOT LIKE '%/robots.txt' ORDER BY request_id"
    made = rows(db, query, report.run_id)
    assert made[-1] == (behaviour.of_page,)
    assert facts(db) == before
    assert report.exit_code in ((0, 3) if behaviour.of_page == "ok" else (3, 69, 75))
    assert rows(db, "SELECT count(*) FROM capture WHERE outcome != 'rejected'") == [(captures[0][0] + (report.exit_code == 0),)]
    assert imports.sound(db)


def forget_robots(db: Path) -> None:
    with closing(open_to_write(db)) as opened, opened.atomic():
        opened.conn.execute("DELETE FROM robots_txt")
