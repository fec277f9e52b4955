"""HTML to Document with selectolax: one walk over the tree, no class names, no positions."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from normalize.errors import Rejected
from scraper.document import Block, Document, Heading, Items, Paragraph
from scraper.readers.encoding import detect, is_utf8, sniff
from scraper.readers.grid import Cell, resolve
from scraper.readers.passage import BLANKS, BREAK, SEAM, Passage

_STRUCK = frozenset(("del", "s", "strike"))
_SKIPPED = _STRUCK | {"head", "script", "style", "template", "noscript", "datalist"}
_UNSEEN = frozenset(
    (
        "svg",
        "math",
        "iframe",
        "select",
        "textarea",
        "input",
        "object",
        "embed",
        "canvas",
        "video",
        "audio",
        "noscript",
        "template",
    )
)
_NO_SEAM = frozenset(("wbr", "tbody", "thead", "tfoot", "tr", "td", "th", "colgroup", "col"))
_METERS = frozenset(("meter", "progress", "data"))
_ROLES = frozenset(("img", "meter", "progressbar"))
_PICTURES = frozenset(("img", "svg", "picture", "canvas", "object"))
# fmt: off
_BLOCKS = frozenset(
    (
        "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl", "dt", "fieldset",
        "figcaption", "figure", "footer", "form", "header", "hr", "html", "legend", "main", "menu", "nav", "ol", "p", "pre",
        "search", "section", "summary", "ul",
    )
)
# fmt: on
_LEVELS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6, "caption": 6}
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(https?://[^\s>]{1,2000}?)\s*-->", re.IGNORECASE)
_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)
_SELF_CLOSED = re.compile(rb"<(title|script|style|textarea|iframe|noscript|div|span|i|b|a|p|td|th)\b([^<>]*)/>", re.IGNORECASE)
_END = "careerscape-end"  # set behind the last byte: where it ends up in the tree tells whether the page was cut


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
        made = (
            resolve(b.rows, b.cut) if isinstance(b, _Grid) else Items(tuple(b.items)) if isinstance(b, _List) else b
            for b in self.found
        )
        return [block for block in made if getattr(block, "rows", True) and getattr(block, "items", True)]

    def walk(self, root: LexborNode) -> None:
        stack = [(root.iter(include_text=True), "")]
        while stack:
            children, kind = stack[-1]
            node = next(children, None)
            if node is None:
                stack.pop()
                self.leave(kind)
            elif (tag := node.tag) == "-text":
                self.texts[-1].parts.append(node.text_content or "")
            elif tag == _END:
                self.end()
            elif tag is None or tag.startswith("-"):
                if tag == "-comment" and (node.comment_content or "").startswith("[CDATA["):
                    self.note_unseen(picture=False)
            elif tag not in _SKIPPED and tag not in _UNSEEN and not self.hidden(node):
                kind = self.enter(tag, node)
                stack.append((node.iter(include_text=True), kind))
            elif self.grids and (tag in _UNSEEN or tag in _STRUCK) and not self.hidden(node):
                self.embedded(tag, node)
        self.flush()

    def end(self) -> None:
        """The last byte of the page: what is open here is cut."""
        self.cut, self.ended = bool(self.grids), True
        for grid in self.grids:
            grid.cut = True

    def hidden(self, node: LexborNode) -> bool:
        """Inside of tables what a reader of the page cannot see is no text: sort keys, copies for other screens."""
        if not self.grids:
            return False
        attributes = node.attributes
        unseen = "hidden" in attributes or attributes.get("role") == "tooltip"
        return unseen or bool(_HIDDEN.search(attributes.get("style") or ""))

    def embedded(self, tag: str, node: LexborNode) -> None:
        """Something in a cell that is shown, but is no text: its description counts only where there is no text."""
        attributes = node.attributes
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

    def enter(self, tag: str, node: LexborNode) -> str:
        """Open what the tag opens; the answer names what `leave` has to close."""
        if tag == "br":
            self.texts[-1].parts.append(BREAK)
        elif tag in ("td", "th") and self.grids:
            return self.enter_cell(node)
        elif tag == "tr" and self.grids:
            self.grids[-1].rows.append([])
        elif tag == "img":
            if self.grids:
                self.embedded(tag, node)
        elif tag == "table":
            self.flush()
            self.note_unseen(picture=False)
            self.grids.append(_Grid())
            self.cut = self.cut or self.ended  # what does not belong into an open table is put before it
            self.grids[-1].cut = self.ended
            self.found.append(self.grids[-1])
            self.texts.append(Passage())
            return "table"
        elif tag in _LEVELS and (len(self.texts) == 1 or tag == "caption"):
            self.flush()
            self.texts.append(Passage(_LEVELS[tag]))
            return "heading"
        elif tag in ("ul", "ol", "menu") and len(self.texts) == 1:
            self.flush()
            self.lists.append(_List())
            self.found.append(self.lists[-1])
            return "list"
        elif tag == "li" and len(self.texts) == 1 and self.lists:
            self.texts.append(Passage())
            return "item"
        elif tag in _BLOCKS or tag == "li" or tag in _LEVELS:
            self.flush()
            self.open_seam(tag, node)
            return "block"
        elif tag not in _NO_SEAM:
            self.texts[-1].parts.append(SEAM)
            self.open_seam(tag, node)
            return "inline"
        return ""

    def open_seam(self, tag: str, node: LexborNode) -> None:
        """Remember where an element begins, so that `leave` can tell whether it was empty."""
        styled = bool(self.grids) and self.described(tag, node)
        self.seams.append((len(self.texts[-1].parts), styled))

    def described(self, tag: str, node: LexborNode) -> bool:
        """An element in a cell whose content may be drawn by its style, and only described: stars, icons, bars. The answer
        tells whether it has attributes at all: an empty element with some is there to be drawn."""
        attributes = node.attributes
        words = attributes.get("aria-label") or attributes.get("title") or ""
        drawn = tag in _METERS or attributes.get("role") in _ROLES or "url(" in (attributes.get("style") or "")
        if words or drawn:
            self.note_unseen(picture=False, words=words)
        return bool(attributes)

    def enter_cell(self, node: LexborNode) -> str:
        attributes = node.attributes
        grid = self.grids[-1]
        if not grid.rows:
            grid.rows.append([])
        grid.rows[-1].append(Cell("", attributes.get("colspan") or "", attributes.get("rowspan") or ""))
        self.texts.append(Passage(cell=True))
        return "cell"

    def leave(self, kind: str) -> None:
        if kind == "cell":
            cell = self.grids[-1].rows[-1][-1]
            cell.text = self.texts.pop().take()
            if cell.text:
                cell.unseen = False
            else:
                cell.text = "\n".join(cell.descriptions)
        elif kind == "table":
            self.texts.pop()
            self.grids.pop()
        elif kind == "heading":
            text = self.texts.pop()
            if words := text.take().replace("\n", " "):
                self.place(Heading(text.level, words))
        elif kind == "item":
            self.lists[-1].items.append(self.texts.pop().take())
        elif kind == "list":
            self.lists.pop()
        elif kind == "block":
            self.leave_block()
        elif kind == "inline":
            self.leave_inline()

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
