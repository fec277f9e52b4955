"""Loading an official file of occupations: a copy in the archive, in the place of an older one of its kind, and all titles coded
by it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from db import coding, runs
from db.coding import Change
from db.connection import is_there
from normalize.errors import StorageError, UsageError
from normalize.wording import counted
from scraper import official, run, taught
from scraper.capture import stamp
from scraper.official import Note, Official
from scraper.settings import Settings

_FEW = 0.8
"""A file with less than so many of the rows of the one before is not taken for a whole one without a word."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An official file that was loaded, and what became of the titles of occupations by all that are loaded now: how many gained,
    lost or changed their code. `replaces` names the release before it, `warnings` are in words."""

    kind: str
    name: str
    release: str
    sha256: str
    rows: int
    titles: int
    occupations: int
    coded: int
    ambiguous: int
    replaces: str
    gained: int
    lost: int
    changed: int
    warnings: tuple[str, ...]
    changes: tuple[Change, ...]


def load(settings: Settings, kind: Literal["onet", "oews", "dmtf"], path: Path, clock: Callable[[], datetime]) -> Loaded:
    """Keep a copy of an official file in the archive, in the place of an older one of its kind, and code all titles by it.

    Raises UsageError where it is no such file or holds no title, Busy, StorageError, ConfigError.
    """
    if not is_there(settings.db):
        raise UsageError(f"there is no database at {settings.db}; import pages first (careerscape import PATH)")
    copy = official.read(kind, path)
    if not copy.titles:
        raise UsageError(f"{path}: it has the columns of {kind}, but no occupation")
    with run.recorded(settings, "vocab", clock) as (db, _, report):
        now, before = stamp(clock()), official.noted(taught.official_folder(settings.archive, kind))
        _keep(settings, copy)
        coder = taught.Coder(settings.archive)
        with db.atomic():
            coding.withdraw(db, kind)
            coding.remember(db, kind, copy.name, copy.release, copy.sha256, copy.rows, now)
            changes = taught.code_by(db, coder, report.run_id, now)
            runs.finish(db, report.run_id, report.counts, 0, stamp(clock()))
        report.finished = True
        all_of_them, coded, ambiguous = coding.titles(db)
    turned = Counter(_turn(change) for change in changes if change.field == "soc_code")
    said = (*(found.message for found in report.counts.lost), *_warnings(copy, before, turned["lost"]))
    return Loaded(
        kind, copy.name, copy.release, copy.sha256, copy.rows, len(copy.titles), all_of_them, coded, ambiguous,
        _named(before) if before and before.sha256 != copy.sha256 else "",
        turned["gained"], turned["lost"], turned["changed"], said, tuple(changes),
    )  # fmt: skip


def _turn(change: Change) -> str:
    return "gained" if change.old_value is None else "lost" if change.new_value is None else "changed"


def _named(note: Note) -> str:
    return f"{note.name} {note.release}".strip()


def _warnings(copy: Official, before: Note | None, lost: int) -> Iterator[str]:
    """What may be wrong with a file that could be read."""
    if before and copy.rows < before.rows * _FEW:
        yield f"{copy.name} has {counted(copy.rows, 'row')}, {_named(before)} before it had {before.rows:,}: is it whole?"
    if before and (dropped := sorted({*map(_plain, before.files)} - {_plain(file.name) for file in copy.files})):
        yield f"no longer used, as the new files take the place of all: {', '.join(dropped)}"
    if lost:
        yield f"{counted(lost, 'occupation')} lost {'its' if lost == 1 else 'their'} code"


def _plain(name: str) -> str:
    """The name of a kept file without its number."""
    return name.partition("-")[2]


def _keep(settings: Settings, copy: Official) -> None:
    folder = taught.official_folder(settings.archive, copy.kind)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        official.keep(copy, folder)
    except OSError as error:
        raise StorageError(f"{folder}: the copy cannot be written ({error.strerror})") from error
