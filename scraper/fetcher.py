"""A page fetched with manners: its host is permitted, robots.txt agrees, the pause is over, and each redirect is asked anew."""

import ipaddress
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urljoin, urlsplit

from normalize.errors import UsageError
from scraper import robots, sites
from scraper.http import DEADLINE_S, Client, Outcome, Response
from scraper.politeness import DEFAULT_DELAY_S, LONGEST_DELAY_S, LONGEST_WAIT_S, Clock, Pace, retry_after_s
from scraper.readers import MAX_BYTES
from scraper.urls import canonical

MAX_REDIRECTS = 10
_WEB_PORTS = (None, 80, 443)
_AS_THEY_ARE = "/%:@!$&'()*+,;=~[]?"


@dataclass(frozen=True, slots=True)
class Visit:
    """How a page was fetched: `url` is the last address as it was asked for, `at` when its response had come, `requests` how
    many were made for the page; `wait_s` is the pause that the host asks for, None where it asks for none."""

    requested: str
    url: str
    outcome: Outcome
    at: datetime
    detail: str
    requests: int = 0
    response: Response | None = None
    wait_s: float | None = None


class Hosts:
    """Which hosts may be asked: those of the site files, and those that the user permits (`HOST` or `HOST:PORT`).

    With `only_near`, none but this machine itself. Raises UsageError for what is no host and no pause.
    """

    def __init__(self, allowed: Iterable[str] = (), delay_s: float | None = None, only_near: bool = False) -> None:
        if delay_s is not None and not (math.isfinite(delay_s) and delay_s >= 0):
            raise UsageError(f"a pause of {delay_s} seconds cannot be kept")
        self._allowed = {_host_and_port(host) for host in allowed}
        self._delay_s = delay_s
        self._only_near = only_near

    def permits(self, url: str) -> bool:
        """Whether a page of this address may be asked for."""
        if self._only_near and not is_loopback(url):
            return False
        parts = urlsplit(url)
        if parts.port in _WEB_PORTS and _site(url) is not None:
            return True
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return bool({(parts.hostname or "", None), (parts.hostname or "", port)} & self._allowed)

    def delay(self, url: str) -> tuple[float, str]:
        """The seconds between two requests before robots.txt has a say, and who asks for them."""
        site = _site(url)
        if site is not None and (self._delay_s is None or self._delay_s <= site.delay_s):
            return site.delay_s, f"sites/{site.name}.toml"
        return (self._delay_s, "--delay") if self._delay_s is not None else (DEFAULT_DELAY_S, "default")


def _host_and_port(text: str) -> tuple[str, int | None]:
    """What `--allow-host` names; the port is None for any."""
    host = text.strip()
    shown = f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host
    try:
        parts = urlsplit(f"//{shown}")
        port, name = parts.port, urlsplit(canonical(f"http://{shown}/")).hostname
    except (UsageError, ValueError) as error:
        raise UsageError(f"{text!r} is no host: write HOST or HOST:PORT") from error
    if not name or parts.netloc != shown or "@" in shown or (parts.path, parts.query, parts.fragment) != ("", "", ""):
        raise UsageError(f"{text!r} is no host: write HOST or HOST:PORT")
    return name, port


