"""A scrape run from its wish to its exit code: which pages, who asks, and how it ended."""

import math
import random
from collections import deque
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from urllib.parse import urlsplit

from db import queue, requests, tombstones
from db.connection import guarded, is_there, open_to_read
from db.freshness import Rhythm
from db.queue import Found
from normalize.errors import Busy, ConfigError, Rejected, UsageError
from normalize.findings import finding
from scraper import discovery, run, sitemaps, version
from scraper.addresses import Public, is_loopback
from scraper.capture import stamp
from scraper.fetcher import GIVEN_UP_AFTER_S, Fetcher
from scraper.hosts import Hosts
from scraper.http import Client
from scraper.intake import Intake, Report
from scraper.job import Job
from scraper.lanes import Lanes
from scraper.memory import Stored
from scraper.politeness import Clock
from scraper.settings import Settings
from scraper.urls import canonical
from scraper.watch import Stopping, Unstoppable, Watch
from scraper.wishes import Wish

MOST_SITEMAPS = 1000
"""So many sitemaps are read in one run, those that others name included."""


def pages(settings: Settings, wish: Wish, clock: Clock, watch: Watch | None = None, stop: Stopping | None = None) -> Report:
    """Fetch the pages of the wish and, unless it wants only those, what an earlier run left queued; all that is due where the
    wish names nothing.

    Raises UsageError for an address, a host or a pause that is none, ConfigError where it is not known who asks, Busy and
    StorageError; what `stop` raises ends the run as interrupted.
    """
    watch, stop = watch or Watch(), stop or Unstoppable()
    started = clock.monotonic()
    urls = tuple(dict.fromkeys(canonical(url) for url in wish.urls))
    hosts = Hosts(wish.allowed_hosts, wish.delay_s)
    listed = _judged(wish.listed, hosts)
    entrances = (*urls, *listed.pages, *(canonical(url) for url in wish.sitemaps))
    agent = _agent(settings, wish, clock, entrances, hosts, listed)
    if not settings.contact:  # a redirect may lead far away
        hosts = Hosts(wish.allowed_hosts, wish.delay_s, only_near=True)
    until = math.inf if wish.time_limit_s is None else started + wish.time_limit_s + GIVEN_UP_AFTER_S
    with run.running(settings, "scrape", clock.now) as intake, Client(agent, Public(wish.allowed_hosts)) as client:
        watch.open(intake.report)
        rhythm = run.rhythm(settings)
        memory = Stored(intake, rhythm, clock)
        fetcher = Fetcher(client, hosts, clock, memory, until=until)
        lanes = Lanes(fetcher.pace.left, random.Random())  # noqa: S311 - it spreads retries
        job = Job(intake, fetcher, memory, rhythm, clock, watch, stop, lanes, wish.most_pages or math.inf)
        for report in intake.report.adopted:
            watch.page(report)
        job.recover()
        _enqueue(job, intake, wish, hosts, clock, urls, listed, rhythm)
        watch.begin(min(len(job.waiting), wish.most_pages or len(job.waiting)))
        job.work()
        _prune(settings, intake, clock)
        _finish(job, intake)
    return intake.report


def _judged(urls: Iterable[str], hosts: Hosts) -> discovery.Judged:
    """The addresses of a list or sitemap: those of comparison pages that may be asked for, and all others."""
    judged = discovery.judge(urls)
    permitted = {url: hosts.permits(url) for url in judged.pages}
    refused = (url for url, permits in permitted.items() if not permits)
    return discovery.Judged(tuple(url for url in judged.pages if permitted[url]), (*judged.others, *refused))


def _agent(
    settings: Settings, wish: Wish, clock: Clock, entrances: tuple[str, ...], hosts: Hosts, listed: discovery.Judged
) -> str:
    """Who asks. Raises UsageError where there is nothing to do, ConfigError where it is not known who asks."""
    queued, due, resting = _left_behind(settings, wish, clock)
    ahead = [url for url in (*entrances, *queued, *due) if hosts.permits(url)]
    if not wish.names_pages and not ahead and (queued or due or not resting):
        raise UsageError(_nothing([*queued, *due]))
    if listed.others and not entrances:
        raise UsageError(
            "there is nothing to fetch: no address of the list is that of a comparison page on a host that may be asked "
            f"(--allow-host permits one), such as {listed.others[0]}"
        )
    return user_agent(settings, [url for url in entrances if hosts.permits(url)] or ahead)


def _left_behind(settings: Settings, wish: Wish, clock: Clock) -> tuple[list[str], list[str], bool]:
    """What an earlier run left queued, the roots of the hosts with pages that are due where the wish names none, and whether
    there is anything else that a run can look after."""
    if not is_there(settings.db):
        return [], [], False
    with guarded(settings.db), closing(open_to_read(settings.db)) as db:
        latest = _latest(run.rhythm(settings), clock)
        due = set() if wish.names_pages else queue.due_hosts(db, stamp(clock.now()), wish.refresh, latest)
        roots = [root for host in sorted(due) for root in (f"http://{host}/", f"https://{host}/")]
        return [page.url for page in queue.waiting(db)], roots, queue.unpublished(db) or queue.any_known(db)


def _latest(rhythm: Rhythm, clock: Clock) -> str:
    """No page can be due later, unless a clock went wrong."""
    return stamp(clock.now() + timedelta(days=rhythm.cap_days + 1))


def _nothing(queued: list[str]) -> str:
    if not queued:
        return "there is nothing to fetch: name the addresses of pages (careerscape scrape URL...)"
    waiting = ", ".join(sorted({urlsplit(url).netloc for url in queued})[:5])
    return f"there is nothing to fetch: what is queued waits on {waiting}, which no site file lists (--allow-host permits it)"


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


