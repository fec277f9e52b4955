"""Where the words of a document stand in the tree of the page: it is read once more, and the nodes of each cell, item and
paragraph are remembered.

The nodes of a text are given only where reading them alone gives that text again; a wrong place is worse than none.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from selectolax.lexbor import LexborHTMLParser
from selectolax.lexbor import LexborNode as Node

from scraper.document import Block, Heading, Items, Paragraph, Table
from scraper.readers import html, marks
from scraper.readers.grid import Cell, resolve
from scraper.readers.page import Grid, List, told
from scraper.readers.tags import Attributes
from scraper.readers.tree import grow
from scraper.readers.walker import Walker, text_of

__all__ = ["Node", "PlacedPage", "Spot", "nodes_inside", "read"]

Spot = tuple[int, int]
"""Row and column in a table, item and 0 in a list, 0 and 0 in a paragraph."""


@dataclass(frozen=True, slots=True)
class PlacedPage:
    """A page as its reader reads it: the tree, the blocks of its document, and for each the `mem_id`s of the
    nodes of its texts."""

    tree: LexborHTMLParser
    marks: Mapping[int, str]
    blocks: tuple[Block, ...]
    spots: tuple[Mapping[Spot, Sequence[int]], ...]

    def nodes(self, block: int, spot: Spot, fits: Callable[[str], bool]) -> list[Node]:
        """The nodes that hold a cell, item or paragraph of which the text fits, none where they are not to be found again. It is
        one element, or the texts of which it is put together."""
        if not 0 <= block < len(self.blocks) or self.tree.root is None:
            return []
        text = _text_at(self.blocks[block], spot)
        wanted = set(self.spots[block].get(spot, ())) if fits(text) else ()
        found = [node for node in nodes_inside(self.tree.root) if node.mem_id in wanted] if wanted else []
        texts = [node for node in found if node.is_text_node]  # the elements around them came by, too
        found = [node for node in texts if (node.text_content or "").strip()] if texts else found
        said = [self._said(node) for node in found]
        if isinstance(self.blocks[block], Table) and not texts:
            return found if said == [text] else []
        return found if _bare("".join(said)) == _bare(text) else []

    def _said(self, node: Node) -> str:
        return node.text_content or "" if node.is_text_node else text_of(node, self.marks).text


def read(body: bytes, charset: str, boxes: bool) -> PlacedPage:
    """An HTML page, read as `scraper.readers.html` reads it. Raises Rejected."""
    tree, utf8, _ = grow(body, charset)
    marked = marks.of(tree)
    walker = _Recorder(marked.kinds)
    html.walk(tree, utf8, walker, boxes, marked.panels)
    blocks, spots = walker.placed()
    return PlacedPage(tree, walker.marks, blocks, spots)


def nodes_inside(root: Node) -> Iterator[Node]:
    """All nodes in an element, in page order."""
    node = root.first_child
    open_nodes: list[Node] = []
    while node is not None or open_nodes:
        if node is None:
            node = open_nodes.pop().next
            continue
        yield node
        if (child := node.first_child) is not None:
            open_nodes.append(node)
            node = child
        else:
            node = node.next


def _text_at(block: Block, spot: Spot) -> str:
    row, column = spot
    if isinstance(block, Table):
        return block.rows[row][column] if row < len(block.rows) and column < len(block.rows[row]) else ""
    if isinstance(block, Items):
        return block.items[row] if row < len(block.items) else ""
    return block.text


def _bare(text: str) -> str:
    return "".join(text.split())


class _Steps(dict[int, Any]):
    """What stands before nodes; the walk asks it at each node, and so it knows at which the walk is."""

    def __init__(self, before: Mapping[int, Any], walker: "_Recorder") -> None:
        super().__init__(before)
        self.walker = walker

    def __bool__(self) -> bool:
        return True

    def __contains__(self, mem_id: object) -> bool:
        found = super().__contains__(mem_id)
        self.walker.step(int(str(mem_id)), found)
        return found


class _Recorder(Walker):
    """A walk that remembers, by the `id` of cells, paragraphs and lists, the nodes that they came from."""

    def __init__(self, marks: Mapping[int, str]) -> None:
        super().__init__(marks)
        self.noted = self.note_boxes
        self.at = 0
        self.run: list[int] = []
        self.held: list[int] = []
        self.items: list[int] = []
        self.came_from: dict[int, list[int]] = {}
        self.made_of: dict[int, list[list[Cell]]] = {}

    def walk(self, root: Node) -> None:
        """As `Walker.walk`."""
        self.before = _Steps(self.before, self)
        super().walk(root)

    def step(self, mem_id: int, ends_paragraph: bool) -> None:
        """The walk comes to a node."""
        self.at = mem_id
        if len(self.texts) == 1:
            (self.held if ends_paragraph else self.run).append(mem_id)

    def flush(self) -> None:
        """As `Page.flush`."""
        before = len(self.found)
        super().flush()
        if len(self.texts) == 1:
            if len(self.found) > before:
                self.came_from[id(self.found[-1])] = self.run
            self.run, self.held = self.held, []

    def put(self, node: Node, kind: str) -> bool:
        """As `Walker.put`."""
        done = super().put(node, kind)
        if done and kind == "item":
            self.came_from.setdefault(id(self.lists[-1]), []).append(node.mem_id)
        elif done and self.found and isinstance(self.found[-1], Paragraph | Heading):
            self.came_from.setdefault(id(self.found[-1]), [node.mem_id])
        return done

    def enter(self, kind: str, tag: str, attributes: Attributes) -> str:
        """As `Walker.enter`."""
        at = self.at
        opened = super().enter(kind, tag, attributes)
        if opened == "item":
            self.items.append(at)
        return opened

    def leave(self, kind: str) -> None:
        """As `Walker.leave`."""
        if kind == "item":
            self.came_from.setdefault(id(self.lists[-1]), []).append(self.items.pop())
        super().leave(kind)

    def add_cell(self, tag: str, attributes: Attributes) -> Cell:
        """As `Page.add_cell`."""
        cell = super().add_cell(tag, attributes)
        self.came_from[id(cell)] = [self.at]
        return cell

    def note_boxes(self, table: Table, rows: list[list[Cell]], nodes: Sequence[Sequence[Node]]) -> None:
        """Remember the nodes of a table of boxes; a text that comments part is more than one."""
        self.made_of[id(table)] = rows
        for row, cells in zip(nodes, rows, strict=True):
            for node, cell in zip(row, cells, strict=True):
                self.came_from[id(cell)] = [part.mem_id for part in _parts(node)]

    def placed(self) -> tuple[tuple[Block, ...], tuple[Mapping[Spot, Sequence[int]], ...]]:
        """The blocks, and for each the nodes of its texts."""
        everything, blocks, spots = self.found, list[Block](), list[Mapping[Spot, Sequence[int]]]()
        for found in everything:
            self.found = [found]
            if made := self.blocks():
                blocks += made
                spots.append(self._spots(found))
        self.found = everything
        return tuple(blocks), tuple(spots)

    def _spots(self, found: Heading | Paragraph | Table | Grid | List) -> Mapping[Spot, Sequence[int]]:
        if isinstance(found, Grid):
            return self._cells(told(found), found.groups)
        if isinstance(found, Table):
            return self._cells(self.made_of[id(found)], ())
        nodes = self.came_from.get(id(found), [])
        return {(n, 0): [node] for n, node in enumerate(nodes)} if isinstance(found, List) else {(0, 0): nodes}

    def _cells(self, rows: list[list[Cell]], groups: Sequence[int]) -> Mapping[Spot, Sequence[int]]:
        """The nodes of the cell in every place of a table, found with the numbers of the cells in place of their texts."""
        cells = [cell for row in rows for cell in row]
        number = {id(cell): str(n) for n, cell in enumerate(cells)}
        numbered = [[Cell(number[id(cell)], cell.colspan, cell.rowspan) for cell in row] for row in rows]
        table = resolve(numbered, groups=groups)
        return {
            (r, c): self.came_from.get(id(cells[int(text)]), [])
            for r, row in enumerate(table.rows)
            for c, text in enumerate(row)
            if text
        }


def _parts(node: Node) -> Iterator[Node]:
    yield node
    beside = node.next if node.is_text_node else None
    while beside is not None and (beside.is_text_node or beside.is_comment_node):
        if beside.is_text_node:
            yield beside
        beside = beside.next
