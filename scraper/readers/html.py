"""HTML to Document with selectolax: one walk over the tree, no class names, no positions."""

import re
from collections.abc import Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from normalize.errors import Rejected
from scraper.document import Block, Document, Heading, Items, Paragraph
from scraper.readers.encoding import detect, is_utf8, sniff
from scraper.readers.grid import Cell, resolve
from scraper.readers.passage import BLANKS, BREAK, SEAM, Passage, one_line

# fmt: off
_STRUCK = frozenset(("del", "s", "strike"))
_SKIPPED = _STRUCK | {"head", "script", "style", "template", "noscript", "datalist"}
_SHOWN = _STRUCK | {
    "svg", "math", "iframe", "select", "textarea", "input", "object", "embed", "canvas", "video", "audio", "noscript", "template",
}
_END = "careerscape-end"  # set behind the last byte: where it ends up in the tree tells whether the page was cut
_BLOCKS = (
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "header", "hr", "html", "legend", "main", "nav", "p", "pre", "search", "section",
    "summary",
)
_LEVELS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6, "caption": 6}
_KINDS = {
    **dict.fromkeys((*_SKIPPED, *_SHOWN, _END, "-comment", "-doctype", "-document", "-cdata", "-undef"), "passed over"),
    "-text": "text",
    **dict.fromkeys(_BLOCKS, "block"), **dict.fromkeys(_LEVELS, "heading"), **dict.fromkeys(("ul", "ol", "menu"), "list"),
    **dict.fromkeys(("wbr", "tbody", "thead", "tfoot", "colgroup", "col"), ""),
    "li": "item", "br": "break", "table": "table", "tr": "row", "td": "cell", "th": "cell", "img": "picture",
}
_ENDING = frozenset(("item", "heading", "block"))
# fmt: on
_METERS = frozenset(("meter", "progress", "data"))
_ROLES = frozenset(("img", "meter", "progressbar"))
_PICTURES = frozenset(("img", "svg", "picture", "canvas", "object"))
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(https?://[^\s>]{1,2000}?)\s*-->", re.IGNORECASE)
_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)
_SELF_CLOSED = re.compile(rb"<(title|script|style|textarea|iframe|noscript|div|span|i|b|a|p|td|th)\b([^<>]*)/>", re.IGNORECASE)

Attributes = Mapping[str, str | None]


def read(body: bytes, charset: str = "") -> Document:
    """The document of an HTML page. NULs and undecodable bytes are dropped or replaced, and counted.

    Raises Rejected `too_hostile` for a tree or a table that is too large.
    """
    undecodable = body.count(b"\0") if is_utf8(body) else 0
    utf8 = body.removeprefix(b"\xef\xbb\xbf")
    if utf8[:256].lstrip().startswith(b"<?xml"):
        utf8 = _SELF_CLOSED.sub(rb"<\1\2></\1>", utf8)
    if detect(body, charset, html=True) != "utf-8" or not is_utf8(body):
        text, undecodable = sniff(body, charset, html=True)
        utf8 = text.encode()
    try:
        tree = LexborHTMLParser(utf8 + b"<" + _END.encode() + b">")
    except SelectolaxError as error:  # a parser of HTML takes everything: only memory can end it
        raise Rejected("too_hostile", f"the parser gave up ({error})") from error
    walker = _Walker()
    if tree.root is not None:
        walker.walk(tree.root)
    title, canonical = tree.css_first("title"), tree.css_first('link[rel~="canonical"]')
    saved_from = _SAVED_FROM.search(utf8, 0, 4096)
    cut = walker.cut or _lacks_its_end(utf8)
    return Document(
        BLANKS.sub(" ", title.text()).strip() if title else "",
        tuple(walker.blocks()),
        (canonical.attributes.get("href") or "").strip() if canonical else "",
        saved_from[1].decode(errors="replace") if saved_from else "",
        cut,
        cut,
        undecodable,
    )


def _lacks_its_end(utf8: bytes) -> bool:
    """The page opens with `<html` or `<body` and ends without either end tag."""
    head, tail = utf8[:8192].lower(), utf8[-8192:].lower()
    return (b"<html" in head or b"<body" in head) and b"</html" not in tail and b"</body" not in tail


def _lone_text(node: LexborNode) -> str | None:
    """The text of an element that has no other child, or none but phrases around the text; most elements are such."""
    child = node.first_child
    while child is not None and child.next is None:
        kind = _KINDS.get(child.tag or "")
        if kind == "text":
            return child.text_content or ""
        if kind is not None:
            return None
        child = child.first_child
    return None


def _is_hidden(attributes: Attributes) -> bool:
    """Inside of tables what a reader of the page cannot see is no text: sort keys, copies for other screens."""
    unseen = "hidden" in attributes or attributes.get("role") == "tooltip"
    return unseen or bool(_HIDDEN.search(attributes.get("style") or ""))


class _Grid:
    """A table on its way: rows of cells, at the place where the table began."""

    __slots__ = ("cut", "rows")

    def __init__(self) -> None:
        self.rows: list[list[Cell]] = []
        self.cut = False


