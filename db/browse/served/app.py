"""The Datasette application: one live database that nobody can write to, our pages in front of it, and no plugins but ours."""

import asyncio
import sqlite3
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import Any, TypeVar

from db.browse.served import describing, live, questions
from db.browse.served.deadline import Deadlines
from db.browse.served.finding import Finder
from db.browse.served.front import Aside, Front
from db.browse.served.guard import Guard
from db.browse.served.sources import Sources

_CALLED_FROM_TEST = "_called_from_test"
"""Datasette looks for this attribute of `sys`: where it is there, plugins that others installed are not loaded."""


@contextmanager
def _alone() -> Iterator[None]:
    there = hasattr(sys, _CALLED_FROM_TEST)
    if not there:
        setattr(sys, _CALLED_FROM_TEST, True)
    try:
        yield
    finally:
        if not there:
            delattr(sys, _CALLED_FROM_TEST)


with _alone():
    from datasette.app import Datasette
    from datasette.database import Database, QueryInterrupted, Results
    from datasette.plugins import DEFAULT_PLUGINS, pm

Answer = TypeVar("Answer")

SETTINGS = {
    "default_page_size": 50,
    "max_returned_rows": 2_000,
    "num_sql_threads": 3,
    "sql_time_limit_ms": 1_500,
    "default_facet_size": 20,
    "facet_time_limit_ms": 500,
    "suggest_facets": False,
    "allow_download": False,
    "allow_csv_stream": False,
    "max_csv_mb": 50,
    "default_cache_ttl": 0,
    "truncate_cells_html": 500,
    "template_debug": False,
    "trace_debug": False,
}
"""Suggesting facets counts a view anew for each column, and a stream of a view begins anew for each of its pages."""

_TEMPLATES = Path(__file__).parent / "data"
"""Ours, in the place of some of Datasette's."""
MATCHES = "occupation_matches"
"""A function for SQL: whether a search for the second argument, a text, finds the occupation of the first, a slug."""
MOST_BYTES = 16_000_000
"""So much a result may hold."""


class Live(Database):  # type: ignore[misc]
    """The database for Datasette's own pages: each of its threads has a connection, which is replaced when the file is."""

    def __init__(self, datasette: "Application", path: Path) -> None:
        super().__init__(datasette, str(path), is_mutable=True)
        self._file = path
        self._mine = threading.local()
        self._deadlines = Deadlines()
        self._ended = False

    def connect(self, write: bool = False) -> sqlite3.Connection:
        """A connection that cannot write."""
        if write:
            raise live.Unavailable("nothing can be written here")
        return live.open_for_strangers(self._file)

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """What a function of a connection gives, in one of the threads for queries. Raises Unavailable."""
        return await asyncio.get_running_loop().run_in_executor(self.ds.executor, self._done, fn)

    def _done(self, fn: Callable[[sqlite3.Connection], Answer]) -> Answer:
        if self._ended:
            raise live.Unavailable("the server is ending")
        try:
            return fn(self._connection())
        except sqlite3.Error as error:
            if not live.is_unhealed(error):
                raise self._told(error) from error
        self._let_go()
        live.heal(self._file)
        try:
            return fn(self._connection())
        except sqlite3.Error as error:
            raise self._told(error) from error

    def _told(self, error: sqlite3.Error) -> Exception:
        told = live.translated(error)
        if told is not error:
            self._let_go()
        return told

    def _connection(self) -> sqlite3.Connection:
        here = live.identity(self._file)
        if getattr(self._mine, "identity", None) != here:
            self._let_go()
            conn = self.connect()
            self.ds._prepare_connection(conn, self.name)
            self._mine.conn, self._mine.identity = conn, here
        found: sqlite3.Connection = self._mine.conn
        return found

    def _let_go(self) -> None:
        conn = getattr(self._mine, "conn", None)
        self._mine.conn = self._mine.identity = None
        if conn is not None:
            conn.close()

    async def execute(
        self,
        sql: str,
        params: Any = None,
        truncate: bool = False,
        custom_time_limit: int | None = None,
        page_size: int | None = None,
        log_sql_errors: bool = True,  # noqa: ARG002 - what somebody typed is not for our terminal
    ) -> Any:
        """The rows of a query, in the time and of the size that it may take. Raises QueryInterrupted, sqlite3.Error."""
        limit_ms = min(custom_time_limit or self.ds.sql_time_limit_ms, self.ds.sql_time_limit_ms)
        most = self.ds.max_returned_rows + (self.ds.max_returned_rows == (page_size or self.ds.page_size))

        def run(conn: sqlite3.Connection) -> Any:
            if MATCHES in sql:
                self.ds.finder.freshen()
            cursor = conn.cursor()
            try:
                cursor.execute("BEGIN")
                cursor.execute("SELECT 1 FROM sqlite_schema").fetchone()  # now nobody writes, and the time begins
                with self._deadlines.within(conn, limit_ms / 1000):
                    cursor.execute(sql, params if params is not None else {})
                    rows, truncated = _rows(cursor, most if truncate else None)
                return Results(rows, truncated, cursor.description)
            except MemoryError as error:
                raise sqlite3.OperationalError("the query needs more memory than it may have") from error
            except sqlite3.OperationalError as error:
                if error.args == ("interrupted",):
                    raise QueryInterrupted(error, sql, params) from error
                raise
            finally:
                cursor.close()
                conn.rollback()

        return await self.execute_fn(run)

    async def view_names(self) -> list[str]:
        """The public views, as a newcomer needs them."""
        there = set(await super().view_names())
        return [name for name in describing.ORDER if name in there]

    async def foreign_keys_for_table(self, table: str) -> list[dict[str, Any]]:
        """The foreign keys of a table; one that names no column means the primary key of the other table."""
        found = await super().foreign_keys_for_table(table)
        return [fk | {"other_column": fk["other_column"] or (await self.primary_keys(fk["other_table"]))[0]} for fk in found]

    async def hidden_table_names(self) -> list[str]:
        """All tables but the data dictionary."""
        return [name for name in await self.table_names() if name != "data_dictionary"]

    async def table_counts(self, limit: int = 10) -> dict[str, int | None]:
        """The number of rows of what is shown; nobody waits for that of the others."""
        (counted,) = (await self.execute("SELECT count(*) FROM data_dictionary", custom_time_limit=limit * 10)).rows
        return {name: counted[0] if name == "data_dictionary" else None for name in await self.table_names()}

    def end(self) -> None:
        """Interrupt what is being asked, and answer no more."""
        self._ended = True
        self._deadlines.close()


