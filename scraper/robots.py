"""The door to Protego: what a host's robots.txt allows, as RFC 9309 has it.

No such file (4xx) allows everything, a file that cannot be had (5xx, no answer) denies everything, and so does a host that
asks to be left alone for a while (429).
"""

from dataclasses import dataclass

from protego import Protego

from scraper.http import Outcome, Response
from scraper.readers.encoding import sniff

MAX_BYTES = 512_000
"""RFC 9309: at least 500 KiB are read; what lies beyond is not."""

MAX_REDIRECTS = 5
TOKEN = "careerscape"  # noqa: S105 - the product token of the user agent
_ALLOWING = ("not_found", "gone", "client_error", "blocked", "empty")


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one host. `denial` is the outcome of a page that may not be fetched; `crawl_delay_s` is None where none is
    asked for; `detail` says where the rules come from."""

    parsed: Protego | None
    everything: Outcome | None
    detail: str

    @property
    def crawl_delay_s(self) -> float | None:
        """The seconds that the file asks to wait between requests."""
        delay = self.parsed.crawl_delay(TOKEN) if self.parsed else None
        return max(0.0, float(delay)) if delay is not None else None

    def denial(self, url: str) -> Outcome | None:
        """Why a page may not be fetched, None where it may."""
        if self.everything:
            return self.everything
        return None if self.parsed is None or self.parsed.can_fetch(url, TOKEN) else "robots_denied"


def rules(response: Response) -> Rules:
    """The rules that the answer to a request for robots.txt stands for."""
    if response.outcome == "ok":
        text, _ = sniff(response.body, "utf-8", html=False)
        return Rules(Protego.parse(text.replace("\0", "")), None, "robots.txt")
    if response.outcome in _ALLOWING:
        return Rules(None, None, f"no robots.txt ({response.detail})")
    denied: Outcome = "rate_limited" if response.outcome == "rate_limited" else "robots_unreadable"
    return Rules(None, denied, f"robots.txt: {response.outcome}, {response.detail}")
