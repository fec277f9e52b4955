"""Pages saved as files and imported as the command imports them; and the real command, stopped at a chosen point."""

import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from db import captures, current, load, publish, runs
from db.connection import open_to_read
from normalize.errors import CorruptRecord
from normalize.facts import Reading
from scraper import archive, importing, intake, parsing, pool, run, sandbox, sources
from scraper.archive import Location
from scraper.keeping import survey
from scraper.keeping.survey import Record
from scraper.settings import Settings
from tests.figures import Figures, as_text

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = tuple(f"2024-01-0{day}T00:00:00Z" for day in range(1, 8))
COMMAND = Path(sys.executable).with_name("careerscape")
DUMPED = ("observation", "occupation", "occupation_latest", "comparison", "capture", "finding")
PUBLISHED = ("observation", "observation_latest", "occupation", "occupation_latest")
_LEFT_OUT = {"warc_file", "warc_offset", "warc_length", "run_id"}


@dataclass(frozen=True)
class Saved:
    """A page as it is saved; without `at`, its time is the file's: `modified` seconds since 1970."""

    url: str
    at: str
    body: bytes
    modified: int = 0


def saved(page: Figures, at: str, *edits: tuple[str, str]) -> Saved:
    """The text of a page at a time; each edit replaces words that must be there."""
    text = as_text(page).decode()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return Saved(page.url, at, text.encode() + b"\n")


def settings(root: Path) -> Settings:
    return Settings(root / "careerscape.db", root / "archive")


def save(folder: Path, pages: Iterable[Saved]) -> list[sources.SavedPage]:
    """Write pages and sidecars, to be found in this order."""
    folder.mkdir(parents=True)
    for number, page in enumerate(pages):
        path = folder / f"{number:03}.txt"
        path.write_bytes(page.body)
        path.with_suffix(".json").write_text(json.dumps({"url": page.url} | ({"captured_at": page.at} if page.at else {})))
        os.utime(path, (page.modified, page.modified))
    return [*sources.find([folder], "")]


def import_pages(root: Path, *pages: Saved) -> intake.Report:
    """One import run into the database and archive of `root`."""
    folder = root / f"pages{len(list(root.glob('pages*')))}"
    return importing.import_pages(settings(root), save(folder, pages), lambda: NOW, lambda report: None)


def load_pages(root: Path, *pages: Saved) -> Path:
    """The database after one import run."""
    import_pages(root, *pages)
    return settings(root).db


class ReadHere:
    """The sandbox without its process, for tests of what lies behind it."""

    def __init__(self) -> None:
        self._sent: list[Sequence[parsing.PageBytes]] = []

    def __enter__(self) -> "ReadHere":
        return self

    def __exit__(self, *error: object) -> None: ...

    parse = staticmethod(parsing.parse)

    def parse_many(self, pages: Sequence[parsing.PageBytes]) -> list[Reading]:
        return [self.parse(*page) for page in pages]

    @property
    def waiting(self) -> int:
        return len(self._sent)

    @property
    def takes_more(self) -> bool:
        return not self._sent

    def send(self, pages: Sequence[parsing.PageBytes]) -> None:
        self._sent.append(pages)

    def push(self) -> None: ...

    def receive(self) -> list[Reading]:
        return self.parse_many(self._sent.pop(0))

    def close(self) -> None:
        self._sent.clear()

    addresses = staticmethod(parsing.addresses)
    links = staticmethod(parsing.links)


def whole_records(folder: Path, name: str, start: int = 0) -> Iterator[tuple[Location, Record | None]]:
    """What lies in a file of an archive from an offset on; a torn record at its end is passed over.

    Raises CorruptRecord for other damage.
    """
    for place, found in survey.records_of(folder / name, start):
        if not isinstance(found, survey.Damage):
            yield place, found
        elif not found.torn:
            raise CorruptRecord(name, place.offset, found.why)


# --- what the database says ------------------------------------------------------------------------------------------


