"""HTML to Document with selectolax: one walk over the tree, no class names, no positions."""

import re
from collections.abc import Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper import walls
from scraper.document import Document, Heading
from scraper.readers import marks
from scraper.readers.passage import BLANKS
from scraper.readers.plain import PlainWalker
from scraper.readers.tags import forbids_copies
from scraper.readers.tree import grow, metas_of_head
from scraper.readers.walker import Walker

_PANEL = 5
"""The level of the heading that the tab of a panel is."""
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(https?://[^\s>]{1,2000}?)\s*-->", re.IGNORECASE)


def read(body: bytes, charset: str = "", boxes: bool = False) -> Document:
    """The document of an HTML page. NULs and undecodable bytes are dropped or replaced, and counted; with `boxes` there are
    also the tables that elements without a meaning draw (see `scraper.readers.boxes`).

    Raises Rejected `too_hostile` for a tree or a table that is too large.
    """
    tree, utf8, undecodable = grow(body, charset)
    marked = marks.of(tree)
    walker = PlainWalker(marked.kinds, marked.around)
    walk(tree, utf8, walker, boxes, marked.panels)
    title, canonical = tree.css_first("title"), tree.css_first('link[rel~="canonical"]')
    saved_from = _SAVED_FROM.search(utf8, 0, 4096)
    cut = walker.cut or _lacks_its_end(utf8)
    blocks = tuple(walker.blocks())
    return Document(
        BLANKS.sub(" ", title.text()).strip() if title else "",
        blocks,
        (canonical.attributes.get("href") or "").strip() if canonical else "",
        saved_from[1].decode(errors="replace") if saved_from else "",
        cut,
        cut,
        undecodable,
        any(map(forbids_copies, metas_of_head(tree))) or any(map(forbids_copies, walker.metas)),
        walls.marks(utf8) if walls.has_little_text(blocks) else (),
    )


def walk(tree: LexborHTMLParser, utf8: bytes, walker: Walker, boxes: bool, panels: Mapping[int, str]) -> None:
    """Let a walker take a page, with its panels and with tables of boxes."""
    walker.before = {panel: [Heading(_PANEL, words)] for panel, words in panels.items()}
    if tree.root is not None:
        if boxes:
            _look_for_boxes(tree, tree.root, walker, not _has_its_end(utf8))
        walker.walk(tree.root)
    if not walker.ended:
        low = utf8.lower()
        walker.miss_end(low.rfind(b"<table") > low.rfind(b"</table"))


def _look_for_boxes(tree: LexborHTMLParser, root: LexborNode, walker: Walker, cut: bool) -> None:
    """Tell the walker of tables that only lay out the page, and of those of boxes."""
    from scraper.readers import layout
    from scraper.readers.boxes import drawn

    if tree.css_first("td") is not None:
        walker.marks = {**layout.blocks(root), **walker.marks}
    tables = drawn(root, walker.marks, cut, walker.noted)
    walker.before = {node: [*walker.before.get(node, ()), *tables.get(node, ())] for node in {**walker.before, **tables}}


def _lacks_its_end(utf8: bytes) -> bool:
    """The page opens with `<html` or `<body` and ends without either end tag."""
    if _has_its_end(utf8):
        return False
    head = utf8[:8192].lower()
    return b"<html" in head or b"<body" in head


def _has_its_end(utf8: bytes) -> bool:
    tail = utf8[-8192:].lower()
    return tail.rfind(b"</html") >= 0 or tail.rfind(b"</body") >= 0
