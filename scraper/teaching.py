"""Teaching the vocabulary: a rule of the user's own, or a copy of an official file. Only what depends on it is normalized again,
from what is stored and archived."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from db import captures, coding, load, publish, runs, unknown, views
from db.coding import Change
from db.connection import Database, is_there
from normalize import rules, vocabulary
from normalize.errors import StorageError, UsageError
from normalize.folding import fold
from normalize.rules import Kind, Rule, Rules
from scraper import bodies, official, run, taught, version
from scraper.archive import Archive
from scraper.capture import stamp
from scraper.intake import Report
from scraper.parsing import PageBytes
from scraper.sandbox import Sandbox
from scraper.settings import Settings

Clock = Callable[[], datetime]
_CAPTURES_TOGETHER = 20
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a rule changed: how many captures were read again, and the codes and values that are others now."""

    kind: Kind
    value: str
    code: str
    captures: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """An official file that was loaded, and what became of the titles of occupations by all that are loaded now."""

    kind: str
    name: str
    release: str
    sha256: str
    rows: int
    titles: int
    occupations: int
    coded: int
    ambiguous: int
    changes: tuple[Change, ...]


def teach(settings: Settings, value: str, code: str, kind: Kind | None, clock: Clock) -> Lesson:
    """Write a rule into the user's own vocabulary, in the place of one about the same value, and normalize again what depends on
    it.

    Without a kind it is that of the inbox which holds the value. Raises UsageError, Busy, StorageError, ConfigError.
    """
    if not is_there(settings.db):
        raise UsageError(f"there is no database at {settings.db}; import pages first (careerscape import PATH)")
    kinds: list[Kind] = []
    with run.recorded(settings, "map", clock, lambda db: kinds.append(_checked(db, value, code, kind))) as (db, archive, report):
        rule, now = Rule(kinds[0], value, code, stamp(clock())), stamp(clock())
        with_it = rules.with_rule(vocabulary.in_use(), rule)
        taught.keep_rules(settings.archive, with_it)
        vocabulary.use(with_it)
        coder = taught.Coder(settings.archive)
        with db.atomic():
            if rule.kind in vocabulary.READING_KINDS:
                changes = _read_again(db, archive, report, rule, coder, now)
            else:
                changes = coding.recode(db, coder, [rule.kind], report.run_id, now)
            _finish(db, coder, report, clock)
        return Lesson(rule.kind, value, code, report.counts.pages, tuple(changes))


def load_official(settings: Settings, kind: Literal["onet", "oews", "dmtf"], path: Path, clock: Clock) -> Loaded:
    """Keep a copy of an official file in the archive, in the place of an older one of its kind, and code all titles by it.

    Raises UsageError where it is no such file, Busy, StorageError, ConfigError.
    """
    copy = official.read(kind, path)
    with run.recorded(settings, "vocab", clock) as (db, _, report):
        now = stamp(clock())
        _keep(settings, copy)
        coder = taught.Coder(settings.archive)
        with db.atomic():
            coding.withdraw(db, kind)
            coding.remember(db, kind, copy.name, copy.release, copy.sha256, copy.rows, now)
            changes = coding.recode(db, coder, ["occupation"], report.run_id, now)
            _finish(db, coder, report, clock)
        all_of_them, coded, ambiguous = coding.titles(db)
    return Loaded(
        kind, copy.name, copy.release, copy.sha256, copy.rows, len(copy.titles), all_of_them, coded, ambiguous, tuple(changes)
    )


def _finish(db: Database, coder: taught.Coder, report: Report, clock: Clock) -> None:
    coding.coded_by(db, coder.digest)
    runs.finish(db, report.run_id, report.counts, 0, stamp(clock()))
    report.finished = True


def _keep(settings: Settings, copy: official.Official) -> None:
    folder = taught.official_folder(settings.archive, copy.kind)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        official.keep(copy, folder)
    except OSError as error:
        raise StorageError(f"{folder}: the copy cannot be written ({error.strerror})") from error


def _checked(db: Database, value: str, code: str, kind: Kind | None) -> Kind:
    """The kind of a rule that can be. Raises UsageError."""
    if not fold(value):
        raise UsageError("there is no value to map")
    of_kind = kind or _kind_of(db, value)
    if not rules.is_known(of_kind, code):
        raise UsageError(f"{code!r} is no code of a {of_kind} (docs/schema.md tells which there are)")
    return of_kind


def _kind_of(db: Database, value: str) -> Kind:
    """The kind of the inbox that holds a value. Raises UsageError where none does, or several do."""
    entries = unknown.inbox(db)
    kinds = {entry.kind for entry in entries if fold(entry.value) == fold(value)}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds:
        raise UsageError(f"{value!r} is unknown as {' and as '.join(sorted(kinds))}: say which with --as")
    near = [entry.value for entry in entries if fold(value) in fold(entry.value)][:_MOST_NAMED]
    hint = f"; did you mean {', '.join(map(repr, near))}?" if near else " (`careerscape unknown` lists all)"
    raise UsageError(f"{value!r} is in no inbox; say what it is with --as{hint}")


def _read_again(db: Database, archive: Archive, report: Report, rule: Rule, coder: taught.Coder, now: str) -> list[Change]:
    """Read the captures that show a label again, publish what was published, and write down what is another now."""
    columns = [name for name, _, _ in views.wide_columns()]
    before = coding.latest(db, columns)
    version_id = load.version(db, version.parser(), vocabulary.version())
    rows = unknown.captures_with(db, rule.kind, rule.value)
    with Sandbox() as sandbox:
        for start in range(0, len(rows), _CAPTURES_TOGETHER):
            some = rows[start : start + _CAPTURES_TOGETHER]
            pages = [PageBytes(bodies.read(archive, r), r.media_type, r.charset, r.url) for r in captures.records(db, some)]
            for row, reading in zip(some, sandbox.parse_many(pages), strict=True):
                report.counts.loaded += 1
                load.load(db, report.run_id, version_id, row, reading)
    publish.publish(db, report.run_id)
    coding.refresh(db, coder)
    return coding.note_changes(db, columns, before, report.run_id, now)


def reports(db: Database, known: Rules) -> Iterator[str]:
    """What there is to say of the user's rules: those that contradict each other, and those that never matched."""
    for together in rules.contradictions(known):
        said = ", ".join(f"{rule.code} (line {rule.line})" for rule in together)
        yield f"rules contradict each other, none applies: {together[0].kind} {together[0].value!r} is {said}"
    for rule in unknown.never_matched(db, known):
        yield f"a rule never matched (line {rule.line}): {rule.kind} {rule.value!r} is {rule.code}"
