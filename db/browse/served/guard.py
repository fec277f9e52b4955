"""What stands before every page: who may ask, how, and what the browser may do with the answer."""

import base64
import hashlib
import ipaddress
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

OURS = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
COPY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""For the archived copy of a page: it is another origin than ours, and nothing in it runs."""
_DATASETTE = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self' {hashes}; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_WITH_SCRIPTS = ("_close_open_menus.html", "_codemirror_foot.html", "table.html")
_HIDDEN = re.compile(r"/-/(?!static/|metadata|versions|settings|plugins)")
_HOSTS = frozenset(("localhost", "127.0.0.1", "::1"))
_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
_LONGEST_PATH, _LONGEST_QUERY = 2_000, 6_000
_POLICY = b"content-security-policy"
_ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"x-frame-options": b"DENY",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=(), interest-cohort=()",
}


class Guard:
    """An ASGI application in front of another one. `hosts` are names that the server may be asked by beside this machine's own;
    `*` lets pass any address and name, for a server that is open to others."""

    def __init__(self, app: App, hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._datasette = _DATASETTE.format(hashes=" ".join(_hashes())).encode()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer, or let another one answer."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        refused = self._refused(scope)
        guarded = self._sending(send, scope["method"] == "HEAD")
        if refused is None:
            await self._app(scope, receive, guarded)
        else:
            await _say(guarded, *refused)

    def _refused(self, scope: Mapping[str, Any]) -> tuple[int, str] | None:
        """Status and words for a request that nobody else is to see."""
        headers = [(name.lower(), value) for name, value in scope.get("headers") or []]
        hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
        if len(hosts) != 1 or not self._is_here(hosts[0]):
            return 403, "This server answers only to the name that it was started with."
        if scope["method"] not in _METHODS:
            return 405, "Nothing can be changed here."
        path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
        query = scope.get("query_string") or b""
        if len(path) > _LONGEST_PATH or len(query) > _LONGEST_QUERY:
            return 414, "The address is too long."
        if not (path.isascii() and query.isascii()) or any(byte <= 0x20 or byte == 0x7F for byte in path + query):
            return 400, "The address has characters that no address has."
        if not path.startswith(b"/") or b"\\" in path or "\0" in unquote(path.decode()) or _HIDDEN.match(path.decode()):
            return 404, "There is no such page."
        return None

    def _is_here(self, host: str) -> bool:
        """Whether a Host header names this server: another name that leads here is another site's attempt to read it."""
        name = re.sub(r":\d{1,5}$", "", host).lower().rstrip(".")
        name = name[1:-1] if name.startswith("[") and name.endswith("]") else name
        if name in _HOSTS or name in self._hosts:
            return True
        return "*" in self._hosts and _is_address(name)

    def _sending(self, send: Send, head: bool) -> Send:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [(bytes(name).lower(), bytes(value)) for name, value in message.get("headers", [])]
                given = [(name, value) for name, value in given if name not in _ALWAYS]
                if not any(name == _POLICY for name, _ in given):
                    given.append((_POLICY, self._datasette))
                message = {**message, "headers": [*given, *_ALWAYS.items()]}
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        return guarded


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _hashes() -> list[str]:
    """Those of the scripts that stand in Datasette's own templates, so that no other one runs in its pages."""
    folder = files("datasette") / "templates"
    found = []
    for name in _WITH_SCRIPTS:
        for script in _SCRIPT.findall((folder / name).read_text(encoding="utf-8")):
            text = script.replace("{{ datasette_allow_facet }}", "true")
            if "{{" not in text and "{%" not in text:
                found.append(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'")
    return found


async def _say(send: Send, status: int, words: str) -> None:
    body = f"{words}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (_POLICY, OURS.encode()),
    ]
    if status == 405:
        headers.append((b"allow", b"GET, HEAD, OPTIONS"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
