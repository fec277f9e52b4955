"""The progress bar: what it says, and that it says nothing where nobody looks."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from scraper.terminal import _ShownBar, progress

SCRIPT = """\
from scraper.terminal import progress
with progress("fetching") as bar:
    bar.begin(3)
    bar.advance()
    bar.note("waiting 4 s for [::1]:80 (robots.txt) \\x1b[31m")
    bar.progress.refresh() if hasattr(bar, "progress") else None
"""


class Shown:
    """A bar in a time of its own."""

    def __init__(self, width: int = 120) -> None:
        self.paper = io.StringIO()
        self.now = 0.0
        self.bar = _ShownBar("fetching", Console(file=self.paper, width=width, force_terminal=False), lambda: self.now)

    @property
    def line(self) -> str:
        """What stands there now, one blank for several and without the bar itself."""
        self.paper.seek(0)
        self.paper.truncate()
        self.bar.progress.console.print(self.bar.progress.get_renderable())
        (line,) = self.paper.getvalue().splitlines()
        return " ".join(word for word in line.split() if not set(word) <= set("━╸╺"))


def test_counts_rate_what_is_left_and_for_how_long():
    shown = Shown()
    shown.bar.begin(200)
    assert shown.line == "fetching 0/200"
    shown.now = 5.0
    shown.bar.advance()
    assert shown.line == "fetching 1/200, 12.0 a minute, 199 left (17 min)"
    shown.bar.grow(1000)
    assert shown.line == "fetching 1/1,200, 12.0 a minute, 1,199 left (100 min)"
    shown.bar.grow(8800)
    assert shown.line == "fetching 1/10,000, 12.0 a minute, 9,999 left (13 h 53 min)"


def test_a_fast_run_has_no_decimals_and_the_last_page_leaves_nothing():
    shown = Shown()
    shown.bar.begin(3)
    for _ in range(3):
        shown.now += 0.01
        shown.bar.advance()
    assert shown.line == "fetching 3/3, 6,000 a minute, 0 left (0 s)"
    shown.bar.advance()
    assert "4/3" in shown.line
    assert "0 left" in shown.line


def test_a_note_is_shown_as_it_is_made_harmless_and_cut_to_the_width():
    shown = Shown()
    shown.bar.begin(2)
    shown.bar.note("waiting 4 s for [red] (robots.txt)\x1b[2J\nmore")
    assert shown.line.endswith("waiting 4 s for [red] (robots.txt)\\x1b[2J ⏎ more")
    shown.bar.note("")
    assert shown.line == "fetching 0/2"
    narrow = Shown(60)
    narrow.bar.begin(2)
    narrow.bar.note("x" * 500)
    assert narrow.line.endswith("x…")


def test_where_nobody_looks_it_says_nothing(capsys: pytest.CaptureFixture[str]):
    with progress("fetching") as bar:
        bar.begin(2)
        bar.grow(1)
        bar.advance()
        bar.note("waiting")
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_it_is_shown_and_taken_away():
    leader, follower = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, stderr=follower, timeout=60,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "150"},
    )  # fmt: skip
    os.close(follower)
    said = os.read(leader, 1 << 16).decode()
    os.close(leader)
    assert (done.returncode, done.stdout) == (0, b"")
    assert "1/3" in said
    assert "waiting 4 s for [::1]:80 (robots.txt) \\x1b[31m" in said
    assert said.rstrip().endswith("\x1b[2K"), "the line is cleared at the end"
