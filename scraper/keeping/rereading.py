"""Reading archived pages again by today's code: what would be another, and the one moment from which on it counts.

Each page waits, read, until all are: readers of the database see the old values or the new ones, never some of each. A run that
dies leaves what it read to the next one.
"""

from array import array
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import groupby, islice
from operator import itemgetter

from db import captures, holds, learned, load, noted, staging
from db.batches import batches
from db.captures import Record
from db.connection import Database
from db.rows import rows as remembered
from db.staging import Standing
from normalize import vocabulary
from normalize.errors import CorruptRecord
from normalize.facts import Reading
from normalize.findings import Finding
from normalize.rules import Rule, Rules
from scraper import bodies, version
from scraper.archive import Archive
from scraper.keeping.differences import MAX_LOSS, Differences
from scraper.parsing import PageBytes
from scraper.pool import Pool
from scraper.records import Verdict
from scraper.terminal import UNSHOWN, Bar

_OF_CAPTURE = ("time_from_file", "noarchive")
"""Findings that a capture keeps when its page is read again: they do not all stand in the page."""

_CAPTURES_TOGETHER = 200
"""So many are read a transaction."""

_CAPTURES_REMEMBERED = 10 * _CAPTURES_TOGETHER
"""The rows of so many are remembered, as those that come next may need them too."""

Read = tuple[Standing, Reading]
"""A capture as it stood, and what it is read as now."""


def stale(db: Database) -> Sequence[int]:
    """The captures that another parser or other lists read than those of today, in the order of pages and time."""
    return staging.stale(db, version.parser(), vocabulary.version().partition("+")[0])


@contextmanager
def by_applied_rules(db: Database) -> Iterator[None]:
    """Read pages by the user's rules that what is stored was read by, whatever the file of rules says now."""
    now = vocabulary.in_use()
    applied = tuple(Rule(kind, value, code, "") for (kind, value), codes in learned.rules(db).items() for code in codes)
    vocabulary.use(Rules(applied))
    try:
        yield
    finally:
        vocabulary.use(now)


def foretell(db: Database, read: Iterator[Read], found: Differences) -> None:
    """Count in `found` what captures are read as now; nothing is written."""
    rows = array("q")
    for standing, reading in read:
        found.add(standing, staging.facts(db, standing.content_id), reading.outcome, staging.facts_of(reading.facts[:]))
        rows.append(standing.row)
    settle(db, found, rows)


def stage(db: Database, archive: Archive, pool: Pool, run_id: int, rows: Sequence[int], found: Differences, bar: Bar) -> None:
    """Read captures again, some a transaction, and let them wait; those that cannot be read are told in `found`."""
    version_id, done = begin(db)
    with closing(read(db, archive, pool, array("q", (row for row in rows if row not in done)), found, bar)) as again:
        put(db, archive, run_id, version_id, again)


def begin(db: Database) -> tuple[int, set[int]]:
    """The version by which captures are read again now, and those that were and wait; what waits by another one is dropped."""
    with db.atomic():
        version_id = load.version(db, version.parser(), vocabulary.version())
        return version_id, staging.waiting(db, version_id)


def put(db: Database, archive: Archive, run_id: int, version_id: int, read: Iterator[Read]) -> None:
    """Let what is read of captures wait, some a transaction: a run that dies loses what it read since the last one."""
    known, put, before = remembered(db), 0, -1
    try:
        while put > before:
            before = put
            with db.atomic():
                for standing, reading in islice(read, _CAPTURES_TOGETHER):
                    _judge(db, archive, standing, reading)
                    _stage(db, run_id, version_id, standing, reading)
                    put += 1
                captures.note_files(db, archive.sync())
            if not put % _CAPTURES_REMEMBERED:
                known.forget()
    except BaseException:
        known.forget()
        raise


def _judge(db: Database, archive: Archive, standing: Standing, reading: Reading) -> None:
    """Write into the archive what was too much for its reader, so that a rebuild does not try it again."""
    for hostile in (found for found in reading.findings if found.code == "too_hostile"):
        (name,) = holds.names(db, [standing.row])
        made = Verdict(name, hostile.code, hostile.message, version.reader())
        archive.append_verdict(made, standing.url, standing.captured_at)


