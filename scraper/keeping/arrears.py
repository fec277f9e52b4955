"""What a database is behind with: rules that changed since its pages were read, and what it needs of the archive to go on.

A rule about a degree, race or gender changes readings. Every run that writes first reads the pages again that such a rule
concerns, where it is new, another or gone, from the archive and without network.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from db import captures, coding, learned, load, publish, runs, unknown, views
from db.coding import Change
from db.connection import Database
from db.staging import Standing
from normalize import vocabulary
from normalize.errors import ConfigError, StorageError
from normalize.facts import Reading
from normalize.findings import Finding, finding
from normalize.rules import Kind, Rules, a
from normalize.vocabulary import READING_KINDS
from normalize.wording import counted
from scraper import taught, version
from scraper.archive import Archive
from scraper.capture import stamp
from scraper.keeping import rereading
from scraper.process import code_of
from scraper.sandbox import Sandbox

Key = tuple[Kind, str]
"""A kind and a folded value."""

_CAPTURES_TOGETHER = 20
_MOST_NAMED = 5


@dataclass(slots=True)
class Reread:
    """What became of pages that were read again: which are partial, which could not be read and why, for which values that
    matters, and what is another now."""

    captures: int = 0
    partial: list[str] = field(default_factory=list)
    unread: dict[int, str] = field(default_factory=dict)
    waiting: list[Key] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def refuse_lost(db: Database, path: Path, archive: Path, loads_official: bool = False) -> None:
    """Raise StorageError where the archive does not have what the database at `path` was made from."""
    used = captures.known_files(db)
    if used and not any((archive / name).is_file() for name in used):
        more = f" and {len(used) - 1:,} more are" if len(used) > 1 else " is"
        raise StorageError(
            f"{archive} holds none of the pages of {path}: {min(used)}{more} not there; name its archive with --archive, "
            "or put it back (an empty file of that name will do, if the pages are lost for good)"
        )
    for lost in lost_vocabulary(db, archive, loads_official):
        raise StorageError(lost)


def lost_vocabulary(db: Database, archive: Path, loads_official: bool = False) -> Iterator[str]:
    """The rules and, unless some are about to be loaded, the official files by which the database was made and which are gone, in
    words. Raises StorageError."""
    if learned.rules(db) and not taught.rules_file(archive).exists():
        yield (
            f"{taught.rules_file(archive)}: the database was made by rules of this file, and it is gone; put it back, "
            "or, to be without rules, a file of the one line kind,value,code"
        )
    kept = {note.kind for note in taught.official_notes(archive)}
    for lost in (file for file in coding.known(db) if file.kind not in kept and not loads_official):
        yield (
            f"{taught.official_folder(archive, lost.kind)}: the copy of {lost.name} by which occupations are coded is gone; "
            f"put it back, or load it again: careerscape vocab load {lost.kind} PATH"
        )


def catch_up(db: Database, archive: Path, clock: Callable[[], datetime]) -> list[Finding]:
    """Read the pages again that rules concern which are others now than those they were read by, in a run `map` of its own.

    Pages that cannot be read keep what they have, and their rules wait. Returns what there is to say. The rules of the archive
    are in use.
    """
    said, at = vocabulary.in_use().said, stamp(clock())
    keys = learned.waiting(db, said, READING_KINDS)
    if not keys:
        return []
    if not _concerned(db, keys):
        with db.atomic():
            learned.learn(db, said, READING_KINDS)
        return []
    run_id, counts = runs.begin(db, "map", at), runs.Counts()
    try:
        with closing(Archive(archive, captures.known_files(db), clock())) as store, db.atomic():
            done = reread(db, store, run_id, keys, at)
            learned.learn(db, said, READING_KINDS, done.waiting)
            counts = runs.Counts(loaded=done.captures, failed=len(done.unread), partial=len(done.partial), lost=_told(keys, done))
            runs.finish(db, run_id, counts, 3 if done.unread or done.partial else 0, stamp(clock()))
    except BaseException as error:
        with db.atomic():
            runs.finish(db, run_id, runs.Counts(), code_of(error), stamp(clock()))
        raise
    return counts.lost


def _told(keys: Sequence[Key], done: Reread) -> list[Finding]:
    told = []
    if done.captures:
        changed = f"{counted(done.captures, 'page')}, {counted(len(done.changes), 'value')} changed"
        told.append(finding("rules_applied", f"{_named(keys)}: {changed}"))
    if done.unread:
        first = next(iter(done.unread.values()))
        told.append(finding("rules_waiting", f"{_named(done.waiting)}: {counted(len(done.unread), 'page')}, such as {first}"))
    return told


def _named(keys: Sequence[Key]) -> str:
    more = f" and {len(keys) - _MOST_NAMED:,} more" if len(keys) > _MOST_NAMED else ""
    return ", ".join(f"{kind} {value!r}" for kind, value in keys[:_MOST_NAMED]) + more


def reread(db: Database, archive: Archive, run_id: int, keys: Collection[Key], at: str) -> Reread:
    """Read the captures again that show the values, by the rules in use; publish what was published, and write down what is
    another now. The caller holds the transaction."""
    done, concerned = Reread(), _concerned(db, keys)
    rows = sorted({row for some in concerned.values() for row in some})
    if not rows:
        return done
    if losses := rereading.bring_up(db, archive, run_id, rows, at):
        why = f"today's parser is held back, {'; '.join(losses)}: careerscape reparse --dry-run"
        done.unread, done.waiting = dict.fromkeys(rows, why), list(concerned)
        return done
    columns = [name for name, _, _ in views.wide_columns()]
    before = coding.latest(db, columns)
    version_id = load.version(db, version.parser(), vocabulary.version())
    with Sandbox() as sandbox:
        for start in range(0, len(rows), _CAPTURES_TOGETHER):
            pages = [*rereading.pages(db, archive, rows[start : start + _CAPTURES_TOGETHER], done.unread)]
            readings = sandbox.parse_many([page for _, page in pages])
            for (standing, _), reading in zip(pages, readings, strict=True):
                _load(db, run_id, version_id, standing, reading, done)
    publish.publish_again(db, run_id)
    done.changes = coding.note_changes(db, columns, before, run_id, at)
    done.waiting = [key for key, some in concerned.items() if not done.unread.keys().isdisjoint(some)]
    return done


def _concerned(db: Database, keys: Collection[Key]) -> dict[Key, list[int]]:
    return {key: rows for key in keys if (rows := unknown.captures_with(db, *key))}


def _load(db: Database, run_id: int, version_id: int, standing: Standing, reading: Reading, done: Reread) -> None:
    """What counts is read by this run; what is held back or was left by a dead run stays with the run that read it."""
    if reading.outcome == "rejected" and standing.outcome != "rejected":
        done.unread[standing.row] = f"{standing.url}: {', '.join(found.message for found in reading.findings)}"
        return
    reading = rereading.with_kept(reading, captures.findings(db, standing.row))
    load.load(db, run_id if standing.published else standing.run_id, version_id, standing.row, reading)
    done.captures += 1
    if reading.outcome == "partial":
        done.partial.append(standing.url)


def waiting(db: Database, rules: Rules) -> Iterator[str]:
    """The rules that the next run applies, in words: `rules` are those of the archive."""
    applied = learned.rules(db)
    for kind, value in learned.waiting(db, rules.said):
        now, before = rules.said.get((kind, value), ()), applied.get((kind, value), ())
        was = f" (it was {' or '.join(before)})" if before and now else ""
        what = f"is {' or '.join(now)}{was}" if now else f"is no longer {' or '.join(before)}"
        yield f"a rule waits for the next run that writes: {a(kind)} {value!r} {what}"


def of_archive(db: Database, archive: Path) -> list[str]:
    """As `waiting`, by the rules that an archive holds; what is wrong with them is said in their place."""
    try:
        return [*waiting(db, taught.rules_of(archive))]
    except (ConfigError, StorageError) as error:
        return [str(error)]
