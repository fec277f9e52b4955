"""The terminal that standard output is: how wide it is, which characters it has, and how lines get there."""

import io
import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from normalize.wording import NOT_SHOWN
from scraper.terminal.marks import ASCII, BLOCKS, Marks
from scraper.terminal.words import emit, safe

if TYPE_CHECKING:
    from rich.text import Text

_LEAST = 20


@dataclass(frozen=True, slots=True)
class Screen:
    """What can be shown; a terminal narrower than 20 cells is treated as one of 20."""

    width: int
    encoding: str = "utf-8"
    marks: Marks = BLOCKS

    def words(self, text: str) -> str:
        """The text made harmless; characters that the terminal does not have are escaped before anything is measured."""
        if text == NOT_SHOWN:
            return self.marks.missing
        return safe(text).encode(self.encoding, "backslashreplace").decode(self.encoding)

    def show(self, lines: "Iterable[Text]") -> None:
        """Print lines as they are, in the colours that the terminal has and the user wants."""
        from rich.console import Console

        paper = io.StringIO()
        console = Console(file=paper, force_terminal=True, highlight=False, markup=False, emoji=False, width=self.width)
        for line in lines:
            console.print(line, soft_wrap=True)
        emit(paper.getvalue().removesuffix("\n"), sys.stdout)


def screen() -> Screen | None:
    """The terminal behind standard output, None where that is a file or a pipe."""
    if not sys.stdout.isatty():
        return None
    width = max(_LEAST, shutil.get_terminal_size((80, 24)).columns)
    encoding = sys.stdout.encoding or "ascii"
    return Screen(width, encoding, BLOCKS if _draws_blocks(encoding) else ASCII)


def shown() -> bool:
    """Whether standard output is a terminal, where charts are drawn."""
    return sys.stdout.isatty()


def _draws_blocks(encoding: str) -> bool:
    if os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return False
    try:
        BLOCKS.all().encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
