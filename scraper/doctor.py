"""The state of an installation: versions, configuration, database, archive, disk; and what is wrong with it."""

import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version as release_of
from pathlib import Path
from urllib.parse import urlsplit

from db import captures, integrity
from db.connection import Database
from normalize import vocabulary
from normalize.errors import CareerscapeError
from normalize.rules import contradictions, disagreeing
from scraper import official, taught, version
from scraper.archive import Archive, Location
from scraper.capture import stamp
from scraper.keeping import arrears
from scraper.operation import disk
from scraper.settings import Settings

_LIBRARIES = ("httpx", "selectolax", "FastWARC", "protego", "pydantic", "sqlite-utils", "typer", "rich")
_MOST_RECORDS = 1000
"""The newest pages of the archive are read and compared with their digests."""
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What there is, section by section, and what is wrong, each in words."""

    sections: dict[str, dict[str, str]]
    problems: tuple[str, ...]


def diagnose(settings: Settings, db: Database | None) -> Diagnosis:
    """Look at everything; `db` is None where there is no database yet."""
    found: list[str] = []
    sections = {
        "versions": _versions(),
        "configuration": _configuration(settings),
        "database": _database(settings.db, db, found),
        "archive": _archive(settings.archive, db, found),
        "vocabulary": _vocabulary(settings.archive, db, found),
        "disk": _disk(settings, found),
    }
    return Diagnosis(sections, tuple(found))


def _versions() -> dict[str, str]:
    code = "compiled" if version.is_compiled() else "as modules"
    ours = {"careerscape": version.release(), "parser": version.parser(), "code": code, "vocabulary": vocabulary.version()}
    return ours | {"python": platform.python_version()} | integrity.library() | {name: release_of(name) for name in _LIBRARIES}


def _configuration(settings: Settings) -> dict[str, str]:
    contact = settings.contact or "none; needed to scrape any host but this machine"
    watch = urlsplit(settings.healthcheck).hostname  # what follows it may be a secret
    return {
        "config": str(settings.config.absolute()) if settings.config else "none",
        "db": str(settings.db.absolute()), "archive": str(settings.archive.absolute()), "contact": contact,
        "metrics": str(settings.metrics.absolute()) if settings.metrics else "none",
        "healthcheck": watch or "none",
        "revisits": f"every {settings.revisit_min_days:g} to {settings.revisit_max_days:g} days, in full after "
        f"{settings.full_fetch_days} days",
        "drift": ", ".join(f"{name} {_shown(value)}" for name, value in asdict(settings.drift).items()),
    }  # fmt: skip


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)


def _database(path: Path, db: Database | None, found: list[str]) -> dict[str, str]:
    if db is None:
        return {"state": "there is none yet"}
    wrong = integrity.problems(db)
    if ahead := captures.after(db, stamp(datetime.now(UTC) + timedelta(days=1))):
        found.append(f"{path}: {ahead:,} captures are of a time to come; the clock was wrong, and they count as the newest")
    found += [f"{path}: {words}" for words in wrong]
    facts = integrity.facts(db)
    return {
        "state": "damaged" if wrong else "sound", "schema": str(facts["schema"]), "journal": str(facts["journal"]),
        "size": f"{int(facts['bytes']) / 1e6:,.1f} MB",
    }  # fmt: skip


def _archive(folder: Path, db: Database | None, found: list[str]) -> dict[str, str]:
    known = captures.known_files(db) if db else {}
    used = captures.files_in_use(db) if db else set()
    for name, size in ((name, size) for name, size in known.items() if name in used):
        path = folder / name
        have = path.stat().st_size if path.is_file() else -1
        if have < size:
            found.append(f"{path}: {'is missing' if have < 0 else f'has {have:,} bytes, the index knows {size:,}'}")
    checked = captures.newest(db, _MOST_RECORDS) if db else []
    store = Archive(folder, known, datetime.now(UTC))
    lost = [r for r in checked if not store.holds(Location(r.warc_file, r.warc_offset, r.warc_length), r.sha256)]
    found += [f"{folder / r.warc_file} at offset {r.warc_offset}: the page {r.url} cannot be read" for r in lost[:_MOST_NAMED]]
    found += [f"and {len(lost) - _MOST_NAMED} more pages"] if len(lost) > _MOST_NAMED else []
    found += ["a page that is imported or scraped again is archived anew; its facts are still in the database"] if lost else []
    present = [path.stat().st_size for path in folder.glob("*.warc.gz")] if folder.is_dir() else []
    return {
        "files": f"{len(present)}, {sum(present) / 1e6:,.1f} MB",
        "indexed": str(len(known)),
        "checked": f"{len(checked)} pages",
    }


def _vocabulary(archive: Path, db: Database | None, found: list[str]) -> dict[str, str]:
    """The user's rules and the copies of official files: whether they can be read, and whether the database follows them."""
    said = {"rules": "none", "official files": "none"}
    try:
        rules = taught.rules_of(archive)
        said["rules"] = f"{len(rules.rules)} in {taught.rules_file(archive)}" if rules else "none"
        found += [f"{taught.rules_file(archive)}: {disagreeing(together)}" for together in contradictions(rules)]
        if db:
            waiting = [*arrears.waiting(db, rules)]
            said["waiting"] = f"{len(waiting)}, applied by the next run that writes" if waiting else "none"
            said |= {f"waits {number}": line for number, line in enumerate(waiting[:_MOST_NAMED], 1)}
    except CareerscapeError as error:
        found.append(str(error))
    try:
        notes = taught.official_notes(archive)
        said["official files"] = ", ".join(f"{note.kind} {note.release or note.name}" for note in notes) or "none"
        for note in notes:
            official.kept(note.kind, taught.official_folder(archive, note.kind))
        if db:
            found += arrears.lost_vocabulary(db, archive)
    except CareerscapeError as error:
        found.append(str(error))
    return said


def _disk(settings: Settings, found: list[str]) -> dict[str, str]:
    rooms = list(disk.rooms(settings))
    found += [room.problem for room in rooms if room.problem]
    free = ", ".join(f"{room.free / 1e9:,.1f} GB at {room.folder}" for room in rooms)
    return {"free": free, "minimum": f"{settings.min_free_mb:,} MB" if settings.min_free_mb else "none"}
