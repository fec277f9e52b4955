"""The door to rich: tables, messages and progress. What a page says is made harmless before it reaches a terminal."""

import io
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from db.queries import Row
from db.sheet import Line
from normalize.errors import StorageError
from normalize.fields import BY_NAME, Field
from normalize.wording import NOT_SHOWN, SECTION_WORDS, counted, disputed_words, item_words, value_words

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_SKILL_PCT = BY_NAME["skill.pct"]
_PIPED_WIDTH = 1000
_MARKS = {"suspect": " ?", "disputed": " !", "unreadable": "unreadable"}
_STYLES = {"ok": "", "missing": "dim", "suspect": "yellow", "unreadable": "red", "disputed": "yellow"}
_LEGEND = {
    "": "blank: no page says anything of it",
    "missing": f"{NOT_SHOWN} the page shows that it has no value",
    "suspect": "? a check on the page contradicts the value",
    "unreadable": "unreadable: the page shows something that is no such value",
    "disputed": "! pages disagree, there is no latest value: what they say, and how many of them",
}


def safe(text: str) -> str:
    """The text on one line; control, invisible and direction characters as `\\x1b` or `\\u202e`, lines joined by ` ⏎ `."""
    return _UNSAFE.sub(_escape, " ⏎ ".join(text.split("\n"))).replace("\t", " ")


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _emit(text: str, stream: TextIO) -> None:
    """Write a line. A reader that goes away is no fault; a full disk is. Raises StorageError."""
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise StorageError(f"the output cannot be written: {error.strerror}") from error


def print_json(value: object) -> None:
    """One line of JSON on standard output; characters that a terminal could act on are escaped."""
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    _emit(_UNSAFE.sub(lambda m: json.dumps(m[0])[1:-1], line), sys.stdout)


def say(text: str) -> None:
    """A message for people, on standard error."""
    _emit("\n".join(safe(line) for line in text.split("\n")), sys.stderr)


def tell(text: str) -> None:
    """Lines of the answer, on standard output."""
    _emit("\n".join(safe(line) for line in text.split("\n")), sys.stdout)


def _print(renderable: Any) -> None:
    from rich.console import Console

    terminal = sys.stdout.isatty()
    paper = io.StringIO()
    width = None if terminal else _PIPED_WIDTH
    console = Console(file=paper, force_terminal=terminal, highlight=False, markup=False, emoji=False, width=width)
    console.print(renderable)
    lines = paper.getvalue().splitlines()
    _emit("\n".join(lines if terminal else map(str.rstrip, lines)), sys.stdout)


def _table() -> Any:
    from rich.table import Table

    return Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 0))


def print_sheet(occupations: Sequence[Row], lines: Sequence[Line]) -> None:
    """One or more occupations side by side: title and slug, age of the data, then section by section; a legend of the marks."""
    from rich.text import Text

    table = _table()
    table.add_row("", *(Text(safe(o["title"]), style="bold") for o in occupations))
    table.add_row("", *(Text(safe(o["slug"]), style="dim") for o in occupations))
    if any(o["soc_code"] for o in occupations):
        table.add_row("", *(Text(safe(_soc(o)), style="dim") for o in occupations))
    table.add_row("", *(Text(_age(o), style="dim") for o in occupations))
    shares = {line.item: line for line in lines if line.field is _SKILL_PCT}
    for line, section, new_field in _with_breaks([line for line in lines if line.field is not _SKILL_PCT]):
        if section:
            table.add_row("")
            table.add_row(Text(section, style="bold"))
        if new_field and line.field.items:
            table.add_row(f"  {line.field.label}")
        label = f"    {item_words(line.field, line.item)}" if line.item else f"  {line.field.label}"
        if line.field.items and not line.item:
            label = "    The list as a whole"
        cells = [_cell(line.field, *cell) for cell in zip(line.cells, line.disputed, strict=True)]
        if line.field.ranked and line.item in shares:
            share = shares[line.item]
            cells = [_with_share(*cell) for cell in zip(cells, share.cells, share.disputed, strict=True)]
        table.add_row(label, *cells)
    _print(table)
    seen = {row["status"] if row else "" for line in lines for row in line.cells}
    seen |= {"disputed" for line in lines if any(line.disputed)}
    legend = [words for status, words in _LEGEND.items() if status in seen]
    if legend:
        _print(Text("\n" + "\n".join(legend), style="dim"))


def _soc(occupation: Row) -> str:
    code = occupation["soc_code"]
    return " ".join(filter(None, (f"SOC {code}", occupation["soc_title"]))) if code else "no SOC code"


def _age(occupation: Row) -> str:
    return f"as of {(occupation['as_of'] or '')[:10] or 'never'}, {counted(occupation['captures'], 'capture')}"


def _with_breaks(lines: Sequence[Line]) -> Iterator[tuple[Line, str, bool]]:
    """Each line with the section that begins at it, and whether a field does."""
    section, field = "", ""
    for line in lines:
        yield line, SECTION_WORDS[line.field.section] if line.field.section != section else "", line.field.name != field
        section, field = line.field.section, line.field.name


def _cell(field: Field, row: Row | None, disputed: Mapping[str, int]) -> Any:
    from rich.text import Text

    if disputed:
        return Text(f"! {safe(disputed_words(field, disputed))}", style=_STYLES["disputed"])
    if row is None:
        return Text("")
    status = row["status"]
    if status == "unreadable":
        return Text(f"unreadable: {safe(row['raw'])}", style=_STYLES[status])
    return Text(safe(value_words(field, row["value"])) + _MARKS.get(status, ""), style=_STYLES[status])


def _with_share(name: Any, share: Row | None, disputed: Mapping[str, int]) -> Any:
    """A skill and its share on one line."""
    if name.plain.startswith("! ") or share is None or share["status"] in ("missing", "unreadable"):
        return name
    return name.append(", ").append_text(_cell(_SKILL_PCT, share, disputed))


def print_pairs(title: str, pairs: Sequence[tuple[str, str]]) -> None:
    """A heading and labelled lines; the label of a continued line is empty."""
    from rich.text import Text

    table = _table()
    for label, text in pairs:
        table.add_row(Text(f"  {label}", style="dim"), Text(safe(text), overflow="fold"))
    _print(Text(safe(title), style="bold"))
    _print(table)


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table with a line of heads."""
    from rich.text import Text

    table = _table()
    table.add_row(*(Text(head, style="dim") for head in heads))
    for row in rows:
        table.add_row(*(Text(safe(cell), overflow="fold") for cell in row))
    _print(table)


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
