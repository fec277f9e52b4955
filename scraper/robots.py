"""The door to Protego: what a host's robots.txt allows, as RFC 9309 has it.

No such file (4xx) allows everything, a file that cannot be had (5xx, no answer, a redirect that is not followed) denies
everything, and so does a host that asks to be left alone for a while (429).
"""

import re
from dataclasses import dataclass

from protego import Protego

from scraper.http import Outcome, Response
from scraper.readers.encoding import sniff

MAX_BYTES = 512_000
"""RFC 9309: at least 500 KiB are read; what lies beyond is not, and neither is a line that reaches beyond."""

MAX_REDIRECTS = 5
TOKEN = "careerscape"  # noqa: S105 - the product token of the user agent
_AGENT = re.compile(r"[ \t]*user(?:-|[ \t]+)?agent[ \t]*[: \t][ \t]*([^#]*)", re.IGNORECASE)
_PRODUCT = re.compile(r"[a-z_-]+", re.IGNORECASE)
_OTHERS = "somebody-else"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one host. `everything` is the outcome of all its pages where none may be fetched; `detail` says where the
    rules come from, `retry_after` when the host may be asked again, as it said it."""

    parsed: Protego | None
    everything: Outcome | None
    detail: str
    retry_after: str = ""

    @property
    def crawl_delay_s(self) -> float | None:
        """The seconds that the file asks to wait between requests, None where it does not."""
        return self.parsed.crawl_delay(TOKEN) if self.parsed else None

    def denial(self, url: str) -> Outcome | None:
        """Why a page may not be fetched, None where it may."""
        if self.everything:
            return self.everything
        return None if self.parsed is None or self.parsed.can_fetch(url, TOKEN) else "robots_denied"


def rules(response: Response) -> Rules:
    """The rules that the answer to a request for robots.txt stands for, its body read up to a byte more than MAX_BYTES."""
    if response.outcome == "ok":
        return Rules(Protego.parse(_text(response.body)), None, "robots.txt")
    if response.outcome == "rate_limited":
        return Rules(None, "rate_limited", f"robots.txt: {response.detail}", response.header("retry-after"))
    if response.outcome in ("blocked", "client_error", "gone", "not_found") and 400 <= (response.status or 0) < 500:
        return Rules(None, None, f"no robots.txt ({response.detail})")
    return Rules(None, "robots_unreadable", f"robots.txt: {response.outcome}, {response.detail}")


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
