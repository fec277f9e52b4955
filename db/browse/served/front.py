"""Who answers: our pages at once, Datasette's in a thread beside them, so that a large table of it keeps nobody waiting."""

import asyncio
import re
import threading
from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from db.browse.served.guard import App, Message, Receive, Send
from normalize.errors import StorageError

if TYPE_CHECKING:
    from db.browse.served.app import Application


class Front:
    """Our views by the patterns of their paths, and all else to Datasette."""

    def __init__(self, application: "Application", routes: Sequence[tuple[str, Any]], datasette: App) -> None:
        self._application = application
        self._routes = [(re.compile(pattern), view) for pattern, view in routes]
        self._datasette = datasette

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = _path(scope)
        for pattern, view in self._routes:
            if found := pattern.match(path):
                await self._ours(view, {**scope, "url_route": {"kwargs": found.groupdict()}}, receive, send)
                return
        if path.startswith("/-/") or path == "/favicon.ico":
            await self._datasette(scope, receive, send)
        else:
            await self._data(scope, receive, send)

    async def _data(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """A page of data, if there is any to be had."""
        from datasette.utils.asgi import Request

        from db.browse.served.plugin import answer

        try:
            await self._application.readers.look()
        except StorageError as error:
            await answer(Request(scope, receive), error).asgi_send(send)
        else:
            await self._datasette(scope, receive, send)

    async def _ours(self, view: Any, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        from datasette.utils.asgi import Request

        from db.browse.served.plugin import answer

        request = Request(scope, receive)
        try:
            response = await view(self._application, request)
        except Exception as error:  # noqa: BLE001 - told to the reader and to the terminal
            response = answer(request, error, ours=True)
        await response.asgi_send(send)


class Aside:
    """An application that lives in an event loop of a thread of its own, begun when it is first asked."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Let it answer, and pass on what it says."""
        here = asyncio.get_running_loop()

        async def received() -> Message:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_awaited(receive()), here))

        async def sent(message: Message) -> None:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_awaited(send(message)), here))

        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_awaited(self._app(scope, received, sent)), self._begun()))

    def _begun(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="datasette", daemon=True)
                self._thread.start()
            return self._loop

    def close(self) -> None:
        """End the thread; who is being answered hears no more."""
        with self._lock:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout=5)
            if not thread.is_alive():
                loop.close()


async def _awaited(something: Any) -> Any:
    return await something


def _path(scope: MutableMapping[str, Any]) -> str:
    raw = scope.get("raw_path") or scope["path"].encode()
    return bytes(raw).partition(b"?")[0].decode("latin-1")
