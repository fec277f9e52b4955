"""Reading the index of an archive, part by part, each remembered: a run that dies goes on where it was."""

from collections.abc import Callable
from datetime import timedelta

from db import backfill, tombstones
from normalize.errors import Rejected
from normalize.findings import finding
from scraper.backfill import commoncrawl, wayback
from scraper.backfill.asking import Asker
from scraper.backfill.plan import Order
from scraper.backfill.wayback import Part
from scraper.capture import parse_stamp, stamp
from scraper.intake import Intake
from scraper.politeness import Clock
from scraper.settings import Endpoints
from scraper.urls import canonical
from scraper.visits import Visit
from scraper.watch import Stopping

KEPT = timedelta(days=1)
"""So long an index of the Wayback Machine counts as read, as new captures come in; the one of a crawl never changes."""

MOST_PARTS = 10_000
"""So many parts of an index are read in a run: an archive may always name another one."""

OUT_OF_REACH = frozenset((
    "blocked", "challenge", "robots_denied", "robots_unreadable", "refused_address", "rate_limited", "timeout",
    "connection_error", "dns_error", "tls_error", "protocol_error", "truncated", "server_error",
))  # fmt: skip
"""How a request ends where an archive cannot be had."""


class Indexes:
    """The indexes of an order. `rows` are those that were asked, `complete` says whether all of them were read to their end,
    `out_of_reach` whether one could not be had."""

    def __init__(
        self, intake: Intake, asker: Asker, endpoints: Endpoints, order: Order, clock: Clock, stop: Stopping
    ) -> None:  # fmt: skip
        self._intake, self._db, self._asker = intake, intake.db, asker
        self._endpoints, self._order, self._clock, self._stop = endpoints, order, clock, stop
        self.rows: list[int] = []
        self.complete = True
        self.out_of_reach = False

    def read(self) -> None:
        """Read what has not been read yet; nothing is asked about a page that is forgotten."""
        if gone := self._forgotten():
            self._intake.skip(gone)
            return
        if self._order.archive == "wayback":
            self._guarded("the index of the Wayback Machine", self._wayback)
        else:
            self._guarded("the list of crawls", self._crawls)

    def _forgotten(self) -> str:
        """The page that is asked for by its address and forgotten, empty where there is none."""
        pattern = self._order.pattern
        urls = (canonical(f"{scheme}://{pattern.url}") for scheme in ("https", "http") if pattern.match == "exact")
        return next((url for url in urls if tombstones.is_forgotten(self._db, url)), "")

    def _guarded(self, name: str, read: Callable[[], None]) -> None:
        """What cannot be read is named, and makes the plan incomplete."""
        try:
            read()
        except Rejected as error:
            self.complete = False
            if error.code == "archive_blocked":
                self.out_of_reach = True
            if self._asker.left != "rate_limited":
                self._intake.note(finding("index_failed", f"{name}: {error.detail}"))

    def _wayback(self) -> None:
        index = self._open("")
        if index.read_at and self._clock.now() - parse_stamp(index.read_at) < KEPT:
            return
        if index.read_at:
            self._begin_again(index.id)
            index = self._open("")
        position, again = index.position, bool(index.position)
        seen: set[str] = set()
        while True:
            url = wayback.index_url(
                self._endpoints.wayback_url, self._order.pattern, self._order.first, self._order.last, position
            )
            visit = self._asker.ask(url, wayback.MOST_INDEX_BYTES, wayback.WANTED)
            if visit.outcome == "client_error" and position and again:  # a key of another day
                self._begin_again(index.id)
                position, again = "", False
                continue
            if why := wayback.blocked(visit):
                raise Rejected("archive_blocked", f"the archive may not show these pages ({why})")
            found = wayback.part(self._body(visit), self._order.first, self._order.last)
            seen.add(position)
            if found.position and found.position in seen:
                raise Rejected("index_failed", f"it says {found.position[:80]!r} twice for where the next part begins")
            if len(seen) == MOST_PARTS:
                raise Rejected("index_failed", f"it has more than {MOST_PARTS:,} parts")
            self._note(index.id, found)
            if not found.position:
                return
            position = found.position

    def _crawls(self) -> None:
        visit = self._asker.ask(
            f"{self._endpoints.commoncrawl_index}/collinfo.json", commoncrawl.MOST_INDEX_BYTES, commoncrawl.WANTED
        )
        for crawl in commoncrawl.of_time(commoncrawl.crawls(self._body(visit)), self._order.first, self._order.last):
            if self._asker.left:
                self.complete = False
                return
            self._guarded(f"the index of {crawl.id}", lambda crawl=crawl: self._crawl(crawl))  # type: ignore[misc]

    def _crawl(self, crawl: commoncrawl.Crawl) -> None:
        index = self._open(crawl.id)
        if index.read_at:
            return
        if index.position:
            page, count = map(int, index.position.split("/"))
        else:
            page, count = 0, self._count(crawl)
        if not count:
            self._note(index.id, Part((), 0, 0, ""))
        while page < count:
            url = commoncrawl.index_url(crawl, self._order.pattern, page)
            visit = self._asker.ask(url, commoncrawl.MOST_INDEX_BYTES, commoncrawl.WANTED)
            body = b"" if commoncrawl.is_empty(visit) else self._body(visit)
            found = commoncrawl.part(body, self._order.first, self._order.last)
            page += 1
            end = f"{page}/{count}" if page < count else ""
            self._note(index.id, Part(found.named, found.outside, found.unusable, end))

    def _count(self, crawl: commoncrawl.Crawl) -> int:
        url = commoncrawl.index_url(crawl, self._order.pattern, None)
        visit = self._asker.ask(url, commoncrawl.MOST_INDEX_BYTES, commoncrawl.WANTED)
        return 0 if commoncrawl.is_empty(visit) else commoncrawl.pages(self._body(visit))

    def _body(self, visit: Visit) -> bytes:
        """What an index answered. Raises Rejected `index_failed`."""
        if visit.outcome == "ok" and visit.response is not None:
            self._asker.answered()
            return visit.response.body
        self.out_of_reach |= visit.outcome in OUT_OF_REACH
        if visit.outcome in ("blocked", "challenge", "robots_denied"):
            self._asker.refused(denied=visit.outcome == "robots_denied")
        said = visit.response.said.decode("latin-1").strip()[:200] if visit.response else ""
        raise Rejected("index_failed", ", ".join(filter(None, (visit.outcome, visit.detail, said))))

    def _open(self, crawl: str) -> backfill.Index:
        with self._db.atomic():
            index = backfill.index(self._db, self._order.wish(crawl))
        if index.id not in self.rows:
            self.rows.append(index.id)
        return index

    def _begin_again(self, index_id: int) -> None:
        with self._db.atomic():
            backfill.begin_again(self._db, index_id)

    def _note(self, index_id: int, found: Part) -> None:
        read_at = "" if found.position else stamp(self._clock.now())
        for one in found.named:
            if tombstones.is_forgotten(self._db, one.url):
                self._intake.skip(one.url)
        with self._stop.shielded(), self._db.atomic():
            backfill.note(
                self._db, index_id, self._order.archive, found.named, found.outside, found.unusable, found.position, read_at
            )  # fmt: skip