def _enqueue(
    job: Job, intake: Intake, wish: Wish, hosts: Hosts, clock: Clock, urls: tuple[str, ...], listed: discovery.Judged,
    rhythm: Rhythm,
) -> None:  # fmt: skip
    """Queue what the wish names and what is due, and take it into the run; what is not permitted now waits on."""
    db, now = intake.db, stamp(clock.now())
    named = [discovery.found(url, wish.follow) for url in urls]
    others: list[str] = []
    if listed.others:
        said = ", ".join(listed.others[:3]) + (", ..." if len(listed.others) > 3 else "")
        intake.note(finding("passed_over", f"{len(listed.others):,}: {said}"))
    found = [*(discovery.found(url, wish.follow) for url in listed.pages), *_from_sitemaps(job, intake, wish, hosts, others)]
    rested = stamp(clock.now() - timedelta(days=rhythm.floor_days))  # a sitemap may say that all has changed just now
    latest = _latest(rhythm, clock)
    with db.atomic():
        queue.add(db, named, now, named=True, refresh=wish.refresh, latest=latest)
        queue.add(db, found, now, named=False, refresh=wish.refresh, rested=rested, latest=latest)
        if not wish.names_pages:
            queue.add_due(db, now, wish.refresh, latest)
    for page in (*named, *found):
        if tombstones.is_forgotten(db, page.url):
            intake.skip(page.url)
    asked = {page.url for page in (*named, *found)}
    ahead = [page for page in queue.waiting(db) if page.url in urls or hosts.permits(page.url)]
    if wish.only_named:
        ahead = [page for page in ahead if page.url in asked]
    job.enqueue(sorted(ahead, key=lambda page: page.url not in asked))  # what is named comes first
    if wish.names_pages:
        resting = queue.not_due(db, sorted(asked))
        intake.report.resting = len(resting)
        intake.report.next_due_at = min((at for at in resting.values() if at), default="")
    else:
        counted = queue.counts(db, now)
        intake.report.resting, intake.report.next_due_at = counted["later"], counted["next_due_at"] or ""
    intake.report.passed_over = tuple(others)


def _from_sitemaps(job: Job, intake: Intake, wish: Wish, hosts: Hosts, others: list[str]) -> list[Found]:
    """The comparison pages of all sitemaps, those that are named in sitemaps included; other addresses go to `others`."""
    ahead = deque({canonical(url): url for url in wish.sitemaps}.values())  # as they are spelled
    seen, found = {canonical(url) for url in ahead}, []
    while ahead and not job.tally.stopped:
        url = ahead.popleft()
        try:
            sitemap = _sitemap(job, url)
        except Rejected as error:
            intake.note(finding("bad_sitemap", error.detail))
            continue
        dropped = f"{sitemap.dropped:,} entries are no http(s) addresses" if sitemap.dropped else ""
        if said := "; ".join(filter(None, (sitemap.note, dropped))):
            intake.note(finding("short_sitemap", f"{url}: {said}"))
        judged = _judged((entry.url for entry in sitemap.pages), hosts)
        ours = set(judged.pages)
        others += [entry.url for entry in sitemap.pages if entry.url not in ours]
        changed = {entry.url: stamp(entry.lastmod) for entry in sitemap.pages if entry.lastmod}
        found += [discovery.found(page, wish.follow, changed.get(page, "")) for page in judged.pages]
        named = [other for other in dict.fromkeys(map(canonical, sitemap.sitemaps)) if other not in seen]
        new = [other for other in named if hosts.permits(other)]
        others += [other for other in named if other not in new]
        room = MOST_SITEMAPS - len(seen)
        if len(new) > room:
            intake.note(finding("short_sitemap", f"{url}: more than {MOST_SITEMAPS:,} sitemaps in one run"))
        seen |= set(new[:room])
        ahead += new[:room]
    return found


def _sitemap(job: Job, url: str) -> sitemaps.Sitemap:
    """Raises Rejected `bad_sitemap`."""
    visit = job.read(url, sitemaps.MAX_BYTES)
    if visit.given_up:
        job.tally.stopped = "time"
        return sitemaps.Sitemap((), ())
    if visit.outcome != "ok" or visit.response is None:
        raise Rejected("bad_sitemap", f"{url}: {visit.outcome}, {visit.detail}")
    return sitemaps.read(visit.response.body, visit.url)


def _prune(settings: Settings, intake: Intake, clock: Clock) -> None:
    """Delete what is too old of the record of requests."""
    if settings.keep_requests_days:
        with intake.db.atomic():
            requests.prune(intake.db, stamp(clock.now() - timedelta(days=settings.keep_requests_days)))


def _finish(job: Job, intake: Intake) -> None:
    report = intake.report
    with intake.db.atomic():
        for row in queue.count_failures(intake.db, report.run_id, job.tally.answered):
            intake.note(finding("parked", f"{row['url']}: {row['outcome']}, {row['detail']}"))
    report.left = job.left()
    report.stopped = job.tally.stopped
    intake.finish(_exit_code(job, report))


def _exit_code(job: Job, report: Report) -> int:
    """The contract's: a fault of ours, a site that asks us to wait, one that cannot be had, pages that failed."""
    counts, tally = report.counts, job.tally
    if counts.faults:
        return 1
    if tally.held:
        return Busy.exit_code
    if tally.out_of_reach and not tally.spoke + len(report.adopted):
        return 69
    failed = counts.rejected or counts.failed or counts.partial or any(f.severity == "error" for f in counts.lost)
    return 3 if failed else 0
