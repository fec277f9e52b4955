"""The door to Protego: what a host's robots.txt allows, as RFC 9309 has it.

No such file (4xx) allows everything, a file that cannot be had (5xx, no answer, a redirect that is not followed) denies
everything, and so does a host that asks to be left alone for a while (429).
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from protego import Protego

from scraper.http import Outcome, Response
from scraper.readers.encoding import sniff

MAX_BYTES = 512_000
"""RFC 9309: at least 500 KiB are read; what lies beyond is not, and neither is a line that reaches beyond."""

MAX_REDIRECTS = 5
KEPT_S = 86_400.0
"""RFC 9309: no longer than 24 hours."""

KEPT_UNREADABLE_S = 600.0
"""A file that could not be had is asked for again after so long."""

TOKEN = "careerscape"  # noqa: S105 - the product token of the user agent
_AGENT = re.compile(r"[ \t]*user(?:-|[ \t]+)?agent[ \t]*[: \t][ \t]*([^#]*)", re.IGNORECASE)
_PRODUCT = re.compile(r"[a-z_-]+", re.IGNORECASE)
_OTHERS = "somebody-else"
_MOST_LINES = 1000
"""Of a longer file it is not told which line decides."""


@dataclass(frozen=True)
class Rules:
    """The rules of one host. `everything` is the outcome of all its pages where none may be fetched; `detail` says where the
    rules come from, `host` who answered, `retry_after` when that host may be asked again, as it said it."""

    parsed: Protego | None
    everything: Outcome | None
    detail: str
    retry_after: str = ""
    text: str = ""
    host: str = ""

    @property
    def crawl_delay_s(self) -> float | None:
        """The seconds that the file asks to wait between requests (Crawl-delay or Request-rate), None where it does not."""
        if self.parsed is None:
            return None
        rate = self.parsed.request_rate(TOKEN)
        asked = [self.parsed.crawl_delay(TOKEN), rate.seconds / rate.requests if rate and rate.requests else None]
        return max((seconds for seconds in asked if seconds is not None), default=None)

    def denial(self, url: str) -> Outcome | None:
        """Why a page may not be fetched, None where it may."""
        if self.everything:
            return self.everything
        return None if self.parsed is None or self.parsed.can_fetch(url, TOKEN) else "robots_denied"

    def rule(self, url: str) -> str:
        """The line that decides about a page (`Disallow: /account/`), or where the decision comes from."""
        if self.parsed is None:
            return self.detail
        allowed = self.parsed.can_fetch(url, TOKEN)
        deciding = [pattern for allows, pattern, denies in self._lines if allows == allowed and not denies.can_fetch(url, TOKEN)]
        if deciding:
            return ("Allow: " if allowed else "Disallow: ") + max(deciding, key=len)[:200]
        return "robots.txt" if self.text.count("\n") > _MOST_LINES else "no rule"

    @cached_property
    def _lines(self) -> list[tuple[bool, str, Protego]]:
        """The rules for us: whether it allows, its pattern, and a file that denies what the pattern matches."""
        if self.text.count("\n") > _MOST_LINES:
            return []
        return [(allows, value, Protego.parse(f"user-agent: *\ndisallow: {value}")) for allows, value in _for_us(self.text)]


def _for_us(text: str) -> list[tuple[bool, str]]:
    """The lines of the group that counts for us: whether it allows, and its pattern."""
    groups: dict[str, list[tuple[bool, str]]] = {}
    agents: set[str] = set()
    heads = False
    for line in text.splitlines():
        name, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        if name == "user-agent":
            agents = agents | {value} if heads else {value}
            groups.setdefault(value, [])
        elif name.lower() in ("allow", "disallow") and value:
            for agent in agents:
                groups[agent].append((name.lower() == "allow", value))
        heads = name == "user-agent" or (heads and not name)
    return groups.get(TOKEN, groups.get("*", []))


def rules(response: Response) -> Rules:
    """The rules that the answer to a request for robots.txt stands for, its body read up to a byte more than MAX_BYTES."""
    if response.outcome == "ok":
        text = _text(response.body)
        return Rules(Protego.parse(text), None, "robots.txt", text=text)
    if response.outcome == "rate_limited":
        return Rules(None, "rate_limited", f"robots.txt: {response.detail}", response.header("retry-after"))
    if response.outcome in ("blocked", "client_error", "gone", "not_found") and 400 <= (response.status or 0) < 500:
        return Rules(None, None, f"no robots.txt ({response.detail})")
    return Rules(None, "robots_unreadable", f"robots.txt: {response.outcome}, {response.detail}")


def remembered(outcome: str, detail: str, status: int | None, body: bytes) -> Rules:
    """The rules of an answer that was written down."""
    return rules(Response("", cast(Outcome, outcome), status, body=body, detail=detail))


def _text(body: bytes) -> str:
    """The lines of a file. A group is for us where it names our product, for all where it says `*`, and for others else:
    Protego would also take the beginning of our name for it."""
    if len(body) > MAX_BYTES:
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
    text, _ = sniff(body, "utf-8", html=False)
    return "\n".join(map(_line, text.replace("\0", "").splitlines()))


def _line(line: str) -> str:
    match = _AGENT.match(line)
    if not match or not (agent := match[1].strip()):
        return line
    if agent.split()[0] == "*":
        return "user-agent: *"
    product = _PRODUCT.match(agent)
    return f"user-agent: {TOKEN if product and product[0].lower() == TOKEN else _OTHERS}"
