"""The database while others write to it, replace it or take it away: connections that notice, and readers of our own pages."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from db import schema
from db.browse.served import bounded
from db.connection import Database, connect
from normalize.errors import ForeignDatabase, StorageError

Answer = TypeVar("Answer")

_BUSY_S = 10.0
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 200,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 500,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 100,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 250_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 60,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 2_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
"""What a stranger's query may take: what is done to a long text is one step, which nothing can interrupt."""
_UNHEALED = ("SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY", "SQLITE_READONLY_CANTLOCK", "SQLITE_CANTOPEN")
_OCCUPIED = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")
_DAMAGED = (
    "SQLITE_CORRUPT",
    "SQLITE_NOTADB",
    "SQLITE_IOERR",
    "SQLITE_FULL",
    "SQLITE_READONLY_",
    "SQLITE_CANTOPEN",
    "SQLITE_PERM",
)

Identity = tuple[int, int]
"""Which file it is: device and inode."""


class Unavailable(StorageError):
    """The database cannot be asked at the moment; the words say why, and what helps."""


def identity(path: Path) -> Identity:
    """Which file lies there. Raises Unavailable where there is none."""
    try:
        found = path.stat()
    except OSError as error:
        raise Unavailable(f"the database is not there any more ({path.name}: {error.strerror})") from error
    return found.st_dev, found.st_ino


def translated(error: sqlite3.Error) -> Exception:
    """What SQLite reports: Unavailable where the database is the reason, else the error itself, which the query earned."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(_OCCUPIED):
        return Unavailable("the database is being written to; try again in a moment")
    if name.startswith(_DAMAGED):
        return Unavailable(f"the database cannot be read ({error})")
    return error


def open_for_strangers(path: Path) -> sqlite3.Connection:
    """A connection for queries that anybody writes: it cannot write, and no value of it is large.

    What a killed writer left behind is rolled back first, where that may be done. Raises Unavailable, ForeignDatabase.
    """
    try:
        return _strangers(path)
    except sqlite3.OperationalError as error:
        if not (getattr(error, "sqlite_errorname", "") or "").startswith(_UNHEALED):
            raise translated(error) from error
    heal(path)
    try:
        return _strangers(path)
    except sqlite3.OperationalError as error:
        raise translated(error) from error


def _strangers(path: Path) -> sqlite3.Connection:
    conn = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_BUSY_S, check_same_thread=False)
    try:
        for limit, most in _LIMITS.items():
            conn.setlimit(limit, most)
        bounded.replace_functions(conn)
        conn.execute("PRAGMA query_only = ON")
        _refuse_another_version(Database(conn))
    except BaseException:
        conn.close()
        raise
    return conn


def heal(path: Path) -> None:
    """Read as one who may write: SQLite rolls back what a killed writer left. Raises Unavailable, ForeignDatabase."""
    _connected(path).close()


def _connected(path: Path) -> Database:
    """A connection for our own queries. Raises Unavailable where the moment is a bad one, ForeignDatabase where the file is."""
    try:
        db = connect(path, read_only=True)
    except ForeignDatabase as error:
        if isinstance(error.__cause__, sqlite3.Error) and isinstance(told := translated(error.__cause__), Unavailable):
            raise told from error
        raise
    db.execute(f"PRAGMA busy_timeout = {_BUSY_S * 1000:.0f}").fetchone()
    return db


def is_unhealed(error: sqlite3.Error) -> bool:
    """Whether a killed writer left something behind that a connection which cannot write does not get past."""
    return (getattr(error, "sqlite_errorname", "") or "").startswith(_UNHEALED)


def _refuse_another_version(db: Database) -> None:
    if not schema.is_current(db):
        raise Unavailable("the database is of another version of careerscape by now; start `careerscape serve` again")


class Reader:
    """A database for our own queries; opened when first asked for, and again where another file took its place. For one thread at
    a time, and always the same one unless it is `shared`."""

    def __init__(self, path: Path, shared: bool = False) -> None:
        self._path = path
        self._shared = shared
        self._db: Database | None = None
        self._is: Identity | None = None
        self._version = -1

    def database(self) -> Database:
        """The database as it is now. Raises Unavailable, ForeignDatabase."""
        try:
            return self._newest()
        except sqlite3.Error as error:
            self.close()
            if not is_unhealed(error):
                raise translated(error) from error
        heal(self._path)
        try:
            return self._newest()
        except sqlite3.Error as error:
            self.close()
            raise translated(error) from error

    def _newest(self) -> Database:
        here = identity(self._path)
        if self._db is None or self._is != here:
            self.close()
            self._db = Database(open_for_strangers(self._path)) if self._shared else _connected(self._path)
            self._is, self._version = here, -1
        if (version := self.version()) != self._version:
            _refuse_another_version(self._db)
            self._version = version
        return self._db

    def version(self) -> int:
        """Another number after each commit of anybody."""
        assert self._db is not None
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def stamp(self) -> tuple[Identity, int]:
        """Another one after each commit of anybody, and for another file."""
        assert self._is is not None
        return self._is, self._version

    def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
        self._db = None


class Readers:
    """Threads of our own, each with a reader, so that our pages come whatever else is asked of the database."""

    def __init__(self, path: Path, threads: int = 4) -> None:
        self._path = path
        self._here = threading.local()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="page")

    async def ask(self, question: Callable[[Database], Answer]) -> Answer:
        """The answer to a question. Raises Unavailable, and what the question raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._asked, question)

    async def look(self) -> None:
        """Whether there is a database that can be asked. Raises Unavailable, ForeignDatabase."""
        await self.ask(schema.version)

    def _asked(self, question: Callable[[Database], Answer]) -> Answer:
        reader: Reader | None = getattr(self._here, "reader", None)
        if reader is None:
            reader = self._here.reader = Reader(self._path)
        try:
            db = reader.database()
            db.conn.execute("BEGIN")  # so that a page is of one moment, whoever commits meanwhile
            try:
                return question(db)
            finally:
                db.conn.rollback()
        except sqlite3.Error as error:
            reader.close()
            raise translated(error) from error

    def close(self) -> None:
        """Take no more questions."""
        self._pool.shutdown(wait=False, cancel_futures=True)
