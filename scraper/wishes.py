"""What a scrape run is asked for, and the lists of pages that it is asked for with."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from db import queries
from db.connection import guarded, is_there, open_to_read
from normalize.errors import UnknownOccupation, UsageError
from scraper import discovery


@dataclass(frozen=True, slots=True)
class Wish:
    """What a run is asked for: pages by address (`urls`), addresses of lists (`listed`) and sitemaps, which are judged by their
    shape; how deep links are followed; hosts permitted beside those of the site files; the pause between requests.

    With `refresh` pages are fetched that are not due yet; `most_pages` and `time_limit_s` bound the run. With `only_named` what
    an earlier run left queued waits on.
    """

    urls: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    delay_s: float | None = None
    listed: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    follow: int = 0
    refresh: bool = False
    most_pages: int | None = None
    time_limit_s: float | None = None
    only_named: bool = False

    @property
    def names_pages(self) -> bool:
        """Whether it says what to fetch."""
        return bool(self.urls or self.listed or self.sitemaps or self.only_named)


def listed(urls: Path | None, pairs: Path | None, base: str | None, database: Path) -> tuple[str, ...]:
    """The addresses of a list, and those of the pages that compare the pairs of another; titles that the database knows have
    its slugs. Raises UsageError."""
    if base is not None and pairs is None:
        raise UsageError("--base goes with --pairs")
    found = discovery.read_urls(urls) if urls else ()
    if pairs is None:
        return found
    if not is_there(database):
        return (*found, *discovery.read_pairs(pairs, base, lambda title: None))  # noqa: ARG005
    with guarded(database), closing(open_to_read(database)) as db:

        def known(title: str) -> str | None:
            try:
                return queries.occupation(db, title)
            except UnknownOccupation:
                return None

        return (*found, *discovery.read_pairs(pairs, base, known))
