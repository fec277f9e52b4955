"""Publishing what is held back: after another check, or on the word of a person."""

import getpass
import socket
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from db import alerts, captures, drift, following, holds, publish, runs
from db.connection import Database, is_there
from db.holds import DRIFT, FOLLOWS
from normalize.bands import Band
from normalize.errors import UsageError
from normalize.measures import Level, Move, in_words
from normalize.wording import counted
from scraper import run, taught
from scraper.archive import Archive
from scraper.capture import stamp
from scraper.gate import EXIT_CODE, site_of
from scraper.intake import Report
from scraper.records import Decision
from scraper.settings import Settings

PASSED = "checked again: it is within its band now"


@dataclass(frozen=True, slots=True)
class Publication:
    """What became of a held run: how many captures were published, how many still wait, what moves, and which held runs those
    that wait follow. `others` are captures of other runs that were held with those of this one, and are published with them."""

    run_id: int
    held_run: int
    published: int
    waiting: int = 0
    moved: tuple[Move, ...] = ()
    follows: tuple[int, ...] = ()
    others: int = 0

    @property
    def exit_code(self) -> int:
        """The contract's."""
        return EXIT_CODE if self.waiting or self.moved else 0

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return asdict(self) | {"exit_code": self.exit_code}


def publish_held(
    settings: Settings, named: int | None, reason: str | None, clock: Callable[[], datetime], who: str = ""
) -> Publication:  # fmt: skip
    """Publish the held run that is named, or the newest that does not only follow others: where it passes the check of today, or
    for a `reason` without one.

    Raises UsageError for a run that is not held and for an empty reason, Busy, StorageError.
    """
    if reason is not None and (wrong := _wrong(reason)):
        raise UsageError(f"--force needs a reason in words: it is kept with the decision ({wrong})")
    if not is_there(settings.db):
        raise UsageError(f"there is no database at {settings.db}, and so nothing that is held back")
    held: list[int] = []
    with run.recorded(settings, "publish", clock, lambda db: held.append(_chosen(db, named))) as (db, archive, report):
        decision = _Decision(db, archive, report, held[0], stamp(clock()), who or who_asks(), clock)
        return decision.check(settings.drift) if reason is None else decision.force(" ".join(reason.split()), settings.drift)


def in_lines(done: Publication) -> list[str]:
    """What became of a held run, for a person."""
    lines = [f"{counted(done.published, 'page')} of run {done.held_run} published"]
    if not (done.published or done.waiting or done.moved):
        lines = [f"run {done.held_run} has no page that can be published, and waits no more"]
    if done.others:
        lines.append(f"with that, {counted(done.others, 'page')} of other runs that waited for it")
    if done.waiting or done.moved:
        lines = [*lines, f"{counted(done.waiting, 'page')} still held back"]
    lines += [f"still out of its band: {in_words(move)}" for move in done.moved]
    if done.follows:
        lines.append(f"some show what is held of run {', '.join(map(str, done.follows))}; publish that first")
    return lines


def who_asks() -> str:
    """The user of this process and its machine."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "unknown"
    asked = f"{user}@{socket.gethostname()}".encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() else "?" for c in asked)


def _wrong(reason: str) -> str:
    """Why a reason is none, empty where it is one."""
    try:
        reason.encode()
    except UnicodeEncodeError:
        return "it is no text that UTF-8 can hold"
    if any(unicodedata.category(c) == "Cc" and not c.isspace() for c in reason):
        return "it holds control characters"
    return "" if any(map(str.isalnum, reason)) else "it has no letter or digit"


def _chosen(db: Database, named: int | None) -> int:
    waiting = holds.waiting(db)
    if named is not None and named in {one.run_id for one in holds.outdated(db)}:
        return named
    if not waiting:
        raise UsageError("no run is held back, there is nothing to publish")
    if named is None:
        leads = (one.run_id for one in waiting if one.alerts or holds.of_run(db, one.run_id, DRIFT))
        return next(leads, waiting[0].run_id)
    if named not in {one.run_id for one in waiting}:
        listed = ", ".join(f"{one.run_id} ({one.command} of {one.started_at})" for one in waiting)
        raise UsageError(f"run {named} is not held back; held: {listed}")
    return named


@dataclass(frozen=True, slots=True)
class _Decision:
    """One held run before its judge."""

    db: Database
    archive: Archive
    report: Report
    held_run: int
    at: str
    who: str
    clock: Callable[[], datetime]

    def check(self, band: Band) -> Publication:
        """Publish what is within its band and follows nothing that is held; all of the run is judged together."""
        drifted, followers = (holds.of_run(self.db, self.held_run, why) for why in (DRIFT, FOLLOWS))
        stays = following.following(self.db, followers)
        judged = [*drifted, *(row for row in followers if row not in stays)]
        levels = drift.measured(self.db, self.held_run, judged, site_of, band).levels
        moved = drift.moved(levels, alerts.acknowledged(self.db))
        leaders = tuple(holds.leaders(self.db, stays))
        if moved:
            return self._keep(
                Publication(self.report.run_id, self.held_run, 0, len(drifted) + len(followers), tuple(moved), leaders)
            )
        goes = [row for row in holds.of_run(self.db, self.held_run) if row not in stays]
        if stays and not goes:
            return self._keep(Publication(self.report.run_id, self.held_run, 0, len(stays), (), leaders))
        return self._release(goes, PASSED, (), len(stays), leaders)

    def force(self, reason: str, band: Band) -> Publication:
        """Publish all of the run; its alerts are acknowledged, and earlier ones end that are not so any more."""
        moved = tuple(move for _, move in alerts.opened(self.db, self.held_run))
        levels = drift.measured(self.db, self.held_run, holds.of_run(self.db, self.held_run, DRIFT), site_of, band).levels
        return self._release(holds.of_run(self.db, self.held_run), reason, moved, 0, (), levels)

    def _release(
        self, rows: Sequence[int], why: str, moved: tuple[Move, ...], waiting: int, leaders: tuple[int, ...],
        levels: Iterable[Level] = (),
    ) -> Publication:  # fmt: skip
        others = holds.freed(self.db, rows)
        goes = [*rows, *others]
        at = max(self.at, *(holds.decided_at(self.db, row) for row in goes)) if goes else self.at
        decided = Decision("release", holds.names(self.db, goes), at, why, self.who, moved)
        publication = Publication(self.report.run_id, self.held_run, len(rows), waiting, (), leaders, len(others))
        with self.db.atomic():
            holds.release(self.db, goes, at, self.who, why)
            publish.publish_captures(self.db, goes)
            taught.code(self.db, self.archive.folder, self.report.run_id, self.at)
            alerts.forget_ended(self.db, levels, at)
            alerts.close(self.db, [self.held_run], "acknowledged" if moved else "withdrawn", at, self.who, why)
            self._finish(publication)
            self.archive.append_decision(decided)  # last: what fails before it leaves nothing that is published later
            captures.note_files(self.db, self.archive.sync())
        return publication

    def _keep(self, publication: Publication) -> Publication:
        """Nothing is published; the alerts of the run are those of today."""
        with self.db.atomic():
            if publication.moved:
                why = "checked again, with other figures"
                alerts.close(self.db, [self.held_run], "withdrawn", self.at, self.who, why)
                alerts.note(self.db, self.held_run, publication.moved)
            self._finish(publication)
        return publication

    def _finish(self, publication: Publication) -> None:
        runs.finish(self.db, self.report.run_id, self.report.counts, publication.exit_code, stamp(self.clock()))
        self.report.finished = True
