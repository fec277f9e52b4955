"""One walk over the tree of a page: its headings, paragraphs, lists and tables in page order."""

from collections.abc import Callable, Mapping, Sequence

from selectolax.lexbor import LexborNode

from scraper.document import Heading, Paragraph, Table
from scraper.readers.grid import Cell
from scraper.readers.kinds import BY_NUMBER, PHRASES, TEXT
from scraper.readers.page import Grid, List, Page
from scraper.readers.passage import BREAK, NOTE, SEAM, Passage, one_line, tidy
from scraper.readers.tags import (
    END,
    ENDING,
    KINDS,
    LEVELS,
    METERS,
    SHOWN,
    TELLING,
    TERMS,
    Attributes,
    is_hidden,
    keeps_its_place,
)  # fmt: skip

Noted = Callable[[Table, list[list[Cell]], Sequence[Sequence[LexborNode]]], None]
"""Is told of each table of boxes, with its cells and the nodes of these."""


def lone_text(node: LexborNode) -> str | None:
    """The text of an element that holds a text and nothing else, or none but phrases around it."""
    child = node.first_child
    while child is not None and child.next is None:
        number = child.tag_id
        if number == TEXT:
            return child.text_content or ""
        if number not in PHRASES and child.tag in KINDS:
            return None
        child = child.first_child
    return None


def _lone_text_of_cell(cell: LexborNode) -> str | None:
    """The text of a cell that has no other child, or none but elements around the text of which nothing is drawn, described
    or hidden; most cells are such."""
    child = cell.first_child
    while child is not None and child.next is None:
        if child.is_text_node:
            return child.text_content or ""
        tag = child.tag or ""
        if KINDS.get(tag, "block") != "block" or tag in METERS or not TELLING.isdisjoint(child.attributes):
            return None
        child = child.first_child
    return None