def rows(db: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a query on a connection of its own."""
    conn = sqlite3.connect(db)
    try:
        return conn.execute(query, values).fetchall()
    finally:
        conn.close()


def record(db: Path, query: str, *values: object) -> dict[str, Any]:
    """The only row of a query."""
    conn = sqlite3.connect(db)
    conn.row_factory = sqlite3.Row
    try:
        (row,) = conn.execute(query, values).fetchall()
    finally:
        conn.close()
    return dict(row)


def view(conn: sqlite3.Connection, name: str, without: Iterable[str] = ()) -> list[tuple[Any, ...]]:
    """The rows of a view in sorted order, without what depends on when and where a page was archived."""
    left_out = _LEFT_OUT | set(without)
    columns = [row[1] for row in conn.execute(f'PRAGMA table_info("{name}")') if row[1] not in left_out]
    chosen = ", ".join(f'"{column}"' for column in columns)
    return sorted(conn.execute(f'SELECT {chosen} FROM "{name}"').fetchall(), key=repr)


def dump(db: Path, views: Iterable[str] = DUMPED, without: Iterable[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """The logical dump, as a reader sees it."""
    reader = open_to_read(db)
    try:
        return {name: view(reader.conn, name, without) for name in views}
    finally:
        reader.close()


def sound(db: Path) -> bool:
    """Whether SQLite itself and all foreign keys are in order."""
    return rows(db, "PRAGMA integrity_check") == [("ok",)] and rows(db, "PRAGMA foreign_key_check") == []


# --- the real command, stopped at a point ----------------------------------------------------------------------------

POINTS: dict[str, tuple[Any, str]] = {
    "begun": (captures, "known_files"),
    "archived": (archive.Archive, "append"),
    "read": (sandbox.Sandbox, "receive"),
    "loaded": (load, "load"),
    "noted": (captures, "note_files"),
    "refreshed": (current, "refresh"),
    "published": (publish, "publish"),
    "finished": (runs, "finish"),
    "closed": (sandbox.Sandbox, "close"),
}
"""Where the command can be stopped: just after the n-th call of a function. A batch ends with `noted`, when the archive is
durable but nothing is committed; `closed` follows the last commit."""


class Stopped:
    """The command in a process of its own that stops at each point of `at` (`read:3 published:1`) until told to `go`.

    Pages go three a transaction. With `spill`, SQLite writes changes to the file before they are committed, as it does
    in a transaction larger than its cache, and as a commit does that is killed halfway.
    """

    def __init__(self, root: Path, folder: Path, at: str, spill: bool = False) -> None:
        hook = root / "hook"
        hook.mkdir()
        (hook / "sitecustomize.py").write_text(
            "import sys\nif 'scraper.worker' not in sys.orig_argv:\n    from tests.imports import stop_at_points\n"
            "    stop_at_points()\n"
        )
        self._ready, ready = os.pipe()
        go, self._go = os.pipe()
        path = os.pathsep.join((str(hook), str(Path(__file__).parents[1])))
        hooked = {"PYTHONPATH": path, "STOP_AT": at, "STOP_PIPES": f"{ready} {go}", "STOP_SPILL": "1" * spill}
        self.process = subprocess.Popen(
            command(root, "import", str(folder)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(ready, go),
            env=os.environ | hooked,
        )  # fmt: skip
        os.close(ready)
        os.close(go)

    def __enter__(self) -> "Stopped":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.process.kill()
        self.process.communicate()
        os.close(self._ready)
        os.close(self._go)

    def at_point(self) -> bool:
        """Wait for the next stop; False when the command ended without one."""
        assert select.select([self._ready], [], [], 60)[0]
        return bool(os.read(self._ready, 1))

    def go(self) -> None:
        os.write(self._go, b".")

    def end(self, by: signal.Signals | None = None) -> tuple[int, str]:
        """Exit code and standard error, once it has ended."""
        if by:
            self.process.send_signal(by)
        said = self.process.communicate(timeout=60)[1].decode()
        return self.process.returncode, said


def command(root: Path, *arguments: str) -> list[str]:
    """The command line with the database and archive of `root`."""
    there = settings(root)
    return [str(COMMAND), "--db", str(there.db), "--archive", str(there.archive), *arguments]


def stop_at_points() -> None:
    """In the command's process: stop where the environment says."""
    ready, go = map(int, os.environ["STOP_PIPES"].split())
    importing.PAGES_A_TRANSACTION = 3
    pool.PAGES_TOGETHER = 1
    if os.environ["STOP_SPILL"]:
        _spilling(run)
    stops: dict[str, set[int]] = {}
    for point in os.environ["STOP_AT"].split():
        name, _, number = point.partition(":")
        stops.setdefault(name, set()).add(int(number))
    for name, numbers in stops.items():
        owner, attribute = POINTS[name]
        setattr(owner, attribute, _stopping(getattr(owner, attribute), numbers, ready, go))


def _stopping(function: Callable[..., Any], numbers: set[int], ready: int, go: int) -> Callable[..., Any]:
    calls = 0

    def called(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        result = function(*arguments, **named)
        calls += 1
        if calls in numbers:
            os.write(ready, b".")
            os.read(go, 1)
        return result

    return called


def _spilling(module: Any) -> None:
    opened = module.open_to_write

    def spilling(path: Path) -> Any:
        db = opened(path)
        db.conn.execute("PRAGMA cache_spill = 1")
        db.conn.execute("PRAGMA cache_size = 1")
        return db

    module.open_to_write = spilling
