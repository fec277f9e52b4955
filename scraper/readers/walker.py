"""One walk over the tree of a page: its headings, paragraphs, lists and tables in page order."""

from collections.abc import Mapping
from typing import Literal

from selectolax.lexbor import LexborNode

from scraper.document import Block, Heading, Items, Paragraph, Table
from scraper.readers.grid import Cell, resolve
from scraper.readers.passage import BLANKS, BREAK, SEAM, Passage, one_line, tidy
from scraper.readers.tags import (
    END,
    ENDING,
    KINDS,
    LEVELS,
    METERS,
    PICTURES,
    ROLES,
    SHOWN,
    TELLING,
    TERMS,
    Attributes,
    is_hidden,
)  # fmt: skip


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


class _Grid:
    """A table on its way: rows of cells, at the place where the table began."""

    __slots__ = ("cut", "made_of", "rows")

    def __init__(self, made_of: Literal["table", "roles", "terms"] = "table") -> None:
        self.rows: list[list[Cell]] = []
        self.cut = False
        self.made_of = made_of


class _List:
    """A list on its way."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: list[str] = []


class Walker:
    """One depth-first walk. `texts` is the stack of open texts; the lowest takes the paragraphs of the page.

    `marks` tell of nodes (by `mem_id`) what their tags do not (see `scraper.readers.marks`), `drawn` which tables of boxes begin
    at a node.
    """

    def __init__(self, marks: Mapping[int, str] | None = None) -> None:
        self.marks = marks or {}
        self.drawn: Mapping[int, list[Table]] = {}
        self.found: list[Heading | Paragraph | Table | _Grid | _List] = []
        self.texts = [Passage()]
        self.grids: list[_Grid] = []
        self.lists: list[_List] = []
        self.cut = True
        self.ended = False
        self.seams: list[tuple[int, bool]] = []
        self.metas: list[Attributes] = []

    def blocks(self) -> list[Block]:
        """What was found, in page order."""
        made: list[Block] = []
        for block in self.found:
            if isinstance(block, _Grid):
                table = resolve(block.rows, block.cut, block.made_of)
                made += [table] if table.rows else []
            elif isinstance(block, _List):
                made += [Items(tuple(block.items))] if block.items else []
            else:
                made.append(block)
        return made

    def walk(self, root: LexborNode) -> None:
        """Take everything inside of an element."""
        texts, grids, kind_of, marks, drawn = self.texts, self.grids, KINDS.get, self.marks, self.drawn
        open_nodes: list[tuple[LexborNode, str]] = []
        node = root.first_child
        while node is not None or open_nodes:
            if node is None:
                node, kind = open_nodes.pop()
                if kind:
                    self.leave(kind)
                node = node.next
                continue
            tag = node.tag or ""
            kind = kind_of(tag, "inline")
            if marks and kind != "text":
                kind = marks.get(node.mem_id, kind)
            if drawn and node.mem_id in drawn:
                self.flush()
                self.found += drawn[node.mem_id]
            if kind == "text":
                texts[-1].parts.append(node.text_content or "")
            elif kind == "passed over":
                self.pass_over(node)
            elif kind == "hidden":
                pass
            elif grids:
                attributes = node.attributes
                if not (attributes and is_hidden(attributes)) and not (kind == "cell" and self.put_cell(node, attributes)):
                    open_nodes.append((node, self.enter(kind, tag, attributes)))
                    node = node.first_child
                    continue
            elif len(texts) > 1 or kind not in ENDING or marks or not self.put(node, kind, tag):
                open_nodes.append((node, self.enter(kind, tag, {})))
                node = node.first_child
                continue
            node = node.next
        self.flush()

    def put(self, node: LexborNode, kind: str, tag: str) -> bool:
        """Take an element that ends a text, if it holds a text and nothing else, or none but phrases around it; most elements
        are such."""
        child = node.first_child
        while child is not None and child.next is None:
            if child.is_text_node:
                break
            if child.tag in KINDS:
                return False
            child = child.first_child
        else:
            return False
        line = one_line(child.text_content or "")
        if kind != "item":
            self.flush()
            if line:
                self.found.append(Heading(LEVELS[tag], line) if kind == "heading" else Paragraph(line))
            return True
        if self.lists:
            self.lists[-1].items.append(line)
        return bool(self.lists)

    def put_cell(self, node: LexborNode, attributes: Attributes) -> bool:
        """Take a cell, if it holds a text and nothing else."""
        words = _lone_text_of_cell(node)
        if words is None:
            return False
        self.add_cell(attributes).text = tidy(words, cell=True)
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

    def end(self) -> None:
        """The last byte of the page: what is open here is cut."""
        self.cut, self.ended = bool(self.grids), True
        for grid in self.grids:
            grid.cut = True

    def embedded(self, tag: str, attributes: Attributes) -> None:
        """Something in a cell that is shown, but is no text: its description counts only where there is no text."""
        if tag == "input" and attributes.get("type") == "hidden":
            return
        self.note_unseen(tag in PICTURES, attributes.get("alt") or attributes.get("aria-label") or "")

    def open_cell(self) -> Cell | None:
        """The cell in which the walk is, or the last one of the table between two."""
        row = self.grids[-1].rows[-1] if self.grids and self.grids[-1].rows else []
        return row[-1] if row else None

    def note_unseen(self, picture: bool, words: str = "") -> None:
        """Something in the open cell is shown that is no text."""
        if cell := self.open_cell():
            cell.unseen = True
            cell.picture = cell.picture or picture
            if description := BLANKS.sub(" ", words).strip():
                cell.descriptions.append(description)

    def enter(self, kind: str, tag: str, attributes: Attributes) -> str:
        """Open what an element opens; the answer names what `leave` has to close."""
        if kind in TERMS:
            return self.enter_terms(kind, tag, attributes)
        if kind == "caption":
            kind, tag = "heading", kind
        if kind == "block" and not self.grids:
            self.flush()
            return "line"
        alone = len(self.texts) == 1
        if kind in ("list", "item", "heading") and not (alone or tag == "caption"):
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
            self.lists.append(_List())
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
        """A list of terms is a table of its own: a row for each term, with its descriptions; elsewhere its words are lines."""
        if kind == "terms" and len(self.texts) == 1:
            self.enter_table("terms")
            return "table"
        if kind == "terms" or not self.grids or self.grids[-1].made_of != "terms" or self.texts[-1].cell:
            return self.enter("block", tag, attributes)
        if kind == "term":
            self.grids[-1].rows.append([])
        self.enter_grid("cell", tag, attributes)
        return "cell"

    def enter_table(self, made_of: Literal["table", "roles", "terms"]) -> None:
        """Begin a table; inside of another it is something that is no text."""
        self.flush()
        self.note_unseen(picture=False)
        self.grids.append(_Grid(made_of))
        self.cut = self.cut or self.ended  # what does not belong into an open table is put before it
        self.grids[-1].cut = self.ended
        self.found.append(self.grids[-1])
        self.texts.append(Passage())

    def enter_grid(self, kind: str, tag: str, attributes: Attributes) -> None:
        """What has a meaning only inside of a table."""
        if kind == "cell":
            self.add_cell(attributes)
            self.texts.append(Passage(cell=True))
        elif kind == "row":
            self.grids[-1].rows.append([])
        elif kind == "picture":
            self.embedded(tag, attributes)

    def open_seam(self, tag: str, attributes: Attributes, kind: str = "inline") -> str:
        """Remember where an element in a table begins, and whether it has attributes: an empty one with some is there to be
        drawn."""
        if attributes or tag in METERS:
            self.describe(tag, attributes)
        self.seams.append((len(self.texts[-1].parts), bool(attributes)))
        return kind

    def describe(self, tag: str, attributes: Attributes) -> None:
        """An element in a cell whose content may be drawn by its style, and only described: stars, icons, bars."""
        words = attributes.get("aria-label") or attributes.get("title") or ""
        drawn = tag in METERS or attributes.get("role") in ROLES or "url(" in (attributes.get("style") or "")
        if words or drawn:
            self.note_unseen(picture=False, words=words)

    def add_cell(self, attributes: Attributes) -> Cell:
        """Begin a cell in the last row."""
        rows = self.grids[-1].rows
        if not rows:
            rows.append([])
        width, height = (attributes.get(name) or attributes.get(f"aria-{name}") or "" for name in ("colspan", "rowspan"))
        cell = Cell("", width, height)
        rows[-1].append(cell)
        return cell

    def leave(self, kind: str) -> None:
        """Close what `enter` opened."""
        if kind == "line":
            self.flush()
        elif kind == "phrase":
            self.texts[-1].parts.append(SEAM)
        elif kind == "item":
            self.lists[-1].items.append(self.texts.pop().take())
        elif kind == "cell":
            self.leave_cell()
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
            self.texts.pop()
            self.grids.pop()

    def leave_cell(self) -> None:
        """Give the open cell its text, or where it has none the words that describe what it shows."""
        cell = self.grids[-1].rows[-1][-1]
        cell.text = self.texts.pop().take()
        if cell.text:
            cell.unseen = False
        else:
            cell.text = "\n".join(cell.descriptions)

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

    def place(self, heading: Heading) -> None:
        """A caption stands inside of its table but is read before it."""
        if self.found and self.grids and self.found[-1] is self.grids[-1]:
            self.found.insert(-1, heading)
        else:
            self.found.append(heading)

    def flush(self) -> None:
        """End a line inside of a cell or item, a paragraph elsewhere."""
        if len(self.texts) > 1:
            self.texts[-1].parts.append(BREAK)
        elif self.texts[0].parts and (words := self.texts[0].take()):
            self.found.append(Paragraph(words))


def text_of(node: LexborNode) -> Cell:
    """What an element shows, read as a cell."""
    walker = Walker()
    grid = _Grid()
    walker.grids.append(grid)
    cell = walker.add_cell({})
    walker.texts.append(Passage(cell=True))
    walker.walk(node)
    walker.leave_cell()
    return cell
