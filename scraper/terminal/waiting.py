"""Progress: what is shown on standard error of long work."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from scraper.terminal.words import safe


class Bar:
    """A progress bar that is not shown."""

    def begin(self, total: int) -> None:
        """Say how much there is to do."""

    def grow(self, more: int) -> None:
        """Say that more was found on the way."""

    def advance(self) -> None:
        """Mark one more as done."""

    def note(self, text: str) -> None:
        """Say what is waited for; empty for nothing."""


UNSHOWN = Bar()
"""For who asks for none."""


class _ShownBar(Bar):
    """A progress bar on a console: what is done of how much, pages a minute, how many are left and for how long, and a note."""

    def __init__(self, words: str, console: Any, clock: Callable[[], float] = time.monotonic) -> None:
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.table import Column

        self._words, self._clock = words, clock
        self._begun_at = clock()
        self._done, self._total = 0, 0
        columns = (
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[note]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
        )
        self.progress = Progress(*columns, console=console, transient=True, expand=True)
        self._task = self.progress.add_task(words, total=None, note="")

    def begin(self, total: int) -> None:
        self._begun_at, self._done, self._total = self._clock(), 0, total
        self._show()

    def grow(self, more: int) -> None:
        self._total += more
        self._show()

    def advance(self) -> None:
        self._done += 1
        self._show()

    def note(self, text: str) -> None:
        self.progress.update(self._task, note=safe(text))

    def _show(self) -> None:
        counts = f"{self._words} {self._done:,}/{self._total:,}"
        left, seconds = max(0, self._total - self._done), self._clock() - self._begun_at
        if self._done and seconds > 0:
            rate = self._done / seconds
            counts += f", {rate * 60:,.{1 if rate < 1 else 0}f} a minute, {left:,} left ({_duration(left / rate)})"
        self.progress.update(self._task, description=counts, completed=self._done, total=self._total)


def _duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h 20 min`."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60:,} h {minutes % 60} min"


@contextmanager
def progress(words: str, hidden: bool = False) -> Iterator[Bar]:
    """A progress bar on standard error while that is a terminal, unless it is `hidden`."""
    if hidden or not sys.stderr.isatty():
        yield Bar()
        return
    from rich.console import Console

    bar = _ShownBar(words, Console(stderr=True))
    with bar.progress:
        yield bar
