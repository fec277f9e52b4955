"""Tables that only lay out a page: what stands in their cells is no cell, but the page itself."""

from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from scraper.readers.tags import KINDS, is_hidden

MAX_ELEMENTS = 60_000
"""In a page with more elements no table is looked at."""

_LONGEST, _AROUND_HEADING = 400, 40
_PARTS = frozenset(("group", "row", "cell"))


@dataclass(slots=True)
class _Inside:
    """What an element holds: the length of its text and of its headings, and whether a table or a list of terms."""

    length: int = 0
    headings: int = 0
    holds_table: bool = False

    @property
    def lays_out(self) -> bool:
        return self.holds_table or self.length > _LONGEST or 0 < self.headings < self.length - _AROUND_HEADING


def blocks(root: LexborNode) -> dict[int, str]:
    """The tables of a page with a cell that holds too much to be one, with their rows and cells: marks that make blocks of them.

    A cell holds too much if there is a table or a list of terms in it, a long text, or a heading with more than a few words.
    """
    found: dict[int, str] = {}
    parts: list[dict[int, str]] = []
    lays_out: list[bool] = []
    left = MAX_ELEMENTS
    stack: list[tuple[LexborNode, _Inside, _Inside | None]] = [(root, _Inside(), None)]
    while stack:
        node, inside, outer = stack.pop()
        kind = KINDS.get(node.tag or "", "inline")
        if outer is None:
            left -= 1
            if left < 0:
                return {}
            if kind == "table":
                parts.append({node.mem_id: "block"})
                lays_out.append(False)
            elif kind in _PARTS and parts:
                parts[-1][node.mem_id] = "hidden" if is_hidden(node.attributes) else "block"
            own = _Inside()
            stack.append((node, own, inside))
            stack += _children(node, own) if kind != "passed over" else []
            continue
        if kind == "cell" and lays_out:
            lays_out[-1] = lays_out[-1] or inside.lays_out
        elif kind == "table":
            table = parts.pop()
            found |= table if lays_out.pop() else {}
        outer.length += inside.length
        outer.headings += inside.length if kind == "heading" else inside.headings
        outer.holds_table = outer.holds_table or inside.holds_table or kind in ("table", "terms")
    return found


def _children(node: LexborNode, inside: _Inside) -> list[tuple[LexborNode, _Inside, _Inside | None]]:
    """The elements in an element, the first last; its texts are counted."""
    elements: list[tuple[LexborNode, _Inside, _Inside | None]] = []
    child = node.last_child
    while child is not None:
        if child.is_text_node:
            inside.length += len((child.text_content or "").strip())
        else:
            elements.append((child, inside, None))
        child = child.prev
    return elements
