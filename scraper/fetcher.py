"""A page fetched with manners: its host is permitted, robots.txt agrees, the pause is over, and each redirect is asked anew."""

import math
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote, urljoin, urlsplit

from db.hosts import RobotsTxt
from normalize.errors import UsageError
from scraper import robots
from scraper.capture import parse_stamp, stamp
from scraper.hosts import Hosts
from scraper.http import DEADLINE_S, Client, Outcome, Response, Validators, Wanted
from scraper.politeness import LONGEST_DELAY_S, LONGEST_WAIT_S, Clock, Pace, retry_after_s
from scraper.readers import MAX_BYTES
from scraper.urls import canonical
from scraper.visits import Hop, Visit

MAX_REDIRECTS = 10
_AS_THEY_ARE = "/%:@!$&'()*+,;=~[]?"
_A_PAGE = Wanted()
GIVEN_UP_AFTER_S = 5.0
"""A page in flight when the time of the run is over gets so long to come in."""

IN_TROUBLE = frozenset(("timeout", "connection_error", "truncated", "protocol_error", "server_error", "rate_limited"))
"""Outcomes of a request by which a host shows that it is asked too much, or not well."""


class Memory:
    """What a fetcher is told of earlier runs, and what it wants to be remembered; this one remembers nothing."""

    def robots(self, origin: str) -> RobotsTxt | None:  # noqa: ARG002
        """The last answer to a request for the robots.txt of an origin."""
        return None

    def remember_robots(self, origin: str, answer: RobotsTxt) -> None:
        """Keep an answer."""

    def is_forgotten(self, url: str) -> bool:  # noqa: ARG002
        """Whether an address is that of a page which may not come back."""
        return False

    def validators(self, url: str) -> Validators | None:  # noqa: ARG002
        """Those of the stored capture of a page, where it may be confirmed instead of sent again."""
        return None


