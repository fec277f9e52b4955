"""Extracted text with pipe tables: Markdown headings and lists, tables with or without a separator line."""

import re
from collections.abc import Callable

from scraper.document import Block, Document, Heading, Items, Paragraph, Table

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_ITEM = re.compile(r"\s*(?:[-*+•]|[0-9]{1,3}[.)])\s+(\S.*)$")
_SEPARATOR = re.compile(r"\s*:?-+:?\s*")
_PIPE = re.compile(r"(?<!\\)\|")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_CANONICAL = re.compile(r"(?:source|url|canonical)\s*:\s*<?(https?://\S+?)>?\s*$", re.IGNORECASE)


def read(text: str, undecodable: int = 0) -> Document:
    """The document of an extracted text. A line is a paragraph, unless it goes on in the middle of a sentence.

    The text counts as cut when its last table row is not closed, and others are or the line does not end; or when its last
    paragraph announces something.
    """
    lines = [line.rstrip() for line in text.replace("\0", "").splitlines()]
    blocks: list[Block] = []
    number = 0
    while number < len(lines):
        line = lines[number].strip()
        if _starts_table(lines, number):
            end = _run(lines, number, lambda s: bool(_PIPE.search(s)))
            blocks.append(_table(lines[number:end]))
            number = end
        elif match := _HEADING.match(line):
            blocks.append(Heading(len(match[1]), match[2]))
            number += 1
        elif _ITEM.match(line):
            end = _run(lines, number, lambda s: bool(_ITEM.match(s)))
            blocks.append(Items(tuple(m[1].strip() for m in map(_ITEM.match, lines[number:end]) if m)))
            number = end
        elif line:
            end = _paragraph_end(lines, number)
            blocks.append(Paragraph("\n".join(s.strip() for s in lines[number:end])))
            number = end
        else:
            number += 1
    title = next((block.text for block in blocks if isinstance(block, Heading)), "")
    canonical = next((m[1] for s in lines[:5] if (m := _CANONICAL.match(s.strip()))), "")
    return Document(
        title,
        tuple(blocks),
        canonical,
        cut=_is_cut(lines, blocks, text.endswith("\n")),
        undecodable=undecodable + text.count("\0"),
    )


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
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    cells = (cell.strip().replace("\\|", "|") for cell in _PIPE.split(inner))
    return tuple("\n".join(part.strip() for part in _BREAK.split(cell)) for cell in cells)


def _table(lines: list[str]) -> Table:
    rows = [_cells(line) for line in lines]
    if len(rows) > 1 and _separates(rows[1]):
        del rows[1]
    return Table(tuple(rows))


def _is_cut(lines: list[str], blocks: list[Block], line_ends: bool) -> bool:
    written = [line for line in lines if line.strip()]
    if blocks and isinstance(blocks[-1], Table):
        closed = [line.endswith("|") for line in written[-len(blocks[-1].rows) :]]
        return len(closed) == 1 or (not closed[-1] and (any(closed) or not line_ends))
    return bool(blocks) and isinstance(blocks[-1], Paragraph) and written[-1].endswith(":")