class Walker(Page):
    """One depth-first walk. `texts` is the stack of open texts; the lowest takes the paragraphs of the page.

    `marks` tell of nodes (by `mem_id`) what their tags do not (see `scraper.readers.marks`), `before` which tables of boxes and
    headings of panels stand before a node, `noted` is told of tables of boxes.
    """

    def __init__(self, marks: Mapping[int, str] | None = None) -> None:
        super().__init__()
        self.marks = marks or {}
        self.before: Mapping[int, Sequence[Table | Heading]] = {}
        self.noted: Noted | None = None
        self.seams: list[tuple[int, bool]] = []
        self.metas: list[Attributes] = []

    def walk(self, root: LexborNode) -> None:
        """Take everything inside of an element, and end the last text."""
        self.inside(root)
        self.flush()

    def inside(self, root: LexborNode) -> None:
        """Take everything inside of an element."""
        texts, grids, kinds, marks, before = self.texts, self.grids, BY_NUMBER.get, self.marks, self.before
        open_nodes: list[tuple[LexborNode, str]] = []
        node = root.first_child
        while node is not None or open_nodes:
            if node is None:
                node, kind = open_nodes.pop()
                if kind:
                    self.leave(kind)
                node = node.next
                continue
            kind = kinds(node.tag_id) or KINDS.get(node.tag or "", "inline")
            if marks and kind != "text":
                kind = marks.get(node.mem_id, kind)
            if before and node.mem_id in before:
                self.flush()
                self.announce()
                self.found += before[node.mem_id]
            if kind == "text":
                texts[-1].parts.append(node.text_content or "")
            elif kind == "passed over":
                self.pass_over(node)
            elif kind == "hidden" or (kind == "row" and grids and self.put_row(node)):
                pass
            elif grids:
                tag, attributes = node.tag or "", node.attributes
                if attributes and is_hidden(attributes):
                    if kind == "cell" and keeps_its_place(attributes):
                        self.add_cell(tag, attributes)
                elif not (kind == "cell" and self.put_cell(node, attributes)):
                    open_nodes.append((node, self.enter(kind, tag, attributes)))
                    node = node.first_child
                    continue
            elif len(texts) > 1 or kind not in ENDING or marks or not self.put(node, kind):
                open_nodes.append((node, self.enter(kind, node.tag or "", {})))
                node = node.first_child
                continue
            node = node.next

    def put(self, node: LexborNode, kind: str) -> bool:
        """Take an element that ends a text, if it holds a text and nothing else, or none but phrases around it; most elements
        are such."""
        words = lone_text(node)
        return words is not None and self.put_words(node, kind, words)

    def put_words(self, node: LexborNode, kind: str, words: str) -> bool:
        """Take an element that ends a text and holds nothing but words; an item only in a list."""
        line = one_line(words)
        if kind != "item":
            if self.texts[0].parts:
                self.flush()
            if line:
                self.found.append(Heading(LEVELS[node.tag or ""], line) if kind == "heading" else Paragraph(line))
            return True
        if self.lists:
            self.lists[-1].items.append(line)
        return bool(self.lists)

    def put_row(self, _: LexborNode, /) -> bool:
        """Take a row of a table as a whole: only the walk of `scraper.readers.plain` does."""
        return False

    def put_cell(self, node: LexborNode, attributes: Attributes) -> bool:
        """Take a cell, if it holds a text and nothing else."""
        words = _lone_text_of_cell(node)
        if words is None:
            return False
        self.add_cell(node.tag or "", attributes).text = tidy(words, cell=True)
        return True

    def pass_over(self, node: LexborNode) -> None:
        """What is not read: in a cell it may be shown all the same."""
        tag = node.tag or ""
        if tag == END:
            self.end()
        elif tag == "-comment":
            if (node.comment_content or "").startswith("[CDATA["):
                self.note_unseen(picture=False)
        elif tag == "meta":
            self.metas.append(node.attributes)
            if not (self.grids and is_hidden(self.metas[-1])):
                self.leave(self.enter("inline", tag, self.metas[-1] if self.grids else {}))
        elif self.grids and tag in SHOWN and not is_hidden(attributes := node.attributes):
            self.embedded(tag, attributes)

    def enter(self, kind: str, tag: str, attributes: Attributes) -> str:
        """Open what an element opens; the answer names what `leave` has to close."""
        if kind in TERMS:
            return self.enter_terms(kind, tag, attributes)
        if kind == "caption":
            kind, tag = "heading", kind
        elif kind in ("raised", "lowered"):
            lowered = BREAK if self.texts[-1].cell else ""
            self.texts[-1].parts.append(NOTE if kind == "raised" else lowered)
            kind = "inline"
        if kind == "block" and not self.grids:
            self.flush()
            return "line"
        alone = len(self.texts) == 1 or tag == "caption" or (kind == "heading" and self.part_terms())
        if kind in ("list", "item", "heading") and not alone:
            if kind == "heading":
                self.flush()
                self.texts[-1].headings[len(self.texts[-1].parts)] = LEVELS[tag]
            kind = "block"
        if kind == "inline":
            self.texts[-1].parts.append(SEAM)
            return self.open_seam(tag, attributes) if self.grids else "phrase"
        if kind == "block" or (kind == "item" and not self.lists):
            self.flush()
            return self.open_seam(tag, attributes, "block") if self.grids else "line"
        if kind == "item":
            self.texts.append(Passage())
        elif kind == "list":
            self.flush()
            self.lists.append(List())
            self.found.append(self.lists[-1])
        elif kind == "heading":
            self.flush()
            self.texts.append(Passage(LEVELS[tag]))
        elif kind == "break":
            self.texts[-1].parts.append(BREAK)
        elif kind == "table":
            self.enter_table("table" if tag == "table" else "roles")
        elif not self.grids:
            return ""
        else:
            self.enter_grid(kind, tag, attributes)
        return kind

    def enter_terms(self, kind: str, tag: str, attributes: Attributes) -> str:
        """A list of terms is a table of its own: a row for each term, with its descriptions; in a table its words are lines."""
        if kind == "terms" and not self.grids and not self.texts[-1].level:
            self.enter_table("terms")
            return "table"
        if kind == "terms" or not self.grids or self.grids[-1].made_of != "terms" or self.texts[-1].cell:
            return self.enter("block", tag, attributes)
        grid = self.grids[-1]
        grid.turned = grid.turned or (kind != "term" and not grid.rows)
        if kind == "term" if not grid.turned else grid.inside != "description":
            self.take_loose()
            grid.rows.append([])
        grid.inside = kind
        self.enter_grid("cell", tag, attributes)
        return "cell"

    def open_seam(self, tag: str, attributes: Attributes, kind: str = "inline") -> str:
        """Remember where an element in a table begins, and whether it has attributes: an empty one with some is there to be
        drawn."""
        if attributes or tag in METERS:
            self.describe(tag, attributes)
        self.seams.append((len(self.texts[-1].parts), bool(attributes)))
        return kind

    def leave(self, kind: str) -> None:
        """Close what `enter` opened."""
        if kind == "line":
            self.flush()
        elif kind == "phrase":
            self.texts[-1].parts.append(SEAM)
        elif kind == "item":
            self.lists[-1].items.append(self.texts.pop().take())
        elif kind == "cell":
            self.leave_cell(self.texts.pop().take())
        elif kind == "row":
            self.take_loose()
            self.grids[-1].inside = ""
        elif kind == "inline":
            self.leave_inline()
        elif kind == "block":
            self.leave_block()
        elif kind == "list":
            self.lists.pop()
        elif kind == "heading":
            text = self.texts.pop()
            if words := text.take().replace("\n", " "):
                self.place(Heading(text.level, words))
        elif kind == "table":
            self.take_loose()
            self.texts.pop()
            self.grids.pop()

    def leave_block(self) -> None:
        """An empty block may be a wrapper of nothing: beside a figure it may draw a sign, alone it is an empty cell."""
        began, styled = self.seams.pop()
        if styled and self.texts[-1].cell and began == len(self.texts[-1].parts) and (cell := self.open_cell()):
            cell.picture = True
        self.flush()

    def leave_inline(self) -> None:
        """An empty phrase with attributes is there to be drawn."""
        began, styled = self.seams.pop()
        if styled and self.texts[-1].cell and began == len(self.texts[-1].parts):
            self.note_unseen(picture=True)
        self.texts[-1].parts.append(SEAM)


def text_of(node: LexborNode, marks: Mapping[int, str]) -> Cell:
    """What an element shows, read as a cell."""
    walker = Walker(marks)
    grid = Grid()
    walker.grids.append(grid)
    attributes = node.attributes
    cell = walker.add_cell("", {})
    if attributes:
        walker.describe(node.tag or "", attributes)
    walker.texts.append(Passage(cell=True))
    walker.walk(node)
    walker.leave_cell(walker.texts.pop().take())
    return cell
