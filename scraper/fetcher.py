"""A page fetched with manners: its host is permitted, robots.txt agrees, the pause is over, and each redirect is asked anew."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from normalize.errors import UsageError
from scraper import robots, sites
from scraper.http import DEADLINE_S, Client, Outcome, Response
from scraper.politeness import DEFAULT_DELAY_S, Clock, Pace, retry_after_s
from scraper.readers import MAX_BYTES
from scraper.urls import canonical

MAX_REDIRECTS = 10


@dataclass(frozen=True, slots=True)
class Visit:
    """How a page was fetched: `url` is the last address, `at` when its response had come, `requests` how many were made;
    `wait_s` is the pause that the host asks for, None where it asks for none."""

    requested: str
    url: str
    outcome: Outcome
    at: datetime
    detail: str
    requests: int = 0
    response: Response | None = None
    wait_s: float | None = None


class Hosts:
    """Which hosts may be asked: those of the site files, and those that the user permits (`HOST` or `HOST:PORT`)."""

    def __init__(self, allowed: Iterable[str], delay_s: float | None) -> None:
        self._allowed = {host.strip().lower() for host in allowed}
        self._delay_s = delay_s

    def permits(self, url: str) -> bool:
        """Whether a page of this address may be asked for."""
        return self._site(url) is not None or self._is_allowed(url)

    def delay(self, url: str) -> tuple[float, str]:
        """The seconds between two requests before robots.txt has a say, and who asks for them."""
        site = self._site(url)
        if site is not None and (self._delay_s is None or self._delay_s <= site.delay_s):
            return site.delay_s, f"sites/{site.name}.toml"
        return (self._delay_s, "--delay") if self._delay_s is not None else (DEFAULT_DELAY_S, "default")

    def _is_allowed(self, url: str) -> bool:
        parts = urlsplit(url)
        host = parts.hostname or ""
        shown = f"[{host}]" if ":" in host else host
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return bool({host, shown, f"{shown}:{port}"} & self._allowed)

    def _site(self, url: str) -> sites.Site | None:
        parts = urlsplit(url)
        if parts.port not in (None, 80, 443):
            return None
        return next((site for site in sites.load() if parts.hostname in site.hosts), None)


def is_loopback(url: str) -> bool:
    """Whether an address names this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class Fetcher:
    """Fetches pages one after the other."""

    def __init__(self, client: Client, hosts: Hosts, clock: Clock, deadline_s: float = DEADLINE_S) -> None:
        self._client = client
        self._hosts = hosts
        self._clock = clock
        self._deadline_s = deadline_s
        self._pace = Pace(clock)
        self._rules: dict[str, robots.Rules] = {}

    def fetch(self, url: str) -> Visit:
        """Fetch a page; what goes wrong is the outcome."""
        trip = _Trip(url, self._deadline_s)
        while True:
            if not self._hosts.permits(trip.at):
                return self._end(trip, trip.refusal, f"{urlsplit(trip.at).netloc} is on no list (--allow-host permits it)")
            rules = self._rules_of(trip.at)
            if denial := rules.denial(trip.at):
                return self._end(trip, denial, rules.detail)
            response = self._get(trip.at, trip)
            if response.outcome != "redirect":
                return self._end(trip, response.outcome, response.detail, response)
            if not trip.turn(response.header("location")):
                return self._end(trip, "refused_redirect", f"to {response.header('location')[:200]!r}")

    def _end(self, trip: "_Trip", outcome: Outcome, detail: str, response: Response | None = None) -> Visit:
        now = self._clock.now()
        wait = retry_after_s(response.header("retry-after"), now) if response and outcome == "rate_limited" else None
        if response and response.outcome == "ok" and not _is_page(response):
            outcome, detail = "wrong_type", f"content type {response.header('content-type')[:80]!r}"
        if wait is not None:
            self._pace.hold(_origin(trip.at), wait)
        return Visit(trip.requested, trip.at, outcome, now, detail, trip.requests, response, wait)

    def _rules_of(self, url: str) -> robots.Rules:
        """The rules of the host of an address, read once a run."""
        origin = _origin(url)
        if origin not in self._rules:
            self._pace.floor(origin, *self._hosts.delay(url))
            self._rules[origin] = rules = robots.rules(self._robots_txt(origin))
            if rules.crawl_delay_s is not None:
                self._pace.floor(origin, rules.crawl_delay_s, "robots.txt")
        return self._rules[origin]

    def _robots_txt(self, origin: str) -> Response:
        trip = _Trip(f"{origin}/robots.txt", self._deadline_s, robots.MAX_REDIRECTS)
        while True:
            if not self._hosts.permits(trip.at):
                return Response(trip.at, "refused_redirect", detail=f"it leads to {urlsplit(trip.at).netloc}")
            self._pace.floor(_origin(trip.at), *self._hosts.delay(trip.at))
            response = self._get(trip.at, trip, robots.MAX_BYTES, cut=True)
            if response.outcome != "redirect" or not trip.turn(response.header("location")):
                return response

    def _get(self, url: str, trip: "_Trip", most: int = MAX_BYTES, cut: bool = False) -> Response:
        origin = _origin(url)
        self._pace.wait(origin)
        started = self._clock.monotonic()
        response = self._client.get(url, max(0.1, trip.seconds), most, cut)
        self._pace.answered(origin)
        trip.seconds -= self._clock.monotonic() - started
        trip.requests += 1
        return response


class _Trip:
    """A page on its way through redirects: where it is, and how much time and how many hops are left."""

    def __init__(self, url: str, seconds: float, hops: int = MAX_REDIRECTS) -> None:
        self.requested = self.at = url
        self.seconds = seconds
        self.hops = hops
        self.requests = 0

    @property
    def refusal(self) -> Outcome:
        """How an address counts that may not be asked for."""
        return "refused_address" if self.at == self.requested else "refused_redirect"

    def turn(self, location: str) -> bool:
        """Follow a redirect; False for one too many, another scheme, or from https to http."""
        self.hops -= 1
        try:
            target = canonical(urljoin(self.at, location))
        except (UsageError, ValueError):
            return False
        if self.hops < 0 or (self.at.startswith("https:") and not target.startswith("https:")):
            return False
        self.at = target
        return True


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_page(response: Response) -> bool:
    kind = response.header("content-type").partition(";")[0].strip().lower()
    return kind in ("", "text/html", "application/xhtml+xml", "text/plain")
