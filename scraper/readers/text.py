"""Extracted text with pipe tables: Markdown headings and lists, tables with or without a separator line."""

import html
import re
from collections.abc import Callable

from scraper.document import Block, Document, Heading, Items, Paragraph, Table
from scraper.readers.passage import SEAM, tidy

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_ITEM = re.compile(r"\s*(?:[-*+•]|[0-9]{1,3}[.)])\s+(\S.*)$")
_SEPARATOR = re.compile(r"\s*:?-+:?\s*")
_PIPE = re.compile(r"(?<!\\)\|")
_LINE = re.compile(r"\r\n|\r|\n")
_TAG = re.compile(r"</?(?:a|abbr|b|em|i|mark|small|span|strong|u)(?:\s[^<>]*)?>", re.IGNORECASE)
_RAISED = re.compile(r"</?su[bp](?:\s[^<>]*)?>", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")
_EMPHASIS = re.compile(r"(?<![\w*])(\*\*\*|\*\*|__|`|\*|_(?=[A-Z$0-9]))(?=\S)([^*`_]{0,200}?\S)\1(?![\w*])")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_CANONICAL = re.compile(r"(?:source|url|canonical)\s*:\s*<?(https?://\S+?)>?\s*$", re.IGNORECASE)


def read(text: str, undecodable: int = 0) -> Document:
    """The document of an extracted text. A line is a paragraph, unless it goes on in the middle of a sentence.

    The text counts as cut when a table row is not closed though others are, when its last line is a row that neither a pipe
    nor a line end closes, or when its last paragraph announces something.
    """
    lines = [line.rstrip() for line in _LINE.split(text.replace("\0", "").replace("\ufeff", ""))]
    blocks: list[Block] = []
    number = 0
    while number < len(lines):
        line = lines[number].strip()
        if _starts_table(lines, number):
            end = _run(lines, number, lambda s: bool(_PIPE.search(s)))
            blocks.append(_table(lines[number:end], ends=end < len(lines)))
            number = end
        elif match := _HEADING.match(line):
            blocks.append(Heading(len(match[1]), _inline(match[2])))
            number += 1
        elif _ITEM.match(line):
            end = _run(lines, number, lambda s: bool(_ITEM.match(s)))
            blocks.append(Items(tuple(_inline(m[1]) for m in map(_ITEM.match, lines[number:end]) if m)))
            number = end
        elif line:
            end = _paragraph_end(lines, number)
            blocks.append(Paragraph("\n".join(_inline(s) for s in lines[number:end])))
            number = end
        else:
            number += 1
    title = next((block.text for block in blocks if isinstance(block, Heading)), "")
    canonical = next((m[1] for s in lines[:5] if (m := _CANONICAL.match(s.strip()))), "")
    undecodable += text.count("\0")
    return Document(title, tuple(blocks), canonical, cut=_is_cut(blocks), open_end=True, undecodable=undecodable)


def _inline(text: str, cell: bool = False) -> str:
    """The text without the markup that an extractor left in it: entities, tags, links, emphasis, escapes. What two elements hold
    is two, as in HTML."""
    bare = html.unescape(_TAG.sub(SEAM, _RAISED.sub(" ", text)))
    bare = _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", bare))
    bare = _ESCAPE.sub(r"\1", bare)
    return tidy(bare, cell) if SEAM in bare else bare.strip()


def _run(lines: list[str], start: int, belongs: Callable[[str], bool]) -> int:
    end = start + 1
    while end < len(lines) and belongs(lines[end]):
        end += 1
    return end


def _paragraph_end(lines: list[str], start: int) -> int:
    end = start + 1
    while end < len(lines):
        above, line = lines[end - 1].strip(), lines[end].strip()
        goes_on = line[:1].islower() or line[:1] in "$(" or line[:1].isdigit()
        if not line or above.endswith((".", ":", "!", "?")) or not goes_on or line.startswith("|") or _ITEM.match(line):
            break
        end += 1
    return end


def _starts_table(lines: list[str], number: int) -> bool:
    if lines[number].lstrip().startswith("|"):
        return True
    below = lines[number + 1] if number + 1 < len(lines) else ""
    return bool(_PIPE.search(lines[number]) and _PIPE.search(below)) and _separates(_cells(below))


def _separates(row: tuple[str, ...]) -> bool:
    return all(_SEPARATOR.fullmatch(cell) for cell in row)


def _cells(line: str) -> tuple[str, ...]:
    inner = line.strip().removeprefix("|")
    if _is_closed(line):
        inner = inner[:-1]
    return tuple("\n".join(_inline(part, cell=True) for part in _BREAK.split(cell)) for cell in _PIPE.split(inner))


def _is_closed(line: str) -> bool:
    return line.endswith("|") and not line.endswith("\\|")


def _table(lines: list[str], ends: bool) -> Table:
    """`ends` tells that the last line is not the end of the text."""
    closed = [_is_closed(line) for line in lines]
    open_rows = [n for n, is_closed in enumerate(closed) if not is_closed] if any(closed) else [] if ends else [len(lines) - 1]
    rows = [_cells(line) for line in lines]
    if len(rows) > 1 and _separates(rows[1]):
        del rows[1]
        open_rows = [n - (n > 1) for n in open_rows if n != 1]
    return Table(tuple(rows), open=tuple(open_rows))


def _is_cut(blocks: list[Block]) -> bool:
    if any(isinstance(block, Table) and block.open for block in blocks):
        return True
    last = blocks[-1] if blocks else None
    return (isinstance(last, Table) and len(last.rows) == 1) or (isinstance(last, Paragraph) and last.text.endswith(":"))