class Fetcher:
    """Fetches pages one after the other. `until` is when the run gives up what it is at, in seconds of the clock."""

    def __init__(
        self, client: Client, hosts: Hosts, clock: Clock, memory: Memory | None = None, deadline_s: float = DEADLINE_S,
        until: float = math.inf,
    ) -> None:  # fmt: skip
        self.pace = Pace(clock)
        self._client, self._hosts, self._clock = client, hosts, clock
        self._memory = memory or Memory()
        self._deadline_s, self._until = deadline_s, until
        self._rules: dict[str, tuple[robots.Rules, datetime]] = {}
        self.hops: list[Hop] = []
        """The requests of the trip that is under way, or was the last."""

    def fetch(
        self, url: str, most: int = MAX_BYTES, conditional: bool = True, wanted: Wanted = _A_PAGE
    ) -> Visit:  # fmt: skip
        """Fetch a page, at most `most` bytes of it; what goes wrong is the outcome. One that is stored may only be confirmed,
        where the request is `conditional`."""
        trip = _Trip(url, self._deadline_s)
        self.hops = trip.hops
        while True:
            if self._memory.is_forgotten(trip.at):
                return self._skip(trip)
            if not self._hosts.permits(trip.at):
                return self._refuse(trip, trip.refusal, f"{urlsplit(trip.at).netloc} is on no list (--allow-host permits it)")
            rules = self._rules_of(trip)
            if trip.given_up:
                return self._end(trip, "timeout", "the run has no more time")
            if denial := rules.denial(trip.at):
                return self._refuse(trip, denial, rules.detail, rules.rule(trip.at), rules.host)
            validators = self._memory.validators(trip.at) if conditional else None
            response = self._get(trip.at, trip, rules.rule(trip.at), most, validators=validators, wanted=wanted)
            if trip.given_up or response.outcome != "redirected":
                return self._end(trip, response.outcome, response.detail, response)
            if response.header("retry-after"):
                seconds = retry_after_s(response.header("retry-after"), self._clock.now())
                self.pace.hold(host_of(trip.at), seconds, "Retry-After")
            if not trip.turn(response.header("location")):
                detail = f"to {response.header('location')[:200]!r}"
                trip.hops[-1] = replace(trip.hops[-1], outcome="refused_redirect", detail=detail)
                return self._end(trip, "refused_redirect", detail)

    def has_time(self, seconds: float) -> bool:
        """Whether the run may begin something after so many seconds."""
        return self._clock.monotonic() + seconds <= self._until - GIVEN_UP_AFTER_S

    def _skip(self, trip: "_Trip") -> Visit:
        """End a trip that leads to a forgotten page, without asking for it or naming it."""
        said, now = "it leads to a page that is forgotten", self._clock.now()
        return Visit(trip.requested, trip.requested, "refused_redirect", now, said, tuple(trip.hops), forgotten=trip.at)

    def _refuse(self, trip: "_Trip", outcome: Outcome, detail: str, rule: str = "", waits_on: str = "") -> Visit:
        """End a trip at an address that is not asked."""
        trip.hops.append(Hop(trip.at, self._clock.now(), outcome, detail=detail, robots_rule=rule))
        return self._end(trip, outcome, detail, waits_on=waits_on)

    def _end(self, trip: "_Trip", outcome: Outcome, detail: str, response: Response | None = None, waits_on: str = "") -> Visit:
        now, wait = self._clock.now(), None
        if outcome == "rate_limited":
            waits_on = waits_on or host_of(trip.at)
            if response is not None:
                self.pace.hold(waits_on, retry_after_s(response.header("retry-after"), now), "Retry-After")
            wait = self.pace.held_s(waits_on)
        hops = tuple(trip.hops)
        return Visit(trip.requested, trip.at, outcome, now, detail, hops, response, wait, trip.given_up, waits_on)

    def _rules_of(self, trip: "_Trip") -> robots.Rules:
        """The rules of the host of an address, for as long as they may be kept; asked for once more where the host wanted a
        pause instead."""
        origin, host, now = _origin(trip.at), host_of(trip.at), self._clock.now()
        rules, until = self._rules.get(origin) or self._remembered(origin)
        if rules is None or now >= until:
            answer = self._robots_txt(origin, trip)
            rules = replace(robots.rules(answer), host=host_of(answer.url))
            if trip.given_up:
                return rules
            if rules.everything == "rate_limited":
                self.pace.hold(rules.host, retry_after_s(rules.retry_after, now), "Retry-After")
                if (held := self.pace.held_s(rules.host)) > LONGEST_WAIT_S:
                    self._rules[origin] = rules, now + timedelta(seconds=held)
                return rules
            keep = timedelta(seconds=robots.KEPT_S if rules.everything is None else robots.KEPT_UNREADABLE_S)
            self._rules[origin] = rules, now + keep
            if rules.everything is None:
                kept = RobotsTxt(stamp(now), answer.outcome, answer.detail, answer.status, answer.body)
                self._memory.remember_robots(origin, kept)
        self.pace.floor(host, rules.crawl_delay_s or 0.0, "Crawl-delay")
        if (left := self.pace.left(host)) > LONGEST_DELAY_S and self.pace.delay(host)[1] == "Crawl-delay":
            self.pace.hold(host, left, "Crawl-delay")
        return rules

    def _remembered(self, origin: str) -> tuple[robots.Rules | None, datetime]:
        """The rules that an earlier run has read, and until when they may be kept."""
        known, now = self._memory.robots(origin), self._clock.now()
        if known is None or parse_stamp(known.fetched_at) > now:  # a clock may have been set back
            return None, now
        rules = robots.remembered(known.outcome, known.detail, known.http_status, known.body)
        self._rules[origin] = rules, parse_stamp(known.fetched_at) + timedelta(seconds=robots.KEPT_S)
        return self._rules[origin]

    def _robots_txt(self, origin: str, page: "_Trip") -> Response:
        trip = _Trip(f"{origin}/robots.txt", self._deadline_s, robots.MAX_REDIRECTS, page.hops)
        try:
            while True:
                if not self._hosts.permits(trip.at):
                    return Response(trip.at, "refused_redirect", detail=f"it leads to {urlsplit(trip.at).netloc}")
                response = self._get(trip.at, trip, "", robots.MAX_BYTES + 1, cut=True)
                if trip.given_up or response.outcome != "redirected":
                    return response
                if not trip.turn(response.header("location")):
                    detail = f"it leads to {response.header('location')[:200]!r}"
                    return Response(trip.at, "refused_redirect", detail=detail)
        finally:
            page.given_up = trip.given_up

    def _get(
        self, url: str, trip: "_Trip", rule: str, most: int, cut: bool = False, validators: Validators | None = None,
        wanted: Wanted = _A_PAGE,
    ) -> Response:  # fmt: skip
        """One request when its time has come; none where the host is to be left alone, or the time of page or run is over."""
        host, clock = host_of(url), self._clock
        for seconds, reason in self._hosts.delays(url):
            self.pace.floor(host, seconds, reason)
        if (held := self.pace.held_s(host)) > LONGEST_WAIT_S:
            said = f"{host} asks to be left alone for {held:,.0f} s"
            trip.hops.append(Hop(url, clock.now(), "rate_limited", detail=said, robots_rule=rule))
            return Response(url, "rate_limited", headers=(("retry-after", str(math.ceil(held))),), detail=said)
        if trip.seconds <= 0:
            trip.hops.append(Hop(url, clock.now(), "timeout", detail="redirects took all the time", robots_rule=rule))
            return Response(url, "timeout", detail="redirects took all the time")
        if not self.has_time(self.pace.left(host)):
            trip.given_up = True
            return Response(url, "timeout", detail="the run has no more time")
        delay, reason = self.pace.in_force(host)
        self.pace.wait(host)
        started, at = clock.monotonic(), clock.now()
        response = self._client.get(url, min(trip.seconds, self._until - started), most, cut, validators, wanted)
        took = clock.monotonic() - started
        self.pace.answered(host, took, response.outcome not in IN_TROUBLE)
        trip.seconds -= took
        trip.given_up = response.outcome == "timeout" and clock.monotonic() >= self._until
        detail = "given up, as the time of the run is over" if trip.given_up else response.detail
        trip.hops.append(
            Hop(url, at, response.outcome, response.status, response.received, round(took * 1000), response.address, delay,
                reason, rule, detail)
        )  # fmt: skip
        return response


class _Trip:
    """A page on its way through redirects: where it is and has been, and how much time and how many turns are left."""

    def __init__(self, url: str, seconds: float, turns: int = MAX_REDIRECTS, hops: list[Hop] | None = None) -> None:
        self.requested = self.at = url
        self.seconds = seconds
        self.turns = turns
        self.hops = [] if hops is None else hops
        self.given_up = False
        self._seen = {url}

    @property
    def refusal(self) -> Outcome:
        """How an address counts that may not be asked for."""
        return "refused_address" if self.at == self.requested else "refused_redirect"

    def turn(self, location: str) -> bool:
        """Follow a redirect; False for one too many, one that leads back, to another scheme, or from https to http."""
        self.turns -= 1
        try:
            target = _target(self.at, location)
        except (UsageError, ValueError):
            return False
        if self.turns < 0 or target in self._seen or (self.at.startswith("https:") and not target.startswith("https:")):
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


def host_of(url: str) -> str:
    """What is asked one request at a time: a host under both schemes."""
    return urlsplit(url).netloc
