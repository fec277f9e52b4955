"""What the database remembers for the fetcher: robots.txt files, and captures that a server may confirm."""

from db import captures, hosts, tombstones
from db.captures import Basis
from db.freshness import Rhythm
from db.hosts import RobotsTxt
from normalize.errors import CorruptRecord
from scraper.archive import Location
from scraper.capture import Capture, parse_stamp, stamp
from scraper.fetcher import Memory
from scraper.http import Validators
from scraper.intake import Intake
from scraper.politeness import Clock
from scraper.urls import canonical
from scraper.visits import Visit, kept


class Stored(Memory):
    """What the database remembers for the fetcher: robots.txt files, and captures that a server may confirm."""

    def __init__(self, intake: Intake, rhythm: Rhythm, clock: Clock) -> None:
        self._db, self._archive, self._rhythm, self._clock = intake.db, intake.archive, rhythm, clock
        self._robots: dict[str, RobotsTxt] = {}

    def robots(self, origin: str) -> RobotsTxt | None:
        """The last answer to a request for the robots.txt of an origin."""
        return hosts.robots_txt(self._db, origin)

    def remember_robots(self, origin: str, answer: RobotsTxt) -> None:
        """Keep an answer, from the next transaction on."""
        self._robots[origin] = answer

    def is_forgotten(self, url: str) -> bool:
        """Whether an address is that of a page which may not come back."""
        return tombstones.is_forgotten(self._db, canonical(url))

    def validators(self, url: str) -> Validators | None:
        """Those of the newest capture of a page, if its body lies in the archive and it is not time for a whole one."""
        basis = captures.basis(self._db, canonical(url))
        if basis is None or self._rhythm.wants_all(basis, self._clock.now()):
            return None
        return Validators(basis.etag, basis.last_modified) if self._archive.holds(_place(basis), basis.sha256) else None

    def write(self) -> None:
        """Write down what is to be kept; the caller holds the transaction."""
        hosts.remember_robots(self._db, self._robots)
        self._robots = {}

    def confirmed(self, url: str, visit: Visit) -> Capture:
        """The capture that a 304 stands for: the body that it confirms. Raises CorruptRecord where that is lost."""
        basis = captures.basis(self._db, url)
        if basis is None:
            raise CorruptRecord("", 0, f"nothing is stored of {url} that could be confirmed")
        assert visit.response is not None
        at = parse_stamp(stamp(visit.at))
        body = self._archive.read(_place(basis), basis.sha256)
        headers = kept(visit.response.headers)
        return Capture(url, at, at, "live", "http", basis.media_type, basis.charset, body, 304, headers, visit.requested)


def _place(basis: Basis) -> Location:
    return Location(basis.warc_file, basis.warc_offset, basis.warc_length)
