"""A copy of an archived page to look at: nothing in it runs, loads or leads anywhere, and the place of a value is marked.

The page is hostile until shown otherwise, so what is written is not the page without what is known to harm, but only what is
known to be harmless: the elements of `_TAGS` with the attributes of `_KEPT`, and texts, all escaped. Styles of the page are
dropped, but for those that lay out a grid: they could hide the marked cell, or draw another banner over ours.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from scraper.readers.tags import END, KINDS, PICTURES, Attributes, is_hidden

if TYPE_CHECKING:
    from scraper.parsing import PageBytes
    from scraper.readers.placed import Node

MARK = "careerscape-mark"
"""The id of the first marked element."""

_SAME = re.findall(
    r"\w+",
    "h1 h2 h3 h4 h5 h6 p ul ol li dl dt dd table caption thead tbody tfoot tr td th b strong i em u small sup sub br hr wbr pre "
    "code blockquote del s strike colgroup col figure figcaption",
)
_TAGS = {
    **{tag: "div" for tag, kind in KINDS.items() if kind == "block"},
    **dict.fromkeys(_SAME),
    "menu": "ul",
    "html": "div",
    "body": "div",
}
"""What elements are written as, None for the same; all others are spans."""
_TAG_OF = {tag: other or tag for tag, other in _TAGS.items()}
_VOID = frozenset(("br", "hr", "wbr", "col"))
_DROPPED = {tag for tag, kind in KINDS.items() if kind == "passed over"} - {"del", "s", "strike", "svg"} | {
    "audio", "video", "frame", "frameset", "link", "base", "style", "script", END,
}  # fmt: skip
_KEPT = {"colspan": re.compile(r"\d{1,4}"), "rowspan": re.compile(r"\d{1,5}"), "dir": re.compile(r"ltr|rtl|auto")}
_ROLES = frozenset(("table", "grid", "row", "rowgroup", "cell", "gridcell", "columnheader", "rowheader", "caption"))
_STYLES = re.compile(
    r"(?:^|;)\s*(display|grid-template-columns|grid-column)\s*:\s*([a-z0-9 .,/()%-]{1,60}?)\s*(?=;|$)", re.IGNORECASE
)
_SHOWING = frozenset(("grid", "flex", "inline-flex", "table", "table-row", "table-cell", "block", "inline", "inline-block"))
_HARMFUL = re.compile(r"\d{4}|repeat\(\s*\d{3}|url\(|/[/*]", re.IGNORECASE)


class Spot(NamedTuple):
    """Where a value stands: block, row, column and start as in `normalize.claims.Place`, and what the page says there. A start
    of -1 is not known: then nothing but `raw` may stand there."""

    block: int
    row: int
    column: int
    start: int
    raw: str

    def is_in(self, text: str) -> bool:
        """Whether a text says there what it should."""
        return text == self.raw if self.start < 0 or not self.raw else text[self.start : self.start + len(self.raw)] == self.raw


@dataclass(frozen=True, slots=True)
class Copy:
    """A piece of HTML that shows a page, and whether the place is marked in it."""

    html: str
    marked: bool


def copy(page: "PageBytes", spot: Spot) -> Copy:
    """What of a page can be looked at. Untrusted pages are given to this in the worker alone. Raises Rejected."""
    if page.media_type == "text/plain":
        from scraper.readers.lines import marked

        return Copy(*marked(page.body, page.charset, (spot.block, spot.row, spot.column), spot.is_in, MARK))
    from scraper import parsing
    from scraper.readers import placed

    document, _, again = parsing.look_at(page)
    found = placed.read(page.body, page.charset, again)
    same = found.blocks == document.blocks
    nodes = found.nodes(spot.block, (spot.row, spot.column), spot.is_in) if same else []
    root = found.tree.root
    return Copy("".join(_written(root, nodes)) if root else "", bool(nodes))


def _written(root: "Node", marked: Sequence["Node"]) -> Iterator[str]:
    """The piece of HTML for all that an element holds."""
    first, marks, holders = marked[0].mem_id if marked else 0, {node.mem_id for node in marked}, _around(marked)
    open_nodes: list[tuple[Node, str]] = []
    node = root.first_child
    while node is not None or open_nodes:
        if node is None:
            node, end = open_nodes.pop()
            yield end
            node = node.next
            continue
        mark = "" if node.mem_id not in marks else f' class="mark" id="{MARK}"' if node.mem_id == first else ' class="mark"'
        if node.is_text_node:
            words = escape(node.text_content or "")
            yield f"<mark{mark}>{words}</mark>" if mark else words
        elif (tag := node.tag or "") not in _DROPPED and not node.is_comment_node and not tag.startswith("-"):
            attributes = node.attributes
            name = _TAG_OF.get(tag, "span")
            if tag in PICTURES:
                yield _words_for(attributes, "picture")
            elif name in _VOID:
                yield f"<{name}>"
            else:
                yield f"<{name}{mark}{_attributes(attributes, node.mem_id in holders, bool(mark))}>"
                if node.first_child is None:
                    yield _words_for(attributes, "")
                open_nodes.append((node, f"</{name}>"))
                node = node.first_child
                continue
        node = node.next


def _around(marked: Sequence["Node"]) -> set[int]:
    """The marked nodes and all that they stand in: shown, even if the page hides it at first."""
    found: set[int] = set()
    for node in marked:
        outer: Node | None = node
        while outer is not None and outer.mem_id not in found:
            found.add(outer.mem_id)
            outer = outer.parent
    return found


def _words_for(attributes: Attributes, otherwise: str) -> str:
    """The words that a page has for what it draws."""
    words = " ".join((attributes.get("alt") or attributes.get("aria-label") or attributes.get("title") or otherwise).split())
    return f'<span class="drawn">[{escape(words[:200])}]</span>' if words else ""


def _attributes(said: Attributes, shown: bool, marked: bool) -> str:
    kept = [f' {name}="{said[name]}"' for name, form in _KEPT.items() if form.fullmatch(said.get(name) or "")]
    kept += [f' role="{word}"' for word in (said.get("role") or "").lower().split()[:1] if word in _ROLES]
    if is_hidden(said):
        return "".join((*kept, "" if marked else ' class="unfolded"' if shown else " hidden"))
    styles = [
        f"{name}:{value}"
        for name, value in _STYLES.findall((said.get("style") or "").lower()[:2000])
        if (value in _SHOWING if name == "display" else not _HARMFUL.search(value))
    ]
    return "".join((*kept, f' style="{escape(";".join(styles))}"' if styles else ""))
