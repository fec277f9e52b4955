"""Scraping: queued pages fetched one after the other with manners, each archived, read and loaded before the next."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from db import publish, queue
from db.connection import guarded, open_to_read
from db.queue import Waiting
from normalize.errors import Busy, ConfigError, UsageError
from normalize.findings import finding
from scraper import run, version
from scraper.capture import Capture, parse_stamp, stamp
from scraper.fetcher import Fetcher, Hosts, Visit, is_loopback
from scraper.http import Client
from scraper.politeness import Clock
from scraper.settings import Settings
from scraper.urls import canonical

LONGEST_WAIT_S = 60.0
"""A host that asks for a longer pause is left alone for the rest of the run."""

MAX_ATTEMPTS = 3
_NOTHING_THERE = frozenset(("not_found", "gone", "client_error", "wrong_type", "empty", "too_large", "bad_encoding", "truncated"))
"""How a page fails although its site answers; every other failure means that the site cannot be had."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a run is asked for: pages, hosts permitted beside those of the site files, and the pause between requests."""

    urls: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    delay_s: float | None = None


def pages(
    settings: Settings, wish: Wish, clock: Clock, begin: Callable[[int], None], tell: Callable[[run.PageReport], None]
) -> run.Report:
    """Fetch the pages of the wish and what an earlier run left queued; `begin` hears how many there are, `tell` of each.

    Raises UsageError for an address that is none, ConfigError where it is not known who asks, Busy and StorageError.
    """
    urls = tuple(dict.fromkeys(canonical(url) for url in wish.urls))
    hosts = Hosts(wish.allowed_hosts, wish.delay_s)
    ahead = [url for url in (*urls, *_queued(settings)) if hosts.permits(url)]
    if not urls and not ahead:
        raise UsageError("there is nothing to fetch: name the addresses of pages (careerscape scrape URL...)")
    agent = user_agent(settings, ahead)
    with run.running(settings, "scrape", clock.now) as intake, Client(agent) as client:
        job = _Job(intake, Fetcher(client, hosts, clock), clock, tell)
        job.prepare(urls, hosts)
        begin(len(job.waiting))
        job.work()
        intake.report.left = job.left()
        intake.finish(job.exit_code())
    return intake.report


def _queued(settings: Settings) -> list[str]:
    """What an earlier run left queued."""
    if not settings.db.is_file():
        return []
    with guarded(settings.db), closing(open_to_read(settings.db)) as db:
        return [page.url for page in queue.waiting(db)]


def user_agent(settings: Settings, urls: Iterable[str]) -> str:
    """Who asks: this program, its version, and the contact of the person who runs it.

    Raises ConfigError without a contact, unless only this machine itself is asked.
    """
    if settings.contact:
        return f"careerscape/{version.release()} (+{settings.contact})"
    if far := [url for url in urls if not is_loopback(url)]:
        raise ConfigError(
            f"say who asks {urlsplit(far[0]).hostname}: an address at which its owner can reach you, as --contact, "
            'CAREERSCAPE_CONTACT, or contact = "you@example.org" in careerscape.toml'
        )
    return f"careerscape/{version.release()} (this machine)"


class _Job:
    """One scrape run at work."""

    def __init__(self, intake: run.Intake, fetcher: Fetcher, clock: Clock, tell: Callable[[run.PageReport], None]) -> None:
        self._intake, self._db = intake, intake.db
        self._fetcher, self._clock, self._tell = fetcher, clock, tell
        self._held: set[str] = set()
        self._out_of_reach = False
        self.waiting: list[Waiting] = []

    def prepare(self, urls: Sequence[str], hosts: Hosts) -> None:
        """Queue the pages, and take over what runs before this one left behind; what is not permitted now waits on."""
        with self._db.atomic():
            publish.adopt_interrupted(self._db, self._intake.report.run_id, "scrape")
            queue.recover(self._db)
            queue.add(self._db, [(url, urlsplit(url).netloc) for url in urls], stamp(self._clock.now()))
        self.waiting = [page for page in queue.waiting(self._db) if page.url in urls or hosts.permits(page.url)]

    def work(self) -> None:
        """Fetch all that waits, once each, a page that has to wait a little up to three times."""
        for page in self._due():
            for attempt in range(1, MAX_ATTEMPTS + 1):
                with self._db.atomic():
                    queue.claim(self._db, page.id)
                visit = self._fetcher.fetch(page.url)
                if visit.wait_s is None or visit.wait_s > LONGEST_WAIT_S or attempt == MAX_ATTEMPTS:
                    break
            self._settle(page, visit)

    def _due(self) -> Iterator[Waiting]:
        """The pages whose host may be asked; those of a host that is to be left alone stay queued."""
        now = stamp(self._clock.now())
        for page in self.waiting:
            if page.not_before > now:
                self._held.add(page.host)
            if page.host not in self._held:
                yield page

    def _settle(self, page: Waiting, visit: Visit) -> None:
        """Archive, read and load what came, or write down why nothing did."""
        with self._db.atomic():
            if visit.outcome == "ok":
                capture = _capture(visit)
                report = self._intake.take(capture, page.url)
                self._intake.sync()
            else:
                said = f"{visit.outcome}: {page.url}" + (f" ({visit.detail})" if visit.detail else "")
                report = self._intake.lose(page.url, finding("fetch_failed", said), failed=True)
                self._out_of_reach = self._out_of_reach or visit.outcome not in _NOTHING_THERE
            now, run_id = stamp(self._clock.now()), self._intake.report.run_id
            queue.attempted(self._db, page.id, run_id, visit.outcome, visit.detail, now, visit.url)
            if visit.wait_s is not None and visit.wait_s > LONGEST_WAIT_S:
                self._held.add(page.host)
                queue.hold(self._db, page.host, stamp(self._clock.now() + timedelta(seconds=visit.wait_s)))
        self._tell(report)

    def exit_code(self) -> int:
        """The contract's: a fault of ours, a site that asks us to wait, one that cannot be had, pages that failed."""
        counts = self._intake.report.counts
        if counts.faults:
            return 1
        if self._held:
            return Busy.exit_code
        if self._out_of_reach and not counts.loaded + counts.unchanged + counts.rejected:
            return 69
        return 3 if counts.rejected or counts.failed or counts.partial else 0

    def left(self) -> int:
        """How many pages stay queued because their host is to be left alone."""
        return sum(page.host in self._held for page in self.waiting)


def _capture(visit: Visit) -> Capture:
    response = visit.response
    assert response is not None
    kind, _, parameters = response.header("content-type").partition(";")
    media_type = "text/plain" if kind.strip().lower() == "text/plain" else "text/html"
    at = parse_stamp(stamp(visit.at))
    return Capture(
        canonical(visit.url), at, at, "live", "http", media_type, _charset(parameters), response.body, response.status,
        response.headers, visit.requested,
    )  # fmt: skip


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'")[:40]
    return ""
