"""Who may ask, and how: headers, hosts, methods, strange addresses."""

import asyncio
import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from tests.browsing import (
    DATASETTES,
    OURS,
    Browser,
    browsing,
)

STRANGE = [
    "//evil.example/", "/%00", "/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/occupation/", "/occupation/%ff", "/%", "/%zz",
    "/occupation/%E2%80%AE", "/compare/a/b/c", "/compare//", "/explain/electrician/", "/explain/electrician/%2e%2e/page",
    "/careerscape/%00", "/careerscape/occupation/x", "/-/static/../app.py", "/-/static/..%2f..%2fapp.py",
    "/static-careerscape/%00", "/" + "a" * 3_000, "/search?q=" + "a" * 20_000, "/search?q=%00%ff", "/compare?left=%00&right=%ff",
    "/?%00", "/careerscape?sql=" + "x" * 15_000, "/careerscape/occupation?title__regexp=x",
    "/careerscape/occupation?_facet=nothing", "/careerscape/occupation?_facet_array=slug", "/careerscape/occupation?_where=1)",
    "/careerscape/occupation?_timelimit=x", "/careerscape/occupation?_ttl=x&_labels=x", "/careerscape/occupation?_col=nothing",
    "/careerscape/occupation?_fts_table=job&_search=x", "/careerscape/occupation.nothing",
    "/careerscape/occupation.csv?_stream=1", "/careerscape/best_paid_for_degree?_timelimit=1&degree=%00",
]  # fmt: skip


@pytest.mark.parametrize("path", OURS)
def test_our_pages_have_the_strict_policy(browser: Browser, path: str):
    headers = browser(path).headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    _common(headers)


@pytest.mark.parametrize("path", DATASETTES)
def test_pages_of_datasette_run_its_own_scripts_and_no_other(browser: Browser, path: str):
    page = browser(path)
    policy = page.headers["content-security-policy"]
    scripts = policy.partition("script-src ")[2].partition(";")[0].split()
    assert "'unsafe-inline'" not in scripts
    assert policy.startswith("default-src 'none'")
    for script in _inline(page.text):
        assert script in scripts
    _common(page.headers)


def _inline(page: str) -> list[str]:

    found = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in found]


def _common(headers: Any) -> None:
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("localhost:8001", 200), ("127.0.0.1:1", 200), ("[::1]:8001", 200), ("LOCALHOST", 200),
        ("evil.example", 403), ("localhost.evil.example", 403), ("127.0.0.1.evil.example", 403), ("", 403), ("192.168.1.7", 403),
        ("localhost@evil.example", 403), ("localhost:80:80", 403), ("[::1", 403),
    ],
)  # fmt: skip
def test_only_this_machine_may_be_asked_for(browser: Browser, host: str, status: int):
    browser("/compare", status, host=host)


@pytest.mark.parametrize(
    ("host", "status"), [("192.168.1.7:80", 200), ("box", 200), ("evil.example", 403), ("[fe80::1]:80", 200)]
)
def test_a_server_for_others_answers_to_addresses_and_its_own_name(browsed: Path, host: str, status: int):
    with browsing(browsed, None, "*", "box") as browser:
        browser("/compare", status, host=host)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/careerscape/occupation", "/-/static/app.css"])
def test_nothing_can_be_changed(browser: Browser, method: str, path: str):
    assert browser(path, 405, method).headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "path", [*OURS, *DATASETTES, "/static-careerscape/style.css", "/careerscape/occupation.csv", "/favicon.ico"]
)
def test_head_is_get_without_the_page(browser: Browser, path: str):
    head = browser(path, method="HEAD")
    assert head.content == b""
    assert head.headers["content-type"] == browser(path).headers["content-type"]


@pytest.mark.parametrize("path", STRANGE)
def test_strange_addresses_are_answered(browser: Browser, capfd: pytest.CaptureFixture[str], path: str):

    async def ask() -> int:
        """As a client that does not tidy up what it was given."""
        raw, _, query = path.partition("?")
        scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": raw, "raw_path": raw.encode(),
            "query_string": query.encode(), "headers": [(b"host", b"localhost")], "client": None, "server": None,
        }  # fmt: skip
        said: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        await browser.app.app()(scope, receive, send)
        return int(said[0]["status"])

    assert asyncio.run(ask()) in (200, 302, 400, 403, 404, 414)
    assert capfd.readouterr().err == ""
