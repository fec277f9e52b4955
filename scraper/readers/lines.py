"""Where the words of the document of an extracted text stand in its lines."""

from bisect import bisect_left
from collections.abc import Callable
from html import escape

from scraper.document import Block, Items, Table
from scraper.readers.encoding import sniff
from scraper.readers.text import LINE, PIPE, cells, read

Fits = Callable[[str], bool]


def marked(body: bytes, charset: str, spot: tuple[int, int, int], fits: Fits, name: str) -> tuple[str, bool]:
    """The text as HTML that shows it as it is, and whether the place (block, row, column) is marked in it, as the element `name`:
    it is, if its text fits."""
    lines = LINE.split(sniff(body, charset, html=False)[0])
    found = _find(lines, *spot, fits)
    if found is None:
        return f"<pre>{escape(chr(10).join(lines))}</pre>", False
    first, last, start, end = found
    before, after = [*lines[:first], lines[first][:start]], [lines[last - 1][end:], *lines[last:]]
    words = [*lines[first:last]]
    words[-1], words[0] = words[-1][:end], words[0][start:] if last - first > 1 else words[0][start:end]
    texts = (escape("\n".join(part)) for part in (before, words, after))
    return '<pre>{}<mark class="mark" id="{}">{}</mark>{}</pre>'.format(next(texts), name, *texts), True


def _find(lines: list[str], block: int, row: int, column: int, fits: Fits) -> tuple[int, int, int, int] | None:
    """The lines (from, to) of a cell, item or paragraph, where it begins in the first and where it ends in the last."""
    blocks = read("\n".join(lines)).blocks
    if not 0 <= block < len(blocks):
        return None
    here = blocks[block]
    if isinstance(here, Table):
        number = _first(lines, block, row)
        return _cell(lines[number], column, fits, number) if number < len(lines) else None
    text = here.items[row] if isinstance(here, Items) and row < len(here.items) else getattr(here, "text", "")
    if not text or not fits(text):
        return None
    first = _first(lines, block, row)
    last = _first(lines, block, row, text) + 1
    if not first < last <= len(lines):
        return None
    alone = read("\n".join(lines[first:last])).blocks
    there = len(alone) == 1 and _has(alone[0], 0, text)
    return (first, last, 0, len(lines[last - 1])) if there else None


def _first(lines: list[str], block: int, row: int, text: str = "") -> int:
    """The number of the line with which a row, an item or a block is there, and says the whole of a text."""

    def is_there(count: int) -> bool:
        blocks = read("\n".join(lines[:count])).blocks
        return len(blocks) > block and _has(blocks[block], row, text)

    return bisect_left(range(1, len(lines) + 1), True, key=is_there)


def _has(block: Block, row: int, text: str) -> bool:
    rows: tuple[object, ...] = (
        block.rows if isinstance(block, Table) else block.items if isinstance(block, Items) else (block.text,)
    )
    return len(rows) > row and (not text or rows[row] == text)


def _cell(line: str, column: int, fits: Fits, number: int) -> tuple[int, int, int, int] | None:
    """Where a cell stands in the line of its row, if it says there what it should."""
    said = cells(line)
    if column >= len(said) or not said[column] or not fits(said[column]):
        return None
    start = len(line) - len(line.lstrip())
    start += line[start:].startswith("|")
    parts = PIPE.split(line[start:])
    if len(parts) < len(said):
        return None
    begin = start + sum(len(part) + 1 for part in parts[:column])
    return number, number + 1, begin, begin + len(parts[column])
