"""`forget`: a page, its captures and all that only it said are taken out for good, and a tombstone keeps it from coming back.

The tombstone is written to the archive first, so that whatever happens then the page stays out; run again, the command ends what
was begun.
"""

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from db import captures, forget, tombstones
from db.forget import Gone
from normalize.errors import UsageError
from normalize.findings import finding
from normalize.wording import counted
from scraper import run
from scraper.capture import stamp
from scraper.intake import Intake
from scraper.keeping import burying
from scraper.keeping.burying import Buried
from scraper.records import Tombstone
from scraper.settings import Settings
from scraper.urls import canonical

BACKUPS = (
    "Backups of the database and of the archive are yours, and so are pages that `explain --open` wrote: what they hold stays "
    "there until you delete it."
)
_ALIKE = 0.85


@dataclass(slots=True)
class Forgotten:
    """What went of a page, and what did not: the page that its address only `led_to`, files of other programs that were not
    looked into (`foreign`), places of the archive that nobody can read (`damaged`)."""

    url: str
    url_sha256: str
    forgotten_at: str
    known: bool
    gone: Gone
    records: int = 0
    rewritten: tuple[str, ...] = ()
    led_to: str = ""
    before: bool = False
    similar: str = ""
    damaged: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    exit_code: int = field(default=0, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """One object."""
        return {
            "url": self.url, "url_sha256": self.url_sha256, "forgotten_at": self.forgotten_at, "known": self.known,
            "captures": self.gone.captures, "requests": self.gone.requests, "findings": self.gone.findings,
            "addresses": self.gone.visits, "occupations": list(self.gone.occupations), "records": self.records,
            "rewritten": list(self.rewritten), "led_to": self.led_to or None, "forgotten_before": self.before,
            "similar": self.similar or None, "damaged": list(self.damaged),
            "foreign": list(self.foreign), "backups": BACKUPS,
        }  # fmt: skip

    def in_lines(self) -> list[str]:
        """For a person."""
        if not self.known:
            already = "it was forgotten before" if self.before else "nothing is known of it"
            lines = [f"{self.url}: {already}; it will not be taken in."]
            if self.similar:
                lines.append(f"Known is {self.similar}: if that was meant, careerscape forget {self.similar}")
        else:
            what = f"{counted(self.gone.captures, 'capture')}, {counted(self.records, 'record')} of the archive"
            lines = [f"{self.url}: forgotten: {what}, {counted(self.gone.requests, 'request')}; it will not be taken in again."]
        if self.gone.occupations:
            some = ", ".join(self.gone.occupations)
            lines.append(f"Nothing else named {counted(len(self.gone.occupations), 'occupation')}, which went with it: {some}")
        if self.led_to:
            lines.append(f"It only led to {self.led_to}, which stays; to forget that too: careerscape forget {self.led_to}")
        if self.foreign:
            lines.append(f"Not looked into, as they are of other programs: {', '.join(self.foreign)}")
        return [*lines, BACKUPS]


def forgotten(settings: Settings, url: str, reason: str, clock: Callable[[], datetime]) -> Forgotten:
    """Forget a page, which need not be known. Raises UsageError for what is no address, and for a reason that names it; Busy,
    StorageError."""
    url = canonical(url)
    if burying.naming(url)(reason):
        raise UsageError("the reason names the page, and it is kept: say why without its address")
    with run.running(settings, "forget", clock) as intake:
        done = _forget(intake, url, reason)
        names = burying.naming(url)
        intake.report.counts.lost = [one for one in intake.report.counts.lost if not names(one.message)]
        for place in done.damaged:
            intake.note(finding("bad_record", place))
        intake.finish(3 if done.damaged else 0)
        done.exit_code = intake.report.exit_code
    return done


def _forget(intake: Intake, url: str, reason: str) -> Forgotten:
    db, archive, at = intake.db, intake.archive, stamp(intake.clock())
    name, led_to = tombstones.digest(url), forget.leads_to(intake.db, url)
    before = tombstones.is_forgotten(db, url)
    archive.append_tombstone(Tombstone(name, at, reason))
    sizes = archive.sync()
    with db.atomic():
        captures.note_files(db, sizes)
        tombstones.bury(db, name, at, reason)
    buried: Buried = burying.carry_out(db, archive, intake.clock, {name: url})
    (gone,) = buried.gone
    known = bool(gone.captures or gone.visits or gone.requests or buried.records)
    foreign = tuple(archive.foreign())
    similar = "" if known or before else next(iter(difflib.get_close_matches(url, forget.pages(db), 1, _ALIKE)), "")
    return Forgotten(url, name, at, known, gone, buried.records, buried.files, led_to, before, similar, buried.damaged, foreign)
