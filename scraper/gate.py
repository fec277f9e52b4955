"""The gate before publishing: a run that breaks the band of its sites is held back.

A decision goes into the archive before the database hears of it: a process that dies in between leaves it to the next run.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from db import alerts, captures, drift, following, holds, publish, runs
from db.connection import Database
from db.holds import DRIFT, FOLLOWS
from normalize.bands import Band
from normalize.measures import Level, Move, in_words
from normalize.wording import counted
from scraper import sites, version
from scraper.archive import Archive
from scraper.capture import stamp
from scraper.records import Decision

EXIT_CODE = 4
_MOST_SAID = 5


@dataclass(frozen=True, slots=True)
class Held:
    """What a run holds back: captures for what moved, those that follow held ones, and how many it met that were held
    before. `levels` is all that was measured, `unjudged` counts the pages that were too few for that, and `together` those of
    earlier runs that were judged with them."""

    moved: tuple[Move, ...] = ()
    drifted: tuple[int, ...] = ()
    following: tuple[int, ...] = ()
    again: int = 0
    levels: tuple[Level, ...] = ()
    unjudged: int = 0
    together: int = 0

    def __bool__(self) -> bool:
        return bool(self.moved or self.following or self.again)

    @property
    def count(self) -> int:
        """All captures that are not published."""
        return len(self.drifted) + len(self.following) + self.again


def site_of(url: str) -> str:
    """The name of the site whose rules read an address, empty for none."""
    found = sites.of(urlsplit(url).path)
    return found[0].name if found else ""


def judge(db: Database, run_id: int, band: Band, again: int = 0) -> Held:
    """Hold a run against what is published; nothing is written."""
    undecided = holds.undecided(db, run_id)
    follows = following.following(db, undecided)
    kept = set(follows)
    rest = [row for row in undecided if row not in kept]
    found = drift.measured(db, run_id, rest, site_of, band, follows)
    moved = drift.moved(found.levels, alerts.acknowledged(db))
    return Held(
        tuple(moved), tuple(rest if moved else ()), tuple(follows), again, found.levels, found.unjudged,
        found.together - len(kept) if moved and found.together > len(kept) else 0,
    )  # fmt: skip


def record(db: Database, archive: Archive, held: Held, at: datetime) -> None:
    """Write into the archive what is held back, and make it durable."""
    for rows, reason, moved in ((held.drifted, DRIFT, held.moved), (held.following, FOLLOWS, ())):
        if rows or moved:
            who = f"careerscape {version.release()}"
            archive.append_decision(Decision("hold", holds.names(db, rows), stamp(at), reason, who, moved))
    if held.moved or held.following:
        archive.sync()


def write(db: Database, archive: Archive, run_id: int, held: Held, at: datetime) -> None:
    """Write into the database what is held back; the caller holds the transaction in which the rest is published."""
    holds.hold(db, held.drifted, stamp(at), DRIFT)
    holds.hold(db, held.following, stamp(at), FOLLOWS)
    alerts.note(db, run_id, held.moved)
    if not held.moved:
        alerts.forget_ended(db, held.levels, stamp(at))
    captures.note_files(db, archive.sync())


def replay(db: Database, run_id: int, decided: Decision, again: bool = False) -> bool:
    """Let a decision of the archive count for its captures, unless a later one was made of them; `again`, once captures are
    indexed that were not. The answer is whether all of them are. What was acknowledged elsewhere is not here: a database
    that did not see what came after cannot know whether it still is so. The caller holds the transaction of the run."""
    found = [captures.find(db, name) for name in decided.captures]
    rows = [row for row in found if row is not None and holds.decided_at(db, row) <= decided.at]
    of_runs = holds.runs_of(db, rows)
    if decided.what == "hold":
        holds.hold(db, rows, decided.at, decided.reason)
        publish.withdraw(db, [row for row in rows if holds.is_published(db, row)])
        runs.mark_held(db, of_runs)
        if not again:
            alerts.note(db, (of_runs or [run_id])[-1], decided.moved)
    else:
        holds.release(db, rows, decided.at, decided.who, decided.reason)
        publish.publish_captures(db, [row for row in rows if holds.runs_of(db, [row]) != [run_id]])
        if not again:
            alerts.close(db, of_runs or [run_id], "withdrawn", decided.at, decided.who, decided.reason)
    return None not in found


def unjudged_line(count: int) -> str:
    """That pages were not judged, empty for none."""
    return f"{counted(count, 'page')} not judged: too few to compare, or too few before them" if count else ""


def in_lines(held: Held) -> list[str]:
    """What a run holds back, and what can be done, for a person."""
    lines = [f"held back: {counted(held.count, 'page')} of this run {'is' if held.count == 1 else 'are'} not published"]
    if not held.count:
        lines = ["no page of this run could be published"]
    lines += [f"out of its band: {in_words(move)}" for move in held.moved[:_MOST_SAID]]
    if (more := len(held.moved) - _MOST_SAID) > 0:
        lines.append(f"and {more:,} more figures out of their band")
    if held.together:
        lines.append(f"judged together with {counted(held.together, 'page')} of the small runs before it, which are published")
    if held.following:
        lines.append(f"{len(held.following):,} of them show what held captures of the same pages show")
    if held.again:
        lines.append(f"{held.again:,} of them were held back before")
    lines.append("`careerscape check` shows the first bad page; `careerscape publish --force REASON` publishes all the same")
    return lines
