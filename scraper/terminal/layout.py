"""Columns of a terminal: text folded to a width in cells, widths shared out, cells set side by side."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len, split_graphemes
from rich.text import Text

_BLANK = frozenset(" ")
_SOFT = frozenset(".,;:/|_-=&?")
_LONGEST_WORD = 20


def breaks(text: str, width: int) -> list[int]:
    """Where a text has to be cut so that no piece has more cells: behind blanks, else behind a mark such as `/`, else anywhere
    but within a character. Blanks at the end of a piece are not counted."""
    if cell_len(text) <= width:
        return []
    spans, _ = split_graphemes(text)
    pieces, sizes = [text[start:end] for start, end, _ in spans], [cells for _, _, cells in spans]
    found: list[int] = []
    begin = 0
    while True:
        end, size = begin, 0
        while end < len(spans) and size + sizes[end] <= width:
            size, end = size + sizes[end], end + 1
        if end < len(spans):
            end = max(begin + 1, _cut(pieces, begin, end))
        while end < len(spans) and pieces[end] == " ":
            end += 1
        if end == len(spans):
            return found
        found.append(spans[end][0])
        begin = end


def _cut(pieces: Sequence[str], begin: int, end: int) -> int:
    if pieces[end] == " ":
        return end
    for good in (_BLANK, _SOFT):
        for i in range(end - 1, begin, -1):
            if pieces[i] in good:
                return i + 1
    return end


def folded(text: Text, width: int, indent: int = 0) -> list[Text]:
    """The lines of a text, each indented and no wider than the width."""
    lines = list(text.divide(breaks(text.plain, max(1, width - indent))))
    for line in lines:
        line.rstrip()
        if indent:
            line.pad_left(indent)
    return lines


def natural(texts: Sequence[str]) -> int:
    """The cells of the widest."""
    return max(map(cell_len, texts), default=0)


def least(texts: Sequence[str]) -> int:
    """How narrow a column can be without breaking a word, or a piece of one that is very long."""
    return min(_LONGEST_WORD, natural([word for text in texts for word in text.split(" ")]))


def fitted(wanted: Sequence[int], needed: Sequence[int], room: int) -> list[int] | None:
    """Widths that fill no more than the room: the widest give way first, none below what it needs; None where that fails."""
    widths = [*wanted]
    needed = [min(pair) for pair in zip(wanted, needed, strict=True)]
    if sum(needed) > room:
        return None
    while sum(widths) > room:
        yielding = max((i for i in range(len(widths)) if widths[i] > needed[i]), key=lambda i: widths[i])
        widths[yielding] -= 1
    return widths


def beside(columns: Sequence[Sequence[Text]], widths: Sequence[int], gap: int) -> Iterator[Text]:
    """Lines of cells set side by side, each in its width."""
    for parts in zip_longest(*columns):
        line = Text()
        for part, width in zip(parts, widths, strict=True):
            part = part if part is not None else Text()
            line.append_text(part).append(" " * (max(0, width - cell_len(part.plain)) + gap))
        line.rstrip()
        yield line
