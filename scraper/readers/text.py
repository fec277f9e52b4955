"""Extracted text with pipe tables: Markdown headings and lists, tables with or without a separator line."""

import html
import re
from collections.abc import Callable

from scraper.document import Block, Document, Heading, Items, Paragraph, Table
from scraper.readers.passage import NOTE, SEAM, tidy

_HEADING = re.compile(r"(#{1,6})\s+(\S.*)?$")
_CLOSING = re.compile(r"(?<!\S)#+$")
_UNDERLINE = re.compile(r"\s{0,3}(={2,}|-{2,})$")
_LONGEST_HEADING = 120
_ITEM = re.compile(r"\s*(?:[-*+•]|[0-9]{1,3}[.)])\s+(\S.*)$")
_SEPARATOR = re.compile(r"\s*:?-[-+]*:?\s*")
_LONG_SEPARATOR = re.compile(r"\s*:?-{3,}:?\s*")
PIPE = re.compile(r"(?<!\\)\|")
LINE = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060"
_TAG = re.compile(r"</?(?:a|abbr|b|em|i|mark|small|span|strong|u)(?:\s[^<>]*)?>", re.IGNORECASE)
_RAISED = re.compile(r"<(/?)su[bp](?:\s[^<>]*)?>", re.IGNORECASE)
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
    lines = [line.rstrip().strip(_INVISIBLE) for line in LINE.split(text.replace("\0", "").replace("\ufeff", ""))]
    blocks: list[Block] = []
    number = 0
    while number < len(lines):
        line = lines[number].strip()
        if _starts_table(lines, number):
            end = _run(lines, number, _begins_with_pipe if line.startswith("|") else lambda s: bool(PIPE.search(s)))
            table = _table(lines[number:end], ends=end < len(lines))
            blocks += [table] if table.rows else []
            number = end
        elif match := _HEADING.match(line):
            blocks.append(Heading(len(match[1]), _inline(_CLOSING.sub("", match[2] or "").rstrip())))
            number += 1
        elif _is_underlined(lines, number):
            blocks.append(Heading(1 if lines[number + 1].strip()[0] == "=" else 2, _inline(line)))
            number += 2
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
    raised = _RAISED.sub(lambda tag: SEAM if tag[1] else NOTE + SEAM, text) if cell else _RAISED.sub(" ", text)
    bare = html.unescape(_TAG.sub(SEAM, raised))
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


def _is_underlined(lines: list[str], number: int) -> bool:
    """Whether a short line that ends no sentence has a line of signs below it, and is a heading."""
    line, below = lines[number], lines[number + 1] if number + 1 < len(lines) else ""
    short = 0 < len(line) <= _LONGEST_HEADING and line[-1] not in ".!?:;,"
    return short and bool(_UNDERLINE.match(below)) and not _ITEM.match(line)


def _starts_table(lines: list[str], number: int) -> bool:
    if lines[number].lstrip().startswith("|"):
        return True
    below = lines[number + 1] if number + 1 < len(lines) else ""
    return bool(PIPE.search(lines[number]) and PIPE.search(below)) and _separates(cells(below))


def _begins_with_pipe(line: str) -> bool:
    """Rows are written alike: below one that begins with a pipe, words with a pipe among them are none."""
    return line.lstrip().startswith("|")


def _separates(row: tuple[str, ...]) -> bool:
    return all(_SEPARATOR.fullmatch(cell) for cell in row)


def cells(line: str) -> tuple[str, ...]:
    """The cells of the line of a row."""
    inner = line.strip().removeprefix("|")
    if _is_closed(line):
        inner = inner[:-1]
    return tuple("\n".join(_inline(part, cell=True) for part in _BREAK.split(cell)) for cell in PIPE.split(inner))


def _is_closed(line: str) -> bool:
    return line.endswith("|") and not line.endswith("\\|")


def _table(lines: list[str], ends: bool) -> Table:
    """`ends` tells that the last line is not the end of the text. A line of dashes below a header is no
    row, a line of long ones nowhere."""
    closed = [_is_closed(line) for line in lines]
    open_rows = [n for n, is_closed in enumerate(closed) if not is_closed] if any(closed) else [] if ends else [len(lines) - 1]
    rows = [cells(line) for line in lines]
    kept = [n for n, row in enumerate(rows) if not (n == 1 and _separates(row)) and not all(map(_LONG_SEPARATOR.fullmatch, row))]
    return Table(tuple(rows[n] for n in kept), open=tuple(place for place, n in enumerate(kept) if n in open_rows))


def _is_cut(blocks: list[Block]) -> bool:
    if any(isinstance(block, Table) and block.open for block in blocks):
        return True
    last = blocks[-1] if blocks else None
    return (isinstance(last, Table) and len(last.rows) == 1) or (isinstance(last, Paragraph) and last.text.endswith(":"))
