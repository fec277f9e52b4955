"""Tables that a page draws with elements of no meaning: only their structure tells that they are rows of cells.

A row is an element with two cells or more, a cell a piece of the page without headings and tables. Rows that follow each other in
one element are a table, and so are those of elements that follow each other; a heading between two rows begins another table. A
flat element with many cells is a strip. Elements inside of each other may give several tables of the same words: what a table is
about, and whether it is one, is for others to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from selectolax.lexbor import LexborNode

from scraper.document import Table
from scraper.readers.grid import Cell, resolve
from scraper.readers.tags import KINDS, is_hidden
from scraper.readers.walker import text_of

MAX_ELEMENTS, MAX_CELLS = 60_000, 30_000
"""A page with more elements is not looked at in this way; of one with more cells the first are read."""

_WIDEST, _LONGEST, _LARGEST, _DEEPEST = 12, 400, 60, 3
_NARROWEST_STRIP = 6
_WHOLE = frozenset(("table", "terms", "text", "heading"))
_UNSEEN = frozenset(("passed over", "hidden"))
_LINE_BREAKS = frozenset(("br", "hr", "wbr"))

Row = tuple[LexborNode, ...]
"""The cells of a row, each an element or a text; a bare row has one."""


@dataclass(slots=True)
class _Shape:
    """What is known of an element when all of its inside is: what it shows (of the innermost of those that hold one element and
    nothing else), the length of its text, how many elements it holds, whether a table or a heading is among them; and the rows
    in it, if they are all that it holds, put together through so many levels."""

    core: list[LexborNode] = field(default_factory=list)
    length: int = 0
    elements: int = 1
    whole: bool = False
    rows: list[Row] = field(default_factory=list)
    levels: int = 0

    @property
    def is_cell(self) -> bool:
        return not self.whole and self.length <= _LONGEST and self.elements <= _LARGEST


def drawn(root: LexborNode, marks: Mapping[int, str]) -> dict[int, list[Table]]:
    """The tables of boxes of a page, by the `mem_id` of the element or text with which each begins."""
    page = _Page(marks)
    elements = list(islice(page.inside_out(root), MAX_ELEMENTS + 1))
    found: dict[int, list[Table]] = {}
    seen: set[tuple[int, ...]] = set()
    budget = 0 if len(elements) > MAX_ELEMENTS else MAX_CELLS
    for node in elements if budget else ():
        for piece in page.pieces(node):
            cells = [cell for row in piece for cell in row]
            key = tuple(cell.mem_id for cell in cells)
            budget -= len(cells)
            if budget < 0:
                return found
            if key not in seen:
                seen.add(key)
                found.setdefault(key[0], []).append(_table(piece))
    return found


class _Page:
    """The shapes of the elements of a page, by `mem_id`."""

    def __init__(self, marks: Mapping[int, str]) -> None:
        self._marks = marks
        self._shapes: dict[int, _Shape] = {}

    def inside_out(self, root: LexborNode) -> Iterator[LexborNode]:
        """The elements of a page that may be drawn, each after those inside of it."""
        stack: list[tuple[LexborNode, bool]] = [(root, False)]
        while stack:
            node, left = stack.pop()
            if left:
                yield node
                continue
            stack.append((node, True))
            if self._kind(node) not in _WHOLE:
                stack += [(child, False) for child in reversed(self._children(node)) if not child.is_text_node]

    def pieces(self, node: LexborNode) -> Iterator[list[Row]]:
        """The tables that the children of an element may be, whose own are known."""
        shape = self._shapes[node.mem_id] = _Shape()
        if self._kind(node) in _WHOLE:
            shape.whole = True
            return
        children = self._children(node)
        self._measure(shape, children)
        shape.core = children
        if len(children) == 1 and (only := self._shapes.get(children[0].mem_id)):
            shape.core = only.core
            shape.rows, shape.levels = only.rows, only.levels
            return
        joined = self._parted(children, joining=True)
        yield from (piece for piece in joined if piece)
        yield from (piece for piece in self._parted(children, joining=False) if piece)
        if len(joined) == 1 and joined[0]:
            inner = (self._shapes[child.mem_id].levels for child in children if child.mem_id in self._shapes)
            shape.rows, shape.levels = joined[0], 1 + max(inner, default=0)
        if len(children) >= _NARROWEST_STRIP and all(self._is_cell(child) for child in children):
            yield [tuple(children)]

    def _kind(self, node: LexborNode) -> str:
        kind = KINDS.get(node.tag or "", "inline")
        return self._marks.get(node.mem_id, kind)

    def _children(self, node: LexborNode) -> list[LexborNode]:
        """The elements and texts in an element that are shown."""
        found: list[LexborNode] = []
        child = node.first_child
        while child is not None:
            if child.is_text_node:
                if (child.text_content or "").strip():
                    found.append(child)
            elif self._kind(child) not in _UNSEEN and not is_hidden(child.attributes):
                found.append(child)
            child = child.next
        return found

    def _measure(self, shape: _Shape, children: list[LexborNode]) -> None:
        for child in children:
            if inner := self._shapes.get(child.mem_id):
                shape.length += inner.length
                shape.elements += inner.elements
                shape.whole = shape.whole or inner.whole
            else:
                shape.length += len(child.text_content or "")

    def _is_cell(self, node: LexborNode) -> bool:
        shape = self._shapes.get(node.mem_id)
        return bool(shape and shape.is_cell)

    def _parted(self, children: list[LexborNode], joining: bool) -> list[list[Row]]:
        """The rows among the children of an element, parted by headings and by what is neither row nor cell; pieces without
        rows are empty. With `joining` an element that holds rows is no row itself."""
        pieces: list[list[Row]] = [[]]
        for child in children:
            shape = self._shapes.get(child.mem_id)
            if joining and shape and len(shape.rows) > 1 and shape.levels < _DEEPEST:
                pieces[-1] += shape.rows
            elif shape and (row := self._row(shape)):
                pieces[-1].append(row)
            elif shape and shape.is_cell:
                if shape.length:
                    pieces[-1].append((child,))
            else:
                pieces.append([])
        return [piece if any(len(row) > 1 for row in piece) else [] for piece in pieces]

    def _row(self, shape: _Shape) -> Row | None:
        """The cells of an element that is a row: elements, or an element beside its text (`<b>Pay</b> $1`)."""
        cells = shape.core
        if not 2 <= len(cells) <= _WIDEST or any(cell.tag in _LINE_BREAKS for cell in cells):
            return None
        texts = [cell for cell in cells if cell.is_text_node]
        if texts and (len(cells) > 2 or len(texts[0].text_content or "") > _LONGEST):
            return None
        return tuple(cells) if all(cell.is_text_node or self._is_cell(cell) for cell in cells) else None


def _table(piece: list[Row]) -> Table:
    rows = [[_cell(node) for node in row] for row in piece]
    return resolve(rows, made_of="strip" if len(rows) == 1 and len(rows[0]) > _WIDEST else "boxes")


def _cell(node: LexborNode) -> Cell:
    return Cell(" ".join((node.text_content or "").split())) if node.is_text_node else text_of(node)
