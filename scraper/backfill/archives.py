"""Which hosts a backfill asks, and how slowly: the floors are those that the archives ask for, and none goes below them."""

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from scraper.addresses import is_loopback
from scraper.hosts import Hosts
from scraper.settings import Endpoints

INDEX_S, REPLAY_S = 2.5, 1.0
"""Between two requests to the Wayback Machine: to its index, and for a capture."""

CRAWL_INDEX_S, CRAWL_DATA_S = 1.0, 0.55
"""Between two requests to Common Crawl: to its index, and for a record."""

PUBLISHED = Endpoints()
_CDX = "/cdx/search/cdx"


class Archives(Hosts):
    """The hosts of web archives: the published ones, and mirrors that the user permits (`--allow-host`), which alone may be
    asked faster (`--delay`). With `only_near`, none but this machine itself."""

    def __init__(
        self, endpoints: Endpoints, allowed: Iterable[str] = (), delay_s: float | None = None, only_near: bool = False
    ) -> None:  # fmt: skip
        super().__init__(allowed, delay_s, only_near)
        self._floors = (
            (f"{endpoints.commoncrawl_data}/crawl-data/", CRAWL_DATA_S),
            (f"{endpoints.wayback_url}/web/", REPLAY_S),
            (f"{endpoints.wayback_url}/cdx/", INDEX_S),
            (f"{endpoints.commoncrawl_index}/", CRAWL_INDEX_S),
        )

    def permits(self, url: str) -> bool:
        """Whether an address may be asked for."""
        if self._only_near and not is_loopback(url):
            return False
        return _is_published(url) or self._is_named(url)

    def delays(self, url: str) -> Iterator[tuple[float, str]]:
        """The one pause of this kind of request."""
        floor = next((seconds for root, seconds in self._floors if url.startswith(root)), INDEX_S)
        if self._delay_s is None:
            yield floor, "backfill"
        else:
            yield (max(floor, self._delay_s) if _is_published(url) else self._delay_s), "backfill"

    def _is_named(self, url: str) -> bool:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return bool({(parts.hostname or "", None), (parts.hostname or "", port)} & self._allowed)


def _is_published(url: str) -> bool:
    parts = urlsplit(url)
    published = (PUBLISHED.wayback_url, PUBLISHED.commoncrawl_index, PUBLISHED.commoncrawl_data)
    return parts.port in (None, 80, 443) and parts.hostname in {urlsplit(root).hostname for root in published}
