"""Scraping: queued pages fetched one after the other with manners, each archived, read and loaded before the next."""

import copy
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
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
from scraper.politeness import LONGEST_WAIT_S, Clock
from scraper.settings import Settings
from scraper.urls import canonical

MAX_ATTEMPTS = 3
"""So often a page is asked for in a run whose host asks to wait a little."""

_NOTHING_THERE = frozenset(("not_found", "gone", "client_error", "too_large", "bad_encoding", "truncated"))
"""How a page fails although its site answers; every other failure means that the site cannot be had."""

_MOST_HEADERS = 24_000
"""Bytes of headers that are archived: a record with more than 32 KiB of them could not be read again."""

_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
_LABEL = re.compile(r"[A-Za-z0-9_:.+()-]{1,40}")


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

    Raises UsageError for an address, a host or a pause that is none, ConfigError where it is not known who asks, Busy and
    StorageError.
    """
    urls = tuple(dict.fromkeys(canonical(url) for url in wish.urls))
    hosts = Hosts(wish.allowed_hosts, wish.delay_s)
    queued, unpublished = _left_behind(settings)
    ahead = [url for url in (*urls, *queued) if hosts.permits(url)]
    if not urls and not ahead and not unpublished:
        raise UsageError(_nothing(queued))
    agent = user_agent(settings, [url for url in urls if hosts.permits(url)] or ahead)
    if not settings.contact:  # a redirect may lead far away
        hosts = Hosts(wish.allowed_hosts, wish.delay_s, only_near=True)
    with run.running(settings, "scrape", clock.now) as intake, Client(agent) as client:
        job = _Job(intake, Fetcher(client, hosts, clock), clock, tell)
        job.prepare(urls, hosts)
        begin(len(job.waiting))
        job.work()
        intake.report.left = job.left()
        intake.finish(job.exit_code())
    return intake.report


def _nothing(queued: list[str]) -> str:
    if not queued:
        return "there is nothing to fetch: name the addresses of pages (careerscape scrape URL...)"
    waiting = ", ".join(sorted({urlsplit(url).netloc for url in queued})[:5])
    return f"there is nothing to fetch: what is queued waits on {waiting}, which no site file lists (--allow-host permits it)"


def _left_behind(settings: Settings) -> tuple[list[str], bool]:
    """What an earlier run left queued, and whether it left pages unpublished."""
    if not settings.db.is_file():
        return [], False
    with guarded(settings.db), closing(open_to_read(settings.db)) as db:
        return [page.url for page in queue.waiting(db)], queue.unpublished(db)


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
        self._held = queue.held(self._db, stamp(self._clock.now())) & {page.host for page in self.waiting}

    def work(self) -> None:
        """Fetch all that waits, a page that has to wait a little up to three times; then its host is left alone."""
        for page in self.waiting:
            if page.host in self._held:
                continue
            with self._claimed(page):
                for _ in range(MAX_ATTEMPTS):
                    visit = self._fetcher.fetch(page.url)
                    if visit.wait_s is None or visit.wait_s > LONGEST_WAIT_S:
                        break
                report = self._settle(page, visit)
            self._tell(report)

    @contextmanager
    def _claimed(self, page: Waiting) -> Iterator[None]:
        """A page is claimed while it is fetched; where it is not settled it is queued again, and counts for nothing."""
        before = copy.deepcopy(self._intake.report.counts)
        with self._db.atomic():
            queue.claim(self._db, page.id)
        try:
            yield
        except BaseException:
            self._intake.report.counts = before
            with self._db.atomic():
                queue.recover(self._db)
            raise

    def _settle(self, page: Waiting, visit: Visit) -> run.PageReport:
        """Archive, read and load what came, or write down why nothing did."""
        url = canonical(visit.url)
        with self._db.atomic():
            if visit.outcome == "ok":
                (report,) = [*self._intake.take(_capture(url, visit), page.url), *self._intake.settle()]
                self._intake.sync()
            else:
                said = ": ".join(filter(None, (visit.outcome, visit.detail, page.url)))
                report = self._intake.lose(page.url, finding("fetch_failed", said), failed=True)
                self._out_of_reach = self._out_of_reach or visit.outcome not in _NOTHING_THERE
            now, run_id = self._clock.now(), self._intake.report.run_id
            queue.attempted(self._db, page.id, run_id, visit.outcome, visit.detail, stamp(now), url)
            if visit.wait_s is not None:
                until = stamp(now + timedelta(seconds=math.ceil(visit.wait_s) + 1))  # a stamp has no fractions
                for host in {page.host, urlsplit(visit.url).netloc}:
                    self._held.add(host)
                    queue.hold(self._db, host, until)
        return report

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
        """How many of its pages the run leaves queued: their host is to be left alone, or they failed for a passing reason."""
        queued = {page.id for page in queue.waiting(self._db)}
        return sum(page.id in queued for page in self.waiting)


def _capture(url: str, visit: Visit) -> Capture:
    response = visit.response
    assert response is not None
    headers = _kept(response.headers)
    kind, _, parameters = next((value for name, value in headers if name == "content-type"), "").partition(";")
    at = parse_stamp(stamp(visit.at))
    return Capture(
        url, at, at, "live", "http", _media_type(kind), _charset(parameters), response.body, response.status, headers,
        visit.requested,
    )  # fmt: skip


def _kept(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The headers as they were sent; of too many, those that fit, the type of the page first."""
    sizes = [len(name) + len(value) + 20 for name, value in headers]
    if sum(sizes) <= _MOST_HEADERS:
        return headers
    kept, left = [], _MOST_HEADERS
    for (name, value), size in sorted(zip(headers, sizes, strict=True), key=lambda header: header[0][0] != "content-type"):
        if size <= left:
            left -= size
            kept.append((name, value))
    return tuple(kept)


def _media_type(kind: str) -> str:
    """The type that a header gives; HTML where it gives none that can be understood."""
    name = kind.strip().lower()
    return name if _MEDIA_TYPE.fullmatch(name) and name != "application/xhtml+xml" else "text/html"


def _charset(parameters: str) -> str:
    """The label of the encoding that a header gives."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        label = value.strip().strip("\"'")
        if name.strip().lower() == "charset":
            return label if _LABEL.fullmatch(label) else ""
    return ""
