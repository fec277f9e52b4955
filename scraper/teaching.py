"""Teaching the vocabulary a rule of the user's own. Only what depends on it is normalized again, from what is stored and
archived."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from db import learned, runs, unknown
from db.coding import Change
from db.connection import Database, is_there
from normalize import rules, vocabulary
from normalize.errors import StorageError, UsageError
from normalize.folding import fold
from normalize.rules import Kind, Rule, Rules
from normalize.wording import counted
from scraper import lesson, run, taught
from scraper.archive import Archive
from scraper.capture import stamp
from scraper.intake import Report
from scraper.keeping import arrears
from scraper.settings import Settings

Clock = Callable[[], datetime]

_WAITS = "occupations get codes once an official file is loaded: careerscape vocab load; until then the rule waits"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a rule changed: how many captures were read again, which pages of them are partial, and the codes and values that are
    others now. `title` is that of the code, empty where none is known; `told` is what else happened."""

    kind: Kind
    value: str
    code: str
    title: str
    captures: int
    changes: tuple[Change, ...]
    partial: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """The contract's."""
        return 3 if self.partial else 0


def teach(settings: Settings, value: str, code: str, kind: Kind | None, clock: Clock) -> Lesson:
    """Write a rule into the user's own vocabulary, in the place of one about the same value, and normalize again what depends on
    it. Where that fails the rule is not written.

    Without a kind it is that of the inbox or the rule which holds the value. Raises UsageError, Busy, StorageError, ConfigError.
    """
    if not is_there(settings.db):
        raise UsageError(f"there is no database at {settings.db}; import pages first (careerscape import PATH)")
    lesson.refuse_unwritable(value, code)
    value, kinds, now = value.strip(), [], stamp(clock())

    def ready(db: Database) -> None:
        kinds.append(lesson.checked(db, taught.Coder(settings.archive), value, code, kind))

    with run.recorded(settings, "map", clock, ready) as (db, archive, report):
        rule = Rule(kinds[0], value, code, now)
        with taught.keeping(settings.archive, rule) as with_it:
            vocabulary.use(with_it)
            with db.atomic():
                done = _apply(db, archive, report, rule, with_it, now)
                changes = (*done.changes, *taught.code(db, settings.archive, report.run_id, now))
                report.counts.loaded, report.counts.partial = done.captures, len(done.partial)
                report.exit_code = 3 if done.partial else 0
                runs.finish(db, report.run_id, report.counts, report.exit_code, stamp(clock()))
            report.finished = True
        coder = taught.Coder(settings.archive)
        title = coder.title_of(rule.kind, code) or ""
        waits = rule.kind == "occupation" and not coder.notes
        idle = bool(unknown.never_matched(db, Rules((rule,))))
    said = {_WAITS: waits, "no page shows this value yet": idle}
    told = (*(found.message for found in report.counts.lost), *(words for words, applies in said.items() if applies))
    return Lesson(rule.kind, value, code, title, done.captures, changes, tuple(dict.fromkeys(done.partial)), told)


def _apply(db: Database, archive: Archive, report: Report, rule: Rule, with_it: Rules, now: str) -> arrears.Reread:
    """Read again what a rule concerns that changes readings. Raises StorageError where a page cannot be read."""
    if rule.kind not in vocabulary.READING_KINDS:
        return arrears.Reread()
    done = arrears.reread(db, archive, report.run_id, [(rule.kind, fold(rule.value))], now)
    if done.unread:
        raise StorageError(
            f"{counted(len(done.unread), 'page')} with {rule.value!r} cannot be read again, such as "
            f"{next(iter(done.unread.values()))}; the rule is not written"
        )
    learned.learn(db, with_it.said, vocabulary.READING_KINDS)
    return done


def reports(db: Database, known: Rules) -> Iterator[str]:
    """What there is to say of the user's rules: those that contradict each other, that wait, and that never matched."""
    for together in rules.contradictions(known):
        yield rules.disagreeing(together)
    yield from arrears.waiting(db, known)
    for rule in unknown.never_matched(db, known):
        yield f"a rule never matched (line {rule.line}): {rule.kind} {rule.value!r} is {rule.code}"
