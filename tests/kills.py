"""Scrape runs that are killed (SIGKILL), at random points or at named steps.

One database is killed again and again until its two visits of the site are done, then the next one begins: each run goes on where
the last one was killed, for a time that is uniform up to LONGEST_S, so that all of a visit has its kills. After each kill the
database must be in order and the archive hold every byte that the database speaks of; once the visits are done, both must say
what those of two runs that nobody killed say, each capture once. The long form is `python -m benchmarks.kills`.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from db import captures
from db.connection import Database, open_to_read
from normalize.errors import CareerscapeError
from scraper.archive import Archive, Location
from scraper.capture import capture_id, stamp
from scraper.records import Written
from tests.changing import Site
from tests.imports import command, dump, rows, settings, sound, whole_records
from tests.web import serving

LONGEST_S = 2.0
PAUSE_S = 1.0
"""A page that is fetched twice within a second may be one capture."""

DONE = (0, 3)
NOTHING_LEFT = 2
_TIMES = ("captured_at", "fetched_at", "as_of", "capture_id", "warc_file", "warc_offset", "warc_length", "run_id")
_FACTS = ("observation", "observation_latest", "occupation", "occupation_latest", "comparison")
_QUERIES = {
    "captures": "SELECT url, lower(hex(sha256)), http_status, origin, time_source, media_type, charset, etag, last_modified, "
    "newest_reading_id IS NOT NULL FROM page_capture c JOIN page p ON p.id = c.page_id "
    "JOIN capture_form k ON k.id = c.form_id LEFT JOIN validator v ON v.page_capture_id = c.id",
    "visits": "SELECT v.url, v.state, v.outcome, v.depth, v.followed, p.url FROM visit v LEFT JOIN page p ON p.id = v.page_id",
    "findings": "SELECT url, side, field, code, severity, message FROM finding WHERE capture_id IS NOT NULL",
}
STEPS = (
    "locked:1", "begun:1", "queued:1", "queued:2", "claimed:1", "requested:1", "archived:2", "written:2", "taken over:1",
    "learned:1", "adopted:1", "adoption ended:1", "torn:2", "surveyed:1", "written:2", "torn:1", "cut:1", "read:2", "loaded:2",
    "synced:2", "indexed:2", "settled:2", "linked:1", "committed:2", "refreshed:1", "publishing:1", "finished:1", "published:1",
    "closed:1",
)  # fmt: skip
"""Points of `tests.dying`, one a run, in an order in which each run finds what it needs."""

PUBLISHING = STEPS.index("refreshed:1")
"""From here on the runs end after one page."""


class Broken(AssertionError):
    """What must never be so."""


def require(holds: bool, what: object) -> None:
    """Raises Broken."""
    if not holds:
        raise Broken(what)


@dataclass
class Campaign:
    """The site, the folder of databases, chance, and what was seen: how long runs take that are left alone, what the databases
    say then, and in which phases runs were killed."""

    folder: Path
    site: Site
    root: str
    chance: random.Random
    plant: str = ""
    seconds: dict[int, float] = field(default_factory=dict)
    expected: dict[int, dict[str, object]] = field(default_factory=dict)
    phases: Counter[str] = field(default_factory=Counter)
    kills: int = 0

    def begin(self) -> None:
        """Two visits that nobody kills."""
        there = self._new()
        for visit in (1, 2):
            self._begin_visit(there, visit)
            started = time.monotonic()
            self._end_visit(there, visit)
            self.seconds[visit] = time.monotonic() - started
            self.expected[visit] = told(there)

    def life(self, most: int) -> None:
        """One database, killed at random points (`most` times) until it is done."""
        there, most = self._new(), self.kills + most
        for visit in (1, 2):
            self._begin_visit(there, visit)
            while self.kills < most:
                if self._run(there, visit, seconds=self.chance.uniform(0, LONGEST_S)) is not None:
                    break
                check(there)
            self._end_visit(there, visit)
            self._compare(there, visit)

    def steps(self, steps: tuple[str, ...] = STEPS, publishing: int = PUBLISHING, pause_s: float = 0.0) -> None:
        """One database, killed at each step of its first visit; the site has to have a page or two for each."""
        there = self._new()
        for visit in (1, 2):
            self._begin_visit(there, visit)
            for number, step in enumerate(steps if visit == 1 else ()):
                code = self._run(there, visit, step=step, more=["--max-pages", "1"] if number >= publishing else [])
                time.sleep(pause_s)
                require(code is None, f"the run did not get to {step}: it ended with {code}")
                check(there)
            self._end_visit(there, visit)
            self._compare(there, visit)

    def _new(self) -> Path:
        there = Path(tempfile.mkdtemp(dir=self.folder))
        (there / "urls").write_text("\n".join(self.site.named(self.root)))
        return there

    def _begin_visit(self, there: Path, visit: int) -> None:
        self.site.begin(visit)
        if visit == 2:
            time.sleep(PAUSE_S)
            with closing(Database(settings(there).db)) as db, db.atomic():
                db.conn.execute("UPDATE visit SET due_at = '2000-01-01T00:00:00Z' WHERE state = 'done'")

    def _end_visit(self, there: Path, visit: int) -> None:
        code = self._run(there, visit)
        require(code in DONE or code == NOTHING_LEFT, f"the last run of visit {visit} ended with {code}: {self._said(there)}")
        check(there, at_rest=True)

    def _compare(self, there: Path, visit: int) -> None:
        for name, found in told(there).items():
            expected = self.expected[visit][name]
            require(found == expected, f"{name}: {_difference(expected, found)}")

    def _run(self, there: Path, visit: int, seconds: float = 60.0, step: str = "", more: list[str] | None = None) -> int | None:
        """One run, killed after so many seconds or at a step: its exit code, None where it was killed."""
        lists = ["--urls", str(there / "urls"), "--follow", "1"] if visit == 1 else []
        line = command(there, "scrape", *lists, "--allow-host", "127.0.0.1", "--delay", "0", *(more or []))
        if self.plant or step:
            line = [sys.executable, "-m", "tests.dying", step, self.plant, *line[1:]]
        with (there / "said").open("wb") as said:
            process = subprocess.Popen(line, stdout=said, stderr=said, start_new_session=True)
        family: list[int] = []
        try:
            code: int | None = process.wait(seconds)
        except subprocess.TimeoutExpired:
            family = _children(process.pid)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = None
        require(_gone(family), "a worker outlives the run")
        if code is not None and code != -signal.SIGKILL:
            return code
        self.kills += 1
        self.phases[step or _phase(there)] += 1
        return None

    def _said(self, there: Path) -> str:
        return (there / "said").read_text(errors="replace")[-2000:]


def check(there: Path, at_rest: bool = False) -> None:
    """The database is in order, and each of its captures lies in the archive, once; at rest the archive holds nothing else."""
    if not settings(there).db.exists():
        return
    require(sound(settings(there).db), "the database is not in order")
    with closing(open_to_read(settings(there).db)) as db:
        sizes = captures.known_files(db)
        archive = Archive(settings(there).archive, sizes, datetime.now(UTC))
        indexed = db.execute("SELECT capture_id, warc_file, warc_offset FROM capture").fetchall()
        for name, *_ in indexed:
            place = captures.location(db, name)
            try:
                archive.read(Location(place.warc_file, place.warc_offset, place.warc_length), place.sha256)
            except CareerscapeError as error:
                raise Broken(f"a capture whose body is not there: {error}") from error
    found = sorted(
        (capture_id(r.capture.url, stamp(r.capture.captured_at), r.sha256), place.warc_file, place.offset)
        for name, known in sizes.items()
        for place, r in whole_records(archive.folder, name)
        if isinstance(r, Written) and place.offset < known
    )
    require(found == sorted(map(tuple, indexed)), "the index does not have what the archive has")
    if at_rest:
        require(archive.unknown() == {}, f"the archive has what the index does not know: {archive.unknown()}")


def told(there: Path) -> dict[str, object]:
    """What database and archive say, without times."""
    said = {name: sorted(rows(settings(there).db, query), key=repr) for name, query in _QUERIES.items()}
    return dump(settings(there).db, _FACTS, without=_TIMES) | said


def _difference(expected: object, found: object) -> str:
    assert isinstance(expected, list)
    assert isinstance(found, list)
    missing, surplus = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    return f"{missing.total()} missing {[*missing][:3]}, {surplus.total()} too many {[*surplus][:3]}"


def _phase(there: Path) -> str:
    """What a killed run was at, by what it left."""
    db = settings(there).db
    if not db.exists() or db.stat().st_size == 0:
        return "before the database was made"
    if (journal := db.with_name(db.name + "-journal")).exists() and journal.stat().st_size:
        return "in a transaction"
    with closing(open_to_read(db)) as reader:
        unknown = Archive(settings(there).archive, captures.known_files(reader), datetime.now(UTC)).unknown()
        ended = reader.execute("SELECT finished_at IS NOT NULL FROM run_log ORDER BY id DESC LIMIT 1").fetchone()
        claimed = reader.execute("SELECT count(*) FROM visit WHERE state = 'claimed'").fetchone()[0]
    if unknown:
        return "archived, not indexed"
    if not ended or ended[0]:
        return "before or after its work"
    return "a page claimed" if claimed else "between pages"


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _gone(pids: list[int]) -> bool:
    """Wait for processes that are not ours to end."""
    until = time.monotonic() + 10
    while alive := [pid for pid in pids if Path(f"/proc/{pid}/status").exists() and not _is_dead(pid)]:
        if time.monotonic() > until:
            return False
        pids = alive
        time.sleep(0.01)
    return True


def _is_dead(pid: int) -> bool:
    with suppress(OSError):
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    return True


@contextmanager
def campaign(folder: Path, pages: int, seed: int = 1, plant: str = "") -> Iterator[Campaign]:
    """A site that is served, and what two runs make of it that nobody kills."""
    site = Site(pages)
    with serving({"*": site.answer, "/robots.txt": site.answer}) as web:
        made = Campaign(folder, site, web.root, random.Random(seed))
        made.begin()
        made.plant = plant
        yield made