def _rows(cursor: sqlite3.Cursor, most: int | None) -> tuple[list[Any], bool]:
    """The rows, so many at most, and whether there are more. Raises sqlite3.OperationalError where they are too large."""
    rows: list[Any] = []
    size = 0
    for row in cursor:
        if len(rows) == most:
            return rows, True
        size += sum(_written(value) for value in row)
        if size > MOST_BYTES:
            raise sqlite3.OperationalError(f"the result is larger than {MOST_BYTES:,} bytes")
        rows.append(row)
    return rows, False


def _written(value: Any) -> int:
    """How many bytes a value has in JSON, in which a control character takes six."""
    if isinstance(value, str):
        return len(encode_basestring_ascii(value))
    return 2 * len(value) if isinstance(value, bytes) else 8


class Application(Datasette):  # type: ignore[misc]
    """Datasette with one database, our pages and our questions. `sources` explains values; without it none is explained."""

    def __init__(self, path: Path, sources: Sources | None, hosts: tuple[str, ...]) -> None:
        self.path = path
        self.sources = sources
        self.hosts = hosts
        self.readers = live.Readers(path)
        self.finder = Finder(path)
        self._aside: Aside | None = None
        self._guarded: Guard | None = None
        self._archive = ThreadPoolExecutor(1, thread_name_prefix="archive")
        asked = {name: question.to_dict() for name, question in questions.QUESTIONS.items()}
        super().__init__(
            files=[],
            memory=False,
            settings=SETTINGS,
            metadata=describing.metadata(SETTINGS["max_returned_rows"], asked),
            template_dir=str(_TEMPLATES),
        )
        for name in tuple(self.databases):
            self.remove_database(name)
        self.live = self.add_database(Live(self, path), name=describing.NAME)

    def app(self) -> Callable[..., Awaitable[None]]:
        """The ASGI application: always the same one."""
        from db.browse.served.routes import ROUTES

        if self._guarded is None:
            self._aside = Aside(super().app())
            self._guarded = Guard(Front(self, ROUTES, self._aside), self.hosts)
        return self._guarded

    async def refresh_schemas(self) -> None:
        """Nothing: our pages do not ask Datasette's own catalogue."""

    def _prepare_connection(self, conn: sqlite3.Connection, database: str) -> None:
        super()._prepare_connection(conn, database)
        conn.create_function(MATCHES, 2, self.finder.matches)

    async def explained(self, question: Callable[[Sources], Answer]) -> Answer:
        """What the archive answers; one question at a time."""
        assert self.sources is not None
        return await asyncio.get_running_loop().run_in_executor(self._archive, question, self.sources)

    def close(self) -> None:
        """End what is being asked, and let go of everything."""
        self.live.end()
        if self._aside is not None:
            self._aside.close()
        self.readers.close()
        self.executor.shutdown(wait=False, cancel_futures=True)
        self._archive.shutdown(wait=True, cancel_futures=True)
        if self.sources is not None:
            self.sources.close()
        self.finder.close()


def application(path: Path, sources: Sources | None = None, hosts: tuple[str, ...] = ()) -> Application:
    """The application of a database that is there; `hosts` are names under which it may be asked for beside this machine's own.

    Raises UsageError, StorageError as `db.connection.open_to_read`, which migrates it where it is older.
    """
    from db.browse.served import plugin
    from db.connection import guarded, open_to_read

    with guarded(path):
        open_to_read(path).close()
    for name, found in pm.list_name_plugin():
        if name not in DEFAULT_PLUGINS and found is not plugin.PLUGIN:
            pm.unregister(name=name)
    if not pm.is_registered(plugin.PLUGIN):
        pm.register(plugin.PLUGIN, plugin.PLUGIN.__name__)
    return Application(path, sources, hosts)