class _List:
    """A list on its way."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: list[str] = []


class _Walker:
    """One depth-first walk. `texts` is the stack of open texts; the lowest takes the paragraphs of the page."""

    def __init__(self) -> None:
        self.found: list[Heading | Paragraph | _Grid | _List] = []
        self.texts = [Passage()]
        self.grids: list[_Grid] = []
        self.lists: list[_List] = []
        self.cut = True
        self.ended = False
        self.seams: list[tuple[int, bool]] = []

    def blocks(self) -> list[Block]:
        made: list[Block] = []
        for block in self.found:
            if isinstance(block, _Grid):
                table = resolve(block.rows, block.cut)
                made += [table] if table.rows else []
            elif isinstance(block, _List):
                made += [Items(tuple(block.items))] if block.items else []
            else:
                made.append(block)
        return made

    def walk(self, root: LexborNode) -> None:
        texts, grids, kind_of = self.texts, self.grids, _KINDS.get
        open_nodes: list[tuple[LexborNode, str]] = []
        node = root.first_child
        while node is not None or open_nodes:
            if node is None:
                node, kind = open_nodes.pop()
                if kind:
                    self.leave(kind)
                node = node.next
                continue
            kind = kind_of(node.tag or "", "inline")
            if kind == "text":
                texts[-1].parts.append(node.text_content or "")
            elif kind == "passed over":
                self.pass_over(node)
            elif grids:
                attributes = node.attributes
                if not (attributes and _is_hidden(attributes)):
                    open_nodes.append((node, self.enter(kind, node.tag or "", attributes)))
                    node = node.first_child
                    continue
            elif len(texts) > 1 or kind not in _ENDING or (words := _lone_text(node)) is None or not self.put(kind, node, words):
                open_nodes.append((node, self.enter(kind, node.tag or "", {})))
                node = node.first_child
                continue
            node = node.next
        self.flush()

    def put(self, kind: str, node: LexborNode, words: str) -> bool:
        """Take an element that ends a text and holds one, and nothing else."""
        line = one_line(words)
        if kind == "item":
            if not self.lists:
                return False
            self.lists[-1].items.append(line)
            return True
        self.flush()
        if line:
            self.found.append(Heading(_LEVELS[node.tag or ""], line) if kind == "heading" else Paragraph(line))
        return True

    def pass_over(self, node: LexborNode) -> None:
        """What is not read: in a cell it may be shown all the same."""
        tag = node.tag or ""
        if tag == _END:
            self.end()
        elif tag == "-comment":
            if (node.comment_content or "").startswith("[CDATA["):
                self.note_unseen(picture=False)
        elif self.grids and tag in _SHOWN and not _is_hidden(attributes := node.attributes):
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
        self.note_unseen(tag in _PICTURES, attributes.get("alt") or attributes.get("aria-label") or "")

    def open_cell(self) -> Cell | None:
        """The cell in which the walk is, or the last one of the table between two."""
        row = self.grids[-1].rows[-1] if self.grids and self.grids[-1].rows else []
        return row[-1] if row else None

    def note_unseen(self, picture: bool, words: str = "") -> None:
        if cell := self.open_cell():
            cell.unseen = True
            cell.picture = cell.picture or picture
            if description := BLANKS.sub(" ", words).strip():
                cell.descriptions.append(description)

    def enter(self, kind: str, tag: str, attributes: Attributes) -> str:
        """Open what an element opens; the answer names what `leave` has to close."""
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
            self.texts.append(Passage(_LEVELS[tag]))
        elif kind == "break":
            self.texts[-1].parts.append(BREAK)
        elif kind == "table":
            self.enter_table()
        elif not self.grids:
            return ""
        else:
            self.enter_grid(kind, tag, attributes)
        return kind

    def enter_table(self) -> None:
        self.flush()
        self.note_unseen(picture=False)
        self.grids.append(_Grid())
        self.cut = self.cut or self.ended  # what does not belong into an open table is put before it
        self.grids[-1].cut = self.ended
        self.found.append(self.grids[-1])
        self.texts.append(Passage())

    def enter_grid(self, kind: str, tag: str, attributes: Attributes) -> None:
        """What has a meaning only inside of a table."""
        if kind == "cell":
            self.enter_cell(attributes)
        elif kind == "row":
            self.grids[-1].rows.append([])
        elif kind == "picture":
            self.embedded(tag, attributes)

    def open_seam(self, tag: str, attributes: Attributes, kind: str = "inline") -> str:
        """Remember where an element in a table begins, and whether it has attributes: an empty one with some is there to be
        drawn."""
        if attributes or tag in _METERS:
            self.describe(tag, attributes)
        self.seams.append((len(self.texts[-1].parts), bool(attributes)))
        return kind

    def describe(self, tag: str, attributes: Attributes) -> None:
        """An element in a cell whose content may be drawn by its style, and only described: stars, icons, bars."""
        words = attributes.get("aria-label") or attributes.get("title") or ""
        drawn = tag in _METERS or attributes.get("role") in _ROLES or "url(" in (attributes.get("style") or "")
        if words or drawn:
            self.note_unseen(picture=False, words=words)

    def enter_cell(self, attributes: Attributes) -> None:
        grid = self.grids[-1]
        if not grid.rows:
            grid.rows.append([])
        grid.rows[-1].append(Cell("", attributes.get("colspan") or "", attributes.get("rowspan") or ""))
        self.texts.append(Passage(cell=True))

    def leave(self, kind: str) -> None:
        if kind == "phrase":
            self.texts[-1].parts.append(SEAM)
        elif kind == "line":
            self.flush()
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
        cell = self.grids[-1].rows[-1][-1]
        cell.text = self.texts.pop().take()
        if cell.text:
            cell.unseen = False
        else:
            cell.text = "\n".join(cell.descriptions)

    def leave_block(self) -> None:
        """An empty block may be a wrapper of nothing: beside a figure it may draw a sign, alone it is an empty cell."""
        began, styled = self.seams.pop()
        if styled and began == len(self.texts[-1].parts) and (cell := self.open_cell()):
            cell.picture = True
        self.flush()

    def leave_inline(self) -> None:
        began, styled = self.seams.pop()
        if styled and began == len(self.texts[-1].parts):
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
        elif words := self.texts[0].take():
            self.found.append(Paragraph(words))
