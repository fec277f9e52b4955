"""A real browser in front of our own server, and what it must never see there."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, sync_playwright

from tests.imports import command

CHROMIUM = os.environ.get("CAREERSCAPE_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium")
AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text()
PHONE = {"width": 375, "height": 740}
SMALL_PHONE = {"width": 320, "height": 600}
DESK = {"width": 1280, "height": 900}
_SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
_OVERFLOWS = """() => {
    const room = document.scrollingElement.clientWidth;
    if (document.scrollingElement.scrollWidth <= innerWidth && document.scrollingElement.scrollWidth <= room) return [];
    const inside = one => { for (let up = one.parentElement; up && up !== document.body; up = up.parentElement)
        if (getComputedStyle(up).overflowX !== 'visible') return true; return false; };
    const wide = [...document.body.querySelectorAll('*')].filter(
        one => one.getBoundingClientRect().right > room + 0.5 && !inside(one));
    return wide.slice(0, 5).map(one => one.outerHTML.slice(0, 200)).concat(['page ' + document.scrollingElement.scrollWidth]);
}"""

_BROKEN = """() => { const broken = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode.data.trim();
        if (!/^[-–]?[$]?\\d[\\d.,]*[%k]?$/.test(text)) continue;
        const range = document.createRange();
        range.selectNodeContents(texts.currentNode);
        const lines = new Set([...range.getClientRects()].filter(one => one.width).map(one => Math.round(one.top)));
        if (lines.size > 1) broken.push(text);
    }
    return broken; }"""


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser for as long as the context lasts. While it does, no other event loop can run in this thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_SWITCHES)
        yield browser
        browser.close()


@contextmanager
def served(root: Path) -> Iterator[str]:
    """`careerscape serve` over the database and archive of `root`: the address of its start page, without a slash at its end.

    It has to end cleanly when it is told to, and must not have met an error of its own.
    """
    process = subprocess.Popen(
        command(root, "serve", "--port", "0"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=root
    )
    assert process.stdout
    said: list[str] = []
    try:
        yield _address(process.stdout, said)
    finally:
        process.send_signal(signal.SIGTERM)
        said.append(process.communicate(timeout=30)[0])
    assert process.returncode == 128 + signal.SIGTERM, said
    assert "Traceback" not in "".join(said), said


def _address(lines: Iterator[str], said: list[str]) -> str:
    for line in lines:
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise AssertionError(f"no address: {said}")


@dataclass
class Visit:
    """A window of its own onto one site: what happened in it that must not, and the addresses that it asked for."""

    page: Page
    home: str
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    status: int = 200

    def __post_init__(self) -> None:
        self.page.on("request", self._request)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"error of a script: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("popup", lambda page: self.faults.append(f"a window opened: {page.url}"))
        self.page.on("download", lambda download: self.faults.append(f"a download: {download.url}"))

    def go(self, path: str, status: int = 200) -> Page:
        """Open an address of the site, or of a file."""
        url = path if "://" in path else self.home + path
        self.status = status
        answer = self.page.goto(url)
        assert answer is None or answer.status == status, (url, answer.status)
        return self.page

    def sound(self) -> None:
        """Raise where something happened that must not; it is told once."""
        faults, self.faults = self.faults, []
        assert not faults, faults

    def fits(self, widths: Sequence[dict[str, int]] = (PHONE, SMALL_PHONE)) -> None:
        """At no width is the page wider than the window."""
        for width in widths:
            self.page.set_viewport_size(width)
            wide = self.page.evaluate(_OVERFLOWS)
            assert not wide, (self.page.url, width, wide)

    def whole_numbers(self) -> None:
        """No number is broken over two lines."""
        broken = self.page.evaluate(_BROKEN)
        assert not broken, (self.page.url, self.page.viewport_size, broken)

    def accessible(self) -> None:
        """axe-core finds nothing that is serious."""
        self.page.evaluate(AXE)
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        serious = [_violation(one) for one in found if one["impact"] in ("serious", "critical")]
        assert not serious, (self.page.url, serious)

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)
        if urlsplit(request.url).scheme not in ("data", "blob") and not request.url.startswith(self.home):
            self.faults.append(f"a request to {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        expected = f"status of {self.status}" in message.text
        if message.type in ("error", "warning") and not expected:
            self.faults.append(f"{message.type} of the console: {message.text} ({message.location['url']})")

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"a dialog: {dialog.message}")
        dialog.dismiss()


def _violation(one: dict[str, Any]) -> str:
    places = "; ".join(f"{node['target']} {node['html'][:150]} {node['failureSummary'][:200]}" for node in one["nodes"][:4])
    return f"{one['id']}: {one['help']}: {len(one['nodes'])} times: {places}"


@contextmanager
def visiting(browser: Browser, home: str, **options: Any) -> Iterator[Visit]:
    """A visit with its own cookies and storage, which has to be sound at its end. Options are those of a context."""
    context: BrowserContext = browser.new_context(**({"viewport": DESK} | options))
    context.set_default_timeout(20_000)
    try:
        visit = Visit(context.new_page(), home)
        yield visit
        visit.sound()
    finally:
        context.close()
