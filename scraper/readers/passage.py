"""The text of a paragraph, heading, list item or cell while it is collected, and the seams between its elements."""

import re
from collections.abc import Sequence

from normalize.folding import RAISED

BLANKS = re.compile(r"[ \t\r\n\f]+")
BREAK = "\0"  # cannot stand in a tree: the parser drops or replaces NUL
SEAM = "\ufdd0"  # where an inline element begins or ends; no character of any text
NOTE = "\ufdd1"  # where something raised or lowered begins in a cell
_ENDS = f" \t\r\n\f{BREAK}{SEAM}{NOTE}"
_RAISED_FIGURE = re.compile(rf"(?<=[^\s{SEAM}{NOTE}]){NOTE}(?:{SEAM})*([0-9]{{1,2}})(?={SEAM}|$)")
_ABOVE = str.maketrans("0123456789", RAISED)
_NOTE_IN_CELL = re.compile(rf"{NOTE}(?:{SEAM})*(?=[0-9*†‡§(\[])")
_SEAM_IN_NUMBER = re.compile(rf"(?<=[0-9])(?:{SEAM})+(?=[0-9])|(?<=[^\W\d_])(?:{SEAM})+(?=[0-9])|(?<=[.!?])(?:{SEAM})+(?=\w)")
_SEAM_IN_WORD = re.compile(
    rf"(?<=[^\W\d_])\s*(?:{SEAM}\s*)+(?=\w|[-+−]?[$€£¥]|[-+−][0-9.])|(?<=[0-9])\s*(?:{SEAM}\s*)+(?=[0-9$€£¥])|"
    rf"(?<=%)\s*(?:{SEAM}\s*)+(?=\w)|(?<=[.!?])(?:{SEAM})+(?=\w)"
)


class Passage:
    """Collects the text of a paragraph, heading, item or cell; breaks become lines."""

    __slots__ = ("cell", "headings", "level", "parts", "told")

    def __init__(self, level: int = 0, cell: bool = False) -> None:
        self.parts: list[str] = []
        self.level = level
        self.cell = cell
        self.headings: dict[int, int] = {}
        self.told = 0

    def take(self) -> str:
        """The text so far, line by line, and begin anew."""
        if not self.parts:
            return ""
        joined = "".join(self.parts)
        self.parts.clear()
        self.told = 0
        self.headings.clear()
        return tidy(joined, self.cell)

    def lines(self) -> list[tuple[int, str]]:
        """The lines that came since this was asked, each with the level of its heading, or 0."""
        found: list[tuple[int, str]] = []
        start = self.told
        ends = [n for n in range(start, len(self.parts)) if self.parts[n] == BREAK]
        for end in (*ends, len(self.parts)):
            if words := tidy("".join(self.parts[start:end]), self.cell).replace("\n", " "):
                found.append((next((self.headings[n] for n in range(start, end) if n in self.headings), 0), words))
            start = end
        self.told = len(self.parts)
        return found


def tidy(joined: str, cell: bool) -> str:
    """The lines of a text as it was collected."""
    joined = joined.strip(_ENDS)
    if NOTE in joined:
        joined = _RAISED_FIGURE.sub(lambda found: found[1].translate(_ABOVE), joined)
    if NOTE in joined:  # `(US)<sup>1</sup>` is not (US)1, but `2<sup>nd</sup>` is 2nd
        joined = (_NOTE_IN_CELL.sub(BREAK, joined) if cell else joined).replace(NOTE, "")
    if SEAM in joined:  # what two elements hold is two, in a cell words too: `46<sup>1</sup>` is not 461
        seam = _SEAM_IN_WORD if cell else _SEAM_IN_NUMBER
        joined = seam.sub(BREAK, joined).replace(SEAM, "")
    if BREAK in joined:
        return "\n".join([line for line in map(one_line, joined.split(BREAK)) if line])
    return one_line(joined)


def one_line(text: str) -> str:
    """The text with every run of blanks as one, and none at its ends."""
    text = text.strip()
    return BLANKS.sub(" ", text) if _is_uneven(text) else text


def one_line_each(texts: Sequence[str]) -> list[str]:
    """As `one_line`, of many texts."""
    found = [*map(str.strip, texts)]
    return [*map(one_line, found)] if _is_uneven("".join(found)) else found


def _is_uneven(text: str) -> bool:
    """Whether there are other blanks than single spaces: asked for one by one, which takes a tenth of the time of a search."""
    return "\n" in text or "\t" in text or "\r" in text or "\f" in text or "  " in text