def _stage(db: Database, run_id: int, version_id: int, standing: Standing, reading: Reading) -> None:
    """What counts is read by this run; what is held back or was left by a dead run stays with the run that read it."""
    owner = run_id if standing.published or standing.outcome == "rejected" else standing.run_id
    findings = with_kept(reading, staging.shared_findings(db, standing.finding_set_id)).findings
    shown, found = load.content_of(db, reading), load.finding_set_of(db, findings)
    staging.stage(db, standing, version_id, owner, reading.outcome, shown, found)


def waiting(db: Database, found: Differences) -> None:
    """Count in `found` what all staged captures change, and note it by occupation, to be written down when it is applied."""
    today = version.parser()
    with db.atomic():
        noted.begin(db)
        for one in staging.staged(db):
            if (one.outcome, one.content_id) == (one.before.outcome, one.before.content_id):
                found.count(one.before, one.outcome)
                continue
            old, new = staging.facts(db, one.before.content_id), staging.facts(db, one.content_id)
            found.add(one.before, old, one.outcome, new)
            if one.before.published:
                cause = "vocabulary" if one.before.parser == today else "parser"
                noted.note(db, cause, noted.applied(db, one, old, new))


def settle(db: Database, found: Differences, rows: Sequence[int]) -> None:
    """Hold what would be lost against the ok values that captures show as they stand."""
    found.settle(lambda name: staging.ok_values(db, rows, name))


def apply(db: Database, run_id: int, at: str) -> None:
    """Let all that waits count, and write down what `waiting` noted; the caller holds the transaction."""
    noted.write(db, run_id, at)
    staging.apply(db)


def bring_up(db: Database, archive: Archive, run_id: int, rows: Sequence[int], at: str) -> list[str]:
    """Read some captures by today's parser, where another one read them, before other rules are applied to them: so each change
    has one cause. The caller holds the transaction. What cannot be read stays as it is.

    Returns the fields that would lose more than the whole database may lose; then nothing is applied.
    """
    behind = set(rows) & set(stale(db))
    if not behind:
        return []
    staging.clear(db)
    found = Differences()
    with by_applied_rules(db), Pool(1) as pool:
        stage(db, archive, pool, run_id, sorted(behind), found, UNSHOWN)
        waiting(db, found)
    settle(db, found, staging.everything(db))
    if losses := found.losses(MAX_LOSS):
        staging.clear(db)
    else:
        apply(db, run_id, at)
    return losses


def pages(db: Database, archive: Archive, rows: Sequence[int], unread: dict[int, str]) -> Iterator[tuple[Standing, PageBytes]]:
    """Captures and their bytes; of those that the archive does not hold it is told why."""
    for some in batches(rows):
        for standing, record in zip(staging.standing(db, some), captures.records(db, some), strict=True):
            try:
                yield standing, _page(archive, record)
            except CorruptRecord as error:
                unread[standing.row] = str(error)


def _page(archive: Archive, record: Record) -> PageBytes:
    return PageBytes(bodies.read(archive, record), record.media_type, record.charset, record.url)


def read(
    db: Database, archive: Archive, pool: Pool, rows: Sequence[int], found: Differences, bar: Bar
) -> Generator[Read, None, None]:
    """The readings of captures, those that cannot be read told in `found`; a page with the same bytes as the one before it is not
    read again."""
    unread: dict[int, str] = {}
    asked: deque[list[Standing]] = deque()

    def distinct() -> Iterator[PageBytes]:
        for page, same in groupby(pages(db, archive, rows, unread), itemgetter(1)):
            asked.append([standing for standing, _ in same])
            yield page

    for reading in pool.read(distinct()):
        for standing in asked.popleft():
            yield standing, reading
            bar.advance()
        _tell(db, unread, found, bar)
    _tell(db, unread, found, bar)


def _tell(db: Database, unread: dict[int, str], found: Differences, bar: Bar) -> None:
    """Tell of the captures that cannot be read; none is left."""
    for lost in staging.standing(db, [*unread]):
        found.unread[f"{lost.url}, {lost.captured_at}"] = unread.pop(lost.row)
        bar.advance()


def with_kept(reading: Reading, before: Sequence[Finding]) -> Reading:
    """A new reading of a capture, with the findings of the one before that the capture keeps."""
    known = {found.code for found in reading.findings}
    kept = tuple(found for found in before if found.code in _OF_CAPTURE and found.code not in known)
    return replace(reading, findings=(*reading.findings, *kept))
