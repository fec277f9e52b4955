"""Row labels that stand loose on a page: outside of every table, beside a figure."""

import re
from collections.abc import Iterator, Mapping, Sequence

from normalize.claims import Claim, Note, Place, Side
from normalize.folding import fold, shown
from scraper.document import DRAWN, Block, Document, Items, Table
from scraper.headings import Reader, is_line
from scraper.sites import Site
from scraper.texts import Texts

_LONGEST, _LONGEST_RUN, _NARROW = 100, 2_000, 3
_FIGURE = re.compile(r"[0-9]")
Loose = tuple[int, str, str]
"""A block, the label in it, and the line of it."""


def loose(texts: Texts, reader: Reader, claims: Sequence[Claim]) -> list[Loose]:
    """The lines outside of what was read that are a row label, or begin with one and go on with a figure or a colon."""
    read: dict[tuple[int, int], list[int]] = {}
    for claim in claims:
        read.setdefault((claim.place.block, claim.place.row), []).append(claim.place.start)
    found: list[Loose] = []
    for block, row, text in texts.beginning(reader.site.label_heads):
        for start, line in _lines(text):
            label = reader.site.label_pattern.match(fold(line)) if len(line) <= _LONGEST else None
            at = Place(block, row, 0, start)
            if label and _is_loose(line, label.end()) and not _is_read(at, len(line), read):
                found.append((block, label[0], line))
    return found


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def _is_read(place: Place, length: int, read: Mapping[tuple[int, int], Sequence[int]]) -> bool:
    """Whether a claim begins in a line."""
    return any(place.start <= start <= place.start + length for start in read.get((place.block, place.row), ()))


def stand_anywhere(document: Document, site: Site) -> bool:
    """Whether a text that is not long has a row label in it."""
    find = site.label_inside.search
    texts = (text for block in document.blocks for text in _texts(block))
    return any(len(text) <= _LONGEST_RUN and find(fold(text)) for text in texts)


def unread(document: Document, reader: Reader, claims: Sequence[Claim], found: Sequence[Loose]) -> list[Note]:
    """A note for each label that stands loose before a value, or in a row of boxes, and of which nothing was read for one of the
    jobs."""
    sides: dict[str, set[Side]] = {}
    for claim in claims:
        sides.setdefault(fold(claim.label), set()).add(claim.side)
    notes: dict[str, Note] = {}
    for block, label, line in found:
        read = sides.get(label, set())
        if len(read) == 1 or (not read and (_FIGURE.search(line) or ":" in line[:-1] or _stands_before_a_value(document, block))):
            notes.setdefault(label, Note("unread_label", repr(shown(line))))
    for label in _in_boxes(document, reader):
        if not sides.get(fold(label)):
            notes.setdefault(fold(label), Note("unread_label", repr(shown(label))))
    return list(notes.values())


def _in_boxes(document: Document, reader: Reader) -> Iterator[str]:
    """The labels that stand in rows of boxes beside a figure."""
    for block in document.blocks:
        if isinstance(block, Table) and block.made_of in DRAWN:
            for cells in block.rows:
                labels = [cell for cell in cells if reader.site.where(cell)]
                if labels and any(_FIGURE.search(cell) for cell in cells):
                    yield from labels


def _texts(block: Block) -> Sequence[str]:
    if isinstance(block, Items):
        return block.items
    if isinstance(block, Table):  # a cell that lays out a page holds many lines
        return [line for row in block.rows for cell in row if "\n" in cell for line in cell.split("\n")]
    return (block.text,)


def _is_loose(line: str, end: int) -> bool:
    rest = fold(line)[end:].lstrip()
    return not rest or rest[0] == ":" or bool(_FIGURE.search(rest))


def _stands_before_a_value(document: Document, block: int) -> bool:
    """Whether behind a heading or paragraph a figure follows, or a short list or narrow table with one."""
    after = document.blocks[block + 1] if block + 1 < len(document.blocks) else None
    if isinstance(after, Items):
        return len(after.items[0]) <= _LONGEST and bool(_FIGURE.search(after.items[0]))
    if isinstance(after, Table):
        return len(after.rows[0]) <= _NARROW and any(map(_FIGURE.search, after.rows[0]))
    return after is not None and is_line(after.text) and bool(_FIGURE.search(after.text))
