"""The web server in front of the application."""

import asyncio
import socket
import sqlite3
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from db.browse.served.app import Application
from normalize.errors import UsageError

MOST_MEMORY = 512_000_000
"""So much SQLite may use in the process of the server, in bytes."""
_GRACE_S = 3
_TURN_S = 0.001
"""A page of ours waits no longer for its turn beside a large table that is written out."""
_MOST_AT_ONCE = 200
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - recognised, not bound


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, and nobody else can reach it."""
    return host.lower() in _LOOPBACK or (host.startswith("127.") and host.replace(".", "").isdigit())


def names(host: str) -> tuple[str, ...]:
    """The names by which a server that listens on a host may be asked for, beside those of this machine itself."""
    if is_loopback(host):
        return (host,)
    own = socket.gethostname()
    return (host, "*", own, f"{own}.local") if host in _ANYWHERE else (host,)


def listening(host: str, port: int) -> socket.socket:
    """A socket that is bound, on any free port for 0. Raises UsageError where that cannot be."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise UsageError(f"--host {host}: {error.strerror or error}") from error
    family, kind, protocol, _, address = found[0]
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        bound.listen(128)
    except OSError as error:
        bound.close()
        hint = "; --port 0 takes a free one" if port else ""
        raise UsageError(f"{host}:{port} cannot be listened on ({error.strerror}){hint}") from error
    return bound


def serve(app: Application, bound: socket.socket, host: str, ready: Callable[[str], None]) -> None:
    """Answer until a signal asks to end, which is raised again when all is in order; `ready` hears the address, without a slash.

    SQLite may use MOST_MEMORY in this process from now on.
    """
    _limit_memory()
    sqlite3.enable_callback_tracebacks(False)  # Datasette turns them on, for functions that others wrote
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)  # Datasette drops some after an error
    sys.setswitchinterval(_TURN_S)
    config = uvicorn.Config(
        app.app(), log_level="error", access_log=False, lifespan="off", http="h11", ws="none", loop="asyncio",
        server_header=False, limit_concurrency=_MOST_AT_ONCE, timeout_keep_alive=10, timeout_graceful_shutdown=_GRACE_S,
        proxy_headers=False,
    )  # fmt: skip
    shown = f"[{host}]" if ":" in host else host or "localhost"
    server = _Server(config, lambda: ready(f"http://{shown}:{bound.getsockname()[1]}"), app.live.end)
    try:
        asyncio.run(server.serve(sockets=[bound]))
    finally:
        app.close()
        bound.close()


class _Server(uvicorn.Server):
    """Says when it listens, and ends queries when it ends."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], end: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._end = end

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end()
        with suppress(asyncio.CancelledError):
            await super().shutdown(sockets)


def _limit_memory() -> None:
    """A query that asks for more fails by itself; the limit is one of the process."""
    conn = sqlite3.connect(":memory:")
    try:
        conn.execute(f"PRAGMA hard_heap_limit = {MOST_MEMORY}").fetchone()
    finally:
        conn.close()
