"""Tables that a page draws with elements of no meaning: only their structure tells that they are rows of cells.

A row is an element with two cells or more, a cell a piece of the page without headings and tables, or where several stand
beside each other a heading. Rows that follow each other in one element are a table, and so are those of elements that follow
each other; a heading between two rows begins another table. A flat element with many cells is a strip; a cell that spans the
whole width of its grid, by its own style, stands in a row of its own. Pictures are no cells, but the cells beside them remember
them. Elements inside of each other may give several tables of the same words: what a table is about, and whether it is one, is
for others to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from selectolax.lexbor import LexborNode

from scraper.document import MadeOf, Table
from scraper.readers.grid import Cell, resolve
from scraper.readers.styles import WHOLE_WIDTH, columns_of
from scraper.readers.tags import END, KINDS, PICTURES, is_hidden
from scraper.readers.walker import Noted, text_of

MAX_ELEMENTS, MAX_CELLS = 60_000, 30_000
"""A page with more elements is not looked at in this way; of one with more cells the first are read."""

_WIDEST, _LONGEST, _LARGEST, _DEEPEST = 40, 400, 60, 3
_NARROWEST_STRIP = 6
_WHOLE = frozenset(("table", "terms", "text", "heading"))
_OF_TABLES = frozenset(("thead", "tbody", "tfoot", "tr", "colgroup", "col"))
_UNSEEN = frozenset(("passed over", "hidden", "picture"))
_NO_CELLS = frozenset(("br", "hr", "wbr", "sup", "sub"))

Row = tuple[LexborNode, ...]
"""The cells of a row, each an element or a text; a bare row has one."""


@dataclass(slots=True)
class _Shape:
    """What is known of an element when all of its inside is: what it shows (of the innermost of those that hold one element and
    nothing else), the length of its text, how many elements it holds, whether a table or a heading is among them, or whether it
    is a heading; and the rows in it, if they are all that it holds, put together through so many levels: in one way, or in two
    where a row may as well hold rows."""

    core: list[LexborNode] = field(default_factory=list)
    length: int = 0
    elements: int = 1
    whole: bool = False
    heading: bool = False
    rows: list[list[Row]] = field(default_factory=list)
    levels: int = 0

    @property
    def is_cell(self) -> bool:
        return not self.whole and self.length <= _LONGEST and self.elements <= _LARGEST


def drawn(root: LexborNode, marks: Mapping[int, str], cut: bool = False, noted: Noted | None = None) -> dict[int, list[Table]]:
    """The tables of boxes of a page, by the `mem_id` of the element or text with which each begins, headings aside; `cut` tells
    that the page does not end as pages do."""
    page = _Page(marks)
    unended = _around_the_end(root) if cut else set()
    elements = list(islice(page.inside_out(root), MAX_ELEMENTS + 1))
    found: dict[int, list[Table]] = {}
    seen: set[tuple[int, ...]] = set()
    budget = 0 if len(elements) > MAX_ELEMENTS else MAX_CELLS
    for node in elements if budget else ():
        for made_of, piece in page.pieces(node):
            cells = [cell for row in piece for cell in row]
            key = tuple(cell.mem_id for cell in cells)
            budget -= len(cells)
            if budget < 0:
                return found
            first = next((cell.mem_id for cell in cells if page.kind(cell) != "heading"), 0)
            if key not in seen and first:
                seen.add(key)
                found.setdefault(first, []).append(_table(piece, made_of, marks, unended, noted))
    return found


def _around_the_end(root: LexborNode) -> set[int]:
    """The elements that the last byte of the page stands in: what they hold may go on."""
    found: set[int] = set()
    node: LexborNode | None = root.css_first(END) or _last(root)
    while node is not None and node.tag != "body":
        found.add(node.mem_id)
        node = node.parent
    return found


def _last(node: LexborNode) -> LexborNode:
    """The node with which the page ends."""
    while (child := node.last_child) is not None:
        node = child
    return node


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
            if self.kind(node) not in _WHOLE or node.tag == "table":
                stack += [(child, False) for child in reversed(self._children(node)) if not child.is_text_node]

    def pieces(self, node: LexborNode) -> Iterator[tuple[MadeOf, list[Row]]]:
        """The tables that the children of an element may be, whose own are known."""
        shape = self._shapes[node.mem_id] = _Shape()
        if self.kind(node) in _WHOLE or node.tag in _OF_TABLES:  # the cells of a table that lays out a page may hold boxes
            shape.whole, shape.heading = True, self.kind(node) == "heading"
            return
        children = self._children(node)
        self._measure(shape, children)
        shape.core = children
        if len(children) == 1 and (only := self._shapes.get(children[0].mem_id)):
            shape.core = only.core
            shape.heading = only.heading
            shape.rows, shape.levels = only.rows, only.levels
            return
        inner = [self._shapes[child.mem_id] for child in children if child.mem_id in self._shapes]
        ways = [self._parted(children, way) for way in range(max((len(child.rows) for child in inner), default=0))]
        ways.append(self._parted(children))
        yield from (("boxes", piece) for way in ways for piece in way if piece)
        whole = [way[0] for way in ways if len(way) == 1 and way[0]]
        if whole:
            shape.rows = whole[:1] if len(whole) == 1 or whole[-1] == whole[0] else [whole[0], whole[-1]]
            shape.levels = 1 + max((child.levels for child in inner), default=0)
        if len(children) >= _NARROWEST_STRIP and not any(child.is_text_node for child in children) and self._are_cells(children):
            yield "strip", _lines(children)

    def kind(self, node: LexborNode) -> str:
        """What an element is, in the words of `tags.KINDS`."""
        kind = KINDS.get(node.tag or "", "inline")
        return self._marks.get(node.mem_id, kind)

    def _children(self, node: LexborNode) -> list[LexborNode]:
        """The elements and texts in an element that are shown; a text that only comments part is one, its first node."""
        found: list[LexborNode] = []
        child, in_text = node.first_child, False
        while child is not None:
            if child.is_text_node:
                if not in_text and _words(child):
                    found.append(child)
                    in_text = True
            elif not child.is_comment_node:
                in_text = False
                if self.kind(child) not in _UNSEEN and (child.tag == "body" or not is_hidden(child.attributes)):
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

    def _are_cells(self, nodes: list[LexborNode]) -> bool:
        """Whether all are cells: a heading is one beside another, or before two cells and more; otherwise it would be the heading
        of a card."""
        headings: list[int] = []
        for place, node in enumerate(nodes):
            shape = self._shapes.get(node.mem_id)
            if shape and shape.heading:
                headings.append(place)
            elif not (shape.is_cell if shape else node.is_text_node):
                return False
        if len(headings) == 1:
            return headings[0] == 0 and len(nodes) > 2 and not any(self._holds(node) for node in nodes[1:])
        return not headings or headings[-1] - headings[0] + 1 == len(headings)

    def _holds(self, node: LexborNode) -> bool:
        """Whether an element is no plain cell, but a row or more."""
        return bool((shape := self._shapes.get(node.mem_id)) and (shape.rows or self._row(shape)))

    def _parted(self, children: list[LexborNode], way: int = -1) -> list[list[Row]]:
        """The rows among the children of an element, parted by headings and by what is neither row nor cell; pieces without
        rows are empty. With a `way` to put rows together an element that holds rows is no row itself."""
        pieces: list[list[Row]] = [[]]
        for child in children:
            shape = self._shapes.get(child.mem_id)
            if way >= 0 and shape and shape.levels < _DEEPEST and len(rows := (shape.rows[way:] or shape.rows or [[]])[0]) > 1:
                pieces[-1] += rows
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
        if not 2 <= len(cells) <= _WIDEST or any(cell.tag in _NO_CELLS for cell in cells):
            return None
        texts = [cell for cell in cells if cell.is_text_node]
        if texts and (len(cells) > 2 or len(_words(texts[0])) > _LONGEST):
            return None
        return tuple(cells) if self._are_cells(cells) else None


def _lines(cells: list[LexborNode]) -> list[Row]:
    """The cells of a strip, parted where one takes the whole width."""
    lines: list[list[LexborNode]] = [[]]
    for cell in cells:
        if columns_of(cell) == WHOLE_WIDTH:
            lines += [[cell], []]
        else:
            lines[-1].append(cell)
    return [tuple(line) for line in lines if line]


def _table(piece: list[Row], made_of: MadeOf, marks: Mapping[int, str], unended: set[int], noted: Noted | None) -> Table:
    rows = [[_cell(node, marks) for node in row] for row in piece]
    last = piece[-1][-1]
    cut = last.mem_id in unended or bool(last.parent and last.parent.mem_id in unended)
    table = resolve(rows, cut, made_of)
    if noted:
        noted(table, rows, piece)
    return table


def _words(text: LexborNode) -> str:
    """A text up to the next element."""
    parts: list[str] = []
    node: LexborNode | None = text
    while node is not None and (node.is_text_node or node.is_comment_node):
        parts.append(node.text_content or "" if node.is_text_node else "")
        node = node.next
    return " ".join("".join(parts).split())


def _cell(node: LexborNode, marks: Mapping[int, str]) -> Cell:
    cell = Cell(_words(node)) if node.is_text_node else text_of(node, marks)
    columns = columns_of(node)
    cell.colspan = str(columns) if columns > 1 else ""
    cell.picture = cell.picture or _is_picture(_beside(node, -1)) or _is_picture(_beside(node, 1))
    return cell


def _is_picture(node: LexborNode | None) -> bool:
    return node is not None and node.tag in PICTURES


def _beside(node: LexborNode, step: int) -> LexborNode | None:
    """The next thing before or behind an element that is no blank and no comment."""
    beside = node.next if step > 0 else node.prev
    while beside is not None and (beside.is_comment_node or (beside.is_text_node and not (beside.text_content or "").strip())):
        beside = beside.next if step > 0 else beside.prev
    return beside