def _site(url: str) -> sites.Site | None:
    host = urlsplit(url).hostname
    return next((site for site in sites.load() if host in site.hosts), None)


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
                return self._end(trip, denial, rules.detail, retry_after=rules.retry_after)
            response = self._get(trip.at, trip)
            if response.outcome != "redirect":
                retry_after = response.header("retry-after")
                return self._end(trip, response.outcome, response.detail, response, retry_after)
            if not trip.turn(response.header("location")):
                return self._end(trip, "refused_redirect", f"to {response.header('location')[:200]!r}")

    def _end(
        self, trip: "_Trip", outcome: Outcome, detail: str, response: Response | None = None, retry_after: str = ""
    ) -> Visit:
        now = self._clock.now()
        wait = None
        if outcome == "rate_limited":
            self._pace.hold(_host(trip.at), retry_after_s(retry_after, now))
            wait = self._pace.held_s(_host(trip.at))
        return Visit(trip.requested, trip.at, outcome, now, detail, trip.requests, response, wait)

    def _rules_of(self, url: str) -> robots.Rules:
        """The rules of the host of an address, read once a run; once more where the host asked for a pause instead."""
        origin = _origin(url)
        if known := self._rules.get(origin):
            return known
        rules = robots.rules(self._robots_txt(origin))
        if rules.everything != "rate_limited":
            self._rules[origin] = rules
        if rules.crawl_delay_s is not None:
            self._pace.floor(_host(url), rules.crawl_delay_s, "robots.txt")
            if rules.crawl_delay_s > LONGEST_DELAY_S:
                self._pace.hold(_host(url), rules.crawl_delay_s)
        return rules

    def _robots_txt(self, origin: str) -> Response:
        trip = _Trip(f"{origin}/robots.txt", self._deadline_s, robots.MAX_REDIRECTS)
        while True:
            if not self._hosts.permits(trip.at):
                return Response(trip.at, "refused_redirect", detail=f"it leads to {urlsplit(trip.at).netloc}")
            response = self._get(trip.at, trip, robots.MAX_BYTES + 1, cut=True)
            if response.outcome != "redirect":
                return response
            if not trip.turn(response.header("location")):
                return Response(trip.at, "refused_redirect", detail=f"it leads to {response.header('location')[:200]!r}")

    def _get(self, url: str, trip: "_Trip", most: int = MAX_BYTES, cut: bool = False) -> Response:
        """One request when its time has come; none where the host is to be left alone, or the time of the page is over."""
        host = _host(url)
        self._pace.floor(host, *self._hosts.delay(url))
        if (held := self._pace.held_s(host)) > LONGEST_WAIT_S:
            said = f"{host} asks to be left alone for {held:,.0f} s"
            return Response(url, "rate_limited", headers=(("retry-after", str(math.ceil(held))),), detail=said)
        if trip.seconds <= 0:
            return Response(url, "timeout", detail="redirects took all the time")
        self._pace.wait(host)
        started = self._clock.monotonic()
        response = self._client.get(url, trip.seconds, most, cut)
        self._pace.answered(host)
        trip.seconds -= self._clock.monotonic() - started
        trip.requests += 1
        return response


class _Trip:
    """A page on its way through redirects: where it is and has been, and how much time and how many hops are left."""

    def __init__(self, url: str, seconds: float, hops: int = MAX_REDIRECTS) -> None:
        self.requested = self.at = url
        self.seconds = seconds
        self.hops = hops
        self.requests = 0
        self._seen = {url}

    @property
    def refusal(self) -> Outcome:
        """How an address counts that may not be asked for."""
        return "refused_address" if self.at == self.requested else "refused_redirect"

    def turn(self, location: str) -> bool:
        """Follow a redirect; False for one too many, one that leads back, to another scheme, or from https to http."""
        self.hops -= 1
        try:
            target = _target(self.at, location)
        except (UsageError, ValueError):
            return False
        if self.hops < 0 or target in self._seen or (self.at.startswith("https:") and not target.startswith("https:")):
            return False
        self._seen.add(target)
        self.at = target
        return True


def _target(at: str, location: str) -> str:
    """The address that a redirect leads to, as the site spells it: the canonical one may be what it redirects from.

    Raises UsageError for what is no http(s) address.
    """
    joined = urljoin(at, quote(location.strip().encode("latin-1", "replace"), _AS_THEY_ARE + "#"))
    canonical(joined)
    parts = urlsplit(joined)
    root = canonical(f"{parts.scheme}://{parts.netloc}/")
    return root + parts.path.removeprefix("/") + (f"?{parts.query}" if parts.query else "")


def _origin(url: str) -> str:
    """What a robots.txt is for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _host(url: str) -> str:
    """What is asked one request at a time: a host under both schemes."""
    return urlsplit(url).netloc
