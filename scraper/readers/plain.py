"""Lists and tables as most of them are written: read at once, without a walk through each of their elements.

What is found here is what the walk would find; of all that is not plain, nothing is said.
"""

from collections.abc import Container, Mapping
from itertools import chain
from operator import attrgetter

from selectolax.lexbor import LexborNode

from scraper.readers.grid import MAX_CELLS, Cell
from scraper.readers.kinds import AROUND, BY_NUMBER, CELLS, GROUPS, ITEM, PHRASES, ROW, TEXT
from scraper.readers.page import Grid, List
from scraper.readers.passage import NOTE, SEAM, one_line_each, tidy
from scraper.readers.tags import ENDING, KINDS, TELLING, Attributes
from scraper.readers.walker import Walker, lone_text

_number, _first, _next, _words = (attrgetter(name) for name in ("tag_id", "first_child", "next", "text_content"))
_BLANKS = " \t\r\n\f"
_HIDING = frozenset(("hidden", "role", "style"))
_PLACING = _HIDING | {"colspan", "rowspan"}
"""The attributes of rows and cells with which a row, or a table, is not plain."""


class PlainWalker(Walker):
    """A walk that takes what is plain as a whole. `around` are the marked elements, and all that hold one; None: any may be.

    Outside of tables, headings and items there is but one open text; inside of them it goes on as any walk.
    """

    def __init__(self, marks: Mapping[int, str], around: Container[int] | None) -> None:
        super().__init__(marks)
        self._given, self._around = self.marks, () if around is None else around
        self._is_plain = around is not None

    def walk(self, root: LexborNode) -> None:
        """As `Walker.walk`; where a table of boxes or a panel is to be put in, node by node."""
        self._is_plain = self._is_plain and not self.before and self.marks is self._given
        if self._is_plain:
            self._stroll(root)
        else:
            self.inside(root)
        self.flush()

    def _stroll(self, root: LexborNode) -> None:
        """Take everything inside of the page."""
        parts, kinds, marks, around = self.texts[0].parts, BY_NUMBER.get, self.marks, self._around
        open_nodes: list[tuple[LexborNode, str]] = []
        node = root.first_child
        while node is not None or open_nodes:
            if node is None:
                node, kind = open_nodes.pop()
                if kind != "line":
                    self.leave(kind)
                elif parts:
                    self.flush()
                node = node.next
                continue
            kind = kinds(node.tag_id) or KINDS.get(node.tag or "", "inline")
            if kind == "text":
                words = node.text_content or ""
                if parts or words.strip(_BLANKS):
                    parts.append(words)
                node = node.next
                continue
            if marks and node.mem_id in around:
                opened = self._open(node, marks.get(node.mem_id, kind))
            elif kind in ENDING:
                child = node.first_child
                if child is not None and child.next is None:
                    lone = (child.text_content or "") if child.tag_id == TEXT else lone_text(node)
                    if lone is not None and not (marks and _has_seams(lone)) and self.put_words(node, kind, lone):
                        node = node.next
                        continue
                opened = self._open(node, kind)
            else:
                taken = (kind == "list" and self._put_list(node)) or (kind == "table" and self._put_table(node))
                opened = None if taken else self._open(node, kind)
            if opened is None:
                node = node.next
            else:
                open_nodes.append((node, opened))
                node = node.first_child

    def _open(self, node: LexborNode, kind: str) -> str | None:
        """Come to an element that is not plain; None where everything in it is taken, or nothing is to be."""
        if kind == "block":
            if self.texts[0].parts:
                self.flush()
            return "line"
        if kind == "inline":
            self.texts[0].parts.append(SEAM)
            return "phrase"
        if kind == "passed over":
            self.pass_over(node)
            return None
        if kind == "hidden":
            return None
        opened = self.enter(kind, node.tag or "", {})
        if len(self.texts) == 1:
            return opened
        self.inside(node)
        self.leave(opened)
        return None

    def _put_list(self, node: LexborNode) -> bool:
        """Take a plain list."""
        found = items(node, bool(self.marks))
        if found is None:
            return False
        self.flush()
        self.found.append(List(found))
        return True

    def put_row(self, row: LexborNode, /) -> bool:
        """Take a plain row of a table that is not plain as a whole."""
        grid = self.grids[-1]
        if not self._is_plain or grid.made_of != "table" or grid.inside or (self.marks and row.mem_id in self._around):
            return False
        if not _HIDING.isdisjoint(row.attributes) or (found := _cells(row, _HIDING)) is None:
            return False
        grid.rows.append(
            [Cell(tidy(words, cell=True), said.get("colspan") or "", said.get("rowspan") or "") for words, said in found]
        )
        return True

    def _put_table(self, node: LexborNode) -> bool:
        """Take a plain table."""
        found = rows(node)
        if found is None:
            return False
        self.flush()
        grid = Grid()
        grid.texts, grid.cut = found, self.ended
        self.cut = self.cut or self.ended
        self.found.append(grid)
        return True


def _has_seams(text: str) -> bool:
    """Whether a text holds characters that stand for seams where it is put together with others."""
    return SEAM in text or NOTE in text


def items(node: LexborNode, seams: bool) -> list[str] | None:
    """The items of a list of which each holds a text and nothing else, or all the same phrases around it; with `seams` none of
    them may have characters that stand for these."""
    level = [*node.iter(include_text=True, skip_empty=True)]
    numbers = {*map(_number, level)}
    if numbers != {ITEM}:
        return None
    while True:
        level = [*map(_first, level)]
        if not all(level) or any(map(_next, level)):
            return None
        numbers = {*map(_number, level)}
        if numbers == {TEXT}:
            break
        if not numbers <= PHRASES:
            return None
    texts: list[str] = [*map(_words, level)]
    if not all(texts):
        return None
    return None if seams and any(map(_has_seams, texts)) else one_line_each(texts)


def rows(table: LexborNode) -> tuple[tuple[str, ...], ...] | None:
    """The rows of a table of which each cell holds at most a text and elements around it that draw nothing, and none spans."""
    found: list[list[str]] = []
    for group in table.iter(include_text=True, skip_empty=True):
        if group.tag_id not in GROUPS or not _PLACING.isdisjoint(group.attributes):
            return None
        for row in group.iter(include_text=True, skip_empty=True):
            if row.tag_id != ROW or not _PLACING.isdisjoint(row.attributes):
                return None
            if (cells := _cells(row, _PLACING)) is None:
                return None
            found.append([words for words, _ in cells])
    whole = "".join(chain.from_iterable(found))
    if sum(map(len, found)) > MAX_CELLS:
        return None
    if whole.isprintable() and "  " not in whole:
        return tuple([tuple([cell.strip() for cell in row]) for row in found if row])
    return tuple([tuple([tidy(cell, cell=True) for cell in row]) for row in found if row])


def _cells(row: LexborNode, besides: frozenset[str]) -> list[tuple[str, Attributes]] | None:
    """The texts of the cells of a row with their attributes, of which none is among those `besides`."""
    found: list[tuple[str, Attributes]] = []
    for cell in row.iter(include_text=True, skip_empty=True):
        attributes = cell.attributes
        if cell.tag_id not in CELLS or not besides.isdisjoint(attributes):
            return None
        child = cell.first_child
        if child is None:
            found.append(("", attributes))
            continue
        while child.next is None:
            number = child.tag_id
            if number == TEXT:
                found.append((child.text_content or "", attributes))
                break
            if number not in AROUND or not TELLING.isdisjoint(child.attributes):
                return None
            if (child := child.first_child) is None:
                return None
        else:
            return None
    return found
