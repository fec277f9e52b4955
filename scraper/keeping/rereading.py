"""Reading archived pages again by today's code: what would be another, and the one moment from which on it counts.

Each page waits, read, until all are: readers of the database see the old values or the new ones, never some of each. A run that
dies leaves what it read to the next one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from db import captures, holds, learned, load, staging
from db.captures import Record
from db.connection import Database
from db.rows import rows as remembered
from db.staging import Applied, Standing
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

Read = tuple[Standing, Reading]


def stale(db: Database) -> list[int]:
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


def predict(db: Database, archive: Archive, pool: Pool, rows: Sequence[int], bar: Bar) -> Differences:
    """What reading captures again would change; nothing is written."""
    found, read = Differences(), []
    for standing, reading in _read(db, archive, pool, rows, found, bar):
        found.add(standing, staging.facts(db, standing.content_id), reading.outcome, staging.facts_of(reading.facts))
        read.append(standing.row)
    settle(db, found, read)
    return found


def stage(db: Database, archive: Archive, pool: Pool, run_id: int, rows: Sequence[int], found: Differences, bar: Bar) -> None:
    """Read captures again, some a transaction, and let them wait; those that cannot be read are told in `found`."""
    with db.atomic():
        version_id = load.version(db, version.parser(), vocabulary.version())
        waiting = staging.waiting(db, version_id)
    rest = [row for row in rows if row not in waiting]
    for start in range(0, len(rest), pool.pages_together):
        some = rest[start : start + pool.pages_together]
        readings = [*_read(db, archive, pool, some, found, bar)]
        known = remembered(db)
        try:
            with db.atomic():
                for standing, reading in readings:
                    _judge(db, archive, standing, reading)
                    _stage(db, run_id, version_id, standing, reading)
                captures.note_files(db, archive.sync())
        finally:
            known.forget()


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
    shown, noted = load.content_of(db, reading), load.finding_set_of(db, findings)
    staging.stage(db, standing, version_id, owner, reading.outcome, shown, noted)


def waiting(db: Database, found: Differences) -> list[tuple[Standing, list[Applied]]]:
    """What all staged captures change, counted in `found`, and by that of each occupation."""
    changes: list[tuple[Standing, list[Applied]]] = []
    for one in staging.staged(db):
        if (one.outcome, one.content_id) == (one.before.outcome, one.before.content_id):
            found.count(one.before, one.outcome)
        else:
            old, new = staging.facts(db, one.before.content_id), staging.facts(db, one.content_id)
            found.add(one.before, old, one.outcome, new)
            changes.append((one.before, [*staging.applied(db, one, old, new)]))
    return changes


def settle(db: Database, found: Differences, rows: Sequence[int]) -> None:
    """Hold what would be lost against the ok values that captures show as they stand."""
    found.settle(lambda name: staging.ok_values(db, rows, name))


def apply(db: Database, run_id: int, changes: Sequence[tuple[Standing, list[Applied]]], at: str) -> None:
    """Let all that waits count, and write down what is another by that; the caller holds the transaction."""
    today = version.parser()
    for cause in ("parser", "vocabulary"):
        noted = [
            one
            for before, found in changes
            if before.published and (before.parser == today) == (cause == "vocabulary")
            for one in found
        ]
        staging.note(db, run_id, at, cause, noted)
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
        changes = waiting(db, found)
    settle(db, found, staging.everything(db))
    if losses := found.losses(MAX_LOSS):
        staging.clear(db)
    else:
        apply(db, run_id, changes, at)
    return losses


def pages(db: Database, archive: Archive, rows: Sequence[int], unread: dict[int, str]) -> Iterator[tuple[Standing, PageBytes]]:
    """Captures and their bytes; of those that the archive does not hold it is told why."""
    for standing, record in zip(staging.standing(db, rows), captures.records(db, rows), strict=True):
        try:
            yield standing, _page(archive, record)
        except CorruptRecord as error:
            unread[standing.row] = str(error)


def _page(archive: Archive, record: Record) -> PageBytes:
    return PageBytes(bodies.read(archive, record), record.media_type, record.charset, record.url)


def _read(db: Database, archive: Archive, pool: Pool, rows: Sequence[int], found: Differences, bar: Bar) -> Iterator[Read]:
    """The readings of captures; the same page with the same bytes is read once."""
    for start in range(0, len(rows), pool.pages_together):
        unread: dict[int, str] = {}
        given = [*pages(db, archive, rows[start : start + pool.pages_together], unread)]
        distinct = [*dict.fromkeys(page for _, page in given)]
        readings = dict(zip(distinct, pool.parse_many(distinct), strict=True))
        for standing, page in given:
            yield standing, readings[page]
            bar.advance()
        for row, why in unread.items():
            (lost,) = staging.standing(db, [row])
            found.unread[f"{lost.url}, {lost.captured_at}"] = why
            bar.advance()


def with_kept(reading: Reading, before: Sequence[Finding]) -> Reading:
    """A new reading of a capture, with the findings of the one before that the capture keeps."""
    known = {found.code for found in reading.findings}
    kept = tuple(found for found in before if found.code in _OF_CAPTURE and found.code not in known)
    return replace(reading, findings=(*reading.findings, *kept))
